"""How many shares one share begets: the reproduction number, where it can be known and where it cannot.

The information sits in the shares, not in the reads.  If H shares were made and H₀ of them by people who had *not*
come through a share, then R = 1 − H₀/H: open rate, subscribers and even the number of reads cancel.  Platforms
report that split.  Without it one has to assume that subscribers share like strangers; then R̄ = 1 − N₀/N from the
reads is the fallback, and it is wrong by as much as the assumption is (with keener subscribers it covered 0 to 41 %
where 95 was promised).  R̄ is below 1 for every finished article by arithmetic, so it is no evidence that sharing
was dying out.  The same algebra measures the elimination of a disease from the share of imported cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.sharing import branching
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, SchemaError, need

OFFSPRING = {"poisson": 1.0, "bernoulli-poisson": 1.0, "nb": 0.5, "lognormal": 2.0}
WIDEST = 2.0  # where a picture cuts an interval that a nearly empty article leaves open upwards
UNDECIDED = "The interval holds 1: whether sharing was growing or dying out is not decided by these numbers."
BEYOND = (
    "The estimate lies below its interval: at that R, so few beginnings would hardly ever reach such a total; "
    "a process that was growing and happened to die out would."
)
FINISHED = "Holds for a finished article: while it still spreads, R comes out too low."
PICKED = "An article chosen because it spread far has an R that is too high on average (best of many)."
LEVELS = {
    "shares": "From shares: shares by readers who came by search, recommendation or history count as begotten, so R is "
    "an upper bound. " + FINISHED,
    "reads": "From reads: valid only if people who came through a share share at the same rate as the others. "
    + FINISHED,
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reproduction(Result):
    """A reproduction number, what it assumes and whether the data identify it."""

    reproduction: Interval
    normal: Interval
    multiplier: float
    reads_per_share: float = math.nan
    identified: bool
    reasons: tuple[str, ...] = ()

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The interval beside the symmetric one, with a line at 1."""
        ax = plots.axes(ax, height=2.3)
        plots.intervals(
            ax, ["tail inversion", "± normal error"], [self.reproduction, self.normal], zero=False, most=WIDEST
        )
        ax.axvline(1, color=plots.BLACK, lw=1, ls=plots.DASHES[1])
        ax.set_xlabel("reproduction number R (1 = each share begets one more)")
        return plots.finish(ax, self.sentence, self.shows)


def _z(level: float) -> float:
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise ParameterError(f"The level is a proportion between 0 and 1; found {level!r}. Type level=0.95.")
    return float(ndtri(0.5 + level / 2))


def _symmetric(r: float, variance: float, total: float, level: float) -> Interval:
    half = _z(level) * math.sqrt(variance / total)
    return Interval(r, r - half, r + half)


def _row(r: Interval, normal: Interval, **more: float) -> pd.DataFrame:
    named = {"estimate": r.estimate, "low": r.low, "high": r.high, **more}
    return pd.DataFrame([{**named, "normal_low": normal.low, "normal_high": normal.high}])


def chain_reproduction(
    shares: int, *, imported_shares: float, view_dispersion: float = math.inf, level: float = 0.95
) -> Reproduction:
    """R = 1 − H₀/H: the fraction of all shares made by people who themselves arrived through a share.

    Parameters
    ----------
    shares
        H, all shares of a finished article (people or times, the same as `imported_shares`).
    imported_shares
        H₀, shares by people who came some other way: from the message, by search, paid, from a reprint.
    view_dispersion
        Shape of negative-binomial views per share; infinity = Poisson, 0.5 = a few shares bring most views.

    Returns
    -------
    Reproduction
        `reproduction` with the exact interval of the Borel–Tanner law (or its negative-binomial kin); `normal` is
        R ± z·√((R + R²/k)/H).

    Raises
    ------
    ParameterError
        Unless 0 < imported_shares ≤ shares and view_dispersion > 0.

    References
    ----------
    De Serres, Gay and Farrington 2000; Farrington, Kanaan and Gay 2003; Blumberg and Lloyd-Smith 2013

    Examples
    --------
    >>> chain_reproduction(3365, imported_shares=933).reproduction.estimate.__round__(3)
    0.723
    """
    _checked_shares(shares, imported_shares, view_dispersion)
    r = 1 - imported_shares / shares
    ends = branching.share_level_ends(int(shares), imported_shares, view_dispersion, 1 - level)
    interval = Interval(r, *ends)
    normal = _symmetric(r, r + r * r / view_dispersion, shares, level)
    even = (
        "views per share taken as even (Poisson)"
        if math.isinf(view_dispersion)
        else f"views of shape {view_dispersion:g}"
    )
    return Reproduction(
        table=_row(interval, normal, shares=shares, imported_shares=imported_shares),
        sentence=f"One share begets {interval} further shares: {shown(imported_shares)} of {shares:,} shares were "
        "made by people who had not come through a share.",
        notes=tuple(_remarks(interval, f"Interval: {even}; a few giant shares would widen it.")),
        level=level,
        reproduction=interval,
        normal=normal,
        multiplier=shares / imported_shares,
        identified=True,
    )


