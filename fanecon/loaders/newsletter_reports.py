"""Reports of single mails: pairs of a name and a value, in blocks, under a title; Mailchimp's and MailerLite's.

These files are pages rather than tables.  A value bears its rate (`344 (27.1%)`) and a currency (`CA$0.00`); a test of
two subjects is two blocks of one report and becomes two mails.  The list of links shows what the totals hide: 361
clicks by two people are a machine, and a last open five years after sending means that the window never closes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fanecon.loaders.cells import Number, Share, Unreadable, count, is_missing, plain, share
from fanecon.loaders.figures import made_id, numbers, printed_notes
from fanecon.loaders.files import Opened
from fanecon.loaders.kinds import money
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
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.rows import Complaints
from fanecon.loaders.spec import Columns, Spec, made
from fanecon.loaders.times import Moment, moment
from fanecon.schema import FileError, Place
from fanecon.tables import ITEMS

MANY_CLICKS, CLICKS_EACH = 50, 10
LONG_DAYS = 365

_COUNTED = re.compile(r"(?P<count>[^()]*?)\s*(?:\((?P<share>[^()]+%)\))?")
_CURRENCIES = {"us$": "USD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD"}
_CURRENCIES |= {"€": "EUR", "£": "GBP", "r$": "BRL", "mx$": "MXN"}
_MAILCHIMP = {
    "title": "Subject Line",
    "name": "Title",
    "published": "Delivery Date/Time",
    "recipients": "Total Recipients",
    "delivered": "Successful Deliveries",
    "bounces": "Bounces",
    "shares": "Times Forwarded",
    "opens_people": "Recipients Who Opened",
    "opens_times": "Total Opens",
    "last_open": "Last Open Date",
    "clicks_people": "Recipients Who Clicked",
    "clicks_times": "Total Clicks",
    "unsubscribes": "Total Unsubs",
    "complaints": "Total Abuse Complaints",
    "revenue": "Total Sales",
}
_MAILERLITE = {
    "title": "Subject",
    "published": "Sent",
    "recipients": "Total emails sent",
    "opens_people": "Opened",
    "clicks_people": "Clicked",
    "unsubscribes": "Unsubscribed",
    "complaints": "Spam complaints",
    "hard": "Hard bounce",
    "soft": "Soft bounce",
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a report: its title, its pairs and its links, each with the row it stands in."""

    title: str
    row: int
    pairs: dict[str, tuple[int, object]] = field(default_factory=dict)
    links: list[tuple[int, Sequence[object]]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The pairs of one mail (name in one spelling → row, value) and its links."""

    row: int
    pairs: Mapping[str, tuple[int, object]]
    links: Sequence[tuple[int, Sequence[object]]]


def _spec(name: str, what: str, platform: str) -> Spec:
    return Spec(
        name=name,
        what=what,
        signs=(),
        table=ITEMS,
        fields={},
        constants={**MAIL, "platform": platform},
        order="mdy",
        notes=("item_id is made from day and title: the report has none.",),
        lossy=(OPENS, "Security programs click links too; clicks by link stay in extra."),
    )


SINGLE = _spec("mailchimp_report", "Mailchimp's report of one mail", "mailchimp")
TESTED = _spec("mailchimp_ab_report", "Mailchimp's report of a mail sent in several versions", "mailchimp")
MAILERLITE = _spec("mailerlite_report", "MailerLite's (classic) report of one mail", "mailerlite")


def _named(opened: tuple[Opened, ...], title: str, sign: str) -> str:
    """The title line and a line that only this report has, or ""."""
    for one in opened:
        rows = one.sheets[0].rows if one.sheets else []
        if not any(plain(row[0]) == title for row in rows[:1] if row):
            return ""
        if not any(plain(row[0]).rstrip(":") == sign for row in rows if row):
            return ""
    return f"the title '{title}' and the line '{sign}'"


def _blocks(opened: Opened) -> list[Block]:
    """Titles, pairs and links, in the order of the file."""
    blocks: list[Block] = []
    for number, row in enumerate(opened.sheets[0].rows, 1):
        cells = [cell for cell in row if plain(cell)]
        if not cells:
            continue
        key = plain(row[0])
        if len(cells) == 1 and not key.endswith(":"):
            blocks.append(Block(title=key, row=number))
        elif blocks and len(cells) <= 2:
            blocks[-1].pairs[key.rstrip(":")] = (number, row[1] if len(row) > 1 else None)
        elif blocks and key not in ("url", "links"):
            blocks[-1].links.append((number, row))
    return blocks


def _mails(blocks: Sequence[Block]) -> list[Mail]:
    """One mail, or one per combination; what stands outside of the combinations belongs to all."""
    parts = [block for block in blocks if re.fullmatch(r"combination \d+ stats", block.title)]
    shared = [block for block in blocks if not block.title.startswith("combination")]
    common = {key: pair for block in shared for key, pair in block.pairs.items()}
    if not parts:
        return [Mail(row=blocks[0].row, pairs=common, links=[link for block in shared for link in block.links])]
    links = {block.title.removesuffix(" clicks by url"): block.links for block in blocks}
    return [
        Mail(row=one.row, pairs=common | one.pairs, links=links.get(one.title.removesuffix(" stats"), []))
        for one in parts
    ]


def counted(cell: object) -> tuple[Number, Share]:
    """The count in a cell and the rate behind it: `344 (27.1%)`.

    Raises
    ------
    Unreadable
        If it is none.
    """
    found = _COUNTED.fullmatch(plain(cell))
    if found is None:
        raise Unreadable("not a count")
    return count(found["count"]), share(found["share"])


def amount(cell: object) -> tuple[Number, str | None]:
    """The amount in a cell in minor units, and its currency where the sign names one.

    Raises
    ------
    Unreadable
        If it is none.
    """
    sign = re.match(r"[a-z]{0,3}[$€£]", plain(cell))
    return money(cell, 100), _CURRENCIES.get(sign[0]) if sign else None


class _Read:
    """The values of one mail after another; what cannot be read is gathered and raised together."""

    def __init__(self, opened: Opened, names: Mapping[str, str], spec: Spec, ask: Ask) -> None:
        self.complaints = Complaints(opened.file, opened.sheets[0].name)
        self.names = names
        self.clock = ask.clock("UTC", spec.order)

    def mail(self, mail: Mail) -> dict[str, object]:
        """All fields of one mail."""
        found: dict[str, object] = {"_row": mail.row, "extra": _extra(mail, self.names)}
        for name, written in self.names.items():
            row, cell = mail.pairs.get(plain(written), (mail.row, None))
            found |= self._value(name, written, row, cell)
        return found

    def _value(self, name: str, written: str, row: int, cell: object) -> dict[str, object]:
        parse: Callable[[object], dict[str, object]]
        if name in ("title", "name"):
            return {name: None if is_missing(cell) else str(cell).strip()}
        if name in ("published", "last_open"):
            parse = lambda cell: {name: moment(cell, self.clock)}  # noqa: E731
        elif name == "revenue":
            parse = _revenue
        else:
            parse = lambda cell: _whole(name, *counted(cell))  # noqa: E731
        try:
            return parse(cell)
        except Unreadable as error:
            self.complaints.add(str(error), row=row, column=written, value=cell)
            return {}


def _whole(name: str, found: Number, rate: Share) -> dict[str, object]:
    if rate.value is not None and rate.value > 1 and not name.endswith("_times"):
        raise Unreadable("a share above 1 (write 3.74% or 0.0374)")
    whole = None if found.value is None else int(found.value)
    return {name: whole, f"{name}_rate": None if rate.value is None else float(rate.value)}


def _revenue(cell: object) -> dict[str, object]:
    found, currency = amount(cell)
    return {"revenue_minor": None if found.value is None else int(found.value), "currency": currency}


def _extra(mail: Mail, names: Mapping[str, str]) -> str | None:
    used = {plain(name) for field_, name in names.items() if field_ != "name"}
    kept: dict[str, object] = {key: cell for key, (_, cell) in mail.pairs.items() if key not in used and plain(cell)}
    if mail.links:
        kept["clicks by url"] = [[str(cell) for cell in row] for _, row in mail.links]
    return json.dumps(kept, ensure_ascii=False, default=str) if kept else None


def _report(spec: Spec, names: Mapping[str, str], opened: Opened, ask: Ask) -> Reading:
    mails = _mails(_blocks(opened))
    read = _Read(opened, names, spec, ask)
    found = [read.mail(mail) for mail in mails]
    read.complaints.stop()
    if any(one.get("published") in (None, Moment()) for one in found):
        at = [Place(column=names["published"])]
        raise FileError(opened.file, "The report does not say when the mail was sent", "Export it again.", at=at)
    keys = list(dict.fromkeys(key for one in found for key in one))
    columns: Columns = {key: [one.get(key) for one in found] for key in keys}
    columns |= {name: [value] * len(found) for name, value in spec.constants.items()}
    columns["source_format"] = [spec.name] * len(found)
    late = list(_late(columns))
    _finish(columns, ask)
    notes = [*spec.notes, *_notes(columns, mails, ask, spec), *late]
    return made(spec, opened, columns, notes=notes)


def _finish(columns: Columns, ask: Ask) -> None:
    if "hard" in columns:
        lost = zip(numbers(columns, "recipients"), numbers(columns, "hard"), numbers(columns, "soft"), strict=True)
        parts = [(a, b, c) if None not in (a, b, c) else None for a, b, c in lost]
        columns["bounces"] = [None if one is None else int(one[1] + one[2]) for one in parts]  # type: ignore[operator]
        columns["delivered"] = [None if one is None else int(one[0] - one[1] - one[2]) for one in parts]  # type: ignore[operator]
    sent(columns, ask)
    titles = columns.get("name", columns["title"])
    made_ids = [made_id(on, title) for on, title in zip(columns["published_date"], titles, strict=True)]
    several = len(made_ids) > 1
    columns["item_id"] = [f"{one}_{at}" if several else one for at, one in enumerate(made_ids, 1)]
    opened_per_delivered(columns)
    inflated(columns)


def _late(columns: Columns) -> Iterator[str]:
    pairs = zip(columns["published"], columns.get("last_open", []), strict=False)
    spans = [
        (last.value - first.value).days
        for first, last in pairs
        if isinstance(first, Moment) and isinstance(last, Moment) and first.value and last.value
    ]
    if spans and max(spans) > LONG_DAYS:
        yield f"The last open came {max(spans):,} days after sending: the counts have no window, and grow with age."


def _notes(columns: Columns, mails: Sequence[Mail], ask: Ask, spec: Spec) -> Iterator[str]:
    yield from printed_notes(columns, "opens_people_rate", "opens_people", "delivered")
    yield from printed_notes(columns, "clicks_people_rate", "clicks_people", "delivered")
    yield from printed_notes(columns, "bounces_rate", "bounces", "recipients")
    yield from impossible_notes(columns)
    yield from inflation_notes(columns)
    yield from _machines(mails)
    if any(numbers(columns, "revenue_minor")) and not any(columns.get("currency", [])):
        yield "The currency of revenue is not certain from its sign."
    if spec is TESTED:
        yield "The versions of a test are mails of their own: each went to other people, so their people add up."
    if not ask.tz:
        yield UNKNOWN_ZONE.format(platform=str(spec.constants["platform"]).capitalize())


def _machines(mails: Iterable[Mail]) -> Iterator[str]:
    seen = set()
    for mail in mails:
        for _, row in mail.links:
            try:
                pair = sorted(int(count(cell).value or 0) for cell in row[1:3])
            except Unreadable:
                continue
            if pair[-1] >= MANY_CLICKS and pair[-1] >= CLICKS_EACH * max(pair[0], 1) and str(row[0]) not in seen:
                seen.add(str(row[0]))
                yield f"One link has {pair[-1]:,} clicks by {pair[0]:,} people: machines, not readers ({row[0]!s:.60})."


def _format(spec: Spec, names: Mapping[str, str], title: str, sign: str) -> Format:
    def read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
        if len(opened) > 1:
            at = [Place(value=one.file) for one in opened[1:]]
            raise FileError(opened[0].file, "Several reports of single mails", "Read them one by one.", at=at)
        return _report(spec, names, opened[0], ask)

    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: _named(opened, title, sign),
        read=read,
        words=tuple(names.values()),
    )


FORMATS: tuple[Format, ...] = (
    _format(SINGLE, _MAILCHIMP, "email campaign report", "overall stats"),
    _format(TESTED, _MAILCHIMP, "campaign report", "combination 1 stats"),
    _format(MAILERLITE, _MAILERLITE, "campaign report", "total emails sent"),
)
