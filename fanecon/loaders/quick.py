"""Cells of a column read together: the plainest spellings by pattern, every other text once by the careful parser.

Each pattern takes only what its careful parser reads in one way, and each says here which cells it took, so that the
careful parser gets all others.  A pattern that is in doubt (29 February, a clock time that a zone skipped) steps back.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders.cells import Number, Share, Unreadable
from fanecon.loaders.times import Clock, Moment, zone
from fanecon.loaders.vectors import AT_ONCE, INSTANT, PRECISIONS, SCALES, Column, Flags, Moments, Numbers, Shares

WORDS = pa.large_string()

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("count", "balance", "yuan", "fen", "cents"), pa.int64()),
    **dict.fromkeys(("real", "seconds", "timedelta", "share", "percent"), pa.float64()),
    **dict.fromkeys(("time", "unix"), INSTANT),
    "day": pa.date32(),
    "flag": pa.bool_(),
}
_DAY = (
    "(?:19[89][0-9]|20[0-9]{2})-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = "[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_UNIX = (631_152_000, 4_102_444_800)


class Careful(NamedTuple):
    """How a column is read cell by cell: its kind ("" for a reader of a format's own), its parser, an empty result."""

    kind: str
    parse: Callable[[object], object]
    empty: object
    clock: Clock


class Broken(NamedTuple):
    """A cell that the careful parser refuses: its place in the column, the reason and the cell."""

    at: int
    reason: str
    cell: object


class _Part(NamedTuple):
    """What some cells give: values and, for each, up to two doubts (floor and rounded; scale; precision and zone)."""

    found: pa.Array
    first: npt.NDArray[np.int8]
    second: npt.NDArray[np.bool_]


_Quick = Callable[[pa.Array, Clock], tuple[Flags, _Part]]


def matching(chunk: pa.Array, pattern: str) -> Flags:
    """Which texts of a chunk match a pattern."""
    found: Flags = pc.match_substring_regex(chunk, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of an Arrow type are texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def classified(
    cells: pa.ChunkedArray, classify: Callable[[object], int], other: int, *, not_starting: Collection[str]
) -> npt.NDArray[np.int8]:
    """A class for every cell; texts that start with a letter or digit not in `not_starting` are `other` unseen."""
    letters = "".join(chr(code) for code in range(128) if chr(code).isalnum() and chr(code).lower() not in not_starting)
    found = np.full(len(cells), other, np.int8)
    quick = [
        matching(one, f"^[{letters}]") if is_text(cells.type) else np.zeros(len(one), bool) for one in cells.chunks
    ]
    open_ = ~np.concatenate(quick) if quick else np.zeros(0, bool)
    if open_.any():
        encoded = _encoded(cells.filter(pa.array(open_)))
        classes = np.array([classify(cell) for cell in _texts_of(encoded)], np.int8)
        found[open_] = classes[_codes_of(encoded)]
    return found


def read(cells: pa.ChunkedArray, careful: Careful, *, gap: object = None) -> tuple[Column | list[object], list[Broken]]:
    """A column through its careful parser, and what that refuses, in the order of the rows.

    The results of a format's own reader come as a list, unless they are texts.  `gap` is what stands in a cell that is
    not there.
    """
    quick = _quick_for(cells.type).get(careful.kind)
    taken = [quick(chunk, careful.clock) if quick else (np.zeros(len(chunk), bool), None) for chunk in cells.chunks]
    open_ = [~plain for plain, _ in taken]
    rest = cells.filter(pa.array(np.concatenate(open_))) if quick else cells
    if not len(rest):
        return _whole(careful, [part for _, part in taken if part]), []
    encoded = _encoded(rest)
    del rest
    results = _results(_texts_of(encoded, gap), careful)
    codes = _codes_of(encoded)
    broken = _broken(encoded, results.reasons, np.flatnonzero(np.concatenate(open_)))
    if isinstance(results.part, list):
        return [results.part[code] for code in codes], broken
    if not quick and _is_as_written(results, encoded):
        return Column(pa.chunked_array([chunk.cast(WORDS) for chunk in cells.chunks], WORDS)), []
    ends = np.cumsum([one.sum() for one in open_])
    pieces = [codes[end - one.sum() : end] for one, end in zip(open_, ends, strict=True)]
    del encoded
    merged = [_merged(part, one, results.part, piece)
              for (_, part), one, piece in zip(taken, open_, pieces, strict=True)]  # fmt: skip
    del results, taken
    return _whole(careful, merged), broken


def _quick_for(kind: pa.DataType) -> dict[str, _Quick]:
    if is_text(kind):
        return _QUICK
    return _TYPED if pa.types.is_float64(kind) or pa.types.is_int64(kind) else {}


def _encoded(cells: pa.ChunkedArray) -> pa.DictionaryArray:
    """Cells as places in a list of the distinct ones."""
    found = cells.combine_chunks().dictionary_encode()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _texts_of(encoded: pa.DictionaryArray, gap: object = None) -> Iterator[object]:
    """The distinct cells; the last one is the cell that is not there."""
    for start in range(0, len(encoded.dictionary), AT_ONCE):
        yield from encoded.dictionary.slice(start, AT_ONCE).to_pylist()
    yield gap


def _codes_of(encoded: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    codes: npt.NDArray[np.int32] = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    return codes


def _is_as_written(results: _Results, encoded: pa.DictionaryArray) -> bool:
    """Whether every text stays what it is, so that the column can share the blocks of the file."""
    part = results.part
    if isinstance(part, list) or results.reasons or not is_text(encoded.dictionary.type) or part.found.type != WORDS:
        return False
    written = part.found.slice(0, len(part.found) - 1).equals(encoded.dictionary.cast(WORDS))
    return bool(written) and not part.found[-1].is_valid


class _Results(NamedTuple):
    """What the distinct cells give; a list where they are not of one type; and why some are refused."""

    part: _Part | list[object]
    reasons: dict[int, str]


def _results(cells: Iterator[object], careful: Careful) -> _Results:
    reasons: dict[int, str] = {}
    parts: list[_Part] = []
    if careful.kind == "":
        found = [_one(at, cell, careful, reasons) for at, cell in enumerate(cells)]
        texts = all(one is None or isinstance(one, str) for one in found)
        return _Results(_part(found, careful) if texts else found, reasons)
    numbered = enumerate(cells)
    while some := list(itertools.islice(numbered, AT_ONCE)):
        parts.append(_part([_one(at, cell, careful, reasons) for at, cell in some], careful))
    first, second = (np.concatenate([part[at] for part in parts]) for at in (1, 2))
    return _Results(_Part(pa.concat_arrays([part.found for part in parts]), first, second), reasons)


def _one(at: int, cell: object, careful: Careful, reasons: dict[int, str]) -> object:
    try:
        return careful.parse(cell)
    except Unreadable as error:
        reasons[at] = str(error)
        return careful.empty


def _part(results: Sequence[object], careful: Careful) -> _Part:
    kind = _TYPES.get(careful.kind, WORDS)
    apart = [_taken_apart(one, whole=kind == pa.int64()) for one in results]
    first, second = np.array([one[1] for one in apart], np.int8), np.array([one[2] for one in apart], bool)
    return _Part(pa.array([one[0] for one in apart], kind), first, second)


def _broken(encoded: pa.DictionaryArray, reasons: dict[int, str], places: npt.NDArray[np.intp]) -> list[Broken]:
    if not reasons:
        return []
    codes, distinct = _codes_of(encoded), encoded.dictionary
    bad = np.flatnonzero(np.isin(codes, list(reasons)))
    cells = {code: distinct[code].as_py() if code < len(distinct) else None for code in reasons}
    return [Broken(int(places[at]), reasons[codes[at]], cells[codes[at]]) for at in bad]


def _merged(part: _Part | None, open_: Flags, results: _Part, codes: npt.NDArray[np.int32]) -> _Part:
    """The results of the distinct cells in the places of the cells."""
    if part is not None and not len(codes):
        return part
    values = results.found.take(pa.array(codes))
    if part is None:
        return _Part(values, results.first[codes], results.second[codes])
    part.first[open_], part.second[open_] = results.first[codes], results.second[codes]
    return _Part(pc.replace_with_mask(part.found, pa.array(open_), values), part.first, part.second)


def _whole(careful: Careful, parts: list[_Part]) -> Column:
    """The parts after each other."""
    values = pa.chunked_array([part.found for part in parts], _TYPES.get(careful.kind, WORDS))
    if pa.types.is_float64(values.type):
        values = pc.add(values, 0.0)  # a printed -0.0 is 0.0
    first = np.concatenate([part.first for part in parts]) if parts else np.zeros(0, np.int8)
    second = np.concatenate([part.second for part in parts]) if parts else np.zeros(0, bool)
    if isinstance(careful.empty, Number):
        return Numbers(values, first.astype(bool), second)
    if isinstance(careful.empty, Moment):
        return Moments(values, first, second)
    return Shares(values, first) if isinstance(careful.empty, Share) else Column(values)


def _taken_apart(one: object, *, whole: bool) -> tuple[object, int, bool]:
    """A result as its value and up to two doubts of it."""
    if isinstance(one, Number):
        value = None if one.value is None else int(one.value) if whole else float(one.value) + 0.0
        return value, one.is_floor, one.is_rounded
    if isinstance(one, Share):
        return None if one.value is None else float(one.value) + 0.0, SCALES.index(one.scale), False
    if isinstance(one, Moment):
        return one.value, PRECISIONS.index(one.precision), one.zone_given
    return one, 0, False


def _plain_part(values: pa.Array, *, given: bool = False) -> _Part:
    return _Part(values, np.zeros(len(values), np.int8), np.full(len(values), given))


def _only(chunk: pa.Array, plain: Flags) -> pa.Array:
    """The plain cells of a chunk, None in the places of the others."""
    return chunk if plain.all() else pc.if_else(pa.array(plain), chunk, pa.scalar(None, chunk.type))


def _texts(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    # Five such letters are no placeholder, and a text that begins and ends with a visible letter needs no trimming.
    plain = matching(chunk, r"^[0-9A-Za-z一-龥]{5}(?s:.*[!-~一-龥])?$")
    return plain, _plain_part(_only(chunk, plain).cast(WORDS))


def _ids(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    # What may have been a number (1.22E17, 123.0, 123.5) and what holds nothing but marks is looked at.
    doubtful = matching(chunk, r"^[0-9](?:\.[0-9]+)?[eE]|^[0-9]+\.[0-9]+$|^[-.]+$")
    plain = matching(chunk, "^[0-9A-Za-z_.:-]{5,}$") & ~doubtful
    return plain, _plain_part(_only(chunk, plain).cast(WORDS))


def _counts(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = matching(chunk, "^[0-9]{1,18}$")
    return plain, _plain_part(_only(chunk, plain).cast(pa.int64()))


def _reals(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = matching(chunk, r"^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$")
    return plain, _plain_part(_only(chunk, plain).cast(pa.float64()))


def _unix(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = matching(chunk, "^(?:[0-9]{10}|[0-9]{13})$")
    return _unix_numbers(_only(chunk, plain).cast(pa.int64()))


def _unix_numbers(numbers: pa.Array) -> tuple[Flags, _Part]:
    micro = pc.multiply(numbers, pc.if_else(pc.greater_equal(numbers, 10**12), 1_000, 1_000_000))
    least, most = (second * 1_000_000 for second in _UNIX)
    sane = pc.and_(pc.greater_equal(micro, least), pc.less(micro, most)).fill_null(False).to_numpy(zero_copy_only=False)
    return sane, _plain_part(_only(micro, sane).cast(INSTANT), given=True)


def _times(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    zoned = matching(chunk, f"^{_DAY}{_CLOCK}:[0-5][0-9](?:\\.[0-9]{{1,6}})?Z$")
    fine = matching(chunk, f"^{_DAY}{_CLOCK}:[0-5][0-9]$")
    bare = fine | matching(chunk, f"^{_DAY}{_CLOCK}$") if clock.tz else np.zeros(len(chunk), bool)
    precision = np.where(fine | zoned, 0, 1).astype(np.int8)
    instants = pc.coalesce(_local(_only(chunk, bare), clock.tz), _only(chunk, zoned).cast(INSTANT))
    plain = instants.is_valid().to_numpy(zero_copy_only=False)
    return plain, _Part(instants, precision, zoned.copy())


def _local(texts: pa.Array, tz: str | None) -> pa.Array:
    """Clock times in a zone as instants; None for a clock time that the zone skipped."""
    if tz is None:
        return pa.nulls(len(texts), INSTANT)
    # pandas asks the standard library for the zone, as the careful parser does; of two times the first is taken.
    naive = pd.DatetimeIndex(texts.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False))
    local = naive.tz_localize(zone(tz), ambiguous=np.ones(len(naive), bool), nonexistent="NaT")
    return pa.array(local.tz_convert("UTC").tz_localize(None).to_numpy(), pa.timestamp("us"), from_pandas=True).cast(
        INSTANT
    )


_QUICK: dict[str, _Quick] = {
    "text": _texts,
    "id": _ids,
    **dict.fromkeys(("count", "balance", "fen"), _counts),
    "real": _reals,
    "unix": _unix,
    "time": _times,
}


def _between(chunk: pa.Array, most: int, *, whole: bool) -> Flags:
    """Which numbers of a column lie from zero to below a bound, and are whole."""
    # Arrow compares whole numbers with a fraction by way of fractions, and not those above 2**53.
    least, below = pa.scalar(0, chunk.type), pa.scalar(most, chunk.type)
    found = pc.and_(pc.greater_equal(chunk, least), pc.less(chunk, below))
    if whole and pa.types.is_floating(chunk.type):
        found = pc.and_(found, pc.equal(pc.floor(chunk), chunk))
    flags: Flags = found.fill_null(False).to_numpy(zero_copy_only=False)
    return flags


def _typed_counts(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = _between(chunk, 10**15, whole=True)
    return plain, _plain_part(_only(chunk, plain).cast(pa.int64()))


def _typed_ids(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = _between(chunk, 10**15, whole=True)
    return plain, _plain_part(_only(chunk, plain).cast(pa.int64()).cast(WORDS))


def _typed_reals(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain = _between(chunk, 10**15, whole=False)
    return plain, _plain_part(_only(chunk, plain).cast(pa.float64()))


def _typed_unix(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    seconds = _between(chunk, 10**10, whole=True) & ~_between(chunk, 10**9, whole=True)
    plain = seconds | (_between(chunk, 10**13, whole=True) & ~_between(chunk, 10**12, whole=True))
    return _unix_numbers(_only(chunk, plain).cast(pa.int64()))


def _typed_shares(chunk: pa.Array, clock: Clock) -> tuple[Flags, _Part]:
    plain, part = _typed_reals(chunk, clock)
    above = pc.greater(chunk, pa.scalar(0, chunk.type)).fill_null(False).to_numpy(zero_copy_only=False)
    fraction = np.where(above, SCALES.index("fraction"), 0)
    return plain, part._replace(first=fraction.astype(np.int8))


_TYPED: dict[str, _Quick] = {
    "id": _typed_ids,
    **dict.fromkeys(("count", "balance", "fen"), _typed_counts),
    "real": _typed_reals,
    "share": _typed_shares,
    "unix": _typed_unix,
}
