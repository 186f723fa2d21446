"""The summary: a run in a few plain lines that say what matters and that no chat obeys."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest
from records import START, half_life, publish, record, share

from fanecon.report.history.summary import JOINER, as_interval, clean, meaning, plain, summarise, told
from fanecon.report.record import Book, Metric, Record, Threshold, Trouble
from fanecon.stats import newcombe_difference

DAY = timedelta(days=1)
BEFORE = record(START, metrics=[share(200), half_life(5)])
NOW = record(START + DAY, 1, metrics=[share(250), half_life(6)])


def test_a_complete_run_is_told_in_four_lines() -> None:
    change = newcombe_difference((250, 10_000), (200, 10_000))
    assert told(NOW, Path("reports/sharing.html"), BEFORE).replace(JOINER, "").split("\n") == [
        "Who shares?: complete (2026-03-02 06:00 UTC in 31 s)",
        f"share to read: 2.50 % (2.21 to 2.82); since the last complete run +{change}",
        "half life: 6 days (4.80 to 8.10); since the last complete run +1 days (−1.12 to 3.33)",
        "Page: reports/sharing.html",
    ]


def test_a_failed_run_says_why_and_how_far_it_came() -> None:
    lines = told(record(failed=5)).split("\n")
    assert lines[1] == "Exit code 5, a step raised an error: step 2 of 9, ValueError: no rows left"
    assert lines[-1] == "Page: none was written"
    assert len(lines) == 3


def breaching(count: int) -> Record:
    all_of_them = tuple(
        Threshold(condition=f"share_to_read.estimate < {n}%", breached=True, value=0.025, reason="")
        for n in range(count)
    )
    return NOW.model_copy(update={"thresholds": all_of_them, "exit_code": 3})


def test_breached_thresholds_come_first_and_can_be_copied() -> None:
    lines = told(breaching(1)).split("\n")
    assert lines[1] == "Threshold breached: share_to_read.estimate < 0%, found 0.025"
    assert summarise(breaching(1))["breached"][0]["condition"] == "share_to_read.estimate < 0%"


@pytest.mark.parametrize("breaches", [0, 1, 3, 50])
@pytest.mark.parametrize("numbers", [0, 1, 4, 100])
@pytest.mark.parametrize("failed", [False, True])
def test_three_to_eight_lines_are_told_whatever_happened(breaches: int, numbers: int, failed: bool) -> None:
    over = {"metrics": tuple(share(200 + n, key=str(n)) for n in range(numbers))}
    error = {"status": "failed", "error": Trouble(message="x\ny\nz", step=1, steps=2), "exit_code": 5} if failed else {}
    lines = told(breaching(breaches).model_copy(update={**over, **error}), None, BEFORE).split("\n")
    assert 3 <= len(lines) <= 8
    assert all(len(line) <= 500 for line in lines)
    room = max(1, min(4, 5 - failed - min(breaches, 3)))
    assert ("more)" in lines[-2]) == (numbers > room or (breaches > 3 and numbers == 0))


HOSTILE = [
    "@everyone", "@channel and @here", "<!here>", "<@U123>", "#general", "https://evil.example/x?y=1", "http://1.2.3.4/",
    "www.evil.example", "evil.example", "[click](https://evil.example)", "*bold* _italic_ ~gone~", "`code`", "```x```",
    "![x](y)", "javascript:alert(1)", "mailto:a@b.example", "<script>", "&lt;b&gt;", "||spoiler||", "<https://a.example|b>",
]  # fmt: skip


COMMANDS = (
    "@e", "@c", "@h", "<!", "<@", "#g", "://", "www.e", "evil.e", "](", "*b",
    "_i", "~g", "`c", "```", "![", "t:a", "o:a", "@b", "<s", "&l", "||", "|b",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_words_from_data_are_kept_from_being_commands(text: str) -> None:
    safe = plain(f"said {text} here")
    assert safe.replace(JOINER, "") == f"said {text} here"
    for command in COMMANDS:
        assert command not in safe


def test_numbers_and_sentences_stay_as_they_are() -> None:
    for text in (
        "2.50 % (2.21 to 2.82)",
        "share_to_read",
        "Who shares?",
        "3 * 4 = 12",
        "a & b, c < d",
        "it is 6:00. Yes.",
    ):
        assert plain(text) == text


def test_no_line_can_be_faked_and_no_terminal_is_told_anything() -> None:
    text = "x\nPage: http://evil.example\r\x1b[31m\u202e\u2028y\0"
    metric = share(key=text).model_copy(update={"name": text, "unit": text})
    broken = Trouble(message=text)
    book = Book(name=text, file=text, sha256=text, title=text)
    threshold = Threshold(condition=text, breached=True, reason=text)
    over = {"metrics": (metric,), "error": broken, "notebook": book, "thresholds": (threshold,), "status": "failed"}
    lines = told(NOW.model_copy(update=over), Path(text.replace("\0", "")), BEFORE)
    assert len(lines.split("\n")) == len(lines.splitlines()) == 5
    assert all(letter.isprintable() or letter in ("\n", JOINER) for letter in lines)
    assert [line for line in lines.split("\n") if line.startswith("Page: ")] == lines.split("\n")[-1:]


def test_a_summary_holds_no_parameter_no_input_and_no_host(tmp_path: Path) -> None:
    done = publish(tmp_path, NOW)
    whole = json.dumps(summarise(done, None, BEFORE), allow_nan=False) + told(done, None, BEFORE)
    for word in ("token", "***", "export", "night", str(tmp_path), "pandas"):
        assert word not in whole
    assert summarise(done)["page"] == "sharing.html"
    assert done.page is not None
    assert summarise(done)["page_sha256"] == done.page.sha256


def test_the_document_holds_numbers_changes_and_what_they_rest_on() -> None:
    first, second = summarise(NOW, None, BEFORE)["numbers"]
    assert first["estimate"] == 0.025
    assert first["change"]["estimate"] == 0.005
    assert first["change"]["unit"] == "points"
    assert "independent" in first["change"]["basis"]
    assert (second["name"], second["unit"], second["level"]) == ("half_life", "days", 0.95)
    assert summarise(NOW)["numbers"][0]["change"] is None


def test_the_same_data_are_told_as_such() -> None:
    before, now = (record(START + n * DAY, n, metrics=[share(200 + n)], data="same") for n in (0, 1))
    assert "both runs read the same data" in told(now, None, before)
    assert summarise(now, None, before)["numbers"][0]["change"]["low"] is None
    assert "missing" in summarise(now, None, before)["numbers"][0]["change"]


def test_only_headline_numbers_are_told() -> None:
    quiet = share(key="quiet").model_copy(update={"headline": False})
    assert "quiet" not in told(NOW.model_copy(update={"metrics": (quiet, share())}))


def test_an_interval_that_is_none_is_not_shown_as_one() -> None:
    for low, high in ((None, 1.0), (2.0, 1.0), (math.nan, math.nan), (None, None)):
        assert "(no interval)" in str(as_interval(Metric(name="n", estimate=1.5, low=low, high=high)))
    assert str(as_interval(Metric(name="n", estimate=None))).startswith("–")


def test_exit_codes_that_nobody_gives_have_a_meaning_too() -> None:
    assert meaning(0) == "done"
    assert meaning(77) == "an exit code that fanecon does not give"
    assert clean("a" * 1_000) == "a" * 159 + "…"


def test_a_number_that_is_no_fact_says_so() -> None:
    simulated = share().model_copy(update={"shows": "simulation"})
    assumed = half_life().model_copy(update={"shows": "assumption"})
    lines = told(record(metrics=[simulated, assumed])).replace(JOINER, "").split("\n")
    assert lines[1].endswith("(1.84 to 2.40), simulated")
    assert lines[2].endswith("by assumption")
    again = told(record(metrics=[simulated]), None, record(metrics=[simulated])).replace(JOINER, "")
    assert "both numbers are simulated" in again
