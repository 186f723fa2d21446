"""What a post will come to, from who has shared it so far and how many follow them (Zhao et al. 2015, "SEISMIC").

A share reaches the followers of who shares.  They react, if at all, after a delay with density φ: even for the first
five minutes, then falling as a power of time.  Nᵗ = Σ nᵢ followers have been reached by time t, and of their reactions
the part Nᵗₑ = Σ nᵢ·∫φ has come due.  The *infectiousness* p is the chance that a reached follower shares, read off the
recent past with weights K that fall linearly to zero within a window:

    p = Σ K(t − tᵢ) / Σ nᵢ ∫ K(t − s)·φ(s − tᵢ) ds .

Reactions still due bring p·(Nᵗ − Nᵗₑ) shares, each of which reaches n* followers and begets p·n* further ones, so

    final = Rᵗ + p·(Nᵗ − Nᵗₑ)/(1 − p·n*) ,

and none if p·n* ≥ 1: then each share begets more than one, and the total depends on when that ends, which p does not
say.  The paper's window is half the age; it is kept from growing beyond two hours, as in the authors' own figures.
In whole seconds shares fall on the very moment of the forecast.  They count as made (R, N), but not in p, whose
weights reach up to that moment: nobody reached at that instant had time to react.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.results import Result, shown
from fanecon.schema import ParameterError, SchemaError, need

SCALE, EVEN, POWER = 6.265725e-4, 300.0, 0.2314843
WINDOW = 7200.0
FEWEST = 10
NO_INTERVAL = (
    "No interval: the method states none. It takes the infectiousness of the last hours to last for ever; where that "
    "falls with age, as it mostly does, the forecast is too high."
)
MEMORY = "The delays of reactions are those of Twitter in 2011; on another platform they may differ."
GROWING = "growing: each share begets one or more further ones, so these data give no total"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Forecast(Result):
    """Forecasts of the final number of shares, one row per moment at which one is made."""

    history: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Shares so far, and what was forecast at each moment."""
        ax = plots.axes(ax)
        ax.step(self.history["hours"], self.history["shares"], where="post", color=plots.BLUE, ls="-")
        ax.plot(self.table["hours"], self.table["estimate"], ls="", marker=plots.MARKERS[1], color=plots.RED)
        ax.set(xlabel="hours after the post", ylabel="shares (squares: forecast of the total)", ylim=(0, None))
        return plots.finish(ax, self.sentence, self.shows)


def reacted(seconds: np.ndarray) -> np.ndarray:
    """Share of all reactions that have come within so many seconds: even for 300, then a power of time."""
    s = np.maximum(np.asarray(seconds, dtype=float), 0.0)
    late = SCALE * EVEN / POWER * (1 - (np.maximum(s, EVEN) / EVEN) ** -POWER)
    return np.asarray(SCALE * np.minimum(s, EVEN) + late)


def _moment(seconds: np.ndarray) -> np.ndarray:
    """∫ s·φ(s) ds from 0: what the falling weights need beside `reacted`."""
    s = np.maximum(np.asarray(seconds, dtype=float), 0.0)
    grown = np.maximum(s, EVEN) ** (1 - POWER) - EVEN ** (1 - POWER)
    return np.asarray(SCALE * (np.minimum(s, EVEN) ** 2 / 2 + EVEN ** (1 + POWER) / (1 - POWER) * grown))


def infectiousness(times: np.ndarray, followers: np.ndarray, at: float, longest_window: float = WINDOW) -> float:
    """Chance that a reached follower shares, at one moment: recent shares per reaction that was due.

    `times` are seconds after the post, the post itself first (at 0); it reaches but is not counted as a share.
    """
    window = min(at / 2, longest_window)
    before = times < at
    age, reach = at - times[before], followers[before]
    oldest = np.maximum(age - window, 0.0)
    due = (1 - age / window) * (reacted(age) - reacted(oldest)) + (_moment(age) - _moment(oldest)) / window
    exposed = float((reach * due).sum())
    weights = np.maximum(1 - age[1:] / window, 0.0)
    return float(weights.sum()) / exposed if exposed > 0 else math.nan


