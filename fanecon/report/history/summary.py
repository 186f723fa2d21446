"""The summary: a run in a few lines, for a mail, a chat or the next program.

What is told leaves the machine, so it holds no parameter that is a secret, no path above the page, and no data but the
headline numbers.  Names and messages can come from data, and chats obey what they read: `@everyone` rings a thousand
phones, a link is fetched for its preview, `<!here>` is a command.  So the lines are plain text in which such letters
are kept apart by an invisible one; what the caller typed himself, conditions and the name of the page, is left alone,
to be copied.  The JSON keeps everything as it is, for it is data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fanecon.numbers import Interval
from fanecon.report.codes import MEANING, Code
from fanecon.report.history.changes import Change, change, pair, shared_data
from fanecon.report.printable import printable
from fanecon.report.record import Metric, Record

SCHEMA = "fanecon.summary/1"
MOST_NUMBERS = 4
MOST_BREACHES = 3
MOST_LETTERS = 160
KINDS = {"simulation": ", simulated", "assumption": ", by assumption"}
JOINER = "\N{WORD JOINER}"


Numbers = Sequence[tuple[Metric, Change | None]]


def summarise(
    record: Record, page: Path | None = None, before: Record | None = None, *, numbers: Numbers | None = None
) -> dict[str, Any]:
    """A run as plain values: what ran, how it ended, its headline numbers with their changes, where the page is.

    Parameters
    ----------
    page
        Where the page was written, as it shall be told; its own name from the record unless given.
    before
        The last complete run of the same report, for the changes.
    numbers
        The headline numbers with their changes, where they are known already.
    """
    return {
        "schema_version": SCHEMA,
        "id": record.id,
        "notebook": record.notebook.name,
        "title": record.notebook.title,
        "status": record.status,
        "exit_code": record.exit_code,
        "meaning": meaning(record.exit_code),
        "error": None if record.error is None else record.error.message,
        "began": record.began.isoformat(),
        "seconds": record.seconds,
        "numbers": [_number(*one) for one in (headline(record, before) if numbers is None else numbers)],
        "breached": [one.model_dump(mode="json") for one in record.thresholds if one.breached],
        "page": _where(record, page),
        "page_sha256": record.page.sha256 if record.page else None,
    }


def meaning(code: int) -> str:
    """What an exit code means."""
    return MEANING[Code(code)] if code in set(Code) else "an exit code that fanecon does not give"


def headline(record: Record, before: Record | None = None) -> list[tuple[Metric, Change | None]]:
    """The headline numbers of a run, each with its change since an earlier run if that had it."""
    if before is None:
        return [(one, None) for one in record.metrics if one.headline]
    shared = shared_data(before, record)
    both = pair(before.metrics, record.metrics)
    return [(now, None if old is None else change(old, now, shared=shared)) for old, now in both if now.headline]


def _number(metric: Metric, since: Change | None) -> dict[str, Any]:
    told_change = (
        None if since is None else {**_ends(since.interval), "unit": since.interval.unit, "basis": since.basis}
    )
    if since is not None and told_change is not None and since.interval.missing:
        told_change["missing"] = since.interval.missing
    kept = metric.model_dump(mode="json", include={"name", "key", "unit", "level", "shows", "sentence"})
    return {**kept, **_ends(as_interval(metric)), "change": told_change}


def _ends(interval: Interval) -> dict[str, float | None]:
    ends = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return {name: value if math.isfinite(value) else None for name, value in ends.items()}


def as_interval(metric: Metric) -> Interval:
    """A number of a record as one that prints like everywhere else; an interval that is none is left out."""
    estimate, low, high = (math.nan if one is None else one for one in (metric.estimate, metric.low, metric.high))
    if not low <= high:
        low = high = math.nan
    return Interval(estimate, low, high, metric.unit)


def measured(metric: Metric) -> str:
    """A number with its interval, and whether it is simulated or assumed, for a reader."""
    return f"{as_interval(metric)}{KINDS.get(metric.shows, '')}"


def _where(record: Record, page: Path | None) -> str | None:
    if page is not None:
        return page.as_posix()
    return record.page.file if record.page else None


def told(record: Record, page: Path | None = None, before: Record | None = None) -> str:
    """A run in three to eight lines of plain text, in which nothing is markup, a link or a name that a chat would ring.

    Parameters
    ----------
    page, before
        As for :func:`summarise`.
    """
    name = plain(record.notebook.title or record.notebook.name)
    took = f" in {record.seconds:,.0f} s" if record.seconds is not None and record.seconds < 1e9 else ""
    lines = [f"{name}: {record.status} ({record.began:%Y-%m-%d %H:%M} UTC{took})"]
    if record.error is not None:
        at = f"step {record.error.step} of {record.error.steps}, " if record.error.step else ""
        lines.append(f"Exit code {record.exit_code}, {meaning(record.exit_code)}: {at}{plain(record.error.message)}")
    lines += _breaches(record)
    numbers = headline(record, before)
    most = max(1, min(MOST_NUMBERS, 6 - len(lines)))
    lines += [_line(metric, since) for metric, since in numbers[:most]]
    if len(numbers) > most:
        lines[-1] += f" (and {len(numbers) - most} more)"
    if not numbers and len(lines) < 2:
        lines.append("The report has no headline number.")
    return "\n".join(clean(line, 400) for line in [*lines, f"Page: {_where(record, page) or 'none was written'}"])


def _breaches(record: Record) -> list[str]:
    breached = [one for one in record.thresholds if one.breached]
    lines = []
    for one in breached[:MOST_BREACHES]:
        value = "" if one.value is None else f", found {one.value:.6g}"
        lines.append(f"Threshold breached: {one.condition}{value}{f' ({plain(one.reason)})' if one.reason else ''}")
    if len(breached) > MOST_BREACHES:
        lines[-1] += f" (and {len(breached) - MOST_BREACHES} more)"
    return lines


def _line(metric: Metric, since: Change | None) -> str:
    return plain(f"{label(metric.name, metric.key)}: {measured(metric)}{_since(since)}")


def _since(since: Change | None) -> str:
    if since is None:
        return ""
    if math.isnan(since.interval.estimate):
        return f"; no change can be told ({since.interval.missing})"
    return f"; since the last complete run {signed(since.interval)}"


def label(name: str, key: str) -> str:
    """A metric's name and row for a reader."""
    words = name.replace("_", " ").strip() or "number"
    return f"{words}, {key}" if key else words


def signed(change_of: Interval) -> str:
    """A change with its sign in front."""
    return f"+{change_of}" if change_of.estimate > 0 else str(change_of)


def clean(text: str, most: int = MOST_LETTERS) -> str:
    """One line without control letters, letters that turn the direction of writing, or length without end."""
    line = " ".join(printable(text[: 10 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def plain(text: str) -> str:
    """Words from data in one line that no terminal, mail program or chat obeys.

    A joiner that nobody sees keeps `@name`, `#channel`, `<command>`, `*bold*`, `https://` and `www.example.org` from
    being one.
    """
    line = clean(text)
    pairs = zip(f" {line}", line, f"{line[1:]} ", strict=False)
    return "".join(letter + JOINER if _commands(before, letter, after) else letter for before, letter, after in pairs)


def _commands(before: str, letter: str, after: str) -> bool:
    """Whether a letter, with those around it, would begin a name to ring, markup or a link."""
    if after.isspace():
        return False
    if letter in "@#<&`[]!|":
        return True
    if letter in "*_~":
        return not before.isalnum()
    return letter in ".:/" and (after == "/" or (after.isalpha() and not before.isspace()))
