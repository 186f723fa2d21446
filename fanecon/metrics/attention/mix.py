"""What the mix of contents does to reach: each kind against another, inside the same account and the same time.

An account that turns to adverts while it grows, or posts its jokes at weekends, will find that kinds differ whatever
the kinds do.  So two posts are compared only if they come from one account and one period (a month unless another is
asked for): E[outcome] = level of the account in the period × base × effect of the kind, and the levels drop out
(Hausman, Hall and Griliches 1984).  Beside it stands the crude ratio of means; where the two part, time or account
was speaking.

The second question is compositional.  Between the first and the second half of the time the mean outcome per base
changes by Σ (w₂ − w₁)(r₁ + r₂)/2, because other kinds were posted, plus Σ (r₂ − r₁)(w₁ + w₂)/2, because the same kinds
reached others (Kitagawa 1955).  A sum, not a cause.

Both intervals treat a period of an account as the independent unit, or an account where there are ten of them: posts
of one month share its news.  How often they cover, 2,000 simulations, 95 % meant: COVERAGE.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots, stats
from fanecon.metrics.attention.within import Sample, Slope, slopes
from fanecon.results import Interval, Result
from fanecon.schema import ParameterError, SchemaError, need
from fanecon.stats.proportions import checked_level

MANY_ACCOUNTS = 10
PERIODS = {"week": "W", "month": "M"}
TIMING = (
    "Kinds were not drawn by lot: within a period, too, a kind may be posted when there is news, at a better hour or "
    "with more care. The ratio describes posts, it does not promise what another mix would reach."
)
SPILL = "Posts of one period compete: a kind may be read less because of the kinds beside it."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ContentMix(Result):
    """Reach of each kind of post against the most frequent kind, and what the change of the mix did."""

    reference: str
    change: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Each kind's ratio with its interval; a hollow dot is the crude ratio."""
        rows = self.table[self.table["kind"] != self.reference]
        ax = plots.axes(ax, height=max(2.4, 1.4 + 0.5 * len(rows)))
        values = [Interval(r.estimate, r.low, r.high, self.unit) for r in rows.itertuples()]
        plots.intervals(ax, [str(kind) for kind in rows["kind"]], values, zero=False)
        ax.plot(rows["crude"], np.arange(len(rows))[::-1], ls="", marker="o", mfc="white", mec=plots.RED)
        ax.axvline(1, color=plots.BLACK, lw=0.8, ls="-")
        ax.set_xscale("log")
        ax.set_xlabel(f"times the reach of '{self.reference}' (hollow: crude)", parse_math=False)
        return plots.finish(ax, self.sentence, self.shows)


def content_mix(
    table: pd.DataFrame,
    *,
    by: str = "kind",
    outcome: str = "readers",
    base: str | None = None,
    within: str = "month",
    level: float = 0.95,
) -> ContentMix:
    """The reach of each kind of post, in times that of the most frequent kind of the same account and period.

    Parameters
    ----------
    table
        One row per post: the column `by`, the outcome, account_id if there are several; published_date, or the column
        named by `within`.
    by, outcome, base
        Columns of the kind and of what is compared (a count); per post, or per `base` (for example delivered).
    within
        ``"month"``, ``"week"`` or a column: posts are compared inside it only.

    Returns
    -------
    ContentMix
        One row per kind: posts, share of posts, crude ratio, estimate, low, high; `change`: the mean outcome from the
        first to the second half of the time, split into mix and rates, in the unit of the outcome.

    Raises
    ------
    SchemaError
        If a column is missing, or there are fewer than two kinds.

    References
    ----------
    Wooldridge 1999, doi:10.1016/S0304-4076(98)00033-5; Kitagawa 1955, doi:10.1080/01621459.1955.10501299
    """
    checked_level(level)
    rows, dropped = _rows(table, by, outcome, base, within)
    kinds = list(rows["kind"].value_counts(sort=True).index)
    found = _compared(rows, kinds)
    shown, unknown = _table(rows, kinds, found, level)
    change = _change(rows, level)
    return ContentMix(
        table=shown,
        sentence=_sentence(rows, shown, change, f"{outcome} per {base or 'post'}"),
        notes=(*unknown, *([dropped] if dropped else []), _units(rows), TIMING, SPILL),
        level=level,
        unit="times",
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        reference=str(kinds[0]),
        change=change,
    )


