"""How long an event lives: the hours until half, nine tenths, 95 and 99 of a hundred of its attention have come.

"It lives two days" has no meaning before three questions are answered.  *Until what?*  The same cascade is half over
after five hours, nine tenths after nineteen and 99 of a hundred after four days.  *From when?*  From its start, or from
its peak, which may come a day later.  *Watched how long?*  Who stops looking after a week has seen all of a week's
life: an exponential with a half-life of two days then shows T90 = 4.96 days where 6.64 is true.  So every time here
carries its share in the name, stands beside the same time from the peak, and says how long was watched.

Which act counts.  The post sets the clock and is not counted; T90 is the time of repost number ⌈0.9·n⌉.  Nine tenths of
seven acts are all seven, so T90 asks for at least 10 acts, T95 for 20, T99 for 100, and an item with fewer has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from fanecon import plots, stats
from fanecon.metrics.attention.life_curves import LifeCurve
from fanecon.metrics.attention.life_series import Series, series_of
from fanecon.metrics.attention.life_times import crossing, medians, peaks
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError

Since = Literal["start", "peak"]
Measure = Literal["t50", "t90", "t95", "t99"]
SHARES = {"t50": 0.5, "t90": 0.9, "t95": 0.95, "t99": 0.99}
FEWEST = {"t50": 2, "t90": 10, "t95": 20, "t99": 100}
COLUMN = {"start": "{}_h", "peak": "{}_from_peak_h"}
TWO_DAYS, WEEK = 48.0, 168.0
NO_WINDOW = (
    "No horizon was given: each item was watched until its last act, and what came later is not in these times. "
    "Give horizon= in hours to make items comparable."
)
RUNNING = (
    "{some} of {all} items still ran in the last tenth of the window: their times are too short. "
    "Give model=fit_life_cycle(…).curve to reckon with what is missing."
)
CORRECTED = "Times from the start are of the eventual whole under the model, of which {share} lie within the window."
LATE = "{some} of {all} items are highest in the first hour or day seen: they may have begun earlier."
ONE = "one item has no spread to measure"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LifeCycle(Result):
    """The times of every item (`items`) and their medians over items (the table), in hours."""

    items: pd.DataFrame

    def times(self, measure: Measure = "t90", *, since: Since = "start") -> np.ndarray:
        """The hours of every item that has them."""
        if measure not in SHARES or since not in COLUMN:
            raise ParameterError(f"measure is one of {', '.join(SHARES)} and since 'start' or 'peak'.")
        return np.asarray(self.items[COLUMN[since].format(measure)].dropna(), dtype=float)

    def quantile(self, share: float, *, measure: Measure = "t90", since: Since = "start") -> Interval:
        """A quantile over items of one of the times, with its order-statistic interval."""
        return _over(self.times(measure, since=since), share, self.level)

    def share_within(
        self, hours: float, *, measure: Measure = "t90", since: Since = "start", clusters: Any = None
    ) -> Interval:
        """The share of items whose time lies within some hours: Wilson, or over clusters of items if they are given."""
        times = self.items[COLUMN[since].format(measure)]
        known = times.notna().to_numpy()
        if not known.any():
            return Interval(math.nan, unit="proportion", missing=f"no item has {measure.upper()}")
        within = (times[known] <= hours).to_numpy(dtype=float)
        if clusters is None:
            return stats.wilson(float(within.sum()), float(len(within)), level=self.level)
        groups = np.asarray(clusters, dtype=object)[known]
        return stats.ratio_of_sums(within, np.ones(len(within)), clusters=groups, level=self.level)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The same items by three definitions: shares of items over by each hour, with lines at two days and a week."""
        ax = plots.axes(ax)
        for at, measure in enumerate(("t50", "t95", "t99")):
            times = np.sort(self.times(measure))  # type: ignore[arg-type]
            if len(times):
                _steps(ax, times, f"{measure.upper()}", at)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for hours, name in ((TWO_DAYS, "2 days"), (WEEK, "7 days")):
            ax.axvline(hours, color=plots.BLACK, lw=1, ls=":")
            plots.label(ax, name, (hours, 1.045), offset=(-14, 0))
        ax.set_ylim(0, 1.08)
        plots.scale(ax, "proportion", axis="y")
        ax.set_ylim(0, 1.08)
        ax.set_xlabel("hours since the start")
        ax.set_ylabel("items that are over")
        return plots.finish(ax, self.sentence, self.shows)


