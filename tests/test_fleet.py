"""The fleet: bounds that hold, runs that do not disturb each other, and nobody left behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from books import book
from runs import COMMAND, gone

from fanecon.report.batch import fleet, turns
from fanecon.report.batch.fleet import Fleet, Outcome
from fanecon.report.batch.tasks import Task
from fanecon.report.batch.turns import Turns
from fanecon.report.batch.words import Usual
from fanecon.report.codes import Code, gravest
from fanecon.report.record import read_record
from fanecon.report.runner import lifeline
from fanecon.report.runner.events import Event
from fanecon.report.runner.publish import Desk
from fanecon.report.runner.watch import Stop
from fanecon.report.seal import read_seal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
STAND_IN = [sys.executable, "-S", str(Path(__file__).with_name("stand_in.py"))]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that take milliseconds."""
    monkeypatch.setattr(fleet, "COMMAND", STAND_IN)


def made(folder: Path, *values: dict[str, Any], jobs: int = 2, **bounds: Any) -> tuple[Fleet, list[Event]]:
    usual = bounds.pop("usual", Usual())
    tasks = [
        Task(name=f"r{n}", notebook="x.ipynb", values=one, file=None, out="", root=folder, usual=usual)
        for n, one in enumerate(values)
    ]
    events: list[Event] = []
    return Fleet(tasks, folder=folder, bounds=Turns(jobs=jobs, **bounds), note=events.append), events


def codes(outcomes: tuple[Outcome, ...]) -> list[int | None]:
    return [one.exit_code for one in outcomes]


# --- with stand-ins ---


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_no_more_runs_are_at_work_than_were_allowed_and_all_are_done(jobs: int, tmp_path: Path) -> None:
    ships, events = made(tmp_path, *[{"seconds": 0.2}] * 12, jobs=jobs)
    with Watch(STAND_IN[-1]) as watch:
        outcomes = ships.work()
    assert codes(outcomes) == [0] * 12
    assert [one.report for one in outcomes] == [f"r{n}" for n in range(12)]
    assert watch.most <= jobs
    assert ships.most_at_once == jobs
    assert [one["event"] for one in events if one["report"] == "r7"] == [
        "run_began",
        "step_began",
        "step_ended",
        "run_ended",
    ]


@pytest.mark.usefixtures("stand_in")
def test_the_end_of_one_run_is_no_concern_of_the_others(tmp_path: Path) -> None:
    ends = [{"code": 5}, {"dies": signal.SIGKILL}, {}, {"silent": 1}, {"code": 3}, {"code": 9}, {}]
    outcomes = made(tmp_path, *ends)[0].work()
    assert codes(outcomes) == [5, 6, 0, 1, 3, 9, 0]
    assert [one.status for one in outcomes] == [
        "failed", "failed", "complete", "failed", "complete", "failed", "complete",
    ]  # fmt: skip
    assert "left with -9" in str(outcomes[1].message)
    assert "cannot go on" in str(outcomes[3].message)
    assert gravest(code for code in codes(outcomes) if code is not None) == 1


@pytest.mark.usefixtures("stand_in")
def test_what_a_run_that_was_killed_has_started_is_found_and_ended(tmp_path: Path) -> None:
    asked = time.monotonic()
    (outcome,) = made(tmp_path, {"leaves": True, "dies": signal.SIGKILL})[0].work()
    assert time.monotonic() - asked < 20
    assert outcome.exit_code == 6
    assert outcome.run is not None
    assert not [one for one in psutil.process_iter() if _marked(one, outcome.run)]


def _marked(process: psutil.Process, run: str) -> bool:
    try:
        return process.environ().get(lifeline.MARK) == run
    except psutil.Error:
        return False


@pytest.mark.usefixtures("stand_in")
def test_after_a_failure_nothing_new_begins_if_that_was_asked_for(tmp_path: Path) -> None:
    outcomes = made(tmp_path, {}, {"code": 3}, {"code": 5}, {}, {}, jobs=1)[0].work(stop_on_failure=True)
    assert codes(outcomes) == [0, 3, 5, None, None]
    assert [one.status for one in outcomes[3:]] == ["not started"] * 2
    assert "--stop-on-failure" in str(outcomes[3].message)


