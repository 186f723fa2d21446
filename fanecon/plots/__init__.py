"""House style and the few drawings that everybody uses.

A picture is read without its text, so its title is the sentence and its footer says whether it shows fact,
assumption or simulation.  Text that comes from data (a title, a nickname) is drawn letter by letter: never parsed
as mathematics, never dropped because it begins with an underscore.
"""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogFormatter

from fanecon.plots.kernel import listed, prepare
from fanecon.plots.lettering import BOX, NO_FONT, chinese_font, drawable, fonts, has_chinese
from fanecon.results import KNOWLEDGE, Interval, Shows, shown

__all__ = [
    "BLACK",
    "BLUE",
    "BOX",
    "COLOURS",
    "DASHES",
    "GREEN",
    "MARKERS",
    "NO_FONT",
    "PURPLE",
    "RED",
    "axes",
    "band",
    "chinese_font",
    "curves",
    "drawable",
    "finish",
    "fonts",
    "has_chinese",
    "heat",
    "intervals",
    "label",
    "legend",
    "prepare",
    "scale",
    "shorten",
    "style",
]

BLUE, RED, GREEN, PURPLE, BLACK = "#0072B2", "#C44E00", "#00805E", "#A8497F", "#222222"
COLOURS = (BLUE, RED, GREEN, PURPLE, BLACK)
MARKERS = ("o", "s", "D", "^", "v")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1)), (0, (8, 3)))


def style() -> Any:
    """The house style as matplotlib parameters, for ``with matplotlib.rc_context(style())``."""
    return {
        "font.family": "sans-serif",
        "font.sans-serif": fonts(),
        "font.size": 10,
        "axes.prop_cycle": cycler(color=COLOURS, linestyle=DASHES),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titlepad": 12,
        "grid.color": "#E4E4E4",
        "grid.linewidth": 0.8,
        "figure.figsize": (7.2, 4.2),
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "text.parse_math": False,
        "axes.unicode_minus": False,
        "savefig.bbox": "tight",
    }


def axes(ax: Axes | None, *, height: float = 4.2) -> Axes:
    """The axes to draw on: those given, or new ones in house style."""
    if ax is not None:
        return ax
    # The figure is made outside the style: the first one switches the notebook's drawing on, which would be undone.
    figure = plt.figure(figsize=(7.2, height), dpi=110, layout="constrained")
    with mpl.rc_context(style()):
        return figure.add_subplot()


def finish(ax: Axes, sentence: str, shows: Shows, *, synthetic: bool = False) -> Axes:
    """Write the sentence as title and the kind of knowledge as footer; return the axes."""
    with mpl.rc_context(style()):
        ax.set_title(textwrap.fill(drawable(sentence), 72), loc="left", parse_math=False, fontfamily=fonts())
    footer = KNOWLEDGE["simulation" if synthetic else shows]
    boxed = BOX in drawable(sentence) or any(BOX in text.get_text() for text in _as_text(ax))
    ax.annotate(
        f"{footer}\n{NO_FONT}" if boxed else footer,
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -36),
        textcoords="offset points",
        fontsize=8,
        color="#555555",
        va="top",
        parse_math=False,
        annotation_clip=False,
    )
    return ax


def _as_text(ax: Axes) -> list[Text]:
    """The texts of a picture, made to be drawn letter by letter; the powers of a logarithmic axis are left."""
    written = [ax.xaxis.label, ax.yaxis.label, *ax.texts]
    shown = ax.get_legend()
    written += [*shown.get_texts(), shown.get_title()] if shown else []
    for text in written:
        text.set_text(drawable(text.get_text()))
    for axis in (ax.xaxis, ax.yaxis):
        powers = isinstance(axis.get_major_formatter(), LogFormatter)
        written += [] if powers else axis.get_ticklabels()
    for text in written:
        text.set_parse_math(False)
        text.set_fontfamily(fonts())
    return written


def legend(ax: Axes) -> None:
    """Write the names of all series in a box, also those that begin with an underscore, which matplotlib leaves out."""
    series, names = listed([ax])
    with mpl.rc_context(style()):
        ax.legend(series, [drawable(name) for name in names])


