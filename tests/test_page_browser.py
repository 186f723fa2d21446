"""What data cannot do to a page: 250 payloads in a real browser, with the policy of the page and without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sinks
from chromium import Tab, chromium, needed
from nbconvert import HTMLExporter
from payloads import payloads
from watch import asked_numbers, prepare, watch

pytestmark = [pytest.mark.browser, needed]

TEXTS = payloads()
FEW = ["to_html without escaping", "Markdown", "HTML"]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser, browser.tab() as opened:
        prepare(opened)
        yield opened


def test_there_are_two_hundred_payloads_and_seventeen_ways_in() -> None:
    assert len(set(TEXTS)) >= 200
    assert len(sinks.SINKS) == 17


def test_the_browser_of_these_tests_notices_a_script_a_dialog_a_request_and_a_breach(tab: Tab, tmp_path: Path) -> None:
    meta = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    bad = '<body onload="hit(7); alert(8)"><img src="http://n9.asked.invalid/9"><a href="javascript:hit(10)">x</a>'
    seen = watch(tab, tmp_path / "x.html", f"<!doctype html>{meta}{bad}", policy=False)
    assert seen.ran == {"7", "10"}
    assert seen.dialogs == ["8"]
    assert asked_numbers(seen) == {"9"}
    blocked = watch(tab, tmp_path / "x.html", f"<!doctype html>{meta}{bad}", policy=True)
    assert not blocked.ran
    assert not blocked.asked
    assert blocked.breaches


def wrongs(tab: Tab, place: Path, drawn: dict[str, str], *, quick: bool = False) -> dict[str, object]:
    """What any of the pages did, with the policy off and on; if quick, they are handled only with the policy off."""
    found: dict[str, object] = {}
    for number, (name, text) in enumerate(drawn.items()):
        for policy in (False, True):
            seen = watch(tab, place / f"{number}-{policy}.html", text, policy=policy, handle=not (quick and policy))
            assert seen.elements > 20 or (quick and policy), name
            if seen.wrong:
                found[f"{name}, policy {'on' if policy else 'off'}"] = seen.wrong
    return found


def test_nothing_that_data_can_say_becomes_script_in_three_ways_in(tab: Tab, tmp_path: Path) -> None:
    shown = sinks.shown(TEXTS, FEW, tmp_path)
    assert wrongs(tab, tmp_path, {name: sinks.page(name, one) for name, one in shown.items()}, quick=True) == {}


def test_nothing_in_a_record_becomes_script(tab: Tab, tmp_path: Path) -> None:
    assert wrongs(tab, tmp_path, sinks.corners(TEXTS[::9]), quick=True) == {}


@pytest.mark.nightly
def test_none_of_the_payloads_in_a_record_becomes_script(tab: Tab, tmp_path: Path) -> None:
    assert wrongs(tab, tmp_path, sinks.corners(TEXTS)) == {}


@pytest.mark.nightly
def test_nothing_becomes_script_in_any_way_in_while_the_usual_exporter_lets_it(tab: Tab, tmp_path: Path) -> None:
    """The usual exporter is the control: where it runs nothing, a silent page would prove nothing."""
    shown = sinks.shown(TEXTS, list(sinks.SINKS), tmp_path)
    assert wrongs(tab, tmp_path, {name: sinks.page(name, one) for name, one in shown.items()}) == {}
    usual, control = HTMLExporter(), {}
    for number, (name, one) in enumerate(shown.items()):
        text, _ = usual.from_notebook_node(one)
        control[name] = len(watch(tab, tmp_path / f"usual-{number}.html", text, policy=False, handle=False).ran)
    print(control)
    active = [name for name, count in control.items() if count]
    assert len(active) >= 8
    assert max(control.values()) >= 50


@pytest.mark.nightly
def test_most_of_the_payloads_do_something_in_a_page_that_holds_them_as_they_are(tab: Tab, tmp_path: Path) -> None:
    """Some are for other browsers, for Markdown, or for a second reading; the others are the proof of the study."""
    live = {}
    for number, text in enumerate(TEXTS, 1):
        seen = watch(tab, tmp_path / "x.html", f"<!doctype html><meta charset=utf-8>{text}", policy=False)
        live[number] = seen.wrong
    scripts = [number for number, wrong in live.items() if "ran" in wrong or "dialogs" in wrong]
    others = [number for number, wrong in live.items() if wrong and number not in scripts]
    print(f"{len(scripts)} ran, {len(others)} more asked or moved, of {len(TEXTS)}")
    assert len(scripts) >= 100
    assert len(scripts) + len(others) >= 130
