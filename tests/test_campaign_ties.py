"""Ties: the pairs of a log, compared with grouping it by hand; and the room that a large log takes."""

import json
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.loaders.campaign_ties import pairs_of
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask

NEVER = np.iinfo(np.int64).min
ROWS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.sampled_from([NEVER, 0, 5, 7, 10**18])),
    min_size=1,
    max_size=60,
)


def grouped(rows):
    """The definition: the pairs as pandas groups them."""
    frame = pd.DataFrame(rows, columns=["inviter", "actor", "action", "time"]).reset_index(names="row")
    frame["time"] = pd.to_datetime(frame["time"])
    pairs = frame.groupby(["inviter", "actor"], sort=False)
    acts = frame.groupby(["inviter", "actor", "action"], sort=False).size()
    often = acts.groupby(["inviter", "actor"], sort=False).max()
    return pairs["row"].min().tolist(), pairs["time"].min().tolist(), often.tolist()


@settings(deadline=None)
@given(ROWS)
def test_pairs_are_those_of_grouping_by_hand(rows):
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    first, since, often = pairs_of(*(column.astype(np.int32) for column in columns[:3]), columns[3])
    expected = grouped(rows)
    assert (first.tolist(), often.tolist()) == (expected[0], expected[2])
    assert since.tolist() == pd.DatetimeIndex(expected[1]).as_unit("ns").asi8.tolist()


def campaign_log(path, rows, *, pairs=10**9):
    draw = random.Random(7)
    with path.open("w", encoding="utf-8") as out:
        out.write("参与人openid,邀请人openid,行为,参与时间,ip,设备号,奖励金额(元),收款账号,状态,备注\n")
        for at in range(rows):
            actor, inviter, second = draw.randint(1, 300_000), draw.randint(1, 50_000), at * 7 % 86_400
            if at % pairs == pairs - 1:
                actor = inviter = at
            out.write(
                f"o{actor:027d},o{inviter:027d},{draw.choice(['报名', '助力', '关注公众号'])},"
                f"2026-09-{at % 28 + 1:02d} {second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d},"
                f"192.0.{draw.randint(0, 255)}.{draw.randint(1, 254)},d{draw.randint(1, 400_000):016x},"
                f"{draw.choice(['1.00', '0.50'])},pay{actor:08d},{draw.choice(['已到账', '处理中'])},无\n"
            )
    return path


MEASURED = """
import json, re, sys
import pandas, pyarrow.csv, pyarrow.compute, charset_normalizer, fanecon as fe
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
def peak():  # not ru_maxrss, which a new process inherits from a large one
    return 1024 * int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1])
before = peak()
found = read(sys.argv[1], ask=Ask(personal=sys.argv[2] == "personal"))
print(json.dumps({"rows": [len(table) for table in found.tables.values()], "bytes": peak() - before}))
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in other units elsewhere")
@pytest.mark.parametrize("who", ["personal", "pseudonyms"])
def test_a_log_of_a_million_rows_takes_three_times_its_size_with_its_ties(tmp_path, who, monkeypatch):
    monkeypatch.setenv("FANECON_KEY", "test")
    path = campaign_log(tmp_path / "log.csv", 1_000_000)
    run = [sys.executable, "-c", MEASURED, path, who]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"] == [1_000_000, 999_971]
    assert found["bytes"] <= 3 * path.stat().st_size


@pytest.mark.parametrize("pairs", [10**9, 3])
def test_ties_of_a_large_log_are_those_of_its_events(tmp_path, pairs):
    found = read(campaign_log(tmp_path / "log.csv", 25_000, pairs=pairs), ask=Ask(personal=True))
    events, edges = found["events"], found["edges"]
    rows = events[["inviter_id", "actor_id", "action", "time"]].astype({"time": "int64"})
    first, since, often = grouped(rows.itertuples(index=False, name=None))
    assert edges["src"].tolist() == events["inviter_id"].iloc[first].tolist()
    assert edges["dst"].tolist() == events["actor_id"].iloc[first].tolist()
    assert edges["time"].tolist() == [one.tz_localize("UTC") for one in since]
    assert edges["weight"].tolist() == often
    own = edges["src"] == edges["dst"]
    assert edges["kind"].tolist() == own.map({True: "self_invite", False: "invite"}).tolist()
    assert own.any()
