"""What every Weibo file becomes: posts (items), reposts (cascade_nodes and events), comments (events).

A repost names the post that the cascade began with, never the repost it was made from: that is only visible as
``//@name:`` in its text, and names change and are not unique.  So the parent stays missing, the name stands in `extra`
as ``parent_guess``, and with ``parent_guess_id`` where exactly one repost in the file is by that name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders import privacy
from fanecon.loaders.cascade_rows import rooted, since
from fanecon.loaders.cells import Unreadable, heading, is_missing, plain
from fanecon.loaders.files import HEADER_ROWS, Opened
from fanecon.loaders.kinds import identity
from fanecon.loaders.reading import Ask, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Columns, Spec, days, header_of, moments, read_sheet
from fanecon.loaders.times import Moment

SHANGHAI = "Asia/Shanghai"
ITEM: Mapping[str, object] = {"platform": "weibo", "kind": "post"}
NODE: Mapping[str, object] = {"kind": "repost"}
EDITED = "The text may have been edited after posting."
CRAWLED_FOLLOWERS = "Followers are as of the moment of fetching, not of posting."
NO_PARENT = (
    "A repost names the original, not the repost it was made from: parent_id is missing; the name after //@ in the "
    "text stands in extra as parent_guess."
)

_CHAIN = re.compile(r"//\s*@([^:：/@\s]{1,40})\s*[:：]")
_AGAIN = re.compile("times have no zone|rounded to a unit|^Rows left out|^Personal columns")
_ROOT_FIELDS = ("root_when", "root_actor", "root_followers", "root_text", "root_size", "name")


def posts(columns: Columns, ask: Ask) -> None:
    """Day and time from the moments `published`, the author as account, reposts told from posts by their origin."""
    rows = len(columns["item_id"])
    days(columns, "published", into="published_date", tz=ask.tz or SHANGHAI)
    moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
    moments(columns, "observed", into="observed_at")
    if "observed_at" not in columns and ask.captured_at is not None:
        columns["observed_at"] = [ask.captured_at] * rows
    authors = columns.get("author") or [None] * rows
    columns["account_id"] = [author or ask.account_id or "unknown" for author in authors]
    origins, own = columns.get("origin") or [None] * rows, columns.get("own") or [None] * rows
    columns["kind"] = [
        "repost" if origin is not None or is_own is False else "post"
        for origin, is_own in zip(origins, own, strict=True)
    ]


def no_account(columns: Columns, ask: Ask) -> Iterator[str]:
    """A note where the rows do not say whose posts they are."""
    if "unknown" in columns["account_id"]:
        yield "The rows do not name the account (it is in the name of the file or folder): pass account_id=…"


def acts(columns: Columns, ask: Ask) -> None:
    """The moments `when` as times of events."""
    moments(columns, "when", into="time", precision="time_precision", source="tz_source")


def reposts(columns: Columns, ask: Ask) -> None:
    """Rows of reposts as nodes: seconds since the original, guessed parents, and one row more for each original."""
    rows = len(columns["node_id"])
    for name in (*_ROOT_FIELDS, "text", "followers", "actor_id"):
        columns.setdefault(name, [None] * rows)
    whens = [_moment(one) for one in columns["when"]]
    roots = _roots(columns)
    starts = {cascade: _moment(columns["root_when"][at]) for cascade, at in roots.items()}
    columns["seconds"] = [since(when, starts[c]) for when, c in zip(whens, columns["cascade_id"], strict=True)]
    columns["extra"] = list(_guessed(columns, ask))
    columns["lower_bound"] = [_only(one, "followers", "followers") for one in _words(columns, "lower_bound")]
    moments(columns, "when", into="time", precision="time_precision", source="tz_source")
    present = set(zip(columns["cascade_id"], columns["node_id"], strict=True))
    absent = {cascade: at for cascade, at in roots.items() if (cascade, cascade) not in present}
    _append(columns, [_root(columns, cascade, at, starts[cascade]) for cascade, at in absent.items()])


def untimed(columns: Columns, ask: Ask) -> Iterator[str]:
    """A note where a post has a time and no seconds since the original."""
    told = zip(columns.get("time") or [], columns["seconds"], strict=False)
    without = sum(time is not None and seconds is None for time, seconds in told)
    if without:
        yield f"Reposts without seconds since the original, as one of the two times is unknown or coarse: {without:,}."


def _moment(cell: object) -> Moment:
    return cell if isinstance(cell, Moment) else Moment()


def _words(columns: Columns, name: str) -> list[str | None]:
    return [None if one is None else str(one) for one in columns[name]]


def _only(bounds: str | None, name: str, called: str) -> str | None:
    return called if name in (bounds or "").split(",") else None


def _roots(columns: Columns) -> dict[object, int]:
    """Each original and the first row that tells the most of it."""
    found: dict[object, int] = {}
    for at, cascade in enumerate(columns["cascade_id"]):
        if cascade not in found or (_told(columns, at) > _told(columns, found[cascade])):
            found[cascade] = at
    return found


def _told(columns: Columns, at: int) -> int:
    return sum(columns[name][at] not in (None, Moment()) for name in _ROOT_FIELDS if name != "name")


def _root(columns: Columns, cascade: object, at: int, when: Moment) -> dict[str, object]:
    size = columns["root_size"][at]
    zone = None if when.value is None else "given" if when.zone_given else "assumed"
    return {
        "cascade_id": cascade,
        "node_id": cascade,
        "kind": "root",
        "actor_id": columns["root_actor"][at],
        "followers": columns["root_followers"][at],
        "text": columns["root_text"][at],
        "seconds": None if when.value is None else 0.0,
        "time": when.value,
        "time_precision": when.precision if when.value else None,
        "tz_source": zone,
        "depth": 0,
        "source_format": columns["source_format"][at],
        "lower_bound": None,
        "extra": None if size is None else json.dumps({"declared_size": size}),
        "_row": columns["_row"][at],
        "_sheet": columns["_sheet"][at] if "_sheet" in columns else None,
    }


def _append(columns: Columns, rows: Sequence[Mapping[str, object]]) -> None:
    columns.setdefault("depth", [None] * len(columns["node_id"]))
    for name, column in list(columns.items()) if rows else ():
        columns[name] = [*column, *(row.get(name) for row in rows)]


def _guessed(columns: Columns, ask: Ask) -> Iterator[str | None]:
    """The extra of each row with the name after //@ in its text, hidden like the names in the file."""
    hide = privacy.reader("nickname", personal=ask.personal)
    times = Counter((c, name) for c, name in zip(columns["cascade_id"], columns["name"], strict=True) if name)
    by = dict(zip(zip(columns["cascade_id"], columns["name"], strict=True), columns["node_id"], strict=True))
    told = [columns[name] for name in ("cascade_id", "node_id", "text", "name")]
    for cascade, node, text, own, extra in zip(*told, _words(columns, "extra"), strict=True):
        found = _CHAIN.search(str(text)) if text else None
        name = hide(found[1]) if found else None
        one = by.get((cascade, name)) if times[cascade, name] == 1 else None
        guess = {"actor_name": own, "parent_guess": name, "parent_guess_id": one if one != node else None}
        more = {key: value for key, value in guess.items() if value is not None}
        yield json.dumps({**json.loads(extra or "{}"), **more}, ensure_ascii=False) if more else extra


