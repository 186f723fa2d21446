"""Items and contributions: how often each article was opened, read, shared, by how many; how unequal accounts are.

People are counted where they are reported: the readers of an article are its distinct accounts, and a reader of two
articles is one reader of each.  No function here adds people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError, SchemaError
from fanecon.tally.clock import moment
from fanecon.tally.engines import watched
from fanecon.tally.home import MOST_ROWS, home
from fanecon.tally.logs import Log, Source, opened

MOST_ACTIONS = 50


def items(
    log: Source, *, actions: Sequence[str] | None = None, people: bool = True, most_rows: int = MOST_ROWS
) -> pd.DataFrame:
    """How often each item was acted on, action by action, and by how many accounts.

    Parameters
    ----------
    log
        Events: actor_id, item_id, action; time where there is one.
    actions
        The actions to count; all that occur unless given.
    people
        Also count the distinct accounts of each action, which costs a second grouping.

    Returns
    -------
    One row per item: item_id, events (times), ``<action>_times``; with people accounts and ``<action>_people``
    (people); with time first_at, last_at (UTC).

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many items or actions, or the engine gave up.
    """
    needs = ("actor_id", "item_id", "action") if people else ("item_id", "action")
    with opened(log, needs=needs, may=("time",)) as opening:
        named = list(dict.fromkeys(actions)) if actions is not None else _actions(opening)
        grouped = _by_people(opening.table, named) if people else _by_times(opening.table, named)
        frame = home(grouped, opening, what="items", key=["item_id"], most_rows=most_rows)
    places = {f"{of}{at}": f"{name}_{of}" for at, name in enumerate(named) for of in ("times", "people")}
    return frame.rename(columns=places)


def _actions(log: Log) -> list[str]:
    with watched(log.engine, "items: the actions"):
        found = log.table.select("action").distinct().limit(MOST_ACTIONS + 1).to_pandas()["action"]
    if len(found) > MOST_ACTIONS:
        raise SchemaError(f"The log knows more than {MOST_ACTIONS} actions. Type actions= with those to count.")
    return sorted(map(str, found))


def _span(table: ir.Table) -> dict[str, ir.Value]:
    return {"first_us": table["us"].min(), "last_us": table["us"].max()} if "us" in table.columns else {}


def _by_times(table: ir.Table, actions: Sequence[str]) -> ir.Table:
    return table.group_by("item_id").aggregate(events=table.count(), **_counts(table, actions), **_span(table))


def _counts(table: ir.Table, actions: Sequence[str]) -> dict[str, ir.Value]:
    """By number and not by name: engines cut long names and see no difference between Open and open."""
    return {f"times{at}": table.count(where=table["action"] == name) for at, name in enumerate(actions)}


def _by_people(table: ir.Table, actions: Sequence[str]) -> ir.Table:
    counts = _counts(table, actions)
    pairs = table.group_by("item_id", "actor_id").aggregate(events=table.count(), **counts, **_span(table))
    sums: dict[str, ir.Value] = {"events": pairs["events"].sum(), "accounts": pairs.count()}
    for at, name in enumerate(counts):
        sums |= {name: pairs[name].sum(), f"people{at}": pairs.count(where=pairs[name] > 0)}
    if "first_us" in pairs.columns:
        sums |= {"first_us": pairs["first_us"].min(), "last_us": pairs["last_us"].max()}
    return pairs.group_by("item_id").aggregate(**sums)


def contributions(
    log: Source,
    *,
    actions: Sequence[str] | None = None,
    split: str | datetime | None = None,
    members: int | None = None,
) -> pd.DataFrame:
    """How many accounts acted how often: the table behind every Gini, top share and repeat rate.

    Parameters
    ----------
    log
        Events: actor_id; action where `actions` is given, time where `split` is.
    actions
        Count these actions only.
    split
        A time (UTC unless it names a zone) that parts the log in two, so that the second half can be held against the
        first.
    members
        How many accounts there are in all, with those who never acted: adds the row of zero times.

    Returns
    -------
    One row per number of acts: times, accounts (people).  With `split`: times_before, times_after, accounts.

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, more accounts acted than there are members, or the engine gave up.
    """
    needs = ("actor_id", *(("action",) if actions is not None else ()), *(("time",) if split is not None else ()))
    with opened(log, needs=needs) as opening:
        table = opening.table
        if actions is not None:
            table = table.filter(table["action"].isin(list(actions)))
        grouped = _frequencies(table, split)
        key = [name for name in grouped.columns if name != "accounts"]
        frame = home(grouped, opening, what="contributions", key=key)
    return frame if members is None else _with_lurkers(frame, key, members)


def _frequencies(table: ir.Table, split: str | datetime | None) -> ir.Table:
    if split is None:
        each = table.group_by("actor_id").aggregate(times=table.count())
        return each.group_by("times").aggregate(accounts=each.count())
    before = table["us"] < moment(split, "split")
    each = table.group_by("actor_id").aggregate(
        times_before=table.count(where=before), times_after=table.count(where=~before)
    )
    return each.group_by("times_before", "times_after").aggregate(accounts=each.count())


def _with_lurkers(frame: pd.DataFrame, key: Sequence[str], members: int) -> pd.DataFrame:
    acted = int(frame["accounts"].sum())
    if acted > members:
        raise ParameterError(f"members={members:,}, but {acted:,} accounts acted. Type how many there are in all.")
    row = pd.DataFrame({**{name: [0] for name in key}, "accounts": [members - acted]})
    whole = pd.concat([row, frame], ignore_index=True)
    whole.attrs.update(frame.attrs)
    return whole
