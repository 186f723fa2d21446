"""From what somebody has to one row per account: a log of events, or a table that a tally made of one.

The log of a campaign that fits into memory is read here; of a larger one `fanecon.tally.account_habits`,
`account_campaigns` and `crowding` make the same columns where the log lives.  A column that is not there is not
imputed: the sign it carries is missing, and the notes say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.texts import repeated_texts
from fanecon.schema import SchemaError, need

NAMES = ("actor_id", "account_id", "account")
STARTS = ("first_at", "joined_at", "first_seconds")
AMOUNTS = ("amount", "amount_minor")
LEAVING = ("leave", "left", "unfollow", "quit", "exit")
PAYOUTS = ("payout", "claim", "redeem")


def account_column(table: pd.DataFrame) -> str:
    """The column that names the account."""
    found = [name for name in NAMES if isinstance(table, pd.DataFrame) and name in table.columns]
    if not found:
        need(table, NAMES[0], meaning="the account, one row each")
    return found[0]


def accounts_of(table: pd.DataFrame) -> pd.DataFrame:
    """One row per account, indexed by its name: the table itself, or the habits in a log of events.

    Raises
    ------
    SchemaError
        If no column names the account, one is empty, or the table has no rows.
    """
    name = account_column(table)
    if not len(table):
        raise SchemaError("The table has no rows; at least one account is needed.")
    if table[name].isna().any():
        raise SchemaError(
            f"'{name}' is empty in {int(table[name].isna().sum())} rows. Type .dropna(subset=['{name}'])."
        )
    if "time" in table.columns:
        return habits(table.rename(columns={name: "actor_id"}))
    if table[name].duplicated().any():
        raise SchemaError(
            f"'{name}' stands in several rows and there is no column 'time': one row per account is needed, or a log "
            "of events with their time."
        )
    return table.set_index(name).rename_axis("actor_id")


def habits(log: pd.DataFrame) -> pd.DataFrame:
    """What each account did in a log of events (actor_id, time; more where there is more).

    Returns
    -------
    DataFrame
        Indexed by actor_id: first_at, events (times), one_day; with campaign_id (or incentivised) campaign_events and
        entered_by_campaign, latency_seconds; with item_id one_item; with amount_minor amount (the first one); with
        action left_after_seconds where somebody left; with text repeated_texts (share of its texts).
    """
    every = log.sort_values("time", kind="stable")
    log = every[~every["action"].isin(LEAVING)] if "action" in every else every
    each = log.groupby("actor_id", sort=True)
    first, last = each["time"].min(), each["time"].max()
    frame = pd.DataFrame({"first_at": first, "events": each.size()})
    frame["one_day"] = first.dt.floor("D") == last.dt.floor("D")
    if "item_id" in log:
        frame["one_item"] = each["item_id"].min() == each["item_id"].max()
    paid = _paid(log)
    if paid is not None:
        frame = frame.join(_campaigns(log, paid, first))
    if "amount_minor" in log:
        frame["amount"] = each["amount_minor"].first()
    if "action" in every:
        frame = frame.join(_leaving(every, frame.index))
    if "text" in log:
        frame["repeated_texts"] = repeated_texts(log["actor_id"], log["text"]).reindex(frame.index)
    return frame


def _paid(log: pd.DataFrame) -> pd.Series | None:
    if "incentivised" in log:
        return log["incentivised"].fillna(False).astype(bool)
    return log["campaign_id"].notna() if "campaign_id" in log else None


def _campaigns(log: pd.DataFrame, paid: pd.Series, first: pd.Series) -> pd.DataFrame:
    inside = log[paid]
    each = inside.groupby("actor_id")["time"]
    counted = each.size().reindex(first.index, fill_value=0)
    begun = each.min().reindex(first.index)
    opened = inside["time"].min()
    if "campaign_id" in inside and inside["campaign_id"].notna().all():
        opened = inside.groupby("campaign_id")["time"].transform("min")
    late = (inside["time"] - opened).dt.total_seconds().groupby(inside["actor_id"]).min()
    return pd.DataFrame(
        {
            "campaign_events": counted,
            "entered_by_campaign": (begun == first).fillna(False),
            "latency_seconds": late.reindex(first.index),
        }
    )


def _leaving(log: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """Seconds from the last payout (else the first act) to leaving; missing where the account has not left."""
    left = log[log["action"].isin(LEAVING)].groupby("actor_id")["time"].max()
    if left.empty:
        return pd.DataFrame(index=names)
    paid = log[log["action"].isin(PAYOUTS)].groupby("actor_id")["time"].max()
    since = paid.reindex(names).fillna(log.groupby("actor_id")["time"].min().reindex(names))
    return pd.DataFrame({"left_after_seconds": (left.reindex(names) - since).dt.total_seconds()}, index=names)


def numbers(values: pd.Series) -> Array:
    """A column as floating numbers: times as unix seconds, yes and no as 1 and 0, unknown as NaN."""
    if pd.api.types.is_datetime64_any_dtype(values):
        utc = values if values.dt.tz is None else values.dt.tz_convert("UTC").dt.tz_localize(None)
        return np.asarray((utc - pd.Timestamp("1970-01-01")).dt.total_seconds(), dtype=float)
    return np.asarray(pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan))


def column(accounts: pd.DataFrame, names: Sequence[str]) -> Array:
    """The first of these columns that is there, as numbers; all unknown where none is."""
    found = [name for name in names if name in accounts.columns]
    return numbers(accounts[found[0]]) if found else np.full(len(accounts), np.nan)
