"""What every list of posts has in common: when a post came out, what it is called, and what its counts stand for.

One reader for a dozen platforms.  Their downloads differ in names and in four habits that each have cost somebody a
result: a total row on top, a cap of 500 or 1,000 rows, a title in place of an id, and a clock without a zone.  The
names are a table; the habits are treated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fanecon.loaders.figures import made_id, numbers, rows
from fanecon.loaders.reading import Ask
from fanecon.loaders.spec import Columns, days, moments
from fanecon.loaders.times import Moment

Derive = Callable[[Columns, Ask], None]
Remarks = Callable[[Columns, Ask], Iterable[str]]

SHANGHAI = "Asia/Shanghai"
NO_ID = "item_id is made from time and title: the file has no ids, and a new title makes a new id."
VIEWS = "reads are views or plays as the platform counts them: how long one must look differs from one to the next."
LIFETIME = "Counts run from publication to the moment of export, which the file does not say: older posts have more."


def posts(tz: str) -> Derive:
    """Day, instant, zone source, account and id of each post, out of `published`, `account` and `item_id`."""

    def derive(columns: Columns, ask: Ask) -> None:
        columns.setdefault("published", [Moment()] * rows(columns))
        days(columns, "published", into="published_date", tz=ask.tz or tz)
        moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
        found = columns.get("account") or [None] * rows(columns)
        columns["account_id"] = [one or ask.account_id or "unknown" for one in found]
        made = zip(columns["published_at"], columns.get("title", found), strict=True)
        given = columns.get("item_id") or [None] * len(found)
        columns["item_id"] = [one or made_id(*pair) for one, pair in zip(given, made, strict=True)]

    return derive


def capped(most: int) -> Remarks:
    """A note where a list is as long as it can be: the rest is missing, by whatever it was sorted by."""

    def remarks(columns: Columns, ask: Ask) -> Iterable[str]:
        if rows(columns) >= most:
            yield f"The list has {rows(columns):,} rows, as many as it can hold ({most:,}): others may be missing."

    return remarks


def needs_zone(platform: str) -> Remarks:
    """A loud note where the zone of the account is not known."""

    def remarks(columns: Columns, ask: Ask) -> Iterable[str]:
        if not ask.tz and "assumed" in columns.get("tz_source", []):
            yield (
                f"{platform} prints times in the zone of the account without naming it; UTC is assumed, so days may be "
                "off by one. Say it: fe.read(path, ask=Ask(tz='Asia/Shanghai'))."
            )

    return remarks


def undated(columns: Columns, ask: Ask) -> Iterable[str]:
    """A note where posts have no time: YouTube prints none for videos that are unlisted or private."""
    without = sum(one is None for one in columns["published_date"])
    if without:
        posts_ = "1 post has" if without == 1 else f"{without:,} posts have"
        yield f"{posts_} no time in the file (unlisted, private or planned): the counts are kept."


def both(*remarks: Remarks) -> Remarks:
    """Several remarks one after the other."""
    return lambda columns, ask: [note for one in remarks for note in one(columns, ask)]


def whole(columns: Columns, name: str) -> list[int | None]:
    """A column as whole numbers."""
    return [None if one is None else int(one) for one in numbers(columns, name)]
