"""What every reader of cascades shares: gathering rows, the tree's depth, and the notes on what the tree lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from fanecon.loaders.cascade_tree import check_cascades, depths, is_root
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Reading
from fanecon.loaders.rows import finish
from fanecon.loaders.times import Moment
from fanecon.loaders.wording import many
from fanecon.tables import CASCADE_NODES

Node = Mapping[str, object]

_TOLD = ("the id stands", "the parent is not in", "it is older than", "its chain", "the cascade has", "it declares")


def nodes_frame(file: str, nodes: Iterable[Node], source_format: str) -> pd.DataFrame:
    """The table `cascade_nodes` of rows, with the depth that their parents give them.

    Raises
    ------
    FileError
        If the rows break a rule of the table.
    """
    columns: dict[str, list[object]] = {name: [] for name in CASCADE_NODES.columns if name != "depth"}
    for node in nodes:
        for name, column in columns.items():
            column.append(node.get(name))
    columns["source_format"] = [source_format] * len(columns["node_id"])
    frame = finish(file, columns, CASCADE_NODES, {})
    frame["depth"] = depths(frame)
    return frame


def nodes_reading(
    opened: Sequence[Opened], frame: pd.DataFrame, *, form: tuple[str, str, str], notes: Iterable[str], read: int
) -> Reading:
    """The reading of a table `cascade_nodes`; `form` is the format's name, what it is and why it was taken for it."""
    first, (name, what, why) = opened[0], form
    all_notes = (*notes, *tree_notes(frame))
    frame.attrs = {"table": "cascade_nodes", "format": name, "file": first.file, "notes": all_notes}
    frame.attrs |= {"encoding": first.encoding, "encoding_how": first.encoding_how}
    tables = {"cascade_nodes": frame}
    return Reading(file=first.file, format=name, what=what, why=why, tables=tables, rows_read=read, notes=all_notes)


def tree_notes(frame: pd.DataFrame) -> list[str]:
    """A note for each kind of problem that :func:`check_cascades` finds, but not for parents that nobody told."""
    counted = check_cascades(frame)["problem"].value_counts()
    found = [(str(problem), int(times)) for problem, times in counted.items() if str(problem).startswith(_TOLD)]
    return [f"check_cascades: {problem} ({many(times, 'time', 'times')})." for problem, times in found]


def since(found: Moment, root: Moment) -> float | None:
    """Seconds from the root to a post, if both are known to the minute or better."""
    if found.value is None or root.value is None or {found.precision, root.precision} - {"s", "min"}:
        return None
    return (found.value - root.value).total_seconds()


def timed(found: Moment) -> dict[str, object]:
    """The columns of a table that hold a moment."""
    if found.value is None:
        return {}
    source = "given" if found.zone_given else "assumed"
    return {"time": found.value, "time_precision": found.precision, "tz_source": source}


def rooted(nodes: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The nodes with what a table `items` tells of their originals, where they do not tell it themselves.

    Fills the root's author, time, text, followers and declared size, the seconds of posts whose time is known, and the
    time of posts whose seconds are.
    """
    out, told = nodes.copy(), items.drop_duplicates("item_id").set_index("item_id")
    root = is_root(out)
    cascade = out["cascade_id"].where(root)
    known = {"actor_id": "account_id", "text": "title", **{name: name for name in ("time_precision", "tz_source")}}
    for column, source in {**known, "time": "published_at"}.items():
        values = told[source].where(told[source] != "unknown") if source == "account_id" else told[source]
        out[column] = out[column].fillna(_looked_up(cascade, values))
    extra = told["extra"].map(lambda one: json.loads(one) if isinstance(one, str) else {})
    followers = extra.map(lambda one: one.get("followers")).astype("Int64")
    out["followers"] = out["followers"].fillna(_looked_up(cascade, followers))
    sizes = _looked_up(cascade, told["shares"])[out["extra"].isna()].dropna()
    out.loc[sizes.index, "extra"] = [json.dumps({"declared_size": int(one)}) for one in sizes]
    return _clocked(out, root)


def _looked_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """For each key its value; missing where there is none."""
    return values.reindex(keys).set_axis(keys.index)


def _clocked(out: pd.DataFrame, root: pd.Series) -> pd.DataFrame:
    """Seconds from times, and times from seconds, where the root's time is known to the minute or better."""
    fine = out["time_precision"].isin(["s", "min"])
    roots = out[root & fine].drop_duplicates("cascade_id").set_index("cascade_id")
    start = _looked_up(out["cascade_id"], roots["time"])
    since_root = ((out["time"] - start) / pd.Timedelta(seconds=1)).astype("Float64").where(fine)
    out["seconds"] = out["seconds"].fillna(since_root)
    timeless = out["time"].isna() & start.notna() & out["seconds"].notna()
    for column in ("time_precision", "tz_source"):
        out.loc[timeless, column] = _looked_up(out["cascade_id"], roots[column])[timeless]
    after = pd.to_timedelta(out["seconds"].astype("float64"), unit="s")
    out["time"] = out["time"].fillna(start + after)
    return out
