"""Who is still there after some days: the product-limit estimate, and an interval that holds where few stay."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats as distributions

from fanecon import stats
from fanecon.results import Interval
from fanecon.schema import SchemaError, need

Real = npt.NDArray[np.float64]
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Stayed:
    """The lives of one arm.

    Parameters
    ----------
    age, at_risk, ended
        At every age (days) at which somebody left: how many were there, how many left then.
    watched
        The greatest age up to which anybody was watched, in days.
    each
        Per joiner: age at the end, whether they left, and the number of whom they belong to; None from a life table.
    groups
        How many groups there are, or None where everybody stands alone.
    """

    joiners: int
    age: Real
    at_risk: Real
    ended: Real
    watched: float
    each: tuple[Real, npt.NDArray[np.bool_], npt.NDArray[np.int64]] | None = None
    groups: int | None = None


def lives(joiners: pd.DataFrame, *, by: str | None, together: str | None) -> dict[str, Stayed]:
    """The lives of every arm (one named "" without `by`), from joiners or from a life table.

    Raises
    ------
    SchemaError
        If a column is missing, somebody left before joining, or nobody joined.
    """
    if joiners.empty:
        raise SchemaError("There are no joiners.")
    if "at_risk" in joiners and together is None:
        need(joiners, "age", "at_risk", "events", *([by] if by else []), meaning="a life table of tally.at_risk")
        return {arm: _of_table(rows) for arm, rows in _arms(joiners, by)}
    need(joiners, "joined", "left", *(name for name in (by, together) if name), meaning="one row per joiner")
    until = joiners["watched_until"] if "watched_until" in joiners else joiners.attrs.get("watched_until")
    if until is None:
        raise SchemaError("Say how long joiners were watched: a column 'watched_until', or attrs['watched_until'].")
    table = joiners.assign(_until=pd.to_datetime(until, utc=True))
    return {arm: _of_rows(rows, together) for arm, rows in _arms(table, by)}


def _arms(table: pd.DataFrame, by: str | None) -> list[tuple[str, pd.DataFrame]]:
    if by is None:
        return [("", table)]
    if table[by].isna().any():
        raise SchemaError(f"{int(table[by].isna().sum())} rows have no '{by}': leave them out, or name their arm.")
    return [(str(arm), rows) for arm, rows in table.groupby(by, sort=True)]


def _of_table(rows: pd.DataFrame) -> Stayed:
    rows = rows.sort_values("age")
    age, at_risk, ended = (rows[name].to_numpy(float) for name in ("age", "at_risk", "events"))
    some = ended > 0
    # An age is a whole unit: who leaves at age 0 leaves within the first day.
    return Stayed(int(at_risk.max()), age[some], at_risk[some], ended[some], float(age.max()) + 1)


def _of_rows(rows: pd.DataFrame, together: str | None) -> Stayed:
    joined, left = (pd.to_datetime(rows[name], utc=True) for name in ("joined", "left"))
    if joined.isna().any() or (left < joined).any():
        bad = int(joined.isna().sum() + (left < joined).sum())
        raise SchemaError(f"{bad} joiners have no time of joining, or left before it.")
    gone = (left.notna() & (left <= rows["_until"])).to_numpy()
    end = left.where(pd.Series(gone, index=rows.index), rows["_until"])
    age = ((end - joined) / DAY).to_numpy(float)
    if (age < 0).any():
        raise SchemaError(f"{int((age < 0).sum())} joiners joined after watching had ended.")
    group = pd.factorize(rows[together])[0] if together else np.arange(len(rows))
    # Who belongs to nobody stands alone.
    group = np.where(group < 0, group.max() + 1 + np.arange(len(rows)), group).astype(np.int64)
    groups = len(np.unique(group))
    several = groups if groups < len(rows) else None
    at, ended = np.unique(age[gone], return_counts=True)
    at_risk = len(age) - np.searchsorted(np.sort(age), at, side="left")
    watched = float(((rows["_until"] - joined) / DAY).max())
    return Stayed(len(age), at, at_risk.astype(float), ended.astype(float), watched, (age, gone, group), several)


def share_staying(lived: Stayed, day: float, *, level: float) -> Interval:
    """S(D), the product-limit share still there after `day` days, with Wilson's interval at the effective number.

    S(D) = Π over ages t < D of (1 − left(t) ÷ at risk(t)).  The effective number of independent fans is S(1 − S) ÷ V,
    V being Greenwood's variance, or that over groups who act together.
    """
    before = lived.age < day
    share = float(np.prod(1 - lived.ended[before] / lived.at_risk[before]))
    if share > 0 and day > lived.watched:
        return Interval(math.nan, unit="proportion", missing=f"nobody was watched for {day:g} days")
    known = _known_at(lived, day)
    if share <= 0:
        # One-sided: where none of n stayed, the share is below 1 − α^(1/n).
        return Interval(0.0, 0.0, 1 - (1 - level) ** (1 / known), "proportion")
    if share >= 1:
        return stats.wilson(known, known, level=_widened(level, lived.groups))
    variance = _variance(lived, day, before, share)
    number = share * (1 - share) / variance
    return stats.wilson(share * number, number, level=_widened(level, lived.groups))


def _known_at(lived: Stayed, day: float) -> float:
    """How many decide what is known at a day where all or none stayed: groups, of joiners watched so long."""
    if lived.each is None:
        return float(lived.joiners)
    age, gone, group = lived.each
    watched = gone | (age >= day)
    return float(max(1, len(np.unique(group[watched]))))


def _variance(lived: Stayed, day: float, before: npt.NDArray[np.bool_], share: float) -> float:
    if lived.groups is None:
        at_risk, ended = lived.at_risk[before], lived.ended[before]
        return float(share**2 * np.sum(ended / (at_risk * (at_risk - ended))))
    assert lived.each is not None
    age, gone, group = lived.each
    hazard = np.concatenate([[0.0], np.cumsum(lived.ended[before] / lived.at_risk[before] ** 2)])
    seen = hazard[np.searchsorted(lived.age[before], age, side="right")]
    own = np.zeros(len(age))
    leaves = gone & (age < day)
    own[leaves] = 1 / lived.at_risk[np.searchsorted(lived.age, age[leaves])]
    influence = np.bincount(group, weights=share * (seen - own))
    influence = influence[np.bincount(group) > 0]
    few = len(influence) / (len(influence) - 1)
    return float(few * np.sum(influence**2))


def _widened(level: float, groups: int | None) -> float:
    """The level whose normal quantile is the t quantile of that many groups."""
    if groups is None:
        return level
    reach = distributions.t.ppf((1 + level) / 2, max(groups - 1, 1))
    return float(min(2 * distributions.norm.cdf(reach) - 1, 1 - 1e-12))
