"""Lockstep: edges by definition over a zoo of logs; blocks against all blocks there are, planted ones, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import tally_definitions as by_definition
from hypothesis import given, settings
from hypothesis import strategies as st
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("lockstep")


# --- blocks ---


def blocks_of(edges: set[tuple[str, str]], **given_: object) -> pd.DataFrame:
    return fe.tally.lockstep_blocks(
        pd.DataFrame(sorted(edges), columns=["actor_id", "item_id"], dtype="string"), **given_
    )


def members(found: pd.DataFrame, block: int = 1) -> set[tuple[str, str]]:
    mine = found[found["block"] == block]
    return set(zip(mine["side"], mine["member"], strict=True))


def check_guarantee(edges: set[tuple[str, str]], epsilon: float) -> None:
    found = blocks_of(edges, epsilon=epsilon)
    said, sure = float(found["density"].iloc[0]), float(found["at_least"].iloc[0])
    assert said == pytest.approx(by_definition.density(edges, members(found)), rel=1e-5)
    assert sure == 1 / (2 + 2 * epsilon)
    assert members(found) == by_definition.peeled(edges, epsilon)
    assert said >= by_definition.densest(edges) * sure * (1 - 1e-5)


SMALL = st.sets(st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz")), min_size=1, max_size=16)


@given(edges=SMALL, epsilon=st.sampled_from([0.01, 0.1, 1.0]))
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_the_block_is_as_dense_as_promised_beside_the_densest_of_all(
    edges: set[tuple[str, str]], epsilon: float
) -> None:
    check_guarantee(edges, epsilon)


@pytest.mark.nightly
@given(edges=SMALL, epsilon=st.floats(0.001, 3))
@settings(max_examples=500, deadline=None, database=None)
def test_the_promise_holds_on_many_graphs(edges: set[tuple[str, str]], epsilon: float) -> None:
    check_guarantee(edges, epsilon)


def planted(*blocks: tuple[int, int], edges: int = 100_000) -> pd.DataFrame:
    """Random edges, and blocks of so many accounts that all act on so many items of their own."""
    draw = np.random.default_rng(11)
    parts = [np.column_stack([draw.integers(0, 20_000, edges), draw.integers(0, 5_000, edges)])]
    for at, (accounts, items) in enumerate(blocks):
        grid = np.indices((accounts, items)).reshape(2, -1).T
        parts.append(grid + 1_000_000 + 10_000 * at)
    return pd.DataFrame(np.concatenate(parts), columns=["actor_id", "item_id"])


def test_a_block_planted_among_1e5_edges_is_found_whole_and_alone() -> None:
    found = fe.tally.lockstep_blocks(planted((40, 50)))
    assert members(found) == {("account", str(1_000_000 + n)) for n in range(40)} | {
        ("item", str(1_000_000 + n)) for n in range(50)
    }


@pytest.mark.parametrize("epsilon", [0.05, 0.5])
def test_where_accounts_grow_busier_step_by_step_the_block_is_what_peeling_by_hand_leaves(epsilon: float) -> None:
    edges = {(f"a{one}", f"i{two}") for one in range(1, 200) for two in range(1, 200) if one * two < 200}
    assert members(blocks_of(edges, epsilon=epsilon)) == by_definition.peeled(edges, epsilon)
    assert by_definition.peeled(edges, epsilon) != by_definition.peeled(edges, 3 * epsilon + 2)


def test_two_planted_blocks_come_one_after_the_other_the_denser_first() -> None:
    found = fe.tally.lockstep_blocks(planted((30, 30), (60, 60)), blocks=2)
    first, second = members(found, 1), members(found, 2)
    assert first == {(side, str(1_010_000 + n)) for side in ("account", "item") for n in range(60)}
    assert second == {(side, str(1_000_000 + n)) for side in ("account", "item") for n in range(30)}
    density = found.groupby("block")["density"].first()
    assert density[1] > density[2]


def test_a_square_by_hand() -> None:
    # a and b on x and y: four edges of weight 1 / log(2 + 5) among four members
    found = blocks_of({("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")})
    assert found["member"].tolist() == ["a", "b", "x", "y"]
    assert found["side"].tolist() == ["account", "account", "item", "item"]
    assert found["density"].iloc[0] == pytest.approx(1 / math.log(7), rel=1e-5)


def test_when_the_edges_are_used_up_there_are_no_more_blocks() -> None:
    found = blocks_of({("a", "x")}, blocks=5)
    assert found["block"].unique().tolist() == [1]


def test_an_empty_log_has_no_block() -> None:
    found = fe.tally.lockstep_blocks(pd.DataFrame({"actor_id": [], "item_id": []}))
    assert found.empty
    assert found.columns.tolist() == ["block", "side", "member", "density", "at_least"]


@pytest.mark.parametrize(
    "wrong", [{"blocks": 0}, {"epsilon": 0}, {"epsilon": -1}, {"epsilon": math.nan}, {"epsilon": math.inf}]
)
def test_what_is_no_number_of_blocks_and_no_epsilon_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(fe.schema.ParameterError, match="type at least one block and an epsilon above zero"):
        blocks_of({("a", "x")}, **wrong)


def test_edges_by_hand() -> None:
    # x has two accounts and stays; y has only a
    acts = [("a", "2020-01-01", "open", "x"), ("a", "2020-01-02", "open", "x"), ("b", "2020-01-03", "open", "x")]
    found = fe.tally.lockstep_edges(log(*acts, ("a", "2020-01-01", "open", "y")))
    assert found[["actor_id", "item_id", "times"]].to_numpy().tolist() == [["a", "x", 2], ["b", "x", 1]]
    assert found["first_at"].dt.day.tolist() == [1, 3]
