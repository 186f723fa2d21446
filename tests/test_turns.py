"""Turns: never more runs than were allowed, and never more memory promised than there is."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanecon.report.batch import turns
from fanecon.report.batch.turns import TYPICAL, Place, Turns

MB = 1_000_000


def test_a_run_begins_only_where_a_turn_is_free() -> None:
    two = Turns(jobs=2)
    assert two.may_begin(None, [Place(TYPICAL, TYPICAL)], 10**12)
    assert not two.may_begin(None, [Place(TYPICAL, TYPICAL)] * 2, 10**12)


def test_what_a_run_may_still_take_is_not_free() -> None:
    """One run was reckoned with 500 MB and holds 100; of 700 MB that are free, 400 are promised to it."""
    at_work = [Place(500 * MB, 100 * MB)]
    assert Turns(jobs=9).may_begin(300 * MB, at_work, 700 * MB)
    assert not Turns(jobs=9).may_begin(301 * MB, at_work, 700 * MB)


def test_a_run_that_holds_more_than_was_reckoned_promises_nothing_to_others() -> None:
    assert not Turns(jobs=9).may_begin(300 * MB, [Place(300 * MB, 900 * MB)], 299 * MB)


def test_an_amount_for_all_gives_every_run_a_limit() -> None:
    bounds = Turns(jobs=3, memory=1200 * MB)
    assert bounds.limit(None) == 400 * MB
    assert bounds.limit(700 * MB) == 700 * MB
    assert Turns(jobs=8, memory=1000 * MB).limit(None) == 300 * MB
    assert Turns(jobs=1, memory=300 * MB).limit(None) == 300 * MB
    assert Turns(jobs=3).limit(None) is None


sizes = st.integers(300 * MB, 4000 * MB)


@given(
    st.lists(st.none() | sizes, min_size=1, max_size=20),
    st.integers(1, 8),
    st.none() | st.integers(4000 * MB, 9000 * MB),
    st.integers(0, 9000 * MB),
)
def test_the_bounds_hold_for_every_batch(wanted: list[int | None], jobs: int, memory: int | None, free: int) -> None:
    bounds = Turns(jobs=jobs, memory=memory)
    at_work: list[Place] = []
    for own in wanted:
        limit = bounds.limit(own)
        if bounds.may_begin(limit, at_work, free):
            at_work.append(Place(limit or TYPICAL, 0))
    assert len(at_work) <= jobs
    assert sum(one.reckoned for one in at_work) <= free
    assert memory is None or sum(one.reckoned for one in at_work) <= memory


@given(sizes, st.integers(1, 8), st.integers(4000 * MB, 9000 * MB))
def test_a_run_that_is_alone_and_fits_may_always_begin(own: int, jobs: int, memory: int) -> None:
    bounds = Turns(jobs=jobs, memory=memory)
    assert bounds.may_begin(bounds.limit(own), [], 4000 * MB)


def test_without_a_number_there_is_a_run_for_each_core_that_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "cores", lambda: 8)
    for free, jobs in ((10_000, 8), (1000, 3), (650, 2), (100, 1)):
        monkeypatch.setattr(turns, "free_memory", lambda free=free: free * MB)
        assert turns.turns().jobs == jobs
    assert turns.turns(memory=700 * MB).jobs == 1
    assert turns.turns(5, 700 * MB).jobs == 5


def test_the_machine_says_what_is_free() -> None:
    assert 0 < turns.free_memory() <= psutil.virtual_memory().total
    assert 1 <= turns.cores() <= (psutil.cpu_count() or 1)


def test_a_control_group_with_less_than_the_machine_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service may take 1 GB; it uses 600 MB, 250 of which are files that give way."""
    group = tmp_path / "system.slice" / "fanecon.service"
    group.mkdir(parents=True)
    (tmp_path / "own").write_text("12:cpu:/\n0::/system.slice/fanecon.service\n")
    for folder, most, used, files in ((group, "max", 5, 0), (group.parent, "1000000000", 600 * MB, 250 * MB)):
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 3\ninactive_file {files}\n")
    monkeypatch.setattr(turns, "_CGROUPS", tmp_path)
    monkeypatch.setattr(turns, "_OWN", tmp_path / "own")
    assert turns.free_memory() == min(650 * MB, psutil.virtual_memory().available)
    (tmp_path / "own").write_text("nothing of use")
    assert turns.free_memory() > 650 * MB
