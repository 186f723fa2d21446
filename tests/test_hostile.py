"""Files made to harm: each is refused in under a second, within 200 MB, and never ends the process that reads it."""

import functools
import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib

import pytest
import wechat_files as make

from fanecon.loaders import confined
from fanecon.loaders.archives import open_all
from fanecon.loaders.cells import heading
from fanecon.loaders.files import open_file
from fanecon.loaders.workbooks import MOST_CELLS, xlsx_sheets
from fanecon.schema import FileError

WORDS = {heading(word) for word in make.HEADER_16}
TABLE = [make.HEADER_16, make.row_16()]
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SECONDS, MEGABYTES = 1.0, 200


def with_part(data, name, part):
    """A workbook with one part exchanged."""
    old, new = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in old.namelist():
            archive.writestr(one, part if one == name else old.read(one))
    return new.getvalue()


def sheet_of(cells, before=""):
    data = make.xlsx_bytes([make.sheet_xml(TABLE)])
    xml = f'<?xml version="1.0"?>{before}<worksheet xmlns="{SPACE}"><sheetData>{cells}</sheetData></worksheet>'
    return with_part(data, "xl/worksheets/sheet1.xml", xml)


def lying(data, name, size):
    """A workbook whose directory states another unpacked size for one part."""
    data = bytearray(data)
    for sign, at_size, at_name, length in ((b"PK\x01\x02", 24, 46, 28), (b"PK\x03\x04", 22, 30, 26)):
        at = data.find(sign)
        while at >= 0:
            long = struct.unpack_from("<H", data, at + length)[0]
            if data[at + at_name : at + at_name + long] == name.encode():
                struct.pack_into("<L", data, at + at_size, size)
            at = data.find(sign, at + 4)
    return bytes(data)


def entities():
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY e0 "lol">{levels}]>'


def many_cells():
    row = "<row>" + "<c><v>1</v></c>" * 1_000 + "</row>"
    return sheet_of("<row><c><v>0</v></c></row>" + row * 4)


def under_password(data):
    data = bytearray(data)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(sign)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(sign, place + 4)
    return bytes(data)


def ole_under_password():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)


def bomb_within():
    """A sheet of 400 MB that says it has 1,000 bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    cell = b"<row><c><v>1</v></c></row>" * 40_000
    packed = b"".join([packer.compress(cell) for _ in range(400)]) + packer.flush()
    inner = make.xlsx_bytes([make.sheet_xml(TABLE)])
    name = "xl/worksheets/sheet1.xml"
    old, new = zipfile.ZipFile(io.BytesIO(inner)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as archive:
        for one in old.namelist():
            archive.writestr(one, packed if one == name else old.read(one))
    data = bytearray(new.getvalue())
    for sign, method, length, at_name in ((b"PK\x03\x04", 8, 26, 30), (b"PK\x01\x02", 10, 28, 46)):
        at = data.find(sign)
        while at >= 0:
            long = struct.unpack_from("<H", data, at + length)[0]
            if data[at + at_name : at + at_name + long] == name.encode():
                struct.pack_into("<H", data, at + method, zipfile.ZIP_DEFLATED)
            at = data.find(sign, at + 4)
    return lying(bytes(data), name, 10_000)


@functools.lru_cache
def archives():
    plain = make.xlsx_bytes([make.sheet_xml(TABLE)])
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inner.zip", make.xlsx_bytes([make.sheet_xml(TABLE)]).replace(b"xl/workbook", b"xx/workbook"))
    return {
        "zip bomb": (make.xlsx_bytes([make.sheet_xml(TABLE)], [("x", b"0" * 10**8)]), "packing ratio above 100"),
        "many parts": (make.xlsx_bytes([make.sheet_xml(TABLE)], [(f"x/{n}", b"") for n in range(5_000)]), "5005 parts"),
        "part outside": (make.xlsx_bytes([make.sheet_xml(TABLE)], [("../../x", b"")]), "outside its own folder"),
        "last corner": (sheet_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "1,048,576 rows"),
        "entities": (sheet_of('<row><c t="inlineStr"><is><t>&e9;</t></is></c></row>', entities()), "entity"),
        "file as entity": (
            sheet_of('<row><c t="inlineStr"><is><t>&e;</t></is></c></row>',
                     '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'),
            "entity",
        ),
        "cut off": (plain[: len(plain) // 2], "damaged or cut off"),
        "password": (under_password(plain), "password"),
        "password, whole": (ole_under_password(), "password"),
        "zip in zip": (zipped.getvalue(), "archive"),
        "zip in gzip": (gzip.compress(plain), "archive within a gzip"),
        "gzip bomb": (gzip.compress(b"0" * 10**8), "larger than"),
        "lying sizes": (bomb_within(), "damaged"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for name, (data, _) in archives().items():
        (folder / name).write_bytes(data)
    return folder


def spent():
    """Seconds of the processor, those of ended child processes too: a busy machine slows the clock, not the reader."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@pytest.mark.parametrize("name", archives())
