"""The engine in this process: its limits, its spill folder, who is told how far it is, and how it ends."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pytest

import fanecon as fe

EngineError, ParameterError = fe.schema.EngineError, fe.schema.ParameterError
ROOT = Path(__file__).resolve().parents[1]
WIDE = 3_000_000
MARKS = {f"duckdb_temp_{os.getpid()}_{n}_owner" for n in range(100)}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three million accounts with one act each: more groups than 100 MB hold."""
    path = tmp_path_factory.mktemp("wide") / "log.parquet"
    query = f"""select (hash(range) // 2)::bigint as actor_id, 'a' || hash(range + 1) as item_id,
                make_timestamptz(1600000000000000 + range) as time from range({WIDE})"""
    with duckdb.connect() as con:
        con.execute(f"copy ({query}) to '{path}'")
    return path


@contextmanager
def one_clear_error(said: str, place: Path) -> Iterator[None]:
    """One error in our words, no cause behind it, and nothing left where the engine spilled but marks of who it is."""
    with pytest.raises(EngineError, match=said) as raised:
        yield
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "\n" not in str(raised.value)
    assert "Type" in str(raised.value) or "type" in str(raised.value)
    del raised
    assert {
        one.name: size for one in place.rglob("*") if (size := one.stat().st_size) and one.is_file()
    }.keys() <= MARKS


def tight(path: Path, place: Path) -> ibis.Table:
    return fe.tally.open_log(path, memory_gb=0.1, spill=place, threads=1)


def test_a_spill_folder_that_is_full_is_one_clear_error(wide: Path, tmp_path: Path) -> None:
    log = tight(wide, tmp_path)
    log.get_backend().con.execute("set max_temp_directory_size = '2MB'")
    with one_clear_error(r"account_habits: the folder .* is full \(.*fanecon-spill-.*Nothing was kept", tmp_path):
        fe.tally.account_habits(log)
    assert fe.tally.account_habits(log.limit(5))["events"].sum() == 5


def test_a_disk_that_is_full_is_one_clear_error(wide: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "none", tmp_path], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("Only root can make a small disk")
    try:
        (tmp_path / "other").write_bytes(b"x" * 15_000_000)
        log = tight(wide, tmp_path)
        (tmp_path / "more").write_bytes(b"x" * 4_000_000)  # after the engine looked how much room there is
        with pytest.raises(EngineError, match="the folder for what does not fit into memory is full"):
            fe.tally.account_habits(log)
        del log
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)


def test_too_little_memory_and_nowhere_to_spill_is_one_clear_error(wide: Path, tmp_path: Path) -> None:
    log = tight(wide, tmp_path)
    log.get_backend().con.execute("set temp_directory = ''; set memory_limit = '40MB'")
    with one_clear_error("account_habits: the (memory limit|folder)", tmp_path):
        fe.tally.account_habits(log)


def test_what_does_not_fit_into_memory_is_tallied_on_the_disk(wide: Path, tmp_path: Path) -> None:
    found = fe.tally.contributions(tight(wide, tmp_path))
    assert found.to_numpy().tolist() == [[1, WIDE]]


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "none", Path("/proc/none")):
        with pytest.raises(
            EngineError, match=re.escape(f"cannot be used: {place}: ") + ".* Type spill= with"
        ) as raised:
            fe.tally.open_log(pd.DataFrame({"actor_id": [1]}), spill=place)
        assert raised.value.__suppress_context__


def test_more_rows_than_asked_for_do_not_come_home(tmp_path: Path) -> None:
    frame = pd.DataFrame({"actor_id": range(11), "time": pd.Timestamp("2020-01-01", tz="UTC")})
    assert len(fe.tally.account_habits(frame, most_rows=11)) == 11
    with pytest.raises(fe.schema.SchemaError, match=r"more than 10 rows \(one for each actor_id\).*type most_rows="):
        fe.tally.account_habits(frame, most_rows=10)


@pytest.mark.parametrize(
    "wrong",
    [{"memory_gb": 0}, {"memory_gb": float("nan")}, {"memory_gb": float("inf")}, {"threads": 0}, {"threads": 1.5}],
)
def test_limits_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        fe.tally.open_log(pd.DataFrame({"actor_id": [1]}), **wrong)


def test_an_ibis_table_keeps_the_limits_of_its_engine() -> None:
    table = ibis.memtable(pd.DataFrame({"actor_id": [1]}))
    with pytest.raises(ParameterError, match="an Ibis table has its engine"):
        fe.tally.open_log(table, memory_gb=1)


# --- the spill folder ---


