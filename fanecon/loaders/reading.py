"""What reading a file gives: the tables in it, what it was taken for and why, and everything that is lost or doubtful.

A format is a value, not a class to inherit from: a name, a test of the content that answers with the reason, and a
function that reads.  :mod:`fanecon.loaders.door` asks the formats one after the other.
"""

from __future__ import annotations

import datetime as dt
import html
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from fanecon import readings
from fanecon.loaders.files import Opened
from fanecon.loaders.times import Clock
from fanecon.loaders.wording import many
from fanecon.schema import SchemaError, closest

PROBLEMS = ("file", "sheet", "row", "column", "value", "reason", "problem", "fix")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What the caller says that a file does not.

    Parameters
    ----------
    account_id
        Name of the account, where the file has none.
    captured_at
        When the page or answer was taken; relative times need it.
    tz
        Zone of times without one, instead of the format's own.
    personal
        Keep phone numbers, mails, addresses and open ids as they are instead of keyed pseudonyms.
    """

    account_id: str | None = None
    captured_at: dt.datetime | None = None
    tz: str | None = None
    personal: bool = False

    def clock(self, tz: str | None, order: str = "ymd") -> Clock:
        """The clock of a format whose bare times are in `tz`, unless the caller says otherwise."""
        return Clock(self.tz or tz, self.captured_at, order)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """The tables of one file (or of one folder of files that belong together).

    Parameters
    ----------
    format, what, why
        The format's short name, what it is in plain words, and what in the content gave it away.
    tables
        Name of the table in :mod:`fanecon.schema` → frame; the first is the main one.
    rows_read, rows_rejected
        Records seen, and those left out (totals, repeated headers, and broken ones where problems are collected).
    problems
        One row per broken cell: file, sheet, row, column, value, reason, problem (of the whole file), fix.
    notes, lossy
        Doubts of the numbers; what the tables cannot hold or the format does not tell.
    """

    file: str
    format: str
    what: str
    why: str
    tables: Mapping[str, pd.DataFrame]
    rows_read: int
    rows_rejected: int = 0
    notes: tuple[str, ...] = ()
    lossy: tuple[str, ...] = ()
    problems: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PROBLEMS)))

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self.tables:
            names = ", ".join(f"'{name}'" for name in self.tables)
            raise SchemaError(f"{self.file} holds no table '{table}'. {closest(table, self.tables)}It has {names}.")
        return self.tables[table]

    @property
    def main(self) -> pd.DataFrame:
        """The first table, the one that the format is read for."""
        return next(iter(self.tables.values()))

    def explain(self) -> str:
        """What it was recognised as and why, the tables, the rows, the problems and the doubts, line by line."""
        tables = ", ".join(f"{name} ({many(len(frame), 'row', 'rows')})" for name, frame in self.tables.items())
        lines = [
            f"{self.file}: {self.what} ({self.format}), recognised by {self.why}.",
            f"Tables: {tables}. Records read: {self.rows_read:,}; left out: {self.rows_rejected:,}.",
            *(f"Problem: {_told(row)}" for row in self.problems.head(50).to_dict("records")),
            *(f"Note: {note}" for note in self.notes),
            *(f"Lost or ambiguous: {note}" for note in self.lossy),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.explain()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.explain())}</pre>{self.main.head().to_html(border=0)}"


def noted(reading: Reading, notes: tuple[str, ...]) -> Reading:
    """The same reading with more notes, in its tables too."""
    for frame in reading.tables.values() if notes else ():
        frame.attrs["notes"] = (*frame.attrs.get("notes", ()), *notes)
    return replace(reading, notes=(*reading.notes, *notes)) if notes else reading


def _told(row: Mapping[str, object]) -> str:
    at = [f"{name} {row[name]!r}" for name in ("sheet", "row", "column", "value") if pd.notna(row[name])]
    return f"{', '.join(at)}: {row['reason']}. {row['fix']}"


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: how it is recognised and how it is read.

    Parameters
    ----------
    name, what
        Short name, and what it is in plain words.
    recognise
        The reason why opened files (one, or the members of a folder) are of this format, or "" if they are not.
    read
        Files that belong together (one, or the members of a folder) and what the caller says → tables.
    words
        Column names by which an encoding may be confirmed.
    """

    name: str
    what: str
    recognise: Callable[[tuple[Opened, ...]], str]
    read: Callable[[tuple[Opened, ...], Ask], Reading]
    words: tuple[str, ...] = ()


def told(path: str | os.PathLike[str], reading: Reading) -> Reading:
    """The reading, noted among what this process has read (see :mod:`fanecon.readings`)."""
    readings.note(
        os.fspath(path),
        reading.format,
        reading.rows_read,
        rejected=reading.rows_rejected,
        tables=reading.tables.values(),
    )
    return reading
