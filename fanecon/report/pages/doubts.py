"""What a notebook itself says that its data cannot say, gathered from its prose.

A report is quoted by its first screen.  Every notebook ends with what could fool its reader, and the last sentence
there is the one that is left out when the numbers travel.  So it is brought up beside the first answer, in the
notebook's own words; nothing is added, and a notebook without such words is said to have none.

The words are found after a bold **What these data cannot say** in a paragraph or an item of a list, or below a
heading of that name, first in the section "What could fool us", else anywhere in the prose.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fanecon.report.shelf import source

_WORDS = r"what (?:these|the) data cannot (?:say|tell)"
_BOLD = re.compile(rf"(?:\*\*|__)\s*{_WORDS}\s*[:：.]?\s*(?:\*\*|__)\s*[:：]?\s*", re.IGNORECASE)
_TITLE = re.compile(rf" {{0,3}}#{{1,6}}\s+{_WORDS}\b.*$", re.IGNORECASE)
_SECTION = re.compile(r" {0,3}#{1,6}\s+what could fool us\b", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,6})\s+\S")
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")
_ITEM = re.compile(r"(\s*)(?:\d{1,9}[.)]|[-*+])\s+")


def cannot_say(cells: Iterable[Mapping[str, Any]]) -> str:
    """The Markdown of what a notebook says its data cannot say; empty if it does not say."""
    lines = [line for cell in cells if cell.get("cell_type") == "markdown" for line in [*_lines(cell), ""]]
    starts = [number for number, line in enumerate(lines) if _SECTION.match(line)]
    within = [text for start in starts for text in _found(lines[start : _end(lines, start)])]
    return "\n\n".join(within or _found(lines))


def _lines(cell: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a prose cell without its fenced code."""
    fenced = False
    for line in source(cell).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield line


def _end(lines: Sequence[str], start: int) -> int:
    """Where the section that begins at a heading ends."""
    level = _level(lines[start])
    later = range(start + 1, len(lines))
    return next((number for number in later if 0 < _level(lines[number]) <= level), len(lines))


def _level(line: str) -> int:
    found = _HEADING.match(line)
    return len(found[1]) if found else 0


def _found(lines: Sequence[str]) -> list[str]:
    texts = []
    for number, line in enumerate(lines):
        if _TITLE.match(line):
            texts.append("\n".join(lines[number + 1 : _end(lines, number)]))
        elif bold := _BOLD.search(line):
            item = _ITEM.match(line)
            rest = lines[number + 1 :]
            more = _of_item(rest, len(item[1])) if item else _of_paragraph(rest, line[bold.end() :])
            texts.append(f"{line[bold.end() :]}\n{textwrap.dedent(_joined(more))}")
    return [_capital(text.strip()) for text in texts if text.strip()]


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _of_item(lines: Sequence[str], indent: int) -> Iterator[str]:
    """The further lines of an item of a list: until the next item, or a blank line before less indented text."""
    blank = False
    for line in lines:
        inside = len(line) - len(line.lstrip()) > indent
        if line.strip() and not inside and (blank or _ITEM.match(line) or _level(line)):
            return
        blank = not line.strip()
        yield line


def _of_paragraph(lines: Sequence[str], first: str) -> Iterator[str]:
    """The further lines of a paragraph, and the list that it announces."""
    blank, announced = False, first.rstrip().endswith((":", "：")) or not first.strip()
    for line in lines:
        listed = bool(_ITEM.match(line)) or line.startswith(("  ", "\t"))
        if _level(line) or (line.strip() and blank and not (announced and listed)):
            return
        blank = not line.strip()
        announced = (blank and announced) or listed or line.rstrip().endswith((":", "："))
        yield line


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
