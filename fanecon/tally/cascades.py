"""Cascades, piece by piece: what does not reduce to counts leaves the engine in whole trees.

Trees do not overlap, so any rule that sends all posts of a tree to the same piece will do: a hash of the tree's name.
The engine keeps the log sorted by piece for as long as the loop lasts, so that each piece is read once and not
looked for among all the others.
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
_SPARE = 1.25


def cascades(log: Source, *, piece_rows: int = PIECE_ROWS) -> Iterator[pd.DataFrame]:
    """The posts of a log in pieces of whole cascades, each small enough to be measured in memory.

    Parameters
    ----------
    log
        Rows of `schema.CASCADE_NODES`: cascade_id, node_id, parent_id (missing for roots); time, actor_id, followers
        and depth where the log has them.
    piece_rows
        About how many rows a piece may have; a cascade is never cut, so one that is larger than twice this is refused.

    Yields
    ------
    Frames with the columns that the log has, sorted by cascade_id and node_id.

    Raises
    ------
    SchemaError, ParameterError, EngineError
        If a column is missing, a cascade is too large for a piece, or the engine gave up.
    """
    if piece_rows < 1:
        raise ParameterError(f"piece_rows={piece_rows}: type a number of rows from 1 on.")
    may = ("parent_id", "actor_id", "time", "seconds", "followers", "depth")
    with opened(log, needs=("cascade_id", "node_id"), may=may) as opening:
        pieces = max(1, round(_SPARE * opening.rows / piece_rows))
        if pieces == 1:
            yield _piece(opening, opening.table, piece_rows)
            return
        number = opening.table["cascade_id"].hash() % pieces
        dealt = opening.table.mutate(piece=((number + pieces) % pieces).cast("int32"))
        _fits(opening, dealt, piece_rows)
        with kept(dealt.order_by("piece"), opening, "cascades: sorting by piece") as sorted_log:
            for at in range(pieces):
                rows = sorted_log.filter(sorted_log["piece"] == at).drop("piece")
                frame = _piece(opening, rows, piece_rows)
                if len(frame):
                    yield frame


def _fits(log: Log, dealt: ir.Table, piece_rows: int) -> None:
    sizes = dealt.group_by("cascade_id").aggregate(rows=dealt.count())
    with watched(log.engine, "cascades: the largest"):
        largest = int(sizes.aggregate(rows=sizes["rows"].max()).to_pandas()["rows"].iloc[0])
    if largest > 2 * piece_rows:
        raise SchemaError(f"A cascade has {largest:,} posts, too many for a piece. Type piece_rows={largest} or more.")


def _piece(log: Log, rows: ir.Table, piece_rows: int) -> pd.DataFrame:
    rows = rows.rename(_us="us") if "us" in rows.columns else rows
    most = max(4 * piece_rows, log.rows if log.rows <= piece_rows else 0)
    frame = home(rows, log, what="cascades", key=["cascade_id", "node_id"], most_rows=most)
    return frame.rename(columns={"_at": "time"})
