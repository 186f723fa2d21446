"""Tables drawn at random: a column for every kind of cell, filled with cells of every type, clean and dirty."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import get_args

from hypothesis import strategies as st

from fanecon.loaders.kinds import Kind

KEY, COUNT, OWN = "编号", "阅读数", "自读"
KINDS = get_args(Kind)
OTHERS = ("备注", "手机号", "IP", "")
FORMS = ("csv", "xlsx", "parquet", "json")

# What a number can be and be read wrongly as: a floor, a day number, an id that lost digits, what no float can hold.
WHOLE = (0, 1, -1, 30, 60, 45_000, 99_999, 100_001, 20_260_901, 13_800_000_000, 1_788_105_600, 1_788_105_600_000,
         4_102_444_800, 10**15 - 1, 10**15, 10**15 + 1, 5_300_000_000_003_000, 2**53 - 1, 2**53, 2**53 + 1,
         12_345_678_901_234_567, 10**18 - 1, 10**18, 2**62 + 1, -(2**62), 2**63 - 1, 2**63, 2**64, 10**400)  # fmt: skip
REAL = (-0.0, 0.3, 30.0, 1.5, 94.5, 1.02, 1e-7, 45_000.5, 100_001.0, 1e15, 1e15 - 1, 1e15 - 0.125, 2.0**53, 1.22158e17,
        5_300_000_000_003.5, 1e20, 1e300, float("nan"), float("inf"), float("-inf"))  # fmt: skip
WORDS = (
    *("", " ", "-", "--", "-----", "—", "无", "N/A", "null", "NaN", "inf", "10万+", "100001", "1.2万", "１２３", "94²"),
    *("1,234", "1，234", "(12)", "1,23", "abc", "1e5", "12345e10", "1.22E+17", "1.22E17", "12345.0", "12345.5"),
    *("a.b:c", "5300000000003.5", "53000000000030001.0", ".....", "1.5", "-5", "-0", "007", " 42 ", "\u200b7"),
    *("30%", "0.3", "%", "99999999999999999999", "5300000000003000", "12345678901234567", "3\u0301", "20260901"),
    *("2026-02-30 10:00:00", "2024-02-29 00:00:00", "2026/9/1", "2026-09-01", "45000", "1988-04-17 00:30:00"),
    *("昨天 12:00", "1791-09-15 01:30", "2026-09-01T01:02:03Z", "2026-09-01 01:02:03 +0800", "1788105600"),
    *("1788105600000", "4102444800", "1788105600.5", "true", "否", "total", "合计", '"q"', "a\\b", "a\nb", '{"x": 1}'),
    *("[1]", "😀 hi", "\u3000全角\u3000", "abcdef ", "13800000000", "a@b.cn", "2001:db8::1", "192.0.2.1"),
    *("o" + "A" * 27, "0 days 09:39:32", "0:02:03", "¥12.50"),
)  # fmt: skip
DAYS = (dt.date(2026, 9, 1), dt.date(1899, 12, 31), dt.date(2101, 1, 1))
CLOCKS = (dt.datetime(2026, 9, 1, 1, 2, 3), dt.datetime(1988, 4, 17, 0, 30), dt.datetime(2026, 9, 1))
TIDY = {
    "text": st.sampled_from(["春天来了今天", "hello world", "开卷有益", "x"]),
    "id": st.integers(0, 10**6).map(lambda at: f"id{at:07d}"),
    "digits": st.integers(0, 10**6).map(str),
    "percent": st.integers(0, 10_000).map(lambda at: f"{at / 100:.2f}%"),
    "clock": st.integers(0, 28 * 1440 - 1).map(lambda at: str(dt.datetime(2026, 9, 1) + dt.timedelta(minutes=at))),
    "whole": st.integers(0, 10**6),
    "long": st.integers(10**15, 10**16),
    "unix": st.integers(1_600_000_000, 1_800_000_000),
    "real": st.floats(0, 1e6),
    "share": st.floats(0, 1),
    "counted": st.integers(0, 10**6).map(float),
    "phone": st.integers(0, 10**8 - 1).map(lambda at: f"138{at:08d}"),
    "mail": st.integers(0, 9).map(lambda at: f"reader{at}@example.org"),
    "ip": st.integers(0, 255).map(lambda at: f"192.0.2.{at}"),
    "flag": st.booleans(),
    "day": st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    "moment": st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31)).map(
        lambda on: on.replace(microsecond=0)
    ),
}
PURE = {
    **dict.fromkeys(
        ["text", "id", "digits", "percent", "clock", "phone", "mail", "ip"],
        st.sampled_from(WORDS) | st.text(max_size=8),
    ),
    **dict.fromkeys(["whole", "long", "unix"], st.sampled_from(WHOLE) | st.integers(-(2**63), 2**63 - 1)),
    **dict.fromkeys(["real", "share", "counted"], st.sampled_from(REAL) | st.floats()),
    "flag": st.booleans(),
    "day": st.sampled_from(DAYS),
    "moment": st.sampled_from(CLOCKS),
}
ANY = st.sampled_from([*WORDS, *WHOLE, *REAL, *DAYS, *CLOCKS, True, False])


NUMBERS = ("whole", "counted", "digits")
SUITED = {
    "text": sorted(TIDY),
    **dict.fromkeys(["id", "openid", "name", "nickname", "payout"], ("id", "text", "digits", "whole", "counted")),
    **dict.fromkeys(["count", "balance", "fen", "yuan", "cents", "timedelta"], NUMBERS),
    **dict.fromkeys(["real", "seconds"], (*NUMBERS, "real", "share")),
    "share": ["share", "percent"],
    "percent": ["percent", "share", "real"],
    "unix": ["unix"],
    "time": ["clock", "moment"],
    "day": ["day", "moment", "clock"],
    "flag": ["flag"],
    **{kind: [kind] for kind in ("phone", "mail", "ip")},
}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A table: what stands above its header, the header, the rows, and the form of its file."""

    form: str
    above: list[list[object]]
    header: list[str]
    rows: list[list[object]]

    @property
    def whole(self) -> list[list[object]]:
        return [*self.above, list(self.header), *self.rows]


