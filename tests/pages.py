"""Notebooks, records and pages for the tests of the page, made without a kernel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from fanecon.report.pages.page import render
from fanecon.report.record import Book, Commit, Input, Metric, Record, Setting, Step, Threshold, Trouble
from fanecon.report.shelf import Notebook

BEGAN = datetime(2026, 3, 1, 23, 30, 5, tzinfo=UTC)
PARAMETERS = 'source = "example"   # which data\nlevel = 0.95   # confidence level; from 0.5 to 0.999'
SHA = "ab" * 32
# One black point, as a picture.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def show(text: str = "", /, **kinds: str) -> NotebookNode:
    """An output: a text, or kinds such as `html="<p>"`, `png="…"`."""
    full = {"html": "text/html", "png": "image/png", "markdown": "text/markdown", "latex": "text/latex"}
    data = {full.get(kind, kind): held for kind, held in kinds.items()} or {"text/plain": text}
    return nbformat.v4.new_output("display_data", data=data)


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


def raised(name: str, value: str, *traceback: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=list(traceback))


def cells(*steps: str, prose: str = "# Does it hold?\n\nA question.", parameters: str = PARAMETERS) -> NotebookNode:
    """A notebook with a title, parameters (step 1) and a section per further step."""
    made = [nbformat.v4.new_markdown_cell(prose)]
    if parameters:
        made.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for number, text in enumerate(steps, 1):
        made += [nbformat.v4.new_markdown_cell(f"## Part {number}"), nbformat.v4.new_code_cell(text)]
    return nbformat.v4.new_notebook(cells=made, metadata={"lang": "en"})


def ran(notebook: NotebookNode, outputs: dict[int, list[NotebookNode]]) -> NotebookNode:
    """The notebook with outputs by the number of the cell, from 1."""
    for number, found in outputs.items():
        notebook.cells[number - 1].outputs = found
        notebook.cells[number - 1].execution_count = number
    return notebook


def record(**known: Any) -> Record:
    """The record of a complete run unless told otherwise."""
    usual: dict[str, Any] = {
        "id": "20260301T233005Z-0011aabb",
        "notebook": Book(name="hold", file="01_hold.ipynb", sha256=SHA, title="Does it hold?"),
        "status": "complete",
        "exit_code": 0,
        "error": None,
        "began": BEGAN,
        "ended": BEGAN + timedelta(seconds=200),
        "seconds": 200.0,
        "zone": "Asia/Shanghai",
        "parameters": (
            Setting(name="source", type="str", value="example", default="example"),
            Setting(name="level", type="float", value=0.9, default=0.95, source="file"),
        ),
        "versions": {"Python": "3.13.1", "pandas": "3.1.1"},
        "commit": Commit(id="0123456789abcdef", dirty=True),
    }
    return Record(**{**usual, **known})


def failed(cell: int, *done: int, message: str = "raised ValueError: no rows", **known: Any) -> Record:
    """The record of a run that ended in a cell, after the cells that are done."""
    error = Trouble(message=message, step=len(done) + 1, steps=4, cell=cell, heading=f"Part {max(0, cell // 2 - 1)}")
    steps = tuple(Step(cell=number, heading="Part", seconds=0.5) for number in done)
    return record(**{"status": "failed", "exit_code": 5, "error": error, "steps": steps, **known})


def page(executed: NotebookNode, known: Record, *, planned: NotebookNode | None = None) -> str:
    """The page of an executed notebook whose file holds the planned cells."""
    return render(executed, record=known, notebook=notebook(planned or executed))


def notebook(planned: NotebookNode) -> Notebook:
    text = nbformat.writes(planned)
    return Notebook(path=Path("01_hold.ipynb"), text=text, cells=tuple(planned.cells))


INPUTS = (
    Input(
        file="exports/total_1650000000.xls",
        bytes=123_456,
        sha256=SHA,
        format="wechat",
        rows=1_234,
        rejected=5,
        first="2026-01-01",
        last="2026-02-28",
    ),
    Input(file="other.csv", bytes=9, sha256="cd" * 32),
)
METRICS = (
    Metric(name="share_to_read", estimate=0.018, low=0.012, high=0.025, unit="proportion", level=0.95),
    Metric(name="by_topic", key="welfare", estimate=3.0, low=2.5, high=3.5, unit="days"),
    Metric(name="by_topic", key="news", estimate=4.0, unit="days"),
)
THRESHOLDS = (
    Threshold(condition="share_to_read.estimate < 0.02", breached=True, value=0.018),
    Threshold(condition='by_topic["welfare"].low < 1', breached=False, value=2.5),
    Threshold(condition="half_life.width > 3", breached=True, reason="There is no number half_life."),
)
