"""Two kinds of accounts, neither of them labelled: how often each kind shows each sign, learned from all at once.

Fellegi and Sunter's model of record linkage with Winkler's EM: a hunter shows level l of a sign with chance m_l, any
other account with u_l, and log₂(m_l ÷ u_l) is the evidence of that level in bits.  Nobody has to be caught first: that
the signs go together more often than chance allows is enough to tell m from u.  Accounts whose label is known stay
where they are and the rest follows them.

The sum of bits is only right where the signs are independent within a kind.  Overlapping signs are one joint sign from
the start (:mod:`fanecon.metrics.hunters.families`).  What dependence is left is measured: ρ is the correlation of the
bits of two signs within the kinds, and a sign counts τ = 1 ÷ (1 + Σ ρ⁺) of its bits, as n correlated measurements are
worth n ÷ (1 + (n − 1)ρ); correlations below 0.1 are left alone (ρ⁺ = (ρ − 0.1) ÷ 0.9).  A sign given twice then counts
once.  The counting is done inside the EM: afterwards is too late, because two copies of one sign agree with each other
better than with anything else and the two kinds become those of the copy (with crowding given twice, on the accounts
of a public airdrop, the AUC falls from 0.91 to 0.80, and is 0.84 with τ applied at the end).
bits_i = log₂(π ÷ (1 − π)) + Σ_f τ_f·log₂(m_fl ÷ u_fl).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.families import Family

BEGIN = (0.03, 0.15, 0.4)
SURE, ROUNDS, TOLERANCE = 0.9, 500, 1e-6
SMOOTH = 10.0
REWEIGH, LEFT_ALONE = 6, 0.1
MOST_BITS = 8 / math.log(2)


class Mixture(NamedTuple):
    """What was learned: the share of hunters, the two tables of chances by family, and each account's chance."""

    share: float
    hunters: tuple[Array, ...]
    others: tuple[Array, ...]
    counts: Array
    chance: Array
    likelihood: float

    @property
    def weights(self) -> tuple[Array, ...]:
        """The bits of each level, by family, before they are counted less for saying the same as another sign."""
        return tuple(np.log2(m / u) for m, u in zip(self.hunters, self.others, strict=True))

    def bits(self, families: Sequence[Family]) -> Array:
        """One column per family: the bits of each account's level, counted by τ; 0 where the level is unknown."""
        each = [_looked_up(weight, family.level) for weight, family in zip(self.weights, families, strict=True)]
        return np.column_stack(each) * self.counts if each else np.zeros((len(self.chance), 0))

    @property
    def prior(self) -> float:
        """The log-odds, in bits, of an account of which nothing is known."""
        return float(special.logit(self.share) / math.log(2))


def _looked_up(table: Array, level: Array) -> Array:
    return np.where(level >= 0, table[level], 0.0)


def fit_mixture(families: Sequence[Family], *, labels: Array | None = None, weights: Array | None = None) -> Mixture:
    """The most likely two kinds of accounts; `labels` holds 1, 0 or NaN, `weights` how often an account counts.

    References
    ----------
    Fellegi and Sunter 1969, doi:10.1080/01621459.1969.10501049; Winkler 1988; Dawid and Skene 1979,
    doi:10.2307/2346806
    """
    size = len(families[0].level)
    known = np.full(size, np.nan) if labels is None else labels
    weight = np.ones(size) if weights is None else weights
    lean = _lean(families)
    order = np.argsort(np.argsort(-lean, kind="stable"), kind="stable")
    starts = [np.where(order < part * size, SURE, 1 - SURE) for part in BEGIN]
    fits = [_fit(families, start, known, weight, np.ones(len(families))) for start in starts]
    right = [fit for fit in fits if _points_up(fit, families, lean)] or fits
    return reweighed(max(right, key=lambda fit: fit.likelihood), families, known, weight)


def reweighed(fit: Mixture, families: Sequence[Family], known: Array, weight: Array) -> Mixture:
    """The fit again with every sign counted by how little it repeats the others."""
    for _ in range(REWEIGH):
        counts = effective_counts(fit, families)
        if np.abs(counts - fit.counts).max() < 0.01:
            break
        fit = _fit(families, fit.chance, known, weight, counts)
    return fit


