"""When a row happened, as exact numbers: a window of a minute must not be wider or narrower by a rounding."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import SchemaError

Moments: TypeAlias = npt.NDArray[Any]
COLUMNS = ("time", "first_at")
A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EXACT = 2.0**53


def moments(table: pd.DataFrame) -> tuple[Moments, float] | None:
    """The times of a table and how many of their units make a second; None where it has none.

    Timestamps become whole numbers of their own unit; numbers are seconds.

    Raises
    ------
    SchemaError
        If a row holds no time, or the column holds texts.
    """
    name = next((name for name in COLUMNS if name in table.columns), None)
    if name is None:
        return None
    column = table[name]
    if column.isna().any():
        raise SchemaError(
            f"{int(column.isna().sum()):,} rows of '{name}' hold no time. Drop them: .dropna(subset=['{name}'])."
        )
    if pd.api.types.is_datetime64_any_dtype(column):
        plain = column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) is not None else column
        values = plain.to_numpy()
        return values.astype(np.int64), A_SECOND[np.datetime_data(values.dtype)[0]]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise SchemaError(
            f"'{name}' holds neither timestamps nor seconds. Type pd.to_datetime(table['{name}'], utc=True)."
        )
    return _whole(column.to_numpy(dtype=np.int64 if pd.api.types.is_integer_dtype(column) else float)), 1.0


def _whole(values: npt.NDArray[Any]) -> Moments:
    """Whole seconds as whole numbers, others as they are."""
    if values.dtype == np.int64:
        return values
    if not np.isfinite(values).all():
        raise SchemaError("Times must be finite numbers of seconds.")
    if len(values) and (np.abs(values) < EXACT).all() and (values == np.floor(values)).all():
        return values.astype(np.int64)
    return values


def reach(window: float, second: float, times: Moments) -> Any:
    """The window in the unit of the times, a whole number where they are."""
    return int(np.floor(window * second + 1e-9)) if times.dtype == np.int64 else float(window * second)
