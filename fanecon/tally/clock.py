"""Time inside an engine: whole microseconds since 1970 in UTC, so that every engine subtracts alike.

Engines agree on integers and on little else: the difference of two timestamps is an interval here, a number there, and
what a time without a zone means depends on the session.  A local day is whole microseconds plus the offset of the zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError, SchemaError
from fanecon.zones import zone_of

SECOND = 1_000_000
DAY = 86_400 * SECOND
LONG_AGO, FAR = -70 * 366 * DAY, 131 * 366 * DAY
_EPOCH = "1970-01-01T00:00:00+00:00"
_TIME = ibis.dtype("timestamp('UTC')")


@ibis.udf.scalar.builtin(name="epoch_us", signature=((_TIME,), "int64"))
def _duckdb(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="epoch_ns", signature=((_TIME,), "int64"))
def _fine(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="unix_micros", signature=((_TIME,), "int64"))
def _spark(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="date_part", signature=(("string", _TIME), "float64"))
def _postgres(part, time): ...  # type: ignore[no-untyped-def]


def microseconds(time: ir.TimestampValue, engine: str) -> ir.IntegerValue:
    """Microseconds since 1970 in UTC; a time without a zone is taken as UTC."""
    if engine == "duckdb":  # which rounds nanoseconds, and others cut them off
        return (_fine(time) // 1000).cast("int64") if time.type().scale == 9 else _duckdb(time)
    if engine == "pyspark":
        return _spark(time)
    if engine == "postgres":  # doubles hold today's seconds to a quarter of a microsecond
        return (_postgres("epoch", time) * SECOND).round().cast("int64")
    return time.delta(ibis.timestamp(_EPOCH), unit="microsecond")


def local_periods(
    us: ir.IntegerValue, zone: str, span: tuple[int, int], *, days: int = 1, first: int = 0
) -> ir.IntegerValue:
    """The number of the local period of so many days, counted from the first one after 1970-01-01, of each time."""
    return ((us + _offset(us, zone, span) - first * DAY) // (days * DAY)).cast("int64")


def moment(value: str | datetime, what: str) -> int:
    """A time as microseconds since 1970; without a zone it is in UTC.

    Raises
    ------
    ParameterError
        If it is not a time.
    """
    try:
        time = pd.Timestamp(value)
        time = time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")
        if not pd.isna(time):
            return int(time.as_unit("us").asm8.astype("int64"))
    except (ValueError, TypeError, OverflowError):
        pass
    raise ParameterError(f"{what}={value!r} is not a time. Type one such as '2017-05-01T12:00+08:00'.")


def _offset(us: ir.IntegerValue, zone: str, span: tuple[int, int]) -> ir.IntegerValue | int:
    steps = offsets(zone, span)
    if len(steps) == 1:
        return steps[0][1]
    cases = [(us < until, before) for (_, before), (until, _) in pairwise(steps)]
    return ibis.cases(*cases, else_=steps[-1][1])


def offsets(zone: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """The offsets of a zone from UTC over a span of time: from when (microseconds), how much (microseconds)."""
    local = zone_of(zone, "Type a name of the IANA list, for example zone='Asia/Shanghai'.")
    if not LONG_AGO <= span[0] <= span[1] <= FAR:
        raise SchemaError(
            "Times of the log lie before 1900 or after 2100, which local days cannot be told for. Leave them out: "
            "log.filter(log.time.year().between(1900, 2100)), with log = fe.tally.open_log(log)."
        )
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
