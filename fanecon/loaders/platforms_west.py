"""YouTube, Meta, X and Google Analytics: the downloads of their dashboards.

YouTube puts the sum of all videos above them, and stops at 500 rows.  Meta writes `08/15/2026 05:00` in the zone of
the account, and ids of seventeen digits that any spreadsheet turns into `1.22158E+17`: the post can no longer be
named, so the row is refused.  Google writes comments above its table and, with several tables, between them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fanecon.loaders.cells import Unreadable, day, heading, plain
from fanecon.loaders.figures import printed_notes, rows
from fanecon.loaders.files import Opened
from fanecon.loaders.platforms_items import LIFETIME, VIEWS, both, capped, needs_zone, posts, undated, whole
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import find_header
from fanecon.loaders.spec import Columns, Spec, fields, format_of, joined, read_sheet, recognise
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place
from fanecon.tables import ITEM_DAILY, ITEMS

PACIFIC = "A day of YouTube is one of its own clock (Pacific time), whatever the zone of the channel."
YOUTUBE = Spec(
    name="youtube_table",
    what="YouTube Studio's table of videos (Table data.csv)",
    signs=(("Content", "Video title", "Views"), ("Content", "Video publish time", "Views")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! Content",
            "title": "text Video title",
            "published": "time Video publish time",
            "impressions": "count Impressions|Thumbnail impressions",
            "reads": "count! Views",
            "likes": "count Likes",
            "shares": "count Shares",
            "comments": "count Comments added|Comments",
            "followers_net": "balance Subscribers",
            "followers_gained": "count Subscribers gained",
            "avg_seconds": "seconds Average view duration",
        }
    ),
    constants={"platform": "youtube", "kind": "video"},
    tz="UTC",
    order="mdy",
    derive=posts("UTC"),
    remarks=both(capped(500), needs_zone("YouTube"), undated),
    notes=("The row Total is left out.", "followers_net (Subscribers) is people won less people lost."),
    lossy=(VIEWS, "The columns and the period were chosen by whoever made the download: the file does not say which."),
)


def _by_day(columns: Columns, ask: Ask) -> None:
    days_ = len(columns["stat_date"])
    columns |= {"item_id": ["account"] * days_, "channel": ["all"] * days_, "cumulative": [False] * days_}


YOUTUBE_DAYS = Spec(
    name="youtube_days",
    what="YouTube Studio's table of days (Table data.csv, by date)",
    signs=(("Date", "Views", "Watch time (hours)"), ("Date", "Engaged views", "Watch time (hours)")),
    table=ITEM_DAILY,
    fields=fields(
        {
            "stat_date": "day!! Date",
            "reads": "count! Views",
            "likes": "count Likes",
            "shares": "count Shares",
            "comments": "count Comments added|Comments",
            "followers_gained": "count Subscribers gained",
        }
    ),
    derive=_by_day,
    notes=("Each row is one day of the whole channel (item_id 'account'); the row Total is left out.",),
    lossy=(VIEWS, "Hours watched, revenue, impressions and net subscribers by day stay in extra.", PACIFIC),
)


def _meta(columns: Columns, ask: Ask) -> None:
    liked = zip(whole(columns, "reactions"), whole(columns, "liked"), strict=True)
    columns["likes"] = [one if one is not None else other for one, other in liked]
    posts("UTC")(columns, ask)


META = Spec(
    name="meta_content",
    what="Meta Business Suite's list of posts",
    signs=(("Post ID", "Publish time", "Permalink"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! Post ID",
            "account": "id Page ID|Account ID",
            "owner": "text Page name|Account name",
            "title": "text Title",
            "published": "time!! Publish time",
            "url": "text Permalink",
            "reads": "count Views|Impressions",
            "readers": "count Reach",
            "reactions": "count Reactions",
            "liked": "count Likes",
            "comments": "count Comments",
            "shares": "count Shares",
            "saves": "count Saves",
            "followers_gained": "count Follows",
        }
    ),
    constants={"platform": "meta", "kind": "post"},
    tz="UTC",
    order="mdy",
    derive=_meta,
    kept=("owner",),
    remarks=needs_zone("Meta"),
    notes=("Dates are read as month/day/year, as Meta writes them.",),
    lossy=("readers (Reach) are people who saw the post, reads (Views) how often it was seen.", LIFETIME),
)


def _x_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield from printed_notes(columns, "engagement_rate", "engagements", "impressions")
    if not ask.tz and "day" in columns.get("time_precision", []):
        yield "The file has days without a zone: UTC is assumed."


X = Spec(
    name="x_analytics",
    what="X's (Twitter's) analytics download",
    signs=(("Tweet id", "time", "impressions"), ("Post id", "Date", "Impressions")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! Tweet id|Post id",
            "url": "text Tweet permalink|Post Link",
            "title": "text Tweet text|Post text",
            "published": "time!! time|Date",
            "impressions": "count! impressions",
            "engagements": "count engagements",
            "engagement_rate": "share engagement rate",
            "shares": "count retweets|Reposts",
            "comments": "count replies",
            "likes": "count likes",
            "saves": "count Bookmarks",
            "clicks_times": "count url clicks",
            "followers_gained": "count New follows|follows",
        }
    ),
    constants={"platform": "x", "kind": "post"},
    tz="UTC",
    order="mdy",
    derive=posts("UTC"),
    remarks=_x_remarks,
    kept=("engagements", "engagement_rate"),
    notes=("title is the text of the post.",),
    lossy=("Engagements and clicks on the profile stay in extra.", LIFETIME),
)

_GOOGLE = re.compile(r"#\s*(?P<which>start|end) date:\s*(?P<day>\d{8})", re.IGNORECASE)
GA4 = Spec(
    name="ga4_pages",
    what="a download of Google Analytics 4 by page",
    signs=(("Page path and screen class", "Views"), ("Page path", "Views"), ("Page title and screen class", "Views")),
    table=ITEM_DAILY,
    fields=fields(
        {
            "item_id": "text!! Page path and screen class|Page path|Page title and screen class|Page title"
            "|Page location",
            "reads": "count! Views",
            "readers": "count Active users|Total users|Users",
        }
    ),
    constants={"channel": "all", "cumulative": False},
    lossy=(
        "stat_date is the last day of the period and window_days its length: the rows are sums over it, not days.",
        "readers are active users of a page: people do not add up over pages.",
        "Average engagement time, events and revenue stay in extra; the time zone is that of the property.",
    ),
)


def _period(opened: Opened, lines: Iterable[tuple[int, str]]) -> tuple[dt.date, dt.date]:
    """First and last day as the comments above the table say."""
    found = {}
    for number, line in lines:
        named = _GOOGLE.match(line)
        try:
            if named:
                found[named["which"].casefold()] = day(named["day"])
        except Unreadable as error:
            at = [Place(row=number, value=line)]
            raise FileError(opened.file, f"A date above the table is {error}", "Export it again.", at=at) from error
    first, last = found.get("start"), found.get("end")
    if first is None or last is None or last < first:
        raise FileError(opened.file, "The period (# Start date, # End date) is missing", "Export it again as CSV.")
    return first, last


def _table(opened: Opened) -> tuple[Opened, list[tuple[int, str]], int]:
    """The file with the first table only, the comments above it, and how many rows of others were left out."""
    sheet = opened.sheets[0]
    comments = [at for at, row in enumerate(sheet.rows, 1) if row and str(row[0]).startswith("#")]
    filled = [at for at, row in enumerate(sheet.rows, 1) if at not in set(comments) and any(plain(c) for c in row)]
    first = filled[0] if filled else 1
    end = min((at for at in comments if at > first), default=len(sheet.rows) + 1)
    rows_ = [row if first <= at < end else () for at, row in enumerate(sheet.rows, 1)]
    above = [(at, ",".join(map(str, sheet.rows[at - 1]))) for at in comments if at < first]
    return replace(opened, sheets=(replace(sheet, rows=rows_),)), above, sum(at >= end for at in filled)


def _ga4(opened: Opened, ask: Ask) -> Reading:
    table, above, left = _table(opened)
    first, last = _period(opened, above)
    start = next((at for at, row in enumerate(table.sheets[0].rows) if row), 0)
    known = {heading(name): field for field, one in GA4.fields.items() for name in one.names}
    shifted = replace(table.sheets[0], rows=table.sheets[0].rows[start:])
    header = find_header(opened.file, shifted, known)
    if header is None:
        raise FileError(opened.file, "There is no table by page in the file", "Export 'Pages and screens'.")
    span = (last - first).days + 1

    def derive(columns: Columns, ask: Ask) -> None:
        columns["stat_date"] = [last] * rows(columns)
        columns["window_days"] = [span] * rows(columns)

    notes = (f"Every row is a sum over {span} days, {first} to {last}: neither a day nor since publication.",)
    told = many(left, "row of a further table in the file is", "rows of further tables in the file are")
    more = (f"{told} not read.",) if left else ()
    whole_header = replace(header, sheet=table.sheets[0], row=header.row + start)
    return read_sheet(replace(GA4, derive=derive, notes=notes + more), table, whole_header, ask)


def _is_ga4(opened: tuple[Opened, ...]) -> str:
    for one in opened:
        if not one.sheets or not any(_GOOGLE.match(str(row[0])) for row in one.sheets[0].rows[:30] if row):
            return ""
        table, _, _ = _table(one)
        kept = replace(table, sheets=(replace(table.sheets[0], rows=[row for row in table.sheets[0].rows if row]),))
        if not recognise(GA4, kept):
            return ""
    return "comment lines with a start date above a table by page"


def _ga4_format() -> Iterator[Format]:
    plain_format = format_of(GA4)
    yield replace(
        plain_format,
        recognise=_is_ga4,
        read=lambda opened, ask: joined(GA4, each(opened, lambda one: _ga4(one, ask))),
    )


FORMATS: tuple[Format, ...] = (*(format_of(one) for one in (YOUTUBE, YOUTUBE_DAYS, META, X)), *_ga4_format())
