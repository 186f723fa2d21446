"""The forecast of a cascade: the memory kernel's printed masses, the paper's formula by quadrature, a real cascade."""

import math
from pathlib import Path

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.attention.forecast import infectiousness, reacted
from fanecon.schema import ParameterError, SchemaError

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "twitter_seismic_cascade.csv.gz"
HOURS = [1, 3, 6, 12]


@pytest.fixture(scope="module")
def real():
    if not REAL.exists():
        pytest.skip(f"the real cascade is not here: {REAL.name}")
    return pd.read_csv(REAL).rename(columns={"dt": "seconds"})


def cascade(seconds, followers):
    return pd.DataFrame({"seconds": seconds, "followers": followers})


def made_up(shares=200, seed=1):
    rng = np.random.default_rng(seed)
    return cascade(np.append(0, np.sort(rng.exponential(4000, shares))), np.append(5000, rng.integers(0, 300, shares)))


def test_all_reactions_come_in_the_end():
    assert reacted(np.inf) == pytest.approx(1.0, abs=5e-7)
    assert reacted(np.array([-1.0, 0.0])).tolist() == [0, 0]


def test_the_tail_of_the_reactions_is_the_printed_one():
    """45.7 %, 21.9 %, 18.6 %, 14.0 % come later than an hour, a day, two days, a week."""
    late = 100 * (1 - reacted(np.array([1, 24, 48, 168]) * 3600.0))
    assert late.round(1).tolist() == [45.7, 21.9, 18.6, 14.0]


def test_reactions_add_up_from_their_density():
    for seconds in (100.0, 300.0, 2000.0):
        added = by.midpoint_sum(by.reaction_density, 0, seconds, 20_000)
        assert float(reacted(np.array(seconds))) == pytest.approx(added, rel=1e-5)


@pytest.mark.parametrize(("at", "window"), [(500.0, 7200.0), (5000.0, 7200.0), (30_000.0, 7200.0), (30_000.0, 1e9)])
def test_the_infectiousness_is_the_papers_ratio_by_quadrature(at, window):
    frame = made_up(40)
    times, followers = frame["seconds"].to_numpy(), frame["followers"].to_numpy()
    slow = by.cascade_infectiousness(times, followers, at, min(at / 2, window))
    assert infectiousness(times, followers, at, window) == pytest.approx(slow, rel=2e-4)


def test_the_infectiousness_of_a_real_cascade_is_the_printed_one(real):
    found = fe.forecast_cascade(real, at=[3600 * h for h in HOURS]).table
    assert found["infectiousness"].round(7).tolist() == [0.0079088, 0.0064124, 0.0044448, 0.0034048]


def test_the_forecasts_of_a_real_cascade_are_the_printed_ones(real):
    found = fe.forecast_cascade(real, at=[3600 * h for h in HOURS]).table
    assert found["estimate"].round().astype(int).tolist() == [7581, 14140, 15145, 18131]
    assert len(real) - 1 == 15_562


def test_what_comes_later_is_not_looked_at(real):
    whole = fe.forecast_cascade(real, at=3 * 3600.0).table
    cut = fe.forecast_cascade(real[real["seconds"] <= 3 * 3600], at=3 * 3600.0).table
    pd.testing.assert_frame_equal(whole, cut)


def test_the_forecast_is_the_papers_formula():
    frame, at = made_up(), 6000.0
    found = fe.forecast_cascade(frame, at=at).table.iloc[0]
    now = frame[frame["seconds"] <= at]
    due = sum(n * (1 - float(reacted(np.array(at - t)))) for t, n in now.to_numpy())
    p = found["infectiousness"]
    assert found["shares"] == len(now) - 1
    assert found["begotten_per_share"] == pytest.approx(100 * p)
    assert found["estimate"] == pytest.approx(len(now) - 1 + p * due / (1 - 100 * p))


def test_the_order_of_rows_does_not_matter():
    frame = made_up()
    one, two = (fe.forecast_cascade(f, at=6000.0).table for f in (frame, frame.sample(frac=1, random_state=2)))
    pd.testing.assert_frame_equal(one, two)


def test_followers_and_their_typical_number_in_another_unit_give_the_same_forecast():
    frame = made_up()
    one = fe.forecast_cascade(frame, at=6000.0)
    ten = fe.forecast_cascade(frame.assign(followers=10 * frame["followers"]), at=6000.0, typical_followers=1000.0)
    assert one.table["estimate"].tolist() == pytest.approx(ten.table["estimate"].tolist())


def test_a_growing_cascade_has_no_forecast():
    """Few followers, many shares: of 100 reached followers more than one shares."""
    result = fe.forecast_cascade(made_up().assign(followers=5), at=6000.0)
    row = result.table.iloc[0]
    assert row["begotten_per_share"] >= 1
    assert math.isnan(row["estimate"])
    assert "no forecast (growing" in result.sentence


def test_too_few_shares_have_no_forecast():
    result = fe.forecast_cascade(made_up(9), at=1e5)
    assert math.isnan(result.table["estimate"].iloc[0])
    assert "fewer than 10 shares" in result.sentence


def test_where_nobody_was_reached_there_is_no_forecast():
    result = fe.forecast_cascade(made_up().assign(followers=0), at=6000.0)
    assert "nobody was reached" in result.table["reason"].iloc[0]


def test_a_cascade_that_fell_silent_is_forecast_as_finished():
    frame = cascade([0, *range(1, 50)], [100] * 50)
    found = fe.forecast_cascade(frame, at=1e7).table.iloc[0]
    assert (found["infectiousness"], found["estimate"]) == (0, 49)


def test_the_result_says_that_it_has_no_interval():
    result = fe.forecast_cascade(made_up(), at=6000.0)
    assert result.table[["low", "high"]].isna().all(axis=None)
    assert any("No interval" in note for note in result.notes)


def test_the_picture_shows_the_shares_and_the_forecasts():
    ax = fe.forecast_cascade(made_up(), at=[3000.0, 6000.0]).plot()
    assert len(ax.lines) == 2
    plt.close(ax.figure)


@pytest.mark.parametrize(
    ("frame", "more", "error", "words"),
    [
        (cascade([5, 9], [1, 1]), {"at": 100.0}, SchemaError, "post itself is missing"),
        (cascade([], []), {"at": 100.0}, SchemaError, "post itself is missing"),
        (cascade([0, np.nan], [1, 1]), {"at": 100.0}, SchemaError, "Every row needs seconds"),
        (cascade([0, 1], [1, -1]), {"at": 100.0}, SchemaError, "followers ≥ 0"),
        (pd.DataFrame({"seconds": [0]}), {"at": 100.0}, SchemaError, "'followers' is missing"),
        (cascade([0, 1], [1, 1]), {"at": 0.0}, ParameterError, "above 0"),
        (cascade([0, 1], [1, 1]), {"at": []}, ParameterError, "above 0"),
        (cascade([0, 1], [1, 1]), {"at": 9.0, "typical_followers": 0}, ParameterError, "above 0"),
        (cascade([0, 1], [1, 1]), {"at": 9.0, "longest_window": -1}, ParameterError, "above 0"),
    ],
)
def test_impossible_cascades_are_refused(frame, more, error, words):
    with pytest.raises(error, match=words):
        fe.forecast_cascade(frame, **more)
