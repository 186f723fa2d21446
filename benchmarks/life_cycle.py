"""How long reposts of one post go on, on the public set of Chinese rumour cascades: one JSON line.

    python benchmarks/life_cycle.py DIR

DIR holds ced_reposts.parquet (cascade_id, dt in seconds after the original) and ced_originals.parquet (cascade_id).
T90 is the time of repost number 0.9·n, rounded up, since the original; the original sets the clock and is not counted,
reposts before it (a clock that was wrong) are left out, and a cascade needs 10 reposts to have a T90.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd

import fanecon as fe
from fanecon.results import Interval

HOURS = {"t90_within_48_h": 48.0, "t90_within_7_d": 168.0}


def reposts_of(folder: Path) -> pd.DataFrame:
    """Reposts of the cascades whose original is known: cascade_id, seconds."""
    reposts = pd.read_parquet(folder / "ced_reposts.parquet", columns=["cascade_id", "dt"])
    originals = pd.read_parquet(folder / "ced_originals.parquet", columns=["cascade_id"])
    known = reposts["cascade_id"].isin(originals["cascade_id"])
    return reposts[known].rename(columns={"dt": "seconds"})


def told(value: Interval) -> dict[str, float]:
    return {name: round(getattr(value, name), 4) for name in ("estimate", "low", "high")}


def main(folder: Path) -> dict[str, object]:
    start = time.perf_counter()
    lives = fe.measure_life_cycle(reposts_of(folder))
    return {
        "benchmark": "life_cycle",
        "cascades": len(lives.items),
        "cascades_with_t90": len(lives.times("t90")),
        "median_t50_h": told(lives.quantile(0.5, measure="t50")),
        "median_t90_h": told(lives.quantile(0.5, measure="t90")),
        **{name: told(lives.share_within(hours)) for name, hours in HOURS.items()},
        "level": lives.level,
        "seconds": round(time.perf_counter() - start, 3),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder that holds ced_reposts.parquet and ced_originals.parquet.")
    print(json.dumps(main(Path(sys.argv[1]))))
