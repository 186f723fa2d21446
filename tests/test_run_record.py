"""What is known of a run afterwards: its numbers, its inputs, its secrets kept, its thresholds, its last look."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from books import PARAMETERS, book
from click.testing import CliRunner
from wechat_files import HEADER_16, link, row_16, xls

from fanecon.cli import main
from fanecon.report import run
from fanecon.report.record import Record, read_record
from fanecon.report.runner.metrics import collect
from fanecon.report.runner.running import carry_out
from fanecon.schema import RunError

MEASURE = "import fanecon as fe\nfe.share_to_read(fe.simulate_articles(40, seed=3))"


def call(*words: str, **environment: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words), env=environment)
    return done.exit_code, done.output


def made(path: Path, out: Path, *words: str, **environment: str) -> tuple[int, str, Record | None]:
    code, said = call("run", str(path), "-o", str(out), *words, **environment)
    beside = out.with_suffix(".run.json")
    return code, said, read_record(beside) if beside.exists() else None


def test_a_record_names_every_number_with_its_interval_and_every_file_with_its_rows(tmp_path: Path) -> None:
    rows = [row_16(f"a{day}", 20240300 + day, link(mid=day)) for day in range(1, 10)]
    table = xls(tmp_path / "total.xls", [HEADER_16, *rows])
    read = "read = fe.read_wechat(source)"
    first, last = MEASURE.splitlines()
    code = "\n".join([first, read, last])
    out = tmp_path / "x.html"
    code_, said, record = made(book(tmp_path / "x.ipynb", code), out, "-p", f"source={table}", "-p", "level=0.9")
    assert code_ == 0, said
    assert record is not None
    (number,) = [one for one in record.metrics if one.headline]
    assert (number.name, number.key, number.headline, number.unit) == ("share_to_read", "", True, "proportion")
    assert number.estimate is not None
    assert number.low is not None
    assert number.high is not None
    assert 0 < number.low < number.estimate < number.high < 1
    file = next(one for one in record.inputs if one.file == str(table))
    assert (file.rows, file.rejected, file.first, file.last) == (9, 0, "2024-03-01", "2024-03-09")
    assert file.bytes == table.stat().st_size
    assert {one.name: one.source for one in record.parameters}["level"] == "command line"
    assert record.versions["fanecon"]
    assert record.seconds is not None
    assert record.page is not None
    assert record.page.bytes == out.stat().st_size


def test_a_threshold_that_comes_true_exits_with_3_and_the_page_is_there(tmp_path: Path) -> None:
    path, out = book(tmp_path / "x.ipynb", MEASURE), tmp_path / "x.html"
    summary = tmp_path / "sum.json"
    words = ["--fail-if", "share_to_read.estimate < 99%", "--summary", str(summary)]
    code, said, record = made(path, out, *words)
    assert code == 3
    assert "share_to_read.estimate < 99%" in said
    assert record is not None
    assert (record.status, record.exit_code, record.thresholds[0].breached) == ("complete", 3, True)
    assert "A threshold was breached" in out.read_text(encoding="utf-8")
    assert json.loads(summary.read_text())["breached"][0]["condition"] == "share_to_read.estimate < 99%"
    assert made(path, out, "--fail-if", "share_to_read.estimate > 99%")[0] == 0


@pytest.mark.parametrize("condition", ["share_to_read.estimate <", "shares.estimate < 1", "__import__('os')", "a < b"])
def test_a_threshold_that_cannot_be_judged_is_refused_before_anything_runs(condition: str, tmp_path: Path) -> None:
    code, said, record = made(book(tmp_path / "x.ipynb", MEASURE), tmp_path / "x.html", "--fail-if", condition)
    assert (code, record) == (2, None)
    assert "Error" in said
    assert not (tmp_path / ".runs").exists()


SECRET = 's3cr3t/token&<x>"y'


@pytest.mark.parametrize("last", ["1", "raise ValueError('bad ' + source)"])
def test_a_secret_is_in_nothing_that_a_run_leaves_or_says(last: str, tmp_path: Path) -> None:
    code = (
        "import base64, os, sys\nprint(source, repr(source), base64.b64encode(source.encode()).decode())\n"
        "print(source, file=sys.stderr)\nprint([v for k, v in os.environ.items() if 'FANECON_SECRET' in k])\nsource"
    )
    path = book(tmp_path / "x.ipynb", code, "assert len(source) == 18", last)
    exit_code, said, _ = made(path, tmp_path / "x.html", "-p", "source=env:TOKEN_OF_MINE", TOKEN_OF_MINE=SECRET)
    assert exit_code == (0 if last == "1" else 5), said
    everything = said + "".join(
        one.read_text(errors="replace") for one in tmp_path.rglob("*") if one.is_file() and one.suffix != ".ipynb"
    )
    assert "***" in everything
    for form in ("s3cr3t", "czNjcjN0", SECRET.encode().hex()):
        assert form not in everything


def test_a_person_s_number_on_the_page_refuses_it_until_it_is_allowed(tmp_path: Path) -> None:
    path, out = book(tmp_path / "x.ipynb", "print('call 13812345678')"), tmp_path / "x.html"
    code, said, _ = made(path, out)
    assert code == 4
    assert "--allow-personal" in said
    assert not out.exists()
    left = [
        one.read_text(encoding="utf-8")
        for one in tmp_path.rglob("*")
        if one.is_file() and one.suffix in (".html", ".json")
    ]
    assert left
    assert all("13812345678" not in text for text in left)
    code, said, record = made(path, out, "--allow-personal")
    assert code == 0
    assert record is not None
    assert record.warnings


def test_an_input_that_changes_while_it_is_read_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one")
    path = book(tmp_path / "x.ipynb", "open(source, 'a').write('more')")
    with pytest.raises(RunError, match="changed while it was read") as refused:
        run(str(path), {"source": str(tmp_path / "in.txt")}, out=tmp_path / "x.html")
    assert refused.value.code == 4


def test_output_without_end_is_cut_and_the_page_says_so(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "for n in range(3000):\n    print('x' * 10_000)", "print('after')")
    whole = run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")
    assert "the rest is left out" in whole
    assert "after" in whole
    assert len(whole) < 12_000_000


def test_a_page_that_is_too_large_is_refused_unless_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanecon.report.runner.running.MOST_PAGE", 20_000)
    path, out = book(tmp_path / "x.ipynb", "print('x' * 30_000)"), tmp_path / "x.html"
    code, said, _ = made(path, out)
    assert code == 8
    assert "--large" in said
    assert made(path, out, "--large")[0] == 0


def test_a_page_stays_under_the_root_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    path = book(tmp_path / "x.ipynb", "1")
    for out in ("../x.html", str(tmp_path / "x.html"), "a/../../x.html"):
        code, said = call("run", str(path), "-o", out, "--root", str(tmp_path / "root"))
        assert code == 2, said
    assert sorted(one.name for one in tmp_path.iterdir()) == ["root", "x.ipynb"]


def test_figures_carry_their_sentence_and_odd_names_are_drawn_as_text(tmp_path: Path) -> None:
    drawn = "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='a')\nplt.title('Reads of $_$ and <b>');"
    whole = run(str(book(tmp_path / "x.ipynb", drawn)), out=tmp_path / "x.html").read_text(encoding="utf-8")
    assert 'alt="Figure: Reads of $_$ and &lt;b&gt;' in whole


def shown(*cells: tuple[str, list[str]]) -> nbformat.NotebookNode:
    """An executed notebook: source of a cell, and the functions' results that it shows."""
    made = []
    for source, results in cells:
        if source.startswith("#"):
            made.append(nbformat.v4.new_markdown_cell(source))
            continue
        row = {"key": "", "estimate": 1.0, "low": 0.5, "high": 2.0}
        bundle = {"rows": [row], "unit": "", "maker": "Reproduction"}
        outputs = [
            nbformat.v4.new_output("display_data", {"application/vnd.fanecon.result+json": bundle}) for _ in results
        ]
        made.append(nbformat.v4.new_code_cell(source, outputs=outputs))
    return nbformat.v4.new_notebook(cells=made)


