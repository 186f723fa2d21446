"""From passes to answers: the highest point of the likelihood, and how far the branching ratio may move below it.

The likelihood of a short series has several peaks along the decay: one for every scale on which events happen to
stand close.  For a given decay it has one peak only, found by a search in one number (the share of begotten events).
So the decays are first walked through in steps of four, from the length of the window to the shortest gap, and the
best are polished by Newton's method in all three parameters.  A search from one start, as usual, ends on a lower peak
in some of the short series.

The interval is that of the profile likelihood: all n for which some rate and some decay come within χ²/2 of the peak.
Its ends solve three equations (likelihood at the limit, no slope by rate, none by decay: Venzon and Moolgavkar 1988).
"""

from __future__ import annotations

import math

import numpy as np

from fanecon.metrics.attention.excitation import Array, Series, at_decay, evaluate, jit

STEP = 4.0
SLOWEST, FASTEST = 0.2, 1.5
LEAST_RATE = -23.0


@jit
def exchange(a: Array, k: int) -> None:
    """Bring the row with the largest entry of a column to the diagonal."""
    best = k
    for i in range(k + 1, 3):
        if abs(a[i, k]) > abs(a[best, k]):
            best = i
    for j in range(k, 4):
        a[k, j], a[best, j] = a[best, j], a[k, j]


@jit
def solve(a: Array) -> float:
    """Replace the last column of three equations by their solution; gives its largest entry, infinite if none."""
    for k in range(2):
        exchange(a, k)
        for i in range(k + 1, 3):
            f = a[i, k] / a[k, k]
            for j in range(k, 4):
                a[i, j] -= f * a[k, j]
    largest = 0.0
    for k in range(2, -1, -1):
        for j in range(k + 1, 3):
            a[k, 3] -= a[k, j] * a[j, 3]
        a[k, 3] /= a[k, k]
        largest = max(largest, abs(a[k, 3]))
    return largest if a[0, 3] + a[1, 3] + a[2, 3] < math.inf else math.inf


@jit
def row(a: Array, k: int, left: tuple[float, float, float], right: float) -> None:
    """Write one equation."""
    a[k, 0], a[k, 1], a[k, 2], a[k, 3] = left[0], left[1], left[2], right


@jit
def bent_down(h: Array, ridge: float) -> bool:
    """Whether −curvature + ridge has three positive leading minors: the surface is a hilltop."""
    a, b, c = ridge - h[3], ridge - h[6], ridge - h[8]
    pair = a * b - h[4] * h[4]
    whole = a * (b * c - h[7] * h[7]) - h[4] * (h[4] * c + h[7] * h[5]) - h[5] * (h[4] * h[7] + b * h[5])
    return bool(a > 0 and pair > 0 and whole > 0)


@jit
def uphill(s: Series, out: Array, ridge: float, flat: bool, step: Array) -> float:
    """The Newton step with a ridge, at most 1.5, none in a rate on its floor; gives the rise hoped for."""
    if flat:
        row(s.square, 0, (1.0, 0.0, 0.0), 0.0)
        row(s.square, 1, (0.0, ridge - out[6], -out[7]), out[1])
        row(s.square, 2, (0.0, -out[7], ridge - out[8]), out[2])
    else:
        row(s.square, 0, (ridge - out[3], -out[4], -out[5]), out[0])
        row(s.square, 1, (-out[4], ridge - out[6], -out[7]), out[1])
        row(s.square, 2, (-out[5], -out[7], ridge - out[8]), out[2])
    shorter = min(1.0, 1.5 / max(1e-300, solve(s.square)))
    rise = 0.0
    for k in range(3):
        step[k] = shorter * s.square[k, 3]
        rise += step[k] * out[k]
    return rise


@jit
def climb(s: Series, logs: Array) -> tuple[Array, float, bool]:
    """The nearest peak from a start, by Newton steps that are shortened until they go up; False where there is none."""
    out, tried, step, new = np.empty(9), np.empty(9), np.empty(3), logs.copy()
    level, ridge = evaluate(s, logs, out), 0.0
    for _ in range(200):
        curve = max(abs(out[3]), max(abs(out[6]), abs(out[8])))
        flat = logs[0] <= LEAST_RATE and out[0] < 0
        while not bent_down(out, ridge) and ridge < 1e12:
            ridge = max(4 * ridge, 1e-3 * curve + 1e-6)
        rise = uphill(s, out, ridge, flat, step)
        for k in range(3):
            new[k] = logs[k] + step[k]
        new[0] = max(new[0], LEAST_RATE)
        if rise < 1e-5 and ridge <= 1e-3 * curve:
            return new, level + rise / 2, True
        height = evaluate(s, new, tried)
        if height >= level - 1e-9:
            logs, new, out, tried = new, logs, tried, out
            level, ridge = height, ridge / 10 if ridge > 1e-8 else 0.0
        else:
            ridge = max(10 * ridge, 0.1 * curve)
        if logs[2] < math.log(1e-3 / s.fixed[2]):
            return logs, level, False
    return logs, level, False


@jit
def boundary(s: Series, logs: Array, limit: float, held: bool) -> bool:
    """Move to where the likelihood equals the limit and has no slope by rate (nor by decay unless that is held)."""
    out, a = np.empty(9), s.square
    for _ in range(25):
        height = evaluate(s, logs, out)
        row(a, 0, (out[3], out[4], out[5]), -out[0])
        row(a, 1, (out[0], out[1], out[2]), limit - height)
        if held:
            row(a, 2, (0.0, 0.0, 1.0), 0.0)
        else:
            row(a, 2, (out[5], out[7], out[8]), -out[2])
        size = solve(a)
        if not size < 1e6:
            return False
        slopes = abs(out[0] * a[0, 3]) + (0.0 if held else abs(out[2] * a[2, 3]))
        for k in range(3):
            logs[k] += a[k, 3] * min(1.0, 1.0 / max(size, 1e-300))
        if abs(limit - height) < 2e-3 and slopes < 2e-3 and size < 0.1:
            return out[3] < 0 and (held or (out[8] < 0 and out[3] * out[8] > out[5] * out[5]))
    return False


