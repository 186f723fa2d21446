"""What a change of the platform leaves behind: a step in the open rates of all accounts at one time.

In 2013 WeChat moved subscription accounts into one folder; whoever looked at one account saw its readers lose
interest that week.  A cause that sits in the platform meets all accounts at once, a cause that sits in an account does
not.  So each account gets its own level and its own straight trend (on the logit scale), and a step counts as common
only if it stands out against how *accounts* differ from each other in it, not against the noise of one account:
accounts are the sample.  Readers and serial correlation within an account need no model then.

The place of a step is searched for, so what the best place explains is compared with what it would explain if every
account had flipped a coin for its sign (a randomisation test; Canay, Romano and Shaikh 2017).  With fewer than six
accounts no result could be rarer than one in twenty, and none is given.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats as distributions

from fanecon import plots
from fanecon.metrics.attention.opens import opened_column
from fanecon.results import Interval, Result
from fanecon.schema import ParameterError, SchemaError, need
from fanecon.stats.proportions import checked_level

FEWEST_ACCOUNTS, FEWEST_PERIODS, EDGE = 6, 8, 2
FLIPS = 1_999
SEARCHED = "The size of a step that was searched for is a little too large; its interval takes its time as known."
STRAIGHT = "Each account has a straight trend of its own; a bend that all have in common could pass for a step."
NOT_NAMED = "A step common to all accounts behaves like a change of the platform; its cause is not in the counts."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CommonBreaks(Result):
    """Steps in the open rates that all accounts share."""

    periods: tuple[Any, ...]
    rates: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The rates of all accounts, thin, and a line where a common step is."""
        ax = plots.axes(ax)
        for name in self.rates.columns:
            ax.plot(self.rates.index, self.rates[name], color=plots.BLUE, ls="-", lw=1, alpha=0.5)
        for when in self.periods:
            ax.axvline(when, color=plots.RED, ls="--", lw=1.5)
        ax.set_xlabel("period", parse_math=False)
        plots.scale(ax, "proportion", axis="y")
        return plots.finish(ax, self.sentence, self.shows)


class _Step(NamedTuple):
    """A common step: before which period it lies, its mean and standard error over accounts, and its chance."""

    place: int
    mean: float
    error: float
    chance: float


def find_common_breaks(
    table: pd.DataFrame, *, most: int = 3, opened: str | None = None, level: float = 0.95, seed: int = 0
) -> CommonBreaks:
    """Steps that the open rates of several accounts take at the same time, as a change of the platform would cause.

    Parameters
    ----------
    table
        One row per account and period (rows of cohorts are added up): account_id, period, delivered, readers or
        session_readers (people).
    most, opened
        Steps to look for, one after the other; the column of people who opened, if it is another.
    level
        Of the intervals; a step is reported if its chance without any step is below 1 − level.

    Returns
    -------
    CommonBreaks
        One row per step: period (the first after it), estimate (odds after ÷ odds before), low, high, chance.

    Raises
    ------
    SchemaError, ParameterError
        If a column is missing; unless most ≥ 1.

    References
    ----------
    Canay, Romano and Shaikh 2017, doi:10.3982/ECTA13081; Andrews 1993, doi:10.2307/2951764
    """
    alpha = checked_level(level)
    if not most >= 1:
        raise ParameterError(f"most is at least 1; found {most!r}.")
    rates, logits = _by_account(table, opened)
    why = _why_not(logits)
    steps = [] if why else _search(logits.to_numpy(), most, alpha, np.random.default_rng(seed))
    t = float(distributions.t.ppf(1 - alpha / 2, max(1, logits.shape[1] - 1)))
    found = [Interval(*np.exp([s.mean, s.mean - t * s.error, s.mean + t * s.error])) for s in steps]
    periods = tuple(logits.index[step.place] for step in steps)
    rows = [
        (when, value.estimate, value.low, value.high, step.chance)
        for when, value, step in zip(periods, found, steps, strict=True)
    ]
    return CommonBreaks(
        table=pd.DataFrame(rows, columns=["period", "estimate", "low", "high", "chance"]),
        sentence=_sentence(logits, periods, found, why),
        notes=(*([SEARCHED] if steps else []), STRAIGHT, NOT_NAMED),
        level=level,
        unit="times the odds",
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        periods=periods,
        rates=rates,
    )


