"""Who is tied to whom, and how many of those ties are one hand.

A transfer, an invitation, a shared device or purse makes a tie; what thousands share (an exchange, a mobile carrier)
makes none.  A tie is not yet a suspicion: friends pay each other too.  For each kind of tie the share that is one hand
is learned from how close the two began (:mod:`fanecon.metrics.hunters.closeness`); a tie of a popular account is a
kind of its own, so that a hub whose neighbours began at all times is discounted by its own numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import ASSUMED_SHARE, Array, Closeness, Pairs, Starts
from fanecon.metrics.hunters.crowd import Background

HUBS = (20, 100)
SHARING = (2, 3, 6, 11, 21, 51)
MOST_SHARING = 120
LEAST_KIND = 100
SIZES, PARTNERS = (2, 3, 5, 10, 20, 50), (0.3, 1.2, 2.5, 4.5)
OUTSIDE = (0.05, 0.3, 0.8, 2.0, 5.0)


class Ties(NamedTuple):
    """Pairs of accounts (positions, the smaller first): the chance that they are one hand, and that of their kind."""

    one: Array
    other: Array
    same: Array
    usual: Array
    direct: Array

    def partners(self, size: int, *, direct: bool) -> Array:
        """Expected number of partners of the same hand."""
        held = self.direct == direct
        return np.bincount(self.one[held], self.same[held], size) + np.bincount(self.other[held], self.same[held], size)


def direct_pairs(links: pd.DataFrame, names: pd.Index) -> list[Pairs]:
    """The pairs of a table of ties (src, dst, perhaps kind and weight) by kind; ties to others are left out."""
    one, other = names.get_indexer(links["src"]), names.get_indexer(links["dst"])
    kinds = links["kind"].astype(str) if "kind" in links else pd.Series("tie", index=links.index)
    weight = links["weight"].astype(float) if "weight" in links else pd.Series(1.0, index=links.index)
    frame = pd.DataFrame(
        {
            "one": np.minimum(one, other),
            "other": np.maximum(one, other),
            "kind": kinds.to_numpy(),
            "weight": weight.to_numpy(),
        }
    )
    frame = frame[(frame["one"] >= 0) & (frame["one"] < frame["other"])]
    pairs = frame.groupby(["one", "other"], sort=True).agg(
        kinds=("kind", "nunique"), kind=("kind", "first"), weight=("weight", "sum")
    )
    return list(_by_class(pairs.reset_index(), len(names)))


def _by_class(pairs: pd.DataFrame, size: int) -> Iterator[Pairs]:
    """By kind (several kinds are one of their own), by how often, and by how popular the more popular end is."""
    if pairs.empty:
        return
    degree = np.bincount(pairs["one"], minlength=size) + np.bincount(pairs["other"], minlength=size)
    hub = np.searchsorted(HUBS, np.maximum(degree[pairs["one"]], degree[pairs["other"]]), side="left")
    often = np.where(pairs["weight"] > pairs["weight"].median(), "often", "seldom")
    kind = pairs["kind"].where(pairs["kinds"] == 1, "several kinds")
    named = kind + ", " + pd.Series(often, index=pairs.index) + ", " + pd.Series(hub.astype(str), index=pairs.index)
    rare = named.map(named.value_counts()) < LEAST_KIND
    named = named.where(~rare, "other, " + pd.Series(hub.astype(str), index=pairs.index))
    for name, held in pairs.groupby(named, sort=True):
        yield Pairs(str(name), held["one"].to_numpy(), held["other"].to_numpy())


def sharing_pairs(shared: pd.DataFrame, names: pd.Index) -> list[Pairs]:
    """The pairs that share a value (value, account, perhaps direction), by how many share it and by direction."""
    frame = pd.DataFrame({"value": shared["value"].to_numpy(), "account": names.get_indexer(shared["account"])})
    frame["side"] = shared["direction"].to_numpy() if "direction" in shared else 0
    held = frame[frame["account"] >= 0].groupby(["value", "account"], sort=True)["side"].max().reset_index()
    held["holders"] = held.groupby("value")["account"].transform("size")
    held = held[(held["holders"] >= 2) & (held["holders"] <= MOST_SHARING)]
    band = np.searchsorted(SHARING, held["holders"], side="right")
    found = []
    for (rank, side), group in held.groupby([band, "side"], sort=True):
        pairs = _all_pairs(group)
        if len(pairs[0]):
            found.append(Pairs(f"shared {SHARING[int(rank) - 1]}+, side {side}", *pairs))
    return found


def _all_pairs(group: pd.DataFrame) -> tuple[Array, Array]:
    pairs = [np.empty((2, 0), np.int64)]
    for _, members in group.groupby("value", sort=True)["account"]:
        who = np.sort(members.to_numpy())
        pairs.append(who[np.array(np.triu_indices(len(who), 1))])
    one, other = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return one, other


def weigh_ties(starts: Starts, around: Background, closeness: Closeness, kinds: list[Pairs], direct: int) -> Ties:
    """The chance of one hand for every tie, from the share of its kind and how close the two began.

    `direct` says how many of the kinds, from the first on, are direct ties.
    """
    parts = [
        (
            pairs.one,
            pairs.other,
            _chance(starts, around, closeness, pairs, float(share)),
            np.full(len(pairs.one), float(share)),
            np.full(len(pairs.one), at < direct),
        )
        for at, (pairs, share) in enumerate(zip(kinds, closeness.shares, strict=True))
    ]
    if not parts:
        empty = np.empty(0, np.int64)
        return Ties(empty, empty, np.empty(0), np.empty(0), np.empty(0, bool))
    return Ties(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _chance(starts: Starts, around: Background, closeness: Closeness, pairs: Pairs, share: float) -> Array:
    gap, apart = starts.cells(pairs.one, pairs.other)
    local = around.around(pairs.one, pairs.other, gap, apart)
    share = min(max(share, 1e-3), 0.95) if closeness.learned else ASSUMED_SHARE
    odds = share / (1 - share) * closeness.ratio[gap, apart] / local
    return np.asarray(odds / (1 + odds))


def components(ties: Ties, size: int) -> Array:
    """The component of each account over direct ties."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    held = ties.direct
    matrix = coo_array((np.ones(int(held.sum())), (ties.one[held], ties.other[held])), (size, size))
    return np.asarray(connected_components(matrix, directed=False)[1])
