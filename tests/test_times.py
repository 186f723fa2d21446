"""Moments and Excel's day numbers: one time in every style is one moment, and what is not certain is refused."""

import datetime as dt
import os
import random
import subprocess
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from malformed import FOLLOWERS, LIST

from fanecon.loaders.cells import Number, Share, Unreadable, day, number, serial, share
from fanecon.loaders.door import read
from fanecon.loaders.times import Clock, moment, unix
from fanecon.schema import FileError

SHANGHAI = Clock("Asia/Shanghai")
ZONE = ZoneInfo("Asia/Shanghai")
CAPTURED = dt.datetime(2026, 9, 30, 12, 0, tzinfo=ZONE)
SLOW = pytest.mark.nightly
FULL = str.maketrans("0123456789:-/.,%+", "０１２３４５６７８９：－／．，％＋")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def written(when):
    """One clock time in every style that a platform, a crawler or a spreadsheet writes it in: text → its precision."""
    y, mo, d, h, mi, s = when.year, when.month, when.day, when.hour, when.minute, when.second
    mon, weekday = MONTHS[mo - 1], WEEKDAYS[when.weekday()]
    noon = f"{(h - 1) % 12 + 1:02d}:{mi:02d} {'am' if h < 12 else 'pm'}"
    offset = f"{when.replace(tzinfo=ZONE):%z}"
    return {
        f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d}": "s",
        f"{y}-{mo:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}": "s",
        f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d}.000": "s",
        f"{y}/{mo}/{d} {h}:{mi:02d}:{s:02d}": "s",
        f"{y}.{mo}.{d} {h}:{mi:02d}:{s:02d}": "s",
        f"{y}年{mo}月{d}日 {h}:{mi:02d}:{s:02d}": "s",
        f"{y}年{mo:02d}月{d:02d}日{h:02d}时{mi:02d}分{s:02d}秒": "s",
        f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d}".translate(FULL): "s",
        f" {y}-{mo:02d}-{d:02d}\u00a0{h:02d}:{mi:02d}:{s:02d}\u200b": "s",
        f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}": "min",
        f"{y}/{mo}/{d} {h}:{mi:02d}": "min",
        f"{mon} {d:02d}, {y} {noon}": "min",
        f"{weekday}, {mon} {d}, {y} {h:02d}:{mi:02d}": "min",
        f"{weekday} {mon} {d:02d} {h:02d}:{mi:02d}:{s:02d} {offset} {y}": "s",
        f"{y}-{mo:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}{offset[:3]}:{offset[3:]}": "s",
        f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d} {offset}": "s",
        f"{y}-{mo:02d}-{d:02d}": "day",
        f"{y}/{mo}/{d}": "day",
        f"{y}年{mo}月{d}日": "day",
        f"{y}{mo:02d}{d:02d}": "day",
    }


def same_moments(seed, times):
    draw, first = random.Random(seed), dt.datetime(1992, 1, 1)
    for _ in range(times):
        when = first + dt.timedelta(seconds=draw.randrange(108 * 365 * 86_400))
        cut = {"s": when, "min": when.replace(second=0), "day": when.replace(hour=0, minute=0, second=0)}
        for text, precision in written(when).items():
            found = moment(text, SHANGHAI)
            assert found.value == cut[precision].replace(tzinfo=ZONE), text
            assert found.precision == precision, text
        second = int(when.replace(tzinfo=ZONE).timestamp())
        for cell in (second, str(second), second * 1000, f"{second}000", float(second)):
            assert unix(cell).value == when.replace(tzinfo=ZONE)
        for epoch, origin in ((1900, dt.datetime(1899, 12, 30)), (1904, dt.datetime(1904, 1, 1))):
            counted = (when - origin) / dt.timedelta(days=1)
            assert moment(counted, SHANGHAI._replace(epoch=epoch)).value == when.replace(tzinfo=ZONE)
            assert day(counted, epoch) == when.date()


def test_a_time_in_every_style_is_the_same_moment():
    same_moments(1, 300)


@SLOW
def test_ten_thousand_times_in_every_style_are_the_same_moments():
    same_moments(2, 10_000)


def same_days(seed, times):
    draw = random.Random(seed)
    for _ in range(times):
        on = dt.date(1990, 1, 1) + dt.timedelta(days=draw.randrange(40_000))
        texts = [text for text, precision in written(dt.datetime(on.year, on.month, on.day, 7, 8, 9)).items()
                 if precision == "day" or (text[:4].isdigit() and "+" not in text and "分" not in text)]  # fmt: skip
        numbers = [int(f"{on:%Y%m%d}"), float(f"{on:%Y%m%d}"), on, dt.datetime(on.year, on.month, on.day, 23, 59)]
        for cell in (*texts, *numbers):
            assert day(cell) == on, cell


