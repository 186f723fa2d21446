"""The archive of an account in the fediverse (outbox.json), as Mastodon and its kin hand it out.

An outbox is a log of acts, not a list of posts: `Create` is a post, `Announce` a boost of somebody else's, of which the
log has the address alone.  Nor does it tell how a post fared: older archives have no counts at all, and a missing
count is no zero; newer ones print the number of likes and boosts beside the post.
"""

from __future__ import annotations

from collections.abc import Mapping

from fanecon.loaders.answers import as_sheet
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import Record, has_keys, listed, records_in
from fanecon.loaders.platforms_items import LIFETIME
from fanecon.loaders.platforms_social import own, read_posts, unmarked
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.spec import Spec, fields
from fanecon.schema import FileError
from fanecon.tables import ITEMS

_OF_POST = ("id", "type", "inReplyTo", "url", "content", "summary", "sensitive", "conversation", "likes", "shares")

OUTBOX = Spec(
    name="mastodon_outbox",
    what="the archive of an account of Mastodon (outbox.json)",
    signs=(("object.id", "published", "actor"),),
    table=ITEMS,
    fields=fields(
        {
            "item_id": "id!! object.id",
            "account": "id actor",
            "title": "text object.content",
            "url": "text object.url",
            "published": "time!! published",
            "repost_of": "id repost.of",
            "reply_to": "id object.inReplyTo",
            "shares": "count object.shares.totalItems",
            "likes": "count object.likes.totalItems",
        }
    ),
    constants={"platform": "mastodon", "kind": "post"},
    tz="UTC",
    derive=unmarked,
    keep=own,
    public=("account",),
    kept=("reply_to",),
    notes=("Boosts make no items.", "title is the text without markup."),
    lossy=(
        "An archive without counts of likes and boosts does not say how posts fared: unknown, not zero.",
        "Posts to followers or to single people are in the archive too: extra (to) says to whom.",
        LIFETIME,
    ),
)


def _acts_in(answer: Record) -> list[object] | None:
    found = listed(answer, "orderedItems")
    return None if found is None else [_told(one) for one in found]


def _told(act: object) -> object:
    """An act with what it made; a boost gets an id of its own, for its object is somebody else's post."""
    if not isinstance(act, Mapping):
        return act
    made, kept = act.get("object"), {key: act[key] for key in ("type", "actor", "published", "to") if key in act}
    if isinstance(made, Mapping) and act.get("type") != "Announce":
        return {**kept, "object": {key: made[key] for key in _OF_POST if key in made}}
    of = made.get("id") if isinstance(made, Mapping) else made
    return {**kept, "object": {"id": act.get("id")}, "repost": {"of": of}}


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    if len(opened) > 1:
        raise FileError(opened[1].file, "Several archives at once", "Read them one by one.")
    return read_posts(OUTBOX, as_sheet(opened[0], records_in(OUTBOX.what, opened[0], _acts_in)), ask)


FORMATS: tuple[Format, ...] = (
    Format(
        name=OUTBOX.name,
        what=OUTBOX.what,
        recognise=lambda opened: has_keys(opened, ("orderedItems", "@context", "type")),
        read=_read,
    ),
)
