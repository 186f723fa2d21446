"""Intervals of one proportion, of a difference of two, and of a median."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats as distributions

from fanecon.results import Interval
from fanecon.schema import ParameterError

Numbers = Any


def proportion_of(successes: float, trials: float) -> float:
    """Successes ÷ trials after checking 0 ≤ successes ≤ trials and trials > 0."""
    if not (0 <= successes <= trials and trials > 0):
        raise ParameterError(
            f"A proportion needs 0 ≤ successes ≤ trials and trials > 0; found {successes:g} of {trials:g}. "
            "Both must count the same thing: people of people, or times of times."
        )
    return successes / trials


def checked_level(level: float) -> float:
    """1 − level, after checking that the level is a proportion."""
    if not 0 < level < 1:
        raise ParameterError(f"The level is a proportion between 0 and 1; found {level!r}. Type level=0.95.")
    return 1 - level


def wilson(successes: float, trials: float, *, level: float = 0.95, deff: float = 1.0) -> Interval:
    """Wilson's score interval of a proportion; `deff` shrinks the number of trials where they are not independent.

    Parameters
    ----------
    successes, trials
        Counts of the same kind.
    deff
        Design effect ≥ 1: variance relative to independent trials (Kish 1965).  1 = independent.

    Raises
    ------
    ParameterError
        Unless 0 ≤ successes ≤ trials, trials > 0 and deff ≥ 1.

    References
    ----------
    Wilson 1927; Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E

    Examples
    --------
    >>> print(wilson(81, 263))
    30.8 % (25.5 to 36.6)
    """
    from statsmodels.stats.proportion import proportion_confint

    if not deff >= 1:
        raise ParameterError(f"The design effect is at least 1 (independent trials); found {deff!r}.")
    estimate, alpha = proportion_of(successes, trials), checked_level(level)
    low, high = proportion_confint(successes / deff, trials / deff, alpha=alpha, method="wilson")
    # rounding can put the end for 0 of n at 5e-17, and then the interval would not hold its own estimate
    return Interval(estimate, max(0.0, min(float(low), estimate)), min(1.0, max(float(high), estimate)), "proportion")


def clopper_pearson(successes: float, trials: float, *, level: float = 0.95) -> Interval:
    """The exact interval of a proportion: never covers less than its level, usually more.

    Raises
    ------
    ParameterError
        Unless 0 ≤ successes ≤ trials and trials > 0.

    References
    ----------
    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> print(clopper_pearson(0, 20))
    0 % (0 to 16.8)
    """
    from statsmodels.stats.proportion import proportion_confint

    estimate, alpha = proportion_of(successes, trials), checked_level(level)
    low, high = proportion_confint(successes, trials, alpha=alpha, method="beta")
    return Interval(estimate, float(low), float(high), "proportion")


def newcombe_difference(first: tuple[float, float], second: tuple[float, float], *, level: float = 0.95) -> Interval:
    """First proportion minus second, for different people, with Newcombe's hybrid score interval.

    Parameters
    ----------
    first, second
        (successes, trials) of two groups that share no member.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:873, method 10

    Examples
    --------
    >>> print(newcombe_difference((56, 70), (48, 80)))
    20 percentage points (5.24 to 33.4)
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    estimate, alpha = proportion_of(*first) - proportion_of(*second), checked_level(level)
    low, high = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=alpha)
    return Interval(estimate, float(low), float(high), "points")


def median_interval(values: Numbers, *, unit: str = "", level: float = 0.95) -> Interval:
    """The median with the exact order-statistic interval, which holds for any distribution.

    Six values are the fewest that allow 95 %; with fewer no interval is given.

    References
    ----------
    Conover 1999, Practical Nonparametric Statistics, section 3.2
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n, alpha = len(ordered), checked_level(level)
    if not n or np.isnan(ordered[-1]):
        missing = int(np.isnan(ordered).sum())
        raise ParameterError(f"A median needs at least one value and none missing; found {n} with {missing} missing.")
    below = int(distributions.binom.ppf(alpha / 2, n, 0.5))
    below -= distributions.binom.cdf(below, n, 0.5) > alpha / 2
    centre = float(np.median(ordered))
    if below < 0:
        return Interval(centre, unit=unit, missing=f"{n} values are too few for {100 * level:g} %")
    return Interval(centre, float(ordered[below]), float(ordered[n - 1 - below]), unit)
