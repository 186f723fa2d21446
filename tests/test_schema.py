"""The tables and their refusals: what was found, what was needed, what to type next."""

import pandas as pd
import pytest

from fanecon import schema
from fanecon.schema import (
    ITEM_DAILY,
    ITEMS,
    TABLES,
    FaneconError,
    FileError,
    ParameterError,
    Place,
    RunError,
    SchemaError,
    check,
    closest,
    counting,
    floored,
    latest,
    need,
    shape,
    total,
)


def items(**columns) -> pd.DataFrame:
    base = {"item_id": ["a", "b"], "account_id": ["x", "x"], "platform": ["wechat"] * 2}
    return pd.DataFrame({**base, "published_date": ["2014-03-08", "2014-03-09"], **columns})


def test_every_refusal_is_one_family():
    for error in (SchemaError, FileError, ParameterError, RunError):
        assert issubclass(error, FaneconError)
    assert RunError("stopped").code == 5
    assert RunError("stopped", 7).code == 7


def test_people_and_times_are_told_apart_and_one_name_is_never_both():
    assert {counting(name) for name in ("readers", "sharers", "delivered", "followers_total", "savers")} == {"people"}
    assert {counting(name) for name in ("reads", "shares", "first_shares", "share_reads", "likes")} == {"times"}
    assert counting("title") is counting("finish_rate") is counting("no_such") is None
    units: dict[str, set[str]] = {}
    for table in TABLES.values():
        for name, column in table.columns.items():
            units.setdefault(name, set()).add(column.unit)
    assert {name: found for name, found in units.items() if len(found) > 1} == {}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_key_of_a_table_is_made_of_its_columns_and_a_row_is_described(table):
    assert set(table.key) <= set(table.columns)
    assert set(table.required) <= set(table.columns)
    assert set(table.key) & set(table.required)
    assert table.row


def test_a_missing_column_is_named_with_what_there_is_and_the_rename():
    with pytest.raises(SchemaError) as refusal:
        need(pd.DataFrame(columns=["article", "ages", "reads"]), "age", meaning="whole periods since publication")
    assert str(refusal.value) == (
        "Column 'age' is missing (whole periods since publication). The table has: article, ages, reads. "
        "Did you mean 'ages'? Rename it: .rename(columns={'ages': 'age'})."
    )


def test_several_missing_columns_an_empty_table_and_something_else_are_told_as_such():
    with pytest.raises(SchemaError, match=r"Columns 'reads', 'shares' are missing\. The table has: no columns\.$"):
        need(pd.DataFrame(), "reads", "shares")
    with pytest.raises(SchemaError, match=r"found list\. Read a file with fe\.read_wechat"):
        need([1, 2], "reads")
    need(pd.DataFrame(columns=["reads"]), "reads")


def test_the_nearest_word_is_offered_only_when_it_is_near():
    assert closest("reeds", ["reads", "shares"]) == "Did you mean 'reads'? "
    assert closest("zzz", ["reads", "shares"]) == ""


def test_a_shaped_table_has_the_columns_in_order_and_their_types():
    frame = items(reads=[130, None], readers=[100, 5])
    frame.attrs["synthetic"] = True
    found = shape(frame, ITEMS)
    assert list(found) == list(ITEMS.columns)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        name: str(pd.Series([], dtype=column.dtype).dtype) for name, column in ITEMS.columns.items()
    }
    assert found["reads"].tolist() == [130, pd.NA]
    assert found["shares"].isna().all()
    assert found["published_at"].isna().all()
    assert found.attrs == {"synthetic": True, "table": "items"}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"reeds": [1, 2]}, r"no column 'reeds'. Did you mean 'reads'\? Put it into 'extra' or drop it"),
        ({"reads": [1.5, 2]}, "Column 'reads' does not hold Int64 values"),
        ({"reads": ["many", "2"]}, "Column 'reads' does not hold Int64 values"),
        ({"published_date": ["someday", "2014-03-09"]}, "Column 'published_date' does not hold datetime64"),
        ({"published_at": pd.to_datetime(["2014-03-08 09:00"] * 2)}, "Column 'published_at' does not hold"),
        ({"notified": ["perhaps", "yes"]}, "Column 'notified' does not hold boolean"),
    ],
)
def test_a_frame_that_does_not_fit_its_table_is_refused(columns, words):
    with pytest.raises(SchemaError, match=words):
        shape(items(**columns), ITEMS)


