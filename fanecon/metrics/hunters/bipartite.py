"""Who acted on what: accounts and items as numbers, each pair once, and the lists of either side.

Every detector of this room reads the same table: one row per act (or per account and item, as
`tally.lockstep_edges` gives it).  Numbers that are already small whole numbers are used as they are, so that ten
million edges are not copied and sorted only to be numbered again; any other name is numbered in sorted order, so that
no answer depends on the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import SchemaError, need

Codes: TypeAlias = npt.NDArray[np.int32]
Array: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]
SPARSE = 4
MOST = 2**31 - 2


@dataclass(frozen=True, kw_only=True)
class Named:
    """One side of the graph: a number for each row, how many numbers there are, and the names behind them."""

    codes: npt.NDArray[np.signedinteger[Any]]
    size: int
    names: pd.Index | None

    def called(self, some: npt.NDArray[Any]) -> pd.Index:
        """The names of some numbers."""
        return pd.Index(some.astype(np.int64)) if self.names is None else self.names[some]

    def numbers(self, names: pd.Index) -> Whole:
        """The numbers of some names, −1 for one that is not there."""
        if self.names is not None:
            return np.asarray(self.names.get_indexer(names), dtype=np.int64)
        found = pd.to_numeric(names, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        real = (found >= 0) & (found < self.size) & (found == np.floor(found))
        return np.where(real, np.where(real, found, 0), -1).astype(np.int64)


def sides(edges: pd.DataFrame, *, what: str = "who acted on what") -> tuple[Named, Named]:
    """The accounts and the items of a table, numbered.

    Raises
    ------
    SchemaError
        If a column is missing or a row names nobody or nothing.
    """
    need(edges, "actor_id", "item_id", meaning=what)
    if len(edges) > MOST:
        raise SchemaError(f"At most {MOST:,} edges fit; found {len(edges):,}. Type fe.tally.lockstep_blocks(log).")
    return numbered(edges["actor_id"]), numbered(edges["item_id"])


def numbered(column: pd.Series) -> Named:
    """A column of names as numbers: itself where it holds small whole numbers from zero on."""
    if column.isna().any():
        raise SchemaError(
            f"{int(column.isna().sum()):,} rows have no {column.name}. Drop them: .dropna(subset=['{column.name}'])."
        )
    if pd.api.types.is_integer_dtype(column.dtype) and len(column):
        values = np.asarray(column.to_numpy(dtype=column.dtype.name.lower()))
        top = int(values.max())
        if values.min() >= 0 and top < max(SPARSE * len(values), 1024):
            signed = values if values.dtype.kind == "i" else values.astype(np.int64)
            return Named(codes=signed, size=top + 1, names=None)
    codes, names = pd.factorize(column, sort=True)
    return Named(codes=codes.astype(np.int32), size=len(names), names=pd.Index(names))


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side: the neighbours of node v are nodes[first[v] : first[v + 1]]; degrees; nodes with an edge."""

    first: npt.NDArray[np.signedinteger[Any]]
    nodes: Codes
    degree: Array
    log_degree: Array
    alive: int

    def of(self, some: Whole) -> tuple[Codes, Whole]:
        """The neighbours of some nodes, end to end, and how many each has."""
        start = self.first[some]
        many = self.first[some + 1] - start
        skip = np.repeat(start - np.append(0, np.cumsum(many)[:-1]), many)
        return self.nodes[skip + np.arange(len(skip))], many


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Distinct edges between accounts and items, listed from both sides."""

    accounts: Side
    items: Side

    @property
    def edges(self) -> int:
        """How many distinct pairs there are."""
        return len(self.accounts.nodes)

    def turned(self) -> Graph:
        """The same graph with the sides changed over."""
        return Graph(accounts=self.items, items=self.accounts)

    def pairs(self) -> tuple[Codes, Codes]:
        """Account and item of each edge, by account."""
        many = np.diff(self.accounts.first)
        return np.repeat(np.arange(len(many), dtype=np.int32), many), self.accounts.nodes

    def between(self, accounts: Whole, items: Whole) -> npt.NDArray[np.bool_]:
        """Which edges, in the order of `pairs`, join one of these accounts and one of these items."""
        inside = np.zeros(self.edges, dtype=bool)
        wanted = np.zeros(len(self.items.degree), dtype=bool)
        wanted[items] = True
        for account in accounts:
            rows = slice(self.accounts.first[account], self.accounts.first[account + 1])
            inside[rows] = wanted[self.accounts.nodes[rows]]
        return inside


def graph(rows: npt.NDArray[Any], columns: npt.NDArray[Any], shape: tuple[int, int]) -> Graph:
    """The graph of some pairs; a pair that occurs twice counts once."""
    from scipy import sparse

    ones = np.ones(len(rows), dtype=np.int8)
    by_account = sparse.coo_matrix((ones, (rows, columns)), shape=shape).tocsr()
    by_item = by_account.T.tocsr()
    return Graph(accounts=_side(by_account), items=_side(by_item))


def _side(matrix: Any) -> Side:
    degree = np.diff(matrix.indptr).astype(np.float64)
    return Side(
        first=matrix.indptr,
        nodes=matrix.indices.astype(np.int32, copy=False),
        degree=degree,
        log_degree=np.log(np.maximum(degree, 1.0)),
        alive=int(np.count_nonzero(degree)),
    )