def _checked_shares(shares: float, imported: float, dispersion: float) -> None:
    if not (0 < imported <= shares and float(shares).is_integer()):
        raise ParameterError(
            "Needed: 0 < imported_shares ≤ shares, shares whole; "
            f"found imported_shares={imported!r}, shares={shares!r}. "
            "A chain begins with at least one share by somebody who did not come through a share."
        )
    if not dispersion > 0:
        raise ParameterError(f"view_dispersion is above 0 (infinity = Poisson); found {dispersion!r}.")


def _remarks(interval: Interval, spread: str) -> list[str]:
    beyond = [BEYOND] if interval.estimate < interval.low else []
    return [*([UNDECIDED] if 1 in interval else []), *beyond, spread, FINISHED, PICKED]


def reproduction_number(
    reads: int,
    *,
    seeds: float,
    shares: int,
    external: float = 0.0,
    offspring: str = "bernoulli-poisson",
    level: float = 0.95,
) -> Reproduction:
    """R̄ = 1 − (N₀ + E)/N: the fallback from reads, where no split of shares by channel exists.

    Valid only if subscribers share at the strangers' rate; prefer :func:`chain_reproduction`.

    Parameters
    ----------
    reads
        N, all reads (or readers) of a finished article.
    seeds
        N₀, reads from the message itself: subscribers × open rate where nothing better is known.
    shares
        H, all shares; sets the chance s = H/N that a read shares and the views v = (N − N₀ − E)/H a share brings.
    external
        E, reads brought by others, such as a reprint.
    offspring
        Law of the reads one read begets: poisson, bernoulli-poisson, nb (shape ½) or lognormal (σ = 2).

    Returns
    -------
    Reproduction
        `reproduction` by inverting the tails of the total; `normal` is R̄ ± z·√(σ²/N), which covers 75 to 95 %.

    References
    ----------
    Otter 1949; Dwass 1969; Farrington, Kanaan and Gay 2003; Lloyd-Smith et al. 2005
    """
    _checked_reads(reads, seeds, shares, external, offspring)
    begun = seeds + external
    r, rate, shape = 1 - begun / reads, shares / reads, OFFSPRING[offspring]

    def variance(at: float) -> float:
        return branching.offspring_variance(at, rate, offspring, shape)

    normal = _symmetric(r, variance(r), reads, level)
    interval = Interval(r, *branching.read_level_ends(reads, begun, variance, 1 - level))
    views = (reads - begun) / shares
    reasons = _unidentified(external)
    return Reproduction(
        table=_row(interval, normal, seeds=seeds, external=external, reads_per_share=views, multiplier=reads / begun),
        sentence=f"If subscribers share like strangers, one read begets {interval} further reads; "
        f"a share brings {shown(views)} reads ({reads:,} reads, {shares:,} shares, {shown(begun)} seeds).",
        notes=tuple(_remarks(interval, f"Offspring law: {offspring}, variance {shown(variance(r))}.")) + reasons,
        level=level,
        shows="assumption",
        reproduction=interval,
        normal=normal,
        multiplier=reads / begun,
        reads_per_share=views,
        identified=False,
        reasons=reasons,
    )


def _checked_reads(reads: float, seeds: float, shares: float, external: float, offspring: str) -> None:
    if offspring not in OFFSPRING:
        raise ParameterError(f"offspring is one of {', '.join(OFFSPRING)}; found {offspring!r}.")
    if not (seeds > 0 and external >= 0 and seeds + external < reads and 0 < shares <= reads):
        raise ParameterError(
            "Needed: seeds > 0, external ≥ 0, seeds + external < reads, 0 < shares ≤ reads; "
            f"found seeds={seeds!r}, external={external!r}, reads={reads!r}, shares={shares!r}."
        )


def _unidentified(external: float) -> tuple[str, ...]:
    outside = "taken as 0" if external == 0 else f"taken as {shown(external)}"
    return (
        "Not identified: the seeds are assumed, not counted.",
        f"Not identified: reads brought by others are {outside}; one reprint by a large account would look the same.",
        "Not identified: subscribers and paid sharers are assumed to share like everybody else.",
    )


