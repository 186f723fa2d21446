"""Days only called a campaign: ranks by definition, what they cannot say, and how often they cry wolf."""

import campaign_definitions as slow
import numpy as np
import pytest

import fanecon as fe
from fanecon.metrics.campaigns.baseline import expected_only, fit_baseline
from fanecon.metrics.campaigns.daily import read_daily
from fanecon.metrics.campaigns.placebo import placebo_ranks


def ranks(lift=1.0, *, before=70, window=14, seed=0, **more):
    series = fe.simulate_campaign_series(lift, days=(before, 1, window), seed=seed, **more)
    daily, _ = read_daily(series, series["date"].iloc[before])
    return daily, placebo_ranks(daily, window, trend=False)


def test_the_ranks_are_those_of_the_definition():
    _, found = ranks(3.0, half_life=2, seed=4)
    others, real = found.tries.iloc[:-1], found.tries.iloc[-1]
    assert found.p_peak == pytest.approx(slow.rank_p(others["peak"], real["peak"]))
    away = [abs(np.log(value)) for value in others["after"]]
    apart = [away[start::14] for start in range(14)]
    assert found.p_after == pytest.approx(np.mean([slow.rank_p(one, abs(np.log(real["after"]))) for one in apart]))


def test_every_day_with_two_weeks_behind_it_and_room_ahead_is_tried():
    daily, found = ranks()
    assert len(found.tries) - 1 == 70 - 14 - 14
    assert found.tries["date"].iloc[0] == daily.dates[14]
    assert found.smallest_peak == pytest.approx(1 / 43)
    assert found.smallest_after == pytest.approx(1 / (42 / 14 + 1))
    assert "(least possible 0.0233)" in found.sentence and "(least 0.250)" in found.sentence


def test_no_p_lies_below_what_the_tries_allow():
    _, found = ranks(50.0, before=30, window=7, seed=1)
    assert found.p_peak == pytest.approx(1 / (30 - 14 - 7 + 1))
    assert found.p_after >= found.smallest_after > 0.05
    assert any("can reach 5 %" in note for note in found.notes)


def test_special_days_and_days_just_after_are_no_tries():
    series = fe.simulate_campaign_series(5, seed=2)
    day = series["date"].iloc[70]
    holiday = series["date"].iloc[40]
    daily, asked = read_daily(series, fe.Campaign(first=day, special=(holiday,)))
    tried = placebo_ranks(daily, asked.window, trend=False).tries["date"]
    assert holiday not in set(tried) and series["date"].iloc[39] in set(tried)


def test_without_room_there_is_no_placebo_and_the_impact_does_not_mention_it():
    series = fe.simulate_campaign_series(5, days=(20, 1, 14), seed=2)
    found = fe.campaign_impact(series, series["date"].iloc[20])
    assert found.placebo.sentence == "No day before leaves room for a placebo."
    assert "Among" not in found.sentence
    assert found.placebo.plot() is not None


def test_the_quick_expectation_is_that_of_the_fit():
    daily, _ = ranks(seed=3)
    fit = fit_baseline(daily, daily.before)
    after = daily.after(14)
    x = np.column_stack([np.ones(14), *(daily.dates.day_of_week[after] == day for day in range(1, 7))])
    assert expected_only(daily, daily.before, after, trend=False) == pytest.approx(np.exp(x @ fit.beta))


def test_the_picture_has_a_dot_for_every_try_and_a_square_for_the_campaign():
    _, found = ranks(6.0, seed=1)
    ax = found.plot()
    assert [len(line.get_xdata()) for line in ax.lines[:2]] == [42, 1]
    assert ax.get_title(loc="left").startswith("Among 42 days")


def wolf(runs, spread, memory):
    """How often nothing at all reaches p ≤ 0.05 by the highest day, and p ≤ 0.1 by the days after."""
    usual = fe.OrdinaryDays(spread=spread, memory=memory)
    each = [ranks(ordinary=usual, window=7, before=120, seed=seed)[1] for seed in range(runs)]
    return [sum(getattr(one, name) <= p for one in each) / runs for name, p in (("p_peak", 0.05), ("p_after", 0.1))]


def test_nothing_seldom_ranks_first():
    assert max(wolf(12, 0.03, 0.4)) <= 0.34


@pytest.mark.nightly
@pytest.mark.parametrize("days", [(0.0, 0.0), (0.03, 0.0), (0.03, 0.4), (0.03, 0.7)])
def test_nothing_ranks_first_no_oftener_than_p_says(days):
    high, away = wolf(1000, *days)
    print(days, high, away)
    assert high <= 0.075 and away <= 0.11
