"""The kinds of column: for each, the function that reads a cell of it, and what an empty cell of it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from fanecon.loaders import cells, privacy
from fanecon.loaders.cells import Number, Share, Unreadable, is_missing, plain
from fanecon.loaders.times import Clock, Moment, moment, unix

Kind = Literal[
    "text", "id", "count", "balance", "share", "percent", "real", "day", "time", "unix", "flag", "yuan", "fen", "cents",
    "seconds", "timedelta",
    "phone", "mail", "ip", "openid", "name", "nickname", "payout",
]  # fmt: skip
NUMBERS = ("count", "balance", "yuan", "fen", "cents")
TRUE, FALSE = frozenset(["true", "1", "yes", "是", "y", "t"]), frozenset(["false", "0", "no", "否", "n", "f"])

EMPTY: dict[str, object] = {
    **{kind: Number() for kind in NUMBERS},
    "real": Number(),
    "seconds": Number(),
    "timedelta": Number(),
    "share": Share(),
    "percent": Share(),
    "time": Moment(),
    "unix": Moment(),
}


def parser(kind: Kind, clock: Clock, *, personal: bool = False) -> Callable[[object], object]:
    """The function that reads a cell of a kind; the personal kinds give pseudonyms unless `personal`."""
    if kind in privacy.KINDS:
        return privacy.reader(kind, personal=personal)
    return {
        "text": text,
        "id": identity,
        "count": cells.count,
        "balance": cells.balance,
        "real": cells.number,
        "seconds": seconds,
        "timedelta": timedelta,
        "share": cells.share,
        "percent": percent,
        "day": lambda cell: cells.day(cell, clock.epoch),
        "time": lambda cell: moment(cell, clock),
        "unix": unix,
        "flag": flag,
        "yuan": lambda cell: money(cell, 100),
        "cents": lambda cell: money(cell, 100),
        "fen": cells.count,
    }[kind]


def text(cell: object) -> str | None:
    """The text in a cell, or None where there is none."""
    return None if is_missing(cell) else str(cell).strip()


def identity(cell: object) -> str | None:
    """The id in a cell as text.

    Raises
    ------
    Unreadable
        If Excel has destroyed it (``1.22158E+17``) or turned it into a number with a fraction.
    """
    if is_missing(cell):
        return None
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= 2**53:
            raise Unreadable("an id that lost digits in Excel (export ids as text)")
        return str(int(cell))
    found = cells.visible(cell)
    through_float = re.fullmatch(r"([0-9]{5,})\.([0-9]+)", found)
    lost = through_float and (len(through_float[1]) > 15 or through_float[2].strip("0"))
    if lost or cells.SCIENTIFIC.fullmatch(found):
        raise Unreadable("an id that lost digits in Excel (export ids as text)")
    return through_float[1] if through_float else found


def seconds(cell: object) -> Number:
    """A length of time in seconds: ``14.2``, ``21.46秒``, ``0:02:03``.

    Raises
    ------
    Unreadable
        If it is none.
    """
    if isinstance(cell, dt.timedelta):
        return Number(Decimal(str(cell.total_seconds())))
    written = plain(cell).removesuffix("秒").removesuffix("s").strip()
    clock = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,2}):([0-5]\d(?:\.\d+)?)", written)
    if clock:
        return Number(Decimal(clock[1] or 0) * 3600 + Decimal(clock[2]) * 60 + Decimal(clock[3]))
    return cells.number(written)


def timedelta(cell: object) -> Number:
    """A length of time as pandas writes it, in seconds: ``0 days 09:39:32``, ``-1 days +23:59:58``.

    Raises
    ------
    Unreadable
        If it is none.
    """
    if isinstance(cell, str) and plain(cell) in ("nat", ""):
        return Number()
    found = re.fullmatch(r"(-?\d{1,6}) days?(?:,? \+?(\d{1,2}:\d{2}:\d{2}(?:\.\d+)?))?", plain(cell))
    if found is None:
        return seconds(cell)
    return Number(Decimal(found[1]) * 86_400 + (seconds(found[2] or "0").value or 0))


def percent(cell: object) -> Share:
    """A share printed as a number of 0 to 100, with or without %."""
    found = cells.share(cell)
    if found.value is None or (isinstance(cell, str) and "%" in cells.plain(cell)):
        return found
    return Share(found.value / 100, "points" if found.value else "", found.digits + 2)


def flag(cell: object) -> bool | None:
    """Yes or no in a cell.

    Raises
    ------
    Unreadable
        If it is neither.
    """
    if is_missing(cell):
        return None
    found = plain(cell).removesuffix(".0")
    if found not in TRUE | FALSE:
        raise Unreadable("neither yes nor no")
    return found in TRUE


def money(cell: object, minor: int) -> Number:
    """An amount in minor units; a currency sign is left out.

    Raises
    ------
    Unreadable
        If it is no amount, or finer than the minor unit.
    """
    bare = cells.without_currency(cell)
    found = cells.number(bare)
    if found.value is None:
        return found
    value = found.value * minor
    if value != value.to_integral_value():
        raise Unreadable("an amount finer than its smallest coin")
    if abs(value) >= 10**18:
        raise Unreadable("too large for an amount")
    return Number(value, found.is_floor, found.is_rounded)
