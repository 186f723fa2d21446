"""Four causes of one curve: each meets it exactly, and the closed forms agree with integrals."""

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pytest

import fanecon as fe
from fanecon.metrics.attention.mechanisms import (
    MECHANISMS,
    dilution_multiple,
    linear_open_rate,
    milestones,
    tell,
)
from fanecon.schema import ParameterError

EACH = pytest.mark.parametrize("mechanism", MECHANISMS)


@EACH
@pytest.mark.parametrize("fall", ["steps", "steady"])
@pytest.mark.parametrize("periods", [5, 25, 60])
def test_every_mechanism_brings_the_account_from_30_to_10_to_3_percent(mechanism, fall, periods):
    curve = milestones(periods, fall)
    assert curve[[0, (periods - 1) // 2, -1]] == pytest.approx([0.30, 0.10, 0.03], abs=1e-15)
    story = tell(mechanism, curve)
    assert np.abs(story.account - curve).max() < 1e-12
    assert (story.delivered >= 0).all()
    assert (story.rate >= 0).all()
    assert (story.rate <= 1).all()


@EACH
def test_the_simulated_counts_follow_the_curve(mechanism):
    drawn = fe.simulate_open_rate(mechanism, seed=4)
    total = drawn.groupby("period")[["delivered", "readers"]].sum()
    error = np.sqrt(milestones(25) / total["delivered"])
    assert (np.abs(total["readers"] / total["delivered"] - milestones(25)) < 4 * error + 1e-4).all()
    assert drawn.attrs["synthetic"]
    assert (drawn["readers"] <= drawn["delivered"]).all()
    assert (drawn["tenure"] == drawn["period"] - drawn["cohort"]).all()


def test_in_the_tables_by_cohort_the_stories_differ_as_they_are_told():
    """Fatigue and platform fall in time alone, dilution by cohort alone, slowdown by tenure alone."""
    found = {name: fe.simulate_open_rate(name) for name in MECHANISMS}
    for name, column in {"fatigue": "period", "platform": "period", "dilution": "cohort", "slowdown": "tenure"}.items():
        drawn = found[name]
        assert (drawn.groupby(column)["open_rate"].agg(np.ptp) < 1e-12).all(), name
    assert found["fatigue"]["cohort"].max() == 0
    assert set(found["dilution"].loc[found["dilution"]["cohort"] > 0, "open_rate"]) == {0.02}


def test_founders_dilute_by_the_multiples_worked_out_by_hand():
    """(0.30 − b) ÷ (O − b): ×3 and ×10 at b = 0, ×3.5 and ×28 at 2 %, ×3.67 and ×55 at 2.5 %."""
    found = [[dilution_multiple(rate, entrants=b) for rate in (0.10, 0.03)] for b in (0, 0.02, 0.025)]
    assert np.round(found, 2).tolist() == [[3, 10], [3.5, 28], [3.67, 55]]
    size = tell("dilution", milestones(25)).delivered.sum(axis=0)
    assert size[[12, 24]] / size[0] == pytest.approx([3.5, 28])


def test_slower_growth_alone_brings_30_10_and_3_percent():
    """o₀ = 0.6, δ = 1 a month: g = 1, 0.2 and 0.0526 a month."""
    rates = [fe.stable_open_rate(g) for g in (1, 0.2, 0.0526)]
    assert rates == pytest.approx([0.30, 0.10, 0.03], abs=5e-5)
    assert [np.log(2) / g for g in (1, 0.2, 0.0526)] == pytest.approx([0.69, 3.5, 13.2], abs=0.05)


@pytest.mark.parametrize("case", [(1, 1, 0.6, 0), (0.2, 1, 0.6, 0), (0.0526, 1, 0.6, 0), (0.1, 0.7, 0.9, 0.05)])
def test_the_stable_rate_is_the_integral_over_tenures(case):
    growth, fading, first, leaving = case
    found = fe.stable_open_rate(growth, fading=fading, first=first, leaving=leaving)
    assert found == pytest.approx(by.stable_mean(growth, fading, first, leaving), abs=1e-8)


def test_linear_growth_brings_30_10_and_3_percent_at_the_printed_times():
    """o₀(1 − e^(−δt)) ÷ (δt) at δt ≈ 1.59, 5.98, 20."""
    assert [linear_open_rate(t) for t in (1.5936, 5.9849, 20.0)] == pytest.approx([0.30, 0.10, 0.03], abs=2e-5)
    assert linear_open_rate(0) == 0.6
    x, w = np.polynomial.legendre.leggauss(60)
    tenures = 5.98 * (x + 1) / 2
    assert linear_open_rate(5.98) == pytest.approx(float((0.6 * np.exp(-tenures) * w).sum() / 2), abs=1e-12)


def test_beside_the_first_account_the_others_stay_unless_the_platform_changed():
    for mechanism in MECHANISMS:
        rates = fe.simulate_open_rate(mechanism, accounts=3, seed=1).groupby(["account_id", "period"])
        rates = rates[["delivered", "readers"]].sum().eval("readers / delivered").unstack("period")
        last = rates[24].round(2).tolist()
        assert last == ([0.03] * 3 if mechanism == "platform" else [0.03, 0.3, 0.3])


def test_the_same_seed_draws_the_same_table():
    one, other = (fe.simulate_open_rate("slowdown", correlation=0.01, seed=9) for _ in range(2))
    assert one.equals(other)


@pytest.mark.parametrize("bad", [{"periods": 4}, {"accounts": 0}, {"fall": "slow"}, {"correlation": 1.0}])
def test_impossible_numbers_are_refused(bad):
    with pytest.raises(ParameterError, match="Needed: periods ≥ 5"):
        fe.simulate_open_rate("fatigue", **bad)


def test_a_misspelt_mechanism_is_named():
    with pytest.raises(ParameterError, match="Did you mean 'dilution'"):
        fe.simulate_open_rate("dillution")


def test_rates_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="entrants < rate"):
        dilution_multiple(0.02)
    with pytest.raises(ParameterError, match="growth \\+ leaving > 0"):
        fe.stable_open_rate(0)


def test_side_by_side_each_story_has_its_terms_and_they_add_up():
    """30 → 3 %: −27 points in every story; in the slowdown the entrants, who are fresh, bring 3 of them back."""
    found = fe.compare_mechanisms()
    terms = found.summary().pivot_table(index="mechanism", columns="term", values="estimate")
    assert terms.sum(axis=1).tolist() == pytest.approx([-0.27] * 4)
    assert terms.loc["dilution", "entrants"] == pytest.approx(-0.27)
    assert terms.loc["slowdown", "entrants"] > 0
    assert found.shows == "simulation"


@pytest.mark.parametrize("fall", ["steps", "steady"])
def test_the_chart_has_one_line_four_maps_and_four_sums(fall):
    ax = fe.compare_mechanisms(periods=13, fall=fall).plot()
    panels = ax.child_axes
    assert len(panels) == 9
    lines = [line.get_ydata() for line in panels[0].lines]
    assert len(lines) == 4
    assert all(np.abs(line - lines[0]).max() < 1e-12 for line in lines)
    assert [len(panel.images) for panel in panels] == [0, *[1, 0] * 4]
    plt.close("all")


def test_impossible_stories_are_refused():
    with pytest.raises(ParameterError, match="Needed: periods ≥ 5"):
        fe.compare_mechanisms(periods=3)
