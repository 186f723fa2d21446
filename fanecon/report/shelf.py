"""The shelf: which notebooks there are, and which one a name means.

A notebook is read as plain JSON here, with the standard library only.  `fanecon list`, `fanecon params` and every
refusal of a parameter need no more than that, and the Jupyter libraries take seconds to load.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanecon import places
from fanecon.errors import FileError, ParameterError, closest

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_MINUTES = re.compile(r"(\d+)\s*min", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """One notebook file as it was read: its text, its cells and what it asks."""

    path: Path
    text: str
    cells: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """The file name without number prefix and ending: `rainbow_bus` for `01_rainbow_bus.ipynb`."""
        return short(self.path.stem)

    @property
    def question(self) -> str:
        """The first heading, which is the question the notebook answers; empty if it has none."""
        return next((text for source in self._prose() for level, text in headings(source) if level == 1), "")

    @property
    def minutes(self) -> int | None:
        """Minutes to read, if the first cell states them (`… 12 minutes …`)."""
        found = _MINUTES.search(next(self._prose(), ""))
        return int(found[1]) if found else None

    @property
    def sha256(self) -> str:
        """The checksum of the file as it was read."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def tagged(self, tag: str) -> list[str]:
        """The sources of the code cells that carry the tag."""
        code = (cell for cell in self.cells if cell.get("cell_type") == "code")
        return [source(cell) for cell in code if tag in cell.get("metadata", {}).get("tags", [])]

    def _prose(self) -> Iterator[str]:
        return (source(cell) for cell in self.cells if cell.get("cell_type") == "markdown")


def source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, which a file may hold as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def headings(markdown: str) -> list[tuple[int, str]]:
    """The headings of a piece of Markdown as (level, text), without those inside fenced code."""
    found, fence = [], ""
    for line in markdown.splitlines():
        bar = _FENCE.match(line)
        if bar and not fence:
            fence = bar[1]
        elif bar and line.strip().startswith(fence):
            fence = ""
        elif not fence and (heading := _ATX.match(line)):
            found.append((len(heading[1]), heading[2].strip()))
    return found


def short(stem: str) -> str:
    """A file stem without its number prefix."""
    return re.sub(r"^\d+[_-]", "", stem) or stem


def read(path: Path) -> Notebook:
    """Read one notebook file.

    Raises
    ------
    FileError
        If it cannot be opened or is not a version 4 notebook.
    """
    try:
        return of(path, path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise FileError(str(path), f"cannot be opened: {error.strerror}", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise FileError(str(path), "is not a notebook: it is not valid JSON", "Save it again in Jupyter.") from error


def of(path: Path, text: str) -> Notebook:
    """The notebook in the text of a file.

    Raises
    ------
    FileError
        If it is not a version 4 notebook.
    """
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(str(path), "is not a notebook: it is not valid JSON", "Save it again in Jupyter.") from error
    cells = held.get("cells") if isinstance(held, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise FileError(str(path), "is not a version 4 notebook: it has no cells", "Open and save it in JupyterLab.")
    return Notebook(path=path, text=text, cells=tuple(cells))


def shelf() -> tuple[Notebook, ...]:
    """All bundled notebooks, in the order of their file names.

    Raises
    ------
    FileError
        If one of them cannot be read.
    FaneconError
        If this installation carries no notebooks.
    """
    return tuple(read(path) for path in _files())


def find(name: str) -> Notebook:
    """The notebook a name means: a file stem with or without its number, or a path to an `.ipynb` file.

    Raises
    ------
    ParameterError
        If nothing, or more than one notebook, goes by that name.
    FileError
        If the file cannot be read.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return read(Path(name))
    files = _files()
    asked = name.removesuffix(".ipynb")
    hits = [path for path in files if path.stem == asked] or [path for path in files if short(path.stem) == asked]
    if len(hits) == 1:
        return read(hits[0])
    if hits:
        raise ParameterError(f"'{name}' means {' or '.join(path.stem for path in hits)}. Type one of these names.")
    names = _names(files)
    raise ParameterError(
        f"There is no notebook '{name}'. {closest(asked, names)}"
        f"{'The notebooks are: ' + ', '.join(names) if names else 'The shelf is empty'}. "
        "A path to an .ipynb file works too."
    )


def _files() -> list[Path]:
    return sorted(path for path in places.notebooks().glob("*.ipynb") if path.is_file())


def _names(files: list[Path]) -> list[str]:
    often = Counter(short(path.stem) for path in files)
    return [short(path.stem) if often[short(path.stem)] == 1 else path.stem for path in files]
