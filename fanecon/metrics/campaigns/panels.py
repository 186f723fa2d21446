"""Many accounts over the same days: who had a campaign when, who can stand for whom, and a table with its truth."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.metrics.campaigns.daily import Real, one_day
from fanecon.metrics.campaigns.simulation import START, OrdinaryDays, fading
from fanecon.schema import ParameterError, SchemaError, need

Places = npt.NDArray[np.int64]
MARGIN = 28


class Panel(NamedTuple):
    """Counts by account and day, and the position of each account's first campaign day (−1: none)."""

    names: pd.Index
    dates: pd.DatetimeIndex
    acts: Real
    began: Places


class Cohort(NamedTuple):
    """Accounts that began on one day, those without a campaign until the end of its window, and the days looked at."""

    treated: Places
    controls: Places
    start: int
    before: int
    length: int


def panel_of(table: pd.DataFrame) -> Panel:
    """The panel of a table: account_id, date, count, campaign.

    Raises
    ------
    SchemaError
        If a column is missing, a day of an account is missing or stands there twice, a count is no number from 0 on, or
        an account has several first days.
    """
    need(table, "account_id", "date", "count", "campaign", meaning="one row per account and day")
    if not len(table):
        raise SchemaError("The table has no rows. Needed: one row per account and day.")
    rows = table.assign(date=pd.DatetimeIndex([one_day(day) for day in table["date"]]))
    if rows.duplicated(["account_id", "date"]).any():
        twice = rows[rows.duplicated(["account_id", "date"])].iloc[0]
        raise SchemaError(f"{twice['date']:%Y-%m-%d} of account {twice['account_id']!r} stands in several rows.")
    counted = rows.set_index(["date", "account_id"])["count"].unstack("account_id")  # noqa: PD010
    wide = counted.asfreq("D").T.astype(float)
    if not (np.isfinite(wide) & (wide >= 0)).all(axis=None):
        raise SchemaError("Every account needs a count from 0 on for each day of the table; some are missing.")
    dates = pd.DatetimeIndex(wide.columns)
    each = rows.groupby("account_id")["campaign"]
    if (each.min() != each.max())[each.count() > 0].any():
        raise SchemaError("'campaign' is the first day of an account's campaign: one day per account, or none.")
    first = each.first().reindex(wide.index)
    began = [-1 if pd.isna(day) else int(dates.get_indexer([one_day(day)])[0]) for day in first]
    if any(at < 0 and not pd.isna(day) for at, day in zip(began, first, strict=True)):
        raise SchemaError(f"A first day in 'campaign' lies outside of the days {dates[0]:%F} to {dates[-1]:%F}.")
    return Panel(wide.index, dates, wide.to_numpy(), np.array(began))


def cohorts_of(panel: Panel, began: Places, before: int, window: int) -> list[Cohort]:
    """The cohorts that have all their days and somebody to stand for them."""
    found = []
    for day in np.unique(began[began >= 0]):
        controls = np.flatnonzero((began < 0) | (began > day + window))
        if day >= before and day + window < len(panel.dates) and len(controls):
            found.append(Cohort(np.flatnonzero(began == day), controls, int(day - before), before, before + window + 1))
    return found


def simulate_campaign_panel(
    accounts: int = 40,
    *,
    treated: float = 0.5,
    lift: float = 8.0,
    half_life: float = 0.0,
    days: int = 84,
    seed: int = 0,
) -> pd.DataFrame:
    """Accounts of unlike size in one calendar, some with a campaign on a day of their own.

    Parameters
    ----------
    accounts
        How many there are.
    treated
        The share of them that has a campaign, each beginning on one of the days from the 28th to the 29th last.
    lift, half_life
        Times as many acts on the first day, and the days in which what was added falls by half.
    days
        Of the calendar.

    Returns
    -------
    DataFrame
        account_id, date, count, campaign, without (the count had there been no campaign); ``attrs["synthetic"]``.

    Raises
    ------
    ParameterError
        If there are fewer than 2 accounts, fewer than 57 days, or the rest cannot be.
    """
    if not (accounts >= 2 and 0 <= treated <= 1 and lift >= 1 and half_life >= 0 and days > 2 * MARGIN):
        raise ParameterError(
            f"Needed: accounts ≥ 2, treated from 0 to 1, lift ≥ 1, half_life ≥ 0, days ≥ {2 * MARGIN + 1}; found "
            f"{accounts!r}, {treated!r}, {lift!r}, {half_life!r}, {days!r}."
        )
    rng, own, common = np.random.default_rng(seed), OrdinaryDays(spread=0.06, memory=0.6), OrdinaryDays(spread=0.03)
    dates = pd.date_range(START, periods=days)
    calendar = common.expectation(dates) / common.mean * common.unrest(days, rng) * np.exp(0.004 * np.arange(days))
    size = rng.lognormal(math.log(40), 0.8, accounts)
    mean = size[:, None] * calendar * np.array([own.unrest(days, rng) for _ in range(accounts)])
    began = np.full(accounts, -1)
    began[: round(accounts * treated)] = rng.integers(MARGIN, days - MARGIN, round(accounts * treated))
    since = np.where(began[:, None] >= 0, np.arange(days) - began[:, None], -1)
    added = np.where(since > 0, fading(half_life, np.maximum(since, 1).ravel()).reshape(since.shape), since == 0)
    without = rng.poisson(mean)
    count = without + rng.poisson(mean * (lift - 1) * added)
    frame = pd.DataFrame({"account_id": np.repeat([f"a{at:03d}" for at in range(accounts)], days)})
    frame["date"], frame["count"] = np.tile(dates, accounts), count.ravel()
    frame["campaign"] = np.repeat(np.where(began >= 0, dates.to_numpy()[began], np.datetime64("NaT")), days)
    frame["without"] = without.ravel()
    frame.attrs["synthetic"] = True
    return frame
