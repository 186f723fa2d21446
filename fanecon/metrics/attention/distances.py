"""Kolmogorov's distance without sorting, for a hundred numbers a hundred thousand times or for a million once.

In each of as many cells as there are numbers only the least and the greatest can be where the distance is largest
(Gonzalez, Sahni and Franta 1977).  A million cells would not fit into the near cache, so there are never more than
16,384, and the few that may hold the largest distance are sorted.
"""

from __future__ import annotations

import numpy as np

from fanecon.metrics.attention.excitation import Array, jit

CELLS = 16_384


@jit
def distance(gone: Array, cells: Array) -> float:
    """Largest distance between the empirical law of numbers in [0, 1] and the uniform one (Kolmogorov), unsorted.

    Within a cell it lies at the least or the greatest number, unless many share the cell: those are then sorted.
    """
    size, width = len(gone), min(len(gone), cells.shape[1])
    cells[0, :width], cells[1, :width], cells[2, :width] = 2.0, -1.0, 0.0
    for u in gone:
        cell = min(int(u * width), width - 1)
        cells[0, cell], cells[1, cell] = min(cells[0, cell], u), max(cells[1, cell], u)
        cells[2, cell] += 1
    below, far = 0.0, 0.0
    for cell in range(width):
        if cells[2, cell]:
            far = max(far, cells[0, cell] - below / size)
            below += cells[2, cell]
            far = max(far, below / size - cells[1, cell])
    return far if width == size else inside(gone, cells, far)


@jit
def inside(gone: Array, cells: Array, far: float) -> float:
    """The same within those cells where it may exceed `far`."""
    size, width, below, crowd = len(gone), cells.shape[1], 0.0, 0
    for cell in range(width):
        least, most, count = cells[0, cell], cells[1, cell], cells[2, cell]
        cells[0, cell], cells[1, cell] = below, -1.0
        if count and max(most - below / size, (below + count) / size - least) > far:
            cells[1, cell] = crowd
            crowd += int(count)
        below += count
    some = np.empty(crowd)
    for u in gone:
        cell = min(int(u * width), width - 1)
        if cells[1, cell] >= 0:
            some[int(cells[1, cell])] = u
            cells[1, cell] += 1
    done = 0
    for cell in range(width):
        if cells[1, cell] >= 0:
            part = np.sort(some[done : int(cells[1, cell])])
            for k in range(len(part)):
                far = max(far, part[k] - (cells[0, cell] + k) / size, (cells[0, cell] + k + 1) / size - part[k])
            done = int(cells[1, cell])
    return far
