"""The ledger: what has run, written down step by step by nobody but us.

papermill marks cells that never ran as completed once a kernel has died, so nothing is taken from it.  Every step is
noted when it begins and when it ends, with what it showed, and each line is in the file before the next step starts.
A page of a run that failed is made from these lines, even where the process that wrote them is gone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanecon.errors import RunError
from fanecon.report import shelf
from fanecon.report.asked.masking import Mask
from fanecon.report.printable import printable
from fanecon.report.record import Step
from fanecon.report.runner.events import Event, Note

if TYPE_CHECKING:
    from nbformat import NotebookNode

OWN = frozenset({"fanecon-own"})


class Ledger:
    """The steps of one run, appended to a file and announced to the process that watches."""

    def __init__(self, file: Path, *, total: int, announce: Note, mask: Mask) -> None:
        self.file, self.total, self.announce, self.mask = file, total, announce, mask
        self.steps: list[Step] = []
        self.heading, self.cell = "Start", 0
        self._began = 0.0

    def reach(self, cell: Mapping[str, Any], cell_index: int) -> None:
        """Note that the run has come to a cell, of prose or of code."""
        if own(cell):
            return
        self.cell += 1
        found = shelf.headings(shelf.source(cell)) if cell["cell_type"] == "markdown" else []
        self.heading = printable(found[-1][1]) if found else self.heading

    def begin(self, cell: Mapping[str, Any], cell_index: int) -> None:
        """Note that a step begins."""
        self._began = time.monotonic()
        if not own(cell):
            self._note({"event": "begin"})

    def end(self, cell: Mapping[str, Any], cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        """Note that a step has ended, with what it showed and whether it raised an error."""
        if own(cell):
            return
        seconds = time.monotonic() - self._began
        fine = execute_reply["content"].get("status") == "ok"
        shown = {"outputs": cell["outputs"], "count": cell["execution_count"]}
        self._note({"event": "end" if fine else "error", "seconds": seconds}, shown)
        if fine:
            self.steps.append(Step(cell=self.cell, heading=self.heading, seconds=seconds))

    def _note(self, event: Event, more: Event | None = None) -> None:
        told = {"step": len(self.steps) + 1, "steps": self.total, "cell": self.cell, "heading": self.heading, **event}
        append(self.file, self.mask.tree({**told, **(more or {})}))
        self.announce(told)


def append(file: Path, line: Event) -> None:
    """Write one line to the end of a ledger, whole.

    Raises
    ------
    RunError
        With code 8 if it cannot be written.
    """
    content = (json.dumps(line) + "\n").encode()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while content:
                content = content[os.write(handle, content) :]
        finally:
            os.close(handle)
    except OSError as error:
        why = error.strerror or str(error)
        raise RunError(f"Cannot write {file.name} beside the page: {why}.", 8) from error


def read(file: Path) -> list[Event]:
    """The lines of a ledger; a last line that was cut off is left out."""
    found = []
    try:
        lines = file.read_bytes().split(b"\n")[:-1]
    except OSError:
        return []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def replay(notebook: NotebookNode, events: list[Event]) -> NotebookNode:
    """A notebook with what its cells showed according to a ledger; cells that did not run show nothing."""
    from nbformat import from_dict

    by_cell = {event["cell"]: event for event in events if "outputs" in event}
    for number, cell in enumerate((cell for cell in notebook.cells if not own(cell)), 1):
        if cell.cell_type == "code":
            event = by_cell.get(number, {})
            cell.outputs = from_dict(event.get("outputs", []))  # type: ignore[no-untyped-call]
            cell.execution_count = event.get("count")
    return notebook


def own(cell: Mapping[str, Any]) -> bool:
    """Whether a cell was put in by fanecon."""
    return bool(OWN.intersection(cell["metadata"].get("tags", [])))
