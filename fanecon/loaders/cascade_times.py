"""Cascades of which only the times are left: seconds and followers (seismic), or clock times of posts on an event.

There is no tree in such a file, so parents and depth stay missing.  A column of clock times without a zone still tells
exactly how long after the first each post came; so the seconds are kept, and instants only where the caller names the
zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from fanecon.loaders.cascade_rows import nodes_frame, nodes_reading, timed
from fanecon.loaders.cells import Number, Unreadable, count, heading, number
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body, Complaints, Header, body_of, named_only, not_empty
from fanecon.loaders.times import Moment, moment

SECONDS, FOLLOWERS, CREATED = "relative_time_second", "number_of_followers", "created_at"
DELAYS = ("cascade_delays", "one cascade as seconds since the post and followers (seismic)")
CLOCK = ("cascade_clock", "times of posts on an event, one column")

_NO_TREE = ("Who reposted whom is not told: parents and depth are missing.",)
_NAMED = "The cascade is named after the file."


def read_delays(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table `cascade_nodes` of one cascade per file: the row at second 0 is the root.

    Raises
    ------
    FileError
        With every cell that cannot be used.
    """
    nodes: list[dict[str, object]] = []
    for one, (seconds, followers) in zip(opened, each(opened, _delays), strict=True):
        root = seconds.index(0.0) if 0.0 in seconds else -1
        for at, (after, known) in enumerate(zip(seconds, followers, strict=True)):
            told = {"followers": None if known.value is None else int(known.value), "seconds": after}
            kind = {"kind": "root" if at == root else "repost", "lower_bound": "followers" if known.is_floor else None}
            nodes.append({"cascade_id": _stem(one), "node_id": str(at), **told, **kind})
    return _reading(opened, nodes, DELAYS, [_NAMED])


def _delays(opened: Opened) -> tuple[list[float], list[Number]]:
    """Seconds and followers of one cascade."""
    body = _body(opened, {SECONDS: "seconds", FOLLOWERS: "followers"})
    complaints = Complaints(opened.file, None)
    seconds = complaints.read(body, "seconds", _delay, 0.0)
    followers = complaints.read(body, "followers", count, Number())
    complaints.stop()
    return seconds, followers


def _delay(cell: object) -> float:
    found = number(cell).value
    if found is None:
        raise Unreadable("no seconds")
    return float(found)


def read_clock(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table `cascade_nodes` of a column of times: seconds since the first, instants where the zone is known.

    Raises
    ------
    FileError
        With every cell that is no time.
    """
    nodes: list[dict[str, object]] = []
    found: list[Moment] = []
    for one, times in zip(opened, each(opened, lambda file: _clocked(file, ask)), strict=True):
        first = min(_value(one) for one in times)
        for at, when in enumerate(times):
            seconds = (_value(when) - first).total_seconds()
            known = timed(when) if ask.tz or when.zone_given else {"time_precision": when.precision}
            nodes.append({"cascade_id": _stem(one), "node_id": str(at), "seconds": seconds, "kind": "unknown", **known})
        found += times
    return _reading(opened, nodes, CLOCK, [_NAMED, *_clock_notes(found, ask)])


def _clocked(opened: Opened, ask: Ask) -> list[Moment]:
    """The times of one file."""
    complaints = Complaints(opened.file, None)
    body = _body(opened, {CREATED: "time"})
    read = complaints.read(body, "time", _remembering(lambda cell: _moment(cell, ask)), Moment())
    complaints.stop()
    return _to_the_minute(read)


def _value(found: Moment) -> dt.datetime:
    if found.value is None:
        raise ValueError("a time that was not read")
    return found.value


def _moment(cell: object, ask: Ask) -> Moment:
    found = moment(cell, ask.clock("UTC"))
    if found.value is None:
        raise Unreadable("no time")
    return found


def _remembering(parse: Callable[[object], Moment]) -> Callable[[object], Moment]:
    """The same parser, which does not parse again what it has seen: such a column has ten rows per minute."""
    seen: dict[object, Moment] = {}

    def parsed(cell: object) -> Moment:
        if cell not in seen:
            seen[cell] = parse(cell)
        return seen[cell]

    return parsed


def _to_the_minute(times: Sequence[Moment]) -> list[Moment]:
    """Times that all end in second 00 are known to the minute only."""
    whole = all(_value(one).second == 0 for one in times)
    return [one._replace(precision="min") if whole and one.precision == "s" else one for one in times]


def _clock_notes(times: Sequence[Moment], ask: Ask) -> list[str]:
    distinct = len({one.value for one in times})
    bare = sum(not one.zone_given for one in times)
    notes = [f"{len(times):,} posts share {distinct:,} different times: their order within one is not known."]
    if bare and ask.tz:
        notes.append(f"Times without a zone, read in {ask.tz} (as given by the caller): {bare:,}.")
    elif bare:
        notes.append("The times have no zone: only the seconds since the first are kept (pass tz=… for instants).")
    return notes if distinct < len(times) else notes[1:]


def _recognise(opened: tuple[Opened, ...], columns: set[str]) -> str:
    found = all(columns == _named(one) for one in opened)
    return f"the {'columns' if len(columns) > 1 else 'only column'} {', '.join(sorted(columns))}" if found else ""


def _named(opened: Opened) -> set[str]:
    """The names in the first row, without the nameless column in which R and pandas count rows."""
    rows = opened.sheets[0].rows if opened.sheets else []
    return {heading(cell) for cell in rows[0]} - {"", "unnamed:0", "rownames"} if rows else set()


def _body(opened: Opened, known: dict[str, str]) -> Body:
    sheet = opened.sheets[0]
    places = {known[heading(cell)]: at for at, cell in enumerate(sheet.rows[0]) if heading(cell) in known}
    body = body_of(Header(sheet=sheet, row=0, columns=places), is_total=lambda row: False)
    not_empty(opened.file, body, "row")
    named_only(opened.file, body)
    return body


def _stem(opened: Opened) -> str:
    return str(PurePosixPath(opened.file).with_suffix(""))


def _reading(
    opened: tuple[Opened, ...], nodes: list[dict[str, object]], form: tuple[str, str], notes: list[str]
) -> Reading:
    frame = nodes_frame(opened[0].file, nodes, form[0])
    columns = {SECONDS, FOLLOWERS} if form is DELAYS else {CREATED}
    found = nodes_reading(opened, frame, form=(*form, _recognise(opened, columns)), notes=notes, read=len(nodes))
    return replace(found, lossy=_NO_TREE)


FORMATS = (
    Format(
        name=DELAYS[0],
        what=DELAYS[1],
        recognise=lambda opened: _recognise(opened, {SECONDS, FOLLOWERS}),
        read=read_delays,
        words=(SECONDS, FOLLOWERS),
    ),
    Format(
        name=CLOCK[0],
        what=CLOCK[1],
        recognise=lambda opened: _recognise(opened, {CREATED}),
        read=read_clock,
        words=(CREATED,),
    ),
)
