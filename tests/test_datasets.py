"""Public data sets: the commit is the checksum, a half-made fetch leaves nothing, and offline it says what to type."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fanecon import datasets
from fanecon.schema import FaneconError, ParameterError


def git(at: Path, *arguments: str) -> str:
    named = ["-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *named, *arguments], cwd=at, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository with two commits; the file says which."""
    place = tmp_path / "public"
    (place / "sub").mkdir(parents=True)
    git(place, "init", "--quiet")
    git(place, "config", "uploadpack.allowAnySHA1InWant", "true")
    commits = []
    for text in ("first", "second"):
        (place / "sub" / "data.csv").write_text(text, encoding="utf-8")
        git(place, "add", "-A")
        git(place, "commit", "--quiet", "-m", text)
        commits.append(git(place, "rev-parse", "HEAD"))
    return place, commits


def test_the_files_of_the_pinned_commit_come_and_not_the_newest(
    repository: tuple[Path, list[str]], tmp_path: Path
) -> None:
    place, (first, _) = repository
    got = datasets.fetch_commit(place.as_uri(), first, tmp_path / "cache" / "x")
    assert (got / "sub" / "data.csv").read_text(encoding="utf-8") == "first"
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["x"]


def test_what_is_there_is_not_fetched_again(repository: tuple[Path, list[str]], tmp_path: Path) -> None:
    place, (first, _) = repository
    datasets.fetch_commit(place.as_uri(), first, tmp_path / "x")
    assert datasets.fetch_commit("file:///nowhere", first, tmp_path / "x") == tmp_path / "x"


def test_another_commit_or_a_changed_file_is_not_believed(repository: tuple[Path, list[str]], tmp_path: Path) -> None:
    place, (first, second) = repository
    got = datasets.fetch_commit(place.as_uri(), first, tmp_path / "x")
    with pytest.raises(FaneconError, match="needed is"):
        datasets.fetch_commit(place.as_uri(), second, tmp_path / "x")
    (got / "sub" / "data.csv").write_text("changed", encoding="utf-8")
    with pytest.raises(FaneconError, match="was changed"):
        datasets.fetch_commit(place.as_uri(), first, tmp_path / "x")


def test_a_failed_fetch_leaves_nothing_and_says_what_to_type(tmp_path: Path) -> None:
    commit = "0" * 40
    with pytest.raises(FaneconError) as refused:
        datasets.fetch_commit("file:///nowhere/at/all", commit, tmp_path / "cache" / "x")
    assert f"fetch --depth 1 file:///nowhere/at/all {commit}" in str(refused.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_misspelt_data_set_is_named() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'ced'"):
        datasets.fetch("cedd")


def test_every_entry_names_a_repository_and_a_whole_commit() -> None:
    table = datasets.catalog()
    assert table["repository"].str.fullmatch(r"[\w.-]+/[\w.-]+").all()
    assert table["commit"].str.fullmatch(r"[0-9a-f]{40}").all()
    assert (table["licence"].str.len() > 0).all()
    assert table["name"].is_unique


def test_the_local_copy_must_exist_when_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(datasets.VARIABLE, raising=False)
    assert datasets.local() is None
    monkeypatch.setenv(datasets.VARIABLE, str(tmp_path))
    assert datasets.local() == tmp_path
    monkeypatch.setenv(datasets.VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(FaneconError, match="no such folder"):
        datasets.local()
