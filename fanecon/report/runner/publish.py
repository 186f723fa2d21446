"""Publishing: how a finished page takes the place of the last one, and how a run that broke off is put away.

Beside a page `x.html` lie `x.run.json`, the record of the run that made it, and, out of sight in `.runs/x.html/`, one
record for every run whatever its end, a folder for the run that is at work, and the lock.  Pages of failed runs go to
`failed/`.

The order.  Two files and a record cannot change in one step, so the folder of the run at work is the journal: as long
as it is there, the run has not finished.  First the present page and its record are kept in it; then the record of
the run, `x.run.json` and last the page are put in place; then the journal is taken away.  Whatever fails on the way
is undone in reverse.  Whoever comes next and finds a journal does the same: if the page is already that of the run,
the rest is brought up to it; if not, the run is written down as interrupted and everything else put back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fanecon.errors import FaneconError, RunError
from fanecon.report.asked.outputs import move_in
from fanecon.report.codes import Code
from fanecon.report.record import UNFINISHED, Page, Record, Trouble, read_record
from fanecon.report.runner import disk, lifeline

MOST_FAILED = 20
ROOM = "room.txt"
ROOMS = "fanecon-"
_ID = "????????T??????Z-????????"


@dataclass(frozen=True)
class Desk:
    """The places of one page: the page itself and everything that belongs to it."""

    page: Path

    @property
    def folder(self) -> Path:
        """Where records, the run at work and the lock are kept."""
        return self.page.parent / ".runs" / self.page.name

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.folder / "lock"

    @property
    def record(self) -> Path:
        """The record beside the page."""
        return self.page.with_suffix(".run.json")

    def bench(self, run: str) -> Path:
        """The folder of a run at work."""
        return self.folder / run

    def history(self, run: str) -> Path:
        """The record of a run in the history."""
        return self.folder / f"{run}.json"

    def failed(self, run: str) -> Path:
        """The page of a run that failed."""
        return self.page.parent / "failed" / f"{self.page.stem}-{run}.html"


def begin(desk: Desk, record: Record) -> Path:
    """Write the record of a run that begins, and give it a folder; the record says that it did not finish."""
    disk.write(desk.history(record.id), record.json_text().encode())
    bench = desk.bench(record.id)
    disk.make_folder(bench)
    return bench


def commit(desk: Desk, record: Record, fresh: Path, *, root: Path | None = None) -> Record:
    """Put a complete page and its record in their places, or leave everything as it was; return the final record.

    Below a root the page is moved in through its folder held open, so that no link put there meanwhile leads it away.

    Raises
    ------
    RunError
        With code 8 if anything could not be written.
    """
    content = fresh.read_bytes()
    page = Page(file=desk.page.name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    final = record.model_copy(update={"page": page})
    bench = desk.bench(record.id)
    undo: list[Callable[[], None]] = []
    try:
        disk.write(bench / "run.json", final.json_text().encode())
        for place, name in ((desk.page, "last.html"), (desk.record, "last.json")):
            undo.append(_back(place, bench / name, there=disk.keep(place, bench / name)))
        disk.write(desk.history(record.id), final.json_text().encode())
        disk.move(bench / "run.json", desk.record)
        with disk.told(desk.page):
            move_in(fresh, desk.page, root)
        done = bench.with_name(f".done-{bench.name}")
        disk.move(bench, done)
    except BaseException:
        for step in reversed(undo):
            step()
        raise
    disk.remove(done)
    return final


def _back(place: Path, kept: Path, *, there: bool) -> Callable[[], None]:
    """A step that restores a file; moving a link onto itself would do nothing, so the new one goes first."""

    def step() -> None:
        with suppress(OSError):
            if there and not (place.exists() and os.path.samefile(kept, place)):  # noqa: PTH121
                os.replace(kept, place)  # noqa: PTH105
            elif not there:
                place.unlink(missing_ok=True)

    return step


def give_up(desk: Desk, record: Record, page: Path | None) -> Path | None:
    """Put away a run that failed: its record, and its page if there is one; what cannot be written is left out."""
    shown = None
    with suppress(FaneconError):
        if page is not None and page.is_file():
            disk.make_folder(desk.failed(record.id).parent)
            disk.write(desk.failed(record.id), page.read_bytes())
            shown = desk.failed(record.id)
            _keep_few(desk)
    with suppress(FaneconError):
        disk.write(desk.history(record.id), record.json_text().encode())
    disk.remove(desk.bench(record.id))
    return shown


def _keep_few(desk: Desk) -> None:
    found = sorted(desk.failed("x").parent.glob(f"{_literal(desk.page.stem)}-{_ID}.html"))
    for old in found[:-MOST_FAILED]:
        disk.remove(old)


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def clear(desk: Desk) -> list[str]:
    """Finish or undo what runs that were ended left behind; the lock must be held.  Returns their ids."""
    found = []
    for bench in sorted(one for one in desk.folder.iterdir() if one.is_dir()):
        if bench.name.startswith(".done-"):
            disk.remove(bench)
            continue
        lifeline.end_all(bench.name)
        _settle(desk, bench)
        found.append(bench.name)
    for stray in _strays(desk):
        disk.remove(stray)
    return found


def _strays(desk: Desk) -> list[Path]:
    """Files that a run began to write and did not finish; of this page only, for others may be at work."""
    stem, beside = _literal(desk.page.stem), desk.page.parent
    return [
        *desk.folder.glob(".*.part"),
        *beside.glob(f".{stem}.run.json.*.part"),
        *desk.failed("x").parent.glob(f".{stem}-{_ID}.html.*.part"),
    ]


def _settle(desk: Desk, bench: Path) -> None:
    with suppress(OSError, ValueError):
        room = Path((bench / ROOM).read_text(encoding="utf-8"))
        if room.name.startswith(ROOMS):
            disk.remove(room)
    record = _recorded(desk, bench.name)
    if record is not None and record.page is not None and disk.checksum(desk.page) == record.page.sha256:
        disk.write(desk.record, record.json_text().encode())
    elif record is not None:
        _undo(desk, bench)
        trouble = Trouble(message=f"The run was ended from outside and {UNFINISHED}.")
        over = {"status": "failed", "exit_code": int(Code.FAULT), "error": trouble, "page": None, "host": None}
        disk.write(desk.history(bench.name), record.model_copy(update=over).json_text().encode())
    disk.remove(bench)
    if bench.exists():
        raise RunError(f"Cannot remove {bench}, which an earlier run left behind. Remove it by hand.", Code.WRITE)


def _undo(desk: Desk, bench: Path) -> None:
    """Put the record beside the page back, where the run had replaced it already and not yet the page."""
    kept = bench / "last.json"
    if kept.is_file():
        disk.move(kept, desk.record)
        return
    with suppress(FaneconError):
        if read_record(desk.record).id == bench.name:
            disk.remove(desk.record)


def _recorded(desk: Desk, run: str) -> Record | None:
    try:
        return read_record(desk.history(run))
    except FaneconError:
        return None
