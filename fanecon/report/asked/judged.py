"""What a value must be: the declared parameters as a pydantic model, and its errors in our own words.

The model is built anew from each parameters cell.  It is strict: a text of digits is no number, `True` is no 1, and a
moment is no date, for whoever sent the other kind meant something else.  It knows three things that are not strict,
because nothing is lost: a whole number where a number is needed, the numbers of NumPy, and a date as ISO text, since
JSON and most callers have no dates.

pydantic finds all problems at once, yet it speaks of fields and schemas.  So its errors are taken by their codes, and
each is told in one sentence with what would do.  The value of a secret is never part of a sentence.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from fanecon.errors import closest
from fanecon.report.asked.kinds import (
    LARGEST,
    Parameter,
    Refusal,
    Scalar,
    Value,
    a_kind,
    as_json,
    of_iso,
    show,
    strangers,
)

Problem = tuple[str, str]  # the name, and what is wrong with it

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "date": date, "datetime": datetime}
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=False)


def model_of(parameters: Iterable[Parameter]) -> type[BaseModel]:
    """The pydantic model of a parameters cell: one field per parameter, named by its alias, nothing else allowed.

    The fields have numbers for names: a parameter may be called `copy` or `_x`, which pydantic keeps for itself.
    """
    fields: dict[str, Any] = {f"p{n}": (_whole(one), _field(one)) for n, one in enumerate(parameters)}
    made: type[BaseModel] = create_model("Parameters", __config__=_STRICT, **fields)
    return made


def _field(parameter: Parameter) -> FieldInfo:
    default: Any = ... if parameter.required else parameter.default
    made: FieldInfo = Field(default, alias=parameter.name, title=parameter.name, description=parameter.meaning or None)
    return made


def _whole(parameter: Parameter) -> Any:
    item = _item(parameter)
    kind = Annotated[list[item], Strict(), BeforeValidator(_listed)] if parameter.many else item  # type: ignore[valid-type]
    return kind | None if parameter.optional else kind


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _item(parameter: Parameter) -> Any:
    choices: list[Any] = [as_json(one) for one in parameter.choices]
    marks: list[Any] = [Strict()]
    if parameter.item in ("int", "float"):
        marks.append(_range(parameter))  # before the validators: behind them the schema would not tell the range
    else:
        marks.append(AfterValidator(_told(_within(parameter))))
    marks.append(BeforeValidator(_told(_prepared(parameter.item))))
    if parameter.choices:
        marks.append(AfterValidator(_told(_chosen(parameter))))
        marks.append(Field(json_schema_extra={"enum": choices}))
    return Annotated[(_TYPES[parameter.item], *marks)]


def _range(parameter: Parameter) -> Any:
    if parameter.item == "float":
        return Field(allow_inf_nan=False, ge=parameter.low, le=parameter.high)
    low, high = (-LARGEST, LARGEST) if parameter.high is None else (parameter.low, parameter.high)
    return Field(ge=low, le=high)


def _told(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A check whose refusal becomes an error of pydantic's."""

    def inside(value: Any) -> Any:
        try:
            return check(value)
        except Refusal as refusal:
            raise PydanticCustomError("fanecon", "{said}", {"said": str(refusal)}) from None

    return inside


def _prepared(item: str) -> Callable[[object], object]:
    """How a value of a foreign type becomes one of our kinds, where nothing is lost on the way."""
    if item in ("date", "datetime"):
        return lambda value: _moment(item, value)
    if item in ("int", "float"):
        return _plain
    return lambda value: str.__str__(value) if item == "str" and isinstance(value, str) else value


def _moment(item: str, value: object) -> object:
    if isinstance(value, str):
        return of_iso(item, value)
    if item == "datetime" and isinstance(value, datetime):  # of pandas too, which has more digits and methods
        try:
            return datetime.combine(value.date(), value.timetz())
        except (TypeError, ValueError):  # NaT
            return None
    return value


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        if abs(int(value)) > LARGEST:
            raise Refusal(f"{show(value)} is too large; whole numbers go up to {LARGEST}.")
        return int(value)
    return float.__float__(value) if isinstance(value, float) else value


def _within(parameter: Parameter) -> Callable[[Any], Any]:
    def inside(value: Any) -> Any:
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, datetime):
            _same_clock(parameter, value)
        if parameter.low is not None and not parameter.low <= value <= parameter.high:
            raise Refusal(f"{show(as_json(value))} is out of range; it goes {parameter.allowed}.")
        return value

    return inside


