"""Cascades in pieces: together they are the log, no tree is cut, none is larger than was asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tally_cases import BIG

import fanecon as fe


def trees(sizes: list[int], first: int = BIG) -> pd.DataFrame:
    """Trees of so many posts, each post the child of the one before it; rows shuffled."""
    tree = np.repeat(np.arange(len(sizes)), sizes)
    node = first + np.arange(tree.size)
    root = np.r_[True, tree[1:] != tree[:-1]]
    frame = pd.DataFrame({
        "cascade_id": pd.Series([f"t{one}" for one in tree], dtype="string"),
        "node_id": node,
        "parent_id": pd.Series(node - 1, dtype="Int64").mask(pd.Series(root)),
        "time": pd.to_datetime(1_600_000_000_000_000 + node - first, unit="us", utc=True),
        "followers": pd.Series(node % 7, dtype="Int64").mask(pd.Series(node % 5 == 0)),
    })  # fmt: skip
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def same_rows(found: pd.DataFrame, frame: pd.DataFrame) -> None:
    keys = ["cascade_id", "node_id"]
    found, frame = (one.sort_values(keys, ignore_index=True)[frame.columns] for one in (found, frame))
    pd.testing.assert_frame_equal(found, frame, check_dtype=False)


@pytest.mark.parametrize("piece_rows", [50, 400, 2_000, 10**6])
def test_the_pieces_are_the_log_and_no_tree_is_cut(piece_rows: int) -> None:
    frame = trees(np.random.default_rng(2).integers(1, 80, 60).tolist())
    pieces = list(fe.tally.cascades(frame, piece_rows=piece_rows))
    same_rows(pd.concat(pieces), frame)
    seen = [set(piece["cascade_id"]) for piece in pieces]
    assert sum(map(len, seen)) == 60
    assert max(map(len, pieces)) <= max(piece_rows, 4 * 80)
    assert (len(pieces) == 1) == (piece_rows >= len(frame))


def test_a_piece_by_hand() -> None:
    #  t0: 0 ← 1      t1: 2
    (found,) = fe.tally.cascades(trees([2, 1], first=0))
    assert found[["cascade_id", "node_id"]].to_numpy().tolist() == [["t0", 0], ["t0", 1], ["t1", 2]]
    assert found["parent_id"].tolist() == [pd.NA, 0, pd.NA]
    assert str(found["time"].dtype) == "datetime64[us, UTC]"


def test_parents_keep_their_digits_beside_missing_ones() -> None:
    (found,) = fe.tally.cascades(trees([3]))
    assert found["parent_id"].tolist() == [pd.NA, BIG, BIG + 1]


def test_a_tree_too_large_for_a_piece_is_refused_with_the_size_it_needs() -> None:
    frame = trees([300, 5, 5])
    with pytest.raises(fe.schema.SchemaError, match=r"A cascade has 300 posts.*Type piece_rows=300 or more"):
        list(fe.tally.cascades(frame, piece_rows=100))
    same_rows(pd.concat(fe.tally.cascades(frame, piece_rows=150)), frame)


def test_many_large_trees_in_one_bucket_are_one_large_piece_and_no_refusal() -> None:
    frame = trees([20] * 40)
    same_rows(pd.concat(fe.tally.cascades(frame, piece_rows=10)), frame)


def test_pieces_are_sorted_and_carry_the_notes() -> None:
    frame = pd.concat([trees([30, 30]), pd.DataFrame({"cascade_id": ["t0"], "node_id": [None]})])
    for piece in fe.tally.cascades(frame.astype({"node_id": "Int64"}), piece_rows=40):
        assert piece.equals(piece.sort_values(["cascade_id", "node_id"], ignore_index=True))
        assert piece.attrs["notes"] == ("1 row names no node_id (the post) and is left out.",)


def test_an_empty_log_is_one_empty_piece() -> None:
    (found,) = fe.tally.cascades(trees([1]).iloc[:0])
    assert found.empty
    assert found.columns.tolist() == ["cascade_id", "node_id", "parent_id", "time", "followers"]


def test_a_loop_that_ends_early_leaves_nothing_behind(tmp_path: Path) -> None:
    table = fe.tally.open_log(trees([30] * 20), spill=tmp_path)
    before = table.get_backend().con.sql("show all tables").fetchall()
    for _ in fe.tally.cascades(table, piece_rows=100):
        break
    assert table.get_backend().con.sql("show all tables").fetchall() == before


def test_a_piece_has_a_row_at_least() -> None:
    with pytest.raises(fe.schema.ParameterError, match="piece_rows=0"):
        next(fe.tally.cascades(trees([1]), piece_rows=0))
