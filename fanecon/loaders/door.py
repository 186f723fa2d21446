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
from fanecon.loaders.archives import open_all, within
from fanecon.loaders.files import MB, MOST_BYTES, Opened
from fanecon.loaders.formats import FORMATS
from fanecon.loaders.invisible import notes_on
from fanecon.loaders.personal import guarded, masked
from fanecon.loaders.reading import Ask, Format, Reading, noted, told
from fanecon.loaders.refusals import each
from fanecon.schema import FileError, ParameterError, closest

MOST_KINDS = 20

Problems = Literal["refuse", "collect"]
LIMIT_MB = MOST_BYTES // MB


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - the word a reader would type
    encoding: str | None = None,
    problems: Problems = "refuse",
    ask: Ask | None = None,
    limit_mb: int = LIMIT_MB,
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
    limit_mb
        The largest size in MB of a file, and of an archive unpacked; an archive may have five members for each MB.

    Raises
    ------
    FileError
        If nothing recognises the file, or with every broken cell.
    """
    if problems not in ("refuse", "collect"):
        raise ParameterError(f"problems is 'refuse' or 'collect'; found {problems!r}.")
    if isinstance(limit_mb, bool) or not isinstance(limit_mb, int) or limit_mb < 1:
        raise ParameterError(f"limit_mb is a whole number of MB, such as {LIMIT_MB}; found {limit_mb!r}.")
    asked = ask or Ask()
    try:
        words = {word for one in FORMATS for word in one.words}
        opened = open_all(path, words=words, encoding=encoding, most=limit_mb * MB)
        reading, why = _read(opened, asked, format, problems)
    except FileError as error:
        raise masked(error) from error.__cause__
    return told(path, guarded(noted(reading if reading.why else _because(reading, why), notes_on(opened)), asked))


def _read(opened: tuple[Opened, ...], ask: Ask, named: str | None, problems: Problems) -> tuple[Reading, str]:
    try:
        found, why = _named(named, opened) if named else _recognised(opened)
        return (_refusing(found, opened, ask) if problems == "refuse" else _collected(found, opened, ask)), why
    except FileError as error:
        raise within(opened[0].bundle, error) from error.__cause__


def _because(reading: Reading, why: str) -> Reading:
    from dataclasses import replace

    return replace(reading, why=why)


def _recognised(opened: tuple[Opened, ...]) -> tuple[Format, str]:
    for one in FORMATS:
        why = one.recognise(opened)
        if why:
            return one, why
    # A format only says that a file is none of its own; this says where a text is no JSON.
    each((one for one in opened if one.kind == "json"), answers)
    unknown = _unknown(opened) if len(opened) > 1 else opened[0]
    rows = [row for sheet in unknown.sheets for row in sheet.rows[:3]]
    seen = "; ".join(" | ".join(str(cell) for cell in row if cell not in (None, ""))[:80] for row in rows[:3])
    start = seen or unknown.text[:80]
    raise FileError(
        unknown.file,
        f"No known format recognises this file; it begins: {start!r}",
        "Type fanecon formats for the list, or fe.read(path, format='…') if you know better.",
    )


def _unknown(opened: tuple[Opened, ...]) -> Opened:
    """The first of several files that no format takes even by itself.

    Raises
    ------
    FileError
        If each is of some format: then it is their company that no format takes.
    """
    kinds: dict[str, str] = {}
    for one in opened[:MOST_KINDS]:
        alone = next((kind.name for kind in FORMATS if kind.recognise((one,))), "")
        if not alone:
            return one
        kinds.setdefault(alone, one.file)
    told = ", ".join(f"{file} is {kind}" for kind, file in kinds.items())
    fix = "Read the files of one kind at a time."
    raise FileError(opened[0].file, f"The files are of kinds that are not read together: {told}", fix)


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
    first: FileError | None = None
    while True:
        try:
            reading = found.read(opened, ask)
        except FileError as error:
            new = [_complained(one, error) for one in opened]
            if not any(new) or any(place.row is None for place in error.places):
                # What is left when every record was complained of is no file; the complaints are the reason.
                raise first or error from error.__cause__
            first = first or error
            listed.append(within(opened[0].bundle, masked(error)).problems)
            opened = tuple(one.without(rows) if rows else one for one, rows in zip(opened, new, strict=True))
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


def _complained(opened: Opened, error: FileError) -> set[tuple[str | None, int]]:
    """The rows of a file (sheet, 1-based row) that a refusal names and that are not left out yet."""
    at = [one for one in error.places if (one.file or error.file) == opened.file]
    return {(one.sheet, one.row) for one in at if one.row is not None} - opened.left_out
