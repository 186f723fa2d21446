"""All texts of a page, each with the place it stands in.

A page is read as a browser would show it and as a curious person would: the running text without its tags, so that a
number split over two of them is one number; then attributes, comments, styles and scripts.  The reader below keeps
no tree and looks at each letter once: a page of broken tags takes no longer than any other.
"""

from __future__ import annotations

import bisect
import html
import re
from dataclasses import dataclass, field

_WORDS = (
    "a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup time tspan u"
)
INLINE = frozenset([*_WORDS.split(), "var", "wbr"])
RAW = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style")}
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LONGEST_HEADING = 60
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9:-]*)?")
_SIMPLE = re.compile(r"<(/?)([A-Za-z]{1,15}[1-6]?)>")
_PLAIN = re.compile(r"[^>\"']*")


@dataclass(kw_only=True)
class Flow:
    """The text of one kind of place, in the order of the page, and the headings it stood under."""

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str, heading: str) -> None:
        """Add a piece that stands under a heading."""
        if not self.headings or self.headings[-1] != heading:
            self.starts.append(self.size)
            self.headings.append(heading)
        self.pieces.append(text)
        self.size += len(text)

    def heading(self, at: int) -> str:
        """The heading above a position of the text."""
        return self.headings[max(bisect.bisect_right(self.starts, at) - 1, 0)] if self.headings else ""

    @property
    def text(self) -> str:
        """All pieces as one text."""
        return "".join(self.pieces)


def read(page: str) -> dict[str, Flow]:
    """The texts of a page by place: `text`, `comment`, `style`, `script`, and `attribute …` for each attribute."""
    return _Reader(page).flows


class _Reader:
    def __init__(self, page: str) -> None:
        self.page, self.flows = page, dict[str, Flow]()
        self.heading = ""
        self._title: list[str] | None = None
        at = 0
        while at < len(page):
            at = self._step(at)

    def _step(self, at: int) -> int:
        start = self.page.find("<", at)
        start = len(self.page) if start < 0 else start
        if start > at:
            self._tell("text", self.page[at:start])
        if start == len(self.page):
            return start
        if simple := _SIMPLE.match(self.page, start):
            return self._entered(simple[2].lower(), simple.end(), closing=bool(simple[1]))
        if self.page.startswith("<!--", start):
            end = self.page.find("-->", start + 4)
            self._tell("comment", self.page[start + 4 : end if end >= 0 else len(self.page)] + "\n")
            return end + 3 if end >= 0 else len(self.page)
        if self.page[start + 1 : start + 2].isalpha() or self.page[start + 1 : start + 2] in ("/", "!", "?"):
            return self._tag(start)
        self._tell("text", "<")
        return start + 1

    def _tell(self, place: str, text: str) -> None:
        if not text:
            return
        words = html.unescape(text) if "&" in text else text
        self.flows.setdefault(place, Flow()).add(words, self.heading)
        if self._title is not None and place == "text":
            self._title.append(words)

    def _tag(self, start: int) -> int:
        found = _NAME.match(self.page, start + 1)
        name, at = ((found[1] or "").lower(), found.end()) if found else ("", start + 1)
        # What is no name of a tag, such as <wang@firm.cn>, is told whole.
        plain = name.isalpha() or name in HEADINGS or not name
        ends = self.page[at : at + 1] in (" ", "\n", "\t", "\r", "/", ">")
        at = self._attributes(at if plain and ends else start + 1)
        return self._entered(name, at, closing=self.page.startswith("/", start + 1))

    def _entered(self, name: str, at: int, *, closing: bool) -> int:
        """What a tag does to the text; the position behind it."""
        if name in INLINE:
            return at
        self._tell("text", "\n")
        if name in HEADINGS:
            self._headed(closing)
        if name in RAW and not closing:
            return self._raw(name, at)
        return at

    def _attributes(self, at: int) -> int:
        """Tell the attributes of a tag; the position behind it."""
        while True:
            plain = _PLAIN.match(self.page, at)
            end = plain.end() if plain else at
            before = self.page[at:end].strip()
            if before.endswith("=") and self.page[end : end + 1] in ('"', "'"):
                close = self.page.find(self.page[end], end + 1)
                close = len(self.page) if close < 0 else close
                *others, name = before[:-1].split() or [""]
                self._tell("attribute", "".join(f"{one}\n" for one in others))
                self._tell(f"attribute {name.lower()[:40]}", self.page[end + 1 : close] + "\n")
                at = close + 1
            else:
                self._tell("attribute", f"{before}\n" if before not in ("", "/") else "")
                at = end + 1
            if end >= len(self.page) or self.page[end] == ">":
                return min(end + 1, len(self.page))
            if at >= len(self.page):
                return len(self.page)

    def _headed(self, closing: bool) -> None:
        if not closing:
            self._title = []
        elif self._title is not None:
            self.heading = " ".join("".join(self._title).split())[:LONGEST_HEADING]
            self._title = None

    def _raw(self, name: str, at: int) -> int:
        found = RAW[name].search(self.page, at)
        end = found.start() if found else len(self.page)
        self._tell(name, self.page[at:end] + "\n")
        return end
