"""The quick way through a large table against the careful one: the same tables, the same complaints, less memory."""

import csv
import dataclasses
import datetime as dt
import io
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import drawn
import pandas as pd
import physical
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from fanecon.loaders import delimited, probe
from fanecon.loaders.columns import Cells, in_columns
from fanecon.loaders.door import read
from fanecon.loaders.files import Opened, Sheet, blanked, open_file
from fanecon.loaders.parquet import parquet_sheet
from fanecon.loaders.reading import Ask
from fanecon.loaders.records import records_sheet
from fanecon.loaders.spec import Spec, days, fields, header_of, moments, read_sheet
from fanecon.loaders.workbooks import xlsx_sheets
from fanecon.schema import FileError
from fanecon.tables import ITEMS

FIELDS = {
    "item_id": "id!! 编号",
    "author": "id user_id",
    "title": "text 标题",
    "url": "text 链接",
    "reads": "count 阅读数",
    "shares": "count 转发数",
    "followers_gained": "balance 涨粉",
    "finish_rate": "share 完成率",
    "avg_seconds": "real 秒",
    "revenue_minor": "yuan 收入",
    "published": "time! 时间",
    "seen": "unix 抓取",
    "notified": "flag 通知",
    "on": "day 日期",
}
OTHERS = ["备注", "手机号", "地区", "IP"]
HEADER = [*(short.partition(" ")[2] for short in FIELDS.values()), *OTHERS]
ODD = [
    *("", " ", "-", "--", "-----", "—", "无", "N/A", "null", "NaN", "_-", "10万+", "1.2万", "１２３"),
    *("1,234", "1，234", "(12)", "1,23", "abc", "1e5", "1E22", "12345e10", "1.22E+17", "12345.0", "a.b:c"),
    *(".....", "12.5", "-5", "007", "0", "000", " 42 ", "\u200b7", "30%", "0.3", "3.5"),
    *("99999999999999999999", "12345678901234567890", "12345670000000000", "3\u0301", "x", " x "),
    *("2026-02-30 10:00:00", "2024-02-29 00:00:00", "2026/9/1", "2026-09-01", "20260901", "45000"),
    *("昨天 12:00", "3小时前", "1988-04-17 00:30:00", "1986-05-04 02:30:00", "1991-09-15 01:30:00"),
    *("1991-09-15 01:30", "2099-12-31 23:59:59", "2026-09-01T01:02:03Z", "2026-09-01 01:02:03 +0800"),
    *("2026-09-01 01:02:03.5Z", "1899-01-01 00:00:00", "2100-01-01 00:00:00", "0000-00-00 00:00:00"),
    *("1788105600", "1788105600000", "178810560", "9999999999", "0", "true", "否", "是", "no", "total"),
    *("合计", "Grand Total", "累计", "tEST", "g", "gg gg", "全部", '"q"', "a\\b", "a\nb", '{"x": 1}'),
    *("[1]", "😀 hi", "\u3000全角\u3000", "\tabc", "abcdef ", "13800000000", "a@b.cn", "2001:db8::1"),
    *("192.0.2.1", "5300000000003.5", "53000000000030001.0", "1.22E17", "1.22e+17", "100001", "94²", "-0", "inf"),
]  # fmt: skip


def derive(columns, ask):
    days(columns, "published", into="published_date", tz="Asia/Shanghai")
    moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
    moments(columns, "seen", into="observed_at")
    columns["account_id"] = [author or "unknown" for author in columns["author"]]
    columns["kind"] = [f"{number}" if number else None for number in columns["reads"]]


SPEC = Spec(
    name="made_up",
    what="a made-up table",
    signs=(("编号", "阅读数"),),
    table=ITEMS,
    fields=fields(FIELDS),
    constants={"platform": "none"},
    tz="Asia/Shanghai",
    derive=derive,
)


