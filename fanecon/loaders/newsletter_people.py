"""Lists of readers: who subscribed, left, or could no longer be reached, as events; mail addresses become pseudonyms.

A list of members is a snapshot: who left and was deleted is not in it, so a first wave of readers looks more faithful
than it was.  And the time of subscribing is the latest one: who left and came back has lost the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fanecon.loaders.archives import has_rows
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.spec import Columns, Spec, fields, format_of, moments
from fanecon.loaders.times import Moment
from fanecon.loaders.wording import many
from fanecon.tables import EVENTS

SNAPSHOT = "A list holds who was in it when it was made: people who were deleted are missing, so survival looks longer."
LATEST = "The time of subscribing is the latest one: who left and came back has lost the first."
_SUBSCRIBED = "mail!! Email Address|email"


def acts(columns: Columns, times: Mapping[str, str], *, always: str = "subscribe") -> None:
    """Several events out of each row: one per time that is filled in, and the first act even where its time is lost."""
    keep = [
        (at, action, moment)
        for at in range(len(columns["actor_id"]))
        for action, name in times.items()
        if _happened(moment := columns[name][at] if name in columns else None) or action == always
    ]
    old = {name: column for name, column in columns.items() if name not in times.values()}
    columns.clear()
    columns |= {name: [column[at] for at, _, _ in keep] for name, column in old.items()}
    columns["action"] = [action for _, action, _ in keep]
    columns["moment"] = [moment for _, _, moment in keep]
    pairs = zip(columns["actor_id"], columns["action"], strict=True)
    columns["event_id"] = [f"{actor}:{action}" for actor, action in pairs]
    moments(columns, "moment", into="time", precision="time_precision", source="tz_source")


def _happened(moment: object) -> bool:
    return isinstance(moment, Moment) and moment.value is not None


def _audience(columns: Columns, ask: Ask) -> None:
    acts(columns, {"subscribe": "joined", "unsubscribe": "left", "clean": "cleaned"})
    for name in ("ip", "item_id"):
        keep = "subscribe" if name == "ip" else "unsubscribe"
        found = zip(columns.get(name, []), columns["action"], strict=False)
        columns[name] = [one if action == keep else None for one, action in found] or [None] * len(columns["action"])


def _untimed(columns: Columns, ask: Ask) -> Iterable[str]:
    lost = sum(
        time is None and action == "subscribe" for time, action in zip(columns["time"], columns["action"], strict=True)
    )
    if lost:
        told = many(lost, "person has", "people have")
        yield f"{told} no time of subscribing (imported into the list), nor has the event."


AUDIENCE = Spec(
    name="mailchimp_audience",
    what="a file of Mailchimp's audience export",
    signs=(("Email Address", "OPTIN_TIME", "LEID"), ("Email Address", "MEMBER_RATING", "OPTIN_TIME")),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": _SUBSCRIBED,
            "joined": "time! OPTIN_TIME",
            "ip": "ip OPTIN_IP",
            "left": "time UNSUB_TIME",
            "cleaned": "time CLEAN_TIME",
            "item_id": "id UNSUB_CAMPAIGN_ID|CLEAN_CAMPAIGN_ID",
            "status": "text UNSUB_REASON",
        }
    ),
    tz="UTC",
    derive=_audience,
    remarks=_untimed,
    notes=("item_id of an unsubscription is the mail it came from; ip is the address of subscribing.",),
    lossy=(LATEST, "OPTIN_TIME is taken as UTC: the export does not say.", "CONFIRM_TIME and other columns: extra."),
)

GHOST = Spec(
    name="ghost_members",
    what="Ghost's list of members",
    signs=(("email", "subscribed_to_emails", "created_at"),),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": _SUBSCRIBED,
            "joined": "time!! created_at",
            "left": "time deleted_at",
            "name": "name name",
            "status": "text subscribed_to_emails",
        }
    ),
    tz="UTC",
    derive=lambda columns, ask: acts(columns, {"subscribe": "joined", "unsubscribe": "left"}),
    lossy=(SNAPSHOT, "Ghost exports no log of mails; who switched mails off (status false) has no time of doing so."),
)

BEEHIIV = Spec(
    name="beehiiv_members",
    what="beehiiv's list of subscribers",
    signs=(("email", "status", "tier", "created_at"), ("email", "created_at", "unsubscribed_at")),
    table=EVENTS,
    fields=fields(
        {
            "actor_id": _SUBSCRIBED,
            "joined": "time!! created_at",
            "left": "time unsubscribed_at",
            "first": "name First Name",
            "last": "name Last Name",
            "status": "text status",
        }
    ),
    tz="UTC",
    derive=lambda columns, ask: acts(columns, {"subscribe": "joined", "unsubscribe": "left"}),
    lossy=(SNAPSHOT, LATEST),
)

SUBSTACK = Spec(
    name="substack_email_list",
    what="Substack's list of subscribers",
    signs=(("email", "active_subscription", "email_disabled"), ("email", "active_subscription", "created_at")),
    table=EVENTS,
    fields=fields({"actor_id": _SUBSCRIBED, "joined": "time!! created_at", "status": "text plan"}),
    tz="UTC",
    derive=lambda columns, ask: acts(columns, {"subscribe": "joined"}),
    lossy=(SNAPSHOT, "status is the plan; an expiry in 2118 marks a free gift, not a payment (extra)."),
)


def _with_people(opened: tuple[Opened, ...]) -> tuple[Opened, ...]:
    """The files of an export that list somebody: nobody unsubscribed is a header alone, or an empty file."""
    return tuple(one for one in opened if has_rows(one)) or opened[:1]


def _bundled(spec: Spec) -> Format:
    one = format_of(spec)
    return replace(
        one,
        recognise=lambda opened: one.recognise(_with_people(opened)),
        read=lambda opened, ask: one.read(_with_people(opened), ask),
    )


FORMATS: tuple[Format, ...] = (_bundled(AUDIENCE), *(format_of(one) for one in (GHOST, BEEHIIV, SUBSTACK)))
