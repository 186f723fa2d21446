"""Where the notebooks and the bundled data live, in a checkout and in an installed wheel.

A wheel carries both folders inside the package, a checkout has them beside it.  Every path in fanecon starts from
these two answers, so nothing depends on the folder in which a command is typed.
"""

from __future__ import annotations

from pathlib import Path

from fanecon.errors import FaneconError

PACKAGE = Path(__file__).resolve().parent


def notebooks() -> Path:
    """The folder of the bundled notebooks.

    Raises
    ------
    FaneconError
        If this installation carries none.
    """
    return _folder("notebooks")


def data() -> Path:
    """The folder of the bundled data and its catalogue.

    Raises
    ------
    FaneconError
        If this installation carries none.
    """
    return _folder("data")


def _folder(name: str) -> Path:
    inside, beside = PACKAGE / name, PACKAGE.parent / name
    if inside.is_dir():
        return inside
    if beside.is_dir() and (PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    raise FaneconError(
        f"This installation of fanecon has no folder '{name}', neither inside the package nor beside it in a checkout. "
        "Install it again: pip install --force-reinstall fanecon."
    )
