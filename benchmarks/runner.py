"""A report, beside papermill and nbconvert: ``python benchmarks/runner.py [ROUNDS]`` prints one JSON document.

Both make one HTML page of the same notebook with the same kernel, as commands in processes of their own, in turn.
The peer is what people type: ``papermill NOTEBOOK OUT && jupyter nbconvert --to html OUT``.  It checks nothing,
watches nothing and writes in place; fanecon does all that and must still be the faster one.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE.parent / "notebooks" / "01_rainbow_bus.ipynb"
BIN = Path(sys.executable).parent

Timed = tuple[float, float]


def timed(*commands: list[str]) -> Timed:
    """Wall and CPU seconds of some commands one after the other."""
    before, began = os.times(), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return time.perf_counter() - began, sum(after[2:4]) - sum(before[2:4])


def fanecon(folder: Path) -> Timed:
    return timed([str(BIN / "fanecon"), "run", str(NOTEBOOK), "-o", str(folder / "own.html")])


def bare(folder: Path) -> Timed:
    out = str(folder / "bare.ipynb")
    return timed(
        [str(BIN / "papermill"), str(NOTEBOOK), out, "--no-progress-bar"],
        [str(BIN / "jupyter"), "nbconvert", "--to", "html", out],
    )


def rounds(count: int) -> dict[str, dict[str, float]]:
    """The medians of both, and of their ratio round by round."""
    ways: dict[str, Callable[[Path], Timed]] = {"fanecon": fanecon, "papermill and nbconvert": bare}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for way in ways.values():
            way(folder)  # the files of the libraries are read once from the disk, for both
        found = [{name: way(folder) for name, way in ways.items()} for _ in range(count)]
        size = {"fanecon": folder / "own.html", "papermill and nbconvert": folder / "bare.html"}
        table = {
            name: {
                "wall": statistics.median(one[name][0] for one in found),
                "cpu": statistics.median(one[name][1] for one in found),
                "bytes": size[name].stat().st_size,
            }
            for name in ways
        }
    first, second = ways
    for at, what in enumerate(("wall", "cpu")):
        ratios = [one[first][at] / one[second][at] for one in found]
        table.setdefault("ratio", {}).update({what: statistics.median(ratios), f"{what}_most": max(ratios)})
    return table


if __name__ == "__main__":
    print(json.dumps(rounds(int(sys.argv[1]) if len(sys.argv) > 1 else 5)))
