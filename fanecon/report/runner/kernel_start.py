"""What runs inside the kernel's own process, before and beside the notebook.

The kernel ends with the process that started it, and it may not take more memory than the run allows.  What a cell
shows is given two companions that a page needs and a notebook does not: the sentence of a figure as its text for
those who cannot see it, and the numbers of a result as numbers.

Text that comes from data must not be read as mathematics: a nickname such as `$_$` would end the run.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fanecon.report.runner import lifeline
from fanecon.report.runner.cage import LIMIT

RESULT = "application/vnd.fanecon.result+json"
READINGS = "application/vnd.fanecon.readings+json"
MOST_ROWS = 200
OVERALL = "overall"
ENDS = ("estimate", "low", "high")


def main() -> None:
    """Start a kernel as `python -m ipykernel_launcher` does, with limits and companions."""
    lifeline.die_with_parent()
    _limit(int(os.environ.get(LIMIT, "0")))
    from ipykernel.kernelapp import IPKernelApp

    from fanecon.report.runner.drawing import prepare_when_drawing

    prepare_when_drawing()
    _wait_for(Path(sys.argv[sys.argv.index("-f") + 1]))
    app = IPKernelApp.instance()
    app.initialize(sys.argv[1:])  # type: ignore[no-untyped-call]
    _prepare(app.shell)
    app.start()  # type: ignore[no-untyped-call]


def _wait_for(connection: Path) -> None:
    """Wait for the file that says where the sockets are, and for its last letter."""
    while True:
        try:
            if "key" in json.loads(connection.read_text(encoding="utf-8")):
                return
        except (OSError, ValueError):
            time.sleep(0.005)


def _limit(most: int) -> None:
    if not most or sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))


def _prepare(shell: Any) -> None:
    formatter = shell.display_formatter
    shown = formatter.format

    def with_companions(obj: Any, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = shown(obj, include, exclude)
        companions = result_of(obj)
        if companions:
            data = {**data, RESULT: companions}
        picture = figure_text(obj)
        if picture and "image/png" in data:
            metadata = {**metadata, "image/png": {**metadata.get("image/png", {}), "alt": picture}}
        return data, metadata

    formatter.format = with_companions


def figure_text(obj: Any) -> str:
    """The text for those who cannot see a figure: its titles, or what its axes say; empty for anything else."""
    if "matplotlib.figure" not in sys.modules or not isinstance(obj, sys.modules["matplotlib.figure"].Figure):
        return ""
    titles = [obj.get_suptitle(), *(axes.get_title(loc) for axes in obj.axes for loc in ("left", "center", "right"))]
    told = [" ".join(title.split()) for title in titles if title.strip()]
    if told:
        return "Figure: " + " ".join(dict.fromkeys(told))
    axes = [
        f"{one.get_ylabel()} against {one.get_xlabel()}" for one in obj.axes if one.get_xlabel() and one.get_ylabel()
    ]
    return f"Figure: {'; '.join(dict.fromkeys(axes))}" if axes else ""


def result_of(obj: Any) -> dict[str, Any] | None:
    """The numbers of a result or an interval with their unit and sentence; None for anything else."""
    results = sys.modules.get("fanecon.results")
    if results is None:
        return None
    if isinstance(obj, results.Interval):
        return {"rows": [_row("", obj)], "unit": obj.unit, "maker": ""}
    if not isinstance(obj, results.Result):
        return None
    return {
        "rows": list(_rows(obj)),
        "unit": obj.unit,
        "level": obj.level,
        "shows": obj.shows,
        "sentence": obj.sentence,
        "notes": list(obj.notes),
        "maker": type(obj).__name__,
    }


def _rows(result: Any) -> Iterator[dict[str, Any]]:
    table = result.table
    if not set(ENDS) <= set(table.columns):
        yield from _fields(result)
        return
    keys = _keys(table) if len(table) > 1 else [""]
    rows = [
        {"key": key, **{end: _number(line[end]) for end in ENDS}}
        for key, (_, line) in zip(keys, table.head(MOST_ROWS).iterrows(), strict=False)
    ]
    known = [[row[end] for end in ENDS] for row in rows]
    more = [field for field in _fields(result) if [field[end] for end in ENDS] not in known]
    yield from sorted([*rows, *more], key=lambda row: bool(row["key"]))


def _keys(table: Any) -> list[str]:
    """What tells the rows of a table apart: its first columns of words, as few as do."""
    words = [name for name in table.columns if name not in ENDS and table[name].dtype.kind not in "iufcb"]
    for many in range(1, len(words) + 1):
        joined = table[words[:many]].astype("string").fillna("").agg(" ".join, axis=1).str.strip()
        if joined.is_unique:
            return ["" if key == OVERALL else key for key in joined]
    return [str(number) for number in range(1, len(table) + 1)]


def _fields(result: Any) -> Iterator[dict[str, Any]]:
    interval = sys.modules["fanecon.results"].Interval
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if isinstance(value, interval):
            yield {**_row("" if field.name == OVERALL else field.name, value), "unit": value.unit}


def _row(key: str, interval: Any) -> dict[str, Any]:
    return {"key": key, **{end: _number(getattr(interval, end)) for end in ENDS}}


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def tell_readings() -> None:
    """Show what the notebook has read, as data for the record; the page does not draw it."""
    readings = sys.modules.get("fanecon.readings")
    listed = [dataclasses.asdict(one) for one in readings.so_far()] if readings else []
    from IPython.display import display

    display({READINGS: json.dumps(listed)}, raw=True)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
