"""Simulated rings and shuffled tables: what was asked for is there, and a shuffle keeps degrees and nothing else."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

import fanecon as fe
from fanecon.schema import ParameterError, SchemaError


def degrees(frame):
    return frame["actor_id"].value_counts().sort_index(), frame["item_id"].value_counts().sort_index()


def test_a_ring_acts_on_its_pairs_with_the_chance_asked_for():
    counts = [int(fe.simulate_lockstep(2_000, block=(40, 20), density=0.3, seed=s)["planted"].sum()) for s in range(40)]
    assert abs(np.mean(counts) - 240) < 4 * np.sqrt(800 * 0.3 * 0.7 / 40)


def test_the_ring_hides_behind_popular_items_and_meets_in_one_sitting():
    frame = fe.simulate_lockstep(20_000, block=(60, 30), density=0.5, camouflage=1.0, seed=1)
    ring = frame[frame["planted"]]
    assert ring["actor_id"].nunique() == 60
    assert ring["item_id"].min() >= 400
    wide = ring.groupby("item_id")["time"].agg(lambda times: (times.max() - times.min()).total_seconds())
    assert wide.max() <= 120
    others = frame[frame["actor_id"].isin(ring["actor_id"]) & ~frame["planted"]]
    assert others["item_id"].median() < 400
    assert frame.attrs["synthetic"]


def test_without_density_nobody_is_planted_and_no_pair_occurs_twice():
    frame = fe.simulate_lockstep(5_000, block=(20, 10), density=0.0, communities=0.5)
    assert not frame["planted"].any()
    assert not frame.duplicated(["actor_id", "item_id"]).any()


def test_the_same_seed_draws_the_same_table():
    one, other = (fe.simulate_lockstep(5_000, block=(20, 10), seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("bad", [{"density": 2}, {"camouflage": -1}, {"communities": 1}, {"block": (0, 3)},
                                 {"block": (9_000, 3)}, {"edges": 10}])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(bad):
    with pytest.raises(ParameterError):
        fe.simulate_lockstep(**{"edges": 5_000, "block": (20, 10), **bad})


# --- shuffles ---


@pytest.mark.parametrize("seed", range(3))
def test_a_shuffle_keeps_every_degree_and_no_pair_occurs_twice(seed):
    frame = fe.simulate_lockstep(5_000, block=(50, 25), density=0.5, seed=seed)
    shuffled = fe.shuffle_edges(frame, seed=seed)
    for one, other in zip(degrees(frame), degrees(shuffled), strict=True):
        assert one.equals(other)
    assert not shuffled.duplicated().any()
    assert list(shuffled.columns) == ["actor_id", "item_id"]
    assert shuffled.attrs["synthetic"]


def test_a_shuffle_dissolves_the_block_as_far_as_a_long_one_does():
    frame = fe.simulate_lockstep(20_000, block=(60, 30), density=0.5, seed=2)
    accounts, items = (set(frame.loc[frame["planted"], name]) for name in ("actor_id", "item_id"))

    def inside(some):
        return int((some["actor_id"].isin(accounts) & some["item_id"].isin(items)).sum())

    short = [inside(fe.shuffle_edges(frame, seed=s)) for s in range(6)]
    long = [inside(fe.shuffle_edges(frame, seed=s, moves=60)) for s in range(6)]
    assert inside(frame) > 1.5 * np.mean(short)
    assert abs(np.mean(short) - np.mean(long)) < 0.06 * np.mean(long) + 4 * np.std(long)


def test_every_graph_with_the_degrees_is_as_likely_as_any_other():
    """Accounts with 2, 1, 1 edges on items with 2, 1, 1: five tables, by writing them down."""
    frame = pd.DataFrame({"actor_id": [0, 0, 1, 2], "item_id": [0, 1, 0, 2]})
    drawn = Counter(
        tuple(sorted(zip(one["actor_id"], one["item_id"], strict=True)))
        for one in (fe.shuffle_edges(frame, seed=seed, moves=30) for seed in range(2_000))
    )
    assert len(drawn) == 5
    assert distributions.chisquare(list(drawn.values())).pvalue > 1e-3


def test_where_nothing_can_be_traded_the_table_comes_back():
    full = pd.DataFrame([(a, i) for a in "abc" for i in "xy"], columns=["actor_id", "item_id"])
    assert set(map(tuple, fe.shuffle_edges(full).to_numpy())) == set(map(tuple, full.to_numpy()))
    assert fe.shuffle_edges(full.head(0)).empty


def test_a_shuffle_refuses_what_it_cannot_read():
    with pytest.raises(SchemaError):
        fe.shuffle_edges(pd.DataFrame({"actor_id": [1]}))
    with pytest.raises(ParameterError):
        fe.shuffle_edges(pd.DataFrame({"actor_id": [1], "item_id": [1]}), moves=-1)
