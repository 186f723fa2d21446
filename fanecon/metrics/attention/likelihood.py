"""Maximum likelihood of beta-binomial counts around a curve, by damped scoring with exact derivatives of the counts.

The problems are tiny (two to five numbers) and are solved some hundred times per result, for the held-out rows and the
profile; a general minimiser spends more on itself than on the counts.  Derivatives of the likelihood are digamma and
trigamma differences (Griffiths 1973); those of the curve are taken numerically, which keeps a shape one line long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

Curve = Callable[[np.ndarray], np.ndarray]
STEP, ROUNDS = 1e-5, 80
DAMPING = np.array([0.0, 1e-3, 1e-2, 0.1, 1.0, 10.0, 1e3])


@dataclass(frozen=True, kw_only=True)
class Data:
    """Ages as a proportion of the span, delivered and opened."""

    age: np.ndarray
    n: np.ndarray
    k: np.ndarray

    @cached_property
    def choices(self) -> np.ndarray:
        """Log binomial coefficients: the same for all models, but without them the sums are too large to compare."""
        return np.asarray(-special.betaln(self.k + 1, self.n - self.k + 1) - np.log(self.n + 1))

    @property
    def correlations(self) -> tuple[float, float]:
        """The range of logit ρ: from a hundredth of what the largest row could show, to one half."""
        return float(special.logit(min(0.01, 0.01 / self.n.max()))), 0.0

    def part(self, rows: np.ndarray) -> Data:
        """Some of the rows."""
        return Data(age=self.age[rows], n=self.n[rows], k=self.k[rows])

    def __len__(self) -> int:
        return len(self.age)


def log_chance(data: Data, rate: np.ndarray, correlation: np.ndarray | float) -> np.ndarray:
    """Beta-binomial log chance of each count."""
    size = 1 / correlation - 1
    a, b = rate * size, (1 - rate) * size
    return np.asarray(data.choices + special.betaln(data.k + a, data.n - data.k + b) - special.betaln(a, b))


def maximise(
    curve: Curve, data: Data, start: np.ndarray, bounds: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, float]:
    """The numbers at which the counts are most likely, and their log likelihood.

    `curve` gives rates, one row per row of numbers, of which the last is logit ρ; only those marked `free` move.
    """
    theta = np.clip(start, *bounds.T)
    found = _total(curve, data, theta[None])[0]
    for _ in range(ROUNDS):
        gradient, curvature = _derivatives(curve, data, theta)
        stuck = ((theta <= bounds[:, 0]) & (gradient < 0)) | ((theta >= bounds[:, 1]) & (gradient > 0))
        moves = np.flatnonzero(free & ~stuck)
        tried = _steps(theta, gradient, curvature, moves)
        tried = np.clip(tried, *bounds.T)
        totals = _total(curve, data, tried)
        best = int(np.argmax(totals))
        gain = totals[best] - found
        if not gain > 0:
            break
        theta, found = tried[best], totals[best]
        if gain < 1e-9:
            break
    return theta, float(found)


def _steps(theta: np.ndarray, gradient: np.ndarray, curvature: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Scoring steps from full to heavily damped, one per row; none longer than 3 on a working scale."""
    tried = np.tile(theta, (len(DAMPING), 1))
    if not len(moves):
        return tried
    some = curvature[np.ix_(moves, moves)]
    weight = np.diag(np.maximum(np.diag(some), 1e-6))
    damped = some + (DAMPING + 1e-9)[:, None, None] * weight
    steps = np.linalg.solve(damped, np.broadcast_to(gradient[moves], (len(DAMPING), len(moves)))[..., None])[..., 0]
    longest = np.abs(steps).max(axis=1, keepdims=True)
    tried[:, moves] += steps * np.minimum(1.0, 3 / np.maximum(longest, 1e-12))
    return tried


def _total(curve: Curve, data: Data, theta: np.ndarray) -> np.ndarray:
    found = log_chance(data, curve(theta), special.expit(theta[:, -1:])).sum(axis=1)
    return np.asarray(np.where(np.isfinite(found), found, -np.inf))


def _derivatives(curve: Curve, data: Data, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient, and minus the curvature without the second derivatives of the curve, in all numbers."""
    shifts = STEP * np.eye(len(theta))[:-1]
    moved = curve(np.vstack([theta[None], theta + shifts, theta - shifts]))
    p, (up, down) = moved[0], np.split(moved[1:], 2)
    slope = (up - down) / (2 * STEP)
    first, second = _in_rate_and_spread(data, p, float(np.exp(-theta[-1])))
    gradient = np.append(slope @ first[0], first[1].sum())
    curvature = np.empty((len(theta), len(theta)))
    curvature[:-1, :-1] = -(slope * second[0]) @ slope.T
    curvature[-1, :-1] = curvature[:-1, -1] = -slope @ second[1]
    curvature[-1, -1] = max(float(-second[2].sum()), 1e-3)
    return gradient, curvature


def _in_rate_and_spread(
    data: Data, p: np.ndarray, s: float
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """First and second derivatives of each row's log chance in its rate p and in z = logit ρ, where s = exp(−z)."""
    a, b, k, n = p * s, (1 - p) * s, data.k, data.n
    whole = special.digamma(n + s) - special.digamma(s)
    in_a = special.digamma(k + a) - special.digamma(a) - whole
    in_b = special.digamma(n - k + b) - special.digamma(b) - whole
    yes = _trigamma(k + a) - _trigamma(a)
    no = _trigamma(n - k + b) - _trigamma(b)
    both = _trigamma(n + s) - _trigamma(s)
    in_s = p * in_a + (1 - p) * in_b
    in_ps = in_a - in_b + s * (p * yes - (1 - p) * no)
    in_ss = p**2 * yes + (1 - p) ** 2 * no - both
    return (s * (in_a - in_b), -s * in_s), (s**2 * (yes + no), -s * in_ps, s**2 * in_ss + s * in_s)


def _trigamma(x: np.ndarray | float) -> np.ndarray:
    return np.asarray(special.zeta(2.0, x))
