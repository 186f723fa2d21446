"""Fatigue within a receiver: recovery, coverage, the slope between people, and what cannot be told."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.schema import ParameterError, SchemaError


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def hand():
    """Ten receivers who halve their rate when sent 2 instead of 1; the keenest are sent most."""
    rows = []
    for who in range(10):
        few, many = 1 + who, 2 + who
        rows += [(who, few, 1000, 64 * (1 + who)), (who, many, 1000, 32 * (1 + who))]
    return pd.DataFrame(rows, columns=["receiver_id", "exposure", "chances", "responses"])


def test_by_hand_each_receiver_halves_and_the_keen_are_sent_more():
    found = fe.fatigue(hand())
    assert found.within.estimate == pytest.approx(0.5, abs=1e-8)
    assert found.between.estimate > 1.1
    assert found.informative == 10
    assert "Within one receiver, each further message goes with times 0.5" in found.sentence
    assert "which compares different people" in found.sentence


def test_a_step_of_two_messages_is_the_square_of_one():
    table = fe.simulate_fatigue(50, seed=1)
    one, two = fe.fatigue(table).within, fe.fatigue(table, step=2).within
    assert [two.estimate, two.low, two.high] == pytest.approx([v**2 for v in (one.estimate, one.low, one.high)])
    assert two.unit == "times per 2 messages"


def test_the_planted_slope_is_found_within_and_its_opposite_between():
    found = fe.fatigue(fe.simulate_fatigue(300, slope=-0.05, selection=1.0, seed=2))
    assert math.exp(-0.05) in found.within
    assert found.within.high < 1 < found.between.low
    assert found.shows == "simulation"


def test_without_selection_both_slopes_agree():
    found = fe.fatigue(fe.simulate_fatigue(400, selection=0.0, seed=3))
    assert math.exp(-0.05) in found.within
    assert math.exp(-0.05) in found.between


CASES = [{"receivers": 30}, {"receivers": 200}, {"receivers": 100, "leaving": 0.3}, {"receivers": 50, "slope": 0.0}]
NIGHT = [(100, CASES[0]), *(pytest.param(2_000, case, marks=pytest.mark.nightly) for case in CASES)]


def covered(runs, case):
    truth = math.exp(case.get("slope", -0.05))
    found = [fe.fatigue(fe.simulate_fatigue(seed=seed, **case)).within for seed in range(runs)]
    return sum(truth in one for one in found) / runs, float(np.mean([math.log(one.estimate / truth) for one in found]))


@pytest.mark.parametrize(("runs", "case"), NIGHT)
def test_the_interval_covers_as_often_as_it_says(runs, case):
    cover, bias = covered(runs, case)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert 0.95 - slack <= cover <= 0.95 + slack, cover
    assert abs(bias) < 0.005


def test_senders_who_reward_an_answer_make_fatigue_where_there_is_none_and_the_note_says_so():
    """Whoever has just answered is sent more: exposure follows the response, and a slope comes of it."""
    rng = np.random.default_rng(4)
    rows, keen = [], rng.gamma(2, 0.1, 2000)
    for who, rate in enumerate(keen):
        answered = 0
        for period in range(4):
            exposure = 1 + rng.poisson(6 if answered else 1)
            answered = rng.poisson(5 * rate)
            rows.append((who, period, exposure, 5, answered))
    found = fe.fatigue(pd.DataFrame(rows, columns=["receiver_id", "period", "exposure", "chances", "responses"]))
    assert found.within.high < 1
    assert any("does not follow from what the receiver has just answered" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.assign(exposure=t["receiver_id"] + 1), "nothing varies"),
        (lambda t: t.assign(responses=0), "nothing varies"),
        (lambda t: t[t["receiver_id"] < 6], "6 receivers answered and saw their exposure change"),
        (lambda t: t.groupby("receiver_id").head(1), "nothing varies"),
    ],
)
def test_receivers_without_variation_are_not_estimable(change, told):
    found = fe.fatigue(change(hand()))
    assert found.sentence.startswith("Fatigue within a receiver is not estimable")
    assert told in found.sentence
    assert math.isnan(found.within.low)


def test_with_a_period_a_wave_that_meets_all_is_not_fatigue_and_without_it_it_is():
    """Responses fall over time for everybody while everybody is sent more: no receiver is tired."""
    rng = np.random.default_rng(5)
    who, when = (axis.ravel() for axis in np.indices((60, 20)))
    exposure = rng.poisson(3 + when / 2)
    table = pd.DataFrame({"receiver_id": who, "period": when, "exposure": exposure, "chances": 100})
    table["responses"] = rng.poisson(20 * np.exp(-0.05 * when))
    assert 1.0 in fe.fatigue(table).within
    alone = fe.fatigue(table.drop(columns="period"))
    assert alone.within.high < 1
    assert any("passes for fatigue" in note for note in alone.notes)


def test_order_of_rows_and_names_change_nothing():
    table = fe.simulate_fatigue(40, seed=6)
    other = table.sample(frac=1, random_state=1).assign(receiver_id=lambda t: "r" + t["receiver_id"].astype(str))
    one, same = fe.fatigue(table).summary(), fe.fatigue(other).summary()
    pd.testing.assert_frame_equal(one, same, rtol=1e-6)


def test_rows_that_lack_a_value_are_left_out_and_told():
    table = fe.simulate_fatigue(40, seed=6).astype({"responses": float})
    table.loc[:2, "responses"] = np.nan
    assert f"3 of {len(table)} rows lack a value and are left out." in fe.fatigue(table).notes


def test_the_picture_has_a_line_for_each_comparison():
    ax = fe.fatigue(fe.simulate_fatigue(50)).plot()
    assert len(ax.lines) == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns="exposure"), "'exposure' is missing"),
        (lambda t: t.assign(responses=-1), "count something"),
        (lambda t: t.assign(chances=0), "no chance to respond"),
    ],
)
def test_a_table_that_holds_no_fatigue_is_refused(change, told):
    with pytest.raises(SchemaError, match=told):
        fe.fatigue(change(hand()))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="step"):
        fe.fatigue(hand(), step=0)
    with pytest.raises(ParameterError, match="Needed"):
        fe.simulate_fatigue(0)


def test_the_same_seed_gives_the_same_table_and_says_that_it_is_simulated():
    one, other = fe.simulate_fatigue(5, seed=9), fe.simulate_fatigue(5, seed=9)
    pd.testing.assert_frame_equal(one, other)
    assert one.attrs["synthetic"] is True
