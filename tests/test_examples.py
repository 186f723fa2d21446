"""Opening the bundled data: a frame with its units, its source and its doubts, or a refusal that says what to type."""

from __future__ import annotations

import csv
import doctest
import hashlib
import io
import shutil
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders import examples
from fanecon.loaders.examples import catalog, example, fact
from fanecon.places import data
from fanecon.schema import FileError, ParameterError


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundled data that a test may spoil."""
    folder = tmp_path / "data"
    shutil.copytree(data(), folder)
    monkeypatch.setattr(examples, "data", lambda: folder)
    return folder


def entry(folder: Path, *, columns: str, content: bytes, table: str = "") -> None:
    """Plant one more catalogue entry, `planted`, with its file."""
    (folder / "planted.csv").write_bytes(content)
    with (folder / "catalog.toml").open("a", encoding="utf-8") as catalog_file:
        catalog_file.write(
            f'\n[planted]\nfile = "planted.csv"\ntable = "{table}"\nrow = "one thing"\nshows = "simulation"\n'
            f'synthetic = true\nsource = "a test"\nlicence = "none"\ndate = 2026-01-01\nscript = "make/planted.py"\n'
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"\nnotes = ["drawn"]\ncolumns = [{columns}]\n'
        )


def column(name: str, dtype: str) -> str:
    return f'{{ name = "{name}", dtype = "{dtype}", unit = "", counts = "", is = "a value" }}'


def test_the_facts_open_with_text_as_string_and_values_as_float() -> None:
    facts = example("facts")
    assert facts["value"].dtype == "float64"
    assert all(facts[name].dtype == "string" for name in facts.columns if name != "value")


def test_the_facts_hold_what_the_file_holds() -> None:
    text = (data() / "facts.csv").read_text(encoding="utf-8")
    raw = list(csv.DictReader(io.StringIO(text, newline="")))
    facts = example("facts")
    assert facts["fact"].tolist() == [row["fact"] for row in raw]
    assert facts["value"].tolist() == [float(row["value"]) for row in raw]
    assert facts["readings"].fillna("").tolist() == [row["readings"] for row in raw]


def test_a_frame_carries_table_file_source_licence_and_doubts() -> None:
    attrs = example("facts").attrs
    assert attrs["table"] == "facts"
    assert attrs["file"] == "facts.csv"
    assert attrs["synthetic"] is False
    assert attrs["shows"] == "fact"
    assert attrs["source"]
    assert attrs["licence"]
    assert isinstance(attrs["notes"], tuple)
    assert all(isinstance(note, str) for note in attrs["notes"])


def test_every_file_of_the_catalogue_opens() -> None:
    for name in catalog()["name"]:
        assert len(example(name)) > 0, name


def test_the_catalogue_has_one_row_per_file_with_its_source() -> None:
    listed = catalog()
    assert "facts" in listed["name"].tolist()
    assert not listed["name"].duplicated().any()
    assert listed["synthetic"].dtype == "boolean"
    assert listed["date"].dtype == "datetime64[s]"
    assert listed["source"].str.len().gt(0).all()


def test_a_second_opening_is_untouched_by_changes_to_the_first() -> None:
    first = example("facts")
    first["value"] = 0.0
    first.attrs["notes"] = ()
    assert example("facts")["value"].sum() > 0
    assert example("facts").attrs["notes"]


def test_an_unknown_file_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(ParameterError, match=r"no bundled file 'fact'. Did you mean 'facts'\? There are: .*facts"):
        example("fact")


def test_a_file_name_far_from_all_is_refused_with_the_list_only() -> None:
    with pytest.raises(ParameterError) as refusal:
        example("zzzzzz")
    assert "Did you mean" not in str(refusal.value)
    assert "facts" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rainbow_bus_subscribers", 933.0),
        ("rainbow_bus_shares", 3365.0),
        ("rainbow_bus_reads", 37443.0),
        ("open_rate_third", 0.03),
    ],
)
def test_a_fact_is_a_plain_number(name: str, value: float) -> None:
    found = fact(name)
    assert type(found) is float
    assert found == value


def test_an_unknown_fact_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ParameterError, match=r"no fact 'rainbow_bus_read'\. Did you mean 'rainbow_bus_reads'"):
        fact("rainbow_bus_read")


def test_a_file_with_one_changed_byte_is_refused(copied: Path) -> None:
    path = copied / "facts.csv"
    path.write_bytes(path.read_bytes().replace(b"37443", b"37444", 1))
    with pytest.raises(FileError, match=r"facts\.csv: the file changed: its sha256 is .*make/facts\.py"):
        example("facts")


def test_a_file_with_another_line_ending_is_refused(copied: Path) -> None:
    path = copied / "facts.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(FileError, match="the file changed"):
        example("facts")


def test_a_missing_file_is_refused_with_the_script_that_writes_it(copied: Path) -> None:
    (copied / "facts.csv").unlink()
    with pytest.raises(FileError, match=r"it is not there.*python data/make/facts\.py"):
        example("facts")


def test_a_column_that_the_catalogue_does_not_describe_is_refused(copied: Path) -> None:
    entry(copied, columns=column("a", "Int64"), content=b"a,b\n1,2\n")
    with pytest.raises(FileError, match="its columns are a, b; the catalogue describes a"):
        example("planted")


def test_a_planted_file_gets_the_dtypes_of_its_entry_and_says_that_it_is_synthetic(copied: Path) -> None:
    columns = ", ".join(
        column(name, dtype)
        for name, dtype in [
            ("word", "string"),
            ("whole", "Int64"),
            ("real", "Float64"),
            ("flag", "boolean"),
            ("day", "datetime64[s]"),
        ]
    )
    content = b"word,whole,real,flag,day\nNA,007,0.5,True,2024-02-29\n,,,,\n"
    entry(copied, columns=columns, content=content)
    frame = example("planted")
    assert frame.iloc[0].tolist() == ["NA", 7, 0.5, True, pd.Timestamp("2024-02-29")]
    assert frame.iloc[1].isna().all()
    assert frame.dtypes.astype(str).tolist() == ["string", "Int64", "Float64", "boolean", "datetime64[s]"]
    assert frame.attrs["synthetic"] is True
    assert frame.attrs["table"] == "planted"


def test_a_file_of_a_schema_table_gets_that_tables_shape(copied: Path) -> None:
    names = {"item_id": "string", "account_id": "string", "platform": "string", "published_date": "datetime64[s]"}
    columns = ", ".join(column(name, dtype) for name, dtype in {**names, "reads": "Int64"}.items())
    content = b"item_id,account_id,platform,published_date,reads\ni1,a1,wechat,2024-03-08,12\n"
    entry(copied, columns=columns, content=content, table="items")
    frame = example("planted")
    assert frame["reads"].tolist() == [12]
    assert "sharers" in frame.columns
    assert frame.attrs["table"] == "items"


def test_the_examples_in_the_docstrings_run() -> None:
    done = doctest.testmod(examples)
    assert done.attempted > 0
    assert done.failed == 0
