"""Several tables on one sheet: side by side with blank columns between, or one under the other with titles.

WeChat's backend prints both.  Side by side, the blocks have different lengths and the same column names, so a name says
nothing without its block; each block is cut out as a sheet of its own here that keeps the row numbers of the file.
Below each other, a row with a single word is the title of what follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fanecon.loaders.cells import Number, heading, is_missing, plain
from fanecon.loaders.files import HEADER_ROWS, Row, Sheet
from fanecon.loaders.personal import masked_text
from fanecon.loaders.rows import Body, Complaints, Header, is_total_word, rows_have

Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A titled table on a sheet: the title, the body below its header (1-based row numbers of the file)."""

    title: str
    body: Body


def known(names: Names) -> dict[str, str]:
    """Column name in one spelling → field."""
    return {heading(word): name for name, words in names.items() for word in words}


def side_by_side(sheet: Sheet, names: Names, *, least: int = 3) -> list[Body]:
    """The blocks of the first of the top rows that holds at least `least` known names, split at blank columns."""
    fields = known(names)
    for index, row in enumerate(sheet.rows[:HEADER_ROWS]):
        if len({heading(cell) for cell in row if heading(cell) in fields}) >= least:
            return [_block(sheet, index, start, end, fields) for start, end in _runs(row)]
    return []


def _runs(row: Row) -> Iterator[tuple[int, int]]:
    """Begin and end of the filled stretches of a row."""
    start = None
    for at, cell in enumerate([*row, None]):
        filled = cell is not None and plain(cell) != ""
        if filled and start is None:
            start = at
        elif not filled and start is not None:
            yield start, at
            start = None


def nameless(sheet: Sheet, index: int, complaints: Complaints) -> list[str]:
    """Complain of cells in the columns between the blocks and beyond the last: they belong to none.

    A row that holds nothing else is a remark, not a value: it comes back as a note.
    """
    named = {at for at, cell in enumerate(sheet.rows[index]) if plain(cell)}
    notes = []
    for number, row in enumerate(sheet.rows[index + 1 :], index + 2):
        odd = [at for at, cell in enumerate(row) if at not in named and plain(cell)]
        if odd and lone(row):
            notes.append(f"Row {number} is a remark outside of the tables: {masked_text(lone(row))[:60]}")
            continue
        for at in odd:
            complaints.add("a cell in a column without a name", row=number, column=f"number {at + 1}", value=row[at])
    return notes


def _block(sheet: Sheet, index: int, start: int, end: int, fields: Mapping[str, str]) -> Body:
    rows = [[*[None] * start, *row[start:end]] for row in sheet.rows]
    cut = Sheet(name=sheet.name, rows=rows)
    columns = {fields[heading(cell)]: at for at, cell in enumerate(rows[index]) if heading(cell) in fields}
    return body_under(Header(sheet=cut, row=index, columns=columns), len(rows))


def body_under(header: Header, end: int) -> Body:
    """The filled rows below a header, up to a row of the sheet (0-based, excluded), without sums over days."""
    names, day = [heading(cell) for cell in header.cells], header.columns.get("date")
    kept, dropped = [], Counter[str]()
    for number, row in enumerate(header.sheet.rows[header.row + 1 : end], header.row + 2):
        if all(plain(cell) == "" for cell in row):
            continue
        if [heading(cell) for cell in row] == names:
            dropped["repeated header"] += 1
            continue
        if is_total_word(row[day] if day is not None and day < len(row) else None):
            dropped["total"] += 1
            continue
        kept.append((number, row))
    return Body(header=header, rows=tuple(kept), dropped=dropped)


def sections(sheet: Sheet, titles: Sequence[str], names: Names) -> list[Section]:
    """The titled tables below each other; a table ends at the next title."""
    words = {heading(title) for title in titles}
    starts = [at for at, row in enumerate(sheet.rows) if lone(row) and heading(lone(row)) in words]
    ends = [*starts[1:], len(sheet.rows)]
    return [
        Section(title=lone(sheet.rows[start]), body=_under(sheet, start, end, names))
        for start, end in zip(starts, ends, strict=True)
    ]


def _under(sheet: Sheet, start: int, end: int, names: Names) -> Body:
    fields = known(names)
    filled = (at for at in range(start + 1, end) if any(plain(cell) for cell in sheet.rows[at]))
    index = next(filled, start)
    row = sheet.rows[index] if index > start else ()
    cut = Sheet(name=sheet.name, rows=[*sheet.rows[:index], row])
    columns = {fields[heading(cell)]: at for at, cell in enumerate(row) if heading(cell) in fields}
    header = Header(
        sheet=Sheet(name=sheet.name, rows=[*cut.rows, *sheet.rows[index + 1 :]]), row=index, columns=columns
    )
    return body_under(header, end)


def lone(row: Row) -> str:
    """The text of the only filled cell of a row, or "" where there are more or none."""
    filled = [cell for cell in row if plain(cell)]
    return str(filled[0]).strip() if len(filled) == 1 else ""


def read_all(
    body: Body, complaints: Complaints, parse: Mapping[str, Callable[[object], object]], rounded: Counter[str]
) -> dict[str, list[object]]:
    """Every field of a body that the file has, through its parser; rounded numbers are counted."""
    present = {name: one for name, one in parse.items() if name in body.header.columns}
    read: dict[str, list[object]] = {name: complaints.read(body, name, one, None) for name, one in present.items()}
    rounded.update({name: sum(isinstance(n, Number) and n.is_rounded for n in found) for name, found in read.items()})
    return read


def lacks(body: Body, complaints: Complaints, names: Names, needed: Sequence[str]) -> bool:
    """Whether a body has no column for a needed field; each is complained of at the header."""
    missing = [names[name][0] for name in needed if name not in body.header.columns]
    for column in missing:
        complaints.add("a column is missing", row=body.header.row + 1, column=column, value="")
    return bool(missing)


def doubts(rounded: Mapping[str, int]) -> list[str]:
    """A note for every field with counts that were rounded to a unit."""
    return [f"{rows_have(times)} {name} rounded to a unit such as 万." for name, times in rounded.items() if times]


def whole(one: object) -> int | None:
    """The number read from a cell as a plain whole number."""
    return int(one.value) if isinstance(one, Number) and one.value is not None else None


def floor_names(found: Mapping[str, object], names: Sequence[str]) -> str | None:
    """The fields of a row whose count is only a floor, joined by commas."""
    floors = [name for name in names if isinstance(one := found.get(name), Number) and one.is_floor]
    return ",".join(floors) or None


def others(body: Body, row: Row) -> dict[str, object]:
    """The filled cells of a row under names that are no known field; without a name, under their number."""
    used = set(body.header.columns.values())
    names = [str(name).strip() if plain(name) else "" for name in body.header.cells]
    names += [""] * (len(row) - len(names))
    filled = {at: cell for at, cell in enumerate(row) if at not in used and not is_missing(cell)}
    return {names[at] or f"number {at + 1}": as_written(cell) for at, cell in filled.items()}


def as_written(cell: object) -> object:
    """A cell for `extra`: a whole number without the fraction that a workbook gives it, else a number or a text."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, (int, float)) else str(cell)
