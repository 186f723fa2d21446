"""Red-packet fission in a customer tool: who took part, who helped, which packets went out.

These tables count money in yuan, where WeChat Pay below them counts in fen (:mod:`fanecon.loaders.campaign_payments`).
`invite_amount` is a number of people in spite of its name.  A helper points at the record of a join, not at an account:
which account that is, only the table of joins can tell, so the tables are read together where they lie together.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from fanecon.loaders.campaign_events import SHANGHAI, events_format, into_extra, read_events
from fanecon.loaders.campaign_ties import with_ties
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Columns, Spec, fields, joined, recognise
from fanecon.tables import EVENTS

_CODES = "status and send_status are codes of the vendor: they stay in extra and are not taken for an outcome."


def _money(columns: Columns) -> None:
    columns["currency"] = ["CNY" if one is not None else None for one in columns["amount_minor"]]


# --- the tables of customer tools ---


def _joins(columns: Columns, ask: Ask) -> None:
    columns["action"] = ["join"] * len(columns["_row"])
    if "id" in columns:
        columns["event_id"] = [f"red_pack_join:{one}" for one in columns["id"]]
    into_extra(columns, {"id": "jid"})
    _money(columns)


def _helps(columns: Columns, ask: Ask) -> None:
    columns["action"] = ["help"] * len(columns["_row"])
    if "id" in columns:
        columns["event_id"] = [f"red_pack_help:{one}" for one in columns["id"]]
    columns["inviter_id"] = [f"jid:{one}" if one is not None else None for one in columns["jid"]]
    _money(columns)


def _orders(columns: Columns, ask: Ask) -> None:
    columns["action"] = ["payout"] * len(columns["_row"])
    columns["event_id"] = [f"red_pack_order:{one}" for one in columns["order"]]
    _money(columns)


JOINS = Spec(
    name="redpack_join",
    what="those who took part in a red-packet fission (red_pack_join)",
    signs=(("openid", "help_num", "invite_amount"),),
    table=EVENTS,
    fields=fields(
        {
            "id": "id id",
            "actor_id": "openid! openid",
            "campaign_id": "id rid",
            "amount_minor": "yuan redpack_price",
            "when": "time join_time",
        }
    ),
    tz=SHANGHAI,
    derive=_joins,
    notes=("redpack_price is in yuan; invite_amount is a number of people and stays in extra.",),
    lossy=(_CODES, "The time of completion stays in extra."),
)

HELPS = Spec(
    name="redpack_help",
    what="those who helped in a red-packet fission (red_pack_help_detail)",
    signs=(("rid", "jid", "openid", "help_time"),),
    table=EVENTS,
    fields=fields(
        {
            "id": "id id",
            "campaign_id": "id rid",
            "jid": "id! jid",
            "actor_id": "openid! openid",
            "amount_minor": "yuan amount",
            "when": "time help_time",
        }
    ),
    tz=SHANGHAI,
    derive=_helps,
    notes=("Amounts are in yuan.",),
    lossy=(_CODES, "The inviter is the record of the join (jid), an account only where red_pack_join is read with it."),
)

ORDERS = Spec(
    name="redpack_order",
    what="the packets of a red-packet fission (red_pack_order)",
    signs=(("order_id", "amount", "send_time"),),
    table=EVENTS,
    fields=fields(
        {
            "order": "id! order_id",
            "actor_id": "openid openid",
            "amount_minor": "yuan! amount",
            "when": "time! send_time",
        }
    ),
    tz=SHANGHAI,
    derive=_orders,
    notes=("Amounts are in yuan.",),
    lossy=(_CODES,),
)

_FISSION = (JOINS, HELPS, ORDERS)


def _fission_of(opened: Opened) -> Spec | None:
    return next((spec for spec in _FISSION if recognise(spec, opened)), None)


def _is_fission(opened: tuple[Opened, ...]) -> str:
    specs = [_fission_of(one) for one in opened]
    found = {spec.name for spec in specs if spec}
    return f"the tables {', '.join(sorted(found))}" if None not in specs and len(found) > 1 else ""


def _events_of(spec: Spec, opened: Opened, ask: Ask) -> Reading:
    return read_events(spec, opened, ask)


def _read_fission(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The tables of one fission together: helpers get the account of the join that they helped."""
    of = {spec.name: [one for one in opened if _fission_of(one) is spec] for spec in _FISSION}
    present = [spec for spec in _FISSION if of[spec.name]]
    readings = {
        spec.name: joined(spec, each(of[spec.name], functools.partial(_events_of, spec, ask=ask))) for spec in present
    }
    joins = readings.get("redpack_join")
    owners = {} if joins is None else dict(zip(joins["events"]["event_id"], joins["events"]["actor_id"], strict=True))
    if "redpack_help" in readings:
        events = readings["redpack_help"]["events"]
        jids = events["inviter_id"].str.replace("jid:", "red_pack_join:", regex=False)
        events["inviter_id"] = jids.map(owners).astype("string").fillna(events["inviter_id"])
    parts = list(readings.values())
    whole = joined(HELPS, parts)
    lossy = tuple(dict.fromkeys(word for one in parts for word in one.lossy))
    what = "the tables of a red-packet fission"
    return with_ties(replace(whole, format="redpack_fission", what=what, why="", lossy=lossy))


FISSION = Format(
    name="redpack_fission",
    what="the tables of a red-packet fission together",
    recognise=_is_fission,
    read=_read_fission,
    words=(),
)

FORMATS: tuple[Format, ...] = (FISSION, *(events_format(spec) for spec in _FISSION))
