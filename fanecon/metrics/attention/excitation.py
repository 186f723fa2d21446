"""Compiled passes over the events of a self-exciting process: likelihood, its slopes and curvatures, in one sweep.

With one exponential kernel the excitation left by all earlier events is one number that fades between events and
jumps at each: A ← e^(−βΔ)·(A + 1).  Its two derivatives by log β obey the like recursions, so one pass over n events
gives the likelihood, three slopes and six curvatures (Ozaki 1979; Ogata 1981).  The exponentials of a block of events
are worked out together, without a call, so that the processor takes eight at once; of logarithms one is taken for
eight intensities multiplied together.  Blocks stay in the nearest cache, so a stream costs one read of its gaps.

Time is measured in mean gaps here (rates near one, products of eight safe from overflow).  Events of one instant
do not excite each other: gaps of zero would make the likelihood infinite for any data rounded to seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

BLOCK = 256

Array: TypeAlias = npt.NDArray[np.float64]
Bits: TypeAlias = npt.NDArray[np.int64]
FREE = {"reassoc", "contract", "arcp", "nsz"}
F = TypeVar("F", bound=Callable[..., object])


def jit(function: F) -> F:
    """The function, compiled at its first call; typed as it was.  Only the doors of batches.py are kept on disk."""
    return cast(F, numba.njit(nogil=True, fastmath=FREE, error_model="numpy")(function))


def kept(function: F) -> F:
    """The function, compiled once and kept on disk."""
    return cast(F, numba.njit(nogil=True, cache=True, fastmath=FREE, error_model="numpy")(function))


class Series(NamedTuple):
    """One cascade in mean gaps, and room to work in.

    `gaps` has one entry more than `counts` (events per instant): the silence up to the end.  `fixed` holds the number
    of given events, of all events, the length of the window, and whether every count is one.
    """

    gaps: Array
    counts: Array
    fixed: Array
    work: Array
    bits: Bits
    square: Array


@jit
def series(gaps: Array, counts: Array, given: float, work: Array, bits: Bits, square: Array) -> Series:
    """A series from its gaps and counts; `work` is 9 × BLOCK, `bits` BLOCK integers, `square` 3 × 4."""
    scored = counts.sum()
    plain = 1.0 if scored == len(counts) else 0.0
    return Series(gaps, counts, np.array([given, scored + given, gaps.sum(), plain]), work, bits, square)


@jit
def fade(gaps: Array, beta: float, x: Array, e: Array, bits: Bits) -> None:
    """x = β·gap and e = e^(−x), to the last digit but one: 2^k times a polynomial in what is left of x."""
    for i in range(len(gaps)):
        x[i] = min(beta * gaps[i], 690.0)
        k = np.int32(x[i] * -1.4426950408889634 - 0.5)
        r = -x[i] - k * 0.6931471803691238 - k * 1.9082149292705877e-10
        p = 1 / 479001600.0
        p = p * r + 1 / 39916800.0
        p = p * r + 1 / 3628800.0
        p = p * r + 1 / 362880.0
        p = p * r + 1 / 40320.0
        p = p * r + 1 / 5040.0
        p = p * r + 1 / 720.0
        p = p * r + 1 / 120.0
        p = p * r + 1 / 24.0
        p = p * r + 1 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        e[i] = p * r + 1.0
        bits[i] = (np.int64(k) + 1023) << 52
    scale = bits.view(np.float64)
    for i in range(len(gaps)):
        e[i] *= scale[i]


@jit
def log_sum(rates: Array, counts: Array, plain: bool) -> float:
    """Σ count·log(rate), one logarithm for eight rates where every count is one."""
    total, i, size = 0.0, 0, len(counts)
    if plain:
        while i + 8 <= size:
            low = rates[i] * rates[i + 1] * rates[i + 2] * rates[i + 3]
            total += math.log(low * (rates[i + 4] * rates[i + 5] * rates[i + 6] * rates[i + 7]))
            i += 8
    while i < size:
        total += counts[i] * math.log(rates[i])
        i += 1
    return total


@jit
def recall(x: Array, e: Array, counts: Array, state: Array, work: Array) -> None:
    """Excitation A before each event and its two derivatives by log β; `state` carries them to the next block."""
    a, d, dd = state[0], state[1], state[2]
    for i in range(len(x)):
        xe = x[i] * e[i]
        work[2, i] = e[i] * a
        dd = e[i] * dd + xe * ((x[i] - 1) * a - 2 * d)
        d = e[i] * d - xe * a
        work[3, i], work[4, i] = d, dd
        a = e[i] * a + counts[i]
    state[0], state[1], state[2] = a, d, dd


@jit
def add_up(work: Array, counts: Array, rate: Array, theta: Array, out: Array) -> None:
    """Add Σ1/λ, ΣB/λ, ΣB'/λ, ΣB''/λ and the six Σ of products over λ² of one block; leave the λ in `rate`."""
    mu, n, beta = theta[0], theta[1], theta[2]
    s0 = s1 = s2 = s3 = q00 = q01 = q02 = q11 = q12 = q22 = 0.0
    for i in range(len(counts)):
        b = beta * work[2, i]
        d = beta * (work[2, i] + work[3, i])
        dd = beta * (work[2, i] + 2 * work[3, i] + work[4, i])
        lam = mu + n * b
        rate[i] = lam
        w = counts[i] / lam
        v = w / lam
        s0 += w
        s1 += w * b
        s2 += w * d
        s3 += w * dd
        q00 += v
        q01 += v * b
        q02 += v * d
        q11 += v * b * b
        q12 += v * b * d
        q22 += v * d * d
    out[0] += s0
    out[1] += s1
    out[2] += s2
    out[3] += s3
    out[4] += q00
    out[5] += q01
    out[6] += q02
    out[7] += q11
    out[8] += q12
    out[9] += q22


