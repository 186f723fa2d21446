"""How R moves with what the totals do not say: open rate, imported shares, reads brought from outside.

One unanswered question can move R more than all sampling error.  The grid puts the three unknowns side by side:
R = 1 − (s·(S·o + E) + P)/H with s = H/N: every seed and outside reader shares at the common rate s, and P shares
were bought on top.  Along the open rate the surface is flat, since subscribers are few; along imported shares and
outside reads it falls as a cliff.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.sharing import branching
from fanecon.results import Result, shown
from fanecon.schema import ParameterError

OPEN_RATES = (0.03, 0.10, 0.30, 0.50, 1.00)
IMPORTED_PARTS = (0.0, 0.075, 0.15, 0.3, 0.45)
EXTERNAL_SHARES = (0.0, 0.05, 0.10, 0.25, 0.50, 0.90)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Grid(Result):
    """R for every combination of the three unknowns."""

    reads: int
    shares: int
    subscribers: float
    half_width: float

    def at(self, *, open_rate: float, imported_shares: float = 0.0, external_share: float = 0.0) -> float:
        """R at one combination, whether or not it stands in the table."""
        return _estimate(self.reads, self.shares, self.subscribers, open_rate, imported_shares, external_share)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """R over imported share (across) and open rate (up, logarithmic), with contours and three readings."""
        ax = plots.axes(ax, height=4.8)
        across, up = np.linspace(0, 0.9, 181), np.geomspace(0.01, 1, 121)
        surface = np.array([[self.at(open_rate=o, imported_shares=p * self.shares) for p in across] for o in up])
        impossible = surface < 0
        surface = np.where(impossible, np.nan, surface)
        if impossible.any():
            ax.set_facecolor("#EDEDED")
            words = "impossible: more\nimports than shares"
            ax.text(0.97, 0.95, words, transform=ax.transAxes, ha="right", va="top", fontsize=8.5, color="#444444")
        mesh = ax.pcolormesh(across, up, surface, cmap="cividis", vmin=0, vmax=1, shading="gouraud", rasterized=True)
        lines = ax.contour(across, up, surface, levels=np.arange(0.1, 1, 0.1), colors="white", linewidths=0.9)
        ax.clabel(lines, fmt=lambda value: f"{value:.1f}", fontsize=8)
        ax.figure.colorbar(mesh, ax=ax, label="reproduction number R", pad=0.02)
        ax.set(yscale="log", xlabel="part of all shares that was paid for, or made by outside readers")
        ax.set_ylabel("open rate of subscribers")
        ax.set_yticks([0.01, 0.03, 0.1, 0.3, 1], ["1 %", "3 %", "10 %", "30 %", "100 %"])
        ax.set_xticks(np.arange(0, 1, 0.1), [f"{10 * i} %" for i in range(10)])
        ax.minorticks_off()
        ax.grid(visible=False)
        return plots.finish(ax, self.sentence, self.shows)

    def mark(self, ax: Axes, text: str, *, open_rate: float, imported: float, marker: str = "o") -> None:
        """Mark one reading on the map with its chance band; `imported`: part of all shares beyond the seeds' own."""
        reach = self.half_width * math.sqrt(max(0.0, 1 - imported))
        ax.errorbar(
            [imported], [open_rate], xerr=[[min(reach, imported)], [reach]], marker=marker, ms=8, mfc="white",
            mec="black", ecolor="white", elinewidth=2, ls="",
        )  # fmt: skip
        left = imported > 0.45
        ax.annotate(
            plots.drawable(text),
            (imported, open_rate),
            xytext=(-14 if left else 14, 13),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=8.5,
            fontfamily=plots.fonts(),
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.9},
            parse_math=False,
        )


