"""The made-up samples of every format: each is recognised as itself and looked at in one document."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.door import read
from fanecon.loaders.inspection import inspect
from fanecon.loaders.reading import Ask
from fanecon.schema import FileError
from fanecon.tables import TABLES

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
ASK = Ask(captured_at=dt.datetime(2026, 9, 6, 4, 0, tzinfo=dt.UTC))
SKIP = {"README.md", "expected.json"}
FILES = sorted(
    path.relative_to(SAMPLES).as_posix()
    for path in SAMPLES.rglob("*")
    if path.is_file() and path.name not in SKIP and not path.name.startswith("._")
)
REFUSED = {
    "other/meta_content_export.csv": "lost digits in Excel",
    "wechat_api/error_date_range.json": "61501",
    "wechat_api/error_token.json": "40001",
    "weibo/m_error.json": "sign in",
}

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/samples is not there: the samples are not part of fanecon")


@pytest.mark.parametrize("name", [name for name in FILES if name not in REFUSED])
def test_a_sample_is_read_into_tables_of_the_schema(name: str) -> None:
    reading = read(SAMPLES / name, ask=ASK)
    assert reading.why
    assert reading.problems.empty
    for table, frame in reading.tables.items():
        assert list(frame.columns) == list(TABLES[table].columns)
        assert len(frame) > 0
        assert frame["source_format"].notna().all()


@pytest.mark.parametrize(("name", "said"), REFUSED.items())
def test_a_sample_that_holds_no_table_is_refused_with_the_reason(name: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read(SAMPLES / name, ask=ASK)


@pytest.mark.parametrize("name", FILES)
def test_a_sample_is_looked_at_without_an_accident(name: str) -> None:
    document = inspect(SAMPLES / name, ask=ASK)
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document
    assert (document["format"] is None) == (name in REFUSED and name != "other/meta_content_export.csv")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
def test_the_clock_of_the_machine_changes_no_table(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    names = [
        "weibo/weibo_search_九月书单.csv",
        "wechat_backend/user_analysis.xls",
        "newsletter/mailchimp_campaigns.csv",
    ]
    before = [read(SAMPLES / name, ask=ASK).main for name in names]
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for name, frame in zip(names, before, strict=True):
            pd.testing.assert_frame_equal(read(SAMPLES / name, ask=ASK).main, frame)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
