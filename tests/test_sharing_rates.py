"""Share-to-read and amplification: units, exclusions with their notes, intervals, and recovery of a known truth."""

import math

import definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon import stats
from fanecon.schema import ParameterError, SchemaError


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def articles(**columns) -> pd.DataFrame:
    n = max(len(values) for values in columns.values())
    return pd.DataFrame({"item_id": [f"a{i}" for i in range(n)], **columns})


#   item   readers sharers reads shares topic
#   a0       100      10    130    15    x
#   a1       400      20    500    30    y
#   a2       250      30    300    33    x
TOY = articles(
    readers=[100, 400, 250], sharers=[10, 20, 30], reads=[130, 500, 300], shares=[15, 30, 33], topic=list("xyx")
)


def test_a_toy_gives_what_pencil_and_paper_give():
    found = fe.share_to_read(TOY)
    assert found.overall.estimate == 60 / 750
    assert found.summary()["estimate"].tolist() == [0.1, 0.05, 0.12]
    for row in found.summary().itertuples():
        assert (row.low, row.high) == pytest.approx(by.wilson(row.sharers, row.readers))
    assert found.sentence.startswith("Of 750 readers of 3 articles, 60 shared: 8 %")
    assert found.overall == stats.ratio_of_sums(TOY["sharers"], TOY["readers"])


def test_times_are_a_ratio_without_an_interval_for_one_article():
    found = fe.share_to_read(TOY, unit="times")
    assert found.overall.estimate == 78 / 930
    assert found.unit == found.overall.unit == "shares per read"
    assert found.summary()[["low", "high"]].isna().all(axis=None)
    assert found.overall == stats.ratio_of_sums(TOY["shares"], TOY["reads"], unit="shares per read")
    assert "people" not in " ".join(found.notes)


def test_shares_may_exceed_reads_in_times_but_not_in_people():
    table = articles(reads=[10, 20], shares=[15, 50], readers=[10, 20], sharers=[15, 5])
    assert fe.share_to_read(table, unit="times").overall.estimate == 65 / 30
    people = fe.share_to_read(table)
    assert len(people.summary()) == 1
    assert any("1 of 2 articles left out: more sharers than readers" in note for note in people.notes)


def test_groups_get_the_ratio_of_their_sums():
    found = fe.share_to_read(TOY, by="topic").summary()
    assert found["topic"].tolist() == ["x", "y"]
    assert found["articles"].tolist() == [2, 1]
    assert found["estimate"].tolist() == [40 / 350, 0.05]
    both = stats.ratio_of_sums([10, 30], [100, 250])
    assert (found["low"][0], found["high"][0]) == (both.low, both.high)
    assert math.isnan(found["low"][1])


def test_a_group_without_a_name_is_shown_as_missing():
    found = fe.share_to_read(TOY.assign(topic=["x", None, "x"]), by="topic").summary()
    assert found["topic"].tolist() == ["x", "(missing)"]


def test_one_article_says_what_its_interval_means_and_what_a_design_effect_would_do():
    found = fe.share_to_read(articles(readers=[37_443], sharers=[3365]))
    assert (found.overall.low, found.overall.high) == pytest.approx(by.wilson(3365, 37_443))
    assert any("not of the account's next article" in note for note in found.notes)
    assert any("7.77 to 10.4 %" in note and "deff=20" in note for note in found.notes)
    wide = fe.share_to_read(articles(readers=[37_443], sharers=[3365]), deff=20)
    assert wide.overall.width > 4 * found.overall.width
    assert not any("deff=20" in note for note in wide.notes)


