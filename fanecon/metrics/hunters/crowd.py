"""Crowding: how much better a farm explains those who began around an account than the hours around it do.

Every neighbour in time counts by how much likelier its distance is for one hand than for a stranger
(:mod:`fanecon.metrics.hunters.closeness`), measured against the background of that very hour and of that very amount:
on the evening an article goes round, a hundred strangers start within minutes of each other, and a round sum is
everybody's.  The background of an hour is counted among accounts whose amounts differ, so that a farm is not its own
background.  crowd_i = Σ_j log(1 + μ·ratio_ij ÷ n) is the evidence that a farm of μ others, not chance, put the
neighbours there (Poisson).  Strangers alone would make it a known mean and variance (Campbell's theorem: ∫ f and ∫ f²
over their rate), larger in busy hours; the sign is by how many standard deviations it exceeds that mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fanecon.metrics.hunters.closeness import APART, DAY, GAPS, HOUR, MOST_NEAR, Array, Closeness, Starts, near_pairs

FARM, SURE_ODDS = 8.0, 9.0
WINDOW, WIDE, SITTING = 4 * HOUR, 36 * HOUR, HOUR
AROUND = (3 * HOUR, HOUR, HOUR / 3)
DIFFERENT, NEARLY, FEW = 0.4, 6, 20.0
ALIKE, SPREAD = 0.1, 0.5


class Crowd(NamedTuple):
    """Per account: standard deviations above strangers, and how busy its hour and its amount are.

    `alike` others began within an hour with a nearly equal amount; `expected` were to be.  `pairs` are one hand with a
    chance of nine in ten, if a farm is as large as assumed.
    """

    excess: Array
    busy: Array
    alike: Array
    expected: Array
    pairs: tuple[Array, Array]
    cut: bool


class Background(NamedTuple):
    """How many strangers per second begin around each account, and how common amounts like and unlike its own are.

    All against what two accounts at random show: `usual` holds strangers per second by class of gap, `rate` the same
    for each account (row).
    """

    rate: Array
    like: Array
    unlike: Array
    usual: Array

    def around(self, one: Array, other: Array, gap: Array, apart: Array) -> Array:
        """How much more often strangers show a distance here than anywhere: the geometric mean of both accounts."""
        like = np.sqrt(self.like[one] * self.like[other])
        unlike = np.sqrt(self.unlike[one] * self.unlike[other])
        amount = np.where(apart < NEARLY, like, np.where(apart < len(APART) - 1, unlike, 1.0))
        at = np.minimum(gap, len(self.usual) - 1)
        hour = np.sqrt(self.rate[one, at] * self.rate[other, at]) / self.usual[at]
        return np.asarray(np.where(gap < len(self.usual), hour * amount, 1.0))

    def own(self, gap: int, apart: int) -> Array:
        """The same for each account by itself."""
        amount = self.like if apart < NEARLY else self.unlike if apart < len(APART) - 1 else 1.0
        return np.asarray(self.rate[:, gap] / self.usual[gap] * amount)


def background(starts: Starts, closeness: Closeness) -> Background:
    """The background of each account, that of an average pair where its start or amount is unknown."""
    n, local = len(starts.seconds), int(np.searchsorted(GAPS, DAY))
    usual = np.maximum(n * closeness.strangers[:local, -1] / np.diff(GAPS[: local + 1]), 1e-12)
    rate, like, unlike = np.tile(usual, (n, 1)), np.ones(n), np.ones(n)
    if starts.timed:
        rate = np.where(np.isfinite(starts.seconds)[:, None], _rates(starts, local), rate)
    if starts.weighed:
        near = _within(starts.logs, APART[NEARLY])
        common = near.mean() / max(n - 1, 1)
        share = np.where(np.isfinite(starts.logs), near + 1, common * n) / n
        like = np.clip(share / common, 0.02, None)
        unlike = np.clip((1 - share) / max(1 - common, 1e-9), 0.02, None)
    return Background(np.maximum(rate, 1e-12), like, unlike, usual)


def _within(values: Array, width: float) -> Array:
    """How many others lie within `width` to either side."""
    ordered = np.sort(values[np.isfinite(values)])
    ends = np.searchsorted(ordered, values + width, side="right") - np.searchsorted(
        ordered, values - width, side="left"
    )
    return np.where(np.isfinite(values), ends - 1.0, 0.0)


def _rates(starts: Starts, local: int) -> Array:
    """Strangers per second around each start (both sides), by class of gap: from three days down to a third of an hour.

    Each narrower width is drawn to the wider one as if twenty strangers had been seen at its rate, and counts only
    accounts whose amounts differ, so that a farm does not hide behind itself.
    """
    rate = (_within(starts.seconds, WIDE) - _within(starts.seconds, SITTING) + 1.0) / (WIDE - SITTING)
    share, counted = _strangers_near(starts)
    rates = np.tile(rate[:, None], (1, local))
    for width, differing in zip(AROUND, counted, strict=False):
        rate = (differing + FEW) / (width * share + FEW / rate)
        rates[:, GAPS[1 : local + 1] <= max(width, WINDOW * (width == AROUND[0]))] = rate[:, None]
    return rates


def _strangers_near(starts: Starts) -> tuple[Array, list[Array]]:
    """What share of all amounts differs from each, and how many such began within each width; all without amounts."""
    n = len(starts.seconds)
    if not starts.weighed:
        return np.ones(n), [_within(starts.seconds, AROUND[0])]
    counted = [np.zeros(n) for _ in AROUND]
    for one, other in near_pairs(starts.seconds, AROUND[0]):
        apart = np.abs(starts.seconds[one] - starts.seconds[other])
        differs = np.abs(starts.logs[one] - starts.logs[other]) > DIFFERENT
        for width, found in zip(AROUND, counted, strict=True):
            found += _both(one, other, (differs & (apart < width)).astype(float), n)
    known = np.isfinite(starts.logs)
    share = 1 - (_within(starts.logs, DIFFERENT) + 1) / max(int(known.sum()), 1)
    return np.where(known, np.maximum(share, 0.02), 1.0), counted


def _both(one: Array, other: Array, values: Array, size: int) -> Array:
    return np.bincount(one, values, size) + np.bincount(other, values, size)


def crowd(starts: Starts, closeness: Closeness, around: Background) -> Crowd:
    """How crowded the start of each account is; missing where it is not known when it began."""
    n = len(starts.seconds)
    found, alike = np.zeros(n), np.zeros(n)
    steps, pairs = 0, [np.empty((2, 0), np.int64)]
    for one, other in near_pairs(starts.seconds, WINDOW):
        steps += 1
        gap, apart = starts.cells(one, other)
        ratio = closeness.ratio[gap, apart] / around.around(one, other, gap, apart)
        found += _both(one, other, np.log1p(FARM * ratio / n), n)
        pairs.append(np.stack([one, other])[:, FARM * ratio / n > SURE_ODDS])
        close = (GAPS[gap + 1] <= HOUR) & (APART[np.minimum(apart + 1, len(APART) - 1)] <= ALIKE)
        alike += _both(one, other, close.astype(float), n)
    mean, variance = _by_strangers(starts, closeness, around)
    excess = np.where(np.isfinite(starts.seconds), (found - mean) / np.sqrt(variance + SPREAD), np.nan)
    sure = np.concatenate(pairs, axis=1)
    return Crowd(excess, around.rate[:, -1], alike, _expected(starts, around), (sure[0], sure[1]), steps == MOST_NEAR)


def _by_strangers(starts: Starts, closeness: Closeness, around: Background) -> tuple[Array, Array]:
    """Mean and variance of an account's sum if all its neighbours were strangers who came at the rate of the hour."""
    n = len(starts.seconds)
    gaps = int(np.searchsorted(GAPS, WINDOW))
    classes = range(len(APART) - 1) if starts.weighed else (len(APART) - 1,)
    mean, variance = np.zeros(n), np.zeros(n)
    for gap in range(gaps):
        for apart in classes:
            busy = around.own(gap, apart)
            each = np.log1p(FARM * closeness.ratio[gap, apart] / busy / n)
            rate = n * busy * closeness.strangers[gap, apart]
            mean += rate * each
            variance += rate * each**2
    return mean, variance


def _expected(starts: Starts, around: Background) -> Array:
    """Strangers within an hour and with nearly equal amounts, from how busy the hour and how common the amount is."""
    n = len(starts.seconds)
    hour = around.rate[:, int(np.searchsorted(GAPS, HOUR)) - 1] * HOUR
    if not starts.weighed:
        return np.asarray(hour)
    return np.asarray(hour * np.where(np.isfinite(starts.logs), (_within(starts.logs, ALIKE) + 1) / n, 1.0))
