"""Shapes in which an open rate can fall, all written in the same unknown: the half-life.

Each shape S has S(0) = 1 and S(half-life) = ½, so that the half-life is a parameter of every model and not a quantity
worked out afterwards: its profile likelihood is then the same calculation for all of them, and a change of the unit of
time changes nothing else.  With x = age ÷ half-life:

====================  =====================================
exponential           2^(−x)
stretched             2^(−x^β)
power                 (1 + (2^(1/α) − 1)·x)^(−α)
biexponential         w·a^x + (1 − w)·b^x, a < ½ < b, w = (b − ½)/(b − a)
constant              1
====================  =====================================

A break is two levels and the row before which the second begins; it has no half-life.

Counts are beta-binomial: the chance to open differs between articles (Griffiths 1973).  An article is not 50,000
independent coins; with the binomial likelihood one article of a large account would settle everything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from fanecon.metrics.attention.likelihood import Data, maximise
from fanecon.metrics.attention.opens import Opens

FASTEST = math.asinh(500.0)
PARAMETERS = {"constant": 1, "exponential": 2, "break": 3, "stretched": 3, "power": 3, "biexponential": 4}
SHAPES = tuple(PARAMETERS)
FEWEST_BESIDE = 3

_BOUNDS: dict[str, tuple[tuple[float, float], ...]] = {
    "constant": (),
    "exponential": ((-3.0, FASTEST),),
    "stretched": ((1e-3, FASTEST), (math.log(0.1), math.log(10.0))),
    "power": ((1e-3, FASTEST), (math.log(0.1), math.log(20.0))),
    "biexponential": ((1e-3, FASTEST), (-8.0, 4.0), (-6.0, 8.0)),
}
_STARTS: dict[str, tuple[tuple[float, ...], ...]] = {
    "constant": ((),),
    "exponential": ((),),
    "stretched": ((0.0,), (-0.7,), (0.7,)),
    "power": ((0.0,), (1.5,)),
    "biexponential": ((-1.0, 1.0), (-2.0, 3.0)),
}


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A fitted shape: its numbers (level, speed, form …, overdispersion, on their working scales) and likelihood."""

    shape: str
    theta: np.ndarray
    log_likelihood: float
    breaks_at: float = math.nan

    @property
    def half_life(self) -> float:
        """As a proportion of the span; infinite where the rate does not fall, NaN for shapes without one."""
        if self.shape in ("constant", "break"):
            return math.nan
        speed = math.sinh(self.theta[1])
        return 1 / speed if speed > 1e-9 else math.inf

    @property
    def overdispersion(self) -> float:
        """Correlation ρ of two readers of one article; the variance is 1 + (n − 1)·ρ times the binomial one."""
        return float(special.expit(self.theta[-1]))

    def rate(self, age: np.ndarray) -> np.ndarray:
        """The open rate at ages given as proportions of the span."""
        if self.shape == "break":
            return np.asarray(special.expit(np.where(age < self.breaks_at, self.theta[0], self.theta[1])))
        return np.asarray(rates(self.shape, self.theta[None], age)[0])


