"""What the tests of the tallies share: a zoo of small logs, a maker of random ones, every tally with its definition.

A log is a frame; `rows` takes it apart for the definitions, `agree` holds what came home against them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pytest
import tally_definitions as by_definition
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe

US = "datetime64[us, UTC]"
DAY, HOUR = 86_400_000_000, 3_600_000_000
START = 1_600_000_000_000_000  # 2020-09-13 12:26:40 UTC
BIG = 2**62


# --- logs ---


def log(*acts: tuple, columns: str = "actor_id time action item_id campaign_id") -> pd.DataFrame:
    """A log from its acts; times are text or whole microseconds."""
    frame = pd.DataFrame(acts, columns=columns.split()[: len(acts[0])] if acts else columns.split(), dtype=object)
    for name in frame.columns:
        values = [None if pd.isna(one) else one for one in frame[name]]
        if name == "time":
            frame[name] = pd.Series([moment(one) for one in values], dtype=US)
        elif all(one is None or isinstance(one, int) for one in values) and any(one is not None for one in values):
            frame[name] = pd.Series(values, dtype="Int64")
        else:
            frame[name] = pd.Series(values, dtype="string")
    return frame


def moment(value: str | int | None) -> pd.Timestamp:
    if value is None:
        return pd.NaT
    if isinstance(value, int):
        return pd.Timestamp(value, unit="us", tz="UTC")
    time = pd.Timestamp(value)
    return time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")


def us(value: str | int) -> int:
    return int(moment(value).as_unit("us").asm8.astype("int64"))


def rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """A frame as dictionaries: times in microseconds, None for what is missing."""
    columns = {}
    for name, column in frame.items():
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
            whole = naive.astype("datetime64[us]").astype("int64").tolist()
            columns[name] = [None if gone else one for gone, one in zip(column.isna(), whole, strict=True)]
        else:
            columns[name] = [None if pd.isna(one) else one for one in column.tolist()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _full(frame: pd.DataFrame) -> pd.DataFrame:
    """The same log with the columns that links and amounts need, made from the others."""
    numbers = pd.Series(range(len(frame)), dtype="Int64")
    return frame.assign(
        inviter_id=frame["actor_id"].shift(1),
        ip=("ip" + (numbers % 3).astype("string")).where(numbers % 5 != 4),
        device_id=("d" + (numbers // 2).astype("string")),
        amount_minor=(numbers * 37 % 400).where(numbers % 4 != 3),
    )


def acts(*pieces: tuple, actors: Sequence[object] = ("a", "b", "c")) -> pd.DataFrame:
    return log(*[(actors[who], *rest) for who, *rest in pieces])


_PATTERN = (
    (0, START, "open", "x", "c"),
    (1, START + 30_000_000, "open", "x", None),
    (0, START + DAY, "share", "x", "c"),
    (2, START + DAY, "open", "y", "d"),
    (0, START + 3 * DAY + 1, "leave", "y", None),
    (1, START + 9 * DAY, "share", "x", "c"),
    (2, START + 9 * DAY + 59_000_000, "leave", "x", "d"),
    (1, START + 9 * DAY, "leave", None, None),
)


def _zoned(zone: str) -> pd.DataFrame:
    return acts(*_PATTERN).assign(time=lambda frame: frame["time"].dt.tz_convert(zone))


def _around(*moments: str) -> pd.DataFrame:
    """Two accounts that act within minutes of the moments given, before and after."""
    pieces = []
    for at, text in enumerate(moments):
        for shift in (-HOUR, -1, 0, 1, HOUR):
            pieces.append((at % 2, us(text) + shift, ("open", "share", "leave")[at % 3], "x", "c" if at % 2 else None))
    return acts(*pieces)


ZOO: dict[str, pd.DataFrame] = {
    name: _full(frame)
    for name, frame in {
        "one event": acts((0, START, "open", "x", None)),
        "one account": acts(*[(0, *rest) for _, *rest in _PATTERN]),
        "three accounts": acts(*_PATTERN),
        "equal times": acts(*[(who, START, *rest) for who, _, *rest in _PATTERN]),
        "no campaigns": acts(*[(*rest, None) for *rest, _ in _PATTERN]),
        "campaigns only": acts(*[(*rest, campaign or "c") for *rest, campaign in _PATTERN]),
        "missing actors and times": acts(
            *_PATTERN, (3, START + DAY, "open", "x", "c"), (0, None, "open", "x", "c"), (3, None, None, None, None),
            actors=("a", "b", "c", None),
        ),
        "large ids": acts(*_PATTERN, actors=(BIG, BIG + 1, BIG + 3)),
        "negative ids": acts(*_PATTERN, actors=(-BIG, -1, 0)),
        "quotes": acts(*_PATTERN, actors=("O'Hara", '"', "; drop table log; --")),
        "Chinese": acts(*_PATTERN, actors=("张三", "李四", "é")),
        "letters of any case": acts(*_PATTERN, actors=("a", "B", "Z")),
        "leading zeros": acts(*_PATTERN, actors=("007", "07", "7")),
        "unsorted": acts(*_PATTERN[::-1]),
        "in Shanghai": _zoned("Asia/Shanghai"),
        "without a zone": acts(*_PATTERN).assign(time=lambda frame: frame["time"].dt.tz_localize(None)),
        "before 1970": acts(*[(who, time - 20_000 * DAY - 1, *rest) for who, time, *rest in _PATTERN]),
        "parts of a second": acts(
            *[(who, time + at * 333_333, *rest) for at, (who, time, *rest) in enumerate(_PATTERN)]
        ),
        "left at that moment": acts((0, START, "open", "x", "c"), (0, START, "leave", "x", None)),
        "New York changes its clock": _around(
            "2021-03-14T05:00Z", "2021-03-15T04:00Z", "2021-11-07T04:00Z", "2021-11-08T05:00Z"
        ),
        "Shanghai changes its clock": _around(
            "1986-05-03T18:00Z", "1986-05-04T15:00Z", "1991-09-14T17:00Z", "1991-09-15T16:00Z"
        ),
    }.items()
}  # fmt: skip


@st.composite
def random_logs(draw: st.DrawFn) -> pd.DataFrame:
    """Logs of up to 24 acts of up to 6 accounts, many at the same time, with gaps anywhere."""
    names = draw(st.sampled_from([("a", "b", "c", "D", "é", "张"), tuple(range(BIG, BIG + 6)), (-5, -1, 0, 1, 7, 12)]))
    actor = st.sampled_from([*names, None])
    steps = st.integers(0, 30).map(lambda n: START + n * DAY // 7)
    time = st.one_of(steps, steps, st.integers(START, START + 40 * DAY), st.none())
    action = st.sampled_from(["open", "share", "leave", None])
    few = st.sampled_from(["x", "y", "z", None])
    act = st.tuples(actor, time, action, few, few, actor, few, few, st.one_of(st.none(), st.integers(-3, 500)))
    found = draw(st.lists(act, min_size=1, max_size=24))
    columns = "actor_id time action item_id campaign_id inviter_id ip device_id amount_minor"
    frame = log(*found, columns=columns).astype({"amount_minor": "Int64"})
    ids = "Int64" if isinstance(names[0], int) else "string"
    return frame.astype({"actor_id": ids, "inviter_id": ids})


# --- tallies and their definitions ---


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call of a tally, its definition, and the columns that name its rows."""

    room: str
    name: str
    tally: Callable[..., pd.DataFrame]
    key: tuple[str, ...]
    given: dict[str, object] = field(default_factory=dict)
    defined: dict[str, object] = field(default_factory=dict)

    def __call__(self, source: object) -> pd.DataFrame:
        return self.tally(source, **self.given)

    def definition(self, frame: pd.DataFrame) -> list[dict[str, object]]:
        return getattr(by_definition, self.tally.__name__)(rows(frame), **{**self.given, **self.defined})


