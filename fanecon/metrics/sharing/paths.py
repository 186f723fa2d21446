"""Ways an article can have reached its total: drawn given the total, drawn freely, or worked out in two phases.

The totals of an article do not tell its story.  Given N reads, H shares and N₀ seeds, the constant-R story is a
random forest with exactly these totals, and it can be drawn without rejection: deal the N − N₀ begotten reads to H
sharers, put the reads in random order, and turn the sequence to one of the N₀ starting points from which the queue
of unread offspring runs empty only at the end (the cycle lemma).  What the drawn stories never do, such as peaking
within four days, is evidence against them; what two stories both do cannot be told apart by totals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import optimize

from fanecon import plots, stats
from fanecon.metrics.sharing import branching
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError

LIMIT = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Paths(Result):
    """Drawn stories with the same totals: one row of `paths` per story, `curves` their reads by generation."""

    paths: pd.DataFrame
    curves: pd.DataFrame

    def chance_of_peak_by(self, generation: int) -> Interval:
        """Share of stories whose largest generation comes no later than this one (seeds are generation 0)."""
        early = int((self.paths["peak_generation"] <= generation).sum())
        return stats.wilson(early, len(self.paths), level=self.level)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Some of the stories, and their median, by generation."""
        ax = plots.axes(ax)
        for _, curve in list(self.curves.groupby("path"))[:40]:
            ax.plot(curve["generation"], curve["reads"], color=plots.BLUE, alpha=0.2, lw=0.8, ls="-")
        wide = self.curves.pivot_table(index="generation", columns="path", values="reads", fill_value=0)
        ax.plot(wide.index, wide.median(axis=1), color=plots.BLACK, lw=2, ls="-")
        ax.set(xlabel="generation (0 = seeds)", ylabel="reads", ylim=(0, None))
        return plots.finish(ax, self.sentence, self.shows)


def conditioned_paths(
    reads: int,
    *,
    seeds: int,
    shares: int,
    view_dispersion: float = math.inf,
    paths: int = 1000,
    seed: int = 0,
) -> Paths:
    """Stories of a constant-R article that end with exactly these reads and shares.

    Parameters
    ----------
    reads, seeds, shares
        N, N₀ and H of the article; N₀ < N and 1 ≤ H ≤ N.
    view_dispersion
        Shape of the views per share; infinity deals them evenly (Poisson), 0.5 unevenly (negative binomial).
    paths
        Number of stories.

    Returns
    -------
    Paths
        Rows: generations, peak_generation and peak_over_first, each with median and the middle 95 % of stories.

    References
    ----------
    Dwass 1969; Pitman 1998, Enumerations of trees and forests (cycle lemma)
    """
    if not (1 <= seeds < reads and 1 <= shares <= reads and paths >= 1 and view_dispersion > 0):
        raise ParameterError(
            "Needed: 1 ≤ seeds < reads, 1 ≤ shares ≤ reads, paths ≥ 1, view_dispersion > 0; "
            f"found seeds={seeds!r}, reads={reads!r}, shares={shares!r}, paths={paths!r}, {view_dispersion!r}."
        )
    rng = np.random.default_rng(seed)
    drawn = [_forest(int(reads), int(seeds), int(shares), view_dispersion, rng) for _ in range(paths)]
    rows = pd.DataFrame(
        {
            "generations": [len(z) - 1 for z in drawn],
            "peak_generation": [int(z.argmax()) for z in drawn],
            "peak_over_first": [z.max() / seeds for z in drawn],
        }
    )
    return Paths(
        table=_middle(rows),
        sentence=_told(rows, reads, seeds, shares),
        notes=("A range over drawn stories, not a confidence interval.", "R is the same in every generation."),
        shows="simulation",
        paths=rows,
        curves=_curves(drawn[:200]),
    )


def _forest(reads: int, seeds: int, shares: int, dispersion: float, rng: np.random.Generator) -> np.ndarray:
    """Reads by generation of one random forest with `seeds` roots, `reads` nodes and at most `shares` parents."""
    offspring = np.zeros(reads, dtype=np.int64)
    offspring[rng.choice(reads, shares, replace=False)] = _views(reads - seeds, shares, dispersion, rng)
    walk = np.cumsum(offspring - 1)
    level = walk.min() + rng.integers(seeds)
    first = int(np.argmax(walk == level))
    return _by_generation(np.roll(offspring, -(first + 1)), seeds)


