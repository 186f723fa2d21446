import json
from pathlib import Path

import pandas as pd
import pytest
import wechat_files as make

from fanecon.loaders.door import read
from fanecon.loaders.wechat import read_wechat
from fanecon.schema import ITEM_DAILY, ITEMS, FileError, check

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "wechat_backend"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.fix
    return caught.value


def told(reading):
    return " ".join((*reading.notes, *reading.lossy))


def expected(name):
    return json.loads((SAMPLES.parent / "expected.json").read_text(encoding="utf-8"))[f"wechat_backend/{name}"]


# The daily traffic table


HEADER = [
    *("", "日期", "渠道", "阅读人数", "", "日期", "分享人数", "跳转阅读原文人数", "微信收藏人数", "发表篇数", ""),
    *("传播渠道", "发表日期", "内容标题", "阅读人数", "阅读人数占比"),
]
FIRST = ["", "2026-09-01", "全部", 100, "", "2026-09-01", 5, 2, 1, 0, "", "全部", "20260901", "春", 80, 1]
SECOND = ["", "2026-09-01", "朋友圈", 40, "", "2026-09-02", 6, 0, 1, 1, "", "朋友圈", "20260901", "春", 40, 0.5]
THIRD = ["", "2026-09-02", "全部", 70]


def traffic(path, *rows, write=make.xls):
    return write(path, [["", "数据趋势概况"], HEADER, [], *rows])


def changed(row, **cells):
    places = {
        "date": 1,
        "channel": 2,
        "readers": 3,
        "sharers": 6,
        "published": 12,
        "title": 13,
        "people": 14,
        "part": 15,
    }
    made = list(row)
    for name, value in cells.items():
        made[places[name]] = value
    return made


@pytest.mark.parametrize("write", [make.xls, make.xlsx, make.text])
def test_three_tables_side_by_side_become_days_and_articles(tmp_path, write):
    reading = read(traffic(tmp_path / "a", FIRST, SECOND, THIRD, write=write))
    days = check(reading["item_daily"], ITEM_DAILY)
    assert days[["channel", "readers"]].to_numpy().tolist() == [["all", 100], ["moments", 40], ["all", 70]]
    assert days["sharers"].tolist() == [5, pd.NA, 6]
    assert days["savers"].tolist() == [1, pd.NA, 1]
    assert not days["cumulative"].any()
    extra = json.loads(days["extra"][0])
    assert {name: int(value) for name, value in extra.items()} == {"跳转阅读原文人数": 2, "发表篇数": 0}
    item = check(reading["items"], ITEMS).iloc[0]
    assert item[["title", "readers", "window_days"]].tolist() == ["春", 80, 2]
    assert json.loads(item["extra"]) == {"readers by channel": {"moments": 40}}
    assert (reading.rows_read, reading.rows_rejected) == (7, 0)


def test_read_wechat_hands_out_either_table(tmp_path):
    path = traffic(tmp_path / "a.xls", FIRST, SECOND)
    assert read_wechat(path)["item_id"].unique().tolist() == ["account"]
    assert read_wechat(path, table="items", account_id="shop")["account_id"].tolist() == ["shop"]


def test_an_article_from_before_the_period_has_no_window(tmp_path):
    row = changed(FIRST, published="20260801")
    assert read(traffic(tmp_path / "a.xls", row))["items"]["window_days"].isna().all()


def test_the_old_single_table_is_read_too(tmp_path):
    header = [
        "日期",
        "阅读次数",
        "阅读人数",
        "分享次数",
        "分享人数",
        "阅读原文次数",
        "收藏次数",
        "收藏人数",
        "群发篇数",
        "渠道",
    ]
    rows = [
        header,
        ["2023-09-01", 150, 100, 7, 5, 1, 2, 2, 1, "全部"],
        ["2023-09-01", 50, 40, 0, 0, 0, 0, 0, 0, "好友转发"],
    ]
    reading = read(make.xls(tmp_path / "a.xls", [*rows, ["合计", 200, 140, 7, 5, 1, 2, 2, 1, ""]]))
    frame = reading.main
    assert frame[["channel", "reads", "readers", "shares", "saves", "savers"]].to_numpy().tolist() == [
        ["all", 150, 100, 7, 2, 2],
        ["friends", 50, 40, 0, 0, 0],
    ]
    assert "Rows left out: 1 total." in told(reading)


def test_all_broken_cells_of_the_three_tables_are_named_at_once(tmp_path):
    broken = changed(SECOND, date="2026-09-40", readers="x", sharers=-1, people="?", part="50%x")
    path = traffic(tmp_path / "a.xls", FIRST, broken)
    assert {(place.row, place.value) for place in refusal(path).places} == {
        *((5, "2026-09-40"), (5, "x"), (5, "-1"), (5, "?"), (5, "50%x")),
    }
    kept = read(path, problems="collect")
    assert kept.main["channel"].tolist() == ["all"]
    assert set(kept.problems["row"]) == {5}


