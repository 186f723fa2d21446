"""Gaps in one pass: the engine's answer on every log where it applies, and the engine's own way where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
import tally_definitions as by_definition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tally_cases import agree, log, rows

import fanecon as fe
from fanecon.tally import accounts, kernels, one_pass

START = 1_600_000_000_000_000
WAYS: list[bool] = []  # of each tally since the test began: whether it went the short way


@pytest.fixture(autouse=True)
def short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the short way on logs of any length, and note where it did not apply."""
    usual = one_pass.gaps
    WAYS.clear()

    @contextmanager
    def noted(*given: object, **named: int) -> Iterator[object]:
        with usual(*given, **named) as table:  # type: ignore[arg-type]
            WAYS.append(table is not None)
            yield table

    monkeypatch.setattr(accounts, "LONG", 0)
    monkeypatch.setattr(accounts, "FEW", 1_000)
    monkeypatch.setattr(one_pass, "gaps", noted)


def in_time(acts: list[tuple[int, int]]) -> pd.DataFrame:
    """A log of accounts and microseconds since its start, in the order of time."""
    frame = pd.DataFrame(sorted(acts, key=lambda act: act[1]), columns=["actor_id", "us"], dtype="int64")
    return frame.assign(time=pd.to_datetime(START + frame.pop("us"), unit="us", utc=True))


actors = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 5))
moments = st.one_of(st.integers(0, 2**52), st.integers(0, 9), st.sampled_from([0, 2**32, 2**32 - 1, 2**31, 2**51]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(actors, moments), min_size=1, max_size=40))
def test_random_logs_in_the_order_of_time_are_tallied_as_defined(acts: list[tuple[int, int]]) -> None:
    frame = in_time(acts)
    agree(fe.tally.account_gaps(frame), by_definition.account_gaps(rows(frame)), ["actor_id"])
    assert WAYS[-1]


def test_many_accounts_are_those_of_the_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    count = 3 * one_pass.FIRST  # more accounts than the first table has room for
    frame = in_time(list(zip(draw.integers(-(2**62), 2**62, count), draw.integers(0, 2**45, count), strict=True)))
    frame = pd.concat([frame, frame.assign(time=frame["time"] + pd.Timedelta("2000D"))], ignore_index=True)
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=50_000)
    found = fe.tally.account_gaps(tmp_path / "log.parquet")
    assert WAYS == [True]
    monkeypatch.setattr(accounts, "LONG", 10**12)
    pd.testing.assert_frame_equal(found, fe.tally.account_gaps(tmp_path / "log.parquet"), rtol=1e-12)
    assert WAYS == [True]


def test_an_account_out_of_order_is_left_to_the_engine() -> None:
    frame = in_time([(1, 0), (2, 5), (1, 9), (1, 20)]).iloc[[0, 2, 1, 3]]
    agree(fe.tally.account_gaps(frame), by_definition.account_gaps(rows(frame)), ["actor_id"])
    assert WAYS == [True]  # the order between accounts is of no concern
    frame = frame.iloc[::-1]
    agree(fe.tally.account_gaps(frame), by_definition.account_gaps(rows(frame)), ["actor_id"])
    assert WAYS == [True, False]


@pytest.mark.parametrize(
    ("actor", "short"),
    [
        (pd.Series(["a", "b", "a"], dtype="string"), False),
        (pd.Series([2**64 - 1, 1, 2**64 - 1], dtype="uint64"), False),
        (pd.Series([7, 1, 7], dtype="uint32"), True),
        (pd.Series([-7, 1, -7], dtype="int8"), True),
        (pd.Series([7, None, 7], dtype="Int64"), True),
    ],
    ids=["text", "uint64", "uint32", "int8", "some missing"],
)
def test_ids_of_every_kind_are_tallied_as_defined(actor: pd.Series, short: bool) -> None:
    frame = in_time([(0, 0), (0, 4), (0, 10)]).assign(actor_id=actor)
    agree(fe.tally.account_gaps(frame), by_definition.account_gaps(rows(frame)), ["actor_id"])
    assert [short] == WAYS


def test_acts_without_a_time_are_left_out_and_counted() -> None:
    frame = log((1, START, "open"), (1, None, "open"), (1, START + 3_000_000, "open"))
    found = fe.tally.account_gaps(frame)
    assert (found["gaps"].tolist(), found["max_seconds"].tolist(), WAYS) == ([1], [3.0], [True])
    assert any("1 row names no time" in note for note in found.attrs["notes"])


