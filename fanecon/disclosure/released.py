"""The table as it goes out, and what is said beside it.

Rows stand in the order of their labels: in a table sorted by size, a gap between 7 and 5 is a number.  A hidden row
keeps its labels and nothing else, whatever columns there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from fanecon.disclosure.counts import MARK, Counted, keyed
from fanecon.disclosure.lattice import TOTAL, Key, Lattice, totals
from fanecon.results import shown
from fanecon.schema import counting

DOMINANT, LARGEST, MOST_NAMED = 0.8, "largest_", 5


def released(
    table: pd.DataFrame, by: Sequence[str], given: Counted, cells: Lattice, own: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """The rows of a table with all its totals, by key, in the order of their labels; nothing is hidden yet.

    `own` has the columns of counts; those that are derived from rates are no columns of the table and are left out.
    """
    place = {name: at for at, names in enumerate(cells.names) for name in names}
    wanted = [name for name in place if name in given.rows or totals(name)]
    wanted += [name for name in given.rows if name not in place]
    wanted = sorted(wanted, key=_order(table, by))
    rows = [given.rows.get(name, -1) for name in wanted]
    made = table.reset_index(drop=True).reindex(rows).reset_index(drop=True)
    labels = {column: _originals(table[column]) for column in by}
    for at, column in enumerate(by):
        made[column] = [labels[column].get(str(name[at]), name[at]) for name in wanted]
    for column in own.keys() & set(table.columns):
        made[column] = pd.array([int(own[column][place[name]]) for name in wanted], dtype="Int64")
    made.index = pd.Index(wanted, tupleize_cols=False)
    made.attrs = {name: value for name, value in table.attrs.items() if name == "synthetic"}
    return made


def without(made: pd.DataFrame, by: Sequence[str], hidden: set[Key]) -> pd.DataFrame:
    """The rows, with nothing but the labels in those that are hidden."""
    gone = np.array([name in hidden for name in made.index], bool)
    left = made.drop(columns=list(parts(made.columns)))
    for column in left.columns.difference(list(by)):
        left[column] = left[column].mask(gone)
    left[MARK] = gone
    return left.reset_index(drop=True)


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """A table for the eye: what is hidden is a dash with the word for it."""
    gone = table[MARK].to_numpy(bool)
    shows = table.drop(columns=MARK).astype(object)
    for column in shows.columns:
        cells = [shown(float(value)) if isinstance(value, Real) else value for value in shows[column]]
        shows[column] = ["" if value is None or value is pd.NA else value for value in cells]
    shows["not shown"] = ["not shown" if one else "" for one in gone]
    return shows


def dominated(made: pd.DataFrame) -> Iterator[str]:
    """Notes on shown rows in which one account is most of a number."""
    for part, whole in parts(made.columns).items():
        shares = pd.to_numeric(made[part], errors="coerce") / pd.to_numeric(made[whole], errors="coerce")
        names = [" · ".join(map(str, name)) for name in made.index[(shares > DOMINANT).fillna(False)]]
        if names:
            yield (
                f"One account is more than {DOMINANT:.0%} of '{whole}' in {_few(names)}: the number is nearly that "
                "account's own."
            )


def parts(columns: Iterable[str]) -> dict[str, str]:
    """Columns that hold the largest account's part of another column, which they name: `largest_reads` of `reads`."""
    known = list(columns)
    return {f"{LARGEST}{column}": column for column in known if f"{LARGEST}{column}" in known}


def gathered(cells: Lattice, values: np.ndarray, hidden: np.ndarray, column: str) -> Iterator[str]:
    """Notes on shown totals of which one inner cell is everything."""
    found = []
    inner = {next(iter(atoms)): at for at, atoms in enumerate(cells.atoms) if len(atoms) == 1}
    for at, atoms in enumerate(cells.atoms):
        filled = [inner[atom] for atom in atoms if values[inner[atom]] > 0]
        if len(atoms) > 1 and len(filled) == 1 and not hidden[at] and not hidden[filled[0]]:
            found.append(f"{_name(cells, at)} (all in {_name(cells, filled[0])})")
    if found:
        yield f"All of '{column}' are in one cell for {_few(found)}: who is known to be among them is in that cell."


def times(counts: Sequence[str]) -> Iterator[str]:
    """Notes on columns that count times: the rule protects people."""
    for column in counts:
        if counting(column) == "times":
            yield f"'{column}' counts times, not people: one person may be behind all of them."


def _name(cells: Lattice, at: int) -> str:
    return " · ".join(map(str, cells.names[at][0])) if cells.names[at] else "a total"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _originals(labels: pd.Series) -> dict[str, object]:
    return {text: label for text, label in zip(keyed(labels), labels, strict=True) if text is not None}


def _order(table: pd.DataFrame, by: Sequence[str]) -> Callable[[Key], tuple[tuple[bool, float, str], ...]]:
    """The key to sort rows by: a column's own categories, else its labels as numbers or text; totals last."""
    ranks = []
    for column in by:
        labels = table[column]
        if isinstance(labels.dtype, pd.CategoricalDtype):
            ordered = list(labels.dtype.categories)
        else:
            ordered = sorted(labels.unique(), key=_natural)
        ranks.append({text: at for at, text in enumerate(keyed(pd.Series(ordered, dtype=object)))})

    def rank(name: Key) -> tuple[tuple[bool, float, str], ...]:
        return tuple((part == TOTAL, ranks[at].get(str(part), float("inf")), str(part)) for at, part in enumerate(name))

    return rank


def _natural(label: object) -> tuple[bool, float, str]:
    number = isinstance(label, Real) and not isinstance(label, bool)
    return (not number, float(label) if isinstance(label, Real) else 0.0, str(label))
