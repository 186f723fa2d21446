"""A run: one notebook, checked parameters, one page; complete, or the page that was there stays.

The plain pipeline can publish a broken report that looks finished: when the kernel dies, papermill marks every cell
as completed; a failed run replaces yesterday's good page; a full disk leaves half a file under the right name; of two
runs that write one page, one is lost without a word.  Hence the order of things here.

1. The notebook, the parameters, the thresholds and the place of the page are judged.  Nothing has started yet.
2. The lock of the page is taken, and what a run that broke off has left is put in order.
3. A record says that the run failed.  It will say so until the page is proven complete.
4. A worker runs the notebook and makes the page in a folder of its own, under watch (see `worker` and `watch`).
5. The page is read back, its seal checked, and put in its place together with its record (see `publish`).

A run that fails gets a page too, with what went wrong on top, but under another name.
"""

from __future__ import annotations

import locale
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fanecon.errors import FaneconError, RunError
from fanecon.report import seal
from fanecon.report.asked import remote
from fanecon.report.asked.orders import Asked, Order, judge
from fanecon.report.codes import Code
from fanecon.report.limits import MB, MOST_OUTPUT, MOST_PAGE, USUAL, Limits
from fanecon.report.record import Book, Record, Threshold, new_id, read_record
from fanecon.report.runner import disk, events, hosts, lock, publish, watch
from fanecon.report.runner.worker import FACTS, FAILED, PAGE, RECORD, Job

Tell = Callable[[str], None]
LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended.

    Parameters
    ----------
    record, page
        Its record and the page it left (of a failed run, the one in `failed/`).
    before
        The record of the last complete run.
    address, told
        Where the page was copied to; what went wrong, with the place where it did.
    """

    record: Record
    page: Path | None
    before: Record | None = None
    address: str = ""
    told: str = ""


def run(
    name: str,
    parameters: Mapping[str, object] | None = None,
    *,
    out: str | Path | None = None,
    tell: Tell | None = None,
    fail_if: Iterable[str] = (),
    limits: Limits = USUAL,
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
    fail_if
        Conditions such as ``"share_to_read.estimate < 0.02"``.
    limits
        Time, memory and size, and how long to wait for another run of the same page.

    Raises
    ------
    ParameterError
        If the name, a parameter or a condition cannot stand, or `out` is not an `.html` file.  Nothing was run.
    RunError
        `code` says why: 3 a threshold was breached (the page is there), 4 data, 5 a step, 6 the kernel, 7 time,
        8 cannot write, 9 another run writes the page.
    """
    asked = Asked(out=str(out) if out is not None else "")
    order = judge(name, parameters, asked=asked, conditions=fail_if, limits=limits)
    ended = carry_out(order, tell or _silent)
    return result(ended)


def _silent(text: str) -> None:
    """Tell nobody."""


def result(ended: Ended) -> Path:
    """The page of a run that ended well.

    Raises
    ------
    RunError
        With the code of the run, if it did not.
    """
    record = ended.record
    if record.error is not None:
        beside = f" What was made is in {ended.page}." if ended.page else ""
        raise RunError(f"{ended.told}\nNo page was written.{beside}", record.exit_code)
    assert ended.page is not None
    if record.exit_code == Code.WRITE:
        raise RunError(record.warnings[-1], Code.WRITE)
    if record.exit_code == Code.THRESHOLD:
        breached = [one for one in record.thresholds if one.breached]
        told = "\n".join(f"  {one.condition}: {one.reason or f'it is {one.value:g}'}" for one in breached)
        raise RunError(f"A threshold was breached; the page is {ended.page}.\n{told}", Code.THRESHOLD)
    return ended.page


