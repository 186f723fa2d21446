"""Accounts: what each one did in all, in campaigns, and at what pace.

No window and no distinct count where none is needed: who acted on one day only has the same local day first and last,
and who touched one article only has the same article as smallest and largest.  Both come from minima and maxima, which
every engine finds in one pass over the log.
"""

from __future__ import annotations

import operator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError
from fanecon.tally.clock import local_periods, moment
from fanecon.tally.engines import threads
from fanecon.tally.home import MOST_ROWS, home
from fanecon.tally.logs import Log, Source, opened

ZONE = "Asia/Shanghai"
LONG, FEW = 5_000_000, 4  # from so many rows, and up to so many threads, one pass is faster than a window
_US = {f"{name}_us": f"{name}_seconds" for name in ("mean", "sd", "min", "max")}


def account_habits(
    log: Source,
    *,
    during: tuple[str | datetime, str | datetime] | None = None,
    distinct: bool = False,
    zone: str = ZONE,
    most_rows: int = MOST_ROWS,
) -> pd.DataFrame:
    """What each account did: its acts in all and in campaigns, first and last, on one day or for one article only.

    Parameters
    ----------
    log
        Events: actor_id, time; campaign_id (empty outside campaigns) and item_id where the log has them.
    during
        Start and end of one campaign (the end not included): adds the acts `before`, `during` and `after`.
    distinct
        Also count distinct days, items and campaigns, which costs a second grouping each.
    zone
        Where a day begins.

    Returns
    -------
    One row per account: actor_id, events (times), first_at, last_at (UTC), mean_gap_seconds, one_day; with campaign_id
    campaign_events, organic_events (times), campaign_share (of the account's acts), first_campaign_at,
    last_campaign_at, last_organic_at, entered_by_campaign (the first act of all is in one); with item_id one_item
    (every act was for the same); with `during` before, during, after (times); with `distinct` days, items, campaigns.

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many accounts, or the engine gave up.
    """
    with opened(log, needs=("actor_id", "time"), may=("campaign_id", "item_id")) as opening:
        grouped = _grouped(opening.table, during)
        if distinct:
            days = opening.table.mutate(day=local_periods(opening.table["us"], zone, opening.span))
            grouped = _with_distinct(days, grouped)
        ends = (local_periods(grouped[name], zone, opening.span) for name in ("first_us", "last_us"))
        grouped = grouped.mutate(one_day=operator.eq(*ends))
        frame = home(grouped, opening, what="account_habits", key=["actor_id"], most_rows=most_rows)
    return _habits(frame)


def _grouped(table: ir.Table, during: tuple[str | datetime, str | datetime] | None) -> ir.Table:
    if "campaign_id" in table.columns:
        inside = table["campaign_id"].notnull()
        table = table.mutate(
            inside_us=ibis.ifelse(inside, table["us"], None), outside_us=ibis.ifelse(inside, None, table["us"])
        )
    us = table["us"]
    sums: dict[str, ir.Value] = {
        "events": table.count(),
        "first_us": us.min(),
        "last_us": us.max(),
    }
    if during is not None:
        start, end = _moments(during)
        sums["before"] = table.count(where=us < start)
        sums["during"] = table.count(where=(us >= start) & (us < end))
        sums["after"] = table.count(where=us >= end)
    if "campaign_id" in table.columns:
        inside, outside = table["inside_us"], table["outside_us"]
        sums["campaign_events"] = inside.count()
        sums["first_campaign_us"], sums["last_campaign_us"] = inside.min(), inside.max()
        sums["last_organic_us"] = outside.max()
    if "item_id" in table.columns:
        item = table["item_id"]
        sums["one_item"] = (item.min() == item.max()) & (item.count() == table.count())
    return table.group_by("actor_id").aggregate(**sums)


def _moments(during: tuple[str | datetime, str | datetime]) -> tuple[int, int]:
    if isinstance(during, str) or len(during) != 2:
        raise ParameterError(f"during={during!r} is not two times. Type during=('2017-05-01', '2017-05-08').")
    start, end = (moment(one, "during") for one in during)
    if not start < end:
        raise ParameterError(f"during={during!r} ends before it starts. Type the start first.")
    return start, end


def _with_distinct(table: ir.Table, grouped: ir.Table) -> ir.Table:
    for name, column in {"days": "day", "items": "item_id", "campaigns": "campaign_id"}.items():
        if column in table.columns:
            pairs = table.filter(table[column].notnull()).select("actor_id", column).distinct()
            counted = pairs.group_by("actor_id").aggregate(**{name: pairs.count()})
            grouped = grouped.left_join(counted, "actor_id").drop("actor_id_right")
            grouped = grouped.mutate(**{name: grouped[name].fill_null(0)})
    return grouped


