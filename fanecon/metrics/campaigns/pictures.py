"""The pictures of the room: days beside their expectation, and a campaign among days only called one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from fanecon import plots
from fanecon.results import shown

TALL, WEEK = 5.0, 7


def draw_days(ax: Axes, curve: pd.DataFrame) -> Axes:
    """Counts as dots, the expectation as a line with the range of a single ordinary day, the campaign as squares."""
    there = curve[curve["expected"].notna()]
    ax.fill_between(there["date"], there["low"], there["high"], color=plots.BLUE, alpha=0.18, lw=0)
    ax.plot(there["date"], there["expected"], color=plots.BLUE, ls="-", label="expected, and the range of one day")
    for phase, colour, marker in (("campaign", plots.RED, "s"), ("other", plots.BLACK, "o")):
        rows = curve[(curve["phase"] == "campaign") == (phase == "campaign")]
        name = "counted, on its days" if phase == "campaign" else "counted, other days"
        ax.plot(rows["date"], rows["count"], color=colour, ls="", marker=marker, ms=4, label=name)
    most, usual = float(curve["count"].max()), float(curve["count"].median())
    ax.set_ylabel("acts a day", parse_math=False)
    if usual > 0 and most > TALL * usual:
        ax.set_yscale("symlog", linthresh=max(usual / 4, 1.0))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))
        ax.set_ylabel("acts a day (each step of the scale is ten times)", parse_math=False)
    ax.set_ylim(0, None)
    ax.set_xticks(*_days(curve["date"]))
    plots.legend(ax)
    return ax


def _days(dates: pd.Series) -> tuple[list[pd.Timestamp], list[str]]:
    """At most seven days to name below an axis, with their names."""
    named = dates.iloc[:: max(1, -(-len(dates) // 7))]
    return list(named), [f"{day:%m-%d}" for day in named]


def draw_tries(ax: Axes, tries: pd.DataFrame) -> Axes:
    """Days after against the highest day, both in times the expectation."""
    others, real = tries.iloc[:-1], tries.iloc[-1]
    ax.plot(others["peak"], others["after"], ls="", marker="o", color=plots.BLUE, ms=4)
    ax.plot([real["peak"]], [real["after"]], ls="", marker="s", color=plots.RED, ms=7)
    if np.isfinite(real["after"]):
        plots.label(ax, "the campaign", (float(real["peak"]), float(real["after"])), colour=plots.RED, offset=(-78, 10))
    for line in (ax.axhline, ax.axvline):
        line(1, color=plots.BLACK, lw=0.8, ls="-")
    ax.set_xlim(0, None)
    ax.set_ylim(0, None)
    ax.set_xlabel("highest day, in times the expectation", parse_math=False)
    ax.set_ylabel("days after, in times the expectation", parse_math=False)
    return ax


def draw_parts(ax: Axes, curve: pd.DataFrame) -> Axes:
    """Bars of a day: the others' acts below, those of the hunters on top; the expectation as a line."""
    first = int(np.argmax(curve["phase"].to_numpy() == "campaign"))
    rows = curve[curve["phase"] != "later"].loc[max(0, first - WEEK) :]
    ax.bar(rows["date"], rows["others"], color=plots.BLUE, label="others")
    ax.bar(
        rows["date"],
        rows["hunters"],
        bottom=rows["others"],
        color=plots.RED,
        hatch="//",
        label="hunters, by probability",
    )
    if rows["expected"].notna().any():
        ax.plot(rows["date"], rows["expected"], color=plots.BLACK, ls=plots.DASHES[1], label="expected of all")
    ax.set_ylabel("acts a day", parse_math=False)
    ax.set_ylim(0, None)
    ax.set_xticks(*_days(rows["date"]))
    plots.legend(ax)
    return ax


def draw_event_study(ax: Axes, curve: pd.DataFrame) -> Axes:
    """Observed ÷ expected by day since the campaign, with its band, on a scale of equal factors."""
    there = curve[np.isfinite(curve["estimate"]) & (curve["estimate"] > 0)]
    for part in (there[there["day"] < 0], there[there["day"] >= 0]):
        ax.fill_between(part["day"], part["low"], part["high"], color=plots.BLUE, alpha=0.18, lw=0)
    for days, colour, marker in ((there["day"] != 0, plots.BLUE, "o"), (there["day"] == 0, plots.RED, "s")):
        ax.plot(there.loc[days, "day"], there.loc[days, "estimate"], color=colour, ls="", marker=marker, ms=4)
    ax.axhline(1, color=plots.BLACK, lw=0.8, ls="-")
    ax.axvline(-0.5, color=plots.BLACK, lw=0.8, ls=plots.DASHES[1])
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ticks = [factor * 10.0**power for power in range(-3, 5) for factor in (1, 2, 5)]
    ax.set_yticks([tick for tick in ticks if low <= tick <= high])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("days since the campaign began", parse_math=False)
    ax.set_ylabel("acts, in times the expectation", parse_math=False)
    return ax
