"""The watch over a worker: time, memory and signals, from outside of the process that they concern.

A cell that loops inside C code answers no interrupt, and a kernel that the system has killed says nothing.  So
nothing here depends on the worker's good will: it is looked at five times a second, and ended with all that it
started when a limit is reached.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fanecon.errors import RunError
from fanecon.report.codes import Code
from fanecon.report.limits import MB, Limits
from fanecon.report.record import Step, Trouble
from fanecon.report.runner import disk, events, lifeline

LOG = "worker.log"
_LOOK = 0.2

Tell = Callable[[str], None]


class Stop(KeyboardInterrupt):
    """Somebody asked the run to stop: Ctrl-C, or the system."""

    def __init__(self, code: int = Code.INTERRUPTED) -> None:
        super().__init__()
        self.code = code


@contextmanager
def listening() -> Iterator[Callable[[], None]]:
    """Note Ctrl-C and the system's wish to stop instead of being interrupted; the function given raises them.

    A run must not be torn in the middle of a step that belongs together, so it asks when it can stop.
    """
    caught: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda found, _: caught.append(found)) for number in numbers}

    def check() -> None:
        if caught:
            raise Stop(Code.INTERRUPTED if caught[0] == signal.SIGINT else Code.TERMINATED)

    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Progress:
    """How far a worker has come, by what it announced."""

    tell: Tell
    note: events.Note = events.nobody
    step: int = 0
    steps: int = 0
    cell: int = 0
    heading: str = ""
    done: list[Step] = field(default_factory=list)
    running: bool = False
    since: float = 0.0

    def take(self, event: events.Event) -> None:
        """Note one announcement and tell the reader of the terminal."""
        if events.is_public(event):
            self.note(events.of_worker(event))
        if event["event"] not in ("begin", "end", "error"):
            return
        self.step, self.steps, self.cell = event["step"], event["steps"], event["cell"]
        self.heading, self.running = event["heading"], event["event"] == "begin"
        self.since = time.monotonic()
        if event["event"] == "begin":
            self.tell(f"[{self.step}/{self.steps}] {self.heading} … ")
        elif event["event"] == "end":
            self.done.append(Step(cell=self.cell, heading=self.heading, seconds=event["seconds"]))
            self.tell(f"{event['seconds']:.1f} s\n")
        else:
            self.tell("not finished\n")

    def trouble(self, message: str) -> Trouble:
        """A message with the place where it happened."""
        return Trouble(message=message, step=self.step, steps=self.steps, cell=self.cell, heading=self.heading)

    def position(self) -> str:
        """Where the run is, as the beginning of a sentence."""
        if not self.cell:
            return "The notebook"
        if not self.running and len(self.done) == self.steps:
            return "After the last step, the notebook"
        return f"Cell {self.cell} (under the heading '{self.heading}')"


def work(job: str, *, run: str, limits: Limits, bench: Path, progress: Progress, check: Callable[[], None]) -> None:
    """Let a worker do a job to its end, or end it.

    Parameters
    ----------
    job
        What the worker is told, as JSON.
    run
        The id by which everything that belongs to the run is found.
    check
        Called five times a second; what it raises ends the worker.

    Raises
    ------
    RunError
        With the worker's own code, 6 for memory or a death, 7 for time.
    """
    with disk.told(bench / LOG):
        written = (bench / LOG).open("wb")
    with written as log:
        process = _start(job, run, log)
        try:
            _follow(process, limits, progress, check)
        finally:
            lifeline.end_all(run, lifeline.descendants(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)


def _start(job: str, run: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, lifeline.MARK: run, lifeline.PARENT: str(os.getpid()), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "fanecon.report.runner.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
        start_new_session=True,
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(job.encode())
        process.stdin.close()
    return process


def _follow(process: subprocess.Popen[bytes], limits: Limits, progress: Progress, check: Callable[[], None]) -> None:
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    began, most = time.monotonic(), limits.bytes
    looked = began
    while True:
        check()
        if time.monotonic() - looked >= _LOOK:
            _in_time(began, limits, progress)
            _in_memory(process.pid, most)
            looked = time.monotonic()
        try:
            line = lines.get(timeout=_LOOK)
        except queue.Empty:
            continue
        if line is None:
            code = process.wait()
            raise RunError(f"ended the process that ran it (it left with {code})", Code.KERNEL)
        event = json.loads(line)
        progress.take(event)
        if event["event"] == "done":
            return
        if event["event"] == "failed":
            raise RunError(event["message"], event["code"])


def _read(pipe: IO[bytes] | None, lines: queue.Queue[bytes | None]) -> None:
    assert pipe is not None
    for line in pipe:
        lines.put(line)
    lines.put(None)


def _in_time(began: float, limits: Limits, progress: Progress) -> None:
    now = time.monotonic()
    if now - began > limits.timeout:
        raise RunError(f"was still running after {limits.timeout:g} s, the limit of --timeout", Code.TIMEOUT)
    if limits.step_timeout and progress.running and now - progress.since > limits.step_timeout:
        raise RunError(f"took longer than {limits.step_timeout:g} s, the limit of --step-timeout", Code.TIMEOUT)


def _in_memory(pid: int, most: int) -> None:
    tree = lifeline.descendants(pid)
    if lifeline.memory(tree) > most and lifeline.shared_out(tree) > most:
        raise RunError(f"needed more than {most // MB:,} MB of memory, the limit of --memory", Code.KERNEL)