def carry_out(
    order: Order, tell: Tell, check: Callable[[], None] = lambda: None, note: events.Note = events.nobody
) -> Ended:
    """Do a run that has been judged.

    Parameters
    ----------
    tell
        Called with pieces of progress text, about two per step.
    check
        Called at least five times a second; a :class:`watch.Stop` that it raises ends the run.
    note
        Called with each event of the run (see `events`).

    Raises
    ------
    RunError
        If the run could not even begin: 8 if nothing can be written there, 9 if another run is at work.
    """
    desk = publish.Desk(order.page)
    host, began = hosts.this_host(), datetime.now(UTC)
    record = _first(order, began).model_copy(update={"host": host})
    disk.make_folder(desk.folder)
    with lock.only_one(desk.lock, run=record.id, host=host, wait=order.limits.wait, check=check):
        for left in publish.clear(desk):
            tell(f"Run {left} had been ended from outside; it is put away as failed.\n")
            note({"event": "cleared", "run": left})
        note({"event": "run_began", "run": record.id})
        ended = _Attempt(order, desk, record, watch.Progress(tell, note), check).make()
        if order.store and ended.page:
            ended = _sent(order, desk, ended)
    note(_ending(ended))
    return ended


def _sent(order: Order, desk: publish.Desk, ended: Ended) -> Ended:
    """A run whose page was copied to its store, or whose record says that it did not arrive."""
    assert order.store is not None
    assert ended.page is not None
    beside = [desk.record] if ended.record.status == "complete" else []
    try:
        return replace(ended, address=remote.upload(order.store, ended.page, *beside))
    except RunError as error:
        over: dict[str, object] = {"warnings": (*ended.record.warnings, str(error))}
        if ended.record.error is None:
            over |= {"exit_code": int(Code.WRITE)}
        told = ended.record.model_copy(update=over)
        disk.write(desk.history(told.id), told.json_text().encode())
        return replace(ended, record=told)


def _ending(ended: Ended) -> events.Event:
    record, error = ended.record, ended.record.error
    try:
        result(ended)
        message = None
    except RunError as told:
        message = str(told)
    return {
        "event": "run_ended",
        "run": record.id,
        "step": error.step if error else len(record.steps),
        "steps": error.steps if error else len(record.steps),
        "seconds": record.seconds,
        "code": record.exit_code,
        "status": record.status,
        "page": ended.address or (str(ended.page) if ended.page else None),
        "message": message,
        "warnings": list(record.warnings),
    }


def _first(order: Order, began: datetime) -> Record:
    notebook = order.notebook
    seed = next((one.value for one in order.settings if one.name == "seed"), None)
    return Record(
        id=new_id(began),
        notebook=Book(name=notebook.name, file=notebook.path.name, sha256=notebook.sha256, title=notebook.question),
        began=began,
        zone=order.zone,
        locale=".".join(filter(None, locale.getlocale())),
        seed=seed if isinstance(seed, int) else None,
        every=order.every,
        parameters=order.settings,
    )