def forecast_cascade(
    cascade: pd.DataFrame,
    *,
    at: float | Sequence[float],
    typical_followers: float = 100.0,
    longest_window: float = WINDOW,
) -> Forecast:
    """Final number of shares of a post: those made, those still due, and those that these beget in turn.

    Parameters
    ----------
    cascade
        One row per share: `seconds` after the post and `followers` of who shares (people); the post itself at 0.
    at
        Seconds after the post at which to forecast; what came later is not looked at.
    typical_followers
        n*, mean number of followers of those who will share.
    longest_window
        Seconds over which the infectiousness is smoothed at most (half the age if that is less).

    Returns
    -------
    Forecast
        Per moment `estimate` (shares in the end, the post not counted), `shares` so far, `infectiousness`, `reason`
        where there is no forecast: fewer than 10 shares, or growing.  No interval: the method gives none.

    Raises
    ------
    SchemaError, ParameterError
        Without the post at 0, for missing times or followers; for moments or numbers that are not positive.

    References
    ----------
    Zhao, Erdogdu, He, Rajaraman and Leskovec 2015, doi:10.1145/2783258.2783401
    """
    moments = np.atleast_1d(np.asarray(at, dtype=float))
    if not (len(moments) and (moments > 0).all() and typical_followers > 0 and longest_window > 0):
        raise ParameterError(
            "Needed: moments, typical_followers and longest_window above 0; "
            f"found at={at!r}, {typical_followers!r}, {longest_window!r}."
        )
    times, followers = _checked(cascade)
    rows = [_row(times, followers, float(moment), (typical_followers, longest_window)) for moment in moments]
    table = pd.DataFrame(rows)
    return Forecast(
        table=table,
        sentence=_told(table.iloc[-1]),
        notes=(NO_INTERVAL, MEMORY, f"A new sharer is taken to have {shown(typical_followers)} followers on average."),
        unit="shares",
        history=pd.DataFrame({"hours": times[1:] / 3600, "shares": np.arange(1, len(times))}),
    )


def _checked(cascade: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    need(cascade, "seconds", "followers", meaning="seconds after the post, followers of who shares")
    frame = cascade[["seconds", "followers"]].astype("Float64")
    if frame.isna().any(axis=None) or (frame < 0).any(axis=None):
        raise SchemaError("Every row needs seconds ≥ 0 and followers ≥ 0; some hold none. Drop or fill these rows.")
    frame = frame.sort_values("seconds", kind="stable")
    if frame.empty or frame["seconds"].iloc[0] != 0:
        raise SchemaError("The post itself is missing: a row with seconds 0 and the followers of who posted it.")
    return frame["seconds"].to_numpy(dtype=float), frame["followers"].to_numpy(dtype=float)


def _row(times: np.ndarray, followers: np.ndarray, at: float, chosen: tuple[float, float]) -> dict[str, object]:
    typical, window = chosen
    made = times <= at
    shares, reached = int(made.sum()) - 1, followers[made]
    p = infectiousness(times, followers, at, window) if shares >= FEWEST else math.nan
    begets = p * typical
    waiting = float((reached * (1 - reacted(at - times[made]))).sum())
    final = shares + p * waiting / (1 - begets) if begets < 1 else math.nan
    reason = f"not estimable: fewer than {FEWEST} shares" if shares < FEWEST else ""
    if not reason and math.isnan(p):
        reason = "not estimable: nobody was reached"
    row = {"hours": at / 3600, "estimate": final, "low": math.nan, "high": math.nan, "shares": shares}
    return {**row, "infectiousness": p, "begotten_per_share": begets, "reason": GROWING if begets >= 1 else reason}


def _told(row: pd.Series) -> str:
    when = f"{shown(row['hours'])} hours after the post, {row['shares']:,} shares"
    if row["reason"]:
        return f"{when}: no forecast ({row['reason']})."
    return (
        f"{when}: the total comes to {shown(round(row['estimate']))} if reached followers go on sharing with a chance "
        f"of {shown(row['infectiousness'], 'proportion')}."
    )
