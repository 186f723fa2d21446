"""From a log of events to joiners: when each came, by what, and when it left."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fanecon.schema import SchemaError, need

LEAVING = ("leave", "unfollow", "unsubscribe")
CAMPAIGN, OTHERWISE, NOT_SAID = "campaign", "otherwise", "not said"


def joiners_of(log: pd.DataFrame, *, leave: Sequence[str] = LEAVING) -> pd.DataFrame:
    """One row per account of a log: when it came, whether a campaign brought it, and when it left for good.

    Parameters
    ----------
    log
        Events: actor_id, action, time; campaign_id where there are campaigns.
    leave
        The actions that end a following.  Who acts again afterwards had not left.

    Returns
    -------
    account, joined, left (missing while it stays), watched_until (the end of the log), came_by (``"campaign"`` if its
    first act was in one, ``"otherwise"`` if not, ``"not said"`` where the log names no campaign at all).

    Raises
    ------
    SchemaError
        If a column or every time is missing, or an account does nothing but leave.
    """
    need(log, "actor_id", "action", "time", meaning="one row per event")
    rows = log.dropna(subset=["actor_id", "time"]).sort_values("time", kind="stable")
    if rows.empty:
        raise SchemaError("No event has an account and a time.")
    leaving = rows["action"].isin(list(leave))
    first = rows.drop_duplicates("actor_id").set_index("actor_id")
    nothing_else = int(leaving.groupby(rows["actor_id"]).all().sum())
    if nothing_else:
        raise SchemaError(
            f"{nothing_else} accounts do nothing but leave: the log begins after they had come. Drop them."
        )
    last = rows.drop_duplicates("actor_id", keep="last").set_index("actor_id").reindex(first.index)
    gone = last["action"].isin(list(leave))
    table = pd.DataFrame({"account": first.index, "joined": pd.to_datetime(first["time"].to_numpy(), utc=True)})
    table["left"] = pd.to_datetime(last["time"].where(gone).to_numpy(), utc=True)
    table["watched_until"] = pd.to_datetime(rows["time"].max(), utc=True)
    named = rows["campaign_id"].notna().any() if "campaign_id" in rows else False
    table["came_by"] = (
        first["campaign_id"].notna().map({True: CAMPAIGN, False: OTHERWISE}).to_numpy() if named else NOT_SAID
    )
    table.attrs["synthetic"] = bool(log.attrs.get("synthetic"))
    return table
