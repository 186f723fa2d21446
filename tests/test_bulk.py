"""The quick way through a large table against the careful one: the same tables, the same complaints, less memory."""

import csv
import dataclasses
import datetime as dt
import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders import delimited
from fanecon.loaders.columns import Cells
from fanecon.loaders.files import Opened, Sheet, open_file
from fanecon.loaders.reading import Ask
from fanecon.loaders.spec import Spec, days, fields, header_of, moments, read_sheet
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
    *("1,234", "1，234", "(12)", "1,23", "abc", "1e5", "1E22", "12345e10", "1.22E+17", "12.5", "-5"),
    *("007", "0", "000", " 42 ", "\u200b7", "30%", "0.3", "3.5", "99999999999999999999"),
    *("12345678901234567890", "12345670000000000", "3\u0301", "x", " x ", "2026-02-30 10:00:00"),
    *("2024-02-29 00:00:00", "2026/9/1", "2026-09-01", "20260901", "45000", "昨天 12:00", "3小时前"),
    *("1988-04-17 00:30:00", "1986-05-04 02:30:00", "1991-09-15 01:30:00", "1991-09-15 01:30"),
    *("2099-12-31 23:59:59", "2026-09-01T01:02:03Z", "2026-09-01 01:02:03 +0800"),
    *("2026-09-01 01:02:03.5Z", "1899-01-01 00:00:00", "2100-01-01 00:00:00", "0000-00-00 00:00:00"),
    *("1788105600", "1788105600000", "178810560", "9999999999", "0", "true", "否", "是", "no", "total"),
    *("合计", "Grand Total", "累计", "tEST", "g", "gg gg", "全部", '"q"', "a\\b", "a\nb", '{"x": 1}'),
    *("[1]", "😀 hi", "\u3000全角\u3000", "\tabc", "abcdef ", "13800000000", "a@b.cn", "2001:db8::1"),
    *("192.0.2.1"),
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
    for split, given in ((delimited.rows_of, text), (delimited.columns_of, text.encode())):
        with pytest.raises(FileError) as caught:
            split("a", given, {"编号"})
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


MEASURED = """
import json, resource, sys, time
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
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
opened = files.open_file(sys.argv[1], words=set())
frame = spec.read_sheet(LOG, opened, spec.header_of(LOG, opened), Ask(personal=True)).main
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"rows": len(frame), "bytes": 1024 * (after - before), "seconds": time.process_time() - start}))
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
