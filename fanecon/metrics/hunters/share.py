"""How many of the accounts are hunters, and how sure that is.

Where the hunters stand apart, the share is that of the mixture, and its interval holds two doubts: that of sampling
(the fit again to accounts that count at random: the Bayesian bootstrap, Rubin 1981) and that of the model (the fit
again without each sign in turn: the delete-one jackknife over signs, Quenouille 1956), which is by far the larger,
because no set of signs is independent.  Where no kind of accounts stands apart, nothing can be learned from so few
hunters, if there are any: their signs are then assumed to lean as expected, and the interval runs over assumptions
from weak to strong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy import stats as distributions

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.families import Family
from fanecon.metrics.hunters.mixture import Mixture, assumed_mixture, fit_mixture, refitted
from fanecon.results import Interval

STANDS_APART, DRAWS = 0.6, 12
WEAK, USUAL, STRONG = 2.0, 3.0, 4.0
FEW_LABELS = 10


class Learned(NamedTuple):
    """The mixture, whether its weights were learned or assumed, and the share of hunters with its interval."""

    fit: Mixture
    learned: bool
    share: Interval


def learn(families: Sequence[Family], labels: Array, *, level: float) -> Learned:
    """The mixture of the signs, or the assumed one where no kind of accounts stands apart."""
    fit = fit_mixture(families, labels=labels)
    leaning = sum(bool(family.lean.any()) for family in families)
    labelled = min(int((labels == 1).sum()), int((labels == 0).sum())) >= FEW_LABELS
    if labelled or fit.separation(families) >= STANDS_APART * leaning:
        return Learned(fit, True, _learned_interval(fit, families, labels, level))
    return Learned(
        assumed_mixture(families, tilt=USUAL, labels=labels), False, _assumed_interval(families, labels, level)
    )


def _learned_interval(fit: Mixture, families: Sequence[Family], labels: Array, level: float) -> Interval:
    rng = np.random.default_rng(0)
    size = len(fit.chance)
    here = special.logit(fit.share)
    drawn = [special.logit(refitted(fit, families, labels, rng.exponential(size=size)).share) for _ in range(DRAWS)]
    rest = [tuple(other for other in families if other is not one) for one in families] if len(families) > 2 else []
    left = np.array([special.logit(_without(fit, families, at, labels)) for at in range(len(rest))])
    doubt = float((len(left) - 1) / len(left) * ((left - here) ** 2).sum()) if len(left) else 0.0
    spread = math.sqrt(float(np.var(drawn, ddof=1)) + doubt)
    half = float(distributions.norm.ppf((1 + level) / 2)) * spread
    low, high = (float(special.expit(here + side * half)) for side in (-1, 1))
    return Interval(fit.share, low, high, "proportion")


def _without(fit: Mixture, families: Sequence[Family], at: int, labels: Array) -> float:
    kept = [place for place in range(len(families)) if place != at]
    smaller = fit._replace(counts=fit.counts[kept])
    return refitted(smaller, [families[place] for place in kept], labels, np.ones(len(fit.chance))).share


def _assumed_interval(families: Sequence[Family], labels: Array, level: float) -> Interval:
    ends = [_profile(families, tilt, labels, level) for tilt in (WEAK, USUAL, STRONG)]
    here = ends[1][1]
    return Interval(here, min(one[0] for one in ends), max(one[2] for one in ends), "proportion")


def _profile(families: Sequence[Family], tilt: float, labels: Array, level: float) -> tuple[float, float, float]:
    """Estimate and ends of the share: where twice the fall of the log likelihood reaches the quantile of χ²."""
    fit = assumed_mixture(families, tilt=tilt, labels=labels)
    odds = special.logit(np.clip(fit.chance, 1e-15, 1 - 1e-15)) - special.logit(max(fit.share, 1e-12))
    grid = np.concatenate([[0.0], np.geomspace(1e-5, 0.999, 300)])
    ratio = np.exp(np.clip(odds, -50, 50))
    heights = np.array([np.log1p(part * (ratio - 1)).sum() for part in grid])
    held = grid[heights >= heights.max() - distributions.chi2.ppf(level, 1) / 2]
    return float(min(held.min(), fit.share)), fit.share, float(max(held.max(), fit.share))
