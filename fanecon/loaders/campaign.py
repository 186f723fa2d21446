"""Participation logs of campaigns: winners, invitations, promoters, helpers, and the log that a team keeps itself.

No two tools write the same header, and all of them write the same thing: who did what, when, brought by whom, paid
how much to which account.  So the columns are known by many names, the narrow formats first, and last the general log,
which is taken for one when it names a participant and an inviter or a payout account.  Times are Beijing's unless the
file says otherwise; amounts are yuan where the header says so or says nothing, and that assumption is noted.
"""

from __future__ import annotations

from dataclasses import replace

from fanecon.loaders import (
    campaign_airdrop,
    campaign_claims,
    campaign_invites,
    campaign_log,
    campaign_payments,
    campaign_redpack,
    campaign_referral,
)
from fanecon.loaders.campaign_events import (
    SHANGHAI,
    events_format,
    first_of,
    into_extra,
    on_actors,
    outcome,
    unit_of,
    who,
)
from fanecon.loaders.cells import Unreadable, is_missing
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.rows import Header
from fanecon.loaders.spec import Columns, Spec, fields
from fanecon.tables import EVENTS

_PHONES = "phone 手机号|手机号码|用户手机号|参与人手机号|联系电话|电话|mobile|phone|phone_number"


# --- lotteries ---


def _prize(cell: object) -> str:
    """The prize of a list of winners that has no column of outcomes."""
    if is_missing(cell):
        raise Unreadable("neither a prize nor 未中奖")
    return str(cell).strip()


def _lottery_of(spec: Spec, opened: Opened, header: Header) -> Spec:
    if "won" in header.columns:
        return spec
    if "prize" in header.columns:
        return replace(spec, readers={"prize": _prize}, notes=("The outcome is read from the prize.",))
    return replace(spec, notes=("No column says who lost: every row is read as a winner.",))


def _lottery(columns: Columns, ask: Ask) -> None:
    who(columns, ask)
    prizes = columns.get("prize") or [None] * len(columns["_row"])
    by_prize = ["lose" if prize is not None and _lost(prize) else "win" for prize in prizes]
    columns["action"] = list(columns.get("won") or by_prize)
    columns["status"] = list(prizes)


def _lost(prize: object) -> bool:
    try:
        return outcome(prize) == "lose"
    except Unreadable:
        return False


LOTTERY = Spec(
    name="lottery_winners",
    what="a list of winners and losers of a lottery",
    signs=(
        ("中奖状态",),
        ("是否中奖",),
        ("iswin",),
        ("中奖时间", "手机号"),
        ("中奖时间", "手机号码"),
        ("中奖时间", "粉丝昵称"),
    ),
    table=EVENTS,
    fields=fields(
        {
            "openid": "openid openid|用户openid|粉丝openid",
            "uid": "id 用户id|用户编号|userid|user_id",
            "phone": _PHONES,
            "nickname": "nickname 昵称|粉丝昵称|微信昵称|用户昵称|nickname",
            "when": "time 中奖时间|抽奖时间|参与时间",
            "won": "text 中奖状态|是否中奖|抽奖结果|中奖结果|iswin|is_win",
            "prize": "text 奖品等级|奖品|奖品名称|奖项|奖项名称",
            "campaign_id": "id 活动id|活动编号|活动名称",
        }
    ),
    tz=SHANGHAI,
    readers={"won": outcome},
    derive=_lottery,
    remarks=on_actors,
    lossy=("中奖时间 of those who lost is the time of their draw.", "status is the prize as printed."),
)

# --- helpers ---


def _support(columns: Columns, ask: Ask) -> None:
    columns["actor_id"] = first_of(columns, "openid", "phone")
    columns["campaign_id"] = first_of(columns, "campaign", "campaign_name")
    columns["amount_minor"] = first_of(columns, "yuan", "fen")
    columns["currency"] = ["CNY" if one is not None else None for one in columns["amount_minor"]]
    columns["action"] = ["help"] * len(columns["_row"])
    into_extra(columns, {"campaign_name": "活动名称"})


SUPPORT = Spec(
    name="support_records",
    what="a list of who helped whom (助力记录)",
    signs=(("助力时间", "被助力用户"), ("用户手机号", "助力时间")),
    table=EVENTS,
    fields=fields(
        {
            "openid": "openid 用户openid|助力人openid",
            "phone": "phone 用户手机号|助力人手机号|手机号",
            "inviter_id": "id 被助力用户|被助力人|被助力人手机号",
            "when": "time! 助力时间",
            "campaign": "id 活动id|活动编号",
            "campaign_name": "text 活动名称",
            "status": "text 助力状态",
            "yuan": "yuan 奖励金额(元)|奖励金额",
            "fen": "fen 奖励金额(分)",
        }
    ),
    tz=SHANGHAI,
    derive=_support,
    remarks=on_actors,
    lossy=("助力状态 is the vendor's word; a reward is due, which does not say that it was paid.",),
)

# --- reposts for a lottery ---


def _reposts(columns: Columns, ask: Ask) -> None:
    columns["action"] = ["repost"] * len(columns["_row"])
    into_extra(columns, {"nickname": "昵称"})


REPOSTERS = Spec(
    name="weibo_lottery_reposters",
    what="a list of those who reposted a Weibo lottery",
    signs=(("用户id", "转发时间", "转发内容"), ("用户id", "转发时间", "粉丝数")),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": "id! 用户id",
            "nickname": "nickname 昵称|用户昵称",
            "when": "time! 转发时间",
            "actor_followers": "count 粉丝数",
            "text": "text 转发内容",
        }
    ),
    tz=SHANGHAI,
    derive=_reposts,
    lossy=("Followers are as of the moment of crawling.", "The text may name other people (@…); names in it stay."),
)

FORMATS: tuple[Format, ...] = (
    *campaign_payments.FORMATS,
    *campaign_redpack.FORMATS,
    *campaign_invites.FORMATS,
    events_format(SUPPORT, adapt=unit_of),
    events_format(LOTTERY, adapt=_lottery_of),
    events_format(REPOSTERS),
    *campaign_referral.FORMATS,
    *campaign_airdrop.FORMATS,
    *campaign_log.FORMATS,
    *campaign_claims.FORMATS,
)