def test_a_required_column_cannot_be_left_out():
    with pytest.raises(SchemaError, match=r"'published_date' is missing.*Did you mean 'published_day'"):
        shape(items().rename(columns={"published_date": "published_day"}), ITEMS)


def test_a_sound_table_comes_back_unchanged():
    frame = shape(items(reads=[0, 3]), ITEMS)
    assert check(frame, ITEMS) is frame


def test_every_broken_row_is_listed_with_its_value():
    frame = shape(items(item_id=["a", "a"], account_id=["x", None], reads=[-1, 5], sharers=[3, -2]), ITEMS)
    with pytest.raises(SchemaError) as refusal:
        check(frame, ITEMS)
    found = refusal.value.problems
    assert sorted(zip(found["row"], found["column"], strict=True)) == [
        (0, "reads"), (1, "account_id"), (1, "item_id"), (1, "sharers"),
    ]  # fmt: skip
    text = str(refusal.value)
    for words in ("Table 'items' (one row: one article", "row 0: a count cannot be negative (column 'reads', value -1)",
                  "row 1: this key stands in an earlier row", "row 1: a value is required"):  # fmt: skip
        assert words in text


def test_a_net_change_may_be_negative_and_other_counts_of_followers_may_not():
    row = {"account_id": "x", "platform": "wechat", "date": "2014-03-08", "source": "all"}
    fine = pd.DataFrame([{**row, "followers_net": -5}])
    assert len(check(fine, schema.ACCOUNTS_DAILY)) == 1
    with pytest.raises(SchemaError, match="followers_lost"):
        check(fine.assign(followers_lost=-1), schema.ACCOUNTS_DAILY)


def test_a_key_may_have_several_columns_and_lack_the_optional_ones():
    day = {"stat_date": "2014-03-08", "cumulative": True}
    rows = pd.DataFrame([{"item_id": i, "channel": c, **day} for i, c in (("a", "all"), ("a", "search"), ("b", "all"))])
    assert check(rows, ITEM_DAILY) is rows
    with pytest.raises(SchemaError, match=r"item_id\+stat_date\+channel"):
        check(pd.concat([rows, rows[:1]], ignore_index=True), ITEM_DAILY)


def test_more_than_fifty_findings_are_counted_but_not_all_told():
    many = pd.concat([items(reads=[-1, -1])] * 40, ignore_index=True)
    many["item_id"] = [f"a{i}" for i in range(80)]
    with pytest.raises(SchemaError, match="… and 30 more") as refusal:
        check(many, ITEMS)
    assert len(refusal.value.problems) == 80
    assert len(str(refusal.value).splitlines()) == 52


def test_a_sum_of_people_comes_with_its_doubt_and_a_sum_of_times_does_not():
    frame = items(readers=[100, 50], reads=[130, 70])
    assert total(frame, "readers") == (
        150, ("Readers are people counted once per row: who is in two rows counts twice.",),
    )  # fmt: skip
    assert total(frame, "reads") == (200, ())
    assert total(frame[:1], "readers") == (100, ())
    assert total(items(readers=pd.array([100, None], dtype="Int64")), "readers") == (100, ())
    with pytest.raises(SchemaError, match="'sharers' is missing"):
        total(frame, "sharers")


def test_a_place_is_told_in_the_words_of_the_users_program():
    assert str(Place(sheet="一", row=3, column="阅读", value="abc")) == "sheet '一', row 3, column '阅读', value 'abc'"
    assert str(Place(row=3)) == "row 3"
    assert str(Place()) == ""


