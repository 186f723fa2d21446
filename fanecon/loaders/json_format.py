"""Answers in JSON that hold a list of like records: the list is found, becomes a sheet, and is read like any table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fanecon.loaders.answers import answers, as_sheet
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.refusals import each
from fanecon.loaders.spec import Spec, header_of, joined, read_sheet
from fanecon.loaders.wording import many
from fanecon.schema import FileError, Place

Record = Mapping[str, object]
Pick = Callable[[Record], Sequence[object] | None]


def json_format(spec: Spec, *, keys: tuple[str, ...], pick: Pick) -> Format:
    """The format of a flat table that comes as JSON.

    Parameters
    ----------
    keys
        Keys that all stand in such an answer.
    pick
        An answer → its records, or None if it is another one.
    """
    return Format(
        name=spec.name,
        what=spec.what,
        recognise=lambda opened: has_keys(opened, keys),
        read=lambda opened, ask: read_records(spec, opened, ask, pick),
    )


def has_keys(opened: tuple[Opened, ...], keys: tuple[str, ...]) -> str:
    """The keys that give an answer away, or "" if a file lacks one of them."""
    found = all(one.kind == "json" and all(f'"{key}"' in one.text for key in keys) for one in opened)
    return "the keys " + ", ".join(keys) if found else ""


def read_records(spec: Spec, opened: Sequence[Opened], ask: Ask, pick: Pick) -> Reading:
    """The table of the records in one or more files.

    Raises
    ------
    FileError
        If an answer holds no such records, or with every value that cannot be used.
    """
    return joined(spec, each(opened, lambda one: _table(spec, one, ask, pick)))


def _table(spec: Spec, opened: Opened, ask: Ask, pick: Pick) -> Reading:
    made = as_sheet(opened, records_in(spec.what, opened, pick))
    return read_sheet(spec, made, header_of(spec, made), ask)


def records_in(what: str, opened: Opened, pick: Pick) -> list[Record]:
    """All records of a file; place n of the file is row n + 1.

    Raises
    ------
    FileError
        If an answer holds none, or with every entry that is no record.
    """
    found: list[object] = []
    for number, answer in enumerate(answers(opened), 1):
        inside = pick(answer) if isinstance(answer, Mapping) else None
        if inside is None:
            at = [Place(row=number, value=str(answer)[:60])]
            raise FileError(opened.file, f"Answer {number} is not {what}", "Fetch it again.", at=at)
        found += inside
    if not found:
        raise FileError(opened.file, f"This is {what}, but it holds no record", "Fetch a period that has some.")
    strange = [Place(row=at + 1, value=str(one)[:60]) for at, one in enumerate(found, 1) if not _fits(one, at, opened)]
    if strange:
        raise FileError(
            opened.file,
            f"{many(len(strange), 'entry is no record', 'entries are no records')}",
            "Fetch the answer again.",
            at=strange,
        )
    return [one if isinstance(one, Mapping) else {} for one in found]


def _fits(one: object, at: int, opened: Opened) -> bool:
    return isinstance(one, Mapping) or (None, at + 1) in opened.left_out


def listed(record: Record, *path: str) -> Sequence[object] | None:
    """The list at a path of keys, or None."""
    value: object = record
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, list) else None
