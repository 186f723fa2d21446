"""Makers of small notebooks for the tests of the report."""

from __future__ import annotations

from pathlib import Path

import nbformat

PARAMETERS = """source = "example"   # which data
level = 0.95         # confidence level; from 0.5 to 0.999
count = 3            # how many; from 1 to 10
unit = "people"      # what is counted; one of: people, times
flag = False         # whether to look closer
names = ["a"]        # some names
"""


def book(
    path: Path, *code: str, parameters: str = PARAMETERS, prose: str = "# Does it run?\n\nIt takes 2 minutes."
) -> Path:
    """A notebook with a title, a parameters cell and one section per code cell."""
    cells = [nbformat.v4.new_markdown_cell(prose)]
    if parameters:
        cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for number, text in enumerate(code, 1):
        cells += [nbformat.v4.new_markdown_cell(f"## Step {number}"), nbformat.v4.new_code_cell(text)]
    made = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(made, path)
    return path
