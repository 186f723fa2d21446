"""Offsets of zones against the zone database, hour by hour; moments; local periods."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tally_cases import us

import fanecon as fe
from fanecon.tally.clock import DAY, SECOND, moment, offsets

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600 * SECOND


def by_database(zone: str, at: int) -> int:
    return (EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).utcoffset() // timedelta(microseconds=1)


def by_steps(steps: list[tuple[int, int]], at: int) -> int:
    return steps[max(bisect_right([since for since, _ in steps], at) - 1, 0)][1]


@pytest.mark.parametrize(
    ("zone", "first", "last", "changes"),
    [
        ("America/New_York", "2019-01-01", "2022-01-01", 6),
        ("Asia/Shanghai", "1985-01-01", "1992-12-31", 12),
        ("Asia/Shanghai", "1992-01-01", "2030-01-01", 0),
        ("Europe/Berlin", "1979-06-01", "1981-06-01", 3),
        ("Australia/Lord_Howe", "2020-01-01", "2021-01-01", 2),
        ("Asia/Kathmandu", "1985-12-31", "1986-01-02", 1),
        ("Pacific/Apia", "2011-12-01", "2012-01-05", 1),
        ("UTC", "1960-01-01", "2040-01-01", 0),
    ],
)
def test_offsets_are_those_of_the_zone_database_at_every_hour_and_beside_every_change(
    zone: str, first: str, last: str, changes: int
) -> None:
    span = us(first), us(last)
    steps = offsets(zone, span)
    assert len(steps) == changes + 1
    beside = [since + shift for since, _ in steps[1:] for shift in (-1, 0, 1)]
    moments = [*range(span[0], span[1], 7 * HOUR), *beside, *span]
    assert [at for at in moments if by_steps(steps, at) != by_database(zone, at)] == []


@given(first=st.integers(us("1950-01-01"), us("2050-01-01")), days=st.integers(0, 900), part=st.integers(0, DAY))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_a_span_may_begin_and_end_at_any_microsecond(first: int, days: int, part: int) -> None:
    span = first, first + days * DAY + part
    steps = offsets("America/New_York", span)
    moments = [*span, *range(span[0], span[1], 5 * DAY), *(since - 1 for since, _ in steps[1:])]
    assert [at for at in moments if by_steps(steps, at) != by_database("America/New_York", at)] == []


@pytest.mark.parametrize("span", [(us("1799-01-01"), us("2020-01-01")), (us("2020-01-01"), us("9999-12-31"))])
def test_times_of_other_centuries_are_refused_with_a_filter(span: tuple[int, int]) -> None:
    with pytest.raises(fe.schema.SchemaError, match=r"before 1900 or after 2100.*log\.filter\(log\.time"):
        offsets("Asia/Shanghai", span)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "", "../etc/passwd", "Asia/"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(fe.schema.ParameterError, match="There is no time zone"):
        offsets(zone, (0, DAY))


def test_a_moment_is_in_utc_unless_it_names_a_zone() -> None:
    assert moment("1970-01-02", "until") == DAY
    assert moment("1970-01-02T08:00+08:00", "until") == DAY
    assert moment(datetime(1970, 1, 2, 8, tzinfo=ZoneInfo("Asia/Shanghai")), "until") == DAY
    assert moment("3000-01-01", "until") == us("3000-01-01")


@pytest.mark.parametrize("value", ["noon", "", None, float("nan"), object()])
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(fe.schema.ParameterError, match=r"until=.* is not a time"):
        moment(value, "until")  # type: ignore[arg-type]
