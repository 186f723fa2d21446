"""Intervals, ratios and shrinkage against the textbook, against printed values, and against their own promise."""

import math

import definitions as by
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as distributions

from fanecon import stats
from fanecon.results import Interval
from fanecon.schema import ParameterError

ZOO = [(0, 20), (1, 29), (15, 148), (81, 263), (148, 148), (3365, 37443), (1, 1), (7, 1000)]
NIGHT = [2_000, pytest.param(10_000, marks=pytest.mark.nightly)]


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


# --- proportions: by print ---


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_table(successes, trials, low, high):
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert np.round(ends(stats.wilson(successes, trials)), 4).tolist() == [low, high]


def test_the_exact_interval_gives_newcombes_table():
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 5: 81/263."""
    assert np.round(ends(stats.clopper_pearson(81, 263)), 4).tolist() == [0.2527, 0.3676]


def test_the_difference_gives_newcombes_table():
    """Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 − 48/80."""
    found = stats.newcombe_difference((56, 70), (48, 80))
    assert np.round([found.estimate, found.low, found.high], 4).tolist() == [0.2, 0.0524, 0.3339]


def test_the_two_averages_of_three_articles_differ_as_printed():
    """n = (100, 1000, 10000) at rates 30, 10 and 3 %: worked by hand."""
    sizes = [100, 1000, 10_000]
    found = stats.ratios([30, 100, 300], sizes)
    assert found.ratio_of_sums == pytest.approx(430 / 11_100, abs=5e-7) == pytest.approx(0.038739, abs=5e-7)
    assert found.mean_of_ratios == pytest.approx(0.143333, abs=5e-7)
    assert found.covariance_term == pytest.approx(-0.104595, abs=5e-7)


def test_kidney_stones_win_in_both_strata_and_lose_pooled():
    """Charig et al. 1986, BMJ 292:879: open surgery 81/87 and 192/263, keyhole 234/270 and 55/80."""
    opened, keyhole = ([81, 192], [87, 263]), ([234, 55], [270, 80])
    for i in range(2):
        assert opened[0][i] / opened[1][i] > keyhole[0][i] / keyhole[1][i]
    pooled = [round(stats.ratios(*one).ratio_of_sums, 3) for one in (opened, keyhole)]
    assert pooled == [0.780, 0.826]


# --- proportions: by definition ---


@pytest.mark.parametrize(("successes", "trials"), ZOO)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_wilson_solves_its_quadratic(successes, trials, level):
    assert ends(stats.wilson(successes, trials, level=level)) == pytest.approx(
        by.wilson(successes, trials, level), abs=1e-12
    )


@pytest.mark.parametrize(("successes", "trials"), ZOO[:5] + ZOO[6:])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_exact_interval_leaves_half_alpha_in_each_tail(successes, trials, level):
    assert ends(stats.clopper_pearson(successes, trials, level=level)) == pytest.approx(
        by.clopper_pearson(successes, trials, level), abs=1e-9
    )


@pytest.mark.parametrize("first", ZOO[:5])
@pytest.mark.parametrize("second", ZOO[2:])
def test_the_difference_adds_the_squares_of_wilsons_arms(first, second):
    assert ends(stats.newcombe_difference(first, second)) == pytest.approx(by.newcombe(first, second), abs=1e-12)


@pytest.mark.parametrize("n", [*range(1, 40), 100, 300])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_median_interval_runs_between_the_textbook_ranks(n, level):
    found, ranks = stats.median_interval(np.arange(1, n + 1), level=level), by.median_ranks(n, level)
    assert found.estimate == (n + 1) / 2
    assert (ranks is None) == math.isnan(found.low)
    if ranks is not None:
        assert ends(found) == ranks


def test_five_values_are_too_few_for_a_median_interval_and_six_are_enough():
    assert stats.median_interval([1, 2, 3, 4, 5]).missing == "5 values are too few for 95 %"
    assert ends(stats.median_interval([1, 2, 3, 4, 5, 6])) == (1, 6)


def test_a_design_effect_divides_the_number_of_trials():
    assert ends(stats.wilson(900, 10_000, deff=10)) == pytest.approx(by.wilson(90, 1000), abs=1e-12)


# --- proportions: by invariance and refusal ---


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_swapping_the_groups_flips_the_sign(n1, n2, data):
    first, second = (data.draw(st.integers(0, n1)), n1), (data.draw(st.integers(0, n2)), n2)
    there, back = stats.newcombe_difference(first, second), stats.newcombe_difference(second, first)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low), abs=1e-12)
    assert there.low - 1e-12 <= there.estimate <= there.high + 1e-12


@given(st.integers(1, 500), st.data())
def test_counts_times_ten_keep_the_estimate_and_narrow_wilson(n, data):
    k = data.draw(st.integers(0, n))
    small, large = stats.wilson(k, n), stats.wilson(10 * k, 10 * n)
    assert large.estimate == pytest.approx(small.estimate)
    assert large.width < small.width


@given(st.integers(1, 300), st.data())
def test_failures_mirror_successes(n, data):
    k = data.draw(st.integers(0, n))
    for interval in (stats.wilson, stats.clopper_pearson):
        there, back = interval(k, n), interval(n - k, n)
        assert ends(there) == pytest.approx((1 - back.high, 1 - back.low), abs=1e-9)
        assert k / n in there


@pytest.mark.parametrize(("k", "n"), [(5, 4), (-1, 4), (0, 0), (math.nan, 4), (1, math.nan)])
@pytest.mark.parametrize("interval", [stats.wilson, stats.clopper_pearson])
def test_a_proportion_of_impossible_counts_is_refused(interval, k, n):
    with pytest.raises(ParameterError, match=rf"0 ≤ successes ≤ trials and trials > 0; found {k:g} of {n:g}"):
        interval(k, n)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, math.nan])
def test_a_level_that_is_no_proportion_is_refused_by_every_interval(level):
    calls = [
        lambda: stats.wilson(1, 2, level=level),
        lambda: stats.clopper_pearson(1, 2, level=level),
        lambda: stats.newcombe_difference((1, 2), (1, 2), level=level),
        lambda: stats.median_interval([1.0], level=level),
        lambda: stats.ratio_of_sums([1, 2], [3, 4], level=level),
        lambda: stats.cluster_bootstrap(_ratio, [1, 2], [3, 4], level=level),
        lambda: stats.shrink([1, 2, 3], [4, 5, 6], level=level),
    ]
    for call in calls:
        with pytest.raises(ParameterError, match=r"between 0 and 1; found .*Type level=0\.95"):
            call()


@pytest.mark.parametrize("deff", [0.9, 0, -1, math.nan])
def test_a_design_effect_below_one_is_refused(deff):
    with pytest.raises(ParameterError, match=r"at least 1 .*found"):
        stats.wilson(1, 2, deff=deff)


@pytest.mark.parametrize("values", [[], [1.0, math.nan]])
def test_a_median_of_nothing_or_of_missing_values_is_refused(values):
    with pytest.raises(ParameterError, match="at least one value and none missing; found"):
        stats.median_interval(values)


# --- ratios ---


def article_zoo() -> list[tuple[list[float], list[float]]]:
    rng = np.random.default_rng(1)
    zoo: list[tuple[list[float], list[float]]] = [([3, 9], [40, 50]), ([0, 4, 1], [10, 1000, 7]), ([5, 1], [1e6, 3])]
    for n in (3, 8, 30):
        sizes = rng.integers(20, 20_000, n)
        zoo.append((rng.binomial(sizes, rng.beta(2, 30, n)).tolist(), sizes.tolist()))
    return zoo


@pytest.mark.parametrize(("y", "x"), article_zoo())
def test_both_averages_and_their_difference_follow_from_loops(y, x):
    found = stats.ratios(y, x)
    assert found.ratio_of_sums == pytest.approx(by.ratio_of_sums(y, x), rel=1e-12)
    assert found.mean_of_ratios == pytest.approx(by.mean_of_ratios(y, x), rel=1e-12)
    assert found.covariance_term == pytest.approx(by.covariance_term(y, x), rel=1e-9)
    assert found.ratio_of_sums - found.mean_of_ratios == pytest.approx(found.covariance_term, rel=1e-9)


@pytest.mark.parametrize(("y", "x"), article_zoo())
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_a_ratio_uses_the_matrix_form_of_the_variance(y, x, level):
    """Bell and McCaffrey 2002 with t quantiles, on the logit scale for proportions and the log scale otherwise."""
    error, freedom = by.robust_error(y, x)
    reach, r = distributions.t.ppf(0.5 + level / 2, max(1.0, freedom)) * error, by.ratio_of_sums(y, x)
    on_log = stats.ratio_of_sums(y, x, unit="shares per read", level=level)
    arm = min(700.0, reach / r)
    assert np.log([on_log.low / r, on_log.high / r]) == pytest.approx([-arm, arm], rel=1e-6)
    on_logit, half = stats.ratio_of_sums(y, x, level=level), reach / r / (1 - r)
    centre = math.log(r / (1 - r))
    wanted = [1 / (1 + math.exp(-min(700.0, max(-700.0, centre + side)))) for side in (-half, half)]
    assert ends(on_logit) == pytest.approx(wanted, rel=1e-6)


def test_clusters_are_added_up_before_they_are_compared():
    y, x, names = [1, 2, 3, 4, 5, 9], [10, 20, 30, 40, 60, 70], list("aabbcc")
    assert stats.ratio_of_sums(y, x, clusters=names) == stats.ratio_of_sums([3, 7, 14], [30, 70, 130])


def test_duplicated_rows_of_the_same_cluster_leave_the_interval_unchanged():
    y, x = [3, 7, 14, 2], [30, 70, 130, 50]
    once, twice = stats.ratio_of_sums(y, x), stats.ratio_of_sums(y * 2, x * 2, clusters=[1, 2, 3, 4] * 2)
    assert ends(twice) == pytest.approx(ends(once), rel=1e-12)
    rng = np.random.default_rng(2)
    sizes = rng.integers(50, 500, 20)
    counts = rng.binomial(sizes, 0.1)
    plain = stats.cluster_bootstrap(_ratio, counts, sizes)
    doubled = stats.cluster_bootstrap(_ratio, np.tile(counts, 2), np.tile(sizes, 2), clusters=np.tile(np.arange(20), 2))
    assert ends(doubled) == pytest.approx(ends(plain), rel=1e-9)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(300, 5000)), min_size=3, max_size=12), st.randoms())
def test_row_order_cluster_names_and_a_common_factor_change_nothing(rows, random):
    y, x = (list(column) for column in zip(*rows, strict=True))
    found = stats.ratio_of_sums(y, x)
    shuffled = random.sample(rows, len(rows))
    again = stats.ratio_of_sums(*zip(*shuffled, strict=True), clusters=[f"n{i}" for i in range(len(rows))])
    tenfold = stats.ratio_of_sums([10 * a for a in y], [10 * b for b in x])
    for other in (again, tenfold):
        assert other.estimate == pytest.approx(found.estimate, rel=1e-12)
        assert ends(other) == pytest.approx(ends(found), rel=1e-6, nan_ok=True)


def test_one_row_or_rows_that_do_not_differ_give_no_interval_but_a_reason():
    assert "one article" in stats.ratio_of_sums([3], [10]).missing
    assert "one article" in stats.ratio_of_sums([3, 4], [10, 10], clusters=["a", "a"]).missing
    assert "same ratio" in stats.ratio_of_sums([10, 20, 30], [100, 200, 300]).missing
    assert "limit" in stats.ratio_of_sums([0, 0], [10, 20]).missing
    assert "limit" in stats.ratio_of_sums([10, 20], [10, 20]).missing


def test_one_giant_row_does_not_break_the_arithmetic():
    found = stats.ratio_of_sums([1e11, 1, 2], [1e12, 2, 9])
    assert found.low < 0.1 < found.high


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([1, 2], [3], "found 2 and 1"),
        ([], [], "found 0 and 0"),
        ([1, -2], [3, 4], "Drop the others"),
        ([1, 2], [3, 0], "denominator a number > 0"),
        ([1, math.nan], [3, 4], "Drop the others"),
        ([1, math.inf], [3, 4], "Drop the others"),
    ],
)
def test_a_ratio_of_impossible_columns_is_refused(y, x, words):
    for call in (stats.ratios, stats.ratio_of_sums):
        with pytest.raises(ParameterError, match=words):
            call(y, x)


def test_a_missing_value_of_a_pandas_column_is_refused_as_well():
    with pytest.raises(ParameterError, match="Drop the others"):
        stats.ratios(pd.array([1, None], dtype="Int64"), pd.array([2, 3], dtype="Int64"))


def _ratio(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return y / x


def test_the_bootstrap_needs_ten_clusters_and_rows_that_differ():
    nine, ten = np.arange(1, 10), np.arange(1, 11)
    assert stats.cluster_bootstrap(_ratio, nine, nine + 50).missing == "9 clusters, fewer than 10"
    assert not math.isnan(stats.cluster_bootstrap(_ratio, ten, ten + 50).low)
    assert "do not differ" in stats.cluster_bootstrap(_ratio, np.ones(10), np.ones(10)).missing


def test_the_bootstrap_gives_the_same_interval_for_the_same_seed():
    y, x = np.arange(1, 21), np.arange(1, 21) * 10 + 3
    first, second = (stats.cluster_bootstrap(_ratio, y, x, seed=4) for _ in range(2))
    assert first == second != stats.cluster_bootstrap(_ratio, y, x, seed=5)


# --- shrinkage ---

ROWS = [
    ([3, 5, 1, 9], [40, 50, 20, 60]),
    ([0, 0, 1, 0], [30, 20, 10, 40]),
    ([100, 105, 95, 99, 101], [1000] * 5),
    ([12_000, 10_050, 8_950, 10_010, 9_990], [100_000] * 5),
    ([10_000, 10_050, 9_950, 10_010, 9_990], [100_000] * 5),
]


def test_the_likelihood_of_the_beta_binomial_is_the_textbook_one():
    from fanecon.stats.shrinkage import _likelihood

    (k, n), points = ROWS[0], [(0.1, 5.0), (0.2, 50.0), (0.05, 800.0)]
    apart = sum(math.log(math.comb(b, a)) for a, b in zip(k, n, strict=True))
    for mean, strength in points:
        found = _likelihood(np.array(k, float), np.array(n, float), mean, strength).item()
        assert found + apart == pytest.approx(by.beta_binomial_loglikelihood(k, n, mean, strength), rel=1e-10)
        assert math.exp(by.beta_binomial_logpmf(3, 9, mean, strength)) == pytest.approx(
            distributions.betabinom.pmf(3, 9, mean * strength, (1 - mean) * strength)
        )


@pytest.mark.parametrize(("k", "n"), [*ROWS, ([1, 40, 3, 0, 9], [50, 60, 40, 30, 90])])
def test_no_other_beta_binomial_is_more_likely_than_the_fitted_one(k, n):
    found = stats.fit_beta_binomial(k, n)
    strengths = [math.exp(s) for s in np.linspace(-2, 16, 60)]
    means = np.linspace(0.3, 3, 40) * sum(k) / sum(n)
    best = max(by.beta_binomial_loglikelihood(k, n, m, s) for m in means if m < 1 for s in strengths)
    at = by.beta_binomial_loglikelihood(k, n, found.mean, min(found.strength, 1e9))
    assert at >= best - 1e-4


def test_rows_that_differ_by_chance_alone_have_infinite_strength():
    assert stats.fit_beta_binomial([10, 20, 30], [100, 200, 300]).strength == math.inf
    assert stats.fit_beta_binomial([0, 0, 0], [100, 200, 300]) == (0.0, math.inf)
    assert stats.fit_beta_binomial([10, 20, 30], [100, 200, 300]).correlation == 0


def test_the_fit_finds_the_truth_of_a_simulation():
    rng = np.random.default_rng(3)
    n = rng.integers(100, 3000, 2000)
    found = stats.fit_beta_binomial(rng.binomial(n, rng.beta(5, 95, 2000)), n)
    assert found.mean == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 101 / 2000))
    assert found.strength == pytest.approx(100, rel=0.12)


@pytest.mark.parametrize(("k", "n"), ROWS)
def test_shrinkage_is_the_posterior_mean_and_its_beta_by_brute_force(k, n):
    pooled = sum(k) / sum(n)
    spread = max(np.std([a / b for a, b in zip(k, n, strict=True)]), math.sqrt(pooled * (1 - pooled) / sum(n)))
    near = pooled + 14 * spread * np.linspace(-1, 1, 321)
    means = 0.7 * ((np.arange(300) + 1) / 300) ** 4 if min(k) == 0 else near[(near > 0) & (near < 1)]
    logs = np.linspace(-9, math.log(max(n)) + 14, 121)
    found = stats.shrink(k, n)
    for (centre, variance), row in zip(by.hierarchical_posterior(k, n, means, logs), found.itertuples(), strict=True):
        deviation, size = math.sqrt(variance), centre * (1 - centre) / variance - 1
        assert row.estimate == pytest.approx(centre, abs=0.05 * deviation)
        wanted = distributions.beta.ppf([0.025, 0.975], centre * size, (1 - centre) * size)
        assert [row.low, row.high] == pytest.approx(wanted, abs=0.1 * deviation)


def test_without_strength_the_raw_rates_come_back_and_with_infinite_strength_the_pooled_one():
    k, n = [3, 5, 1, 9], [40, 50, 20, 60]
    assert stats.shrink(k, n, strength=0)["estimate"].tolist() == pytest.approx([a / b for a, b in zip(k, n)])  # noqa: B905
    assert stats.shrink(k, n, strength=math.inf)["estimate"].tolist() == pytest.approx([18 / 170] * 4)
    nearly = stats.shrink(k, n, strength=1e9)["estimate"].tolist()
    assert nearly == pytest.approx([18 / 170] * 4, rel=1e-5)


def test_a_row_is_drawn_to_the_mean_the_more_the_fewer_its_trials():
    found = stats.shrink([1, 10, 100, 30, 8], [5, 50, 500, 400, 90], strength=100)["estimate"]
    moved = [0.2 - value for value in found[:3]]
    assert moved[0] > moved[1] > moved[2] > 0


@pytest.mark.parametrize(
    ("k", "n", "more", "words"),
    [
        ([1, 2], [3, 4], {}, "at least 3 rows; found 2"),
        ([5, 1, 1], [3, 4, 5], {}, "Successes exceed trials"),
        ([1, 1, 1], [3, 0, 5], {}, "> 0"),
        ([1, 1, 1], [3, 4, 5], {"strength": -1}, "0 or more .*found -1"),
        ([1, 1, 1], [3, 4, 5], {"strength": math.nan}, "0 or more .*found nan"),
    ],
)
def test_rows_that_cannot_be_shrunk_are_refused(k, n, more, words):
    with pytest.raises(ParameterError, match=words):
        stats.shrink(k, n, **more)


def test_rows_without_any_success_get_no_interval_from_each_other():
    found = stats.shrink([0, 0, 0], [20, 30, 40])
    assert found["estimate"].tolist() == [0, 0, 0]
    assert found[["low", "high"]].isna().all(axis=None)


# --- coverage: an interval is a claim ---


def wilson_coverage(n: int, chances: np.ndarray, interval=stats.wilson) -> np.ndarray:
    """Exact: Σ over all outcomes whose interval holds the truth."""
    found = [interval(k, n) for k in range(n + 1)]
    held = np.array([[p in one for one in found] for p in chances])
    return (held * distributions.binom.pmf(np.arange(n + 1), n, chances[:, None])).sum(axis=1)


@pytest.mark.parametrize("n", [20, 100, 300])
def test_wilson_covers_95_percent_on_average_over_all_rates(n):
    """Exact sums, no simulation.  Single rates near 0 or 1 fall short, as Brown, Cai and DasGupta 2001 show."""
    covered = wilson_coverage(n, np.linspace(0.005, 0.995, 397))
    assert 0.94 <= covered.mean() <= 0.97
    middle = wilson_coverage(n, np.linspace(0.1, 0.9, 161))
    assert middle.min() >= 0.925


@pytest.mark.parametrize("n", [10, 50, 200])
def test_the_exact_interval_never_covers_less_than_it_says(n):
    assert wilson_coverage(n, np.linspace(0.002, 0.998, 250), stats.clopper_pearson).min() >= 0.95


def newcombe_coverage(n1: int, n2: int, pairs: list[tuple[float, float]]) -> np.ndarray:
    found = [[stats.newcombe_difference((a, n1), (b, n2)) for b in range(n2 + 1)] for a in range(n1 + 1)]
    low, high = (np.array([[getattr(one, end) for one in row] for row in found]) for end in ("low", "high"))
    covered = []
    for p, q in pairs:
        chance = np.outer(
            distributions.binom.pmf(np.arange(n1 + 1), n1, p), distributions.binom.pmf(np.arange(n2 + 1), n2, q)
        )
        covered.append((chance * ((low <= p - q) & (p - q <= high))).sum())
    return np.array(covered)


@pytest.mark.parametrize(("n1", "n2"), [(20, 20), (15, 35)])
def test_newcombes_difference_covers_95_percent_on_average(n1, n2):
    """Newcombe 1998 found a mean of .952 and a least of .867 for method 10 over n = 5 to 50."""
    grid = [(p, q) for p in np.linspace(0.03, 0.97, 25) for q in np.linspace(0.03, 0.97, 25)]
    covered = newcombe_coverage(n1, n2, grid)
    assert 0.94 <= covered.mean() <= 0.97
    assert covered.min() >= 0.867


@pytest.mark.parametrize("n", [6, 9, 25, 60])
def test_the_median_interval_covers_for_a_skewed_law(n):
    rng = np.random.default_rng(n)
    held = [1.0 in stats.median_interval(rng.lognormal(0, 2, n)) for _ in range(2_000)]
    assert np.mean(held) >= 0.935


def articles(rng: np.random.Generator, n: int, sizes: str, rate: float = 0.05, strength: float = 60.0):
    """Readers and sharers of n articles whose rates are beta, with sizes all equal or lognormal."""
    x = np.full(n, 2000) if sizes == "equal" else np.ceil(rng.lognormal(math.log(2000), 1.0, n)).astype(int)
    return rng.binomial(x, rng.beta(rate * strength, (1 - rate) * strength, n)), x


def ratio_coverage(n: int, sizes: str, runs: int, *, unit: str = "proportion") -> float:
    rng, hits = np.random.default_rng(1000 + n), 0
    for _ in range(runs):
        y, x = articles(rng, n, sizes)
        if unit != "proportion":  # reads per reader and the like: a gamma ratio around 1.5 with Poisson counts
            y = rng.poisson(x * rng.gamma(4, 1.5 / 4, n))
        hits += (0.05 if unit == "proportion" else 1.5) in stats.ratio_of_sums(y, x, unit=unit)
    return hits / runs


RATIO_GRID = [(n, sizes) for n in (3, 5, 10, 50) for sizes in ("equal", "lognormal")]


@pytest.mark.parametrize("runs", NIGHT)
@pytest.mark.parametrize(("n", "sizes"), RATIO_GRID)
def test_the_interval_of_a_ratio_of_proportions_covers(n, sizes, runs):
    assert ratio_coverage(n, sizes, runs) >= 0.935


@pytest.mark.parametrize("runs", NIGHT)
@pytest.mark.parametrize(("n", "sizes"), RATIO_GRID)
def test_the_interval_of_a_ratio_above_one_covers(n, sizes, runs):
    assert ratio_coverage(n, sizes, runs, unit="shares per read") >= 0.935


def tied_coverage(n: int, power: float, runs: int) -> float:
    """Articles whose rate moves with their size: rate ∝ size^power, times gamma noise; the truth is E[y]/E[x]."""
    rng, sigma = np.random.default_rng(n), 1.0
    # E[x^(1+power)]/E[x] of a lognormal with median 1, by its moments
    truth = 0.05 * math.exp(((1 + power) ** 2 - 1) * sigma**2 / 2)
    hits = 0
    for _ in range(runs):
        relative = rng.lognormal(0, sigma, n)
        x = np.ceil(2000 * relative)
        y = rng.poisson(np.minimum(x, 0.05 * relative**power * x * rng.gamma(8, 1 / 8, n)))
        hits += truth in stats.ratio_of_sums(np.minimum(y, x), x)
    return hits / runs


@pytest.mark.parametrize("n", [5, 10, 50])
@pytest.mark.parametrize(
    ("power", "least", "most"), [(-0.25, 0.93, 0.98), (-0.5, 0.91, 0.97), (0.25, 0.87, 0.945), (0.5, 0.77, 0.89)]
)
def test_the_interval_of_a_ratio_covers_as_little_as_its_docstring_says_where_rates_depend_on_size(
    n, power, least, most
):
    """A known miss, not a promise: should the interval become better, the docstring is to be corrected."""
    assert least <= tied_coverage(n, power, 2_000) <= most


def bootstrap_coverage(n: int, runs: int, sizes: str = "equal", strength: float = 99.0) -> np.ndarray:
    """Coverage of the cluster bootstrap, of pooled Wilson and of the ratio of sums; correlation 1/(1 + strength)."""
    rng, hits = np.random.default_rng(n), np.zeros(3)
    for run in range(runs):
        y, x = articles(rng, n, sizes, 0.05, strength)
        hits += [
            0.05 in stats.cluster_bootstrap(_ratio, y, x, seed=run),
            0.05 in stats.wilson(y.sum(), x.sum()),
            0.05 in stats.ratio_of_sums(y, x),
        ]
    return hits / runs


@pytest.mark.parametrize("runs", [500, pytest.param(4_000, marks=pytest.mark.nightly)])
def test_with_a_correlation_of_one_percent_the_bootstrap_covers_and_pooled_wilson_fails(runs):
    """Thirty articles of 2,000 readers; ≥ .93 is asked of the bootstrap."""
    bootstrap, pooled, sums = bootstrap_coverage(30, runs)
    assert bootstrap >= 0.93
    assert sums >= 0.935
    assert pooled < 0.5


@pytest.mark.parametrize("runs", [400, pytest.param(4_000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("n", "sizes", "least"), [(10, "equal", 0.935), (10, "lognormal", 0.90), (30, "lognormal", 0.91)]
)
def test_the_bootstrap_covers_as_its_docstring_says(n, sizes, least, runs):
    """Like sizes are held to the level; uneven sizes are a known miss (92 to 94 %), told in the docstring."""
    bootstrap, _, sums = bootstrap_coverage(n, runs, sizes)
    assert bootstrap >= least - (0.025 if runs < 1_000 else 0)
    assert sums >= 0.925


def test_the_jackknife_error_of_the_bootstrap_is_the_textbook_one():
    """Delete one cluster at a time, by a loop (Davison and Hinkley 1997, section 2.7.3)."""
    from fanecon.stats.ratios import _jackknifed

    y, x = np.array([3.0, 9, 4, 7]), np.array([40.0, 60, 80, 50])
    each = [(y.sum() - a) / (x.sum() - b) for a, b in zip(y, x, strict=True)]
    textbook = math.sqrt(3 / 4 * sum((value - sum(each) / 4) ** 2 for value in each))
    whole, error = _jackknifed(_ratio, np.stack([y, x]), np.arange(4)[None])
    assert (whole[0], error[0]) == (pytest.approx(y.sum() / x.sum()), pytest.approx(textbook))


def shrink_coverage(rows: int, runs: int, rate: float, strength: float, most: int) -> float:
    """How often a row's interval holds its own true rate, averaged over rows."""
    rng, held = np.random.default_rng(rows), []
    for _ in range(runs):
        n, truth = rng.integers(20, most, rows), rng.beta(rate * strength, (1 - rate) * strength, rows)
        found = stats.shrink(rng.binomial(n, truth), n)
        held.append(((found["low"] <= truth) & (truth <= found["high"])).mean())
    return float(np.mean(held))


@pytest.mark.parametrize("runs", [100, pytest.param(2_000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("rows", "rate", "strength", "most"),
    [(5, 0.05, 60, 2000), (20, 0.05, 20, 2000), (20, 0.05, 200, 2000), (40, 0.02, 30, 100), (20, 0.05, 1e6, 2000)],
)
def test_shrunken_intervals_cover_on_average_over_rows(rows, rate, strength, most, runs):
    """100 runs of 5 to 40 rows; the gate leaves 1.5 Monte-Carlo errors of rows that share one common distribution."""
    assert shrink_coverage(rows, runs, rate, strength, most) >= (0.93 if runs > 100 else 0.92)
