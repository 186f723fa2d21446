"""Weibo: what crawlers write and what the platform answers.

Counts are what the page showed: `100万+` is a floor and `3056.1万` rounded, and some crawlers have already turned
both into numbers that look exact.  Times are the clock of the crawling machine, mostly without a zone.
"""

from __future__ import annotations

from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.spec import Columns, Spec, days, fields, format_of, moments
from fanecon.tables import ITEMS

SHANGHAI = "Asia/Shanghai"
_FLOORS = "Counts may be floors that the crawler has turned into numbers (100万+ → 1000000)."
_ITEM = {"account_id": "unknown", "platform": "weibo", "kind": "post"}


def _posts(columns: Columns, ask: Ask) -> None:
    """Published day and time from one column of moments, the author as account."""
    days(columns, "published", into="published_date", tz=ask.tz or SHANGHAI)
    moments(columns, "published", into="published_at", precision="time_precision")
    authors = columns.get("author") or [None] * len(columns["item_id"])
    columns["account_id"] = [author or ask.account_id or "unknown" for author in authors]


SEARCH = Spec(
    name="weibo_search",
    what="a CSV of the crawler weibo-search",
    signs=(("微博正文", "user_id", "发布时间"),),
    table=ITEMS,
    fields=fields(
        item_id="id! id",
        author="id user_id",
        title="text 微博正文",
        published="time! 发布时间",
        shares="count 转发数",
        comments="count 评论数",
        likes="count 点赞数",
        url="text 头条文章url",
    ),
    constants=_ITEM,
    tz=SHANGHAI,
    derive=_posts,
    lossy=(_FLOORS, "The text may have been edited after posting."),
)

FORMATS: tuple[Format, ...] = (format_of(SEARCH),)
