"""WeChat official accounts: what an account's operator can download, recognised by content.

Three sources are read: the content list of the backend (``total_*.xls``; 16, 14 or 9 columns), the follower table
(``user_analysis.xls``) and the answers of the data interface (getarticletotal).  This module only decides which of
them a file is.  Most of it is refusals, on purpose: a daily traffic table has nearly the same column names as the
content list, and a reader that takes the one for the other adds every article once per channel.  Naming what was
found is worth more than reading it somehow.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pandas as pd

from fanecon.loaders.cells import heading, is_missing, plain
from fanecon.loaders.files import HEADER_ROWS, Opened, Row, Sheet, open_file
from fanecon.loaders.rows import Header, find_header, offer
from fanecon.loaders.wechat_api import read_articletotal
from fanecon.loaders.wechat_followers import FOLLOWERS, read_followers
from fanecon.loaders.wechat_items import read_list
from fanecon.loaders.wechat_list import LIST
from fanecon.schema import FileError, Place

FIELDS = {heading(word): name for part in (LIST, FOLLOWERS) for name in part for word in part[name]}

_FOREIGN = (
    ("the daily traffic table of WeChat's backend (tendency_*.xls)", ({"数据趋势概况"}, {"渠道"}, {"传播渠道"})),
    ("the page of a single WeChat article", ({"数据概况"}, {"阅读转化"}, {"平均停留时长(秒)"})),
    ("a table of wechat-article-exporter", ({"公众号", "链接", "标题", "创建时间"},)),
    ("a rank table of a monitoring service", ({"账号名称", "发布次数"}, {"公众号", "阅读量"}, {"公众号", "阅读数"})),
    ("a Weibo crawl", ({"微博正文"}, {"微博id"}, {"bid", "转发数"}, {"note_id", "liked_count"})),
    ("a newsletter export", ({"Unique Opens"}, {"Email Address"}, {"Email Campaign Report"}, {"post_id", "post_date"})),
    ("a campaign log", ({"邀请人"}, {"中奖状态"}, {"openid"})),
    ("a table of Xiaohongshu, Douyin or Bilibili", ({"笔记标题"}, {"作品名称"}, {"稿件标题"})),
)
_NEEDED = (
    "read_wechat reads the content list (内容分析 → 下载数据明细, total_*.xls), the follower table (user_analysis.xls) "
    "and getarticletotal answers (JSON). Download one of these and type: fe.read_wechat('total_….xls')"
)
_NAMES = {"xls": "an .xls workbook", "xlsx": "an .xlsx workbook", "html": "an HTML table", "text": "a text table"}


def read_wechat(
    path: str | os.PathLike[str],
    *,
    table: str | None = None,
    encoding: str | None = None,
    account_id: str | None = None,
) -> pd.DataFrame:
    """The table in a download of a WeChat official account, recognised by its content.

    Parameters
    ----------
    path
        A content list or follower table (.xls, .xlsx, CSV) or getarticletotal answers (JSON, JSONL).
    table
        ``"items"``, ``"item_daily"`` or ``"accounts_daily"``, where the file holds more than one.
    encoding
        Of a text file that does not tell, such as ``"gb18030"``.
    account_id
        The account's name in the table; else ``__biz`` from the links, else ``"unknown"``.

    Returns
    -------
    pandas.DataFrame
        A table of :mod:`fanecon.schema`; `attrs` say format, encoding, rows left out and notes.

    Raises
    ------
    FileError
        If the file is something else, or with every cell that cannot be used.
    """
    opened = open_file(path, words=FIELDS.keys(), encoding=encoding)
    if opened.kind == "json":
        return read_articletotal(opened, table=table, account_id=account_id)
    header = _recognised(opened)
    if "date" in header.columns:
        offer(opened.file, table, ("accounts_daily",))
        return read_followers(opened, header, account_id)
    offer(opened.file, table, ("items",))
    return read_list(opened, header, account_id)


def _recognised(opened: Opened) -> Header:
    for sheet in opened.sheets:
        _not_foreign(opened.file, sheet)
        header = find_header(opened.file, sheet, FIELDS)
        if header is not None:
            return _complete(opened.file, header)
    return _unknown(opened)


def _not_foreign(file: str, sheet: Sheet) -> None:
    seen = {heading(cell) for row in sheet.rows[:HEADER_ROWS] for cell in row}
    for what, signs in _FOREIGN:
        if any({heading(word) for word in sign} <= seen for sign in signs):
            raise FileError(file, f"This is {what}", _NEEDED)


def _complete(file: str, header: Header) -> Header:
    followers = "date" in header.columns or "followers_new" in header.columns
    part = FOLLOWERS if followers else LIST
    needed = ("date", "followers_new") if followers else ("title", "published_date", "readers")
    missing = [part[name][0] for name in needed if name not in header.columns]
    if missing:
        what = "follower table" if followers else "content list"
        present = ", ".join(str(cell).strip() for cell in header.cells if not is_missing(cell))
        problem = f"The {what} has no column {' and '.join(missing)}; its header is: {present}"
        raise FileError(file, problem, _NEEDED, at=[Place(sheet=header.sheet.name, row=header.row + 1)])
    return header


def _unknown(opened: Opened) -> NoReturn:
    rows = [_line(row) for sheet in opened.sheets for row in sheet.rows if _line(row)][:3]
    seen = "; ".join(rows) if rows else "none, there is no filled cell"
    problem = f"This is {_NAMES[opened.kind]} without a known WeChat header: first rows were {seen}"
    raise FileError(opened.file, problem, _NEEDED)


def _line(row: Row) -> str:
    line = " | ".join(str(cell).strip() for cell in row if plain(cell))
    return line if len(line) <= 80 else line[:80] + "…"
