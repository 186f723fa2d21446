"""The history page in a real browser: what data cannot do to it, and whether everybody can use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from chromium import Tab, chromium, needed
from payloads import payloads
from records import START, history, publish, record, shelve
from test_index import hostile, write
from test_page_accessibility import AXE, faults
from watch import prepare, watch

pytestmark = [pytest.mark.browser, needed]
with_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: type `make system test`")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser, browser.tab() as opened:
        opened.ask("Page.enable")
        opened.ask("Page.setBypassCSP", enabled=True)
        yield opened


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("watched")) as browser, browser.tab() as opened:
        prepare(opened)
        yield opened


def filled(folder: Path) -> list[Path]:
    """History pages on which every payload stands wherever a record or a file name holds text."""
    for number, text in enumerate(payloads()):
        safe = text.encode("utf-8", "replace").decode()
        name = f"{number} {safe[:50]}".replace("/", "\u2215").replace("\0", "").encode()[:150].decode(errors="ignore")
        publish(folder, hostile(START, 2 * number, safe), f"{name}.html")
        shelve(folder, hostile(START + DAY, 2 * number + 1, safe), f"{name}.html")
    return write(folder, START + 2 * DAY)


def wrongs(tab: Tab, place: Path, pages: list[Path]) -> dict[str, object]:
    found: dict[str, object] = {}
    for page in pages:  # links to other pages are followed in `test_index`; here they would only lead away
        text = re.sub(r'href="\./[^"]*"', 'href="#text"', page.read_text(encoding="utf-8"))
        for policy in (False, True):
            seen = watch(tab, place / "watched.html", text, policy=policy)
            assert seen.elements > 100
            if seen.wrong:
                found[f"{page.name}, policy {policy}"] = seen.wrong
    return found


def test_no_payload_does_anything_on_the_first_page_of_a_history(watched: Tab, tmp_path: Path) -> None:
    assert wrongs(watched, tmp_path, filled(tmp_path / "reports")[:1]) == {}


@pytest.mark.nightly
def test_no_payload_does_anything_on_any_page_of_a_history(watched: Tab, tmp_path: Path) -> None:
    pages = filled(tmp_path / "reports")
    assert len(pages) > 5
    assert wrongs(watched, tmp_path, pages) == {}


def busy(folder: Path, days: int) -> list[Path]:
    """The history of two reports in which everything has happened."""
    made = history(folder, days, seed=4)
    publish(folder, record(made[-1].began + DAY, 998, failed=5))
    for number in range(5):
        shelve(folder, hostile(START + number * DAY, number, "羊毛党 <b>"), "other report.html")
    return write(folder, made[-1].began + 4 * DAY)


@with_axe
@pytest.mark.parametrize("days", [30, pytest.param(260, marks=pytest.mark.nightly)])
def test_axe_finds_no_fault_on_a_history(tab: Tab, tmp_path: Path, days: int) -> None:
    pages = busy(tmp_path / "reports", days)
    assert [one for page in {pages[0], pages[-1]} for one in faults(tab, page)] == []


@with_axe
@pytest.mark.nightly
def test_axe_finds_no_fault_on_a_history_full_of_payloads(tab: Tab, tmp_path: Path) -> None:
    assert [one for page in filled(tmp_path / "reports")[:3] for one in faults(tab, page)] == []
