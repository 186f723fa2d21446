from collections import Counter

import pytest
import script_files as make
import wechat_files

from fanecon.loaders.cells import heading
from fanecon.loaders.encodings import CANDIDATES, LEAST_FIELDS, decode, identify
from fanecon.schema import FileError

WORDS = {heading(word) for word in (*wechat_files.HEADER_16, "id", "name", "city", "reads", "time")}


def answer(text, data):
    try:
        found, _, _ = decode("a.csv", data, words=WORDS)
    except FileError as error:
        assert "certain" in str(error) or "NUL" in str(error)
        return "asked"
    return "right" if found == text else "wrong"


def answers(script, rows, files):
    return Counter(answer(*make.table(script, rows, seed)) for seed in range(files))


@pytest.mark.parametrize("rows", make.SIZES)
@pytest.mark.parametrize("script", make.SCRIPTS)
def test_no_script_is_read_as_another_one(script, rows):
    found = answers(script, rows, 20)
    assert found["wrong"] == 0
    assert rows < LEAST_FIELDS or found["right"] >= 19


@pytest.mark.nightly
@pytest.mark.parametrize("rows", [*make.SIZES, 50, 100])
@pytest.mark.parametrize("script", make.SCRIPTS)
def test_no_script_is_read_as_another_one_in_two_hundred_files(script, rows):
    found = answers(script, rows, 200)
    assert found["wrong"] == 0
    assert rows < LEAST_FIELDS or found["right"] >= 194


@pytest.mark.parametrize("script", make.SCRIPTS)
@pytest.mark.parametrize("rows", make.SIZES)
def test_utf8_is_always_read_as_utf8_but_where_it_could_be_two_hanzi(script, rows):
    for seed in range(20):
        text, _ = make.table(script, rows, seed)
        assert decode("a", text.encode(), words=())[1] == "utf-8"


def test_the_few_bytes_that_are_valid_in_two_encodings_are_asked_for():
    name = next(one + two for one in GB2312 for two in GB2312 if valid(one + two))
    with pytest.raises(FileError, match=r"as utf-8 the first names read .* as gb18030 the first"):
        identify("a", f"id,name\n1,{name}\n".encode("gb18030"), words=WORDS)
    assert identify("a", f"id,name\n1,{name}\n".encode("gb18030"), words=WORDS, encoding="gb18030")[0] == "gb18030"


GB2312 = [bytes([high, low]).decode("gb18030") for high in range(0xC2, 0xD8) for low in range(0xA1, 0xC0)]


def valid(name):
    try:
        name.encode("gb18030").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_the_question_shows_how_the_first_names_would_read():
    with pytest.raises(FileError) as caught:
        identify("a.csv", "id,name\n1,張志明\n2,林雅婷\n".encode("big5"), words=WORDS)
    message = str(caught.value)
    assert "as big5 the first names read '張志明、林雅婷'" in message
    assert "as gb18030" in message
    assert "encoding=" in message


def test_what_was_detected_is_told():
    _, data = make.table("shift_jis", 200, 1)
    name, how = identify("a", data, words=WORDS)
    assert name == "shift_jis"
    assert how.startswith("detected in ")


def test_a_header_of_ascii_words_is_no_evidence_for_gb18030():
    text, data = make.table("shift_jis", 5, 1)
    assert answer(text, data) == "asked"
    assert text.startswith("id,name")


def test_one_name_in_every_row_is_one_field_of_evidence():
    rows = "".join(f"{at},김민준\n" for at in range(500))
    with pytest.raises(FileError, match="certain"):
        identify("a", f"id,name\n{rows}".encode("euc_kr"), words=WORDS)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1251", "сентябрь книги друзья сегодня город радуга музыка утро Москва студент учитель кофе"),
        ("cp1250", "wrzesień książki dziś źródło łódź Kraków Gdańsk żółw święto późno Wałęsa mąż"),
        ("cp1254", "arkadaş şehir gökkuşağı öğrenci öğretmen güneş ışık çiçek yağmur Ayşe Gülşen Çağrı"),
        ("cp1253", "βιβλία λίστα φίλος σήμερα πόλη μουσική ταινία πρωί Αθήνα καφές"),
        ("koi8_r", "сентябрь книги друзья сегодня город радуга музыка утро Москва студент учитель кофе"),
        ("cp874", "หนังสือ เพื่อน วันนี้ เมือง ดนตรี เช้า กรุงเทพ นักเรียน ครู กาแฟ"),
    ],
)
def test_a_script_that_is_no_candidate_is_asked_for(encoding, words):
    some = words.split()
    rows = "".join(f"{at},{some[at % len(some)]} {some[at * 7 % len(some)]} {some[at * 5 % 7]}\n" for at in range(300))
    assert encoding not in CANDIDATES
    assert answer("", f"id,name\n{rows}".encode(encoding)) == "asked"


def test_what_a_page_declares_is_believed_unless_it_is_utf8_beyond_doubt():
    page = '<html><head><meta charset="big5"></head><table><tr><td>張志明</td></tr></table></html>'
    assert identify("a", page.encode("big5"), words=WORDS) == ("big5", "declared in the page")
    assert identify("a", page.encode("utf-8"), words=WORDS)[0] == "utf-8"
    other = page.replace("big5", "gb2312").replace("張志明", "张伟😀")
    assert decode("a", other.encode("gb18030"), words=WORDS)[:2] == (other, "gb18030")


@pytest.mark.parametrize("at", [0, 10, 100])
def test_a_utf8_text_with_one_broken_byte_is_reported_with_its_line(at):
    lines = [f"{line},张伟，今天的天气很好".encode() for line in range(200)]
    lines[at] = lines[at][:-1] + b"\xff"
    with pytest.raises(FileError, match=rf"utf-8 text holds a broken character \(byte \d+, line {at + 1}\)"):
        identify("a", b"\n".join(lines), words=WORDS)


def test_a_utf8_text_that_was_cut_off_is_reported_with_its_last_line():
    data = "\n".join(f"{line},张伟" for line in range(200)).encode()
    with pytest.raises(FileError, match=r"ends in the middle of a character \(byte 2087, line 200\)"):
        identify("a", data[:-1], words=WORDS)


def test_a_character_that_two_pieces_share_is_read_whole(monkeypatch):
    monkeypatch.setattr("fanecon.loaders.encodings.PIECE", 7)
    for encoding in ("utf-8", "gb18030", "utf-16", "big5"):
        text = "內容標題,發表時間\n" * 30
        assert decode("a", text.encode(encoding), words=WORDS, encoding=encoding)[0] == text
