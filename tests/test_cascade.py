import json
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.cascade import check_cascades, depths
from fanecon.loaders.cascade_rows import rooted
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.schema import CASCADE_NODES, ITEMS, FileError, SchemaError, check, shape

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "weibo"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")

STEM = "7_QAbC_1900"
START = 1378209600  # 2013-09-03 20:00 in Shanghai


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.fix
    return caught.value


def said(reading):
    return " ".join((*reading.notes, *reading.lossy))


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def tree(*nodes):
    """Nodes written short: `a<r` is a below r, `r` a root."""
    parts = [node.partition("<") for node in nodes]
    rows = [{"cascade_id": "c", "node_id": one, "parent_id": parent or None, "kind": "repost" if parent else "root"}
            for one, _, parent in parts]  # fmt: skip
    return shape(pd.DataFrame(rows), CASCADE_NODES)


# The tree


@pytest.mark.parametrize(
    ("nodes", "steps"),
    [
        (["r", "a<r", "b<r"], [0, 1, 1]),
        (["c<b", "b<a", "a<r", "r"], [3, 2, 1, 0]),
        (["r"], [0]),
        (["r", "s", "a<s"], [0, 0, 1]),
        (["r", "a<b", "b<a", "c<a"], [0, None, None, None]),
        (["r", "a<a"], [0, None]),
        (["r", "a<x", "b<a"], [0, None, None]),
    ],
)
def test_depth_is_the_steps_to_the_root_and_missing_where_none_is_reached(nodes, steps):
    got = [None if pd.isna(one) else int(one) for one in depths(tree(*nodes))]
    assert got == steps


def test_a_chain_of_a_hundred_thousand_is_climbed():
    names = ["0", *(f"{n}<{n - 1}" for n in range(1, 100_000))]
    assert depths(tree(*names)).tolist() == list(range(100_000))


def test_a_table_without_rows_has_no_depth_and_no_problem():
    empty = tree("r").iloc[:0]
    assert len(depths(empty)) == 0
    assert check_cascades(empty).empty
    assert list(check_cascades(empty).columns) == ["cascade_id", "node_id", "problem", "value"]


def test_a_clean_tree_has_no_problem():
    assert check_cascades(tree("r", "a<r", "b<a")).empty


@pytest.mark.parametrize(
    ("nodes", "problem", "named"),
    [
        (["r", "a<r", "a<r"], "the id stands in an earlier row", ["a"]),
        (["r", "a<x"], "the parent is not in the cascade", ["a"]),
        (["r", "a<b", "b<a", "c<b"], "its chain of parents is a loop", ["a", "b", "c"]),
        (["r", "s"], "the cascade has another root", ["s"]),
        (["a<x"], "the cascade has no root", ["a"]),
    ],
)
def test_what_speaks_against_a_tree_is_listed(nodes, problem, named):
    found = check_cascades(tree(*nodes))
    assert found.loc[found["problem"] == problem, "node_id"].tolist() == named


def test_a_repost_without_a_parent_is_no_second_root():
    nodes = tree("r", "a<r")
    nodes.loc[1, "parent_id"] = pd.NA
    assert check_cascades(nodes)["problem"].tolist() == ["the parent is not told"]


def test_a_child_before_its_parent_is_found_by_seconds_and_by_times():
    nodes = tree("r", "a<r", "b<a")
    nodes["seconds"] = [0.0, 9.0, 4.0]
    found = check_cascades(nodes)
    assert found[["node_id", "value"]].to_numpy().tolist() == [["b", "5 s"]]
    nodes["seconds"] = pd.array([pd.NA] * 3, dtype="Float64")
    nodes["time"] = pd.to_datetime([100, 109, 104], unit="s", utc=True)
    assert check_cascades(nodes)["value"].tolist() == ["5 s"]


def test_the_declared_size_is_compared_with_the_rows():
    nodes = tree("r", "a<r")
    nodes.loc[0, "extra"] = json.dumps({"declared_size": 4})
    assert check_cascades(nodes)["value"].tolist() == ["4 declared, 1 in the file"]
    nodes.loc[0, "extra"] = json.dumps({"declared_size": 1})
    assert check_cascades(nodes).empty


