"""Write articles.csv: forty simulated articles of one official account, from a seed.

The truth behind them: 5 % of readers share (strength 60), one sharer begets 0.6 more, 20,000 followers each time.
"""

import hashlib
from pathlib import Path

from fanecon.metrics.sharing import simulate_articles

HERE = Path(__file__).resolve().parents[1]


def text() -> str:
    frame = simulate_articles(40, rate=0.05, strength=60.0, reproduction=0.6, delivered=20_000, seed=20260105)
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")


if __name__ == "__main__":
    written = text().encode("utf-8")
    (HERE / "articles.csv").write_bytes(written)
    print("articles.csv", hashlib.sha256(written).hexdigest())