def plain_row(draw, at):
    minute = f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}"
    day = f"2026-09-{draw.randint(1, 30):02d}"
    return [
        *(f"id{at:07d}", str(draw.randint(10**9, 10**10)), draw.choice(["春天来了今天", "hello world", "开卷有益"])),
        *(f"https://e.x/{at}", str(draw.randint(0, 10**6)), str(draw.randint(0, 99)), str(draw.randint(0, 9))),
        *(f"{draw.random():.4f}", f"{draw.random() * 99:.2f}", f"{draw.random() * 99:.2f}"),
        f"{day} {minute}" + draw.choice(["", f":{draw.randint(0, 59):02d}"]),
        *(str(draw.randint(1_600_000_000, 1_800_000_000)), draw.choice(["是", "否", "1", "0"]), day),
        *(draw.choice(["", "备注内容文字", "x"]), f"138{draw.randint(10**7, 10**8 - 1)}", draw.choice(["北京", ""])),
        draw.choice(["192.0.2.7", "2001:db8::7", "局域网"]),
    ]


def awkward_row(draw, at, odd):
    row = plain_row(draw, at)
    if draw.random() < odd:
        row[draw.randrange(len(row))] = draw.choice(ODD)
    turns = (
        (row[: draw.randint(1, len(row))], 10),
        ([*row, "more"], 60),
        (list(HEADER), 20),
        ([""] * 18, 20),
        ([], 20),
    )
    return next((turn for turn, chance in turns if draw.random() < odd / chance), row)


