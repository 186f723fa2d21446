"""One comparison, made inside a group only: counts against a quantity, with whatever belongs to the group taken out.

People who get more messages are other people, and weeks with more posts are other weeks.  A comparison that holds
still what belongs to a person (or to an account in a month) leaves only the differences within it:
E[count] = level of the group × base × exp(slope · x).  The levels are not estimated one by one and then forgotten;
given the total of a group they drop out (Hausman, Hall and Griliches 1984), and what is left needs nothing but the
mean to be right: any spread, any dependence within a cluster (Wooldridge 1999).

The interval is the cluster-robust one with its bias-reduced variance and Satterthwaite's degrees of freedom (Bell and
McCaffrey 2002), for one slope at a time after the others and the levels have been partialled out: few clusters, or
few that carry all the information, widen it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats as distributions

from fanecon.results import Interval

ROUNDS, SWEEPS, NEAR = 200, 500, 1e-10
FEWEST_CLUSTERS, FEWEST_RECEIVERS = 5, 10
LEAST_LEFT = 1e-8


class Sample(NamedTuple):
    """Counts, their base (chances), the columns of x, the codes of what is held still, and the clusters."""

    y: np.ndarray
    base: np.ndarray
    x: np.ndarray
    held: tuple[np.ndarray, ...]
    clusters: np.ndarray

    def kept(self) -> Sample:
        """Without what tells nothing: no chance, or a group whose counts are all zero or that has a single row."""
        here, before = self, -1
        while len(here.y) != before:
            before = len(here.y)
            keep = here.base > 0
            for codes in here.held:
                total = np.bincount(codes, here.y * keep)
                keep &= (total > 0)[codes]
                keep &= (np.bincount(codes[keep], minlength=len(total)) > 1)[codes]
            here = here.at(keep)
        return here

    def at(self, keep: np.ndarray) -> Sample:
        """Some of the rows, the codes counted anew."""
        held = tuple(np.unique(codes[keep], return_inverse=True)[1] for codes in self.held)
        return Sample(self.y[keep], self.base[keep], self.x[keep], held, self.clusters[keep])


def codes_of(column: pd.Series) -> np.ndarray:
    """Labels as whole numbers from 0 on."""
    return np.asarray(pd.factorize(column)[0])


def left_out(table: pd.DataFrame, *columns: str) -> tuple[str, ...]:
    """How many rows lack a value, as a note; nothing where none does."""
    many = int(table[[name for name in columns if name in table]].isna().any(axis=1).sum())
    return (f"{many:,} of {len(table):,} rows lack a value and are left out.",) if many else ()


class Slope(NamedTuple):
    """A slope with its robust error and degrees of freedom; or why there is none."""

    estimate: float
    error: float
    freedom: float
    rows: int
    clusters: int
    missing: str = ""

    def interval(self, level: float, *, step: float = 1.0, factor: bool = True, unit: str = "") -> Interval:
        """The slope per `step` of x, as a factor on the counts or as it is."""
        here = self.estimate * step
        reach = abs(step) * self.error * float(distributions.t.ppf(0.5 + level / 2, self.freedom))
        ends = [here, here - reach, here + reach]
        found = [math.exp(min(end, 700.0)) for end in ends] if factor else ends
        if self.missing or math.isnan(reach):
            shown = math.nan if math.isnan(here) else found[0]
            return Interval(shown, unit=unit, missing=self.missing)
        return Interval(found[0], found[1], found[2], unit)

    def told_by(self, receivers: int, needed: str) -> Slope:
        """The slope with the number of receivers that tell something; without an interval where they are too few."""
        if self.missing or receivers >= FEWEST_RECEIVERS:
            return self._replace(clusters=receivers)
        few = f"{receivers} receivers {needed}; at least {FEWEST_RECEIVERS} are needed"
        return self._replace(clusters=receivers, error=math.nan, missing=few)


def slopes(sample: Sample) -> list[Slope]:
    """The slope of every column of x, all fitted together."""
    kept = sample.kept()
    columns = kept.x.shape[1]
    many = len(np.unique(kept.clusters))
    if not _varies(kept):
        return [_none(kept, many, "nothing varies within a group that has any response")] * columns
    beta, mean = _fitted(kept)
    if not np.isfinite(beta).all():
        return [_none(kept, many, "the fit has no finite maximum")] * columns
    return [_slope(kept, beta, mean, at, many) for at in range(columns)]


def _varies(kept: Sample) -> bool:
    """Whether anything of each column is left once the levels are taken out."""
    if not len(kept.y):
        return False
    rest = (demeaned(kept.x, kept.y + 1.0, kept.held) ** 2).sum(axis=0)
    whole = ((kept.x - kept.x.mean(axis=0)) ** 2).sum(axis=0)
    rounding = 1e-20 * (kept.x**2).sum(axis=0)
    return bool(((rest > LEAST_LEFT * whole) & (whole > rounding)).all())


def _none(kept: Sample, clusters: int, why: str) -> Slope:
    return Slope(math.nan, math.nan, 1.0, len(kept.y), clusters, why)


def demeaned(columns: np.ndarray, weights: np.ndarray, held: tuple[np.ndarray, ...]) -> np.ndarray:
    """What is left of each column after its weighted means over the held groups are taken out, one by one in turn."""
    rest = columns.astype(float)
    totals = [np.bincount(codes, weights) for codes in held]
    for _ in range(SWEEPS if len(held) > 1 else 1):
        moved = 0.0
        for codes, total in zip(held, totals, strict=True):
            for at in range(rest.shape[1]):
                mean = np.bincount(codes, weights * rest[:, at]) / total
                rest[:, at] -= mean[codes]
                moved = max(moved, float(np.abs(mean).max(initial=0.0)))
        if moved < NEAR:
            break
    return rest


def _fitted(kept: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The maximum of the Poisson likelihood by reweighted least squares on what the held groups leave over."""
    y, mean = kept.y, (kept.y + kept.y.mean()) / 2
    eta, beta = np.log(mean / kept.base), np.full(kept.x.shape[1], np.nan)
    before = math.inf
    for _ in range(ROUNDS):
        goal = eta + (y - mean) / mean
        rest = demeaned(np.column_stack([kept.x, goal]), mean, kept.held)
        x, wanted = rest[:, :-1], rest[:, -1]
        beta = np.linalg.lstsq(x * np.sqrt(mean)[:, None], wanted * np.sqrt(mean), rcond=None)[0]
        eta = goal - (wanted - x @ beta)
        mean = kept.base * np.exp(np.clip(eta, -50, 50))
        deviance = 2 * float((mean - y + np.where(y > 0, y * np.log(np.maximum(y, 1e-300) / mean), 0.0)).sum())
        if abs(before - deviance) < 1e-10 * (abs(deviance) + 0.1):
            return beta, mean
        before = deviance
    return np.full_like(beta, np.nan), mean


