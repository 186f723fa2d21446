"""What is kept of each run of a report: its record, its page, and what can be told where one of them is damaged.

Nothing here is trusted to be whole.  A record that cannot be read is a run whose end nobody knows, and is listed as
that; a run that says it did not finish is *running* only if its folder is there and its process lives, and was
*interrupted* otherwise.  Names and links are made of what lies in the folder, never of what a record says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from fanecon.errors import FileError
from fanecon.report.history.changes import Change
from fanecon.report.history.schedule import Punctuality
from fanecon.report.record import Metric, Record, read_record
from fanecon.report.runner import disk, hosts

State = Literal["complete", "failed", "running", "interrupted", "unreadable"]
MOST_BYTES = 5_000_000
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
FUTURE = timedelta(minutes=5)
MOMENT = timedelta(minutes=1)
_ID = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: when it began, what became of it, its headline numbers and their changes since the last complete one.

    Parameters
    ----------
    trouble
        What is wrong with the run or with its record, in a sentence.
    page
        The path of its page from the folder of the reports; empty if there is none any more.
    punctual
        How it stands to its due time; None where no schedule is known or the run was not part of it.
    """

    id: str
    began: datetime
    state: State
    record: Record | None = None
    trouble: str = ""
    page: str = ""
    punctual: Punctuality | None = None
    numbers: tuple[tuple[Metric, Change | None], ...] = ()

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The place of the run among others."""
        return (_moment(self.id) or self.began, self.began, self.id)


def read_runs(place: Path) -> Iterator[Run]:
    """The runs of a report in no order: of every record, and of every folder of a run that has none."""
    recorded = set()
    with_folder = {one.name for one in place.iterdir() if one.is_dir() and _ID.fullmatch(one.name)}
    for path in place.iterdir():
        if path.suffix == ".json" and not path.name.startswith(".") and not path.is_dir():
            recorded.add(path.stem)
            yield _run(path)
    for name in with_folder - recorded:
        began = _moment(name) or FIRST
        yield Run(id=name, began=began, state="interrupted", trouble="It ended before its record was written.")


def _run(path: Path) -> Run:
    try:
        record, began = _read(path)
    except FileError as error:
        began = _moment(path.stem) or _written(path)
        return Run(id=path.stem, began=began, state="unreadable", trouble=f"Its record {error.problem}.")
    state = _state(record, path.with_suffix("").is_dir())  # asked after its record: it may just have ended
    trouble = _elsewhere(record) if state == "running" else _trouble(record, began)
    return Run(id=path.stem, began=began, state=state, record=record, trouble=trouble)


def _read(path: Path) -> tuple[Record, datetime]:
    name = path.name
    if path.is_symlink() or not path.is_file():
        raise FileError(name, "is a link or a device and was not opened", "Put a file there.")
    if path.stat().st_size > MOST_BYTES:
        raise FileError(name, f"is larger than any record ({path.stat().st_size:,} bytes)", "Look at it.")
    record = read_record(path)
    if record.id != path.stem:
        raise FileError(name, f"is that of another run ({record.id[:60]!r})", "Give it its own name.")
    try:
        began = _utc(record.began)
    except (OverflowError, ValueError):
        began = FIRST
    if not FIRST < began < LAST:
        raise FileError(name, f"says that the run began in the year {record.began.year}", "Look at the clock.")
    return record, began


def _utc(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _moment(name: str) -> datetime | None:
    """The time in the name of a run."""
    found = _ID.fullmatch(name)
    try:
        moment = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
    return moment if moment and FIRST < moment < LAST else None


def _written(path: Path) -> datetime:
    try:
        moment = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return FIRST
    return min(max(moment, FIRST), LAST)


def _state(record: Record, at_work: bool) -> State:
    if at_work and (hosts.alive(record.host) or _just_ended(record)):
        return "running"
    if at_work or (record.status == "failed" and record.ended is None):
        return "interrupted"
    return record.status


def _just_ended(record: Record) -> bool:
    """Whether a run is putting its page in place, which takes a moment after its record is written."""
    try:
        since = None if record.ended is None else datetime.now(UTC) - _utc(record.ended)
    except (OverflowError, ValueError):
        return False
    return since is not None and abs(since) < MOMENT


def _elsewhere(record: Record) -> str:
    """That nobody can know whether a run still works which another machine makes."""
    here = hosts.this_host().name
    if record.host is None or record.host.name == here:
        return ""
    return "It was begun on another machine; whether it still runs cannot be told from here."


def _trouble(record: Record, began: datetime) -> str:
    """What in a record cannot be true, or nothing."""
    named = _moment(record.id)
    if named is not None and abs(named - began) > FUTURE:
        return f"Its name says {named:%Y-%m-%d %H:%M} and its record {began:%Y-%m-%d %H:%M} UTC: one was changed."
    if record.ended is None or record.seconds is None:
        return ""
    try:
        jump = (_utc(record.ended) - began).total_seconds() - record.seconds
    except (OverflowError, ValueError):
        return "Its record says an impossible time of its end."
    return f"The clock was set while it ran, by about {jump:+,.0f} s." if abs(jump) > 60 else ""


def with_pages(
    runs: Sequence[Run], folder: Path, name: str, failed: frozenset[str]
) -> tuple[list[Run], tuple[str, ...]]:
    """The runs with the pages that are still there, and what is wrong with the present page."""
    stem = Path(name).stem
    linked = [
        replace(run, page=f"failed/{stem}-{run.id}.html") if f"{stem}-{run.id}.html" in failed else run for run in runs
    ]
    at = next((at for at in reversed(range(len(runs))) if runs[at].state == "complete"), None)
    if at is None:
        return linked, ()
    record, page = runs[at].record, folder / name
    if page.is_symlink() or not page.is_file():
        return linked, (f"The page {name} of the last complete run is gone.",)
    linked[at] = replace(linked[at], page=name)
    if record is None or record.page is None or record.page.sha256 == disk.checksum(page):
        return linked, ()
    return linked, (f"The page {name} is not the one that the last complete run wrote. Type: fanecon verify {name}",)
