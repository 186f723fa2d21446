"""Ratios over rows that differ by more than chance: two averages, a cluster-robust interval, a bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special
from scipy import stats as distributions

from fanecon.results import Interval
from fanecon.schema import ParameterError
from fanecon.stats.proportions import checked_level

Numbers = Any
FEWEST_CLUSTERS = 10
RESAMPLES = 1_999


class Ratios(NamedTuple):
    """Two averages of the same ratios, and why they differ."""

    ratio_of_sums: float
    mean_of_ratios: float
    covariance_term: float


def ratios(numerator: Numbers, denominator: Numbers) -> Ratios:
    """Σy ÷ Σx beside the mean of y ÷ x; their difference is Cov(x, y/x) ÷ mean(x), exactly.

    The first answers "of all reads, how many were shared", the second "what does a typical article reach".
    They part when large rows have other rates than small ones.
    """
    y, x = pairs(numerator, denominator)
    each = y / x
    covariance = float(np.mean(x * each) - np.mean(x) * np.mean(each))
    return Ratios(float(y.sum() / x.sum()), float(each.mean()), covariance / float(x.mean()))


def pairs(numerator: Numbers, denominator: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Both columns as numbers of equal length, numerators ≥ 0 and denominators > 0, or a ParameterError."""
    y = np.asarray(pd.array(numerator, dtype="Float64").to_numpy(dtype=float, na_value=np.nan))
    x = np.asarray(pd.array(denominator, dtype="Float64").to_numpy(dtype=float, na_value=np.nan))
    if len(y) != len(x) or not len(y):
        raise ParameterError(
            f"Numerator and denominator need the same length, at least 1; found {len(y)} and {len(x)}."
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all() and (y >= 0).all() and (x > 0).all()):
        raise ParameterError(
            "Every numerator must be a number ≥ 0 and every denominator a number > 0. Drop the others."
        )
    return y, x


