"""Red packets at WeChat Pay: the merchant's own log of requests, and the answers on what became of each packet.

All amounts are fen.  A request that failed paid nobody, and a request that was sent again under the same order number
paid once; both stay in the table under an act of their own, so that payouts can be added up.  `client_ip` of a request
is the merchant's own server: stored as the address of the receiver it would make all of them one household.  The time
between sending and claiming is in the answers (gethbinfo): people take minutes, machines a second or two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qs, unquote
from xml.etree.ElementTree import Element

import pandas as pd

from fanecon.loaders.campaign_events import SHANGHAI, events_format, into_extra, read_events
from fanecon.loaders.cells import Unreadable, is_missing
from fanecon.loaders.files import Opened, Sheet, blanked
from fanecon.loaders.personal import loose
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import rows_have
from fanecon.loaders.spec import Columns, Spec, fields, joined, moments, recognise
from fanecon.loaders.times import Moment, unix
from fanecon.loaders.wording import many
from fanecon.loaders.xmltree import texts, tree
from fanecon.schema import FileError, Place
from fanecon.tables import EVENTS

# --- requests ---

_OPEN_END = ("SYSTEMERROR", "PROCESSING")
_ACT_NOTES = {
    "payout_failed": "failed: nobody was paid (action payout_failed)",
    "payout_unknown": "ended without a known outcome: ask for it with gethbinfo (action payout_unknown)",
    "payout_repeated": "came again for an order that had been paid: one packet (action payout_repeated)",
}


def _risk(cell: object) -> Mapping[str, str]:
    """The parts of risk_info: posttime, mobile, deviceid, clientversion."""
    text = "" if is_missing(cell) else str(cell).strip()
    return {name: some[0] for name, some in parse_qs(text if "=" in text else unquote(text)).items()}


def _posted(risk: object) -> Moment:
    try:
        return unix(risk.get("posttime")) if isinstance(risk, Mapping) else Moment()
    except Unreadable:
        return Moment()


def _requests(columns: Columns, ask: Ask) -> None:
    risks = columns.get("risk") or [{}] * len(columns["_row"])
    parts = [risk if isinstance(risk, Mapping) else {} for risk in risks]
    columns["device_id"] = [part.get("deviceid") for part in parts]
    phone = loose("phone", personal=ask.personal)
    columns["mobile"] = [phone(part.get("mobile")) for part in parts]
    columns["version"] = [part.get("clientversion") for part in parts]
    if "time" not in columns:
        columns["when"] = [_posted(part) for part in parts]
        moments(columns, "when", into="time", precision="time_precision", source="tz_source")
        columns["posted"] = columns["time"]
    columns["action"] = list(_acts(columns))
    columns["item_id"] = list(columns["order"])
    columns["status"] = [error or result for error, result in _outcomes(columns)]
    columns["currency"] = ["CNY"] * len(columns["_row"])
    into_extra(columns, {"mobile": "mobile", "version": "clientversion"})


def _outcomes(columns: Columns) -> list[tuple[object, object]]:
    none: list[object] = [None] * len(columns["_row"])
    return list(zip(columns.get("error", none), columns.get("result", none), strict=True))


def _acts(columns: Columns) -> Iterable[str]:
    paid: set[object] = set()
    for order, (error, result) in zip(columns["order"], _outcomes(columns), strict=True):
        if error in _OPEN_END:
            yield "payout_unknown"
        elif result is None or result == "SUCCESS":
            yield "payout_repeated" if order in paid else "payout"
            paid.add(order)
        else:
            yield "payout_failed"


def _on_requests(columns: Columns, ask: Ask) -> Iterable[str]:
    times = Counter(columns["action"])
    for name, words in _ACT_NOTES.items():
        if times[name]:
            yield f"{times[name]} of {len(columns['_row'])} requests {words}."
    if "posted" in columns:
        yield "The time is posttime of risk_info: when the receiver acted, shortly before the packet was sent."
    if "result" not in columns:
        yield "The log has no result_code: every request is read as paid."


REQUESTS = Spec(
    name="wechat_pay_requests",
    what="a log of red-packet requests (sendredpack)",
    signs=(("mch_billno", "re_openid", "total_amount"),),
    table=EVENTS,
    fields=fields(
        {
            "order": "id! mch_billno",
            "actor_id": "openid! re_openid",
            "amount_minor": "fen! total_amount",
            "campaign_id": "text act_name",
            "result": "text result_code",
            "error": "text err_code",
            "risk": "text risk_info",
            "when": "time send_time|request_time|create_time|created_at|请求时间|发送时间",
        }
    ),
    readers={"risk": _risk},
    tz=SHANGHAI,
    derive=_requests,
    remarks=_on_requests,
    notes=("client_ip is the merchant's server and not stored as the address of the receiver.",),
    lossy=("Whether and when a packet was claimed is not in the request: ask for it with gethbinfo.",),
)

# --- answers ---

_PACKET = (
    *("mch_billno", "detail_id", "mch_id", "status", "send_type", "hb_type", "total_num", "total_amount", "reason"),
    *("send_time", "refund_time", "refund_amount", "act_name", "wishing", "remark"),
)
_CLAIM = ("openid", "amount", "rcv_time")


def _answers(columns: Columns, ask: Ask) -> None:
    """One row per packet and receiver becomes one payout per packet, one claim per receiver, one refund per packet."""
    names = ("send", "received", "refunded")
    for name in names:
        columns.setdefault(name, [Moment()] * len(columns["_row"]))
        moments(columns, name, into=f"{name}_at", precision=f"{name}_precision", source=f"{name}_zone")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    made = [event for at, row in enumerate(rows) for event in _events(row, _nth(rows, at))]
    columns.clear()
    columns.update({name: [one[name] for one in made] for name in made[0]})


def _nth(rows: list[dict[str, object]], at: int) -> int:
    """How many rows of the same packet stand directly above."""
    above = 0
    while above < at and rows[at - above - 1]["order"] == rows[at]["order"]:
        above += 1
    return above


def _events(row: Mapping[str, object], nth: int) -> Iterable[dict[str, object]]:
    if nth == 0:
        yield _event(row, "payout", "send", amount=row.get("total"), status=row.get("status"))
    if row.get("openid") is not None or row.get("received_at") is not None:
        one = _event(row, "claim", "received", amount=row.get("amount"), status="RECEIVED")
        yield {**one, "event_id": f"{row['order']}:claim:{nth + 1}", "actor_id": row.get("openid")}
    if nth == 0 and (row.get("refunded_at") is not None or row.get("refund")):
        yield _event(row, "refund", "refunded", amount=row.get("refund"), status=row.get("status"))


def _event(row: Mapping[str, object], action: str, when: str, *, amount: object, status: object) -> dict[str, object]:
    kept = ("_row", "extra", "lower_bound", "source_format", "campaign_id")
    return {
        "event_id": f"{row['order']}:{action}",
        "actor_id": None,
        "action": action,
        "item_id": row["order"],
        "time": row[f"{when}_at"],
        "time_precision": row[f"{when}_precision"],
        "tz_source": row[f"{when}_zone"],
        "amount_minor": amount,
        "currency": "CNY",
        "status": status,
        **{name: row.get(name) for name in kept},
    }


def _on_packets(events: pd.DataFrame, ask: Ask) -> Iterable[str]:
    """Notes on all packets together, however many files they came in."""
    assumed = int((events["tz_source"] == "assumed").sum())
    if assumed:
        how = f"{ask.tz} (as given by the caller)" if ask.tz else f"{SHANGHAI} (assumed)"
        yield f"{many(assumed, 'time has', 'times have')} no zone; read in {how}."
    sent = events[events["action"] == "payout"].set_index("item_id")["time"]
    claims = events[events["action"] == "claim"]
    early = int((claims["time"] < claims["item_id"].map(sent)).sum())
    if early:
        yield f"{rows_have(early)} a claim before the packet was sent."
    waiting = int((events["status"].isin(["SENT", "SENDING"]) & (events["action"] == "payout")).sum())
    if waiting:
        packets = "1 packet was" if waiting == 1 else f"{waiting} packets were"
        yield f"{packets} not claimed when the answer was given, and may still be (censored)."


ANSWERS = Spec(
    name="wechat_pay_packets",
    what="answers on red packets (gethbinfo)",
    signs=(("mch_billno", "status", "send_time"),),
    table=EVENTS,
    fields=fields(
        {
            "order": "id!! mch_billno",
            "status": "text status",
            "total": "fen total_amount",
            "send": "time! send_time",
            "refunded": "time refund_time",
            "refund": "fen refund_amount",
            "campaign_id": "text act_name",
            "openid": "openid openid",
            "amount": "fen amount",
            "received": "time rcv_time",
        }
    ),
    tz=SHANGHAI,
    derive=_answers,
    notes=("Amounts are in fen; the receiver of a packet that nobody claimed is not told.",),
    lossy=("An answer is as of the moment of asking, which it does not tell; records are kept for a limited time.",),
)


def _is_answer(opened: Opened) -> str:
    head = opened.text[:4_000] if opened.kind == "xml" else ""
    told = "<return_code>" in head and any(f"<{name}>" in head for name in ("mch_billno", "hblist", "err_code"))
    return "the tags return_code and mch_billno" if told else ""


def _are_answers(opened: tuple[Opened, ...]) -> str:
    whys = [_is_answer(one) or recognise(ANSWERS, one) for one in opened]
    return whys[0] if all(whys) else ""


def _read_answers(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    sheets = each(opened, lambda one: one if one.sheets else replace(one, sheets=(_packet(one),)))
    filled = [one for one in sheets if any(len(row) for row in one.sheets[0].rows[1:])]
    if not filled:
        raise FileError(opened[0].file, "No answer is left: all are errors or broken", "Ask again for these packets.")
    whole = joined(ANSWERS, each(filled, lambda one: read_events(ANSWERS, one, ask)))
    general = [note for note in whole.notes if not note[0].isdigit()]
    return replace(whole, why="", notes=(*general, *_on_packets(whole["events"], ask)))


def _packet(opened: Opened) -> Sheet:
    """An answer as a sheet: one row for each receiver of the packet, or one without a receiver."""
    root = tree(opened)
    found = texts(root)
    if (None, 2) not in opened.left_out:
        _no_error(opened, found)
    packet = [found.get(name) for name in _PACKET]
    rows = [[*packet, *claim] for claim in _claims(root)] or [[*packet, *([None] * len(_CLAIM))]]
    return blanked(Sheet(name=None, rows=[[*_PACKET, *_CLAIM], *rows]), opened.left_out)


def _claims(root: Element) -> list[list[str | None]]:
    return [[texts(one).get(name) for name in _CLAIM] for one in root.iterfind("hblist/hbinfo")]


def _no_error(opened: Opened, found: Mapping[str, str]) -> None:
    for name in ("return_code", "result_code"):
        if found.get(name, "SUCCESS") != "SUCCESS":
            told = found.get("err_code_des") or found.get("err_code") or found.get("return_msg") or "no reason given"
            at = [Place(row=2, column=name, value=found[name])]
            raise FileError(opened.file, f"This is an error answer: {told}", "Ask again for this packet.", at=at)


FORMATS: tuple[Format, ...] = (
    Format(
        name=ANSWERS.name,
        what=ANSWERS.what,
        recognise=_are_answers,
        read=_read_answers,
        words=tuple(name for one in ANSWERS.fields.values() for name in one.names),
    ),
    events_format(REQUESTS),
)