@pytest.mark.usefixtures("stand_in")
def test_the_limits_of_the_runs_at_work_never_add_up_to_more_than_the_amount(tmp_path: Path) -> None:
    """Three may work at once, but 500 MB each fit only twice into a gigabyte; those that say nothing get a third."""
    usual = Usual.model_validate({"memory": "500MB"})
    ships, _ = made(tmp_path, *[{"seconds": 0.2}] * 5, jobs=3, memory=10**9, usual=usual)
    assert codes(ships.work()) == [0] * 5
    assert ships.most_at_once == 2
    ships, _ = made(tmp_path, *[{"seconds": 0.2}] * 4, jobs=3, memory=10**9)
    assert codes(ships.work()) == [0] * 4
    assert ships.most_at_once == 3
    limits = [line.split()[2] for line in (tmp_path / "began").read_text().splitlines()]
    assert limits == ["500000000"] * 5 + ["333333333"] * 4


@pytest.mark.usefixtures("stand_in")
def test_a_run_waits_for_memory_that_others_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([100_000_000] * 3)
    monkeypatch.setattr(turns, "free_memory", lambda: next(free, 10**10))
    ships, events = made(tmp_path, {}, {})
    assert codes(ships.work()) == [0, 0]
    (waiting,) = [one for one in events if one["event"] == "waiting"]
    assert waiting["message"] == "300 MB of memory are needed and 100 MB are free; waiting for more."


@pytest.mark.usefixtures("stand_in")
def test_a_run_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "free_memory", lambda: 10**8)
    monkeypatch.setattr(fleet, "PATIENCE", 1.0)
    outcomes = made(tmp_path, {}, {})[0].work()
    assert codes(outcomes) == [6, 6]
    assert "Did not begin: 300 MB" in str(outcomes[0].message)
    assert not (tmp_path / "began").exists()


@pytest.mark.usefixtures("stand_in")
def test_a_run_that_keeps_no_limit_of_its_own_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "SLACK", 0.5)
    usual = Usual.model_validate({"timeout": "0.1s"})
    outcomes = made(tmp_path, {"seconds": 60, "deaf": True}, {}, usual=usual)[0].work()
    assert codes(outcomes) == [6, 0]


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_wish_to_stop_reaches_every_run(number: signal.Signals, code: int, tmp_path: Path) -> None:
    ships, events = made(tmp_path, *[{"seconds": 60}] * 4, jobs=3)
    with pytest.raises(Stop) as stop, after(lambda: len(ships.at_work) == 3 and _working(events, 3), [number]):
        ships.work()
    assert stop.value.code == code
    assert codes(ships.ended()) == [130 if number == signal.SIGINT else 143] * 3 + [None]
    assert all(gone([psutil.Process(pid)]) for pid in began(tmp_path) if psutil.pid_exists(pid))


@pytest.mark.usefixtures("stand_in")
def test_a_second_wish_to_stop_is_not_put_off(tmp_path: Path) -> None:
    ships, events = made(tmp_path, *[{"seconds": 60, "deaf": True}] * 2)
    asked = time.monotonic()
    with pytest.raises(Stop), after(lambda: _working(events, 2), [signal.SIGTERM, signal.SIGTERM]):
        ships.work()
    assert time.monotonic() - asked < 15
    assert codes(ships.ended()) == [6, 6]
    assert not [pid for pid in began(tmp_path) if psutil.pid_exists(pid)]