@jit
def walk(s: Series, ratio: Array, grid: Array) -> int:
    """Rows of (decay, gain, share begotten, Q/β): decay 0 first, then in steps of four; returns how many."""
    shortest = s.fixed[2]
    for gap in s.gaps[: len(s.counts)]:
        if 0 < gap < shortest:
            shortest = gap
    beta, rows, share = 0.0, 0, 0.5
    while rows < len(grid) and (rows < 3 or beta < FASTEST / shortest):
        gain, share, exposure = at_decay(s, beta, max(0.05, share), ratio)
        grid[rows, 0], grid[rows, 1], grid[rows, 2], grid[rows, 3] = beta, gain, share, exposure
        rows += 1
        beta = SLOWEST / s.fixed[2] * STEP ** (rows - 1)
    return rows


@jit
def place(s: Series, grid: Array, i: int) -> Array:
    """(log μ, log n, log β) of a row of the walk."""
    share = max(grid[i, 2], 1e-6)
    logs = np.empty(3)
    logs[0] = math.log(max((1 - share) * s.fixed[1] / s.fixed[2], 1e-9))
    logs[1] = math.log(share * s.fixed[1] / (grid[i, 3] * grid[i, 0]))
    logs[2] = math.log(grid[i, 0])
    return logs


@jit
def between(s: Series, grid: Array, rows: int, i: int) -> Array:
    """The place of a row, its decay moved to the top of the parabola through it and its neighbours."""
    logs = place(s, grid, i)
    if 1 < i < rows - 1:
        left, right = grid[i, 1] - grid[i - 1, 1], grid[i, 1] - grid[i + 1, 1]
        logs[2] += math.log(STEP) * 0.5 * (left - right) / (left + right)
    return logs


@jit
def peak(s: Series, grid: Array, rows: int) -> tuple[Array, float, bool]:
    """The highest peak: Newton from the local maxima of the walk that come within 3 of the best of it."""
    best, level, found = np.zeros(3), -math.inf, False
    top = grid[1:rows, 1].max()
    for i in range(1, rows):
        left, right = grid[i - 1, 1] if i > 1 else -1.0, grid[i + 1, 1] if i + 1 < rows else -1.0
        here = grid[i, 1]
        if here > 0 and here >= left and here > right and here > top - 3:
            logs, height, done = climb(s, between(s, grid, rows, i))
            if height > level:
                best, level, found = logs, height, done
    return best, level, found


@jit
def end(s: Series, grid: Array, top: Array, along: Array, reach: tuple[float, float, float, int]) -> float:
    """One end of the profile interval of log n; `reach` holds the limit, the side (±1), the steady likelihood, rows.

    From the parabola at the peak first; then from every other decay of the walk at which the likelihood still lies
    above the limit at the end found so far: there the interval reaches further.
    """
    limit, side, base, rows = reach
    logs = top + side * along
    done = boundary(s, logs, limit, False)
    best = logs[1] if done and side * (logs[1] - top[1]) > 0 else -side * math.inf
    for i in range(1, rows):
        if grid[i, 1] + base < limit or (done and abs(math.log(grid[i, 0]) - top[2]) < 0.7):
            continue
        logs = place(s, grid, i)
        if side * (best - logs[1]) > 0 and not above(s, logs, best, limit):
            continue
        logs[1] += side * min(1.0, math.sqrt(max(0.05, grid[i, 1] + base - limit)))
        if boundary(s, logs, limit, True) and side * (logs[1] - best) > 0:
            best = logs[1]
            if boundary(s, logs, limit, False) and side * (logs[1] - best) > 0:
                best = logs[1]
    return best


@jit
def above(s: Series, guess: Array, log_n: float, limit: float) -> bool:
    """Whether at the decay of `guess` and this log n some rate comes above the limit, to a Newton step or six."""
    out, logs = np.empty(9), guess.copy()
    logs[1] = log_n
    for _ in range(6):
        height = evaluate(s, logs, out)
        if height > limit:
            return True
        mu = math.exp(logs[0])
        move = -out[0] / (out[3] - out[0]) * mu
        if abs(move) < 0.3 * mu or (out[0] < 0 and logs[0] <= LEAST_RATE):
            return bool(height + out[0] * move / mu > limit)
        logs[0] = max(LEAST_RATE, math.log(min(max(mu + move, 0.2 * mu), 10 * mu)))
    return True


@jit
def along(s: Series, top: Array, fall: float) -> Array:
    """How far and which way the ridge of the profile of log n runs from the peak until it has fallen, on a parabola."""
    out, way = np.empty(9), np.zeros(3)
    evaluate(s, top, out)
    row(s.square, 0, (-out[3], -out[4], -out[5]), 0.0)
    row(s.square, 1, (-out[4], -out[6], -out[7]), 1.0)
    row(s.square, 2, (-out[5], -out[7], -out[8]), 0.0)
    size, ridge = solve(s.square), s.square[:, 3]
    way[1] = 1.0
    if size < math.inf and ridge[1] > 0:
        for k in range(3):
            way[k] = ridge[k] * math.sqrt(2 * fall / ridge[1])
    return way
