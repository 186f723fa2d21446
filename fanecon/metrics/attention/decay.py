"""How fast an open rate falls: five shapes on counts, compared by what they say about articles they have not seen.

Why counts and not log rates.  A straight line through the logarithms of thirty rates weighs an article sent to 500
people like one sent to 500,000, and has no answer to an article that nobody opened.  The likelihood of the counts has,
and its overdispersion is estimated: two articles of one week differ by far more than coin flips.

Why held-out rows.  Five shapes with one to four numbers each will always rank by fit in the order of their numbers.
So each is fitted to a part of the rows and judged by the rest; of those that do as well as the best within one
standard error, the one with the fewest numbers is taken (Breiman et al. 1984, section 3.4.3).  A rate that does not
change at all is judged along with them, as the yardstick.

Why a profile likelihood with a t.  A half-life is a reciprocal: its interval is lopsided and may have no upper end.
The profile of the likelihood respects that.  The usual cut at χ² is too narrow when the overdispersion comes from the
same few rows; n·ln(1 + t²/(n − p)), exact for normal errors of unknown variance, takes its place.  In simulations of
an exponential fall it covered 94.5 to 95.4 % of the time with 8 to 60 articles (nominal 95; 2,000 runs each).

What no shape can say is why.  :mod:`fanecon.metrics.attention.mechanisms` draws four causes of one and the same curve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import special
from scipy import stats as distributions

from fanecon import plots
from fanecon.metrics.attention.likelihood import Data, log_chance
from fanecon.metrics.attention.opens import Opens, read_opens
from fanecon.metrics.attention.shapes import (
    FEWEST_BESIDE,
    PARAMETERS,
    SHAPES,
    Fit,
    fit_shape,
    prepared,
    profile_ends,
)
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, closest
from fanecon.stats.proportions import checked_level

HeldOut = Literal["forward", "blocked"]
FEWEST_ROWS, FEWEST_AGES = 6, 4
NOT_WHY = (
    "A curve does not say why: tired readers, new readers, slower growth and a changed platform can each draw the "
    "same one (simulate_open_rate)."
)
NO_SHAPE = "With {points} points any shape with two numbers fits; no shape of the fall can be told from another."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenRateDecay(Result):
    """How an open rate falls: the half-life, the model it rests on, and every model compared."""

    half_life: Interval
    model: str
    overdispersion: float
    observed: pd.DataFrame
    fitted: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Rates over time, the fitted curve, and the interval of the half-life at half its first level."""
        ax = plots.axes(ax)
        seen, curve = self.observed, self.fitted
        ax.plot(seen["age"], seen["rate"], ls="", marker="o", ms=4, color=plots.BLUE, alpha=0.7)
        if len(curve):
            ax.plot(curve["age"], curve["rate"], color=plots.RED, ls="-")
            plots.label(ax, self.model, (curve["age"].iloc[-1], curve["rate"].iloc[-1]), colour=plots.RED)
            half, most = curve["rate"].iloc[0] / 2, float(curve["age"].iloc[-1])
            if self.half_life.low < most:
                ends = [self.half_life.low, min(self.half_life.high, most)]
                ax.plot(ends, [half, half], color=plots.BLACK, ls="-", lw=2.2, alpha=0.6)
                plots.label(ax, "half", (ends[1], half))
        ax.set_xlabel(f"{self.unit or 'points'} since the first", parse_math=False)
        plots.scale(ax, "proportion", axis="y")
        return plots.finish(ax, self.sentence, self.shows)


class _Score(NamedTuple):
    """Held-out log scores of one shape, one per row; empty where it could not be fitted to the smaller part."""

    shape: str
    rows: np.ndarray


def fit_open_rate_decay(
    items: pd.DataFrame,
    *,
    opened: str | None = None,
    model: str | None = None,
    held_out: HeldOut = "forward",
    level: float = 0.95,
) -> OpenRateDecay:
    """The half-life of an open rate: the time in which it falls to half of its first level.

    Parameters
    ----------
    items
        One row per article (published_date, delivered, session_readers or opens_people: people), or per period
        (period, delivered, readers).  Age counts from the first row.
    opened, model
        The column of people who opened, if it is another.  One of exponential, stretched, power, biexponential,
        break; None takes the one that predicts best.
    held_out
        ``"forward"``: later rows are predicted from earlier ones; ``"blocked"``: rows between from those around them.

    Returns
    -------
    OpenRateDecay
        "Not estimable" with the reason where dates, denominators or points are missing.

    Raises
    ------
    ParameterError, SchemaError
        For an unknown model; for a table of something else or of several accounts.

    References
    ----------
    Griffiths 1973, doi:10.2307/2529131; Wu and Huberman 2007, doi:10.1073/pnas.0704916104; Breiman et al. 1984
    """
    _checked(model, held_out, level)
    opens = read_opens(items, opened=opened)
    why = _too_little(opens, items)
    if why:
        return _not_estimable(opens, items, why, level)
    data = prepared(opens)
    fits = {shape: fit_shape(shape, data) for shape in SHAPES if len(data) >= PARAMETERS[shape] + FEWEST_BESIDE}
    scores = [_Score(shape, _held_out(fits.get(shape), data, held_out)) for shape in SHAPES]
    chosen = model or _simplest_of_the_best(scores)
    if chosen not in fits:
        why = f"{len(data)} rows are too few for the shape '{chosen}'"
        return _not_estimable(opens, items, why, level)
    half_life = _half_life(fits[chosen], data, opens, level)
    return _result(opens, scores, fits, chosen, half_life, level)


