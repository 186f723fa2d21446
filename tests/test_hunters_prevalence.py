"""Prevalence from flags that err: printed vectors, the definition from below, and how often the interval covers."""

import math

import numpy as np
import pytest
from scipy import stats as distributions

import fanecon as fe


def expected_flags(share, sensitivity, specificity):
    """Flags of a hundred accounts, counted out: hunters found and others flagged by mistake."""
    return 100 * (share * sensitivity + (1 - share) * (1 - specificity))


def test_rogan_and_gladen_give_the_printed_prevalence():
    found = fe.true_prevalence(12, 100, sensitivity=0.90, specificity=0.95)
    assert found.estimate == pytest.approx(0.082353, abs=5e-7)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 1.0])
def test_the_prevalence_that_makes_the_flags_is_found_again(share):
    flags = expected_flags(share, 0.8, 0.9)
    assert fe.true_prevalence(flags, 100, sensitivity=0.8, specificity=0.9).estimate == pytest.approx(share)


def test_fewer_flags_than_mistakes_alone_would_make_are_no_negative_share():
    found = fe.true_prevalence(1, 100, sensitivity=0.9, specificity=0.95)
    assert (found.estimate, found.low) == (0.0, 0.0)
    assert found.high > 0


def test_a_perfect_detector_is_wilsons_interval():
    found = fe.true_prevalence(81, 263, sensitivity=1.0, specificity=1.0)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_rates_found_from_few_accounts_widen_the_interval():
    widths = [
        fe.true_prevalence(120, 1000, sensitivity=(0.9, n), specificity=(0.95, n)).width for n in (20, 200, 2_000_000)
    ]
    known = fe.true_prevalence(120, 1000, sensitivity=0.9, specificity=0.95).width
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] == pytest.approx(known, rel=0.01)


def test_lang_and_reiczigel_by_the_formula_of_their_paper():
    n, ap, se, sp, z = 1000, 0.12, (0.9, 50), (0.95, 80), distributions.norm.ppf(0.975)
    p, s, c = (n * ap + z**2 / 2) / (n + z**2), (50 * 0.9 + 1) / 52, (80 * 0.95 + 1) / 82
    share = (p + c - 1) / (s + c - 1)
    moved = 2 * z**2 * (share * s * (1 - s) / 52 - (1 - share) * c * (1 - c) / 82)
    inner = p * (1 - p) / (n + z**2) + share**2 * s * (1 - s) / 52 + (1 - share) ** 2 * c * (1 - c) / 82
    half = z * math.sqrt(inner) / (s + c - 1)
    found = fe.true_prevalence(120, 1000, sensitivity=se, specificity=sp)
    assert (found.low, found.high) == pytest.approx((max(share + moved - half, 0), share + moved + half))


def covered(draws, share, rng):
    hits = 0
    for _ in range(draws):
        se, sp = rng.binomial(100, 0.85) / 100, rng.binomial(150, 0.93) / 150
        flags = rng.binomial(800, share * 0.85 + (1 - share) * 0.07)
        hits += share in fe.true_prevalence(flags, 800, sensitivity=(se, 100), specificity=(sp, 150))
    return hits / draws


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_interval_covers_where_both_rates_were_estimated(share):
    assert 0.91 <= covered(400, share, np.random.default_rng(1)) <= 0.985


@pytest.mark.nightly
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_interval_covers_in_two_thousand_draws(share):
    assert 0.935 <= covered(2000, share, np.random.default_rng(2)) <= 0.975


def test_the_predictive_value_is_the_printed_one():
    assert fe.predictive_value(0.05, sensitivity=0.9, specificity=0.95) == pytest.approx(0.486486, abs=5e-7)


def test_one_man_among_the_winners_after_a_spam_filter_is_no_chance():
    entrants = 1 / 2.2
    assert distributions.binom.cdf(1, 113, entrants) == pytest.approx(1.7e-28, rel=0.03)
    assert (1 / 112) / (entrants / (1 - entrants)) == pytest.approx(0.011, abs=5e-4)


@pytest.mark.parametrize(("se", "sp"), [(0.5, 0.5), (0.2, 0.3)])
def test_a_detector_that_says_nothing_is_refused(se, sp):
    with pytest.raises(fe.ParameterError, match="the flags say nothing"):
        fe.true_prevalence(1, 10, sensitivity=se, specificity=sp)


def test_what_is_no_rate_is_refused():
    with pytest.raises(fe.ParameterError, match="proportion"):
        fe.true_prevalence(1, 10, sensitivity=1.2, specificity=0.9)
    with pytest.raises(fe.ParameterError, match="Proportions"):
        fe.predictive_value(5, sensitivity=0.9, specificity=0.9)
    with pytest.raises(fe.ParameterError, match="nobody"):
        fe.predictive_value(0.0, sensitivity=0.9, specificity=1.0)
