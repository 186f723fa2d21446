"""Sittings: whether the members of a block acted on the same item at the same time, in company.

A community and a ring both act on the same items; a ring does so in one sitting.  An act is *in company* if another
account acted on the same item within the window.  What is to be expected without a ring is the pace of everybody: the
chance q that two accounts on one item act within the window, averaged over acts (prompt fans raise the expectation for
all; the tenth of the acts on the hastiest items is left out, since rings may be behind it).  With k members on an item
an act is then in company with chance 1 − (1 − q)^(k − 1).

The excess is told in bits, ½·n·KL(observed ‖ expected)/log 2 less ½·log₂ n: half, because company is mutual, so that
two acts which accompany each other are one coincidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanecon.metrics.hunters.bipartite import Graph, Whole
from fanecon.metrics.hunters.moments import Moments

MOST_ITEMS, STEADY = 2_000, 0.9


@dataclass(frozen=True, kw_only=True)
class Company:
    """Acts of a block in company of another member, of how many, and how many the others' pace would give."""

    together: int
    acts: int
    expected: float

    @property
    def bits(self) -> float:
        """Evidence that the company is more than the pace of the items; 0 where it is not."""
        if not self.acts or self.together <= self.expected:
            return 0.0
        seen, wanted = self.together / self.acts, min(max(self.expected / self.acts, 1e-9), 1 - 1e-9)
        excess = seen * math.log2(seen / wanted)
        excess += (1 - seen) * math.log2((1 - seen) / (1 - wanted)) if seen < 1 else 0.0
        return max(0.0, self.acts / 2 * excess - 0.5 * math.log2(self.acts))


def firsts(rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], times: Moments) -> Moments:
    """The first time of each distinct pair, in the order of item, then account: that of `Graph.items`."""
    order = np.lexsort((times, rows, columns))
    rows, columns = rows[order], columns[order]
    new = np.append(True, (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1]))
    return np.asarray(times[order[new]])


def accompanied(items: npt.NDArray[np.integer], times: Moments, window: float) -> npt.NDArray[np.bool_]:
    """Which acts have another on the same item within the window; each account acts once on an item."""
    order = np.lexsort((times, items))
    near = (items[order][1:] == items[order][:-1]) & (np.diff(times[order]) <= window)
    found = np.zeros(len(times), bool)
    found[order[1:]] |= near
    found[order[:-1]] |= near
    return found


def measured(whole: Graph, times: Moments, reach: tuple[float, float], members: tuple[Whole, Whole]) -> Company:
    """The company that a block's members keep on its items; `times` in the order of `Graph.items`.

    `reach`: the window in the unit of the times, and the pace of everybody for it.
    """
    (window, pace), (accounts, items) = reach, members
    owner, starts, many = _of(whole, items)
    nodes, when = whole.items.nodes[starts], times[starts]
    inside = np.zeros(len(whole.accounts.degree), bool)
    inside[accounts] = True
    ours = inside[nodes]
    sizes = np.bincount(owner[ours], minlength=len(many))
    expected = float(np.sum(sizes * (1 - (1 - pace) ** np.maximum(sizes - 1, 0))))
    together = int(accompanied(owner[ours], when[ours], window).sum())
    return Company(together=together, acts=int(ours.sum()), expected=expected)


def _of(whole: Graph, items: Whole) -> tuple[Whole, Whole, Whole]:
    """For each act on some items: which of them, where it stands in the lists, and how many acts each has."""
    start = whole.items.first[items].astype(np.int64)
    many = whole.items.first[items + 1].astype(np.int64) - start
    where = np.repeat(start - np.append(0, np.cumsum(many)[:-1]), many) + np.arange(many.sum())
    return np.repeat(np.arange(len(items)), many), where, many


def pace(whole: Graph, times: Moments, window: float) -> float:
    """The chance that two accounts on one item act within the window, mean over acts, the hastiest tenth left out."""
    busy = np.flatnonzero(whole.items.degree >= 2)
    items = busy[:: max(1, len(busy) // MOST_ITEMS)]
    owner, where, many = _of(whole, items)
    when = times[where]
    when = when[np.lexsort((when, owner))]
    ends, acts = np.append(0, np.cumsum(many)), many
    chances = np.array([_near(when[ends[at] : ends[at + 1]], window) for at in range(len(many))])
    order = np.argsort(chances, kind="stable")
    steady = order[np.cumsum(acts[order]) <= STEADY * acts[order].sum()]
    return float(np.average(chances[steady], weights=acts[steady])) if len(steady) else 0.0


def _near(when: Moments, window: float) -> float:
    size = len(when)
    if size < 2:
        return 0.0
    after = np.searchsorted(when, when + window, side="right") - np.arange(size) - 1
    return float(after.sum()) / (size * (size - 1) / 2)
