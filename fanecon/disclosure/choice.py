"""Which further numbers must be hidden, so that the hidden ones cannot be worked out: as few as possible.

The choice is a cutting-plane method (Fischetti and Salazar 2000).  A small integer programme hides the cheapest set of
numbers that fulfils all inequalities known so far; the attacker of :mod:`.attack` tries every demand on it; each
success gives an inequality that the set violates and every safe set fulfils.  When no attack succeeds, the set is safe
and no cheaper one is.

Linear programmes look at tables of fractions.  In tables of one and two ways their corners are whole, in others they
need not be, so there an integer programme has the last word; where it finds a narrower range, the set must grow.

Fail closed: where the method does not come to an end in its rounds, numbers are only ever added, and the last resort
is to hide everything.  No way out of this module skips the attack on the final set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from fanecon.disclosure.attack import TOLERANCE, Attack, is_whole

ROUNDS, LARGE = 60, 400


class Demand(NamedTuple):
    """What must stay possible in a reader's eyes: that a form of the numbers is at most `bound` (attack by its place).

    Where `unless` is given, the demand falls away as long as that form cannot be below zero: nothing happened at all.
    """

    attack: int
    form: np.ndarray
    bound: float
    unless: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The numbers to hide, and the demands that even hiding everything could not meet."""

    hidden: np.ndarray
    unmet: tuple[Demand, ...] = ()


@dataclass(kw_only=True)
class Search:
    """The state of one choice: the attackers, the inequalities found, and tables that prove demands met.

    Parameters
    ----------
    attacks
        One for each column of counts; they share what is hidden.
    must
        Numbers that are hidden whatever it costs.
    may
        Numbers that can be hidden at all; a zero cannot.
    costs
        What hiding a number costs.
    whole
        Whether the last word must be had by whole numbers.
    """

    attacks: Sequence[Attack]
    must: np.ndarray
    may: np.ndarray
    costs: np.ndarray
    whole: bool
    cuts: list[tuple[np.ndarray, float]] = field(default_factory=list)
    proofs: dict[int, list[np.ndarray]] = field(default_factory=dict)

    def choose(self, demands: Sequence[Demand]) -> Choice:
        """The cheapest set found that meets every demand."""
        before = any(attack.seen for attack in self.attacks)
        unmet = self.attacked(demands, self.may) if before else []  # given away before, whatever is hidden now
        self.cuts.clear()
        demands = [demand for demand in demands if not any(demand is one for one in unmet)]
        chosen = self._chosen(demands)
        return Choice(hidden=chosen, unmet=tuple(unmet))

    def _chosen(self, demands: Sequence[Demand]) -> np.ndarray:
        hidden: np.ndarray = self.must & self.may
        small = int(self.may.sum()) <= LARGE
        for _ in range(ROUNDS if small else 0):
            if not self.attacked(demands, hidden):
                return hidden
            fresh = self._cheapest()
            if fresh is None:
                break
            hidden = fresh
        while self.attacked(demands, hidden) and not (hidden == self.may).all():
            hidden = self._enlarged(hidden)
        return hidden

    def attacked(self, demands: Sequence[Demand], hidden: np.ndarray) -> list[Demand]:
        """The demands that a set does not meet; each leaves an inequality behind."""
        return [demand for demand in demands if not self._met(demand, hidden)]

    def _met(self, demand: Demand, hidden: np.ndarray) -> bool:
        if self._proven(demand, hidden):
            return True
        attack = self.attacks[demand.attack]
        found = attack.reach(demand.form, hidden)
        if found is None:
            self.cuts.append(self._more(hidden))
            return False
        if found.least > demand.bound + TOLERANCE:
            if demand.unless is not None and self._still(attack, demand.unless, hidden):
                return True
            self.cuts.append(_cut(found.support, float(found.least + found.support @ hidden - demand.bound)))
            return False
        if self.whole and not is_whole(found.point):
            exact = attack.reach_whole(demand.form, hidden)
            if exact is None or exact.least > demand.bound + TOLERANCE:
                self.cuts.append(self._more(hidden))
                return False
            found = exact
        self.proofs.setdefault(demand.attack, []).append(found.point)
        return True

    def _proven(self, demand: Demand, hidden: np.ndarray) -> bool:
        """Whether a table found before proves the demand met and differs only in what is hidden now."""
        attack = self.attacks[demand.attack]
        return any(
            demand.form @ (point + attack.base) <= demand.bound + TOLERANCE
            and not (np.abs(point[attack.mine]) > TOLERANCE)[~hidden].any()
            for point in self.proofs.get(demand.attack, ())
        )

    @staticmethod
    def _still(attack: Attack, form: np.ndarray, hidden: np.ndarray) -> bool:
        found = attack.reach(form, hidden)
        return found is not None and found.least > -TOLERANCE

    def _more(self, hidden: np.ndarray) -> tuple[np.ndarray, float]:
        """The inequality that says: something else must be hidden too."""
        return (self.may & ~hidden).astype(float), 1.0

    def _cheapest(self) -> np.ndarray | None:
        rows = np.array([row for row, _ in self.cuts])
        limits = LinearConstraint(rows, np.array([least - TOLERANCE for _, least in self.cuts]), np.inf)
        bounds = Bounds(self.must & self.may, self.may)
        found = milp(
            self.costs,
            integrality=np.ones(len(self.costs)),
            bounds=bounds,
            constraints=limits,
            options={"time_limit": 10.0},
        )
        return None if found.x is None else np.round(found.x).astype(bool)

    def _enlarged(self, hidden: np.ndarray) -> np.ndarray:
        """The set with, for every inequality it violates, the numbers that help most for their cost."""
        made = hidden.copy()
        for row, least in self.cuts:
            for at in np.argsort(-row / self.costs):
                if row @ made >= least - TOLERANCE or row[at] <= 0:
                    break
                made[at] |= self.may[at]
        return self.may.copy() if (made == hidden).all() else made


def _cut(support: np.ndarray, needed: float) -> tuple[np.ndarray, float]:
    """The inequality support · hidden ≥ needed, no factor larger than what is needed: the same sets, a tighter form."""
    factors = np.minimum(support, needed) / needed
    return np.where(factors < TOLERANCE, 0.0, factors), 1.0
