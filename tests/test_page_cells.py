"""What a page shows of the outputs of cells, and how it is laid out around them."""

from __future__ import annotations

import re

import nbformat
import pages
import pytest

from fanecon.report.pages.cells import plain
from fanecon.report.seal import read_seal


def of(*outputs: nbformat.NotebookNode, prose: str = "# Does it hold?", language: str = "en") -> str:
    """The complete page of a notebook whose one cell shows the outputs."""
    made = pages.ran(pages.cells("1", prose=prose), {2: [], 4: list(outputs)})
    made.metadata["lang"] = language
    return pages.page(made, pages.record())


def picture(**metadata: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={"image/png": pages.PNG}, metadata=dict(metadata))


def test_a_figure_tells_its_sentence_to_who_cannot_see_it() -> None:
    told = picture(**{"image/png": {"alt": 'Shares rose by "2 %"\n(1 to 3).', "width": 400}})
    assert 'alt="Shares rose by &#34;2 %&#34; (1 to 3)." width="400"' in of(told)


def test_figures_without_a_sentence_are_told_apart() -> None:
    assert re.findall(r'alt="([^"]*)"', of(picture(), picture())) == ["Figure 1: Part 1", "Figure 2: Part 1"]


def test_a_picture_that_is_no_picture_leaves_the_address_empty() -> None:
    broken = nbformat.v4.new_output("display_data", data={"image/png": '"><script>'})
    assert 'src="data:,"' in of(broken)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x1b[0;31mred\x1b[0m", "red"),
        ("10 %\r20 %\r100 %\n", "100 %\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b]8;;http://x.invalid\x07link\x1b]8;;\x07", "link"),
        ("tab\there", "tab\there"),
        ("bell\x07", "bell\ufffd"),
    ],
)
def test_a_text_is_as_a_terminal_would_leave_it(text: str, kept: str) -> None:
    assert plain(text) == kept


def test_the_contents_have_two_levels_and_the_way_to_the_end() -> None:
    nav = of(prose="# Q?\n\n## One\n\n### Inner\n\n## Two").partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', nav) == ["one", "inner", "two", "part-1", "made"]


def test_what_the_data_cannot_say_stands_after_the_first_answer() -> None:
    told = "# Q?\n\n## The bottom line\n\nIt is.\n\n## What could fool us\n\n**What these data cannot say:** why."
    made = pages.cells("1", prose="# Q?")
    made.cells.append(nbformat.v4.new_markdown_cell("## What could fool us\n\n**What these data cannot say:** why."))
    page = pages.page(pages.ran(made, {2: [], 4: []}), pages.record())
    box = page.index('<aside class="doubts"')
    assert page.index('id="part-1"') < box < page.index('id="what-could-fool-us"')
    assert "Why." in page[box : page.index("</aside>")]
    assert page.index('href="#cannot-say"') < page.index("<main")
    assert "Why." in of(prose=told)


def test_a_notebook_that_does_not_say_is_said_not_to() -> None:
    assert "The notebook does not say." in of()


@pytest.mark.parametrize(("given", "kept"), [("zh-Hans", "zh-Hans"), ("en", "en"), ('"><script>', "en"), ("", "en")])
def test_the_page_says_its_language_and_where_it_speaks_another(given: str, kept: str) -> None:
    page = of(language=given)
    assert f'<html lang="{kept}">' in page
    ours = re.search(r'<p class="status"( lang="en")?>', page)
    assert ours
    assert bool(ours[1]) is (kept != "en")


def test_the_same_run_gives_the_same_page() -> None:
    assert of(pages.show(html="<table><tr><th>a</th></tr></table>"), picture()) == of(
        pages.show(html="<table><tr><th>a</th></tr></table>"), picture()
    )
    assert read_seal(of()) == "complete"


def test_long_values_and_lists_are_told_in_words() -> None:
    many = pages.Setting(name="names", type="[str]", value=["a", "b"], default=[])
    none = pages.Setting(name="by", type="str", value=None, default="")
    page = pages.page(pages.cells("1"), pages.record(parameters=(many, none)))
    told = re.findall(r'data-label="(?:value|default)"[^>]*>([^<]*)<', page)
    assert told == ["a, b", "(an empty list)", "none", "(an empty text)"]
