"""Where blocks may lie, and which accounts and items belong to one: the search behind `find_lockstep`.

*Where.*  The adjacency matrix is scaled by 1/√(degree + mean degree) on both sides, so that neither the busiest
account nor an account with a single act rules its leading singular vectors; the top entries of each vector are seeds.

*Which.*  A block with m accounts and n items is a claim: inside it everybody acts on everything with chance p, while
outside an account of degree a and an item of degree b meet with a·b/E.  The claim is worth the logarithm of the ratio
of the two likelihoods (Poisson), and costs what it takes to name the members, log C(N, m) + log C(M, n), the sizes and
p.  Given the items the best accounts are found exactly: each has its own gain, and the best m are the m largest.  So
both sides are re-chosen in turn until neither changes.  An edge of an account that acts on everything is worth
log(p·E/ab), next to nothing on a popular item: that is why camouflage does not help.

*When to stop.*  Gain less cost is what the block saves when the graph is described in bits (Rissanen 1978,
doi:10.1016/0005-1098(78)90005-5).  If the model outside the block were the truth, a saving of b bits would come about
by chance at most once in 2^b graphs, however many sets were tried (the inequality of Kraft and that of Markov); the
degrees are those of the graph itself, so that this is a guide, and the shuffles measure it.  A node is let into a
block only if it has more edges there than its degree would give: for the busiest items that product exceeds one edge
a pair, and an absence would else count as a tie.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanecon.metrics.hunters.bipartite import Array, Graph, Side, Whole, graph

VECTORS, ROUNDS, TOPS = 12, 8, (60, 15)
TURNS = 40
LEAST_BITS = 10.0
SEED = 20_161


@dataclass(frozen=True, kw_only=True)
class Block:
    """Accounts and items by number, the edges between them, and what naming them saves."""

    accounts: Whole
    items: Whole
    edges: int
    bits: float

    @property
    def density(self) -> float:
        """Edges over pairs."""
        return self.edges / (len(self.accounts) * len(self.items))

    def shares_edges_with(self, other: Block) -> bool:
        """Whether the two have accounts and items in common."""
        accounts = np.intersect1d(self.accounts, other.accounts, assume_unique=True)
        return bool(len(accounts) and len(np.intersect1d(self.items, other.items, assume_unique=True)))


def blocks(whole: Graph, most: int) -> tuple[list[Block], bool]:
    """Blocks that save at least `LEAST_BITS`, most bits first, and whether the search ended for want of more.

    The edges of each round's blocks are taken out before the next round.
    """
    found: list[Block] = []
    left = whole
    while len(found) < most and left.edges:
        fresh = apart(candidates(left, left))
        if not fresh:
            return sorted(found, key=_order), True
        found += fresh
        left = without(left, fresh)
    return sorted(found, key=_order)[:most], False


def _order(block: Block) -> tuple[float, int]:
    return -block.bits, int(block.accounts[0])


def apart(some: list[Block]) -> list[Block]:
    """The best block, the best that shares no edge with it, and so on."""
    kept: list[Block] = []
    for block in sorted(some, key=_order):
        if not any(block.shares_edges_with(other) for other in kept):
            kept.append(block)
    return kept


def without(whole: Graph, taken: list[Block]) -> Graph:
    """The graph less the edges inside the blocks."""
    inside = np.zeros(whole.edges, dtype=bool)
    for block in taken:
        inside |= whole.between(block.accounts, block.items)
    rows, columns = whole.pairs()
    shape = (len(whole.accounts.degree), len(whole.items.degree))
    return graph(rows[~inside], columns[~inside], shape)


def candidates(whole: Graph, hints: Graph) -> list[Block]:
    """What grows in the graph from seeds of the hints (itself, or some of its edges) and saves enough."""
    grown = (grow(whole, items) for items in seeds(hints))
    return [block for block in grown if block is not None and block.bits >= LEAST_BITS]


# --- seeds ---


def seeds(whole: Graph) -> Iterator[Whole]:
    """Sets of items: the top entries of each leading vector, with either sign."""
    vectors = leading(whole)
    for column in vectors.T:
        for way in (column, -column):
            for top in TOPS:
                if top < len(way):
                    yield np.sort(np.argpartition(way, -top)[-top:])
                else:
                    yield np.arange(len(way))


def leading(whole: Graph) -> npt.NDArray[np.float32]:
    """The leading singular vectors of the scaled matrix on the side of the items (block power iteration)."""
    from scipy import sparse

    shape = (len(whole.accounts.degree), len(whole.items.degree))
    ones = np.ones(whole.edges, dtype=np.float32)
    forth = sparse.csr_matrix((ones, whole.accounts.nodes, whole.accounts.first), shape=shape)
    back = sparse.csr_matrix((ones, whole.items.nodes, whole.items.first), shape=shape[::-1])
    account, item = _scale(whole.accounts), _scale(whole.items)
    many = min(VECTORS, *shape)
    vectors = np.random.default_rng(SEED).standard_normal((shape[1], many), dtype=np.float32)
    for _ in range(ROUNDS):
        vectors = _upright(item * (back @ (account**2 * (forth @ (item * vectors)))))
    return _turned(vectors, account * (forth @ (item * vectors)))


def _scale(side: Side) -> npt.NDArray[np.float32]:
    mean = side.degree.sum() / max(side.alive, 1)
    return np.asarray((1 / np.sqrt(side.degree + mean))[:, None], dtype=np.float32)


def _upright(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same space by vectors at right angles; those that vanish stay zero."""
    values, turn = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    keep = values > 1e-12 * max(values[-1], 1e-300)
    return np.asarray(vectors @ (turn[:, keep] / np.sqrt(values[keep])).astype(np.float32))


