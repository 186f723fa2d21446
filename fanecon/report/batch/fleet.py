"""The fleet: the runs of a batch at work, each in a process of its own, the rest waiting for their turn.

One process looks after all of them and does nothing else: it starts the next run when there is room (see `turns`),
passes on what the runs announce, and notes how each ended, even one that was killed and could not say so itself.  The
end of one run is no concern of the others.

Asked to stop, it asks every run to stop, each of which puts itself away as failed; asked a second time, or after a
minute and a half, it kills what is left with everything below it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from fanecon.report.batch import turns
from fanecon.report.batch.tasks import Task
from fanecon.report.codes import MEANING, Code
from fanecon.report.limits import MB
from fanecon.report.printable import printable
from fanecon.report.runner import lifeline
from fanecon.report.runner.events import Event, Note, stamped
from fanecon.report.runner.watch import Stop, listening

PATIENCE, SLACK, GRACE = 600.0, 180.0, 90.0
COMMAND = [sys.executable, "-P", "-m", "fanecon.report.batch.child"]
NO_FAILURE = (Code.DONE, Code.THRESHOLD)
_LOOK, _AGAIN, _AFTER = 0.2, 0.5, 5.0
_TAIL = 2000
_KEPT = ("run", "page", "seconds", "step", "steps", "message", "warnings")


class Outcome(BaseModel):
    """How one run of a batch ended.

    Parameters
    ----------
    run
        The id of its record; None if it could not begin.
    page
        The page that it left: of a failed run the one in `failed/`, if it could be made.
    """

    model_config = ConfigDict(frozen=True)

    report: str
    notebook: str
    status: Literal["complete", "failed", "not started"]
    exit_code: int | None = None
    meaning: str = ""
    run: str | None = None
    page: str | None = None
    seconds: float | None = None
    step: int | None = None
    steps: int | None = None
    message: str | None = None
    warnings: tuple[str, ...] = ()


class Fleet:
    """The runs of one batch.

    Parameters
    ----------
    folder
        Where the runs work, and their relative paths start from.
    bounds
        How many at once, and how much memory.
    note
        Called with every event.
    """

    def __init__(self, tasks: Sequence[Task], *, folder: Path, bounds: turns.Turns, note: Note) -> None:
        self.folder, self.bounds, self.note = folder, bounds, note
        self.names = [task.name for task in tasks]
        self.waiting = deque(tasks)
        self.at_work: list[_Child] = []
        self.outcomes: dict[str, Outcome] = {}
        self.most_at_once = 0
        self.said: queue.Queue[tuple[_Child, Event | None]] = queue.Queue()
        self._looked = -_AGAIN
        self._alone: float | None = None

    def work(self, *, stop_on_failure: bool = False) -> tuple[Outcome, ...]:
        """Do all runs; how each ended, in the order of the batch.

        Raises
        ------
        Stop
            If somebody asked to stop; all runs have ended by then, and `outcomes` says how.
        """
        with listening() as check:
            try:
                while self.waiting or self.at_work:
                    check()
                    self._begin_next()
                    self._hear()
                    self._end_hung()
                    if stop_on_failure and any(_failed(one) for one in self.outcomes.values()):
                        self._leave_out("A run before it failed, and --stop-on-failure was given.")
            except Stop as stop:
                self._leave_out("The batch was stopped before its turn.")
                self._stop(stop)
                raise
            finally:
                self._kill()
        return self.ended()

    def ended(self) -> tuple[Outcome, ...]:
        """The outcomes so far, in the order of the batch."""
        return tuple(self.outcomes[name] for name in self.names if name in self.outcomes)

    # --- beginning ---

    def _begin_next(self) -> None:
        """Begin the next run if there is room; the one whose turn it is waits for room, and the others behind it."""
        now = time.monotonic()
        if not self.waiting or len(self.at_work) >= self.bounds.jobs or now - self._looked < _AGAIN:
            return
        task = self.waiting[0]
        limit = self.bounds.limit(task.usual.memory)
        places = [child.place() for child in self.at_work]
        free = turns.free_memory()
        if self.bounds.may_begin(limit, places, free):
            self._begin(self.waiting.popleft(), limit)
            self._alone = None
            return
        self._looked = now
        if not self.at_work:
            self._wait_alone(now, limit or turns.TYPICAL, free)

    def _begin(self, task: Task, limit: int | None) -> None:
        given = task.model_copy(update={"usual": task.usual.model_copy(update={"memory": limit})})
        self.at_work.append(_Child(given, self.folder, self.said.put))
        self.most_at_once = max(self.most_at_once, len(self.at_work))

    def _wait_alone(self, now: float, needed: int, free: int) -> None:
        """Wait for memory that others hold, but not for ever."""
        told = f"{needed // MB:,} MB of memory are needed and {free // MB:,} MB are free"
        if self._alone is None:
            self._alone = now
            self._tell({"event": "waiting", "report": self.waiting[0].name, "message": f"{told}; waiting for more."})
        elif now - self._alone > PATIENCE:
            task, self._alone = self.waiting.popleft(), None
            event = {"event": "run_ended", "code": int(Code.KERNEL), "status": "failed", "seconds": 0.0}
            self._end(task, {**event, "message": f"Did not begin: {told}, after {PATIENCE:g} s of waiting."})

    # --- hearing ---

    def _hear(self, timeout: float = _LOOK) -> None:
        try:
            child, event = self.said.get(timeout=timeout)
        except queue.Empty:
            for child in [one for one in self.at_work if one.is_gone()]:
                self._take_off(child)
            return
        if event is None:
            self._take_off(child)
        elif event["event"] == "run_ended":
            child.ended = event
        else:
            child.run = event.get("run", child.run)
            self._tell(event)

    def _take_off(self, child: _Child) -> None:
        if child in self.at_work:
            self.at_work.remove(child)
            self._looked = -_AGAIN
            self._end(child.task, child.close())

    def _end(self, task: Task, event: Event) -> None:
        code = event["code"]
        kept = {key: event[key] for key in _KEPT if key in event}
        self.outcomes[task.name] = Outcome(
            report=task.name,
            notebook=Path(task.notebook).stem,
            status="failed" if event["status"] == "failed" else "complete",
            exit_code=code,
            meaning=MEANING[Code(code)] if code in set(Code) else "",
            **kept,
        )
        self._tell({**event, "report": task.name})

    def _tell(self, event: Event) -> None:
        self.note(stamped(event, event.get("report")))

    def _leave_out(self, why: str) -> None:
        while self.waiting:
            task = self.waiting.popleft()
            name = Path(task.notebook).stem
            self.outcomes[task.name] = Outcome(report=task.name, notebook=name, status="not started", message=why)
            self._tell({"event": "not_started", "report": task.name, "message": why})

    # --- ending ---

    def _end_hung(self) -> None:
        """Kill a run that did not even keep its own limit of time."""
        for child in self.at_work:
            if time.monotonic() - child.began > child.longest:
                child.kill()

    def _stop(self, stop: Stop) -> None:
        for child in self.at_work:
            with suppress(OSError):
                child.process.send_signal(signal.SIGINT if stop.code == Code.INTERRUPTED else signal.SIGTERM)
        end = time.monotonic() + GRACE
        with listening() as again, suppress(Stop):
            while self.at_work and time.monotonic() < end:
                again()
                self._hear()

    def _kill(self) -> None:
        for child in self.at_work:
            child.kill()
        while self.at_work:
            self._hear(timeout=10)


def _failed(outcome: Outcome) -> bool:
    return outcome.exit_code is not None and outcome.exit_code not in NO_FAILURE


class _Child:
    """One run at work: its process, and what it has said last."""

    def __init__(self, task: Task, folder: Path, put: Callable[[tuple[_Child, Event | None]], None]) -> None:
        self.task = task
        self.began = time.monotonic()
        self.longest = task.usual.timeout + task.usual.wait + SLACK
        self.ended: Event | None = None
        self.run: str | None = None
        self.gone = 0.0
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed when the run has ended)
        self.process = subprocess.Popen(
            COMMAND,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, lifeline.PARENT: str(os.getpid()), "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(task.model_dump_json().encode())
            self.process.stdin.close()
        threading.Thread(target=self._listen, args=(put,), daemon=True).start()

    def _listen(self, put: Callable[[tuple[_Child, Event | None]], None]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with suppress(ValueError):  # a line that was cut off when the process was killed
                put((self, json.loads(line)))
        put((self, None))

    def place(self) -> turns.Place:
        """What the run was reckoned with, and the memory that it and everything below it hold."""
        held = lifeline.memory(lifeline.descendants(self.process.pid))
        return turns.Place(self.task.usual.memory or turns.TYPICAL, held)

    def is_gone(self) -> bool:
        """Whether the process has ended a while ago, though something it started still holds its end of the pipe."""
        if self.process.poll() is None:
            return False
        self.gone = self.gone or time.monotonic()
        return time.monotonic() - self.gone > _AFTER

    def kill(self) -> None:
        """End the run with everything below it."""
        lifeline.end_all(self.run or "none", lifeline.descendants(self.process.pid))

    def close(self) -> Event:
        """How the run ended, once its process has: in its own words, or else by what is known of the process."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        if self.ended is None and self.run is not None:
            lifeline.end_all(self.run)
        left = self.process.returncode
        last = self._last_error()
        self.errors.close()
        if self.ended is not None:
            return self.ended
        told = f"The process that made this report ended without a word (it left with {left}).{last}"
        code = Code.FAULT if left is not None and left > 0 else Code.KERNEL
        seconds = time.monotonic() - self.began
        return {
            "event": "run_ended",
            "run": self.run,
            "code": int(code),
            "status": "failed",
            "seconds": seconds,
            "message": told,
        }

    def _last_error(self) -> str:
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - _TAIL))
        lines = self.errors.read().decode("utf-8", errors="replace").strip().splitlines()
        return f" Its last words: {printable(lines[-1])}" if lines else ""