def test_the_same_id_in_two_cascades_is_two_nodes():
    both = pd.concat([tree("r", "a<r"), tree("r", "a<r").assign(cascade_id="d")], ignore_index=True)
    assert check_cascades(both).empty
    assert depths(both).tolist() == [0, 1, 0, 1]


def test_a_check_needs_the_ids():
    with pytest.raises(SchemaError, match="parent_id"):
        check_cascades(pd.DataFrame({"cascade_id": [], "node_id": []}))


# CED


def ced(folder, *rows, original=True, stem=STEM, **more):
    """A folder like the data set's, with one cascade."""
    for name in ("original-microblog", "rumor-repost", "non-rumor-repost"):
        (folder / name).mkdir(exist_ok=True, parents=True)
    (folder / "original-microblog" / "._.DS_Store").write_bytes(b"\x00\x05\x16\x07")
    (folder / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    (folder / "rumor-repost" / f"{stem}.json").write_text(json.dumps(rows), "utf-8")
    if original:
        post = {
            "multi": None,
            "has_url": False,
            "text": "x",
            "user": {"followers": 50},
            "time": START,
            "reposts": 3,
            "comments": 1,
            "likes": 0,
            "pics": 0,
        }
        (folder / "original-microblog" / f"{stem}.json").write_text(json.dumps({**post, **more}), "utf-8")
    return folder


def row(mid, parent="", date="2013-09-03 20:05:00", **more):
    return {"kids": [], "uid": "u" + str(mid), "parent": parent, "text": "", "mid": mid, "date": date, **more}


def test_a_ced_folder_gives_nodes_and_originals(tmp_path):
    got = read(ced(tmp_path, row("b", "a", "2013-09-03 20:09:00"), row("a")))
    nodes, item = got["cascade_nodes"], got["items"].iloc[0]
    check(nodes, CASCADE_NODES)
    check(got["items"], ITEMS)
    assert nodes["node_id"].tolist() == ["QAbC", "b", "a"]
    assert nodes["parent_id"].fillna("").tolist() == ["", "a", "QAbC"]
    assert nodes["depth"].tolist() == [0, 2, 1]
    assert nodes["seconds"].tolist() == [0, 540, 300]
    assert nodes["kind"].tolist() == ["root", "unknown", "unknown"]
    assert nodes["time"].iloc[2] == utc("2013-09-03 12:05")
    assert nodes["tz_source"].tolist() == ["given", "assumed", "assumed"]
    assert (nodes["actor_id"].iloc[0], nodes["followers"].iloc[0]) == ("1900", 50)
    assert json.loads(nodes["extra"].iloc[0]) == {"declared_size": 3, "rumor": True}
    assert (item["item_id"], item["account_id"], item["shares"], item["comments"]) == (STEM, "1900", 3, 1)
    assert item["published_date"] == pd.Timestamp("2013-09-03")
    assert "names of the files" in said(got)
    assert "assumed" in said(got)


def test_the_originals_time_may_be_an_english_text_and_its_user_empty(tmp_path):
    got = read(ced(tmp_path, row("a"), time="Tue Sep 03 20:00:00 +0800 2013", user="empty"))
    assert got.main["seconds"].tolist() == [0, 300]
    assert pd.isna(got.main["followers"].iloc[0])
    assert "without a user" in said(got)


def test_a_file_of_reposts_alone_has_depths_but_no_seconds(tmp_path):
    got = read(ced(tmp_path, row("b", "a"), row("a"), original=False) / "rumor-repost" / f"{STEM}.json")
    assert got.main["depth"].tolist() == [0, 2, 1]
    assert got.main["seconds"].isna().all()
    assert "without a file of the original" in said(got)
    assert list(got.tables) == ["cascade_nodes"]


def test_an_original_alone_is_an_item_and_a_root(tmp_path):
    got = read(ced(tmp_path, row("a")) / "original-microblog" / f"{STEM}.json")
    assert len(got["items"]) == 1
    assert got["cascade_nodes"]["kind"].tolist() == ["root"]


@pytest.mark.parametrize("mid", [1.5, True, ["a"], {"a": 1}, None, " "])
def test_an_id_that_is_no_text_is_complained_of(tmp_path, mid):
    assert refusal(ced(tmp_path, row("a"), {**row("b"), "mid": mid})).places[0].row == 3


def test_an_original_without_reposts_is_a_cascade_of_one(tmp_path):
    ced(tmp_path, row("a"))
    ced(tmp_path, stem="8_QX_1")
    (tmp_path / "rumor-repost" / "8_QX_1.json").unlink()
    ced(tmp_path, stem="9_QY_1")
    got = read(tmp_path)
    assert got.main["cascade_id"].value_counts().to_dict() == {STEM: 2, "8_QX_1": 1, "9_QY_1": 1}
    assert len(got["items"]) == 3


@pytest.mark.parametrize(
    ("below", "written", "year"),
    [
        ("2015-12-13 10:00:00", "01月22日 17:09", 2016),
        ("2013-09-03 21:00:00", "01月20日 15:10", 2014),
        ("2015-12-13 10:00:00", "02月29日 08:00", 2016),
        ("2015-12-31 23:00:00", "01-01 00:01", 2016),
    ],
)
def test_a_date_without_a_year_is_the_first_after_its_cascade_in_the_next_year(tmp_path, below, written, year):
    got = read(ced(tmp_path, row("b", date=written), row("a", date=below)))
    assert got.main["time"].iloc[1].tz_convert("Asia/Shanghai").year == year
    assert json.loads(got.main["extra"].iloc[1]) == {"date_as_written": written}
    assert "Dates without a year" in said(got)


def test_the_order_of_the_rows_does_not_change_a_year(tmp_path):
    rows = [row("a"), row("b", date="01月20日 15:10"), row("c", date="2013-09-03 20:01:00")]
    found = set()
    for number, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 0, 2])):
        nodes = read(ced(tmp_path / str(number), *(rows[at] for at in order))).main.set_index("node_id")
        found.add(nodes.at["b", "time"])
    assert found == {utc("2014-01-20 07:10")}


