"""Who left because of whom: recovery, coverage, the placebo, and answers that are withheld."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.metrics.hunters.exposure import _split, exposure_effect
from fanecon.metrics.hunters.panel_simulation import simulate_groups
from fanecon.schema import ParameterError, SchemaError


def test_the_ratio_is_that_of_a_poisson_regression_with_a_dummy_for_every_group():
    import statsmodels.api as sm

    panel = simulate_groups(12, days=40, effect=1.0, seed=4)
    found = exposure_effect(panel).table
    panel = panel.sort_values(["group", "day"])
    grouped = panel.groupby("group")
    share = panel["hunters"] / (panel["hunters"] + panel["fans"])
    panel["yesterday"] = share.groupby(panel["group"]).shift()
    number = grouped.cumcount()
    rows = panel[(number > 0) & (number < grouped["day"].transform("size") - 3)]
    rows = rows[rows.groupby("group")["yesterday"].transform("std") > 1e-9]
    week = (rows["day"] - pd.Timestamp("1970-01-05", tz="UTC")).dt.days // 7
    dummies = pd.get_dummies(pd.DataFrame({"g": rows["group"].astype(str), "w": week.astype(str)})).astype(float)
    design = np.column_stack([rows["yesterday"], dummies.drop(columns=dummies.filter(like="w_").columns[0])])
    offset = np.log(rows["fans"].astype(float))
    fitted = sm.GLM(rows["fans_left"].astype(float), design, family=sm.families.Poisson(), offset=offset).fit(tol=1e-12)
    assert math.log(found["estimate"][0]) * 10 == pytest.approx(fitted.params.iloc[0], abs=1e-5)


def test_a_planted_effect_is_found_and_none_is_not():
    found = exposure_effect(simulate_groups(60, days=90, effect=1.0, seed=1))
    assert found.verdict == "faster"
    assert found.table.loc[0, "low"] <= math.exp(0.1) <= found.table.loc[0, "high"]


def test_no_effect_is_shown_as_often_as_the_level_says():
    found = [exposure_effect(simulate_groups(40, days=60, effect=0.0, seed=seed)) for seed in range(30)]
    assert found[0].shows == "simulation"
    assert sum(one.verdict == "no difference shown" for one in found) >= 24


def test_leaving_hunters_raise_the_crude_churn_of_fans_they_do_not_touch():
    parts = exposure_effect(simulate_groups(60, days=90, effect=0.0, seed=2)).parts
    crude, composed, _, fans = parts["estimate"]
    assert crude > 0.02 and composed > 0.9 * crude
    assert parts["low"][3] <= 0 <= parts["high"][3]
    assert abs(fans) < 0.1 * crude


def test_fans_who_leave_before_the_hunters_come_withhold_the_answer():
    for seed in range(3):
        found = exposure_effect(simulate_groups(40, days=60, quarrel=1.0, seed=seed))
        assert found.verdict == "cannot say"
        assert "before the hunters came" in found.sentence


@pytest.mark.parametrize("groups", [1, 5])
def test_few_groups_withhold_the_answer(groups):
    found = exposure_effect(simulate_groups(groups, days=60, effect=1.0))
    assert found.verdict == "cannot say"
    assert math.isnan(found.table.loc[0, "estimate"])
    assert "8 are needed" in found.sentence


def test_groups_without_any_hunter_say_nothing():
    panel = simulate_groups(30, days=40, effect=1.0, seed=3)
    panel[["hunters", "hunters_left"]] = 0
    assert exposure_effect(panel).verdict == "cannot say"


def test_order_of_rows_and_names_of_groups_change_nothing():
    panel = simulate_groups(20, days=40, effect=0.5, seed=6)
    other = panel.sample(frac=1, random_state=1).assign(group=lambda rows: "g" + rows["group"].astype(str).str.zfill(3))
    one = exposure_effect(panel).table
    pd.testing.assert_frame_equal(one, exposure_effect(other).table)


RATES = st.tuples(st.floats(1, 1e4), st.floats(0, 1), st.floats(1, 1e4), st.floats(0, 1)).map(
    lambda one: [one[0], one[0] * one[1], one[2], one[2] * one[3]]
)


@settings(deadline=None)
@given(RATES, RATES)
def test_the_parts_of_the_crude_change_add_up(high, low):
    sums = np.array([high, low])
    whole = [(row[1] + row[3]) / (row[0] + row[2]) for row in sums]
    parts = _split(sums)
    assert parts[0] == pytest.approx(whole[0] - whole[1], abs=1e-12)
    assert parts[1:].sum() == pytest.approx(parts[0], abs=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="hunters"), "hunters"),
        (lambda table: table.assign(fans_left=table["fans"] + 1), "more fans left than were there"),
        (lambda table: table.assign(hunters=-1), "below 0"),
        (lambda table: pd.concat([table, table.head(3)]), "stand there twice"),
    ],
)
def test_panels_that_cannot_be_used_are_refused(change, message):
    with pytest.raises(SchemaError, match=message):
        exposure_effect(change(simulate_groups(10, days=20)))


def test_a_simulation_needs_a_group_and_ten_days():
    with pytest.raises(ParameterError, match="1 group and 10 days"):
        simulate_groups(0)


def test_fans_follow_the_law_of_the_toy_model_where_nobody_comes():
    panel = simulate_groups(400, days=10, effect=0.0, seed=8)
    assert panel.attrs["synthetic"]
    assert panel["fans_left"].sum() / panel["fans"].sum() == pytest.approx(0.01 * math.exp(0.4**2 / 2), rel=0.1)


def covered(runs, groups, effect):
    hits, quiet, told = 0, 0, 0
    for seed in range(runs):
        table = exposure_effect(simulate_groups(groups, days=60, effect=effect, seed=10_000 + seed)).table
        if math.isnan(table.loc[0, "estimate"]):
            continue
        told += 1
        hits += table.loc[0, "low"] <= math.exp(0.1 * effect) <= table.loc[0, "high"]
        quiet += table.loc[1, "low"] <= 1 <= table.loc[1, "high"]
    return hits / told, quiet / told


def test_ranges_cover():
    hits, quiet = covered(60, 40, 1.0)
    assert hits >= 0.85 and quiet >= 0.85


@pytest.mark.nightly
@pytest.mark.parametrize(("groups", "effect"), [(12, 1.0), (40, 0.0), (40, 1.0), (100, 0.5)])
def test_ranges_cover_at_their_level(groups, effect):
    hits, quiet = covered(2000, groups, effect)
    assert 0.925 <= hits <= 0.975
    assert 0.925 <= quiet <= 0.975
