"""The gaps of accounts in one pass over a long log: the engine of this process reads, one loop counts.

To find the time since an account's last act is a window to an engine, and a window sorts the log.  But a log is almost
always written in the order of time, and then the last act of an account is a state to keep.  So where a log is long
and lies in this process, DuckDB reads, checks and filters it as for any tally and hands the events out in batches,
and a compiled loop keeps one record per account: at 1e7 and 1e8 events 0.6 of the CPU time of the window, and at 1e8 a
third of its memory.  The answer is the engine's own to the last digit that floats hold, and wherever this way
does not apply the engine does it all: ids that are no whole numbers, an account whose acts are out of order, more
accounts than a quarter of the memory limit holds.  (The habits of accounts need no window, and gain nothing from it.)
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr import types as ir

from fanecon.tally import kernels
from fanecon.tally.engines import asked, in_order
from fanecon.tally.logs import Log

BATCH = 250_000
FIRST = 2**16
WIDEST = 2**53  # microseconds, 285 years: gaps are whole in a float, and their squares fit 128 bits

Array: TypeAlias = npt.NDArray[Any]


class _NotHere(Exception):  # noqa: N818 - no fault of anybody's
    """This log is for the engine."""


@contextmanager
def gaps(log: Log, *, most_rows: int) -> Iterator[ir.Table | None]:
    """The gaps of accounts as a table of the engine while the body runs; None where this way does not apply.

    Its columns: actor_id, gaps, mean_us, min_us, max_us, spread (n times the sum of squares less the square of the
    sum).  Once more than `most_rows` accounts have a gap it reads no further: so many may not come home.
    """
    kind = log.table["actor_id"].type()
    whole = kind.is_signed_integer() or (kind.is_integer() and kind.nbytes < 8)
    if not whole or log.span[1] - log.span[0] >= WIDEST:
        yield None
        return
    try:
        found = asked(log.engine, "account_gaps, reading the log", lambda: _found(log, most_rows))
    except _NotHere:
        yield None
        return
    backend, name = log.engine.backend, f"fanecon_{uuid.uuid4().hex}"
    backend.con.register(name, found)
    try:
        yield backend.table(name)
    finally:
        backend.con.unregister(name)


def _found(log: Log, most_rows: int) -> pa.Table:
    kept = _Records(room=log.engine.room)
    with in_order(log.engine), closing(_batches(log)) as batches:
        for actor, us in batches:
            kept.take(actor, us)
            if kept.several > most_rows:
                break
    several = kept.records[: kept.used][kept.records[: kept.used, kernels.GAPS] > 0]
    actor, number, first, last, shortest, longest, _, _ = several.T
    found = {"actor_id": actor, "gaps": number, "mean_us": (last - first) / number}
    return pa.table({**found, "min_us": shortest, "max_us": longest, "spread": kernels.spread(several)})


def _batches(log: Log) -> Generator[tuple[Array, Array]]:
    backend, table = log.engine.backend, log.table
    columns = table.select(actor_id=table["actor_id"].cast("int64"), us="us")
    reader = backend.con.sql(backend.compile(columns)).to_arrow_reader(BATCH)
    try:
        for batch in reader:
            yield batch.column("actor_id").to_numpy(), batch.column("us").to_numpy()
    finally:
        reader.close()


class _Records:
    """One record per account, and room for more."""

    def __init__(self, *, room: float) -> None:
        self.records = np.empty((FIRST, kernels.WIDTH), np.int64)
        self.slots = np.full(2 * FIRST, -1, np.int32)
        self.used, self.several, self.room = 0, 0, room

    def take(self, actor: Array, us: Array) -> None:
        """Take in a batch of events."""
        while len(actor):
            self.used, self.several, taken = kernels.pace(self.slots, self.records, self.used, self.several, actor, us)
            if taken == kernels.DISORDER:
                raise _NotHere
            actor, us = actor[taken:], us[taken:]
            if len(actor):
                self._grow()

    def _grow(self) -> None:
        if 2 * (self.records.nbytes + self.slots.nbytes) > self.room:
            raise _NotHere
        self.records = np.concatenate([self.records, np.empty_like(self.records)])
        self.slots = np.full(2 * self.slots.size, -1, np.int32)
        kernels.settle(self.slots, self.records, self.used)
