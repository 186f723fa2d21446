"""Drawn stories are uniform over the forests they stand for; pushes have the R they were given; best of K."""

import itertools
import math
from collections import Counter

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats as distributions

import fanecon as fe
from fanecon.metrics.sharing import branching
from fanecon.metrics.sharing.paths import _by_generation, _forest
from fanecon.schema import ParameterError

INF = math.inf


# --- forests ---


def test_generation_sizes_follow_from_walking_the_queue():
    """Two roots: the first has two children, the second none; the first child has one.  2 → 2 → 1."""
    assert by.generation_sizes([2, 0, 1, 0, 0], 2) == (2, 2, 1)
    assert _by_generation(np.array([2, 0, 1, 0, 0]), 2).tolist() == [2, 2, 1]


@pytest.mark.parametrize(("nodes", "seeds"), [(1, 1), (4, 1), (6, 2), (7, 3)])
def test_generation_sizes_agree_for_every_forest(nodes, seeds):
    for offspring in by.offspring_sequences(nodes, seeds):
        assert tuple(_by_generation(np.array(offspring), seeds)) == by.generation_sizes(offspring, seeds)


@pytest.mark.parametrize(("nodes", "seeds"), [(4, 1), (5, 2), (6, 3)])
def test_when_everybody_shares_all_labelled_forests_are_equally_likely(nodes, seeds):
    """Cayley 1889: N₀·N^(N−N₀−1) forests on N nodes with N₀ given roots; listed here by parent maps without loops."""
    sizes: Counter[tuple[int, ...]] = Counter()
    for parents in itertools.product(range(nodes), repeat=nodes - seeds):
        depth = _depths(nodes, seeds, parents)
        if depth:
            sizes[tuple(Counter(depth)[d] for d in range(max(depth) + 1))] += 1
    assert sum(sizes.values()) == seeds * nodes ** (nodes - seeds - 1)
    law = by.forest_law(nodes, seeds, nodes, lambda k: by.poisson_pmf(k, 0.7))
    assert law == pytest.approx({one: count / sum(sizes.values()) for one, count in sizes.items()})


def _depths(nodes: int, seeds: int, parents: tuple[int, ...]) -> list[int]:
    depth = []
    for node in range(nodes):
        steps = 0
        while node >= seeds and steps <= nodes:
            node, steps = parents[node - seeds], steps + 1
        if steps > nodes:
            return []
        depth.append(steps)
    return depth


@pytest.mark.parametrize("dispersion", [INF, 0.5])
@pytest.mark.parametrize(
    ("nodes", "seeds", "sharers"), [(6, 2, 6), (7, 1, 7), (6, 2, 3), (8, 3, 2), (7, 1, 4), (5, 3, 2)]
)
def test_drawn_stories_are_as_frequent_as_listing_every_forest_says(nodes, seeds, sharers, dispersion):
    """Chi-square against exact enumeration: everybody shares (Poisson views), and sharers first, views second."""

    def views(k):
        return by.poisson_pmf(k, 1.3) if math.isinf(dispersion) else by.negative_binomial_pmf(k, 1.3, 0.5)

    law, rng, runs = by.forest_law(nodes, seeds, sharers, views), np.random.default_rng(nodes + sharers), 4000
    seen = Counter(tuple(_forest(nodes, seeds, sharers, dispersion, rng).tolist()) for _ in range(runs))
    assert set(seen) <= set(law)
    assert sum(seen.values()) == runs
    common = [sizes for sizes, p in law.items() if p * runs >= 5]
    observed = [seen[sizes] for sizes in common]
    expected = [law[sizes] * runs for sizes in common]
    if (rest := runs - sum(expected)) > 5:
        observed, expected = [*observed, runs - sum(observed)], [*expected, rest]
    expected = np.array(expected) * sum(observed) / sum(expected)
    assert distributions.chisquare(observed, expected).pvalue > 0.001