def _case(room: str, name: str, key: str, defined: dict[str, object] | None = None, **given: object) -> Case:
    tally = getattr(fe.tally, name.split(":")[0])
    return Case(room=room, name=name, tally=tally, key=tuple(key.split()), given=given, defined=defined or {})


_SPLIT, _LATER = "2020-09-15", "2020-09-22T00:00+08:00"

CASES: tuple[Case, ...] = (
    _case("accounts", "account_habits", "actor_id"),
    _case(
        "accounts", "account_habits:all", "actor_id", {"during": (us(_SPLIT), us(_LATER))},
        during=(_SPLIT, _LATER), distinct=True, zone="America/New_York",
    ),
    _case("accounts", "account_gaps", "actor_id"),
    _case("accounts", "account_campaigns", "actor_id campaign_id"),
    _case("accounts", "account_campaigns:leave", "actor_id campaign_id", leave="leave"),
    _case("items", "items", "item_id"),
    _case("items", "items:times", "item_id", people=False, actions=["open", "share", "never"]),
    _case("items", "contributions", "times", members=20_000_000),
    _case("items", "contributions:split", "times_before times_after", {"split": us(_SPLIT)}, split=_SPLIT),
    _case("items", "contributions:actions", "times", actions=["open", "share"]),
    _case("cohorts", "cohorts", "cohort age"),
    _case("cohorts", "cohorts:by", "cohort campaign_id age", by="campaign_id", period_days=1, zone="America/New_York"),
    _case("durations", "at_risk", "age", start=["open"], end=["leave"]),
    _case(
        "durations", "at_risk:by", "campaign_id age", {"until": us(_LATER)},
        start=["open", "share"], end=["leave"], by="campaign_id", until=_LATER, unit_seconds=3_600,
    ),
    _case("durations", "response_times", "age", ask=["open"], answer=["share"]),
    _case(
        "durations", "response_times:by", "campaign_id age", {"until": us(_LATER)},
        ask=["open", "leave"], answer=["share", "leave"], by="campaign_id", until=_LATER, unit_seconds=1,
    ),
    _case("links", "account_links", "kind src dst"),
    _case("links", "account_links:few", "kind src dst", most_sharing=2),
    _case("crowding", "crowding", "actor_id"),
    _case("crowding", "crowding:alike", "actor_id", alike=0.5, windows=(1, 60, 90_000), actions=["open", "share"]),
    _case("lockstep", "lockstep_edges", "actor_id item_id"),
    _case("lockstep", "lockstep_edges:least", "actor_id item_id", least_accounts=1, least_items=2),
)  # fmt: skip


