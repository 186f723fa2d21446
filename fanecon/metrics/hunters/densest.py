"""The densest block: accounts and items with the most weight between them for their number (FRAUDAR's objective).

A farm that acts on the same few items leaves a dense corner in the table of who acted on what.  Hooi et al. (2016)
measure a set of accounts and items by the weight of the edges inside over the number of members, where an edge to an
item of degree d weighs 1/log(d + 5): a farm cannot dilute its corner by also acting on what everybody acts on.
Removing again and again the member with the least weight gives a set at least half as dense as the densest there is.

*The same set without a queue.*  A member whose weight in what is left lies below the density of a set already seen
belongs to no densest set on the greedy's way, and the greedy takes away all such members before any other.  So they
can go in any order, a sweep over the edges at a time; only what remains is peeled one by one.  For the greedy's way
to be one and the same, weights are whole numbers of 2^-20, and ties fall by key, then accounts before items, then the
order of names.

What it cannot do: it always returns a set, whether or not anybody acted in lockstep, and it is blind to a block that
is less dense than the graph's own core.  `find_lockstep` answers both.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from fanecon.metrics.hunters import bipartite, pictures
from fanecon.metrics.hunters.bipartite import Codes, Named, Whole
from fanecon.results import Result, shown
from fanecon.schema import ParameterError

ONE, DAMPING = 2**20, 5
SMALL = 100_000
ALWAYS = "Some set is always the densest: that it is here does not show that anybody acted in lockstep."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DensestBlock(Result):
    """One row per member: side, member, inside (edges within the block), degree (edges in all)."""

    density: float
    accounts: pd.Index
    items: pd.Index
    edges: int
    drawn: pd.DataFrame = field(default_factory=pd.DataFrame)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The block as a matrix: a dot where an account acted on an item, busiest first."""
        return pictures.matrix(self.drawn, self.sentence, self.shows, ax=ax)


def densest_block(edges: pd.DataFrame, *, prior: pd.Series | None = None) -> DensestBlock:
    """The set of accounts and items whose edges weigh most for its size, on the greedy's way (FRAUDAR).

    Parameters
    ----------
    edges
        One row per act, or per account and item: actor_id, item_id. A pair that occurs twice counts once.
    prior
        What is held against an account beforehand, by actor_id, zero or more, in units of an edge's weight.

    Returns
    -------
    DensestBlock
        accounts, items, edges (pairs inside), density: (Σ 1/log(degree of item + 5) + Σ prior) / members, at least
        half of the largest there is.

    Raises
    ------
    SchemaError, ParameterError
        If a column or a name is missing; if a prior is negative or not a number.

    References
    ----------
    Hooi et al. 2016, doi:10.1145/2939672.2939747; Charikar 2000, doi:10.1007/3-540-44436-X_10
    """
    accounts, items = bipartite.sides(edges)
    held = _held(prior, accounts)
    found = _small(accounts, items, held) if len(edges) < SMALL else _large(accounts, items, held)
    return _result(edges, (accounts, items), found, held)


@dataclass(frozen=True, kw_only=True)
class Core:
    """Accounts and items of the block by number, the pairs inside, and how many pairs each member has at all."""

    rows: Whole
    columns: Whole
    pairs: tuple[Whole, Whole]
    degrees: tuple[Whole, Whole]


def weights_of(degrees: npt.NDArray[Any]) -> Codes:
    """2^20/log(degree + 5) to the nearest whole number; 0 for an item without edges."""
    whole = np.rint(ONE / np.log(degrees + float(DAMPING))).astype(np.int32)
    return np.where(degrees > 0, whole, 0).astype(np.int32)


def _held(prior: pd.Series | None, accounts: Named) -> Whole:
    if prior is None:
        return np.zeros(0, np.int64)
    values = prior.to_numpy(dtype=float, na_value=np.nan)
    if not (np.isfinite(values).all() and (values >= 0).all()) or not prior.index.is_unique:
        raise ParameterError("A prior is one finite number from zero on for each account. Type prior.clip(lower=0).")
    if (values > 2**20).any():
        raise ParameterError(f"A prior is in units of an edge's weight, at most 2^20; found {values.max():g}.")
    held, where = np.zeros(accounts.size, np.int64), accounts.numbers(prior.index)
    held[where[where >= 0]] = np.rint(ONE * values[where >= 0])
    return held


