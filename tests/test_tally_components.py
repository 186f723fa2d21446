"""Components against a graph library: chains and stars in every order of names, random graphs, and by hand."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import tally_definitions as by_definition
from hypothesis import given, settings
from hypothesis import strategies as st
from tally_cases import BIG, agree, rows

import fanecon as fe

# `fe.tally.components` is the function; the module of the same name is looked up by its path
MODULE = importlib.import_module("fanecon.tally.components")


def edges(pairs: Iterable[tuple[object, object]], dtype: str = "Int64") -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["src", "dst"], dtype=object).astype(dtype)


def check(frame: pd.DataFrame) -> None:
    agree(fe.tally.components(frame), by_definition.components(rows(frame)), ["account_id"])


def chain(names: Iterable[int]) -> list[tuple[int, int]]:
    return list(pairwise(names))


N = 2_000
ORDERS = {
    "rising": range(N),
    "falling": range(N, 0, -1),
    "both ends small": [*range(0, N, 2), *range(N - 1, 0, -2)],
    "both ends large": [*range(N - 1, 0, -2), *range(0, N, 2)],
    "small and large in turn": [n if n % 2 else N + n for n in range(N)],
    "bits reversed": [int(f"{n:011b}"[::-1], 2) for n in range(2_048)],
    "shuffled": np.random.default_rng(1).permutation(N).tolist(),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_chain_takes_few_rounds_in_any_order_of_names(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "MOST_ROUNDS", 2 * int(np.log2(N)))
    check(edges(chain(ORDERS[order])))


def test_a_chain_of_10000_takes_no_more_rounds_than_its_length_has_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "MOST_ROUNDS", 15)
    found = fe.tally.components(edges(chain(range(10_000))))
    assert (len(found), found["component"].max(), found["size"].min()) == (10_000, 0, 10_000)


def test_too_few_rounds_are_told_and_not_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "MOST_ROUNDS", 3)
    with pytest.raises(fe.schema.EngineError, match="no end after 3 rounds"):
        fe.tally.components(edges(chain(range(1_000))))


def test_components_by_hand() -> None:
    #   a - b - c      d - d      张 - "
    found = fe.tally.components(edges([("b", "a"), ("c", "b"), ("d", "d"), ("张", '"'), ("a", "b")], "string"))
    assert found.to_numpy().tolist() == [
        ['"', '"', 2],
        ["a", "a", 3],
        ["b", "a", 3],
        ["c", "a", 3],
        ["d", "d", 1],
        ["张", '"', 2],
    ]


@pytest.mark.parametrize("centre", [-1, 50, 1_000])
def test_a_star_is_one_component_wherever_its_centre_stands(centre: int) -> None:
    check(edges([(centre, n) for n in range(100)]))


def test_large_ids_keep_their_digits() -> None:
    check(edges([(BIG, BIG + 1), (BIG + 2, BIG + 3), (-BIG, -BIG + 1)]))


def test_a_tie_without_an_end_is_left_out_and_counted() -> None:
    frame = edges([("a", "b"), ("c", None), (None, None)], "string")
    found = fe.tally.components(frame)
    assert found["account_id"].tolist() == ["a", "b"]
    assert found.attrs["notes"][1] == "2 rows name no dst (the other end of a tie) and are left out."


def test_no_tie_makes_no_component() -> None:
    assert fe.tally.components(edges([], "string")).empty


def test_whole_numbers_of_two_widths_are_alike_and_text_is_not() -> None:
    frame = pd.DataFrame({"src": np.array([1, 2], "int32"), "dst": np.array([2, 3], "int64")})
    assert fe.tally.components(frame)["size"].tolist() == [3, 3, 3]
    with pytest.raises(fe.schema.SchemaError, match=r"src and dst are of types .* Type \.astype\('string'\) for both"):
        fe.tally.components(frame.astype({"dst": "string"}))


GRAPHS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=20)


@given(pairs=GRAPHS)
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
def test_random_graphs_fall_apart_as_the_graph_library_says(pairs: list[tuple[int, int]]) -> None:
    check(edges(pairs))


@pytest.mark.nightly
@given(pairs=GRAPHS)
@settings(max_examples=300, deadline=None, database=None)
def test_many_random_graphs_fall_apart_as_the_graph_library_says(pairs: list[tuple[int, int]]) -> None:
    check(edges(pairs))


@pytest.mark.parametrize("ties", [500, 1_000, 3_000])
def test_sparse_graphs_of_a_thousand_accounts_fall_apart_so_too(ties: int) -> None:
    check(edges(np.random.default_rng(ties).integers(0, 1_000, (ties, 2)).tolist()))
