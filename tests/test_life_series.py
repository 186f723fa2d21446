"""One clock for every table: what starts it, what is counted, what is left out, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from fanecon.metrics.attention.life_series import series_of
from fanecon.schema import ParameterError, SchemaError


def acts(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_seconds_are_hours_since_the_post_and_the_root_is_not_counted():
    table = acts(cascade_id=["a"] * 3, seconds=[0, 3600, 7200], kind=["root", "repost", "repost"])
    found = series_of(table, None)
    assert found.hours.tolist() == [1, 2]
    assert found.rooted
    assert "not counted" in found.notes[0]


def test_a_root_with_a_clock_time_sets_the_clock_of_its_own_item():
    times = pd.to_datetime(["2026-01-01 10:00", "2026-01-01 12:00", "2026-03-01 00:00", "2026-03-01 06:00"], utc=True)
    found = series_of(acts(cascade_id=list("aabb"), time=times, kind=["root", "repost"] * 2), None)
    assert found.hours.tolist() == [2, 6]
    assert pd.Timestamp(found.began[1] * 3600, unit="s") == pd.Timestamp("2026-03-01")


def test_without_a_root_the_first_act_starts_the_clock_and_is_counted():
    times = pd.to_datetime(["2026-01-01 10:00", "2026-01-01 12:00"], utc=True)
    found = series_of(acts(item_id=["a", "a"], time=times), None)
    assert found.hours.tolist() == [0, 2]
    assert not found.rooted
    assert "what came earlier is not known" in found.notes[0]


def test_zones_are_moments_and_clock_times_without_one_are_taken_as_they_stand():
    shanghai = pd.to_datetime(["2026-01-01 10:00", "2026-01-01 12:30"]).tz_localize("Asia/Shanghai")
    assert series_of(acts(time=shanghai), None).hours.tolist() == [0, 2.5]


def test_days_with_hours_of_the_day_are_bins_of_an_hour():
    days = pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02"])
    found = series_of(acts(item_id=["a"] * 3, stat_date=days, hour=[22, 23, 1], reads=[3, 2, 1]), "reads")
    assert (found.hours.tolist(), found.step) == ([0, 1, 3], 1)


def test_running_counts_become_what_each_day_added():
    days = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"])
    table = acts(item_id=["a"] * 3, stat_date=days, channel=["all"] * 3, cumulative=[True] * 3, reads=[5, 9, 10])
    found = series_of(table, "reads")
    assert (found.hours.tolist(), found.weight.tolist(), found.step) == ([0, 24, 48], [5, 4, 1], 24)
    with pytest.raises(SchemaError, match="can only grow"):
        series_of(table.assign(reads=[5, 4, 10]), "reads")
    with pytest.raises(SchemaError, match="mixed"):
        series_of(table.assign(cumulative=[True, False, True]), "reads")


def test_what_cannot_be_placed_is_left_out_and_told():
    found = series_of(acts(cascade_id=["a", "a", "a", "b"], seconds=[-5, 10, np.nan, np.nan]), None)
    assert found.items.tolist() == ["a"]
    said = " ".join(found.notes)
    assert "2 of 4 rows left out: no time" in said
    assert "1 of 4 rows left out: before the start" in said
    assert "1 of 2 items left out" in said


def test_leading_empty_bins_belong_to_the_quiet_but_not_to_the_life():
    table = acts(day=[0, 1, 2, 3], reads=[0, 0, 4, 2])
    assert series_of(table, "reads").hours.tolist() == [0, 24]
    assert series_of(table, "reads", quiet=True).hours.tolist() == [48, 72]


def test_rows_in_any_order_are_the_same_series():
    rng = np.random.default_rng(1)
    table = acts(cascade_id=rng.integers(0, 5, 60).astype(str), seconds=rng.integers(0, 9999, 60))
    one, other = series_of(table, None), series_of(table.sample(frac=1, random_state=2), None)
    assert one.hours.tolist() == other.hours.tolist()
    assert one.item.tolist() == other.item.tolist()


@pytest.mark.parametrize(
    ("table", "count", "said"),
    [
        (acts(item_id=["a"]), None, "No column tells when"),
        (acts(seconds=[-1.0]), None, "No row has a time"),
        (acts(day=[1, 2], reads=[1, -1]), "reads", "below zero"),
        (acts(day=[1], reads=[1]), "reads", "width of a bin is not known"),
        (acts(day=[1, 2], reads=[1, 1], channel=["all", "feed"]), "reads", "Keep one kind"),
        (acts(day=[1, 2], reads=[1, 1]), "shares", "'shares' is missing"),
    ],
)
def test_a_table_that_cannot_be_timed_is_refused(table, count, said):
    with pytest.raises(SchemaError, match=said):
        series_of(table, count)


def test_bins_without_a_count_are_refused_with_the_argument_to_give():
    with pytest.raises(ParameterError, match="count='reads'"):
        series_of(acts(day=[1, 2]), None)
