"""How a number, an interval and a result show themselves."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanecon.results import KNOWLEDGE, Interval, Result, shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"),
        (0.0012345, "", "0.00123"),
        (0.5, "", "0.500"),
        (1.2345, "", "1.23"),
        (12.345, "", "12.3"),
        (123.45, "", "123"),
        (12345.6, "", "12,346"),
        (37443, "", "37,443"),
        (-5, "", "−5"),
        (-0.25, "", "−0.250"),
        (math.nan, "", "–"),
        (None, "", "–"),
        (pd.NA, "", "–"),
        (math.inf, "", "∞"),
        (-math.inf, "", "−∞"),
        (0.08987, "proportion", "8.99 %"),
        (0.07, "proportion", "7 %"),
        (0.29, "proportion", "29 %"),
        (1, "proportion", "100 %"),
        (0, "proportion", "0 %"),
        (0.2, "days", "0.200"),
    ],
)
def test_a_number_is_shown_with_three_digits_and_whole_numbers_in_full(value, unit, text):
    assert shown(value, unit) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_what_is_shown_reads_back_to_within_half_a_percent(value):
    back = float(shown(value).replace(",", "").replace("−", "-"))
    assert back == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(1.3, 1.1, 1.6, "days"), "1.30 days (1.10 to 1.60)"),
        (Interval(0.25, 0.2, 0.31, "proportion"), "25 % (20 to 31)"),
        (Interval(0.9, 0.8, math.inf), "0.900 (0.800 to ∞)"),
        (Interval(40.13, unit="reads", missing="one article"), "40.1 reads (no interval: one article)"),
        (Interval(2), "2 (no interval)"),
    ],
)
def test_an_interval_prints_its_number_its_unit_and_its_ends(interval, text):
    assert str(interval) == text


def test_an_interval_answers_what_it_holds():
    interval = Interval(1.3, 1.1, 1.6)
    assert 1.1 in interval
    assert 1.6 in interval
    assert 1.7 not in interval
    assert math.nan not in interval
    assert 1.3 not in Interval(1.3)
    assert interval.width == pytest.approx(0.5)
    assert math.isnan(Interval(1.3).width)


def test_an_interval_cannot_be_changed_and_cannot_run_backwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Interval(1, 0, 2).low = 5
    with pytest.raises(ValueError, match="found low 2 and high 1"):
        Interval(1.5, 2, 1)
    with pytest.raises(ValueError, match="both ends or none"):
        Interval(1.5, low=1)


def result(**more) -> Result:
    table = pd.DataFrame(
        {
            "title": ["a <b> & c", None],
            "day": [pd.Timestamp("2014-03-08"), pd.NaT],
            "seen": [True, False],
            "count": pd.array([1234567, None], dtype="Int64"),
            "estimate": [0.1, 0.25],
            "low": [0.05, math.nan],
            "high": [0.2, math.nan],
        }
    )
    return Result(table=table, sentence="Of 10 <readers>, 1 shared.", notes=("One & only.",), unit="proportion", **more)


def test_a_result_displays_sentence_notes_and_table_with_units():
    text = repr(result())
    assert text.startswith("Of 10 <readers>, 1 shared.\nOne & only.\n")
    for cell in ("10 %", "5 %", "20 %", "25 %", "1,234,567", "2014-03-08", "yes", "no", "–"):
        assert cell in text
    assert "NaT" not in text
    assert "nan" not in text.lower()


def test_numpy_truth_is_shown_like_truth():
    shown_cells = Result(table=pd.DataFrame({"x": pd.Series([np.True_, np.False_], dtype=object)}), sentence="s")
    assert "yes" in repr(shown_cells)
    assert "no" in repr(shown_cells)


def test_text_from_data_cannot_become_markup():
    page = result()._repr_html_()
    for raw in ("<b>", "<readers>", "One & only"):
        assert raw not in page
    for kept in ("a &lt;b&gt; &amp; c", "Of 10 &lt;readers&gt;", "<li>One &amp; only.</li>"):
        assert kept in page


def test_explain_is_the_sentence_and_the_notes_one_per_line():
    assert result().explain() == "Of 10 <readers>, 1 shared.\nOne & only."
    assert Result(table=pd.DataFrame(), sentence="Nothing.").explain() == "Nothing."
    assert "<ul>" not in Result(table=pd.DataFrame(), sentence="Nothing.")._repr_html_()


def test_an_assumption_and_a_simulation_say_so_before_their_notes():
    assert result(shows="simulation").explain().splitlines()[1] == KNOWLEDGE["simulation"]
    assert KNOWLEDGE["assumption"] in result(shows="assumption")._repr_html_()
    assert not any(words in repr(result()) for words in KNOWLEDGE.values())


def test_a_summary_is_a_copy_in_full_precision():
    found = result()
    changed = found.summary()
    changed.loc[0, "estimate"] = 99
    assert found.summary()["estimate"].tolist() == [0.1, 0.25]


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        result().sentence = "other"
