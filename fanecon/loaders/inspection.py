"""What a file is, in one document: format, tables, totals, problems, and what is lost; for people and for programs.

Totals are where a misread file shows first, so they are made with the same care as everywhere: running counts are
not added over days but taken at their last day, channels are not added to their sum, and a total that rests on a
floor or counts people more than once says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pandas as pd

from fanecon.loaders.door import LIMIT_MB, read
from fanecon.loaders.reading import Ask, Reading
from fanecon.loaders.wording import many
from fanecon.schema import FileError, counting, floored, latest

STOCKS = ("followers_total",)
MONEY, FIRST = ("amount_minor", "revenue_minor"), ("payout", "claim", "win", "join")
NOT_ADDED = frozenset({"actor_followers", "followers"})  # of people, not of rows: a person has them in every row


def inspect(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    ask: Ask | None = None,
    limit_mb: int = LIMIT_MB,
) -> dict[str, Any]:
    """What was recognised in a file, its tables with totals, every problem, and what is lossy, as plain values.

    A file that cannot be read gives the same document with `format` None and the refusal among the problems.

    Parameters
    ----------
    path
        A file, a folder of files that belong together, or a zip of one.
    encoding, ask, limit_mb
        As in :func:`fanecon.read`.
    """
    try:
        reading = read(path, encoding=encoding, problems="collect", ask=ask, limit_mb=limit_mb)
    except FileError as error:
        return {
            "file": error.file,
            "format": None,
            "what": None,
            "why": None,
            "refused": str(error),
            "tables": {},
            "rows_read": 0,
            "rows_rejected": 0,
            "problems": _records(error.problems),
            "notes": [],
            "lossy": [],
        }
    return _document(reading)


def _document(reading: Reading) -> dict[str, Any]:
    return {
        "file": reading.file,
        "format": reading.format,
        "what": reading.what,
        "why": reading.why,
        "refused": None,
        "tables": {name: _table(name, frame) for name, frame in reading.tables.items()},
        "rows_read": reading.rows_read,
        "rows_rejected": reading.rows_rejected,
        "problems": _records(reading.problems),
        "notes": list(reading.notes),
        "lossy": list(reading.lossy),
    }


def _records(problems: pd.DataFrame) -> list[dict[str, Any]]:
    rows = problems.astype(object).where(problems.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _table(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    return {"rows": len(frame), "totals": totals(name, frame)}


def totals(name: str, frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The total of every count column that holds anything, and how it was made."""
    rows, how = _addable(name, frame)
    made: dict[str, dict[str, Any]] = {}
    for column in frame.columns:
        kind = counting(str(column)) if column not in NOT_ADDED else None
        if (kind is None and column not in MONEY) or not frame[column].notna().any():
            continue
        money = column in MONEY
        made[str(column)] = _amounts(str(column), rows) if money else _total(str(column), rows, how, kind == "people")
    return made


def _amounts(column: str, rows: pd.DataFrame) -> dict[str, Any]:
    """The total of amounts: of one act and one currency, for what was paid is not added to what was claimed of it."""
    held = rows[rows[column].notna()]
    made: dict[str, Any] = {"how": "sum over rows", "counts": "minor units of currency"}
    for name in ("currency", "action"):
        kinds = held[name].astype("string").fillna("unknown") if name in held else pd.Series(dtype="string")
        if len(set(kinds)) > 1:
            order = [one for one in FIRST if one in set(kinds)] + list(kinds.value_counts().index)
            made[f"by_{name}"] = {one: int(held.loc[kinds == one, column].sum()) for one in dict.fromkeys(order)}
            made["how"] += f" of {name} {order[0]}"
            held = held[kinds == order[0]]
    return {"total": int(held[column].sum()), **made}


def _addable(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows that may be added up, and how they were chosen."""
    rows, how = frame, "sum over rows"
    if "channel" in rows and (rows["channel"] == "all").any():
        rows, how = rows[rows["channel"] == "all"], "sum over rows of channel all"
    if "source" in rows and (rows["source"] == "all").any():
        rows, how = rows[rows["source"] == "all"], "sum over rows of source all"
    if name == "item_daily" and rows["cumulative"].any():
        return latest(rows), f"sum over the last day of each item ({how.removeprefix('sum over ')})"
    return rows, how


def _total(column: str, rows: pd.DataFrame, how: str, people: bool) -> dict[str, Any]:
    values = rows[column].dropna()
    if column in STOCKS:
        day = rows.loc[values.index].sort_values("date")
        return {"total": int(day[column].iloc[-1]), "how": "the last day", "counts": "people"} if len(day) else {}
    made: dict[str, Any] = {"total": int(values.sum()), "how": how, "counts": "people" if people else "times"}
    if people and len(values) > 1:
        made["doubt"] = "people are counted once per row: who is in two rows counts twice"
    if floored(rows, column).any():
        made["at_least"] = True
    return made


def told(document: Mapping[str, Any]) -> str:
    """The document of :func:`inspect` as text for a terminal."""
    if document["refused"]:
        return f"Refused. {document['refused']}"
    lines = [f"{document['file']}: {document['what']} ({document['format']})", f"Recognised by {document['why']}."]
    for name, table in document["tables"].items():
        lines.append(f"Table {name}: {many(table['rows'], 'row', 'rows')}")
        lines += [f"  {column}: {_number(one)}" for column, one in table["totals"].items()]
    lines.append(f"Records read: {document['rows_read']:,}; left out: {document['rows_rejected']:,}.")
    lines += [f"Problem: {_place(row)}" for row in document["problems"][:50]]
    if len(document["problems"]) > 50:
        lines.append(f"… and {many(len(document['problems']) - 50, 'more problem', 'more problems')}.")
    lines += [f"Note: {note}" for note in document["notes"]]
    lines += [f"Lost or ambiguous: {note}" for note in document["lossy"]]
    return "\n".join(lines)


def _number(one: Mapping[str, Any]) -> str:
    parts = [f"{kind} {value:,}" for name in ("by_currency", "by_action") for kind, value in one.get(name, {}).items()]
    least = "at least " if one.get("at_least") else ""
    doubt = f"; {one['doubt']}" if one.get("doubt") else ""
    return (
        f"{least}{one['total']:,} ({one['counts']}, {one['how']}{doubt}{'; ' if parts else ''}{', '.join(parts)})"
        if one
        else "–"
    )


def _place(row: Mapping[str, Any]) -> str:
    at = [f"{name} {row[name]!r}" for name in ("file", "sheet", "row", "column", "value") if row.get(name) is not None]
    return f"{', '.join(at)}: {row['reason']}. {row['fix']}"
