"""Turns: how many runs of a batch are at work at once, and when the next may begin.

Each run is three processes of its own, and the kernel with the whole library in it holds about 220 MB before it has
read a line of data.  So a run begins only where a core is left for it and memory besides: what is free now, less what
the runs at work may still take of what was reckoned for them.  A run that says how much memory it may take is reckoned
with that, another with 0.3 GB.

With an amount for all together the bound is hard, for every run then has a limit of its own, which ends it: the limits
of those at work never add up to more than the amount.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from fanecon.report.limits import LEAST_MEMORY

TYPICAL = LEAST_MEMORY
_CGROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Place:
    """What one run at work was reckoned with, and what it holds now, in bytes."""

    reckoned: int
    held: int = 0


@dataclass(frozen=True, kw_only=True)
class Turns:
    """The bounds of a batch.

    Parameters
    ----------
    jobs
        How many runs may be at work at once.
    memory
        Bytes that all may take together, if the caller set an amount.
    """

    jobs: int
    memory: int | None = None

    def limit(self, own: int | None) -> int | None:
        """The memory limit of a run that asks for `own`: never None where there is an amount for all together."""
        if own is not None or self.memory is None:
            return own
        return min(self.memory, max(LEAST_MEMORY, self.memory // self.jobs))

    def may_begin(self, limit: int | None, at_work: Sequence[Place], free: int) -> bool:
        """Whether a run with that memory limit may begin beside those at work.

        Parameters
        ----------
        free
            Bytes of memory that are free now.
        """
        reckoned = limit or TYPICAL
        if len(at_work) >= self.jobs:
            return False
        if self.memory is not None and sum(one.reckoned for one in at_work) + reckoned > self.memory:
            return False
        promised = sum(max(one.reckoned - one.held, 0) for one in at_work)
        return free - promised >= reckoned


def turns(jobs: int | None = None, memory: int | None = None) -> Turns:
    """The bounds for this machine: a run for each core, but not more than fit into the free memory at 0.3 GB each.

    Parameters
    ----------
    jobs, memory
        As the caller set them.
    """
    room = free_memory() if memory is None else min(memory, free_memory())
    return Turns(jobs=jobs or max(1, min(cores(), room // TYPICAL)), memory=memory)


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int:
    """Bytes of memory that are free for new processes: of the machine, or of the control group where that has less."""
    return min([psutil.virtual_memory().available, *_free_in_groups()])


def _free_in_groups() -> list[int]:
    """What is free in the control groups (version 2) that this process is in: a service, a container."""
    try:
        own = next(line for line in _OWN.read_text().splitlines() if line.startswith("0::"))[3:]
    except (OSError, StopIteration, UnicodeDecodeError):
        return []
    here = _CGROUPS / own.lstrip("/")
    return [free for group in (here, *here.parents) if (free := _free_in(group)) is not None]


def _free_in(group: Path) -> int | None:
    """Bytes free in one group; the files that its processes have read count as free, for they give way."""
    try:
        most, used = (group / "memory.max").read_text().strip(), int((group / "memory.current").read_text())
        pages = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return None if most == "max" else max(0, int(most) - used + int(pages.get("inactive_file", 0)))
