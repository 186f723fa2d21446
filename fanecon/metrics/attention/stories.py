"""The four mechanisms side by side: one line for the account, four tables by tenure, four sums of terms.

Drawn at their true rates and not at simulated counts, because the point is arithmetic: the four lines do not look
alike, they are the same to the last digit.  Chance has no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.metrics.attention.decomposition import TERMS, entry_and_exit
from fanecon.metrics.attention.mechanisms import MECHANISMS, Fall, Story, milestones, tell
from fanecon.results import Result
from fanecon.schema import ParameterError

TERM_COLOURS = {"stayers": plots.BLUE, "entrants": plots.RED, "exits": plots.GREEN}
DEEPEST = 36
TELLS = {
    "fatigue": "all open less",
    "dilution": "newcomers open less",
    "slowdown": "fewer are new",
    "platform": "all accounts at once",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stories(Result):
    """Four causes of one curve, and what a table by the month of joining would show of each."""

    stories: dict[str, Story]

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """On top the account's one line, below it open rates by tenure and time, at the bottom the terms."""
        ax = plots.axes(ax, height=7.4)
        ax.set_axis_off()
        with mpl.rc_context(plots.style()):
            self._line(ax.inset_axes((0.0, 0.74, 1.0, 0.26)))
            for at, (name, story) in enumerate(self.stories.items()):
                left = 0.255 * at
                _map(ax.inset_axes((left, 0.34, 0.235, 0.25)), name, story, first=at == 0)
                terms = self.table[self.table["mechanism"] == name]
                _bars(ax.inset_axes((left, 0.03, 0.235, 0.2)), terms, first=at == 0)
        return plots.finish(ax, self.sentence, self.shows)

    def _line(self, ax: Axes) -> None:
        for (name, story), colour in zip(self.stories.items(), plots.COLOURS, strict=False):
            ax.plot(story.account, color=colour, lw=1.5, ls="-", label=name)
        plots.scale(ax, "proportion", axis="y")
        last = len(story.account) - 1
        ax.set_xlim(0, last)
        for at in (0, last // 2, last):
            rate = story.account[at]
            plots.label(ax, f"{100 * rate:.3g} %", (at, rate), offset=(-30 if at == last else 4, 8))
        ax.set_xlabel("month; four lines lie on top of each other", parse_math=False)
        ax.set_ylabel("open rate", parse_math=False)


def _map(ax: Axes, name: str, story: Story, *, first: bool) -> None:
    """Open rate by tenure (upwards) and month, blank where nobody is; the line is the mean tenure."""
    periods = story.rate.shape[1]
    grid = np.full((DEEPEST, periods), np.nan)
    tenure = np.arange(periods) - story.joined[:, None]
    seen = (story.delivered > 0) & (tenure >= 0) & (tenure < DEEPEST)
    grid[tenure[seen], np.nonzero(seen)[1]] = story.rate[seen]
    ax.imshow(grid, origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=0.4, interpolation="nearest")
    people = np.where(seen, story.delivered, 0.0)
    mean = (people * np.maximum(tenure, 0)).sum(axis=0) / people.sum(axis=0)
    ax.plot(mean, color="white", ls="-", lw=3)
    ax.plot(mean, color=plots.RED, ls="-", lw=1.4)
    ax.set_title(f"{name}\n{TELLS[name]}", fontsize=9, parse_math=False, pad=4, loc="left")
    ax.set_xlabel("month", fontsize=8, parse_math=False)
    ax.grid(visible=False)
    if first:
        ax.set_ylabel("months since joining", fontsize=8, parse_math=False)
    else:
        ax.set_yticklabels([])


def _bars(ax: Axes, terms: pd.DataFrame, *, first: bool) -> None:
    """The terms of the change from the first to the last month, in percentage points."""
    rows = np.arange(len(terms))[::-1]
    ax.barh(rows, 100 * terms["estimate"], color=[TERM_COLOURS[term] for term in terms["term"]], height=0.6)
    ax.axvline(0, color=plots.BLACK, lw=0.8, ls="-")
    ax.set_xlim(-36, 12)
    ax.set_xlabel("points", fontsize=8, parse_math=False)
    ax.set_yticks(rows, list(terms["term"]) if first else [""] * len(terms), parse_math=False)
    ax.grid(visible=False, axis="y")


def compare_mechanisms(*, periods: int = 25, fall: Fall = "steps") -> Stories:
    """Four causes of one and the same falling open rate, with the change of each as stayers, entrants and exits.

    Parameters
    ----------
    periods
        Months, at least 5.
    fall
        ``"steps"``: from level to level; ``"steady"``: by the same factor every month within each half.

    Returns
    -------
    Stories
        One row per mechanism and term; estimate in proportion (0.01 = one point).  Arithmetic: no interval.

    Raises
    ------
    ParameterError
        Unless periods ≥ 5 and fall is one of the two.

    References
    ----------
    Melitz and Polanec 2015, doi:10.1111/1756-2171.12088; Garimella and West 2021, ICWSM
    """
    if periods < 5 or fall not in ("steps", "steady"):
        raise ParameterError(f"Needed: periods ≥ 5, fall 'steps' or 'steady'; found {periods!r}, {fall!r}.")
    curve = milestones(periods, fall)
    stories: dict[str, Story] = {name: tell(name, curve) for name in MECHANISMS}
    rows = [
        (name, term, float(value), np.nan, np.nan)
        for name, story in stories.items()
        for term, value in zip(TERMS["entry and exit"], _terms(story), strict=False)
    ]
    return Stories(
        table=pd.DataFrame(rows, columns=["mechanism", "term", "estimate", "low", "high"]),
        sentence="Four causes, one curve: an open rate of 30, 10 and 3 % does not say which of them was at work.",
        notes=("Stayers are those who were there in both months; those who left are counted by cohort, not by name.",),
        unit="points",
        shows="simulation",
        stories=stories,
    )


def _terms(story: Story) -> np.ndarray:
    ends = story.delivered[:, [0, -1]].T
    there = (ends > 0).any(axis=0)
    ends, opened = ends[:, there], (ends * story.rate[:, [0, -1]].T)[:, there]
    terms = entry_and_exit(ends, opened, np.asarray((ends > 0).all(axis=0)))
    return np.where(np.abs(terms) < 1e-12, 0.0, terms)
