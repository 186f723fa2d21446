"""From the bytes of a file to its cells, or one clear refusal.

Why not by file name.  The same web page hands out HTML under an Excel name in one menu and a real workbook in the
next; a login page saved as ``.xls`` is common; users re-save everything.  Only the first bytes tell.

What the bytes are written in is found by :mod:`fanecon.loaders.encodings`; workbooks are read at arm's length by
:mod:`fanecon.loaders.workbooks`, text by :mod:`fanecon.loaders.delimited`.  A file is read once, into memory, and
refused if it changed meanwhile: whatever is said of it is said of those bytes.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import stat
import zlib
from collections.abc import Collection
from pathlib import Path

from fanecon.loaders.delimited import columns_of, rows_of
from fanecon.loaders.encodings import VALID, identify, pieces
from fanecon.loaders.encodings import decode as decode
from fanecon.loaders.invisible import cleaned_bytes, cleaned_markup, cleaned_sheets
from fanecon.loaders.pages import html_rows
from fanecon.loaders.parquet import parquet_sheet
from fanecon.loaders.sheets import HEADER_ROWS as HEADER_ROWS
from fanecon.loaders.sheets import LARGE_ROWS as LARGE_ROWS
from fanecon.loaders.sheets import SCRIPT as SCRIPT
from fanecon.loaders.sheets import Kind as Kind
from fanecon.loaders.sheets import Opened as Opened
from fanecon.loaders.sheets import Row as Row
from fanecon.loaders.sheets import Sheet as Sheet
from fanecon.loaders.sheets import blanked as blanked
from fanecon.loaders.workbooks import MOST_ENTRIES as MOST_ENTRIES
from fanecon.loaders.workbooks import MOST_RATIO as MOST_RATIO
from fanecon.loaders.workbooks import MOST_UNPACKED as MOST_UNPACKED
from fanecon.loaders.workbooks import xls_sheets, xlsx_sheets
from fanecon.schema import FileError

MOST_BYTES = MOST_UNPACKED

MB = 10**6

_SIGNS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"SQLite format 3": "an SQLite database",
    b"MIME-Version:": "a web archive (MHTML)",
}
_UNPACK = "Unpack it, or export the table again as .xls, .xlsx or CSV."
_FIXES = {
    "an SQLite database": (
        "Save its table as CSV: sqlite3 -header -csv FILE 'SELECT * FROM weibo' > weibo.csv (sqlite3 FILE .tables "
        "lists the others)."
    ),
}
_BLANK = b"\x00 \t\r\n"
_BOOK = "a workbook carries its own"


def open_file(
    path: str | os.PathLike[str], *, words: Collection[str], encoding: str | None = None, most: int = MOST_BYTES
) -> Opened:
    """The cells of a workbook, HTML table or delimited text, or the text of a JSON file, told apart by content.

    Parameters
    ----------
    path
        One file; no folder, no pattern.
    words
        Column names (as :func:`fanecon.loaders.cells.heading` writes them) that the reader knows.
    encoding
        The text encoding, where the file does not tell; a workbook carries its own.
    most
        The largest size in bytes, packed and unpacked.

    Raises
    ------
    FileError
        If there is no such file, it is empty, damaged, too large, or of a kind that holds no table.
    ParameterError
        If there is no such encoding.
    """
    return open_bytes(name_of(Path(path).name), file_bytes(Path(path), most), words=words, encoding=encoding, most=most)


def open_bytes(
    file: str, data: bytes, *, words: Collection[str], encoding: str | None = None, most: int = MOST_BYTES
) -> Opened:
    """The cells or text of a file whose bytes are already here, such as a member of an archive.

    Raises
    ------
    FileError
        If they are damaged, too large, or of a kind that holds no table.
    ParameterError
        If there is no such encoding.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _gunzipped(file, data, most)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        sheets, epoch = xls_sheets(file, data)
        return _book(file, "xls", sheets, epoch)
    if data.startswith(b"PK\x03\x04"):
        sheets, epoch = xlsx_sheets(file, data)
        return _book(file, "xlsx", sheets, epoch)
    if data.startswith(b"PAR1"):
        found = (parquet_sheet(file, data),)
        how = "carries its own"
        return cleaned_sheets(Opened(file=file, kind="parquet", encoding="parquet", encoding_how=how, sheets=found))
    for sign, what in _SIGNS.items():
        if data.startswith(sign):
            raise FileError(file, f"This is {what}, not a table", _FIXES.get(what, _UNPACK))
    return _text(file, data, words, encoding)


def _book(file: str, kind: Kind, sheets: tuple[Sheet, ...], epoch: int | None) -> Opened:
    return cleaned_sheets(Opened(file=file, kind=kind, encoding=kind, encoding_how=_BOOK, sheets=sheets, epoch=epoch))