def _large(accounts: Named, items: Named, held: Whole) -> Core:
    """The block by compiled sweeps."""
    from fanecon.metrics.hunters import peeling

    first, columns, degrees = peeling.grouped(accounts.codes, items.codes, (accounts.size, items.size))
    weights, own = weights_of(degrees), np.diff(first).astype(np.int32)
    total = int(degrees.astype(np.int64) @ weights) + int(held.sum())
    first, columns, rows = peeling.pruned(first, columns, weights, held, total)
    found, places = np.unique(columns, return_inverse=True)
    owners = np.repeat(np.arange(len(rows)), np.diff(first))
    lists = _both_ways(owners, places, (len(rows), len(found)))
    shares = np.append(np.zeros(len(rows), np.int32), weights[found])
    keys = _keys(lists, shares, held[rows] if len(held) else held)
    stays = peeling.peeled(*lists, keys, shares) < 0
    inside = stays[owners] & stays[places + len(rows)]
    pairs = rows[owners[inside]].astype(np.int64), found[places[inside]].astype(np.int64)
    return _core(rows[stays[: len(rows)]], found[stays[len(rows) :]], pairs, (own, degrees))


def _core(
    rows: npt.NDArray[Any], columns: npt.NDArray[Any], pairs: tuple[Whole, Whole], degrees: tuple[Codes, Codes]
) -> Core:
    kept = degrees[0][rows].astype(np.int64), degrees[1][columns].astype(np.int64)
    order = np.lexsort(pairs[::-1])
    pairs = pairs[0][order], pairs[1][order]
    return Core(rows=rows.astype(np.int64), columns=columns.astype(np.int64), pairs=pairs, degrees=kept)


def _both_ways(rows: npt.NDArray[Any], columns: npt.NDArray[Any], sizes: tuple[int, int]) -> tuple[Whole, Codes]:
    """Neighbours of every node, rows first: those of v are nodes[first[v] : first[v + 1]]."""
    ends = np.append(rows, columns + sizes[0])
    order = np.argsort(ends, kind="stable")
    first = np.append(0, np.cumsum(np.bincount(ends, minlength=sum(sizes))))
    return first.astype(np.int64), np.append(columns + sizes[0], rows)[order].astype(np.int32)


def _keys(lists: tuple[Whole, Codes], shares: Codes, held: Whole) -> Whole:
    first, nodes = lists
    owner = np.repeat(np.arange(len(shares)), np.diff(first))
    worth = np.maximum(shares[owner], shares[nodes]).astype(np.int64)
    keys = np.append(0, np.cumsum(worth))[first]
    keys = np.diff(keys)
    keys[: len(held)] += held
    return keys


# --- small tables, without a compiler ---


def _small(accounts: Named, items: Named, held: Whole) -> Core:
    """The same set as `_large` finds, by numpy and a heap."""
    size = max(items.size, 1)
    ours, theirs = np.divmod(np.unique(accounts.codes.astype(np.int64) * size + items.codes), size)
    own, degrees = (np.bincount(*one).astype(np.int32) for one in ((ours, None, accounts.size), (theirs, None, size)))
    weights = weights_of(degrees)
    prior = held if len(held) else np.zeros(accounts.size, np.int64)
    rows, columns = _peeled(*_pruned(ours, theirs, weights, prior), weights, prior)
    inside = np.isin(ours, rows) & np.isin(theirs, columns)
    return _core(rows, columns, (ours[inside], theirs[inside]), (own, degrees))


