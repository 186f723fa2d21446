"""Parameters: read without being run, judged before anything starts, all problems told at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from books import PARAMETERS, book

from fanecon.report import shelf
from fanecon.report.asked import parameters
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
    settled = parameters.settle(notebook, pairs=pairs)
    assert {name: settled.values[name] for name in values} == values
    assert [one.name for one in settled.settings if one.source != "default"] == list(values)


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
        parameters.settle(notebook, pairs=[pair])
    assert said in str(refused.value)


def test_all_problems_are_told_at_once(notebook: shelf.Notebook) -> None:
    with pytest.raises(ParameterError) as refused:
        parameters.settle(notebook, pairs=["souce=x", "level=2", "unit=z", "level=0.9"])
    assert all(word in str(refused.value) for word in ("souce", "level", "unit"))


def test_values_from_python_are_judged_as_strictly(notebook: shelf.Notebook) -> None:
    assert parameters.settle(notebook, values={"level": 1 - 0.05}).values["level"] == 0.95
    for wrong in ({"count": True}, {"count": "3"}, {"flag": 1}, {"source": 3}, {"level": float("nan")}, {"nowhere": 1}):
        with pytest.raises(ParameterError):
            parameters.settle(notebook, values=wrong)


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
        parameters.settle(bare, pairs=["x=1"])


def test_the_maker_of_these_tests_declares_what_they_expect() -> None:
    assert PARAMETERS.count("=") == 6


def settled(cell: str, folder: Path, **asked: object) -> parameters.Settled:
    return parameters.settle(shelf.read(book(folder / "x.ipynb", parameters=cell)), **asked)  # type: ignore[arg-type]


CELL = """from datetime import date
title: str                    # of the page
level = 0.95                  # confidence level; from 0.5 to 0.999
count = 3                     # how many
since: date = "2026-01-01"    # first day
token = ""                    # for the interface
note = None
"""


def test_a_file_overrules_a_default_a_call_the_file_and_the_command_line_the_call(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("title: of the file\nlevel: 0.6\ncount: 6\nsince: 2026-06-06\n")
    found = settled(
        CELL, tmp_path, file=tmp_path / "p.yaml", values={"level": 0.7, "count": 7}, pairs=["count=8", "token=env:T"],
        environ={"T": "hunter2-hunter2"},
    )  # fmt: skip
    assert {one.name: (one.value, one.source) for one in found.settings} == {
        "title": ("of the file", "file"),
        "level": (0.7, "call"),
        "count": (8, "command line"),
        "since": ("2026-06-06", "file"),
        "token": ("***", "environment"),
        "note": (None, "default"),
    }
    assert found.values["since"] == date(2026, 6, 6)
    assert [one.name for one in found.settings] == list(found.values)
    assert {one.name: one.default for one in found.settings}["since"] == "2026-01-01"
    assert {one.name: one.type for one in found.settings}["since"] == "date"


def test_only_the_secret_itself_is_kept_from_the_settings(tmp_path: Path) -> None:
    found = settled(CELL, tmp_path, values={"title": "x", "token": "env:T"}, environ={"T": "hunter2-hunter2"})
    assert found.secrets == {"token": "hunter2-hunter2"}
    assert found.values["token"] == "hunter2-hunter2"
    assert "hunter2" not in repr(found) + found.code + "".join(one.model_dump_json() for one in found.settings)
    assert [one.name for one in found.settings if one.secret] == ["token"]


@pytest.mark.parametrize("line", ["token = 'env:T'", "token: str | None = 'env:T'", "token: str = 'env:T'"])
def test_a_default_may_name_a_secret_too(line: str, tmp_path: Path) -> None:
    found = settled(line, tmp_path, environ={"T": "hunter2-hunter2"})
    assert found.secrets == {"token": "hunter2-hunter2"}
    assert found.settings[0].source == "environment"
    assert found.settings[0].default == "env:T"
    with pytest.raises(ParameterError, match="not set"):
        settled(line, tmp_path, environ={})
    assert settled(line, tmp_path, pairs=["token=plain"], environ={}).secrets == {}


def test_a_secret_of_the_file_is_read_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"title": "x", "token": "env:T"}')
    found = settled(CELL, tmp_path, file=tmp_path / "p.json", environ={"T": "hunter2-hunter2"})
    assert found.secrets == {"token": "hunter2-hunter2"}


def test_a_secret_that_is_no_allowed_value_is_refused_without_being_told(tmp_path: Path) -> None:
    for cell, secret in (("x = 'a'  # one of: a, b", "hunter2-hunter2"), ("x = ''", "hunter2-\udcff-hunter2")):
        with pytest.raises(ParameterError) as refused:
            settled(cell, tmp_path, pairs=["x=env:T"], environ={"T": secret})
        assert "hunter2" not in str(refused.value)
        assert "environment" in str(refused.value)


def test_a_file_that_cannot_be_read_is_told_beside_the_other_problems_and_nothing_seems_missing(tmp_path: Path) -> None:
    with pytest.raises(ParameterError) as refused:
        settled(CELL, tmp_path, file=tmp_path / "nowhere.yaml", pairs=["count=x"])
    assert "2 problems" in str(refused.value)
    assert "nowhere.yaml" in str(refused.value)
    assert "title" not in str(refused.value)


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("r=null", None),
        ("r=1e3", 1000.0),
        ("r=.5", 0.5),
        ("r=-0", -0.0),
        ("n=null", None),
        ("n=[1]", [1]),
        ("n=[]", []),
    ],
)
def test_null_on_the_command_line_is_no_value_where_one_may_be_absent(pair: str, value: object, tmp_path: Path) -> None:
    found = settled("r: float | None = None\nn: list[int] | None = None\n", tmp_path, pairs=[pair])
    assert found.values[pair[0]] == value


def test_null_is_a_text_where_text_is_asked_for(tmp_path: Path) -> None:
    assert settled("note = None", tmp_path, pairs=["note=null"]).values["note"] == "null"


def test_values_that_were_settled_belong_to_one_run_alone(tmp_path: Path) -> None:
    notebook = shelf.read(book(tmp_path / "x.ipynb", parameters="names = ['a']"))
    parameters.settle(notebook).values["names"].append("b")  # type: ignore[union-attr]
    assert parameters.settle(notebook).values["names"] == ["a"]


def test_a_name_that_is_no_text_is_refused(notebook: shelf.Notebook) -> None:
    with pytest.raises(ParameterError, match="is not a name"):
        parameters.settle(notebook, values={1: 2})  # type: ignore[dict-item]
