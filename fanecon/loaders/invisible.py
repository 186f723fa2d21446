"""Characters that nobody sees: taken out where they only do harm, kept where they are part of the writing.

A zero-width blank at the end of a post (Weibo's pages put one there), a direction mark copied with a name, a soft
hyphen: two titles that look the same differ, a search finds nothing, and a line of a report runs backwards.  They are
taken out of every text before it is split into cells, so that the quick way through a large table and the careful way
through a small one see the same, and they are counted.

Two of these characters are letters where they join.  U+200D makes one picture of several emoji and half letters of
Indian scripts, U+200C keeps letters of Persian apart: beside letters of such scripts, and between emoji, they stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fanecon.loaders.sheets import SCRIPT, Opened, Row, Sheet
from fanecon.loaders.wording import many

if TYPE_CHECKING:
    import pyarrow as pa

    from fanecon.loaders.columns import Cells

NEEDLESS = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
JOINERS = "\u200c\u200d"
_JOINED = (
    "\u0600-\u061b\u061d-\u08ff\u0900-\u0dff\u0e00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f\u1cd0-\u1cff"
    "\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_PICTURE = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_BEFORE = f"{_PICTURE}\ufe0f\U000e0020-\U000e007f"

_ANY = re.compile(f"[{NEEDLESS}{JOINERS}]")
_GONE = re.compile(
    f"[{NEEDLESS}]|(?<![{_JOINED}])(?:\u200c|(?<![{_BEFORE}])\u200d|\u200d(?![{_PICTURE}]))(?![{_JOINED}])"
)
_BYTES = re.compile(rb"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xa4\xa6-\xaf])|\xc2\xad|\xd8\x9c|\xef\xbb\xbf")
_ESCAPED = re.compile(r"\\u(?:00ad|061c|200[b-f]|202[a-e]|206[0-46-9a-f]|feff)", re.IGNORECASE)
_ESCAPES = re.compile(r"\\\\|\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)|\\u([0-9a-fA-F]{4})")
_REFERENCE = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{2,6}|shy|zwj|zwnj|lrm|rlm|ZeroWidthSpace|NoBreak);")
_BLOCK = 1 << 20
_MARK = b"\xef\xbb\xbf"


def cleaned(text: str) -> tuple[str, int]:
    """A text without its needless invisible characters, and how many they were."""
    return ("", 0) if not text else _GONE.subn("", text) if _ANY.search(text) else (text, 0)


def cleaned_markup(text: str) -> tuple[str, int]:
    """The same of JSON, XML or a page, where such a character may also be written as ``\\u200b`` or ``&#8203;``."""
    start = text[:1_000].lstrip()[:1]
    if start == "<":
        text = _REFERENCE.sub(_referred, text)
    elif (start in ("{", "[") or text.startswith(SCRIPT)) and _ESCAPED.search(text):
        text = _ESCAPES.sub(_unescaped, text)
    return cleaned(text)


def cleaned_bytes(data: bytes) -> tuple[bytes, int]:
    """The same of a large text in UTF-8, line by line; the mark at its beginning stays and is not counted."""
    if not _BYTES.search(data, len(_MARK) if data.startswith(_MARK) else 0):
        return data, 0
    mark = _MARK if data.startswith(_MARK) else b""
    parts = [_cleaned_block(block) for block in _blocks(data, len(mark))]
    return b"".join([mark, *(part for part, _ in parts)]), sum(times for _, times in parts)


def cleaned_sheets(opened: Opened) -> Opened:
    """A workbook or a Parquet file whose cells hold no needless invisible character; how many there were is kept."""
    done = [_cleaned_sheet(sheet) for sheet in opened.sheets]
    times = sum(count for _, count in done)
    return replace(opened, sheets=tuple(sheet for sheet, _ in done), invisible=times) if times else opened


def notes_on(opened: Sequence[Opened]) -> tuple[str, ...]:
    """What a reader has to know of characters that were taken out."""
    times = sum(one.invisible for one in opened)
    what = many(times, "invisible character was", "invisible characters were")
    return (f"{what} taken out of the texts (zero-width blanks, direction marks, soft hyphens).",) if times else ()


def _referred(found: re.Match[str]) -> str:
    letter = html.unescape(found[0])
    return letter if _ANY.fullmatch(letter) else found[0]


def _unescaped(found: re.Match[str]) -> str:
    """An escape as its character, but for those that JSON needs: ASCII, and half pairs."""
    if found[1]:
        try:
            pair = int(found[1], 16), int(found[2], 16)
        except ValueError:
            return found[0]
        return chr(0x10000 + ((pair[0] - 0xD800) << 10) + pair[1] - 0xDC00)
    code = int(found[3], 16) if found[3] else 0
    return found[0] if code < 0x80 or 0xD800 <= code < 0xE000 else chr(code)


def _blocks(data: bytes, start: int) -> Iterator[bytes]:
    """The text from a place on in pieces that end with a line."""
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        yield data[start:end]
        start = end


def _cleaned_block(block: bytes) -> tuple[bytes, int]:
    if not _BYTES.search(block):
        return block, 0
    text, times = cleaned(block.decode())
    return text.encode(), times


def _cleaned_sheet(sheet: Sheet) -> tuple[Sheet, int]:
    from fanecon.loaders.columns import Cells

    if isinstance(sheet.rows, Cells):
        head, first = _cleaned_rows(sheet.rows.head)
        columns, times = _cleaned_columns(sheet.rows)
        return replace(sheet, rows=Cells(columns, head=head, gone=sheet.rows.gone)), first + times
    rows, times = _cleaned_rows(sheet.rows)
    return (replace(sheet, rows=rows), times) if times else (sheet, 0)


def _cleaned_rows(rows: Sequence[Row]) -> tuple[Sequence[Row], int]:
    made, times = list(rows), 0
    for at, row in enumerate(made):
        odd = [place for place, cell in enumerate(row) if isinstance(cell, str) and not cell.isascii()]
        found = {place: cleaned(str(row[place])) for place in odd if _ANY.search(str(row[place]))}
        if any(count for _, count in found.values()):
            made[at] = [found[place][0] if place in found else cell for place, cell in enumerate(row)]
            times += sum(count for _, count in found.values())
    return made if times else rows, times


def _cleaned_columns(cells: Cells) -> tuple[list[pa.ChunkedArray], int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from fanecon.loaders.quick import is_text

    made, times = list(cells.columns), 0
    for at, column in enumerate(made):
        odd = pc.match_substring_regex(column, _ANY.pattern).fill_null(False) if is_text(column.type) else None
        if odd is None or not pc.any(odd).as_py():
            continue
        found = [cleaned(cell) for cell in column.filter(odd).to_pylist()]
        times += sum(count for _, count in found)
        clean = pa.array([text for text, _ in found], column.type)
        made[at] = pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), odd.combine_chunks(), clean)])
    return made, times
