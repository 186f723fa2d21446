"""Whether people answer less the more they are sent, and why it must be asked of one person at a time.

Who gets many messages is not who gets few.  Fans subscribe to more, and who is tired of it has left: so across people
more messages often go with *more* answers per message, and a sender concludes that nobody ever tires.  Within one
person the same data may show the opposite.  Both slopes are reported, and only the one within receivers is called
fatigue; the other compares people.

For receiver i in period t: E[responses] = level of i × level of t × chances × exp(slope × exposure).  The level of a
receiver takes out how keen the person is, the level of a period what happened to all at once (news, a holiday, a
redesign).  Receivers who never answered, or whose exposure never changed, say nothing and are counted as such.  No
model of the spread is used (Wooldridge 1999), and the interval is robust over receivers.

What stays in the way: senders who send more to those who just answered (or less to those who did not) make exposure
follow the response; and who left is no longer there to be tired.

How often the interval within receivers covers, 2,000 simulations of 20 periods each, 95 % meant: 94.4 % (30 receivers),
94.2 % (200), 95.5 % (100, of whom the silent leave), 94.8 % (50 who do not tire).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.attention.within import Sample, Slope, codes_of, left_out, slopes
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, SchemaError, need
from fanecon.stats.proportions import checked_level

LEAST_EXPONENT = -30.0
COLUMNS = ("receiver_id", "period", "exposure", "responses", "chances")
NEEDED = "answered and saw their exposure change"
FEEDBACK = (
    "Assumed: what a receiver is sent does not follow from what the receiver has just answered. Senders who pause for "
    "those who fall silent break it."
)
LEFT = "Who has left is not in the rows; if the tired leave, fatigue is understated."
TIME = "Without a column 'period', whatever fell over time for all receivers passes for fatigue."
SAME_PERIOD = "Periods are held still: what all receivers met at once is not counted as fatigue."
MINED = "Exposure is also what the rate is divided by; an exposure that is counted with error looks like fatigue."
SAME_SLOPE = "Receivers who tire at different speeds are averaged; those who answer most and vary most weigh most."
PEOPLE = "Between receivers: different people, not what happens to one of them."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fatigue(Result):
    """The factor on responses per chance for each step of exposure, within receivers and between them."""

    within: Interval
    between: Interval
    receivers: int
    informative: int
    curve: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Responses per chance against exposure: of the same receivers (line), and of different ones (dashes)."""
        ax = plots.axes(ax)
        colours = {"within receivers": plots.BLUE, "between receivers": plots.RED}
        for at, (name, rows) in enumerate(self.curve.groupby("comparison", sort=False)):
            colour = colours[str(name)]
            ax.plot(rows["exposure"], rows["rate"], color=colour, ls=plots.DASHES[at], marker=plots.MARKERS[at])
            plots.label(ax, str(name), (rows["exposure"].iloc[-1], rows["rate"].iloc[-1]), colour=colour)
        ax.set_xlabel("exposure of a receiver in a period", parse_math=False)
        ax.set_ylabel("responses per chance", parse_math=False)
        ax.set_xlim(0, float(self.curve["exposure"].max()) * 1.25)
        ax.set_ylim(0, float(self.curve["rate"].max()) * 1.15)
        return plots.finish(ax, self.sentence, self.shows)


