"""Malformed files are refused once, with everything that is wrong in them and where it stands."""

from __future__ import annotations

from pathlib import Path

import malformed
import pytest
from malformed import BASES, CELLS, FOLLOWERS, INVITES, LIST, MAIL, SEARCH, Bad, Base
from physical import BOOKS, SHEET, WRITE, Fault

from fanecon.loaders.door import read
from fanecon.schema import MOST_LINES, FileError

FILES = malformed.files()


def refusal(folder: Path, name: str, data: bytes) -> FileError:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read(path)
    return caught.value


def kept(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def cases() -> list[object]:
    return [pytest.param(bad, id=bad.name) for bad in FILES]


def same(shown: str | None, cell: object) -> bool:
    """Whether a refusal shows a cell; a workbook keeps every number with a fraction."""
    return shown in (str(cell), f"{cell}.0", str(cell)[:60])


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(FILES) >= 160
    assert len({bad.name for bad in FILES}) == len(FILES)
    assert len({bad.data for bad in FILES}) >= 160


@pytest.mark.parametrize(("base", "form"), [(base, form) for base in BASES for form in base.forms])
def test_a_file_without_a_defect_is_read_whole(tmp_path: Path, base: Base, form: str) -> None:
    reading = read(kept(tmp_path, f"good.{form}", base.data(form)))
    assert len(reading.main) == reading.rows_read == len(base.rows)


@pytest.mark.parametrize("bad", cases())
def test_a_malformed_file_is_refused_with_its_name_and_a_fix(tmp_path: Path, bad: Bad) -> None:
    error = refusal(tmp_path, bad.name, bad.data)
    message = str(error)
    assert (bad.named or bad.name) in message
    assert bad.says in message
    assert error.problem
    assert error.fix.strip()
    assert len(message.splitlines()) <= MOST_LINES + 2
    agrees(error)
    if bad.row is not None:
        stands(error, bad)


def agrees(error: FileError) -> None:
    """The frame of the problems holds what the message says."""
    frame, message = error.problems, str(error)
    assert list(frame.columns) == ["file", "sheet", "row", "column", "value", "reason", "problem", "fix"]
    assert len(frame) == len(error.places) >= 1
    assert set(frame["file"]) == {error.file}
    for place, (_, told) in zip(error.places[:MOST_LINES], frame.iterrows(), strict=False):
        assert str(place) in message
        assert [None if value != value else value for value in told[["sheet", "row", "column", "value"]]] == [
            place.sheet, place.row, place.column, place.value]  # fmt: skip


def stands(error: FileError, bad: Bad) -> None:
    """Sheet, row, column and value of the defect are in one of the places."""
    at = [place for place in error.places if (place.sheet, place.row) == (bad.sheet, bad.row)]
    assert at, error
    if bad.column is None:
        return
    at = [place for place in at if bad.column in (place.column or "")]
    assert at, error
    assert bad.personal or any(same(place.value, bad.value) for place in at), error


def three(base: Base) -> dict[tuple[int, str], object]:
    """Three broken cells in three rows, of as many columns as the base has."""
    kinds = [(role, cell) for role in base.holds for cell, says in CELLS[role].values() if isinstance(cell, str)]
    roles = list(base.holds)
    picked = [next(cell for role, cell in kinds if role == roles[at % len(roles)] and cell) for at in range(3)]
    return {(2 * at, base.holds[roles[at % len(roles)]]): cell for at, cell in enumerate(picked)}


@pytest.mark.parametrize(("base", "form"), [(base, form) for base in BASES for form in base.forms[:3]])
def test_three_defects_are_reported_together(tmp_path: Path, base: Base, form: str) -> None:
    broken = three(base)
    error = refusal(tmp_path, f"three.{form}", base.changed(broken, form))
    sheet = SHEET if form in BOOKS else None
    found = {(place.sheet, place.row, place.column) for place in error.places}
    assert found == {(sheet, base.first + at, column) for at, column in broken}
    assert len(error.problems) == 3


@pytest.mark.parametrize("base", [LIST, FOLLOWERS, MAIL])
def test_of_many_defects_fifty_are_told_and_all_are_listed(tmp_path: Path, base: Base) -> None:
    row = list(base.rows[0])
    row[base.header.index(base.holds["count"])] = "many"
    many = [*base.above, base.header, *[row] * 70]
    error = refusal(tmp_path, "many.csv", WRITE["csv"](many))
    assert len(error.problems) >= 70
    assert len(str(error).splitlines()) == MOST_LINES + 2
    assert f"and {len(error.problems) - MOST_LINES} more" in str(error)


def test_ids_that_have_become_the_same_are_all_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "same.csv", SEARCH.changed({(at, "id"): "5.3E+15" for at in (1, 3, 6)}, "csv"))
    assert [place.row for place in error.places] == [3, 5, 8]


def test_a_long_cell_is_told_in_few_letters(tmp_path: Path) -> None:
    error = refusal(tmp_path, "long.csv", LIST.changed({(0, "总阅读人数"): "x" * 5_000}, "csv"))
    assert len(str(error)) < 400


def test_a_personal_value_is_not_shown(tmp_path: Path) -> None:
    error = refusal(tmp_path, "phone.csv", INVITES.changed({(0, "手机号"): "1380013800x"}, "csv"))
    assert "1380013800x" not in str(error)
    assert error.places[0].row == 2


@pytest.mark.parametrize("form", BOOKS)
def test_a_failed_formula_in_a_count_is_refused(tmp_path: Path, form: str) -> None:
    error = refusal(tmp_path, f"fault.{form}", LIST.changed({(2, "总阅读人数"): Fault("#DIV/0!")}, form))
    assert error.places[0].row == 4
