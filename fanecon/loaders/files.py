"""From the bytes of a file to its cells, or one clear refusal.

Why not by file name.  The same web page hands out HTML under an Excel name in one menu and a real workbook in the
next; a login page saved as ``.xls`` is common; users re-save everything.  Only the first bytes tell.

Why encodings are not guessed.  GB18030 accepts almost any bytes, so "UTF-8, else GB18030" turns every Big5, Korean or
cut-off file into fluent nonsense without a word.  The rule here: a byte-order mark, else strict UTF-8, else GB18030
*only if the header row then reads as known column names*; otherwise the person who has the file is asked.  A file
that begins as good UTF-8 and then breaks was damaged on its way and is reported as such.

Why workbooks are measured before they are opened.  A workbook is a zip archive: half a megabyte can claim gigabytes,
and a single cell in the last corner makes a reader fill a table of seventeen billion cells.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import python_calamine

from fanecon.loaders.cells import heading
from fanecon.loaders.pages import html_rows
from fanecon.schema import FileError, ParameterError, Place

Kind = Literal["xls", "xlsx", "html", "text", "json"]
Row = Sequence[object]

HEADER_ROWS = 10
MOST_BYTES = 200_000_000
MOST_CELLS = 5_000_000
MOST_SECONDS = 60
MOST_ENTRIES, MOST_UNPACKED, MOST_RATIO = 1_000, 200_000_000, 100

_SIGNS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"MIME-Version:": "a web archive (MHTML)",
}
_UNPACK = "Unpack it, or export the table again as .xls, .xlsx or CSV."
_AGAIN = "Download it again, or open it in Excel and save it as .xlsx."
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of cells; the first row is row 1 of the program the user sees it in."""

    name: str | None
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file whose cells (or text, for JSON) are known, and how its encoding was found."""

    file: str
    kind: Kind
    encoding: str
    encoding_how: str
    sheets: tuple[Sheet, ...] = ()
    text: str = ""
    left_out: frozenset[tuple[str | None, int]] = frozenset()

    def without(self, rows: Collection[tuple[str | None, int]]) -> Opened:
        """The same file with some rows (sheet, 1-based row) blank, so that all others keep their numbers."""
        gone = self.left_out | frozenset(rows)
        blank = tuple(blanked(sheet, gone) for sheet in self.sheets)
        return replace(self, sheets=blank, left_out=gone)


def blanked(sheet: Sheet, gone: Collection[tuple[str | None, int]]) -> Sheet:
    """A sheet with some of its rows blank."""
    numbers = {row for name, row in gone if name == sheet.name}
    if not numbers:
        return sheet
    return replace(sheet, rows=[() if number in numbers else row for number, row in enumerate(sheet.rows, 1)])


def open_file(path: str | os.PathLike[str], *, words: Collection[str], encoding: str | None = None) -> Opened:
    """The cells of a workbook, HTML table or delimited text, or the text of a JSON file, told apart by content.

    Parameters
    ----------
    path
        One file; no folder, no pattern.
    words
        Column names (as :func:`fanecon.loaders.cells.heading` writes them) that the reader knows.
    encoding
        The text encoding, where the file does not tell; a workbook carries its own.

    Raises
    ------
    FileError
        If there is no such file, it is empty, damaged, too large, or of a kind that holds no table.
    ParameterError
        If there is no such encoding.
    """
    file, data = Path(path).name, _bytes(Path(path))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        _probe(file, data)
        return _workbook(file, data, "xls")
    if data.startswith(b"PK\x03\x04"):
        _measure(file, data)
        return _workbook(file, data, "xlsx")
    for sign, what in _SIGNS.items():
        if data.startswith(sign):
            raise FileError(file, f"This is {what}, not a table", _UNPACK)
    text, name, how = decode(file, data, words=words, encoding=encoding)
    if not text.strip():
        raise FileError(file, "The file is empty but for blanks", "Download it again.")
    kind, sheets = _cells(file, text, words)
    return Opened(file=file, kind=kind, encoding=name, encoding_how=how, sheets=sheets, text=text)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        inside = ", ".join(sorted(item.name for item in path.iterdir())[:5]) or "nothing"
        raise FileError(str(path), f"This is a folder (it holds {inside})", "Give the path of one file in it.")
    if not path.exists():
        raise FileError(str(path), "There is no such file", _near(path))
    if not path.is_file():
        raise FileError(str(path), "This is not an ordinary file", "Copy the data into a file first.")
    if path.stat().st_size > MOST_BYTES:
        raise FileError(path.name, f"The file is larger than {MOST_BYTES // 10**6} MB", "Export a shorter period.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(path.name, f"The file cannot be opened: {error.strerror}", "Check who may read it.") from error
    if not data.strip(b"\x00 \t\r\n"):
        raise FileError(path.name, f"The file is empty ({len(data)} bytes)", "Download it again.")
    return data


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder '{path.parent}' does not exist either: check the path."
    present = [item.name for item in path.parent.iterdir() if item.name != path.name]
    near = difflib.get_close_matches(path.name, present, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else "Check the path."


def decode(file: str, data: bytes, *, words: Collection[str], encoding: str | None = None) -> tuple[str, str, str]:
    """The text of a file, the name of its encoding, and how that was found.

    Raises
    ------
    FileError
        If the bytes do not fit the encoding, or if the encoding cannot be told for sure.
    ParameterError
        If there is no such encoding.
    """
    if encoding is not None:
        return _given(file, data, encoding)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strict(file, data, name), name, "byte-order mark"
    if b"\x00" in data[:4096]:
        raise FileError(
            file, "There are NUL bytes in the text", "If it is UTF-16, pass encoding='utf-16-le'. " + _AGAIN
        )
    try:
        return _strict(file, data, "utf-8"), "utf-8", "valid UTF-8"
    except FileError:
        if _began_as_utf8(data, words):
            raise
    return _as_gb18030(file, data, words), "gb18030", "known column names in the header row"


def _given(file: str, data: bytes, encoding: str) -> tuple[str, str, str]:
    try:
        codecs.lookup(encoding)
        "".encode(encoding)
    except LookupError as error:
        raise ParameterError(
            f"encoding={encoding!r} is not a known text encoding. Write 'utf-8', 'gb18030', 'big5' or 'utf-16'."
        ) from error
    return _strict(file, data, encoding), encoding, "given by the caller"


def _strict(file: str, data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        tail = error.start > len(data) - 4
        what = "ends in the middle of a character" if tail else "holds a broken character"
        problem = f"The {encoding} text {what} (byte {error.start + 1}, line {line})"
        raise FileError(file, problem, "The file was cut off or damaged: download it again.") from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise FileError(file, f"There is a NUL character in line {line}", "The file is damaged: download it again.")
    return text


def _began_as_utf8(data: bytes, words: Collection[str]) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8")
        return _known(good, words) >= 2 or sum(ord(letter) > 127 for letter in good) >= 12
    return True


def _as_gb18030(file: str, data: bytes, words: Collection[str]) -> str:
    fix = "Pass encoding='gb18030' (Excel on a Chinese Windows), 'big5' or another one; or save it as 'CSV UTF-8'."
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("gb18030")
        if _known(good, words) >= 2:
            return _strict(file, data, "gb18030")
        raise FileError(file, "The text is neither UTF-8 nor GB18030", fix) from error
    if _known(text, words) >= 2 or text.lstrip().startswith("<"):
        return _strict(file, data, "gb18030")
    first = text.lstrip().partition("\n")[0].strip()[:60]
    problem = f"The encoding is not certain: the text is not UTF-8, and as GB18030 its first line reads {first!r}"
    raise FileError(file, problem, fix)


def _known(text: str, words: Collection[str], marks: str = ",;\t<>") -> int:
    """The most known column names in one of the first lines; a page counts as one line."""
    head = text[:100_000]
    lines = [head] if head.lstrip().startswith("<") else head.splitlines()[: 3 * HEADER_ROWS]
    split = [re.split(f"[{re.escape(marks)}]", line) for line in lines]
    return max((sum(heading(part.strip('"')) in words for part in parts) for parts in split), default=0)


def _cells(file: str, text: str, words: Collection[str]) -> tuple[Kind, tuple[Sheet, ...]]:
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return "json", ()
    if start == "<":
        return "html", (Sheet(name=None, rows=html_rows(file, text)),)
    return "text", (Sheet(name=None, rows=_delimited(file, text, words)),)


def _delimited(file: str, text: str, words: Collection[str]) -> list[list[str]]:
    head = "\n".join(text[:100_000].splitlines()[:HEADER_ROWS])
    mark = max(",\t;", key=lambda mark: (_known(head, words, mark), head.count(mark)))
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        fix = "Look for a quotation mark that is not closed, or save the file as .xlsx."
        raise FileError(file, f"The text is not a proper table: {error}", fix, at=[Place(row=len(rows) + 1)]) from error
    if len(rows) > 1 and not text.endswith(("\n", "\r")) and len(rows[-1]) < len(rows[-2]):
        problem = f"The last row ends after {len(rows[-1])} of {len(rows[-2])} cells: the file was cut off"
        raise FileError(file, problem, "Download it again.", at=[Place(row=len(rows))])
    return rows


def _measure(file: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _directory(file, archive.infolist())
            for name in archive.namelist():
                _corners(file, name, archive.read(name))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise FileError(file, f"The workbook is damaged or cut off: {error}", _AGAIN) from error


def _directory(file: str, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if not any(name.startswith(("xl/workbook.", "/xl/workbook.")) for name in names):
        inside = ", ".join(names[:3])
        raise FileError(file, f"This is a zip archive (it holds {inside}), not a workbook", _UNPACK)
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    broken = [
        (len(entries) > MOST_ENTRIES, f"{len(entries)} parts (at most {MOST_ENTRIES})"),
        (unpacked > MOST_UNPACKED, f"{unpacked // 10**6} MB unpacked (at most {MOST_UNPACKED // 10**6})"),
        (unpacked > MOST_RATIO * max(packed, 1), f"a packing ratio above {MOST_RATIO}"),
        (any(".." in name.split("/") for name in names), "a part outside its own folder"),
    ]
    found = [words for is_so, words in broken if is_so]
    if found:
        raise FileError(file, f"The workbook is not opened because it has {' and '.join(found)}", _AGAIN)


def _corners(file: str, name: str, part: bytes) -> None:
    if not name.startswith(("xl/worksheets/", "/xl/worksheets/")):
        return
    width = height = 1
    for letters, row in _CELL.findall(part):
        height = max(height, int(row))
        width = max(width, _column(letters))
    _size(file, name, height, width)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _size(file: str, sheet: str, height: int, width: int) -> None:
    if height * width > MOST_CELLS:
        problem = f"Sheet '{sheet}' reaches over {height:,} rows and {width:,} columns (at most {MOST_CELLS:,} cells)"
        raise FileError(file, problem, "Copy the table into a new workbook and save that.")


def _probe(file: str, data: bytes) -> None:
    command = [sys.executable, "-I", str(Path(__file__).with_name("probe.py"))]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise FileError(file, f"The workbook could not be opened within {MOST_SECONDS} seconds", _AGAIN) from error
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode and any("PasswordError" in line for line in said[-1:]):
        raise FileError(file, "The workbook is protected by a password", "Save it without one.")
    if done.returncode:
        reason = said[-1].rpartition(":")[2].strip() if done.returncode == 1 and said else "it asks for too much memory"
        raise FileError(file, f"The workbook is damaged or cut off: {reason[:200]}", _AGAIN)
    for number, line in enumerate(done.stdout.split(b"\n")[:-1], 1):
        row, column = map(int, line.split())
        _size(file, f"number {number}", row + 1, column + 1)


def _workbook(file: str, data: bytes, kind: Kind) -> Opened:
    sheets = _guarded(file, lambda: _sheets(file, data))
    return Opened(file=file, kind=kind, encoding=kind, encoding_how="a workbook carries its own", sheets=sheets)


def _sheets(file: str, data: bytes) -> tuple[Sheet, ...]:
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        return tuple(Sheet(name=name, rows=_rows(file, book.get_sheet_by_name(name))) for name in book.sheet_names)


def _rows(file: str, sheet: python_calamine.CalamineSheet) -> Sequence[Row]:
    end = sheet.end or (0, 0)
    _size(file, sheet.name, end[0] + 1, end[1] + 1)
    rows: Sequence[Row] = sheet.to_python(skip_empty_area=False)
    return rows


def _guarded(file: str, read: Callable[[], tuple[Sheet, ...]]) -> tuple[Sheet, ...]:
    try:
        return read()
    except python_calamine.PasswordError as error:
        raise FileError(file, "The workbook is protected by a password", "Save it without one.") from error
    except BaseException as error:
        # calamine is Rust: on some damaged files it panics, and a panic is a BaseException without a public name.
        if not (isinstance(error, python_calamine.CalamineError) or type(error).__name__ == "PanicException"):
            raise
        raise FileError(file, f"The workbook is damaged or cut off: {error}", _AGAIN) from error
