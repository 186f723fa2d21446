"""beehiiv, listmonk, Buttondown, Substack's statistics, and the public XCampaign data: one table each.

They count different things under the same word.  beehiiv prints rates of 0 to 100, and its click rate is of people who
opened; listmonk's views and clicks are acts, not people, over mails that were handed over, not over those that
arrived; the rows of listmonk's download have no reader where tracking is anonymous.
"""

from __future__ import annotations

from collections.abc import Iterable

from fanecon.loaders.cells import plain
from fanecon.loaders.figures import made_id, numbered, printed_notes
from fanecon.loaders.files import Row
from fanecon.loaders.json_format import Record, json_format, listed
from fanecon.loaders.newsletter_rates import (
    MAIL,
    OPENS,
    impossible_notes,
    inflated,
    inflation_notes,
    opened_per_delivered,
    sent,
)
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.rows import Body
from fanecon.loaders.spec import Columns, Spec, fields, format_of, moments
from fanecon.loaders.wording import many
from fanecon.tables import EVENTS, ITEMS


def _mails(columns: Columns, ask: Ask) -> None:
    sent(columns, ask)
    opened_per_delivered(columns)
    inflated(columns)


def _beehiiv_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield from printed_notes(columns, "open_rate", "opens_people", "delivered")
    yield from printed_notes(columns, "click_rate", "clicks_people", "opens_people")
    yield from impossible_notes(columns)
    yield from inflation_notes(columns)


def _went_out(body: Body, row: Row) -> bool:
    """Whether a record has been published or sent; drafts and planned ones have no counts."""
    return plain(body.cell(row, "published")) not in ("", "0") and plain(body.cell(row, "state")) not in ("draft",)


BEEHIIV = Spec(
    name="beehiiv_posts",
    what="an answer of beehiiv's interface with the statistics of posts",
    signs=(("stats.email.recipients", "publish_date"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "title": "text title",
            "state": "text status",
            "url": "text web_url",
            "published": "unix!! publish_date",
            "recipients": "count! stats.email.recipients",
            "delivered": "count stats.email.delivered",
            "opens_times": "count stats.email.opens",
            "opens_people": "count stats.email.unique_opens",
            "open_rate": "percent stats.email.open_rate",
            "clicks_times": "count stats.email.clicks",
            "clicks_people": "count stats.email.unique_clicks",
            "click_rate": "percent stats.email.click_rate",
            "unsubscribes": "count stats.email.unsubscribes",
            "complaints": "count stats.email.spam_reports",
            "reads": "count stats.web.views",
        }
    ),
    constants={**MAIL, "platform": "beehiiv"},
    tz="UTC",
    derive=_mails,
    keep=_went_out,
    remarks=_beehiiv_remarks,
    kept=("state", "open_rate", "click_rate"),
    proportions=("open_rate",),
    notes=("reads are views of the page on the web; opens of the mail have columns of their own.",),
    lossy=(
        OPENS,
        "The printed click_rate is of people who opened, not of mails that arrived.",
        "Verified clicks (without machines, as beehiiv sees it) stay in extra.",
    ),
)


def _listmonk_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield from inflation_notes(columns)


LISTMONK = Spec(
    name="listmonk_campaigns",
    what="an answer of listmonk's interface with campaigns",
    signs=(("uuid", "views", "sent", "to_send"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "title": "text subject",
            "state": "text status",
            "published": "time! started_at",
            "recipients": "count! sent",
            "opens_times": "count views",
            "clicks_times": "count clicks",
            "bounces": "count bounces",
        }
    ),
    constants={**MAIL, "platform": "listmonk"},
    tz="UTC",
    derive=_mails,
    keep=_went_out,
    remarks=_listmonk_remarks,
    kept=("state",),
    notes=("recipients are mails handed over (sent); how many arrived is unknown, so there is no open rate.",),
    lossy=(OPENS, "views and clicks are acts: who opens twice counts twice, and people are not counted."),
)


def _acts(action: str) -> Spec:
    def derive(columns: Columns, ask: Ask) -> None:
        people = columns["person"]
        mails = columns.get("mail", people)
        columns["actor_id"] = [mail or other for mail, other in zip(mails, people, strict=True)]
        moments(columns, "at", into="time", precision="time_precision", source="tz_source")
        parts = zip(columns["item_id"], columns["actor_id"], columns["time"], strict=True)
        columns["event_id"] = list(
            numbered(f"{item}:{actor or 'anonymous'}:{at}:{action}" for item, actor, at in parts)
        )

    def remarks(columns: Columns, ask: Ask) -> Iterable[str]:
        nobody = sum(one is None for one in columns["actor_id"])
        if nobody:
            known = many(nobody, "row has", "rows have")
            yield f"{known} no reader (anonymous tracking): acts can be counted, people only without them."

    name = "campaign_views" if action == "open" else "link_clicks"
    return Spec(
        name=f"listmonk_{name}",
        what=f"listmonk's download of {name}",
        signs=(("campaign_uuid", "subscriber_uuid", "created_at", *(() if action == "open" else ("url",))),),
        without=("url",) if action == "open" else (),
        table=EVENTS,
        fields=fields(
            {
                "item_id": "id!! campaign_id",
                "person": "openid! subscriber_uuid",
                "mail": "mail email",
                "name": "name subscriber_name",
                "number": "openid subscriber_id",
                "text": "text url",
                "at": "time!! created_at",
            }
        ),
        constants={"action": action},
        derive=derive,
        remarks=remarks,
        lossy=(OPENS if action == "open" else "Machines click too; text is the link that was clicked.",),
    )