def _checked(model: str | None, held_out: str, level: float) -> None:
    checked_level(level)
    choices = [name for name in SHAPES if name != "constant"]
    if model is not None and model not in choices:
        raise ParameterError(
            f"There is no model {model!r}. {closest(str(model), choices)}There are: {', '.join(choices)}."
        )
    if held_out not in ("forward", "blocked"):
        raise ParameterError(f"held_out is 'forward' or 'blocked'; found {held_out!r}.")


def _too_little(opens: Opens, items: pd.DataFrame) -> str:
    if opens.lacking:
        points = f"{len(items)} points" if len(items) != 1 else "1 point"
        return f"{points} without {', without '.join(opens.lacking)}"
    rows, ages = len(opens.rows), opens.rows["age"].nunique()
    if rows < FEWEST_ROWS or ages < FEWEST_AGES:
        return f"{rows} usable rows at {ages} different times; at least {FEWEST_ROWS} at {FEWEST_AGES} are needed"
    if not opens.rows["opened"].any():
        return "nobody opened anything"
    return ""


def _not_estimable(opens: Opens, items: pd.DataFrame, why: str, level: float) -> OpenRateDecay:
    half_life = Interval(math.nan, unit=opens.unit, missing=why)
    given = items["open_rate"].to_numpy(dtype=float) if opens.lacking and "open_rate" in items else opens.rates
    ages = np.arange(len(given)) if opens.lacking else opens.rows["age"].to_numpy()
    few = [NO_SHAPE.format(points=len(items))] if len(items) <= 4 else []
    table = pd.DataFrame([("half-life", math.nan, math.nan, math.nan)], columns=["what", "estimate", "low", "high"])
    return OpenRateDecay(
        table=table,
        sentence=f"The half-life of the open rate is not estimable: {why}.",
        notes=(*opens.notes, *few, NOT_WHY),
        level=level,
        unit=opens.unit,
        shows="simulation" if opens.synthetic else "fact",
        half_life=half_life,
        model="",
        overdispersion=math.nan,
        observed=pd.DataFrame({"age": ages, "rate": given}),
        fitted=pd.DataFrame({"age": [], "rate": []}, dtype=float),
    )


# --- what each shape says about rows it has not seen ---


