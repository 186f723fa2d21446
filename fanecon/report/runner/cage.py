"""The cage: the process in which a kernel lives, what it may take and what it is told, started ahead of its driver.

Loading Jupyter's client takes as long as starting a kernel does.  So the kernel's process is started first and waits
for the file that says where its sockets are; by the time the client writes it, the kernel is awake.

Which Python.  Jupyter finds a kernel by name, first in the user's own folders.  A `python3` left there by another
environment would run the notebook with other versions than the report states, so no name is looked up: the process
is `sys.executable`.  The user's IPython profile and PYTHONSTARTUP are left out for the same reason.

What it is told.  A notebook that draws needs the inline backend even where MPLBACKEND says otherwise (a Makefile
rightly says `agg` for everything else), and the order of a set must not change from run to run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fanecon.report.runner import lifeline

LIMIT = "FANECON_MEMORY"
ALLOWANCE = 256_000_000


@dataclass(frozen=True, kw_only=True)
class Cage:
    """What a kernel may take and where it lives.

    Parameters
    ----------
    run
        The id of the run, by which everything the notebook starts is found.
    room
        A folder with a short path, for the sockets.
    memory
        Bytes.
    output
        The most characters that one cell may show.
    environment
        Variables besides those of the runner: the secrets.
    """

    run: str
    room: Path
    memory: int
    output: int
    environment: Mapping[str, str]

    @property
    def connection(self) -> Path:
        """The file that says where the sockets are."""
        return self.room / "kernel.json"

    @property
    def command(self) -> list[str]:
        """What starts the kernel; `-P` because the folder of the run is no place to import libraries from."""
        return [
            sys.executable,
            "-P",
            "-m",
            _START,
            "-f",
            str(self.connection),
            _NO_HISTORY,
        ]

    def start(self) -> subprocess.Popen[bytes]:
        """The kernel's process, which waits for the file of its sockets."""
        return subprocess.Popen(self.command, env=self._environment(), stdin=subprocess.DEVNULL, start_new_session=True)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "IPYTHONDIR": str(self.room / "ipython"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYTHONSTARTUP": "",
            "PYTHONUTF8": "1",
            lifeline.MARK: self.run,
            lifeline.PARENT: str(os.getpid()),
            LIMIT: str(self.memory + ALLOWANCE),
            **self.environment,
        }


_START = "fanecon.report.runner.kernel_start"
_NO_HISTORY = "--HistoryManager.hist_file=:memory:"
