"""Kinds of accounts, none of them labelled: how often each kind shows each sign, learned from all at once.

Fellegi and Sunter's model of record linkage with Winkler's EM: a hunter shows level l of a sign with chance m_l, any
other account with u_l, and log₂(m_l ÷ u_l) is the evidence of that level in bits.  Nobody has to be caught first: that
the signs go together more often than chance allows is enough to tell m from u.  Accounts whose label is known stay
where they are and the rest follows them; but who is known was chosen, perhaps from the hunters alone, so that they
teach m and u and not the share, which is that of the rest.  (Counted in the share as well, a tenth of the hunters of an
airdrop, four times drawn, made it 61 to 74 % instead of 29 and cost 0.015 to 0.07 of AUC; now they cost nothing.)

A hunter may work alone.  Then the habits are a hunter's and the signs of acting together are everybody's, so that no
ties and no crowd speak against a farm but hardly against a hunter: the evidence of the signs of acting together is
log₂(ρ·Π(m ÷ u) + 1 − ρ), with ρ the part of the hunters that work together.  Where no habits are known, those who work
alone cannot be told from others and ρ is 1.

The sum of bits is only right where the signs are independent within a kind.  Overlapping signs are one joint sign from
the start (:mod:`fanecon.metrics.hunters.families`).  What dependence is left is measured: with r the correlation of the
bits of two signs within the kinds, a sign counts τ = 1 ÷ (1 + Σ r⁺) of its bits, as n correlated measurements are
worth n ÷ (1 + (n − 1)r); correlations below 0.1 are left alone (r⁺ = (r − 0.1) ÷ 0.9).  A sign given twice then counts
once.  The counting is done inside the EM: afterwards is too late, because two copies of one sign agree with each other
better than with anything else and the two kinds become those of the copy (with crowding given twice, on the accounts
of a public airdrop, the AUC falls from 0.91 to 0.80, and is 0.84 with τ applied at the end).
bits_i = log₂(π ÷ (1 − π)) + Σ_f τ_f·log₂(m_fl ÷ u_fl).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import special

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.families import Family

BEGIN = (0.01, 0.03, 0.1, 0.3)
SURE, ROUNDS, TOLERANCE, SCREENING, AGAIN = 0.9, 300, 1e-5, 60, 25
SMOOTH, TILT = 10.0, 2.0
REWEIGH, LEFT_ALONE = 6, 0.1
MOST_BITS = 8 / math.log(2)


class Tables(NamedTuple):
    """The chances of the levels: of a sign's hunters and of its others, by family."""

    hunters: tuple[Array, ...]
    others: tuple[Array, ...]


class Mixture(NamedTuple):
    """What was learned: the share of hunters, the part of them that works together, the tables, each one's chance."""

    share: float
    together: float
    tables: Tables
    counts: Array
    chance: Array
    joint: Array
    likelihood: float

    @property
    def prior(self) -> float:
        """The log-odds, in bits, of an account of which nothing is known."""
        return float(special.logit(self.share) / math.log(2))

    def bits(self, families: Sequence[Family]) -> Array:
        """One column per family: what its sign adds to each account's case; 0 where it is unknown.

        The signs of acting together do not simply add up; each gets its mean share over all orders (Shapley 1953).
        """
        each = _logs(families, self.tables, self.counts) / math.log(2)
        held = [at for at, family in enumerate(families) if family.together]
        if self.together < 1 and held:
            each[:, held] = _shapley(each[:, held], self.together)
        return each

    def leanings(self, families: Sequence[Family]) -> list[float]:
        """Per family the mean bits of a hunter, negative where the sign points against what was expected of it."""
        found = []
        for family, m, u in zip(families, *self.tables, strict=True):
            total = np.bincount(family.level[family.known], minlength=len(m)) + 1e-9
            share = np.bincount(family.stratum, total)[family.stratum] / total.sum()
            apart = float((share * m * np.log2(m / u)).sum())
            found.append(apart * float(np.sign((share * (m - u) * family.lean).sum())))
        return found

    def separation(self, families: Sequence[Family]) -> float:
        """How far the hunters stand apart in the expected direction: the mean bits of a hunter, at most 1 per sign."""
        return sum(min(max(each, 0.0), 1.0) for each in self.leanings(families))


def _shapley(bits: Array, together: float) -> Array:
    """The share of each column in log₂(ρ·2^(sum of columns) + 1 − ρ), averaged over the orders of adding them."""
    size = bits.shape[1]
    value = {
        held: np.logaddexp2(math.log2(together) + bits[:, list(held)].sum(1), math.log2(1 - together))
        for count in range(size + 1)
        for held in itertools.combinations(range(size), count)
    }
    found = np.zeros_like(bits)
    for held, before in value.items():
        weight = math.factorial(len(held)) * math.factorial(size - len(held) - 1) if len(held) < size else 0
        for at in set(range(size)) - set(held):
            found[:, at] += weight / math.factorial(size) * (value[tuple(sorted((*held, at)))] - before)
    return found


