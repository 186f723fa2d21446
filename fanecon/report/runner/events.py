"""Events: what a run announces while it works, as small maps, for a terminal, a log or the next program.

One event is one line of JSON in a log.  Seven keys are always there, so that a reader of logs needs no case for each:
`time` (UTC), `event`, `report`, `step` of `steps`, `seconds` and `code`; what does not apply is null.  The events of a
run, in their order:

    run_began                               the page is locked, the record says `failed` until the page is proven
    step_began · step_ended · step_failed   one cell of the notebook, with the heading above it
    page_began                              the notebook has run, its page is being made
    run_ended                               with the code, and a message if it did not end well

`fanecon run-all` adds `batch_began`, `waiting` (for memory), `not_started` and `batch_ended`; `cleared` tells that
something was put in order which an earlier run had left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from fanecon.errors import FaneconError
from fanecon.report.codes import code_of

Event = dict[str, Any]
Note = Callable[[Event], None]

ALWAYS = ("time", "event", "report", "step", "steps", "seconds", "code")
_OF_WORKER = {"begin": "step_began", "end": "step_ended", "error": "step_failed", "page": "page_began"}


def nobody(event: Event) -> None:
    """Tell nobody."""


def of_worker(announced: Event) -> Event:
    """An announcement of a worker as an event of its run."""
    kept = {key: value for key, value in announced.items() if key in ("step", "steps", "seconds", "heading")}
    return {"event": _OF_WORKER[announced["event"]], **kept}


def is_public(announced: Event) -> bool:
    """Whether an announcement of a worker is also one to the outside; how it ended is told by the run itself."""
    return announced["event"] in _OF_WORKER


def stamped(event: Event, report: str | None) -> Event:
    """An event with the keys that are always there: the time now unless it has one, and the report it is about."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {**dict.fromkeys(ALWAYS), "time": now, "report": report, **event}


def line(event: Event) -> str:
    """An event as one line of JSON, in ASCII, so that no log, console or locale can break it."""
    return json.dumps(event, ensure_ascii=True, default=str)


@contextmanager
def told(note: Note) -> Iterator[None]:
    """Make an event of the end of a run that could not even begin: refused, locked out, or stopped while it waited."""
    try:
        yield
    except (FaneconError, KeyboardInterrupt) as error:
        message = str(error) or "The run was stopped before it began.\nNo page was written."
        note({"event": "run_ended", "code": code_of(error), "status": "failed", "page": None, "message": message})
        raise


class JsonLines:
    """Events written as lines of JSON; a log that nobody reads any more does not end the run.

    Parameters
    ----------
    write
        Called with each line, without its end.
    report
        The name of the report, for events that do not have one.
    """

    def __init__(self, write: Callable[[str], object], report: str | None = None) -> None:
        self.write, self.report, self.open = write, report, True

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if not self.open:
            return
        try:
            self.write(line(stamped(event, self.report)))
        except OSError:
            self.open = False
