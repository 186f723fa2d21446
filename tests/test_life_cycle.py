"""Hours until shares of the attention have come: by hand, by definition, by print, on real cascades."""

import json
import os
import subprocess
import sys
from pathlib import Path

import life_definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon import stats
from fanecon.metrics.attention import LifeCurve
from fanecon.schema import ParameterError

DATA = Path(os.environ.get("FANECON_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
WEEK = LifeCurve(shape="exponential", numbers=(48,))
NIGHT = [200, pytest.param(2_000, marks=pytest.mark.nightly)]


def real(name: str) -> pd.DataFrame:
    """A public extract, or a loud skip."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"REAL DATA ABSENT: {name} is not in {DATA}; set FANECON_DATA to its folder")
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


#   hours   0    1    2    3    4    5
#   acts         2    6    3    1    0    → from the post; the peak is the second hour, half is reached there
TOY = pd.DataFrame({"cascade_id": "a", "seconds": 3600 * (np.repeat([1, 2, 3, 4], [2, 6, 3, 1]) - 0.5)})


def test_a_toy_gives_what_pencil_and_paper_give():
    row = fe.measure_life_cycle(TOY, horizon=6).items.iloc[0]
    assert (row["acts"], row["onset_h"], row["peak_h"], row["peak_count"], row["half_fall_h"]) == (12, 0, 1, 6, 1)
    assert (row["t50_h"], row["t90_h"]) == (1.5, 2.5)  # acts number 6 and 11 of 12
    assert (row["t50_from_peak_h"], row["t90_from_peak_h"]) == (0.5, 1.5)  # acts 5 and 9 of 10, an hour earlier
    assert np.isnan(row["t95_h"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 500_000), min_size=100, max_size=160), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_times_are_the_textbook_order_statistics(seconds, share):
    table = pd.DataFrame({"cascade_id": "a", "seconds": seconds})
    row = fe.measure_life_cycle(table).items.iloc[0]
    assert row[f"t{100 * share:.0f}_h"] == pytest.approx(by.time_of_share(seconds, share) / 3600)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=4, max_size=30),
    st.sampled_from([0.5, 0.9]),
    st.sampled_from([0.0, 0.1]),
)
def test_times_from_bins_are_the_textbook_crossings(counts, share, background):
    counts = [50, 20, *counts, 1]
    table = pd.DataFrame({"day": range(len(counts)), "reads": counts})
    row = fe.measure_life_cycle(table, count="reads", background=background).items.iloc[0]
    wanted = by.time_of_share_in_bins(counts, 24, share, background)
    assert row[f"t{100 * share:.0f}_h"] == pytest.approx(wanted, abs=1e-6)


def test_order_of_rows_names_and_neighbours_change_nothing():
    drawn = fe.simulate_life_cycle(6, curve=WEEK, horizon=300, seed=4)
    found = fe.measure_life_cycle(drawn, horizon=300)
    shuffled = fe.measure_life_cycle(drawn.sample(frac=1, random_state=1), horizon=300)
    pd.testing.assert_frame_equal(found.items, shuffled.items)
    alone = fe.measure_life_cycle(drawn[drawn["cascade_id"] == "3"], horizon=300)
    pd.testing.assert_frame_equal(alone.items, found.items[3:4].reset_index(drop=True))
    doubled = fe.measure_life_cycle(pd.concat([drawn, drawn[drawn["kind"] != "root"]]), horizon=300)
    assert doubled.items["t90_h"].to_numpy() == pytest.approx(found.items["t90_h"].to_numpy(), rel=0.1)


def test_a_flat_background_is_taken_off():
    hours = np.arange(400)
    table = pd.DataFrame({"day": hours / 24, "reads": 1000 * 2 ** (-hours / 6) + 10})
    plain = fe.measure_life_cycle(table, count="reads").items.iloc[0]
    known = fe.measure_life_cycle(table, count="reads", background=10.0).items.iloc[0]
    guessed = fe.measure_life_cycle(table, count="reads", background="median").items.iloc[0]
    assert plain["t90_h"] > 200
    assert known["t90_h"] == pytest.approx(6 * np.log2(10), abs=0.2)
    assert guessed["t90_h"] == pytest.approx(known["t90_h"], abs=0.2)


def test_a_median_background_counts_empty_bins_too():
    table = pd.DataFrame({"day": [0, 1, 9], "reads": [30, 8, 2]})
    assert fe.measure_life_cycle(table, count="reads", background="median").items["background_per_h"].item() == 0
    table = pd.DataFrame({"day": [0, 1, 2], "reads": [30, 8, 2]})
    assert fe.measure_life_cycle(table, count="reads", background="median").items["background_per_h"].item() == 8 / 24


# --- truncation ---


def exact(hours: int = 168) -> pd.DataFrame:
    """A million acts of half-life 2 days in bins of half an hour, without chance."""
    edges = np.arange(0, hours + 0.25, 0.5)
    return pd.DataFrame({"day": edges[:-1] / 24, "reads": 1e6 * np.diff(WEEK.share_by(edges))})


def test_what_is_counted_within_a_week_is_the_weeks_life_and_the_model_gives_the_whole():
    seen = fe.measure_life_cycle(exact(), count="reads", horizon=168)
    assert seen.items["t50_h"].item() / 24 == pytest.approx(1.76, abs=0.005)
    assert seen.items["t90_h"].item() / 24 == pytest.approx(4.96, abs=0.005)
    assert "still ran in the last tenth of the window" in " ".join(seen.notes)
    whole = fe.measure_life_cycle(exact(), count="reads", horizon=168, model=WEEK)
    assert whole.items["t50_h"].item() / 24 == pytest.approx(2, abs=0.005)
    assert whole.items["t90_h"].item() / 24 == pytest.approx(6.64, abs=0.005)
    assert "91.2 % lie within the window" in " ".join(whole.notes)


def test_acts_after_the_horizon_are_left_out_and_told():
    drawn = fe.simulate_life_cycle(4, curve=WEEK, seed=1)
    found = fe.measure_life_cycle(drawn, horizon=48)
    assert found.items["t90_h"].max() <= 48
    assert "came after the horizon of 48 hours" in " ".join(found.notes)
    assert "No horizon was given" in " ".join(fe.measure_life_cycle(drawn).notes)


def test_a_series_that_begins_at_its_height_is_told_to_have_begun_earlier():
    table = pd.DataFrame({"item_id": list("aaabbb"), "day": [0, 1, 2] * 2, "reads": [9, 5, 1, 2, 9, 5]})
    found = fe.measure_life_cycle(table, count="reads")
    assert "1 of 2 items are highest in the first hour or day seen" in " ".join(found.notes)
    assert "highest in the first" not in " ".join(fe.measure_life_cycle(TOY).notes)


# --- over items ---


def test_shares_of_items_have_wilson_and_cluster_intervals():
    drawn = fe.simulate_life_cycle(40, curve=WEEK, spread=0.8, seed=2)
    found = fe.measure_life_cycle(drawn)
    times = found.times("t90")
    share = found.share_within(100)
    assert share == stats.wilson((times <= 100).sum(), 40)
    authors = np.arange(40) % 8
    grouped = found.share_within(100, clusters=authors)
    assert grouped == stats.ratio_of_sums((times <= 100).astype(float), np.ones(40), clusters=authors)
    assert found.quantile(0.5) == stats.quantile_interval(times, 0.5, unit="hours")
    assert (found.table["estimate"] >= 0).all()


@pytest.mark.parametrize("runs", NIGHT)
@pytest.mark.parametrize("items", [30, 101])
def test_the_median_over_items_covers_the_median_of_all_items(items, runs):
    """An order-statistic interval holds at least its level; at 30 and 101 items exactly 95.7 and 95.4 %."""
    curve = LifeCurve(shape="exponential", numbers=(10,))
    every = fe.measure_life_cycle(fe.simulate_life_cycle(20_000, curve=curve, acts=40, spread=0.6, seed=99))
    truth = float(np.median(every.times("t90")))
    drawn = fe.measure_life_cycle(fe.simulate_life_cycle(items * runs, curve=curve, acts=40, spread=0.6, seed=5))
    lives = drawn.items["t90_h"].to_numpy()  # of 60,000 one had no act, and is in no table
    groups = lives[: len(lives) // items * items].reshape(-1, items)
    held = [truth in stats.quantile_interval(group[~np.isnan(group)], 0.5) for group in groups]
    assert (0.935 if runs > 1000 else 0.915) <= np.mean(held) <= (0.97 if runs > 1000 else 0.99)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [5, 6, 7, 29, 30, 100])
def test_quantile_intervals_are_those_of_the_textbook_ranks(n, share):
    found, ranks = stats.quantile_interval(range(1, n + 1), share), by.quantile_ranks(n, share)
    assert (found.low, found.high) == ranks if ranks else np.isnan(found.low)
    assert stats.quantile_interval(range(n), 0.5).estimate == stats.median_interval(range(n)).estimate


def test_a_quantile_interval_may_end_at_infinity():
    found = stats.quantile_interval([1, 2, 3, 4, 5, np.inf, np.inf], 0.5)
    assert (found.estimate, found.low, found.high) == (4, 1, np.inf)


def test_the_picture_shows_three_definitions_and_two_lines():
    ax = fe.measure_life_cycle(fe.simulate_life_cycle(30, curve=WEEK, seed=1)).plot()
    said = {text.get_text() for text in ax.texts}
    assert {"T50", "T95", "T99", "2 days", "7 days"} <= said


def test_a_simulation_is_said_to_be_one():
    found = fe.measure_life_cycle(fe.simulate_life_cycle(3, curve=WEEK))
    assert found.shows == "simulation"
    assert "3 cascades" in found.sentence


@pytest.mark.parametrize(
    "given",
    [
        {"horizon": 0},
        {"background": -1},
        {"background": "mean"},
        {"model": WEEK},
        {"model": LifeCurve(shape="power", numbers=(1, 0.9)), "horizon": 9},
        {"level": 95},
    ],
)
def test_arguments_out_of_range_are_refused(given):
    with pytest.raises(ParameterError):
        fe.measure_life_cycle(TOY, **given)


# --- the twin ---


@pytest.mark.parametrize("shape", ["exponential", "stretched", "power", "biexponential"])
def test_simulated_acts_come_when_the_curve_says(shape):
    numbers = {"exponential": (10,), "stretched": (2, 0.5), "power": (3, 2.5), "biexponential": (2, 40, 0.2)}[shape]
    curve = LifeCurve(shape=shape, numbers=numbers)
    drawn = fe.simulate_life_cycle(50, curve=curve, acts=2_000, seed=3)
    hours = drawn.loc[drawn["kind"] != "root", "seconds"] / 3600
    for share in (0.1, 0.5, 0.9, 0.99):
        assert (hours <= curve.time_of(share)).mean() == pytest.approx(share, abs=0.01)
    assert drawn.attrs["synthetic"]


# --- real cascades ---


@pytest.fixture(scope="module")
def ced():
    return fe.measure_life_cycle(real("ced_reposts.parquet").rename(columns={"dt": "seconds"}))


def test_rumour_cascades_live_as_long_as_was_published(ced):
    """The whole set: median T50 3.7 h, T90 29.0 h; T90 within 48 h 62.5 %, within 7 d 82.5 %.  Half of it is here."""
    assert 3.7 in ced.quantile(0.5, measure="t50")
    assert 29.0 in ced.quantile(0.5)
    assert 0.625 in ced.share_within(48)
    assert 0.825 in ced.share_within(168)
    assert len(ced.items) == 1642


def test_a_retweet_cascade_has_the_four_published_times():
    table = real("twitter_seismic_cascade.csv.gz").rename(columns={"dt": "seconds"})
    table["kind"] = ["root"] + ["repost"] * (len(table) - 1)
    found = fe.measure_life_cycle(table)
    row = found.items.iloc[0]
    assert [row[f"t{q}_h"] for q in (50, 90, 95, 99)] == pytest.approx([5.36, 18.75, 26.24, 98.34], abs=0.02)
    within = (table["seconds"][1:] <= 48 * 3600).mean()
    assert within == pytest.approx(0.973, abs=5e-4)
    assert found.sentence.startswith("Of 15,562 acts on one item: half after 5.36 hours, nine tenths after 18.7 hours")


@pytest.mark.parametrize(("event", "half", "most"), [("Chengdu", 22, 148), ("Qingdao", 41, 204), ("Kashgar", 18, 100)])
def test_three_events_on_weibo_have_the_published_times_to_an_hour(event, half, most):
    items = fe.measure_life_cycle(real("weibo_event_hourly.csv.gz"), count="posts").items.set_index("event")
    assert items.loc[event, "t50_h"] == pytest.approx(half, abs=1)
    assert items.loc[event, "t90_h"] == pytest.approx(most, abs=1)


def test_the_benchmark_prints_the_published_figures_with_their_intervals():
    real("ced_originals.parquet")
    script = Path(__file__).resolve().parents[1] / "benchmarks" / "life_cycle.py"
    said = subprocess.run([sys.executable, script, DATA], capture_output=True, text=True, check=True).stdout
    told = json.loads(said)
    assert said.count("\n") == 1
    assert (told["cascades"], told["cascades_with_t90"]) == (1642, 1639)
    published = {"median_t50_h": 3.7, "median_t90_h": 29.0, "t90_within_48_h": 0.625, "t90_within_7_d": 0.825}
    for name, value in published.items():
        assert told[name]["low"] <= value <= told[name]["high"]
