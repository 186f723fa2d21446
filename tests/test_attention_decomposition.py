"""Who moved an open rate: terms by hand, by definition, exact in sum, and intervals that keep their word."""

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon.schema import ParameterError, SchemaError


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def table(first, second, names=None):
    """Rows of (delivered, opened) by group; None where a group is not there."""
    names = names or [f"g{i}" for i in range(len(first))]
    rows = [
        (period, name, *cell)
        for period, cells in ((1, first), (2, second))
        for name, cell in zip(names, cells, strict=True)
        if cell is not None
    ]
    return pd.DataFrame(rows, columns=["period", "cohort", "delivered", "readers"])


KITAGAWA = table([(5000, 1500), (5000, 500)], [(2000, 500), (8000, 640)])
ENTRY = table([(1000, 300), None], [(1000, 240), (4000, 260)])


# --- by hand and by print ---


def test_kitagawas_terms_are_those_worked_out_by_hand():
    """w (.5, .5) → (.2, .8), r (.30, .10) → (.25, .08): 20.0 → 11.4 %, composition −5.55, rate −3.05 points."""
    found = fe.decompose_open_rate(KITAGAWA)
    assert found.method == "kitagawa"
    assert found.terms["composition"].estimate == pytest.approx(-0.0555, abs=1e-12)
    assert found.terms["rate"].estimate == pytest.approx(-0.0305, abs=1e-12)
    assert found.total.estimate == pytest.approx(-0.0860, abs=1e-12)
    assert "from 20 % to 11.4 %" in found.sentence


def test_entry_and_exit_give_minus_twenty_as_minus_six_minus_fourteen_minus_nothing():
    """Stayers 30 → 24 %, entrants 80 % of those delivered to at 6.5 %."""
    found = fe.decompose_open_rate(ENTRY)
    assert found.method == "entry and exit"
    assert [round(100 * value.estimate, 10) for value in found.terms.values()] == [-6, -14, 0]
    assert found.total.estimate == pytest.approx(-0.20, abs=1e-12)


def test_exits_of_the_bored_raise_the_rate():
    """Stayers open at 30 %, a leaving half at 10 %: 20 → 30 %, all of it because the bored left."""
    found = fe.decompose_open_rate(table([(100, 30), (100, 10)], [(100, 30), None]))
    assert [round(value.estimate, 12) for value in found.terms.values()] == [0, 0, 0.1]


def test_each_mechanism_shows_up_in_its_term():
    found = {
        name: fe.decompose_open_rate(fe.simulate_open_rate(name), between=(0, 24)).terms
        for name in ("fatigue", "dilution", "slowdown", "platform")
    }
    assert found["fatigue"]["rate"].estimate == pytest.approx(-0.27, abs=0.005)
    assert found["dilution"]["entrants"].estimate == pytest.approx(-0.27, abs=0.005)
    assert found["dilution"]["stayers"].estimate == pytest.approx(0, abs=0.005)
    assert found["slowdown"]["stayers"].estimate < -0.29 < 0 < found["slowdown"]["entrants"].estimate
    assert found["platform"]["stayers"].estimate == pytest.approx(-0.27, abs=0.005)


# --- by definition, under any input ---

