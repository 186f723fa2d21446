"""Runs :mod:`fanecon.loaders.probe` on bytes of unknown origin, with bounds on memory and time.

What reads a hostile file may be ended by it: by a wish for a hundred gigabytes, by an endless loop, by a wrong byte in
a library that is not written in Python.  Then it is the process that ends, and here it is not the notebook's.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

MOST_SECONDS = 60
TURNS = 3
# Arrow ends about one process in five hundred with these words, whatever the file; the next one reads it.
_CHANCE = "terminate called without an active exception"

Received = TypeVar("Received")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process that did not come to its end: the last line it said, its exit code, and whether it was in time."""

    said: str
    code: int
    in_time: bool

    @property
    def reason(self) -> str:
        """Why, in words: the message of its last exception, else that it wanted too much memory."""
        if self.code == 1 and self.said and not self.said.startswith("MemoryError"):
            return (self.said.partition(":")[2].strip() or self.said)[:200]
        return "it asks for too much memory, as if a cell stood far outside the table"


def parsed(
    kind: str, data: bytes, receive: Callable[[IO[bytes]], Received], *, memory: int, most_cells: int
) -> Received | Ended:
    """What `receive` makes of the process's output, or how the process ended if it was not well.

    A process that ends by a chance that has nothing to do with the file is started again.
    """
    for _ in range(TURNS):
        found = _parsed_once(kind, data, receive, memory=memory, most_cells=most_cells)
        if not (isinstance(found, Ended) and found.said == _CHANCE):
            break
    return found


def _parsed_once(
    kind: str, data: bytes, receive: Callable[[IO[bytes]], Received], *, memory: int, most_cells: int
) -> Received | Ended:
    command = [sys.executable, "-I", str(Path(__file__).with_name("probe.py")), kind, str(memory), str(most_cells)]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, env=_surroundings()
        ) as child,
    ):
        clock = threading.Timer(MOST_SECONDS, child.kill)
        clock.start()
        try:
            received = _exchanged(child, data, receive)
            code = child.wait()
        finally:
            in_time = clock.is_alive()
            clock.cancel()
            child.kill()
        told.seek(0)
        lines = told.read(100_000).decode("utf-8", "replace").strip().splitlines()
    if code == 0 and received is not None:
        return received
    return Ended(said=lines[-1] if lines else "", code=code, in_time=in_time)


def _surroundings() -> dict[str, str]:
    """The environment of the process: no keys of the user's, and few threads, each of which reserves memory."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMPDIR")
    own = {"RUST_BACKTRACE": "0", "ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **own}


def _exchanged(
    child: subprocess.Popen[bytes], data: bytes, receive: Callable[[IO[bytes]], Received]
) -> Received | None:
    """The process reads everything before it writes anything, so the two never wait for each other."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(data)
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()
    try:
        return receive(child.stdout)
    except EOFError:
        return None
