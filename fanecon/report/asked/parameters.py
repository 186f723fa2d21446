"""Parameters: what a notebook lets its reader set, and what a run makes of what was given.

The cell tagged `parameters` is the one place where parameters are declared.  It is read as a syntax tree and never
executed.  One line declares one parameter; imports may stand above:

    source = "example"    # the article export, or "example"
    level = 0.95          # confidence level, a proportion; from 0.5 to 0.999
    by = "topic"          # what to compare; one of: topic, weekday, position
    seed: int = 7         # of the random numbers
    title: str            # required, since it has no default
    since: date = "2026-01-01"                       # first day; from 2020-01-01 to 2026-12-31
    unit: Literal["people", "times"] = "people"      # what is counted

The type is that of the literal (text, whole number, number, true or false, a date, a list of one of these), or that of
an annotation.  None without annotation stands for a text that may be absent.  The comment is the meaning, with the
unit.  Two phrases in it are understood, at the start, after a semicolon or after a comma:

    one of: a, b, c       the allowed values, to the end of the comment
    from X to Y           the allowed range of a number or a date, both ends included

A value comes from the default, is overruled by a parameters file, that by a call from Python, and that by the command
line; where each came from is kept.  A text `env:NAME` stands for the environment variable NAME: a secret, which is
shown as `***` everywhere and never becomes part of the notebook's source.

Why so strict.  A misspelt parameter that is silently ignored gives a report on the wrong question, and a name with a
line break in it is code once it is pasted into a cell.  So a model is made from the declaration (with pydantic, which
is strict about types and finds all problems at once), every value is judged before anything runs, and the run gets
values of exactly the declared types, defaults too: `since` above is a date in the notebook, never its text.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fanecon.errors import MOST_LINES, ParameterError
from fanecon.report.asked.declared import Declared, declared
from fanecon.report.asked.injection import injected
from fanecon.report.asked.judged import judge, unknown
from fanecon.report.asked.kinds import Parameter, Refusal, Scalar, Value, a_kind, as_json, finite, of_words, show
from fanecon.report.asked.masking import HIDDEN, fit_to_hide
from fanecon.report.asked.params_file import Entries, Entry, read_file
from fanecon.report.record import Setting, Source
from fanecon.report.shelf import Notebook

__all__ = ["Parameter", "Scalar", "Settled", "Value", "read_parameters", "settle"]

SECRET = "env:"


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What a run was asked to do: every parameter with its value, where that came from, and the secrets.

    Parameters
    ----------
    values
        Every declared parameter in its order, given or default; secrets in clear.
    settings
        The same for the record and the page; secrets as `***`.
    secrets
        The values of the secret ones, by name.
    imports
        What the parameters cell imports.
    """

    values: Mapping[str, Value] = field(repr=False)
    settings: tuple[Setting, ...]
    secrets: Mapping[str, str] = field(repr=False)
    imports: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The source that the kernel runs in place of the parameters cell; it holds no secret."""
        return injected(self.values, tuple(self.secrets), imports=self.imports)


def read_parameters(notebook: Notebook) -> tuple[Parameter, ...]:
    """The parameters a notebook declares, in their order; none if it has no cell tagged `parameters`.

    Raises
    ------
    ParameterError
        If the cell holds anything but imports and one literal per line, naming every such line.
    """
    return declared(notebook).parameters


def settle(
    notebook: Notebook,
    *,
    pairs: Iterable[str] = (),
    file: Path | None = None,
    values: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settled:
    """What a run of the notebook is asked to do: defaults, overruled by file, call and command line in this order.

    Parameters
    ----------
    pairs
        Texts of the form `name=value`, of the command line.
    file
        A parameters file (.yaml, .yml or .json).
    values
        By name, of a call from Python.
    environ
        Where `env:NAME` is looked up.

    Raises
    ------
    ParameterError
        If anything cannot stand; every problem is told, and no secret.
    """
    return _Desk(notebook, environ).settled(file, values or {}, pairs)


@dataclass(frozen=True, kw_only=True)
class _Given(Entry):
    source: Source


class _Desk:
    """Where everything given for one notebook is put together, and every problem is noted."""

    def __init__(self, notebook: Notebook, environ: Mapping[str, str]) -> None:
        self.notebook = notebook
        self.cell: Declared = declared(notebook)
        self.known = {one.name: one for one in self.cell.parameters}
        self.environ = environ
        self.given: dict[str, _Given] = {}
        self.secrets: dict[str, str] = {}
        self.problems: list[str] = []
        self.unread = False

    def settled(self, file: Path | None, values: Mapping[str, object], pairs: Iterable[str]) -> Settled:
        if file is not None:
            self._take_file(file)
        self._take_values(values)
        self._take_pairs(pairs)
        judged = self._judged()
        return Settled(
            values=judged,
            settings=tuple(self._setting(one, judged[one.name]) for one in self.cell.parameters),
            secrets={name: str(judged[name]) for name in self.secrets},
            imports=self.cell.imports,
        )

    def _take_file(self, file: Path) -> None:
        try:
            entries = read_file(file)
        except ParameterError as error:
            self.problems.append(str(error))
            self.unread, entries = True, Entries()
        self.problems += entries.problems
        for name, entry in entries.found.items():
            self._take(name, _Given(read=entry.read, where=entry.where, source="file"))

    def _take_values(self, values: Mapping[Any, object]) -> None:
        for name, value in values.items():
            if not isinstance(name, str):
                self.problems.append(f"{show(name)}: is not a name.")
                continue
            self._take(name, _Given(read=partial(_as_given, value), where="", source="call"))

    def _take_pairs(self, pairs: Iterable[str]) -> None:
        before = set[str]()
        for pair in pairs:
            name, equals, text = pair.partition("=")
            if not equals:
                self.problems.append(f"{show(pair)}: a parameter is given as name=value.")
                continue
            if name in before:
                self.problems.append(f"{show(name)}: is given twice.")
            before.add(name)
            self._take(name, _Given(read=partial(_of_pair, text), where="", source="command line"))

    def _take(self, name: str, given: _Given) -> None:
        if name in self.known:
            self.given[name] = given
        else:
            self.problems.append(f"{show(name)}: {unknown(name, self.known)}{given.where}")

    def _judged(self) -> dict[str, Value]:
        read = self._read()
        values, problems = judge(self.cell.parameters, read, hidden=self.secrets)
        told = set(self.given) - set(read)  # these could not even be read, so they seem to be missing
        for name, said in problems:
            if name not in told and not (self.unread and name not in self.given):
                self.problems.append(f"{show(name)}: {said}{self.given[name].where if name in self.given else ''}")
        if self.problems:
            raise ParameterError(_told(self.notebook, self.problems))
        return values

    def _read(self) -> dict[str, Any]:
        """The given values by name, of their kinds but not judged yet; secrets looked up."""
        found: dict[str, Any] = {}
        for parameter in self.cell.parameters:
            name = parameter.name
            given = self.given.get(name)
            try:
                value = given.read(parameter) if given else parameter.default
                if _asks_secret(parameter, value):
                    found[name] = self.secrets[name] = _secret(parameter, value, self.environ)
                elif given:
                    found[name] = value
            except Refusal as refusal:
                self.problems.append(f"{show(name)}: {refusal}{given.where if given else ''}")
        return found

    def _setting(self, parameter: Parameter, value: Value) -> Setting:
        name = parameter.name
        secret = name in self.secrets
        source: Source = self.given[name].source if name in self.given else "default"
        return Setting(
            name=name,
            type=parameter.type,
            value=HIDDEN if secret else as_json(value),
            default=as_json(parameter.default),
            source="environment" if secret else source,
            secret=secret,
        )


def _as_given(value: object, parameter: Parameter) -> object:
    return value


def _of_pair(text: str, parameter: Parameter) -> object:
    if text.startswith(SECRET) and (parameter.item != "str" or parameter.many):
        return text
    if parameter.optional and parameter.item != "str" and text == "null":
        return None
    return _list(text) if parameter.many else of_words(parameter.item, text)


def _list(text: str) -> object:
    try:
        return json.loads(text, parse_constant=lambda word: finite(float(word.replace("Infinity", "inf"))))
    except (ValueError, RecursionError):
        raise Refusal(f"{show(text)} is not a list; write it as JSON, for example '[1, 2]'.") from None


def _asks_secret(parameter: Parameter, value: object) -> bool:
    inside = value if isinstance(value, list | tuple) else [value]
    if not any(isinstance(one, str) and one.startswith(SECRET) for one in inside):
        return False
    if parameter.item != "str" or parameter.many:
        raise Refusal(f"{SECRET}NAME stands for a secret text, and {_needed(parameter)} is needed here.")
    return True


def _needed(parameter: Parameter) -> str:
    return f"a {parameter.kind}" if parameter.many else a_kind(parameter.item)


def _secret(parameter: Parameter, value: object, environ: Mapping[str, str]) -> str:
    name = str(value).removeprefix(SECRET)
    if not name.isascii() or not name.isidentifier():
        raise Refusal(f"{show(value)} names no environment variable; write {SECRET}NAME.")
    if name not in environ:
        raise Refusal(f"the environment variable {name} is not set. Type export {name}=… before.")
    if not environ[name]:
        raise Refusal(f"the environment variable {name} is empty.")
    if why := fit_to_hide(environ[name]):
        raise Refusal(f"the environment variable {name} {why}")
    return environ[name]


def _told(notebook: Notebook, problems: list[str]) -> str:
    count = "One problem" if len(problems) == 1 else f"{len(problems)} problems"
    more = [f"  … and {len(problems) - MOST_LINES} more"] if len(problems) > MOST_LINES else []
    lines = [f"  {problem}" for problem in problems[:MOST_LINES]]
    head = f"{count} with the parameters of '{notebook.name}'; nothing was run:"
    return "\n".join([head, *lines, *more, f"What can be set: fanecon params {notebook.name}"])
