"""The numbers of a run: what its cells showed as results, under the names of the functions that gave them.

A result that a cell shows comes with its numbers as numbers (see `kernel_start`).  Its name is the function of
fanecon that made it, read off the code: `fe.share_to_read(articles)` as the last line of a cell gives `share_to_read`,
and so does `shares`, if that was assigned from it before.  A second result of the same function gets a number behind
its name (`share_to_read_2`), in the order of the page.

The headline numbers are those under the heading "The bottom line", or of cells tagged `headline`; where a notebook
has neither, those of the first cell that shows a result.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from fanecon.report import shelf
from fanecon.report.record import Metric
from fanecon.report.runner.kernel_start import READINGS, RESULT
from fanecon.report.runner.ledger import own

BOTTOM_LINE = "the bottom line"
TAG = "headline"

Found = dict[str, Any]


def collect(executed: NotebookNode) -> tuple[Metric, ...]:
    """Every number that the cells showed as a result, in the order of the page."""
    shown = list(_shown(executed))
    marked = any(one["tagged"] for one in shown)
    lines = {one["step"] for one in shown if one["tagged"] or (not marked and _bottom(one["heading"]))}
    headline = lines or {one["step"] for one in shown[:1]}
    often: Counter[str] = Counter()
    found: list[Metric] = []
    for one in shown:
        often[one["name"]] += 1
        name = one["name"] if often[one["name"]] == 1 else f"{one['name']}_{often[one['name']]}"
        found += _metrics(one, name, headline=one["step"] in headline)
    return tuple(found)


def readings(executed: NotebookNode) -> list[dict[str, Any]]:
    """What the loaders told about the files they read, as the last cell of the run shows it."""
    for data in _data(executed.cells[-1:]):
        if READINGS in data:
            return list(json.loads(data[READINGS]))
    return []


def _bottom(heading: str) -> bool:
    return heading.strip().casefold() == BOTTOM_LINE


def _metrics(one: Found, name: str, *, headline: bool) -> Iterator[Metric]:
    result = one["result"]
    whole = any(row["key"] == "" for row in result["rows"])  # then the other rows are parts or other readings of it
    for row in result["rows"]:
        yield Metric(
            name=name,
            key=row["key"],
            estimate=row["estimate"],
            low=row["low"],
            high=row["high"],
            unit=row.get("unit", result["unit"]),
            level=result.get("level"),
            shows=result.get("shows", "fact"),
            headline=headline and (row["key"] == "" or not whole),
            step=one["step"],
            heading=one["heading"],
            sentence=result.get("sentence", ""),
        )


def _shown(executed: NotebookNode) -> Iterator[Found]:
    heading, step = "Start", 0
    makers: dict[str, str] = {}
    for cell in executed.cells:
        if cell.cell_type == "markdown":
            found = shelf.headings(shelf.source(cell))
            heading = found[-1][1] if found else heading
        if cell.cell_type != "code" or own(cell) or not cell.source.strip():
            continue
        step += 1
        name = _name(cell.source, makers)
        for data in _data([cell]):
            if RESULT in data:
                result = data[RESULT] if isinstance(data[RESULT], Mapping) else json.loads(data[RESULT])
                tagged = TAG in cell.metadata.get("tags", [])
                yield {
                    "step": step,
                    "heading": heading,
                    "name": name or _snake(result["maker"]),
                    "tagged": tagged,
                    "result": result,
                }


def _data(cells: list[NotebookNode]) -> Iterator[Mapping[str, Any]]:
    for cell in cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                yield output.data


def _name(source: str, makers: dict[str, str]) -> str:
    """The name of what a cell shows last; notes on the way which variable holds what which function made."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a cell with a command of IPython
        return ""
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, maker = statement.targets[0], _maker(statement.value, makers)
            if isinstance(target, ast.Name) and maker:
                makers[target.id] = maker
    last = body[-1] if body else None
    return _maker(last.value, makers) if isinstance(last, ast.Expr) else ""


def _maker(value: ast.expr, makers: Mapping[str, str]) -> str:
    if isinstance(value, ast.Call):
        called = value.func
        if isinstance(called, ast.Attribute):
            return called.attr
        return called.id if isinstance(called, ast.Name) else ""
    if isinstance(value, ast.Attribute):
        inner = _maker(value.value, makers)
        return f"{inner}_{value.attr}" if inner else value.attr
    return makers.get(value.id, value.id) if isinstance(value, ast.Name) else ""


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_") or "result"
