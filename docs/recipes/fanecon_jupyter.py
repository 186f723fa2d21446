"""jupyter-scheduler with fanecon in place of its own way to run a notebook.

Put this file where the Jupyter server can import it, and start the server with

    jupyter lab --Scheduler.execution_manager_class=fanecon_jupyter.FaneconExecutionManager

From then on every job that is made in JupyterLab is a run of fanecon: parameters are checked, the last good page is
kept, a run that fails has a page that says so, and the job has its reason.  The page of a job is `reports/NAME.html`
below the folder of the server, NAME being that of the job; the history lies beside it.

FANECON names the command, if it is not in the environment of the server.  jupyter-scheduler stops a job by killing
this process; setpriv (of util-linux) then ends the run too, which puts itself away as failed.
"""

import os
import shutil
import subprocess
from pathlib import Path

from jupyter_scheduler.executors import DefaultExecutionManager


class FaneconExecutionManager(DefaultExecutionManager):
    """Runs a job as `fanecon run`."""

    def execute(self):
        """Run the notebook of the job and hand its page to the scheduler; a failure is told in fanecon's words."""
        job, reports = self.model, Path(self.root_dir) / "reports"
        page = reports / f"{job.name}.html"
        told = str(page).replace("{", "{{").replace("}", "}}")
        words = [self.staging_paths["input"], "-o", told, "--root", str(reports), "--wait", "10min"]
        for name, value in (job.parameters or {}).items():
            words += ["-p", f"{name}={value}"]
        done = subprocess.run(
            [*with_parent(), os.environ.get("FANECON", "fanecon"), "run", *words],
            cwd=self.root_dir,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stderr)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"Exit code {done.returncode}. {last_words(done.stderr)}")
        for kind in job.output_formats:
            shutil.copyfile(page if kind == "html" else self.staging_paths["input"], self.staging_paths[kind])
        if done.returncode == 3:
            raise RuntimeError(last_words(done.stderr))

    def validate(self, input_path):
        """Take every notebook: fanecon runs it in its own kernel, whatever the file names."""
        return True


def with_parent():
    """The words that let a command end with the process that started it, where the system has them."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def last_words(text):
    """What fanecon said at the end, from its error on."""
    start = text.rfind("Error: ")
    return text[start:].strip() if start >= 0 else text.strip()[-500:]
