"""Read columns as figures: numbers and rates of them, divided again, and names for rows that have none."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable

from fanecon.loaders.cells import plain
from fanecon.loaders.spec import Columns
from fanecon.loaders.wording import many


def rows(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values()), []))


def numbers(columns: Columns, name: str) -> list[float | None]:
    """A column as numbers; missing where the file has no such column."""
    found = columns.get(name) or [None] * rows(columns)
    return [float(one) if isinstance(one, (int, float)) else None for one in found]


def divided(columns: Columns, part: str, whole: str) -> list[float | None]:
    """One column per another, row by row; missing where either is, or where the whole is nothing."""
    pairs = zip(numbers(columns, part), numbers(columns, whole), strict=True)
    return [one / all_ if one is not None and all_ else None for one, all_ in pairs]


def printed_notes(columns: Columns, printed: str, part: str, whole: str) -> list[str]:
    """The rows whose printed rate is not what its parts give, within the digits that are printed."""
    stated, made = numbers(columns, printed), divided(columns, part, whole)
    digits = max((decimals(one) for one in stated if one is not None), default=0)
    at = columns.get("_row", list(range(1, len(stated) + 1)))
    broken = [
        row
        for row, one, other in zip(at, stated, made, strict=True)
        if one is not None and other is not None and abs(one - other) > 10.0**-digits
    ]
    shown = ", ".join(str(row) for row in broken[:5]) + (" …" if len(broken) > 5 else "")
    where = many(len(broken), "row", "rows")
    return [f"The printed {printed} is not {part} ÷ {whole} in {where} (row {shown})."] if broken else []


def decimals(value: float) -> int:
    """The digits after the point of a number as it was written."""
    return len(repr(round(value, 12)).partition(".")[2].rstrip("0")) if "e" not in repr(value) else 12


def numbered(keys: Iterable[str]) -> list[str]:
    """Names for events that have none: the n-th one of a key gets the number n, so that equal ones stay apart."""
    seen: Counter[str] = Counter()
    made = []
    for key in keys:
        seen[key] += 1
        made.append(f"{key}:{seen[key]}" if seen[key] > 1 else key)
    return made


def made_id(on: object, title: object) -> str:
    """A name for a mail or post that has none, from its day (or moment) and title."""
    stamp = on.strftime("%Y%m%dT%H%M") if isinstance(on, dt.datetime) else str(on).replace("-", "")
    return f"{stamp}_{hashlib.sha256(plain(title).encode()).hexdigest()[:8]}"
