"""Files that come in bundles: a folder of answers, a zip of an export; each member is opened like a file of its own."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from fanecon.loaders.files import Opened, open_file
from fanecon.schema import FileError

STRAY = (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX")
MOST_FILES = 20_000


def open_all(
    path: str | os.PathLike[str], *, words: Collection[str], encoding: str | None = None
) -> tuple[Opened, ...]:
    """The opened files of a path: one for a file, all members in the order of their names for a folder.

    Raises
    ------
    FileError
        If there is nothing to open, or if a member cannot be opened.
    """
    place = Path(path)
    if not place.is_dir():
        return (open_file(place, words=words, encoding=encoding),)
    members = [one for one in sorted(place.rglob("*")) if one.is_file() and not is_stray(one)]
    if not members:
        raise FileError(str(place), "The folder holds no file", "Give the folder that the export was unpacked to.")
    if len(members) > MOST_FILES:
        raise FileError(str(place), f"The folder holds {len(members):,} files", "Give one that holds one export.")
    return tuple(open_file(one, words=words, encoding=encoding) for one in members)


def is_stray(path: Path) -> bool:
    """Whether a file belongs to the operating system and not to the export (``.DS_Store``, ``._name``)."""
    return any(part.startswith("._") or part in STRAY for part in path.parts)
