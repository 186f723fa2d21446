"""The likelihood of a life seen through a window: what came after the window is not counted as never coming.

Acts of one item are counts in bins with mean A·(share of the bin)/(share of the window), negative binomial, because
acts beget acts and come in clumps.  Acts of many items are a multinomial over bins given each item's own total and
window, and the items, not the acts, are what is independent: their scores make the variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, special
from scipy import stats as distributions

from fanecon.metrics.attention.life_curves import LifeCurve, Shape

FINE = 120
BOUNDS: dict[str, list[tuple[float, float]]] = {
    "exponential": [(-9, 14)],
    "stretched": [(-16, 14), (-3.2, 1.6)],
    "power": [(-9, 14), (-3, 3)],
    "biexponential": [(-9, 12), (-2, 9), (-7, 7)],
}
MOST_DISPERSION = 50.0
TIGHT = {"ftol": 1e-12, "gtol": 1e-8, "maxiter": 300}


@dataclass(frozen=True, kw_only=True, eq=False)
class Binned:
    """Rows as (item, bin, count) with the edges of the bins and the hours to which each item was watched."""

    item: np.ndarray
    bin: np.ndarray
    count: np.ndarray
    edges: np.ndarray
    windows: np.ndarray

    @cached_property
    def totals(self) -> np.ndarray:
        """Acts of each item."""
        return np.bincount(self.item, self.count, minlength=len(self.windows))

    @cached_property
    def pooled(self) -> np.ndarray:
        """Acts of each bin."""
        return np.bincount(self.bin, self.count, minlength=len(self.edges) - 1)

    @cached_property
    def spans(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The different windows, which of them each item has, and the acts of each."""
        spans, which = np.unique(self.windows, return_inverse=True)
        return spans, which, np.bincount(which, self.totals)

    def of(self, items: np.ndarray) -> Binned:
        """Some of the items only."""
        kept = items[self.item]
        place = np.cumsum(items) - 1
        return Binned(item=place[self.item[kept]], bin=self.bin[kept], count=self.count[kept], edges=self.edges,
                      windows=self.windows[items])  # fmt: skip


def put_in_bins(item: np.ndarray, hours: np.ndarray, weight: np.ndarray, windows: np.ndarray, step: float) -> Binned:
    """Bins of the table's own width, or for acts ever wider ones: 120 to a window, fine where most acts are."""
    longest = float(windows.max())
    if step:
        edges = np.arange(0, round(longest / step) + 1) * step
    else:
        first = max(float(np.quantile(hours, 0.01)), longest * 1e-5)
        edges = np.append(0.0, np.geomspace(first, longest, FINE))
    place = np.clip(np.searchsorted(edges, hours + 1e-9, side="right") - 1, 0, len(edges) - 2)
    return Binned(item=item, bin=place, count=weight, edges=edges, windows=windows)


def curve_at(shape: Shape, x: np.ndarray) -> LifeCurve:
    """The curve at a point of the unbounded scale on which it is fitted: logarithms, and the share's log odds."""
    if shape == "biexponential":
        fast = math.exp(x[0])
        return LifeCurve(shape=shape, numbers=(fast, fast * (1 + math.exp(x[1])), float(special.expit(x[2]))))
    return LifeCurve(shape=shape, numbers=tuple(math.exp(v) for v in x))


def starts_of(shape: Shape, median: float) -> list[list[float]]:
    """Where to look for the best curve of a life whose median act came at this hour."""
    m = math.log(max(median, 1e-3))
    return {
        "exponential": [[m]],
        "stretched": [[m, -0.2], [m - 3, -0.9]],
        "power": [[m, 0.4], [m - 2, 0.2], [m + 2, 1.5]],
        "biexponential": [[m - 0.7, 1.5, 0.0], [m - 0.2, 2.5, -1.5]],
    }[shape]


def log_parts(shape: Shape, x: np.ndarray, data: Binned) -> tuple[np.ndarray, np.ndarray]:
    """log of what each bin holds, and of what each different window holds, on the curve's own scale."""
    curve = curve_at(shape, x)
    held = np.diff(curve.grown(data.edges))
    return np.log(np.maximum(held, 1e-300)), np.log(np.maximum(curve.grown(data.spans[0]), 1e-300))


def multinomial(shape: Shape, x: np.ndarray, data: Binned) -> float:
    """Log-likelihood of when the acts came, given how many each item had within its window."""
    bins, windows = log_parts(shape, x, data)
    return float(data.pooled @ bins - data.spans[2] @ windows)


def negative_binomial(counts: np.ndarray, mean: np.ndarray, dispersion: float) -> float:
    """Log-likelihood of counts with variance mean + dispersion·mean²; Poisson at 0."""
    if dispersion < 1e-9:
        return float(np.sum(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1)))
    size = 1 / dispersion
    return float(np.sum(
        special.gammaln(counts + size) - special.gammaln(size) - special.gammaln(counts + 1)
        - (counts + size) * np.log1p(mean * dispersion) + special.xlogy(counts, mean * dispersion)
    ))  # fmt: skip


def means(shape: Shape, x: np.ndarray, data: Binned) -> np.ndarray:
    """Expected counts of one item: x[0] is the log of its acts within the window, the rest the curve."""
    bins, windows = log_parts(shape, x[1:], data)
    return np.asarray(np.exp(x[0] + bins - windows[0]))