def of(room: str) -> list[Case]:
    return [case for case in CASES if case.room == room]


# --- what came home against its definition ---


def agree(found: pd.DataFrame, wanted: list[dict[str, object]], key: Sequence[str]) -> None:
    """The same rows, the same columns, the same values: numbers to 1e-12, all else exactly."""
    have = {tuple(row[name] for name in key): row for row in rows(found)}
    want = {tuple(row[name] for name in key): row for row in wanted}
    assert len(have) == len(found), "several rows of one key"
    assert have.keys() == want.keys()
    for name, row in want.items():
        assert row.keys() == have[name].keys()
        wrong = {cell: (have[name][cell], value) for cell, value in row.items() if not same(have[name][cell], value)}
        assert wrong == {}, name
    assert rows(found.sort_values(list(key), ignore_index=True)) == rows(found), "not sorted by its key"


def hold(case: Case, frame: pd.DataFrame) -> None:
    """A tally against its definition; where nothing begins it has to say so."""
    wanted = case.definition(frame)
    if not wanted and case.room == "durations":
        with pytest.raises(fe.schema.ParameterError, match="nothing begins so"):
            case(frame)
    else:
        agree(case(frame), wanted, case.key)


def same(one: object, other: object) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-12)
    return one == other


def as_defined(room: str) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """The tests of a room's tallies against their definitions: over the zoo, over random logs, over many of them."""
    each = pytest.mark.parametrize("case", of(room), ids=lambda case: case.name)

    @pytest.mark.parametrize("name", ZOO)
    @each
    def over_the_zoo(case: Case, name: str) -> None:
        hold(case, ZOO[name])

    @each
    @given(frame=random_logs())
    @settings(max_examples=20, deadline=None, derandomize=True, database=None)
    def over_random_logs(case: Case, frame: pd.DataFrame) -> None:
        hold(case, frame)

    @pytest.mark.nightly
    @each
    @given(frame=random_logs())
    @settings(max_examples=500, deadline=None, database=None)
    def over_many_random_logs(case: Case, frame: pd.DataFrame) -> None:
        hold(case, frame)

    return over_the_zoo, over_random_logs, over_many_random_logs
