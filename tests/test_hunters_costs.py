"""The price of a fan who stayed: textbook values, the product-limit estimate of another library, and coverage."""

import math

import numpy as np
import pandas as pd
import pytest

from fanecon.metrics.hunters.costs import Spending, measure_fan_cost
from fanecon.schema import ParameterError, SchemaError

START = pd.Timestamp("2017-05-01", tz="UTC")


def joiners(lives, *, watched=60.0, farm=None):
    """Joiners with lives in days, watched for some days."""
    lives = np.asarray(lives, float)
    until = START + pd.to_timedelta(np.broadcast_to(watched, len(lives)), unit="D")
    left = pd.Series(START + pd.to_timedelta(lives, unit="D"))
    table = pd.DataFrame({"joined": START, "left": left.where(left < until), "watched_until": until})
    return table if farm is None else table.assign(farm=farm)


def kept(count, of=1000):
    return joiners([60.0] * count + [0.5] * (of - count), watched=40.0)


@pytest.mark.parametrize(("stay", "price"), [(200, 5), (50, 20), (10, 100)])
def test_a_yuan_a_joiner_is_five_twenty_or_a_hundred_for_one_who_stayed(stay, price):
    found = measure_fan_cost(kept(stay), spent=Spending(cash=1000))
    for day in (1, 7, 30):
        one = found.kept(day)
        assert one.estimate == pytest.approx(price)
        assert price in one and one.width > 0


def test_where_none_of_a_thousand_stayed_a_fan_cost_more_than_334_yuan():
    found = measure_fan_cost(kept(0), spent=Spending(cash=1000))
    one = found.kept(30)
    assert one.estimate == math.inf and one.high == math.inf
    assert one.low == pytest.approx(1 / (1 - 0.05 ** (1 / 1000)))
    assert math.floor(one.low) == 334
    assert "at least 334 per fan kept to day 30" in found.sentence
    assert any("no upper end" in note for note in found.notes)


def test_labour_is_part_of_the_price():
    found = measure_fan_cost(kept(500), spent=Spending(cash=1000, hours=8, wage=50))
    assert found.kept(7).estimate == pytest.approx(1400 / 500)


def test_shares_are_the_product_limit_of_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    draw = np.random.default_rng(3)
    table = joiners(draw.exponential(20, 300), watched=draw.uniform(5, 60, 300))
    end = table["left"].fillna(table["watched_until"])
    fitted = SurvfuncRight(((end - START) / pd.Timedelta(days=1)).to_numpy(), table["left"].notna().to_numpy(int))
    found = measure_fan_cost(table, spent=Spending(cash=300)).table
    for row in found.itertuples():
        at = np.searchsorted(fitted.surv_times, row.day, side="left") - 1
        assert row.stay == pytest.approx(fitted.surv_prob[at])
        assert row.estimate == pytest.approx(300 / (300 * fitted.surv_prob[at]))
        assert row.stay_low < row.stay < row.stay_high


def test_without_censoring_the_interval_is_wilsons():
    from fanecon import stats

    row = measure_fan_cost(kept(120), spent=Spending(cash=1000)).table.iloc[0]
    wilson = stats.wilson(120, 1000)
    assert (row["stay_low"], row["stay_high"]) == pytest.approx((wilson.low, wilson.high))


def test_a_life_table_of_a_log_gives_the_same_as_its_joiners():
    import fanecon as fe

    draw = np.random.default_rng(5)
    lives = draw.exponential(15, 400)
    people = joiners(lives, watched=40.0)
    follow = pd.DataFrame({"actor_id": range(400), "action": "follow", "time": START, "item_id": 1})
    gone = people["left"].notna()
    leave = pd.DataFrame({"actor_id": np.flatnonzero(gone), "action": "unfollow", "time": people.loc[gone, "left"]})
    table = fe.tally.at_risk(
        pd.concat([follow, leave]), start="follow", end="unfollow", until=START + pd.Timedelta(days=40)
    )
    one, other = (measure_fan_cost(each, spent=Spending(cash=400)).table for each in (people, table))
    for name in ("joiners", "stay", "stay_low", "stay_high", "estimate", "low", "high"):
        np.testing.assert_allclose(other[name].astype(float), one[name].astype(float), err_msg=name)


