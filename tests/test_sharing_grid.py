"""R over what the totals do not say."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

import fanecon as fe
from fanecon.schema import ParameterError

ARTICLE = {"shares": 3365, "subscribers": 933}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_r_is_one_minus_seeds_outside_reads_and_paid_shares():
    """By hand: N = 1,000, H = 100, S = 500; o = .2 gives 100 seeds, a tenth from outside, 5 paid shares."""
    grid = fe.sensitivity_grid(1000, shares=100, subscribers=500)
    assert grid.at(open_rate=0.2, imported_shares=5, external_share=0.1) == pytest.approx(1 - 0.1 - 0.1 - 0.05)


def test_every_combination_is_one_row_and_agrees_with_the_point_function():
    grid = fe.sensitivity_grid(37_443, **ARTICLE)
    table = grid.summary()
    assert list(table)[-3:] == ["estimate", "low", "high"]
    for row in table.itertuples():
        at = grid.at(open_rate=row.open_rate, imported_shares=row.imported_shares, external_share=row.external_share)
        assert row.estimate == at
        assert row.low <= row.estimate <= row.high
    assert grid.shows == "assumption"
    assert grid.half_width == pytest.approx(1.96 / math.sqrt(3365))


def test_impossible_combinations_are_left_out_and_counted():
    grid = fe.sensitivity_grid(
        1000, shares=100, subscribers=500, open_rates=[0.2, 1.0], imported_shares=[0, 60], external_shares=[0]
    )
    assert len(grid.summary()) == 3
    assert grid.notes[0].startswith("1 combinations")


def test_the_interval_of_a_row_is_that_of_the_share_level():
    grid = fe.sensitivity_grid(
        37_443, **ARTICLE, open_rates=[0.3], imported_shares=[1000], external_shares=[0.0]
    ).summary()
    imported = (1 - grid["estimate"][0]) * 3365
    chain = fe.chain_reproduction(3365, imported_shares=imported).reproduction
    assert (grid["low"][0], grid["high"][0]) == pytest.approx((chain.low, chain.high))


def test_more_of_any_unknown_lowers_r():
    grid = fe.sensitivity_grid(37_443, **ARTICLE)
    base = {"open_rate": 0.3, "imported_shares": 100, "external_share": 0.1}
    for name in base:
        assert grid.at(**{**base, name: 2 * base[name]}) < grid.at(**base)


def test_the_sentence_says_how_far_each_unknown_moves_r():
    """By hand: o from .03 to 1 moves .97·933/37,443 = .0242; 1,500 of 3,365 shares .446; 90 % from outside .9."""
    sentence = fe.sensitivity_grid(
        37_443, **ARTICLE, open_rates=[0.03, 1], imported_shares=[0, 1500], external_shares=[0, 0.9]
    ).sentence
    for number in ("3 % to 100 %", "0.0242", "0 to 1,500", "0.446", "0 % to 90 %", "0.900", "±0.034"):
        assert number in sentence


@pytest.mark.parametrize(
    "bad",
    [
        {"shares": 0}, {"shares": 40_000}, {"subscribers": 0}, {"open_rates": []}, {"open_rates": [0.0]},
        {"open_rates": [1.1]}, {"imported_shares": [-1]}, {"external_shares": [1.0]}, {"external_shares": [-0.1]},
    ],
)  # fmt: skip
def test_an_impossible_grid_is_refused(bad):
    with pytest.raises(ParameterError, match=r"Needed: 0 < shares ≤ reads.*found 37443"):
        fe.sensitivity_grid(37_443, **{**ARTICLE, **bad})


def test_a_grid_without_any_possible_combination_is_refused():
    with pytest.raises(ParameterError, match="Type smaller values"):
        fe.sensitivity_grid(37_443, **ARTICLE, imported_shares=[4000])


def test_marks_on_the_map_stand_where_they_are_told_to():
    grid = fe.sensitivity_grid(37_443, **ARTICLE)
    ax = grid.plot()
    grid.mark(ax, "$_$ paid 别让", open_rate=0.3, imported=0.3)
    grid.mark(ax, "_far", open_rate=0.3, imported=0.6)
    texts = {text.get_text(): text for text in ax.texts}
    assert {"$_$ paid 别让", "_far"} <= set(texts)
    assert texts["_far"].xy == (0.6, 0.3)
    assert not texts["$_$ paid 别让"].get_parse_math()
    ax.figure.canvas.draw()
    assert np.isfinite(ax.get_position().width)
