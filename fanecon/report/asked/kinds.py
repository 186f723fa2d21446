"""The kinds of value that a parameter may have, and how each is written in words.

There are six: text, whole number, number, true or false, date, and date with time; and a list of one of them.  Six are
enough for every question a notebook asks, and each has one spelling on a command line, in a file and in Python.  A
spelling that could mean two things (digits of other scripts, `1_000`, week dates, a moment given as a bare number) is
refused instead of guessed.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

Scalar = str | int | float | bool | date
Value = Scalar | list[Scalar] | None

WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "date": "date",
    "datetime": "date with time",
}
LARGEST = 2**63 - 1
LONGEST = 80

_WHOLE = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE = re.compile(_DAY)
_MOMENT = re.compile(_DAY + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[-+][0-9]{2}:[0-9]{2})?")


class Refusal(Exception):  # noqa: N818  (it is told, and never leaves the report)
    """Why one value, or one line of the parameters cell, cannot stand."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of the parameters cell: name, type, default, meaning and allowed values.

    `type` is "str", "int", "float", "bool", "date" or "datetime", or a list of one of these such as "list[str]";
    `optional` allows None; a `required` parameter has no default and must be given.
    """

    name: str
    type: str
    default: Value = None
    meaning: str = ""
    choices: tuple[Scalar, ...] = ()
    low: Scalar | None = None
    high: Scalar | None = None
    optional: bool = False
    required: bool = False

    @property
    def many(self) -> bool:
        """Whether the value is a list."""
        return self.type.startswith("list[")

    @property
    def item(self) -> str:
        """The type of the value itself, or of each item of a list."""
        return self.type[5:-1] if self.many else self.type

    @property
    def kind(self) -> str:
        """The type in words."""
        word = WORDS[self.item]
        return f"list of {word}" if self.many else word

    @property
    def shown_default(self) -> str:
        """The default as JSON, in one line; `(required)` if there is none."""
        return "(required)" if self.required else json.dumps(as_json(self.default), ensure_ascii=False)

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty if every value of the type is allowed."""
        if self.choices:
            return "one of: " + ", ".join(as_text(choice) for choice in self.choices)
        return f"from {_bound(self.low)} to {_bound(self.high)}" if self.high is not None else ""


def _bound(bound: Scalar | None) -> str:
    return f"{bound:g}" if isinstance(bound, float) else as_text(bound)


def as_text(value: Value) -> str:
    """A value as the text that would give it again on the command line."""
    if isinstance(value, date):
        return value.isoformat()
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def as_json(value: Value) -> object:
    """A value as JSON can hold it: dates become ISO text."""
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def show(value: object) -> str:
    """A value in one line of printable characters, cut where it gets long."""
    try:
        text = value if isinstance(value, str) and value.isidentifier() else repr(value)
    except ValueError:  # an int beyond the digits that Python prints
        text = f"a {type(value).__name__} of many digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}…"


def strangers(name: str) -> str:
    """The characters of a name that are not ASCII, by code and name: one of them may only look like another."""
    found = dict.fromkeys(letter for letter in name if not letter.isascii())
    told = [f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".strip() for letter in found]
    return f"It holds {', '.join(told[:3])}. " if told else ""


def a_kind(item: str) -> str:
    """The kind with its article where it takes one: `a number`, `text`."""
    return WORDS[item] if item in ("str", "bool") else f"a {WORDS[item]}"


def of_words(item: str, text: str) -> Scalar:
    """The value that a text of the command line, or of a comment in the parameters cell, means for a kind.

    Raises
    ------
    Refusal
        If the text is not a spelling of that kind.
    """
    if item == "str":
        return text
    if not text:
        raise Refusal("is empty; type true or false." if item == "bool" else f"is empty; {a_kind(item)} is needed.")
    if item == "bool":
        if text.lower() not in ("true", "false") or not text.isascii():
            raise Refusal(f"{show(text)} is not true or false.")
        return text.lower() == "true"
    return of_iso(item, text) if item in ("date", "datetime") else _number(item, text)


def _number(item: str, text: str) -> int | float:
    if item == "float" and text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise Refusal(f"{text} is not a finite number.")
    if not (_WHOLE if item == "int" else _NUMBER).fullmatch(text):
        raise Refusal(f"{show(text)} is not a {WORDS[item]}.")
    if item == "float":
        return finite(float(text))
    if len(text) > LONGEST:  # Python refuses to read some thousands of digits
        raise Refusal(f"{show(text)} is too large; whole numbers go up to {LARGEST}.")
    return int(text)


def finite(value: float) -> float:
    """The number, unless it is infinite or not a number."""
    if not math.isfinite(value):
        raise Refusal(f"{value} is not a finite number.")
    return value


def of_iso(item: str, text: str) -> date:
    """The date, or date with time, that an ISO text means.

    Raises
    ------
    Refusal
        If it is written otherwise, or if the calendar has no such day.
    """
    wanted = "2026-01-31" if item == "date" else "2026-01-31T09:30:00"
    if not (_DATE if item == "date" else _MOMENT).fullmatch(text):
        raise Refusal(f"{show(text)} is not a {WORDS[item]}; write it like {wanted}.")
    try:
        return date.fromisoformat(text) if item == "date" else datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(f"{show(text)} is not a {WORDS[item]}: {error}.") from None