def _habits(frame: pd.DataFrame) -> pd.DataFrame:
    span = (frame["last_at"] - frame["first_at"]).dt.total_seconds()
    after = frame.columns.get_loc("last_at") + 1
    frame.insert(after, "mean_gap_seconds", span / (frame["events"] - 1).where(frame["events"] > 1))
    if "campaign_events" in frame.columns:
        after = frame.columns.get_loc("campaign_events") + 1
        frame.insert(after, "organic_events", frame["events"] - frame["campaign_events"])
        frame.insert(after + 1, "campaign_share", frame["campaign_events"] / frame["events"])
        frame["entered_by_campaign"] = (frame["first_at"] == frame["first_campaign_at"]).fillna(False)
    return frame


def account_gaps(log: Source, *, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """The times between successive acts of each account that acted at least twice.

    Parameters
    ----------
    log
        Events: actor_id, time.

    Returns
    -------
    One row per account: actor_id, gaps (times), mean_seconds, sd_seconds (sample; missing for a single gap),
    min_seconds, max_seconds.

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many accounts, or the engine gave up.
    """
    with opened(log, needs=("actor_id", "time")) as opening, _once(opening, most_rows) as passed:
        grouped = _gaps(opening) if passed is None else passed
        frame = home(grouped, opening, what="account_gaps", key=["actor_id"], most_rows=most_rows, times=False)
    spread = (frame.pop("spread").astype("float64") / frame["gaps"] / (frame["gaps"] - 1)) ** 0.5
    frame.insert(frame.columns.get_loc("mean_us") + 1, "sd_us", spread)  # 0 / 0 for a single gap: missing
    return frame.assign(**{name: frame[name] / 1e6 for name in _US}).rename(columns=_US)


def _once(log: Log, most_rows: int) -> AbstractContextManager[ir.Table | None]:
    """What one pass over a long log finds, as a table; None where the engine has to do it all."""
    if log.rows < LONG or log.engine.name != "duckdb" or threads(log.engine) > FEW:
        return nullcontext()
    from fanecon.tally import one_pass

    return one_pass.gaps(log, most_rows=most_rows)


def _gaps(log: Log) -> ir.Table:
    """The spread is n times the sum of squares less the square of the sum, of whole numbers: where the gaps are nearly
    equal, a clockwork's, the running sums of engines keep few digits of what is left, and each keeps others.
    """
    table = log.table.select("actor_id", "us")
    order = ibis.window(group_by="actor_id", order_by="us")
    gaps = table.mutate(gap=table["us"] - table["us"].lag().over(order))
    gap, wide = gaps["gap"], gaps["gap"].cast("decimal(19, 0)")
    sums = (
        gaps.filter(gap.notnull())
        .group_by("actor_id")
        .aggregate(
            gaps=gap.count(),
            mean_us=gap.mean(),
            min_us=gap.min(),
            max_us=gap.max(),
            sum=wide.sum(),
            squares=(wide * wide).sum(),
        )
    )
    number, total = (sums[name].cast("decimal(19, 0)") for name in ("gaps", "sum"))
    spread = number * sums["squares"] - total * total
    return sums.mutate(spread=spread.cast("float64")).drop("sum", "squares")


def account_campaigns(log: Source, *, leave: str | None = None, most_rows: int = MOST_ROWS) -> pd.DataFrame:
    """When each account entered each campaign, how much it did there, and how soon after it left.

    Parameters
    ----------
    log
        Events: actor_id, campaign_id, time; action where `leave` is asked.
    leave
        The action that ends the following, for example ``"unfollow"``.

    Returns
    -------
    One row per account and campaign: actor_id, campaign_id, events (times), first_at, last_at (UTC),
    latency_seconds (since the first act of anybody in the campaign); with `leave` left_after_seconds (from the last
    act in the campaign to the first leaving after it; missing where the account had not left by the end of the log).

    Raises
    ------
    SchemaError, EngineError
        If a column is missing, there are too many rows, or the engine gave up.
    """
    needs = ("actor_id", "time", *(("action",) if leave else ()))
    with opened(log, needs=needs, must=("campaign_id",)) as opening:
        entries = _entries(opening.table)
        if leave:
            entries = _with_leaving(opening.table, entries, leave)
        return home(entries, opening, what="account_campaigns", key=["actor_id", "campaign_id"], most_rows=most_rows)


def _entries(table: ir.Table) -> ir.Table:
    inside = table.filter(table["campaign_id"].notnull())
    us = inside["us"]
    entries = inside.group_by("actor_id", "campaign_id").aggregate(
        events=inside.count(), first_us=us.min(), last_us=us.max()
    )
    opening = entries["first_us"].min().over(ibis.window(group_by="campaign_id"))
    return entries.mutate(latency_seconds=(entries["first_us"] - opening) / 1e6)


def _with_leaving(table: ir.Table, entries: ir.Table, leave: str) -> ir.Table:
    left = table.filter(table["action"] == leave).select(who="actor_id", left_us="us")
    both = entries.left_join(left, [entries["actor_id"] == left["who"], left["left_us"] >= entries["last_us"]])
    names = ["actor_id", "campaign_id", "events", "first_us", "last_us", "latency_seconds"]
    gone = both.group_by(*names).aggregate(gone=both["left_us"].min())
    return gone.mutate(left_after_seconds=(gone["gone"] - gone["last_us"]) / 1e6).drop("gone")