def clustered(clusters: Numbers | None, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sum each column within clusters; without clusters each row is its own."""
    if clusters is None:
        return columns
    codes, names = pd.factorize(np.asarray(clusters, dtype=object), use_na_sentinel=False)
    return tuple(np.bincount(codes, weights=column, minlength=len(names)) for column in columns)


def ratio_of_sums(
    numerator: Numbers,
    denominator: Numbers,
    *,
    clusters: Numbers | None = None,
    unit: str = "proportion",
    level: float = 0.95,
) -> Interval:
    """Σ numerator ÷ Σ denominator over rows that differ by more than chance, with a cluster-robust interval.

    Parameters
    ----------
    numerator, denominator
        One value per row; a row (or a cluster of rows) is the independent unit, for example an article.
    clusters
        Labels of the independent units where several rows belong to one.
    unit
        ``"proportion"`` (interval within 0 and 1, logit scale) or the unit of a ratio that may exceed 1 (log scale).

    Returns
    -------
    Interval
        Without ends for a single cluster, or where all ratios are the same.  Covers less than it says where the ratio
        rises with very uneven sizes (lognormal, σ = 1): 88 to 94 % for ratio ∝ size^¼, 78 to 88 % for ∝ √size.

    References
    ----------
    Bell and McCaffrey 2002, Survey Methodology 28:169; working variance ∝ size^1.5, between
    independent readers (1) and readers who all follow their article (2).
    """
    alpha = checked_level(level)
    y, x = clustered(clusters, *pairs(numerator, denominator))
    estimate = float(y.sum() / x.sum())
    if len(y) < 2:
        return Interval(estimate, unit=unit, missing="one article has no spread to measure")
    bounded = unit == "proportion"
    if estimate <= 0 or (bounded and estimate >= 1):
        return Interval(estimate, unit=unit, missing="all rows are at the limit")
    error, freedom = _robust_error(y, x, estimate)
    if error < 1e-9 * estimate:
        return Interval(estimate, unit=unit, missing="all rows have the same ratio, so their spread is not known")
    reach = float(distributions.t.ppf(1 - alpha / 2, freedom)) * error
    low, high = _logit_ends(estimate, reach) if bounded else _log_ends(estimate, reach)
    return Interval(estimate, low, high, unit)


def _robust_error(y: np.ndarray, x: np.ndarray, ratio: float) -> tuple[float, float]:
    """CR2 standard error of Σy/Σx and its Satterthwaite degrees of freedom, both in O(n).

    Residual i is e_i = u_i − h_i Σu with h = x/Σx and Var(u_i) = w_i under the working model, hence
    Var(e_i) = w_i(1 − h_i)² + h_i²(Σw − w_i) and Cov(e_i, e_j) = h_i h_j Σw − h_j w_i − h_i w_j.
    With weights a_i = w_i/Var(e_i) the degrees of freedom are (Σ a_i Var e_i)² ÷ Σ_ij a_i a_j Cov(e_i, e_j)².
    """
    size = x**1.5
    h, w = x / x.sum(), size / size.sum()
    spread = w * ((x.sum() - x) / x.sum()) ** 2 + h**2 * (size.sum() - size) / size.sum()
    a = w / spread
    error = math.sqrt(float((a * (y - ratio * x) ** 2).sum())) / float(x.sum())
    b, c, d = a * h**2, a * h * w, a * w**2
    cross = b.sum() ** 2 + 2 * b.sum() * d.sum() + 2 * c.sum() ** 2 - 4 * b.sum() * c.sum()
    own = ((a * (h**2 - 2 * h * w)) ** 2).sum()
    freedom = float((a * spread).sum() ** 2 / (cross - own + ((a * spread) ** 2).sum()))
    return error, max(1.0, freedom)


def _logit_ends(estimate: float, reach: float) -> tuple[float, float]:
    centre, half = special.logit(estimate), reach / (estimate * (1 - estimate))
    return float(special.expit(centre - half)), float(special.expit(centre + half))


def _log_ends(estimate: float, reach: float) -> tuple[float, float]:
    factor = math.exp(min(reach / estimate, 700.0))
    return estimate / factor, estimate * factor


def cluster_bootstrap(
    statistic: Callable[..., Any],
    *columns: Numbers,
    clusters: Numbers | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """A statistic of column totals with a studentised bootstrap interval over whole clusters (1,999 resamples).

    For statistics without a formula.  Where 95 % is meant it covered 94 to 96 % with 10 to 50 clusters of like size
    and 92 to 94 % where sizes are very uneven (lognormal, σ = 1); percentile and BCa intervals covered 83 to 94 %
    there.  Fewer than 10 clusters get no interval.

    Parameters
    ----------
    statistic
        Takes the total of each column (numbers or arrays of them), for example ``lambda y, x: y / x``.
    columns
        One value per row; rows of one cluster are added up first.
    clusters
        Labels of the independent units; without them each row is one.

    References
    ----------
    Davison and Hinkley 1997, Bootstrap Methods and their Application, section 5.2.1; jackknife error, section 2.7.3
    """
    alpha = checked_level(level)
    rows = np.stack(clustered(clusters, *(np.asarray(column, dtype=float) for column in columns)))
    n = rows.shape[1]
    estimates, errors = _jackknifed(statistic, rows, np.arange(n)[None])
    estimate, error = float(estimates[0]), float(errors[0])
    if n < FEWEST_CLUSTERS:
        return Interval(estimate, missing=f"{n} clusters, fewer than {FEWEST_CLUSTERS}")
    if not error > 1e-12 * abs(estimate):
        return Interval(estimate, missing="the clusters do not differ")
    again, spread = _resampled(statistic, rows, np.random.default_rng(seed))
    usable = np.isfinite(again) & (spread > 0)
    low, high = np.quantile((again[usable] - estimate) / spread[usable], [1 - alpha / 2, alpha / 2])
    return Interval(estimate, float(estimate - low * error), float(estimate - high * error))


def _resampled(
    statistic: Callable[..., Any], rows: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Statistic and jackknife error of 1,999 resamples, in portions that hold about a million cells."""
    n = rows.shape[1]
    portions = np.array_split(np.arange(RESAMPLES), max(1, RESAMPLES * n // 1_000_000))
    found = [_jackknifed(statistic, rows, rng.integers(0, n, (len(portion), n))) for portion in portions]
    return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])


def _jackknifed(statistic: Callable[..., Any], rows: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The statistic of each resample (one per row of `chosen`) and its delete-one jackknife error."""
    drawn = rows[:, chosen]
    totals = drawn.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        without_one = np.asarray(statistic(*(totals - drawn)))
        whole = np.asarray(statistic(*totals[..., 0]))
    n = chosen.shape[1]
    apart = without_one - without_one.mean(axis=-1, keepdims=True)
    return whole, np.sqrt((n - 1) / n * (apart**2).sum(axis=-1))