def best(shape: Shape, data: Binned, dispersion: float | None, near: np.ndarray | None = None) -> np.ndarray:
    """The point of highest likelihood: multinomial (dispersion None) or negative binomial with log A in front.

    It is looked for from `near`, or from several starts.
    """
    counts, total = data.pooled, float(data.totals.sum())
    middle = float(data.edges[np.searchsorted(np.cumsum(counts), total / 2) + 1])

    def loss(x: np.ndarray) -> float:
        if dispersion is None:
            return -multinomial(shape, x, data) / total
        return -negative_binomial(counts, means(shape, x, data), dispersion) / total

    front: list[float] = [] if dispersion is None else [math.log(total)]
    bounds = [(value - 5, value + 5) for value in front] + BOUNDS[shape]
    starts = [[*front, *_inside(start, shape)] for start in starts_of(shape, middle)] if near is None else [near]
    found = [
        optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds, options=TIGHT) for start in starts
    ]  # fmt: skip
    return np.asarray(min(found, key=lambda one: one.fun).x)


def inside(shape: Shape, x: np.ndarray) -> np.ndarray:
    """The nearest point at which the curve may lie."""
    low, high = np.array(BOUNDS[shape], dtype=float).T
    return np.asarray(np.clip(x, low, high))


def _inside(start: list[float], shape: Shape) -> list[float]:
    return [min(max(v, low + 0.1), high - 0.1) for v, (low, high) in zip(start, BOUNDS[shape], strict=True)]


def dispersion_of(counts: np.ndarray, mean: np.ndarray, rows: np.ndarray) -> float:
    """The dispersion of highest adjusted profile likelihood, which allows for the parameters fitted to the same counts.

    `rows` are the derivatives of the log means.  References: Cox and Reid 1987, J. R. Stat. Soc. B 49:1
    """

    def loss(log_dispersion: float) -> float:
        dispersion = math.exp(log_dispersion)
        information = (rows * (mean / (1 + dispersion * mean))) @ rows.T
        return float(np.linalg.slogdet(information)[1]) / 2 - negative_binomial(counts, mean, dispersion)

    low, high = -12.0, math.log(MOST_DISPERSION)
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    return 0.0 if found.x < low + 0.5 or loss(low) <= found.fun else float(math.exp(found.x))


def freedom_of(mean: np.ndarray, dispersion: float, parameters: int) -> float:
    """Degrees of freedom of the dispersion: as many as there are bins that tell clumps from chance, less parameters."""
    weight = mean / (1 + dispersion * mean)
    return max(1.0, float(weight.sum() ** 2 / (weight**2).sum()) - parameters)


def slopes(shape: Shape, x: np.ndarray, data: Binned) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of both log parts along each parameter, by central differences."""
    pairs = []
    for at in range(len(x)):
        move = np.zeros(len(x))
        move[at] = 1e-4
        up, down = log_parts(shape, x + move, data), log_parts(shape, x - move, data)
        pairs.append(((up[0] - down[0]) / 2e-4, (up[1] - down[1]) / 2e-4))
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def directions(shape: Shape, x: np.ndarray, data: Binned) -> np.ndarray:
    """Derivatives of one item's log means: along log A, then along the curve's parameters."""
    bins, windows = slopes(shape, x[1:], data)
    return np.vstack([np.ones(bins.shape[1]), bins - windows[:, :1]])


def spread_of_one(shape: Shape, x: np.ndarray, data: Binned, dispersion: float) -> np.ndarray:
    """Covariance of the curve's parameters from the expected information of the negative binomial."""
    mean, rows = means(shape, x, data), directions(shape, x, data)
    information = (rows * (mean / (1 + dispersion * mean))) @ rows.T
    return np.asarray(np.linalg.pinv(information)[1:, 1:])


def spread_of_many(shape: Shape, x: np.ndarray, data: Binned) -> np.ndarray:
    """Sandwich covariance: curvature of the multinomial, scores summed by item, factor G/(G − 1)."""
    bins, windows = slopes(shape, x, data)
    scores = np.array([
        np.bincount(data.item, data.count * b[data.bin], minlength=len(data.windows)) for b in bins
    ]) - data.totals * windows[:, data.spans[1]]  # fmt: skip
    bread = np.linalg.pinv(-_curvature(shape, x, data))
    groups = len(data.windows)
    return np.asarray(bread @ (scores @ scores.T) @ bread * groups / (groups - 1))


def _curvature(shape: Shape, x: np.ndarray, data: Binned) -> np.ndarray:
    found = np.zeros((len(x), len(x)))
    for a in range(len(x)):
        move = np.zeros(len(x))
        move[a] = 1e-3
        up, down = (slopes(shape, x + sign * move, data) for sign in (1, -1))
        for b in range(len(x)):
            found[b, a] = (data.pooled @ (up[0][b] - down[0][b]) - data.spans[2] @ (up[1][b] - down[1][b])) / 2e-3
    return (found + found.T) / 2


def reach(level: float, freedom: float) -> float:
    """How many standard errors an interval reaches to each side."""
    return float(distributions.t.ppf(0.5 + level / 2, max(1.0, freedom)))
