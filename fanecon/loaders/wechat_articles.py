"""Lists of articles without counters, as crawlers save them: the backend's search, and the old history page.

The search in an editor's backend answers with ``app_msg_list`` or, since 2023, with ``publish_page``, a JSON within a
JSON within a JSON; the history page of a phone answered with ``general_msg_list``.  None of them has a counter: reads
are unknown and not zero.  Deleted articles are in the lists of the backend, marked; the history page leaves them out.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fanecon.loaders.answers import answers, as_sheet
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import has_keys, listed
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.spec import fields, header_of, joined, read_sheet
from fanecon.loaders.wechat_public import EXPORTER_JSON
from fanecon.loaders.wechat_published import listed_only, parsed
from fanecon.schema import FileError

SPEC = replace(
    EXPORTER_JSON,
    name="wechat_article_list",
    what="a list of WeChat articles without counters (app_msg_list, appmsgpublish, general_msg_list)",
    signs=(("link", "title"),),
    fields=fields(
        {
            "own_id": "id aid",
            "url": "text! link",
            "title": "text title",
            "published": "unix update_time",
            "position": "count itemidx",
        }
    ),
    lossy=("The list has no counters: reads, likes and shares are unknown, not zero.",),
)


def _articles(file: str, number: int, answer: object) -> Iterator[Mapping[str, object]]:
    """The articles of one answer, whichever of the three it is."""
    found = answer if isinstance(answer, Mapping) else {}
    if isinstance(found.get("app_msg_list"), list):
        yield from (one for one in found["app_msg_list"] if isinstance(one, Mapping))
    elif "general_msg_list" in found:
        yield from _messages(_inside(found["general_msg_list"]))
    elif "publish_page" in found or "publish_list" in found:
        page = _inside(found.get("publish_page", found))
        for sent in listed(page, "publish_list") or ():
            info = _inside(sent.get("publish_info")) if isinstance(sent, Mapping) else {}
            yield from (one for one in listed(info, "appmsgex") or () if isinstance(one, Mapping))
    else:
        raise FileError(file, f"Answer {number} is not {SPEC.what}", "Save the answers unchanged.")


def _inside(value: object) -> Mapping[str, object]:
    found = parsed(value) if isinstance(value, str) else value
    return found if isinstance(found, Mapping) else {}


def _messages(page: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The first article of each message and the others in it; a message of text or a picture has none."""
    for message in listed(page, "list") or ():
        if not isinstance(message, Mapping):
            continue
        sent, first = message.get("comm_msg_info"), message.get("app_msg_ext_info")
        when = sent.get("datetime") if isinstance(sent, Mapping) else None
        others = listed(first, "multi_app_msg_item_list") or () if isinstance(first, Mapping) else ()
        for at, one in enumerate((first, *others), 1):
            if isinstance(one, Mapping) and one.get("content_url"):
                link = html.unescape(str(one["content_url"]))
                yield {"link": link, "title": one.get("title"), "update_time": when, "itemidx": at}


def _one(opened: Opened, ask: Ask) -> Reading:
    found = [one for number, answer in enumerate(answers(opened), 1) for one in _articles(opened.file, number, answer)]
    if not found:
        raise FileError(opened.file, f"This is {SPEC.what}, but it holds no article", "Fetch a page that has some.")
    made = as_sheet(opened, found)
    return read_sheet(SPEC, made, header_of(SPEC, made), ask)


def _recognised(opened: tuple[Opened, ...]) -> str:
    pages = all(listed_only(one) for one in opened)
    return (
        has_keys(opened, ("app_msg_list",))
        or has_keys(opened, ("general_msg_list",))
        or ("the keys publish_page, appmsgex" if pages else "")
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name=SPEC.name,
        what=SPEC.what,
        recognise=_recognised,
        read=lambda opened, ask: joined(SPEC, [_one(one, ask) for one in opened]),
    ),
)
