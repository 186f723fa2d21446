"""Answers of WeChat's interfaces as numbered records, whatever they were kept in.

People keep what the interface said as one file per call, as a list of answers, as lines, in a folder, or as a CSV made
of the lists in them.  All of these hold the same records, so they become the same records here, each with a number
under which a complaint can be found and left out: the row of the sheet, or for JSON the place of the record in the
file plus one.  An answer that reports one number per day is taken apart into its days first.

An error answer is a record too.  A script that saves whatever comes back saves ``{"errcode": 61503}`` among its days;
read as an empty day it is a day without readers.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fanecon.loaders.answers import answers
from fanecon.loaders.cells import is_missing, plain
from fanecon.loaders.files import HEADER_ROWS, Opened, Row, Sheet
from fanecon.loaders.rows import count_rows
from fanecon.schema import FileError, Place

ERROR, EMPTY = "error", "no record"
BEYOND = "beyond the last column name"

_SIGNS: tuple[tuple[str, str, str], ...] = (
    ("getarticletotal", "msgid details", ""),
    ("getarticletotaldetail", "msgid detail_list", ""),
    ("getarticletotal", "msgid stat_date int_page_read_user", ""),
    ("getarticletotaldetail", "msgid stat_date read_user", ""),
    ("getarticlesummary", "ref_date msgid int_page_read_user", ""),
    ("getuserreadhour", "ref_date ref_hour int_page_read_user", ""),
    ("getuserread", "ref_date int_page_read_user", "stat_date title target_user"),
    ("getarticleread", "ref_date msgid read_user", ""),
    ("getarticleshare", "ref_date msgid share_user", "share_count"),
    ("getbizsummary", "ref_date read_user", "msgid"),
    ("getusersharehour", "ref_date ref_hour share_scene share_user", ""),
    ("getusershare", "ref_date share_scene share_user", ""),
    ("getupstreammsgdist", "ref_date count_interval msg_user", ""),
    ("getupstreammsghour", "ref_date ref_hour msg_type msg_user", ""),
    ("getupstreammsg", "ref_date msg_type msg_user", ""),
    ("getinterfacesummary", "ref_date callback_count fail_count", ""),
    ("getusersummary", "ref_date new_user cancel_user", ""),
    ("getusercumulate", "ref_date cumulate_user", ""),
    ("user_info", "subscribe openid", ""),
    ("user_get", "openid next_openid", ""),
)
SIGNS = tuple((call, frozenset(has.split()), frozenset(lacks.split())) for call, has, lacks in _SIGNS)
CALLS = tuple(dict.fromkeys(call for call, _, _ in SIGNS))
WORDS = frozenset(word for _, has, _ in SIGNS for word in has)
_NESTED = frozenset(["details", "detail_list", "detail", "read_user_source", "read_jump_position"])
_DAYS = ("details", "detail_list")
_LONGEST_LITERAL = 1_000_000

ERRORS = {
    -1: ("WeChat was busy", "Ask again a little later."),
    40001: ("the access token is not valid", "Fetch a new token and ask again."),
    40003: ("there is no such openid", "Ask for openids of this account."),
    40013: ("there is no such app id", "Check the app id of the account."),
    40014: ("the access token is not valid", "Fetch a new token and ask again."),
    41001: ("the access token is missing", "Fetch a token and ask again."),
    42001: ("the access token is too old", "Fetch a new token and ask again."),
    45009: ("the calls of the day are used up", "Ask again tomorrow."),
    48001: ("the account may not use this interface", "Ask for the permission in the backend first."),
    61500: ("the date format is wrong", "Write dates as '2026-09-01'."),
    61501: ("the date range is wrong", "Ask for one day per call, yesterday at the latest."),
    61503: ("the data are not ready yet", "Ask again after 08:00 Beijing time."),
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of an answer: its file and row, the call it answers, and its cells by name.

    `where` says in words where a record that was taken out of another one stands; `answer` counts answers from 1.
    """

    file: str
    row: int
    call: str
    cells: Mapping[str, object]
    where: str = ""
    answer: int = 1


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The records of one file, and the rows that were none."""

    file: str
    records: tuple[Record, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)


def calls_in(opened: Sequence[Opened]) -> tuple[frozenset[str], ...]:
    """For each file the calls that its records answer, or that it has none; empty for a file that is something else."""
    texts = tuple(one.text if one.kind == "json" else "" for one in opened)
    told = _calls_of(texts)
    return tuple(
        known if one.kind == "json" else _calls_of_sheets(one) for one, known in zip(opened, told, strict=True)
    )


def _calls_of_sheets(opened: Opened) -> frozenset[str]:
    nothing = opened.kind == "text" and not opened.text and not opened.sheets
    return frozenset([EMPTY]) if nothing else frozenset(_header(opened.sheets)[1:2])


@lru_cache(maxsize=1)
def _calls_of(texts: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """Asked once by every format, so the last answer is kept."""
    return tuple(_calls_of_text(text) for text in texts)


def _calls_of_text(text: str) -> frozenset[str]:
    if not text:
        return frozenset()
    one = Opened(file="", kind="json", encoding="", encoding_how="", text=text)
    try:
        values = answers(one)
        found = [call_of(cells) for _, _, cells in _flat_rows("", values)]
    except FileError:
        return frozenset()
    return frozenset(one for one in found if one) if found or not values else frozenset([EMPTY])


def answers_in(opened: Opened) -> Answers:
    """The records of a file of answers; what was left out stays out.

    Raises
    ------
    FileError
        If the text is no JSON, or holds nothing that a call of WeChat answers.
    """
    if opened.kind != "json":
        return _from_sheet(opened) if opened.sheets or opened.text else Answers(file=opened.file, records=())
    found = list(_flat_rows(opened.file, answers(opened)))
    named = [call_of(cells) for _, _, cells in found]
    known = [one for one in named if one and one != ERROR]
    if found and not any(named):
        raise FileError(opened.file, f"This is JSON with the names {_names(found[0][2])}", _again())
    other = known[0] if known else ERROR
    made = (
        Record(file=opened.file, row=at, call=call or other, cells=cells, where=where, answer=answer)
        for at, (call, (answer, where, cells)) in enumerate(zip(named, found, strict=True), 2)
    )
    return Answers(file=opened.file, records=tuple(one for one in made if (None, one.row) not in opened.left_out))


def _again() -> str:
    return "Save what the interface answers, unchanged: one answer per file, a list of answers, or one per line."


def _names(cells: Mapping[str, object]) -> str:
    return ", ".join(sorted(cells)[:6]) or "none"


def call_of(cells: Mapping[str, object]) -> str:
    """The call that a record answers, ``error`` for a refusal, or "" where it is neither."""
    if "errcode" in cells and str(cells["errcode"]) != "0":
        return ERROR
    keys = cells.keys()
    return next((call for call, has, lacks in SIGNS if has <= keys and not lacks & keys), "")


Flat = tuple[int, str, dict[str, object]]


def _flat_rows(file: str, values: Iterable[object]) -> Iterator[Flat]:
    """Number of the answer, place in words and cells of every record."""
    for number, answer in enumerate(values, 1):
        if not isinstance(answer, dict):
            raise FileError(file, f"This is JSON, but entry {number} is no object", _again())
        for row in _rows_of(answer):
            yield from ((number, where, cells) for where, cells in taken_apart(row))


def _rows_of(answer: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The records of an answer: its `list`, its followers, or the answer itself."""
    same = {"is_delay": answer["is_delay"]} if "is_delay" in answer else {}
    data = answer.get("data")
    if answer.get("errcode"):
        yield answer
    elif isinstance(answer.get("list"), list):
        yield from ({**same, **_object(row)} for row in answer["list"])  # type: ignore[attr-defined]
    elif isinstance(answer.get("user_info_list"), list):
        yield from (_object(row) for row in answer["user_info_list"])  # type: ignore[attr-defined]
    elif isinstance(data, dict) and isinstance(data.get("openid"), list):
        kept = {key: answer.get(key) for key in ("total", "count", "next_openid")}
        yield from ({"openid": one, **kept} for one in data["openid"])
    else:
        yield answer


