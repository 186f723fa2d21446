"""The quick way through a large table: the same results and the same complaints as cell by cell.

Nobody waits a minute for a million rows, and nobody checks them either, so a quick way that reads one cell in a
thousand differently would never be found out.  Hence two rules.  The careful parser of a kind is the only one that
decides: it is called for every distinct text instead of every cell.  And texts of the plainest spelling (``1234``,
``2026-09-01 12:30:05``, an id of letters and digits), which the careful parser is known to read in one way only, are
read together; what does not fit the plain spelling goes to the careful parser.  A test compares the two ways.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders import quick
from fanecon.loaders.cells import heading, is_missing, plain
from fanecon.loaders.columns import Cells
from fanecon.loaders.personal import AT_RISK, Hide
from fanecon.loaders.quick import Careful, classified, matching
from fanecon.loaders.rows import TOTALS, Body, Complaints, Header, is_total_word
from fanecon.loaders.sheets import Row
from fanecon.loaders.vectors import Column, Flags, constant, release

WORDS = pa.large_string()


@dataclass(frozen=True, kw_only=True)
class BulkBody(Body):
    """The data rows under a header as columns, with their 1-based numbers."""

    rows: _Rows
    at: npt.NDArray[np.int32]

    @property
    def cells(self) -> tuple[pa.ChunkedArray, ...]:
        """The columns, whose rows the body goes through."""
        return tuple(self.rows.cells.columns)

    @property
    def numbers(self) -> Column:  # type: ignore[override]
        """The 1-based row numbers."""
        return Column(pa.chunked_array([pa.array(self.at)]))

    def extra(self, columns: Mapping[str, int], hide: Hide) -> Column:  # type: ignore[override]
        """Some columns (name → place) as one JSON text per row."""
        return _extras(self, columns, hide)

    def field(self, name: str) -> pa.ChunkedArray:
        """The cells of a field."""
        return self.cells[self.header.columns[name]]

    def let_go(self, name: str) -> None:
        """Forget the cells of a field that is read: there is no room for both."""
        columns, at = list(self.cells), self.header.columns[name]
        columns[at] = pa.chunked_array([pa.nulls(len(self.at))])
        self.rows.cells.columns = tuple(columns)

    def where(self, kept: Flags, dropped: Mapping[str, int]) -> BulkBody:
        """Some of the rows."""
        if kept.all():
            return replace(self, dropped=dropped)
        return body_over(self.header, [column.filter(pa.array(kept)) for column in self.cells], self.at[kept], dropped)


class _Rows(Sequence[tuple[int, Row]]):
    """Numbered rows that are made when somebody looks at them."""

    def __init__(self, cells: Cells, at: npt.NDArray[np.int32]) -> None:
        self.cells, self.at = cells, at

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, at: int) -> tuple[int, Row]:  # type: ignore[override]
        return int(self.at[at]), self.cells[at]

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        return zip(self.at.tolist(), self.cells, strict=True)


def body_over(
    header: Header, cells: Sequence[pa.ChunkedArray], at: npt.NDArray[np.int32], dropped: Mapping[str, int]
) -> BulkBody:
    """A body over columns that hold its rows and nothing else."""
    sheet = header.sheet.rows
    rows = sheet.of(cells) if isinstance(sheet, Cells) else Cells(cells)
    return BulkBody(header=header, rows=_Rows(rows, at), dropped=dropped, at=at)


def body_of(header: Header, sheet: Cells, keep: Callable[[Body, Row], bool] | None = None) -> BulkBody | None:
    """The rows under a header without blank rows, repeated headers, totals and those that a format does not keep.

    None where the first of them do not have the types of the columns.
    """
    cells = sheet.below(header.row)
    if cells is None:
        return None
    whole = body_over(header, cells, np.arange(header.row + 2, len(sheet) + 1, dtype=np.int32), {})
    first = _first_words(cells, len(whole.at))
    first[np.isin(whole.at, list(sheet.gone))] = _BLANK
    repeated = _repeats(whole, np.flatnonzero(first != _BLANK))
    left_out = {"repeated header": repeated, "total": (first == _TOTAL) & ~repeated}
    in_order = sorted((name for name, rows in left_out.items() if rows.any()), key=lambda name: left_out[name].argmax())
    kept = (first == _OTHER) & ~repeated
    body = whole.where(kept, {name: int(left_out[name].sum()) for name in in_order})
    return _kept(body, keep) if keep else body


def read_column(body: BulkBody, name: str, complaints: Complaints, careful: Careful) -> Sequence[object]:
    """Every cell of a field; what its parser refuses becomes a complaint."""
    column = body.header.name(body.header.columns[name])
    sheet = body.header.sheet.rows
    gap = sheet.gap if isinstance(sheet, Cells) else None
    found, broken = quick.read(body.field(name), careful, gap=gap)
    release()
    for one in broken:
        complaints.add(one.reason, row=int(body.at[one.at]), column=column, value=one.cell)
    return found


_BLANK, _OTHER, _TOTAL = 0, 1, 2


def _first_words(cells: Sequence[pa.ChunkedArray], rows: int) -> npt.NDArray[np.int8]:
    """For each row, whether its first filled cell says that it is a sum; blank where no cell is filled."""
    found = np.full(rows, _BLANK, np.int8)
    open_ = np.arange(rows)
    for column in cells:
        if not len(open_):
            break
        here = column if len(open_) == rows else column.take(pa.array(open_))
        kinds = classified(here, _kind_of_word, _OTHER, not_starting={word[0] for word in TOTALS})
        found[open_] = kinds
        open_ = open_[kinds == _BLANK]
    return found


def _kind_of_word(cell: object) -> int:
    if plain(cell) == "":
        return _BLANK
    return _TOTAL if is_total_word(cell) else _OTHER


def _repeats(body: BulkBody, open_: npt.NDArray[np.intp]) -> Flags:
    """The rows that hold the header again in every known column."""
    found = np.zeros(len(body.at), bool)
    for column in body.header.columns.values():
        name = heading(body.header.cells[column])
        here = body.cells[column].take(pa.array(open_)) if len(open_) < len(found) else body.cells[column]
        same = classified(here, functools.partial(_is_named, name), 0, not_starting={name[0]})
        open_ = open_[same == 1]
        if not len(open_):
            return found
    found[open_] = True
    return found


def _is_named(name: str, cell: object) -> int:
    return int(heading(cell) == name)


def _kept(body: BulkBody, keep: Callable[[Body, Row], bool]) -> BulkBody:
    kept = np.fromiter((bool(keep(body, row)) for _, row in body.rows), bool, len(body.at))
    left = int(len(kept) - kept.sum())
    return body.where(kept, {**body.dropped, **({"rows of another kind": left} if left else {})})


def filled(body: BulkBody, name: str, read: Sequence[object], empty: object, complaints: Complaints) -> None:
    """Complain of rows without a value; a broken cell is complained of already."""
    if isinstance(read, Column):
        open_ = np.flatnonzero(~read.arrow.is_valid().to_numpy())
    else:
        open_ = np.array([at for at, value in enumerate(read) if value == empty], np.int64)
    column = body.header.name(body.header.columns[name])
    cells = body.field(name).take(pa.array(open_)).to_pylist()
    for at, cell in zip(open_.tolist(), cells, strict=True):
        if is_missing(cell):
            complaints.add("no value where one is needed", row=int(body.at[at]), column=column, value=cell)


def _extras(body: BulkBody, columns: Mapping[str, int], hide: Hide) -> Column:
    there = {name: at for name, at in columns.items() if at < len(body.cells)}
    if not there:
        return constant(None, len(body.at))
    tellers = [_teller(name, hide) for name in there]
    chunks = zip(*(body.cells[at].chunks for at in there.values()), strict=True)
    braced = [_braced([tell(chunk) for tell, chunk in zip(tellers, parts, strict=True)]) for parts in chunks]
    release()
    return Column(pa.chunked_array(braced, WORDS))


def _braced(parts: Sequence[pa.Array]) -> pa.Array:
    # Each part brings its own comma: Arrow's joining drops a row whose parts are all missing.
    inside = pc.binary_join_element_wise(*(part.fill_null("") for part in parts), _word(""))
    bare = pc.utf8_slice_codeunits(inside, 2)
    whole = pc.binary_join_element_wise(_word("{"), bare, _word("}"), _word(""))
    return pc.if_else(pc.equal(pc.binary_length(inside), 0), pa.scalar(None, WORDS), whole)


def _word(text: str) -> pa.Scalar:
    return pa.scalar(text, WORDS)


def _teller(name: str, hide: Hide) -> Callable[[pa.Array], pa.Array]:
    """A function that writes ``, "name": "cell"`` for every filled cell of a chunk, None for the others."""
    key = ", " + json.dumps(name, ensure_ascii=False) + ": "
    # A column whose name is personal hides every text, one of addresses those of the second kind.
    hides = any(hide(name, probe) != probe for probe in ("some-text", "2001:db8::1"))

    def one(cell: object) -> str | None:
        if is_missing(cell):
            return None
        kept = hide(name, cell)
        return key + json.dumps(kept if isinstance(kept, (int, float)) else str(kept), ensure_ascii=False)

    # Only texts are remembered: 0.0 and -0.0 are one key, and are written in two ways.
    known = functools.lru_cache(maxsize=100_000)(one)
    pattern = None if hides else _SIMPLE
    return lambda chunk: _told_chunk(chunk, key, pattern, known if quick.is_text(chunk.type) else one)


_SIMPLE = r"^[0-9A-Za-z一-龥]{5}[^\x00-\x1f\x7f\"\\]*$"


def _told_chunk(chunk: pa.Array, key: str, pattern: str | None, one: Callable[[object], str | None]) -> pa.Array:
    simple = np.zeros(len(chunk), bool)
    if pattern and quick.is_text(chunk.type):
        simple = matching(chunk, pattern) & ~matching(chunk, AT_RISK)
    if simple.all():
        return pc.binary_join_element_wise(_word(key + '"'), chunk.cast(WORDS), _word('"'), _word(""))
    encoded = chunk.filter(pa.array(~simple)).dictionary_encode("encode")
    careful = pa.array([one(cell) for cell in encoded.dictionary.to_pylist()], WORDS).take(encoded.indices)
    if not simple.any():
        return careful
    quick_ = pc.binary_join_element_wise(_word(key + '"'), chunk.cast(WORDS), _word('"'), _word(""))
    return pc.replace_with_mask(quick_, pa.array(~simple), careful)
