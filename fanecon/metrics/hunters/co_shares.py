"""Co-sharing: pairs of accounts that share the same objects within moments of each other.

Tools for coordinated behaviour count, for each pair of accounts, on how many objects they came within a window of each
other, and draw a line at some number (Giglietto et al. 2020).  The count is exact here too, but a number is no evidence
by itself: two accounts that share everything, and everything at once, meet by chance.

*What chance would give.*  Leave every share where it is, its object and its moment, and deal the accounts out to the
shares anew, each as many as it had.  On an object with C pairs of shares within the window, two accounts with a and b
of all E shares then meet with chance 1 − e^(−λC), λ = 2ab/(E(E − 1)), or a little less where meetings overlap; the sum
over objects is what their activity and the objects' own pace explain.  The number of objects is taken as a sum of
independent trials, whose upper tail Poisson's of the same mean exceeds (Hoeffding 1956): the bits err against an
accusation.

*What it does not know.*  People who sleep at the same hours and follow the same subject meet more often than dealt-out
accounts do.  A pair beyond chance shares habits at least; that it is one hand is for other evidence to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from fanecon.metrics.hunters import bipartite, moments, pictures
from fanecon.metrics.hunters.bipartite import Array, Named, Whole
from fanecon.metrics.hunters.moments import Moments
from fanecon.results import Result, shown
from fanecon.schema import ParameterError, SchemaError

SMALL, MANY_PAIRS = 100_000, 5_000_000
GRID = 2_000
HABITS = "Expected: accounts dealt out to the shares anew. Common hours and subjects raise the count as well."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CoSharing(Result):
    """One row per pair: src, dst (the smaller name first), objects, expected, bits, beyond_chance; most bits first."""

    window: float
    accounts: int

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The strongest pairs as a net: a line for each pair, thicker with the objects they share."""
        return pictures.net(self.table, self.sentence, self.shows, ax=ax)


