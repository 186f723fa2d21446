"""Characters that nobody sees: the needless ones are taken out and counted, those that join letters stay."""

import json
import random
import zipfile

import pandas as pd
import pytest
from malformed import SEARCH
from physical import WRITE

from fanecon.loaders import files as files_module
from fanecon.loaders.door import read
from fanecon.loaders.files import open_bytes
from fanecon.loaders.invisible import cleaned, cleaned_bytes, cleaned_markup

KEPT = {
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a health worker with a tone": "\U0001f469\U0001f3fd\u200d\u2695\ufe0f",
    "the rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "the flag of Wales": "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "a face with a variation": "\u263a\ufe0f",
    "I want, in Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Sri, in Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "an old Malayalam letter at the end of a word": "\u0d28\u0d4d\u200d",
    "ksha apart, in Hindi": "\u0915\u094d\u200c\u0937",
}
GONE = {
    "a zero-width blank": ("九\u200b月", "九月"),
    "a mark in the middle": ("a\ufeffb", "ab"),
    "a word joiner": ("a\u2060b", "ab"),
    "a soft hyphen": ("Zeit\u00adung", "Zeitung"),
    "an override of direction": ("\u202eevil\u202c", "evil"),
    "isolates": ("\u2066a\u2069", "a"),
    "direction marks": ("\u200ea\u200f\u061c", "a"),
    "a joiner between Latin letters": ("a\u200db\u200cc", "abc"),
    "a joiner between Chinese letters": ("九\u200d月\u200c", "九月"),
    "a joiner after the last emoji": ("\U0001f525\u200d end", "\U0001f525 end"),
    "a joiner before the first emoji": ("x\u200d\U0001f525", "x\U0001f525"),
    "a separator between emoji": ("\U0001f525\u200c\U0001f525", "\U0001f525\U0001f525"),
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_joins_letters_or_emoji_stays(text):
    for whole in (text, f"九月{text}end", f"{text},{text}"):
        assert cleaned(whole) == (whole, 0)
        assert cleaned_bytes(whole.encode()) == (whole.encode(), 0)
        assert json.loads(cleaned_markup(json.dumps([whole]))[0]) == [whole]


@pytest.mark.parametrize(("text", "left"), GONE.values(), ids=GONE)
def test_what_only_hides_goes_and_is_counted(text, left):
    times = len(text) - len(left)
    assert cleaned(text) == (left, times)
    assert cleaned_bytes(text.encode()) == (left.encode(), times)
    assert cleaned_bytes(b"\xef\xbb\xbf" + text.encode()) == (b"\xef\xbb\xbf" + left.encode(), times)


def test_escapes_and_references_are_seen_and_nothing_else_of_them_is_changed():
    whole = {"a\u200b": '\u200b"\\u200b\n\t\x01 \ud83d \U0001f525\u202e', "b": ["\\\u2060"]}
    text, times = cleaned_markup(json.dumps(whole))
    assert times == 4
    assert json.loads(text) == {"a": '"\\u200b\n\t\x01 \ud83d \U0001f525', "b": ["\\"]}
    page = "<p>a&#8203;b&#x200B;c&shy;d &amp; &lt; &#38; &zwj;</p>"
    assert cleaned_markup(page) == ("<p>abcd &amp; &lt; &#38; </p>", 4)
    assert cleaned_markup("a,\\u200b\n") == ("a,\\u200b\n", 0), "a table of text has no escapes"


def test_a_text_in_blocks_is_cleaned_as_a_whole_one(monkeypatch):
    monkeypatch.setattr("fanecon.loaders.invisible._BLOCK", 7)
    draw = random.Random(5)
    letters = [*"ab九,\n\r", "\u200b", "\u200d", "\u200c", "\ufeff", "\u00ad", "\U0001f525", "\u0915", "\u06cc", "“"]
    for _ in range(500):
        text = "".join(draw.choices(letters, k=40))
        mark = "\ufeff" if draw.random() < 0.5 else ""
        text = text.removeprefix("\ufeff") if mark else "x" + text
        left, times = cleaned(text)
        assert cleaned_bytes((mark + text).encode()) == ((mark + left).encode(), times)


FAMILY = KEPT["a family"]
TITLE = f"九\u200b月\u202e{FAMILY}\u200b"


def rows():
    table = [list(row) for row in SEARCH.rows]
    for row in table:
        row[4], row[3] = TITLE, "搜索\u2060用户"
    return [SEARCH.header, *table]


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "xls", "parquet"])
def test_titles_and_names_are_clean_in_every_kind_of_file(tmp_path, form):
    path = tmp_path / f"posts.{form}"
    path.write_bytes(WRITE[form](rows()))
    reading = read(path)
    assert set(reading.main["title"]) == {f"九月{FAMILY}"}
    assert not reading.main["extra"].str.contains("\u2060").any()
    said = "32 invisible characters were taken out of the texts (zero-width blanks, direction marks, soft hyphens)."
    assert said in reading.notes
    assert said in reading.main.attrs["notes"]


def test_the_quick_way_and_the_careful_way_take_out_the_same(tmp_path, monkeypatch):
    path = tmp_path / "posts.csv"
    path.write_bytes(WRITE["csv"](rows()))
    careful = read(path)
    monkeypatch.setattr(files_module, "LARGE_ROWS", 3)
    quick = read(path)
    pd.testing.assert_frame_equal(quick.main, careful.main)
    assert quick.notes == careful.notes


def test_a_file_without_any_has_no_note_and_an_archive_counts_all_its_members(tmp_path):
    good = tmp_path / "good.csv"
    good.write_bytes(SEARCH.data("csv"))
    assert not [note for note in read(good).notes if "invisible" in note]
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for at, mark in enumerate(("\u200b", "\u00ad\u00ad")):
            row = [f"{at}{SEARCH.rows[0][0]}", *SEARCH.rows[0][1:4], f"第{mark}条", *SEARCH.rows[0][5:]]
            archive.writestr(f"{at}.csv", WRITE["csv"]([SEARCH.header, row]))
    reading = read(tmp_path / "both.zip")
    assert next(note for note in reading.notes if "invisible" in note).startswith("3 invisible characters were")


def test_a_single_one_is_one_and_the_mark_of_the_encoding_is_none():
    assert open_bytes("a.csv", "\ufeffid,reads\n1,2\u200b\n".encode(), words=set()).invisible == 1