@pytest.mark.parametrize("written", ["11月20日 15:10", "02月29日 08:00"])
def test_a_date_whose_year_the_cascade_does_not_tell_is_refused(tmp_path, written):
    error = refusal(ced(tmp_path, row("b", date=written), row("a")))
    assert [(place.row, place.column, place.value) for place in error.places] == [(2, "date", written)]
    assert "does not tell" in error.problem
    assert read(tmp_path, problems="collect").main["node_id"].tolist() == ["QAbC", "a"]


def test_a_date_without_a_year_is_read_by_the_capture_where_that_is_known(tmp_path):
    got = read(ced(tmp_path, row("b", date="11月20日 15:10"), row("a")), ask=Ask(captured_at=utc("2016-03-01")))
    assert got.main["time"].iloc[1] == utc("2015-11-20 07:10")


def test_repeated_ids_unknown_parents_and_early_children_are_kept_in_sight(tmp_path):
    rows = [
        row("a", date="2013-09-03 21:00:00"),
        row("b", "a"),
        row("b", "a"),
        row("c", "gone"),
        row("d", date="2013-09-03 19:00:00"),
    ]
    got = read(ced(tmp_path, *rows))
    assert got.main["node_id"].tolist() == ["QAbC", "a", "b", "c", "d"]
    assert (got.rows_read, got.rows_rejected) == (6, 1)
    assert got.main["parent_id"].iloc[3] == "gone"
    assert pd.isna(got.main["depth"].iloc[3])
    assert got.main["seconds"].iloc[4] == -3600
    problems = check_cascades(got.main).set_index("node_id")["problem"].to_dict()
    assert problems["b"] == "it is older than its parent"
    assert problems["c"] == "the parent is not in the cascade"
    assert problems["d"] == "it is older than its parent"
    assert "repeat an id" in said(got)
    assert "the parent is not in the cascade (1 time)" in said(got)


