"""Public data sets: brought from their own repository at a pinned commit, never copied into this one.

A data set without a licence cannot be passed on, but it can be named.  `data/public.toml` names the repository and the
commit; git checks every byte against the commit id while it fetches, so the id is the checksum, and no checksum that
nobody has seen needs to be written down.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import platformdirs

from fanecon.places import data
from fanecon.schema import FaneconError, ParameterError, closest

HOST = "https://github.com"
VARIABLE = "FANECON_DATA"


def catalog() -> pd.DataFrame:
    """The public data sets, one row each: repository, commit, path, what it is, licence, whom to cite."""
    rows = [{"name": name, **entry} for name, entry in _entries().items()]
    return pd.DataFrame(rows).astype("string")


def fetch(name: str) -> Path:
    """The folder or file of a public data set, fetched with git into the user's cache the first time.

    Parameters
    ----------
    name
        As listed by :func:`catalog`, for example ``"ced"``.

    Raises
    ------
    ParameterError
        If no data set has this name.
    FaneconError
        If git or the network is missing: with the commands that bring the data by hand.
    """
    entries = _entries()
    if name not in entries:
        raise ParameterError(f"There is no data set '{name}'. {closest(name, entries)}There are: {', '.join(entries)}.")
    entry = entries[name]
    return fetch_commit(f"{HOST}/{entry['repository']}", entry["commit"], cache() / name) / entry["path"]


def local() -> Path | None:
    """The folder that FANECON_DATA points at, or None where it is not set.

    Raises
    ------
    FaneconError
        If it is set but no such folder exists.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    place = Path(named)
    if not place.is_dir():
        raise FaneconError(f"{VARIABLE} is {named!r}, but there is no such folder. Correct it or unset it.")
    return place


def cache() -> Path:
    """The folder in which fetched data sets are kept."""
    return Path(platformdirs.user_cache_dir("fanecon")) / "datasets"


def fetch_commit(url: str, commit: str, target: Path) -> Path:
    """A repository's files at one commit in `target`: fetched beside it first, and moved when complete.

    Raises
    ------
    FaneconError
        If it cannot be fetched, or if `target` holds another commit.
    """
    if target.is_dir():
        _same_commit(target, commit)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as bench:
        made = Path(bench) / "repository"
        try:
            _git("init", "--quiet", str(made), at=target.parent)
            _git("fetch", "--quiet", "--depth", "1", url, commit, at=made)
            _git("checkout", "--quiet", "--detach", commit, at=made)
        except (OSError, subprocess.CalledProcessError) as error:
            raise FaneconError(_by_hand(url, commit, target, error)) from error
        try:
            made.rename(target)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
    _same_commit(target, commit)
    return target


def _same_commit(target: Path, commit: str) -> None:
    try:
        found = _git("rev-parse", "HEAD", at=target)
    except (OSError, subprocess.CalledProcessError) as error:
        raise FaneconError(f"{target} is not a fetched data set. Delete it and fetch again.") from error
    if found != commit:
        raise FaneconError(f"{target} holds commit {found}, needed is {commit}. Delete it and fetch again.")
    changed = _git("status", "--porcelain", at=target)
    if changed:
        first = changed.splitlines()[0].strip()
        raise FaneconError(f"{target} was changed after it was fetched ({first}). Delete it and fetch again.")


def _git(*arguments: str, at: Path) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], cwd=at, env=environment, capture_output=True, text=True, check=True, timeout=3600
    )
    return done.stdout.strip()


def _by_hand(url: str, commit: str, target: Path, error: Exception) -> str:
    said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
    reason = said[-1] if said else type(error).__name__
    return (
        f"The data set could not be fetched ({reason}). On a machine with git and a network, type:\n"
        f"  git init {target}\n"
        f"  git -C {target} fetch --depth 1 {url} {commit}\n"
        f"  git -C {target} checkout --detach {commit}"
    )


def _entries() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((data() / "public.toml").read_text(encoding="utf-8"))
