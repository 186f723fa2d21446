"""Answers of ``getarticletotal``, as articles or as days of articles.

Each answer lists, per article, one cumulative record per day for seven days; see :mod:`fanecon.loaders.wechat_series`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from fanecon.loaders.reading import Ask
from fanecon.loaders.rows import needed_day
from fanecon.loaders.spec import fields
from fanecon.loaders.wechat_calls import Built, Call, complain
from fanecon.loaders.wechat_list import PLATFORM, WINDOW
from fanecon.loaders.wechat_series import last_days, msgid, position, with_days, young_notes

_COUNTS = {
    "readers": "int_page_read_user",
    "reads": "int_page_read_count",
    "sharers": "share_user",
    "shares": "share_count",
    "savers": "add_to_fav_user",
    "saves": "add_to_fav_count",
}
_CHANNELS = {
    "session": "session",
    "history": "hist_msg",
    "moments": "feed",
    "friends": "friends",
    "other": "other",
    "recommend": "kanyikan",
    "search": "souyisou",
}
_SHARED_FROM = ("session", "moments", "other")
_PARTS = {
    **{f"{name}_readers": f"int_page_from_{word}_read_user" for name, word in _CHANNELS.items()},
    **{f"{name}_reads": f"int_page_from_{word}_read_count" for name, word in _CHANNELS.items()},
    **{f"{name}_sharers": f"feed_share_from_{_CHANNELS[name]}_user" for name in _SHARED_FROM},
    **{f"{name}_shares": f"feed_share_from_{_CHANNELS[name]}_cnt" for name in _SHARED_FROM},
}
_GROWING = _COUNTS | _PARTS

_WINDOW_NOTE = f"Counts are cumulative and stop after {WINDOW} days; window_days says how many an article has so far."
_DELIVERED_NOTE = "delivered (target_user) is the people the message went to, not all followers."
_PEOPLE_NOTE = "People do not add up over articles or channels: who reads twice in two places counts in both."
_MOMENTS_NOTE = (
    "sharers and shares of the channels session, moments and other are shares to Moments only, by where the "
    "sharer came from; all other shares stand in the channel 'all' alone."
)


def _build(frame: pd.DataFrame, ask: Ask) -> Built:
    rows = with_days(frame, _GROWING)
    wrong = list(_below_the_session(rows))
    if wrong:
        complain(rows, wrong, "Values are against one another")
    items = _items(rows)
    notes = (_WINDOW_NOTE, _DELIVERED_NOTE, _PEOPLE_NOTE, _MOMENTS_NOTE, *young_notes(items, WINDOW))
    daily = _daily(rows[rows["stat_date"].notna()])
    return Built(tables={"items": items, **({"item_daily": daily} if len(daily) else {})}, notes=notes)


def _below_the_session(rows: pd.DataFrame) -> Iterator[tuple[int, str, object]]:
    for unit, key in (("readers", "int_page_read_user"), ("reads", "int_page_read_count")):
        for at, (whole, part) in enumerate(zip(rows[unit], rows[f"session_{unit}"], strict=True)):
            if whole is not None and part is not None and whole < part:
                yield at, f"{key} is below that from the session, {part}", whole


def _items(rows: pd.DataFrame) -> pd.DataFrame:
    last = last_days(rows)
    through = zip(last["friends_reads"], last["moments_reads"], strict=True)
    return last.assign(
        platform=PLATFORM,
        kind="article",
        position=pd.Series([position(item) for item in last["item_id"]], dtype=object),
        notified=pd.Series([True if sent else None for sent in last["delivered"]], dtype=object),
        share_reads=pd.Series([None if a is None or b is None else a + b for a, b in through], dtype=object),
    )


def _daily(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per day for all channels, and one for each channel that is counted."""
    same = ["item_id", "stat_date", "lower_bound"]
    parts = [rows[[*same, "delivered", *_COUNTS, "extra"]].assign(channel="all", at=range(len(rows)), order=0)]
    for order, name in enumerate(_CHANNELS, 1):
        units = {
            f"{name}_{unit}": unit for unit in ("readers", "reads", "sharers", "shares") if f"{name}_{unit}" in rows
        }
        part = rows[[*same[:2], *units]].rename(columns=units).assign(channel=name, at=range(len(rows)), order=order)
        parts.append(part[part[[*units.values()]].notna().any(axis=1)])
    whole = pd.concat(parts, ignore_index=True).sort_values(["at", "order"], ignore_index=True)
    return whole.astype(object).where(whole.notna(), None).assign(cumulative=True)


TOTAL = Call(
    name="getarticletotal",
    what="articles with their days since publication (getarticletotal)",
    build=_build,
    fields=fields(
        {
            "item_id": "id! msgid",
            "published_date": "day! ref_date",
            "stat_date": "day stat_date",
            "days": "text details",
            "title": "text title",
            "url": "text url",
            "delivered": "count target_user",
            **{name: f"count {key}" for name, key in _GROWING.items()},
        }
    ),
    key=("item_id", "stat_date"),
    special={"item_id": msgid, "stat_date": needed_day},
    lossy=("target_user is the number of people at sending time, with group sending a part of the followers.",),
)