def fatigue(table: pd.DataFrame, *, step: float = 1.0, level: float = 0.95) -> Fatigue:
    """The factor by which one receiver's responses per chance change with each further message that the receiver gets.

    Parameters
    ----------
    table
        One row per receiver and period: receiver_id, exposure (messages the receiver got), responses (times), and if
        there are: chances (messages that could be answered; the exposure unless given), period (held still).
    step
        Messages for which the factor is told.

    Returns
    -------
    Fatigue
        `within` is the claim, `between` what different people show; "not estimable" with the reason where fewer than
        10 receivers answered at all and saw their exposure change.

    Raises
    ------
    SchemaError, ParameterError
        If a column is missing or negative; unless step > 0.

    References
    ----------
    Hausman, Hall and Griliches 1984, doi:10.2307/1911191; Wooldridge 1999, doi:10.1016/S0304-4076(98)00033-5
    """
    checked_level(level)
    if not (step > 0 and math.isfinite(step)):
        raise ParameterError(f"step is a number of messages above 0; found {step!r}.")
    rows = _rows(table)
    own, others = _within(rows), _between(rows)
    unit = "times per message" if step == 1 else f"times per {shown(step)} messages"
    within, between = (one.interval(level, step=step, unit=unit) for one in (own, others))
    found = [("within receivers", within, own), ("between receivers", between, others)]
    return Fatigue(
        table=pd.DataFrame(
            [(name, one.estimate, one.low, one.high, slope.clusters) for name, one, slope in found],
            columns=["comparison", "estimate", "low", "high", "receivers"],
        ),
        sentence=_sentence(rows, own, within, between, step),
        notes=(
            *left_out(table, *COLUMNS),
            SAME_PERIOD if "period" in rows else TIME,
            *([MINED] if _is_base(rows) else []),
            FEEDBACK,
            LEFT,
            SAME_SLOPE,
            PEOPLE,
        ),
        level=level,
        unit=unit,
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        within=within,
        between=between,
        receivers=int(rows["receiver_id"].nunique()),
        informative=own.clusters,
        curve=_curve(rows, own),
    )


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    need(table, "receiver_id", "exposure", "responses", meaning="one row per receiver and period")
    names = ["receiver_id", *[name for name in ("period",) if name in table], "exposure", "responses"]
    rows = table[names].copy()
    rows["chances"] = table["chances"] if "chances" in table else table["exposure"]
    rows = rows.dropna()
    numbers = rows[["exposure", "responses", "chances"]].astype(float)
    if not (np.isfinite(numbers) & (numbers >= 0)).all(axis=None):
        raise SchemaError("'exposure', 'responses' and 'chances' count something: numbers from 0 on.")
    if (numbers["responses"] > 0)[numbers["chances"] == 0].any():
        raise SchemaError("A row has responses and no chance to respond; 'chances' must count what could be answered.")
    return rows.assign(**numbers)[numbers["chances"] > 0].reset_index(drop=True)


def _is_base(rows: pd.DataFrame) -> bool:
    return bool((rows["chances"] == rows["exposure"]).all())


def _within(rows: pd.DataFrame) -> Slope:
    receiver = codes_of(rows["receiver_id"])
    held = (receiver, codes_of(rows["period"])) if "period" in rows else (receiver,)
    return _slope(rows["responses"], rows["chances"], rows["exposure"], held, receiver).told_by(_telling(rows), NEEDED)


def _telling(rows: pd.DataFrame) -> int:
    """Receivers who answered at all and whose exposure changed."""
    each = rows.groupby("receiver_id").agg({"responses": "sum", "exposure": "nunique"})
    return int(((each["responses"] > 0) & (each["exposure"] > 1)).sum())


def _between(rows: pd.DataFrame) -> Slope:
    """One row per receiver: all responses over all chances, against the mean exposure of those chances."""
    rows = rows.assign(weighted=rows["exposure"] * rows["chances"])
    sums = rows.groupby("receiver_id", sort=False)[["responses", "chances", "weighted"]].sum()
    everybody, each = np.zeros(len(sums), dtype=int), np.arange(len(sums))
    mean = sums["weighted"] / sums["chances"]
    return _slope(sums["responses"], sums["chances"], mean, (everybody,), each).told_by(len(sums), NEEDED)


def _slope(y: pd.Series, base: pd.Series, x: pd.Series, held: tuple[np.ndarray, ...], clusters: np.ndarray) -> Slope:
    return slopes(Sample(y.to_numpy(), base.to_numpy(), x.to_numpy()[:, None], held, clusters))[0]