def test_broken_rows_of_a_file_are_all_named_and_can_be_left_out(tmp_path):
    rows = [row(""), row("b", date="soon"), row("c", uid={"x": 1}), row("d"), row("e", text="\ud83d")]
    error = refusal(ced(tmp_path, *rows))
    assert error.file == f"rumor-repost/{STEM}.json"
    assert [(place.row, place.column) for place in error.places] == [(2, "mid"), (3, "date"), (4, "uid")]
    got = read(tmp_path, problems="collect")
    assert got.main["node_id"].tolist() == ["QAbC", "d", "e"]
    assert got.main["text"].iloc[2] == "?"
    assert len(got.problems) == 3


@pytest.mark.parametrize("broken", [{"time": "yesterday"}, {"time": None}, {"reposts": -1}, {"likes": "many"}])
def test_a_broken_original_is_named_by_its_own_file(tmp_path, broken):
    error = refusal(ced(tmp_path, row("a"), **broken))
    assert error.file == f"original-microblog/{STEM}.json"
    assert error.places[0].column in broken
    assert read(tmp_path, problems="collect").main["seconds"].isna().all()


def test_entries_that_are_no_objects_and_a_cut_file_are_refused(tmp_path):
    path = ced(tmp_path, row("a")) / "rumor-repost" / f"{STEM}.json"
    path.write_text(json.dumps([row("a"), 5]), "utf-8")
    assert "Entry 2" in refusal(tmp_path).problem
    path.write_text(json.dumps([row("a"), row("b")])[:-20], "utf-8")
    assert "not valid JSON" in refusal(tmp_path).problem


def test_a_readme_beside_the_folders_is_left_aside(tmp_path):
    (ced(tmp_path, row("a")) / "README.md").write_text('# 数据\n\n```\ntitle={"x"}\n```\n', "utf-8")
    assert "left aside: 1" in said(read(tmp_path))


# Paths


def lines(path, *rows, end="\n"):
    path.write_bytes(end.join(["\t".join(row) for row in rows]).encode() + end.encode())
    return path


def test_paths_give_parents_seconds_and_times(tmp_path):
    got = read(lines(tmp_path / "a.txt", ("1", "u", "1464710400", "4", "u:0 u/v:35 u/v/w:900 x:7")))
    nodes = got.main
    assert nodes["node_id"].tolist() == ["u", "v", "w", "x"]
    assert nodes["parent_id"].fillna("").tolist() == ["", "u", "v", ""]
    assert nodes["depth"].fillna(-1).tolist() == [0, 1, 2, -1]
    assert nodes["seconds"].tolist() == [0, 35, 900, 7]
    assert nodes["time"].iloc[1] == utc("2016-05-31 16:00:35")
    assert check_cascades(nodes)["problem"].tolist() == ["the parent is not told"]


def test_a_person_who_reposts_twice_is_two_nodes_and_the_path_says_which_is_meant(tmp_path):
    paths = "u:0 u/v:35 u/x:40 u/x/v:50 u/x/v/y:60 u/v/z:70 u/u:80 u/u/q:90"
    nodes = read(lines(tmp_path / "a.txt", ("1", "u", "1464710400", "8", paths))).main.set_index("node_id")
    assert nodes["parent_id"].dropna().to_dict() == {
        **{"v": "u", "x": "u", "v#2": "x", "y": "v#2", "z": "v"},
        **{"u#2": "u", "q": "u#2"},
    }
    assert nodes.at["v#2", "actor_id"] == "v"
    assert check_cascades(nodes.reset_index()).empty


def test_a_path_over_somebody_who_is_not_there_names_an_unknown_parent(tmp_path):
    nodes = read(lines(tmp_path / "a.txt", ("1", "u", "1464710400", "2", "u:0 u/v/w:9"))).main
    assert check_cascades(nodes)["problem"].tolist() == ["the parent is not in the cascade"]


def test_the_root_is_made_where_the_paths_leave_it_out_and_other_sizes_are_found(tmp_path):
    got = read(lines(tmp_path / "a.txt", ("1", "u", "1464710400", "5", "u/v:35 u/w:-4")))
    assert got.main["node_id"].tolist() == ["u", "v", "w"]
    assert got.main["seconds"].tolist() == [0, 35, -4]
    assert "5 declared, 2 in the file" in check_cascades(got.main)["value"].tolist()
    assert "before the post itself" in said(got)


