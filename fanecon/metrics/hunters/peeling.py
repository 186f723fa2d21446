"""Compiled peeling: drop what cannot be in the densest block, then peel what is left one node at a time.

Weights are whole numbers, so sums are exact and no order of adding matters.  A density is a fraction W/n; a key k lies
below it if k < ⌈W/n⌉, and two fractions are compared by quotient and remainder: the products of remainders and counts
stay below 2^62, where W·n' itself would pass 2^63 from some 2e7 edges on.

Compiled functions are kept on disk (`fanecon.compiled`), so everything that one calls here stands in this file.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fanecon.compiled import kept

Whole: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]


@kept
def denser(weight: int, nodes: int, than_weight: int, than_nodes: int) -> bool:
    """Whether weight/nodes > than_weight/than_nodes, exactly; every density beats that of no nodes."""
    if than_nodes == 0 or nodes == 0:
        return nodes > 0
    whole, other = weight // nodes, than_weight // than_nodes
    if whole != other:
        return whole > other
    return (weight - whole * nodes) * than_nodes > (than_weight - other * than_nodes) * nodes


@kept
def grouped(rows: npt.NDArray[Any], columns: npt.NDArray[Any], sizes: tuple[int, int]) -> tuple[Whole, Codes, Codes]:
    """Distinct columns of each row, columns[first[r] : first[r + 1]], and in how many rows each column is."""
    first = np.zeros(sizes[0] + 2, np.int64)
    for row in rows:
        first[row + 2] += 1
    for row in range(sizes[0]):
        first[row + 2] += first[row + 1]
    into = np.empty(len(rows), np.int32)
    for e in range(len(rows)):
        row = rows[e]
        into[first[row + 1]] = columns[e]
        first[row + 1] += 1
    mark, degree = np.zeros(sizes[1], np.int32), np.zeros(sizes[1], np.int32)
    write, stop = 0, 0
    for row in range(sizes[0]):
        start, stop = stop, first[row + 1]
        first[row] = write
        for e in range(start, stop):
            column = into[e]
            if mark[column] != row + 1:
                mark[column] = row + 1
                degree[column] += 1
                into[write] = column
                write += 1
    first[sizes[0]] = write
    return first[: sizes[0] + 1], into[:write], degree


@kept
def sweep(first: Whole, columns: Codes, rows: Codes, state: tuple[Codes, Whole, Whole, int]) -> tuple[int, int]:
    """Drop rows whose weight is below the least, and of the others the columns that are gone; in place.

    `state`: weight of each column (0: gone), the keys of columns to be counted anew, the priors of rows, the least.
    Gives how many rows are left and what they weigh with their edges.
    """
    weights, keys, priors, least = state
    keys[:] = 0
    left, write, total, stop = 0, 0, 0, first[0]
    for at in range(len(rows)):
        start, stop, row, begin = stop, first[at + 1], rows[at], write
        key = priors[row] if len(priors) else 0
        for e in range(start, stop):
            column = columns[e]
            columns[write] = column
            write += 1 if weights[column] > 0 else 0
            key += weights[column]
        if key < least:
            write = begin
            continue
        for e in range(begin, write):
            keys[columns[e]] += weights[columns[e]]
        rows[left] = row
        left += 1
        first[left] = write
        total += key
    return left, total


@kept
def pruned(first: Whole, columns: Codes, weights: Codes, priors: Whole, total: int) -> tuple[Whole, Codes, Codes]:
    """Rows and columns that some block denser than any set seen so far may hold, as lists by row; weights of 0: gone.

    Stops where a sweep takes away less than a tenth of the edges: the rest is for `peeled`.
    """
    rows = np.arange(len(first) - 1).astype(np.int32)
    keys = np.zeros(len(weights), np.int64)
    alive = 0
    for column in range(len(weights)):
        alive += 1 if weights[column] > 0 else 0
    best_total, best_nodes = total, len(rows) + alive
    while best_nodes:
        least = -(-best_total // best_nodes)
        before = first[len(rows)]
        left, total = sweep(first, columns, rows, (weights, keys, priors, least))
        rows = rows[:left]
        if denser(total, left + alive, best_total, best_nodes):
            best_total, best_nodes = total, left + alive
        least = -(-best_total // best_nodes)
        for column in range(len(weights)):
            if weights[column] > 0 and keys[column] < least:
                weights[column] = 0
                alive -= 1
        if 10 * first[left] >= 9 * before:
            break
    left, total = sweep(first, columns, rows, (weights, keys, priors, 0))
    return first[: left + 1], columns[: first[left]], rows[:left]


@kept
def lower(heap: Codes, place: Codes, keys: Whole, at: int) -> None:
    """Move the node at this place of the heap down to where it belongs."""
    node, size = heap[at], len(heap)
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and before(keys, heap[child + 1], heap[child]):
            child += 1
        if not before(keys, heap[child], node):
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = node
    place[node] = at


@kept
def higher(heap: Codes, place: Codes, keys: Whole, at: int) -> None:
    """Move the node at this place of the heap up to where it belongs."""
    node = heap[at]
    while at > 0 and before(keys, node, heap[(at - 1) // 2]):
        heap[at] = heap[(at - 1) // 2]
        place[heap[at]] = at
        at = (at - 1) // 2
    heap[at] = node
    place[node] = at


@kept
def before(keys: Whole, one: int, other: int) -> bool:
    """The total order: by key, then rows before columns, then by index (nodes are numbered so)."""
    return keys[one] < keys[other] or (keys[one] == keys[other] and one < other)


@kept
def relieved(others: Codes, nodes: tuple[Codes, Codes], queue: tuple[Codes, Codes, Whole], share: int) -> None:
    """Take a node's edges from the keys of its neighbours that are left, and move these up the heap."""
    (gone, shares), (heap, place, keys) = nodes, queue
    for other in others:
        if gone[other] < 0:
            keys[other] -= max(share, shares[other])
            higher(heap, place, keys, place[other])


@kept
def peeled(first: Whole, nodes: Codes, keys: Whole, shares: Codes) -> Codes:
    """The densest set on the path of the greedy: the place of each node's removal, −1 for nodes of the set.

    nodes[first[v] : first[v + 1]] are the neighbours of v.  `shares`: what an edge of each column weighs, 0 for rows;
    an edge is in the keys of both its ends, a prior in that of its row.
    """
    many, total = len(keys), keys[shares == 0].sum()
    heap, place = np.arange(many).astype(np.int32), np.arange(many).astype(np.int32)
    for at in range(many // 2 - 1, -1, -1):
        lower(heap, place, keys, at)
    gone = np.full(many, -1, np.int32)
    best_total, best_nodes, best_step = total, many, 0
    for step in range(many):
        node = heap[0]
        gone[node], total = step, total - keys[node]
        heap[0] = heap[len(heap) - 1]
        heap = heap[: len(heap) - 1]
        if len(heap):
            place[heap[0]] = 0
            lower(heap, place, keys, 0)
        relieved(nodes[first[node] : first[node + 1]], (gone, shares), (heap, place, keys), shares[node])
        if denser(total, many - step - 1, best_total, best_nodes):
            best_total, best_nodes, best_step = total, many - step - 1, step + 1
    return np.where(gone >= best_step, np.int32(-1), gone)
