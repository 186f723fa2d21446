"""All that is known of the accounts, put on the scales: ties, starts and habits become signs, and signs a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import Array, Closeness, Pairs, Starts, learn_closeness
from fanecon.metrics.hunters.crowd import Crowd, background, crowd
from fanecon.metrics.hunters.families import Family, amount, crowding, habit_families, links, lockstep, outside
from fanecon.metrics.hunters.reading import AMOUNTS, STARTS, account_column, column
from fanecon.metrics.hunters.ties import MOST_SHARING, Ties, components, direct_pairs, sharing_pairs, weigh_ties
from fanecon.schema import ParameterError, SchemaError, need

NOT_LEARNED = (
    "How close accounts of one hand begin is assumed, not learned: fewer than 200 pairs have a tie and a known start."
)
WIDELY = 50
CUT = "Crowding looks at the thousand nearest starts to each side only; more began within four hours."


class Evidence(NamedTuple):
    """The accounts with their signs, ties and components, and what was missing."""

    accounts: pd.DataFrame
    starts: Starts
    families: tuple[Family, ...]
    ties: Ties
    component: Array
    crowd: Crowd | None
    shared: pd.DataFrame | None
    notes: tuple[str, ...]


def gather(
    accounts: pd.DataFrame, *, links: pd.DataFrame | None, shared: pd.DataFrame | None, blocks: pd.DataFrame | None
) -> Evidence:
    """Every sign that the tables allow.

    Raises
    ------
    SchemaError
        If a table lacks a column, or there is nothing at all to tell accounts apart by.
    """
    names, size = accounts.index, len(accounts)
    starts = Starts(column(accounts, STARTS), _logs(column(accounts, AMOUNTS)))
    direct, sharing = _pairs(links, shared, names)
    closeness = learn_closeness(starts, direct + sharing)
    around = background(starts, closeness)
    ties = weigh_ties(starts, around, closeness, direct + sharing, len(direct))
    found = crowd(starts, closeness, around) if starts.timed else None
    component = components(ties, size)
    member = _members(blocks, names)
    together = _together(ties, component, (links is not None, shared is not None), found)
    single = [amount(starts)] if starts.weighed else []
    acted = [lockstep(member[name].to_numpy(dtype=float), str(name)) for name in member.columns]
    # A column that is there and empty is missing all the same.
    families = tuple(one for one in (*together, *single, *acted, *habit_families(accounts)) if one.known.any())
    if not families:
        raise SchemaError(
            "There is nothing to tell accounts apart by. Needed is at least one of: first_at, amount, events and "
            f"campaign_events, one_day, one_item, latency_seconds, left_after_seconds, links=, shared=, blocks=. "
            f"The table has: {', '.join(map(str, accounts.columns)) or 'no columns'}."
        )
    notes = tuple(_notes(families, closeness, found, shared))
    return Evidence(accounts, starts, families, ties, component, found, shared, notes)


def _logs(values: Array) -> Array:
    """Logarithms of amounts above zero; amounts that are all alike say nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(values > 0, np.log(values), np.nan)
    return logs if len(np.unique(logs[np.isfinite(logs)])) > 1 else np.full(len(logs), np.nan)


def _pairs(links: pd.DataFrame | None, shared: pd.DataFrame | None, names: pd.Index) -> tuple[list[Pairs], list[Pairs]]:
    if links is not None:
        need(links, "src", "dst", meaning="ties between accounts")
    if shared is not None:
        need(shared, "value", "account", meaning="what accounts share")
    direct = direct_pairs(links, names) if links is not None else []
    return direct, sharing_pairs(shared, names) if shared is not None else []


def _together(ties: Ties, component: Array, given: tuple[bool, bool], found: Crowd | None) -> Iterator[Family]:
    size = len(component)
    if given[0]:
        yield links(np.bincount(component)[component], ties.partners(size, direct=True))
    if found is not None:
        yield crowding(found)
    if given[1]:
        yield outside(ties.partners(size, direct=False))


