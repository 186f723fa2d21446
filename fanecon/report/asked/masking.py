"""Secrets kept out of everything that is written: each is searched for in every form it usually takes.

A notebook that knows a token may print it, put it in an address, send it as a header or fail with it in a message;
and the same letters look different in a Python literal, in JSON, in HTML, in an address and in a header.  So every
form that these give is sought, forms of forms too (a literal inside a page), and replaced by `***`.  Base64 is sought
at all three positions that a secret can have among other bytes, and it and hexadecimal digits with separators or line
breaks between them.  Lines of a secret with several lines are sought one by one.

What this cannot find: a secret that was cut, encrypted, compressed or written backwards.
"""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any, TypeVar

HIDDEN = "***"
SHORTEST, SHORTEST_LINE, FEWEST = 6, 8, 3
Tree = TypeVar("Tree")

_COLOUR = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
_RUN = re.compile(r"[A-Za-z0-9]+")
_TAG = re.compile(r"<[^<>]*>")


def fit_to_hide(secret: str) -> str:
    """Why a text cannot be masked without destroying every page it is masked in; empty if it can."""
    bare = secret.strip()
    if len(bare) < SHORTEST or len(set(bare)) < FEWEST:
        return (
            f"is too short or too plain to hide: a secret needs {SHORTEST} characters, {FEWEST} of them different. "
            "Give a plain value if it is no secret."
        )
    return ""


class _Sought:
    """One secret, or a line of one: its forms as texts, the longest first, and as regular expressions.

    Letters and digits look the same in every text form.  So a text without the longest run of them holds none, which
    saves the search for hundreds of forms in the megabytes of a picture.
    """

    def __init__(self, secret: str) -> None:
        self.anchor = max(_RUN.findall(secret), key=len, default="")
        self.forms = sorted(_forms(secret), key=len, reverse=True)
        self.mixed = re.compile(_mixed(secret))
        self.patterns = [re.compile(one) for one in dict.fromkeys(_patterns(secret))]

    def shows(self, text: str) -> bool:
        near = self.anchor in text
        if near and (any(form in text for form in self.forms) or self.mixed.search(text)):
            return True
        return any(pattern.search(text) for pattern in self.patterns)

    def replaced(self, text: str) -> str:
        if self.anchor in text:
            for form in self.forms:
                text = text.replace(form, HIDDEN)
            text = self.mixed.sub(HIDDEN, text)
        for pattern in self.patterns:
            text = pattern.sub(HIDDEN, text)
        return text


class Mask:
    """The secrets of a run, and where they show."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Prepare the forms of all secrets; without secrets nothing is ever found."""
        parts = {part for secret in secrets for part in _parts(secret)}
        self._sought = [_Sought(part) for part in sorted(parts, key=len, reverse=True)]

    def __repr__(self) -> str:
        return f"Mask({HIDDEN})"

    def __bool__(self) -> bool:
        return bool(self._sought)

    def text(self, text: str) -> str:
        """The text with every form of every secret replaced by `***`."""
        masked = self._replaced(text)
        if "\x1b" in masked and self._shows(bare := _COLOUR.sub("", masked)):
            return self._replaced(bare)
        return masked

    def found(self, text: str) -> bool:
        """Whether any form of any secret is in the text, also across colours, tags and entities."""
        if not self._sought:
            return False
        seen = [text, _COLOUR.sub("", text)] if "\x1b" in text else [text]
        if "<" in text or "&" in text:
            seen.append(html.unescape(_TAG.sub("", text)))
        if "%" in text:
            seen.append(urllib.parse.unquote(text))
        return any(self._shows(one) for one in seen)

    def tree(self, value: Tree) -> Tree:
        """A copy of lists and maps of any depth with every text in them masked, names too."""
        made: Any = value
        if isinstance(value, str):
            made = self.text(value)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            made = self._lines(value)
        elif isinstance(value, list | tuple):
            made = type(value)(self.tree(one) for one in value)
        elif isinstance(value, dict):
            made = type(value)()
            for key, one in value.items():
                made[self.tree(key)] = self.tree(one)
        return made  # type: ignore[no-any-return]

    def notebook(self, notebook: Tree) -> Tree:
        """A copy of an executed notebook without the secrets, in sources, outputs and metadata.

        Pieces that a cell printed one after another are joined first, for a secret may be in several of them.
        """
        if not self._sought:
            return notebook
        whole: Any = deepcopy(notebook)
        for cell in whole.get("cells", []):
            if "outputs" in cell:
                cell["outputs"] = _joined(cell["outputs"])
        masked: Tree = self.tree(whole)
        return masked

    def _lines(self, lines: list[str]) -> list[str]:
        """A list of texts, which may be the pieces of one text (with or without their line ends)."""
        for between in ("", "\n"):
            whole = between.join(lines)
            if self._shows(whole) or self._shows(_COLOUR.sub("", whole)):
                masked = [self.text(one) for one in lines]
                again = between.join(masked)
                lines = [self.text(again)] if self._shows(_COLOUR.sub("", again)) else masked
        return lines

    def _shows(self, text: str) -> bool:
        return any(one.shows(text) for one in self._sought)

    def _replaced(self, text: str) -> str:
        for one in self._sought:
            text = one.replaced(text)
        return text


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """The outputs with neighbouring pieces of one stream put together."""
    made: list[Any] = []
    for output in outputs:
        if output.get("output_type") == "stream":
            output["text"] = "".join(output.get("text", ""))
            last = made[-1] if made else {}
            if last.get("output_type") == "stream" and last.get("name") == output.get("name"):
                last["text"] += output["text"]
                continue
        made.append(output)
    return made


