"""What a metric gives back: a number with its interval, a table, a picture, a sentence, and its doubts.

Doubts travel with the result.  A warning printed while a report is made at night is read by nobody; a note that
belongs to the result stands below the number wherever the number is shown.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from fanecon.numbers import PERCENT, Interval, shown

__all__ = ["KNOWLEDGE", "MOST_ROWS", "PERCENT", "Interval", "Result", "Shows", "shown"]

Shows = Literal["fact", "assumption", "simulation"]
MOST_ROWS = 12
KNOWLEDGE: dict[Shows, str] = {
    "fact": "Fact: computed from the data named above.",
    "assumption": "Assumption: rests on values that the data do not give.",
    "simulation": "Simulation: drawn from a stated model, not observed.",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What every metric returns.  In a notebook it shows its sentence, its table and its notes.

    Parameters
    ----------
    table
        One row per thing measured; `estimate`, `low`, `high` in `unit`.
    sentence
        Facts, number, interval, count.
    notes
        Doubts, in plain words.
    level
        The confidence level of every interval.
    shows
        Whether the numbers are fact, assumption or simulation.
    """

    table: pd.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()
    level: float = 0.95
    unit: str = ""
    shows: Shows = "fact"

    def summary(self) -> pd.DataFrame:
        """The table, one row per thing measured, in full precision."""
        return self.table.copy()

    def explain(self) -> str:
        """The sentence, whether it is an assumption or a simulation, then the notes, one per line."""
        return "\n".join([self.sentence, *self._doubts()])

    def _doubts(self) -> tuple[str, ...]:
        return self.notes if self.shows == "fact" else (KNOWLEDGE[self.shows], *self.notes)

    def __repr__(self) -> str:
        return f"{self.explain()}\n\n{self._display().to_string(index=False)}\n{self._rest()}".rstrip()

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self._doubts())
        return (
            f"<div class='fanecon-result'><p><strong>{html.escape(self.sentence)}</strong></p>"
            f"{self._display().to_html(index=False, border=0)}{f'<p>{self._rest()}</p>' if self._rest() else ''}"
            f"{f'<ul>{notes}</ul>' if notes else ''}</div>"
        )

    def _display(self) -> pd.DataFrame:
        named, rows = {"estimate", "low", "high"}, self.table.head(MOST_ROWS)
        return pd.DataFrame(
            {name: [_cell(value, self.unit if name in named else "") for value in rows[name]] for name in rows.columns}
        )

    def _rest(self) -> str:
        rest = len(self.table) - MOST_ROWS
        return f"… and {rest} more rows: .summary() has them all." if rest > 0 else ""


def _cell(value: object, unit: str) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) or hasattr(value, "__float__"):
        return shown(float(value), unit)
    return "–" if value is None or value is pd.NA or value is pd.NaT else str(value)
