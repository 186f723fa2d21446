"""The engine in this process: a DuckDB with a memory limit and a spill folder, watched while it works.

A query that is stopped leaves nothing: the spill folder goes with its connection, and a folder left by a process that
was killed is removed by the next one, which can take the lock that the dead one held.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TypeVar

import duckdb
import ibis
from ibis.backends import BaseBackend

from fanecon.schema import EngineError, ParameterError

if sys.platform != "win32":  # there a folder left by a killed process stays
    from fcntl import LOCK_EX, LOCK_NB, flock

Progress = Callable[[str, float], None]
Answer = TypeVar("Answer")

PREFIX, LOCK = "fanecon-spill-", "lock"
LEAST_GB, MOST_GB = 0.1, 3.0
THREAD_GB, PER_BYTE, OF_MEMORY = 0.1, 1.75, 0.25
PATIENCE, BEAT = 3.0, 0.2
_HERE = "_fanecon"  # backends that were opened alike are equal to Ibis, so that no dictionary can tell them apart


@dataclass(frozen=True, kw_only=True)
class _Settings:
    progress: Progress | None
    spill: Path | None = None
    memory_gb: float = 1.0
    spare_gb: float | None = None


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where the queries of a log run: the Ibis backend, who is told how far they are, and our own spill folder.

    `room` is how many bytes a pass beside the engine may keep (:mod:`fanecon.tally.one_pass`).
    """

    backend: BaseBackend
    progress: Progress | None
    spill: Path | None
    room: float

    @property
    def name(self) -> str:
        """Ibis's name of the backend: duckdb, postgres, pyspark …"""
        return str(self.backend.name)


def engine_of(backend: BaseBackend) -> Engine:
    """The engine of an Ibis backend."""
    settings = getattr(backend, _HERE, None) or _Settings(progress=shown)
    room = settings.memory_gb * 1e9 * OF_MEMORY
    return Engine(backend=backend, progress=settings.progress, spill=settings.spill, room=room)


def told(backend: BaseBackend, progress: Progress | None) -> None:
    """From now on tell this function how far the queries of a backend are."""
    setattr(backend, _HERE, replace(getattr(backend, _HERE, _Settings(progress=None)), progress=progress))


def in_process(
    *, memory_gb: float | None, spill: str | Path | None, threads: int | None, size: int | None = None
) -> BaseBackend:
    """A DuckDB of our own; its spill folder goes when the last table of it does.

    With the size of the files (bytes) it begins with little memory, which costs next to no time, and is given the usual
    amount if that was too little.

    Raises
    ------
    ParameterError
        If memory or threads are out of range.
    EngineError
        If the spill folder cannot be written.
    """
    memory, workers = _memory(memory_gb), _threads(threads)
    lean = memory if memory_gb or size is None else min(memory, max(THREAD_GB * workers, PER_BYTE * size / 1e9))
    room, held = _spill_folder(Path(spill if spill is not None else tempfile.gettempdir()).absolute())
    backend = ibis.duckdb.connect(
        ":memory:",
        memory_limit=f"{round(lean * 1000)}MB",
        temp_directory=str(room),
        threads=workers,
        preserve_insertion_order=False,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )
    weakref.finalize(backend, _ended, room, held, os.getpid())
    backend.con.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.Error):  # in Jupyter DuckDB wants ipywidgets before it counts what is done
        backend.con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    spare = memory if lean < memory else None
    setattr(backend, _HERE, _Settings(progress=shown, spill=room, memory_gb=memory, spare_gb=spare))
    return backend


def threads(engine: Engine) -> int:
    """How many threads a DuckDB works with."""
    return int(engine.backend.con.execute("SELECT current_setting('threads')").fetchall()[0][0])


@contextmanager
def in_order(engine: Engine) -> Iterator[None]:
    """While the body runs, rows come in the order in which they stand in the log, where the engine is ours."""
    if engine.spill is None:
        yield
        return
    engine.backend.con.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            engine.backend.con.execute("SET preserve_insertion_order = false")


def closed(backend: BaseBackend) -> None:
    """End a DuckDB of ours and remove its spill folder."""
    with suppress(duckdb.Error):
        backend.disconnect()
    spill = engine_of(backend).spill
    if spill:
        shutil.rmtree(spill, ignore_errors=True)


def _memory(asked: float | None) -> float:
    if asked is None:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9 if hasattr(os, "sysconf") else 8.0
        return max(LEAST_GB, min(MOST_GB, whole / 2))
    if not LEAST_GB <= asked < math.inf:
        raise ParameterError(f"memory_gb={asked} is no limit an engine can keep. Type {LEAST_GB} or more.")
    return asked


def _threads(asked: int | None) -> int:
    if asked is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if asked < 1 or asked != int(asked):
        raise ParameterError(f"threads={asked} is not a number of threads. Type 1 or more.")
    return int(asked)


# --- the spill folder ---


