"""The compiled trade of items between accounts that shuffles a graph and keeps every degree (see planted.py)."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from fanecon.compiled import kept

Whole: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]
PATIENCE = 50


@kept
def draw(size: int) -> int:
    """A number from 0 to size − 1."""
    return np.random.randint(0, size)  # noqa: NPY002 (the stream of compiled code)


@kept
def shared_first(columns: Codes, span: tuple[int, int], mark: Whole, sign: int) -> int:
    """Put the columns of a row that bear the sign first, signing them sign + 1; where the others begin."""
    begin = span[0]
    for e in range(span[0], span[1]):
        if mark[columns[e]] == sign:
            mark[columns[e]] = sign + 1
            columns[e], columns[begin] = columns[begin], columns[e]
            begin += 1
    return begin


@kept
def dealt(columns: Codes, small: tuple[int, int], large: tuple[int, int]) -> int:
    """Draw each place of the smaller hand anew from both hands; how many columns changed hands."""
    size, pool, moved = small[1] - small[0], small[1] - small[0] + large[1] - large[0], 0
    for at in range(size):
        drawn = at + draw(pool - at)
        there = small[0] + drawn if drawn < size else large[0] + drawn - size
        moved += 2 if drawn >= size else 0
        columns[small[0] + at], columns[there] = columns[there], columns[small[0] + at]
    return moved


@kept
def trade(first: Whole, rows: Codes, columns: Codes, mark: Whole, task: tuple[int, int]) -> int:
    """Trade in place until `task[0]` edges have changed hands (seed `task[1]`); how many have.

    The columns of row r are columns[first[r] : first[r + 1]]; `mark` has a zero for every column.  Where nothing can
    be traded the walk ends after 50 tries per edge.
    """
    np.random.seed(task[1])  # noqa: NPY002 (the stream of compiled code)
    many, moved, sign = len(rows), 0, 0
    for _ in range(PATIENCE * many):
        if moved >= task[0]:
            break
        one, other = rows[draw(many)], rows[draw(many)]
        if one == other:
            continue
        sign += 3
        for e in range(first[one], first[one + 1]):
            mark[columns[e]] = sign
        theirs = (shared_first(columns, (first[other], first[other + 1]), mark, sign), first[other + 1])
        own = (shared_first(columns, (first[one], first[one + 1]), mark, sign + 1), first[one + 1])
        if own[1] - own[0] > theirs[1] - theirs[0]:
            own, theirs = theirs, own
        moved += dealt(columns, own, theirs)
    return moved
