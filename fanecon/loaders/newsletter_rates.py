"""What every mail has in common: when it was sent, which opens can be believed, and what a rate is a rate of.

The denominator.  A platform prints 27.78 % and means 30 of 108 mails that arrived, not of the 110 that were sent; the
next one prints 0.048626, a third one 50.0.  So every rate is divided again here, as people who opened per mail that
arrived (`delivered_rate`), and where the printed one differs the notes say in which rows.

The break of 2021.  Since 20 September 2021 Apple's mail programs fetch every picture through a proxy, mostly without a
reader; opens rise overnight and their times and places lose their meaning, while clicks stay as they were.  A platform
that recognises the proxy prints a second count, which has a column of its own; all other opens counted after that day
carry the flag `open_inflation`.
"""

from __future__ import annotations

import datetime as dt

from fanecon.loaders.figures import divided, numbers, rows
from fanecon.loaders.reading import Ask
from fanecon.loaders.spec import Columns, days, moments
from fanecon.loaders.times import Moment
from fanecon.loaders.wording import many

PRIVACY = dt.date(2021, 9, 20)
MAIL = {"account_id": "unknown", "kind": "mail", "notified": True}
OPENS = "An open is a picture fetched, not a reading: programs that block pictures hide readers, proxies invent them."
UNKNOWN_ZONE = (
    "{platform} prints times in the zone of the account without naming it; UTC is assumed, so times may be off by up "
    "to 14 hours and days by one. Say it: fe.read(path, ask=Ask(tz='America/Toronto'))."
)


def sent(columns: Columns, ask: Ask, tz: str = "UTC") -> None:
    """Day, instant, precision and zone source out of the column `published`; the account as the caller names it."""
    columns.setdefault("published", [Moment()] * rows(columns))
    days(columns, "published", into="published_date", tz=ask.tz or tz)
    moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
    if ask.account_id:
        columns["account_id"] = [ask.account_id] * rows(columns)


def opened_per_delivered(columns: Columns) -> None:
    """The open rate: people who opened per mail that arrived, as `delivered_rate`."""
    columns["delivered_rate"] = list(divided(columns, "opens_people", "delivered"))
    columns["delivered_rate_numerator"] = [None if one is None else "people" for one in columns["delivered_rate"]]


def inflated(columns: Columns, last: str = "last_open") -> None:
    """Whether opens of a mail were counted after the break: by its last open where that is known, else by its day."""
    known = columns.pop(last, None) or [None] * rows(columns)
    ends = [one.value.date() if isinstance(one, Moment) and one.value else None for one in known]
    counted = zip(numbers(columns, "opens_people"), numbers(columns, "opens_times"), strict=True)
    latest = [end or on for on, end in zip(columns["published_date"], ends, strict=True)]
    columns["open_inflation"] = [
        _day(on) >= PRIVACY if isinstance(on, dt.date) and pair != (None, None) else None
        for on, pair in zip(latest, counted, strict=True)
    ]


def _day(on: dt.date) -> dt.date:
    return on.date() if isinstance(on, dt.datetime) else on


def inflation_notes(columns: Columns) -> list[str]:
    """How many mails count opens after the break."""
    found = columns.get("open_inflation", [])
    after, before = sum(one is True for one in found), sum(one is False for one in found)
    if not after:
        return []
    late = f" {before:,} others were sent before it; opens of theirs that came later are in them." if before else ""
    return [f"{mails(after)} opens after {PRIVACY} (Apple Mail Privacy Protection): open_inflation.{late}"]


def impossible_notes(columns: Columns) -> list[str]:
    """The rows with more people who opened, or clicked, than mails that arrived."""
    whole = numbers(columns, "delivered")
    at = columns.get("_row", list(range(1, len(whole) + 1)))
    told = []
    for name, act in (("opens_people", "opened"), ("clicks_people", "clicked")):
        pairs = zip(at, numbers(columns, name), whole, strict=True)
        more = [str(row) for row, one, all_ in pairs if one is not None and all_ is not None and one > all_]
        if more:
            shown = ", ".join(more[:5]) + (" …" if len(more) > 5 else "")
            where = many(len(more), "row", "rows")
            told.append(f"More people {act} than mails arrived in {where} (row {shown}): forwarded, or a count is cut.")
    return told


def mails(times: int) -> str:
    """The beginning of a note about some mails."""
    return many(times, "mail counts", "mails count")