def text_of(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def outcome(rows, ask, spec=SPEC):
    opened = Opened(file="a", kind="text", encoding="utf-8", encoding_how="", sheets=(Sheet(name=None, rows=rows),))
    try:
        return read_sheet(spec, opened, header_of(spec, opened), ask)
    except FileError as error:
        return error


def both(rows, ask, spec=SPEC):
    text = text_of(rows)
    careful = outcome(delimited.rows_of("a", text, {"编号", "阅读数"}), ask, spec)
    quick = outcome(delimited.columns_of("a", text.encode(), {"编号", "阅读数"}), ask, spec)
    return careful, quick


def same(careful, quick):
    assert type(careful) is type(quick)
    if isinstance(careful, FileError):
        assert (str(careful), careful.places) == (str(quick), quick.places)
        return
    pd.testing.assert_frame_equal(careful.main, quick.main)
    told = [(one.main.attrs, one.notes, one.rows_read, one.rows_rejected, one.lossy) for one in (careful, quick)]
    assert told[0] == told[1]


def compared(seed):
    """Compare a made-up table, then again without the rows that are complained of."""
    draw = random.Random(seed)
    odd = (0.0, 0.05, 0.4)[seed % 3]
    rows = [HEADER, *(awkward_row(draw, at, odd) for at in range(draw.randint(1, 60)))]
    ask = Ask(personal=seed % 5 == 0, captured_at=dt.datetime(2026, 9, 30, tzinfo=dt.UTC) if seed % 2 else None)
    for _ in range(4):
        careful, quick = both(rows, ask)
        same(careful, quick)
        if not isinstance(careful, FileError) or not {place.row for place in careful.places} - {None, 1}:
            return
        gone = {place.row for place in careful.places}
        rows = [[""] * 18 if number in gone else row for number, row in enumerate(rows, 1)]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setenv("FANECON_KEY", "a key that is long enough")
    monkeypatch.setattr(delimited, "BLOCK", 2_000)
    monkeypatch.setattr(delimited, "BATCH", 7)


def test_the_quick_way_gives_what_the_careful_way_gives():
    for seed in range(60):
        compared(seed)


@pytest.mark.nightly
def test_the_quick_way_gives_what_the_careful_way_gives_in_two_thousand_tables():
    for seed in range(60, 2_060):
        compared(seed)


def test_every_odd_cell_in_every_column_is_read_alike():
    for odd in ODD:
        draw = random.Random(odd)
        rows = [HEADER, *(plain_row(draw, at) for at in range(len(HEADER)))]
        for column in range(len(HEADER)):
            rows[column + 1][column] = odd
        careful, quick = both(rows, Ask())
        same(careful, quick)
        broken = {place.row for place in careful.places} if isinstance(careful, FileError) else set()
        same(*both([row for number, row in enumerate(rows, 1) if number not in broken], Ask()))


@pytest.mark.parametrize("cell", ["-", "N/A", " 无 ", ""])
def test_a_missing_value_is_shown_as_it_stands(cell):
    draw = random.Random(1)
    rows = [HEADER, *(plain_row(draw, at) for at in range(3))]
    rows[2][0] = cell
    for refused in both(rows, Ask()):
        assert [(one.row, one.column, one.value) for one in refused.places] == [(3, "编号", cell)]


def test_a_reader_of_a_format_s_own_and_rows_it_does_not_keep_are_read_alike():
    spec = dataclasses.replace(
        SPEC,
        readers={"title": lambda cell: str(cell)[::-1], "url": lambda cell: [cell]},
        keep=lambda body, row: not str(body.cell(row, "reads")).endswith("7"),
    )  # fmt: skip
    draw = random.Random(3)
    careful, quick = both([HEADER, *(plain_row(draw, at) for at in range(50))], Ask(), spec)
    same(careful, quick)
    assert careful.rows_rejected > 0


NUMBERS = [0, 1, -1, -0.0, 0.5, 1.5, 0.0374, 1.02, 3.74, 99.99, 1e15, 1e16, 2.0**53, 1e20, 178_810_560, 1e-7, 12_345.0]
MOMENTS = [1_788_105_600, 1_788_105_600_000, 1_788_105_600_000_000, 9_999_999_999, 4_102_444_799, 631_152_000]


def typed_row(draw, at, form):
    """A row as a workbook (every number with a fraction) or an answer in JSON (whole numbers) holds it."""
    odd = [number for number in (*NUMBERS, *MOMENTS) if form is float or int(number) == number < 2**62]
    counts = [form(draw.choice(odd) if draw.random() < 0.05 else draw.randint(0, 10**6)) for _ in range(3)]
    day = dt.datetime(2026, 9, draw.randint(1, 30), draw.randint(0, 23), 5)
    return [
        *(form(10**9 + at), form(draw.choice(odd)), draw.choice(["春天来了今天", ""]), f"https://e.x/{at}", *counts),
        *(form(draw.choice(odd)) if form is float else 0, form(draw.choice(odd)), form(draw.choice(odd)), day),
        *(form(draw.choice(MOMENTS)), draw.random() < 0.5, day.date(), "备注内容", None, form(draw.choice(odd)), ""),
    ]  # fmt: skip


@pytest.mark.parametrize("form", [float, int])
def test_a_large_sheet_of_numbers_is_read_alike(form, monkeypatch):
    monkeypatch.setattr("fanecon.loaders.columns.LARGE_ROWS", 12)
    for seed in range(60):
        draw = random.Random(seed)
        rows = [["说明", *[""] * (len(HEADER) - 1)]] * (seed % 3) + [
            HEADER,
            *(typed_row(draw, at, form) for at in range(30)),
        ]
        for _ in range(3):
            assert isinstance(in_columns(rows, gap=""), Cells)
            careful, quick = outcome(rows, Ask()), outcome(in_columns(rows, gap=""), Ask())
            same(careful, quick)
            gone = {place.row for place in careful.places} if isinstance(careful, FileError) else set()
            rows = [row for number, row in enumerate(rows, 1) if number not in gone]
            if not gone or len(rows) < 20:
                break


def test_a_large_sheet_with_a_column_of_two_types_stays_as_it_is(monkeypatch):
    monkeypatch.setattr("fanecon.loaders.columns.LARGE_ROWS", 12)
    rows = [HEADER, *(typed_row(random.Random(1), at, float) for at in range(30))]
    rows[20][4] = "10万+"
    assert in_columns(rows, gap="") is rows
    rows[20][4], rows[3][4] = 1.0, "10万+"
    assert isinstance(in_columns(rows, gap=""), Cells)
    same(outcome(rows, Ask()), outcome(in_columns(rows, gap=""), Ask()))


def test_a_row_that_is_left_out_is_blank_and_keeps_its_number():
    draw = random.Random(4)
    cells = delimited.columns_of("a", text_of([HEADER, *(plain_row(draw, at) for at in range(9))]).encode(), {"编号"})
    left = cells.without([3])
    assert left[2] == ()
    assert [list(row) for row in left] == [list(left[at]) for at in range(10)]
    assert outcome(left, Ask()).main["item_id"].tolist() == [f"id{at:07d}" for at in range(9) if at != 1]


@pytest.mark.parametrize(
    "text",
    [
        "编号,阅读数\n1,2\n3,4\n",
        "编号,阅读数\r1,2\r3,4",
        '编号,阅读数\r\n"a\r\nb",2\r\n"c""d",4\r\n',
        "编号,阅读数\n\n1,2\n\n\n3,4\n",
        "编号,阅读数\n1\n3,4,5\n\n",
        '编号,阅读数\n5" disk,2\n"a,b",3\n',
        '编号,阅读数\n"",2\n"""",3\n',
        "编号;阅读数\n1,0;2\n",
        "编号\t阅读数\n" + "x" * 200_000 + "\t2\n",
        "\ufeff编号,阅读数\n1,2\n",
        '\ufeff"编号",阅读数\n1,2\n',
        "# 说明\n编号,阅读数\n1,2\n",
    ],
)
def test_text_is_split_alike(text):
    words = {"编号", "阅读数"}
    careful = delimited.rows_of("a", text.removeprefix("\ufeff"), words)
    quick = delimited.columns_of("a", text.encode(), words)
    assert [[cell for cell in row if cell] for row in quick] == [[cell for cell in row if cell] for row in careful]


@pytest.mark.parametrize(
    "text",
    [
        '编号,阅读数\n1,2\n"a,3\n4,5\n',
        '编号,阅读数\n1,2\n"a"b,3\n4,5\n',
        "编号,阅读数\n1,2\n" + "x" * 200_000 + ",3\n",
        "编号,阅读数,a\n1,2,3\n4,5",
    ],
)
def test_what_cannot_be_split_is_refused_alike(text):
    found = []
    for split, whole in ((delimited.rows_of, text), (delimited.columns_of, text.encode())):
        with pytest.raises(FileError) as caught:
            split("a", whole, {"编号"})
        found.append((str(caught.value), caught.value.places))
    assert found[0] == found[1]


def test_a_large_text_is_kept_as_columns_in_any_encoding(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 1 << 20)
    draw = random.Random(5)
    text = text_of([HEADER, *(plain_row(draw, at) for at in range(10_500))])
    frames = []
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path = tmp_path / encoding
        path.write_bytes(text.encode(encoding))
        opened = open_file(path, words={"编号", "阅读数", "转发数"})
        assert isinstance(opened.sheets[0].rows, Cells)
        assert opened.encoding == encoding
        frames.append(read_sheet(SPEC, opened, header_of(SPEC, opened), Ask()).main)
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


# --- any table, in any form ---


def told(columns, ask):
    """Every value that was read, as it is, in the title."""
    names = [name for name in columns if name.startswith(("as_", "own"))]
    columns["published_date"] = [dt.date(2026, 9, 1)] * len(columns["_row"])
    columns["title"] = [repr([columns[name][at] for name in names]) for at in range(len(columns["_row"]))]


EVERY = Spec(
    name="every_kind",
    what="a table with a column of every kind",
    signs=((drawn.KEY, drawn.COUNT),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": f"id!! {drawn.KEY}",
            "reads": f"count {drawn.COUNT}",
            **{f"as_{kind}": f"{kind} 作为{kind}" for kind in drawn.KINDS},
            "own": f"text {drawn.OWN}",
        }
    ),
    constants={"platform": "none", "account_id": "a", "kind": "article"},
    tz="Asia/Shanghai",
    readers={"own": repr},
    keep=lambda body, row: str(body.cell(row, "own")) != "x",
    derive=told,
)


