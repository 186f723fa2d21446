"""The textbook definitions of the campaign room, slow and plain; nothing here is imported from fanecon."""

import math
from collections.abc import Sequence

import numpy as np


def afterglow(after: Sequence[float], peak: float, expected: Sequence[float], expected_peak: float) -> float:
    """(mean after − mean expected) ÷ (peak − its expectation)."""
    more = sum(after) / len(after) - sum(expected) / len(expected)
    return more / (peak - expected_peak)


def mean_of_halvings(half_life: float, window: int) -> float:
    """Σ 2^(−t/h) ÷ w over t = 1 … w, as a geometric series."""
    ratio = 2 ** (-1 / half_life)
    return ratio * (1 - ratio**window) / (1 - ratio) / window


def weekday_means(counts: Sequence[float], weekdays: Sequence[int]) -> dict[int, float]:
    """The maximum likelihood of a log-linear Poisson regression on weekdays alone: the mean of each."""
    return {
        day: float(np.mean([c for c, w in zip(counts, weekdays, strict=True) if w == day])) for day in set(weekdays)
    }


def forecast_covariance(mean_before, mean_after, columns, columns_after, days, days_after, spread, memory):
    """Cov(count − forecast) of the days after, cell by cell, to first order in the coefficients.

    Counts have Cov(s, t) = μ_s·[s = t] + σ²·μ_s·μ_t·ρ^|s − t|; β̂ − β = (XᵀMX)⁻¹ Xᵀ(y − μ); forecast = exp(xᵀβ̂).
    """
    at, mean = [*days, *days_after], [*mean_before, *mean_after]
    n, m = len(days), len(days_after)
    counts = [
        [mean[s] * (s == t) + spread * mean[s] * mean[t] * memory ** abs(at[s] - at[t]) for t in range(n + m)]
        for s in range(n + m)
    ]
    inverse = np.linalg.inv(sum(mean_before[s] * np.outer(columns[s], columns[s]) for s in range(n)))
    rows = []
    for j in range(m):
        to_before = [-mean_after[j] * columns_after[j] @ inverse @ columns[s] for s in range(n)]
        rows.append([*to_before, *[float(k == j) for k in range(m)]])
    found = [[0.0] * m for _ in range(m)]
    for j in range(m):
        for k in range(m):
            found[j][k] = sum(
                rows[j][s] * counts[s][t] * rows[k][t] for s in range(n + m) for t in range(n + m) if rows[j][s]
            )
    return np.array(found)


def fieller_ends(top, bottom, var_top, var_bottom, both, reach):
    """The least and the largest R with (N − R·D)² ≤ t²·Var(N − R·D), by walking outwards from N ÷ D."""

    def inside(ratio: float) -> bool:
        return (top - ratio * bottom) ** 2 <= reach**2 * (var_top - 2 * ratio * both + ratio**2 * var_bottom)

    ends = []
    for sign in (-1, 1):
        near, far = top / bottom, top / bottom + sign
        while inside(far):
            far += sign * (abs(far - top / bottom) + 1)
        for _ in range(200):
            middle = (near + far) / 2
            near, far = (middle, far) if inside(middle) else (near, middle)
        ends.append(near)
    return ends


def rank_p(values: Sequence[float], real: float) -> float:
    """How many of the tried and the real one reach the real one, of all of them."""
    return (sum(value >= real for value in values) + 1) / (len(values) + 1)


def moved_by_bits(chances: Sequence[float], share: float) -> list[float]:
    """The probabilities with the same number added to every log-odds, so that their mean is the share; by halving."""
    low, high = -50.0, 50.0
    for _ in range(300):
        middle = (low + high) / 2
        moved = [1 / (1 + math.exp(-(math.log(p / (1 - p)) + middle))) for p in chances]
        low, high = (middle, high) if sum(moved) / len(moved) < share else (low, middle)
    return moved
