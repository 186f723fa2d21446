"""Exercises: the model answer passes, each usual mistake gets its own hint, anything else is refused kindly."""

import math

import pytest

from fanecon.exercises import EXERCISES, check
from fanecon.schema import ParameterError

ALL = pytest.mark.parametrize("name", EXERCISES)


@ALL
def test_the_model_answer_passes(name: str) -> None:
    assert check(name, EXERCISES[name].answer) == f"Right. {EXERCISES[name].why}"


@ALL
def test_each_usual_mistake_gets_its_own_hint(name: str) -> None:
    for wrong, hint in EXERCISES[name].mistakes:
        assert check(name, wrong) == f"Not yet. {hint}"


@ALL
def test_each_exercise_knows_three_mistakes_at_least(name: str) -> None:
    assert len(EXERCISES[name].mistakes) >= 3


@ALL
def test_an_unforeseen_mistake_is_not_taken_for_a_known_one(name: str) -> None:
    assert check(name, EXERCISES[name].answer * 7 + 123.456).endswith("try again.")


@pytest.mark.parametrize("nothing", ["0.04", True, math.nan, math.inf])
def test_what_is_not_a_number_is_said(nothing: object) -> None:
    assert check("start_1", nothing).startswith("Type a number")  # type: ignore[arg-type]


def test_no_answer_yet_is_not_a_mistake() -> None:
    assert check("start_1", None).startswith("Type your answer")


def test_a_misspelt_exercise_is_named() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'rainbow_bus_1'"):
        check("rainbow_buss_1", 1)
