"""A compiled loop that keeps one record per account while the events of a log go by.

A record is a row of whole numbers, 64 bytes, which is what a processor fetches at once; `slots` is a hash table of row
numbers with open addressing (Knuth 1998, section 6.4), at most half full.  Sums of squares of microseconds need 128
bits and have them, in two words of 64.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from fanecon.compiled import kept

Whole: TypeAlias = npt.NDArray[np.int64]
Slots: TypeAlias = npt.NDArray[np.int32]

WIDTH, ACTOR = 8, 0
GAPS, FIRST, LAST, SHORTEST, LONGEST, HIGH, LOW = range(1, WIDTH)
NEVER_LEAST, NEVER_MOST = np.iinfo(np.int64).max, np.iinfo(np.int64).min
DISORDER = -1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
_HALF, _LOWER = np.uint64(32), np.uint64(0xFFFFFFFF)


@kept
def _place(slots: Slots, records: Whole, key: np.int64) -> np.int64:
    """The slot of an account: where its row number stands, or a free one (-1)."""
    mask = slots.size - 1
    at = np.int64((np.uint64(key) * _GOLDEN) >> _HALF) & mask
    row = slots[at]
    while row >= 0 and records[row, ACTOR] != key:
        at = (at + 1) & mask
        row = slots[at]
    return at


@kept
def settle(slots: Slots, records: Whole, used: int) -> None:
    """Give every record its slot in an empty table."""
    for row in range(used):
        slots[_place(slots, records, records[row, ACTOR])] = row


@kept
def pace(slots: Slots, records: Whole, used: int, several: int, actor: Whole, us: Whole) -> tuple[int, int, int]:
    """Take in events in the order of time.

    Returns the number of records, of those with a gap, and of events taken in: all of them, or those before the first
    account for which there is no room, or `DISORDER` at an account's event before its last one.
    """
    for event in range(actor.size):
        place = _place(slots, records, actor[event])
        row, time = slots[place], us[event]
        if row < 0:
            if used == records.shape[0]:
                return used, several, event
            row, slots[place], used = used, used, used + 1
            records[row, ACTOR], records[row, GAPS], records[row, FIRST] = actor[event], 0, time
            records[row, SHORTEST], records[row, LONGEST] = NEVER_LEAST, NEVER_MOST
            records[row, HIGH], records[row, LOW] = 0, 0
        else:
            gap = time - records[row, LAST]
            if gap < 0:
                return used, several, DISORDER
            several += records[row, GAPS] == 0
            records[row, GAPS] += 1
            records[row, SHORTEST] = min(records[row, SHORTEST], gap)
            records[row, LONGEST] = max(records[row, LONGEST], gap)
            high, low = _product(np.uint64(gap), np.uint64(gap))
            total = np.uint64(records[row, LOW]) + low
            records[row, HIGH] += np.int64(high) + (1 if total < low else 0)
            records[row, LOW] = np.int64(total)
        records[row, LAST] = time
    return used, several, actor.size


@kept
def spread(records: Whole) -> npt.NDArray[np.float64]:
    """For each record n times the sum of squares of its n gaps less the square of their sum, exact until the end."""
    found = np.empty(records.shape[0])
    for row in range(records.shape[0]):
        number, total = np.uint64(records[row, GAPS]), np.uint64(records[row, LAST] - records[row, FIRST])
        high, low = _product(number, np.uint64(records[row, LOW]))
        high += number * np.uint64(records[row, HIGH])
        square, rest = _product(total, total)
        high -= square + np.uint64(1 if low < rest else 0)
        found[row] = float(high) * 2.0**64 + float(low - rest)
    return found


@kept
def _product(one: np.uint64, other: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The high and the low word of a product (Knuth 1998, section 4.3.1, in halves of a word)."""
    a, b, c, d = one >> _HALF, one & _LOWER, other >> _HALF, other & _LOWER
    low = b * d
    middle = a * d + (low >> _HALF)
    rest = b * c + (middle & _LOWER)
    return a * c + (middle >> _HALF) + (rest >> _HALF), (rest << _HALF) | (low & _LOWER)
