"""Files and frames into the DuckDB of this process, nothing guessed: the cells of a CSV file stay text.

An id such as 007 is not 7, and a whole number above 2^53 does not survive as a real one.  What a column is for decides
later what its text is read as (`fanecon.tally.cells`).
"""

from __future__ import annotations

import glob
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr import types as ir

from fanecon.schema import FileError, SchemaError
from fanecon.tally.engines import engine_of, said, watched

KINDS = {"parquet": "Parquet", "pq": "Parquet", "csv": "CSV", "tsv": "CSV", "txt": "CSV"}


def read(source: pd.DataFrame | str | Path, backend: BaseBackend) -> ir.Table:
    """A frame or files as a table of the DuckDB in this process.

    Raises
    ------
    FileError
        If there is no such file, or it is neither Parquet nor CSV.
    SchemaError
        If a frame holds columns that no engine can.
    """
    if isinstance(source, pd.DataFrame):
        return _framed(source, backend)
    if not isinstance(source, str | Path):
        raise SchemaError(f"A log is a frame, a path or an Ibis table; this is of type {type(source).__name__}.")
    paths = _paths(str(source))
    kinds = {KINDS.get(one.lower().removesuffix(".gz").rsplit(".", 1)[-1], "") for one in paths}
    if kinds not in ({"Parquet"}, {"CSV"}):
        what = "are of several kinds" if len(paths) > 1 else "is neither"
        raise FileError(
            str(source), f"A log is Parquet or CSV, and this {what}", "Read it with fe.read and pass its events."
        )
    with watched(engine_of(backend), f"opening {source}"):
        return _opened(str(source), [_literal(one) for one in paths], kinds.pop(), backend)


def size(source: object) -> int | None:
    """The bytes of the files; None for a frame.

    Raises
    ------
    FileError
        If there is no such file.
    """
    if isinstance(source, str | Path):
        return sum(Path(path).stat().st_size for path in _paths(str(source)))
    return None


def _opened(source: str, paths: list[str], kind: str, backend: BaseBackend) -> ir.Table:
    try:
        if kind == "Parquet":
            return backend.read_parquet(paths, union_by_name=True)
        table = backend.read_csv(paths, all_varchar=True, header=True, union_by_name=True)
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        raise FileError(
            source,
            f"This cannot be read as {kind}: {said(error)}",
            "Read it with fe.read, which knows encodings and formats, and pass its events.",
        ) from None
    if len(table.columns) == 1 and any(mark in table.columns[0] for mark in ",;\t|"):
        raise FileError(
            source,
            "Its rows do not all have the same number of cells, so that no mark between cells can be told",
            "Read it with fe.read, which names the rows, and pass its events.",
        )
    return table


def _paths(source: str) -> list[str]:
    if Path(source).is_file():  # also one with a bracket in its name
        return [source]
    pattern = str(Path(glob.escape(source)) / "**" / "*.parquet") if Path(source).is_dir() else source
    found = [one for one in sorted(glob.glob(pattern, recursive=True)) if Path(one).is_file()]  # noqa: PTH207
    if not found:
        raise FileError(source, "There is no such file", "Type the path of a Parquet or CSV file, or a glob of them.")
    return found


def _literal(path: str) -> str:
    """A path as the engine reads it, which takes brackets and stars for a glob too."""
    return glob.escape(path)


def _framed(frame: pd.DataFrame, backend: BaseBackend) -> ir.Table:
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise SchemaError(f"The log has several columns named {', '.join(twice)}. Drop or rename all but one.")
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        why = " ".join(str(one) for one in error.args)
        raise SchemaError(
            f"A column of the log holds values of several types: {why}. Type .astype('string')."
        ) from None
    for at, field in enumerate(table.schema):
        kind = _plain(field.type)
        if kind != field.type:
            table = table.set_column(at, field.name, table.column(at).cast(kind, safe=False))
    backend.con.register("log", table)
    return backend.table("log")


def _plain(kind: pa.DataType) -> pa.DataType:
    """Times to the microsecond, text as text: a category is ordered by its list and a column of nothing has no type."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return pa.string() if pa.types.is_null(kind) else kind
