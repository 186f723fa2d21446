"""Referral tools: ReferralHero's subscribers, and Viral Loops' participants as far as their keys are documented.

A subscriber says by whom it was referred and from which address it came, which together are the two strongest signs of
one person behind many accounts.  Ties of a shared address are left to the tally, which sees more than one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fanecon.loaders.answers import answers, as_sheet, begins
from fanecon.loaders.campaign_events import first_of, into_extra, on_actors, read_events
from fanecon.loaders.campaign_ties import with_ties
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Columns, Spec, fields, joined, recognise
from fanecon.schema import FileError
from fanecon.tables import EVENTS

_KEYS = ('"people_referred"', '"risk_level"')


def _subscribers(columns: Columns, ask: Ask) -> None:
    columns["action"] = ["join"] * len(columns["_row"])
    columns["event_id"] = [f"join:{one}" for one in columns["actor_id"]]


def _on_subscribers(columns: Columns, ask: Ask) -> Iterable[str]:
    referred = columns.get("referred") or []
    inviters = columns.get("inviter_id") or [None] * len(referred)
    lost = sum(bool(one) and inviter is None for one, inviter in zip(referred, inviters, strict=False))
    if lost:
        yield f"{lost} subscribers were referred by someone whom the file does not name."


SUBSCRIBERS = Spec(
    name="referralhero",
    what="subscribers of ReferralHero",
    signs=(("code", "people_referred", "risk_level"), ("people_referred", "referred_by.id")),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": "id!! id",
            "inviter_id": "id referred_by.id",
            "referred": "flag referred",
            "ip": "ip ip_address",
            "payout_account": "payout crypto_wallet_address",
            "when": "unix! created_at",
        }
    ),
    derive=_subscribers,
    remarks=_on_subscribers,
    lossy=("device is a class of devices (Desktop), not one device; it stays in extra.",),
)


def _is_subscribers(opened: Opened) -> str:
    head = begins(opened)
    if all(key in head for key in _KEYS):
        return "the keys people_referred, risk_level"
    return recognise(SUBSCRIBERS, opened)


def _of_all(recognised: Iterable[str]) -> str:
    whys = list(recognised)
    return whys[0] if whys and all(whys) else ""


def _read_subscribers(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    whole: list[Reading] = []
    for one in opened:
        records, notes = _records(one) if one.kind == "json" else ([], ())
        sheet = as_sheet(one, records) if one.kind == "json" else one
        reading = read_events(SUBSCRIBERS, sheet, ask)
        whole.append(replace(reading, notes=(*reading.notes, *notes)))
    return with_ties(joined(SUBSCRIBERS, whole))


def _records(opened: Opened) -> tuple[list[Mapping[str, object]], tuple[str, ...]]:
    """The subscribers in all answers of a file, and a note where an answer is one page of several."""
    records: list[Mapping[str, object]] = []
    notes: list[str] = []
    for answer in answers(opened):
        data = answer.get("data", answer) if isinstance(answer, Mapping) else None
        inside = data.get("subscribers", [data]) if isinstance(data, Mapping) else []
        records += [one for one in inside if isinstance(one, Mapping)] if isinstance(inside, list) else []
        pages = answer.get("pagination") if isinstance(answer, Mapping) else None
        if isinstance(pages, Mapping) and str(pages.get("total_pages", "1")) not in ("0", "1"):
            notes.append(f"The answer is page {pages.get('current_page')} of {pages.get('total_pages')}.")
    if not records:
        raise FileError(opened.file, "The answer holds no subscribers", "Ask for a list that has some.")
    return records, tuple(notes)


def _participants(columns: Columns, ask: Ask) -> None:
    columns["actor_id"] = first_of(columns, "mail", "code")
    columns["action"] = ["join"] * len(columns["_row"])
    columns["inviter_id"] = first_of(columns, "referrer")
    into_extra(columns, {"code": "referralCode"})


PARTICIPANTS = Spec(
    name="viral_loops",
    what="participants of Viral Loops",
    signs=(("referralCode", "referralCount"),),
    table=EVENTS,
    fields=fields(
        {
            "mail": "mail email",
            "code": "id! referralCode",
            "referrer": "id referrer",
            "when": "time createdAt|created_at",
        }
    ),
    derive=_participants,
    remarks=on_actors,
    lossy=("The export is not documented: what `referrer` holds (a mail, a code, an id) is taken as it stands.",),
)

FORMATS: tuple[Format, ...] = (
    Format(
        name=SUBSCRIBERS.name,
        what=SUBSCRIBERS.what,
        recognise=lambda opened: _of_all(_is_subscribers(one) for one in opened),
        read=_read_subscribers,
        words=("people_referred", "risk_level", "ip_address"),
    ),
    Format(
        name=PARTICIPANTS.name,
        what=PARTICIPANTS.what,
        recognise=lambda opened: _of_all(recognise(PARTICIPANTS, one) for one in opened),
        read=lambda opened, ask: with_ties(
            joined(PARTICIPANTS, each(opened, lambda one: read_events(PARTICIPANTS, one, ask)))
        ),
        words=("referralCode", "referralCount"),
    ),
)
