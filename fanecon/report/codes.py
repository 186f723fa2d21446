"""Exit codes: the same for every command, and stable, because a schedule acts on them."""

from __future__ import annotations

from enum import IntEnum


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
