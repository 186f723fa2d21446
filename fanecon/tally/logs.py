"""A log, wherever it is: a frame, Parquet or CSV files, or a table of any engine that Ibis knows.

Whatever comes in becomes an Ibis table with the columns of `schema.EVENTS`.  Before it is tallied, one look over it
counts its rows, those that name no account or no time (they are left out, and the notes say how many), and its span.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr import types as ir

from fanecon.schema import EVENTS, FileError, ParameterError, SchemaError, closest
from fanecon.tally.clock import microseconds
from fanecon.tally.engines import Engine, Progress, closed, engine_of, in_process, told, watched

Source: TypeAlias = pd.DataFrame | str | Path | ir.Table

_MEANING = {
    "actor_id": "the account that acted",
    "time": "when, a time with zone or in UTC",
    "action": "what was done, a word",
    "item_id": "the article, post or ticket it was done to",
    "campaign_id": "the campaign it belongs to, empty where it belongs to none",
    "inviter_id": "the account that invited",
    "cascade_id": "the tree a post belongs to",
    "node_id": "the post",
    "src": "one end of a tie",
    "dst": "the other end of a tie",
}
_OURS = "us"


@dataclass(frozen=True, kw_only=True)
class Log:
    """A log that is open: its Ibis table (`us` holds microseconds since 1970, UTC), its rows and its span."""

    table: ir.Table
    engine: Engine
    rows: int
    span: tuple[int, int]
    notes: tuple[str, ...]
    synthetic: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The columns there are."""
        return frozenset(self.table.columns)