def file_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of an ordinary file of a sane size that holds more than blanks.

    Raises
    ------
    FileError
        If it is none, or if it changed while it was read.
    """
    if path.is_dir():
        inside = ", ".join(sorted(item.name for item in path.iterdir())[:5]) or "nothing"
        raise FileError(str(path), f"This is a folder (it holds {inside})", "Give the path of one file in it.")
    if not path.exists():
        raise FileError(str(path), "There is no such file", _near(path))
    try:
        data = _read_once(path, most)
    except OSError as error:
        problem = f"The file cannot be opened: {error.strerror}"
        raise FileError(name_of(path.name), problem, "Check who may read it.") from error
    if is_blank(data):
        raise FileError(name_of(path.name), f"The file is empty ({len(data)} bytes)", "Download it again.")
    return data


def name_of(name: str) -> str:
    """The name of a file as text, whatever language the machine speaks: in UTF-8, or as Chinese systems write it."""
    written = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return written.decode(encoding)
    return written.decode("utf-8", "replace")


def above(size: int) -> str:
    """What to type to read more bytes than are read unasked."""
    needed = -(-size // (100 * MB)) * 100
    return (
        f"Export a shorter period, or type fe.read(path, limit_mb={needed}) or fanecon check --limit-mb {needed}; "
        f"about {max(1, 5 * needed // 1000)} GB of memory may be needed."
    )


def is_blank(data: bytes) -> bool:
    """Whether bytes hold nothing but blanks; large ones are not copied to find out."""
    return not data[:4096].strip(_BLANK) and not data.strip(_BLANK)


def _read_once(path: Path, most: int) -> bytes:
    # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor has no path
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise FileError(str(path), "This is not an ordinary file", "Copy the data into a file first.")
        if before.st_size > most:
            raise FileError(name_of(path.name), f"The file is larger than {most // MB} MB", above(before.st_size))
        data = file.readall() if before.st_size else b""
        after = os.fstat(handle)
    if len(data) != before.st_size or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        fix = "Wait until it is written, then read again."
        raise FileError(name_of(path.name), "The file changed while it was read", fix)
    return data


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder '{path.parent}' does not exist either: check the path."
    present = [item.name for item in path.parent.iterdir() if item.name != path.name]
    near = difflib.get_close_matches(path.name, present, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else "Check the path."


def _gunzipped(file: str, data: bytes, limit: int) -> bytes:
    """What a gzip file holds; several parts one after the other are one file."""
    most = min(limit, MOST_RATIO * len(data))
    parts: list[bytes] = []
    try:
        while data:
            unpacker = zlib.decompressobj(wbits=31)
            parts.append(unpacker.decompress(data, most - sum(map(len, parts)) + 1))
            if sum(map(len, parts)) > most:
                problem = f"The gzip file is not opened because it is larger than {most:,} bytes unpacked"
                raise FileError(file, problem, _unpack_yourself(most < limit, limit))
            if not unpacker.eof:
                raise zlib.error("it ends too early")
            data = unpacker.unused_data.lstrip(b"\x00")
    except zlib.error as error:
        raise FileError(file, f"The gzip file is damaged or cut off: {error}", "Download it again.") from error
    return _not_packed(file, b"".join(parts))


def _unpack_yourself(is_dense: bool, limit: int) -> str:
    typed = "" if is_dense else f", or type fe.read(path, limit_mb={2 * limit // MB})"
    return f"Unpack it yourself{typed}, if you know where it comes from."


def _not_packed(file: str, data: bytes) -> bytes:
    if data.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise FileError(file, "This is an archive within a gzip file", "Unpack it first.")
    if is_blank(data):
        raise FileError(file, "The gzip file holds nothing but blanks", "Download it again.")
    return data


def _text(file: str, data: bytes, words: Collection[str], encoding: str | None) -> Opened:
    name, how = identify(file, data, words=words, encoding=encoding)
    lines = 0 if data.startswith(SCRIPT.encode()) else data.count(b"\n") + data.count(b"\r")
    if lines > LARGE_ROWS and not _starts(data, name).startswith(("{", "[", "<")):
        data, times = cleaned_bytes(data if how == VALID and b"\x00" not in data else _utf8(file, data, name))
        sheets: tuple[Sheet, ...] = (Sheet(name=None, rows=columns_of(file, data, words)),)
        return Opened(file=file, kind="text", encoding=name, encoding_how=how, sheets=sheets, invisible=times)
    text, times = cleaned_markup("".join(pieces(file, data, name)))
    if not text.strip():
        raise FileError(file, "The file is empty but for blanks", "Download it again.")
    kind, sheets = _cells(file, text, words)
    return Opened(file=file, kind=kind, encoding=name, encoding_how=how, sheets=sheets, text=text, invisible=times)


def _starts(data: bytes, name: str) -> str:
    return data[:1000].decode(name, "ignore").removeprefix("\ufeff").lstrip()[:1]


def _utf8(file: str, data: bytes, name: str) -> bytes:
    """The text in UTF-8, known to be valid; in pieces, because a text in memory takes up to four times its bytes."""
    if name not in ("utf-8", "utf-8-sig"):
        return b"".join(piece.encode() for piece in pieces(file, data, name))
    for _ in pieces(file, data, name):
        pass
    return data


def _cells(file: str, text: str, words: Collection[str]) -> tuple[Kind, tuple[Sheet, ...]]:
    start = text.lstrip()[:1]
    if start in ("{", "[") or text.startswith(SCRIPT):
        return "json", ()
    if start == "<" and markup(text) == "xml":
        return "xml", ()
    if start == "<":
        return "html", (Sheet(name=None, rows=html_rows(file, text)),)
    return "text", (Sheet(name=None, rows=rows_of(file, text, words)),)


def markup(text: str) -> Kind:
    """Whether a text in angle brackets is XML or a page; a page may be XML too, and is then a page."""
    head = text.lstrip()[:2000].casefold()
    return "xml" if head.startswith(("<?xml", "<xml")) and not re.search("<(html|table|workbook)[ >]", head) else "html"
