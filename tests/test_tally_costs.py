"""The cost model on paper: by hand, and held against what Spark itself counts; and the log it is tried on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import ibis
import pandas as pd
import pytest
import tally_engines
from ibis.expr import types as ir

import fanecon as fe
from fanecon.schema import ParameterError

ROWS, TASKS = 40_000, 8


def cost(name: str, rows: float, **given: float) -> pd.Series:
    return fe.tally.costs(rows, **given).set_index("tally").loc[name]


def test_habits_move_a_row_for_each_account_that_a_task_has_met() -> None:
    # 2 tasks of 1,000 rows and 1,000 accounts: each meets 1000 (1 - 1/e) = 632.12
    assert cost("account_habits", 2000, accounts=1000, tasks=2)["moved_rows"] == pytest.approx(2 * 632.1206)


def test_gaps_move_every_act_and_read_two_columns() -> None:
    found = cost("account_gaps", 5000, tasks=5)
    assert found["moved_rows"] == 5000
    assert found["read_bytes"] == 5000 * 16
    assert found["home_rows"] == 100


def test_no_tally_moves_more_rows_than_its_shuffles_could() -> None:
    for rows in (1e6, 1e8, 1e11):
        paper = fe.tally.costs(rows)
        assert (paper["moved_rows"] <= 3 * paper["shuffles"] * rows).all()


def test_the_paper_grows_no_faster_than_the_log_once_accounts_are_rare() -> None:
    large, larger = (fe.tally.costs(rows)["moved_bytes"] for rows in (1e12, 1e13))
    assert (larger / large <= 10.5).all()


@pytest.mark.parametrize("given", [{"rows": 0}, {"rows": 10, "accounts": -1}, {"rows": 10, "campaign_share": 0.0}])
def test_sizes_that_are_none_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="above zero"):
        fe.tally.costs(**given)


def test_a_simulated_log_is_the_same_for_the_same_seed_and_marked() -> None:
    one, other = fe.tally.simulate_log(3000, seed=5), fe.tally.simulate_log(3000, seed=5)
    pd.testing.assert_frame_equal(one, other)
    assert one.attrs["synthetic"] is True
    assert fe.tally.items(one).attrs["synthetic"] is True
    assert not one.equals(fe.tally.simulate_log(3000, seed=6))


def test_a_simulated_log_has_the_shape_that_it_says() -> None:
    log = fe.tally.simulate_log(60_000, accounts=500, items=40, seed=2)
    assert log["time"].is_monotonic_increasing
    assert (log["actor_id"].nunique(), log["item_id"].nunique()) == (500, 40)
    shares = log["action"].value_counts(normalize=True)
    assert shares["open"] == pytest.approx(0.5, abs=0.01)
    days = (log["time"] - pd.Timestamp("2025-01-01", tz="UTC")).dt.days
    inside = log["campaign_id"].notna()
    assert (days[inside] % 60 < 3).all()
    assert inside[days % 60 < 3].mean() == pytest.approx(0.5, abs=0.03)


def test_a_log_of_no_events_is_refused() -> None:
    with pytest.raises(ParameterError, match="from 1 on"):
        fe.tally.simulate_log(0)


CALLS: dict[str, Callable[[ir.Table], object]] = {
    "items": lambda log: fe.tally.items(log, actions=["open", "read", "share"]),
    "items, times only": lambda log: fe.tally.items(log, actions=["open", "read", "share"], people=False),
    "account_habits": fe.tally.account_habits,
    "account_gaps": fe.tally.account_gaps,
    "account_campaigns": fe.tally.account_campaigns,
    "crowding": fe.tally.crowding,
    "cohorts": fe.tally.cohorts,
    "at_risk": lambda log: fe.tally.at_risk(log, start="open", end="share"),
    "response_times": lambda log: fe.tally.response_times(log, ask="open", answer="share"),
    "contributions": fe.tally.contributions,
    "lockstep_edges": fe.tally.lockstep_edges,
}


def whole_ids(log: pd.DataFrame) -> pd.DataFrame:
    """The log with ids of eight bytes, which the paper takes them to be."""
    numbers = {name: log[name].str[1:].astype("int64") for name in ("actor_id", "item_id")}
    return log.assign(**numbers).astype(object).where(log.notna(), None)


def _nodes(plan: object) -> Iterator[object]:
    yield plan
    below = plan.children()
    for at in range(below.size()):
        yield from _nodes(below.apply(at))


def _moved(session: object, query: str) -> list[tuple[int, int]]:
    """Rows and bytes of each shuffle of a query, by Spark's own counters."""
    execution = session.sql(query)._jdf.queryExecution()
    plan = execution.executedPlan()
    execution.toRdd().count()
    exchanges = [one for one in _nodes(plan) if one.nodeName().startswith("Exchange")]
    counted = ("shuffleRecordsWritten", "dataSize")
    return [tuple(one.metrics().get(name).get().value() for name in counted) for one in exchanges]


@pytest.mark.nightly
def test_the_paper_is_what_spark_counts_or_a_little_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each shuffle of the plan is on the paper; rows and bytes are at most those on the paper, and at least a fifth."""
    seen: list[ir.Table] = []
    home = ir.Table.to_pandas
    monkeypatch.setattr(ir.Table, "to_pandas", lambda self, **given: (seen.append(self), home(self, **given))[1])
    with tally_engines.spark() as session:
        for name, value in {"adaptive.enabled": "false", "autoBroadcastJoinThreshold": "-1"}.items():
            session.conf.set(f"spark.sql.{name}", value)
        log = session.createDataFrame(whole_ids(fe.tally.simulate_log(ROWS, seed=1)))
        backend = ibis.pyspark.connect(session)
        log.repartition(TASKS).localCheckpoint().createOrReplaceTempView("log")
        paper = fe.tally.costs(ROWS, tasks=TASKS, campaign_share=0.04).set_index("tally")
        for name, call in CALLS.items():
            seen.clear()
            call(backend.table("log"))
            found = _moved(session, backend.compile(seen[-1]))
            assert len(found) == paper.loc[name, "shuffles"], name
            rows, size = (sum(column) for column in zip(*found, strict=True))
            assert paper.loc[name, "moved_rows"] / 5 <= rows <= paper.loc[name, "moved_rows"] * 1.001, name
            assert size <= paper.loc[name, "moved_bytes"] * 1.001, name
            assert math.isfinite(size)