def _parts(secret: str) -> Iterator[str]:
    """A secret, itself without blanks at its ends, and its lines: a page may show them one by one."""
    yield from (secret, secret.strip())
    lines = [line.strip() for line in secret.splitlines()]
    yield from (line for line in lines if len(line) >= SHORTEST_LINE and not fit_to_hide(line))


def _plain(secret: str) -> dict[str, None]:
    """The secret with each kind of line end."""
    unix = secret.replace("\r\n", "\n").replace("\r", "\n")
    return dict.fromkeys([secret, unix, unix.replace("\n", "\r\n"), unix.replace("\n", "\r")])


def _entities(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


_WRITINGS: tuple[Callable[[str], str], ...] = (
    lambda text: repr(text)[1:-1],
    lambda text: repr(text + "'")[1:-2],  # in double quotes, as Python writes it beside a single one
    lambda text: repr("'\"" + text)[4:-1],
    lambda text: ascii(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    lambda text: re.sub(r"[<>&']", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text)[1:-1]),
    html.escape,
    _entities,
    lambda text: html.escape(text, quote=False),
    lambda text: _entities(text).replace("&#34;", "&quot;"),
    lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    lambda text: urllib.parse.quote(text, safe=""),
    urllib.parse.quote,
    lambda text: urllib.parse.quote(text, safe="!*'()~"),
    urllib.parse.quote_plus,
    lambda text: re.sub(r"%..", lambda found: found[0].lower(), urllib.parse.quote(text, safe="")),
)


def _forms(secret: str) -> set[str]:
    """A secret as it may be written, and those writings written once more."""
    once = {write(one) for one in _plain(secret) for write in _WRITINGS} | set(_plain(secret))
    return once | {write(one) for one in once for write in _WRITINGS}


def _mixed(secret: str) -> str:
    """A regular expression for a secret of which each character is escaped or not, in whatever way: `%2f`, `&#x2F;`."""
    pieces = re.findall(r"\\+|.", secret, re.DOTALL)
    return "".join(piece if _RUN.fullmatch(piece) else _any_way(piece) for piece in pieces)


def _any_way(letter: str) -> str:
    if letter[0] == "\\":  # a run of them as one: taken one by one they could be told apart in too many ways
        return rf"(?:\\{{{len(letter)},{4 * len(letter)}}}|(?:%(?i:5c)){{{len(letter)}}})"
    code, plain = ord(letter), [re.escape(letter)]
    octets = "".join(f"%(?i:{byte:02x})" for byte in letter.encode())
    units = letter.encode("utf-16-be").hex()
    escaped = "".join(rf"\\\\?u(?i:{units[n : n + 4]})" for n in range(0, len(units), 4))
    plain += [octets, rf"&#0*{code};", rf"&#[xX]0*(?i:{code:x});", escaped, rf"\\{{1,3}}{re.escape(letter)}"]
    plain += [r"\+"] if letter == " " else []
    return f"(?:{'|'.join(plain)})"


def _patterns(secret: str) -> Iterator[str]:
    """Regular expressions for the secret's bytes in base64 and in hexadecimal digits."""
    for text in dict.fromkeys([*_plain(secret), json.dumps(secret)[1:-1]]):
        data = text.encode()
        for core in _base64(data):
            yield r"(?:\s|\\n)*".join(map(re.escape, core))
            yield r"(?:\s|\\n)*".join(map(re.escape, core.replace("+", "-").replace("/", "_")))
        pairs = [f"{byte:02x}" for byte in data]
        digits = ["".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in pair) for pair in pairs]
        yield r"(?:[\s:,;%-]|\\n|\\x|0x){0,4}".join(digits)


def _base64(data: bytes) -> Iterator[str]:
    """The digits that depend on the secret alone, after 0, 1 and 2 foreign bytes."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(data)) * 8 // 6
        yield whole[first:last]
