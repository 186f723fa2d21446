"""Verifying: every careless or clumsy change of a page is found out, and what kind it was is said where it shows."""

from __future__ import annotations

import hashlib
import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from records import START, page_text, publish, record, shelve

from fanecon.cli import main
from fanecon.report.history.verify import Verdict, judge, lasted, told, verify
from fanecon.report.seal import BLANK, seal

WHOLE, FAILED = page_text(), page_text("failed", body="<h1>✗ Failed</h1>")
NOW = START + timedelta(hours=5)


def words(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["verify", *arguments])


def footer(page: str) -> str:
    return page[page.index("<footer>") : page.index("</footer>")]


def test_a_whole_page_is_complete_and_one_of_a_failed_run_failed() -> None:
    assert (judge(WHOLE.encode()).found, judge(WHOLE.encode()).code) == ("complete", 0)
    assert (judge(FAILED.encode()).found, judge(FAILED.encode()).code) == ("failed", 5)


def test_a_page_of_a_notebook_that_was_run_elsewhere_is_no_complete_one() -> None:
    unsealed = FAILED.replace('content="failed"', 'content="unknown"').replace(FAILED.split("sha256=")[1][:64], BLANK)
    verdict = judge(seal(unsealed).encode())
    assert (verdict.found, verdict.code) == ("failed", 5)
    assert "run elsewhere" in verdict.problems[0]


def reshaped(old: str, new: str, page: str = WHOLE) -> bytes:
    assert old in page
    return page.replace(old, new).encode()


