"""The door through which text becomes HTML: what it adds for readers, and that no text can hold it up."""

from __future__ import annotations

import re
import time

import pandas as pd
import pytest

from fanecon.report.pages.doubts import cannot_say
from fanecon.report.pages.markup import LONGEST_MARKDOWN, Outline, clean, displayed, formula, prose
from fanecon.report.shelf import shelf


def test_the_headers_of_a_table_say_what_they_head() -> None:
    table = pd.DataFrame({"reads": [1], "shares": [2]}, index=pd.Index(["x"], name="topic")).to_html()
    made = str(clean(table))
    assert re.findall(r'<th scope="(\w+)">(\w+)', made) == [
        ("col", "reads"),
        ("col", "shares"),
        ("col", "topic"),
        ("row", "x"),
    ]
    assert "<th></th>" not in made, "an empty header heads nothing"


def test_a_first_row_of_headers_without_a_head_heads_columns() -> None:
    made = str(clean("<table><tr><td></td><th>coef</th></tr><tr><th>x</th><td>1</td></tr></table>"))
    assert '<th scope="col">coef' in made
    assert '<th scope="row">x' in made


def test_data_cannot_choose_the_scope_nor_write_one_into_the_page() -> None:
    made = str(clean('<table><tr><th scope="<img onerror=x>">a scope="scope-0"</th><td>1</td></tr></table>'))
    assert re.findall(r"<th[^>]*>", made) == ['<th scope="row">']
    assert 'a scope="scope-0"' in made


def test_headings_of_data_follow_on_those_of_the_page() -> None:
    made = "<h1>a</h1><h5>b</h5><h2>c</h2><h6>d</h6>"
    assert re.findall(r"<h(\d)", str(clean(made))) == ["3", "4", "3", "4"]
    assert re.findall(r"<h(\d)", str(clean(made, below=1))) == ["2", "3", "2", "3"]
    assert re.findall(r"</h(\d)", str(clean(made))) == ["3", "4", "3", "4"]


def test_a_picture_of_data_has_a_text_or_is_left_out() -> None:
    kept = "data:image/png;base64,AAAA"
    assert str(clean(f"<img src='{kept}'>")) == f'<img src="{kept}" alt="">'
    assert str(clean(f"<img alt='a > b' src='{kept}'>")).count("alt=") == 1
    assert str(clean("<p><img src='http://x.invalid/y.png' alt='x'></p>")) == "<p></p>"


def test_chinese_words_in_prose_say_that_they_are_chinese() -> None:
    made = str(prose("A 羊毛党，好 in [群](#x), `代码`, and ![图](data:image/png;base64,AAAA)", Outline()))
    assert re.findall(r'<span lang="zh">([^<]*)</span>', made) == ["羊毛党，好", "群"]
    assert "<code>代码</code>" in made
    assert 'alt="图"' in made


def test_prose_cannot_pose_as_a_landmark_or_an_alert() -> None:
    made = str(prose('<div role="alert" aria-label="Failed" tabindex="9">x</div><span lang="de">y</span>', Outline()))
    assert "alert" not in made
    assert "Failed" not in made
    assert "tabindex" not in made
    assert "lang" not in made


def test_an_anchor_of_the_prose_is_never_one_of_the_page() -> None:
    outline = Outline()
    made = str(prose("# t\n\n## Made\n\n## Made\n\n## All code\n\n### Text\n\n## <img src=x>", outline))
    assert re.findall(r'id="([^"]+)"', made) == ["made-2", "made-3", "all-code-2", "text-2"]
    assert [(one.anchor, [part.anchor for part in one.parts]) for one in outline.sections] == [
        ("made-2", []),
        ("made-3", []),
        ("all-code-2", ["text-2"]),
    ]


@pytest.mark.parametrize("text", ["\ud800", "a\udfff<b>b</b>", "\ud83d\ud83d"])
def test_half_a_letter_does_not_stop_a_page(text: str) -> None:
    for made in (clean(text), displayed(text), formula(text), prose(f"# {text}\n\n{text}", Outline())):
        made.encode("utf-8", errors="replace")


PATIENT = ["<div>", "<b>", "<span><i>", "<blockquote>", "<details>", "<table><tr><td>", "<ul><li>"]


@pytest.mark.parametrize("text", PATIENT)
def test_html_nested_without_end_is_shown_as_text_and_costs_no_time(text: str) -> None:
    began = time.process_time()
    made = str(clean(text * 50_000))
    assert time.process_time() - began < 3
    assert made.startswith("<pre>&lt;")


def test_a_long_table_is_not_taken_for_a_nested_one() -> None:
    rows = "<tr><th>1<td>2<br><p>3" * 2_000
    assert str(clean(f"<table>{rows}</table>")).count("<td>") == 2_000


@pytest.mark.parametrize(
    "text", ["\\begin{a}" * 9_000, "$x$ " * 4_000, "[" * 9_000, "**a" * 9_000, "a" * (LONGEST_MARKDOWN + 1)]
)
def test_markdown_of_data_costs_no_more_time_than_its_length(text: str) -> None:
    began = time.process_time()
    assert displayed(text)
    assert time.process_time() - began < 3


# --- what these data cannot say ---


def said(*texts: str) -> str:
    return cannot_say([{"cell_type": "markdown", "source": text} for text in texts])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**What these data cannot say:** who read it.\n\nMore.", "Who read it."),
        ("x. **What these data cannot say**: a\nand b.\n\nMore.", "A\nand b."),
        ("1. **Young.** x\n2. **What these data cannot say:** why.\n3. no", "Why."),
        ("- **What these data cannot say:** a\n  and b\n\n  and c\n\nno", "A\nand b\n\nand c"),
        ("**What these data cannot say**\n\n- a\n- b\n\nno", "- a\n- b"),
        ("**What these data cannot say:** among others:\n\n1. a\n2. b\n\nno", "Among others:\n\n1. a\n2. b"),
        ("### What these data cannot say\n\na\n\nb\n\n## no", "A\n\nb"),
        ("__What these data cannot say:__ a", "A"),
        ("**What these data can say:** a. **What these data cannot say:** b.", "B."),
        ("```\n**What these data cannot say:** no\n```", ""),
        ("They cannot say anything.", ""),
    ],
)
def test_the_words_of_the_notebook_are_found_whole(text: str, found: str) -> None:
    assert said(text) == found


def test_those_of_the_section_go_before_those_elsewhere() -> None:
    elsewhere = "**What these data cannot say:** elsewhere"
    assert said(elsewhere, "## What could fool us\n\nx", "**What these data cannot say:** here", "## Next") == "Here"
    assert said(elsewhere, "## What could fool us\n\nx") == "Elsewhere"


@pytest.mark.parametrize("book", shelf(), ids=lambda book: book.name)
def test_every_notebook_of_the_shelf_says_what_its_data_cannot_say(book: object) -> None:
    assert len(cannot_say(book.cells)) > 40  # type: ignore[attr-defined]
