"""The densest block: by hand, against all sets there are, pruned against not pruned, and what it refuses."""

import math
from fractions import Fraction

import lockstep_definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon.metrics.hunters import bipartite, densest
from fanecon.schema import ParameterError, SchemaError


def table(edges):
    return pd.DataFrame(sorted(edges), columns=["actor_id", "item_id"], dtype="int64")


def members(found):
    return {("account", int(a)) for a in found.accounts} | {("item", int(i)) for i in found.items}


def both(frame, prior=None):
    """The answers of the path for small tables and of the compiled one."""
    accounts, items = bipartite.sides(frame)
    held = densest._held(prior, accounts)
    return densest._small(accounts, items, held), densest._large(accounts, items, held)


def as_members(core):
    return {("account", int(a)) for a in core.rows} | {("item", int(i)) for i in core.columns}


# --- by hand and by definition ---


@pytest.mark.parametrize(("m", "n"), [(1, 1), (5, 5), (7, 3)])
def test_a_complete_table_is_its_own_block_and_weighs_mn_over_m_plus_n(m, n):
    found = fe.densest_block(table({(a, i) for a in range(m) for i in range(n)}))
    assert found.density == pytest.approx(m * n / (m + n) / math.log(m + 5), rel=1e-12)
    assert (len(found.accounts), len(found.items), found.edges) == (m, n, m * n)


SMALL = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=14)
PRIORS = st.dictionaries(st.integers(0, 4), st.integers(0, 2 * 2**20), max_size=3)


def in_weights(prior):
    return pd.Series({name: held / 2**20 for name, held in prior.items()}, dtype=float)


def check_guarantee(edges, prior):
    found = fe.densest_block(
        table(edges), prior=in_weights({a: w for a, w in prior.items() if a in {e[0] for e in edges}})
    )
    held = {a: w for a, w in prior.items() if a in {e[0] for e in edges}}
    said = by.density(edges, members(found), held)
    assert 2 * said >= by.densest(edges, held)
    assert members(found) == by.greedy(edges, held)
    assert found.density == pytest.approx(float(said) / 2**20, rel=1e-5)


@given(edges=SMALL, prior=PRIORS)
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_the_block_is_that_of_the_greedy_and_at_least_half_as_dense_as_the_densest_of_all(edges, prior):
    check_guarantee(edges, prior)


@pytest.mark.nightly
@given(edges=SMALL, prior=PRIORS)
@settings(max_examples=600, deadline=None, database=None)
def test_the_guarantee_holds_on_many_tables(edges, prior):
    check_guarantee(edges, prior)


# --- pruning changes nothing ---


def check_pruning(edges, prior):
    held = {a: w for a, w in prior.items() if a in {e[0] for e in edges}}
    small, large = both(table(edges), in_weights(held))
    wanted = by.greedy(edges, held)
    assert as_members(small) == as_members(large) == wanted
    for one, other in zip((*small.pairs, *small.degrees), (*large.pairs, *large.degrees), strict=True):
        assert one.tolist() == other.tolist()


MIDDLE = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 7)), min_size=1, max_size=50)


@given(edges=MIDDLE, prior=PRIORS)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_sweeps_before_the_greedy_leave_its_set_as_it_was(edges, prior):
    check_pruning(edges, prior)


@pytest.mark.nightly
@given(edges=MIDDLE, prior=PRIORS)
@settings(max_examples=2000, deadline=None, database=None)
def test_sweeps_leave_the_set_on_many_tables(edges, prior):
    check_pruning(edges, prior)


def unpruned(frame):
    """The whole greedy, without a sweep."""
    from fanecon.metrics.hunters import peeling

    accounts, items = bipartite.sides(frame)
    first, columns, degrees = peeling.grouped(accounts.codes, items.codes, (accounts.size, items.size))
    weights = densest.weights_of(degrees)
    owners = np.repeat(np.arange(accounts.size), np.diff(first))
    lists = densest._both_ways(owners, columns, (accounts.size, items.size))
    shares = np.append(np.zeros(accounts.size, np.int32), weights)
    stays = peeling.peeled(*lists, densest._keys(lists, shares, np.zeros(0, np.int64)), shares) < 0
    left = np.flatnonzero(stays)
    return {("account", int(a)) for a in left[left < accounts.size]} | {
        ("item", int(i) - accounts.size) for i in left[left >= accounts.size]
    }