class Kept(io.BytesIO):
    def close(self):
        """What the probe has printed is still to be read."""


def parsed_here(kind, data, receive, *, memory, most_cells):
    """What the process of its own does, without the process."""
    with patch.object(sys, "stdout", SimpleNamespace(buffer=Kept())) as out:
        (probe.columns if kind == "parquet" else probe.sheets)(data, most_cells)
    return receive(io.BytesIO(out.buffer.getvalue()))


def fits(form, cell):
    """A cell as a file of a form can hold it."""
    if isinstance(cell, float) and not math.isfinite(cell) and form in ("xlsx", "json"):
        return None
    if isinstance(cell, str) and form == "xlsx":
        return "".join(letter for letter in cell if letter >= " " and letter not in "\ufffe\uffff")
    return cell.replace("\0", "") if isinstance(cell, str) else cell


def parquet_of(table):
    arrays = []
    for at in range(len(table.header)):
        cells = [row[at] for row in table.rows]
        try:
            alike = len({type(cell) for cell in cells} - {type(None)}) < 2
            arrays.append(pa.array(cells if alike else [None if one is None else str(one) for one in cells]))
        except OverflowError:
            arrays.append(pa.array([None if one is None else str(one) for one in cells]))
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, names=table.header), out)
    return out.getvalue()


