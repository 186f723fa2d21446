"""What must stay possible in a reader's eyes, written down as demands on what is hidden.

Four kinds of numbers make demands (k = 5 in the examples).

A small number.  It must be able to be anything from 1 to 5; a total of two hidden cells from 2, because a hidden
cell has somebody in it.

A number that changed a little since an earlier table: 100 then, 103 now.  The change is a group of three, so now must
be able to be anything from 101 to 105.

A number hidden then and now.  Either nothing can have happened in it, or as many as 5 can have come.

A number hidden then.  Whatever it could be then, up to 5, it can still be when the new table is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fanecon.disclosure.attack import Attack, Reach, Run, is_whole
from fanecon.disclosure.choice import Demand, Search
from fanecon.disclosure.lattice import Lattice

REACH = 8


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A table that is to be published: its numbers by column of counts, and what readers have seen before.

    Parameters
    ----------
    own
        The true values of every number, by column.
    seen
        Earlier tables, oldest first, by column.
    """

    cells: Lattice
    own: dict[str, np.ndarray]
    seen: tuple[dict[str, Run], ...]
    k: int

    @property
    def empty(self) -> np.ndarray:
        """The numbers that count nobody in any column: they are shown."""
        return np.asarray(np.all([values == 0 for values in self.own.values()], axis=0))

    def floor(self, column: str, then: np.ndarray | None = None) -> np.ndarray:
        """What every number is at least if each inner cell that is not empty has one person, or those it had then."""
        single = {next(iter(atoms)): at for at, atoms in enumerate(self.cells.atoms) if len(atoms) == 1}
        inner = np.array([single[atom] for atom in sorted(single)], int)
        least = (self.own[column][inner] > 0).astype(float)
        return self.cells.whole(least if then is None else np.maximum(least, then[inner]))

    @property
    def small(self) -> np.ndarray:
        """The numbers from 1 to k − 1, or that changed by so much, in any column."""
        found = np.zeros(len(self.cells), bool)
        for column, values in self.own.items():
            found |= (values > 0) & (values < self.k)
            for run in self.seen:
                found |= ~run[column].hidden & _little(values - run[column].values, self.k)
        return np.asarray(found & ~self.empty)


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Which numbers are hidden, which of them are small themselves, and how many demands nothing could meet."""

    hidden: np.ndarray
    small: np.ndarray
    unmet: int


def hide(situation: Situation) -> Hidden:
    """The numbers to hide, so that all demands are met."""
    attacks = [_attack(situation, column) for column in situation.own]
    demands = [one for at, column in enumerate(situation.own) for one in _demands(situation, column, attacks[at], at)]
    small, kept = situation.small, _kept(situation)
    levels = np.array([situation.cells.level(at) for at in range(len(situation.cells))])
    people = next(iter(situation.own.values()))
    search = Search(
        attacks=attacks,
        must=small | kept,
        may=~situation.empty,
        costs=4.0**levels + people / max(people.max(initial=1), 1),
        whole=needs_whole(situation.cells, len(situation.seen)),
    )
    choice = search.choose(demands)
    return Hidden(hidden=choice.hidden, small=small & choice.hidden, unmet=len(choice.unmet))


def needs_whole(cells: Lattice, earlier: int) -> bool:
    """Whether linear programmes over the table may have corners that are not whole."""
    width = max((len(name) for names in cells.names for name in names), default=0)
    return width > 2 or earlier > 0


def seen_only(cells: Lattice, seen: tuple[Run, ...], k: int, *, least: float, grows: bool) -> Attack:
    """The attacker of what has been published, with nothing of ours to come."""
    zero = np.zeros(len(cells), bool)
    return Attack(sums=cells.sums, seen=seen, own=None, least=least, cap=REACH * k, zero=zero, grows=grows)


def least_of(own: dict[str, np.ndarray], column: str) -> float:
    """What a reader knows of a hidden number at least: 1 if a row with this count at zero is an empty row, else 0."""
    empty = np.all([np.nan_to_num(values) == 0 for values in own.values()], axis=0)
    return 1.0 if not ((own[column] == 0) & ~empty).any() else 0.0


def only_grows(runs: list[Run]) -> bool:
    """Whether no number that two following tables show is less in the later one."""
    pairs = itertools.pairwise(runs)
    return all((late.values >= soon.values)[~late.hidden & ~soon.hidden].all() for soon, late in pairs)


def span(attack: Attack, at: int, *, whole: bool, run: int = 0) -> tuple[float, float]:
    """The least and greatest value of a number in a reader's eyes; infinite where nothing bounds it."""
    low, high = (_end(attack, attack.form((run, at, sign)), whole=whole) for sign in (1.0, -1.0))
    if low is None or high is None:
        return -np.inf, np.inf
    top = -high.least
    return float(np.ceil(low.least - 1e-6)), float(np.inf if top > 0.1 * attack.most else np.floor(top + 1e-6))


