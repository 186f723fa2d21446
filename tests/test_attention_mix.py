"""Content mix: kinds inside an account and a period, Kitagawa's terms, and surprise by the account's own measure."""

import math
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import overload_definitions as slow
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.attention import mix, surprise
from fanecon.schema import ParameterError, SchemaError

DATA = Path(os.environ.get("FANECON_DATA") or Path(__file__).parents[2] / "shared" / "data")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public extracts lie beside the repository: FANECON_DATA")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def hand(months=6):
    """An advert reaches half of a story in each month; reach doubles monthly, and so does the share of adverts."""
    rows = []
    for month in range(months):
        size = 100 * 2**month
        adverts = 1 + (month >= months // 2) * 3
        rows += [(month, "story", size)] * 5 + [(month, "advert", size // 2)] * adverts
    return pd.DataFrame(rows, columns=["m", "kind", "readers"])


def test_by_hand_an_advert_reaches_half_and_the_crude_ratio_says_more():
    found = fe.content_mix(hand(), within="m").summary()
    advert = found.set_index("kind").loc["advert"]
    assert advert["estimate"] == pytest.approx(0.5, abs=1e-8)
    assert advert["crude"] > 0.7
    assert found["kind"].iloc[0] == "story"


def test_the_terms_are_kitagawas_and_add_up():
    rng = np.random.default_rng(0)
    cells = [tuple(rng.integers(1, 50, 4)) for _ in range(3)]
    first, second = (np.array([[cell[at] for cell in cells] for at in (i, i + 1)], dtype=float) for i in (0, 2))
    terms = mix.kitagawa(first, second)
    assert terms[:2] == pytest.approx(slow.kitagawa(cells))
    assert terms[2] == pytest.approx(second[1].sum() / second[0].sum() - first[1].sum() / first[0].sum())


def test_kitagawas_vector_of_two_groups():
    """w = (.5, .5) to (.2, .8), r = (.30, .10) to (.25, .08): −0.0555 − 0.0305 = −0.0860."""
    first, second = np.array([[5000.0, 5000], [1500, 500]]), np.array([[2000.0, 8000], [500, 640]])
    assert mix.kitagawa(first, second) == pytest.approx((-0.0555, -0.0305, -0.0860))


def test_the_turns_are_the_derivatives_of_the_terms():
    rng = np.random.default_rng(1)
    first, second = rng.uniform(5, 50, (2, 3)), rng.uniform(5, 50, (2, 3))
    for half, sign in ((0, -1.0), (1, 1.0)):
        own, other = (first, second) if half == 0 else (second, first)
        told = mix.turns(own, other, sign)
        for row, column in np.ndindex(2, 3):
            step = np.zeros((2, 3))
            step[row, column] = 1e-5
            up, down = (
                mix.kitagawa(first + step * k, second) if half == 0 else mix.kitagawa(first, second + step * k)
                for k in (1, -1)
            )
            assert told[:, row, column] == pytest.approx((np.array(up) - np.array(down)) / 2e-5, abs=1e-6)


def test_the_planted_ratio_is_found_while_the_crude_one_is_led_astray_by_time():
    found = fe.content_mix(fe.simulate_content_mix(months=36, ratio=0.7, spread=0.2, seed=1))
    rows = found.summary().set_index("kind")
    ratio = rows.loc["advert"] if found.reference == "story" else 1 / rows.loc["story", ["estimate", "crude"]]
    assert float(ratio["estimate"]) == pytest.approx(0.7, abs=0.06)
    assert float(ratio["crude"]) > 0.78
    assert found.shows == "simulation"
    assert any("not drawn by lot" in note for note in found.notes)


CASES = [{"months": 12}, {"months": 36}, {"accounts": 15, "months": 12}, {"months": 24, "spread": 1.0}]
NIGHT = [(60, CASES[0]), *(pytest.param(2_000, case, marks=pytest.mark.nightly) for case in CASES)]


def covered(runs, case):
    """Share of intervals that hold the ratio; mean log of estimate over truth."""
    hits, off = [], []
    for seed in range(runs):
        table = fe.simulate_content_mix(seed=seed, **case)
        rows, kinds = mix._rows(table, "kind", "readers", None, "month")[0], ["story", "advert"]
        value = mix._compared(rows, kinds)[0].interval(0.95)
        hits.append(0.7 in value)
        off.append(math.log(value.estimate / 0.7))
    return float(np.mean(hits)), float(np.mean(off))


@pytest.mark.parametrize(("runs", "case"), NIGHT)
def test_the_interval_of_a_kind_covers_as_often_as_it_says(runs, case):
    cover, bias = covered(runs, case)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert 0.95 - slack <= cover <= 0.95 + slack, cover
    assert abs(bias) < 0.03


def shifting(months, seed):
    """Rates that do not move while the mix does: adverts reach 50, stories 100, and weights go from ¼ to ¾."""
    rng = np.random.default_rng(seed)
    month, _ = (axis.ravel() for axis in np.indices((months, 12)))
    advert = rng.random(len(month)) < np.where(month < months // 2, 0.25, 0.75)
    factor = rng.gamma(20, 1 / 20, months)[month] * rng.gamma(4, 1 / 4, len(month))
    readers = rng.poisson(np.where(advert, 50, 100) * factor)
    return pd.DataFrame({"m": month, "kind": np.where(advert, "advert", "story"), "readers": readers})


NIGHT_MIX = [
    (40, 20),
    pytest.param(2_000, 20, marks=pytest.mark.nightly),
    pytest.param(2_000, 40, marks=pytest.mark.nightly),
]


def covered_mix(runs, months):
    """Share of intervals that hold the mix (−25) and the rates (0)."""
    found = [fe.content_mix(shifting(months, seed), within="m").change.set_index("term") for seed in range(runs)]
    ends = np.array([one.loc[["the mix", "the rates"], ["low", "high"]].to_numpy(dtype=float) for one in found])
    truth = np.array([-25.0, 0.0])
    return ((ends[..., 0] <= truth) & (ends[..., 1] >= truth)).mean(axis=0)


@pytest.mark.parametrize(("runs", "months"), NIGHT_MIX)
def test_the_intervals_of_mix_and_rates_cover_as_often_as_they_say(runs, months):
    cover = covered_mix(runs, months)
    slack = 0.015 if runs >= 2_000 else 4 * math.sqrt(0.0475 / runs)
    assert (np.abs(cover - 0.95) <= slack).all(), cover


def test_posts_of_one_period_that_share_their_luck_do_not_narrow_the_interval():
    """Every post twice: the same periods, hence the same interval."""
    table = fe.simulate_content_mix(months=18, seed=2)
    one = fe.content_mix(table).summary()
    twice = fe.content_mix(pd.concat([table, table])).summary()
    assert twice[["estimate", "low", "high"]].to_numpy() == pytest.approx(one[["estimate", "low", "high"]].to_numpy())


def test_order_of_rows_names_of_accounts_and_units_of_reach_change_nothing():
    table = fe.simulate_content_mix(accounts=3, months=12, seed=3)
    one = fe.content_mix(table).summary()
    renamed = table.assign(account_id=table["account_id"].map({"account 1": "z", "account 2": "y", "account 3": "x"}))
    for other in (table.sample(frac=1, random_state=1), renamed, table.assign(readers=10 * table["readers"])):
        found = fe.content_mix(other).summary()
        assert found["estimate"].tolist() == pytest.approx(one["estimate"].tolist(), rel=1e-7)
        assert found["low"].tolist() == pytest.approx(one["low"].tolist(), rel=1e-6)


def test_a_kind_that_never_meets_another_is_not_estimable():
    table = pd.DataFrame({"m": np.repeat(range(8), 4), "readers": range(10, 42)})
    table["kind"] = np.where(table["m"] < 4, "story", "advert")
    found = fe.content_mix(table, within="m")
    assert "'story' not estimable" in found.sentence or "'advert' not estimable" in found.sentence
    assert any("nothing varies" in note for note in found.notes)
    assert found.change["estimate"].isna().all()


def test_posts_without_a_kind_are_left_out_and_told():
    table = fe.simulate_content_mix(seed=4)
    table.loc[:4, "kind"] = None
    assert any(note.startswith("5 posts lack kind") for note in fe.content_mix(table).notes)


def test_one_kind_is_no_mix():
    with pytest.raises(SchemaError, match="two kinds or more"):
        fe.content_mix(fe.simulate_content_mix().assign(kind="story"))


def test_a_rate_per_delivered_is_compared_where_a_base_is_given():
    table = fe.simulate_content_mix(seed=5)
    table["delivered"] = 10 * table["readers"] + 10
    found = fe.content_mix(table, base="delivered").summary()
    assert found["estimate"].tolist() == pytest.approx([1, 1], abs=0.01)


def test_the_pictures_are_drawn_and_simulations_refuse_numbers_out_of_range():
    found = fe.content_mix(fe.simulate_content_mix())
    assert found.plot().get_xscale() == "log"
    with pytest.raises(ParameterError, match="Needed"):
        fe.simulate_content_mix(months=1)


@needs_data
def test_on_a_page_of_2014_a_status_reached_twice_a_photo_of_its_month_and_the_mix_explains_no_fall():
    posts = pd.read_csv(DATA / "facebook_brand_page_2014.csv.gz")
    unpaid = posts[posts["paid"] == 0]
    found = fe.content_mix(unpaid, by="type", outcome="fan_reach", base="page_likes")
    status = found.summary().set_index("kind").loc["Status"]
    assert status[["estimate", "low", "high", "crude"]].tolist() == pytest.approx([2.15, 1.48, 3.12, 1.56], abs=0.005)
    change = found.change.set_index("term")
    assert change.loc["together", "estimate"] == pytest.approx(-0.0280, abs=5e-5)
    assert change.loc["the mix", ["estimate", "low", "high"]].tolist() == pytest.approx(
        [0.0027, -0.0007, 0.0061], abs=5e-5
    )


# --- surprise ---


def test_surprise_is_the_divergence_from_the_other_posts_written_out():
    kinds = [*"aaaaabbbccd"]
    found = fe.post_surprise(pd.DataFrame({"kind": kinds})).items["surprise"]
    assert found.tolist() == pytest.approx([slow.surprise(kinds, at) for at in range(len(kinds))])


def test_a_kind_never_posted_otherwise_is_one_bit_and_the_only_kind_is_none():
    assert surprise.divergence(np.array([0.0, 1.0])).tolist() == pytest.approx([1.0, 0.0])


def test_surprise_falls_as_the_kind_becomes_usual():
    assert (np.diff(surprise.divergence(np.linspace(0, 1, 50))) < 0).all()


def test_one_wallet_in_forty_investment_posts_stands_out_and_in_a_mixed_account_none_does():
    steady = pd.DataFrame({"account_id": "partner", "kind": ["funds"] * 39 + ["wallet"]})
    mixed = pd.DataFrame({"account_id": "shop", "kind": [f"kind {n % 8}" for n in range(40)]})
    found = fe.post_surprise(pd.concat([steady, mixed], ignore_index=True))
    assert found.items.loc[found.items["off_profile"], "kind"].tolist() == ["wallet"]
    assert found.summary().set_index("account_id")["estimate"].to_dict() == {"partner": 1 / 40, "shop": 0.0}
    assert len(found.plot().lines) == 1


def test_at_most_one_in_twenty_posts_of_any_account_stands_out():
    rng = np.random.default_rng(7)
    for weights in ([0.9, 0.05, 0.05], [0.5, 0.3, 0.2], [0.97, 0.01, 0.02], np.ones(60) / 60):
        kinds = rng.choice(len(weights), 200, p=weights)
        assert fe.post_surprise(pd.DataFrame({"kind": kinds})).items["off_profile"].mean() <= 0.05


def test_an_account_of_nineteen_posts_has_no_threshold():
    found = fe.post_surprise(pd.DataFrame({"kind": ["a"] * 18 + ["b"]}))
    assert "no account has the 20 posts that it takes" in found.sentence
    assert not found.items["off_profile"].any()


def test_off_profile_posts_can_be_the_kinds_of_a_mix():
    table = fe.simulate_content_mix(months=24, seed=8)
    table["topic"] = np.where(np.arange(len(table)) % 30 == 0, "wallet", "funds")
    items = fe.post_surprise(table, by="topic").items
    assert items["off_profile"].sum() == 10
    assert fe.content_mix(items, by="off_profile").summary()["posts"].tolist() == [278, 10]
