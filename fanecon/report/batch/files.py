"""The file of a batch as plain values: YAML read so that a word means what a person sees, or JSON.

YAML's usual reader makes false of `no`, 8 of `010`, 750 of `12:30` and a date of `2026-01-31`, keeps the last of two
equal names without a word, and can be made to build objects of Python or a billion strings.  Here only `true`, `false`,
`null`, decimal numbers, lists and maps are more than text; tags, anchors, aliases and names given twice are refused.
What a text means is for the parameter to say.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fanecon.errors import ParameterError
from fanecon.report.asked.kinds import show
from fanecon.report.asked.written import read_written

LARGEST = 200_000
DEEPEST = 20
ENDINGS = (".yaml", ".yml", ".json")

_NUMBER = r"[-+]?(?:0|[1-9][0-9]*)"


@dataclass(frozen=True)
class Held:
    """What a file holds, and where each part of it stands.

    Parameters
    ----------
    lines
        The line (from 1) of each part by its way from the top, such as `("reports", 2, "out")`; empty for JSON.
    """

    values: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, way: Sequence[str | int]) -> int | None:
        """The line of a part, or of the nearest part around it."""
        for end in range(len(way), 0, -1):
            if tuple(way[:end]) in self.lines:
                return self.lines[tuple(way[:end])]
        return None


def read_batch_file(path: Path) -> Held:
    """What a file in YAML or JSON holds.

    Raises
    ------
    ParameterError
        If it cannot be opened, is not valid, or uses more of YAML than maps, lists and words.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ParameterError(f"A batch is a .yaml, .yml or .json file; found {show(path.name)}.")
    text = read_written(path, most=LARGEST, advice="Split it, or use a matrix.")
    if not text.strip():
        raise ParameterError(f"{path.name} is empty. Write a list of reports: see docs/schedule.md.")
    return _json(path.name, text) if path.suffix.lower() == ".json" else _yaml(path.name, text)


# --- JSON ---


def _json(name: str, text: str) -> Held:
    try:
        return Held(json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant), {})
    except json.JSONDecodeError as error:
        raise ParameterError(f"{name}, line {error.lineno}: is not valid JSON ({error.msg}).") from None
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"{name} is not valid JSON ({str(error) or 'too deep'}).") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, often in Counter(key for key, _ in pairs).items() if often > 1]
    if twice:
        raise ValueError(f"{show(twice[0])} is given twice")
    return dict(pairs)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


# --- YAML ---


class _Words(yaml.SafeLoader):
    """The safe loader with the core schema of YAML 1.2, without what a list of reports does not need."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012  (PyYAML copies it when it is added to)
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.MarkedYAMLError(problem="anchors (& and *) are not used here", problem_mark=event.start_mark)
        if event.tag is not None:
            raise yaml.MarkedYAMLError(problem="tags (!) are not used here", problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Words.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Words.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Words.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(f"{_NUMBER}$"), list("-+0123456789"))
_Words.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(rf"(?:{_NUMBER}(?:\.[0-9]*)?|[-+]?\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def _yaml(name: str, text: str) -> Held:
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        loader = _Words(text)
        top = loader.get_single_node()
        return Held(None if top is None else _value(loader, top, (), lines), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        where = f", line {mark.line + 1}" if mark else ""
        raise ParameterError(f"{name}{where}: is not YAML as it is used here ({why}).") from None
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"{name} is not YAML as it is used here ({error}).") from None


def _value(loader: _Words, node: yaml.Node, way: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    lines[way] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, one, (*way, at), lines) for at, one in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a name has to be a word", problem_mark=key.start_mark)
        if key.value in found:
            raise yaml.MarkedYAMLError(problem=f"{show(key.value)} is given twice", problem_mark=key.start_mark)
        found[key.value] = _value(loader, value, (*way, key.value), lines)
        lines[(*way, key.value)] = key.start_mark.line + 1
    return found
