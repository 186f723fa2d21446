"""Airdrop files as the Hop project published them: who paid whom, who was removed from the reward, who came when.

One address is written ``\\x…`` in one file and ``0x…`` in the next, in capitals or not; it is one account, ``0x…`` in
small letters.  Transfers have no time and repeat, so a tie carries how often it was seen; an address that pays itself
is a movement between chains and no tie between two accounts.  Addresses are public pseudonyms and stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from fanecon.loaders.answers import answers
from fanecon.loaders.cells import Unreadable, heading, is_missing, plain
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.records import records_sheet
from fanecon.loaders.refusals import each
from fanecon.loaders.rows import Body, Complaints, Header, body_of, finish, nameless_columns, not_empty, other_columns
from fanecon.loaders.times import unix
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Table
from fanecon.tables import EDGES, EVENTS

_ADDRESS = re.compile(r"(?:0x|\\x)?([0-9a-f]{40})")
PUBLIC_NAMES = ("Addresses are public pseudonyms: one person may hold many, and an exchange one for many people.",)
_LABELS = (("eliminat", "eliminated"), ("sybil", "eliminated"), ("eligible", "eligible"))


def address(cell: object) -> str:
    """The address in a cell as ``0x`` and 40 small letters.

    Raises
    ------
    Unreadable
        If it holds none.
    """
    found = _ADDRESS.fullmatch(plain(cell)) if not is_missing(cell) else None
    if found is None:
        raise Unreadable("no address (0x and 40 hexadecimal digits)")
    return f"0x{found[1]}"


def _is_address(cell: object) -> bool:
    return bool(_ADDRESS.fullmatch(plain(cell)))


def _reading(name: str, what: str, opened: Opened, table: Table, columns: Mapping[str, Sequence[object]]) -> Reading:
    rows = len(next(iter(columns.values())))
    attrs: dict[str, object] = {"format": name, "file": opened.file, "notes": ()}
    frame = finish(opened.file, {**columns, "source_format": [name] * rows}, table, attrs)
    return Reading(file=opened.file, format=name, what=what, why="", tables={table.name: frame}, rows_read=rows)


# --- transfers ---


def _transfer_header(opened: Opened) -> Header | None:
    for sheet in opened.sheets:
        for at, row in enumerate(sheet.rows[:3]):
            names = [heading(cell) for cell in row]
            below = next((one for one in sheet.rows[at + 1 : at + 10] if any(plain(cell) for cell in one)), ())
            if names.count("from") == names.count("to") == 1 and any(_is_address(cell) for cell in below):
                return Header(sheet=sheet, row=at, columns={"from": names.index("from"), "to": names.index("to")})
    return None


def _are_transfers(opened: tuple[Opened, ...]) -> str:
    return "the columns from, to with addresses under them" if all(_transfer_header(one) for one in opened) else ""


def _read_transfers(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """Transfers of one or several files: one row per pair, how often it was seen as its weight."""
    seen: Counter[tuple[str, str]] = Counter()
    lost: set[str] = set()
    for pairs, others in each(opened, _transfers):
        seen.update(pairs)
        lost |= others
    columns: dict[str, Sequence[object]] = {
        "src": [src for src, _ in seen],
        "dst": [dst for _, dst in seen],
        "kind": ["self_transfer" if src == dst else "transfer" for src, dst in seen],
        "weight": [float(times) for times in seen.values()],
    }
    rows, own = sum(seen.values()), sum(times for (src, dst), times in seen.items() if src == dst)
    notes = [f"Transfers: {rows:,}; different pairs: {len(seen):,}; weight is how often a pair was seen."]
    notes += (
        [f"{many(own, 'transfer goes', 'transfers go')} from an address to itself: ties of the kind self_transfer."]
        if own
        else []
    )
    lossy = ["The transfers have no time and no amount."] if not lost else [f"Left out: {', '.join(sorted(lost))}."]
    reading = _reading("airdrop_transfers", "transfers between addresses", opened[0], EDGES, columns)
    return replace(reading, rows_read=rows, notes=tuple(notes), lossy=(*lossy, *PUBLIC_NAMES))


def _transfers(opened: Opened) -> tuple[Iterable[tuple[str, str]], set[str]]:
    """The pairs of one file, and its columns that the table has no place for."""
    header = _transfer_header(opened)
    if header is None:
        raise FileError(opened.file, "There are no columns from and to with addresses", "Give the file of transfers.")
    body = body_of(header, is_total=lambda row: False)
    not_empty(opened.file, body, "transfer")
    return _pairs(opened, body), {*other_columns(header), *nameless_columns(body)}


def _pairs(opened: Opened, body: Body) -> Iterable[tuple[str, str]]:
    header = body.header
    complaints = Complaints(opened.file, header.sheet.name)
    ends = [complaints.read(body, name, address, "") for name in ("from", "to")]
    complaints.stop()
    return zip(*ends, strict=True)


# --- lists of addresses ---


def _list_header(opened: Opened) -> Header | None:
    """The header of a list of addresses, or a stand-in above the first row where it has none."""
    rows = [row for sheet in opened.sheets[:1] for row in sheet.rows[:20]]
    filled = [[cell for cell in row if plain(cell)] for row in rows]
    if not filled or any(len(row) > 1 for row in filled) or opened.kind == "json":
        return None
    titled = bool(filled[0]) and heading(filled[0][0]) == "address"
    body = [row[0] for row in filled[titled:] if row]
    if not body or not any(_is_address(cell) for cell in body):
        return None
    return Header(sheet=opened.sheets[0], row=0 if titled else -1, columns={"address": 0})


def _are_lists(opened: tuple[Opened, ...]) -> str:
    return "one column of addresses" if all(_list_header(one) for one in opened) else ""


def _read_lists(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    found: dict[tuple[str, str | None], str] = {}
    rows, notes = 0, []
    for one, listed in zip(opened, each(opened, _listed), strict=True):
        label = _label(one.file)
        rows += len(listed)
        found |= {(each, label): one.file for each in listed}
        from_name = f"'{label}' is from the name of the file {one.file}" if label else f"{one.file} does not say what"
        notes.append(f"{from_name}{'.' if label else ' its addresses are listed for (status is empty).'}")
    columns: dict[str, Sequence[object]] = {
        "event_id": [f"{label or 'listed'}:{each}" for each, label in found],
        "actor_id": [each for each, _ in found],
        "action": ["listed"] * len(found),
        "status": [label for _, label in found],
    }
    reading = _reading("airdrop_addresses", "a list of addresses", opened[0], EVENTS, columns)
    again = rows - len(found)
    notes += [f"{many(again, 'address is', 'addresses are')} listed again and counted once."] if again else []
    lossy = ("Who is not listed as eliminated was not caught, which is not the same as honest.", *PUBLIC_NAMES)
    return replace(reading, rows_read=rows, rows_rejected=again, notes=tuple(notes), lossy=lossy)


def _listed(opened: Opened) -> list[str]:
    header = _list_header(opened)
    if header is None:
        raise FileError(opened.file, "This is no list of addresses", "Give one address per line.")
    if header.row < 0:
        sheet = header.sheet
        complaints, listed = Complaints(opened.file, sheet.name), []
        for number, row in enumerate(sheet.rows, 1):
            for cell in (one for one in row if plain(one)):
                try:
                    listed.append(address(cell))
                except Unreadable as error:
                    complaints.add(str(error), row=number, column="1", value=cell)
        complaints.stop()
        return listed
    body = body_of(header, is_total=lambda row: False)
    complaints = Complaints(opened.file, header.sheet.name)
    listed = complaints.read(body, "address", address, "")
    complaints.stop()
    return listed


def _label(file: str) -> str | None:
    name = PurePosixPath(file).name.casefold()
    return next((label for part, label in _LABELS if part in name and not name.startswith("in")), None)


# --- JSON: first uses, and groups that were removed ---


def _parsed(opened: Opened) -> object:
    found = answers(opened) if opened.kind == "json" else []
    return found[0] if len(found) == 1 and isinstance(found[0], Mapping) else found


def _are_times(opened: tuple[Opened, ...]) -> str:
    start = re.compile(r'\s*\{\s*"(?:0x|\\\\x)[0-9a-fA-F]{40}"\s*:\s*"?1[0-9]{9}"?\s*[,}]')
    found = all(one.kind == "json" and start.match(one.text) for one in opened)
    return "addresses with unix times" if found else ""


def _read_times(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    if len(opened) > 1:
        raise FileError(opened[1].file, "There are several files of first uses", "Read them one at a time.")
    one = opened[0]
    content = _parsed(one)
    pairs = [{"address": key, "time": value} for key, value in content.items()] if isinstance(content, Mapping) else []
    sheet = records_sheet(one, pairs)
    body = body_of(Header(sheet=sheet, row=0, columns={"address": 0, "time": 1}), is_total=lambda row: False)
    complaints = Complaints(one.file, sheet.name)
    who = complaints.read(body, "address", address, "")
    when = complaints.read(body, "time", unix, unix(None))
    complaints.stop()
    columns: dict[str, Sequence[object]] = {
        "event_id": [f"join:{each}" for each in who],
        "actor_id": who,
        "action": ["join"] * len(who),
        "time": [each.value for each in when],
        "time_precision": ["s" if each.value else None for each in when],
        "tz_source": ["given" if each.value else None for each in when],
    }
    reading = _reading("airdrop_first_uses", "first uses of a service by addresses", one, EVENTS, columns)
    return replace(reading, notes=("The time is the first use of each address (unix, UTC).",), lossy=PUBLIC_NAMES)


def _are_groups(opened: tuple[Opened, ...]) -> str:
    keys = ("groupName", "eliminatedAddresses")
    found = all(one.kind == "json" and all(f'"{key}"' in one.text[:20_000] for key in keys) for one in opened)
    return f"the keys {', '.join(keys)}" if found else ""


def _read_groups(opened: tuple[Opened, ...], ask: Ask) -> Reading:
    if len(opened) > 1:
        raise FileError(opened[1].file, "There are several files of groups", "Read them one at a time.")
    one = opened[0]
    content = _parsed(one)
    groups = [group for group in (content if isinstance(content, list) else [content]) if isinstance(group, Mapping)]
    pairs = [{"group": group.get("groupName"), "address": each} for group in groups for each in _members(one, group)]
    sheet = records_sheet(one, pairs)
    body = body_of(Header(sheet=sheet, row=0, columns={"group": 0, "address": 1}), is_total=lambda row: False)
    not_empty(one.file, body, "address")
    complaints = Complaints(one.file, sheet.name)
    who = complaints.read(body, "address", address, "")
    complaints.stop()
    named = list(dict.fromkeys(zip((str(cell) for cell in body.column("group")), who, strict=True)))
    columns: dict[str, Sequence[object]] = {
        "event_id": [f"eliminated:{group}:{each}" for group, each in named],
        "actor_id": [each for _, each in named],
        "action": ["listed"] * len(named),
        "status": ["eliminated"] * len(named),
        "text": [group for group, _ in named],
    }
    reading = _reading("airdrop_groups", "groups of addresses removed from a reward", one, EVENTS, columns)
    again = len(who) - len(named)
    notes = [f"{many(len(groups), 'group', 'groups')}; `text` is the name of the group.", *_on_groups(groups)]
    lossy = ("Members of a group that were kept are not listed.", *PUBLIC_NAMES)
    return replace(reading, rows_read=len(who), rows_rejected=again, notes=tuple(notes), lossy=lossy)


def _members(opened: Opened, group: Mapping[str, object]) -> list[object]:
    found = group.get("eliminatedAddresses")
    if not isinstance(found, list):
        raise FileError(opened.file, f"Group {group.get('groupName')!r} has no list of addresses", "Save it again.")
    return found


def _on_groups(groups: Sequence[Mapping[str, object]]) -> Iterable[str]:
    wrong = sum(
        group.get("totalEliminatedAddresses") not in (None, len(group["eliminatedAddresses"]))  # type: ignore[arg-type]
        for group in groups
    )
    if wrong:
        yield f"{many(wrong, 'group lists', 'groups list')} another number of addresses than the total says."


FORMATS: tuple[Format, ...] = (
    Format(
        name="airdrop_transfers",
        what="transfers between addresses",
        recognise=_are_transfers,
        read=_read_transfers,
        words=("from", "to"),
    ),
    Format(
        name="airdrop_addresses", what="a list of addresses", recognise=_are_lists, read=_read_lists, words=("address",)
    ),
    Format(
        name="airdrop_first_uses", what="first uses of a service by addresses", recognise=_are_times, read=_read_times
    ),
    Format(
        name="airdrop_groups",
        what="groups of addresses removed from a reward",
        recognise=_are_groups,
        read=_read_groups,
    ),
)
