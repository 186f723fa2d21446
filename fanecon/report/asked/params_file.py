"""A parameters file: names and values in YAML or JSON, read so that nothing in it can do or mean anything else.

YAML is read by the safe loader's grammar, and less of it than that: one flat map of names to single values or lists.
Tags (`!!python/object` and all others), anchors, aliases, merge keys, maps inside maps and a second document are
refused before anything is built, so neither code nor a billion laughs can come out of a file.

YAML also reads more into a word than its writer meant: `no` is false, `007` is 7, `010` is 8, `12:30` is 750, `1e3` is
text.  What a word means is therefore decided by the parameter it is for, and where YAML's reading differs from what a
person sees, the file is refused with the spelling that would do.  A name that comes twice is refused in both
languages; their usual readers keep the last one without a word.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import yaml

from fanecon.errors import ParameterError
from fanecon.report.asked.kinds import WORDS, Parameter, Refusal, a_kind, of_words, show
from fanecon.report.asked.written import read_written

LARGEST_FILE = 100_000
ENDINGS = (".yaml", ".yml", ".json")

_PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One name of a file: how its value is read for a parameter, and where it stands."""

    read: Callable[[Parameter], object]
    where: str


@dataclass(kw_only=True)
class Entries:
    """What a parameters file holds: its entries by name, and what is wrong with it."""

    found: dict[str, Entry] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, entry: Entry) -> None:
        """Keep an entry, unless its name was there before."""
        if name in self.found:
            self.problems.append(f"{show(name)}: is given twice{entry.where}.")
        self.found[name] = entry


def read_file(path: Path) -> Entries:
    """The entries of a parameters file.

    Raises
    ------
    ParameterError
        If it cannot be read as one flat map of names to values.  (Names given twice are told by `problems`.)
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ParameterError(f"A parameters file is .yaml, .yml or .json; found {show(path.name)}.")
    text = read_written(path, most=LARGEST_FILE, advice="A parameters file holds a few lines.")
    if not text.strip():
        raise ParameterError(f"{path.name} is empty. Write one 'name: value' per line, or leave --params out.")
    return _json(path.name, text) if ending == ".json" else _yaml(path.name, text)


# --- JSON ---


class _Twice(dict[str, Any]):
    """An object of JSON with the names that came more than once."""

    again: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Twice:
    made = _Twice(pairs)
    made.again = tuple(name for name, often in Counter(name for name, _ in pairs).items() if often > 1)
    return made


def _json(file: str, text: str) -> Entries:
    try:
        held = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ParameterError(f"{file}, line {error.lineno}: is not valid JSON ({error.msg}).") from None
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"{file} is not valid JSON ({error}).") from None
    if not isinstance(held, _Twice):
        raise ParameterError(f'{file} must hold one object such as {{"level": 0.95}}; found {show(held)}.')
    where = f" ({file})"
    entries = Entries(problems=[f"{show(name)}: is given twice{where}." for name in held.again])
    for name, value in held.items():
        entries.add(name, Entry(read=partial(_flat, value), where=where))
    return entries


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _flat(value: object, parameter: Parameter) -> object:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value)):
        raise Refusal("holds a map or a list inside; a parameter is one value or a list of values.")
    return value


# --- YAML ---


def _yaml(file: str, text: str) -> Entries:
    try:
        _only_flat(file, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParameterError(f"{file}{line}: is not valid YAML ({why}).") from None
    if not isinstance(root, yaml.MappingNode):
        raise ParameterError(f"{file} must hold 'name: value' lines, and nothing else.")
    entries = Entries()
    for key, value in list[Any](root.value):
        where = f" ({file}, line {key.start_mark.line + 1})"
        entries.add(key.value, Entry(read=partial(_of_node, value), where=where))
    return entries


def _only_flat(file: str, text: str) -> None:
    """Refuse all of YAML that a flat map does not need, from its events alone: nothing is built before that."""
    for event, depth, is_key in _placed(yaml.parse(text, Loader=yaml.SafeLoader)):
        fault = _fault(event, depth, is_key)
        if fault:
            raise ParameterError(f"{file}, line {event.start_mark.line + 1}: {fault}")


def _placed(events: Iterator[Any]) -> Iterator[tuple[Any, int, bool]]:
    """Each event with the number of collections around it, and whether it stands where a name of the map does."""
    depth = documents = inside = 0
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            continue
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise yaml.MarkedYAMLError(problem="a second document", problem_mark=event.start_mark)
        if not isinstance(event, yaml.NodeEvent):
            continue
        yield event, depth, depth == 1 and inside % 2 == 0
        inside += depth == 1
        depth += isinstance(event, yaml.CollectionStartEvent)


def _fault(event: Any, depth: int, is_key: bool) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "anchors (&) and aliases (*) are not taken. Write the value out, or put it in quotes."
    if getattr(event, "tag", None):
        return f"tags are not taken; found {show(event.tag)}. Write the plain value."
    if is_key and not isinstance(event, yaml.ScalarEvent):
        return "a name stands before the colon, and nothing else."
    if depth and isinstance(event, yaml.MappingStartEvent):
        return "a map inside a map; a parameter is one value or a list of values."
    if depth > 1 and isinstance(event, yaml.SequenceStartEvent):
        return "a list inside a list; a parameter is one value or a list of values."
    return ""


def _of_node(node: Any, parameter: Parameter) -> object:
    if isinstance(node, yaml.SequenceNode):
        return [_of_scalar(one, parameter) for one in node.value]
    return _of_scalar(node, parameter)


def _of_scalar(node: Any, parameter: Parameter) -> object:
    text: str = node.value
    if node.style is not None:  # in quotes, or a block: text, whatever it looks like
        return text
    if node.tag.endswith(":null"):
        _no_value(text, parameter)
        return None
    if parameter.item in ("date", "datetime"):
        return text
    value = _meant(node)
    if parameter.item == "str":
        return _as_text(text, value)
    return _as_number(text, value, parameter) if parameter.item in ("int", "float") else value


def _meant(node: yaml.Node) -> object:
    """What the safe loader makes of a plain word."""
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):  # `=`, the 45th of January, thousands of digits
        return None


def _no_value(text: str, parameter: Parameter) -> None:
    if parameter.optional and not parameter.many:
        return
    quotes = "; an empty text is written ''" if parameter.item == "str" and not text else ""
    raise Refusal(f"{show(text) if text else 'nothing'} means that there is no value, which is not allowed{quotes}.")


def _as_text(text: str, value: object) -> str:
    if isinstance(value, str):
        return value
    reading = {"bool": "true or false", "int": "a number", "float": "a number"}.get(type(value).__name__, "a date")
    if value is None:
        reading = "something else"
    raise Refusal(f"YAML reads {text} as {reading}, and text is needed. Put it in quotes: '{text}'.")


def _as_number(text: str, value: object, parameter: Parameter) -> object:
    if isinstance(value, bool):
        raise Refusal(f"YAML reads {text} as true or false, and {a_kind(parameter.item)} is needed.")
    if _PLAIN_NUMBER.fullmatch(text):
        return of_words(parameter.item, text)
    if isinstance(value, int | float) and not re.fullmatch(r"[-+]?\.(nan|inf)", text, re.IGNORECASE):
        raise Refusal(f"YAML reads {show(text)} as {show(value)}. Write the {WORDS[parameter.item]} in plain digits.")
    return value if value is not None else text
