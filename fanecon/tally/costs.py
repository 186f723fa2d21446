"""What a tally costs, on paper: the bytes it reads, how often its rows change places, and what comes home.

A cluster spends its time on three things.  It reads the columns that the tally needs, once.  It sends rows from where
they were read to where their group is put together: a shuffle.  It sends the result home.  Sums, counts, minima and
maxima are put together in part before they travel, so that a task sends at most one row for each group it has met;
windows (gaps, first acts) cannot be, and send every row.

How many of G groups a task of n rows meets is the number of urns hit by n balls: G (1 - exp(-n / G)) on average if all
groups were equally frequent, less if they are not.  The model takes this as an upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from fanecon.schema import ParameterError

BYTES = {"actor_id": 8, "item_id": 8, "action": 1, "time": 8, "campaign_id": 1}
"""Bytes of a cell when it is read; on disk, packed, a column takes less."""

_ACT, _THING, _DID, _WHEN, _CAMPAIGN = BYTES


@dataclass(frozen=True, kw_only=True)
class _Log:
    """The size of a log and of the tasks that read it."""

    rows: float
    accounts: float
    items: float
    tasks: float
    inside: float

    def met(self, groups: float, rows: float | None = None) -> float:
        """Rows that leave the tasks when each sends one for every group it has met."""
        each = (self.rows if rows is None else rows) / self.tasks
        return min(self.tasks * groups * -math.expm1(-each / groups), self.rows if rows is None else rows)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The columns read, what each shuffle moves (rows, cells of eight bytes, one for the row), and what comes home."""

    columns: tuple[str, ...]
    moves: tuple[tuple[Callable[[_Log], float], int], ...]
    home: tuple[Callable[[_Log], float], int]


def _all(log: _Log) -> float:
    return log.rows


def _accounts(log: _Log) -> float:
    return log.accounts


def _items(log: _Log) -> float:
    return log.items


def _by_account(log: _Log) -> float:
    return log.met(log.accounts)


def _by_item(log: _Log) -> float:
    return log.met(log.items)


def _few(log: _Log) -> float:
    return min(log.rows, 1000 * log.tasks)


def _entries(log: _Log) -> float:
    return log.met(6 * log.accounts, log.inside * log.rows)


PLANS = {
    "items": _Plan(columns=(_ACT, _THING, _DID), moves=((_all, 9), (_by_item, 12)), home=(_items, 9)),
    "items, times only": _Plan(columns=(_THING, _DID), moves=((_by_item, 8),), home=(_items, 5)),
    "account_habits": _Plan(columns=(_ACT, _THING, _WHEN, _CAMPAIGN), moves=((_by_account, 12),), home=(_accounts, 12)),
    "account_gaps": _Plan(columns=(_ACT, _WHEN), moves=((_all, 3),), home=(_accounts, 6)),
    "account_campaigns": _Plan(
        columns=(_ACT, _WHEN, _CAMPAIGN), moves=((_entries, 7), (_entries, 7)), home=(_entries, 6)
    ),
    "crowding": _Plan(
        columns=(_ACT, _WHEN), moves=((_by_account, 3), (lambda log: 3 * log.accounts, 5)), home=(_accounts, 6)
    ),
    "cohorts": _Plan(columns=(_ACT, _WHEN), moves=((_all, 4), (_all, 4), (_few, 5)), home=(_few, 5)),
    "at_risk": _Plan(columns=(_ACT, _DID, _WHEN), moves=((_all, 6), (_few, 5)), home=(_few, 4)),
    "response_times": _Plan(columns=(_THING, _ACT, _DID, _WHEN), moves=((_all, 8), (_few, 5)), home=(_few, 4)),
    "contributions": _Plan(columns=(_ACT,), moves=((_by_account, 3), (_few, 3)), home=(_few, 2)),
    "lockstep_edges": _Plan(columns=(_ACT, _THING, _WHEN), moves=((_all, 5), (_all, 5)), home=(_all, 4)),
    "cascades": _Plan(columns=(_THING, _ACT, _WHEN), moves=((_all, 5),), home=(_all, 3)),
}


def costs(
    rows: float,
    *,
    accounts: float | None = None,
    items: float | None = None,
    tasks: int | None = None,
    campaign_share: float = 0.05,
) -> pd.DataFrame:
    """What each tally of a log reads, moves and brings home, at most.

    Parameters
    ----------
    rows
        Events in the log.
    accounts, items
        How many there are; a fiftieth and a thousandth of the events unless given.
    tasks
        How many pieces the log is read in; one for every 16 million rows unless given.
    campaign_share
        The share of the events that belong to a campaign.

    Returns
    -------
    One row per tally: tally, read_bytes, shuffles, moved_rows, moved_bytes, home_rows, home_bytes.

    Raises
    ------
    ParameterError
        If a number is not above zero.
    """
    log = _Log(
        rows=rows,
        accounts=max(rows / 50, 1) if accounts is None else accounts,
        items=max(rows / 1000, 1) if items is None else items,
        tasks=tasks or max(1, math.ceil(rows / 16e6)),
        inside=campaign_share,
    )
    if not min(log.rows, log.accounts, log.items, log.inside) > 0:
        raise ParameterError("rows, accounts, items and campaign_share are numbers above zero.")
    return pd.DataFrame([_cost(name, plan, log) for name, plan in PLANS.items()])


def _cost(name: str, plan: _Plan, log: _Log) -> dict[str, object]:
    moves = [(moved(log), cells) for moved, cells in plan.moves]
    home, cells = plan.home[0](log), plan.home[1]
    return {
        "tally": name,
        "read_bytes": log.rows * sum(BYTES[column] for column in plan.columns),
        "shuffles": len(moves),
        "moved_rows": sum(rows for rows, _ in moves),
        "moved_bytes": 8 * sum(rows * width for rows, width in moves),
        "home_rows": home,
        "home_bytes": 8 * home * cells,
    }
