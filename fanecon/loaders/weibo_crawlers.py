"""What public crawlers of Weibo write: weibo-search, weiboSpider, weibo-crawler and MediaCrawler.

Counts are what the page showed when it was crawled, and some crawlers have already turned the page's `100万+` and
`3056.1万` into numbers that look exact.  A count of exactly 1 000 000 is therefore taken for a floor, which it is in
any case.  Times are the clock of the crawling machine, mostly without a zone; where the page said 昨天, some crawlers
wrote the time of the crawl.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

from fanecon.loaders.answers import answers, as_sheet, begins
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Columns, Spec, fields, recognise
from fanecon.loaders.weibo_layouts import header_with, of_crawler, of_search, of_spider
from fanecon.loaders.weibo_tables import (
    EDITED,
    ITEM,
    NO_PARENT,
    NODE,
    SHANGHAI,
    acts,
    no_account,
    posts,
    read_tables,
    reposts,
    untimed,
    with_origin,
)
from fanecon.schema import FileError
from fanecon.tables import CASCADE_NODES, EVENTS, ITEMS

MILLION = 1_000_000
_FLOORS = "A count may be a floor that the crawler turned into a number; exactly 1000000 is taken for 100万+."
_ROUNDED = "Counts above ten thousand may be rounded: 3056.1万 stands as 30561000."
_CRAWL_CLOCK = (
    "Times are the clock of the crawling machine; a time that the page gave as 昨天 may be that of the crawl."
)
_MASKED = (
    "Accounts may be hashes and names masked (creator_hash, 用***1): they tell accounts apart within one crawl only."
)

Layout = Callable[[Opened], tuple[Opened, str]]


def floored(columns: Columns, ask: Ask) -> None:
    """Posts whose counts of exactly a million are floors."""
    posts(columns, ask)
    bounds = [str(one).split(",") if one else [] for one in columns["lower_bound"]]
    for name in ("shares", "comments", "likes"):
        for at, value in enumerate(columns.get(name) or []):
            if value == MILLION and name not in bounds[at]:
                bounds[at].append(name)
    columns["lower_bound"] = [",".join(one) or None for one in bounds]


def remarks(columns: Columns, ask: Ask) -> Iterator[str]:
    """Notes on posts whose account is not in the rows, and on counts that are floors."""
    yield from no_account(columns, ask)
    floors = sum(MILLION in [columns[name][at] for name in ("shares", "comments", "likes") if name in columns]
                 for at in range(len(columns["item_id"])))  # fmt: skip
    if floors:
        yield f"Rows with a count of exactly 1000000, which stands for 100万+ (lower_bound): {floors:,}."


SEARCH = Spec(
    name="weibo_search",
    what="a CSV of the crawler weibo-search",
    signs=(("微博正文", "user_id", "发布时间"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "author": "id user_id",
            "title": "text 微博正文",
            "published": "time!! 发布时间",
            "shares": "count 转发数",
            "comments": "count 评论数",
            "likes": "count 点赞数",
            "url": "text 头条文章url",
            "origin": "id retweet_id",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=floored,
    remarks=remarks,
    lossy=(_FLOORS, _ROUNDED, _CRAWL_CLOCK, EDITED),
)
_SEARCH_NODES = replace(
    SEARCH,
    table=CASCADE_NODES,
    fields=fields(
        {
            "cascade_id": "id!! retweet_id",
            "node_id": "id!! id",
            "actor_id": "id user_id",
            "name": "text 用户昵称",
            "when": "time!! 发布时间",
            "text": "text 微博正文",
        }
    ),
    constants=NODE,
    derive=reposts,
    remarks=untimed,
    keep=with_origin("cascade_id"),
    lossy=(NO_PARENT, "The original's time and author are not in the rows."),
)
SPIDER = Spec(
    name="weibo_spider",
    what="a CSV of the crawler weiboSpider",
    signs=(("微博id", "微博正文", "发布时间"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! 微博id",
            "title": "text 微博正文",
            "url": "text 头条文章url",
            "published": "time!! 发布时间",
            "likes": "count 点赞数",
            "shares": "count 转发数",
            "comments": "count 评论数",
            "own": "flag 是否为原创微博",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=floored,
    remarks=remarks,
    lossy=("The id is the bid of the link, not the number.", _FLOORS, _CRAWL_CLOCK, EDITED),
)
CRAWLER = Spec(
    name="weibo_crawler",
    what="a CSV of the crawler weibo-crawler",
    signs=(("bid", "正文", "完整日期"), ("bid", "正文", "日期", "转发数"), ("正文", "原始图片url", "日期", "转发数")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "author": "id 用户id|user_id|uid",
            "title": "text 正文",
            "url": "text 头条文章url",
            "whole": "time 完整日期",
            "published": "time!! 日期",
            "likes": "count 点赞数",
            "comments": "count 评论数",
            "shares": "count 转发数",
            "own": "flag 是否原创",
            "origin": "id 源微博id",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=lambda columns, ask: floored(_finest(columns, "published"), ask),
    remarks=remarks,
    lossy=(_FLOORS, _ROUNDED, _CRAWL_CLOCK, EDITED),
)
_CRAWLER_NODES = replace(
    CRAWLER,
    table=CASCADE_NODES,
    fields=fields(
        {
            "cascade_id": "id!! 源微博id",
            "node_id": "id!! id",
            "actor_id": "id 用户id|user_id|uid",
            "whole": "time 完整日期",
            "when": "time!! 日期",
            "text": "text 正文",
            "root_actor": "id 源用户id",
            "root_text": "text 源微博正文",
            "root_when": "time 源微博完整日期",
            "root_size": "count 源微博转发数",
        }
    ),
    constants=NODE,
    derive=lambda columns, ask: reposts(_finest(columns, "when"), ask),
    remarks=untimed,
    keep=with_origin("cascade_id"),
    lossy=(NO_PARENT,),
)


def _finest(columns: Columns, day: str) -> Columns:
    """The whole date in place of the day where a row has it."""
    whole = columns.pop("whole", None)
    if whole is not None:
        columns[day] = [
            fine if getattr(fine, "value", None) else coarse for fine, coarse in zip(whole, columns[day], strict=True)
        ]
    return columns


def _crawler_table(name: str, action: str) -> Spec:
    return Spec(
        name=name,
        what=f"a CSV of {action}s of the crawler weibo-crawler",
        signs=(("weibo_id", "created_at", "user_screen_name", "like_count" if action == "comment" else "weibo_id"),),
        without=("like_count",) if action == "repost" else (),
        table=EVENTS,
        fields=fields(
            {
                "event_id": "id!! id",
                "item_id": "id!! weibo_id",
                "when": "time! created_at",
                "actor_id": "id user_id",
                "text": "text text",
                "actor_name": "nickname user_screen_name",
            }
        ),
        constants={"action": action},
        tz=SHANGHAI,
        derive=_by_name,
        lossy=("Where there is no user_id the account is its display name, which changes and is not unique.",),
    )


def _by_name(columns: Columns, ask: Ask) -> None:
    acts(columns, ask)
    names = columns.get("actor_name") or [None] * len(columns["event_id"])
    columns["actor_id"] = [a or b for a, b in zip(columns.get("actor_id") or names, names, strict=True)]


COMMENTS, REPOSTS = (
    _crawler_table("weibo_crawler_comments", "comment"),
    _crawler_table("weibo_crawler_reposts", "repost"),
)
DATABASE = replace(
    CRAWLER,
    name="weibo_crawler_database",
    what="the table weibo of weibo-crawler's database, saved as CSV",
    signs=(("bid", "attitudes_count", "reposts_count", "created_at"),),
    fields=fields(
        {
            "item_id": "id!! id",
            "author": "id user_id",
            "title": "text text",
            "url": "text article_url",
            "whole": "time full_created_at",
            "published": "time!! created_at",
            "likes": "count attitudes_count",
            "comments": "count comments_count",
            "shares": "count reposts_count",
            "origin": "id retweet_id",
        }
    ),
)
_MEDIA_LOSSY = (_FLOORS, _MASKED, EDITED)
MEDIA = Spec(
    name="mediacrawler_weibo",
    what="posts of Weibo crawled by MediaCrawler",
    signs=(("note_id", "content", "shared_count", "create_time"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! note_id",
            "author": "id user_id|creator_hash",
            "title": "text content",
            "url": "text note_url",
            "published": "unix!! create_time",
            "observed": "unix last_modify_ts",
            "likes": "count liked_count",
            "comments": "count comments_count",
            "shares": "count shared_count",
        }
    ),
    constants=ITEM,
    tz=SHANGHAI,
    derive=floored,
    remarks=remarks,
    notes=("create_time is in seconds and last_modify_ts in milliseconds: told apart by size.",),
    lossy=_MEDIA_LOSSY,
)
MEDIA_COMMENTS = Spec(
    name="mediacrawler_weibo_comments",
    what="comments of Weibo crawled by MediaCrawler",
    signs=(("comment_id", "note_id", "comment_like_count"), ("comment_id", "note_id", "parent_comment_id", "content")),
    table=EVENTS,
    fields=fields(
        {
            "event_id": "id!! comment_id",
            "item_id": "id!! note_id",
            "actor_id": "id user_id|creator_hash",
            "when": "unix!! create_time",
            "text": "text content",
        }
    ),
    constants={"action": "comment"},
    derive=acts,
    lossy=_MEDIA_LOSSY,
)


def _as_it_is(opened: Opened) -> tuple[Opened, str]:
    return opened, ""


def _records(opened: Opened) -> tuple[Opened, str]:
    """Records of a JSON list or of JSON lines as a sheet."""
    if opened.kind != "json":
        return opened, ""
    listed = answers(opened)
    broken = [number for number, one in enumerate(listed, 1) if not isinstance(one, Mapping)]
    if broken:
        raise FileError(opened.file, f"Entry {broken[0]} is no record", "Crawl the posts again into a new file.")
    records = [one for one in listed if isinstance(one, Mapping)]
    both = [
        {key: value for key, value in one.items() if key != "creator_hash" or "user_id" not in one} for one in records
    ]
    return as_sheet(opened, both), ""


def _crawler_format(specs: tuple[Spec, ...], layout: Layout = _as_it_is) -> Format:
    def known(opened: tuple[Opened, ...]) -> str:
        opened = _posts_of(opened)
        found = [_signs(specs[0], one) for one in opened if layout is _records or one.kind != "json"]
        return found[0] if found and len(found) == len(opened) and all(found) else ""

    def read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
        made = each(_posts_of(opened), layout)
        reading = read_tables(specs, [one for one, _ in made], ask)
        aside = len(opened) - len(made)
        beside = (f"Lists of users (users.csv), which are on no day, left aside: {aside}.",) if aside else ()
        notes = (*dict.fromkeys(note for _, note in made if note), *beside, *reading.notes)
        for frame in reading.tables.values():
            frame.attrs["notes"] = notes
        return replace(reading, notes=notes, why=known(opened))

    words = tuple(name for one in specs[0].fields.values() for name in one.names)
    return Format(name=specs[0].name, what=specs[0].what, recognise=known, read=read, words=words)


def _posts_of(opened: tuple[Opened, ...]) -> tuple[Opened, ...]:
    """The files without the list of users that weibo-crawler writes beside the folders of posts."""
    return tuple(one for one in opened if len(opened) == 1 or not _people((one,)))


def _people(opened: tuple[Opened, ...]) -> str:
    """The columns of weibo-crawler's list of the users that it crawled."""
    found = [header_with(one, "用户id", "微博数", "粉丝数", "关注数", "主页", "头像") is not None for one in opened]
    return "the columns 用户id, 微博数, 粉丝数, 关注数, 主页, 头像" if found and all(found) else ""


