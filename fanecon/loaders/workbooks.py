"""The cells of a workbook, read at arm's length.

Why workbooks are measured before they are opened.  A workbook is a zip archive: half a megabyte can claim gigabytes,
and a single cell in the last corner makes a reader fill a table of seventeen billion cells.  So the archive's directory
is checked here, without unpacking anything, and the reading is done by :mod:`fanecon.loaders.probe` in a process of
its own, with as much memory as a workbook of that size can need and no more.  Only after that process has failed are
the cells looked at for the reason, so that an ordinary workbook does not pay for the others.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO, NoReturn

from fanecon.loaders import confined
from fanecon.loaders.columns import in_columns
from fanecon.loaders.faults import BAD_ZIP, Fault, column_number, with_faults, xls_faults, xlsx_faults
from fanecon.loaders.sheets import Row, Sheet
from fanecon.schema import FileError

MOST_CELLS = 5_000_000
LEAST_MEMORY, MOST_MEMORY = 150_000_000, 2_000_000_000
MOST_ENTRIES, MOST_UNPACKED, MOST_RATIO = 1_000, 200_000_000, 100
MOST_PRINTED = 1_000_000_000

_AGAIN = "Download it again, or open it in Excel and save it as .xlsx."
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_EPOCH_XLSX = re.compile(rb"""date1904\s*=\s*["'](1|true|on)["']""")
_EPOCH_XLS = re.compile(rb"\x22\x00\x02\x00([\x00\x01])\x00\x0e\x00\x02\x00")
_KINDS: dict[str, Callable[[str], object]] = {
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "duration": lambda seconds: dt.timedelta(seconds=float(seconds)),
}


def xlsx_sheets(file: str, data: bytes) -> tuple[tuple[Sheet, ...], int | None]:
    """The sheets of an .xlsx workbook and the year from which it counts days.

    Raises
    ------
    FileError
        If it is damaged, under a password, no workbook, or larger than it may be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = _directory(file, archive.infolist())
            epoch = 1904 if _EPOCH_XLSX.search(_first(archive, ("xl/workbook.xml", "/xl/workbook.xml"))) else 1900
    except BAD_ZIP as error:
        _damaged(file, str(error), error)
    sheets = _sheets(file, data, 3 * len(data) + 6 * unpacked)
    return _mended(sheets, xlsx_faults(data) if _has_gaps(sheets) else {}), epoch


def xls_sheets(file: str, data: bytes) -> tuple[tuple[Sheet, ...], int | None]:
    """The sheets of an .xls workbook and the year from which it counts days (None where it cannot be found).

    Raises
    ------
    FileError
        If it is damaged, under a password, or larger than it may be.
    """
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileError(file, "The workbook is protected by a password", "Save it without one.")
    found = _EPOCH_XLS.search(data)
    epoch = (1904 if found[1] == b"\x01" else 1900) if found else None
    sheets = _sheets(file, data, 30 * len(data))
    return _mended(sheets, xls_faults(data, [str(sheet.name) for sheet in sheets])), epoch


def _directory(file: str, entries: list[zipfile.ZipInfo]) -> int:
    names = [entry.filename for entry in entries]
    if not any(name.startswith(("xl/workbook.", "/xl/workbook.")) for name in names):
        inside = ", ".join(names[:3])
        fix = "Unpack it, or export the table again as .xls, .xlsx or CSV."
        raise FileError(file, f"This is a zip archive (it holds {inside}), not a workbook", fix)
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    broken = [
        (len(entries) > MOST_ENTRIES, f"{len(entries)} parts (at most {MOST_ENTRIES})"),
        (unpacked > MOST_UNPACKED, f"{unpacked // 10**6} MB unpacked (at most {MOST_UNPACKED // 10**6})"),
        (unpacked > MOST_RATIO * max(packed, 1), f"a packing ratio above {MOST_RATIO}"),
        (any(".." in name.split("/") for name in names), "a part outside its own folder"),
        (any(entry.flag_bits & 1 for entry in entries), "a part under a password"),
    ]
    found = [words for is_so, words in broken if is_so]
    if found:
        raise FileError(file, f"The workbook is not opened because it has {' and '.join(found)}", _AGAIN)
    return unpacked


def _first(archive: zipfile.ZipFile, names: tuple[str, ...]) -> bytes:
    """The beginning of the first part that is there."""
    for name in names:
        if name in archive.namelist():
            with archive.open(name) as part:
                return part.read(100_000)
    return b""


def _sheets(file: str, data: bytes, memory: int) -> tuple[Sheet, ...]:
    most = min(LEAST_MEMORY + memory, MOST_MEMORY)
    found = confined.parsed("workbook", data, lambda out: tuple(_told(file, out)), memory=most, most_cells=MOST_CELLS)
    if isinstance(found, confined.Ended):
        _refuse(file, data, found)
    return found


def _has_gaps(sheets: tuple[Sheet, ...]) -> bool:
    """Whether a cell is empty: only such a one can hide a formula that failed."""
    return any("" in row for sheet in sheets for row in sheet.rows)


def _mended(sheets: tuple[Sheet, ...], faults: Mapping[str, Sequence[Fault]]) -> tuple[Sheet, ...]:
    mended = (replace(sheet, rows=with_faults(sheet.rows, faults.get(str(sheet.name), []))) for sheet in sheets)
    return tuple(replace(sheet, rows=in_columns(sheet.rows, gap="")) for sheet in mended)


def _told(file: str, out: IO[bytes]) -> Iterator[Sheet]:
    rows: list[Row] = []
    cells = printed = 0
    for line in out:
        printed += len(line)
        if line.startswith(b"{"):
            head = json.loads(line)
            cells += head["height"] * head["width"]
            _size(file, head, cells if printed < MOST_PRINTED else MOST_CELLS + 1)
            rows = []
            yield Sheet(name=head["sheet"], rows=rows)
        elif line.endswith(b"\n"):
            rows += json.loads(line, object_hook=_cell)


def _size(file: str, head: dict[str, object], cells: int) -> None:
    if cells > MOST_CELLS:
        reach = f"{head['height']:,} rows and {head['width']:,} columns"
        problem = f"Sheet '{head['sheet']}' reaches over {reach} (at most {MOST_CELLS:,} cells in all)"
        raise FileError(file, problem, "Copy the table into a new workbook and save that.")


def _cell(written: dict[str, str]) -> object:
    ((kind, value),) = written.items()
    return _KINDS[kind](value)


def _refuse(file: str, data: bytes, ended: confined.Ended) -> NoReturn:
    if not ended.in_time:
        raise FileError(file, f"The workbook could not be opened within {confined.MOST_SECONDS} seconds", _AGAIN)
    if "PasswordError" in ended.said:
        raise FileError(file, "The workbook is protected by a password", "Save it without one.")
    if data.startswith(b"PK"):
        _far_corner(file, data)
    _damaged(file, ended.reason)


def _damaged(file: str, reason: str, error: BaseException | None = None) -> NoReturn:
    raise FileError(file, f"The workbook is damaged or cut off: {reason}", _AGAIN) from error


def _far_corner(file: str, data: bytes) -> None:
    """Name the sheet whose cells reach too far; the archive may lie about sizes, so no part is read beyond its own."""
    with contextlib.suppress(*BAD_ZIP), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith(("xl/worksheets/", "/xl/worksheets/")):
                with archive.open(name) as part:
                    height, width = _reach(part)
                _size(file, {"sheet": name, "height": height, "width": width}, height * width)


def _reach(part: IO[bytes]) -> tuple[int, int]:
    width = height = 1
    rest = b""
    while chunk := part.read(1 << 20):
        for letters, row in _CELL.findall(rest + chunk):
            height, width = max(height, int(row)), max(width, column_number(letters))
        rest = chunk[-32:]
    return height, width