def _sentence(rows: pd.DataFrame, own: Slope, within: Interval, between: Interval, step: float) -> str:
    each = "message" if step == 1 else f"{shown(step)} messages"
    if own.missing:
        return f"Fatigue within a receiver is not estimable: {own.missing}."
    whole = rows["receiver_id"].nunique()
    across = f"times {_plain(between)}, which compares different people" if not between.missing else "not estimable"
    return (
        f"Within one receiver, each further {each} goes with times {_plain(within)} the responses per chance "
        f"({own.clusters:,} of {whole:,} receivers tell); between receivers it is {across}."
    )


def _plain(value: Interval) -> str:
    return str(Interval(value.estimate, value.low, value.high))


def _curve(rows: pd.DataFrame, own: Slope) -> pd.DataFrame:
    """Rates by fifths of exposure: as people differ, and as one receiver of the mean rate would change."""
    rate = rows["responses"].sum() / rows["chances"].sum()
    weighted = (rows["exposure"] * rows["chances"]).sum() / rows["chances"].sum()
    added = {"responses": "sum", "chances": "sum", "exposure": "mean"}
    sums = rows.groupby("receiver_id").agg(added)
    fifth = pd.qcut(sums["exposure"].rank(method="first"), min(5, len(sums)), labels=False)
    parts = sums.groupby(fifth).agg(added)
    people = pd.DataFrame({"exposure": parts["exposure"], "rate": parts["responses"] / parts["chances"]})
    at = people["exposure"].to_numpy()
    slope = 0.0 if math.isnan(own.estimate) else own.estimate
    same = pd.DataFrame({"exposure": at, "rate": rate * np.exp(slope * (at - weighted))})
    named = [("within receivers", same), ("between receivers", people)]
    return pd.concat([one.assign(comparison=name) for name, one in named], ignore_index=True)


def simulate_fatigue(
    receivers: int = 200,
    *,
    periods: int = 20,
    slope: float = -0.05,
    selection: float = 1.0,
    leaving: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Receivers who answer less with each further message, while those who like the sender get more of them.

    Parameters
    ----------
    receivers, periods
        People, and periods in which each gets a Poisson number of messages (5 on average, other means for others).
    slope
        Change of the log response rate with each message in the period; −0.05 is 4.9 % less.
    selection
        Power of a receiver's mean exposure in the receiver's own response rate: 0 = exposure says nothing about the
        person, 1 = who gets twice as many answers each twice as often.
    leaving
        Chance to leave for good after a period without any answer.

    Returns
    -------
    DataFrame
        receiver_id, period, exposure, chances, responses; ``attrs["synthetic"]`` is True.
    """
    if not (receivers >= 1 and periods >= 1 and 0 <= leaving <= 1 and math.isfinite(slope + selection)):
        raise ParameterError("Needed: receivers ≥ 1, periods ≥ 1, 0 ≤ leaving ≤ 1, finite slope and selection.")
    rng = np.random.default_rng(seed)
    usual = 5 * rng.lognormal(-0.125, 0.5, receivers)
    keen = 0.2 * (usual / 5) ** selection * rng.gamma(5, 0.2, receivers)
    exposure = rng.poisson(usual[:, None], (receivers, periods))
    shock = rng.gamma(20, 1 / 20, periods) * rng.gamma(10, 1 / 10, (receivers, periods))
    exponent = np.maximum(slope * exposure, LEAST_EXPONENT)
    responses = rng.binomial(exposure, np.minimum(keen[:, None] * shock * np.exp(exponent), 1.0))
    quits = (responses == 0) & (exposure > 0) & (rng.random((receivers, periods)) < leaving)
    gone = np.cumsum(quits, axis=1) - quits > 0
    who, when = np.nonzero(~gone)
    frame = pd.DataFrame({"receiver_id": who, "period": when, "exposure": exposure[who, when]})
    frame["chances"], frame["responses"] = frame["exposure"], responses[who, when]
    frame.attrs["synthetic"] = True
    return frame