def _by_account(table: pd.DataFrame, opened: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rates and empirical logits, one row per period and one column per account; periods that all have."""
    part = opened_column(table, opened) if isinstance(table, pd.DataFrame) else "readers"
    need(table, "account_id", "period", "delivered", part, meaning="one row per account and period")
    sums = table.groupby(["period", "account_id"], sort=True)[["delivered", part]].sum()
    if (sums[part] > sums["delivered"]).any():
        raise SchemaError(f"'{part}' exceeds 'delivered' in a period; both must count people.")
    both = sums[sums["delivered"] > 0].astype(float).reset_index()
    wide = both.pivot_table(index="period", columns="account_id", values=["delivered", part]).dropna()
    people, read = wide["delivered"], wide[part]
    return read / people, pd.DataFrame(np.log((read + 0.5) / (people - read + 0.5)))


def _why_not(logits: pd.DataFrame) -> str:
    periods, accounts = logits.shape
    if accounts < FEWEST_ACCOUNTS:
        return f"{accounts} accounts; a step common to all needs at least {FEWEST_ACCOUNTS} to be told from chance"
    if periods < FEWEST_PERIODS:
        return f"{periods} periods that all accounts have; at least {FEWEST_PERIODS} are needed"
    return ""


def _sentence(logits: pd.DataFrame, periods: tuple[Any, ...], found: list[Interval], why: str) -> str:
    over = f"{logits.shape[1]} accounts over {logits.shape[0]} periods"
    if why:
        return f"Steps common to all accounts are not estimable: {why}."
    if not found:
        return f"No step that the open rates of {over} have in common stands out."
    told = [f"at {when}, odds times {value}" for when, value in zip(periods, found, strict=True)]
    many = "one step" if len(told) == 1 else f"{len(told)} steps"
    return f"The open rates of {over} have {many} in common: {'; '.join(told)}."


def _search(logits: np.ndarray, most: int, alpha: float, rng: np.random.Generator) -> list[_Step]:
    """One step after the other, each beside those already found, until one could be chance; sizes from all at once."""
    places, chances = list[int](), list[float]()
    signs = _signs(logits.shape[1], rng)
    while len(places) < most:
        free = _free(len(logits), places)
        if not free:
            break
        sizes, length = _sizes(logits, places, free)
        explained = ((signs @ sizes.T / signs.shape[1]) ** 2) * length
        largest = explained.max(axis=1)
        chance = float((largest >= largest[0] * (1 - 1e-12)).mean())
        if chance >= alpha:
            break
        places = _settled(logits, [*places, free[int(np.argmax(explained[0]))]])
        chances.append(chance)
    return [_step(logits, places, i, chances[i]) for i in np.argsort(places)] if places else []


def _free(periods: int, places: list[int]) -> list[int]:
    return [p for p in range(EDGE, periods - EDGE + 1) if all(abs(p - q) >= EDGE for q in places)]


def _settled(logits: np.ndarray, places: list[int]) -> list[int]:
    """Every step moved to where it explains most beside the others, until none moves: two falls look like a trend."""
    for _ in range(10):
        before = list(places)
        for i in range(len(places)):
            others = places[:i] + places[i + 1 :]
            free = _free(len(logits), others)
            sizes, length = _sizes(logits, others, free)
            places[i] = free[int(np.argmax(sizes.mean(axis=1) ** 2 * length))]
        if places == before:
            break
    return places


def _signs(accounts: int, rng: np.random.Generator) -> np.ndarray:
    """Sign patterns over accounts, the observed one first; all of them where they are few."""
    if accounts <= 10:
        return np.array(list(itertools.product((1.0, -1.0), repeat=accounts)))
    return np.vstack([np.ones(accounts), rng.choice([1.0, -1.0], (FLIPS, accounts))])


def _design(periods: int, places: list[int]) -> np.ndarray:
    at = np.arange(periods)
    return np.column_stack([np.ones(periods), at, *[(at >= place).astype(float) for place in places]])


def _sizes(logits: np.ndarray, places: list[int], free: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The step of each account (columns) at each free place (rows), beside level, trend and the steps known.

    And what of the step level, trend and known steps leave over: squared size times that is what a step explains.
    """
    base = _design(len(logits), places)
    step = np.column_stack([(np.arange(len(logits)) >= place).astype(float) for place in free])
    rest = step - base @ np.linalg.lstsq(base, step, rcond=None)[0]
    length = (rest**2).sum(axis=0)
    return np.asarray((rest.T @ logits) / length[:, None]), length


def _step(logits: np.ndarray, places: list[int], which: int, chance: float) -> _Step:
    others = [place for i, place in enumerate(places) if i != which]
    sizes = _sizes(logits, others, [places[which]])[0][0]
    error = float(sizes.std(ddof=1) / math.sqrt(len(sizes)))
    return _Step(places[which], float(sizes.mean()), error, chance)
