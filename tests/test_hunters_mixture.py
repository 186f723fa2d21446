"""Two kinds without labels: recovery, signs given twice, hunters who work alone, and what is unknown."""

import numpy as np
import pytest

from fanecon.metrics.hunters.families import Family
from fanecon.metrics.hunters.mixture import _shapley as shapley
from fanecon.metrics.hunters.mixture import assumed_mixture, fit_mixture, patterns

LEVELS = 4
HUNTERS, OTHERS = np.array([0.05, 0.15, 0.3, 0.5]), np.array([0.4, 0.3, 0.2, 0.1])


def family(name, level, *, together=True):
    lean = np.linspace(-1, 1, LEVELS)
    value = level.astype(float)
    return Family(name=name, level=level, lean=lean, stratum=np.zeros(LEVELS, int), about=str, value=value,
                  together=together)  # fmt: skip


def drawn(seed, size=6000, share=0.25, signs=4, together=True):
    rng = np.random.default_rng(seed)
    hunter = rng.random(size) < share
    levels = [np.where(hunter, rng.choice(LEVELS, size, p=HUNTERS), rng.choice(LEVELS, size, p=OTHERS))
              for _ in range(signs)]  # fmt: skip
    return [family(f"s{at}", level, together=together) for at, level in enumerate(levels)], hunter


def fitted(families, labels=None):
    seen = patterns(families, np.full(len(families[0].level), np.nan) if labels is None else labels)
    return fit_mixture(seen), seen


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_share_and_weights_are_recovered_without_labels(share):
    families, _ = drawn(0, share=share)
    fit, _ = fitted(families)
    assert fit.share == pytest.approx(share, abs=0.04)
    for m, u in zip(*fit.tables, strict=True):
        assert np.log2(m / u) == pytest.approx(np.log2(HUNTERS / OTHERS), abs=0.6)


def test_the_chance_of_an_account_is_bayes_by_hand():
    families, _ = drawn(1, size=400, signs=3)
    fit, seen = fitted(families)
    total = fit.prior + fit.bits(seen.families).sum(1)
    assert 1 / (1 + 2**-total) == pytest.approx(fit.chance, abs=1e-3)


def test_a_sign_given_twice_counts_once():
    families, _ = drawn(2)
    once, seen = fitted(families)
    again, both = fitted([*families, families[0]])
    assert again.counts[[0, -1]] == pytest.approx([0.5, 0.5], abs=0.05)
    first = once.bits(seen.families).sum(1)[seen.place]
    second = again.bits(both.families).sum(1)[both.place]
    assert np.corrcoef(first, second)[0, 1] > 0.99
    assert second.std() == pytest.approx(first.std(), rel=0.1)


def test_signs_that_are_independent_count_fully():
    fit, _ = fitted(drawn(3)[0])
    assert fit.counts == pytest.approx(np.ones(4))


def test_order_of_accounts_changes_nothing():
    families, _ = drawn(4, size=1000)
    turn = np.random.default_rng(0).permutation(1000)
    fit, _ = fitted(families)
    other, _ = fitted([family(one.name, one.level[turn]) for one in families])
    assert other.share == pytest.approx(fit.share, abs=1e-9)


def test_what_is_unknown_counts_nothing():
    families, _ = drawn(5)
    level = families[0].level.copy()
    level[:3000] = -1
    fit, seen = fitted([family("s0", level), *families[1:]])
    bits = fit.bits(seen.families)[seen.place]
    assert (bits[:3000, 0] == 0).all()
    assert fit.share == pytest.approx(0.25, abs=0.05)


def test_known_labels_hold_and_teach():
    families, hunter = drawn(6, size=1500, signs=2, share=0.1)
    labels = np.where(np.arange(1500) < 500, hunter, np.nan).astype(float)
    alone, _ = fitted(families)
    taught, _ = fitted(families, labels)
    assert abs(taught.share - 0.1) <= abs(alone.share - 0.1) + 0.01


@pytest.mark.parametrize("kind", [1, 0])
def test_labels_of_one_kind_do_not_become_the_share(kind):
    families, hunter = drawn(7, size=4000)
    labels = np.where((hunter == kind) & (np.arange(4000) < 2000), kind, np.nan).astype(float)
    fit, _ = fitted(families, labels)
    assert fit.share == pytest.approx(hunter[np.isnan(labels)].mean(), abs=0.04)


def lonely(seed, size=6000, share=0.3, together=0.5):
    """Habits tell every hunter; acting together only half of them."""
    rng = np.random.default_rng(seed)
    hunter = rng.random(size) < share
    crew = hunter & (rng.random(size) < together)
    kinds = [(hunter, False)] * 3 + [(crew, True)] * 3
    return [
        family(f"s{at}", np.where(who, rng.choice(LEVELS, size, p=HUNTERS), rng.choice(LEVELS, size, p=OTHERS)),
               together=held)
        for at, (who, held) in enumerate(kinds)
    ], hunter  # fmt: skip


def test_hunters_who_work_alone_are_told_from_those_together():
    fit, _ = fitted(lonely(0)[0])
    assert fit.share == pytest.approx(0.3, abs=0.05)
    assert fit.together == pytest.approx(0.5, abs=0.15)


def test_no_company_hardly_speaks_against_a_lonely_hunter():
    families, _ = lonely(1)
    fit, seen = fitted(families)
    together = fit.bits(seen.families)[:, 3:].sum(1)
    assert together.min() >= np.log2(1 - fit.together) - 1e-9
    assert 1 / (1 + 2 ** -(fit.prior + fit.bits(seen.families).sum(1))) == pytest.approx(fit.chance, abs=1e-3)


def test_shares_of_a_joint_case_add_up_and_equal_signs_share_alike():
    bits = np.array([[3.0, 3.0, -1.0], [0.0, 0.0, 0.0]])
    found = shapley(bits, 0.6)
    assert found.sum(1) == pytest.approx(np.log2(0.6 * 2 ** bits.sum(1) + 0.4))
    assert found[0, 0] == pytest.approx(found[0, 1])


def test_assumed_weights_find_nobody_among_equals():
    rng = np.random.default_rng(0)
    families = [family(f"s{at}", rng.choice(LEVELS, 3000, p=OTHERS)) for at in range(5)]
    seen = patterns(families, np.full(3000, np.nan))
    assert assumed_mixture(seen, tilt=3.0).share < 0.005
