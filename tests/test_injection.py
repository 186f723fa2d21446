"""The injected cell: every value arrives unchanged, no name and no value becomes code, no secret becomes source."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from bad_parameters import CELL
from books import book
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fanecon.report import shelf
from fanecon.report.asked.injection import injected, secret_environment
from fanecon.report.asked.parameters import settle
from fanecon.schema import ParameterError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
NAMES = st.text(max_size=30) | st.text(st.sampled_from("ab_.;=()[]\n '\"#import os"), max_size=20)
QUIET = [HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> shelf.Notebook:
    return shelf.read(book(tmp_path_factory.mktemp("shelf") / "x.ipynb", parameters=CELL))


def ran(code: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(code, names)
    del names["__builtins__"]
    return names


@given(text=TEXTS)
@example("'; import os; os.system('true') #")
@example("\"\"\"\n'''\\")
@example("%matplotlib inline\n!ls\n?x")
@example("a=b=c")
@example("\u2028\u2029\x85\x1c\r\n\x1b[31m\u202e")
@example("{x}")
@settings(max_examples=80, deadline=None, suppress_health_check=QUIET)
def test_any_text_given_on_the_command_line_arrives_unchanged(notebook: shelf.Notebook, text: str) -> None:
    arrives(notebook, text)


@pytest.mark.nightly
@given(text=TEXTS)
@settings(max_examples=5000, deadline=None, suppress_health_check=QUIET)
def test_five_thousand_texts_arrive_unchanged(notebook: shelf.Notebook, text: str) -> None:
    arrives(notebook, text)


def arrives(notebook: shelf.Notebook, text: str) -> None:
    if text.startswith("env:"):
        return
    settled = settle(notebook, pairs=["title=x", f"source={text}"])
    assert ran(settled.code)["source"] == text
    assert settled.code.isprintable() or "\n" in settled.code


@given(text=TEXTS)
@example("?")
@example("!ls")
@example("%time 1")
@settings(max_examples=60, deadline=None)
def test_ipython_reads_the_cell_as_plain_python(text: str) -> None:
    from IPython.core.inputtransformer2 import TransformerManager

    code = injected({"x": text, "y": [text, "a?"]})
    assert ran(TransformerManager().transform_cell(code)) == {"x": text, "y": [text, "a?"]}


@given(name=NAMES)
@example("x=1\nimport os\ny")
@example("x; y")
@example("ﬁ")
@example("__import__")
@example("None")
@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
def test_a_name_never_becomes_code(notebook: shelf.Notebook, name: str) -> None:
    is_no_code(notebook, name)


@pytest.mark.nightly
@given(name=NAMES)
@settings(max_examples=5000, deadline=None, suppress_health_check=QUIET)
def test_five_thousand_names_never_become_code(notebook: shelf.Notebook, name: str) -> None:
    is_no_code(notebook, name)


def is_no_code(notebook: shelf.Notebook, name: str) -> None:
    try:
        code = injected({name: 1})
    except ParameterError:
        pass
    else:
        assert ran(code) == {name: 1}
    if name not in CELL:
        with pytest.raises(ParameterError):
            settle(notebook, values={"title": "x", name: 1})


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    TEXTS, st.dates(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=45)))),
)  # fmt: skip


@given(value=VALUES | st.lists(st.integers(-9, 9)) | st.lists(TEXTS) | st.lists(st.dates()))
@settings(max_examples=100, deadline=None)
def test_every_value_arrives_with_its_type(value: object) -> None:
    found = ran(injected({"x": value}))["x"]  # type: ignore[dict-item]
    assert (found, type(found)) == (value, type(value))
    assert str(found) == str(value)  # tells -0.0 from 0.0, and one offset from another


class Sly(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os').abort()"


@pytest.mark.parametrize(
    "value", [Sly("x"), {"a": 1}, b"x", (1,), {1}, object(), float("nan"), float("-inf"), [[object()]]]
)
def test_a_value_of_another_type_is_never_written(value: object) -> None:
    with pytest.raises(ParameterError):
        injected({"x": value})  # type: ignore[dict-item]


def test_a_subclass_given_from_python_arrives_as_its_plain_type(notebook: shelf.Notebook) -> None:
    import numpy as np
    import pandas as pd

    given_values = {
        "title": Sly("x"), "level": np.float64(0.9), "count": np.int64(4), "names": (Sly("a"),),
        "at": pd.Timestamp("2026-03-01 10:00"), "start": pd.Timestamp("2026-03-01 10:00", tz="Asia/Shanghai"),
    }  # fmt: skip
    found = ran(settle(notebook, values=given_values).code)
    assert (found["title"], found["level"], found["count"], found["names"]) == ("x", 0.9, 4, ["a"])
    assert found["at"] == datetime(2026, 3, 1, 10)
    assert str(found["start"]) == "2026-03-01 10:00:00+08:00"


def test_defaults_have_the_annotated_type_too(notebook: shelf.Notebook) -> None:
    found = ran(settle(notebook, pairs=["title=x"]).code)
    assert found["since"] == date(2026, 1, 1)
    assert found["at"] == datetime(2026, 1, 1, 9)
    assert found["date"] is date  # the imports of the cell stand first


def test_a_secret_is_looked_up_and_then_gone_from_the_environment(notebook: shelf.Notebook) -> None:
    secret = "hunter2-密码\n\"'\\"
    settled = settle(notebook, pairs=["title=env:A", "source=env:B"], environ={"A": "first-secret", "B": secret})
    assert secret not in settled.code
    assert "first-secret" not in settled.code + repr(settled)
    probe = "import os, subprocess, sys\nassert not [name for name in os.environ if 'FANECON_SECRET' in name]\n"
    child = "import os; print(sum('FANECON_SECRET' in name for name in os.environ))"
    probe += f"done = subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True)\n"
    probe += "print(done.stdout.strip(), flush=True)\n"
    probe += "sys.stdout.buffer.write((title + source).encode())\n"
    environ = {**secret_environment(settled.secrets), "LC_ALL": "C", "PYTHONUTF8": "0", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", settled.code + probe], capture_output=True, env=environ, check=True)
    assert done.stdout.decode() == f"0\nfirst-secret{secret}"


@pytest.mark.parametrize("name", ["bytes", "date", "datetime", "list", "str", "os", "codecs", "copy"])
def test_a_parameter_may_hide_a_name_of_python(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = f"{name} = 3\nday: date = '2026-01-01'\nkey = ''\n"
    settled = settle(
        shelf.read(book(tmp_path / "x.ipynb", parameters=cell)), pairs=["key=env:K"], environ={"K": "a-secret"}
    )
    for name_of, value in secret_environment(settled.secrets).items():
        monkeypatch.setenv(name_of, value)
    found = ran(f"{name} = 3\n{settled.code}")
    assert (found["day"], found["key"], found[name]) == (date(2026, 1, 1), "a-secret", 3)
