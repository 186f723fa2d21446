"""The history: every run is listed once with what became of it, and what did not run is seen."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from records import START, half_life, history, publish, record, run_id, share, shelve

from fanecon.errors import FileError, ParameterError
from fanecon.report.history.history import Plan, Report, read_history
from fanecon.report.history.kept import Run
from fanecon.report.history.listing import document
from fanecon.report.record import UNFINISHED, Host, Record, Trouble
from fanecon.report.runner.hosts import this_host

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def read(folder: Path, now: datetime, **plan: object) -> Report:
    (report,) = read_history(folder, Plan(now=now, **plan))  # type: ignore[arg-type]
    return report


def kinds(report: Report) -> list[str]:
    return [run.punctual.kind if run.punctual else "" for run in report.runs]


def unfinished(host: Host | None, began: datetime = START, number: int = 0) -> Record:
    broken = {"status": "failed", "exit_code": 1, "error": Trouble(message=UNFINISHED), "host": host}
    return record(began, number).model_copy(update={**broken, "ended": None, "seconds": None, "metrics": ()})


def test_each_run_says_what_became_of_it(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    publish(tmp_path, record(START + DAY, 1, failed=5))
    shelve(tmp_path, unfinished(this_host(), START + 2 * DAY, 2))
    (tmp_path / ".runs" / "sharing.html" / run_id(START + 2 * DAY, 2)).mkdir()
    shelve(tmp_path, unfinished(Host(name="night", pid=1, started=0), START + 3 * DAY, 3))  # its folder is gone
    shelve(tmp_path, unfinished(this_host().model_copy(update={"started": 1.0}), START + 4 * DAY, 4))
    (tmp_path / ".runs" / "sharing.html" / run_id(START + 4 * DAY, 4)).mkdir()
    (tmp_path / ".runs" / "sharing.html" / run_id(START + 5 * DAY, 5)).mkdir()
    shelve(tmp_path, record(START + 6 * DAY, 6)).write_text("{")
    report = read(tmp_path, START + 6 * DAY + HOUR)
    states = [run.state for run in reversed(report.runs)]
    assert states == ["complete", "failed", "running", "interrupted", "interrupted", "interrupted", "unreadable"]
    assert kinds(report) == ["on time"] * 7
    assert report.missed == ()
    assert report.last_complete is not None
    assert (report.last_complete.began, report.last_complete.page) == (START, "sharing.html")
    assert report.runs[5].page == f"failed/sharing-{run_id(START + DAY, 1)}.html"
    assert report.alarms == (
        "The record of the last run cannot be read.",
        "A run has been at work since 2026-03-03 06:00 UTC.",
    )


def test_a_complete_run_that_did_not_finish_its_publishing_is_not_complete(tmp_path: Path) -> None:
    one = publish(tmp_path, record(START).model_copy(update={"host": None}))
    (tmp_path / ".runs" / "sharing.html" / one.id).mkdir()
    assert read(tmp_path, START + HOUR).runs[0].state == "interrupted"


def test_a_run_that_puts_its_page_in_place_at_this_moment_is_at_work(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    one = publish(tmp_path, record(now - timedelta(seconds=40)).model_copy(update={"host": None}))
    (tmp_path / ".runs" / "sharing.html" / one.id).mkdir()
    assert read(tmp_path, now).runs[0].state == "running"


def test_a_page_that_is_gone_or_another_is_told(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    assert read(tmp_path, START + HOUR).alarms == ()
    with (tmp_path / "sharing.html").open("a") as page:
        page.write(" ")
    assert "is not the one that the last complete run wrote" in read(tmp_path, START + HOUR).alarms[0]
    (tmp_path / "sharing.html").unlink()
    report = read(tmp_path, START + HOUR)
    assert "is gone" in report.alarms[0]
    assert report.runs[0].page == ""


def test_old_complete_runs_have_no_page_because_a_newer_one_took_its_place(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    publish(tmp_path, record(START + DAY, 1))
    assert [run.page for run in read(tmp_path, START + DAY + HOUR).runs] == ["sharing.html", ""]


def test_numbers_come_with_the_change_since_the_last_complete_run(tmp_path: Path) -> None:
    shelve(tmp_path, record(START, 0, metrics=[share(200), half_life(5)]))
    shelve(tmp_path, record(START + DAY, 1, failed=5))
    shelve(tmp_path, record(START + 2 * DAY, 2, metrics=[half_life(6), share(250)]))
    newest, failed, first = read(tmp_path, START + 2 * DAY + HOUR).runs
    assert failed.numbers == ()
    assert [since for _, since in first.numbers] == [None, None]
    changes = {metric.name: since.interval.estimate for metric, since in newest.numbers if since}
    assert changes == {"half_life": 1.0, "share_to_read": 0.005}


@pytest.mark.parametrize("count", [120, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_a_planted_history_is_found_as_it_was_planted(tmp_path: Path, count: int) -> None:
    made = history(tmp_path, count, seed=3)
    report = read(tmp_path, made[-1].began + HOUR)
    assert [run.id for run in report.runs] == [one.id for one in sorted(made, key=lambda one: one.began)][::-1]
    days = Counter((one.began - START) // DAY for one in made)
    missed = {one.first + n * DAY for one in report.missed for n in range(one.count)}
    assert missed == {START + day * DAY for day in range(count) if not days[day]}
    assert Counter(kinds(report))["doubled"] == sum(count - 1 for count in days.values())
    late = [run.began for run in report.runs if run.punctual and run.punctual.kind == "late"]
    assert sorted(late) == sorted(one.began for one in made if one.began.hour == 11)
    assert [run.state for run in report.runs].count("failed") == sum(one.status == "failed" for one in made)
    assert min(len(missed), len(late), kinds(report).count("doubled")) > 0


# --- schedules of records and of the caller ---


def test_a_schedule_that_changed_is_judged_by_its_own_time(tmp_path: Path) -> None:
    for day in range(5):
        shelve(tmp_path, record(START + day * DAY, day, every="0 6 * * *"))
    for day in range(5, 10):
        shelve(tmp_path, record(START + day * DAY + 2 * HOUR, day, every="0 8 * * *"))
    report = read(tmp_path, START + 9 * DAY + 3 * HOUR)
    assert set(kinds(report)) == {"on time"}
    assert report.missed == ()
    assert report.every == "0 8 * * *"
    assert report.next_due == START + 10 * DAY + 2 * HOUR


def test_what_was_missed_before_a_schedule_changed_is_found(tmp_path: Path) -> None:
    for day in (0, 1, 2):
        shelve(tmp_path, record(START + day * DAY, day, every="0 6 * * *"))
    for day in (6, 7):
        shelve(tmp_path, record(START + day * DAY + 2 * HOUR, day, every="0 8 * * *"))
    report = read(tmp_path, START + 7 * DAY + 3 * HOUR)
    assert [(one.first, one.count) for one in report.missed] == [(START + 3 * DAY, 3)]


def test_a_run_by_hand_stands_in_for_none(tmp_path: Path) -> None:
    for day in (0, 1, 3):
        shelve(tmp_path, record(START + day * DAY, day))
    shelve(tmp_path, record(START + 2 * DAY + 9 * HOUR, 99, every=None))
    report = read(tmp_path, START + 3 * DAY + HOUR)
    assert kinds(report) == ["on time", "", "on time", "on time"]
    assert [(one.first, one.count) for one in report.missed] == [(START + 2 * DAY, 1)]


def test_the_caller_has_the_last_word_on_schedule_and_zone(tmp_path: Path) -> None:
    for day in range(4):
        shelve(tmp_path, record(START + day * DAY, day, every=None))
    assert kinds(read(tmp_path, START + 4 * DAY)) == [""] * 4
    report = read(tmp_path, START + 3 * DAY + 2 * HOUR, every="0 7 * * *", zone="Europe/Berlin")
    assert (set(kinds(report)), report.zone.key, report.overdue) == ({"on time"}, "Europe/Berlin", None)
    with pytest.raises(ParameterError):
        read(tmp_path, START, every="daily at six")
    with pytest.raises(ParameterError):
        read(tmp_path, START, zone="Berlin")


def test_a_schedule_in_a_record_that_cannot_be_read_is_a_reason_for_alarm(tmp_path: Path) -> None:
    publish(tmp_path, record(START, every="when<b>ever", zone="Atlantis"))
    report = read(tmp_path, START + HOUR)
    assert "cannot be read" in report.alarms[0]
    assert (report.zone.key, kinds(report)) == ("UTC", [""])


# --- alarms ---


def alarms(folder: Path, now: datetime, **plan: object) -> str:
    return " ".join(read(folder, now, **plan).alarms)


def test_a_report_is_overdue_within_one_period(tmp_path: Path) -> None:
    for day in range(3):
        shelve(tmp_path, record(START + day * DAY, day))
    publish(tmp_path, record(START + 3 * DAY, 3))
    assert alarms(tmp_path, START + 4 * DAY + HOUR) == ""
    assert alarms(tmp_path, START + 4 * DAY + HOUR + timedelta(minutes=1)) == (
        "Overdue: a run was due 2026-03-05 06:00 UTC."
    )
    assert "and 2 more since" in alarms(tmp_path, START + 6 * DAY + 2 * HOUR)


def test_a_run_that_is_at_work_is_not_overdue(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    shelve(tmp_path, unfinished(this_host(), START + DAY, 1))
    (tmp_path / ".runs" / "sharing.html" / run_id(START + DAY, 1)).mkdir()
    assert alarms(tmp_path, START + DAY + 3 * HOUR) == ""


def test_a_run_that_never_ends_is_a_reason_for_alarm_and_one_elsewhere_is_told(tmp_path: Path) -> None:
    publish(tmp_path, record(START, every=None))
    elsewhere = unfinished(Host(name="another machine", pid=1, started=0), START + DAY, 1)
    shelve(tmp_path, elsewhere.model_copy(update={"every": None}))
    (tmp_path / ".runs" / "sharing.html" / elsewhere.id).mkdir()
    assert alarms(tmp_path, START + DAY + HOUR) == ""
    assert alarms(tmp_path, START + 3 * DAY) == "A run has been at work since 2026-03-02 06:00 UTC."
    report = read(tmp_path, START + 3 * DAY)
    assert report.runs[0].state == "running"
    assert "another machine" in report.runs[0].trouble


def test_what_was_missed_long_ago_is_listed_and_rings_no_more(tmp_path: Path) -> None:
    for day in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11):
        shelve(tmp_path, record(START + day * DAY, day))
    publish(tmp_path, record(START + 12 * DAY, 12))
    now = START + 12 * DAY + HOUR
    assert alarms(tmp_path, now) == ""
    assert "Missed: 1" in alarms(tmp_path, now, since=timedelta(days=30))
    assert len(read(tmp_path, now).missed) == 1


def test_a_failed_last_run_rings_until_one_succeeds(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    shelve(tmp_path, record(START + DAY, 1, failed=4))
    assert alarms(tmp_path, START + DAY + HOUR) == "The last run failed."
    publish(tmp_path, record(START + DAY + HOUR, 2))
    assert alarms(tmp_path, START + DAY + 2 * HOUR) == ""
    assert kinds(read(tmp_path, START + DAY + 2 * HOUR))[0] == "retry"


def test_a_run_from_the_future_hides_nothing(tmp_path: Path) -> None:
    publish(tmp_path, record(START))
    publish(tmp_path, record(START + 30 * DAY, 1))
    said = alarms(tmp_path, START + 2 * DAY + 2 * HOUR)
    assert "Overdue: a run was due 2026-03-02 06:00 UTC, and 1 more since." in said
    assert "dated in the future" in said


# --- what may lie in such a folder ---


def test_a_folder_without_a_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds no history"):
        read_history(tmp_path)
    (tmp_path / ".runs").mkdir()
    assert read_history(tmp_path) == ()
    (tmp_path / ".runs" / "x.html").mkdir()
    assert read_history(tmp_path)[0].alarms == ("There is no run.",)


def dated(moment: str) -> bytes:
    return record(START, 1).json_text().replace("2026-03-01T06:00:00Z", moment).encode()


DAMAGED: list[tuple[bytes, str]] = [
    (b"", "not the record of a run"),
    (b"{", "not the record of a run"),
    (b"[]", "not the record of a run"),
    (b"\xff\xfe", "not the record of a run"),
    (b"[" * 200_000, "not the record of a run"),
    (b'{"id": "x"}', "not the record of a run"),
    (b" " * 5_000_001, "larger than any record"),
    (record(START + DAY, 7).json_text().encode(), "of another run"),
    (dated("0001-01-01T00:00:00Z"), "in the year 1"),
    (dated("9999-12-31T23:59:59-12:00"), "in the year 9999"),
    (dated("0001-01-01T00:00:00+14:00"), "in the year 1"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), DAMAGED, ids=[f"{n} {one[1]}" for n, one in enumerate(DAMAGED)])
def test_a_damaged_record_is_listed_and_harms_no_other(tmp_path: Path, content: bytes, said: str) -> None:
    shelve(tmp_path, record(START - DAY))
    shelve(tmp_path, record(START, 1)).write_bytes(content)
    bad, good = read(tmp_path, START + HOUR).runs
    assert (bad.state, good.state) == ("unreadable", "complete")
    assert said in bad.trouble
    assert bad.began == START


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_links_pipes_and_strays_are_not_followed(tmp_path: Path) -> None:
    place = shelve(tmp_path, record(START)).parent
    secret = tmp_path / "secret.json"
    secret.write_text(record(START, 1).json_text())
    (place / f"{run_id(START, 1)}.json").symlink_to(secret)
    os.mkfifo(place / f"{run_id(START, 2)}.json")
    (place / ".half.json.123.part").write_text("x")
    (place / f".{run_id(START, 3)}.json").write_text("x")
    (place / "lock").write_text("{}")
    (place / f".done-{run_id(START, 4)}").mkdir()
    (place / "folder.json").mkdir()
    (tmp_path / ".runs" / "file").write_text("x")
    (tmp_path / ".runs" / "link.html").symlink_to(place)
    runs = read(tmp_path, START + HOUR).runs
    assert Counter(run.state for run in runs) == {"complete": 1, "unreadable": 2}
    assert all("link or a device" in run.trouble for run in runs if run.state == "unreadable")


def test_a_copied_record_is_not_a_second_run(tmp_path: Path) -> None:
    path = shelve(tmp_path, record(START))
    (path.parent / "copy of it.json").write_bytes(path.read_bytes())
    runs = read(tmp_path, START + HOUR).runs
    assert Counter(run.state for run in runs) == {"complete": 1, "unreadable": 1}


def test_a_time_without_a_zone_is_read_as_utc_and_impossible_ends_are_told(tmp_path: Path) -> None:
    text = record(START).json_text().replace("06:00:00Z", "06:00:00")
    shelve(tmp_path, record(START)).write_text(text)
    assert read(tmp_path, START + HOUR).runs[0].began == START
    ended = record(START).model_copy(update={"ended": datetime.max.replace(tzinfo=UTC)})
    shelve(tmp_path, ended)
    assert "clock was set" in read(tmp_path, START + HOUR).runs[0].trouble


def test_a_clock_that_was_set_during_a_run_or_between_its_name_and_record_is_told(tmp_path: Path) -> None:
    set_back = record(START).model_copy(update={"ended": START - HOUR})
    shelve(tmp_path, set_back)
    shelve(tmp_path, record(START + DAY, 1).model_copy(update={"began": START + 2 * DAY}))
    later, first = read(tmp_path, START + 3 * DAY).runs
    assert first.trouble == "The clock was set while it ran, by about -3,631 s."
    assert "one was changed" in later.trouble


def order(runs: tuple[Run, ...]) -> list[str]:
    return [run.id for run in runs]


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_clock_jumps_lose_and_double_no_run(tmp_path: Path, count: int) -> None:
    draw, moment, ids = random.Random(count), START, []
    for _ in range(count):
        moment += draw.choices([HOUR, -HOUR, DAY, timedelta(0)], weights=(90, 4, 3, 3))[0]
        ids.append(run_id(moment, draw.getrandbits(32)))
        shelve(tmp_path, record(moment, int(ids[-1][-8:], 16), every="0 * * * *"))
    report = read(tmp_path, moment + 5 * DAY)
    assert sorted(order(report.runs)) == sorted(ids)
    assert [run.began for run in report.runs] == sorted((run.began for run in report.runs), reverse=True)
    assert order(report.runs) == order(read(tmp_path, moment + 5 * DAY).runs)
    assert all((run.record.seconds or 0) >= 0 for run in report.runs if run.record)


def test_the_document_says_the_same_as_the_history(tmp_path: Path) -> None:
    made = history(tmp_path, 40, seed=5)
    report = read(tmp_path, made[-1].began + HOUR)
    told = json.loads(json.dumps(document([report], Plan(now=made[-1].began)), allow_nan=False))["reports"][0]
    assert [one["id"] for one in told["runs"]] == order(report.runs)
    assert sum(one["count"] for one in told["missed"]) == sum(one.count for one in report.missed)
    assert told["last_complete"] == made[-1].id
    newest = told["runs"][0]
    assert newest["schedule"]["kind"] == "on time"
    assert newest["numbers"][0]["estimate"] == made[-1].metrics[0].estimate
    assert newest["numbers"][0]["change"]["low"] < newest["numbers"][0]["change"]["high"]
    assert "export.xlsx" not in json.dumps(told)


def test_numbers_that_are_not_numbers_become_none_in_the_document(tmp_path: Path) -> None:
    strange = share().model_copy(update={"estimate": float("nan"), "low": float("-inf"), "high": float("inf")})
    shelve(tmp_path, record(START, metrics=[strange]))
    told = document([read(tmp_path, START + HOUR)], Plan(now=START))
    (number,) = told["reports"][0]["runs"][0]["numbers"]
    assert json.dumps(number, allow_nan=False)
    assert (number["estimate"], number["low"]) == (None, None)