def test_a_day_in_every_style_is_the_same_day():
    same_days(1, 1_000)


@SLOW
def test_ten_thousand_days_in_every_style_are_the_same_days():
    same_days(2, 10_000)


def same_numbers(seed, times):
    draw = random.Random(seed)
    for _ in range(times):
        whole = draw.randrange(10 ** draw.randint(1, 16))
        grouped = f"{whole:,}"
        plain = [str(whole), grouped, grouped.replace(",", "，"), grouped.replace(",", "\u00a0"), f" {whole}\u200b",
                 str(whole).translate(FULL), f"{whole}.0", whole, f"+{whole}", f"{whole:020d}"]  # fmt: skip
        assert [number(cell) for cell in plain] == [Number(Decimal(whole))] * len(plain)
        below = [f"-{whole}", f"−{whole}", f"({whole})", f"（{grouped}）", f"－{whole}", -whole]
        assert [number(cell).value for cell in below] == [Decimal(-whole)] * len(below)
        for word, size in (
            ("万", 10**4),
            ("w", 10**4),
            ("亿", 10**8),
            ("k", 1000),
            ("千", 1000),
            ("百", 100),
            ("萬", 10**4),
        ):
            tenths = Decimal(draw.randrange(100_000)) / 10
            assert number(f"{tenths}{word}") == number(f"{tenths} {word.upper()}") == Number(tenths * size, False, True)
            assert number(f"{tenths}{word}+") == Number(tenths * size, True, False)
        part = Decimal(draw.randrange(10**6)) / 10 ** draw.randint(1, 6)
        assert number(str(part)).value == number(float(part)).value == part
        percents = (f"{part}%", f"{part} %", f"{part}％".translate(FULL))
        assert {share(cell).value for cell in percents} == {part / 100}
        assert share(f"{part}%") == Share(part / 100, "percent" if part else "", share(f"{part}%").digits)


def test_a_number_in_every_style_is_the_same_number():
    same_numbers(1, 1_000)


@SLOW
def test_ten_thousand_numbers_in_every_style_are_the_same_numbers():
    same_numbers(2, 10_000)


# Excel's day numbers


@pytest.mark.parametrize(
    ("cell", "epoch", "expected"),
    [
        (1, 1900, dt.datetime(1900, 1, 1)),
        (59, 1900, dt.datetime(1900, 2, 28)),
        (61, 1900, dt.datetime(1900, 3, 1)),
        (45_296, 1900, dt.datetime(2024, 1, 5)),
        (45_296.5, 1900, dt.datetime(2024, 1, 5, 12)),
        (45_296.999988425925, 1900, dt.datetime(2024, 1, 5, 23, 59, 59)),
        (43_834, 1904, dt.datetime(2024, 1, 5)),
        (60, 1904, dt.datetime(1904, 3, 1)),
    ],
)
def test_a_day_number_is_counted_in_the_system_of_its_workbook(cell, epoch, expected):
    assert serial(cell, epoch) == expected


def test_the_day_that_never_was_is_refused():
    with pytest.raises(Unreadable, match="29 February 1900"):
        day(60, 1900)
    with pytest.raises(Unreadable, match="29 February 1900"):
        moment(60.5, SHANGHAI._replace(epoch=1900))


@pytest.mark.parametrize("cell", [45_296, 45_296.0, "45296", "45296.5"])
def test_a_day_number_without_a_workbook_is_refused(cell):
    with pytest.raises(Unreadable):
        day(cell)
    with pytest.raises(Unreadable):
        moment(cell, SHANGHAI)


def test_only_a_number_is_a_day_number_and_a_compact_day_is_none():
    assert day(20_240_105, 1900) == dt.date(2024, 1, 5)
    with pytest.raises(Unreadable, match="day number"):
        day("45296", 1900)
    for cell in (True, 0, -1, 100_000):
        with pytest.raises(Unreadable):
            day(cell, 1900)
    assert number(45_296).value == 45_296


# Zones


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1986-05-04 01:59:59", "1986-05-03T17:59:59"),
        ("1986-05-04 03:00:00", "1986-05-03T18:00:00"),
        ("1988-07-01 12:00:00", "1988-07-01T03:00:00"),
        ("1990-12-01 12:00:00", "1990-12-01T04:00:00"),
        ("1991-09-15 00:30:00", "1991-09-14T15:30:00"),
        ("1992-07-01 12:00:00", "1992-07-01T04:00:00"),
    ],
)
def test_china_had_summer_time_from_1986_to_1991(text, instant):
    assert moment(text, SHANGHAI).value == dt.datetime.fromisoformat(f"{instant}+00:00")


