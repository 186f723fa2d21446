"""The kernel: papermill drives it, and it is always the interpreter that runs fanecon.

Which Python.  Jupyter finds a kernel by name, first in the user's own folders.  A `python3` left there by another
environment would run the notebook with other versions than the report states, so no name is looked up here: the
command starts with `sys.executable`.  The user's IPython profile and PYTHONSTARTUP are left out for the same reason.

How it talks.  Over sockets in a private folder instead of TCP ports, which other accounts of the machine can reach
and which two runs may fight for (on Windows, where ZeroMQ lacks such sockets, TCP stays).

What it is told.  A notebook that draws needs the inline backend even where MPLBACKEND says otherwise (a Makefile
rightly says `agg` for everything else), and the order of a set must not change from run to run.

What papermill is not asked.  It marks cells that never ran as completed once the kernel has died, so its status is
never read; the ledger is.  It writes no file: nobody reads a half-run notebook.  It pastes names of parameters into
code, so the cell with the values is put in by us.  And it keeps whatever a cell shows, so a loop that prints without
end would fill the memory of the runner; what goes beyond a limit is left out here, and the page says so.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from fanecon.report import lifeline
from fanecon.report.kernel_start import LIMIT
from fanecon.report.ledger import Ledger
from fanecon.schema import RunError

DATA_ERRORS = frozenset({"FileError", "SchemaError"})
ALLOWANCE = 256_000_000

Announce = Callable[[dict[str, Any]], None]


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


def execute(notebook: NotebookNode, ledger: Ledger, cage: Cage) -> NotebookNode:
    """The notebook with the outputs of all its cells, run from the top in a fresh kernel.

    Raises
    ------
    RunError
        With code 4 if a cell found the data invalid, 5 if it raised anything else, 6 if the kernel died or had too
        little memory.
    """
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    papermill_engines.register("fanecon", _engine(cage.output))
    try:
        executed: NotebookNode = execute_notebook(
            notebook,
            None,
            engine_name="fanecon",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            coalesce_streams=True,
            kernel_manager_class=_kernel_in(cage),
            shutdown_kernel="immediate",
            on_cell_start=ledger.reach,
            on_cell_execute=ledger.begin,
            on_cell_executed=ledger.end,
        )
        return executed
    except PapermillExecutionError as error:
        code = 4 if error.ename in DATA_ERRORS else 6 if error.ename == "MemoryError" else 5
        raise RunError(raised(error.ename, error.evalue, error.traceback), code) from None
    except (DeadKernelError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "Kernel" not in str(error):
            raise
        raise RunError(_died(error), 6) from error


def raised(name: str, message: str, traceback: list[str]) -> str:
    """What a cell raised, in words, with the line of code that raised it."""
    lines = plain("\n".join(traceback)).splitlines()
    arrows = [line.strip() for line in lines if "-> " in line and line.lstrip().startswith("--")]
    where = f"\n  {arrows[-1]}" if arrows else ""
    return f"raised {name}: {plain(message)}{where}"


def plain(text: str) -> str:
    """A text without the colour codes of a terminal."""
    return str(strip_ansi(text))  # type: ignore[no-untyped-call]


def _died(error: Exception) -> str:
    if isinstance(error, DeadKernelError):
        return "ended the kernel. Too little memory is the usual cause; a call of exit() in a library is another."
    return f"could not start, because the kernel did not answer: {error}."


def _engine(most: int) -> type[NBClientEngine]:
    """papermill's engine, with a client that keeps no more of a cell's output than allowed."""

    class Client(PapermillNotebookClient):  # type: ignore[misc]
        shown: dict[int, int] = {}  # noqa: RUF012 - one run, one client

        def output(self, outs: list[Any], msg: Any, display_id: Any, cell_index: int) -> Any:
            before = self.shown.get(cell_index, 0)
            self.shown[cell_index] = before + _weight(msg["content"])
            if self.shown[cell_index] <= most:
                return super().output(outs, msg, display_id, cell_index)
            if before <= most:
                text = f"(More than {most // 1_000_000} MB of output: the rest is left out.)\n"
                outs.append(new_output("stream", name="stderr", text=text))  # type: ignore[no-untyped-call]
            return None

    class Engine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            for name in (
                "log_output",
                "input_path",
                "start_timeout",
                "execution_timeout",
                "stdout_file",
                "stderr_file",
            ):
                options.pop(name, None)
            return Client(nb_man, kernel_name=kernel_name, startup_timeout=60, timeout=None, **options).execute()

    return Engine


def _weight(content: Mapping[str, Any]) -> int:
    return sum(
        len(value) if isinstance(value, str) else _weight(value) if isinstance(value, Mapping) else 8
        for value in content.values()
    )


def _kernel_in(cage: Cage) -> type[AsyncKernelManager]:
    spec = KernelSpec(
        argv=[sys.executable, "-P", "-m", "fanecon.report.kernel_start", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        env={
            "IPYTHONDIR": str(cage.room / "ipython"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYTHONSTARTUP": "",
            "PYTHONUTF8": "1",
            lifeline.MARK: cage.run,
            lifeline.PARENT: str(os.getpid()),
            LIMIT: str(cage.memory + ALLOWANCE),
            **cage.environment,
        },
    )

    class PrivateKernel(AsyncKernelManager):
        def __init__(self, **traits: object) -> None:
            transport = "tcp" if os.name == "nt" else "ipc"
            super().__init__(**{**traits, "transport": transport, "connection_file": str(cage.room / "kernel.json")})

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return PrivateKernel
