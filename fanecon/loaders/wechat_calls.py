"""From numbered records to tables: what every call of WeChat's interfaces has in common.

A call is a value: the columns of its records, which of them name a record, and a function from records to tables.
Longer periods are stitched from many calls, so the same day comes twice at the seams; the later answer is kept, within
a file and over the files of a folder.  Answers of different calls may lie in one folder, as they usually do: tables of
one kind are joined row by row there, and two numbers for the same thing are refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from fanecon.loaders.cells import Number, Share, Unreadable, heading, is_missing
from fanecon.loaders.files import Opened
from fanecon.loaders.personal import hider, kinds_of
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each, several
from fanecon.loaders.refusals import together as gathered
from fanecon.loaders.rows import Complaints, finish, provenance, rows_have
from fanecon.loaders.spec import Field, parser
from fanecon.loaders.times import Moment
from fanecon.loaders.wechat_answers import BEYOND, EMPTY, ERROR, Record, answers_in, calls_in, refuse_errors
from fanecon.loaders.wechat_joined import accounts_notes, together
from fanecon.loaders.wechat_list import UNKNOWN_NOTE
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place
from fanecon.tables import ACCOUNTS_DAILY, EVENTS, ITEM_DAILY, ITEMS, MESSAGES_DAILY

Parse = Callable[[object], object]
TABLES = {one.name: one for one in (ITEMS, ITEM_DAILY, ACCOUNTS_DAILY, MESSAGES_DAILY, EVENTS)}
OWN = ("file", "row", "where", "lower_bound", "extra")


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a call's records became: frames of plain values by table, and the doubts."""

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: its name, what it answers, its columns, and how its records become tables.

    `key` names the columns of which the same values mean the same record; `special` reads columns of no common kind.
    """

    name: str
    what: str
    build: Callable[[pd.DataFrame, Ask], Built]
    fields: Mapping[str, Field]
    key: tuple[str, ...]
    special: Mapping[str, Parse] = field(default_factory=dict)
    lossy: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """The name of the format."""
        return f"datacube_{self.name}" if self.name.startswith("get") else f"wechat_{self.name}"


def read_records(call: Call, records: Sequence[Record], ask: Ask) -> tuple[pd.DataFrame, list[str]]:
    """The records of a call with every cell read, one column per field; and notes on rounded numbers.

    Raises
    ------
    FileError
        For the first file that has some: with every cell that cannot be used.
    """
    clock = ask.clock("Asia/Shanghai")
    parse = {
        name: call.special.get(name) or parser(one.kind, clock, personal=ask.personal)
        for name, one in call.fields.items()
    }
    known = {heading(word): name for name, one in call.fields.items() for word in one.names}
    complaints = {one.file: Complaints(one.file, None) for one in records}
    rounded: Counter[str] = Counter()
    rows = [_read(one, call.fields, parse, known, complaints[one.file], rounded) for one in records]
    each(complaints.values(), Complaints.stop)
    frame = as_objects({name: [row.get(name) for row in rows] for name in (*call.fields, *OWN)})
    notes = [f"{rows_have(times)} {name} rounded to a unit such as 万." for name, times in rounded.items() if times]
    return frame, notes


def _read(
    record: Record,
    fields: Mapping[str, Field],
    parse: Mapping[str, Parse],
    known: Mapping[str, str],
    complaints: Complaints,
    rounded: Counter[str],
) -> dict[str, object]:
    row: dict[str, object] = {"file": record.file, "row": record.row, "where": record.where}
    floors: list[str] = []
    extra: dict[str, object] = {}
    for key, cell in record.cells.items():
        name = known.get(heading(key))
        if key == BEYOND:
            complaints.add("a cell beyond the last column name", row=record.row, column="", value=cell)
        elif name is None:
            extra |= {} if is_missing(cell) else {key: cell if isinstance(cell, (int, float)) else str(cell)}
        else:
            try:
                row[name] = _plain(parse[name](cell), name, floors, rounded)
            except Unreadable as error:
                row[name] = "?"
                complaints.add(str(error), row=record.row, column=f"{record.where}{key}", value=cell)
    _needed(record, fields, row, complaints)
    return {**row, "extra": extra, "lower_bound": ",".join(floors) or None}


def _plain(value: object, name: str, floors: list[str], rounded: Counter[str]) -> object:
    if isinstance(value, Number):
        floors += [name] if value.is_floor else []
        rounded[name] += value.is_rounded
        return None if value.value is None else int(value.value)
    if isinstance(value, Share):
        return None if value.value is None else float(value.value)
    return value.value if isinstance(value, Moment) else value


def _needed(record: Record, fields: Mapping[str, Field], row: dict[str, object], complaints: Complaints) -> None:
    for name, one in fields.items():
        if one.required and row.get(name) is None:
            key = next((key for key in record.cells if heading(key) in map(heading, one.names)), one.names[0])
            cell = record.cells.get(key)
            complaints.add("a value is required", row=record.row, column=f"{record.where}{key}", value=cell)


def as_objects(columns: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """A frame of plain Python values, in which None stays None."""
    return pd.DataFrame({name: pd.Series(list(values), dtype=object) for name, values in columns.items()})


def latest(frame: pd.DataFrame, key: Sequence[str], counted: Sequence[str]) -> tuple[pd.DataFrame, list[str], int]:
    """The last record of each key, a note on those left out, and their number."""
    again = frame.duplicated(list(key), keep="last")
    if not again.any():
        return frame, [], 0
    left = frame.groupby(list(key), dropna=False, sort=False)[[*counted]].nunique(dropna=False)
    differ = int((left > 1).any(axis=1).sum())
    more = f" ({differ} of them with other numbers)" if differ else ""
    times = int(again.sum())
    words = many(times, "record stands", "records stand")
    notes = [f"{words} in several answers{more}: the later answer is kept."]
    return frame.loc[~again].reset_index(drop=True), notes, times


def complain(frame: pd.DataFrame, wrong: Iterable[tuple[int, str, object]], problem: str) -> None:
    """Refuse records by their position in the frame, naming column and value.

    Raises
    ------
    FileError
        With those of all files.
    """
    by_file: dict[str, list[Place]] = {}
    for at, column, value in wrong:
        row = frame.iloc[at]
        place = Place(row=int(row["row"]), column=f"{row['where']}{column}", value=str(value)[:60])
        by_file.setdefault(row["file"], []).append(place)
    fix = "Fetch these days again, one answer per day (the examples in WeChat's documentation count nothing)."
    refused = [
        FileError(file, problem, fix, at=sorted(places, key=lambda place: place.row or 0))
        for file, places in by_file.items()
    ]
    if refused:
        raise gathered(refused)


def format_of_call(call: Call) -> Format:
    """The format of files (one or many) that answer one call."""
    return Format(
        name=call.format,
        what=call.what,
        recognise=lambda opened: _why(opened, {call.name, *call.sources}),
        read=lambda opened, ask: read_calls((call,), opened, ask),
        words=tuple(word for one in call.fields.values() for word in one.names),
    )


def _why(opened: Sequence[Opened], names: set[str]) -> str:
    told = calls_in(opened)
    found = frozenset().union(*told) - {ERROR, EMPTY}
    return (
        f"the names that {' and '.join(sorted(found))} answers with" if all(told) and found and found <= names else ""
    )


def mixed_format(calls: Sequence[Call]) -> Format:
    """The format of files that answer several calls."""
    known = [{one.name, *one.sources} for one in calls]
    names = set().union(*known)

    def recognised(opened: Sequence[Opened]) -> str:
        alone = any(_why(opened, one) for one in known)
        return "" if alone else _why(opened, names)

    return Format(
        name="datacube",
        what="answers of several calls of WeChat's data interface",
        recognise=recognised,
        read=lambda opened, ask: read_calls(calls, opened, ask),
    )


def read_calls(calls: Sequence[Call], opened: Sequence[Opened], ask: Ask) -> Reading:
    """The tables in files that answer some calls.

    Raises
    ------
    FileError
        If an answer is an error, holds nothing, or with every value that cannot be.
    """
    found = each(opened, answers_in)
    each(found, refuse_errors)
    records = [record for one in found for record in one.records]
    names = {record.call for record in records}
    used = [call for call in calls if names & {call.name, *call.sources}]
    if not used:
        raise FileError(
            opened[0].file, f"The answers hold no record of {calls[0].name}", "Ask for a day that has some."
        )
    grouped = [[one for one in records if one.call in (call.name, *call.sources)] for call in used]
    pairs = zip(used, grouped, strict=True)
    parts = each(pairs, lambda pair: _part(pair[0], read_records(pair[0], pair[1], ask), ask))
    dropped: Counter[str] = Counter()
    for told in (*(one.dropped for one in found), *(one.dropped for one in parts)):
        dropped.update(told)
    rows = len(records) + sum(sum(one.dropped.values()) for one in found)
    empty = [one.file for one in found if not one.records]
    if empty:
        blank = f"{len(empty)} of {len(found)} files hold no record, such as {empty[0]}."
        parts[0] = replace(parts[0], notes=(*parts[0].notes, blank))
    return _reading(used, opened, parts, rows=rows, dropped=dropped, ask=ask)


def read_parts(
    call: Call,
    opened: Sequence[Opened],
    read: tuple[pd.DataFrame, list[str]],
    *,
    dropped: Mapping[str, int],
    ask: Ask,
) -> Reading:
    """The tables of records of one call that were read elsewhere (:func:`read_records`), other rows being dropped."""
    part = _part(call, read, ask)
    rows = len(read[0]) + sum(dropped.values())
    return _reading([call], opened, [part], rows=rows, dropped=Counter(dropped) + Counter(part.dropped), ask=ask)


def _part(call: Call, read: tuple[pd.DataFrame, list[str]], ask: Ask) -> Built:
    frame, notes = read
    counted = [name for name in call.fields if name not in call.key]
    kept, seams, again = latest(frame, call.key, counted) if call.key else (frame, [], 0)
    built = call.build(kept, ask)
    dropped = {**built.dropped, **({"repeated record": again} if again else {})}
    return Built(tables=built.tables, notes=(*built.notes, *seams, *notes), dropped=dropped)


def _reading(
    used: Sequence[Call],
    opened: Sequence[Opened],
    parts: Sequence[Built],
    *,
    rows: int,
    dropped: Mapping[str, int],
    ask: Ask,
) -> Reading:
    file = several([one.file for one in opened])
    frames: dict[str, list[pd.DataFrame]] = {}
    for call, part in zip(used, parts, strict=True):
        for name, frame in part.tables.items():
            frames.setdefault(name, []).append(_finished(file, name, frame, call.format, ask))
    tables = {name: together(file, TABLES[name], some) for name, some in frames.items()}
    one = used[0] if len(used) == 1 else None
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    notes += accounts_notes(tables["accounts_daily"]) if "accounts_daily" in tables else []
    notes += [UNKNOWN_NOTE] if ask.account_id is None and set(tables) - {"item_daily", "events"} else []
    out = dict(dropped)
    for frame in tables.values():
        kept = rows - sum(out.values())
        frame.attrs = provenance(opened[0], one.format if one else "datacube", kept=kept, dropped=out, notes=notes)
        frame.attrs |= {"file": file}
    return Reading(
        file=file,
        format=one.format if one else "datacube",
        what=one.what if one else " and ".join(call.what for call in used),
        why="",
        tables=tables,
        rows_read=rows,
        rows_rejected=sum(out.values()),
        notes=tuple(notes) + tuple(f"Rows left out: {times} {what}." for what, times in out.items()),
        lossy=tuple(dict.fromkeys(note for call in used for note in call.lossy)),
    )


def _finished(file: str, name: str, frame: pd.DataFrame, source: str, ask: Ask) -> pd.DataFrame:
    table = TABLES[name]
    columns = {column: frame[column].tolist() for column in frame if column in table.columns}
    columns["source_format"] = [source] * len(frame)
    columns["extra"] = [_json(cell, ask) for cell in columns.get("extra", [])] or [None] * len(frame)
    if "account_id" in table.columns:
        known = columns.get("account_id", [None] * len(frame))
        columns["account_id"] = [ask.account_id or one or "unknown" for one in known]
    return finish(file, columns, table, {})


def _json(cell: object, ask: Ask) -> str | None:
    if not isinstance(cell, dict) or not cell:
        return None
    hide = hider(ask, kinds_of(cell))
    return json.dumps({name: hide(name, value) for name, value in cell.items()}, ensure_ascii=False)
