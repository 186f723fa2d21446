"""The times of one life: when a share of it has come, when it rose, peaked and fell by half.

Everything is done for all items at once on the sorted rows of :class:`Series`; a cascade is a run of rows.
"""

from __future__ import annotations

import numpy as np

from fanecon.metrics.attention.life_series import Series

PEAK_STEP = 1.0
ONSET, HALF = 0.1, 0.5


def crossing(series: Series, share: np.ndarray | float, total: np.ndarray, background: np.ndarray) -> np.ndarray:
    """First hour by which at least a share of each item's total has come, net of a background per hour; NaN if never.

    Of n acts it is the time of number ⌈share·n⌉, within a bin the hour in proportion.
    """
    items, rows = len(series.items), len(series.item)
    target = np.broadcast_to(np.asarray(share, float) * total, (items,))
    starts, step = series.starts, series.step
    running = np.cumsum(series.weight)
    before = np.where(starts > 0, running[np.maximum(starts - 1, 0)], 0.0)
    fill = background[series.item]
    come = running - before[series.item] - fill * (series.hours + step)
    met = come >= (target * (1 - 1e-12) - 1e-9)[series.item]
    sizes = np.diff(np.append(starts, rows))
    first = np.full(items, rows)
    some = sizes > 0
    first[some] = np.minimum.reduceat(np.where(met, np.arange(rows), rows), starts[some])
    found = (first < rows) & some & (total > 0)
    at = np.where(found, first, 0)
    hours = series.hours[at]
    if step:
        opening = come[at] - series.weight[at] + fill[at] * step
        rate = series.weight[at] - fill[at] * step
        with np.errstate(invalid="ignore", divide="ignore"):
            hours = hours + step * np.clip((target - opening) / rate, 0.0, 1.0)
    return np.where(found, hours, np.nan)


def medians(series: Series, watched: np.ndarray) -> np.ndarray:
    """Each item's median per hour over all bins it was watched, the empty ones too."""
    item, _, counts = series.binned(PEAK_STEP)
    width = series.step or PEAK_STEP
    bins = np.maximum(1, np.round(watched / width).astype(int))
    order = np.lexsort((counts, item))
    starts = np.searchsorted(item, np.arange(len(series.items)))
    held = np.bincount(item, minlength=len(series.items))
    ordered = np.append(counts[order], 0.0)

    def ranked(rank: np.ndarray) -> np.ndarray:
        place = rank - (bins - held)
        return np.where(place >= 0, ordered[np.clip(starts + place, 0, len(ordered) - 1)], 0.0)

    return np.asarray((ranked((bins - 1) // 2) + ranked(bins // 2)) / 2 / width)


def peaks(series: Series, background: np.ndarray, watched: np.ndarray) -> dict[str, np.ndarray]:
    """Start of the highest bin, its count, onset (a tenth of it reached) and fall to half, in hours."""
    item, number, counts = series.binned(PEAK_STEP)
    width = series.step or PEAK_STEP
    starts = np.searchsorted(item, np.arange(len(series.items)))
    net = counts - background[item] * width
    height = np.maximum.reduceat(net, starts)
    top = _first(net >= height[item], item, number, len(series.items))
    onset = _first(net >= ONSET * height[item], item, number, len(series.items))
    fall = _fall(item, number, net <= HALF * height[item], top)
    fall = np.where(fall * width < watched - 1e-9, fall, np.nan)
    return {
        "onset_h": onset * width,
        "peak_h": top * width,
        "peak_count": height + background * width,
        "half_fall_h": (fall - top) * width,
    }


def _first(met: np.ndarray, item: np.ndarray, number: np.ndarray, items: int) -> np.ndarray:
    found = np.full(items, np.nan)
    owner, at = np.unique(item[met], return_index=True)
    found[owner] = number[met][at]
    return found


def _fall(item: np.ndarray, number: np.ndarray, low: np.ndarray, top: np.ndarray) -> np.ndarray:
    """First bin after the top that is at or below half: one that is low, or an empty one behind a bin that is not."""
    items = len(top)
    after = number > top[item]
    seen = np.fmin(np.full(items, np.nan), _first(after & low, item, number, items))
    gap = np.ones(len(item), bool)
    gap[:-1] = (item[1:] != item[:-1]) | (number[1:] > number[:-1] + 1)
    empty = _first((number >= top[item]) & gap, item, number, items) + 1
    return np.asarray(np.fmin(seen, empty))
