"""The textbook definitions of a life cycle, slow and plain; nothing here is imported from fanecon."""

import math
from collections.abc import Callable, Sequence


def time_of_share(times: Sequence[float], share: float) -> float:
    """The time of act number ⌈share·n⌉ (the inverse of the empirical distribution function)."""
    ordered = sorted(times)
    return ordered[math.ceil(share * len(ordered) - 1e-9) - 1]


def time_of_share_in_bins(counts: Sequence[float], step: float, share: float, background: float = 0.0) -> float:
    """The first hour at which come − background·t reaches the share of its end, linear within each bin."""
    target = share * (sum(counts) - background * step * len(counts))
    come = 0.0
    for at, count in enumerate(counts):
        net = count - background * step
        if come + net >= target - 1e-9:
            return at * step + step * (target - come) / net
        come += net
    return math.nan


def quantile_ranks(n: int, share: float, level: float = 0.95) -> tuple[int, int] | None:
    """Largest r with P(Bin(n, q) ≤ r − 1) ≤ α/2 and smallest s with P(Bin(n, q) ≥ s) ≤ α/2 (Conover 1999, 3.2)."""
    pmf = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    alpha = 1 - level
    lower = [r for r in range(1, n + 1) if sum(pmf[:r]) <= alpha / 2]
    upper = [s for s in range(1, n + 1) if sum(pmf[s:]) <= alpha / 2]
    return (max(lower), min(upper)) if lower and upper else None


def integral(rate: Callable[[float], float], end: float, pieces: int = 200_000) -> float:
    """∫₀^end by the midpoint rule on a scale that is fine near 0 (t = end·u³)."""
    total = 0.0
    for at in range(pieces):
        u = (at + 0.5) / pieces
        total += rate(end * u**3) * 3 * u * u
    return total * end / pieces


def convolved(offspring: float, kernel: Sequence[float]) -> list[float]:
    """A_k = nφ_k + n Σ_j φ_j A_(k−j), term by term."""
    found: list[float] = []
    for k in range(len(kernel)):
        found.append(offspring * (kernel[k] + sum(kernel[j] * found[k - 1 - j] for j in range(k))))
    return found


def crossing(first: Callable[[float], float], second: Callable[[float], float], low: float, high: float) -> float:
    """Where two falling curves meet: first above second at `low`, below at `high`."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if first(middle) > second(middle) else (low, middle)
    return (low + high) / 2
