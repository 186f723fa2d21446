"""Articles out of the content list of WeChat's backend, and what a reader must know about them.

The backend prints some numbers together with the parts they are made of.  Where it does, the loader divides again and
says in the notes where the file disagrees with itself: a sorted column or a half-edited copy shows up this way.

An article's name is the pair of message number and position in its link, which is the same in every export.  Rows
without a link get a name made from day and title, so that two exports of one month still agree.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from fanecon.loaders.cells import Number, Share, plain
from fanecon.loaders.files import Opened
from fanecon.loaders.rows import Header, extras, finish, floors, provenance, rounded_notes, rows_have
from fanecon.loaders.wechat_list import (
    LIST,
    PARTS,
    PLATFORM,
    UNKNOWN_NOTE,
    WINDOW,
    Listed,
    divided,
    made_id,
    parse_list,
)
from fanecon.schema import ITEMS, FileError, Place

_NOT_ABOVE = (
    ("readers", "reads", "more readers than reads"),
    ("sharers", "shares", "more sharers than shares"),
    ("sharers", "readers", "more sharers than readers"),
    ("session_reads", "reads", "more reads in the session than reads"),
)
_PEOPLE_NOTE = (
    "Readers, sharers and followers are people counted once per article: who read two articles counts twice, "
    "so people do not add up over articles."
)
_RATE_NOTES = {
    "times": "送达阅读率 (delivered_rate) is reads in the message session per person delivered: times, not people who "
    "opened.",
    "people": "送达阅读率 (delivered_rate) is taken as people per person delivered, because the file holds no times "
    "(an assumption); older files count times under the same header.",
}
_MID, _IDX = re.compile(r"[?&]mid=([0-9]+)"), re.compile(r"[?&]idx=([0-9]+)")
_BIZ = re.compile(r"[?&]__biz=([A-Za-z0-9+/_%-]+=*)")


def read_list(opened: Opened, header: Header, account_id: str | None) -> pd.DataFrame:
    """The table `items` of a content list: one row per article.

    Raises
    ------
    FileError
        With every cell that cannot be used, or every article that stands twice.
    """
    listed = parse_list(opened, header)
    ids = _ids(listed)
    accounts = _accounts(listed, account_id)
    columns = {
        "item_id": ids,
        "account_id": accounts,
        "published_date": listed.days,
        **_constants(listed),
        **{name: [_text(cell) for cell in listed.body.column(name)] for name in ("title", "url")},
        **{name: [_whole(one) for one in read] for name, read in listed.counts.items()},
        **{name: [_real(one) for one in read] for name, read in listed.rates.items() if name in ITEMS.columns},
        "window_days": _windows(listed),
        "lower_bound": floors(listed.counts, len(listed)),
        "extra": extras(listed.body, "first_share_rate", "reads_per_share"),
    }
    notes = (*_list_notes(listed), *_id_notes(listed, ids), *_account_notes(accounts))
    attrs = provenance(opened, listed.format, kept=len(listed), dropped=listed.body.dropped, notes=notes)
    return finish(opened.file, columns, ITEMS, attrs)


def _ids(listed: Listed) -> list[str]:
    links = [article_in(cell) for cell in listed.body.column("url")]
    titles = [plain(cell) for cell in listed.body.column("title")]
    seen = list(zip(links, titles, listed.days, strict=True))
    rows = [row for _, row in listed.body.rows]
    _not_twice(listed, [f"{one}" if one[0] else f"{one}{row}" for one, row in zip(seen, rows, strict=True)])
    shared = Counter(links)
    made = [link if link and shared[link] == 1 else made_id(title, on) for link, title, on in seen]
    again = Counter(made)
    return [one if again[one] == 1 else f"{one}_r{row}" for one, row in zip(made, listed.body.numbers, strict=True)]


def _not_twice(listed: Listed, keys: Sequence[str]) -> None:
    times = Counter(keys)
    sheet = listed.body.header.sheet.name
    at = [
        Place(sheet=sheet, row=row, value=str(listed.body.cell(cells, "title")))
        for key, (row, cells) in zip(keys, listed.body.rows, strict=True)
        if times[key] > 1
    ]
    if at:
        raise FileError(listed.file, "An article stands in more than one row", "Keep its newest row only.", at=at)


def article_in(url: object) -> str | None:
    """The id of an article, message and position, in its link; None where the link has none."""
    text = html.unescape(str(url))
    mid, idx = _MID.search(text), _IDX.search(text)
    return f"{mid[1]}_{idx[1]}" if mid and idx else None


def _accounts(listed: Listed, account_id: str | None) -> list[str]:
    if account_id is not None:
        return [account_id] * len(listed)
    found = [account_in(cell) for cell in listed.body.column("url")]
    known = {one for one in found if one}
    rest = known.pop() if len(known) == 1 else "unknown"
    return [one or rest for one in found]


def account_in(url: object) -> str | None:
    """The id of the account in a link; None where the link has none."""
    found = _BIZ.search(html.unescape(str(url)))
    return found[1] if found else None


def _constants(listed: Listed) -> dict[str, Sequence[object]]:
    sent = listed.counts.get("delivered")
    stated = listed.rates.get("delivered_rate", [Share()] * len(listed))
    return {
        "platform": [PLATFORM] * len(listed),
        "kind": ["article"] * len(listed),
        "notified": [True if one.value else None for one in sent] if sent else [_unsent(listed)] * len(listed),
        "delivered_rate_numerator": [listed.numerator if one.value is not None else None for one in stated],
        "source_format": [listed.format] * len(listed),
    }


def _unsent(listed: Listed) -> bool | None:
    return False if listed.format == "wechat_backend_14" else None


def _windows(listed: Listed) -> list[int | None]:
    """Seven days where the newest article of the file is at least that much younger, else unknown."""
    newest = max(listed.days)
    full = [(newest - on).days >= WINDOW and "delivered" in listed.counts for on in listed.days]
    return [WINDOW if one else None for one in full]


def _text(cell: object) -> str | None:
    return None if cell is None or not str(cell).strip() else str(cell).strip()


def _whole(one: Number) -> int | None:
    return None if one.value is None else int(one.value)


def _real(one: Share) -> float | None:
    return None if one.value is None else float(one.value)


def _list_notes(listed: Listed) -> list[str]:
    return [
        _PEOPLE_NOTE,
        *([_RATE_NOTES[listed.numerator]] if "delivered_rate" in listed.rates else []),
        *_window_notes(listed),
        *_floor_notes(listed),
        *rounded_notes(listed.counts),
        *[note for name in PARTS for note in _identity_notes(listed, name)],
        *[note for pair in _NOT_ABOVE for note in _order_notes(listed, *pair)],
        *_numerator_notes(listed),
    ]


def _window_notes(listed: Listed) -> list[str]:
    if "delivered" not in listed.counts:
        return ["The list has no 送达人数: delivered is unknown, not zero, and the counting window is unknown."]
    young = sum(window is None for window in _windows(listed))
    return [
        f"Counts run for {WINDOW} days after publication, but the file does not say when it was made: the {young} "
        f"articles published less than {WINDOW} days before the newest ({max(listed.days)}) may still be growing."
    ]


def _floor_notes(listed: Listed) -> list[str]:
    found = sum(bool(one) for one in floors(listed.counts, len(listed)))
    return [f"{rows_have(found)} a count that is only a floor, such as 10万+; see lower_bound."] if found else []


def _identity_notes(listed: Listed, name: str) -> list[str]:
    if name not in listed.rates:
        return []
    step = Decimal(1).scaleb(-max(one.digits for one in listed.rates[name])) + Decimal("1e-9")
    broken = [row for at, row in enumerate(listed.body.numbers) if _differs(listed, name, at, step)]
    parts = " ÷ ".join(LIST[part][0] for part in PARTS[name])
    return [f"{LIST[name][0]} is not {parts} in {_which(broken)}."] if broken else []


def _differs(listed: Listed, name: str, at: int, step: Decimal) -> bool:
    stated, made = listed.rates[name][at].value, divided(listed, name, at)
    return stated is not None and made is not None and abs(stated - made) > step


def _order_notes(listed: Listed, small: str, large: str, words: str) -> list[str]:
    if small not in listed.counts or large not in listed.counts:
        return []
    pairs = zip(listed.counts[small], listed.counts[large], listed.body.numbers, strict=True)
    broken = [row for a, b, row in pairs if a.value is not None and b.value is not None and a.value > b.value]
    return [f"There are {words} in {_which(broken)}."] if broken else []


def _numerator_notes(listed: Listed) -> list[str]:
    if listed.numerator == "times" or not {"delivered_rate"} <= listed.rates.keys() or "delivered" not in listed.counts:
        return []
    rows = zip(listed.rates["delivered_rate"], listed.counts["delivered"], listed.counts["readers"], strict=True)
    above = [
        listed.body.numbers[at]
        for at, (rate, sent, read) in enumerate(rows)
        if rate.value and sent.value and read.value and rate.value * sent.value > read.value * Decimal("1.01") + 1
    ]
    return (
        [f"送达阅读率 × 送达人数 is above 总阅读人数 in {_which(above)}: it may count times after all."]
        if above
        else []
    )


def _id_notes(listed: Listed, ids: Sequence[str]) -> list[str]:
    found = [article_in(cell) for cell in listed.body.column("url")]
    made = sum(one != link for one, link in zip(ids, found, strict=True))
    if not made:
        return []
    return [f"{rows_have(made)} no unique link: item_id is made from day and title and changes with them."]


def _account_notes(accounts: Sequence[str]) -> list[str]:
    return [UNKNOWN_NOTE] if "unknown" in accounts else []


def _which(rows: Sequence[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:5])
    return f"row {shown}" if len(rows) == 1 else f"{len(rows)} rows (row {shown}{' …' if len(rows) > 5 else ''})"