def test_free_pushes_with_the_same_totals_peak_as_often_as_the_drawn_stories():
    """Rejection sampling: keep the pushes that happened to reach 8 reads and 4 shares from 2 seeds."""
    pushes = fe.simulate_pushes(200_000, seeds=2, share_rate=0.5, reproduction=0.8, seed=3)
    kept = pushes[(pushes["reads"] == 8) & (pushes["shares"] == 4)]
    law = by.forest_law(8, 2, 4, lambda k: by.poisson_pmf(k, 1.6))
    exact = np.zeros(7)
    for sizes, p in law.items():
        exact[int(np.argmax(sizes))] += p
    seen = np.bincount(kept["peak_generation"], minlength=7)
    some = exact * len(kept) >= 5
    wanted = exact[some] / exact[some].sum() * seen[some].sum()
    assert len(kept) > 1000
    assert distributions.chisquare(seen[some], wanted).pvalue > 0.001


def test_every_story_ends_with_the_totals_it_was_given():
    found = fe.conditioned_paths(500, seeds=20, shares=60, paths=30, view_dispersion=0.5, seed=1)
    assert found.curves.groupby("path")["reads"].sum().unique().tolist() == [500]
    assert (found.curves.query("generation == 0")["reads"] == 20).all()
    assert (found.curves["reads"] > 0).all()
    lengths = found.curves.groupby("path")["generation"].max()
    assert lengths.tolist() == found.paths["generations"].tolist()


def test_the_table_of_stories_holds_the_median_and_the_middle_95_percent():
    found = fe.conditioned_paths(300, seeds=20, shares=60, paths=200)
    row = found.summary().set_index("measure").loc["generations"]
    assert row.tolist() == pytest.approx(np.quantile(found.paths["generations"], [0.5, 0.025, 0.975]))
    assert found.shows == "simulation"
    assert any("not a confidence interval" in note for note in found.notes)


def test_the_chance_of_an_early_peak_is_a_proportion_of_stories():
    found = fe.conditioned_paths(300, seeds=20, shares=60, paths=200, seed=2)
    early = int((found.paths["peak_generation"] <= 3).sum())
    interval = found.chance_of_peak_by(3)
    assert interval.estimate == early / 200
    assert (interval.low, interval.high) == pytest.approx(by.wilson(early, 200))


def test_the_interval_of_an_early_peak_covers_the_chance_that_listing_gives():
    law = by.forest_law(8, 2, 4, lambda k: by.poisson_pmf(k, 1.0))
    truth = sum(p for sizes, p in law.items() if np.argmax(sizes) <= 1)
    held = [
        truth in fe.conditioned_paths(8, seeds=2, shares=4, paths=60, seed=seed).chance_of_peak_by(1)
        for seed in range(400)
    ]
    assert np.mean(held) >= 0.92  # 400 runs: .935 less 1.5 Monte-Carlo errors


def test_the_same_seed_draws_the_same_stories():
    first, second, other = (fe.conditioned_paths(300, seeds=20, shares=60, paths=20, seed=s).paths for s in (1, 1, 2))
    assert first.equals(second)
    assert not first.equals(other)


@pytest.mark.parametrize(
    "bad",
    [{"seeds": 0}, {"seeds": 300}, {"shares": 0}, {"shares": 301}, {"paths": 0}, {"view_dispersion": 0}],
)
def test_impossible_stories_are_refused(bad):
    with pytest.raises(ParameterError, match=r"Needed: 1 ≤ seeds < reads.*found seeds="):
        fe.conditioned_paths(300, **{"seeds": 20, "shares": 60, **bad})


# --- free pushes ---


def test_pushes_say_that_they_are_synthetic_and_hold_together():
    found = fe.simulate_pushes(500, seeds=50, share_rate=0.1, reproduction=0.8, tail=1.5, seed=4)
    assert found.attrs["synthetic"] is True
    assert (found["reads"] >= 50).all()
    assert (found["imported_shares"] <= found["shares"]).all()
    assert (found["largest_share"] <= found["reads"] - 50).all()
    assert found["finished"].all()
    assert found.equals(fe.simulate_pushes(500, seeds=50, share_rate=0.1, reproduction=0.8, tail=1.5, seed=4))


@pytest.mark.parametrize("tail", [0.0, 1.0])
def test_pushes_have_the_mean_total_of_theory(tail):
    r, rate = 0.7, 0.1
    found = fe.simulate_pushes(20_000, seeds=40, share_rate=rate, reproduction=r, tail=tail, seed=5)["reads"]
    law = ("lognormal", tail) if tail else ("bernoulli-poisson", 1.0)
    variance = branching.offspring_variance(r, rate, *law)
    theory = math.sqrt(40 * variance / (1 - r) ** 3)
    assert found.mean() == pytest.approx(40 / (1 - r), abs=4 * theory / math.sqrt(20_000))
    assert found.std() == pytest.approx(theory, rel=0.05 if tail == 0 else 0.25)


