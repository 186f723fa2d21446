"""Rows out of delimited text, as a spreadsheet numbers them: a line break inside a quoted cell does not start a row.

Small texts become lists.  A large one (an event log of a million rows) would take ten times its size that way, so it
is split into columns straight from its bytes.  The quick splitter is only trusted with what it reads in the same way
as the careful one: rows of one width, and quotation marks that stand where they belong.  Everything else goes through
the careful one in batches, which is slower and needs no more memory.
"""

from __future__ import annotations

import csv
import io
import itertools
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fanecon.loaders.encodings import PIECE, known_words
from fanecon.loaders.sheets import HEADER_ROWS
from fanecon.loaders.vectors import release
from fanecon.schema import FileError, Place

if TYPE_CHECKING:
    from fanecon.loaders.columns import Cells

MOST_LETTERS = 131_072
BATCH, BLOCK = 20_000, PIECE

_QUOTE, _LF, _CR = 0x22, 0x0A, 0x0D


def rows_of(file: str, text: str, words: Collection[str]) -> list[list[str]]:
    """The rows of a text.

    Raises
    ------
    FileError
        If a quotation mark is not closed, a cell is too large, or the text ends inside a row.
    """
    rows = list(_rows(file, io.StringIO(text, newline=""), mark_of(text, words), quoted='"' in text))
    _not_cut(file, rows[-2:], len(rows), text[-1:])
    return rows


def columns_of(file: str, data: bytes, words: Collection[str]) -> Cells:
    """The rows of a large text in valid UTF-8, with or without its mark, kept as columns.

    Raises
    ------
    FileError
        As :func:`rows_of`.
    """
    mark = mark_of(data[:100_000].decode("utf-8-sig", "ignore"), words)
    cells = (_quick(data, mark) if _is_regular(data, mark) else None) or _batched(file, data, mark)
    _not_cut(file, cells[-2:], len(cells), data[-1:].decode("latin-1"))
    return cells


def mark_of(text: str, words: Collection[str]) -> str:
    """The mark between cells: the one by which the first rows hold most known column names."""
    head = "\n".join(text[:100_000].splitlines()[:HEADER_ROWS])
    return max(",\t;", key=lambda mark: (known_words(head, words, mark), head.count(mark)))


def _rows(file: str, lines: Iterable[str], mark: str, *, quoted: bool) -> Iterator[list[str]]:
    if mark == "\t" and not quoted:  # then a cell may be longer than the csv module takes: a cascade in one line
        return (line.rstrip("\r\n").split("\t") for line in lines)
    return _careful(file, lines, mark)


def _careful(file: str, lines: Iterable[str], mark: str) -> Iterator[list[str]]:
    number, found = 0, iter(lines)
    first = list(itertools.islice(found, 1))
    spaced = _is_spaced("".join(first), mark)
    reader = csv.reader(itertools.chain(first, found), delimiter=mark, strict=True, skipinitialspace=spaced)
    try:
        for number, row in enumerate(reader, 1):  # noqa: B007
            yield row
    except csv.Error as error:
        fix = "Look for a quotation mark that is not closed, or save the file as .xlsx."
        raise FileError(file, f"The text is not a proper table: {error}", fix, at=[Place(row=number + 1)]) from error


def _is_spaced(line: str, mark: str) -> bool:
    """Whether the cells of a first line are quoted after a space (``"a", "b"``), which a quotation mark must not be."""
    cells = line.strip().split(mark)
    quoted = [cell.strip() for cell in cells[1:]]
    after = any(cell.startswith(" ") for cell in cells[1:])
    return after and all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in quoted)


def _not_cut(file: str, last: Sequence[Sequence[object]], rows: int, end: str) -> None:
    if len(last) > 1 and end not in ("\n", "\r") and len(last[-1]) < len(last[-2]):
        problem = f"The last row ends after {len(last[-1])} of {len(last[-2])} cells: the file was cut off"
        raise FileError(file, problem, "Download it again.", at=[Place(row=rows)])


def _is_regular(data: bytes, mark: str) -> bool:
    """Whether every quotation mark opens a cell, closes one or is doubled; others are read in different ways."""
    import numpy as np

    if _QUOTE not in data:
        return True
    letters = np.frombuffer(data, np.uint8)
    found = np.concatenate([start + np.flatnonzero(letters[start : start + PIECE] == _QUOTE)
                            for start in range(0, len(letters), PIECE)])  # fmt: skip
    if len(found) % 2:
        return False
    before = letters[np.maximum(found[::2] - 1, 0)]
    after = letters[np.minimum(found[1::2] + 1, len(letters) - 1)]
    edges = np.array([ord(mark), _LF, _CR, _QUOTE], np.uint8)
    opens = np.isin(before, edges) | (found[::2] == (3 if data.startswith(BOM_UTF8) else 0))
    closes = np.isin(after, edges) | (found[1::2] == len(letters) - 1)
    return bool(opens.all() and closes.all())


def _quick(data: bytes, mark: str) -> Cells | None:
    """All cells as text, or None where rows differ in width or a cell is too large."""
    import pyarrow as pa
    import pyarrow.csv

    from fanecon.loaders.columns import Cells, longest

    first = next(csv.reader(io.StringIO(data[:PIECE].decode("utf-8-sig", "ignore"), newline=""), delimiter=mark), [])
    kinds = {f"f{at}": pa.string() for at in range(len(first))}
    try:
        stream = pyarrow.csv.open_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(use_threads=False, autogenerate_column_names=True, block_size=BLOCK),
            pyarrow.csv.ParseOptions(delimiter=mark, newlines_in_values=_QUOTE in data, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False, check_utf8=False),
        )
        table = pa.Table.from_batches(stream, stream.schema)
    except pa.ArrowInvalid:
        return None
    release()
    cells = Cells(table.columns)
    any_length = mark == "\t" and _QUOTE not in data
    return cells if any_length or longest(cells) <= MOST_LETTERS else None


def _batched(file: str, data: bytes, mark: str) -> Cells:
    import pyarrow as pa

    from fanecon.loaders.columns import Cells

    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    rows = _rows(file, lines, mark, quoted=_QUOTE in data)
    kind = pa.string()
    batches: list[tuple[int, list[pa.Array]]] = []
    while batch := list(itertools.islice(rows, BATCH)):
        batches.append((len(batch), [pa.array(column, kind) for column in itertools.zip_longest(*batch)]))
    width = max(len(columns) for _, columns in batches)
    filled = [[*columns, *[pa.nulls(rows, kind)] * (width - len(columns))] for rows, columns in batches]
    return Cells([pa.chunked_array(column) for column in zip(*filled, strict=True)])
