"""Answers of WeChat's data interface: ``getarticletotal``, as articles or as days of articles.

Each answer lists, per article, one record per day for seven days, and every record counts *from publication to the end
of that day*.  A public script adds these records up and reports seventeen thousand readers where there were not three
thousand.  Here the last record is the article's count, the records together are a cumulative series, and a series that
falls is refused: it means that two articles or two downloads were mixed.

Longer periods are stitched from many calls, so the same day of the same article comes twice at the seams; the later
answer is kept.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import pandas as pd

from fanecon.loaders.cells import Number, Unreadable, count, day
from fanecon.loaders.files import Opened
from fanecon.loaders.rows import finish, offer, provenance
from fanecon.loaders.wechat_list import PLATFORM, UNKNOWN_NOTE, WINDOW
from fanecon.schema import ITEM_DAILY, ITEMS, FileError, Place

FORMAT = "datacube_getarticletotal"
LONGEST_WINDOW = 31

_COUNTS = {
    "delivered": "target_user",
    "readers": "int_page_read_user",
    "reads": "int_page_read_count",
    "sharers": "share_user",
    "shares": "share_count",
    "savers": "add_to_fav_user",
    "saves": "add_to_fav_count",
}
_CHANNELS = {
    "session": "session",
    "history": "hist_msg",
    "moments": "feed",
    "friends": "friends",
    "other": "other",
    "recommend": "kanyikan",
    "search": "souyisou",
}
_SHARED_FROM = ("session", "moments", "other")
_ERRORS = {
    40001: ("the access token is not valid", "Fetch a new token and ask again."),
    42001: ("the access token is too old", "Fetch a new token and ask again."),
    61500: ("the date format is wrong", "Write dates as '2026-09-01'."),
    61501: ("the date range is wrong", "Ask for one day per call, yesterday at the latest."),
    61503: ("the data are not ready yet", "Ask again after 08:00 Beijing time."),
}
_OTHERS = (
    ("errmsg", "an error answer of WeChat"),
    ("detail_list", "a getarticletotaldetail answer (since 2025-11: people only)"),
    ("int_page_read_user", "a getarticlesummary or getuserread answer"),
    ("cumulate_user", "a getusercumulate answer"),
    ("new_user", "a getusersummary answer"),
    ("share_scene", "a getusershare answer"),
    ("is_delay", "an answer of the data interface of 2025 (people only)"),
    ("read_user_source", "an answer of the data interface of 2025 (people only)"),
    ("msg_user", "a getupstreammsg answer"),
    ("appmsgstat", "a getappmsgext answer (public counters)"),
    ("publish_list", "a 发表记录 page"),
    ("readNum", "a JSON of wechat-article-exporter"),
    ("reposts", "a Weibo answer"),
    ("mblog", "a Weibo answer"),
    ("note_id", "a crawl of another platform"),
)
_NEEDED = (
    'read_wechat reads getarticletotal answers: {"list": [{"msgid": …, "ref_date": …, "details": […]}]}. Save one '
    "per call, or several in a list, and type: fe.read_wechat('getarticletotal.json')"
)
_WINDOW_NOTE = f"Counts are cumulative and stop after {WINDOW} days; window_days says how many an article has so far."
_DELIVERED_NOTE = "delivered (target_user) is the people the message went to, not all followers."
_PEOPLE_NOTE = "People do not add up over articles or channels: who reads twice in two places counts in both."
_MOMENTS_NOTE = (
    "sharers and shares of the channels session, moments and other are shares to Moments only, by where the "
    "sharer came from; all other shares stand in the channel 'all' alone."
)

Record = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Article:
    """One article of the answers, with its records by day."""

    msgid: str
    published: dt.date
    head: Record
    days: dict[dt.date, Record] = field(default_factory=dict)

    @property
    def position(self) -> int | None:
        """Its place in the message, 1 being the headline; None where the id does not say."""
        found = re.fullmatch(r"[0-9]+_([0-9]{1,2})", self.msgid)
        return int(found[1]) if found else None


def read_articletotal(opened: Opened, *, table: str | None, account_id: str | None) -> pd.DataFrame:
    """The table `items` (last record of each article) or `item_daily` (every record) of getarticletotal answers.

    Raises
    ------
    FileError
        If an answer is an error or something else, or with every value that cannot be.
    """
    rows = list(_rows(opened.file, _answers(opened)))
    wanted = offer(opened.file, table, ("items", "item_daily"))
    problems: list[Place] = []
    articles = _articles(opened.file, rows, problems)
    _check_series(articles, problems)
    if problems:
        what = "1 value is" if len(problems) == 1 else f"{len(problems)} values are"
        raise FileError(
            opened.file,
            f"{what} not what it says or against another",
            "Fetch these days again, one answer per day.",
            at=problems,
        )
    make = _items if wanted == "items" else _item_daily
    return make(opened, articles, len(rows), account_id)


def _answers(opened: Opened) -> list[object]:
    try:
        whole = json.loads(opened.text, parse_constant=_no_constant)
        return whole if isinstance(whole, list) else [whole]
    except (ValueError, RecursionError) as error:
        lines = [line for line in opened.text.splitlines() if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            fix = "The file may be cut off: fetch the answer again."
            raise FileError(opened.file, f"This is not valid JSON: {error}", fix) from error
    return [_line(opened.file, number, line) for number, line in enumerate(opened.text.splitlines(), 1) if line.strip()]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _line(file: str, number: int, line: str) -> object:
    try:
        return json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        at = [Place(row=number)]
        raise FileError(file, f"A line is not valid JSON: {error}", "Fetch that answer again.", at=at) from error


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _rows(file: str, answers: list[object]) -> Iterator[Record]:
    """The articles of all answers; an answer is an object with `list`, or an article itself."""
    for number, answer in enumerate(answers, 1):
        if not isinstance(answer, dict):
            raise FileError(file, f"This is JSON, but entry {number} is no object", _NEEDED)
        if answer.get("errcode"):
            _refuse_error(file, number, answer)
        inside = answer.get("list", [answer])
        for row in inside if isinstance(inside, list) else [inside]:
            if not _is_article(row):
                raise FileError(file, f"This is {_named(row, answer)}", _NEEDED)
            yield row


def _refuse_error(file: str, number: int, answer: Record) -> NoReturn:
    code = answer["errcode"]
    meaning, fix = _ERRORS.get(code if isinstance(code, int) else 0, ("WeChat refused the call", "Ask again."))
    problem = (
        f"Answer {number} holds no data but error {code}: {meaning} (WeChat says: {answer.get('errmsg', '')!s:.80})"
    )
    raise FileError(file, problem, fix)


def _is_article(row: object) -> bool:
    return isinstance(row, dict) and {"msgid", "ref_date"} <= row.keys() and isinstance(row.get("details"), list)


def _named(*seen: object) -> str:
    keys = {key for one in seen if isinstance(one, dict) for key in one}
    known = [what for key, what in _OTHERS if key in keys]
    return known[0] if known else f"JSON with the names {', '.join(sorted(map(str, keys))[:6]) or 'none'}"


def _articles(file: str, rows: Iterable[Record], problems: list[Place]) -> list[Article]:
    found: dict[str, Article] = {}
    for row in rows:
        msgid = _name(row["msgid"], problems)
        published = _day(row["ref_date"], f"msgid {msgid}, ref_date", problems)
        article = found.setdefault(msgid, Article(msgid=msgid, published=published, head=row))
        if article.published != published:
            problems.append(Place(column=f"msgid {msgid}, two ref_date", value=f"{article.published}, {published}"))
        article.days.update(_records(article, row, problems))
    if not found:
        raise FileError(file, "The answers hold no article", "Ask for a day on which one was published.")
    return list(found.values())


def _name(value: object, problems: list[Place]) -> str:
    known = isinstance(value, (str, int)) and not isinstance(value, bool) and _text(value)
    if not known:
        problems.append(Place(column="msgid", value=str(value)[:60]))
    return str(value).strip()


def _text(value: object) -> str | None:
    """A text that can be written again: half a character pair, which JSON allows, becomes a question mark."""
    whole = str(value).strip() if isinstance(value, (str, int)) else ""
    return whole.encode("utf-8", "replace").decode("utf-8") or None


def _records(article: Article, row: Record, problems: list[Place]) -> Iterator[tuple[dt.date, Record]]:
    details = row["details"]
    for record in details if isinstance(details, list) else []:
        if not isinstance(record, dict):
            problems.append(Place(column=f"msgid {article.msgid}, details", value=str(record)[:60]))
            continue
        on = _day(record.get("stat_date"), f"msgid {article.msgid}, stat_date", problems)
        if not 0 <= (on - article.published).days < LONGEST_WINDOW:
            words = f"msgid {article.msgid}, stat_date before ref_date or {LONGEST_WINDOW} days after it"
            problems.append(Place(column=words, value=str(on)))
        yield on, record


def _day(value: object, column: str, problems: list[Place]) -> dt.date:
    try:
        found = day(value)
    except Unreadable:
        found = None
    if found is None:
        problems.append(Place(column=column, value=str(value)[:60]))
    return found or dt.date.min


def _keys() -> Iterator[str]:
    yield from (key for name, key in _COUNTS.items() if name != "delivered")
    yield from (f"int_page_from_{word}_read_{unit}" for word in _CHANNELS.values() for unit in ("user", "count"))
    yield from (f"feed_share_from_{_CHANNELS[name]}_{unit}" for name in _SHARED_FROM for unit in ("user", "cnt"))


def _check_series(articles: list[Article], problems: list[Place]) -> None:
    for article in articles:
        ordered = sorted(article.days.items())
        for key in ("target_user", *_keys()):
            series = [(on, _parsed(article, on, record, key, problems)) for on, record in ordered]
            if key != "target_user":
                _check_growth(article, key, series, problems)
        for on, record in ordered:
            _check_session(article, on, record, problems)


def _parsed(article: Article, on: dt.date, record: Record, key: str, problems: list[Place]) -> int | None:
    try:
        return _whole(record, key)
    except Unreadable as error:
        problems.append(_place(article, on, f"{key}: {error}", record.get(key)))
        return None


def _check_growth(article: Article, key: str, series: list[tuple[dt.date, int | None]], problems: list[Place]) -> None:
    known = [(on, value) for on, value in series if value is not None]
    for (_, before), (on, value) in itertools.pairwise(known):
        if value < before:
            problems.append(_place(article, on, f"{key} falls from {before}", value))


def _check_session(article: Article, on: dt.date, record: Record, problems: list[Place]) -> None:
    for unit in ("user", "count"):
        try:
            whole, part = _whole(record, f"int_page_read_{unit}"), _whole(record, f"int_page_from_session_read_{unit}")
        except Unreadable:
            continue
        if whole is not None and part is not None and whole < part:
            problems.append(_place(article, on, f"int_page_read_{unit} is below that from the session, {part}", whole))


def _place(article: Article, on: dt.date, words: str, value: object) -> Place:
    return Place(column=f"msgid {article.msgid}, stat_date {on}, {words}", value=str(value)[:60])


def _number(record: Record, key: str) -> Number:
    value = record.get(key)
    if isinstance(value, (dict, list)):
        raise Unreadable("not a number")
    return count(value)


def _whole(record: Record, key: str) -> int | None:
    found = _number(record, key).value
    return None if found is None else int(found)


def _counts(record: Record) -> dict[str, int | None]:
    return {name: _whole(record, key) for name, key in _COUNTS.items()}


def _items(opened: Opened, articles: list[Article], read: int, account_id: str | None) -> pd.DataFrame:
    rows = [_item(article, account_id) for article in articles]
    young = sum(_window(article) < WINDOW for article in articles)
    notes = [_WINDOW_NOTE, _DELIVERED_NOTE, _PEOPLE_NOTE, *([UNKNOWN_NOTE] if account_id is None else [])]
    if young:
        notes.append(f"{young} of {len(rows)} articles have fewer than {WINDOW} days and are still growing.")
    columns = {name: [row.get(name) for row in rows] for name in rows[0]}
    dropped = {"repeated article": read - len(rows)} if read > len(rows) else {}
    attrs = provenance(opened, FORMAT, kept=len(rows), dropped=dropped, notes=notes)
    return finish(opened.file, columns, ITEMS, attrs)


def _item(article: Article, account_id: str | None) -> dict[str, object]:
    last = max(article.days, default=None)
    record = article.days[last] if last else {}
    return {
        "item_id": article.msgid,
        "account_id": account_id or "unknown",
        "platform": PLATFORM,
        "published_date": article.published,
        "title": _text(article.head.get("title")),
        "url": _text(article.head.get("url")),
        "position": article.position,
        "kind": "article",
        "notified": True if _whole(record, "target_user") else None,
        **_counts(record),
        "session_readers": _whole(record, "int_page_from_session_read_user"),
        "session_reads": _whole(record, "int_page_from_session_read_count"),
        "share_reads": _through_shares(record),
        "window_days": _window(article) or None,
        "source_format": FORMAT,
        "extra": json.dumps(_rest(record), ensure_ascii=False) if _rest(record) else None,
    }


def _through_shares(record: Record) -> int | None:
    """Reads that came through a share: in a chat with friends or in Moments; missing unless both are counted."""
    chat, moments = (_whole(record, f"int_page_from_{word}_read_count") for word in ("friends", "feed"))
    return None if chat is None or moments is None else chat + moments


def _window(article: Article) -> int:
    """The days over which the last record counts; 0 where there is none."""
    return (max(article.days) - article.published).days + 1 if article.days else 0


def _rest(record: Record) -> dict[str, object]:
    known = {"stat_date", *_COUNTS.values(), *_keys()}
    return {key: value for key, value in record.items() if key not in known and value is not None}


def _item_daily(opened: Opened, articles: list[Article], read: int, account_id: str | None) -> pd.DataFrame:
    rows = [
        row
        for article in articles
        for on, record in sorted(article.days.items())
        for row in _daily(article, on, record)
    ]
    if not rows:
        raise FileError(opened.file, "No article has a day in its details", "Fetch the answers again.")
    columns = {name: [row.get(name) for row in rows] for name in rows[0]}
    notes = [_WINDOW_NOTE, _DELIVERED_NOTE, _PEOPLE_NOTE, _MOMENTS_NOTE]
    attrs = provenance(opened, FORMAT, kept=len(rows), dropped={}, notes=notes)
    return finish(opened.file, columns, ITEM_DAILY, attrs)


def _daily(article: Article, on: dt.date, record: Record) -> Iterator[dict[str, object]]:
    same = {"item_id": article.msgid, "stat_date": on, "cumulative": True, "source_format": FORMAT}
    yield {**same, "channel": "all", **_counts(record)}
    for name, word in _CHANNELS.items():
        found = {
            "readers": _whole(record, f"int_page_from_{word}_read_user"),
            "reads": _whole(record, f"int_page_from_{word}_read_count"),
        }
        if name in _SHARED_FROM:
            found["sharers"] = _whole(record, f"feed_share_from_{word}_user")
            found["shares"] = _whole(record, f"feed_share_from_{word}_cnt")
        if any(value is not None for value in found.values()):
            yield {**same, "channel": name, **found}
