"""Time co-sharing against a DuckDB range self-join: ``python benchmarks/coshare.py 1e6``.

A log of about SHARES shares in order of time: heavy-tailed objects (the largest has a hundredth of the shares),
heavy-tailed accounts, and a ring that shares objects within half a minute.  Pairs of accounts that shared at least two
of the same objects within 60 seconds.  Prints one JSON line: CPU seconds, `ratio`, whether the pairs and their counts
are equal, and what each added to the memory it held with the log (`peak_mb`).

DuckDB is asked in two ways, the faster counts.  Each contender runs in a process of its own, held to one thread;
compilation is outside the clock.  fanecon also works out what chance would give for every pair.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from alone import ONE_THREAD

HERE = Path(__file__).resolve().parent

COMMON = """
import json, re, sys, time
import numpy as np
import pandas as pd
path, shares = sys.argv[1] + "/log.parquet", int(sys.argv[2])
def peak():  # not ru_maxrss, which a new process inherits
    return int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) / 1024
def held():  # what the process holds now, from which a new peak is taken
    open("/proc/self/clear_refs", "w").write("5")
    return peak()
def told(frame, took, megabytes, **more):
    frame.to_parquet(sys.argv[1] + "/" + sys.argv[3] + ".parquet")
    print(json.dumps({"seconds": took, "megabytes": megabytes, "pairs": len(frame), **more}))
"""

DRAW = """
rng = np.random.default_rng(1)
accounts, objects, month = shares // 50, shares // 100, 30 * 86_400.0
popular = np.arange(1, objects + 1) ** -0.9
popular = np.minimum(popular / popular.sum(), 0.01)
busy = rng.pareto(1.5, accounts) + 1
what = rng.choice(objects, shares, p=popular / popular.sum())
who = rng.choice(accounts, shares, p=busy / busy.sum())
when = rng.uniform(0, month, objects)[what] + rng.exponential(86_400, shares)
jobs = max(5, shares // 10_000)
target, sitting = rng.choice(objects, jobs), rng.uniform(0, month, jobs)
ring = rng.choice(accounts, 100, replace=False)
what, who = np.append(what, np.repeat(target, 20)), np.append(who, rng.choice(ring, 20 * jobs))
when = np.append(when, np.repeat(sitting, 20) + rng.uniform(0, 30, 20 * jobs))
order = np.argsort(when, kind="stable")
time_ = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(when[order].astype(np.int64), unit="s")
frame = pd.DataFrame({"actor_id": who[order], "item_id": what[order], "time": time_})
frame.to_parquet(path)
print(json.dumps({"shares": len(frame), "largest_object": int(np.bincount(what).max())}))
"""

OWN = """
import fanecon as fe
frame = pd.read_parquet(path)
start = time.process_time()
fe.co_sharing(pd.concat([frame.head(1_000)] * 150))
warm, before, took = time.process_time() - start, held(), []
for _ in range(3):
    start = time.process_time()
    found = fe.co_sharing(frame)
    took.append(time.process_time() - start)
table = found.table.sort_values(["src", "dst"])[["src", "dst", "objects"]]
beyond = int(found.table["beyond_chance"].sum())
told(table, min(took), peak() - before, first_call_seconds=warm, beyond_chance=beyond)
"""

DUCKDB = """
import duckdb
engine = duckdb.connect()
engine.execute("SET threads = 1; SET enable_progress_bar = false")
engine.execute(f"CREATE TABLE log AS SELECT actor_id, item_id, epoch_us(time) AS at FROM '{path}'")
near = ("FROM log a JOIN log b ON a.item_id = b.item_id AND a.actor_id < b.actor_id "
        "AND b.at BETWEEN a.at - 60000000 AND a.at + 60000000")
asked = {
    "count distinct": f"SELECT a.actor_id AS src, b.actor_id AS dst, count(DISTINCT a.item_id) AS objects {near} "
                      "GROUP BY ALL HAVING objects >= 2",
    "distinct first": "SELECT src, dst, count(*) AS objects FROM (SELECT DISTINCT a.actor_id AS src, "
                      f"b.actor_id AS dst, a.item_id AS item {near}) GROUP BY ALL HAVING objects >= 2",
}
before, took = held(), {}
for name, query in asked.items():
    start = time.process_time()
    found = engine.execute(query).df()
    took[name] = time.process_time() - start
told(found.sort_values(["src", "dst"]), min(took.values()), peak() - before, ways=took)
"""


def measured(code: str, *arguments: str) -> dict:
    """What the code prints, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COMMON + code, *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(HERE.parent)},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def equal(folder: str) -> bool:
    import pandas as pd

    own, other = (pd.read_parquet(f"{folder}/{name}.parquet").astype("int64") for name in ("fanecon", "duckdb"))
    return own.reset_index(drop=True).equals(other.reset_index(drop=True))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("shares", type=float)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = str(int(asked.shares))
        drawn = measured(DRAW, folder, size)
        own, duck = measured(OWN, folder, size, "fanecon"), measured(DUCKDB, folder, size, "duckdb")
        same = equal(folder)
    told = {
        **drawn,
        "pairs": own["pairs"],
        "pairs_equal": same,
        "times": {"fanecon": own["seconds"], "duckdb": duck["seconds"], "first_call": own["first_call_seconds"]},
        "duckdb_ways": duck["ways"],
        "ratio": duck["seconds"] / own["seconds"],
        "peak_mb": own["megabytes"],
        "duckdb_peak_mb": duck["megabytes"],
        "beyond_chance": own["beyond_chance"],
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "numba", "numpy", "pandas")},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
