"""The recipes of docs/schedule.md: each is read by the program it is for, and its command is executed.

Where an environment or a program is missing, the test says which command makes it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import check_jsonschema
import pytest
import yaml
from books import book
from click.testing import CliRunner
from cronsim import CronSim

from fanecon.report.batch.tasks import judge_batch
from fanecon.report.codes import MEANING, Code
from fanecon.report.record import read_record
from fanecon.report.seal import read_seal

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "docs" / "recipes"
PAGE = ROOT / "docs" / "schedule.md"
AIRFLOW, JUPYTER = ROOT / ".recipes" / "airflow", ROOT / ".recipes" / "jupyter"
STUB = f"""#!/bin/sh
PYTHONPATH="{ROOT}" exec "{sys.executable}" -P -c 'from fanecon.cli import main; main()' "$@"
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="schedulers of POSIX systems")


def needs(program: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed: make system")
    return found


def made(environment: Path) -> Path:
    if not (environment / ".ready").exists():
        pytest.skip(f"{environment.relative_to(ROOT)} is not made: make recipes")
    return environment / "bin"


def text(name: str) -> str:
    return (RECIPES / name).read_text(encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as the recipes expect it: reports.yaml, a notebook, and the command in .venv."""
    folder = tmp_path / "fanecon"
    command = folder / ".venv" / "bin" / "fanecon"
    command.parent.mkdir(parents=True)
    command.write_text(STUB)
    command.chmod(0o755)
    book(folder / "x.ipynb", "print(count)")
    (folder / "reports.yaml").write_text("reports: [{notebook: x.ipynb, params: {count: 7}, every: 1d}]\n")
    return folder


def bare(site: Path, **more: str) -> dict[str, str]:
    """The environment that cron gives its commands: next to nothing."""
    return {"HOME": str(site.parent), "PATH": "/usr/local/bin:/usr/bin:/bin", "SHELL": "/bin/sh", **more}


def execute(command: str | list[str], site: Path, **how: Any) -> subprocess.CompletedProcess[str]:
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    environment = how.pop("env", bare(site))
    return subprocess.run(
        words, cwd=how.pop("cwd", "/"), env=environment, capture_output=True, text=True, check=False, timeout=900, **how
    )


def complete(site: Path) -> bool:
    page = site / "reports" / "x.html"
    return page.exists() and read_seal(page.read_text(encoding="utf-8")) == "complete"


# --- when they are due ---


def jobs() -> list[tuple[str, str]]:
    """The lines of the crontab as schedule and command."""
    lines = [line for line in text("crontab").splitlines() if re.match(r"[\d*@]", line)]
    return [(" ".join(line.split()[:5]), line.split(None, 5)[5]) for line in lines]


def literals(name: str, call: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(text(name)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call
    ]


def airflow_schedule(name: str) -> tuple[str, str]:
    (found,) = literals(name, "CronTriggerTimetable")
    return ast.literal_eval(found.args[0]), ast.literal_eval(found.keywords[0].value)


def schedules() -> dict[str, tuple[str, str]]:
    usual = yaml.safe_load(text("reports.yaml"))["defaults"]
    job = json.loads(text("jupyter_job.json"))
    workflow = yaml.load(text("github-actions.yml"), Loader=yaml.BaseLoader)
    return {
        "reports.yaml": (usual["every"], usual["zone"]),
        "crontab": (jobs()[0][0], "Asia/Shanghai"),  # on a machine of that zone
        "github-actions.yml": (workflow["on"]["schedule"][0]["cron"], "UTC"),
        "airflow_bash.py": airflow_schedule("airflow_bash.py"),
        "airflow_papermill.py": airflow_schedule("airflow_papermill.py"),
        "jupyter_job.json": (job["schedule"], job["timezone"]),
    }


def due(schedule: tuple[str, str], count: int = 800) -> list[datetime]:
    start = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(schedule[1]))
    return [one.astimezone(UTC) for one in islice(CronSim(schedule[0], start), count)]


def test_all_recipes_are_due_at_the_same_moments() -> None:
    moments = {name: due(schedule) for name, schedule in schedules().items()}
    assert len({tuple(one) for one in moments.values()}) == 1
    first = next(iter(moments.values()))[0]
    assert first == datetime(2026, 1, 1, 22, 17, tzinfo=UTC)
    assert first.minute not in (0, 15, 30, 45)


def test_the_timer_of_systemd_is_due_at_the_same_moments_too() -> None:
    (calendar,) = re.findall(r"^OnCalendar=(.+)$", text("fanecon.timer"), re.M)
    words = [needs("systemd-analyze"), "calendar", calendar, "--base-time=2026-01-01 00:00:00 UTC", "--iterations=30"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "TZ": "UTC"}).stdout
    found = re.findall(r"(?:Next elapse|Iteration|Iter\. #\d+): \w+ (\S+ \S+) UTC", said)
    assert [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in found] == due(schedules()["reports.yaml"], 30)


# --- cron ---


def test_cron_reads_the_crontab_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    crontab = needs("crontab")
    assert subprocess.run([crontab, "-n", str(RECIPES / "crontab")], capture_output=True, check=False).returncode == 0
    (tmp_path / "wrong").write_text(text("crontab").replace("17 6 *", "17 6 32"))
    assert subprocess.run([crontab, "-n", str(tmp_path / "wrong")], capture_output=True, check=False).returncode != 0


def test_the_commands_of_the_crontab_do_what_they_say_where_cron_runs_them(site: Path) -> None:
    """Whole in one shell as cron does it; the second mails, that is prints, nothing while all is well."""
    (_, run), (_, look) = jobs()
    assert "%" not in run + look
    done = execute(run, site)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (site / "reports.log").read_text()
    assert complete(site)
    assert json.loads((site / "reports" / "last.json").read_text())["exit_code"] == 0
    log = (site / "reports.log").read_text()
    assert "x: step 1 of 2" in log
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", log)
    looked = execute(look, site)
    assert (looked.returncode, looked.stdout, looked.stderr) == (0, "", "")
    assert (site / "reports" / "index.html").exists()


@pytest.mark.nightly
def test_the_second_line_of_the_crontab_mails_when_a_report_failed(site: Path) -> None:
    (_, run), (_, look) = jobs()
    assert execute(run, site).returncode == 0
    book(site / "x.ipynb", "1 / 0")
    assert execute(run, site).returncode == 5
    looked = execute(look, site)
    assert "x" in looked.stdout
    assert complete(site), "the last good page stays"


# --- systemd ---


def units(site: Path, folder: Path) -> list[str]:
    for name in ("fanecon.service", "fanecon.timer"):
        (folder / name).write_text(text(name).replace("/srv/fanecon", str(site)).replace("User=fanecon", "User=root"))
    return [str(folder / "fanecon.service"), str(folder / "fanecon.timer")]


def verify_units(paths: list[str]) -> tuple[int, str]:
    done = subprocess.run(
        [needs("systemd-analyze"), "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_systemd_reads_the_units_and_refuses_wrong_ones(site: Path, tmp_path: Path) -> None:
    paths = units(site, tmp_path)
    assert verify_units(paths) == (0, "")
    service = Path(paths[0]).read_text()
    Path(paths[0]).write_text(service.replace("ExecStart=", "ExecStart=/no/such/command "))
    assert "no/such/command" in verify_units(paths)[1]
    Path(paths[0]).write_text(service.replace("KillMode=mixed", "KillMod=mixed"))
    assert "KillMod" in verify_units(paths)[1]


def test_the_service_takes_a_breached_threshold_for_a_success_and_gives_runs_time_to_stop() -> None:
    values = dict(line.split("=", 1) for line in text("fanecon.service").splitlines() if re.match(r"[A-Z]\w+=", line))
    assert values["SuccessExitStatus"] == str(int(Code.THRESHOLD))
    assert values["KillMode"] == "mixed"
    assert int(values["TimeoutStopSec"]) > 90
    assert "Persistent=true" in text("fanecon.timer")


@pytest.mark.nightly
def test_the_command_of_the_service_does_what_it_says(site: Path, tmp_path: Path) -> None:
    service = Path(units(site, tmp_path)[0]).read_text()
    (command,) = re.findall(r"^ExecStart=(.+)$", service, re.M)
    (folder,) = re.findall(r"^WorkingDirectory=(.+)$", service, re.M)
    (site / "reports").mkdir()
    done = execute(shlex.split(command), site, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()][-1] == "batch_ended"
    assert complete(site)


# --- GitHub Actions ---


def check_workflow(path: Path) -> int:
    words = ["--builtin-schema", "vendor.github-workflows", str(path)]
    return CliRunner().invoke(check_jsonschema.main, words).exit_code


def test_github_s_own_schema_takes_the_workflow_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    assert check_workflow(RECIPES / "github-actions.yml") == 0
    for right, wrong in (("runs-on:", "run-on:"), ("- cron:", "- corn:"), ("cancel-in-progress: false", "cancel: no")):
        (tmp_path / "w.yml").write_text(text("github-actions.yml").replace(right, wrong))
        assert check_workflow(tmp_path / "w.yml") != 0, wrong


def test_the_workflow_keeps_its_pages_and_its_key() -> None:
    job = yaml.safe_load(text("github-actions.yml"))["jobs"]["reports"]
    assert job["env"]["FANECON_KEY"] == "${{ secrets.FANECON_KEY }}"
    always = {step.get("name", step.get("uses")) for step in job["steps"] if step.get("if") == "always()"}
    history = "Write the history, and fail if a run is missing or failed"
    assert always == {history, "actions/cache/save@v4", "actions/upload-artifact@v4"}


@pytest.mark.nightly
def test_the_steps_of_the_workflow_do_what_they_say(site: Path) -> None:
    job = yaml.safe_load(text("github-actions.yml"))["jobs"]["reports"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert steps[0] == "make setup"
    for step in steps[1:]:
        done = execute(["bash", "-e", "-c", step], site, cwd=site)
        assert done.returncode == 0, done.stderr
    assert complete(site)
    assert (site / "summary.json").exists()


# --- Airflow ---


@pytest.fixture
def airflow(site: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow with the recipes as its DAGs and a fresh database."""
    folder = made(AIRFLOW)
    dags = tmp_path / "airflow" / "dags"
    dags.mkdir(parents=True)
    for path in RECIPES.glob("airflow_*.py"):
        shutil.copy(path, dags)
    environment = bare(
        site,
        PATH=f"{folder}:/usr/bin:/bin",
        AIRFLOW_HOME=str(tmp_path / "airflow"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(dags),
        FANECON=str(site / ".venv" / "bin" / "fanecon"),
        REPORTS=str(site / "reports.yaml"),
        FANECON_HOME=str(site),
        NOTEBOOK=str(site / "x.ipynb"),
        JUPYTER_PATH=str(tmp_path / "share"),
    )
    done = execute("airflow db migrate", site, env=environment)
    assert done.returncode == 0, done.stderr
    return environment


LOOK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps({"errors": bag.import_errors, "dags": {n: [t.task_id for t in d.tasks] for n, d in bag.dags.items()}}))
"""


@pytest.mark.nightly
def test_airflow_imports_the_dags(airflow: dict[str, str], site: Path) -> None:
    words = ["python", "-c", LOOK, airflow["AIRFLOW__CORE__DAGS_FOLDER"]]
    done = execute([str(AIRFLOW / "bin" / "python"), *words[1:]], site, env=airflow)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert {name: sorted(tasks) for name, tasks in found["dags"].items()} == {
        "fanecon_reports": ["reports"],
        "fanecon_papermill": ["notebook", "page"],
    }


def dag_state(name: str, site: Path, environment: dict[str, str]) -> tuple[str, str]:
    done = execute(f"airflow dags test {name} 2026-01-02", site, env=environment)
    said = done.stdout + done.stderr
    return ("success" if "successful" in said and "Marking run" in said else "failed"), said


@pytest.mark.weekly
def test_airflow_runs_the_reports_and_a_failed_one_fails_the_task(airflow: dict[str, str], site: Path) -> None:
    state, said = dag_state("fanecon_reports", site, airflow)
    assert state == "success", said[-3000:]
    assert complete(site)
    assert "x: step 1 of 2" in said
    book(site / "x.ipynb", "1 / 0")
    state, said = dag_state("fanecon_reports", site, airflow)
    assert state == "failed"
    assert "returned a non-zero exit code 5" in said or "exit code 5" in said
    assert complete(site), "the last good page stays"


@pytest.mark.weekly
def test_airflow_s_papermill_runs_too_and_its_page_admits_that_nothing_is_proven(
    airflow: dict[str, str], site: Path, tmp_path: Path
) -> None:
    kernel = tmp_path / "share" / "kernels" / "fanecon"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "fanecon", "language": "python"}))
    jupyter = site / ".venv" / "bin" / "jupyter"
    jupyter.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{Path(sys.executable).parent}/jupyter" "$@"\n')
    jupyter.chmod(0o755)
    (site / "papermill").mkdir()
    state, said = dag_state("fanecon_papermill", site, airflow)
    assert state == "success", said[-3000:]
    (page,) = (site / "papermill").glob("*.html")
    assert read_seal(page.read_text(encoding="utf-8")) != "complete"
    looked = execute([str(site / ".venv" / "bin" / "fanecon"), "verify", str(page)], site)
    assert looked.returncode in (4, 5), looked.stdout


# --- jupyter-scheduler ---


class Server:
    """A Jupyter server on the loopback interface with the scheduler and fanecon's way to run a job."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.token, self.port = "a-token-for-tests", free_port()
        environment = bare(
            site,
            PATH=f"{JUPYTER / 'bin'}:/usr/bin:/bin",
            PYTHONPATH=str(RECIPES),
            FANECON=str(site / ".venv" / "bin" / "fanecon"),
            JUPYTER_DATA_DIR=str(folder / "data"),
            JUPYTER_CONFIG_DIR=str(folder / "config"),
            JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
        )
        (folder / "data").mkdir(parents=True)
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [
                str(JUPYTER / "bin" / "jupyter-server"),
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                f"--port={self.port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={site}",
                f"--IdentityProvider.token={self.token}",
                "--ServerApp.jpserver_extensions={'jupyter_scheduler': True}",
                "--Scheduler.execution_manager_class=fanecon_jupyter.FaneconExecutionManager",
            ],
            env=environment,
            cwd=site,
            stdout=self.log,
            stderr=self.log,
        )

    def call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def ready(self) -> None:
        for _ in range(300):
            try:
                self.call("GET", "scheduler/job_definitions")
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.2)
        raise AssertionError(Path(self.log.name).read_text())

    def job(self, definition: str) -> dict[str, Any]:
        """A job of a definition, once it has ended."""
        job = self.call("POST", f"scheduler/job_definitions/{definition}/jobs", {})["job_id"]
        for _ in range(600):
            found: dict[str, Any] = self.call("GET", f"scheduler/jobs/{job}")
            if found["status"] in ("COMPLETED", "FAILED"):  # a job that has not begun is "STOPPED"
                return found
            time.sleep(0.2)
        raise AssertionError(Path(self.log.name).read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.log.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def server(site: Path, tmp_path: Path) -> Iterator[Server]:
    made(JUPYTER)
    one = Server(site, tmp_path / "jupyter")
    try:
        one.ready()
        yield one
    finally:
        one.stop()


@pytest.mark.weekly
def test_jupyter_scheduler_makes_its_jobs_with_fanecon(server: Server, site: Path) -> None:
    """A job from the definition in the recipe; one whose parameter is wrong, and one whose notebook fails."""
    shutil.copyfile(site / "x.ipynb", site / "start_here.ipynb")
    definition = json.loads(text("jupyter_job.json"))
    made_one = server.call("POST", "scheduler/job_definitions", definition)["job_definition_id"]
    assert server.call("GET", f"scheduler/job_definitions/{made_one}")["schedule"] == definition["schedule"]
    done = server.job(made_one)
    assert done["status"] == "COMPLETED", done
    page = site / "reports" / "start_here.html"
    assert read_seal(page.read_text(encoding="utf-8")) == "complete"
    record = read_record(page.with_suffix(".run.json"))
    assert next(one for one in record.parameters if one.name == "level").source == "command line"
    wrong = {**definition, "parameters": {"levl": "0.95"}}
    refused = server.job(server.call("POST", "scheduler/job_definitions", wrong)["job_definition_id"])
    assert refused["status"] == "FAILED"
    assert "Exit code 2." in refused["status_message"]
    assert "Did you mean 'level'" in refused["status_message"]
    book(site / "start_here.ipynb", "1 / 0")
    failing = server.job(server.call("POST", "scheduler/job_definitions", definition)["job_definition_id"])
    assert failing["status"] == "FAILED"
    assert "Exit code 5." in failing["status_message"]
    assert read_seal(page.read_text(encoding="utf-8")) == "complete", "the last good page stays"


# --- the pages of the documentation ---


def test_the_batch_of_the_recipes_can_be_judged_as_it_stands(tmp_path: Path) -> None:
    shutil.copyfile(RECIPES / "reports.yaml", tmp_path / "reports.yaml")
    names = [task.name for task in judge_batch(tmp_path / "reports.yaml").tasks]
    assert names == ["start_here", "rainbow_bus/people", "rainbow_bus/times"]


@pytest.mark.nightly
def test_the_batch_of_the_recipes_runs(tmp_path: Path) -> None:
    folder = tmp_path / "fanecon"
    folder.mkdir()
    shutil.copyfile(RECIPES / "reports.yaml", folder / "reports.yaml")
    (tmp_path / "fanecon.sh").write_text(STUB)
    done = execute(["/bin/sh", str(tmp_path / "fanecon.sh"), "run-all", str(folder / "reports.yaml")], folder)
    assert done.returncode == 0, done.stdout
    assert len(list((folder / "reports").rglob("*.html"))) >= 3


def test_the_page_on_schedules_names_every_recipe_and_every_exit_code() -> None:
    said = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\(recipes/([^)]+)\)", said)) == {path.name for path in RECIPES.iterdir() if path.is_file()}
    for code, meaning in MEANING.items():
        assert f"| {int(code)} | {meaning}" in said, meaning


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in (PAGE, PAGE.with_name("troubleshooting.md")):
        said = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", said):
            assert link.startswith("https://") or (page.parent / link).exists(), link


def constants() -> list[str]:
    """Every piece of text in the package, those between the braces of f-strings apart."""
    found = []
    for path in (ROOT / "fanecon").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return found


def promised(page: str) -> list[str]:
    """The messages in the first column of its tables."""
    return re.findall(r"^\| `([^`]+)`", page, re.M)


def unsaid(messages: list[str], said: list[str]) -> list[str]:
    """Messages with a piece, between what differs, that the program never says."""
    words = ("No space left on device.",)  # of the system
    pieces = {one: [piece for piece in re.split(r"…|:? No space.*", one) if len(piece) > 3] for one in messages}
    return [one for one, found in pieces.items() if not all(any(p in text for text in (*said, *words)) for p in found)]


def test_every_message_of_the_page_on_troubles_is_one_of_the_program() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    messages = promised(page)
    assert len(messages) > 30
    assert unsaid(messages, constants()) == []
    assert unsaid(["The kernel has gone fishing"], constants()) == ["The kernel has gone fishing"]
    for code in MEANING:
        assert re.search(rf"^## .*\b{int(code)}\b", page, re.M), code
