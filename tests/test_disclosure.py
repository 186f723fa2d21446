"""Small groups: nobody can read, subtract or compare their way to one, and nothing else is lost without need.

The attacker of these tests is written from the definition of a table with totals and shares no line with the library:
one unknown per inner cell, every shown number an equation.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import fanecon as fe
from fanecon.disclosure.counts import MARK
from fanecon.schema import ParameterError, SchemaError

K = 5
Cells = dict[tuple[str, ...], int]


# --- an attacker of our own ---


def margins(keys: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """All keys with any columns replaced by `total`."""
    return sorted({name for key in keys for name in itertools.product(*((part, "total") for part in key))})


def under(name: tuple[str, ...], key: tuple[str, ...]) -> bool:
    return all(part in ("total", label) for part, label in zip(name, key, strict=True))


def truth(cells: Cells, name: tuple[str, ...]) -> int:
    return sum(count for key, count in cells.items() if under(name, key))


def shown_numbers(table: pd.DataFrame, by: list[str], count: str = "n") -> dict[tuple[str, ...], int]:
    rows = table[~table[MARK]]
    return {tuple(map(str, row)): int(n) for *row, n in rows[[*by, count]].itertuples(index=False)}


class Reader:
    """Who has seen some tables: the least and greatest value of a sum of unknown cells."""

    def __init__(self, keys: list[tuple[str, ...]], tables: list[dict[tuple[str, ...], int]], *, grows: bool) -> None:
        self.keys, self.width, self.times = keys, len(keys), len(tables)
        # A group that is listed and not shown has somebody in it, for zeros are always shown.
        listed = [[key for key in keys if key not in shown] for shown in tables]
        self.low = [1.0 if key in hidden else 0.0 for hidden in listed for key in keys]
        rows, right = [], []
        for run, shown in enumerate(tables):
            for name, count in shown.items():
                rows.append(self.row((run, name)))
                right.append(count)
        self.equal = np.array(rows).reshape(-1, self.width * self.times), np.array(right, float)
        self.less = None
        if grows and self.times > 1:
            steps = [((run, key), (run + 1, key)) for run in range(self.times - 1) for key in keys]
            self.less = np.array([self.row(a) - self.row(b) for a, b in steps])

    def row(self, *sums: tuple[int, tuple[str, ...]]) -> np.ndarray:
        made = np.zeros(self.width * self.times)
        for run, name in sums:
            for at, key in enumerate(self.keys):
                made[run * self.width + at] += under(name, key)
        return made

    def span(self, form: np.ndarray) -> tuple[float, float]:
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * form,
                A_ub=self.less,
                b_ub=None if self.less is None else np.zeros(len(self.less)),
                A_eq=self.equal[0],
                b_eq=self.equal[1],
                bounds=[(low, None) for low in self.low],
                method="highs",
            )
            assert found.status in (0, 3), found.message
            ends.append(sign * found.fun if found.status == 0 else -sign * np.inf)
        return ends[0], ends[1]


# --- tables to try it on ---


def one_way(rng: np.random.Generator) -> tuple[list[str], Cells]:
    return ["a"], {(f"a{i}",): int(rng.poisson(rng.choice([2, 6, 40]))) for i in range(rng.integers(1, 9))}


def two_way(rng: np.random.Generator) -> tuple[list[str], Cells]:
    rows, columns = rng.integers(2, 6, size=2)
    return ["a", "b"], {
        (f"a{i}", f"b{j}"): int(1 + rng.poisson(rng.choice([2, 8, 30]))) for i in range(rows) for j in range(columns)
    }


def two_way_with_zeros(rng: np.random.Generator) -> tuple[list[str], Cells]:
    by, cells = two_way(rng)
    return by, {key: count * int(rng.random() > 0.3) for key, count in cells.items()}


def hierarchy(rng: np.random.Generator) -> tuple[list[str], Cells]:
    return ["province", "city"], {
        (f"p{i}", f"c{i}{j}"): int(rng.poisson(rng.choice([2, 6, 40])))
        for i in range(rng.integers(2, 5))
        for j in range(rng.integers(1, 5))
    }


def three_way(rng: np.random.Generator) -> tuple[list[str], Cells]:
    return ["a", "b", "c"], {
        key: int(rng.poisson(rng.choice([1, 6, 25]))) for key in itertools.product(*(("x", "y", "z")[:2],) * 3)
    }


def crossed_hierarchy(rng: np.random.Generator) -> tuple[list[str], Cells]:
    return ["province", "city", "b"], {
        (f"p{i}", f"c{i}{j}", f"b{k}"): int(rng.poisson(rng.choice([1, 6, 25])))
        for i in range(2)
        for j in range(2)
        for k in range(2)
    }


KINDS = (one_way, two_way, two_way_with_zeros, hierarchy, three_way, crossed_hierarchy)


def frame(by: list[str], cells: Cells) -> pd.DataFrame:
    return pd.DataFrame([(*key, n, n / 7) for key, n in cells.items()], columns=[*by, "n", "mean"])


def grown(cells: Cells, rng: np.random.Generator) -> Cells:
    """The same table some time later: some groups got a few more, some many, most none."""
    return {key: n + int(rng.choice([0, 0, 0, rng.integers(1, 5), rng.poisson(25)])) for key, n in cells.items()}


def moved(cells: Cells, rng: np.random.Generator) -> Cells:
    """The same where people come and go."""
    return {key: max(0, n + int(rng.choice([0, 0, -2, 3, -12, 20]))) for key, n in cells.items()}


# --- what the attacker finds ---


def least_of(cells: Cells, name: tuple[str, ...]) -> int:
    """One person for each cell that is not empty, which is what its being listed says."""
    return sum(count > 0 and under(name, key) for key, count in cells.items())


def found_in_one(by: list[str], cells: Cells, table: pd.DataFrame) -> list[str]:
    """The small numbers that a reader of one table can see or narrow below 1 to k."""
    keys, shown = list(cells), shown_numbers(table, by)
    reader, faults = Reader(keys, [shown], grows=False), list[str]()
    for name in margins(keys):
        small = 0 < truth(cells, name) < K
        if name in shown:
            faults += [f"{name} is shown"] * small + [f"{name} is wrong"] * (shown[name] != truth(cells, name))
        if small:
            low, high = reader.span(reader.row((0, name)))
            faults += [f"{name} is from {low} to {high}"] * (low > least_of(cells, name) + 1e-6 or high < K - 1e-6)
    return faults


def found_in_two(by: list[str], runs: list[Cells], tables: list[pd.DataFrame]) -> list[str]:
    """The small numbers and small changes that a reader of two tables can see or narrow."""
    keys, shown = list(runs[0]), [shown_numbers(table, by) for table in tables]
    grows = all(runs[1][key] >= runs[0][key] for key in keys)
    reader, faults = Reader(keys, shown, grows=grows), list[str]()
    for name in margins(keys):
        for run in (0, 1):
            if 0 < truth(runs[run], name) < K:
                low, high = reader.span(reader.row((run, name)))
                narrow = low > least_of(runs[run], name) + 1e-6 or high < K - 1e-6
                faults += [f"{name} of {run} is from {low} to {high}"] * narrow
        change = truth(runs[1], name) - truth(runs[0], name)
        if 0 < abs(change) < K:
            low, high = reader.span(reader.row((1, name)) - reader.row((0, name)))
            # Who sees 5 and then a gap knows that at most 4 have gone: a gap has somebody in it.
            most = min(K, truth(runs[0], name) - least_of(runs[1], name)) if change < 0 else K
            faults += [f"{name} changed by {change}, known from {low} to {high}"] * (max(-low, high) < most - 1e-6)
    return faults


def study(times: int, seed: int) -> pd.DataFrame:
    """One row per table: what was found, and how many rows went."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(times):
        kind = KINDS[number % len(KINDS)]
        by, cells = kind(rng)
        first = fe.suppress(frame(by, cells), counts="n", by=by, k=K)
        later = (grown if number // len(KINDS) % 3 else moved)(cells, rng)
        second = fe.suppress(frame(by, later), first, counts="n", by=by, k=K)
        faults = [*found_in_one(by, cells, first.table), *found_in_one(by, later, second.table)]
        faults += found_in_two(by, [cells, later], [first.table, second.table])
        filled = sum(count > 0 for count in (truth(cells, name) for name in margins(list(cells))))
        rows.append((kind.__name__, faults, first.primary, first.secondary, filled, second.primary, second.secondary))
    return pd.DataFrame(rows, columns=["kind", "faults", "small", "more", "filled", "small_2", "more_2"])


def test_no_small_group_can_be_found_in_sixty_random_tables_and_their_successors() -> None:
    found = study(60, seed=1)
    assert found["faults"].sum() == []
    assert found["small"].sum() > 60
    assert found["more"].sum() > 30


@pytest.mark.nightly
def test_no_small_group_can_be_found_in_a_thousand_random_tables_and_their_successors() -> None:
    found = study(1_000, seed=2)
    assert found["faults"].sum() == []
    print(found.groupby("kind")[["small", "more", "filled", "small_2", "more_2"]].sum())


if __name__ == "__main__":
    import sys
    import time

    began = time.process_time()
    told = study(int(sys.argv[1]), int(sys.argv[2]))
    print(told.groupby("kind")[["small", "more", "filled", "small_2", "more_2"]].sum())
    print([fault for fault in told["faults"] if fault], time.process_time() - began)