def stranger_share_rate(reads: int, *, seeds: float, shares: int) -> Interval:
    """Bounds (not an interval of chance) on the share rate of non-subscribers: [(H − N₀)/(N − N₀), H/(N − N₀)].

    The low end lets every seed share, the high end none.

    Parameters
    ----------
    reads, seeds, shares
        N, N₀ < N and H of one article, one counting unit.
    """
    if not (0 <= seeds < reads and 0 <= shares <= reads):
        raise ParameterError(
            f"Needed: 0 ≤ seeds < reads, 0 ≤ shares ≤ reads; found seeds={seeds!r}, reads={reads!r}, shares={shares!r}."
        )
    others = reads - seeds
    return Interval(shares / reads, max(0.0, (shares - seeds) / others), min(1.0, shares / others), "proportion")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ArticleReproduction(Result):
    """The reproduction number of each article, at the best level its file allows."""

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """One dot and interval per identified article, with a line at 1."""
        rows = self.table[self.table["estimate"].notna()]
        ax = plots.axes(ax, height=1.8 + 0.34 * len(rows))
        values = [Interval(r.estimate, r.low, r.high) for r in rows.itertuples()]
        names = [f"{r.article} ({r.from_})" for r in rows.rename(columns={"from": "from_"}).itertuples()]
        plots.intervals(ax, names, values, most=WIDEST)
        ax.axvline(1, color=plots.BLACK, lw=1, ls=plots.DASHES[1])
        ax.set_xlabel("reproduction number R (1 = each share begets one more)")
        return plots.finish(ax, self.sentence, self.shows)


def measure_reproduction(items: pd.DataFrame, *, level: float = 0.95) -> ArticleReproduction:
    """One row per article: its reproduction number from shares where the file splits them, else from reads, else none.

    Parameters
    ----------
    items
        One row per article.  From shares: `shares`, `first_shares` (times; by readers who came from the message).
        From reads: `reads`, `share_reads` (times; reads that came through a share), `shares`.

    Returns
    -------
    ArticleReproduction
        article, from (``shares``, ``reads`` or ``–``), estimate, low, high, why (where not identified).
    """
    need(items, "item_id", meaning="one row per article")
    if items.empty:
        raise SchemaError("The table has no article. Read a file with fe.read_wechat(path).")
    rows = pd.DataFrame([_one_article(row, level) for _, row in items.iterrows()])
    known = rows["estimate"].dropna()
    said = f"R is known for {len(known)} of {len(rows)} articles"
    middle = f", median {shown(float(known.median()))}" if len(known) else ""
    return ArticleReproduction(
        table=rows,
        sentence=f"{said}{middle}.",
        notes=tuple(note for source, note in LEVELS.items() if (rows["from"] == source).any()),
        level=level,
        shows="simulation" if items.attrs.get("synthetic") else "fact",
    )


def _one_article(row: pd.Series, level: float) -> dict[str, object]:
    shares, first = _whole(row, "shares"), _whole(row, "first_shares")
    reads, through = _whole(row, "reads"), _whole(row, "share_reads")
    named = {"article": row.get("title") if pd.notna(row.get("title")) else row["item_id"]}
    why = _obstacle(row, shares, first)
    if shares and 0 < first <= shares:
        return {**named, **_known("shares", chain_reproduction(int(shares), imported_shares=first, level=level))}
    if reads and 0 < through < reads and 0 < shares <= reads:
        found = reproduction_number(int(reads), seeds=reads - through, shares=int(shares), level=level)
        return {**named, **_known("reads", found), "why": why}
    missing = why or "the file splits neither shares nor reads by how people came"
    return {**named, "from": "–", "estimate": math.nan, "low": math.nan, "high": math.nan, "why": missing}


def _obstacle(row: pd.Series, shares: float, first: float) -> str:
    """Why the shares of an article do not give its R, where the file has them at all."""
    if floors := _floors(row) & {"shares", "first_shares", "reads", "share_reads"}:
        return f"{', '.join(sorted(floors))} known only as a floor (such as 10万+)"
    if shares and first > shares:
        return f"first shares ({first:g}) exceed shares ({shares:g}): the file counts them differently"
    if shares and first == 0 and pd.notna(row.get("first_shares")):
        return "no share by readers who came from the message, though a chain begins with one"
    return ""


def _floors(row: pd.Series) -> set[str]:
    listed = row.get("lower_bound")
    return set() if listed is None or pd.isna(listed) else {name.strip() for name in str(listed).split(",")}


def _known(source: str, found: Reproduction) -> dict[str, object]:
    r = found.reproduction
    return {"from": source, "estimate": r.estimate, "low": r.low, "high": r.high, "why": ""}


def _whole(row: pd.Series, name: str) -> float:
    value = row.get(name)
    return 0.0 if value is None or pd.isna(value) or name in _floors(row) else float(np.float64(value))
