"""The tables of fanecon: what one row is, which columns it has, in which unit, and how we say that one is broken.

Why units live here.  A platform counts in two currencies: *people* (a reader, a sharer) and *times* (a read, a
share).  Times add up over days, channels and articles.  People do not: who read two articles is one person in each
of them, so a sum of readers counts visits, not people.  Nor may the two be divided by each other: sharers per reads
is neither a probability nor a rate.  Loaders write these tables, metrics ask :func:`counting` before they add or
divide, and :func:`total` is the one door through which people are ever summed, with the doubt that goes with it.
"""

from __future__ import annotations

import difflib
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.errors import (
    MOST_LINES,
    EngineError,
    FaneconError,
    FileError,
    ParameterError,
    Place,
    RunError,
    SchemaError,
    closest,
)
from fanecon.tables import (
    ACCOUNTS_DAILY,
    CASCADE_NODES,
    DAY,
    EDGES,
    EVENTS,
    ITEM_DAILY,
    ITEMS,
    MESSAGES_DAILY,
    TABLES,
    TEXT,
    TIME,
    Column,
    Table,
)

Counting = Literal["people", "times"]

__all__ = [
    "ACCOUNTS_DAILY",
    "CASCADE_NODES",
    "EDGES",
    "EVENTS",
    "ITEMS",
    "ITEM_DAILY",
    "MESSAGES_DAILY",
    "TABLES",
    "Column",
    "EngineError",
    "FaneconError",
    "FileError",
    "ParameterError",
    "Place",
    "RunError",
    "SchemaError",
    "Table",
    "check",
    "closest",
    "counting",
    "floored",
    "latest",
    "need",
    "shape",
    "total",
]

MANY, BLOCK = 20_000, 10_000


_COUNTING: dict[str, Counting] = {
    name: "people" if column.unit == "people" else "times"
    for table in TABLES.values()
    for name, column in table.columns.items()
    if column.unit in ("people", "times")
}


def counting(column: str) -> Counting | None:
    """Whether a column counts people or times; None for a column that counts neither."""
    return _COUNTING.get(column)


def need(frame: pd.DataFrame, *columns: str, meaning: str = "") -> None:
    """Refuse a frame that lacks a column, naming what it has and the rename that would help.

    Raises
    ------
    SchemaError
        With the missing columns, the ones present and the nearest name.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(
            f"A table (pandas.DataFrame) is needed; found {type(frame).__name__}. "
            "Read a file with fe.read_wechat(path) or open fe.example('articles')."
        )
    missing = [column for column in columns if column not in frame.columns]
    if not missing:
        return
    first, present = missing[0], [str(name) for name in frame.columns]
    near = difflib.get_close_matches(first, present, n=1, cutoff=0.6)
    hint = f" Did you mean '{near[0]}'? Rename it: .rename(columns={{'{near[0]}': '{first}'}})." if near else ""
    names = ", ".join(f"'{name}'" for name in missing)
    verb = "Column {} is missing" if len(missing) == 1 else "Columns {} are missing"
    about = f" ({meaning})" if meaning else ""
    raise SchemaError(f"{verb.format(names)}{about}. The table has: {', '.join(present) or 'no columns'}.{hint}")


def shape(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Give a frame the columns, order and dtypes of a table; columns it lacks become missing values.

    Raises
    ------
    SchemaError
        If a required column is absent, a column is unknown or a value does not fit its dtype.
    """
    need(frame, *table.required)
    unknown = [name for name in frame.columns if name not in table.columns]
    if unknown:
        raise SchemaError(
            f"Table '{table.name}' has no column '{unknown[0]}'. {closest(unknown[0], table.columns)}"
            "Put it into 'extra' or drop it: .drop(columns=[...])."
        )
    made = {name: _as(frame.get(name), column, name, frame.index) for name, column in table.columns.items()}
    out = pd.DataFrame(made, index=frame.index)
    out.attrs = {**frame.attrs, "table": table.name}
    return out


