"""How well an order of accounts puts hunters first: the area under the ROC curve, average precision, precision at k."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats as distributions

from fanecon.metrics.hunters.closeness import Array
from fanecon.results import Interval
from fanecon.schema import ParameterError
from fanecon.stats.proportions import checked_level

DRAWS = 400


def auc(scores: Array, hunters: Array, *, level: float = 0.95) -> Interval:
    """The chance that a hunter stands above another account, ties counting half; DeLong's interval.

    Accounts count as independent of each other; where they come in groups take :func:`clustered`.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; Sun and Xu 2014, doi:10.1109/LSP.2014.2337313
    """
    alpha = checked_level(level)
    above, below = _sides(scores, hunters)
    both = distributions.rankdata(np.concatenate([above, below]))
    m, n = len(above), len(below)
    placed = (both[:m] - distributions.rankdata(above)) / n
    passed = 1 - (both[m:] - distributions.rankdata(below)) / m
    area = float(placed.mean())
    if min(m, n) < 2:
        return Interval(area, unit="proportion", missing="fewer than two of a kind")
    spread = math.sqrt(float(placed.var(ddof=1)) / m + float(passed.var(ddof=1)) / n)
    half = float(distributions.norm.ppf(1 - alpha / 2)) * spread
    return Interval(area, max(0.0, area - half), min(1.0, area + half), "proportion")


def _sides(scores: Array, hunters: Array) -> tuple[Array, Array]:
    held = np.asarray(hunters, dtype=bool)
    values = np.asarray(scores, dtype=float)
    if not held.any() or held.all():
        raise ParameterError("A ranking is judged by hunters and others; the labels hold only one of the two.")
    return values[held], values[~held]


def weighted_auc(scores: Array, hunters: Array, weights: Array) -> float:
    """The area under the ROC curve where accounts count `weights` times."""
    order = np.argsort(scores, kind="stable")
    value, right, wrong = scores[order], (weights * hunters)[order], (weights * ~hunters)[order]
    first = np.concatenate([[True], value[1:] != value[:-1]])
    place = np.cumsum(first) - 1
    right, wrong = np.bincount(place, right), np.bincount(place, wrong)
    under = np.cumsum(wrong) - wrong / 2
    return float((right * under).sum() / max(right.sum() * wrong.sum(), 1e-300))


def average_precision(scores: Array, hunters: Array, weights: Array | None = None) -> float:
    """The precision at each new score, averaged over the recall that it adds: Σ (R_k − R_(k−1))·P_k."""
    held = np.asarray(hunters, dtype=bool)
    weight = np.ones(len(held)) if weights is None else weights
    order = np.argsort(-np.asarray(scores, dtype=float), kind="stable")
    value = np.asarray(scores, dtype=float)[order]
    last = np.concatenate([value[1:] != value[:-1], [True]])
    found, seen = np.cumsum((weight * held)[order])[last], np.cumsum(weight[order])[last]
    if not found[-1]:
        return math.nan
    return float((np.diff(found, prepend=0.0) * found / np.maximum(seen, 1e-300)).sum() / found[-1])


def clustered(
    measure: Callable[[Array, Array, Array], float],
    scores: Array,
    hunters: Array,
    clusters: Array,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """A measure with an interval over clusters of accounts, which are drawn as wholes (percentile bootstrap).

    Accounts of one farm are caught or missed together: drawn one by one, they promise more than they hold.
    """
    alpha, rng = checked_level(level), np.random.default_rng(seed)
    held = np.asarray(hunters, dtype=bool)
    names, place = np.unique(clusters, return_inverse=True)
    here = measure(scores, held, np.ones(len(held)))
    drawn = []
    for _ in range(DRAWS):
        count = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[place]
        if (count * held).any() and (count * ~held).any():
            drawn.append(measure(scores, held, count.astype(float)))
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return Interval(here, min(float(low), here), max(float(high), here), "proportion")
