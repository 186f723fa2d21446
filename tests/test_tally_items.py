"""Items and contributions by definition over a zoo of logs, and by hand."""

from __future__ import annotations

import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("items")


#        x                y
#   a    open open share  open
#   b    open
TOY = (
    ("a", "2020-01-01T01:00", "open", "x"),
    ("a", "2020-01-01T02:00", "open", "x"),
    ("a", "2020-01-01T03:00", "share", "x"),
    ("a", "2020-01-01T04:00", "open", "y"),
    ("b", "2020-01-01T05:00", "open", "x"),
)


def test_items_by_hand() -> None:
    found = fe.tally.items(log(*TOY)).set_index("item_id").drop(columns=["first_at", "last_at"]).T.to_dict()
    assert found["x"] == {
        "events": 4,
        "accounts": 2,
        "open_times": 3,
        "open_people": 2,
        "share_times": 1,
        "share_people": 1,
    }
    assert found["y"] == {
        "events": 1,
        "accounts": 1,
        "open_times": 1,
        "open_people": 1,
        "share_times": 0,
        "share_people": 0,
    }


def test_a_log_without_times_has_no_first_and_last() -> None:
    found = fe.tally.items(log(*TOY).drop(columns="time"), people=False)
    assert found.columns.tolist() == ["item_id", "events", "open_times", "share_times"]


def test_actions_keep_their_names_however_long_and_alike_they_are() -> None:
    names = ["open", "Open", "OPEN", "打开", 'say "hi"', "a" * 70, "a" * 71, "x.y; --"]
    frame = log(*[("a", "2020-01-01", name, "x") for name in names])
    found = fe.tally.items(frame)
    assert {f"{name}_times" for name in names} <= set(found.columns)
    assert found[[f"{name}_people" for name in names]].to_numpy().tolist() == [[1] * len(names)]


def test_more_actions_than_columns_make_sense_are_refused() -> None:
    frame = log(*[("a", "2020-01-01", f"a{n}", "x") for n in range(51)])
    with pytest.raises(fe.schema.SchemaError, match=r"more than 50 actions\. Type actions="):
        fe.tally.items(frame)
    assert fe.tally.items(frame, actions=["a7"])["a7_times"].tolist() == [1]


def test_contributions_by_hand() -> None:
    # a acted four times and b once; of five members three never did
    found = fe.tally.contributions(log(*TOY), members=5)
    assert found.to_numpy().tolist() == [[0, 3], [1, 1], [4, 1]]
    halves = fe.tally.contributions(log(*TOY), split="2020-01-01T03:00")
    assert halves.to_numpy().tolist() == [[0, 1, 1], [2, 2, 1]]


def test_fewer_members_than_accounts_are_refused() -> None:
    with pytest.raises(fe.schema.ParameterError, match="members=1, but 2 accounts acted"):
        fe.tally.contributions(log(*TOY), members=1)


def test_a_split_that_is_no_time_is_refused() -> None:
    with pytest.raises(fe.schema.ParameterError, match="split='noon' is not a time"):
        fe.tally.contributions(log(*TOY), split="noon")
