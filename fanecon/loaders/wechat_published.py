"""The page 发表记录 of WeChat's backend (``publish_page``): what was sent, when, and how it stands now.

Its JSON holds, for each sending, another JSON as a text in which every quotation mark is written as HTML writes it.
The text is put right and read; a text that cannot be read is complained of like a broken cell.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fanecon.loaders.answers import answers, as_sheet, begins
from fanecon.loaders.cells import Unreadable
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import has_keys
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import rows_have
from fanecon.loaders.spec import Columns, Spec, days, fields, header_of, joined, moments, read_sheet
from fanecon.loaders.wechat_items import account_in
from fanecon.loaders.wechat_list import PLATFORM
from fanecon.loaders.wechat_public import SHANGHAI, SWAPPED, capped
from fanecon.schema import FileError
from fanecon.tables import ITEMS

_BROKEN = "publish_info"
_DELIVERED = "delivered is sent_status.total, the people it was sent to; how many it reached (succ) is in extra."
_NO_PEOPLE = "The page counts times: reads and shares are times, readers and sharers are unknown."


def _refused(cell: object) -> object:
    if cell is None:
        return None
    raise Unreadable("a publish_info that is no JSON")


def _derive(columns: Columns, ask: Ask) -> None:
    columns["item_id"] = [f"{mid}_{at}" for mid, at in zip(columns["mid"], columns["position"], strict=True)]
    urls = columns.get("url", [None] * len(columns["mid"]))
    columns["url"] = [html.unescape(str(url)) if url else None for url in urls]
    columns["account_id"] = [ask.account_id or account_in(url) or "unknown" for url in columns["url"]]
    columns["notified"] = [True if sent else None for sent in columns.get("delivered", [None] * len(urls))]
    days(columns, "published", into="published_date", tz=ask.tz or SHANGHAI)
    moments(columns, "published", into="published_at", precision="time_precision", source="tz_source")
    capped(columns)


def _remarks(columns: Columns, ask: Ask) -> Iterator[str]:
    yield from (_NO_PEOPLE, _DELIVERED)
    old = sum(on < SWAPPED for on in columns["published_date"])  # type: ignore[operator]
    if old:
        yield f"{rows_have(old)} a day before December 2018, when like_num was the thumb: their likes are in looks."


SPEC = Spec(
    name="wechat_publish_page",
    what="the page 发表记录 of WeChat's backend (publish_page)",
    signs=(("appmsgid", "itemidx"),),
    table=ITEMS,
    fields=fields(
        {
            "broken": f"text {_BROKEN}",
            "mid": "id!! appmsgid",
            "position": "count!! itemidx",
            "title": "text title",
            "url": "text content_url",
            "published": "unix!! sent_info.time",
            "delivered": "count sent_status.total",
            "reads": "count read_num",
            "likes": "count old_like_num",
            "looks": "count like_num",
            "comments": "count comment_num",
            "shares": "count share_num",
        }
    ),
    readers={"broken": _refused},
    constants={"platform": PLATFORM, "kind": "article"},
    derive=_derive,
    remarks=_remarks,
    lossy=(
        "Counts run from publication to the moment the page was taken, which it does not say.",
        "delivered counts everyone it was sent to, like 送达人数 and unlike target_user with group sending.",
    ),
)


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    return joined(SPEC, each(opened, lambda one: _one(one, ask)))


def _one(opened: Opened, ask: Ask) -> Reading:
    listed = [one for answer in answers(opened) for one in _sendings(opened.file, answer)]
    empty = sum(not one.get(_BROKEN) for one in listed)
    records = [record for one in listed if one.get(_BROKEN) for record in _articles(one[_BROKEN])]
    if not records:
        raise FileError(opened.file, f"This is {SPEC.what}, but it holds no article", "Open a page that has some.")
    made = as_sheet(opened, records)
    reading = read_sheet(SPEC, made, header_of(SPEC, made), ask)
    if not empty:
        return reading
    note = f"Rows left out: {empty} without publish_info (deleted or failed sendings)."
    notes, rows = (*reading.notes, note), reading.rows_rejected + empty
    return replace(reading, notes=notes, rows_rejected=rows, rows_read=reading.rows_read + empty)


def _sendings(file: str, answer: object) -> list[Mapping[str, object]]:
    """The entries of `publish_list`, which may itself stand in a text called `publish_page`."""
    if isinstance(answer, Mapping) and isinstance(answer.get("publish_page"), str):
        answer = parsed(str(answer["publish_page"]))
    if isinstance(answer, Mapping) and isinstance(answer.get("publish_page"), Mapping):
        answer = answer["publish_page"]
    found = answer.get("publish_list") if isinstance(answer, Mapping) else None
    if not isinstance(found, list):
        raise FileError(file, f"This is no {SPEC.what}: it has no publish_list", "Save the page's answer unchanged.")
    return [one if isinstance(one, Mapping) else {_BROKEN: one} for one in found]


def parsed(text: str) -> object:
    """A JSON text as it stands, or with the signs that HTML writes as words; None where it is neither."""
    for spelled in (text, html.unescape(text), html.unescape(html.unescape(text))):
        try:
            return json.loads(spelled)
        except (ValueError, RecursionError):
            continue
    return None


def _articles(info: object) -> Iterator[dict[str, object]]:
    found = parsed(info) if isinstance(info, str) else info
    if not isinstance(found, Mapping) or not isinstance(found.get("appmsg_info"), list):
        yield {_BROKEN: str(info)[:200]}
        return
    same = {key: found[key] for key in ("sent_info", "sent_status") if isinstance(found.get(key), Mapping)}
    for one in found["appmsg_info"]:
        yield {**one, **same} if isinstance(one, Mapping) else {_BROKEN: str(one)[:200]}


def listed_only(opened: Opened) -> bool:
    """Whether a page lists articles without counters, as the search in the backend does."""
    start = begins(opened, 20_000)
    return re.search(r'appmsgex\\*"', start) is not None and "appmsg_info" not in start


def _recognised(opened: tuple[Opened, ...]) -> str:
    page = has_keys(opened, ("publish_list",)) or has_keys(opened, ("publish_page",))
    return "" if page and all(map(listed_only, opened)) else page


FORMATS: tuple[Format, ...] = (
    Format(
        name=SPEC.name,
        what=SPEC.what,
        recognise=_recognised,
        read=_read,
    ),
)
