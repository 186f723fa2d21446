import os
import struct
import sys
import zipfile
from pathlib import Path

import pytest
import wechat_files as make
from hypothesis import given, settings
from hypothesis import strategies as st

from fanecon.loaders.cells import heading
from fanecon.loaders.door import read
from fanecon.loaders.files import MOST_RATIO, decode, open_file
from fanecon.schema import FileError, ParameterError

WORDS = {heading(word) for word in (*make.HEADER_16, *make.HEADER_FOLLOWERS)}
TABLE = [make.HEADER_16, make.row_16("开卷｜九月 😀")]


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        open_file(path, words=WORDS, **options)
    assert len(str(caught.value).splitlines()) <= 52
    return str(caught.value)


def written(tmp_path, data, name="file.xls"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_one_table_in_four_encodings_gives_the_same_cells(tmp_path, encoding):
    opened = open_file(make.text(tmp_path / "a", TABLE, encoding), words=WORDS)
    assert opened.sheets[0].rows == [[str(cell) for cell in row] for row in TABLE]
    assert opened.encoding == encoding


def test_the_way_the_encoding_was_found_is_told(tmp_path):
    how = {
        encoding: open_file(make.text(tmp_path / encoding, TABLE, encoding), words=WORDS).encoding_how
        for encoding in ("utf-8", "utf-8-sig", "gb18030")
    }
    assert how == {
        "utf-8": "valid UTF-8",
        "utf-8-sig": "byte-order mark",
        "gb18030": "known column names in the header row",
    }


@pytest.mark.parametrize("encoding", ["big5", "euc_kr", "shift_jis", "gb18030"])
def test_an_encoding_that_is_not_certain_is_asked_for(tmp_path, encoding):
    words = {"euc_kr": "이름,값", "shift_jis": "なまえ,あたい", "big5": "名稱,數值", "gb18030": "名称,数值"}
    path = make.text(tmp_path / "a.csv", [words[encoding].split(","), ["1", "2"]], encoding)
    assert "encoding=" in refusal(path)
    assert open_file(path, words=WORDS, encoding=encoding).encoding_how == "given by the caller"


def test_a_damaged_utf8_file_is_not_read_again_as_gb18030(tmp_path):
    whole = "\r\n".join(",".join(map(str, row)) for row in TABLE).encode()
    cut = whole[: whole.index("九".encode()) + 2]
    message = refusal(written(tmp_path, cut))
    assert "utf-8 text ends in the middle of a character" in message
    assert "line 2" in message
    assert "broken character" in refusal(written(tmp_path, whole.replace("九".encode(), b"\xe4\xff")))


def test_a_damaged_gb18030_file_is_refused(tmp_path):
    whole = ",".join(make.HEADER_16).encode("gb18030") + b"\r\n\xff\xff,1"
    assert "gb18030 text" in refusal(written(tmp_path, whole))


def test_text_with_nul_is_refused(tmp_path):
    assert "utf-16-le" in refusal(written(tmp_path, "内容,1".encode("utf-16-le")))
    assert "NUL character in line 5001" in refusal(written(tmp_path, b"a,b\n" * 5000 + b"\x00\n"))


def test_an_encoding_that_does_not_exist_is_a_wrong_parameter(tmp_path):
    path = make.text(tmp_path / "a.csv", TABLE)
    for name in ("gb18031", "base64"):
        with pytest.raises(ParameterError, match="gb18030"):
            open_file(path, words=WORDS, encoding=name)


def test_a_given_encoding_that_does_not_fit_is_refused(tmp_path):
    assert "utf-8 text" in refusal(make.text(tmp_path / "a.csv", TABLE, "gb18030"), encoding="utf-8")


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_the_mark_between_cells_is_found_by_the_header(tmp_path, mark):
    table = [make.HEADER_16, make.row_16("一, 二; 三\t四")]
    opened = open_file(make.text(tmp_path / "a.csv", table, mark=mark), words=WORDS)
    assert opened.sheets[0].rows[1][0] == "一, 二; 三\t四"


@pytest.mark.parametrize("rows", [1, 25_000])
def test_cells_quoted_after_a_space_lose_the_space_and_the_marks(tmp_path, rows):
    text = '"id", "title"\n' + '"1", "a, b"\n' * rows
    (sheet,) = open_file(written(tmp_path, text.encode(), "a.csv"), words=WORDS).sheets
    assert list(sheet.rows[0]) == ["id", "title"]
    assert list(sheet.rows[rows]) == ["1", "a, b"]


def test_a_quotation_mark_after_a_space_in_plain_text_stays(tmp_path):
    (sheet,) = open_file(written(tmp_path, b'id,title\n1, "so" he said\n', "a.csv"), words=WORDS).sheets
    assert list(sheet.rows[1]) == ["1", ' "so" he said']


def test_a_line_break_inside_a_cell_does_not_move_the_rows(tmp_path):
    table = [make.HEADER_16, make.row_16("一\n二"), make.row_16("三")]
    opened = open_file(make.text(tmp_path / "a.csv", table), words=WORDS)
    assert [row[0] for row in opened.sheets[0].rows] == ["内容标题", "一\n二", "三"]


def test_an_open_quotation_mark_is_refused_with_its_row(tmp_path):
    message = refusal(written(tmp_path, '内容标题,发表时间\na,1\n"b,2\nc,3\n'.encode()))
    assert "row 3" in message
    assert "quotation mark" in message


def test_a_cell_larger_than_the_limit_is_refused(tmp_path):
    assert "field" in refusal(written(tmp_path, ("内容标题,发表时间\n" + "a" * 200_000 + ",1\n").encode()))


def test_a_text_that_ends_inside_a_row_is_refused(tmp_path):
    whole = make.text(tmp_path / "a.csv", [*TABLE, make.row_16("x")]).read_bytes()
    assert "cut off" in refusal(written(tmp_path, whole[:-80]))


def test_the_cells_of_a_page_stand_below_the_columns_they_span(tmp_path):
    path = make.page(tmp_path / "a.xls", [make.HEADER_FOLLOWERS, ["2026-09-01", "1", "2", "-1", "&<"]], between="\n ")
    rows = open_file(path, words=WORDS).sheets[0].rows
    assert rows[0] == ["用户增长", "", "", "", ""]
    assert rows[2] == ["2026-09-01", "1", "2", "-1", "&<"]


def test_a_page_in_gb18030_is_read(tmp_path):
    rows = [make.HEADER_FOLLOWERS, ["2026-09-01", "1", "2", "-1", "5"]]
    path = make.page(tmp_path / "a.xls", rows, encoding="gb18030", between="\n")
    assert open_file(path, words=WORDS).encoding == "gb18030"


def test_an_answer_in_xml_is_kept_as_text(tmp_path):
    text = "<xml><ToUserName><![CDATA[书]]></ToUserName></xml>"
    opened = open_file(written(tmp_path, text.encode()), words=WORDS)
    assert (opened.kind, opened.sheets, opened.text) == ("xml", (), text)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("<html><head><title>微信公众平台</title></head><body>登录</body></html>".encode(), "titled '微信公众平台'"),
        ("<html><head><title>登录超时</title></head></html>".encode("gb18030"), "titled '登录超时'"),
        (b"<div><p>1</p></div>", "XML text"),
        (b"<table><tr><td>1</td>", "no end"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "Excel 2003"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"\x1f\x8b\x08", "gzip file is damaged or cut off"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"MIME-Version: 1.0\r\n", "MHTML"),
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"\x00" * 100, "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xa1\xa1", "encoding is not certain"),
        (b"PK\x03\x04" + b"0" * 50, "damaged or cut off"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "damaged or cut off"),
    ],
)
def test_what_holds_no_table_is_named(tmp_path, data, found):
    assert found in refusal(written(tmp_path, data))


