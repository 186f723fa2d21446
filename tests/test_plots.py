"""Pictures: colours that can be seen, labels that are drawn as they are, the sentence on top, the kind below."""

import io
import re
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon import plots
from fanecon.plots import lettering
from fanecon.results import KNOWLEDGE, Interval, Result

RAINBOW = {"shares": 3365, "seeds": 280}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def picture(ax) -> np.ndarray:
    ax.figure.canvas.draw()
    return np.asarray(ax.figure.canvas.buffer_rgba()).copy()


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("colour", plots.COLOURS)
def test_every_colour_has_a_contrast_of_three_to_one_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3


def test_contrast_is_computed_as_the_guideline_says():
    assert 1.05 / (luminance("#000000") + 0.05) == pytest.approx(21)
    assert 1.05 / (luminance("#777777") + 0.05) == pytest.approx(4.48, abs=0.01)


def test_colours_markers_and_dashes_tell_series_apart_without_each_other():
    for marks in (plots.COLOURS, plots.MARKERS, plots.DASHES):
        assert len({str(mark) for mark in marks}) == len(plots.COLOURS)


# --- text from data ---

AWKWARD = ["$_$", "_name", "a_b^c", "$x", "\\frac", "50 % & <b>", "别让椅子害死你"]


@pytest.mark.parametrize("text", AWKWARD)
def test_a_label_is_drawn_letter_by_letter(text):
    ax = plots.axes(None)
    empty = picture(ax)
    plots.label(ax, text, (0.4, 0.5))
    assert (picture(ax) != empty).any()
    assert ax.texts[-1].get_text() == plots.drawable(text)
    assert not ax.texts[-1].get_parse_math()


@pytest.mark.parametrize("text", AWKWARD)
def test_the_name_of_a_row_is_drawn_letter_by_letter(text):
    ax = plots.intervals(plots.axes(None), [text, "b"], [Interval(0.5, 0.4, 0.6), Interval(0.2)])
    with_name = picture(ax)
    label = ax.get_yticklabels()[0]
    assert label.get_text() == plots.drawable(text)
    assert not label.get_parse_math()
    label.set_visible(False)
    assert (picture(ax) != with_name).any()


@pytest.mark.parametrize("text", AWKWARD)
def test_the_title_is_drawn_letter_by_letter(text):
    ax = plots.finish(plots.axes(None), text, "fact")
    picture(ax)
    assert ax.get_title(loc="left") == plots.drawable(text)


def test_chinese_is_drawn_with_its_own_font_whatever_the_style_at_drawing_time():
    if plots.chinese_font() is None:
        pytest.skip("no font with Chinese letters is installed: `make system` installs one")
    ax = plots.intervals(plots.axes(None), ["别让椅子害死你"], [Interval(0.5, 0.4, 0.6)])
    plots.label(ax, "转发", (0.5, 0))
    plots.finish(ax, "阅读 280 人", "fact")
    with warnings.catch_warnings(), mpl.rc_context({"font.sans-serif": ["DejaVu Sans"]}):
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO())
    assert plots.BOX not in ax.get_title(loc="left")
    assert not any(plots.NO_FONT in text.get_text() for text in ax.texts)


@pytest.fixture
def _without_chinese_font(monkeypatch):
    lettering.forget()
    monkeypatch.setattr(lettering, "_installed", lambda: [lettering.LATIN])
    monkeypatch.setattr(lettering, "_look_again", lambda: ())
    yield
    monkeypatch.undo()
    lettering.forget()


@pytest.mark.usefixtures("_without_chinese_font")
@pytest.mark.parametrize("where", ["title", "label", "row"])
def test_without_a_font_there_is_one_notice_and_no_warning(where):
    ax = plots.axes(None)
    if where == "label":
        plots.label(ax, "转发", (0.5, 0))
    plots.intervals(ax, ["转发" if where == "row" else "a"], [Interval(0.5, 0.4, 0.6)])
    plots.finish(ax, "转发" if where == "title" else "a", "fact")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO())
    assert sum(plots.NO_FONT in text.get_text() for text in ax.texts) == 1


@pytest.mark.usefixtures("_without_chinese_font")
def test_without_a_font_the_other_letters_stay():
    assert plots.drawable("a转b") == f"a{plots.BOX}b"
    ax = plots.finish(plots.axes(None), "plain", "fact")
    assert not any(plots.NO_FONT in text.get_text() for text in ax.texts)


def test_chinese_is_recognised():
    assert plots.has_chinese("a转")
    assert plots.has_chinese("𠮷")
    assert not plots.has_chinese("é – “x” 12 %")


@pytest.mark.parametrize(
    ("text", "short"),
    [("abc", "abc"), ("abcdefghijkl", "abcdefghij…"), ("转发转发转发", "转发转发转…"), ("abc       defg", "abc…")],
)
def test_a_long_name_is_cut_and_a_chinese_letter_counts_double(text, short):
    if plots.chinese_font() is None and plots.has_chinese(text):
        pytest.skip("no font with Chinese letters is installed: `make system` installs one")
    assert plots.shorten(text, 10) == short


# --- intervals and scales ---


