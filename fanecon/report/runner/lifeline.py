"""Lifelines between processes: who dies with whom, and who still belongs to a run.

A run is three processes: the one that was started, its worker, and the kernel.  If the first is killed outright it
cannot tidy up, so each child asks the system to be killed when its parent dies (Linux), and looks for itself twice a
second where the system has no such service.  Whatever a notebook started besides carries the run's id in its
environment; by that it is found when the run ends, or by the next run if this one could not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

MARK = "FANECON_RUN"
PARENT = "FANECON_PARENT"
_SET_PDEATHSIG = 1
_LOOK = 0.5


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Make this process end when the one that started it (whose id stands in the environment) ends.

    Parameters
    ----------
    number
        The signal that ends it: SIGTERM for a process that has something to put in order first.
    """
    parent = int(os.environ[PARENT])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    if sys.platform != "linux":
        threading.Thread(target=_look, args=(parent, number), daemon=True).start()


def _look(parent: int, number: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os.kill(os.getpid(), number)


def end_all(run: str, tree: Iterable[psutil.Process] = ()) -> None:
    """Kill every process of a run: those given, and those that carry its id."""
    found = {process.pid: process for process in (*tree, *_marked(run))}
    for process in found.values():
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(found.values(), timeout=5)


def _marked(run: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == run:
                found.append(process)
    return found


def descendants(pid: int) -> list[psutil.Process]:
    """A process and everything below it, as far as they still live."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def memory(tree: Iterable[psutil.Process]) -> int:
    """Bytes of memory that processes hold together; what they share is counted for each."""
    total = 0
    for process in tree:
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def shared_out(tree: Iterable[psutil.Process]) -> int:
    """Bytes of memory that processes hold together, what they share counted once; slower than :func:`memory`."""
    total = 0
    for process in tree:
        with suppress(psutil.Error):
            held = process.memory_full_info()
            total += getattr(held, "pss", held.rss)
    return total
