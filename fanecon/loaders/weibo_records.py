"""What public crawlers of Weibo write as JSON: weibo-crawler, weiboSpider and WeiboSpider (nghuyong).

The first two keep one account per file, its profile beside its posts; the profile is not read, since its counts are of
the day of the crawl and of nobody's post.  A repost holds its original whole, so the original is read from within it;
only the third writes one post per line.  Clock times are Beijing's in all three, without saying so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fanecon.loaders.answers import Record, answers, as_sheet, begins
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import listed
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.spec import Spec, fields
from fanecon.loaders.weibo_crawlers import DATABASE, SPIDER, floored, remarks
from fanecon.loaders.weibo_tables import (
    EDITED,
    ITEM,
    NO_PARENT,
    NODE,
    SHANGHAI,
    read_tables,
    reposts,
    untimed,
    with_origin,
)
from fanecon.schema import FileError
from fanecon.tables import CASCADE_NODES, ITEMS

CRAWLER_JSON = replace(
    DATABASE,
    name="weibo_crawler_json",
    what="a JSON file of the crawler weibo-crawler",
    fields={**DATABASE.fields, **fields({"origin": "id retweet.id"})},
)
_CRAWLER_NODES = Spec(
    name="weibo_crawler_json",
    what=CRAWLER_JSON.what,
    signs=CRAWLER_JSON.signs,
    table=CASCADE_NODES,
    fields=fields(
        {
            "cascade_id": "id!! retweet.id",
            "node_id": "id!! id",
            "actor_id": "id user_id",
            "when": "time!! created_at",
            "text": "text text",
            "root_actor": "id retweet.user_id",
            "root_text": "text retweet.text",
            "root_when": "time retweet.full_created_at|retweet.created_at",
            "root_size": "count retweet.reposts_count",
        }
    ),
    constants=NODE,
    tz=SHANGHAI,
    derive=reposts,
    remarks=untimed,
    keep=with_origin("cascade_id"),
    lossy=(NO_PARENT,),
)
SPIDER_JSON = replace(
    SPIDER,
    name="weibo_spider_json",
    what="a JSON file of the crawler weiboSpider",
    signs=(("id", "publish_time", "up_num", "retweet_num"),),
    fields=fields(
        {
            "item_id": "id!! id",
            "author": "id user_id",
            "title": "text content",
            "url": "text article_url",
            "published": "time!! publish_time",
            "likes": "count up_num",
            "shares": "count retweet_num",
            "comments": "count comment_num",
            "own": "flag original",
        }
    ),
)
LINES = Spec(
    name="weibo_spider_lines",
    what="posts of Weibo crawled by WeiboSpider (nghuyong), one per line",
    signs=(("_id", "mblogid", "created_at", "reposts_count"), ("_id", "repost_num", "like_num", "created_at")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! _id",
            "author": "id user._id|user_id",
            "title": "text content",
            "url": "text url|weibo_url",
            "published": "time!! created_at",
            "observed": "unix crawl_time",
            "shares": "count reposts_count|repost_num",
            "comments": "count comments_count|comment_num",
            "likes": "count attitudes_count|like_num",
            "origin": "id retweet_id|retweet._id|origin_weibo",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=floored,
    remarks=remarks,
    lossy=(EDITED, "Accounts are read by their ids; names, places and pictures stay in extra."),
)


def _kept(opened: Opened, key: str) -> Opened:
    """The posts of one account (under a key beside its profile), or one per line, as a sheet."""
    found: list[object] = []
    for number, answer in enumerate(answers(opened), 1):
        inside = listed(answer, key) if key and isinstance(answer, Mapping) else [answer]
        if inside is None or not all(isinstance(one, Mapping) for one in inside):
            raise FileError(opened.file, f"Entry {number} holds no posts", "Crawl the posts again into a new file.")
        found += [_told(one) for one in inside if isinstance(one, Mapping)]
    if not found:
        raise FileError(opened.file, "The file holds no post", "Crawl a period that has some.")
    return as_sheet(opened, [one for one in found if isinstance(one, Mapping)])


def _told(post: Record) -> Record:
    """A post without the profile of its author, of which only the id is kept, and the same of its original."""
    user, origin = post.get("user"), post.get("retweet")
    made = dict(post)
    if isinstance(user, Mapping):
        made["user"] = {"_id": user.get("_id", user.get("id"))}
    if isinstance(origin, Mapping):
        made["retweet"] = _told(origin)
    return made


def _format(specs: Sequence[Spec], key: str) -> Format:
    names = [[*sign, key] if key else sign for sign in specs[0].signs]

    def known(opened: tuple[Opened, ...]) -> str:
        starts = [begins(one, 20_000) for one in opened]
        for sign in names:
            if all(one and all(json.dumps(name) in one for name in sign) for one in starts):
                return f"the keys {', '.join(name for name in sign if name)}"
        return ""

    def read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
        return replace(read_tables(specs, [_kept(one, key) for one in opened], ask), why=known(opened))

    return Format(name=specs[0].name, what=specs[0].what, recognise=known, read=read)


FORMATS: tuple[Format, ...] = (
    _format((CRAWLER_JSON, _CRAWLER_NODES), "weibo"),
    _format((SPIDER_JSON,), "weibo"),
    _format((LINES,), ""),
)
