"""One article beside the others: the difference covers, and the luck of the winner is told."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.schema import SchemaError


def account(readers: list[int], sharers: list[int]) -> pd.DataFrame:
    names = [f"a{i}" for i in range(len(readers))]
    return pd.DataFrame({"item_id": names, "title": names, "readers": readers, "sharers": sharers})


def test_the_difference_joins_both_intervals_by_hand() -> None:
    table = account([1000, 400, 500, 600], [80, 12, 20, 30])
    found = fe.compare_article(table, title="a0")
    one = fe.stats.wilson(80, 1000)
    rest = fe.stats.ratio_of_sums([12, 20, 30], [400, 500, 600])
    assert found.difference.estimate == pytest.approx(0.08 - 62 / 1500)
    down = math.sqrt((one.estimate - one.low) ** 2 + (rest.high - rest.estimate) ** 2)
    assert found.difference.low == pytest.approx(found.difference.estimate - down)
    assert "percentage points" in found.sentence


def test_a_picked_winner_is_told_to_be_lucky_and_a_named_article_is_not() -> None:
    table = account([1000, 400, 500, 600], [80, 12, 20, 30])
    assert any("luck" in note for note in fe.compare_article(table).notes)
    assert not any("luck" in note for note in fe.compare_article(table, title="a2").notes)


def test_the_fair_estimate_lies_between_the_article_and_the_others() -> None:
    found = fe.compare_article(account([60, 4000, 5000, 6000, 3000], [9, 200, 260, 290, 160]), title="a0")
    assert found.fair is not None
    assert found.table["estimate"].iloc[2] < found.fair.estimate < found.table["estimate"].iloc[0]


def test_the_order_of_the_articles_does_not_matter() -> None:
    table = account([1000, 400, 500, 600], [80, 12, 20, 30])
    forth, back = fe.compare_article(table, title="a0"), fe.compare_article(table.iloc[::-1], title="a0")
    assert forth.difference.low == pytest.approx(back.difference.low)


def test_fewer_than_three_articles_are_no_comparison() -> None:
    with pytest.raises(SchemaError, match="at least 3 articles"):
        fe.compare_article(account([1000, 400], [80, 12]))


@pytest.mark.parametrize("others", [4, 9, 29])
def test_the_difference_covers_between_an_article_and_its_account(others: int) -> None:
    # truth: the article's own rate minus the account's mean rate, both drawn anew each time
    rng = np.random.default_rng(others)
    held, runs = 0, 400
    for _ in range(runs):
        chance = rng.beta(0.05 * 60, 0.95 * 60, others + 1)
        readers = np.maximum(50, rng.lognormal(6.5, 0.8, others + 1)).astype(int)
        found = fe.compare_article(account(readers.tolist(), rng.binomial(readers, chance).tolist()), title="a0")
        held += (chance[0] - 0.05) in found.difference
    assert held / runs >= 0.93
