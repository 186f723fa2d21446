"""The place of a page: fifty and more tricks, and not one byte outside the root."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from books import book
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from path_tricks import HARMLESS, TRICKS, Trick, sandbox, world

from fanecon.cli import main
from fanecon.report.asked import outputs
from fanecon.schema import FaneconError, ParameterError, RunError

VALUES = {"by": "topic", "since": date(2026, 1, 31), "names": ["a"], "token": "hunter2-hunter2", "note": None,
          "at": datetime(2026, 1, 31, 9, 30), "level": 0.95, "flag": True, "count": 3}  # fmt: skip
WILD = st.text(st.characters(codec="utf-8") | st.sampled_from("./\\~\0 :ab"), max_size=20)
FEW = [0, 34, 38, 46, 50]


def attempt(trick: Trick, page: bytes = b"a page") -> Path:
    """Judge the place and write there, as a run would."""
    root = Path(trick.root) if trick.root else None
    place = outputs.judge(trick.out, values={**VALUES, "by": trick.by}, root=root, secrets=["token"])
    fresh = Path("root") / "fresh"
    fresh.write_bytes(page)
    outputs.move_in(fresh, place, root)
    return place


def test_there_are_more_than_fifty_different_tricks() -> None:
    assert len({(one.out, one.by, one.root) for one in TRICKS}) == len(TRICKS) > 50


@pytest.mark.parametrize("number", range(len(TRICKS)))
def test_a_trick_is_refused_and_writes_nothing_anywhere(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trick = TRICKS[number]
    root = sandbox(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = world(tmp_path, root), sorted(map(str, root.rglob("*")))
    with pytest.raises((ParameterError, RunError)) as refused:
        attempt(trick)
    assert (refused.value.code if isinstance(refused.value, RunError) else 2) == trick.code
    assert trick.said in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500
    assert before == (world(tmp_path, root), sorted(map(str, root.rglob("*"))))


@pytest.mark.parametrize("number", range(len(HARMLESS)))
def test_a_page_under_its_root_is_written_there(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sandbox(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = world(tmp_path, root)
    place = attempt(HARMLESS[number])
    assert place.read_bytes() == b"a page"
    assert not place.is_symlink()
    assert Path(os.path.realpath(place)).is_relative_to(root)
    assert world(tmp_path, root) == before


@given(by=WILD, between=st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_whatsoever_leads_out_of_the_folder_before_its_field(
    by: str, between: bool, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays_below(by, between, tmp_path_factory.mktemp("world"), monkeypatch)


@pytest.mark.nightly
@given(by=WILD, between=st.booleans())
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_five_thousand_values_stay_below_their_folder(
    by: str, between: bool, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays_below(by, between, tmp_path_factory.mktemp("world"), monkeypatch)


def stays_below(by: str, between: bool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "root").mkdir()
    monkeypatch.chdir(folder)
    try:
        place = outputs.judge("root/{by}/x.html" if between else "root/{by}.html", values={"by": by})
    except ParameterError:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    assert [one.name for one in folder.iterdir()] == ["root"]
    assert len(list((folder / "root").iterdir())) == 1
    assert len(place.parts) == 2 + between


@pytest.mark.parametrize(
    ("out", "place"),
    [
        ("root/{by}.html", "root/topic.html"),
        ("root/{since}-{by}.html", "root/2026-01-31-topic.html"),
        ("root/{at}.html", "root/2026-01-31T093000.html"),
        ("root/{level}_{flag}_{count}.html", "root/0.95_true_3.html"),
        ("root/{{by}}.html", "root/{by}.html"),
        ("{by}.html", "topic.html"),
        ("./{by}.html", "topic.html"),
        ("root/../{by}.html", "root/../topic.html"),
    ],
)
def test_a_field_is_the_value_of_a_parameter(
    out: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path)
    assert outputs.judge(out, values=VALUES) == Path(place)


@pytest.mark.parametrize("out", ["../x.html", "sub/../../x.html", "{here}/elsewhere/x.html", "linked/x.html"])
def test_without_root_and_fields_a_typed_path_is_the_user_s_own_choice(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    (tmp_path / "elsewhere").mkdir()
    here.mkdir()
    (here / "linked").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(here)
    typed = out.replace("{here}", str(tmp_path))
    assert outputs.judge(typed, values=VALUES) == Path(typed)


def test_folders_that_are_there_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "aux" / "ends with a dot."
    odd.mkdir(parents=True)
    assert outputs.judge(str(odd / "x.html"), values={}) == odd / "x.html"
    with pytest.raises(ParameterError):
        outputs.judge(str(odd / "com7" / "x.html"), values={})


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own answer is put in, since it tells root that everything may be written."""
    (tmp_path / "shut").mkdir(mode=0o500)
    monkeypatch.setattr(os, "access", lambda path, mode: "shut" not in str(path))
    with pytest.raises(RunError, match="not writable"):
        outputs.judge(str(tmp_path / "shut" / "x.html"), values={})


