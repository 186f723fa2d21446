"""The one table of a Parquet file, as columns.

A few bytes of such a file can stand for a billion equal values, so it is unpacked where a workbook is: in a process
with bounds (:mod:`fanecon.loaders.confined`).
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from fanecon.loaders import confined
from fanecon.loaders.sheets import Sheet
from fanecon.schema import FileError

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS, MOST_BYTES = 200_000_000, 2_000_000_000
_AGAIN = "Download it again, or write the table as CSV."


def parquet_sheet(file: str, data: bytes) -> Sheet:
    """The table of a Parquet file; row 1 holds the column names, as in a CSV of it.

    Raises
    ------
    FileError
        If it is damaged, too large, or holds columns of lists.
    """
    from fanecon.loaders.columns import Cells

    memory = 700_000_000 + 20 * len(data)
    table = confined.parsed("parquet", data, _table, memory=memory, most_cells=MOST_CELLS)
    if isinstance(table, confined.Ended):
        raise FileError(file, f"The Parquet file cannot be read: {table.reason}", _AGAIN)
    return Sheet(name=None, rows=Cells([_plain(column) for column in table.columns], head=(table.column_names,)))


def _table(out: IO[bytes]) -> pa.Table:
    import pyarrow as pa

    stream = out.read(MOST_BYTES)
    if len(stream) < 8 or len(stream) == MOST_BYTES:
        raise EOFError
    try:
        return pa.ipc.open_stream(pa.py_buffer(stream)).read_all()
    except (pa.ArrowException, OSError) as error:
        raise EOFError from error


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in the types that cells have elsewhere: text, whole and real numbers, dates and times."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return column.cast(pa.large_string())
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    return column.cast(kind)
