"""Overload: conservation in closed form, the elasticity of attention, the bend of a full feed."""

import math
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import overload_definitions as slow
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.attention import capacity
from fanecon.schema import ParameterError, SchemaError

DATA = Path(os.environ.get("FANECON_DATA") or Path(__file__).parents[2] / "shared" / "data")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public extracts lie beside the repository: FANECON_DATA")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


# --- conservation in closed form ---


def test_by_hand_a_reader_of_twenty_items_sees_half_of_forty():
    found = fe.feed_views({"a": 30, "b": 10}, capacity=20)
    assert found["views"].tolist() == [15.0, 5.0]
    assert found["chance"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("posts", [[1], [3, 0, 4], [10, 20, 30, 40], [0.5, 0.25]])
@pytest.mark.parametrize("limit", [0.5, 7, 25, 1000])
def test_views_add_up_to_what_is_posted_or_to_the_capacity(posts, limit):
    found = fe.feed_views(posts, capacity=limit)
    assert found["views"].tolist() == pytest.approx(slow.views(posts, limit))
    assert found["views"].sum() == pytest.approx(min(sum(posts), limit))


def test_above_the_capacity_all_posting_twice_as_much_changes_nothing():
    one, two = (fe.feed_views([factor * n for n in (30, 20, 10)], capacity=25)["views"] for factor in (1, 2))
    assert one.tolist() == pytest.approx(two.tolist())


def test_what_the_loudest_gains_above_the_capacity_the_others_lose():
    before, after = (fe.feed_views([n, 20, 10], capacity=25)["views"].to_numpy() for n in (30, 60))
    gained = after - before
    assert gained[0] == pytest.approx(25 * (60 / 90 - 30 / 60))
    assert gained[0] == pytest.approx(-gained[1:].sum())


def test_below_the_capacity_nobody_loses():
    before, after = (fe.feed_views([n, 20, 10], capacity=1000)["views"].to_numpy() for n in (30, 60))
    assert (after - before).tolist() == [30, 0, 0]


def test_friends_are_seen_less_the_larger_the_share_of_adverts():
    """At the same number of posts, and with more of them: both fall without a break."""
    same = [
        fe.feed_views({"friends": 60 * (1 - a), "adverts": 60 * a}, capacity=20)["views"][0] for a in (0, 0.2, 0.5, 0.9)
    ]
    more = [fe.feed_views({"friends": 30, "adverts": n}, capacity=20)["views"][0] for n in (0, 10, 30, 300)]
    assert (np.diff(same) < 0).all()
    assert (np.diff(more) < 0).all()


def test_an_empty_feed_has_no_views_and_wrong_numbers_are_refused():
    assert fe.feed_views([0, 0], capacity=3)["views"].sum() == 0
    for posts, limit in (([-1], 3), ([math.nan], 3), ([1], -1)):
        with pytest.raises(ParameterError, match="numbers from 0 on"):
            fe.feed_views(posts, capacity=limit)


# --- elasticity ---


def feeds(elasticity, receivers=12, level=1000.0):
    """Views that follow the feed to a power exactly, at another level for each receiver."""
    rows = [(who, n, (1 + who) * level * n**elasticity) for who in range(receivers) for n in (10, 20, 40, 80 + who)]
    return pd.DataFrame(rows, columns=["receiver_id", "incoming", "viewed"])


@pytest.mark.parametrize(
    ("elasticity", "told"),
    [(0.0, "conserved"), (1.0, "in proportion to what is posted"), (0.5, "lies apart from both")],
)
def test_by_hand_a_power_is_its_own_elasticity(elasticity, told):
    table = feeds(elasticity).assign(viewed=lambda t: t["viewed"] * np.random.default_rng(1).normal(1, 0.01, len(t)))
    found = fe.attention_elasticity(table)
    assert found.within.estimate == pytest.approx(elasticity, abs=0.01)
    assert told in found.sentence


def test_people_who_look_at_more_and_follow_more_look_proportional_and_are_each_full():
    rng = np.random.default_rng(1)
    who, _when = (axis.ravel() for axis in np.indices((40, 15)))
    capacity_of = rng.lognormal(2.5, 0.6, 40)
    incoming = 1 + rng.poisson(4 * capacity_of[who] * rng.lognormal(0, 0.3, len(who)))
    viewed = rng.poisson(np.minimum(incoming, capacity_of[who]))
    found = fe.attention_elasticity(pd.DataFrame({"receiver_id": who, "incoming": incoming, "viewed": viewed}))
    assert found.between.low > 0.8
    assert found.within.high < 0.2


ELASTIC = [
    ({"capacity": 1e5, "inflow": 30.0, "receivers": 50}, 1.0),
    ({"capacity": 5.0, "inflow": 200.0, "receivers": 50}, 0.0),
    ({"capacity": 5.0, "inflow": 200.0, "receivers": 20}, 0.0),
]
SHORT = 80
NIGHT = [(SHORT, *ELASTIC[1]), *(pytest.param(2_000, *case, marks=pytest.mark.nightly) for case in ELASTIC)]


def covered(runs, case, truth):
    found = [fe.attention_elasticity(fe.simulate_feeds(seed=seed, **case)).within for seed in range(runs)]
    return sum(truth in one for one in found) / runs, float(np.mean([one.estimate for one in found])) - truth


@pytest.mark.parametrize(("runs", "case", "truth"), NIGHT)
def test_the_elasticity_is_recovered_and_its_interval_covers(runs, case, truth):
    cover, bias = covered(runs, case, truth)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert 0.95 - slack <= cover <= 0.95 + slack, cover
    assert abs(bias) < 0.02


def test_too_few_receivers_and_feeds_that_never_vary_are_not_estimable():
    few = fe.attention_elasticity(feeds(1.0, receivers=9))
    assert "9 receivers looked at anything and saw their feed vary" in few.sentence
    still = fe.attention_elasticity(feeds(1.0).assign(incoming=7))
    assert "not estimable: nothing varies within a group" in still.sentence


def test_order_of_rows_changes_nothing_and_the_unit_of_the_feed_neither():
    table = fe.simulate_feeds(30, seed=2)
    one = fe.attention_elasticity(table).summary()
    for other in (table.sample(frac=1, random_state=1), table.assign(incoming=10 * table["incoming"])):
        pd.testing.assert_frame_equal(one, fe.attention_elasticity(other).summary(), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns="viewed"), "'viewed' is missing"),
        (lambda t: t.assign(viewed=-1), "count items"),
        (lambda t: t.assign(incoming=0), "no incoming item"),
    ],
)
@pytest.mark.parametrize("metric", [fe.attention_elasticity, fe.fit_capacity])
def test_a_table_that_is_no_feed_is_refused(metric, change, told):
    with pytest.raises(SchemaError, match=told):
        metric(change(feeds(1.0)))


