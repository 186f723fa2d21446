"""One clock for every table of attention: hours since the start of each item, and how much came when.

Two kinds of tables arrive.  In a table of events a row is one act (a repost, a read) with its time; in a table of
counts a row is an hour or a day with a number.  Both become the same three columns here: the item, the hours since its
start, and the weight; for counts also the width of a bin.  The start is the post itself where the table has it (a row
of kind ``root``, or seconds since the post): it sets the clock and is not counted.  Otherwise the clock starts with
the first act that was seen, and whoever looked in late takes a late hour for the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fanecon.schema import ParameterError, SchemaError, need

ITEMS = ("cascade_id", "item_id", "burst_id", "event", "topic_id")
TIMES = ("seconds", "time", "stat_date", "hour", "day", "rel_day")
SECONDS_STARTED = "The clock of each item starts with the post itself, which is not counted."
FIRST_STARTED = (
    "The clock of each item starts with the first act seen, which is counted: what came earlier is not known."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Acts or bins of many items, sorted by item and time.

    Parameters
    ----------
    items
        Names; `item` holds positions in it.
    hours
        Since the start of the item: of an act its time, of a bin its beginning.
    weight
        1 for an act, the count for a bin.
    began
        Hours since 1970 at which the item's clock starts; 0 where only hours since the start are known.
    watched
        Hours from an item's start to the last row of it, empty bins included.
    step
        Hours a bin is wide; 0 for acts.
    """

    items: np.ndarray
    item: np.ndarray
    hours: np.ndarray
    weight: np.ndarray
    began: np.ndarray
    watched: np.ndarray
    step: float
    label: str
    notes: tuple[str, ...]
    synthetic: bool
    rooted: bool

    @property
    def starts(self) -> np.ndarray:
        """Where each item begins in the rows; every item has at least one."""
        return np.searchsorted(self.item, np.arange(len(self.items)))

    def part(self, kept: np.ndarray, hours: np.ndarray | None = None) -> Series:
        """The rows that are kept, with other hours if given; items keep their positions."""
        times = self.hours if hours is None else hours
        return replace(self, item=self.item[kept], hours=times[kept], weight=self.weight[kept])

    def total(self) -> np.ndarray:
        """All weight of each item."""
        return np.bincount(self.item, self.weight, minlength=len(self.items))

    def binned(self, step: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Item, number of the bin and its sum, for bins that hold a row; acts are put into bins of `step` hours."""
        width = self.step or step
        number = np.floor(self.hours / width + 1e-9).astype(np.int64)
        new = np.ones(len(number), bool)
        new[1:] = (self.item[1:] != self.item[:-1]) | (number[1:] != number[:-1])
        at = np.flatnonzero(new)
        return self.item[at], number[at], np.add.reduceat(self.weight, at) if len(at) else self.weight[:0]


def series_of(table: pd.DataFrame, count: str | None, *, quiet: bool = False) -> Series:
    """The rows of a table of acts (without `count`) or of bins (`count` names the column) on the clock of their item.

    With `quiet` the clock starts at the first row, an empty one too, instead of the first act.

    Raises
    ------
    SchemaError
        If no column tells the time, counts are below zero, or nothing is left.
    """
    need(table, *([count] if count else []))
    clock = next((name for name in TIMES if name in table and table[name].notna().any()), None)
    if clock is None:
        raise SchemaError(
            f"No column tells when. One of {', '.join(TIMES)} is needed; the table has: {', '.join(map(str, table))}."
        )
    _fits(table, clock, count)
    label = next((name for name in ITEMS if name in table), "")
    names = table[label] if label else pd.Series("all", index=table.index)
    item, items = pd.factorize(names, sort=True)
    weight = np.ones(len(table)) if count is None else _counts(table, count, item)
    root = (table["kind"] == "root").fillna(False).to_numpy(bool) if "kind" in table else np.zeros(len(table), bool)
    none = np.zeros(len(items))
    raw = Series(
        items=np.asarray(items, dtype=object), item=item, hours=_hours(table, clock), weight=weight, began=none,
        watched=none, step=0.0, label=label or "item", notes=(), synthetic=bool(table.attrs.get("synthetic")),
        rooted=clock == "seconds",
    )  # fmt: skip
    return _sorted(*_started(raw, root, quiet=quiet), counts=count is not None)


def _fits(table: pd.DataFrame, clock: str, count: str | None) -> None:
    if count is None and clock not in ("seconds", "time"):
        raise ParameterError(f"Rows with '{clock}' are hours or days: say which column counts, count='reads'.")
    for name in ("channel", "source"):
        if name in table and (table[name] == "all").any() and (table[name] != "all").any():
            raise SchemaError(f"Rows of {name} 'all' hold the others. Keep one kind: frame[frame['{name}']=='all'].")


def _hours(table: pd.DataFrame, clock: str) -> np.ndarray:
    """Hours since the item's post (`seconds`) or since 1970 (clock times); NaN where there is none."""
    column = table[clock]
    if clock == "seconds":
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan) / 3600)
    if clock in ("day", "rel_day") and pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan) * 24)
    moments = pd.to_datetime(column, utc=True)
    hours = moments.dt.as_unit("ns").astype("int64").to_numpy() / 3.6e12
    hours = np.where(moments.isna(), np.nan, hours)
    if clock == "stat_date" and "hour" in table:
        hours = hours + table["hour"].fillna(0).to_numpy(dtype=float)
    return np.asarray(hours)


