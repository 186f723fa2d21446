import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanecon.loaders.cells import Number, Share, Unreadable, balance, count, day, heading, is_missing, number, share

WHOLE = st.integers(min_value=0, max_value=10**15)
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31))


@pytest.mark.parametrize(
    ("cell", "value", "is_floor", "is_rounded"),
    [
        (1721, "1721", False, False),
        (1721.0, "1721", False, False),
        ("1,275", "1275", False, False),
        ("1，275", "1275", False, False),
        ("12\u00a0345", "12345", False, False),
        ("１２３", "123", False, False),
        (" 42\u200b ", "42", False, False),
        ("10万+", "100000", True, False),
        ("10W+", "100000", True, False),
        ("999+", "999", True, False),
        ("1.2万", "12000", False, True),
        ("3056.1万", "30561000", False, True),
        ("1.5亿", "150000000", False, True),
        ("5k", "5000", False, True),
        ("-3", "-3", False, False),
        ("−3", "-3", False, False),
        ("(123)", "-123", False, False),
        ("0.0374", "0.0374", False, False),
    ],
)
def test_a_number_says_whether_it_is_a_floor_and_whether_it_was_rounded(cell, value, is_floor, is_rounded):
    assert number(cell) == Number(Decimal(value), is_floor, is_rounded)


@pytest.mark.parametrize(
    "cell", ["", "-", "--", "—", "/", "n/a", "N/A", "无", "暂无", "null", None, float("nan"), " ", "－", "\u200b"]
)
def test_a_placeholder_is_missing_and_not_zero(cell):
    assert is_missing(cell)
    assert number(cell).value is None
    assert share(cell).value is None
    assert day(cell) is None


def test_a_zero_is_not_missing():
    assert number(0).value == 0
    assert number("0").value == 0
    assert not is_missing(0)


@pytest.mark.parametrize(
    "cell",
    ["abc", "1,23", "7/30", "1.2.3", "1e5", "+", "十", "٣", True, dt.date(2026, 1, 1), float("inf"), "12%", "--3"],
)
def test_what_is_no_number_or_could_be_two_is_refused(cell):
    with pytest.raises(Unreadable):
        number(cell)


@pytest.mark.parametrize("cell", ["-1", -1, 1.5, "1.5", 10**18, "(4)"])
def test_a_count_is_whole_and_not_below_zero(cell):
    with pytest.raises(Unreadable):
        count(cell)


def test_a_balance_may_be_below_zero():
    assert balance("-26").value == -26


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0.0374, Share(Decimal("0.0374"), "fraction", 4)),
        ("3.74%", Share(Decimal("0.0374"), "percent", 4)),
        ("３０％", Share(Decimal("0.3"), "percent", 2)),
        ("5.00%", Share(Decimal("0.05"), "percent", 4)),
        (0, Share(Decimal(0), "", 0)),
        ("0.00%", Share(Decimal(0), "", 4)),
        (1, Share(Decimal(1), "fraction", 0)),
    ],
)
def test_a_share_is_a_fraction_and_remembers_its_scale(cell, expected):
    assert share(cell) == expected


@pytest.mark.parametrize("cell", ["%", "-%", "abc%", "-0.1", "10万+%", "1.2万", "0.3+"])
def test_what_is_no_share_is_refused(cell):
    with pytest.raises(Unreadable):
        share(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *(20220329, 20220329.0, "20220329", "20220329.0", "2022-03-29", "2022/3/29", "2022.3.29", "2022年3月29日"),
        *("２０２２－０３－２９", "2022-03-29 18:05", "2022-03-29T18:05:09", dt.date(2022, 3, 29)),
        dt.datetime(2022, 3, 29, 23, 59),
    ],
)
def test_a_day_is_read_from_every_spelling(cell):
    assert day(cell) == dt.date(2022, 3, 29)


@pytest.mark.parametrize(
    "cell",
    [
        *(20229999, "2022-02-30", "03-29", "3/4/2022", "昨天", "2022-03", 44649, "44649", "abc", True, 0),
        *("2022-03/29", "2022-03-29T18:05:09Z", "18991230", dt.time(3), dt.date(1899, 12, 31), "0000-00-00 00:00:00"),
    ],
)
def test_a_day_that_does_not_exist_or_is_not_certain_is_refused(cell):
    with pytest.raises(Unreadable):
        day(cell)


@given(WHOLE)
def test_every_spelling_of_a_whole_number_reads_back(whole):
    full_width = str(whole).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    for cell in (whole, str(whole), f"{whole:,}", f" {whole} ", full_width, f"{whole:,}".replace(",", "，")):
        assert number(cell) == Number(Decimal(whole))
    assert number(f"{whole:,}+") == Number(Decimal(whole), True, False)


@given(
    st.decimals(min_value=0, max_value=10**6, places=1), st.sampled_from([("万", 10**4), ("w", 10**4), ("亿", 10**8)])
)
def test_a_number_with_a_unit_reads_back_exactly_and_says_that_it_was_rounded(value, unit):
    word, size = unit
    assert number(f"{value}{word}") == Number(value * size, False, True)


@given(st.decimals(min_value="0.0001", max_value=1, places=4))
def test_a_share_reads_the_same_as_percent_and_as_fraction(value):
    assert share(f"{value * 100:.2f}%").value == share(str(value)).value == share(float(value)).value == value


@given(DAYS)
def test_every_spelling_of_a_day_reads_back(on):
    for written in (f"{on:%Y%m%d}", int(f"{on:%Y%m%d}"), on.isoformat(), f"{on.year}/{on.month}/{on.day}", on):
        assert day(written) == on


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.dates(), st.datetimes()))
def test_no_cell_makes_a_parser_fail_in_another_way(cell):
    for parse in (number, count, balance, share, day):
        try:
            parse(cell)
        except Unreadable as reason:
            assert str(reason)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("\ufeff内容标题 ", "内容标题"),
        ("累积关注人数", "累计关注人数"),
        ("阅读（次）", "阅读(次)"),
        ("内容URL", "内容url"),
        ("总 阅读\u200b人数", "总阅读人数"),
    ],
)
def test_a_column_name_has_one_spelling(written, same):
    assert heading(written) == heading(same)


@pytest.mark.parametrize("cell", [10**400, "9" * 400, "-" + "9" * 400, 1.7e308, Decimal(10) ** 400])
def test_a_number_that_would_become_infinite_is_refused(cell):
    with pytest.raises(Unreadable, match="too large"):
        number(cell)
