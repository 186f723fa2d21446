"""The follower table of WeChat's backend (``user_analysis.xls``), one row per day.

The original is an HTML table under an Excel name, newest day first.  Its newest row often holds dashes: the day is not
counted yet.  Read as zero it looks like a day on which nobody came; so it is left out and said.  A dash between known
days stays in the table as a missing value.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders.cells import Number, balance, count, is_missing
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.rows import (
    Body,
    Complaints,
    Header,
    beyond,
    body_of,
    extras,
    finish,
    floors,
    is_total_word,
    needed_day,
    not_empty,
    provenance,
    rounded_notes,
    tolerant_day,
)
from fanecon.loaders.wechat_list import PLATFORM, UNKNOWN_NOTE
from fanecon.schema import ACCOUNTS_DAILY, FileError, Place

FOLLOWERS = {
    "date": ("时间", "日期"),
    "followers_new": ("新关注人数", "新增关注人数"),
    "followers_lost": ("取消关注人数",),
    "followers_net": ("净增关注人数",),
    "followers_total": ("累积关注人数",),
}
FORMAT = "wechat_user_analysis"


def read_followers(opened: Opened, header: Header, account_id: str | None) -> pd.DataFrame:
    """The table `accounts_daily` of a follower table: one row per day, all sources together, oldest first.

    Raises
    ------
    FileError
        With every cell that cannot be used, or every day that stands twice.
    """
    day_of = functools.partial(needed_day, epoch=opened.epoch)
    body = _known_days(body_of(header, is_total=lambda row: _sums_days(header, row)), opened.epoch)
    not_empty(opened.file, body, "day")
    complaints = Complaints(opened.file, header.sheet.name)
    days = complaints.read(body, "date", day_of, dt.date.min)
    counts = {
        name: complaints.read(body, name, balance if name == "followers_net" else count, Number())
        for name in FOLLOWERS
        if name in header.columns and name != "date"
    }
    beyond(body, complaints)
    complaints.stop()
    _not_twice(opened.file, body, days)
    columns: dict[str, Sequence[object]] = {
        "account_id": [account_id or "unknown"] * len(days),
        "platform": [PLATFORM] * len(days),
        "date": days,
        "source": ["all"] * len(days),
        **{name: [None if one.value is None else int(one.value) for one in read] for name, read in counts.items()},
        "source_format": [FORMAT] * len(days),
        "lower_bound": floors(counts, len(days)),
        "extra": extras(body),
    }
    attrs = provenance(opened, FORMAT, kept=len(days), dropped=body.dropped, notes=())
    frame = finish(opened.file, columns, ACCOUNTS_DAILY, attrs).sort_values("date", ignore_index=True)
    frame.attrs["notes"] = (*_notes(frame), *rounded_notes(counts), *frame.attrs["notes"])
    return frame


def _sums_days(header: Header, row: Row) -> bool:
    at = header.columns["date"]
    return at < len(row) and is_total_word(row[at])


def _known_days(body: Body, epoch: int | None) -> Body:
    """The rows without those that are newer than every day that has a number, and have none."""
    days = [tolerant_day(cell, epoch) or dt.date.max for cell in body.column("date")]
    empty = [all(is_missing(body.cell(row, name)) for name in FOLLOWERS if name != "date") for _, row in body.rows]
    known = max((on for on, none in zip(days, empty, strict=True) if not none), default=dt.date.max)
    kept = [
        row for row, on, none in zip(body.rows, days, empty, strict=True) if not (none and known < on < dt.date.max)
    ]
    if len(kept) == len(body.rows):
        return body
    return replace(
        body, rows=tuple(kept), dropped={**body.dropped, "newest day without numbers": len(body.rows) - len(kept)}
    )


def _not_twice(file: str, body: Body, days: Sequence[dt.date]) -> None:
    times = Counter(days)
    numbered = zip(days, body.numbers, strict=True)
    column = body.header.name(body.header.columns["date"])
    at = [
        Place(sheet=body.header.sheet.name, row=row, column=column, value=str(on))
        for on, row in numbered
        if times[on] > 1
    ]
    if at:
        raise FileError(file, "A day stands in more than one row", "Keep one row per day.", at=at)


def _notes(frame: pd.DataFrame) -> list[str]:
    net, total = frame["followers_net"], frame["followers_total"]
    next_day = frame["date"].diff() == pd.Timedelta(days=1)
    jumps = (total.diff() != net).fillna(False).astype(bool) & next_day
    gaps = int((frame["date"].diff() > pd.Timedelta(days=1)).sum())
    return [
        "New followers are counted per day: who leaves and returns counts twice.",
        *_on(frame, net != frame["followers_new"] - frame["followers_lost"], "净增关注人数 is not new minus lost"),
        *_on(frame, jumps, "累积关注人数 does not change by 净增关注人数"),
        *([f"Days are missing in {gaps} places between the first and the last."] if gaps else []),
        *([UNKNOWN_NOTE] if (frame["account_id"] == "unknown").any() else []),
    ]


def _on(frame: pd.DataFrame, broken: pd.Series, words: str) -> list[str]:
    days = [f"{on:%Y-%m-%d}" for on in frame.loc[broken.fillna(False).astype(bool), "date"]]
    more = f" and {len(days) - 5} more days" if len(days) > 5 else ""
    return [f"{words} on {', '.join(days[:5])}{more}."] if days else []
