"""The curve of a life seen through a window: printed truncation vectors, recovery, coverage, and refusals."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_life_cycle import DATA, exact, real

import fanecon as fe
from fanecon.metrics.attention import LifeCurve, life_fit
from fanecon.metrics.attention import life_likelihood as lik
from fanecon.schema import ParameterError, SchemaError

CURVES = {
    "exponential": LifeCurve(shape="exponential", numbers=(48,)),
    "stretched": LifeCurve(shape="stretched", numbers=(5, 0.5)),
    "power": LifeCurve(shape="power", numbers=(3, 2.2)),
    "biexponential": LifeCurve(shape="biexponential", numbers=(4, 60, 0.3)),
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def row(found, measure: str, within: bool = False):
    table = found.table[found.table["measure"] == measure]
    return table.iloc[int(within)]


def test_a_half_life_of_two_days_seen_for_a_week_is_found_and_not_the_weeks():
    """T90 is 6.64 days; counted within the week it is 4.96."""
    found = fe.fit_life_cycle(exact(), count="reads", horizon=168)
    assert found.curve.shape == "exponential"
    assert found.half_life.estimate / 24 == pytest.approx(2, rel=1e-3)
    assert row(found, "T90")["estimate"] / 24 == pytest.approx(6.64, abs=0.005)
    assert row(found, "T90", within=True)["estimate"] / 24 == pytest.approx(4.96, abs=0.005)
    assert "behaves like an exponential" in found.sentence


@pytest.mark.parametrize("shape", CURVES)
def test_every_curve_is_found_again_from_many_acts(shape):
    curve = CURVES[shape]
    drawn = fe.simulate_life_counts(curve, acts=400_000, horizon=168, step=1, seed=1)
    found = fe.fit_life_cycle(drawn, count="acts", horizon=168)
    assert found.curve.shape == shape
    assert found.curve.numbers == pytest.approx(curve.numbers, rel=0.1)
    assert row(found, "T90")["estimate"] == pytest.approx(curve.time_of(0.9), rel=0.05)
    assert found.shows == "simulation"


def test_a_pooled_fit_of_many_items_finds_the_curve_and_compares_on_items_left_out():
    drawn = fe.simulate_life_cycle(40, curve=CURVES["stretched"], acts=400, horizon=168, seed=2)
    found = fe.fit_life_cycle(drawn, horizon=168)
    assert row(found, "T90")["low"] < CURVES["stretched"].time_of(0.9) < row(found, "T90")["high"]
    assert found.models["held_out"].notna().all()
    assert found.models["chosen"].sum() == 1
    assert "large ones weigh more" in " ".join(found.notes)


@pytest.mark.parametrize("dispersion", [0.0, 0.2])
def test_the_dispersion_is_found(dispersion):
    drawn = fe.simulate_life_counts(CURVES["exponential"], acts=40_000, step=1, dispersion=dispersion, seed=3)
    note = next(n for n in fe.fit_life_cycle(drawn, count="acts", horizon=168).notes if "dispersion" in n)
    assert float(note.split("dispersion ")[1].split(":")[0]) == pytest.approx(dispersion, abs=0.06)


def test_an_infinite_horizon_changes_nothing_once_everything_was_seen():
    curve = LifeCurve(shape="exponential", numbers=(5,))
    drawn = fe.simulate_life_counts(curve, acts=5_000, horizon=168, seed=4)
    short, long = (fe.fit_life_cycle(drawn, count="acts", horizon=h, shapes=("exponential",)) for h in (96, 168))
    assert short.half_life.estimate == pytest.approx(long.half_life.estimate, rel=0.02)


def test_hours_or_minutes_give_the_same_life():
    drawn = fe.simulate_life_cycle(12, curve=CURVES["exponential"], acts=100, horizon=168, seed=6)
    one = fe.fit_life_cycle(drawn, horizon=168, shapes=("exponential",))
    sixty = fe.fit_life_cycle(drawn.assign(seconds=drawn["seconds"] * 60), horizon=168 * 60, shapes=("exponential",))
    assert sixty.half_life.estimate == pytest.approx(60 * one.half_life.estimate, rel=1e-3)
    assert sixty.half_life.high == pytest.approx(60 * one.half_life.high, rel=1e-3)
    again = fe.fit_life_cycle(drawn.sample(frac=1, random_state=1), horizon=168, shapes=("exponential",))
    assert again.half_life.estimate == pytest.approx(one.half_life.estimate, rel=1e-6)


def test_a_fit_from_the_peak_leaves_the_rise_out():
    fall = fe.simulate_life_counts(CURVES["exponential"], acts=20_000, step=1, horizon=168, seed=5)["acts"][1:]
    table = pd.DataFrame({"day": np.arange(178) / 24, "reads": [*range(10, 110, 10), *fall]})
    from_peak = fe.fit_life_cycle(table, count="reads", since="peak", shapes=("exponential",))
    assert from_peak.half_life.estimate == pytest.approx(48, rel=0.1)


# --- likelihoods by definition ---


def test_the_negative_binomial_is_scipys_and_poisson_in_the_limit():
    from scipy import stats

    counts, mean = np.array([0, 3, 9, 40]), np.array([0.5, 4.0, 8.0, 30.0])
    size = 1 / 0.4
    wanted = stats.nbinom.logpmf(counts, size, size / (size + mean)).sum()
    assert lik.negative_binomial(counts, mean, 0.4) == pytest.approx(wanted)
    assert lik.negative_binomial(counts, mean, 0.0) == pytest.approx(stats.poisson.logpmf(counts, mean).sum())


def test_the_multinomial_is_the_product_of_truncated_chances():
    data = lik.put_in_bins(
        np.array([0, 0, 1]), np.array([0.0, 24, 24]), np.array([3.0, 2, 4]), np.array([72.0, 48]), 24
    )
    curve, wanted = CURVES["exponential"], 0.0
    for count, low, window in ((3, 0, 72), (2, 24, 72), (4, 24, 48)):
        wanted += count * np.log(curve.share_by(low + 24, window) - curve.share_by(low, window))
    assert lik.multinomial("exponential", np.log([48]), data) == pytest.approx(wanted)


# --- not estimable ---


def test_a_series_that_does_not_fall_has_no_half_life():
    table = pd.DataFrame({"day": range(14), "reads": [100, 103, 98, 101, 99, 102, 97, 100, 104, 99, 101, 98, 103, 100]})
    found = fe.fit_life_cycle(table, count="reads", shapes=("exponential",))
    assert np.isnan(found.half_life.estimate)
    assert "not estimable" in found.sentence
    assert row(found, "T90", within=True)["estimate"] == pytest.approx(0.9 * 14 * 24, rel=0.02)


def test_a_power_law_without_end_is_timed_only_within_its_window():
    endless = LifeCurve(shape="power", numbers=(1, 0.7))
    drawn = fe.simulate_life_counts(endless, acts=100_000, horizon=336, step=1, seed=7)
    found = fe.fit_life_cycle(drawn, count="acts", horizon=336, shapes=("power",))
    assert np.isnan(found.half_life.estimate)
    assert "no end" in found.half_life.missing
    assert row(found, "T90", within=True)["low"] < endless.time_of(0.9, 336) < row(found, "T90", within=True)["high"]


def test_too_little_and_unknown_is_refused():
    few = pd.DataFrame({"cascade_id": "a", "seconds": range(19)})
    with pytest.raises(SchemaError, match="at least 20 acts within the window; found 19"):
        fe.fit_life_cycle(few)
    with pytest.raises(ParameterError, match="Did you mean 'power'"):
        fe.fit_life_cycle(exact(), count="reads", shapes=("powr",))
    with pytest.raises(ParameterError, match="since"):
        fe.fit_life_cycle(exact(), count="reads", since="top")
    with pytest.raises(ParameterError, match="dispersion"):
        fe.simulate_life_counts(CURVES["power"], dispersion=-1)


def test_the_picture_shows_the_window():
    drawn = fe.simulate_life_counts(CURVES["exponential"], acts=900, seed=1)
    ax = fe.fit_life_cycle(drawn, count="acts", horizon=168, shapes=("exponential",)).plot()
    assert ax.get_ylabel() == "acts within the window"


@pytest.mark.parametrize("far", [1e4, 1e8])
def test_a_spread_without_measure_gives_the_whole_window_and_no_overflow(far):
    """Two exponentials with clumps: the spread of a parameter can be so large that exp of its arm has no number."""
    middle = np.array([(low + high) / 2 for low, high in lik.BOUNDS["biexponential"]])
    spread = np.eye(len(middle)) * far**2
    tried = life_fit._Tried(
        shape="biexponential", x=middle, spread=spread, freedom=20.0, dispersion=1.0, log_likelihood=0.0
    )
    found = life_fit._interval(tried, 0.9, 168.0, 0.95)
    assert 0 <= found.low <= found.estimate <= found.high <= 0.9 * 168
    assert np.isnan(life_fit._interval(tried, 0.9, np.inf, 0.95).low)


# --- coverage ---


def coverage(shape: str, kind: float | str, runs: int, shapes: tuple[str, ...] = ()) -> dict[str, float]:
    """How often the intervals of T50, T90 (eventual) and T90 (window) hold the truth, where a number is given."""
    curve, held = CURVES[shape], {"T50": [], "T90": [], "window": []}
    for seed in range(runs):
        if kind == "items":
            drawn = fe.simulate_life_cycle(30, curve=curve, acts=60, horizon=168, seed=seed)
            found = fe.fit_life_cycle(drawn, horizon=168, shapes=shapes or (shape,))
        else:
            drawn = fe.simulate_life_counts(curve, acts=500, horizon=168, step=4, dispersion=kind, seed=seed)
            found = fe.fit_life_cycle(drawn, count="acts", horizon=168, shapes=shapes or (shape,))
        asked = (("T50", False, None), ("T90", False, None), ("T90", True, 168))
        for name, (measure, within, horizon) in zip(held, asked, strict=True):
            one = row(found, measure, within)
            truth = curve.time_of(0.5 if measure == "T50" else 0.9, horizon or np.inf)
            held[name] += [] if np.isnan(one["estimate"]) else [one["low"] <= truth <= one["high"]]
    return {name: float(np.mean(hits)) for name, hits in held.items()}


@pytest.mark.parametrize("runs", [60, pytest.param(2_000, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("kind", [0.0, 0.3, "items"])
def test_intervals_of_an_exponential_life_cover(kind, runs):
    """Held to the level without clumps; with clumps of dispersion 0.3 a known miss (91 to 94 %)."""
    found = coverage("exponential", kind, runs)
    least = {0.0: 0.935, 0.3: 0.90, "items": 0.925}[kind]
    assert all(value >= least - (0 if runs > 1_000 else 0.07) for value in found.values()), found


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "least"), [(0.0, 0.90), (0.3, 0.82)])
@pytest.mark.parametrize("shape", ["stretched", "power", "biexponential"])
def test_intervals_of_the_other_curves_cover_as_the_module_says(shape, kind, least):
    found = coverage(shape, kind, 300)
    assert all(value >= least for value in found.values()), found


def test_rumour_cascades_follow_no_single_half_life():
    """Pooled over 30 days the stretched exponential is best on cascades left out, the exponential worst."""
    table = real("ced_reposts.parquet").rename(columns={"dt": "seconds"})
    found = fe.fit_life_cycle(table, horizon=720)
    scores = found.models.set_index("shape")["held_out"]
    assert found.curve.shape == "stretched"
    assert scores.idxmin() == "exponential"
    assert found.curve.numbers[1] == pytest.approx(0.195, abs=0.02)
    assert DATA.exists()
