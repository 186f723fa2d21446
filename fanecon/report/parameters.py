"""Parameters: what a notebook lets its reader set, and whether a given value may be set.

The cell tagged `parameters` is the one place where parameters are declared.  It is read as a syntax tree and never
executed, so asking for a notebook's parameters cannot do anything.  One line declares one parameter:

    source = "example"    # the article export, or "example"
    level = 0.95          # confidence level, a proportion; from 0.5 to 0.999
    by = "topic"          # what to compare; one of: topic, weekday, position
    seed: int = 7         # of the random numbers

The type is that of the literal (text, whole number, number, true or false, a list of one of these), or that of an
annotation.  None without annotation stands for a text that may be absent.  The comment is the meaning, with the unit.
Two phrases in it are understood, at the start, after a semicolon or after a comma:

    one of: a, b, c       the allowed values, to the end of the comment
    from X to Y           the allowed range of a number, both ends included

Why so strict.  A misspelt parameter that is silently ignored gives a report on the wrong question, and a name with a
line break in it is code once it is pasted into a cell.  So a value is judged before anything runs, and all problems
are told at once.
"""

from __future__ import annotations

import ast
import io
import json
import keyword
import math
import re
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeGuard, TypeVar

from fanecon.report.shelf import Notebook
from fanecon.schema import MOST_LINES, ParameterError, closest

Scalar = str | int | float | bool
Value = Scalar | list[Scalar] | None
Given = TypeVar("Given")

WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
LARGEST = 2**63 - 1
_CHOICES = re.compile(r"(?:^|[;,.]\s*)one of:\s*(?P<rest>.+)$")
_RANGE = re.compile(r"(?:^|[;,.]\s*)from\s+(?P<low>[-+.\deE]+)\s+to\s+(?P<high>[-+.\deE]+)(?=$|[\s;,.)])")


