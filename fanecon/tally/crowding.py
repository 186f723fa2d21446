"""Crowding: how many accounts began within minutes of each other, against how many began around that time at all.

People who come of their own accord arrive spread out; a farm opens its accounts in one sitting.  The counts of several
windows are taken at once, the largest being the local background of the smaller ones.

A window over the whole log would run on one core of one machine.  Instead every account is dealt to the stretch of
time it began in and to the two beside it, as long as the largest window each: no neighbour is further away than that,
and the stretches are independent of each other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError
from fanecon.tally.clock import SECOND
from fanecon.tally.home import MOST_ROWS, home
from fanecon.tally.logs import Source, opened

WINDOWS = (60, 600, 3_600, 86_400)


def crowding(
    log: Source,
    *,
    windows: Sequence[int] = WINDOWS,
    alike: float | None = None,
    actions: Sequence[str] | None = None,
    most_rows: int = MOST_ROWS,
) -> pd.DataFrame:
    """How many other accounts began within so many seconds of each account, before or after it.

    Parameters
    ----------
    log
        Events: actor_id, time; action where `actions` is given, amount_minor where `alike` is.
    windows
        Seconds to each side.
    alike
        Also count those whose first amount is nearly equal: in the same class when amounts are cut into classes of
        this width on the scale of natural logarithms (0.05: five per cent apart at most).
    actions
        An account begins with its first of these actions; with its first act unless given.

    Returns
    -------
    One row per account: actor_id, first_at (UTC), ``within_<seconds>s`` (people) for each window; with `alike` amount
    (minor units, at the first act), ``alike_<seconds>s`` (people; missing where there is no amount above zero).

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, a window is not positive, or the engine gave up.
    """
    if not windows or any(one < 1 or one != int(one) for one in windows):
        raise ParameterError(f"windows={tuple(windows)}: type whole numbers of seconds from 1 on.")
    if alike is not None and not 0 < alike < math.inf:
        raise ParameterError(f"alike={alike}: type a number above zero, such as 0.05 for five per cent.")
    needs = ("actor_id", "time", *(("action",) if actions is not None else ()))
    with opened(log, needs=needs, must=("amount_minor",) if alike else ()) as opening:
        starts = _starts(opening.table, actions, alike)
        counted = _counted(starts, sorted({int(one) for one in windows}), by_class=alike is not None)
        frame = home(counted, opening, what="crowding", key=["actor_id"], most_rows=most_rows)
    gapped = [name for name in frame.columns if name == "amount" or name.startswith("alike_")]
    return frame.astype(dict.fromkeys(gapped, "Int64"))


def _starts(table: ir.Table, actions: Sequence[str] | None, alike: float | None) -> ir.Table:
    if actions is not None:
        table = table.filter(table["action"].isin(list(actions)))
    if alike is None:
        return table.group_by("actor_id").aggregate(first_us=table["us"].min())
    first = table["us"].min().over(ibis.window(group_by="actor_id"))
    table = table.mutate(first_us=first)
    begun = table.filter(table["us"] == table["first_us"])
    starts = begun.group_by("actor_id").aggregate(first_us=begun["us"].min(), amount=begun["amount_minor"].max())
    amount = starts["amount"]
    real = ibis.cases((amount > 0, amount), else_=None).cast("float64")
    return starts.mutate(kind=(real.ln() / alike).floor().cast("int64"))


def _counted(starts: ir.Table, windows: Sequence[int], *, by_class: bool) -> ir.Table:
    longest = windows[-1] * SECOND
    dealt = functools.reduce(
        ir.Table.union,
        [
            starts.mutate(stretch=(starts["first_us"] // longest).cast("int64") + step, own=ibis.literal(step == 0))
            for step in (0, -1, 1)
        ],
    )
    counts = {f"within_{length}s": _around(dealt, length, ["stretch"]) for length in windows}
    if by_class:
        real = dealt["kind"].notnull()
        near = {f"alike_{length}s": _around(dealt, length, ["stretch", "kind"]) for length in windows}
        counts |= {name: ibis.cases((real, count), else_=None) for name, count in near.items()}
    counted = dealt.mutate(**counts)
    names = ["actor_id", "first_us", *(["amount"] if by_class else []), *counts]
    return counted.filter(counted["own"]).select(*names)


def _around(dealt: ir.Table, length: int, parts: Sequence[str]) -> ir.IntegerValue:
    """Those up to the end of the window less those before it: Spark counts anew for each row where both ends move."""
    wide = length * SECOND
    upto = ibis.range_window(preceding=None, following=wide, group_by=parts, order_by="first_us")
    before = ibis.range_window(preceding=(None, wide + 1), group_by=parts, order_by="first_us")
    return dealt.count().over(upto) - dealt.count().over(before) - 1
