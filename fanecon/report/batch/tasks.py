"""A batch: a list of reports in a file, judged as a whole before the first of them starts.

    out_root: reports
    jobs: 2
    defaults: {timeout: 30min, zone: Europe/Berlin, every: 17 6 * * *}
    reports:
      - notebook: rainbow_bus
        params: {source: exports/total.xls}
        matrix: {article: [书单, 读书会]}
        out: "{article}.html"
        fail_if: share_to_read.estimate < 0.02

An entry with a matrix is one run for every combination of its values.  Paths are those of the folder that holds the
file, wherever the command is called from, for a schedule calls it from somewhere else.  A page stays under `out_root`.

Whatever cannot stand is told with its report and line, everything at once, and then nothing is started: at night
nobody is there to mend the second mistake.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel, ValidationError

from fanecon.errors import MOST_LINES, FaneconError, ParameterError, RunError
from fanecon.report import limits
from fanecon.report.asked.kinds import show
from fanecon.report.asked.orders import Asked, Order, judge
from fanecon.report.asked.remote import HERE
from fanecon.report.batch.files import Held, read_batch_file
from fanecon.report.batch.words import Batch, Entry, Usual, Way, said
from fanecon.report.codes import Code
from fanecon.report.runner.publish import Desk

MOST_RUNS = 2000


class Task(BaseModel):
    """One run of a batch, in the words by which the process that makes it judges it again.

    Parameters
    ----------
    name
        The page without its ending, as seen from `out_root`: no two runs have the same.
    notebook
        A name of the shelf, or a whole path.
    """

    name: str = ""
    notebook: str
    values: dict[str, Any]
    file: Path | None
    out: str
    root: Path | None
    usual: Usual

    def order(self) -> Order:
        """The run, judged.

        Raises
        ------
        FaneconError
            As of :func:`orders.judge`.
        """
        usual = self.usual
        asked = Asked(
            file=self.file,
            out=self.out,
            root=self.root,
            every=usual.every,
            zone=usual.zone,
            personal=usual.allow_personal,
        )
        most = limits.Limits(
            timeout=usual.timeout,
            step_timeout=usual.step_timeout,
            wait=usual.wait,
            memory=usual.memory,
            large=usual.large,
        )
        order = judge(self.notebook, self.values, asked=asked, conditions=usual.fail_if, limits=most)
        told = (one.model_copy(update={"source": "file"}) if one.source == "call" else one for one in order.settings)
        return replace(order, settings=tuple(told))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A batch that may begin: its runs in their order, and what they may take together."""

    tasks: tuple[Task, ...]
    jobs: int | None
    memory: int | None
    folder: Path


def judge_batch(path: Path, *, memory: int | None = None) -> Judged:
    """The batch in a file, every run of it judged; nothing has started.

    Parameters
    ----------
    memory
        Bytes for all runs together, in place of what the file says.

    Raises
    ------
    ParameterError
        If anything cannot stand; every problem is told.
    RunError
        With code 8 if everything can stand, but pages cannot be written where they should go.
    """
    held = read_batch_file(path)
    batch = _read(path.name, held)
    batch = batch.model_copy(update={"memory": memory or batch.memory})
    problems = _Problems(path.name, held)
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100  (a link to the file stays where it is called)
    with contextlib.chdir(folder):  # pages that go to a store are made below the folder where the runs will work
        tasks = list(_judged(batch, folder, problems))
    problems.raise_if_any()
    return Judged(tasks=tuple(tasks), jobs=batch.jobs, memory=batch.memory, folder=folder)