def words_of(process: psutil.Process) -> str:
    """The command of a process; nothing of one that is ending."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("count", [20, pytest.param(500, marks=pytest.mark.nightly)])
def test_many_runs_leave_no_handle_thread_process_or_memory(count: int, tmp_path: Path) -> None:
    made(tmp_path, *[{"seconds": 0}] * 20, jobs=8)[0].work()
    me = psutil.Process()
    before, held = (me.num_fds(), threading.active_count()), me.memory_info().rss
    ships, _ = made(tmp_path, *[{"seconds": 0}] * count, jobs=8)
    assert codes(ships.work()) == [0] * count
    time.sleep(0.3)
    assert (me.num_fds(), threading.active_count()) == before
    assert not [one for one in me.children(recursive=True) if "stand_in" in words_of(one)]
    grown = me.memory_info().rss / held - 1
    print(f"{count} runs: memory {grown:+.1%}")
    assert grown < 0.05


def began(folder: Path) -> list[int]:
    return [int(line.split()[1]) for line in (folder / "began").read_text().splitlines()]


def _working(events: list[Event], count: int) -> bool:
    return sum(one["event"] == "step_began" for one in events) >= count


class after:  # noqa: N801  (reads as a word)
    """Send signals to this process, half a second apart, once something is so."""

    def __init__(self, is_so: Any, numbers: list[signal.Signals]) -> None:
        self.is_so, self.numbers = is_so, numbers
        self.thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.thread.join()

    def _send(self) -> None:
        end = time.monotonic() + 20
        while not self.is_so() and time.monotonic() < end:
            time.sleep(0.02)
        for number in self.numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.5)


class Watch:
    """Counts, from outside, the most processes below this one whose command has a word in it, and their memory."""

    def __init__(self, word: str) -> None:
        self.word, self.most, self.memory = word, 0, 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.done.wait(0.03):
            below = psutil.Process().children(recursive=True)
            self.most = max(self.most, sum(self._is(one) for one in below))
            self.memory = max(self.memory, lifeline.shared_out(below))

    def _is(self, process: psutil.Process) -> bool:
        try:
            return any(self.word in word for word in process.cmdline())
        except psutil.Error:
            return False


# --- the whole command ---


def batch(folder: Path, text: str) -> Path:
    book(folder / "x.ipynb", "import time\ntime.sleep(0.5)", "print(count)")
    book(folder / "bad.ipynb", "1 / 0")
    (folder / "batch.yaml").write_text(text, encoding="utf-8")
    return folder / "batch.yaml"


def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "run-all", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
        env={**os.environ, **environment},
        cwd="/",
    )


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """Two reports, one of which fails, called from another folder with a log in JSON."""
    folder = tmp_path_factory.mktemp("evening")
    text = (
        'reports:\n- {notebook: x.ipynb, matrix: {count: [1]}, out: "书 {count}.html",'
        " params: {source: 'env:A_TOKEN'}}\n- notebook: bad.ipynb\n"
    )
    words = ["--jobs", 2, "--log-json", "--summary", folder / "summary.json"]
    yield folder, call(batch(folder, text), *words, A_TOKEN="never-to-be-seen-7")


def test_two_reports_in_one_evening(evening: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = evening
    assert done.returncode == 5, done.stderr
    assert done.stderr == ""
    page = folder / "reports" / "书 1.html"
    assert read_seal(page.read_text(encoding="utf-8")) == "complete"
    record = read_record(page.with_suffix(".run.json"))
    assert {one.name: one.source for one in record.parameters}["count"] == "file"
    assert {one.name: one.source for one in record.parameters}["source"] == "environment"
    assert not (folder / "reports" / "bad.html").exists()
    assert len(list((folder / "reports" / "failed").iterdir())) == 1
    everything = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert b"never-to-be-seen-7" not in everything
    assert "never-to-be-seen-7" not in done.stdout


def test_every_line_of_its_log_is_one_event(evening: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    events = [json.loads(line) for line in evening[1].stdout.splitlines()]
    assert all({"time", "event", "report", "step", "steps", "seconds", "code"} <= one.keys() for one in events)
    assert all(one["time"].endswith("+00:00") for one in events)
    assert [one["event"] for one in events if one["report"] is None] == ["batch_began", "batch_ended"]
    assert {one["report"] for one in events} == {None, "书 1", "bad"}
    good = [(one["event"], one["step"], one["steps"]) for one in events if one["report"] == "书 1"]
    steps = [(kind, step, 3) for step in (1, 2, 3) for kind in ("step_began", "step_ended")]
    assert good == [("run_began", None, None), *steps, ("page_began", None, None), ("run_ended", 3, 3)]
    bad = [one for one in events if one["report"] == "bad"][-1]
    assert (bad["event"], bad["code"], bad["step"], bad["steps"]) == ("run_ended", 5, 2, 2)
    assert "ZeroDivisionError" in bad["message"]
    assert all(one["seconds"] > 0 for one in events if one["event"] == "run_ended")


def test_its_summary_says_how_each_run_ended(evening: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder = evening[0]
    told = json.loads((folder / "summary.json").read_text())
    assert (told["schema_version"], told["exit_code"], told["jobs"]) == ("fanecon.batch/1", 5, 2)
    assert told["most_at_once"] <= 2
    rows = [(one["report"], one["status"], one["exit_code"]) for one in told["reports"]]
    assert rows == [("书 1", "complete", 0), ("bad", "failed", 5)]
    for one in told["reports"]:
        desk = Desk(folder / "reports" / f"{one['report']}.html")
        assert read_record(desk.history(one["run"])).exit_code == one["exit_code"]
        assert Path(one["page"]).exists()
    assert [one.name for one in folder.iterdir() if one.name.endswith(".part")] == []


def test_a_batch_with_a_mistake_starts_nothing_and_exits_with_2(tmp_path: Path) -> None:
    done = call(batch(tmp_path, "reports: [{notebook: x.ipynb}, {notebook: bad.ipynb, tiemout: 3}]"))
    assert done.returncode == 2
    assert "Did you mean 'timeout'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("words", "said"), [(["--summary", "/dev/null/s.json"], "summary"), (["--jobs", "0"], "--jobs")]
)
def test_a_wrong_word_of_the_command_starts_nothing(words: list[str], said: str, tmp_path: Path) -> None:
    done = call(batch(tmp_path, "reports: [{notebook: x.ipynb}]"), *words)
    assert done.returncode in (2, 8)
    assert said in done.stderr
    assert not (tmp_path / "reports").exists()


def test_a_dry_run_prints_what_would_run_and_starts_nothing(tmp_path: Path) -> None:
    done = call(
        batch(tmp_path, 'reports: [{notebook: x.ipynb, matrix: {count: [1, 2]}, out: "{count}.html"}]'), "--dry-run"
    )
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()[1:3]] == [["1", "x"], ["2", "x"]]
    assert not (tmp_path / "reports").exists()


def stop_batch(folder: Path, number: signal.Signals, moment: float, jobs: int = 2) -> tuple[int, float]:
    """The exit code of a batch that was asked to stop, and how long it took to."""
    text = 'reports: [{notebook: x.ipynb, matrix: {count: [1, 2, 3]}, out: "{count}.html"}]'
    listening = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores Ctrl-C
    running = subprocess.Popen(
        [*COMMAND, "run-all", str(batch(folder, text)), "--jobs", str(jobs), "--summary", str(folder / "s.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, listening)
    assert running.stderr is not None
    for line in running.stderr:
        if "step 2 of 3" in line:
            break
    time.sleep(moment)
    alive = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
    asked = time.monotonic()
    running.send_signal(number)
    running.communicate(timeout=120)
    took = time.monotonic() - asked
    assert gone(alive) or all(_is_dead(one) for one in alive), "orphans after 10 s"
    return running.returncode, took


def _is_dead(process: psutil.Process) -> bool:
    """Whether a process has ended, be it that nobody has asked how (in a container without an init)."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def check_stopped(folder: Path, code: int) -> None:
    """The summary names every run; each that had begun has a record that says so, and no page looks finished."""
    told = json.loads((folder / "s.json").read_text())
    assert told["exit_code"] == code
    assert len(told["reports"]) == 3
    for one in told["reports"]:
        page = folder / "reports" / f"{one['report']}.html"
        assert page.exists() == (one["status"] == "complete")
        if one["run"]:
            assert read_record(Desk(page).history(one["run"])).exit_code == one["exit_code"]
        left = [one for one in Desk(page).folder.glob("*") if one.is_dir()] if Desk(page).folder.exists() else []
        assert left == []


