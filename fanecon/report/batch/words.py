"""The words of a batch file: which there are, and what each may be.

Durations, amounts, schedules and zones are written as on the command line of `fanecon run`, and refused in its words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fanecon.errors import ParameterError, closest
from fanecon.report import limits
from fanecon.report.asked.kinds import show
from fanecon.report.history.schedule import read_schedule, read_zone

Way = tuple[str | int, ...]


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15:
        return float(value)
    return float(_refused(limits.seconds, _text(value, "a duration such as 90s, 15min or 2h")))


def _waiting(value: object) -> float:
    return 0.0 if value in (0, "0", "0s") and not isinstance(value, bool) else _seconds(value)


def _bytes(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= limits.LEAST_MEMORY:
        return value
    return int(_refused(limits.size, _text(value, "an amount of memory such as 800MB or 2GB")))


def _schedule(value: object) -> str:
    return str(_refused(read_schedule, _text(value, "a schedule such as 1d or '17 6 * * *'")).text)


def _zone(value: object) -> str:
    return str(_refused(read_zone, _text(value, "a time zone such as Europe/Berlin")).key)


def _conditions(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _text(value: object, needed: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{needed} is needed; found {show(value)}.")
    return str(value)


def _refused(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ParameterError as error:
        raise ValueError(str(error)) from None


Seconds = Annotated[float, BeforeValidator(_seconds)]
Amount = Annotated[int, BeforeValidator(_bytes)]
Conditions = Annotated[tuple[str, ...], BeforeValidator(_conditions)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Usual(_Part):
    """What a report may say of its runs, and `defaults` for all reports.

    Parameters
    ----------
    params
        Parameters by name; those of a report are added to those of `defaults`.
    timeout, step_timeout, wait, memory, large, allow_personal
        As of `fanecon run`.
    """

    params: dict[str, Any] = Field(default_factory=dict)
    fail_if: Conditions = ()
    timeout: Seconds = limits.HOUR
    step_timeout: Seconds | None = None
    wait: Annotated[float, BeforeValidator(_waiting)] = 0.0
    memory: Amount | None = None
    every: Annotated[str, BeforeValidator(_schedule)] | None = None
    zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    large: bool = False
    allow_personal: bool = False


class Entry(Usual):
    """One notebook of a batch, with one set of parameters or a matrix of them."""

    notebook: str = Field(min_length=1)
    params_file: str | None = None
    matrix: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(default_factory=dict)
    out: str | None = None


class Batch(_Part):
    """The whole file."""

    reports: list[Entry] = Field(min_length=1)
    defaults: Usual = Usual()
    out_root: str = "reports"
    jobs: int | None = Field(default=None, ge=1, le=1000)
    memory: Amount | None = None


# --- what is wrong with them ---

_NEEDED = {
    "string_type": "text is needed; found {found}. Put it in quotes.",
    "string_too_short": "is empty.",
    "dict_type": "a map of names to values is needed; found {found}.",
    "list_type": "a list is needed; found {found}.",
    "tuple_type": "a condition or a list of them is needed; found {found}.",
    "too_short": "is empty; at least one is needed.",
    "bool_type": "true or false is needed; found {found}.",
    "int_type": "a whole number is needed; found {found}.",
    "missing": "is missing.",
    "model_type": "a map of names to values is needed; found {found}.",
}


def said(error: Mapping[str, Any]) -> str:
    """One finding of pydantic in our words: what was found, what was needed."""
    kind, way = error["type"], error["loc"]
    if kind == "extra_forbidden":
        known = _known(way)
        return f"is not known here. {closest(str(way[-1]), known)}There are: {', '.join(known)}."
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in _NEEDED:
        return _NEEDED[kind].format(found="nothing" if error["input"] is None else show(error["input"]))
    return f"{error['msg']}; found {show(error['input'])}."


def _known(way: Way) -> list[str]:
    model: type[BaseModel] = Batch if len(way) == 1 else Entry if way[0] == "reports" else Usual
    return list(model.model_fields)