def test_a_file_error_names_file_place_and_fix_and_lists_its_findings():
    one = FileError("a.xlsx", "no number", "Type a number.", at=[Place(sheet="s", row=2)])
    assert str(one) == "a.xlsx: no number (sheet 's', row 2). Type a number."
    assert str(FileError("a.xlsx", "empty", "Export again.")) == "a.xlsx: empty. Export again."
    many = FileError("a.csv", "no number", "Type a number.", at=[Place(row=n) for n in range(60)])
    lines = str(many).splitlines()
    assert len(lines) == 52
    assert lines[0] == "a.csv: no number. Type a number."
    assert lines[-1] == "  … and 10 more"
    assert len(many.problems) == 60
    assert many.problems.columns.tolist() == ["file", "sheet", "row", "column", "value", "reason", "problem", "fix"]


def test_places_that_are_wrong_in_different_ways_each_tell_their_reason():
    first = Place(row=2, column="reads", value="x", reason="not a number")
    alike = FileError("a.csv", "2 cells cannot be used: not a number (2)", "Correct it.", at=[first, first])
    assert str(alike).splitlines()[1] == "  row 2, column 'reads', value 'x'"
    other = Place(row=3, column="day", value="-", reason="no day")
    both = FileError("a.csv", "2 cells cannot be used", "Correct it.", at=[first, other, Place(row=4)])
    assert str(both).splitlines()[1:] == [
        "  row 2, column 'reads', value 'x': not a number",
        "  row 3, column 'day', value '-': no day",
        "  row 4",
    ]
    assert both.problems["reason"].tolist() == ["not a number", "no day", "2 cells cannot be used"]
    assert both.problems["fix"].tolist() == ["Correct it."] * 3


def test_a_schema_error_always_has_a_frame_of_problems():
    assert SchemaError("x").problems.empty


# --- what must not be added ---


def daily(cumulative: list[bool], days: list[str], channels: list[str]) -> pd.DataFrame:
    rows = {"item_id": "a", "stat_date": pd.to_datetime(days), "channel": channels, "cumulative": cumulative}
    return pd.DataFrame({**rows, "reads": range(1, len(days) + 1), "readers": range(1, len(days) + 1)})


def test_running_counts_are_never_added_over_days():
    running = daily([True, True], ["2026-09-01", "2026-09-02"], ["all", "all"])
    with pytest.raises(SchemaError, match=r"fe\.schema\.latest"):
        total(running, "reads")
    assert total(latest(running), "reads") == (2, ())


def test_running_and_daily_counts_are_never_added():
    mixed = daily([True, False], ["2026-09-01", "2026-09-02"], ["all", "all"])
    with pytest.raises(SchemaError, match="cannot be added"):
        total(mixed, "reads")


def test_a_total_is_never_added_to_its_parts():
    parts = daily([False, False], ["2026-09-01", "2026-09-01"], ["all", "session"])
    with pytest.raises(SchemaError, match="counts twice"):
        total(parts, "reads")
    followers = pd.DataFrame({"source": ["all", "search"], "followers_new": [3, 1]})
    with pytest.raises(SchemaError, match="counts twice"):
        total(followers, "followers_new")


def test_people_are_never_added_over_days_without_a_note():
    found, notes = total(daily([False, False], ["2026-09-01", "2026-09-02"], ["all", "all"]), "readers")
    assert found == 3
    assert "counts twice" in notes[0]


def test_a_floor_is_never_an_exact_number():
    frame = pd.DataFrame({"reads": [100_001, 5], "lower_bound": ["reads, likes", None]})
    assert floored(frame, "reads").tolist() == [True, False]
    assert floored(frame, "shares").tolist() == [False, False]
    found, notes = total(frame, "reads")
    assert found == 100_006
    assert "at least" in notes[0]
