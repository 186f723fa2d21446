"""From what stands in a cell to what it means: counts, shares and days.

Why so much care for a single cell.  A platform prints ``10万+`` and means *at least* 100 000; it prints ``3056.1万``
and means anything within five hundred of it; it prints ``-`` and means that nobody knows.  The usual conversion turns
the first into an exact number, the second too, and the third into zero.  Each of these errors is invisible in the
average and all of them point the same way.  So every number here comes with two doubts (a floor? rounded?), missing
stays missing, and whatever could be read in two ways is refused with a reason, never guessed.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal
from typing import Literal, NamedTuple

Scale = Literal["percent", "fraction", "points", ""]

PLACEHOLDERS = frozenset(
    ["", "-", "--", "---", "_-", "—", "——", "–", "−", "/", "n/a", "#n/a", "na", "nan", "null", "none", "无", "暂无"]
)
UNITS = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "萬": 10_000, "w": 10_000, "亿": 10**8, "億": 10**8, "": 1}

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_NUMBER = re.compile(
    r"(?P<sign>[-+−]?) ?(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?P<part>\.[0-9]+)?"
    r" ?(?P<unit>[百千万萬亿億kw]?)(?P<floor>\+?)"
)
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{2,}")
_SMALL = re.compile("[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u218b\u2460-\u24ff\u2776-\u2793]")
_CURRENCY = re.compile(r"^(?:[a-z]{0,3}[$€£¥￥]|cny|rmb|usd|eur)\s*|\s*(?:元|yuan|cny|rmb|usd|eur)$")
_IN_BRACKETS = re.compile(r"\((?P<inside>[^()+-]+)\)")
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?")
_CLOCK = r"(?:[t ] ?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_WRITTEN_DAY = re.compile(r"([0-9]{4})([-/.年])([0-9]{1,2})([-/.月])([0-9]{1,2})日?" + _CLOCK)
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_LARGEST = Decimal(10) ** 300  # beyond it a column of real numbers would say infinite


class Unreadable(ValueError):  # noqa: N818 - it is caught and listed, never the error that a reader of reports sees
    """A cell that does not hold what its column promises; the text is the reason."""


class Number(NamedTuple):
    """A number as printed: its value, whether it is only a floor, whether it was rounded to a unit."""

    value: Decimal | None = None
    is_floor: bool = False
    is_rounded: bool = False


class Share(NamedTuple):
    """A share as a fraction, the scale it was printed in, and the digits after the point (of the fraction)."""

    value: Decimal | None = None
    scale: Scale = ""
    digits: int = 0


def plain(cell: object) -> str:
    """The text of a cell in one spelling: half width, without invisible characters and outer blanks, lower case."""
    if cell is None:
        return ""
    text = str(cell)
    if not text.isascii():  # most cells are, and have nothing to normalise
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(text.split()).casefold()


def visible(cell: object) -> str:
    """The text of a cell as it stands, without invisible characters and outer blanks."""
    return _INVISIBLE.sub("", str(cell)).strip()


def heading(cell: object) -> str:
    """A column name in one spelling: as :func:`plain`, without any blanks, 累积 written 累计."""
    return plain(cell).replace(" ", "").replace("累积", "累计")


def is_missing(cell: object) -> bool:
    """Whether a cell says that nothing is known: empty, or one of the placeholders."""
    if isinstance(cell, (int, float)):
        return isinstance(cell, float) and math.isnan(cell)
    return plain(cell) in PLACEHOLDERS


def number(cell: object) -> Number:
    """The number in a cell, with the two doubts that its spelling carries.

    Parameters
    ----------
    cell
        A number, or text such as ``1,275``, ``１２３``, ``1.2万`` (rounded), ``10万+`` (a floor), ``(12)`` (negative).

    Raises
    ------
    Unreadable
        If the cell holds something else, or can be read in two ways (``1,23``).
    """
    if is_missing(cell):
        return Number()
    if isinstance(cell, (bool, dt.date, dt.time, dt.timedelta)):
        raise Unreadable("not a number")
    if isinstance(cell, float) and not math.isfinite(cell):
        raise Unreadable("not a number")
    if isinstance(cell, (int, float, Decimal)):
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        if abs(value) > _LARGEST:
            raise Unreadable("too large for a number")
        return Number(value)
    _no_footnote(cell)
    return _written(plain(cell))


def _no_footnote(cell: object) -> None:
    """Refuse small and circled digits: in one spelling, 94² would be 942."""
    if _SMALL.search(str(cell)):
        raise Unreadable("not a number (a small or circled digit stands in it)")


def _written(text: str) -> Number:
    bracketed = _IN_BRACKETS.fullmatch(text)
    found = _NUMBER.fullmatch(bracketed["inside"] if bracketed else text)
    if found is None:
        raise Unreadable("not a number")
    digits = found["whole"].replace(",", "").replace(" ", "") + (found["part"] or "")
    value = Decimal(digits) * UNITS[found["unit"]]
    if value > _LARGEST:
        raise Unreadable("too large for a number")
    negative = bool(bracketed) or found["sign"] in ("-", "−")
    floor = bool(found["floor"])
    return Number(-value if negative else value, floor, bool(found["unit"]) and not floor)


def without_currency(cell: object) -> object:
    """A cell without the sign or name of a currency around its amount."""
    return _CURRENCY.sub("", plain(cell)) if isinstance(cell, str) else cell


def count(cell: object) -> Number:
    """The whole number, not below zero, in a cell.

    Raises
    ------
    Unreadable
        If the cell holds no number, a broken one or a negative one.
    """
    found = balance(cell)
    if found.value is not None and found.value < 0:
        raise Unreadable("a count below zero")
    return found


def balance(cell: object) -> Number:
    """The whole number in a cell, which may be negative (a net change).

    Raises
    ------
    Unreadable
        If the cell holds no whole number that fits 18 digits.
    """
    found = number(cell)
    if found.value is None:
        return found
    if abs(found.value) >= 10**18:
        raise Unreadable("too large for a count")
    if found.value != found.value.to_integral_value():
        raise Unreadable("not a whole number")
    return found


def share(cell: object) -> Share:
    """The share in a cell as a fraction: ``3.74%`` and ``0.0374`` are the same number in two scales.

    A zero belongs to both scales.  Whether a value above one can be meant is for the column to decide.

    Raises
    ------
    Unreadable
        If the cell holds no number, a floor, a rounded unit or a number below zero.
    """
    text = plain(cell) if isinstance(cell, str) else ""
    percent = text.endswith("%")
    if percent:
        _no_footnote(cell)
    found = number(text[:-1].rstrip() if percent else cell)
    if found.value is None:
        if percent:
            raise Unreadable("not a number")
        return Share()
    if found.is_floor or found.is_rounded:
        raise Unreadable("not a share")
    if found.value < 0:
        raise Unreadable("a share below zero")
    value = found.value / 100 if percent else found.value
    scale: Scale = "percent" if percent else "fraction"
    return Share(value, scale if value else "", _digits(found.value) + (2 if percent else 0))


def _digits(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def serial(cell: float, epoch: int) -> dt.datetime:
    """The clock time that an Excel day number stands for, to the millisecond.

    Excel counts from 1 January 1900 and believes, with Lotus 1-2-3, that 1900 had a 29 February: day 60 never was, and
    every later one is a day less than counted.  Workbooks of the 1904 system (`epoch`) count from 1 January 1904.

    Raises
    ------
    Unreadable
        If there is no such day.
    """
    if epoch == 1900 and int(cell) == 60:
        raise Unreadable("the Excel day 60 (29 February 1900), which never was")
    first = dt.datetime(1904, 1, 1) if epoch == 1904 else dt.datetime(1899, 12, 30) + dt.timedelta(days=cell < 60)
    return first + dt.timedelta(days=int(cell), milliseconds=round((cell % 1) * 86_400_000))


def is_serial(cell: object) -> bool:
    """Whether a cell is a number that Excel may mean as a day (``20220329`` is too large for one)."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and 0 < cell < 100_000


