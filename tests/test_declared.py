"""The parameters cell: what its lines declare, by whatever spelling, and what it may not hold."""

from __future__ import annotations

import json
import warnings
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.report import shelf
from fanecon.report.asked.declared import Declared, declared
from fanecon.report.asked.kinds import Parameter
from fanecon.schema import ParameterError


def read(cell: str) -> Declared:
    cells = ({"cell_type": "code", "source": cell, "metadata": {"tags": ["parameters"]}},)
    return declared(shelf.Notebook(path=Path("x.ipynb"), text=json.dumps({}), cells=cells))


def one(line: str) -> Parameter:
    (found,) = read(line).parameters
    return found


@pytest.mark.parametrize(
    ("line", "kind", "default"),
    [
        ("x = 'a'", "str", "a"),
        ("x = -3", "int", -3),
        ("x = 50_000", "int", 50_000),
        ("x: float = 1", "float", 1.0),
        ("x = [1, 2.5]", "list[float]", [1.0, 2.5]),
        ("x: list[int] = []", "list[int]", []),
        ("x: List[str] = ['a']", "list[str]", ["a"]),
        ("x: 'list[bool]' = [True]", "list[bool]", [True]),
        ("x: list['float'] = [1]", "list[float]", [1.0]),
        ("x: date = '2026-01-31'", "date", date(2026, 1, 31)),
        ("x: 'date' = '2026-01-31'", "date", date(2026, 1, 31)),
        ("x = date(2026, 1, 31)", "date", date(2026, 1, 31)),
        ("x = date(2026, month=1, day=31)", "date", date(2026, 1, 31)),
        ("x: datetime.date = datetime.date(2026, 1, 31)", "date", date(2026, 1, 31)),
        ("import datetime\nx: datetime.date = datetime.date(2026, 1, 31)", "date", date(2026, 1, 31)),
        ("import datetime as dt\nx: dt.date = dt.date(2026, 1, 31)", "date", date(2026, 1, 31)),
        ("from datetime import date as day\nx: day = day(2026, 1, 31)", "date", date(2026, 1, 31)),
        ("x = datetime(2026, 1, 31, 9)", "datetime", datetime(2026, 1, 31, 9)),
        ("import datetime\nx = datetime.datetime(2026, 1, 31)", "datetime", datetime(2026, 1, 31)),
        ("x: datetime = '2026-01-31T09:30:00+08:00'", "datetime", datetime.fromisoformat("2026-01-31T09:30+08:00")),
        ("x = [date(2026, 1, 1), date(2026, 2, 1)]", "list[date]", [date(2026, 1, 1), date(2026, 2, 1)]),
        ("x: list[date] = ['2026-01-01']", "list[date]", [date(2026, 1, 1)]),
    ],
)
def test_the_type_is_that_of_the_literal_or_of_the_annotation(line: str, kind: str, default: object) -> None:
    found = one(line)
    assert (found.type, found.default, type(found.default)) == (kind, default, type(default))
    assert not found.required


@pytest.mark.parametrize("line", ["x: str", "x: date  # day", "x: Literal['a', 'b']", "x: list[int]"])
def test_a_name_without_a_value_is_required(line: str) -> None:
    assert one(line).required
    assert one(line).default is None


@pytest.mark.parametrize(
    "line",
    ["x = None", "x: str | None = None", "x: None | str = None", "x: Optional[str] = None",
     "x: Union[str, None] = None",     "import typing\nx: typing.Optional[str] = None", "x: 'str | None' = None"],
)  # fmt: skip
def test_a_value_that_may_be_absent_is_written_in_every_usual_way(line: str) -> None:
    found = one(line)
    assert (found.type, found.optional, found.default) == ("str", True, None)


@pytest.mark.parametrize(
    ("line", "choices", "optional"),
    [
        ("x: Literal['a', 'b'] = 'b'", ("a", "b"), False),
        ("import typing as t\nx: t.Literal['a', 'b'] = 'b'", ("a", "b"), False),
        ("x: Literal[-1, 1] = 1", (-1, 1), False),
        ("x: Literal['a', None] = None", ("a",), True),
        ("x: Literal['a'] | None = None", ("a",), True),
        ("x: Optional[Literal['a']] = None", ("a",), True),
        ("x = 2  # which; one of: 1, 2", (1, 2), False),
        ("x: date = '2026-01-01'  # one of: 2026-01-01, 2026-07-01", (date(2026, 1, 1), date(2026, 7, 1)), False),
    ],
)
def test_choices_come_from_the_annotation_or_from_the_comment(
    line: str, choices: tuple[object, ...], optional: bool
) -> None:
    assert (one(line).choices, one(line).optional) == (choices, optional)


@pytest.mark.parametrize(
    ("line", "low", "high", "meaning"),
    [
        ("x = 0.5  # level; from 0.1 to .9", 0.1, 0.9, "level"),
        ("x = 5_000  # events; from 1_000 to 10_000_000", 1000, 10_000_000, "events"),
        ("x: int = 5  # from 0.5 to 9.5", 1, 9, ""),
        ("x: date = '2026-01-01'  # day; from 2020-01-01 to 2026-12-31.", date(2020, 1, 1), date(2026, 12, 31), "day"),
        ("x = 7  # of the walk, from start to end", None, None, "of the walk, from start to end"),
        ("x = 'a'  # from 1 to 2", None, None, "from 1 to 2"),
    ],
)
def test_a_range_is_read_from_the_comment(line: str, low: object, high: object, meaning: str) -> None:
    found = one(line)
    assert (found.low, found.high) == (low, high)
    assert found.meaning.strip(" .") == meaning