def _as(values: pd.Series | None, column: Column, name: str, index: pd.Index) -> pd.Series:
    if values is None:
        return _absent(column.dtype, index)
    try:
        return values.astype(column.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise SchemaError(f"Column '{name}' does not hold {column.dtype} values: {error}.") from error


def _absent(dtype: str, index: pd.Index) -> pd.Series:
    """A column without values; of a large table, texts share one block of nothing."""
    if dtype == TEXT and len(index) > MANY:
        block = pd.array([pd.NA] * BLOCK, dtype=dtype)
        parts = [block] * (len(index) // BLOCK) + [block[: len(index) % BLOCK]]
        return pd.Series(type(block)._concat_same_type(parts), index=index)
    return pd.Series(pd.NaT if dtype in (DAY, TIME) else pd.NA, index=index, dtype=dtype)


def check(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the frame if every row keeps the rules of its table: required, key unique, counts not below zero.

    Raises
    ------
    SchemaError
        Listing all broken rows (`problems`: row, column, value, problem), at most 50 of them in words.
    """
    need(frame, *table.required)
    found = [*_missing(frame, table), *_repeated(frame, table), *_negative(frame, table)]
    if not found:
        return frame
    problems = pd.DataFrame(found, columns=["row", "column", "value", "problem"])
    lines = [f"  row {p.row}: {p.problem} (column '{p.column}', value {p.value!r})" for p in problems.itertuples()]
    more = [f"  … and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    rows = problems["row"].nunique()
    head = f"Table '{table.name}' (one row: {table.row}) has {rows} broken rows. Correct or drop them:"
    raise SchemaError("\n".join([head, *lines[:MOST_LINES], *more]), problems)


Finding = tuple[object, str, object, str]


def _missing(frame: pd.DataFrame, table: Table) -> list[Finding]:
    return [
        (row, name, None, "a value is required") for name in table.filled for row in frame.index[frame[name].isna()]
    ]


def _repeated(frame: pd.DataFrame, table: Table) -> list[Finding]:
    key = [name for name in table.key if name in frame.columns]
    large = len(frame) > MANY
    some = _alike(frame[key]) if large else np.ones(len(frame), bool)
    if not some.any():
        return []
    alike = frame[key].loc[some] if large else frame
    again = alike.duplicated(subset=key, keep="first")
    return [
        (
            row,
            "+".join(key),
            tuple(frame.loc[[row], key].iloc[0].astype(str)),
            "this key stands in an earlier row",
        )
        for row in alike.index[again]
    ]


def _alike(keys: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The rows whose key has the same hash as another's: few, where to compare all would take as much room again."""
    hashes = np.zeros(len(keys), np.int64)
    for start in range(0, len(keys), BLOCK):
        some = keys.iloc[start : start + BLOCK]
        rows = zip(*(some[name].tolist() for name in keys.columns), strict=True)
        hashes[start : start + BLOCK] = np.fromiter(map(hash, rows), np.int64, len(some))
    in_order = np.sort(hashes)
    again = in_order[1:][in_order[1:] == in_order[:-1]]
    return np.isin(hashes, again) if len(again) else np.zeros(len(keys), bool)


def _negative(frame: pd.DataFrame, table: Table) -> list[Finding]:
    counted = [n for n, c in table.columns.items() if c.unit in ("people", "times") and n != "followers_net"]
    return [
        (row, name, value.item() if hasattr(value, "item") else value, "a count cannot be negative")
        for name in counted
        if name in frame.columns
        for row, value in frame.loc[(frame[name] < 0).fillna(False).astype(bool), name].items()
    ]


def total(frame: pd.DataFrame, column: str) -> tuple[int, tuple[str, ...]]:
    """The sum of a count over rows, with the doubts that go with it; what must not be added is refused.

    Returns
    -------
    (int, tuple of str)
        The sum; notes if the column counts people over more than one row, or if a row holds only a floor.

    Raises
    ------
    SchemaError
        If the rows are running counts of several days, running and daily counts, or a total beside its parts.
    """
    need(frame, column)
    _addable(frame)
    counted = frame[column].dropna()
    notes = []
    if counting(column) == "people" and len(counted) > 1:
        notes.append(f"{column.capitalize()} are people counted once per row: who is in two rows counts twice.")
    floors = int(floored(frame, column).sum())
    if floors:
        notes.append(
            f"{column.capitalize()} of {floors} rows are only a floor (such as 10万+): the sum is at least this."
        )
    return int(counted.sum()), tuple(notes)


def floored(frame: pd.DataFrame, column: str) -> pd.Series:
    """True in the rows whose value of a column is only a floor."""
    if "lower_bound" not in frame:
        return pd.Series(False, index=frame.index)
    names = frame["lower_bound"].astype("string").fillna("").str.split(",")
    return names.map(lambda held: column in {name.strip() for name in held}).astype(bool)


def latest(frame: pd.DataFrame) -> pd.DataFrame:
    """Of running counts the last day of each item and channel, which holds all days before it."""
    need(frame, "item_id", "stat_date", "channel", "cumulative")
    return frame.sort_values("stat_date", kind="stable").drop_duplicates(["item_id", "channel"], keep="last")


def _addable(frame: pd.DataFrame) -> None:
    for name in ("channel", "source"):
        if name in frame and (frame[name] == "all").any() and (frame[name] != "all").any():
            raise SchemaError(
                f"The rows of {name} 'all' are the total of the other rows; adding them counts twice. "
                f"Keep one kind: frame[frame['{name}'] == 'all']."
            )
    if "cumulative" not in frame or not frame["cumulative"].any():
        return
    if not frame["cumulative"].all():
        raise SchemaError("Running counts (cumulative) and daily counts cannot be added. Keep one kind of rows.")
    if frame.duplicated([name for name in ("item_id", "channel") if name in frame]).any():
        raise SchemaError(
            "Counts that run since publication cannot be added over days: each day holds the days before it. "
            "Keep the last day of each item: fe.schema.latest(frame)."
        )
