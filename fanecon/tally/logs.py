"""A log, wherever it is: a frame, Parquet or CSV files, or a table of any engine that Ibis knows.

Whatever comes in becomes an Ibis table with the columns of `schema.EVENTS`.  Before it is tallied, one look over it
counts its rows, those that name no account or no time (they are left out, and the notes say how many), and its span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import EVENTS, ParameterError, SchemaError, closest
from fanecon.tally.cells import OURS, TIME, Cell, cell
from fanecon.tally.clock import microseconds
from fanecon.tally.engines import Engine, Progress, closed, engine_of, in_process, told, watched
from fanecon.tally.reading import read, size

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
BY = "_by"  # the column that groups, so that no name of the log can be that of a result


@dataclass(frozen=True, kw_only=True)
class Log:
    """A log that is open: its Ibis table (`us` holds microseconds since 1970, UTC), its rows and its span.

    `needs` are the columns that no row of it lacks, `there` those that the log has under its own names.
    """

    table: ir.Table
    engine: Engine
    needs: tuple[str, ...]
    there: tuple[str, ...]
    by: str | None = None
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
        table = _own(source, memory_gb, spill, threads)
    if progress is not None:
        told(table.get_backend(), progress)
    return _renamed(table, columns or {})


def _own(
    source: pd.DataFrame | str | Path, memory_gb: float | None, spill: str | Path | None, threads: int | None
) -> ir.Table:
    backend = in_process(memory_gb=memory_gb, spill=spill, threads=threads, size=size(source))
    try:
        return read(source, backend)
    except BaseException:
        closed(backend)
        raise


def _renamed(table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    for ours, theirs in columns.items():
        if theirs not in table.columns:
            hint = closest(theirs, table.columns)
            raise SchemaError(f"The log has no column '{theirs}' ({ours}). {hint}It has: {', '.join(table.columns)}.")
    twice = {theirs for theirs in columns.values() if list(columns.values()).count(theirs) > 1}
    if twice:
        raise ParameterError(f"columns= gives {', '.join(sorted(twice))} two names. Type one name for each column.")
    taken = set(columns) - set(columns.values())
    return table.drop(*(taken & set(table.columns))).rename(dict(columns))


# --- a log that is open ---


@contextmanager
def opened(
    source: Source, *, needs: Sequence[str], must: Sequence[str] = (), may: Sequence[str] = (), by: str | None = None
) -> Iterator[Log]:
    """A log with the columns that a tally needs, closed again at the end if it was opened here.

    No row may lack a value of the columns in `needs`; those in `must` have to be there, those in `may` need not.

    Raises
    ------
    SchemaError
        If a needed column is missing or its values are not what they should be.
    ParameterError
        If there is no column to group by.
    """
    synthetic = False
    if isinstance(source, pd.DataFrame):
        there = tuple(map(str, source.columns))
        _there((*needs, *must), by, there)
        synthetic = bool(source.attrs.get("synthetic"))
        table = open_log(source[[name for name in dict.fromkeys((*needs, *must, *may, by)) if name in source.columns]])
    else:
        table = open_log(source)
        there = table.columns
    try:
        _there((*needs, *must), by, there)
        yield _surveyed(table, needs=tuple(needs), may=(*must, *may), by=by, there=there, synthetic=synthetic)
    finally:
        if not isinstance(source, ir.Table):
            closed(table.get_backend())


def _there(needs: Sequence[str], by: str | None, there: Sequence[str]) -> None:
    for name in needs:
        if name not in there:
            raise SchemaError(missing(name, there))
    if by is not None and (by == TIME or by not in there):
        said = f"{closest(by, there) if by != TIME else ''}The log has: {', '.join(there)}."
        raise ParameterError(f"by='{by}' is not a column to group by. {said}")


def named(by: str | None, results: Sequence[str]) -> None:
    """Refuse to group by a column that is called as one of the result.

    Raises
    ------
    ParameterError
        If it is.
    """
    if by in results:
        raise ParameterError(f"by='{by}' is also a column of the result. Type log.rename(…) to call it otherwise.")


def _surveyed(
    table: ir.Table,
    *,
    needs: tuple[str, ...],
    may: Sequence[str],
    by: str | None,
    there: tuple[str, ...],
    synthetic: bool,
) -> Log:
    engine = engine_of(table.get_backend())
    cells = _cells(table, [*needs, *(name for name in may if name in there and name not in needs)], by, engine)
    # Counts, minima and maxima of plain columns: an engine reads them off the footers of Parquet files.
    look = {f"has_{name}": cells[name].counted.count() for name in needs}
    for name, one in cells.items():
        if one.broken is not None:
            look |= {f"bad_{name}": one.broken.sum(), f"odd_{name}": table[name].cast("string").max(where=one.broken)}
    if TIME in cells:
        look |= {"first": _end(cells[TIME], engine, "min"), "last": _end(cells[TIME], engine, "max")}
    with watched(engine, "looking over the log"):
        found = table.aggregate(rows=table.count(), **look).to_pandas().iloc[0]
    _whole(cells, found)
    rows = int(found["rows"])
    blank = {name: rows - int(found[f"has_{name}"]) for name in needs if found[f"has_{name}"] < rows}
    ready = table.select(**{OURS if name == TIME else name: one.value for name, one in cells.items()})
    return Log(
        table=ready.filter(*(ready[OURS if name == TIME else name].notnull() for name in blank)) if blank else ready,
        engine=engine,
        needs=needs,
        there=there,
        by=by,
        rows=rows,
        span=(_number(found.get("first")), _number(found.get("last"))),
        notes=tuple(_left_out(name, without) for name, without in blank.items()),
        synthetic=synthetic,
    )


def _cells(table: ir.Table, names: Sequence[str], by: str | None, engine: Engine) -> dict[str, Cell]:
    cells = {name: cell(table, name, engine) for name in names}
    if by is not None:
        grouping = cell(table, by, engine)
        cells[BY] = Cell(value=grouping.value)
        if grouping.broken is not None:
            cells[by] = grouping
    return cells


def _whole(cells: Mapping[str, Cell], found: pd.Series) -> None:
    for name, one in cells.items():
        rows = _number(found.get(f"bad_{name}"))
        if rows:
            such = f" (and {rows - 1:,} more such rows)" if rows > 1 else ""
            raise SchemaError(f"Column '{name}' holds {found[f'odd_{name}']!r}{such}, {one.fault.format(name=name)}")


def _end(times: Cell, engine: Engine, which: Literal["min", "max"]) -> ir.IntegerValue:
    """The first or the last time."""
    if isinstance(times.counted, ir.TimestampValue):
        return microseconds(getattr(times.counted, which)(), engine.name)
    return getattr(times.value, which)()


def _number(value: object) -> int:
    return 0 if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _left_out(name: str, rows: int) -> str:
    said = f"{rows:,} rows name" if rows > 1 else "1 row names"
    return f"{said} no {name} ({_MEANING.get(name, 'needed here')}) and {'are' if rows > 1 else 'is'} left out."


def missing(name: str, there: Sequence[str]) -> str:
    """What to say where a log lacks a column."""
    known = [one for one in there if one not in EVENTS.columns] or there or ["its name"]
    return (
        f"Column '{name}' is missing ({_MEANING.get(name, 'needed here')}). The log has: {', '.join(there)}. "
        f"{closest(name, there)}Type fe.tally.open_log(log, columns={{'{name}': '{known[0]}'}}) with its name there."
    )
