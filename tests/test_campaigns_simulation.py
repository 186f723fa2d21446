"""A series of which it is known what would have been counted: its moments, its memory, its closed forms."""

import math

import campaign_definitions as slow
import numpy as np
import pytest

import fanecon as fe
from fanecon.schema import ParameterError


def test_the_afterglow_of_a_pulse_is_zero_and_of_a_step_one():
    assert fe.exponential_afterglow(0) == 0.0
    assert fe.exponential_afterglow(math.inf) == 1.0


@pytest.mark.parametrize(("life", "window"), [(1, 1), (3, 3), (3, 14), (14, 14), (0.5, 7), (100, 30)])
def test_the_afterglow_of_a_half_life_is_the_mean_of_a_geometric_series(life, window):
    assert fe.exponential_afterglow(life, window=window) == pytest.approx(slow.mean_of_halvings(life, window))


def test_one_day_after_a_half_life_of_one_day_a_half_is_left():
    assert fe.exponential_afterglow(1, window=1) == 0.5
    assert fe.exponential_afterglow(1, window=2) == pytest.approx(0.375)


def test_ordinary_days_have_the_mean_the_variance_and_the_memory_that_were_asked():
    usual = fe.OrdinaryDays(mean=1000.0, weekend=1.0, spread=0.09, memory=0.6)
    drawn = fe.simulate_campaign_series(1, ordinary=usual, days=(20_000, 1, 0), seed=3)["count"].to_numpy(float)
    share = drawn / 1000
    assert share.mean() == pytest.approx(1, abs=0.02)
    assert share.var() == pytest.approx(0.09 + 1 / 1000, rel=0.07)
    assert np.corrcoef(share[1:], share[:-1])[0, 1] == pytest.approx(0.6, abs=0.03)


def test_a_campaign_adds_what_was_asked_to_what_would_have_been_counted():
    usual = fe.OrdinaryDays(mean=4000.0, weekend=1.0, spread=0.0)
    for life in (0, 3, math.inf):
        drawn = fe.simulate_campaign_series(10, half_life=life, ordinary=usual, days=(10, 1, 14), seed=1)
        more = (drawn["count"] - drawn["without"]).to_numpy(float)
        assert more[:10].sum() == 0
        assert more[10] / 36_000 == pytest.approx(1, abs=0.03)
        assert more[11:].mean() / more[10] == pytest.approx(fe.exponential_afterglow(life), abs=0.02)
    assert drawn.attrs["synthetic"] and drawn["phase"].value_counts().to_dict() == {
        "after": 14, "before": 10, "campaign": 1,
    }  # fmt: skip


def test_displaced_acts_are_moved_and_not_made():
    drawn = fe.simulate_campaign_series(1, displaced=0.5, days=(30, 1, 20), seed=2)
    assert drawn["count"].sum() == drawn["without"].sum()
    week = drawn.iloc[31:38]
    assert week["count"].sum() == pytest.approx(0.5 * week["without"].sum(), rel=0.15)
    assert (drawn["count"] == drawn["without"])[38:].all()


def test_weekends_and_growth_are_as_asked():
    usual = fe.OrdinaryDays(mean=10_000.0, weekend=2.0, spread=0.0, growth=0.01)
    drawn = fe.simulate_campaign_series(1, ordinary=usual, days=(13, 1, 0), seed=1)
    assert drawn["date"].iloc[5].day_name() == "Saturday"
    assert drawn["count"].iloc[5] == pytest.approx(20_000 * 1.01**5, rel=0.03)
    assert drawn["count"].iloc[7] == pytest.approx(10_000 * 1.01**7, rel=0.04)


def test_the_same_seed_gives_the_same_series():
    assert fe.simulate_campaign_series(seed=4).equals(fe.simulate_campaign_series(seed=4))
    assert not fe.simulate_campaign_series(seed=4).equals(fe.simulate_campaign_series(seed=5))


@pytest.mark.parametrize(
    "given",
    [{"lift": 0.5}, {"half_life": -1}, {"displaced": 1.5}, {"days": (10, 0, 5)}, {"days": (10, 1)}, {"lift": math.nan}],
)
def test_a_campaign_that_cannot_be_drawn_is_refused(given):
    with pytest.raises(ParameterError, match="Needed: lift from 1 on"):
        fe.simulate_campaign_series(**given)


@pytest.mark.parametrize("given", [{"mean": 0.0}, {"memory": 1.0}, {"spread": -0.1}, {"growth": -1.0}])
def test_days_that_cannot_be_are_refused(given):
    with pytest.raises(ParameterError, match="memory from 0 to below 1"):
        fe.OrdinaryDays(**given)


def test_half_lives_are_not_negative():
    with pytest.raises(ParameterError, match="half_life from 0 on"):
        fe.exponential_afterglow(-1)