def _pruned(rows: Whole, columns: Whole, weights: Codes, prior: Whole) -> tuple[Whole, Whole]:
    """Edges of members that weigh no less than the densest set seen so far, sweep after sweep."""
    best = (0, 1)
    while True:
        keys = prior + np.bincount(rows, weights[columns], minlength=len(prior)).astype(np.int64)
        items = np.bincount(columns, weights[columns], minlength=len(weights)).astype(np.int64)
        alive = int(np.count_nonzero(items) + np.count_nonzero(keys))
        total = int(keys.sum())
        if alive and total * best[1] > best[0] * alive:
            best = (total, alive)
        least = -(-best[0] // best[1])
        keep = (keys[rows] >= least) & (items[columns] >= least)
        if keep.all():
            return rows, columns
        prior = np.where(keys >= least, prior, 0)
        rows, columns = rows[keep], columns[keep]


def _peeled(rows: Whole, columns: Whole, weights: Codes, prior: Whole) -> tuple[Whole, Whole]:
    """The greedy one node at a time; keys that have fallen since they were put on the heap are passed over."""
    size = len(prior)
    keys = np.append(
        prior + np.bincount(rows, weights[columns], minlength=size),
        np.bincount(columns, weights[columns], len(weights)),
    )
    first, nodes = (one.tolist() for one in _both_ways(rows, columns, (size, len(weights))))
    key, share = [int(one) for one in keys], [0] * size + weights.tolist()
    heap = [(k, node) for node, k in enumerate(key) if k]
    heapq.heapify(heap)
    total, many, gone = sum(key[:size]), len(heap), []
    best, kept, dead = (total, many), 0, bytearray(len(key))
    while heap:
        k, node = heapq.heappop(heap)
        if dead[node] or k != key[node]:
            continue
        dead[node], total, many = 1, total - k, many - 1
        gone.append(node)
        for other in nodes[first[node] : first[node + 1]]:
            if not dead[other]:
                key[other] -= share[node] or share[other]
                heapq.heappush(heap, (key[other], other))
        if many and total * best[1] > best[0] * many:
            best, kept = (total, many), len(gone)
    left = np.sort(np.array(gone[kept:], dtype=np.int64))
    return left[left < size], left[left >= size] - size


# --- the answer ---


def _result(edges: pd.DataFrame, sides: tuple[Named, Named], found: Core, held: Whole) -> DensestBlock:
    rows, columns = found.rows, found.columns
    ends = [named.called(end) for named, end in zip(sides, found.pairs, strict=True)]
    weight = float(np.sum(1 / np.log(found.degrees[1] + float(DAMPING)) * _counted(columns, found.pairs[1])))
    weight += float(held[rows].sum()) / ONE if len(held) else 0.0
    density = weight / (len(rows) + len(columns)) if len(rows) + len(columns) else math.nan
    return DensestBlock(
        table=_members(sides, found),
        sentence=_sentence(len(rows), len(columns), len(found.pairs[0]), density),
        notes=(ALWAYS,),
        shows="simulation" if edges.attrs.get("synthetic") else "fact",
        density=density,
        accounts=sides[0].called(rows),
        items=sides[1].called(columns),
        edges=len(found.pairs[0]),
        drawn=pd.DataFrame({"actor_id": ends[0], "item_id": ends[1]}),
    )


def _counted(members: Whole, ends: Whole) -> Whole:
    """How many pairs end at each member."""
    return np.bincount(np.searchsorted(members, ends), minlength=len(members)).astype(np.int64)


def _members(sides: tuple[Named, Named], found: Core) -> pd.DataFrame:
    members = found.rows, found.columns
    names = [named.called(some).astype("string") for named, some in zip(sides, members, strict=True)]
    counts = [_counted(some, ends) for some, ends in zip(members, found.pairs, strict=True)]
    side = pd.Series(np.repeat(["account", "item"], [len(one) for one in members]), dtype="string")
    return pd.DataFrame(
        {
            "side": side,
            "member": names[0].append(names[1]),
            "inside": np.concatenate(counts),
            "degree": np.concatenate(found.degrees),
        }
    )


def _sentence(accounts: int, items: int, edges: int, density: float) -> str:
    if not accounts + items:
        return "There are no edges, and so no block."
    pairs = accounts * items
    return (
        f"The densest block holds {shown(accounts)} accounts and {shown(items)} items: {shown(edges)} of "
        f"{shown(pairs)} pairs, a weight of {shown(density)} per member."
    )
