"""How much more often two accounts of one hand begin so close to each other than two strangers do.

A farm is opened in one sitting and each of its accounts does the same: the starts lie minutes apart and the amounts
are nearly equal.  How near is near differs from one campaign to the next, so it is not set but learned, from the ties:
of the pairs that paid each other or share a purse, an unknown part is one hand and the rest are strangers who dealt
with each other.  Strangers start as far apart as any two accounts do, which is known from all pairs; what is left over
at short distance is the one hand.  An EM with one unknown share for each kind of tie finds both (the two-class model
of Fellegi and Sunter, for pairs).  No label is used.  Where there are too few ties, the closeness is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
HOUR, DAY = 3_600.0, 86_400.0
GAPS = np.array(
    [0, 300, 900, 1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY / 2, DAY, 3 * DAY, 7 * DAY, 30 * DAY, np.inf]
)
APART = np.array([0, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 1.6, np.inf])
LEAST_PAIRS, ROUNDS, JOINT = 200, 500, 0.7
MOST_NEAR = 1_000
ASSUMED_SHARE = 0.5


class Starts(NamedTuple):
    """When each account began (seconds) and with how much (natural logarithm of the amount); NaN where unknown."""

    seconds: Array
    logs: Array

    @property
    def timed(self) -> bool:
        """Whether any start is known."""
        return bool(np.isfinite(self.seconds).any())

    @property
    def weighed(self) -> bool:
        """Whether any amount is known."""
        return bool(np.isfinite(self.logs).any())

    def cells(self, one: Array, other: Array) -> tuple[Array, Array]:
        """The class of the gap and of the amounts of each pair; the last class is "unknown"."""
        gap = np.searchsorted(GAPS, np.abs(self.seconds[one] - self.seconds[other]), side="right") - 1
        apart = np.searchsorted(APART, np.abs(self.logs[one] - self.logs[other]), side="right") - 1
        gap[np.isnan(self.seconds[one]) | np.isnan(self.seconds[other])] = len(GAPS) - 1
        apart[np.isnan(self.logs[one]) | np.isnan(self.logs[other])] = len(APART) - 1
        return np.minimum(gap, len(GAPS) - 1), np.minimum(apart, len(APART) - 1)


class Pairs(NamedTuple):
    """Two accounts each (positions) that have one kind of tie."""

    kind: str
    one: Array
    other: Array


class Closeness(NamedTuple):
    """How many times likelier each distance is for one hand than for strangers, and the share of one hand by tie.

    `ratio` and `strangers` (the share of all pairs) have a last row and column for what is unknown.
    """

    ratio: Array
    strangers: Array
    shares: Array
    learned: bool


def learn_closeness(starts: Starts, ties: Sequence[Pairs]) -> Closeness:
    """The likelihood ratio of one hand against strangers by distance of start and amount, and the shares by tie."""
    strangers = _strangers(starts)
    counts = [_counted(starts, pairs) for pairs in ties]
    whole = sum(float(one[:-1, :-1].sum() if starts.weighed else one[:-1, -1].sum()) for one in counts)
    if whole < LEAST_PAIRS or not starts.timed:
        shares = np.full(len(ties), ASSUMED_SHARE)
        return Closeness(_ratio(_assumed(), strangers, starts), _whole(strangers), shares, learned=False)
    known = [one[:-1, :-1] if starts.weighed else one[:-1, -1:] for one in counts]
    apart = strangers[1] if starts.weighed else np.ones(1)
    near, shares = _em(known, np.outer(strangers[0], apart))
    return Closeness(_ratio(near, strangers, starts), _whole(strangers), shares, learned=True)


def _whole(strangers: tuple[Array, Array]) -> Array:
    return np.outer(np.append(strangers[0], 1.0), np.append(strangers[1], 1.0))


def _strangers(starts: Starts) -> tuple[Array, Array]:
    """The share of all pairs at each distance, exactly: neighbours are counted in the sorted list."""
    return _margin(starts.seconds, GAPS), _margin(starts.logs, APART)


def _margin(values: Array, edges: Array) -> Array:
    ordered = np.sort(values[np.isfinite(values)])
    if len(ordered) < 2:
        return np.full(len(edges) - 1, 1 / (len(edges) - 1))
    # `below` counts pairs nearer than an edge, each once; the open end holds the rest
    below = [_nearer(ordered, edge) for edge in edges[:-1]] + [len(ordered) * (len(ordered) - 1) / 2]
    share = np.diff(below) / below[-1]
    return np.asarray((share + 1e-9) / (share + 1e-9).sum())


def _nearer(ordered: Array, edge: float) -> float:
    ends = np.searchsorted(ordered, ordered + edge, side="left")
    return float(np.maximum(ends - np.arange(len(ordered)) - 1, 0).sum())


def _counted(starts: Starts, pairs: Pairs) -> Array:
    gap, apart = starts.cells(pairs.one, pairs.other)
    size = len(GAPS), len(APART)
    return np.bincount(gap * size[1] + apart, minlength=size[0] * size[1]).reshape(size).astype(float)


def _em(counts: Sequence[Array], strangers: Array) -> tuple[Array, Array]:
    shares = np.full(len(counts), 0.5)
    near = np.sum(counts, axis=0) / np.sum(counts)
    for _ in range(ROUNDS):
        held = [count * _posterior(near, strangers, share) for count, share in zip(counts, shares, strict=True)]
        now = np.array(
            [float(h.sum() / c.sum()) if c.sum() else ASSUMED_SHARE for h, c in zip(held, counts, strict=True)]
        )
        joint = np.sum(held, axis=0) / max(float(np.sum(held)), 1e-12)
        near = JOINT * joint + (1 - JOINT) * np.outer(joint.sum(1), joint.sum(0))
        moved, shares = float(np.abs(now - shares).max()), now
        if moved < 1e-6:
            break
    return near, shares


def _posterior(near: Array, strangers: Array, share: float) -> Array:
    return np.asarray(share * near / (share * near + (1 - share) * strangers + 1e-300))


def _assumed() -> Array:
    """As many pairs from one to two minutes as from one to two weeks, and alike for amounts: evenly on a log scale."""
    gap = np.diff(np.log(np.clip(GAPS, 60, 30 * DAY)))
    apart = np.diff(np.log(np.clip(APART, 0.001, 1.6)))
    return np.outer(gap / gap.sum(), apart / apart.sum())


def _ratio(near: Array, strangers: tuple[Array, Array], starts: Starts) -> Array:
    """The table of ratios with a row and a column for what is unknown, which says as much as the other alone."""
    ratio = np.ones((len(GAPS), len(APART)))
    if starts.timed:
        ratio[:-1, -1] = near.sum(1) / strangers[0]
    if starts.weighed:
        ratio[-1, :-1] = near.sum(0) / strangers[1]
    if starts.timed and starts.weighed:
        ratio[:-1, :-1] = near / np.outer(*strangers)
    return ratio


def near_pairs(seconds: Array, width: float, most: int = MOST_NEAR) -> Iterator[tuple[Array, Array]]:
    """Positions of pairs that began less than `width` seconds apart, by how many began between them."""
    order = np.argsort(seconds, kind="stable")
    order = order[np.isfinite(seconds[order])]
    ordered = seconds[order]
    still = np.arange(len(order))
    for step in range(1, most + 1):
        still = still[still + step < len(order)]
        still = still[ordered[still + step] - ordered[still] < width]
        if not len(still):
            return
        yield order[still], order[still + step]
