"""Columns that were read in bulk: blocks of values that stand in for lists of a million Python objects.

They are sequences, so whatever derives one column from another by going through it works as before; what goes through
none of them (most columns of most files) never makes the objects at all.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders.cells import Number, Scale, Share
from fanecon.loaders.times import Moment, Precision

AT_ONCE, LARGE = 10_000, 20_000
PRECISIONS: tuple[Precision, ...] = ("s", "min", "h", "day")
SCALES: tuple[Scale, ...] = ("", "percent", "fraction", "points")
INSTANT = pa.timestamp("us", "UTC")

_PACKED = {str: pa.large_string(), int: pa.int64(), bool: pa.bool_(), float: pa.float64(), dt.date: pa.date32()}

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]


class Column(Sequence[object]):
    """A column of plain values: texts, numbers, days, instants or flags, None where there is none."""

    def __init__(self, arrow: pa.ChunkedArray) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, at: int) -> object: ...
    @overload
    def __getitem__(self, at: slice) -> list[object]: ...
    def __getitem__(self, at: int | slice) -> object | list[object]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        start = range(len(self))[at]
        return next(self._items(start, start + 1))

    def __iter__(self) -> Iterator[object]:
        for start in range(0, len(self), AT_ONCE):
            yield from self._items(start, min(start + AT_ONCE, len(self)))

    def _items(self, start: int, stop: int) -> Iterator[object]:
        return iter(self.arrow.slice(start, stop - start).to_pylist())

    def plain(self) -> Column:
        """The values alone, without the doubts that their spelling carries."""
        return Column(self.arrow)

    def series(self, dtype: str) -> pd.Series:
        """The values in a column type of a table."""
        if pa.types.is_timestamp(self.arrow.type) or pa.types.is_date(self.arrow.type):
            unit = "s" if pa.types.is_date(self.arrow.type) else "ns"
            stamps = self.arrow.cast(pa.timestamp(unit, self.arrow.type.tz if unit == "ns" else None))
            found = pd.Series(stamps.to_numpy())
            return (found.dt.tz_localize("UTC") if unit == "ns" else found).astype(dtype)
        kind = pd.api.types.pandas_dtype("Int64" if dtype.startswith("Int") else dtype)
        if hasattr(kind, "__from_arrow__") and _alike(dtype, self.arrow.type):
            return pd.Series(kind.__from_arrow__(self.arrow))
        return pd.Series(self.arrow.to_pylist(), dtype=object)


class Numbers(Column):
    """Numbers with the two doubts of each."""

    def __init__(self, arrow: pa.ChunkedArray, floor: Flags, rounded: Flags) -> None:
        super().__init__(arrow)
        self.floor, self.rounded = floor, rounded

    def _items(self, start: int, stop: int) -> Iterator[object]:
        for at, value in enumerate(super()._items(start, stop), start):
            number = None if value is None else Decimal(repr(value))
            yield Number(number, bool(self.floor[at]), bool(self.rounded[at]))


class Shares(Column):
    """Shares with the scale that each was printed in."""

    def __init__(self, arrow: pa.ChunkedArray, scale: Codes) -> None:
        super().__init__(arrow)
        self.scale = scale

    def _items(self, start: int, stop: int) -> Iterator[object]:
        for at, value in enumerate(super()._items(start, stop), start):
            yield Share(None if value is None else Decimal(repr(value)), SCALES[self.scale[at]])


class Moments(Column):
    """Instants with their precision, and whether their zone was given."""

    def __init__(self, arrow: pa.ChunkedArray, precision: Codes, given: Flags) -> None:
        super().__init__(arrow)
        self.precision, self.given = precision, given

    def _items(self, start: int, stop: int) -> Iterator[object]:
        for at, value in enumerate(super()._items(start, stop), start):
            # Arrow names the zone "UTC" by another object than the standard library.
            when = value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else None
            yield Moment(when, PRECISIONS[self.precision[at]], bool(self.given[at]))

    def words(self, codes: npt.NDArray[np.integer], words: Sequence[str]) -> Column:
        """A word for each instant, None where there is none."""
        if self.arrow.null_count == 0 and len(codes) and (codes == codes[0]).all():
            return constant(words[codes[0]], len(codes))
        known = pa.array(self.arrow.is_valid().to_numpy())
        chosen = pa.array(words, pa.large_string()).take(pa.array(codes))
        return Column(pa.chunked_array([pc.if_else(known, chosen, pa.scalar(None, pa.large_string()))]))

    def days(self, tz: str) -> Column:
        """The local day of each instant."""
        # pandas asks the standard library for the zone, Arrow would ask another copy of the rules.
        local = pd.DatetimeIndex(self.arrow.cast(pa.timestamp("us")).to_numpy()).tz_localize("UTC").tz_convert(tz)
        return Column(
            pa.chunked_array([pa.array(local.tz_localize(None).to_numpy(), from_pandas=True).cast(pa.date32())])
        )


def constant(value: str | None, rows: int) -> Column:
    """A column with one text in every row, which takes no more room than a thousand rows of it."""
    block = pa.array([value] * min(rows, AT_ONCE), pa.large_string())
    whole, rest = divmod(rows, AT_ONCE)
    return Column(pa.chunked_array([block] * whole + [block.slice(0, rest)] * (rest > 0), pa.large_string()))


class Columns(dict[str, Any]):
    """Columns by name; a list of a large table's length becomes a block of values as soon as it is put in.

    So whatever derives columns from others may write lists, and no two of them are there at the same time.
    """

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def __setitem__(self, name: str, column: Sequence[object]) -> None:
        super().__setitem__(name, packed(column) if self.rows >= LARGE and isinstance(column, list) else column)

    def update(self, columns: Mapping[str, Sequence[object]]) -> None:  # type: ignore[override]
        """Put some columns in."""
        for name, column in columns.items():
            self[name] = column

    def __ior__(self, columns: Mapping[str, Sequence[object]]) -> Columns:  # type: ignore[override,misc]
        self.update(columns)
        return self

    def setdefault(self, name: str, column: Sequence[object] = ()) -> Any:  # type: ignore[override]
        """The column of a name, put in if there is none."""
        if name not in self:
            self[name] = column
        return self[name]


def packed(column: list[object]) -> Column | list[object]:
    """A list of texts, whole numbers, flags or instants as a block of values; any other list as it is."""
    kinds = set(map(type, column)) - {type(None)}
    if kinds <= {str} and column and all(one is column[0] for one in column):
        return constant(column[0], len(column))  # type: ignore[arg-type]
    kind = _PACKED.get(next(iter(kinds), str)) if len(kinds) < 2 else None
    if kind is None:
        return column
    try:
        return Column(
            pa.chunked_array([pa.array(column[at : at + AT_ONCE], kind) for at in range(0, len(column), AT_ONCE)], kind)
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeError):
        return column


def first_filled(columns: Sequence[Sequence[object]]) -> Any:
    """For each row the first of some columns that holds a value."""
    blocks = [one.arrow for one in columns if isinstance(one, Column)]
    if len(blocks) == len(columns) and len({block.type for block in blocks}) == 1:
        return Column(pc.coalesce(*blocks) if blocks[0].null_count else blocks[0])
    return [next((cell for cell in row if cell is not None), None) for row in zip(*columns, strict=True)]


def each(column: Sequence[object], word: Callable[[object], str | None]) -> Any:
    """A word for every cell of a column, asked for once per distinct one where the column is a block."""
    if not isinstance(column, Column):
        return [word(one) for one in column]
    found = column.arrow.combine_chunks().dictionary_encode("encode")
    words = pa.array([word(one) for one in found.dictionary.to_pylist()], pa.large_string())
    return Column(pa.chunked_array([words.take(found.indices)]))


def how_many(column: Sequence[object], pattern: str) -> int:
    """How many cells of a column match a pattern, as text."""
    if not isinstance(column, Column):
        return sum(re.search(pattern, str(one)) is not None for one in column)
    if not pa.types.is_large_string(column.arrow.type):
        return how_many(list(column), pattern)
    return int(pc.sum(pc.match_substring_regex(column.arrow, pattern)).as_py() or 0)


def nothing(column: Sequence[object]) -> int:
    """How many cells of a column hold nothing."""
    return int(column.arrow.null_count) if isinstance(column, Column) else sum(one is None for one in column)


def numbered(name: str, column: Sequence[object]) -> Any:
    """``name#number`` for every number of a column."""
    if not isinstance(column, Column):
        return [f"{name}#{number}" for number in column]
    begins = pa.scalar(f"{name}#", pa.large_string())
    ends = column.arrow.cast(pa.large_string())
    return Column(pc.binary_join_element_wise(begins, ends, pa.scalar("", pa.large_string())))