def test_spans_beyond_what_squares_hold_are_left_to_the_engine() -> None:
    frame = in_time([(1, 0), (1, one_pass.WIDEST)])
    assert fe.tally.account_gaps(frame)["max_seconds"].tolist() == [one_pass.WIDEST / 1e6]
    assert WAYS == [False]


def test_more_accounts_than_memory_allows_are_left_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_pass, "FIRST", 4)
    frame = in_time([(number % 100, number) for number in range(300)])
    assert len(fe.tally.account_gaps(fe.tally.open_log(frame))) == 100
    monkeypatch.setattr("fanecon.tally.engines.OF_MEMORY", 1e-6)
    assert len(fe.tally.account_gaps(fe.tally.open_log(frame))) == 100
    assert WAYS == [True, False]


def test_more_accounts_than_may_come_home_are_refused_and_not_read_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one_pass, "BATCH", 2_048)
    read = []
    usual = one_pass._Records.take

    def counted(self: one_pass._Records, actor: np.ndarray, us: np.ndarray) -> None:
        read.append(len(actor))
        usual(self, actor, us)

    monkeypatch.setattr(one_pass._Records, "take", counted)
    frame = in_time([(number // 2, number) for number in range(20_000)])
    with pytest.raises(fe.schema.SchemaError, match="more than 50 rows"):
        fe.tally.account_gaps(frame, most_rows=50)
    assert sum(read) < 20_000


def test_accounts_with_a_single_act_do_not_count_against_the_rows_that_may_come_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one_pass, "BATCH", 2_048)
    acts = [(number, number) for number in range(10_000)] + [(7, 20_000), (9_999, 20_001), (8, 20_002)]
    frame = in_time(acts)
    found = fe.tally.account_gaps(frame, most_rows=3)
    assert (found["actor_id"].tolist(), WAYS) == ([7, 8, 9_999], [True])
    agree(found, by_definition.account_gaps(rows(frame)), ["actor_id"])


def test_a_reader_s_own_engine_is_left_as_it_was() -> None:
    theirs = ibis.duckdb.connect()
    theirs.con.execute("SET preserve_insertion_order = true")
    table = theirs.create_table("log", in_time([(1, 0), (1, 5), (2, 6)]))
    assert fe.tally.account_gaps(table)["gaps"].tolist() == [1]
    assert WAYS == [True]
    assert [row[2] for row in theirs.con.execute("SHOW ALL TABLES").fetchall()] == ["log"]
    assert theirs.con.execute("SELECT current_setting('preserve_insertion_order')").fetchall() == [(True,)]


def test_a_pass_that_is_stopped_leaves_the_engine_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = in_time([(number % 9, number) for number in range(30_000)])
    table = fe.tally.open_log(frame)
    monkeypatch.setattr(one_pass, "BATCH", 2_048)
    with monkeypatch.context() as patched:
        patched.setattr(one_pass._Records, "take", _stopped)
        with pytest.raises(KeyboardInterrupt):
            fe.tally.account_gaps(table)
    assert fe.tally.account_gaps(table)["gaps"].sum() == 30_000 - 9


def _stopped(self: one_pass._Records, actor: np.ndarray, us: np.ndarray) -> None:
    raise KeyboardInterrupt


@given(st.lists(st.integers(0, 2**52), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_spreads_are_exact_until_they_become_floats(gaps: list[int]) -> None:
    scale = max(1, sum(gaps) // 2**52)
    gaps = [gap // scale for gap in gaps]
    at = np.cumsum([0, *gaps])
    kept = one_pass._Records(room=1e9)
    kept.take(np.zeros(len(at), np.int64), at)
    (found,) = kernels.spread(kept.records[:1])
    exact = len(gaps) * sum(gap**2 for gap in gaps) - sum(gaps) ** 2
    assert found == pytest.approx(float(exact), rel=1e-15)


def test_short_logs_and_many_threads_go_the_way_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = in_time([(1, 0), (1, 5)])
    monkeypatch.setattr(accounts, "FEW", 1)
    assert fe.tally.account_gaps(fe.tally.open_log(frame, threads=2))["gaps"].tolist() == [1]
    monkeypatch.setattr(accounts, "LONG", 3)
    assert fe.tally.account_gaps(fe.tally.open_log(frame, threads=1))["gaps"].tolist() == [1]
    assert WAYS == []
