"""Who acted together, and on what evidence: flagged accounts joined by ties, purses, crowded starts or blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.evidence import Evidence

LIKELY, LEAST = 0.5, 3
COLUMNS = ["group", "accounts", "mean_bits", "ties", "shared_outsiders", "crowded_starts", "first_at", "span_hours"]


def joined(evidence: Evidence, flagged: Array) -> dict[str, tuple[Array, Array]]:
    """Pairs of flagged accounts by the kind of evidence that joins them."""
    ties, found = evidence.ties, {}
    likely = ties.same >= LIKELY
    for name, held in (("ties", ties.direct), ("shared_outsiders", ~ties.direct)):
        found[name] = ties.one[likely & held], ties.other[likely & held]
    crowded = evidence.crowd.pairs if evidence.crowd is not None else (np.empty(0, int), np.empty(0, int))
    found["crowded_starts"] = crowded
    both = {name: flagged[one] & flagged[other] for name, (one, other) in found.items()}
    return {name: (one[both[name]], other[both[name]]) for name, (one, other) in found.items()}


def groups_of(evidence: Evidence, case: Array, flagged: Array) -> tuple[Array, pd.DataFrame]:
    """The group of each account (0 = none), and one row per group of at least three.

    Returns
    -------
    (array, DataFrame)
        group (1, 2 … by size), accounts (people), mean_bits, how many pairs each evidence joins, first_at (UTC),
        span_hours (from the first to the last start).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size, pairs = len(case), joined(evidence, flagged)
    one, other = (np.concatenate([pair[side] for pair in pairs.values()]) for side in (0, 1))
    label = connected_components(coo_array((np.ones(len(one)), (one, other)), (size, size)), directed=False)[1]
    label = np.where(flagged, label, -1)
    people = pd.Series(label[label >= 0]).value_counts(sort=False)
    people = people[people >= LEAST].sort_index().sort_values(ascending=False, kind="stable")
    number = pd.Series(np.arange(1, len(people) + 1), index=people.index)
    group = number.reindex(label).fillna(0).astype(int).to_numpy()
    rows = [_row(at, group == at, evidence, case, {k: int((group[v[0]] == at).sum()) for k, v in pairs.items()})
            for at in number]  # fmt: skip
    return group, pd.DataFrame(rows, columns=COLUMNS)


def _row(number: int, held: Array, evidence: Evidence, case: Array, by: dict[str, int]) -> dict[str, object]:
    begun = evidence.starts.seconds[held]
    timed = bool(np.isfinite(begun).any())
    return {
        "group": number,
        "accounts": int(held.sum()),
        "mean_bits": float(case[held].mean()),
        **by,
        "first_at": pd.Timestamp(float(np.nanmin(begun)), unit="s", tz="UTC") if timed else pd.NaT,
        "span_hours": float(np.nanmax(begun) - np.nanmin(begun)) / 3600 if timed else np.nan,
    }
