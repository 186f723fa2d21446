"""Substack's export: a zip (or the folder it was unpacked to) of posts, of every mail delivered and of every open.

Three kinds of file are joined by the number before the first dot of their names, for the tables themselves do not
always agree: `posts.csv` writes `140000100.letter-0`, the logs `140000100`.  An open stands in the log as often as the
picture was fetched, so people who opened are counted by their address, once; a log of zero bytes says that nobody
opened, and a log that is not there says nothing.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import pandas as pd

from fanecon.loaders.archives import has_rows
from fanecon.loaders.cells import plain
from fanecon.loaders.figures import numbered, rows
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.kinds import FALSE
from fanecon.loaders.newsletter_people import SUBSTACK
from fanecon.loaders.newsletter_rates import (
    OPENS,
    impossible_notes,
    inflated,
    inflation_notes,
    opened_per_delivered,
    sent,
)
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body, finish
from fanecon.loaders.spec import Columns, Spec, fields, header_of, moments, read_sheet, recognise
from fanecon.loaders.wording import many
from fanecon.schema import FileError
from fanecon.tables import EVENTS, ITEMS

_LOG = re.compile(r"(?P<number>[0-9]+)\.(?P<what>delivers|opens)\.csv", re.IGNORECASE)
_PROXY = re.compile(r"proxy", re.IGNORECASE)


def _number(post_id: object) -> str:
    return str(post_id).partition(".")[0]


def _log(action: str) -> Spec:
    return Spec(
        name="substack",
        what=f"Substack's log of mails {'delivered' if action == 'deliver' else 'opened'}",
        signs=(("timestamp", "email"),),
        table=EVENTS,
        fields=fields(
            {
                "post": "id post_id",
                "at": "time!! timestamp",
                "actor_id": "mail!! email",
                "device_id": "text device_type",
                "agent": "text user_agent",
                "city": "name city",
                "region": "name region",
            }
        ),
        tz="UTC",
    )


DELIVERS, OPENED = _log("deliver"), _log("open")


def _post(columns: Columns, ask: Ask) -> None:
    columns["item_id"] = [_number(one) for one in columns["item_id"]]
    columns["title"] = [None if one is None else html.unescape(str(one)) for one in columns["title"]]
    columns["notified"] = [one is not None for one in columns.get("mailed", [])] or [None] * rows(columns)
    columns["kind"] = ["mail" if mailed else "article" for mailed in columns["notified"]]
    sent(columns, ask)


def _mailed(columns: Columns, ask: Ask) -> None:
    columns["mailed"] = [getattr(one, "value", None) for one in columns.get("mailed", [])]
    _post(columns, ask)


def _published(body: Body, row: Row) -> bool:
    """A post that readers could see; drafts have no day, and what was taken back is not published."""
    return plain(body.cell(row, "published_flag")) not in FALSE


POSTS = Spec(
    name="substack",
    what="Substack's export",
    signs=(("post_id", "post_date", "is_published"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! post_id",
            "title": "text! title",
            "published": "time!! post_date",
            "published_flag": "flag! is_published",
            "mailed": "time email_sent_at",
        }
    ),
    constants={"account_id": "unknown", "platform": "substack"},
    tz="UTC",
    derive=_mailed,
    keep=_published,
    notes=(
        "Logs are joined to posts by the number before the first dot of the file names.",
        "Drafts and posts that were taken back are left out.",
    ),
    lossy=(
        OPENS,
        "The columns of the log of opens are not documented; those that are not known stay in extra.",
        "opens_people_excl_proxy leaves out opens whose program names a proxy; a proxy that hides is still in it.",
        "The texts of the posts (posts/*.html) are not read.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Log:
    """One log: of which post, what it counts, and its file (None for an empty one)."""

    number: str
    action: str
    opened: Opened | None


def _recognise(opened: tuple[Opened, ...]) -> str:
    found = next((why for one in opened if (why := recognise(POSTS, one))), "")
    return f"{found} in {_posts_file(opened).file}" if found else ""


def _posts_file(opened: Iterable[Opened]) -> Opened:
    return next(one for one in opened if recognise(POSTS, one))


def _logs(opened: Sequence[Opened]) -> list[Log]:
    found = []
    for one in opened:
        named = _LOG.fullmatch(PurePosixPath(one.file).name)
        if named:
            action = "deliver" if named["what"].casefold() == "delivers" else "open"
            found.append(Log(number=named["number"], action=action, opened=one if has_rows(one) else None))
    return found


def read_export(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """Items and events of an export.

    Raises
    ------
    FileError
        With every broken cell of all files, or if a log belongs to another post than its name says.
    """
    posts_file = _posts_file(opened)
    logs = _logs(opened)
    posts, events, lists = _parts(posts_file, logs, opened, ask)
    counts = {(log.number, "open"): (0, 0, None) for log in logs if log.action == "open"} | dict(
        _count(frame) for frame, _ in events
    )
    items, notes = _counted(posts, counts, ask)
    frames = [frame.drop(columns="agent") for frame, _ in events] + [one["events"] for one in lists]
    tables = {"items": items} | ({"events": _all(frames)} if frames else {})
    parts = [*(reading for _, reading in events), *lists]
    return replace(
        posts,
        file=_common(posts_file, opened),
        tables=tables,
        rows_read=posts.rows_read + sum(one.rows_read for one in parts),
        rows_rejected=posts.rows_rejected + sum(one.rows_rejected for one in parts),
        notes=(*posts.notes, *notes, *_log_notes(logs, items), *dict.fromkeys(n for one in parts for n in one.notes)),
        lossy=(*posts.lossy, *(lists[0].lossy if lists else ())),
    )


def _parts(
    posts: Opened, logs: Sequence[Log], opened: Sequence[Opened], ask: Ask
) -> tuple[Reading, list[tuple[pd.DataFrame, Reading]], list[Reading]]:
    """The posts, the events of each log and the lists of subscribers; what is broken in any of them is raised once."""
    events: list[tuple[pd.DataFrame, Reading]] = []
    people = [one for one in opened if recognise(SUBSTACK, one)]
    reads: list[Callable[[], Reading]] = [lambda: read_sheet(POSTS, posts, header_of(POSTS, posts), ask)]
    reads += [functools.partial(_list_of, one, ask) for one in people]
    reads += [functools.partial(_log_into, events, log, log.opened, ask) for log in logs if log.opened]
    made = each(reads, lambda read: read())
    return made[0], events, made[1 : 1 + len(people)]


def _list_of(opened: Opened, ask: Ask) -> Reading:
    return read_sheet(SUBSTACK, opened, header_of(SUBSTACK, opened), ask)


def _log_into(events: list[tuple[pd.DataFrame, Reading]], log: Log, opened: Opened, ask: Ask) -> Reading:
    events.append(_events(log, opened, ask))
    return events[-1][1]


def _common(posts: Opened, opened: Sequence[Opened]) -> str:
    return f"{posts.file} and {len(opened) - 1} others" if len(opened) > 1 else posts.file


def _events(log: Log, opened: Opened, ask: Ask) -> tuple[pd.DataFrame, Reading]:
    """The events of one log, with the reading program of each in a column of its own."""
    spec = DELIVERS if log.action == "deliver" else OPENED
    kept: Columns = {}

    def derive(columns: Columns, ask: Ask) -> None:
        _act(columns, log.action)
        columns["item_id"] = [log.number] * rows(columns)
        columns["event_id"] = list(numbered(f"{log.number}:{key}" for key in columns["_key"]))
        kept["agent"] = list(columns.get("agent", [None] * rows(columns)))
        _same_post(log.number, opened.file, columns)

    reading = read_sheet(replace(spec, derive=derive), opened, header_of(spec, opened), ask)
    return reading["events"].assign(agent=kept["agent"]), reading


def _act(columns: Columns, action: str) -> None:
    moments(columns, "at", into="time", precision="time_precision", source="tz_source")
    parts = zip(columns["actor_id"], columns["time"], strict=True)
    columns["action"] = [action] * rows(columns)
    columns["_key"] = [f"{actor}:{time}:{action}" for actor, time in parts]


def _same_post(number: str, file: str, columns: Columns) -> None:
    others = {_number(one) for one in columns.get("post", []) if one is not None} - {number}
    if others:
        problem = f"The log bears the number {number} and holds post {', '.join(sorted(others)[:3])}"
        raise FileError(file, problem, "Unpack the export again; do not rename its files.")


def _count(frame: pd.DataFrame) -> tuple[tuple[str, str], tuple[int, int, int | None]]:
    """Post and act → rows, people, and people without those whose every open names a proxy (where any does)."""
    agents = frame["agent"].astype("string").fillna("").str.contains(_PROXY)
    people = frame["actor_id"].nunique()
    seen = frame.loc[~agents, "actor_id"].nunique() if agents.any() else None
    return (str(frame["item_id"].iloc[0]), str(frame["action"].iloc[0])), (len(frame), people, seen)


def _counted(
    posts: Reading, counts: Mapping[tuple[str, str], tuple[int, int, int | None]], ask: Ask
) -> tuple[pd.DataFrame, list[str]]:
    columns: Columns = {name: list(posts.main[name].astype(object)) for name in posts.main.columns}
    columns = {name: [None if pd.isna(one) else one for one in column] for name, column in columns.items()}
    ids = [str(one) for one in columns["item_id"]]
    columns["delivered"] = [_part(counts, one, "deliver", 1) for one in ids]
    columns["opens_times"] = [_part(counts, one, "open", 0) for one in ids]
    columns["opens_people"] = [_part(counts, one, "open", 1) for one in ids]
    columns["opens_people_excl_proxy"] = [_part(counts, one, "open", 2) for one in ids]
    opened_per_delivered(columns)
    inflated(columns)
    frame = finish(posts.file, columns, ITEMS, dict(posts.main.attrs))
    return frame, [*inflation_notes(columns), *impossible_notes(columns)]


def _part(counts: Mapping[tuple[str, str], tuple[int, int, int | None]], item: str, action: str, at: int) -> int | None:
    found = counts.get((item, action))
    return None if found is None else found[at]


def _log_notes(logs: Sequence[Log], items: pd.DataFrame) -> Iterable[str]:
    empty = sum(log.opened is None and log.action == "open" for log in logs)
    if empty:
        logs_are = "1 log of opens is" if empty == 1 else f"{empty:,} logs of opens are"
        yield f"{logs_are} empty: read as nobody opened, though it may be a log that was never written."
    lost = {log.number for log in logs} - set(items["item_id"])
    if lost:
        told = many(len(lost), "log is of a post", "logs are of posts")
        yield f"{told} not among the published ones; the events are kept."
    bare = len(set(items["item_id"]) - {log.number for log in logs if log.action == "deliver" and log.opened})
    if bare:
        yield f"{many(bare, 'post has', 'posts have')} no log of deliveries: delivered is unknown, not zero."


def _all(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    joined = pd.concat(frames, ignore_index=True)
    joined.attrs = dict(frames[0].attrs)
    return joined


EXPORT = Format(
    name="substack",
    what="Substack's export (zip or folder)",
    recognise=_recognise,
    read=read_export,
    words=tuple(name for spec in (POSTS, OPENED, SUBSTACK) for one in spec.fields.values() for name in one.names),
)
FORMATS: tuple[Format, ...] = (EXPORT,)
