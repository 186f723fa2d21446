"""The history page: paged, small, safe whatever the records say, and never in the place of anything else."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from records import START, history, publish, record, run_id, share, shelve

from fanecon.cli import main
from fanecon.errors import ParameterError, RunError
from fanecon.numbers import Interval
from fanecon.report.history.history import Plan, read_history
from fanecon.report.history.index import MOST_ROWS, write_index
from fanecon.report.history.spark import Point, sparkline
from fanecon.report.record import Book, Record, Threshold, Trouble

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PAYLOADS = (
    "<script>hit()</script>",
    '"><img src=x onerror=hit()>',
    "' onfocus=hit() autofocus '",
    "</style></title></textarea><svg/onload=hit()>",
    "javascript:hit()",
    "{{ 7 * 7 }}{% include 'x' %}",
    "&lt;script&gt;",
    "]]>--><!--",
    "\u202egnp.exe\u2066",
    "\x1b[31m\x07\0",
    "\ud83d",
    "x" * 100_000,
)


class Page(HTMLParser):
    """What a browser would see of a page, roughly: its elements, links, ids and the text of its rows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = path.read_text(encoding="utf-8")
        self.rows: list[str] = []
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += data

    @property
    def links(self) -> list[str]:
        return [str(held["href"]) for tag, held in self.elements if tag == "a"]

    @property
    def began(self) -> list[str]:
        found = (re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", row) for row in self.rows if "headline" not in row)
        return [one[0] for one in found if one]


def write(folder: Path, now: datetime, out: Path | None = None, **plan: object) -> list[Path]:
    made = Plan(now=now, **plan)  # type: ignore[arg-type]
    return write_index(read_history(folder, made), out or folder / "index.html", folder=folder, plan=made)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["index", *map(str, arguments)])


def test_every_run_and_every_missed_one_stands_on_some_page_once_and_in_order(tmp_path: Path) -> None:
    made = history(tmp_path, 450, seed=2)
    now = made[-1].began + HOUR
    pages = write(tmp_path, now)
    assert [page.name for page in pages] == ["index.html", "index-2.html", "index-3.html"]
    read = [Page(page) for page in pages]
    rows = [one for page in read for one in page.began]
    (report,) = read_history(tmp_path, Plan(now=now))
    times = [*(run.began for run in report.runs), *(one.first for one in report.missed)]
    assert rows == [f"{one:%Y-%m-%d %H:%M}" for one in sorted(times, reverse=True)]
    assert all(len(page.began) <= MOST_ROWS for page in read)
    assert all(name in read[0].text for name in ("Doubled", "Late: due", "Missed", "Failed", "none began"))


def test_the_pages_are_linked_to_each_other_and_to_what_is_there(tmp_path: Path) -> None:
    made = history(tmp_path, 450, seed=2)
    failed = publish(tmp_path, record(made[-1].began + DAY, 999, failed=5))
    pages = write(tmp_path, failed.began + HOUR)
    followed = set()
    for path in pages:
        page = Page(path)
        ids = {held.get("id") for _, held in page.elements}
        for link in page.links:
            name, _, anchor = link.partition("#")
            assert anchor in ids if not name else (tmp_path / unquote(name)).is_file()
            if anchor and name:
                assert f'id="{anchor}"' in (tmp_path / unquote(name)).read_text()
            followed.add(unquote(name).removeprefix("./"))
    assert {"index.html", "index-2.html", "index-3.html", "sharing.html"} <= followed
    assert f"failed/sharing-{failed.id}.html" in followed


def test_many_reports_share_the_first_page_and_then_several(tmp_path: Path) -> None:
    for number in range(95):
        for day in range(4):
            shelve(tmp_path, record(START + day * DAY, number * 10 + day), f"report-{number:02}.html")
    pages = [Page(path) for path in write(tmp_path, START + 3 * DAY + HOUR)]
    headings = [held for page in pages for tag, held in page.elements if tag == "h2"]
    titles = [held for held in headings if "report-" in str(held.get("id"))]
    assert len(titles) == 95
    assert len({held["id"] for held in titles}) == 95
    assert sum(len(page.began) for page in pages) == 95 * 4
    assert all(len(page.began) <= MOST_ROWS for page in pages)


def test_one_report_among_many_with_a_long_history_goes_on_behind_the_others(tmp_path: Path) -> None:
    for number in range(3):
        for day in range(150):
            shelve(tmp_path, record(START + day * DAY, number * 1_000 + day), f"r{number}.html")
    pages = [Page(path) for path in write(tmp_path, START + 149 * DAY + HOUR)]
    assert [len(page.began) for page in pages] == [198, 84, 84, 84]
    assert "Newer runs of r1.html" in pages[2].text
    assert "Older runs of" not in pages[2].text


