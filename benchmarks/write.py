"""Run the benchmarks and write what they found into docs/benchmarks.md: ``make bench``.

Each section stands between two comments and is replaced alone, so that a long benchmark need not be run again because
a short one was.  ``python benchmarks/write.py tally --rows 1e6 1e7 1e8`` writes one section.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
TALLIES = {"items": "article ratios", "habits": "account habits", "gaps": "gaps"}

Found = dict[str, dict[str, float]]


def machine() -> str:
    """Processor, cores, memory and system, without the machine's name."""
    cpu = (
        re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if Path("/proc/cpuinfo").exists()
        else None
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}"


def run(*command: str) -> Found:
    done = subprocess.run([sys.executable, *command], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tally(sizes: list[float]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = {size: run("tally.py", f"{size:.0f}", "--log", f"{folder}/{size:.0f}.parquet") for size in sizes}
    rows = [_tally_row(size, name, one) for size, one in found.items() for name in TALLIES]
    header = ["events", "tally", "fanecon CPU s", "DuckDB CPU s", "pandas CPU s", "to DuckDB", "to pandas"]
    header += ["fanecon peak MB", "own", "DuckDB own", "pandas own", "own to pandas"]
    text = [
        "CPU seconds of the call in a process of its own, threads added up; *own* megabytes leave out what the process",
        "held after its imports. Up to 1e7 events the median of three rounds in turns. Each contender gives the same",
        "answer (checked on the sums of its columns).",
        "",
        table(header, rows),
        "",
        "Growth exponents of the CPU seconds (1 is in proportion to the events):",
        "",
        table(["tally", *[f"{a:.0e} to {b:.0e}" for a, b in pairwise(sizes)]], _exponents(found)),
        "",
        _versions(found[sizes[0]]),
    ]
    return "\n".join(text)


def _tally_row(size: float, name: str, found: Found) -> list[str]:
    one = found[name]
    own, duck, frame = (one.get(contender) for contender in ("fanecon", "duckdb", "pandas"))
    blank = {"cpu_seconds": math.nan, "own_megabytes": math.nan}
    frame = frame or blank
    cells = [own["cpu_seconds"], duck["cpu_seconds"], frame["cpu_seconds"]]
    ratios = [own["cpu_seconds"] / duck["cpu_seconds"], own["cpu_seconds"] / frame["cpu_seconds"]]
    memory = [own["megabytes"], own["own_megabytes"], duck["own_megabytes"], frame["own_megabytes"]]
    share = own["own_megabytes"] / frame["own_megabytes"]
    told = [f"{size:.0e}", TALLIES[name], *[_two(x) for x in (*cells, *ratios)], *[_whole(x) for x in memory]]
    return [*told, _two(share)]


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _whole(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def _exponents(found: dict[float, Found]) -> list[list[str]]:
    sizes = list(found)
    rows = []
    for name, told in TALLIES.items():
        seconds = [found[size][name]["fanecon"]["cpu_seconds"] for size in sizes]
        steps = pairwise(zip(sizes, seconds, strict=True))
        rows.append([told, *[f"{math.log(d / c) / math.log(b / a):.2f}" for (a, c), (b, d) in steps]])
    return rows


def _versions(found: Found) -> str:
    names = ("python", "duckdb", "ibis-framework", "pandas", "pyarrow")
    return f"{machine()}. " + ", ".join(f"{name} {found[name]}" for name in names) + "."


def loaders() -> str:
    found = run("loaders.py")
    return "\n".join(["```json", json.dumps(found, indent=1), "```", "", machine() + "."])


def lockstep() -> str:
    return _lines("lockstep.py", ("1e5", "1e6", "1e7"))


def coshare() -> str:
    return _lines("coshare.py", ("1e5", "1e6"))


def _lines(script: str, sizes: tuple[str, ...]) -> str:
    found = [json.dumps(run(script, size)) for size in sizes]
    return "\n".join(["```json", *found, "```", "", machine() + "."])


def runner() -> str:
    found = run("runner.py", "7")
    ratio = found.pop("ratio")
    rows = [[name, f"{one['wall']:.1f}", f"{one['cpu']:.1f}", f"{one['bytes']:,.0f}"] for name, one in found.items()]
    text = [
        "The Rainbow Bus report, from command to page, in turn with the bare pipeline; medians of seven rounds.",
        f"Wall clock: **{ratio['wall']:.2f}** of the bare pipeline's (at most {ratio['wall_most']:.2f}); "
        f"CPU: {ratio['cpu']:.2f}.",
    ]
    return "\n".join(
        [*text, "", table(["", "wall s", "CPU s", "bytes of the page"], rows), "", f"Machine: {machine()}."]
    )


SECTIONS: dict[str, tuple[str, Callable[..., str]]] = {
    "tally": ("Tallies of an event log", tally),
    "loaders": ("Loaders", loaders),
    "lockstep": ("Densest block and lockstep", lockstep),
    "coshare": ("Co-sharing", coshare),
    "runner": ("A report beside papermill and nbconvert", runner),
}


def put(name: str, body: str) -> None:
    """Replace one section of the page."""
    title, _ = SECTIONS[name]
    day = datetime.now(UTC).date().isoformat()
    section = (
        f"<!-- {name} -->\n## {title}\n\nMeasured {day}: `python benchmarks/{name}.py`.\n\n{body}\n<!-- /{name} -->"
    )
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Benchmarks\n\nWritten by `make bench`.\n"
    pattern = re.compile(f"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
    page = pattern.sub(lambda _: section, page) if pattern.search(page) else f"{page.rstrip()}\n\n{section}\n"
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sections", nargs="*", default=list(SECTIONS))
    arguments.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7, 1e8])
    asked = arguments.parse_args()
    for name in asked.sections:
        put(name, tally(asked.rows) if name == "tally" else SECTIONS[name][1]())


if __name__ == "__main__":
    main()
