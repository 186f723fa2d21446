"""Counts by day: one row per day without a gap, and which days belong to the campaign.

In a log a day without an act is a day with zero acts.  Its first and its last day may be cut in the middle, and half a
day looks like a calm one, so they are marked and tell nothing about ordinary days.  In a table of counts a day without
a row is a day that nobody counted.

An audience that grows does more every day without any campaign.  Where it is known how many people were there who did
*not* come by the campaign, acts are expected in proportion to them (column `people`).  Those who came by it must not
be among them: a denominator that the lottery itself has filled makes every rate fall, though nobody does less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import ParameterError, SchemaError, need
from fanecon.zones import zone_of

Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Day: TypeAlias = str | date
ZONE = "Asia/Shanghai"
LEAVING = ("leave", "unfollow", "unsubscribe")
DATES = ("date", "stat_date", "day")
ONE_DAY, MOST_ACTS = pd.Timedelta(days=1), 0.95


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """When a campaign was, and what its counts must not be taken for.

    Parameters
    ----------
    first, last
        Its first and its last day; last is the first where it had one day only.
    announced
        The day on which it became known, if that was before the first: days from then on are no ordinary days.
    window
        Days after the last one over which the calm is looked at.
    entry
        True if the counted act is what one had to do to take part.
    special
        Days that were special for another reason (holidays, another campaign); they tell nothing about ordinary ones.
    since
        The first day to compare with: before it the audience was only gathering, or the account was another one.
    zone
        Whose midnights part the days, where acts are counted by day.
    picked
        True if the day was picked because its count was the highest.
    """

    first: Day
    last: Day | None = None
    announced: Day | None = None
    window: int = 14
    entry: bool = False
    special: tuple[Day, ...] = ()
    since: Day | None = None
    zone: str = ZONE
    picked: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.window, int | np.integer) and self.window >= 1):
            raise ParameterError(f"window is a number of whole days after the campaign; found {self.window!r}.")
        known, begins, ends = self.days
        if not known <= begins <= ends:
            raise ParameterError(
                f"A campaign is announced, begins and ends in this order; found {known:%F}, {begins:%F}, {ends:%F}."
            )

    @property
    def days(self) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]:
        """The days on which it was announced, began and ended, as midnights."""
        first = one_day(self.first)
        known = first if self.announced is None else one_day(self.announced)
        return known, first, first if self.last is None else one_day(self.last)

    def over(self) -> pd.Timestamp:
        """The midnight that ends its last day, for what was known by then: ``log[log["time"] < campaign.over()]``."""
        return (self.days[2] + ONE_DAY).tz_localize(_zone(self.zone), ambiguous=True, nonexistent="shift_forward")

    def holds(self, times: pd.Series) -> pd.Series:
        """Whether times lie on its days, by its zone; a missing one does not."""
        start = self.days[1].tz_localize(_zone(self.zone), ambiguous=True, nonexistent="shift_forward")
        return pd.to_datetime(times, utc=True).between(start, self.over(), inclusive="left")


@dataclass(frozen=True, kw_only=True, eq=False)
class Daily:
    """A series of days without a gap: its counts, the people there, and what each day is to the campaign.

    Parameters
    ----------
    dates
        Midnights, no zone.
    count, people
        Acts of the day; people there who did not come by the campaign, 1 where that is not known.
    first, last
        Positions of the first and the last day of the campaign.
    ordinary
        False on days that were special for another reason, or that nobody counted.
    """

    dates: pd.DatetimeIndex
    count: Real
    people: Real
    first: int
    last: int
    ordinary: Flags
    with_people: bool
    synthetic: bool

    @property
    def before(self) -> npt.NDArray[np.int64]:
        """Positions of the ordinary days before the campaign on which somebody was there."""
        return np.flatnonzero(self.ordinary[: self.first] & (self.people[: self.first] > 0))

    def after(self, window: int) -> npt.NDArray[np.int64]:
        """Positions of the ordinary days of the window after the campaign, as far as the series goes."""
        whole = np.arange(self.last + 1, min(self.last + 1 + window, len(self.dates)))
        return whole[self.ordinary[whole] & (self.people[whole] > 0)]

    @property
    def shown(self) -> Flags:
        """The ordinary days, and those of the campaign."""
        at = np.arange(len(self.dates))
        return np.asarray(self.ordinary | ((at >= self.first) & (at <= self.last)))

    @property
    def during(self) -> npt.NDArray[np.int64]:
        """Positions of the days of the campaign."""
        return np.arange(self.first, self.last + 1)


def daily_counts(
    log: pd.DataFrame,
    *,
    zone: str = ZONE,
    there: pd.DataFrame | None = None,
    returns: bool = False,
    by: str | None = None,
) -> pd.DataFrame:
    """Acts per local day of a log, leaving not counted; days without an act are zero, the first and last perhaps cut.

    Parameters
    ----------
    log
        Events: time; action, and the column of `by`, where there is one.
    zone
        Whose midnights part the days.
    there
        joined and left (times; left is missing while they stay) of those who did not come by the campaign, as
        :func:`fanecon.joiners_of` gives them: adds `people`, who were there at noon.
    returns
        Leave out the first act of each account (actor_id): coming once is no interest yet, coming back is.
    by
        A column that parts the acts: one series each.

    Returns
    -------
    DataFrame
        date, [by,] count (times), whole (False on the first and the last day), [people].

    Raises
    ------
    SchemaError, ParameterError
        If a column or every time is missing, or there is no such zone.
    """
    need(log, "time", *([by] if by else []), *(["actor_id"] if returns else []), meaning="one row per event")
    rows, local = local_acts(log, zone, returns)
    days = pd.date_range(*local.attrs["span"], freq="D", name="date")
    if by is None:
        table = local.value_counts().reindex(days, fill_value=0).rename("count").reset_index()
    else:
        counted = pd.crosstab(local.to_numpy(), rows[by].to_numpy()).reindex(days, fill_value=0)
        table = counted.rename_axis("date").reset_index().melt("date", var_name=by, value_name="count")
    table["whole"] = ~table["date"].isin([days[0], days[-1]])
    if there is not None:
        table["people"] = table["date"].map(pd.Series(_present(there, days, zone), days))
    table.attrs["synthetic"] = bool(log.attrs.get("synthetic"))
    return table


def local_acts(log: pd.DataFrame, zone: str, returns: bool) -> tuple[pd.DataFrame, pd.Series]:
    """The acts that count, and the local day of each; attrs["span"] holds the first and the last day of all acts."""
    rows = log[log["time"].notna()]
    rows = rows[~rows["action"].isin(LEAVING)] if "action" in rows else rows
    if rows.empty:
        raise SchemaError("No act of the log has a time.")
    local = _midnights(rows["time"], zone)
    span = (local.min(), local.max())
    if returns:
        again = rows.sort_values("time", kind="stable")["actor_id"].duplicated().reindex(rows.index)
        rows, local = rows[again], local[again]
    local.attrs["span"] = span
    return rows, local


def _midnights(times: pd.Series, zone: str) -> pd.Series:
    moved = pd.to_datetime(times, utc=True).dt.tz_convert(_zone(zone))
    return moved.dt.tz_localize(None).dt.normalize().astype("datetime64[s]")


def _zone(name: str) -> ZoneInfo:
    return zone_of(name, "Type one such as zone='Asia/Shanghai'.")


def _present(there: pd.DataFrame, days: pd.DatetimeIndex, zone: str) -> Real:
    """How many had come and not left by noon of each day."""
    need(there, "joined", "left", meaning="one row per person who did not come by the campaign")
    noon = (days + ONE_DAY / 2).tz_localize(_zone(zone), ambiguous=True, nonexistent="shift_forward")
    at = noon.tz_convert("UTC").as_unit("us").asi8

    def gone_by(column: str) -> Real:
        known = pd.to_datetime(there[column].dropna(), utc=True).dt.as_unit("us").astype("int64")
        return np.asarray(np.searchsorted(np.sort(known.to_numpy()), at, side="right"), dtype=float)

    return gone_by("joined") - gone_by("left")


def read_daily(series: pd.DataFrame, campaign: Campaign | Day) -> tuple[Daily, Campaign]:
    """The series of a table of counts (date, count, perhaps people) or of a log, and its campaign.

    Raises
    ------
    SchemaError
        If a column is missing, a day stands there twice, or a count is no number from 0 on.
    ParameterError
        If the days of the campaign do not lie in the series.
    """
    asked = campaign if isinstance(campaign, Campaign) else Campaign(first=campaign)
    table = _table(series, asked.zone)
    dates, (known, first, last) = pd.DatetimeIndex(table.index), asked.days
    if not dates[0] <= first <= last <= dates[-1]:
        raise ParameterError(
            f"The campaign ({first:%Y-%m-%d} to {last:%Y-%m-%d}) does not lie in the series, which runs from "
            f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}. Type a day of it: fe.Campaign(first='{dates[-1]:%Y-%m-%d}')."
        )
    counted = table["count"].notna().to_numpy()
    if not counted[dates.slice_indexer(first, last)].all():
        raise SchemaError(f"A day of the campaign has no row; the series needs each from {first:%F} to {last:%F}.")
    cut = (table["whole"] == 0).to_numpy() | (dates < (one_day(asked.since) if asked.since is not None else dates[0]))
    others = cut | dates.isin([one_day(day) for day in asked.special]) | ((known <= dates) & (dates < first))
    made = Daily(
        dates=dates,
        count=table["count"].to_numpy(dtype=float),
        people=table["people"].fillna(0.0).to_numpy(dtype=float),
        first=int(dates.get_loc(first)),
        last=int(dates.get_loc(last)),
        ordinary=counted & ~others,
        with_people="people" in series,
        synthetic=bool(series.attrs.get("synthetic")),
    )
    return made, asked


def _table(series: pd.DataFrame, zone: str) -> pd.DataFrame:
    """date → count, people; every day between the first and the last, in order."""
    if isinstance(series, pd.DataFrame) and "time" in series and "count" not in series:
        series = daily_counts(series, zone=zone)
    named = next((name for name in DATES if isinstance(series, pd.DataFrame) and name in series), "date")
    need(series, named, "count", meaning="one row per day")
    if not len(series):
        raise SchemaError("The table has no day. Needed: one row per day, with date and count.")
    dates = pd.DatetimeIndex([one_day(day) for day in series[named]])
    if dates.has_duplicates:
        twice = dates[dates.duplicated()][0]
        raise SchemaError(f"{twice:%Y-%m-%d} stands in several rows. Add them up: .groupby('{named}')['count'].sum().")
    people = series["people"].to_numpy(dtype=float) if "people" in series else np.ones(len(series))
    whole = series["whole"].to_numpy(dtype=float) if "whole" in series else np.ones(len(series))
    count = series["count"].to_numpy(dtype=float, na_value=np.nan)
    table = pd.DataFrame({"count": count, "people": people, "whole": whole}, dates)
    if not (np.isfinite(table) & (table >= 0)).all(axis=None):
        raise SchemaError("'count' and 'people' are numbers from 0 on in every row. Leave out the days not counted.")
    return table.sort_index().asfreq("D")


def find_campaign(
    log: pd.DataFrame,
    *,
    days: tuple[Day, Day] | None = None,
    zone: str = ZONE,
    window: int = 14,
    skip: int = 0,
) -> Campaign:
    """The days of the largest campaign of a log, from its first act to the day by which 19 of 20 of its acts had come.

    Parameters
    ----------
    log
        Events: time, campaign_id.  Where no act names a campaign, the busiest day is picked, and the campaign says so.
    days
        Its first and last day, where you know them.
    zone, window
        As in :class:`Campaign`.
    skip
        Days at the beginning of the log that are not compared with, in which the audience was only gathering.

    Raises
    ------
    SchemaError
        If no act of the log has a time.
    """
    counts = daily_counts(log, zone=zone)
    since = counts["date"].iloc[0] + skip * ONE_DAY
    if days is not None:
        return Campaign(first=days[0], last=days[1], window=window, since=since, zone=zone)
    if "campaign_id" not in log or not log.loc[log["time"].notna(), "campaign_id"].notna().any():
        busiest = counts["date"].iloc[int(counts["count"].to_numpy().argmax())]
        return Campaign(first=busiest, window=window, since=since, zone=zone, picked=True)
    acts = log[log["time"].notna() & log["campaign_id"].notna()]
    largest = acts["campaign_id"].value_counts().sort_index().idxmax()
    each = _midnights(acts.loc[acts["campaign_id"] == largest, "time"], zone).sort_values(ignore_index=True)
    last = each.iloc[math.ceil(MOST_ACTS * len(each)) - 1]
    return Campaign(first=each.iloc[0], last=last, window=window, since=since, zone=zone)


def one_day(value: object) -> pd.Timestamp:
    """A calendar day as midnight without a zone.

    Raises
    ------
    ParameterError
        If it is not a day.
    """
    try:
        day = pd.Timestamp(value)
        if not pd.isna(day):
            return day.tz_localize(None).normalize()
    except (ValueError, TypeError, OverflowError):
        pass
    raise ParameterError(f"{value!r} is not a day. Type one such as '2025-03-31'.")
