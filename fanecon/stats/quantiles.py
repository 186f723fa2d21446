"""Intervals of any quantile from the order of the values alone: no shape of the distribution is assumed."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats as distributions

from fanecon.results import Interval
from fanecon.schema import ParameterError
from fanecon.stats.proportions import Numbers, checked_level


def quantile_interval(values: Numbers, share: float, *, unit: str = "", level: float = 0.95) -> Interval:
    """A quantile with the order-statistic interval, which holds for any distribution.

    Parameters
    ----------
    values
        One number per independent thing; infinite where it is only known to lie above all others.
    share
        The quantile, between 0 and 1: 0.5 is the median.

    Returns
    -------
    Interval
        Without ends where the values are too few for the level.

    Raises
    ------
    ParameterError
        Without values, with missing ones, or for a share outside 0 to 1.

    References
    ----------
    Conover 1999, Practical Nonparametric Statistics, section 3.2
    """
    if not 0 < share < 1:
        raise ParameterError(f"A quantile is asked for by a share between 0 and 1; found {share!r}. 0.5 is the median.")
    ordered = np.sort(np.asarray(values, dtype=float))
    n, alpha = len(ordered), checked_level(level)
    if not n or np.isnan(ordered[-1]):
        raise ParameterError(f"A quantile needs at least one value and none missing; found {n} values.")
    centre = _centre(ordered, share)
    law = distributions.binom(n, share)
    below = int(law.ppf(alpha / 2))
    below -= law.cdf(below) > alpha / 2
    above = int(law.isf(alpha / 2))
    if below < 0 or above > n - 1:
        return Interval(centre, unit=unit, missing=f"{n} values are too few for {100 * level:g} %")
    return Interval(centre, float(ordered[below]), float(ordered[above]), unit)


def _centre(ordered: np.ndarray, share: float) -> float:
    """The usual interpolation, which takes no difference of two infinite values."""
    at = share * (len(ordered) - 1)
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    return float(low if low == high else low + (at - math.floor(at)) * (high - low))