def test_a_day_and_channel_that_stands_twice_is_refused_with_its_row(tmp_path):
    error = refusal(traffic(tmp_path / "a.xls", FIRST, changed(THIRD, date="2026-09-01")))
    assert [place.row for place in error.places] == [5]


def test_floors_and_rounded_numbers_keep_their_doubts(tmp_path):
    row = changed(FIRST, readers="10万+", people="10万+", sharers="1.2万")
    reading = read(traffic(tmp_path / "a.xls", row))
    assert "1 row has sharers rounded" in told(reading)
    assert reading["item_daily"]["lower_bound"].tolist() == ["readers"]
    assert reading["items"]["lower_bound"].tolist() == ["readers"]


def test_a_total_below_its_channel_and_a_share_that_is_not_its_parts_are_noted(tmp_path):
    reading = read(traffic(tmp_path / "a.xls", changed(FIRST, readers=10), changed(SECOND, part=0.9)))
    assert "One channel has more readers than all together on 2026-09-01" in told(reading)
    assert "阅读人数占比 is not 阅读人数 ÷ 全部 in row 5" in told(reading)


def test_a_traffic_table_without_days_is_refused(tmp_path):
    assert "no day in it" in str(refusal(traffic(tmp_path / "a.xls")))


# The page of a single article


DAYS = [
    ["", "2026-09-03", "全部", 90, 100, 9, 10],
    ["", "2026-09-03", "朋友圈", 30, 31, 1, 2],
    ["", "2026-09-04", "全部", 9, 10, 1, 1],
]
TIMES = {
    "阅读（次）": 110,
    "平均停留时长（秒）": 83,
    "完读率": "54.12%",
    "分享（次）": 11,
    "在看(次)": 4,
    "赞赏（分）": 1200,
}
PEOPLE = {"阅读（人）": 95, "平均停留时长(秒)": 83, "分享（人）": 10, "收藏（人）": 5, "互动率": "10.9%"}


def page(path, overview=TIMES, days=DAYS, conversion=None, write=make.xls, more=()):
    conversion = conversion or {"送达人数": 48050, "公众号消息阅读次数": 60}
    rows = [
        *([["", "春天"], [], ["", "数据概况"], ["", *overview], ["", *overview.values()], *more, []]),
        *([["", "阅读转化"], ["", *conversion], ["", *conversion.values()], []]),
        *([["", "数据趋势明细"], ["", "日期", "传播渠道", "阅读人数", "阅读次数", "分享人数", "分享次数"], *days, []]),
        *([["", "年龄分布"], ["", "年龄", "阅读用户占比"], ["", "18-25", "21%"], ["", "60岁以上", "4%"]]),
    ]
    return write(path, rows)


@pytest.mark.parametrize("write", [make.xls, make.xlsx, make.text])
def test_the_version_of_times_counts_times(tmp_path, write):
    reading = read(page(tmp_path / "a", write=write))
    row = check(reading["items"], ITEMS).iloc[0]
    assert row[["title", "reads", "shares", "looks", "delivered", "session_reads"]].tolist() == [
        *("春天", 110, 11, 4, 48050, 60),
    ]
    assert row[["readers", "sharers"]].isna().all()
    assert row[["finish_rate", "avg_seconds", "revenue_minor", "currency"]].tolist() == [0.5412, 83.0, 1200, "CNY"]
    assert row["source_format"] == "wechat_article_detail_times"
    assert json.loads(row["extra"])["年龄分布 (阅读用户占比)"] == {"18-25": "21%", "60岁以上": "4%"}
    days = check(reading["item_daily"], ITEM_DAILY)
    assert days["channel"].tolist() == ["all", "moments", "all"]
    assert days["reads"].tolist() == [100, 31, 10]
    assert not days["cumulative"].any()
    assert set(days["item_id"]) == {row["item_id"]}


def test_the_version_of_people_counts_people(tmp_path):
    reading = read(page(tmp_path / "a.xls", PEOPLE))
    row = reading["items"].iloc[0]
    assert row[["readers", "sharers", "savers"]].tolist() == [95, 10, 5]
    assert row[["reads", "shares", "saves"]].isna().all()
    assert row["source_format"] == "wechat_article_detail_people"
    assert json.loads(row["extra"])["互动率"] == "10.9%"


