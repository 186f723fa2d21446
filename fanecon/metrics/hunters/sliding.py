"""Compiled co-sharing: shares grouped by object, put in order of time, and a window slid over each object.

Pairs are counted in an open hash table that remembers on which object a pair last met: objects come one after the
other, so a pair that meets twice on one object counts once without a list.  Accounts with fewer shares than objects
asked for can be in no pair and are passed over; they still count among the meetings of an object.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fanecon.compiled import kept

Whole: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]
Share: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
Table: TypeAlias = tuple[Whole, Codes, Codes, int]


@kept
def gathered(codes: npt.NDArray[Any], size: int) -> tuple[Whole, Codes]:
    """Where the rows of each code begin, and the rows by code in the order they came."""
    first = np.zeros(size + 2, np.int64)
    for code in codes:
        first[code + 2] += 1
    for at in range(size):
        first[at + 2] += first[at + 1]
    rows = np.empty(len(codes), np.int32)
    for row in range(len(codes)):
        rows[first[codes[row] + 1]] = row
        first[codes[row] + 1] += 1
    return first[: size + 1], rows


@kept
def slot(keys: Whole, key: int) -> int:
    """Where a key is in the table, or the empty place where it belongs."""
    mask = len(keys) - 1
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64(mixed >> np.uint64(32)) & mask
    while keys[at] >= 0 and keys[at] != key:
        at = (at + 1) & mask
    return int(at)


@kept
def doubled(keys: Whole, marks: Codes, counts: Codes) -> tuple[Whole, Codes, Codes]:
    """The same table with twice the places."""
    size = 2 * len(keys)
    new, new_marks, new_counts = np.full(size, -1, np.int64), np.empty(size, np.int32), np.zeros(size, np.int32)
    for at in range(len(keys)):
        if keys[at] >= 0:
            place = slot(new, keys[at])
            new[place], new_marks[place], new_counts[place] = keys[at], marks[at], counts[at]
    return new, new_marks, new_counts


@kept
def meetings_of(when: npt.NDArray[Any], window: float) -> int:
    """Pairs of shares of one object within the window; times in order."""
    start, found = 0, 0
    for at in range(len(when)):
        while when[at] - when[start] > window:
            start += 1
        found += at - start
    return found


@kept
def in_order(mine: Codes, times: npt.NDArray[Any]) -> tuple[Codes, npt.NDArray[Any]]:
    """The rows of one object by time, and their times; a log mostly comes so."""
    when = times[mine]
    for at in range(1, len(when)):
        if when[at] < when[at - 1]:
            order = np.argsort(when, kind="mergesort")
            return mine[order], when[order]
    return mine, when


@kept
def met(who: Whole, when: npt.NDArray[Any], task: tuple[float, int, int], table: Table) -> Table:
    """The table with the pairs that met on one object; `task`: window, object, number of accounts."""
    window, item, size = task
    keys, marks, counts, used = table
    start = 0
    for at in range(len(who)):
        while when[at] - when[start] > window:
            start += 1
        for before in range(start, at):
            low, high = min(who[at], who[before]), max(who[at], who[before])
            if low == high:
                continue
            place = slot(keys, low * size + high)
            if keys[place] < 0:
                keys[place], marks[place] = low * size + high, -1
                used += 1
            if marks[place] != item:
                marks[place] = item
                counts[place] += 1
            if 2 * used > len(keys):
                keys, marks, counts = doubled(keys, marks, counts)
    return keys, marks, counts, used


@kept
def paired(share: Share, activity: Whole, objects: int, asked: tuple[float, int]) -> tuple[Whole, Codes, Whole]:
    """Keys (smaller · accounts + larger) and objects of the pairs that met on enough objects; meetings per object."""
    accounts, codes, times = share
    window, least = asked
    first, rows = gathered(codes, objects)
    meetings = np.zeros(objects, np.int64)
    table = (np.full(1024, -1, np.int64), np.empty(1024, np.int32), np.zeros(1024, np.int32), 0)
    for item in range(objects):
        if first[item + 1] - first[item] < 2:
            continue
        mine, when = in_order(rows[first[item] : first[item + 1]], times)
        meetings[item] = meetings_of(when, window)
        some, who, near = 0, np.empty(len(mine), np.int64), np.empty_like(when)
        for at in range(len(mine)):
            if activity[accounts[mine[at]]] >= least:
                who[some], near[some] = accounts[mine[at]], when[at]
                some += 1
        table = met(who[:some], near[:some], (window, item, len(activity)), table)
    found = np.flatnonzero(table[2] >= least)
    return table[0][found], table[2][found], meetings
