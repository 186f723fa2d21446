"""Curves of forgetting: how much attention has come by a given hour, and the times read off them.

Four shapes are told of attention.  An exponential forgets at one rate and has one number, its half-life.  A stretched
exponential (Wu and Huberman 2007) forgets ever more slowly, a power law (Omori's, of aftershocks) more slowly still:
below exponent 1 its total has no end, and then "nine tenths of it" only means something up to a horizon.  Two
exponentials (Candia et al. 2019) are two memories, talk that fades fast and records that fade slowly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from fanecon.schema import ParameterError, closest

Shape = Literal["exponential", "stretched", "power", "biexponential"]
NAMES: dict[str, tuple[str, ...]] = {
    "exponential": ("half_life",),
    "stretched": ("scale", "stretch"),
    "power": ("scale", "exponent"),
    "biexponential": ("fast_half_life", "slow_half_life", "slow_share"),
}
LOG_LARGEST = 60.0


@dataclass(frozen=True, kw_only=True)
class LifeCurve:
    """Attention at hour t ∝ one of four shapes, from the start on.

    Parameters
    ----------
    shape
        ``"exponential"``: 2^(−t/half_life); ``"stretched"``: exp(−(t/scale)^stretch); ``"power"``:
        (1 + t/scale)^(−exponent); ``"biexponential"``: two exponentials, of which the slow one brings `slow_share`.
    numbers
        Half-lives and scales in hours, in the order of :data:`NAMES`.

    Raises
    ------
    ParameterError
        For an unknown shape or numbers out of range.
    """

    shape: Shape
    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.shape not in NAMES:
            raise ParameterError(f"Unknown shape {self.shape!r}. {closest(str(self.shape), NAMES)}")
        names = NAMES[self.shape]
        if len(self.numbers) != len(names) or not all(math.isfinite(v) and v > 0 for v in self.numbers):
            raise ParameterError(f"Shape '{self.shape}' takes {', '.join(names)}, all above 0; found {self.numbers}.")

    def grown(self, hours: np.ndarray | float) -> np.ndarray:
        """The integral of the shape from 0 to each hour, not scaled."""
        return np.asarray(_GROWN[self.shape](np.asarray(hours, dtype=float), *self.numbers))

    @property
    def ends(self) -> bool:
        """Whether the whole of the attention is finite."""
        return self.shape != "power" or self.numbers[1] > 1

    def share_by(self, hours: np.ndarray | float, horizon: float = math.inf) -> np.ndarray:
        """The share of all attention within the horizon that has come by each hour."""
        whole = float(self.grown(horizon))
        with np.errstate(invalid="ignore"):
            return np.minimum(self.grown(hours) / whole, 1.0)

    def time_of(self, share: float, horizon: float = math.inf) -> float:
        """The hour by which a share of all attention within the horizon has come; NaN where the whole has no end."""
        if not self.ends and math.isinf(horizon):
            return math.nan
        target = share * float(self.grown(horizon))
        low, high = -LOG_LARGEST, math.log(horizon) if math.isfinite(horizon) else LOG_LARGEST
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if float(self.grown(math.exp(middle))) < target else (low, middle)
        return math.exp((low + high) / 2)


def _exponential(t: np.ndarray, half_life: float) -> np.ndarray:
    return np.asarray(-np.expm1(-t * math.log(2) / half_life))


def _stretched(t: np.ndarray, scale: float, stretch: float) -> np.ndarray:
    return np.asarray(special.gammainc(1 / stretch, (t / scale) ** stretch))


def _power(t: np.ndarray, scale: float, exponent: float) -> np.ndarray:
    """((1 + t/c)^(1 − p) − 1)/(1 − p), which is the logarithm at p = 1."""
    grown, rest = np.log1p(t / scale), 1 - exponent
    return np.asarray(grown if abs(rest) < 1e-9 else np.expm1(rest * grown) / rest)


def _biexponential(t: np.ndarray, fast: float, slow: float, share: float) -> np.ndarray:
    return np.asarray((1 - share) * _exponential(t, fast) + share * _exponential(t, slow))


_GROWN: dict[str, Callable[..., np.ndarray]] = {
    "exponential": _exponential,
    "stretched": _stretched,
    "power": _power,
    "biexponential": _biexponential,
}


class Memories(NamedTuple):
    """When the second memory overtakes the first."""

    equal_slopes: float
    equal_stocks: float


def memory_crossings(p: float, r: float, q: float) -> Memories:
    """When records overtake talk in Candia's two memories: as to how fast each falls, and as to how much each holds.

    Talk is forgotten at rate p and written down at rate r, records are forgotten at rate q: talk is
    u = e^(−(p+r)t), records v = r/(p+r−q)·(e^(−qt) − u), and u + v = [(p−q)e^(−(p+r)t) + r·e^(−qt)]/(p+r−q).

    Parameters
    ----------
    p, r, q
        Per unit of time; p > q > 0 and r > 0.

    Returns
    -------
    Memories
        `equal_slopes`, where both terms of the sum fall at the same speed: ln[(p+r)(p−q)/(rq)]/(p+r−q);
        `equal_stocks`, where u = v: ln[(p+2r−q)/r]/(p+r−q).

    References
    ----------
    Candia, Jara-Figueroa, Rodriguez-Sickert, Barabási and Hidalgo 2019, doi:10.1038/s41562-018-0474-5
    """
    if not (p > q > 0 and r > 0):
        raise ParameterError(f"Needed: p > q > 0 and r > 0; found p {p!r}, r {r!r}, q {q!r}.")
    apart = p + r - q
    return Memories(math.log((p + r) * (p - q) / (r * q)) / apart, math.log((p + 2 * r - q) / r) / apart)


class BassPeak(NamedTuple):
    """The top of Bass's wave."""

    time: float
    share: float
    rate: float


def bass_peak(innovation: float, imitation: float) -> BassPeak:
    """When Bass's wave of adoption is highest, the share that has come by then, and the rate at that time.

    Parameters
    ----------
    innovation, imitation
        Bass's p and q, per unit of time; q > p > 0, else the wave only falls.

    Returns
    -------
    BassPeak
        time ln(q/p)/(p+q), share (q−p)/2q, rate (p+q)²/4q.

    References
    ----------
    Bass 1969, doi:10.1287/mnsc.15.5.215
    """
    p, q = innovation, imitation
    if not q > p > 0:
        raise ParameterError(f"Needed: imitation > innovation > 0, else there is no peak; found {p!r} and {q!r}.")
    return BassPeak(math.log(q / p) / (p + q), (q - p) / (2 * q), (p + q) ** 2 / (4 * q))
