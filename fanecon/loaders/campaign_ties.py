"""Who brought whom: the pairs that stand in a log of events, as the table `edges`.

In the log of a large campaign nearly every row is a pair of its own, so the table of ties is half as large as the log
that it is made beside.  Hence numbers in place of ids wherever pairs are compared, and blocks that the two tables share
where nearly all rows become ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fanecon.loaders.reading import Reading
from fanecon.loaders.rows import finish
from fanecon.loaders.vectors import AT_ONCE, INSTANT, Column, constant, of_series, release
from fanecon.tables import EDGES

WORDS = pa.large_string()
Whole = npt.NDArray[np.integer[Any]]

_NEVER, _LATE = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def with_ties(reading: Reading) -> Reading:
    """The reading with the table `edges`: who invited whom, how often, since when; nothing where nobody did."""
    events = reading["events"]
    release()
    names = ("inviter_id", "actor_id", "action")
    (inviter, inviters), (actor, actors), (action, _) = (_codes(events[name]) for name in names)
    known = np.flatnonzero((inviter > 0) & (actor > 0))
    if not len(known):
        return reading
    followed = bool(pc.any(pc.is_in(inviters, actors)).as_py())
    del inviters, actors
    release()
    times = events["time"].to_numpy("datetime64[ns]").view(np.int64)
    if len(known) < len(times):
        inviter, actor, action, times = (one[known] for one in (inviter, actor, action, times))
    first, since, often = pairs_of(inviter, actor, action, times)
    del inviter, actor, action, times
    src, dst = (Column(_rows(of_series(events[name], WORDS).arrow, known[first])) for name in names[:2])
    del known, first
    edges = _edges(reading, src, dst, since, often)
    notes = tuple(_on_ties(edges, followed))
    return replace(reading, tables={**reading.tables, "edges": edges}, notes=(*reading.notes, *notes))


def pairs_of(inviter: Whole, actor: Whole, action: Whole, time: Whole) -> tuple[Whole, Whole, Whole]:
    """The pairs in the order of their first row: that row, their earliest time, and how often.

    How often counts the act that a pair has most often: who signed up and then followed was brought once.
    """
    pair = inviter.astype(np.int64)
    pair *= int(actor.max()) + 1
    pair += actor
    order = np.argsort(pair, kind="stable").astype(np.int32)
    begins = _changes(pair[order])
    del pair
    first, of_pair = order[begins], np.diff(begins, append=len(order))
    often = _most_often(np.repeat(np.arange(len(begins), dtype=np.int32), of_pair), action[order])
    dated = time[order]
    dated[dated == _NEVER] = _LATE
    since = np.minimum.reduceat(dated, begins)
    since[since == _LATE] = _NEVER
    by_first = np.argsort(first)
    return first[by_first], since[by_first], often[by_first]


def _most_often(group: Whole, kind: Whole) -> Whole:
    """For each group (0, 1, … in order), how often its most frequent kind stands in it."""
    kinds = int(kind.max()) + 1
    both = group.astype(np.int64)
    both *= kinds
    both += kind
    both.sort()
    begins = _changes(both)
    times = np.diff(begins, append=len(both)).astype(np.int32)
    both = both[begins]
    del begins
    both //= kinds
    found: Whole = np.maximum.reduceat(times, _changes(both))
    return found


def _changes(in_order: Whole) -> Whole:
    """Where a new value begins in a column that is in order."""
    new = np.ones(len(in_order), bool)
    np.not_equal(in_order[1:], in_order[:-1], out=new[1:])
    return np.flatnonzero(new)


def _codes(column: pd.Series) -> tuple[Whole, pa.Array]:
    """A number for each text, 0 for none, and the texts."""
    found = of_series(column, WORDS).arrow.dictionary_encode()
    codes: Whole = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in found.chunks])
    return codes + np.int32(1), found.chunks[-1].dictionary


def _rows(column: pa.ChunkedArray, rows: Whole) -> pa.ChunkedArray:
    """Some rows of a column, in order; where few are left out, its own blocks are shared instead of copied."""
    gaps = np.flatnonzero(np.diff(rows) != 1) + 1
    if len(gaps) * AT_ONCE > len(rows):
        return column.take(pa.array(rows))
    begins, ends = [0, *gaps.tolist()], [*gaps.tolist(), len(rows)]
    parts = [column.slice(int(rows[begin]), end - begin) for begin, end in zip(begins, ends, strict=True)]
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], column.type)


def _edges(reading: Reading, src: Column, dst: Column, since: Whole, often: Whole) -> pd.DataFrame:
    release()
    own = pc.equal(src.arrow, dst.arrow)
    brought = Column(pc.if_else(own, "self_invite", "invite").cast(WORDS)) if pc.any(own).as_py() else None
    times = pa.array(since.view("datetime64[ns]")).cast(pa.timestamp("us")).cast(INSTANT)
    columns: dict[str, Sequence[object]] = {
        "src": src,
        "dst": dst,
        "kind": brought or constant("invite", len(src)),
        "time": Column(pa.chunked_array([times])),
        "weight": Column(pa.chunked_array([pa.array(often).cast(pa.float64())])),
        "source_format": constant(reading.format, len(src)),
    }
    del since, often, times
    attrs = {name: value for name, value in reading["events"].attrs.items() if name != "notes"}
    return finish(reading.file, columns, EDGES, {**attrs, "notes": ()})


def _on_ties(edges: pd.DataFrame, followed: bool) -> Iterable[str]:
    own = int((edges["kind"] == "self_invite").sum())
    if own:
        yield f"{own} accounts invited themselves: ties of the kind self_invite."
    if not followed:
        yield "No inviter is an actor of this file under the same id: chains of invitations cannot be followed."
