"""Lockstep: planted blocks are found, shuffles hold none, bits by definition, company in time, and what is refused."""

import json
import os
import subprocess
import sys

import lockstep_definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon.metrics.hunters import bipartite, blocks, sittings
from fanecon.metrics.hunters.sittings import Company
from fanecon.schema import ParameterError, SchemaError


def accounts_of(found, block=1):
    rows = found.members
    return set(rows.loc[(rows["block"] == block) & (rows["side"] == "account"), "member"])


def f1(found, frame):
    """Accounts of the first block in the list against those planted."""
    truth = set(frame.loc[frame["planted"], "actor_id"].astype(str))
    mine = accounts_of(found)
    return 2 * len(mine & truth) / (len(mine) + len(truth))


def drawn(seed, times=False, **given_):
    frame = fe.simulate_lockstep(seed=seed, **given_)
    return frame if times else frame.drop(columns="time")


# --- planted blocks ---


@pytest.mark.parametrize(("density", "least"), [(0.5, 0.99), (0.1, 0.95)])
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_ring_with_camouflage_is_found(density, least, seed):
    frame = drawn(seed, density=density)
    found = fe.find_lockstep(frame)
    assert len(found.table) == 1
    assert f1(found, frame) >= least


@pytest.mark.parametrize("seed", range(2))
def test_a_thin_ring_stands_first_among_genuine_communities(seed):
    frame = drawn(seed, density=0.1, communities=0.3)
    assert f1(fe.find_lockstep(frame), frame) >= 0.9


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("given_", "least"),
    [
        ({"density": 0.5}, 0.99),
        ({"density": 0.1}, 0.95),
        ({"density": 0.1, "communities": 0.3}, 0.9),
        ({"density": 0.1, "communities": 0.6}, 0.9),
        ({"density": 0.1, "camouflage": 3.0}, 0.9),
        ({"density": 0.05}, 0.8),
        ({"density": 0.5, "block": (50, 25)}, 0.97),
        ({"density": 0.1, "edges": 1_000_000, "block": (430, 215)}, 0.95),
    ],
)
def test_planted_rings_of_many_kinds_are_found(given_, least):
    many = 2 if "edges" in given_ else 20
    scores = [f1(fe.find_lockstep(frame), frame) for frame in (drawn(100 + seed, **given_) for seed in range(many))]
    assert min(scores) >= least


def test_two_rings_are_two_blocks_the_stronger_first():
    frame = drawn(1, density=0.5)
    other = fe.simulate_lockstep(density=0.3, block=(100, 50), seed=2)
    ring = other.loc[other["planted"], ["actor_id", "item_id"]] + [100_000, 0]
    found = fe.find_lockstep(pd.concat([frame, ring], ignore_index=True))
    assert found.table["accounts"].tolist() == [200, 100]
    assert found.table["bits"].is_monotonic_decreasing
    assert accounts_of(found, 2) == set(ring["actor_id"].astype(str))


# --- none where there is none ---


def blocks_in_shuffles(many, **given_):
    frame = drawn(7, **given_)
    return sum(len(fe.find_lockstep(fe.shuffle_edges(frame, seed=seed)).table) > 0 for seed in range(many))


@pytest.mark.parametrize("density", [0.5, 0.1])
def test_a_shuffle_that_keeps_every_degree_holds_no_block(density):
    assert blocks_in_shuffles(5, density=density) == 0


@pytest.mark.nightly
@pytest.mark.parametrize("density", [0.5, 0.1])
def test_at_most_one_shuffle_in_a_hundred_holds_a_block(density):
    assert blocks_in_shuffles(300, density=density) <= 3


def test_where_nobody_acts_in_step_the_answer_is_no_block():
    for times in (False, True):
        found = fe.find_lockstep(drawn(3, density=0.0, times=times))
        assert found.table.empty
        assert found.flagged.empty
        assert found.sentence.startswith("No block")
        plt.close(found.plot().figure)


# --- bits and members by definition ---


SMALL = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 5)), min_size=4, max_size=30)


def graph_of(edges):
    pairs = np.array(sorted(edges))
    return bipartite.graph(pairs[:, 0], pairs[:, 1], (7, 6))


