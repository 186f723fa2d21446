"""The change between two runs: its interval holds as often as it says, and is left out where it would be invented."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from records import START, half_life, record, share
from scipy import stats as theory

from fanecon.numbers import Interval
from fanecon.report.history.changes import Change, Shared, change, changes, pair, shared_data, square_and_add
from fanecon.report.record import Input, Metric, Record
from fanecon.stats import newcombe_difference, wilson

# Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: first minus second
PRINTED = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((10, 10), (0, 20), 0.6791, 1.0000),
    ((10, 10), (0, 10), 0.6075, 1.0000),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
]


@pytest.mark.parametrize(("first", "second", "low", "high"), PRINTED)
def test_proportions_give_the_printed_intervals(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    got = square_and_add(wilson(*second), wilson(*first))
    assert (got.low, got.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))
    assert got.unit == "points"
    ours = newcombe_difference(first, second)
    assert (got.estimate, got.low, got.high) == pytest.approx((ours.estimate, ours.low, ours.high), abs=1e-12)


def by_definition(before: Interval, now: Interval) -> tuple[float, float]:
    """Zou and Donner 2008, equation for θ1 − θ2, letter by letter, with θ1 = now."""
    theta1, l1, u1 = now.estimate, now.low, now.high
    theta2, l2, u2 = before.estimate, before.low, before.high
    lower = theta1 - theta2 - ((theta1 - l1) ** 2 + (u2 - theta2) ** 2) ** 0.5
    upper = theta1 - theta2 + ((u1 - theta1) ** 2 + (theta2 - l2) ** 2) ** 0.5
    return lower, upper


def test_the_interval_is_that_of_the_definition_and_turns_with_the_order() -> None:
    draw = np.random.default_rng(1)
    for _ in range(200):
        first, second = (Interval(*(draw.normal() + np.array([0, -draw.gamma(1), draw.gamma(1)]))) for _ in range(2))
        forth, back = square_and_add(first, second), square_and_add(second, first)
        assert (forth.low, forth.high) == pytest.approx(by_definition(first, second))
        assert (forth.estimate, forth.low, forth.high) == pytest.approx((-back.estimate, -back.high, -back.low))


def test_two_symmetric_intervals_add_like_standard_errors() -> None:
    got = square_and_add(Interval(10, 7, 13), Interval(20, 16, 24))
    assert (got.estimate, got.low, got.high) == (10, 5, 15)


def test_a_difference_has_no_digits_that_its_terms_do_not_carry() -> None:
    for before, now, expected in ((0.0221, 0.0222, 0.0001), (5.2, 5.3, 0.1), (1e9, 1e9 + 0.25, 0.25)):
        got = square_and_add(Interval(before, before, before), Interval(now, now, now))
        assert (got.estimate, got.low, got.high) == (expected, expected, expected)
    tiny, huge = Interval(5e-324, 0, 1e-323), Interval(1e308, 1e307, 1.1e308)
    assert square_and_add(tiny, tiny).estimate == 0
    assert square_and_add(tiny, huge).estimate == 1e308


# --- how often the interval holds ---


def wilson_ends(k: np.ndarray, n: int) -> np.ndarray:
    z = theory.norm.ppf(0.975)
    centre, reach = (k + z * z / 2) / (n + z * z), z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
    return np.stack([k / n, centre - reach, centre + reach])


def log_normal_mean_ends(sample: np.ndarray) -> np.ndarray:
    """Zou, Huo and Taleban 2009, Environmetrics 20:172: exp of the interval for μ + σ²/2, itself squared and added."""
    logs, n = np.log(sample), sample.shape[1]
    mean, spread, z = logs.mean(axis=1), logs.var(axis=1, ddof=1), theory.norm.ppf(0.975)
    reach, half = z * z * spread / n, spread / 2
    low = half * (1 - (n - 1) / theory.chi2.ppf(0.975, n - 1))
    high = half * ((n - 1) / theory.chi2.ppf(0.025, n - 1) - 1)
    return np.exp(
        np.stack([mean + half, mean + half - np.sqrt(reach + low**2), mean + half + np.sqrt(reach + high**2)])
    )


def held(before: np.ndarray, now: np.ndarray, truth: float) -> float:
    """How often the interval of the change holds the truth, by the library's own arithmetic, pair by pair."""
    got = [square_and_add(Interval(*one), Interval(*other)) for one, other in zip(before.T, now.T, strict=True)]
    return float(np.mean([truth in interval for interval in got]))


