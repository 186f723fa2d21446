"""What a parameters cell declares: read as a syntax tree, never executed.

Asking what a notebook's parameters are must not be able to do anything, so only these shapes are understood, each on
a line of its own, and everything else is refused with its line: imports at the top; `name = literal`; `name: type =
literal`; `name: type` alone, which makes the parameter required.  A literal is what `ast.literal_eval` takes, a call
of `date` or `datetime` with plain numbers, or a list of these.

Names such as `date` and `Literal` mean what the imports above them say; without an import they mean what everybody
means by them, for the code made from here (`Settled.code`) can stand in the place of the cell and needs no annotation.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from fanecon.errors import MOST_LINES, ParameterError
from fanecon.report.asked.judged import bounds, default_of
from fanecon.report.asked.kinds import WORDS, Parameter, Refusal, Scalar, finite, of_words
from fanecon.report.shelf import Notebook

_CHOICES = re.compile(r"(?:^|[;,.]\s*)one of:\s*(?P<rest>.+)$")
_RANGE = re.compile(r"(?:^|[;,.]\s*)from\s+(?P<low>[-+.:\w]+)\s+to\s+(?P<high>[-+.:\w]*\w)(?=$|[\s;,.)])")
_LISTS, _OPTIONAL, _UNION = ("list", "typing.List"), "typing.Optional", "typing.Union"
_USUAL = {
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "Literal": "typing.Literal",
    "List": "typing.List",
    "Optional": _OPTIONAL,
    "Union": _UNION,
}
_TYPES = {"str": "str", "int": "int", "float": "float", "bool": "bool"} | {
    "datetime.date": "date",
    "datetime.datetime": "datetime",
}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a parameters cell holds: its parameters in their order, and its imports as they are written."""

    parameters: tuple[Parameter, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Kind:
    type: str
    optional: bool = False
    choices: tuple[Scalar, ...] = ()


def declared(notebook: Notebook) -> Declared:
    """What the cell tagged `parameters` declares; nothing if there is no such cell.

    Raises
    ------
    ParameterError
        If the cell holds anything but imports and one literal per line, naming every such line.
    """
    cells = notebook.tagged("parameters")
    if len(cells) > 1:
        raise ParameterError(f"{notebook.path.name} has {len(cells)} cells tagged 'parameters'. Keep one of them.")
    return _parse(cells[0], notebook.path.name) if cells else Declared()


@lru_cache(maxsize=16)
def _parse(cell: str, file: str) -> Declared:
    try:
        body, comments = ast.parse(cell).body, _comments(cell)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError) as error:
        raise ParameterError(f"The parameters cell of {file} is not valid Python: {error}.") from error
    reading = _Reading()
    problems = []
    for statement in body:
        try:
            reading.take(statement, comments.get(statement.end_lineno or 0, ""))
        except Refusal as refusal:
            problems.append(f"  line {statement.lineno}: {refusal}")
        except RecursionError:
            problems.append(f"  line {statement.lineno}: is nested too deeply.")
        reading.used.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    if problems:
        head = f"The parameters cell of {file} must hold one 'name = literal' per line:"
        more = [f"  … and {len(problems) - MOST_LINES} more"] if len(problems) > MOST_LINES else []
        raise ParameterError("\n".join([head, *problems[:MOST_LINES], *more]))
    return Declared(parameters=tuple(reading.found.values()), imports=tuple(reading.imports))


def _comments(cell: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
    return {t.start[0]: t.string.lstrip("#").strip() for t in tokens if t.type == tokenize.COMMENT}


class _Reading:
    """The statements read so far: what was found, what names stand for, and which lines are taken."""

    def __init__(self) -> None:
        self.found: dict[str, Parameter] = {}
        self.imports: list[str] = []
        self.names: dict[str, str] = {}
        self.used: set[int] = set()

    def take(self, statement: ast.stmt, comment: str) -> None:
        if statement.lineno in self.used:
            raise Refusal("one parameter per line is needed.")
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._import(statement)
            return
        parameter = _declared(statement, comment, self.names)
        if parameter.name in self.found:
            raise Refusal(f"'{parameter.name}' is declared twice.")
        self.found[parameter.name] = parameter

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if self.found:
            raise Refusal("an import stands above the first parameter.")
        origin = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
        for alias in statement.names:
            if alias.name == "*":
                raise Refusal("import the names you need, not *.")
            whole = alias.name if alias.asname or origin else alias.name.split(".")[0]
            self.names[alias.asname or whole] = origin + whole
        self.imports.append(ast.unparse(statement))


def _declared(statement: ast.stmt, comment: str, names: Mapping[str, str]) -> Parameter:
    name, value, annotation = _assigned(statement)
    default = _literal(value, name, names) if value else None
    kind = _annotated(annotation, name, names) if annotation else _inferred(default, name)
    bare = Parameter(name=name, type=kind.type, choices=kind.choices, optional=kind.optional, required=value is None)
    try:
        limited = _limited(bare, comment)
    except Refusal as refusal:
        raise Refusal(f"the allowed values of '{name}': {refusal}") from None
    return limited if value is None else replace(limited, default=default_of(limited, default))


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        name, value, annotation = statement.target.id, statement.value, statement.annotation
    elif isinstance(statement, ast.Assign) and [type(one) for one in statement.targets] == [ast.Name]:
        name, value, annotation = ast.unparse(statement.targets[0]), statement.value, None
    else:
        raise Refusal(f"found {ast.unparse(statement).splitlines()[0][:60]!r}.")
    if name.startswith("__"):
        raise Refusal(f"'{name}': names with two leading underscores belong to Python.")
    return name, value, annotation


def _literal(node: ast.expr, name: str, names: Mapping[str, str]) -> object:
    """The value of a literal, of whatever type; the rule of its line judges it later."""
    try:
        if isinstance(node, ast.List):
            return [_literal(item, name, names) for item in node.elts]
        return _day(node, names) if isinstance(node, ast.Call) else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, OverflowError, MemoryError):
        raise Refusal(f"the value of '{name}' is not a literal.") from None


