"""The spread of a proportion over rows, and each row drawn towards the common mean by how little it knows."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, special
from scipy import stats as distributions

from fanecon.schema import ParameterError
from fanecon.stats.proportions import checked_level
from fanecon.stats.ratios import pairs

Numbers = Any


class BetaBinomial(NamedTuple):
    """How proportions spread over rows: a beta distribution by mean and strength (pseudo-trials)."""

    mean: float
    strength: float

    @property
    def correlation(self) -> float:
        """Intra-row correlation 1/(1 + strength): 0 where rows differ by chance alone."""
        return 1 / (1 + self.strength)


def fit_beta_binomial(successes: Numbers, trials: Numbers) -> BetaBinomial:
    """Maximum-likelihood beta-binomial of counts over rows; strength is infinite where rows differ by chance alone.

    Parameters
    ----------
    successes, trials
        One pair per row, 0 ≤ successes ≤ trials.

    Raises
    ------
    ParameterError
        With fewer than 3 rows: a spread cannot be told from so few.

    References
    ----------
    Griffiths 1973, doi:10.2307/2529131
    """
    k, n = _counts(successes, trials)
    pooled = k.sum() / n.sum()
    if pooled in (0.0, 1.0):
        return BetaBinomial(float(pooled), math.inf)
    least = (special.xlogy(k, pooled) + special.xlog1py(n - k, -pooled)).sum()
    found = optimize.minimize(
        lambda at: -_likelihood(k, n, special.expit(at[0]), np.exp(at[1])).item(),
        x0=[special.logit(pooled), math.log(20.0)],
        bounds=[(-20, 20), (-5, 18)],
        method="L-BFGS-B",
    )
    if -found.fun <= least + 1e-6:
        return BetaBinomial(float(pooled), math.inf)
    return BetaBinomial(float(special.expit(found.x[0])), float(np.exp(found.x[1])))


def _counts(successes: Numbers, trials: Numbers) -> tuple[np.ndarray, np.ndarray]:
    k, n = pairs(successes, trials)
    if (k > n).any():
        raise ParameterError("Successes exceed trials in a row; both must count the same thing (people or times).")
    if len(k) < 3:
        raise ParameterError(f"The spread between rows needs at least 3 rows; found {len(k)}.")
    return k, n


def _likelihood(k: np.ndarray, n: np.ndarray, mean: Numbers, strength: Numbers) -> np.ndarray:
    mean, strength = np.atleast_1d(mean)[..., None], np.atleast_1d(strength)[..., None]
    a, b = mean * strength, (1 - mean) * strength
    return np.asarray((special.betaln(a + k, b + n - k) - special.betaln(a, b)).sum(-1))


def shrink(successes: Numbers, trials: Numbers, *, strength: float | None = None, level: float = 0.95) -> pd.DataFrame:
    """Each row's proportion drawn towards the common mean, the more the fewer its trials.

    Hierarchical beta-binomial: the posterior of each row is averaged over the posterior of mean and strength on a
    grid, so that the interval also holds the doubt about the common distribution; it covers on average over rows
    (92 to 100 % of the time in simulations), not for the row that stands out.  A given `strength` is used as it is:
    0 gives the raw rate, infinity the pooled rate.

    Returns
    -------
    DataFrame
        estimate, low, high per row (proportion); without ends where all rows are 0 or all are 1, because the
        posterior has no total mass there.

    References
    ----------
    Gelman et al. 2013, Bayesian Data Analysis, 3rd ed., section 5.3 (prior ∝ (α + β)^(−5/2))
    """
    k, n = _counts(successes, trials)
    alpha = checked_level(level)
    if strength is not None and not strength >= 0:
        raise ParameterError(
            f"The strength is 0 or more (pseudo-trials; infinity = the pooled rate); found {strength!r}."
        )
    if strength is None and k.sum() in (0, n.sum()):
        return pd.DataFrame({"estimate": k / n, "low": np.nan, "high": np.nan})
    if strength is not None:
        centre, variance = _row_moments(k, n, np.array([k.sum() / n.sum()]), np.array([float(strength)]), np.ones(1))
    else:
        centre, variance = _row_moments(k, n, *_hyper_posterior(k, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        size = centre * (1 - centre) / variance - 1
        low, high = (distributions.beta.ppf(q, centre * size, (1 - centre) * size) for q in (alpha / 2, 1 - alpha / 2))
    known = (variance <= 0) | ~np.isfinite(size)
    return pd.DataFrame(
        {"estimate": centre, "low": np.where(known, centre, low), "high": np.where(known, centre, high)}
    )


def _row_moments(
    k: np.ndarray, n: np.ndarray, mean: np.ndarray, strength: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the mixture of beta posteriors, one mixture per row."""
    if np.isinf(strength).any():
        return np.full(len(k), mean[0]), np.zeros(len(k))
    a, size = (mean * strength)[:, None] + k, strength[:, None] + n
    each = a / size
    centre = weight @ each
    variance = weight @ (each * (1 - each) / (size + 1)) + weight @ (each - centre) ** 2
    return centre, variance


def _hyper_posterior(k: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grid points of (mean, strength) with their posterior weight: a wide grid first, then where the mass lies."""
    pooled = (k.sum() + 0.5) / (n.sum() + 1)
    where = (special.logit(pooled) - 4, special.logit(pooled) + 4), (-7.0, math.log(n.max()) + 9)
    for _ in range(4):
        at, scale = (axis.ravel() for axis in np.meshgrid(np.linspace(*where[0], 41), np.linspace(*where[1], 41)))
        mean, strength = special.expit(at), np.exp(scale)
        log = _likelihood(k, n, mean, strength) + np.log(mean) + np.log1p(-mean) - 0.5 * scale
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        held = weight > 1e-5 * weight.max()
        where = _around(at, held), _around(scale, held)
    return mean[held], strength[held], weight[held] / weight[held].sum()


def _around(values: np.ndarray, held: np.ndarray) -> tuple[float, float]:
    """The range of the points that hold mass and one step beyond: the mass may all lie around a single point."""
    step = (values.max() - values.min()) / 40
    return float(values[held].min() - step), float(values[held].max() + step)
