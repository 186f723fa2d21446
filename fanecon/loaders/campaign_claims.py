"""Airdrop lists with what each address may claim: ``address,amount``, with or without a header.

An amount is a number of tokens in one file and of their smallest parts (eighteen zeros more) in the next, and nothing
in the file says which; it is no money of any currency and no count.  So it stays as written in `extra`, every digit of
it, and its sum stands in the notes.  An address may stand in several rows: each row is an entry of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from fanecon.loaders.campaign_airdrop import PUBLIC_NAMES
from fanecon.loaders.cells import Unreadable, heading, is_missing, number, plain
from fanecon.loaders.figures import numbered
from fanecon.loaders.files import Opened, Row
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.rows import Body, Complaints, Header, body_of, finish, is_total_word, not_empty, other_columns
from fanecon.schema import FileError
from fanecon.tables import EVENTS

WHAT = "a list of addresses with what they may claim"
_NAMES = "address addr account wallet walletaddress recipient receiver claimer claimant user useraddress holder owner"
_AMOUNTS = "amount amounts quantity value total totalamount balance tokens reward rewards allocation earnings"
_ETHEREUM = re.compile(r"(?:0x|\\x)([0-9a-fA-F]{40})")
_OTHERS = re.compile(r"[a-z]{2,12}1[02-9ac-hj-np-z]{38,58}|tz[1-4][1-9A-HJ-NP-Za-km-z]{33}")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")
# Digits as they stand, also as JavaScript writes less than a millionth; a number of `cells` keeps 28 digits only.
_EXACT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]-[0-9]{1,2})?")
_NO_CLAIMERS = ("token", "contract", "mint", "nft", "collection", "pool", "program")
_DIGITS = Context(prec=1_000)
_TOP = 5


@dataclass(frozen=True)
class _Found:
    """The header of a list (or a stand-in above its first row), and its columns of amounts."""

    header: Header
    amounts: tuple[int, ...]
    strict: bool


def _claimer(cell: object, *, strict: bool) -> str:
    """The address in a cell: of Ethereum as ``0x`` and small letters, of other chains as written.

    Raises
    ------
    Unreadable
        If it holds none.
    """
    text = "" if is_missing(cell) else str(cell).strip()
    known = _ETHEREUM.fullmatch(text)
    if known:
        return f"0x{known[1].lower()}"
    if _OTHERS.fullmatch(text) or (not strict and _BASE58.fullmatch(text)):
        return text
    raise Unreadable("no address of a wallet")


def _is_claimer(cell: object, *, strict: bool) -> bool:
    try:
        return bool(_claimer(cell, strict=strict))
    except Unreadable:
        return False


def _find(opened: Opened) -> _Found | None:
    if opened.kind == "json" or len(opened.sheets) != 1:
        return None
    sheet = opened.sheets[0]
    filled = [(at, row) for at, row in enumerate(sheet.rows[:20]) if any(plain(cell) for cell in row)]
    if not filled:
        return None
    first, top = filled[0]
    if len(top) > 1 and _is_claimer(top[0], strict=True):
        bare = Header(sheet=sheet, row=-1, columns={"address": 0})
        return _Found(bare, (1,), True) if _is_number(top[1]) else None
    below = [row for _, row in filled[1:]]
    named = [at for at, cell in enumerate(top) if _wallet(heading(cell)) and _held(below, at)]
    if len(named) != 1 or len(top) < 2:
        return None
    amounts = tuple(at for at, cell in enumerate(top) if at != named[0] and _is_amount(heading(cell)))
    return _Found(Header(sheet=sheet, row=first, columns={"address": named[0]}), amounts, False) if amounts else None


def _is_amount(name: str) -> bool:
    bare = name.replace("_", "")
    return bare in _AMOUNTS.split() or "amount" in bare


def _wallet(name: str) -> bool:
    bare = name.replace("_", "").replace(" ", "")
    return bare in _NAMES.split() or (bare.endswith("address") and not bare.startswith(_NO_CLAIMERS))


def _held(rows: Sequence[Row], at: int) -> bool:
    """Whether most of the first cells of a column are addresses."""
    cells = [row[at] for row in rows[:_TOP] if at < len(row)]
    return 2 * sum(_is_claimer(cell, strict=False) for cell in cells) > len(cells)


def _is_number(cell: object) -> bool:
    try:
        return number(cell).value is not None
    except Unreadable:
        return False


def _recognised(opened: tuple[Opened, ...]) -> str:
    return "addresses of wallets beside amounts" if len(opened) == 1 and _find(opened[0]) else ""


def _read(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    found = _find(opened[0])
    if found is None or len(opened) > 1:
        raise FileError(opened[0].file, "This is no list of addresses with amounts", "Read one list at a time.")
    body = _body(found)
    not_empty(opened[0].file, body, "address")
    complaints = Complaints(opened[0].file, found.header.sheet.name)
    who = complaints.read(body, "address", lambda cell: _claimer(cell, strict=found.strict), "")
    sums = {_name(body, name): complaints.read(body, name, _amount, None) for name in _amount_fields(body)}
    complaints.stop()
    columns: dict[str, Sequence[object]] = {
        "event_id": list(numbered(f"listed:{one}" for one in who)),
        "actor_id": who,
        "action": ["listed"] * len(who),
        "extra": list(_extras(body)),
        "source_format": ["airdrop_claims"] * len(who),
    }
    notes = tuple(_notes(who, sums, body))
    attrs: dict[str, object] = {"format": "airdrop_claims", "file": opened[0].file, "notes": notes}
    frame = finish(opened[0].file, columns, EVENTS, attrs)
    left = sum(body.dropped.values())
    lossy = (
        "Amounts are no counts and no money: tokens or their smallest parts, which the file does not say (extra).",
    )
    return Reading(
        file=opened[0].file,
        format="airdrop_claims",
        what=WHAT,
        why=_recognised(opened),
        tables={"events": frame},
        rows_read=len(who) + left,
        rows_rejected=left,
        notes=notes,
        lossy=(*lossy, *PUBLIC_NAMES),
    )


def _body(found: _Found) -> Body:
    """The rows of the list; without a header, the first column is the address and the second the amount."""
    columns = {**found.header.columns, **{f"amount {at}": at for at in found.amounts}}
    header = Header(sheet=found.header.sheet, row=found.header.row, columns=columns)
    if found.header.row >= 0:
        return body_of(header, is_total=lambda row: is_total_word(next((cell for cell in row if plain(cell)), "")))
    rows = [(at, row) for at, row in enumerate(header.sheet.rows, 1) if any(plain(cell) for cell in row)]
    return Body(header=header, rows=tuple(rows), dropped={})


def _amount_fields(body: Body) -> list[str]:
    return [name for name in body.header.columns if name.startswith("amount")]


def _name(body: Body, field: str) -> str:
    """The name of a column as in the file; a file without a header has none."""
    return body.header.name(body.header.columns[field]) if body.header.row >= 0 else "amount"


def _amount(cell: object) -> Decimal | None:
    """The amount in a cell, exact.

    Raises
    ------
    Unreadable
        If it is no number, or below zero.
    """
    if isinstance(cell, str) and _EXACT.fullmatch(cell.strip()):
        return Decimal(cell.strip())
    found = number(cell)
    if found.value is not None and found.value < 0:
        raise Unreadable("an amount below zero")
    return found.value


def _extras(body: Body) -> Iterator[str | None]:
    """Everything beside the address, as it is written."""
    others = other_columns(body.header) if body.header.row >= 0 else {}
    places = {_name(body, name): body.header.columns[name] for name in _amount_fields(body)} | others
    for _, row in body.rows:
        kept = {name: str(row[at]) for name, at in places.items() if at < len(row) and not is_missing(row[at])}
        yield json.dumps(kept, ensure_ascii=False) if kept else None


def _notes(who: Sequence[str], sums: Mapping[str, Sequence[Decimal | None]], body: Body) -> Iterator[str]:
    for name, amounts in sums.items():
        known = [one for one in amounts if one is not None]
        with localcontext(_DIGITS):  # the usual 28 digits are too few for the smallest parts of tokens
            whole = sum(known, Decimal(0))
        yield f"The column {name} of {len(known):,} rows adds up to {whole:f}, in the unit of the file."
    again = len(who) - len(set(who))
    if again:
        yield f"{again:,} rows name an address again: each is an entry of its own."
    for what, times in body.dropped.items():
        yield f"Rows left out: {times} {what}."


FORMATS: tuple[Format, ...] = (
    Format(
        name="airdrop_claims",
        what=WHAT,
        recognise=_recognised,
        read=_read,
        words=tuple(_NAMES.split()),
    ),
)