class _Refusal(Exception):  # noqa: N818  (never leaves this module)
    """Why one value, or one line of the parameters cell, cannot stand."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of the parameters cell: name, type, default, meaning and allowed values.

    `type` is "str", "int", "float" or "bool", or one of these in brackets for a list; `optional` allows None.
    """

    name: str
    type: str
    default: Value
    meaning: str = ""
    choices: tuple[Scalar, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    optional: bool = False

    @property
    def item(self) -> str:
        """The type of the value itself, or of each item of a list."""
        return self.type.strip("[]")

    @property
    def kind(self) -> str:
        """The type in words."""
        word = WORDS[self.item]
        return f"list of {word}" if self.type.startswith("[") else word

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty if every value of the type is allowed."""
        if self.choices:
            return "one of: " + ", ".join(str(choice) for choice in self.choices)
        return f"from {self.low:g} to {self.high:g}" if math.isfinite(self.high) else ""


def read_parameters(notebook: Notebook) -> tuple[Parameter, ...]:
    """The parameters a notebook declares, in their order; none if it has no cell tagged `parameters`.

    Raises
    ------
    ParameterError
        If the cell holds anything but one literal per line, naming every such line.
    """
    cells = notebook.tagged("parameters")
    if len(cells) > 1:
        raise ParameterError(f"{notebook.path.name} has {len(cells)} cells tagged 'parameters'. Keep one of them.")
    return _parse(cells[0], notebook.path.name) if cells else ()


def from_text(notebook: Notebook, pairs: Iterable[str]) -> dict[str, Value]:
    """The values meant by texts of the form `name=value`, judged like those of `check_values`.

    Raises
    ------
    ParameterError
        If a pair lacks its `=`, a name comes twice, or a value cannot stand; every problem is told.
    """
    given: dict[str, str] = {}
    problems = []
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            problems.append(f"{_show(pair)}: a parameter is given as name=value.")
        elif name in given:
            problems.append(f"{_show(name)}: is given twice.")
        else:
            given[name] = text
    return _judge_all(notebook, given, _read_text, problems)


def check_values(notebook: Notebook, values: Mapping[str, object]) -> dict[str, Value]:
    """The given values, each of the type its parameter asks for (a whole number for a number becomes a number).

    Raises
    ------
    ParameterError
        If a name is unknown or a value is of the wrong type, not allowed or out of range; every problem is told.
    """
    return _judge_all(notebook, values, _of_type, [])


def _judge_all(
    notebook: Notebook, given: Mapping[str, Given], convert: Callable[[Parameter, Given], Value], problems: list[str]
) -> dict[str, Value]:
    known = {parameter.name: parameter for parameter in read_parameters(notebook)}
    values: dict[str, Value] = {}
    for name, value in given.items():
        try:
            parameter = _named(name, known)
            values[name] = _within(parameter, convert(parameter, value))
        except _Refusal as refusal:
            problems.append(f"{_show(name)}: {refusal}")
    if problems:
        raise ParameterError(_told(notebook, problems))
    return values


def _told(notebook: Notebook, problems: list[str]) -> str:
    count = "One problem" if len(problems) == 1 else f"{len(problems)} problems"
    more = [f"  … and {len(problems) - MOST_LINES} more"] if len(problems) > MOST_LINES else []
    lines = [f"  {problem}" for problem in problems[:MOST_LINES]]
    head = f"{count} with the parameters of '{notebook.name}'; nothing was run:"
    return "\n".join([head, *lines, *more, f"What can be set: fanecon params {notebook.name}"])


def _show(value: object) -> str:
    """A value in one line of printable characters, cut where it gets long."""
    text = value if isinstance(value, str) and value.isidentifier() else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _named(name: object, known: Mapping[str, Parameter]) -> Parameter:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise _Refusal("is not a name: letters, digits and _ only.")
    if name not in known:
        names = ", ".join(known) if known else "none"
        raise _Refusal(f"is not a parameter. {closest(name, known)}There are: {names}.")
    return known[name]


def _read_text(parameter: Parameter, text: str) -> Value:
    if parameter.type.startswith("["):
        return _of_type(parameter, _json(text))
    return _scalar_of_text(parameter.item, text)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _Refusal(f"{_show(text)} is not a list; write it as JSON, for example '[1, 2]'.") from None


def _scalar_of_text(kind: str, text: str) -> Scalar:
    if kind == "str":
        return _text(text)
    if not text:
        raise _Refusal(f"is empty; a {WORDS[kind]} is needed." if kind != "bool" else "is empty; type true or false.")
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise _Refusal(f"{_show(text)} is not true or false.")
        return text.lower() == "true"
    try:
        if not text.isascii() or "_" in text or text != text.strip():
            raise ValueError
        return _number(int(text) if kind == "int" else float(text))
    except ValueError:
        raise _Refusal(f"{_show(text)} is not a {WORDS[kind]}.") from None


def _of_type(parameter: Parameter, value: object) -> Value:
    if value is None and parameter.optional:
        return None
    if not parameter.type.startswith("["):
        return _scalar(parameter.item, value)
    if not isinstance(value, list | tuple):
        raise _Refusal(f"{_show(value)} is not a list.")
    return [_scalar(parameter.item, item) for item in value]


def _scalar(kind: str, value: object) -> Scalar:
    if kind == "str" and isinstance(value, str):
        return _text(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and _is_number(value) and isinstance(value, int):
        return _number(value)
    if kind == "float" and _is_number(value):
        return _number(float(value) if abs(value) <= LARGEST else value)
    raise _Refusal(f"{_show(value)} is not {'' if kind in ('str', 'bool') else 'a '}{WORDS[kind]}.")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refusal(f"{value} is not a finite number.")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _Refusal(f"{_show(value)} is too large; whole numbers go up to {LARGEST}.")
    return value


def _text(value: str) -> str:
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Refusal(f"{_show(value)} is not valid text.")
    return value


def _within(parameter: Parameter, value: Value) -> Value:
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if parameter.choices and item not in parameter.choices:
            near = closest(item, map(str, parameter.choices)) if isinstance(item, str) else ""
            raise _Refusal(f"{_show(item)} is not allowed. {near}It is {parameter.allowed}.")
        if isinstance(item, int | float) and not parameter.low <= item <= parameter.high:
            raise _Refusal(f"{_show(item)} is out of range; it goes {parameter.allowed}.")
    return value


def _parse(cell: str, file: str) -> tuple[Parameter, ...]:
    problems: list[str] = []
    found: dict[str, Parameter] = {}
    try:
        body, comments = ast.parse(cell).body, _comments(cell)
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise ParameterError(f"The parameters cell of {file} is not valid Python: {error}.") from error
    lines: set[int] = set()
    for statement in body:
        try:
            parameter = _declared(statement, comments.get(statement.end_lineno or 0, ""))
            if parameter.name in found:
                raise _Refusal(f"'{parameter.name}' is declared twice.")
            if statement.lineno in lines:
                raise _Refusal("one parameter per line is needed.")
            found[parameter.name] = parameter
        except _Refusal as refusal:
            problems.append(f"  line {statement.lineno}: {refusal}")
        lines.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    if problems:
        head = f"The parameters cell of {file} must hold one 'name = literal' per line:"
        raise ParameterError("\n".join([head, *problems[:MOST_LINES]]))
    return tuple(found.values())


def _comments(cell: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
    return {t.start[0]: t.string.lstrip("#").strip() for t in tokens if t.type == tokenize.COMMENT}


def _declared(statement: ast.stmt, comment: str) -> Parameter:
    name, value, annotation = _assigned(statement)
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        raise _Refusal(f"the value of '{name}' is not a literal.") from None
    kind, optional = _annotated(annotation, name) if annotation else _inferred(default, name)
    meaning, choices, low, high = _limits(comment, kind.strip("[]"))
    parameter = Parameter(
        name=name, type=kind, default=default, meaning=meaning, choices=choices, low=low, high=high, optional=optional
    )
    try:
        return Parameter(**{**parameter.__dict__, "default": _within(parameter, _of_type(parameter, default))})
    except _Refusal as refusal:
        raise _Refusal(f"the default of '{name}' breaks its own rule: {refusal}") from None


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return statement.target.id, statement.value, statement.annotation
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value, None
    raise _Refusal(f"found {ast.unparse(statement).splitlines()[0][:60]!r}.")


def _annotated(annotation: ast.expr, name: str) -> tuple[str, bool]:
    text = ast.unparse(annotation).strip("'")
    bare = text.removesuffix(" | None")
    kind = f"[{bare[5:-1]}]" if bare.startswith("list[") else bare
    if kind.strip("[]") not in WORDS:
        raise _Refusal(f"the type of '{name}' is {text}; it can be {', '.join(WORDS)}, or a list of one of these.")
    return kind, bare != text


def _inferred(default: object, name: str) -> tuple[str, bool]:
    if default is None:
        return "str", True
    if isinstance(default, list):
        kinds = {type(item).__name__ for item in default} or {"str"}
        kind = "float" if kinds == {"int", "float"} else kinds.pop() if len(kinds) == 1 else ""
        shown = f"[{kind}]"
    else:
        kind = shown = type(default).__name__
    if kind not in WORDS:
        raise _Refusal(f"'{name}' is neither text, number, True, False, None nor a list of one kind of these.")
    return shown, False


def _limits(comment: str, kind: str) -> tuple[str, tuple[Scalar, ...], float, float]:
    if among := _CHOICES.search(comment):
        choices = tuple(_scalar_of_text(kind, word.strip()) for word in among["rest"].split(","))
        return comment[: among.start()].strip(), choices, -math.inf, math.inf
    within = _RANGE.search(comment) if kind in ("int", "float") else None
    if not within:
        return comment, (), -math.inf, math.inf
    low, high = (float(_scalar_of_text("float", within[end])) for end in ("low", "high"))
    meaning = (comment[: within.start()] + comment[within.end() :]).strip(" ;,")
    return meaning, (), low, high