def _object(row: object) -> dict[str, object]:
    return row if isinstance(row, dict) else {"not an object": row}


def taken_apart(row: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """A record as one per day, where it holds a list of days, with the article named; nested names joined."""
    row = {key: _revived(cell) if key in _NESTED else cell for key, cell in row.items()}
    nested = {key: cell for key in _DAYS if isinstance(cell := row.get(key), list)}
    same = {**dict(_flattened({key: cell for key, cell in row.items() if key not in nested})), **dict.fromkeys(nested)}
    days = [day for listed in nested.values() for day in listed]
    if not days:
        yield "", same
    for day in days:
        inside = _object(day)
        where = f"msgid {row.get('msgid')}, stat_date {inside.get('stat_date')}, "
        yield where, {**same, "stat_date": None, **dict(_flattened(inside))}


def _revived(cell: object) -> object:
    """A nested value that a CSV holds as text: JSON, or the way Python prints a list."""
    if not isinstance(cell, str) or not cell.lstrip().startswith(("[", "{")) or len(cell) > _LONGEST_LITERAL:
        return cell
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(cell.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return cell


def _flattened(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, cell in row.items():
        if key == "detail" and isinstance(cell, Mapping):
            yield from _flattened(cell)
        elif isinstance(cell, Mapping):
            yield from ((f"{key}.{inner}", value) for inner, value in _flattened(cell))
        elif isinstance(cell, list):
            yield key, json.dumps(cell, ensure_ascii=False)
        else:
            yield key.removeprefix("detail."), cell


def _header(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """(sheet's place, call) of the first header row with the names of a call, or nothing."""
    for at, sheet in enumerate(sheets):
        for index, row in enumerate(sheet.rows[:HEADER_ROWS]):
            keys = _keys(row)
            below = next(iter(sheet.rows[index + 1 : index + 2]), ())
            first = next(taken_apart(dict(zip(keys, below, strict=False))), ("", {}))[1] if "detail" in keys else {}
            call = call_of(dict.fromkeys(keys)) or call_of(first)
            if call and call != ERROR:
                return f"{at} {index}", call
    return ()


def _keys(row: Row) -> list[str]:
    return ["" if is_missing(cell) else plain(cell).removeprefix("detail.") for cell in row]


def _from_sheet(opened: Opened) -> Answers:
    found = _header(opened.sheets)
    if not found:
        raise FileError(opened.file, "This table has no names of a call of WeChat in its header", _again())
    sheet, index = (int(part) for part in found[0].split())
    rows = opened.sheets[sheet].rows
    keys, call = _keys(rows[index]), found[1]
    _distinct(opened.file, opened.sheets[sheet].name, index + 1, keys)
    named = [key or f"number {at}" for at, key in enumerate(keys, 1)]
    if not keys[0] and count_rows(row[0] for row in rows[index + 1 :] if len(row)):
        named[0] = ""
    dropped: Counter[str] = Counter()
    records: list[Record] = []
    for number, row in enumerate(rows[index + 1 :], index + 2):
        if all(plain(cell) == "" for cell in row):
            continue
        if _keys(row) == keys:
            dropped["repeated header"] += 1
            continue
        cells = {key: cell for key, cell in zip(named, row, strict=False) if key}
        rest = [cell for cell in row[len(keys) :] if plain(cell)]
        cells |= {BEYOND: rest[0]} if rest else {}
        made = taken_apart(cells)
        records += [Record(file=opened.file, row=number, call=call, cells=one, where=where) for where, one in made]
    return Answers(file=opened.file, records=tuple(records), dropped=dropped)


def _distinct(file: str, sheet: str | None, row: int, keys: Sequence[str]) -> None:
    again = [key for key, times in Counter(keys).items() if key and times > 1]
    if again:
        at = [Place(sheet=sheet, row=row, column=key) for key in again]
        raise FileError(file, "Several columns of the header have one name", "Delete all but one.", at=at)


def refuse_errors(answers: Answers) -> None:
    """Refuse a file with answers that hold no data.

    Raises
    ------
    FileError
        With the meaning of the first code and the place of every such answer.
    """
    wrong = [one for one in answers.records if one.call == ERROR]
    if not wrong:
        return
    code = wrong[0].cells["errcode"]
    meaning, fix = ERRORS.get(_int(code), ("WeChat refused the call", "Ask again."))
    said = f"WeChat says: {wrong[0].cells.get('errmsg', '')!s:.80}"
    problem = f"Answer {wrong[0].answer} holds no data but error {code}: {meaning} ({said})"
    at = [Place(row=one.row, column="errcode", value=str(one.cells["errcode"])) for one in wrong]
    raise FileError(answers.file, problem, fix, at=at)


def _int(code: object) -> int:
    text = str(code)
    return int(text) if text.lstrip("-").isdigit() and len(text) < 9 else 0