def test_readers_of_several_articles_are_people_counted_twice_and_one_article_is_not():
    assert any("counts twice" in note for note in fe.share_to_read(TOY).notes)
    assert not any("counts twice" in note for note in fe.share_to_read(TOY[:1]).notes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lower_bound": ["readers", None, "likes, sharers"]}, "2 of 3 articles left out: readers or sharers known"),
        ({"readers": [100, None, 250]}, "1 of 3 articles left out: readers or sharers missing"),
        ({"readers": [100, 0, 250], "sharers": [10, 0, 30]}, "1 of 3 articles left out: no readers"),
        ({"sharers": [10, 20, 251]}, "1 of 3 articles left out: more sharers than readers"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_divided_is_left_out_with_a_note(change, reason):
    table = TOY.assign(**{name: pd.array(values) for name, values in change.items()})
    found = fe.share_to_read(table)
    assert any(reason in note for note in found.notes)
    assert len(found.summary()) == 3 - int(reason[0])


def test_a_floor_in_another_column_does_not_matter():
    found = fe.share_to_read(TOY.assign(lower_bound=["reads", "likes", None]))
    assert len(found.summary()) == 3
    assert not any("floor" in note for note in found.notes)
    assert len(fe.share_to_read(TOY.assign(lower_bound=["reads", "", None]), unit="times").summary()) == 2


def test_an_empty_column_of_floors_is_no_floor():
    assert len(fe.share_to_read(TOY.assign(lower_bound=np.nan)).summary()) == 3


def test_articles_without_any_sharer_have_no_interval_over_all_of_them():
    found = fe.share_to_read(articles(readers=[100, 50], sharers=[0, 0]))
    assert "limit" in found.overall.missing
    assert found.summary()["high"].tolist() == pytest.approx([by.wilson(0, 100)[1], by.wilson(0, 50)[1]])


def test_a_table_of_counts_alone_numbers_its_articles():
    found = fe.share_to_read(TOY[["readers", "sharers"]])
    assert found.summary().columns.tolist() == ["article", "readers", "sharers", "estimate", "low", "high"]
    assert found.summary()["article"].tolist() == [1, 2, 3]
    labels = [label.get_text() for label in found.plot().get_yticklabels()]
    assert labels == ["1", "2", "3"]
    assert fe.amplification(TOY[["reads", "readers"]], base="readers").summary()["article"].tolist() == [1, 2, 3]


def test_people_are_not_taken_from_columns_of_times():
    with pytest.raises(SchemaError) as refusal:
        fe.share_to_read(TOY[["item_id", "reads", "shares"]])
    for words in ("'readers', 'sharers' are missing", "The table has: item_id, reads, shares", "Did you mean 'reads'?"):
        assert words in str(refusal.value)
    with pytest.raises(SchemaError, match=r"'reads', 'shares' are missing.*times, one row per article"):
        fe.share_to_read(TOY[["item_id", "readers", "sharers"]], unit="times")


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"unit": "person"}, ParameterError, "unit is 'people' or 'times'; found 'person'"),
        ({"shrink": True, "unit": "times"}, ParameterError, "leave out by= and unit='times'"),
        ({"shrink": True, "by": "topic"}, ParameterError, "leave out by="),
        ({"deff": 2, "by": "topic"}, ParameterError, "leave out by=, shrink="),
        ({"deff": 2, "unit": "times"}, ParameterError, "counted in people"),
        ({"deff": 0.5}, ParameterError, "at least 1 .*found 0.5"),
        ({"level": 95}, ParameterError, r"found 95\. Type level=0\.95"),
        ({"by": "topics"}, SchemaError, r"'topics' is missing.*Did you mean 'topic'\? Rename it"),
    ],
)
def test_an_impossible_question_is_refused(more, error, words):
    with pytest.raises(error, match=words):
        fe.share_to_read(TOY, **more)


def test_a_table_without_usable_rows_is_refused_with_the_reasons():
    with pytest.raises(SchemaError, match=r"No article has usable 'readers' and 'sharers'.*2 of 2 .* missing"):
        fe.share_to_read(articles(readers=[None, 4], sharers=[3, None]))
    with pytest.raises(SchemaError, match="The table is empty"):
        fe.share_to_read(TOY[:0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 900)), min_size=2, max_size=9), st.randoms())
def test_row_order_and_names_of_articles_change_nothing(pairs, random):
    table = articles(readers=[max(pair) for pair in pairs], sharers=[min(pair) for pair in pairs])
    order = random.sample(range(len(pairs)), len(pairs))
    renamed = table.assign(item_id=[f"$_{i}$" for i in range(len(pairs))])
    shuffled, named = fe.share_to_read(table.iloc[order]), fe.share_to_read(renamed)
    found = fe.share_to_read(table)
    assert shuffled.overall.estimate == found.overall.estimate == named.overall.estimate
    assert shuffled.overall.low == pytest.approx(found.overall.low, nan_ok=True)
    back = shuffled.summary().set_index("item_id").loc[table["item_id"]].reset_index()
    assert back.equals(found.summary())


def test_counts_times_ten_narrow_each_article_but_not_the_interval_over_articles():
    ten = TOY.assign(readers=TOY["readers"] * 10, sharers=TOY["sharers"] * 10)
    small, large = fe.share_to_read(TOY), fe.share_to_read(ten)
    assert large.overall.estimate == small.overall.estimate
    assert large.overall.width == pytest.approx(small.overall.width)
    narrow, wide = (found.summary().eval("high - low") for found in (large, small))
    assert (narrow < wide).all()


def test_shrinking_draws_small_articles_to_the_common_mean():
    table = articles(readers=[5, 2000, 1500, 1800, 900, 1100], sharers=[1, 100, 90, 80, 44, 60])
    raw, drawn = fe.share_to_read(table).summary(), fe.share_to_read(table, shrink=True).summary()
    assert drawn["estimate"][0] < raw["estimate"][0] / 2
    assert drawn["estimate"][1] == pytest.approx(raw["estimate"][1], abs=0.005)
    pd.testing.assert_frame_equal(
        drawn[["estimate", "low", "high"]], stats.shrink(table["sharers"], table["readers"]), check_exact=True
    )