CELL = st.tuples(st.integers(1, 10_000), st.floats(0, 1)).map(lambda cell: (cell[0], round(cell[0] * cell[1])))
BOTH = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(BOTH)
def test_kitagawas_terms_add_up_and_agree_with_the_loop(cells):
    first, second = [a for a, _ in cells], [b for _, b in cells]
    found = fe.decompose_open_rate(table(first, second))
    composition, rate = by.kitagawa(first, second)
    assert found.terms["composition"].estimate == pytest.approx(composition, abs=1e-12)
    assert found.terms["rate"].estimate == pytest.approx(rate, abs=1e-12)
    change = sum(k for _, k in second) / sum(d for d, _ in second) - sum(k for _, k in first) / sum(d for d, _ in first)
    assert composition + rate == pytest.approx(change, abs=1e-12)
    assert found.total.estimate == pytest.approx(change, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(st.tuples(CELL, CELL), st.none() | CELL, st.none() | CELL)
def test_entry_and_exit_add_up_and_agree_with_the_formula(stayed, came, left):
    if came is None and left is None:
        return
    found = fe.decompose_open_rate(table([stayed[0], left, None], [stayed[1], None, came]))
    wanted = by.entry_and_exit(stayed, came or (0, 0), left or (0, 0))
    assert [value.estimate for value in found.terms.values()] == pytest.approx(wanted, abs=1e-12)
    (d1, k1), (d2, k2) = stayed
    c, x = came or (0, 0), left or (0, 0)
    change = (k2 + c[1]) / (d2 + c[0]) - (k1 + x[1]) / (d1 + x[0])
    assert found.total.estimate == pytest.approx(change, abs=1e-12)
    assert sum(value.estimate for value in found.terms.values()) == pytest.approx(change, abs=1e-12)


# --- by limit and invariance ---


def test_equal_rates_leave_no_rate_term_and_equal_weights_no_composition():
    same_rates = fe.decompose_open_rate(table([(500, 150), (500, 50)], [(200, 60), (800, 80)]))
    assert same_rates.terms["rate"].estimate == pytest.approx(0, abs=1e-15)
    same_weights = fe.decompose_open_rate(table([(500, 150), (500, 50)], [(1000, 200), (1000, 70)]))
    assert same_weights.terms["composition"].estimate == pytest.approx(0, abs=1e-15)


def test_swapping_the_periods_flips_every_sign_of_kitagawa():
    there = fe.decompose_open_rate(KITAGAWA, between=(1, 2)).summary()
    back = fe.decompose_open_rate(KITAGAWA, between=(2, 1)).summary()
    assert there["estimate"].to_numpy() == pytest.approx(-back["estimate"].to_numpy(), abs=1e-15)
    assert there["low"].to_numpy() == pytest.approx(-back["high"].to_numpy(), abs=1e-15)


def test_order_of_rows_names_of_groups_and_splitting_of_rows_change_nothing():
    whole = fe.decompose_open_rate(ENTRY).summary()
    mixed = ENTRY.sample(frac=1, random_state=1).assign(cohort=lambda t: t["cohort"].str.upper())
    halves = pd.concat([ENTRY.assign(delivered=ENTRY["delivered"] // 2, readers=ENTRY["readers"] // 2)] * 2)
    for other in (mixed, halves):
        pd.testing.assert_frame_equal(whole, fe.decompose_open_rate(other).summary())


def test_copies_with_the_same_cluster_name_do_not_narrow_the_interval():
    rng = np.random.default_rng(0)
    rows = sends(rng, 8)
    one = fe.decompose_open_rate(rows, clusters="item_id").total
    twice = fe.decompose_open_rate(pd.concat([rows, rows]), clusters="item_id").total
    assert (twice.low, twice.high) == pytest.approx((one.low, one.high))
    plain = [fe.decompose_open_rate(t).total.width for t in (rows, pd.concat([rows, rows]))]
    assert plain[1] == pytest.approx(plain[0] / np.sqrt(2))


# --- coverage ---


def people(rng):
    """Plain counts: in each period everybody draws a group and whether to open."""
    weights = ([0.5, 0.3, 0.2, 0.0], [0.3, 0.2, 0.0, 0.5])
    rates = ([0.3, 0.2, 0.1, 0.0], [0.25, 0.15, 0.0, 0.06])
    cells = []
    for w, r in zip(weights, rates, strict=True):
        delivered = rng.multinomial(4000, w)
        cells.append([(d, k) if d else None for d, k in zip(delivered, rng.binomial(delivered, r), strict=True)])
    return table(*cells)


PEOPLE_TRUTH = [0.21 - 0.2625, 0.5 * (0.06 - 0.21), 0.2 * (0.2625 - 0.1)]


def sends(rng, messages):
    """Messages of two periods, which differ by more than chance in both groups."""
    rows = []
    for at in range(2 * messages):
        period, factor = at // messages, rng.beta(20, 20) * 2
        for group, rate in enumerate(((0.2, 0.1), (0.15, 0.05))[period]):
            size = int(rng.integers(500, 1500))
            rows.append((period, f"m{at}", f"g{group}", size, rng.binomial(size, rate * factor)))
    return pd.DataFrame(rows, columns=["period", "item_id", "cohort", "delivered", "readers"])


NIGHT = [100, pytest.param(2_000, marks=pytest.mark.nightly)]


def within(hits, runs):
    """Nominal 95 %: 93.5 to 96.5 over 2,000; over fewer what four standard errors of chance allow."""
    room = 0.015 if runs >= 2_000 else 4 * np.sqrt(0.95 * 0.05 / runs)
    return abs(np.asarray(hits) / runs - 0.95) <= room


@pytest.mark.parametrize("runs", NIGHT)
def test_the_interval_of_plain_counts_covers(runs):
    rng, hits = np.random.default_rng(17), np.zeros(4)
    truth = [*PEOPLE_TRUTH, sum(PEOPLE_TRUTH)]
    for _ in range(runs):
        found = fe.decompose_open_rate(people(rng)).summary()
        hits += (found["low"] <= truth) & (truth <= found["high"])
    assert within(hits, runs).all(), hits / runs


@pytest.mark.parametrize("runs", NIGHT)
def test_the_interval_over_messages_covers_and_the_one_over_people_does_not(runs):
    rng, hits, naive = np.random.default_rng(18), np.zeros(2), 0
    for _ in range(runs):
        rows = sends(rng, 12)
        found = fe.decompose_open_rate(rows, clusters="item_id")
        hits += [-0.05 in found.terms["rate"], -0.05 in found.total]
        naive += -0.05 in fe.decompose_open_rate(rows).total
    assert within(hits, runs).all(), hits / runs
    assert naive / runs < 0.8


# --- refusals and pictures ---


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda t: t.drop(columns="cohort"), SchemaError, "'cohort' is missing"),
        (lambda t: t.assign(readers=t["delivered"] + 1), SchemaError, "between 0 and 'delivered'"),
        (lambda t: t.assign(delivered=np.nan), SchemaError, "Values are missing"),
        (lambda t: t.assign(period=[1, 2, 3]), ParameterError, "Two periods are needed; the table has 3"),
        (lambda t: t.assign(cohort=["a", "b", "c"]), SchemaError, "No group is there in both periods"),
        (lambda t: t.assign(account_id=["a", "b", "b"]), SchemaError, "several accounts"),
        (lambda t: t.assign(delivered=[0, 5, 5], readers=0), SchemaError, "nothing was delivered"),
    ],
)
def test_a_table_that_cannot_be_split_is_refused(change, error, told):
    with pytest.raises(error, match=told):
        fe.decompose_open_rate(change(ENTRY.copy()))


def test_a_period_that_is_not_there_is_refused():
    with pytest.raises(ParameterError, match="names two different periods"):
        fe.decompose_open_rate(ENTRY, between=(1, 3))


def test_one_message_in_each_period_gets_no_interval():
    found = fe.decompose_open_rate(KITAGAWA.assign(item_id=KITAGAWA["period"]), clusters="item_id")
    assert np.isnan(found.total.low)
    assert "no spread" in found.total.missing


def test_the_picture_has_a_bar_for_every_term_and_the_total():
    ax = fe.decompose_open_rate(ENTRY).plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["stayers", "entrants", "exits", "total"]
    assert len(ax.patches) == 4
