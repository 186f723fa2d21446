"""The history page: every run of every report of a folder on static pages that work without script and network.

The first page shows each report: how it stands now, whether one is due, its headline numbers over time, and its newest
runs; the following pages hold the older ones, at most 200 rows each, so that ten years of daily runs open at once.
What did not run has a row of its own: a table of results alone cannot show what is missing.

A static page cannot know when it is read.  It says at what moment it was made and until when it holds, and the
command that makes it can raise the alarm.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fanecon import __version__
from fanecon.errors import ParameterError, RunError
from fanecon.report.codes import Code
from fanecon.report.history.changes import Change
from fanecon.report.history.history import Plan, Report, local
from fanecon.report.history.kept import Run
from fanecon.report.history.schedule import Missed, Punctuality
from fanecon.report.history.spark import Point, sparkline
from fanecon.report.history.summary import as_interval, clean, label, meaning, measured, signed
from fanecon.report.history.verify import lasted
from fanecon.report.record import Metric
from fanecon.report.runner import disk

MOST_ROWS = 200
MOST_REPORTS = 40
MOST_NUMBERS = 4
MOST_NOTES = 6
MARK = '<meta name="fanecon-kind" content="index">'
SIGNS = {
    "complete": ("good", "✓", "Complete"),
    "breached": ("unsure", "⚠", "Complete, breached"),
    "failed": ("bad", "✗", "Failed"),
    "interrupted": ("bad", "✗", "Interrupted"),
    "unreadable": ("unsure", "?", "Record unreadable"),
    "running": ("plain", "…", "Running"),
    "missed": ("bad", "–", "Missed"),
}


@dataclass(frozen=True, kw_only=True)
class Number:
    """A headline number as a reader sees it, with its change since the last complete run."""

    name: str
    value: str
    change: str = ""
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run, or due times in a row that nothing ran for."""

    began: datetime | None
    when: str
    sign: tuple[str, str, str]
    link: str = ""
    took: str = ""
    ended: str = ""
    numbers: tuple[Number, ...] = ()
    more: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """The part of a page about one report: its rows there, and where newer and older ones are."""

    report: Report
    anchor: str
    rows: tuple[Row, ...]
    whole: bool
    newer: str = ""
    older: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page of the history and its file name."""

    name: str
    sections: tuple[Section, ...]


def write_index(reports: Sequence[Report], out: Path, *, folder: Path, plan: Plan) -> list[Path]:
    """The paths of the history pages, written whole or not at all, the first one last.

    Parameters
    ----------
    out
        The first page; the others are named after it (`index-2.html`).
    folder
        Where the reports lie.

    Raises
    ------
    ParameterError
        If `out` is not an `.html` file.
    RunError
        With code 8 if a page cannot be written, or would replace a file that is no history page.
    """
    if out.suffix != ".html" or "\0" in str(out):
        raise ParameterError(f"A history is an .html file; found {str(out)!r}. Type --out {folder / 'index.html'}.")
    sheets = _sheets(reports, out.stem)
    template = _template()
    base = _base(out, folder)
    taken = [out.parent / sheet.name for sheet in sheets]
    for path in taken:
        _check(path)
    for number in range(len(sheets), 0, -1):
        text = template.render(
            sheet=sheets[number - 1],
            number=number,
            sheets=sheets,
            reports=reports,
            plan=plan,
            folder=clean(folder.resolve().name),
            base=base,
            version=__version__,
        )
        disk.write(taken[number - 1], text.encode("utf-8", errors="replace"))
    for path in _leftover(out, taken):
        disk.remove(path)
    return taken


def _template() -> Any:
    here = Path(__file__).parent
    loader = FileSystemLoader([here, here.parent / "pages"])  # the style of the pages is that of their history
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals = {"local": local, "lasted": lasted, "sparks": sparks, "state": _sign, "clean": clean}
    environment.globals |= {"link": _link, "present": _present, "utc": _utc}
    return environment.get_template("index.html.j2")


def _base(out: Path, folder: Path) -> str:
    """The way from the history page to the folder of the reports, as the beginning of a link."""
    try:
        way = os.path.relpath(folder.resolve(), out.parent.resolve())
    except ValueError as error:
        raise RunError(f"{out} lies on another drive than {folder}. Type --out {folder / 'index.html'}.", 8) from error
    return "" if way == "." else f"{Path(way).as_posix()}/"


def _link(path: str) -> str:
    """A relative link in which nothing can be taken for a scheme, a query or markup."""
    return "./" + "/".join(quote(part.encode("utf-8", "surrogateescape"), safe="") for part in path.split("/"))


def _check(path: Path) -> None:
    """Refuse to replace what is not a history page."""
    if not os.path.lexists(path):
        return
    try:
        ours = path.is_file() and not path.is_symlink() and MARK.encode() in path.read_bytes()[:4_000]
    except OSError:
        ours = False
    if not ours:
        fix = "Choose another name with --out."
        raise RunError(f"{path} is there already and is no history page; it was left alone. {fix}", Code.WRITE)


def _leftover(out: Path, taken: Sequence[Path]) -> Iterator[Path]:
    """History pages of an earlier, longer history."""
    numbered = re.compile(rf"{re.escape(out.stem)}-[0-9]+\.html")
    for path in out.parent.iterdir():
        if numbered.fullmatch(path.name) and path not in taken:
            try:
                _check(path)
            except RunError:
                continue
            yield path


# --- what stands on which page ---


def _sheets(reports: Sequence[Report], stem: str) -> list[Sheet]:
    """The pages: first all reports with their newest rows, then the older rows of each report."""
    firsts = [reports[at : at + MOST_REPORTS] for at in range(0, len(reports), MOST_REPORTS)] or [[]]
    number, sheets, later = len(firsts), list[Sheet](), list[Sheet]()
    for page, group in enumerate(firsts, 1):
        here = []
        for at, report in enumerate(group):
            rows, share = list(_rows(report)), MOST_ROWS // len(group)
            anchor = f"report-{(page - 1) * MOST_REPORTS + at + 1}"
            rest = [rows[start : start + MOST_ROWS] for start in range(share, len(rows), MOST_ROWS)]
            names = [_name(stem, page), *(_name(stem, number + n) for n in range(1, len(rest) + 1)), ""]
            older = f"{names[1]}#{anchor}" if rest else ""
            here.append(Section(report=report, anchor=anchor, rows=tuple(rows[:share]), whole=True, older=older))
            for n, part in enumerate(rest, 1):
                newer, older = f"{names[n - 1]}#{anchor}", f"{names[n + 1]}#{anchor}" if names[n + 1] else ""
                section = Section(report=report, anchor=anchor, rows=tuple(part), whole=False, newer=newer, older=older)
                later.append(Sheet(name=names[n], sections=(section,)))
            number += len(rest)
        sheets.append(Sheet(name=_name(stem, page), sections=tuple(here)))
    return [*sheets, *later]


def _name(stem: str, number: int) -> str:
    return f"{stem}.html" if number == 1 else f"{stem}-{number}.html"


def _rows(report: Report) -> Iterator[Row]:
    """Runs and missed due times, the newest first, in one order."""
    missed = list(report.missed)
    for run in report.runs:
        while missed and missed[-1].first > run.began:
            yield _missed_row(missed.pop(), report)
        yield _run_row(run, report)
    while missed:
        yield _missed_row(missed.pop(), report)


def _missed_row(missed: Missed, report: Report) -> Row:
    zone = report.zone
    count = f"{'more than ' if missed.more else ''}{missed.count:,} runs" if missed.count > 1 else "1 run"
    until = f", the last {local(missed.last, zone)}" if missed.count > 1 else ""
    overdue = " Nothing has run since." if missed is report.overdue else ""
    text = f"{count} due{until}; none began.{overdue}"
    when = f"due {local(missed.first, zone)}"
    return Row(began=missed.first, when=when, sign=SIGNS["missed"], notes=(text,))


def _run_row(run: Run, report: Report) -> Row:
    record = run.record
    over = record is not None and run.state in ("complete", "failed")
    seconds = record.seconds if record is not None and run.state != "running" else None
    notes = [clean(one) for one in _notes(run, report.zone)]
    return Row(
        began=run.began,
        when=local(run.began, report.zone),
        sign=_sign(run),
        link=run.page,
        took=_took(seconds),
        ended=f"{record.exit_code}: {meaning(record.exit_code)}" if record is not None and over else "",
        numbers=tuple(_number(metric, since) for metric, since in run.numbers[:MOST_NUMBERS]),
        more=max(0, len(run.numbers) - MOST_NUMBERS),
        notes=tuple(notes[:MOST_NOTES]),
    )


def _sign(run: Run) -> tuple[str, str, str]:
    breached = run.state == "complete" and run.record is not None and any(one.breached for one in run.record.thresholds)
    return SIGNS["breached" if breached else run.state]


def _took(seconds: float | None) -> str:
    if seconds is None or not 0 <= seconds < 1e9:
        return "–" if seconds is None else "?"
    return f"{seconds:.1f} s" if seconds < 60 else lasted(timedelta(seconds=seconds))


def _number(metric: Metric, since: Change | None) -> Number:
    value = clean(measured(metric))
    name = clean(label(metric.name, metric.key), 80)
    if since is None:
        return Number(name=name, value=value)
    if math.isnan(since.interval.estimate):
        return Number(name=name, value=value, change=f"no change can be told: {clean(since.interval.missing)}")
    if metric.shows == "simulation":
        return Number(name=name, value=value, change=_short(since), basis=clean(since.interval.missing))
    if since.shared == "all":
        change = "no change, same data" if since.interval.estimate == 0 else f"{_short(since)}, same data"
        return Number(name=name, value=value, change=change, basis=since.basis)
    return Number(name=name, value=value, change=clean(signed(since.interval)), basis=since.basis)


def _short(since: Change) -> str:
    """A change without the reason why it has no interval."""
    return clean(signed(since.interval).partition(" (no interval")[0])


def _notes(run: Run, zone: ZoneInfo) -> Iterator[str]:
    """What a reader should know of a run besides its numbers."""
    if run.punctual is not None:
        yield from _timing(run.punctual, zone)
    if run.trouble:
        yield run.trouble
    if run.record is None:
        return
    if run.record.error is not None and run.state != "running":
        at = f"Step {run.record.error.step} of {run.record.error.steps}: " if run.record.error.step else ""
        yield f"{at}{run.record.error.message}"
    for one in run.record.thresholds:
        if one.breached:
            value = "" if one.value is None else f", found {one.value:.6g}"
            yield f"Breached: {one.condition}{value}{f' ({one.reason})' if one.reason else ''}"


def _timing(mark: Punctuality, zone: ZoneInfo) -> Iterator[str]:
    if mark.kind == "in the future":
        yield "Dated in the future: a clock is or was wrong."
    if mark.due is None:
        return
    due = local(mark.due, zone)
    if mark.kind == "late":
        yield f"Late: due {due}, began {lasted(mark.late)} after."
    elif mark.kind == "doubled":
        yield f"Doubled: the second or later run for {due}."
    elif mark.kind == "retry":
        yield f"Retry: the run for {due} had failed."


def sparks(report: Report) -> list[tuple[str, str, Markup]]:
    """The headline numbers of the last complete run: the name, the value, and the picture over the runs before it."""
    last = report.last_complete
    if last is None:
        return []
    found = []
    for metric, _ in last.numbers[:MOST_NUMBERS]:
        points = [
            Point(began=run.began, value=as_interval(one))
            for run in reversed(report.runs)
            for one, _ in run.numbers
            if (one.name, one.key, one.unit) == (metric.name, metric.key, metric.unit)
        ]
        name = clean(label(metric.name, metric.key), 80)
        found.append((name, clean(measured(metric)), sparkline(name, points)))
    return found


def _present(report: Report) -> tuple[str, str, str]:
    """How a report stands now: the sign of its last run that is over, or of the one that runs first."""
    return _sign(report.last or report.runs[0]) if report.runs else ("plain", "–", "No run yet")


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
