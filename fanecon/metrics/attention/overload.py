"""Overload: when everybody posts more, who is seen more?

A receiver who looks at c items per period and is sent λ sees each with chance min(1, c ÷ λ).  Below the capacity every
further post is seen.  Above it the sum is c whatever is posted: a further post of one sender takes its views from the
others, and all senders posting twice as much changes nothing at all.  That is the conservation of attention, and it
can be asked of data without knowing c: by how many per cent do the views of one receiver grow when that receiver's
feed grows by one per cent?  1 means in proportion, 0 means conserved.

The question must be asked within a receiver.  If those who follow many accounts are those who look at many items,
views follow the feed closely across people, even where each of them is long since full.

E[viewed] = level of the receiver (and of the period) × incoming^elasticity; nothing but the mean needs to be right
(Wooldridge 1999).  How often the interval covers, 2,000 simulations, 95 % meant: 94.0 % (in proportion, 50
receivers), 94.7 and 94.3 % (conserved, 50 and 20 receivers).

Limits to what people process were reported for one platform (Gomez-Rodriguez, Gummadi and Schölkopf 2014); the library
assumes none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.attention.within import Sample, Slope, codes_of, left_out, slopes
from fanecon.results import Interval, Result
from fanecon.schema import ParameterError, SchemaError, need
from fanecon.stats.proportions import checked_level

FEED = ("receiver_id", "period", "incoming", "viewed")
NEEDED = "looked at anything and saw their feed vary"
NEWS = (
    "Posters post more when there is news, and news is looked at more: that pushes the elasticity up. A period that is "
    "held still takes out only the news that all receivers met."
)
SORTED = "A feed that a program sorts can hold views back below the capacity of its reader."
ACROSS = "Between receivers: different people; who looks at more may also ask for more."


def feed_views(posts: object, *, capacity: float) -> pd.DataFrame:
    """The views of each sender in a feed whose reader looks at `capacity` items per period, drawn without preference.

    Parameters
    ----------
    posts
        Items of each sender in the period: a mapping or a Series (sender → items), or a list of numbers.
    capacity
        Items that the reader looks at in a period.

    Returns
    -------
    DataFrame
        sender, posts, chance = min(1, capacity ÷ Σ posts), views = posts × chance; their sum is min(Σ posts, capacity).

    Raises
    ------
    ParameterError
        Unless posts and capacity are numbers from 0 on.

    Examples
    --------
    >>> feed_views({"friends": 30, "shop": 10}, capacity=20)["views"].tolist()
    [15.0, 5.0]
    >>> feed_views({"friends": 30, "shop": 30}, capacity=20)["views"].tolist()
    [10.0, 10.0]
    """
    given = pd.Series(posts, dtype=float)
    if not (np.isfinite(given) & (given >= 0)).all() or not capacity >= 0:
        raise ParameterError(f"posts and capacity are numbers from 0 on; found {posts!r} and {capacity!r}.")
    whole = float(given.sum())
    chance = min(1.0, capacity / whole) if whole else 1.0
    return pd.DataFrame(
        {"sender": list(given.index), "posts": given.to_numpy(), "chance": chance, "views": given.to_numpy() * chance}
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionElasticity(Result):
    """Per cent more views for one per cent more items: 1 in proportion, 0 conserved."""

    within: Interval
    between: Interval
    curve: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Mean views against items, both in times a receiver's own mean, beside the lines of elasticity 0 and 1."""
        ax, rows = plots.axes(ax), self.curve
        ax.plot(rows["incoming"], rows["viewed"], color=plots.BLUE, ls="-", marker="o")
        for slope, name in ((0.0, "conserved"), (1.0, "in proportion")):
            line = rows["incoming"] ** slope
            ax.plot(rows["incoming"], line, color=plots.BLACK, ls=plots.DASHES[1], lw=1)
            plots.label(ax, name, (float(rows["incoming"].iloc[-1]), float(line.iloc[-1])))
        ax.set_xlim(0, float(rows["incoming"].max()) * 1.25)
        ax.set_ylim(0, None)
        ax.set_xlabel("items in the feed, in times the receiver's own mean", parse_math=False)
        ax.set_ylabel("views, in times the own mean", parse_math=False)
        return plots.finish(ax, self.sentence, self.shows)


def attention_elasticity(table: pd.DataFrame, *, level: float = 0.95) -> AttentionElasticity:
    """By how many per cent one receiver's views grow when the receiver's feed grows by one per cent.

    Parameters
    ----------
    table
        One row per receiver and period: receiver_id, incoming (items in the feed), viewed (times); `period`, if there
        is one, is held still.

    Returns
    -------
    AttentionElasticity
        `within` receivers is the claim, `between` compares different people; "not estimable" with fewer than 10
        receivers whose feed varied.

    Raises
    ------
    SchemaError
        If a column is missing or negative.

    References
    ----------
    Wooldridge 1999, doi:10.1016/S0304-4076(98)00033-5; Hodas and Lerman 2012, SocialCom
    """
    checked_level(level)
    rows = feed_rows(table)
    receiver = codes_of(rows["receiver_id"])
    held = (receiver, codes_of(rows["period"])) if "period" in rows else (receiver,)
    telling = _telling(rows)
    own = _elasticity(rows["viewed"], rows["incoming"], held, receiver).told_by(telling, NEEDED)
    sums = rows.groupby("receiver_id", sort=False)[["viewed", "incoming"]].mean()
    each = np.arange(len(sums))
    others = _elasticity(sums["viewed"], sums["incoming"], (np.zeros_like(each),), each).told_by(len(sums), NEEDED)
    within, between = own.interval(level, factor=False), others.interval(level, factor=False)
    pairs = (("within receivers", within, own), ("between receivers", between, others))
    found = [(name, value.estimate, value.low, value.high, slope.clusters) for name, value, slope in pairs]
    return AttentionElasticity(
        table=pd.DataFrame(found, columns=["comparison", "estimate", "low", "high", "receivers"]),
        sentence=_sentence(within, telling, len(rows)),
        notes=(*left_out(table, *FEED), NEWS, SORTED, ACROSS),
        level=level,
        unit="",
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        within=within,
        between=between,
        curve=_curve(rows),
    )