def test_a_missing_file_names_the_nearest_one(tmp_path):
    make.text(tmp_path / "total_16.csv", TABLE)
    assert "Did you mean 'total_16.csv'?" in refusal(tmp_path / "total_17.csv")
    assert "does not exist either" in refusal(tmp_path / "no" / "a.csv")


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    (tmp_path / "inside.csv").write_text("a")
    assert "inside.csv" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refusal(tmp_path / "pipe")


def test_a_workbook_of_either_kind_gives_its_cells(tmp_path):
    for path in (make.xls(tmp_path / "a", TABLE), make.xlsx(tmp_path / "b", TABLE)):
        opened = open_file(path, words=WORDS)
        assert list(opened.sheets[0].rows[0]) == make.HEADER_16
        assert opened.sheets[0].rows[1][1] == 20220329


def test_rows_keep_their_numbers_when_the_first_rows_are_blank(tmp_path):
    table = [[], [], ["", *make.HEADER_16]]
    for path in (make.xls(tmp_path / "a", table), make.xlsx(tmp_path / "b", table)):
        assert list(open_file(path, words=WORDS).sheets[0].rows[2])[:2] == ["", "内容标题"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_that_was_cut_off_is_refused(tmp_path, share):
    for path in (make.xls(tmp_path / "a", TABLE), make.xlsx(tmp_path / "b", TABLE)):
        data = path.read_bytes()
        assert "damaged or cut off" in refusal(written(tmp_path, data[: int(len(data) * share)], "cut"))


def test_a_zip_bomb_is_not_opened(tmp_path):
    sheet = make.sheet_xml(TABLE)
    many = [(f"x/{at}", b"") for at in range(1001)]
    assert "1006 parts" in refusal(written(tmp_path, make.xlsx_bytes([sheet], many)))
    assert f"ratio above {MOST_RATIO}" in refusal(written(tmp_path, make.xlsx_bytes([sheet], [("x", b"0" * 10**7)])))
    assert "outside its own folder" in refusal(written(tmp_path, make.xlsx_bytes([sheet], [("../x", b"")])))


def test_a_cell_in_the_last_corner_is_refused(tmp_path):
    sheet = make.sheet_xml([["a"]]).replace("</row>", '<c r="XFD1048576"><v>1</v></c></row>')
    assert "1,048,576 rows and 16,384 columns" in refusal(written(tmp_path, make.xlsx_bytes([sheet])))


def test_an_old_workbook_that_claims_a_huge_sheet_does_not_end_the_process(tmp_path):
    data = make.xls(tmp_path / "a.xls", [["a", "b"], ["c", "d"]]).read_bytes()
    place = struct.pack("<HHHH", 0x00FD, 10, 1, 1)
    assert data.count(place) == 1
    far = data.replace(place, struct.pack("<HHHH", 0x00FD, 10, 0xFFFF, 0xFFFF))
    assert "too much memory" in refusal(written(tmp_path, far))
    large = data.replace(place, struct.pack("<HHHH", 0x00FD, 10, 0xFFFF, 0xFF))
    assert "too much memory" in refusal(written(tmp_path, large))


def test_a_zip_without_a_workbook_says_what_it_holds(tmp_path):
    data = make.xlsx_bytes([make.sheet_xml(TABLE)]).replace(b"xl/workbook.xml", b"xx/workbook.xml")
    assert "a zip archive (it holds [Content_Types].xml" in refusal(written(tmp_path, data))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(min_value=8, max_value=5_000), byte=st.integers(min_value=0, max_value=255))
