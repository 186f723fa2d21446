"""Mailchimp: the list of all campaigns, and the answers of its reports interface.

The same mail bears two rates: `27.78%` in the download, 0.2778 in the answer, and beside it the average of the list in
hundredths; all are divided again.  In the answer, `unique_clicks` counts links per person and
`unique_subscriber_clicks` people; only the second is people.  `proxy_excluded_…` leaves out what privacy proxies open.
"""

from __future__ import annotations

from collections.abc import Iterable

from fanecon.loaders.figures import numbers, printed_notes
from fanecon.loaders.json_format import Record, json_format, listed
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
    if any(numbers(columns, "syntax")):
        yield "Some addresses were not even tried (syntax_errors); they are neither delivered nor bounced here."


REPORTS = Spec(
    name="mailchimp_reports",
    what="an answer of Mailchimp's reports interface",
    signs=(("emails_sent", "opens.unique_opens"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "title": "text subject_line",
            "published": "time!! send_time",
            "recipients": "count! emails_sent",
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
    remarks=_report_remarks,
    kept=("hard", "soft", "syntax", "open_rate", "excl_rate", "click_rate", "last_open"),
    proportions=("open_rate", "excl_rate", "click_rate"),
    notes=("delivered is emails_sent less hard and soft bounces: the answer does not print it.",),
    lossy=(
        OPENS,
        _MACHINES,
        "list_stats and industry_stats are averages of others (list_stats in 0 to 100); they stay in extra unread.",
        "The hourly timeseries stays in extra.",
    ),
)


def _reports_in(answer: Record) -> list[object] | None:
    """Records of `/reports`, or the one of `/reports/{id}`."""
    found = listed(answer, "reports")
    if found is not None:
        return list(found)
    return [answer] if "emails_sent" in answer else None


FORMATS: tuple[Format, ...] = (
    format_of(CAMPAIGNS),
    json_format(REPORTS, keys=("emails_sent", "unique_opens", "unique_subscriber_clicks"), pick=_reports_in),
)
