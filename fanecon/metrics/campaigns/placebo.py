"""The same question asked of days on which nothing was drawn: how far ordinary days stray from their expectation.

One campaign is one observation.  What can be said without a second one is how often a day that is only *called* a
campaign does as well: every day before it that has enough days behind it, and room for the campaign and its calm, is
tried (placebo in time).  With K such days the real one ranks at best first of K + 1, so p cannot fall below 1/(K + 1),
whatever the campaign did.  The tries overlap, so they are worth fewer than K; the days behind them are fewer than those
behind the real one, which makes them stray farther: both make p larger rather than smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.campaigns.baseline import FEWEST_DAYS, expected_only, why_not
from fanecon.metrics.campaigns.daily import Daily
from fanecon.metrics.campaigns.pictures import draw_tries
from fanecon.results import Result, shown

MOST, FOR_5 = 180, 20
OVERLAP = "The days tried overlap, so they are worth fewer than their number."
FEW = "With fewer than {least} days in all no rank can reach 5 %, whatever the campaign did."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Placebo(Result):
    """The days before that were only called a campaign, and the ranks of the real one among them.

    Parameters
    ----------
    tries
        date, peak (highest day ÷ expectation), after (days after ÷ expectation); the last row is the real campaign.
    p_peak, p_after
        How often one of them, the real one included, is at least as high, and as far from expectation either way.
    smallest_p
        The smallest p that so many tries allow.
    """

    tries: pd.DataFrame
    p_peak: float
    p_after: float
    smallest_p: float

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
    high, away = _rank(table["peak"]), _rank(np.abs(np.log(np.maximum(table["after"], 1e-12))))
    names = ["highest day", "days after, either way"]
    return Placebo(
        table=pd.DataFrame({"rank of the campaign by": names, "p": [high, away], "of": len(table)}),
        sentence=_sentence(len(table) - 1, high, away),
        notes=(OVERLAP, *([FEW.format(least=FOR_5)] if len(table) < FOR_5 else [])),
        shows="simulation" if series.synthetic else "fact",
        tries=table,
        p_peak=high,
        p_after=away,
        smallest_p=1 / len(table),
    )


def _rank(values: pd.Series) -> float:
    """The share of values, the last one included, that reach the last one."""
    return float((values >= values.iloc[-1]).mean()) if math.isfinite(values.iloc[-1]) else math.nan


def _sentence(tries: int, high: float, away: float) -> str:
    if not tries:
        return "No day before leaves room for a placebo."
    calm = "" if math.isnan(away) else f", the days after p = {shown(away)}"
    return (
        f"Among {tries:,} days before that are only called a campaign: highest day p = {shown(high)}{calm} "
        f"(no p below {shown(1 / (tries + 1))} is possible)."
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
