"""The calls of WeChat's data interface since November 2025: people only, by the Chinese name of the channel.

There are no times any more and no number of people delivered.  ``detail_list`` counts since publication again, while
getarticleread counts one day; the same key means the one in the first and the other in the second.  Every channel
list has a row 全部 which is the total, not a channel; and an answer marked ``is_delay`` is not final.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from fanecon.loaders.cells import Share, Unreadable, count, number, share
from fanecon.loaders.reading import Ask
from fanecon.loaders.rows import needed_day
from fanecon.loaders.spec import fields
from fanecon.loaders.wechat_calls import Built, Call, as_objects, complain
from fanecon.loaders.wechat_datacube import ACCOUNT
from fanecon.loaders.wechat_list import PLATFORM
from fanecon.loaders.wechat_series import last_days, msgid, position, with_days, young_notes
from fanecon.loaders.wechat_words import channel_of
from fanecon.loaders.wording import many

WINDOW = 30
_COUNTS = {
    "readers": "count read_user",
    "sharers": "count share_user",
    "looks": "count zaikan_user",
    "likes": "count like_user",
    "comments": "count comment_count",
    "savers": "count collection_user",
}
_ARTICLE = {
    "revenue_minor": "fen praise_money",
    "followers_gained": "count read_subscribe_user",
    "delivered_rate": "share read_delivery_rate",
    "finish_rate": "share read_finish_rate",
    "minutes": "real read_avg_activetime",
}
_ONLY_PEOPLE = "This generation counts people only: reads and shares (times) are unknown, not zero."
_PEOPLE = "People do not add up over days, articles or channels: who reads twice in two places counts in both."
_LIKES = "likes and looks count people here; a person can give one of each."
_CUMULATIVE = f"Counts are cumulative and stop after {WINDOW} days; window_days says how many an article has so far."
_UNDELIVERED = (
    "delivered is not in the answer; read_delivery_rate (delivered_rate) does not say which readers it counts."
)

Channels = tuple[tuple[str, int], ...]


def channels(cell: object) -> Channels:
    """The readers by channel in a `read_user_source`.

    Raises
    ------
    Unreadable
        If it is no list of channels and counts, or names one twice.
    """
    try:
        listed = json.loads(str(cell or "[]"))
        found = tuple((channel_of(str(one["scene_desc"])), _counted(one["user_count"])) for one in listed)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("no list of channels (scene_desc, user_count)") from error
    if len({name for name, _ in found}) < len(found):
        raise Unreadable("a channel stands twice")
    return found


def _counted(cell: object) -> int:
    found = count(cell).value
    if found is None:
        raise Unreadable("a channel without a count")
    return int(found)


def _part(cell: object) -> Share:
    """A share of people; above 1 it is written in another scale than the others."""
    found = share(cell)
    if found.value is not None and found.value > 1:
        raise Unreadable("a share above 1 (shares are fractions here)")
    return found


def _minutes(cell: object) -> Share:
    found = number(cell)
    if found.value is not None and found.value < 0:
        raise Unreadable("a time below zero")
    return Share(found.value)


def _final(frame: pd.DataFrame) -> pd.Series:
    return pd.Series([None if late is None else not late for late in frame["is_delay"]], dtype=object)


def _split(frame: pd.DataFrame, counts: Sequence[str], same: Mapping[str, object]) -> tuple[pd.DataFrame, list[str]]:
    """One row per record for all channels and one per channel; and a note where 全部 is not the total."""
    rows: list[dict[str, object]] = []
    differ = 0
    for record in frame.to_dict("records"):
        whole = {name: record.get(name) for name in ("item_id", "stat_date", "is_final", *counts)}
        parts = dict(record["source"] or ())
        told = parts.pop("all", None)
        differ += None not in (told, whole["readers"]) and told != whole["readers"]
        whole["readers"] = told if whole["readers"] is None else whole["readers"]
        rows.append({**whole, "channel": "all", "extra": record["extra"], "lower_bound": record["lower_bound"]})
        key = {name: whole[name] for name in ("item_id", "stat_date", "is_final")}
        rows += [{**key, "channel": name, "readers": people} for name, people in parts.items()]
    names = dict.fromkeys(name for row in rows for name in row)
    made = as_objects({name: [row.get(name) for row in rows] for name in names}).assign(**same)
    return made, [f"全部 is not read_user in {many(differ, 'record', 'records')}; read_user is kept."] if differ else []


def _late(frame: pd.DataFrame) -> list[str]:
    late = sum(one is True for one in frame["is_delay"])
    untold = sum(one is None for one in frame["is_delay"])
    return [
        *(
            [f"{many(late, 'record is', 'records are')} not final (is_delay): ask for these days again."]
            if late
            else []
        ),
        *([f"{many(untold, 'record does', 'records do')} not say whether the numbers are final."] if untold else []),
    ]


def _daily(frame: pd.DataFrame, ask: Ask) -> Built:
    made = frame.assign(stat_date=frame["date"], is_final=_final(frame))
    made = made if "item_id" in made else made.assign(item_id=ACCOUNT)
    made = made if "source" in made else made.assign(source=None)
    made = made if "readers" in made else made.assign(readers=None)
    counts = [name for name in _COUNTS if name in made]
    rows, notes = _split(made, counts, {"cumulative": False})
    likes = [_LIKES] if "likes" in frame else []
    return Built(tables={"item_daily": rows}, notes=(_DAY, _ONLY_PEOPLE, _PEOPLE, *likes, *notes, *_late(frame)))


_DAY = "Counts are of one day (stat_date); they are not cumulative."


def _totals(frame: pd.DataFrame, ask: Ask) -> Built:
    rows = with_days(frame, {"readers": "read_user", "sharers": "share_user"})
    wrong = list(_falling_channels(rows))
    if wrong:
        complain(rows, wrong, "Values are against one another")
    rows["is_final"] = _final(rows)
    items = _items(rows)
    dated = _described(rows[rows["stat_date"].notna()])
    daily, notes = _split(dated, [*_COUNTS, "followers_gained", "finish_rate"], {"cumulative": True})
    told = (_CUMULATIVE, _ONLY_PEOPLE, _UNDELIVERED, _PEOPLE, _LIKES, *young_notes(items, WINDOW), *notes, *_late(rows))
    return Built(tables={"items": items, **({"item_daily": daily} if len(daily) else {})}, notes=told)


def _falling_channels(rows: pd.DataFrame) -> Iterator[tuple[int, str, object]]:
    before: dict[tuple[str, str], int] = {}
    for at, (item, source) in enumerate(zip(rows["item_id"], rows["source"], strict=True)):
        for name, people in source or ():
            if people < before.get((item, name), 0):
                yield at, f"read_user_source of {name} falls from {before[item, name]}", people
            before[item, name] = people


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """The days with what a table of days has no column for in `extra`."""
    kept = {"praise_money": "revenue_minor", "read_delivery_rate": "delivered_rate", "read_avg_activetime": "minutes"}
    extra = [
        {**{key: row[name] for key, name in kept.items() if row[name] is not None}, **row["extra"]}
        for row in rows.to_dict("records")
    ]
    return rows.assign(extra=pd.Series(extra, dtype=object, index=rows.index))


def _items(rows: pd.DataFrame) -> pd.DataFrame:
    last = last_days(rows)
    session = [dict(source or ()).get("session") for source in last["source"]]
    columns = {
        "position": [position(item) for item in last["item_id"]],
        "notified": [{0: True, 1: False}.get(code) for code in last["publish_type"]],
        "session_readers": session,
        "avg_seconds": [None if minutes is None else 60 * minutes for minutes in last["minutes"]],
        "currency": [None if money is None else "CNY" for money in last["revenue_minor"]],
        "delivered_rate_numerator": [None if rate is None else "people" for rate in last["delivered_rate"]],
        "extra": [
            {**extra, **({"publish_type": code} if code not in (None, 0, 1) else {})}
            for extra, code in zip(last["extra"], last["publish_type"], strict=True)
        ],
    }
    return last.assign(platform=PLATFORM, kind="article", **{n: pd.Series(c, dtype=object) for n, c in columns.items()})


_SAME = {"date": "day! ref_date", "is_delay": "flag is_delay"}
_SOURCE = {"source": "text read_user_source"}
_LOSSY = ("Readers by channel overlap: one person may come through two.",)

CALLS: tuple[Call, ...] = (
    Call(
        name="getarticleread",
        what="readers of articles on one day by channel (getarticleread)",
        build=_daily,
        fields=fields({"item_id": "id! msgid", "readers": "count read_user", **_SOURCE, **_SAME}),
        key=("item_id", "date"),
        special={"item_id": msgid, "source": channels},
        lossy=_LOSSY,
    ),
    Call(
        name="getarticleshare",
        what="sharers of articles on one day (getarticleshare)",
        build=_daily,
        fields=fields({"item_id": "id! msgid", "sharers": "count share_user", **_SAME}),
        key=("item_id", "date"),
        special={"item_id": msgid},
        lossy=("Where an article was shared to is not told.",),
    ),
    Call(
        name="getbizsummary",
        what="readers of all articles of an account per day and channel (getbizsummary)",
        build=_daily,
        fields=fields({**_COUNTS, **_SOURCE, **_SAME}),
        key=("date",),
        special={"source": channels},
        lossy=_LOSSY,
    ),
    Call(
        name="getarticletotaldetail",
        what="articles with their days since publication, people only (getarticletotaldetail)",
        build=_totals,
        fields=fields(
            {
                "item_id": "id! msgid",
                "published_date": "day! ref_date",
                "stat_date": "day stat_date",
                "days": "text detail_list",
                "title": "text title",
                "url": "text content_url|url",
                "publish_type": "count publish_type",
                "is_delay": "flag is_delay",
                **_SOURCE,
                **_COUNTS,
                **_ARTICLE,
            }
        ),
        key=("item_id", "stat_date"),
        special={
            **{
                "item_id": msgid,
                "stat_date": needed_day,
                "source": channels,
                "finish_rate": _part,
                "delivered_rate": _part,
            },
            "minutes": _minutes,
        },
        lossy=(
            *_LOSSY,
            "Counts of likes and looks may fall, when people take them back.",
            "Whether read_delivery_rate can exceed 1 is not documented; a value above 1 is refused.",
        ),
    ),
)
