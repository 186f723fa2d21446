"""The bundled data: every file is what its script writes, what its catalogue entry says, and nothing else."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
CATALOG = tomllib.loads((DATA / "catalog.toml").read_text(encoding="utf-8"))
ENTRIES = pytest.mark.parametrize("entry", CATALOG.values(), ids=CATALOG.keys())


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"make_{name}", DATA / "make" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MAKE = script("facts")
FACTS = list(csv.DictReader(io.StringIO((DATA / "facts.csv").read_text(encoding="utf-8"), newline="")))


def rows(entry: dict[str, object]) -> list[list[str]]:
    text = (DATA / str(entry["file"])).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text, newline="")))


def furniture(facts: list[dict[str, str]]) -> list[str]:
    """The facts that hold a counter of the page around an article: its likes, its author's works, its reads."""

    def suspicious(fact: dict[str, str]) -> bool:
        words, value = " ".join(fact.values()).lower(), float(fact["value"])
        return (
            re.search(r"\b458\b", words) is not None
            or re.search(r"\b(10|ten) works\b|\b(100 thousand|100,?000|10万) reads\b", words) is not None
            or (value == 10 and "work" in fact["quantity"])
            or (value == 100_000 and "read" in fact["quantity"])
        )

    return [fact["fact"] for fact in facts if suspicious(fact)]


# --- script, file and catalogue agree ---


def test_the_script_writes_facts_csv_byte_for_byte() -> None:
    assert MAKE.as_csv() == (DATA / "facts.csv").read_bytes()


def test_the_script_runs_from_anywhere(tmp_path: Path) -> None:
    copy = tmp_path / "data" / "make" / "facts.py"
    copy.parent.mkdir(parents=True)
    copy.write_bytes((DATA / "make" / "facts.py").read_bytes())
    done = subprocess.run([sys.executable, str(copy)], cwd="/", capture_output=True, text=True, check=True)
    written = (tmp_path / "data" / "facts.csv").read_bytes()
    assert written == (DATA / "facts.csv").read_bytes()
    assert CATALOG["facts"]["sha256"] in done.stdout


@ENTRIES
def test_every_entry_has_its_file_and_its_script(entry: dict[str, object]) -> None:
    assert (DATA / str(entry["file"])).is_file()
    assert (DATA / str(entry["script"])).is_file()


@ENTRIES
def test_every_file_has_the_bytes_of_its_checksum(entry: dict[str, object]) -> None:
    content = (DATA / str(entry["file"])).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]


@ENTRIES
def test_every_column_of_a_file_is_described_in_its_order(entry: dict[str, object]) -> None:
    described = entry["columns"]
    assert isinstance(described, list)
    assert [column["name"] for column in described] == rows(entry)[0]
    for column in described:
        assert set(column) == {"name", "dtype", "unit", "counts", "is"}
        assert column["is"].strip(), column["name"]
        assert column["dtype"], column["name"]


@ENTRIES
def test_every_entry_says_row_source_licence_date_and_what_it_shows(entry: dict[str, object]) -> None:
    for key in ("row", "source", "licence"):
        assert str(entry[key]).strip(), key
    assert isinstance(entry["date"], date)
    assert entry["shows"] in ("fact", "assumption", "simulation")
    assert entry["synthetic"] is (entry["shows"] == "simulation")
    assert isinstance(entry["notes"], list)


@ENTRIES
def test_every_file_is_small_plain_utf8_with_full_rows(entry: dict[str, object]) -> None:
    content = (DATA / str(entry["file"])).read_bytes()
    assert len(content) < 1_000_000
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    table = rows(entry)
    assert {len(row) for row in table} == {len(table[0])}


def test_no_file_lies_in_the_folder_without_an_entry() -> None:
    known = {"catalog.toml", "public.toml", "README.md", *(entry["file"] for entry in CATALOG.values())}
    assert {path.name for path in DATA.iterdir() if path.is_file()} <= known
    scripts = {entry["script"] for entry in CATALOG.values()}
    assert {f"make/{path.name}" for path in (DATA / "make").glob("*.py")} <= scripts


# --- the facts ---


def test_no_two_facts_share_a_name() -> None:
    names = [fact["fact"] for fact in FACTS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_fact_belongs_to_a_claim_from_1_to_39() -> None:
    assert all(re.fullmatch(r"C(0[1-9]|[12]\d|3[0-9])", fact["claim"]) for fact in FACTS)


def test_every_claim_that_states_a_number_has_a_fact() -> None:
    stated = {1, 2, 3, 5, 8, 10, 17, 18, 19, 20, 27, 30, 31, 32, 33, 36}
    assert {f"C{claim:02}" for claim in stated} <= {fact["claim"] for fact in FACTS}


def test_every_fact_uses_the_few_words_of_its_columns() -> None:
    for fact in FACTS:
        assert fact["bound"] in ("exact", "at least", "about"), fact["fact"]
        assert fact["counting_unit"] in ("people", "times", "unstated", ""), fact["fact"]
        assert fact["kind"] in ("joke", "anecdote", "number", "mechanism", "definition", "forecast"), fact["fact"]
        assert all(fact[name] for name in ("article", "quantity", "unit", "context")), fact["fact"]


def test_every_value_is_a_number_and_every_proportion_lies_between_0_and_1() -> None:
    for fact in FACTS:
        assert float(fact["value"]) >= 0
        if fact["unit"] == "proportion":
            assert float(fact["value"]) <= 1, fact["fact"]


def test_people_are_whole_numbers() -> None:
    assert all(float(fact["value"]).is_integer() for fact in FACTS if fact["unit"] == "people")


def test_an_unstated_counting_unit_leaves_more_than_one_reading() -> None:
    assert all(";" in fact["readings"] for fact in FACTS if fact["counting_unit"] == "unstated")


def test_every_day_of_a_month_says_that_its_year_is_not_given() -> None:
    days = [fact for fact in FACTS if fact["unit"] == "day of March"]
    assert len(days) == 4
    assert all("year not given" in fact["readings"] for fact in days)


def test_the_rainbow_bus_numbers_are_the_published_ones() -> None:
    published = {
        "rainbow_bus_cost": "1000",
        "rainbow_bus_joiners": "1000",
        "rainbow_bus_subscribers": "933",
        "rainbow_bus_shares": "3365",
        "rainbow_bus_reads": "37443",
        "rainbow_bus_push_day": "8",
        "rainbow_bus_peak_day": "12",
        "rainbow_bus_items": "4",
        "rainbow_bus_welfare_items": "3",
        "rainbow_bus_envelope_items": "1",
        "rainbow_bus_staff_days": "1",
    }
    found = {fact["fact"]: fact["value"] for fact in FACTS}
    assert {name: found[name] for name in published} == published


def test_no_counter_of_the_page_around_an_article_is_among_the_facts() -> None:
    assert furniture(FACTS) == []


@pytest.mark.parametrize(
    ("value", "quantity"),
    [("458", "likes of the page"), ("10", "works of the author"), ("100000", "reads of the author's works")],
)
def test_the_search_for_page_counters_can_fail(value: str, quantity: str) -> None:
    planted = {**FACTS[0], "fact": "planted", "value": value, "quantity": quantity}
    assert furniture([*FACTS, planted]) == ["planted"]
