"""Due times across the changes of the clock, and simulated runs whose planted faults are all found, and no others."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fanecon.errors import ParameterError
from fanecon.report.history.schedule import MOST_MISSED, Beginning, Judged, Missed, judge, read_period, read_schedule

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def due(text: str, zone: str, start: datetime, count: int, anchor: datetime | None = None) -> list[datetime]:
    return list(itertools.islice(read_schedule(text, zone).due(start, anchor=anchor or start), count))


# --- due times ---

CLOCKS = [
    # Berlin skips 02:00 to 03:00 on 29 March 2026 and has 02:00 to 03:00 twice on 25 October 2026
    ("30 2 * * *", "Europe/Berlin", utc(2026, 3, 28),
     [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]),
    ("30 2 * * *", "Europe/Berlin", utc(2026, 10, 24),
     [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]),
    ("0 * * * *", "Europe/Berlin", utc(2026, 10, 25, 0),
     [utc(2026, 10, 25, 0), utc(2026, 10, 25, 1), utc(2026, 10, 25, 2)]),
    ("0,30 2,3 * * *", "Europe/Berlin", utc(2026, 3, 29, 0, 59),
     [utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 30), utc(2026, 3, 30, 0)]),
    # New York skips 02:00 to 03:00 on 8 March 2026 and has 01:00 to 02:00 twice on 1 November 2026
    ("15 6 * * 1-5", "America/New_York", utc(2026, 3, 6),
     [utc(2026, 3, 6, 11, 15), utc(2026, 3, 9, 10, 15), utc(2026, 3, 10, 10, 15)]),
    ("30 1 * * *", "America/New_York", utc(2026, 11, 1, 5, 31),
     [utc(2026, 11, 2, 6, 30), utc(2026, 11, 3, 6, 30)]),
    ("@daily", "Asia/Shanghai", utc(2026, 1, 1),
     [utc(2026, 1, 1, 16), utc(2026, 1, 2, 16)]),
    ("0 0 29 2 *", "UTC", utc(2026, 1, 1),
     [utc(2028, 2, 29), utc(2032, 2, 29)]),
    ("1d", "Europe/Berlin", utc(2026, 3, 28, 5),
     [utc(2026, 3, 28, 5), utc(2026, 3, 29, 4), utc(2026, 3, 30, 4)]),
    ("24h", "Europe/Berlin", utc(2026, 3, 28, 5),
     [utc(2026, 3, 28, 5), utc(2026, 3, 29, 5), utc(2026, 3, 30, 5)]),
    ("1w", "America/New_York", utc(2026, 10, 28, 12),
     [utc(2026, 10, 28, 12), utc(2026, 11, 4, 13), utc(2026, 11, 11, 13)]),
    ("15min", "Europe/Berlin", utc(2026, 10, 25, 0, 45),
     [utc(2026, 10, 25, 0, 45), utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 15)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "zone", "start", "expected"), CLOCKS)
def test_due_times_follow_the_clock_on_the_wall(
    text: str, zone: str, start: datetime, expected: list[datetime]
) -> None:
    assert due(text, zone, start, len(expected)) == expected


def test_a_period_counts_from_its_anchor_backwards_too() -> None:
    assert due("6h", "UTC", utc(2026, 1, 1), 2, anchor=utc(2026, 5, 1, 3)) == [utc(2026, 1, 1, 3), utc(2026, 1, 1, 9)]
    assert due("2d", "UTC", utc(2026, 1, 1), 2, anchor=utc(2026, 1, 8, 3)) == [utc(2026, 1, 2, 3), utc(2026, 1, 4, 3)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"])
@pytest.mark.parametrize("line", ["30 2 * * *", "*/20 * * * *", "0 1,2,3 * * *", "5 4 * * 0", "1d", "90min"])
def test_due_times_of_two_years_rise_and_do_not_depend_on_where_one_begins_to_count(line: str, zone: str) -> None:
    schedule, anchor = read_schedule(line, zone), utc(2025, 1, 1, 0, 30)
    all_of_them = list(itertools.takewhile(lambda one: one < utc(2025, 4, 10), schedule.due(anchor, anchor=anchor)))
    assert all(first < second for first, second in itertools.pairwise(all_of_them))
    for at in random.Random(1).sample(range(len(all_of_them) - 2), 10):
        again = schedule.due(all_of_them[at] + timedelta(seconds=1), anchor=anchor)
        assert next(again) == all_of_them[at + 1]


WRONG = [
    "", " ", "d", "0d", "-1d", "1.5d", "1 month", "1y", "99999999d", "4000d", "1d 2h", "²d", "٣d", "* * * *",
    "* * * * * *", "60 * * * *", "0 0 31 2 *", "a b c d e", "@reboot", "@", "*/0 * * * *",
    "0 0 * * MON-", "\0", "1d\0", "- - - - -", "0 6 * * *" + "0" * 300, "* * * * " + ",".join(["1"] * 300),
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_schedule_that_cannot_stand_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ParameterError, match=r"17 6 \* \* 1-5"):
        read_schedule(text)


@pytest.mark.parametrize(
    "zone", ["", "Berlin", "Europe", "../../etc/passwd", "/etc/passwd", "a\0b", "Europe/Berlin ", "x" * 9000]
)
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ParameterError, match="Europe/Berlin or UTC"):
        read_schedule("1d", zone)


@pytest.mark.parametrize(
    ("text", "length"), [("15min", 15 * MINUTE), (" 6H ", 6 * HOUR), ("26 h", 26 * HOUR), ("1w", 7 * DAY)]
)
def test_a_period_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert read_period(text) == length


# --- judging ---


def kinds(judged: Judged) -> list[str]:
    return [one.kind for one in judged.runs]


def at(*moments: datetime) -> list[Beginning]:
    return [Beginning(began=one) for one in moments]


def test_a_day_with_everything_in_it() -> None:
    schedule = read_schedule("0 6 * * *")
    runs = at(utc(2026, 1, 1, 6), utc(2026, 1, 2, 9), utc(2026, 1, 5, 6), utc(2026, 1, 5, 7))
    judged = judge(schedule, runs, until=utc(2026, 1, 5, 12))
    assert kinds(judged) == ["on time", "late", "on time", "doubled"]
    assert judged.runs[1].late == 3 * HOUR
    assert judged.missed == (Missed(first=utc(2026, 1, 3, 6), last=utc(2026, 1, 4, 6), count=2),)
    assert (judged.overdue, judged.next_due) == (None, utc(2026, 1, 6, 6))


def test_a_due_time_is_overdue_only_after_its_grace() -> None:
    schedule, runs = read_schedule("0 6 * * *"), at(utc(2026, 1, 1, 6))
    assert schedule.grace == HOUR
    before = judge(schedule, runs, until=utc(2026, 1, 2, 7))
    assert (before.overdue, before.next_due) == (None, utc(2026, 1, 2, 6))
    after = judge(schedule, runs, until=utc(2026, 1, 2, 7, 0, 1))
    assert after.overdue == Missed(first=utc(2026, 1, 2, 6), last=utc(2026, 1, 2, 6), count=1)
    assert after.missed == (after.overdue,)
    later = judge(schedule, runs, until=utc(2026, 1, 4, 7, 0, 1))
    assert later.overdue == Missed(first=utc(2026, 1, 2, 6), last=utc(2026, 1, 4, 6), count=3)
    assert later.next_due == utc(2026, 1, 5, 6)


def test_a_second_run_after_a_failed_one_is_a_retry() -> None:
    runs = [
        Beginning(began=utc(2026, 1, 1, 6), failed=True),
        Beginning(began=utc(2026, 1, 1, 7), failed=True),
        Beginning(began=utc(2026, 1, 1, 8)),
        Beginning(began=utc(2026, 1, 1, 9)),
    ]
    judged = judge(read_schedule("0 6 * * *"), runs, until=utc(2026, 1, 1, 10))
    assert kinds(judged) == ["on time", "retry", "retry", "doubled"]


def test_a_first_run_by_hand_does_not_make_the_others_late() -> None:
    runs = at(utc(2026, 1, 1, 14, 37), *(utc(2026, 1, day, 6) for day in range(2, 9)))
    assert kinds(judge(read_schedule("1d"), runs, until=utc(2026, 1, 8, 7))) == ["unscheduled"] + ["on time"] * 7
    assert kinds(judge(read_schedule("0 6 * * *"), runs, until=utc(2026, 1, 8, 7))) == ["unscheduled"] + ["on time"] * 7


def test_a_daily_run_that_another_clock_starts_is_not_late_for_half_the_year() -> None:
    """Cron by UTC, told as 1d in Berlin."""
    runs = at(*(utc(2026, 1, 1, 6) + n * DAY for n in range(365)))
    judged = judge(read_schedule("1d", "Europe/Berlin"), runs, until=runs[-1].began + HOUR)
    assert set(kinds(judged)) == {"on time"}
    assert judged.missed == ()


def test_a_run_dated_in_the_future_is_no_evidence_that_anything_ran() -> None:
    runs = at(utc(2026, 1, 1, 6), utc(2026, 2, 1, 6))
    judged = judge(read_schedule("0 6 * * *"), runs, until=utc(2026, 1, 3, 12))
    assert kinds(judged) == ["on time", "in the future"]
    assert judged.overdue is not None
    assert judged.overdue.count == 2
    assert kinds(judge(read_schedule("1d"), runs[1:], until=utc(2026, 1, 3))) == ["in the future"]


def test_the_order_in_which_runs_are_told_does_not_matter() -> None:
    runs = at(*(utc(2026, 1, day, 6, minute) for day in (1, 2, 4, 5) for minute in (0, 5)))
    schedule, until = read_schedule("0 6 * * *"), utc(2026, 1, 6)
    straight, back = judge(schedule, runs, until=until), judge(schedule, runs[::-1], until=until)
    assert straight.runs == back.runs[::-1]
    assert straight.missed == back.missed


def test_ten_years_without_a_run_of_every_minute_are_counted_to_a_limit_and_quickly() -> None:
    runs = at(utc(2016, 1, 1), utc(2026, 1, 1), utc(2026, 1, 1, 0, 2))
    judged = judge(read_schedule("* * * * *"), runs, until=utc(2026, 1, 1, 0, 2, 10))
    assert kinds(judged) == ["on time", "on time", "on time"]
    assert [(one.count, one.more) for one in judged.missed] == [(MOST_MISSED, True), (1, False)]


# --- a thousand simulated runs ---

PLANTED = ("on time", "late", "doubled", "missed", "failed", "retry")
ZONES = ("Europe/Berlin", "America/New_York")


def wall_times(zone: str, count: int, *, hour: int, minute: int) -> list[datetime]:
    """One moment per day at a time of the clock, by asking every minute of the day what the clock shows."""
    place, found = ZoneInfo(zone), []
    day = datetime(2024, 1, 1)
    while len(found) < count:
        wanted = day + timedelta(hours=hour, minutes=minute)
        start = (day - timedelta(hours=15)).replace(tzinfo=UTC)
        around = (start + n * MINUTE for n in range(45 * 60))
        found.append(next(one for one in around if one.astimezone(place).replace(tzinfo=None) >= wanted))
        day += DAY
    return found


def elapsed(start: datetime, step: timedelta, count: int) -> list[datetime]:
    return [start + n * step for n in range(count)]


def simulated(
    dues: list[datetime], seed: int, *, grace: timedelta, gap: timedelta
) -> tuple[list[Beginning], list[str], list[datetime]]:
    """Runs for due times with planted faults: the runs, what each is, and the due times without any."""
    draw = random.Random(seed)
    runs, truth, missed = list[Beginning](), list[str](), list[datetime]()

    def run(began: datetime, kind: str, failed: bool = False) -> None:
        runs.append(Beginning(began=began, failed=failed))
        truth.append(kind)

    for n, moment in enumerate(dues):
        what = "on time" if n < 3 else draw.choices(PLANTED, weights=(70, 6, 6, 6, 6, 6))[0]
        jitter = moment + draw.random() * min(timedelta(seconds=50), grace / 3)
        later = moment + grace * 1.5 + draw.random() * (gap * 0.6 - grace * 1.5)
        if what == "missed":
            missed.append(moment)
        elif what == "late":
            run(later, "late")
        else:
            run(jitter, "on time", failed=what in ("failed", "retry"))
        if what in ("doubled", "retry"):
            run(later, what)
    return runs, truth, missed


def assert_all_found(text: str, zone: str, dues: list[datetime], seed: int) -> Counter[str]:
    schedule = read_schedule(text, zone)
    runs, truth, missed = simulated(dues[:-1], seed, grace=schedule.grace, gap=schedule.period)
    judged = judge(schedule, runs, until=dues[-1] - 2 * MINUTE)
    wrong = [
        (run, is_it, told) for run, is_it, told in zip(runs, truth, judged.runs, strict=True) if is_it != told.kind
    ]
    assert wrong == []
    assert sum(one.count for one in judged.missed) == len(missed)
    for group in judged.missed:
        planted = [one for one in missed if group.first - MINUTE <= one <= group.last + MINUTE]
        assert len(planted) == group.count  # a period counts from the jitter of its usual time
        assert abs(planted[0] - group.first) < MINUTE > abs(planted[-1] - group.last)
    return Counter(truth) + Counter(missed=len(missed))


def campaigns(count: int) -> list[tuple[str, str, list[datetime]]]:
    found: list[tuple[str, str, list[datetime]]] = []
    for zone in ZONES:
        for hour, minute in ((6, 0), (2, 30), (1, 30), (23, 59)):
            found.append((f"{minute} {hour} * * *", zone, wall_times(zone, count, hour=hour, minute=minute)))
        found.append(("1d", zone, wall_times(zone, count, hour=7, minute=20)))
        start = utc(2026, 3, 1) if zone.startswith("Am") else utc(2026, 3, 20)
        found.append(("0 * * * *", zone, elapsed(start, HOUR, count)))
        found.append(("6h", zone, elapsed(start, 6 * HOUR, count)))
        found.append(("*/15 * * * *", zone, elapsed(utc(2026, 10, 24), 15 * MINUTE, count)))
    return found


def test_every_planted_fault_of_a_hundred_runs_is_found_and_no_other() -> None:
    for seed, (text, zone, dues) in enumerate(campaigns(100)):
        assert_all_found(text, zone, dues, seed)


@pytest.mark.nightly
def test_every_planted_fault_of_a_thousand_runs_is_found_and_no_other() -> None:
    told: Counter[str] = Counter()
    for seed, (text, zone, dues) in enumerate(campaigns(1_000)):
        told += assert_all_found(text, zone, dues, 1_000 + seed)
    print(dict(told))
    assert all(told[kind] > 500 for kind in ("on time", "late", "doubled", "missed", "retry"))


@pytest.mark.parametrize("days", [200, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_a_clock_that_jumps_loses_and_invents_no_run(days: int) -> None:
    """The clock goes back an hour or on by a day: what ran is judged once, and each due time is filled or missed."""
    draw, schedule = random.Random(days), read_schedule("0 * * * *", "Europe/Berlin")
    moment, runs = utc(2026, 3, 20), list[Beginning]()
    for _ in range(days):
        moment += HOUR
        moment += draw.choices([timedelta(0), -HOUR, DAY], weights=(94, 3, 3))[0]
        runs.append(Beginning(began=moment + timedelta(seconds=draw.random() * 30)))
    judged = judge(schedule, runs, until=max(one.began for one in runs) + MINUTE)
    filled = {one.due for one in judged.runs}
    assert len(judged.runs) == len(runs)
    assert Counter(kinds(judged))["doubled"] == len(runs) - len(filled)
    whole = sorted(one.began.replace(minute=0, second=0, microsecond=0) for one in runs)
    hours = elapsed(whole[0], HOUR, (whole[-1] - whole[0]) // HOUR + 1)
    lost = [hour for group in judged.missed for hour in elapsed(group.first, HOUR, group.count)]
    assert sorted(filled | set(lost)) == hours
    assert not filled & set(lost)
