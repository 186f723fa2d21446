"""Refusals of several files as one: who repairs an export wants to see all that is wrong with it.

A folder of thirty answers with five broken ones would otherwise be read six times.  So files are opened and read one
after the other although one of them is refused, and what each was refused for is told together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from fanecon.schema import FileError

One = TypeVar("One")
Made = TypeVar("Made")


def each(several: Iterable[One], read: Callable[[One], Made]) -> list[Made]:
    """Every one of several things read (files, or tables of one); what any of them is refused for is raised together.

    Raises
    ------
    FileError
        With the places of all.
    """
    made: list[Made] = []
    refused: list[FileError] = []
    for one in several:
        try:
            made.append(read(one))
        except FileError as error:
            refused.append(error)
    if refused:
        raise together(refused) from refused[0]
    return made


def together(refused: Sequence[FileError]) -> FileError:
    """Several refusals as one; each place tells its own file, reason and fix where they differ."""
    first = refused[0]
    files = list(dict.fromkeys(place.file or error.file for error in refused for place in error.places))
    problems, fixes = (list(dict.fromkeys(words)) for words in zip(*((one.problem, one.fix) for one in refused),
                                                                   strict=True))  # fmt: skip
    if len(refused) == 1:
        return first
    if len(files) == 1:
        found = dict.fromkeys(place for error in refused for place in told(error).places)
        at = sorted(found, key=lambda place: place.row or 0)
        return FileError(first.file, "; ".join(problems), " ".join(fixes), at=at)
    at = [
        replace(place, file=place.file or error.file, fix=place.fix or error.fix)
        for error in refused
        for place in told(error).places
    ]
    fix = fixes[0] if len(fixes) == 1 else "Correct these files, or take them out."
    return FileError(several(files), f"{len(files)} files cannot be used", fix, at=at)


def several(files: Sequence[str]) -> str:
    """The name of a bundle of files: the first, and how many more."""
    more = len(files) - 1
    return files[0] + (f" and {more} more file{'s' if more > 1 else ''}" if more else "")


def told(error: FileError) -> FileError:
    """The same refusal with a reason at every place."""
    at = [replace(place, reason=place.reason or error.problem) for place in error.places]
    return FileError(error.file, error.problem, error.fix, at=at)


def renamed(error: FileError, name: Callable[[str], str]) -> FileError:
    """The same refusal with its files under other names."""
    at = [replace(place, file=name(place.file)) if place.file else place for place in error.places]
    return FileError(name(error.file), error.problem, error.fix, at=at)