def test_a_batch_that_is_stopped_puts_every_run_away_as_failed(tmp_path: Path) -> None:
    code, _ = stop_batch(tmp_path, signal.SIGTERM, 0, jobs=1)
    assert code == 143
    check_stopped(tmp_path, 143)


@pytest.mark.nightly
def test_a_batch_that_is_stopped_at_twenty_moments(tmp_path: Path) -> None:
    draw, times = random.Random(6), []
    for n in range(20):
        folder = tmp_path / str(n)
        folder.mkdir()
        number, expected = ((signal.SIGTERM, 143), (signal.SIGINT, 130))[n % 2]
        code, took = stop_batch(folder, number, draw.uniform(0, 4))
        assert code == expected
        check_stopped(folder, expected)
        times.append(took)
    print(f"longest {max(times):.1f} s")
    assert max(times) < 15


@pytest.mark.nightly
def test_a_batch_that_is_killed_takes_its_runs_along(tmp_path: Path) -> None:
    """Asked by the system to stop, each run puts itself away; nothing is left of a batch that could say nothing."""
    for n in range(5):
        folder = tmp_path / str(n)
        folder.mkdir()
        code, _ = stop_batch(folder, signal.SIGKILL, 0.3 * n)
        assert code == -signal.SIGKILL
        for count in (1, 2, 3):
            desk = Desk(folder / "reports" / f"{count}.html")
            ends = [read_record(one) for one in desk.folder.glob("*.json")] if desk.folder.exists() else []
            assert {one.exit_code for one in ends} <= {0, 143}, ends
            assert [one for one in desk.folder.glob("*") if one.is_dir()] == []


