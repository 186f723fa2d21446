"""The tree of a cascade: how deep each post lies, and what in the file speaks against the tree.

Public cascades are not clean.  A child is older than its parent because two clocks disagreed; a parent was deleted and
is in nobody's list; a post stands twice; the post itself declares more reposts than the file holds.  None of this is
repaired here, because every repair is a choice about what counts as a cascade.  Depth is given where a chain of parents
leads to the root and is missing elsewhere, and :func:`check_cascades` lists the rest for whoever has to choose.

Depth is found by halving chains (each post asks its parent, then its parent's parent, and so on), so a chain of a
million posts takes twenty steps and a loop is simply what never arrives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import need

PROBLEMS = ("cascade_id", "node_id", "problem", "value")

Places = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


def check_cascades(nodes: pd.DataFrame) -> pd.DataFrame:
    """What speaks against the trees of a table `cascade_nodes`: one row per finding.

    Looks for repeated ids, parents that are not told or not in the file, posts before their parent, loops, several
    roots or none, and posts that declare another number than the file holds (`declared_size` in the root's `extra`).

    Returns
    -------
    pandas.DataFrame
        cascade_id, node_id, problem and value, in the order of the rows; empty if nothing was found.

    Raises
    ------
    SchemaError
        If the ids of cascade, node and parent are not there.
    """
    need(nodes, "cascade_id", "node_id", "parent_id")
    frame = nodes.reset_index(drop=True)
    parents = parent_places(frame)
    found = [
        _of_rows(frame, _repeated(frame), "the id stands in an earlier row"),
        _of_rows(frame, _untold(frame), "the parent is not told"),
        _of_rows(frame, _unknown(frame, parents), "the parent is not in the cascade", frame["parent_id"]),
        _early(frame, parents),
        _before_root(frame, parents),
        _of_rows(frame, _looping(frame, parents), "its chain of parents is a loop"),
        _several_roots(frame),
        _other_size(frame),
    ]
    listed = pd.concat([one for one in found if len(one)] or [_no_finding()])
    return listed.sort_index(kind="stable").reset_index(drop=True)


def depths(nodes: pd.DataFrame) -> pd.Series:
    """Steps from the root for every post (a direct repost: 1); missing where no chain of parents leads there."""
    frame = nodes.reset_index(drop=True)
    steps, ends = _climbed(frame, parent_places(frame))
    known = ends == len(frame)
    return pd.Series(steps, index=nodes.index).where(pd.Series(known, index=nodes.index)).astype("Int32")


def is_root(nodes: pd.DataFrame) -> pd.Series:
    """Whether a post is the root: it has no parent and is not said to be a repost or a comment."""
    kind = nodes["kind"] if "kind" in nodes else pd.Series(pd.NA, index=nodes.index, dtype="string")
    return nodes["parent_id"].isna() & (kind.isna() | (kind == "root")).fillna(False).astype(bool)


def parent_places(frame: pd.DataFrame) -> Places:
    """For every row the place of its parent's (first) row in the same cascade; -1 where there is none."""
    cascade = frame["cascade_id"].astype("string").fillna("")
    keys = cascade + "\n" + frame["node_id"].astype("string").fillna("")
    asked = cascade + "\n" + frame["parent_id"].astype("string").fillna("")
    first = ~keys.duplicated()
    at = pd.Index(keys[first].to_numpy(dtype=object)).get_indexer(asked.to_numpy(dtype=object))
    places = np.append(np.flatnonzero(first.to_numpy()), -1)[at]
    out: Places = np.where(frame["parent_id"].isna().to_numpy(), -1, places).astype(np.int64)
    return out


def _climbed(frame: pd.DataFrame, parents: Places) -> tuple[Places, Places]:
    """Steps taken and where they end: past the last row for the root, one further for an unknown parent."""
    rows = len(frame)
    lost, arrived = rows + 1, rows
    jump = np.where(is_root(frame).to_numpy(), arrived, np.where(parents < 0, lost, parents))
    jump = np.append(jump, [arrived, lost]).astype(np.int64)
    steps = np.append((jump[:rows] < rows).astype(np.int64), [0, 0])
    for _ in range(max(rows, 1).bit_length() + 1):
        steps, jump = steps + steps[jump], jump[jump]
    return steps[:rows], jump[:rows]


def _no_finding() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="string") for name in PROBLEMS})


