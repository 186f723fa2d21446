"""A table of counts as its lattice sees it: keys, whole numbers, and the counts that a rate gives away.

A rate shown beside its denominator is a count: 2 % of 100 readers are two sharers, and 98 % of 100 are two who did not
share.  Both are counted here beside the columns that say they are counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fanecon.disclosure.lattice import TOTAL, Key, Lattice, totals
from fanecon.schema import SchemaError, need

MARK = "suppressed"
MOST = 10


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The counts of a table by key, inner cells and totals alike; NaN where the table does not show them."""

    numbers: dict[str, dict[Key, float]]
    rows: dict[Key, int]

    def inner(self) -> list[Key]:
        """The keys that are no totals, in the order of the table."""
        return [key for key in self.rows if not totals(key)]

    def column(self, name: str, keys: Iterable[Key]) -> np.ndarray:
        """The counts of a column at some keys; 0 at a key the table does not have."""
        return np.array([self.numbers[name].get(key, 0.0) for key in keys], float)


def counted(table: pd.DataFrame, counts: Sequence[str], by: Sequence[str], rates: Mapping[str, str]) -> Counted:
    """The counts of a table that has one row per group, with or without rows of totals.

    Raises
    ------
    SchemaError
        If a column is missing, a label is missing or double, or a count is not a whole number from 0.
    """
    need(table, *by, *counts, *rates, *rates.values())
    labels = [keyed(table[column]) for column in by]
    keys: list[Key] = list(zip(*labels, strict=True))
    _refuse(_labels(table, by, keys))
    hidden = table[MARK].fillna(False).to_numpy(bool) if MARK in table else np.zeros(len(table), bool)
    columns = {name: _whole(table[name], hidden) for name in counts}
    for rate, count in rates.items():
        columns |= _parts(table, rate, count, hidden)
    numbers = {name: dict(zip(keys, column, strict=True)) for name, column in columns.items()}
    return Counted(numbers=numbers, rows={key: row for row, key in enumerate(keys)})


def keyed(labels: pd.Series) -> list[str | None]:
    """Labels as text, so that a table read back from a file has those it was written with."""
    return [
        None if missing else str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
        for label, missing in zip(labels, labels.isna(), strict=True)
    ]


def check_columns(table: pd.DataFrame, columns: Sequence[str], *, published: bool = False) -> None:
    """Refuse what is no table with these columns, and a table that has been through this before."""
    need(table, *columns)
    if MARK in table and not published:
        raise SchemaError(
            f"The table has a column '{MARK}' already. Give the counts as they are, before anything is hidden."
        )


def rates_in(table: pd.DataFrame, counts: Sequence[str], by: Sequence[str]) -> dict[str, str]:
    """Columns from 0 to 1 that are a whole number in every row, once multiplied by a column of counts."""
    found = {}
    for name in table.columns.difference([*counts, *by, MARK]):
        column = table[name]
        if not pd.api.types.is_float_dtype(column) or not column.dropna().between(0, 1).all():
            continue
        for count in counts:
            product = column.astype(float) * pd.to_numeric(table[count], errors="coerce").astype(float)
            known = product.dropna()
            if len(known) and (np.abs(known - known.round()) <= 1e-6 * (1 + known)).all() and (column % 1 != 0).any():
                found[str(name)] = count
                break
    return found


def known(lattice: Lattice, seen: Counted, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The value of every number in a published table, and whether it is hidden there.

    A cell that the table does not list is zero.  A total that it does not list is the sum of its cells if all of
    them are shown, and hidden otherwise.
    """
    shown = seen.numbers[column]
    found = np.full(len(lattice), np.nan)
    listed = np.zeros(len(lattice), bool)
    for at, names in enumerate(lattice.names):
        held = [shown[name] for name in names if name in shown]
        listed[at] = bool(held)
        found[at] = next((value for value in held if not np.isnan(value)), np.nan)
        if not held and any(not totals(name) for name in names):
            found[at], listed[at] = 0.0, True
    cell = {next(iter(lattice.atoms[at])): found[at] for at in range(len(lattice)) if len(lattice.atoms[at]) == 1}
    for at in map(int, np.flatnonzero(~listed)):
        found[at] = sum(cell[atom] for atom in lattice.atoms[at])
    return np.nan_to_num(found), np.isnan(found)


def check_totals(lattice: Lattice, given: Counted, column: str, values: np.ndarray) -> None:
    """Refuse totals in a table that are not the sums of its cells.

    Raises
    ------
    SchemaError
        Naming the first totals that differ.
    """
    shown = given.numbers[column]
    wrong = [
        f"  {_spelled(name)}: {shown[name]:g}, its cells add up to {values[at]:g} (column '{column}')"
        for at, names in enumerate(lattice.names)
        for name in names
        if name in shown and abs(shown[name] - values[at]) > 0.5
    ]
    if wrong:
        head = (
            "Totals must be the sums of their cells, or nobody can say what follows from them. People who are in "
            f"several cells do not add up: leave the rows called '{TOTAL}' out, and sums are put in.\n"
        )
        raise SchemaError(head + _listed(wrong))


def _labels(table: pd.DataFrame, by: Sequence[str], keys: Sequence[Key]) -> list[str]:
    found = [
        f"  row {row}: no label in '{column}'. Name it: .fillna({{'{column}': 'not told'}})"
        for column in by
        for row in table.index[table[column].isna()]
    ]
    often = pd.Series(keys, dtype=object).value_counts()
    found += [f"  {_spelled(key)} has {times} rows; one is needed" for key, times in often.items() if times > 1]
    return found if keys else ["  there is no row at all"]


def _refuse(found: Sequence[str]) -> None:
    if found:
        raise SchemaError("The table must have one row per group:\n" + _listed(found))


def _listed(lines: Sequence[str]) -> str:
    more = [f"  … and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return "\n".join([*lines[:MOST], *more])


def _spelled(key: object) -> str:
    return " · ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _whole(column: pd.Series, hidden: np.ndarray) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").astype("Float64").to_numpy(float, na_value=np.nan)
    finite = np.where(np.isfinite(numbers), numbers, -1.0)
    wrong = ~hidden & ~((finite >= 0) & (np.abs(finite - np.round(finite)) < 1e-9))
    if wrong.any():
        lines = [f"  row {column.index[row]}: {column.iloc[row]!r}" for row in np.flatnonzero(wrong)]
        raise SchemaError(f"Column '{column.name}' must hold whole numbers from 0:\n" + _listed(lines))
    return np.where(hidden, np.nan, np.round(numbers))


def _parts(table: pd.DataFrame, rate: str, count: str, hidden: np.ndarray) -> dict[str, np.ndarray]:
    shares = pd.to_numeric(table[rate], errors="coerce").astype("Float64").to_numpy(float, na_value=np.nan)
    people = _whole(table[count], hidden)
    part = np.where(hidden, np.nan, np.round(np.nan_to_num(shares) * np.nan_to_num(people)))
    return {f"{rate} of {count}": part, f"the rest of {count}": np.clip(people - part, 0, None)}
