"""CED, the public set of Chinese rumour cascades: a folder of originals and two folders of reposts, paired by name.

The pairing, the id of the original and its author stand in the file names and nowhere else, so names are read here.
The data set does not tell reposts from comments; `kind` is therefore unknown for all but the root.

A few dates are printed without a year (``01月20日 15:10``), as Weibo prints those of the running year.  So such a date
lies in a later year than every date with one in its cascade.  It is taken for the first such day after the latest of
them if that is in the next year; where it is not, the cascade does not tell the year and the cell is refused.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeVar

from fanecon.loaders.answers import Record, answers, begins
from fanecon.loaders.cascade_rows import nodes_frame, nodes_reading, since, timed
from fanecon.loaders.cells import Unreadable, count, plain
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each, together
from fanecon.loaders.rows import Complaints, finish
from fanecon.loaders.times import Clock, Moment, moment, unix, zone
from fanecon.schema import FileError
from fanecon.tables import ITEMS

TZ = "Asia/Shanghai"
Value = TypeVar("Value")
Numbered = Sequence[tuple[int, Record]]

WRONG = "\n"
NAME, WHAT = "ced", "reposts of the data set CED (Chinese rumours), in its folders"

_STEM = re.compile(r"[0-9]+_(?P<bid>[0-9A-Za-z]+)_(?P<uid>[0-9A-Za-z]+)")
_YEARLESS = re.compile(r"[0-9]{1,2}[-月][0-9]{1,2}日?( .*)?")
_LABELS = {"rumor-repost": True, "non-rumor-repost": False}
_COUNTS = {"shares": "reposts", "comments": "comments", "likes": "likes"}
_LOSSY = (
    "Reposts and comments stand in one list without a mark: kind is 'unknown' for all but the root.",
    "Followers are known for the author of the original only.",
    "Zone of the dates is assumed (Asia/Shanghai); the original's time is in unix seconds.",
)


@dataclass(frozen=True, kw_only=True)
class Original:
    """The post that a cascade began with, as its own file tells it."""

    time: Moment
    counts: Mapping[str, int | None]
    record: Record

    @property
    def user(self) -> Record:
        """What the file says of the author; nothing where it says ``"empty"``."""
        user = self.record.get("user")
        return user if isinstance(user, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """One cascade: the file of its reposts and the original, as far as they are there."""

    name: str
    opened: Opened | None
    original: Original | None

    @property
    def file(self) -> str:
        """The file of its reposts."""
        return self.opened.file if self.opened else ""

    @property
    def label(self) -> bool | None:
        """Whether the folder of its reposts is that of rumours."""
        return _LABELS.get(PurePosixPath(self.file).parent.name)

    def rows(self) -> list[tuple[int, Record]]:
        """The reposts with their numbers, read anew at every call: together they would not fit a small memory."""
        one = self.opened
        if one is None:
            return []
        found = [
            (number, record) for number, record in enumerate(answers(one), 2) if (None, number) not in one.left_out
        ]
        return [(number, _object(one, number, record)) for number, record in found]

    @property
    def ids(self) -> tuple[str, str | None]:
        """Id of the original and of its author, from the name of the file."""
        found = _STEM.fullmatch(self.name)
        return (found["bid"], found["uid"]) if found else (self.name, None)

    @property
    def root(self) -> Moment:
        """When it began."""
        return self.original.time if self.original else Moment()


def recognise(opened: tuple[Opened, ...]) -> str:
    """The keys that give a file of reposts or an original, or a folder that holds one, away."""
    if any(map(_is_reposts, opened)):
        return "records with mid, uid, parent, kids and date"
    return "the keys multi, has_url, pics and reposts" if any(map(_is_original, opened)) else ""


def _is_reposts(opened: Opened) -> bool:
    start = begins(opened)
    return start.lstrip().startswith("[") and all(f'"{key}"' in start for key in ("mid", "uid", "parent", "kids"))


def _is_original(opened: Opened) -> bool:
    text = opened.text if opened.kind == "json" else ""
    return text.lstrip().startswith("{") and all(f'"{key}"' in text for key in ("multi", "has_url", "pics", "reposts"))


def read_ced(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table `cascade_nodes` of all cascades, and `items` of the originals where they are there.

    Raises
    ------
    FileError
        With every value that cannot be used.
    """
    cascades, aside = _paired(opened)
    counts: Counter[str] = Counter()
    files = [one for one in opened if _is_reposts(one)] or [one for one in opened if _is_original(one)]
    frame = nodes_frame(files[0].file, _all_nodes(cascades, ask, counts), NAME)
    read = counts["rows"] + sum(one.original is not None for one in cascades)
    notes = _notes(cascades, counts, aside)
    found = nodes_reading(files, frame, form=(NAME, WHAT, recognise(opened)), notes=notes, read=read)
    return replace(_with_items(found, cascades), lossy=_LOSSY, rows_rejected=counts["repeated"])


