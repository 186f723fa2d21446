"""What the cells of a column are to a tally: ids that nothing rounded, whole microseconds, numbers.

An id may be text or a whole number and stays what it is.  pandas turns whole numbers with gaps into real ones: these
are taken back as long as no digit can have been lost.  Empty text is a missing value.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from fanecon.schema import SchemaError
from fanecon.tally.clock import microseconds
from fanecon.tally.engines import Engine

_ACCOUNTS = ("actor_id", "inviter_id", "src", "dst", "ip", "device_id", "payout_account")
_THINGS = ("item_id", "campaign_id", "cascade_id", "node_id", "parent_id")
IDS = frozenset((*_ACCOUNTS, *_THINGS))
WHOLE, REAL = frozenset(("amount_minor", "followers", "depth")), frozenset(("seconds",))
TIME, OURS = "time", "us"
EXACT = 2**53
_ZONED = r":[0-9]{2}.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?|[A-Za-z])$"
_ZONES = frozenset(("UTC", "Etc/UTC", "GMT", "Z", "+00:00", "Etc/GMT", "Zulu", "Etc/Zulu"))


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What a tally takes of a column, which of its values cannot be taken, and what to say of those."""

    value: ir.Value
    broken: ir.BooleanValue | None = None
    fault: str = ""
    plain: ir.Value | None = None

    @property
    def counted(self) -> ir.Value:
        """The column as it stands where nothing had to be read from it, else what was read."""
        return self.value if self.plain is None else self.plain


def cell(table: ir.Table, name: str, engine: Engine) -> Cell:
    """The cells of a column as a tally needs them.

    Raises
    ------
    SchemaError
        If the column is of a type that cannot be what its name says.
    """
    column = table[name]
    if name == TIME:
        return _time(table, column, engine)
    if name in WHOLE | REAL:
        return _number(column, engine, whole=name in WHOLE)
    if name in IDS:
        return _id(column)
    return Cell(value=column.cast("string") if name == "action" else column)


def _id(column: ir.Value) -> Cell:
    kind = column.type()
    if isinstance(column, ir.StringValue):
        return Cell(value=column.nullif(""))
    if isinstance(column, ir.FloatingValue):
        exact = _exact(column)
        return Cell(
            value=exact,
            broken=column.notnull() & ~column.isnan() & exact.isnull(),
            fault="which is a real number; digits of an id may be lost. Read the column as text or whole numbers: "
            "frame.astype({{'{name}': 'Int64'}}) before anything made it real.",
        )
    if isinstance(kind, dt.Decimal) and (kind.scale or 0) == 0 and (kind.precision or 38) <= 18:
        return Cell(value=column.cast("int64"))
    return Cell(value=column if isinstance(column, ir.IntegerValue | ir.BooleanValue) else column.cast("string"))


def _number(column: ir.Value, engine: Engine, *, whole: bool) -> Cell:
    if isinstance(column, ir.IntegerValue):
        return Cell(value=column)
    if isinstance(column, ir.StringValue):
        column = column.nullif("")
        real = _tried(column, "float64", engine)
    else:
        real = column.cast("float64")
    value = _exact(real) if whole else ibis.ifelse(real.isnan(), None, real)
    fault = f"which is no {'whole ' if whole else ''}number. Leave the cell empty where there is none."
    return Cell(value=value, broken=column.notnull() & value.isnull(), fault=fault)


def _exact(real: ir.FloatingValue) -> ir.IntegerValue:
    """Whole numbers that a real one holds to the last digit; nothing for others, and for what is no number."""
    held = ibis.ifelse(real.abs() < EXACT, real, None)
    return ibis.ifelse(held == held.floor(), held, None).cast("int64")


def _tried(column: ir.Value, kind: str, engine: Engine) -> ir.Value:
    """The value, or nothing where it cannot be read; PostgreSQL cannot try and refuses by itself, naming the value."""
    return column.cast(kind) if engine.name == "postgres" else column.try_cast(kind)


def _time(table: ir.Table, time: ir.Value, engine: Engine) -> Cell:
    if engine.name == "pyspark":
        _settled(table, engine)
    if isinstance(time, ir.StringValue):
        value = _read(time, engine)
        fault = f"which is no time. {_SECONDS}Or type times such as 2017-05-01T12:00:00Z."
        return Cell(value=value, broken=time.nullif("").notnull() & value.isnull(), fault=fault)
    if isinstance(time, ir.DateValue) and not isinstance(time, ir.TimestampValue):
        time = time.cast("timestamp")
    if not isinstance(time, ir.TimestampValue):
        raise SchemaError(f"Column 'time' is of type {time.type()}; times are needed. {_SECONDS}".rstrip())
    return Cell(value=microseconds(time, engine.name), plain=time)


_SECONDS = (
    "For seconds since 1970 type log = fe.tally.open_log(log), then "
    "log.mutate(time=log.time.cast('int64').as_timestamp('s')). "
)


def _read(text: ir.StringValue, engine: Engine) -> ir.IntegerValue:
    """Text without a zone is in UTC, whatever the session of the engine makes of it."""
    text = text.nullif("")
    zoned = microseconds(_tried(text, "timestamp('UTC')", engine), engine.name)
    if engine.spill or engine.name == "pyspark":
        return zoned
    plain = microseconds(_tried(text, "timestamp", engine), engine.name)
    return ibis.ifelse(text.re_search(_ZONED), zoned, plain)


def _settled(table: ir.Table, engine: Engine) -> None:
    """Spark reads dates, text and TIMESTAMP_NTZ in the zone of its session; only TIMESTAMP is free of it."""
    session = engine.backend._session
    kind = session.sql(engine.backend.compile(table.select(TIME))).schema[TIME].dataType.typeName()
    zone = session.conf.get("spark.sql.session.timeZone")
    if kind != "timestamp" and zone not in _ZONES:
        raise SchemaError(
            f"Column 'time' is of Spark's type {kind}, which means another moment in every time zone, and the session "
            f"is in {zone}. Type spark.conf.set('spark.sql.session.timeZone', 'UTC')."
        )
