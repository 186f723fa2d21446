"""Files that come in bundles: a folder of answers, a zip of an export; each member is opened like a file of its own.

Why a bundle is more forgiving than a file.  Someone who opens one file wants its table, and an empty file or a web
page is a mistake worth a refusal.  A bundle holds what the platform put there: pages of text beside the tables,
pictures, a log of opens that is zero bytes long because nobody opened.  Such members are handed on without a table, so
that the format that expects them can count them.

Why an archive is measured first.  A zip of half a megabyte can claim gigabytes, and its directory can lie about that;
so the directory is checked before a member is read, and every member is read with a bound.  An archive within an
archive is refused: one more wrapping would be one more way around the bound.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from fanecon.loaders.files import (
    MB,
    MOST_BYTES,
    MOST_ENTRIES,
    MOST_RATIO,
    Opened,
    above,
    decode,
    file_bytes,
    markup,
    name_of,
    open_bytes,
    open_file,
)
from fanecon.loaders.invisible import cleaned_markup
from fanecon.loaders.refusals import each, renamed
from fanecon.schema import FileError

STRAY = (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX")
MOST_FILES = 20_000
WORKBOOK = ("xl/workbook.", "/xl/workbook.")

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED = {b"\x1f\x8b": "gzip", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_PICTURES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"ID3", b"\x00\x00\x00")
_FOLDER_FIX = "Unpack it and give the folder, if you know where it comes from."


def open_all(
    path: str | os.PathLike[str], *, words: Collection[str], encoding: str | None = None, most: int = MOST_BYTES
) -> tuple[Opened, ...]:
    """The opened files of a path: one for a file, all members in the order of their names for a folder or a zip.

    Members are named by their path within the bundle; a refusal names the archive too: ``exports.zip: a/b.csv``.
    Empty ones, pages and pictures come without a table.  `most` is the largest size in bytes of a file, and of an
    archive unpacked; by as much more as it allows, by so much more members may there be.

    Raises
    ------
    FileError
        If there is nothing to open, if members cannot be opened, or if an archive is not safe to unpack.
    """
    place = Path(path)
    if not place.is_dir() and not _is_archive(place):
        return (open_file(place, words=words, encoding=encoding, most=most),)
    members = _unpacked(place, most) if place.is_file() else _listed(place, most)
    bundle = f"{name_of(place.name)}: " if place.is_file() else ""
    opened = tuple(each(members, lambda one: _of_bundle(bundle, *one, words, encoding, most)))
    if not opened:
        raise FileError(str(place), "There is no file in it", "Give the export as it was downloaded or unpacked.")
    return opened


def within(bundle: str, error: FileError) -> FileError:
    """The refusal of members of a bundle, named together with it: ``exports.zip: a/b.csv``."""
    return renamed(error, lambda name: name if name.startswith(bundle) else f"{bundle}{name}")


def has_rows(opened: Opened) -> bool:
    """Whether a member of a bundle holds a table with more than a header."""
    filled = (row for sheet in opened.sheets for row in sheet.rows if any(cell not in (None, "") for cell in row))
    return next(filled, None) is not None and next(filled, None) is not None


def is_stray(path: Path | PurePosixPath) -> bool:
    """Whether a file belongs to the operating system and not to the export (``.DS_Store``, ``._name``)."""
    return any(part.startswith("._") or part in STRAY for part in path.parts)


def _listed(folder: Path, most: int) -> Iterator[tuple[str, bytes]]:
    members = [one for one in sorted(folder.rglob("*")) if one.is_file() and not is_stray(one.relative_to(folder))]
    if len(members) > MOST_FILES * most // MOST_BYTES:
        needed = above(len(members) * MOST_BYTES // MOST_FILES)
        raise FileError(str(folder), f"The folder holds {len(members):,} files", f"Give one of one export. {needed}")
    for one in members:
        if one.is_symlink() and not one.resolve().is_relative_to(folder.resolve()):
            raise FileError(str(folder), f"'{one.name}' is a link out of the folder", "Copy the file into the folder.")
        empty = one.stat().st_size == 0
        yield name_of(one.relative_to(folder).as_posix()), b"" if empty else file_bytes(one, most)


def _is_archive(place: Path) -> bool:
    """Whether a file is a zip that is no workbook; a damaged one is left to the reader of workbooks to name."""
    if not place.is_file():
        return False
    with place.open("rb") as file:
        if file.read(4) not in _ZIP:
            return False
    try:
        with zipfile.ZipFile(place) as archive:
            return not any(name.startswith(WORKBOOK) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _unpacked(place: Path, most: int) -> Iterator[tuple[str, bytes]]:
    data, file = file_bytes(place, most), name_of(place.name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
            _safe(file, entries, most)
            for entry in entries:
                if not entry.is_dir() and not is_stray(PurePosixPath(entry.filename)):
                    yield _member_name(entry), _read(file, archive, entry)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise FileError(file, f"The archive is damaged or cut off: {error}", "Download it again.") from error


def _member_name(entry: zipfile.ZipInfo) -> str:
    """The name of a member; without the mark of UTF-8 its bytes are what the system wrote, often Chinese."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    return name_of(os.fsdecode(entry.filename.encode("cp437")))