@pytest.mark.parametrize("year", range(1986, 1992))
def test_each_skipped_hour_of_china_is_refused_and_of_each_double_hour_the_first_is_taken(year):
    hours = [dt.datetime(year, 1, 1, 0, 30) + dt.timedelta(hours=at) for at in range(365 * 24)]
    skipped, double = [], []
    for naive in hours:
        first, second = (naive.replace(tzinfo=ZONE, fold=fold).utcoffset() for fold in (0, 1))
        if first != second:
            (skipped if first < second else double).append(naive)
    assert (len(skipped), len(double)) == (1, 1)
    with pytest.raises(Unreadable, match="Asia/Shanghai skipped"):
        moment(f"{skipped[0]:%Y-%m-%d %H:%M:%S}", SHANGHAI)
    found = moment(f"{double[0]:%Y-%m-%d %H:%M:%S}", SHANGHAI)
    assert found.value == double[0].replace(tzinfo=dt.timezone(dt.timedelta(hours=9)))


def test_a_time_without_a_zone_needs_one():
    with pytest.raises(Unreadable, match="without a zone"):
        moment("2026-09-01 12:00", Clock())
    assert moment("2026-09-01 12:00 +0800", Clock()).zone_given


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("刚刚", "2026-09-30 12:00", "min"),
        ("5分钟前", "2026-09-30 11:55", "min"),
        ("30秒前", "2026-09-30 11:59:30", "s"),
        ("3小时前", "2026-09-30 09:00", "h"),
        ("2天前", "2026-09-28 12:00", "day"),
        ("今天 08:15", "2026-09-30 08:15", "min"),
        ("昨天 21:07", "2026-09-29 21:07", "min"),
        ("前天 00:00", "2026-09-28 00:00", "min"),
        ("06-14", "2026-06-14 00:00", "day"),
        ("10-14", "2025-10-14 00:00", "day"),
        ("02月29日 08:00", "2024-02-29 08:00", "min"),
    ],
)
def test_a_relative_time_needs_the_moment_of_capture(text, expected, precision):
    found = moment(text, SHANGHAI._replace(now=CAPTURED))
    assert found.value == dt.datetime.fromisoformat(expected).replace(tzinfo=ZONE)
    assert found.precision == precision
    with pytest.raises(Unreadable, match="moment of capture"):
        moment(text, SHANGHAI)


def test_day_and_month_are_never_exchanged_in_silence():
    with pytest.raises(Unreadable, match="exchanged"):
        moment("1/5/2024 08:00", SHANGHAI)
    assert moment("1/15/2024 08:00", SHANGHAI) == moment("15/1/2024 08:00", SHANGHAI)
    assert moment("1/5/2024", SHANGHAI._replace(order="mdy")).value == dt.datetime(2024, 1, 5, tzinfo=ZONE)
    assert moment("1/5/2024", SHANGHAI._replace(order="dmy")).value == dt.datetime(2024, 5, 1, tzinfo=ZONE)


# The machine


SEEN = """
import json, locale, sys, time
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
frame = read(sys.argv[1], ask=Ask(personal=True)).main
cells = frame.astype("string").fillna("").to_dict("list")
print(json.dumps([time.timezone, cells, frame["title"].sort_values().tolist()]))
"""
POSTS = (
    "id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间\n"
    "1,a,11,甲,春天 I,,,,,1.2万,3,10万+,2026-03-08 02:30\n"
    "2,b,12,乙,İstanbul ı,,,,,1,2,3,2026-11-01 01:30\n"
    "3,c,13,丙,straße ß,,,,,1,2,3,1988-07-01 12:00\n"
)


def test_zone_and_locale_of_the_machine_change_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(POSTS, encoding="utf-8")
    machines = [("America/New_York", "C"), ("Asia/Shanghai", "zh_CN.UTF-8"), ("UTC", "tr_TR.UTF-8"), ("Asia/Tokyo", "")]
    seen = [
        subprocess.run(
            [sys.executable, "-c", SEEN, path],
            env={**os.environ, "TZ": zone, "LC_ALL": language, "LANG": language},
            capture_output=True, text=True, check=True, encoding="utf-8",
        ).stdout
        for zone, language in machines
    ]  # fmt: skip
    tables = {one.partition(",")[2] for one in seen}
    assert len({one.partition(",")[0] for one in seen}) == 4, "the zones must differ, else the test is none"
    assert len(tables) == 1


@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_a_day_number_without_a_date_format_is_read_by_the_epoch_of_its_workbook(tmp_path, form):
    path = tmp_path / f"days.{form}"
    for base, column in ((LIST, "published_date"), (FOLLOWERS, "date")):
        path.write_bytes(base.changed({(2, base.holds["day"]): 46_000.0}, form))
        assert pd.Timestamp(2025, 12, 9) in set(read(path).main[column])
        path.write_bytes(base.changed({(2, base.holds["day"]): 60}, form))
        with pytest.raises(FileError, match=r"29 February 1900\), which never was"):
            read(path)