def label(
    ax: Axes, text: str, at: tuple[float, float], *, colour: str = BLACK, offset: tuple[float, float] = (6, 0)
) -> None:
    """Write a direct label beside a point, as plain text."""
    with mpl.rc_context(style()):
        ax.annotate(
            drawable(text),
            xy=at,
            xytext=offset,
            textcoords="offset points",
            color=colour,
            fontsize=9,
            fontfamily=fonts(),
            va="center",
            parse_math=False,
        )


def intervals(
    ax: Axes, names: list[str], values: list[Interval], *, unit: str = "", zero: bool = True, most: float = np.inf
) -> Axes:
    """Draw one dot with its interval per row, first row on top; an interval that runs beyond `most` ends in an arrow.

    Rates start at zero.
    """
    rows = np.arange(len(values))[::-1]
    for row, value in zip(rows, values, strict=True):
        if not np.isnan(value.low):
            ends = [min(value.low, most), min(value.high, most)]
            ax.plot(ends, [row, row], color=BLUE, lw=2.2, ls="-", alpha=0.55, solid_capstyle="butt")
        if value.high > most:
            ax.plot([most], [row], ls="", marker=">", color=BLUE)
    ax.plot([v.estimate for v in values], rows, ls="", marker="o", color=BLUE)
    ax.set_yticks(rows, [shorten(name) for name in names], parse_math=False)
    for tick in ax.get_yticklabels():
        tick.set_fontfamily(fonts())
    ax.set_ylim(-0.7, len(values) - 0.3)
    ax.grid(visible=False, axis="y")
    if zero:
        scale(ax, unit)
    return ax


def scale(ax: Axes, unit: str, *, axis: str = "x") -> None:
    """Give an axis its unit; proportions as percent, from zero."""
    along = ax.xaxis if axis == "x" else ax.yaxis
    if unit == "proportion":
        along.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    set_limits, set_label = (ax.set_xlim, ax.set_xlabel) if axis == "x" else (ax.set_ylim, ax.set_ylabel)
    set_limits(0, None)
    if unit and unit != "proportion":
        set_label(unit, parse_math=False)


def shorten(text: str, most: int = 24) -> str:
    """A label of at most `most` letters, a Chinese letter counting double, cut with an ellipsis."""
    room, kept = most, list[str]()
    for letter in drawable(text):
        room -= 2 if has_chinese(letter) else 1
        if room < 0:
            return "".join(kept).rstrip() + "…"
        kept.append(letter)
    return "".join(kept)


def band(ax: Axes, table: pd.DataFrame, x: str, *, colour: str = BLUE) -> Axes:
    """A line of `estimate` over column `x` with the band from `low` to `high`."""
    ax.plot(table[x], table["estimate"], color=colour, ls="-")
    ax.fill_between(table[x].astype(float), table["low"], table["high"], color=colour, alpha=0.18, lw=0)
    return ax


def heat(ax: Axes, grid: pd.DataFrame, *, bar: str, centre: float | None = None) -> Axes:
    """A heat map of a frame whose index and columns are the two axes, drawn by seaborn, first row at the bottom."""
    import seaborn as sns

    sns.heatmap(
        grid.iloc[::-1],
        ax=ax,
        cmap="cividis",
        vmin=0,
        vmax=1,
        center=centre,
        cbar_kws={"label": bar, "pad": 0.02},
        xticklabels=[shown(float(value), "proportion") for value in grid.columns],
        yticklabels=[shown(float(value), "proportion") for value in grid.index[::-1]],
    )
    ax.tick_params(length=0)
    return ax


def curves(series: dict[str, np.ndarray], *, x: str, y: str, sentence: str, shows: Shows) -> Axes:
    """Draw a few named curves over 0, 1, 2, … with direct labels at their peaks."""
    ax = axes(None)
    for i, (name, values) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        ax.plot(np.arange(len(values)), values, color=colour, ls=DASHES[i % len(DASHES)])
        top = int(np.argmax(values))
        label(ax, name, (top, float(values[top])), colour=colour)
    ax.set_xlabel(x, parse_math=False)
    ax.set_ylabel(y, parse_math=False)
    ax.set_ylim(0, None)
    return finish(ax, sentence, shows)
