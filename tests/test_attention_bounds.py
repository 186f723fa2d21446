"""How much of a fall newcomers can explain, where nobody counted them apart."""

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


def period(delivered, rates):
    return pd.DataFrame(
        {"delivered": delivered, "session_readers": np.round(np.asarray(rates) * delivered).astype(int)}
    )


def test_the_bound_is_the_one_worked_out_by_hand():
    """100,000 become 250,000: 60 % are new.  10 → 4 %: if the new never open, the old open at 10 %, which is all."""
    found = fe.dilution_bounds(period(100_000, [0.08, 0.12]), period(250_000, [0.03, 0.05]))
    assert found.newcomers == pytest.approx(0.6)
    assert found.most.estimate == pytest.approx(-0.06)
    assert found.share_of_fall.estimate == pytest.approx(1.0)
    assert found.summary()["estimate"].tolist() == pytest.approx([-0.06, -0.06, 0, 0], abs=1e-12)


def test_those_who_left_make_room_for_more_newcomers():
    before, after = period(100_000, [0.09, 0.11]), period(120_000, [0.04, 0.06])
    stayed, left = fe.dilution_bounds(before, after), fe.dilution_bounds(before, after, left=0.5)
    assert stayed.newcomers == pytest.approx(1 / 6)
    assert left.newcomers == pytest.approx(7 / 12)
    assert left.most.estimate < stayed.most.estimate


@pytest.mark.parametrize("mechanism", ["fatigue", "dilution", "slowdown", "platform"])
def test_the_entrants_of_every_story_lie_within_the_bounds(mechanism):
    """At the truth by cohort; what newcomers would have to add in the slowdown is not negative, so 0 bounds it."""
    drawn = fe.simulate_open_rate(mechanism, seed=2)
    total = drawn.groupby("period", as_index=False)[["delivered", "readers"]].sum()
    first, last = (total[total["period"] == at].rename(columns={"readers": "session_readers"}) for at in (0, 24))
    old = drawn[(drawn["cohort"] <= 0)].groupby("period")["delivered"].sum()
    found = fe.dilution_bounds(first, last, left=max(0.0, 1 - old[24] / old[0]))
    terms = fe.decompose_open_rate(drawn, between=(0, 24)).terms
    truth = terms["entrants"].estimate if "entrants" in terms else 0.0
    assert found.most.estimate - 1e-3 <= truth
    if mechanism not in ("slowdown", "platform"):
        assert truth <= 1e-9


def test_a_rate_that_rose_leaves_nothing_to_explain():
    found = fe.dilution_bounds(period(1000, [0.1, 0.12]), period(2000, [0.2, 0.25]))
    assert "did not fall" in found.sentence
    assert math.isnan(found.share_of_fall.estimate)


NIGHT = [200, pytest.param(2_000, marks=pytest.mark.nightly)]


@pytest.mark.parametrize("runs", NIGHT)
def test_the_interval_of_the_largest_share_covers(runs):
    """40 and 40 articles of a skewed rate, 10 → 4 %, half as many newcomers as stayers: ½ ÷ (10/4 − 1) = ⅓."""
    rng, hits = np.random.default_rng(5), 0
    for _ in range(runs):
        before, after = (period(n, rng.gamma(9, rate / 9, 40)) for n, rate in ((80_000, 0.1), (120_000, 0.04)))
        hits += 1 / 3 in fe.dilution_bounds(before, after).share_of_fall
    assert abs(hits / runs - 0.95) <= (0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)), hits / runs


@pytest.mark.parametrize(
    ("ask", "error", "told"),
    [
        ({"left": 1.0}, ParameterError, "left is a proportion"),
        ({"average": "mode"}, ParameterError, "'sum' or 'median'"),
        ({"opened": "opens"}, SchemaError, "'opens' is missing"),
    ],
)
def test_an_impossible_wish_is_refused(ask, error, told):
    with pytest.raises(error, match=told):
        fe.dilution_bounds(period(100, [0.1]), period(200, [0.05]), **ask)


def test_an_audience_that_shrank_needs_to_be_told_how_many_left():
    with pytest.raises(ParameterError, match=r"left of at least 0\.500"):
        fe.dilution_bounds(period(200, [0.1]), period(100, [0.05]))
    with pytest.raises(SchemaError, match="No row has usable"):
        fe.dilution_bounds(period(100, [2.0]), period(200, [0.05]))


def test_one_article_in_each_period_gets_no_interval():
    found = fe.dilution_bounds(period(100, [0.1]), period(200, [0.05]))
    assert found.share_of_fall.missing == "too few articles"
    assert len(found.plot().get_yticklabels()) == 4
