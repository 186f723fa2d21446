"""Crawler files that outlived their crawler's version: rows under a header that was written for other rows.

weibo-search and weiboSpider append to their file and write the header when they feel like it: the first only into a new
file, so that an old file continued by a newer version has rows longer than its header; the second at every run, with
other columns if the settings changed.  Read by the first header, everything after a new column moves by one.  Here each
row is brought under one header by the layout it was written in; a row whose layout is not certain is complained of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fanecon.loaders.cells import heading, plain
from fanecon.loaders.files import HEADER_ROWS, Opened, Row, Sheet
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place

_SEARCH_16 = (
    *("id", "bid", "user_id", "用户昵称", "微博正文", "发布位置", "艾特用户", "话题", "转发数", "评论数", "点赞数"),
    *("发布时间", "发布工具", "微博图片url", "微博视频url", "retweet_id"),
)
_SEARCH_17 = (*_SEARCH_16[:5], "头条文章url", *_SEARCH_16[5:])
SEARCH: Mapping[int, tuple[str, ...]] = {
    16: _SEARCH_16,
    17: _SEARCH_17,
    18: (*_SEARCH_17, "ip"),
    19: (*_SEARCH_17, "ip", "user_authentication"),
    21: (*_SEARCH_17, "ip", "user_authentication", "会员类型", "会员等级"),
}
_CRAWLER = (
    *(
        "id",
        "bid",
        "正文",
        "头条文章url",
        "原始图片url",
        "视频url",
        "位置",
        "日期",
        "工具",
        "点赞数",
        "评论数",
        "转发数",
    ),
    *("话题", "@用户", "完整日期"),
)
_CRAWLER_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[t ][0-9:]{5,8})?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{2}.*|")


def of_search(opened: Opened) -> tuple[Opened, str]:
    """A file of weibo-search with all rows under its newest header, and a note if some were longer than the first.

    Raises
    ------
    FileError
        With every row that is longer than the header and of no known version.
    """
    found = header_with(opened, "id", "bid", "微博正文")
    if found is None:
        return opened, ""
    sheet, at = found
    first = _names(sheet.rows[at])
    if first not in SEARCH.values():
        return opened, ""
    numbered = [(number, _bare(row, len(first))) for number, row in enumerate(sheet.rows[at + 1 :], at + 2)]
    longer = {number: row for number, row in numbered if len(row) > len(first)}
    strange = [number for number, row in longer.items() if not _is_of(row, SEARCH.get(len(row)))]
    if strange:
        places = [Place(sheet=sheet.name, row=number, value=f"{len(longer[number])} cells") for number in strange]
        problem = (
            f"{many(len(strange), 'row is', 'rows are')} longer than the header and of no known version of weibo-search"
        )
        raise FileError(opened.file, problem, "Crawl these posts again into a new file.", at=places)
    if not longer:
        return opened, ""
    names = SEARCH[max(map(len, longer.values()))]
    rows = [_moved(row, SEARCH[len(row)] if number in longer else first, names) for number, row in numbered]
    made = replace(sheet, rows=[*sheet.rows[:at], names, *rows])
    note = f"Rows written by a newer version than the header, read by that version's columns: {len(longer):,}."
    return _with(opened, sheet, made), note


def of_spider(opened: Opened) -> tuple[Opened, str]:
    """A file of weiboSpider with all rows under one header, and a note if its runs wrote several.

    Raises
    ------
    FileError
        With every row that is longer than the header above it.
    """
    found = header_with(opened, "微博id", "微博正文")
    if found is None:
        return opened, ""
    sheet, at = found
    layout = _names(sheet.rows[at])
    layouts, read, strange = [layout], [], []
    for number, row in enumerate(sheet.rows[at + 1 :], at + 2):
        if row and heading(row[0]) == "微博id":
            layout = _names(row)
            layouts.append(layout)
        elif len(_bare(row, len(layout))) > len(layout):
            strange.append(Place(sheet=sheet.name, row=number, value=f"{len(row)} cells"))
        read.append((row, layout))
    if strange:
        problem = many(len(strange), "row is longer than the header above it", "rows are longer than the header above")
        raise FileError(opened.file, problem, "Crawl these posts again into a new file.", at=strange)
    names = tuple(dict.fromkeys(name for one in layouts for name in one))
    if len(set(layouts)) == 1:
        return opened, ""
    rows = [names if row and heading(row[0]) == "微博id" else _moved(row, one, names) for row, one in read]
    made = replace(sheet, rows=[*sheet.rows[:at], names, *rows])
    return _with(
        opened, sheet, made
    ), f"The runs wrote {len(set(layouts))} different headers; each row is read by its own."


def of_crawler(opened: Opened) -> tuple[Opened, str]:
    """A file of weibo-crawler with every row under its own columns, and a note if some had others than the header.

    Its rows are lists of values without their names: a value in the middle that the header does not name moves all
    after it, so that an original seems to repost something.  For months the crawler wrote the videos of live photos
    and whether a post was edited without naming them; these rows are known by where their dates stand.

    Raises
    ------
    FileError
        With every row whose values do not fit its columns.
    """
    found = header_with(opened, "id", "正文", "日期")
    if found is None:
        return opened, ""
    sheet, at = found
    names = [heading(cell) for cell in sheet.rows[at]]
    shifted = list(_shifted_rows(sheet.rows, at, names))
    told = {number: _unnamed(sheet.rows[number - 1], "是否原创" in names) for number in shifted}
    places = [
        Place(sheet=sheet.name, row=number, value=f"{len(sheet.rows[number - 1])} cells")
        for number, values in told.items()
        if values is None
    ]
    if places:
        told_rows = many(len(places), "row has", "rows have")
        problem = f"{told_rows} values that do not fit their columns: the crawler wrote others than it named"
        fix = "Crawl these posts again into a new file, without optional fields (such as those of a language model)."
        raise FileError(opened.file, problem, fix, at=places)
    return _told_apart(opened, sheet, at, {number: values for number, values in told.items() if values})


def _shifted_rows(rows: Sequence[Row], at: int, names: Sequence[str]) -> Iterator[int]:
    """The 1-based numbers of the rows whose values are not under their columns."""
    own = names.index("是否原创") if "是否原创" in names else len(names)
    origin = names.index("源微博id") if "源微博id" in names else len(names)
    width = len(_bare(rows[at], 0))
    for number, row in enumerate(rows[at + 1 :], at + 2):
        if _shifted([plain(cell) for cell in _bare(row, 0)], own, origin, width):
            yield number


def _told_apart(opened: Opened, sheet: Sheet, at: int, moved: Mapping[int, Mapping[str, object]]) -> tuple[Opened, str]:
    """The file with some rows under columns of their own, and a note on how many."""
    if not moved:
        return opened, ""
    first = _names(sheet.rows[at])
    wider = tuple(dict.fromkeys([*first, *(name for one in moved.values() for name in one)]))
    rows = [
        [moved[number].get(name, "") for name in wider] if number in moved else _moved(row, first, wider)
        for number, row in enumerate(sheet.rows[at + 1 :], at + 2)
    ]
    note = f"Rows with values that the header does not name (live photos, edits), read as they stand: {len(moved):,}."
    return _with(opened, sheet, replace(sheet, rows=[*sheet.rows[:at], wider, *rows])), note


def _unnamed(row: Row, reposts: bool) -> dict[str, object] | None:
    """The values of a row by the one layout of weibo-crawler that fits them; None if none or several do."""
    cells = _bare(row, 0)
    fitting = [dict(zip(names, cells, strict=False)) for names in _crawler_layouts(reposts) if _fits(cells, names)]
    return fitting[0] if fitting and all(one == fitting[0] for one in fitting) else None


def _crawler_layouts(reposts: bool) -> Iterator[tuple[str, ...]]:
    for live in ((), ("Live Photo视频url",)):
        for edited in ((), ("是否编辑过", "编辑次数")):
            post = (*_CRAWLER[:6], *live, *_CRAWLER[6:], *edited)
            if not reposts:
                yield post
                continue
            yield (*post, "是否原创")
            yield (*post, "是否原创", "源用户id", "源用户昵称", *(f"源微博{name}" for name in post))


def _fits(cells: Row, names: Sequence[str]) -> bool:
    """Whether a row ends where a layout ends, with dates, counts and flags where the layout has them."""
    if len(cells) > len(names) or len(cells) < names.index("完整日期") + 1:
        return False
    found = dict(zip(names, map(plain, cells), strict=False))
    told = (found.get("是否原创"), str(found.get("源微博id", "")).isdecimal())
    if "是否原创" in names and told != (("true", False) if names[-1] == "是否原创" else ("false", True)):
        return False
    days = (found["日期"], found["完整日期"])
    counts = (found[name] for name in ("点赞数", "评论数", "转发数"))
    flag = found.get("是否编辑过", "false")
    return all(map(_CRAWLER_DAY.fullmatch, days)) and all(map(str.isdecimal, counts)) and flag in ("true", "false")


def _shifted(row: Sequence[str], own: int, origin: int, width: int) -> bool:
    """Whether a row is too long, an original names an original, or a repost names none."""
    if len(row) > width:
        return True
    if own >= len(row) or heading(row[own]) == "是否原创":
        return False
    if row[own] == "true":
        return any(row[own + 1 :])
    return row[own] != "false" or (origin < len(row) and not row[origin].isdecimal())


def header_with(opened: Opened, *needed: str) -> tuple[Sheet, int] | None:
    """The sheet whose header has all of some columns, and the place of that header; None without one."""
    for sheet in opened.sheets:
        for at, row in enumerate(sheet.rows[:HEADER_ROWS]):
            if {heading(name) for name in needed} <= {heading(cell) for cell in row}:
                return sheet, at
    return None


def _names(row: Row) -> tuple[str, ...]:
    return tuple(str(cell).strip() for cell in _bare(row, 0))


def _bare(row: Row, least: int) -> Row:
    """A row without empty cells at its end, but not shorter than `least`: a spreadsheet fills rows up."""
    cells = list(row)
    while len(cells) > least and plain(cells[-1]) == "":
        cells.pop()
    return cells


def _is_of(row: Row, layout: Sequence[str] | None) -> bool:
    """Whether the time of a post stands where a layout has it."""
    return layout is not None and bool(_TIME.fullmatch(plain(row[layout.index("发布时间")])))


def _moved(row: Row, layout: Sequence[str], names: Sequence[str]) -> Row:
    if all(plain(cell) == "" for cell in row):
        return ()
    cells = dict(zip(layout, row, strict=False))
    return [cells.get(name, "") for name in names]


def _with(opened: Opened, old: Sheet, new: Sheet) -> Opened:
    return replace(opened, sheets=tuple(new if sheet is old else sheet for sheet in opened.sheets))