def _turned(vectors: npt.NDArray[np.float32], images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    _, turn = np.linalg.eigh((images.T @ images).astype(np.float64))
    return vectors @ turn[:, ::-1].astype(np.float32)


# --- growing ---


def grow(whole: Graph, items: Whole) -> Block | None:
    """The block that the seed becomes when accounts and items are re-chosen in turn until they stay."""
    chance = _first_chance(whole, items)
    best: Block | None = None
    seen: set[bytes] = set()
    for _ in range(TURNS):
        accounts = chosen(whole, items, chance)
        if accounts is None:
            break
        kept = chosen(whole.turned(), accounts, chance)
        if kept is None:
            break
        block = scored(whole, accounts, kept)
        best = block if best is None or block.bits > best.bits else best
        items, chance = block.items, block.density
        mark = block.accounts.tobytes() + b"|" + items.tobytes()
        if mark in seen:
            break
        seen.add(mark)
    return best


def _first_chance(whole: Graph, items: Whole) -> float:
    """The share of the seed's items that its closest accounts act on, twice as many accounts as items."""
    nodes, _ = whole.items.of(items)
    counts = np.sort(np.unique(nodes, return_counts=True)[1])[-2 * len(items) :]
    return float(counts.mean() / len(items)) if len(counts) else 0.0


def chosen(whole: Graph, items: Whole, chance: float) -> Whole | None:
    """The accounts whose edges to the items are worth more than naming them, at this chance inside a block."""
    nodes, many = whole.items.of(items)
    if not len(nodes) or chance <= 0:
        return None
    weights = np.repeat(whole.items.log_degree[items], many)
    found, counts, logs = _added(nodes, weights, len(whole.accounts.degree))
    volume = float(whole.items.degree[items].sum())
    expected = whole.accounts.degree[found] * (volume / whole.edges)
    ratios = counts * (math.log(chance * whole.edges) - whole.accounts.log_degree[found]) - logs
    gains = ratios - chance * len(items) + expected
    worth = (gains > 0) & (counts > expected)
    found, gains = found[worth], gains[worth]
    return np.sort(found[_best(gains, whole.accounts.alive)]) if len(found) else None


def _added(nodes: npt.NDArray[np.int32], weights: Array, size: int) -> tuple[Whole, Array, Array]:
    """Each node that occurs, how often, and the sum of its weights."""
    if 8 * len(nodes) > size:
        every = np.bincount(nodes, minlength=size)
        found = np.flatnonzero(every)
        return found, every[found].astype(float), np.bincount(nodes, weights, minlength=size)[found].astype(float)
    found, where = np.unique(nodes, return_inverse=True)
    return found.astype(np.int64), np.bincount(where).astype(float), np.bincount(where, weights).astype(float)


def _best(gains: Array, size: int) -> Whole:
    """Where the largest gains stand, as many as pay for being named among `size`."""
    order = np.argsort(-gains, kind="stable")
    worth = np.cumsum(gains[order]) - names_cost(size, np.arange(1, len(order) + 1))
    return order[: int(np.argmax(worth)) + 1]


def names_cost(size: int, members: npt.ArrayLike) -> Array:
    """log C(size, members): nats to name a set of so many."""
    from scipy.special import gammaln

    many = np.asarray(members, dtype=float)
    return np.asarray(gammaln(size + 1) - gammaln(many + 1) - gammaln(size - many + 1))


def weighed(whole: Graph, members: Whole, items: Whole, chance: float) -> tuple[Whole, Array, Array]:
    """For each member account its edges to the items, what its degree would give, and the bits it adds to the block."""
    nodes, many = whole.accounts.of(members)
    wanted = np.zeros(len(whole.items.degree), dtype=bool)
    wanted[items] = True
    owner, inside = np.repeat(np.arange(len(members)), many), wanted[nodes]
    edges = np.bincount(owner[inside], minlength=len(members))
    logs = np.bincount(owner[inside], whole.items.log_degree[nodes[inside]], minlength=len(members))
    expected = whole.accounts.degree[members] * (whole.items.degree[items].sum() / whole.edges)
    gains = edges * (math.log(chance * whole.edges) - whole.accounts.log_degree[members]) - logs
    return edges, expected, (gains - chance * len(items) + expected) / math.log(2)


def scored(whole: Graph, accounts: Whole, items: Whole) -> Block:
    """A block with the bits it saves: log₂ likelihood ratio less the cost of members, sizes and density.

    ratio = K·log p − Σ log(aᵢbⱼ/E) − K + Σa·Σb/E over the K edges inside, p = K/mn.
    """
    nodes, many = whole.accounts.of(accounts)
    wanted = np.zeros(len(whole.items.degree), dtype=bool)
    wanted[items] = True
    inside = wanted[nodes]
    edges, pairs = int(inside.sum()), len(accounts) * len(items)
    if not edges:
        return Block(accounts=accounts, items=items, edges=0, bits=-math.inf)
    logs = (
        np.repeat(whole.accounts.log_degree[accounts], many)[inside].sum() + whole.items.log_degree[nodes[inside]].sum()
    )
    volume = whole.accounts.degree[accounts].sum() * whole.items.degree[items].sum() / whole.edges
    ratio = edges * math.log(edges * whole.edges / pairs) - logs - edges + volume
    sizes = whole.accounts.alive, whole.items.alive
    cost = names_cost(sizes[0], len(accounts)) + names_cost(sizes[1], len(items)) + 0.5 * math.log(pairs)
    bits = (ratio - float(cost) - math.log(sizes[0]) - math.log(sizes[1])) / math.log(2)
    return Block(accounts=accounts, items=items, edges=edges, bits=float(bits))
