import json
from pathlib import Path

import pandas as pd
import pytest
import wechat_files as make

from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.loaders.wechat import read_wechat
from fanecon.schema import EVENTS, ITEMS, FileError, check

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "wechat_thirdparty"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")


def saved(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.fix
    return caught.value


def told(reading):
    return " ".join((*reading.notes, *reading.lossy))


# Counters


def counters(**changed):
    stat = {"read_num": 500, "like_num": 24, "old_like_num": 60, "share_num": 33, "real_read_num": 0}
    return {"appmsgstat": {**stat, **changed}, "comment_count": 3}


def test_the_thumb_and_the_heart_are_not_swapped(tmp_path):
    row = check(read(saved(tmp_path / "a.json", counters()))["items"], ITEMS).iloc[0]
    assert row[["reads", "likes", "looks", "shares", "comments"]].tolist() == [500, 60, 24, 33, 3]
    assert row[["readers", "sharers", "delivered", "published_date", "lower_bound"]].isna().all()


def test_the_cap_is_a_floor_and_the_true_number_is_kept(tmp_path):
    reading = read(saved(tmp_path / "a.json", counters(read_num=100001, real_read_num=430727)))
    row = reading.main.iloc[0]
    assert row[["reads", "lower_bound"]].tolist() == [100001, "reads"]
    assert json.loads(row["extra"])["appmsgstat.real_read_num"] == 430727
    assert "several times that" in told(reading)


@pytest.mark.parametrize(
    ("more", "likes", "looks"),
    [
        ({}, 24, None),
        ({"timestamp": 1514972862}, 24, None),
        ({"publish_time": "2018-01-04 10:00:00"}, 24, None),
        ({"publish_time": "2026-06-05T08:30:00Z"}, None, 24),
        ({"timestamp": 1780000000}, None, 24),
    ],
)
def test_an_answer_of_the_time_before_the_heart_has_a_thumb_alone(tmp_path, more, likes, looks):
    answer = {**counters(), **more}
    del answer["appmsgstat"]["old_like_num"]
    reading = read(saved(tmp_path / "a.json", answer))
    row = reading.main.iloc[0]
    assert [None if pd.isna(one) else one for one in row[["likes", "looks"]]] == [likes, looks]
    assert ("taken for the thumb" in told(reading)) is (looks is None)


def test_an_answer_may_hold_some_of_the_counters_only(tmp_path):
    row = read(saved(tmp_path / "a.json", {"appmsgstat": {"old_like_num": 630, "like_num": 426}})).main.iloc[0]
    assert row[["likes", "looks"]].tolist() == [630, 426]
    assert pd.isna(row["reads"])


def test_the_end_of_a_session_is_told_from_an_answer(tmp_path):
    error = refusal(saved(tmp_path / "a.json", {"base_resp": {"ret": -3, "errmsg": "no session"}}))
    assert "error -3" in str(error)
    assert "no session" in str(error)


ARTICLE = {"aid": "2247_1", "itemidx": 1, "title": "春", "link": make.link(7, 2), "update_time": 1785500000}


def history(*links):
    first, *others = [{"title": "春", "content_url": link.replace("&", "&amp;")} for link in links]
    sent = {"comm_msg_info": {"datetime": 1785500000}, "app_msg_ext_info": {**first, "multi_app_msg_item_list": others}}
    return json.dumps({"list": [sent, {"comm_msg_info": {"datetime": 1785500001, "type": 1}}]})


def page(*articles):
    sent = [{"publish_type": 101, "publish_info": json.dumps({"appmsgex": [one]})} for one in articles]
    return json.dumps({"total_count": len(sent), "publish_list": sent})


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ({"app_msg_cnt": 1, "app_msg_list": [ARTICLE]}, ["7_2"]),
        ({"base_resp": {"ret": 0}, "publish_page": page(ARTICLE)}, ["7_2"]),
        ({"ret": 0, "general_msg_list": history(make.link(7, 1), make.link(7, 2))}, ["7_1", "7_2"]),
    ],
)
def test_a_list_of_articles_has_times_and_no_counts(tmp_path, answer, items):
    reading = read(saved(tmp_path / "a.json", answer))
    assert reading.format == "wechat_article_list"
    assert reading.main["item_id"].tolist() == items
    assert reading.main["published_at"].unique().tolist() == [pd.Timestamp(1785500000, unit="s", tz="UTC")]
    assert reading.main[["reads", "likes", "shares", "looks"]].isna().all(axis=None)
    assert "unknown, not zero" in told(reading)
    assert "zeros only" not in told(reading)


def test_a_page_that_lists_articles_twice_is_read_with_its_counters(tmp_path):
    counted = {"appmsgid": 7, "itemidx": 2, "title": "春", "content_url": make.link(7, 2), "read_num": 5}
    info = {"sent_info": {"time": 1785500000}, "appmsgex": [ARTICLE], "appmsg_info": [counted]}
    sent = {"publish_list": [{"publish_type": 101, "publish_info": json.dumps(info)}]}
    reading = read(saved(tmp_path / "a.json", {"publish_page": json.dumps(sent)}))
    assert reading.format == "wechat_publish_page"
    assert reading.main["reads"].tolist() == [5]


