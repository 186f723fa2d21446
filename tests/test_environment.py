"""One list of dependencies, written three times: pyproject.toml, environment.yml and requirements.lock agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

Bounds = dict[str, str]
CONDA = {"python-duckdb": "duckdb"}


def required() -> list[Requirement]:
    dev = PROJECT["optional-dependencies"]["dev"]
    return [Requirement(line) for line in (*PROJECT["dependencies"], *dev)]


def project_bounds() -> Bounds:
    return {canonicalize_name(one.name): str(one.specifier) for one in required()}


def conda(text: str) -> Bounds:
    """Package → version range of an environment.yml; conda-forge's names are lazy_loader and python-duckdb."""
    listed = re.findall(r"^  - ([\w.-]+)[ \t]*([<>=!~][^\s#]*)?[ \t]*(?:#.*)?$", text.split("dependencies:")[1], re.M)
    return {canonicalize_name(CONDA.get(name, name)): str(SpecifierSet(bounds)) for name, bounds in listed}


ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")


def locked(text: str) -> dict[str, list[Version]]:
    """Package → the versions that a lock file pins (one per Python version where they differ)."""
    found: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", text, re.M):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def entries(text: str) -> list[str]:
    """The logical lines of a lock file: a requirement with its hashes each."""
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def unhashed(text: str) -> list[str]:
    return [line.split()[0] for line in entries(text) if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line)]


def addresses(text: str) -> list[str]:
    """Lines of a lock file that say where to download from."""
    pattern = re.compile(r"https?:|git\+|file:|--(extra-)?index-url|--find-links|--trusted-host|(^| )-[if] | @ ", re.I)
    return [line for line in text.splitlines() if pattern.search(line)]


def below(requirements: list[Requirement], pinned: dict[str, list[Version]]) -> list[str]:
    """Requirements that a lock file lacks or pins outside their bounds."""
    wanted = {canonicalize_name(one.name): one.specifier for one in requirements}
    missing = [name for name in wanted if name not in pinned]
    outside = [name for name in wanted if any(version not in wanted[name] for version in pinned.get(name, []))]
    return missing + outside


def test_environment_and_pyproject_name_the_same_packages_with_the_same_bounds() -> None:
    extra = {"python", "pip"}
    assert {name: bounds for name, bounds in conda(ENVIRONMENT).items() if name not in extra} == project_bounds()


def test_environment_and_pyproject_ask_for_the_same_pythons() -> None:
    assert SpecifierSet(conda(ENVIRONMENT)["python"]) == SpecifierSet(PROJECT["requires-python"])


def test_the_classifiers_name_every_python_in_the_range() -> None:
    named = {line.split()[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert named == {f"3.{minor}" for minor in range(30) if f"3.{minor}" in allowed}


def test_the_environment_installs_nothing_with_pip_but_fanecon() -> None:
    assert ENVIRONMENT.split("pip:")[1].split() == ["-", "-e", "."]


def test_the_environment_uses_one_channel() -> None:
    assert re.findall(r"channels:\n((?:  - .+\n)+)", ENVIRONMENT) == ["  - conda-forge\n"]


def test_the_lock_satisfies_every_bound() -> None:
    assert below(required(), locked(LOCK)) == []


def test_every_locked_package_has_a_hash() -> None:
    assert len(entries(LOCK)) == sum(len(versions) for versions in locked(LOCK).values())
    assert unhashed(LOCK) == []


def test_the_lock_says_nowhere_to_download_from() -> None:
    assert addresses(LOCK) == []


# --- the comparisons can fail ---


def test_a_changed_bound_a_forgotten_and_an_extra_package_are_seen() -> None:
    text = "dependencies:\n  - python >=3.11\n  - Lazy_Loader >=0.4\n  - click\n  - pip:\n      - -e .\n"
    assert conda(text) == {"python": ">=3.11", "lazy-loader": ">=0.4", "click": ""}
    assert conda(text.replace("0.4", "0.5"))["lazy-loader"] == ">=0.5"
    assert "click" not in conda(text.replace("  - click\n", ""))


def test_a_pin_below_its_bound_and_a_missing_pin_are_found() -> None:
    wanted = [Requirement("click>=8.1"), Requirement("nh3>=0.3"), Requirement("numpy>=2.2")]
    pinned = locked("click==8.0\nnumpy==2.4 ; python_version < '3.12'\nnumpy==2.1 ; python_version >= '3.12'\n")
    assert below(wanted, pinned) == ["nh3", "click", "numpy"]


def test_a_pin_without_a_hash_is_found() -> None:
    assert unhashed(f"a==1 \\\n    --hash=sha256:{'0' * 64}\nb==2\n") == ["b==2"]


@pytest.mark.parametrize(
    "line",
    ["--index-url somewhere", "-i somewhere", "--find-links wheels", "a @ file:///a.whl", "# from https://somewhere"],
)
def test_a_line_that_says_where_to_download_from_is_found(line: str) -> None:
    assert addresses(f"a==1\n{line}\n") == [line]