def _folds(rows: int, how: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of rows to fit and rows to predict, in order of time."""
    order = np.arange(rows)
    if how == "blocked":
        ends = max(1, rows // 20)  # no shape can say what lies before its first row, and all hang on that
        blocks = np.array_split(order[ends:-ends], min(20, rows - 2 * ends))
        dealt = [np.concatenate(blocks[i::5]) for i in range(min(5, len(blocks)))]
        return [(np.setdiff1d(order, block), block) for block in dealt]
    cuts = np.unique(np.linspace(rows / 2, rows, 6).astype(int))
    return [(order[:start], order[start:stop]) for start, stop in pairwise(cuts)]


def _held_out(whole: Fit | None, data: Data, how: str) -> np.ndarray:
    scores = []
    for known, asked in _folds(len(data), how):
        if whole is None or len(known) < PARAMETERS[whole.shape] + FEWEST_BESIDE:
            return np.array([])
        fit, rest = fit_shape(whole.shape, data.part(known), near=whole), data.part(asked)
        scores.append(log_chance(rest, fit.rate(rest.age), fit.overdispersion))
    return np.concatenate(scores)


def _simplest_of_the_best(scores: list[_Score]) -> str:
    """The shape with the fewest numbers that predicts as well as the best within one standard error."""
    able = [score for score in scores if len(score.rows) and score.shape != "constant"]
    if not able:
        return "exponential"
    best = max(able, key=lambda score: score.rows.mean())
    good = [score for score in able if _behind(best.rows, score.rows)[0] <= _behind(best.rows, score.rows)[1]]
    return min(good, key=lambda score: (PARAMETERS[score.shape], -score.rows.mean())).shape


def _behind(best: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    """By how much a shape predicts worse than the best, per row, and the standard error of that."""
    gap = best - rows
    return float(gap.mean()), float(gap.std(ddof=1) / math.sqrt(len(gap))) if len(gap) > 1 else 0.0


# --- the result ---


def _half_life(fit: Fit, data: Data, opens: Opens, level: float) -> Interval:
    if fit.shape == "break":
        return Interval(math.nan, unit=opens.unit, missing="a step between two levels has no half-life")
    freedom = len(data) - PARAMETERS[fit.shape]
    t = float(distributions.t.ppf(0.5 + level / 2, freedom))
    low, high = profile_ends(fit, data, 0.5 * len(data) * math.log1p(t * t / freedom))
    estimate = fit.half_life
    low, high = min(low, estimate), max(high, estimate)
    return Interval(estimate * opens.span, low * opens.span, high * opens.span, opens.unit)


def _result(
    opens: Opens, scores: list[_Score], fits: dict[str, Fit], chosen: str, half_life: Interval, level: float
) -> OpenRateDecay:
    fit = fits[chosen]
    ages = np.linspace(0, 1, 101)
    seen = opens.rows.assign(rate=opens.rates)
    return OpenRateDecay(
        table=_table(opens, scores, fits, chosen, half_life),
        sentence=_sentence(opens, fit, half_life),
        notes=tuple(_notes(opens, scores, fit, half_life)),
        level=level,
        unit=opens.unit,
        shows="simulation" if opens.synthetic else "fact",
        half_life=half_life,
        model=chosen,
        overdispersion=fit.overdispersion,
        observed=seen,
        fitted=pd.DataFrame({"age": ages * opens.span, "rate": fit.rate(ages)}),
    )


def _table(opens: Opens, scores: list[_Score], fits: dict[str, Fit], chosen: str, half_life: Interval) -> pd.DataFrame:
    held = {score.shape: float(score.rows.mean()) if len(score.rows) else math.nan for score in scores}
    rows = [
        {
            "model": shape,
            "taken": shape == chosen,
            "numbers": PARAMETERS[shape],
            "log_likelihood": fit.log_likelihood - fits["constant"].log_likelihood,
            "held_out": held[shape] - held["constant"],
            "estimate": fit.half_life * opens.span,
            "low": half_life.low if shape == chosen else math.nan,
            "high": half_life.high if shape == chosen else math.nan,
        }
        for shape, fit in fits.items()
    ]
    return pd.DataFrame(rows)


def _sentence(opens: Opens, fit: Fit, half_life: Interval) -> str:
    rows = len(opens.rows)
    over = f"over {rows} articles and {shown(opens.span)} {opens.unit}" if opens.unit == "days" else f"over {rows} rows"
    if fit.shape == "break":
        before, after = (shown(float(special.expit(v)), "proportion") for v in fit.theta[:2])
        when = shown(round(fit.breaks_at * opens.span, 1))
        return (
            f"The open rate behaves like two levels, {before} and {after}, with a step at {when} {opens.unit} ({over})."
        )
    if math.isinf(half_life.estimate):
        least = f"{shown(half_life.low)} {opens.unit}"
        return f"The open rate does not fall {over}; a half-life below {least} does not agree with the counts."
    verb = "halves every" if fit.shape == "exponential" else "falls to half of its first level in"
    return f"The open rate {verb} {half_life}, {over}."


def _notes(opens: Opens, scores: list[_Score], fit: Fit, half_life: Interval) -> list[str]:
    held = {score.shape: score.rows for score in scores}
    notes = [*opens.notes]
    mine, flat = held[fit.shape], held["constant"]
    if len(mine) and len(flat):
        ahead, error = _behind(mine, flat)
        if ahead <= error:
            notes.append("A rate that does not change at all predicts held-out rows as well: the fall may be chance.")
    if half_life.estimate > opens.span or half_life.high > opens.span:
        notes.append("The half-life, or its upper end, lies beyond the time observed; it rests on the shape.")
    linked = _serial(opens, fit)
    if linked > 2 / math.sqrt(len(opens.rows)):
        notes.append(
            f"Neighbouring rows err alike (correlation {shown(linked)}): the interval is then too narrow, because it "
            "takes rows as independent."
        )
    if fit.shape not in ("exponential", "break"):
        notes.append("For this shape the half-life depends on where the time begins: here at the first row.")
    return [*notes, f"Two readers of one article are correlated by {shown(fit.overdispersion)}.", NOT_WHY]


def _serial(opens: Opens, fit: Fit) -> float:
    """Correlation of neighbouring Pearson residuals."""
    rate, n = fit.rate(opens.rows["age"].to_numpy() / opens.span), opens.rows["delivered"].to_numpy()
    left = (opens.rates - rate) / np.sqrt(rate * (1 - rate) * (1 / n + fit.overdispersion))
    return float(np.corrcoef(left[:-1], left[1:])[0, 1]) if left.std() > 0 else 0.0
