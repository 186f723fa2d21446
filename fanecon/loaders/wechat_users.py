"""Followers one by one: who follows and since when (user/get, user/info), and pushes of follow and unfollow.

`subscribe_time` is the time of the *latest* follow.  Who followed in March, left in April and came back in June stands
here as a follower since June; a survival curve that takes it for the first follow is wrong where it matters.  Only the
pushes tell of leaving.  Open ids are people: they become keyed pseudonyms unless the caller keeps them.

A QR code's scene is kept as campaign_id.  Where codes were given out to persons it names the inviter; the answer does
not say which of the two it is.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pandas as pd

from fanecon.loaders.files import Opened
from fanecon.loaders.personal import notes_on
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import fields
from fanecon.loaders.wechat_answers import Record
from fanecon.loaders.wechat_calls import Built, Call, read_parts, read_records
from fanecon.loaders.xmltree import texts, tree
from fanecon.schema import FileError, Place

_PUSH = re.compile(r"<xml>.*?</xml>", re.DOTALL)
_PUSHED = {"subscribe": "subscribe", "unsubscribe": "unsubscribe", "scan": "scan"}
_LATEST = "The time of a follow is that of the latest one (subscribe_time): earlier follows and leaves are not told."
_SCENE = "campaign_id is the scene of the QR code; where codes were given to persons it names the inviter."


def _events(frame: pd.DataFrame) -> pd.DataFrame:
    """What all tables of acts share: ids made of pseudonyms, and how exactly times are known."""
    people = frame["openid"].tolist()
    times = [None if one is None else "s" for one in frame["time"]]
    ids = [
        f"{act}:{who}:{'' if at is None else int(at.timestamp())}"
        for act, who, at in zip(frame["action"], people, frame["time"], strict=True)
    ]
    told = [None if one is None else "given" for one in frame["time"]]
    objects = {"event_id": ids, "actor_id": people, "time_precision": times, "tz_source": told}
    return frame.assign(**{name: pd.Series(values, dtype=object) for name, values in objects.items()})


def _listed(frame: pd.DataFrame, ask: Ask) -> Built:
    made = _events(frame.assign(action="subscribe", status="subscribed", time=None))
    total = max((one for one in frame["total"] if one is not None), default=None)
    short = total is not None and total > len(frame)
    notes = [
        "user/get names followers without times.",
        *([f"{len(frame)} of {total} followers are in the answers: pages are missing."] if short else []),
    ]
    return Built(tables={"events": made}, notes=(*notes, *notes_on(["openid"], ask)))


def _told(frame: pd.DataFrame, ask: Ask) -> Built:
    gone: list[bool] = [one is False for one in frame["subscribe"]]
    scenes = zip(frame["scene_text"], frame["scene"], strict=True)
    columns: dict[str, list[object]] = {
        "action": ["unsubscribe" if left else "subscribe" for left in gone],
        "status": ["not subscribed" if left else "subscribed" for left in gone],
        "campaign_id": [text or (None if code in (None, 0) else str(code)) for text, code in scenes],
        "extra": [_kept(row, ask) for row in frame.to_dict("records")],
    }
    made = _events(frame.assign(**{name: pd.Series(values, dtype=object) for name, values in columns.items()}))
    notes = [
        _LATEST,
        *([_SCENE] if any(one for one in columns["campaign_id"]) else []),
        *([_not_following(sum(gone))] if any(gone) else []),
    ]
    return Built(tables={"events": made}, notes=(*notes, *notes_on(["openid", "unionid"], ask)))


def _not_following(count: int) -> str:
    words = "1 account does" if count == 1 else f"{count} accounts do"
    return (
        f"{words} not follow now (action unsubscribe, status not subscribed): when they left is unknown, and an "
        "openid that never followed looks the same."
    )


def _kept(row: dict[str, object], ask: Ask) -> dict[str, object]:
    """What an answer says of a follower beyond the act, without names and pictures."""
    extra = row["extra"] if isinstance(row["extra"], dict) else {}
    hidden = {"nickname", "headimgurl", "remark"}
    rest = {name: value for name, value in extra.items() if ask.personal or name not in hidden}
    return {**({"subscribe_scene": row["subscribe_scene"]} if row["subscribe_scene"] else {}), **rest}


CALLS: tuple[Call, ...] = (
    Call(
        name="user_get",
        what="the openids of an account's followers (user/get)",
        build=_listed,
        fields=fields(
            {
                "openid": "openid! openid",
                "total": "count total",
                "count": "count count",
                "next_openid": "text next_openid",
            }
        ),
        key=("openid",),
        lossy=("Followers have no time of follow here: ask user/info for it.",),
    ),
    Call(
        name="user_info",
        what="followers with the time of their latest follow (user/info)",
        build=_told,
        fields=fields(
            {
                "openid": "openid! openid",
                "subscribe": "flag! subscribe",
                "time": "unix subscribe_time",
                "subscribe_scene": "text subscribe_scene",
                "scene": "count qr_scene",
                "scene_text": "text qr_scene_str",
            }
        ),
        key=("openid",),
        lossy=(
            "subscribe_time is the latest follow, not the first: survival analyses that take it for the first are "
            "biased.",
            "Who left is known only as not following now; nickname, sex and city are empty since the end of 2021.",
        ),
    ),
)


def _pushed(frame: pd.DataFrame, ask: Ask) -> Built:
    scenes = [re.sub("^qrscene_", "", str(one)) if one else None for one in frame["key"]]
    made = _events(frame.assign(campaign_id=pd.Series(scenes, dtype=object)))
    notes = [_SCENE] if any(scenes) else []
    scanned = sum(one == "scan" for one in frame["action"])
    notes += [f"{scanned} scans by people who followed already are kept as action scan."] if scanned else []
    return Built(tables={"events": made}, notes=(*notes, *notes_on(["FromUserName"], ask)))


PUSH = Call(
    name="event_push",
    what="pushes of follow and unfollow (event XML)",
    build=_pushed,
    fields=fields(
        {
            "account_id": "text ToUserName",
            "openid": "openid! FromUserName",
            "time": "unix! CreateTime",
            "action": "text! Event",
            "key": "text EventKey",
            "kind": "text MsgType",
        }
    ),
    key=("openid", "time", "action"),
    special={"action": lambda cell: _PUSHED.get(str(cell).strip().casefold())},
    lossy=("Pushes that the server did not receive are not there: leaves may be missing.",),
)


def _recognise(opened: tuple[Opened, ...]) -> str:
    pushed = all("<FromUserName>" in one.text and "<CreateTime>" in one.text for one in opened)
    sealed = all("<ToUserName>" in one.text and "<Encrypt>" in one.text for one in opened)
    return "the elements ToUserName, FromUserName of WeChat's pushes" if opened and (pushed or sealed) else ""


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    dropped: Counter[str] = Counter()
    records = [record for found in each(opened, lambda one: _records(one, dropped)) for record in found]
    if not records:
        raise FileError(opened[0].file, "There is no push of a follow, an unfollow or a scan", "Save those pushes.")
    frame, notes = read_records(PUSH, records, ask)
    return read_parts(PUSH, opened, (frame, notes), dropped=dropped, ask=ask)


def _records(opened: Opened, dropped: Counter[str]) -> list[Record]:
    found: list[Record] = []
    pushes = _PUSH.findall(opened.text)
    if not pushes:
        raise FileError(opened.file, "The XML holds no whole <xml>…</xml>", "It was cut off: save the push again.")
    for row, text in enumerate(pushes, 2):
        if "<Encrypt>" in text and "<FromUserName>" not in text:
            problem, fix = "The push is encrypted", "Decrypt it with the key of your server before saving."
            raise FileError(opened.file, problem, fix, at=[Place(row=row)])
        cells = {name: value or None for name, value in texts(tree(replace(opened, text=text))).items()}
        if (None, row) in opened.left_out:
            continue
        if str(cells.get("Event", "")).casefold() in _PUSHED:
            found.append(Record(file=opened.file, row=row, call=PUSH.name, cells=cells))
        else:
            dropped["other pushes"] += 1
    return found


FORMATS: tuple[Format, ...] = (Format(name="wechat_event_push", what=PUSH.what, recognise=_recognise, read=_read),)
