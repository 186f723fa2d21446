"""The same question asked of days on which nothing was drawn: how far ordinary days stray from their expectation.

One campaign is one observation.  What can be said without a second one is how often a day that is only *called* a
campaign does as well: every day before it that has two weeks behind it, and room for the campaign and its calm, is
tried (placebo in time).  With K such days the real one ranks at best first of K + 1, so p cannot fall below 1/(K + 1),
whatever the campaign did.

Fortnights that begin on neighbouring days are nearly the same fortnight, and thirty of them say little more than three.
The days after are therefore ranked among windows that do not overlap, and as these can be laid out in as many ways as
the window has days, p is the mean over all of them.  Ranked among all windows, p ≤ 0.05 came in up to 11 % where
nothing was drawn.

Where nothing was drawn (1,000 series each with 120 days before, windows of seven, a memory of the days from 0 to 0.7)
p ≤ 0.05 came in 4.0 to 5.4 % for the highest day, and p ≤ 0.1 in 4.1 to 5.7 % for the days after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.campaigns.baseline import FEWEST_DAYS, expected_only, why_not
from fanecon.metrics.campaigns.daily import Daily, Real
from fanecon.metrics.campaigns.pictures import draw_tries
from fanecon.results import Result, shown

MOST, LEVEL = 180, 0.05
OVERLAP = "The days after are ranked among windows that do not overlap: fortnights of neighbouring days are nearly one."
FEW = "There are so few such windows that no rank of the days after can reach 5 %, whatever the campaign did."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Placebo(Result):
    """The days before that were only called a campaign, and the ranks of the real one among them.

    Parameters
    ----------
    tries
        date, peak (highest day ÷ expectation), after (days after ÷ expectation); the last row is the real campaign.
    p_peak, p_after
        How often one of them, the real one included, is at least as high, and as far from expectation either way.
    smallest_peak, smallest_after
        The smallest p that so many tries, and so many windows that do not overlap, allow.
    """

    tries: pd.DataFrame
    p_peak: float
    p_after: float
    smallest_peak: float
    smallest_after: float

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The days after ÷ expectation against the highest day ÷ expectation, the real campaign apart."""
        return plots.finish(draw_tries(plots.axes(ax), self.tries), self.sentence, self.shows)


def placebo_ranks(series: Daily, window: int, *, trend: bool) -> Placebo:
    """The real campaign among the days before it that were only called one, at most the last 180."""
    length = series.last - series.first
    latest = series.first - window - length - 1
    tries = list(range(FEWEST_DAYS, latest + 1))[-MOST:]
    rows = [_ratios(series, at, length, window, trend) for at in [*tries, series.first]]
    table = pd.DataFrame(rows, columns=["date", "peak", "after"]).astype({"peak": float, "after": float})
    table = pd.concat([table.iloc[:-1].dropna(), table.iloc[-1:]], ignore_index=True)
    away = np.abs(np.log(np.maximum(table["after"].to_numpy(), 1e-12)))
    day = (table["date"] - table["date"].iloc[0]).dt.days.to_numpy()
    peak, after = _rank(table["peak"].to_numpy(), day, 1), _rank(away, day, window)
    found = pd.DataFrame(
        {
            "rank of the campaign by": ["highest day", "days after, either way"],
            "p": [peak[0], after[0]],
            "smallest p possible": [peak[1], after[1]],
        }
    )
    return Placebo(
        table=found,
        sentence=_sentence(len(table) - 1, peak, after),
        notes=(OVERLAP, *([FEW] if after[1] > LEVEL else [])),
        shows="simulation" if series.synthetic else "fact",
        tries=table,
        p_peak=peak[0],
        p_after=after[0],
        smallest_peak=peak[1],
        smallest_after=after[1],
    )


def _rank(values: Real, day: npt.NDArray[np.int64], step: int) -> tuple[float, float]:
    """p of the last value among the others that lie whole steps apart, averaged over where to begin, and its least."""
    others, real = values[:-1], values[-1]
    groups = [others[day[:-1] % step == start] for start in range(step)]
    groups = [group for group in groups if len(group)] or [others]
    least = float(np.mean([1 / (1 + len(group)) for group in groups]))
    if not math.isfinite(real):
        return math.nan, least
    return float(np.mean([(1 + (group >= real).sum()) / (1 + len(group)) for group in groups])), least


def _sentence(tries: int, peak: tuple[float, float], after: tuple[float, float]) -> str:
    if not tries:
        return "No day before leaves room for a placebo."
    (high, least), (away, fewest) = peak, after
    calm = "" if math.isnan(away) else f"; days after p = {shown(away)} (least {shown(fewest)})"
    return (
        f"Among {tries:,} days before that are only called a campaign: highest day p = {shown(high)} (least possible "
        f"{shown(least)}){calm}."
    )


def _ratios(series: Daily, at: int, length: int, window: int, trend: bool) -> tuple[pd.Timestamp, float, float]:
    """The highest day and the days after a campaign that is taken to begin at `at`, over their expectation."""
    moved = replace(series, first=at, last=at + length)
    base, after, day = moved.before, moved.after(window), series.dates[at]
    within = moved.during
    real = at == series.first
    if not real and (not series.ordinary[within].all() or not len(after)):
        return day, math.nan, math.nan
    if why_not(moved, base):
        return day, math.nan, math.nan
    mean = expected_only(moved, base, np.concatenate([within, after]), trend=trend)
    own, later = mean[: len(within)], mean[len(within) :]
    high = int(np.argmax(series.count[within]))
    calm = float(series.count[after].sum() / later.sum()) if len(after) and later.sum() > 0 else math.nan
    return day, float(series.count[within][high] / own[high]) if own[high] > 0 else math.nan, calm
