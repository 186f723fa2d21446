"""Hunters and others: shared out by probability, adding up, and how often the ranges hold the truth."""

import math
from typing import NamedTuple

import campaign_definitions as slow
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.campaigns.parts import moved_to as moved
from fanecon.schema import SchemaError


class Told(NamedTuple):
    """What a detector would say."""

    table: pd.DataFrame
    names: pd.Series
    prevalence: fe.Interval


def told(chance, share=None):
    table = pd.DataFrame({"account": list(chance), "probability": list(chance.values())})
    mean = float(table["probability"].mean())
    interval = fe.Interval(mean, mean, mean, "proportion") if share is None else share
    return Told(table, pd.Series(table["account"].to_numpy(), index=table["account"]), interval)


def toy():
    """30 days of 20 readers; on day 20 10 entrants claim 3 times each; entrants 0 to 4 stay with 2 acts a day."""
    start, acts = pd.Timestamp("2025-03-01 04:00", tz="UTC"), []
    for day in range(30):
        acts += [(f"读者{n}", day, None) for n in range(20)]
        acts += [(f"抽奖{n}", day, "春节抽奖") for n in range(10) for _ in range(3) if day == 20]
        acts += [(f"抽奖{n}", day, None) for n in range(5) for _ in range(2) if day > 20]
    frame = pd.DataFrame(acts, columns=["actor_id", "day", "campaign_id"])
    return frame.assign(time=start + pd.to_timedelta(frame["day"], unit="D"), action="read").drop(columns="day")


CAMPAIGN = fe.Campaign(first="2025-03-21", window=7, zone="UTC")


def test_by_hand_the_hunters_are_half_of_the_peak_and_nothing_of_the_calm():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": float(n >= 5) for n in range(10)}
    found = fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance))
    assert found.came.estimate == pytest.approx(0.5)
    assert found.peak.estimate == pytest.approx(15 / 30)
    assert found.hunter_glow.estimate == pytest.approx(0)
    assert found.other_glow.estimate == pytest.approx(10 / 15)
    assert found.other_after.estimate == pytest.approx(70) and found.hunter_after.estimate == pytest.approx(0)
    assert "Of 10 accounts that came by the campaign 50 %" in found.sentence


def test_an_account_at_thirty_per_cent_gives_three_tenths_of_its_acts():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": 0.3 for n in range(10)}
    found = fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance))
    assert found.peak.estimate == pytest.approx(0.3)
    assert found.hunter_glow.estimate == pytest.approx(found.other_glow.estimate)


def test_the_two_parts_add_up_to_the_impact():
    drawn = fe.simulate_campaign(800, seed=3)
    campaign = fe.find_campaign(drawn.log, skip=7)
    suspects = fe.find_hunters(drawn.log[drawn.log["time"] < campaign.over()], links=drawn.links)
    both = fe.campaign_parts(drawn.log, campaign, hunters=suspects)
    whole = fe.campaign_impact(fe.daily_counts(drawn.log), campaign)
    assert both.hunter_after.estimate + both.other_after.estimate == pytest.approx(whole.after.estimate)
    assert both.curve[["hunters", "others"]].sum().sum() == pytest.approx(fe.daily_counts(drawn.log)["count"].sum())


def test_probabilities_are_moved_by_the_same_bits():
    chances = [0.02, 0.3, 0.5, 0.9, 0.99]
    for share in (0.1, 0.5, 0.8):
        found = moved(pd.Series(chances), share)
        assert found.to_numpy() == pytest.approx(slow.moved_by_bits(chances, share), abs=1e-6)
        assert found.mean() == pytest.approx(share)
    assert moved(pd.Series([0.0, 0.4, 0.6]), 0.5).iloc[0] == 0.0
    assert moved(pd.Series([0.0, 0.4]), 0.9).tolist() == [0.0, 1.0]
    assert moved(pd.Series(chances), 0.0).sum() == 0.0


def test_who_did_nothing_in_the_campaign_is_no_hunter_of_it():
    chance = {f"读者{n}": 1.0 for n in range(20)} | {f"抽奖{n}": 0.5 for n in range(10)}
    found = fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance, fe.Interval(1 / 6, 1 / 6, 1 / 6)))
    assert found.came.estimate == pytest.approx(0.5) and found.other_after.estimate == pytest.approx(35)


def test_the_doubt_about_the_share_widens_every_range():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": 0.5 for n in range(10)}
    sure, unsure = (
        fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance, fe.Interval(1 / 6, 1 / 6 - by, 1 / 6 + by)))
        for by in (0.0, 0.1)
    )
    assert unsure.peak.low < 3 * (1 / 6 - 0.1) and unsure.peak.high > 3 * (1 / 6 + 0.1)
    assert unsure.peak.width > sure.peak.width + 0.5
    assert unsure.peak.estimate == pytest.approx(sure.peak.estimate)


