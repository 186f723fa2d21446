"""A run: a page that is whole or none at all, by the right interpreter, and the last good page left alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from books import book

from fanecon.report import run
from fanecon.report.record import Record, read_record
from fanecon.report.runner.publish import Desk
from fanecon.report.seal import read_seal, sealed
from fanecon.schema import ParameterError, RunError


def refusal(path: Path, out: Path, **parameters: object) -> RunError:
    with pytest.raises(RunError) as refused:
        run(str(path), parameters, out=out)
    return refused.value


def history(out: Path) -> list[Record]:
    """The records of all runs of a page, in their order."""
    return [read_record(one) for one in sorted(Desk(out).folder.glob("*.json"))]


def test_a_notebook_becomes_one_whole_page_and_nothing_else(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "print(count * 2)", "level")
    page = run(str(path), {"count": 4}, out=tmp_path / "out" / "x.html")
    whole = page.read_text(encoding="utf-8")
    assert sealed(whole)
    assert "<pre" in whole
    assert ">8\n<" in whole
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [".runs", "x.html", "x.run.json"]
    kept = sorted(one.suffix for one in (tmp_path / "out" / ".runs" / "x.html").iterdir())
    assert kept == ["", ".json"]


def test_the_kernel_is_the_interpreter_that_runs_the_library(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "import sys, os\nprint(sys.executable, os.environ['PYTHONHASHSEED'])")
    assert f"{sys.executable} 0" in run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_foreign_kernel_of_the_same_name_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = tmp_path / "share" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run(str(book(tmp_path / "x.ipynb", "1")), out=tmp_path / "x.html").exists()


def test_a_figure_is_drawn_even_where_the_shell_asks_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    path = book(tmp_path / "x.ipynb", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert "data:image/png;base64," in run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_second_figure_is_drawn_like_the_first(tmp_path: Path) -> None:
    """The house style once switched the drawing off after the first figure."""
    one = "import fanecon as fe\nfe.share_to_read(fe.simulate_articles(4)).plot();"
    path = book(tmp_path / "x.ipynb", one, "fe.share_to_read(fe.simulate_articles(5)).plot();")
    assert run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8").count("data:image/png;base64,") == 2


def test_relative_paths_are_those_of_the_folder_it_was_called_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "data.txt").write_text("found it")
    monkeypatch.chdir(tmp_path / "here")
    path = book(tmp_path / "x.ipynb", "print(open(source).read())")
    whole = run(str(path), {"source": "data.txt"}).read_text(encoding="utf-8")
    assert "found it" in whole
    assert "data.txt" in whole
    assert (tmp_path / "here" / "reports" / "x.html").exists()


FAILURES = [
    ("1 / 0", 5, "ZeroDivisionError"),
    ("raise SystemExit(0)", 5, "SystemExit"),
    ("import os; os._exit(1)", 6, "ended the kernel"),
    ("import os; os._exit(0)", 6, "ended the kernel"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 6, "ended the kernel"),
    ("get_ipython()._showtraceback = lambda *_: None\nraise MemoryError('all of it')", 6, "MemoryError: all of it"),
    ('raise RuntimeError("can\'t start new thread")', 6, "Too little memory"),
    ("raise OSError(12, 'Cannot allocate memory')", 6, "Too little memory"),
    ("import fanecon as fe; fe.read_wechat('nowhere.xls')", 4, "There is no such file"),
    ("import fanecon as fe, pandas as pd; fe.share_to_read(pd.DataFrame({'reader': [1]}))", 4, "readers"),
]


@pytest.mark.parametrize(("code", "exit_code", "said"), FAILURES, ids=[text[:24] for text, _, _ in FAILURES])
def test_a_run_that_fails_leaves_no_page_and_the_last_good_one_untouched(
    code: str, exit_code: int, said: str, tmp_path: Path
) -> None:
    out = tmp_path / "x.html"
    out.write_text("yesterday's page")
    error = refusal(book(tmp_path / "x.ipynb", "1", code, "2"), out)
    assert error.code == exit_code
    assert said in str(error)
    assert "Step 2" in str(error)
    assert out.read_text() == "yesterday's page"
    assert not (tmp_path / "x.run.json").exists()
    (kept,) = history(out)
    assert (kept.status, kept.exit_code, kept.page) == ("failed", exit_code, None)
    assert kept.error is not None
    assert (kept.error.step, kept.error.heading) == (3, "Step 2")
    (failed,) = (tmp_path / "failed").iterdir()
    assert failed.stem == f"x-{kept.id}"
    assert read_seal(failed.read_text(encoding="utf-8")) == "failed"
    assert [one.name for one in (tmp_path / ".runs" / "x.html").iterdir() if one.is_dir()] == []


@pytest.mark.parametrize(("tag", "code"), [("raises-exception", "1 / 0"), ("skip-execution", "1")])
def test_a_tag_cannot_excuse_a_step_that_failed_or_was_left_out(tag: str, code: str, tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", code, "2")
    made = nbformat.read(path, 4)
    made.cells[3].metadata["tags"] = [tag]
    nbformat.write(made, path)
    assert refusal(path, tmp_path / "x.html").code == 5
    assert not (tmp_path / "x.html").exists()


def test_a_run_can_be_started_where_an_event_loop_runs_already(tmp_path: Path) -> None:
    """Which is so in every Jupyter notebook."""

    async def inside() -> Path:
        return run(str(book(tmp_path / "x.ipynb", "1")), out=tmp_path / "x.html")

    assert sealed(asyncio.run(inside()).read_text(encoding="utf-8"))


def test_outputs_that_were_saved_in_the_notebook_prove_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "print('fresh')")
    made = nbformat.read(path, 4)
    made.cells[-1].outputs = [nbformat.v4.new_output("stream", text="stale")]
    made.cells[-1].execution_count = 7
    nbformat.write(made, path)
    whole = run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")
    assert "fresh" in whole
    assert "stale" not in whole


@pytest.mark.parametrize("name", ["x.txt", "x", "folder.html", "no/such\0name.html"])
def test_a_place_that_cannot_be_written_is_found_before_the_kernel_starts(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    trap = tmp_path / "trap"
    path = book(tmp_path / "x.ipynb", f"open({str(trap)!r}, 'w')")
    with pytest.raises((ParameterError, RunError)) as refused:
        run(str(path), out=tmp_path / name)
    assert not isinstance(refused.value, RunError) or refused.value.code == 8
    assert not trap.exists()


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_is_told_and_the_last_page_stays(tmp_path: Path) -> None:
    """A limit of the processes on the size of a file stands for the full disk."""
    path, out = book(tmp_path / "x.ipynb", "print('x' * 900_000)"), tmp_path / "x.html"
    out.write_text("yesterday's page")
    code = (
        "import resource, sys; from fanecon.report import run; from fanecon.schema import RunError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))\n"
        f"try:\n    run({str(path)!r}, out={str(out)!r})\n"
        "except RunError as error:\n    print(error); sys.exit(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 8, done.stderr
    assert str(tmp_path) in done.stdout
    assert out.read_text() == "yesterday's page"
    assert history(out)[0].exit_code == 8


def test_no_kernel_outlives_its_run(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "import os\nprint('pid', os.getpid())")
    whole = run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")
    pid = int(whole.partition("pid ")[2].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
