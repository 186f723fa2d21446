"""The history: what became of every run of every report in a folder, and what was due and did not come.

The folder `.runs` beside the pages holds one record for each run, whatever its end (see `publish` and `kept`).  The
order of runs is that of their names, which begin with the time, and then of the time that the record gives; a clock
that was set back puts a run where its clock says, and loses none.

A schedule is what the records say, or what the caller says over them.  Where it changed, each stretch of runs is judged
by its own; a run without a schedule among scheduled ones was made by hand and stands in for none of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fanecon.errors import FileError, ParameterError
from fanecon.report.history.kept import FUTURE, Run, read_runs, with_pages
from fanecon.report.history.schedule import (
    Beginning,
    Judged,
    Missed,
    Punctuality,
    Schedule,
    judge,
    read_schedule,
    read_zone,
)
from fanecon.report.history.summary import headline
from fanecon.report.record import Record

SINCE = timedelta(days=7)
LONG = timedelta(days=1)
Said = tuple[str, str]  # a schedule and its zone


@dataclass(frozen=True, kw_only=True)
class Report:
    """One page and its runs, the newest first.

    Parameters
    ----------
    name
        The file name of the page.
    missed
        Due times without a run, the oldest first; `overdue` is the last of them if nothing has run since.
    alarms
        What somebody should look at, one sentence each.
    """

    name: str
    title: str
    runs: tuple[Run, ...]
    zone: ZoneInfo
    every: str = ""
    missed: tuple[Missed, ...] = ()
    overdue: Missed | None = None
    next_due: datetime | None = None
    grace: timedelta = timedelta(0)
    alarms: tuple[str, ...] = ()

    @property
    def last_complete(self) -> Run | None:
        """The newest run that is complete."""
        return next((run for run in self.runs if run.state == "complete"), None)

    @property
    def last(self) -> Run | None:
        """The newest run that is over."""
        return next((run for run in self.runs if run.state != "running"), None)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the caller says about the schedule, over what the records say, and the moment to judge at.

    Parameters
    ----------
    since
        How far back a missed due time is a reason for alarm.
    """

    every: str | None = None
    zone: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    since: timedelta = SINCE

    def check(self) -> None:
        """Refuse a schedule or a zone that cannot be read.

        Raises
        ------
        ParameterError
            If one of them is given and cannot stand.
        """
        if self.zone is not None:
            read_zone(self.zone)
        if self.every is not None:
            read_schedule(self.every, self.zone or "UTC")


def read_history(folder: Path, plan: Plan | None = None) -> tuple[Report, ...]:
    """The reports of a folder with all their runs, by name.

    Raises
    ------
    FileError
        If the folder holds no history.
    ParameterError
        If the schedule of the plan cannot be read.
    """
    plan = plan or Plan()
    plan.check()
    place = folder / ".runs"
    try:
        names = sorted(one.name for one in place.iterdir() if one.is_dir() and not one.is_symlink())
    except OSError as error:
        fix = "Name the folder in which fanecon run writes pages, such as reports."
        raise FileError(str(folder), f"holds no history of runs: .runs {error.strerror}", fix) from error
    failed = _names(folder / "failed")
    return tuple(_report(folder, name, failed, plan) for name in names)


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(one.name for one in folder.iterdir() if one.is_file() and not one.is_symlink())
    except OSError:
        return frozenset()


def _report(folder: Path, name: str, failed: frozenset[str], plan: Plan) -> Report:
    runs = sorted(read_runs(folder / ".runs" / name), key=lambda run: run.order)
    linked, page_alarm = with_pages(runs, folder, name, failed)
    known = [run.record for run in runs if run.record is not None]
    report = Report(
        name=name,
        title=next((one.notebook.title or one.notebook.name for one in reversed(known)), ""),
        runs=tuple(_with_numbers(linked)),
        zone=_zone(plan.zone or (known[-1].zone if known else "UTC")),
    )
    judged = _judged(report, plan)
    return replace(judged, runs=judged.runs[::-1], alarms=(*_alarms(judged, plan), *page_alarm, *judged.alarms))


def _zone(name: str) -> ZoneInfo:
    try:
        return read_zone(name)
    except ParameterError:
        return read_zone("UTC")


