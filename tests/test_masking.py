"""Secrets: found in every form they take, and nothing of them left."""

from __future__ import annotations

import base64
import binascii
import html
import json
import os
import pprint
import sys
import textwrap
import time
import traceback
import urllib.parse

import nbformat
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from fanecon.report.asked.masking import HIDDEN, Mask, fit_to_hide

AWKWARD = "s3cr-et/To+k'en\"&<x>%é密\\n="
PLAIN = "hunter2hunter2"
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nline/two+of'it==\n-----END KEY-----\n"
SECRETS = [
    AWKWARD,
    PLAIN,
    KEY,
    "密码密码密码甲乙",
    "a b  c\td'\"",
    "0123456789",
    "pass word\r\nsecond line",
    " padded secret ",
]

WAYS = {
    "itself": str,
    "repr": repr,
    "repr in a list": lambda s: repr([s, "'"]),
    "repr of bytes": lambda s: repr(s.encode()),
    "ascii": ascii,
    "JSON": json.dumps,
    "JSON in Unicode": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON in JSON": lambda s: json.dumps(json.dumps({"a": s})),
    "JSON for a script": lambda s: json.dumps(s).replace("/", "\\/"),
    "HTML": html.escape,
    "HTML of Jinja": lambda s: str(escape(s)),
    "HTML without quotes": lambda s: html.escape(s, quote=False),
    "HTML of ASCII": lambda s: html.escape(s).encode("ascii", "xmlcharrefreplace").decode(),
    "HTML of a repr": lambda s: html.escape(repr(s)),
    "HTML of JSON": lambda s: str(escape(json.dumps(s))),
    "JSON of HTML": lambda s: json.dumps(html.escape(s)),
    "address": lambda s: urllib.parse.quote(s, safe=""),
    "address with slashes": urllib.parse.quote,
    "address in small letters": lambda s: urllib.parse.quote(s, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "form": urllib.parse.quote_plus,
    "query": lambda s: urllib.parse.urlencode({"token": s}),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 after 1": lambda s: base64.b64encode(b"x" + s.encode() + b"yz").decode(),
    "base64 after 2": lambda s: base64.b64encode(b"xy" + s.encode() + b"z").decode(),
    "basic authorisation": lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 in lines": lambda s: base64.encodebytes(b"words before it, so that it breaks inside" + s.encode()).decode(),
    "base64 of JSON": lambda s: base64.b64encode(json.dumps({"key": s}).encode()).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal in capitals": lambda s: s.encode().hex().upper(),
    "hexadecimal with colons": lambda s: s.encode().hex(":"),
    "hexadecimal with blanks": lambda s: s.encode().hex(" "),
    "hexadecimal escapes": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()),
    "every byte of an address": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "Windows": lambda s: s.replace("\r\n", "\n").replace("\n", "\r\n"),
    "Unix": lambda s: s.replace("\r\n", "\n"),
    "indented": lambda s: textwrap.indent(s, "    "),
    "in a sentence": lambda s: f"the token {s} is wrong",
}  # fmt: skip


def core(secret: str) -> str:
    """What must not be left: the longest line without its blanks."""
    return max((line.strip() for line in secret.splitlines()), key=len)


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_masked_however_it_is_written(way: str) -> None:
    for secret in SECRETS:
        mask = Mask([secret])
        written = WAYS[way](secret)
        assert mask.found(written), (way, secret)
        masked = mask.text(written)
        assert HIDDEN in masked
        assert not mask.found(masked)
        assert core(secret) not in masked
        assert WAYS[way](core(secret)).strip("'\"=b[]") not in masked


@given(
    secret=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=6, max_size=40),
    way=st.sampled_from(sorted(WAYS)),
    before=st.text(max_size=9),
    after=st.text(max_size=9),
)
@example(secret="''\"\"''ab", way="repr", before="'", after='"')
@settings(max_examples=150, deadline=None)
def test_any_secret_is_masked_however_it_is_written(secret: str, way: str, before: str, after: str) -> None:
    assume(not fit_to_hide(secret))
    assume(all(line.strip() == line for line in secret.splitlines(keepends=False)) or way != "indented")
    try:
        written = WAYS[way](secret)
    except UnicodeEncodeError:
        return
    mask = Mask([secret])
    assume("\n" not in secret or way != "indented")
    assert not mask.found(mask.text(before + written + after))
    assert mask.found(written)


