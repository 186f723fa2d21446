"""One reader for every flat table: a format is a list of columns with the names they go by, and how cells are read.

Exports differ in names and agree in kind: a row per post, per mail, per participant.  Writing a reader for each of
forty formats would be forty places for the same mistakes.  So a format says *what* its columns are, in a table, and
this module does the rest: find the header, read every cell, gather what is broken, keep what is unknown in `extra`.
Answers in JSON become the same rows first (:func:`records_sheet`), so they are read by the same tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from fanecon.loaders import cells
from fanecon.loaders.cells import Number, Share, Unreadable, heading, is_missing, plain
from fanecon.loaders.files import Opened, Row, Sheet, blanked
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.rows import (
    Body,
    Complaints,
    Header,
    body_of,
    extras,
    find_header,
    finish,
    floors,
    is_total_word,
    not_empty,
    rounded_notes,
)
from fanecon.loaders.times import Clock, Moment, Order, moment, unix
from fanecon.schema import FileError, Place, Table

Kind = Literal[
    "text", "id", "count", "balance", "share", "percent", "real", "day", "time", "unix", "flag", "yuan", "fen", "cents"
]
NUMBERS = ("count", "balance", "yuan", "fen", "cents")
TRUE, FALSE = frozenset(["true", "1", "yes", "是", "y", "t"]), frozenset(["false", "0", "no", "否", "n", "f"])


@dataclass(frozen=True)
class Field:
    """One column of a format: how its cells are read, and the names it goes by (any spelling).

    Kinds: ``share`` a fraction or a text with %, ``percent`` a number of 0 to 100 with or without %, ``time`` a
    written time, ``unix`` seconds or milliseconds, ``yuan``, ``fen`` and ``cents`` money (stored in minor units).
    """

    kind: Kind
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A flat format: what it is, what gives it away, its columns and what every row shares.

    Parameters
    ----------
    signs
        Sets of column names; a header that holds all of one set is of this format.
    table
        The table of the schema that the rows become.
    fields
        Field of that table (or a name of its own, for `derive`) → column.
    constants
        Fields with the same value in every row, such as platform and kind.
    tz, order
        Zone and order of day and month of written times; None = refused without a zone.
    derive
        Called with the read columns (name → list); adds or replaces columns before the table is made.
    keep
        Which rows are records; others are counted as left out.
    notes, lossy
        What a reader of this format has to know.
    """

    name: str
    what: str
    signs: tuple[tuple[str, ...], ...]
    table: Table
    fields: Mapping[str, Field]
    constants: Mapping[str, object] = field(default_factory=dict)
    tz: str | None = None
    order: Order = "ymd"
    derive: Callable[[Columns, Ask], None] | None = None
    keep: Callable[[Body, Row], bool] | None = None
    notes: tuple[str, ...] = ()
    lossy: tuple[str, ...] = ()


Columns = dict[str, list[object]]


def fields(**kinds: str) -> dict[str, Field]:
    """Fields written short: ``reads="count 阅读数|阅读量"``, with ``!`` after the kind where a column must be there."""
    made = {}
    for name, text in kinds.items():
        kind, _, names = text.partition(" ")
        made[name] = Field(kind.rstrip("!"), tuple(names.split("|")), kind.endswith("!"))  # type: ignore[arg-type]
    return made


def format_of(spec: Spec) -> Format:
    """The format of a flat table."""
    words = tuple(name for one in spec.fields.values() for name in one.names)
    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: recognise(spec, opened[0]) if all(recognise(spec, one) for one in opened) else "",
        read=lambda opened, ask: joined(spec, [read_sheet(spec, one, header_of(spec, one), ask) for one in opened]),
        words=words,
    )


def recognise(spec: Spec, opened: Opened) -> str:
    """The columns that give the format away, or "" if they are not there."""
    for sheet in opened.sheets:
        for row in sheet.rows[:10]:
            seen = {heading(cell) for cell in row}
            for sign in spec.signs:
                if {heading(word) for word in sign} <= seen:
                    return "the columns " + ", ".join(sign)
    return ""


def header_of(spec: Spec, opened: Opened) -> Header:
    """The header row of the first sheet that has one.

    Raises
    ------
    FileError
        If there is none, or if a column that must be there is missing.
    """
    known = {heading(name): field_ for field_, one in spec.fields.items() for name in one.names}
    for sheet in opened.sheets:
        header = find_header(opened.file, sheet, known)
        if header is None:
            continue
        missing = [one.names[0] for name, one in spec.fields.items() if one.required and name not in header.columns]
        if missing:
            problem = f"This is {spec.what}, but its column {' and '.join(missing)} is missing"
            at = [Place(sheet=sheet.name, row=header.row + 1)]
            raise FileError(opened.file, problem, "Export it again with all columns.", at=at)
        return header
    raise FileError(opened.file, f"This is no {spec.what}: no header row was found", "Export it again.")