def _of_rows(frame: pd.DataFrame, broken: Marks, problem: str, value: pd.Series | None = None) -> pd.DataFrame:
    shown = pd.Series(pd.NA, index=frame.index, dtype="string") if value is None else value.astype("string")
    rows = frame.loc[broken, ["cascade_id", "node_id"]].astype("string")
    return rows.assign(problem=problem, value=shown[broken])


def _repeated(frame: pd.DataFrame) -> Marks:
    marks: Marks = frame.duplicated(["cascade_id", "node_id"]).to_numpy()
    return marks


def _untold(frame: pd.DataFrame) -> Marks:
    marks: Marks = (frame["parent_id"].isna() & ~is_root(frame)).to_numpy()
    return marks


def _unknown(frame: pd.DataFrame, parents: Places) -> Marks:
    marks: Marks = frame["parent_id"].notna().to_numpy() & (parents < 0)
    return marks


def _early(frame: pd.DataFrame, parents: Places) -> pd.DataFrame:
    """Posts that are older than their parent, by how many seconds."""
    times = _seconds(frame)
    child = np.flatnonzero(parents >= 0)
    behind = times[parents[child]] - times[child]
    rows = child[behind > 0]
    value = pd.Series(behind[behind > 0], index=rows).map("{:g} s".format).astype("string")
    ids = frame.loc[rows, ["cascade_id", "node_id"]].astype("string")
    return ids.assign(problem="it is older than its parent", value=value)


def _before_root(frame: pd.DataFrame, parents: Places) -> pd.DataFrame:
    """Posts whose parent is not known and that are older than the root."""
    if "seconds" not in frame:
        return _no_finding()
    seconds = frame["seconds"].to_numpy(dtype=float, na_value=np.nan)
    early = (seconds < 0) & (parents < 0)
    value = pd.Series(-seconds, index=frame.index).map("{:g} s".format)
    return _of_rows(frame, early, "it is older than the root", value)


def _seconds(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Seconds since the root, or, for cascades that do not tell them, since 1970."""
    seconds: npt.NDArray[np.float64] = np.full(len(frame), np.nan)
    if "seconds" in frame and frame["seconds"].notna().any():
        seconds = frame["seconds"].to_numpy(dtype=float, na_value=np.nan)
    elif "time" in frame:
        seconds = ((frame["time"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)
    return seconds


def _looping(frame: pd.DataFrame, parents: Places) -> Marks:
    marks: Marks = _climbed(frame, parents)[1] < len(frame)
    return marks


def _several_roots(frame: pd.DataFrame) -> pd.DataFrame:
    roots = is_root(frame)
    again = roots & frame["cascade_id"].where(roots).duplicated()
    second = _of_rows(frame, again.to_numpy(), "the cascade has another root")
    without = ~frame["cascade_id"].isin(frame.loc[roots, "cascade_id"]) & ~frame["cascade_id"].duplicated()
    none = _of_rows(frame, without.to_numpy(), "the cascade has no root")
    return pd.concat([second, none])


def _other_size(frame: pd.DataFrame) -> pd.DataFrame:
    held = (~is_root(frame)).groupby(frame["cascade_id"]).sum()
    listed = [(row, f"{size} declared, {held[cascade]} in the file", size, held[cascade], cascade, node)
              for row, cascade, node, size in _declared(frame)]  # fmt: skip
    rows = {row: (cascade, node, words) for row, words, size, here, cascade, node in listed if size != here}
    out = pd.DataFrame.from_dict(rows, orient="index", columns=["cascade_id", "node_id", "value"]).astype("string")
    return out.assign(problem="it declares another number of reposts")[list(PROBLEMS)]


def _declared(frame: pd.DataFrame) -> Iterator[tuple[int, str, str, int]]:
    if "extra" not in frame:
        return
    told = frame["extra"].where(is_root(frame)).dropna()
    for row, extra in told[told.str.contains("declared_size", regex=False)].items():
        size = json.loads(extra).get("declared_size")
        if isinstance(size, int):
            yield int(row), frame.at[row, "cascade_id"], frame.at[row, "node_id"], size
