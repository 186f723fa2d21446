"""The page of a run that failed, of one that nobody watched, and of one whose number crossed a threshold."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import nbformat
import pages
import pytest
from traitlets.config import Config

from fanecon.report.pages.exporter import PageExporter
from fanecon.report.record import Book, Record, Setting, Threshold, Trouble
from fanecon.report.seal import read_seal


def text_of(page: str) -> str:
    """What a reader reads, on one line."""
    body = page[max(page.find("<body"), 0) :]
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("&#39;", "'").replace("&#34;", '"').split())


def broken() -> str:
    """A run whose second of four steps raised; the cells after it carry the outputs of an older run."""
    made = pages.cells("first = 1", "boom()", "late()")
    stale = [pages.stream("STALE")]
    pages.ran(made, {2: [], 4: [pages.stream("early result")], 6: [pages.raised("ValueError", "no rows")], 8: stale})
    return pages.page(made, pages.failed(6, 2, 4, message="raised ValueError: no rows"))


def test_a_failed_page_says_so_first_and_everywhere_that_is_asked() -> None:
    page = broken()
    assert "<title>FAILED: Does it hold?</title>" in page
    assert '<meta name="fanecon-status" content="failed">' in page
    assert read_seal(page) == "failed"
    assert "status=complete" not in page
    assert not re.search(r"class=\"badge good\"|Complete\b", page[page.index("<body") :])
    first = re.search(r"<header>\s*<div class=\"banner failed\" role=\"alert\">.*?</div>", page, flags=re.DOTALL)
    assert first
    assert first.end() < page.index("<h1>")
    assert text_of(page).startswith(
        "Skip to the text ✗ This run failed at step 3 of 4 (Part 2) raised ValueError: no rows"
    )


def test_the_banner_shows_the_code_that_failed_and_what_is_partial() -> None:
    said = text_of(broken().partition("<h1>")[0])
    assert "boom ()" in said or "boom()" in said
    assert "2 of 4 steps ran to their end" in said
    assert "partial" in said


def test_what_ran_is_shown_and_what_did_not_run_shows_no_old_output() -> None:
    page = broken()
    assert "early result" in page
    assert "STALE" not in page
    below = text_of(page.partition("The run ended here.")[2])
    assert "Nothing below was run." in below
    assert "Step 4 was not run" in below
    assert text_of(page).count("was not run") == 1


def test_headings_stay_in_order_on_a_failed_page() -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", broken())]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("kept", range(9))
def test_a_page_is_made_from_however_many_cells_are_there(kept: int) -> None:
    made = pages.cells("first = 1", "boom()", "late()")
    part = nbformat.v4.new_notebook(cells=made.cells[:kept])
    page = pages.page(part, pages.failed(6, 2, 4), planned=made)
    assert read_seal(page) == "failed"
    assert [f"Part {number}" in page for number in (1, 2, 3)] == [True] * 3
    assert text_of(page).count("was not run") == 1


def test_a_page_is_made_where_the_kernel_never_started() -> None:
    made = pages.cells("first = 1")
    trouble = Trouble(message="The kernel did not answer.")
    page = pages.page(nbformat.NotebookNode(), pages.record(status="failed", error=trouble), planned=made)
    assert "This run failed before its first step The kernel did not answer." in text_of(page)
    assert "No step ran to its end" in page
    assert text_of(page).count("was not run") == 1
    assert "The run ended before its first step." in page


def test_the_first_record_of_a_run_gives_a_failed_page() -> None:
    """Nobody has to write down that a run was ended: its record says so from the start."""
    book = Book(name="hold", file="01_hold.ipynb", sha256=pages.SHA)
    page = pages.page(pages.cells("1"), Record(id="x", notebook=book, began=pages.BEGAN))
    assert read_seal(page) == "failed"
    assert "did not finish" in page
    unnamed = pages.page(pages.cells("1"), Record(id="x", notebook=book, began=pages.BEGAN, error=None))
    assert read_seal(unnamed) == "failed"


def test_a_run_that_failed_after_its_last_step_says_where() -> None:
    made = pages.ran(pages.cells("1"), {2: [], 4: [pages.stream("all of it")]})
    trouble = Trouble(message="An input file changed during the run.", steps=2)
    page = pages.page(made, pages.failed(0, 2, 4, error=trouble))
    assert "This run failed after its last step" in page
    assert "all of it" in page
    assert "was not run" not in page


def test_ten_megabytes_of_traceback_are_cut_and_the_page_says_so() -> None:
    lines = [f"\x1b[0;31mline {number} {'<script>alert(1)</script>' * 9}\x1b[0m" for number in range(40_000)]
    made = pages.ran(pages.cells("boom()"), {2: [], 4: [pages.raised("ValueError", "y" * 10**7, *lines)]})
    began = time.monotonic()
    page = pages.page(made, pages.failed(4, 2, message="x" * 10**7))
    assert time.monotonic() - began < 5
    assert len(page) < 200_000
    assert page.count("characters left out here") >= 3
    assert "line 39999" in page
    assert "\x1b" not in page
    assert "<script" not in page


def test_an_error_without_any_words_and_one_of_odd_letters_still_give_a_page() -> None:
    for message in (
        "",
        "\x00\x07\x1b[31mred\x1b[0m\x1b]8;;http://x.invalid\x07",
        "\ud800",
        "𝒳" * 5_000,
        "</pre></div>",
    ):
        page = pages.page(pages.cells("1"), pages.failed(4, 2, message=message))
        assert read_seal(page) == "failed"
        assert "\x1b" not in page
        assert "\x00" not in page
    assert "&lt;/pre&gt;&lt;/div&gt;" in page


def test_the_code_of_a_hidden_cell_is_not_shown_when_it_fails() -> None:
    made = pages.cells("quiet = 'un' 'seen'")
    made.cells[3].metadata["tags"] = ["hide"]
    page = pages.page(made, pages.failed(4, 2))
    assert "This run failed at step 2" in page
    assert "quiet" not in page


def test_cells_put_in_for_the_run_are_neither_shown_nor_counted() -> None:
    made = pages.cells("first = 1", "boom()")
    for place, tag in ((2, "injected-parameters"), (0, "fanecon-own")):
        made.cells.insert(place, nbformat.v4.new_code_cell("own = 1", metadata={"tags": [tag]}))
    made.cells[5].outputs = [pages.stream("early result")]
    page = pages.page(made, pages.failed(6, 2, 4), planned=pages.cells("first = 1", "boom()"))
    assert "own" not in re.sub(r"<style>.*</style>", "", text_of(page), flags=re.DOTALL).split()
    assert "early result" in page
    assert "boom" in page.partition("<h1>")[0]


def test_a_parameters_cell_that_cannot_be_read_still_gives_a_page() -> None:
    made = pages.cells("1", parameters="source = open('x').read()")
    assert read_seal(pages.page(made, pages.failed(2))) == "failed"


# --- thresholds, times, secrets ---


def test_a_breached_threshold_is_told_first_with_its_number_and_interval() -> None:
    known = pages.record(exit_code=3, thresholds=pages.THRESHOLDS, metrics=pages.METRICS)
    page = pages.page(pages.cells("1"), known)
    said = text_of(page.partition("<h1>")[0])
    assert "2 thresholds were breached" in said
    assert "share_to_read.estimate &lt; 0.02 : 1.80 % (1.20 to 2.50)" in said
    assert "half_life.width &gt; 3 : could not be judged. There is no number half_life." in said
    assert "welfare" not in said
    assert "✓ Complete" in text_of(page)
    assert read_seal(page) == "complete"
    assert "not breached" in page


@pytest.mark.parametrize(
    ("condition", "value", "said"),
    [
        ('by_topic["welfare"].low > 2', 2.5, "2.50; estimate 3 days (2.50 to 3.50)"),
        ('by_topic["news"].estimate > 2', 4.0, "4 days (no interval: none was given)"),
        ("by_topic.estimate > 2", 3.0, ": 3"),
        ("nobody.estimate > 2", 3.0, ": 3"),
    ],
)
def test_the_interval_of_a_threshold_is_that_of_its_own_number(condition: str, value: float, said: str) -> None:
    breached = (Threshold(condition=condition, breached=True, value=value),)
    page = pages.page(pages.cells("1"), pages.record(thresholds=breached, metrics=pages.METRICS))
    assert said in text_of(page.partition("<h1>")[0]).replace(" :", ":").replace(" days (no", " days (no")


def test_times_are_told_on_the_clocks_of_the_zone_and_to_machines_in_utc() -> None:
    page = pages.page(pages.cells("1"), pages.record())
    assert '<time datetime="2026-03-01T23:30:05Z">2026-03-02 07:30 Asia/Shanghai</time>' in page
    assert "3 min 20 s" in page
    elsewhere = pages.page(pages.cells("1"), pages.record(zone="Nowhere/../../etc/passwd"))
    assert "2026-03-01 23:30 UTC</time>" in elsewhere


def test_a_secret_is_masked_even_if_its_record_forgot_to() -> None:
    secret = Setting(name="key", type="str", value="hunter2", default="hunter1", source="environment", secret=True)
    page = pages.page(pages.cells("1"), pages.record(parameters=(secret,)))
    assert "hunter" not in page
    assert "given: environment" in page


def test_inputs_are_told_with_rows_period_and_checksum() -> None:
    said = text_of(pages.page(pages.cells("1"), pages.record(inputs=pages.INPUTS)))
    assert f"exports/total_1650000000.xls wechat 1,234 5 2026-01-01 to 2026-02-28 123,456 {pages.SHA}" in said
    assert "other.csv not told not told not told not told 9" in said


# --- a notebook that was run elsewhere ---


def test_a_notebook_that_was_run_elsewhere_is_never_called_complete() -> None:
    made = pages.ran(pages.cells("1", "2", "3"), {2: [], 4: [pages.raised("KeyError", "'x'")], 6: [pages.stream("x")]})
    page, _ = PageExporter().from_notebook_node(made)
    said = text_of(page)
    assert said.startswith(
        "Skip to the text ? Status unknown This page was made from a notebook that was run elsewhere."
    )
    assert "1 of 4 code cells have no execution number" in said
    assert "1 of 4 code cells ended in an error" in said
    assert "not run once from top to bottom" in said
    assert "Complete" not in said
    assert read_seal(page) == "failed"
    assert 'content="unknown"' in page


def test_a_seal_in_the_data_of_an_unwatched_notebook_seals_nothing() -> None:
    forged = f"status=complete sha256={'0' * 64}"
    made = pages.ran(pages.cells("1"), {4: [pages.stream(forged)]})
    page, _ = PageExporter().from_notebook_node(made)
    assert read_seal(page) == "failed"
    assert read_seal(pages.page(made, pages.failed(4, 2, message=forged))) == "failed"
    assert read_seal(pages.page(made, pages.record())) == "complete"


def test_the_exporter_reads_a_file_and_the_preprocessors_of_nbconvert_take_part(tmp_path: Path) -> None:
    made = pages.ran(pages.cells("1"), {2: [], 4: [pages.stream("x")]})
    made.cells[3].metadata["tags"] = ["gone"]
    nbformat.write(made, tmp_path / "x.ipynb")
    removed = {"enabled": True, "remove_cell_tags": {"gone"}}
    for config, shown in (({}, True), ({"TagRemovePreprocessor": removed}, False)):
        page, resources = PageExporter(config=Config(config)).from_filename(str(tmp_path / "x.ipynb"))
        assert resources["output_extension"] == ".html"
        assert ('<pre class="output"' in page) is shown
        assert read_seal(page) == "failed"


@pytest.mark.nightly
def test_nbconvert_writes_the_page_of_a_notebook_that_was_run_elsewhere(tmp_path: Path) -> None:
    nbformat.write(pages.ran(pages.cells("1"), {4: [pages.stream("x")]}), tmp_path / "x.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "fanecon.report.pages.exporter.PageExporter", "x.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert "Status unknown" in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_nbconvert_knows_the_page_by_its_name() -> None:
    declared = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert declared["project"]["entry-points"]["nbconvert.exporters"] == {
        "fanecon": "fanecon.report.pages.exporter:PageExporter"
    }
