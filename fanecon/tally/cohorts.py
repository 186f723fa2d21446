"""Cohorts: accounts by the period they began in, and how many of them acted again in each period after it."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError
from fanecon.tally.accounts import ZONE
from fanecon.tally.clock import local_periods
from fanecon.tally.home import home
from fanecon.tally.logs import BY, Source, named, opened


def cohorts(log: Source, *, period_days: int = 7, by: str | None = None, zone: str = ZONE) -> pd.DataFrame:
    """How many accounts of each cohort acted at each age, and how often.

    Parameters
    ----------
    log
        Events: actor_id, time; the column `by` where it is asked.
    period_days
        Length of a period in days; periods are counted from Monday, 5 January 1970.
    by
        A column by whose value at the account's first act the cohorts are parted, for example ``"campaign_id"``.
    zone
        Where a day begins.

    Returns
    -------
    One row per cohort and age with any act: cohort (first day of the period), `by`, age (whole periods since),
    accounts (people who acted at this age), events (times), size (people who began in the cohort).  Accounts of
    different ages are the same people: they do not add up.

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, the period is not positive, or the engine gave up.
    """
    if period_days < 1:
        raise ParameterError(f"period_days={period_days}: type a whole number of days from 1 on.")
    named(by, ("cohort", "age", "accounts", "events", "size"))
    with opened(log, needs=("actor_id", "time"), by=by) as opening:
        period = local_periods(opening.table["us"], zone, opening.span, days=period_days, first=4)
        grouped = _grouped(opening.table.mutate(period=period), grouping=by is not None)
        key = ["cohort", *([BY] if by else []), "age"]
        frame = home(grouped, opening, what="cohorts", key=key)
    frame["size"] = frame.groupby(["cohort", *([by] if by else [])], dropna=False)["accounts"].transform(
        "first"
    )  # those of age 0
    frame["cohort"] = pd.to_datetime((frame["cohort"] * period_days + 4) * 86_400, unit="s").astype("datetime64[s]")
    return frame


def _grouped(table: ir.Table, *, grouping: bool) -> ir.Table:
    own = ibis.window(group_by="actor_id")
    also = [BY] if grouping else []
    if grouping:
        table = table.mutate(first=table["us"] == table["us"].min().over(own))
        table = table.mutate(**{BY: table[BY].min(where=table["first"]).over(own)})
    active = table.group_by("actor_id", *also, "period").aggregate(events=table.count())
    active = active.mutate(cohort=active["period"].min().over(own))
    aged = active.mutate(age=active["period"] - active["cohort"])
    return aged.group_by("cohort", *also, "age").aggregate(accounts=aged.count(), events=aged["events"].sum())
