"""Lockstep: groups of accounts that act on the same items far more often than their activity would have it.

Three questions that a densest block leaves open are answered here.  *Is there any block?*  Each one found must save
more bits than naming its members costs; where nothing does, the answer is that there is none.  *How many?*  Blocks are
taken out as they are found, and listed with their bits.  *Also a thin one?*  A ring that meets on a tenth of its
targets is invisible to a density (Hooi et al. 2016), since the graph's own core is denser, yet its few edges are where
nobody else goes: the likelihood ratio counts how unlikely each edge is, not how many there are.

*A ring or a community?*  Both form blocks.  Fans of one subject spread over hundreds of items, busy accounts and loose
ones; a farm fills its block evenly, and is paid by the job, so that its acts on an item fall into one sitting.  Where
the table has times, each block is therefore measured for company (sittings.py), blocks are also grown from
seeds among the acts in company alone, and the evidence of both kinds is added.  What a block is remains for the reader
to judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from fanecon.metrics.hunters import bipartite, blocks, pictures, sittings
from fanecon.metrics.hunters.bipartite import Graph, Named
from fanecon.metrics.hunters.blocks import LEAST_BITS, Block
from fanecon.metrics.hunters.moments import Moments, moments, reach
from fanecon.metrics.hunters.sittings import Company
from fanecon.results import Result, shown
from fanecon.schema import ParameterError, closest

ALIKE = 0.5
COLUMNS = ("block", "accounts", "items", "edges", "density", "expected", "bits")
TIMED = ("together", "together_expected", "time_bits")
COMMUNITIES = "Genuine communities form blocks too: a block says that accounts act alike, not why."
NO_TIME = "The table has no times, so rings and communities are told apart by how evenly a block is filled alone."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Lockstep(Result):
    """One row per block, strongest first: accounts, items, edges, density, expected (edges), bits; with times company.

    `members` has a row per member: block, side, member, inside (edges in the block), expected, degree, bits.
    """

    members: pd.DataFrame
    drawn: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def flagged(self) -> pd.DataFrame:
        """The accounts in any block, one row each, strongest case first: member, block, inside, expected, bits."""
        mine = self.members[self.members["side"] == "account"].drop(columns=["side", "degree"])
        best = mine.sort_values(["bits", "block"], ascending=[False, True], kind="stable")
        return best.drop_duplicates("member").reset_index(drop=True)

    def explain(self, account: object = None) -> str:
        """The sentence and the notes; or what is known of one account."""
        if account is None:
            return super().explain()
        names = self.members["member"]
        rows = self.members[(names == str(account)) & (self.members["side"] == "account")]
        if rows.empty:
            return f"Account {account} is in no block. {closest(str(account), names)}".rstrip()
        return "\n".join(_of_account(account, row, self.table) for row in rows.to_dict("records"))

    def plot(self, block: int = 1, *, ax: Axes | None = None) -> Axes:
        """One block as a matrix: a dot where an account acted on an item, busiest first."""
        if len(self.table) and block not in set(self.table["block"]):
            raise ParameterError(f"There is no block {block}; blocks run from 1 to {len(self.table)}.")
        some = self.drawn[self.drawn["block"] == block]
        sentence = self.sentence if self.table.empty else _told(self.table.iloc[block - 1])
        return pictures.matrix(some, sentence, self.shows, ax=ax)


def _of_account(account: object, row: dict[Any, Any], table: pd.DataFrame) -> str:
    one = table.iloc[row["block"] - 1]
    return (
        f"Block {row['block']}: account {account} acted on {shown(row['inside'])} of its {shown(one['items'])} items, "
        f"where its {shown(row['degree'])} acts would give {shown(row['expected'])} ({shown(row['bits'])} bits). "
        f"{shown(one['accounts'])} accounts behave like this."
    )


def find_lockstep(edges: pd.DataFrame, *, most: int = 20, window: float = 60.0) -> Lockstep:
    """Blocks of accounts that act on the same items more often than their degrees explain, with the bits they save.

    Parameters
    ----------
    edges
        One row per act, or per account and item (`tally.lockstep_edges`): actor_id, item_id; time or first_at where
        it is known (timestamps, or seconds).
    most
        At most so many blocks, strongest first.
    window
        Seconds within which two acts on one item count as company; only where there are times.

    Returns
    -------
    Lockstep
        Blocks that save at least 10 bits, ranked by bits (with times: plus those of company); none where none does.
        bits = log₂ likelihood ratio (density inside against degree × degree / edges) − cost of naming the members.

    Raises
    ------
    SchemaError, ParameterError
        If a column or a value is missing, or a parameter is out of range.

    References
    ----------
    This module and blocks.py; objective after Rissanen 1978, doi:10.1016/0005-1098(78)90005-5
    """
    if most < 1 or not 0 < window < np.inf:
        raise ParameterError(f"most={most}, window={window}: type at least one block and a window above 0 seconds.")
    accounts, items = bipartite.sides(edges)
    clock = moments(edges)
    if not len(edges):
        return _result(edges, (accounts, items), _Found(graph=None, blocks=[], company=None, ended=True), most)
    whole = bipartite.graph(accounts.codes, items.codes, (accounts.size, items.size))
    found, ended = blocks.blocks(whole, most)
    if clock is None:
        return _result(edges, (accounts, items), _Found(graph=whole, blocks=found, company=None, ended=ended), most)
    when = sittings.firsts(accounts.codes, items.codes, clock[0])
    wide = reach(window, clock[1], when)
    found = _merged(found + _hurried(whole, when, wide))
    pace = sittings.pace(whole, when, wide)
    kept = [sittings.measured(whole, when, (wide, pace), (one.accounts, one.items)) for one in found]
    return _result(edges, (accounts, items), _ranked(whole, found, kept, ended), most)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Blocks in the order of their rank, with the company of each where there are times."""

    graph: Graph | None
    blocks: list[Block]
    company: list[Company] | None
    ended: bool