def _day(call: ast.Call, names: Mapping[str, str]) -> date:
    maker = {"datetime.date": date, "datetime.datetime": datetime}[_meant(call.func, names, ValueError)]
    words = {one.arg or "": _count(one.value) for one in call.keywords}
    made: date = maker(*map(_count, call.args), **words)
    return made


def _count(node: ast.expr) -> int:
    value = ast.literal_eval(node)
    if type(value) is not int:
        raise ValueError
    return value


def _meant(node: ast.expr, names: Mapping[str, str], otherwise: type[Exception] = Refusal) -> str:
    """The full name that a dotted name stands for: `dt.date` → `datetime.date` after `import datetime as dt`."""
    if isinstance(node, ast.Attribute):
        outer = node.value.id if isinstance(node.value, ast.Name) else ""
        found = f"{names.get(outer, outer)}.{node.attr}"
    else:
        outer = node.id if isinstance(node, ast.Name) else ""
        found = names.get(outer, _USUAL.get(outer, outer))
    if otherwise is ValueError and found not in ("datetime.date", "datetime.datetime"):
        raise ValueError(found)
    return found


def _annotated(annotation: ast.expr, name: str, names: Mapping[str, str]) -> _Kind:
    try:
        return _kind(annotation, names)
    except (Refusal, SyntaxError, ValueError):
        text = ast.unparse(annotation).strip("'")
        some = ", ".join(WORDS)
        raise Refusal(
            f"the type of '{name}' is {text[:60]}; it can be {some}, a list of one of these, or Literal[...]."
        ) from None


def _kind(node: ast.expr, names: Mapping[str, str]) -> _Kind:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _kind(ast.parse(node.value.strip(), mode="eval").body, names)
    sides = list(_sides(node, names))
    bare = [side for side in sides if not _is_none(side)]
    if len(sides) > 1:
        if len(bare) != 1 or len(sides) != 2:
            raise Refusal
        return replace(_kind(bare[0], names), optional=True)
    if not isinstance(node, ast.Subscript):
        return _Kind(type=_simple(node, names))
    outer = _meant(node.value, names)
    if outer in _LISTS:
        return _Kind(type=f"list[{_simple(_unquoted(node.slice), names)}]")
    if outer == "typing.Literal":
        return _literals(node.slice)
    raise Refusal


def _sides(node: ast.expr, names: Mapping[str, str]) -> Iterator[ast.expr]:
    """The members of a union, however it is written; the type itself where it is none."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from (*_sides(node.left, names), *_sides(node.right, names))
    elif isinstance(node, ast.Subscript) and _meant(node.value, names) == _OPTIONAL:
        yield from (node.slice, ast.Constant(None))
    elif isinstance(node, ast.Subscript) and _meant(node.value, names) == _UNION:
        yield from node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    else:
        yield node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _unquoted(node: ast.expr) -> ast.expr:
    quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return ast.parse(node.value.strip(), mode="eval").body if quoted else node  # type: ignore[attr-defined]


def _simple(node: ast.expr, names: Mapping[str, str]) -> str:
    found = _TYPES.get(_meant(node, names))
    if not found:
        raise Refusal
    return found


def _literals(node: ast.expr) -> _Kind:
    elements = node.elts if isinstance(node, ast.Tuple) else [node]
    values = [ast.literal_eval(one) for one in elements]
    choices = tuple(one for one in values if one is not None)
    kinds = {type(one).__name__ for one in choices}
    if len(kinds) != 1 or not kinds <= {"str", "int", "bool"}:
        raise Refusal
    return _Kind(type=kinds.pop(), optional=len(choices) < len(values), choices=choices)


def _inferred(default: object, name: str) -> _Kind:
    if default is None:
        return _Kind(type="str", optional=True)
    if isinstance(default, list):
        kinds = {type(item).__name__ for item in default} or {"str"}
        kind = "float" if kinds == {"int", "float"} else kinds.pop() if len(kinds) == 1 else ""
        shown = f"list[{kind}]"
    else:
        kind = shown = type(default).__name__
    if kind not in WORDS:
        raise Refusal(f"'{name}' is neither text, number, date, True, False, None nor a list of one kind of these.")
    return _Kind(type=shown)


def _limited(bare: Parameter, comment: str) -> Parameter:
    if among := _CHOICES.search(comment):
        if bare.choices:
            raise Refusal("they stand in the comment and in Literal. Keep one of the two.")
        choices = tuple(of_words(bare.item, word.strip()) for word in among["rest"].split(","))
        return replace(bare, meaning=comment[: among.start()].strip(), choices=choices)
    within = _RANGE.search(comment) if bare.item in ("int", "float", "date", "datetime") else None
    if not within or within["low"][0].isalpha() or within["high"][0].isalpha():  # prose: from start to end
        return replace(bare, meaning=comment)
    low, high = _bound(bare.item, within["low"], math.ceil), _bound(bare.item, within["high"], math.floor)
    bounds(WORDS[bare.item], low, high)
    meaning = (comment[: within.start()] + comment[within.end() :]).strip(" ;,")
    return replace(bare, meaning=meaning, low=low, high=high)


def _bound(item: str, text: str, whole: Callable[[float], int]) -> Scalar:
    if item not in ("int", "float"):
        return of_words(item, text)
    number = finite(float(text)) if re.fullmatch(r"[0-9]+(_[0-9]+)+", text) else of_words("float", text)
    return whole(number) if item == "int" else number  # type: ignore[arg-type]
