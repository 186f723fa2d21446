"""Lockstep: accounts that act on the same items, and the densest blocks of them found where the log lives.

The exact greedy of FRAUDAR (Hooi et al. 2016, doi:10.1145/2939672.2939747) removes one node at a time, which no
engine can do to 1e9 edges.  Batch peeling (Bahmani, Kumar and Vassilvitskii 2012, doi:10.14778/2140436.2140442)
removes all nodes at once whose weight is at most 2 (1 + epsilon) times the density of what is left.  Some node always
is (the mean weight is twice the density), each round removes a constant share of the nodes, and the densest of the
rounds has at least 1 / (2 + 2 epsilon) of the largest density there is.

Density is the weight of the edges inside over the accounts and items inside; an edge weighs 1 / log(degree of its
item + 5), so that what everybody does weighs little.  Weights are whole numbers of 2^-20: sums do not depend on the
order in which an engine adds, and the blocks are the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError
from fanecon.tally.engines import watched
from fanecon.tally.home import MOST_ROWS, Kept, home
from fanecon.tally.logs import Log, Source, opened

ONE, DAMPING = 2**20, 5


def lockstep_edges(
    log: Source, *, least_accounts: int = 2, least_items: int = 1, most_rows: int = MOST_ROWS
) -> pd.DataFrame:
    """Which accounts acted on which items, how often, and when first: the graph in which blocks are looked for.

    Parameters
    ----------
    log
        Events: actor_id, item_id; time where the log has it.
    least_accounts
        Leave out items that fewer accounts acted on: nobody acts in lockstep alone.
    least_items
        Leave out accounts that acted on fewer items.

    Returns
    -------
    One row per account and item: actor_id, item_id, times, first_at (UTC).

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many edges, or the engine gave up.
    """
    with opened(log, needs=("actor_id", "item_id"), may=("time",)) as opening:
        table = opening.table
        first = {"first_us": table["us"].min()} if "us" in table.columns else {}
        edges = table.group_by("actor_id", "item_id").aggregate(times=table.count(), **first)
        for name, least in (("item_id", least_accounts), ("actor_id", least_items)):
            if least > 1:
                edges = edges.mutate(degree=edges.count().over(ibis.window(group_by=name)))
                edges = edges.filter(edges["degree"] >= least).drop("degree")
        return home(edges, opening, what="lockstep_edges", key=["actor_id", "item_id"], most_rows=most_rows)


@dataclass(frozen=True, kw_only=True)
class _Round:
    """The edges left after some rounds of peeling, and what they weigh."""

    held: Kept
    weight: int
    nodes: int

    @property
    def edges(self) -> ir.Table:
        return self.held.table

    @property
    def density(self) -> float:
        return self.weight / ONE / self.nodes if self.nodes else 0.0


def lockstep_blocks(log: Source, *, blocks: int = 1, epsilon: float = 0.1, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """The densest blocks of accounts and items, found by batch peeling inside the engine.

    Parameters
    ----------
    log
        Events or edges: actor_id, item_id.
    blocks
        How many blocks to find; the edges of each are taken out before the next is looked for.
    epsilon
        How much a round removes: the density is at least 1 / (2 + 2 epsilon) of the largest possible.

    Returns
    -------
    One row per member: block (1, 2 …), side (account or item), member (its name as text), density (of the block),
    at_least (part of the largest density that this one is sure to reach).

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, a parameter is out of range, or the engine gave up.

    References
    ----------
    Bahmani, Kumar and Vassilvitskii 2012, doi:10.14778/2140436.2140442; Hooi et al. 2016,
    doi:10.1145/2939672.2939747.
    """
    if blocks < 1 or not 0 < epsilon < math.inf:
        raise ParameterError(f"blocks={blocks}, epsilon={epsilon}: type at least one block and an epsilon above zero.")
    with opened(log, needs=("actor_id", "item_id")) as opening:
        found = []
        edges = _held(opening, opening.table.select("actor_id", "item_id").distinct(), "the edges")
        try:
            for at in range(1, blocks + 1):
                with _densest(opening, edges.table, epsilon, at) as best:
                    if not best.nodes:
                        break
                    found.append(_block(opening, best, epsilon, at, most_rows))
                    rest = _held(opening, _without(edges.table, best.edges), f"block {at} taken out")
                edges.drop()
                edges = rest
        finally:
            edges.drop()
    return _joined(found)


def _block(log: Log, best: _Round, epsilon: float, number: int, most_rows: int) -> pd.DataFrame:
    frame = home(_members(best.edges), log, what="lockstep_blocks", key=["side", "member"], most_rows=most_rows)
    frame.insert(0, "block", number)
    return frame.assign(density=best.density, at_least=1 / (2 + 2 * epsilon))


def _joined(found: list[pd.DataFrame]) -> pd.DataFrame:
    if not found:
        kinds = {"block": "int64", "side": "string", "member": "string", "density": "float64", "at_least": "float64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    whole = pd.concat(found, ignore_index=True)
    whole.attrs.update(found[0].attrs)
    return whole


@contextmanager
def _densest(log: Log, edges: ir.Table, epsilon: float, number: int) -> Iterator[_Round]:
    """The densest of the rounds of peeling; all are dropped at the end."""
    rounds = [_round(log, _weighed(edges), f"block {number}, round 0")]
    best = rounds[0]
    try:
        while rounds[-1].nodes:
            now = rounds[-1]
            least = math.floor(2 * (1 + epsilon) * now.weight / now.nodes)
            rounds.append(_round(log, _heavier(now.edges, least), f"block {number}, round {len(rounds)}"))
            dropped = now if rounds[-1].density <= best.density and now is not best else None
            if rounds[-1].density > best.density:
                best = rounds[-1]
            if dropped:
                dropped.held.drop()
        yield best
    finally:
        for one in rounds:
            one.held.drop()


def _weighed(edges: ir.Table) -> ir.Table:
    degree = edges.count().over(ibis.window(group_by="item_id"))
    weighed = edges.mutate(degree=degree)
    weight = (ONE / (weighed["degree"].cast("float64") + DAMPING).ln()).round().cast("int64")
    return weighed.mutate(weight=weight).drop("degree")


def _heavier(edges: ir.Table, least: int) -> ir.Table:
    """The edges between accounts and items that each weigh more than the least."""
    weighed = edges.mutate(
        account_weight=edges["weight"].sum().over(ibis.window(group_by="actor_id")),
        item_weight=edges["weight"].sum().over(ibis.window(group_by="item_id")),
    )
    heavy = weighed.filter((weighed["account_weight"] > least) & (weighed["item_weight"] > least))
    return heavy.select("actor_id", "item_id", "weight")


def _round(log: Log, expression: ir.Table, what: str) -> _Round:
    held = _held(log, expression, what)
    edges = held.table
    try:
        with watched(log.engine, f"lockstep_blocks: {what}"):
            found = edges.aggregate(
                weight=edges["weight"].sum(), accounts=edges["actor_id"].nunique(), items=edges["item_id"].nunique()
            ).to_pandas()
    except BaseException:
        held.drop()
        raise
    weight, accounts, items = (0 if pd.isna(one) else int(one) for one in found.iloc[0])
    return _Round(held=held, weight=weight, nodes=accounts + items)


def _held(log: Log, expression: ir.Table, what: str) -> Kept:
    return Kept(expression, log, f"lockstep_blocks: {what}")


def _members(edges: ir.Table) -> ir.Table:
    parts = [
        edges.select(side=ibis.literal(side), member=edges[name].cast("string")).distinct()
        for side, name in (("account", "actor_id"), ("item", "item_id"))
    ]
    return parts[0].union(parts[1])


def _without(edges: ir.Table, block: ir.Table) -> ir.Table:
    """All edges but those between members of the block."""
    inside = edges.semi_join(block, "actor_id").semi_join(block, "item_id")
    return edges.anti_join(inside, ["actor_id", "item_id"])
