"""JSON as people keep it: one answer, a list of answers, or one answer per line; and its records as a sheet.

Half a character pair (``\\ud83d`` without its second half) is legal in JSON and cannot be written to any file, so it
becomes a question mark here, once, before a table is made of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from fanecon.loaders.files import SCRIPT, Opened
from fanecon.loaders.records import records_sheet
from fanecon.schema import FileError, Place

Record = Mapping[str, object]

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def answers(opened: Opened) -> list[object]:
    """The answers of a JSON file, a list in it taken apart, or those of its lines.

    Raises
    ------
    FileError
        If the text, or one of its lines, is not valid JSON.
    """
    try:
        whole = _parsed(opened.text.partition("=")[2] if opened.text.startswith(SCRIPT) else opened.text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(opened.text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0][1]):
            at, fix = getattr(error, "pos", 0), "The file may be cut off: fetch the answer again."
            if re.search("//|#", opened.text[max(at - 1, 0) : at + 3]):
                fix = "Delete the comments (from // or # to the end of the line): JSON has none."
            raise FileError(opened.file, f"This is not valid JSON: {error}", fix) from error
        return [_line(opened.file, number, line) for number, line in lines]
    return whole if isinstance(whole, list) else [whole]


def as_sheet(opened: Opened, records: Sequence[Record]) -> Opened:
    """The same file with its records as a sheet: row 2 is the first record."""
    return replace(opened, sheets=(records_sheet(opened, records),))


def begins(opened: Opened, letters: int = 4_000) -> str:
    """The beginning of a JSON text, to look for keys before it is read; "" for other files."""
    return opened.text[:letters] if opened.kind == "json" else ""


def _parsed(text: str) -> object:
    whole: object = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
    return _whole(whole) if _HALF.search(text) else whole


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; of a name that stands in it twice with different values, JSON would keep the last without a word.

    An empty value before the true one contradicts nothing: Mastodon writes ``"orderedItems": []`` above its posts.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next((name for name, value in pairs if found[name] != value and value not in (None, "", [], {})), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands twice in one record, with different values")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(one) for key, one in value.items()}
    return value


def _is_json(line: str) -> bool:
    try:
        _parsed(line)
    except (ValueError, RecursionError):
        return False
    return True


def _line(file: str, number: int, line: str) -> object:
    try:
        return _parsed(line)
    except (ValueError, RecursionError) as error:
        at = [Place(row=number)]
        raise FileError(file, f"A line is not valid JSON: {error}", "Fetch that answer again.", at=at) from error