def read_tables(specs: Sequence[Spec], opened: Sequence[Opened], ask: Ask) -> Reading:
    """Several tables over the same rows of one or more files; an id that comes again counts once, the last time.

    The first table is the main one; a later one is made only if some row has a value in the first field of it.

    Raises
    ------
    FileError
        With every cell of a file that cannot be used.
    """
    single, repeated = once(specs[0], opened)
    made: list[Reading] = []
    for number, spec in enumerate(specs):
        of = [one for one in single if not number or _has(spec, one)]
        if of:
            made.append(_stacked(spec, _read_each(spec, of, ask)))
    notes = dict.fromkeys(
        [*made[0].notes, *(note for one in made[1:] for note in one.notes if not _AGAIN.search(note))]
    )
    tables = {name: frame for reading in made for name, frame in reading.tables.items()}
    if "items" in tables and "cascade_nodes" in tables:
        tables["cascade_nodes"] = rooted(tables["cascade_nodes"], tables["items"])
    if repeated:
        notes[f"Rows left out: {repeated:,} of ids that come again (the last row of an id is kept)."] = None
    return _same_attrs(
        replace(
            made[0],
            tables=tables,
            notes=tuple(notes),
            lossy=tuple(dict.fromkeys(doubt for reading in made for doubt in reading.lossy)),
            rows_read=made[0].rows_read + repeated,
            rows_rejected=made[0].rows_rejected + repeated,
        )
    )