def read_sheet(spec: Spec, opened: Opened, header: Header, ask: Ask) -> Reading:
    """One table of a flat format.

    Raises
    ------
    FileError
        If there is no row, or with every cell that cannot be used.
    """
    body = _body(spec, header)
    not_empty(opened.file, body, "row")
    complaints = Complaints(opened.file, header.sheet.name)
    read = {name: _read(spec, name, body, complaints, ask) for name in spec.fields if name in header.columns}
    complaints.stop()
    counts = {name: column for name, column in read.items() if spec.fields[name].kind in NUMBERS}
    columns: Columns = {name: _values(spec.fields[name].kind, column) for name, column in read.items()}
    columns |= {name: [value] * len(body.rows) for name, value in spec.constants.items()}
    columns["_row"] = list(body.numbers)
    columns["extra"] = list(extras(body))
    columns["lower_bound"] = list(floors(counts, len(body.rows)))  # type: ignore[arg-type]
    columns["source_format"] = [spec.name] * len(body.rows)
    if spec.derive:
        spec.derive(columns, ask)
    notes = (*spec.notes, *rounded_notes(counts), *_zones(spec, read, ask))  # type: ignore[arg-type]
    return made(spec, opened, columns, notes=notes, dropped=body.dropped)


def _body(spec: Spec, header: Header) -> Body:
    body = body_of(header, is_total=lambda row: is_total_word(next((c for c in row if plain(c)), "")))
    if spec.keep is None:
        return body
    kept = tuple((number, row) for number, row in body.rows if spec.keep(body, row))
    left = len(body.rows) - len(kept)
    dropped = {**body.dropped, **({"rows of another kind": left} if left else {})}
    return Body(header=header, rows=kept, dropped=dropped)


def _read(spec: Spec, name: str, body: Body, complaints: Complaints, ask: Ask) -> list[object]:
    parse = parser(spec.fields[name].kind, ask.clock(spec.tz, spec.order))
    return complaints.read(body, name, parse, EMPTY.get(spec.fields[name].kind))


EMPTY: dict[str, object] = {
    **{kind: Number() for kind in NUMBERS},
    "real": Number(),
    "share": Share(),
    "percent": Share(),
    "time": Moment(),
    "unix": Moment(),
}


def parser(kind: Kind, clock: Clock) -> Callable[[object], object]:
    """The function that reads a cell of a kind."""
    return {
        "text": text,
        "id": identity,
        "count": cells.count,
        "balance": cells.balance,
        "real": cells.number,
        "share": cells.share,
        "percent": percent,
        "day": cells.day,
        "time": lambda cell: moment(cell, clock),
        "unix": unix,
        "flag": flag,
        "yuan": lambda cell: money(cell, 100),
        "cents": lambda cell: money(cell, 100),
        "fen": cells.count,
    }[kind]


def text(cell: object) -> str | None:
    """The text in a cell, or None where there is none."""
    return None if is_missing(cell) else str(cell).strip()


def identity(cell: object) -> str | None:
    """The id in a cell as text.

    Raises
    ------
    Unreadable
        If Excel has destroyed it (``1.22158E+17``) or turned it into a number with a fraction.
    """
    if is_missing(cell):
        return None
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= 2**53:
            raise Unreadable("an id that lost digits in Excel (export ids as text)")
        return str(int(cell))
    found = str(cell).strip()
    if cells.SCIENTIFIC.fullmatch(found):
        raise Unreadable("an id that lost digits in Excel (export ids as text)")
    return found


def percent(cell: object) -> Share:
    """A share printed as a number of 0 to 100, with or without %."""
    found = cells.share(cell)
    if found.value is None or (isinstance(cell, str) and "%" in cells.plain(cell)):
        return found
    return Share(found.value / 100, "percent", found.digits + 2)


def flag(cell: object) -> bool | None:
    """Yes or no in a cell.

    Raises
    ------
    Unreadable
        If it is neither.
    """
    if is_missing(cell):
        return None
    found = plain(cell).removesuffix(".0")
    if found not in TRUE | FALSE:
        raise Unreadable("neither yes nor no")
    return found in TRUE