def test_the_day_of_publication_is_assumed_and_the_id_is_that_of_the_list(tmp_path):
    reading = read(page(tmp_path / "a.xls"))
    row = reading["items"].iloc[0]
    assert (row["published_date"], row["window_days"]) == (pd.Timestamp("2026-09-03"), 2)
    assert "assumed to be the first day of the trend, 2026-09-03" in told(reading)
    listed = make.xls(tmp_path / "b.xls", [make.HEADER_16, make.row_16("春天", 20260903, "")])
    assert read_wechat(listed)["item_id"].tolist() == [row["item_id"]]


def test_days_that_do_not_add_up_to_the_overview_are_noted(tmp_path):
    assert "The days have" not in told(read(page(tmp_path / "a.xls")))
    assert "The days have 110 reads, the overview 111" in told(
        read(page(tmp_path / "b.xls", {**TIMES, "阅读（次）": 111}))
    )


def test_money_may_be_in_yuan_and_a_count_a_floor(tmp_path):
    row = read(page(tmp_path / "a.xls", {"阅读（人）": "10万+", "赞赏（元）": "12.5", "分享（人）": 3}))["items"].iloc[
        0
    ]
    assert row[["readers", "lower_bound", "revenue_minor"]].tolist() == [100_000, "readers", 1250]


def test_what_is_broken_on_the_page_is_named(tmp_path):
    days = [
        ["", "昨天", "全部", 1, 2, 3, 4],
        ["", "2026-09-03", "", 1, 2, 3, 4],
        ["", "2026-09-03", "全部", "x", 2, 3, 4],
    ]
    error = refusal(page(tmp_path / "a.xls", {**TIMES, "完读率": "many"}, days))
    assert [(place.row, place.value) for place in error.places] == [(5, "many"), (13, "昨天"), (14, ""), (15, "x")]
    twice = page(tmp_path / "b.xls", more=[["", 1, 2, "3%"]])
    assert [place.row for place in refusal(twice).places] == [6]
    assert read(twice, problems="collect")["items"]["reads"].tolist() == [110]
    assert "has no days" in str(refusal(page(tmp_path / "c.xls", days=[])))


# Lists, one or several


def test_a_list_is_read_by_the_door_too_and_its_broken_rows_may_be_left_out(tmp_path):
    rows = [make.HEADER_16, make.row_16(总阅读人数="abc"), make.row_16("b", url=make.link(101))]
    path = make.xls(tmp_path / "a.xls", rows)
    assert [place.row for place in refusal(path).places] == [2]
    reading = read(path, problems="collect")
    assert reading["items"]["item_id"].tolist() == ["101_1"]
    assert (reading.rows_read, reading.rows_rejected) == (2, 1)
    assert reading.format == "wechat_backend_16"