def _spill_folder(place: Path) -> tuple[Path, IO[str]]:
    try:
        for old in place.glob(f"{PREFIX}*"):
            _remove_if_left(old)
        while True:
            room = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            with suppress(FileNotFoundError, BlockingIOError):  # another process took it for one that was left
                return room, _lock(room)
    except OSError as error:
        raise EngineError(
            f"The folder for what does not fit into memory cannot be used: {place}: {error.strerror}. "
            "Type spill= with the name of a folder that exists and can be written."
        ) from None


def _lock(room: Path) -> IO[str]:
    held = (room / LOCK).open("w")
    try:
        if sys.platform != "win32":
            flock(held, LOCK_EX | LOCK_NB)
            (room / LOCK).stat()
    except OSError:
        held.close()
        raise
    return held


def _remove_if_left(room: Path) -> None:
    with suppress(OSError):
        if sys.platform != "win32" and (room / LOCK).exists():
            with _lock(room):
                shutil.rmtree(room, ignore_errors=True)


def _ended(room: Path, held: IO[str], process: int) -> None:
    if os.getpid() == process:  # a fork leaves its parent's folder alone
        shutil.rmtree(room, ignore_errors=True)
    held.close()


# --- watched queries ---


def asked(engine: Engine, what: str, query: Callable[[], Answer]) -> Answer:
    """The answer to a query, watched; once more with more memory if the engine began with little and it was not enough.

    Raises
    ------
    EngineError, KeyboardInterrupt
        As :func:`watched`.
    """
    with watched(engine, what):
        try:
            return query()
        except duckdb.OutOfMemoryException:
            settings = getattr(engine.backend, _HERE, None)
            if settings is None or settings.spare_gb is None:
                raise
            engine.backend.con.execute(f"SET memory_limit = '{round(settings.spare_gb * 1000)}MB'")
            setattr(engine.backend, _HERE, replace(settings, spare_gb=None))
            return query()


@contextmanager
def watched(engine: Engine, what: str) -> Iterator[None]:
    """While the body runs, tell how far its queries are; an engine that gives up becomes one clear error.

    Raises
    ------
    EngineError
        If memory or the room to spill is used up, or the engine refuses the query.
    KeyboardInterrupt
        If the user stopped it.
    """
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(engine, what, over), daemon=True)
    if engine.progress:
        watcher.start()
    try:
        yield
    except Exception as error:
        raise _clear(error, engine, what) from None
    else:
        if engine.progress and engine.progress is not shown:
            _end(over, watcher)
            engine.progress(what, 1.0)
    finally:
        _end(over, watcher)


def _end(over: threading.Event, watcher: threading.Thread) -> None:
    over.set()
    if watcher.is_alive():
        watcher.join()


def _watch(engine: Engine, what: str, over: threading.Event) -> None:
    begun, most = time.monotonic(), 0.0
    while not over.wait(BEAT):
        if engine.progress is not shown or time.monotonic() - begun > PATIENCE:
            done = _done(engine)
            most = max(most, done) if done == done else most  # an engine may find that there is more to do
            engine.progress(what, most if done == done else done)  # type: ignore[misc]
    if engine.progress is shown and time.monotonic() - begun > PATIENCE:
        shown("", 1.0)


def _done(engine: Engine) -> float:
    with suppress(duckdb.Error, AttributeError):
        return max(0.0, float(engine.backend.con.query_progress()) / 100)
    return float("nan")


def shown(what: str, done: float) -> None:
    """Write how far a tally is to a terminal; nothing where nobody looks on."""
    if not sys.stderr.isatty():
        return
    far = f" {done:4.0%}" if done == done else " …"
    sys.stderr.write(f"\r\x1b[K{what}{far}" if what else "\r\x1b[K")
    sys.stderr.flush()


def _clear(error: Exception, engine: Engine, what: str) -> BaseException:
    """What an engine said, in a sentence; our own errors and Python's as they are."""
    text = said(error)
    home = type(error).__module__.split(".")[0]
    stopped = isinstance(error, duckdb.InterruptException) or (home == "builtins" and text == "Query interrupted")
    if stopped or "cancellation of all jobs" in str(error):  # PySpark cancels its jobs on Ctrl-C and tells of that
        return KeyboardInterrupt(f"{what} was stopped.")
    if home in ("builtins", "fanecon"):
        return error
    if any(
        sign in text for sign in ("offload", "temp_directory", "No space left", "temporary directory", "_SPACE_LEFT")
    ):
        place = engine.spill or "its temporary folder"
        return EngineError(
            f"{what}: the folder for what does not fit into memory is full ({place}). Nothing was kept. Free some room "
            "there, or type fe.tally.open_log(…, spill='a folder on a larger disk', memory_gb=…)."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineError(
            f"{what}: the memory limit of the engine is used up. Nothing was kept. Type "
            "fe.tally.open_log(…, memory_gb=…) with more, or threads=1, or tally a shorter period."
        )
    return EngineError(f"{what}: the engine refused: {text}")


def said(error: Exception) -> str:
    """The words of an engine without its drawing of the query."""
    return " ".join(str(error).split()).split(" LINE 1:")[0].split(" JVM stacktrace:")[0][:400]
