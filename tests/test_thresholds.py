"""Thresholds: a grammar that cannot run code, and a number that cannot be judged never passes for a good one."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.errors import ParameterError
from fanecon.report.asked.thresholds import COMPARE, FIELDS, Condition, judge_names, parse
from fanecon.report.record import Metric, Threshold

SHARE = Metric(name="share", estimate=0.03, low=0.02, high=0.05, unit="proportion", level=0.95)
DAYS = Metric(name="half_life", estimate=5.0, low=4.0, high=7.5, unit="days", level=0.95)


def judged(text: str, *metrics: Metric, before: tuple[Metric, ...] = ()) -> Threshold:
    return parse(text).judge(metrics or (SHARE, DAYS), before)


READ = [
    ("share.estimate < 0.02", Condition(name="share", key=None, field="estimate", sign="<", number="0.02")),
    ("share.low>=2%", Condition(name="share", key=None, field="low", sign=">=", number="2", percent=True)),
    ('\tshare [ "a" ] . high == -1e-3 ', Condition(name="share", key="a", field="high", sign="==", number="-1e-3")),
    ("share['it\\'s'].width != +.5 %",
     Condition(name="share", key="it's", field="width", sign="!=", number="+.5", percent=True)),
    ('share["a\\\\b"].change <= 5.', Condition(name="share", key="a\\b", field="change", sign="<=", number="5.")),
    ('share["] . low < 1"].low > 0', Condition(name="share", key="] . low < 1", field="low", sign=">", number="0")),
    ('分享率["福利"].estimate < 1', Condition(name="分享率", key="福利", field="estimate", sign="<", number="1")),
    ('share[""].estimate < 1', Condition(name="share", key="", field="estimate", sign="<", number="1")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "condition"), READ)
def test_a_condition_is_read_as_it_is_written(text: str, condition: Condition) -> None:
    assert parse(text) == condition
    assert parse(str(condition)) == condition


REFUSED = [
    ("", 0, "the name"),
    ("0.02 > share.estimate", 0, "the fixed number comes last"),
    ("share", 5, "a point and one of estimate"),
    ("share.estimat < 1", 6, "did you mean estimate"),
    ("share.estimate", 14, "one of < <= > >= == !="),
    ("share.estimate = 1", 15, "for = type =="),
    ("share.estimate => 1", 15, "for => type >="),
    ("share.estimate ≤ 1", 15, "for ≤ type <="),
    ("share.estimate <", 16, "a number should stand"),
    ("share.estimate < nan", 17, "a number should stand"),
    ("share.estimate < inf", 17, "a number should stand"),
    ("share.estimate < 0x10", 18, "Nothing should stand after"),
    ("share.estimate < 1_000", 18, "Nothing should stand after"),
    ("share.estimate < 1e999", 17, "too large"),
    ("share.estimate < 1e-999", 17, "too close to zero"),
    ("share.estimate < --1", 17, "a number should stand"),
    ("share.estimate < ０.０２", 17, "a number should stand"),
    ("share.estimate < −1", 17, "a number should stand"),
    ("share.estimate < 0,02", 18, "a decimal point is a point"),
    ("share.estimate < 1 and share.low < 2", 19, "Repeat --fail-if"),
    ("share.estimate < 1 || 1", 19, "Repeat --fail-if"),
    ("share.estimate < 1 < 2", 19, "Nothing should stand after"),
    ("share.estimate < other.estimate", 17, "a number should stand"),
    ("share[welfare].estimate < 1", 6, "in quotes"),
    ('share["welfare].estimate < 1', 6, "is not closed"),
    ('share["welfare".estimate < 1', 15, "a closing ]"),
    ("share[0].estimate < 1", 6, "in quotes"),
    ("share.estimate.low < 1", 14, "one of < <= > >= == !="),
    ("__import__('os').system('x') < 1", 10, "a point and one of"),
    ("share.__class__ < 1", 6, "one of estimate"),
    ("(share.estimate) < 1", 0, "the name"),
    ("share.estimate < 1\nimport os", 18, "Nothing should stand after"),
    ("share.estimate < 1;", 18, "Nothing should stand after"),
    ("not share.estimate < 1", 4, "a point and one of"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "said"), REFUSED)
def test_a_condition_that_cannot_be_read_is_shown_with_its_place(text: str, place: int, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parse(text)
    _, line, caret, told = str(refused.value).split("\n")
    assert caret.index("^") - 2 == place
    assert line[2:] == text.replace("\n", " ")
    assert said in told
    assert "--fail-if 'share_to_read.estimate < 0.02'" in told


def test_a_place_far_along_the_line_is_shown_with_what_is_around_it() -> None:
    with pytest.raises(ParameterError) as refused:
        parse('share["' + "x" * 500 + '"].estimate < wrong')
    _, line, caret, _ = str(refused.value).split("\n")
    assert line[caret.index("^") :].startswith("wrong")
    assert len(line) < 140
    with pytest.raises(ParameterError, match="at most 1000 letters"):
        parse('share["' + "x" * 5_000 + '"].estimate < 1')


PIECES = st.sampled_from(
    [*COMPARE, *FIELDS, "share", "[", "]", '"', "'", "\\", ".", " ", "\t", "%", "1", "-", "e", "=", "\0"]
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
@settings(max_examples=300, deadline=None)
def test_no_text_does_anything_but_be_read_or_be_refused(text: str) -> None:
    try:
        condition = parse(text)
    except ParameterError as error:
        assert len(str(error).split("\n")) <= 4
        return
    assert parse(str(condition)) == condition
    assert math.isfinite(condition.limit)
    assert condition.judge([]).breached


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers(-(10**9), 10**9).map(str)
conditions = st.builds(
    Condition, name=names, key=st.none() | st.text(max_size=20), field=st.sampled_from(FIELDS),
    sign=st.sampled_from(sorted(COMPARE)), number=numbers, percent=st.booleans(),
)  # fmt: skip


@given(conditions)
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read_back(condition: Condition) -> None:
    assert parse(str(condition)) == condition
    assert condition.limit == pytest.approx(
        float(condition.number) / (100 if condition.percent else 1), rel=1e-12, abs=1e-300
    )


@pytest.mark.parametrize("sign", sorted(COMPARE))
@pytest.mark.parametrize("limit", [0.02, 0.03, 0.05])
def test_a_comparison_means_what_python_means(sign: str, limit: float) -> None:
    expected = eval(f"0.03 {sign} {limit}")
    assert judged(f"share.estimate {sign} {limit}").breached is expected
    assert judged(f"share.estimate {sign} {100 * limit:g}%").breached is expected


@pytest.mark.parametrize(
    ("field", "value"), [("estimate", 5.0), ("low", 4.0), ("high", 7.5), ("width", 3.5), ("change", 1.5)]
)
def test_every_field_is_the_number_it_names(field: str, value: float) -> None:
    before = DAYS.model_copy(update={"estimate": 3.5})
    told = judged(f"half_life.{field} == {value}", before=(before,))
    assert told == Threshold(condition=f"half_life.{field} == {value}", breached=True, value=value)


def test_percent_is_exact() -> None:
    for number in range(1, 200):
        assert parse(f"share.estimate < {number}%").limit == float(f"{number / 100:.2f}")


def with_key(key: str, estimate: float = 0.03) -> Metric:
    return SHARE.model_copy(update={"key": key, "estimate": estimate})


UNJUDGED: list[tuple[str, tuple[Metric, ...], tuple[Metric, ...], str]] = [
    ("shares.estimate < 0", (SHARE, DAYS), (), "did you mean share"),
    ("share.estimate < 0", (), (), "it measured nothing"),
    ("share.estimate < 0", (with_key("a"), with_key("b")), (), 'share["b"]'),
    ('share["c"].estimate < 0', (with_key("a"), with_key("b")), (), "it has a, b"),
    ('share["welfar"].estimate < 0', (with_key("welfare"),), (), "did you mean welfare"),
    ("share.estimate < 0", (SHARE.model_copy(update={"estimate": None}),), (), "has no value"),
    ("share.estimate < 0", (SHARE.model_copy(update={"estimate": math.nan}),), (), "has no value"),
    ("share.low < 0", (SHARE.model_copy(update={"low": None}),), (), "has no interval"),
    ("share.width > 9", (SHARE.model_copy(update={"high": math.nan}),), (), "has no interval"),
    ("share.width > 9", (SHARE.model_copy(update={"high": math.inf, "low": math.inf}),), (), "has no interval"),
    ("half_life.estimate < 2%", (DAYS,), (), "in days"),
    ("share.change < -1", (SHARE,), (), "no earlier complete run"),
    ("share.change < -1", (SHARE,), (DAYS,), "under no such name"),
    ("share.change < -1", (SHARE,), (SHARE.model_copy(update={"unit": ""}),), "another unit"),
    ("share.change < -1", (SHARE,), (SHARE.model_copy(update={"shows": "simulation"}),), "another kind"),
    ("share.change < -1", (SHARE,), (SHARE.model_copy(update={"estimate": None}),), "no value in one"),
    ("share.change < -1", (SHARE,), (SHARE, SHARE.model_copy(update={"estimate": 0.9})), "several times"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "metrics", "before", "reason"), UNJUDGED)
def test_what_cannot_be_judged_is_breached_and_says_why(
    text: str, metrics: tuple[Metric, ...], before: tuple[Metric, ...], reason: str
) -> None:
    told = parse(text).judge(metrics, before)
    assert told.breached
    assert told.reason.startswith("cannot be judged: ")
    assert reason in told.reason


def test_a_name_without_a_row_means_the_whole() -> None:
    for whole in ("", "overall"):
        metrics = (with_key("a", 0.5), with_key(whole, 0.01), with_key("b", 0.6))
        assert judged("share.estimate == 0.01", *metrics).breached
        assert judged('share["overall"].estimate == 0.01', *metrics).breached
        assert judged('share["a"].estimate == 0.5', *metrics).breached
        assert not judged('share["a"].estimate == 0.01', *metrics).breached
    both = (with_key("overall", 0.5), with_key("", 0.01))
    assert judged("share.estimate == 0.01", *both).breached
    assert judged("share.estimate == 0.3", with_key("only row", 0.3)).breached


def test_a_number_measured_several_times_breaches_if_one_of_them_does() -> None:
    good, bad = SHARE, SHARE.model_copy(update={"estimate": 0.001, "step": 9})
    for metrics in ((good, bad), (bad, good)):
        assert judged("share.estimate < 1%", *metrics) == Threshold(
            condition="share.estimate < 1%", breached=True, value=0.001
        )
    assert not judged("share.estimate < 1%", good, good).breached


def test_an_infinite_bound_can_be_judged() -> None:
    open_ended = DAYS.model_copy(update={"high": math.inf})
    assert judged("half_life.high > 100", open_ended).breached
    assert judged("half_life.width > 100", open_ended).breached
    assert not judged("half_life.high < 100", open_ended).breached


def test_a_share_compared_with_a_number_above_one_says_what_that_means() -> None:
    told = judged("share.estimate > 2")
    assert not told.breached
    assert told.reason == "share is a proportion, so 2 means 200 %"


def test_a_name_that_the_notebook_never_mentions_is_refused_before_the_run() -> None:
    code = ["shares = fe.share_to_read(articles)\nshares", "x = {'half_life': 1}"]
    judge_names([parse("share_to_read.low < 1"), parse("half_life.low < 1"), parse("share_to_read_2.low < 1")], code)
    with pytest.raises(ParameterError, match="did you mean share_to_read") as refused:
        judge_names([parse("shares_to_read.low < 1"), parse("share_to_read.low < 1"), parse("zzz.low < 1")], code)
    assert str(refused.value).count("no step of the notebook mentions") == 2


@pytest.mark.parametrize("cell", ["%matplotlib inline", "!ls", "x =", "\0", "(" * 9_999])
def test_a_notebook_that_is_not_plain_python_refuses_no_name(cell: str) -> None:
    judge_names([parse("zzz.low < 1")], ["x = 1", cell])


def test_every_printable_letter_can_stand_in_a_row() -> None:
    for letter in string.printable:
        condition = Condition(name="a", key=f"x{letter}", field="low", sign="<", number="1")
        assert parse(str(condition)).key == f"x{letter}"
