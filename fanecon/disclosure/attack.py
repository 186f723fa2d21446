"""What a reader can work out about the numbers that are not shown.

The reader knows every number that is shown, in this table and in earlier ones, knows that totals are sums and that
counts are whole and not negative, and knows our rule: a zero is always shown, so what is hidden is at least one.
Where counts only grow from run to run, the reader knows that too.  All tables that fit are the points of a polyhedron;
the least and the greatest value of a hidden number in it are what the reader can say about the number (Fischetti and
Salazar 2000), and a linear programme finds them.

Each answer brings its reason along: by how much the hidden numbers of this run would have to give way.  That is a
linear inequality which every safe choice must fulfil, and what the choice is made from (:mod:`.choice`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

TOLERANCE = 1e-6


class Reach(NamedTuple):
    """The least value of a linear form, how much each number of this run holds it up, and a table that reaches it."""

    least: float
    support: np.ndarray
    point: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Run:
    """One table as its readers see it: the value of every number, and which are hidden (their values mean nothing)."""

    values: np.ndarray
    hidden: np.ndarray


def is_whole(point: np.ndarray) -> bool:
    """Whether a table of deviations has no fractions."""
    return bool(np.abs(point - np.round(point)).max(initial=0.0) < TOLERANCE)


@dataclass(kw_only=True)
class Attack:
    """The tables that fit all that is shown; what a run of our own hides is chosen anew with every question.

    Unknowns are the deviations from `base`, one per number and run, run after run.

    Parameters
    ----------
    sums
        The relations among the numbers of one run.
    seen
        What was published before, oldest first.
    own
        The true values of the run that is to be published; None if everything is published already.
    least
        What a hidden number is at least, in the reader's knowledge.
    cap
        How far a hidden number of our own may be thought to deviate.  A smaller cap is a stronger demand.
    zero
        Which numbers of our own are shown because nobody is in them.
    grows
        Whether the reader knows that no number falls from run to run.
    """

    sums: sparse.csr_array
    seen: tuple[Run, ...]
    own: np.ndarray | None
    least: float
    cap: float
    zero: np.ndarray
    grows: bool = False
    base: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        earlier = [np.where(run.hidden, 0.0, run.values) for run in self.seen]
        self.base = np.concatenate([*earlier, *([] if self.own is None else [self.own])])
        width, times = self.sums.shape[1], len(self.seen) + (self.own is not None)
        self._equal = sparse.csr_array(sparse.block_diag([self.sums] * times))
        self._right = -(self._equal @ self.base)
        size = (width * (times - 1), width * times)
        steps = sparse.eye_array(*size) - sparse.eye_array(*size, k=width)
        self._falls = sparse.csr_array(steps) if self.grows and times > 1 else None
        self._room = -(self._falls @ self.base) if self._falls is not None else None
        self.most = 10 * (self.base.max(initial=0.0) + self.cap)

    @property
    def mine(self) -> slice:
        """Where the unknowns of our own run stand."""
        return slice(len(self.seen) * self.sums.shape[1], len(self.base))

    def form(self, *terms: tuple[int, int, float]) -> np.ndarray:
        """A linear form of (run, number, factor)."""
        made = np.zeros(len(self.base))
        for run, at, factor in terms:
            made[run * self.sums.shape[1] + at] += factor
        return made

    def moves(self) -> tuple[np.ndarray, np.ndarray]:
        """How far down and up each number of our own may be thought to be, if it is hidden."""
        if self.own is None:
            return np.zeros(0), np.zeros(0)
        down = np.clip(self.own - self.least, 0, self.cap)
        return np.where(self.zero, 0.0, down), np.where(self.zero, 0.0, self.cap)

    def bounds(self, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and highest deviation of every unknown."""
        low = [np.where(run.hidden, self.least, 0.0) for run in self.seen]
        high = [np.where(run.hidden, self.most, 0.0) for run in self.seen]
        down, up = self.moves()
        own = hidden if self.own is not None else np.zeros(0)
        return np.concatenate([*low, -down * own]), np.concatenate([*high, up * own])

    def reach(self, form: np.ndarray, hidden: np.ndarray) -> Reach | None:
        """The least value that a form can have, or None if no table fits at all."""
        low, high = self.bounds(hidden)
        found = linprog(
            form, self._falls, self._room, self._equal, self._right, np.column_stack([low, high]), method="highs"
        )
        if found.status != 0:
            return None
        costs = form - self._equal.T @ found.eqlin.marginals
        if self._falls is not None:
            costs = costs - self._falls.T @ found.ineqlin.marginals
        down, up = self.moves()
        own = costs[self.mine]
        support = np.maximum(own, 0) * down + np.maximum(-own, 0) * up
        return Reach(float(found.fun + form @ self.base), support, found.x)

    def reach_whole(self, form: np.ndarray, hidden: np.ndarray) -> Reach | None:
        """The same over tables of whole numbers, without a reason; None if there is none or none is found in time."""
        low, high = self.bounds(hidden)
        limits = [LinearConstraint(self._equal, self._right, self._right)]
        if self._falls is not None and self._room is not None:
            limits.append(LinearConstraint(self._falls, -np.inf, self._room))
        found = milp(
            form,
            integrality=np.ones(len(form)),
            bounds=Bounds(low, high),
            constraints=limits,
            options={"time_limit": 10.0},
        )
        if found.x is None:
            return None
        return Reach(float(found.fun + form @ self.base), np.zeros(self.sums.shape[1]), np.round(found.x))
