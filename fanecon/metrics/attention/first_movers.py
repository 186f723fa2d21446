"""Did the first gain because they were first?  Shares by order of entry, beside what order alone hands out.

An account is worth following up if it has more than its place in the queue gives.  So the share of the audience that
the earliest accounts hold is told beside three nulls in which nobody is better (:func:`first_mover_share`), and the
slope of the audience along the order beside −½, the slope of attachment.

The first wave is remembered through those who are left of it.  Half of the pioneers in fifty product categories
failed, and leaders that last came in 13 years later on average (Golder and Tellis 1993); a table of today's accounts
holds none of the failures.  With a column `alive` everything is told twice: of all who entered, the dead with an
audience of zero, and of the survivors alone, which is what a list of today's accounts would say.

An account's place in the order is given, its audience is not: the interval treats audiences as independent around a
smooth curve along the order, whose spread is read off neighbours (von Neumann 1941), on the logit scale.  Accounts
that grow out of each other's links are bound together more tightly than that: under pure attachment the interval is
too wide.  How often it covers, 2,000 simulations, 95 % meant: 95.2 % (200 geometric audiences around √f), 95.5 and
95.7 % (50 audiences without order), 91.6 to 94.8 % (200 and 1,000 lognormal ones with σ = 1: too narrow where
audiences are that uneven), 100 % (attachment).  The gradient: 94.6 % (50), 94.9 % (300 around
√f), 93.9 % (100 without order), 93.2 % (100 lognormal ones).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import special
from scipy import stats as distributions

from fanecon import plots, stats
from fanecon.metrics.attention.entry_nulls import NULLS, Null, first_mover_share
from fanecon.metrics.attention.within import left_out, robust
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, SchemaError, need
from fanecon.stats.proportions import checked_level

LINES: tuple[tuple[str, Null, float, tuple[float, float]], ...] = (
    ("√f: attachment", "attachment", 0.1, (-92, 6)),
    ("longer lives", "time", 0.7, (-76, 8)),
    ("order without effect", "none", 0.3, (8, -9)),
)
FEWEST = 20
CELLS, MOST_SHUFFLES, LEAST_SHUFFLES = 20_000_000, 1_999, 199
ROUNDS = 100
ONLY_LEFT = (
    "The table has no column 'alive': accounts that died are missing, and with them the failures of the first wave. "
    "These are the shares of survivors."
)
DEAD = (
    "Dead accounts entered too: they keep their place in the order and have an audience of 0. The nulls let nobody die."
)
NOT_WHY = (
    "An excess over a null is not a reward for being first: whoever was good enough to be early may have been good "
    "enough anyway."
)
BOUND = (
    "The interval takes accounts as independent given their place; where they grow out of each other it is too wide."
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EntryOrder(Result):
    """The audience along the order of entry: of all who entered, and of those who are left."""

    gradient: pd.DataFrame
    accounts: pd.DataFrame
    alive_first: Interval
    alive_rest: Interval

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The share of the audience that the earliest accounts hold, against their share of all accounts."""
        ax = plots.axes(ax, height=4.8)
        f = np.linspace(0, 1, 201)
        for at, (name, null, where, offset) in enumerate(LINES):
            line = [first_mover_share(one, null=null) for one in f]
            ax.plot(f, line, color=plots.BLACK, ls=plots.DASHES[at + 1], lw=1.2)
            plots.label(ax, name, (where, first_mover_share(where, null=null)), offset=offset)
        for at, who in enumerate(self.table["who"].unique()):
            self._curve(ax, str(who), plots.COLOURS[at], plots.MARKERS[at], f)
        ax.set_xscale("function", functions=(np.sqrt, np.square))
        ax.set_xticks([0.01, 0.05, 0.1, 0.25, 0.5, 1.0])
        ax.set_xlim(0, 1)
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
        ax.set_xlabel("earliest accounts, of all (square-root scale)", parse_math=False)
        plots.scale(ax, "proportion", axis="y")
        return plots.finish(ax, self.sentence.split(" With nobody better")[0], self.shows)

    def _curve(self, ax: Axes, who: str, colour: str, marker: str, f: np.ndarray) -> None:
        queue = _Queue.of(self.accounts if who == "all who entered" else self.accounts[self.accounts["alive"]])
        ax.plot(f, [queue.share(one) for one in f], color=colour, ls="-", lw=2)
        rows = self.table[(self.table["who"] == who)].dropna(subset=["low"])
        ax.vlines(rows["fraction"], rows["low"], rows["high"], color=colour, lw=2.2, alpha=0.5)
        ax.plot(rows["fraction"], rows["estimate"], color=colour, ls="", marker=marker)
        at, offset = (0.28, (-58, 12)) if who == "survivors" else (0.32, (6, -14))
        plots.label(ax, who, (at, queue.share(at)), colour=colour, offset=offset)

    def _display(self) -> pd.DataFrame:
        """As everywhere, with the shares of the nulls as per cent beside the share itself."""
        rows = super()._display()
        names = ["fraction", *NULLS]
        return rows.assign(
            **{name: [shown(one, "proportion") for one in self.table[name].head(len(rows))] for name in names}
        )


