"""Crowding by definition over a zoo of logs, by hand, and by brute force on many accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tally_cases import as_defined, log

import fanecon as fe

(
    test_every_log_of_the_zoo_is_tallied_as_defined,
    test_random_logs_are_tallied_as_defined,
    test_many_random_logs_are_tallied_as_defined,
) = as_defined("crowding")


# seconds   0    60   61        3661
#           a    b    c         d           b is within a minute of a and of c, a and c are 61 s apart
TOY = (
    ("a", "2020-01-01T00:00:00", 100),
    ("b", "2020-01-01T00:01:00", 104),
    ("c", "2020-01-01T00:01:01", 300),
    ("d", "2020-01-01T01:01:01", None),
    ("a", "2020-01-02T00:01:00", 999),
)
COLUMNS = "actor_id time amount_minor"


def test_crowding_by_hand() -> None:
    found = fe.tally.crowding(log(*TOY, columns=COLUMNS), windows=(60, 3600))
    assert found[["within_60s", "within_3600s"]].to_numpy().tolist() == [[1, 2], [2, 2], [1, 3], [0, 1]]


def test_alike_are_those_in_the_same_class_of_amounts() -> None:
    # classes of width 0.5 of the natural logarithm: ln 100 = 4.605, ln 104 = 4.644 in [4.5, 5); ln 300 = 5.704
    found = fe.tally.crowding(log(*TOY, columns=COLUMNS), windows=(60, 3600), alike=0.5)
    assert found["alike_60s"].tolist() == [1, 1, 0, pd.NA]
    assert found["amount"].tolist() == [100, 104, 300, pd.NA]
    assert found["alike_60s"].dtype == "Int64"


def test_classes_have_borders() -> None:
    # [5, 5.5) holds all three: ln 163 = 5.094, ln 164 = 5.100, ln 166 = 5.112; 148 and 149 lie on either side of e^5
    frame = log(("a", "2020-01-01", 164), ("b", "2020-01-01", 163), ("c", "2020-01-01", 166), columns=COLUMNS)
    assert fe.tally.crowding(frame, alike=0.5, windows=(60,))["alike_60s"].tolist() == [2, 2, 2]
    split = log(("a", "2020-01-01", 148), ("b", "2020-01-01", 149), columns=COLUMNS)
    assert fe.tally.crowding(split, alike=0.5, windows=(60,))["alike_60s"].tolist() == [0, 0]


def test_thousands_of_accounts_agree_with_counting_one_by_one() -> None:
    draw = np.random.default_rng(3)
    at = np.sort(draw.integers(0, 2_000_000, 3_000)) * 1_000_003
    frame = pd.DataFrame({"actor_id": np.arange(at.size), "time": pd.to_datetime(at, unit="us", utc=True)})
    found = fe.tally.crowding(frame, windows=(60, 777, 86_400))
    for window in (60, 777, 86_400):
        near = np.searchsorted(at, at + window * 10**6, "right") - np.searchsorted(at, at - window * 10**6, "left") - 1
        assert found[f"within_{window}s"].to_numpy().tolist() == near.tolist()


@pytest.mark.parametrize(
    "wrong", [{"windows": ()}, {"windows": (0,)}, {"windows": (1.5,)}, {"alike": 0}, {"alike": -1}]
)
def test_windows_and_classes_are_above_zero(wrong: dict[str, object]) -> None:
    with pytest.raises(fe.schema.ParameterError, match=next(iter(wrong))):
        fe.tally.crowding(log(*TOY, columns=COLUMNS), **wrong)


def test_amounts_are_needed_to_be_alike() -> None:
    with pytest.raises(fe.schema.SchemaError, match="Column 'amount_minor' is missing"):
        fe.tally.crowding(log(("a", "2020-01-01")), alike=0.1)