def test_a_folder_that_becomes_a_link_after_the_judgement_is_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = sandbox(tmp_path)
    monkeypatch.chdir(tmp_path)
    place = outputs.judge("root/week/x.html", values={}, root=Path("root"))
    (root / "week").symlink_to(tmp_path / "outside")
    before = world(tmp_path, root)
    (root / "fresh").write_text("a page")
    with pytest.raises(RunError, match=r"root/week|week") as refused:
        outputs.move_in(root / "fresh", place, Path("root"))
    assert refused.value.code == 8
    assert world(tmp_path, root) == before


def test_a_folder_that_is_held_open_cannot_be_led_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sandbox(tmp_path)
    monkeypatch.chdir(tmp_path)
    place = outputs.judge("root/week/x.html", values={}, root=Path("root"))
    before = world(tmp_path, root)
    (root / "fresh").write_text("a page")
    with outputs.opened(place, Path("root")) as folder:
        (root / "week").rename(root / "moved")
        (root / "week").symlink_to(tmp_path / "outside")
        os.replace(root / "fresh", "x.html", dst_dir_fd=folder)
    assert (root / "moved" / "x.html").read_text() == "a page"
    assert world(tmp_path, root) == before


def test_the_fence_of_a_path_with_fields_can_be_asked_for() -> None:
    assert outputs.fence("reports/{by}/x.html") == Path("reports")
    assert outputs.fence("week-{by}.html") == Path()
    assert outputs.fence("reports/{by}/x.html", Path("out")) == Path("out")
    assert outputs.fence("reports/x.html") is None


def as_a_process(trick: Trick, folder: Path) -> None:
    root = sandbox(folder)
    cell = 'by = "topic"\nsince = "2026-01-31"\nnames = ["a"]\ntoken = "env:FANECON_TEST_TOKEN"\n'
    book(folder / "x.ipynb", "open('trap', 'w')", parameters=cell)
    before = world(folder, root), sorted(map(str, root.rglob("*")))
    words = ["run", "x.ipynb", "-p", f"by={trick.by}", "-o", trick.out, *(["--root", trick.root] if trick.root else [])]
    if any("\0" in word for word in words):  # no process can be given one
        return
    done = subprocess.run(
        [sys.executable, "-c", "from fanecon.cli import main; main()", *words],
        capture_output=True, text=True, check=False, cwd=folder, timeout=120,
        env={**os.environ, "FANECON_TEST_TOKEN": "hunter2-hunter2", "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == trick.code, done.stderr
    assert trick.said in done.stderr
    assert "hunter2" not in done.stderr
    assert before == (world(folder, root), sorted(map(str, root.rglob("*"))))


def wired() -> bool:
    return "--root" in [one for parameter in main.commands["run"].params for one in parameter.opts]


@pytest.mark.parametrize("number", FEW)
def test_a_trick_ends_the_command_before_anything_is_written(number: int, tmp_path: Path) -> None:
    if not wired():
        pytest.skip("fanecon run does not take --root")
    as_a_process(TRICKS[number], tmp_path)


@pytest.mark.nightly
def test_every_trick_ends_the_command_before_anything_is_written(tmp_path: Path) -> None:
    if not wired():
        pytest.skip("fanecon run does not take --root")
    for number, trick in enumerate(TRICKS):
        (tmp_path / str(number)).mkdir()
        as_a_process(trick, tmp_path / str(number))


def test_a_refusal_of_a_place_is_one_of_ours() -> None:
    assert issubclass(ParameterError, FaneconError)
