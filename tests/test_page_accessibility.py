"""Whether everybody can use a page: axe-core in a real browser, light and dark, wide and as narrow as a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pages
import pytest
import sinks
from chromium import Chromium, Tab, chromium, needed
from payloads import payloads

from fanecon.report import run, shelf
from fanecon.report.pages.exporter import PageExporter

AXE = Path(__file__).parent / "accessibility" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    needed,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: type `make system test`"),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}
CHECK = f"""axe.run(document, {{runOnly: {{type: 'tag', values: {TAGS}}}, resultTypes: ['violations', 'incomplete']}})
  .then(found => Object.fromEntries(['violations', 'incomplete'].map(kind => [kind, found[kind].map(
    one => [one.id, one.impact, one.nodes.length, one.nodes[0].html.slice(0, 200)])])))"""
OPEN = "for (const one of document.querySelectorAll('details')) one.open = true"
LOOKS = [(dark, width) for dark in (False, True) for width in (1000, 320)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def tab(browser: Chromium) -> Iterator[Tab]:
    with browser.tab() as opened:
        opened.ask("Page.enable")
        opened.ask("Page.setBypassCSP", enabled=True)
        opened.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        yield opened


def audit(tab: Tab, place: Path) -> dict[tuple[bool, int], dict[str, Any]]:
    """What axe-core finds on a page with everything unfolded, by how it is looked at."""
    found = {}
    for dark, width in LOOKS:
        tab.look(dark=dark, width=width)
        tab.open(place, settle=0)
        tab.evaluate(OPEN)
        tab.evaluate(AXE.read_text(encoding="utf-8"))
        found[dark, width] = tab.evaluate(CHECK)
        found[dark, width]["wide"] = tab.evaluate("document.documentElement.scrollWidth") > width
    return found


def faults(tab: Tab, place: Path) -> list[Any]:
    """Every violation of a page, minor ones included, and every look in which it has to be scrolled sideways."""
    found = audit(tab, place)
    return [
        *((look, *one) for look, told in found.items() for one in told["violations"]),
        *((look, "is scrolled sideways") for look, told in found.items() if told["wide"]),
    ]


def written(place: Path, text: str) -> Path:
    place.write_text(text, encoding="utf-8", errors="replace")
    return place


PROSE = """# Is *this* a question? 羊毛党

