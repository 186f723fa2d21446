"""The kernel: papermill drives it, and it is always the interpreter that runs fanecon.

Which Python.  Jupyter finds a kernel by name, first in the user's own folders.  A `python3` left there by another
environment would run the notebook with other versions than the report states, so no name is looked up here: the
command starts with `sys.executable`.  The user's IPython profile and PYTHONSTARTUP are left out for the same reason.

How it talks.  Over sockets in a private folder instead of TCP ports, which other accounts of the machine can reach
and which two runs may fight for (on Windows, where ZeroMQ lacks such sockets, TCP stays).  The path of such a socket
may have about 100 characters, hence a short folder of its own.

What it is told.  A notebook that draws needs the inline backend even where MPLBACKEND says otherwise (a Makefile
rightly says `agg` for everything else), and the order of a set must not change from run to run.

What papermill is not asked.  It marks cells that never ran as completed once the kernel has died, so its status is
never read; the caller looks at the cells.  It also writes no file: nobody reads a half-run notebook.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from fanecon.report.parameters import Value
from fanecon.schema import RunError

LONGEST = 60
DATA_ERRORS = frozenset({"FileError", "SchemaError"})

Hook = Callable[..., None]


def execute(
    notebook: NotebookNode, values: Mapping[str, Value], *, on_start: Hook, on_execute: Hook, on_done: Hook
) -> NotebookNode:
    """The notebook with the outputs of all its cells, run from the top in a fresh kernel.

    The three hooks are called before any cell, before and after the execution of a code cell.

    Raises
    ------
    RunError
        With code 4 if a cell found the data invalid, 5 if it raised anything else, 6 if the kernel died.
    """
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    with _room() as room, _none_left() as started:
        try:
            executed: NotebookNode = execute_notebook(
                notebook,
                None,
                parameters=dict(values),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                kernel_manager_class=_kernel_in(room, started),
                shutdown_kernel="immediate",
                on_cell_start=on_start,
                on_cell_execute=on_execute,
                on_cell_executed=on_done,
            )
            return executed
        except PapermillExecutionError as error:
            code = 4 if error.ename in DATA_ERRORS else 5
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


def _kernel_in(room: Path, started: list[AsyncKernelManager]) -> type[AsyncKernelManager]:
    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        env={
            "IPYTHONDIR": str(room / "ipython"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONHASHSEED": "0",
            "PYTHONSTARTUP": "",
            "PYTHONUTF8": "1",
        },
    )

    class PrivateKernel(AsyncKernelManager):
        def __init__(self, **traits: object) -> None:
            transport = "tcp" if os.name == "nt" else "ipc"
            super().__init__(**{**traits, "transport": transport, "connection_file": str(room / "kernel.json")})
            started.append(self)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return PrivateKernel


@contextmanager
def _none_left() -> Iterator[list[AsyncKernelManager]]:
    """A list for kernels; those still alive at the end are killed, for nbclient leaves one that was being started."""
    started: list[AsyncKernelManager] = []
    try:
        yield started
    finally:
        for process in (getattr(manager.provisioner, "process", None) for manager in started):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


@contextmanager
def _room() -> Iterator[Path]:
    places = [place for place in (tempfile.gettempdir(), "/tmp") if os.access(place, os.W_OK)]
    short = [place for place in places if len(place) <= LONGEST or os.name == "nt"]
    if not short:
        raise RunError(f"No folder for the kernel's sockets: {places} is too long. Set TMPDIR to a shorter path.", 8)
    with tempfile.TemporaryDirectory(prefix="fanecon-", dir=short[0], ignore_cleanup_errors=True) as room:
        yield Path(room)