@given(edges=SMALL, accounts=st.sets(st.integers(0, 6), min_size=1), items=st.sets(st.integers(0, 5), min_size=1))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_the_bits_of_a_block_are_those_of_the_definition(edges, accounts, items):
    accounts, items = accounts & {a for a, _ in edges}, items & {i for _, i in edges}
    if not any(a in accounts and i in items for a, i in edges):
        return
    one = blocks.scored(graph_of(edges), np.array(sorted(accounts)), np.array(sorted(items)))
    assert one.bits == pytest.approx(by.bits(edges, accounts, items), abs=1e-8)


@given(edges=SMALL, items=st.sets(st.integers(0, 5), min_size=1), chance=st.floats(0.05, 0.95))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_no_set_of_accounts_is_worth_more_than_the_one_chosen(edges, items, chance):
    items = items & {i for _, i in edges}
    whole = graph_of(edges)
    if not items:
        return
    best = by.best_accounts(edges, items, chance)
    found = blocks.chosen(whole, np.array(sorted(items)), chance)
    if found is None:
        assert best <= 1e-9
        return
    _, _, gains = blocks.weighed(whole, found, np.array(sorted(items)), chance)
    worth = gains.sum() * np.log(2) - float(blocks.names_cost(whole.accounts.alive, len(found)))
    assert worth <= best + 1e-9
    if len(found) <= whole.accounts.alive / 2:
        assert worth == pytest.approx(best, abs=1e-9)


def test_the_bits_of_the_members_add_up_to_those_of_the_block_and_its_cost():
    frame = drawn(4, density=0.3)
    found = fe.find_lockstep(frame)
    one, whole = found.table.iloc[0], (frame["actor_id"].nunique(), frame["item_id"].nunique())
    cost = blocks.names_cost(whole[0], one["accounts"]) + blocks.names_cost(whole[1], one["items"])
    cost += np.log(whole[0]) + np.log(whole[1]) + 0.5 * np.log(one["accounts"] * one["items"])
    for side in ("account", "item"):
        gains = found.members.loc[found.members["side"] == side, "bits"].sum()
        assert gains == pytest.approx(one["bits"] + cost / np.log(2), rel=1e-9)


# --- what does not matter ---


def test_order_of_rows_names_and_repeated_acts_do_not_matter():
    frame = drawn(5, edges=30_000, block=(80, 40), density=0.3)
    found = fe.find_lockstep(frame)
    mixed = fe.find_lockstep(pd.concat([frame, frame.head(2_000)]).sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(mixed.table, found.table)
    pd.testing.assert_frame_equal(mixed.members, found.members)
    named = fe.find_lockstep(frame.assign(actor_id="a" + frame["actor_id"].astype(str).str.zfill(6)))
    pd.testing.assert_frame_equal(named.table, found.table)
    assert {name.lstrip("a0") for name in accounts_of(named)} == {name.lstrip("0") for name in accounts_of(found)}


def test_the_table_of_the_tally_gives_the_same_blocks_as_the_log():
    frame = drawn(6, times=True, edges=10_000, block=(50, 25), density=0.5)
    log = frame.drop(columns="planted").astype({"actor_id": "string", "item_id": "string"})
    edges = fe.tally.lockstep_edges(log, least_accounts=1)
    assert "first_at" in edges.columns
    mine, theirs = fe.find_lockstep(log), fe.find_lockstep(edges)
    pd.testing.assert_frame_equal(mine.table, theirs.table)
    assert accounts_of(mine) == accounts_of(theirs)


# --- time ---


def test_a_thin_ring_in_a_crowd_of_communities_comes_first_when_times_are_known():
    frame = drawn(3, times=True, density=0.05, communities=0.6)
    found = fe.find_lockstep(frame)
    assert f1(found, frame) >= 0.8
    assert found.table["time_bits"].iloc[0] > 100
    assert (found.table["time_bits"].iloc[1:] < 10).all()
    assert "in company" in found.sentence


def test_seconds_and_timestamps_say_the_same():
    frame = drawn(6, times=True, edges=10_000, block=(50, 25), density=0.5)
    seconds = frame.assign(time=(frame["time"] - pd.Timestamp("2026-01-01", tz="UTC")).dt.total_seconds())
    pd.testing.assert_frame_equal(fe.find_lockstep(frame).table, fe.find_lockstep(seconds).table)


def test_company_is_counted_by_hand():
    """Item 0: seconds 0, 50, 200; item 1: 10, 70: within 60 seconds are 0-50 and 10-70."""
    whole = bipartite.graph(np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 1]), (3, 2))
    times = np.array([0, 50, 200, 10, 70])
    assert sittings.accompanied(np.array([0, 0, 0, 1, 1]), times, 60).tolist() == [True, True, False, True, True]
    kept = sittings.measured(whole, times, (60, 0.25), (np.arange(3), np.arange(2)))
    assert (kept.together, kept.acts) == (4, 5)
    assert kept.expected == pytest.approx(3 * (1 - 0.75**2) + 2 * 0.25)
    assert Company(together=3, acts=10, expected=3.0).bits == 0