def co_sharing(shares: pd.DataFrame, *, window: float = 60.0, least: int = 2, level: float = 0.95) -> CoSharing:
    """Pairs of accounts that shared at least so many of the same objects within the window, beside what chance gives.

    Parameters
    ----------
    shares
        One row per share: actor_id, item_id, time (timestamps, or seconds).
    window
        Seconds between the two shares of an object, at most.
    least
        Objects that a pair has in common within the window, at least.
    level
        1 − level is the chance that any pair of a table without coordination is `beyond_chance`.

    Returns
    -------
    CoSharing
        src, dst, objects, expected (objects, by activity and pace), bits (−log₂ P(so many or more)), beyond_chance.

    Raises
    ------
    SchemaError, ParameterError
        If a column or a value is missing, or a parameter is out of range.

    References
    ----------
    Giglietto et al. 2020, doi:10.1080/1369118X.2020.1739732; Hoeffding 1956, doi:10.1214/aoms/1177728178
    """
    if not 0 <= window < math.inf or least < 1 or not 0 < level < 1:
        raise ParameterError(
            f"Needed: window ≥ 0 seconds, least ≥ 1, 0 < level < 1; found {window!r}, {least!r}, {level!r}."
        )
    accounts, items = bipartite.sides(shares, what="who shared what")
    clock = moments.moments(shares)
    if clock is None:
        raise SchemaError(
            f"Column 'time' is missing (when each share was). The table has: {', '.join(shares.columns)}."
        )
    wide = moments.reach(window, clock[1], clock[0])
    activity = np.bincount(accounts.codes, minlength=accounts.size) if len(shares) else np.zeros(0, np.int64)
    found = _paired((accounts, items, activity), clock[0], wide, least)
    return _result(shares, _judged(found, activity, level), accounts, (window, least, level))


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs by number and on how many objects they met; the pairs of shares within the window of each object."""

    src: Whole
    dst: Whole
    objects: Whole
    meetings: Whole


def _paired(sides: tuple[Named, Named, Whole], times: Moments, window: float, least: int) -> Pairs:
    accounts, items, activity = sides
    if len(times) >= SMALL:
        return _compiled(sides, times, window, least)
    order = np.lexsort((times, items.codes))
    who, what, when = accounts.codes[order].astype(np.int64), items.codes[order], times[order]
    meetings, met = np.zeros(items.size, np.int64), list[npt.NDArray[np.int64]]()
    at, lag, size = np.arange(max(len(order) - 1, 0)), 1, max(accounts.size, 1)
    while len(at):
        near = (what[at] == what[at + lag]) & (when[at + lag] - when[at] <= window)
        at = at[near]
        meetings += np.bincount(what[at], minlength=items.size)
        if meetings.sum() > MANY_PAIRS:
            return _compiled(sides, times, window, least)
        own, other = who[at], who[at + lag]
        some = (own != other) & (activity[own] >= least) & (activity[other] >= least)
        low, high = np.minimum(own, other)[some], np.maximum(own, other)[some]
        met.append(np.array([low * size + high, what[at[some]]]))
        lag += 1
        at = at[at + lag < len(order)]
    return _counted(np.concatenate([np.zeros((2, 0), np.int64), *met], axis=1), meetings, size, least)


def _counted(met: npt.NDArray[np.int64], meetings: Whole, size: int, least: int) -> Pairs:
    """Distinct objects per pair."""
    order = np.lexsort(met[::-1])
    pair, what = met[:, order]
    new = np.append(True, (pair[1:] != pair[:-1]) | (what[1:] != what[:-1]))[: len(pair)]
    names, objects = np.unique(pair[new], return_counts=True)
    kept = objects >= least
    return Pairs(src=names[kept] // size, dst=names[kept] % size, objects=objects[kept], meetings=meetings)


def _compiled(sides: tuple[Named, Named, Whole], times: Moments, window: float, least: int) -> Pairs:
    from fanecon.metrics.hunters import sliding

    accounts, items, activity = sides
    keys, objects, meetings = sliding.paired(
        (accounts.codes, items.codes, times), activity, items.size, (window, least)
    )
    order = np.argsort(keys)
    keys, objects = keys[order], objects[order]
    size = max(accounts.size, 1)
    return Pairs(src=keys // size, dst=keys % size, objects=objects.astype(np.int64), meetings=meetings)


# --- what chance would give ---


def _judged(found: Pairs, activity: Whole, level: float) -> pd.DataFrame:
    """The pairs with what chance gives and whether the excess is beyond it, all pairs of accounts considered."""
    expected = chance(activity[found.src] * activity[found.dst], found.meetings, int(activity.sum()))
    bits = surprise(found.objects, expected)
    active = float(np.count_nonzero(activity))
    limit = math.log2(max(active * (active - 1) / 2, 1) / (1 - level))
    return pd.DataFrame(
        {
            "src": found.src,
            "dst": found.dst,
            "objects": found.objects,
            "expected": expected,
            "bits": bits,
            "beyond_chance": bits > limit,
        }
    )


def chance(products: Whole, meetings: Whole, shares: int) -> Array:
    """Objects on which two accounts meet if accounts are dealt out to the shares anew, by a·b of their activities."""
    counts, many = np.unique(meetings[meetings > 0], return_counts=True)
    if not len(products) or not len(counts):
        return np.zeros(len(products))
    some, where = np.unique(products, return_inverse=True)
    rates = 2.0 * some / (float(shares) * (shares - 1))
    grid = rates if len(rates) <= GRID else np.geomspace(rates[0], rates[-1], GRID)
    sums = np.array([float(many @ -np.expm1(-rate * counts)) for rate in grid])
    if len(rates) > GRID:
        sums = np.exp(np.interp(np.log(rates), np.log(grid), np.log(sums)))
    return np.asarray(sums[where], dtype=float)


def surprise(objects: Whole, expected: Array) -> Array:
    """−log₂ of Poisson's chance of so many objects or more."""
    from scipy.special import gammainc, gammaln

    many, mean = objects.astype(float), np.maximum(expected, 1e-300)
    tail = gammainc(many, mean)
    lead = many * np.log(mean) - mean - gammaln(many + 1)
    exact = np.log(np.maximum(tail, 1e-300))
    return np.asarray(np.maximum(-np.where(tail > 1e-280, exact, lead) / math.log(2), 0.0))


# --- the answer ---


def _result(shares: pd.DataFrame, table: pd.DataFrame, accounts: Named, asked: tuple[float, int, float]) -> CoSharing:
    window, least, level = asked
    table = table.sort_values(["bits", "src", "dst"], ascending=[False, True, True], kind="stable", ignore_index=True)
    table["src"] = accounts.called(table["src"].to_numpy())
    table["dst"] = accounts.called(table["dst"].to_numpy())
    beyond = table[table["beyond_chance"]]
    many = len(pd.unique(pd.concat([beyond["src"], beyond["dst"]])))
    pairs = "pair" if len(table) == 1 else "pairs"
    return CoSharing(
        table=table,
        sentence=(
            f"{len(table):,} {pairs} of accounts shared at least {least} of the same objects within {shown(window)} "
            f"seconds; {len(beyond):,} of them, {many:,} accounts, more than activity and pace explain."
        ),
        notes=(HABITS,),
        level=level,
        shows="simulation" if shares.attrs.get("synthetic") else "fact",
        window=window,
        accounts=many,
    )
