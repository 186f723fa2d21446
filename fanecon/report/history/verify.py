"""Verifying: what anybody can find out about a page that lies before him, without trusting who sent it.

The seal in the footer (see `seal`) covers every byte, so a page that was cut off, edited, translated by a mail program
or given the footer of another one is found out.  What it cannot do is to stop forgery: it holds no key, so who changes
a page on purpose can seal it again.  The record beside the page, the one in the history and the run's own name make
that more work, not impossible; and the answer says so.

Most pages that fail were not forged but damaged on their way.  So the kinds of damage that can be undone in memory
(line ends, a byte order mark, bytes at the end) are tried, and named if they alone were the difference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from fanecon.errors import FileError
from fanecon.report.codes import Code
from fanecon.report.printable import printable
from fanecon.report.record import SCHEMA, Record, read_record
from fanecon.report.seal import read_seal

Found = Literal["complete", "failed", "altered", "cut off", "empty", "wrong encoding", "not a page", "not there"]
MOST_BYTES = 500_000_000
SKEW = timedelta(minutes=5)
HONEST = (
    "A seal without a key shows damage and careless change; who changes a page on purpose can seal it again. "
    "Where that matters, compare the SHA-256 with one that reached you another way."
)
AGAIN = "Do not use its numbers. Fetch the page again from where it was made, or make it again: fanecon run NAME -o {}"
MEANING: dict[Found, str] = {
    "complete": "Every step ran to its end, and no byte was changed since the page was sealed.",
    "failed": "The run did not end well, and the page says so; no byte was changed since it was sealed.",
    "altered": "The page is not what was sealed.",
    "cut off": "The end of the page is missing.",
    "empty": "The file holds no byte.",
    "wrong encoding": "The page is not in UTF-8, in which every page is written.",
    "not a page": "This is no page of fanecon, or its seal was taken away.",
    "not there": "Nothing can be read there.",
}
UNWATCHED = "It was made from a notebook that was run elsewhere, so nobody knows whether it is whole."
_HEAD = 4_000
_GENERATOR = '<meta name="generator" content="fanecon '
_INDEX = '<meta name="fanecon-kind" content="index">'
_STATUS = re.compile(r'<meta name="fanecon-status" content="(\w+)">')
_ID = r"\d{8}T\d{6}Z-[0-9a-f]{8}"
_RUN = re.compile(rf'(?:<dt>Run</dt><dd>|<meta name="fanecon-run" content=")({_ID})[<"]')
_BEGAN = re.compile(r'<dt>Began</dt><dd><time datetime="([0-9T:.Z+-]{16,40})">')
_SEALED = re.compile(r"status=(complete|failed) sha256=([0-9a-f]{64})")
_FAILED_NAME = re.compile(rf"(.+)-({_ID})")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found out about one page.

    Parameters
    ----------
    found
        In one word; `meaning` says it in a sentence.
    problems
        What speaks against it, one sentence each.
    record
        Whether the record of the run that lies beside the page agrees with it.
    made
        When its run began, as the page or its record says.
    code
        The exit code: 0 complete, 3 complete but too old, 4 not what was sealed, 5 the page of a failed run.
    """

    path: str
    found: Found
    sha256: str = ""
    run: str = ""
    made: datetime | None = None
    record: Literal["agrees", "disagrees", "none"] = "none"
    problems: tuple[str, ...] = ()
    stale: str = ""

    @property
    def meaning(self) -> str:
        """What the finding means."""
        return MEANING[self.found]

    @property
    def code(self) -> int:
        """The exit code of this page."""
        if self.found not in ("complete", "failed") or self.record == "disagrees":
            return Code.DATA
        if self.found == "failed":
            return Code.STEP
        return Code.THRESHOLD if self.stale else Code.DONE

    @property
    def todo(self) -> str:
        """What to do next, or nothing."""
        name = Path(self.path).name
        if self.found in ("complete", "failed") and self.record == "disagrees":
            return f"Trust neither until you know which was changed. Make both again: fanecon run NAME -o {name}"
        if self.found == "failed":
            return f"Read what went wrong at its top, mend it, and make it again: fanecon run NAME -o {name}"
        if self.found in ("not a page", "not there"):
            return "Name the .html file that fanecon run wrote, such as reports/sharing.html."
        if self.found != "complete":
            return AGAIN.format(name)
        return f"Look at the schedule of its runs: fanecon index {Path(self.path).parent}" if self.stale else ""

    def document(self) -> dict[str, Any]:
        """The verdict as plain values for JSON."""
        fields = asdict(self)
        made = self.made.isoformat() if self.made else None
        return {**fields, "made": made, "meaning": self.meaning, "next": self.todo, "exit_code": int(self.code)}


