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
from fanecon.disclosure import choice
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


def study(times: int, seed: int, every: int = 1) -> pd.DataFrame:
    """One row per table: what was found, and how many rows went; one in so many has a successor."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(times):
        kind = KINDS[number % len(KINDS)]
        by, cells = kind(rng)
        first = fe.suppress(frame(by, cells), counts="n", by=by, k=K)
        filled = sum(count > 0 for count in (truth(cells, name) for name in margins(list(cells))))
        faults = found_in_one(by, cells, first.table)
        if number // len(KINDS) % every:
            rows.append((kind.__name__, faults, first.primary, first.secondary, filled, 0, 0))
            continue
        later = (grown if number // len(KINDS) % 4 else moved)(cells, rng)
        second = fe.suppress(frame(by, later), first, counts="n", by=by, k=K)
        faults += found_in_one(by, later, second.table)
        faults += found_in_two(by, [cells, later], [first.table, second.table])
        rows.append((kind.__name__, faults, first.primary, first.secondary, filled, second.primary, second.secondary))
    return pd.DataFrame(rows, columns=["kind", "faults", "small", "more", "filled", "small_2", "more_2"])


def test_no_small_group_can_be_found_in_sixty_random_tables_and_their_successors() -> None:
    found = study(60, seed=1, every=3)
    assert found["faults"].sum() == []
    assert found["small"].sum() > 60
    assert found["more"].sum() > 30


@pytest.mark.nightly
def test_no_small_group_can_be_found_in_a_thousand_random_tables_and_their_successors() -> None:
    found = study(1_000, seed=2)
    assert found["faults"].sum() == []
    print(found.groupby("kind")[["small", "more", "filled", "small_2", "more_2"]].sum())


@pytest.mark.nightly
@pytest.mark.parametrize("known", ["all", "last"])
def test_no_small_group_can_be_found_in_three_tables_that_grow(known: str) -> None:
    rng = np.random.default_rng(11)
    for number in range(40):
        by, cells = KINDS[number % 4](rng)
        runs, made = [cells], list[fe.Suppressed]()
        while len(made) < 3:
            before = made if known == "all" else made[-1:]
            made.append(fe.suppress(frame(by, runs[-1]), before, counts="n", by=by, k=K))
            runs.append(grown(runs[-1], rng))
        reader = Reader(list(cells), [shown_numbers(one.table, by) for one in made], grows=True)
        for name in margins(list(cells)):
            for run in range(3):
                low, high = reader.span(reader.row((run, name)))
                small = 0 < truth(runs[run], name) < K
                assert not small or (low <= least_of(runs[run], name) + 1e-6 and high >= K - 1e-6)
            for one, two in itertools.combinations(range(3), 2):
                if 0 < truth(runs[two], name) - truth(runs[one], name) < K:
                    assert reader.span(reader.row((two, name)) - reader.row((one, name)))[1] >= K - 1e-6


# --- by hand ---


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_one_small_group_takes_the_cheapest_other_with_it() -> None:
    found = fe.suppress(table(topic=["bus", "chair", "tea"], n=[90, 3, 40]), counts="n", by="topic")
    assert found.table["n"].tolist() == [90, pd.NA, pd.NA, 133]
    assert found.table["topic"].tolist() == ["bus", "chair", "tea", "total"]
    assert (found.primary, found.secondary) == (1, 1)
    assert found.sentence.startswith("2 of 4 rows are not shown")


def test_a_table_without_small_groups_is_shown_whole() -> None:
    found = fe.suppress(table(topic=["a", "b"], n=[5, 0]), counts="n", by="topic")
    assert found.table["n"].tolist() == [5, 0, 5]
    assert (found.primary, found.secondary) == (0, 0)


@pytest.mark.parametrize(("n", "hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_small_is_from_one_to_k_minus_one(n: int, hidden: bool) -> None:
    found = fe.suppress(table(a=["x", "y", "z"], n=[n, 50, 60]), counts="n", by="a").table
    assert bool(found[MARK][0]) is hidden


def test_two_hidden_groups_do_not_hold_fewer_than_k_together() -> None:
    """Two groups of one and two: their sum of three follows by subtraction, so a third goes."""
    found = fe.suppress(table(a=list("wxyz"), n=[1, 2, 30, 40]), counts="n", by="a").table
    assert found[MARK].tolist() == [True, True, True, False, False]


def test_where_nothing_else_helps_the_total_goes_and_a_note_says_so() -> None:
    found = fe.suppress(table(a=["x", "y"], n=[1, 2]), counts="n", by="a")
    assert found.table[MARK].all()
    assert any("do not name it elsewhere" in note for note in found.notes)


def test_everything_about_a_hidden_group_goes_whatever_the_column() -> None:
    wide = table(
        a=["x", "y", "z"], n=[2, 30, 40], mean=[1.5, 2.5, 3.5], title=["secret", "b", "c"], best=[True, False, True],
        day=pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]),
    )  # fmt: skip
    wide.attrs["source"] = "x had 2"
    found = fe.suppress(wide, counts="n", by="a").table
    assert found.loc[0].drop(["a", MARK]).isna().all()
    assert "secret" not in found.to_csv() + str(found.attrs)
    assert found.loc[2, "title"] == "c"


def test_rows_stand_in_the_order_of_their_labels_which_says_nothing_of_their_size() -> None:
    by_size = table(a=["z", "x", "y", "b"], n=[90, 40, 7, 3])
    assert fe.suppress(by_size, counts="n", by="a").table["a"].tolist() == ["b", "x", "y", "z", "total"]
    years = table(year=[2026, 9, 2025], n=[90, 3, 50])
    assert fe.suppress(years, counts="n", by="year").table["year"].tolist() == [9, 2025, 2026, "total"]
    ordered = by_size.assign(a=pd.Categorical(by_size["a"], categories=["y", "x", "b", "z"]))
    assert fe.suppress(ordered, counts="n", by="a").table["a"].tolist() == ["y", "x", "b", "z", "total"]


def test_the_display_does_not_tell_small_from_additional_and_escapes_names() -> None:
    found = fe.suppress(table(a=["<b>", "x", "y"], n=[3, 40, 90]), counts="n", by="a")
    shown = found._repr_html_() + repr(found) + found.explain()
    assert "<b>" not in found._repr_html_()
    assert not {"primary", "secondary", "3.0"} & set(shown.split())
    assert shown.count("not shown") > 2


def test_totals_of_the_table_are_kept_with_what_they_say() -> None:
    with_total = table(a=["x", "y", "total"], n=[40, 50, 90], mean=[1.0, 2.0, 1.6])
    found = fe.suppress(with_total, counts="n", by="a").table
    assert found["mean"].tolist() == [1.0, 2.0, 1.6]
    with pytest.raises(SchemaError, match="do not add up"):
        fe.suppress(with_total.assign(n=[40, 50, 77]), counts="n", by="a")


def test_a_city_has_one_row_and_its_province_another() -> None:
    cells = table(province=["p", "p", "q"], city=["a", "b", "c"], n=[40, 50, 60])
    found = fe.suppress(cells, counts="n", by=["province", "city"]).table
    assert [tuple(row) for row in found[["province", "city"]].to_numpy()] == [
        ("p", "a"), ("p", "b"), ("p", "total"), ("q", "c"), ("q", "total"), ("total", "total"),
    ]  # fmt: skip


def test_a_province_with_one_small_city_is_hidden_like_the_city() -> None:
    cells = table(province=["p", "q", "q", "r"], city=["a", "b", "c", "d"], n=[3, 50, 60, 70])
    found = fe.suppress(cells, counts="n", by=["province", "city"]).table.set_index(["province", "city"])
    assert found.loc[("p", "a"), MARK]
    assert found.loc[("p", "total"), MARK]


# --- rates, several counts, notes ---


def test_a_rate_beside_its_count_is_a_count() -> None:
    rates = table(a=["x", "y", "z"], n=[100, 200, 300], share=[0.02, 0.25, 0.333])
    assert not fe.suppress(rates.drop(columns="share"), counts="n", by="a").table[MARK].any()
    found = fe.suppress(rates, counts="n", by="a", rates={"share": "n"})
    assert found.table[MARK].tolist()[0]
    assert any("gives away a count" in note for note in found.notes)


def test_a_rate_in_full_precision_is_found_without_being_named() -> None:
    n, k = np.array([317, 211, 150]), np.array([3, 55, 60])
    found = fe.suppress(table(a=["x", "y", "z"], n=n.tolist(), share=(k / n).tolist()), counts="n", by="a")
    assert found.table[MARK].tolist()[0]


def test_who_is_left_by_a_rate_near_one_counts_too() -> None:
    found = fe.suppress(table(a=["x", "y", "z"], n=[100, 200, 300], open_rate=[0.98, 0.5, 0.25]), counts="n", by="a")
    assert found.table[MARK].tolist()[0]


def test_a_group_is_small_if_one_of_its_counts_is() -> None:
    both = table(a=["x", "y", "z"], readers=[100, 200, 300], sharers=[2, 30, 40])
    assert not fe.suppress(both, counts="readers", by="a").table[MARK].any()
    found = fe.suppress(both, counts=["readers", "sharers"], by="a").table
    assert found.loc[0, MARK]
    assert found.loc[0, ["readers", "sharers"]].isna().all()


def test_a_cell_that_is_nearly_one_account_is_noted_and_the_accounts_part_not_shown() -> None:
    found = fe.suppress(
        table(a=["x", "y"], n=[40, 50], reads=[1000, 900], largest_reads=[900, 100]), counts="n", by="a"
    )
    assert any("more than 80%" in note and "x" in note for note in found.notes)
    assert "largest_reads" not in found.table


def test_a_row_with_everybody_in_one_cell_is_noted() -> None:
    cells = table(a=["x", "x", "y", "y"], b=["1", "2", "1", "2"], n=[40, 0, 50, 60])
    notes = fe.suppress(cells, counts="n", by=["a", "b"]).notes
    assert any("x · total (all in x · 1)" in note for note in notes)


def test_a_count_of_times_is_noted() -> None:
    assert any("not people" in note for note in fe.suppress(table(a=["x"], reads=[9]), counts="reads", by="a").notes)


# --- two runs ---


def test_a_small_change_of_a_shown_number_is_hidden() -> None:
    first = fe.suppress(table(a=list("xyz"), n=[100, 200, 300]), counts="n", by="a")
    second = fe.suppress(table(a=list("xyz"), n=[103, 250, 390]), first, counts="n", by="a")
    assert second.table.loc[0, MARK]
    ranges = fe.audit_suppression(second, first, counts="n", by="a").set_index("a")
    assert (ranges.loc["x", "low"], ranges.loc["x", "high"]) <= (101, 105)
    assert ranges.loc["x", "high"] >= 105


def test_what_was_hidden_stays_hidden_until_it_has_outgrown_all_it_can_have_been() -> None:
    first = fe.suppress(table(a=list("xyz"), n=[3, 40, 300]), counts="n", by="a")
    assert first.table[MARK].tolist() == [True, True, False, False]
    later = fe.suppress(table(a=list("xyz"), n=[30, 41, 300]), first, counts="n", by="a").table
    assert later.loc[[0, 1], MARK].all()
    much_later = fe.suppress(table(a=list("xyz"), n=[80, 90, 400]), first, counts="n", by="a").table
    assert not much_later[MARK].any()


def test_a_table_written_and_read_back_is_the_same_before(tmp_path) -> None:
    first = fe.suppress(table(year=[2024, 2025, 2026], n=[3, 40, 300]), counts="n", by="year")
    first.table.to_csv(tmp_path / "x.csv", index=False)
    later = table(year=[2024, 2025, 2026], n=[9, 43, 350])
    one = fe.suppress(later, first, counts="n", by="year").table
    two = fe.suppress(later, pd.read_csv(tmp_path / "x.csv"), counts="n", by="year").table
    pd.testing.assert_frame_equal(one, two)


def test_a_third_table_is_judged_against_both_before_it() -> None:
    """100, 103 (hidden), 104: each step is small, and so is the whole way."""
    tables = [table(a=list("xyz"), n=[n, 200 + 50 * n, 300 + 90 * n]) for n in (100, 103, 104)]
    first = fe.suppress(tables[0], counts="n", by="a")
    second = fe.suppress(tables[1], first, counts="n", by="a")
    for before in ([first, second], second):
        assert fe.suppress(tables[2], before, counts="n", by="a").table.loc[0, MARK]


def test_a_group_that_is_new_or_gone_is_zero_in_the_other_table() -> None:
    first = fe.suppress(table(a=list("xy"), n=[100, 200]), counts="n", by="a")
    second = fe.suppress(table(a=list("xyw"), n=[100, 200, 3]), first, counts="n", by="a").table
    assert second.set_index("a").loc["w", MARK]
    assert second.set_index("a").loc["total", MARK]


def test_a_table_that_gave_a_number_away_is_named() -> None:
    careless = table(a=["x", "y", "total"], n=[None, 200, 203])
    found = fe.suppress(table(a=["x", "y"], n=[3, 200]), careless, counts="n", by="a")
    assert found.table[MARK].tolist()[0]
    assert fe.audit_suppression(careless, counts="n", by="a")[["low", "high"]].to_numpy().tolist() == [[3, 3]]


# --- the attacker of the library, and the choice ---


def whole_ranges(shown: dict[str, int | None], total: int) -> dict[str, tuple[int, int]]:
    """The ranges of hidden numbers of a one-way table by trying all."""
    hidden = [name for name, count in shown.items() if count is None]
    rest = total - sum(count for count in shown.values() if count is not None)
    fits = [one for one in itertools.product(range(1, rest + 1), repeat=len(hidden)) if sum(one) == rest]
    return {name: (min(one[at] for one in fits), max(one[at] for one in fits)) for at, name in enumerate(hidden)}


@pytest.mark.parametrize(
    "shown", [{"x": None, "y": None, "z": 5}, {"x": None, "y": None, "z": None}, {"x": None, "y": 9}]
)
def test_the_audit_agrees_with_trying_every_table(shown: dict[str, int | None]) -> None:
    published = table(a=[*shown, "total"], n=[*shown.values(), 20])
    found = fe.audit_suppression(published, counts="n", by="a").set_index("a")
    assert {name: (row["low"], row["high"]) for name, row in found.iterrows()} == whole_ranges(shown, 20)


def test_an_unbounded_number_is_said_to_be_one() -> None:
    found = fe.audit_suppression(table(a=["x", "y", "total"], n=[None, 9, None]), counts="n", by="a")
    assert found["high"].tolist() == [np.inf, np.inf]


def cheapest(by: list[str], cells: Cells) -> int:
    """How few numbers can be hidden at all, by trying every set."""
    names = [name for name in margins(list(cells)) if truth(cells, name)]
    small = [name for name in names if truth(cells, name) < K]
    for size in range(len(small), len(names) + 1):
        for more in itertools.combinations([name for name in names if name not in small], size - len(small)):
            gone = {*small, *more}
            shown = {name: truth(cells, name) for name in margins(list(cells)) if name not in gone}
            reader = Reader(list(cells), [shown], grows=False)
            spans = [(name, reader.span(reader.row((0, name)))) for name in small]
            if all(low <= least_of(cells, name) + 1e-6 and high >= K - 1e-6 for name, (low, high) in spans):
                return size
    raise AssertionError("hiding everything is always enough")


@pytest.mark.parametrize("seed", range(6))
def test_hardly_more_is_hidden_than_the_fewest_that_can_be(seed: int) -> None:
    """Totals cost more than cells, so the count may exceed the least, by one here."""
    rng = np.random.default_rng(seed)
    cells = {(f"a{i}", f"b{j}"): int(rng.choice([3, 8, 20, 30, 40])) for i in range(2) for j in range(3)}
    found = fe.suppress(frame(["a", "b"], cells), counts="n", by=["a", "b"])
    assert found.primary + found.secondary <= cheapest(["a", "b"], cells) + 1


def test_where_the_method_runs_out_of_rounds_the_set_only_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "ROUNDS", 0)
    rng = np.random.default_rng(3)
    for _ in range(6):
        by, cells = two_way(rng)
        assert found_in_one(by, cells, fe.suppress(frame(by, cells), counts="n", by=by).table) == []


def test_a_large_table_is_hidden_within_a_minute() -> None:
    rng = np.random.default_rng(5)
    cells = {(f"a{i}", f"b{j}"): int(rng.poisson(rng.choice([3, 30, 300]))) for i in range(25) for j in range(25)}
    found = fe.suppress(frame(["a", "b"], cells), counts="n", by=["a", "b"])
    ranges = fe.audit_suppression(found, counts="n", by=["a", "b"])
    small = [truth(cells, (row.a, row.b)) < K for row in ranges.itertuples()]
    assert ranges[small]["high"].min() >= K
    assert ranges[small]["low"].max() <= 1


# --- refusals ---


REFUSED = [
    (table(a=["x"], n=[1.5]), {}, "whole numbers"),
    (table(a=["x"], n=[-1]), {}, "whole numbers"),
    (table(a=["x"], n=[None]), {}, "whole numbers"),
    (table(a=["x"], n=["many"]), {}, "whole numbers"),
    (table(a=["x"], n=[np.inf]), {}, "whole numbers"),
    (table(a=["x", "x"], n=[1, 2]), {}, "x has 2 rows"),
    (table(a=["x", None], n=[1, 2]), {}, "no label"),
    (table(a=["total"], n=[2]), {}, "only"),
    (table(a=[], n=[]), {}, "no row"),
    (table(a=["x"], m=[2]), {}, "'n' is missing"),
    (table(a=["x"], n=[2], suppressed=[False]), {}, "already"),
    (table(a=["x"], n=[2]), {"k": 1}, "whole number from 2"),
    (table(a=["x"], n=[2]), {"k": True}, "whole number from 2"),
    (table(a=["x"], n=[2]), {"k": 2.5}, "whole number from 2"),
    (table(a=["x"], n=[2]), {"by": "n"}, "different columns"),
    (table(a=["x"], n=[2]), {"by": []}, "different columns"),
    (table(a=[str(n) for n in range(6_000)], n=[9] * 6_000), {}, "can be judged"),
]


@pytest.mark.parametrize(("given", "asked", "said"), REFUSED)
def test_what_cannot_be_judged_is_refused(given: pd.DataFrame, asked: dict, said: str) -> None:
    with pytest.raises((SchemaError, ParameterError), match=said):
        fe.suppress(given, **{"counts": "n", "by": "a", **asked})


if __name__ == "__main__":
    import sys
    import time

    began = time.process_time()
    told = study(int(sys.argv[1]), int(sys.argv[2]))
    print(told.groupby("kind")[["small", "more", "filled", "small_2", "more_2"]].sum())
    print([fault for fault in told["faults"] if fault], time.process_time() - began)
