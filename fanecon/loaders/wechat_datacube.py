"""The calls of WeChat's data interface before 2025: followers, reading and sharing of an account, messages.

Two codes with one name.  ``user_source`` says in getusersummary where a follower came from and in getuserread where
an article was opened; 0 is "other" in the first and "the session" in the second, and 99999999 in the second is the sum
of all, so that adding the rows doubles everything.  Every call therefore has a list of its own here.

Where a person came from is known for those who come, not for those who leave, so only the row of all sources has a net.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from fanecon.loaders.cells import Unreadable, count
from fanecon.loaders.reading import Ask
from fanecon.loaders.rows import rows_have
from fanecon.loaders.spec import fields
from fanecon.loaders.wechat_calls import Built, Call, as_objects
from fanecon.loaders.wechat_list import PLATFORM

ALL = 99999999
ACCOUNT = "account"
FOLLOWED_FROM = {
    **{0: "other", 1: "search", 17: "card", 30: "qr_code", 43: "menu", 51: "payment", 57: "article", 75: "article_ad"},
    **{78: "moments_ad", 100: "wechat_ad", 149: "mini_program", 161: "reprint", 176: "album", 200: "channels"},
    201: "live",
}
READ_FROM = {
    **{ALL: "all", 0: "session", 1: "friends", 2: "moments", 3: "tencent_weibo", 4: "history", 5: "other"},
    **{6: "recommend", 7: "search"},
}
SHARED_TO = {1: "to_friends", 2: "to_moments", 3: "to_tencent_weibo", 255: "to_other"}
MESSAGE = {1: "text", 2: "image", 3: "voice", 4: "video", 6: "link"}
INTERVAL = {0: "0", 1: "1-5", 2: "6-10", 3: ">10"}

_PEOPLE = "People do not add up over days, hours or channels: who reads twice in two places counts in both."
_QUIET = "Sources, hours and articles without activity have no row; that is a zero which the answer leaves out."
_COUNTS = {
    "readers": "count int_page_read_user",
    "reads": "count int_page_read_count",
    "original_readers": "count ori_page_read_user",
    "original_reads": "count ori_page_read_count",
    "sharers": "count share_user",
    "shares": "count share_count",
    "savers": "count add_to_fav_user",
    "saves": "count add_to_fav_count",
}
_ONLY_IN_ALL = ("original_readers", "original_reads", "savers", "saves")


def ref_hour(cell: object) -> int | None:
    """The hour of day in a ref_hour: 700 is the hour from 7 to 8.

    Raises
    ------
    Unreadable
        If it is none of 0, 100, … 2300.
    """
    found = count(cell).value
    if found is None:
        return None
    if found % 100 or found > 2300:
        raise Unreadable("not an hour (0, 100, … 2300)")
    return int(found) // 100


def labelled(codes: Sequence[object], names: Mapping[int, str], prefix: str = "") -> tuple[list[str], list[str]]:
    """The label of every code, `all` where there is none; and a note on codes that no documentation explains."""
    labels = ["all" if code is None else names.get(int(str(code)), f"{prefix}unknown_{code}") for code in codes]
    strange = sorted({int(str(code)) for code in codes if code is not None and int(str(code)) not in names})
    shown = ", ".join(map(str, strange))
    return labels, [f"Undocumented codes are kept as unknown: {shown}."] if strange else []


def _added(values: Sequence[object]) -> int | None:
    return None if any(value is None for value in values) else sum(int(str(value)) for value in values)


def _summary(frame: pd.DataFrame, ask: Ask) -> Built:
    labels, notes = labelled(frame["code"].tolist(), FOLLOWED_FROM)
    named = frame.assign(source=labels, source_code=frame["code"], platform=PLATFORM)
    days = [
        {"date": on, **{name: _added(rows[name].tolist()) for name in ("followers_new", "followers_lost")}}
        for on, rows in named[named["source"] != "all"].groupby("date", sort=True)
        if on not in set(named.loc[named["source"] == "all", "date"])
    ]
    sums = as_objects({name: [day[name] for day in days] for name in ("date", "followers_new", "followers_lost")})
    whole = pd.concat([named, sums.assign(source="all", platform=PLATFORM)], ignore_index=True).astype(object)
    whole = whole.where(whole.notna(), None)
    parts = zip(whole["source"], whole["followers_new"], whole["followers_lost"], strict=True)
    net = [None if source != "all" or None in (new, lost) else new - lost for source, new, lost in parts]
    made = whole.assign(followers_net=pd.Series(net, dtype=object))
    made = made.sort_values(["date", "source"], ignore_index=True, kind="stable")
    return Built(tables={"accounts_daily": made}, notes=(_SUMMED, _QUIET, *notes))


_SUMMED = (
    "The rows 'all' are the sums over the sources of a day: a person comes through one source, so these people add up. "
    "Lost followers are not told by the source through which they once came, so only 'all' has a net change."
)


def _cumulate(frame: pd.DataFrame, ask: Ask) -> Built:
    notes = ["user_source of getusercumulate is 0 in every row and means nothing: the total is of all followers."]
    used = any(code not in (None, 0) for code in frame["code"])
    notes = ["getusercumulate has other codes than 0; its rows are taken as totals all the same."] if used else notes
    made = frame.assign(source="all", platform=PLATFORM).sort_values("date", ignore_index=True)
    return Built(tables={"accounts_daily": made}, notes=tuple(notes))


def _reading_rows(frame: pd.DataFrame, item: Sequence[object]) -> tuple[pd.DataFrame, list[str]]:
    """Reading by channel: parts without the counts that only the row of all channels has, the rest in `extra`."""
    labels, notes = labelled(frame["code"].tolist(), READ_FROM)
    made = frame.assign(item_id=pd.Series(list(item), dtype=object), channel=labels, cumulative=False)
    part = made["channel"] != "all"
    for name in _ONLY_IN_ALL:
        empty = part & (made[name] == 0)
        made[name] = made[name].where(~empty, None)
    made["extra"] = [{**row["extra"], **_originals(row)} for row in made.to_dict("records")]
    return made, [*notes, *(_PART_NOTES if part.any() else ()), *_sum_notes(made)]


def _originals(row: Mapping[str, object]) -> dict[str, object]:
    names = {"original_readers": "ori_page_read_user", "original_reads": "ori_page_read_count"}
    return {key: row[name] for name, key in names.items() if row[name] is not None}


_PART_NOTES = (
    "The row 'all' (99999999) is not the sum of the channels, which overlap in people: use one or the other.",
    "Saves and original-page reads are told for all channels together only; in a channel they are missing, not zero.",
)


def _sum_notes(made: pd.DataFrame) -> list[str]:
    key = ["item_id", "date", *(["hour"] if "hour" in made else [])]
    known = made[made["readers"].notna()].assign(readers=lambda rows: rows["readers"].astype(int))
    whole = known[known["channel"] == "all"].groupby(key, dropna=False)["readers"].first()
    parts = known[known["channel"] != "all"].groupby(key, dropna=False)["readers"].max()
    below = [index for index in parts.index if index in whole.index and whole[index] < parts[index]]
    lone = sum(index not in whole.index for index in parts.index)
    days = ", ".join(str(index[1]) for index in below[:5])
    return [
        *([f"One channel has more readers than all together on {days}."] if below else []),
        *([f"{rows_have(lone).replace('row', 'day')} channels but no row 99999999 for all of them."] if lone else []),
    ]


def _userread(frame: pd.DataFrame, ask: Ask) -> Built:
    made, notes = _reading_rows(frame, [ACCOUNT] * len(frame))
    made = made.assign(stat_date=made["date"])
    return Built(tables={"item_daily": made}, notes=(_PEOPLE, _QUIET, *notes))


def _articlesummary(frame: pd.DataFrame, ask: Ask) -> Built:
    made, notes = _reading_rows(frame, frame["item_id"].tolist())
    named = zip(made["extra"], made["title"], made["url"], strict=True)
    made["extra"] = [
        {**{key: value for key, value in (("title", t), ("url", u)) if value}, **extra} for extra, t, u in named
    ]
    made = made.assign(stat_date=made["date"])
    return Built(tables={"item_daily": made}, notes=(_DAILY, _PEOPLE, *notes))


_DAILY = "Counts are of one day (stat_date), of articles of any age; they are not cumulative."


def _usershare(frame: pd.DataFrame, ask: Ask) -> Built:
    labels, notes = labelled(frame["code"].tolist(), SHARED_TO, "to_")
    made = frame.assign(item_id=ACCOUNT, stat_date=frame["date"], channel=labels, cumulative=False)
    told = "A channel is where an article was shared to (to_friends, to_moments), not where it was read."
    whole = "There is no row 'all': shares may be added over the scenes, sharers may not."
    return Built(tables={"item_daily": made}, notes=(told, whole, _QUIET, *notes))


def _messages(frame: pd.DataFrame, ask: Ask) -> Built:
    period, how = _period(frame)
    types, strange = labelled(frame["msg_code"].tolist(), MESSAGE) if "msg_code" in frame else ([], [])
    made = frame.assign(period=period, **({"msg_type": types} if types else {}))
    if "interval_code" in frame:
        labels, strange = labelled(frame["interval_code"].tolist(), INTERVAL)
        made["interval"] = labels
    people = "msg_users are people per row: who sent a text and a picture counts in both."
    return Built(tables={"messages_daily": made}, notes=(how, people, *strange))


def _period(frame: pd.DataFrame) -> tuple[str, str]:
    """Day, hour, week or month; hour is told by the record, the others by the file's name or by the days in it."""
    if "hour" in frame and frame["hour"].notna().any():
        return "hour", "Counts are per hour."
    for word in ("week", "month"):
        if all(word in str(file).casefold() for file in frame["file"]):
            return word, f"Counts are taken as per {word} because the file's name says so; the records do not."
    days = sorted(set(frame["date"]))
    for word, starts in (("week", _mondays), ("month", _firsts)):
        if len(days) > 1 and all(starts(on) for on in days):
            return word, f"Counts are taken as per {word} because every ref_date begins one; the records do not say."
    return "day", "Counts are taken as per day; answers for weeks and months look alike and begin on such a day."


