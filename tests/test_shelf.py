"""The shelf: which notebook a name means, and what a file says about itself before anything is run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from books import book

from fanecon import places
from fanecon.report import shelf
from fanecon.schema import FaneconError, FileError, ParameterError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shelf with two notebooks of different names and two of the same."""
    for stem in ("01_rainbow_bus", "02_open_rate", "03_twins", "04_twins"):
        book(tmp_path / f"{stem}.ipynb", prose=f"# What of {stem}?\n\nIt takes 12 minutes.")
    monkeypatch.setattr(places, "notebooks", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["rainbow_bus", "01_rainbow_bus", "rainbow_bus.ipynb", "01_rainbow_bus.ipynb"])
def test_a_name_is_found_with_and_without_its_number(name: str, folder: Path) -> None:
    found = shelf.find(name)
    assert found.path == folder / "01_rainbow_bus.ipynb"
    assert found.name == "rainbow_bus"


def test_a_path_is_found_wherever_it_is(folder: Path, tmp_path: Path) -> None:
    elsewhere = book(tmp_path / "deep.ipynb", prose="# Here?")
    assert shelf.find(str(elsewhere)).question == "Here?"


def test_an_unknown_name_is_refused_with_the_nearest_and_with_all(folder: Path) -> None:
    with pytest.raises(ParameterError, match=r"Did you mean 'rainbow_bus'.*open_rate, 03_twins, 04_twins"):
        shelf.find("rainbowbus")


def test_a_name_that_two_notebooks_bear_is_not_guessed(folder: Path) -> None:
    with pytest.raises(ParameterError, match="03_twins or 04_twins"):
        shelf.find("twins")
    assert shelf.find("04_twins").path.stem == "04_twins"


def test_names_that_climb_out_of_the_shelf_are_no_names(folder: Path) -> None:
    for name in ("../secret", "/etc/passwd", "", ".", "..", "*", "01_rainbow_bus/../02_open_rate"):
        with pytest.raises(ParameterError):
            shelf.find(name)


def test_a_notebook_tells_its_question_its_minutes_and_its_checksum(folder: Path) -> None:
    first = shelf.shelf()[0]
    assert (first.question, first.minutes) == ("What of 01_rainbow_bus?", 12)
    assert first.sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest()


def test_a_notebook_without_heading_and_minutes_says_neither(tmp_path: Path) -> None:
    bare = shelf.read(book(tmp_path / "x.ipynb", prose="No heading."))
    assert (bare.question, bare.minutes) == ("", None)


def test_a_comment_in_fenced_code_is_no_heading() -> None:
    text = "# One\n\n```python\n# not one\n```\n\n~~~\n# nor this\n```\n~~~\n\n## Two ##\n#hashtag\n"
    assert shelf.headings(text) == [(1, "One"), (2, "Two")]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"worksheets": []}', b'{"cells": [1]}', b"[" * 99999]
)
def test_a_file_that_is_no_notebook_is_refused_with_its_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_bytes(content)
    with pytest.raises(FileError, match=r"x\.ipynb"):
        shelf.find(str(tmp_path / "x.ipynb"))


def test_an_installation_without_notebooks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "fanecon")
    with pytest.raises(FaneconError, match="Install it again"):
        shelf.shelf()