def test_large_articles_with_other_rates_are_mentioned():
    table = articles(readers=[100, 1000, 10_000], sharers=[30, 100, 300])
    assert any(
        "Mean of the articles' rates 14.3 %, rate of the total 3.87 %" in n for n in fe.share_to_read(table).notes
    )
    rising = articles(readers=[100, 1000, 10_000], sharers=[3, 60, 1000])
    assert any("interval of the total is then too narrow" in note for note in fe.share_to_read(rising).notes)
    assert not any("too narrow" in note for note in fe.share_to_read(table).notes)
    even = articles(readers=[100, 1000, 10_000], sharers=[5, 52, 500])
    assert not any("Mean of the articles' rates" in note for note in fe.share_to_read(even).notes)


# --- amplification ---


def test_amplification_is_the_median_over_articles_with_order_statistics():
    table = articles(reads=[10, 20, 30, 40, 50, 60, 1000], delivered=[10] * 7)
    found = fe.amplification(table)
    assert (found.overall.estimate, found.overall.low, found.overall.high) == (4, 1, 100)
    assert found.unit == "reads per person delivered"
    assert any("All reads ÷ all delivered: 17.3" in note for note in found.notes)
    assert any("Not a proportion" in note for note in found.notes)


def test_one_article_has_no_interval_for_its_amplification():
    found = fe.amplification(articles(reads=[37_443], subscribers=[933]), base="subscribers")
    assert found.overall.estimate == pytest.approx(40.13, abs=0.005)
    assert math.isnan(found.overall.low)
    assert "no spread" in found.overall.missing
    assert "no interval" in found.sentence


def test_amplification_leaves_out_floors_missing_values_and_nobody():
    table = articles(reads=[100_000, None, 5, 8], delivered=[10, 10, 0, 4], lower_bound=["reads", None, None, None])
    found = fe.amplification(table)
    assert found.summary()["estimate"].tolist() == [2]
    assert len([note for note in found.notes if "left out" in note]) == 3


@pytest.mark.parametrize("columns", [{"base": "subscriber"}, {"reached": "seen"}])
def test_amplification_without_its_columns_is_refused(columns):
    with pytest.raises(
        SchemaError, match=rf"'{next(iter(columns.values()))}' is missing.*The table has: item_id, reads, delivered"
    ):
        fe.amplification(articles(reads=[1], delivered=[2]), **columns)
    with pytest.raises(ParameterError, match=r"Type level=0\.95"):
        fe.amplification(articles(reads=[1, 2], delivered=[2, 2]), level=7)


# --- the simulated twin ---


def test_simulated_articles_are_synthetic_and_fit_together():
    table = fe.simulate_articles(300, seed=1)
    assert table.attrs["synthetic"] is True
    assert (table["sharers"] <= table["readers"]).all()
    assert (table["readers"] <= table["reads"]).all()
    assert (table["sharers"] <= table["shares"]).all()
    assert (table["session_readers"] <= table["readers"]).all()
    assert (table["first_shares"] <= table["shares"]).all()
    assert (table["session_readers"] <= table["delivered"]).all()
    assert table["item_id"].is_unique
    pd.testing.assert_frame_equal(table, fe.simulate_articles(300, seed=1))
    for found in (fe.share_to_read(table), fe.amplification(table), fe.measure_reproduction(table)):
        assert found.shows == "simulation"


def test_the_truth_of_simulated_articles_is_found_again():
    table = fe.simulate_articles(3000, rate=0.08, strength=40, reproduction=0.5, seed=2)
    opened, begun = table["session_readers"].sum(), table["first_shares"].sum() / 1.2
    assert begun / opened == pytest.approx(0.08, rel=0.03)
    share_level = 1 - table["first_shares"].sum() / table["shares"].sum()
    assert share_level == pytest.approx(0.5, abs=0.01)
    fitted = stats.fit_beta_binomial(table["sharers"], table["readers"])
    assert fitted.mean == pytest.approx(0.08, rel=0.03)
    assert fitted.strength == pytest.approx(40, rel=0.12)


def test_the_interval_over_simulated_articles_covers_the_rate_they_were_drawn_with():
    held = [0.05 in fe.share_to_read(fe.simulate_articles(8, seed=s)).overall for s in range(500)]
    assert np.mean(held) >= 0.92  # 500 runs: .935 less 1.5 Monte-Carlo errors


@pytest.mark.parametrize("bad", [{"rate": 0}, {"rate": 1}, {"strength": 0}, {"delivered": 0}, {"reproduction": 1}])
def test_impossible_articles_are_refused(bad):
    with pytest.raises(ParameterError, match=r"Needed: articles ≥ 1.*found"):
        fe.simulate_articles(3, **bad)
    with pytest.raises(ParameterError, match="found 0"):
        fe.simulate_articles(0)
