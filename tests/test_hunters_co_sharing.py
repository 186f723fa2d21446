"""Co-sharing: the pairs of a range self-join, what chance would give by dealing accounts out, and what is refused."""

import duckdb
import lockstep_definitions as by
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon.metrics.hunters import bipartite, co_shares
from fanecon.schema import ParameterError, SchemaError


def log(shares):
    return pd.DataFrame(shares, columns=["actor_id", "item_id", "time"])


def joined(frame, window, least):
    """The pairs of a DuckDB range self-join."""
    engine = duckdb.connect()
    engine.register("log", frame)
    return engine.execute(
        "SELECT a.actor_id AS src, b.actor_id AS dst, count(DISTINCT a.item_id) AS objects FROM log a JOIN log b "
        "ON a.item_id = b.item_id AND a.actor_id < b.actor_id AND b.time BETWEEN a.time - $w AND a.time + $w "
        "GROUP BY ALL HAVING objects >= $k ORDER BY 1, 2", {"w": window, "k": least},
    ).fetchall()  # fmt: skip


def rows(table):
    some = table.sort_values(["src", "dst"])[["src", "dst", "objects"]]
    return list(some.itertuples(index=False, name=None))


def compiled(frame, window, least):
    accounts, items = bipartite.sides(frame)
    activity = np.bincount(accounts.codes, minlength=accounts.size)
    return co_shares._compiled((accounts, items, activity), frame["time"].to_numpy(), window, least)


SHARES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=40)


def check_join(shares, window, least):
    frame = log(shares)
    wanted = joined(frame, window, least)
    assert rows(fe.co_sharing(frame, window=window, least=least).table) == wanted
    fast, slow = compiled(frame, window, least), fe.co_sharing(frame, window=window, least=least)
    assert list(zip(fast.src, fast.dst, fast.objects, strict=True)) == wanted
    assert {pair: n for pair, n in by.meetings(shares, window).items() if n >= least} == {
        (a, b): n for a, b, n in rows(slow.table)
    }


@given(shares=SHARES, window=st.integers(0, 12), least=st.integers(1, 3))
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_the_pairs_are_those_of_a_range_self_join(shares, window, least):
    check_join(shares, window, least)


@pytest.mark.nightly
@given(shares=SHARES, window=st.integers(0, 12), least=st.integers(1, 3))
@settings(max_examples=1000, deadline=None, database=None)
def test_the_pairs_are_those_of_the_join_on_many_logs(shares, window, least):
    check_join(shares, window, least)


def drawn(rng, shares, accounts=60, objects=80, month=200_000):
    who = rng.choice(accounts, shares, p=weights(1 / np.arange(1, accounts + 1)))
    what = rng.choice(objects, shares, p=weights(1 / np.arange(1, objects + 1)))
    return log(np.column_stack([who, what, rng.integers(0, month, shares)]))


def weights(values):
    return values / values.sum()


def test_a_large_log_in_any_order_gives_the_pairs_of_the_join():
    rng = np.random.default_rng(1)
    frame = drawn(rng, 110_000, accounts=3_000, objects=3_000, month=5_000_000)
    found = fe.co_sharing(frame.sample(frac=1, random_state=1), window=300, least=2)
    assert rows(found.table) == joined(frame, 300, 2)
    assert len(found.table) > 1_000


def test_a_share_exactly_at_the_end_of_the_window_counts_and_one_a_microsecond_later_does_not():
    start = pd.Timestamp("2026-01-01 12:00", tz="UTC")
    for gap, wanted in (("60s", 1), ("60.000001s", 0)):
        times = [start, start + pd.Timedelta(gap)]
        frame = pd.DataFrame({"actor_id": ["a", "b"] * 2, "item_id": ["x", "x", "y", "y"], "time": times * 2})
        for unit in ("us", "ns"):
            exact = frame.assign(time=frame["time"].dt.as_unit(unit))
            assert len(fe.co_sharing(exact).table) == wanted


def test_an_account_makes_no_pair_with_itself_and_two_shares_of_one_object_count_once():
    frame = log([("a", "x", 0), ("a", "x", 1), ("b", "x", 2), ("b", "x", 3), ("a", "y", 0), ("b", "y", 0)])
    assert rows(fe.co_sharing(frame, least=1).table) == [("a", "b", 2)]


def test_fractions_of_seconds_are_kept():
    frame = log([("a", "x", 0.25), ("b", "x", 60.25), ("c", "x", 60.5)])
    assert rows(fe.co_sharing(frame, least=1).table) == [("a", "b", 1), ("b", "c", 1)]


# --- what chance would give ---


