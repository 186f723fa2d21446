"""The JSON of wechat-article-exporter: articles, and under them the comments that readers left.

Comments come along only where the author chose to show them, so their number says how many were chosen, not how many
were written; the author's own replies are left in a count.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders import privacy
from fanecon.loaders.answers import answers, as_sheet
from fanecon.loaders.cells import Unreadable
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import has_keys
from fanecon.loaders.personal import hider, notes_on
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Complaints, finish
from fanecon.loaders.spec import header_of, joined, read_sheet
from fanecon.loaders.times import Moment, unix
from fanecon.loaders.wechat_public import EXPORTER_JSON as SPEC
from fanecon.schema import FileError
from fanecon.tables import EVENTS

_CHOSEN = "Comments are those that the author chose to show; the events hold them, without the author's replies."
_KEPT = ("like_num", "is_elected", "ip_wording")
Article = Mapping[str, object]


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    readings = each(opened, lambda one: _one(one, ask))
    whole = joined(SPEC, readings)
    events = [one.tables["events"] for one in readings if "events" in one.tables]
    if events:
        frame = pd.concat(events, ignore_index=True)
        frame.attrs = {**whole.main.attrs, "table": "events"}
        whole = replace(whole, tables={**whole.tables, "events": frame})
    return whole


def _one(opened: Opened, ask: Ask) -> Reading:
    listed = [one if isinstance(one, Mapping) else {"not an object": one} for one in answers(opened)]
    made = as_sheet(opened, [{key: value for key, value in one.items() if key != "comments"} for one in listed])
    complaints = Complaints(opened.file, None)
    rows = [
        row
        for number, one in enumerate(listed, 2)
        if (None, number) not in opened.left_out
        for row in _comments(one, number, complaints, ask)
    ]
    reading = _articles(made, complaints, ask)
    if not rows:
        return reading
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    notes = (*reading.notes, _CHOSEN, *notes_on(["openid"], ask))
    reading.main.attrs["notes"] = notes
    events = finish(opened.file, columns, EVENTS, {**reading.main.attrs})
    return replace(reading, tables={**reading.tables, "events": events}, notes=notes)


def _articles(made: Opened, complaints: Complaints, ask: Ask) -> Reading:
    """The articles; what is broken in them and in their comments is raised together."""
    try:
        reading = read_sheet(SPEC, made, header_of(SPEC, made), ask)
    except FileError as error:
        if not complaints.places:
            raise
        problem = f"{error.problem}; in comments: {', '.join(complaints.reasons)}"
        raise FileError(made.file, problem, error.fix, at=[*error.places, *complaints.places]) from error
    complaints.stop()
    return reading


def _comments(article: Article, number: int, complaints: Complaints, ask: Ask) -> Iterator[dict[str, object]]:
    listed = article.get("comments") or ()
    for at, one in enumerate(listed if isinstance(listed, Sequence) else (), 1):
        if not isinstance(one, Mapping):
            complaints.add("no comment", row=number, column=f"comments[{at}]", value=one)
            continue
        found: dict[str, object] = {}
        for name, parse in (("create_time", unix), ("openid", _person(ask))):
            try:
                found[name] = parse(one.get(name))
            except Unreadable as error:
                complaints.add(str(error), row=number, column=f"comments[{at}].{name}", value=one.get(name))
        if len(found) == 2:
            yield _comment(article, at, one, found, ask)


def _person(ask: Ask) -> Callable[[object], object]:
    read = privacy.reader("openid", personal=ask.personal)

    def parse(cell: object) -> object:
        if isinstance(cell, (dict, list)):
            raise Unreadable("no open id")
        return read(cell)

    return parse


def _comment(article: Article, at: int, one: Article, found: Article, ask: Ask) -> dict[str, object]:
    item, when = str(article.get("aid")), found["create_time"]
    when = when if isinstance(when, Moment) else Moment()
    replies = one.get("reply_new")
    extra = {key: one[key] for key in _KEPT if one.get(key) not in (None, "")}
    extra |= (
        {"replies": replies["reply_total_cnt"]} if isinstance(replies, Mapping) and "reply_total_cnt" in replies else {}
    )
    hide = hider(ask, {})
    return {
        "event_id": f"comment:{item}:{one.get('content_id') or at}",
        "actor_id": found["openid"],
        "action": "comment",
        "time": when.value,
        "time_precision": when.precision if when.value else None,
        "tz_source": "given" if when.value else None,
        "item_id": item,
        "text": hide("content", str(one.get("content") or "")) or None,
        "source_format": SPEC.name,
        "extra": json.dumps({name: hide(name, value) for name, value in extra.items()}, ensure_ascii=False),
    }


def _recognised(opened: tuple[Opened, ...]) -> str:
    """The keys of its records, which stand in the backend's own answers too, there below `app_msg_list`."""
    return "" if has_keys(opened, ("app_msg_list",)) else has_keys(opened, ("aid", "link", "update_time"))


FORMATS: tuple[Format, ...] = (
    Format(
        name=SPEC.name,
        what=SPEC.what,
        recognise=_recognised,
        read=_read,
    ),
)