def test_a_hostile_archive_is_refused_in_a_second(hostile, name):
    _, expected = archives()[name]
    start = spent()
    with pytest.raises(FileError, match=expected) as caught:
        open_all(hostile / name, words=WORDS)
    assert spent() - start < SECONDS
    assert caught.value.fix


MEASURED = """
import resource, sys
from pathlib import Path
from fanecon.loaders.archives import open_all
from fanecon.schema import FileError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        open_all(path, words=set())
        sys.exit(f"{path.name} was opened")
    except FileError:
        pass
kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
own, child = (resource.getrusage(kind).ru_maxrss for kind in kinds)
print((own - before) // 1024, child // 1024)
"""


def test_hostile_archives_are_refused_in_little_memory(hostile):
    done = subprocess.run([sys.executable, "-c", MEASURED, hostile], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own, child = map(int, done.stdout.split())
    assert own + child < MEGABYTES


def test_a_process_that_hangs_is_ended_after_its_time(monkeypatch):
    monkeypatch.setattr(confined, "MOST_SECONDS", 0.2)
    ended = confined.parsed(
        "workbook", b"PK\x03\x04", lambda out: time.sleep(0.5) or out.read(), memory=10**9, most_cells=1
    )
    assert not ended.in_time


def test_a_workbook_of_more_cells_than_may_be_is_refused(monkeypatch):
    monkeypatch.setattr("fanecon.loaders.workbooks.MOST_CELLS", 3_000)
    assert MOST_CELLS == 5_000_000
    with pytest.raises(FileError, match="5 rows and 1,000 columns"):
        xlsx_sheets("a", many_cells())


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_harmless_workbook_that_states_a_wrong_size_does_no_harm(name):
    data = lying(make.xlsx_bytes([make.sheet_xml(TABLE)]), name, 3)
    try:
        sheets, _ = xlsx_sheets("a", data)
    except FileError:
        return
    assert list(sheets[0].rows[0]) == make.HEADER_16


# Paths that are no ordinary files


def refused(path, expected):
    start = spent()
    with pytest.raises(FileError, match=expected):
        open_file(path, words=WORDS)
    assert spent() - start < SECONDS


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "not an ordinary file")


def test_a_device_is_refused():
    refused("/dev/zero", "not an ordinary file")


