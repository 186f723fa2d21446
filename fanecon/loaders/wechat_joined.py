"""Several tables of one kind as one: the same row known from two sources, and numbers that must agree.

New followers come from one call and the total of followers from another; both speak of the same account on the same
day.  Such rows are filled from each other.  Where both say the same thing differently (one counts since publication,
the other per day) nothing is chosen: the files are refused and named.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders.reading import Reading
from fanecon.loaders.refusals import several
from fanecon.schema import FileError, Table

_TOLD = ("source_format", "extra", "lower_bound")


def together(file: str, table: Table, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of one kind as one; rows of the same key are filled from each other.

    Raises
    ------
    FileError
        If two rows of one key hold different values.
    """
    if len(frames) == 1:
        return frames[0]
    whole, key = pd.concat(frames, ignore_index=True), list(table.key)
    again = whole.duplicated(key, keep=False)
    if not again.any():
        return whole
    groups = whole[again].groupby(key, dropna=False, sort=False)
    _agree(file, table, whole[again], [name for name in table.columns if name not in (*key, *_TOLD)])
    filled = groups.first().reset_index()
    for name, join in zip(_TOLD, (_words, _objects, _words), strict=True):
        filled[name] = groups[name].agg(join).tolist()
    one = pd.concat([whole[~again], filled[whole.columns].astype(whole.dtypes)], ignore_index=True)
    return one.sort_values(key, ignore_index=True, kind="stable")


def _agree(file: str, table: Table, rows: pd.DataFrame, columns: Sequence[str]) -> None:
    several = rows.groupby(list(table.key), dropna=False, sort=False)[list(columns)].nunique()
    differ = several.columns[(several > 1).any()].tolist()
    if differ:
        first = several.index[(several > 1).any(axis=1)][0]
        named = ", ".join(str(part) for part in (first if isinstance(first, tuple) else (first,)) if pd.notna(part))
        problem = f"Two files say different things of the same {' and '.join(table.key)} ({named}): {', '.join(differ)}"
        raise FileError(file, problem, "Keep the newer one only, or read files of different kinds one by one.")


def _words(values: pd.Series) -> str | None:
    parts = [part for value in values.dropna() for part in str(value).split(",")]
    return ",".join(dict.fromkeys(parts)) or None


def _objects(values: pd.Series) -> str | None:
    whole: dict[str, object] = {}
    for value in values.dropna():
        whole |= json.loads(value)
    return json.dumps(whole, ensure_ascii=False) if whole else None


def joined_readings(readings: Sequence[Reading], tables: dict[str, Table]) -> Reading:
    """The readings of several files of one format as one; a row that two files hold alike is kept once.

    Raises
    ------
    FileError
        If two files hold different values for the same row.
    """
    first = readings[0]
    if len(readings) == 1:
        return first
    file = several([one.file for one in readings])
    names = list(dict.fromkeys(name for one in readings for name in one.tables))
    found = {}
    for name in names:
        found[name] = together(file, tables[name], [one.tables[name] for one in readings if name in one.tables])
        found[name].attrs = {**first.main.attrs, "table": name, "file": file}
    return replace(
        first,
        file=file,
        tables=found,
        rows_read=sum(one.rows_read for one in readings),
        rows_rejected=sum(one.rows_rejected for one in readings),
        notes=tuple(dict.fromkeys(note for one in readings for note in one.notes)),
        lossy=tuple(dict.fromkeys(note for one in readings for note in one.lossy)),
    )


def accounts_notes(frame: pd.DataFrame) -> list[str]:
    """Where the total of followers does not change by new minus lost, or days are missing."""
    days = frame[frame["source"] == "all"].sort_values("date")
    next_day = days["date"].diff() == pd.Timedelta(days=1)
    jump = (days["followers_total"].diff() != days["followers_net"]).fillna(False).astype(bool) & next_day
    known = int((days["followers_total"].diff().notna() & days["followers_net"].notna() & next_day).sum())
    gaps = int((days["date"].diff() > pd.Timedelta(days=1)).sum())
    wrong = [f"{on:%Y-%m-%d}" for on in days.loc[jump, "date"]]
    more = f" and {len(wrong) - 5} more days" if len(wrong) > 5 else ""
    return [
        *([f"cumulate_user does not change by new minus lost on {', '.join(wrong[:5])}{more}."] if wrong else []),
        *([f"cumulate_user changes by new minus lost on all {known} days that tell."] if known and not wrong else []),
        *([f"Days are missing in {gaps} places between the first and the last."] if gaps else []),
    ]
