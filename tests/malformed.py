"""Malformed files: for each kind of defect, a good table with one thing wrong, in the physical formats it occurs in.

Every function is pure and gives bytes; nothing is kept.  A :class:`Bad` says where its defect stands as the user's
program shows it, so that a test can ask whether the refusal says the same.
"""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import io
import itertools
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq
from physical import BOOKS, SHEET, WRITE, delimited, html
from wechat_files import HEADER_16, HEADER_FOLLOWERS, article, link, row_16, sheet_xml, xlsx_bytes


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A malformed file; `says` are words of the reason; row, column and value where the defect is in a cell.

    `named` is what a refusal names instead of the file: the member of an archive.
    """

    name: str
    data: bytes
    says: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: object = None
    personal: bool = False
    named: str = ""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A good table: rows above the header, header, rows; its columns by what they hold; and the forms it comes in.

    `twins` are other names of one column; `key` are cells of a row that may not come twice with other numbers.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    holds: Mapping[str, str]
    forms: tuple[str, ...]
    above: tuple[tuple[object, ...], ...] = ()
    needed: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    again: bool = False

    def table(self) -> list[list[object]]:
        return [list(row) for row in (*self.above, self.header, *self.rows)]

    @property
    def first(self) -> int:
        """The 1-based row of the first record."""
        return len(self.above) + 2

    def data(self, form: str) -> bytes:
        return WRITE[form](self.table())

    def changed(self, changes: Mapping[tuple[int, str], object], form: str) -> bytes:
        """With other cells: (0-based record, column) → cell."""
        table = self.table()
        for (at, column), cell in changes.items():
            table[self.first - 1 + at][self.header.index(column)] = cell
        return WRITE[form](table)


FLAT = ("csv", "tsv", "xlsx", "xls", "parquet")
LIST = Base(
    name="content_list",
    header=tuple(HEADER_16),
    rows=tuple(tuple(row_16(f"第{at}篇", 20220301 + at, link(100 + at))) for at in range(8)),
    holds={"count": "总阅读人数", "share": "阅读完成率", "day": "发表时间"},
    forms=FLAT,
    needed=("发表时间", "总阅读人数"),
    twins=("总阅读人数", "阅读人数"),
    again=True,
)
FOLLOWERS = Base(
    name="user_analysis",
    above=(("用户增长", "", "", "", ""),),
    header=tuple(HEADER_FOLLOWERS),
    rows=tuple((f"2026-08-{30 - at:02d}", 50 + at, 12, 38 + at, 20000 - at) for at in range(8)),
    holds={"count": "取消关注人数", "day": "时间"},
    forms=("html", "csv", "xlsx", "xls", "tsv"),
    needed=("时间", "新关注人数"),
    twins=("时间", "日期"),
    again=True,
)
SEARCH = Base(
    name="weibo_search",
    header=(
        *("id", "bid", "user_id", "用户昵称", "微博正文", "头条文章url", "发布位置", "艾特用户", "话题", "转发数"),
        *("评论数", "点赞数", "发布时间", "发布工具", "微博图片url", "微博视频url", "retweet_id"),
    ),
    rows=tuple(
        (
            *(
                f"530000000000300{at}",
                f"QCa{at}",
                f"190000020{at}",
                f"搜索用户{at}",
                f"第{at}条\n第二行",
                "",
                "杭州",
                "",
            ),
            *("九月书单,读书", 7 * at, 3, 11, f"2026-09-0{at + 1} 08:00", "iPhone客户端", "", "", ""),
        )
        for at in range(8)
    ),
    holds={"count": "转发数", "time": "发布时间", "id": "id"},
    forms=FLAT,
    needed=("发布时间", "id"),
    twins=("微博正文", "微博正文"),
)
MAIL = Base(
    name="mailchimp_campaigns",
    header=(
        *("Title", "Subject", "Send Date", "Total Recipients", "Successful Deliveries", "Total Bounces"),
        *("Unique Opens", "Open Rate", "Total Opens", "Unique Clicks", "Click Rate", "Unsubscribes"),
        *("Total Revenue", "Unique Id"),
    ),
    rows=tuple(
        (
            *(f"Letter {at}", f"Letter #{at}, with a comma", f"Jul 0{at + 1}, 2021 09:30 pm", 1100, 1000, 100),
            *(250, "25.00%", 562, 50, "5.00%", 3, "12.50", f"17671f600{at}"),
        )
        for at in range(8)
    ),
    holds={"count": "Successful Deliveries", "share": "Open Rate", "time": "Send Date", "money": "Total Revenue"},
    forms=FLAT,
    needed=("Unique Opens", "Unique Id"),
    twins=("Unique Opens", "Unique Opens"),
    again=True,
)
INVITES = Base(
    name="invite_log",
    header=("活动ID", "参与人openid", "手机号", "邀请人openid", "参与时间", "IP", "奖励金额(元)", "状态"),
    rows=tuple(
        (
            *("A2026-09", f"oEXAMPLE{at:020d}", f"1390000000{at}", f"oEXAMPLE{at // 2:020d}"),
            *(f"2026-09-03 20:1{at}:49", f"198.51.100.{at}", "1.00", "已发放"),
        )
        for at in range(8)
    ),
    holds={"time": "参与时间", "money": "奖励金额(元)", "phone": "手机号", "ip": "IP"},
    forms=FLAT,
    twins=("参与时间", "报名时间"),
)
COMMENTS = Base(
    name="weibo_comments",
    header=("id", "weibo_id", "created_at", "user_screen_name", "text", "like_count"),
    rows=tuple(
        (f"51000000000000{at:02d}", "5300000000003000", f"2026-09-03 20:1{at}:49", f"用户{at}", "转发", at)
        for at in range(8)
    ),
    holds={"time": "created_at", "id": "weibo_id"},
    forms=("parquet", "csv", "xlsx", "tsv"),
    needed=("created_at",),
    twins=("created_at", "created_at"),
)
MEDIA = Base(
    name="mediacrawler",
    header=("note_id", "content", "create_time", "last_modify_ts", "liked_count", "comments_count", "shared_count",
            "note_url", "user_id"),
    rows=tuple(
        (f"53000000000060{at:02d}", f"第{at}条", 1788437100 + at, 1788523500000, "12", "3", str(at), "", "1900000001")
        for at in range(8)
    ),
    holds={"count": "liked_count", "unix": "create_time", "id": "note_id"},
    forms=("jsonl", "json", "csv", "parquet"),
    needed=("note_id",),
)  # fmt: skip
BASES = (LIST, FOLLOWERS, SEARCH, MAIL, INVITES, COMMENTS, MEDIA)

# --- defects of a cell: kind → (cell, words of the reason) ---

NOT_WHOLE, NOT_A = "not a whole number", "not a number"
CELLS: dict[str, dict[str, tuple[object, str]]] = {
    "count": {
        "letters in a count": ("many", NOT_A),
        "negative count": (-5, "below zero"),
        "fraction in a count": (94.5, NOT_WHOLE),
        "count too large": ("1000000000000000000", "too large"),
        "ambiguous comma": ("1,23", NOT_A),
        "boolean in a count": (True, NOT_A),
        "text of a formula error": ("#DIV/0!", NOT_A),
        "two points": ("1.2.3", NOT_A),
        "two units": ("1万万", NOT_A),
        "scientific count": ("1.2E+05", NOT_A),
        "infinite count": ("inf", NOT_A),
        "day in a count": (dt.date(2022, 3, 4), "not a"),
        "percent in a count": ("12%", NOT_A),
        "footnote at a count": ("94²", NOT_A),
    },
    "share": {
        "percent among fractions or back": ("", "percents and fractions"),
        "share above one": (1.7, "above 1"),
        "floor in a share": ("10万+", "not a share"),
        "share below zero": (-0.1, "below zero"),
        "letters in a share": ("high", NOT_A),
        "percent sign alone": ("%", NOT_A),
        "footnote at a share": ("25²%", NOT_A),
    },
    "day": {
        "no such day": ("20220231", "no such day"),
        "year-less day": ("03-29", "not certain"),
        "day and month": ("3/4/2022", "not certain"),
        "relative day": ("昨天", "not a day"),
        "Excel day 60": (60, "29 February 1900"),
        "day number without a format": ("44649", "Excel day number"),
        "day before 1990": ("1899-12-31", "outside"),
        "empty day": ("", "no day"),
        "placeholder for a day": ("--", "no day"),
        "boolean day": (True, "not a day"),
    },
    "time": {
        "no such day in a time": ("2026-02-30 08:00", "no such time"),
        "hour 25": ("2026-09-03 25:00", "no such time"),
        "skipped clock time": ("1988-04-17 02:30", "skipped"),
        "relative time": ("3小时前", "moment of capture"),
        "year-less time": ("09-03 08:00", "moment of capture"),
        "day and month in a time": ("3/4/2026 08:00", "exchanged"),
        "letters in a time": ("noon", "not a time"),
        "boolean time": (True, "not a time"),
        "zone of another planet": ("2026-09-03 08:00 +99:00", "no such time zone"),
        "time before 1980": ("1969-12-31 08:00", "outside"),
    },
    "unix": {
        "letters in a unix time": ("noon", "not a unix time"),
        "unix time of another age": ("99999999999", "outside"),
        "negative unix time": (-1788437100, "not a unix time"),
        "empty unix time": ("", "no value"),
        "boolean unix time": (True, "not a unix time"),
    },
    "id": {
        "destroyed id": ("1.22E+17", "lost digits"),
        "id with a fraction": (5300000000003.5, "lost digits"),
        "empty id": ("", "no value"),
        "placeholder for an id": ("-", "no value"),
    },
    "money": {
        "finer than a coin": ("1.234", "finer than its smallest coin"),
        "letters in money": ("free", NOT_A),
        "money too large": ("99999999999999999999", "too large"),
    },
    "phone": {"letters in a phone": ("call me", "phone"), "destroyed phone": ("1.39E+10", "")},
    "ip": {"address out of range": ("198.51.100.999", "internet address")},
}
# Not a defect there: an order is known, a zone has no summer time.
EXCEPT = {
    ("mailchimp_campaigns", "day and month in a time"),
    ("mailchimp_campaigns", "skipped clock time"),
}
ONLY_TYPED = {"boolean day": BOOKS, "Excel day 60": BOOKS, "day in a count": ("csv", *BOOKS)}
THRIFTY = ("user_analysis", "mailchimp_campaigns")  # their cells are read by the same functions: one form each
MIXED = {"content_list": "68.89%", "mailchimp_campaigns": 0.25}


def in_cells() -> Iterator[Bad]:
    """One broken cell in a good table."""
    turn = itertools.count()
    for base in BASES:
        for role, column in base.holds.items():
            for kind, (cell, says) in CELLS[role].items():
                if (base.name, kind) not in EXCEPT:
                    odd = MIXED[base.name] if kind.startswith("percent among") else cell
                    for form in _forms(base, kind, next(turn)):
                        yield _in_cell(base, kind, column, (odd, says), form)


def _forms(base: Base, kind: str, turn: int) -> list[str]:
    able = [form for form in base.forms if form in ONLY_TYPED.get(kind, base.forms)]
    other = able[turn % len(able)]
    return [other] if base.name in THRIFTY else list(dict.fromkeys([able[0], other]))


def _in_cell(base: Base, kind: str, column: str, odd: tuple[object, str], form: str) -> Bad:
    at = 2
    return Bad(
        name=named(base, kind, form),
        data=base.changed({(at, column): odd[0]}, form),
        says=odd[1],
        sheet=SHEET if form in BOOKS else None,
        row=base.first + at,
        column=column,
        value=odd[0],
        personal=column in ("手机号", "IP"),
    )


def named(base: Base, kind: str, form: str) -> str:
    return f"{base.name} {kind}.{'xls' if form == 'html' else form}".replace(" ", "_").replace("/", "_")


# --- defects of a whole table ---


def in_tables() -> Iterator[Bad]:
    """A table whose columns or rows are wrong as a whole."""
    for base in BASES:
        for form in dict.fromkeys([base.forms[0], "xlsx" if "xlsx" in base.forms else base.forms[1]]):
            yield from _columns_wrong(base, form)
            yield from _rows_wrong(base, form)


def _columns_wrong(base: Base, form: str) -> Iterator[Bad]:
    for column in base.needed:
        at = base.header.index(column)
        without = [[cell for place, cell in enumerate(row) if place != at] for row in base.table()]
        yield Bad(name=named(base, f"without {column}", form), data=WRITE[form](without))
    if base.twins and form not in ("parquet", "json", "jsonl"):
        old, new = base.twins
        at = base.header.index(old)
        twice = [[*row, new if row[at] == old else row[at]] for row in base.table()]
        twice[: len(base.above)] = [[*row, ""] for row in base.above]
        yield Bad(name=named(base, f"{old} twice", form), data=WRITE[form](twice), says="mean the same")


def _rows_wrong(base: Base, form: str) -> Iterator[Bad]:
    head = base.table()[: base.first - 1]
    if form not in ("json", "jsonl"):
        yield Bad(name=named(base, "header only", form), data=WRITE[form](head))
    if base.again:
        twin = list(base.rows[1])
        twin[base.header.index(base.holds.get("count", base.header[-1]))] = 77
        table = base.table()
        table.insert(base.first + 3, twin)
        yield Bad(name=named(base, "one key twice", form), data=WRITE[form](table))
    if form in ("csv", "xlsx", "html") and base.name != "mediacrawler":
        table = base.table()
        row = base.first + 2
        table[row - 1] += ["moved"] * 3
        sheet = SHEET if form in BOOKS else None
        yield Bad(name=named(base, "cell beyond the header", form), data=WRITE[form](table), sheet=sheet, row=row)
    if "id" in base.holds and base.name == "weibo_search":
        lost = {(at, "id"): f"530000000000{at}000000" for at in range(len(base.rows))}
        yield Bad(name=named(base, "ids that lost digits", form), data=base.changed(lost, form), says="lost digits")


# --- defects of the bytes ---

LOGIN = '<!DOCTYPE html><html><head><title>登录</title></head><body><form action="/login">扫码登录</form></body></html>'


def in_bytes() -> Iterator[Bad]:
    """Files that are cut off, damaged, empty, hostile, or something else than their name says."""
    yield from _texts()
    yield from _strangers()
    yield from _cut()
    yield from _hostile()


def _texts() -> Iterator[Bad]:
    for base in (LIST, SEARCH, MAIL):
        good = base.data("csv")
        middle = len(good) // 2
        quoted = delimited(base.table()).replace(b"\r\n", b'\r\n"', 1)
        yield Bad(name=f"{base.name}_unclosed_quote.csv", data=quoted)
        yield Bad(name=f"{base.name}_nul.csv", data=good[:middle] + b"\x00" + good[middle:], says="NUL")
        yield Bad(name=f"{base.name}_nul_far.csv", data=good + b"\r\n" * 3000 + b"\x00", says="NUL")
        yield Bad(name=f"{base.name}_wrong_mark.csv", data=b"\xff\xfe" + good)
        yield Bad(name=f"{base.name}_utf16_without_mark.csv", data=delimited(base.table(), encoding="utf-16-le"))
        yield Bad(name=f"{base.name}_half_gb18030.csv", data=good + delimited(base.table(), encoding="gb18030")[-700:])
    tail = LIST.data("csv") + "一二三".encode()[:-1]
    yield Bad(name="broken_tail.csv", data=tail, says="middle of a character")
    yield Bad(name="broken_middle.csv", data=LIST.data("csv").replace("篇".encode(), "篇".encode()[:2], 1))


def _strangers() -> Iterator[Bad]:
    draw = random.Random(20260903)
    for form in ("csv", "xls", "xlsx", "json", "parquet"):
        yield Bad(name=f"empty.{form}", data=b"", says="empty")
        yield Bad(name=f"rubbish.{form}", data=draw.randbytes(4000))
    yield Bad(name="blank.csv", data=b"\xef\xbb\xbf \r\n\t\r\n")
    yield Bad(name="blank_lines.xls", data=b"\r\n" * 50, says="empty")
    yield Bad(name="commas.csv", data=b",,,\r\n" * 50)
    yield Bad(name="total_login.xls", data=LOGIN.encode(), says="登录")
    yield Bad(name="answer_login.json", data=LOGIN.encode(), says="登录")
    yield Bad(name="user_analysis_empty_table.xls", data=html([]))
    yield Bad(name="one_word.csv", data=b"hello")
    yield Bad(name="prose.csv", data="今天没有数据,请稍后再试。\r\n谢谢\r\n".encode())
    yield Bad(name="foreign_table.csv", data=b"colour,taste\r\nred,sweet\r\n", says="No known format")
    signs = {"pdf": b"%PDF-1.7\n%\xe2\xe3", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff\xe0", "gif": b"GIF89a"}
    signs |= {
        "rar": b"Rar!\x1a\x07\x00",
        "7z": b"7z\xbc\xaf\x27\x1c",
        "bz2": b"BZh91AY",
        "sqlite": b"SQLite format 3\x00",
    }
    for what, sign in signs.items():
        yield Bad(name=f"{what}_named.csv", data=sign + draw.randbytes(300), says="This is a")
    yield Bad(name="gzip_of_rubbish.csv", data=gzip.compress(draw.randbytes(2000), mtime=0))
    yield Bad(name="gzip_of_nothing.csv", data=gzip.compress(b"", mtime=0), says="gzip")
    yield Bad(name="gzip_twice.csv", data=gzip.compress(gzip.compress(LIST.data("csv"), mtime=0), mtime=0), says="gzip")
    old = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    yield Bad(name="excel2003.xls", data=old)


def _cut() -> Iterator[Bad]:
    for base in (LIST, SEARCH, FOLLOWERS, MAIL):
        good = base.data("csv").rstrip()
        yield Bad(name=f"{base.name}_cut.csv", data=good[: good.rindex(b",")])
        for form in ("xlsx", "xls"):
            data = base.data(form)
            yield Bad(name=f"{base.name}_cut.{form}", data=data[: len(data) * 2 // 3])
    for base in (COMMENTS, MEDIA):
        data = base.data("parquet")
        yield Bad(name=f"{base.name}_cut.parquet", data=data[: len(data) * 2 // 3])
        yield Bad(name=f"{base.name}_head.parquet", data=data[:8])
    page = html(FOLLOWERS.table())
    yield Bad(name="user_analysis_cut.xls", data=page[: len(page) // 2], says="cut off")
    packed = gzip.compress(LIST.data("csv"), mtime=0)
    yield Bad(name="cut.csv.gz", data=packed[: len(packed) // 2], says="cut off")
    lines = MEDIA.data("jsonl")
    yield Bad(name="cut.jsonl", data=lines[: len(lines) - 20], says="JSON")
    yield Bad(name="cut.json", data=MEDIA.data("json")[:-20], says="JSON")


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _hostile() -> Iterator[Bad]:
    table = sheet_xml(LIST.table())
    far = table.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    yield Bad(name="far_corner.xlsx", data=xlsx_bytes([far]), says="16,384 columns")
    yield Bad(name="bomb.xlsx", data=xlsx_bytes([table], [("xl/media/x", bytes(30_000_000))]), says="ratio")
    yield Bad(name="many_parts.xlsx", data=xlsx_bytes([table], [(f"x{at}", b"") for at in range(1000)]), says="parts")
    yield Bad(name="outside.xlsx", data=xlsx_bytes([table], [("../x", b"")]), says="outside")
    yield Bad(name="encrypted.xlsx", data=ole + "EncryptedPackage".encode("utf-16-le") + bytes(500), says="password")
    yield Bad(name="no_sheet.xlsx", data=xlsx_bytes([]))
    yield Bad(name="broken_sheet.xlsx", data=xlsx_bytes([table[: len(table) // 2]]))
    yield Bad(name="ole_rubbish.xls", data=ole + random.Random(7).randbytes(2000))
    yield Bad(name="empty_archive.zip", data=zipped({}))
    yield Bad(name="archive_of_text.zip", data=zipped({"readme.txt": b"nothing here"}), named="readme.txt")
    inside = zipped({"inside.zip": zipped({"a.csv": LIST.data("csv")})})
    yield Bad(name="archive_of_archive.zip", data=inside, says="archive", named="inside.zip")
    yield Bad(name="archive_bomb.zip", data=zipped({"a.csv": bytes(30_000_000)}), says="ratio")
    yield Bad(name="archive_outside.zip", data=zipped({"../a.csv": LIST.data("csv")}), says="outside")
    yield Bad(name="long_cell.csv", data=LIST.data("csv") + b"x" * 200_000 + b",1\r\n")
    yield Bad(name="nested.parquet", data=_nested(), says="lists or records")


def _nested() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"], "weibo_id": ["2"], "created_at": [["2026-09-03 20:10"]]}), out)
    return out.getvalue()


# --- answers in JSON ---


def in_answers() -> Iterator[Bad]:
    """Answers of getarticletotal with one thing wrong, and answers that are none."""
    cells: dict[str, tuple[object, str]] = {
        "letters": ("many", NOT_A),
        "negative": (-1, "below zero"),
        "fraction": (10.5, NOT_WHOLE),
        "too large": (10**18, "too large"),
        "boolean": (True, NOT_A),
        "list": ([1], NOT_A),
        "below the session": (10, "against"),
        "fall of a running count": (90, "not what it says or against another"),
    }
    for kind, (cell, says) in cells.items():
        key = "int_page_read_user"
        yield _answer(f"total {kind}", key, cell, says)
        if kind not in ("below the session", "fall of a running count"):
            yield _answer(f"delivered {kind}", "target_user", cell, says)
    yield _answer("reads below the session", "int_page_read_count", 10, "against")
    yield _answer("fall of shares", "share_count", 6, "not what it says or against another")
    days = {"no such day": ("2026-09-31", "no such day"), "no day": ("", "no day"), "long after": ("2027-09-01", ""),
            "before publication": ("2026-08-01", ""), "year-less": ("09-02", "not certain")}  # fmt: skip
    for kind, (cell, says) in days.items():
        yield _answer(f"stat_date {kind}", "stat_date", cell, says)
    yield from _not_answers()


def _answer(kind: str, key: str, cell: object, says: str) -> Bad:
    found = [article(f"265{at}_1", days=(100, 150)) for at in range(3)]
    broken = copy.deepcopy(found)
    broken[1]["details"][1][key] = cell
    whole = json.dumps({"list": broken}, ensure_ascii=False).encode()
    name = f"getarticletotal {kind}.json".replace(" ", "_")
    return Bad(name=name, data=whole, says=says, row=5, column=key, value=cell)


def _not_answers() -> Iterator[Bad]:
    whole: dict[str, object] = {
        "error": {"errcode": 61503, "errmsg": "data not ready"},
        "error among days": [{"list": [article()]}, {"errcode": 40001, "errmsg": "invalid credential"}],
        "empty list": {"list": []},
        "empty object": {},
        "nothing": [],
        "null": None,
        "number": 7,
        "text": "ok",
        "another interface": {"users": [{"name": "x", "age": 3}], "page": 1},
        "list of lists": [[1, 2], [3, 4]],
        "record that is none": {"list": [article(), "gone"]},
        "no id": {"list": [{key: cell for key, cell in article().items() if key != "msgid"}]},
        "own server": {"list": [{"ref_date": "2026-09-01", "callback_count": 3, "fail_count": 0}]},
        "two days of publication": {"list": [article(), article(ref_date="2026-09-02")]},
    }
    for kind, answer in whole.items():
        yield Bad(name=f"answer {kind}.json".replace(" ", "_"), data=json.dumps(answer, ensure_ascii=False).encode())
    good = json.dumps({"list": [article()]})
    yield Bad(name="answer_cut.json", data=good[:-30].encode(), says="JSON")
    yield Bad(name="answer_nan.json", data=good.replace("100", "NaN", 1).encode(), says="NaN")
    again = good.replace('"share_user": 5', '"share_user": 5, "share_user": 7', 1)
    yield Bad(name="answer_name_twice.json", data=again.encode(), says="'share_user' stands twice")
    table = [["ref_date", "user_source", "new_user", "cancel_user", "new_user"], ["2026-09-01", 0, 5, 1, 7]]
    yield Bad(name="answer_table_name_twice.csv", data=delimited(table), says="one name")
    yield Bad(name="answer_deep.json", data=b"[" * 100_000)
    yield Bad(name="answer_single_quotes.json", data=b"{'list': []}", says="JSON")
    yield Bad(name="answer_broken_line.jsonl", data=(good + "\n" + good[:50]).encode(), says="JSON", row=2)
    yield Bad(name="answer_tail.json", data=(good + "}").encode(), says="JSON")


def files() -> list[Bad]:
    """All of them; names are unique."""
    parts: tuple[Callable[[], Iterator[Bad]], ...] = (in_cells, in_tables, in_bytes, in_answers)
    found = [bad for part in parts for bad in part()]
    return [replace(bad, name=f"{at:03d}_{bad.name}") for at, bad in enumerate(found)]