def _views(reads: int, shares: int, dispersion: float, rng: np.random.Generator) -> np.ndarray:
    if math.isinf(dispersion):
        return np.bincount(rng.integers(0, shares, reads), minlength=shares)
    weight = rng.gamma(dispersion, size=shares)
    return rng.multinomial(reads, weight / weight.sum())


def _by_generation(offspring: np.ndarray, seeds: int) -> np.ndarray:
    """Generation sizes of a forest whose nodes stand in the order they were reached."""
    born = np.concatenate([[0], np.cumsum(offspring)])
    sizes, start = [seeds], 0
    while sizes[-1]:
        stop = start + sizes[-1]
        sizes.append(int(born[stop] - born[start]))
        start = stop
    return np.array(sizes[:-1])


def _middle(rows: pd.DataFrame) -> pd.DataFrame:
    found = rows.quantile([0.5, 0.025, 0.975]).T.set_axis(["estimate", "low", "high"], axis=1)
    return found.rename_axis("measure").reset_index()


def _told(rows: pd.DataFrame, reads: int, seeds: int, shares: int) -> str:
    middle = rows.median()
    return (
        f"At constant R, {reads:,} reads from {seeds:,} seeds and {shares:,} shares take {middle['generations']:.0f} "
        f"generations and peak in generation {middle['peak_generation']:.0f} (medians of {len(rows):,} drawn stories)."
    )


def _curves(drawn: list[np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": np.repeat(np.arange(len(drawn)), [len(z) for z in drawn]),
            "generation": np.concatenate([np.arange(len(z)) for z in drawn]),
            "reads": np.concatenate(drawn),
        }
    )


