"""Posts as interfaces and archives give them: X (Twitter), Mastodon, Bluesky; and who reposted or answered whom.

A repost looks like a post and is none: on X it repeats the counts of the original, so that a list with ten reposts of
one hit has eleven hits.  Reposts therefore make no items; they, and answers, make cascades.  X names the original for
every repost, whoever it was seen at, so those cascades are stars by construction: nothing can be said of their depth.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fanecon.loaders.answers import as_sheet
from fanecon.loaders.cells import is_missing, plain
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.json_format import Pick, Record, has_keys, listed, records_in
from fanecon.loaders.platforms_items import LIFETIME, posts, undated
from fanecon.loaders.platforms_threads import threads
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body
from fanecon.loaders.spec import Columns, Spec, fields, header_of, joined, moments, read_sheet, recognise
from fanecon.schema import FileError
from fanecon.tables import CASCADE_NODES, ITEMS

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"</p>|<br */?>", re.IGNORECASE)
_STARS = (
    "Every repost names the original, not the repost it was seen at: cascades of reposts are stars by construction."
)
_POST = {"kind": "post"}
_UNNAMED = "of post "


def own(body: Body, row: Row) -> bool:
    """Whether a record is a post of its own and no repost."""
    return is_missing(body.cell(row, "repost_of"))


def bare(text: object) -> str | None:
    """The text of a post without its markup, and with & for &amp;."""
    return None if text is None else html.unescape(_TAG.sub("", _BREAK.sub("\n", str(text)))).strip()


def _unescaped(columns: Columns, ask: Ask) -> None:
    columns["title"] = [None if one is None else html.unescape(str(one)) for one in columns.get("title", [])] or [
        None for _ in columns["item_id"]
    ]
    posts("UTC")(columns, ask)


def unmarked(columns: Columns, ask: Ask) -> None:
    """Posts whose text is without its markup."""
    columns["title"] = [bare(one) for one in columns.get("title", [])] or [None for _ in columns["item_id"]]
    posts("UTC")(columns, ask)


X = Spec(
    name="x_posts",
    what="posts of X's interface (also as twarc writes them)",
    signs=(("id", "public_metrics.like_count"), ("id", "public_metrics.retweet_count")),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "account": "id author_id",
            "title": "text text",
            "published": "time!! created_at",
            "repost_of": "id referenced_tweets.retweeted.id",
            "reply_to": "id referenced_tweets.replied_to.id",
            "quote_of": "id referenced_tweets.quoted.id",
            "impressions": "count public_metrics.impression_count",
            "shares": "count public_metrics.retweet_count",
            "likes": "count public_metrics.like_count",
            "comments": "count public_metrics.reply_count",
            "saves": "count public_metrics.bookmark_count",
            "followers": "count author.public_metrics.followers_count",
        }
    ),
    constants={"platform": "x", **_POST},
    tz="UTC",
    derive=_unescaped,
    keep=own,
    public=("account",),
    kept=("reply_to", "quote_of", "followers"),
    notes=("Reposts make no items: their counts are those of the original.", "title is the text of the post."),
    lossy=(_STARS, LIFETIME, "shares are reposts without quotes; quotes stay in extra."),
)

ARCHIVE = Spec(
    name="x_archive",
    what="the posts in an archive of X (tweets.js), or of its first interface",
    signs=(("id_str", "favorite_count"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id_str",
            "account": "id user.id_str",
            "title": "text full_text|text",
            "published": "time!! created_at",
            "repost_of": "id repost",
            "reply_to": "id in_reply_to_status_id_str",
            "shares": "count retweet_count",
            "likes": "count favorite_count",
            "followers": "count user.followers_count",
        }
    ),
    constants={"platform": "x", **_POST},
    tz="UTC",
    derive=_unescaped,
    keep=own,
    public=("account",),
    kept=("reply_to", "followers"),
    notes=("Posts that begin with 'RT @' are reposts and left out: their counts are those of the original.",),
    lossy=("The archive has no impressions and no answers to a post: they are unknown, not zero.", LIFETIME),
)

MASTODON = Spec(
    name="mastodon_statuses",
    what="posts of a Mastodon server",
    signs=(("id", "reblogs_count", "favourites_count"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! id",
            "account": "id account.acct",
            "actor": "id account.id",
            "title": "text content",
            "url": "text url",
            "published": "time!! created_at",
            "repost_of": "id reblog.id",
            "reply_to": "id in_reply_to_id",
            "shares": "count reblogs_count",
            "likes": "count favourites_count",
            "comments": "count replies_count",
            "followers": "count account.followers_count",
        }
    ),
    constants={"platform": "mastodon", **_POST},
    tz="UTC",
    derive=unmarked,
    keep=own,
    public=("account", "account.acct"),
    kept=("reply_to", "followers"),
    notes=("Boosts make no items.", "title is the text without markup."),
    lossy=(_STARS, LIFETIME, "Counts are what this server has seen of a post from another one: they are low there."),
)

BLUESKY = Spec(
    name="bluesky_posts",
    what="posts of Bluesky's interface",
    signs=(("uri", "likeCount", "repostCount"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! uri",
            "account": "id author.did",
            "title": "text record.text",
            "published": "time record.createdAt",
            "repost_of": "id repost.of",
            "reply_to": "id record.reply.parent.uri",
            "quote_of": "id record.embed.record.uri",
            "shares": "count repostCount",
            "likes": "count likeCount",
            "comments": "count replyCount",
        }
    ),
    constants={"platform": "bluesky", **_POST},
    tz="UTC",
    derive=posts("UTC"),
    keep=own,
    remarks=undated,
    public=("account",),
    kept=("reply_to", "quote_of"),
    notes=("Reposts in a feed make no items.", "title is the text of the post."),
    lossy=(_STARS, LIFETIME, "createdAt is the clock of the author's program; indexedAt (extra) that of the network."),
)


def _x_in(answer: Record) -> list[object] | None:
    """Posts of an answer, or a post by itself; what a post refers to, by kind of reference."""
    found = listed(answer, "data")
    one = answer.get("data")
    if found is None and isinstance(one, Mapping):
        found = [one]
    if found is None and "public_metrics" in answer:
        found = [answer]
    return None if found is None else [_referring(post) for post in found]


def _referring(post: object) -> object:
    if not isinstance(post, Mapping) or not isinstance(post.get("referenced_tweets"), list):
        return post
    refers = [one for one in post["referenced_tweets"] if isinstance(one, Mapping)]
    return {**post, "referenced_tweets": {str(one.get("type")): {"id": one.get("id")} for one in refers}}


def _archived_in(answer: Record) -> list[object] | None:
    found = listed(answer, "statuses")
    if found is not None:
        return [_archived(one) if isinstance(one, Mapping) else one for one in found]
    one = answer.get("tweet", answer)
    return [_archived(one)] if isinstance(one, Mapping) and "favorite_count" in one else None


def _archived(post: Record) -> Record:
    """A post with what it reposts: the archive names no original, the first interface holds it whole."""
    whole = post.get("retweeted_status")
    if isinstance(whole, Mapping):
        rest = {key: value for key, value in post.items() if key != "retweeted_status"}
        return {**rest, "repost": whole.get("id_str", whole.get("id"))}
    again = re.match(r"RT @", str(post.get("full_text", post.get("text", "")))) is not None
    return {**post, "repost": f"{_UNNAMED}{post.get('id_str')}" if again else None}


def _of_known(body: Body, row: Row) -> bool:
    """Whether a record is a post of its own or reposts one that it names."""
    return not plain(body.cell(row, "repost_of")).startswith(_UNNAMED)


def _toots_in(answer: Record) -> list[object] | None:
    found = listed(answer, "statuses")
    return list(found) if found is not None else [_unwrapped(answer)]


def _unwrapped(record: Record) -> Record:
    """A record out of the envelope of a collecting browser (Zeeschuimer): `data` beside `source_platform`."""
    inside = record.get("data")
    return inside if "source_platform" in record and isinstance(inside, Mapping) else record


def _skies_in(answer: Record) -> list[object] | None:
    for key in ("feed", "posts"):
        found = listed(answer, key)
        if found is not None:
            return [_in_feed(one) for one in found]
    return [_in_feed(_unwrapped(answer))]


def _in_feed(entry: object) -> object:
    """A post of a feed; a repost gets an id of its own, for the feed names only the original."""
    if not isinstance(entry, Mapping):
        return entry
    post, reason = entry.get("post"), entry.get("reason")
    if not isinstance(post, Mapping):
        return entry
    by = reason.get("by") if isinstance(reason, Mapping) else None
    if not isinstance(reason, Mapping) or not isinstance(by, Mapping):
        return post
    record = {"createdAt": reason.get("indexedAt")}
    named = {"uri": f"{post.get('uri')}#repost:{by.get('did')}", "author": by, "record": record}
    return {**named, "repost": {"of": post.get("uri")}, "likeCount": None, "repostCount": None}


def read_posts(spec: Spec, opened: Opened, ask: Ask) -> Reading:
    """Items of the posts and cascades of the reposts and answers in one sheet.

    Raises
    ------
    FileError
        With every value that cannot be used.
    """
    header, nodes = header_of(spec, opened), nodes_of(spec)
    if not {"repost_of", "reply_to"} & header.columns.keys():
        return read_sheet(spec, opened, header, ask)
    rows, body = [row for row in header.sheet.rows[header.row + 1 :] if row], Body(header=header, rows=(), dropped={})
    mine = sum(own(body, row) for row in rows)
    if rows and "repost_of" in header.columns and not any(_of_known(body, row) for row in rows):
        problem = "All posts are reposts (RT @…), and the archive does not name what they repost"
        raise FileError(opened.file, problem, "Give an archive with posts of your own.")
    reads = [lambda: read_sheet(nodes, opened, header_of(nodes, opened), ask)]
    reads += [lambda: read_sheet(spec, opened, header, ask)] if mine else []
    told, *items = each(reads, lambda read: read())
    found = threads(told, opened)
    if not items:
        only = ("The file holds reposts only: there is a cascade and no item.",)
        return replace(told, tables={"cascade_nodes": found}, notes=(*told.notes, *only), lossy=spec.lossy)
    tables = {**items[0].tables, **({"cascade_nodes": found} if len(found) else {})}
    return replace(items[0], tables=tables)


def nodes_of(spec: Spec) -> Spec:
    """The same records as posts of cascades."""
    names = {"item_id": "node_id", "published": "at", "title": "text"}
    names["actor" if "actor" in spec.fields else "account"] = "actor_id"
    wanted = (*names, "repost_of", "reply_to", "followers")
    kept = {names.get(name, name): spec.fields[name] for name in wanted if name in spec.fields}
    return Spec(
        name=spec.name,
        what=spec.what,
        signs=spec.signs,
        table=CASCADE_NODES,
        fields=kept,
        tz=spec.tz,
        public=("actor_id",),
        derive=_node,
        keep=_of_known if spec is ARCHIVE else None,
    )


def _node(columns: Columns, ask: Ask) -> None:
    moments(columns, "at", into="time", precision="time_precision", source="tz_source")
    empty: list[object] = [None] * len(columns["node_id"])
    reposts, replies = columns.get("repost_of", empty), columns.get("reply_to", empty)
    columns["parent_id"] = [one or other for one, other in zip(reposts, replies, strict=True)]
    columns["kind"] = [
        "repost" if one else "comment" if other else "root" for one, other in zip(reposts, replies, strict=True)
    ]
    columns["cascade_id"] = list(columns["node_id"])
    columns["extra"] = list(empty)
    columns["text"] = [bare(one) for one in columns.get("text", empty)]
    columns["actor_id"] = columns.get("actor_id") or [ask.account_id for _ in empty]


def _json(spec: Spec, keys: tuple[str, ...], pick: Pick) -> Format:
    def read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
        return _joined(spec, each(opened, lambda one: as_sheet(one, records_in(spec.what, one, pick))), ask)

    return Format(name=spec.name, what=spec.what, recognise=lambda opened: has_keys(opened, keys), read=read)


def _csv(spec: Spec) -> Format:
    def recognised(opened: tuple[Opened, ...]) -> str:
        return recognise(spec, opened[0]) if all(recognise(spec, one) for one in opened) else ""

    return Format(
        name=f"{spec.name}_csv",
        what=f"{spec.what}, as CSV",
        recognise=recognised,
        read=lambda opened, ask: _joined(spec, opened, ask),
    )


def _joined(spec: Spec, opened: Sequence[Opened], ask: Ask) -> Reading:
    """One file with its cascades; of several files the posts only, for a cascade may run through them."""
    if len(opened) == 1:
        return read_posts(spec, opened[0], ask)
    whole = joined(spec, each(opened, lambda one: read_sheet(spec, one, header_of(spec, one), ask)))
    return replace(whole, notes=(*whole.notes, "Cascades are made of one file only: join the files to have them."))


FORMATS: tuple[Format, ...] = (
    _json(ARCHIVE, ("favorite_count", "retweet_count", "id_str", "created_at"), _archived_in),
    _json(X, ("public_metrics", "created_at"), _x_in),
    _csv(X),
    _json(MASTODON, ("reblogs_count", "favourites_count"), _toots_in),
    _json(BLUESKY, ("likeCount", "repostCount", "uri"), _skies_in),
)
