"""Refusals of several files as one: every file is named, with its own reasons, and nothing is told twice."""

import io
import json
import zipfile

import pytest

from fanecon.loaders.door import read
from fanecon.loaders.inspection import inspect, told
from fanecon.loaders.refusals import each, together
from fanecon.schema import FileError, Place

HEAD = "item_id,created_at,actor,reads\n"
MEMBERS = "email,subscribed_to_emails,created_at\n"
GOOD = MEMBERS + "a@example.org,true,2026-09-01T10:00:00.000Z\n"
BAD_DAY = MEMBERS + "b@example.org,true,soon\n"
NO_DAY = MEMBERS + "c@example.org,true,-\nd@example.org,true,2026-09-31T10:00:00.000Z\n"


def zipped(folder, members):
    path = folder / "exports.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def refusal(path, **asked):
    with pytest.raises(FileError) as caught:
        read(path, **asked)
    return caught.value


def test_one_refusal_stays_as_it_is_and_several_of_one_file_become_one():
    one = FileError("a.csv", "1 cell", "Correct it.", at=[Place(row=3, reason="no day")])
    assert together([one]) is one
    other = FileError("a.csv", "no day twice", "Keep one.", at=[Place(row=2), Place(row=3, reason="no day")])
    both = together([one, other])
    assert (both.file, both.problem, both.fix) == ("a.csv", "1 cell; no day twice", "Correct it. Keep one.")
    assert [(place.row, place.reason) for place in both.places] == [(2, "no day twice"), (3, "no day")]


def test_each_reads_on_and_tells_all_that_was_refused():
    def half(number):
        if number % 2:
            raise FileError(f"{number}.csv", "it is odd", "Take an even one.")
        return number // 2

    assert each([2, 4], half) == [1, 2]
    with pytest.raises(FileError) as caught:
        each([1, 2, 3], half)
    assert str(caught.value).splitlines() == [
        "1.csv and 1 more file: 2 files cannot be used. Take an even one.",
        "  1.csv: it is odd. Take an even one.",
        "  3.csv: it is odd. Take an even one.",
    ]


def test_all_broken_files_of_a_zip_are_named_with_archive_and_member(tmp_path):
    path = zipped(tmp_path, {"a/good.csv": GOOD, "a/b.csv": BAD_DAY, "c.csv": NO_DAY})
    found = refusal(path)
    assert [(place.file, place.row, place.reason) for place in found.places] == [
        ("exports.zip: a/b.csv", 2, "not a time"),
        ("exports.zip: c.csv", 2, "no value where one is needed"),
        ("exports.zip: c.csv", 3, "no such time"),
    ]
    lines = str(found).splitlines()
    assert lines[0].startswith("exports.zip: a/b.csv and 1 more file: 2 files cannot be used.")
    assert lines[2] == "  exports.zip: c.csv, row 2, column 'created_at', value '-': no value where one is needed"
    assert set(found.problems["file"]) == {"exports.zip: a/b.csv", "exports.zip: c.csv"}


def test_broken_rows_of_several_files_can_be_left_out_at_once(tmp_path):
    members = {"a/good.csv": GOOD, "a/b.csv": BAD_DAY + "e@example.org,true,2026-09-02T10:00:00Z\n"}
    members["c.csv"] = NO_DAY + "f@example.org,true,2026-09-03T10:00:00Z\n"
    path = zipped(tmp_path, members)
    reading = read(path, problems="collect")
    assert len(reading.main) == 3
    assert reading.problems[["file", "row"]].values.tolist() == [
        ["exports.zip: a/b.csv", 2],
        ["exports.zip: c.csv", 2],
        ["exports.zip: c.csv", 3],
    ]
    document = inspect(path)
    assert [one["reason"] for one in document["problems"]] == reading.problems["reason"].tolist()
    assert all(one["fix"] for one in document["problems"])
    assert "row 3, column 'created_at', value '2026-09-31T10:00:00.000Z': no such time." in told(document)


def test_members_that_cannot_be_opened_are_told_together_before_any_is_read(tmp_path):
    many = "".join(f"{mail}@example.org,true,名{mail}\n" for mail in range(3))
    unknown = (MEMBERS + many).encode("gb18030")
    path = zipped(tmp_path, {"a.csv": unknown, "b.csv": GOOD, "c.csv": unknown, "d.rar": b"Rar!x"})
    found = refusal(path)
    assert [place.file for place in found.places] == [f"exports.zip: {name}" for name in ("a.csv", "c.csv", "d.rar")]
    assert "RAR archive within a bundle" in str(found)
    assert "Unpack it beside the others" in str(found)


def test_all_texts_of_a_folder_that_are_no_json_are_told(tmp_path):
    for name, text in {"a.json": '{"list": [', "b.json": "{}", "c.json": '[{"a": 1'}.items():
        (tmp_path / name).write_text(text)
    found = refusal(tmp_path)
    assert [place.file for place in found.places] == ["a.json", "c.json"]


def test_no_more_than_fifty_lines_are_printed_and_all_are_kept(tmp_path):
    path = zipped(tmp_path, {f"{at:03}.csv": BAD_DAY for at in range(70)})
    found = refusal(path)
    assert len(str(found).splitlines()) == 52
    assert str(found).endswith("… and 20 more")
    assert len(found.problems) == 70


def test_answers_of_the_interface_are_all_complained_of(tmp_path):
    record = {"ref_date": "2026-09-01", "user_source": 0, "new_user": 1, "cancel_user": 2}
    for name, new in {"a": "x", "b": 3, "c": "y"}.items():
        day = f"2026-09-0{ord(name) - 96}"
        (tmp_path / f"{name}.json").write_text(json.dumps({"list": [{**record, "ref_date": day, "new_user": new}]}))
    found = refusal(tmp_path)
    assert [(place.file, place.value) for place in found.places] == [("a.json", "x"), ("c.json", "y")]


def test_an_error_of_the_archive_itself_names_the_archive_alone(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../a.csv", GOOD)
    (tmp_path / "bad.zip").write_bytes(buffer.getvalue())
    assert str(refusal(tmp_path / "bad.zip")).startswith("bad.zip: The archive is not opened")
