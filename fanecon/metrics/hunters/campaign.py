"""A campaign of which it is known who came for the reward: the very tables that `find_hunters` takes.

Five kinds of accounts.  *Fans* came before the campaign or apart from it.  *Prize fans* came through it, like a prize
and stay.  *Passers-by* came through it once, alone and honestly, and were not seen again: the hardest to tell.  *Solo
hunters* act for the reward only and mostly leave once they have it.  *Farms* are hunters' accounts opened in one
sitting, with nearly equal amounts, some paying each other; camouflage gives hunters unpaid acts as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import DAY, HOUR, Array
from fanecon.schema import ParameterError

START = pd.Timestamp("2025-03-01", tz="UTC")
DAYS, OPENS, LASTS = 60.0, 30.0, 3.0
KINDS = ("fan", "prize fan", "passer-by", "solo hunter", "farm")
FANS = (0.62, 0.28, 0.10)
PAID_ITEMS, ITEMS = 3, 60


class SimulatedCampaign(NamedTuple):
    """The log of a campaign, its ties, and the truth: actor_id, kind, hunter, farm."""

    log: pd.DataFrame
    links: pd.DataFrame
    truth: pd.DataFrame


def simulate_campaign(
    accounts: int = 2_000, *, hunters: float = 0.2, farms: float = 0.6, camouflage: float = 0.3, seed: int = 0
) -> SimulatedCampaign:
    """A log of sixty days with a paid campaign of three, in which it is known who is a reward hunter.

    Parameters
    ----------
    accounts
        How many there are (people).
    hunters
        The share of them that came for the reward; exactly that many, rounded.
    farms
        The share of hunters that sits in farms of about fifteen accounts; the others hunt alone.
    camouflage
        Unpaid acts of a hunter, on average.
    seed
        The same seed gives the same campaign.

    Returns
    -------
    SimulatedCampaign
        log: actor_id, action (read, share, claim, leave), item_id, time, campaign_id, amount_minor (at the first act);
        links: src, dst, kind, weight; truth.  ``attrs["synthetic"]`` is True in each.

    Raises
    ------
    ParameterError
        If a share is not between 0 and 1 or there are fewer than ten accounts.
    """
    if not (accounts >= 10 and 0 <= hunters <= 1 and 0 <= farms <= 1 and camouflage >= 0):
        raise ParameterError(
            "Needed: accounts ≥ 10, hunters and farms between 0 and 1, camouflage ≥ 0; "
            f"found {accounts!r}, {hunters!r}, {farms!r}, {camouflage!r}."
        )
    rng = np.random.default_rng(seed)
    truth = _truth(accounts, hunters, farms, rng)
    begun, amount = _beginnings(truth, rng)
    log = _log(truth, begun, amount, camouflage, rng)
    links = _links(truth, rng)
    for frame in (log, links, truth):
        frame.attrs["synthetic"] = True
    return SimulatedCampaign(log, links, truth)


def _truth(accounts: int, hunters: float, farms: float, rng: np.random.Generator) -> pd.DataFrame:
    guilty = round(accounts * hunters)
    in_farms = round(guilty * farms)
    sizes: list[int] = []
    while sum(sizes) < in_farms:
        sizes.append(int(min(5 + rng.geometric(0.1), in_farms - sum(sizes))))
    kind = np.array(["farm"] * in_farms + ["solo hunter"] * (guilty - in_farms), dtype=object)
    honest = rng.choice(KINDS[:3], accounts - guilty, p=FANS)
    farm = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(accounts - in_farms, -1)])
    frame = pd.DataFrame({"kind": np.concatenate([kind, honest]), "farm": farm}).sample(frac=1, random_state=rng)
    frame.insert(0, "actor_id", [f"h{at:06d}" for at in range(accounts)])
    frame["hunter"] = frame["kind"].isin(KINDS[3:])
    return frame.reset_index(drop=True)


def _beginnings(truth: pd.DataFrame, rng: np.random.Generator) -> tuple[Array, Array]:
    """The first act of each account (seconds since the start) and its amount (minor units)."""
    n, kind = len(truth), truth["kind"].to_numpy()
    arrived = OPENS * DAY + np.minimum(rng.exponential(12 * HOUR, n), LASTS * DAY * rng.random(n))
    begun = np.where(kind == "fan", rng.random(n) * (DAYS - 8) * DAY, arrived)
    logs = rng.normal(7.6, 0.8, n)
    solo = kind == "solo hunter"
    begun[solo] = OPENS * DAY + rng.gamma(2, 2 * HOUR, int(solo.sum()))
    logs[solo] = rng.normal(7.0, 0.5, int(solo.sum()))
    for _, members in truth[truth["farm"] >= 0].groupby("farm"):
        at = members.index.to_numpy()
        opened = OPENS * DAY + min(rng.exponential(8 * HOUR), LASTS * DAY - HOUR)
        begun[at] = opened + np.cumsum(rng.exponential(150, len(at)))
        logs[at] = rng.normal(7.0, 0.4) + rng.normal(0, 0.03, len(at))
    return begun, np.maximum(np.round(np.exp(logs)), 1).astype(np.int64)


def _log(truth: pd.DataFrame, begun: Array, amount: Array, camouflage: float, rng: np.random.Generator) -> pd.DataFrame:
    kind, n = truth["kind"].to_numpy(), len(truth)
    hunter = truth["hunter"].to_numpy()
    pace = rng.lognormal(-1.7, 1.0, n)
    unpaid = rng.poisson(np.where(hunter, camouflage, pace * np.maximum(DAYS - begun / DAY, 0)))
    unpaid[kind == "passer-by"] = 0
    takes = np.select([kind == "fan", kind == "prize fan"], [0.35, 1.0], 1.0)
    paid = np.where(rng.random(n) < takes, 1 + rng.poisson(np.where(hunter, 1.5, 0.5)), 0)
    unpaid[(kind == "fan") & (unpaid == 0)] = 1
    late = begun > (OPENS + LASTS) * DAY
    paid[late] = 0
    unpaid[late & (unpaid == 0)] = 1
    parts = [_unpaid_acts(unpaid, begun, rng), _paid_acts(paid, begun, kind, rng)]
    parts.append(_leaving(truth, begun, rng))
    log = pd.concat(parts, ignore_index=True).sort_values(["seconds", "who"], kind="stable", ignore_index=True)
    first = ~log["who"].duplicated()
    log["amount_minor"] = pd.array(amount[log["who"]], dtype="Int64")
    log.loc[~first, "amount_minor"] = pd.NA
    log["time"] = START + pd.to_timedelta((log["seconds"] * 1e6).astype("int64"), unit="us")
    log.insert(0, "actor_id", truth["actor_id"].to_numpy()[log["who"]])
    return log.drop(columns=["seconds", "who"])


def _unpaid_acts(number: Array, begun: Array, rng: np.random.Generator) -> pd.DataFrame:
    who = np.repeat(np.arange(len(number)), number)
    start = begun[who]
    when = start + rng.random(len(who)) * np.maximum(DAYS * DAY - start, 1)
    fame = np.arange(1, ITEMS + 1) ** -0.8
    item = rng.choice(ITEMS, len(who), p=fame / fame.sum())
    return _acts(who, when, rng.choice(["read", "share"], len(who), p=[0.9, 0.1]), [f"i{at:02d}" for at in item], None)


def _paid_acts(number: Array, begun: Array, kind: Array, rng: np.random.Generator) -> pd.DataFrame:
    """Paid acts begin with the start, or at some hour of the campaign for those who were there before."""
    who = np.repeat(np.arange(len(number)), number)
    first = np.maximum(begun, OPENS * DAY)
    entry = first + np.where(kind == "fan", rng.exponential(12 * HOUR, len(begun)), 0.0)
    again = np.concatenate([np.arange(one) > 0 for one in number]) if len(who) else np.zeros(0, bool)
    when = entry[who] + np.where(again, rng.exponential(6 * HOUR, len(who)), 0.0)
    item = rng.integers(0, PAID_ITEMS, len(number))[who]
    return _acts(who, when, np.where(again, "share", "claim"), [f"prize{at}" for at in item], "spring")


def _leaving(truth: pd.DataFrame, begun: Array, rng: np.random.Generator) -> pd.DataFrame:
    hunter = truth["hunter"].to_numpy()
    leaves = rng.random(len(truth)) < np.where(hunter, 0.55, 0.08)
    soon = rng.exponential(2.5 * DAY, len(truth))
    some_day = rng.random(len(truth)) * np.maximum(DAYS * DAY - begun, 1)
    when = np.maximum(begun, np.where(hunter, OPENS * DAY, 0)) + 2 * HOUR + np.where(hunter, soon, some_day)
    who = np.flatnonzero(leaves & (when < DAYS * DAY))
    return _acts(who, when[who], np.full(len(who), "leave"), None, None)


def _acts(who: Array, when: Array, action: Array, items: list[str] | None, campaign: str | None) -> pd.DataFrame:
    columns = {"who": who, "seconds": when.astype(float), "action": pd.array(action, dtype="string")}
    frame = pd.DataFrame(columns)
    frame["item_id"] = pd.array([pd.NA] * len(who) if items is None else items, dtype="string")
    frame["campaign_id"] = pd.array([campaign if campaign else pd.NA] * len(who), dtype="string")
    return frame


def _links(truth: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Farms: a star around the first account, not all of it seen.  Others: now and then a friend."""
    ties = []
    for _, members in truth[truth["farm"] >= 0].groupby("farm"):
        names = members["actor_id"].to_numpy()
        seen = rng.random(len(names) - 1) < 0.6
        ties += [(names[0], other, "transfer") for other in names[1:][seen]]
    rest = truth.loc[truth["farm"] < 0, "actor_id"].to_numpy()
    number = rng.binomial(len(rest), 0.06)
    pairs = rng.choice(len(rest), (number, 2)) if number else np.empty((0, 2), int)
    ties += [(rest[one], rest[other], "invited") for one, other in pairs if one != other]
    frame = pd.DataFrame(ties, columns=["src", "dst", "kind"]).drop_duplicates(ignore_index=True)
    return frame.assign(weight=1.0)