def test_imports_stand_at_the_top_and_are_kept_as_they_are_written() -> None:
    found = read("from datetime import date\nimport typing as t, math\n\nx = 1\n")
    assert found.imports == ("from datetime import date", "import typing as t, math")
    assert [p.name for p in found.parameters] == ["x"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1\nimport os", "above the first"),
        ("from datetime import *\nx = 1", "the names you need"),
        ("import datetime\nx: datetime = '2026-01-01T00:00'", "the type of 'x' is datetime"),
        ("from datetime import datetime\nx = datetime.date(2026, 1, 1)", "not a literal"),
        ("x = date(2026, 2, 30)", "not a literal"),
        ("x = date(2026, 1, 1.0)", "not a literal"),
        ("x = date.today()", "not a literal"),
        ("x = date(*[2026, 1, 1])", "not a literal"),
        ("x: date = '2026-02-30'", "breaks its own rule"),
        ("x: date = 20260101", "breaks its own rule"),
        ("x: Literal['a', 'b'] = 'c'", "breaks its own rule"),
        ("x: Literal['a', 1] = 'a'", "the type of 'x'"),
        ("x: Literal[1.5] = 1.5", "the type of 'x'"),
        ("x: Literal['a', 'b'] = 'a'  # one of: a, b", "Keep one"),
        ("x: dict = {}", "the type of 'x'"),
        ("x: int | str = 1", "the type of 'x'"),
        ("x: list[list[int]] = []", "the type of 'x'"),
        ("x: Decimal = 1", "the type of 'x'"),
        ("x: str = 1", "breaks its own rule"),
        ("x: int = None", "breaks its own rule"),
        ("x = 5  # from 9 to 1", "is empty"),
        ("x: date  # from 2026-02-30 to 2026-03-01", "allowed values of 'x'"),
        ("x: datetime  # from 2026-01-01T00:00 to 2026-02-01T00:00Z", "offset"),
        ("x: int  # one of: 1, b", "allowed values of 'x'"),
        ("x = 1; y = 2", "one parameter per line"),
        ("x = y = 1", "found 'x = y = 1'"),
        ("x, y = 1, 2", "found"),
        ("x.y = 1", "found"),
        ("x += 1", "found"),
        ("del x", "found"),
        ("def f(): pass", "found"),
        ("__import__ = 1", "belong to Python"),
        ("x = b'a'", "neither text"),
        ("x = 1j", "neither text"),
        ("x = ('a',)", "neither text"),
        ("x = f'a'", "not a literal"),
        ("x = 'a' 'b' + 'c'", "not a literal"),
        ("x = ['a', 1]", "neither text"),
        ("x = '\\0'", "breaks its own rule"),
        ("x = " + "9" * 30, "breaks its own rule"),
        ("x = 1e999", "breaks its own rule"),
        ("%matplotlib inline", "not valid Python"),
        ("x = " + "[" * 500 + "]" * 500, "is not valid Python"),
        ("\0", "not valid Python"),
        ("x = date(10**3, 1, 1)", "not a literal"),
        (f"x = date({10**30}, 1, 1)", "not a literal"),
        ("x: " + " | ".join(["a"] * 1500) + " = 1", "line 1"),
    ],
)
def test_what_declares_nothing_is_refused_with_its_line(cell: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read(cell)
    assert said in str(refused.value)


def test_all_lines_that_declare_nothing_are_told() -> None:
    with pytest.raises(ParameterError) as refused:
        read("x = y\nprint(1)\nz: dict = {}\n")
    assert all(f"line {number}" in str(refused.value) for number in (1, 2, 3))


@pytest.mark.parametrize(
    "name", ["copy", "json", "model_config", "schema", "_x", "validate", "p0", "date", "bytes", "match"]
)
def test_a_name_that_the_model_or_python_uses_itself_can_be_a_parameter(name: str) -> None:
    assert one(f"{name} = 3  # from 1 to 5").name == name


WORDS = [
    "x", "y", "=", " = ", ":", ": ", "int", "str", "date", "list[", "]", "Literal[", "'a'", "1", "-", "None", " | ",
    "(", ")", ", ", "\n", "#", " from ", " to ", " one of: ", "0.5", "import ", "datetime", "{", "}", "[", "True",
    "'2026-01-01'", "@", "\\", ";", "\t", "*", "lambda: 0", "(yield)", "...", "1e999", "粉", "\x0c", "\r", '"',
]  # fmt: skip


@given(cell=st.lists(st.sampled_from(WORDS), max_size=16).map("".join))
@settings(max_examples=250, deadline=None)
def test_no_cell_whatsoever_raises_anything_but_a_refusal(cell: str) -> None:
    refused_at_most(cell)


@pytest.mark.nightly
@given(cell=st.lists(st.sampled_from(WORDS), max_size=24).map("".join))
@settings(max_examples=8_000, deadline=None)
def test_eight_thousand_cells_raise_nothing_but_refusals(cell: str) -> None:
    refused_at_most(cell)


def refused_at_most(cell: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            found = read(cell)
        except ParameterError:
            return
    for parameter in found.parameters:
        assert parameter.name.isidentifier()
        assert parameter.required or parameter.default is not None or parameter.optional
