"""Durations: how long until something happened, with those counted for whom it had not happened yet.

Who has not left, and what has not been answered, is not missing: it lasted at least until the log ends.  The tables
here are those of survival analysis: at each age how many were still at risk, how many ended, how many were censored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError
from fanecon.tally.clock import SECOND, moment
from fanecon.tally.home import home
from fanecon.tally.logs import BY, Log, Source, named, opened

DAY, MINUTE = 86_400, 60
RESULT = ("age", "at_risk", "events", "censored")

Words = str | Sequence[str]


def at_risk(
    log: Source,
    *,
    start: Words,
    end: Words,
    by: str | None = None,
    until: str | datetime | None = None,
    unit_seconds: int = DAY,
) -> pd.DataFrame:
    """From each account's first `start` to its first `end` after it: at each age those at risk, ended and censored.

    Parameters
    ----------
    log
        Events: actor_id, action, time; the column `by` where it is asked.
    start, end
        The actions that begin and end the time, for example ``"follow"`` and ``"unfollow"``.
    by
        A column by whose value at the start the accounts are grouped, for example ``"campaign_id"``.
    until
        When observation ended (UTC unless it names a zone); the last time of the log unless given.
    unit_seconds
        The length of one unit of age, a day unless given; ages are whole units.

    Returns
    -------
    One row per (group and) age at which anything ended or was censored: `by`, age (units), at_risk, events, censored
    (people).

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, there is no start in the log, or the engine gave up.
    """
    named(by, RESULT)
    with opened(log, needs=("actor_id", "action", "time"), by=by) as opening:
        spans = _spans(opening.table, "actor_id", _listed(start), _listed(end), by)
        return _life_table(opening, spans, by, until, unit_seconds, "at_risk")


def response_times(
    log: Source,
    *,
    ask: Words,
    answer: Words,
    by: str | None = None,
    until: str | datetime | None = None,
    unit_seconds: int = MINUTE,
) -> pd.DataFrame:
    """From each thread's first `ask` to its first `answer` by another account: waiting, answered, still open.

    Parameters
    ----------
    log
        Events: item_id (the thread), actor_id, action, time; the column `by` where it is asked.
    ask, answer
        The actions that open and answer a thread, for example ``"complaint"`` and ``"reply"``.
    by
        A column by whose value at the question the threads are grouped.
    until
        When observation ended (UTC unless it names a zone); the last time of the log unless given.
    unit_seconds
        The length of one unit of time, a minute unless given.

    Returns
    -------
    One row per (group and) whole number of units: `by`, age (units), at_risk, events (answered), censored (open at
    the end); all in threads.

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, nothing was asked, or the engine gave up.
    """
    named(by, RESULT)
    with opened(log, needs=("item_id", "actor_id", "action", "time"), by=by) as opening:
        spans = _spans(opening.table, "item_id", _listed(ask), _listed(answer), by, by_another=True)
        return _life_table(opening, spans, by, until, unit_seconds, "response_times")


def _listed(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _spans(
    table: ir.Table, key: str, start: list[str], end: list[str], by: str | None, *, by_another: bool = False
) -> ir.Table:
    """Per key: begin_us, and gone_us where it ended."""
    table = table.filter(table["action"].isin([*start, *end]))
    whole, begins = ibis.window(group_by=key), table["action"].isin(start)
    table = table.mutate(begins=begins, begin_us=table["us"].min(where=begins).over(whole))
    first = table["begins"] & (table["us"] == table["begin_us"])
    if by_another:
        table = table.mutate(asker=table["actor_id"].min(where=first).over(whole))
    later = table["action"].isin(end) & (table["us"] >= table["begin_us"])
    if by_another:
        later &= table["actor_id"] != table["asker"]
    sums = {"begin_us": table["begin_us"].min(), "gone_us": table["us"].min(where=later)}
    if by:
        sums[BY] = table[BY].min(where=first)
    spans = table.group_by(key).aggregate(**sums)
    return spans.filter(spans["begin_us"].notnull())


def _life_table(
    log: Log, spans: ir.Table, by: str | None, until: str | datetime | None, unit_seconds: int, what: str
) -> pd.DataFrame:
    if unit_seconds < 1:
        raise ParameterError(f"unit_seconds={unit_seconds}: type a whole number of seconds from 1 on.")
    last = log.span[1] if until is None else moment(until, "until")
    spans = spans.filter(spans["begin_us"] <= last)
    ended = spans["gone_us"].notnull() & (spans["gone_us"] <= last)
    age = (ibis.ifelse(ended, spans["gone_us"], last) - spans["begin_us"]) // (unit_seconds * SECOND)
    aged = spans.mutate(age=age.cast("int64"), ended=ended)
    key = [*([BY] if by else []), "age"]
    counts = aged.group_by(key).aggregate(
        events=aged.count(where=aged["ended"]), censored=aged.count(where=~aged["ended"])
    )
    frame = home(counts, log, what=what, key=key)
    if frame.empty:
        raise ParameterError(f"{what}: nothing begins so. Type an action of the log (fe.tally.items lists them).")
    leaving = frame["events"] + frame["censored"]
    grouped = leaving.groupby(frame[by], dropna=False) if by else leaving.groupby([0] * len(frame))
    frame.insert(len(key), "at_risk", grouped.transform("sum") - grouped.cumsum() + leaving)
    return frame
