"""What the Weibo interfaces answer: the official one, m.weibo.cn and weibo.com, told apart from their errors.

They differ in the envelope and agree in what is in it: posts, reposts or comments, each with a user.  The envelope says
which; where m.weibo.cn uses one envelope for both, a comment is known by its ``rootid`` or ``floor_number``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from fanecon.loaders.answers import Record, answers, as_sheet, begins
from fanecon.loaders.files import Opened
from fanecon.schema import FileError

What = Literal["reposts", "comments", "posts"]

KEYS = ("reposts", "comments", "statuses", "cards", "ok", "error_code")
SIGNS = ("reposts_count", "attitudes_count", "idstr", "mblog", "cardlistInfo", "total_number", "rootid")
LOGIN = "The login has ended: sign in and fetch the page again."

_COMMENT = frozenset(["rootid", "floor_number", "reply_comment", "like_counts"])
_POST = frozenset(["created_at", "reposts_count", "attitudes_count"])
_ROOT_KEPT = ("created_at", "text", "reposts_count", "comments_count", "attitudes_count")
_DROPPED = frozenset(["id", "idstr", "mid", "text", "text_raw", "raw_text", "user", "retweeted_status", "status"])
_PERSON = frozenset([*_DROPPED, "name"])
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The records of a file: what they are, the records, and the total that the answers declare (summed once)."""

    what: What
    records: Sequence[Record]
    declared: int | None


def looks_like(opened: Opened) -> bool:
    """Whether the beginning of a text has the keys of a Weibo answer; to be asked before it is parsed."""
    start = begins(opened, 20_000)
    if all(f'"{key}"' in start for key in (*_POST, "comments_count")):
        return True
    return any(f'"{key}"' in start for key in KEYS) and (any(f'"{key}"' in start for key in SIGNS) or is_error(opened))


def is_error(opened: Opened) -> bool:
    """Whether a short text is an error answer: ``{"ok": 0, "msg": …}`` or ``{"error_code": …}``."""
    start = begins(opened, 2_000)
    return bool(
        re.search(r'"ok" *: *(0|-[0-9]+)\b', start)
        or ('"error"' in start and re.search(r'"error_code" *: *[0-9]', start))
    )


def records(opened: Opened) -> Found:
    """The records of all answers in a file.

    Raises
    ------
    FileError
        If an answer is an error, is none of Weibo's, or if two answers hold different things.
    """
    parts = [_one(opened.file, number, answer) for number, answer in enumerate(answers(opened), 1)]
    kinds = {what for what, inside, _ in parts if inside}
    if len(kinds) > 1:
        raise FileError(opened.file, f"The answers hold {' and '.join(sorted(kinds))}", "Put them into separate files.")
    if not kinds:
        raise FileError(opened.file, "The answers hold no record", "Fetch a page that has some.")
    totals = [total for _, _, total in parts if total is not None]
    inside = [_flat(opened, record) for _, found, _ in parts for record in found]
    return Found(what=next(iter(kinds)), records=_told_once(opened, inside), declared=max(totals, default=None))


def _told_once(opened: Opened, inside: Sequence[Record]) -> list[Record]:
    """The records, where an original is told in full by the first that names it, and by the others only named."""
    told: set[str] = set()
    made: list[Record] = []
    for number, record in enumerate(inside, 2):
        root = record.get("retweeted_status")
        if not isinstance(root, Mapping):
            made.append(record)
            continue
        name = root.get("idstr")
        made.append({**record, "retweeted_status": {"idstr": name}} if str(name) in told else record)
        if name is not None and root.get("created_at") and (None, number) not in opened.left_out:
            told.add(str(name))
    return made


def sheet(opened: Opened, found: Found) -> Opened:
    """The records as a sheet."""
    return as_sheet(opened, found.records)


