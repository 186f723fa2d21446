"""The page of a single article in WeChat's backend (详情 → 下载): several tables below each other on one sheet.

Two generations look alike.  The older counts *times* (阅读（次）), the newer *people* (阅读（人）), and a public tool
writes both into one column "reads".  Here the unit in the header decides: times become reads and shares, people become
readers and sharers, and what the file does not count stays missing.

The page names the article, not its day.  The first day of its trend is taken as the day of publication, and said.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from fanecon.loaders.cells import Number, Share, count, heading, is_missing, number, plain, share
from fanecon.loaders.files import Opened, Sheet
from fanecon.loaders.kinds import money
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body, Complaints, finish, needed_day, provenance
from fanecon.loaders.wechat_blocks import (
    Section,
    as_written,
    doubts,
    floor_names,
    lacks,
    lone,
    others,
    read_all,
    sections,
    whole,
)
from fanecon.loaders.wechat_joined import joined_readings
from fanecon.loaders.wechat_list import PLATFORM, UNKNOWN_NOTE, made_id
from fanecon.loaders.wechat_traffic import channel
from fanecon.schema import FileError, Place
from fanecon.tables import ITEM_DAILY, ITEMS

_TABLES = {one.name: one for one in (ITEM_DAILY, ITEMS)}
FORMAT = "wechat_article_detail"
WHAT = "the page of a single article of WeChat's backend"
OVERVIEW, CONVERSION, TREND = "数据概况", "阅读转化", "数据趋势明细"
TITLES = (
    OVERVIEW,
    CONVERSION,
    "推荐转化",
    TREND,
    "性别分布",
    "年龄分布",
    "地域分布",
    "机型分布",
    "来源分布",
    "传播渠道",
)
WINDOW = 30

_COUNTS = {
    "reads": ("阅读(次)", "阅读次数", "总阅读次数"),
    "readers": ("阅读(人)", "阅读人数", "总阅读人数"),
    "followers_gained": ("阅读后关注(人)", "新增关注(人)", "阅读后关注人数"),
    "shares": ("分享(次)", "分享次数", "总分享次数"),
    "sharers": ("分享(人)", "分享人数", "总分享人数"),
    "looks": ("在看(次)", "在看(人)", "在看"),
    "likes": ("点赞(次)", "点赞(人)", "点赞"),
    "saves": ("收藏(次)",),
    "savers": ("收藏(人)",),
    "comments": ("评论(条)", "评论", "留言(条)"),
    "delivered": ("送达人数",),
    "session_reads": ("公众号消息阅读次数",),
    "session_readers": ("公众号消息阅读人数",),
    "first_shares": ("首次分享次数",),
    "share_reads": ("分享产生的阅读次数", "分享产生阅读次数"),
}
_OTHER = {
    "avg_seconds": ("平均停留时长(秒)",),
    "finish_rate": ("完读率", "阅读完成率"),
    "fen": ("赞赏(分)",),
    "yuan": ("赞赏(元)",),
}
NAMES = {**_COUNTS, **_OTHER, "date": ("日期",), "channel": ("传播渠道", "渠道")}
_UNITS = ("reads", "readers", "sharers", "shares")
_TIMES_NOTE = "This is the generation that counts times: 阅读 and 分享 are times, readers and sharers are in the days."
_PEOPLE_NOTE = (
    "This is the generation that counts people: 阅读 and 分享 are people; in 在看 and 点赞 a person counts once."
)
_DAYS_NOTE = "The days count what happened on each day; people who came on two days stand in both."
_LOSSY = (
    "The page does not say the day of publication, and the file not when it was made.",
    f"The page counts {WINDOW} days, the content list 7: two downloads of one article may disagree.",
    "Age, sex and place of readers stand in extra, in the unit of the file (shares as text, or people).",
)


def sheet_in(opened: Opened) -> Sheet | None:
    """The sheet that holds an overview with an article's counts, or None."""
    for sheet in opened.sheets:
        words = {heading(lone(row)) for row in sheet.rows[:20] if lone(row)}
        if OVERVIEW in words and any(heading(cell).startswith("阅读(") for row in sheet.rows[:20] for cell in row):
            return sheet
    return None


def _recognise(opened: tuple[Opened, ...]) -> str:
    found = bool(opened) and all(sheet_in(one) for one in opened)
    return "the sections 数据概况 with 阅读（次） or 阅读（人） below a title" if found else ""


