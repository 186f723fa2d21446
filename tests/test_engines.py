"""One log, every tally, every engine: the same tables, and a log that stays where it is."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
import tally_engines
from tally_cases import BIG, CASES, START, US

import fanecon as fe

HOME, LOGS, COMPONENTS = (importlib.import_module(f"fanecon.tally.{name}") for name in ("home", "logs", "components"))
Tally = Callable[[object], pd.DataFrame]


def made(rows: int = 1_500) -> pd.DataFrame:
    """A log with 64-bit ids, words that languages sort differently, gaps, a few missing times, and a clockwork."""
    draw = np.random.default_rng(5)

    def words(some: list[str], there: float = 1) -> pd.Series:
        return pd.Series(draw.choice(some, rows), dtype="string").where(draw.random(rows) < there)

    def numbered(prefix: str, most: int, there: float = 1) -> pd.Series:
        return words([f"{prefix}{n}" for n in range(most)], there)

    at = START + np.sort(draw.integers(0, 60 * 86_400, rows)) * 10**6 + draw.integers(0, 10**6, rows)
    actor = BIG + draw.integers(0, rows // 10, rows)
    actor[:60], at[:60] = BIG - 1, START + np.arange(60) * 86_400 * 10**6 + draw.integers(0, 9, 60)
    time = pd.Series(pd.to_datetime(at, unit="us", utc=True).astype(US))
    return pd.DataFrame({
        "actor_id": pd.Series(actor, dtype="int64"),
        "time": time.mask(pd.Series(draw.random(rows) < 0.003)),
        "action": words(["open", "Open", "share", "leave"]),
        "item_id": numbered("i", 25),
        "campaign_id": words(["c", "C", "é", "张"], 0.4),
        "inviter_id": pd.Series(BIG + draw.integers(0, rows // 10, rows), dtype="Int64").where(draw.random(rows) < 0.1),
        "ip": numbered("ip", rows // 6, 0.4),
        "device_id": numbered("D", 9, 0.2),
        "amount_minor": pd.Series(draw.integers(1, 500, rows), dtype="Int64").where(draw.random(rows) < 0.8),
    })  # fmt: skip


def pieces(log: object) -> pd.DataFrame:
    """Which cascades share a piece is each engine's own affair."""
    named = {"cascade_id": "item_id", "node_id": "actor_id", "parent_id": "inviter_id"}
    found = list(fe.tally.cascades(fe.tally.open_log(log, columns=named), piece_rows=300))
    assert sum(piece["cascade_id"].nunique() for piece in found) == pd.concat(found)["cascade_id"].nunique()
    whole = pd.concat(found).sort_values(["cascade_id", "node_id", "time"], ignore_index=True)
    whole.attrs.update(found[0].attrs)
    return whole


TALLIES: dict[str, Tally] = {
    **{case.name: case for case in CASES},
    "lockstep_blocks": lambda log: fe.tally.lockstep_blocks(log, blocks=2),
    "components": lambda log: fe.tally.components(
        fe.tally.open_log(log, columns={"src": "actor_id", "dst": "inviter_id"})
    ),
    "cascades": pieces,
}
LOG = made()