class _Queue(NamedTuple):
    """Audiences in order of entry; `start` and `size` of the block of accounts that entered at the same time."""

    audience: np.ndarray
    start: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Queue:
        ordered = rows.sort_values(["entered_at", "audience"], kind="stable")
        codes = np.asarray(pd.factorize(ordered["entered_at"])[0])
        sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=int)
        return cls(ordered["audience"].to_numpy(dtype=float), (np.cumsum(sizes) - sizes)[codes], sizes[codes])

    def first(self, fraction: float) -> np.ndarray:
        """How much of each account lies in the earliest fraction; a block that straddles its end counts in part."""
        return np.asarray(np.clip((fraction * len(self.audience) - self.start) / self.size, 0.0, 1.0))

    def share(self, fraction: float) -> float:
        """Audience of the earliest fraction ÷ audience of all."""
        return float(self.first(fraction) @ self.audience / self.audience.sum())

    @property
    def place(self) -> np.ndarray:
        """Place in the order, from 0 to 1; accounts of one block share the middle of it."""
        return (self.start + self.size / 2) / len(self.audience)

    @property
    def spread(self) -> np.ndarray:
        """Variance of each audience: of its block, or from the differences to its neighbours where it is alone."""
        y, same = self.audience, self.start
        steps = np.diff(y) ** 2 / 2
        near = (np.append(steps, steps[-1]) + np.insert(steps, 0, steps[0])) / 2
        first = np.r_[True, same[1:] != same[:-1]]
        block = np.cumsum(first) - 1
        mean = np.bincount(block, y) / self.size[first]
        inside = np.bincount(block, (y - mean[block]) ** 2) / np.maximum(self.size[first] - 1, 1)
        return np.where(self.size > 1, inside[block], near)


def entry_order(
    table: pd.DataFrame,
    *,
    fractions: Sequence[float] = (0.01, 0.1, 0.25),
    audience: str = "audience",
    until: Any = None,
    level: float = 0.95,
    seed: int = 0,
) -> EntryOrder:
    """The share of the audience that the earliest accounts hold, beside the shares that order alone would give them.

    Parameters
    ----------
    table
        One row per account: entered_at (a time or a number), the audience (people or times, from 0 on), and alive
        (false: dead, audience 0) if it is known.
    fractions, audience
        Earliest accounts ÷ all; the column of the audience.
    until
        When the audience was counted, in the unit of entered_at: gives the gradient per time since entry, too, of
        accounts at least half as old as the oldest.

    Returns
    -------
    EntryOrder
        One row per fraction and `who`: estimate, low, high, the nulls none, time, attachment, and the chance of as
        large a share if order had no effect (permutations); `gradient`: slope of log audience on log place.

    Raises
    ------
    SchemaError, ParameterError
        If a column is missing or negative, or nobody has an audience; for a fraction outside 0 to 1.

    References
    ----------
    Newman 2009, doi:10.1209/0295-5075/86/68001; Golder and Tellis 1993, doi:10.1177/002224379303000203
    """
    checked_level(level)
    if not (len(fractions) and all(0 < one < 1 for one in fractions)):
        raise ParameterError(f"fractions are proportions between 0 and 1; found {tuple(fractions)!r}.")
    rows = _rows(table, audience)
    groups = _groups(rows, known="alive" in table)
    shares = [_shares(who, _Queue.of(part), fractions, level, seed) for who, part in groups.items()]
    slopes = [_slopes(who, part, until, level) for who, part in groups.items()]
    counted = _survival(rows, level) if "alive" in table else (Interval(math.nan),) * 2
    found = pd.concat(shares, ignore_index=True)
    return EntryOrder(
        table=found,
        sentence=_sentence(found, groups, counted),
        notes=(*left_out(table, "entered_at", audience), DEAD if "alive" in table else ONLY_LEFT, NOT_WHY, BOUND),
        level=level,
        unit="proportion",
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        gradient=pd.concat(slopes, ignore_index=True),
        accounts=_beside_peers(rows),
        alive_first=counted[0],
        alive_rest=counted[1],
    )


