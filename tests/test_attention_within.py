"""Slopes within groups: against the conditional likelihood, against dummies, and against all pairs of clusters."""

import math

import numpy as np
import overload_definitions as slow
import pandas as pd
import pytest

from fanecon.metrics.attention import within


def panel(seed=0, groups=12, periods=6):
    rng = np.random.default_rng(seed)
    group, period = (axis.ravel() for axis in np.indices((groups, periods)))
    base, x = rng.integers(1, 9, len(group)).astype(float), rng.normal(size=len(group))
    level = rng.gamma(2, 1, groups)[group] * rng.gamma(5, 0.2, periods)[period]
    return within.Sample(
        rng.poisson(base * level * np.exp(0.3 * x)).astype(float), base, x[:, None], (group,), group
    ), period


def test_the_slope_is_the_maximum_of_the_conditional_likelihood():
    sample, _ = panel()
    rows = list(zip(sample.held[0], sample.y, sample.base, sample.x[:, 0], strict=True))
    wanted = slow.highest(lambda slope: slow.conditional_log_likelihood(rows, slope), -3, 3)
    assert within.slopes(sample)[0].estimate == pytest.approx(wanted, abs=1e-6)


def test_by_hand_two_rows_of_each_group_and_no_slope_of_the_levels():
    """Every group doubles from x = 0 to x = 1, whatever its level: the slope is log 2."""
    y = np.array([1, 2, 10, 20, 100, 200, 3, 6, 4, 8], dtype=float)
    group = np.repeat(np.arange(5), 2)
    found = within.slopes(within.Sample(y, np.ones(10), np.tile([0.0, 1.0], 5)[:, None], (group,), group))[0]
    assert found.estimate == pytest.approx(math.log(2), abs=1e-8)


def test_with_periods_held_still_it_is_the_poisson_regression_with_dummies():
    import statsmodels.api as sm

    sample, period = panel(seed=3)
    dummies = pd.get_dummies(pd.DataFrame({"g": sample.held[0].astype(str), "p": period.astype(str)})).astype(float)
    design = np.column_stack([sample.x, dummies.drop(columns="p_0")])
    wanted = sm.GLM(sample.y, design, family=sm.families.Poisson(), offset=np.log(sample.base)).fit(tol=1e-12)
    found = within.slopes(sample._replace(held=(sample.held[0], period)))[0]
    assert found.estimate == pytest.approx(wanted.params[0], abs=1e-6)


def test_several_slopes_are_those_of_one_regression():
    import statsmodels.api as sm

    sample, _ = panel(seed=4)
    more = np.column_stack([sample.x[:, 0], np.random.default_rng(5).normal(size=len(sample.y)) + sample.x[:, 0]])
    design = np.column_stack([more, pd.get_dummies(sample.held[0].astype(str)).astype(float)])
    wanted = sm.GLM(sample.y, design, family=sm.families.Poisson(), offset=np.log(sample.base)).fit(tol=1e-12)
    found = [slope.estimate for slope in within.slopes(sample._replace(x=more))]
    assert found == pytest.approx(list(wanted.params[:2]), abs=1e-6)


def test_the_robust_error_is_its_definition_over_all_pairs_of_clusters():
    rng = np.random.default_rng(6)
    scores, information = rng.normal(size=9), rng.gamma(1, 1, 9)
    assert within.robust(scores, information) == pytest.approx(slow.bias_reduced(scores, information), rel=1e-10)


def test_equal_clusters_have_one_degree_of_freedom_less_than_their_number():
    assert within.robust(np.ones(12), np.ones(12))[1] == pytest.approx(11)


def test_rows_and_groups_that_say_nothing_change_nothing():
    sample, _ = panel(seed=7)
    idle = within.Sample(
        np.r_[sample.y, 0, 0, 5], np.r_[sample.base, 3, 3, 2], np.r_[sample.x, [[1.0], [2.0], [3.0]]],
        (np.r_[sample.held[0], 90, 90, 91],), np.r_[sample.clusters, 90, 90, 91],
    )  # fmt: skip
    one, other = within.slopes(sample)[0], within.slopes(idle)[0]
    assert (one.estimate, one.error, one.rows) == pytest.approx((other.estimate, other.error, other.rows))


def test_order_of_rows_and_names_of_groups_change_nothing_and_units_of_x_scale():
    sample, period = panel(seed=8)
    sample = sample._replace(held=(sample.held[0], period))
    order = np.random.default_rng(1).permutation(len(sample.y))
    mixed = sample.at(order)
    mixed = mixed._replace(held=(99 - mixed.held[0], mixed.held[1]), clusters=7 * mixed.clusters)
    one, other = within.slopes(sample)[0], within.slopes(mixed)[0]
    assert (one.estimate, one.error, one.freedom) == pytest.approx(
        (other.estimate, other.error, other.freedom), rel=1e-6
    )
    ten = within.slopes(sample._replace(x=10 * sample.x))[0]
    assert (10 * ten.estimate, 10 * ten.error) == pytest.approx((one.estimate, one.error), rel=1e-6)


def test_nothing_that_varies_within_a_group_gives_no_slope():
    sample, _ = panel()
    constant = sample._replace(x=sample.held[0][:, None].astype(float))
    found = within.slopes(constant)[0]
    assert math.isnan(found.estimate)
    assert "nothing varies" in found.missing
    assert "nothing varies" in within.slopes(sample._replace(y=0 * sample.y))[0].missing


def test_fewer_than_five_clusters_get_a_slope_and_no_interval():
    sample, _ = panel(groups=4)
    value = within.slopes(sample)[0].interval(0.95)
    assert not math.isnan(value.estimate)
    assert "4 clusters" in value.missing
