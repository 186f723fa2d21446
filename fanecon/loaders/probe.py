"""Reads a workbook or a Parquet file in a process of its own and prints its cells.

Why a process of its own.  In a workbook three wrong bytes are enough for a cell to claim the last row and the last
column; the reader then asks for a hundred gigabytes and, being Rust, does not raise but ends the whole process: the
notebook's kernel and everything in it.  Here only this process ends, and it may have only as much memory as a file of
that size can need.  It is run as a script, by :mod:`fanecon.loaders.confined`, with the kind of file, that number of
bytes and the most cells to print as arguments.

Why JSON.  What comes back from a file of unknown origin must not be able to do anything but be read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
import json
import sys

ROWS_AT_ONCE = 500


def main() -> None:
    """Read standard input as `kind` within `memory` bytes."""
    kind, memory, most_cells = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    if kind == "parquet":
        columns(data, most_cells)
    else:
        sheets(data, most_cells)


def sheets(data: bytes, most_cells: int) -> None:
    """Print, for each sheet, its name, height and width, then its rows in batches; a sheet too large ends it."""
    import python_calamine

    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="surrogatepass", write_through=True)
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            row, column = sheet.end or (0, 0)
            out.write(json.dumps({"sheet": name, "height": row + 1, "width": column + 1}) + "\n")
            if (row + 1) * (column + 1) > most_cells:
                return
            # Rows above the first cell are there, columns left of it are not.
            left = [""] * (sheet.start or (0, 0))[1]
            rows = ([*left, *row] for row in sheet.iter_rows())
            while batch := list(itertools.islice(rows, ROWS_AT_ONCE)):
                out.write(json.dumps(batch, ensure_ascii=False, default=written) + "\n")


def written(cell: dt.date | dt.time | dt.timedelta) -> dict[str, str | float]:
    """A cell that JSON does not know: its kind and its ISO form."""
    if isinstance(cell, dt.timedelta):
        return {"duration": cell.total_seconds()}
    return {type(cell).__name__: cell.isoformat()}


def columns(data: bytes, most_cells: int) -> None:
    """Print the table as an Arrow stream."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pq.ParquetFile(io.BytesIO(data))
    cells = source.metadata.num_rows * source.metadata.num_columns
    if cells > most_cells:
        raise ValueError(f"it holds {cells:,} cells (at most {most_cells:,})")
    nested = [one.name for one in source.schema_arrow if pa.types.is_nested(one.type)]
    if nested:
        raise ValueError(f"its column '{nested[0]}' holds lists or records, not single values")
    with pa.ipc.new_stream(sys.stdout.buffer, source.schema_arrow) as stream:
        for batch in source.iter_batches(50_000, use_threads=False):
            stream.write_batch(batch)


if __name__ == "__main__":
    main()
