"""Four ways to an open rate that falls from 30 to 10 to 3 %, of which one is fatigue.

An account's open rate is a mean over its followers, and a mean moves when the people move.  Write w for the share of
those delivered to who joined at one time, o for the rate at which these open; the rate of the account is Σ w·o.  Here
it follows one curve, the same to the last digit in all four stories:

- **fatigue**: the founders stay, nobody joins, and everybody opens less as time goes by;
- **dilution**: the founders open at 30 % for ever, newcomers open at 2 %, and there are more and more of them: 3.5
  times the founders' number brings the rate to 10 %, 28 times to 3 %;
- **slowdown**: every follower's interest fades with tenure in the same way, then as now; only growth slows, so
  that fewer of them are new.  Under steady growth at rate g the rate is o₀·g ÷ (g + δ), δ the fading;
- **platform**: joiners replace leavers, nobody changes, and twice the platform moves the messages further away, for
  all accounts at once.

The line of the account cannot tell them apart.  A table by the month of joining can, at a glance; so can a second
account, for the last.  Garimella and West (2021) found rates per follower that rise and fall over a career and need
no more than followers who lose interest and a changing number of new ones.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from fanecon.schema import ParameterError, closest

Fall = Literal["steps", "steady"]
Mechanism = Literal["fatigue", "dilution", "slowdown", "platform"]
MECHANISMS: tuple[Mechanism, ...] = ("fatigue", "dilution", "slowdown", "platform")
MILESTONES = (0.30, 0.10, 0.03)
FOUNDED = 12
ENTRANTS = 0.02
FIRST_INTEREST, FADING = 0.6, 1.5
FIRST_DELIVERED = 100_000
TURNOVER = 0.08
Numbers = Any


class Story(NamedTuple):
    """Weights (people) and open rates by cohort (rows; month of joining) and period (columns)."""

    joined: np.ndarray
    delivered: np.ndarray
    rate: np.ndarray

    @property
    def account(self) -> np.ndarray:
        """The open rate of the account in each period."""
        return np.asarray((self.delivered * self.rate).sum(0) / self.delivered.sum(0))


def stable_open_rate(growth: float, *, fading: float = 1.0, first: float = 0.6, leaving: float = 0.0) -> float:
    """The open rate of an account whose followers grow steadily and whose interest fades with tenure.

    first·(growth + leaving) ÷ (growth + leaving + fading): the mean of first·exp(−fading·a) over the tenures a of a
    stable population.

    Parameters
    ----------
    growth, fading, leaving
        Rates per unit of time: of the followers' number, of the loss of interest, of unfollowing.
    first
        Open rate of somebody who has just joined, a proportion.

    References
    ----------
    Lotka 1939, Théorie analytique des associations biologiques; Garimella and West 2021, ICWSM

    Examples
    --------
    >>> [round(stable_open_rate(g), 3) for g in (1, 0.25, 1 / 19)]
    [0.3, 0.12, 0.03]
    """
    if not (growth + leaving > 0 and fading >= 0 and leaving >= 0 and 0 < first <= 1):
        raise ParameterError(
            "Needed: growth + leaving > 0, fading ≥ 0, leaving ≥ 0, 0 < first ≤ 1; "
            f"found {growth!r}, {leaving!r}, {fading!r}, {first!r}."
        )
    return first * (growth + leaving) / (growth + leaving + fading)


def linear_open_rate(tenure: float, first: float = 0.6) -> float:
    """The open rate after linear growth from zero: first·(1 − exp(−δt)) ÷ (δt), with δt the fading since the start."""
    return first * -math.expm1(-tenure) / tenure if tenure else first


def dilution_multiple(rate: float, *, founders: float = 0.30, entrants: float = ENTRANTS) -> float:
    """How many times larger the audience must be for its rate to fall to `rate` by newcomers alone."""
    if not entrants < rate <= founders:
        raise ParameterError(f"Needed: entrants < rate ≤ founders; found {entrants!r}, {rate!r}, {founders!r}.")
    return (founders - entrants) / (rate - entrants)


def milestones(periods: int, fall: str = "steps") -> np.ndarray:
    """An open rate of 30 % in the first period, 10 % in the middle one and 3 % in the last one.

    ``"steps"``: three levels, with the steps a quarter and three quarters of the way; ``"steady"``: by the same factor
    from each period to the next within each half.
    """
    at = np.interp(np.arange(periods), (0, (periods - 1) // 2, periods - 1), (0, 1, 2))
    if fall == "steady":
        return np.asarray(np.exp(np.interp(at, (0, 1, 2), np.log(MILESTONES))))
    return np.asarray(MILESTONES)[np.searchsorted((0.5, 1.5), at, side="right")]


def tell(mechanism: str, curve: np.ndarray) -> Story:
    """The story of one mechanism whose account follows the curve exactly."""
    if mechanism not in MECHANISMS:
        raise ParameterError(
            f"There is no mechanism {mechanism!r}. {closest(str(mechanism), MECHANISMS)}"
            f"There are: {', '.join(MECHANISMS)}."
        )
    told = {"fatigue": _fatigue, "dilution": _dilution, "slowdown": _slowdown, "platform": _platform}
    return told[mechanism](curve)


def _fatigue(curve: np.ndarray) -> Story:
    joined = np.arange(-FOUNDED + 1, 1)
    return Story(joined, np.ones((FOUNDED, len(curve))), np.tile(curve, (FOUNDED, 1)))


def _dilution(curve: np.ndarray) -> Story:
    joined = np.arange(-FOUNDED + 1, len(curve))
    size = FOUNDED * (curve[0] - ENTRANTS) / (curve - ENTRANTS)
    inflow = np.concatenate([np.ones(FOUNDED), np.diff(size)])
    rate = np.where(joined[:, None] <= 0, curve[0], ENTRANTS)
    return Story(joined, _present(joined, inflow, len(curve)), np.broadcast_to(rate, (len(joined), len(curve))))


def _slowdown(curve: np.ndarray) -> Story:
    """Before the start a stable population with the first rate; afterwards just the inflow that the curve asks for."""
    before = 4 * FOUNDED
    pace = math.log((FIRST_INTEREST - curve[0] * math.exp(-FADING)) / (FIRST_INTEREST - curve[0]))
    inflow = list(np.exp(pace * np.arange(-before + 1, 1)))
    inflow[0] /= 1 - math.exp(-pace)
    for now, target in enumerate(curve):
        if now:
            old = FIRST_INTEREST * np.exp(-FADING * np.arange(len(inflow), 0, -1))
            inflow.append(float((np.array(inflow) * (target - old)).sum() / (FIRST_INTEREST - target)))
        else:
            inflow = _begun(inflow, target)
    joined = np.arange(-before + 1, len(curve))
    tenure = np.maximum(np.arange(len(curve)) - joined[:, None], 0)
    return Story(joined, _present(joined, np.array(inflow), len(curve)), FIRST_INTEREST * np.exp(-FADING * tenure))


def _begun(inflow: list[float], target: float) -> list[float]:
    """The last cohort set so that the first rate is met exactly although the past is cut off somewhere."""
    old = FIRST_INTEREST * np.exp(-FADING * np.arange(len(inflow) - 1, 0, -1))
    last = float((np.array(inflow[:-1]) * (target - old)).sum() / (FIRST_INTEREST - target))
    return [*inflow[:-1], last]


def _platform(curve: np.ndarray) -> Story:
    """Each month the same number joins, and of each cohort the same part leaves: tenures stay as they are."""
    before = 3 * FOUNDED
    joined = np.arange(-before + 1, len(curve))
    tenure = np.arange(len(curve)) - joined[:, None]
    stay = np.where(tenure >= 0, np.exp(-TURNOVER * np.maximum(tenure, 0)), 0.0)
    return Story(joined, stay, np.tile(curve, (len(joined), 1)))


def _present(joined: np.ndarray, inflow: np.ndarray, periods: int) -> np.ndarray:
    return np.where(joined[:, None] <= np.arange(periods), inflow[:, None], 0.0)


def simulate_open_rate(
    mechanism: Mechanism,
    *,
    periods: int = 25,
    fall: Fall = "steps",
    accounts: int = 1,
    correlation: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Openers by month of joining, from one of four mechanisms that all bring the account from 30 to 10 to 3 %.

    Parameters
    ----------
    mechanism
        fatigue, dilution, slowdown or platform.
    periods, accounts
        Months, and accounts; beside the first, accounts stay at 30 % unless the platform changed for all.
    fall
        ``"steps"``: from level to level; ``"steady"``: by the same factor every month within each half.
    correlation
        Of two readers in one account and month (beta-binomial around the rate); 0 = independent readers.

    Returns
    -------
    DataFrame
        One row per account, period and cohort: account_id, period, cohort (period of joining, below 0 before the
        first), tenure, followers_new, delivered, open_rate (the truth), readers; ``attrs["synthetic"]`` is True.

    Raises
    ------
    ParameterError
        For an unknown mechanism or numbers out of range.
    """
    if not (periods >= 5 and accounts >= 1 and fall in ("steps", "steady") and 0 <= correlation < 1):
        raise ParameterError(
            "Needed: periods ≥ 5, fall 'steps' or 'steady', accounts ≥ 1, 0 ≤ correlation < 1; "
            f"found {periods!r}, {fall!r}, {accounts!r}, {correlation!r}."
        )
    rng = np.random.default_rng(seed)
    curve = milestones(periods, fall)
    told = tell(mechanism, curve)
    calm = told if mechanism == "platform" else tell("platform", np.full(periods, curve[0]))
    drawn = [_drawn(calm if at else told, correlation, rng) for at in range(accounts)]
    frame = pd.concat([one.assign(account_id=f"account {at + 1}") for at, one in enumerate(drawn)], ignore_index=True)
    frame.attrs["synthetic"] = True
    return frame[["account_id", *[name for name in frame if name != "account_id"]]]


def _drawn(story: Story, correlation: float, rng: np.random.Generator) -> pd.DataFrame:
    people = np.rint(story.delivered * FIRST_DELIVERED / story.delivered[:, 0].sum()).astype(int)
    rate = story.rate
    if correlation:
        size, centre = 1 / correlation - 1, story.account
        drawn = rng.beta(centre * size, (1 - centre) * size)
        rate = special.expit(special.logit(rate) + special.logit(drawn) - special.logit(centre))
    cohort, period = (axis.ravel() for axis in np.meshgrid(story.joined, np.arange(people.shape[1]), indexing="ij"))
    frame = pd.DataFrame(
        {
            "period": period,
            "cohort": cohort,
            "tenure": period - cohort,
            "followers_new": np.where(period == cohort, people.ravel(), 0),
            "delivered": people.ravel(),
            "open_rate": story.rate.ravel(),
            "readers": rng.binomial(people, rate).ravel(),
        }
    )
    return frame[frame["delivered"] > 0].sort_values(["period", "cohort"]).reset_index(drop=True)