def test_what_is_expected_is_the_mean_over_accounts_dealt_out_anew():
    rng = np.random.default_rng(2)
    frame = drawn(rng, 300, accounts=12, objects=15, month=3_000)
    table = fe.co_sharing(frame, window=60, least=1).table
    shares = list(frame.itertuples(index=False, name=None))
    for row in table.sort_values("expected").iloc[[0, len(table) // 2, -1]].itertuples():
        mean = by.dealt(shares, (row.src, row.dst), 60, 1_500, rng)
        assert row.expected == pytest.approx(mean, rel=0.08, abs=4 * np.sqrt(row.expected / 1_500))


def test_over_all_pairs_what_is_expected_is_what_chance_gives_or_a_little_more():
    """Meetings of three overlap, so that the formula errs upwards, against an accusation."""
    rng = np.random.default_rng(3)
    frame = drawn(rng, 2_000, accounts=200, objects=100, month=30_000)
    accounts, _ = bipartite.sides(frame)
    activity = np.bincount(accounts.codes, minlength=accounts.size)
    meetings = compiled(frame, 60, 1).meetings
    a, b = np.triu_indices(len(activity), 1)
    said = co_shares.chance(activity[a] * activity[b], meetings, len(frame)).sum()
    counts = [int(compiled(frame.assign(actor_id=rng.permutation(frame["actor_id"])), 60, 1).objects.sum())
              for _ in range(40)]  # fmt: skip
    assert 0.99 * np.mean(counts) < said < 1.08 * np.mean(counts)


def test_many_rates_are_read_off_a_curve_as_exactly_as_few():
    meetings = np.arange(1, 400)
    products = np.arange(1, 6_000)
    curve = co_shares.chance(products, meetings, 5_000)
    some = np.array([0, 17, 901, 3_333, 5_998])
    assert curve[some] == pytest.approx(co_shares.chance(products[some], meetings, 5_000), rel=1e-5)


def test_the_bits_are_those_of_poissons_tail_and_do_not_end_where_floats_do():
    from scipy import stats as distributions

    for objects, mean in ((2, 0.01), (5, 4.0), (30, 2.5), (3, 40.0)):
        wanted = -np.log2(distributions.poisson.sf(objects - 1, mean))
        assert co_shares.surprise(np.array([objects]), np.array([mean]))[0] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    high = co_shares.surprise(np.array([150, 200]), np.array([1e-3, 1e-3]))
    assert 2_000 < high[0] < high[1] < 5_000


def flags_without_coordination(many, seed):
    rng = np.random.default_rng(seed)
    return sum(fe.co_sharing(drawn(rng, 1_500, month=60_000)).table["beyond_chance"].any() for _ in range(many))


def test_logs_without_coordination_accuse_hardly_anybody():
    assert flags_without_coordination(80, 4) <= 9


@pytest.mark.nightly
def test_at_most_one_log_in_twenty_without_coordination_has_a_pair_beyond_chance():
    assert flags_without_coordination(1_000, 5) <= 65


def test_a_ring_is_beyond_chance_and_busy_accounts_are_not():
    rng = np.random.default_rng(6)
    calm = drawn(rng, 8_000, accounts=500, objects=400, month=500_000)
    jobs = [(what, int(rng.integers(500_000))) for what in range(300, 308)]
    ring = [(900 + a, what, at + int(rng.integers(0, 20))) for what, at in jobs for a in range(6)]
    found = fe.co_sharing(pd.concat([calm, log(ring)], ignore_index=True))
    beyond = found.table[found.table["beyond_chance"]]
    assert set(beyond["src"]) | set(beyond["dst"]) == set(range(900, 906))
    assert len(beyond) == 15
    assert found.accounts == 6
    assert "15 of them, 6 accounts" in found.sentence


# --- what does not matter, what is shown, what is refused ---


def test_order_of_rows_and_names_do_not_matter():
    rng = np.random.default_rng(7)
    frame = drawn(rng, 2_000, month=20_000)
    found = fe.co_sharing(frame).table
    mixed = fe.co_sharing(frame.sample(frac=1, random_state=3)).table
    pd.testing.assert_frame_equal(found, mixed)
    named = fe.co_sharing(frame.assign(actor_id=frame["actor_id"].map("a{:03d}".format))).table
    assert named["src"].str[1:].astype(int).tolist() == found["src"].tolist()
    assert named["bits"].tolist() == found["bits"].tolist()


def test_a_log_without_rows_has_no_pairs():
    found = fe.co_sharing(log([]).astype("int64"))
    assert found.table.empty
    plt.close(found.plot().figure)


def test_the_picture_draws_a_line_for_each_pair():
    frame = log([(name, what, 0) for name in "abc" for what in "xyz"])
    found = fe.co_sharing(frame)
    ax = found.plot()
    assert sum(len(line.get_xdata()) == 2 for line in ax.lines) == 3
    plt.close(ax.figure)


@pytest.mark.parametrize("bad", [{"window": -1}, {"least": 0}, {"level": 1.0}, {"window": float("nan")}])
def test_parameters_out_of_range_are_refused(bad):
    with pytest.raises(ParameterError):
        fe.co_sharing(log([("a", "x", 0)]), **bad)


def test_a_log_without_times_is_refused():
    with pytest.raises(SchemaError, match="time"):
        fe.co_sharing(log([("a", "x", 0)]).drop(columns="time"))
