"""The log that a team keeps of its own campaign: any header, as long as it says who took part and who brought them.

It is asked last.  A table is taken for such a log when it names a participant and an inviter or a payout account; what
kind of id an inviter is (an open id, a phone, a nickname) is found by looking where else in the file its values stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fanecon.loaders.campaign_events import (
    NICKNAMES,
    SHANGHAI,
    act,
    events_format,
    first_of,
    known_as,
    on_actors,
    unit_of,
    who,
)
from fanecon.loaders.cells import heading, is_missing, plain
from fanecon.loaders.columns import tallied
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.rows import Header
from fanecon.loaders.spec import Columns, Spec, fields
from fanecon.loaders.vectors import each
from fanecon.tables import EVENTS

_ACTORS = ("openid", "uid", "phone", "mail", "nickname")
_INVITERS = ("inviter_openid", "inviter_uid", "inviter_phone", "inviter_nickname", "inviter")


def _log_of(spec: Spec, opened: Opened, header: Header) -> Spec:
    """The Spec for one log: Beijing time only under a Chinese header, and what kind of id an inviter is."""
    chinese = any("\u4e00" <= letter <= "\u9fff" for cell in header.cells for letter in str(cell))
    fitted = unit_of(replace(spec, tz=SHANGHAI if chinese else None), opened, header)
    if "inviter" not in header.columns:
        return fitted
    brought = _values(header, "inviter")
    shared = {name: len(brought & _values(header, name)) for name in _ACTORS if name in header.columns}
    best = max(shared, key=lambda name: shared[name], default="nickname")
    kind = spec.fields[best].kind if shared.get(best) else "nickname"
    field = replace(spec.fields["inviter"], kind=kind)
    column = header.name(header.columns["inviter"])
    note = f"{column} is read as {best}: {shared.get(best, 0)} of {len(brought)} values stand in that column too."
    note += f" {NICKNAMES}" if best == "nickname" else ""
    unknown = f"{column} matches no column of participants. {NICKNAMES}"
    public = (*fitted.public, "inviter") if kind == "id" else fitted.public
    told = (*fitted.notes, note if shared.get(best) else unknown)
    return replace(fitted, fields={**spec.fields, "inviter": field}, public=public, notes=told)


def _values(header: Header, name: str) -> set[str]:
    at = header.columns[name]
    return {str(cell).strip() for cell, _ in tallied(header.sheet.rows, header.row + 1, at) if not is_missing(cell)}


def _log(columns: Columns, ask: Ask) -> None:
    who(columns, ask)
    accounts = known_as(columns, "openid", "uid", "phone", "mail")
    inviters = first_of(columns, *_INVITERS)
    columns["inviter_id"] = [accounts.get(one, one) for one in inviters] if accounts else inviters
    columns["amount_minor"] = first_of(columns, "yuan", "fen")
    columns["currency"] = each(columns["amount_minor"], lambda one: None if one is None else "CNY")
    acts = columns.get("did")
    joins: list[object] = ["join"] * len(columns["_row"])
    columns["action"] = joins if acts is None else each(acts, lambda word: act(word) if word else "join")


def _on_log(columns: Columns, ask: Ask) -> Iterable[str]:
    if "did" not in columns:
        yield "The log has no column of acts: every row is read as a participation (join)."
    yield from on_actors(columns, ask)


def _is_log(opened: Opened) -> str:
    """A participant, and an inviter or a payout account, in one of the first rows."""
    known = {heading(name): field for field, one in LOG.fields.items() for name in one.names}
    for sheet in opened.sheets:
        for row in sheet.rows[:10]:
            found = {known[heading(cell)]: plain(cell) for cell in row if heading(cell) in known}
            who = [found[name] for name in _ACTORS if name in found]
            how = [found[name] for name in (*_INVITERS, "payout_account") if name in found]
            if who and how:
                return f"the columns {who[0]}, {how[0]}"
    return ""


LOG = Spec(
    name="campaign_log",
    what="a log of a campaign: who took part, brought by whom, paid how",
    signs=(),
    table=EVENTS,
    fields=fields(
        {
            "openid": "openid 参与人openid|用户openid|粉丝openid|openid|open_id",
            "uid": "id 参与人id|用户id|用户编号|会员id|uid|user_id|userid|member_id|participant_id",
            "phone": "phone 参与人手机号|手机号|手机号码|用户手机号|mobile|phone|phone_number",
            "mail": "mail 邮箱|电子邮箱|email|e-mail|email address|email_address",
            "nickname": "nickname 昵称|微信昵称|用户昵称|参与人昵称|nickname",
            "inviter_openid": "openid 邀请人openid|上级openid|推荐人openid|inviter_openid",
            "inviter_uid": "id 邀请人id|上级id|推荐人id|inviter_id|referrer_id|inviter_user_id",
            "inviter_phone": "phone 邀请人手机号|上级手机号|推荐人手机号|inviter_phone",
            "inviter_nickname": "nickname 邀请人昵称|上级昵称|推荐人昵称",
            "inviter": "id 邀请人|上级|推荐人|inviter|referrer|referred_by|referredby|invited_by",
            "when": "time 参与时间|报名时间|加入时间|邀请时间|注册时间|关注时间|扫码时间|创建时间|时间|"
            "created_at|join_time|joined_at|time|timestamp",
            "ip": "ip ip|ip地址|参与ip|注册ip|ip_address|ipaddress",
            "device_id": "id 设备|设备id|设备号|device_id|deviceid|device",
            "payout_account": "payout 提现账户|提现账号|收款账户|收款账号|支付宝账号|支付宝账户|银行卡号"
            "|payout_account",
            "yuan": "yuan 奖励金额(元)|红包金额(元)|提现金额(元)|金额(元)|奖励金额|红包金额|提现金额",
            "fen": "fen 奖励金额(分)|红包金额(分)|提现金额(分)|金额(分)|amount_fen",
            "status": "text 状态|发放状态|奖励状态|status",
            "campaign_id": "id 活动id|活动编号|campaign_id|activity_id|campaign",
            "did": "text 行为|行为类型|行为内容|事件|action|event",
        }
    ),
    derive=_log,
    remarks=_on_log,
    lossy=("status is the word of the file as of the export; times of payouts and of leaving are not told.",),
)

FORMATS: tuple[Format, ...] = (events_format(LOG, adapt=_log_of, recognised=_is_log),)
