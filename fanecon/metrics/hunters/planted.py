"""Tables with a ring of known accounts in them, and the same tables with nobody in step.

`simulate_lockstep` draws what `find_lockstep` takes.  Accounts are heavy-tailed (Pareto 1.5) and items follow Zipf;
the ring acts on unpopular items, each pair with the same chance, and hides behind acts on popular ones (the biased
camouflage of Hooi et al. 2016).  Communities act on items of their own at their own hours.

`shuffle_edges` keeps how many items each account and how many accounts each item has, and deals out the rest.  Two
accounts, drawn by the number of their edges, put down the items that only one of them has and draw them again (the
curveball trade of Strona et al. 2014, doi:10.1038/ncomms5114).  A pair of accounts is drawn with a chance that depends
on their degrees alone and that no trade changes, so that the walk is symmetric: every simple graph with these degrees
is as likely as any other in the end.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.metrics.hunters import bipartite
from fanecon.schema import ParameterError

Numbers: TypeAlias = npt.NDArray[np.int64]
PER_ACCOUNT, PER_ITEM, COMMUNITIES = 5, 25, 40
MONTH, DAY, SITTING = 30 * 86_400.0, 86_400.0, 120.0
START = pd.Timestamp("2026-01-01", tz="UTC")


def simulate_lockstep(
    edges: int = 100_000,
    *,
    block: tuple[int, int] = (200, 100),
    density: float = 0.5,
    camouflage: float = 1.0,
    communities: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Who acted on what and when, with a ring of accounts planted; simulated.

    Parameters
    ----------
    edges
        About so many acts of everybody else: by edges/5 accounts on edges/25 items.
    block
        How many accounts act in lockstep, on how many items of the less popular half.
    density
        The chance that an account of the ring acts on an item of the ring, in one sitting per item; 0 for no ring.
    camouflage
        Acts of the ring on items chosen by popularity, per act inside the block.
    communities
        The share of acts inside 40 genuine communities, which act at their own hours.

    Returns
    -------
    One row per account and item: actor_id, item_id, time (UTC), planted (the act is the ring's, camouflage left out).

    Raises
    ------
    ParameterError
        If a parameter is out of range.
    """
    rng = np.random.default_rng(seed)
    sizes = max(edges // PER_ACCOUNT, 2), max(edges // PER_ITEM, 2)
    fits = 0 < block[0] <= sizes[0] and 0 < block[1] <= sizes[1] // 2
    if not (edges >= 100 and fits and 0 <= density <= 1 and camouflage >= 0 and 0 <= communities < 1):
        raise ParameterError(
            f"Needed: edges ≥ 100, a block within {sizes[0]} accounts and {sizes[1] // 2} items, 0 ≤ density ≤ 1, "
            f"camouflage ≥ 0, 0 ≤ communities < 1; found {edges}, {block}, {density}, {camouflage}, {communities}."
        )
    busy, popular = _weights(rng.pareto(1.5, sizes[0]) + 1), _weights(1 / np.arange(1, sizes[1] + 1))
    parts = [_acts(rng, busy, popular, int(edges * (1 - communities)))]
    parts += [_community(rng, busy, popular, int(edges * communities / COMMUNITIES)) for _ in range(COMMUNITIES)]
    ring, hidden = _ring(rng, block, density, sizes), np.zeros((2, 0), np.int64)
    if ring.shape[1]:
        many = int(ring.shape[1] * camouflage)
        hidden = np.array([rng.choice(np.unique(ring[0]), many), rng.choice(sizes[1], many, p=popular)])
    return _dated(rng, (ring, np.concatenate([*parts, hidden], axis=1)), sizes[1])


def _weights(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(values / values.sum())


def _acts(
    rng: np.random.Generator, busy: npt.NDArray[np.float64], popular: npt.NDArray[np.float64], many: int
) -> Numbers:
    return np.array([rng.choice(len(busy), many, p=busy), rng.choice(len(popular), many, p=popular)])


def _community(
    rng: np.random.Generator, busy: npt.NDArray[np.float64], popular: npt.NDArray[np.float64], many: int
) -> Numbers:
    sizes = (max(2, len(one) // (2 * COMMUNITIES)) for one in (busy, popular))
    own = [np.sort(rng.choice(len(one), size, replace=False)) for one, size in zip((busy, popular), sizes, strict=True)]
    acts = _acts(rng, _weights(busy[own[0]]), _weights(popular[own[1]]), many)
    return np.array([own[0][acts[0]], own[1][acts[1]]])


def _ring(rng: np.random.Generator, block: tuple[int, int], density: float, sizes: tuple[int, int]) -> Numbers:
    accounts = rng.choice(sizes[0], block[0], replace=False)
    items = sizes[1] // 2 + rng.choice(sizes[1] - sizes[1] // 2, block[1], replace=False)
    rows, columns = np.nonzero(rng.random(block) < density)
    return np.array([accounts[rows], items[columns]])


def _dated(rng: np.random.Generator, acts: tuple[Numbers, Numbers], items: int) -> pd.DataFrame:
    """Distinct pairs, the ring's first: its acts in one sitting per item, the others' as long as an item lives."""
    ring, others = acts
    pairs = np.concatenate([ring, others], axis=1)
    published, sitting = rng.uniform(0, MONTH, items), rng.uniform(0, MONTH, items)
    times = published[others[1]] + rng.exponential(DAY, others.shape[1])
    times = np.append(sitting[ring[1]] + rng.uniform(0, SITTING, ring.shape[1]), times)
    key, first = np.unique(pairs[0] * items + pairs[1], return_index=True)
    frame = pd.DataFrame({"actor_id": key // items, "item_id": key % items})
    frame["time"] = START + pd.to_timedelta((1e6 * times[first]).astype(np.int64), unit="us")
    frame["planted"] = first < ring.shape[1]
    frame.attrs["synthetic"] = True
    return frame


def shuffle_edges(edges: pd.DataFrame, *, seed: int = 0, moves: float = 10.0) -> pd.DataFrame:
    """The same accounts and items with as many edges each, dealt out at random: a graph with nobody in step.

    Parameters
    ----------
    edges
        One row per account and item: actor_id, item_id. A pair that occurs twice counts once.
    moves
        Trade until edges have changed hands so often, per edge.

    Returns
    -------
    One row per edge: actor_id, item_id; no pair occurs twice, every degree is kept. Other columns are left out.

    Raises
    ------
    SchemaError, ParameterError
        If a column is missing, or moves is below zero.

    References
    ----------
    Strona et al. 2014, doi:10.1038/ncomms5114; Carstens 2015, doi:10.1103/PhysRevE.91.042812
    """
    if not 0 <= moves < np.inf:
        raise ParameterError(f"moves={moves}: type a number from zero on; ten is enough for blocks to dissolve.")
    accounts, items = bipartite.sides(edges)
    if not len(edges):
        return edges[["actor_id", "item_id"]].copy()
    from fanecon.metrics.hunters.trading import trade

    whole = bipartite.graph(accounts.codes, items.codes, (accounts.size, items.size))
    rows, columns = whole.pairs()
    columns = columns.copy()
    mark = np.zeros(items.size, np.int64)
    trade(whole.accounts.first.astype(np.int64), rows, columns, mark, (int(moves * len(rows)), seed))
    shuffled = pd.DataFrame({"actor_id": accounts.called(rows), "item_id": items.called(columns)})
    shuffled.attrs["synthetic"] = True
    return shuffled
