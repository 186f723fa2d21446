"""One reader for every flat table: a format is a list of columns with the names they go by, and how cells are read.

Exports differ in names and agree in kind: a row per post, per mail, per participant.  Writing a reader for each of
forty formats would be forty places for the same mistakes.  So a format says *what* its columns are, in a table, and
this module does the rest: find the header, read every cell, gather what is broken, keep what is unknown in `extra`.
Answers in JSON become the same rows first (`fanecon.loaders.records`), so they are read by the same tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders import bulk, privacy, vectors
from fanecon.loaders.cells import heading, plain
from fanecon.loaders.columns import Cells
from fanecon.loaders.files import Opened
from fanecon.loaders.instants import days as days
from fanecon.loaders.instants import moments as moments
from fanecon.loaders.kinds import EMPTY as EMPTY
from fanecon.loaders.kinds import FALSE as FALSE
from fanecon.loaders.kinds import NUMBERS as NUMBERS
from fanecon.loaders.kinds import TRUE as TRUE
from fanecon.loaders.kinds import Kind as Kind
from fanecon.loaders.kinds import flag as flag
from fanecon.loaders.kinds import identity as identity
from fanecon.loaders.kinds import money as money
from fanecon.loaders.kinds import parser as parser
from fanecon.loaders.kinds import percent as percent
from fanecon.loaders.kinds import text as text
from fanecon.loaders.layout import Columns as Columns
from fanecon.loaders.layout import Field as Field
from fanecon.loaders.layout import Spec as Spec
from fanecon.loaders.layout import fields as fields
from fanecon.loaders.personal import PUBLISHERS, hider, kinds_of, notes_on
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
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
from fanecon.loaders.spec_columns import columns_of, values_of
from fanecon.loaders.suspects import longer_rows
from fanecon.loaders.vectors import assumed_zones, distinct
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place

CONTINUED = "The file was continued with more columns than its header names; they are kept in extra as 'number n'."


def format_of(spec: Spec) -> Format:
    """The format of a flat table."""
    words = tuple(name for one in spec.fields.values() for name in one.names)
    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: recognise(spec, opened[0]) if all(recognise(spec, one) for one in opened) else "",
        read=lambda opened, ask: joined(spec, each(opened, lambda one: read_flat(spec, one, ask))),
        words=words,
    )


def recognise(spec: Spec, opened: Opened) -> str:
    """The columns that give the format away, or "" if they are not there."""
    for sheet in opened.sheets:
        for row in sheet.rows[:10]:
            seen = {heading(cell) for cell in row}
            for sign in spec.signs:
                if {heading(word) for word in sign} <= seen and not {heading(word) for word in spec.without} & seen:
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
    raise FileError(opened.file, f"This is not {spec.what}: no header row was found", "Export it again.")


def read_flat(spec: Spec, opened: Opened, ask: Ask) -> Reading:
    """The table of a file of a flat format, under the header that is found in it."""
    return read_sheet(spec, opened, header_of(spec, opened), ask)


def read_sheet(spec: Spec, opened: Opened, header: Header, ask: Ask, *, last: bool = False) -> Reading:
    """One table of a flat format; `last` says that nothing else is read from the sheet.

    Raises
    ------
    FileError
        If there is no row, or with every cell that cannot be used.
    """
    body = _body(spec, header)
    not_empty(opened.file, body, "row")
    hidden = _personal(spec, header)
    complaints = Complaints(opened.file, header.sheet.name, hidden)
    clock = ask.clock(spec.tz, spec.order)._replace(epoch=opened.epoch)
    letting_go = last and not opened.again
    if letting_go and isinstance(body, bulk.BulkBody) and isinstance(header.sheet.rows, Cells):
        header.sheet.rows.let_go()
    read = columns_of(spec, body, complaints, ask, clock=clock, letting_go=letting_go)
    continued = longer_rows(body, complaints)
    complaints.stop()
    counts = {name: column for name, column in read.items() if spec.fields[name].kind in NUMBERS}
    rows, dropped = len(body.rows), body.dropped
    columns: Columns = vectors.Columns(rows)
    columns |= {name: values_of(spec.fields[name].kind, column) for name, column in read.items()}  # type: ignore[misc]
    columns |= {name: [value] * rows for name, value in spec.constants.items()}
    columns |= {"_row": body.numbers, "_sheet": [header.sheet.name] * rows}  # type: ignore[dict-item]
    kept = [name for name in spec.kept if name in header.columns]
    columns["extra"] = extras(body, *kept, more=continued, hide=hider(ask, hidden))  # type: ignore[assignment]
    del body
    vectors.release()
    columns["lower_bound"] = floors(counts, rows)  # type: ignore[arg-type,assignment]
    columns["source_format"] = [spec.name] * rows
    if spec.derive:
        spec.derive(columns, ask)
    notes = (*spec.notes, *rounded_notes(counts), *_zones(spec, read, ask))  # type: ignore[arg-type]
    notes += tuple(spec.remarks(columns, ask)) if spec.remarks else ()
    notes += notes_on(hidden, ask)
    notes += (CONTINUED,) if continued else ()
    for name in columns.keys() - spec.table.columns.keys() - {"_row", "_sheet"}:
        del columns[name]
    del read, counts
    return made(spec, opened, columns, notes=notes, dropped=dropped)


def _body(spec: Spec, header: Header) -> Body:
    rows = header.sheet.rows
    in_bulk = bulk.body_of(header, rows, spec.keep) if isinstance(rows, Cells) else None
    if in_bulk is not None:
        return in_bulk
    body = body_of(header, is_total=lambda row: is_total_word(next((c for c in row if plain(c)), "")))
    if spec.keep is None:
        return body
    kept = tuple((number, row) for number, row in body.rows if spec.keep(body, row))
    left = len(body.rows) - len(kept)
    dropped = {**body.dropped, **({"rows of another kind": left} if left else {})}
    return Body(header=header, rows=kept, dropped=dropped)


def _personal(spec: Spec, header: Header) -> dict[str, str]:
    """The personal columns, name in the file → kind; what the format declares goes before what a name suggests."""
    found = kinds_of(header.name(at) for at in range(len(header.cells)))
    for name, at in header.columns.items():
        column, kind = header.name(at), spec.fields[name].kind
        publisher = found.get(column) == "nickname" and spec.table.name in PUBLISHERS
        if kind in privacy.KINDS:
            found[column] = kind
        elif name in spec.personal:
            found.setdefault(column, "person")
        elif publisher or name in spec.public or kind not in ("id", "text"):
            found.pop(column, None)
    return {column: kind for column, kind in found.items() if column not in spec.public}


def _zones(spec: Spec, read: Mapping[str, Sequence[object]], ask: Ask) -> list[str]:
    assumed = sum(assumed_zones(column) for name, column in read.items() if spec.fields[name].kind == "time")
    zone = ask.tz or spec.tz
    how = "as given by the caller" if ask.tz else "assumed"
    return [f"{many(assumed, 'time has', 'times have')} no zone; read in {zone} ({how})."] if assumed else []


def made(
    spec: Spec, opened: Opened, columns: Columns, *, notes: Iterable[str] = (), dropped: Mapping[str, int] | None = None
) -> Reading:
    """The reading of one flat table from its columns; names that the table does not have are left out."""
    left = dict(dropped or {})
    known = {name: column for name, column in columns.items() if name in spec.table.columns}
    rows = distinct(columns["_row"]) if "_row" in columns else len(next(iter(known.values()), []))
    attrs: dict[str, object] = {"format": spec.name, "file": opened.file, "notes": tuple(notes)}
    attrs |= {"encoding": opened.encoding, "encoding_how": opened.encoding_how}
    return Reading(
        file=opened.file,
        format=spec.name,
        what=spec.what,
        why=recognise(spec, opened),
        tables={spec.table.name: _finished(spec, opened, columns, known, attrs)},
        rows_read=rows + sum(left.values()),
        rows_rejected=sum(left.values()),
        notes=(*notes, *(f"Rows left out: {times} {what}." for what, times in left.items())),
        lossy=spec.lossy,
    )


def _finished(spec: Spec, opened: Opened, columns: Columns, known: Columns, attrs: dict[str, object]) -> pd.DataFrame:
    """The checked table; a row that breaks a rule of it is named by its number in the file."""
    try:
        return finish(opened.file, known, spec.table, attrs)
    except FileError as error:
        broken = getattr(error.__cause__, "problems", pd.DataFrame())
        if broken.empty or "_row" not in columns:
            raise
        sheet = None if columns.get("_sheet") is None else next(iter(columns["_sheet"]), None)
        named = None if sheet is None else str(sheet)
        at = [
            Place(
                sheet=named,
                row=int(str(columns["_row"][one.row])),
                column=one.column,
                value=str(one.value)[:60],
                reason=one.problem,
            )
            for one in broken.itertuples()
        ]
        reasons = "; ".join(dict.fromkeys(broken["problem"]))
        rule = f"a rule of the table '{spec.table.name}' ({spec.table.row})"
        what = f"{many(len(at), 'row breaks', 'rows break')} {rule}: {reasons}"
        raise FileError(opened.file, what, "Correct or delete these rows.", at=at) from error


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