def _rows(table: pd.DataFrame, by: str, outcome: str, base: str | None, within: str) -> tuple[pd.DataFrame, str]:
    """kind, y, base, unit (account and period), account, period; and what was left out."""
    named = within not in PERIODS
    moment = within if named else "published_date"
    need(table, by, outcome, moment, *([base] if base else []), meaning="one row per post")
    account = table["account_id"].astype(str) if "account_id" in table else pd.Series("", index=table.index)
    period = table[moment] if named else pd.to_datetime(table[moment]).dt.to_period(PERIODS[within]).dt.start_time
    rows = pd.DataFrame({"account": account, "period": period, "kind": table[by], "y": table[outcome]})
    rows["base"] = table[base] if base else 1.0
    usable = rows.notna().all(axis=1)
    kept = rows[usable].assign(kind=rows["kind"].astype(str), y=rows["y"].astype(float), base=rows["base"].astype(float))
    if not ((kept["y"] >= 0) & (kept["base"] > 0)).all():
        raise SchemaError(f"'{outcome}' is a count from 0 on{f' and {base!r} a count above 0' if base else ''}.")
    if kept["kind"].nunique() < 2:
        raise SchemaError(f"A mix needs two kinds or more in '{by}'; found {sorted(kept['kind'].unique())}.")
    unit = kept.groupby(["account", "period"], sort=True).ngroup()
    lost = f"{int((~usable).sum())} posts lack {by}, {outcome} or their time and are left out."
    return kept.assign(unit=unit).reset_index(drop=True), "" if usable.all() else lost


def _several(rows: pd.DataFrame) -> bool:
    return int(rows["account"].nunique()) >= MANY_ACCOUNTS


def _clusters(rows: pd.DataFrame) -> pd.Series:
    return rows["account"] if _several(rows) else rows["unit"]


def _units(rows: pd.DataFrame) -> str:
    many = _clusters(rows).nunique()
    unit = "accounts" if _several(rows) else "periods (of an account)"
    return f"The intervals take the {many} {unit} as independent of each other, and nothing below them."


def _compared(rows: pd.DataFrame, kinds: list[str]) -> list[Slope]:
    """Log ratios of all kinds but the first, fitted together."""
    x = np.column_stack([(rows["kind"] == kind).to_numpy(dtype=float) for kind in kinds[1:]])
    clusters = np.asarray(pd.factorize(_clusters(rows))[0])
    return slopes(Sample(rows["y"].to_numpy(), rows["base"].to_numpy(), x, (rows["unit"].to_numpy(),), clusters))


def _table(rows: pd.DataFrame, kinds: list[str], found: list[Slope], level: float) -> tuple[pd.DataFrame, list[str]]:
    """One row per kind, and why a kind has no number or no interval."""
    sums = rows.groupby("kind")[["y", "base"]].sum().loc[kinds]
    rate, posts = sums["y"] / sums["base"], rows["kind"].value_counts().loc[kinds]
    values = [Interval(1.0, 1.0, 1.0), *[slope.interval(level) for slope in found]]
    told = [f"'{kind}': {slope.missing}." for kind, slope in zip(kinds[1:], found, strict=True) if slope.missing]
    columns = pd.DataFrame(
        {
            "kind": kinds,
            "posts": posts.to_numpy(),
            "share_of_posts": (posts / posts.sum()).to_numpy(),
            "crude": (rate / rate.iloc[0]).to_numpy(),
            "estimate": [value.estimate for value in values],
            "low": [value.low for value in values],
            "high": [value.high for value in values],
        }
    )
    return columns, list(dict.fromkeys(told))