def verify(path: Path, *, fresh: timedelta | None = None, now: datetime | None = None) -> Verdict:
    """What a page is: complete, failed, or not what was sealed, and whether the record beside it agrees.

    Parameters
    ----------
    fresh
        How long ago its run may have begun.
    now
        The moment from which age is counted; that of the call unless given.
    """
    try:
        content = _bytes(path)
    except FileError as error:
        return Verdict(path=str(path), found="not there", problems=(error.problem,))
    verdict = _beside(judge(content, str(path)), path)
    return verdict if fresh is None else _aged(verdict, fresh, now or datetime.now(UTC))


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            what = "it is no file but a folder or a device" if path.exists() else "there is no such file"
            raise FileError(str(path), what, "Check the path.")
        if path.stat().st_size > MOST_BYTES:
            raise FileError(str(path), f"it is larger than any page ({path.stat().st_size:,} bytes)", "Check the path.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FileError(str(path), f"it cannot be read: {why}", "Check the path.") from error


def judge(content: bytes, path: str = "") -> Verdict:
    """What the bytes of a page say by themselves."""
    digest = hashlib.sha256(content).hexdigest()
    found, problems = _judged(content)
    text = content.decode("utf-8", errors="replace")
    runs, begins = _RUN.findall(text), _BEGAN.findall(text)
    made = _moment(begins[-1]) if begins else None
    run = runs[-1] if runs else ""
    return Verdict(path=path, found=found, sha256=digest, run=run, made=made, problems=tuple(problems))


def _judged(content: bytes) -> tuple[Found, list[str]]:
    if not content:
        return "empty", []
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _undecoded(content, error)
    said = read_seal(text)
    if said in ("complete", "failed"):
        contradiction = _contradiction(text, said)
        if contradiction:
            return "altered", [contradiction]
        head = _STATUS.search(text[:_HEAD])
        return ("complete" if said == "complete" else "failed", [UNWATCHED] if head and head[1] == "unknown" else [])
    if _INDEX in text[:_HEAD]:
        return "not a page", ["It is a history that fanecon index wrote; histories carry no seal."]
    ours = _GENERATOR in text[:_HEAD]
    if ours and not text.rstrip().endswith("</html>") and "</html>" not in text[-2_000:]:
        return "cut off", [f"It ends after {len(content):,} bytes, before its footer is closed."]
    if said == "no seal":
        return ("altered", ["Its footer with the seal is gone."]) if ours else ("not a page", [])
    return "altered", list(_damage(content, text))


def _undecoded(content: bytes, error: UnicodeDecodeError) -> tuple[Found, list[str]]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", errors="replace")
        if read_seal(text) in ("complete", "failed"):
            return "wrong encoding", ["It was saved again as UTF-16, and is otherwise unchanged."]
    ours = _GENERATOR.encode() in content[:_HEAD] or _GENERATOR.encode("utf-16-le") in content[: 2 * _HEAD]
    where = (
        f"Byte {error.start:,} (of {len(content):,}) cannot be read: the file was damaged or saved in another encoding."
    )
    return ("wrong encoding" if ours else "not a page"), [where]


def _contradiction(text: str, said: str) -> str:
    """What a whole page says against its own footer, or nothing."""
    head = _STATUS.search(text[:_HEAD])
    if head is None or (head[1] == "complete") == (said == "complete"):
        return ""
    return f"Its head says {head[1]} and its footer says {said}: the two were not written by one run."


def _damage(content: bytes, text: str) -> Iterator[str]:
    """What was done to a page whose checksum is wrong, as far as that can be told."""
    found = [words for repairs, words in _REPAIRS if read_seal(_repaired(content, repairs)) in ("complete", "failed")]
    if found:
        yield found[0]
        return
    seals = list(_SEALED.finditer(text))
    if seals[-1][2] == "0" * 64:
        yield "It was never sealed: whoever wrote it stopped before the last step."
    elif len({seal[0] for seal in seals}) < len(seals) or len(seals) > 1:
        yield f"It holds {len(seals)} texts that look like a seal; the last one does not fit the page."
    other = {"complete": "failed", "failed": "complete"}[seals[-1][1]]
    start, end = seals[-1].span(1)
    flipped = text[:start] + other + text[end:]
    if other in (
        read_seal(flipped),
        read_seal(_STATUS.sub(f'<meta name="fanecon-status" content="{other}">', flipped)),
    ):
        yield f"The page was sealed as {other}; the status was changed by hand."


def _repaired(content: bytes, repairs: Iterable[str]) -> str:
    for repair in repairs:
        if repair == "mark":
            content = content.removeprefix(b"\xef\xbb\xbf")
        elif repair == "lines":
            content = content.replace(b"\r\n", b"\n")
        elif repair == "end":
            whole, close, _ = content.rpartition(b"</html>")
            content = whole + close + b"\n"
    return content.decode("utf-8")


_REPAIRS: Sequence[tuple[tuple[str, ...], str]] = (
    (("lines",), "Only its line ends were changed (LF to CRLF), as mail programs and git on Windows do."),
    (("mark",), "Only a byte order mark was put before it, as editors on Windows do."),
    (("end",), "Only its last bytes, after the end of the page, were changed."),
    (("mark", "lines"), "A byte order mark was put before it and its line ends were changed (LF to CRLF)."),
    (("lines", "end"), "Its line ends were changed (LF to CRLF), and its last bytes, after the end of the page."),
    (("mark", "lines", "end"), "A byte order mark, line ends (LF to CRLF) and bytes after the end were changed."),
)


# --- the record beside the page ---


def _beside(verdict: Verdict, path: Path) -> Verdict:
    """The verdict with what the record of the run has to say about it."""
    failed_name = _FAILED_NAME.fullmatch(path.stem) if path.parent.name == "failed" else None
    if failed_name:
        history = path.parent.parent / ".runs" / f"{failed_name[1]}.html" / f"{failed_name[2]}.json"
        return _with_record(verdict, path, history, twin=None)
    return _with_record(verdict, path, path.with_suffix(".run.json"), twin=path.parent / ".runs" / path.name)


def _with_record(verdict: Verdict, path: Path, place: Path, *, twin: Path | None) -> Verdict:
    if verdict.found in ("empty", "not a page") or not place.is_file():
        return verdict
    try:
        record = read_record(place)
    except FileError as error:
        return replace(verdict, record="disagrees", problems=(*verdict.problems, f"{place.name} {error.problem}."))
    problems = [*_disagreements(verdict, record, place.name), *_changed(record, place, twin)]
    made = verdict.made or (None if problems else record.began)
    return replace(
        verdict,
        record="disagrees" if problems else "agrees",
        problems=(*verdict.problems, *problems),
        run=verdict.run or record.id,
        made=made,
    )


def _disagreements(verdict: Verdict, record: Record, name: str) -> Iterator[str]:
    if record.schema_version != SCHEMA:
        yield f"{name} is written in {record.schema_version!r}, which this fanecon ({SCHEMA}) does not know."
    if record.page is not None and record.page.sha256 != verdict.sha256:
        other = f"it names the SHA-256 {record.page.sha256[:12]}…, this page has {verdict.sha256[:12]}…"
        yield f"{name} is the record of another page: {other}"
    if record.page is None and record.status == "complete":
        yield f"{name} tells of a complete run and names no page."
    if verdict.run and record.id != verdict.run:
        yield f"{name} is the record of another run: it names {record.id[:40]!r}, the page {verdict.run}."
    if verdict.found in ("complete", "failed") and record.status != verdict.found:
        yield f"{name} says {record.status}, the page says {verdict.found}."
    if record.status == "complete" and (record.error is not None or record.exit_code not in (0, 3)):
        yield f"{name} says complete and ends with exit code {record.exit_code}."


def _changed(record: Record, place: Path, twin: Path | None) -> Iterator[str]:
    """Whether the same run is told in another way in the history."""
    if twin is None or not re.fullmatch(_ID, record.id) or not (twin / f"{record.id}.json").is_file():
        return
    try:
        kept = read_record(twin / f"{record.id}.json")
    except FileError:
        yield f"The record of the run in the history cannot be read, so {place.name} cannot be compared with it."
        return
    if kept.json_text() != record.json_text():
        yield f"{place.name} and the record of the same run in the history differ: one of them was changed."


# --- age ---


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _aged(verdict: Verdict, fresh: timedelta, now: datetime) -> Verdict:
    made = verdict.made if verdict.made is None or verdict.made.tzinfo else verdict.made.replace(tzinfo=UTC)
    if made is None:
        return replace(
            verdict, stale="Its age cannot be told: neither the page nor a record that agrees says when it was made."
        )
    if made > now + SKEW:
        return replace(verdict, stale=f"It is dated {lasted(made - now)} in the future: one of two clocks is wrong.")
    if now - made > fresh:
        return replace(verdict, stale=f"It is {lasted(now - made)} old; {lasted(fresh)} were allowed.")
    return verdict


def lasted(time: timedelta) -> str:
    """A stretch of time for a reader: in its largest two units, cut off."""
    seconds = int(time.total_seconds())
    for name, size, below, part in (("day", 86_400, "h", 3_600), ("hour", 3_600, "min", 60), ("minute", 60, "s", 1)):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            return f"{whole:,} {name}{'' if whole == 1 else 's'}" + (f" {rest // part} {below}" if rest // part else "")
    return f"{seconds} seconds"


def told(verdict: Verdict, *, now: datetime | None = None) -> str:
    """A verdict as lines for a terminal."""
    name = printable(verdict.path)
    lines = [f"{name}: {verdict.found}", f"  {verdict.meaning}", *(f"  {one}" for one in verdict.problems)]
    if verdict.run and verdict.found in ("complete", "failed"):
        moment = now or datetime.now(UTC)
        age = f", began {verdict.made:%Y-%m-%d %H:%M} UTC" if verdict.made and verdict.made <= moment else ""
        lines.append(f"  Run {verdict.run}{age}.")
    if verdict.record == "agrees":
        lines.append("  The record of the run agrees with it.")
    lines += [f"  {one}" for one in (verdict.stale, verdict.todo) if one]
    return "\n".join(lines)
