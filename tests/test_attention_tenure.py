"""The chance to read by tenure, from totals: recovery, the flag, and refusals."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import optimize

import fanecon as fe
from fanecon.metrics.attention import tenure
from fanecon.schema import ParameterError, SchemaError

KERNEL = [0.6, 0.4, 0.3, 0.2, 0.15, 0.1]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_a_kernel_is_found_by_hand_where_nothing_is_left_to_chance():
    """Joiners 100 then none, tenure 0 read half, 1 a fifth, longer a tenth: readers 50, 20, 10, 10, …"""
    new = np.array([100, 0, 0, 1000, 0, 0, 0, 300, 0, 0, 0, 0])
    table = fe.simulate_tenure_kernel([0.5, 0.2, 0.1], periods=12)
    table["followers_new"], table["delivered"] = new, np.cumsum(new)
    at = np.arange(12)[:, None] - np.arange(12)
    table["readers"] = (np.where(at >= 0, np.array([0.5, 0.2, 0.1])[np.clip(at, 0, 2)], 0) @ new).astype(int)
    found = fe.fit_tenure_kernel(table, longest=2)
    assert found.summary()["estimate"].tolist() == pytest.approx([0.5, 0.2, 0.1], abs=1e-6)
    assert found.identified


def test_the_fit_is_the_maximum_of_the_poisson_likelihood_under_the_constraints():
    lags, _ = tenure._lags(fe.simulate_tenure_kernel(KERNEL, inflow=60, seed=5), "readers", 5)
    found = tenure._fit(lags)
    assert (np.diff(found) <= 1e-12).all()
    assert (found >= 0).all()

    def minus(steps):
        return -tenure._log_likelihood(lags, np.cumsum(steps[::-1])[::-1])

    slow = optimize.minimize(minus, np.full(6, 0.1), bounds=[(0, 1)] * 6, method="L-BFGS-B")
    assert tenure._log_likelihood(lags, found) >= -slow.fun - 1e-6


def test_a_profile_holds_its_value_and_lies_below_the_maximum():
    lags, _ = tenure._lags(fe.simulate_tenure_kernel(KERNEL, seed=6), "readers", 5)
    best = tenure._log_likelihood(lags, tenure._fit(lags))
    for value in (0.25, 0.35):
        held = tenure._fit(lags, at=2, value=value)
        assert held[2] == pytest.approx(value, abs=1e-5)
        assert tenure._log_likelihood(lags, held) < best


def test_the_condition_number_is_that_of_the_scaled_lags():
    """Orthogonal columns have condition number 1, equal columns an infinite one."""
    assert tenure._Lags(np.ones(3), np.diag([5.0, 700.0, 2.0])).condition == pytest.approx(1)
    assert math.isinf(tenure._Lags(np.ones(3), np.ones((3, 2))).condition)
    assert math.isinf(tenure._Lags(np.ones(3), np.array([[1.0, 0], [2, 0], [3, 0]])).condition)


@pytest.mark.parametrize("inflow", [2000.0, 50 * 1.2 ** np.arange(36)])
def test_even_or_evenly_growing_inflow_identifies_nothing_and_says_so(inflow):
    found = fe.fit_tenure_kernel(fe.simulate_tenure_kernel(KERNEL, inflow=inflow, uneven=0), longest=5)
    assert not found.identified
    assert found.condition > 30
    assert "came so evenly that tenures cannot be told apart" in found.sentence
    assert found.summary()["estimate"].isna().all()


def test_uneven_inflow_identifies_the_kernel():
    found = fe.fit_tenure_kernel(fe.simulate_tenure_kernel(KERNEL, seed=1), longest=5)
    assert found.identified
    assert found.summary()["estimate"].tolist() == pytest.approx(KERNEL, abs=0.03)
    assert found.shows == "simulation"
    assert len(found.plot().lines) == 1


NIGHT = [40, pytest.param(2_000, marks=pytest.mark.nightly)]


@pytest.mark.parametrize("runs", NIGHT)
@pytest.mark.parametrize("case", [{}, {"dispersion": 20.0}])
def test_the_intervals_cover_at_least_as_often_as_they_say(runs, case):
    hits, bias = np.zeros(6), np.zeros(6)
    for seed in range(runs):
        table = fe.fit_tenure_kernel(fe.simulate_tenure_kernel(KERNEL, seed=seed, **case), longest=5).summary()
        hits += (table["low"] <= KERNEL) & (table["high"] >= KERNEL)
        bias += table["estimate"] - KERNEL
    assert (hits / runs >= 0.95 - (0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs))).all(), hits / runs
    assert np.abs(bias / runs).max() < 0.01


def test_scaling_all_counts_leaves_the_kernel_and_order_of_rows_changes_nothing():
    table = fe.simulate_tenure_kernel(KERNEL, seed=2)
    ten = table.assign(**{name: 10 * table[name] for name in ("followers_new", "delivered", "readers")})
    one = fe.fit_tenure_kernel(table, longest=5).summary()
    for other in (ten, table.sample(frac=1, random_state=1)):
        found = fe.fit_tenure_kernel(other, longest=5).summary()
        assert found["estimate"].tolist() == pytest.approx(one["estimate"].tolist(), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns="followers_new"), "'followers_new' is missing"),
        (lambda t: t.assign(readers=np.nan), "a value is missing"),
        (lambda t: t.assign(period=t["period"] // 2), "stands in several rows"),
        (lambda t: t.assign(period=2 * t["period"]), "without a gap"),
        (lambda t: t.assign(delivered=1), "exceeds 'delivered'"),
        (lambda t: t.assign(delivered=1, readers=0), "do not belong"),
    ],
)
def test_a_table_that_cannot_be_lagged_is_refused(change, told):
    with pytest.raises(SchemaError, match=told):
        fe.fit_tenure_kernel(change(fe.simulate_tenure_kernel(KERNEL)))


def test_too_few_periods_are_told_and_impossible_numbers_refused():
    assert "at least 10 are needed" in fe.fit_tenure_kernel(fe.simulate_tenure_kernel(KERNEL, periods=12)).sentence
    with pytest.raises(ParameterError, match="at least 1 period"):
        fe.fit_tenure_kernel(fe.simulate_tenure_kernel(KERNEL), longest=0)
    with pytest.raises(ParameterError, match="chances from 0 to 1"):
        fe.simulate_tenure_kernel([1.5])
