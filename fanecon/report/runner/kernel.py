"""The kernel: papermill drives it.

How it talks.  Over sockets in a private folder instead of TCP ports, which other accounts of the machine can reach
and which two runs may fight for (on Windows, where ZeroMQ lacks such sockets, TCP stays).

What papermill is not asked.  It marks cells that never ran as completed once the kernel has died, so its status is
never read; the ledger is.  It writes no file: nobody reads a half-run notebook.  It pastes names of parameters into
code, so the cell with the values is put in by us.  It would look up a kernel by name; it is given one that runs (see
`cage`).  And it keeps whatever a cell shows, so a loop that prints without end would fill the memory of the runner;
what goes beyond a limit is left out here, and the page says so.
"""

from __future__ import annotations

import errno
import logging
import os
import subprocess
from collections.abc import Mapping
from functools import partial
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from fanecon.errors import RunError
from fanecon.report.codes import Code
from fanecon.report.runner.cage import Cage
from fanecon.report.runner.ledger import Ledger

DATA_ERRORS = frozenset({"FileError", "SchemaError"})
NO_MEMORY = ("can't start new thread", f"[Errno {errno.ENOMEM}]")


def execute(notebook: NotebookNode, ledger: Ledger, cage: Cage, process: subprocess.Popen[bytes]) -> NotebookNode:
    """The notebook with the outputs of all its cells, run from the top in a fresh kernel whose process was started.

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
            kernel_manager_class=_kernel_in(cage, process),
            shutdown_kernel="immediate",
            on_cell_start=ledger.reach,
            on_cell_execute=ledger.begin,
            on_cell_executed=partial(_ended, ledger),
        )
        return executed
    except PapermillExecutionError as error:
        said = raised(error.ename, error.evalue, error.traceback)
        raise RunError(said, _code(error.ename, error.evalue)) from None
    except (DeadKernelError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "Kernel" not in str(error):
            raise
        raise RunError(_died(error), 6) from error


def _ended(ledger: Ledger, *, cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]) -> None:
    """Note the end of a step.

    The error of a cell comes twice: to be shown, and in the reply.  A kernel without memory may lose the first.
    """
    reply = execute_reply["content"]
    if reply.get("status") == "error" and not any(one.output_type == "error" for one in cell.outputs):
        name, message, lines = (reply.get(key) for key in ("ename", "evalue", "traceback"))
        error = new_output("error", ename=name or "Error", evalue=message or "", traceback=lines or [])  # type: ignore[no-untyped-call]
        cell.outputs.append(error)
    ledger.end(cell=cell, cell_index=cell_index, execute_reply=execute_reply)


def _code(name: str, message: str) -> int:
    """4 for data, 6 for memory (NumPy, Arrow and DuckDB have words of their own for it), 5 for anything else."""
    if name in DATA_ERRORS:
        return Code.DATA
    spent = name.endswith("MemoryError") or name == "OutOfMemoryException" or bool(_lack(message))
    return Code.KERNEL if spent else Code.STEP


def _lack(message: str) -> str:
    """What Python leaves to guess: a thread that cannot be started, or a process, lacks memory as a rule."""
    return " (Too little memory is the usual cause.)" if message.startswith(NO_MEMORY) else ""


def raised(name: str, message: str, traceback: list[str]) -> str:
    """What a cell raised, in words, with the line of code that raised it."""
    lines = plain("\n".join(traceback)).splitlines()
    arrows = [line.strip() for line in lines if "-> " in line and line.lstrip().startswith("--")]
    where = f"\n  {arrows[-1]}" if arrows else ""
    return f"raised {name}: {plain(message)}{_lack(message)}{where}"


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


def _kernel_in(cage: Cage, process: subprocess.Popen[bytes]) -> type[AsyncKernelManager]:
    """Jupyter's manager of a kernel whose process is there already."""
    spec = KernelSpec(argv=cage.command, display_name="Python 3", language="python")

    class Adopted(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            self.process, self.pid, self.pgid = process, process.pid, process.pid
            return self.connection_info

    class PrivateKernel(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            transport = "tcp" if os.name == "nt" else "ipc"
            super().__init__(**{**traits, "transport": transport, "connection_file": str(cage.connection)})
            self.provisioner = Adopted(kernel_id=cage.run, kernel_spec=spec, parent=self)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return PrivateKernel