def test_a_table_of_links_and_days_has_no_counts(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"公众号,标题,链接,日期\n安,春,{make.link(7, 2)},2025-10-15\n", encoding="utf-8")
    row = read(path).main.iloc[0]
    assert (row["item_id"], row["published_date"]) == ("7_2", pd.Timestamp("2025-10-15"))
    assert pd.isna(row["reads"])


def test_comments_in_json_are_named_as_such(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"list": [{"ref_date": "2014-12-07", "cumulate_user": 5} // more\n]}', encoding="utf-8")
    assert "Delete the comments" in refusal(path).fix
    path.write_text('{"list": [{"ref_date": "2014-12-07", "cumulate_user": 5}', encoding="utf-8")
    assert "cut off" in refusal(path).fix


def test_an_answer_is_named_by_its_link_else_by_the_file(tmp_path):
    named = {**counters(), "url": make.link(7, 2), "publish_time": 1400000000}
    row = read(saved(tmp_path / "a.json", named)).main.iloc[0]
    assert (row["item_id"], row["account_id"]) == ("7_2", make.BIZ)
    assert row["published_date"] == pd.Timestamp("2014-05-14")
    assert "before December 2018" in told(read(tmp_path / "a.json"))
    bare = read(saved(tmp_path / "spring.json", counters()))
    assert bare.main["item_id"].tolist() == ["spring"]
    assert "item_id is the file's name" in told(bare)


def test_answers_in_a_folder_are_one_table(tmp_path):
    (tmp_path / "x").mkdir()
    for name in ("a", "b"):
        saved(tmp_path / "x" / f"{name}.json", counters())
    assert read(tmp_path / "x").main["item_id"].tolist() == ["a", "b"]


def test_counters_that_cannot_be_are_named(tmp_path):
    error = refusal(saved(tmp_path / "a.json", counters(read_num=-1, old_like_num="x")))
    assert [(place.row, place.column) for place in error.places] == [
        (2, "appmsgstat.read_num"),
        (2, "appmsgstat.old_like_num"),
    ]
    refusal(saved(tmp_path / "b.json", {"appmsgstat": {"show": False}}))


# wechat-article-exporter


HEADER = ["公众号", "ID", "链接", "标题", "创建时间", "发布时间", "阅读", "点赞", "分享", "喜欢", "留言", "作者"]


def exported(item="2247_1", on="2026-08-01 20:30:05", counts=(500, 60, 33, 24, 3), title="春"):
    return ["书店", item, f"https://mp.weixin.qq.com/s/{item}", title, on, on, *counts, "小编"]


def told_json(aid="2247_1", **changed):
    same = {"aid": aid, "link": "https://mp.weixin.qq.com/s/X", "title": "春", "update_time": 1785587405, "itemidx": 1}
    counts = {"readNum": 500, "oldLikeNum": 60, "shareNum": 33, "likeNum": 24, "commentNum": 3}
    return {**same, "create_time": 1785583805, "_accountName": "书店", **counts, **changed}


def test_the_table_and_the_json_of_the_exporter_say_the_same(tmp_path):
    table = read(make.xlsx(tmp_path / "a.xlsx", [HEADER, exported()]))
    answer = read(saved(tmp_path / "a.json", [told_json()]))
    same = [
        "item_id",
        "account_id",
        "published_at",
        "published_date",
        "title",
        "reads",
        "likes",
        "looks",
        "shares",
        "comments",
    ]
    pd.testing.assert_frame_equal(table.main[same], answer.main[same], check_flags=False)
    assert (table.main["tz_source"][0], answer.main["tz_source"][0]) == ("assumed", "given")
    assert "zone of the browser" in told(table)
    assert table.main["reads"].tolist() == [500]


def test_the_zone_of_the_browser_may_be_told(tmp_path):
    path = make.xlsx(tmp_path / "a.xlsx", [HEADER, exported()])
    frame = read(path, ask=Ask(tz="Europe/Berlin")).main
    assert frame["published_at"][0] == pd.Timestamp("2026-08-01 18:30:05", tz="UTC")


def test_blank_counters_were_not_fetched_and_zeros_may_not_have_been(tmp_path):
    rows = [exported("1_1", counts=("", "", "", "", "")), exported("2_1", counts=(0, 0, 0, 0, 0)), exported("3_1")]
    reading = read(make.xlsx(tmp_path / "a.xlsx", [HEADER, *rows]))
    assert reading.main["reads"].tolist() == [pd.NA, 0, 500]
    assert "1 row has no counts: they were not fetched" in told(reading)
    assert "1 row has zeros only" in told(reading)


def test_what_cannot_be_in_an_export_is_named_with_its_row(tmp_path):
    rows = [exported("1_1"), exported("2_1", counts=("abc", 0, 0, 0, 0)), exported("3_1", on="昨天"), exported("1_1")]
    path = make.xlsx(tmp_path / "a.xlsx", [HEADER, *rows])
    assert [place.row for place in refusal(path).places] == [3, 4]
    assert [place.row for place in refusal(make.xlsx(tmp_path / "b.xlsx", [HEADER, rows[0], rows[3]])).places] == [3]


def comment(**changed):
    same = {"content_id": "46", "content": "好看", "create_time": 1785760805, "like_num": 3, "nick_name": "小王"}
    replies = {"reply_list": [{"content": "谢谢"}], "reply_total_cnt": 1}
    return {**same, "openid": "o" + "A" * 27, "is_elected": 1, "reply_new": replies, **changed}


def test_comments_are_events_without_names(tmp_path):
    reading = read(saved(tmp_path / "a.json", [told_json(comments=[comment(), comment(content_id="47")])]))
    events = check(reading["events"], EVENTS)
    assert events["event_id"].tolist() == ["comment:2247_1:46", "comment:2247_1:47"]
    assert events["text"].tolist() == ["好看", "好看"]
    assert len(set(events["actor_id"])) == 1
    whole = events.to_csv() + reading.main.to_csv()
    assert "小王" not in whole
    assert "A" * 27 not in whole
    assert "chose to show" in told(reading)
    broken = saved(tmp_path / "b.json", [told_json(), told_json("2_1", comments=[comment(create_time="x")])])
    assert [(place.row, place.column) for place in refusal(broken).places] == [(3, "comments[1].create_time")]
    assert len(read(broken, problems="collect").main) == 1
    both = saved(tmp_path / "c.json", [told_json(readNum="x"), told_json("2_1", comments=[comment(create_time="x")])])
    assert [place.row for place in refusal(both).places] == [2, 3]


# Ranks and crawlers


def test_a_rank_is_of_accounts_and_its_sums_are_floors(tmp_path):
    header = ["账号名称", "账号ID", "发布次数", "阅读数", "在看数"]
    rows = [["甲", "j_1", "7/30", "300万+", "-"], ["乙", "y_1", "7/29", "98.6万", 9], ["丙", "b_1", "1", "9,870", 3]]
    reading = read(make.text(tmp_path / "a.csv", [header, *rows, ["合计", "", "", "400万+", ""]], "utf-8-sig"))
    frame = check(reading["items"], ITEMS)
    assert frame["reads"].tolist() == [3_000_000, 986_000, 9_870]
    assert frame["lower_bound"].tolist() == ["reads", pd.NA, pd.NA]
    assert frame["looks"].tolist() == [pd.NA, 9, 3]
    assert set(frame["kind"]) == {"account"}
    assert frame["published_date"].isna().all()
    assert json.loads(frame["extra"][0]) == {"发布次数": "7/30"}
    assert "1 row has reads rounded" in told(reading)
    assert reading.rows_rejected == 1


def test_a_crawl_of_articles_is_named_by_its_short_link(tmp_path):
    header = ["公众号", "公众号ID", "标题", "链接", "发布时间", "发布位置", "阅读量", "点赞量"]
    row = ["甲", "gh_1", "春", "https://mp.weixin.qq.com/s/abcdEFGH12", "2026-08-01 20:00", 1, "10万+", "1,234"]
    frame = read_wechat(make.text(tmp_path / "a.csv", [header, row]))
    assert frame.iloc[0][["item_id", "account_id", "reads", "likes", "lower_bound"]].tolist() == [
        *("abcdEFGH12", "gh_1", 100_000, 1234, "reads"),
    ]


# The samples beside the repository


@needs_samples
def test_the_sample_export_has_its_gaps_and_its_cap():
    stated = json.loads((SAMPLES.parent / "expected.json").read_text(encoding="utf-8"))
    stated = stated["wechat_thirdparty/article_exporter_微信公众号文章.xlsx"]
    frames = {suffix: read(next(SAMPLES.glob(f"article_exporter*.{suffix}"))).main for suffix in ("xlsx", "json")}
    for frame in frames.values():
        assert len(frame) == stated["rows"]
        assert frame["reads"].isna().sum() == stated["missing_metrics"]
        assert (frame["lower_bound"] == "reads").sum() == stated["capped"]
        assert frame.loc[frame["lower_bound"] == "reads", "reads"].tolist() == [100001]
    same = ["item_id", "published_at", "reads", "likes", "looks", "shares", "comments"]
    pd.testing.assert_frame_equal(frames["xlsx"][same], frames["json"][same], check_flags=False)
    assert frames["json"]["title"][4] == "=一加一"
    assert pd.isna(frames["xlsx"]["title"][4])


@needs_samples
def test_the_sample_counters_and_rank_are_floors():
    row = read(SAMPLES / "getappmsgext.json").main.iloc[0]
    assert row[["reads", "likes", "looks", "shares", "comments", "lower_bound"]].tolist() == [
        *(100001, 606, 245, 3351, 38, "reads"),
    ]
    rank = read(SAMPLES / "rank_export_utf8bom.csv").main
    assert rank["reads"].tolist() == [3_000_000, 986_000, 120_345, 9_870, pd.NA]
    assert rank["lower_bound"].tolist() == ["reads", *[pd.NA] * 4]