@st.composite
def columns(draw: st.DrawFn, rows: int, name: str) -> list[object]:
    """Cells of one type that mostly suits the column, with some missing, some dirty ones, or some of any type."""
    suited = SUITED.get(name.removeprefix("作为"), sorted(TIDY))
    style = draw(st.sampled_from(suited if draw(st.integers(0, 9)) else sorted(TIDY)))
    odd = draw(st.sampled_from(["none", "missing", "dirty", "mixed"]))
    others = {"none": [], "missing": [st.none()], "dirty": [PURE[style]], "mixed": [ANY, st.none()]}[odd]
    cells = draw(st.lists(TIDY[style], min_size=rows, max_size=rows))
    for other in others:
        for at in draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=4)):
            cells[at] = draw(other)
    return cells


@st.composite
def tables(draw: st.DrawFn) -> Drawn:
    """A table with a key, a count and up to five columns of any kind, known or not."""
    form = draw(st.sampled_from(FORMS))
    rows = draw(st.integers(1, 30))
    names = draw(st.lists(st.sampled_from([*(f"作为{kind}" for kind in KINDS), OWN, *OTHERS]), max_size=5, unique=True))
    header = [KEY, COUNT, *names]
    keys = draw(st.sampled_from([lambda at: f"k{at:05d}", lambda at: 10**8 + at, float, None]))
    key = draw(columns(rows, "id")) if keys is None else [keys(at) for at in range(rows)]
    body = [list(row) for row in zip(key, draw(columns(rows, "count")), *(draw(columns(rows, one)) for one in names),
                                     strict=True)]  # fmt: skip
    if form in ("parquet", "json"):
        return Drawn(form=form, above=[], header=header, rows=body)
    above = [["说明"]] * draw(st.integers(0, 2))
    for at in draw(st.lists(st.integers(0, rows - 1), max_size=2)):
        body.insert(at, draw(st.sampled_from([list(header), ["合计", 5], [], ["", "", ""]])))
    if draw(st.integers(0, 4)) == 0:
        start = draw(st.integers(0, len(body) - 1))
        body[start:] = [[*row, draw(st.sampled_from(["", "more", 7, 7.5]))] for row in body[start:]]
    return Drawn(form=form, above=above, header=header, rows=body)
