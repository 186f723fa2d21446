"""From what stands in a cell to a moment: which instant, how exactly it is known, and whether the zone was assumed.

A time without a zone is not a time.  Exports print the clock of the platform, of the crawler or of the browser, and
rarely say which; so a zone is declared by the format (or by the caller) and the result says that it was assumed.
Words such as 昨天 or 5分钟前 mean nothing without the moment of capture, and a date without a year nothing without
its neighbours: both are refused unless the caller says when the page was taken.  Asia/Shanghai had summer time from
1986 to 1991, so a clock time can be missing or come twice; a missing one is refused, of two the first is taken.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fanecon.loaders.cells import Unreadable, is_missing, is_serial, plain, serial
from fanecon.schema import ParameterError

Precision = Literal["s", "min", "h", "day"]
Order = Literal["ymd", "mdy", "dmy"]

MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6}
MONTHS |= {"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
NO_TIME = frozenset(["0000-00-00 00:00:00", "0000-00-00", "1970-01-01 00:00:00", "_-"])

_CLOCK = (
    r"(?:[ t]+|时?)(?P<h>[0-9]{1,2})(?::|时|点)(?P<m>[0-9]{2})分?"
    r"(?::?(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?秒?)?(?: ?(?P<pm>am|pm))?"
)
_ZONE = r"(?: ?(?P<z>z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}))?"
_TAIL = f"(?:{_CLOCK})?{_ZONE}"
_YMD = re.compile(r"(?P<y>[0-9]{4})(?P<sep>[-/.年])(?P<mo>[0-9]{1,2})[-/.月](?P<d>[0-9]{1,2})日?" + _TAIL)
_COMPACT = re.compile(r"(?P<y>[0-9]{4})(?P<mo>[0-9]{2})(?P<d>[0-9]{2})" + _TAIL)
_SLASHED = re.compile(r"(?P<a>[0-9]{1,2})/(?P<b>[0-9]{1,2})/(?P<y>[0-9]{2}|[0-9]{4})" + _TAIL)
_NAMED = re.compile(r"(?:[a-z]{3,9}, ?)?(?P<mon>[a-z]{3})[a-z]*\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})" + _TAIL)
_TWITTER = re.compile(
    r"[a-z]{3} (?P<mon>[a-z]{3}) (?P<d>[0-9]{1,2}) (?P<h>[0-9]{2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})"
    r" (?P<z>[+-][0-9]{4}) (?P<y>[0-9]{4})"
)
_AGO = re.compile(r"(?P<n>[0-9]+) ?(?P<unit>秒|分钟|小时|天)前")
_NEAR = re.compile(r"(?P<word>今天|昨天|前天) ?(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?")
_YEARLESS = re.compile(r"(?P<mo>[0-9]{1,2})[-月](?P<d>[0-9]{1,2})日?(?:" + _CLOCK + ")?")
_STEP = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_FINE: dict[str, Precision] = {"秒": "s", "分钟": "min", "小时": "h", "天": "day"}
_BACK = {"今天": 0, "昨天": 1, "前天": 2}


class Moment(NamedTuple):
    """An instant in UTC, how exactly it is printed, and whether its zone was given or assumed."""

    value: dt.datetime | None = None
    precision: Precision = "s"
    zone_given: bool = False


class Clock(NamedTuple):
    """What a cell does not say: the zone of bare times, the moment of capture, the order of day and month.

    `epoch` is the year from which a workbook counts days (1900 or 1904).
    """

    tz: str | None = None
    now: dt.datetime | None = None
    order: Order = "ymd"
    epoch: int | None = None


def zone(name: str) -> ZoneInfo:
    """The time zone of a name.

    Raises
    ------
    ParameterError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ParameterError(
            f"tz={name!r} is no known time zone. Write 'Asia/Shanghai', 'UTC' or another one."
        ) from error


def moment(cell: object, clock: Clock) -> Moment:
    """The instant in a cell.

    Parameters
    ----------
    cell
        A date cell, or text in one of the styles of the platforms: ISO 8601, ``2026/8/15 13:12``,
        ``2026年08月10日20时15分00秒``, ``Tue May 31 17:46:55 +0800 2011``, ``Jun 09, 2018 09:30 pm``, ``4/30/21 6:04``
        (only with an order), ``3小时前`` and ``06-14`` (only with the moment of capture).
    clock
        Zone, moment of capture and order, where the cell does not say.

    Raises
    ------
    Unreadable
        If there is no such time, or if it could mean several.
    """
    if is_missing(cell) or plain(cell) in NO_TIME:
        return Moment()
    if isinstance(cell, dt.datetime):
        return _at(cell.replace(tzinfo=None), None if cell.tzinfo is None else cell.utcoffset(), "s", clock)
    if isinstance(cell, dt.date):
        return _at(dt.datetime(cell.year, cell.month, cell.day), None, "day", clock)
    if clock.epoch and is_serial(cell):
        counted = serial(float(str(cell)), clock.epoch)
        return _at(counted, None, "s" if counted.time() != dt.time() else "day", clock)
    if isinstance(cell, (bool, int, float, dt.time, dt.timedelta)):
        raise Unreadable("not a time")
    text = plain(cell)
    return _written(text, clock) or _relative(text, clock)