def money(cell: object, minor: int) -> Number:
    """An amount in minor units; a currency sign is left out.

    Raises
    ------
    Unreadable
        If it is no amount, or finer than the minor unit.
    """
    bare = cells.without_currency(cell)
    found = cells.number(bare)
    if found.value is None:
        return found
    value = found.value * minor
    if value != value.to_integral_value():
        raise Unreadable("an amount finer than its smallest coin")
    return Number(value, found.is_floor, found.is_rounded)


def _values(kind: str, column: Sequence[object]) -> list[object]:
    if kind in NUMBERS:
        return [None if one.value is None else int(one.value) for one in column]  # type: ignore[attr-defined]
    if kind in ("share", "percent", "real"):
        return [None if one.value is None else float(one.value) for one in column]  # type: ignore[attr-defined]
    return list(column)


def _zones(spec: Spec, read: Mapping[str, Sequence[object]], ask: Ask) -> list[str]:
    times = [one for name, c in read.items() if spec.fields[name].kind == "time" for one in c]
    assumed = sum(isinstance(one, Moment) and one.value is not None and not one.zone_given for one in times)
    zone = ask.tz or spec.tz
    how = "as given by the caller" if ask.tz else "assumed"
    return [f"{assumed:,} times have no zone; read in {zone} ({how})."] if assumed else []


def moments(columns: Columns, name: str, *, into: str, precision: str | None = None) -> None:
    """Turn a column of moments into instants (UTC), and their precision into a column of its own."""
    read = columns.pop(name, None)
    if read is None:
        return
    columns[into] = [one.value if isinstance(one, Moment) else None for one in read]
    if precision:
        columns[precision] = [one.precision if isinstance(one, Moment) and one.value else None for one in read]


def days(columns: Columns, name: str, *, into: str, tz: str) -> None:
    """The local day of a column of moments, in the zone of the platform."""
    from fanecon.loaders.times import zone

    read = columns.get(name, [])
    columns[into] = [
        one.value.astimezone(zone(tz)).date() if isinstance(one, Moment) and one.value else None for one in read
    ]


def made(
    spec: Spec, opened: Opened, columns: Columns, *, notes: Iterable[str] = (), dropped: Mapping[str, int] | None = None
) -> Reading:
    """The reading of one flat table from its columns; names that the table does not have are left out."""
    left = dict(dropped or {})
    known = {name: column for name, column in columns.items() if name in spec.table.columns}
    rows = len(next(iter(known.values()), []))
    attrs: dict[str, object] = {"format": spec.name, "file": opened.file, "notes": tuple(notes)}
    attrs |= {"encoding": opened.encoding, "encoding_how": opened.encoding_how}
    return Reading(
        file=opened.file,
        format=spec.name,
        what=spec.what,
        why=recognise(spec, opened),
        tables={spec.table.name: finish(opened.file, known, spec.table, attrs)},
        rows_read=rows + sum(left.values()),
        rows_rejected=sum(left.values()),
        notes=(*notes, *(f"Rows left out: {times} {what}." for what, times in left.items())),
        lossy=spec.lossy,
    )


def joined(spec: Spec, readings: Sequence[Reading]) -> Reading:
    """Several readings of one flat format as one table; the same key in two files is refused.

    Raises
    ------
    FileError
        If two files hold the same key.
    """
    if len(readings) == 1:
        return readings[0]
    name, key = spec.table.name, list(spec.table.key)
    frame = pd.concat([reading[name] for reading in readings], ignore_index=True)
    again = frame.duplicated(subset=key, keep=False)
    if again.any():
        first = " ".join(frame.loc[again, key].iloc[0].astype(str))
        raise FileError(readings[0].file, f"{int(again.sum())} rows of the files have the same {key}, such as {first}",
                        "Delete the file that was saved twice.")  # fmt: skip
    frame.attrs = readings[0][name].attrs
    return replace(
        readings[0],
        tables={name: frame},
        rows_read=sum(reading.rows_read for reading in readings),
        rows_rejected=sum(reading.rows_rejected for reading in readings),
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.notes)),
    )


def records_sheet(opened: Opened, records: Sequence[Mapping[str, object]], *, name: str | None = None) -> Sheet:
    """JSON records as a sheet: the header is every key (``user.id`` for nested ones), row 2 the first record."""
    flat = [dict(_flat(record)) for record in records]
    keys = list(dict.fromkeys(key for record in flat for key in record))
    sheet = Sheet(name=name, rows=[keys, *([record.get(key) for key in keys] for record in flat)])
    return blanked(sheet, opened.left_out)


def _flat(record: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", json.dumps(value, ensure_ascii=False)
        else:
            yield f"{prefix}{key}", value
