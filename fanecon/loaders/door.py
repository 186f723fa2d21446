"""One door for every file: open it, ask each format whether it is its own, and read it with the one that says yes.

Recognised by content, never by name: the same site hands out HTML, old workbooks and text under one ending.  Whoever
opens the door is told what the file was taken for and why, because a file read as the wrong thing is worse than one
that is not read.
"""

from __future__ import annotations

import os
from typing import Literal

import pandas as pd

from fanecon.loaders.answers import answers
from fanecon.loaders.archives import open_all
from fanecon.loaders.files import Opened
from fanecon.loaders.formats import FORMATS
from fanecon.loaders.personal import guarded, masked
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.schema import FileError, ParameterError, closest

Problems = Literal["refuse", "collect"]


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - the word a reader would type
    encoding: str | None = None,
    problems: Problems = "refuse",
    ask: Ask | None = None,
) -> Reading:
    """The tables in an export, whatever platform it is from; the format is recognised by content.

    Parameters
    ----------
    path
        A file, a folder of files that belong together, or a zip of one.
    format
        Read as this format, where several would do.
    encoding
        Of a text that does not tell, such as ``"gb18030"``.
    problems
        ``"refuse"``: any broken cell refuses the file.  ``"collect"``: broken rows are left out and listed.
    ask
        What the file does not say: account, moment of capture, time zone, whether to keep personal data.

    Raises
    ------
    FileError
        If nothing recognises the file, or with every broken cell.
    """
    if problems not in ("refuse", "collect"):
        raise ParameterError(f"problems is 'refuse' or 'collect'; found {problems!r}.")
    asked = ask or Ask()
    try:
        words = {word for one in FORMATS for word in one.words}
        opened = open_all(path, words=words, encoding=encoding)
        found, why = _named(format, opened) if format else _recognised(opened)
        reading = _refusing(found, opened, asked) if problems == "refuse" else _collected(found, opened, asked)
    except FileError as error:
        raise masked(error) from error.__cause__
    return guarded(reading if reading.why else _because(reading, why), asked)


def _because(reading: Reading, why: str) -> Reading:
    from dataclasses import replace

    return replace(reading, why=why)


def _recognised(opened: tuple[Opened, ...]) -> tuple[Format, str]:
    for one in FORMATS:
        why = one.recognise(opened)
        if why:
            return one, why
    for each in opened:
        if each.kind == "json":
            answers(each)  # which says where a text is no JSON: a format only says that it is none of its own
    rows = [row for each in opened for sheet in each.sheets for row in sheet.rows[:3]]
    seen = "; ".join(" | ".join(str(cell) for cell in row if cell not in (None, ""))[:80] for row in rows[:3])
    start = seen or opened[0].text[:80]
    raise FileError(
        opened[0].file,
        f"No known format recognises this file; it begins: {start!r}",
        "Type fanecon formats for the list, or fe.read(path, format='…') if you know better.",
    )


def _named(name: str, opened: tuple[Opened, ...]) -> tuple[Format, str]:
    known = {one.name: one for one in FORMATS}
    if name not in known:
        raise ParameterError(f"There is no format '{name}'. {closest(name, known)}There are: {', '.join(known)}.")
    return known[name], known[name].recognise(opened) or "the caller's word"


def _refusing(found: Format, opened: tuple[Opened, ...], ask: Ask) -> Reading:
    from dataclasses import replace

    return found.read(tuple(replace(one, again=False) for one in opened), ask)


def _collected(found: Format, opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """Read, leave out the rows that are complained of, and read again until nothing is left to complain of."""
    from dataclasses import replace

    listed: list[pd.DataFrame] = []
    while True:
        try:
            reading = found.read(opened, ask)
        except FileError as error:
            rows = {(place.sheet, place.row) for place in error.places if place.row is not None}
            new = {row for row in rows if all(row not in one.left_out for one in opened if one.file == error.file)}
            if not new:
                raise
            listed.append(masked(error).problems)
            opened = tuple(one.without(new) if one.file == error.file else one for one in opened)
        else:
            break
    if not listed:
        return reading
    table = pd.concat(listed, ignore_index=True)
    rejected = len(table.drop_duplicates(["file", "sheet", "row"]))
    return replace(
        reading,
        problems=table,
        rows_read=reading.rows_read + rejected,
        rows_rejected=reading.rows_rejected + rejected,
    )