def simulate_pushes(
    pushes: int,
    *,
    seeds: int,
    share_rate: float | tuple[float, float],
    reproduction: float,
    tail: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Articles that spread with a known R, one row each: the table :func:`reproduction_number` reads from.

    Parameters
    ----------
    pushes
        Number of rows.
    seeds
        Reads that start each article.
    share_rate, reproduction
        A read shares with chance s; a share brings R/s reads on average.  A pair of chances: seeds, all others.
    tail
        0: Poisson views.  Above 0: lognormal of this log-deviation (2 = a few big nodes bring most reads).

    Returns
    -------
    DataFrame
        reads, shares, imported_shares (by the seeds), largest_share (reads), peak_generation, finished (False where
        cut at a million reads); ``attrs["synthetic"]`` is True.
    """
    rates = share_rate if isinstance(share_rate, tuple) else (share_rate, share_rate)
    if not (pushes >= 1 and seeds >= 1 and all(0 < s <= 1 for s in rates) and reproduction >= 0 and tail >= 0):
        raise ParameterError(
            "Needed: pushes ≥ 1, seeds ≥ 1, 0 < share_rate ≤ 1, reproduction ≥ 0, tail ≥ 0; "
            f"found {pushes!r}, {seeds!r}, {share_rate!r}, {reproduction!r}, {tail!r}."
        )
    rng = np.random.default_rng(seed)
    room = max(1, 500_000 // seeds)
    parts = [
        _pushed(min(room, pushes - start), seeds, rates, reproduction / rates[1], tail, rng)
        for start in range(0, pushes, room)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["synthetic"] = True
    return frame


def _pushed(
    n: int, seeds: int, rates: tuple[float, float], mean: float, tail: float, rng: np.random.Generator
) -> pd.DataFrame:
    size, total = np.full(n, seeds), np.full(n, seeds)
    shares, first, largest = np.zeros((3, n), dtype=np.int64)
    peak, highest, generation = np.zeros(n, dtype=np.int64), size.copy(), 0
    while size.any():
        shared = rng.binomial(size, rates[min(generation, 1)])
        shares, first = shares + shared, shared if generation == 0 else first
        owner = np.repeat(np.arange(n), shared)
        views = _drawn_views(len(owner), mean, tail, rng)
        np.maximum.at(largest, owner, views)
        size = np.bincount(owner, weights=views, minlength=n).astype(np.int64)
        total, generation = total + size, generation + 1
        peak, highest = np.where(size > highest, generation, peak), np.maximum(size, highest)
        size = np.where(total > LIMIT, 0, size)
    named = {"reads": total, "shares": shares, "imported_shares": first, "largest_share": largest}
    return pd.DataFrame({**named, "peak_generation": peak, "finished": total <= LIMIT})


def _drawn_views(n: int, mean: float, tail: float, rng: np.random.Generator) -> np.ndarray:
    if tail == 0 or mean == 0:
        return rng.poisson(mean, n)
    return rng.poisson(np.minimum(rng.lognormal(math.log(mean) - tail**2 / 2, tail, n), LIMIT))


class TwoPhases(NamedTuple):
    """Growth at one R, then decline: the R of the growth and the reads by generation."""

    reproduction: float
    curve: np.ndarray


def two_phases(reads: float, *, seeds: float, growth: int, decline: float = 0.5) -> TwoPhases:
    """The R at which `seeds` grow for some generations and then shrink by a factor to reach `reads` in all.

    N = N₀·(1 + R + … + R^g + R^g·(d + d² + …)).

    Parameters
    ----------
    reads, seeds
        N and N₀ < N.
    growth
        g, generations up to the peak.
    decline
        d, size of each later generation relative to the one before, between 0 and 1.
    """
    if not (0 < seeds < reads and growth >= 1 and 0 <= decline < 1):
        raise ParameterError(
            "Needed: 0 < seeds < reads, growth ≥ 1, 0 ≤ decline < 1; "
            f"found {seeds!r}, {reads!r}, {growth!r}, {decline!r}."
        )

    def over(r: float) -> float:
        rising = r ** np.arange(growth + 1)
        return float(seeds * (rising.sum() + rising[-1] * decline / (1 - decline)) - reads)

    r = float(optimize.brentq(over, 0.0, reads / seeds + 1))
    falling = decline ** np.arange(1, 40)
    return TwoPhases(r, seeds * np.concatenate([r ** np.arange(growth + 1), r**growth * falling]))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Best(Result):
    """The chance that the best of K equal articles reaches a total."""

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """One line per R over the number of articles."""
        ax = plots.axes(ax)
        for i, (r, rows) in enumerate(self.table.groupby("reproduction")):
            colour, dash = plots.COLOURS[i % 5], plots.DASHES[i % 5]
            ax.plot(rows["articles"], rows["estimate"], color=colour, ls=dash, marker=plots.MARKERS[i % 5], ms=4)
            plots.label(ax, f"R = {r:g}", (rows["articles"].iloc[-1], rows["estimate"].iloc[-1]), colour=colour)
        ax.set(xscale="log", xlabel="articles published")
        at = sorted(self.table["articles"].unique())
        ax.set_xticks(at, [f"{k:,}" for k in at])
        ax.minorticks_off()
        plots.scale(ax, "proportion", axis="y")
        return plots.finish(ax, self.sentence, self.shows)


def best_of_k(
    reads: int,
    *,
    seeds: int,
    share_rate: float,
    reproductions: tuple[float, ...] = (0.90, 0.95, 0.96, 0.98),
    articles: tuple[int, ...] = (1, 4, 20, 100, 200),
) -> Best:
    """The chance that the best of K equally good articles gets at least this many reads: 1 − (1 − p)^K.

    p is exact for articles whose reads share with chance `share_rate` and whose shares bring Poisson views
    (:func:`fanecon.metrics.sharing.branching.chance_of_total`); the columns low and high are empty.

    Parameters
    ----------
    reads, seeds
        The total to reach, and the reads that start each article.
    reproductions, articles
        The R of every article, and the numbers K published.
    """
    if not articles or min(articles) < 1 or not reproductions:
        raise ParameterError(f"Needed: at least one R and articles ≥ 1; found {reproductions!r}, {articles!r}.")
    chances = {r: branching.chance_of_total(int(reads), int(seeds), r, share_rate) for r in reproductions}
    rows = [(r, k, -math.expm1(k * math.log1p(-p)) if p < 1 else 1.0) for r, p in chances.items() for k in articles]
    table = pd.DataFrame(rows, columns=["reproduction", "articles", "estimate"]).assign(low=np.nan, high=np.nan)
    r, k, chance = max(rows, key=lambda row: (row[1], -abs(row[2] - 0.5)))
    return Best(
        table=table,
        sentence=f"If every article has R = {r:g}, the best of {k} reaches {reads:,} reads with chance "
        f"{shown(chance, 'proportion')}.",
        notes=(
            f"Seeds {seeds:,} per article, share rate {shown(share_rate, 'proportion')}, Poisson views per share.",
            "With a few giant shares the same total comes from a lower R.",
        ),
        unit="proportion",
        shows="assumption",
    )
