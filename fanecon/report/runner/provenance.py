"""Where a page comes from: the input files, the versions and the commit it was made with.

A number in a report can be questioned a year later only if the report says which bytes went in and which code ran.
Paths are shown as they were given, never resolved: a page is sent to people who need not know the machine.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from fanecon import __version__, places
from fanecon.errors import FaneconError
from fanecon.report.record import Commit, Input
from fanecon.report.runner import disk

PACKAGES = ("pandas", "numpy", "scipy", "statsmodels", "matplotlib", "papermill")
UNREADABLE = "unknown: the file cannot be read"
CATALOGUE, BUNDLED = "data/catalog.toml", "bundled"


def inputs(texts: Iterable[str]) -> tuple[Input, ...]:
    """The files among some texts, which are those of the parameters, with their checksums."""
    return tuple(_input(text, Path(text)) for text in dict.fromkeys(texts) if _is_file(text))


def with_readings(found: tuple[Input, ...], readings: Iterable[Mapping[str, Any]]) -> tuple[Input, ...]:
    """The inputs with what the loaders told of them; files that only the loaders know are added.

    The catalogue of the bundled data is among them where bundled data were read.
    """
    told = {one["file"]: one for one in readings}
    joined = [
        one.model_copy(update={key: told[one.file][key] for key in ("format", "rows", "rejected", "first", "last")})
        if one.file in told
        else one
        for one in found
    ]
    known = {one.file for one in found}
    bundled = any(one["format"] == BUNDLED for one in told.values())
    more = [_read(one) for file, one in told.items() if file not in known]
    return (*joined, *more, *(_catalogue() if bundled else ()))


def changed(found: Iterable[Input]) -> list[str]:
    """The input files whose bytes are no longer those that were noted."""
    return [one.file for one in found if _is_file(one.file) and _checksum(Path(one.file)) != one.sha256]


def versions() -> dict[str, str]:
    """The versions of Python, fanecon and the packages that numbers depend on."""
    found = {"Python": platform.python_version(), "fanecon": __version__}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(notebook: Path) -> Commit | None:
    """The commit of the checkout that tracks the notebook, and whether anything tracked was changed since."""
    folder = notebook.resolve().parent
    if _git(folder, "ls-files", "--error-unmatch", "--", notebook.name) is None:
        return None
    found = _git(folder, "rev-parse", "HEAD")
    dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return Commit(id=found, dirty=bool(dirty)) if found else None


def _read(told: Mapping[str, Any]) -> Input:
    """A file that a loader read without any parameter naming it: bundled data, or a path in the notebook's code."""
    bundled = told["format"] == BUNDLED
    path = _data_folder() / Path(told["file"]).name if bundled else Path(told["file"])
    return _input(told["file"], path).model_copy(update=dict(told))


def _input(name: str, path: Path) -> Input:
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file())
        listed = "".join(f"{_checksum(one)}  {one.relative_to(path).as_posix()}\n" for one in files)
        size = sum(one.stat().st_size for one in files)
        return Input(file=name, bytes=size, sha256=hashlib.sha256(listed.encode()).hexdigest())
    return Input(file=name, bytes=path.stat().st_size if path.is_file() else 0, sha256=_checksum(path))


def _checksum(path: Path) -> str:
    return disk.checksum(path) or UNREADABLE


def _is_file(given: str) -> bool:
    try:
        return bool(given) and Path(given).is_file()
    except (OSError, ValueError):
        return False


def _data_folder() -> Path:
    try:
        return places.data()
    except FaneconError:
        return Path("data")


def _catalogue() -> Iterator[Input]:
    catalogue = _data_folder() / "catalog.toml"
    if catalogue.is_file():
        yield _input(CATALOGUE, catalogue)


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