def _with_numbers(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs, oldest first, with their headline numbers and the changes since the last complete run before each."""
    before: Record | None = None
    for run in runs:
        if run.state == "complete" and run.record is not None:
            yield replace(run, numbers=tuple(headline(run.record, before)))
            before = run.record
        else:
            yield run


# --- schedules ---


def _judged(report: Report, plan: Plan) -> Report:
    """A report, its runs oldest first, with the punctuality of its runs and what was missed."""
    marks = dict[int, Punctuality]()
    missed, alarms, every, last = list[Missed](), list[str](), "", None
    for (every, zone), members, until in _segments(report.runs, plan):
        try:
            schedule = read_schedule(every, zone)
        except ParameterError:
            alarms.append(
                f"The schedule {every[:80]!r} in {zone[:40]!r} cannot be read, so nobody can tell what is due."
            )
            last = None
            continue
        last = (schedule, _judge(schedule, [report.runs[at] for at in members], until, plan.now))
        marks.update(zip(members, last[1].runs, strict=True))
        missed += last[1].missed
    runs = tuple(replace(run, punctual=marks.get(at)) for at, run in enumerate(report.runs))
    report = replace(report, runs=runs, missed=tuple(missed), every=every, alarms=tuple(alarms[-1:]))
    if last is None:
        return report
    return replace(report, overdue=last[1].overdue, next_due=last[1].next_due, grace=last[0].grace)


def _judge(schedule: Schedule, runs: Sequence[Run], until: datetime, now: datetime) -> Judged:
    """The runs of one stretch; where another schedule took over, its first run stands for the last due time before."""
    if until < now:
        until = max(until - schedule.period, *(run.began for run in runs))
    beginnings = [Beginning(began=run.began, failed=run.state not in ("complete", "running")) for run in runs]
    return judge(schedule, beginnings, until=until)


def _segments(runs: Sequence[Run], plan: Plan) -> Iterator[tuple[Said, list[int], datetime]]:
    """Stretches of runs under one schedule: the schedule, which runs, and when another took over (or now)."""
    told = [(said, at) for at, said in enumerate(_schedules(runs, plan)) if said is not None]
    groups = [(said, [at for _, at in group]) for said, group in itertools.groupby(told, key=lambda pair: pair[0])]
    for number, (said, members) in enumerate(groups):
        until = plan.now
        if number + 1 < len(groups):
            until = min(plan.now, runs[groups[number + 1][1][0]].began)
        yield said, members, until


def _schedules(runs: Sequence[Run], plan: Plan) -> list[Said | None]:
    """For each run what schedule it belongs to: one by hand to none, one without a record to that of the run before."""
    told: list[Said | None] = []
    last: Said | None = None
    for run in runs:
        said = last
        if run.record is not None:
            said = None if run.record.every is None else (run.record.every, plan.zone or run.record.zone)
        told.append(said)
        last = said or last
    if plan.every is None:
        return told
    zones = [run.record.zone for run in runs if run.record is not None]
    return [(plan.every, plan.zone or (zones[-1] if zones else "UTC"))] * len(runs)


# --- alarms ---


def _alarms(report: Report, plan: Plan) -> Iterator[str]:
    """What somebody should look at; the runs of the report are oldest first."""
    last = next((run for run in reversed(report.runs) if run.state != "running"), None)
    if last is None and not report.runs:
        yield "There is no run."
    if last is not None and last.state != "complete":
        yield {
            "failed": "The last run failed.",
            "interrupted": "The last run was interrupted.",
            "unreadable": "The record of the last run cannot be read.",
        }[last.state]
    if report.overdue is not None:
        times = report.overdue.count
        more = "" if times == 1 else f", and {times - 1:,} more since"
        yield f"Overdue: a run was due {local(report.overdue.first, report.zone)}{more}."
    old = [one for one in report.missed if one is not report.overdue and one.last >= plan.now - plan.since]
    if old:
        yield f"Missed: {sum(one.count for one in old):,} of the runs that were due lately."
    for run in report.runs:
        if run.state == "running" and run.began < plan.now - LONG:
            yield f"A run has been at work since {local(run.began, report.zone)}."
    if any(run.began > plan.now + FUTURE for run in report.runs):
        yield "A run is dated in the future: a clock was wrong then, or is wrong now."


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the clock of a zone shows it, with the zone's short name."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
