"""What must hold however a file is broken: the broken rows are named, all of them and no others.

A good file is broken in random cells.  Without the rows that the refusal names it can be read, with any one of them it
cannot, and a reader who asks to collect problems gets the same table as one who deletes those rows by hand.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import malformed
import pandas as pd
import pytest
from malformed import BASES, CELLS, EXCEPT, ONLY_TYPED, Base
from pandas.testing import assert_frame_equal
from physical import WRITE
from wechat_files import article

from fanecon.loaders.door import read
from fanecon.loaders.reading import Reading
from fanecon.schema import FileError

RUNS = [100, pytest.param(2_000, marks=pytest.mark.nightly)]
COUNTED = {kind: cell for kind, (cell, _) in CELLS["count"].items() if not kind.startswith("day")}
COUNTED_JSON = [cell for cell in COUNTED.values() if isinstance(cell, (str, int, float))]
Row = Sequence[object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A good file as rows, the places (0-based) of those that are broken, and what stands in them."""

    form: str
    above: list[Row]
    good: list[Row]
    broken: dict[int, Row]

    @property
    def rows(self) -> list[Row]:
        return [self.broken.get(at, row) for at, row in enumerate(self.good)]

    def number(self, at: int) -> int:
        """The 1-based row under which the user's program shows a row."""
        return max(len(self.above), 1) + at + 1

    def without(self, *places: int) -> list[Row]:
        return [row for at, row in enumerate(self.rows) if at not in places]

    def put(self, folder: Path, rows: list[Row]) -> Path:
        path = folder / f"file.{self.form}"
        path.write_bytes(_answer(rows) if self.form == "total" else WRITE[self.form]([*self.above, *rows]))
        return path


def cases(runs: int) -> Iterator[Case]:
    for seed in range(runs):
        draw = random.Random(f"invariants {seed}")
        yield _total(draw) if draw.random() < 0.1 else _of_table(draw, draw.choice(BASES))


def _of_table(draw: random.Random, base: Base) -> Case:
    form = draw.choice([form for form in base.forms if form != "parquet"])
    broken: dict[int, Row] = {}
    for at in draw.sample(range(len(base.rows)), draw.randint(1, 3)):
        row = list(base.rows[at])
        for role in draw.sample(list(base.holds), draw.randint(1, len(base.holds))):
            row[base.header.index(base.holds[role])] = _odd(draw, base, role, form)
        broken[at] = row
    return Case(form=form, above=[*base.above, base.header], good=list(base.rows), broken=broken)


def _odd(draw: random.Random, base: Base, role: str, form: str) -> object:
    able = [
        (kind, cell)
        for kind, (cell, _) in CELLS[role].items()
        if (base.name, kind) not in EXCEPT and form in ONLY_TYPED.get(kind, base.forms)
    ]
    kind, cell = draw.choice(able)
    return malformed.MIXED[base.name] if kind.startswith("percent among") else cell


def _total(draw: random.Random) -> Case:
    """Days of four articles, one row each: number of the article and the day."""
    good: list[Row] = [
        (at, day)
        for at in range(4)
        for day in article(days=(100 + at, 150, 170))["details"]  # type: ignore[union-attr]
    ]
    broken: dict[int, Row] = {}
    for at in draw.sample(range(4), draw.randint(1, 3)):
        place = 3 * at + draw.randrange(3)
        key = draw.choice(["int_page_read_user", "share_count", "target_user", "int_page_from_feed_read_count"])
        broken[place] = (at, {**good[place][1], key: draw.choice(COUNTED_JSON)})  # type: ignore[dict-item]
    return Case(form="total", above=[], good=good, broken=broken)


def _answer(rows: list[Row]) -> bytes:
    found = {at: article(f"265{at}_1", days=(), details=[]) for at, _ in rows}
    for at, day in rows:
        found[at]["details"].append(day)
    return json.dumps({"list": list(found.values())}, ensure_ascii=False).encode()


def refused(path: Path) -> set[int | None]:
    """The rows that a refusal names."""
    with pytest.raises(FileError) as caught:
        read(path)
    return {place.row for place in caught.value.places}


def same(one: Reading, other: Reading) -> None:
    """Both hold the same tables; ids made of row numbers differ where rows were deleted."""
    assert one.tables.keys() == other.tables.keys()
    for name, frame in one.tables.items():
        assert_frame_equal(_comparable(frame), _comparable(other[name]), check_flags=False)


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    made = "event_id" in frame and frame["event_id"].str.contains("#").any()
    return frame.drop(columns="event_id") if made else frame


@pytest.mark.parametrize("runs", RUNS)
def test_a_refusal_names_the_broken_rows_and_no_others(tmp_path: Path, runs: int) -> None:
    for case in cases(runs):
        assert refused(case.put(tmp_path, case.rows)) == {case.number(at) for at in case.broken}, case


@pytest.mark.parametrize("runs", RUNS)
def test_without_the_named_rows_a_file_is_read_as_if_they_had_never_been(tmp_path: Path, runs: int) -> None:
    for case in cases(runs):
        reading = read(case.put(tmp_path, case.without(*case.broken)))
        assert reading.rows_read == len(case.good) - len(case.broken), case
        assert reading.problems.empty


@pytest.mark.parametrize("runs", RUNS)
def test_each_broken_row_refuses_the_file_alone(tmp_path: Path, runs: int) -> None:
    for case in cases(runs):
        for at in case.broken:
            others = case.broken.keys() - {at}
            before = sum(other < at for other in others)
            assert refused(case.put(tmp_path, case.without(*others))) == {case.number(at - before)}, case


@pytest.mark.parametrize("runs", RUNS)
def test_collecting_problems_is_the_same_as_deleting_the_rows(tmp_path: Path, runs: int) -> None:
    for case in cases(runs):
        collected = read(case.put(tmp_path, case.rows), problems="collect")
        deleted = read(case.put(tmp_path, case.without(*case.broken)))
        same(collected, deleted)
        assert set(collected.problems["row"]) == {case.number(at) for at in case.broken}, case
        assert collected.rows_rejected == deleted.rows_rejected + len(case.broken), case
        assert collected.rows_read == len(case.good), case
