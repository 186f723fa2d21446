"""Accounts: habits, gaps and campaigns by definition over a zoo of logs, and by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("accounts")


# Asia/Shanghai is eight hours ahead, so that its day begins at 16:00 UTC.
#
#   a  15:00 x c   16:30 x .            23:00 x c        one item, two local days
#   b              16:30 y c                             one act
TOY = (
    ("a", "2020-01-01T15:00", "open", "x", "c"),
    ("a", "2020-01-01T16:30", "share", "x", None),
    ("a", "2020-01-01T23:00", "leave", "x", "c"),
    ("b", "2020-01-01T16:30", "open", "y", "c"),
)


def test_habits_by_hand() -> None:
    a, b = fe.tally.account_habits(log(*TOY), distinct=True).to_dict("records")
    assert (a["events"], a["campaign_events"], a["organic_events"], a["campaign_share"]) == (3, 2, 1, 2 / 3)
    assert (a["mean_gap_seconds"], a["one_day"], a["one_item"], a["entered_by_campaign"]) == (
        4 * 3600,
        False,
        True,
        True,
    )
    assert (a["days"], a["items"], a["campaigns"]) == (2, 1, 1)
    assert (b["events"], b["one_day"], b["one_item"], b["entered_by_campaign"]) == (1, True, True, True)
    assert pd.isna(b["mean_gap_seconds"]) and pd.isna(b["last_organic_at"])
    assert a["last_organic_at"] == pd.Timestamp("2020-01-01T16:30Z")


def test_what_was_before_during_and_after_a_campaign_by_hand() -> None:
    found = fe.tally.account_habits(log(*TOY), during=("2020-01-01T16:30", "2020-01-01T23:00"))
    assert found[["before", "during", "after"]].to_numpy().tolist() == [[1, 1, 1], [0, 1, 0]]


@pytest.mark.parametrize(
    "during", [("x", "y"), ("2020-01-02", "2020-01-01"), ("2020-01-01",) * 2, "2020-01-01", (None, None)]
)
def test_a_campaign_that_is_no_span_of_time_is_refused(during: object) -> None:
    with pytest.raises(fe.schema.ParameterError, match="during="):
        fe.tally.account_habits(log(*TOY), during=during)


def test_gaps_by_hand() -> None:
    # a   0 ──90 min── 1 ──390 min── 2     b   a single act: no gap, no row
    found = fe.tally.account_gaps(log(*TOY)).to_dict("records")
    sd = 300 * 60 / 2**0.5
    (a,) = found
    assert (a["actor_id"], a["gaps"], a["mean_seconds"], a["min_seconds"], a["max_seconds"]) == (
        "a",
        2,
        14400,
        5400,
        23400,
    )
    assert a["sd_seconds"] == pytest.approx(sd, rel=1e-12)


def test_a_clockwork_has_no_spread_at_all() -> None:
    beats = [("a", 1_600_000_000_123_457 + n * 3_600_000_001, "open") for n in range(500)]
    assert fe.tally.account_gaps(log(*beats))["sd_seconds"].tolist() == [0.0]


def test_a_spread_a_trillion_times_smaller_than_the_gaps_keeps_its_digits() -> None:
    # 2,000 gaps of ten days, by turns one microsecond longer and shorter: sd² = 2000 / 1999 µs²
    beats = [("a", 1_000_000_000_000_000 + n * 864_000_000_000 + n % 2, "open") for n in range(2_001)]
    (sd,) = fe.tally.account_gaps(log(*beats))["sd_seconds"]
    assert sd == pytest.approx((2_000 / 1_999) ** 0.5 / 1e6, rel=1e-12)


def test_a_hundred_thousand_acts_over_a_century_are_not_too_many() -> None:
    at = [-1_577_880_000_000_000, *range(1_577_880_000_000_000, 1_577_880_000_100_000)]
    frame = pd.DataFrame({"actor_id": 1, "time": pd.to_datetime(at, unit="us", utc=True)})
    (found,) = fe.tally.account_gaps(frame).to_dict("records")
    gap = 2 * 1_577_880_000.0
    assert (found["gaps"], found["max_seconds"]) == (100_000, gap)
    assert found["sd_seconds"] == pytest.approx((gap - 1e-6) / 100_000**0.5, rel=1e-12)


def test_campaigns_of_an_account_by_hand() -> None:
    # a enters c first and its last act there is the leave: 0 s; b comes 90 minutes later and stays
    found = fe.tally.account_campaigns(log(*TOY), leave="leave")
    assert found["actor_id"].tolist() == ["a", "b"]
    assert found["events"].tolist() == [2, 1]
    assert found["latency_seconds"].tolist() == [0.0, 5400.0]
    assert found["left_after_seconds"].tolist()[0] == 0.0
    assert found["left_after_seconds"].isna().tolist() == [False, True]


def test_one_wrong_zone_is_refused_by_name() -> None:
    with pytest.raises(fe.schema.ParameterError, match=r"no time zone 'Peking'.*Asia/Shanghai"):
        fe.tally.account_habits(log(*TOY), zone="Peking")


def test_an_account_that_has_no_act_in_a_campaign_has_no_row_there() -> None:
    none = log(*[(*rest, None) for *rest, _ in TOY])
    assert fe.tally.account_campaigns(none, leave="leave").empty