def _steps(ax: Axes, times: np.ndarray, name: str, at: int) -> None:
    heights = np.arange(1, len(times) + 1) / len(times)
    floor = max(float(times.min()), 0.01)
    ax.step(np.maximum(times, floor), heights, where="post", color=plots.COLOURS[at], ls=plots.DASHES[at])
    place = (0.3, 0.55, 0.8)[at]
    plots.label(ax, name, (float(np.quantile(times, place)), place), colour=plots.COLOURS[at], offset=(6, -8))


def measure_life_cycle(
    table: pd.DataFrame,
    *,
    count: str | None = None,
    horizon: float | None = None,
    background: float | Literal["median"] = 0.0,
    model: LifeCurve | None = None,
    level: float = 0.95,
) -> LifeCycle:
    """Hours until shares of an item's attention have come: T50, T90, T95, T99 from start and peak; onset and half-fall.

    Parameters
    ----------
    table
        One row per act (`seconds` or `time`), or per item and hour or day with a column that counts; the item by
        `cascade_id`, `item_id` or `event`.  A row of kind ``root`` sets the clock and is not counted.
    count
        The column that counts, where rows are bins.
    horizon
        Hours after the start to which each item was watched; later acts are left out.
    background
        Attention per hour that would have come anyway, or ``"median"`` of each item's bins.
    model
        Curve that reckons with what comes after the horizon (:func:`fit_life_cycle`).

    Returns
    -------
    LifeCycle
        `items`: one row each.  The table: medians over items.  Within a bin times are read in proportion.

    Raises
    ------
    SchemaError, ParameterError
        If nothing tells the time, or a model comes without a horizon.

    References
    ----------
    Pfeffer, Matter and Sargsyan 2023, arXiv:2302.09654; intervals: Conover 1999, section 3.2
    """
    stats.quantile_interval([0.0], 0.5, level=level)
    _may(horizon, background, model)
    found = series_of(table, count)
    kept = found if horizon is None else found.part(found.hours + found.step <= horizon * (1 + 1e-12))
    watched = np.full(len(found.items), horizon) if horizon is not None else found.watched
    items = _measured(kept, watched, background, model)
    return LifeCycle(
        table=_table(items, level),
        sentence=_sentence(items, found.label, level),
        notes=tuple(_doubts(found, kept, items, horizon, model)),
        level=level,
        unit="hours",
        shows="simulation" if found.synthetic else "fact",
        items=items,
    )


def _may(horizon: float | None, background: float | str, model: LifeCurve | None) -> None:
    if horizon is not None and not horizon > 0:
        raise ParameterError(f"The horizon is a number of hours above 0; found {horizon!r}.")
    if background != "median" and not (isinstance(background, int | float) and background >= 0):
        raise ParameterError(f"background is a number per hour, at least 0, or 'median'; found {background!r}.")
    if model is not None and horizon is None:
        raise ParameterError("A model reckons with what comes after the horizon: give horizon= in hours too.")
    if model is not None and not model.ends:
        raise ParameterError("This curve's whole has no end (power law, exponent ≤ 1): no share of it can be timed.")


def _measured(
    series: Series, watched: np.ndarray, background: float | Literal["median"], model: LifeCurve | None
) -> pd.DataFrame:
    """One row per item; an item without acts in the window has no times."""
    some = np.unique(series.item)
    base = medians(series, watched) if background == "median" else np.full(len(series.items), float(background))
    net = series.total() - base * watched
    frame = pd.DataFrame({series.label: series.items, "acts": series.total(), "watched_h": watched})
    frame["background_per_h"] = base
    for name, values in (_peaks(series, some, base, watched)).items():
        frame[name] = values
    for measure, share in SHARES.items():
        times = _timed(series, share, net, base, watched, model)
        frame[COLUMN["start"].format(measure)] = np.where(net >= FEWEST[measure], times, np.nan)
    since = series.part(series.hours >= frame["peak_h"].to_numpy()[series.item] - 1e-9)
    since = since.part(np.ones(len(since.item), bool), since.hours - frame["peak_h"].to_numpy()[since.item])
    left = since.total() - base * (watched - frame["peak_h"].to_numpy())
    for measure, share in SHARES.items():
        times = crossing(since, share, np.nan_to_num(left), base)
        frame[COLUMN["peak"].format(measure)] = np.where(left >= FEWEST[measure], times, np.nan)
    frame["still_running"] = _running(series, watched)
    frame["highest_at_once"] = (frame["peak_h"] == 0) & (not series.rooted)
    return frame