def of_series(series: pd.Series, kind: pa.DataType) -> Column:
    """A column of a table as a block."""
    found = pa.array(series, from_pandas=True)
    blocks = found.chunks if isinstance(found, pa.ChunkedArray) else [found]
    return Column(pa.chunked_array([block.cast(kind) for block in blocks], kind))


def assumed_zones(column: Sequence[object]) -> int:
    """How many moments of a column have a zone that was assumed."""
    if isinstance(column, Moments):
        return int((column.arrow.is_valid().to_numpy() & ~column.given).sum())
    return sum(isinstance(one, Moment) and one.value is not None and not one.zone_given for one in column)


def times_rounded(column: Sequence[Number]) -> int:
    """How many numbers of a column were rounded to a unit."""
    return int(column.rounded.sum()) if isinstance(column, Numbers) else sum(one.is_rounded for one in column)


def distinct(column: Sequence[object]) -> int:
    """How many different values a column has."""
    if not isinstance(column, Column):
        return len(set(column))
    rising = pa.types.is_integer(column.arrow.type) and bool((np.diff(column.arrow.to_numpy()) > 0).all())
    return len(column) if rising else int(pc.count_distinct(column.arrow).as_py())


def bulk_floors(counts: Mapping[str, Sequence[Number]], rows: int) -> Column:
    """For each row the fields whose count is only a floor, joined by commas."""
    names = [name for name, column in counts.items() if isinstance(column, Numbers)]
    if not any(counts[name].floor.any() for name in names):  # type: ignore[attr-defined]
        return constant(None, rows)
    codes = np.zeros(rows, np.int64)
    for bit, name in enumerate(names):
        codes |= counts[name].floor.astype(np.int64) << bit  # type: ignore[attr-defined]
    kinds, places = np.unique(codes, return_inverse=True)
    words = [",".join(name for bit, name in enumerate(names) if kind >> bit & 1) or None for kind in kinds.tolist()]
    return Column(pa.chunked_array([pa.array(words, pa.large_string()).take(pa.array(places))]))


def _alike(dtype: str, kind: pa.DataType) -> bool:
    if dtype == "string":
        return bool(pa.types.is_large_string(kind))
    if dtype == "boolean":
        return bool(pa.types.is_boolean(kind))
    return bool(
        pa.types.is_floating(kind) if dtype == "Float64" else dtype.startswith("Int") and pa.types.is_integer(kind)
    )


def release() -> None:
    """Give freed memory back to the system: Arrow and the C library keep it, and the next step takes as much again."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # musl has none
        trim(0)
