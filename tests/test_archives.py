"""Bundles: a zip and the folder it was unpacked to hold the same files, and no archive gets past the bounds."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from fanecon.loaders.archives import has_rows, open_all
from fanecon.schema import FileError

CSV = b"id,reads\n1,2\n"


def zipped(folder: Path, members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zip_and_its_folder_hold_the_same_members(tmp_path):
    members = {"b/two.csv": CSV, "a.json": b'{"a": 1}', "page.html": b"<p>no table</p>", "empty.csv": b""}
    folder = tmp_path / "folder"
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    packed = open_all(zipped(tmp_path, members), words=set())
    assert [(one.file, one.kind, one.sheets, one.text) for one in packed] == [
        (one.file, one.kind, one.sheets, one.text) for one in open_all(folder, words=set())
    ]
    assert [one.file for one in packed] == ["a.json", "b/two.csv", "empty.csv", "page.html"]
    assert [has_rows(one) for one in packed] == [False, True, False, False]


def test_pages_pictures_and_empty_members_come_without_a_table(tmp_path):
    members = {"p.html": b"<html><p>hi</p>", "p.png": b"\x89PNG\r\n", "e.csv": b"", "n.csv": b"\x00\x00", "t.csv": CSV}
    found = {one.file: one for one in open_all(zipped(tmp_path, members), words=set())}
    assert not any(found[name].sheets for name in ("p.html", "p.png", "e.csv", "n.csv"))
    assert found["p.html"].text == "<html><p>hi</p>"
    assert found["t.csv"].sheets[0].rows


def test_files_of_the_operating_system_are_no_members(tmp_path):
    members = {"__MACOSX/._t.csv": b"\x00\x05", "._t.csv": b"\x00", ".DS_Store": b"x", "t.csv": CSV}
    assert [one.file for one in open_all(zipped(tmp_path, members), words=set())] == ["t.csv"]


def test_a_workbook_is_a_file_and_no_bundle(tmp_path):
    path = zipped(tmp_path, {"xl/workbook.xml": b"<workbook/>", "[Content_Types].xml": b"<Types/>"})
    with pytest.raises(FileError, match="workbook"):
        open_all(path, words=set())


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({f"{n}.csv": CSV for n in range(1_001)}, "1,001 members"),
        ({"big.csv": b"0" * 3_000_000}, "packing ratio"),
        ({"../out.csv": CSV}, "outside its own folder"),
        ({"/etc/out.csv": CSV}, "outside its own folder"),
        ({"a/../../out.csv": CSV}, "outside its own folder"),
        ({"C:/out.csv": CSV}, "outside its own folder"),
        ({"..\\out.csv": CSV}, "outside its own folder"),
    ],
)
def test_an_archive_that_is_not_safe_is_not_unpacked(tmp_path, members, words):
    with pytest.raises(FileError, match=words):
        open_all(zipped(tmp_path, members), words=set())


@pytest.mark.parametrize("inner", [b"PK\x03\x04zip", b"\x1f\x8bgzip", b"Rar!x", b"7z\xbc\xaf\x27x"])
def test_an_archive_within_an_archive_is_refused(tmp_path, inner):
    with pytest.raises(FileError, match="archive within a bundle"):
        open_all(zipped(tmp_path, {"inner.bin": inner}), words=set())


def test_a_link_and_a_password_and_a_doubled_name_are_refused(tmp_path):
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FileError, match="a member that is a link"):
        open_all(path, words=set())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", CSV)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", CSV)
    with pytest.raises(FileError, match="two members of one name"):
        open_all(path, words=set())
    locked = bytearray(zipped(tmp_path, {"a.csv": CSV}).read_bytes())
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1
    path.write_bytes(bytes(locked))
    with pytest.raises(FileError, match="password"):
        open_all(path, words=set())


def test_an_archive_that_lies_about_a_size_is_refused(tmp_path):
    data = bytearray(zipped(tmp_path, {"a.csv": CSV * 50}).read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 10)
    (tmp_path / "lie.zip").write_bytes(bytes(data))
    with pytest.raises(FileError, match=r"lies about the size|damaged"):
        open_all(tmp_path / "lie.zip", words=set())


def test_a_damaged_archive_is_one_refusal(tmp_path):
    data = zipped(tmp_path, {"a.csv": CSV * 50}, how=zipfile.ZIP_STORED).read_bytes()
    broken = data.replace(b"1,2", b"9,9", 1)
    (tmp_path / "broken.zip").write_bytes(broken)
    with pytest.raises(FileError, match="damaged"):
        open_all(tmp_path / "broken.zip", words=set())
    (tmp_path / "cut.zip").write_bytes(data[:100])
    with pytest.raises(FileError):
        open_all(tmp_path / "cut.zip", words=set())


def test_an_archive_or_folder_without_a_file_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass
    (tmp_path / "nothing.zip").write_bytes(buffer.getvalue())
    with pytest.raises(FileError, match="no file in it"):
        open_all(tmp_path / "nothing.zip", words=set())
    (tmp_path / "bare").mkdir()
    with pytest.raises(FileError, match="no file in it"):
        open_all(tmp_path / "bare", words=set())