def _peaks(series: Series, some: np.ndarray, base: np.ndarray, watched: np.ndarray) -> dict[str, np.ndarray]:
    if len(some) == len(series.items):
        return peaks(series, base, watched)
    narrow = replace(series, items=series.items[some], item=np.searchsorted(some, series.item), watched=watched[some])
    found = peaks(narrow, base[some], watched[some]) if len(some) else dict[str, np.ndarray]()
    wide = {name: np.full(len(series.items), np.nan) for name in ("onset_h", "peak_h", "peak_count", "half_fall_h")}
    for name, values in found.items():
        wide[name][some] = values
    return wide


def _timed(
    series: Series, share: float, net: np.ndarray, base: np.ndarray, watched: np.ndarray, model: LifeCurve | None
) -> np.ndarray:
    """Hours from the start; under a model what was seen is only a part of the whole, and the rest is read off it."""
    if model is None:
        return crossing(series, share, net, base)
    seen = float(model.share_by(watched[0]))
    if share <= seen:
        return crossing(series, share / seen, net, base)
    return np.where(net > 0, model.time_of(share), np.nan)


def _running(series: Series, watched: np.ndarray) -> np.ndarray:
    """Whether more than one act in a hundred came in the last tenth of the window."""
    late = series.hours >= 0.9 * watched[series.item]
    total = series.total()
    return np.asarray(np.bincount(series.item, series.weight * late, minlength=len(total)) > 0.01 * total)


def _over(times: np.ndarray, share: float, level: float) -> Interval:
    if not len(times):
        return Interval(math.nan, unit="hours", missing="no item has enough acts")
    if len(times) == 1:
        return Interval(float(times[0]), unit="hours", missing=ONE)
    return stats.quantile_interval(times, share, unit="hours", level=level)


def _table(items: pd.DataFrame, level: float) -> pd.DataFrame:
    asked = [(m.upper(), since, COLUMN[since].format(m)) for since in COLUMN for m in SHARES]
    asked = [("peak", "start", "peak_h"), *asked, ("fall to half", "peak", "half_fall_h")]
    rows = []
    for measure, since, column in asked:
        times = items[column].dropna().to_numpy()
        middle = _over(times, 0.5, level)
        rows.append((measure, since, len(times), middle.estimate, middle.low, middle.high))
    return pd.DataFrame(rows, columns=["measure", "since", "items", "estimate", "low", "high"])


def _sentence(items: pd.DataFrame, label: str, level: float) -> str:
    half, most = (_over(items[f"{m}_h"].dropna().to_numpy(), 0.5, level) for m in ("t50", "t90"))
    thing = {"cascade_id": "cascade", "item_id": "item", "event": "event", "burst_id": "burst"}.get(label, "item")
    if len(items) == 1:
        return _one_sentence(items, thing)
    return (
        f"Of {len(items):,} {thing}s the median one had half of its attention after {half} and nine tenths "
        f"after {most}."
    )


def _one_sentence(items: pd.DataFrame, thing: str) -> str:
    row = items.iloc[0]
    words = {"half": "t50", "nine tenths": "t90", "99 of 100": "t99"}
    told = [f"{share} after {shown(row[f'{m}_h'])} hours" for share, m in words.items() if pd.notna(row[f"{m}_h"])]
    return f"Of {shown(row['acts'])} acts on one {thing}: {', '.join(told) or 'too few to time'}."


