"""The cells of a table with all its margins, and what adds up to what.

A table by topic and city has cells, a total for each topic, one for each city, and one of all.  Whoever sees some of
them computes others by subtraction; the sums written down here are the only thing such a reader needs.

A city lies in one province, so the "total over provinces" of a city is the city itself.  Margins that consist of the
same cells are therefore one number here (a `Cell`), under however many names they appear: hiding one and showing the
other would hide nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

TOTAL = "total"
Key = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Every number of a table with margins.

    Parameters
    ----------
    names
        For each number the keys that mean it; `total` stands for "all of this column".
    atoms
        For each number the positions of the inner cells that it is the sum of.
    sums
        One row per relation: 1 at the whole, −1 at its parts; a row times the numbers is 0.
    """

    names: tuple[tuple[Key, ...], ...]
    atoms: tuple[frozenset[int], ...]
    sums: sparse.csr_array

    def __len__(self) -> int:
        return len(self.names)

    def level(self, at: int) -> int:
        """How many columns a number is a total over, by its narrowest name."""
        return min(totals(name) for name in self.names[at])

    def whole(self, inner: np.ndarray) -> np.ndarray:
        """The values of all numbers from those of the inner cells."""
        return np.array([inner[sorted(atoms)].sum() for atoms in self.atoms])


def totals(key: Key) -> int:
    """How many columns a key is a total over."""
    return sum(part == TOTAL for part in key)


def lattice(keys: Sequence[Key]) -> Lattice:
    """The lattice over the inner cells of a table, given by their keys."""
    members: dict[Key, set[int]] = {}
    for at, key in enumerate(keys):
        for name in itertools.product(*((part, TOTAL) for part in key)):
            members.setdefault(name, set()).add(at)
    inside = nested(keys)
    number: dict[frozenset[int], int] = {}
    names: list[list[Key]] = []
    place: dict[Key, int] = {}
    for name, atoms in members.items():
        place[name] = number.setdefault(frozenset(atoms), len(number))
        if place[name] == len(names):
            names.append([])
        if not any(name[outer] == TOTAL and name[inner] != TOTAL for outer, inner in inside):
            names[place[name]].append(name)
    return Lattice(
        names=tuple(tuple(one) for one in names),
        atoms=tuple(number),
        sums=_sums(place, len(number)),
    )


def nested(keys: Sequence[Key]) -> list[tuple[int, int]]:
    """Pairs of columns (outer, inner) where every label of the inner one stands under one label of the outer."""
    width = len(keys[0]) if keys else 0
    found = []
    for outer, inner in itertools.permutations(range(width), 2):
        pairs = {(key[inner], key[outer]) for key in keys}
        if len(pairs) == len({one for one, _ in pairs}):
            found.append((outer, inner))
    return found


def _sums(place: dict[Key, int], count: int) -> sparse.csr_array:
    parts: dict[tuple[Key, int], set[int]] = {}
    for name, at in place.items():
        for column, label in enumerate(name):
            if label != TOTAL:
                parts.setdefault(((*name[:column], TOTAL, *name[column + 1 :]), column), set()).add(at)
    rows = {(place[whole], frozenset(found)) for (whole, _), found in parts.items() if place[whole] not in found}
    return _matrix(sorted(rows, key=lambda row: (row[0], sorted(row[1]))), count)


def _matrix(rows: Iterable[tuple[int, frozenset[int]]], count: int) -> sparse.csr_array:
    entries = [
        (row, at, value)
        for row, (whole, found) in enumerate(rows)
        for at, value in [(whole, 1.0), *((part, -1.0) for part in found)]
    ]
    height = 1 + max((row for row, _, _ in entries), default=-1)
    data = np.array([value for _, _, value in entries])
    places = (np.array([row for row, _, _ in entries], int), np.array([at for _, at, _ in entries], int))
    return sparse.csr_array((data, places), shape=(height, count))
