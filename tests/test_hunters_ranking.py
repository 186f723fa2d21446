"""The area under the ROC curve and average precision against their slow definitions, and how often they cover."""

import numpy as np
import pytest

import fanecon as fe
from fanecon.metrics.hunters.ranking import auc, average_precision, clustered, weighted_auc


def slow_auc(scores, hunters):
    """Every hunter against every other account: 1 above, one half equal."""
    pairs = [(a > b) + (a == b) / 2 for a in scores[hunters] for b in scores[~hunters]]
    return float(np.mean(pairs))


def slow_precision(scores, hunters):
    """Precision at every threshold, weighted by the recall that it adds."""
    total, before = 0.0, 0
    for threshold in sorted(set(scores), reverse=True):
        held = scores >= threshold
        found = int((held & hunters).sum())
        total += (found - before) / hunters.sum() * found / held.sum()
        before = found
    return total


def drawn(seed, size=60, ties=True):
    rng = np.random.default_rng(seed)
    hunters = rng.random(size) < 0.4
    scores = rng.normal(hunters * 1.0)
    return (np.round(scores) if ties else scores), hunters


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ties", [True, False])
def test_the_area_is_the_share_of_pairs_in_order(seed, ties):
    scores, hunters = drawn(seed, ties=ties)
    assert auc(scores, hunters).estimate == pytest.approx(slow_auc(scores, hunters))
    assert weighted_auc(scores, hunters, np.ones(len(scores))) == pytest.approx(slow_auc(scores, hunters))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_the_sum_over_thresholds(seed):
    scores, hunters = drawn(seed)
    assert average_precision(scores, hunters) == pytest.approx(slow_precision(scores, hunters))


def test_an_account_that_counts_twice_is_two_accounts():
    scores, hunters = drawn(3)
    weight = np.random.default_rng(0).integers(1, 4, len(scores))
    many = np.repeat(scores, weight), np.repeat(hunters, weight)
    assert weighted_auc(scores, hunters, weight.astype(float)) == pytest.approx(slow_auc(*many))
    assert average_precision(scores, hunters, weight.astype(float)) == pytest.approx(slow_precision(*many))


def test_order_of_rows_and_unit_of_the_score_change_nothing():
    scores, hunters = drawn(4)
    turn = np.random.default_rng(0).permutation(len(scores))
    assert auc(3 * scores[turn] + 7, hunters[turn]) == auc(scores, hunters)
    assert average_precision(np.exp(scores), hunters) == pytest.approx(average_precision(scores, hunters))


def test_delongs_variance_by_its_definition():
    scores, hunters = drawn(5)
    up, down = scores[hunters], scores[~hunters]
    kernel = (up[:, None] > down) + (up[:, None] == down) / 2
    spread = kernel.mean(1).var(ddof=1) / len(up) + kernel.mean(0).var(ddof=1) / len(down)
    assert auc(scores, hunters).width == pytest.approx(2 * 1.959964 * np.sqrt(spread), rel=1e-6)


def delong_covers(draws):
    truth = 0.7602499389065233  # Φ(1/√2): a normal score one standard deviation higher
    found = [auc(*_normal(seed)) for seed in range(draws)]
    return np.mean([truth in one for one in found])


def _normal(seed):
    rng = np.random.default_rng(seed)
    hunters = np.arange(200) < 70
    return rng.normal(hunters * 1.0), hunters


def test_delongs_interval_covers():
    assert 0.92 <= delong_covers(500) <= 0.975


@pytest.mark.nightly
def test_delongs_interval_covers_in_two_thousand_draws():
    assert 0.935 <= delong_covers(2000) <= 0.965


def test_accounts_of_one_farm_promise_less_than_accounts_of_their_own():
    rng = np.random.default_rng(1)
    farm = np.repeat(np.arange(40), 15)
    hunters = farm < 15
    scores = rng.normal(size=40)[farm] + hunters + 0.1 * rng.normal(size=600)
    alone, together = auc(scores, hunters), clustered(weighted_auc, scores, hunters, farm)
    assert together.estimate == pytest.approx(alone.estimate)
    assert together.width > 2 * alone.width


def test_labels_of_one_kind_are_refused():
    with pytest.raises(fe.ParameterError, match="only one of the two"):
        auc(np.arange(3.0), np.ones(3, bool))
