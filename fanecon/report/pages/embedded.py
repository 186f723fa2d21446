"""What a page carries inside its `data:` addresses, as text: pictures say more than they show.

A PNG holds text chunks, EXIF and XMP, a JPEG segments and comments, an SVG is a document with comments of its own
(matplotlib writes each label there).  What a picture shows is not read; that needs an eye.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

DEEPEST, LONGEST = 3, 5_000_000
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
TABLES, SIZES, MOST_TABLES = (0x8769, 0x8825, 0xA005), {3: 2, 4: 4, 5: 8, 9: 4, 10: 8, 12: 8}, 20
_PIXELS = (b"IDAT", b"IHDR", b"PLTE", b"IEND", b"pHYs", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT")
_DATA = re.compile("data:", re.IGNORECASE)
_ENDS = frozenset(" \t\r\n\"'<>)`\\")


class Part(NamedTuple):
    """A stretch of a text: where it stands, the text, and whether it is a document with tags."""

    place: str
    text: str
    document: bool = False


def split(text: str) -> tuple[str, list[Part]]:
    """A text without the contents of its `data:` addresses, and those contents as texts."""
    kept, parts, at = list[str](), list[Part](), 0
    while found := _DATA.search(text, at):
        start = found.start()
        comma = text.find(",", start, start + 200)
        head = text[start + 5 : comma] if comma >= 0 else ""
        if comma < 0 or any(letter in _ENDS for letter in head) or ("/" not in head and head not in ("", ";base64")):
            kept.append(text[at : start + 5])
            at = start + 5
            continue
        end = _end(text, comma + 1, text[start - 1 : start])
        kept.append(text[at : comma + 1])
        parts += _decoded(head.lower(), text[comma + 1 : end])
        at = end
    return "".join([*kept, text[at:]]), parts


def _end(text: str, start: int, before: str) -> int:
    """Where an address ends: at the quotation mark it stands in, else at a blank or a bracket; searched in steps."""
    if before and before in "\"'":
        end = text.find(before, start)
        return end if end >= 0 else len(text)
    for at in range(start, len(text), 4096):
        piece = text[at : at + 4096]
        ends = [place for letter in _ENDS if (place := piece.find(letter)) >= 0]
        if ends:
            return at + min(ends)
    return len(text)


def _decoded(head: str, payload: str) -> list[Part]:
    kind = head.partition(";")[0] or "text/plain"
    if not head.endswith(";base64"):
        return list(_told(kind, urllib.parse.unquote(payload)[:LONGEST]))
    letters = "".join((urllib.parse.unquote(payload) if "%" in payload else payload).split())
    try:
        content = base64.b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return [Part(f"data of {kind}", payload[:LONGEST])]
    return list(contents(kind, content))


def contents(kind: str, content: bytes) -> Iterator[Part]:
    """The texts inside a file that a page carries."""
    if content.startswith(PNG):
        yield from (Part("metadata of a PNG", text) for text in _png(content))
    elif content.startswith(JPEG):
        yield from (Part("metadata of a JPEG", text) for text in _jpeg(content))
    elif content.startswith((b"\x1f\x8b", b"x\x9c", b"x\xda", b"x\x01")):
        yield from _told(kind, _text(_inflated(content)))
    elif content[:4] in (b"RIFF", b"GIF8", b"wOFF", b"wOF2", b"\0\1\0\0", b"OTTO"):
        yield Part(f"metadata of {kind}", _readable(content))
    else:
        yield from _told(kind, _text(content))


def _told(kind: str, text: str) -> Iterator[Part]:
    """A text with tags, without, or, where its kind does not tell, read as both."""
    place = "an SVG" if "svg" in kind else f"data of {kind}"
    tagged = any(word in kind for word in ("svg", "html", "xml"))
    if not tagged:
        yield Part(place, text)
    if tagged or ("<" in text and kind != "text/plain"):
        yield Part(place, text, True)


def _png(content: bytes) -> Iterator[str]:
    at = len(PNG)
    while at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if name not in _PIXELS:
            yield _chunk(name, content[at + 8 : at + 8 + size])
        at += 12 + size
    yield from _after_end(content)


def _after_end(content: bytes) -> Iterator[str]:
    end = content.rfind(b"IEND")
    if 0 <= end < len(content) - 8:
        yield _text(content[end + 8 :])


def _chunk(name: bytes, body: bytes) -> str:
    """The text of a chunk: packed ones (zTXt, iTXt, iCCP) unpacked."""
    if name in (b"zTXt", b"iCCP"):
        word, _, packed = body.partition(b"\0")
        return f"{_text(word)} {_text(_inflated(packed[1:]))}"
    if name == b"iTXt":
        word, _, rest = body.partition(b"\0")
        is_packed = rest[:1] == b"\1"
        language, _, rest = rest[2:].partition(b"\0")
        translated, _, content = rest.partition(b"\0")
        return " ".join(map(_text, (word, language, translated, _inflated(content) if is_packed else content)))
    return _exif(body) if name == b"eXIf" else _text(body)


def _jpeg(content: bytes) -> Iterator[str]:
    """The segments before the picture: comments, EXIF, XMP; then what follows its end."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != 0xDA:
        size = int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] == 0xFE or 0xE0 <= content[at + 1] <= 0xEF:
            segment = content[at + 4 : at + 2 + size]
            yield _exif(segment[6:]) if segment.startswith(b"Exif\0\0") else _readable(segment)
        at += 2 + max(size, 2)
    end = content.rfind(b"\xff\xd9")
    if 0 <= end < len(content) - 2:
        yield _text(content[end + 2 :])


