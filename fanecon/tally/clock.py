"""Time inside an engine: whole microseconds since 1970 in UTC, so that every engine subtracts alike.

Engines agree on integers and on little else: the difference of two timestamps is an interval here, a number there, and
what a time without a zone means depends on the session.  A local day is whole microseconds plus the offset of the zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ibis
from ibis.expr import types as ir

from fanecon.schema import ParameterError

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = "1970-01-01T00:00:00+00:00"
_TIME = ibis.dtype("timestamp('UTC')")


@ibis.udf.scalar.builtin(name="epoch_us", signature=((_TIME,), "int64"))
def _duckdb(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="unix_micros", signature=((_TIME,), "int64"))
def _spark(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="date_part", signature=(("string", _TIME), "float64"))
def _postgres(part, time): ...  # type: ignore[no-untyped-def]


def microseconds(time: ir.TimestampValue, engine: str) -> ir.IntegerValue:
    """Microseconds since 1970 in UTC; a time without a zone is taken as UTC."""
    if engine == "duckdb":
        return _duckdb(time)
    if engine == "pyspark":
        return _spark(time)
    if engine == "postgres":  # doubles hold today's seconds to a quarter of a microsecond
        return (_postgres("epoch", time) * SECOND).round().cast("int64")
    return time.delta(ibis.timestamp(_EPOCH), unit="microsecond")


def local_periods(us: ir.IntegerValue, zone: str, span: tuple[int, int], length: int = DAY) -> ir.IntegerValue:
    """The number of the local period (day, week …, from 1970-01-01 on) in which each time lies."""
    return ((us + _offset(us, zone, span)) // length).cast("int64")


def _offset(us: ir.IntegerValue, zone: str, span: tuple[int, int]) -> ir.IntegerValue | int:
    steps = offsets(zone, span)
    if len(steps) == 1:
        return steps[0][1]
    cases = [(us < until, before) for (_, before), (until, _) in pairwise(steps)]
    return ibis.cases(*cases, else_=steps[-1][1])


def offsets(zone: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """The offsets of a zone from UTC over a span of time: from when (microseconds), how much (microseconds)."""
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ParameterError(
            f"There is no time zone {zone!r}. Type a name of the IANA list, for example zone='Asia/Shanghai'."
        ) from None
    found = [(span[0], _at(local, span[0]))]
    hour = span[0]
    while hour < span[1]:
        step = min(hour + DAY, span[1])
        if _at(local, step) != found[-1][1]:
            found.append(_change(local, hour, step))
        hour = step
    return found


def _change(local: ZoneInfo, low: int, high: int) -> tuple[int, int]:
    """The first second at which the offset is that of the end of a day."""
    low, high = low // SECOND, -(-high // SECOND)
    after = _at(local, high * SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _at(local, middle * SECOND) == after else (middle, high)
    return high * SECOND, after


def _at(local: ZoneInfo, us: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    return (moment.astimezone(local).utcoffset() or timedelta()) // timedelta(microseconds=1)
