"""Cascades: who reposted whom, from public data sets.

Each data set writes its trees in its own way: parents by id, whole paths, edges, or only the times.  All become rows of
`cascade_nodes` with the parent's id, seconds since the root and the depth; what speaks against a tree is listed by
:func:`check_cascades` and never repaired in silence.
"""

from __future__ import annotations

from fanecon.loaders import cascade_ced, cascade_edges, cascade_paths, cascade_times
from fanecon.loaders.cascade_tree import check_cascades, depths
from fanecon.loaders.reading import Format

__all__ = ["FORMATS", "check_cascades", "depths"]

FORMATS: tuple[Format, ...] = (
    *cascade_ced.FORMATS,
    *cascade_paths.FORMATS,
    *cascade_edges.FORMATS,
    *cascade_times.FORMATS,
)
