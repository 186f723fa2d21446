"""The half-life of an open rate: by definition, by recovery, by invariance, and what is refused."""

import math

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

import fanecon as fe
from fanecon.metrics.attention import shapes
from fanecon.metrics.attention.likelihood import Data, log_chance, maximise
from fanecon.metrics.attention.opens import read_opens
from fanecon.schema import ParameterError, SchemaError

FALLS = {
    "exponential": lambda x: 2.0**-x,
    "stretched": lambda x: 2.0 ** -(x**0.6),
    "power": lambda x: 1 / (1 + x),
    "biexponential": lambda x: (5 * 0.15**x + 7 * 0.75**x) / 12,
    "break": lambda x: np.where(x < 1, 1.0, 0.3),
    "flat": np.ones_like,
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def articles(count, *, shape="exponential", half_life=150.0, correlation=0.01, delivered=20_000, seed=0):
    """Articles of a year whose open rate begins at 30 % and falls by a known shape."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.uniform(0, 365, count)).round()
    rate = 0.3 * FALLS[shape]((day - day[0]) / half_life)
    size = 1 / correlation - 1
    frame = pd.DataFrame(
        {
            "published_date": pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D"),
            "delivered": delivered,
            "session_readers": rng.binomial(delivered, rng.beta(rate * size, (1 - rate) * size)),
        }
    )
    frame.attrs["synthetic"] = True
    return frame


# --- what cannot be said ---


def test_three_undated_points_are_not_estimable():
    """30, 10 and 3 % as they are told: no dates, no denominators, three points."""
    told = pd.DataFrame({"open_rate": [fe.fact(f"open_rate_{which}") for which in ("first", "second", "third")]})
    found = fe.fit_open_rate_decay(told)
    assert math.isnan(found.half_life.estimate)
    assert math.isnan(found.half_life.low)
    assert found.sentence == (
        "The half-life of the open rate is not estimable: 3 points without the dates, without how many people each "
        "was delivered to (the denominators), without how many people opened (the numerators)."
    )
    assert "With 3 points any shape with two numbers fits" in found.notes[0]
    assert found.observed["rate"].tolist() == [0.3, 0.1, 0.03]
    assert found.plot().get_title(loc="left").startswith("The half-life")


def test_three_dated_points_with_denominators_are_still_too_few():
    few = pd.DataFrame({"period": [0, 1, 2], "delivered": 100_000, "readers": [30_000, 10_000, 3_000]})
    assert "3 usable rows at 3 different times; at least 6 at 4" in fe.fit_open_rate_decay(few).sentence


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.assign(delivered=pd.NA), "without how many people each was delivered to"),
        (lambda t: t.drop(columns="published_date"), "without the dates"),
        (lambda t: t.drop(columns="session_readers"), "without how many people opened"),
        (lambda t: t.assign(published_date=t["published_date"].iloc[0]), "at 1 different times"),
        (lambda t: t.assign(session_readers=0), "nobody opened anything"),
        (lambda t: t.assign(session_readers=t["delivered"] + 1), "0 usable rows"),
    ],
)
def test_what_is_missing_is_said_instead_of_a_number(change, why):
    found = fe.fit_open_rate_decay(change(articles(12)))
    assert why in found.sentence
    assert why in found.half_life.missing
    assert found.summary()["estimate"].isna().all()


def test_a_table_of_something_else_is_refused_with_its_columns():
    with pytest.raises(SchemaError, match="The table has: a"):
        fe.fit_open_rate_decay(pd.DataFrame({"a": [1]}))
    with pytest.raises(SchemaError, match=r"pandas\.DataFrame"):
        fe.fit_open_rate_decay([0.3, 0.1])


def test_two_accounts_are_refused_with_the_line_to_type():
    two = articles(12).assign(account_id=["a", "b"] * 6)
    with pytest.raises(SchemaError, match=r"Choose one: table\[table\['account_id'\] == 'a'\]"):
        fe.fit_open_rate_decay(two)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ({"model": "exponentail"}, "Did you mean 'exponential'"),
        ({"model": "constant"}, "There is no model"),
        ({"held_out": "random"}, "'forward' or 'blocked'"),
        ({"level": 95}, "The level is a proportion"),
    ],
)
def test_an_impossible_wish_is_refused(ask, told):
    with pytest.raises(ParameterError, match=told):
        fe.fit_open_rate_decay(articles(12), **ask)


def test_rows_left_out_are_counted_with_their_reason():
    rows = articles(20).astype({"session_readers": "Int64", "delivered": "Int64"})
    rows.loc[0, "session_readers"] = pd.NA
    rows.loc[1, "session_readers"] = 30_000
    rows["lower_bound"] = pd.NA
    rows.loc[2, "lower_bound"] = "session_readers"
    notes = fe.fit_open_rate_decay(rows).notes
    assert notes[0] == "1 of 20 rows left out: published_date, delivered or session_readers missing."
    assert any("only as a floor" in note for note in notes)
    assert any("more session_readers than delivered" in note for note in notes)


def test_opens_that_privacy_proxies_made_carry_a_doubt_and_clean_ones_are_preferred():
    rows = articles(12).rename(columns={"session_readers": "opens_people"}).assign(open_inflation=True)
    assert any("privacy proxies" in note for note in fe.fit_open_rate_decay(rows).notes)
    rows["opens_people_excl_proxy"] = rows["opens_people"] // 2
    assert not any("privacy proxies" in note for note in fe.fit_open_rate_decay(rows).notes)


def test_reads_are_not_taken_for_readers_unless_asked_and_then_with_a_doubt():
    rows = articles(12).rename(columns={"session_readers": "session_reads"})
    assert "opened='session_reads' takes each for a person" in fe.fit_open_rate_decay(rows).sentence
    asked = fe.fit_open_rate_decay(rows, opened="session_reads")
    assert asked.notes[0].startswith("'session_reads' counts times: who opened twice counts twice")
    assert asked.half_life.estimate == fe.fit_open_rate_decay(articles(12)).half_life.estimate


# --- the likelihood, by definition ---


@pytest.mark.parametrize(("rate", "correlation"), [(0.1, 0.05), (0.3, 0.02), (0.3, 0.2)])
def test_the_chance_of_a_count_is_the_binomial_averaged_over_the_beta(rate, correlation):
    data = Data(age=np.zeros(3), n=np.array([30.0] * 3), k=np.array([0.0, 1.0, 9.0]))
    wanted = [math.log(by.beta_binomial_pmf(k, 30, rate, correlation)) for k in (0, 1, 9)]
    assert log_chance(data, np.full(3, rate), correlation) == pytest.approx(wanted, abs=2e-3)


@pytest.mark.parametrize("correlation", [1e-6, 0.01, 0.5])
def test_the_chance_of_a_count_is_scipys(correlation):
    k, n = np.array([0.0, 3, 200, 5000]), np.array([10.0, 300, 200, 60_000])
    size = 1 / correlation - 1
    wanted = distributions.betabinom.logpmf(k, n, 0.1 * size, 0.9 * size)
    found = log_chance(Data(age=k, n=n, k=k), np.full(4, 0.1), correlation)
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("shape", [name for name in shapes.SHAPES if name not in ("constant", "break")])
def test_every_shape_begins_at_one_and_is_at_one_half_at_the_half_life(shape):
    form = {"exponential": (), "biexponential": (-0.7, 0.4)}.get(shape, (0.3,))
    theta = np.array([[-1.0, math.asinh(1 / 0.37), *form, -4.0]])
    first, half = shapes.rates(shape, theta, np.array([0.0, 0.37]))[0]
    assert half / first == pytest.approx(0.5, abs=1e-12)
    assert first == pytest.approx(1 / (1 + math.e), abs=1e-12)


def test_the_maximum_is_that_of_a_general_minimiser():
    data = shapes.prepared(read_opens(articles(30, seed=3)))
    found = shapes.fit_shape("exponential", data)
    from scipy import optimize

    def minus(at):
        rate = np.clip(1 / (1 + np.exp(-at[0])) * 2.0 ** (-at[1] * data.age), 1e-12, 1 - 1e-12)
        size = np.exp(-at[2])
        return -distributions.betabinom.logpmf(data.k, data.n, rate * size, (1 - rate) * size).sum()

    slow = optimize.minimize(minus, [-0.5, 1.0, -4.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    assert found.log_likelihood == pytest.approx(-slow.fun, abs=1e-5)
    assert found.half_life == pytest.approx(1 / slow.x[1], rel=1e-4)


def test_the_ends_of_the_interval_lie_where_the_profile_has_fallen_to_the_cut():
    data = shapes.prepared(read_opens(articles(30, seed=5)))
    fit = shapes.fit_shape("exponential", data)
    for end in shapes.profile_ends(fit, data, 1.92):
        bounds = np.array([(-18, 6), (-3, 7), data.correlations])
        free = np.array([True, False, True])
        start = np.array([fit.theta[0], math.asinh(1 / end), fit.theta[2]])
        at = maximise(lambda theta: shapes.rates("exponential", theta, data.age), data, start, bounds, free)[1]
        assert fit.log_likelihood - at == pytest.approx(1.92, abs=0.01)


# --- by recovery ---

NIGHT = [60, pytest.param(2_000, marks=pytest.mark.nightly)]


def within(hits, runs):
    room = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.95 * 0.05 / runs)
    return abs(hits / runs - 0.95) <= room


@pytest.mark.parametrize("runs", NIGHT)
@pytest.mark.parametrize("case", [{"count": 12}, {"count": 60}, {"count": 24, "half_life": 1500.0}])
def test_the_interval_of_an_exponential_half_life_covers(runs, case):
    truth = case.get("half_life", 150.0)
    found = [fe_half_life(articles(**case, seed=seed), "exponential") for seed in range(runs)]
    assert within(sum(truth in one for one in found), runs), sum(truth in one for one in found) / runs


@pytest.mark.nightly
@pytest.mark.parametrize("shape", ["stretched", "power"])
def test_the_interval_of_other_shapes_covers(shape):
    found = [fe_half_life(articles(60, shape=shape, seed=seed), shape) for seed in range(1_000)]
    hits = sum(150.0 in one for one in found)
    assert abs(hits / 1_000 - 0.95) <= 0.02, hits


def fe_half_life(rows, shape):
    """The interval alone: what a result says for a given model, without the comparison of models."""
    from fanecon.metrics.attention import decay

    opens = read_opens(rows)
    data = shapes.prepared(opens)
    return decay._half_life(shapes.fit_shape(shape, data), data, opens, 0.95)


def test_the_shortcut_of_the_coverage_test_is_what_a_reader_gets():
    rows = articles(24, seed=2)
    found, short = fe.fit_open_rate_decay(rows, model="exponential").half_life, fe_half_life(rows, "exponential")
    assert (found.estimate, found.low, found.high) == (short.estimate, short.low, short.high)


@pytest.mark.parametrize("held_out", ["forward", "blocked"])
def test_an_exponential_fall_is_taken_for_one_and_a_step_for_a_step(held_out):
    assert fe.fit_open_rate_decay(articles(40, seed=1), held_out=held_out).model == "exponential"
    step = fe.fit_open_rate_decay(articles(60, shape="break", half_life=182, correlation=0.002), held_out="blocked")
    assert step.model == "break"
    assert "two levels" in step.sentence
    assert "a step between two levels has no half-life" in step.half_life.missing


@pytest.mark.parametrize("held_out", ["forward", "blocked"])
def test_a_long_tail_is_told_from_one_exponential(held_out):
    rows = articles(150, shape="biexponential", half_life=12, correlation=0.0005)
    found = fe.fit_open_rate_decay(rows, held_out=held_out)
    assert found.model == "biexponential"
    assert 12 in found.half_life


def test_a_rate_that_does_not_fall_has_no_upper_end():
    found = fe.fit_open_rate_decay(articles(24, shape="flat", seed=3), model="exponential")
    assert math.isinf(found.half_life.high)
    assert found.half_life.low > 100
    assert any("the fall may be chance" in note for note in found.notes)


def test_the_overdispersion_is_recovered():
    found = [fe.fit_open_rate_decay(articles(60, seed=s), model="exponential").overdispersion for s in range(5)]
    assert np.mean(found) == pytest.approx(0.01, rel=0.25)


def test_neighbours_that_err_alike_are_told():
    rows = articles(80, correlation=0.0005)
    wave = 1 + 0.3 * np.sin(np.arange(80) / 6)
    rows["session_readers"] = (rows["session_readers"] * wave).astype(int)
    assert any("Neighbouring rows err alike" in note for note in fe.fit_open_rate_decay(rows).notes)


# --- by invariance ---


def test_order_of_rows_and_names_change_nothing():
    rows = articles(20, seed=6).assign(item_id=[f"a{i}" for i in range(20)], title="别让")
    one = fe.fit_open_rate_decay(rows)
    other = fe.fit_open_rate_decay(rows.sample(frac=1, random_state=2).assign(item_id="x"))
    pd.testing.assert_frame_equal(one.summary(), other.summary())


def test_the_unit_of_time_changes_nothing_else():
    rows = articles(20, seed=7)
    day = (rows["published_date"] - rows["published_date"].min()).dt.days
    weeks = rows.drop(columns="published_date").assign(period=day / 7)
    one, other = fe.fit_open_rate_decay(rows).half_life, fe.fit_open_rate_decay(weeks).half_life
    assert [one.estimate, one.low, one.high] == pytest.approx(
        [7 * other.estimate, 7 * other.low, 7 * other.high], rel=1e-6
    )
    assert (one.unit, other.unit) == ("days", "periods")


def test_one_account_by_cohort_and_period_is_the_same_curve_in_all_four_stories():
    found = []
    for name in ("fatigue", "dilution", "slowdown", "platform"):
        drawn = fe.simulate_open_rate(name, fall="steady").groupby("period", as_index=False)[["delivered", "readers"]]
        found.append(fe.fit_open_rate_decay(drawn.sum(), model="exponential").half_life)
    assert [one.estimate for one in found] == pytest.approx([7.4] * 4, rel=0.02)


def test_the_picture_shows_rates_curve_and_half_life():
    found = fe.fit_open_rate_decay(articles(20))
    ax = found.plot()
    assert [text.get_text() for text in ax.texts][:2] == ["exponential", "half"]
    assert found.shows == "simulation"
    assert "Simulation" in found.explain()


@pytest.mark.parametrize("count", [6, 7, 8, 11])
def test_few_rows_get_an_answer_or_a_reason_but_no_error(count):
    for seed in range(3):
        found = fe.fit_open_rate_decay(articles(count, seed=seed))
        assert found.half_life.low <= found.half_life.estimate <= found.half_life.high or found.half_life.missing


def test_an_article_nobody_opened_and_one_everybody_opened_are_no_obstacle():
    rows = articles(20)
    rows.loc[5, "session_readers"], rows.loc[3, "session_readers"] = 0, 20_000
    assert fe.fit_open_rate_decay(rows, model="exponential").half_life.estimate > 0
