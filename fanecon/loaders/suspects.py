"""What no cell shows alone: a column can be wrong although each of its cells can be read.

`30%` and `0.3` are both shares, and in one column one of them is wrong by a factor of a hundred.  An id that ends in
zeros is an id; a column of ids that all end in zeros has been through Excel, which keeps fifteen digits.  A row that is
longer than the header has either lost a quotation mark, and then every cell of it stands in the wrong column, or comes
from a newer version of the program that wrote the file, and then all later rows are as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders.bulk import BulkBody
from fanecon.loaders.cells import Share, plain
from fanecon.loaders.quick import matching
from fanecon.loaders.rows import Body, Complaints
from fanecon.loaders.vectors import SCALES, Column, Shares

LEAST_IDS = 5
_LONG, _LOST = "^[0-9]{16,19}$", "^[0-9]{15}0+$"
Places = npt.NDArray[np.intp]


def complain(body: Body, name: str, places: Iterable[int], reason: str, complaints: Complaints) -> None:
    """Complain of the cells of a field in some of the rows (by their place in the body)."""
    column = body.header.name(body.header.columns[name])
    for at in places:
        number, row = body.rows[at]
        complaints.add(reason, row=number, column=column, value=body.cell(row, name))


def one_scale(body: Body, name: str, read: Sequence[object], complaints: Complaints) -> None:
    """Complain of a column of shares in two scales: of the cells in the rarer one."""
    codes = read.scale if isinstance(read, Shares) else _scales(read)
    times = Counter(codes[codes > 0].tolist())
    if len(times) > 1:
        usual = times.most_common(1)[0][0]
        places = np.flatnonzero((codes > 0) & (codes != usual))
        complain(body, name, places.tolist(), "percents and fractions in one column", complaints)


def not_above_one(body: Body, name: str, read: Sequence[object], complaints: Complaints) -> None:
    """Complain of shares above one, where the column of the table is a proportion."""
    if isinstance(read, Shares):
        places = np.flatnonzero(pc.greater(read.arrow, 1.0).fill_null(False).to_numpy())
    else:
        above = [isinstance(one, Share) and one.value is not None and one.value > 1 for one in read]
        places = np.flatnonzero(np.array(above, bool))
    complain(body, name, places.tolist(), "a share above 1 (write 3.74% or 0.0374)", complaints)


def lost_digits(body: Body, name: str, read: Sequence[object], complaints: Complaints) -> None:
    """Complain of ids of more than fifteen digits that all end in zeros."""
    chunks = read.arrow.chunks if isinstance(read, Column) else [_texts(read)]
    long = np.concatenate([matching(chunk, _LONG) for chunk in chunks]) if chunks else np.zeros(0, bool)
    lost = np.concatenate([matching(chunk, _LOST) for chunk in chunks]) if chunks else np.zeros(0, bool)
    places = np.flatnonzero(long)
    if lost[places].all() and len({read[at] for at in places[:1_000].tolist()}) >= LEAST_IDS:
        complain(body, name, places.tolist(), "an id that lost digits in Excel (export ids as text)", complaints)


def longer_rows(body: Body, complaints: Complaints) -> dict[str, int]:
    """The columns beyond the header (name → place) where a newer version continued the file; else complaints."""
    width = max((at + 1 for at, cell in enumerate(body.header.cells) if plain(cell)), default=0)
    lengths, filled = _beyond(body, width)
    first = int(filled.argmax()) if filled.any() else len(filled)
    later = lengths[first:]
    # A row of a workbook is as long as the longest one, so there every later row must have a cell beyond.
    padded = len(body.header.cells) > width
    if len(later) > 1 and (later == later[0]).all() and (filled[first:].all() or not padded):
        return {f"number {at + 1}": at for at in range(width, int(later[0]))}
    for place in np.flatnonzero(filled).tolist():
        number, row = body.rows[place]
        cell = next(cell for cell in row[width:] if plain(cell))
        complaints.add("a cell beyond the last column name", row=number, column=f"number {width + 1}", value=cell)
    return {}


def _beyond(body: Body, width: int) -> tuple[Places, npt.NDArray[np.bool_]]:
    """For each row its number of cells, and whether one beyond a width is filled."""
    if not isinstance(body, BulkBody):
        found = [(len(row), len(row) > width and any(plain(cell) for cell in row[width:])) for _, row in body.rows]
        return np.array([one[0] for one in found], np.intp), np.array([one[1] for one in found], bool)
    full = len(body.cells) if getattr(body.header.sheet.rows, "full", False) else 0
    lengths, filled = np.full(len(body.at), full, np.intp), np.zeros(len(body.at), bool)
    for at in range(width, len(body.cells)):
        there = body.cells[at].is_valid().to_numpy()
        lengths[there] = max(full, at + 1)
        cells = body.cells[at].filter(pa.array(there)).to_pylist()
        filled[there] |= np.array([bool(plain(cell)) for cell in cells], bool)
    return lengths, filled


def _scales(read: Sequence[object]) -> npt.NDArray[np.int8]:
    return np.array([SCALES.index(one.scale) if isinstance(one, Share) else 0 for one in read], np.int8)


def _texts(read: Sequence[object]) -> pa.Array:
    return pa.array([one if isinstance(one, str) else None for one in read], pa.large_string())