@pytest.mark.nightly
def test_six_runs_of_kernels_two_at_once(tmp_path: Path) -> None:
    text = 'reports: [{notebook: x.ipynb, matrix: {count: [1, 2, 3, 4, 5, 6]}, out: "{count}.html"}]'
    path = batch(tmp_path, text)
    with Watch("kernel_start") as watch:
        done = call(path, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert watch.most == 2
    assert len(list((tmp_path / "reports").glob("*.html"))) == 6


@pytest.mark.nightly
def test_fifty_outputs_in_one_night(tmp_path: Path) -> None:
    """All are complete, no more than two kernels at once, and together they hold no more than was allowed."""
    pages = ", ".join(f"{{notebook: x.ipynb, params: {{source: s{n}}}, out: '{n}.html'}}" for n in range(50))
    path = batch(tmp_path, f"memory: 1200MB\nreports: [{pages}]")
    with Watch("kernel_start") as watch:
        done = call(path, "--jobs", 2)
    print(f"most kernels {watch.most}, most memory {watch.memory / 1e6:.0f} MB")
    assert done.returncode == 0, done.stdout
    found = sorted((tmp_path / "reports").glob("*.html"))
    assert len(found) == 50
    assert {read_seal(one.read_text(encoding="utf-8")) for one in found} == {"complete"}
    assert watch.most == 2
    assert watch.memory < 1.2e9


@pytest.mark.nightly
def test_a_bomb_among_others_is_ended_at_its_own_limit(tmp_path: Path) -> None:
    book(tmp_path / "bomb.ipynb", "x = bytearray(3_000_000_000)\nfor n in range(0, len(x), 4096): x[n] = 1")
    text = "memory: 1600MB\nreports: [{notebook: bomb.ipynb}, {notebook: x.ipynb}, {notebook: bad.ipynb}]"
    with Watch("kernel_start") as watch:
        done = call(batch(tmp_path, text), "--jobs", 2, "--summary", tmp_path / "s.json")
    assert done.returncode == 6
    told = json.loads((tmp_path / "s.json").read_text())
    assert [one["exit_code"] for one in told["reports"]] == [6, 0, 5]
    assert watch.memory < 1.7e9


# --- the code of the whole ---


def test_the_gravest_code_is_that_of_the_batch() -> None:
    order = [1, 8, 6, 7, 2, 5, 4, 9, 3, 0]
    for n, code in enumerate(order):
        assert gravest(order[n:]) == code
        assert gravest(reversed(order[n:])) == code
    assert gravest([]) == 0
    assert gravest([0, 77]) == Code.FAULT
    assert gravest([1, 130]) == 130
