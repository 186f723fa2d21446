"""One writer for each page: a lock of the operating system, which falls when its holder dies, however it dies.

A file that merely exists is no lock: after a crash it stands there for ever.  Here the file may stay, the lock on it
is what counts; what is written in it only tells others who holds it.  On folders of a network such locks may mean
nothing; do not let two machines write one page.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fanecon.errors import RunError
from fanecon.report.codes import Code
from fanecon.report.record import Host
from fanecon.report.runner import disk

_PAUSE = 0.1


@contextmanager
def only_one(file: Path, *, run: str, host: Host, wait: float = 0.0, check: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a page while the block runs.

    Parameters
    ----------
    file
        The lock file; it is made if it is not there, and never removed.
    run, host
        Written into it, for others to read.
    wait
        Seconds to wait for another run to end.
    check
        Called while waiting; what it raises ends the waiting.

    Raises
    ------
    RunError
        With code 9 if another run holds it for longer, 8 if it cannot be opened.
    """
    handle = _open(file)
    try:
        end = time.monotonic() + wait
        while not _taken(handle):
            check()
            if time.monotonic() >= end:
                raise RunError(_busy(handle, file, wait), Code.LOCKED)
            time.sleep(_PAUSE)
        with disk.told(file):
            os.ftruncate(handle, 0)
            os.write(handle, json.dumps({"run": run, **host.model_dump()}).encode())
        yield
    finally:
        os.close(handle)


def _open(file: Path) -> int:
    with disk.told(file):
        return os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _taken(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _busy(handle: int, file: Path, wait: float) -> str:
    try:
        held = json.loads(os.pread(handle, 10_000, 0))
        who = f"run {held['run']} (process {held['pid']} on {held['name']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another run"
    waited = f" It was waited for {wait:g} s." if wait else ""
    page = file.parent.name
    return f"The page {page} is being written by {who}.{waited} Type --wait 10min to wait for it, or choose another -o."
