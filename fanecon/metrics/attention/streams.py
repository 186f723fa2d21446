"""From a table of events to what the passes need: sorted times, where each cascade begins, and its window."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from fanecon.schema import ParameterError, SchemaError, need

SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}
MANY = 50_000

Moment: TypeAlias = "float | pd.Timestamp"


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Events in time order within each cascade: times[first[i] : first[i + 1]] were seen in windows[i]."""

    times: np.ndarray
    first: np.ndarray
    windows: np.ndarray
    ids: pd.Series | None
    unit: str

    @property
    def shared(self) -> float:
        """Share of events at the same instant as the one before them in their cascade."""
        same = np.diff(self.times) == 0
        inner = self.first[1:-1]
        same[inner[(inner > 0) & (inner < len(self.times))] - 1] = False
        return float(same.sum()) / max(1, len(self.times))


def observed(events: pd.DataFrame, time: str, unit: str, window: tuple[Moment, Moment | pd.Series]) -> Observed:
    """Check a table of events against its window and put it in order."""
    need(events, time, meaning="when each event happened")
    zero, unit = _origin(events[time], unit, window[0])
    times = _number(events[time], zero, unit)
    if np.isnan(times).any():
        raise SchemaError(
            f"{int(np.isnan(times).sum())} rows of '{time}' hold no time. Drop them: .dropna(subset=['{time}'])."
        )
    ids, codes = _cascades(events)
    times, codes = _ordered(times, codes)
    first = np.searchsorted(codes, np.arange((1 if ids is None else len(ids)) + 1))
    windows = _windows(ids, len(first) - 1, (_moment(window[0], zero, unit), window[1]), (zero, unit))
    _within(times, first, windows, time)
    return Observed(times=times, first=first, windows=windows, ids=ids, unit=unit or "units of time")


def _origin(column: pd.Series, unit: str, start: Moment) -> tuple[pd.Timestamp | None, str]:
    if not pd.api.types.is_datetime64_any_dtype(column):
        return None, unit or (column.name if column.name in SECONDS else "")
    if not isinstance(start, pd.Timestamp):
        raise ParameterError(f"Times of '{column.name}' are timestamps, so start and end are; found start={start!r}.")
    if (unit or "hours") not in SECONDS:
        raise ParameterError(f"The unit of timestamps is one of {', '.join(SECONDS)}; found {unit!r}.")
    return start, unit or "hours"


def _number(values: pd.Series, zero: pd.Timestamp | None, unit: str) -> np.ndarray:
    if zero is None:
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan))
    return np.asarray((values - zero).dt.total_seconds() / SECONDS[unit], dtype=float)


def _moment(value: Moment, zero: pd.Timestamp | None, unit: str) -> float:
    if isinstance(value, pd.Timestamp) != (zero is not None):
        raise ParameterError(f"Start, end and times are all numbers or all timestamps; found {value!r}.")
    return float(value) if zero is None else (value - zero).total_seconds() / SECONDS[unit]


def _cascades(events: pd.DataFrame) -> tuple[pd.Series | None, np.ndarray]:
    if "cascade_id" not in events:
        return None, np.zeros(len(events), np.int64)
    column = events["cascade_id"]
    if column.isna().any():
        raise SchemaError("Rows without a cascade_id belong to no cascade. Drop them: .dropna(subset=['cascade_id']).")
    values = column.to_numpy()
    if values.dtype.kind in "iu" and (values[1:] >= values[:-1]).all():
        new = np.append(True, values[1:] != values[:-1])
        return pd.Series(values[new]), np.cumsum(new) - 1
    codes, found = pd.factorize(column)
    return pd.Series(found), codes.astype(np.int64)


def _ordered(times: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rising = (times[1:] >= times[:-1]) | (codes[1:] > codes[:-1])
    if rising.all() and (codes[1:] >= codes[:-1]).all():
        return np.ascontiguousarray(times), codes
    order = np.lexsort((times, codes))
    return times[order], codes[order]


def _windows(
    ids: pd.Series | None, size: int, window: tuple[float, Moment | pd.Series], clock: tuple[pd.Timestamp | None, str]
) -> np.ndarray:
    start, end = window
    if isinstance(end, pd.Series):
        if ids is None or not ids.isin(end.index).all():
            raise ParameterError("An end per cascade needs a column cascade_id and an end for every id in it.")
        stops = _number(end.reindex(ids), *clock)
    else:
        stops = np.full(size, _moment(end, *clock))
    if not (np.isfinite(stops).all() and (stops > start).all()):
        raise ParameterError(f"The end of observation comes after its start ({start:g}); found end={stops.min():g}.")
    return np.column_stack([np.full(size, start), stops])


def _within(times: np.ndarray, first: np.ndarray, windows: np.ndarray, name: str) -> None:
    some = np.flatnonzero(np.diff(first))
    low, high = times[first[some]], times[first[some + 1] - 1]
    if (low < windows[some, 0]).any() or (high > windows[some, 1]).any() or not np.isfinite(high).all():
        raise SchemaError(
            f"Events lie outside the window: '{name}' runs from {low.min():g} to {high.max():g}, the window from "
            f"{windows[:, 0].min():g} to {windows[:, 1].max():g}. Say the true start and end, or leave these rows out."
        )


def dealt(work: Callable[[int, int], None], first: np.ndarray) -> None:
    """Do the work on runs of cascades with about as many events each, one run per processor."""
    hands = (os.cpu_count() or 1) if first[-1] > MANY and len(first) > 2 else 1
    inner = np.searchsorted(first, np.linspace(0, first[-1], hands + 1)[1:-1])
    cuts = np.unique([0, *inner, len(first) - 1])
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