def _paired(opened: Sequence[Opened]) -> tuple[list[Cascade], int]:
    """The cascades, reposts and original put together by the name of their files, and how many files are neither."""
    found = [one for one in opened if _is_original(one)]
    originals = dict(zip(map(_stem, found), each(found, _original), strict=True))
    lists = [one for one in opened if _is_reposts(one) or (one.kind == "json" and one.text.strip() == "[]")]
    made = [Cascade(name=_stem(one), opened=one, original=originals.get(_stem(one))) for one in lists]
    without = originals.keys() - {one.name for one in made}
    alone = [Cascade(name=name, opened=None, original=originals[name]) for name in sorted(without)]
    return made + alone, len(opened) - len(lists) - len(originals)


def _stem(opened: Opened) -> str:
    return PurePosixPath(opened.file).stem


def _object(opened: Opened, number: int, record: object) -> Record:
    if not isinstance(record, Mapping):
        raise FileError(opened.file, f"Entry {number - 1} is no object", "Take the file from the data set again.")
    return record


def _original(opened: Opened) -> Original | None:
    """What the file of an original holds; None where its only row is left out."""
    if (None, 2) in opened.left_out:
        return None
    record, complaints = _object(opened, 2, answers(opened)[0]), Complaints(opened.file, None)
    time = _tried(record, "time", _when, complaints) or Moment()
    counts = {name: _tried(record, key, _whole, complaints) for name, key in _COUNTS.items()}
    complaints.stop()
    return Original(time=time, counts=counts, record=record)


def _tried(record: Record, key: str, parse: Callable[[object], Value], complaints: Complaints) -> Value | None:
    try:
        return parse(record.get(key))
    except Unreadable as error:
        complaints.add(str(error), row=2, column=key, value=record.get(key))
        return None


def _when(value: object) -> Moment:
    """Unix seconds in most files, an English text in others."""
    digits = isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal())
    found = unix(value) if digits else moment(value, Clock(TZ))
    if found.value is None:
        raise Unreadable("no time")
    return found


def _whole(value: object) -> int | None:
    found = count(value).value
    return None if found is None else int(found)


def _all_nodes(cascades: Sequence[Cascade], ask: Ask, counts: Counter[str]) -> Iterator[dict[str, object]]:
    """The nodes of one cascade after the other; what is broken in several is raised at the end."""
    refused: list[FileError] = []
    for one in cascades:
        try:
            yield from _nodes(one, ask, counts)
        except FileError as error:
            refused.append(error)
    if refused:
        raise together(refused) from refused[0]


def _nodes(cascade: Cascade, ask: Ask, counts: Counter[str]) -> Iterator[dict[str, object]]:
    complaints, root = Complaints(cascade.file, None), cascade.root
    root_id, author = cascade.ids
    listed = cascade.rows()
    times = _times(cascade.root, listed, ask, complaints, counts)
    rows = [_read(number, record, complaints) for number, record in listed]
    counts["rows"] += len(rows)
    complaints.stop()
    same = {"cascade_id": cascade.name}
    yield {**same, "node_id": root_id, "actor_id": author, **timed(root), "kind": "root", **_root(cascade)}
    seen = {root_id}
    for row, (found, written) in zip(rows, times, strict=True):
        if row["node_id"] in seen:
            counts["repeated"] += 1
            continue
        seen.add(str(row["node_id"]))
        parent = row["parent_id"] or (root_id if row["parent_id"] == "" else None)
        extra = json.dumps({"date_as_written": written}, ensure_ascii=False) if written else None
        yield {**same, **row, "parent_id": parent, **timed(found), "seconds": since(found, root), "extra": extra}


def _read(number: int, record: Record, complaints: Complaints) -> dict[str, object]:
    ids = {key: _id(record.get(key)) for key in ("mid", "uid", "parent")}
    for key, value in ids.items():
        if value == WRONG or (key == "mid" and not value):
            complaints.add("no id", row=number, column=key, value=record.get(key))
    named = {"node_id": ids["mid"], "actor_id": ids["uid"] or None, "parent_id": ids["parent"]}
    return {**named, "kind": "unknown", "text": _text(record.get("text"))}


def _id(value: object) -> str | None:
    """An id as text; "" for a direct repost's parent, None where nothing is told."""
    if value is None:
        return None
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else WRONG


def _text(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str) else None


