"""The rows of a large table, kept as columns.

A row of Python texts takes ten times what it takes in the file.  Here every column is one block of letters (Apache
Arrow), and a row is only made when somebody looks at it, so that readers which go through rows work as before.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders.sheets import HEADER_ROWS, LARGE_ROWS, Row

AT_ONCE = 10_000


class Cells(Sequence[Row]):
    """Rows of cells over Arrow columns of one length; a row ends with its last cell that is there.

    `head` are rows above the columns (the names in a Parquet file, whose cells need not be text), `gone` the numbers of
    rows that are left out.  `full` rows are all as long as the sheet is wide, with `gap` where nothing stands, as a
    workbook has them.
    """

    def __init__(
        self,
        columns: Sequence[pa.ChunkedArray],
        *,
        head: Sequence[Row] = (),
        gone: frozenset[int] = frozenset(),
        full: bool = False,
        gap: object = None,
    ) -> None:
        self.columns = tuple(columns)
        self.head = tuple(head)
        self.gone = gone
        self.full, self.gap = full, gap

    def __len__(self) -> int:
        return len(self.head) + (len(self.columns[0]) if self.columns else 0)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step == 1:
                return self._between(start, stop)
            return [self[one] for one in range(start, stop, step)]
        place = range(len(self))[at]
        if place + 1 in self.gone:
            return ()
        if place < len(self.head):
            return self.head[place]
        return self._row([column[place - len(self.head)].as_py() for column in self.columns])

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self), AT_ONCE):
            yield from self._between(start, start + AT_ONCE)

    def _between(self, start: int, stop: int) -> list[Row]:
        first, last = (max(place - len(self.head), 0) for place in (start, stop))
        batch = [column.slice(first, last - first).to_pylist() for column in self.columns]
        rows = [*self.head[start:stop], *map(self._row, map(list, zip(*batch, strict=True)))]
        return [() if number in self.gone else row for number, row in enumerate(rows, start + 1)] if self.gone else rows

    def _row(self, cells: list[object]) -> list[object]:
        if not self.full:
            return _ended(cells)
        return cells if self.gap is None else [self.gap if cell is None else cell for cell in cells]

    def below(self, row: int) -> list[pa.ChunkedArray] | None:
        """The columns under a row (0-based); None where the rows of the head do not have the types of the columns."""
        if row + 1 >= len(self.head):
            return [column.slice(row + 1 - len(self.head)) for column in self.columns]
        over = [_typed([line[at] for line in self.head[row + 1 :]], self.gap) for at in range(len(self.columns))]
        joined = [_joined(one, column) for one, column in zip(over, self.columns, strict=True)]
        return None if any(one is None for one in joined) else [one for one in joined if one is not None]

    def without(self, numbers: Collection[int]) -> Cells:
        """The same rows with some (1-based) blank."""
        gone = self.gone | frozenset(numbers)
        return Cells(self.columns, head=self.head, gone=gone, full=self.full, gap=self.gap)

    def let_go(self) -> None:
        """Forget all but the first rows; for the last reader of a large file, who has to make room for its tables."""
        self.head, self.columns = tuple(self[:HEADER_ROWS]), ()

    def of(self, columns: Sequence[pa.ChunkedArray]) -> Cells:
        """Other columns whose rows are of the same kind."""
        return Cells(columns, full=self.full, gap=self.gap)


def tallied(rows: Sequence[Row], start: int, at: int) -> Iterator[tuple[object, int]]:
    """The cells of a column from a row (0-based) on, and how often each stands there; not joined in a small sheet."""
    below = rows.below(start - 1) if isinstance(rows, Cells) and not rows.gone else None
    if below is None:
        yield from ((row[at], 1) for row in itertools.islice(rows, start, None) if at < len(row))
    elif at < len(below):
        found = below[at].value_counts()
        for first in range(0, len(found), AT_ONCE):
            some = found.slice(first, AT_ONCE)
            yield from zip(some.field("values").to_pylist(), some.field("counts").to_pylist(), strict=True)


def in_columns(rows: Sequence[Row], *, gap: object) -> Sequence[Row]:
    """The rows of a large sheet as columns, its first rows as they are; the same rows if a column is of two types.

    `gap` is what stands in an empty cell.  Whole numbers and those with a fraction are two types, and so are yes and 1:
    as columns, one would be read as the other.
    """
    width = len(rows[0]) if rows else 0
    if len(rows) <= LARGE_ROWS or not width or any(len(row) != width for row in rows):
        return rows
    columns = []
    for at in range(width):
        column = _typed([row[at] for row in itertools.islice(rows, HEADER_ROWS, None)], gap)
        if column is None:
            return rows
        columns.append(pa.chunked_array([column]))
    return Cells(columns, head=rows[:HEADER_ROWS], full=True, gap=gap)


def _typed(cells: list[object], gap: object) -> pa.Array | None:
    """Cells of one Python type as an Arrow array, or None if they are of two or too large for it."""
    kinds = {type(cell) for cell in cells if cell is not None and cell != gap}
    if len(kinds) > 1:
        return None
    try:
        if kinds <= {str}:
            return pa.array(cells, pa.large_string())
        return pa.array([None if cell == gap else cell for cell in cells])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeError):
        return None


def _joined(over: pa.Array | None, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column with some cells over it, or None if they are of another type."""
    if over is None or over.type == column.type:
        return None if over is None else pa.chunked_array([over, *column.chunks])
    blank = pa.types.is_large_string(over.type) and not any(over.to_pylist())
    return pa.chunked_array([pa.nulls(len(over), column.type), *column.chunks]) if blank else None


def _ended(row: list[object]) -> list[object]:
    while row and row[-1] is None:
        row.pop()
    return row


def longest(cells: Cells) -> int:
    """The bytes of the longest cell."""
    return max((pc.max(pc.binary_length(column)).as_py() or 0 for column in cells.columns), default=0)