def rates(shape: str, theta: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Open rates, one row per row of theta = (logit level, asinh speed, form …, logit overdispersion)."""
    level = special.expit(theta[:, :1])
    if shape == "constant":
        return np.broadcast_to(level, (len(theta), len(age)))
    x = np.sinh(theta[:, 1:2]) * age
    with np.errstate(over="ignore", under="ignore"):
        fallen = _fallen(shape, x, theta[:, 2:-1])
    return np.asarray(np.clip(level * fallen, 1e-12, 1 - 1e-9))


def _fallen(shape: str, x: np.ndarray, form: np.ndarray) -> np.ndarray:
    if shape == "exponential":
        return np.asarray(np.exp2(-x))
    if shape == "stretched":
        return np.asarray(np.exp2(-(x ** np.exp(form))))
    if shape == "power":
        alpha = np.exp(form)
        return np.asarray((1 + (np.exp2(1 / alpha) - 1) * x) ** -alpha)
    a, b = 0.5 * special.expit(form[:, :1]), 0.5 + 0.5 * special.expit(form[:, 1:])
    w = (b - 0.5) / (b - a)
    return np.asarray(w * a**x + (1 - w) * b**x)


def prepared(opens: Opens) -> Data:
    """The usable rows, ages divided by the last one."""
    rows = opens.rows
    return Data(age=rows["age"].to_numpy() / opens.span, n=rows["delivered"].to_numpy(), k=rows["opened"].to_numpy())


def _fit_from(shape: str, data: Data, start: np.ndarray, *, speed: float | None = None) -> tuple[np.ndarray, float]:
    """Maximum likelihood from one start, with the speed held fixed where a value is given."""
    bounds, free = np.array([(-18.0, 6.0), *_BOUNDS[shape], data.correlations]), np.ones(len(start), bool)
    if speed is not None:
        start, free[1] = start.copy(), False
        start[1] = speed
    return maximise(lambda theta: rates(shape, theta, data.age), data, start, bounds, free)


def fit_shape(shape: str, data: Data, *, near: Fit | None = None) -> Fit:
    """The most likely curve of one shape; `near` is one of more rows, from which a part of them need not go far."""
    if shape == "break":
        return _fit_break(data)
    if near is not None:
        theta, found = _fit_from(shape, data, near.theta)
        return Fit(shape=shape, theta=theta, log_likelihood=found)
    with np.errstate(divide="ignore"):
        logs = np.log((data.k + 0.5) / (data.n + 1))
    slope, level = np.polyfit(data.age, logs, 1) if np.ptp(data.age) > 0 else (0.0, logs.mean())
    speed = [math.asinh(-slope / math.log(2))] if shape != "constant" else []
    centre = float(special.logit(min(0.95, math.exp(level))))
    tried = [_fit_from(shape, data, np.array([centre, *speed, *form, -5.0])) for form in _STARTS[shape]]
    theta, found = max(tried, key=lambda one: one[1])
    return Fit(shape=shape, theta=theta, log_likelihood=found)


def _fit_break(data: Data) -> Fit:
    """Two levels: every row that begins a new age, with two rows on either side at least, is tried as the first."""
    order = np.argsort(data.age, kind="stable")
    age, n, k = data.age[order], data.n[order], data.k[order]
    places = [i for i in range(2, len(age) - 1) if age[i] > age[i - 1]]
    if not places:
        flat = fit_shape("constant", data)
        both = np.array([flat.theta[0], *flat.theta])
        return Fit(shape="break", theta=both, log_likelihood=flat.log_likelihood, breaks_at=math.inf)
    spread = fit_shape("constant", data).overdispersion
    weight = 1 / (1 + (n - 1) * spread)
    rough = [_rough(k * weight, n * weight, i) for i in places]
    best = [places[i] for i in np.argsort(rough)[-5:]]
    found = [_two_levels(Data(age=age, n=n, k=k), i) for i in best]
    return max(found, key=lambda one: one.log_likelihood)


def _rough(k: np.ndarray, n: np.ndarray, at: int) -> float:
    """Binomial likelihood of two levels: quick, and near enough to order the places."""
    parts = ((k[:at].sum(), n[:at].sum()), (k[at:].sum(), n[at:].sum()))
    return float(sum(special.xlogy(a, a / b) + special.xlogy(b - a, 1 - a / b) for a, b in parts))


def _two_levels(data: Data, at: int) -> Fit:
    late = np.arange(len(data)) >= at
    pooled = [data.k[side].sum() / data.n[side].sum() for side in (~late, late)]
    start = np.array([*special.logit(np.clip(pooled, 1e-6, 1 - 1e-6)), -5.0])
    bounds = np.array([(-18.0, 18.0), (-18.0, 18.0), data.correlations])
    theta, found = maximise(
        lambda theta: special.expit(np.where(late, theta[:, 1:2], theta[:, :1])), data, start, bounds, np.ones(3, bool)
    )
    middle = float(data.age[at - 1] + data.age[at]) / 2
    return Fit(shape="break", theta=theta, log_likelihood=found, breaks_at=middle)


def profile_ends(fit: Fit, data: Data, most: float) -> tuple[float, float]:
    """The half-lives (in spans) at which the profile log likelihood has fallen by `most`."""
    low, high = _BOUNDS[fit.shape][0]
    slowest, quickest = (math.sinh(_walk(fit, data, most, end)) for end in (low, high))
    return (0.0 if quickest >= 499 else 1 / quickest), (1 / slowest if slowest > 2e-3 else math.inf)


def _walk(fit: Fit, data: Data, most: float, end: float) -> float:
    """From the estimate towards `end`, the speed at which the profile has fallen by `most`; `end` if it never does."""
    warm, near, step = fit.theta, float(fit.theta[1]), math.copysign(0.1, end - float(fit.theta[1]))
    near_fall = 0.0
    for _ in range(40):
        far = near + step if (end - near - step) * step > 0 else end
        warm, found = _fit_from(fit.shape, data, warm, speed=far)
        if fit.log_likelihood - found >= most:
            return _between((near, near_fall), (far, fit.log_likelihood - found), most, (fit, data, warm))
        if far == end:
            break
        near, near_fall, step = far, max(0.0, fit.log_likelihood - found), 1.7 * step
    return end


def _between(
    near: tuple[float, float], far: tuple[float, float], most: float, ask: tuple[Fit, Data, np.ndarray]
) -> float:
    """Regula falsi on the root of the fall, which is nearly straight because the profile is nearly a parabola."""
    fit, data, warm = ask
    at = far[0]
    for _ in range(12):
        a, b = math.sqrt(near[1]), math.sqrt(far[1])
        part = min(0.95, max(0.05, (math.sqrt(most) - a) / (b - a)))
        at = near[0] + part * (far[0] - near[0])
        warm, found = _fit_from(fit.shape, data, warm, speed=at)
        fall = max(0.0, fit.log_likelihood - found)
        if abs(fall - most) < 1e-3 * most:
            break
        near, far = ((at, fall), far) if fall < most else (near, (at, fall))
    return at
