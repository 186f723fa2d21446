"""Bursts: when a series of counts stands above its own quiet, for how long, and by which rule.

"An event lasts two days" needs a rule for when it begins and ends, and rules differ.  The one here has three parts and
is printed with every result.  *Height*: a bin is a peak only if so high a count would come from the quiet series in
fewer than one series of twenty, all bins of it together; the quiet is the median bin, and the spread is taken from
the half below the median, which a burst does not touch.  *Separation*: of two peaks the lower counts as its own only
if between them the series falls to half of the lower one.  *Width*: a burst is the run of bins around its peak above a
tenth of the peak, both measured from the median.

The rule errs on the side of silence: of 400 simulated quiet series at most 1.3 % (Poisson, means 0.3 to 500) and 2.3 %
(clumped, dispersion 0.05 to 0.2) showed a burst where 5 % were allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats as distributions

from fanecon import plots, stats
from fanecon.metrics.attention.life_series import Series, series_of
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError

RULE = (
    "A burst is the run of bins around a peak that stand above the item's median by more than {width} of the peak's "
    "height over it; a peak is a bin so high that chance gives one in at most {chance} of quiet series."
)
HALF = 0.5
FEWEST_BINS, FEWEST_MEDIAN = 8, 4.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bursts(Result):
    """One row per burst; `lasts`, `after_peak`: medians over bursts, in hours."""

    lasts: Interval
    after_peak: Interval

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """How long bursts last: the share that is over by each hour, from the start and from the peak."""
        ax = plots.axes(ax)
        for at, (column, name) in enumerate((("lasts_h", "whole"), ("after_peak_h", "from the peak"))):
            times = np.sort(self.table[column].to_numpy(dtype=float))
            if len(times):
                share = np.arange(1, len(times) + 1) / len(times)
                ax.step(times, share, where="post", color=plots.COLOURS[at], ls=plots.DASHES[at])
                middle = len(times) // 2
                plots.label(ax, name, (float(times[middle]), float(share[middle])), colour=plots.COLOURS[at])
        plots.scale(ax, "proportion", axis="y")
        ax.set_xlabel("hours")
        ax.set_ylabel("bursts that are over")
        return plots.finish(ax, self.sentence, self.shows)


def find_bursts(
    table: pd.DataFrame,
    *,
    count: str | None = None,
    step: float = 1.0,
    width: float = 0.1,
    most: int | None = None,
    level: float = 0.95,
) -> Bursts:
    """Runs of hours or days in which an item stands above its own quiet, one row per burst.

    Parameters
    ----------
    table, count
        As for :func:`measure_life_cycle`: a row is an act, or a bin with a count.
    step
        Hours per bin into which acts are put; counts keep their own bins.
    width
        The burst ends where the height over the median falls to this share of the peak's.
    most
        At most so many bursts of each item, highest first; None for all.
    level
        1 − level is the chance that a quiet series of independent counts shows any burst.

    Returns
    -------
    Bursts
        item, peak_at, peak_h, height, background, begins_h, lasts_h, before_peak_h, after_peak_h, acts.
        `after_peak_h` counts from the peak bin's end.

    Raises
    ------
    SchemaError, ParameterError
        If nothing tells the time, or width is not between 0 and 1.

    References
    ----------
    Rule: this module.  Compare Kleinberg 2003, doi:10.1023/A:1024940629314
    """
    stats.quantile_interval([0.0], 0.5, level=level)
    if not (0 < width < 1 and step > 0 and (most is None or most >= 1)):
        raise ParameterError(f"Needed: 0 < width < 1, step > 0, most ≥ 1; found {width!r}, {step!r}, {most!r}.")
    series = series_of(table, count, quiet=True)
    rows, short = _found(series, step, width, most or 10**9, level)
    frame = pd.DataFrame(rows, columns=[series.label, *COLUMNS])
    frame.insert(1, "peak_at", _moments(series, frame))
    lasts, after = _middle(frame["lasts_h"], level), _middle(frame["after_peak_h"], level)
    return Bursts(
        table=frame,
        sentence=_sentence(frame, len(series.items), lasts, after),
        notes=tuple(_doubts(series, short, step, width, level)),
        level=level,
        unit="hours",
        shows="simulation" if series.synthetic else "fact",
        lasts=lasts,
        after_peak=after,
    )


COLUMNS = ("peak_h", "height", "background", "begins_h", "lasts_h", "before_peak_h", "after_peak_h", "acts")


def dense(series: Series, step: float) -> Iterator[tuple[int, np.ndarray]]:
    """Each item's position and its counts bin by bin, empty bins included, to the last one watched."""
    item, number, counts = series.binned(step)
    wide = series.step or step
    starts = np.append(np.searchsorted(item, np.arange(len(series.items))), len(item))
    for at in range(len(series.items)):
        rows = slice(starts[at], starts[at + 1])
        bins = max(int(number[rows][-1]) + 1, math.ceil(series.watched[at] / wide - 1e-9))
        values = np.zeros(bins)
        values[number[rows]] = counts[rows]
        yield at, values