def test_the_pictures_are_drawn():
    table = fe.simulate_feeds(30)
    assert len(fe.attention_elasticity(table).plot().lines) == 3
    assert len(fe.fit_capacity(table).plot().lines) == 4


# --- capacity ---


def bent(shape, bend, receivers=12):
    """Views that follow a shape exactly, at another level for each receiver."""
    incoming = np.array([4.0, 9.0, 20.0, 33.0, 70.0, 150.0])
    rows = [
        (who, n, (1 + who) * 100 * v)
        for who in range(receivers)
        for n, v in zip(incoming + who, capacity.looked_at(incoming + who, shape, bend), strict=True)
    ]
    return pd.DataFrame(rows, columns=["receiver_id", "incoming", "viewed"])


@pytest.mark.parametrize("shape", ["ceiling", "saturating"])
def test_a_bend_is_found_where_nothing_is_left_to_chance(shape):
    found = fe.fit_capacity(bent(shape, 40.0))
    assert found.shape == shape
    assert found.bend.estimate == pytest.approx(40, rel=0.01)
    assert found.capacity.estimate == pytest.approx(40 * 650, rel=0.01)
    assert f"behave like a {shape} response" in found.sentence


def test_the_likelihood_is_the_conditional_one_written_out():
    table = fe.simulate_feeds(5, periods=6, seed=3)
    told = capacity._telling(table.astype(float))
    base = capacity.looked_at(table["incoming"].to_numpy(dtype=float), "saturating", 30.0)
    rows = list(zip(table["receiver_id"], table["viewed"], base, np.zeros(len(table)), strict=True))
    assert capacity._likelihood(told, "saturating", 30.0) == pytest.approx(slow.conditional_log_likelihood(rows, 0.0))


def test_without_a_limit_only_a_lower_end_is_told():
    found = fe.fit_capacity(fe.simulate_feeds(50, capacity=1e5, seed=4))
    assert found.shape == "proportional"
    assert math.isinf(found.bend.high)
    assert "behave like a constant share of the feed; if there is a limit, it begins above" in found.sentence


def test_the_shape_and_the_capacity_of_the_simulation_are_found():
    found = fe.fit_capacity(fe.simulate_feeds(100, capacity=20, seen=0.8, seed=5))
    assert found.shape == "ceiling"
    assert 25 in found.bend
    assert 20 in found.capacity
    assert found.shows == "simulation"


CAPACITY = [{}, {"receivers": 20}, {"receivers": 30, "inflow": 10.0}, {"receivers": 50, "seen": 0.3, "capacity": 6.0}]
NIGHT_CAPACITY = [(60, CAPACITY[1]), *(pytest.param(2_000, case, marks=pytest.mark.nightly) for case in CAPACITY)]


