"""The content list of WeChat's backend (``total_*.xls``), cell by cell.

The list comes in generations that look alike and count differently, and the file does not say so.  Until 2025
送达阅读率 divides *times* by people: one follower who opens a message three times counts three.  Since 2026 the same
header stands over people divided by people.  A curve drawn through both shows a fall of the open rate that never
happened; hence :attr:`Listed.numerator`.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from fanecon.loaders.cells import Number, Share, count, is_missing, number, plain, share
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.rows import (
    Body,
    Complaints,
    Header,
    beyond,
    body_of,
    is_total_word,
    needed_day,
    not_empty,
    tolerant_day,
)

PLATFORM = "wechat_oa"
WINDOW = 7
UNKNOWN_NOTE = "The file does not name the account: account_id is 'unknown'. Pass account_id='…' before joining files."

LIST = {
    "title": ("内容标题", "文章标题", "标题"),
    "published_date": ("发表时间", "发表日期"),
    "readers": ("总阅读人数", "阅读人数"),
    "reads": ("总阅读次数", "阅读次数"),
    "sharers": ("总分享人数", "分享人数"),
    "shares": ("总分享次数", "分享次数"),
    "followers_gained": ("阅读后关注人数",),
    "delivered": ("送达人数",),
    "session_reads": ("公众号消息阅读次数",),
    "delivered_rate": ("送达阅读率",),
    "first_shares": ("首次分享次数",),
    "share_reads": ("分享产生阅读次数",),
    "first_share_rate": ("首次分享率",),
    "reads_per_share": ("每次分享带来阅读次数",),
    "finish_rate": ("阅读完成率",),
    "url": ("内容url", "内容链接"),
}
PARTS = {
    "delivered_rate": ("session_reads", "delivered"),
    "first_share_rate": ("first_shares", "session_reads"),
    "reads_per_share": ("share_reads", "shares"),
}
_PEOPLE = ("readers", "sharers", "followers_gained", "delivered")
_TIMES = ("reads", "shares", "session_reads", "first_shares", "share_reads")
_SHARES = ("delivered_rate", "finish_rate", "first_share_rate")

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A content list whose cells have been read: one entry per article in every sequence."""

    file: str
    body: Body
    days: Sequence[dt.date]
    counts: Mapping[str, Sequence[Number]]
    rates: Mapping[str, Sequence[Share]]

    def __len__(self) -> int:
        return len(self.days)

    @property
    def numerator(self) -> str:
        """What 送达阅读率 counts: ``times`` where the file has columns of times, else ``people``."""
        return "times" if any(name in self.counts for name in _TIMES) else "people"

    @property
    def format(self) -> str:
        """The generation of the list, by the columns it has."""
        if self.numerator == "people":
            return "wechat_backend_9"
        return "wechat_backend_16" if "delivered" in self.counts else "wechat_backend_14"


def made_id(title: str, on: dt.date) -> str:
    """The id of an article that the file names by title and day only; the same in every download."""
    return f"{on:%Y%m%d}_{hashlib.sha256(plain(title).encode()).hexdigest()[:8]}"


def parse_list(opened: Opened, header: Header) -> Listed:
    """Every cell of a content list, read.

    Raises
    ------
    FileError
        If there is no article, or with every cell that cannot be used.
    """
    body = body_of(header, is_total=lambda row: _sums_articles(header, row, opened.epoch))
    day_of = functools.partial(needed_day, epoch=opened.epoch)
    not_empty(opened.file, body, "article")
    complaints = Complaints(opened.file, header.sheet.name)
    listed = Listed(
        file=opened.file,
        body=body,
        days=complaints.read(body, "published_date", day_of, dt.date.min),
        counts=_parsed(body, complaints, (*_PEOPLE, *_TIMES), count, Number()),
        rates={
            **_parsed(body, complaints, _SHARES, share, Share()),
            **_parsed(body, complaints, ("reads_per_share",), _ratio, Share()),
        },
    )
    for name in listed.rates:
        _one_scale(listed, name, complaints)
    for name in _SHARES:
        _not_above_one(listed, name, complaints)
    beyond(body, complaints)
    complaints.stop()
    return listed


def _parsed(
    body: Body, complaints: Complaints, names: Sequence[str], parse: Callable[[object], Value], instead: Value
) -> dict[str, list[Value]]:
    present = [name for name in names if name in body.header.columns]
    return {name: complaints.read(body, name, parse, instead) for name in present}


def _sums_articles(header: Header, row: Row, epoch: int | None) -> bool:
    filled = [cell for cell in row if plain(cell)][:2]
    if not any(is_total_word(cell) for cell in filled):
        return False
    at = header.columns
    linked = "url" not in at or (at["url"] < len(row) and not is_missing(row[at["url"]]))
    dated = at["published_date"] < len(row) and tolerant_day(row[at["published_date"]], epoch)
    return not (linked and dated)


def _ratio(cell: object) -> Share:
    found = number(cell)
    if found.value is None:
        return Share()
    exponent = found.value.as_tuple().exponent
    return Share(found.value, "", max(0, -exponent) if isinstance(exponent, int) else 0)


def _one_scale(listed: Listed, name: str, complaints: Complaints) -> None:
    scales = Counter(one.scale for one in listed.rates[name] if one.scale)
    if len(scales) < 2:
        return
    rarer = scales.most_common()[-1][0]
    for at, one in enumerate(listed.rates[name]):
        if one.scale == rarer:
            _complain(listed, name, at, "percents and fractions in one column", complaints)


def _not_above_one(listed: Listed, name: str, complaints: Complaints) -> None:
    for at, one in enumerate(listed.rates.get(name, ())):
        if one.value is not None and one.value > 1 and not _confirmed(listed, name, at, one.value):
            _complain(listed, name, at, "a share above 1 (write 3.74% or 0.0374)", complaints)


def _confirmed(listed: Listed, name: str, at: int, value: Decimal) -> bool:
    made = divided(listed, name, at) if name in PARTS else None
    return made is not None and abs(value - made) <= made / 100


def _complain(listed: Listed, name: str, at: int, reason: str, complaints: Complaints) -> None:
    number_, row = listed.body.rows[at]
    header = listed.body.header
    column = header.name(header.columns[name])
    complaints.add(reason, row=number_, column=column, value=listed.body.cell(row, name))


def divided(listed: Listed, name: str, at: int) -> Decimal | None:
    """The rate at a row from its parts; None where a part is absent, only a floor, rounded or zero below."""
    parts = [listed.counts[part][at] for part in PARTS[name] if part in listed.counts]
    if len(parts) < 2 or any(part.value is None or part.is_floor or part.is_rounded for part in parts):
        return None
    above, below = (part.value for part in parts)
    return above / below if above is not None and below else None
