"""Small groups out of a table, and whatever else must go so that they cannot be worked out.

A group of fewer than k people is not a group: its mean is somebody's number.  So everything about it goes, not the
count alone.  But whoever sees a total and all parts but one has that part too, so other numbers must go with it
(complementary suppression; Cox 1980).  Here the test is what a reader can find out, not how many were hidden: a
hidden small count stays anything from 1 to k in the eyes of a reader who knows all that is shown, that counts are
whole, and this rule.  The k in that range matters: as long as k is possible it cannot even be said that the group is
small, and two hidden groups cannot be known to hold fewer than k people together.

Zeros are shown.  Nobody is in an empty cell, so nobody can be found there, and the common rules let it stand
(Hundepool et al. 2012, chapter 5).  What zeros can do is to leave one cell for everybody in a row: whoever is known to
be in the row is then known to be in the cell.  That is told as a note, since only the author knows if it matters.

Small and additional gaps look alike.  Were they told apart, the reader would know that one is below k and the other
is not, and could subtract better.

Two runs.  Each of two tables can be safe and their difference not: 40 readers yesterday, 42 today.  With `before`, a
number that changed by 1 to k − 1 counts as small; what was hidden stays hidden until it exceeds by k all it can have
been; and the reader who attacks has all tables, and knows if counts only grow.  Chains work, because each table is
judged against what the earlier ones allowed.

References: Cox (1980), 10.1080/01621459.1980.10477481; Fischetti and Salazar (2000), 10.1080/01621459.2000.10474282;
Hundepool et al. (2012), Statistical Disclosure Control, 10.1002/9781118348239.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fanecon.disclosure import counts as books
from fanecon.disclosure import released
from fanecon.disclosure.attack import Run
from fanecon.disclosure.counts import MARK, Counted
from fanecon.disclosure.lattice import TOTAL, Lattice, lattice, totals
from fanecon.disclosure.rule import Situation, hide, needs_whole, only_grows, seen_only, span
from fanecon.schema import ParameterError, SchemaError

MOST_NUMBERS = 5_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Suppressed:
    """A table that can be shown: its small groups and what would give them away are gone.

    Parameters
    ----------
    table
        The rows with all totals, in the order of their labels; a hidden row has nothing but its labels and `True` in
        the column `suppressed`.
    primary, secondary
        How many rows are hidden because they are small, and how many to protect those.  For the author: neither
        stands in what is displayed, because it would help to tell them apart.
    """

    table: pd.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()
    k: int = 5
    primary: int = 0
    secondary: int = 0

    def summary(self) -> pd.DataFrame:
        """The table as it may be shown."""
        return self.table.copy()

    def explain(self) -> str:
        """The sentence, then the notes, one per line."""
        return "\n".join([self.sentence, *self.notes])

    def __repr__(self) -> str:
        return f"{self.explain()}\n\n{self._display().to_string(index=False)}"

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return (
            f"<div class='fanecon-result'><p><strong>{html.escape(self.sentence)}</strong></p>"
            f"{self._display().to_html(index=False, border=0)}{f'<ul>{notes}</ul>' if notes else ''}</div>"
        )

    def _display(self) -> pd.DataFrame:
        return released.printed(self.table)


def suppress(
    table: pd.DataFrame,
    before: pd.DataFrame | Suppressed | Sequence[pd.DataFrame | Suppressed] = (),
    *,
    counts: str | Sequence[str],
    by: str | Sequence[str],
    k: int = 5,
    rates: Mapping[str, str] | None = None,
) -> Suppressed:
    """The table without the groups of fewer than k, and without what would let a reader work them out.

    Parameters
    ----------
    table
        One row per group.  Rows labelled ``"total"`` are totals; those that are missing are put in as sums.  A column
        such as `largest_reads` beside `reads` is the largest account's part: more than 80 % is noted.
    before
        What was published before on the same people, oldest first, if this table continues it.
    counts
        The columns that count people.  A group is small if one of them is from 1 to k − 1.
    by
        The columns that name the group; a column may be part of another (city, province).
    rates
        Columns that are a share of a count, such as ``{"share": "readers"}``; rates in full precision are found.

    Raises
    ------
    SchemaError
        If the table has no such columns, a group twice, or counts that are not whole numbers from 0.
    ParameterError
        If `k` is not a whole number from 2, or the table has more than 5,000 numbers with its totals.

    Examples
    --------
    >>> import pandas as pd
    >>> readers = pd.DataFrame({"topic": ["bus", "chair", "tea"], "readers": [90, 3, 40]})
    >>> suppress(readers, counts="readers", by="topic").table["readers"].tolist()
    [90, <NA>, <NA>, 133]
    """
    names, groups = _listed(counts), _listed(by)
    _check(table, k, names, groups)
    rates = {**books.rates_in(table, names, groups), **(rates or {})}
    given = books.counted(table, names, groups, rates)
    earlier = [_published(one, names, groups, rates) for one in _tables(before)]
    cells = _cells([given, *earlier])
    own = _own(cells, given)
    seen = tuple(_seen(cells, own, one) for one in earlier)
    found = hide(Situation(cells=cells, own=own, seen=seen, k=k))
    rows = released.released(table, groups, given, cells, own)
    gone = {name for at in np.flatnonzero(found.hidden) for name in cells.names[at]}
    made = released.without(rows, groups, gone)
    shown_rows = rows[[name not in gone for name in rows.index]]
    notes = (
        *_notes(found.unmet, bool(found.hidden[_grand(cells)]), rates),
        *released.times(names),
        *released.dominated(shown_rows),
        *(note for name in names for note in released.gathered(cells, own[name], found.hidden, name)),
    )
    small = {name for at in np.flatnonzero(found.small) for name in cells.names[at]} & set(rows.index)
    lost = int(made[MARK].sum())
    sentence = _sentence(lost, len(made), k)
    return Suppressed(table=made, sentence=sentence, notes=notes, k=k, primary=len(small), secondary=lost - len(small))


def audit_suppression(
    published: pd.DataFrame | Suppressed,
    before: pd.DataFrame | Suppressed | Sequence[pd.DataFrame | Suppressed] = (),
    *,
    counts: str | Sequence[str],
    by: str | Sequence[str],
) -> pd.DataFrame:
    """What a reader can work out of a published table: for each hidden count the range that it must lie in.

    Parameters
    ----------
    published
        A table with hidden rows: its counts are missing, or its column `suppressed` is true.
    before
        Tables published before on the same people, oldest first.

    Returns
    -------
    DataFrame
        One row per hidden number and column of counts: the labels, `count`, `low` and `high` (infinite where nothing
        bounds it).  `low` = `high` is a number that is as good as shown.

    Examples
    --------
    >>> import pandas as pd
    >>> shown = pd.DataFrame({"topic": ["bus", "chair", "tea", "total"], "readers": [90, None, 40, 133]})
    >>> audit_suppression(shown, counts="readers", by="topic")[["topic", "low", "high"]].values.tolist()
    [['chair', 3.0, 3.0]]
    """
    names, groups = _listed(counts), _listed(by)
    tables = [_published(one, names, groups, {}) for one in [*_tables(before), *_tables(published)]]
    cells = _cells(tables)
    found = []
    for name in names:
        runs = tuple(_run(cells, one, name) for one in tables)
        grows = len(runs) > 1 and only_grows(list(runs))
        least = 1.0 if len(names) == 1 else 0.0
        attack = seen_only(cells, runs, 5, least=least, grows=grows)
        for at in map(int, np.flatnonzero(runs[-1].hidden)):
            low, high = span(attack, at, whole=needs_whole(cells, len(runs) - 1), run=len(runs) - 1)
            found += [(*key, name, low, high) for key in cells.names[at]]
    return pd.DataFrame(found, columns=[*groups, "count", "low", "high"])


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _tables(before: pd.DataFrame | Suppressed | Sequence[pd.DataFrame | Suppressed]) -> list[pd.DataFrame]:
    tables = [before] if isinstance(before, pd.DataFrame | Suppressed) else list(before)
    return [one.table if isinstance(one, Suppressed) else one for one in tables]


def _check(table: pd.DataFrame, k: int, names: Sequence[str], groups: Sequence[str]) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise ParameterError(f"k is the size from which a group may be shown, a whole number from 2; found {k!r}.")
    if not names or not groups or len({*names, *groups}) < len(names) + len(groups):
        raise ParameterError(f"Name different columns in counts= and by=; found counts={names}, by={groups}.")
    books.check_columns(table, [*names, *groups])


def _published(table: pd.DataFrame, names: Sequence[str], groups: Sequence[str], rates: Mapping[str, str]) -> Counted:
    """A published table: a row without one of its counts is hidden."""
    books.check_columns(table, [*names, *groups], published=True)
    gone = table[list(names)].isna().any(axis=1)
    marked = table[MARK].fillna(False).astype(bool) if MARK in table else False
    return books.counted(table.assign(**{MARK: gone | marked}), names, groups, rates)


def _cells(tables: Sequence[Counted]) -> Lattice:
    keys = list(dict.fromkeys(key for one in tables for key in one.rows if not totals(key)))
    if not keys:
        raise SchemaError(f"The table has rows called '{TOTAL}' only; one row per group is needed.")
    if len(keys) > MOST_NUMBERS:
        raise ParameterError(_too_many(len(keys)))
    made = lattice(keys)
    if len(made) > MOST_NUMBERS:
        raise ParameterError(_too_many(len(made)))
    return made


def _too_many(count: int) -> str:
    return (
        f"The table has {count:,} numbers with its totals; {MOST_NUMBERS:,} can be judged. Join groups, or publish "
        "fewer columns in by=."
    )


def _own(cells: Lattice, given: Counted) -> dict[str, np.ndarray]:
    keys = {next(iter(atoms)): at for at, atoms in enumerate(cells.atoms) if len(atoms) == 1}
    inner = [next(name for name in cells.names[keys[atom]] if not totals(name)) for atom in sorted(keys)]
    own = {column: cells.whole(given.column(column, inner)) for column in given.numbers}
    for column, values in own.items():
        books.check_totals(cells, given, column, values)
    return own


def _seen(cells: Lattice, own: Mapping[str, np.ndarray], one: Counted) -> dict[str, Run]:
    return {column: _run(cells, one, column) for column in own}


def _run(cells: Lattice, one: Counted, column: str) -> Run:
    values, hidden = books.known(cells, one, column)
    return Run(values=values, hidden=hidden)


def _grand(cells: Lattice) -> int:
    return max(range(len(cells)), key=lambda at: len(cells.atoms[at]))


def _sentence(lost: int, rows: int, k: int) -> str:
    if not lost:
        return f"All {rows} rows are shown: none is of 1 to {k - 1}."
    return (
        f"{lost} of {rows} rows are not shown: groups of 1 to {k - 1}, and rows from which these could be worked out."
    )


def _notes(unmet: int, total_gone: bool, rates: Mapping[str, str]) -> list[str]:
    notes = [f"'{rate}' gives away a count of '{count}', which is judged too." for rate, count in rates.items()]
    if total_gone:
        notes.append("The total of all is not shown either: do not name it elsewhere.")
    if unmet:
        notes.append("What was shown before gives hidden numbers away, whatever is hidden now: withdraw that table.")
    return notes
