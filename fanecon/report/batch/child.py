"""One run of a batch, in a process of its own: what `fanecon run` is to a reader, this is to `fanecon run-all`.

It is told what to do on its standard input, since parameters on a command line can be read by everybody on the machine,
and says how far it is in lines of JSON on its standard output.  If the process that started it is killed, the system
asks it to stop, and it puts its run away as failed like after any other wish to stop.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from fanecon.errors import FaneconError
from fanecon.report.batch.tasks import Task
from fanecon.report.codes import code_of
from fanecon.report.runner import events, lifeline
from fanecon.report.runner.running import carry_out
from fanecon.report.runner.watch import Stop, listening


def main() -> int:
    """Do the run that stands on the standard input; its exit code."""
    lifeline.die_with_parent(signal.SIGTERM)
    with listening() as check:
        said = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
        os.dup2(2, 1)  # whatever a library prints must not look like an event
        task = Task.model_validate_json(sys.stdin.buffer.read())
        return _done(task, check, events.JsonLines(lambda line: said.write(line + "\n"), task.name))


def _done(task: Task, check: Callable[[], None], note: events.Note) -> int:
    try:
        with events.told(note):
            return carry_out(task.order(), _silent, check, note).record.exit_code
    except (FaneconError, Stop) as error:
        return code_of(error)


def _silent(text: str) -> None:
    """Leave out the text for a terminal; the events say it."""


if __name__ == "__main__":
    sys.exit(main())
