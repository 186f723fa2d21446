"""The graph detectors again, slowly and straight from their definitions."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np

ONE = 2**20


def weights(edges: set[tuple[int, int]]) -> dict[int, int]:
    """2^20/log(degree + 5) of each item, to the nearest whole number."""
    degrees = Counter(item for _, item in edges)
    return {item: round(ONE / math.log(degree + 5)) for item, degree in degrees.items()}


def density(edges, members, prior):
    """(Weight of the edges inside + priors) over members, exactly; members are ('account', a) and ('item', i)."""
    weight = weights(edges)
    inside = sum(weight[i] for a, i in edges if ("account", a) in members and ("item", i) in members)
    held = sum(prior.get(name, 0) for side, name in members if side == "account")
    return Fraction(inside + held, len(members))


def nodes(edges, prior):
    return {("account", a) for a, _ in edges} | {("account", a) for a, held in prior.items() if held} | {
        ("item", i) for _, i in edges
    }  # fmt: skip


def densest(edges, prior):
    """The largest density of any set: all of them are tried."""
    every = sorted(nodes(edges, prior))
    return max(
        density(edges, set(some), prior)
        for size in range(1, len(every) + 1)
        for some in itertools.combinations(every, size)
    )


def greedy(edges, prior):
    """Remove the member of least weight again and again; ties: accounts before items, then by index; the densest."""
    weight, left = weights(edges), nodes(edges, prior)
    best, kept = density(edges, left, prior), set(left)
    while len(left) > 1:
        inside = [(a, i) for a, i in edges if ("account", a) in left and ("item", i) in left]
        keys = dict.fromkeys(left, 0)
        for a, i in inside:
            keys["account", a] += weight[i]
            keys["item", i] += weight[i]
        for side, name in left:
            keys[side, name] += prior.get(name, 0) if side == "account" else 0
        left.remove(min(left, key=lambda node: (keys[node], node)))
        now = density(edges, left, prior)
        if now > best:
            best, kept = now, set(left)
    return kept


def bits(edges, accounts, items):
    """What naming a block saves: log₂ of the likelihood ratio less the cost of members, sizes and density."""
    a = Counter(account for account, _ in edges)
    b = Counter(item for _, item in edges)
    inside = [(i, j) for i, j in edges if i in accounts and j in items]
    p, many = len(inside) / (len(accounts) * len(items)), len(edges)
    ratio = sum(math.log(p / (a[i] * b[j] / many)) for i, j in inside)
    ratio -= sum(p - a[i] * b[j] / many for i in accounts for j in items)
    cost = math.log(math.comb(len(a), len(accounts))) + math.log(math.comb(len(b), len(items)))
    cost += math.log(len(a)) + math.log(len(b)) + 0.5 * math.log(len(accounts) * len(items))
    return (ratio - cost) / math.log(2)


def best_accounts(edges, items, p):
    """The largest gain less cost of any set of accounts that each have more edges there than their degree gives."""
    a = Counter(account for account, _ in edges)
    b = Counter(item for _, item in edges)
    many, gains = len(edges), []
    for account in a:
        touched = [j for j in items if (account, j) in edges]
        expected = sum(a[account] * b[j] / many for j in items)
        if len(touched) > expected:
            gain = sum(math.log(p * many / (a[account] * b[j])) for j in touched) - p * len(items) + expected
            gains.append(gain)
    totals = [
        sum(some) - math.log(math.comb(len(a), size))
        for size in range(1, len(gains) + 1)
        for some in itertools.combinations(gains, size)
    ]
    return max(totals, default=-math.inf)


def meetings(shares, window):
    """Distinct objects per pair of accounts that shared one within the window, by comparing all shares."""
    found = {
        (min(a, b), max(a, b), what)
        for (a, what, s), (b, other, t) in itertools.combinations(shares, 2)
        if what == other and a != b and abs(s - t) <= window
    }
    return Counter((a, b) for a, b, _ in found)


def dealt(shares, pair, window, rounds, rng):
    """Mean objects on which a pair meets when accounts are dealt out to the shares anew."""
    who = np.array([one[0] for one in shares])
    near = [
        (x, y)
        for (x, (_, what, s)), (y, (_, other, t)) in itertools.combinations(enumerate(shares), 2)
        if what == other and abs(s - t) <= window
    ]
    left, right = np.array(near).T
    objects = np.array([one[1] for one in shares])[left]
    total = 0
    for _ in range(rounds):
        new = rng.permutation(who)
        hit = (np.minimum(new[left], new[right]) == min(pair)) & (np.maximum(new[left], new[right]) == max(pair))
        total += len(np.unique(objects[hit]))
    return total / rounds