def _counts(table: pd.DataFrame, count: str, item: np.ndarray) -> np.ndarray:
    weight = np.asarray(table[count].to_numpy(dtype=float, na_value=np.nan))
    if (weight < 0).any():
        raise SchemaError(f"Column '{count}' has a count below zero. A count is at least 0.")
    if "cumulative" in table and table["cumulative"].fillna(False).any():
        return _increments(table, weight, item)
    return weight


def _increments(table: pd.DataFrame, weight: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Counts that run since publication as what each day added."""
    if not table["cumulative"].fillna(False).all():
        raise SchemaError("Running counts (cumulative) and daily counts are mixed. Keep one kind of rows.")
    frame = pd.DataFrame({"item": item, "when": _hours(table, "stat_date"), "count": weight})
    frame["channel"] = table["channel"].to_numpy() if "channel" in table else ""
    ordered = frame.sort_values("when", kind="stable")
    added = ordered.groupby(["item", "channel"])["count"].diff().fillna(ordered["count"])
    if (added < 0).any():
        raise SchemaError("A running count falls from one day to the next; it can only grow. Correct those rows.")
    return np.asarray(added.sort_index())


def _started(raw: Series, root: np.ndarray, *, quiet: bool) -> tuple[Series, np.ndarray]:
    """The series on the clock of its items, and the rows to keep: no roots, none that cannot be placed."""
    usable = np.isfinite(raw.hours) & np.isfinite(raw.weight) & (raw.item >= 0)
    began, rooted = np.zeros(len(raw.items)), raw.rooted
    if not raw.rooted:
        posted, first = (np.full(len(raw.items), np.inf) for _ in range(2))
        seen = usable & ((raw.weight > 0) | quiet)
        np.minimum.at(first, raw.item[seen], raw.hours[seen])
        np.minimum.at(posted, raw.item[usable & root], raw.hours[usable & root])
        began = np.where(np.isfinite(posted), posted, first)
        rooted = bool(np.isfinite(posted).all())
    hours = raw.hours - np.where(np.isfinite(began), began, 0)[raw.item]
    notes = [SECONDS_STARTED if rooted else FIRST_STARTED]
    if lost := int((~usable & ~root).sum()):
        notes.append(f"{lost:,} of {len(usable):,} rows left out: no time or no count.")
    if early := int((usable & ~root & (hours < 0)).sum()):
        notes.append(f"{early:,} of {len(usable):,} rows left out: before the start of their item.")
    kept = usable & ~root & (hours >= 0) & (raw.weight > 0)
    return replace(raw, hours=hours, began=began, notes=tuple(notes), rooted=rooted), kept


def _sorted(placed: Series, kept: np.ndarray, *, counts: bool) -> Series:
    """The kept rows in order, and the items that have any."""
    notes = list(placed.notes)
    if not kept.any():
        raise SchemaError("No row has a time and a count above zero. " + " ".join(notes[1:]))
    order = np.lexsort((placed.hours[kept], placed.item[kept]))
    present, item = np.unique(placed.item[kept][order], return_inverse=True)
    if empty := len(placed.items) - len(present):
        notes.append(f"{empty:,} of {len(placed.items):,} items left out: no act of theirs can be placed.")
    last, timed = np.zeros(len(placed.items)), np.isfinite(placed.hours) & (placed.item >= 0)
    np.maximum.at(last, placed.item[timed], placed.hours[timed])
    hours, weight = placed.hours[kept][order], placed.weight[kept][order]
    step = _step(item, hours) if counts else 0.0
    return replace(
        placed, items=placed.items[present], item=item, hours=hours, weight=weight, began=placed.began[present],
        watched=last[present] + step, step=step, notes=tuple(notes),
    )  # fmt: skip


def _step(item: np.ndarray, hours: np.ndarray) -> float:
    """The width of a bin: the smallest distance between two bins of an item, in hours."""
    apart = np.diff(hours)[np.diff(item) == 0]
    apart = np.round(apart[apart > 1e-6], 6)
    if not len(apart):
        raise SchemaError("The width of a bin is not known: no item has two bins with a count.")
    return float(apart.min())
