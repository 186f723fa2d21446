"""What a flat format is: the columns it has, the names they go by, and how their cells are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fanecon.loaders.files import Row
from fanecon.loaders.kinds import Kind
from fanecon.loaders.reading import Ask
from fanecon.loaders.rows import Body
from fanecon.loaders.times import Order
from fanecon.schema import Table

Columns = dict[str, list[object]]


@dataclass(frozen=True)
class Field:
    """One column of a format: how its cells are read, and the names it goes by (any spelling).

    Kinds: ``share`` a fraction or a text with %, ``percent`` a number of 0 to 100 with or without %, ``time`` a
    written time, ``unix`` seconds or milliseconds, ``yuan``, ``fen`` and ``cents`` money (stored in minor units).
    ``required``: the column must be there; ``filled``: and no row may lack a value in it.
    """

    kind: Kind
    names: tuple[str, ...]
    required: bool = False
    filled: bool = False


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A flat format: what it is, what gives it away, its columns and what every row shares.

    Parameters
    ----------
    signs
        Sets of column names; a header that holds all of one set is of this format.
    table
        The table of the schema that the rows become.
    fields
        Field of that table (or a name of its own, for `derive`) → column.
    constants
        Fields with the same value in every row, such as platform and kind.
    tz, order
        Zone and order of day and month of written times; None = refused without a zone.
    derive
        Called with the read columns (name → list); adds or replaces columns before the table is made.
    keep
        Which rows are records; others are counted as left out.
    personal, public
        Fields that name a person and become pseudonyms unless the caller keeps personal data, and fields or columns
        that do not although they are called so (the known names: :mod:`fanecon.loaders.personal`).
    readers
        Fields whose cells no kind fits → the function that reads one; what it refuses is listed like any broken cell.
    remarks
        Called after `derive`; what it returns joins the notes (a printed rate that is not its parts divided).
    kept
        Fields that the table has no column for and that stay in `extra` as they are written.
    without
        Column names that say that a table with all the signs is of another format nevertheless.
    proportions
        Printed shares that are a part of a whole (people who opened of mails that arrived): above one they are refused.
    notes, lossy
        What a reader of this format has to know.
    """

    name: str
    what: str
    signs: tuple[tuple[str, ...], ...]
    table: Table
    fields: Mapping[str, Field]
    constants: Mapping[str, object] = field(default_factory=dict)
    tz: str | None = None
    order: Order = "ymd"
    derive: Callable[[Columns, Ask], None] | None = None
    keep: Callable[[Body, Row], bool] | None = None
    personal: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    proportions: tuple[str, ...] = ()
    readers: Mapping[str, Callable[[object], object]] = field(default_factory=dict)
    remarks: Callable[[Columns, Ask], Iterable[str]] | None = None
    notes: tuple[str, ...] = ()
    lossy: tuple[str, ...] = ()


def fields(kinds: Mapping[str, str]) -> dict[str, Field]:
    """Fields written short: ``{"reads": "count 阅读数|阅读量"}``.

    ``!`` after the kind says that the column must be there, ``!!`` that every row must have a value in it.
    """
    made = {}
    for name, short in kinds.items():
        kind, _, names = short.partition(" ")
        bare, marks = kind.rstrip("!"), kind.count("!")
        made[name] = Field(bare, tuple(names.split("|")), marks > 0, marks > 1)  # type: ignore[arg-type]
    return made