def _read(opened: Opened, ask: Ask) -> Reading:
    sheet = sheet_in(opened)
    if sheet is None:
        raise FileError(opened.file, f"This is not {WHAT}", "Download the page of the article again.")
    parts = sections(sheet, TITLES, NAMES)
    complaints, rounded = Complaints(opened.file, sheet.name), Counter[str]()
    counted, extra, floors = _overview(parts, complaints, rounded)
    days = _trend(parts, complaints, rounded, opened.epoch)
    complaints.stop()
    if not days:
        at = [Place(sheet=sheet.name, row=1)]
        fix = "Download the page with its section 数据趋势明细; the day of publication is taken from it."
        raise FileError(opened.file, f"This is {WHAT}, but it has no days", fix, at=at)
    extra |= _distributions(parts)
    return _reading(opened, _title(sheet), (counted, extra, floors), days, doubts(rounded), ask)


def _title(sheet: Sheet) -> str:
    """The first filled cell above the first section."""
    words = {heading(title) for title in TITLES}
    for row in sheet.rows:
        text = next((str(cell).strip() for cell in row if plain(cell)), "")
        if text:
            return "" if heading(text) in words else text
    return ""


def _one_section(parts: Sequence[Section], title: str) -> Body | None:
    return next((one.body for one in parts if heading(one.title) == heading(title)), None)


def _part(cell: object) -> Share:
    return share(cell)


def _yuan(cell: object) -> Number:
    return money(cell, 100)


def _overview(
    parts: Sequence[Section], complaints: Complaints, rounded: Counter[str]
) -> tuple[dict[str, object], dict[str, object], list[str]]:
    """The counts of the overview and the conversion, what else stands there, and which counts are floors."""
    parse = {**dict.fromkeys(_COUNTS, count), "avg_seconds": number, "finish_rate": _part, "fen": count, "yuan": _yuan}
    found: dict[str, object] = {}
    extra: dict[str, object] = {}
    for title in (OVERVIEW, CONVERSION, "推荐转化"):
        body = _one_section(parts, title)
        if body is None or not body.rows:
            continue
        for number_, row in body.rows[1:]:
            complaints.add("a second row under one header", row=number_, column=title, value=_first(row))
        if title == "推荐转化":
            extra[title] = {
                str(n).strip(): str(c) for n, c in zip(body.header.cells, body.rows[0][1], strict=False) if plain(n)
            }
            continue
        read = read_all(body, complaints, parse, rounded)
        _agree(found, {name: values[0] for name, values in read.items()}, extra)
        extra |= others(body, body.rows[0][1])
    floors = [name for name, one in found.items() if isinstance(one, Number) and one.is_floor]
    return found, extra, floors


def _first(row: Sequence[object]) -> object:
    return next((cell for cell in row if plain(cell)), "")


def _agree(found: dict[str, object], read: Mapping[str, object], extra: dict[str, object]) -> None:
    """Take over what was read; a count that another section has differently is kept in `extra`."""
    for name, one in read.items():
        if found.setdefault(name, one) != one and whole(one) is not None:
            extra[f"{name} in {CONVERSION}"] = whole(one)


def _trend(
    parts: Sequence[Section], complaints: Complaints, rounded: Counter[str], epoch: int | None
) -> list[dict[str, object]]:
    body = _one_section(parts, TREND)
    if body is None or not body.rows or lacks(body, complaints, NAMES, ["date"]):
        return []
    parse: dict[str, Callable[[object], object]] = {**dict.fromkeys(_UNITS, count), "channel": channel}
    parse["date"] = functools.partial(needed_day, epoch=epoch)
    read = read_all(body, complaints, parse, rounded)
    rows: list[dict[str, object]] = []
    seen: set[tuple[object, object]] = set()
    for at, (number_, row) in enumerate(body.rows):
        found = {name: values[at] for name, values in read.items()}
        key = (found.get("date"), found.get("channel", "all"))
        if key in seen and None not in key:
            complaints.add("this day and channel stand twice", row=number_, column="日期", value=key[0])
        seen.add(key)
        counts = {name: whole(found.get(name)) for name in _UNITS}
        rows.append({"stat_date": key[0], "channel": key[1], **counts, "extra": others(body, row),
                     "lower_bound": floor_names(found, _UNITS)})  # fmt: skip
    return rows


def _distributions(parts: Sequence[Section]) -> dict[str, object]:
    """Sex, age and place of the readers as they stand, each with the name of its unit."""
    found: dict[str, object] = {}
    for one in parts:
        if heading(one.title) in {heading(word) for word in (OVERVIEW, CONVERSION, "推荐转化", TREND)}:
            continue
        found |= _distribution(one)
    return found