def hostile(began: datetime, number: int, text: str) -> Record:
    """A run that says a text wherever a record holds text."""
    metric = share(key=text).model_copy(update={"name": text, "unit": text, "sentence": text, "heading": text})
    trouble = Trouble(message=text, step=1, steps=2, heading=text)
    return record(began, number, metrics=[metric], zone=text, every=text).model_copy(
        update={
            "notebook": Book(name=text, file=text, sha256=text, title=text), "locale": text, "warnings": (text,),
            "thresholds": (Threshold(condition=text, breached=True, value=1.0, reason=text),), "error": trouble,
            "status": "failed" if number % 2 else "complete", "versions": {text: text},
        }
    )  # fmt: skip


def texts(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def test_no_text_of_a_record_or_of_a_file_name_becomes_markup(tmp_path: Path) -> None:
    for number, text in enumerate(PAYLOADS):
        for run in range(3):
            one = hostile(START + run * DAY, 10 * number + run, texts(text))
            name = f"{texts(text)[:60]}.html".replace("/", "\u2215").replace("\0", "")
            publish(tmp_path, one, name)
    pages = write(tmp_path, START + 3 * DAY)
    allowed = {
        "html", "head", "meta", "link", "title", "style", "body", "a", "div", "header", "h1", "p", "span", "time",
        "nav", "ol", "ul", "li", "strong", "main", "section", "h2", "dl", "dt", "dd", "code", "table", "caption",
        "thead", "tbody", "tr", "th", "td", "svg", "polygon", "polyline", "circle", "footer",
    }  # fmt: skip
    for page in map(Page, pages):
        assert {tag for tag, _ in page.elements} <= allowed
        assert not [name for _, held in page.elements for name in held if name.startswith("on") or name == "autofocus"]
        assert [link for link in page.links if not re.match(r"#(report-\d+|text)$|\./[^:?\s]*$", link)] == []
        assert len(page.text) < 1_000_000
        assert not set(page.text) & {"\u202e", "\u2066", "\x1b", "\x07", "\0"}
        for link in page.links:
            assert link.startswith("#") or (tmp_path / unquote(link).partition("#")[0]).exists()


@pytest.mark.skipif(os.name != "posix", reason="bytes in names of POSIX")
def test_a_report_whose_name_is_no_text_is_listed(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe?.html")
    publish(tmp_path, record(START), name)
    (page,) = write(tmp_path, START + HOUR)
    assert "./%FF%FE%3F.html" in Page(page).links


def test_the_page_holds_no_secret_no_parameter_and_no_path(tmp_path: Path) -> None:
    history(tmp_path, 5)
    (page,) = write(tmp_path, START + 5 * DAY)
    for word in ("export.xlsx", "***", str(tmp_path.parent), "night"):
        assert word not in page.read_text()


# --- writing ---


def test_a_shorter_history_takes_the_pages_of_a_longer_one_away_and_nothing_else(tmp_path: Path) -> None:
    history(tmp_path, 450)
    write(tmp_path, START + 450 * DAY)
    (tmp_path / "index-7.html").write_text("mine")
    for path in sorted((tmp_path / ".runs" / "sharing.html").glob("*.json"))[50:]:
        path.unlink()
    write(tmp_path, START + 50 * DAY)
    assert sorted(one.name for one in tmp_path.glob("index*")) == ["index-7.html", "index.html"]


@pytest.mark.parametrize("name", ["index.html", "index-2.html"])
def test_what_is_no_history_page_is_not_replaced(tmp_path: Path, name: str) -> None:
    history(tmp_path, 450)
    (tmp_path / name).write_text("<!doctype html><title>The page of my site</title>")
    before = {one.name: one.read_bytes() for one in tmp_path.glob("*.html")}
    with pytest.raises(RunError, match="is no history page") as refused:
        write(tmp_path, START + 450 * DAY)
    assert refused.value.code == 8
    assert {one.name: one.read_bytes() for one in tmp_path.glob("*.html")} == before


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_in_the_place_of_the_page_is_not_followed(tmp_path: Path) -> None:
    history(tmp_path, 3)
    (tmp_path / "target").write_text("mine")
    (tmp_path / "index.html").symlink_to(tmp_path / "target")
    with pytest.raises(RunError):
        write(tmp_path, START + 3 * DAY)
    assert (tmp_path / "target").read_text() == "mine"


@pytest.mark.parametrize("name", ["runs", "runs.txt", "runs.HTML", "a\0.html"])
def test_a_history_is_an_html_file(tmp_path: Path, name: str) -> None:
    history(tmp_path, 3)
    with pytest.raises(ParameterError, match=r"index\.html"):
        write(tmp_path, START + 3 * DAY, tmp_path / name)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    history(tmp_path, 3)
    with pytest.raises(RunError) as refused:
        write(tmp_path, START + 3 * DAY, tmp_path / "no" / "runs.html")
    assert refused.value.code == 8


def test_a_page_elsewhere_links_back_to_the_reports(tmp_path: Path) -> None:
    history(tmp_path / "a b" / "reports", 3)
    (tmp_path / "site").mkdir()
    (page,) = write(tmp_path / "a b" / "reports", START + 3 * DAY, tmp_path / "site" / "runs.html")
    assert "./../a%20b/reports/sharing.html" in Page(page).links


@pytest.mark.parametrize("count", [600, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_the_history_of_thousands_of_runs_is_paged_small_and_made_in_seconds(tmp_path: Path, count: int) -> None:
    text = record(START).json_text()
    place = shelve(tmp_path, record(START)).parent
    for number in range(1, count):  # written as text, which is quicker than making each
        began = START + number * DAY
        own = text.replace(run_id(START), run_id(began, number)).replace(
            "2026-03-01T06:00:00Z", f"{began:%Y-%m-%dT%XZ}"
        )
        (place / f"{run_id(began, number)}.json").write_text(own)
    start = time.process_time()
    pages = write(tmp_path, START + (count - 1) * DAY + HOUR)
    took, largest = time.process_time() - start, max(page.stat().st_size for page in pages)
    print(f"{count} runs: {took:.1f} s, {len(pages)} pages, the largest {largest:,} bytes")
    assert len(pages) == count / MOST_ROWS
    assert took < 10 * count / 5_000 + 1
    assert largest < 1_000_000
    assert sum(len(Page(page).began) for page in pages) == count


# --- the command ---


def test_the_command_writes_the_page_and_raises_the_alarm_when_asked(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for day in range(3, 0, -1):
        shelve(tmp_path, record(now - day * DAY, day, every="1d"))
    publish(tmp_path, record(now, 4, every="1d"))
    assert command(tmp_path).exit_code == command(tmp_path, "--alarm").exit_code == 0
    assert (tmp_path / "index.html").is_file()
    shelve(tmp_path, record(now + timedelta(seconds=1), 5, failed=6, every="1d"))
    assert command(tmp_path).exit_code == 0
    rung = command(tmp_path, "--alarm")
    assert (rung.exit_code, "The last run failed." in rung.output) == (3, True)
    assert command(tmp_path, "--every", "5min", "--alarm").exit_code == 3
    assert command(tmp_path, "--every", "never").exit_code == 2
    assert command(tmp_path, "--zone", "Nowhere").exit_code == 2
    assert command(tmp_path / "none").exit_code == 4


def test_the_command_speaks_json_and_writes_nothing_then(tmp_path: Path) -> None:
    history(tmp_path, 4)
    done = command(tmp_path, "--json", "--alarm")
    assert done.exit_code == 3
    assert json.loads(done.output)["alarm"] is True
    assert not (tmp_path / "index.html").exists()


# --- the small picture ---


def points(*values: tuple[float, float, float]) -> list[Point]:
    return [Point(began=START + n * DAY, value=Interval(*one, unit="days")) for n, one in enumerate(values)]


NONE = float("nan")


def test_a_picture_shows_each_run_in_its_place() -> None:
    drawn = sparkline("half life", points((1, 0, 2), (2, 1, 4), (3, 2, 4)))
    line = re.search(r'class="line" points="([^"]*)"', drawn)
    assert line is not None
    found = [tuple(map(float, one.split(","))) for one in line[1].split()]
    assert found == [(4.0, 31.0), (110.0, 22.0), (216.0, 13.0)]
    assert "half life in 3 runs from 2026-03-01 to 2026-03-03: between 1 and 3, last 3 days (2 to 4)" in drawn


def test_a_band_has_a_gap_where_an_interval_is_missing() -> None:
    drawn = sparkline("x", points((1, 0, 2), (2, 1, 4), (3, NONE, NONE), (3, 2, 4), (3, 2, 4)))
    assert drawn.count("<polygon") == 2
    assert "<polygon" not in sparkline("x", points((1, NONE, NONE), (2, NONE, NONE)))


def test_a_number_without_a_course_has_no_picture() -> None:
    assert sparkline("x", points((1, 0, 2))) == ""
    assert sparkline("x", points((NONE, NONE, NONE), (1, 0, 2))) == ""
    assert "nan" not in sparkline("x", points((5, 5, 5), (5, 5, 5), (float("inf"), NONE, NONE)))


def test_the_name_in_a_picture_is_text() -> None:
    assert "<b" not in sparkline('"><b onload=x>', points((1, 0, 2), (1, 0, 2)))
