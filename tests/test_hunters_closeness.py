"""Pairs of one hand: strangers counted out, the share by tie recovered, crowds against the hour they stand in."""

import numpy as np
import pandas as pd
import pytest

from fanecon.metrics.hunters.closeness import APART, DAY, GAPS, HOUR, Pairs, Starts, learn_closeness, near_pairs
from fanecon.metrics.hunters.closeness import _margin as margin
from fanecon.metrics.hunters.company import in_company
from fanecon.metrics.hunters.crowd import background, crowd
from fanecon.metrics.hunters.ties import MOST_SHARING, Ties, components, direct_pairs, sharing_pairs, weigh_ties


def test_the_distance_of_strangers_is_that_of_all_pairs():
    values = np.random.default_rng(0).exponential(2 * DAY, 80)
    every = np.abs(values[:, None] - values)[np.triu_indices(80, 1)]
    counted = np.histogram(every, GAPS)[0] / len(every)
    assert margin(values, GAPS) == pytest.approx(counted, abs=1e-6)


def test_near_pairs_are_those_of_the_double_loop():
    seconds = np.random.default_rng(1).uniform(0, 3 * DAY, 60)
    found = {tuple(sorted(pair)) for one, other in near_pairs(seconds, HOUR) for pair in zip(one, other, strict=True)}
    slow = {(a, b) for a in range(60) for b in range(a + 1, 60) if abs(seconds[a] - seconds[b]) < HOUR}
    assert found == slow


def test_starts_that_are_unknown_have_no_neighbours():
    seconds = np.array([0.0, np.nan, 10.0, np.nan])
    assert [(one.tolist(), other.tolist()) for one, other in near_pairs(seconds, HOUR)] == [([0], [2])]


def hands(seed, pairs=3000, share=0.7):
    """Pairs of which a share was opened in one sitting; the rest are any two accounts."""
    rng = np.random.default_rng(seed)
    seconds, logs = rng.uniform(0, 200 * DAY, 2 * pairs), rng.normal(0, 1.5, 2 * pairs)
    same = rng.random(pairs) < share
    one, other = np.arange(pairs), np.arange(pairs, 2 * pairs)
    seconds[other[same]] = seconds[one[same]] + rng.exponential(HOUR, same.sum())
    logs[other[same]] = logs[one[same]] + rng.normal(0, 0.05, same.sum())
    return Starts(seconds, logs), Pairs("tie", one, other)


@pytest.mark.parametrize("share", [0.2, 0.7, 0.95])
def test_the_share_of_one_hand_is_recovered_without_labels(share):
    starts, pairs = hands(2, share=share)
    found = learn_closeness(starts, [pairs])
    assert found.learned
    assert found.shares[0] == pytest.approx(share, abs=0.04)
    assert found.ratio[0, 0] > 100 > 1 > found.ratio[-2, -2]


def test_each_kind_of_tie_has_its_own_share():
    starts, pairs = hands(3)
    rng = np.random.default_rng(0)
    chance = Pairs("chance", rng.integers(0, 3000, 2000), rng.integers(3000, 6000, 2000))
    found = learn_closeness(starts, [pairs, chance])
    assert found.shares[0] == pytest.approx(0.7, abs=0.05)
    assert found.shares[1] < 0.05


def test_too_few_ties_teach_nothing_and_say_so():
    starts, pairs = hands(4, pairs=50)
    assert not learn_closeness(starts, [pairs]).learned


def stream(seed, size=1500, days=20.0):
    rng = np.random.default_rng(seed)
    return Starts(np.sort(rng.uniform(0, days * DAY, size)), rng.normal(7, 1, size))


def measured(starts):
    closeness = learn_closeness(starts, [])
    return crowd(starts, closeness, background(starts, closeness))


def test_strangers_alone_make_no_crowd():
    found = measured(stream(0))
    assert abs(float(found.excess.mean())) < 0.3
    assert 0.6 < float(found.excess.std()) < 1.4
    assert found.alike.mean() == pytest.approx(found.expected.mean(), rel=0.15)