@pytest.mark.parametrize(("density", "seed"), [(0.5, 0), (0.1, 1), (0.0, 2), (0.05, 3), (0.0, 4)])
def test_sweeps_leave_the_set_of_larger_tables_with_and_without_a_visible_block(density, seed):
    frame = fe.simulate_lockstep(20_000, block=(60, 30), density=density, seed=seed)
    small, large = both(frame)
    assert as_members(small) == as_members(large) == unpruned(frame)


@given(
    one=st.tuples(st.integers(0, 2**60), st.integers(0, 2**31 - 1)),
    other=st.tuples(st.integers(0, 2**60), st.integers(0, 2**31 - 1)),
)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_densities_are_compared_exactly_beyond_64_bits(one, other):
    from fanecon.metrics.hunters.peeling import denser

    def exact(weight, nodes):
        return Fraction(weight, nodes) if nodes else Fraction(-1)

    assert denser(*one, *other) == (exact(*one) > exact(*other))


def test_two_densities_a_hair_apart_at_a_billion_edges_are_told_apart():
    from fanecon.metrics.hunters.peeling import denser

    weight, nodes = 10**15 + 1, 10**9 + 7
    assert denser(weight + 1, nodes, weight, nodes)
    assert not denser(2 * weight, 2 * nodes, weight, nodes)
    assert not denser(weight, nodes, 2 * weight + 1, 2 * nodes)


# --- what does not matter, and what does ---


def test_names_order_of_rows_and_repeated_pairs_do_not_matter():
    frame = fe.simulate_lockstep(20_000, block=(60, 30), density=0.5, seed=5)
    found = fe.densest_block(frame)
    again = pd.concat([frame, frame.head(500)]).sample(frac=1, random_state=1)
    mixed = fe.densest_block(again)
    assert members(mixed) == members(found)
    assert mixed.density == found.density
    named = frame.assign(actor_id="a" + frame["actor_id"].astype(str).str.zfill(6), item_id=frame["item_id"] + 10**12)
    by_name = fe.densest_block(named)
    assert {int(a[1:]) for a in by_name.accounts} == set(found.accounts)
    assert {i - 10**12 for i in by_name.items} == set(found.items)


def test_a_planted_ring_is_the_block_and_its_row_says_how_much_of_each_account_lies_inside():
    frame = fe.simulate_lockstep(20_000, block=(60, 30), density=0.6, seed=6)
    found = fe.densest_block(frame)
    truth = set(frame.loc[frame["planted"], "actor_id"])
    assert set(found.accounts) == truth
    rows = found.table[found.table["side"] == "account"].set_index("member")
    wanted = frame[frame["item_id"].isin(found.items)].groupby("actor_id").size()
    assert all(rows.loc[str(a), "inside"] == wanted[a] for a in truth)
    assert all(rows.loc[str(a), "degree"] == (frame["actor_id"] == a).sum() for a in truth)
    assert found.shows == "simulation"


def test_what_is_held_against_an_account_beforehand_brings_it_in():
    edges = {(a, i) for a in range(4) for i in range(4)} | {(9, 4), (9, 5)}
    assert 9 not in fe.densest_block(table(edges)).accounts
    assert 9 in fe.densest_block(table(edges), prior=pd.Series({9: 5.0})).accounts


def test_a_table_without_rows_has_no_block():
    found = fe.densest_block(pd.DataFrame({"actor_id": [], "item_id": []}, dtype="int64"))
    assert found.table.empty
    assert math.isnan(found.density)
    assert "no block" in found.sentence


def test_what_is_missing_or_below_zero_is_refused_with_what_to_type():
    frame = table({(0, 0), (1, 1)})
    with pytest.raises(SchemaError, match="item_id"):
        fe.densest_block(frame.rename(columns={"item_id": "item"}))
    with pytest.raises(SchemaError, match="dropna"):
        fe.densest_block(frame.astype("Int64").replace({0: pd.NA}))
    for bad in (-1.0, math.nan, math.inf, 1e9):
        with pytest.raises(ParameterError):
            fe.densest_block(frame, prior=pd.Series({0: bad}))


def test_the_picture_has_a_dot_for_every_pair_inside():
    found = fe.densest_block(table({(a, i) for a in range(4) for i in range(3)}))
    ax = found.plot()
    assert sum(len(line.get_xdata()) for line in ax.lines) == found.edges
    plt.close(ax.figure)
