"""Joiners: when each account of a log came, by what, and when it left."""

import pandas as pd
import pytest

from fanecon.metrics.hunters.joiners import joiners_of
from fanecon.schema import SchemaError


def log(*rows):
    table = pd.DataFrame(rows, columns=["actor_id", "action", "time", "campaign_id"])
    return table.assign(time=pd.to_datetime(table["time"], utc=True, format="ISO8601"))


LOG = log(
    ("a", "leave", "2017-05-09", None),
    ("a", "claim", "2017-05-01 10:00", "spring"),
    ("b", "read", "2017-04-01", None),
    ("b", "claim", "2017-05-01", "spring"),
    ("c", "claim", "2017-05-02", "spring"),
    ("c", "leave", "2017-05-03", None),
    ("c", "read", "2017-05-20", None),
    (None, "read", "2017-06-30", None),
)


def test_an_account_comes_with_its_first_act_and_goes_with_its_last():
    found = joiners_of(LOG).set_index("account")
    assert found["came_by"].to_dict() == {"b": "otherwise", "a": "campaign", "c": "campaign"}
    assert found.loc["a", "left"] == pd.Timestamp("2017-05-09", tz="UTC")
    assert found.loc[["b", "c"], "left"].isna().all(), "who acts again had not left"
    assert set(found["watched_until"]) == {pd.Timestamp("2017-05-20", tz="UTC")}
    assert not found.attrs["synthetic"]


def test_order_of_rows_changes_nothing():
    other = joiners_of(LOG.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(joiners_of(LOG), other)


def test_a_log_without_campaigns_does_not_say_how_they_came():
    assert set(joiners_of(LOG.drop(columns="campaign_id"))["came_by"]) == {"not said"}
    assert set(joiners_of(LOG.assign(campaign_id=None))["came_by"]) == {"not said"}


def test_logs_that_begin_too_late_or_hold_nothing_are_refused():
    with pytest.raises(SchemaError, match="1 accounts do nothing but leave"):
        joiners_of(log(("a", "leave", "2017-05-01", None)))
    with pytest.raises(SchemaError, match="No event"):
        joiners_of(LOG.assign(time=pd.NaT))
    with pytest.raises(SchemaError, match="action"):
        joiners_of(LOG.drop(columns="action"))
