"""Numbers for a reader: three significant digits, whole numbers in full, a real minus sign; and their intervals."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

PERCENT = {"proportion": "%", "points": "percentage points"}


def shown(value: float, unit: str = "") -> str:
    """A number for a reader: three significant digits, whole numbers in full, percent for proportions."""
    try:
        value = float(value)
    except TypeError:  # None, and pandas' word for a missing value
        return "–"
    if math.isnan(value):
        return "–"
    if unit in PERCENT:
        return f"{shown(100 * value)} {PERCENT[unit]}"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    value = float(f"{value:.15g}")  # 100 × 0.07 is 7.000000000000001
    if float(value).is_integer():
        return f"{int(value):,}".replace("-", "−")
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace("-", "−")


@dataclass(frozen=True)
class Interval:
    """A number and the range that holds it as often as the level says.

    Parameters
    ----------
    estimate, low, high
        In `unit`.  `low` and `high` are NaN where no interval can be given; `missing` then says why.
    unit
        For example ``"days"``; ``"proportion"`` prints as percent, a difference of two (``"points"``) as points.
    """

    estimate: float
    low: float = math.nan
    high: float = math.nan
    unit: str = ""
    missing: str = ""

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"An interval runs from low to high; found low {self.low} and high {self.high}.")
        if math.isnan(self.low) != math.isnan(self.high):
            raise ValueError("An interval has both ends or none.")

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        percent = self.unit in PERCENT
        head = shown(self.estimate, self.unit) + (f" {self.unit}" if self.unit and not percent else "")
        if math.isnan(self.low):
            return f"{head} (no interval{': ' + self.missing if self.missing else ''})"
        low = shown(100 * self.low) if percent else shown(self.low)
        high = shown(100 * self.high) if percent else shown(self.high)
        return f"{head} ({low} to {high})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"

    @property
    def width(self) -> float:
        """high − low, in `unit`."""
        return self.high - self.low
