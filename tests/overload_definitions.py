"""The textbook definitions of overload and order of entry, slow and plain; nothing here is imported from fanecon."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence


def conditional_log_likelihood(rows: Sequence[tuple[object, float, float, float]], slope: float) -> float:
    """Σ y·log p, p a row's share of its group's Σ base·exp(slope·x); a row is (group, y, base, x).

    Hausman, Hall and Griliches 1984: given the total of a group its counts are multinomial.
    """
    total = 0.0
    for group in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == group]
        whole = sum(base * math.exp(slope * x) for _, _, base, x in mine)
        total += sum(y * math.log(base * math.exp(slope * x) / whole) for _, y, base, x in mine)
    return total


def highest(function, low: float, high: float) -> float:
    """Where a concave function is largest, by thirds."""
    for _ in range(300):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (a, high) if function(a) < function(b) else (low, b)
    return (low + high) / 2


def bias_reduced(scores: Sequence[float], information: Sequence[float]) -> tuple[float, float]:
    """Σ s² ÷ (1 − h/H), its root over H, and (trace WC)² ÷ trace (WC)² written out over all pairs of clusters."""
    whole = sum(information)
    weights = [1 / (1 - h / whole) for h in information]
    error = math.sqrt(sum(w * s * s for w, s in zip(weights, scores, strict=True))) / whole
    pairs = range(len(information))

    def covariance(g: int, k: int) -> float:
        return (information[g] if g == k else 0.0) - information[g] * information[k] / whole

    trace = sum(weights[g] * covariance(g, g) for g in pairs)
    squares = sum(weights[g] * weights[k] * covariance(g, k) ** 2 for g in pairs for k in pairs)
    return error, trace**2 / squares


def kitagawa(cells: Sequence[tuple[float, float, float, float]]) -> tuple[float, float]:
    """Mix and rates of (base₁, y₁, base₂, y₂) per cell (Kitagawa 1955, JASA 50:1168)."""
    n1, n2 = sum(cell[0] for cell in cells), sum(cell[2] for cell in cells)
    mix = rates = 0.0
    for base1, y1, base2, y2 in cells:
        w1, w2, r1, r2 = base1 / n1, base2 / n2, y1 / base1, y2 / base2
        mix += (w2 - w1) * (r1 + r2) / 2
        rates += (r2 - r1) * (w1 + w2) / 2
    return mix, rates


def surprise(kinds: Sequence[str], at: int) -> float:
    """Jensen-Shannon divergence in bits: H((δ + q)/2) − H(q)/2 over all kinds, q from the other posts."""
    others = Counter(kind for i, kind in enumerate(kinds) if i != at)
    many = sum(others.values())

    def entropy(masses: list[float]) -> float:
        return -sum(p * math.log2(p) for p in masses if p > 0)

    q = {kind: others[kind] / many for kind in {*others, kinds[at]}}
    mixed = [(p + (kind == kinds[at])) / 2 for kind, p in q.items()]
    return entropy(mixed) - entropy(list(q.values())) / 2


def share_of_first(audiences: Sequence[float], first: int) -> float:
    """Audience of the first so many ÷ audience of all; audiences in order of entry."""
    return sum(audiences[:first]) / sum(audiences)


def chance_of_share(audiences: Sequence[float], first: int) -> float:
    """Share of all orders in which the first so many hold at least as much, counted one by one."""
    seen = sum(audiences[:first])
    orders = [sum(chosen) >= seen - 1e-9 for chosen in itertools.combinations(audiences, first)]
    return sum(orders) / len(orders)


def attached_mean(accounts: int, first: int) -> float:
    """Mean share of the first under attachment, account by account: each newcomer brings 2 ends, one of them chosen.

    K(t + 1) = K(t)·(1 + 1 ÷ 2t) from K(first) = 2·first on, divided by 2·accounts.
    """
    held = 2.0 * first
    for t in range(first, accounts):
        held *= 1 + 1 / (2 * t)
    return held / (2 * accounts)


def views(posts: Sequence[float], capacity: float) -> list[float]:
    """Each sender's part of min(Σ posts, capacity)."""
    whole = sum(posts)
    return [n / whole * min(whole, capacity) for n in posts]