UNSEALED = FAILED.replace(FAILED[FAILED.index("sha256=") + 7 :][:64], BLANK)
TWO_WORDS = seal(UNSEALED.replace('content="failed"', 'content="complete"'))
ALTERED: list[tuple[str, bytes, str, str]] = [
    ("a number", reshaped("2.1 %", "9.1 %"), "altered", ""),
    ("one letter of the title", reshaped("Who shares?", "who shares?"), "altered", ""),
    ("a blank at the end of a line", reshaped("</main>", "</main> "), "altered", ""),
    ("the status in the footer", reshaped("status=failed", "status=complete", FAILED), "altered", "sealed as failed"),
    ("the status everywhere", FAILED.replace("failed", "complete").encode(), "altered", "sealed as failed"),
    ("the status of a good page", reshaped("status=complete", "status=failed"), "altered", "sealed as complete"),
    ("the banner", reshaped("<h1>✗ Failed</h1>", "", FAILED), "altered", ""),
    ("the footer of another page", FAILED.replace(footer(FAILED), footer(WHOLE)).encode(), "altered", ""),
    ("a second footer", reshaped("</footer>", "</footer>" + footer(WHOLE) + "</footer>"), "altered", "2 texts"),
    ("a good footer after a bad one", (FAILED + footer(WHOLE)).encode(), "altered", "after the end of the page"),
    ("a status pasted into the body",
     reshaped("</main>", f"status=complete sha256={'a' * 64}</main>"),
     "altered", "2 texts"),
    ("a status pasted behind",
     WHOLE.encode() + b"status=complete sha256=" + b"a" * 64,
     "altered", "after the end of the page"),
    ("its own seal pasted behind",
     (FAILED + WHOLE[WHOLE.index("status=") :][:87]).encode(),
     "altered", "after the end of the page"),
    ("bytes behind", WHOLE.encode() + b"<script>alert(1)</script>", "altered", "after the end of the page"),
    ("a blank line behind", WHOLE.encode() + b"\n", "altered", "after the end of the page"),
    ("a NUL behind", WHOLE.encode() + b"\0", "altered", "after the end of the page"),
    ("the last line end", WHOLE.rstrip().encode(), "altered", "after the end of the page"),
    ("a byte order mark", b"\xef\xbb\xbf" + WHOLE.encode(), "altered", "byte order mark"),
    ("line ends", WHOLE.replace("\n", "\r\n").encode(), "altered", "CRLF"),
    ("line ends and a mark", b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(), "altered", "CRLF"),
    ("line ends and a blank line", WHOLE.replace("\n", "\r\n").encode() + b"\r\n", "altered", "CRLF"),
    ("line ends and a number", WHOLE.replace("\n", "\r\n").replace("2.1 %", "9.1 %").encode(), "altered", ""),
    ("zeros for the checksum",
     (WHOLE[: WHOLE.index("sha256=") + 7] + BLANK + WHOLE[WHOLE.index("</code>") :]).encode(),
     "altered", "never sealed"),
    ("capitals in the checksum",
     WHOLE.replace("sha256=", "SHA256=").encode(),
     "altered", "footer with the seal is gone"),
    ("the footer", reshaped(footer(WHOLE), ""), "altered", "footer with the seal is gone"),
    ("the last hundred bytes", WHOLE.encode()[:-100], "cut off", "before its footer is closed"),
    ("half of it", WHOLE.encode()[: len(WHOLE) // 2], "cut off", "before its footer is closed"),
    ("the last byte but one", WHOLE.encode()[:-2], "cut off", "before its footer is closed"),
    ("the head", WHOLE[WHOLE.index("<body>") :].encode(), "altered", ""),
    ("everything", b"", "empty", ""),
    ("UTF-16", WHOLE.encode("utf-16"), "wrong encoding", "UTF-16"),
    ("GB18030", page_text(body="<p>分享率</p>").encode("gb18030"), "wrong encoding", "another encoding"),
    ("a broken letter", WHOLE.encode().replace(b"Sharing", b"Sharing\xff"), "wrong encoding", "cannot be read"),
    ("another page", b"<!doctype html><title>Hello</title>", "not a page", ""),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a page", ""),
    ("a history", b'<!doctype html><meta name="fanecon-kind" content="index">', "not a page", "fanecon index"),
    ("a failed page that calls itself complete in its head",
     TWO_WORDS.encode(),
     "altered", "not written by one run"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "found", "said"), [one[1:] for one in ALTERED], ids=[one[0] for one in ALTERED])
def test_what_was_changed_by_hand_or_on_the_way_is_found(content: bytes, found: str, said: str) -> None:
    verdict = judge(content)
    assert verdict.found == found
    assert said in " ".join(verdict.problems)
    assert verdict.code == 4
    assert verdict.todo


def test_damage_that_can_be_undone_is_named_only_where_it_is_all_that_was_done() -> None:
    assert judge(WHOLE.replace("\n", "\r\n").encode()).problems[0].startswith("Only its line ends")
    assert judge(WHOLE.replace("\n", "\r\n").replace("2.1", "9.1").encode()).problems == ()


def test_text_that_looks_like_a_seal_in_a_page_does_no_harm() -> None:
    body = f"<p>status=complete sha256={BLANK} status=complete sha256={'f' * 64}</p>"
    assert judge(page_text(body=body).encode()).found == "complete"
    assert judge(page_text("failed", body=body).encode()).found == "failed"


@given(st.integers(0, len(WHOLE.encode()) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_no_byte_of_a_page_can_be_changed(place: int, flip: int) -> None:
    content = bytearray(WHOLE.encode())
    content[place] ^= flip
    assert judge(bytes(content)).code == 4


@given(st.integers(0, len(WHOLE.encode()) - 1))
@settings(max_examples=100, deadline=None)
def test_no_page_can_be_cut_off(length: int) -> None:
    assert judge(WHOLE.encode()[:length]).code == 4


@pytest.mark.nightly
def test_no_single_byte_of_a_page_can_be_changed_taken_or_doubled() -> None:
    content, draw = page_text(body="<p>分享率 é</p>").encode(), random.Random(1)
    for place in range(len(content)):
        assert (
            judge(content[:place] + bytes([content[place] ^ draw.randrange(1, 256)]) + content[place + 1 :]).code == 4
        )
        assert judge(content[:place]).code == 4
        assert judge(content[:place] + content[place + 1 :]).code == 4
        assert judge(content[:place] + bytes([draw.randrange(256)]) + content[place:]).code == 4


# --- the record beside it ---


def test_a_page_with_its_own_record_agrees(tmp_path: Path) -> None:
    done = publish(tmp_path, record())
    verdict = verify(tmp_path / "sharing.html")
    assert (verdict.found, verdict.record, verdict.code) == ("complete", "agrees", 0)
    assert (verdict.run, verdict.made) == (done.id, done.began)
    assert "The record of the run agrees with it." in told(verdict)


def test_a_failed_page_is_compared_with_the_history(tmp_path: Path) -> None:
    done = publish(tmp_path, record(failed=5))
    page = tmp_path / "failed" / f"sharing-{done.id}.html"
    assert (verify(page).found, verify(page).record, verify(page).code) == ("failed", "agrees", 5)
    shelve(tmp_path, done.model_copy(update={"status": "complete", "error": None, "exit_code": 0}))
    assert (verify(page).record, verify(page).code) == ("disagrees", 4)


def beside(folder: Path, text: str | None = None, **changed: object) -> Verdict:
    done = publish(folder, record())
    text = done.model_copy(update=changed).json_text() if text is None else text
    (folder / "sharing.run.json").write_text(text)
    return verify(folder / "sharing.html")


DISAGREEING: list[tuple[dict[str, object], str]] = [
    ({"id": "20260301T060000Z-ffffffff"}, "another run"),
    ({"status": "failed"}, "says failed, the page says complete"),
    ({"page": None}, "names no page"),
    ({"exit_code": 5}, "exit code 5"),
    ({"seconds": 1.0}, "one of them was changed"),
    ({"metrics": ()}, "one of them was changed"),
    ({"schema_version": "fanecon.run/99"}, "does not know"),
]


@pytest.mark.parametrize(("changed", "said"), DISAGREEING, ids=[one[1] for one in DISAGREEING])
def test_a_record_that_was_changed_is_found(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    verdict = beside(tmp_path, **changed)
    assert (verdict.found, verdict.record, verdict.code) == ("complete", "disagrees", 4)
    assert said in " ".join(verdict.problems)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"id": 1}', "\0", "[" * 100_000])
def test_a_record_that_is_none_disagrees(tmp_path: Path, text: str) -> None:
    verdict = beside(tmp_path, text)
    assert (verdict.record, verdict.code) == ("disagrees", 4)
    assert "not the record of a run" in " ".join(verdict.problems)


def test_the_record_of_the_run_before_disagrees(tmp_path: Path) -> None:
    publish(tmp_path, record())
    old = (tmp_path / "sharing.run.json").read_text()
    publish(tmp_path, record(START + timedelta(days=1), 1))
    (tmp_path / "sharing.run.json").write_text(old)
    verdict = verify(tmp_path / "sharing.html")
    assert verdict.code == 4
    assert "another page" in " ".join(verdict.problems)
    assert "another run" in " ".join(verdict.problems)


def test_a_page_alone_or_under_another_name_is_verified_all_the_same(tmp_path: Path) -> None:
    publish(tmp_path, record())
    (tmp_path / "alone").mkdir()
    (tmp_path / "sharing.html").rename(tmp_path / "alone" / "mailed.html")
    verdict = verify(tmp_path / "alone" / "mailed.html")
    assert (verdict.found, verdict.record, verdict.code) == ("complete", "none", 0)


# --- age ---


def aged(folder: Path, now: datetime, *, with_record: bool = True) -> Verdict:
    publish(folder, record())
    if not with_record:
        (folder / "sharing.run.json").unlink()
    return verify(folder / "sharing.html", fresh=timedelta(hours=26), now=now)


def test_a_page_is_fresh_to_the_hour_and_then_stale(tmp_path: Path) -> None:
    assert aged(tmp_path, START + timedelta(hours=26)).code == 0
    stale = aged(tmp_path, START + timedelta(hours=51))
    assert stale.code == 3
    assert stale.stale == "It is 2 days 3 h old; 1 day 2 h were allowed."


def test_a_page_from_the_future_or_of_unknown_age_is_not_fresh(tmp_path: Path) -> None:
    assert "in the future" in aged(tmp_path, START - timedelta(days=1)).stale
    unknown = aged(tmp_path, NOW, with_record=False)
    assert (unknown.code, "cannot be told" in unknown.stale) == (3, True)


def test_the_age_is_read_off_the_page_where_it_says_so() -> None:
    dated = '<dl><dt>Began</dt><dd><time datetime="2026-03-01T06:00:00Z">6:00</time></dd></dl>'
    assert judge(page_text(body=dated).encode()).made == START
    assert judge(page_text(body=dated.replace("2026-03", "2026-99")).encode()).made is None


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [(0, "0 seconds"), (60, "1 minute"), (3_661, "1 hour 1 min"), (90_000, "1 day 1 h"), (172_800, "2 days")],
)
def test_a_stretch_of_time_is_told_in_two_units(seconds: int, words_: str) -> None:
    assert lasted(timedelta(seconds=seconds)) == words_


# --- the command ---


def test_the_command_says_each_page_and_exits_with_the_highest_code(tmp_path: Path) -> None:
    good = publish(tmp_path, record())
    bad = publish(tmp_path, record(START + timedelta(days=1), 1, failed=5))
    page, failed, none = tmp_path / "sharing.html", tmp_path / "failed" / f"sharing-{bad.id}.html", tmp_path / "no.html"
    (tmp_path / "other.html").write_text(WHOLE + " ")
    assert words(str(page)).exit_code == 0
    assert f"Run {good.id}" in words(str(page)).output
    assert "A seal without a key" in words(str(page)).output
    assert words(str(page), str(tmp_path / "other.html")).exit_code == 4
    assert words(str(failed), str(tmp_path / "other.html"), str(page)).exit_code == 5
    assert words(str(page), "--fresh", "26h").exit_code == 3
    assert words(str(page), "--fresh", "yesterday").exit_code == 2
    assert words().exit_code == 2
    assert words(str(none)).exit_code == 4
    assert "there is no such file" in words(str(none)).output


def test_the_command_speaks_json(tmp_path: Path) -> None:
    publish(tmp_path, record())
    done = words(str(tmp_path / "sharing.html"), str(tmp_path), "--json")
    document = json.loads(done.output)
    assert document["exit_code"] == done.exit_code == 4
    assert [one["found"] for one in document["pages"]] == ["complete", "not there"]
    digest = hashlib.sha256((tmp_path / "sharing.html").read_bytes()).hexdigest()
    assert document["pages"][0]["sha256"] == digest


@pytest.mark.skipif(os.name != "posix", reason="names and pipes of POSIX")
def test_a_pipe_a_loop_and_a_name_that_a_terminal_obeys_do_no_harm(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.html")
    (tmp_path / "loop.html").symlink_to("loop.html")
    (tmp_path / "red\x1b[31m\nfake.html: complete.html").write_text("x")
    os.mkfifo(tmp_path / "beside.run.json")
    (tmp_path / "beside.html").write_text(WHOLE)
    for path in [*tmp_path.iterdir(), tmp_path / ("x" * 300), tmp_path / "a\0b"]:
        assert verify(path).code == (0 if path.name == "beside.html" else 4)
    done = words(*(str(path) for path in sorted(tmp_path.iterdir())))
    assert "\x1b" not in done.output
    assert "\nfake.html: complete" not in done.output


def test_a_page_that_fanecon_made_is_verified(tmp_path: Path) -> None:
    from books import book

    from fanecon.report import run

    page = run(str(book(tmp_path / "x.ipynb", "print(1)")), out=tmp_path / "x.html")
    verdict = verify(page, fresh=timedelta(hours=1))
    assert (verdict.found, verdict.problems) == ("complete", ())
    assert verdict.made is None or verdict.made <= datetime.now(UTC)
