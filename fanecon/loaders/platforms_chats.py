"""Chats: Telegram's own export and that of DiscordChatExporter, as events and as ties of who answered whom.

An export mixes what people wrote with what the server says (someone joined, the title changed): the latter are left
out and counted.  A text is a string or a list of pieces.  Names of people are not read at all; their ids become
pseudonyms.  An answer to a message that is not in the export is an event without a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from fanecon.loaders.answers import answers, as_sheet
from fanecon.loaders.figures import numbered
from fanecon.loaders.files import Opened
from fanecon.loaders.json_format import has_keys, listed
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.rows import finish
from fanecon.loaders.spec import Columns, Spec, fields, format_of, header_of, moments, read_sheet
from fanecon.loaders.times import Moment
from fanecon.loaders.wording import many
from fanecon.schema import FileError
from fanecon.tables import EDGES, EVENTS

Record = Mapping[str, object]

_ACTS = "An event is a message (action message) or an answer (action reply); item_id is the message that was answered."
_LOSSY = ("Reactions tell how many, not who, and stay in extra.", "Display names are not read.")


def _message(columns: Columns, ask: Ask) -> None:
    exact, local = columns.pop("exact", None), columns.get("at")
    if exact is not None:
        written = local or exact
        columns["at"] = [a if isinstance(a, Moment) and a.value else b for a, b in zip(exact, written, strict=True)]
    moments(columns, "at", into="time", precision="time_precision", source="tz_source")
    chats = columns["chat"]
    columns["event_id"] = [f"{chat}:{one}" for chat, one in zip(chats, columns["number"], strict=True)]
    answered = zip(chats, columns.get("reply_to") or [None] * len(chats), strict=True)
    columns["item_id"] = [None if one is None else f"{chat}:{one}" for chat, one in answered]
    columns["action"] = ["message" if one is None else "reply" for one in columns["item_id"]]


def _unsigned(columns: Columns, ask: Ask) -> Iterable[str]:
    nobody = sum(one is None for one in columns.get("actor_id") or [None] * len(columns["event_id"]))
    if nobody:
        yield f"{nobody:,} messages have no from_id: they are counted, and who wrote them is unknown."


TELEGRAM = Spec(
    name="telegram_export",
    what="Telegram Desktop's export of a chat (result.json)",
    signs=(("chat.id", "date_unixtime"), ("chat.id", "from_id", "date")),
    table=EVENTS,
    fields=fields(
        {
            "chat": "id!! chat.id",
            "number": "id!! id",
            "actor_id": "openid from_id",
            "exact": "unix date_unixtime",
            "at": "time date",
            "reply_to": "id reply_to_message_id",
            "text": "text text",
        }
    ),
    tz="UTC",
    derive=_message,
    remarks=_unsigned,
    notes=(_ACTS,),
    lossy=(*_LOSSY, "What the server says of joins and leaves names people by display name: it is left out."),
)

DISCORD = Spec(
    name="discord_messages",
    what="a chat of DiscordChatExporter (JSON)",
    signs=(("chat.id", "author.id", "timestamp"),),
    table=EVENTS,
    fields=fields(
        {
            "chat": "id!! chat.id",
            "number": "id!! id",
            "actor_id": "openid author.id",
            "at": "time!! timestamp",
            "reply_to": "id reference.messageId",
            "text": "text content",
        }
    ),
    tz="UTC",
    derive=_message,
    notes=(_ACTS,),
    lossy=_LOSSY,
)


def _unnamed(columns: Columns, ask: Ask) -> None:
    moments(columns, "at", into="time", precision="time_precision", source="tz_source")
    keys = (f"{actor}:{time}" for actor, time in zip(columns["actor_id"], columns["time"], strict=True))
    columns["event_id"] = list(numbered(keys))
    columns["action"] = ["message" for _ in columns["event_id"]]


DISCORD_TABLE = Spec(
    name="discord_table",
    what="a chat of DiscordChatExporter (CSV)",
    signs=(("AuthorID", "Author", "Date", "Content"),),
    table=EVENTS,
    fields=fields(
        {"actor_id": "openid!! AuthorID", "author": "nickname Author", "at": "time!! Date", "text": "text Content"}
    ),
    tz="UTC",
    derive=_unnamed,
    notes=("event_id is made from author and time: the CSV has no ids of messages.",),
    lossy=(*_LOSSY, "The CSV does not say who answered whom: export JSON for that."),
)


def _telegram(opened: Opened) -> tuple[list[Record], int]:
    """Messages of all chats with the id of their chat, and how many service rows were left out."""
    chats: list[Record] = []
    for answer in answers(opened):
        if isinstance(answer, Mapping):
            inside = listed(answer, "chats", "list")
            chats += [one for one in inside or [answer] if isinstance(one, Mapping)]
    found = [{**one, "chat": {"id": chat.get("id")}} for chat in chats for one in _messages(opened, chat)]
    service = [one.get("type") == "service" for one in found]
    kept = [{} if left else _told(one) for one, left in zip(found, service, strict=True)]
    return kept, sum(service)


def _messages(opened: Opened, chat: Record) -> Sequence[Record]:
    found = listed(chat, "messages")
    if found is None or not all(isinstance(one, Mapping) for one in found):
        raise FileError(opened.file, "A chat has no list of messages", "Export the chat again as JSON.")
    return found  # type: ignore[return-value]


def _told(message: Record) -> Record:
    """A message with one text, without names of people and without the text a second time."""
    left = ("text_entities", "from", "actor", "forwarded_from", "saved_from", "members")
    local = ("date", "edited") if message.get("date_unixtime") else ()
    kept = {key: value for key, value in message.items() if key not in (*left, *local)}
    return {**kept, "text": words(message.get("text"))}


def words(text: object) -> str | None:
    """The text of a message: a string, or a list of strings and pieces with a text of their own."""
    if not isinstance(text, list):
        return str(text) if text else None
    parts = [str(one.get("text", "")) if isinstance(one, Mapping) else str(one) for one in text]
    return "".join(parts) or None


def _discord(opened: Opened) -> tuple[list[Record], int]:
    found: list[Record] = []
    left = 0
    for answer in answers(opened):
        chat = answer if isinstance(answer, Mapping) else {}
        channel = chat.get("channel")
        name = channel.get("id") if isinstance(channel, Mapping) else None
        for one in _messages(opened, chat):
            ordinary = one.get("type", "Default") in ("Default", "Reply", 0, 19)
            left += not ordinary
            author = one.get("author")
            who = {"id": author.get("id")} if isinstance(author, Mapping) else None
            keys = ("id", "type", "timestamp", "timestampEdited", "content", "reference", "reactions")
            kept = {key: one[key] for key in keys if key in one}
            found.append({**kept, "author": who, "chat": {"id": name}} if ordinary else {})
    return found, left


def read_chat(spec: Spec, opened: Opened, gather: Callable[[Opened], tuple[list[Record], int]], ask: Ask) -> Reading:
    """Events of a chat and the ties of who answered whom.

    Raises
    ------
    FileError
        If there is no message, or with every value that cannot be used.
    """
    records, left = gather(opened)
    if not any(records):
        raise FileError(opened.file, f"This is {spec.what}, but nobody wrote anything in it", "Export a longer period.")
    sheet = as_sheet(opened, records)
    reading = read_sheet(spec, sheet, header_of(spec, sheet), ask)
    notes = [f"Rows left out: {left:,} messages of the server (service)."] if left else []
    events = reading["events"]
    ties = answered(opened.file, events)
    return replace(
        reading,
        tables={"events": events, **({"edges": ties} if len(ties) else {})},
        rows_read=reading.rows_read + left,
        rows_rejected=reading.rows_rejected + left,
        notes=(*reading.notes, *notes, *_lost(events)),
    )


def answered(file: str, events: pd.DataFrame) -> pd.DataFrame:
    """Who answered whom how often, and when first; one's own messages do not count."""
    authors = events.set_index("event_id")["actor_id"]
    ties = events[events["action"] == "reply"].assign(dst=lambda one: one["item_id"].map(authors))
    ties = ties.dropna(subset=["actor_id", "dst"])
    ties = ties[ties["actor_id"] != ties["dst"]]
    grouped = ties.groupby(["actor_id", "dst"], sort=True)
    found = grouped.agg(time=("time", "min"), weight=("event_id", "size")).reset_index()
    columns: dict[str, Iterable[object]] = {
        "src": found["actor_id"],
        "dst": found["dst"],
        "kind": ["reply"] * len(found),
        "time": found["time"],
        "weight": found["weight"],
        "source_format": ["chat"] * len(found),
    }
    return finish(file, columns, EDGES, dict(events.attrs))


def _lost(events: pd.DataFrame) -> list[str]:
    replies = events.loc[events["action"] == "reply", "item_id"]
    away = int((~replies.isin(events["event_id"])).sum())
    return (
        [f"{many(away, 'answer is', 'answers are')} to messages that are not in the export: no tie is made."]
        if away
        else []
    )


def _chat(
    spec: Spec, signs: tuple[tuple[str, ...], ...], gather: Callable[[Opened], tuple[list[Record], int]]
) -> Format:
    def read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
        if len(opened) > 1:
            raise FileError(opened[1].file, "Several chats at once", "Read them one by one.")
        return read_chat(spec, opened[0], gather, ask)

    def recognised(opened: tuple[Opened, ...]) -> str:
        return next((why for keys in signs if (why := has_keys(opened, keys))), "")

    return Format(name=spec.name, what=spec.what, recognise=recognised, read=read)


FORMATS: tuple[Format, ...] = (
    _chat(TELEGRAM, (("messages", "from_id", "date"), ("messages", "date_unixtime")), _telegram),
    _chat(DISCORD, (("messages", "channel", "guild"),), _discord),
    format_of(DISCORD_TABLE),
)
