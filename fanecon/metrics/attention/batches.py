"""Many cascades in one call: each is folded into gaps, walked through, climbed and measured in the same small room.

A hundred events fit into the nearest cache, and a fit of them takes some twenty passes of half a microsecond, so what
is paid for elsewhere (a call per likelihood, memory per fit) is left out here.  Nothing is added over cascades: the
answers do not depend on how the cascades are dealt out to threads.

Compiling takes some fifteen seconds, once: the two doors at the end are kept on disk.  numba looks whether the file
of a kept function has changed, not those of what it calls, and would go on using what was compiled from an older
text.  So the texts of all four files are summed into a number that the doors carry.
"""

from __future__ import annotations

import inspect
import math
import zlib
from collections.abc import Callable

import numpy as np

from fanecon.metrics.attention import climbing, distances, excitation
from fanecon.metrics.attention.climbing import along, end, peak, walk
from fanecon.metrics.attention.distances import CELLS, distance
from fanecon.metrics.attention.excitation import BLOCK, Array, Series, at_decay, jit, kept, rescaled, series

STRETCH = 20_000
ESTIMATE, LOW, HIGH, RATE, DECAY, LIKELIHOOD, STEADY, DISTANCE, EVENTS, INSTANTS, GIVEN, DONE = range(12)


@jit
def folded(times: Array, window: tuple[float, float], gaps: Array, counts: Array) -> tuple[int, float]:
    """Gaps (in mean gaps) and counts of distinct instants; events at the start are given, not scored."""
    given, m, last = 0.0, 0, window[0]
    scale = max(1, len(times)) / (window[1] - window[0])
    for t in times:
        if t <= window[0]:
            given += 1
        elif m > 0 and t == last:
            counts[m - 1] += 1
        else:
            gaps[m] = (t - last) * scale
            counts[m] = 1.0
            last = t
            m += 1
    gaps[m] = (window[1] - last) * scale
    return m, given


@jit
def walked(s: Series, grid: Array, room: Array) -> int:
    """The walk over all events, or over the first 20,000 of a long stream, whose peaks stand where its own stand."""
    m = len(s.counts)
    if m <= STRETCH:
        return walk(s, room, grid)
    some = series(s.gaps[: STRETCH + 1], s.counts[:STRETCH], s.fixed[0], s.work, s.bits, s.square)
    rows = walk(some, room, grid)
    for i in range(1, rows):
        grid[i, 1] *= m / STRETCH
        grid[i, 3] *= s.fixed[1] / some.fixed[1]
    grid[0, 1] = at_decay(s, 0.0, 0.5, room)[0]
    return rows


@jit
def fit_one(s: Series, half: float, answer: Array, room: Array, cells: Array) -> None:
    """Fill one row of the answer; `half` is how far below the peak the interval reaches (NaN: no interval)."""
    scored = s.counts.sum()
    grid = np.zeros((40, 4))
    rows = walked(s, grid, room)
    base = scored * math.log(scored / s.fixed[2]) - scored
    top, level, done = peak(s, grid, rows)
    forever = base + grid[0, 1]
    highest = max(base, max(level, forever))
    answer[LIKELIHOOD], answer[STEADY], answer[DONE] = highest, base, 1.0
    if highest == base:
        top[0], top[1], top[2] = math.log(scored / s.fixed[2]), -50.0, 0.0
        answer[ESTIMATE] = 0.0
    elif forever > level or not done:
        answer[ESTIMATE], answer[DECAY], answer[DONE] = math.inf, 0.0, 1.0 if forever >= level - 1e-3 else 0.0
    else:
        answer[ESTIMATE], answer[DECAY] = math.exp(top[1]), math.exp(top[2])
        rescaled(s, top, room)
        answer[DISTANCE] = distance(room[: len(s.counts)], cells)
    answer[RATE] = math.exp(top[0])
    if half > 0:
        limit, ridge = highest - half, along(s, top, half)
        answer[HIGH] = math.inf if forever >= limit else math.exp(end(s, grid, top, ridge, (limit, 1.0, base, rows)))
        answer[LOW] = 0.0 if base >= limit else math.exp(end(s, grid, top, ridge, (limit, -1.0, base, rows)))


@jit
def every(times: Array, first: Array, windows: Array, half: float, answers: Array) -> None:
    """Fit every cascade, times[first[i] : first[i + 1]]; windows hold start, end and the fewest events for a fit."""
    longest = 1
    for i in range(len(windows)):
        longest = max(longest, first[i + 1] - first[i])
    gaps, counts, room = np.empty(longest + 1), np.empty(longest), np.empty(longest)
    cells, square = np.empty((3, min(longest, CELLS))), np.empty((3, 4))
    work, bits = np.empty((9, BLOCK)), np.empty(BLOCK, np.int64)
    for i in range(len(windows)):
        some, answer = times[first[i] : first[i + 1]], answers[i]
        start, stop = windows[i, 0], windows[i, 1]
        m, given = folded(some, (start, stop), gaps, counts)
        answer[EVENTS], answer[INSTANTS], answer[GIVEN] = len(some) - given, m, given
        if m >= 2 and answer[EVENTS] >= windows[i, 2]:
            scale = len(some) / (stop - start)
            fit_one(series(gaps[: m + 1], counts[:m], given, work, bits, square), half, answer, room, cells)
            answer[RATE] *= scale
            answer[DECAY] *= scale
            answer[LIKELIHOOD] += answer[EVENTS] * math.log(scale)
            answer[STEADY] += answer[EVENTS] * math.log(scale)


@jit
def left_over(times: Array, window: tuple[float, float], fitted: tuple[float, float, float]) -> Array:
    """1 − e^(−compensator) over the gaps of one series at (μ, n, β), in the order of time."""
    gaps, counts = np.empty(len(times) + 1), np.empty(len(times))
    m, given = folded(times, window, gaps, counts)
    scale = len(times) / (window[1] - window[0])
    work, bits, square = np.empty((9, BLOCK)), np.empty(BLOCK, np.int64), np.empty((3, 4))
    gone, logs = np.empty(m), np.empty(3)
    logs[0], logs[1], logs[2] = math.log(fitted[0] / scale), math.log(fitted[1]), math.log(fitted[2] / scale)
    rescaled(series(gaps[: m + 1], counts[:m], given, work, bits, square), logs, gone)
    return gone


Door = Callable[[Array, Array, Array, float, Array], None]
Glance = Callable[[Array, tuple[float, float], tuple[float, float, float]], Array]


def stamp() -> int:
    """A number that changes with the text of any of the compiled functions."""
    return zlib.crc32("".join(inspect.getsource(part) for part in (excitation, climbing, distances)).encode())


def doors(texts: int) -> tuple[Door, Glance]:
    """`fit_many` and `residuals`, kept on disk under the number of the texts they were compiled from."""

    def fit_many(times: Array, first: Array, windows: Array, half: float, answers: Array) -> None:
        if texts >= 0:
            every(times, first, windows, half, answers)

    def residuals(times: Array, window: tuple[float, float], fitted: tuple[float, float, float]) -> Array:
        return left_over(times, window, fitted) if texts >= 0 else times

    return kept(fit_many), kept(residuals)


fit_many, residuals = doors(stamp())