def _rows(table: pd.DataFrame, audience: str) -> pd.DataFrame:
    need(table, "entered_at", audience, meaning="one row per account")
    rows = pd.DataFrame({"entered_at": table["entered_at"], "audience": table[audience]})
    rows.insert(0, "account_id", table["account_id"] if "account_id" in table else np.arange(len(table)))
    rows["alive"] = _alive(table["alive"]) if "alive" in table else True
    rows["audience"] = rows["audience"].where(rows["alive"], 0)
    rows = rows.dropna().astype({"audience": float})
    if not (np.isfinite(rows["audience"]) & (rows["audience"] >= 0)).all() or not rows["audience"].sum() > 0:
        raise SchemaError(f"'{audience}' counts people or times: numbers from 0 on, and at least one above 0.")
    return rows.sort_values(["entered_at", "audience"], kind="stable").reset_index(drop=True)


def _alive(column: pd.Series) -> pd.Series:
    """True or false of every row; a word such as "no" would pass for true."""
    if (
        not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column))
        or not column.isin([0, 1]).all()
    ):
        found = sorted(map(str, column[~column.isin([0, 1])].unique()))[:3] or sorted(map(str, column.unique()))[:3]
        raise SchemaError(f"'alive' is true or false (1 or 0) in every row; found {', '.join(found)}.")
    return column.astype(bool)


def _groups(rows: pd.DataFrame, *, known: bool) -> dict[str, pd.DataFrame]:
    return {"all who entered": rows, "survivors": rows[rows["alive"]]} if known else {"survivors": rows}


def _shares(who: str, queue: _Queue, fractions: Sequence[float], level: float, seed: int) -> pd.DataFrame:
    chances = _chances(queue, fractions, np.random.default_rng(seed))
    found = []
    for fraction, chance in zip(fractions, chances, strict=True):
        value = _share(queue, fraction, level)
        nulls = [first_mover_share(fraction, null=null) for null in NULLS[::-1]]
        found.append((who, fraction, value.estimate, value.low, value.high, *nulls, chance))
    return pd.DataFrame(found, columns=["who", "fraction", "estimate", "low", "high", *NULLS[::-1], "chance"])


def _share(queue: _Queue, fraction: float, level: float) -> Interval:
    """S with the delta method on the logit scale: Var S = Σ (v_i − S)² σ_i² ÷ (Σ audience)²."""
    estimate = queue.share(fraction)
    if len(queue.audience) < FEWEST or not 0 < estimate < 1 or fraction * len(queue.audience) < 2:
        return Interval(estimate, unit="proportion", missing=f"fewer than {FEWEST} accounts, or than 2 early ones")
    parts = (queue.first(fraction) - estimate) ** 2 * queue.spread
    error = math.sqrt(float(parts.sum())) / float(queue.audience.sum())
    if not error > 0:
        return Interval(estimate, unit="proportion", missing="all audiences are the same")
    freedom = max(1.0, 2 / 3 * float(parts.sum() ** 2 / (parts**2).sum()))
    reach = float(distributions.t.ppf(0.5 + level / 2, freedom)) * error / (estimate * (1 - estimate))
    centre = float(special.logit(estimate))
    return Interval(estimate, float(special.expit(centre - reach)), float(special.expit(centre + reach)), "proportion")