def test_without_begotten_reads_the_peak_is_the_push_itself():
    found = fe.simulate_pushes(20, seeds=7, share_rate=0.5, reproduction=0.0)
    assert (found["reads"] == 7).all()
    assert (found["peak_generation"] == 0).all()


def test_a_push_that_never_ends_is_cut_at_a_million_and_says_so():
    found = fe.simulate_pushes(5, seeds=200, share_rate=0.5, reproduction=2.0, seed=6)
    assert not found["finished"].any()
    assert (found["reads"] > 1_000_000).all()


def test_pushes_with_keen_seeds_are_those_of_the_two_type_definition():
    pushes = fe.simulate_pushes(20_000, seeds=280, share_rate=(0.5, 0.1), reproduction=0.6, seed=8)
    rng = np.random.default_rng(9)
    reads, shares, first = by.simulate_two_types(20_000, seeds=280, seed_rate=0.5, rate=0.1, views=6, rng=rng)
    for name, slow in (("reads", reads), ("shares", shares), ("imported_shares", first)):
        error = math.hypot(pushes[name].std(), slow.std()) / math.sqrt(20_000)
        assert pushes[name].mean() == pytest.approx(slow.mean(), abs=4 * error)
        assert pushes[name].std() == pytest.approx(slow.std(), rel=0.05)


@pytest.mark.parametrize(
    "bad", [{"seeds": 0}, {"share_rate": 0}, {"share_rate": (0.5, 1.2)}, {"reproduction": -1}, {"tail": -1}]
)
def test_impossible_pushes_are_refused(bad):
    with pytest.raises(ParameterError, match=r"Needed: pushes ≥ 1.*found"):
        fe.simulate_pushes(3, **{"seeds": 5, "share_rate": 0.1, "reproduction": 0.5, **bad})


# --- two phases, best of K ---


@pytest.mark.parametrize(("growth", "decline"), [(1, 0.0), (4, 0.5), (12, 0.7), (3, 0.95)])
def test_two_phases_add_up_to_the_reads(growth, decline):
    found = fe.two_phases(5000, seeds=100, growth=growth, decline=decline)
    assert by.two_phase_total(100, found.reproduction, growth, decline) == pytest.approx(5000, rel=1e-6)
    assert found.curve[0] == 100
    assert int(found.curve.argmax()) == growth
    assert found.curve.sum() == pytest.approx(5000, rel=0.15 if decline > 0.9 else 1e-5)


@pytest.mark.parametrize("bad", [{"seeds": 0}, {"seeds": 5000}, {"growth": 0}, {"decline": 1}, {"decline": -0.1}])
def test_impossible_phases_are_refused(bad):
    with pytest.raises(ParameterError, match=r"Needed: 0 < seeds < reads.*found"):
        fe.two_phases(5000, **{"seeds": 100, "growth": 3, **bad})


def test_the_best_of_k_is_one_minus_all_of_them_missing():
    found = fe.best_of_k(60, seeds=5, share_rate=0.3, reproductions=(0.5, 0.9), articles=(1, 4, 50)).summary()
    law = {r: by.shared_pmf(0.3, lambda k, r=r: by.poisson_pmf(k, r / 0.3)) for r in (0.5, 0.9)}
    for row in found.itertuples():
        p = by.chance_of_at_least(60, 5, law[row.reproduction])
        assert row.estimate == pytest.approx(1 - (1 - p) ** row.articles, abs=1e-9)


def test_a_total_that_is_certain_is_certain_for_the_best_as_well():
    assert (fe.best_of_k(5, seeds=5, share_rate=0.3, reproductions=(0.5,)).summary()["estimate"] == 1).all()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"articles": ()}, "articles ≥ 1; found"),
        ({"articles": (0,)}, "found"),
        ({"reproductions": ()}, "at least one R"),
    ],
)
def test_the_best_of_nothing_is_refused(more, words):
    with pytest.raises(ParameterError, match=words):
        fe.best_of_k(60, seeds=5, share_rate=0.3, **more)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")