PROPORTIONS = [(0.02, 1_000, 0.02, 1_000), (0.02, 500, 0.05, 2_000), (0.3, 100, 0.5, 60), (0.9, 80, 0.6, 300)]
LOG_NORMALS = [(1.0, 30, 1.0, 30), (1.0, 50, 1.5, 200), (2.0, 300, 1.0, 40), (0.5, 15, 0.5, 60)]


def proportions_hold(shape: tuple[float, int, float, int], times: int, seed: int) -> float:
    p, n, q, m = shape
    draw = np.random.default_rng(seed)
    first, second = draw.binomial(n, p, times), draw.binomial(m, q, times)
    return held(wilson_ends(first, n), wilson_ends(second, m), q - p)


def log_normals_hold(shape: tuple[float, int, float, int], times: int, seed: int) -> float:
    sigma, n, tau, m = shape
    draw = np.random.default_rng(seed)
    first, second = draw.lognormal(0, sigma, (times, n)), draw.lognormal(0.3, tau, (times, m))
    truth = math.exp(0.3 + tau**2 / 2) - math.exp(sigma**2 / 2)
    return held(log_normal_mean_ends(first), log_normal_mean_ends(second), truth)


def shared_hold(fresh: float, times: int, seed: int) -> float:
    """Two runs over windows that share all but a part of their readers, whose share does not change."""
    n, draw = 1_000, np.random.default_rng(seed)
    new = int(n * fresh)
    common = draw.binomial(n - new, 0.1, times)
    first, second = (common + draw.binomial(new, 0.1, times) for _ in range(2))
    return held(wilson_ends(first, n), wilson_ends(second, n), 0.0)


@pytest.mark.parametrize("shape", PROPORTIONS)
def test_the_change_of_a_proportion_is_held_as_often_as_it_says(shape: tuple[float, int, float, int]) -> None:
    assert 0.93 <= proportions_hold(shape, 1_000, 5) <= 0.985


@pytest.mark.parametrize("shape", LOG_NORMALS)
def test_the_change_of_a_skewed_mean_is_held_as_often_as_it_says(shape: tuple[float, int, float, int]) -> None:
    assert 0.93 <= log_normals_hold(shape, 1_000, 6) <= 0.985


def test_the_interval_errs_on_the_careful_side_where_runs_share_data() -> None:
    assert shared_hold(0.5, 1_000, 7) > 0.98


@pytest.mark.nightly
def test_changes_are_held_as_often_as_they_say_over_ten_thousand_simulations() -> None:
    shares = {shape: proportions_hold(shape, 10_000, 1) for shape in PROPORTIONS}
    means = {shape: log_normals_hold(shape, 10_000, 2) for shape in LOG_NORMALS}
    overlaps = {fresh: shared_hold(fresh, 10_000, 3) for fresh in (1.0, 0.5, 0.1)}
    print(shares, means, overlaps)
    for one in (*shares.values(), *means.values(), overlaps[1.0]):
        assert one >= 0.94
    assert 0.94 <= np.mean([*shares.values(), *means.values()]) <= 0.97
    assert overlaps[1.0] < overlaps[0.5] < overlaps[0.1]


# --- what cannot be told ---


def without(one: Metric, **changed: object) -> Metric:
    return one.model_copy(update=changed)


UNTOLD: list[tuple[Metric, Metric, str]] = [
    (share(), without(share(), unit="times"), "the unit was proportion and is times"),
    (share(), without(share(), shows="simulation"), "the number showed a fact and shows a simulation"),
    (without(share(), estimate=None), share(), "the earlier run has no value"),
    (share(), without(share(), estimate=math.nan), "this run has no value"),
    (share(), without(share(), estimate=math.inf), "this run has no value"),
]
WITHOUT: list[tuple[Metric, Metric, str]] = [
    (without(share(), low=None), share(), "the earlier run has none"),
    (share(), without(share(), high=math.nan), "this run has none"),
    (without(share(), shows="simulation"), without(share(), shows="simulation"), "both numbers are simulated"),
    (share(), without(share(), level=0.9), "the levels differ: 0.95 and 0.9"),
    (without(share(), level=None), share(), "not known"),
    (share(), without(share(), estimate=0.9), "does not hold its estimate"),
    (share(), without(share(), low=0.9), "does not hold its estimate"),
]


@pytest.mark.parametrize(("before", "now", "reason"), UNTOLD)
def test_numbers_of_different_kinds_have_no_change(before: Metric, now: Metric, reason: str) -> None:
    got = change(before, now, shared="none").interval
    assert math.isnan(got.estimate)
    assert math.isnan(got.low)
    assert got.missing == reason