def _same_attrs(reading: Reading) -> Reading:
    for frame in reading.tables.values():
        frame.attrs["notes"] = reading.notes
    return reading


def _read_each(spec: Spec, opened: Sequence[Opened], ask: Ask) -> list[Reading]:
    return each(opened, lambda one: read_sheet(spec, one, header_of(spec, one), ask))


def _stacked(spec: Spec, readings: Sequence[Reading]) -> Reading:
    name, key = spec.table.name, list(spec.table.key)
    frame = pd.concat([one[name] for one in readings], ignore_index=True).drop_duplicates(key, ignore_index=True)
    frame.attrs = readings[0][name].attrs
    return replace(
        readings[0],
        tables={name: frame},
        rows_read=sum(one.rows_read for one in readings),
        rows_rejected=sum(one.rows_rejected for one in readings),
        notes=tuple(note for one in readings for note in one.notes),
    )


def once(spec: Spec, opened: Sequence[Opened]) -> tuple[list[Opened], int]:
    """The files with every row blank whose id comes again further down or in a later file, and how many those are.

    A file of which nothing would be left is left out.
    """
    named = [_named_rows(spec, one) for one in opened]
    last = {name: (at, number) for at, (_, rows) in enumerate(named) for number, name in rows}
    kept, blank = [], 0
    for at, (one, (sheet, rows)) in enumerate(zip(opened, named, strict=True)):
        again = {(sheet, number) for number, name in rows if name and last[name] != (at, number)}
        blank += len(again)
        if not rows or len(again) < len(rows):
            kept.append(one.without(again))
    return kept, blank


def _named_rows(spec: Spec, opened: Opened) -> tuple[str | None, list[tuple[int, str]]]:
    """The number of every row that holds something, with its id as text ("" where it has none)."""
    header = header_of(spec, opened)
    at = header.columns[next(iter(spec.fields))]
    title, found = plain(header.cells[at]), []
    for number, row in enumerate(header.sheet.rows, 1):
        cell = row[at] if at < len(row) else None
        if number > header.row + 1 and plain(cell) != title and any(plain(one) for one in row):
            found.append((number, _id(cell)))
    return header.sheet.name, found


def _id(cell: object) -> str:
    """The id in a cell; what Excel has made of several ids is none, or all but one would be taken for repeats."""
    try:
        return identity(cell) or ""
    except Unreadable:
        return ""


def _has(spec: Spec, opened: Opened) -> bool:
    """Whether some row has a value in the field that a further table is made for."""
    asked = {heading(name) for name in next(iter(spec.fields.values())).names}
    present = {heading(cell) for sheet in opened.sheets for row in sheet.rows[:HEADER_ROWS] for cell in row}
    if not asked & present:
        return False
    header = header_of(spec, opened)
    at = header.columns[next(iter(spec.fields))]
    title = header.cells[at]
    return any(at < len(row) and not is_missing(row[at]) and row[at] != title for row in header.sheet.rows)


def with_origin(name: str) -> Callable[..., bool]:
    """Keeps the rows that name an original in a field."""
    return lambda body, row: not is_missing(body.cell(row, name))
