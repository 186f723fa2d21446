"""How many of those who read also share, and how far an article carries beyond those it was sent to.

Two different quantities hide behind "share rate".  Sharers ÷ readers is a proportion of people; shares ÷ reads is a
ratio of acts and may exceed 1.  With c reads per reader and d shares per sharer the second is the first times d/c,
so one can move while the other stands still.  Neither is a conversion rate of a fixed audience: shares bring the
very readers they are divided by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots, stats
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, SchemaError, floored, need, total

Unit = Literal["people", "times"]
COLUMNS: dict[str, tuple[str, str, str]] = {
    "people": ("readers", "sharers", "proportion"),
    "times": ("reads", "shares", "shares per read"),
}
INDEPENDENT = (
    "Readers are taken as independent of each other; those who came through one share or one chat are not. "
    "With a design effect of 20 the interval would be {wide}: pass deff=20."
)
MOST_DRAWN = 8
NO_SPREAD = "one article has no spread to measure"
NOT_A_PROPORTION = "Not a proportion: one person can read several times, and most readers may be strangers."
RISING = (
    "Larger articles have higher rates: the interval of the total is then too narrow (it covered 78 to 94 % in "
    "simulations with very uneven sizes)."
)
ONE_ARTICLE = "An interval for one article speaks of its readers, not of the account's next article."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rates(Result):
    """A rate per row and over all rows."""

    overall: Interval
    label: str

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """One dot and interval per row; of many rows the highest and the lowest."""
        rows, most = self.table, 2 * MOST_DRAWN
        if len(rows) > most:
            ordered = rows.sort_values("estimate", ascending=False)
            rows = pd.concat([ordered.head(MOST_DRAWN), ordered.tail(MOST_DRAWN)])
        ax = plots.axes(ax, height=1.6 + 0.34 * len(rows))
        values = [Interval(r.estimate, r.low, r.high, self.unit) for r in rows.itertuples()]
        plots.intervals(ax, [str(name) for name in rows[self.label]], values, unit=self.unit)
        cut = f" Drawn: the {MOST_DRAWN} highest and the {MOST_DRAWN} lowest." if len(self.table) > most else ""
        return plots.finish(ax, self.sentence + cut, self.shows)


def share_to_read(
    items: pd.DataFrame,
    *,
    by: str | None = None,
    unit: Unit = "people",
    deff: float = 1.0,
    shrink: bool = False,
    level: float = 0.95,
) -> Rates:
    """Sharers ÷ readers (a proportion), or shares ÷ reads (a ratio), per article or per group of articles.

    Parameters
    ----------
    items
        One row per article: readers, sharers (people), or reads, shares (times).
    by
        A column to group by; each group gets the ratio of sums with an interval over its articles.
    unit
        ``"people"`` or ``"times"``; the two are never mixed.
    deff
        Design effect of readers within one article (Wilson on n ÷ deff).
    shrink
        Draw small articles towards the common mean (:func:`fanecon.stats.shrink`).

    Raises
    ------
    SchemaError
        If a column is missing or no row can be used.

    References
    ----------
    Wilson 1927; Newcombe 1998; Bell and McCaffrey 2002; Gelman et al. 2013, section 5.3
    """
    ask = _asked(unit, by, shrink, deff, level)
    need(items, ask.whole, ask.part, *([by] if by else []), meaning=f"{unit}, one row per article")
    rows, doubts = _usable(items, ask)
    overall = ask.one(*rows[[ask.part, ask.whole]].iloc[0].astype(float)) if len(rows) == 1 else ask.of_sums(rows)
    label = by or _label(rows, ask)
    table = _by_group(rows, by, ask) if by else _by_article(rows, label, ask, shrink=shrink)
    (whole, people), (part, _) = total(rows, ask.whole), total(rows, ask.part)
    return Rates(
        table=table,
        sentence=_sentence(overall, whole, part, len(rows), unit),
        notes=(*doubts, *people, *_doubts(rows, ask)),
        level=level,
        unit=ask.unit,
        shows="simulation" if items.attrs.get("synthetic") else "fact",
        overall=overall,
        label=label,
    )


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """What is divided by what, and how sure the interval is to be."""

    whole: str
    part: str
    unit: str
    deff: float
    level: float

    @property
    def proportion(self) -> bool:
        return self.unit == "proportion"

    def one(self, part: float, whole: float) -> Interval:
        if self.proportion:
            return stats.wilson(part, whole, deff=self.deff, level=self.level)
        return Interval(part / whole, unit=self.unit, missing=NO_SPREAD)

    def of_sums(self, rows: pd.DataFrame) -> Interval:
        return stats.ratio_of_sums(rows[self.part], rows[self.whole], unit=self.unit, level=self.level)


def _asked(unit: str, by: str | None, shrink: bool, deff: float, level: float) -> _Ask:
    if unit not in COLUMNS:
        raise ParameterError(f"unit is 'people' or 'times'; found {unit!r}.")
    if shrink and (unit != "people" or by):
        raise ParameterError("shrink=True works on single articles and people: leave out by= and unit='times'.")
    if deff != 1 and (unit != "people" or by or shrink):
        raise ParameterError("deff= widens the interval of single articles counted in people: leave out by=, shrink=.")
    whole, part, measured = COLUMNS[unit]
    return _Ask(whole=whole, part=part, unit=measured, deff=deff, level=level)


def _usable(items: pd.DataFrame, ask: _Ask) -> tuple[pd.DataFrame, list[str]]:
    """The rows that can be divided, and a note for each reason to leave some out."""
    rows, whole, part = items.reset_index(drop=True), ask.whole, ask.part
    if set(rows) <= {whole, part, "lower_bound"}:
        rows["article"] = np.arange(1, len(rows) + 1)
    capped = floored(rows, whole) | floored(rows, part)
    absent = rows[[whole, part]].isna().any(axis=1)
    nobody = ~absent & (rows[whole].fillna(0) <= 0)
    over = ~absent & ask.proportion & (rows[part] > rows[whole]).fillna(False)
    reasons = {
        f"{whole} or {part} missing": absent,
        f"{whole} or {part} known only as a floor (such as 10万+)": capped & ~absent,
        f"no {whole}": nobody,
        f"more {part} than {whole} (sharing without reading, or different counting)": over,
    }
    notes = [
        f"{int(rule.sum())} of {len(rows)} articles left out: {why}." for why, rule in reasons.items() if rule.any()
    ]
    kept = rows[~(absent | capped | nobody | over).astype(bool)].copy()
    if kept.empty:
        raise SchemaError(
            f"No article has usable '{whole}' and '{part}'. " + " ".join(notes or ["The table is empty."])
        )
    return kept, notes


def _label(rows: pd.DataFrame, ask: _Ask) -> str:
    others = [name for name in rows.columns if name not in (ask.whole, ask.part, "lower_bound")]
    return next((name for name in ("title", "item_id") if name in rows and rows[name].notna().all()), others[0])


def _by_article(rows: pd.DataFrame, label: str, ask: _Ask, *, shrink: bool) -> pd.DataFrame:
    named = rows[[label, ask.whole, ask.part]].reset_index(drop=True)
    if shrink:
        return named.join(stats.shrink(rows[ask.part], rows[ask.whole], level=ask.level))
    return named.join(
        _ends([ask.one(float(p), float(w)) for p, w in zip(rows[ask.part], rows[ask.whole], strict=True)])
    )


def _ends(values: list[Interval]) -> pd.DataFrame:
    return pd.DataFrame([(v.estimate, v.low, v.high) for v in values], columns=["estimate", "low", "high"])


def _by_group(rows: pd.DataFrame, by: str, ask: _Ask) -> pd.DataFrame:
    groups = list(rows.groupby(by, sort=True, dropna=False))
    table = pd.DataFrame(
        {
            by: ["(missing)" if pd.isna(name) else name for name, _ in groups],
            "articles": [len(group) for _, group in groups],
            ask.whole: [int(group[ask.whole].sum()) for _, group in groups],
            ask.part: [int(group[ask.part].sum()) for _, group in groups],
        }
    )
    return table.join(_ends([ask.of_sums(group) for _, group in groups]))


def _sentence(overall: Interval, whole: int, part: int, articles: int, unit: str) -> str:
    if unit == "times":
        return f"On {whole:,} reads, {part:,} shares were made: {overall}."
    return f"Of {whole:,} readers of {articles} article{'s' if articles > 1 else ''}, {part:,} shared: {overall}."


def _doubts(rows: pd.DataFrame, ask: _Ask) -> Iterator[str]:
    part, whole = rows[ask.part], rows[ask.whole]
    if len(rows) == 1:
        yield ONE_ARTICLE
        if ask.proportion and ask.deff == 1:
            wide = stats.wilson(float(part.iloc[0]), float(whole.iloc[0]), deff=20, level=ask.level)
            yield INDEPENDENT.format(wide=f"{shown(100 * wide.low)} to {shown(100 * wide.high)} %")
        return
    both = stats.ratios(part, whole)
    if abs(both.mean_of_ratios - both.ratio_of_sums) > 0.1 * both.ratio_of_sums:
        mean, of_total = shown(both.mean_of_ratios, ask.unit), shown(both.ratio_of_sums, ask.unit)
        yield f"Mean of the articles' rates {mean}, rate of the total {of_total}: large articles weigh more there."
    if both.ratio_of_sums > 1.1 * both.mean_of_ratios:
        yield RISING


def amplification(
    items: pd.DataFrame, *, base: str = "delivered", reached: str = "reads", level: float = 0.95
) -> Rates:
    """Reads per person the article was sent to: a ratio of unlike things that may exceed 1.

    The interval is that of the median article (order statistics), because reads are so skewed that an interval for
    their mean does not cover.  One article gets none.

    Parameters
    ----------
    items
        One row per article.
    base
        Column of people to divide by: ``"delivered"``, or a column of subscribers.
    reached
        Column to divide: ``"reads"`` (times) or ``"readers"`` (people).

    Raises
    ------
    SchemaError
        If a column is missing or no row can be used.

    References
    ----------
    Conover 1999, section 3.2
    """
    need(items, base, reached, meaning="one row per article")
    unit = f"{reached} per person {base}"
    ask = _Ask(whole=base, part=reached, unit=unit, deff=1.0, level=level)
    rows, doubts = _usable(items, ask)
    each = (rows[reached].astype(float) / rows[base].astype(float)).to_numpy()
    overall = stats.median_interval(each, unit=unit, level=level)
    label = _label(rows, ask)
    table = rows[[label, base, reached]].reset_index(drop=True).assign(estimate=each, low=np.nan, high=np.nan)
    many = len(rows) > 1
    if not many:
        overall = Interval(float(each[0]), unit=unit, missing=NO_SPREAD)
    sums = stats.ratios(rows[reached], rows[base])
    notes = [f"All {reached} ÷ all {base}: {shown(sums.ratio_of_sums)}."] if many else []
    return Rates(
        table=table,
        sentence=f"{f'The median of {len(rows)} articles' if many else 'One article'} brought {overall}.",
        notes=(
            *doubts,
            *notes,
            NOT_A_PROPORTION,
        ),
        level=level,
        unit=unit,
        shows="simulation" if items.attrs.get("synthetic") else "fact",
        overall=overall,
        label=label,
    )


def simulate_articles(
    articles: int,
    *,
    rate: float = 0.05,
    strength: float = 60.0,
    reproduction: float = 0.6,
    delivered: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Articles of one account with a known share rate and reproduction number: the table that the rates take.

    Parameters
    ----------
    articles
        Number of rows, a week apart.
    rate, strength
        Each article's chance that a reader shares is Beta(rate·strength, (1 − rate)·strength).
    reproduction
        Sharers that one sharer begets, Poisson; between 0 and 1.
    delivered
        People each article is sent to; those who read from the message are a beta-binomial 6 % (strength 40).

    Returns
    -------
    DataFrame
        item_id, title, topic, published_date, delivered, readers, reads, sharers, shares, session_readers,
        session_reads, share_reads, first_shares; ``attrs["synthetic"]`` is True.
    """
    if not (articles >= 1 and 0 < rate < 1 and strength > 0 and 0 <= reproduction < 1 and delivered >= 1):
        raise ParameterError(
            "Needed: articles ≥ 1, 0 < rate < 1, strength > 0, 0 ≤ reproduction < 1, delivered ≥ 1; "
            f"found {articles!r}, {rate!r}, {strength!r}, {reproduction!r}, {delivered!r}."
        )
    rng = np.random.default_rng(seed)
    chance = rng.beta(rate * strength, (1 - rate) * strength, articles)
    opened = rng.binomial(delivered, rng.beta(0.06 * 40, 0.94 * 40, articles))
    begun = rng.binomial(opened, chance)
    begotten, came = _spread(begun, chance, reproduction, rng)
    again = rng.poisson(0.3 * opened), rng.poisson(0.3 * came), rng.poisson(0.2 * begun), rng.poisson(0.2 * begotten)
    frame = pd.DataFrame(
        {
            "item_id": [f"a{i:03d}" for i in range(articles)],
            "title": [f"Article {i + 1}" for i in range(articles)],
            "topic": rng.choice(["product", "story", "offer"], articles),
            "published_date": pd.date_range("2026-01-05", periods=articles, freq="7D"),
            "delivered": delivered,
            "readers": opened + came,
            "reads": opened + came + again[0] + again[1],
            "sharers": begun + begotten,
            "shares": begun + begotten + again[2] + again[3],
            "session_readers": opened,
            "session_reads": opened + again[0],
            "share_reads": came + again[1],
            "first_shares": begun + again[2],
        }
    )
    frame.attrs["synthetic"] = True
    return frame


def _spread(
    begun: np.ndarray, chance: np.ndarray, reproduction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Begotten sharers and readers of each article: a share brings Poisson(R/chance) readers."""
    sharers, readers, now = np.zeros_like(begun), np.zeros_like(begun), begun
    while now.any():
        arrived = rng.poisson(now * reproduction / chance)
        now = rng.binomial(arrived, chance)
        sharers, readers = sharers + now, readers + arrived
    return sharers, readers
