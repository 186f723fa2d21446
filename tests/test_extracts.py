import json
import os
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.cascade import check_cascades
from fanecon.loaders.cascade_rows import rooted
from fanecon.loaders.door import read
from fanecon.loaders.extracts import EXTRACTS
from fanecon.loaders.extracts_people import EXTRACTS as FURTHER
from fanecon.schema import CASCADE_NODES, ITEMS, FileError, check
from fanecon.tables import TABLES

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


# --- further extracts: those that a table fits, with what the public sources say of them, and those that none fits ---

ROWS = {
    "hop_accounts": 20_151,
    "hop_edges": 23_342,
    "hop_shared_counterparties": 29_174,
    "cdnow_transactions": 69_659,
    "care_conversations": 2_350,
    "youtube_channel_videos": 223,
    "youtube_channel_comments": 10_240,
    "facebook_brand_page_2014": 500,
    "launch_features": 138,
    "upworthy_daily_audience": 850,
}
REFUSED = ["hillstrom_email", "cdnow_sample_summary", "star_campaign_panel", "launch_star_windows"]
REFUSED += ["medium_author_monthly"]


def extract(name):
    return read(next(DATA.glob(f"{name}.*")))


@needs_data
@pytest.mark.parametrize(("name", "rows"), ROWS.items())
def test_a_further_extract_becomes_a_table_with_all_its_rows(name, rows):
    got = extract(name)
    assert got.format == name
    assert got.rows_read == rows
    assert got.main.attrs["table"] in TABLES
    check(got.main, TABLES[got.main.attrs["table"]])
    if name != "hop_edges":
        assert len(got.main) == rows
    if got.main["extra"].notna().any():
        assert all(isinstance(json.loads(one), dict) for one in got.main["extra"].dropna().head(2_000))


@needs_data
@pytest.mark.parametrize("name", REFUSED)
def test_an_extract_that_no_table_fits_is_refused_with_the_call_that_opens_it(name):
    path = next(DATA.glob(f"{name}.*"))
    with pytest.raises(FileError, match="no table of fanecon fits") as caught:
        read(path)
    call = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    assert caught.value.fix == f"Open it as it is: pandas.{call}('{path.name}')."


@needs_data
def test_every_extract_beside_the_repository_is_known():
    known = {one.name for one in (*EXTRACTS, *FURTHER)}
    assert {path.name.partition(".")[0] for path in DATA.iterdir()} - {"README"} == known


@needs_data
def test_the_ties_of_hop_are_those_of_the_source():
    accounts, edges = extract("hop_accounts").main, extract("hop_edges").main
    source = pd.read_parquet(DATA / "hop_edges.parquet")
    assert edges["weight"].sum() == source["n"].sum()
    assert len(edges) == len(source.drop_duplicates(["src", "dst"]))
    hunters = set(accounts.loc[accounts["status"] == "eliminated", "actor_id"])
    assert len(hunters) / len(accounts) == pytest.approx(0.33, abs=0.04), "the extract is a half, by component"
    both = source["src"].astype(str).isin(hunters).astype(int) + source["dst"].astype(str).isin(hunters)
    assert (both == 2).mean() == pytest.approx(0.709, abs=0.06)
    assert (both == 1).mean() == pytest.approx(0.032, abs=0.02)
    volumes = [json.loads(one)["volume_usd"] for one in accounts["extra"]]
    known = pd.read_parquet(DATA / "hop_accounts.parquet")["volume_usd"].astype("float64")
    assert volumes == known.tolist()


@needs_data
def test_half_of_the_buyers_of_cdnow_buy_once():
    events = extract("cdnow_transactions").main
    times = events[events["amount_minor"].notna()].groupby("actor_id").size()
    assert round(100 * (times == 1).mean(), 1) == pytest.approx(50.5, abs=0.5)
    assert events["amount_minor"].sum() / 100 == pytest.approx(2_500_315.5, abs=1)
    assert events["time"].min() == pd.Timestamp("1997-01-01", tz="UTC")


@needs_data
def test_the_first_answer_of_a_service_comes_after_two_hours_in_the_middle():
    events = extract("care_conversations").main
    asked = events[events["action"] == "message"].groupby("item_id")["time"].min()
    answered = events[events["action"] == "reply"].groupby("item_id")["time"].min()
    minutes = (answered - asked).dropna() / pd.Timedelta(minutes=1)
    assert minutes.median() == pytest.approx(119, abs=1)
    assert (minutes <= 60).mean() == pytest.approx(0.43, abs=0.01)
    assert (minutes <= 24 * 60).mean() == pytest.approx(0.83, abs=0.01)


@needs_data
def test_the_page_of_a_brand_reaches_ever_fewer_of_its_fans():
    items = extract("facebook_brand_page_2014").main
    told = pd.DataFrame(json.loads(one) for one in items["extra"])
    assert (told["page_likes"].min(), told["page_likes"].max()) == (81_370, 139_441)
    unpaid = told[told["paid"] == 0]
    share = unpaid["fan_reach"] / unpaid["page_likes"]
    first, last = share[unpaid["month"] <= 3].median(), share[unpaid["month"] >= 10].median()
    assert [round(100 * one, 2) for one in (first, last)] == [4.75, 1.48]


@needs_data
def test_launches_and_daily_users_have_the_means_that_are_told():
    told = pd.DataFrame(json.loads(one) for one in extract("launch_features").main["extra"])
    means = [told[name].mean() for name in ("delta_24h", "delta_48h", "delta_168h")]
    assert means == pytest.approx([121.1, 188.7, 288.5], abs=0.1)
    daily = extract("upworthy_daily_audience").main
    assert daily["readers"].max() > 4_700_000
    assert daily["reads"].isna().sum() == 304


@needs_data
def test_the_videos_of_a_channel_have_their_totals_and_comments_their_videos():
    items, comments = extract("youtube_channel_videos").main, extract("youtube_channel_comments").main
    assert items["reads"].sum() == 5_567_998
    assert (items["followers_gained"].sum(), items["followers_net"].sum()) == (130_970, 130_970 - 2_957)
    assert comments["item_id"].isna().sum() == 144
    writers = comments.groupby("actor_id").size().sort_values(ascending=False)
    tenth = writers.head(round(len(writers) / 10)).sum() / len(comments)
    assert tenth == pytest.approx(0.42, abs=0.02)