Prose with [a link](https://example.org/), `code`, a 中文 word and $x^2$.

| a | b |
|---|--:|
| 1 | 2 |

> Said by somebody.

```
some code
```
"""
TABLE = """
<table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>reads</th></tr></thead>
<tbody><tr><th>0</th><td>1</td></tr><tr><th>1</th><td>22</td></tr></tbody>
</table>"""
RESULT = f"<div class='fanecon-result'><p><strong>One of two.</strong></p>{TABLE}<ul><li>A doubt.</li></ul></div>"


def rich() -> nbformat.NotebookNode:
    """A notebook with every kind of thing that a page can show."""
    made = pages.cells("fe.share_to_read(articles, by='topic')  # a comment", "print(1)", "1 / 0", "2", prose=PROSE)
    made.cells.append(nbformat.v4.new_markdown_cell("### Deep\n\n**What these data cannot say:** much.\n\n#### Deeper"))
    solution = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["solution"]})
    made.cells.append(solution)
    shown = [
        pages.stream("x" * 300 + "\n"),
        pages.stream("a message", "stderr"),
        pages.show(html=RESULT),
        pages.show(html=TABLE),
        pages.show(png=pages.PNG),
        pages.show(latex="$\\frac{1}{2}$"),
        pages.show(markdown="# A heading of data\n\n- one\n\n| a |\n|---|\n| 1 |"),
    ]
    error = pages.raised("ZeroDivisionError", "division by zero", "\x1b[31m----> 1\x1b[0m 1 / 0")
    return pages.ran(made, {2: [], 4: shown, 6: shown[:1], 8: [error]})


def drawn() -> dict[str, str]:
    told = {"inputs": pages.INPUTS, "metrics": pages.METRICS, "thresholds": pages.THRESHOLDS, "warnings": ("Large.",)}
    done = tuple(pages.Step(cell=cell, heading="Part", seconds=1.5) for cell in (2, 4, 6, 8, 10))
    return {
        "complete": pages.page(rich(), pages.record(steps=done, **told)),
        "failed": pages.page(rich(), pages.failed(8, 2, 4, 6, **told)),
        "never started": pages.page(nbformat.v4.new_notebook(), pages.failed(0), planned=rich()),
        "unknown": PageExporter().from_notebook_node(rich())[0],
    }


@pytest.mark.parametrize("name", list(drawn()))
def test_axe_finds_no_fault_on_a_page(tab: Tab, tmp_path: Path, name: str) -> None:
    assert faults(tab, written(tmp_path / "x.html", drawn()[name])) == []


def test_axe_sees_a_fault_where_there_is_one(tab: Tab, tmp_path: Path) -> None:
    """Grey words on grey, a picture without a text, and a table too wide for a phone."""
    bad = "<p style='color:#999'>pale</p><img src='data:,'><div style='width:60rem'>wide</div></main>"
    found = faults(tab, written(tmp_path / "x.html", drawn()["complete"].replace("</main>", bad)))
    assert {"color-contrast", "image-alt", "is scrolled sideways"} <= {one[1] for one in found}


def test_a_page_is_used_without_a_mouse_and_its_code_unfolds_at_one_switch(tab: Tab, tmp_path: Path) -> None:
    tab.look()
    tab.open(written(tmp_path / "x.html", drawn()["complete"]))
    seen = "document.querySelector('details.code pre').checkVisibility({contentVisibilityAuto: true})"
    reached: list[str] = []
    assert not tab.evaluate(seen)
    for _ in range(80):
        _press(tab, "Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] == "all-code" and reached.count("all-code") == 1:
            _press(tab, " ")
            tab.evaluate(
                f"new Promise(done => {{ const look = () => {seen} ? done() : setTimeout(look, 20); look(); }})"
            )
            outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
    assert reached[0] == "A", "the first stop is the link that skips to the text"
    assert "all-code" in reached
    assert "SUMMARY" not in reached[reached.index("all-code") :][:3], "an unfolded cell has no summary to stop at"
    assert reached.count("BODY") >= 1, "one gets out of the page at its end"


def _press(tab: Tab, key: str) -> None:
    code = {"Tab": (9, "Tab", ""), " ": (32, "Space", " ")}[key]
    common = {"windowsVirtualKeyCode": code[0], "code": code[1], "key": key}
    tab.ask("Input.dispatchKeyEvent", type="keyDown", text=code[2], **common)
    tab.ask("Input.dispatchKeyEvent", type="keyUp", **common)


def test_nothing_moves_for_a_reader_who_wants_no_motion(tab: Tab, tmp_path: Path) -> None:
    tab.look()
    tab.open(written(tmp_path / "x.html", drawn()["complete"]))
    scrolls = "getComputedStyle(document.documentElement).scrollBehavior"
    assert tab.evaluate(scrolls) == "smooth"
    tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert tab.evaluate(scrolls) == "auto"


def test_a_text_of_four_times_the_size_needs_no_sideways_scrolling(tab: Tab, tmp_path: Path) -> None:
    tab.look(width=1280)
    tab.open(written(tmp_path / "x.html", drawn()["failed"]))
    for size in (200, 400):
        tab.evaluate(f"document.documentElement.style.fontSize = '{size}%'")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.nightly
def test_axe_finds_no_fault_on_pages_full_of_payloads(tab: Tab, tmp_path: Path) -> None:
    """Headings and targets that data choose may be odd, but nothing grave follows for who reads them."""
    for name, text in sinks.corners(payloads()[:60]).items():
        found = faults(tab, written(tmp_path / f"{name}.html", text))
        assert [one for one in found if len(one) == 2 or one[2] in GRAVE] == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", [book.name for book in shelf.shelf()])
def test_axe_finds_no_fault_on_the_report_of_any_notebook(tab: Tab, tmp_path: Path, name: str) -> None:
    place = run(name, out=tmp_path / f"{name}.html")
    assert faults(tab, place) == []
