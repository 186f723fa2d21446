"""Pictures: colours that can be seen, labels that are drawn as they are, the sentence on top, the kind below."""

import io
import itertools
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager

import fanecon as fe
from fanecon import plots
from fanecon.plots import lettering
from fanecon.results import KNOWLEDGE, Interval, Result

ROOT = Path(__file__).resolve().parents[1]
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


# --- three situations of fonts, each in a process of its own ---

SITUATION = """
import os, sys, warnings, io, json
import matplotlib.pyplot as plt
from fanecon import plots
from fanecon.plots import lettering
from fanecon.results import Interval
from matplotlib import font_manager
held = any("WenQuanYi" in entry.name for entry in font_manager.fontManager.ttflist)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    ax = plots.intervals(plots.axes(None), ["别让椅子害死你", "b"], [Interval(0.5, 0.4, 0.6), Interval(0.2)])
    plots.label(ax, "转发", (0.5, 0))
    plots.finish(ax, "阅读 280 人", "fact")
    for _ in range(2):
        ax.figure.savefig(io.BytesIO())
drawn = [ax.get_title(loc="left"), *(one.get_text() for one in (*ax.texts, *ax.get_yticklabels()))]
print(json.dumps({"held": held, "font": plots.chinese_font(), "told": [str(one.message) for one in told],
                  "boxes": sum(plots.BOX in one for one in drawn),
                  "notices": sum(plots.NO_FONT in one for one in drawn)}))
"""


def situation(folder: Path, **environment: str) -> dict[str, object]:
    """What a new process draws with a memory of fonts of its own."""
    given = {**os.environ, "MPLBACKEND": "agg", "MPLCONFIGDIR": str(folder), "PYTHONPATH": str(ROOT), **environment}
    call = [sys.executable, "-c", SITUATION]
    done = subprocess.run(call, env=given, capture_output=True, text=True, check=True, cwd=folder)
    return json.loads(done.stdout)


def test_a_font_is_found_whether_matplotlib_remembers_it_or_not_and_told_where_there_is_none(tmp_path: Path) -> None:
    none = situation(tmp_path, MPL_IGNORE_SYSTEM_FONTS="1")
    assert (none["held"], none["font"], none["told"]) == (False, None, [])
    assert none["boxes"] == 4
    assert none["notices"] == 1
    if plots.chinese_font() is None:
        pytest.skip("no font with Chinese letters is installed: `make system` installs one")
    remembered = sorted(tmp_path.glob("fontlist*.json"))
    before = [one.read_bytes() for one in remembered]
    later = situation(tmp_path)
    assert (later["held"], later["told"], later["boxes"], later["notices"]) == (False, [], 0, 0)
    assert later["font"] is not None
    assert [one.read_bytes() for one in remembered] == before
    for one in remembered:
        one.unlink()
    fresh = situation(tmp_path)
    assert (fresh["held"], fresh["font"], fresh["told"], fresh["boxes"]) == (True, later["font"], [], 0)


def test_chinese_is_drawn_as_chinese_and_not_as_boxes() -> None:
    if plots.chinese_font() is None:
        pytest.skip("no font with Chinese letters is installed: `make system` installs one")
    pictures = []
    for text in ("转发分享", plots.BOX * 4, "阅读人数"):
        ax = plots.axes(None)
        plots.label(ax, text, (0.4, 0.5))
        pictures.append(picture(ax))
    assert all((one != other).any() for one, other in itertools.combinations(pictures, 2))


@pytest.mark.parametrize("text", ["あいう カタカナ", "한국어 공유", "轉發 臺灣", "é ž ł ß Ωμ Жж", "→ ≤ ½ “x” …"])
def test_a_letter_is_drawn_if_any_installed_font_has_it(text: str) -> None:
    faces = [entry for entry in font_manager.fontManager.ttflist if "Last Resort" not in entry.name]
    have = {code for entry in faces for code in font_manager.get_font(entry.fname).get_charmap()}
    wanted = "".join(letter if letter.isspace() or ord(letter) in have else plots.BOX for letter in text)
    assert plots.drawable(text) == wanted
    ax = plots.axes(None)
    plots.label(ax, text, (0.2, 0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO())


@pytest.mark.parametrize("text", ["𠮷", "\U0001fae8", "\ue000", "\ud800", "\x07", "a\u200bb", "x\ufe0f"])
def test_a_letter_that_no_font_has_is_a_box_or_nothing_and_never_a_warning(text: str) -> None:
    assert set(plots.drawable(text)) <= {*text, plots.BOX}
    ax = plots.axes(None)
    plots.label(ax, text, (0.2, 0.5))
    plots.finish(ax, text, "fact")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO())