class Patterns(NamedTuple):
    """Accounts that show the same levels and have the same label, counted once: what the EM runs over."""

    families: tuple[Family, ...]
    known: Array
    weight: Array
    place: Array


def patterns(families: Sequence[Family], known: Array) -> Patterns:
    """The different rows of levels and labels, how many accounts show each, and the row of every account."""
    cells = np.column_stack([*(family.level for family in families), np.nan_to_num(known, nan=-1.0).astype(int)])
    rows, place, weight = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    slim = tuple(replace(family, level=rows[:, at]) for at, family in enumerate(families))
    label = np.where(rows[:, -1] < 0, np.nan, rows[:, -1])
    return Patterns(slim, label, weight.astype(float), place.ravel())


def fit_mixture(seen: Patterns) -> Mixture:
    """The most likely kinds of accounts, from several starts; one chance per pattern.

    References
    ----------
    Fellegi and Sunter 1969, doi:10.1080/01621459.1969.10501049; Winkler 1988; Dawid and Skene 1979,
    doi:10.2307/2346806
    """
    families, known, weight, _ = seen
    counts = np.ones(len(families))
    lean = np.sum([_looked_up(family.lean, family.level) for family in families], axis=0)
    order = np.argsort(-lean, kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.cumsum(weight[order]) / weight.sum()
    starts = [np.where(rank <= part, SURE, 1 - SURE) for part in BEGIN]
    fits = [_fit(families, start, known, weight, counts, rounds=SCREENING) for start in starts]
    best = max(fits, key=lambda fit: (round(fit.separation(families), 1), fit.likelihood))
    for _ in range(REWEIGH):
        best = _fit(families, best.joint, known, weight, counts)
        counts = effective_counts(best, families, weight)
        if np.abs(counts - best.counts).max() < 0.01:
            break
    return best


def refitted(fit: Mixture, seen: Patterns, weight: Array) -> Mixture:
    """The fit to patterns that count differently, from where it was: for the bootstrap."""
    return _fit(seen.families, fit.joint, seen.known, weight, fit.counts, rounds=AGAIN)


def _looked_up(table: Array, level: Array) -> Array:
    return np.where(level >= 0, table[level], 0.0)


def _logs(families: Sequence[Family], tables: Tables, counts: Array) -> Array:
    columns = [_looked_up(np.log(m / u), family.level) for m, u, family in zip(*tables, families, strict=True)]
    return np.column_stack(columns) * counts


def _fit(
    families: Sequence[Family], start: Array, known: Array, weight: Array, counts: Array, rounds: int = ROUNDS
) -> Mixture:
    """EM over three kinds: others, hunters together, hunters alone; `start` holds the chances of the hunters."""
    joint = start if start.ndim == 2 else np.column_stack([start * 0.8, start * 0.2])
    joint = _settled(joint, known)
    usual = tuple(_frequencies(family, weight) for family in families)
    tilted = tuple(_shares(base * 2 ** (TILT * f.lean), f) for base, f in zip(usual, families, strict=True))
    habits = any(not family.together and family.lean.any() for family in families)
    asked = _asked(weight, known)
    for _ in range(rounds):
        if not habits:
            joint = np.column_stack([joint.sum(1), np.zeros(len(joint))])
        share = np.clip(np.average(joint, axis=0, weights=asked), 1e-12, 1)
        tables = _learned(families, joint, weight, (tilted, usual))
        odds = _odds(families, tables, counts, share, habits=habits)
        now = _settled(np.exp(odds - np.logaddexp.reduce([*odds.T, np.zeros(len(odds))], axis=0)[:, None]), known)
        moved, joint = float(np.abs(now.sum(1) - joint.sum(1)).max()), now
        if moved < TOLERANCE:
            break
    chance = special.expit(np.logaddexp(*odds.T))
    likelihood = float((weight * _likelihood(families, tables, odds)).sum() + weight.sum() * math.log1p(-share.sum()))
    together = float(share[0] / share.sum()) if habits else 1.0
    return Mixture(float(share.sum()), together, tables, counts, np.asarray(chance), joint, likelihood)


def _settled(joint: Array, known: Array) -> Array:
    """Chances of the two kinds of hunters with the known labels put in."""
    total = joint.sum(1)
    part = np.where(total[:, None] > 0, joint / np.maximum(total, 1e-300)[:, None], 0.5)
    return np.where(np.isfinite(known)[:, None], part * np.nan_to_num(known)[:, None], joint)


def _asked(weight: Array, known: Array) -> Array:
    """How much each account says of the share: those of known label were chosen, and all together speak as one."""
    told = np.isfinite(known)
    return np.where(told, weight / max(float(weight[told].sum()), 1e-12), weight) if told.any() else weight


def _odds(families: Sequence[Family], tables: Tables, counts: Array, share: Array, *, habits: bool) -> Array:
    """Log-odds of each kind of hunter against the others."""
    logs = _logs(families, tables, counts)
    alone = np.array([not family.together for family in families])
    prior = np.log(share) - math.log(max(1 - share.sum(), 1e-12))
    lonely = prior[1] + logs[:, alone].sum(1) if habits else np.full(len(logs), -745.0)
    return np.column_stack([prior[0] + logs.sum(1), lonely])


def _learned(families: Sequence[Family], joint: Array, weight: Array, base: tuple[tuple[Array, ...], ...]) -> Tables:
    """The chances of the levels, as if ten more accounts had been seen, of the usual make-up or leaning from it."""
    hunters: list[Array] = []
    others: list[Array] = []
    for family, tilted, usual in zip(families, *base, strict=True):
        chance = joint[:, 0] if family.together else joint.sum(1)
        held = family.known
        for found, part, expected in ((hunters, chance, tilted), (others, 1 - chance, usual)):
            count = np.bincount(family.level[held], (weight * part)[held], len(usual))
            found.append(_shares(count + SMOOTH * expected, family))
    return Tables(tuple(hunters), tuple(others))


def _frequencies(family: Family, weight: Array) -> Array:
    held = family.known
    return _shares(np.bincount(family.level[held], weight[held], len(family.lean)) + 1e-9, family)


def _shares(count: Array, family: Family) -> Array:
    """Shares within each stratum: how many acts an account made is no sign, what they were like is."""
    return np.asarray(count / np.bincount(family.stratum, count)[family.stratum])


def _likelihood(families: Sequence[Family], tables: Tables, odds: Array) -> Array:
    """Log likelihood of each account, less the log share of the others."""
    held = [_looked_up(np.log(u), family.level) for u, family in zip(tables.others, families, strict=True)]
    return np.asarray(np.sum(held, axis=0) + np.logaddexp.reduce([*odds.T, np.zeros(len(odds))], axis=0))


def residual_correlation(fit: Mixture, families: Sequence[Family], weight: Array) -> Array:
    """Correlation of the bits of every two signs within the kinds: 0 where the sum of bits is right."""
    values = _logs(families, fit.tables, np.ones(len(families)))
    spread = np.zeros((values.shape[1], values.shape[1]))
    for chance in _kinds(fit.joint):
        count = weight * chance + 1e-12
        centred = values - np.average(values, axis=0, weights=count)
        spread += (centred * count[:, None]).T @ centred
    scale = np.sqrt(np.maximum(np.diag(spread), 1e-12))
    return np.asarray(spread / np.outer(scale, scale))


def _kinds(joint: Array) -> Iterator[Array]:
    yield from joint.T
    yield 1 - joint.sum(1)


def effective_counts(fit: Mixture, families: Sequence[Family], weight: Array) -> Array:
    """What part of its bits each sign counts: 1 ÷ (1 + its positive residual correlations with the others)."""
    rho = np.maximum(residual_correlation(fit, families, weight) - LEFT_ALONE, 0.0) / (1 - LEFT_ALONE)
    np.fill_diagonal(rho, 0.0)
    return np.asarray(1 / (1 + rho.sum(axis=1)))


def assumed_mixture(seen: Patterns, *, tilt: float = TILT) -> Mixture:
    """The share of hunters if their signs lean as expected: weights that are assumed, where none can be learned.

    A hunter shows a level 2^(tilt·lean) times as often as all accounts do, in each sign; only the share, and what part
    of it works together, is estimated.
    """
    families, known, weight, _ = seen
    usual = tuple(_frequencies(family, weight) for family in families)
    tables = Tables(tuple(_shares(u * 2 ** (tilt * f.lean), f) for u, f in zip(usual, families, strict=True)), usual)
    habits = any(not family.together and family.lean.any() for family in families)
    share, counts = np.array([0.05, 0.05]) if habits else np.array([0.1, 1e-12]), np.ones(len(families))
    asked = _asked(weight, known)
    for _ in range(ROUNDS):
        odds = _odds(families, tables, counts, share, habits=habits)
        joint = _settled(np.exp(odds - np.logaddexp.reduce([*odds.T, np.zeros(len(odds))], axis=0)[:, None]), known)
        now = np.maximum(np.average(joint, axis=0, weights=asked), 1e-12)
        moved, share = float(np.abs(now - share).max()), now
        if moved < TOLERANCE / 10:
            break
    height = float((weight * _likelihood(families, tables, odds)).sum() + weight.sum() * math.log1p(-share.sum()))
    together = float(share[0] / share.sum()) if habits else 1.0
    return Mixture(float(share.sum()), together, tables, counts, special.expit(np.logaddexp(*odds.T)), joint, height)
