"""From who answered or reposted what to cascades: each post climbs to the first that answers nothing.

The file seldom holds the whole conversation.  A repost whose original is not in it still tells that the original
exists, so the original becomes a root without time or author; an answer whose question is not in it does not tell
whether the question was itself an answer, so its parent stays unknown.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from fanecon.loaders.cascade_rows import nodes_frame
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Reading

Node = dict[str, object]


def threads(told: Reading, opened: Opened) -> pd.DataFrame:
    """The cascades of two or more posts among rows with `node_id`, `parent_id` and `kind`."""
    frame = told["cascade_nodes"]
    nodes = [_known(row) for row in frame.to_dict("records")]
    known = {str(node["node_id"]) for node in nodes}
    absent = {str(node["parent_id"]) for node in nodes if node["kind"] == "repost"} - known
    roots: list[Node] = [{"node_id": one, "kind": "root"} for one in sorted(absent)]
    nodes = roots + nodes
    parents = {str(node["node_id"]): str(node["parent_id"]) for node in nodes if node.get("parent_id") is not None}
    for node in nodes:
        node["cascade_id"] = top(str(node["node_id"]), parents)
    sizes = Counter(node["cascade_id"] for node in nodes)
    kept = [node for node in nodes if sizes[node["cascade_id"]] > 1 or node.get("parent_id") is not None]
    _seconds(kept)
    made = nodes_frame(opened.file, kept, told.format)
    made.attrs = {**told.main.attrs, "table": "cascade_nodes"}
    return made


def top(node: str, parents: Mapping[str, str]) -> str:
    """The post that a chain of parents ends at; of a loop, its smallest id."""
    seen = [node]
    while seen[-1] in parents:
        above = parents[seen[-1]]
        if above in seen:
            return min(seen[seen.index(above) :])
        seen.append(above)
    return seen[-1]


def _known(row: Mapping[str, object]) -> Node:
    return {name: None if pd.isna(value) else value for name, value in row.items()}


def _seconds(nodes: Sequence[Node]) -> None:
    """Seconds since the root, where both times are known."""
    starts = {node["cascade_id"]: node.get("time") for node in nodes if node["kind"] == "root"}
    for node in nodes:
        start, at = starts.get(node["cascade_id"]), node.get("time")
        if isinstance(start, dt.datetime) and isinstance(at, dt.datetime):
            node["seconds"] = (at - start).total_seconds()
