"""Groups into which campaigns bring hunters, whose effect on fans is known because it was put in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fanecon.schema import ParameterError


def simulate_groups(
    groups: int = 40, *, days: int = 60, effect: float = 0.0, quarrel: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Groups by day in which fans leave at 1 % a day times exp(`effect` × share of hunters the day before).

    Hunters come on one or two campaign days per group, up to as many as there are fans, and leave at 15 % a day
    whatever fans do.  With a constant share x the fans follow L(t) = L(0)·exp(−λ·exp(effect·x)·t).

    Parameters
    ----------
    groups, days
        How many groups, watched for how long.
    effect
        Logarithm of the ratio of hazards between a group of hunters alone and one without any; 0 = none.
    quarrel
        The same for the three days that end with a campaign, before its hunters come: something that moves both, which
        no comparison can undo.

    Returns
    -------
    One row per group and day: group, day, fans, hunters, fans_left, hunters_left; attrs["synthetic"].

    Raises
    ------
    ParameterError
        Unless there is a group and ten days.
    """
    if groups < 1 or days < 10:
        raise ParameterError(f"At least 1 group and 10 days are needed; found {groups} and {days}.")
    draw = np.random.default_rng(seed)
    base = 0.01 * np.exp(draw.normal(0, 0.4, groups))
    fans, hunters = draw.integers(150, 450, groups), np.zeros(groups, np.int64)
    campaigns = draw.random((groups, days + 3)) < 1.5 / days
    soon = campaigns[:, :days] | campaigns[:, 1 : days + 1] | campaigns[:, 2 : days + 2]
    share, rows = np.zeros(groups), []
    for day in range(days):
        hazard = 1 - np.exp(-base * np.exp(effect * share + quarrel * soon[:, day]))
        left, gone = draw.binomial(fans, hazard), draw.binomial(hunters, 0.15)
        rows.append(np.column_stack([np.arange(groups), np.full(groups, day), fans, hunters, left, gone]))
        share = hunters / np.maximum(fans + hunters, 1)
        came = np.where(campaigns[:, day], (draw.uniform(0.3, 1.0, groups) * fans).astype(np.int64), 0)
        fans, hunters = fans - left + draw.poisson(0.01 * fans), hunters - gone + came
    table = pd.DataFrame(np.concatenate(rows), columns=["group", "day", "fans", "hunters", "fans_left", "hunters_left"])
    table["day"] = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(table["day"], unit="D")
    table.attrs["synthetic"] = True
    return table
