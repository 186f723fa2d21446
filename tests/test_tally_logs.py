"""Logs as they come: files, globs, frames and tables; ids that keep their zeros and digits, times that are times."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

import fanecon as fe

FileError, SchemaError, ParameterError = fe.schema.FileError, fe.schema.SchemaError, fe.schema.ParameterError
HEAD = "actor_id,item_id,action,time,campaign_id,amount_minor\n"
TWO = pd.DataFrame({"actor_id": [1, 2], "time": pd.to_datetime(["2020-01-01", "2020-01-02"], utc=True)})


def csv(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def parquet(folder: Path, frame: pd.DataFrame, name: str = "log.parquet") -> Path:
    frame.to_parquet(folder / name)
    return folder / name


def habits(source: object) -> dict[str, list[object]]:
    return fe.tally.account_habits(source).to_dict("list")


# --- CSV ---


def test_ids_keep_their_leading_zeros_and_empty_cells_are_missing(tmp_path: Path) -> None:
    text = HEAD + '007,a,open,2020-01-01,,12\n7,"",open,2020-01-01T10:00+08:00,"",\n,x,open,2020-01-01,,\n'
    found = fe.tally.account_habits(csv(tmp_path, text))
    assert found["actor_id"].tolist() == ["007", "7"]
    assert found["campaign_events"].tolist() == [0, 0]
    assert found["one_item"].tolist() == [True, False]
    assert found["first_at"].dt.hour.tolist() == [0, 2]
    assert found.attrs["notes"] == ("1 row names no actor_id (the account that acted) and is left out.",)
    assert found.attrs["log_rows"] == 3


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_any_mark_between_cells_and_a_byte_order_mark_are_read(tmp_path: Path, mark: str, encoding: str) -> None:
    text = HEAD + "张三,a,open,2020-01-01,,\n李四,a,open,2020-01-01,,\n"
    assert habits(csv(tmp_path, text.replace(",", mark).encode(encoding)))["actor_id"] == ["张三", "李四"]


def test_a_cell_may_hold_quotes_commas_and_lines(tmp_path: Path) -> None:
    assert habits(csv(tmp_path, HEAD + '"O""Hara,\n\'x",a,open,2020-01-01,,\n'))["actor_id"] == ["O\"Hara,\n'x"]


def test_a_file_with_a_header_only_is_an_empty_log(tmp_path: Path) -> None:
    found = fe.tally.account_habits(csv(tmp_path, HEAD))
    assert found.empty
    assert found.columns[:4].tolist() == ["actor_id", "events", "first_at", "last_at"]


def test_columns_may_stand_in_another_order_in_each_file(tmp_path: Path) -> None:
    csv(tmp_path, "actor_id,time\na,2020-01-01\n", "1.csv")
    csv(tmp_path, "time,actor_id\n2020-01-02,b\n", "2.csv")
    assert habits(str(tmp_path / "*.csv"))["actor_id"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "张三,a,open,2020-01-01,,\n", "cannot be read as CSV: .*not utf-8 encoded.*Read it with fe.read"),
        (HEAD + "7,a,open,2020-01-01,,\n1,2\n", "do not all have the same number of cells"),
    ],
)
def test_a_csv_file_that_cannot_be_told_is_one_error(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileError, match=said) as raised:
        fe.tally.account_habits(csv(tmp_path, text.encode("gb18030")))
    assert raised.value.__suppress_context__
    assert "LINE 1" not in str(raised.value)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("noon", "'noon', which is no time"),
        ("1577836800", r"'1577836800', which is no time. .*as_timestamp\('s'\)"),
        ("2020-13-01", "'2020-13-01', which is no time"),
    ],
)
def test_text_that_is_no_time_is_named(tmp_path: Path, cell: str, said: str) -> None:
    with pytest.raises(SchemaError, match=f"Column 'time' holds {said}"):
        fe.tally.account_gaps(csv(tmp_path, HEAD + f"a,x,open,2020-01-01,,\na,x,open,{cell},,\n"))


def test_seconds_are_read_as_the_error_says(tmp_path: Path) -> None:
    log = fe.tally.open_log(csv(tmp_path, HEAD + "7,a,open,1577836800,,\n"))
    found = fe.tally.account_habits(log.mutate(time=log.time.cast("int64").as_timestamp("s")))
    assert found["first_at"].tolist() == [pd.Timestamp("2020-01-01", tz="UTC")]


@pytest.mark.parametrize("cell", ["12.5", "twelve", "nan", "inf", "1e300"])
def test_an_amount_that_is_no_whole_number_is_named(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SchemaError, match=f"Column 'amount_minor' holds '{cell}', which is no whole number"):
        fe.tally.crowding(csv(tmp_path, HEAD + f"a,x,open,2020-01-01,,{cell}\n"), alike=0.1)


# --- Parquet ---


@pytest.mark.parametrize("content", [b"", b"hello", b"PAR1" + b"x" * 100 + b"PAR1"])
def test_a_file_that_is_not_parquet_is_one_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileError, match=r"log\.parquet: This cannot be read as Parquet: ") as raised:
        fe.tally.account_habits(csv(tmp_path, content, "log.parquet"))
    assert "LINE 1" not in str(raised.value)


@pytest.mark.parametrize("name", ["none.parquet", "*.parquet", "."])
def test_nothing_there_is_one_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="There is no such file"):
        fe.tally.account_habits(tmp_path / name)


@pytest.mark.parametrize("name", ["log.xlsx", "log"])
def test_a_file_of_another_kind_is_sent_to_the_loaders(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=r"Parquet or CSV, and this is neither. Read it with fe\.read"):
        fe.tally.account_habits(csv(tmp_path, "x", name))


def test_files_of_two_kinds_are_not_one_log(tmp_path: Path) -> None:
    parquet(tmp_path, TWO, "a.parquet")
    csv(tmp_path, HEAD, "a.csv")
    with pytest.raises(FileError, match="are of several kinds"):
        fe.tally.account_habits(str(tmp_path / "a.*"))


def test_a_folder_is_all_its_parquet_files_whatever_their_names(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    parquet(tmp_path / "day=1", TWO, "x[1].parquet")
    parquet(tmp_path, TWO, "O'Hara 张.parquet")
    assert habits(tmp_path)["events"] == [2, 2]
    assert habits(tmp_path / "day=1" / "x[1].parquet")["events"] == [1, 1]


def test_a_column_that_came_later_is_missing_in_the_files_before(tmp_path: Path) -> None:
    parquet(tmp_path, TWO, "1.parquet")
    parquet(tmp_path, TWO.assign(campaign_id="c"), "2.parquet")
    assert habits(tmp_path)["campaign_events"] == [1, 1]


def test_files_whose_times_are_of_two_kinds_are_one_error_with_the_file(tmp_path: Path) -> None:
    parquet(tmp_path, TWO, "1.parquet")
    parquet(tmp_path, TWO.assign(time=[1, 2]), "2.parquet")
    with pytest.raises(fe.schema.EngineError, match=r"2\.parquet.*column \"time\""):
        fe.tally.account_habits(tmp_path)


# --- columns and their types ---


def test_a_missing_column_is_told_with_what_to_type() -> None:
    with pytest.raises(SchemaError, match="Column 'time' is missing") as raised:
        fe.tally.account_gaps(pd.DataFrame({"actor_id": [1], "when": ["2020-01-01"]}))
    assert "Type fe.tally.open_log(log, columns={'time': 'when'})" in str(raised.value)


def test_columns_are_renamed_also_onto_names_that_are_taken() -> None:
    frame = TWO.assign(uid=["x", "y"], inviter_id=[2, 1])
    log = fe.tally.open_log(frame, columns={"actor_id": "uid", "inviter_id": "actor_id"})
    assert log.columns == ("inviter_id", "time", "actor_id")
    assert habits(log)["actor_id"] == ["x", "y"]


@pytest.mark.parametrize(
    ("columns", "kind", "said"),
    [
        ({"actor_id": "actor"}, SchemaError, "no column 'actor'.*Did you mean 'actor_id'"),
        ({"src": "actor_id", "dst": "actor_id"}, ParameterError, "gives actor_id two names"),
    ],
)
def test_columns_that_cannot_be_renamed_are_refused(columns: dict[str, str], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        fe.tally.open_log(TWO, columns=columns)


TIMES = {
    "nanoseconds": pd.Series(pd.to_datetime(["2020-01-01 00:00:00.123456789"])),
    "microseconds": pd.Series(pd.to_datetime(["2020-01-01 00:00:00.123456"])),
    "with a zone": pd.Series(pd.to_datetime(["2020-01-01 08:00:00.123456+08:00"])),
    "text": pd.Series(["2020-01-01T00:00:00.123456Z"]),
    "text of its zone": pd.Series(["2020-01-01 08:00:00.123456789+08:00"]),
    "objects": pd.Series([datetime.datetime(2020, 1, 1, 0, 0, 0, 123456, tzinfo=datetime.UTC)], dtype=object),
}


@pytest.mark.parametrize("name", TIMES)
def test_a_time_is_the_same_moment_in_every_form(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"actor_id": ["a"], "time": TIMES[name]})
    wanted = [pd.Timestamp("2020-01-01 00:00:00.123456", tz="UTC")]
    assert habits(frame)["first_at"] == wanted
    assert habits(parquet(tmp_path, frame))["first_at"] == wanted


def test_a_date_is_its_first_moment_in_utc(tmp_path: Path) -> None:
    frame = pd.DataFrame({"actor_id": ["a"], "time": [datetime.date(2020, 1, 1)]})
    assert habits(parquet(tmp_path, frame))["first_at"] == [pd.Timestamp("2020-01-01", tz="UTC")]


def test_times_in_numbers_are_refused_with_the_cure() -> None:
    with pytest.raises(SchemaError, match=r"Column 'time' is of type int64.*as_timestamp\('s'\)"):
        fe.tally.account_gaps(TWO.assign(time=[1, 2]))


IDS = {
    "int8": ([1, 2], "int8", [1, 2]),
    "uint64": ([1, 2**64 - 1], "uint64", [1, 2**64 - 1]),
    "Int64 with gaps": ([2**62 + 1, None], "Int64", [2**62 + 1]),
    "real with gaps": ([7.0, np.nan], "float64", [7]),
    "categories": (["b", "a"], "category", ["a", "b"]),
    "text of Arrow": (["007", None], "string[pyarrow]", ["007"]),
    "truth": ([True, False], "bool", [False, True]),
    "decimals": ([decimal.Decimal(5), decimal.Decimal(6)], object, [5, 6]),
    "large decimals": ([decimal.Decimal(10**19), None], object, [str(10**19)]),
}


@pytest.mark.parametrize("name", IDS)
def test_ids_of_any_type_come_home_whole(name: str) -> None:
    values, kind, wanted = IDS[name]
    frame = pd.DataFrame({"actor_id": pd.Series(values, dtype=kind), "item_id": "x"})
    assert fe.tally.lockstep_edges(frame, least_accounts=1)["actor_id"].tolist() == wanted


@pytest.mark.parametrize("value", [0.5, 2.0**53, -(2.0**60), float("inf")])
def test_real_numbers_that_cannot_be_ids_are_refused(value: float) -> None:
    with pytest.raises(
        SchemaError, match=r"Column 'actor_id' holds .*, which is a real number; digits of an id may be lost"
    ):
        fe.tally.contributions(pd.DataFrame({"actor_id": [1.0, value]}))


def test_ids_of_a_users_table_may_be_of_its_own_types() -> None:
    backend = ibis.duckdb.connect()
    backend.con.execute("""create table log as select * from (values
        ('00000000-0000-0000-0000-000000000001'::uuid, 1.0::double, 5::hugeint), (null, 'nan'::double, 6::hugeint)
    ) t(item_id, actor_id, campaign_id)""")
    found = fe.tally.lockstep_edges(backend.table("log"), least_accounts=1)
    assert found.to_numpy().tolist() == [[1, "00000000-0000-0000-0000-000000000001", 1]]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"actor_id": [1, "a"], "time": ["2020", "2020"]}, dtype=object), "values of several types"),
        (pd.concat([TWO, TWO], axis=1), "several columns named actor_id, time"),
        (TWO.rename(columns={"actor_id": 0}), "Column 'actor_id' is missing"),
        (pd.DataFrame(), "Column 'actor_id' is missing"),
    ],
)
def test_a_frame_that_is_no_table_is_one_error(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        fe.tally.account_gaps(frame)


@pytest.mark.parametrize("source", [None, 7, [1, 2], {"actor_id": [1]}])
def test_what_is_no_log_is_refused(source: object) -> None:
    with pytest.raises(SchemaError, match="A log is a frame, a path or an Ibis table"):
        fe.tally.account_gaps(source)  # type: ignore[arg-type]


EMPTY = pd.DataFrame(
    columns=["actor_id", "time", "action", "item_id", "campaign_id", "amount_minor", "ip", "inviter_id"]
)


@pytest.mark.parametrize(
    "name",
    [
        "account_habits", "account_gaps", "account_campaigns", "items", "contributions", "cohorts", "crowding",
        "account_links", "lockstep_edges", "lockstep_blocks",
    ],
)  # fmt: skip
def test_an_empty_log_gives_an_empty_table_with_its_columns(name: str) -> None:
    found = getattr(fe.tally, name)(EMPTY)
    assert found.empty
    assert len(found.columns) >= 2


def test_what_is_simulated_says_so_at_home() -> None:
    made = TWO.copy()
    made.attrs["synthetic"] = True
    assert fe.tally.account_gaps(made).attrs["synthetic"] is True
    assert "synthetic" not in fe.tally.account_gaps(TWO).attrs


def test_a_log_without_a_backend_is_tallied_by_the_usual_one() -> None:
    assert fe.tally.contributions(ibis.memtable(TWO)).to_numpy().tolist() == [[1, 2]]
