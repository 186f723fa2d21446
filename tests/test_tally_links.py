"""Links by definition over a zoo of logs, and by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("links")


#   address 1: a b        device d: a b c       c invited a twice, a invited itself
COLUMNS = "actor_id inviter_id ip device_id"
TOY = (
    ("a", "c", "1", "d"),
    ("a", "c", "1", "d"),
    ("b", None, "1", "d"),
    ("c", None, None, "d"),
    ("a", "a", None, None),
)


def test_links_by_hand() -> None:
    found = fe.tally.account_links(log(*TOY, columns=COLUMNS))
    assert found.to_numpy().tolist() == [
        ["a", "b", "device", 1, 3],
        ["a", "c", "device", 1, 3],
        ["b", "c", "device", 1, 3],
        ["c", "a", "invited", 2, 2],
        ["a", "b", "ip", 1, 2],
    ]


def test_the_rarest_of_several_shared_values_is_told() -> None:
    # a and b share address 1 with nobody else and address 2 with c
    acts = [("a", "1"), ("b", "1"), ("a", "2"), ("b", "2"), ("c", "2")]
    found = fe.tally.account_links(log(*acts, columns="actor_id ip"))
    assert found[["src", "dst", "weight", "smallest"]].to_numpy().tolist() == [
        ["a", "b", 2, 2],
        ["a", "c", 1, 3],
        ["b", "c", 1, 3],
    ]


def test_what_many_share_makes_no_ties_and_a_note() -> None:
    found = fe.tally.account_links(log(*TOY, columns=COLUMNS), most_sharing=2)
    assert found["kind"].tolist() == ["invited", "ip"]
    assert found.attrs["notes"] == (
        "No ties by values of device_id that more than 2 accounts each (3 in all) share: 1.",
    )


def test_a_log_with_nothing_to_link_by_is_refused_with_its_columns() -> None:
    with pytest.raises(fe.schema.SchemaError, match=r"nothing that links accounts: actor_id, time\."):
        fe.tally.account_links(log(("a", "2020-01-01")))


def test_an_inviter_of_another_type_is_refused() -> None:
    frame = log(("1", 2), columns="actor_id inviter_id")
    with pytest.raises(fe.schema.SchemaError, match="inviter_id is of type int64 and actor_id of type string"):
        fe.tally.account_links(frame)


def test_ids_that_became_real_numbers_are_taken_back_or_refused() -> None:
    small = pd.DataFrame({"actor_id": [1, 2], "inviter_id": [None, 1.0]})
    assert fe.tally.account_links(small)[["src", "dst"]].to_numpy().tolist() == [[1, 2]]
    large = pd.DataFrame({"actor_id": [2**62, 2**62 + 2], "inviter_id": [None, float(2**62)]})
    with pytest.raises(fe.schema.SchemaError, match=r"Column 'inviter_id' holds .* digits of an id may be lost"):
        fe.tally.account_links(large)


def test_a_value_one_account_has_makes_no_link_to_itself() -> None:
    assert fe.tally.account_links(log(("a", None, "1", None), columns=COLUMNS)).empty


def test_two_are_the_least_that_can_share() -> None:
    with pytest.raises(fe.schema.ParameterError, match="most_sharing=1"):
        fe.tally.account_links(log(*TOY, columns=COLUMNS), most_sharing=1)
