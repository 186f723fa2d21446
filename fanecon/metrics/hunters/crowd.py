"""Crowding: how much better a farm explains those who began around an account than the hours around it do.

Every neighbour in time counts by how much likelier its distance is for one hand than for a stranger
(:mod:`fanecon.metrics.hunters.closeness`), measured against the background of that very hour and of that very amount:
on the evening an article goes round, a hundred strangers start within minutes of each other, and a round sum is
everybody's.  The background of an hour is counted among accounts whose amounts differ, so that a farm is not its own
background.  crowd_i = Σ_j log₂(1 + μ·ratio_ij ÷ n) − μ·log₂e: the bits by which a farm of μ others around the account
beats its absence, up to those beyond the window (Poisson).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fanecon.metrics.hunters.closeness import APART, DAY, GAPS, HOUR, MOST_NEAR, Array, Closeness, Starts, near_pairs

FARM = 8.0
WINDOW, AROUND, WIDE, SITTING = DAY, 3 * HOUR, 36 * HOUR, HOUR
DIFFERENT, LIKE, ROUGHLY, FEW = 0.4, 0.01, 0.3, 5.0
ALIKE = 0.1


class Crowd(NamedTuple):
    """Per account: bits for a farm around it, others with nearly equal amounts within an hour, how many to expect."""

    bits: Array
    alike: Array
    expected: Array
    cut: bool


class Background(NamedTuple):
    """How busy each account's hour is, and how common its amount, against two accounts at random (1 = as common)."""

    hour: Array
    amount: Array

    def around(self, one: Array, other: Array) -> Array:
        """The background of pairs: the geometric mean of the two."""
        return np.asarray(np.sqrt(self.hour[one] * self.hour[other] * self.amount[one] * self.amount[other]))


def background(starts: Starts) -> Background:
    """The background of each account; 1 where its start or amount is unknown."""
    n = len(starts.seconds)
    hour, amount = np.ones(n), np.ones(n)
    if starts.timed:
        usual = _within(starts.seconds, DAY).mean() / DAY
        hour = np.where(np.isfinite(starts.seconds), _rate(starts) / max(usual, 1e-12), 1.0)
    if starts.weighed:
        ring = _within(starts.logs, ROUGHLY) - _within(starts.logs, LIKE) + 1.0
        usual = _within(starts.logs, ALIKE).mean() / ALIKE
        amount = np.where(np.isfinite(starts.logs), ring / (ROUGHLY - LIKE) / max(usual, 1e-12), 1.0)
    return Background(np.maximum(hour, 1e-6), np.maximum(amount, 1e-6))


def _within(values: Array, width: float) -> Array:
    """How many others lie within `width` to either side."""
    ordered = np.sort(values[np.isfinite(values)])
    ends = np.searchsorted(ordered, values + width, side="right") - np.searchsorted(
        ordered, values - width, side="left"
    )
    return np.where(np.isfinite(values), ends - 1.0, 0.0)


def _rate(starts: Starts) -> Array:
    """Strangers per second around each start (both sides): three days wide, drawn to what differs in the hours near."""
    wide = (_within(starts.seconds, WIDE) - _within(starts.seconds, SITTING) + 1.0) / (WIDE - SITTING)
    if not starts.weighed:
        near = (_within(starts.seconds, AROUND) - _within(starts.seconds, SITTING) + FEW) / (
            AROUND - SITTING + FEW / wide
        )
        return np.maximum(wide, near)
    differing = np.zeros(len(wide))
    for one, other in near_pairs(starts.seconds, AROUND):
        differs = np.abs(starts.logs[one] - starts.logs[other]) > DIFFERENT
        differing += _both(one, other, differs.astype(float), len(wide))
    known = np.isfinite(starts.logs)
    share = 1 - (_within(starts.logs, DIFFERENT) + 1) / max(int(known.sum()), 1)
    share = np.where(known, share, 1.0)
    return np.asarray((differing + FEW) / (AROUND * share + FEW / wide))


def _both(one: Array, other: Array, values: Array, size: int) -> Array:
    return np.bincount(one, values, size) + np.bincount(other, values, size)


def crowd(starts: Starts, closeness: Closeness) -> Crowd:
    """How crowded the start of each account is; missing where it is not known when it began."""
    n = len(starts.seconds)
    around = background(starts)
    bits, alike = np.zeros(n), np.zeros(n)
    steps = 0
    for one, other in near_pairs(starts.seconds, WINDOW):
        steps += 1
        gap, apart = starts.cells(one, other)
        ratio = closeness.ratio[gap, apart] / around.around(one, other)
        bits += _both(one, other, np.log1p(FARM * ratio / n), n)
        close = (GAPS[gap + 1] <= HOUR) & (APART[np.minimum(apart + 1, len(APART) - 1)] <= ALIKE)
        alike += _both(one, other, close.astype(float), n)
    unknown = ~np.isfinite(starts.seconds)
    level = (bits - FARM) / math.log(2)
    return Crowd(np.where(unknown, np.nan, level), alike, _expected(starts, around), steps == MOST_NEAR)


def _expected(starts: Starts, around: Background) -> Array:
    """Strangers within an hour and with nearly equal amounts, from how busy the hour and how common the amount is."""
    n = len(starts.seconds)
    hour = around.hour * _within(starts.seconds, DAY).mean() / DAY * HOUR
    if not starts.weighed:
        return np.asarray(hour)
    return np.asarray(hour * around.amount * _within(starts.logs, ALIKE).mean() / n)