def _text(value: str) -> str:
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Refusal(f"{show(value)} is not valid text.")
    return value


def _same_clock(parameter: Parameter, value: datetime) -> None:
    """Refuse a moment with an offset where the others have none, or the reverse: they cannot be compared."""
    default = parameter.default if isinstance(parameter.default, list) else [parameter.default]
    known = [one for one in (parameter.low, *parameter.choices, *default) if isinstance(one, datetime)]
    if known and (known[0].tzinfo is None) != (value.tzinfo is None):
        one = show(value.isoformat())
        if value.tzinfo is None:
            raise Refusal(f"{one} lacks its offset from UTC; write it like {value.isoformat()}+08:00.")
        raise Refusal(f"{one} has an offset from UTC where none is used; leave it out.")


def _chosen(parameter: Parameter) -> Callable[[Any], Any]:
    def inside(value: Any) -> Any:
        if value not in parameter.choices:
            near = closest(value, map(str, parameter.choices)) if isinstance(value, str) else ""
            raise Refusal(f"{show(as_json(value))} is not allowed. {near}It is {parameter.allowed}.")
        return value

    return inside


def judge(
    parameters: Iterable[Parameter], given: Mapping[str, object], *, hidden: Collection[str] = ()
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of all parameters (given or default), and every problem; values are complete only without problems.

    Parameters
    ----------
    given
        By name.  The default of a parameter is used where its name is not given.
    hidden
        Names whose values are secrets: no problem quotes them.
    """
    known = {one.name: one for one in parameters}
    try:
        held = model_of(known.values()).model_validate(dict(given))
    except ValidationError as error:
        told = error.errors(include_url=False)
        return {}, [(_name(one), _said(one, known, _name(one) in hidden)) for one in told]
    return {name: getattr(held, f"p{n}") for n, name in enumerate(known)}, []


def _name(error: ErrorDetails) -> str:
    return str(error["loc"][0])


def _said(error: ErrorDetails, known: Mapping[str, Parameter], hidden: bool) -> str:
    name, code = _name(error), error["type"]
    if code == "extra_forbidden":
        return unknown(name, known)
    parameter = known[name]
    if code == "missing":
        return f"is missing: {a_kind(parameter.item) if not parameter.many else parameter.kind} is needed."
    if hidden:
        told = f"It is {parameter.allowed}." if parameter.allowed else "It holds what is not text."
        return f"the value from the environment is not allowed. {told}"
    return _wrong(error, parameter)


def _wrong(error: ErrorDetails, parameter: Parameter) -> str:
    code, value = error["type"], error["input"]
    if code == "fanecon":
        return str(error["ctx"]["said"])
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number."
    if code in ("greater_than_equal", "less_than_equal"):
        if parameter.high is None:
            return f"{show(value)} is too large; whole numbers go up to {LARGEST}."
        return f"{show(value)} is out of range; it goes {parameter.allowed}."
    if code == "list_type":
        return f"{show(value)} is not a list."
    return f"{show(value)} is not {a_kind(parameter.item)}."


def unknown(name: str, known: Collection[str]) -> str:
    """What is said of a name that no parameter has."""
    if not name.isidentifier():
        return "is not a name: letters, digits and _ only."
    names = ", ".join(known) if known else "none"
    return f"is not a parameter. {strangers(name)}{closest(name, known)}There are: {names}."


def default_of(parameter: Parameter, default: object) -> Value:
    """The default, of the type its parameter asks for.

    Raises
    ------
    Refusal
        If it breaks the rule of its own line.
    """
    values, problems = judge([parameter], {parameter.name: default})
    if problems:
        raise Refusal(f"the default of '{parameter.name}' breaks its own rule: {problems[0][1]}")
    return values[parameter.name]


def bounds(item: str, low: Scalar, high: Scalar) -> None:
    """Refuse a range that holds nothing, or whose ends cannot be compared."""
    try:
        empty = low > high  # type: ignore[operator]
    except TypeError:
        raise Refusal(f"the range from {low} to {high} has an offset from UTC at one end only.") from None
    if empty:
        raise Refusal(f"the range from {low} to {high} is empty; the smaller {item} stands first.")