@given(text=st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_text_without_the_secret_stays_as_it_is(text: str) -> None:
    mask = Mask([PLAIN, AWKWARD])
    assert mask.text(text) == text
    assert not mask.found(text)


def test_without_secrets_nothing_is_found_or_changed() -> None:
    nothing = Mask([])
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    assert nothing.notebook(book) is book
    assert not nothing.found("anything")
    assert not nothing


def test_of_two_secrets_the_longer_is_masked_first() -> None:
    mask = Mask(["hunter2", "hunter2-and-more"])
    assert mask.text("hunter2-and-more hunter2") == f"{HIDDEN} {HIDDEN}"


def test_the_lines_of_a_secret_are_masked_one_by_one() -> None:
    mask = Mask([KEY])
    assert "MIIEvQ" not in mask.text("<td>MIIEvQIBADANBgkqhkiG9w0BAQEFAASC</td>")
    assert "line/two" not in mask.text("\n".join(f"{n}: {line}" for n, line in enumerate(KEY.splitlines())))


@pytest.mark.parametrize("short", ["", "a", "12345", "     ", "      a", "aaaaaaaa", "******", "ababab"])
def test_a_secret_that_cannot_be_hidden_is_refused(short: str) -> None:
    assert "hide" in fit_to_hide(short)
    assert not fit_to_hide("abc-def")


def executed(secret: str) -> nbformat.NotebookNode:
    """A notebook that tells its secret wherever a notebook can."""
    v4 = nbformat.v4
    try:
        raise ValueError(f"no entry with {secret}")
    except ValueError:
        lines = traceback.format_exception(*sys.exc_info())
    coloured = [f"\x1b[0;31m{line[:40]}\x1b[0m{line[40:]}" for line in lines]
    half = len(secret) // 2
    outputs = [
        v4.new_output("stream", name="stdout", text=f"a {secret[:half]}"),
        v4.new_output("stream", name="stdout", text=secret[half:]),
        v4.new_output("stream", name="stderr", text=pprint.pformat({"t": secret})),
        v4.new_output("display_data", data={"text/html": html.escape(secret), "text/plain": repr(secret)}),
        v4.new_output("display_data", data={"application/json": {secret: [{"deep": [secret]}]}}),
        v4.new_output("display_data", data={"image/png": base64.b64encode(b"PNG tEXt" + secret.encode()).decode()}),
        v4.new_output("execute_result", data={"text/plain": secret}, metadata={"x": secret}, execution_count=1),
        v4.new_output("error", ename="ValueError", evalue=f"no entry with {secret}", traceback=coloured),
        v4.new_output("error", ename="E", evalue="", traceback=[f"\x1b[31m{secret[:half]}\x1b[0m{secret[half:]}"]),
    ]
    cells = [
        v4.new_markdown_cell(f"# {secret}"),
        v4.new_code_cell(f"x = {secret!r}", outputs=outputs, metadata={"tags": [secret]}),
    ]
    return v4.new_notebook(cells=cells, metadata={"papermill": {"parameters": {"token": secret}}})


@pytest.mark.parametrize("secret", SECRETS, ids=range(len(SECRETS)))
def test_an_executed_notebook_holds_nothing_of_it_anywhere(secret: str) -> None:
    notebook, mask = executed(secret), Mask([secret])
    whole = nbformat.writes(notebook)
    masked = mask.notebook(notebook)
    assert isinstance(masked, nbformat.NotebookNode)
    nbformat.validate(masked)
    text = nbformat.writes(masked)
    assert mask.found(whole)
    assert not mask.found(text)
    assert core(secret) not in text
    assert core(secret) not in "".join(str(leaf) for leaf in leaves(masked))
    assert nbformat.writes(notebook) == whole  # the caller's own stays as it was
    assert masked.cells[1].outputs[0].text.startswith("a ")


def leaves(node: object) -> list[str]:
    if isinstance(node, dict):
        return [leaf for pair in node.items() for one in pair for leaf in leaves(one)]
    return [leaf for one in node for leaf in leaves(one)] if isinstance(node, list) else [str(node)]


def test_a_secret_across_tags_colours_and_entities_is_seen_in_the_final_page() -> None:
    mask = Mask([AWKWARD, PLAIN])
    assert mask.found("<span>hunter2</span><span>hunter2</span>")
    assert mask.found("hunter2&#104;unter2")
    assert mask.found("\x1b[1mhunter2\x1b[0mhunter2")
    assert mask.found("%68unter2hunter2")
    assert not mask.found("<p>hunter2 hunter2</p>")


def test_ten_megabytes_are_searched_within_seconds() -> None:
    mask = Mask([AWKWARD, PLAIN])
    picture = base64.b64encode(os.urandom(3_000_000)).decode()
    page = "<p>some 12 text &amp; of a page</p>\n" * 60_000
    began = time.process_time()
    assert mask.text(picture) == picture
    assert mask.text(page) == page
    assert not mask.found(page)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("unit", ["\\", "'", "%", "&", " ", "%25", "\n", "=", "\"'"])
def test_no_secret_makes_the_search_slow(unit: str) -> None:
    mask = Mask([f"ab{unit * 30}cd"])
    began = time.process_time()
    for many in (29, 31, 200):
        for wall in (unit, repr(unit)[1:-1], urllib.parse.quote(unit), html.escape(unit), unit * 2, f"\\{unit}"):
            mask.text(f"ab{wall * many}x")
            assert not mask.found(f"ab{wall * many}x")
    assert time.process_time() - began < 2


def test_a_mask_never_shows_its_secrets() -> None:
    assert PLAIN not in repr(Mask([PLAIN])) + str(vars(Mask([PLAIN])).keys())


def test_uuencoded_text_is_beyond_it() -> None:
    """What the mask does not promise, so that nobody relies on it."""
    assert not Mask([PLAIN]).found(binascii.b2a_uu(PLAIN.encode()).decode())