def test_broken_lines_of_paths_are_all_named(tmp_path):
    good = ("1", "u", "1464710400", "2", "u:0 u/v:3")
    bad = [
        ("2", "u", "soon", "2", "u:0"),
        ("3", "u", "1464710400", "2", "u:0 uv3"),
        ("4", "u", "1464710400", "x", "u:0"),
    ]
    path = lines(tmp_path / "a.txt", *[(str(n), *good[1:]) for n in range(5, 8)], *bad, end="\r\n")
    error = refusal(path)
    assert [place.row for place in error.places] == [4, 5, 6]
    assert len(read(path, problems="collect").main) == 6


def test_a_cascade_in_two_lines_is_refused_and_a_line_of_a_megabyte_is_read(tmp_path):
    good = ("1", "u", "1464710400", "2", "u:0 u/v:3")
    assert "several lines" in refusal(lines(tmp_path / "a.txt", good, good)).problem
    long = " ".join(f"u/{n}:{n}" for n in range(60_000))
    assert len(read(lines(tmp_path / "b.txt", ("1", "u", "1464710400", "60000", long))).main) == 60_001


# Edges


def edge(parent, child):
    return f"{list(parent)!r}->{list(child)!r}"


ROOT, SOURCE = ("ROOT", "ROOT", "0.0"), ("7", "654", "0.0")


def test_edges_become_nodes_named_by_account_tweet_and_delay(tmp_path):
    again = edge(SOURCE, ("8", "654", "1.5"))
    found = [edge(ROOT, SOURCE), again, edge(("8", "654", "1.5"), ("8", "654", "-0.02")), again]
    path = tmp_path / "654.txt"
    path.write_text("\n".join(found))
    got = read(path)
    assert got.main["node_id"].tolist() == ["7:654:0.0", "8:654:1.5", "8:654:-0.02"]
    assert got.main["seconds"].tolist() == [0, 90, -1.2]
    assert got.main["depth"].tolist() == [0, 1, 2]
    assert got.main["cascade_id"].unique().tolist() == ["654"]
    assert got.main["time"].isna().all()
    assert "negative delay), kept as they are: 1" in said(got)
    assert (got.rows_read, got.rows_rejected) == (4, 1)


def test_a_second_parent_is_left_out_and_a_line_that_is_no_edge_refused(tmp_path):
    child = ("8", "654", "1.5")
    path = tmp_path / "a.txt"
    path.write_text("\n".join([edge(ROOT, SOURCE), edge(SOURCE, child), edge(("9", "1", "0.1"), child)]))
    got = read(path)
    assert got.main["parent_id"].iloc[1] == "7:654:0.0"
    assert "a second parent" in said(got)
    path.write_text("\n".join([edge(ROOT, SOURCE), "nonsense", edge(SOURCE, child)]))
    assert [place.row for place in refusal(path).places] == [2]
    assert len(read(path, problems="collect").main) == 2


def test_a_folder_of_trees_holds_a_cascade_per_file_and_labels_are_left_aside(tmp_path):
    for tweet in ("1", "2"):
        (tmp_path / f"{tweet}.txt").write_text(edge(ROOT, ("7", tweet, "0.0")))
    (tmp_path / "label.txt").write_text("true:1\nfalse:2\n")
    got = read(tmp_path)
    assert got.main["cascade_id"].tolist() == ["1", "2"]
    assert "left aside: 1" in said(got)


# Times


def test_seconds_and_followers_are_one_cascade_without_a_tree(tmp_path):
    path = tmp_path / "tweet.csv"
    path.write_text('"","relative_time_second","number_of_followers"\n"1",0,100\n"2",11,5\n"3",11,10万+\n')
    got = read(path)
    assert got.main["kind"].tolist() == ["root", "repost", "repost"]
    assert got.main["followers"].tolist() == [100, 5, 100_000]
    assert got.main["lower_bound"].iloc[2] == "followers"
    assert got.main["parent_id"].isna().all()
    assert got.main["depth"].fillna(-1).tolist() == [0, -1, -1]
    path.write_text("relative_time_second,number_of_followers\n0,100\n,5\n2,x\n")
    assert [place.row for place in refusal(path).places] == [3, 4]