def sheet_of(table, quick):
    """The sheet as it is opened as a large file, and as a small one."""
    if table.form == "csv":
        data = physical.delimited(table.whole)
        words = {drawn.KEY, drawn.COUNT}
        rows = delimited.columns_of("a", data, words) if quick else delimited.rows_of("a", data.decode(), words)
        return Sheet(name=None, rows=rows)
    if table.form == "xlsx":
        return xlsx_sheets("a", physical.xlsx(table.whole))[0][0]
    if table.form == "parquet":
        sheet = parquet_sheet("a", parquet_of(table))
        return sheet if quick else dataclasses.replace(sheet, rows=[list(row) for row in sheet.rows])
    opened = Opened(file="a", kind="json", encoding="utf-8", encoding_how="", sheets=())
    return records_sheet(opened, json.loads(physical.json_list([table.header, *table.rows])))


def reading_of(table, quick, gone, ask):
    with (
        patch("fanecon.loaders.confined.parsed", parsed_here),
        patch("fanecon.loaders.columns.LARGE_ROWS", -1 if quick else 10**9),
        patch("fanecon.loaders.vectors.LARGE", 1 if quick else 10**9),
    ):
        try:
            sheet = blanked(sheet_of(table, quick), gone)
            epoch = 1900 if table.form == "xlsx" else None
            opened = Opened(file="a", kind="text", encoding="", encoding_how="", sheets=(sheet,), epoch=epoch)
            return read_sheet(EVERY, opened, header_of(EVERY, opened), ask)
        except FileError as error:
            return error


def read_alike(table):
    """Compare a table, then again without the rows that are complained of, until one is read."""
    cells = [[fits(table.form, cell) for cell in row] for row in table.rows]
    table = dataclasses.replace(table, rows=cells)
    ask = Ask(personal=len(table.rows) % 2 == 0)
    gone = set()
    for _ in range(6):
        careful, quick = (reading_of(table, way, gone, ask) for way in (False, True))
        same(careful, quick)
        places = careful.places if isinstance(careful, FileError) else ()
        more = {(place.sheet, place.row) for place in places if place.row} - gone
        if not more:
            return
        gone |= more


SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@pytest.mark.parametrize("form", drawn.FORMS)
def test_the_two_ways_of_the_comparison_are_two_ways_and_read(form):
    rows = [[f"k{at}", float(at), "春天", 0.5, None, "x" if at else "y"] for at in range(20)]
    table = drawn.Drawn(
        form=form, above=[], header=[drawn.KEY, drawn.COUNT, "作为text", "作为share", "备注", "IP"], rows=rows
    )
    with patch("fanecon.loaders.confined.parsed", parsed_here), patch("fanecon.loaders.columns.LARGE_ROWS", -1):
        assert isinstance(sheet_of(table, True).rows, Cells)
    careful, quick = (reading_of(table, way, set(), Ask()) for way in (False, True))
    same(careful, quick)
    assert len(quick.main) == 20


def both_ways(form, header, rows):
    """A table in both ways, and whether its columns were kept as columns."""
    table = drawn.Drawn(form=form, above=[], header=[drawn.KEY, drawn.COUNT, *header], rows=rows)
    careful, quick = (reading_of(table, way, set(), Ask()) for way in (False, True))
    same(careful, quick)
    with patch("fanecon.loaders.confined.parsed", parsed_here), patch("fanecon.loaders.columns.LARGE_ROWS", -1):
        return quick, isinstance(sheet_of(table, True).rows, Cells)