BUTTONDOWN = Spec(
    name="buttondown_emails",
    what="Buttondown's list of mails",
    signs=(("secondary_id", "subject", "publish_date"),),
    table=ITEMS,
    fields=fields({"item_id": "id!! id", "title": "text subject", "published": "time!! publish_date"}),
    constants={**MAIL, "platform": "buttondown"},
    tz="UTC",
    derive=_mails,
    keep=lambda body, row: plain(body.cell(row, "published")) != "",
    lossy=("The list has no counts at all: delivered, opens and clicks are unknown, not zero.",),
)


def _statistics(columns: Columns, ask: Ask) -> None:
    sent(columns, ask)
    made = [made_id(on, title) for on, title in zip(columns["published_date"], columns["title"], strict=True)]
    given = columns.get("given", [None] * len(made))
    columns["item_id"] = [str(one).partition(".")[0] if one else other for one, other in zip(given, made, strict=True)]


STATISTICS = Spec(
    name="substack_statistics",
    what="Substack's table of statistics of posts",
    signs=(("title", "post_date", "views", "restacks"), ("title", "post_date", "views", "opens")),
    table=ITEMS,
    fields=fields(
        {
            "given": "id post_id",
            "title": "text!! title",
            "published": "time!! post_date",
            "reads": "count views",
            "likes": "count likes",
            "comments": "count comments",
            "shares": "count shares",
        }
    ),
    constants={"account_id": "unknown", "platform": "substack", "kind": "article"},
    tz="UTC",
    derive=_statistics,
    lossy=("Whether opens and clicks are people or acts is not said: they stay in extra.", "Restacks stay in extra."),
)


def _sends(columns: Columns, ask: Ask) -> None:
    """One event for every mail that was sent, and one more for each that was opened."""
    opened = [at for at, one in enumerate(columns["opened"]) if one]
    order = [(at, "deliver") for at in range(len(columns["opened"]))] + [(at, "open") for at in opened]
    waited = columns.pop("waited")
    old = dict(columns)
    columns.clear()
    columns |= {name: [column[at] for at, _ in order] for name, column in old.items()}
    columns["action"] = [action for _, action in order]
    columns["seconds"] = [waited[at] if action == "open" else None for at, action in order]
    keys = zip(columns["item_id"], columns["actor_id"], columns["action"], strict=True)
    columns["event_id"] = [f"{item}:{actor}:{action}" for item, actor, action in keys]


def _xcampaign_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    acts = list(zip(columns["action"], columns["seconds"], strict=True))
    untimed = sum(action == "open" and one is None for action, one in acts)
    early = sum(one < 0 for _, one in acts if isinstance(one, float))
    yield from [f"{untimed:,} opens have no time to open."] if untimed else []
    yield from [f"{early:,} opens come before their sending (seconds below zero)."] if early else []


XCAMPAIGN = Spec(
    name="xcampaign",
    what="the public XCampaign data of sent and opened mails (Mailprofiler, 2025)",
    signs=(("mailshot_id", "user_id", "opened", "time_to_open"),),
    table=EVENTS,
    fields=fields(
        {
            "item_id": "id!! mailshot_id",
            "actor_id": "id!! user_id",
            "opened": "flag!! opened",
            "waited": "timedelta time_to_open",
        }
    ),
    public=("actor_id", "user_id"),
    derive=_sends,
    remarks=_xcampaign_remarks,
    notes=(
        "There are no days, only seconds from sending to opening; so there are events and no table of mails.",
        "A row is a mail that was sent; whether it arrived is not said (action deliver).",
    ),
    lossy=(OPENS, "Only the first open of a mail is there.", "user_id is an anonymous number of the data set."),
)


def _posts_in(answer: Record) -> list[object] | None:
    found = listed(answer, "data")
    if found is not None:
        return list(found)
    one = answer.get("data")
    return [one] if isinstance(one, dict) and "stats" in one else None


def _campaigns_in(answer: Record) -> list[object] | None:
    found = listed(answer, "data", "results")
    if found is not None:
        return list(found)
    one = answer.get("data")
    return [one] if isinstance(one, dict) and "to_send" in one else None


FORMATS: tuple[Format, ...] = (
    json_format(BEEHIIV, keys=("stats", "recipients", "unique_opens", "publish_date"), pick=_posts_in),
    json_format(LISTMONK, keys=("to_send", "views", "sent", "uuid"), pick=_campaigns_in),
    format_of(_acts("click")),
    format_of(_acts("open")),
    format_of(BUTTONDOWN),
    format_of(STATISTICS),
    format_of(XCAMPAIGN),
)
