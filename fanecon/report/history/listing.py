"""The history as data and as lines for a terminal: the same as its page shows, for the next program and for a log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fanecon.report.history.history import Plan, Report
from fanecon.report.history.kept import Run
from fanecon.report.history.schedule import Missed, Punctuality
from fanecon.report.history.summary import clean, summarise

SCHEMA = "fanecon.history/1"


def document(reports: Sequence[Report], plan: Plan) -> dict[str, Any]:
    """All reports with all their runs as plain values for JSON, the newest run first."""
    return {
        "schema_version": SCHEMA,
        "as_of": plan.now.isoformat(),
        "alarm": any(report.alarms for report in reports),
        "reports": [_report(report) for report in reports],
    }


def _report(report: Report) -> dict[str, Any]:
    last = report.last_complete
    return {
        "page": report.name,
        "title": report.title,
        "status": report.last.state if report.last else None,
        "alarms": list(report.alarms),
        "schedule": report.every or None,
        "zone": report.zone.key,
        "next_due": report.next_due.isoformat() if report.next_due else None,
        "overdue": _missed(report.overdue) if report.overdue else None,
        "last_complete": last.id if last else None,
        "missed": [_missed(one) for one in reversed(report.missed)],
        "runs": [_run(run) for run in report.runs],
    }


def _missed(missed: Missed) -> dict[str, Any]:
    ends = {"first": missed.first.isoformat(), "last": missed.last.isoformat()}
    return {**ends, "count": missed.count, "more": missed.more}


def _run(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {"id": run.id, "began": run.began.isoformat(), "state": run.state}
    found |= {"trouble": run.trouble or None, "page": run.page or None, "schedule": _punctual(run.punctual)}
    if run.record is None:
        return found
    told = summarise(run.record, numbers=run.numbers)
    return {
        **found,
        **{name: told[name] for name in ("exit_code", "meaning", "error", "seconds", "numbers", "breached")},
    }


def _punctual(mark: Punctuality | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    due = mark.due.isoformat() if mark.due else None
    return {"kind": mark.kind, "due": due, "late_seconds": mark.late.total_seconds()}


def told(reports: Sequence[Report], pages: Sequence[Path]) -> str:
    """One line for each report, its alarms below it, and which pages were written."""
    lines = []
    for report in reports:
        state = report.last.state if report.last else "no run is over"
        lines.append(f"{clean(report.name)}: {state}, {len(report.runs):,} runs")
        lines += [f"  {clean(alarm, 400)}" for alarm in report.alarms]
    more = f" and {len(pages) - 1} more pages" if len(pages) > 1 else ""
    return "\n".join([*lines, f"Wrote {clean(str(pages[0]), 1_000)}{more}"])
