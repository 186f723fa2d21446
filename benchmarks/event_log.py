"""A log of events for benchmarks: as many rows as asked, in order of time, the same for the same seed.

A fiftieth as many accounts as rows (64-bit ids, a heavy-tailed activity), a thousandth as many items, three actions,
six campaigns of three days each in a year.  Written in pieces, so that 1e8 rows need little memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START, YEAR, DAY = 1_600_000_000_000_000, 365 * 86_400 * 10**6, 86_400 * 10**6
PIECE = 1_000_000
ACTIONS, SHARES = ["open", "read", "share"], [0.5, 0.4, 0.1]
SCHEMA = pa.schema(
    [
        ("actor_id", pa.int64()),
        ("item_id", pa.int32()),
        ("action", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("campaign_id", pa.string()),
    ]
)


def generate(path: Path, rows: int, seed: int = 7) -> None:
    draw = np.random.default_rng(seed)
    accounts = np.unique(draw.integers(1, 2**62, max(rows // 50, 1)))
    draw.shuffle(accounts)
    activity = np.cumsum(draw.pareto(1.2, accounts.size) + 1)
    fame = np.cumsum(1 / np.arange(1, max(rows // 1000, 1) + 1) ** 0.8)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as out:
        for start in range(0, rows, PIECE):
            out.write_table(_piece(draw, accounts, activity, fame, (start, min(start + PIECE, rows), rows)))


def _piece(
    draw: np.random.Generator, accounts: np.ndarray, activity: np.ndarray, fame: np.ndarray, part: tuple[int, int, int]
) -> pa.Table:
    start, stop, rows = part
    count = stop - start
    actor = accounts[np.searchsorted(activity, draw.random(count) * activity[-1])]
    item = np.searchsorted(fame, draw.random(count) * fame[-1]).astype(np.int32)
    action = draw.choice(len(ACTIONS), count, p=SHARES).astype(np.int8)
    time = np.sort(START + ((start + draw.random(count) * count) / rows * YEAR).astype(np.int64))
    day = (time - START) // DAY
    inside = (day % 60 < 3) & (draw.random(count) < 0.5)
    campaign = pa.array((day // 60).astype(np.int8), mask=~inside)
    return pa.table(
        [
            pa.array(actor),
            pa.array(item),
            pa.DictionaryArray.from_arrays(pa.array(action), pa.array(ACTIONS)).cast(pa.string()),
            pa.array(time, pa.timestamp("us", "UTC")),
            pa.DictionaryArray.from_arrays(campaign, pa.array([f"c{at}" for at in range(7)])).cast(pa.string()),
        ],
        schema=SCHEMA,
    )


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(float(sys.argv[2])))