def test_members_who_keep_the_pace_of_everybody_have_no_bits_for_company():
    rng = np.random.default_rng(5)
    high = 0
    for _ in range(60):
        rows, columns = np.divmod(rng.choice(200 * 40, 1_600, replace=False), 40)
        whole = bipartite.graph(rows, columns, (200, 40))
        times = rng.uniform(0, 20_000, whole.edges)
        kept = sittings.measured(whole, times, (60, sittings.pace(whole, times, 60)), (np.arange(200), np.arange(40)))
        high += kept.bits > 5
    assert high <= 3


# --- what is said and what is refused ---


def test_the_case_of_an_account_is_told_in_numbers_and_an_unknown_one_is_said_to_be_in_no_block():
    frame = drawn(6, edges=10_000, block=(50, 25), density=0.5)
    found = fe.find_lockstep(frame)
    name = found.flagged["member"].iloc[0]
    inside = found.flagged["inside"].iloc[0]
    assert f"account {name} acted on {inside} of its 25 items" in found.explain(name)
    assert "no block" in found.explain("nobody")
    assert "communities" in found.explain()
    assert found.shows == "simulation"
    assert len(found.flagged) == found.table["accounts"].iloc[0]


def test_a_list_that_was_cut_says_so():
    frame = drawn(0, density=0.1, communities=0.3)
    found = fe.find_lockstep(frame, most=3)
    assert len(found.table) == 3
    assert any("most=6" in note for note in found.notes)


def test_the_picture_has_a_dot_for_every_edge_of_the_block():
    found = fe.find_lockstep(drawn(6, edges=10_000, block=(50, 25), density=0.5))
    ax = found.plot()
    assert sum(len(line.get_xdata()) for line in ax.lines) == found.table["edges"].iloc[0]
    plt.close(ax.figure)
    with pytest.raises(ParameterError, match="no block 2"):
        found.plot(2)


@pytest.mark.parametrize("bad", [{"most": 0}, {"window": 0}, {"window": float("inf")}])
def test_parameters_out_of_range_are_refused(bad):
    with pytest.raises(ParameterError):
        fe.find_lockstep(drawn(6, edges=10_000, block=(50, 25)), **bad)


def test_times_that_are_missing_or_no_times_are_refused():
    frame = pd.DataFrame({"actor_id": [1, 2], "item_id": [1, 1], "time": pd.to_datetime(["2026-01-01", None])})
    with pytest.raises(SchemaError, match="dropna"):
        fe.find_lockstep(frame)
    with pytest.raises(SchemaError, match="to_datetime"):
        fe.find_lockstep(frame.assign(time=["soon", "later"]))


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tables_with_hardly_a_row_hold_no_block(rows):
    frame = pd.DataFrame({"actor_id": ["a", "b"], "item_id": ["x", "x"]}).head(rows)
    assert fe.find_lockstep(frame).table.empty


# --- a cold process ---

COLD = """
import json, sys, time
import fanecon as fe
frame = fe.simulate_lockstep(80_000, density=0.2, seed=1)
start = time.process_time()
{call}
print(json.dumps(time.process_time() - start))
"""


@pytest.mark.parametrize("call", ["fe.densest_block(frame)", "fe.find_lockstep(frame.drop(columns='time'))",
                                  "fe.find_lockstep(frame)", "fe.co_sharing(frame)"])  # fmt: skip
def test_a_small_table_is_answered_within_a_second_without_a_compiler(call, tmp_path):
    cold = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", COLD.format(call=call)]

    def took():
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=cold).stdout)

    assert took() < 1.0 or took() < 1.0  # the second time where the machine was busy
    assert not list(tmp_path.rglob("*.nbi"))
