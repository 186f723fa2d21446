"""The command line: what is there, what can be set, and stable exit codes before a kernel has started."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from books import book
from click.testing import CliRunner

from fanecon.cli import main


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_list_names_every_notebook_with_its_question() -> None:
    code, said = call("list")
    assert code == 0
    assert "rainbow_bus" in said
    assert "Did the chair beat the red envelope?" in said
    assert "15 min" in said


def test_params_shows_type_default_meaning_and_limits() -> None:
    code, said = call("params", "rainbow_bus")
    assert code == 0
    for word in ("open_rate", "0.3", "from 0.001 to 1", "one of: people, times, unstated", "yuan for one day"):
        assert word in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "rainbow_buss"], "Did you mean 'rainbow_bus'"),
        (["run", "rainbow_bus", "-p", "open_rat=0.3"], "Did you mean 'open_rate'"),
        (["run", "rainbow_bus", "-p", "open_rate=high"], "not a number"),
        (["run", "rainbow_bus", "-p", "open_rate=3"], "from 0.001 to 1"),
        (["run", "rainbow_bus", "-p", "counted=persons"], "one of: people, times, unstated"),
        (["run", "rainbow_bus", "-p", "seed=1.5"], "not a whole number"),
        (["run", "rainbow_bus", "-o", "page.pdf"], ".html"),
        (["run"], "Missing argument"),
        (["rum"], "No such command"),
        (["params", "nowhere.ipynb"], "nowhere"),
    ],
)
def test_a_wrong_word_exits_with_2_and_says_what_would_do(words: list[str], said: str) -> None:
    code, told = call(*words)
    assert code == 2
    assert said in told
    assert "Traceback" not in told


def test_a_refusal_takes_less_than_a_second_of_work_and_starts_no_kernel(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    path = book(tmp_path / "x.ipynb", f"open({str(trap)!r}, 'w')")
    words = ["run", str(path), "-p", "levell=1"]
    times = []
    for _ in range(3):
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", "from fanecon.cli import main; main()", *words],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)
        assert done.returncode == 2
        assert "Did you mean 'level'" in done.stderr
    assert min(times) < 1
    assert not trap.exists()


def test_a_run_writes_its_page_and_its_progress_line_by_line(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "1", "2")
    code, said = call("run", str(path), "-p", "count=4", "-o", str(tmp_path / "x.html"))
    assert code == 0
    assert "/2] Step 2" in said or "/3] Step 2" in said
    assert (tmp_path / "x.html").exists()


@pytest.mark.parametrize(("cell", "expected"), [("1 / 0", 5), ("import os; os._exit(3)", 6)])
def test_a_broken_run_exits_with_its_code_and_leaves_no_page(cell: str, expected: int, tmp_path: Path) -> None:
    code, said = call("run", str(book(tmp_path / "x.ipynb", cell)), "-o", str(tmp_path / "x.html"))
    assert code == expected
    assert "Step 1" in said
    assert not (tmp_path / "x.html").exists()


def test_the_version_is_the_package_s() -> None:
    import fanecon

    assert fanecon.__version__ in call("--version")[1]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_leaves_no_page_no_kernel_and_no_stray_file(
    number: signal.Signals, expected: int, tmp_path: Path
) -> None:
    path = book(tmp_path / "x.ipynb", "import os, time\nopen('pid', 'w').write(f'{os.getpid()}.')\ntime.sleep(60)")
    command = [sys.executable, "-c", "from fanecon.cli import main; main()", "run", str(path), "-o", "x.html"]
    (tmp_path / "x.html").write_text("yesterday's page")
    listening = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores Ctrl-C
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, listening)
    pid = awaited(tmp_path / "pid")
    running.send_signal(number)
    said = running.communicate(timeout=240)[1]
    assert running.returncode == expected
    assert "No page was written" in said
    assert "Traceback" not in said
    assert (tmp_path / "x.html").read_text() == "yesterday's page"
    assert sorted(one.name for one in tmp_path.iterdir()) == [".runs", "failed", "pid", "x.html", "x.ipynb"]
    assert [one for one in (tmp_path / ".runs" / "x.html").iterdir() if one.is_dir()] == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def awaited(path: Path) -> int:
    """The number in a file that a cell writes, once it is whole."""
    for _ in range(600):
        if path.exists() and path.read_text().endswith("."):
            return int(path.read_text().rstrip("."))
        time.sleep(0.1)
    raise AssertionError("The cell was never reached.")
