"""Correct files that are awkward to read give the true table, cell for cell."""

from __future__ import annotations

import json
import math
from pathlib import Path

import awkward
import pandas as pd
import pytest
from awkward import TRUE, Awkward, Truth
from physical import delimited

from fanecon.loaders.door import read

FILES = awkward.files()
# What a list of articles is told beside its own columns.
BESIDE = {"account_id", "platform", "kind", "notified", "window_days", "source_format"}


def put(folder: Path, one: Awkward) -> Path:
    path = folder / one.name
    if isinstance(one.data, bytes):
        path.write_bytes(one.data)
        return path
    path.mkdir()
    for name, data in one.data.items():
        (path / name).write_bytes(data)
    return path


def plain(cell: object) -> object:
    """A cell as the truth writes it."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime() if cell.tzinfo else cell.date()
    return cell


def is_true(frame: pd.DataFrame, truth: Truth) -> None:
    told = {name: [plain(cell) for cell in frame[name]] for name in truth}
    assert told == {name: list(cells) for name, cells in truth.items()}


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 60
    assert len({one.name for one in FILES}) == len(FILES)


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in FILES])
def test_an_awkward_file_gives_the_true_table(tmp_path: Path, one: Awkward) -> None:
    reading = read(put(tmp_path, one))
    frame = reading[one.table]
    is_true(frame, one.truth)
    if one.truth.keys() == TRUE.keys():
        assert set(frame.columns[frame.notna().any()]) <= one.truth.keys() | BESIDE
    for name, truth in one.also.items():
        all_channels = reading[name][reading[name]["channel"] == "all"]
        is_true(all_channels, truth)
    assert reading.rows_rejected == one.left_out
    assert reading.problems.empty


def test_no_column_is_lost_for_want_of_a_name_of_its_own(tmp_path: Path) -> None:
    more = (("备注", "备注", "", "-"), ("a", "b", "c", "d"), ("e", "f", "", "h"), ("i", "", "", ""))
    rows = [[*row[:-1], *cells, row[-1]] for row, cells in zip(awkward.table(), more, strict=True)]
    (tmp_path / "more.csv").write_bytes(delimited(rows))
    extra = [json.loads(one) for one in read(tmp_path / "more.csv").main["extra"]]
    assert extra[0] == {"备注": "a", "备注 (8)": "b", "number 9": "c", "number 10": "d"}
    assert extra[1:] == [{"备注": "e", "备注 (8)": "f", "number 10": "h"}, {"备注": "i"}]


def test_a_column_that_numbers_the_rows_is_nothing(tmp_path: Path) -> None:
    rows = [["", *awkward.table()[0]], *([at, *row] for at, row in enumerate(awkward.table()[1:]))]
    (tmp_path / "index.csv").write_bytes(delimited(rows))
    frame = read(tmp_path / "index.csv").main
    is_true(frame, TRUE)
    assert frame["extra"].isna().all()
