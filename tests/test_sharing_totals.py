"""Totals of one article: which article, counted how, what is known of it and what has to be assumed."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import fanecon as fe
from fanecon.schema import ParameterError, SchemaError

CHAIR = fe.example("rainbow_bus")


def items(**columns: object) -> pd.DataFrame:
    base = {"item_id": ["a", "b", "c"], "title": ["spring list", "Spring walk", "winter"], "shares": [3, 9, 5]}
    return pd.DataFrame({**base, "reads": [100, 200, 300], "delivered": [50, 60, 70], **columns})


# --- which article ---


def test_without_a_title_the_most_shared_article_is_taken() -> None:
    assert fe.find_article(items())["item_id"].tolist() == ["b"]


def test_missing_shares_do_not_win() -> None:
    assert fe.find_article(items(shares=pd.array([3, None, 5], dtype="Int64")))["item_id"].tolist() == ["c"]


def test_without_times_the_most_sharers_decide() -> None:
    people = items(sharers=[8, 2, 1], shares=pd.array([None] * 3, dtype="Int64"))
    assert fe.find_article(people)["item_id"].tolist() == ["a"]


def test_a_part_of_the_title_is_enough_in_any_case_of_letters() -> None:
    assert fe.find_article(items(), title="WALK")["item_id"].tolist() == ["b"]


def test_an_exact_title_wins_over_titles_that_contain_it() -> None:
    both = items(title=["walk", "a walk", "winter"])
    assert fe.find_article(both, title="walk")["item_id"].tolist() == ["a"]


def test_a_title_is_text_and_no_pattern() -> None:
    assert fe.find_article(items(title=["a.c", "abc", "x"]), title="a.c")["item_id"].tolist() == ["a"]


@pytest.mark.parametrize(("title", "said"), [("spring", "2 articles have"), ("wintr", "Did you mean 'winter'")])
def test_an_unclear_title_names_the_candidates(title: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        fe.find_article(items(), title=title)


def test_an_empty_table_and_a_table_of_something_else_are_refused() -> None:
    with pytest.raises(SchemaError, match="no article"):
        fe.find_article(items().head(0))
    with pytest.raises(SchemaError, match="'item_id' is missing"):
        fe.find_article(pd.DataFrame({"reads": [1]}))


# --- its totals ---


def test_the_published_totals_assume_the_open_rate_and_leave_the_unit_open() -> None:
    totals = fe.article_totals(CHAIR, open_rate=0.3)
    assert (totals.reads, totals.shares, totals.subscribers) == (37443, 3365, 933)
    assert totals.counted == "unstated"
    assert totals.seeds == pytest.approx(279.9)
    assert not totals.seeds_known
    assert "assumed" in totals.known


def test_times_and_people_are_never_mixed() -> None:
    both = items(readers=[80, 150, 200], sharers=[2, 7, 4]).loc[[1]]
    assert (fe.article_totals(both, counted="people").reads, fe.article_totals(both, counted="people").shares) == (
        150,
        7,
    )
    assert (fe.article_totals(both, counted="times").reads, fe.article_totals(both, counted="times").shares) == (200, 9)
    assert fe.article_totals(both).counted == "times"


def test_people_are_taken_where_times_are_missing() -> None:
    gone = pd.array([None] * 3, dtype="Int64")
    people = items(readers=[80, 150, 200], sharers=[2, 7, 4], reads=gone, shares=gone).loc[[1]]
    assert fe.article_totals(people).counted == "people"


def test_counted_channels_replace_the_assumed_open_rate() -> None:
    row = items(session_reads=[10, 40, 1], share_reads=[0, 130, 0], first_shares=[1, 4, 1]).loc[[1]]
    totals = fe.article_totals(row, open_rate=0.9)
    assert (totals.seeds, totals.outside, totals.first_shares) == (40, 30, 4)
    assert totals.seeds_known
    assert totals.imported() == 4
    assert totals.imported(paid=2) == 6


def test_first_shares_above_all_shares_are_not_believed() -> None:
    totals = fe.article_totals(items(first_shares=[1, 10, 1]).loc[[1]])
    assert math.isnan(totals.first_shares)


def test_a_delivered_rate_counts_seeds_only_in_its_own_unit() -> None:
    row = items(
        delivered_rate=[0.5] * 3, delivered_rate_numerator=["people"] * 3, readers=[80, 150, 200], sharers=[2, 7, 4]
    )
    assert fe.article_totals(row.loc[[1]], counted="people").seeds == 30
    assert not fe.article_totals(row.loc[[1]], counted="times").seeds_known


def test_imported_shares_follow_the_common_rate_by_hand() -> None:
    # 9 shares on 200 reads; 18 seeds (60 × 0.3), 20 reads from outside (10 %), 2 paid: 9/200 × 38 + 2 = 3.71
    totals = fe.article_totals(items().loc[[1]], open_rate=0.3)
    assert totals.imported(2, 0.1) == pytest.approx(3.71)
    assert totals.imported(1000) == 9


def test_arithmetic_by_hand() -> None:
    values = fe.article_totals(CHAIR).arithmetic().set_index("quantity")["value"]
    assert values["reads per subscriber"] == pytest.approx(37443 / 933)
    assert values["reads that cannot be a subscriber's first"] == pytest.approx(36510 / 37443)
    after = fe.article_totals(CHAIR).arithmetic(subscribers_are="after").set_index("quantity")["value"]
    assert after["strangers who became subscribers, at most"] == pytest.approx(933 / 36510)
    gained = fe.article_totals(CHAIR).arithmetic(subscribers_are="gained")["quantity"]
    assert not gained.str.contains("per subscriber$").any()


def test_the_grid_varies_only_what_the_file_leaves_open() -> None:
    known = fe.article_totals(items(session_reads=[10, 40, 1], share_reads=[0, 130, 0]).loc[[1]]).grid()
    assert len(known.table["open_rate"].unique()) == 1
    assert known.table["external_share"].unique().tolist() == [0.15]
    assert len(fe.article_totals(CHAIR).grid().table["open_rate"].unique()) == 5


def test_the_fallback_says_what_stays_unidentified() -> None:
    assumed = fe.article_totals(CHAIR).fallback()
    assert len(assumed.reasons) == 3
    counted = fe.article_totals(items(session_reads=[10, 40, 1], share_reads=[0, 130, 0]).loc[[1]]).fallback()
    assert len(counted.reasons) == 1
    assert counted.reproduction.estimate == pytest.approx(130 / 200)


@pytest.mark.parametrize(
    ("row", "arguments", "error", "said"),
    [
        (items(), {}, SchemaError, "one row; found 3"),
        (items().loc[[1]], {"counted": "persons"}, ParameterError, "'people', 'times' or 'unstated'"),
        (items().loc[[1]], {"counted": "people"}, SchemaError, "has no readers"),
        (items(lower_bound=["", "reads", ""]).loc[[1]], {}, SchemaError, "only a floor"),
        (items(delivered=pd.array([None] * 3, dtype="Int64")).loc[[1]], {}, SchemaError, "Neither 'subscribers'"),
        (items(delivered=[5, 5000, 5]).loc[[1]], {"open_rate": 0.3}, ParameterError, "below 0.04"),
        (items(session_reads=[1, 200, 1]).loc[[1]], {}, SchemaError, "nothing came by sharing"),
    ],
)
def test_what_cannot_be_totalled_is_refused_with_the_way_out(
    row: pd.DataFrame, arguments: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        fe.article_totals(row, **arguments)  # type: ignore[arg-type]


def test_the_map_puts_every_reading_where_its_r_is() -> None:
    totals = fe.article_totals(CHAIR, open_rate=0.3)
    grid = totals.grid()
    for paid, external in ((0, 0), (1000, 0), (0, 0.5), (250, 0.1)):
        there = grid.at(open_rate=totals.open_rate, imported_shares=totals.beyond(paid, external) * totals.shares)
        assert there == pytest.approx(1 - totals.imported(paid, external) / totals.shares)
