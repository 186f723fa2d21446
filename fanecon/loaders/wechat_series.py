"""Series of an article that count since its publication: what must hold in them, and their last day.

Each record counts *from publication to the end of its day*.  A public script adds these records up and reports
seventeen thousand readers where there were not three thousand.  Here the last record is the article's count, the
records together are a cumulative series, and a series that falls is refused: it means that two articles or two
downloads were mixed.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping

import pandas as pd

from fanecon.loaders.cells import Unreadable, plain
from fanecon.loaders.wechat_calls import complain

LONGEST_WINDOW = 31
PROBLEM = "are not what they say or against another"
Wrong = tuple[int, str, object]


def msgid(cell: object) -> str | None:
    """The id of an article in an answer.

    Raises
    ------
    Unreadable
        If it is no number or word.
    """
    text = plain(cell).removesuffix(".0") if not isinstance(cell, bool) else ""
    if not re.fullmatch(r"[0-9a-z_-]{1,60}", text):
        raise Unreadable("no id of an article")
    return text


def position(item: str) -> int | None:
    """Its place in the message, 1 being the headline; None where the id does not say."""
    found = re.fullmatch(r"[0-9]+_([0-9]{1,2})", item)
    return int(found[1]) if found else None


def with_days(frame: pd.DataFrame, growing: Mapping[str, str], more: Iterator[Wrong] | None = None) -> pd.DataFrame:
    """The records sorted by article and day; those without a day only where the article has no other.

    Raises
    ------
    FileError
        With every day before publication or a month after it, and every count of `growing` (field → name in the
        answer) that falls.
    """
    order = {item: at for at, item in enumerate(dict.fromkeys(frame["item_id"]))}
    dated = frame["item_id"].isin(frame.loc[frame["stat_date"].notna(), "item_id"])
    kept = frame[frame["stat_date"].notna() | ~dated]
    key = [(order[item], on or dt.date.min) for item, on in zip(kept["item_id"], kept["stat_date"], strict=True)]
    rows = kept.iloc[sorted(range(len(kept)), key=key.__getitem__)].reset_index(drop=True)
    wrong = [*_days_wrong(rows), *_falls(rows, growing)]
    if wrong:
        complain(
            rows,
            wrong,
            f"{len(wrong)} value{' is' if len(wrong) == 1 else 's are'} not what it says or against another",
        )
    return rows


def _days_wrong(rows: pd.DataFrame) -> Iterator[Wrong]:
    published: dict[str, object] = {}
    for at, (item, ref, on) in enumerate(zip(rows["item_id"], rows["published_date"], rows["stat_date"], strict=True)):
        if published.setdefault(item, ref) != ref:
            yield at, f"ref_date, against {published[item]} in another record", ref
        if on is not None and not 0 <= (on - ref).days < LONGEST_WINDOW:
            yield at, f"stat_date before ref_date or {LONGEST_WINDOW} days after it", on


def _falls(rows: pd.DataFrame, growing: Mapping[str, str]) -> Iterator[Wrong]:
    for name, key in growing.items():
        known = [
            (at, item, n) for at, (item, n) in enumerate(zip(rows["item_id"], rows[name], strict=True)) if n is not None
        ]
        for (_, item, before), (at, same, value) in itertools.pairwise(known):
            if item == same and value < before:
                yield at, f"{key} falls from {before}", value


def last_days(rows: pd.DataFrame) -> pd.DataFrame:
    """The last record of every article, in the order of the answers, with the days over which it counts."""
    last = rows.drop_duplicates("item_id", keep="last").reset_index(drop=True)
    spans = zip(last["published_date"], last["stat_date"], strict=True)
    windows = [(on - ref).days + 1 if on is not None else None for ref, on in spans]
    return last.assign(window_days=pd.Series(windows, dtype=object))


def young_notes(items: pd.DataFrame, window: int) -> list[str]:
    """How many articles still grow."""
    young = sum(days is None or days < window for days in items["window_days"])
    return [f"{young} of {len(items)} articles have fewer than {window} days and are still growing."] if young else []