class _Problems:
    """What is wrong with a batch, each with its report and line."""

    def __init__(self, name: str, held: Held) -> None:
        self.name, self.held = name, held
        self.found: dict[tuple[Way, str], list[str]] = {}
        self.only_places = True

    def add(self, way: Way, said: str, *, code: int = Code.USAGE, values: Mapping[str, Any] | None = None) -> None:
        """Note a problem of a part of the file; one that all combinations of a matrix share is noted once."""
        self.found.setdefault((way, said), []).append(_set(values or {}))
        self.only_places = self.only_places and code == Code.WRITE

    def raise_if_any(self) -> None:
        if not self.found:
            return
        told = [self._told(way, said, sets) for (way, said), sets in self.found.items()]
        count = "One problem" if len(told) == 1 else f"{len(told)} problems"
        lines = [f"  {line}" for one in told for line in one.splitlines()]
        more = [f"  … and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
        text = "\n".join([f"{count} with {self.name}; nothing was started:", *lines[:MOST_LINES], *more])
        raise RunError(text, Code.WRITE) if self.only_places else ParameterError(text)

    def _told(self, way: Way, said: str, sets: list[str]) -> str:
        others = f" and {len(sets) - 1} more" if len(sets) > 1 else ""
        return f"{_place(way, self.held)}{f' with {sets[0]}{others}' if sets[0] else ''}: {said}"


def _place(way: Way, held: Held) -> str:
    """A part of the file for a reader: `report 2, timeout (line 14)`."""
    words = [f"number {one + 1}" if isinstance(one, int) else show(one) for one in way]
    if way[:1] == ("reports",) and len(way) > 1:
        words[:2] = [words[1].replace("number", "report")]
    line = held.line(way)
    return ", ".join(words or ["the file"]) + (f" (line {line})" if line else "")


# --- the words of the file ---


def _read(name: str, held: Held) -> Batch:
    if not isinstance(held.values, dict):
        raise ParameterError(f"{name} must hold names such as 'reports:' at its top; found {show(held.values)}.")
    try:
        return Batch.model_validate(held.values)
    except ValidationError as error:
        problems = _Problems(name, held)
        for one in error.errors(include_url=False):
            problems.add(tuple(one["loc"]), said(dict(one)))
        problems.raise_if_any()
        raise


# --- its runs ---


def _judged(batch: Batch, folder: Path, problems: _Problems) -> Iterator[Task]:
    many = sum(_count(entry) for entry in batch.reports)
    if many > MOST_RUNS:
        problems.add((), f"these are {many:,} runs; at most {MOST_RUNS:,} fit into one batch. Split it.")
        return
    desk = _Desk(folder, folder / batch.out_root, problems)
    for number, entry in enumerate(batch.reports):
        way: Way = ("reports", number)
        usual = _usual(batch, entry)
        _memory(batch, usual, way, problems)
        _both(entry, way, problems)
        for values in _sets(entry):
            task = desk.placed(desk.task(entry, {**usual.params, **values}, usual), way, values)
            if task:
                yield task


class _Desk:
    """Where runs are judged one by one, and given names by their pages."""

    def __init__(self, folder: Path, root: Path, problems: _Problems) -> None:
        self.folder, self.root, self.problems = folder, root, problems
        self.taken: dict[str, str] = {}

    def task(self, entry: Entry, values: dict[str, Any], usual: Usual) -> Task:
        """One run in words, its paths made whole."""
        notebook = entry.notebook
        is_path = notebook.endswith(".ipynb") and (self.folder / notebook).is_file()
        out = entry.out or f"{_literal(Path(notebook).stem)}.html"
        return Task(
            notebook=str(self.folder / notebook) if is_path else notebook.removesuffix(".ipynb"),
            values=values,
            file=self.folder / entry.params_file if entry.params_file else None,
            out=out if "://" in out or Path(out).is_absolute() else f"{_literal(str(self.root))}/{out}",
            root=None if "://" in out else self.root,
            usual=usual.model_copy(update={"params": {}}),
        )

    def placed(self, task: Task, way: Way, values: dict[str, Any]) -> Task | None:
        """A run with its name, unless it cannot stand or its page is that of another."""
        try:
            order = task.order()
        except FaneconError as error:
            self.problems.add(way, str(error), code=_code(error), values=values)
            return None
        page, key = order.page, _key(order.page)
        if key in self.taken:
            self.problems.add(way, _double(page, self.taken[key], task, values), values=values)
            return None
        self.taken[key] = _place(way, self.problems.held)
        name = page.relative_to(HERE if order.store else self.root).with_suffix("").as_posix()
        return task.model_copy(update={"name": name})


def _code(error: FaneconError) -> int:
    return error.code if isinstance(error, RunError) else Code.USAGE


def _count(entry: Entry) -> int:
    total = 1
    for values in entry.matrix.values():
        total *= len(values)
    return total


def _usual(batch: Batch, entry: Entry) -> Usual:
    """What holds for a report: its own words, and those of `defaults` where it has none."""
    own = {name: getattr(entry, name) for name in Usual.model_fields if name in entry.model_fields_set}
    return batch.defaults.model_copy(update={**own, "params": {**batch.defaults.params, **entry.params}})


def _memory(batch: Batch, usual: Usual, way: Way, problems: _Problems) -> None:
    machine = psutil.virtual_memory().total
    if usual.memory and batch.memory and usual.memory > batch.memory:
        most = f"{batch.memory // limits.MB:,} MB"
        problems.add((*way, "memory"), f"{usual.memory // limits.MB:,} MB are more than all may take together, {most}.")
    elif usual.memory and usual.memory > machine:
        has = f"the machine has {machine // limits.MB:,} MB"
        problems.add((*way, "memory"), f"{usual.memory // limits.MB:,} MB will never be free: {has}.")


def _both(entry: Entry, way: Way, problems: _Problems) -> None:
    for name in entry.matrix:
        if name in entry.params:
            problems.add((*way, "matrix", name), "is also among the params of this report. Keep one.")


def _sets(entry: Entry) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*entry.matrix.values()):
        yield dict(zip(entry.matrix, values, strict=True))


def _set(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={show(value)}" for name, value in values.items())


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _key(page: Path) -> str:
    """What two pages must not share: the record beside them, on a disk that may not tell A from a."""
    key = os.path.realpath(Desk(page).record)
    folds = sys.platform in ("darwin", "win32")
    return unicodedata.normalize("NFC", key).casefold() if folds else key


def _double(page: Path, other: str, task: Task, values: dict[str, Any]) -> str:
    fields = "-".join(f"{{{name}}}" for name in values)
    fix = f'Write out: "{Path(task.notebook).stem}-{fields}.html".' if fields else "Give each its own out:."
    return f"its page is {page.name}, which is that of {other} too. {fix}"
