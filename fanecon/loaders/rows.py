"""Which rows of a sheet are the table, and the list of everything that is wrong with them.

Exports put titles above the header, blank columns before it, the header again in the middle (every run of a crawler
appends one), a total row at the end.  A total row that is read as an article doubles the sum; so these rows are
recognised, left out and counted.  What is wrong in a cell is not raised at once: who repairs a file wants to see all
of it, so complaints are gathered over the whole sheet and raised together.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from fanecon.loaders.cells import Number, Unreadable, day, heading, is_missing, plain
from fanecon.loaders.files import HEADER_ROWS, Opened, Row, Sheet
from fanecon.loaders.personal import Hide, shown
from fanecon.loaders.vectors import Column, Numbers, bulk_floors, packed, times_rounded
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place, SchemaError, Table, check, closest, shape

TOTALS = frozenset(["合计", "总计", "全部", "小计", "累计", "total", "grand total"])
LONGEST_SHOWN = 60

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header row of a sheet: its 0-based place, and for each known field its 0-based column."""

    sheet: Sheet
    row: int
    columns: Mapping[str, int]

    @property
    def cells(self) -> Row:
        """The header as it stands in the file."""
        return self.sheet.rows[self.row]

    @property
    def width(self) -> int:
        """The columns up to the last that has a name; a workbook fills its rows up with empty cells."""
        return max((at + 1 for at, cell in enumerate(self.cells) if plain(cell)), default=0)

    def name(self, column: int) -> str:
        """The column's name as it stands in the file."""
        return str(self.cells[column]).strip() if column < len(self.cells) else ""


@dataclass(frozen=True, kw_only=True)
class Body:
    """The data rows under a header, each with its 1-based row number, and how many others were left out."""

    header: Header
    rows: Sequence[tuple[int, Row]]
    dropped: Mapping[str, int]

    def cell(self, row: Row, name: str) -> object:
        """The cell of a field; None where the row is too short or the file has no such column."""
        column = self.header.columns.get(name, len(row))
        return row[column] if column < len(row) else None

    def column(self, name: str) -> list[object]:
        """All cells of a field."""
        return [self.cell(row, name) for _, row in self.rows]

    def extra(self, columns: Mapping[str, int], hide: Hide) -> Sequence[str | None]:
        """Some columns (name → place) as one JSON text per row."""
        return [_extra(row, columns, hide) for _, row in self.rows]

    @property
    def numbers(self) -> list[int]:
        """The 1-based row numbers."""
        return [number for number, _ in self.rows]


@dataclass(frozen=True)
class Complaints:
    """Everything found wrong in a sheet, raised together."""

    file: str
    sheet: str | None
    hidden: Mapping[str, str] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str, *, row: int, column: str, value: object) -> None:
        """Note one broken cell; what is personal in it is masked."""
        told = shown(column, value, self.hidden)[:LONGEST_SHOWN]
        self.places.append(Place(sheet=self.sheet, row=row, column=column, value=told, reason=reason))
        self.reasons[reason] += 1

    def of_this_sheet(self) -> Complaints:
        """Complaints about the same sheet, to be joined later."""
        return Complaints(self.file, self.sheet, self.hidden)

    def join(self, *others: Complaints) -> None:
        """Add the complaints of others, one after another."""
        for other in others:
            self.places.extend(other.places)
            self.reasons.update(other.reasons)

    def read(self, body: Body, name: str, parse: Callable[[object], Value], instead: Value) -> list[Value]:
        """Every cell of a field through a parser; what it refuses becomes a complaint and `instead`."""
        read: list[Value] = []
        for number, row in body.rows:
            cell = body.cell(row, name)
            try:
                read.append(parse(cell))
            except Unreadable as error:
                read.append(instead)
                self.add(str(error), row=number, column=body.header.name(body.header.columns[name]), value=cell)
        return read

    def stop(self) -> None:
        """Raise if anything was found.

        Raises
        ------
        FileError
            With every place, in the order of the rows.
        """
        if not self.places:
            return
        what = "; ".join(f"{reason} ({times})" for reason, times in self.reasons.most_common())
        cells = "1 cell" if len(self.places) == 1 else f"{len(self.places)} cells"
        at = sorted(self.places, key=lambda place: place.row or 0)
        raise FileError(self.file, f"{cells} cannot be used: {what}", "Correct the file, or export it again.", at=at)


