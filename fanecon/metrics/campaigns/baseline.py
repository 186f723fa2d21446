"""What a day would have had without the campaign, learned from the days before it.

The mean is a segmented log-linear regression of counts (Wagner et al. 2002; Bernal, Cummins and Gasparrini 2017), with
every day from the campaign on a segment of its own, so that the days before alone say what was to be expected:

    E[count of day t] = people there on t · exp(level + weekday of t [+ trend · t]).

Days scatter more than chance, and a lively day is followed by a lively one.  Both are taken as a hidden unrest of the
days with variance σ² and correlation ρ^k at a distance of k days (Zeger 1988), which gives negative binomial variance
and autocorrelated counts:

    Cov(count of s, count of t) = μ_s·[s = t] + σ²·μ_s·μ_t·ρ^|s − t|.

σ² and ρ are found by equating the squares and the neighbouring products of the Pearson residuals with what they are
expected to be *after* the regression took its part of the scatter; without that a month of days makes ρ far too small.
The errors of the coefficients and of the forecast follow from the same matrix: they are those of a sandwich that is
robust to overdispersion and autocorrelation, with the kernel of a first-order process.  Kernels with a cut-off (Newey
and West) need more days than the months before a campaign.  Intervals use t quantiles with Satterthwaite's degrees of
freedom, or one less than the n·(1 − ρ)/(1 + ρ) independent days that n are worth, whichever is fewer.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from fanecon.metrics.campaigns.daily import Daily, Real

Places = npt.NDArray[np.int64]
FEWEST_DAYS, FEWEST_ACTS, WEEKDAYS_FROM, EACH_WEEKDAY, MOST_DAYS = 14, 20, 21, 2, 365
LONGEST, LEAST_FREEDOM, MOST_LOG = 0.95, 2.0, 50.0
GRID = np.linspace(0.0, LONGEST, 20)


class Baseline(NamedTuple):
    """Coefficients and unrest of the days before.

    Parameters
    ----------
    days
        Positions of the days that were used.
    weekdays, trend
        Whether the mean has a term for each weekday, and a slope.
    spread, memory
        σ² and ρ.
    freedom
        Degrees of freedom of σ².
    """

    days: Places
    beta: Real
    bread: Real
    root: Real
    weekdays: bool
    trend: bool
    spread: float
    memory: float
    freedom: float


class Expected(NamedTuple):
    """The counts to expect on some days, the covariance of their errors, and the reach of an interval in errors."""

    mean: Real
    cov: Real
    reach: float

    def total(self, weights: Real) -> tuple[float, float]:
        """A weighted sum of what would have been counted, and its standard error."""
        return float(weights @ self.mean), math.sqrt(max(float(weights @ self.cov @ weights), 0.0))

    def ends(self, weights: Real) -> tuple[float, float, float]:
        """That sum with the ends of its interval, which lie as many times above as below it."""
        mean, error = self.total(weights)
        factor = math.exp(min(self.reach * error / mean, MOST_LOG)) if mean > 0 else 1.0
        return mean, mean / factor, mean * factor


def why_not(series: Daily, days: Places) -> str:
    """Why these days say nothing about the days after them; empty where they do."""
    if len(days) < FEWEST_DAYS:
        return f"{len(days)} ordinary days before the campaign, and {FEWEST_DAYS} are needed"
    if not (series.people[series.during] > 0).all():
        return "nobody who could act was there on a day of the campaign (people is 0)"
    acts = float(series.count[days].sum())
    if acts < FEWEST_ACTS:
        return f"{acts:,.0f} acts on the {len(days)} days before the campaign, and {FEWEST_ACTS} are needed"
    return ""


def has_weekdays(series: Daily, days: Places) -> bool:
    """Whether the days are enough to give each weekday its own level."""
    if len(days) < WEEKDAYS_FROM:
        return False
    each = series.dates.day_of_week.to_numpy()[days]
    seen = np.bincount(each, minlength=7)
    return bool((seen >= EACH_WEEKDAY).all() and (np.bincount(each, series.count[days], 7) > 0).all())


def fit_baseline(series: Daily, days: Places, *, trend: bool = False) -> Baseline:
    """The regression on the last year of some days, its scatter, and how long that lasts."""
    days = days[-MOST_DAYS:]
    weekdays = has_weekdays(series, days)
    x = _columns(series, days, days, weekdays, trend)
    beta, mean = _poisson(series.count[days], x, series.people[days])
    root = np.sqrt(mean)
    bread = np.linalg.inv((x * mean[:, None]).T @ x)
    residual = (series.count[days] - mean) / root
    maker = np.eye(len(days)) - (root[:, None] * x) @ bread @ (root[:, None] * x).T
    spread, memory, freedom = _unrest(residual, maker, root, days)
    return Baseline(days, beta, np.asarray(bread, float), root, weekdays, trend, spread, memory, freedom)


def expected(series: Daily, fit: Baseline, days: Places, *, level: float) -> Expected:
    """What the days would have had, with the covariance of (count without the campaign − expectation)."""
    x = _columns(series, fit.days, days, fit.weekdays, fit.trend)
    mean = series.people[days] * np.exp(np.clip(x @ fit.beta, -50, 50))
    own = _columns(series, fit.days, fit.days, fit.weekdays, fit.trend)
    carried = (mean[:, None] * x) @ fit.bread @ (fit.root[:, None] * own).T / fit.root
    weights = np.concatenate([-carried, np.eye(len(days))], axis=1)
    at, both = np.concatenate([fit.days, days]), np.concatenate([fit.root**2, mean])
    lasting = fit.memory ** np.abs(at[:, None] - at)
    cov = weights @ (np.diag(both) + fit.spread * both[:, None] * both * lasting) @ weights.T
    return Expected(mean, cov, float(distributions.t.ppf((1 + level) / 2, fit.freedom)))


def expected_only(series: Daily, base: Places, days: Places, *, trend: bool) -> Real:
    """What some days would have had by the regression on others, without the scatter: quick."""
    base = base[-MOST_DAYS:]
    weekdays = has_weekdays(series, base)
    if trend:
        beta, _ = _poisson(series.count[base], _columns(series, base, base, weekdays, trend), series.people[base])
        rates = np.exp(np.clip(_columns(series, base, days, weekdays, trend) @ beta, -50, 50))
        return np.asarray(series.people[days] * rates)
    # Without a slope the regression has a closed form: acts ÷ people of each weekday.
    kind = series.dates.day_of_week.to_numpy() if weekdays else np.zeros(len(series.dates), np.int64)
    acts, people = (np.bincount(kind[base], values[base], 7) for values in (series.count, series.people))
    return np.asarray(series.people[days] * (acts / np.maximum(people, 1e-9))[kind[days]])


def _columns(series: Daily, base: Places, days: Places, weekdays: bool, trend: bool) -> Real:
    parts = [np.ones(len(days))]
    if weekdays:
        each = series.dates.day_of_week.to_numpy()[days]
        parts += [(each == day).astype(float) for day in range(1, 7)]
    if trend:
        parts.append((days - base.mean()) / max(float(np.ptp(base)), 1.0))
    return np.column_stack(parts)


def _poisson(y: Real, x: Real, people: Real) -> tuple[Real, Real]:
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    with warnings.catch_warnings():  # days that are all alike are fitted without a rest, which is no fault
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fitted = sm.GLM(y, x, family=sm.families.Poisson(), offset=np.log(people)).fit()
    return np.asarray(fitted.params), np.maximum(np.asarray(fitted.fittedvalues), 1e-9)


def _unrest(residual: Real, maker: Real, root: Real, days: Places) -> tuple[float, float, float]:
    """σ², ρ, and the degrees of freedom of the former (Satterthwaite), by the moments of lag 0 and 1."""
    gap = np.abs(days[:, None] - days)
    neighbours = (gap == 1).astype(float)
    square, product = float(residual @ residual), float(residual @ neighbours @ residual)
    chance, chance_next = float(np.trace(maker)), float((neighbours * maker).sum())

    def lasting(memory: float) -> tuple[Real, float]:
        inner = maker @ (root[:, None] * root * memory**gap) @ maker
        return inner, max((square - chance) / float(np.trace(inner)), 0.0)

    tried = [lasting(memory) for memory in GRID]
    off = [product - chance_next - spread * float((neighbours * inner).sum()) for inner, spread in tried]
    memory = _crossing(np.array(off))
    inner, spread = lasting(memory)
    whole = maker + spread * inner
    memory = memory if spread > 0 else 0.0
    alone = len(days) * (1 - memory) / (1 + memory) - 1
    return spread, memory, max(min(float(np.trace(whole) ** 2 / (whole * whole).sum()), alone), LEAST_FREEDOM)


def _crossing(off: Real) -> float:
    """The least ρ at which the neighbouring products are no larger than expected."""
    below = np.flatnonzero(off <= 0)
    if not len(below):
        return LONGEST
    at = int(below[0])
    if at == 0:
        return 0.0
    part = off[at - 1] / (off[at - 1] - off[at])
    return float(GRID[at - 1] + part * (GRID[at] - GRID[at - 1]))
