"""The columns of a flat format, each read, checked as a whole, and then let go."""

from __future__ import annotations

from collections.abc import Sequence

from fanecon.loaders import bulk
from fanecon.loaders.cells import is_missing
from fanecon.loaders.kinds import EMPTY, NUMBERS, parser
from fanecon.loaders.layout import Spec
from fanecon.loaders.personal import loose
from fanecon.loaders.quick import Careful
from fanecon.loaders.reading import Ask
from fanecon.loaders.rows import Body, Complaints
from fanecon.loaders.suspects import lost_digits, not_above_one, one_scale
from fanecon.loaders.times import Clock
from fanecon.loaders.vectors import Column, Moments


def columns_of(
    spec: Spec, body: Body, complaints: Complaints, ask: Ask, *, clock: Clock, letting_go: bool = False
) -> dict[str, Sequence[object]]:
    """Every known column, read and checked; its cells in the body are let go if asked."""
    read: dict[str, Sequence[object]] = {}
    empty, whole = complaints.of_this_sheet(), complaints.of_this_sheet()
    for name in (name for name in spec.fields if name in body.header.columns):
        read[name] = _read(spec, name, body, complaints, ask, clock)
        if spec.fields[name].filled:
            _filled(body, name, read[name], EMPTY.get(spec.fields[name].kind), empty)
        _whole_column(spec, body, name, read[name], whole)
        if letting_go and isinstance(body, bulk.BulkBody) and name not in spec.kept:
            body.let_go(name)
    complaints.join(empty, whole)
    return read


def _filled(body: Body, name: str, read: Sequence[object], empty: object, complaints: Complaints) -> None:
    """Complain of rows without a value; a broken cell is complained of already."""
    if isinstance(body, bulk.BulkBody):
        bulk.filled(body, name, read, empty, complaints)
        return
    at = body.header.columns[name]
    for (number, row), value in zip(body.rows, read, strict=True):
        if value == empty and is_missing(body.cell(row, name)):
            cell = body.cell(row, name)
            complaints.add("no value where one is needed", row=number, column=body.header.name(at), value=cell)


def _whole_column(spec: Spec, body: Body, name: str, column: Sequence[object], complaints: Complaints) -> None:
    kind, target = spec.fields[name].kind, spec.table.columns.get(name)
    if kind in ("share", "percent"):
        one_scale(body, name, column, complaints)
    part_of_whole = name in spec.proportions or (target is not None and target.unit == "proportion")
    if kind in ("share", "percent") and part_of_whole:
        not_above_one(body, name, column, complaints)
    if kind == "id" and name not in spec.readers:
        lost_digits(body, name, column, complaints)


def _read(spec: Spec, name: str, body: Body, complaints: Complaints, ask: Ask, clock: Clock) -> Sequence[object]:
    kind = spec.fields[name].kind
    by_name = complaints.hidden.get(body.header.name(body.header.columns[name]))
    known = False
    if name in spec.readers:
        parse = spec.readers[name]
    elif by_name and kind in ("id", "text"):
        parse = loose(by_name, personal=ask.personal)
    else:
        parse, known = parser(kind, clock, personal=ask.personal), True
    empty = EMPTY.get(kind) if known else None
    if isinstance(body, bulk.BulkBody):
        return bulk.read_column(body, name, complaints, Careful(kind if known else "", parse, empty, clock))
    return complaints.read(body, name, parse, empty)


def values_of(kind: str, column: Sequence[object]) -> Sequence[object]:
    """The plain values of a column, without the doubts of each."""
    if isinstance(column, Column):
        return column if isinstance(column, Moments) else column.plain()
    if kind in NUMBERS:
        return [None if one.value is None else int(one.value) for one in column]  # type: ignore[attr-defined]
    if kind in ("share", "percent", "real", "seconds", "timedelta"):
        return [None if one.value is None else float(one.value) + 0.0 for one in column]  # type: ignore[attr-defined]
    return list(column)