def test_a_share_without_an_interval_gives_numbers_without_one():
    chance = {f"抽奖{n}": 0.5 for n in range(10)}
    few = fe.Interval(0.5, unit="proportion", missing="two signs do not tell the share")
    found = fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance, few))
    assert math.isnan(found.peak.low) and "two signs do not tell the share" in found.peak.missing
    assert "These numbers have no range: two signs do not tell the share." in found.sentence


def test_a_log_that_says_nothing_gets_plain_sentences():
    short = toy()[lambda log: log["time"] > pd.Timestamp("2025-03-15", tz="UTC")]
    found = fe.campaign_parts(short, CAMPAIGN, hunters=told({"抽奖1": 0.5}))
    assert "cannot be said: " in found.sentence and "14 are needed" in found.sentence
    assert "Of 10 accounts that came by the campaign 5 %" in found.sentence
    assert found.plot() is not None
    later = fe.Campaign(first="2025-03-25", window=3, zone="UTC")
    nobody = fe.campaign_parts(toy().drop(columns="campaign_id"), later, hunters=told({"抽奖1": 0.5}))
    assert "Nobody came by a campaign, as far as the log says." in nobody.sentence


def test_where_no_act_names_a_campaign_those_on_its_days_are_taken_for_it():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": float(n >= 5) for n in range(10)}
    one, other = (
        fe.campaign_parts(log, CAMPAIGN, hunters=told(chance)) for log in (toy(), toy().drop(columns="campaign_id"))
    )
    pd.testing.assert_frame_equal(one.table, other.table)


def test_names_that_are_masked_are_led_back():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": float(n >= 5) for n in range(10)}
    plain = told(chance)
    masked = plain._replace(
        table=plain.table.assign(account=[f"account {n}" for n in range(30)]),
        names=pd.Series(list(chance), index=[f"account {n}" for n in range(30)]),
    )
    one, other = (fe.campaign_parts(toy(), CAMPAIGN, hunters=each).table for each in (plain, masked))
    pd.testing.assert_frame_equal(one, other)


def test_first_acts_can_be_left_out_and_the_picture_shows_both_parts():
    chance = {f"读者{n}": 0.0 for n in range(20)} | {f"抽奖{n}": float(n >= 5) for n in range(10)}
    found = fe.campaign_parts(toy(), CAMPAIGN, hunters=told(chance), returns=True)
    assert found.peak.estimate == pytest.approx(10 / 20) and found.came.estimate == pytest.approx(0.5)
    ax = found.plot()
    assert {text.get_text() for text in ax.get_legend().get_texts()} >= {"others", "hunters, by probability"}


def test_a_log_without_accounts_is_refused():
    with pytest.raises(SchemaError, match="'actor_id' is missing"):
        fe.campaign_parts(toy().drop(columns="actor_id"), CAMPAIGN, hunters=told({"a": 0.5}))


NAMES = ("came", "peak", "hunter_glow", "other_glow", "hunter_after", "other_after")


def covered(runs):
    """How often the ranges hold the numbers of the true hunters, over campaigns of 10 to 30 % hunters."""
    hits = np.zeros(len(NAMES))
    for seed in range(runs):
        drawn = fe.simulate_campaign(1_000, hunters=(0.1, 0.2, 0.3)[seed % 3], seed=1000 + seed)
        campaign, came = fe.find_campaign(drawn.log, skip=7), fe.joiners_of(drawn.log)
        known = drawn.log[(drawn.log["time"] < campaign.over()) & (drawn.log["action"] != "leave")]
        given = {"there": came[came["came_by"] != "campaign"], "returns": True}
        truth = told(drawn.truth.set_index("actor_id")["hunter"].astype(float).to_dict())
        real = fe.campaign_parts(drawn.log, campaign, hunters=truth, **given)
        found = fe.campaign_parts(drawn.log, campaign, hunters=fe.find_hunters(known, links=drawn.links), **given)
        hits += [getattr(real, name).estimate in getattr(found, name) for name in NAMES]
    return dict(zip(NAMES, hits / runs, strict=True))


def test_the_share_of_hunters_among_entrants_is_held():
    assert covered(2)["came"] >= 0.5


@pytest.mark.nightly
def test_the_ranges_hold_the_truth_as_often_as_the_module_says():
    found = covered(200)
    print({name: round(share, 3) for name, share in found.items()})
    assert found["came"] >= 0.8 and found["peak"] >= 0.7 and found["other_glow"] >= 0.75
    assert min(found["hunter_glow"], found["hunter_after"], found["other_after"]) >= 0.9
