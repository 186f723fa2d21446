"""Which format a file is of: one says yes, by the first rows, and the order of asking decides nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import awkward
import malformed
import pytest
from test_samples import FILES, SAMPLES

from fanecon.loaders.archives import open_all
from fanecon.loaders.door import read
from fanecon.loaders.files import Opened, Sheet
from fanecon.loaders.formats import FORMATS

WORDS = {word for one in FORMATS for word in one.words}
MOST_ROWS = 60


def claims(path: Path) -> list[str]:
    """The formats that say a file is theirs."""
    opened = open_all(path, words=WORDS)
    return [one.name for one in FORMATS if one.recognise(opened)]


@pytest.mark.skipif(not FILES, reason="../shared/samples is not there: the samples are not part of fanecon")
@pytest.mark.parametrize("name", FILES)
def test_one_format_claims_a_sample(name: str) -> None:
    assert len(claims(SAMPLES / name)) == 1


@pytest.mark.skipif(not FILES, reason="../shared/samples is not there: the samples are not part of fanecon")
def test_one_format_claims_a_folder_of_samples_that_belong_together() -> None:
    assert claims(SAMPLES / "weibo" / "ced") == ["ced"]


@pytest.mark.parametrize("base", malformed.BASES, ids=lambda one: one.name)
def test_one_format_claims_an_example(base: malformed.Base, tmp_path: Path) -> None:
    path = tmp_path / f"table.{base.forms[0]}"
    path.write_bytes(base.data(base.forms[0]))
    assert len(claims(path)) == 1


def test_one_format_claims_an_awkward_file(tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    for one in awkward.files():
        folder = tmp_path / "it"
        for name, data in ({one.name: one.data} if isinstance(one.data, bytes) else one.data).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        found[one.name] = claims(folder / one.name if isinstance(one.data, bytes) else folder)
        shutil.rmtree(folder)
    assert {name: names for name, names in found.items() if len(names) != 1} == {}


@pytest.mark.parametrize(
    ("header", "taken_for"),
    [
        ("campaign_uuid,campaign_id,subscriber_uuid,email,created_at", "listmonk_campaign_views"),
        ("campaign_uuid,campaign_id,subscriber_uuid,email,created_at,url", "listmonk_link_clicks"),
        ("id,weibo_id,created_at,user_screen_name,text", "weibo_crawler_reposts"),
        ("id,weibo_id,created_at,user_screen_name,text,like_count", "weibo_crawler_comments"),
    ],
)
def test_tables_that_differ_by_one_column_are_told_apart(tmp_path: Path, header: str, taken_for: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    assert claims(path) == [taken_for]


def test_one_call_may_still_be_read_as_answers_of_several(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"list": [{"ref_date": "2026-09-01", "user_source": 0, "new_user": 1, "cancel_user": 2}]}')
    assert claims(path) == ["datacube_getusersummary"]
    assert len(read(path, format="datacube").main) == len(read(path).main)


class Watched(Sequence[Sequence[object]]):
    """A million rows that remember how far somebody has looked."""

    def __init__(self, head: Sequence[Sequence[object]]) -> None:
        self.head, self.reached = head, 0

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, at: int | slice) -> Sequence[object] | list[Sequence[object]]:  # type: ignore[override]
        if isinstance(at, slice):
            return [self._row(one) for one in range(*at.indices(len(self)))]
        return self._row(range(len(self))[at])

    def __iter__(self) -> Iterator[Sequence[object]]:
        return (self._row(at) for at in range(len(self)))

    def _row(self, at: int) -> Sequence[object]:
        self.reached = max(self.reached, at + 1)
        assert at <= MOST_ROWS, "somebody goes through all rows to recognise them"
        return self.head[at] if at < len(self.head) else [f"word {at}", "more"]


HEADS: dict[str, list[list[object]]] = {
    "nothing known": [["alpha", "beta"]],
    "from and to without an address": [["from", "to"], ["a", "b"]],
    "from and to in the third row": [[""], ["title"], ["from", "to"]],
    "one column": [["address"]],
    "blank rows above": [[""], [""], [""], [""]],
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_large_table_is_recognised_by_its_first_rows(head: list[list[object]]) -> None:
    rows = Watched(head)
    one = Opened(file="a.csv", kind="text", encoding="utf-8", encoding_how="", sheets=(Sheet(name=None, rows=rows),))
    recognise: list[Callable[[tuple[Opened, ...]], str]] = [each.recognise for each in FORMATS]
    assert not any(ask((one,)) for ask in recognise)
    assert 0 < rows.reached <= MOST_ROWS