def refitted(fit: Mixture, families: Sequence[Family], known: Array, weight: Array) -> Mixture:
    """The fit to accounts that count differently, from where it was: for the bootstrap."""
    return _fit(families, fit.chance, known, weight, fit.counts)


def _lean(families: Sequence[Family]) -> Array:
    leans = [_looked_up(family.lean, family.level) for family in families]
    return np.asarray(np.sum(leans, axis=0))


def _points_up(fit: Mixture, families: Sequence[Family], lean: Array) -> bool:
    return float(np.cov(fit.bits(families).sum(1), lean)[0, 1]) >= 0


def _fit(families: Sequence[Family], start: Array, known: Array, weight: Array, counts: Array) -> Mixture:
    labelled = np.isfinite(known)
    chance = np.where(labelled, known, start)
    usual = [_frequencies(family, weight) for family in families]
    for _ in range(ROUNDS):
        share = float(np.average(chance, weights=weight))
        share = min(max(share, 1e-9), 1 - 1e-9)
        tables = [
            (_learned(family, weight * chance, base), _learned(family, weight * (1 - chance), base))
            for family, base in zip(families, usual, strict=True)
        ]
        odds = np.full(len(chance), float(special.logit(share)))
        for (m, u), family, count in zip(tables, families, counts, strict=True):
            odds += count * _looked_up(np.log(m / u), family.level)
        now = np.where(labelled, known, special.expit(odds))
        moved, chance = float(np.abs(now - chance).max()), now
        if moved < TOLERANCE:
            break
    hunters, others = (tuple(table[side] for table in tables) for side in (0, 1))
    likelihood = _likelihood(families, share, tables, weight)
    return Mixture(share, hunters, others, counts, np.asarray(special.expit(odds)), likelihood)


def _frequencies(family: Family, weight: Array) -> Array:
    held = family.known
    count = np.bincount(family.level[held], weight[held], len(family.lean)) + 1e-9
    return np.asarray(count / count.sum())


def _learned(family: Family, weight: Array, usual: Array) -> Array:
    """The chances of the levels, as if ten more accounts of the usual make-up had been seen in the class."""
    held = family.known
    count = np.bincount(family.level[held], weight[held], len(usual)) + SMOOTH * usual
    return np.asarray(count / count.sum())


def _likelihood(
    families: Sequence[Family], share: float, tables: Sequence[tuple[Array, Array]], weight: Array
) -> float:
    sides = []
    for side, part in ((0, share), (1, 1 - share)):
        held = [_looked_up(np.log(table[side]), family.level) for table, family in zip(tables, families, strict=True)]
        sides.append(math.log(part) + np.sum(held, axis=0))
    return float((weight * np.logaddexp(*sides)).sum())


def alone_likelihood(families: Sequence[Family], weight: Array) -> float:
    """The log likelihood if there were one kind of accounts only, its signs independent."""
    tables = [_frequencies(family, weight) for family in families]
    held = [_looked_up(np.log(table), family.level) for table, family in zip(tables, families, strict=True)]
    return float((weight * np.sum(held, axis=0)).sum())


def residual_correlation(fit: Mixture, families: Sequence[Family]) -> Array:
    """Correlation of the bits of every two signs within the kinds: 0 where the sum of bits is right."""
    values = np.column_stack(
        [_looked_up(weight, family.level) for weight, family in zip(fit.weights, families, strict=True)]
    )
    spread = np.zeros((values.shape[1], values.shape[1]))
    for chance in (fit.chance, 1 - fit.chance):
        centred = values - np.average(values, axis=0, weights=chance + 1e-12)
        spread += (centred * chance[:, None]).T @ centred
    scale = np.sqrt(np.maximum(np.diag(spread), 1e-12))
    return np.asarray(spread / np.outer(scale, scale))


def effective_counts(fit: Mixture, families: Sequence[Family]) -> Array:
    """What part of its bits each sign counts: 1 ÷ (1 + its positive residual correlations with the others)."""
    rho = np.maximum(residual_correlation(fit, families) - LEFT_ALONE, 0.0) / (1 - LEFT_ALONE)
    np.fill_diagonal(rho, 0.0)
    return np.asarray(1 / (1 + rho.sum(axis=1)))
