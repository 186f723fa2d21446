"""The last look at a page: nothing leaves that names a person, holds a secret or tells of the machine.

Whatever was masked on the way, the only thing that counts is what the file says in the end.  So the scan reads the
bytes that are about to be published: the text as a reader sees it (a number split over two tags is one number),
every attribute, every comment, style and script, and the texts inside embedded pictures and files.  Escapes are
undone first, of HTML, of addresses and of program text.

What is looked for: phones, mails, open ids of WeChat, internet addresses, identity numbers and bank cards by their
check digits (:mod:`fanecon.disclosure.shapes`); the run's own secrets in every spelling; ids that the caller names;
folders of an account.  A finding says what and where, and shows as little of it as is needed to find it again.

What to do about it (:func:`refuse_or_warn`): a secret or a raw id stops the page.  A person's number stops it too,
unless the caller says that it may be shown: a mail in a list of sources can be meant.  A folder is a warning.  What a
picture shows is not read.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from fanecon.disclosure import shapes
from fanecon.disclosure.keys import keys
from fanecon.errors import RunError
from fanecon.report.asked.masking import Mask
from fanecon.report.pages import texts
from fanecon.report.pages.embedded import DEEPEST, Part, split

MOST_TOLD, PIECE, FEW = 50, 6, 300
_PATHS = re.compile(
    r"(?<![\w.\-\]}*<])(?:/(?:home|Users)/[\w.-]{1,64}|/(?:root)/"
    r"|[A-Za-z]:[\\/]{1,4}Users[\\/]{1,4}[^\\/\s<>\"'|?*]{1,64})"
)
_USER = re.compile(r"((?:home|Users)[\\/]+).*", re.DOTALL)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})")
_WORD, _PLAIN_WORD = re.compile(r"[\w.@+-]+"), re.compile(r"[0-9A-Za-z_]+")
WARNED = frozenset({"path"})


class Secrets(Protocol):
    """Whatever can say whether a text shows a secret, in any of its spellings."""

    def found(self, text: str) -> bool:
        """Whether any secret is in the text."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something on a page that must not be there.

    Parameters
    ----------
    kind
        `secret`, `raw id`, `path`, or the kind of a person's number: phone, mail, ip, openid, identity number, card.
    place
        Where it stands: `text`, `attribute alt`, `comment`, `metadata of a PNG`, …
    near
        The heading above it.
    shown
        As much of it as helps to find it; nothing of a secret.
    times
        How often it stands there.
    """

    kind: str
    place: str
    near: str = ""
    shown: str = ""
    times: int = 1

    def __str__(self) -> str:
        where = f"{self.place}{f', under {self.near!r}' if self.near else ''}"
        often = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.kind} {self.shown or '***'} in {where}{often}"


class _Text(NamedTuple):
    place: str
    text: str
    flow: texts.Flow | None = None


def scan(page: str | bytes, *, secrets: Secrets | Iterable[str] = (), raw_ids: Iterable[str] = ()) -> list[Finding]:
    """Everything on a page that must not leave with it, most serious first; an empty list for a page that may go.

    The key of this reader's pseudonyms is a secret whether it is named or not.

    Parameters
    ----------
    page
        The page as it will be published.
    secrets
        The run's secrets, or something that can find them in a text.
    raw_ids
        Ids that the page may only have as pseudonyms.
    """
    text = page.decode("utf-8", errors="replace") if isinstance(page, bytes) else page
    named = [secrets] if isinstance(secrets, str) else secrets
    finders: list[Secrets] = [Mask([*keys(), *named])] if isinstance(named, Iterable) else [Mask(keys()), named]
    ids, found = _index(raw_ids), dict[tuple[str, str, str], list[Finding]]()
    for one in _texts(text):
        told = Counter(_in(one, finders, ids))
        for finding in (replace(each, times=count) for each, count in told.items()):
            same = found.setdefault((finding.kind, finding.place, finding.shown), [])
            if not same or one.flow is not None:
                same.append(finding)
    if _shows(split(text)[0], finders) and not any(kind == "secret" for kind, _, _ in found):
        found["secret", "", ""] = [Finding(kind="secret", place="the page as it is written")]
    order = {"secret": 0, "raw id": 1, "path": 9}
    flat = [finding for same in found.values() for finding in same]
    return sorted(flat, key=lambda one: (order.get(one.kind, 2), one.kind, one.place))


def refuse_or_warn(findings: Sequence[Finding], *, allow_personal: bool = False) -> tuple[str, ...]:
    """The warnings that findings leave on a page that may go.

    Raises
    ------
    RunError
        With code 4, if there is a secret or a raw id, or a person's number that was not allowed.
    """
    serious = [one for one in findings if one.kind in ("secret", "raw id")]
    personal = [one for one in findings if one not in serious and one.kind not in WARNED]
    stops = [*serious, *([] if allow_personal else personal)]
    if stops:
        more = [f"  … and {len(stops) - MOST_TOLD} more"] if len(stops) > MOST_TOLD else []
        told = "\n".join([*(f"  {one}" for one in stops[:MOST_TOLD]), *more])
        raise RunError(f"The page holds what must not leave with it:\n{told}\n{_fix(bool(serious))}", 4)
    return tuple(f"The page shows {one}." for one in findings)


def _fix(serious: bool) -> str:
    if serious:
        return "Take it out of the notebook or the data; a secret belongs into the environment (env:NAME)."
    return (
        "Read the data with fe.read, which makes pseudonyms, or leave the column out. If all of it may be shown, "
        "type --allow-personal."
    )


def _texts(page: str) -> Iterator[_Text]:
    """The texts of a page and of what it carries, to any place that is not deeper than a few documents."""
    waiting = [(Part("", page, True), 0)]
    while waiting:
        part, depth = waiting.pop()
        rest, inner = split(part.text) if depth < DEEPEST else (part.text, [])
        waiting += [(one, depth + 1) for one in inner]
        if not part.document:
            yield from _variants(_Text(part.place, rest))
            continue
        for place, flow in texts.read(rest).items():
            name = f"{part.place}, {place}" if part.place else place
            # An address whose colon was written as an entity is one only now.
            waiting += [(one, depth + 1) for one in split(flow.text)[1]] if depth < DEEPEST else []
            yield from _variants(_Text(name, flow.text, flow))


def _variants(one: _Text) -> Iterator[_Text]:
    """A text as it stands, and with the escapes of addresses and of programs undone where it has some."""
    yield one
    if "%" in one.text:
        words = [urllib.parse.unquote(word) for word in one.text.split() if "%" in word]
        yield _Text(one.place, "\n".join(words))
    if "\\" in one.text:
        words = [_ESCAPE.sub(_letter, word) for word in one.text.split() if "\\" in word]
        yield _Text(one.place, "\n".join(words))


def _letter(escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2] or escape[3], 16)
    return chr(code) if code < 0x110000 else ""


def _shows(text: str, secrets: Sequence[Secrets]) -> bool:
    return any(finder.found(text) for finder in secrets)


def _in(one: _Text, secrets: Sequence[Secrets], ids: dict[str, list[str]]) -> list[Finding]:
    def finding(kind: str, shown: str, at: int) -> Finding:
        return Finding(kind=kind, place=one.place, near=one.flow.heading(at) if one.flow else "", shown=shown)

    found = [finding(hit.kind, shapes.masked(hit.kind, hit.found), hit.at) for hit in shapes.persons(one.text)]
    found += [finding("path", _USER.sub(r"\1***", hit[0]), hit.start()) for hit in _PATHS.finditer(one.text)]
    found += [finding("raw id", shapes.masked("raw id", raw), one.text.find(raw)) for raw in _raw(one.text, ids)]
    if _shows(one.text, secrets):
        found.append(finding("secret", "", 0))
    return found


def _index(raw_ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids by their last letters, which differ most, so that a hundred thousand of them are looked for at once."""
    index: dict[str, list[str]] = {}
    for raw in {str(one) for one in raw_ids} - {""}:
        index.setdefault(raw[-PIECE:], []).append(raw)
    return index


def _raw(text: str, ids: dict[str, list[str]]) -> Iterator[str]:
    """The ids in a text: a long one anywhere, one of fewer than six letters as a word of its own."""
    if not ids:
        return
    many = len(ids) > FEW
    pieces = {text[at : at + PIECE] for at in range(len(text))} & ids.keys() if many else ids
    yield from (raw for piece in pieces for raw in ids[piece] if len(raw) >= PIECE and _stands(raw, text))
    short = {raw for piece, held in ids.items() if len(piece) < PIECE for raw in held}
    yield from short & {*_WORD.findall(text), *_PLAIN_WORD.findall(text)} if short else ()


def _stands(raw: str, text: str) -> bool:
    """Whether an id is in a text; one of digits only, as a number of its own and not within another."""
    if not raw.isdigit():
        return raw in text
    return raw in text and re.search(rf"(?<![0-9A-Za-z.]){raw}(?![0-9A-Za-z])", text) is not None