def _end(attack: Attack, form: np.ndarray, *, whole: bool) -> Reach | None:
    nothing = np.zeros(0, bool)
    found = attack.reach(form, nothing)
    return attack.reach_whole(form, nothing) if whole and found and not is_whole(found.point) else found


def _little(change: np.ndarray, k: int) -> np.ndarray:
    found: np.ndarray = (np.abs(change) > 0) & (np.abs(change) < k)
    return found


def _attack(situation: Situation, column: str) -> Attack:
    own = situation.own[column]
    seen = tuple(run[column] for run in situation.seen)
    runs = [*seen, Run(values=own, hidden=np.zeros(len(own), bool))]
    made = Attack(
        sums=situation.cells.sums,
        seen=seen,
        own=own,
        least=least_of(situation.own, column),
        cap=REACH * situation.k,
        zero=situation.empty,
        grows=bool(seen) and only_grows(runs),
    )
    if made.grows and made.reach(np.zeros(len(made.base)), ~situation.empty) is None:
        made.grows = False  # a hidden number fell, so a reader who thinks that none does is wrong
        made.__post_init__()
    return made


def _kept(situation: Situation) -> np.ndarray:
    """Numbers hidden before that stay hidden: they do not exceed by k all that they can have been."""
    found = np.zeros(len(situation.cells), bool)
    for column, own in situation.own.items():
        least = least_of(situation.own, column)
        for run in situation.seen:
            attack = seen_only(situation.cells, (run[column],), situation.k, least=least, grows=False)
            for at in np.flatnonzero(run[column].hidden & ~found):
                found[at] = own[at] < span(attack, int(at), whole=False)[1] + situation.k
    return np.asarray(found & ~situation.empty)


def _demands(situation: Situation, column: str, attack: Attack, place: int) -> Iterator[Demand]:
    own, last, least = situation.own[column], len(situation.seen), situation.floor(column)
    for at in map(int, np.flatnonzero((own > 0) & (own < situation.k))):
        yield from _range(attack, place, (last, at), (least[at], situation.k))
    for number, run in enumerate(situation.seen):
        then = np.where(run[column].hidden, 0.0, run[column].values)
        floor = situation.floor(column, then) if attack.grows else least
        yield from _changes(attack, place, (number, run[column]), (floor, situation.k))
    yield from _earlier(situation, column, attack, place)


def _range(attack: Attack, place: int, where: tuple[int, int], ends: tuple[float, float]) -> Iterator[Demand]:
    yield Demand(place, attack.form((*where, 1.0)), ends[0])
    yield Demand(place, attack.form((*where, -1.0)), -ends[1])


def _changes(attack: Attack, place: int, earlier: tuple[int, Run], limits: tuple[np.ndarray, int]) -> Iterator[Demand]:
    (number, run), (floor, k), last = earlier, limits, len(attack.seen)
    own = np.zeros(0) if attack.own is None else attack.own
    for at in map(int, np.flatnonzero(~run.hidden & _little(own - run.values, k) & (own > 0))):
        then = run.values[at]
        ends = (then + 1, then + k) if own[at] > then else (then - k, then - 1)
        yield from _range(attack, place, (last, at), (max(ends[0], floor[at]), ends[1]))
    for at in map(int, np.flatnonzero(run.hidden & (own > 0))):
        fewer = attack.form((number, at, 1.0), (last, at, -1.0))
        yield Demand(place, fewer, -k, unless=fewer)


def _earlier(situation: Situation, column: str, attack: Attack, place: int) -> Iterator[Demand]:
    seen = tuple(run[column] for run in situation.seen)
    if not seen:
        return
    before = seen_only(situation.cells, seen, situation.k, least=attack.least, grows=attack.grows)
    for number, run in enumerate(seen):
        for at in map(int, np.flatnonzero(run.hidden)):
            low, high = span(before, at, whole=True, run=number)
            if low < situation.k:
                yield from _range(attack, place, (number, at), (max(low, 1), min(high, situation.k)))