def covered_capacity(runs, case):
    """Share of intervals that hold the bend, and the capacity; mean estimates over truth; share of right shapes."""
    limit, seen = case.get("capacity", 20.0), case.get("seen", 0.8)
    found = [fe.fit_capacity(fe.simulate_feeds(seed=seed, **case)) for seed in range(runs)]
    hits = np.mean([(limit / seen in one.bend, limit in one.capacity, one.shape == "ceiling") for one in found], axis=0)
    middle = np.median([(one.bend.estimate * seen / limit, one.capacity.estimate / limit) for one in found], axis=0)
    return (*hits, *middle)


@pytest.mark.parametrize(("runs", "case"), NIGHT_CAPACITY)
def test_bend_and_capacity_are_recovered_and_their_intervals_cover(runs, case):
    bend, held, shape, *middle = covered_capacity(runs, case)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert 0.95 - slack <= bend <= 0.95 + slack, bend
    assert 0.95 - slack <= held <= 0.95 + slack, held
    assert shape > 0.9
    assert middle == pytest.approx([1, 1], abs=0.02)


def saturated(seed, receivers=60, bend=20.0):
    """Views that grow ever more slowly with the feed, each receiver at a level of his own (0.8 on average)."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(receivers), 20)
    incoming = 1 + rng.poisson(30 * rng.lognormal(0, 0.7, len(who)))
    mean = rng.beta(16, 4, receivers)[who] * capacity.looked_at(incoming.astype(float), "saturating", bend)
    return pd.DataFrame({"receiver_id": who, "incoming": incoming, "viewed": rng.binomial(incoming, mean / incoming)})


def covered_saturated(runs):
    """Share of intervals that hold the bend of 20 items, and the capacity of 16; share of right shapes."""
    found = [fe.fit_capacity(saturated(seed)) for seed in range(runs)]
    return np.mean([(20 in one.bend, 16 in one.capacity, one.shape == "saturating") for one in found], axis=0)


@pytest.mark.parametrize("runs", [40, pytest.param(2_000, marks=pytest.mark.nightly)])
def test_a_response_that_saturates_is_recovered_and_its_intervals_cover(runs):
    *held, shape = covered_saturated(runs)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert (np.abs(np.array(held) - 0.95) <= slack).all(), held
    assert shape > 0.95


def test_receivers_who_bend_at_different_sizes_blur_the_bend():
    """Capacities from 10 to 40 at full attention: the note says that a blurred mean is what is found."""
    rng = np.random.default_rng(6)
    who, _when = (axis.ravel() for axis in np.indices((150, 20)))
    own = rng.uniform(10, 40, 150)
    incoming = 1 + rng.poisson(30 * rng.lognormal(0, 0.6, len(who)))
    viewed = rng.binomial(incoming, np.minimum(1, own[who] / incoming))
    found = fe.fit_capacity(pd.DataFrame({"receiver_id": who, "incoming": incoming, "viewed": viewed}))
    assert 10 < found.bend.estimate < 40
    assert any("blurred mean" in note for note in found.notes)


def test_nine_receivers_have_no_capacity():
    found = fe.fit_capacity(fe.simulate_feeds(9))
    assert "not estimable: 9 receivers tell" in found.sentence
    assert found.summary()["estimate"].isna().all()


def test_order_of_receivers_within_folds_aside_rows_can_come_in_any_order():
    table = fe.simulate_feeds(30, seed=7)
    one, other = fe.fit_capacity(table), fe.fit_capacity(table.sort_values(["period", "receiver_id"]))
    pd.testing.assert_frame_equal(one.summary(), other.summary(), rtol=1e-4)


def test_simulated_feeds_refuse_numbers_out_of_range():
    with pytest.raises(ParameterError, match="Needed"):
        fe.simulate_feeds(seen=1.0)


# --- a board with a fixed number of places ---


@needs_data
@pytest.mark.parametrize(("counted", "estimate"), [("minutes_on_board", -0.095), ("n_snapshots", 0.239)])
def test_a_board_with_fixed_places_is_near_conserved_and_far_from_proportional_however_it_is_counted(counted, estimate):
    """Weibo's hot-search list, days of a month compared: stays from first to last sighting, or by hourly sightings."""
    stays = pd.read_parquet(DATA / "weibo_hot_episodes.parquet")
    begun = pd.to_datetime(stays["first_seen"], unit="s", utc=True).dt.tz_convert("Asia/Shanghai")
    days = stays.assign(receiver_id=begun.dt.strftime("%Y-%m"), day=begun.dt.date).groupby(["receiver_id", "day"])
    table = days.agg(incoming=("topic_id", "size"), viewed=(counted, "sum")).reset_index()
    found = fe.attention_elasticity(table)
    assert found.within.estimate == pytest.approx(estimate, abs=0.001)
    assert -0.2 < found.within.low < found.within.high < 0.35
