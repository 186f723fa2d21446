"""Connected components where the edges live: every account takes the smallest name it can see, again and again.

Passing on the smallest neighbouring name alone takes as many rounds as the longest path.  Here a name that hears of a
smaller one hands it to all who bear it (hooking), and everybody looks up the name's own name (pointer jumping), so that
a chain of a million accounts takes some twenty rounds and not a million (Shiloach and Vishkin 1982,
doi:10.1016/0196-6774(82)90008-6; in this form Zhang, Azad and Hu 2020, doi:10.1137/1.9781611976137.5).
"""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import EngineError, SchemaError
from fanecon.tally.engines import watched
from fanecon.tally.home import MOST_ROWS, Kept, home, kept
from fanecon.tally.logs import Log, Source, opened

MOST_ROUNDS = 100


def components(edges: Source, *, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """The connected component of each account that has a tie.

    Parameters
    ----------
    edges
        Rows of `schema.EDGES`: src, dst; the direction does not matter.

    Returns
    -------
    One row per account: account_id, component (the smallest name in it), size (people).

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many accounts, or the engine gave up.
    """
    with opened(edges, needs=("src", "dst")) as opening:
        labels = _labels(opening, most_rows)
    first = labels.groupby("label")["account_id"].transform("min")
    sizes = labels.groupby("label")["account_id"].transform("size")
    frame = pd.DataFrame({"account_id": labels["account_id"], "component": first, "size": sizes})
    frame.attrs.update(labels.attrs)
    return frame


def _labels(log: Log, most_rows: int) -> pd.DataFrame:
    table = _alike(log.table)
    both = table.select("src", "dst").union(table.select(src="dst", dst="src")).distinct()
    with kept(both, log, "components: the ties") as ties:
        names = ties.select(account_id="src").distinct()
        labels = Kept(names.mutate(label=names["account_id"]), log, "components: the names")
        try:
            for at in range(1, MOST_ROUNDS + 1):
                after = Kept(_shorter(_hooked(labels.table, ties)), log, f"components: round {at}")
                labels, before = after, labels
                moved = _moved(log, before.table, after.table)
                before.drop()
                if not moved:
                    return home(labels.table, log, what="components", key=["account_id"], most_rows=most_rows)
            raise EngineError(f"components: no end after {MOST_ROUNDS} rounds, which no graph needs.")
        finally:
            labels.drop()


def _alike(table: ir.Table) -> ir.Table:
    kinds = {table[name].type().copy(nullable=True) for name in ("src", "dst")}
    if len(kinds) == 1:
        return table
    if not all(kind.is_integer() for kind in kinds):
        raise SchemaError(f"src and dst are of types {' and '.join(map(str, kinds))}. Type .astype('string') for both.")
    return table.mutate(src=table["src"].cast("int64"), dst=table["dst"].cast("int64"))


def _hooked(labels: ir.Table, ties: ir.Table) -> ir.Table:
    """Every account, and the name it bears, take the smallest name among its own and its neighbours'."""
    far = ties.inner_join(labels, ties["dst"] == labels["account_id"]).select(account_id="src", seen="label")
    own = labels.view()
    low = far.group_by("account_id").aggregate(seen=far["seen"].min())
    both = low.inner_join(own, "account_id").select("account_id", "seen", "label")
    every = (
        labels.select("account_id", "label")
        .union(both.select("account_id", label="seen"))
        .union(both.select(account_id="label", label="seen"))
    )
    return every.group_by("account_id").aggregate(label=every["label"].min())


def _shorter(labels: ir.Table) -> ir.Table:
    """Every account takes the name that its name has."""
    named = labels.view()
    joined = labels.left_join(named, labels["label"] == named["account_id"])
    return joined.select(account_id=labels["account_id"], label=ibis.coalesce(named["label"], labels["label"]))


def _moved(log: Log, before: ir.Table, after: ir.Table) -> bool:
    both = before.inner_join(after, "account_id", rname="{name}_after")
    with watched(log.engine, "components: what moved"):
        found = both.aggregate(moved=(both["label"] != both["label_after"]).any()).to_pandas()
    return bool(found["moved"].iloc[0])
