"""From a log or a table to days: zeros, cut ends, zones, who was there, and which days belong to the campaign."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.campaigns.daily import read_daily
from fanecon.schema import ParameterError, SchemaError


def log_of(*times, **columns):
    return pd.DataFrame({"time": pd.to_datetime(list(times), utc=True, format="ISO8601"), **columns})


def steady(days=40, count=10):
    return pd.DataFrame({"date": pd.date_range("2025-03-01", periods=days), "count": count})


def test_a_day_without_an_act_is_zero_and_the_ends_of_a_log_are_not_whole():
    table = fe.daily_counts(log_of("2025-03-01 10:00", "2025-03-01 11:00", "2025-03-03 10:00"), zone="UTC")
    assert table["count"].tolist() == [2, 0, 1]
    assert table["whole"].tolist() == [False, True, False]
    assert [f"{day:%m-%d}" for day in table["date"]] == ["03-01", "03-02", "03-03"]


def test_midnights_are_those_of_the_zone():
    late = log_of("2025-03-01 15:59", "2025-03-01 16:01")
    assert fe.daily_counts(late, zone="Asia/Shanghai")["count"].tolist() == [1, 1]
    assert fe.daily_counts(late, zone="UTC")["count"].tolist() == [2]
    with pytest.raises(ParameterError, match="no time zone 'Shanghai'"):
        fe.daily_counts(late, zone="Shanghai")


def test_leaving_is_no_act_and_first_acts_can_be_left_out():
    log = log_of(
        "2025-03-01", "2025-03-02", "2025-03-02 05:00", "2025-03-03", action=["read", "read", "leave", "read"],
        actor_id=["a", "a", "a", "b"],
    )  # fmt: skip
    assert fe.daily_counts(log, zone="UTC")["count"].tolist() == [1, 1, 1]
    assert fe.daily_counts(log, zone="UTC", returns=True)["count"].tolist() == [0, 1, 0]
    shuffled = log.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fe.daily_counts(log, returns=True), fe.daily_counts(shuffled, returns=True))


def test_people_are_those_who_had_come_and_not_left_by_noon():
    there = pd.DataFrame(
        {"joined": pd.to_datetime(["2025-03-01", "2025-03-02 11:00", "2025-03-02 13:00"], utc=True, format="ISO8601"),
         "left": pd.to_datetime(["2025-03-03 01:00", None, None], utc=True)}
    )  # fmt: skip
    log = log_of("2025-03-01", "2025-03-02", "2025-03-03")
    assert fe.daily_counts(log, zone="UTC", there=there)["people"].tolist() == [1, 2, 2]


def test_parts_of_a_log_add_up_to_it():
    drawn = fe.simulate_campaign(100, seed=1).log
    whole, parts = fe.daily_counts(drawn), fe.daily_counts(drawn, by="action")
    assert parts.groupby("date")["count"].sum().tolist() == whole["count"].tolist()
    assert whole.attrs["synthetic"]


def test_the_days_of_a_campaign_are_named_in_many_ways():
    for day in ("2025-03-20", pd.Timestamp("2025-03-20 09:00", tz="Asia/Shanghai"), date(2025, 3, 20)):
        daily, asked = read_daily(steady(), day)
        assert (daily.first, daily.last, asked.window) == (19, 19, 14)
        assert len(daily.before) == 19 and len(daily.after(14)) == 14
    three = fe.Campaign(
        first="2025-03-20", last="2025-03-22", announced="2025-03-18", special=("2025-03-25",), window=7
    )
    daily, _ = read_daily(steady(), three)
    assert len(daily.before) == 17 and len(daily.during) == 3 and len(daily.after(7)) == 6
    late, _ = read_daily(steady(), fe.Campaign(first="2025-03-20", since="2025-03-10"))
    assert len(late.before) == 10


def test_a_campaign_is_over_at_the_midnight_of_its_zone():
    assert fe.Campaign(first="2025-03-20").over() == pd.Timestamp("2025-03-20 16:00", tz="UTC")
    assert fe.Campaign(first="2025-03-20", last="2025-03-21", zone="UTC").over() == pd.Timestamp("2025-03-22", tz="UTC")


def test_a_campaign_holds_the_times_of_its_days():
    times = pd.Series(pd.to_datetime(["2025-03-19 15:59", "2025-03-19 16:00", "2025-03-20 15:59", "2025-03-20 16:00"]))
    found = fe.Campaign(first="2025-03-20").holds(pd.concat([times, pd.Series([pd.NaT])]))
    assert found.tolist() == [False, True, True, False, False]


def test_a_row_that_is_missing_is_a_day_nobody_counted():
    daily, _ = read_daily(steady().drop(index=[3, 25]), "2025-03-20")
    assert len(daily.before) == 18 and len(daily.after(14)) == 13


def test_the_campaign_of_a_log_runs_to_the_day_by_which_nineteen_of_twenty_acts_had_come():
    times = ["2025-03-05 10:00"] * 90 + ["2025-03-06 10:00"] * 6 + ["2025-03-09 10:00"] * 4 + ["2025-03-01"]
    log = log_of(*times, campaign_id=["春节抽奖"] * 100 + [None])
    found = fe.find_campaign(log, window=5, skip=2)
    assert [f"{day:%F}" for day in found.days[1:]] == ["2025-03-05", "2025-03-06"]
    assert f"{found.since:%F}" == "2025-03-03" and found.window == 5 and not found.picked
    told = fe.find_campaign(log, days=("2025-03-05", "2025-03-09"), skip=1)
    assert f"{told.last} {told.since:%F}" == "2025-03-09 2025-03-02" and not told.picked
    busiest = fe.find_campaign(log.drop(columns="campaign_id"))
    assert busiest.picked and f"{busiest.first:%F}" == "2025-03-05"


@pytest.mark.parametrize(
    ("campaign", "message"),
    [
        ({"first": "soon"}, "'soon' is not a day"),
        ({"first": "2025-03-05", "window": 0}, "whole days after the campaign; found 0"),
        ({"first": "2025-03-05", "window": 2.5}, "found 2.5"),
        ({"first": "2025-03-05", "last": "2025-03-04"}, "in this order"),
        ({"first": "2025-03-05", "announced": "2025-03-06"}, "in this order"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(campaign, message):
    with pytest.raises(ParameterError, match=message):
        fe.Campaign(**campaign)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="count"), "Column 'count' is missing"),
        (lambda table: table.rename(columns={"date": "日期"}), "Column 'date' is missing"),
        (lambda table: pd.concat([table, table.tail(1)]), "stands in several rows"),
        (lambda table: table.assign(count=-1), "numbers from 0 on"),
        (lambda table: table.assign(count=np.nan), "numbers from 0 on"),
        (lambda table: table.iloc[:0], "has no day"),
        (lambda table: table.drop(index=19), "A day of the campaign has no row"),
        (lambda table: table.assign(date="never"), "'never' is not a day"),
        (lambda _: "counts.csv", "A table"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(change, message):
    with pytest.raises((SchemaError, ParameterError), match=message):
        read_daily(change(steady()), "2025-03-20")


def test_a_campaign_outside_of_the_series_is_refused_with_what_to_type():
    with pytest.raises(ParameterError, match=r"runs from 2025-03-01 .*first='2025-04-09'"):
        read_daily(steady(), "2026-03-20")


def test_a_log_without_an_act_is_refused():
    with pytest.raises(SchemaError, match="No act of the log has a time"):
        fe.daily_counts(log_of(None))
    with pytest.raises(SchemaError, match="'actor_id' is missing"):
        fe.daily_counts(log_of("2025-03-01"), returns=True)