def find_header(file: str, sheet: Sheet, fields: Mapping[str, str], *, least: int = 2) -> Header | None:
    """The first of the top rows that holds at least `least` known column names, or None.

    Parameters
    ----------
    fields
        Column name in one spelling (:func:`fanecon.loaders.cells.heading`) → field.

    Raises
    ------
    FileError
        If two columns name the same field.
    """
    for index, row in enumerate(sheet.rows[:HEADER_ROWS]):
        found = [(fields[heading(cell)], column) for column, cell in enumerate(row) if heading(cell) in fields]
        if len({name for name, _ in found}) >= least:
            _distinct(file, sheet, index, found)
            return Header(sheet=sheet, row=index, columns=dict(found))
    return None


def _distinct(file: str, sheet: Sheet, index: int, found: list[tuple[str, int]]) -> None:
    again = [name for name, times in Counter(name for name, _ in found).items() if times > 1]
    cells = [str(sheet.rows[index][column]).strip() for name, column in found if name in again]
    if again:
        at = [Place(sheet=sheet.name, row=index + 1, column=cell) for cell in cells]
        raise FileError(file, "Several columns of the header mean the same", "Delete all but one.", at=at)


def body_of(header: Header, *, is_total: Callable[[Row], bool]) -> Body:
    """The rows under a header without blank rows, repeated headers and total rows."""
    known = {column: heading(header.cells[column]) for column in header.columns.values()}
    kept: list[tuple[int, Row]] = []
    dropped: Counter[str] = Counter()
    for number, row in enumerate(header.sheet.rows[header.row + 1 :], start=header.row + 2):
        if all(plain(cell) == "" for cell in row):
            continue
        if all(column < len(row) and heading(row[column]) == name for column, name in known.items()):
            dropped["repeated header"] += 1
        elif is_total(row):
            dropped["total"] += 1
        else:
            kept.append((number, row))
    return Body(header=header, rows=tuple(kept), dropped=dropped)


def is_total_word(cell: object) -> bool:
    """Whether a cell says that its row is a sum of others."""
    return plain(cell).rstrip(":") in TOTALS


def other_columns(header: Header) -> dict[str, int]:
    """The named columns that are no known field: name as in the file (its second is ``name (n)``) → 0-based column."""
    used, found = set(header.columns.values()), dict[str, int]()
    for at, cell in enumerate(header.cells):
        if at not in used and not is_missing(cell):
            name = header.name(at)
            found[f"{name} ({at + 1})" if name in found else name] = at
    return found


def unnamed_columns(body: Body) -> dict[str, int]:
    """The columns without a name that hold something, as ``number n`` → 0-based column; row numbers are nothing."""
    without = [at for at in range(body.header.width) if is_missing(body.header.cells[at])]
    filled = [at for at in without if any(at < len(row) and plain(row[at]) for _, row in body.rows)]
    first = (row[0] if row else "" for _, row in body.rows)
    return {f"number {at + 1}": at for at in filled if at or not count_rows(first)}


def nameless_columns(body: Body) -> dict[str, int]:
    """As :func:`unnamed_columns`, and those to the right of the last name."""
    width = max((len(row) for _, row in body.rows), default=0)
    beyond_ = range(body.header.width, width)
    filled = [at for at in beyond_ if any(at < len(row) and plain(row[at]) for _, row in body.rows)]
    return {**unnamed_columns(body), **{f"number {at + 1}": at for at in filled}}


def named_only(file: str, body: Body) -> None:
    """Refuse a table in which a column without a name holds something, where the format has no place for it.

    Raises
    ------
    FileError
        With every cell in such a column.
    """
    complaints = Complaints(file, body.header.sheet.name)
    for name, at in nameless_columns(body).items():
        for number, row in body.rows:
            if at < len(row) and plain(row[at]):
                complaints.add("a cell in a column without a name", row=number, column=name, value=row[at])
    complaints.stop()


def count_rows(cells: Iterable[object]) -> bool:
    """Whether a first column without a name counts the rows, as pandas writes its index."""
    first = [plain(cell) for cell in itertools.islice(cells, 1_000)]
    counted = [int(one) for one in first if one.isdecimal()]
    return len(counted) == len(first) and all(one < other for one, other in itertools.pairwise(counted))


def beyond(body: Body, complaints: Complaints) -> None:
    """Complain of cells to the right of the last header: a separator inside a title moves everything after it."""
    width = body.header.width
    for number, row in body.rows:
        rest = [cell for cell in row[width:] if plain(cell)]
        if rest:
            complaints.add(
                "a cell beyond the last column name", row=number, column=f"number {width + 1}", value=rest[0]
            )