@pytest.mark.parametrize("at", [3, 15])
@pytest.mark.parametrize(
    ("form", "kind", "usual", "odd", "reason"),
    [
        ("json", "count", 1, True, "not a number"),
        ("json", "count", 1, 2.5, "not a whole number"),
        ("json", "id", 5_300_000_000_003_000, 5_300_000_000_003.5, "lost digits"),
        ("json", "id", 5_300_000_000_003_000, 1.22158e17, "lost digits"),
        ("parquet", "id", "5300000000003000", "5300000000003.5", "lost digits"),
        ("parquet", "id", "5300000000003000", "1.22158E+17", "lost digits"),
        ("csv", "id", "5300000000003000", "5300000000003.5", "lost digits"),
        ("parquet", "id", 2.0**52, 2.0**53, "lost digits"),
        ("parquet", "id", 1.0, 1.5, "lost digits"),
        ("parquet", "count", 1000, -5, "below zero"),
        ("parquet", "count", 1.0, -5.0, "below zero"),
        ("parquet", "count", 1.0, 1.5, "not a whole number"),
        ("parquet", "count", 1.0, float("inf"), "not a number"),
        ("parquet", "count", 1.0, 1e18, "too large"),
        ("parquet", "count", 1, 10**18, "too large"),
        ("parquet", "share", 0.5, 1e20, ""),
        ("parquet", "share", 0.5, -0.5, "below zero"),
        ("parquet", "real", 0.5, float("-inf"), "not a number"),
        ("parquet", "unix", 1_788_105_600, 45_000, "not a unix time"),
        ("parquet", "unix", 1_788_105_600, -1_788_105_600, "not a unix time"),
        ("parquet", "unix", 1_788_105_600.0, 4_102_444_800.0, "outside"),
        ("parquet", "flag", 1, 2, "neither"),
        ("xlsx", "day", dt.date(2026, 9, 1), dt.datetime(2026, 9, 2, 5), ""),
        ("xlsx", "count", 1.0, True, "not a number"),
        ("xlsx", "time", dt.datetime(2026, 9, 1, 5), 60.0, "29 February"),
    ],
)
def test_a_cell_that_is_no_such_thing_is_refused_in_bulk_too(form, kind, usual, odd, reason, at):
    rows = [[f"k{row}", 7, odd if row == at else usual] for row in range(30)]
    quick, _ = both_ways(form, [f"作为{kind}"], rows)
    if not reason:
        assert len(quick.main) == 30
        return
    assert isinstance(quick, FileError)
    assert [place.row for place in quick.places] == [at + 2]
    assert reason in str(quick)


def test_a_hundred_thousand_and_one_is_a_number_and_a_nan_is_missing_in_bulk():
    rows = [[f"k{row}", [100_001.0, float("nan"), -0.0, 2.0][row % 4]] for row in range(30)]
    quick, in_bulk = both_ways("parquet", [], rows)
    assert in_bulk
    assert quick.main["reads"].iloc[:4].tolist() == [100_001, pd.NA, 0, 2]


@pytest.mark.parametrize("more", [["", 7.5], [7.5, ""], [7.5, 7.5]])
def test_cells_beyond_the_header_of_a_large_workbook_are_found_alike(more):
    rows = [[f"k{row}", 7, *(more if row % 5 else ["", ""]), *([1.0] if row == 20 else [""])] for row in range(30)]
    both_ways("xlsx", [], rows)
    both_ways("xlsx", [], [[*row[:2], 7.5, row[3]] for row in rows])
    both_ways("xlsx", [], [[*row[:2], *more] for row in rows])


def test_a_format_s_own_reader_sees_an_empty_cell_of_a_workbook_as_it_is():
    rows = [[f"k{row}", 7, row / 2 if row % 3 else ""] for row in range(30)]
    quick, in_bulk = both_ways("xlsx", [drawn.OWN], rows)
    assert in_bulk
    assert quick.main["title"].iloc[:2].tolist() == ["[\"''\"]", "['0.5']"]


@pytest.mark.parametrize(
    "cells", [[1, 2.5], [1, True], [1, 10**400], ["a", "\ud83d"], [dt.date(2026, 9, 1), 3.0], [1, ""]]
)
def test_a_column_that_arrow_would_turn_into_another_type_stays_as_it_is(cells):
    for at in (2, 25):
        rows = [["编号", "阅读数"], *([f"k{row}", cells[row == at]] for row in range(30))]
        with patch("fanecon.loaders.columns.LARGE_ROWS", 12):
            kept = in_columns(rows, gap=None)
        assert kept is rows if at == 25 else kept.below(0) is None


@given(drawn.tables())
@settings(max_examples=300, **SLOW)
def test_any_table_in_any_form_is_read_alike_by_column_and_cell_by_cell(table):
    read_alike(table)


