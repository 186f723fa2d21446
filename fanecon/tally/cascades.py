"""Cascades, piece by piece: what does not reduce to counts leaves the engine in whole trees.

Trees do not overlap, so any rule that sends all posts of a tree to the same bucket will do: a hash of the tree's name.
There are several buckets to a piece, and neighbouring ones are packed until a piece is full.  The engine keeps the log
sorted by bucket for as long as the loop lasts, so that each piece is read once and not looked for among the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from ibis.expr import types as ir

from fanecon.schema import ParameterError, SchemaError
from fanecon.tally.engines import watched
from fanecon.tally.home import home, kept
from fanecon.tally.logs import Log, Source, opened

PIECE_ROWS = 2_000_000
_BUCKETS = 8  # to a piece


def cascades(log: Source, *, piece_rows: int = PIECE_ROWS) -> Iterator[pd.DataFrame]:
    """The posts of a log in pieces of whole cascades, each small enough to be measured in memory.

    Parameters
    ----------
    log
        Rows of `schema.CASCADE_NODES`: cascade_id, node_id, parent_id (missing for roots); time, actor_id, followers
        and depth where the log has them.
    piece_rows
        How many rows a piece may have.  A cascade is never cut: a larger one is a piece of its own (or shares it with
        the few of its bucket), and one of more than twice this is refused.

    Yields
    ------
    Frames with the columns that the log has, sorted by cascade_id and node_id; for an empty log one empty frame.

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, a cascade is too large for a piece, or the engine gave up.
    """
    if piece_rows < 1:
        raise ParameterError(f"piece_rows={piece_rows}: type a number of rows from 1 on.")
    may = ("parent_id", "actor_id", "time", "seconds", "followers", "depth")
    with opened(log, needs=("cascade_id", "node_id"), may=may) as opening:
        if opening.rows <= piece_rows:
            yield _piece(opening, opening.table, opening.rows)
            return
        buckets = -(-_BUCKETS * opening.rows // piece_rows)
        number = opening.table["cascade_id"].hash() % buckets
        dealt = opening.table.mutate(bucket=((number + buckets) % buckets).cast("int64"))
        _fits(opening, dealt, piece_rows)
        with kept(dealt.order_by("bucket"), opening, "cascades: sorting by piece") as sorted_log:
            for low, high, rows in _packed(_sizes(opening, sorted_log), piece_rows):
                inside = (sorted_log["bucket"] >= low) & (sorted_log["bucket"] <= high)
                yield _piece(opening, sorted_log.filter(inside).drop("bucket"), rows)


def _fits(log: Log, dealt: ir.Table, piece_rows: int) -> None:
    sizes = dealt.group_by("cascade_id").aggregate(rows=dealt.count())
    with watched(log.engine, "cascades: the largest"):
        largest = sizes.aggregate(rows=sizes["rows"].max()).to_pandas()["rows"].iloc[0]
    if largest > 2 * piece_rows:
        raise SchemaError(f"A cascade has {largest:,} posts, too many for a piece. Type piece_rows={largest} or more.")


def _sizes(log: Log, dealt: ir.Table) -> list[tuple[int, int]]:
    """Each bucket with its rows, in order."""
    counts = dealt.group_by("bucket").aggregate(rows=dealt.count())
    with watched(log.engine, "cascades: the pieces"):
        found = counts.to_pandas().sort_values("bucket")
    return [(int(bucket), int(rows)) for bucket, rows in zip(found["bucket"], found["rows"], strict=True)]


def _packed(sizes: list[tuple[int, int]], piece_rows: int) -> Iterator[tuple[int, int, int]]:
    """First and last bucket of each piece, and its rows."""
    low, high, held = -1, -1, 0
    for bucket, rows in sizes:
        if held and held + rows > piece_rows:
            yield low, high, held
            held = 0
        low, high, held = bucket if not held else low, bucket, held + rows
    if held:
        yield low, high, held


def _piece(log: Log, rows: ir.Table, most: int) -> pd.DataFrame:
    rows = rows.rename(_us="us") if "us" in rows.columns else rows
    frame = home(rows, log, what="cascades", key=["cascade_id", "node_id"], most_rows=most)
    return frame.rename(columns={"_at": "time"})