def threshold(values: np.ndarray, level: float) -> float:
    """The count that all bins of a quiet series stay below with the given chance.

    At least Poisson's for the median.  From a median of 4 on also the distance from the 16 % quantile to the median,
    laid off upwards on the scale of cube roots, on which clumps (gamma variables) are symmetric.  Both at the upper end
    of their error.

    References: Wilson and Hilferty 1931, doi:10.1073/pnas.17.12.684
    """
    bins, median = len(values), float(np.median(values))
    chance = (1 - level) / bins
    empty = float(np.mean(values == 0))
    mean = median + 1 / 3 if median >= 1 else -math.log(max(min(empty, 1 - 1 / bins), 0.5))
    poisson = float(distributions.poisson.isf(chance, mean + 2.5 * math.sqrt(mean / bins))) + 1
    if median < FEWEST_MEDIAN:
        return poisson
    spread = (np.cbrt(median) - np.cbrt(np.quantile(values, 0.1587))) * (1 + 2.8 / math.sqrt(bins))
    return max(poisson, float((np.cbrt(median) + spread * distributions.norm.isf(chance)) ** 3))


def _found(series: Series, step: float, width: float, most: int, level: float) -> tuple[list[tuple[object, ...]], int]:
    rows, short, wide = list[tuple[object, ...]](), 0, series.step or step
    for at, values in dense(series, step):
        if len(values) < FEWEST_BINS:
            short += 1
            continue
        median, enough = float(np.median(values)), threshold(values, level)
        for top, first, last in runs(values - median, enough - median, width)[:most]:
            inside = float(values[first : last + 1].sum())
            spans = (first * wide, (last - first + 1) * wide, (top - first) * wide, (last - top) * wide)
            rows.append((series.items[at], top * wide, float(values[top]), median, *spans, inside))
    return rows, short


def runs(net: np.ndarray, enough: float, width: float) -> list[tuple[int, int, int]]:
    """Peak, first and last bin of each burst of a series measured from its median, highest peak first."""
    found, taken = list[tuple[int, int, int]](), np.zeros(len(net), bool)
    for top in np.argsort(-net, kind="stable"):
        if net[top] < max(enough, 1e-9):
            break
        if taken[top] or any(not _apart(net, int(top), other[0]) for other in found):
            continue
        above = (net > width * net[top]) & ~taken
        low = np.flatnonzero(~above[:top])
        high = np.flatnonzero(~above[top:])
        first = int(low[-1]) + 1 if len(low) else 0
        last = int(top + high[0]) - 1 if len(high) else len(net) - 1
        taken[first : last + 1] = True
        found.append((int(top), first, last))
    return found


def _apart(net: np.ndarray, top: int, other: int) -> bool:
    between = net[min(top, other) + 1 : max(top, other)]
    return len(between) > 0 and bool(between.min() <= HALF * net[top])


def _moments(series: Series, frame: pd.DataFrame) -> pd.Series:
    began = pd.Series(series.began, index=series.items)
    hours = frame[series.label].map(began).to_numpy(dtype=float) + frame["peak_h"].to_numpy(dtype=float)
    moments = pd.to_datetime(np.round(hours * 3600), unit="s", utc=True)
    known = frame[series.label].map(began).to_numpy(dtype=float) > 24 * 365  # day numbers are no dates
    return pd.Series(moments, index=frame.index).where(known)


def _middle(values: pd.Series, level: float) -> Interval:
    if len(values) < 2:
        estimate = float(values.iloc[0]) if len(values) else math.nan
        return Interval(estimate, unit="hours", missing="fewer than two bursts have no spread to measure")
    return stats.quantile_interval(values, 0.5, unit="hours", level=level)


def _sentence(frame: pd.DataFrame, items: int, lasts: Interval, after: Interval) -> str:
    within = f"{items:,} item{'s' if items > 1 else ''}"
    if frame.empty:
        return f"No burst in {within}."
    bursts = f"{len(frame):,} burst{'s' if len(frame) > 1 else ''}"
    return f"{bursts} in {within}: the median one lasted {lasts}, of which {after} after the peak."


def _doubts(series: Series, short: int, step: float, width: float, level: float) -> Iterator[str]:
    yield RULE.format(width=shown(width, "proportion"), chance=shown(1 - level, "proportion"))
    yield from series.notes
    wide = shown(series.step or step)
    yield f"Bins are {wide} hours wide: no burst is shorter, and what lasts less is not told apart."
    if short:
        yield f"{short:,} of {len(series.items):,} items have fewer than {FEWEST_BINS} bins: their quiet is not known."
