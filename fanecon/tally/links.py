"""Links between accounts: who invited whom, and who shares a device, an address or a purse with whom.

Sharing is only telling where few share: a mobile carrier puts a city behind one address.  A value that more accounts
share than `most_sharing` makes no links (they would be as many as its accounts squared); the notes say how many such
values there were and how many accounts stood behind them.
"""

from __future__ import annotations

import functools

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError, SchemaError
from fanecon.tally.engines import watched
from fanecon.tally.home import MOST_ROWS, home
from fanecon.tally.logs import Log, Source, opened

SHARED = {"ip": "ip", "device_id": "device", "payout_account": "payout"}
MOST_SHARING = 50


def account_links(log: Source, *, most_sharing: int = MOST_SHARING, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """Ties between accounts: ``invited`` from inviter to invited; ``ip``, ``device``, ``payout`` for what two share.

    Parameters
    ----------
    log
        Events: actor_id and at least one of inviter_id, ip, device_id, payout_account.
    most_sharing
        A value that more accounts share makes no ties.

    Returns
    -------
    Rows of `schema.EDGES`, one per pair and kind: src, dst (for shared values the smaller name first), kind, weight
    (invitations, or values shared), smallest (accounts behind the rarest value they share; 2 for an invitation).

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If there is nothing to link by, there are too many links, or the engine gave up.
    """
    if most_sharing < 2:
        raise ParameterError(f"most_sharing={most_sharing}: two accounts are the least that can share. Type 2 or more.")
    with opened(log, needs=("actor_id",), may=("inviter_id", *SHARED)) as opening:
        found = [name for name in SHARED if name in opening.names]
        if not found and "inviter_id" not in opening.names:
            raise SchemaError(
                f"The log has nothing that links accounts: {', '.join(opening.there)}. Needed is one of "
                f"inviter_id, {', '.join(SHARED)}. Type fe.tally.open_log(log, columns={{'ip': …}})."
            )
        parts = [_shared(opening.table, name, most_sharing) for name in found]
        if "inviter_id" in opening.names:
            parts.append(_invited(opening.table))
        every = functools.reduce(ir.Table.union, parts)
        frame = home(every, opening, what="account_links", key=["kind", "src", "dst"], most_rows=most_rows)
        frame.attrs["notes"] = (*opening.notes, *_hubs(opening, found, most_sharing))
    return _smaller_first(frame)


def _smaller_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Engines sort letters by their own language; here the order is that of the code points."""
    turned = (frame["src"] > frame["dst"]) & (frame["kind"] != "invited")
    frame.loc[turned, ["src", "dst"]] = frame.loc[turned, ["dst", "src"]].to_numpy()
    return frame.sort_values(["kind", "src", "dst"], ignore_index=True)


def _invited(table: ir.Table) -> ir.Table:
    kinds = table["inviter_id"].type(), table["actor_id"].type()
    if kinds[0].is_string() != kinds[1].is_string():
        raise SchemaError(
            f"inviter_id is of type {kinds[0]} and actor_id of type {kinds[1]}. Type .astype('string') for both."
        )
    table = table.select(src=table["inviter_id"].cast(table["actor_id"].type()), dst=table["actor_id"])
    ties = table.filter(table["src"].notnull() & (table["src"] != table["dst"]))
    return (
        ties.group_by("src", "dst")
        .aggregate(weight=ties.count())
        .mutate(kind=ibis.literal("invited"), smallest=ibis.literal(2, "int64"))
        .select("src", "dst", "kind", "weight", "smallest")
    )


def _sizes(table: ir.Table, name: str) -> ir.Table:
    """Each value with each account behind it and how many there are."""
    pairs = table.filter(table[name].notnull()).select("actor_id", value=table[name]).distinct()
    return pairs.mutate(size=pairs.count().over(ibis.window(group_by="value")))


def _shared(table: ir.Table, name: str, most: int) -> ir.Table:
    pairs = _sizes(table, name)
    few = pairs.filter((pairs["size"] > 1) & (pairs["size"] <= most))
    other = few.view()
    ties = few.inner_join(other, [few["value"] == other["value"], few["actor_id"] < other["actor_id"]])
    ties = ties.select(src=few["actor_id"], dst=other["actor_id"], size=few["size"])
    return (
        ties.group_by("src", "dst")
        .aggregate(weight=ties.count(), smallest=ties["size"].min())
        .mutate(kind=ibis.literal(SHARED[name]))
        .select("src", "dst", "kind", "weight", "smallest")
    )


def _hubs(log: Log, names: list[str], most: int) -> list[str]:
    notes = []
    for name in names:
        pairs = _sizes(log.table, name)
        hubs = pairs.filter(pairs["size"] > most)
        with watched(log.engine, "account_links: what many share"):
            found = hubs.aggregate(values=hubs["value"].nunique(), accounts=hubs["actor_id"].nunique()).to_pandas()
        values, accounts = (int(one) for one in found.iloc[0])
        if values:
            behind = f"more than {most} accounts each ({accounts:,} in all)"
            notes.append(f"No ties by values of {name} that {behind} share: {values:,}.")
    return notes