@jit
def evaluate(s: Series, logs: Array, out: Array) -> float:
    """Log-likelihood at (log μ, log n, log β); `out` gets 3 slopes, then uu, uv, uz, vv, vz, zz of the bend."""
    work, fixed, theta, sums, state = s.work, s.fixed, s.work[6, :3], s.work[7, :10], s.work[8, :3]
    for i in range(3):
        theta[i], state[i] = math.exp(logs[i]), 0.0
    sums[:] = 0.0
    state[0], size, total, plain = fixed[0], len(s.counts), 0.0, fixed[3] > 0
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        x, e, rate, some = work[0, : stop - start], work[1, : stop - start], work[5], s.counts[start:stop]
        fade(s.gaps[start:stop], theta[2], x, e, s.bits)
        recall(x, e, some, state, work)
        add_up(work, some, rate, theta, sums)
        total += log_sum(rate, some, plain)
    last = min(theta[2] * s.gaps[size], 690.0)
    a, d = state[0] * math.exp(-last), state[1] * math.exp(-last)
    dd = state[2] * math.exp(-last) - 2 * last * d + (last * last - last) * a
    return total + curved(theta, sums, (fixed[2], fixed[1] - a, d - last * a, dd), out)


@jit
def curved(theta: Array, sums: Array, after: tuple[float, float, float, float], out: Array) -> float:
    """Slopes and bends from the sums of a pass; gives −compensator.  `after`: T, begotten, S', S'' at the end."""
    mu, n = theta[0], theta[1]
    length, begotten, d, dd = after
    out[0] = mu * (sums[0] - length)
    out[1] = n * (sums[1] - begotten)
    out[2] = n * (sums[2] + d)
    out[3] = out[0] - mu * mu * sums[4]
    out[4] = -mu * n * sums[5]
    out[5] = -mu * n * sums[6]
    out[6] = out[1] - n * n * sums[7]
    out[7] = out[2] - n * n * sums[8]
    out[8] = n * (sums[3] + dd) - n * n * sums[9]
    return float(-mu * length - n * begotten)


@jit
def excitations(s: Series, beta: float, into: Array) -> float:
    """Excitation before each event for one decay; returns what is left of it at the end."""
    a, size = s.fixed[0], len(s.counts)
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        e = s.work[1, : stop - start]
        fade(s.gaps[start:stop], beta, s.work[0, : stop - start], e, s.bits)
        for i in range(stop - start):
            into[start + i] = e[i] * a
            a = e[i] * a + s.counts[start + i]
    return float(a * math.exp(-min(beta * s.gaps[size], 690.0)))


@jit
def share_begotten(ratio: Array, counts: Array, fixed: Array, share: float, exact: bool) -> tuple[float, float]:
    """The share p of events that are begotten which maximises Σ log(1 + p·r), and that gain; concave in p."""
    for _ in range(80 if exact else 6):
        slope = bend = 0.0
        for i in range(len(counts)):
            g = ratio[i] / (1 + share * ratio[i])
            slope += counts[i] * g
            bend += counts[i] * g * g
        before, share = share, min(max(share + slope / bend, 0.25 * share), 0.75 + 0.25 * share)
        if abs(share - before) < (1e-7 * (1 - share) if exact else 0.02 * share):
            break
    for i in range(len(counts)):
        ratio[i] = 1 + share * ratio[i]
    return share, log_sum(ratio, counts, fixed[3] > 0)


@jit
def at_decay(s: Series, beta: float, guess: float, ratio: Array) -> tuple[float, float, float]:
    """For one decay (0: excitation never fades) the best gain over a steady rate, its share begotten, and Q/β."""
    left = excitations(s, beta, ratio)
    exposure = (s.fixed[1] - left) / beta if beta > 0 else lasting(s)
    scale, size = s.fixed[2] / exposure, len(s.counts)
    rising = 0.0
    for i in range(size):
        ratio[i] = ratio[i] * scale - 1
        rising += s.counts[i] * ratio[i]
    if rising <= 0:
        return 0.0, 0.0, exposure
    share, gain = share_begotten(ratio[:size], s.counts, s.fixed, guess, beta == 0)
    return gain, share, exposure


@jit
def lasting(s: Series) -> float:
    """∫ of the number of events so far: the exposure to an excitation that never fades."""
    so_far, exposure = s.fixed[0], 0.0
    for i in range(len(s.counts)):
        exposure += so_far * s.gaps[i]
        so_far += s.counts[i]
    return float(exposure + so_far * s.gaps[len(s.counts)])


@jit
def rescaled(s: Series, logs: Array, gone: Array) -> None:
    """1 − e^(−compensator) over each gap before an event: uniform where the model holds (time rescaling)."""
    mu, n, beta = math.exp(logs[0]), math.exp(logs[1]), math.exp(logs[2])
    a = s.fixed[0]
    for start in range(0, len(s.counts), BLOCK):
        stop = min(start + BLOCK, len(s.counts))
        x, e, grown = s.work[0, : stop - start], s.work[1, : stop - start], s.work[2, : stop - start]
        fade(s.gaps[start:stop], beta, x, e, s.bits)
        for i in range(stop - start):
            fresh = e[i] * a
            grown[i] = mu * s.gaps[start + i] + n * (a - fresh)
            a = fresh + s.counts[start + i]
        fade(grown, 1.0, x, e, s.bits)
        for i in range(stop - start):
            gone[start + i] = 1 - e[i]