class _Attempt:
    """One run under its lock, from the record that says `failed` to the page or the failed page."""

    def __init__(
        self, order: Order, desk: publish.Desk, record: Record, progress: watch.Progress, check: Callable[[], None]
    ) -> None:
        self.order, self.desk, self.record, self.check = order, desk, record, check
        self.progress, self.before = progress, _last(desk)
        self.began = time.monotonic()

    def make(self) -> Ended:
        try:
            bench = publish.begin(self.desk, self.record)
            with _room(bench) as room:
                job = self._job(bench, room)
                watch.work(
                    job.model_dump_json(),
                    run=self.record.id,
                    limits=self.order.limits,
                    bench=bench,
                    progress=self.progress,
                    check=self.check,
                )
                final = self._judged(bench)
            self.check()
            done = publish.commit(self.desk, final, bench / PAGE, root=self.order.root)
            return Ended(record=done, page=self.desk.page, before=self.before)
        except FaneconError as error:
            return self._fail(str(error), error.code if isinstance(error, RunError) else Code.DATA)
        except watch.Stop as stop:
            return self._fail("The run was stopped.", stop.code)
        except KeyboardInterrupt:
            self._fail("The run was stopped.", Code.INTERRUPTED)
            raise
        except Exception as error:
            return self._fail(f"This is a fault of fanecon: {type(error).__name__}: {error}", Code.FAULT)

    def _job(self, bench: Path, room: Path) -> Job:
        order = self.order
        return Job(
            path=order.notebook.path,
            target=order.page,
            text=order.notebook.text,
            code=order.code,
            secrets=dict(order.secrets),
            files=list(order.files),
            bench=bench,
            room=room,
            record=self.record,
            conditions=list(order.conditions),
            before=list(self.before.metrics if self.before else ()),
            memory=order.limits.bytes,
            output=MOST_OUTPUT,
            personal=order.personal,
            clock=self.began,
        )

    def _judged(self, bench: Path) -> Record:
        """The record of the worker, if its page is whole and what it says."""
        final = read_record(bench / RECORD)
        content = (bench / PAGE).read_bytes()
        text = content.decode("utf-8", errors="replace")
        if final.id != self.record.id or seal.read_seal(text) != "complete":
            raise RunError("made a page whose seal does not hold", Code.FAULT)
        if len(content) > MOST_PAGE and not self.order.limits.large:
            raise RunError(_too_large(len(content)), Code.WRITE)
        return final.model_copy(update={**self._end(), "exit_code": _breach(final.thresholds)})

    def _end(self) -> dict[str, object]:
        return {"ended": datetime.now(UTC), "seconds": time.monotonic() - self.began, "host": None}

    def _fail(self, message: str, code: int) -> Ended:
        """Put the run away as failed, with a page of what there is."""
        if self.progress.running:
            self.progress.tell("not finished\n")
        trouble = self.progress.trouble(message[:1].upper() + message[1:])
        over = {"error": trouble, "exit_code": int(code), "steps": tuple(self.progress.done), **self._end()}
        failed = self.record.model_copy(update={**_known(self.desk.bench(self.record.id)), **over})
        page = publish.give_up(self.desk, failed, self._failed_page(failed))
        told = f"{self.progress.position()} {message}" if message[:1].islower() else message
        return Ended(record=failed, page=page, before=self.before, told=told)

    def _failed_page(self, failed: Record) -> Path | None:
        bench = self.desk.bench(failed.id)
        with suppress(FaneconError, OSError), _room(bench) as room:
            job = self._job(bench, room).model_copy(update={"failed": True, "record": failed})
            watch.work(
                job.model_dump_json(),
                run=failed.id,
                limits=Limits(timeout=60),
                bench=bench,
                progress=watch.Progress(_silent),
                check=lambda: None,
            )
            return bench / FAILED
        return None


def _last(desk: publish.Desk) -> Record | None:
    """The record of the page that is there now."""
    try:
        return read_record(desk.record)
    except FaneconError:
        return None


def _known(bench: Path) -> dict[str, object]:
    """What a worker had found out about the inputs, versions and commit before it ended."""
    try:
        found = read_record(bench / FACTS)
    except FaneconError:
        return {}
    return {"inputs": found.inputs, "versions": found.versions, "commit": found.commit}


def _breach(thresholds: Iterable[Threshold]) -> int:
    return Code.THRESHOLD if any(one.breached for one in thresholds) else Code.DONE


def _too_large(size: int) -> str:
    return (
        f"The page has {size / MB:.0f} MB; more than {MOST_PAGE // MB} MB no browser opens gladly. "
        "Show fewer rows or figures, or type --large if it must be."
    )


@contextmanager
def _room(bench: Path) -> Iterator[Path]:
    """A folder with a short path for the kernel's sockets, whose names may have about 100 characters."""
    places = [place for place in (tempfile.gettempdir(), "/tmp") if os.access(place, os.W_OK)]
    short = [place for place in places if len(place) <= LONGEST or os.name == "nt"]
    if not short:
        raise RunError(f"No folder for the kernel's sockets: {places} is too long. Set TMPDIR to a shorter path.", 8)
    with disk.told(Path(short[0]), " (a folder for the kernel's sockets)"):
        room = tempfile.TemporaryDirectory(prefix=publish.ROOMS, dir=short[0], ignore_cleanup_errors=True)
    with room as name:
        disk.write(bench / publish.ROOM, name.encode())
        yield Path(name)