def _safe(file: str, entries: list[zipfile.ZipInfo], most: int) -> None:
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    names = [one.filename for one in entries]
    members = MOST_ENTRIES * most // MOST_BYTES
    broken = [
        (len(entries) > members, f"{len(entries):,} members (at most {members:,})"),
        (unpacked > most, f"{unpacked // MB} MB unpacked (at most {most // MB})"),
        (unpacked > MOST_RATIO * max(packed, 1), f"a packing ratio above {MOST_RATIO}"),
        (any(_outside(name) for name in names), "a member outside its own folder"),
        (any(stat.S_ISLNK(one.external_attr >> 16) for one in entries), "a member that is a link"),
        (any(one.flag_bits & 1 for one in entries), "a member under a password"),
        (len(set(names)) < len(names), "two members of one name"),
    ]
    found = [words for is_so, words in broken if is_so]
    if found:
        large_only = not any(is_so for is_so, _ in broken[2:])
        needed = above(max(unpacked, len(entries) * MOST_BYTES // MOST_ENTRIES)) if large_only else ""
        fix = f"{_FOLDER_FIX} {needed}".strip()
        raise FileError(file, f"The archive is not opened because it has {' and '.join(found)}", fix)


def _outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]


def _read(file: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as member:
        data = member.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise FileError(file, f"The archive lies about the size of '{entry.filename}'", _FOLDER_FIX)
    return data


def _of_bundle(bundle: str, name: str, data: bytes, words: Collection[str], encoding: str | None, most: int) -> Opened:
    try:
        if bundle:
            _no_archive(name, data)
        return replace(_member(name, data, words, encoding, most), bundle=bundle)
    except FileError as error:
        raise within(bundle, error) from error.__cause__


def _member(name: str, data: bytes, words: Collection[str], encoding: str | None, most: int) -> Opened:
    if not data.strip(b"\x00 \t\r\n"):
        return Opened(file=name, kind="text", encoding="none", encoding_how="an empty file")
    if data.startswith(_PICTURES):
        return Opened(file=name, kind="text", encoding="none", encoding_how="no text")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" and b"<table" not in data.lower():
        text, found, how = decode(name, data, words=words, encoding=encoding)
        text, times = cleaned_markup(text)
        return Opened(file=name, kind=markup(text), encoding=found, encoding_how=how, text=text, invisible=times)
    return open_bytes(name, data, words=words, encoding=encoding, most=most)


def _no_archive(name: str, data: bytes) -> None:
    for sign, what in _PACKED.items():
        if data.startswith(sign):
            raise FileError(name, f"This is a {what} archive within a bundle", "Unpack it beside the others.")
    if data.startswith(_ZIP) and not any(word.encode() in data for word in WORKBOOK):
        raise FileError(name, "This is a zip archive within a bundle", "Unpack it beside the others.")
