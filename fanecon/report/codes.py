"""Exit codes: the same for every command, and stable, because a schedule acts on them.

A command that makes several reports can leave with one code only: that of the gravest end among them.  The order goes
from what concerns every report to what concerns one: 1 fanecon is broken, 8 nothing can be written, 6 memory, 7 time,
2 a word that was right when the batch was judged and is wrong now, 5 a step, 4 the data, 9 somebody else makes that
report, 3 a report is there and says something that somebody wanted to be told.  Being stopped (130, 143) comes before
all of them, for then nothing is known of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from fanecon.errors import FaneconError, ParameterError, RunError


class Code(IntEnum):
    """How a command ended."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    THRESHOLD = 3
    DATA = 4
    STEP = 5
    KERNEL = 6
    TIMEOUT = 7
    WRITE = 8
    LOCKED = 9
    INTERRUPTED = 130
    TERMINATED = 143


MEANING = {
    Code.DONE: "done",
    Code.FAULT: "a fault of fanecon",
    Code.USAGE: "a wrong word or parameter",
    Code.THRESHOLD: "a threshold was breached; the page is there",
    Code.DATA: "the data are invalid",
    Code.STEP: "a step raised an error",
    Code.KERNEL: "the kernel died or needed too much memory",
    Code.TIMEOUT: "it took longer than allowed",
    Code.WRITE: "the page cannot be written",
    Code.LOCKED: "another run is writing this page",
    Code.INTERRUPTED: "stopped with Ctrl-C",
    Code.TERMINATED: "stopped by the system",
}

GRAVEST = (
    Code.TERMINATED,
    Code.INTERRUPTED,
    Code.FAULT,
    Code.WRITE,
    Code.KERNEL,
    Code.TIMEOUT,
    Code.USAGE,
    Code.STEP,
    Code.DATA,
    Code.LOCKED,
    Code.THRESHOLD,
    Code.DONE,
)


def gravest(codes: Iterable[int]) -> Code:
    """The code of the gravest of several ends, 0 if there are none; one that fanecon does not give is a fault."""
    known = [Code(one) if one in set(Code) else Code.FAULT for one in codes]
    return min(known, key=GRAVEST.index, default=Code.DONE)


def code_of(error: BaseException) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, RunError):
        return int(error.code)
    if isinstance(error, KeyboardInterrupt):
        return int(getattr(error, "code", Code.INTERRUPTED))
    if isinstance(error, FaneconError):
        return int(Code.USAGE if isinstance(error, ParameterError) else Code.DATA)
    return int(Code.FAULT)
