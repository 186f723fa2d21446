"""Cascades written as whole paths: one line per cascade, as DeepHawkes, CasCN and CasFlow read them.

``id TAB author TAB unix time TAB number TAB u:0 u/v:35 u/v/w:900``: each entry is the path from the author to the one
who reposted, and the seconds since the post.  A person who reposts twice has two entries, so a node is an entry and not
a person; its parent is the entry whose path is one person shorter.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fanecon.loaders.cascade_rows import nodes_frame, nodes_reading
from fanecon.loaders.cells import Unreadable, count, number, plain
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.kinds import identity
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Complaints
from fanecon.loaders.times import Moment, unix
from fanecon.loaders.wording import many
from fanecon.schema import FileError

NAME, WHAT = "cascade_paths", "cascades as paths with seconds since the post (DeepHawkes, CasCN, CasFlow)"
COLUMNS = ("id", "author", "published", "number of participants", "paths")

_ENTRY = re.compile(r"(?P<path>[^/:\s]+(?:/[^/:\s]+)*):(?P<after>-?[0-9]+(?:\.[0-9]+)?)")
_LOSSY = (
    "Only ids and seconds are told: no text, no followers.",
    "A number of participants that includes the author is compared without the author.",
)


@dataclass(frozen=True)
class Line:
    """One cascade: its id, its author, when it began, how many it declares, and (path, seconds) of each entry."""

    cascade: str
    author: str
    began: Moment
    declared: int
    entries: Sequence[tuple[tuple[str, ...], float]]


def recognise(opened: tuple[Opened, ...]) -> str:
    """Five cells in a line, the last a list of paths, among the first lines of every file."""
    found = all(any(map(_is_line, itertools.islice(_rows(one), 3))) for one in opened)
    return "five cells per line, the last with path:seconds entries" if found else ""


def _rows(opened: Opened) -> Iterator[Row]:
    rows = opened.sheets[0].rows if opened.kind == "text" and opened.sheets else []
    return (row for row in rows if any(plain(cell) for cell in row))


def _is_line(row: Row) -> bool:
    cells = [str(cell).strip() for cell in row]
    return len(cells) == 5 and cells[3].isdecimal() and bool(_ENTRY.fullmatch(cells[4].partition(" ")[0]))


def read_paths(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table `cascade_nodes` of lines with paths.

    Raises
    ------
    FileError
        With every cell that cannot be used, or if a cascade stands in two lines.
    """
    lines = [line for found in each(opened, _lines) for line in found]
    again = [cascade for cascade, times in Counter(line.cascade for line in lines).items() if times > 1]
    if again:
        problem = f"{many(len(again), 'cascade stands', 'cascades stand')} in several lines, such as {again[0]}"
        raise FileError(opened[0].file, problem, "Delete the copies.")
    nodes = [node for line in lines for node in _nodes(line)]
    frame = nodes_frame(opened[0].file, nodes, NAME)
    notes = [*_notes(lines), "Times of the posts are unix seconds; those of the reposts follow from the seconds."]
    found = nodes_reading(opened, frame, form=(NAME, WHAT, recognise(opened)), notes=notes, read=len(lines))
    return replace(found, lossy=_LOSSY)


def _lines(opened: Opened) -> list[Line]:
    complaints, lines = Complaints(opened.file, None), []
    for at, row in enumerate(opened.sheets[0].rows, 1):
        if any(plain(cell) for cell in row):
            lines.append(_line(at, [*row, *[""] * (5 - len(row))], complaints))
    complaints.stop()
    return [line for line in lines if line]


def _line(at: int, row: Row, complaints: Complaints) -> Line | None:
    told = len(complaints.places)
    for cell in (cell for cell in row[len(COLUMNS) :] if plain(cell)):
        complaints.add("a cell beyond the fifth", row=at, column="number 6", value=cell)
    read: list[object] = []
    for column, cell, parse in zip(COLUMNS, row, (_name, _name, unix, _whole, _entries), strict=False):
        try:
            read.append(parse(cell))
        except Unreadable as error:
            complaints.add(str(error), row=at, column=column, value=cell)
    if len(row) > 5:
        complaints.add("a cell beyond the fifth", row=at, column="6", value=row[5])
    if len(complaints.places) > told:
        return None
    return Line(*read)  # type: ignore[arg-type]


def _name(cell: object) -> str:
    found = identity(cell)
    if found is None:
        raise Unreadable("no id")
    return found


def _whole(cell: object) -> int:
    found = count(cell).value
    if found is None:
        raise Unreadable("no number of participants")
    return int(found)


def _entries(cell: object) -> list[tuple[tuple[str, ...], float]]:
    made = []
    for entry in str(cell).split():
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise Unreadable(f"no path:seconds entry: {entry[:40]}")
        made.append((tuple(found["path"].split("/")), float(number(found["after"]).value or 0)))
    if not made:
        raise Unreadable("no entries")
    return made


def _nodes(line: Line) -> Iterator[dict[str, object]]:
    """The root first, then an entry each; a person's second entry is called ``name#2``."""
    ids = _ids(line)
    root = (line.author,)
    of = {path: node for (path, _), node in reversed(list(zip(line.entries, ids, strict=True)))} | {root: line.author}
    same = {"cascade_id": line.cascade}
    extra = json.dumps({"declared_size": _declared(line)})
    yield {**same, "node_id": line.author, "actor_id": line.author, **_timed(line, 0), "kind": "root", "extra": extra}
    for (path, after), node in zip(line.entries, ids, strict=True):
        if path != root or after:
            parent = of.get(path[:-1], "/".join(path[:-1])) or None
            kind = {"actor_id": path[-1], "parent_id": parent if path != root else line.author, "kind": "repost"}
            yield {**same, "node_id": node, **kind, **_timed(line, after)}


def _ids(line: Line) -> list[str]:
    times: dict[str, int] = {line.author: 1}
    ids = []
    for path, after in line.entries:
        if path == (line.author,) and not after:
            ids.append(line.author)
            continue
        times[path[-1]] = times.get(path[-1], 0) + 1
        ids.append(path[-1] if times[path[-1]] == 1 else f"{path[-1]}#{times[path[-1]]}")
    return ids


def _declared(line: Line) -> int:
    """How many reposts a line declares: its number, less the author where the author stands among the entries."""
    return line.declared - any(path == (line.author,) and not after for path, after in line.entries)


def _timed(line: Line, after: float) -> dict[str, object]:
    if line.began.value is None:
        return {"seconds": after}
    time = line.began.value + dt.timedelta(seconds=after)
    return {"seconds": after, "time": time, "time_precision": "s", "tz_source": "given"}


def _notes(lines: Iterable[Line]) -> list[str]:
    negative = sum(after < 0 for line in lines for _, after in line.entries)
    return [f"Entries before the post itself, kept as they are: {negative:,}."] if negative else []


FORMATS = (Format(name=NAME, what=WHAT, recognise=recognise, read=read_paths),)