def _inflated(packed: bytes) -> bytes:
    """Packed bytes unpacked, as far as they go and at most 5 MB."""
    machine = zlib.decompressobj(wbits=47)
    try:
        return machine.decompress(packed, LONGEST)
    except zlib.error:
        return packed


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace") + "\n" + content.decode("latin-1")


def _exif(content: bytes) -> str:
    """The values of an EXIF block, one per line; the whole block if it is broken."""
    order: Literal["little", "big"] = "little" if content.startswith(b"II") else "big"
    values, waiting, seen = list[str](), [int.from_bytes(content[4:8], order)], set[int]()
    while waiting and len(seen) < MOST_TABLES:
        at = waiting.pop()
        if at in seen or not 8 <= at <= len(content) - 2:
            continue
        seen.add(at)
        end = at + 2 + 12 * int.from_bytes(content[at : at + 2], order)
        for entry in range(at + 2, min(end, len(content) - 11), 12):
            tag, kind = (int.from_bytes(content[entry + n : entry + n + 2], order) for n in (0, 2))
            size = int.from_bytes(content[entry + 4 : entry + 8], order) * SIZES.get(kind, 1)
            place = entry + 8 if size <= 4 else int.from_bytes(content[entry + 8 : entry + 12], order)
            values.append(_value(content[place : place + size]))
            if tag in TABLES:
                waiting.append(int.from_bytes(content[entry + 8 : entry + 12], order))
        waiting.append(int.from_bytes(content[end : end + 4], order))
    return "\n".join(values) if values else _readable(content)


def _value(content: bytes) -> str:
    """A value of EXIF; its comments name their code in eight bytes."""
    bare = content[8:] if content[:8] in (b"UNICODE\0", b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8) else content
    codes = () if bare.rstrip(b"\0").isascii() and b"\0" not in bare.rstrip(b"\0") else ("utf-16-le", "utf-16-be")
    wide = [bare.decode(code, errors="replace") for code in codes]
    return "\n".join([_text(bare), *wide])


def _readable(content: bytes) -> str:
    """The letters in a mixture of numbers and text, also where each letter takes two bytes."""
    wide = [content[shift:].decode(code, errors="replace") for code in ("utf-16-le", "utf-16-be") for shift in (0, 1)]
    return "\n".join([_text(content), *wide])