def tables(log: object, tallies: dict[str, Tally] = TALLIES) -> dict[str, pd.DataFrame]:
    return {name: tally(log) for name, tally in tallies.items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    LOG.to_parquet(path)
    return tables(path)


def differences(found: dict[str, pd.DataFrame], wanted: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Numbers to 1e-12, all else exactly: rows, columns, dtypes and notes."""
    said = {}
    for name, frame in found.items():
        try:
            pd.testing.assert_frame_equal(frame, wanted[name], check_exact=False, rtol=1e-12, atol=0)
            assert frame.attrs == wanted[name].attrs
        except AssertionError as error:
            said[name] = str(error)
    return said


@contextmanager
def crossings(backend: ibis.backends.BaseBackend) -> Iterator[list[int]]:
    """How many rows each query brought home, seen at the one door there is."""
    rows: list[int] = []
    kind, door = type(backend), type(backend).execute

    def counted(self: object, *given: object, **named: object) -> object:
        frame = door(self, *given, **named)
        rows.append(len(frame))
        return frame

    kind.execute = counted
    try:
        yield rows
    finally:
        kind.execute = door


def tallied(backend: ibis.backends.BaseBackend, log: object) -> dict[str, pd.DataFrame]:
    """Every tally, of which no query may bring home more rows than the tally has (or than one look needs)."""
    found = {}
    for name, tally in TALLIES.items():
        with crossings(backend) as rows:
            found[name] = tally(log)
        assert max(rows) <= max(len(found[name]), 60), name
    return found


def test_a_frame_gives_the_tables_of_the_parquet_file(expected: dict[str, pd.DataFrame]) -> None:
    assert differences(tables(LOG), expected) == {}


def test_csv_files_give_the_tables_of_the_same_log_with_ids_as_text(tmp_path: Path) -> None:
    text = LOG.astype({"actor_id": "string", "inviter_id": "string"})
    text.iloc[:700].to_csv(tmp_path / "one.csv", index=False)
    text.iloc[700:].to_csv(tmp_path / "two.csv", index=False, encoding="utf-8-sig")
    assert differences(tables(str(tmp_path / "*.csv")), tables(text)) == {}


def in_duckdb() -> tuple[ibis.backends.BaseBackend, object]:
    backend = ibis.duckdb.connect()
    backend.con.register("given", LOG)
    backend.con.execute("set TimeZone = 'America/New_York'; create table log as select * from given")
    return backend, backend.table("log")


DUCKDB_STATE = (
    "select list(name order by name) from (show all tables)",
    "select list(table_name order by table_name) from duckdb_tables()",
    "select list(view_name order by view_name) from duckdb_views() where not internal",
    "select list(name || '=' || value order by name) from duckdb_settings() where name not like 'progress%'",
)


def test_a_users_duckdb_gives_the_same_and_stays_as_it_was(expected: dict[str, pd.DataFrame]) -> None:
    backend, log = in_duckdb()
    before = [backend.con.execute(query).fetchall() for query in DUCKDB_STATE]
    assert differences(tallied(backend, log), expected) == {}
    assert [backend.con.execute(query).fetchall() for query in DUCKDB_STATE] == before


def stopped_in_the_middle(monkeypatch: pytest.MonkeyPatch, log: object) -> None:
    """Three tallies that iterate or keep tables are refused when half of it is done."""
    with monkeypatch.context() as patch:
        patch.setattr(COMPONENTS, "MOST_ROUNDS", 1)
        with pytest.raises(fe.schema.EngineError, match="no end after 1 rounds"):
            TALLIES["components"](log)
    with pytest.raises(fe.schema.SchemaError, match="lockstep_blocks has more than 3 rows"):
        fe.tally.lockstep_blocks(log, most_rows=3)
    named = {"cascade_id": "item_id", "node_id": "actor_id"}
    with pytest.raises(fe.schema.SchemaError, match="too many for a piece"):
        list(fe.tally.cascades(fe.tally.open_log(log, columns=named), piece_rows=5))
    loop = fe.tally.cascades(fe.tally.open_log(log, columns=named), piece_rows=300)
    next(loop)
    loop.close()


def test_a_tally_stopped_in_the_middle_leaves_nothing_in_a_users_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    backend, log = in_duckdb()
    before = [backend.con.execute(query).fetchall() for query in DUCKDB_STATE]
    stopped_in_the_middle(monkeypatch, log)
    assert [backend.con.execute(query).fetchall() for query in DUCKDB_STATE] == before


# --- PostgreSQL ---


def relations(backend: ibis.backends.BaseBackend) -> set[str]:
    query = (
        "select relname from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)"
    )
    return {name for (name,) in backend.con.execute(query).fetchall() if not name.startswith(("sql_", "_pg"))}


TEXTS = """create table texts (actor_id, time, amount_minor) as values
    ('a', '2020-01-01 00:00:00', '12'), ('b', '2020-01-01T00:00:00+09:00', '13'), ('c', '2020-01-01', ''),
    ('d', '2020-01-01 00:00:00Z', null), ('e', '', '7'), ('', '2020-01-01', '8')"""
TEXT_TIMES = {"a": "2020-01-01 00:00", "b": "2019-12-31 15:00", "c": "2020-01-01 00:00", "d": "2020-01-01 00:00"}


def check_texts(log: object) -> None:
    """Times in text are in UTC unless they name a zone, whatever the session thinks; empty text is missing."""
    found = fe.tally.crowding(log, windows=(60,), alike=0.1)
    assert dict(zip(found["actor_id"], found["first_at"], strict=True)) == {
        name: pd.Timestamp(time, tz="UTC") for name, time in TEXT_TIMES.items()
    }
    assert found["amount"].tolist() == [12, 13, pd.NA, pd.NA]
    assert [note.split(" (")[0] for note in found.attrs["notes"]] == ["1 row names no actor_id", "1 row names no time"]


def test_postgresql_gives_the_same_tables_and_keeps_the_log(
    expected: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tally_engines.postgres() as backend:
        tally_engines.into_postgres(backend, LOG, "log")
        backend.raw_sql(TEXTS).close()
        backend.raw_sql("create table odd as select 'a' as actor_id, 'noon' as time").close()
        backend.con.commit()
        before = relations(backend)
        assert differences(tallied(backend, backend.table("log")), expected) == {}
        stopped_in_the_middle(monkeypatch, backend.table("log"))
        with pytest.raises(fe.schema.EngineError, match=r"looking over the log: the engine refused: .*noon"):
            fe.tally.account_gaps(backend.table("odd"))
        check_texts(backend.table("texts"))
        assert relations(backend) == before


# --- Spark: one test, one session ---

ROW_FUNCTIONS = re.compile("PythonUDF|EvalPython|InPandas|InArrow|PythonMap")


@contextmanager
def plans(backend: ibis.backends.BaseBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The plan of every query, those that are kept included."""
    seen: list[str] = []
    compiled = type(backend).compile

    def noted(self: object, *given: object, **named: object) -> str:
        query = compiled(self, *given, **named)
        seen.append(backend._session.sql(query)._jdf.queryExecution().executedPlan().toString())
        return query

    with monkeypatch.context() as patch:
        patch.setattr(type(backend), "compile", noted)
        yield seen


def check_zones(backend: ibis.backends.BaseBackend, folder: Path) -> None:
    session = backend._session
    naive = pd.DataFrame({"actor_id": ["a"], "time": pd.to_datetime(["2020-01-01 00:00:00"])})
    naive.to_parquet(folder / "naive.parquet")
    session.read.parquet(str(folder / "naive.parquet")).createOrReplaceTempView("naive")
    session.sql("select actor_id, date '2020-01-01' as time from naive").createOrReplaceTempView("days")
    session.sql(TEXTS.replace("create table texts (actor_id, time, amount_minor) as values", "select * from values")
                + " as t(actor_id, time, amount_minor)").createOrReplaceTempView("texts")  # fmt: skip
    session.sql("select 'a' as actor_id, 'noon' as time").createOrReplaceTempView("odd")
    for name, kind in {"naive": "timestamp_ntz", "days": "date", "texts": "string"}.items():
        with pytest.raises(
            fe.schema.SchemaError, match=rf"type {kind}, .* the session is in Asia/Shanghai\. Type spark\.conf"
        ):
            fe.tally.account_habits(backend.table(name))
    session.conf.set("spark.sql.session.timeZone", "UTC")
    for name in ("naive", "days"):
        assert fe.tally.account_habits(backend.table(name))["first_at"].tolist() == [
            pd.Timestamp("2020-01-01", tz="UTC")
        ]
    check_texts(backend.table("texts"))
    with pytest.raises(fe.schema.SchemaError, match="Column 'time' holds 'noon', which is no time"):
        fe.tally.account_gaps(backend.table("odd"))
    (folder / "naive.parquet").unlink()
    with pytest.raises(fe.schema.EngineError, match="looking over the log: the engine refused: "):
        fe.tally.account_habits(backend.table("naive"))


def test_spark_gives_the_same_tables_keeps_the_log_and_runs_no_python(
    expected: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    LOG.to_parquet(tmp_path / "log.parquet")
    with tally_engines.spark() as session:
        backend = ibis.pyspark.connect(session)
        session.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")  # Ibis had set UTC
        session.read.parquet(str(tmp_path / "log.parquet")).createOrReplaceTempView("log")
        with plans(backend, monkeypatch) as seen:
            found = tallied(backend, backend.table("log"))
        assert differences(found, expected) == {}
        assert len(seen) > 2 * len(TALLIES)
        assert [plan for plan in seen if ROW_FUNCTIONS.search(plan)] == []
        session.udf.register("same", lambda one: one)
        assert ROW_FUNCTIONS.search(session.sql("select same(action) from log")._jdf.queryExecution().toString())
        stopped_in_the_middle(monkeypatch, backend.table("log"))
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Shanghai"
        assert [row.tableName for row in session.sql("show tables").collect()] == ["log"]
        check_zones(backend, tmp_path)


@pytest.mark.nightly
def test_spark_gives_the_same_tables_on_ten_million_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "log.parquet")
    ibis.duckdb.connect().con.execute(f"""
        copy (select (hash(range % 199999) // 4)::bigint as actor_id, (hash(range * 7) % 5000)::int as item_id,
                     ['open', 'read', 'share'][1 + (hash(range * 3) % 3)::int] as action,
                     make_timestamptz({START} + range * 3153600 + (hash(range * 5) % 1000000)::bigint) as time,
                     case when hash(range * 11) % 10 < 3 then 'c' || (hash(range * 13) % 9) end as campaign_id
              from range(10000000)) to '{path}'""")
    calls: dict[str, Tally] = {
        "items": fe.tally.items,
        "habits": fe.tally.account_habits,
        "gaps": fe.tally.account_gaps,
        "campaigns": fe.tally.account_campaigns,
        "cohorts": fe.tally.cohorts,
        "crowding": fe.tally.crowding,
        "contributions": fe.tally.contributions,
    }
    with tally_engines.spark(small=False) as session:
        backend = ibis.pyspark.connect(session)
        session.read.parquet(path).createOrReplaceTempView("log")
        assert differences(tables(backend.table("log"), calls), tables(path, calls)) == {}


STOPPED = """
import sys, time
import ibis
import fanecon as fe, tally_engines
with tally_engines.spark() as session:
    backend = ibis.pyspark.connect(session)
    session.range(20_000).selectExpr("id as actor_id", "id as item_id", "'read' as action",
        "timestamp_seconds(1600000000 + id) as time").createOrReplaceTempView("log")
    log = backend.table("log")
    far = log.cross_join(log.select(other="actor_id"))
    fe.tally.contributions(log)
    jobs = session.sparkContext.statusTracker()
    print("ready", flush=True)
    try:
        fe.tally.contributions(far.mutate(actor_id=far.actor_id * 20_000 + far.other))
        print("over")
    except KeyboardInterrupt:
        begun = time.monotonic()
        while jobs.getActiveJobsIds() and time.monotonic() - begun < 10:
            time.sleep(0.1)
        print("running:", len(jobs.getActiveJobsIds()))
        print("tables:", [row.tableName for row in session.sql("show tables").collect()])
        print("rows:", len(fe.tally.contributions(log)))
"""


@pytest.mark.nightly
def test_ctrl_c_ends_the_work_in_spark_too_and_the_session_goes_on() -> None:
    pytest.importorskip("pyspark", reason="No PySpark: type make test")
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}
    listening = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores Ctrl-C
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", STOPPED], env=environment, **pipes)
    signal.signal(signal.SIGINT, listening)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=90)
    finally:
        process.kill()
    assert told.splitlines() == ["running: 0", "tables: ['log']", "rows: 1"], errors[-2000:]
