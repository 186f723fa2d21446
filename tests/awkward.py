"""Correct files that are awkward to read, each with its true table, worked out by hand.

Most are one and the same list of three articles in another spelling; what a spelling changes in the truth (a rounded
count, a floor) stands beside it.  Every value is invented.
"""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from physical import delimited, html, json_lines, json_list, parquet, xls, xlsx
from wechat_files import HEADER_FOLLOWERS, article, link, sheet_xml, xlsx_bytes

Truth = Mapping[str, Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Awkward:
    """A file (or the members of a folder) and the columns of one of its tables as they must be read.

    `left_out` are the rows that are no records: totals, repeated headers.
    """

    name: str
    data: bytes | Mapping[str, bytes]
    truth: Truth
    table: str = "items"
    left_out: int = 0
    also: Mapping[str, Truth] = field(default_factory=dict)


# --- three articles ---

NAMES = ("内容标题", "发表时间", "总阅读人数", "总阅读次数", "送达人数", "阅读完成率", "内容url")
URLS = tuple(link(mid) for mid in (101, 102, 103))
CELLS: dict[str, tuple[object, ...]] = {
    "内容标题": ("春天", "夏天", "秋天"),
    "发表时间": (20220329, 20220330, 20220331),
    "总阅读人数": (94, 1204, 12),
    "总阅读次数": (163, 2301, 12),
    "送达人数": (2112, 2110, 2105),
    "阅读完成率": (0.6889, 0.5, 0.25),
    "内容url": URLS,
}
DAYS = (dt.date(2022, 3, 29), dt.date(2022, 3, 30), dt.date(2022, 3, 31))
TRUE: dict[str, Sequence[object]] = {
    "item_id": ("101_1", "102_1", "103_1"),
    "title": ("春天", "夏天", "秋天"),
    "published_date": DAYS,
    "readers": (94, 1204, 12),
    "reads": (163, 2301, 12),
    "delivered": (2112, 2110, 2105),
    "finish_rate": (0.6889, 0.5, 0.25),
    "url": URLS,
    "lower_bound": (None, None, None),
}


def table(**changed: Sequence[object]) -> list[list[object]]:
    columns = [changed.get(name, CELLS[name]) for name in NAMES]
    return [list(NAMES), *(list(row) for row in zip(*columns, strict=True))]


def true(**changed: Sequence[object]) -> Truth:
    return TRUE | changed


def spelled(name: str, cells: Sequence[object], column: str = "总阅读人数", **changed: Sequence[object]) -> Awkward:
    """The list with one column in another spelling."""
    return Awkward(name=f"{name}.csv", data=delimited(table(**{column: cells})), truth=true(**changed))


def numbers() -> Iterator[Awkward]:
    """Counts as platforms and people write them."""
    none = (None, None, None)
    yield spelled("full-width digits", ("９４", "１２０４", "１２"))
    yield spelled("thousands with a comma", ("94", "1,204", "12"))
    yield spelled("thousands with a full-width comma", ("94", "1，204", "12"))
    yield spelled("thousands with a no-break space", ("94", "1\u00a0204", "12"))
    yield spelled("thousands with a narrow space", ("94", "1\u202f204", "12"))
    yield spelled("thousands with a thin space", ("94", "1\u2009204", "12"))
    yield spelled("blanks around numbers", (" 94", "1204 ", "\t12"))
    yield spelled("plus signs", ("+94", "+1,204", "+12"))
    yield spelled("points and zeros", ("94.0", "1204.00", "12.000"))
    yield spelled("zero-width characters in numbers", ("\u200b94", "12\ufeff04", "\u200e12\u202c"))
    yield spelled("millions with commas", ("1,234,567", "12,345,678", "0"), readers=(1234567, 12345678, 0))
    yield spelled("ten thousands", ("1.2万", "3056.1万", "1.5亿"), readers=(12000, 30561000, 150000000))
    yield spelled("traditional units", ("1.2萬", "2億", "7千"), readers=(12000, 200000000, 7000))
    yield spelled("letters for units", ("1.2w", "5k", "3.1K"), readers=(12000, 5000, 3100))
    yield spelled("hundreds", ("3百", "1.2千", "12"), readers=(300, 1200, 12))
    floors = ("readers", "readers", "readers")
    yield spelled("floors", ("10万+", "10w+", "999+"), readers=(100000, 100000, 999), lower_bound=floors)
    yield spelled(
        "one floor among numbers", (94, "10万+", 12), readers=(94, 100000, 12), lower_bound=(None, "readers", None)
    )
    yield spelled("dashes", ("-", "--", "——"), readers=none)
    yield spelled("words for nothing", ("暂无", "无", "N/A"), readers=none)
    yield spelled("more words for nothing", ("null", "None", "NaN"), readers=none)
    yield spelled("slashes and blanks", ("/", "", " "), readers=none)
    yield spelled("zeros and blanks", ("0", "", "00"), readers=(0, None, 0))


def shares() -> Iterator[Awkward]:
    column = "阅读完成率"
    yield spelled("percents", ("68.89%", "50%", "25.00%"), column)
    yield spelled("full-width percents", ("６８．８９％", "５０％", "２５％"), column)
    yield spelled("percents after a blank", ("68.89 %", "50 %", "25\u00a0%"), column)
    yield spelled("percents with a blank and a zero", ("68.89%", "", "0"), column, finish_rate=(0.6889, None, 0.0))
    yield spelled("percents with dashes", ("68.89%", "--", "100%"), column, finish_rate=(0.6889, None, 1.0))
    yield spelled("fractions without a zero", ("0.6889", "0.50", "0.25000"), column)


def days() -> Iterator[Awkward]:
    column = "发表时间"
    yield spelled("compact days with a point", ("20220329.0", "20220330.0", "20220331.0"), column)
    yield spelled("days with dashes", ("2022-03-29", "2022-3-30", "2022-03-31"), column)
    yield spelled("days with slashes", ("2022/3/29", "2022/03/30", "2022/3/31"), column)
    yield spelled("days with points", ("2022.3.29", "2022.03.30", "2022.3.31"), column)
    yield spelled("Chinese days", ("2022年3月29日", "2022年03月30日", "2022年3月31"), column)
    yield spelled("full-width days", ("２０２２－０３－２９", "２０２２／３／３０", "２０２２０３３１"), column)
    yield spelled("days with clocks", ("2022-03-29 08:15:00", "2022/3/30 8:15", "2022-03-31 23:59:59"), column)
    yield spelled("ISO days", ("2022-03-29T08:15:00", "2022-03-30T00:00", "2022-03-31T23:59:59.999"), column)
    yield spelled("days in three styles", ("20220329", "2022/3/30", "2022年3月31日"), column)
    yield spelled("days with blanks around", (" 2022-03-29 ", "\u00a02022-03-30", "2022-03-31\u200b"), column)


def encodings() -> Iterator[Awkward]:
    rows = table()
    emoji = table(内容标题=("春天🌸", "夏天👨‍👩‍👧", "秋天𠮷"))
    told = true(title=("春天🌸", "夏天👨‍👩‍👧", "秋天𠮷"))
    for code in ("utf-8-sig", "gb18030", "utf-16"):
        yield Awkward(name=f"text in {code}.csv", data=delimited(rows, encoding=code), truth=TRUE)
    yield Awkward(name="tabs in UTF-16.xls", data=delimited(rows, "\t", "utf-16"), truth=TRUE)
    yield Awkward(name="big-endian.csv", data=b"\xfe\xff" + delimited(rows, encoding="utf-16-be"), truth=TRUE)
    yield Awkward(name="emoji in UTF-8.csv", data=delimited(emoji), truth=told)
    yield Awkward(name="emoji in GB18030.csv", data=delimited(emoji, encoding="gb18030"), truth=told)
    yield Awkward(name="line feeds.csv", data=delimited(rows, end="\n"), truth=TRUE)
    yield Awkward(name="carriage returns.csv", data=delimited(rows, end="\r"), truth=TRUE)
    mixed = delimited(rows).replace(b"\r\n", b"\n", 2)
    yield Awkward(name="mixed line ends.csv", data=mixed, truth=TRUE)
    yield Awkward(name="no last line end.csv", data=delimited(rows).rstrip(), truth=TRUE)
    yield Awkward(name="packed.csv.gz", data=gzip.compress(delimited(rows), mtime=0), truth=TRUE)


def layouts() -> Iterator[Awkward]:
    rows = table()
    blank: list[object] = [""] * len(NAMES)
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()
    told: list[list[object]] = [["数据导出"], ["2022-03-01 至 2022-03-31"], [], *rows]
    yield Awkward(name="blank rows above.csv", data=b"\r\n,,\r\n" + delimited(rows), truth=TRUE)
    yield Awkward(name="header in row four.csv", data=delimited(told), truth=TRUE)
    yield Awkward(name="blank columns before.csv", data=delimited([["", "", *row] for row in rows]), truth=TRUE)
    yield Awkward(name="blank rows between.csv", data=delimited([*rows[:2], blank, [], *rows[2:], blank]), truth=TRUE)
    yield Awkward(name="many blank rows below.csv", data=delimited([*rows, *[blank] * 400]), truth=TRUE)
    yield Awkward(name="header again.csv", data=delimited([*rows[:2], rows[0], *rows[2:]]), truth=TRUE, left_out=1)
    total = ["合计", "", 1310, 2476, "", "", ""]
    yield Awkward(name="total below.csv", data=delimited([*rows, total]), truth=TRUE, left_out=1)
    both = [rows[0], ["总计：", *total[1:]], *rows[1:]]
    yield Awkward(name="total above.csv", data=delimited(both), truth=TRUE, left_out=1)
    yield Awkward(name="semicolons.csv", data=delimited(rows, ";"), truth=TRUE)
    yield Awkward(name="tabs.csv", data=delimited(rows, "\t"), truth=TRUE)
    yield Awkward(name="all quoted.csv", data=quoted, truth=TRUE)
    yield Awkward(name="long rows.csv", data=delimited([*rows[:1], *([*row, "", ""] for row in rows[1:])]), truth=TRUE)
    order = [*NAMES[:5], "内容url", "阅读完成率"]
    places = [NAMES.index(name) for name in order]
    turned = [[row[at] for at in places] for row in table(阅读完成率=(0.6889, "", ""))]
    short = [row[:-1] if row[-1] == "" else row for row in turned]
    yield Awkward(name="short rows.csv", data=delimited(short), truth=true(finish_rate=(0.6889, None, None)))
    yield Awkward(
        name="columns in another order.csv", data=delimited([list(reversed(row)) for row in rows]), truth=TRUE
    )
    line = table(内容标题=("春\n天", 'a "b", c', "秋;天"))
    yield Awkward(
        name="line breaks in titles.csv", data=delimited(line), truth=true(title=("春\n天", 'a "b", c', "秋;天"))
    )
    formula = table(内容标题=("=1+1", "@春天", "-5度"))
    yield Awkward(name="titles like formulas.csv", data=delimited(formula), truth=true(title=("=1+1", "@春天", "-5度")))
    words = table(内容标题=("全部", "合计", "无"))
    yield Awkward(name="titles like totals.csv", data=delimited(words), truth=true(title=("全部", "合计", "无")))


def headers() -> Iterator[Awkward]:
    rows = table()[1:]
    spellings = {
        "zero-width": ("\u200b内容标题", "发表\u200b时间", "总阅读人数\ufeff", *NAMES[3:]),
        "bidi": ("\u202a内容标题\u202c", "\u200e发表时间", *NAMES[2:]),
        "blanks in": (" 内容标题 ", "发表 时间", "总阅读\u3000人数", *NAMES[3:]),
        "full-width": (*NAMES[:6], "内容ｕｒｌ"),
        "capital": (*NAMES[:6], "内容URL"),
        "other": ("标题", "发表日期", "阅读人数", "阅读次数", "送达人数", "阅读完成率", "内容链接"),
    }
    for what, names in spellings.items():
        yield Awkward(name=f"{what} header.csv", data=delimited([list(names), *rows]), truth=TRUE)


def books() -> Iterator[Awkward]:
    dated = table(发表时间=DAYS)
    clocked = table(发表时间=tuple(dt.datetime(on.year, on.month, on.day, 8, 15) for on in DAYS))
    texts = [[str(cell) for cell in row] for row in table()]
    set_off: list[list[object]] = [["数据导出"], [], *(["", *row] for row in table())]
    for form, write in (("xlsx", xlsx), ("xls", xls)):
        yield Awkward(name=f"plain.{form}", data=write(table()), truth=TRUE)
        yield Awkward(name=f"dates as dates.{form}", data=write(dated), truth=TRUE)
        yield Awkward(name=f"dates with clocks.{form}", data=write(clocked), truth=TRUE)
        yield Awkward(name=f"numbers as text.{form}", data=write(texts), truth=TRUE)
        yield Awkward(name=f"set off.{form}", data=write(set_off), truth=TRUE)
        yield Awkward(name=f"blank rows below.{form}", data=write([*table(), *[[""] * 7] * 50, ["", " "]]), truth=TRUE)
    second = xlsx_bytes([sheet_xml([["说明"], ["本表由后台导出"]]), sheet_xml(table())])
    yield Awkward(name="on the second sheet.xlsx", data=second, truth=TRUE)
    yield Awkward(name="a page.xls", data=html(table()), truth=TRUE)
    styled = html(table()).replace("<td>春天</td>".encode(), "<td class='x'><b>春</b>&#22825;</td>".encode())
    yield Awkward(name="a page with markup.xls", data=styled, truth=TRUE)
    yield Awkward(name="columns.parquet", data=parquet(table()), truth=TRUE)
    yield Awkward(name="columns with words.parquet", data=_words(), truth=TRUE)


def _words() -> bytes:
    """A Parquet file whose texts are a dictionary and whose days are dates."""
    columns = {name: pa.array(list(CELLS[name])) for name in NAMES}
    columns |= {"内容标题": columns["内容标题"].dictionary_encode(), "发表时间": pa.array(list(DAYS))}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def bundles() -> Iterator[Awkward]:
    head, *rows = table()
    one, two = delimited([head, rows[0]]), delimited([head, *rows[1:]])
    pair = {"a.csv": one, "b.csv": two}
    yield Awkward(name="one.zip", data=zipped({"导出/total.csv": delimited(table())}), truth=TRUE)
    yield Awkward(name="two.zip", data=zipped(pair), truth=TRUE)
    yield Awkward(
        name="folder", data={**pair, ".DS_Store": b"\x00\x00\x00\x01Bud1", "._a.csv": b"\x00\x05\x16"}, truth=TRUE
    )
    yield Awkward(name="folder of kinds", data={"a.xlsx": xlsx([head, rows[0]]), "b.csv": two}, truth=TRUE)


# --- posts, followers, answers, blocks ---

POSTS = (
    *("id", "bid", "user_id", "用户昵称", "微博正文", "头条文章url", "发布位置", "艾特用户", "话题", "转发数"),
    *("评论数", "点赞数", "发布时间", "发布工具", "微博图片url", "微博视频url", "retweet_id"),
)
EIGHT = dt.datetime(2026, 9, 3, 0, 0, tzinfo=dt.UTC)


def post(item: str, at: str = "2026-09-03 08:00", text: str = "九月书单", likes: object = 11) -> list[object]:
    return [item, "QCa", "1900000200", "甲", text, "", "", "", "", 7, 3, likes, at, "网页", "", "", ""]


def posted(items: Sequence[str], **changed: Sequence[object]) -> Truth:
    same = {
        "title": "九月书单",
        "account_id": "1900000200",
        "published_at": EIGHT,
        "shares": 7,
        "comments": 3,
        "likes": 11,
    }
    return {"item_id": items} | {name: [value] * len(items) for name, value in same.items()} | changed


def posts() -> Iterator[Awkward]:
    styles = (
        *("2026-09-03 08:00", "2026-09-03 08:00:00", "2026/9/3 8:00", "2026年09月03日 08:00", "2026.9.3 08:00"),
        *("2026年09月03日08时00分00秒", "2026-09-03T08:00:00+08:00", "2026-09-03T00:00:00Z", "20260903 08:00"),
        *("Thu Sep 03 08:00:00 +0800 2026", "Sep 03, 2026 08:00 am", "2026-09-03 08:00:00.000"),
    )
    ids = [f"53000000000030{at:02d}" for at in range(len(styles))]
    rows = [list(POSTS), *(post(item, at) for item, at in zip(ids, styles, strict=True))]
    yield Awkward(name="times in twelve styles.csv", data=delimited(rows), truth=posted(ids))
    tabs = [list(POSTS), *(post(f"{item}\t") for item in ids[:3])]
    yield Awkward(name="ids before a tab.csv", data=delimited(tabs, encoding="utf-8-sig"), truth=posted(ids[:3]))
    zeros = ["0053", "0530", "5300"]
    yield Awkward(
        name="ids with leading zeros.csv", data=delimited([list(POSTS), *map(post, zeros)]), truth=posted(zeros)
    )
    unseen = [
        list(POSTS),
        post("\u200b5300000000003000"),
        post("5300000000003001\u202c"),
        post("\ufeff5300000000003002"),
    ]
    yield Awkward(name="ids with unseen characters.csv", data=delimited(unseen), truth=posted(ids[:3]))
    newer = [list(POSTS), post(ids[0]), [*post(ids[1]), "浙江", "普通用户", "", "0"]]
    yield Awkward(name="a newer version below.csv", data=delimited(newer), truth=posted(ids[:2]))
    again = [list(POSTS), post(ids[0]), list(POSTS), post(ids[1])]
    yield Awkward(name="posts under two headers.csv", data=delimited(again), truth=posted(ids[:2]), left_out=1)
    case = [["微博id", "微博正文", "发布时间", "点赞数", "转发数", "评论数"],
            *([bid, "九月书单", "2026-09-03 08:00", 11, 7, 3] for bid in ("QDa0pQr5s", "QDa0pqr5s"))]  # fmt: skip
    told = posted(["QDa0pQr5s", "QDa0pqr5s"], account_id=["unknown"] * 2)
    yield Awkward(name="ids that differ in case.csv", data=delimited(case), truth=told)
    floors = [list(POSTS), post(ids[0], likes="100万+"), post(ids[1], likes=1_000_000), post(ids[2], likes="1.2万")]
    told = posted(ids[:3], likes=(1_000_000, 1_000_000, 12_000), lower_bound=("likes", "likes", None))
    yield Awkward(name="likes as floors.csv", data=delimited(floors), truth=told)


MEDIA = (
    "note_id",
    "content",
    "create_time",
    "last_modify_ts",
    "liked_count",
    "comments_count",
    "shared_count",
    "user_id",
)


def media(*numbers: int) -> list[list[object]]:
    return [list(MEDIA), *([f"530000000000600{n}", "九月书单", 1788393600, 1788523500000, "11", "3", 7, "1900000200"]
                           for n in numbers)]  # fmt: skip


def records() -> Iterator[Awkward]:
    told = posted([f"530000000000600{n}" for n in range(3)])
    three, lines = media(0, 1, 2), json_lines(media(0, 1, 2))
    single = {f"{n}.json": json_list(media(n)) for n in range(3)}
    yield Awkward(name="a list.json", data=json_list(three), truth=told)
    yield Awkward(name="a list after a mark.json", data=b"\xef\xbb\xbf\r\n " + json_list(three), truth=told)
    yield Awkward(name="lines.jsonl", data=lines, truth=told)
    yield Awkward(name="lines with blanks.jsonl", data=b"\n" + lines.replace(b"\n", b"\r\n\r\n") + b"\n\n", truth=told)
    yield Awkward(name="lines as json.json", data=lines + b"\n", truth=told)
    yield Awkward(name="escapes.json", data=json.dumps(json.loads(json_list(three))).encode(), truth=told)
    yield Awkward(name="one per file", data=single, truth=told)
    yield Awkward(name="records.zip", data=zipped(single), truth=told)
    yield Awkward(name="packed.json.gz", data=gzip.compress(json_list(three), mtime=0), truth=told)


def followers() -> Iterator[Awkward]:
    whole = {
        "date": [dt.date(2026, 8, day) for day in (28, 29, 30)],
        "followers_new": [50, 60, None],
        "followers_lost": [62, 10, None],
        "followers_net": [-12, 50, None],
        "followers_total": [19988, 20038, 20050],
        "source": ["all"] * 3,
    }
    head = list(HEADER_FOLLOWERS)
    newest: list[list[object]] = [["2026-08-31", "-", "-", "-", "-"], ["2026-08-30", "-", "-", "-", "20,050"]]
    for what, minus in {
        "brackets": "(12)",
        "a true minus": "−12",
        "a full-width minus": "－12",
        "a blank": "- 12",
    }.items():
        rows = [
            ["用户增长"],
            head,
            *newest,
            ["2026/8/29", 60, 10, 50, 20038],
            ["2026年8月28日", 50, 62, minus, "19988"],
        ]
        yield Awkward(
            name=f"followers with {what}.xls", data=html(rows), truth=whole, table="accounts_daily", left_out=1
        )


def articles() -> Iterator[Awkward]:
    """Days of two articles, in one answer or in several."""
    found = [article("265_1", days=(100, 150)), article("266_1", days=(10, 40))]
    told = {"item_id": ["265_1", "266_1"], "readers": [150, 40], "reads": [225, 60], "delivered": [1000, 1000]}
    days = {"item_id": ["265_1"] * 2 + ["266_1"] * 2, "readers": [100, 150, 10, 40], "reads": [150, 225, 15, 60]}
    more = {"item_daily": days}
    answers = [{"list": [one]} for one in found]
    texts = copy.deepcopy(found)
    for one in texts:
        one["details"] = [{key: str(cell) for key, cell in day.items()} for day in one["details"]]
    for name, value in {
        "one answer": {"list": found},
        "a list of answers": answers,
        "numbers as text": {"list": texts},
    }.items():
        yield Awkward(name=f"{name}.json", data=json.dumps(value).encode(), truth=told, also=more)
    lines = "\n".join(json.dumps(one) for one in answers)
    yield Awkward(name="answers in lines.json", data=lines.encode(), truth=told, also=more)
    members = {f"{at}.json": json.dumps(one).encode() for at, one in enumerate(answers)}
    yield Awkward(name="answers in a folder", data=members, truth=told, also=more)


def blocks() -> Iterator[Awkward]:
    """Three tables side by side: channels by day, totals by day, articles by channel."""
    first = [
        ["日期", "渠道", "阅读人数"],
        ["2026-09-01", "全部", 120],
        ["2026-09-01", "朋友圈", 70],
        ["2026-09-02", "全部", "90"],
    ]
    second = [["日期", "分享人数", "跳转阅读原文人数", "微信收藏人数", "发表篇数"], ["2026-09-01", 9, 1, 2, 1],
              ["2026-09-02", 5, 0, 1, 0]]  # fmt: skip
    width = 1 + 3 + 1 + 5
    rows: list[list[object]] = [[""] * width, ["", "数据趋势概况", *[""] * 8]]
    for at in range(4):
        right = second[at] if at < len(second) else [""] * 5
        rows.append(["", *first[at], "", *right])
    told = {
        "stat_date": [dt.date(2026, 9, day) for day in (1, 1, 2)],
        "channel": ["all", "moments", "all"],
        "readers": [120, 70, 90],
        "sharers": [9, None, 5],
    }
    for form, write in (("xls", xls), ("xlsx", xlsx), ("csv", delimited)):
        yield Awkward(name=f"side by side.{form}", data=write(rows), truth=told, table="item_daily")


def files() -> list[Awkward]:
    """All of them; names are unique."""
    parts = (
        numbers,
        shares,
        days,
        encodings,
        layouts,
        headers,
        books,
        bundles,
        posts,
        records,
        followers,
        articles,
        blocks,
    )
    return [one for part in parts for one in part()]
