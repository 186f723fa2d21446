"""How well reward hunters are found without labels, on the accounts of a public airdrop: one JSON line.

    python benchmarks/hunters_hop.py DIR

DIR holds hop_accounts.parquet (account, first_use, volume_usd; hunter, label_source and group for evaluation only),
hop_edges.parquet (src, dst, layer, n) and hop_shared_counterparties.parquet (ext, account, direction, n).  Intervals
are bootstraps over groups of labels and, for accounts in none, components of the ties.  With labels: each of ten
disjoint tenths of these groups and components is known in turn, the rest is judged, and the mean is given.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import fanecon as fe
from fanecon.metrics.hunters.ranking import average_precision, clustered, weighted_auc

TENTHS, DRAWS, REPORT = 10, 200, "report"


def tables(folder: Path) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame]:
    """The accounts without labels, the ties, and the labels by account."""
    rows = pd.read_parquet(folder / "hop_accounts.parquet")
    accounts = rows[["account", "first_use", "volume_usd"]]
    accounts = accounts.set_axis(["account", "first_seconds", "amount"], axis=1)
    links = pd.read_parquet(folder / "hop_edges.parquet").rename(columns={"layer": "kind", "n": "weight"})
    shared = pd.read_parquet(folder / "hop_shared_counterparties.parquet").rename(columns={"ext": "value"})
    truth = rows.set_index("account")[["hunter", "label_source", "group"]]
    return accounts, {"links": links, "shared": shared}, truth


def clusters_of(truth: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
    """The group of the label where there is one, else the component of the ties."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = truth.index.get_indexer(links["src"]), truth.index.get_indexer(links["dst"])
    component = connected_components(coo_array((np.ones(len(links)), ends), (len(truth), len(truth))))[1]
    group = truth["group"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(group), component + 1_000_000, group).astype(int)


def bits(accounts: pd.DataFrame, ties: dict[str, pd.DataFrame], labels: pd.Series | None = None) -> np.ndarray:
    found = fe.find_hunters(accounts, **ties, labels=labels)
    return found.table.set_index("account")["bits"].reindex(accounts["account"]).to_numpy()


def told(value: fe.Interval) -> dict[str, float]:
    return {name: round(getattr(value, name), 4) for name in ("estimate", "low", "high")}


def with_labels(accounts: pd.DataFrame, ties: dict[str, pd.DataFrame], hunter: np.ndarray, units: np.ndarray) -> dict:
    """Mean AUC on the rest over the tenths, with a bootstrap over units that is the same for all of them."""
    rng = np.random.default_rng(0)
    names, place = np.unique(units, return_inverse=True)
    tenth = rng.permutation(np.arange(len(names)) % TENTHS)[place]
    scores = []
    for at in range(TENTHS):
        known = tenth == at
        scores.append(bits(accounts, ties, pd.Series(hunter[known].astype(int), index=accounts["account"][known])))
    areas = []
    for draw in range(DRAWS + 1):
        count = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names)) if draw else 1 + 0 * names
        weight = count[place].astype(float)
        areas.append([weighted_auc(score, hunter, weight * (tenth != at)) for at, score in enumerate(scores)])
    means = np.mean(areas, axis=1)
    low, high = np.quantile(means[1:], [0.025, 0.975])
    spread = {"least": round(min(areas[0]), 4), "most": round(max(areas[0]), 4)}
    return {**told(fe.Interval(means[0], min(low, means[0]), max(high, means[0]))), **spread}


def main(folder: Path) -> dict[str, object]:
    accounts, ties, truth = tables(folder)
    start = time.perf_counter()
    score = bits(accounts, ties)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    hunter, units = truth["hunter"].to_numpy() == 1, clusters_of(truth, ties["links"])
    reported = (truth["label_source"] == REPORT).to_numpy() | ~hunter
    return {
        "benchmark": "hunters_hop",
        "accounts": len(accounts),
        "hunters": int(hunter.sum()),
        "auc_all": told(clustered(weighted_auc, score, hunter, units)),
        "auc_report": told(clustered(weighted_auc, score[reported], hunter[reported], units[reported])),
        "ap_all": told(clustered(average_precision, score, hunter, units)),
        "auc_all_10pct_labels": with_labels(accounts, ties, hunter, units),
        "seconds": round(seconds, 2),
        "seconds_in_all": round(time.perf_counter() - start, 2),
        "peak_mb": round(peak),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder that holds hop_accounts, hop_edges and hop_shared_counterparties (.parquet).")
    print(json.dumps(main(Path(sys.argv[1]))))
