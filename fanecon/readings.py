"""What this process has read so far: one line per file that a loader has made into tables.

A report names the files that went into it, with the rows read, the rows left out and the days they cover.  The
notebook that read them need not say so again: whoever makes the report asks here at the end of the run.  The list
only grows, as the list of imported modules does, and holds no data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

CAPTURE = "observed_at"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file that was read: its name as given, its format, rows read and left out, first and last day in it."""

    file: str
    format: str
    rows: int
    rejected: int = 0
    first: str | None = None
    last: str | None = None


_READ: list[Source] = []


def note(file: str, format: str, rows: int, *, rejected: int = 0, tables: Iterable[pd.DataFrame] = ()) -> None:  # noqa: A002
    """Add one file to the list, with the days its tables cover."""
    first, last = _period(tables)
    _READ.append(Source(file=file, format=format, rows=rows, rejected=rejected, first=first, last=last))


def so_far() -> tuple[Source, ...]:
    """Every file read in this process, in the order of reading; a file that was read twice is there once."""
    return tuple(dict.fromkeys(_READ))


def _period(tables: Iterable[pd.DataFrame]) -> tuple[str | None, str | None]:
    ends = [
        end
        for frame in tables
        for name in frame.select_dtypes(["datetime", "datetimetz"]).columns
        if name != CAPTURE
        for end in (frame[name].min(), frame[name].max())
        if not pd.isna(end)
    ]
    days = sorted(f"{end:%Y-%m-%d}" for end in ends)
    return (days[0], days[-1]) if days else (None, None)