def feed_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The usable rows of a table of feeds: receiver_id, period if there is one, incoming > 0, viewed."""
    need(table, "receiver_id", "incoming", "viewed", meaning="one row per receiver and period")
    rows = table[[name for name in FEED if name in table]].dropna()
    numbers = rows[["incoming", "viewed"]].astype(float)
    if not (np.isfinite(numbers) & (numbers >= 0)).all(axis=None):
        raise SchemaError("'incoming' and 'viewed' count items: numbers from 0 on.")
    if (numbers["viewed"] > 0)[numbers["incoming"] == 0].any():
        raise SchemaError("A row has views and no incoming item; both must count the same feed.")
    return rows.assign(**numbers)[numbers["incoming"] > 0].reset_index(drop=True)


def _telling(rows: pd.DataFrame) -> int:
    each = rows.groupby("receiver_id").agg({"viewed": "sum", "incoming": "nunique"})
    return int(((each["viewed"] > 0) & (each["incoming"] > 1)).sum())


def _elasticity(y: pd.Series, incoming: pd.Series, held: tuple[np.ndarray, ...], clusters: np.ndarray) -> Slope:
    x = np.log(incoming.to_numpy())[:, None]
    return slopes(Sample(y.to_numpy(), np.ones(len(y)), x, held, clusters))[0]


def _sentence(within: Interval, telling: int, rows: int) -> str:
    if within.missing:
        return f"The elasticity of attention within receivers is not estimable: {within.missing}."
    holds = (0.0 in within, 1.0 in within)
    verdict = {
        (True, False): "behaves like attention that is conserved",
        (False, True): "behaves like attention in proportion to what is posted",
        (True, True): "cannot be told from either conserved or proportional attention",
        (False, False): "lies apart from both conserved (0) and proportional (1) attention",
    }[holds]
    return (
        f"One per cent more items in a receiver's feed goes with {within} per cent more views; that {verdict} "
        f"({telling:,} receivers, {rows:,} rows)."
    )


def _curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Views and items in times the receiver's own mean, by eighths of the latter."""
    mean = rows.groupby("receiver_id")[["incoming", "viewed"]].transform("mean")
    own = (rows[["incoming", "viewed"]] / mean)[mean["viewed"] > 0]
    part = (
        pd.qcut(own["incoming"].rank(method="first"), min(8, len(own)), labels=False) if len(own) else own["incoming"]
    )
    return own.groupby(part)[["incoming", "viewed"]].mean().reset_index(drop=True)


def simulate_feeds(
    receivers: int = 100,
    *,
    periods: int = 20,
    capacity: float = 20.0,
    inflow: float = 30.0,
    seen: float = 0.8,
    seed: int = 0,
) -> pd.DataFrame:
    """Feeds of readers who look at what they are sent up to a capacity and at nothing beyond it.

    Parameters
    ----------
    receivers, periods
        People, and periods.
    capacity
        Items that a mean reader looks at when the feed is full; each reader's own is in proportion to how keen he is.
    inflow
        Median items of a feed in a period; readers differ (σ 0.4 on the log scale), and periods of a reader (σ 0.6).
    seen
        Mean share of a small feed that is looked at; a feed is full from capacity ÷ seen items on.

    Returns
    -------
    DataFrame
        receiver_id, period, incoming, viewed; ``attrs["synthetic"]`` is True.
    """
    if not (receivers >= 1 and periods >= 1 and capacity > 0 and inflow > 0 and 0 < seen < 1):
        raise ParameterError("Needed: receivers, periods ≥ 1, capacity, inflow > 0, 0 < seen < 1.")
    rng = np.random.default_rng(seed)
    keen = rng.beta(20 * seen, 20 * (1 - seen), receivers)[:, None]
    usual = inflow * rng.lognormal(0, 0.4, receivers)[:, None]
    incoming = rng.poisson(usual * rng.lognormal(0, 0.6, (receivers, periods)))
    chance = keen * np.minimum(1.0, capacity / seen / np.maximum(incoming, 1))
    viewed = rng.binomial(incoming, rng.beta(20, 20 * (1 - chance) / chance))
    who, when = (axis.ravel() for axis in np.indices(incoming.shape))
    frame = pd.DataFrame({"receiver_id": who, "period": when, "incoming": incoming.ravel(), "viewed": viewed.ravel()})
    frame.attrs["synthetic"] = True
    return frame
