"""Limits of a run: how long, how much memory, how much output, how large a page; and how to write them.

A run without limits is one that a schedule will one day wait for in vain.  So there are limits from the start, wide
enough for every notebook of the shelf: an hour, four fifths of the machine's memory, 10 MB of output from one cell,
a page of 50 MB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psutil

from fanecon.errors import ParameterError

MB = 1_000_000
WARN_PAGE = 5 * MB
MOST_PAGE = 50 * MB
MOST_OUTPUT = 10 * MB
HOUR = 3600.0
LEAST_MEMORY = 300 * MB
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BYTES = {"kb": 1000, "mb": MB, "gb": 1000 * MB, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one run may take.

    Parameters
    ----------
    timeout, step_timeout
        Seconds for the whole run, and for one step (None: as long as the run).
    memory
        Bytes that the run's processes may hold together (None: four fifths of the machine's).
    wait
        Seconds to wait for another run of the same page.
    large
        Whether a page of more than 50 MB is wanted.
    """

    timeout: float = HOUR
    step_timeout: float | None = None
    memory: int | None = None
    wait: float = 0.0
    large: bool = False

    @property
    def bytes(self) -> int:
        """The memory limit in bytes."""
        return self.memory or int(_machine() * 0.8)


USUAL = Limits()


def _machine() -> int:
    """Bytes of memory of the machine, or of the container if that has less."""
    whole = psutil.virtual_memory().total
    try:
        return min(whole, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # no such file, or no limit ("max")
        return whole


def seconds(text: str) -> float:
    """A duration such as `90`, `45s`, `15min`, `2h` or `1h30m` in seconds.

    Raises
    ------
    ParameterError
        If it is none, or not longer than nothing.
    """
    return _measured(text, _SECONDS, "a duration", "90s, 15min or 2h")


def size(text: str) -> int:
    """An amount such as `800MB` or `2GB` in bytes.

    Raises
    ------
    ParameterError
        If it is none, or less than a kernel needs to start.
    """
    found = int(_measured(text, _BYTES, "an amount of memory", "800MB or 2GB"))
    if found < LEAST_MEMORY:
        raise ParameterError(f"A kernel needs at least {LEAST_MEMORY // MB}MB; found {text!r}. Type 2GB, for example.")
    return found


def _measured(text: str, units: dict[str, int], what: str, such: str) -> float:
    word = text.strip().lower()
    if word.isascii() and word.replace(".", "", 1).isdigit() and "s" in units:
        word += "s"
    parts = _PART.findall(word)
    whole = bool(parts) and _PART.sub("", word).strip() == "" and all(unit in units for _, unit in parts)
    total = sum(float(number) * units[unit] for number, unit in parts) if whole else 0.0
    if not 0 < total < 1e15:
        raise ParameterError(f"{text[:40]!r} is not {what}. Type {such}, for example.")
    return total
