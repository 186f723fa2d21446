"""Publishing, torn at every call of the system: page, record and history agree again before the next run begins.

A child process does the publishing and dies, without any tidying, just before its n-th call; then the next run looks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fanecon.errors import RunError
from fanecon.report.record import Book, Record, Trouble, new_id, read_record
from fanecon.report.runner import publish
from fanecon.report.runner.publish import Desk

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
CALLS = ("replace", "open", "write", "fsync", "link", "mkdir", "unlink", "rmdir")


def record(status: str = "failed") -> Record:
    over = {"status": "complete", "exit_code": 0, "error": None} if status == "complete" else {}
    return Record(id=new_id(), notebook=Book(name="x", file="x.ipynb", sha256="0"), began=datetime.now(UTC), **over)


def published(desk: Desk, text: bytes) -> Record:
    """A whole run of a page, without a notebook."""
    desk.folder.mkdir(parents=True, exist_ok=True)
    first = record()
    bench = publish.begin(desk, first)
    (bench / "page.html").write_bytes(text)
    over = {"status": "complete", "exit_code": 0, "error": None}
    return publish.commit(desk, first.model_copy(update=over), bench / "page.html")


def dies_at(number: int, work: Callable[[], object]) -> bool:
    """Whether a child that does some work dies before its n-th call of the system (if it has as many)."""
    child = os.fork()
    if child == 0:
        left = [number]

        def torn(call: Callable[..., object]) -> Callable[..., object]:
            def wrapper(*arguments: object, **named: object) -> object:
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)
                return call(*arguments, **named)

            return wrapper

        for name in CALLS:
            setattr(os, name, torn(getattr(os, name)))
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def agree(desk: Desk, pages: dict[str, bytes]) -> str:
    """Which of some pages is there, after a look at everything that speaks of it."""
    content = desk.page.read_bytes()
    (name,) = [name for name, text in pages.items() if text == content]
    assert read_record(desk.record).page is not None
    assert read_record(desk.record).page.sha256 == hashlib.sha256(content).hexdigest()  # type: ignore[union-attr]
    complete = [one for one in map(read_record, sorted(desk.folder.glob("*.json"))) if one.status == "complete"]
    assert all(one.page is not None for one in complete)
    last = max(complete, key=lambda one: one.began)
    assert last.page.sha256 == hashlib.sha256(content).hexdigest()  # type: ignore[union-attr]
    assert [one for one in desk.folder.iterdir() if one.is_dir()] == []
    assert list(desk.page.parent.rglob("*.part")) == []
    return name


@pytest.mark.parametrize("first", [True, False], ids=["over a page", "the first page"])
def test_publishing_torn_anywhere_is_finished_or_undone_by_the_next_run(first: bool, tmp_path: Path) -> None:
    seen, number = set(), 0
    while True:
        number += 1
        desk = Desk(tmp_path / str(number) / "x.html")
        if first:
            published(desk, b"old")
        died = dies_at(number, lambda desk=desk: published(desk, b"new"))  # type: ignore[misc]
        desk.folder.mkdir(parents=True, exist_ok=True)
        publish.clear(desk)
        if desk.page.exists():
            seen.add(agree(desk, {"old": b"old", "new": b"new"}))
        else:
            assert not first
            assert not desk.record.exists()
            statuses = {read_record(one).status for one in desk.folder.glob("*.json")}
            assert statuses <= {"failed"}
        published(desk, b"next")
        assert agree(desk, {"next": b"next"}) == "next"
        if not died:
            break
    assert number > 20
    assert seen == ({"old", "new"} if first else {"new"})


def test_the_tidying_itself_may_be_torn_anywhere(tmp_path: Path) -> None:
    number, total = 0, 0
    while True:
        number += 1
        desk = Desk(tmp_path / str(number) / "x.html")
        published(desk, b"old")
        count = 12 + number % 9
        dies_at(count, lambda desk=desk: published(desk, b"new"))  # type: ignore[misc]
        died = dies_at(number, lambda desk=desk: publish.clear(desk))  # type: ignore[misc]
        publish.clear(desk)
        agree(desk, {"old": b"old", "new": b"new"})
        total += died
        if not died and number > 12:
            break
    assert total > 3


def test_a_run_that_was_ended_is_written_down_as_failed_and_names_no_page(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "x.html")
    published(desk, b"old")
    left = record()
    publish.begin(desk, left)
    assert publish.clear(desk) == [left.id]
    told = read_record(desk.history(left.id))
    assert (told.status, told.exit_code, told.page) == ("failed", 1, None)
    assert told.error is not None
    assert "ended from outside" in told.error.message


def test_only_the_last_twenty_failed_pages_of_a_report_are_kept(tmp_path: Path) -> None:
    desk, other = Desk(tmp_path / "x.html"), Desk(tmp_path / "x-y.html")
    for number, one in enumerate([other, *[desk] * 25]):
        one.folder.mkdir(parents=True, exist_ok=True)
        failed = record().model_copy(update={"id": f"20260101T0000{number:02}Z-00000000"})
        bench = publish.begin(one, failed)
        (bench / "failed.html").write_text("failed")
        trouble = failed.model_copy(update={"error": Trouble(message="no")})
        assert publish.give_up(one, trouble, bench / "failed.html") is not None
    kept = sorted(one.name for one in (tmp_path / "failed").iterdir())
    assert len(kept) == 21
    assert any(name.startswith("x-y-") for name in kept)
    assert len(list(desk.folder.glob("*.json"))) == 25


def test_a_page_moved_away_by_hand_is_no_reason_to_stop(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "x.html")
    published(desk, b"old")
    desk.page.unlink()
    published(desk, b"new")
    assert agree(desk, {"new": b"new"}) == "new"


def test_a_folder_that_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path / "x.html")
    desk.folder.mkdir(parents=True)
    bench = publish.begin(desk, record())
    monkeypatch.setattr("fanecon.report.runner.disk.remove", lambda path: None)
    with pytest.raises(RunError, match=bench.name):
        publish.clear(desk)
