"""A series of days around a campaign of which it is known what would have been counted without it.

Ordinary days have a weekly rhythm, more scatter than chance, and a memory.  The campaign adds acts of its own: lift − 1
times the expectation on its days, and after them 2^(−t/half-life) of that on day t (half-life 0 is a pulse, infinity a
step).  It may also take acts away from the days after it, when people did on its day what they would have done anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.metrics.campaigns.daily import Real
from fanecon.schema import ParameterError

START = pd.Timestamp("2025-01-06")
SHIFT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class OrdinaryDays:
    """What days are like when nothing is drawn.

    Parameters
    ----------
    mean
        Acts of a mean weekday from Monday to Friday.
    weekend
        Times as many on Saturdays and Sundays.
    spread, memory
        Variance of the unrest of the days (0: chance only), and its correlation from one day to the next.
    growth
        Proportion by which the expectation grows from one day to the next.
    """

    mean: float = 60.0
    weekend: float = 1.4
    spread: float = 0.03
    memory: float = 0.4
    growth: float = 0.0

    def __post_init__(self) -> None:
        positive = self.mean > 0 and self.weekend > 0 and self.growth > -1
        if not (positive and self.spread >= 0 and 0 <= self.memory < 1):
            raise ParameterError(
                f"Needed: mean and weekend above 0, spread from 0 on, memory from 0 to below 1, growth above −1; "
                f"found {self}."
            )

    def expectation(self, dates: pd.DatetimeIndex) -> Real:
        """The expected counts of some days."""
        week = np.where(dates.day_of_week >= 5, self.weekend, 1.0)
        return np.asarray(self.mean * week * (1 + self.growth) ** np.arange(len(dates)), dtype=float)

    def unrest(self, days: int, rng: np.random.Generator) -> Real:
        """Factors of mean 1, variance `spread`, and correlation `memory`^k at a distance of k days."""
        log_spread = math.log1p(self.spread)
        pushes = rng.normal(size=days) * np.sqrt([1.0, *[1 - self.memory**2] * (days - 1)])
        state = np.zeros(days)
        for day in range(days):
            state[day] = pushes[day] + (self.memory * state[day - 1] if day else 0.0)
        return np.exp(math.sqrt(log_spread) * state - log_spread / 2)


def exponential_afterglow(half_life: float, *, window: int = 14) -> float:
    """The mean of 2^(−t ÷ half-life) over the days t = 1 … window: 0 for a pulse, 1 for a step.

    Parameters
    ----------
    half_life
        Days in which what the campaign added falls by half; 0 is a pulse, ``math.inf`` a step.
    window
        Days after the campaign.

    Examples
    --------
    >>> round(exponential_afterglow(3, window=3), 3), exponential_afterglow(0), exponential_afterglow(math.inf)
    (0.641, 0.0, 1.0)
    """
    if not (half_life >= 0 and window >= 1):
        raise ParameterError(f"Needed: half_life from 0 on, window from 1 on; found {half_life!r} and {window!r}.")
    return float(fading(half_life, np.arange(1, window + 1)).mean())


def fading(half_life: float, days: npt.ArrayLike) -> Real:
    """2^(−day ÷ half-life); 0 where the half-life is 0."""
    since = np.asarray(days, float)
    return np.zeros(len(since)) if half_life == 0 else np.asarray(2.0 ** (-since / half_life))


def simulate_campaign_series(
    lift: float = 8.0,
    *,
    half_life: float = 0.0,
    displaced: float = 0.0,
    ordinary: OrdinaryDays | None = None,
    days: tuple[int, int, int] = (70, 1, 28),
    seed: int = 0,
) -> pd.DataFrame:
    """Days around a campaign with what would have been counted without it in a column beside.

    Parameters
    ----------
    lift
        Times as many acts on the days of the campaign, 1 for a campaign that does nothing.
    half_life
        Days in which the added acts fall by half; 0 is a pulse, ``math.inf`` a step.
    displaced
        Share of the acts of the seven days after that were done on the day of the campaign instead.
    ordinary
        What days are like without it: :class:`OrdinaryDays`.
    days
        How many before, during and after.

    Returns
    -------
    DataFrame
        date, count, without (the count had there been no campaign), phase; ``attrs["synthetic"]`` is True.

    Raises
    ------
    ParameterError
        If lift is below 1, or displaced is no proportion.
    """
    if not (lift >= 1 and half_life >= 0 and 0 <= displaced <= 1 and len(days) == 3 and min(days) >= 0 and days[1]):
        raise ParameterError(
            f"Needed: lift from 1 on, half_life from 0 on, displaced from 0 to 1, days=(before, during, after); found "
            f"{lift!r}, {half_life!r}, {displaced!r}, {days!r}."
        )
    rng, usual = np.random.default_rng(seed), ordinary or OrdinaryDays()
    dates = pd.date_range(START, periods=sum(days), name="date")
    mean = usual.expectation(dates) * usual.unrest(len(dates), rng)
    without = rng.poisson(mean)
    since = np.arange(len(dates)) - (days[0] + days[1] - 1)
    running = np.arange(len(dates)) >= days[0]
    added = np.where(since > 0, fading(half_life, np.maximum(since, 1)), 1.0) * running
    moved = rng.binomial(without, np.where((since > 0) & (since <= SHIFT_DAYS), displaced, 0.0))
    extra = rng.poisson(mean * (lift - 1) * added)
    extra[days[0]] += moved.sum()
    frame = pd.DataFrame({"date": dates, "count": without + extra - moved, "without": without})
    frame["phase"] = np.select([~running, since <= 0], ["before", "campaign"], "after")
    frame.attrs["synthetic"] = True
    return frame
