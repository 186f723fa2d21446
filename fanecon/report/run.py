"""A run: one notebook, checked parameters, one page; complete or not there at all.

The plain pipeline can publish a broken report that looks finished: when the kernel dies, papermill marks every cell
as completed; a failed run replaces yesterday's good page; a full disk leaves half a file under the right name.
Hence the order of things here.

1. The notebook, the parameters and the place of the page are judged.  Nothing has started yet.
2. The notebook runs.  A ledger of our own notes the start and end of every step.
3. The cells are the proof: every step was executed, in order, without an error.
4. The page is made in a folder of its own beside its place, forced to the disk, and moved there in one step.

Whatever happens before the last step, the page that was there stays as it was.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanecon.report import parameters as knobs
from fanecon.report import shelf
from fanecon.schema import ParameterError, RunError

if TYPE_CHECKING:
    from nbformat import NotebookNode

Tell = Callable[[str], None]


def run(
    name: str,
    parameters: Mapping[str, object] | None = None,
    *,
    out: str | Path | None = None,
    tell: Tell | None = None,
) -> Path:
    """The path of the page made by running a notebook with the given parameters.

    Parameters
    ----------
    name
        A notebook of the shelf, or a path to an `.ipynb` file.
    parameters
        By name; what is not given keeps the notebook's default.
    out
        Where the page goes; `reports/<name>.html` under the current folder unless given.
    tell
        Called with pieces of progress text, about two per step.

    Raises
    ------
    ParameterError
        If the name or a parameter cannot stand, or `out` is not an `.html` file.  Nothing was run.
    RunError
        If no page was made; `code` says why: 4 data, 5 a step, 6 the kernel, 8 cannot write.
    """
    notebook = shelf.find(name)
    values = knobs.check_values(notebook, parameters or {})
    target = _target(Path(out) if out is not None else Path("reports") / f"{notebook.name}.html")
    with _bench(target) as bench:
        _publish(_make(notebook, values, tell or _silent), bench, target)
    return target


def _silent(text: str) -> None:
    """Tell nobody."""


def _make(notebook: shelf.Notebook, values: Mapping[str, knobs.Value], tell: Tell) -> str:
    import nbformat

    from fanecon.report import page, provenance

    made, began = datetime.now(UTC), time.monotonic()
    origin = provenance.origin(notebook, values)
    cells: NotebookNode = nbformat.reads(notebook.text, as_version=4)  # type: ignore[no-untyped-call]
    executed = _execute(cells, values, tell)
    seconds = time.monotonic() - began
    return page.render(executed, notebook=notebook, values=values, origin=origin, made=made, seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One executed cell: its position in the notebook (from 1), the heading above it, and its duration."""

    cell: int
    heading: str
    seconds: float


@dataclass(kw_only=True)
class Ledger:
    """Our own record of what has run, kept step by step."""

    total: int
    tell: Tell
    steps: list[Step] = field(default_factory=list)
    heading: str = "Start"
    cell: int = 0
    running: bool = False
    _began: float = 0.0

    def reach(self, cell: Mapping[str, Any], cell_index: int) -> None:
        """Note that the run has come to a cell, of prose or of code."""
        if _injected(cell):
            return
        self.cell += 1
        found = shelf.headings(shelf.source(cell)) if cell["cell_type"] == "markdown" else []
        self.heading = printable(found[-1][1]) if found else self.heading

    def begin(self, cell: Mapping[str, Any], cell_index: int) -> None:
        """Note that a step begins."""
        self._began, self.running = time.monotonic(), True
        if not _injected(cell):
            self.tell(f"[{len(self.steps) + 1}/{self.total}] {self.heading} … ")

    def end(self, cell: Mapping[str, Any], cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        """Note that a step has ended; a step that failed is left running."""
        if execute_reply["content"].get("status") != "ok":
            return
        self.running = False
        if not _injected(cell):
            seconds = time.monotonic() - self._began
            self.steps.append(Step(cell=self.cell, heading=self.heading, seconds=seconds))
            self.tell(f"{seconds:.1f} s\n")


def printable(text: str) -> str:
    """A text in one line without control characters, which a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _injected(cell: Mapping[str, Any]) -> bool:
    return "injected-parameters" in cell["metadata"].get("tags", [])


def _steps(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _execute(notebook: NotebookNode, values: Mapping[str, knobs.Value], tell: Tell) -> NotebookNode:
    from fanecon.report import kernel

    for cell in _steps(notebook):
        cell.outputs, cell.execution_count = [], None
    ledger = Ledger(total=len(_steps(notebook)), tell=tell)
    try:
        executed = kernel.execute(notebook, values, on_start=ledger.reach, on_execute=ledger.begin, on_done=ledger.end)
        _prove(executed, ledger)
    except RunError as error:
        raise RunError(f"{_position(ledger)} {error}\nNo page was written.", error.code) from error.__cause__
    finally:
        if ledger.running:
            tell("not finished\n")
    return executed


def _position(ledger: Ledger) -> str:
    if not ledger.cell:
        return "The notebook"
    if len(ledger.steps) == ledger.total:
        return "After the last step, the notebook"
    return f"Cell {ledger.cell} (under the heading '{ledger.heading}')"


def _prove(executed: NotebookNode, ledger: Ledger) -> None:
    """Refuse a notebook whose cells do not prove that every step ran, in order and without an error."""
    from fanecon.report.kernel import raised

    last = 0
    for cell in _steps(executed):
        for output in cell.outputs:
            if output.output_type == "error":
                raise RunError(raised(output.ename, output.evalue, output.traceback), 5)
        if (cell.execution_count or 0) <= last:
            first = cell.source.splitlines()[0]
            raise RunError(f"was reached, but a cell before the end was not executed: {printable(first)}", 5)
        last = cell.execution_count
    if len(ledger.steps) != ledger.total:
        raise RunError(f"ended after {len(ledger.steps)} of {ledger.total} steps", 5)


def _target(target: Path) -> Path:
    if target.suffix.lower() != ".html" or "\0" in str(target):
        raise ParameterError(f"A page is an .html file; found {str(target)!r}. Type -o {target.stem or 'report'}.html.")
    if target.exists() and not target.is_file():
        raise RunError(f"Cannot write {target}: it is a folder or a device. Choose another name with -o.", 8)
    return target


@contextmanager
def _bench(target: Path) -> Iterator[Path]:
    """A folder of this run's own beside the page, gone afterwards; making it shows that a page can be written."""
    runs = target.parent / ".runs"
    bench = runs / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    try:
        bench.mkdir(parents=True)
    except (OSError, ValueError) as error:
        raise RunError(f"Cannot write into {target.parent}: {_why(error)}. Choose another place with -o.", 8) from error
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)
        with suppress(OSError):
            runs.rmdir()


def _publish(html: str, bench: Path, target: Path) -> None:
    content = html.encode("utf-8", errors="replace")
    fresh = bench / "page.html"
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        size = f"{len(content):,} bytes"
        raise RunError(f"Cannot write {target} ({size}): {_why(error)}. No page was written.", 8) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