def _one(file: str, number: int, answer: object) -> tuple[What, Sequence[object], int | None]:
    if not isinstance(answer, Mapping):
        raise FileError(file, f"Answer {number} is no object", "Keep one answer per file, per line or per list entry.")
    if "error_code" in answer or (_is_code(answer.get("ok")) and answer["ok"] != 1):
        _refuse(file, number, answer)
    for what in ("reposts", "comments"):
        if isinstance(answer.get(what), list):
            return what, answer[what], _total(answer)
    data = answer.get("data")
    inside = data if isinstance(data, Mapping) else answer
    posts = _posts(inside)
    if posts is not None:
        return "posts", posts, None
    listed = inside.get("data") if isinstance(data, Mapping) else data
    if isinstance(listed, list):
        return _kind(listed), listed, _total(inside) or _total(answer)
    keys = ", ".join(sorted(map(str, answer))[:6])
    raise FileError(file, f"Answer {number} is none of Weibo's with records; its keys are {keys}", "Fetch it again.")


def _posts(inside: Record) -> list[object] | None:
    """The posts of a list of them, or the one that an answer is or holds; None if it is another answer."""
    one = inside.get("mblog", inside)
    if isinstance(one, Mapping) and one.keys() >= _POST:
        return [one]
    found = (inside.get(key) for key in ("cards", "list", "statuses"))
    return next((_mblogs(one) for one in found if isinstance(one, list)), None)


def _is_code(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(file: str, number: int, answer: Record) -> NoReturn:
    if "error_code" in answer:
        said, fix = f"error {answer['error_code']}: {answer.get('error', '')!s:.80}", "Ask again with a valid token."
    elif answer["ok"] == 0:
        said = f"ok = 0: {answer.get('msg') or 'no message'!s:.80}"
        fix = "There is nothing on this page, or too many were fetched: wait and fetch it again."
    else:
        said, fix = f"ok = {answer['ok']}, a way to the login page", LOGIN
    raise FileError(file, f"Answer {number} is an error of Weibo and holds no data ({said})", fix)


def _total(answer: Record) -> int | None:
    total = answer.get("total_number")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _mblogs(cards: Sequence[object]) -> list[object]:
    """The posts in cards, also those in groups of cards; in other lists the entries are the posts."""
    found: list[object] = []
    for card in cards:
        if not isinstance(card, Mapping):
            found.append(card)
        elif isinstance(card.get("mblog"), Mapping):
            found.append(card["mblog"])
        elif isinstance(card.get("card_group"), list):
            inside = (one for one in card["card_group"] if isinstance(one, Mapping))
            found += _mblogs([one for one in inside if "card_type" in one or "mblog" in one])
        elif "card_type" not in card:
            found.append(card)
    return found


def _kind(listed: Sequence[object]) -> What:
    found = [set(one) for one in listed if isinstance(one, Mapping)]
    if any(keys & _COMMENT for keys in found):
        return "comments"
    return "reposts" if any("retweeted_status" in keys for keys in found) else "posts"


def _flat(opened: Opened, status: object) -> Record:
    """One record with one id, a text without markup, its user, and of the original only what names and dates it."""
    if not isinstance(status, Mapping):
        raise FileError(opened.file, f"An entry is no record: {status!s:.60}", "Fetch the answer again.")
    made: dict[str, object] = {"idstr": _id(status), "text": _text(status)}
    made |= {key: value for key, value in status.items() if key not in _DROPPED}
    user, root, of = status.get("user"), status.get("retweeted_status"), status.get("status")
    if isinstance(user, Mapping):
        made["user"] = {"idstr": _id(user), **{key: value for key, value in user.items() if key not in _PERSON}}
    if isinstance(root, Mapping):
        made["retweeted_status"] = _root(root)
    if isinstance(of, Mapping):
        made["status"] = {"idstr": _id(of)}
    return made


def _root(root: Record) -> Record:
    user = root.get("user")
    known = user if isinstance(user, Mapping) else {}
    return {
        "idstr": _id(root),
        **{key: root[key] for key in _ROOT_KEPT if key in root and key != "text"},
        "text": _text(root),
        "user": {"idstr": _id(known), "followers_count": known.get("followers_count")},
    }


def _id(record: Record) -> object:
    return next((record[key] for key in ("idstr", "mid", "id") if record.get(key) not in (None, "")), None)


def _text(record: Record) -> object:
    """The text as it was typed: without the markup of the page."""
    raw = next((record[key] for key in ("text_raw", "raw_text", "text") if record.get(key)), None)
    return html.unescape(_TAG.sub("", raw)).strip() if isinstance(raw, str) else raw
