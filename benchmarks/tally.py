"""Tallies of an event log: fanecon beside hand-written SQL in DuckDB and beside pandas, the same answer from each.

``python benchmarks/tally.py ROWS`` generates a log of that many events and prints one line of JSON: for each of the
three tallies (article ratios, account habits, gaps) the CPU seconds, wall seconds and peak megabytes of each contender
in a process of its own, and the ratios.  The contenders take turns; of three rounds (one above 2e7 rows) the median by
CPU seconds counts.  Megabytes are those of the whole process; `own_megabytes` leaves out what the process held after
its imports.  pandas is left out above 3e7 rows unless ``--pandas`` is given; ``--log PATH`` keeps the log there and
uses it again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from event_log import generate

MOST_PANDAS = 30_000_000
ROUNDS, FEW_ROWS = 3, 20_000_000
PACKAGES = ("fanecon", "duckdb", "ibis-framework", "pandas", "pyarrow")

FRAME = """
import json, re, sys, time
{imports}
def peak():  # not ru_maxrss, which a new process inherits
    return int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) / 1000
path, before = sys.argv[1], peak()
wall, cpu = time.perf_counter(), time.process_time()
{work}
spent = {{"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}}
spent |= {{"megabytes": peak(), "own_megabytes": peak() - before}}
def total(column):
    return float(column.astype("float64").sum())
checks = {{"rows": len(table)}}
for name in {checked}:
    checks[name] = total(table[name])
print(json.dumps({{**spent, "checks": checks}}))
"""

DUCKDB_IMPORTS = "import duckdb, pandas, pyarrow"
DUCKDB = """
con = duckdb.connect(config={{"threads": {threads}, "memory_limit": "3GB", "preserve_insertion_order": False}})
con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
table = con.execute(\"\"\"{sql}\"\"\".replace("LOG", path)).df()
"""

CHECKED = {
    "items": ["events", "open_times", "read_times", "share_times"],
    "habits": ["events", "campaign_events", "mean_gap_seconds", "one_day", "one_item"],
    "gaps": ["gaps", "mean_seconds", "sd_seconds", "min_seconds", "max_seconds"],
}

FANECON = {
    "items": "table = fe.tally.items(path, actions=('open', 'read', 'share'), people=False)",
    "habits": "table = fe.tally.account_habits(path)",
    "gaps": "table = fe.tally.account_gaps(path)",
}

SQL = {
    "items": """
SELECT item_id, count(*) AS events, count(*) FILTER (action = 'open') AS open_times,
       count(*) FILTER (action = 'read') AS read_times, count(*) FILTER (action = 'share') AS share_times,
       min(time) AS first_at, max(time) AS last_at
FROM 'LOG' WHERE item_id IS NOT NULL AND action IS NOT NULL GROUP BY item_id""",
    "habits": """
SELECT *, events - campaign_events AS organic_events, campaign_events / events AS campaign_share,
       date_diff('microsecond', first_at, last_at) / 1e6 / nullif(events - 1, 0) AS mean_gap_seconds,
       first_at = first_campaign_at AS entered_by_campaign
FROM (SELECT actor_id, count(*) AS events, min(time) AS first_at, max(time) AS last_at,
             (epoch_us(min(time)) + 28800000000) // 86400000000
             = (epoch_us(max(time)) + 28800000000) // 86400000000 AS one_day,
             count(campaign_id) AS campaign_events,
             min(time) FILTER (campaign_id IS NOT NULL) AS first_campaign_at,
             max(time) FILTER (campaign_id IS NOT NULL) AS last_campaign_at,
             max(time) FILTER (campaign_id IS NULL) AS last_organic_at,
             min(item_id) = max(item_id) AND count(item_id) = count(*) AS one_item
      FROM 'LOG' WHERE actor_id IS NOT NULL AND time IS NOT NULL GROUP BY actor_id)""",
    "gaps": """
SELECT actor_id, count(gap) AS gaps, avg(gap) / 1e6 AS mean_seconds, stddev_samp(gap) / 1e6 AS sd_seconds,
       min(gap) / 1e6 AS min_seconds, max(gap) / 1e6 AS max_seconds
FROM (SELECT actor_id, us - lag(us) OVER (PARTITION BY actor_id ORDER BY us) AS gap
      FROM (SELECT actor_id, epoch_us(time) AS us FROM 'LOG' WHERE actor_id IS NOT NULL AND time IS NOT NULL))
WHERE gap IS NOT NULL GROUP BY actor_id""",
}

PANDAS = {
    "items": """
log = pd.read_parquet(path, columns=["item_id", "action", "time"]).dropna(subset=["item_id", "action"])
table = log.groupby("item_id").agg(events=("time", "size"), first_at=("time", "min"), last_at=("time", "max"))
counts = log.groupby(["item_id", "action"]).size().unstack(fill_value=0).add_suffix("_times")
table = table.join(counts).reset_index()
""",
    "habits": """
log = pd.read_parquet(path, columns=["actor_id", "item_id", "time", "campaign_id"])
log = log.dropna(subset=["actor_id", "time"])
groups = log.groupby("actor_id")
table = groups.agg(events=("time", "size"), first_at=("time", "min"), last_at=("time", "max"),
                   campaign_events=("campaign_id", "count"), least=("item_id", "min"), most=("item_id", "max"),
                   known=("item_id", "count"))
inside = log["campaign_id"].notna()
campaign = log[inside].groupby("actor_id")["time"].agg(first_campaign_at="min", last_campaign_at="max")
organic = log[~inside].groupby("actor_id")["time"].max().rename("last_organic_at")
table = table.join(campaign).join(organic).reset_index()
table["one_item"] = (table.pop("least") == table.pop("most")) & (table.pop("known") == table["events"])
days = [table[name].dt.tz_convert("Asia/Shanghai").dt.normalize() for name in ("first_at", "last_at")]
table["one_day"] = days[0] == days[1]
span = (table["last_at"] - table["first_at"]).dt.total_seconds()
table["mean_gap_seconds"] = span / (table["events"] - 1).where(table["events"] > 1)
table["organic_events"] = table["events"] - table["campaign_events"]
table["campaign_share"] = table["campaign_events"] / table["events"]
table["entered_by_campaign"] = table["first_at"] == table["first_campaign_at"]
""",
    "gaps": """
log = pd.read_parquet(path, columns=["actor_id", "time"])
log = log.dropna(subset=["actor_id", "time"]).sort_values(["actor_id", "time"])
log["gap"] = log.groupby("actor_id")["time"].diff().dt.total_seconds()
table = log.dropna(subset=["gap"]).groupby("actor_id")["gap"].agg(
    gaps="count", mean_seconds="mean", sd_seconds="std", min_seconds="min", max_seconds="max").reset_index()
""",
}


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def code(contender: str, tally: str) -> str:
    if contender == "fanecon":
        imports = "import fanecon as fe, duckdb, ibis, numba, pandas, pyarrow\nfe.tally.open_log, ibis.duckdb"
        work = FANECON[tally]
    elif contender == "duckdb":
        imports, work = DUCKDB_IMPORTS, DUCKDB.format(threads=cores(), sql=SQL[tally])
    else:
        imports, work = "import pandas as pd, pyarrow.parquet", PANDAS[tally]
    return FRAME.format(imports=imports, work=work, checked=CHECKED[tally])


def measured(contender: str, tally: str, log: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code(contender, tally), log], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{contender} failed at {tally}:\n{done.stderr}")
    return json.loads(done.stdout)


def same(found: dict[str, dict[str, object]], tally: str) -> None:
    """Stop where two contenders do not give the same answer."""
    own = found["fanecon"]["checks"]
    for name, one in found.items():
        for column, value in one.pop("checks").items():
            if not math.isclose(value, own[column], rel_tol=1e-9):
                raise SystemExit(f"{tally}: {name} finds {column} {value}, fanecon {own[column]}")


def middle(rounds: list[dict[str, object]]) -> dict[str, object]:
    """The round whose CPU seconds are the median."""
    return sorted(rounds, key=lambda one: one["cpu_seconds"])[len(rounds) // 2]


def compared(tally: str, log: Path, contenders: list[str], rounds: int) -> dict[str, object]:
    """The contenders take turns, so that whatever else the machine does meets all of them."""
    turns = [{name: measured(name, tally, log) for name in contenders} for _ in range(rounds)]
    found = {name: middle([turn[name] for turn in turns]) for name in contenders}
    same(found, tally)
    told: dict[str, object] = {
        name: {key: round(value, 3) for key, value in one.items()} for name, one in found.items()
    }
    own = found["fanecon"]
    for name in contenders[1:]:
        for key in ("cpu_seconds", "wall_seconds", "megabytes", "own_megabytes"):
            told[f"{key}_over_{name}"] = round(own[key] / max(found[name][key], 1e-9), 3)
    return told


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rows", type=float)
    arguments.add_argument("--pandas", action="store_true", help="measure pandas at any size")
    arguments.add_argument(
        "--rounds", type=int, help=f"how often to measure ({ROUNDS} up to {FEW_ROWS:,} rows, else 1)"
    )
    arguments.add_argument("--log", type=Path, help="keep the generated log here, or use the one that is here")
    arguments.add_argument("--tallies", nargs="*", default=list(FANECON), choices=list(FANECON))
    asked = arguments.parse_args()
    rows = int(asked.rows)
    rounds = asked.rounds or (ROUNDS if rows <= FEW_ROWS else 1)
    contenders = ["fanecon", "duckdb", *(["pandas"] if asked.pandas or rows <= MOST_PANDAS else [])]
    with tempfile.TemporaryDirectory() as folder:
        log = asked.log or Path(folder) / "log.parquet"
        if not log.exists():
            generate(log, rows)
        told = {name: compared(name, log, contenders, rounds) for name in asked.tallies}
        size = log.stat().st_size
    print(
        json.dumps(
            {
                "rows": rows,
                "rounds": rounds,
                "cores": cores(),
                "log_megabytes": round(size / 1e6, 1),
                **told,
                **versions(),
            }
        )
    )


if __name__ == "__main__":
    main()
