"""Every file of WeChat as a format: how it is recognised and how it is read.

The narrow ones come first.  The daily traffic table has nearly the same column names as the content list, and a reader
that takes the one for the other adds every article once per channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pandas as pd

from fanecon.loaders import (
    wechat_article,
    wechat_articles,
    wechat_comments,
    wechat_public,
    wechat_published,
    wechat_traffic,
    wechat_users,
)
from fanecon.loaders.cells import heading
from fanecon.loaders.files import HEADER_ROWS, Opened, Sheet
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Header, find_header
from fanecon.loaders.wechat_answers import EMPTY, ERROR, answers_in, calls_in, refuse_errors
from fanecon.loaders.wechat_api import TOTAL
from fanecon.loaders.wechat_calls import format_of_call, mixed_format
from fanecon.loaders.wechat_datacube import CALLS as OLD_CALLS
from fanecon.loaders.wechat_detail import CALLS as NEW_CALLS
from fanecon.loaders.wechat_followers import FOLLOWERS, read_followers
from fanecon.loaders.wechat_items import read_list
from fanecon.loaders.wechat_joined import joined_readings
from fanecon.loaders.wechat_list import LIST
from fanecon.schema import FileError
from fanecon.tables import ACCOUNTS_DAILY, ITEM_DAILY, ITEMS

FIELDS = {heading(word): name for part in (LIST, FOLLOWERS) for name in part for word in part[name]}
CALLS = (TOTAL, *OLD_CALLS, *NEW_CALLS, *wechat_users.CALLS)
_TABLES = {one.name: one for one in (ITEMS, ITEM_DAILY, ACCOUNTS_DAILY)}

FOREIGN = (
    ("the daily traffic table of WeChat's backend (tendency_*.xls)", ({"数据趋势概况"}, {"渠道"}, {"传播渠道"})),
    ("the page of a single WeChat article", ({"数据概况"}, {"阅读转化"}, {"平均停留时长(秒)"})),
    ("a table of wechat-article-exporter", ({"公众号", "链接", "标题", "创建时间"},)),
    ("a rank table of a monitoring service", ({"账号名称", "发布次数"}, {"公众号", "阅读量"}, {"公众号", "阅读数"})),
    ("a Weibo crawl", ({"微博正文"}, {"微博id"}, {"bid", "转发数"}, {"note_id", "liked_count"})),
    ("a newsletter export", ({"Unique Opens"}, {"Email Address"}, {"Email Campaign Report"}, {"post_id", "post_date"})),
    ("a campaign log", ({"邀请人"}, {"中奖状态"}, {"openid"})),
    ("a table of Xiaohongshu, Douyin or Bilibili", ({"笔记标题"}, {"作品名称"}, {"稿件标题"})),
)
_LIST_LOSSY = (
    "送达阅读率 counts times until 2025 and people since, under one name; delivered_rate_numerator says which.",
    "The list counts seven days, the page of a single article thirty: two downloads of one article may disagree.",
)
_FOLLOWERS_LOSSY = (
    "Through which source followers came is not in the file; who leaves and returns counts as new twice.",
)


def foreign(sheet: Sheet) -> str:
    """What a sheet is if it is something other than a content list or follower table; "" if nothing says so."""
    seen = {heading(cell) for row in sheet.rows[:HEADER_ROWS] for cell in row}
    named = (what for what, signs in FOREIGN if any({heading(word) for word in sign} <= seen for sign in signs))
    return next(named, "")


def _header(opened: Opened, *needed: str) -> Header | None:
    """The header that holds all needed fields, on the first sheet that has a known header."""
    for sheet in opened.sheets:
        if foreign(sheet):
            return None
        header = _found(opened.file, sheet)
        if header is not None:
            return header if set(needed) <= header.columns.keys() else None
    return None


def _found(file: str, sheet: Sheet) -> Header | None:
    try:
        return find_header(file, sheet, FIELDS)
    except FileError:
        index = next(at for at, row in enumerate(sheet.rows) if len({heading(c) for c in row} & FIELDS.keys()) >= 2)
        row = sheet.rows[index]
        return Header(
            sheet=sheet, row=index, columns={FIELDS[heading(c)]: at for at, c in enumerate(row) if heading(c) in FIELDS}
        )


def _sheet_format(
    name: str,
    what: str,
    needed: tuple[str, ...],
    read: Callable[[Opened, Header, str | None], pd.DataFrame],
    lossy: tuple[str, ...],
) -> Format:
    def why(opened: Opened) -> str:
        header = _header(opened, *needed)
        return "" if header is None else "the columns " + ", ".join(header.name(header.columns[one]) for one in needed)

    def one(opened: Opened, ask: Ask) -> Reading:
        header = next((h for s in opened.sheets if (h := find_header(opened.file, s, FIELDS))), None)
        if header is None or not set(needed) <= header.columns.keys():
            raise FileError(opened.file, f"This is not {what}", "Download it again, with all columns.")
        frame = read(opened, header, ask.account_id)
        return of_frame(opened, frame, what, why(opened), lossy)

    return Format(
        name=name,
        what=what,
        recognise=lambda opened: why(opened[0]) if opened and all(why(file) for file in opened) else "",
        read=lambda opened, ask: joined_readings(each(opened, lambda file: one(file, ask)), _TABLES),
        words=tuple(FIELDS),
    )


def of_frame(opened: Opened, frame: pd.DataFrame, what: str, why: str, lossy: tuple[str, ...]) -> Reading:
    """The reading of a file that is one table."""
    return Reading(
        file=opened.file,
        format=str(frame.attrs["format"]),
        what=what,
        why=why,
        tables={str(frame.attrs["table"]): frame},
        rows_read=frame.attrs["rows_read"],
        rows_rejected=frame.attrs["rows_dropped"],
        notes=frame.attrs["notes"],
        lossy=lossy,
    )


def _refused_interface(opened: tuple[Opened, ...], ask: Ask) -> NoReturn:
    problem = (
        "This is a getinterfacesummary answer: calls of your own server, which say nothing of followers or articles"
    )
    raise FileError(opened[0].file, problem, "Leave it out.")


def _interface(opened: tuple[Opened, ...]) -> str:
    found = bool(opened) and all(one == {"getinterfacesummary"} for one in calls_in(opened))
    return "the names callback_count and fail_count" if found else ""


def _errors(opened: tuple[Opened, ...]) -> str:
    told = calls_in(opened)
    nothing = all(one and one <= {ERROR, EMPTY} for one in told) and all(one.kind == "json" for one in opened)
    return "errcode, or an empty list" if opened and nothing else ""


def _refused_errors(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    for one in opened:
        refuse_errors(answers_in(one))
    raise FileError(opened[0].file, "The answer holds no record", "Ask for a day that has some.")


FORMATS: tuple[Format, ...] = (
    *(format_of_call(call) for call in CALLS),
    mixed_format(CALLS),
    Format(name="datacube_getinterfacesummary", what="calls of a server (getinterfacesummary), which are refused",
           recognise=_interface, read=_refused_interface),
    Format(name="wechat_error", what="error answers of WeChat and empty ones, which are explained and refused",
           recognise=_errors, read=_refused_errors),
    *wechat_users.FORMATS,
    *wechat_articles.FORMATS,
    *wechat_published.FORMATS,
    *wechat_comments.FORMATS,
    *wechat_public.FORMATS,
    *wechat_article.FORMATS,
    *wechat_traffic.FORMATS,
    _sheet_format("wechat_list", "the content list of WeChat's backend (total_*.xls)",
                  ("title", "published_date", "readers"), read_list, _LIST_LOSSY),
    _sheet_format("wechat_user_analysis", "the follower table of WeChat's backend (user_analysis.xls)",
                  ("date", "followers_new"), read_followers, _FOLLOWERS_LOSSY),
)  # fmt: skip