def test_lists_of_two_months_are_one_table_unless_they_differ_on_an_article(tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    make.xls(folder / "a.xls", [make.HEADER_16, make.row_16(), make.row_16("b", url=make.link(101))])
    make.xls(folder / "b.xls", [make.HEADER_16, make.row_16(), make.row_16("c", url=make.link(102))])
    assert read(folder)["items"]["item_id"].tolist() == ["100_1", "101_1", "102_1"]
    make.xls(folder / "b.xls", [make.HEADER_16, make.row_16(总阅读人数=95)])
    assert "readers" in str(refusal(folder))


def test_a_follower_table_is_read_by_the_door_too(tmp_path):
    rows = [make.HEADER_FOLLOWERS, ["2026-09-01", 5, 1, 4, 100], ["2026-09-02", -5, 1, 4, 100]]
    reading = read(make.page(tmp_path / "a.xls", rows), problems="collect")
    assert reading["accounts_daily"]["followers_new"].tolist() == [5]
    assert reading.problems["row"].tolist() == [4]


# The page of what was published


def sending(*articles, at=1788403200, total=48050):
    info = {
        "sent_info": {"time": at},
        "sent_status": {"total": total, "succ": total - 50},
        "appmsg_info": list(articles),
    }
    return {"publish_type": 101, "publish_info": escaped(info)}


def escaped(value):
    return json.dumps(value, ensure_ascii=False).replace("&", "&amp;").replace('"', "&quot;")


def article(mid=2247, at=1, **changed):
    url = f"http://mp.weixin.qq.com/s?__biz={make.BIZ}&mid={mid}&idx={at}"
    counts = {"read_num": 2310, "like_num": 40, "old_like_num": 77, "comment_num": 9, "share_num": 133}
    return {"appmsgid": mid, "itemidx": at, "title": 'A "B" & C', "content_url": url, **counts, **changed}


def saved(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_json_within_an_escaped_json_is_read(tmp_path):
    whole = {"publish_list": [sending(article(), article(at=2, read_num=100001))]}
    for name, answer in (("a", whole), ("b", {"base_resp": {"ret": 0}, "publish_page": json.dumps(whole)})):
        frame = check(read(saved(tmp_path / f"{name}.json", answer))["items"], ITEMS)
        assert frame["item_id"].tolist() == ["2247_1", "2247_2"]
        assert frame["title"].tolist() == ['A "B" & C'] * 2
        assert frame.iloc[0][["reads", "likes", "looks", "comments", "shares", "delivered"]].tolist() == [
            *(2310, 77, 40, 9, 133, 48050),
        ]
        assert frame["published_at"][0] == pd.Timestamp("2026-09-03 02:40", tz="UTC")
        assert frame["lower_bound"].tolist() == [pd.NA, "reads"]
        assert frame["account_id"].tolist() == [make.BIZ] * 2
        assert frame["readers"].isna().all()


def test_a_sending_that_cannot_be_read_is_named_and_an_empty_one_counted(tmp_path):
    broken = {"publish_type": 101, "publish_info": "{&quot;oops"}
    path = saved(tmp_path / "a.json", {"publish_list": [broken, sending(article()), {"publish_info": ""}]})
    assert (2, "publish_info") in {(place.row, place.column) for place in refusal(path).places}
    reading = read(path, problems="collect")
    assert reading["items"]["item_id"].tolist() == ["2247_1"]
    assert "1 without publish_info" in told(reading)
    assert "holds no article" in str(refusal(saved(tmp_path / "b.json", {"publish_list": []})))


def test_before_december_2018_the_two_kinds_of_likes_were_swapped(tmp_path):
    path = saved(tmp_path / "a.json", {"publish_list": [sending(article(), at=1500000000)]})
    assert "their likes are in looks" in told(read(path))


# The samples beside the repository


@needs_samples
def test_the_sample_traffic_has_the_stated_blocks_and_totals():
    stated = expected("tendency_20260901_20260905.xls")
    reading = read(SAMPLES / "tendency_20260901_20260905.xls")
    assert reading.rows_read == sum(stated["block_rows"])
    days = reading["item_daily"]
    assert len(days) == stated["block_rows"][0]
    assert days["sharers"].notna().sum() == stated["block_rows"][1]
    whole = days[days["channel"] == "all"].set_index("stat_date")["readers"]
    assert {f"{on:%Y-%m-%d}": people for on, people in whole.items()} == stated["readers_all"]
    assert "is not 阅读人数" not in told(reading)
    item = reading["items"].iloc[0]
    assert len(json.loads(item["extra"])["readers by channel"]) == stated["block_rows"][2] - 1


@needs_samples
def test_the_two_sample_pages_of_one_article_keep_their_units():
    times = read(SAMPLES / "article_detail_count_version.xls")["items"].iloc[0]
    people = read(SAMPLES / "article_detail_person_version.xls")["items"].iloc[0]
    assert times[["reads", "shares", "looks", "likes", "revenue_minor"]].tolist() == [2310, 133, 40, 77, 1200]
    assert times[["readers", "sharers"]].isna().all()
    assert people[["readers", "sharers", "savers", "looks", "likes"]].tolist() == [1875, 110, 25, 38, 71]
    assert people[["reads", "shares"]].isna().all()
    assert times["item_id"] == people["item_id"]
    assert times["finish_rate"] == people["finish_rate"] == 0.5412


@needs_samples
def test_the_sample_lists_and_followers_are_read_by_the_door():
    stated = expected("total_2026_9col.xls")
    for name in ("total_1785513600_1788105600_16col.xls", "total_2026_9col.xls", "total_16col_resaved_gb18030.csv"):
        frame = read(SAMPLES / name)["items"]
        assert (len(frame), frame["readers"].sum()) == (stated["rows"], stated["readers"])
    followers, told_ = read(SAMPLES / "user_analysis.xls"), expected("user_analysis.xls")
    assert (followers.rows_read, len(followers.main)) == (told_["rows"], told_["data_rows"])
    assert (followers.main["followers_new"].sum(), followers.main["followers_lost"].sum()) == (
        told_["new"],
        told_["lost"],
    )
    assert followers.main["followers_total"].iloc[-1] == told_["last_total"]


@needs_samples
def test_the_sample_page_of_sendings_holds_four_articles():
    frame = read(SAMPLES / "publish_page.json")["items"]
    assert frame["item_id"].tolist() == ["2247490091_1", "2247490091_2", "2247490092_1", "2247490092_2"]
    assert frame["title"][0] == "开卷｜九月书单&后记"
    assert (frame["delivered"][0], frame["likes"][0], frame["looks"][0]) == (48050, 77, 40)