def _slope(kept: Sample, beta: np.ndarray, mean: np.ndarray, at: int, many: int) -> Slope:
    rest = demeaned(kept.x, mean, kept.held)
    others = np.delete(rest, at, axis=1) * np.sqrt(mean)[:, None]
    own = rest[:, at] * np.sqrt(mean)
    own = own - others @ np.linalg.lstsq(others, own, rcond=None)[0] if others.shape[1] else own
    alone = own / np.sqrt(mean)
    _, codes = np.unique(kept.clusters, return_inverse=True)
    error, freedom = robust(np.bincount(codes, alone * (kept.y - mean)), np.bincount(codes, own**2))
    told = f"{many} clusters, fewer than {FEWEST_CLUSTERS}" if many < FEWEST_CLUSTERS else ""
    return Slope(float(beta[at]), math.nan if told else error, freedom, len(kept.y), many, told)


def robust(scores: np.ndarray, information: np.ndarray) -> tuple[float, float]:
    """Standard error and Satterthwaite degrees of freedom of one slope from its score and information per cluster.

    Under the working model Var(score_g) = h_g(1 − h_g/H) and Cov = −h_g·h_k/H, so that Σ score_g² ÷ (1 − h_g/H) has
    mean H; with weights w_g = 1 ÷ (1 − h_g/H) the degrees of freedom are H² ÷ Σ_gk w_g·w_k·Cov_gk².
    """
    whole = float(information.sum())
    part = information / whole
    left = np.maximum(1 - part, 1e-12)
    weighted = information**2 / left
    cross = float(weighted.sum() ** 2 - (weighted**2).sum()) / whole**2
    freedom = whole**2 / (float((information**2).sum()) + cross)
    return math.sqrt(float((scores**2 / left).sum())) / whole, max(1.0, freedom)