def sensitivity_grid(
    reads: int,
    *,
    shares: int,
    subscribers: float,
    open_rates: Sequence[float] = OPEN_RATES,
    imported_shares: Sequence[float] | None = None,
    external_shares: Sequence[float] = EXTERNAL_SHARES,
) -> Grid:
    """R over open rate × imported shares × external share of reads.

    Parameters
    ----------
    reads, shares, subscribers
        N, H and S of one finished article.
    open_rates
        Proportion of subscribers who read it from the message.
    imported_shares
        Number of shares bought or brought, beyond those made at the common rate; None = 0 to 45 % of all shares.
    external_shares
        Proportion of all reads that others brought (a reprint, a recommendation).

    Returns
    -------
    Grid
        One row per combination: estimate, low, high; combinations with more imports than shares are left out.

    References
    ----------
    De Serres, Gay and Farrington 2000
    """
    if imported_shares is None:
        imported_shares = [float(round(part * shares)) for part in IMPORTED_PARTS]
    _checked(reads, shares, subscribers, open_rates, imported_shares, external_shares)
    combinations = list(itertools.product(open_rates, imported_shares, external_shares))
    rows = [_row(reads, shares, subscribers, *point) for point in combinations]
    possible = pd.DataFrame([row for row in rows if row["estimate"] >= 0])
    dropped = len(rows) - len(possible)
    if possible.empty:
        raise ParameterError("No combination is possible: imports exceed the shares everywhere. Type smaller values.")
    half = 1.96 * math.sqrt(1 / shares)
    return Grid(
        table=possible,
        sentence=_moved(reads, shares, subscribers, open_rates, imported_shares, external_shares)
        + f"; chance moves it by about ±{half:.3f}.",
        notes=(
            *((f"{dropped} combinations need more imports than there were shares: left out.",) if dropped else ()),
            "All seeds and outside readers share at the common rate shares ÷ reads; imported shares come on top.",
        ),
        shows="assumption",
        reads=reads,
        shares=shares,
        subscribers=subscribers,
        half_width=half,
    )


def _moved(
    reads: float,
    shares: float,
    subscribers: float,
    opened: Sequence[float],
    paid: Sequence[float],
    out: Sequence[float],
) -> str:
    """What each unknown does to R by itself, over the range given for it, with the others at their first value."""

    def span(axis: Sequence[float], name: str) -> str:
        ends = [_estimate(reads, shares, subscribers, **{**base, name: end}) for end in (min(axis), max(axis))]
        return shown(max(0.0, ends[0]) - max(0.0, ends[1]))

    base = {"opened": opened[0], "paid": paid[0], "external": out[0]}
    rates = f"{shown(min(opened), 'proportion')} to {shown(max(opened), 'proportion')}"
    outside = f"{shown(min(out), 'proportion')} to {shown(max(out), 'proportion')}"
    told = [
        (opened, f"the open rate ({rates}) moves R by {span(opened, 'opened')}"),
        (paid, f"imported shares ({min(paid):,.0f} to {max(paid):,.0f}) move R by {span(paid, 'paid')}"),
        (out, f"reads from outside ({outside}) move it by {span(out, 'external')}"),
    ]
    text = ", ".join(words for axis, words in told if len(axis) > 1) or "nothing is left open"
    return text[0].upper() + text[1:]


def _checked(reads: float, shares: float, subscribers: float, *axes: Sequence[float]) -> None:
    opened, imported, external = (np.asarray(axis, dtype=float) for axis in axes)
    fine = 0 < shares <= reads and subscribers > 0 and all(axis.size for axis in (opened, imported, external))
    ranges = ((opened > 0) & (opened <= 1)).all() and (imported >= 0).all() and ((external >= 0) & (external < 1)).all()
    if not (fine and ranges):
        raise ParameterError(
            "Needed: 0 < shares ≤ reads, subscribers > 0, open rates in (0, 1], imported shares ≥ 0 "
            f"(a number), external shares in [0, 1) (of reads); found {reads!r}, {shares!r}, {subscribers!r}, {axes!r}."
        )


def _estimate(reads: float, shares: float, subscribers: float, opened: float, paid: float, external: float) -> float:
    return 1 - (subscribers * opened / reads + external) - paid / shares


def _row(
    reads: float, shares: float, subscribers: float, opened: float, paid: float, external: float
) -> dict[str, float]:
    r = _estimate(reads, shares, subscribers, opened, paid, external)
    low, high = branching.share_level_ends(int(shares), (1 - r) * shares, math.inf, 0.05) if r >= 0 else (r, r)
    named = {"open_rate": opened, "imported_shares": paid, "external_share": external}
    return {**named, "estimate": r, "low": low, "high": high}