@pytest.mark.parametrize(("before", "now", "reason"), WITHOUT)
def test_a_change_without_two_intervals_gets_none(before: Metric, now: Metric, reason: str) -> None:
    got = change(before, now, shared="none").interval
    assert math.isfinite(got.estimate)
    assert math.isnan(got.low)
    assert reason in got.missing


def test_the_same_data_have_an_exact_change_and_no_interval() -> None:
    got = change(share(200), share(210), shared="all")
    assert got.interval.estimate == pytest.approx(0.001)
    assert math.isnan(got.interval.low)
    assert "0.100 percentage points (no interval: both runs read the same data" in str(got.interval)
    assert "does not come from chance" in got.basis


def test_a_share_of_none_and_an_endless_interval_have_a_change() -> None:
    got = change(share(0, 40), share(2, 40), shared="none").interval
    assert got.low < 0 < got.high
    endless = change(half_life(), without(half_life(), high=math.inf), shared="none").interval
    assert (math.isfinite(endless.low), endless.high) == (True, math.inf)


def run(*inputs: tuple[str, str | None, str | None]) -> Record:
    files = tuple(Input(file="x", bytes=1, sha256=sha, first=first, last=last) for sha, first, last in inputs)
    return record().model_copy(update={"inputs": files})


SHARED: list[tuple[Record, Record, Shared]] = [
    (run(), run(), "unknown"),
    (run(("a", None, None)), run(), "unknown"),
    (run(("a", None, None)), run(("a", None, None)), "all"),
    (run(("a", None, None), ("b", None, None)), run(("b", None, None), ("a", None, None)), "all"),
    (run(("a", None, None), ("b", None, None)), run(("b", None, None)), "some"),
    (run(("a", None, None)), run(("b", None, None)), "unknown"),
    (run(("a", "2026-01-01", "2026-01-31")), run(("b", "2026-02-01", "2026-02-28")), "none"),
    (run(("a", "2026-01-01", "2026-01-31")), run(("b", "2026-01-01", "2026-02-28")), "some"),
    (run(("a", "2026-02-01", "2026-02-28")), run(("b", "2026-01-01", "2026-01-31")), "none"),
    (run(("a", "2026-01-01", "2026-01-31")), run(("b", "2026-01-31", "2026-02-28")), "some"),
    (run(("a", "2026-01-01", None)), run(("b", "2026-02-01", "2026-02-28")), "unknown"),
]


@pytest.mark.parametrize(("before", "now", "shared"), SHARED)
def test_what_two_runs_share_is_read_off_their_files_and_periods(before: Record, now: Record, shared: Shared) -> None:
    assert shared_data(before, now) == shared


def told(before: list[Metric], now: list[Metric]) -> list[tuple[float | None, float | None]]:
    return [(old.estimate if old else None, new.estimate) for old, new in pair(before, now)]


def number(estimate: float, key: str = "", heading: str = "") -> Metric:
    return Metric(name="n", key=key, estimate=estimate, heading=heading)


def test_a_number_is_compared_with_the_same_one_of_the_earlier_run() -> None:
    assert told([number(1, "a"), number(2, "b")], [number(4, "b"), number(3, "a"), number(5, "c")]) == [
        (2, 4),
        (1, 3),
        (None, 5),
    ]
    assert told([number(1, heading="Old words")], [number(2, heading="New words")]) == [(1, 2)]
    assert told([number(1, heading="A"), number(2, heading="B")], [number(3, heading="B")]) == [(2, 3)]
    assert told([number(1, heading="A"), number(2, heading="B")], [number(3, heading="C")]) == [(None, 3)]
    assert told([number(1), number(2)], [number(3), number(4)]) == [(1, 3), (2, 4)]


def test_all_changes_of_a_run_come_in_its_order() -> None:
    before, now = (
        record(metrics=[share(200), half_life(5)]),
        record(START + timedelta(days=1), metrics=[half_life(6), share(210)]),
    )
    first, second = changes(before, now)
    assert isinstance(first, Change)
    assert isinstance(second, Change)
    assert (first.name, second.name) == ("half_life", "share_to_read")
    assert first.interval.estimate == pytest.approx(1)
    assert first.shared == "unknown"
    assert first.level == 0.95


def test_the_examples_in_the_docstrings_are_true() -> None:
    from doctest import testmod

    from fanecon.report.history import changes as module

    assert testmod(module).failed == 0
    assert testmod(module).attempted > 0