def _change(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """Kitagawa's terms between the halves of the time, over account and kind where both halves have posts."""
    order = np.sort(rows["period"].unique())
    late = (rows["period"] >= order[len(order) // 2]).to_numpy() if len(order) > 1 else np.zeros(len(rows), dtype=bool)
    cell = rows.groupby(["account", "kind"]).ngroup().to_numpy()
    both = np.intersect1d(cell[late], cell[~late])
    keep = np.isin(cell, both)
    names = ["the mix", "the rates", "together"]
    if not keep.any():
        nothing = Interval(math.nan, missing="no kind was posted in both halves of the time")
        return _told(names, [nothing] * 3, 0)
    columns = _totals(rows[keep], late[keep], np.searchsorted(both, cell[keep]), len(both))
    clusters = _clusters(rows)[keep]
    found = [
        stats.cluster_bootstrap(lambda *sums, at=at: kitagawa(*sums)[at], *columns, clusters=clusters, level=level)
        for at in range(3)
    ]
    return _told(names, found, int(keep.sum()))


def _told(names: list[str], found: list[Interval], posts: int) -> pd.DataFrame:
    rows = [(name, v.estimate, v.low, v.high, posts, v.missing) for name, v in zip(names, found, strict=True)]
    return pd.DataFrame(rows, columns=["term", "estimate", "low", "high", "posts", "why_not"])


def _totals(rows: pd.DataFrame, late: np.ndarray, cell: np.ndarray, many: int) -> list[np.ndarray]:
    """Base and outcome of every cell in either half: 4 × cells columns, one value per post."""
    y, base = rows["y"].to_numpy(), rows["base"].to_numpy()
    parts = [(base, ~late), (y, ~late), (base, late), (y, late)]
    return [np.where(half & (cell == at), values, 0.0) for values, half in parts for at in range(many)]


def kitagawa(*sums: Any) -> tuple[Any, Any, Any]:
    """Mix, rates and their sum from the totals of base₁, y₁, base₂, y₂ of every cell, in this order."""
    base1, y1, base2, y2 = np.split(np.stack(sums), 4)
    w1, w2 = base1 / base1.sum(axis=0), base2 / base2.sum(axis=0)
    r1, r2 = y1 / base1, y2 / base2
    mix, rates = ((w2 - w1) * (r1 + r2) / 2).sum(axis=0), ((r2 - r1) * (w1 + w2) / 2).sum(axis=0)
    return mix, rates, mix + rates


def _sentence(rows: pd.DataFrame, table: pd.DataFrame, change: pd.DataFrame, unit: str) -> str:
    whole = f"{len(rows):,} posts in {rows['unit'].nunique():,} periods"
    told = [f"'{r.kind}' {_value(r.estimate, r.low, r.high)}" for r in table.iloc[1:4].itertuples()]
    more = f" and {len(table) - 4} further kinds" if len(table) > 4 else ""
    mix, _, moved = (_value(r.estimate, r.low, r.high) for r in change.itertuples())
    terms = f" Between the halves of the time {unit} changed by {moved}, of which the mix is {mix}."
    return (
        f"Against '{table['kind'].iloc[0]}' of the same account and period, times the reach: {', '.join(told)}{more} "
        f"({whole}).{terms if not change['estimate'].isna().any() else ''}"
    )


def _value(estimate: float, low: float, high: float) -> str:
    return "not estimable" if math.isnan(estimate) else str(Interval(estimate, low, high))


def simulate_content_mix(
    accounts: int = 1,
    *,
    months: int = 24,
    per_month: int = 12,
    ratio: float = 0.7,
    spread: float = 0.5,
    seed: int = 0,
) -> pd.DataFrame:
    """Posts of accounts that turn from stories to adverts while their reach grows for another reason.

    Parameters
    ----------
    accounts, months, per_month
        Accounts, months, and posts of each in a month.
    ratio
        Reach of an advert in times that of a story of the same month: the truth.
    spread
        σ of the lognormal factors of a month and of a post.

    Returns
    -------
    DataFrame
        account_id, item_id, published_date, kind, readers; ``attrs["synthetic"]`` is True.
    """
    if not (accounts >= 1 and months >= 2 and 2 <= per_month <= 28 and ratio > 0 and spread >= 0):
        raise ParameterError("Needed: accounts ≥ 1, months ≥ 2, 2 ≤ per_month ≤ 28, ratio > 0, spread ≥ 0.")
    rng = np.random.default_rng(seed)
    account, month, day = (axis.ravel() for axis in np.indices((accounts, months, per_month)))
    advert = rng.random(len(month)) < 0.15 + 0.6 * month / (months - 1)
    size = rng.lognormal(0, 1, accounts)[account] * rng.lognormal(0, spread, (accounts, months))[account, month]
    trend = 3.0 ** (month / (months - 1))
    mean = 1000 * size * trend * np.where(advert, ratio, 1.0) * rng.lognormal(-(spread**2) / 2, spread, len(month))
    when = pd.to_datetime("2020-01-01") + pd.to_timedelta(day, unit="D")
    dates = pd.PeriodIndex(when, freq="M") + month
    frame = pd.DataFrame(
        {
            "account_id": [f"account {n + 1}" for n in account],
            "item_id": [f"item {n + 1}" for n in range(len(month))],
            "published_date": dates.start_time + pd.to_timedelta(day, unit="D"),
            "kind": np.where(advert, "advert", "story"),
            "readers": rng.poisson(mean),
        }
    )
    frame.attrs["synthetic"] = True
    return frame
