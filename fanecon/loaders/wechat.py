"""WeChat official accounts: whatever can be downloaded or asked of one, as a table, recognised by content.

Which formats there are stands in :mod:`fanecon.loaders.wechat_formats`.  This module only opens the file, asks them,
and says what was found where none of them answers.  Naming what was found is worth more than reading it somehow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

import pandas as pd

from fanecon.loaders.answers import answers
from fanecon.loaders.archives import open_all, within
from fanecon.loaders.cells import heading, is_missing, plain
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.invisible import notes_on
from fanecon.loaders.personal import guarded, masked, masked_text
from fanecon.loaders.reading import Ask, Reading, noted, told
from fanecon.loaders.rows import Header, find_header, offer
from fanecon.loaders.wechat_followers import FOLLOWERS
from fanecon.loaders.wechat_formats import FIELDS, FORMATS, foreign
from fanecon.loaders.wechat_list import LIST
from fanecon.schema import FileError, Place

WORDS = frozenset(heading(word) for one in FORMATS for word in one.words)
_OTHERS = (
    ("errmsg", "an error answer of WeChat"),
    ("readNum", "a JSON of wechat-article-exporter"),
    ("reposts", "a Weibo answer"),
    ("mblog", "a Weibo answer"),
    ("note_id", "a crawl of another platform"),
)
_NEEDED = (
    "read_wechat reads the content list (内容分析 → 下载数据明细, total_*.xls), followers (user_analysis.xls), "
    "the traffic table, the page of an article, and answers of the data interface (JSON). Download one of these and "
    "type: fe.read_wechat('total_….xls')"
)
_NAMES = {
    "xls": "an .xls workbook",
    "xlsx": "an .xlsx workbook",
    "html": "an HTML table",
    "xml": "an XML text",
    "text": "a text table",
}


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
        A download of the backend, answers of the data interface, or a folder of answers (see ``fe.read`` for more).
    table
        ``"items"``, ``"item_daily"``, ``"accounts_daily"`` …, where the file holds more than one.
    encoding
        Of a text file that does not tell, such as ``"gb18030"``.
    account_id
        The account's name in the table; else ``__biz`` from the links, else ``"unknown"``.

    Returns
    -------
    pandas.DataFrame
        A table of :mod:`fanecon.schema`; `attrs` say format, encoding, rows left out, notes and what is lost.

    Raises
    ------
    FileError
        If the file is something else, or with every cell that cannot be used.
    """
    asked = Ask(account_id=account_id)
    try:
        opened = open_all(path, words=WORDS, encoding=encoding)
        reading = noted(_named_whole(opened, asked), notes_on(opened))
        name = offer(reading.file, table, tuple(reading.tables))
    except FileError as error:
        raise masked(error) from error.__cause__
    frame = told(path, guarded(reading, asked))[name]
    left = {"rows_read": reading.rows_read, "rows_dropped": reading.rows_rejected}
    frame.attrs = {**left, **frame.attrs, "lossy": reading.lossy}
    return frame


def _named_whole(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    try:
        return _read(opened, ask)
    except FileError as error:
        raise within(opened[0].bundle, error) from error.__cause__


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    found = next((one for one in FORMATS if one.recognise(opened)), None)
    return found.read(opened, ask) if found else _refuse(opened)


def _refuse(opened: Sequence[Opened]) -> NoReturn:
    """Say what the first file is that is nothing known."""
    for one in opened:
        if len(opened) > 1 and any(known.recognise((one,)) for known in FORMATS):
            continue
        if one.kind == "json":
            raise FileError(one.file, f"This is {_named(answers(one))}", _NEEDED)
        _incomplete(one)
        _unknown(one)
    raise FileError(opened[0].file, "The files of the folder are of several kinds", "Give each kind its own folder.")


def _named(found: list[object]) -> str:
    odd = next((number for number, one in enumerate(found, 1) if not isinstance(one, dict)), None)
    if odd is not None:
        return f"JSON, but entry {odd} is no object"
    inside = [row for one in found if isinstance(one, dict) for row in (one, *_members(one.get("list")))]
    keys = {key for row in inside if isinstance(row, dict) for key in row}
    known = [what for key, what in _OTHERS if key in keys]
    return known[0] if known else f"JSON with the names {', '.join(sorted(map(str, keys))[:6]) or 'none'}"


def _members(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _incomplete(opened: Opened) -> None:
    """Refuse what is nearly a table of WeChat, or the table of another platform."""
    for sheet in opened.sheets:
        other = foreign(sheet)
        if other:
            raise FileError(opened.file, f"This is {other}", _NEEDED)
        header = find_header(opened.file, sheet, FIELDS)
        if header is not None:
            _complete(opened.file, header)


def _complete(file: str, header: Header) -> None:
    followers = "date" in header.columns or "followers_new" in header.columns
    part = FOLLOWERS if followers else LIST
    needed = ("date", "followers_new") if followers else ("title", "published_date", "readers")
    missing = [part[name][0] for name in needed if name not in header.columns]
    if missing:
        what = "follower table" if followers else "content list"
        present = ", ".join(str(cell).strip() for cell in header.cells if not is_missing(cell))
        problem = f"The {what} has no column {' and '.join(missing)}; its header is: {present}"
        raise FileError(file, problem, _NEEDED, at=[Place(sheet=header.sheet.name, row=header.row + 1)])


def _unknown(opened: Opened) -> NoReturn:
    rows = [_line(row) for sheet in opened.sheets for row in sheet.rows if _line(row)][:3]
    seen = "; ".join(rows) if rows else "none, there is no filled cell"
    problem = f"This is {_NAMES[opened.kind]} without a known WeChat header: first rows were {seen}"
    raise FileError(opened.file, problem, _NEEDED)


def _line(row: Row) -> str:
    line = masked_text(" | ".join(str(cell).strip() for cell in row if plain(cell)))
    return line if len(line) <= 80 else line[:80] + "…"
