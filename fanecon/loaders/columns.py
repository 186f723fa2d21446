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

from fanecon.loaders.sheets import Row

AT_ONCE = 10_000


class Cells(Sequence[Row]):
    """Rows of cells over Arrow columns of one length; a row ends with its last cell that is there.

    `head` are rows above the columns (the names in a Parquet file, whose cells need not be text).
    """

    def __init__(
        self, columns: Sequence[pa.ChunkedArray], *, head: Sequence[Row] = (), gone: frozenset[int] = frozenset()
    ) -> None:
        self.columns = tuple(columns)
        self.head = tuple(head)
        self.gone = gone

    def __len__(self) -> int:
        return len(self.head) + (len(self.columns[0]) if self.columns else 0)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step > 0:
                return list(itertools.islice(self, start, stop, step))
            return [self[one] for one in range(start, stop, step)]
        place = range(len(self))[at]
        if place + 1 in self.gone:
            return ()
        if place < len(self.head):
            return self.head[place]
        return _ended([column[place - len(self.head)].as_py() for column in self.columns])

    def __iter__(self) -> Iterator[Row]:
        rows = itertools.chain(self.head, self._below())
        return iter(() if number in self.gone else row for number, row in enumerate(rows, 1))

    def _below(self) -> Iterator[Row]:
        for start in range(0, len(self) - len(self.head), AT_ONCE):
            batch = [column.slice(start, AT_ONCE).to_pylist() for column in self.columns]
            yield from map(_ended, map(list, zip(*batch, strict=True)))

    def without(self, numbers: Collection[int]) -> Cells:
        """The same rows with some (1-based) blank."""
        return Cells(self.columns, head=self.head, gone=self.gone | frozenset(numbers))


def _ended(row: list[object]) -> list[object]:
    while row and row[-1] is None:
        row.pop()
    return row


def longest(cells: Cells) -> int:
    """The bytes of the longest cell."""
    return max((pc.max(pc.binary_length(column)).as_py() or 0 for column in cells.columns), default=0)