def unix(cell: object) -> Moment:
    """The instant in a cell that holds seconds, milliseconds or microseconds since 1970 (told apart by size).

    Raises
    ------
    Unreadable
        If it is no number, or lies outside 1990 to 2100 in every unit.
    """
    if is_missing(cell) or plain(cell) == "0":
        return Moment()
    text = plain(cell)
    if isinstance(cell, bool) or not re.fullmatch(r"[0-9]{9,16}(\.[0-9]+)?", text):
        raise Unreadable("not a unix time")
    number = float(text)
    for scale in (1, 1000, 1_000_000):
        if 631_152_000 <= number / scale < 4_102_444_800:
            whole = dt.datetime.fromtimestamp(int(number // scale), dt.UTC)
            return Moment(whole + dt.timedelta(seconds=math.fmod(number, scale) / scale), "s", True)
    raise Unreadable("a unix time outside 1990 to 2100")


def _written(text: str, clock: Clock) -> Moment | None:
    for pattern in (_TWITTER, _YMD, _NAMED, _COMPACT):
        found = pattern.fullmatch(text)
        if found:
            part = found.groupdict()
            month = MONTHS.get(part["mon"], 0) if part.get("mon") else int(part["mo"])
            return _made(int(part["y"]), month, int(part["d"]), part, clock)
    found = _SLASHED.fullmatch(text)
    return _slashed(found.groupdict(), clock) if found else None


def _slashed(part: dict[str, str | None], clock: Clock) -> Moment:
    first, second, year = int(part["a"] or 0), int(part["b"] or 0), int(part["y"] or 0)
    if clock.order == "ymd" and first <= 12 and second <= 12 and first != second:
        raise Unreadable("day and month could be exchanged")
    month_first = clock.order == "mdy" or (clock.order == "ymd" and second > 12)
    month, day = (first, second) if month_first else (second, first)
    return _made(year + 2000 if year < 100 else year, month, day, part, clock)


def _made(year: int, month: int, day: int, part: dict[str, str | None], clock: Clock) -> Moment:
    if part.get("h") is None:
        precision: Precision = "day"
    else:
        precision = "s" if part.get("s") else "min"
    hour = int(part.get("h") or 0)
    if part.get("pm"):
        hour = hour % 12 + (12 if part["pm"] == "pm" else 0)
    micro = int((part.get("f") or "0").ljust(6, "0")[:6])
    try:
        naive = dt.datetime(year, month, day, hour, int(part.get("m") or 0), int(part.get("s") or 0), micro)
    except ValueError as error:
        raise Unreadable("no such time") from error
    return _at(naive, _offset(part.get("z")), precision, clock)


def _offset(text: str | None) -> dt.timedelta | None:
    if not text:
        return None
    if text in ("z", "utc", "gmt"):
        return dt.timedelta(0)
    sign, digits = (-1 if text[0] == "-" else 1), text[1:].replace(":", "")
    if int(digits[:2]) > 14 or int(digits[2:]) > 59:
        raise Unreadable("no such time zone")
    return sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))


def _at(naive: dt.datetime, offset: dt.timedelta | None, precision: Precision, clock: Clock) -> Moment:
    if not 1980 <= naive.year <= 2100:
        raise Unreadable("a time outside 1980 to 2100")
    if offset is not None:
        return Moment((naive - offset).replace(tzinfo=dt.UTC), precision, True)
    if clock.tz is None:
        raise Unreadable("a time without a zone (say which with tz=…)")
    local = naive.replace(tzinfo=zone(clock.tz))
    if local.astimezone(dt.UTC).astimezone(local.tzinfo).replace(tzinfo=None) != naive:
        raise Unreadable(f"a clock time that {clock.tz} skipped")
    return Moment(local.astimezone(dt.UTC), precision, False)


def _relative(text: str, clock: Clock) -> Moment:
    known = text in ("刚刚", "刚才") or any(p.fullmatch(text) for p in (_AGO, _NEAR, _YEARLESS))
    if not known:
        raise Unreadable("not a time")
    if clock.now is None:
        raise Unreadable("a time that needs the moment of capture (pass captured_at=…)")
    now = clock.now.astimezone(zone(clock.tz or "UTC"))
    ago, near = _AGO.fullmatch(text), _NEAR.fullmatch(text)
    if ago:
        back = dt.timedelta(**{_STEP[ago["unit"]]: int(ago["n"])})
        return Moment((now - back).astimezone(dt.UTC), _FINE[ago["unit"]], True)
    if near:
        day = (now - dt.timedelta(days=_BACK[near["word"]])).date()
        return _made(day.year, day.month, day.day, near.groupdict(), clock)
    yearless = _YEARLESS.fullmatch(text)
    if yearless:
        return _this_year(yearless.groupdict(), now, clock)
    return Moment(now.astimezone(dt.UTC), "min", True)


def _this_year(part: dict[str, str | None], now: dt.datetime, clock: Clock) -> Moment:
    """The latest such day that is not after the capture."""
    for year in range(now.year, now.year - 9, -1):
        try:
            found = _made(year, int(part["mo"] or 0), int(part["d"] or 0), part, clock)
        except Unreadable:
            continue
        if found.value is not None and found.value <= now + dt.timedelta(minutes=1):
            return found
    raise Unreadable("no such day before the moment of capture")
