"""Where a page comes from: the notebook, the input files, the versions and the commit it was made with.

A number in a report can be questioned a year later only if the report says which bytes went in and which code ran.
Paths are shown as they were given, never resolved: a page is sent to people who need not know the machine.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from fanecon import __version__, places
from fanecon.report.parameters import Value, read_parameters
from fanecon.report.shelf import Notebook
from fanecon.schema import FaneconError

PACKAGES = ("pandas", "numpy", "scipy", "statsmodels", "matplotlib", "papermill")

Origin = tuple[tuple[str, str], ...]


def origin(notebook: Notebook, values: Mapping[str, Value]) -> Origin:
    """What a page was made from, as pairs of a label and a text, taken before the run."""
    settings = {parameter.name: parameter.default for parameter in read_parameters(notebook)} | dict(values)
    return tuple(
        (label, text)
        for label, text in (
            ("Notebook", f"{notebook.path.name}, sha256 {notebook.sha256}"),
            *_inputs(settings),
            ("Data catalogue", _catalogue()),
            ("Seed", str(settings.get("seed", ""))),
            ("Commit", _commit(notebook.path)),
            ("Versions", ", ".join(_versions())),
        )
        if text
    )


def _inputs(settings: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    for value in settings.values():
        for given in value if isinstance(value, list) else [value]:
            if isinstance(given, str) and _is_file(given):
                size = Path(given).stat().st_size
                yield "Input file", f"{given}, {size:,} bytes, sha256 {_sha256(Path(given))}"


def _is_file(given: str) -> bool:
    try:
        return bool(given) and Path(given).is_file()
    except (OSError, ValueError):
        return False


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"unknown, since the file cannot be read ({error.strerror})"


def _catalogue() -> str:
    try:
        catalogue = places.data() / "catalog.toml"
    except FaneconError:
        return ""
    return f"{catalogue.name}, sha256 {_sha256(catalogue)}" if catalogue.is_file() else ""


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    yield f"fanecon {__version__}"
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue


def _commit(notebook: Path) -> str:
    """The commit of the checkout that tracks the notebook, and whether anything tracked was changed since."""
    folder = notebook.resolve().parent
    if _git(folder, "ls-files", "--error-unmatch", "--", notebook.name) is None:
        return ""
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}{', with changes not committed' if changed else ''}" if commit else ""


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
