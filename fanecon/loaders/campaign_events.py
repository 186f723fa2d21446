"""What all logs of a campaign share: rows that become events, the ties of who brought whom, and words for acts.

A code is not a word.  One vendor writes 0 for won and 1 for not, another the reverse, a third has 4 and 5: there is no
table of codes that could be shared, so an outcome is read from words or refused.  And an inviter is not always an
account: it may be a nickname, which two people share, or a phone, where the invited are open ids.  Chains can then not
be followed, and the notes say so.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from fanecon.loaders.campaign_ties import with_ties
from fanecon.loaders.cells import Unreadable, is_missing, plain
from fanecon.loaders.columns import Cells
from fanecon.loaders.files import Opened
from fanecon.loaders.quick import is_text, matching
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Header, rows_have
from fanecon.loaders.spec import Columns, Spec, header_of, joined, moments, read_sheet, recognise
from fanecon.loaders.times import NO_TIME
from fanecon.loaders.vectors import Column, first_filled, how_many, nothing, numbered

SHANGHAI = "Asia/Shanghai"
Adapt = Callable[[Spec, Opened, Header], Spec]

_ACTS = (
    ("other", ("未", "没", "不", "取消报名", "取消参")),
    ("unsubscribe", ("取消关注", "取关", "退订", "unsubscribe", "unfollow")),
    ("subscribe", ("关注", "订阅", "subscribe", "follow")),
    ("join", ("报名", "参与", "参加", "注册", "加入", "join", "sign up", "signup", "register")),
    ("help", ("助力", "砍价", "help")),
    ("claim", ("领取", "提现", "claim")),
    ("invite", ("邀请", "invite", "refer")),
)
_LOST = ("未中", "没中", "没有中", "不中", "谢谢参与", "not won", "no win", "lose", "lost")
_WON = ("中奖", "已中", "won", "win", "winner")
NICKNAMES = "An inviter known by a nickname or a name alone is not certain: two people may share it."
MASKED = "Phones that are masked (138****1234) are not unique: two people may share one."
AMOUNTS = "Amounts are read as yuan because the header names no unit."
_CODE = "a code without words (0 means won for one vendor and lost for another: write 中奖 or 未中奖 in its place)"


@functools.lru_cache(maxsize=1024, typed=True)  # 1 and True are one key otherwise
def act(word: object) -> str:
    """The act that a word such as 扫码关注 or 会议报名 names; ``other`` where it names none of the known ones."""
    text = plain(word)
    return next((name for name, signs in _ACTS if any(sign in text for sign in signs)), "other")


def outcome(cell: object) -> str:
    """Whether a cell says ``win`` or ``lose``, in words.

    Raises
    ------
    Unreadable
        If it holds a code, nothing, or another word.
    """
    text = plain(cell)
    if is_missing(cell):
        raise Unreadable("neither won nor lost")
    if any(word in text for word in _LOST) or text in ("否", "no", "n"):
        return "lose"
    if any(word in text for word in _WON) or text in ("是", "yes", "y"):
        return "win"
    raise Unreadable(_CODE if text.replace(".", "").isdigit() or text in ("true", "false") else "neither won nor lost")


def events_format(
    spec: Spec, *, adapt: Adapt | None = None, recognised: Callable[[Opened], str] | None = None
) -> Format:
    """The format of a campaign log: its rows become events, its inviters ties.

    Parameters
    ----------
    adapt
        Called with the columns of a file; gives the Spec for it.
    recognised
        The reason why a file is of this format, instead of the signs of the Spec.
    """
    why = recognised or (lambda one: recognise(spec, one))
    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: why(opened[0]) if all(why(one) for one in opened) else "",
        read=lambda opened, ask: with_ties(joined(spec, each(opened, lambda one: read_events(spec, one, ask, adapt)))),
        words=tuple(name for one in spec.fields.values() for name in one.names),
    )


def read_events(spec: Spec, opened: Opened, ask: Ask, adapt: Adapt | None = None) -> Reading:
    """The events of one file: the column `when` becomes a time, a row without an id is named by file and row.

    Raises
    ------
    FileError
        If there is no row, or with every cell that cannot be used.
    """
    header = header_of(spec, opened)
    fitted = adapt(spec, opened, header) if adapt else spec

    def derive(columns: Columns, asked: Ask) -> None:
        moments(columns, "when", into="time", precision="time_precision", source="tz_source")
        columns.setdefault("event_id", numbered(opened.file, columns["_row"]))
        if fitted.derive:
            fitted.derive(columns, asked)

    notes = (*fitted.notes, *_no_times(fitted, header))
    return read_sheet(replace(fitted, derive=derive, notes=notes), opened, header, ask, last=True)


def _no_times(spec: Spec, header: Header) -> Iterable[str]:
    for name, at in header.columns.items():
        timed = spec.fields[name].kind == "time"
        none = sum(plain(cell) in NO_TIME - {"_-"} for cell in _likely(header, at)) if timed else 0
        if none:
            yield f"{rows_have(none)} no time in {header.name(at)} (a date of zeros)."


def _likely(header: Header, at: int) -> Iterable[object]:
    """The cells of a column; of a large one only those that may be a date of zeros or the first of 1970."""
    rows = header.sheet.rows
    below = rows.below(header.row) if isinstance(rows, Cells) and not rows.gone else None
    if below is None or at >= len(below) or not is_text(below[at].type):
        return (row[at] for row in itertools.islice(rows, header.row + 1, None) if at < len(row))
    return (cell for chunk in below[at].chunks for cell in _not_of_now(chunk))


def _not_of_now(chunk: pa.Array) -> list[object]:
    cells: list[object] = chunk.filter(pa.array(~matching(chunk, "^[2-9]"))).to_pylist()
    return cells


def first_of(columns: Columns, *names: str) -> list[object]:
    """For each row the first of some columns that holds a value."""
    present = [columns[name] for name in names if name in columns]
    if not present:
        return [None] * len(columns["_row"])
    found: list[object] = first_filled(present)
    return found


def known_as(columns: Columns, *names: str) -> dict[object, object]:
    """What an account is also known by (a phone, a mail) → the account, where it is one account's only."""
    owners: dict[object, set[object]] = {}
    present = [columns[name] for name in names if name in columns]
    if len(present) == 1 and is_same(present[0], columns["actor_id"]):
        return {}  # every account is known as itself
    for column in present:
        for value, actor in zip(column, columns["actor_id"], strict=False):
            owners.setdefault(value, set()).add(actor)
    single = {value: next(iter(some)) for value, some in owners.items() if len(some) == 1}
    return {value: actor for value, actor in single.items() if value is not None and actor is not None}


