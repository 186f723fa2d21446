"""Bundles: a zip and the folder it was unpacked to hold the same files, and no archive gets past the bounds."""

import gzip
import io
import random
import re
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from fanecon.loaders.archives import has_rows, open_all
from fanecon.loaders.door import read
from fanecon.schema import FileError, ParameterError

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


# --- limits that the user may raise ---


def typed(error: FileError) -> int:
    """The limit that a refusal says to type, which it names for both doors alike."""
    found = re.search(r"fe\.read\(path, limit_mb=([0-9]+)\) or fanecon check --limit-mb ([0-9]+)", error.fix)
    assert found, error.fix
    assert found[1] == found[2]
    return int(found[1])


def test_a_file_above_the_limit_is_refused_with_what_to_type_and_read_then(tmp_path):
    path = tmp_path / "cascades.csv"
    path.write_text("dt,followers\n" + "".join(f"{at},12\n" for at in range(200_000)))
    with pytest.raises(FileError, match="larger than 1 MB") as caught:
        read(path, limit_mb=1)
    assert len(read(path, limit_mb=typed(caught.value)).main) == 200_000
    packed = tmp_path / "cascades.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    with pytest.raises(FileError, match=r"limit_mb=2"):
        read(packed, limit_mb=1)
    assert len(read(packed, limit_mb=2).main) == 200_000


def test_an_archive_of_many_members_or_megabytes_says_what_to_type(tmp_path):
    log = "email,subscribed_to_emails,created_at\n{}@example.org,true,2026-09-01T10:00:00.000Z\n"
    many = zipped(tmp_path, {f"{at}.csv": log.format(at).encode() for at in range(1_001)})
    with pytest.raises(FileError, match="1,001 members") as caught:
        read(many)
    assert typed(caught.value) == 300
    assert len(open_all(many, words=set(), most=300 * 10**6)) == 1_001
    random_ = random.Random(1).randbytes(1_500_000).hex().encode()
    large = zipped(tmp_path, {"a.txt": random_}, how=zipfile.ZIP_STORED)
    with pytest.raises(FileError, match="larger than 1 MB"):
        open_all(large, words=set(), most=10**6)
    large = zipped(tmp_path, {"a.txt": random_})
    with pytest.raises(FileError, match="3 MB unpacked") as caught:
        open_all(large, words=set(), most=2 * 10**6)
    assert typed(caught.value) == 100


@pytest.mark.parametrize(
    ("members", "words"),
    [({"big.csv": b"0" * 3_000_000}, "packing ratio"), ({"../out.csv": CSV}, "outside its own folder")],
)
def test_a_higher_limit_opens_nothing_that_is_not_safe(tmp_path, members, words):
    with pytest.raises(FileError, match=words) as caught:
        read(zipped(tmp_path, members), limit_mb=100_000)
    assert "limit_mb" not in caught.value.fix
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"0" * 3_000_000))
    with pytest.raises(FileError, match="larger than"):
        read(tmp_path / "bomb.csv.gz", limit_mb=100_000)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "200"])
def test_a_limit_that_is_no_number_of_megabytes_is_refused(tmp_path, limit):
    with pytest.raises(ParameterError, match="limit_mb"):
        read(tmp_path, limit_mb=limit)
