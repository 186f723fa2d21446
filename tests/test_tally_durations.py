"""Durations by definition over a zoo of logs, and by hand."""

from __future__ import annotations

import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("durations")


#  day      0       1       2       3       4 = end of the log
#   a    follow                  leave              ended at 3
#   b            follow  ·       ·       ·          censored at 3
#   c            follow-leave                       ended at 0, at that very moment
#   d                                    follow     censored at 0
#   e            leave                              never began
TOY = (
    ("a", "2020-01-01", "follow", None, "p"),
    ("a", "2020-01-04", "leave", None, None),
    ("b", "2020-01-02", "follow", None, "q"),
    ("c", "2020-01-02", "leave", None, None),
    ("c", "2020-01-02", "follow", None, "q"),
    ("d", "2020-01-05", "follow", None, None),
    ("e", "2020-01-02", "leave", None, "q"),
)


def test_at_risk_by_hand() -> None:
    found = fe.tally.at_risk(log(*TOY), start="follow", end="leave")
    assert found.to_numpy().tolist() == [[0, 4, 1, 1], [3, 2, 1, 1]]
    assert found.columns.tolist() == ["age", "at_risk", "events", "censored"]


def test_at_risk_by_group_by_hand() -> None:
    found = fe.tally.at_risk(log(*TOY), start="follow", end="leave", by="campaign_id")
    assert found.fillna({"campaign_id": "-"}).to_numpy().tolist() == [
        ["p", 3, 1, 1, 0], ["q", 0, 2, 1, 0], ["q", 3, 1, 0, 1], ["-", 0, 1, 0, 1],
    ]  # fmt: skip


def test_what_came_after_the_end_of_observation_is_censored_or_unborn() -> None:
    found = fe.tally.at_risk(log(*TOY), start="follow", end="leave", until="2020-01-03T12:00")
    assert found.to_numpy().tolist() == [[0, 3, 1, 0], [1, 2, 0, 1], [2, 1, 0, 1]]


# minute    0        1         2        3
#   x    a asks   a replies  b replies            answered at 2: nobody answers himself
#   y             b asks               (end)      open at 2
TALK = (
    ("a", "2020-01-01T00:00", "ask", "x"),
    ("a", "2020-01-01T00:01", "reply", "x"),
    ("b", "2020-01-01T00:02:30", "reply", "x"),
    ("b", "2020-01-01T00:01", "ask", "y"),
    ("c", "2020-01-01T00:03", "read", "y"),
)


def test_response_times_by_hand() -> None:
    found = fe.tally.response_times(log(*TALK), ask="ask", answer="reply")
    assert found.to_numpy().tolist() == [[2, 2, 1, 1]]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"start": "fellow"}, "nothing begins so"), ({"until": "soon"}, "until='soon' is not a time"),
        ({"unit_seconds": 0}, "unit_seconds=0"), ({"by": "group"}, "by='group' is not a column"),
        ({"by": "age"}, "by='age' is also"), ({"by": "time"}, "by='time' is not a column to group by"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(given_: dict[str, object], said: str) -> None:
    with pytest.raises(fe.schema.ParameterError, match=said):
        fe.tally.at_risk(log(*TOY), **({"start": "follow", "end": "leave", "by": None} | given_))


def test_an_empty_log_has_nothing_that_begins() -> None:
    with pytest.raises(fe.schema.ParameterError, match="nothing begins so"):
        fe.tally.at_risk(log(*TOY).iloc[:0], start="follow", end="leave")
