"""How fanecon refuses: one family of errors, each saying what was found, what was needed and what to type next.

They stand apart from the tables so that a command can refuse a word without loading pandas first.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 50


class FaneconError(Exception):
    """Any refusal of fanecon: it says what was found, what was needed and what to type next."""


class SchemaError(FaneconError):
    """A table that does not hold what a function needs; `problems` lists every finding as a frame."""

    def __init__(self, message: str, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self._problems = problems

    @property
    def problems(self) -> pd.DataFrame:
        """Every finding as one row."""
        import pandas as pd

        return pd.DataFrame() if self._problems is None else self._problems


class ParameterError(FaneconError):
    """An argument or a notebook parameter that is unknown, of the wrong type or out of range."""


class EngineError(FaneconError):
    """An engine that did not come to an end: no memory, no room to spill, a log it cannot read."""


class RunError(FaneconError):
    """A notebook run that did not finish; `code` is the exit code of the command line."""

    def __init__(self, message: str, code: int = 5) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a file something was found, in the words of the program the user sees it in, and what is wrong there.

    `file`, `reason` and `fix` are those of the whole refusal where a place has none of its own.
    """

    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    reason: str | None = None
    fix: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        parts = [
            self.file or "",
            f"sheet '{self.sheet}'" if self.sheet else "",
            f"row {self.row}" if self.row is not None else "",
            f"column '{self.column}'" if self.column else "",
            f"value {self.value!r}" if self.value is not None else "",
        ]
        return ", ".join(part for part in parts if part)


class FileError(FaneconError):
    """A file that cannot be read as asked.  Names file, sheet, 1-based row, column, value and the fix.

    Where the places are wrong in different ways, each is printed with its own reason.
    """

    def __init__(self, file: str, problem: str, fix: str, *, at: Iterable[Place] = ()) -> None:
        self.file, self.problem, self.fix = file, problem, fix
        self.places = tuple(at) or (Place(),)
        super().__init__(self._message())

    def _message(self) -> str:
        several = len({place.reason for place in self.places}) > 1 or any(place.file for place in self.places)
        shown = [f"  {_told(place, several)}" for place in self.places[:MOST_LINES] if str(place)]
        rest = len(self.places) - MOST_LINES
        more = [f"  … and {rest} more"] if rest > 0 else []
        first = f"{self.file}: {self.problem}"
        if len(shown) == 1:
            return f"{first} ({shown[0].strip()}). {self.fix}"
        return "\n".join([f"{first}. {self.fix}", *shown, *more])

    @property
    def problems(self) -> pd.DataFrame:
        """Every finding as one row: file, sheet, row, column, value, reason, problem (of the whole file), fix."""
        import pandas as pd

        rows = [
            {
                "file": place.file or self.file,
                "sheet": place.sheet,
                "row": place.row,
                "column": place.column,
                "value": place.value,
                "reason": place.reason or self.problem,
                "problem": self.problem,
                "fix": place.fix or self.fix,
            }
            for place in self.places
        ]
        return pd.DataFrame(rows)


def _told(place: Place, with_reason: bool) -> str:
    whole = f". {place.fix}" if place.fix and place.row is None else ""
    return f"{place}: {place.reason}{whole}" if with_reason and place.reason else str(place)


def closest(word: str, known: Iterable[str]) -> str:
    """`Did you mean '…'?` with the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'? " if near else ""
