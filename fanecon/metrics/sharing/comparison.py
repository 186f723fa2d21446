"""One article beside the others of its account: is it different, or only the best of many?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots, stats
from fanecon.metrics.sharing.rates import share_to_read
from fanecon.metrics.sharing.totals import find_article
from fanecon.results import Interval, Result, shown
from fanecon.schema import SchemaError

PICKED = "It was picked because it was shared most: some of its lead is luck. "


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Result):
    """The share-to-read of one article, of the others, and the difference."""

    difference: Interval
    fair: Interval | None

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The article, its fair estimate and the others, one dot and interval each."""
        ax = plots.axes(ax, height=2.4)
        values = [Interval(r.estimate, r.low, r.high, "proportion") for r in self.table.itertuples()]
        plots.intervals(ax, list(self.table["who"]), values, unit="proportion")
        return plots.finish(ax, self.sentence, self.shows)


def compare_article(items: pd.DataFrame, *, title: str = "", level: float = 0.95) -> Comparison:
    """The share-to-read of one article minus that of the account's other articles, in people.

    The interval joins Wilson's for the article and the cluster-robust one for the others (MOVER: each end moves by
    the root of the summed squares of the two distances).

    Parameters
    ----------
    items
        One row per article: readers, sharers (people).
    title
        Title, or part of it, of the article; empty = the most shared one.

    Raises
    ------
    SchemaError
        With fewer than three articles: there is nothing to compare with.

    References
    ----------
    Zou and Donner 2008, doi:10.1002/sim.3095
    """
    if len(items) < 3:
        raise SchemaError(f"A comparison needs at least 3 articles of the account; found {len(items)}.")
    chosen = find_article(items, title=title)
    others = items.drop(index=chosen.index)
    one, rest = share_to_read(chosen, level=level), share_to_read(others, level=level)
    difference = _mover(one.overall, rest.overall)
    fair = _fair(items, chosen.index[0], level)
    rows = [("this article", one.overall), ("drawn to the common rate", fair), ("the other articles", rest.overall)]
    name = str(one.table[one.label].iloc[0])
    return Comparison(
        table=pd.DataFrame(
            [{"who": who, "estimate": v.estimate, "low": v.low, "high": v.high} for who, v in rows if v]
        ),
        sentence=f"'{name}' was shared by {shown(one.overall.estimate, 'proportion')} of its readers, the other "
        f"{len(others)} articles by {shown(rest.overall.estimate, 'proportion')}: a difference of {difference}.",
        notes=(*_doubts(fair, picked=not title), *one.notes[:-1], *rest.notes),
        level=level,
        unit="proportion",
        shows="simulation" if items.attrs.get("synthetic") else "fact",
        difference=difference,
        fair=fair,
    )


def _mover(one: Interval, rest: Interval) -> Interval:
    gap = one.estimate - rest.estimate
    if math.isnan(rest.low):
        return Interval(gap, unit="points", missing="the other articles give no interval")
    down = math.hypot(one.estimate - one.low, rest.high - rest.estimate)
    up = math.hypot(one.high - one.estimate, rest.estimate - rest.low)
    return Interval(gap, gap - down, gap + up, "points")


def _fair(items: pd.DataFrame, at: object, level: float) -> Interval | None:
    """The article's rate after borrowing strength from all articles, if its row can be used."""
    usable = items[items[["readers", "sharers"]].notna().all(axis=1) & (items["readers"] > 0)]
    usable = usable[usable["sharers"] <= usable["readers"]]
    if at not in usable.index or len(usable) < 3:
        return None
    row = stats.shrink(usable["sharers"], usable["readers"], level=level).iloc[usable.index.get_loc(at)]
    return Interval(float(row["estimate"]), float(row["low"]), float(row["high"]), "proportion")


def _doubts(fair: Interval | None, *, picked: bool) -> tuple[str, ...]:
    if not picked:
        return ()
    return (PICKED + (f"Drawn towards the account's common rate it comes to {fair}." if fair else ""),)