@pytest.mark.nightly
@given(drawn.tables())
@settings(max_examples=6_000, **SLOW)
def test_six_thousand_tables_are_read_alike_by_column_and_cell_by_cell(table):
    read_alike(table)


MEASURED = """
import json, re, sys, time
import pandas, pyarrow, pyarrow.csv, pyarrow.compute, charset_normalizer
from fanecon.loaders import files, spec
from fanecon.loaders.reading import Ask
from fanecon.tables import EVENTS

def derive(columns, ask):
    spec.moments(columns, "when", into="time", precision="time_precision", source="tz_source")

LOG = spec.Spec(
    name="event_log", what="an event log", signs=(("记录编号", "行为"),), table=EVENTS,
    tz="Asia/Shanghai", derive=derive,
    public=("actor_id", "inviter_id", "ip", "payout_account"),
    fields=spec.fields({
        "event_id": "id!! 记录编号", "actor_id": "id 参与人", "inviter_id": "id 邀请人", "action": "text!! 行为",
        "when": "time 参与时间", "ip": "id IP", "device_id": "id 设备号", "amount_minor": "yuan 奖励金额",
        "payout_account": "id 收款账号", "status": "text 状态",
    }),
)
def peak():  # not ru_maxrss, which a new process inherits from a large one
    return 1024 * int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1])

before = peak()
start = time.process_time()
opened = files.open_file(sys.argv[1], words=set())
frame = spec.read_sheet(LOG, opened, spec.header_of(LOG, opened), Ask(personal=True)).main
after = peak()
print(json.dumps({"rows": len(frame), "bytes": after - before, "seconds": time.process_time() - start}))
"""


def event_log(path, rows):
    draw = random.Random(7)
    with Path(path).open("w", encoding="utf-8") as out:
        out.write("记录编号,参与人,邀请人,行为,参与时间,IP,设备号,奖励金额,收款账号,状态,备注\n")
        for at in range(rows):
            actor, inviter, second = draw.randint(1, 300_000), draw.randint(1, 50_000), at * 7 % 86_400
            out.write(
                f"E{at:09d},o{actor:027d},o{inviter:027d},{draw.choice(['报名', '助力', '关注公众号'])},"
                f"2026-09-{at % 28 + 1:02d} {second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d},"
                f"192.0.{draw.randint(0, 255)}.{draw.randint(1, 254)},d{draw.randint(1, 400_000):016x},"
                f"{draw.choice(['1.00', '0.50'])},pay{actor:08d},{draw.choice(['已到账', '处理中'])},无\n"
            )
    return path


def measured(path):
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in other units elsewhere")
@pytest.mark.parametrize("rows", [pytest.param(1_000_000, marks=pytest.mark.nightly), 200_000])
def test_an_event_log_takes_at_most_three_times_its_size(tmp_path, rows):
    path = event_log(tmp_path / "log.csv", rows)
    found = measured(path)
    assert found["rows"] == rows
    assert found["bytes"] <= 3 * path.stat().st_size + (0 if rows == 1_000_000 else 30_000_000)


SAMPLES = Path(__file__).parents[2] / "shared" / "samples"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")
def test_every_sample_gives_the_same_tables_in_bulk(monkeypatch):
    ask = Ask(captured_at=dt.datetime(2026, 9, 30, tzinfo=dt.UTC))
    paths = [
        path
        for path in sorted(SAMPLES.rglob("*.*"))
        if path.suffix in (".csv", ".xlsx", ".xls", ".json", ".jsonl", ".txt")
    ]
    careful = [read_or_refuse(path, ask) for path in paths]
    for name, most in (("files.LARGE_ROWS", -1), ("columns.LARGE_ROWS", -1), ("vectors.LARGE", 1)):
        monkeypatch.setattr(f"fanecon.loaders.{name}", most)
    for path, one in zip(paths, careful, strict=True):
        other = read_or_refuse(path, ask)
        assert type(one) is type(other), path
        if isinstance(one, FileError):
            assert str(one) == str(other)
            continue
        for name, table in one.tables.items():
            pd.testing.assert_frame_equal(table, other[name])
        assert (one.notes, one.rows_read, one.rows_rejected) == (other.notes, other.rows_read, other.rows_rejected)


def read_or_refuse(path, ask):
    try:
        return read(path, ask=ask)
    except FileError as error:
        return error
