"""What an opened file is: sheets of cells numbered as the user's program numbers them, or the text of an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

Kind = Literal["xls", "xlsx", "html", "xml", "text", "json", "parquet"]
Row = Sequence[object]

HEADER_ROWS, LARGE_ROWS = 10, 20_000
SCRIPT = "window.YTD."  # X archives put `window.YTD.tweets.part0 =` before their JSON


@runtime_checkable
class Columnar(Protocol):
    """Rows that are kept as columns, and can be left out without being copied."""

    def without(self, numbers: Collection[int]) -> Sequence[Row]:
        """The same rows with some (1-based) blank."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of cells; the first row is row 1 of the program the user sees it in."""

    name: str | None
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file whose cells (or text, for JSON and XML) are known, and how its encoding was found.

    `epoch` is the year from which a workbook counts days (1900 or 1904), None where the file does not say; `bundle`
    is what goes before the name of a member (``exports.zip: ``), `invisible` how many needless characters were taken
    out of the texts; `again` says that the cells may have to be read a second time, without the rows that are
    complained of.
    """

    file: str
    kind: Kind
    encoding: str
    encoding_how: str
    sheets: tuple[Sheet, ...] = ()
    text: str = ""
    left_out: frozenset[tuple[str | None, int]] = frozenset()
    epoch: int | None = None
    bundle: str = ""
    invisible: int = 0
    again: bool = True

    def without(self, rows: Collection[tuple[str | None, int]]) -> Opened:
        """The same file with some rows (sheet, 1-based row) blank, so that all others keep their numbers."""
        gone = self.left_out | frozenset(rows)
        blank = tuple(blanked(sheet, gone) for sheet in self.sheets)
        return replace(self, sheets=blank, left_out=gone)


def blanked(sheet: Sheet, gone: Collection[tuple[str | None, int]]) -> Sheet:
    """A sheet with some of its rows blank."""
    numbers = {row for name, row in gone if name == sheet.name}
    if not numbers:
        return sheet
    if isinstance(sheet.rows, Columnar):
        return replace(sheet, rows=sheet.rows.without(numbers))
    return replace(sheet, rows=[() if number in numbers else row for number, row in enumerate(sheet.rows, 1)])