def open_log(
    source: Source,
    *,
    columns: Mapping[str, str] | None = None,
    memory_gb: float | None = None,
    spill: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ir.Table:
    """A log as an Ibis table, for tallies that follow one another or need other settings than the usual ones.

    Parameters
    ----------
    source
        A frame, a Parquet or CSV file (also a glob such as ``"log/*.parquet"`` or a folder of Parquet files), or an
        Ibis table of any engine.
    columns
        What the log calls the columns of `schema.EVENTS`, for example ``{"actor_id": "uid"}``.
    memory_gb, spill, threads
        Limits of the DuckDB in this process: gigabytes (as the files ask for, up to 3 or half the machine's), the
        folder for what does not fit, and threads (all there are).  Not for an Ibis table, whose engine has its own.
    progress
        Called with the name of the tally and the part that is done (0 to 1; NaN where the engine does not tell).

    Raises
    ------
    FileError, SchemaError, ParameterError, EngineError
        If there is no such file, no such column, or a limit cannot be kept.
    """
    if isinstance(source, ir.Table):
        if any(one is not None for one in (memory_gb, spill, threads)):
            raise ParameterError("memory_gb, spill and threads are for files and frames; an Ibis table has its engine.")
        table = source
    else:
        backend = in_process(memory_gb=memory_gb, spill=spill, threads=threads, size=_size(source))
        table = _read(source, backend)
    if progress is not None:
        told(table.get_backend(), progress)
    return _renamed(table, columns or {})


def _renamed(table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    for ours, theirs in columns.items():
        if theirs not in table.columns:
            hint = closest(theirs, table.columns)
            raise SchemaError(f"The log has no column '{theirs}' ({ours}). {hint}It has: {', '.join(table.columns)}.")
    taken = set(columns) - set(columns.values())
    return table.drop(*(taken & set(table.columns))).rename(dict(columns))


# --- files and frames ---


def _read(source: pd.DataFrame | str | Path, backend: ibis.backends.BaseBackend) -> ir.Table:
    if isinstance(source, pd.DataFrame):
        return _framed(source, backend)
    if not isinstance(source, str | Path):
        raise SchemaError(f"A log is a frame, a path or an Ibis table; this is of type {type(source).__name__}.")
    paths = _paths(str(source))
    kind = paths[0].lower().removesuffix(".gz").rsplit(".", 1)[-1]
    with watched(engine_of(backend), f"opening {source}"):
        if kind in ("parquet", "pq"):
            return backend.read_parquet(paths)
        if kind in ("csv", "tsv", "txt"):  # ids keep their leading zeros: every cell is text until someone needs more
            return backend.read_csv(paths, all_varchar=True)
    raise FileError(str(source), f"A log is Parquet or CSV, not '.{kind}'", "Read it with fe.read and pass its events.")


def _paths(source: str) -> list[str]:
    if Path(source).is_dir():
        source = str(Path(source) / "**" / "*.parquet")
    found = [source]
    if glob.has_magic(source):
        found = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found or not Path(found[0]).exists():
        raise FileError(source, "There is no such file", "Type the path of a Parquet or CSV file, or a glob of them.")
    return found


def _size(source: pd.DataFrame | str | Path) -> int | None:
    """The bytes of the files; None for a frame."""
    if isinstance(source, str | Path):
        return sum(Path(path).stat().st_size for path in _paths(str(source)))
    return None


def _framed(frame: pd.DataFrame, backend: ibis.backends.BaseBackend) -> ir.Table:
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        said = " ".join(str(one) for one in error.args)
        raise SchemaError(
            f"A column of the log holds values of several types: {said}. Type .astype('string')."
        ) from None
    times = [at for at, one in enumerate(table.schema) if pa.types.is_timestamp(one.type) and one.type.unit == "ns"]
    for at in times:
        field = table.schema.field(at)
        micro = table.column(at).cast(pa.timestamp("us", field.type.tz), safe=False)
        table = table.set_column(at, field.name, micro)
    backend.con.register("log", table)
    return backend.table("log")


# --- a log that is open ---


@contextmanager
def opened(source: Source, *, needs: Sequence[str], may: Sequence[str] = ()) -> Iterator[Log]:
    """A log with the columns that a tally needs, closed again at the end if it was opened here.

    Raises
    ------
    SchemaError
        If a needed column is missing or times are not times.
    """
    if isinstance(source, pd.DataFrame):
        listed = [name for name in dict.fromkeys((*needs, *may)) if name in source.columns]
        synthetic = bool(source.attrs.get("synthetic"))
        source = source[listed] if set(needs) <= set(listed) else source
    else:
        synthetic = False
    table = open_log(source)
    try:
        yield _surveyed(table, needs, may, synthetic)
    finally:
        if not isinstance(source, ir.Table):
            closed(table.get_backend())


def _surveyed(table: ir.Table, needs: Sequence[str], may: Sequence[str], synthetic: bool) -> Log:
    for name in needs:
        if name not in table.columns:
            raise SchemaError(missing(name, table.columns))
    engine = engine_of(table.get_backend())
    table = table.select(*needs, *(name for name in may if name in table.columns and name not in needs))
    # Counts, minima and maxima of plain columns: an engine reads them off the footers of Parquet files.
    counts = {name: table[name].count() for name in needs}
    span = {}
    if "time" in table.columns:
        time = _time(table["time"])
        span = {"first": microseconds(time.min(), engine.name), "last": microseconds(time.max(), engine.name)}
    with watched(engine, "looking over the log"):
        found = table.aggregate(rows=table.count(), **counts, **span).to_pandas().iloc[0]
    blank = {name: int(found["rows"] - found[name]) for name in needs if found[name] < found["rows"]}
    if blank:
        table = table.filter(*(table[name].notnull() for name in blank))
    if span:
        table = table.mutate(**{_OURS: microseconds(_time(table["time"]), engine.name)}).drop("time")
    return Log(
        table=table,
        engine=engine,
        rows=int(found["rows"]),
        span=(_whole(found.get("first")), _whole(found.get("last"))),
        notes=tuple(_left_out(name, rows) for name, rows in blank.items()),
        synthetic=synthetic,
    )


def _whole(value: object) -> int:
    return 0 if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _left_out(name: str, rows: int) -> str:
    said = f"{rows:,} rows name" if rows > 1 else "1 row names"
    return f"{said} no {name} ({_MEANING.get(name, 'needed here')}) and {'are' if rows > 1 else 'is'} left out."


def missing(name: str, there: Sequence[str]) -> str:
    """What to say where a log lacks a column."""
    known = [one for one in there if one not in EVENTS.columns] or there
    return (
        f"Column '{name}' is missing ({_MEANING.get(name, 'needed here')}). The log has: {', '.join(there)}. "
        f"{closest(name, there)}Type fe.tally.open_log(log, columns={{'{name}': '{known[0]}'}}) with its name there."
    )


def _time(time: ir.Column) -> ir.TimestampColumn:
    if isinstance(time, ir.StringValue):
        return time.cast("timestamp('UTC')")
    if isinstance(time, ir.DateValue) and not isinstance(time, ir.TimestampValue):
        return time.cast("timestamp")
    if isinstance(time, ir.TimestampValue):
        return time
    raise SchemaError(
        f"Column 'time' is of type {time.type()}; times are needed. For seconds since 1970 type "
        "frame['time'] = pd.to_datetime(frame['time'], unit='s', utc=True)."
    )
