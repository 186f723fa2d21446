"""Steps common to all accounts: found where they are, not found where only one account fell."""

import math

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.attention import periods
from fanecon.schema import ParameterError, SchemaError


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def accounts(seed, *, step=-0.5, at=10, count=10, length=24, spread=0.15):
    """Accounts with levels and trends of their own, serially correlated noise, and one step that varies by account."""
    rng = np.random.default_rng(seed)
    rows = []
    for account in range(count):
        noise = np.convolve(rng.normal(0, 0.1, length + 3), [1, 0.6, 0.3, 0.1], "valid")
        logit = rng.normal(-1.5, 0.5) + rng.normal(0, 0.02) * np.arange(length) + noise
        logit[at:] += rng.normal(step, spread) if step else 0.0
        rows.append(
            pd.DataFrame(
                {
                    "account_id": f"a{account}",
                    "period": np.arange(length),
                    "delivered": 50_000,
                    "readers": rng.binomial(50_000, 1 / (1 + np.exp(-logit))),
                }
            )
        )
    frame = pd.concat(rows, ignore_index=True)
    frame.attrs["synthetic"] = True
    return frame


def test_the_platform_story_has_its_two_steps_and_their_sizes():
    """Odds 0.3/0.7 → 0.1/0.9 → 0.03/0.97: times 0.259 and 0.278."""
    found = fe.find_common_breaks(fe.simulate_open_rate("platform", accounts=8, correlation=0.001, seed=3))
    assert found.periods == (6, 18)
    table = found.summary()
    assert table["estimate"].tolist() == pytest.approx([(1 / 9) / (3 / 7), (3 / 97) / (1 / 9)], rel=0.08)
    assert "2 steps in common" in found.sentence


@pytest.mark.parametrize("mechanism", ["fatigue", "dilution", "slowdown"])
def test_a_fall_of_one_account_is_no_common_step(mechanism):
    found = fe.find_common_breaks(fe.simulate_open_rate(mechanism, accounts=8, correlation=0.001))
    assert found.periods == ()
    assert "stands out" in found.sentence
    assert list(found.summary().columns) == ["period", "estimate", "low", "high", "chance"]


def test_the_step_of_an_account_is_the_coefficient_of_least_squares():
    logits = np.random.default_rng(1).normal(size=(15, 4))
    found, _ = periods._sizes(logits, [], [5, 9])
    for row, place in enumerate((5, 9)):
        assert found[row] == pytest.approx(by.common_step(logits, place), abs=1e-12)


NIGHT = [60, pytest.param(2_000, marks=pytest.mark.nightly)]


@pytest.mark.parametrize("runs", NIGHT)
def test_without_any_step_one_is_found_in_five_percent_at_most(runs):
    found = sum(bool(fe.find_common_breaks(accounts(seed, step=0.0), most=1).periods) for seed in range(runs))
    assert found / runs <= 0.05 + (0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)), found / runs


@pytest.mark.parametrize("runs", NIGHT)
def test_the_size_of_a_step_is_covered_where_it_is_found(runs):
    hits = places = 0
    for seed in range(runs):
        found = fe.find_common_breaks(accounts(seed), most=1)
        if found.periods == (10,):
            row = found.summary().iloc[0]
            places, hits = places + 1, hits + (row["low"] <= math.exp(-0.5) <= row["high"])
    assert places / runs > 0.9
    assert abs(hits / places - 0.95) <= (0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / places)), hits / places


def test_order_of_rows_and_rows_by_cohort_change_nothing():
    table = accounts(1)
    halves = pd.concat(
        [table.assign(delivered=25_000, readers=table["readers"] - 1000), table.assign(delivered=25_000, readers=1000)]
    )
    one = fe.find_common_breaks(table).summary()
    for other in (table.sample(frac=1, random_state=1), halves):
        pd.testing.assert_frame_equal(one, fe.find_common_breaks(other).summary())


def test_few_accounts_or_periods_are_told_and_not_tested():
    assert "5 accounts" in fe.find_common_breaks(accounts(1, count=5)).sentence
    assert "7 periods" in fe.find_common_breaks(accounts(1, length=7, at=3)).sentence


def test_many_accounts_are_tested_with_drawn_signs():
    found = fe.find_common_breaks(accounts(2, count=14), most=1)
    assert found.periods == (10,)
    assert found.summary()["chance"].iloc[0] == pytest.approx(1 / 2000, abs=1e-3)


def test_a_table_of_something_else_is_refused():
    with pytest.raises(SchemaError, match="'account_id' is missing"):
        fe.find_common_breaks(accounts(1).drop(columns="account_id"))
    with pytest.raises(SchemaError, match="exceeds 'delivered'"):
        fe.find_common_breaks(accounts(1).assign(readers=60_000))
    with pytest.raises(ParameterError, match="most is at least 1"):
        fe.find_common_breaks(accounts(1), most=0)


def test_the_picture_marks_every_step():
    ax = fe.find_common_breaks(accounts(3)).plot()
    assert len(ax.lines) == 11
