"""A made-up log with a known shape: few accounts do much, few articles are read much, campaigns last three days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import ParameterError

START = pd.Timestamp("2025-01-01", tz="UTC")
ACTIONS, SHARES = ("open", "read", "share"), (0.5, 0.4, 0.1)
YEAR_SECONDS = 365 * 86_400
BETWEEN_DAYS, LASTING_DAYS = 60, 3


def simulate_log(events: int, *, accounts: int | None = None, items: int | None = None, seed: int = 7) -> pd.DataFrame:
    """A log of one year in order of time: who did what to which article, and in which campaign.

    Parameters
    ----------
    events
        Rows (times).
    accounts, items
        How many there are; a fiftieth and a thousandth of the events unless given.
    seed
        The same seed gives the same log.

    Returns
    -------
    Rows of `schema.EVENTS`: actor_id, item_id, action (open, read, share), time (UTC), campaign_id (half of the
    events in the first three days of every sixty; missing elsewhere).  ``attrs["synthetic"]`` is true.

    Raises
    ------
    ParameterError
        If a number is not above zero.
    """
    people, articles = accounts or max(events // 50, 1), items or max(events // 1000, 1)
    if min(events, people, articles) < 1:
        raise ParameterError(f"events={events}, accounts={accounts}, items={items}: type numbers from 1 on.")
    draw = np.random.default_rng(seed)
    activity, fame = np.cumsum(draw.pareto(1.2, people) + 1), np.cumsum(np.arange(1, articles + 1) ** -0.8)
    actor = np.searchsorted(activity, draw.random(events) * activity[-1])
    item = np.searchsorted(fame, draw.random(events) * fame[-1])
    seconds = np.sort(draw.random(events)) * YEAR_SECONDS
    day = (seconds // 86_400).astype(int)
    inside = (day % BETWEEN_DAYS < LASTING_DAYS) & (draw.random(events) < 0.5)
    log = pd.DataFrame(
        {
            "actor_id": _named([f"a{at}" for at in range(people)], actor),
            "item_id": _named([f"i{at}" for at in range(articles)], item),
            "action": _named(ACTIONS, draw.choice(len(ACTIONS), events, p=SHARES)),
            "time": (START + pd.to_timedelta((seconds * 1e6).astype("int64"), unit="us")).astype("datetime64[us, UTC]"),
            "campaign_id": _named([f"c{at}" for at in range(7)], day // BETWEEN_DAYS).where(inside),
        }
    )
    log.attrs["synthetic"] = True
    return log


def _named(names: Sequence[str], places: npt.NDArray[np.int64]) -> pd.Series:
    return pd.Series(pd.array(list(names), dtype="string").take(places))
