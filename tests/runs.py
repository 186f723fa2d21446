"""Runs as a schedule would start them: processes, looked at from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from books import book

from fanecon.report.record import Record, read_record
from fanecon.report.runner.publish import Desk
from fanecon.report.seal import read_seal

COMMAND = [sys.executable, "-c", "from fanecon.cli import main; main()"]
STEPS = ("total = 0", "import time\ntime.sleep(0.2)", "total += 1", "time.sleep(0.2)\nprint('x' * 50_000)", "total")


@dataclass
class Place:
    """A folder with a notebook and the page that is made from it."""

    folder: Path
    steps: tuple[str, ...] = STEPS
    page: Path = field(init=False)
    notebook: Path = field(init=False)
    rooms: Path = field(init=False)

    def __post_init__(self) -> None:
        self.rooms = Path(tempfile.mkdtemp(prefix="rooms-"))  # a short path, for the sockets of kernels
        weakref.finalize(self, shutil.rmtree, self.rooms, ignore_errors=True)
        self.page, self.notebook = self.folder / "out" / "x.html", self.folder / "x.ipynb"
        book(self.notebook, *self.steps)

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A run in a process of its own."""
        return subprocess.Popen(
            [*COMMAND, "run", str(self.notebook), "-o", str(self.page), *words],
            cwd=self.folder,
            env={**os.environ, "TMPDIR": str(self.rooms), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        """The exit code of a run and what it said."""
        running = self.start(*words, **environment)
        said = running.communicate(timeout=600)[0]
        return running.returncode, said

    def records(self) -> list[Record]:
        """The history, oldest first."""
        return [read_record(one) for one in sorted(Desk(self.page).folder.glob("*.json"))]

    def says(self) -> str:
        """What the page says of itself, `none` if there is no page."""
        return read_seal(self.page.read_text(encoding="utf-8")) if self.page.exists() else "none"

    def strays(self) -> list[str]:
        """What a run should not leave: folders of runs, half-written files, folders of kernels."""
        found = [one for one in Desk(self.page).folder.iterdir() if one.is_dir()]
        return [str(one) for one in (*found, *self.folder.rglob("*.part"), *self.rooms.glob("fanecon-*"))]


def family(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """A run and everything below it."""
    try:
        top = psutil.Process(running.pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def of_kind(processes: Iterable[psutil.Process], word: str) -> psutil.Process | None:
    """The process of a run whose command has a word in it."""
    for one in processes:
        try:
            if any(word in part for part in one.cmdline()):
                return one
        except psutil.Error:
            continue
    return None


def gone(processes: Iterable[psutil.Process], seconds: float = 10.0) -> bool:
    """Whether all processes end within some seconds."""
    return not psutil.wait_procs(list(processes), timeout=seconds)[1]


def wait_until(running: subprocess.Popen[str], moment: float) -> None:
    """Sleep until a moment of the monotonic clock, or until the run has ended."""
    while time.monotonic() < moment and running.poll() is None:
        time.sleep(0.01)
