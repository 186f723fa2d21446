"""Parameters: read without being run, judged before anything starts, all problems told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import PARAMETERS, book

from fanecon.report import parameters, shelf
from fanecon.schema import ParameterError


@pytest.fixture
def notebook(tmp_path: Path) -> shelf.Notebook:
    return shelf.read(book(tmp_path / "x.ipynb"))


def test_the_cell_is_read_with_types_meanings_and_limits(notebook: shelf.Notebook) -> None:
    found = {one.name: one for one in parameters.read_parameters(notebook)}
    assert [one.kind for one in found.values()] == [
        "text",
        "number",
        "whole number",
        "text",
        "true or false",
        "list of text",
    ]
    assert found["level"].meaning == "confidence level"
    assert found["level"].allowed == "from 0.5 to 0.999"
    assert found["unit"].allowed == "one of: people, times"


def test_the_cell_is_never_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    source = f"x = __import__('pathlib').Path({str(trap)!r}).touch()"
    with pytest.raises(ParameterError, match="not a literal"):
        parameters.read_parameters(shelf.read(book(tmp_path / "x.ipynb", parameters=source)))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        (["source=a=b c"], {"source": "a=b c"}),
        (["source=007"], {"source": "007"}),
        (["source="], {"source": ""}),
        (["level=0.9", "count=4"], {"level": 0.9, "count": 4}),
        (["flag=true"], {"flag": True}),
        (['names=["x", "y"]'], {"names": ["x", "y"]}),
    ],
)
def test_values_on_the_command_line_are_read_by_the_type_of_their_parameter(
    notebook: shelf.Notebook, pairs: list[str], values: dict[str, object]
) -> None:
    assert parameters.from_text(notebook, pairs) == values


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("souce=x", "Did you mean 'source'"),
        ("level", "="),
        ("level=high", "not a number"),
        ("level=nan", "number"),
        ("level=inf", "number"),
        ("level=0.4", "from 0.5 to 0.999"),
        ("count=2.5", "not a whole number"),
        ("count=11", "from 1 to 10"),
        ("count=1e2", "not a whole number"),
        ("count=", "is empty"),
        ("unit=persons", "one of: people, times"),
        ("flag=maybe", "not true or false"),
        ("names=x", "JSON"),
        ("names=[1]", "not text"),
        ("x\n=1", "not a name"),
        ("ｌevel=0.9", "not a parameter"),
        ("=1", "not a name"),
    ],
)
def test_a_wrong_word_is_refused_with_what_would_do(notebook: shelf.Notebook, pair: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parameters.from_text(notebook, [pair])
    assert said in str(refused.value)


def test_all_problems_are_told_at_once(notebook: shelf.Notebook) -> None:
    with pytest.raises(ParameterError) as refused:
        parameters.from_text(notebook, ["souce=x", "level=2", "unit=z", "level=0.9"])
    assert all(word in str(refused.value) for word in ("souce", "level", "unit"))


def test_values_from_python_are_judged_as_strictly(notebook: shelf.Notebook) -> None:
    assert parameters.check_values(notebook, {"level": 1 - 0.05}) == {"level": 0.95}
    for wrong in ({"count": True}, {"count": "3"}, {"flag": 1}, {"source": 3}, {"level": float("nan")}, {"nowhere": 1}):
        with pytest.raises(ParameterError):
            parameters.check_values(notebook, wrong)


@pytest.mark.parametrize(
    "cell", ["x = 1; y = 2", "x = y", "print(1)", "x = {1: 2}", "x = 1\nx = 2", "x = 5  # from 6 to 7", "x = "]
)
def test_a_cell_that_is_no_list_of_literals_is_refused(cell: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        parameters.read_parameters(shelf.read(book(tmp_path / "x.ipynb", parameters=cell)))


def test_a_notebook_without_parameters_takes_none(tmp_path: Path) -> None:
    bare = shelf.read(book(tmp_path / "x.ipynb", "1", parameters=""))
    assert parameters.read_parameters(bare) == ()
    with pytest.raises(ParameterError):
        parameters.from_text(bare, ["x=1"])


def test_the_maker_of_these_tests_declares_what_they_expect() -> None:
    assert PARAMETERS.count("=") == 6
