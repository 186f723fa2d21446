"""Cells of a workbook in which a formula failed: ``#DIV/0!``, ``#REF!``.

The reader of workbooks hands such a cell over as an empty one, and an empty cell is a missing value.  But nothing is
missing there: somebody computed a column, and it broke.  So these cells are looked up and told as they stand; the
columns they are in then complain of them.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO

BAD_ZIP = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, zlib.error)
PIECE, OVERLAP = 1 << 20, 16_384

_FAULT = re.compile(
    rb"""<c\b(?=[^>]*\bt=["']e["'])[^>]*\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*>"""
    rb"""(?:<f[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]{2,16})</v>"""
)
_SHEET = re.compile(r"<sheet\b[^>]*>")
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_BOF = re.compile(rb"\x09\x08[\x08\x10]\x00\x00[\x05\x06][\x05\x10]\x00")
_FAILED = re.compile(rb"\x05\x02\x08\x00(.{6})([\x00\x07\x0f\x17\x1d\x24\x2a])\x01", re.DOTALL)
_FORMULA = re.compile(
    rb"\x06\x00.[\x00-\x20](.{6})\x02\x00([\x00\x07\x0f\x17\x1d\x24\x2a])\x00\x00\x00\xff\xff", re.DOTALL
)
_CODES = {
    **{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!"},
    **{0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"},
}

Fault = tuple[int, int, str]


def xlsx_faults(data: bytes) -> dict[str, list[Fault]]:
    """The failed cells of an .xlsx workbook by sheet: 0-based row and column, and what stands there."""
    with contextlib.suppress(*BAD_ZIP), zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [name for name in archive.namelist() if name.lstrip("/").startswith("xl/worksheets/")]
        found = {name.lstrip("/"): faults for name in parts if (faults := _in_part(archive, name))}
        names = _names(archive) if found else {}
        return {names[part]: faults for part, faults in found.items() if part in names}
    return {}


def xls_faults(data: bytes, sheets: Sequence[str]) -> dict[str, list[Fault]]:
    """The failed cells of an .xls workbook by sheet; the stream of the workbook is followed by one for each sheet."""
    starts = [found.start() for found in _BOF.finditer(data)][1 : len(sheets) + 1]
    made: dict[str, list[Fault]] = {}
    for pattern in (_FAILED, _FORMULA):
        for found in pattern.finditer(data):
            at = sum(start < found.start() for start in starts) - 1
            if at >= 0:
                row, column, _ = struct.unpack("<HHH", found[1])
                made.setdefault(sheets[at], []).append((row, column, _CODES[found[2][0]]))
    return made


def with_faults(rows: Sequence[Sequence[object]], faults: Sequence[Fault]) -> Sequence[Sequence[object]]:
    """Rows with the failed cells in the places where they were read as empty."""
    mended = list(rows) if faults else rows
    for row, column, text in faults:
        if row < len(rows) and column < len(mended[row]) and mended[row][column] == "":
            mended[row] = [text if at == column else cell for at, cell in enumerate(mended[row])]  # type: ignore[index]
    return mended


def column_number(letters: bytes) -> int:
    """The 1-based number of a column that is named by letters."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _in_part(archive: zipfile.ZipFile, name: str) -> list[Fault]:
    with archive.open(name) as part:
        return sorted(set(_in_pieces(part)))


def _in_pieces(part: IO[bytes]) -> Iterator[Fault]:
    rest = b""
    while piece := part.read(PIECE):
        text = rest + piece
        if b't="e"' in text or b"t='e'" in text:
            for letters, row, told in _FAULT.findall(text):
                yield int(row) - 1, column_number(letters) - 1, told.decode("ascii", "replace")
        rest = text[-OVERLAP:]


def _names(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet → its name."""
    targets = {
        _value(found, "Id"): _value(found, "Target")
        for found in _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels"))
    }
    parts = ((targets.get(_value(found, "r:id"), ""), _value(found, "name"))
             for found in _SHEET.findall(_text(archive, "xl/workbook.xml")))  # fmt: skip
    return {(part.lstrip("/") if part.startswith("/") else f"xl/{part}"): name for part, name in parts if part}


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part:
        return part.read(PIECE).decode("utf-8", "replace")


def _value(tag: str, attribute: str) -> str:
    found = re.search(rf"""(?<![\w:]){attribute}\s*=\s*["']([^"']*)["']""", tag)
    return html.unescape(found[1]) if found else ""