def extras(
    body: Body, *names: str, hide: Hide | None = None, more: Mapping[str, int] | None = None
) -> Sequence[str | None]:
    """The columns that are no known field, and the fields named, as one JSON text per row; `hide` what is personal."""
    at = body.header.columns
    columns = {body.header.name(at[name]): at[name] for name in names if name in at} | other_columns(body.header)
    return body.extra({**columns, **unnamed_columns(body), **(more or {})}, hide or _as_it_is)


def _as_it_is(column: str, cell: object) -> object:
    return cell


def _extra(row: Row, columns: Mapping[str, int], hide: Hide) -> str | None:
    cells = {name: hide(name, row[at]) for name, at in columns.items() if at < len(row) and not is_missing(row[at])}
    kept = {name: cell if isinstance(cell, (int, float)) else str(cell) for name, cell in cells.items()}
    return json.dumps(kept, ensure_ascii=False) if kept else None


def floors(counts: Mapping[str, Sequence[Number]], rows: int) -> Sequence[str | None]:
    """For each row the fields whose count is only a floor, joined by commas."""
    if any(isinstance(read, Numbers) for read in counts.values()):
        return bulk_floors(counts, rows)  # type: ignore[return-value]
    names = [[name for name, read in counts.items() if read[at].is_floor] for at in range(rows)]
    return [",".join(some) or None for some in names]


def rounded_notes(counts: Mapping[str, Sequence[Number]]) -> list[str]:
    """A note for every field with counts that were rounded to a unit."""
    found = {name: times_rounded(read) for name, read in counts.items()}
    return [f"{rows_have(times)} {name} rounded to a unit such as 万." for name, times in found.items() if times]


def rows_have(times: int) -> str:
    """The beginning of a note about some rows."""
    return many(times, "row has", "rows have")


def needed_day(cell: object, epoch: int | None = None) -> dt.date:
    """The day in a cell that must hold one; `epoch` is the year from which the workbook counts days.

    Raises
    ------
    Unreadable
        If it holds none.
    """
    found = day(cell, epoch)
    if found is None:
        raise Unreadable("no day")
    return found


def tolerant_day(cell: object, epoch: int | None = None) -> dt.date | None:
    """The day in a cell, or None where there is none."""
    try:
        return day(cell, epoch)
    except Unreadable:
        return None


def not_empty(file: str, body: Body, what: str) -> None:
    """Refuse a header without rows.

    Raises
    ------
    FileError
        Naming the row of the header.
    """
    if not body.rows:
        at = [Place(sheet=body.header.sheet.name, row=body.header.row + 1)]
        raise FileError(file, f"There is a header but no {what} under it", "Export a period that has some.", at=at)


def offer(file: str, table: str | None, tables: tuple[str, ...]) -> str:
    """The table to make: the one asked for, or the first that the file holds.

    Raises
    ------
    FileError
        If the file does not hold the table asked for.
    """
    if table is None:
        return tables[0]
    if table not in tables:
        names = " and ".join(f"table='{name}'" for name in tables)
        raise FileError(file, f"The file holds no table '{table}'", f"{closest(table, tables)}It offers {names}.")
    return table


def provenance(
    opened: Opened, format_: str, *, kept: int, dropped: Mapping[str, int], notes: Iterable[str]
) -> dict[str, object]:
    """What `attrs` say of a loaded table: plain text and numbers only, so that they survive every pandas step."""
    out = [f"Rows left out: {times} {what}." for what, times in dropped.items()]
    return {
        "format": format_,
        "file": opened.file,
        "encoding": opened.encoding,
        "encoding_how": opened.encoding_how,
        "rows_read": kept + sum(dropped.values()),
        "rows_dropped": sum(dropped.values()),
        "notes": (*notes, *out),
    }


def finish(file: str, columns: Mapping[str, Iterable[object]], table: Table, attrs: dict[str, object]) -> pd.DataFrame:
    """The shaped and checked table with its provenance in `attrs`.

    Raises
    ------
    FileError
        If the rows break a rule of the table that the loader did not name itself.
    """
    frame = pd.DataFrame({name: _series(values, table.columns[name].dtype) for name, values in columns.items()})
    frame.attrs = attrs
    try:
        return check(shape(frame, table), table)
    except SchemaError as error:
        raise FileError(file, f"The rows do not make a table '{table.name}': {error}", "Correct the file.") from error


def _series(values: Iterable[object], dtype: str) -> pd.Series:
    found = values if isinstance(values, Column) else packed(list(values))
    return found.series(dtype) if isinstance(found, Column) else pd.Series(found, dtype=object)
