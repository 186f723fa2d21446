"""A parameters file: what is seen in it is what is meant, and nothing in it can do anything."""

from __future__ import annotations

import os
import threading
import time
from datetime import date, datetime
from pathlib import Path

import pytest
from bad_parameters import CELL
from books import book
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanecon.report import shelf
from fanecon.report.asked.parameters import Settled, settle
from fanecon.report.asked.params_file import LARGEST_FILE, read_file
from fanecon.schema import ParameterError


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> shelf.Notebook:
    return shelf.read(book(tmp_path_factory.mktemp("shelf") / "x.ipynb", parameters=CELL))


@pytest.fixture
def settled(notebook: shelf.Notebook, tmp_path: Path):
    def from_file(text: str | bytes, name: str = "weekly.yaml") -> Settled:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return settle(notebook, pairs=["title=x"], file=tmp_path / name)

    return from_file


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("source: a b c", "source", "a b c"),
        ("source: 'no'", "source", "no"),
        ('source: "a\\nb"', "source", "a\nb"),
        ("source: |\n  one\n  two\n", "source", "one\ntwo\n"),
        ("source: 1e3", "source", "1e3"),
        ("source: 2026-01-01x", "source", "2026-01-01x"),
        ("source: https://x/?a=b", "source", "https://x/?a=b"),
        ("source: 粉丝", "source", "粉丝"),
        ("source: ''", "source", ""),
        ("level: 0.9", "level", 0.9),
        ("level: 9e-1", "level", 0.9),
        ("ratio: 1e3", "ratio", 1000.0),
        ("ratio: 7", "ratio", 7.0),
        ("ratio: ~", "ratio", None),
        ("note:", "note", None),
        ("count: 4", "count", 4),
        ("big: -12", "big", -12),
        ("flag: true", "flag", True),
        ("flag: yes", "flag", True),
        ("since: 2026-02-28", "since", date(2026, 2, 28)),
        ("since: '2026-02-28'", "since", date(2026, 2, 28)),
        ("at: 2026-02-28 10:30:00", "at", datetime(2026, 2, 28, 10, 30)),
        ("start: 2026-02-28T10:30:00+08:00", "start", datetime.fromisoformat("2026-02-28T10:30:00+08:00")),
        ("names: [a, 'no', \"1\"]", "names", ["a", "no", "1"]),
        ("sizes:\n  - 1\n  - 2", "sizes", [1, 2]),
        ("unit: times # as counted", "unit", "times"),
        ("\ufefflevel: 0.9", "level", 0.9),
        ("---\nlevel: 0.9\n...\n", "level", 0.9),
        ("level: 0.9\r\n", "level", 0.9),
    ],
)
def test_yaml_means_what_a_person_sees(settled, line: str, name: str, value: object) -> None:
    found = settled(line)
    assert (found.values[name], type(found.values[name])) == (value, type(value))
    assert {one.name: one.source for one in found.settings}[name] == "file"


@pytest.mark.parametrize(
    "word", ["no", "NO", "off", "y: z", "true", "1", "0o7", "1.5", ".inf", "~", "2026-01-01", "1:30", "="]
)
def test_a_word_that_yaml_reads_otherwise_is_refused_where_text_is_needed(settled, word: str) -> None:
    if word == "0o7":  # text to YAML 1.1, and text to everybody
        assert settled(f"source: {word}").values["source"] == word
        return
    with pytest.raises(ParameterError):
        settled(f"source: {word}")


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_json_arrives_unchanged(settled, text: str) -> None:
    import json

    assert settled(json.dumps({"source": text}), "x.json").values["source"] == text
    if text.isprintable():
        assert settled(f"source: {json.dumps(text, ensure_ascii=False)}").values["source"] == text


LINES = st.text(st.sampled_from("ab:-#&*!|>'\"%@`{}[],?\n \t0123456789.~<=\\"), max_size=30)


@pytest.mark.nightly
@given(line=LINES)
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_five_thousand_files_raise_nothing_but_refusals(settled, line: str) -> None:
    refused_at_most(settled, line)


@given(line=LINES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_whatsoever_raises_anything_but_a_refusal(settled, line: str) -> None:
    refused_at_most(settled, line)


def refused_at_most(settled, line: str) -> None:
    for name in ("x.yaml", "x.json"):
        try:
            settled(f"source: {line}" if len(line) % 2 else line, name)
        except ParameterError as error:
            assert len(str(error)) < 5000


def test_a_file_of_bytes_at_random_is_refused_at_most(settled) -> None:
    for seed in range(20):
        data = bytes((seed * 31 + n * n * 17 + n) % 256 for n in range(200))
        for name in ("x.yaml", "x.json"):
            with pytest.raises(ParameterError):
                settled(data, name)


def test_a_billion_laughs_cost_nothing(settled) -> None:
    lines = ["a0: &a0 [lol, lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    began = time.process_time()
    with pytest.raises(ParameterError, match="aliases"):
        settled("\n".join(lines))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "{" * 50_000, "a: " + "[" * 50_000, "- " * 40_000, "? " * 40_000, "a:\n" + " - " * 30_000]
)
def test_deep_nesting_is_refused_before_anything_is_built(settled, text: str) -> None:
    began = time.process_time()
    with pytest.raises(ParameterError):
        settled(text)
    assert time.process_time() - began < 1


def test_the_largest_file_that_is_taken_is_read_within_a_second(settled) -> None:
    lines = "names:\n" + "".join(f"- account{n:07}\n" for n in range(6000))
    assert LARGEST_FILE * 0.9 < len(lines.encode()) <= LARGEST_FILE or len(lines.encode()) > LARGEST_FILE
    lines = lines[: lines.rindex("\n", 0, LARGEST_FILE)]
    began = time.process_time()
    assert len(settled(lines).values["names"]) > 5000
    assert time.process_time() - began < 1


def test_nothing_that_is_no_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    device = tmp_path / "zero.json"
    device.symlink_to("/dev/zero")
    for name in (
        "folder.yaml",
        "link.yaml",
        "nowhere.yaml",
        "pipe.yaml",
        "zero.json",
        "a\0b.yaml",
        "x" * 300 + ".yaml",
    ):
        told: list[str] = []
        reading = threading.Thread(
            target=lambda name=name, told=told: told.append(refusal(tmp_path / name)), daemon=True
        )
        reading.start()
        reading.join(5)
        assert told, f"{name} was waited for"


def refusal(path: Path) -> str:
    with pytest.raises(ParameterError) as refused:
        read_file(path)
    return str(refused.value)
