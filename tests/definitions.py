"""The textbook definitions, slow and plain, each with its source.

Nothing here is imported from fanecon and nothing is clever: loops, sums and quadratures that can be read against the
page they come from.  The tests compare the library with these.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist

import numpy as np

Pmf = Callable[[int], float]


def z_of(level: float) -> float:
    """The standard normal quantile that leaves (1 − level)/2 above it."""
    return NormalDist().inv_cdf(0.5 + level / 2)


# --- proportions ---


def wilson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Both roots of (p̂ − p)² = z²·p(1 − p)/n (Wilson 1927, JASA 22:209)."""
    z, p = z_of(level), successes / trials
    a, b, c = 1 + z**2 / trials, -(2 * p + z**2 / trials), p**2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def binomial_pmf(k: int, n: int, p: float) -> float:
    """C(n, k)·p^k·(1 − p)^(n − k)."""
    if p in (0.0, 1.0):
        return float(k == n * p)
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log + k * math.log(p) + (n - k) * math.log1p(-p))


def bisect(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero."""
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """The p whose upper, and the p whose lower, tail sum is α/2 (Clopper and Pearson 1934, Biometrika 26:404)."""
    alpha = 1 - level

    def at_least(p: float) -> float:
        return sum(binomial_pmf(k, trials, p) for k in range(successes, trials + 1))

    def at_most(p: float) -> float:
        return sum(binomial_pmf(k, trials, p) for k in range(successes + 1))

    low = 0.0 if successes == 0 else bisect(lambda p: at_least(p) - alpha / 2, 0, 1)
    high = 1.0 if successes == trials else bisect(lambda p: alpha / 2 - at_most(p), 0, 1)
    return low, high


def newcombe(first: tuple[float, float], second: tuple[float, float], level: float = 0.95) -> tuple[float, float]:
    """Method 10 of Newcombe 1998, Statistics in Medicine 17:873: square and add the arms of both Wilson intervals."""
    (l1, u1), (l2, u2) = wilson(*first, level), wilson(*second, level)
    p1, p2 = first[0] / first[1], second[0] / second[1]
    return (
        p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        p1 - p2 + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def median_ranks(n: int, level: float = 0.95) -> tuple[int, int] | None:
    """Largest r with P(Binomial(n, ½) ≤ r − 1) ≤ α/2; the interval is X(r) to X(n+1−r) (Conover 1999, section 3.2)."""
    best = None
    for r in range(1, n // 2 + 1):
        if sum(math.comb(n, k) for k in range(r)) / 2**n <= (1 - level) / 2:
            best = (r, n + 1 - r)
    return best


# --- ratios ---


def ratio_of_sums(y: Sequence[float], x: Sequence[float]) -> float:
    """Σy/Σx by a loop."""
    top = bottom = 0.0
    for a, b in zip(y, x, strict=True):
        top, bottom = top + a, bottom + b
    return top / bottom


def mean_of_ratios(y: Sequence[float], x: Sequence[float]) -> float:
    """Σ(y/x)/n by a loop."""
    total = 0.0
    for a, b in zip(y, x, strict=True):
        total += a / b
    return total / len(x)


def covariance_term(y: Sequence[float], x: Sequence[float]) -> float:
    """Cov(x, y/x)/mean(x), the covariance with divisor n."""
    each = [a / b for a, b in zip(y, x, strict=True)]
    mx, mr = sum(x) / len(x), sum(each) / len(each)
    return sum((b - mx) * (r - mr) for b, r in zip(x, each, strict=True)) / len(x) / mx


def robust_error(y: Sequence[float], x: Sequence[float], power: float = 1.5) -> tuple[float, float]:
    """CR2 standard error of Σy/Σx and Satterthwaite degrees of freedom, in matrix form.

    Bell and McCaffrey 2002, Survey Methodology 28:169, sections 3 and 4: weighted least squares of y on x without
    constant, weights 1/x, one row per cluster, working variance Φ = diag(x^power).
    """
    y, x = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    n, design = len(x), np.asarray(x, dtype=float)[:, None]
    weight, phi = np.diag(1 / x), np.diag(x**power)
    bread = np.linalg.inv(design.T @ weight @ design)
    maker = np.eye(n) - design @ bread @ design.T @ weight
    residual = maker @ y
    adjust = np.sqrt(np.diag(phi) / np.diag(maker @ phi @ maker.T))
    half = bread[0, 0] * x * (1 / x) * adjust
    variance = float(((half * residual) ** 2).sum())
    columns = np.stack([maker[i] * half[i] for i in range(n)], axis=1)
    inner = columns.T @ phi @ columns
    return math.sqrt(variance), float(np.trace(inner) ** 2 / np.trace(inner @ inner))


# --- spread over rows ---


def beta_binomial_logpmf(k: int, n: int, mean: float, strength: float) -> float:
    """log of C(n, k)·B(a + k, b + n − k)/B(a, b) with a = mean·strength (Griffiths 1973, Biometrics 29:637)."""
    a, b, g = mean * strength, (1 - mean) * strength, math.lgamma
    choose = g(n + 1) - g(k + 1) - g(n - k + 1)
    return choose + g(a + k) + g(b + n - k) - g(a + b + n) - g(a) - g(b) + g(a + b)


def beta_binomial_loglikelihood(k: Sequence[int], n: Sequence[int], mean: float, strength: float) -> float:
    """The sum over rows."""
    return sum(beta_binomial_logpmf(a, b, mean, strength) for a, b in zip(k, n, strict=True))


def hierarchical_posterior(
    k: Sequence[int], n: Sequence[int], means: np.ndarray, logs: np.ndarray
) -> list[tuple[float, float]]:
    """Posterior mean and variance of each row's rate by brute force over a grid of (mean, log strength).

    Gelman et al. 2013, Bayesian Data Analysis, section 5.3.  The prior (α + β)^(−5/2) on (α, β) becomes
    strength^(−1/2) on (mean, log strength), because dα dβ = strength² d(mean) d(log strength).
    """
    log = np.array(
        [[beta_binomial_loglikelihood(k, n, m, math.exp(s)) - s / 2 for s in logs] for m in means]
    )  # fmt: skip
    weight = np.exp(log - log.max()) * np.gradient(means)[:, None]
    weight /= weight.sum()
    strength = np.exp(logs)[None, :]
    found = []
    for a, b in zip(k, n, strict=True):
        each = (means[:, None] * strength + a) / (strength + b)
        spread = each * (1 - each) / (strength + b + 1)
        centre = float((weight * each).sum())
        found.append((centre, float((weight * (spread + (each - centre) ** 2)).sum())))
    return found


# --- branching ---


def poisson_pmf(k: int, mean: float) -> float:
    """e^(−m)·m^k/k!."""
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) if mean > 0 else float(k == 0)


def negative_binomial_pmf(k: int, mean: float, shape: float) -> float:
    """Poisson whose mean is gamma with the given shape and mean (Lloyd-Smith et al. 2005)."""
    p = shape / (shape + mean)
    log = math.lgamma(shape + k) - math.lgamma(shape) - math.lgamma(k + 1)
    return math.exp(log + shape * math.log(p) + (k * math.log1p(-p) if k else 0.0))


def shared_pmf(rate: float, views: Pmf) -> Pmf:
    """A read shares with chance `rate`; a share brings a number of reads of law `views`."""
    return lambda k: rate * views(k) + (1 - rate) * (k == 0)


def borel_tanner_pmf(n: int, seeds: int, r: float) -> float:
    """(N₀/n)·e^(−Rn)·(Rn)^(n − N₀)/(n − N₀)! (Tanner 1961, Biometrika 48:222)."""
    if n < seeds:
        return 0.0
    born = n - seeds
    return math.exp(math.log(seeds / n) - r * n + (born * math.log(r * n) if born else 0.0) - math.lgamma(born + 1))


def negative_binomial_total_pmf(n: int, seeds: int, r: float, shape: float) -> float:
    """(N₀/n)·P(sum of n negative binomials = n − N₀) (Blumberg and Lloyd-Smith 2013, PLoS Comput. Biol. 9:e1002993)."""
    return seeds / n * negative_binomial_pmf(n - seeds, n * r, n * shape) if n >= seeds else 0.0


def convolved(pmf: Pmf, times: int, most: int) -> list[float]:
    """The law of a sum of independent copies on 0…most, by adding one copy at a time."""
    one, law = [pmf(k) for k in range(most + 1)], [1.0] + [0.0] * most
    for _ in range(times):
        law = [sum(law[j] * one[k - j] for j in range(k + 1)) for k in range(most + 1)]
    return law


def total_size_by_generations(total: int, seeds: int, pmf: Pmf) -> float:
    """P(total size = n) of a Galton–Watson forest: the sum over all sequences of generation sizes."""
    sums = {z: convolved(pmf, z, total) for z in range(total + 1)}

    def rest(size: int, left: int) -> float:
        if size == 0:
            return float(left == 0)
        return sum(sums[size][born] * rest(born, left - born) for born in range(left + 1))

    return rest(seeds, total - seeds)


def chance_of_at_least(total: int, seeds: int, pmf: Pmf) -> float:
    """P(total size ≥ n) = 1 − Σ_{m<n} (N₀/m)·P(S_m = m − N₀) (Otter 1949; Dwass 1969), S_m by direct convolution."""
    one, law, below = np.array([pmf(k) for k in range(total + 1)]), np.eye(1, total + 1)[0], 0.0
    for m in range(1, total):
        law = np.convolve(law, one)[: total + 1]
        below += seeds / m * law[m - seeds] if m >= seeds else 0.0
    return 1 - below


def first_passage(total: float, seeds: float, r: float, variance: float) -> float:
    """P(T ≤ n): integral of N₀/√(2πσ²t³)·exp(−(N₀ − (1 − R)t)²/(2σ²t)) over 0…n, midpoints in log t.

    Cox and Miller 1965, section 5.7.  For R > 1 the integral to infinity is below 1: the process may never end.
    """
    start = math.log(seeds**2 / variance / 2000)
    step = (math.log(total) - start) / 40_000
    t = np.exp(start + step * (np.arange(40_000) + 0.5))
    density = seeds / np.sqrt(2 * np.pi * variance * t**3) * np.exp(-((seeds - (1 - r) * t) ** 2) / (2 * variance * t))
    return float((density * t).sum() * step)


def variance_of(pmf: Pmf, most: int) -> float:
    """Σk²p − (Σkp)² by summing the law up to `most`."""
    first = sum(k * pmf(k) for k in range(most))
    return sum(k * k * pmf(k) for k in range(most)) - first**2


def lognormal_shared_variance(r: float, rate: float, sigma: float) -> float:
    """Variance of s-thinned Poisson views whose mean is lognormal(mean r/rate, log-deviation σ), by quadrature."""
    z = np.linspace(-12, 12 + 2 * sigma, 200_001)
    weight = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    mean = r / rate * np.exp(sigma * z - sigma**2 / 2)
    return float(rate * (weight * (mean + mean**2)).sum() - (rate * (weight * mean).sum()) ** 2)


# --- forests ---


def offspring_sequences(nodes: int, seeds: int) -> Iterator[tuple[int, ...]]:
    """Offspring of the nodes of a forest in the order they are reached: the queue empties only at the end."""

    def grow(done: tuple[int, ...], queue: int, left: int) -> Iterator[tuple[int, ...]]:
        if len(done) == nodes:
            yield from [done] if left == 0 else []
            return
        if queue == 0:
            return
        for born in range(left + 1):
            yield from grow((*done, born), queue - 1 + born, left - born)

    return grow((), seeds, nodes - seeds)


def generation_sizes(offspring: Sequence[int], seeds: int) -> tuple[int, ...]:
    """Walk through the queue generation by generation."""
    sizes, at = [seeds], 0
    while True:
        born = sum(offspring[at : at + sizes[-1]])
        at += sizes[-1]
        if born == 0:
            return tuple(sizes)
        sizes.append(born)


def forest_law(nodes: int, seeds: int, sharers: int, views: Pmf) -> dict[tuple[int, ...], float]:
    """Law of the generation sizes given total, seeds and number of sharers, by listing every forest and sharer set.

    A node outside the sharer set has no offspring; one inside has k with chance views(k).  All sets are equally likely.
    """
    weights: Counter[tuple[int, ...]] = Counter()
    for offspring in offspring_sequences(nodes, seeds):
        for chosen in itertools.combinations(range(nodes), sharers):
            if all(offspring[i] == 0 for i in set(range(nodes)) - set(chosen)):
                weights[generation_sizes(offspring, seeds)] += math.prod(views(offspring[i]) for i in chosen)
    whole = sum(weights.values())
    return {sizes: weight / whole for sizes, weight in weights.items()}


def two_phase_total(seeds: float, r: float, growth: int, decline: float, generations: int = 2000) -> float:
    """Reads of every generation added one by one: growth by R, then shrinking by `decline`."""
    size = total = seeds
    for generation in range(1, generations):
        size *= r if generation <= growth else decline
        total += size
    return total


def simulate_two_types(
    runs: int, *, seeds: int, seed_rate: float, rate: float, views: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reads, shares and shares by seeds where seeds share with `seed_rate` and everybody else with `rate`."""
    first = rng.binomial(seeds, seed_rate, runs)
    shares, reads, new = first.copy(), np.full(runs, seeds), first
    while new.any():
        read = rng.poisson(new * views)
        new = rng.binomial(read, rate)
        reads, shares = reads + read, shares + new
    return reads, shares, first


# --- open rates ---


def beta_binomial_pmf(k: int, n: int, rate: float, correlation: float, points: int = 20_000) -> float:
    """∫ C(n, k) p^k (1 − p)^(n−k) Beta(p) dp by the midpoint rule (Griffiths 1973, Biometrics 29:637)."""
    size = 1 / correlation - 1
    a, b = rate * size, (1 - rate) * size
    norm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    total = 0.0
    for i in range(points):
        p = (i + 0.5) / points
        total += binomial_pmf(k, n, p) * math.exp(norm + (a - 1) * math.log(p) + (b - 1) * math.log1p(-p)) / points
    return total


def kitagawa(first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Composition and rate of (delivered, opened) by group (Kitagawa 1955, JASA 50:1168, equation 4)."""
    n1, n2 = sum(d for d, _ in first), sum(d for d, _ in second)
    composition = rate = 0.0
    for (d1, k1), (d2, k2) in zip(first, second, strict=True):
        composition += (d2 / n2 - d1 / n1) * (k1 / d1 + k2 / d2) / 2
        rate += (k2 / d2 - k1 / d1) * (d1 / n1 + d2 / n2) / 2
    return composition, rate


def entry_and_exit(
    stayed: tuple[tuple[float, float], tuple[float, float]], came: tuple[float, float], left: tuple[float, float]
) -> tuple[float, float, float]:
    """Stayers, entrants, exits of (delivered, opened) (Melitz and Polanec 2015, RAND J. Econ. 46:362, equation 6)."""
    (d1, k1), (d2, k2) = stayed
    s1, s2 = k1 / d1, k2 / d2
    entrants = came[0] / (d2 + came[0]) * (came[1] / came[0] - s2) if came[0] else 0.0
    exits = left[0] / (d1 + left[0]) * (s1 - left[1] / left[0]) if left[0] else 0.0
    return s2 - s1, entrants, exits


def stable_mean(growth: float, fading: float, first: float, leaving: float) -> float:
    """∫ first·e^(−fading·a)·e^(−(growth + leaving)·a) da ÷ ∫ e^(−(growth + leaving)·a) da by Gauss–Legendre panels."""
    x, w = np.polynomial.legendre.leggauss(20)
    top = bottom = 0.0
    reach = 45 / (growth + leaving)
    panels = np.linspace(0, reach, 200)
    for low, high in itertools.pairwise(panels):
        a = (high - low) / 2 * x + (high + low) / 2
        size = np.exp(-(growth + leaving) * a) * w * (high - low) / 2
        top += float((first * np.exp(-fading * a) * size).sum())
        bottom += float(size.sum())
    return top / bottom


def common_step(logits: np.ndarray, place: int) -> list[float]:
    """Each account's step at a period beside its own level and trend: the third coefficient of least squares."""
    at = np.arange(len(logits))
    design = np.column_stack([np.ones(len(at)), at, at >= place]).astype(float)
    return [float(np.linalg.solve(design.T @ design, design.T @ column)[2]) for column in logits.T]


# --- self-exciting processes ---


def self_exciting_loglik(times: Sequence[float], window: tuple[float, float], law: tuple[float, float, float]) -> float:
    """Σ log λ(tᵢ) − ∫λ with λ(t) = μ + Σ_{tⱼ < t} n·β·e^(−β(t − tⱼ)) (Hawkes 1971); events at the start only excite."""
    (start, end), (mu, n, beta) = window, law
    total = -mu * (end - start)
    for t in times:
        before = [math.exp(-beta * (t - s)) for s in times if s < t]
        total += math.log(mu + n * beta * sum(before)) if t > start else 0.0
        total -= n * (1 - math.exp(-beta * (end - t)))
    return total


def reaction_density(seconds: float, c: float = 6.265725e-4, even: float = 300.0, power: float = 0.2314843) -> float:
    """c up to 300 s, then c·(s/300)^(−1 − θ) (Zhao et al. 2015, section 3)."""
    return c if seconds <= even else c * (seconds / even) ** (-1 - power)


def triangle(ago: float, window: float) -> float:
    """1 falling to 0 at the window's length."""
    return max(1 - ago / window, 0.0) if ago >= 0 else 0.0


def midpoint_sum(function: Callable[[float], float], low: float, high: float, parts: int = 4000) -> float:
    """∫ by the midpoint rule."""
    width = (high - low) / parts
    return width * sum(function(low + (k + 0.5) * width) for k in range(parts))


def cascade_infectiousness(times: Sequence[float], followers: Sequence[float], at: float, window: float) -> float:
    """Σ K(t − tᵢ) over shares, by Σ nᵢ ∫K(t − s)·φ(s − tᵢ) ds over the post and its shares."""
    made = [(t, n) for t, n in zip(times, followers, strict=True) if t < at]
    due = sum(
        n * midpoint_sum(lambda s, t=t: triangle(at - s, window) * reaction_density(s - t), max(t, at - window), at)
        for t, n in made
    )
    return sum(triangle(at - t, window) for t, _ in made[1:]) / due
