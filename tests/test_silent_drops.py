"""Nothing is dropped in silence: what stands in a column that no format knows is kept in extra, named, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from malformed import BASES
from physical import WRITE
from test_samples import ASK, FILES, REFUSED, SAMPLES

from fanecon.loaders.archives import open_all
from fanecon.loaders.cells import heading
from fanecon.loaders.door import read
from fanecon.loaders.extracts import EXTRACTS
from fanecon.loaders.extracts_people import EXTRACTS as FURTHER
from fanecon.loaders.formats import FORMATS
from fanecon.loaders.reading import Reading
from fanecon.schema import FileError

NAME = "nobody knows this"
WORDS = {heading(word) for one in FORMATS for word in one.words}
BOOKS = (".xls", ".xlsx")
# Their columns are not those of one header, or their rows are of several lengths on purpose.
SECTIONS = (
    "mixed_versions",
    "article_detail",
    "single_report",
    "ab_report",
    "cascades_deephawkes",
    "tree_twitter16",
    "tendency",
)
PLACES = {"at the end": 10**6, "before the last": -1, "in the middle": 2}
Rows = list[list[object]]

FLAT = {
    "transfers.csv": [["from", "to"], *([f"0x{at:040x}", f"0x{at + 1:040x}"] for at in range(4))],
    "addresses.csv": [["address"], *([f"0x{at:040x}"] for at in range(4))],
    "delays.csv": [["relative_time_second", "number_of_followers"], [0, 5], [10, 6], [20, 7]],
    "clock.csv": [["created_at"], ["2020-01-01 10:00:00"], ["2020-01-01 11:00:00"], ["2020-01-01 12:00:05"]],
    "usersummary.csv": [
        ["ref_date", "user_source", "new_user", "cancel_user"],
        *([f"2026-09-0{at}", 0, 5, 1] for at in range(1, 5)),
    ],
    "userread.csv": [
        ["ref_date", "user_source", "int_page_read_user", "int_page_read_count", "share_user"],
        *([f"2026-09-0{at}", 99999999, 5, 7, 1] for at in range(1, 5)),
    ],
    "extract.csv": [["dt", "followers"], [0, 5], [10, 6], [20, 7]],
}


def tables() -> Iterator[tuple[str, str, Rows]]:
    """Name, form and cells of every table that there is an example of."""
    for base in BASES:
        yield base.name, base.forms[0] if base.forms[0] in ("csv", "xlsx") else "csv", base.table()
    for name, rows in FLAT.items():
        yield name, "csv", [list(row) for row in rows]
    for name in FILES:
        if name not in REFUSED and name.endswith((".csv", *BOOKS)) and not any(one in name for one in SECTIONS):
            for sheet in open_all(SAMPLES / name, words=WORDS)[0].sheets[:1]:
                yield name, "xlsx" if name.endswith(BOOKS) else "csv", [list(row) for row in sheet.rows]


TABLES = list(tables())
WITH_TABLE = [one for one in (*EXTRACTS, *FURTHER) if not one.no_table]


def header_of(rows: Rows) -> int:
    return max(range(min(10, len(rows))), key=lambda at: (len({heading(cell) for cell in rows[at]} & WORDS), -at))


def with_column(rows: Rows, name: str | None, place: int) -> tuple[Rows, set[str]]:
    """The table with one column more, and the values in it."""
    header = header_of(rows)
    width = max(at + 1 for at, cell in enumerate(rows[header]) if cell not in (None, ""))
    place = min(place, width) if place >= 0 else width + place
    made, values = [], set()
    for at, row in enumerate(rows):
        filled = [*row, *[None] * (width - len(row))]
        value = None if at < header or not any(row) else name if at == header else f"unheard of {at}"
        values |= {value} if at > header and value else set()
        made.append([*filled[:place], value, *filled[place:]])
    return made, values


def kept(reading: Reading) -> str:
    frames = [frame for frame in reading.tables.values() if "extra" in frame]
    return " ".join(text for frame in frames for text in frame["extra"].dropna())


def told(path: Path, values: set[str], names: Sequence[str]) -> None:
    """The values are in extra (but for rows that are left out), or the column is named in words or a refusal."""
    try:
        reading = read(path, ask=ASK)
    except FileError as error:
        assert error.problem.startswith("No known format") or any(
            one in f"{error} {error.problems.to_csv()}"
            for one in (*names, "unheard of", "longer than the header", "do not fit")
        ), error
        return
    text = kept(reading)
    lost = {value for value in values if f'{value}"' not in text}
    said = any(name in note for name in names for note in (*reading.lossy, *reading.notes))
    assert said or len(lost) <= reading.rows_rejected, (reading.format, lost)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(("name", "form", "rows"), TABLES, ids=[name for name, _, _ in TABLES])
def test_a_column_that_nobody_knows_is_kept_or_told(
    tmp_path: Path, name: str, form: str, rows: Rows, place: int
) -> None:
    path = tmp_path / f"table.{form}"
    for column in (NAME, None):
        more, values = with_column(rows, column, place)
        path.write_bytes(WRITE[form](more))
        told(path, values, [column] if column else ["number "])


def test_there_are_tables_of_every_kind() -> None:
    assert len(TABLES) >= len(BASES) + len(FLAT) + (30 if FILES else 0)


def test_a_traffic_table_with_a_column_between_its_blocks_is_refused(tmp_path: Path) -> None:
    block = [["日期", "渠道", "阅读人数"], ["2026-09-01", "全部", 5], ["2026-09-02", "全部", 6]]
    other = [["发表日期", "内容标题", "渠道", "阅读人数"], ["2026-09-01", "甲", "全部", 3], [None] * 4]
    rows = [[*one, None, *two] for one, two in zip(block, other, strict=True)]
    path = tmp_path / "tendency.csv"
    path.write_bytes(WRITE["csv"](rows))
    assert read(path).format == "wechat_tendency"
    rows.append([None, None, None, "注：unheard of", None, None, None, None])
    path.write_bytes(WRITE["csv"](rows))
    assert "Row 4 is a remark outside of the tables: 注：unheard of" in read(path).notes
    rows[2][3] = "unheard of"
    path.write_bytes(WRITE["csv"](rows))
    with pytest.raises(FileError, match="a cell in a column without a name") as caught:
        read(path)
    assert [(one.row, one.column, one.value) for one in caught.value.places] == [(3, "number 4", "unheard of")]


def test_a_pandas_index_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = FLAT["usersummary.csv"]
    path.write_bytes(WRITE["csv"]([["", *rows[0]], *([at, *row] for at, row in enumerate(rows[1:]))]))
    assert read(path).main["extra"].isna().all()


@pytest.mark.parametrize(
    "extract", [one for one in (*EXTRACTS, *FURTHER) if not one.no_table], ids=lambda one: one.name
)
def test_an_extract_takes_no_cell_beyond_its_columns(tmp_path: Path, extract) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "extract.csv"
    row = ["1" if kind == "number" else "2026-09-01" for kind in extract.kinds.values()]
    path.write_bytes(WRITE["csv"]([list(extract.kinds), [*row, "unheard of"]]))
    with pytest.raises(FileError, match="a cell beyond the last column name"):
        read(path)


def test_a_sixth_cell_in_a_line_of_paths_is_complained_of(tmp_path: Path) -> None:
    path = tmp_path / "cascades.txt"
    line = "{}\t100\t1464710400\t2\t100:0 100/200:30"
    path.write_text("\n".join([*(line.format(at) for at in range(4)), line.format(9) + "\tunheard of"]) + "\n")
    with pytest.raises(FileError, match="a cell beyond the fifth"):
        read(path)