def test_an_evening_on_which_everybody_comes_is_no_farm():
    quiet, rng = stream(1, size=800), np.random.default_rng(1)
    evening = np.concatenate([quiet.seconds, 10 * DAY + rng.uniform(0, 6 * HOUR, 600)])
    found = measured(Starts(evening, rng.normal(7, 1, 1400)))
    assert abs(float(np.median(found.excess[800:]))) < 1.0


def test_a_farm_within_that_evening_stands_out():
    rng = np.random.default_rng(2)
    seconds = np.concatenate([rng.uniform(0, 20 * DAY, 800), 10 * DAY + rng.uniform(0, 6 * HOUR, 300)])
    farm = 10 * DAY + 3 * HOUR + np.cumsum(rng.exponential(60, 25))
    logs = np.concatenate([rng.normal(7, 1, 1100), 6.9 + rng.normal(0, 0.01, 25)])
    found = measured(Starts(np.concatenate([seconds, farm]), logs))
    assert np.median(found.excess[1100:]) > np.quantile(found.excess[:1100], 0.99)


def test_the_unit_of_the_amount_and_the_epoch_of_the_clock_change_nothing():
    starts = stream(3, size=400)
    moved = Starts(starts.seconds + 1e6, starts.logs + np.log(100))
    assert measured(moved).excess == pytest.approx(measured(starts).excess, abs=1e-6)


def test_ties_are_counted_once_and_to_oneself_not_at_all():
    links = pd.DataFrame({"src": ["a", "b", "a", "a", "z"], "dst": ["b", "a", "c", "a", "a"], "kind": "pays"})
    pairs = direct_pairs(links, pd.Index(["a", "b", "c"]))
    assert sorted((int(a), int(b)) for p in pairs for a, b in zip(p.one, p.other, strict=True)) == [(0, 1), (0, 2)]


def test_what_many_share_makes_no_ties():
    names = pd.Index(range(MOST_SHARING + 10))
    wide = pd.DataFrame({"value": "bank", "account": names})
    few = pd.DataFrame({"value": "purse", "account": [1, 2, 3]})
    pairs = sharing_pairs(pd.concat([wide, few]), names)
    assert sum(len(one.one) for one in pairs) == 3


def tied(one, other, usual=1.0):
    size = len(one)
    return Ties(np.array(one), np.array(other), np.ones(size), np.full(size, usual), np.ones(size, bool))


def test_company_is_the_mean_of_a_pair_after_each_has_kept_half():
    # (1 + 1)·x − y = 4 and (1 + 1)·y − x = −2  →  x = 2, y = 0
    assert in_company(np.array([4.0, -2.0, 5.0]), tied([0], [1])) == pytest.approx([2.0, 0.0, 5.0])


def test_company_keeps_the_sum_and_needs_no_order():
    rng = np.random.default_rng(0)
    case, ends = rng.normal(size=30), rng.integers(0, 30, (2, 50))
    ends = ends[:, ends[0] != ends[1]]
    found = in_company(case, tied(*ends))
    assert found.sum() == pytest.approx(case.sum())
    assert in_company(case, tied(ends[1][::-1], ends[0][::-1])) == pytest.approx(found)


def test_components_are_those_of_direct_ties():
    ties = tied([0, 1, 3], [1, 2, 4])
    label = components(ties, 6)
    assert len({*label[:3]}) == 1
    assert len({*label}) == 3


def test_a_close_pair_is_likelier_one_hand_than_a_distant_one():
    starts, pairs = hands(5)
    found = learn_closeness(starts, [pairs])
    ties = weigh_ties(starts, background(starts, found), found, [pairs], 1)
    gap = np.abs(starts.seconds[pairs.one] - starts.seconds[pairs.other])
    assert ties.same[gap < HOUR].mean() > 0.9 > 0.2 > ties.same[gap > 10 * DAY].mean()
    assert APART[0] == 0