def _refused_people(opened: tuple[Opened, ...], ask: Ask) -> NoReturn:
    problem = "This is weibo-crawler's list of users (users.csv): how many followers and posts they had, on no day"
    raise FileError(opened[0].file, problem, "Give the CSV of the posts, which lies in the folder of each user.")


def _signs(spec: Spec, opened: Opened) -> str:
    """The columns of a table, or the keys of the first record, that give a format away."""
    if opened.kind != "json":
        return recognise(spec, opened)
    start = begins(opened, 50_000)
    sign = next((sign for sign in spec.signs if all(json.dumps(key) in start for key in sign)), ())
    return f"the keys {', '.join(sign)}" if sign else ""


FORMATS: tuple[Format, ...] = (
    _crawler_format((SEARCH, _SEARCH_NODES), of_search),
    _crawler_format((SPIDER,), of_spider),
    _crawler_format((CRAWLER, _CRAWLER_NODES), of_crawler),
    Format(name="weibo_crawler_users", what="the users of weibo-crawler (users.csv), which are refused",
           recognise=_people, read=_refused_people),
    _crawler_format((COMMENTS,)),
    _crawler_format((REPOSTS,)),
    _crawler_format((DATABASE,)),
    _crawler_format((MEDIA_COMMENTS,), _records),
    _crawler_format((MEDIA,), _records),
)  # fmt: skip