def test_a_workbook_with_one_wrong_byte_is_read_or_refused(tmp_path_factory, at, byte):
    folder = tmp_path_factory.getbasetemp()
    for name, build in (("a.xls", make.xls), ("a.xlsx", make.xlsx)):
        data = bytearray(build(folder / name, TABLE).read_bytes())
        data[at % len(data)] = byte
        try:
            open_file(written(folder, bytes(data), name), words=WORDS)
        except FileError as error:
            assert error.fix


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_decoded_with_replacement(data):
    try:
        text, encoding, _ = decode("a", data, words=WORDS)
    except FileError:
        return
    assert text.encode(encoding).endswith(data[-1:])


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux's view of open files")
def test_a_refused_file_is_not_left_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a listing of descriptors, not of files
    for _ in range(5):
        refusal(written(tmp_path, b"PK\x03\x04" + b"0" * 50))
        refusal(written(tmp_path, b"\xd0\xcf\x11\xe0" + b"0" * 600))
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux only")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_chinese_name_is_read_as_it_was_written_on_any_system(tmp_path, encoding):
    path = os.path.join(os.fsencode(tmp_path), "推广员列表.csv".encode(encoding))  # noqa: PTH118
    Path(os.fsdecode(path)).write_bytes(b"dt,followers\n0,5\nsoon,6\n")
    with pytest.raises(FileError) as caught:
        read(os.fsdecode(path))
    assert caught.value.file == "推广员列表.csv"
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("x/name.csv", b"dt,followers\n0,5\nsoon,6\n")
    named = {"utf-8": "推广.csv", "gb18030": "推广ab.csv"}[encoding]
    raw = (tmp_path / "all.zip").read_bytes().replace(b"x/name.csv", named.encode(encoding))
    (tmp_path / "all.zip").write_bytes(raw)
    with pytest.raises(FileError) as caught:
        read(tmp_path / "all.zip")
    assert caught.value.file == f"all.zip: {named}"