def test_intervals_stand_in_order_from_the_top_and_start_at_zero():
    ax = plots.intervals(
        plots.axes(None), ["a", "b"], [Interval(0.5, 0.4, 0.6), Interval(0.2, 0.1, 0.3)], unit="proportion"
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert list(ax.get_yticks()) == [1, 0]
    assert ax.get_xlim()[0] == 0
    assert [line.get_xdata().tolist() for line in ax.lines] == [[0.4, 0.6], [0.1, 0.3], [0.5, 0.2]]
    ax.figure.canvas.draw()
    assert all(re.fullmatch(r"[\d.]+ %", label.get_text()) for label in ax.get_xticklabels())


def test_an_interval_without_ends_is_a_dot_and_one_without_bound_an_arrow():
    ax = plots.intervals(plots.axes(None), ["a", "b"], [Interval(0.5), Interval(0.9, 0.8, np.inf)], most=2.0)
    bars = [line.get_xdata().tolist() for line in ax.lines if len(line.get_xdata()) == 2]
    assert bars == [[0.8, 2.0], [0.5, 0.9]]
    assert [line.get_xdata().tolist() for line in ax.lines if line.get_marker() == ">"] == [[2.0]]


def test_a_unit_is_written_on_its_axis_as_plain_text():
    ax = plots.axes(None)
    plots.scale(ax, "reads_per $x$", axis="y")
    assert ax.get_ylabel() == "reads_per $x$"
    assert not ax.yaxis.label.get_parse_math()
    assert ax.get_ylim()[0] == 0
    picture(ax)


def test_a_band_runs_from_low_to_high():
    table = pd.DataFrame({"age": [0, 1, 2], "estimate": [0.3, 0.2, 0.1], "low": [0.2, 0.1, 0], "high": [0.4, 0.3, 0.2]})
    ax = plots.band(plots.axes(None), table, "age")
    corners = ax.collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (0, 0.4)
    assert ax.lines[0].get_ydata().tolist() == [0.3, 0.2, 0.1]


# --- what every result draws ---


def results() -> dict[str, Result]:
    table = fe.simulate_articles(12, seed=1)
    real = pd.DataFrame(table.to_dict("list")).assign(title=[f"$_{i}$ 别让" for i in range(12)])
    return {
        "share_to_read": fe.share_to_read(real),
        "share_to_read of simulated articles": fe.share_to_read(table),
        "share_to_read by": fe.share_to_read(real, by="topic", unit="times"),
        "amplification": fe.amplification(real),
        "chain_reproduction": fe.chain_reproduction(3365, imported_shares=280),
        "chain_reproduction without bound": fe.chain_reproduction(1, imported_shares=1, view_dispersion=0.1),
        "reproduction_number": fe.reproduction_number(37_443, **RAINBOW),
        "measure_reproduction": fe.measure_reproduction(real),
        "measure_reproduction of simulated articles": fe.measure_reproduction(table),
        "conditioned_paths": fe.conditioned_paths(300, seeds=20, shares=60, paths=50),
        "best_of_k": fe.best_of_k(60, seeds=5, share_rate=0.3, articles=(1, 4, 20)),
        "sensitivity_grid": fe.sensitivity_grid(37_443, shares=3365, subscribers=933),
    }


RESULTS = results()


@pytest.mark.parametrize("name", RESULTS)
def test_a_picture_has_the_sentence_on_top_the_kind_below_and_is_never_shown(name, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("plot must not show")

    monkeypatch.setattr(plt, "show", refuse)
    monkeypatch.setattr(mpl.figure.Figure, "show", refuse)
    found = RESULTS[name]
    ax = found.plot()
    title = re.sub(r"\s+", " ", ax.get_title(loc="left"))
    assert title == re.sub(r"\s+", " ", plots.drawable(found.sentence))
    footers = [text.get_text() for text in ax.texts if text.get_text().startswith(tuple(KNOWLEDGE.values()))]
    assert len(footers) == 1
    assert footers[0].startswith(KNOWLEDGE[found.shows])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO())


@pytest.mark.parametrize("name", RESULTS)
def test_a_picture_is_drawn_on_the_axes_it_is_given(name):
    _, given = plt.subplots()
    assert RESULTS[name].plot(ax=given) is given
    assert given.get_title(loc="left")


@pytest.mark.parametrize(
    "name", ["share_to_read of simulated articles", "measure_reproduction of simulated articles", "conditioned_paths"]
)
def test_what_was_simulated_says_so_in_its_footer(name):
    assert RESULTS[name].shows == "simulation"
    assert any(text.get_text().startswith("Simulation") for text in RESULTS[name].plot().texts)


def test_a_synthetic_picture_of_facts_says_simulation():
    ax = plots.finish(plots.axes(None), "One.", "fact", synthetic=True)
    assert ax.texts[-1].get_text() == KNOWLEDGE["simulation"]


def test_a_long_title_stays_within_the_figure():
    ax = RESULTS["sensitivity_grid"].plot()
    picture(ax)
    assert max(len(line) for line in ax.get_title(loc="left").splitlines()) <= 72


def test_the_style_of_the_user_is_left_alone():
    before = dict(mpl.rcParams)
    RESULTS["share_to_read"].plot()
    assert dict(mpl.rcParams) == before


def test_a_heat_map_has_its_first_row_at_the_bottom():
    grid = pd.DataFrame([[0.1, 0.2], [0.3, 0.4]], index=[0.03, 0.3], columns=[0.0, 0.5])
    ax = plots.heat(plots.axes(None), grid, bar="R")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["30 %", "3 %"]
    assert ax.collections[0].get_array().ravel().tolist() == [0.3, 0.4, 0.1, 0.2]
