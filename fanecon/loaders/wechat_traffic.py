"""The daily traffic table of WeChat's backend (``tendency_*.xls``): three tables side by side, or the single old one.

The first counts readers per day and channel, the second what was shared and saved per day, the third readers per
article and channel over the whole period of the download.  The third has no day: it becomes articles, and each article
says over how many days it was counted only where it was published within the period.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fanecon.loaders.cells import Unreadable, count, heading, is_missing, share
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body, Complaints, finish, needed_day, provenance, rows_have
from fanecon.loaders.wechat_blocks import doubts, floor_names, lacks, nameless, others, read_all, side_by_side, whole
from fanecon.loaders.wechat_datacube import ACCOUNT
from fanecon.loaders.wechat_joined import joined_readings
from fanecon.loaders.wechat_list import PLATFORM, UNKNOWN_NOTE, made_id
from fanecon.loaders.wechat_words import channel_of
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place
from fanecon.tables import ITEM_DAILY, ITEMS

Days = dict[tuple[dt.date, str], dict[str, object]]
DayOf = Callable[[object], dt.date]
_TABLES = {one.name: one for one in (ITEM_DAILY, ITEMS)}
FORMAT = "wechat_tendency"
WHAT = "the daily traffic table of WeChat's backend (tendency_*.xls)"
_COUNTS = {
    "readers": ("阅读人数",),
    "reads": ("阅读次数",),
    "sharers": ("分享人数",),
    "shares": ("分享次数",),
    "savers": ("收藏人数", "微信收藏人数"),
    "saves": ("收藏次数", "微信收藏次数"),
}
NAMES = {
    "date": ("日期",),
    "channel": ("渠道", "传播渠道"),
    "published": ("发表日期", "发表时间"),
    "title": ("内容标题",),
    "part": ("阅读人数占比",),
    **_COUNTS,
}
_NOTES = (
    "Rows of 'account' count all articles of one day; they are not cumulative.",
    "People do not add up over days or channels; the row 'all' (全部) is the platform's own total.",
)
_ARTICLES = (
    "Readers of the articles (third table) run over the period of the file, which says its days only in the first "
    "table; an article published before it has no window_days."
)
_LOSSY = (
    "The articles of the third table have no day: their readers by channel stand in extra.",
    "Whether 微信收藏人数 counts a person once per day or once per article is not told.",
)


def channel(cell: object) -> str:
    """The channel in a cell.

    Raises
    ------
    Unreadable
        If there is none.
    """
    if is_missing(cell):
        raise Unreadable("no channel")
    return channel_of(str(cell))


def blocks_in(opened: Opened) -> list[Body]:
    """The blocks of the traffic table: those with days, and that of articles; empty for another file."""
    for sheet in opened.sheets:
        found = side_by_side(sheet, NAMES)
        daily = [one for one in found if "date" in one.header.columns and "title" not in one.header.columns]
        channels = any("channel" in one.header.columns for one in found)
        if daily and channels and any(set(_COUNTS) & one.header.columns.keys() for one in daily):
            return found
    return []


def _recognise(opened: tuple[Opened, ...]) -> str:
    found = [blocks_in(one) for one in opened]
    return f"{len(found[0])} tables side by side with 日期 and 渠道" if found and all(found) else ""


def _read(opened: Opened, ask: Ask) -> Reading:
    blocks = blocks_in(opened)
    if not blocks:
        raise FileError(opened.file, f"This is not {WHAT}", "Download 内容分析 → 流量数据 again.")
    complaints, rounded = Complaints(opened.file, blocks[0].header.sheet.name), Counter[str]()
    day_of = functools.partial(needed_day, epoch=opened.epoch)
    days: Days = {}
    head = blocks[0].header
    sheet = next(one for one in opened.sheets if one.name == head.sheet.name)
    remarks = nameless(sheet, head.row, complaints)
    for body in blocks:
        if "date" in body.header.columns and "title" not in body.header.columns:
            _days(body, complaints, days, rounded, day_of)
    articles = [
        one for body in blocks if "title" in body.header.columns for one in _articles(body, complaints, rounded, day_of)
    ]
    complaints.stop()
    if not days:
        at = [Place(sheet=blocks[0].header.sheet.name, row=blocks[0].header.row + 1)]
        raise FileError(
            opened.file, f"This is {WHAT}, but there is no day in it", "Export a period that has some.", at=at
        )
    return _reading(opened, blocks, days, articles, [*doubts(rounded), *remarks, *_own_id(ask, articles)], ask)


def _days(body: Body, complaints: Complaints, days: Days, rounded: Counter[str], day_of: DayOf) -> None:
    """Add the rows of a block to the days; a day and channel that stands twice in one block is complained of."""
    parse = {"date": day_of, "channel": channel, **dict.fromkeys(_COUNTS, count)}
    read = read_all(body, complaints, parse, rounded)
    seen: set[tuple[dt.date, str]] = set()
    for at, (number, row) in enumerate(body.rows):
        found = {name: values[at] for name, values in read.items()}
        on, where = found["date"], found.get("channel", "all")
        if not isinstance(on, dt.date) or not isinstance(where, str):
            continue
        key = (on, where)
        if key in seen:
            complaints.add("this day and channel stand twice", row=number, column="日期", value=on)
        seen.add(key)
        into = days.setdefault(key, {"extra": {}})
        told = [into.get("lower_bound"), floor_names(found, [*_COUNTS])]
        into |= {name: whole(found[name]) for name in _COUNTS if name in found}
        into["extra"] |= others(body, row)  # type: ignore[operator]
        into["lower_bound"] = ",".join(str(names) for names in told if names) or None


def _articles(body: Body, complaints: Complaints, rounded: Counter[str], day_of: DayOf) -> Iterator[dict[str, object]]:
    """One row of the block of articles after the other: channel, day of publication, title, readers and their share."""
    if lacks(body, complaints, NAMES, ["channel", "published", "readers"]):
        return
    parse = {"channel": channel, "published": day_of, "readers": count, "part": share}
    read = read_all(body, complaints, parse, rounded)
    for at, (number, row) in enumerate(body.rows):
        title = str(body.cell(row, "title") or "").strip()
        found = {name: values[at] for name, values in read.items()}
        floor = floor_names(found, ["readers"]) is not None
        yield {**found, "title": title, "readers": whole(found.get("readers")), "floor": floor, "row": number}


def _reading(
    opened: Opened,
    blocks: Sequence[Body],
    days: Days,
    articles: Sequence[dict[str, object]],
    doubtful: Sequence[str],
    ask: Ask,
) -> Reading:
    left = sum((Counter(one.dropped) for one in blocks), Counter[str]())
    dropped = sum(left.values())
    read = sum(len(one.rows) for one in blocks) + dropped
    notes = [*_NOTES, *_total_notes(days), *([_ARTICLES, *_part_notes(articles)] if articles else [])]
    notes += doubtful
    attrs = provenance(opened, FORMAT, kept=read - dropped, dropped=left, notes=notes)
    keys = sorted(days, key=lambda key: (key[0], key[1] != "all"))
    columns: dict[str, list[object]] = {
        "item_id": [ACCOUNT] * len(keys),
        "stat_date": [on for on, _ in keys],
        "channel": [name for _, name in keys],
        "cumulative": [False] * len(keys),
        "source_format": [FORMAT] * len(keys),
        **{name: [days[key].get(name) for key in keys] for name in (*_COUNTS, "lower_bound")},
        "extra": [json.dumps(days[key]["extra"], ensure_ascii=False) if days[key]["extra"] else None for key in keys],
    }
    tables = {"item_daily": finish(opened.file, columns, ITEM_DAILY, dict(attrs))}
    if articles:
        listed = _items(articles, {on for on, _ in days}, ask)
        tables["items"] = finish(opened.file, listed, ITEMS, dict(attrs))
    return Reading(
        file=opened.file,
        format=FORMAT,
        what=WHAT,
        why=_recognise((opened,)),
        tables=tables,
        rows_read=read,
        rows_rejected=dropped,
        notes=attrs["notes"],  # type: ignore[arg-type]
        lossy=_LOSSY,
    )


def _own_id(ask: Ask, articles: Sequence[dict[str, object]]) -> list[str]:
    return [UNKNOWN_NOTE] if articles and ask.account_id is None else []


def _items(articles: Sequence[dict[str, object]], days: set[dt.date], ask: Ask) -> dict[str, list[object]]:
    by_article: dict[tuple[str, dt.date], list[dict[str, object]]] = {}
    for one in articles:
        by_article.setdefault((str(one["title"]), one["published"]), []).append(one)  # type: ignore[arg-type]
    first, last = min(days), max(days)
    rows = [_item(title, on, parts) for (title, on), parts in by_article.items()]
    for row in rows:
        on = row["published_date"]
        row["window_days"] = (last - on).days + 1 if first <= on <= last else None  # type: ignore[operator]
        row["account_id"] = ask.account_id or "unknown"
    return {name: [row[name] for row in rows] for name in rows[0]}


def _item(title: str, on: dt.date, parts: Sequence[dict[str, object]]) -> dict[str, object]:
    by_channel = {str(one["channel"]): one for one in parts}
    whole_row, session = by_channel.get("all", {}), by_channel.get("session", {})
    floors = [n for n, one in (("readers", whole_row), ("session_readers", session)) if one.get("floor")]
    channels = {name: one["readers"] for name, one in by_channel.items() if name != "all"}
    return {
        "item_id": made_id(title, on),
        "platform": PLATFORM,
        "published_date": on,
        "title": title or None,
        "kind": "article",
        "readers": whole_row.get("readers"),
        "session_readers": session.get("readers"),
        "source_format": FORMAT,
        "lower_bound": ",".join(floors) or None,
        "extra": json.dumps({"readers by channel": channels}, ensure_ascii=False) if channels else None,
    }


def _total_notes(days: Days) -> list[str]:
    parts: dict[dt.date, int] = {}
    for (on, name), row in days.items():
        if name != "all" and row.get("readers") is not None:
            parts[on] = max(parts.get(on, 0), int(str(row["readers"])))
    totals = {on: row.get("readers") for (on, name), row in days.items() if name == "all"}
    below = [f"{on}" for on, people in parts.items() if totals.get(on) is not None and int(str(totals[on])) < people]
    lone = sum(totals.get(on) is None for on in parts)
    return [
        *([f"One channel has more readers than all together on {', '.join(below[:5])}."] if below else []),
        *([f"{rows_have(lone).replace('row', 'day')} channels but no row 全部."] if lone else []),
    ]


def _part_notes(articles: Sequence[dict[str, object]]) -> list[str]:
    totals = {(one["title"], one["published"]): one["readers"] for one in articles if one["channel"] == "all"}
    wrong = [int(str(one["row"])) for one in articles if _differs(one, totals.get((one["title"], one["published"])))]
    twice = len(articles) - len({(one["title"], one["published"], one["channel"]) for one in articles})
    rows = ", ".join(map(str, wrong[:5]))
    again = many(twice, "row of articles repeats", "rows of articles repeat")
    return [
        *([f"阅读人数占比 is not 阅读人数 ÷ 全部 in row {rows}."] if wrong else []),
        *([f"{again} title, day and channel: the last is kept."] if twice else []),
    ]


def _differs(one: dict[str, object], total: object) -> bool:
    part, people = one.get("part"), one["readers"]
    if part is None or getattr(part, "value", None) is None or not total or people is None:
        return False
    step = 10.0 ** -max(2, int(getattr(part, "digits", 2)))
    return abs(float(part.value) - int(str(people)) / int(str(total))) > step  # type: ignore[attr-defined]


FORMATS: tuple[Format, ...] = (
    Format(
        name=FORMAT,
        what=WHAT,
        recognise=_recognise,
        read=lambda opened, ask: joined_readings(each(opened, lambda one: _read(one, ask)), _TABLES),
        words=tuple(heading(word) for words in NAMES.values() for word in words),
    ),
)