def test_arms_have_their_own_spending_and_prices():
    both = pd.concat([kept(20).assign(arm="paid"), kept(800).assign(arm="organic")])
    found = measure_fan_cost(both, spent={"paid": Spending(cash=1000), "organic": Spending(cash=0)}, by="arm")
    assert found.kept(30, arm="paid").estimate == pytest.approx(50)
    assert found.kept(30, arm="organic").estimate == 0
    with pytest.raises(ParameterError, match="Ask for one of the days"):
        found.kept(30)
    with pytest.raises(ParameterError, match="Say what was spent on 'organic'"):
        measure_fan_cost(both, spent={"paid": Spending(cash=1000)}, by="arm")


def test_days_beyond_watching_have_no_price_and_say_so():
    found = measure_fan_cost(joiners([3.0, 50.0, 50.0], watched=10.0), spent=Spending(cash=3), days=(7, 30))
    assert math.isnan(found.kept(30).estimate)
    assert found.kept(30).missing == "nobody was watched for 30 days"
    assert found.kept(7).estimate == pytest.approx(1.5)


def test_order_of_rows_and_splitting_of_money_change_nothing():
    table = joiners(np.random.default_rng(1).exponential(10, 200))
    one = measure_fan_cost(table, spent=Spending(cash=500)).table
    other = measure_fan_cost(table.sample(frac=1, random_state=2), spent=Spending(cash=100, hours=8, wage=50)).table
    pd.testing.assert_frame_equal(one, other)


def test_farms_that_leave_together_widen_the_range():
    farm = np.arange(1000) // 20
    lives = np.random.default_rng(2).exponential(20, 50)[farm]
    table = joiners(lives, farm=farm)
    alone, together = (measure_fan_cost(table, spent=Spending(cash=1000), together=name) for name in (None, "farm"))
    assert together.kept(30).estimate == pytest.approx(alone.kept(30).estimate)
    assert together.kept(30).width > 2.5 * alone.kept(30).width
    assert any("together=" in note for note in alone.notes) and not any("together=" in note for note in together.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="left"), "left"),
        (lambda table: table.drop(columns="watched_until"), "how long joiners were watched"),
        (lambda table: table.assign(left=START - pd.Timedelta(days=1)), "left before it"),
        (
            lambda table: table.assign(left=pd.NaT, watched_until=START - pd.Timedelta(days=1)),
            "after watching had ended",
        ),
        (lambda table: table.iloc[:0], "no joiners"),
    ],
)
def test_joiners_that_cannot_be_used_are_refused(change, message):
    with pytest.raises(SchemaError, match=message):
        measure_fan_cost(change(joiners([1.0, 70.0])), spent=Spending(cash=1))


@pytest.mark.parametrize("days", [(), (0,), (1.5,), (-7,)])
def test_days_are_whole_and_positive(days):
    with pytest.raises(ParameterError, match="whole days"):
        measure_fan_cost(kept(5), spent=Spending(cash=1), days=days)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_spending_is_an_amount(value):
    with pytest.raises(ParameterError, match="amount of 0 or more"):
        Spending(cash=value)


def test_the_picture_has_one_band_per_paid_arm():
    both = pd.concat([kept(20).assign(arm="paid"), kept(800).assign(arm="organic")])
    spent = {"paid": Spending(cash=1000), "organic": Spending(cash=0)}
    ax = measure_fan_cost(both, spent=spent, by="arm").plot()
    assert len(ax.lines) == 1 and ax.get_yscale() == "log"


CASES = [(1000, 0.05, 1, None), (200, 0.2, 1, (20, 50)), (50, 0.05, 1, (25, 40)), (1000, 0.3, 20, None)]
CASES += [(1000, 0.05, 20, (20, 50)), (2000, 0.1, 100, None)]


def covered(runs, number, share, farm, censored):
    draw, hits = np.random.default_rng(number), 0
    for _ in range(runs):
        groups = np.arange(number) // farm
        lives = draw.exponential(-30 / math.log(share), groups.max() + 1)[groups]
        watched = draw.uniform(*censored, number) if censored else 60.0
        table = joiners(lives, watched=watched, farm=groups)
        together = "farm" if farm > 1 else None
        one = measure_fan_cost(table, spent=Spending(cash=1000), days=(30,), together=together).kept(30)
        hits += 1000 / number / share in one
    return hits / runs


@pytest.mark.parametrize("case", CASES[::2])
def test_prices_cover(case):
    assert covered(100, *case) >= 0.88


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES)
def test_prices_cover_at_their_level(case):
    assert 0.935 <= covered(2000, *case) <= 0.975
