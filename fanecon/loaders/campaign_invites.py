"""Invitations: what a poster tool notes of who brought whom, and the promoters of a knowledge shop.

A poster tool writes one row per act, so that one invited person stands in several; and staff scan their own posters.
A promoter's inviter is a nickname with a phone beside it at best: the phone is what tells two of one name apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from fanecon.loaders.campaign_events import (
    NICKNAMES,
    SHANGHAI,
    act,
    events_format,
    first_of,
    into_extra,
    known_as,
    on_actors,
)
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.rows import Header, rows_have
from fanecon.loaders.spec import Columns, Spec, fields
from fanecon.tables import EVENTS

_FILE = re.compile(r"【邀请明细】(?P<campaign>.+?)(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?: ?\([0-9]+\))?\.[a-z]+")


def _details_of(spec: Spec, opened: Opened, header: Header) -> Spec:
    found = _FILE.fullmatch(PurePosixPath(opened.file).name)
    if found is None:
        return spec
    name, saved = found["campaign"], f", saved on {found['day']}" if found["day"] else ""
    constants = {**spec.constants, "campaign_id": name}
    return replace(spec, constants=constants, notes=(f"The campaign '{name}'{saved} is from the name of the file.",))


def _details(columns: Columns, ask: Ask) -> None:
    columns["actor_id"] = first_of(columns, "openid", "phone", "nickname")
    columns["inviter_id"] = first_of(columns, "inviter_openid", "inviter_phone", "inviter_nickname", "inviter_name")
    columns["status"] = columns["did"]
    columns["action"] = [act(word) for word in columns["did"]]
    same = [
        a is not None and a == b for a, b in zip(columns.get("name", []), columns.get("inviter_name", []), strict=False)
    ]
    itself = [a is not None and a == b for a, b in zip(columns["actor_id"], columns["inviter_id"], strict=True)]
    flags = [one or other for one, other in zip(same or itself, itself, strict=True)]
    columns["own_poster"] = ["the inviter and the invited have one name" if one else None for one in flags]
    into_extra(
        columns,
        {
            "nickname": "被邀请人昵称",
            "name": "被邀请人姓名",
            "inviter_name": "邀请人姓名",
            "inviter_nickname": "邀请人昵称",
            "own_poster": "own_poster",
        },
    )


def _on_details(columns: Columns, ask: Ask) -> Iterable[str]:
    invited = {one for one in columns["actor_id"] if one is not None}
    yield f"{len(columns['_row'])} rows are acts of {len(invited)} invited people: one row per act, not per person."
    own = sum(one is not None for one in columns["own_poster"])
    if own:
        yield f"{rows_have(own)} inviter and invited of one name: an own poster may have been scanned (own_poster)."
    yield from _unknown_acts(columns)
    yield from on_actors(columns, ask)


def _unknown_acts(columns: Columns) -> Iterable[str]:
    words = [word for word, one in zip(columns["status"], columns["action"], strict=True) if one == "other"]
    if words:
        some = ", ".join(str(word) for word, _ in Counter(words).most_common(5))
        yield f"{rows_have(len(words))} an act that is none of the known ones (action 'other'): {some}."


INVITE_DETAILS = Spec(
    name="invite_details",
    what="the invitations of a poster tool (邀请明细)",
    signs=(("被邀请人openid", "行为内容"), ("被邀请人昵称", "行为内容"), ("邀请人姓名", "被邀请人昵称")),
    table=EVENTS,
    fields=fields(
        {
            "openid": "openid 被邀请人openid",
            "phone": "phone 被邀请人手机号",
            "nickname": "nickname 被邀请人昵称",
            "name": "name 被邀请人姓名",
            "inviter_openid": "openid 邀请人openid",
            "inviter_phone": "phone 邀请人手机号",
            "inviter_nickname": "nickname 邀请人昵称",
            "inviter_name": "name 邀请人姓名",
            "did": "text! 行为内容|行为",
            "when": "time 行为时间|操作时间|扫码时间|参与时间|创建时间|时间",
        }
    ),
    tz=SHANGHAI,
    derive=_details,
    remarks=_on_details,
    lossy=("Rows of the team's own tests stand among the others.", "The name of the time column is not documented."),
)


def _promoters(columns: Columns, ask: Ask) -> None:
    """The inviter as a promoter of the list where the phone is one promoter's; else the phone, nickname or name."""
    ids = columns["actor_id"]
    by_phone = known_as(columns, "bound", "applied")
    known = first_of(columns, "inviter_phone", "inviter_nickname", "inviter_name")
    columns["inviter_id"] = [by_phone.get(one, one) for one in known]
    columns["action"] = ["join"] * len(ids)
    labels = {"nickname": "推广员昵称", "bound": "账户绑定手机号", "applied": "申请手机号"}
    into_extra(columns, {**labels, "inviter_nickname": "邀请人昵称", "inviter_name": "邀请人姓名"})


def _on_promoters(columns: Columns, ask: Ask) -> Iterable[str]:
    if "inviter_nickname" in columns:
        yield f"Inviters are phones where there is one, and promoters where the phone is one's. {NICKNAMES}"
    if columns.get("time") is None:
        yield "The list has no times: when a promoter joined is not known."


PROMOTERS = Spec(
    name="promoters",
    what="a list of promoters (推广员列表)",
    signs=(("推广员id",), ("推广员昵称", "邀请人昵称")),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": "id! 推广员id",
            "nickname": "nickname 推广员昵称",
            "bound": "phone 账户绑定手机号|绑定手机号",
            "applied": "phone 申请手机号",
            "inviter_nickname": "nickname 邀请人昵称",
            "inviter_name": "name 邀请人姓名",
            "inviter_phone": "phone 邀请人手机号",
            "when": "time 申请时间|加入时间|成为推广员时间|审核时间",
        }
    ),
    tz=SHANGHAI,
    derive=_promoters,
    remarks=_on_promoters,
)

FORMATS: tuple[Format, ...] = (events_format(INVITE_DETAILS, adapt=_details_of), events_format(PROMOTERS))
