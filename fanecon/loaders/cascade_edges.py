"""Cascades written as edges: the trees of Twitter15 and Twitter16, one file per source tweet.

``['uid', 'tweet', 'delay']->['uid', 'tweet', 'delay']``, the delay in minutes.  A retweet repeats the id of the source
tweet, so only account, tweet and delay together name a node.  Some delays are negative; they are kept and said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fanecon.loaders.cascade_rows import nodes_frame, nodes_reading
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Complaints

NAME, WHAT = "cascade_edges", "trees of Twitter15 or Twitter16, as edges with minutes since the source tweet"

_NODE = r"\[ *'([^']*)' *, *'([^']*)' *, *'(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)' *\]"
_EDGE = re.compile(rf"{_NODE} *-> *{_NODE}")
_ROOT = "ROOT"
_LOSSY = ("No text, no followers and no time of the source tweet: seconds only.",)

Key = tuple[str, str, str]
Edge = tuple[int, Key, Key]


def recognise(opened: tuple[Opened, ...]) -> str:
    """An edge in the first line of a file."""
    return "lines with ['account', 'tweet', 'delay']->[…]" if any(map(_is_tree, opened)) else ""


def _is_tree(opened: Opened) -> bool:
    return bool(_EDGE.fullmatch(opened.text[:1000].strip().partition("\n")[0].strip()))


def read_edges(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table `cascade_nodes` of files with edges; the source tweet names the cascade.

    Raises
    ------
    FileError
        With every line that is no edge.
    """
    counts: Counter[str] = Counter()
    nodes: dict[tuple[object, object], dict[str, object]] = {}
    read = 0
    trees = [one for one in opened if _is_tree(one)]
    for edges in each(trees, _edges):
        read += len(edges)
        for node in _nodes(edges, counts):
            key = (node["cascade_id"], node["node_id"])
            counts["again" if nodes.get(key, node) == node else "other parent"] += key in nodes
            nodes.setdefault(key, node)
    frame = nodes_frame(opened[0].file, list(nodes.values()), NAME)
    counts["aside"] = len(opened) - len(trees)
    notes = [f"{words}: {times:,}." for words, times in _told(counts) if times]
    found = nodes_reading(opened, frame, form=(NAME, WHAT, recognise(opened)), notes=notes, read=read)
    return replace(found, lossy=_LOSSY, rows_rejected=counts["again"] + counts["other parent"])


def _told(counts: Counter[str]) -> list[tuple[str, int]]:
    return [
        ("Nodes before the source tweet (negative delay), kept as they are", counts["negative"]),
        ("Edges that stand twice, left out", counts["again"]),
        ("Files without edges, left aside", counts["aside"]),
        ("Edges that give a node a second parent, left out for the first", counts["other parent"]),
    ]


def _edges(opened: Opened) -> list[Edge]:
    complaints, edges = Complaints(opened.file, None), []
    for number, line in enumerate(opened.text.splitlines(), 1):
        if not line.strip() or (None, number) in opened.left_out:
            continue
        found = _EDGE.fullmatch(line.strip())
        if found is None:
            complaints.add("no edge", row=number, column="line", value=line)
            continue
        part = found.groups()
        edges.append((number, (part[0], part[1], part[2]), (part[3], part[4], part[5])))
    complaints.stop()
    return edges


def _nodes(edges: Sequence[Edge], counts: Counter[str]) -> Iterator[dict[str, object]]:
    sources = [child for _, parent, child in edges if parent[0] == _ROOT]
    cascade = sources[0][1] if sources else (edges[0][1][1] if edges else "")
    for _, parent, child in edges:
        minutes = float(child[2])
        counts["negative"] += minutes < 0
        is_source = parent[0] == _ROOT
        yield {
            "cascade_id": cascade,
            "node_id": ":".join(child),
            "parent_id": None if is_source else ":".join(parent),
            "actor_id": child[0],
            "seconds": round(minutes * 60, 3),
            "kind": "root" if is_source else "repost",
        }


FORMATS = (Format(name=NAME, what=WHAT, recognise=recognise, read=read_edges),)