def into_extra(columns: Columns, labels: Mapping[str, str]) -> None:
    """Add columns that the table of events does not have to `extra`, under a label each."""
    present = {label: columns[name] for name, label in labels.items() if name in columns}
    if not present:
        return
    rows = zip(*present.values(), strict=True)
    columns["extra"] = [
        _joined(before, {label: cell for label, cell in zip(present, row, strict=True) if cell is not None})
        for before, row in zip(columns["extra"], rows, strict=True)
    ]


def _joined(before: object, added: Mapping[str, object]) -> object:
    return json.dumps({**(json.loads(str(before)) if before else {}), **added}, ensure_ascii=False) if added else before


def who(columns: Columns, ask: Ask) -> None:
    """The actor of each row: the open id, else the account, the phone, the mail, the nickname; the rest to extra."""
    columns["actor_id"] = first_of(columns, "openid", "uid", "phone", "mail", "nickname")
    for name in ("phone", "mail", "nickname", "uid"):
        own = zip(columns.get(name, []), columns["actor_id"], strict=False)
        columns[f"other_{name}"] = [None if one == actor else one for one, actor in own]
    present = {f"other_{name}": name for name in ("phone", "mail", "nickname", "uid") if name in columns}
    into_extra(columns, present)


def on_actors(columns: Columns, ask: Ask) -> Iterable[str]:
    """Notes on actors that are not certain, or missing."""
    covered = how_many(columns["actor_id"], r"^phone_masked:|\*\*\*")
    if covered:
        yield f"{rows_have(covered)} a masked phone as actor. {MASKED}"
    nobody = nothing(columns["actor_id"])
    if nobody:
        yield f"{rows_have(nobody)} no actor."


def unit_of(spec: Spec, opened: Opened, header: Header) -> Spec:
    """The Spec with the note that the unit of money is assumed, where the header names none."""
    at = header.columns.get("yuan")
    if at is None or "元" in header.name(at):
        return spec
    return replace(spec, notes=(*spec.notes, AMOUNTS))


def is_same(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether two columns of a large table hold the same; False for those of a small one, which nobody waits for."""
    return isinstance(one, Column) and isinstance(other, Column) and bool(one.arrow.equals(other.arrow))