def _members(table: pd.DataFrame | None, names: pd.Index) -> pd.DataFrame:
    """The bits of the best block of each account, one column per kind of block (lockstep, co-sharing)."""
    if table is None:
        return pd.DataFrame(index=names)
    who = "member" if "member" in table else account_column(table)
    need(table, who, "bits", meaning="members of blocks")
    kind = table["kind"].astype(str) if "kind" in table else pd.Series("lockstep", index=table.index)
    rows = pd.DataFrame({"account": table[who], "kind": kind, "bits": table["bits"].astype(float)})
    best = rows.pivot_table(index="account", columns="kind", values="bits", aggfunc="max", fill_value=0.0)
    return best.reindex(names, fill_value=0.0)


def _notes(
    families: tuple[Family, ...],
    closeness: Closeness,
    found: Crowd | None,
    sharing: pd.DataFrame | None,
) -> Iterator[str]:
    have = {family.name for family in families}
    wanted = (
        "links",
        "crowding",
        "shared outsiders",
        "amount",
        "lockstep",
        "habits",
        "latency",
        "leaving",
        "repeated texts",
    )
    missing = [name for name in wanted if name not in have]
    if missing:
        yield f"Missing, and not imputed: {', '.join(missing)}. Looked at: {', '.join(f.name for f in families)}."
    for family in families:
        unknown = int((~family.known).sum())
        if unknown:
            yield f"{family.name}: unknown for {unknown:,} of {len(family.level):,} accounts, judged without it."
    if not closeness.learned and found is not None:
        yield NOT_LEARNED
    if found is not None and found.cut:
        yield CUT
    if sharing is not None:
        crowd_of = sharing.groupby("value")["account"].nunique()
        hubs = int((crowd_of > MOST_SHARING).sum())
        if hubs:
            yield f"No ties by {hubs:,} values that more than {MOST_SHARING} accounts share."


def known_labels(labels: pd.Series | Mapping[object, object] | None, names: pd.Index) -> Array:
    """Labels as 1, 0 and NaN in the order of the accounts.

    Raises
    ------
    ParameterError
        If a label is neither yes nor no.
    """
    if labels is None:
        return np.full(len(names), np.nan)
    series = pd.to_numeric(pd.Series(labels), errors="coerce").astype("Float64")
    found = series.reindex(names).to_numpy(dtype=float, na_value=np.nan)
    if not np.isin(found[np.isfinite(found)], (0.0, 1.0)).all():
        raise ParameterError("labels= holds 1 or True for hunters, 0 or False for others, and nothing else.")
    return np.asarray(found)


def sign_numbers(evidence: Evidence, case: Array) -> pd.DataFrame:
    """One column of numbers per sign, for the correction by labels."""
    starts, ties, size = evidence.starts, evidence.ties, len(evidence.accounts)
    columns: dict[str, Array] = {family.name: family.value for family in evidence.families}
    columns["case"] = case
    if starts.timed:
        columns |= {"start": starts.seconds, "hour of day": starts.seconds % 86_400}
    if evidence.crowd is not None:
        columns |= {"busy hour": evidence.crowd.busy, "alike": evidence.crowd.alike}
    if len(ties.one):
        degree = np.bincount(ties.one[ties.direct], minlength=size) + np.bincount(
            ties.other[ties.direct], minlength=size
        )
        columns |= {"ties": degree.astype(float), "partners": ties.partners(size, direct=True)}
    if evidence.shared is not None:
        columns |= _sharing_numbers(evidence.shared, evidence.accounts.index)
    crew = np.bincount(evidence.component)[evidence.component]
    if (crew > 1).any():
        for name, values in {"amount": starts.logs, "start": starts.seconds, "case": case}.items():
            mean = pd.Series(values).groupby(evidence.component).transform("mean").to_numpy()
            columns[f"{name} of its component"] = np.where(crew > 1, mean, np.nan)
    held = {name: values for name, values in columns.items() if np.isfinite(values).any()}
    return pd.DataFrame(held, index=evidence.accounts.index)


def _sharing_numbers(shared: pd.DataFrame, names: pd.Index) -> dict[str, Array]:
    """How many values each account shares, and how many of them with many others."""
    pairs = shared[["value", "account"]].drop_duplicates()
    wide = pairs.groupby("value")["account"].transform("size") > WIDELY
    counts = {"values shared": pairs, "values shared widely": pairs[wide], "values shared with few": pairs[~wide]}
    return {
        name: rows["account"].value_counts().reindex(names, fill_value=0).to_numpy(dtype=float)
        for name, rows in counts.items()
    }
