"""A file that somebody wrote by hand: small, whole, UTF-8, and opened without waiting for it.

A named pipe would hold a command until somebody writes into it, a device might never end, and a control character in a
name is code or a lie on a terminal.  So all of that is refused before a word of the file is understood.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from fanecon.errors import ParameterError
from fanecon.report.asked.kinds import show

_CONTROL = re.compile(r"[\0-\b\v\f\x0e-\x1f\x7f]")


def read_written(path: Path, *, most: int, advice: str) -> str:
    """The text of a file of at most `most` bytes.

    Raises
    ------
    ParameterError
        If it cannot be opened, is no plain file, is too large (with the advice), or no text in UTF-8.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:  # noqa: PTH123  (a descriptor, not a path)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ParameterError(f"{show(path.name)} is not a file but a folder, a pipe or a device.")
            data = file.read(most + 1)
    except IsADirectoryError:
        raise ParameterError(f"{show(path.name)} is a folder. Name the file in it.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ParameterError(f"The file {show(path.name)} cannot be opened: {why}. Check the path.") from error
    if len(data) > most:
        raise ParameterError(f"{path.name} is larger than {most:,} bytes. {advice}")
    return _decoded(path.name, data)


def _decoded(name: str, data: bytes) -> str:
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParameterError(f"{name}, line {line}: is not UTF-8. Save the file as UTF-8.") from None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ParameterError(f"{name}, line {line}: holds the control character {found[0]!r}. Take it out.")
    return text
