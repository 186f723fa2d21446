"""The board: plain lines in a log, a display on a terminal, and nothing in either that a terminal would obey."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from books import book
from rich.console import Console
from runs import COMMAND

from fanecon.errors import RunError
from fanecon.report.batch.board import Lines, Live, table, worded
from fanecon.report.batch.fleet import Outcome
from fanecon.report.runner import events
from fanecon.report.runner.events import ALWAYS, JsonLines, stamped

NASTY = "\x1b[31m[red]书\u202e\r\nx"
STEP = {"step": 3, "steps": 7, "heading": NASTY}


def event(kind: str, **more: Any) -> dict[str, Any]:
    return stamped({"event": kind, **more}, NASTY)


EVENTS = [
    event("run_began", run="id"),
    event("step_began", **STEP),
    event("step_ended", seconds=1.25, **STEP),
    event("step_failed", **STEP),
    event("page_began"),
    event("cleared", run="old"),
    event("waiting", message=NASTY),
    event("not_started", message=NASTY),
    event("run_ended", code=0, seconds=2, status="complete", page=NASTY, warnings=["It is\x07 large."]),
    event("run_ended", code=3, seconds=2, status="complete", page="p.html", message="breached\n  a < 1"),
    event("run_ended", code=5, seconds=None, status="failed", page=None, message=f"Cell 3\n{NASTY}"),
    event("run_ended", code=77, seconds=2, status="failed", message=None),
    event("something_new", message="of another version"),
]


def test_an_event_is_one_plain_line_with_its_time_and_report() -> None:
    said: list[str] = []
    with Lines(said.append) as lines:
        for one in [stamped({"event": "batch_began", "reports": 2, "jobs": 1}, None), *EVENTS]:
            lines(one)
    assert len(said) == len(EVENTS) + 1
    for line in said:
        assert line.isprintable(), repr(line)
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line)
    assert all("[red]书" in line for line in said[1:])
    assert said[0].endswith("2 to make, at most 1 at once")
    assert "step 3 of 7 took 1.2 s" in said[3]
    assert "Note: It is  large." in said[9]
    assert said[10].endswith("exit code 3 (a threshold was breached; the page is there): breached   a < 1")
    assert "exit code 5 (a step raised an error): Cell 3" in said[11]


def test_a_reader_who_has_gone_does_not_end_the_runs() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError

    for log in (Lines(gone), JsonLines(gone)):
        log(EVENTS[0])
        log(EVENTS[1])
        assert not log.open


def test_a_line_of_json_has_seven_keys_and_only_ascii() -> None:
    said: list[str] = []
    log = JsonLines(said.append, "x")
    log({"event": "step_began", "heading": NASTY})
    log(EVENTS[8])
    first, second = map(json.loads, said)
    assert tuple(first)[:7] == ALWAYS
    assert (first["report"], first["heading"], first["code"]) == ("x", NASTY, None)
    assert second["report"] == NASTY
    assert all(line.isascii() and line.isprintable() for line in said)


def test_the_end_of_a_run_that_could_not_begin_is_told() -> None:
    heard: list[events.Event] = []
    with pytest.raises(RunError), events.told(heard.append):
        raise RunError("locked", 9)
    with pytest.raises(KeyboardInterrupt), events.told(heard.append):
        raise KeyboardInterrupt
    assert [(one["event"], one["code"]) for one in heard] == [("run_ended", 9), ("run_ended", 130)]


@pytest.mark.parametrize("one", EVENTS, ids=lambda one: f"{one['event']} {one['code']}")
def test_words_of_an_event_are_printable(one: dict[str, Any]) -> None:
    assert worded(one).isprintable()


def test_the_display_takes_every_event_and_counts_what_is_done() -> None:
    console = Console(width=60, height=10, force_terminal=True, record=True)
    with console.capture() as captured:
        live = Live(console, 4)
        with live:
            for one in EVENTS[:7]:
                live(one)
            console.print(live._drawn())
            live(EVENTS[7])
            live(EVENTS[8])
            console.print(live._drawn())
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", captured.get())
    assert "0 of 4 done, 1 at work, 3 waiting" in said
    assert "2 of 4 done, 0 at work, 2 waiting" in said
    assert "[31m[red]书" in said
    assert "\u202e" not in said
    assert "\x1b" not in said


def test_the_table_shows_the_page_or_the_reason() -> None:
    rows = table([
        Outcome(report="a", notebook="x", status="complete", exit_code=0, seconds=1.26, page="a.html"),
        Outcome(report="b", notebook="x", status="complete", exit_code=3, seconds=1, page="b", message="breached\n c"),
        Outcome(report="c", notebook="x", status="failed", exit_code=5, seconds=10, page="f.html", message="no\nmore"),
        Outcome(report="d\x1b", notebook="x", status="not started", message="stopped"),
    ])  # fmt: skip
    assert rows[1:] == [
        ("a", "complete", "0", "1.3", "a.html"),
        ("b", "complete", "3", "1", "breached  c"),
        ("c", "failed", "5", "10", "no See f.html"),
        ("d ", "not started", "", "", "stopped"),
    ]


def on_terminal(words: list[str], folder: Path) -> tuple[int, str]:
    """The exit code of a command on a terminal of 100 columns, and everything it wrote there."""
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [*COMMAND, *words],
        stdout=slave,
        stderr=slave,
        stdin=slave,
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
    )
    os.close(slave)
    said = b""
    while True:
        if select.select([master], [], [], 0.2)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            said += piece
        elif running.poll() is not None:
            break
    os.close(master)
    return running.wait(timeout=60), said.decode(errors="replace")


@pytest.mark.nightly
def test_a_terminal_that_is_closed_stops_the_runs_in_order(tmp_path: Path) -> None:
    book(tmp_path / "x.ipynb", "import time\nopen('reached', 'w')\ntime.sleep(60)")
    (tmp_path / "b.yaml").write_text('reports: [{notebook: x.ipynb, matrix: {count: [1, 2]}, out: "{count}.html"}]')
    child, master = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(COMMAND[0], [*COMMAND, "run-all", "b.yaml", "--jobs", "2", "--summary", "s.json"])
    end = time.monotonic() + 120
    while not (tmp_path / "reached").exists() and time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            os.read(master, 65536)
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 143
    told = json.loads((tmp_path / "s.json").read_text())
    assert [one["exit_code"] for one in told["reports"]] == [143, 143]
    assert len(list((tmp_path / "reports" / "failed").iterdir())) == 2


@pytest.mark.nightly
def test_a_console_that_knows_few_letters_and_a_reader_who_leaves_do_not_end_the_runs(tmp_path: Path) -> None:
    book(tmp_path / "x.ipynb", "1")
    (tmp_path / "b.yaml").write_text("reports: [{notebook: x.ipynb, out: 书.html}]", encoding="utf-8")
    words = [*COMMAND, "run-all", "b.yaml", "--summary", "s.json"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    running = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    said = running.stderr.read().decode("latin-1")
    assert running.wait(timeout=300) == 0, said
    assert "\\u4e66: began" in said
    assert (tmp_path / "reports" / "书.html").exists()
    assert json.loads((tmp_path / "s.json").read_text())["exit_code"] == 0


@pytest.mark.nightly
def test_on_a_terminal_there_is_one_line_for_each_run_at_work(tmp_path: Path) -> None:
    book(tmp_path / "x.ipynb", "import time\ntime.sleep(1)")
    (tmp_path / "b.yaml").write_text('reports: [{notebook: x.ipynb, matrix: {count: [1, 2]}, out: "书 {count}.html"}]')
    code, said = on_terminal(["run-all", "b.yaml", "--jobs", "2"], tmp_path)
    assert code == 0
    assert "\x1b[" in said
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    assert "0 of 2 done, 2 at work, 0 waiting" in bare
    assert re.search(r"书 1 +\d:\d\d +step 2 of 2  Step 1", bare)
    assert re.search(r"✓ 书 [12]  complete in", bare)
    assert re.search(r"书 1 +complete +0 +[\d.]+ +\S*/reports/书 1.html", bare.replace("\r\n", ""))


def test_quiet_shows_what_failed(tmp_path: Path) -> None:
    code, said, log = quiet(tmp_path, "1 / 0")
    assert (code, log) == (5, "")
    assert "ZeroDivisionError" in said


@pytest.mark.nightly
def test_quiet_says_nothing_while_all_is_well(tmp_path: Path) -> None:
    assert quiet(tmp_path, "1") == (0, "", "")


def quiet(folder: Path, cell: str) -> tuple[int, str, str]:
    book(folder / "x.ipynb", cell)
    (folder / "b.yaml").write_text("reports: [{notebook: x.ipynb}]")
    words = [*COMMAND, "run-all", "b.yaml", "--quiet"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout, done.stderr


def test_one_run_tells_its_events_too(tmp_path: Path) -> None:
    book(tmp_path / "x.ipynb", "1", "2")
    words = [*COMMAND, "run", "x.ipynb", "-o", "y.html", "--log-json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["report"] for one in told} == {"y"}
    kinds = [one["event"] for one in told]
    assert kinds == ["run_began", *["step_began", "step_ended"] * 3, "page_began", "run_ended"]
    assert (told[-1]["code"], told[-1]["step"], told[-1]["steps"]) == (0, 3, 3)
    assert "[1/" not in done.stderr