def test_a_number_is_named_after_the_function_that_made_it() -> None:
    book_ = shown(
        ("fe.share_to_read(articles)", ["r"]),
        ("decay = fe.fit_open_rate_decay(items)\ndecay", ["r"]),
        ("decay", ["r"]),
        ("totals = fe.article_totals(x)\ntotals.fallback(level=level)", ["r"]),
        ("decay.half_life", ["r"]),
        ("%matplotlib inline", ["r"]),
    )
    names = [one.name for one in collect(book_)]
    assert names == [
        "share_to_read", "fit_open_rate_decay", "fit_open_rate_decay_2", "fallback", "fit_open_rate_decay_half_life",
        "reproduction",
    ]  # fmt: skip


def test_the_headline_is_the_bottom_line_or_else_the_first_result() -> None:
    with_line = shown(("a()", ["r"]), ("## The bottom line", []), ("b()", ["r"]), ("## More", []), ("c()", ["r"]))
    assert [one.name for one in collect(with_line) if one.headline] == ["b"]
    without = shown(("a()", ["r"]), ("b()", ["r"]))
    assert [one.name for one in collect(without) if one.headline] == ["a"]


def test_the_cell_with_the_parameters_says_dates_and_lists_as_they_are(tmp_path: Path) -> None:
    parameters = PARAMETERS + 'since: date = "2026-01-01"   # first day\n'
    path = book(
        tmp_path / "x.ipynb",
        "print(since.year + 1, names, level)",
        parameters="from datetime import date\n" + parameters,
    )
    out = tmp_path / "x.html"
    code, said, _ = made(path, out, "-p", "since=2027-05-01", "-p", 'names=["b", "c"]')
    assert code == 0, said
    assert "2028 [&#39;b&#39;, &#39;c&#39;] 0.95" in out.read_text(encoding="utf-8")
    assert carry_out is not None