def _doubts(
    found: Series, kept: Series, items: pd.DataFrame, horizon: float | None, model: LifeCurve | None
) -> Iterator[str]:
    yield from found.notes
    yield from _about_the_end(float(found.weight.sum()), float(kept.weight.sum()), items, horizon, model)
    rows = len(items)
    if items["highest_at_once"].any():
        yield LATE.format(some=f"{int(items['highest_at_once'].sum()):,}", all=f"{rows:,}")
    for measure in ("t90", "t99"):
        if few := int(items[f"{measure}_h"].isna().sum()):
            yield f"{few:,} of {rows:,} items have fewer than {FEWEST[measure]} acts, too few for {measure.upper()}."
    if found.step:
        yield f"Counts come in bins of {shown(found.step)} hours: no time is known better than that."


def _about_the_end(
    acts: float, within: float, items: pd.DataFrame, horizon: float | None, model: LifeCurve | None
) -> Iterator[str]:
    """What the window hides."""
    if horizon is None:
        yield NO_WINDOW
        return
    if acts > within:
        yield f"{shown(acts - within)} of {shown(acts)} acts came after the horizon of {shown(horizon)} hours."
    if model is not None:
        yield CORRECTED.format(share=shown(float(model.share_by(horizon)), "proportion"))
    elif items["still_running"].any():
        yield RUNNING.format(some=f"{int(items['still_running'].sum()):,}", all=f"{len(items):,}")


def simulate_life_cycle(
    items: int,
    *,
    curve: LifeCurve,
    acts: float = 200,
    spread: float = 0.0,
    horizon: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Acts on items whose lives follow a known curve: the table that the times and the fit of a life take.

    Parameters
    ----------
    items
        Number of items, each with a root row at 0 seconds.
    curve
        When acts come; a power law without end needs a horizon.
    acts
        Mean number of acts of an item, eventually; items differ (lognormal, σ = 0.5).
    spread
        Items live longer or shorter by a lognormal factor of this σ.
    horizon
        Hours after which nobody looks any more.

    Returns
    -------
    DataFrame
        cascade_id, node_id, seconds, kind; ``attrs["synthetic"]`` is True.
    """
    if not (items >= 1 and acts > 0 and spread >= 0 and (horizon is None or horizon > 0)):
        raise ParameterError(
            f"Needed: items ≥ 1, acts > 0, spread ≥ 0, horizon > 0; found {items!r}, {acts!r}, {spread!r}, {horizon!r}."
        )
    if not curve.ends and horizon is None:
        raise ParameterError("This curve's whole has no end (power law, exponent ≤ 1): give horizon= in hours.")
    rng = np.random.default_rng(seed)
    numbers = rng.poisson(acts * rng.lognormal(-0.125, 0.5, items))
    owner = np.repeat(np.arange(items), numbers)
    slower = rng.lognormal(0, spread, items)[owner]
    hours = _drawn(curve, rng.random(len(owner)), math.inf if curve.ends else float(horizon or 0)) * slower
    kept = hours <= (math.inf if horizon is None else horizon)
    frame = pd.DataFrame({"cascade_id": owner[kept], "seconds": hours[kept] * 3600, "kind": "repost"})
    roots = pd.DataFrame({"cascade_id": np.arange(items), "seconds": 0.0, "kind": "root"})
    drawn = pd.concat([roots, frame], ignore_index=True).sort_values(["cascade_id", "seconds"], kind="stable")
    drawn.insert(1, "node_id", drawn.groupby("cascade_id").cumcount())
    drawn = drawn.astype({"cascade_id": str, "node_id": str}).reset_index(drop=True)
    drawn.attrs["synthetic"] = True
    return drawn


def _drawn(curve: LifeCurve, share: np.ndarray, horizon: float) -> np.ndarray:
    """The inverse of the curve, read off 20,000 of its points, evenly spaced on the scale of the logarithm."""
    ends = curve.time_of(1e-7, horizon), min(curve.time_of(1 - 1e-9, horizon), horizon)
    grid = np.geomspace(*ends, 20_000)
    return np.asarray(np.exp(np.interp(share, curve.share_by(grid, horizon), np.log(grid))))
