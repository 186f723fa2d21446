"""Signs, cut into levels: what is put on the scales, family by family.

Signs that say the same thing twice are one sign.  Being seen on one day only, for one item only and never again
follow from each other, so their combinations are the levels of one sign, and so are the size of a component and the
partners in it.  And who acts once cannot but act on one day: habits are compared among accounts that acted as often,
starts among accounts that began in equally busy hours, or the two kinds that are found would be the idle and the busy.
`lean` is which way a level is expected to point before anything is learned; it only says which of the two kinds is
called the hunters, and a sign may turn out to point the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats as distributions

from fanecon.metrics.hunters.closeness import Array, Starts
from fanecon.metrics.hunters.crowd import Crowd
from fanecon.metrics.hunters.reading import column
from fanecon.metrics.hunters.ties import OUTSIDE, PARTNERS, SIZES
from fanecon.results import shown
from fanecon.stats import fit_beta_binomial

CROWDING, AMOUNT, LATENCY = 15, 12, 8
HOURS = 5
ACTS, PAID = (2, 3, 4, 6, 10), (1e-9, 0.5, 1 - 1e-9)
LEAVING_DAYS = (1.0, 7.0, 30.0)
TEXTS = (1e-9, 0.5)
BLOCK_BITS = (1e-9, 5.0, 20.0, 80.0)
LEAST_TO_SHRINK = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """One sign, or several that overlap: the level of each account (−1 unknown) and which way each level leans.

    `together` marks a sign of acting together, which a hunter who works alone does not show.
    """

    name: str
    level: Array
    lean: Array
    stratum: Array
    about: Callable[[int], str]
    value: Array
    together: bool = False

    @property
    def known(self) -> Array:
        """The accounts of which it is known."""
        return np.asarray(self.level >= 0)


def _family(name: str, level: Array, lean: Array, value: Array, about: Callable[[int], str]) -> Family:
    """Levels that nobody has are taken out, the unknown stay −1."""
    return _stratified(name, level, lean, value, about, np.zeros(len(level), int))


def _stratified(
    name: str, level: Array, lean: Array, value: Array, about: Callable[[int], str], stratum: Array
) -> Family:
    """Levels within strata of accounts that are only compared with each other."""
    kinds = len(lean)
    cell = np.where(level >= 0, stratum * kinds + level, -1)
    held = np.unique(cell[cell >= 0])
    place = np.full(int(cell.max(initial=0)) + 2, -1)
    place[held] = np.arange(len(held))
    _, strata = np.unique(held // kinds, return_inverse=True)
    return Family(
        name=name,
        level=place[cell],
        lean=np.asarray(lean, float)[held % kinds],
        stratum=strata,
        about=about,
        value=value,
    )


def _ranks(values: Array, levels: int) -> Array:
    """Levels of equally many accounts; equal values share a level, unknown ones have −1."""
    known = np.isfinite(values)
    found = np.full(len(values), -1)
    if known.any():
        rank = distributions.rankdata(values[known]) / known.sum()
        found[known] = np.minimum((rank * levels).astype(int), levels - 1)
    return found


def _rising(levels: int) -> Array:
    return np.linspace(-1, 1, levels) if levels > 1 else np.zeros(levels)


def crowding(found: Crowd) -> Family:
    """How much better a farm explains the starts around an account than strangers do, among equally busy hours."""

    def about(at: int) -> str:
        return (
            f"{int(found.alike[at])} others began within an hour with a nearly equal amount; "
            f"{shown(float(found.expected[at]))} were to be expected"
        )

    level = np.full(len(found.excess), -1)
    for busy in range(HOURS):
        held = _ranks(found.busy, HOURS) == busy
        level[held] = _ranks(found.excess[held], CROWDING)
    return replace(_family("crowding", level, _rising(CROWDING), found.excess, about), together=True)


def links(size: Array, partners: Array) -> Family:
    """The size of the component, and how many partners in it are expected to be of one hand."""
    level = np.searchsorted(SIZES, size, side="right") * (len(PARTNERS) + 1)
    level = level + np.searchsorted(PARTNERS, partners, side="right")
    lean = np.add.outer(_rising(len(SIZES) + 1), _rising(len(PARTNERS) + 1)).ravel() / 2

    def about(at: int) -> str:
        if size[at] < 2:
            return "it is tied to nobody"
        return (
            f"it is tied into a component of {int(size[at])} accounts; {shown(float(partners[at]))} partners are "
            "expected to be of one hand"
        )

    return replace(_family("links", level, lean, size.astype(float), about), together=True)


def outside(partners: Array) -> Family:
    """How many accounts of one hand are expected among those that share an outside counterparty."""
    level = np.searchsorted(OUTSIDE, partners, side="right")

    def about(at: int) -> str:
        return (
            f"{shown(float(partners[at]))} accounts that share an outside counterparty are expected to be of one hand"
        )

    return replace(_family("shared outsiders", level, _rising(len(OUTSIDE) + 1), partners, about), together=True)


def amount(starts: Starts) -> Family:
    """The amount, in twelve classes of equally many accounts; which way it points is learned."""
    level = _ranks(starts.logs, AMOUNT)

    def about(at: int) -> str:
        return f"its amount is in class {int(level[at]) + 1} of {AMOUNT}"

    return _family("amount", level, np.zeros(AMOUNT), np.exp(starts.logs), about)


def lockstep(bits: Array, name: str) -> Family:
    """Membership in a block that acts in lockstep, by the bits of the block."""
    level = np.searchsorted(BLOCK_BITS, np.nan_to_num(bits), side="right")

    def about(at: int) -> str:
        if not bits[at] > 0:
            return f"it is in no {name} group"
        return f"it is in a {name} group worth {shown(float(bits[at]))} bits"

    return replace(_family(name, level, _rising(len(BLOCK_BITS) + 1), bits, about), together=True)


def habit_families(accounts: pd.DataFrame) -> Iterator[Family]:
    """The families that the columns of the table allow."""
    if {"campaign_events", "one_day", "one_item"} & set(accounts.columns):
        yield _acts(accounts)
    if "latency_seconds" in accounts:
        yield _latency(accounts)
    if "left_after_seconds" in accounts:
        yield _leaving(accounts)
    if "repeated_texts" in accounts:
        yield _texts(accounts)


def incentive_dependence(paid: Array, acts: Array) -> Array:
    """The share of paid acts, drawn to the common share by how few acts there are: (a + α) ÷ (a + b + α + β).

    References
    ----------
    Griffiths 1973, doi:10.2307/2529131
    """
    known = np.isfinite(paid) & np.isfinite(acts) & (acts > 0)
    found = np.full(len(acts), np.nan)
    if known.sum() < LEAST_TO_SHRINK:
        return found
    mean, strength = fit_beta_binomial(paid[known], acts[known])
    strength = min(strength, 1e9)
    found[known] = (paid[known] + mean * strength) / (acts[known] + strength)
    return found


def _acts(accounts: pd.DataFrame) -> Family:
    """What part of the acts was paid, whether the first was, whether all fell on one day and on one item: one sign."""
    acts, paid = column(accounts, ["events"]), column(accounts, ["campaign_events"])
    entered, day, item = (column(accounts, [name]) for name in ("entered_by_campaign", "one_day", "one_item"))
    share = incentive_dependence(paid, acts)
    short = np.where(acts == 1, 0, np.nan_to_num(day) + np.nan_to_num(item)).astype(int)
    class_ = np.searchsorted(PAID, np.nan_to_num(paid / np.maximum(acts, 1)), side="right")
    level = (class_ * 2 + np.nan_to_num(entered).astype(int)) * 3 + short
    stratum = np.searchsorted(ACTS, np.nan_to_num(acts, nan=0), side="right")
    lean = np.add.outer(np.add.outer(_rising(len(PAID) + 1), [-0.3, 0.3]), [-0.5, 0.0, 0.5]).ravel() / 1.8

    def about(at: int) -> str:
        return ", ".join(_told(paid[at], acts[at], entered[at] == 1, (day[at] == 1, item[at] == 1)))

    return _stratified("habits", level, lean, share, about, stratum)


def _told(paid: float, acts: float, entered: bool, only: tuple[bool, bool]) -> Iterator[str]:
    if np.isfinite(paid) and np.isfinite(acts):
        yield f"{int(paid)} of its {int(acts)} acts were paid"
    if entered:
        yield "its first act was a paid one"
    if only[0]:
        yield "all on one day"
    if only[1]:
        yield "all for one item"


def _latency(accounts: pd.DataFrame) -> Family:
    late = column(accounts, ["latency_seconds"])

    def about(at: int) -> str:
        return f"it came {shown(float(late[at]) / 3600)} hours after the campaign opened"

    return _family("latency", _ranks(late, LATENCY), -_rising(LATENCY), late, about)


def _leaving(accounts: pd.DataFrame) -> Family:
    days = column(accounts, ["left_after_seconds"]) / 86_400
    level = np.where(np.isnan(days), 0, len(LEAVING_DAYS) + 1 - np.searchsorted(LEAVING_DAYS, days, side="right"))

    def about(at: int) -> str:
        return "it has not left" if np.isnan(days[at]) else f"it left {shown(float(days[at]))} days after the payout"

    return _family("leaving", level, _rising(len(LEAVING_DAYS) + 2), days, about)


def _texts(accounts: pd.DataFrame) -> Family:
    share = column(accounts, ["repeated_texts"])
    level = np.where(np.isnan(share), -1, np.searchsorted(TEXTS, np.nan_to_num(share), side="right"))

    def about(at: int) -> str:
        return f"{shown(float(share[at]), 'proportion')} of its texts nearly equal those of other accounts"

    return _family("repeated texts", level, _rising(len(TEXTS) + 1), share, about)
