"""Many campaigns beside accounts that had none: definitions, recovery, where fixed effects go wrong, coverage."""

import math

import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.schema import ParameterError, SchemaError

DAYS = pd.date_range("2025-01-06", periods=21)


def panel(counts, campaigns):
    """A table of a dict of counts by account, and the first day (position) of each that has one."""
    rows = [
        (name, day, count, DAYS[campaigns[name]] if name in campaigns else pd.NaT)
        for name, values in counts.items() for day, count in zip(DAYS, values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["account_id", "date", "count", "campaign"])


def slow_ratio(table, before, window):
    """Observed ÷ expected by day since the campaign, written out account by account and day by day."""
    wide = {name: rows.set_index("date")["count"] for name, rows in table.groupby("account_id")}
    first = table.groupby("account_id")["campaign"].first()
    observed, wanted = [0.0] * (before + window + 1), [0.0] * (before + window + 1)
    for name, began in first.dropna().items():
        end = began + pd.Timedelta(days=window)
        others = [other for other, day in first.items() if pd.isna(day) or day > end]
        days = pd.date_range(began - pd.Timedelta(days=before), end)
        base, other_base = (sum(wide[one][day] for one in who for day in days[:before]) for who in ([name], others))
        for at, day in enumerate(days):
            observed[at] += wide[name][day]
            wanted[at] += base * sum(wide[other][day] for other in others) / other_base
    return [seen / hoped for seen, hoped in zip(observed, wanted, strict=True)]


def test_by_hand_the_calendar_is_taken_off():
    """Everybody doubles on day 10; the salon has ten times that on its day, and twice as much as expected after it."""
    shop = [10] * 10 + [20] * 11
    salon = [100] * 10 + [2000] + [400] * 10
    found = fe.campaign_event_study(panel({"美容院": salon, "手工店": shop}, {"美容院": 10}), before=7, window=7)
    assert found.peak.estimate == pytest.approx(10)
    assert found.after.estimate == pytest.approx(2)
    assert found.afterglow.estimate == pytest.approx(200 / 1800)
    assert found.before.estimate == pytest.approx(1)
    assert found.each["account_id"].tolist() == ["美容院"] and found.each["peak"].iloc[0] == pytest.approx(10)


def test_the_curve_is_that_of_the_definition():
    table = fe.simulate_campaign_panel(14, half_life=3, seed=2)
    found = fe.campaign_event_study(table, before=14, window=10)
    assert found.curve["estimate"].tolist() == pytest.approx(slow_ratio(table, 14, 10))


def test_an_account_that_has_not_had_its_campaign_yet_may_stand_for_one_that_has():
    shops = {"早": [10] * 8 + [100] + [10] * 12, "晚": [10] * 20 + [50]}
    found = fe.campaign_event_study(panel(shops, {"早": 8, "晚": 20}), before=7, window=7)
    assert found.peak.estimate == pytest.approx(10) and len(found.each) == 1
    assert any("1 of 2 campaigns are left out" in note for note in found.notes)


def test_two_way_fixed_effects_take_a_fading_rise_for_the_course_of_ordinary_days_and_the_study_does_not():
    """All accounts alike, three dates of campaign, a rise that fades: the true mean effect after is known."""
    rng, rows = np.random.default_rng(0), []
    for at in range(90):
        began = (None, 8, 12)[at % 3]
        since = np.arange(21) - (began if began is not None else 99)
        mean = 100 * (1 + np.where(since >= 0, 4 * 2.0 ** (-np.maximum(since, 0) / 2), 0))
        rows += [
            (f"a{at}", day, count, DAYS[began] if began else pd.NaT)
            for day, count in zip(DAYS, rng.poisson(mean), strict=True)
        ]
    table = pd.DataFrame(rows, columns=["account_id", "date", "count", "campaign"])
    found = fe.campaign_event_study(table, before=7, window=8)
    truth = 1 + 4 * np.mean(2.0 ** (-np.arange(1, 9) / 2))
    assert found.after.estimate == pytest.approx(truth, rel=0.02) and truth in found.after
    wide = np.log(table.pivot_table(index="account_id", columns="date", values="count").to_numpy())
    on = np.array([[pd.notna(c) and day >= c for day in DAYS] for c in table.groupby("account_id")["campaign"].first()])

    def within(values):
        return values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()

    later = np.array([8, 12])
    both = math.exp((within(on.astype(float)) * within(wide)).sum() / (within(on.astype(float)) ** 2).sum())
    true_both = np.mean([np.log(1 + 4 * 2.0 ** (-np.arange(21 - b) / 2)).mean() for b in later])
    assert abs(math.log(both) - true_both) > 0.03


def test_order_of_rows_names_and_size_change_nothing():
    table = fe.simulate_campaign_panel(14, half_life=3, seed=5)
    one = fe.campaign_event_study(table)
    shuffled = fe.campaign_event_study(table.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.table, shuffled.table)
    larger = fe.campaign_event_study(table.assign(count=table["count"] * 3))
    np.testing.assert_allclose(one.table["low"], larger.table["low"])


def test_accounts_that_went_another_way_before_are_no_witnesses():
    table = fe.simulate_campaign_panel(40, seed=3)
    since = (table["date"] - table["campaign"]).dt.days
    rising = table.assign(count=np.where(since.between(-7, -1), table["count"] * 3, table["count"]))
    found = fe.campaign_event_study(rising)
    assert found.verdict == "cannot say" and "cannot be put down to them" in found.sentence
    assert any("another way already before" in note for note in found.notes)


def test_few_accounts_get_a_rank_and_no_interval():
    found = fe.campaign_event_study(fe.simulate_campaign_panel(11, treated=1 / 11, half_life=5, seed=1))
    assert math.isnan(found.after.low) and "6 of each are needed" in found.after.missing
    assert found.smallest_p == pytest.approx(1 / 11) and found.p_after == pytest.approx(1 / 11)
    assert found.verdict == "cannot say"


def test_the_picture_and_the_sentence_say_what_was_seen():
    found = fe.campaign_event_study(fe.simulate_campaign_panel(40, half_life=3, seed=1))
    assert found.verdict == "something stayed" and found.sentence.startswith("Over 20 campaigns the first day had ")
    ax = found.plot()
    assert ax.get_yscale() == "log" and len(ax.lines[0].get_xdata()) == 28
    assert found.shows == "simulation"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="campaign"), "'campaign' is missing"),
        (lambda table: table.iloc[:0], "has no rows"),
        (lambda table: pd.concat([table, table.tail(1)]), "stands in several rows"),
        (lambda table: table.iloc[:-1], "some are missing"),
        (lambda table: table.assign(count=-1.0), "some are missing"),
        (lambda table: table.assign(campaign=table["date"]), "one day per account"),
        (lambda table: table.assign(campaign=pd.Timestamp("2031-01-01")), "outside of the days"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(change, message):
    with pytest.raises(SchemaError, match=message):
        fe.campaign_event_study(change(fe.simulate_campaign_panel(4, seed=1)))


def test_campaigns_that_cannot_be_compared_are_refused_with_what_to_type():
    with pytest.raises(ParameterError, match="Type a smaller before="):
        fe.campaign_event_study(fe.simulate_campaign_panel(4, treated=0, seed=1))
    with pytest.raises(ParameterError, match="before from 2 days on"):
        fe.campaign_event_study(fe.simulate_campaign_panel(4, seed=1), before=1)
    with pytest.raises(ParameterError, match="accounts ≥ 2"):
        fe.simulate_campaign_panel(1)


def truths(table, window=14):
    """What was counted on the first day, and on the days after, ÷ what would have been, and the afterglow."""
    since = (table["date"] - table["campaign"]).dt.days
    day, after = table[since == 0], table[since.between(1, window)]
    more, later = (rows["count"].sum() - rows["without"].sum() for rows in (day, after))
    ratios = (rows["count"].sum() / rows["without"].sum() for rows in (day, after))
    return (*ratios, later / window / more)


def covered(runs, accounts, life):
    hits = np.zeros(4)
    for seed in range(runs):
        table = fe.simulate_campaign_panel(accounts, half_life=life, seed=seed)
        found = fe.campaign_event_study(table)
        values = (found.peak, found.after, found.afterglow)
        hits[:3] += [truth in value for truth, value in zip(truths(table), values, strict=True)]
        hits[3] += 1 in found.before
    return hits / runs


def test_ranges_hold_the_truth():
    assert min(covered(25, 24, 3.0)) >= 0.76


@pytest.mark.nightly
@pytest.mark.parametrize("case", [(16, 0.0), (24, 3.0), (60, 0.0), (60, 3.0)])
def test_ranges_hold_the_truth_as_often_as_they_say(case):
    found = covered(400, *case)
    print(case, found.round(3).tolist())
    assert min(found) >= 0.88


@pytest.mark.nightly
def test_nothing_is_seldom_found_by_rank():
    each = [fe.campaign_event_study(fe.simulate_campaign_panel(12, lift=1.0, seed=n)).p_after for n in range(200)]
    print("p <= 0.05:", np.mean(np.array(each) <= 0.05))
    assert np.mean(np.array(each) <= 0.05) <= 0.09
