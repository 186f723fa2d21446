"""Cohorts by definition over a zoo of logs, and by hand."""

from __future__ import annotations

import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("cohorts")


# Weeks begin on Monday: 6 and 13 January 2020 are Mondays, in Shanghai from the day before at 16:00 UTC on.
#
#            week of 6 Jan    week of 13 Jan
#   a        acts twice       acts
#   b        acts             -
#   c        -                acts
TOY = (
    ("a", "2020-01-05T16:00", "open", "x", "c"),
    ("a", "2020-01-12T15:59", "open", "x", "d"),
    ("b", "2020-01-08T00:00", "open", "x", "c"),
    ("a", "2020-01-12T16:00", "open", "x", "d"),
    ("c", "2020-01-12T16:00", "open", "x", "d"),
)


def test_cohorts_by_hand() -> None:
    found = fe.tally.cohorts(log(*TOY))
    assert found["cohort"].dt.strftime("%m-%d").tolist() == ["01-06", "01-06", "01-13"]
    assert found[["age", "accounts", "events", "size"]].to_numpy().tolist() == [
        [0, 2, 3, 2],
        [1, 1, 1, 2],
        [0, 1, 1, 1],
    ]


def test_cohorts_are_parted_by_the_value_at_the_first_act() -> None:
    found = fe.tally.cohorts(log(*TOY), by="campaign_id")
    assert found["campaign_id"].tolist() == ["c", "c", "d"]
    assert found["size"].tolist() == [2, 2, 1]


def test_a_week_begins_at_local_midnight_also_in_the_days_after_the_clock_changed() -> None:
    # New York went to summer time on Sunday, 14 March 2021: Monday began at 04:00 UTC
    acts = [("a", "2021-03-10T12:00", "open"), ("a", "2021-03-15T04:30", "open"), ("b", "2021-03-15T03:59", "open")]
    found = fe.tally.cohorts(log(*acts), zone="America/New_York")
    assert found[["age", "accounts"]].to_numpy().tolist() == [[0, 2], [1, 1]]


@pytest.mark.parametrize("days", [0, -7])
def test_a_period_that_is_no_time_is_refused(days: int) -> None:
    with pytest.raises(fe.schema.ParameterError, match="period_days="):
        fe.tally.cohorts(log(*TOY), period_days=days)


@pytest.mark.parametrize("by", ["cohort", "age", "accounts", "events", "size"])
def test_a_group_that_is_called_as_a_column_of_the_result_is_refused(by: str) -> None:
    with pytest.raises(fe.schema.ParameterError, match=f"by='{by}' is also a column of the result"):
        fe.tally.cohorts(log(*TOY).assign(**{by: "x"}), by=by)


@pytest.mark.parametrize("by", ["us", "period", "first", "_by", "actor_id", "action"])
def test_a_group_may_have_any_other_name(by: str) -> None:
    frame = log(*TOY).drop(columns=["action", "campaign_id"])
    frame = frame.assign(**{by: frame["actor_id"]})
    assert fe.tally.cohorts(frame, by=by)[by].tolist() == ["a", "a", "b", "c"]


def test_a_group_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(fe.schema.ParameterError, match="Did you mean 'campaign_id'"):
        fe.tally.cohorts(log(*TOY), by="campaign")
