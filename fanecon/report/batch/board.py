"""The board: what a reader sees of a batch while it works, and the table when it is done.

In a log one event is one plain line with its time and the name of the report, so that `grep` finds what belongs
together.  On a terminal there is one line for each run at work, with its step and the time so far, below those that
have ended.  Names come from parameters and headings from notebooks: they are shown without control characters, and
never read as markup.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from fanecon.report.batch.fleet import Outcome
from fanecon.report.codes import MEANING, Code
from fanecon.report.printable import printable
from fanecon.report.runner.events import Event

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDEST = 60


def worded(event: Event) -> str:
    """An event in words, without its time and report."""
    at = f"step {event.get('step')} of {event.get('steps')}"
    words = {
        "run_began": "began",
        "step_began": f"{at}: {event.get('heading')}",
        "step_ended": f"{at} took {event.get('seconds') or 0:.1f} s",
        "step_failed": f"{at} failed",
        "page_began": "the notebook has run; making the page",
        "cleared": f"run {event.get('run')} had been ended from outside; it is put away as failed",
        "run_ended": _ended(event),
        "batch_began": f"{event.get('reports')} to make, at most {event.get('jobs')} at once",
        "batch_ended": f"done in {event.get('seconds') or 0:.1f} s, exit code {event.get('code')}",
        "not_started": f"not started. {event.get('message')}",
    }
    return printable(words.get(event["event"], str(event.get("message") or event["event"])))


def _ended(event: Event) -> str:
    code, took = event.get("code"), f"in {event.get('seconds') or 0:.1f} s"
    notes = "".join(f" Note: {one}" for one in event.get("warnings") or ())
    if code == Code.DONE:
        return f"complete {took}" + (f": {event['page']}" if event.get("page") else "") + notes
    meaning = MEANING.get(Code(code), "") if code in set(Code) else ""
    return f"{event.get('status')} {took}, exit code {code} ({meaning}): {_reason(code, event)}"


def _reason(code: int | None, event: Mapping[str, Any]) -> str:
    """Why a run did not end well, in one line; the rest is on the page of the failed run."""
    lines = str(event.get("message") or "").splitlines()
    if code == Code.THRESHOLD:
        return " ".join(lines)
    more = f" See {event['page']}" if event.get("page") else ""
    return f"{' '.join(lines[:1])}{more}"


class Lines:
    """Events as plain lines of a log."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write, self.open = write, True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        """Write one event; a log that nobody reads any more does not end the runs."""
        about = f"{printable(event['report'])}: " if event["report"] else ""
        if self.open:
            try:
                self.write(f"{event['time'][:19]}Z {about}{worded(event)}")
            except OSError:
                self.open = False


class Live:
    """Events as a display that stays in its place on a terminal."""

    def __init__(self, console: Console, reports: int) -> None:
        from rich.live import Live as Display

        self.reports, self.ended = reports, 0
        self.at_work: dict[str, tuple[float, str]] = {}
        self.display = Display(console=console, get_renderable=self._drawn, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self.display.start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self.display.stop()

    def __call__(self, event: Event) -> None:
        """Note one event; what has ended, or was to be told, goes above the display and stays."""
        name, kind = event["report"], event["event"]
        if kind in ("run_ended", "not_started"):
            self.at_work.pop(name, None)
            self.ended += 1
        elif name and kind != "waiting":
            since = self.at_work.get(name, (time.monotonic(), ""))[0]
            self.at_work = {**self.at_work, name: (since, _where(event) or self.at_work.get(name, (0, ""))[1])}
        if kind in ("run_ended", "not_started", "waiting", "cleared"):
            with suppress(OSError):  # a terminal that was closed does not end the runs; its signal does, in order
                self._print(event)

    def _print(self, event: Event) -> None:
        from rich.text import Text

        style = {"run_ended": _style(event.get("code"))}.get(event["event"], "dim")
        sign = {"run_ended": _sign(event.get("code"))}.get(event["event"], "·")
        words = worded({**event, "page": None})  # the table at the end has it
        line = Text.assemble((f"{sign} ", style), (printable(event["report"]), "bold"), f"  {words}")
        self.display.console.print(line, soft_wrap=True, highlight=False)

    def _drawn(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for ratio in (2, 1, 3):
            table.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
        for name, (since, where) in list(self.at_work.items()):
            table.add_row(Text(printable(name)), Text(_clock(time.monotonic() - since), "dim"), Text(where))
        rest = self.reports - self.ended - len(self.at_work)
        told = f"{self.ended} of {self.reports} done, {len(self.at_work)} at work, {rest} waiting"
        table.add_row(Text(told, "dim"), "", "")
        return table


def _where(event: Event) -> str:
    if event["event"] in ("step_began", "step_ended", "step_failed"):
        return printable(f"step {event['step']} of {event['steps']}  {event.get('heading') or ''}")
    return "making the page" if event["event"] == "page_began" else "starting" if event["event"] == "run_began" else ""


def _sign(code: int | None) -> str:
    return {Code.DONE: "✓", Code.THRESHOLD: "!"}.get(Code(code), "✗") if code in set(Code) else "✗"


def _style(code: int | None) -> str:
    return {"✓": "green", "!": "yellow"}.get(_sign(code), "red")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def table(outcomes: Iterable[Outcome]) -> list[tuple[str, ...]]:
    """The rows of the table at the end: report, how it ended, code, seconds, the page or the reason."""
    rows: list[tuple[str, ...]] = [("report", "status", "code", "seconds", "page or reason")]
    for one in outcomes:
        fine = one.status == "complete" and one.exit_code == Code.DONE
        told = one.page if fine else _reason(one.exit_code, one.model_dump())
        code, took = ("" if found is None else f"{found:g}" for found in (one.exit_code, _tenths(one.seconds)))
        rows.append((printable(one.report), one.status, code, took, printable(told or "")))
    return rows


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
