"""Answers of Weibo's interfaces as tables: reposts (cascade_nodes, events), posts (items), comments (events).

The total that an answer declares counts deleted and invisible reposts too, and ordinary callers see few pages: it is
kept as the declared size of the cascade and never taken for the number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from fanecon.loaders import weibo_records
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Spec, fields
from fanecon.loaders.weibo_answers import Found, is_error, looks_like, records, sheet
from fanecon.loaders.weibo_tables import (
    CRAWLED_FOLLOWERS,
    EDITED,
    ITEM,
    NO_PARENT,
    NODE,
    SHANGHAI,
    acts,
    posts,
    read_tables,
    reposts,
    untimed,
    with_origin,
)
from fanecon.loaders.wording import many
from fanecon.schema import FileError
from fanecon.tables import CASCADE_NODES, EVENTS, ITEMS

WHAT = "an answer of Weibo (official interface, m.weibo.cn or weibo.com)"
MARKUP = "Markup of the page is taken out of the text."

_NODES = Spec(
    name="weibo_json",
    what=WHAT,
    signs=(("idstr", "created_at"),),
    table=CASCADE_NODES,
    fields=fields(
        {
            "node_id": "id!! idstr",
            "cascade_id": "id!! retweeted_status.idstr",
            "actor_id": "id user.idstr",
            "name": "text user.screen_name",
            "when": "time! created_at",
            "followers": "count user.followers_count",
            "text": "text text",
            "root_when": "time retweeted_status.created_at",
            "root_actor": "id retweeted_status.user.idstr",
            "root_followers": "count retweeted_status.user.followers_count",
            "root_text": "text retweeted_status.text",
            "root_size": "count retweeted_status.reposts_count",
        }
    ),
    constants=NODE,
    tz=SHANGHAI,
    derive=reposts,
    remarks=untimed,
    lossy=(NO_PARENT, CRAWLED_FOLLOWERS, MARKUP),
)
_EVENTS = Spec(
    name="weibo_json",
    what=WHAT,
    signs=(("idstr", "created_at"),),
    table=EVENTS,
    fields=fields(
        {
            "event_id": "id!! idstr",
            "item_id": "id retweeted_status.idstr|status.idstr",
            "actor_id": "id user.idstr",
            "when": "time! created_at",
            "actor_followers": "count user.followers_count",
            "text": "text text",
        }
    ),
    constants={"action": "repost"},
    tz=SHANGHAI,
    derive=acts,
    lossy=(CRAWLED_FOLLOWERS, MARKUP),
)
_ITEMS = Spec(
    name="weibo_json",
    what=WHAT,
    signs=(("idstr", "created_at"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! idstr",
            "origin": "id retweeted_status.idstr",
            "author": "id user.idstr",
            "title": "text text",
            "published": "time!! created_at",
            "shares": "count reposts_count",
            "comments": "count comments_count",
            "likes": "count attitudes_count",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=posts,
    lossy=(EDITED, MARKUP),
)
_OF_POSTS = (
    _ITEMS,
    replace(
        _NODES, fields={"cascade_id": _NODES.fields["cascade_id"], **_NODES.fields}, keep=with_origin("cascade_id")
    ),
)
_SPECS: Mapping[str, tuple[Spec, ...]] = {
    "reposts": (_NODES, _EVENTS),
    "comments": (replace(_EVENTS, constants={"action": "comment"}),),
    "posts": _OF_POSTS,
}


def recognise(opened: tuple[Opened, ...]) -> str:
    """The keys of an answer, in every JSON file there is."""
    members = [one for one in opened if one.kind == "json"]
    found = members and all(looks_like(one) for one in members)
    if not found or any(one.recognise(opened) for one in weibo_records.FORMATS):
        return ""
    return "an error answer (ok or error_code)" if all(map(is_error, members)) else "the envelope and created_at"


def read_answers(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The tables of Weibo's answers, one or many files of one kind.

    Raises
    ------
    FileError
        If an answer is an error, if the files hold different things, or with every value that cannot be used.
    """
    found = each((one for one in opened if one.kind == "json"), lambda one: (one, records(one)))
    kinds = sorted({part.what for _, part in found})
    if len(kinds) > 1:
        raise FileError(
            opened[0].file, f"The files hold {' and '.join(kinds)}", "Put each kind into a folder of its own."
        )
    if kinds == ["reposts"]:
        found = each(found, lambda pair: (pair[0], _one_root(pair[0].file, pair[1])))
    reading = _captured(_SPECS[kinds[0]], [sheet(one, part) for one, part in found], ask)
    notes = (*_total_notes([part for _, part in found]), *reading.notes)
    for frame in reading.tables.values():
        frame.attrs["notes"] = notes
    return replace(reading, notes=notes, why=recognise(opened))


def _captured(specs: tuple[Spec, ...], opened: list[Opened], ask: Ask) -> Reading:
    """The tables; a refusal of relative times says how to give the moment of fetching."""
    try:
        return read_tables(specs, opened, ask)
    except FileError as error:
        if "moment of capture" not in error.problem:
            raise
        fix = "Say when the page was fetched: ask=Ask(captured_at=datetime(2026, 9, 4, 12, tzinfo=UTC))."
        raise FileError(error.file, error.problem, fix, at=error.places) from error


def _one_root(file: str, part: Found) -> Found:
    """The reposts, where those whose original is gone are of the one original that the others name."""
    named = {str(root["idstr"]): root for one in part.records if isinstance(root := one.get("retweeted_status"), dict)}
    bare = [one for one in part.records if "retweeted_status" not in one]
    if not bare:
        return part
    if len(named) != 1:
        problem = (
            f"{many(len(bare), 'repost does', 'reposts do')} not name the original, and the others name {len(named)}"
        )
        raise FileError(file, problem, "Fetch the answers with retweeted_status, one original per file.")
    root = {"idstr": next(iter(named))}
    return replace(part, records=[{"retweeted_status": root, **one} for one in part.records])


def _total_notes(parts: list[Found]) -> list[str]:
    """The declared totals against the rows, and what that means."""
    rows: dict[int, int] = defaultdict(int)
    for part in parts:
        if part.declared is not None:
            rows[part.declared] += len(part.records)
    return [
        f"The answers declare a total of {total:,} and hold {held:,} records: deleted and invisible ones are counted, "
        "and few pages are served."
        for total, held in rows.items()
        if total != held
    ]


FORMATS = (Format(name="weibo_json", what=WHAT, recognise=recognise, read=read_answers),)
