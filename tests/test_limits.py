"""Limits as people write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanecon.errors import ParameterError
from fanecon.report import limits
from fanecon.report.limits import USUAL, seconds, size


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("45s", 45), ("15min", 900), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("0.5h", 1800),
     ("1d", 86_400), (" 2 H ", 7200)],
)  # fmt: skip
def test_a_duration_is_read_as_it_is_written(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1x", "h", "1h!", "nan", "inf", "1e3", "１h", "1..5h", "9" * 400 + "s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="is not a duration"):
        seconds(text)


@pytest.mark.parametrize(("text", "expected"), [("800MB", 800_000_000), ("2gb", 2_000_000_000), ("1GiB", 2**30)])
def test_an_amount_of_memory_is_read_as_it_is_written(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["2", "1MB", "2TB", "GB", "-2GB"])
def test_an_amount_that_is_none_or_too_little_to_start_with_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="memory|at least"):  # noqa: RUF043
        size(text)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_is_refused(text: str) -> None:
    with contextlib.suppress(ParameterError):
        assert seconds(text) > 0


def test_the_usual_limit_is_less_than_the_machine_has_and_knows_its_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    import psutil

    assert 0 < USUAL.bytes < psutil.virtual_memory().total

    class Told:
        def read_text(self) -> str:
            return "1000000000\n"

    monkeypatch.setattr(limits, "_CONTAINER", Told())
    assert USUAL.bytes == 800_000_000
