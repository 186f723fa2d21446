"""The page as an exporter of nbconvert: the machinery that turns notebooks into files, with a page of our own.

nbconvert reads the notebook, brings old formats up to date, copies it and runs the user's preprocessors; the template,
and everything that passes through it, is ours.  So there is one way from cells to a page, for `fanecon run` and for

    jupyter nbconvert --to fanecon x.ipynb

Why `Exporter` and not `TemplateExporter`.  The latter makes a Jinja environment without autoescape, whose filters
hand out HTML as plain strings, so that switching autoescape on breaks some and trusts others; and it looks for the
template, and for a file that names Python to import, first in the folder it is called in, which is where people keep
data that others sent them.

A notebook that comes in this way was run elsewhere.  Its page says that its status is unknown, and its seal is that
of a failed run: only `fanecon run` can prove that a run is complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from fanecon.report.pages.layout import compose
from fanecon.report.record import Record
from fanecon.report.seal import seal
from fanecon.report.shelf import Notebook

# Without those that write further files, or take the pictures out of the page.
_PREPARED = ("TagRemove", "RegexRemove", "ClearOutput", "Execute")


class PageExporter(Exporter):
    """Notebooks to self-contained pages that say what is known of their run."""

    export_from_notebook = "fanecon page"
    output_mimetype = "text/html"

    def __init__(self, config: Any = None, *, record: Record | None = None, notebook: Notebook | None = None) -> None:
        """Without a record, the page says that the status of its notebook is unknown."""
        # A run of our own is shown as it is; nothing configured elsewhere takes part in it.
        chosen: dict[str, Any] = {"default_preprocessors": []} if record else {}
        super().__init__(config=config, **chosen)  # type: ignore[no-untyped-call]
        self.record, self.notebook = record, notebook

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("default_preprocessors")
    def _default_preprocessors_default(self) -> list[str]:
        return [f"nbconvert.preprocessors.{name}Preprocessor" for name in _PREPARED]

    # Like every exporter of nbconvert that makes a text, this gives a text where the base class gives cells.
    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """The sealed page of a notebook, and nbconvert's resources."""
        cells, resources = super().from_notebook_node(nb, resources)
        name = str(resources["metadata"]["name"]) or "notebook"
        notebook = self.notebook or Notebook(path=Path(f"{name}.ipynb"), text="", cells=tuple(cells.cells))
        return seal(compose(cells, record=self.record, notebook=notebook)), resources
