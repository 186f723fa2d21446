"""How much of a fall newcomers can explain, where nobody counted them apart.

With audience and rate of two periods and nothing by cohort, the split into stayers and newcomers is not identified,
but it is bounded.  Let e be the newcomers' share of the second audience: at least (N₂ − N₁) ÷ N₂, and more if some
have left.  Stayers and newcomers together make the second rate, (1 − e)·S₂ + e·E₂ = O₂, so the term of entrants,
O₂ − S₂, is most negative where newcomers never open (E₂ = 0): −O₂·e ÷ (1 − e).  If newcomers open no more than
stayers it is at most 0.  All the rest of the fall is there whoever came (Manski 2003: bounds instead of a wish).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots, stats
from fanecon.metrics.attention.opens import opened_column
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, SchemaError, need

Average = Literal["sum", "median"]
NOT_BETTER = "Assumed: newcomers open no more than stayers; without it the newcomers' part has no lower end."
SAME_LEAVERS = "Assumed: those who left had opened like those who stayed."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DilutionBounds(Result):
    """What newcomers can have contributed to a fall, at least and at most."""

    most: Interval
    newcomers: float
    share_of_fall: Interval

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The fall, and how much of it newcomers can be."""
        ax = plots.axes(ax, height=2.8)
        values = [Interval(r.estimate, r.low, r.high, self.unit) for r in self.table.itertuples()]
        plots.intervals(ax, list(self.table["what"]), values, zero=False)
        ax.axvline(0, color=plots.BLACK, lw=0.8, ls="-")
        return plots.finish(ax, self.sentence, self.shows)


def dilution_bounds(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    left: float = 0.0,
    opened: str | None = None,
    average: Average = "sum",
    level: float = 0.95,
) -> DilutionBounds:
    """The part of a fall that newcomers can explain at most, from audience and rate of two periods alone.

    Parameters
    ----------
    before, after
        One row per article of each period: delivered, session_readers or readers (people).
    left
        Proportion of the first audience that has left since; it raises the newcomers' share.
    opened, average
        The column of people who opened, if it is another; ``"sum"`` of all articles or ``"median"`` article.

    Returns
    -------
    DilutionBounds
        The bound −O₂·e ÷ (1 − e) with the interval of O₂ over articles; e, the newcomers' share.

    Raises
    ------
    ParameterError, SchemaError
        Unless 0 ≤ left < 1; without usable rows; if the audience shrank by more than `left`.

    References
    ----------
    Manski 2003, Partial Identification of Probability Distributions; Donner and Zou 2012, doi:10.1177/0962280210383082
    """
    if average not in ("sum", "median"):
        raise ParameterError(f"average is 'sum' or 'median'; found {average!r}.")
    if not 0 <= left < 1:
        raise ParameterError(f"left is a proportion from 0 to below 1; found {left!r}.")
    sizes, rates = zip(*(_period(one, opened, average, level) for one in (before, after)), strict=True)
    stayers = sizes[0] * (1 - left)
    if stayers > sizes[1]:
        raise ParameterError(
            f"The audience shrank from {shown(sizes[0])} to {shown(sizes[1])}; that needs left of at least "
            f"{1 - sizes[1] / sizes[0]:.3f}."
        )
    return _bounds(sizes[1] / stayers - 1, rates, level, _synthetic(before, after))


def _synthetic(*tables: pd.DataFrame) -> bool:
    return any(bool(table.attrs.get("synthetic")) for table in tables)


def _period(table: pd.DataFrame, opened: str | None, average: str, level: float) -> tuple[float, Interval]:
    """Mean audience and open rate of a period."""
    part = opened or opened_column(table)
    part = part if part in table or "readers" not in table else "readers"
    need(table, "delivered", part, meaning="one row per article")
    rows = table[["delivered", part]].dropna()
    rows = rows[(rows["delivered"] > 0) & (rows[part] <= rows["delivered"])]
    if rows.empty:
        raise SchemaError(f"No row has usable 'delivered' and '{part}'.")
    size = float(rows["delivered"].mean())
    if average == "median":
        return size, stats.median_interval(rows[part] / rows["delivered"], unit="proportion", level=level)
    return size, stats.ratio_of_sums(rows[part], rows["delivered"], level=level)


def _bounds(odds: float, rates: tuple[Interval, ...], level: float, synthetic: bool) -> DilutionBounds:
    """`odds` are newcomers per stayer, e ÷ (1 − e)."""
    first, last = rates
    fall = last.estimate - first.estimate
    most = Interval(-odds * last.estimate, -odds * last.high, -odds * last.low, "points")
    share = _share(odds, first, last)
    rest = Interval(fall - most.estimate, unit="points")
    rows = [("the whole change", fall), ("newcomers, at most", most.estimate), ("newcomers, at least", 0.0)]
    table = pd.DataFrame([*rows, ("stayers, at least", rest.estimate)], columns=["what", "estimate"])
    table["low"], table["high"] = [math.nan, most.low, math.nan, math.nan], [math.nan, most.high, math.nan, math.nan]
    return DilutionBounds(
        table=table,
        sentence=_sentence(odds, rates, share),
        notes=(NOT_BETTER, SAME_LEAVERS),
        level=level,
        unit="points",
        shows="simulation" if synthetic else "fact",
        most=most,
        newcomers=odds / (1 + odds),
        share_of_fall=share,
    )


def _share(odds: float, first: Interval, last: Interval) -> Interval:
    """odds ÷ (O₁/O₂ − 1), at most 1; the interval of O₁/O₂ is recovered from those of both rates on the log scale."""
    if last.estimate >= first.estimate:
        return Interval(math.nan, unit="proportion", missing="the rate did not fall")
    estimate = min(1.0, odds / (first.estimate / last.estimate - 1)) if last.estimate > 0 else 0.0
    if math.isnan(first.low) or math.isnan(last.low) or last.low <= 0:
        return Interval(estimate, unit="proportion", missing="too few articles")
    centre = math.log(first.estimate / last.estimate)
    down = math.hypot(math.log(first.estimate / first.low), math.log(last.high / last.estimate))
    up = math.hypot(math.log(first.high / first.estimate), math.log(last.estimate / last.low))
    high = odds / math.expm1(centre - down) if centre > down else math.inf
    return Interval(estimate, min(1.0, odds / math.expm1(centre + up)), min(1.0, high), "proportion")


def _sentence(odds: float, rates: tuple[Interval, ...], share: Interval) -> str:
    went = f"The rate went from {rates[0]} to {rates[1]}"
    if math.isnan(share.estimate):
        return f"{went}: it did not fall, and newcomers have nothing to explain."
    newcomers = shown(odds / (1 + odds), "proportion")
    return f"{went}; newcomers, {newcomers} of the second audience, explain at least none and at most {share} of it."
