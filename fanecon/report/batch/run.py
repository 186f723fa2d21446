"""A batch from its file to its summary: what `fanecon run-all` does."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fanecon.errors import RunError
from fanecon.report.batch import turns
from fanecon.report.batch.fleet import Fleet, Outcome
from fanecon.report.batch.tasks import Judged
from fanecon.report.codes import MEANING, Code, gravest
from fanecon.report.runner import disk
from fanecon.report.runner.events import Note, stamped
from fanecon.report.runner.watch import Stop

SCHEMA = "fanecon.batch/1"


@dataclass(frozen=True, kw_only=True)
class Done:
    """A batch that has ended.

    Parameters
    ----------
    most_at_once
        How many runs were at work at once, at most.
    code
        The gravest of their exit codes, or that of the signal that stopped the batch.
    """

    outcomes: tuple[Outcome, ...]
    began: datetime
    seconds: float
    bounds: turns.Turns
    most_at_once: int
    code: int

    def json_text(self) -> str:
        """The batch as one JSON document."""
        document = {
            "schema_version": SCHEMA,
            "began": self.began.isoformat(),
            "seconds": self.seconds,
            "exit_code": self.code,
            "meaning": MEANING[Code(self.code)],
            "jobs": self.bounds.jobs,
            "memory": self.bounds.memory,
            "most_at_once": self.most_at_once,
            "reports": [one.model_dump() for one in self.outcomes],
        }
        return json.dumps(document, indent=1) + "\n"


def run_batch(
    judged: Judged,
    *,
    bounds: turns.Turns,
    display: Callable[[], AbstractContextManager[Note]],
    stop_on_failure: bool = False,
) -> Done:
    """Do all runs of a batch that has been judged.

    Parameters
    ----------
    display
        Gives, when entered, what is called with every event.
    stop_on_failure
        Begin nothing new once a run has failed; a threshold that was breached is no failure.
    """
    began, clock = datetime.now(UTC), time.monotonic()
    with display() as note:
        fleet = Fleet(judged.tasks, folder=judged.folder, bounds=bounds, note=note)
        note(stamped({"event": "batch_began", "reports": len(judged.tasks), "jobs": bounds.jobs}, None))
        try:
            code = _code(fleet.work(stop_on_failure=stop_on_failure))
        except Stop as stop:
            code = stop.code
        took = time.monotonic() - clock
        note(stamped({"event": "batch_ended", "code": code, "seconds": took}, None))
    return Done(
        outcomes=fleet.ended(),
        began=began,
        seconds=took,
        bounds=bounds,
        most_at_once=fleet.most_at_once,
        code=code,
    )


def _code(outcomes: Iterable[Outcome]) -> int:
    return int(gravest(one.exit_code for one in outcomes if one.exit_code is not None))


def judge_summary(path: Path) -> None:
    """Refuse a place where no summary can be written.

    Raises
    ------
    RunError
        With code 8.
    """
    if path.is_dir():
        raise RunError(f"Cannot write the summary {path}: it is a folder. Choose another name.", Code.WRITE)
    near = next(one for one in Path(os.path.abspath(path)).parents if one.exists())  # noqa: PTH100
    if not near.is_dir() or not os.access(near, os.W_OK | os.X_OK):
        raise RunError(f"Cannot write the summary into {near}: choose another folder.", Code.WRITE)


def write_summary(path: Path, done: Done) -> None:
    """Write the summary of a batch in one step.

    Raises
    ------
    RunError
        With code 8 if it cannot be written.
    """
    disk.make_folder(path.parent)
    disk.write(path, done.json_text().encode())