def _hurried(whole: Graph, when: Moments, window: float) -> list[Block]:
    """Blocks that grow from seeds among the acts in company alone: where everybody is slow, a ring stands out there."""
    columns, rows = whole.turned().pairs()
    near = sittings.accompanied(columns, when, window)
    if not near.any():
        return []
    shape = (len(whole.accounts.degree), len(whole.items.degree))
    return blocks.candidates(whole, bipartite.graph(rows[near], columns[near], shape))


def _merged(some: list[Block]) -> list[Block]:
    """Of two blocks with mostly the same accounts and items the one that saves more."""
    kept: list[Block] = []
    for block in sorted(some, key=lambda one: (-one.bits, int(one.accounts[0]))):
        if not any(_alike(block.accounts, one.accounts) and _alike(block.items, one.items) for one in kept):
            kept.append(block)
    return kept


def _alike(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return 2 * both > ALIKE * (len(one) + len(other))


def _ranked(whole: Graph, found: list[Block], kept: list[Company], ended: bool) -> _Found:
    order = sorted(range(len(found)), key=lambda at: -(found[at].bits + kept[at].bits))
    order = [at for at in order if found[at].bits + kept[at].bits >= LEAST_BITS]
    return _Found(graph=whole, blocks=[found[at] for at in order], company=[kept[at] for at in order], ended=ended)


def _result(edges: pd.DataFrame, sides: tuple[Named, Named], found: _Found, most: int) -> Lockstep:
    ended = found.ended and len(found.blocks) <= most
    found = _Found(
        graph=found.graph,
        blocks=found.blocks[:most],
        company=None if found.company is None else found.company[:most],
        ended=ended,
    )
    table = _table(found)
    notes = (COMMUNITIES, *(() if found.company is not None else (NO_TIME,)))
    more = () if ended else (f"The search ended at {most} blocks; there may be more: type most={2 * most}.",)
    return Lockstep(
        table=table,
        sentence=_sentence(table),
        notes=(*notes, *more),
        unit="",
        shows="simulation" if edges.attrs.get("synthetic") else "fact",
        members=_members(sides, found),
        drawn=_drawn(sides, found),
    )


def _table(found: _Found) -> pd.DataFrame:
    rows = [
        (at + 1, len(one.accounts), len(one.items), one.edges, one.density, _expected(found.graph, one), one.bits)
        for at, one in enumerate(found.blocks)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"block": "int64"})
    if found.company is not None:
        kept = [(one.together, one.expected, one.bits) for one in found.company]
        table[list(TIMED)] = pd.DataFrame(kept, columns=list(TIMED), index=table.index)
    return table


def _expected(whole: Graph | None, one: Block) -> float:
    if whole is None:
        return 0.0
    volumes = whole.accounts.degree[one.accounts].sum() * whole.items.degree[one.items].sum()
    return float(volumes / whole.edges)


def _members(sides: tuple[Named, Named], found: _Found) -> pd.DataFrame:
    names = ("block", "side", "member", "inside", "expected", "degree", "bits")
    kinds = ("int64", "string", "string", "int64", "float64", "int64", "float64")
    parts = []
    for at, one in enumerate(found.blocks):
        whole = found.graph
        assert whole is not None
        for side, graph, mine, theirs, named in (
            ("account", whole, one.accounts, one.items, sides[0]),
            ("item", whole.turned(), one.items, one.accounts, sides[1]),
        ):
            inside, expected, bits = blocks.weighed(graph, mine, theirs, one.density)
            told = (
                at + 1,
                side,
                named.called(mine).astype("string"),
                inside,
                expected,
                graph.accounts.degree[mine],
                bits,
            )
            parts.append(pd.DataFrame(dict(zip(names, told, strict=True))))
    whole_table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(names))
    return whole_table.astype(dict(zip(names, kinds, strict=True)))


def _drawn(sides: tuple[Named, Named], found: _Found) -> pd.DataFrame:
    parts = []
    for at, one in enumerate(found.blocks):
        assert found.graph is not None
        rows, columns = found.graph.pairs()
        inside = found.graph.between(one.accounts, one.items)
        names = sides[0].called(rows[inside]), sides[1].called(columns[inside])
        parts.append(pd.DataFrame({"block": at + 1, "actor_id": names[0], "item_id": names[1]}))
    columns_ = ["block", "actor_id", "item_id"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns_)


def _sentence(table: pd.DataFrame) -> str:
    if table.empty:
        return "No block: no set of accounts and items saves more bits than it costs to name it."
    if len(table) == 1:
        return f"One block. {_told(table.iloc[0])}"
    return f"{len(table)} blocks; the strongest: {_told(table.iloc[0])}"


def _told(row: Any) -> str:
    pairs = row["accounts"] * row["items"]
    told = (
        f"{shown(row['accounts'])} accounts acted on {shown(row['density'], 'proportion')} of their pairs with "
        f"{shown(row['items'])} items, where activity would give {shown(row['expected'] / pairs, 'proportion')} "
        f"({shown(round(row['bits']))} bits)"
    )
    if "together" not in row.index:
        return f"{told}."
    company_ = f"{shown(row['together'])} of the {shown(row['edges'])} acts were in company of another member"
    return f"{told}; {company_}, where the others' pace would give {shown(row['together_expected'])}."