def _times(
    root: Moment, rows: Numbered, ask: Ask, complaints: Complaints, counts: Counter[str]
) -> list[tuple[Moment, str | None]]:
    """The moment of every row, and how it was written where its year is found by its neighbours."""
    clock = ask.clock(TZ)
    found: list[Moment | None] = [_dated(number, row.get("date"), clock, complaints) for number, row in rows]
    latest = max((one.value for one in (root, *found) if one and one.value), default=None)
    times: list[tuple[Moment, str | None]] = []
    for (number, row), one in zip(rows, found, strict=True):
        counts["dated"] += one is not None and one.value is not None and not one.zone_given
        if one is not None:
            times.append((one, None))
            continue
        written = str(row.get("date"))
        resolved = _next_year(written, latest, clock)
        counts["without year"] += 1
        if resolved.value is None:
            complaints.add("a date whose year its cascade does not tell", row=number, column="date", value=written)
        times.append((resolved, written))
    return times


def _dated(number: int, written: object, clock: Clock, complaints: Complaints) -> Moment | None:
    """The moment of a date; None where it has no year."""
    if clock.now is None and isinstance(written, str) and _YEARLESS.fullmatch(plain(written)):
        return None
    try:
        return moment(written, clock)
    except Unreadable as error:
        complaints.add(str(error), row=number, column="date", value=written)
        return Moment()


def _next_year(written: str, latest: dt.datetime | None, clock: Clock) -> Moment:
    """The first such day after the latest date with a year, if it lies in the next year."""
    if latest is None:
        return Moment()
    year = latest.astimezone(zone(clock.tz or TZ)).year
    same, following = (_in_year(written, one, clock) for one in (year, year + 1))
    return following if same.value is None or same.value < latest else Moment()


def _in_year(written: str, year: int, clock: Clock) -> Moment:
    sign = "年" if "月" in plain(written) else "-"
    try:
        return moment(f"{year}{sign}{plain(written)}", clock)
    except Unreadable:
        return Moment()


def _root(cascade: Cascade) -> dict[str, object]:
    """What the original's file adds to the root."""
    if cascade.original is None:
        return {}
    followers = cascade.original.user.get("followers")
    told = {"declared_size": cascade.original.counts["shares"], "rumor": cascade.label}
    kept = {name: value for name, value in told.items() if value is not None}
    return {
        "seconds": 0.0,
        "followers": followers if isinstance(followers, int) else None,
        "text": _text(cascade.original.record.get("text")),
        "extra": json.dumps(kept) if kept else None,
    }


def _with_items(reading: Reading, cascades: Sequence[Cascade]) -> Reading:
    rows = [_item(one, one.original) for one in cascades if one.original]
    if not rows:
        return reading
    columns = {name: [row.get(name) for row in rows] for name in ITEMS.columns}
    attrs = {**reading.main.attrs, "table": "items"}
    return replace(reading, tables={**reading.tables, "items": finish(reading.file, columns, ITEMS, attrs)})


def _item(cascade: Cascade, original: Original) -> dict[str, object]:
    time = original.time
    rest = {key: value for key, value in original.record.items() if key not in (*_COUNTS.values(), "text", "time")}
    return {
        "item_id": cascade.name,
        "account_id": cascade.ids[1] or "unknown",
        "platform": "weibo",
        "kind": "post",
        "title": _text(original.record.get("text")),
        "published_at": time.value,
        "published_date": time.value.astimezone(zone(TZ)).date() if time.value else None,
        "time_precision": time.precision,
        "tz_source": "given" if time.zone_given else "assumed",
        **original.counts,
        "source_format": NAME,
        "extra": json.dumps({**rest, "rumor": cascade.label}, ensure_ascii=False),
    }


def _notes(cascades: Sequence[Cascade], counts: Counter[str], aside: int) -> list[str]:
    originals = [one.original for one in cascades if one.original]
    told = [
        (len(cascades), "Cascades, with the ids of the original and its author taken from the names of the files"),
        (counts["dated"], "Dates without a zone, read in Asia/Shanghai (assumed)"),
        (counts["without year"], "Dates without a year, taken for the first such day after the latest date with one in "
         "their cascade, which lies in the next year (extra: date_as_written)"),
        (counts["repeated"], "Rows that repeat an id of their cascade, left out for the first of them"),
        (len(cascades) - len(originals), "Cascades without a file of the original: seconds since it are unknown"),
        (sum(not one.user for one in originals), "Originals without a user ('empty')"),
        (aside, "Files that are neither reposts nor an original, left aside"),
    ]  # fmt: skip
    return [f"{words}: {times:,}." for times, words in told if times > 0]


FORMATS = (Format(name=NAME, what=WHAT, recognise=recognise, read=read_ced),)