def _chances(queue: _Queue, fractions: Sequence[float], rng: np.random.Generator) -> list[float]:
    """How often audiences dealt anew to the places give the earliest at least the share they have."""
    many = len(queue.audience)
    shuffles = int(np.clip(CELLS // many, LEAST_SHUFFLES, MOST_SHUFFLES))
    inside = np.column_stack([queue.first(fraction) for fraction in fractions])
    seen = queue.audience @ inside * (1 - 1e-12)
    beyond = np.zeros(len(fractions))
    for _ in range(shuffles):
        beyond += rng.permutation(queue.audience) @ inside >= seen
    return [float(one) for one in (1 + beyond) / (1 + shuffles)]


def _slopes(who: str, rows: pd.DataFrame, until: Any, level: float) -> pd.DataFrame:
    queue = _Queue.of(rows)
    found = [("per account", _gradient(queue, np.ones(len(rows)), level))]
    if until is not None:
        found.append(("per time since entry", _gradient(queue, _old_enough(rows, until), level)))
    told = [(who, what, v.estimate, v.low, v.high, -0.5 if what == "per account" else math.nan) for what, v in found]
    return pd.DataFrame(told, columns=["who", "audience", "estimate", "low", "high", "attachment"])


def _old_enough(rows: pd.DataFrame, until: Any) -> np.ndarray:
    """Time since entry; 0 for accounts less than half as old as the oldest, whose gains a day say little."""
    lived = until - rows["entered_at"]
    age = np.asarray(lived.dt.total_seconds() if pd.api.types.is_timedelta64_dtype(lived) else lived, dtype=float)
    if (age < 0).any():
        raise ParameterError(f"until={until!r} lies before the last entry; it is when the audience was counted.")
    return np.where(age >= age.max() / 2, age, 0.0)


def _gradient(queue: _Queue, lived: np.ndarray, level: float) -> Interval:
    """Slope of the log of the mean audience per `lived` on log place; every account weighs alike, zeros included.

    The error is the jackknife's (HC3; MacKinnon and White 1985): the few earliest accounts hold the slope.
    """
    keep = lived > 0
    y, x = queue.audience[keep] / lived[keep], np.log(queue.place[keep])
    if keep.sum() < FEWEST or not y.sum() > 0 or np.ptp(x) == 0:
        return Interval(math.nan, missing=f"fewer than {FEWEST} accounts that entered at different times")
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.array([math.log(y.mean()), 0.0])
    for _ in range(ROUNDS):
        ratio = y / np.exp(design @ beta)
        moved = np.linalg.lstsq(design, np.clip(ratio - 1, -1, 5), rcond=None)[0]
        beta = beta + moved
        if np.abs(moved).max() < 1e-10:
            break
    apart = x - x.mean()
    whole = float((apart**2).sum())
    left = 1 - 1 / len(x) - apart**2 / whole
    score = apart * (y / np.exp(design @ beta) - 1) / left
    error, freedom = math.sqrt(float((score**2).sum())) / whole, robust(score, apart**2)[1]
    reach = float(distributions.t.ppf(0.5 + level / 2, freedom)) * error
    return Interval(float(beta[1]), float(beta[1]) - reach, float(beta[1]) + reach)


def _survival(rows: pd.DataFrame, level: float) -> tuple[Interval, Interval]:
    """The alive of the earliest tenth and of the rest."""
    first = np.arange(len(rows)) < len(rows) / 10
    parts = [rows["alive"].to_numpy()[part] for part in (first, ~first)]
    one, other = (stats.wilson(int(part.sum()), max(1, len(part)), level=level) for part in parts)
    return one, other


def _beside_peers(rows: pd.DataFrame) -> pd.DataFrame:
    """Each account with its audience in standard deviations from the mean of its neighbours in the order (Newman)."""
    width = 2 * max(10, len(rows) // 40) + 1
    near = rows["audience"].rolling(width, center=True, min_periods=10)
    many, total, squares = near.count(), near.sum(), (rows["audience"] ** 2).rolling(width, center=True, min_periods=10)
    others = many - 1
    mean = (total - rows["audience"]) / others
    spread = (squares.sum() - rows["audience"] ** 2) / others - mean**2
    return rows.assign(beside_peers=(rows["audience"] - mean) / np.sqrt(spread.where(spread > 1e-9 * mean**2)))


def _sentence(found: pd.DataFrame, groups: dict[str, pd.DataFrame], counted: tuple[Interval, ...]) -> str:
    who = str(found["who"].iloc[0])
    rows = found[found["who"] == who]
    row = rows.iloc[int((rows["fraction"] - 0.1).abs().to_numpy().argmin())]
    value = Interval(row["estimate"], row["low"], row["high"], "proportion")
    none, time, attachment = (shown(row[null], "proportion") for null in NULLS[::-1])
    told = (
        f"Of {len(groups[who]):,} accounts that {'are left' if who == 'survivors' else 'entered'}, the earliest "
        f"{shown(row['fraction'], 'proportion')} hold {value} of the audience. With nobody better it would be {none} "
        f"if order had no effect, {time} by longer lives alone, {attachment} by attachment."
    )
    if math.isnan(counted[0].estimate):
        return told
    return f"{told} Alive are {counted[0]} of the earliest tenth and {counted[1]} of the rest."
