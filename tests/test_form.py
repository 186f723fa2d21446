"""The parameters as a JSON document: a form can be made from it, and its schema says what the model does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from bad_parameters import CELL
from books import book
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanecon.cli import main
from fanecon.report import shelf
from fanecon.report.asked.form import form
from fanecon.report.asked.parameters import settle
from fanecon.schema import ParameterError


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> shelf.Notebook:
    return shelf.read(book(tmp_path_factory.mktemp("shelf") / "07_x.ipynb", parameters=CELL))


def test_the_command_prints_one_json_document(notebook: shelf.Notebook) -> None:
    done = CliRunner().invoke(main, ["params", str(notebook.path), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.output) == form(notebook)


def test_every_bundled_notebook_has_a_form() -> None:
    for one in shelf.shelf():
        document = json.loads(json.dumps(form(one), allow_nan=False))
        jsonschema.Draft202012Validator.check_schema(document["json_schema"])
        jsonschema.validate({}, document["json_schema"])
        assert document["notebook"] == one.name


def test_a_parameter_is_described_as_it_is_declared(notebook: shelf.Notebook) -> None:
    document = form(notebook)
    found = {one["name"]: one for one in document["parameters"]}
    assert list(found) == list(document["json_schema"]["properties"])
    assert found["level"] == {
        "name": "level", "type": "float", "list": False, "kind": "number", "required": False, "nullable": False,
        "default": 0.95, "meaning": "confidence level", "choices": [], "minimum": 0.5, "maximum": 0.999,
        "secret_allowed": False,
    }  # fmt: skip
    assert (found["title"]["required"], found["title"]["default"]) == (True, None)
    assert document["json_schema"]["required"] == ["title"]
    assert found["since"]["minimum"] == "2020-01-01"
    assert found["unit"]["choices"] == ["people", "times"]
    assert (found["sizes"]["type"], found["sizes"]["list"], found["sizes"]["maximum"]) == ("int", True, 5)
    assert found["ratio"]["nullable"]
    assert found["note"]["secret_allowed"]


def test_the_text_shows_dates_and_what_is_required(notebook: shelf.Notebook) -> None:
    said = CliRunner().invoke(main, ["params", str(notebook.path)]).output
    for word in (
        "(required)",
        '"2026-01-01"',
        "from 2020-01-01 to 2026-12-31",
        "date with time",
        "one of: people, times",
    ):
        assert word in said


NAMES = ["title", "level", "count", "big", "ratio", "unit", "by", "flag", "names", "sizes", "since", "note", "nowhere"]
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-12, 12), st.integers(2**62, 2**65), st.floats(-2, 2),
    st.sampled_from(["people", "topic", "x", "", "2026-02-28", "2019-01-01", "3", 0.5, 0.999, 10, 1e300, [], ["a"],
                     [1, 5],                     [6], [1.5], [None], {}, {"a": 1}, 3.0]),
)  # fmt: skip


@given(values=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_schema_takes_what_the_model_takes_and_refuses_what_it_refuses(
    notebook: shelf.Notebook, values: dict[str, object]
) -> None:
    values = {"title": "x", **values}
    checker = jsonschema.Draft202012Validator(form(notebook)["json_schema"], format_checker=jsonschema.FormatChecker())
    by_schema = not list(checker.iter_errors(values))
    try:
        settle(notebook, values=values)
        by_model = True
    except ParameterError:
        by_model = False
    assert by_schema or not by_model
    if (
        by_schema and not by_model
    ):  # where the model is stricter: 3.0 for a whole number, 2**63 for a number, the range of a date
        assert any(
            (isinstance(one, float) and one.is_integer()) or (isinstance(one, int) and one >= 2**63) or name == "since"
            for name, value in values.items()
            for one in (value if isinstance(value, list) else [value])
        )


def test_the_range_of_a_date_is_in_the_form_though_no_schema_can_say_it(notebook: shelf.Notebook) -> None:
    (since,) = [one for one in form(notebook)["parameters"] if one["name"] == "since"]
    assert date.fromisoformat(since["maximum"]) == date(2026, 12, 31)


def test_a_notebook_without_parameters_has_an_empty_form(tmp_path: Path) -> None:
    document = form(shelf.read(book(tmp_path / "x.ipynb", "1", parameters="")))
    assert document["parameters"] == []
    jsonschema.validate({}, document["json_schema"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"x": 1}, document["json_schema"])