def test_a_link_is_what_it_leads_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    make.text(tmp_path / "a.csv", TABLE)
    for name, target in (("good", "a.csv"), ("pipe2", "pipe"), ("nothing", "b.csv"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    assert len(open_file(tmp_path / "good", words=WORDS).sheets[0].rows) == 2
    refused(tmp_path / "pipe2", "not an ordinary file")
    refused(tmp_path / "nothing", "no such file")
    refused(tmp_path / "loop", "no such file|cannot be opened")


def test_a_folder_does_not_lead_out_of_itself(tmp_path):
    (tmp_path / "export").mkdir()
    make.text(tmp_path / "secret.csv", TABLE)
    make.text(tmp_path / "export" / "a.csv", TABLE)
    (tmp_path / "export" / "b.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(FileError, match="link out of the folder"):
        open_all(tmp_path / "export", words=WORDS)


def test_a_file_that_is_written_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = make.text(tmp_path / "a.csv", TABLE)
    real = os.fstat

    def growing(handle):
        found = real(handle)
        with path.open("ab") as more:
            more.write(b"x")
        return found

    monkeypatch.setattr("fanecon.loaders.files.os.fstat", growing)
    refused(path, "changed while it was read")


def test_a_file_is_read_once(tmp_path, monkeypatch):
    path = make.text(tmp_path / "a.csv", TABLE)
    opened = []
    real = os.open
    monkeypatch.setattr("fanecon.loaders.files.os.open", lambda *one: opened.append(one) or real(*one))
    open_file(path, words=WORDS)
    assert len(opened) == 1


# Text that is no table


def test_a_cell_of_a_hundred_megabytes_is_refused_with_its_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * 10**8 + b",1\n")
    with pytest.raises(FileError, match=r"field larger than field limit.*row 3"):
        open_file(path, words=WORDS)
    path.write_bytes(b"a,b\n" + b"1,2\n" * 30_000 + b'"' + b"x" * 10**6 + b'",1\n')
    with pytest.raises(FileError, match=r"field larger than field limit.*row 30002"):
        open_file(path, words=WORDS)


@pytest.mark.parametrize("rows", [3, 30_000])
def test_a_nul_is_refused_with_its_line(tmp_path, rows):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * (rows + 2000) + b"1,\x002\n")
    refused(path, f"NUL character in line {rows + 2002}")


@pytest.mark.parametrize("rows", [3, 30_000])
def test_a_quotation_mark_that_is_not_closed_is_refused_with_its_row(tmp_path, rows):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * rows + b'"1,2\n1,2\n')
    refused(path, f"unexpected end of data.*row {rows + 2}")


@pytest.mark.parametrize("rows", [1, 10_000])
def test_line_ends_may_be_mixed(tmp_path, rows):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\r\n" + b"1,2\r3,4\n5,6\r\n" * rows)
    found = list(open_file(path, words=WORDS).sheets[0].rows)
    assert found[:4] == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]
    assert len(found) == 3 * rows + 1


def test_a_gzip_file_is_opened_whatever_is_in_it(tmp_path):
    path = tmp_path / "a.csv.gz"
    text = make.text(tmp_path / "a.csv", TABLE).read_bytes()
    path.write_bytes(gzip.compress(text[:50]) + gzip.compress(text[50:]))
    assert [list(row) for row in open_file(path, words=WORDS).sheets[0].rows] == [
        [str(c) for c in row] for row in TABLE
    ]
    path.write_bytes(gzip.compress(text)[:-12])
    refused(path, "gzip file is damaged or cut off")
    path.write_bytes(gzip.compress(b" \n"))
    refused(path, "nothing but blanks")


@pytest.mark.parametrize(("unlucky", "starts", "reads"), [(0, 1, True), (2, 3, True), (9, 3, False)])
def test_a_process_that_ends_by_chance_is_started_again(monkeypatch, unlucky, starts, reads):
    # Seen about once in five hundred Parquet files, whole ones too.
    chance = confined.Ended(said="terminate called without an active exception", code=-6, in_time=True)
    seen = []

    def once(kind, data, receive, *, memory, most_cells):
        seen.append(kind)
        return chance if len(seen) <= unlucky else "the table"

    monkeypatch.setattr(confined, "_parsed_once", once)
    found = confined.parsed("parquet", b"", bytes, memory=1, most_cells=1)
    assert (found == "the table", len(seen)) == (reads, starts)


def test_a_process_that_a_file_ends_is_not_started_again(monkeypatch):
    ended = confined.Ended(said="memory allocation of 17179869184 bytes failed", code=-6, in_time=True)
    seen = []
    monkeypatch.setattr(confined, "_parsed_once", lambda *given, **more: seen.append(given) or ended)
    assert confined.parsed("workbook", b"", bytes, memory=1, most_cells=1) == ended
    assert len(seen) == 1
