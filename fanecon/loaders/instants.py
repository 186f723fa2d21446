"""From a column of moments to the columns of a table: the instant in UTC, how exactly it is known, the local day."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from fanecon.loaders.times import Moment, zone
from fanecon.loaders.vectors import PRECISIONS, Moments

# Any: formats declare their columns as dict[str, list[object]], and a bulk column stands in for such a list.
Columns = MutableMapping[str, Any]
ZONES = ("assumed", "given")


def moments(columns: Columns, name: str, *, into: str, precision: str | None = None, source: str | None = None) -> None:
    """Turn a column of moments into instants (UTC), their precision and zone source into columns of their own."""
    read: Sequence[object] | None = columns.pop(name, None)
    if read is None:
        return
    value, fine, told = _in_bulk(read) if isinstance(read, Moments) else _one_by_one(read)
    columns[into] = value
    if precision:
        columns[precision] = fine
    if source:
        columns[source] = told


def _in_bulk(read: Moments) -> tuple[Sequence[object], Sequence[object], Sequence[object]]:
    return read.plain(), read.words(read.precision, PRECISIONS), read.words(read.given.astype("int8"), ZONES)


def _one_by_one(read: Sequence[object]) -> tuple[Sequence[object], Sequence[object], Sequence[object]]:
    found = [one if isinstance(one, Moment) and one.value else None for one in read]
    zones = [ZONES[one.zone_given] if one else None for one in found]
    return [one.value if one else None for one in found], [one.precision if one else None for one in found], zones


def days(columns: Columns, name: str, *, into: str, tz: str) -> None:
    """The local day of a column of moments, in the zone of the platform."""
    read = columns.get(name, [])
    if isinstance(read, Moments):
        columns[into] = read.days(tz)
    else:
        columns[into] = [
            one.value.astimezone(zone(tz)).date() if isinstance(one, Moment) and one.value else None for one in read
        ]