def test_a_broken_font_in_the_folder_stops_nobody(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font at all")
    lettering.forget()
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(tmp_path / "broken.ttf")])
    assert plots.drawable("\ue000") == plots.BOX
    lettering.forget()


def test_the_names_of_a_legend_are_drawn_letter_by_letter() -> None:
    ax = plots.axes(None)
    names = ["_hidden", "$_$", "a $x$ b", "转发"]
    for at, name in enumerate(names):
        ax.plot([0, 1], [at, at + 1], label=name)
    ax.plot([0, 1], [5, 6])
    plots.legend(ax)
    plots.finish(ax, "One.", "fact")
    texts = ax.get_legend().get_texts()
    assert [one.get_text() for one in texts] == [plots.drawable(name) for name in names]
    assert not any(one.get_parse_math() for one in texts)
    picture(ax)


PREPARED = """
import io, json, sys, warnings
import matplotlib.pyplot as plt, numpy as np, pandas as pd, seaborn as sns
from fanecon import plots
plots.prepare(); plots.prepare()
if "theme" in sys.argv:
    sns.set_theme()
    plt.rcParams["text.parse_math"] = plt.rcParams["text.parse_math"]
names = ["_甲 $_$", "a $_$ b", "$\\\\frac", "乙"]
table = pd.DataFrame({"x": np.arange(20) % 5 + 1, "y": 10.0 ** (np.arange(20) % 4), "谁": names * 5})
figure, (left, right) = plt.subplots(1, 2)
sns.lineplot(table, x="x", y="y", hue="谁", ax=left)
left.set(yscale="log", title="_标题 $_$ \\\\frac")
right.bar(names, [1, 2, 3, 4], label="_bars")
right.plot([0, 1], [1, 2], label="_$name$")
right.plot([0, 1], [2, 2])
right.legend()
right.annotate("_注 $_$", (1, 2))
right.set(xlabel="$_$ 轴", ylabel="_y")
figure.savefig(io.BytesIO())
ticks = [one.get_text() for one in left.get_yticklabels()]
legends = [[one.get_text() for one in ax.get_legend().get_texts()] for ax in (left, right)]
texts = [one for ax in (left, right) for one in ax.findobj(plt.Text) if one.get_text()]
literal = [one.get_text() for one in texts if one.get_parse_math() and "$" in one.get_text()]
if "gap" in sys.argv:
    for letter in "\ue000\ue001\ue002":
        left.set_title(letter)
        figure.savefig(io.BytesIO())
print(json.dumps({"ticks": ticks, "legends": legends, "names": names, "parsed": literal}))
"""


@pytest.mark.parametrize("how", [[], ["theme"], ["gap"]], ids=["plain", "theme", "gap"])
def test_a_notebook_that_draws_by_itself_has_its_names_drawn_letter_by_letter(how: list[str], tmp_path: Path) -> None:
    if plots.chinese_font() is None:
        pytest.skip("no font with Chinese letters is installed: `make system` installs one")
    given = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-c", PREPARED, *how]
    done = subprocess.run(call, env=given, capture_output=True, text=True, check=True, cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["legends"] == [told["names"], ["_$name$", "_bars"]]
    assert told["parsed"] == []
    assert "10³" in told["ticks"]
    assert not any("$" in tick for tick in told["ticks"])
    assert done.stderr.count(plots.NO_FONT) == (how == ["gap"])
    assert "Glyph" not in done.stderr


def test_nothing_of_the_process_is_changed_by_importing() -> None:
    assert mpl.rcParams["text.parse_math"]
    assert type(warnings.showwarning).__name__ != "_Once"


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
