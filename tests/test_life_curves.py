"""The curves of forgetting: their integrals by quadrature, their times, and the printed vectors."""

import math

import life_definitions as by
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.metrics.attention import LifeCurve, bass_peak, memory_crossings
from fanecon.schema import ParameterError

RATES = [
    (LifeCurve(shape="exponential", numbers=(30,)), lambda t: math.log(2) / 30 * 2 ** (-t / 30)),
    (LifeCurve(shape="stretched", numbers=(5, 0.4)), lambda t: math.exp(-((t / 5) ** 0.4))),
    (LifeCurve(shape="power", numbers=(3, 1.4)), lambda t: (1 + t / 3) ** -1.4),
    (LifeCurve(shape="power", numbers=(3, 1)), lambda t: 1 / (1 + t / 3)),
    (LifeCurve(shape="power", numbers=(3, 0.6)), lambda t: (1 + t / 3) ** -0.6),
    (
        LifeCurve(shape="biexponential", numbers=(4, 60, 0.3)),
        lambda t: math.log(2) * (0.7 / 4 * 2 ** (-t / 4) + 0.3 / 60 * 2 ** (-t / 60)),
    ),
]
ENDING = [curve for curve, _ in RATES if curve.ends]


@pytest.mark.parametrize(("curve", "rate"), RATES, ids=lambda one: getattr(one, "shape", ""))
def test_the_share_that_has_come_is_the_integral_of_the_rate(curve, rate):
    whole = by.integral(rate, 200, 40_000)
    for hour in (1, 10, 90):
        assert curve.share_by(hour, 200) == pytest.approx(by.integral(rate, hour, 40_000) / whole, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ENDING), st.floats(0.01, 0.99), st.floats(0.1, 50))
def test_times_undo_shares_and_grow_with_the_unit(curve, share, factor):
    assert float(curve.share_by(curve.time_of(share))) == pytest.approx(share, rel=1e-9)
    times = {"stretched": [0], "power": [0], "exponential": [0], "biexponential": [0, 1]}[curve.shape]
    numbers = tuple(n * factor if at in times else n for at, n in enumerate(curve.numbers))
    slower = LifeCurve(shape=curve.shape, numbers=numbers)
    assert slower.time_of(share) == pytest.approx(factor * curve.time_of(share), rel=1e-9)


def test_a_half_life_of_two_days_seen_for_a_week_seems_to_end_after_five_days():
    """T50 1.76 and T90 4.96 days are those of the week; 6.64 is the whole's."""
    curve = LifeCurve(shape="exponential", numbers=(48,))
    assert curve.time_of(0.5, 168) / 24 == pytest.approx(1.76, abs=0.005)
    assert curve.time_of(0.9, 168) / 24 == pytest.approx(4.96, abs=0.005)
    assert curve.time_of(0.9) / 24 == pytest.approx(6.64, abs=0.005)


@pytest.mark.parametrize(("days", "half_life"), [(2, 0.46), (7, 1.62)])
def test_two_days_or_a_week_as_t95_are_half_lives_a_quarter_as_long(days, half_life):
    curve = LifeCurve(shape="exponential", numbers=(24 * days * math.log(2) / math.log(20),))
    assert curve.numbers[0] / 24 == pytest.approx(half_life, abs=0.005)
    assert curve.time_of(0.95) == pytest.approx(24 * days)


def test_a_power_law_of_exponent_one_or_less_has_times_only_within_a_horizon():
    curve = LifeCurve(shape="power", numbers=(3, 0.6))
    assert not curve.ends
    assert math.isnan(curve.time_of(0.9))
    assert curve.time_of(0.9, 100) < curve.time_of(0.9, 1000) < 1000


def test_two_memories_cross_where_the_printed_formulas_say():
    """Candia et al. 2019 with p .5, r .1, q .05: 7.2527 (slopes) and 3.4033 (stocks), here by bisection too."""
    p, r, q = 0.5, 0.1, 0.05
    found = memory_crossings(p, r, q)
    assert found == pytest.approx((7.2527, 3.4033), abs=5e-5)

    def talk(t):
        return math.exp(-(p + r) * t)

    def records(t):
        return r / (p + r - q) * (math.exp(-q * t) - talk(t))

    assert by.crossing(talk, records, 0.1, 50) == pytest.approx(found.equal_stocks)
    falls = [lambda t: (p - q) * (p + r) * talk(t), lambda t: r * q * math.exp(-q * t)]
    assert by.crossing(*falls, 0, 50) == pytest.approx(found.equal_slopes)


def test_bass_peaks_where_his_formula_says():
    """p .03, q .38: t* = 6.1926, F(t*) = 0.4605, rate 0.1106; and the rate is the highest there."""
    p, q = 0.03, 0.38
    found = bass_peak(p, q)
    assert found == pytest.approx((6.1926, 0.4605, 0.1106), abs=5e-5)
    t = np.linspace(0, 30, 300_001)
    share = (1 - np.exp(-(p + q) * t)) / (1 + q / p * np.exp(-(p + q) * t))
    rate = (p + q * share) * (1 - share)
    assert t[rate.argmax()] == pytest.approx(found.time, abs=1e-3)
    assert (share[rate.argmax()], rate.max()) == pytest.approx(found[1:], abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: LifeCurve(shape="expo", numbers=(1,)),
        lambda: LifeCurve(shape="power", numbers=(1,)),
        lambda: LifeCurve(shape="exponential", numbers=(0,)),
        lambda: memory_crossings(0.1, 0.1, 0.2),
        lambda: bass_peak(0.4, 0.3),
    ],
)
def test_a_curve_that_cannot_be_is_refused(wrong):
    with pytest.raises(ParameterError):
        wrong()