def day(cell: object, epoch: int | None = None) -> dt.date | None:
    """The day in a cell; a time of day after it is left out.

    Parameters
    ----------
    cell
        A date cell, ``20220329`` as number or text, ``2022-03-29``, ``2026/8/30``, ``2022年3月29日``.
    epoch
        The year from which the workbook counts days (1900 or 1904); without it a day number is refused.

    Raises
    ------
    Unreadable
        If there is no such day, if day and month could be exchanged, or if the year is missing.
    """
    if is_missing(cell):
        return None
    if isinstance(cell, dt.datetime):
        return _sane(cell.date())
    if isinstance(cell, dt.date):
        return _sane(cell)
    if isinstance(cell, (bool, dt.time, dt.timedelta)):
        raise Unreadable("not a day")
    if epoch and is_serial(cell):
        return _sane(serial(float(str(cell)), epoch).date())
    year, month, day_ = _parts(plain(cell))
    try:
        found = dt.date(year, month, day_)
    except ValueError as error:
        raise Unreadable("no such day") from error
    return _sane(found)


def _parts(text: str) -> tuple[int, int, int]:
    compact = _COMPACT_DAY.fullmatch(text)
    if compact:
        return int(compact[1]), int(compact[2]), int(compact[3])
    written = _WRITTEN_DAY.fullmatch(text)
    if written and (written[2], written[4]) in {("年", "月"), ("-", "-"), ("/", "/"), (".", ".")}:
        return int(written[1]), int(written[3]), int(written[5])
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
        raise Unreadable("an Excel day number without a date format")
    if re.fullmatch(r"[0-9]{1,2}[-/.][0-9]{1,2}([-/.][0-9]{2,4})?", text):
        raise Unreadable("a day whose year, month or order is not certain")
    raise Unreadable("not a day")


def _sane(found: dt.date) -> dt.date:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Unreadable(f"a day outside {_FIRST_YEAR} to {_LAST_YEAR}")
    return found