def spills(place: Path) -> list[str]:
    return sorted(one.name for one in place.glob("fanecon-spill-*"))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("broken", [False, True])
def test_a_tally_of_a_frame_leaves_no_folder(elsewhere: Path, broken: bool) -> None:
    frame = pd.DataFrame({"actor_id": [1], "time": ["noon" if broken else "2020-01-01"]})
    with suppress(fe.schema.SchemaError):
        fe.tally.account_habits(frame)
    assert spills(elsewhere) == []


def test_a_file_that_cannot_be_read_leaves_no_folder(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(fe.schema.FileError):
        fe.tally.account_habits(tmp_path / "x.parquet")
    assert spills(elsewhere) == []


def test_the_folder_goes_with_the_last_table_of_the_log(tmp_path: Path) -> None:
    log = fe.tally.open_log(pd.DataFrame({"actor_id": [1]}), spill=tmp_path)
    assert len(spills(tmp_path)) == 1
    fe.tally.contributions(log)
    assert len(spills(tmp_path)) == 1
    del log
    gc.collect()
    assert spills(tmp_path) == []


CHILD = """
import sys, pandas as pd, fanecon as fe
log = fe.tally.open_log(pd.DataFrame({"actor_id": range(20_000)}), spill=sys.argv[1])
print("ready", flush=True)
if sys.argv[2] == "wait":
    sys.stdin.read()
else:
    far = log.cross_join(log.select(item_id="actor_id"))
    fe.tally.contributions(far.mutate(actor_id=far.actor_id * 20_000 + far.item_id))
"""


@contextmanager
def child(place: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    listening = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores Ctrl-C
    started = subprocess.Popen([sys.executable, "-c", CHILD, str(place), what], env=environment, **pipes)
    signal.signal(signal.SIGINT, listening)
    with started as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def touched(place: Path) -> None:
    fe.tally.contributions(fe.tally.open_log(pd.DataFrame({"actor_id": [1]}), spill=place))


def test_ctrl_c_ends_a_long_tally_soon_and_leaves_no_folder(tmp_path: Path) -> None:
    with child(tmp_path, "work") as process:
        time.sleep(1)
        assert process.poll() is None
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
        assert time.monotonic() - begun < 10
    assert said.strip().splitlines()[-1].startswith("KeyboardInterrupt")
    assert process.returncode in (1, -signal.SIGINT)
    assert spills(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="There such a folder stays")
def test_what_a_killed_process_left_goes_with_the_next_tally_and_what_a_live_one_has_stays(tmp_path: Path) -> None:
    with child(tmp_path, "wait") as live, child(tmp_path, "wait") as dead:
        assert len(spills(tmp_path)) == 2
        touched(tmp_path)
        assert len(spills(tmp_path)) == 2
        dead.kill()
        dead.wait()
        touched(tmp_path)
        assert len(spills(tmp_path)) == 1
        live.communicate("", timeout=30)
        assert live.returncode == 0
    assert spills(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Nothing forks there")
def test_a_fork_leaves_its_parents_folder_alone(tmp_path: Path) -> None:
    forking = CHILD.replace(
        "sys.stdin.read()", "import os; pid = os.fork(); pid and os.waitpid(pid, 0); sys.stdin.read()"
    )
    call = [sys.executable, "-W", "ignore", "-c", forking, str(tmp_path), "wait"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.communicate("", timeout=30)
    assert spills(tmp_path) == []


# --- progress ---


def test_progress_names_the_tally_never_falls_and_ends_at_one(wide: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    log = fe.tally.open_log(wide, spill=tmp_path, progress=lambda what, done: seen.append((what, done)))
    fe.tally.account_habits(log)
    names = list(dict.fromkeys(what for what, _ in seen))
    assert names == ["looking over the log", "account_habits"]
    for name in names:
        shares = [done for what, done in seen if what == name]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        assert all(0 <= done <= 1 for done in shares)
    assert len(seen) > len(names)


def test_a_tally_that_fails_is_not_told_to_be_done(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    table = fe.tally.open_log(
        pd.DataFrame({"actor_id": ["a"], "time": ["2020-01-01"]}), progress=lambda *one: seen.append(one)
    )
    table.get_backend().con.execute("drop view log")
    with pytest.raises(EngineError, match="looking over the log: the engine refused"):
        fe.tally.account_habits(table)
    assert [done for _, done in seen if done == 1.0] == []


def test_a_users_duckdb_is_not_closed() -> None:
    backend = ibis.duckdb.connect()
    backend.con.execute("create table log as select 1 as actor_id")
    fe.tally.contributions(backend.table("log"))
    assert backend.con.execute("select count(*) from log").fetchone() == (1,)
