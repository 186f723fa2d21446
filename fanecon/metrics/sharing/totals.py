"""One article and its totals: which one, counted how, and what plain arithmetic says before any model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from fanecon.metrics.sharing.grid import EXTERNAL_SHARES, OPEN_RATES, Grid, sensitivity_grid
from fanecon.metrics.sharing.reproduction import Reproduction, reproduction_number, stranger_share_rate
from fanecon.results import Interval
from fanecon.schema import ParameterError, SchemaError, closest, need

Counted = Literal["people", "times", "unstated"]
PAIRS = {"times": ("reads", "shares", "session_reads"), "people": ("readers", "sharers", "session_readers")}


def find_article(items: pd.DataFrame, *, title: str = "") -> pd.DataFrame:
    """One article as a table of one row: by its title or a part of it, else the most shared one.

    Raises
    ------
    ParameterError
        If no title, or more than one, matches; the nearest titles are named.
    """
    need(items, "item_id", meaning="one row per article")
    if items.empty:
        raise SchemaError("The table has no article. Read a file with fe.read_wechat(path).")
    if not title:
        counts = next((items[c] for c in ("shares", "sharers", "reads", "readers") if _known(items, c)), None)
        row = items.index[0] if counts is None else counts.astype("Float64").idxmax()
        return items.loc[[row]]
    need(items, "title", meaning="needed to pick an article by title")
    titles = items["title"].fillna("").astype(str)
    exact = items[titles == title]
    found = exact if len(exact) else items[titles.str.contains(title, case=False, regex=False)]
    if len(found) == 1:
        return found
    if found.empty:
        raise ParameterError(
            f"No article has '{title}' in its title. {closest(title, titles)}There are: {_list(titles)}."
        )
    raise ParameterError(
        f"{len(found)} articles have '{title}' in their title: {_list(titles[found.index])}. Type more of the title."
    )


def _list(titles: pd.Series) -> str:
    shown = [f"'{title}'" for title in titles[:10]]
    return ", ".join(shown) + (f" and {len(titles) - 10} more" if len(titles) > 10 else "")


def _known(items: pd.DataFrame, column: str) -> bool:
    return column in items and bool(items[column].notna().any())


def _table(rows: list[tuple[str, float, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["quantity", "value", "what it says"])


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The totals of one article in one counting unit, and how much of them the file splits.

    Parameters
    ----------
    reads, shares
        N and H in `counted` (people, times or unstated).
    subscribers
        People it was sent to, or who subscribe.
    seeds
        Reads from the message itself; counted if `seeds_known`, else subscribers × open rate.
    outside
        Reads that came neither from the message nor through a share; 0 where unknown.
    first_shares
        Shares by readers who came from the message, where the file counts them; else NaN.
    """

    title: str
    counted: str
    reads: int
    shares: int
    subscribers: float
    seeds: float
    seeds_known: bool
    outside: float = 0.0
    first_shares: float = math.nan

    @property
    def open_rate(self) -> float:
        """Seeds ÷ subscribers; above 1 where times are counted and people read twice."""
        return self.seeds / self.subscribers

    @property
    def known(self) -> str:
        """How the imported shares are known: counted, from reads by channel, or by assumption."""
        if not math.isnan(self.first_shares):
            return "counted by the file (first shares)"
        return (
            "common rate × reads from the message and outside" if self.seeds_known else "common rate × assumed readers"
        )

    def imported(self, paid: float = 0.0, external_share: float = 0.0) -> float:
        """H₀, shares by people who had not come through a share, at most H.

        Counted where the file counts them; else seeds and outside readers at the common rate.  `paid` shares and
        readers brought by others (`external_share` of all reads) come on top.
        """
        rate = self.shares / self.reads
        begun = rate * (self.seeds + self.outside) if math.isnan(self.first_shares) else self.first_shares
        return min(float(self.shares), begun + rate * external_share * self.reads + paid)

    def beyond(self, paid: float = 0.0, external_share: float = 0.0) -> float:
        """Part of all shares that was imported beyond the seeds' own at the common rate: across on the grid's map."""
        return max(0.0, self.imported(paid, external_share) / self.shares - self.seeds / self.reads)

    def fallback(self, *, offspring: str = "bernoulli-poisson", level: float = 0.95) -> Reproduction:
        """R from the reads; what stays unidentified is said, less of it where the file counts reads by channel."""
        found = reproduction_number(
            self.reads,
            seeds=self.seeds,
            external=self.outside,
            shares=self.shares,
            offspring=offspring,
            level=level,
        )
        if not self.seeds_known:
            return found
        kept, counted = found.reasons[-1:], "Seeds and outside reads are counted by the file."
        notes = tuple(note for note in found.notes if note not in found.reasons)
        return replace(found, reasons=kept, notes=(*notes, counted, *kept), shows="fact")

    def grid(self, imported_shares: Sequence[float] | None = None) -> Grid:
        """R over what stays open: open rate and outside reads only where the file does not count them."""
        known = self.seeds_known
        return sensitivity_grid(
            self.reads,
            shares=self.shares,
            subscribers=self.subscribers,
            open_rates=(min(1.0, self.open_rate),) if known else OPEN_RATES,
            imported_shares=imported_shares,
            external_shares=(self.outside / self.reads,) if known else EXTERNAL_SHARES,
        )

    def arithmetic(self, *, subscribers_are: str = "before") -> pd.DataFrame:
        """What follows from the totals without a model: quantity, value and what it says.

        `subscribers_are` is ``"before"``, ``"after"`` (stock before or after the article) or ``"gained"`` by it.
        """
        n, h, s = self.reads, self.shares, self.subscribers
        rows = [
            ("reads per share", n / h, "what a share brought on average"),
            ("shares per read", h / n, "a proportion only if both count people"),
        ]
        if subscribers_are == "gained":
            return _table(
                [*rows, ("subscribers gained per read", s / n, "a hit that owns little of its audience if small")]
            )
        rows += [
            ("reads per subscriber", n / s, "above 1: reach beyond the account's own people"),
            ("shares per subscriber", h / s, "above 1: strangers must have shared"),
            ("reads that cannot be a subscriber's first", max(0.0, 1 - s / n), "even if every subscriber read it"),
        ]
        if subscribers_are == "after" and s < n:
            rows.append(("strangers who became subscribers, at most", s / (n - s), "if all subscribers came by it"))
        return _table(rows)

    def strangers(self) -> Interval:
        """Bounds on the share rate of non-subscribers: every seed shared, or none."""
        return stranger_share_rate(self.reads, seeds=self.seeds, shares=self.shares)


