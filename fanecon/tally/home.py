"""What comes home from an engine: one ordinary frame with a limit on its rows, alike whichever engine it came from."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pandas as pd
from ibis.backends import BaseBackend
from ibis.expr import types as ir

from fanecon.schema import SchemaError
from fanecon.tally.engines import asked
from fanecon.tally.logs import BY, Log

MOST_ROWS = 5_000_000
_LARGEST = 2**63 - 1


def home(
    expression: ir.Table, log: Log, *, what: str, key: Sequence[str], most_rows: int = MOST_ROWS, times: bool = True
) -> pd.DataFrame:
    """Run a tally where the log lives and bring its rows home, sorted by their key.

    Whole columns come as int64 (Int64 where the log may lack them), real ones as float64, ``…_us`` columns as UTC times
    named ``…_at``; ``attrs`` holds the notes, the rows of the log and whether it was simulated.

    Raises
    ------
    SchemaError
        If the tally has more rows than the limit.
    EngineError
        If the engine gave up.
    """
    ids = _gapped(expression, log)
    expression = expression.mutate(**{name: expression[name].cast("string") for name in ids})
    frame = asked(log.engine, what, lambda: expression.limit(most_rows + 1).to_pandas())
    if len(frame) > most_rows:
        raise SchemaError(
            f"{what} has more than {most_rows:,} rows (one for each {' and '.join(key)}). Narrow the log, or type "
            f"most_rows= with as many as your memory holds."
        )
    frame = _plain(frame).astype(dict.fromkeys(ids, "Int64"))
    frame = _timed(frame) if times else frame
    frame = frame.sort_values(list(key), ignore_index=True, kind="stable")
    frame = frame if log.by is None else frame.rename(columns={BY: log.by})
    frame.attrs.update(notes=log.notes, log_rows=log.rows)
    if log.synthetic:
        frame.attrs["synthetic"] = True
    return frame


def _gapped(expression: ir.Table, log: Log) -> list[str]:
    """Whole numbers of the log that may be missing: pandas would make them real, and ids would lose their digits."""
    whole = [name for name in expression.columns if isinstance(expression[name], ir.IntegerValue)]
    return [name for name in whole if name in log.names and name not in log.needs]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    for name, column in frame.items():
        kind = column.dtype
        if pd.api.types.is_unsigned_integer_dtype(kind) and column.max() > _LARGEST:
            frame[name] = column.astype("uint64")
        elif pd.api.types.is_integer_dtype(kind) and not column.isna().any():
            frame[name] = column.astype("int64")
        elif pd.api.types.is_float_dtype(kind):
            frame[name] = column.astype("float64")
        elif pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind):
            frame[name] = column.astype("string")
    return frame


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    for name in [name for name in frame.columns if name.endswith("_us")]:
        at = frame.columns.get_loc(name)
        times = pd.to_datetime(frame.pop(name).astype("Int64"), unit="us", utc=True).astype("datetime64[us, UTC]")
        frame.insert(at, name.removesuffix("_us") + "_at", times)
    return frame


class Kept:
    """A table that several queries need, held by the engine until it is dropped."""

    def __init__(self, expression: ir.Table, log: Log, what: str) -> None:
        self._backend = log.engine.backend
        if log.engine.name == "pyspark":
            self._name, self.table = asked(log.engine, what, lambda: _checkpoint(self._backend, expression))
        else:
            self._name, self.table = "", asked(log.engine, what, expression.cache)

    def drop(self) -> None:
        """Free it; a second time does nothing, and an engine that is gone has dropped it already."""
        with suppress(Exception):
            if self._name:
                self._backend._session.catalog.dropTempView(self._name)
            else:
                self.table.release()


def _checkpoint(backend: BaseBackend, expression: ir.Table) -> tuple[str, ir.Table]:
    """Spark plans a cached table together with all it came from, which doubles with every round of an iteration."""
    name = f"fanecon_{uuid.uuid4().hex}"
    backend._session.sql(backend.compile(expression)).localCheckpoint().createOrReplaceTempView(name)
    return name, backend.table(name)


@contextmanager
def kept(expression: ir.Table, log: Log, what: str) -> Iterator[ir.Table]:
    """A table that several queries need, kept by the engine while the body runs and dropped after it."""
    held = Kept(expression, log, what)
    try:
        yield held.table
    finally:
        held.drop()
