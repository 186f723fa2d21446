"""Mailchimp: the list of all campaigns, and the answers of its reports interface.

The same mail bears two rates: `27.78%` in the download, 0.2778 in the answer, and beside it the average of the list in
hundredths; all are divided again.  In the answer, `unique_clicks` counts links per person and
`unique_subscriber_clicks` people; only the second is people.  `proxy_excluded_…` leaves out what privacy proxies open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fanecon.loaders.cells import heading, plain
from fanecon.loaders.figures import numbers, printed_notes
from fanecon.loaders.files import HEADER_ROWS, Opened, Row
from fanecon.loaders.json_format import Record, has_keys, json_format, listed
from fanecon.loaders.newsletter_rates import (
    MAIL,
    OPENS,
    UNKNOWN_ZONE,
    impossible_notes,
    inflated,
    inflation_notes,
    opened_per_delivered,
    sent,
)
from fanecon.loaders.reading import Ask, Format
from fanecon.loaders.rows import Body
from fanecon.loaders.spec import Columns, Spec, fields, format_of
from fanecon.tables import ITEMS

_MACHINES = "Security programs click links too: clicks without people behind them are in the counts."


def _campaigns(columns: Columns, ask: Ask) -> None:
    sent(columns, ask)
    opened_per_delivered(columns)
    inflated(columns)


def _campaign_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield from printed_notes(columns, "open_rate", "opens_people", "delivered")
    yield from printed_notes(columns, "click_rate", "clicks_people", "delivered")
    yield from impossible_notes(columns)
    yield from inflation_notes(columns)
    yield from [] if ask.tz else [UNKNOWN_ZONE.format(platform="Mailchimp")]


CAMPAIGNS = Spec(
    name="mailchimp_campaigns",
    what="Mailchimp's list of all campaigns",
    signs=(("Unique Id", "Send Date", "Successful Deliveries", "Unique Opens"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! Unique Id",
            "title": "text Subject",
            "published": "time!! Send Date",
            "recipients": "count Total Recipients",
            "delivered": "count! Successful Deliveries",
            "bounces": "count Total Bounces",
            "shares": "count Times Forwarded",
            "opens_people": "count! Unique Opens",
            "open_rate": "share Open Rate",
            "opens_times": "count Total Opens",
            "clicks_people": "count Unique Clicks",
            "click_rate": "share Click Rate",
            "clicks_times": "count Total Clicks",
            "unsubscribes": "count Unsubscribes",
            "complaints": "count Abuse Complaints",
            "revenue_minor": "cents Total Revenue",
        }
    ),
    constants={**MAIL, "platform": "mailchimp"},
    tz="UTC",
    order="mdy",
    derive=_campaigns,
    remarks=_campaign_remarks,
    kept=("open_rate", "click_rate"),
    proportions=("open_rate", "click_rate"),
    lossy=(
        OPENS,
        _MACHINES,
        "shares are forwards through Mailchimp's own form; forwarding in the mail program is not seen.",
        "Revenue is in the currency of the account, which the file does not name.",
    ),
)


def _bare_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield "The counters were taken out of the list: it tells when mails went to how many, and not what came back."
    yield from [] if ask.tz else [UNKNOWN_ZONE.format(platform="Mailchimp")]


BARE = replace(
    CAMPAIGNS,
    name="mailchimp_campaigns_bare",
    what="Mailchimp's list of all campaigns without its counters",
    signs=(("Unique Id", "Send Date", "Total Recipients"),),
    fields={name: CAMPAIGNS.fields[name] for name in ("item_id", "title", "published", "recipients")},
    derive=sent,
    remarks=_bare_remarks,
    kept=(),
    lossy=(),
)


def _is_bare(opened: tuple[Opened, ...]) -> str:
    """The columns of a list from which all counters were taken; one that lost some of them is damaged."""
    counters = {
        heading(word) for name, one in CAMPAIGNS.fields.items() if name not in BARE.fields for word in one.names
    }
    rows = [row for one in opened for sheet in one.sheets for row in sheet.rows[:HEADER_ROWS]]
    if any(heading(cell) in counters for row in rows for cell in row):
        return ""
    return format_of(BARE).recognise(opened)


def _reports(columns: Columns, ask: Ask) -> None:
    hard, soft = numbers(columns, "hard"), numbers(columns, "soft")
    columns["bounces"] = [None if a is None or b is None else int(a + b) for a, b in zip(hard, soft, strict=True)]
    pairs = zip(numbers(columns, "recipients"), numbers(columns, "bounces"), strict=True)
    columns["delivered"] = [None if a is None or b is None else int(a - b) for a, b in pairs]
    columns["currency"] = [None if one is None else str(one).upper() for one in columns.get("currency", [])] or [
        None for _ in hard
    ]
    sent(columns, ask)
    opened_per_delivered(columns)
    inflated(columns)


def _report_remarks(columns: Columns, ask: Ask) -> Iterable[str]:
    yield from printed_notes(columns, "open_rate", "opens_people", "delivered")
    yield from printed_notes(columns, "excl_rate", "opens_people_excl_proxy", "delivered")
    yield from printed_notes(columns, "click_rate", "clicks_people", "delivered")
    yield from impossible_notes(columns)
    yield from inflation_notes(columns)
    if any(one is not None for one in columns["delivered"]):
        yield "delivered is emails_sent less hard and soft bounces: the answer does not print it."
    if any(one is None for one in columns["delivered"]):
        yield "Some mails come without bounces (a summary, not a report): delivered is unknown, and the rate with it."
    if any(one is None for one in columns["published_date"]):
        yield "Some mails have no send_time: when they were sent is unknown."
    if any(numbers(columns, "syntax")):
        yield "Some addresses were not even tried (syntax_errors); they are neither delivered nor bounced here."


def _went_out(body: Body, row: Row) -> bool:
    """Whether a mail was sent: `/campaigns` lists drafts and planned mails among the others."""
    return plain(body.cell(row, "state")) not in ("save", "schedule", "paused")


REPORTS = Spec(
    name="mailchimp_reports",
    what="an answer of Mailchimp's reports interface",
    signs=(("emails_sent", "opens.unique_opens"), ("emails_sent", "opens.opens_total")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "title": "text subject_line",
            "published": "time send_time",
            "recipients": "count! emails_sent",
            "state": "text status",
            "hard": "count bounces.hard_bounces",
            "soft": "count bounces.soft_bounces",
            "syntax": "count bounces.syntax_errors",
            "complaints": "count abuse_reports",
            "unsubscribes": "count unsubscribed",
            "shares": "count forwards.forwards_count",
            "opens_people": "count opens.unique_opens",
            "opens_times": "count opens.opens_total",
            "open_rate": "share opens.open_rate",
            "last_open": "time opens.last_open",
            "opens_people_excl_proxy": "count opens.proxy_excluded_unique_opens",
            "excl_rate": "share opens.proxy_excluded_open_rate",
            "clicks_people": "count clicks.unique_subscriber_clicks",
            "clicks_times": "count clicks.clicks_total",
            "click_rate": "share clicks.click_rate",
            "revenue_minor": "cents ecommerce.total_revenue",
            "currency": "text ecommerce.currency_code",
        }
    ),
    constants={**MAIL, "platform": "mailchimp"},
    derive=_reports,
    keep=_went_out,
    remarks=_report_remarks,
    kept=("state", "hard", "soft", "syntax", "open_rate", "excl_rate", "click_rate", "last_open"),
    proportions=("open_rate", "excl_rate", "click_rate"),
    lossy=(
        OPENS,
        _MACHINES,
        "list_stats and industry_stats are averages of others (list_stats in 0 to 100); they stay in extra unread.",
        "The hourly timeseries stays in extra.",
    ),
)


def _reports_in(answer: Record) -> list[object] | None:
    """Records of `/reports` or `/campaigns`, or the one of `/reports/{id}` or `/campaigns/{id}`."""
    for key in ("reports", "campaigns"):
        found = listed(answer, key)
        if found is not None:
            return [_reported(one) for one in found]
    return [_reported(answer)] if "emails_sent" in answer else None


def _reported(mail: object) -> object:
    """A mail of `/campaigns` as a report, which has the same counts under other names; a report as it is."""
    summary = mail.get("report_summary") if isinstance(mail, Mapping) else None
    if not isinstance(mail, Mapping) or not ("settings" in mail or isinstance(summary, Mapping)):
        return mail
    counts = summary if isinstance(summary, Mapping) else {}
    named = mail["settings"] if isinstance(mail.get("settings"), Mapping) else {}
    opens = {"opens_total": "opens", "unique_opens": "unique_opens", "open_rate": "open_rate"}
    clicks = {"clicks_total": "clicks", "unique_subscriber_clicks": "subscriber_clicks", "click_rate": "click_rate"}
    return {
        **{key: mail[key] for key in ("id", "status", "type", "send_time", "emails_sent") if key in mail},
        "subject_line": named.get("subject_line"),
        "campaign_title": named.get("title"),
        "opens": {to: counts.get(name) for to, name in opens.items()},
        "clicks": {to: counts.get(name) for to, name in clicks.items()},
        "ecommerce": {"total_revenue": (counts.get("ecommerce") or {}).get("total_revenue")},
    }


def _is_report(opened: tuple[Opened, ...]) -> str:
    return (
        has_keys(opened, ("emails_sent", "opens_total", "unique_opens"))
        or has_keys(opened, ("emails_sent", "report_summary", "unique_opens"))
        or has_keys(opened, ("emails_sent", "unique_opens", "unique_subscriber_clicks"))
    )


FORMATS: tuple[Format, ...] = (
    format_of(CAMPAIGNS),
    replace(format_of(BARE), recognise=_is_bare),
    replace(json_format(REPORTS, keys=("emails_sent",), pick=_reports_in), recognise=_is_report),
)