def article_totals(article: pd.DataFrame, *, counted: Counted = "unstated", open_rate: float = 0.3) -> Totals:
    """The totals of one article, in people or in times, with the seeds counted where the file counts them.

    Parameters
    ----------
    article
        One row: reads and shares (times), or readers and sharers (people); subscribers or delivered (people).
    counted
        ``"people"``, ``"times"``, or ``"unstated"`` (times where the table has them, else people).
    open_rate
        Proportion of subscribers who read it from the message, used where the file does not count them.

    Raises
    ------
    SchemaError
        If the counts are missing, only a floor, or there are no more reads than seeds.
    """
    if len(article) != 1:
        raise SchemaError(
            f"One article is needed, as a table of one row; found {len(article)}. Type fe.find_article(items)."
        )
    row = article.iloc[0]
    unit = _unit(article, counted)
    whole, part, _ = PAIRS[unit]
    _exact(row, whole, part)
    subscribers, reads = _subscribers(row), float(row[whole])
    session = _session(row, unit)
    seeds = subscribers * open_rate if session is None else session
    _checked_seeds(seeds, reads, subscribers, known=session is not None)
    through = _number(row, "share_reads") if unit == "times" else None
    first = _number(row, "first_shares") if unit == "times" else None
    return Totals(
        title=str(row["title"]) if pd.notna(row.get("title")) else str(row["item_id"]),
        counted=counted if "counted" in article else unit,
        reads=int(reads),
        shares=int(row[part]),
        subscribers=subscribers,
        seeds=seeds,
        seeds_known=session is not None,
        outside=max(0.0, reads - seeds - through) if session is not None and through is not None else 0.0,
        first_shares=first if first is not None and 0 < first <= float(row[part]) else math.nan,
    )


def _number(row: pd.Series, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _session(row: pd.Series, unit: str) -> float | None:
    """Reads from the message itself: counted, or the delivered rate times the people delivered to."""
    counted = _number(row, PAIRS[unit][2])
    if counted:
        return counted
    rate, delivered = _number(row, "delivered_rate"), _number(row, "delivered")
    numerator = row.get("delivered_rate_numerator")
    same = pd.notna(numerator) and str(numerator) == unit
    return rate * delivered if same and rate and delivered else None


def _unit(article: pd.DataFrame, counted: str) -> str:
    if counted not in ("people", "times", "unstated"):
        raise ParameterError(f"counted is 'people', 'times' or 'unstated'; found {counted!r}.")
    if counted != "unstated":
        return counted
    return "times" if all(_known(article, name) for name in PAIRS["times"][:2]) else "people"


def _exact(row: pd.Series, *names: str) -> None:
    floors = str(row.get("lower_bound") or "") if pd.notna(row.get("lower_bound")) else ""
    for name in names:
        if pd.isna(row.get(name)) or float(row[name]) <= 0:
            raise SchemaError(
                f"The article '{row.get('title', row.name)}' has no {name}. Choose another article (article=…) "
                "or the other counting unit (counted='people' or 'times')."
            )
        if name in floors.split(","):
            raise SchemaError(
                f"{name} of the article is only a floor (such as 10万+), not a count. Choose another one."
            )


def _subscribers(row: pd.Series) -> float:
    for name in ("subscribers", "delivered"):
        if pd.notna(row.get(name)) and float(row[name]) > 0:
            return float(row[name])
    raise SchemaError(
        "Neither 'subscribers' nor 'delivered' is known for this article; without them no seeds can be set."
    )


def _checked_seeds(seeds: float, reads: float, subscribers: float, *, known: bool) -> None:
    if 0 < seeds < reads:
        return
    if known:
        raise SchemaError(
            f"The file counts {seeds:g} reads from the message and {reads:g} in all, so nothing came by sharing. "
            "Choose another article (article=…) or the other counting unit (counted='people' or 'times')."
        )
    raise ParameterError(
        f"{subscribers:g} subscribers at an open rate give {seeds:g} seeds, but the article has {reads:g} reads. "
        f"Type an open_rate above 0 and below {reads / subscribers:.3g}."
    )