def _mondays(on: dt.date) -> bool:
    return on.weekday() == 0


def _firsts(on: dt.date) -> bool:
    return on.day == 1


_DATE = "day! ref_date"
_HOUR = {"hour": ref_hour}
_LOSSY_READ = ("user_source 6 and 7 (recommend, search) exist since about 2018, 'all' since about 2020.",)
_LOSSY_SHARE = ("Sharers over scenes overlap: the number of people who shared at all is not told.",)
_LOSSY_MESSAGE = ("Whether a record is of a day, a week or a month is not in the answer.",)

CALLS: tuple[Call, ...] = (
    Call(
        name="getusersummary",
        what="new and lost followers per day and source (getusersummary)",
        build=_summary,
        fields=fields(
            {
                "date": _DATE,
                "code": "count user_source",
                "followers_new": "count new_user",
                "followers_lost": "count cancel_user",
            }
        ),
        key=("date", "code"),
        lossy=("Who leaves and comes back counts as new twice.",),
    ),
    Call(
        name="getusercumulate",
        what="all followers per day (getusercumulate)",
        build=_cumulate,
        fields=fields({"date": _DATE, "code": "count user_source", "followers_total": "count! cumulate_user"}),
        key=("date",),
    ),
    Call(
        name="getarticlesummary",
        what="articles read on one day (getarticlesummary)",
        build=_articlesummary,
        fields=fields(
            {
                "date": _DATE,
                "item_id": "id! msgid",
                "title": "text title",
                "url": "text url",
                "code": "count user_source",
                **_COUNTS,
            }
        ),
        key=("date", "item_id", "code"),
        lossy=(
            "Articles with fewer than three readers, sharers and savers together are left out by WeChat: sums over "
            "articles stay below the account's total.",
        ),
    ),
    *(
        Call(
            name=name,
            what=f"reading of all articles per {unit} and channel ({name})",
            build=_userread,
            fields=fields({"date": _DATE, "code": "count user_source", **hour, **_COUNTS}),
            key=("date", *hour, "code"),
            special=_HOUR if hour else {},
            lossy=_LOSSY_READ,
        )
        for name, unit, hour in (("getuserread", "day", {}), ("getuserreadhour", "hour", {"hour": "count! ref_hour"}))
    ),
    *(
        Call(
            name=name,
            what=f"sharing of all articles per {unit} and scene ({name})",
            build=_usershare,
            fields=fields(
                {
                    "date": _DATE,
                    "code": "count! share_scene",
                    "sharers": "count share_user",
                    "shares": "count share_count",
                    **hour,
                }
            ),
            key=("date", *hour, "code"),
            special=_HOUR if hour else {},
            lossy=_LOSSY_SHARE,
        )
        for name, unit, hour in (("getusershare", "day", {}), ("getusersharehour", "hour", {"hour": "count! ref_hour"}))
    ),
    Call(
        name="getupstreammsg",
        what="messages from followers by type, per hour, day, week or month (getupstreammsg)",
        build=_messages,
        fields=fields(
            {
                "date": _DATE,
                "hour": "count ref_hour",
                "msg_code": "count! msg_type",
                "msg_users": "count msg_user",
                "msg_count": "count msg_count",
            }
        ),
        key=("date", "hour", "msg_code"),
        special=_HOUR,
        lossy=_LOSSY_MESSAGE,
        sources=("getupstreammsghour",),
    ),
    Call(
        name="getupstreammsgdist",
        what="senders of messages by how many they sent (getupstreammsgdist)",
        build=_messages,
        fields=fields({"date": _DATE, "interval_code": "count! count_interval", "msg_users": "count msg_user"}),
        key=("date", "interval_code"),
        lossy=_LOSSY_MESSAGE,
    ),
)