def test_times_without_a_zone_give_seconds_and_only_a_named_zone_gives_instants(tmp_path):
    path = tmp_path / "Chengdu_out.csv"
    path.write_text("created_at\n2020-12-08 15:20:00\n2020-12-08 15:19:00\n2020-12-08 15:19:00\n")
    got = read(path)
    assert got.main["seconds"].tolist() == [60, 0, 0]
    assert got.main["time"].isna().all()
    assert set(got.main["time_precision"]) == {"min"}
    assert "3 posts share 2 different times" in said(got)
    assert "no zone" in said(got)
    known = read(path, ask=Ask(tz="Asia/Shanghai"))
    assert known.main["time"].iloc[0] == utc("2020-12-08 07:20")
    assert set(known.main["tz_source"]) == {"assumed"}
    assert set(got.main["cascade_id"]) == {"Chengdu_out"}


def test_a_given_zone_is_used_and_a_broken_time_is_placed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("created_at\nTue Dec 08 15:19:07 +0800 2020\n")
    assert read(path).main["time"].iloc[0] == utc("2020-12-08 07:19:07")
    path.write_text("created_at\n2020-12-08 15:19:00\n2020-13-08 15:19:00\n")
    assert [place.row for place in refusal(path).places] == [3]


# Originals from another table


def test_what_the_nodes_do_not_tell_is_taken_from_the_items():
    nodes = tree("c", "a<c")
    nodes["seconds"] = pd.array([0, 90], dtype="Float64")
    item = {"item_id": "c", "account_id": "me", "platform": "weibo", "published_at": utc("2020-01-01"), "shares": 7}
    items = shape(pd.DataFrame([{**item, "published_date": pd.Timestamp("2020-01-01"), "time_precision": "s"}]), ITEMS)
    got = check(rooted(nodes, items), CASCADE_NODES)
    assert got["actor_id"].fillna("").tolist() == ["me", ""]
    assert got["time"].tolist() == [utc("2020-01-01"), utc("2020-01-01 00:01:30")]
    assert json.loads(got["extra"].iloc[0]) == {"declared_size": 7}
    assert rooted(nodes, items.iloc[:0])["time"].isna().all()


# The samples


@needs_samples
def test_the_sample_of_ced_holds_its_facts():
    got = read(SAMPLES / "ced" / "rumor-repost" / "1_QAbCdEfGh_1900000004.json")
    reposts = got.main[got.main["kind"] != "root"]
    assert len(reposts) == 12
    assert (reposts["depth"] == 1).sum() == 7
    assert reposts["depth"].max() == 4
    assert reposts["extra"].notna().sum() == 1
    chain = got.main.set_index("node_id")["parent_id"]
    assert [chain["Axk09QrS"], chain["Axk07QrS"], chain["Axk04QrS"]] == ["Axk07QrS", "Axk04QrS", "Axk01QrS"]
    assert reposts.iloc[0]["time"] == utc("2014-01-20 07:10")


@needs_samples
def test_the_folder_of_the_sample_of_ced_is_read_with_its_flaws():
    got = read(SAMPLES / "ced")
    assert got.main.groupby("cascade_id").size().to_dict() == {
        "1_QAbCdEfGh_1900000004": 13,
        "2_QZzYyXxWw_1900000005": 3,
    }
    found = check_cascades(got.main)
    assert found.loc[found["problem"] == "the parent is not in the cascade", "value"].tolist() == ["Bmissing1"]
    assert sorted(found["value"]) == ["15 declared, 12 in the file", "4 declared, 2 in the file", "Bmissing1"]
    assert got["items"]["published_at"].tolist() == [utc("2012-10-22 09:39:50"), utc("2013-09-03 12:00")]


@needs_samples
def test_the_samples_of_paths_and_edges_hold_their_facts():
    paths = read(SAMPLES / "cascades_deephawkes.txt")
    assert paths.main.groupby("cascade_id").size().tolist() == [7] * 6
    assert check_cascades(paths.main).empty
    edges = read(SAMPLES / "tree_twitter16_like.txt")
    assert edges.main["depth"].tolist() == [0, 1, 1, 1, 1, 1, 2]
    assert edges.main["seconds"].min() == -1.2