def _distribution(one: Section) -> dict[str, object]:
    """Each column of a distribution by its first, whatever further columns there are."""
    filled = [(row, [at for at, cell in enumerate(row) if plain(cell)]) for _, row in one.body.rows]
    columns = sorted({at for _, places in filled for at in places})
    names = {at: str(cell).strip() for at, cell in enumerate(one.body.header.cells) if plain(cell)}
    found: dict[str, object] = {}
    for at in columns[1:]:
        name = names.get(at, f"number {at + 1}" if at != columns[1] else "")
        pairs = {str(row[columns[0]]): row[at] for row, places in filled if at in places and not is_missing(row[at])}
        told = {key: as_written(cell) for key, cell in pairs.items()}
        found |= {f"{one.title} ({name})" if name else one.title: told}
    return found


def _reading(
    opened: Opened,
    title: str,
    overview: tuple[dict[str, object], dict[str, object], list[str]],
    days: Sequence[dict[str, object]],
    doubtful: Sequence[str],
    ask: Ask,
) -> Reading:
    version = "times" if "reads" in overview[0] else "people"
    source = f"{FORMAT}_{version}"
    row = {**_item(title, overview, days), "account_id": ask.account_id or "unknown", "source_format": source}
    generation = _TIMES_NOTE if version == "times" else _PEOPLE_NOTE
    notes = [generation, _DAYS_NOTE, *_first_day(row["published_date"]), *_checks(row, days), *doubtful]
    notes += [UNKNOWN_NOTE] if ask.account_id is None else []
    attrs = provenance(opened, source, kept=1 + len(days), dropped={}, notes=notes)
    daily = _daily(days, row["item_id"], source)
    return Reading(
        file=opened.file,
        format=FORMAT,
        what=f"{WHAT}, counting {version}",
        why=_recognise((opened,)),
        tables={
            "items": finish(opened.file, {name: [value] for name, value in row.items()}, ITEMS, dict(attrs)),
            "item_daily": finish(opened.file, {c: daily[c].tolist() for c in daily}, ITEM_DAILY, dict(attrs)),
        },
        rows_read=1 + len(days),
        notes=tuple(notes),
        lossy=_LOSSY,
    )


def _item(
    title: str, overview: tuple[dict[str, object], dict[str, object], list[str]], days: Sequence[dict[str, object]]
) -> dict[str, object]:
    """The article: its counts, and the first day of its trend as the day of publication."""
    counted, extra, floors = overview
    dates = [on for one in days if isinstance(on := one["stat_date"], dt.date)]
    first, last = min(dates), max(dates)
    return {
        "item_id": made_id(title, first),
        "platform": PLATFORM,
        "published_date": first,
        "title": title or None,
        "kind": "article",
        **{name: whole(counted.get(name)) for name in _COUNTS},
        **_rates(counted),
        "notified": True if whole(counted.get("delivered")) else None,
        "window_days": (last - first).days + 1,
        "lower_bound": ",".join(name for name in floors if name in ITEMS.columns) or None,
        "extra": json.dumps(extra, ensure_ascii=False) if extra else None,
    }


def _daily(days: Sequence[dict[str, object]], item: object, source: str) -> pd.DataFrame:
    daily = pd.DataFrame(days).astype(object)
    daily = daily.where(daily.notna(), None).assign(item_id=item, cumulative=False, source_format=source)
    return daily.assign(extra=[json.dumps(one, ensure_ascii=False) if one else None for one in daily["extra"]])


def _first_day(first: object) -> tuple[str, ...]:
    return (f"The day of publication is assumed to be the first day of the trend, {first}; item_id is made from it.",)


def _rates(counted: Mapping[str, object]) -> dict[str, object]:
    seconds, finish_rate = counted.get("avg_seconds"), counted.get("finish_rate")
    fen = whole(counted.get("fen")) if "fen" in counted else whole(counted.get("yuan"))
    return {
        "avg_seconds": float(seconds.value) if isinstance(seconds, Number) and seconds.value is not None else None,
        "finish_rate": float(finish_rate.value)
        if isinstance(finish_rate, Share) and finish_rate.value is not None
        else None,
        "revenue_minor": fen,
        "currency": None if fen is None else "CNY",
    }


def _checks(row: Mapping[str, object], days: Sequence[dict[str, object]]) -> list[str]:
    """Where the days of all channels do not add up to the overview: for times they should, for people they may not."""
    found = []
    for name in ("reads", "shares"):
        parts = [int(str(one[name])) for one in days if one["channel"] == "all" and one[name] is not None]
        if parts and row[name] is not None and sum(parts) != row[name]:
            told = f"The days have {sum(parts)} {name}, the overview {row[name]}"
            found.append(f"{told}: days are missing or still counted.")
    return found


FORMATS: tuple[Format, ...] = (
    Format(
        name=FORMAT,
        what=WHAT,
        recognise=_recognise,
        read=lambda opened, ask: joined_readings(each(opened, lambda one: _read(one, ask)), _TABLES),
        words=tuple(heading(word) for words in NAMES.values() for word in words),
    ),
)
