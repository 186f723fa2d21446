import os
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.cascade import check_cascades
from fanecon.loaders.cascade_rows import rooted
from fanecon.loaders.door import read
from fanecon.loaders.extracts import EXTRACTS
from fanecon.schema import CASCADE_NODES, ITEMS, FileError, check

DATA = Path(os.environ.get("FANECON_DATA") or Path(__file__).parents[2] / "shared" / "data")
LARGE = ("ced_reposts", "weibo_hot_episodes")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public extracts lie beside the repository: FANECON_DATA")


def test_an_extract_is_known_by_all_its_columns_in_their_order(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("dt,followers\n0,100\n5,3\n")
    got = read(path)
    assert got.format == "twitter_seismic_cascade"
    assert got.main["seconds"].tolist() == [0, 5]
    path.write_text("followers,dt\n0,100\n5,3\n")
    with pytest.raises(FileError, match="No known format"):
        read(path)


def test_a_cell_that_is_no_number_is_placed_and_can_be_left_out(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("dt,followers\n0,100\nsoon,3\n9,4\n")
    with pytest.raises(FileError) as caught:
        read(path)
    assert [(place.row, place.column, place.value) for place in caught.value.places] == [(3, "dt", "soon")]
    assert read(path, problems="collect").main["seconds"].tolist() == [0, 9]


def test_a_parquet_and_a_csv_of_one_extract_give_the_same(tmp_path):
    rows = {"cascade_id": [2, 2], "event_id": [1, 2], "parent_id": [0, 1], "user": [7, 8], "dt": [-3, 9]}
    frame = pd.DataFrame({**rows, "text_len": [0, 4], "n_mentions": [0, 1]})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv.gz", index=False)
    one, two = read(tmp_path / "a.parquet").main, read(tmp_path / "a.csv.gz").main
    pd.testing.assert_frame_equal(one, two)
    check(one, CASCADE_NODES)
    assert one["depth"].tolist() == [0, 1, 2]
    assert check_cascades(one)["value"].tolist() == ["3 s"]


def test_of_a_parent_who_posted_twice_the_post_a_step_above_is_meant(tmp_path):
    path = tmp_path / "a.csv"
    rows = [
        "0,1464739201,1,,0,0",
        "0,1464739201,2,1,1,5",
        "0,1464739201,3,1,1,6",
        "0,1464739201,2,3,2,7",
        "0,1464739201,4,2,3,9",
    ]
    path.write_text("\n".join(["cascade,pub,user,parent,depth,dt", *rows]))
    got = read(path).main
    assert got["node_id"].tolist() == ["1", "2", "3", "2#2", "4"]
    assert got["parent_id"].iloc[4] == "2#2"
    assert got["depth"].tolist() == [0, 1, 1, 2, 3]


@needs_data
@pytest.mark.parametrize("extract", [one for one in EXTRACTS if one.name not in LARGE], ids=lambda one: one.name)
def test_every_extract_of_weibo_and_cascades_is_read(extract):
    path = next(DATA.glob(f"{extract.name}.*"))
    got = read(path)
    assert got.format == extract.name
    assert len(got.main) >= got.rows_read
    if extract.table:
        check(got.main, extract.table)


@needs_data
def test_half_of_ced_has_the_depths_of_the_whole():
    nodes = read(DATA / "ced_reposts.parquet").main
    reposts = nodes[nodes["kind"] != "root"]
    assert len(reposts) == 614_938
    assert nodes["cascade_id"].nunique() == 1_642
    share = reposts["depth"].value_counts(normalize=True)
    assert [round(100 * share[depth], 1) for depth in (1, 2, 3)] == pytest.approx([61.6, 22.6, 7.6], abs=0.5)
    assert reposts["depth"].notna().all()
    assert (reposts["seconds"] < 0).sum() == 1

    items = read(DATA / "ced_originals.parquet")["items"]
    check(items, ITEMS)
    assert len(items) == 1_642
    whole = rooted(nodes, items)
    assert whole["time"].notna().all()
    found = check_cascades(whole)["problem"].value_counts().to_dict()
    assert found == {"it declares another number of reposts": 1_621, "it is older than its parent": 10}


@needs_data
def test_the_board_has_its_stays():
    got = read(DATA / "weibo_hot_episodes.parquet")
    assert len(got.main) == 476_683
    assert list(got.tables) == ["weibo_hot_episodes"]


@needs_data
def test_the_depths_of_the_paths_are_those_of_the_source():
    source = pd.read_csv(DATA / "weibo_deephawkes_sample.csv.gz")
    got = read(DATA / "weibo_deephawkes_sample.csv.gz").main
    known = got["depth"].notna()
    assert got.loc[known, "depth"].tolist() == source.loc[known, "depth"].tolist()
    assert check_cascades(got)["problem"].tolist() == ["its chain of parents is a loop"], "one who reposts oneself"
    assert known.sum() == len(got) - 1
