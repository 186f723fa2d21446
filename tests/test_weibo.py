import datetime as dt
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.cascade import check_cascades
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.schema import CASCADE_NODES, EVENTS, ITEMS, FileError, check

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "weibo"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")

NOON = dt.datetime(2026, 9, 4, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ROOT = {
    "created_at": "Thu Sep 03 20:00:00 +0800 2026",
    "idstr": "500",
    "text": "root",
    "reposts_count": 9,
    "user": {"idstr": "1", "screen_name": "author", "followers_count": 77},
}


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def repost(number, text="转发微博", minute=5, **more):
    made = {
        "created_at": f"Thu Sep 03 20:{minute:02d}:00 +0800 2026",
        "id": 600 + number,
        "idstr": str(600 + number),
        "text": text,
        "reposts_count": 0,
        "user": {"idstr": str(10 + number), "screen_name": f"n{number}", "followers_count": number},
        "retweeted_status": ROOT,
    }
    return {**made, **more}


def written(path, answer):
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False), "utf-8")
    return path


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.fix
    return caught.value


def table(path, header, *rows, encoding="utf-8-sig"):
    lines = [",".join(header), *(",".join(row) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def said(reading):
    return " ".join((*reading.notes, *reading.lossy))


# Answers: reposts


def test_reposts_become_nodes_under_their_original_and_events(tmp_path):
    got = read(written(tmp_path / "a.json", {"reposts": [repost(2, minute=9), repost(1)], "total_number": 40}))
    nodes, events = got["cascade_nodes"], got["events"]
    check(nodes, CASCADE_NODES)
    check(events, EVENTS)
    assert nodes["node_id"].tolist() == ["602", "601", "500"]
    assert nodes["kind"].tolist() == ["repost", "repost", "root"]
    assert nodes["seconds"].tolist() == [540, 300, 0]
    assert nodes["followers"].tolist() == [2, 1, 77]
    assert set(nodes["cascade_id"]) == {"500"}
    assert nodes["parent_id"].isna().all()
    assert nodes["depth"].fillna(-1).tolist() == [-1, -1, 0]
    assert events["action"].tolist() == ["repost", "repost"]
    assert events["item_id"].tolist() == ["500", "500"]
    assert events["time"].iloc[0] == utc("2026-09-03 12:09")
    assert events["tz_source"].tolist() == ["given", "given"]


def test_the_total_is_noted_and_kept_as_a_declared_size_but_never_taken_for_rows(tmp_path):
    got = read(written(tmp_path / "a.json", {"reposts": [repost(1)], "total_number": 40}))
    assert got.rows_read == 1
    assert "a total of 40 and hold 1 records" in said(got)
    assert json.loads(got.main["extra"].iloc[-1]) == {"declared_size": 9}
    assert check_cascades(got.main)["value"].dropna().tolist() == ["9 declared, 1 in the file"]


def test_the_name_after_slashes_is_a_guess_and_never_the_parent(tmp_path):
    reposts = [repost(3, "x//@n1:y//@n2:z"), repost(2, "x //@gone：y"), repost(1)]
    got = read(written(tmp_path / "a.json", {"reposts": reposts}), ask=Ask(personal=True)).main
    guesses = [json.loads(extra) for extra in got["extra"].iloc[:3]]
    assert [one.get("parent_guess") for one in guesses] == ["n1", "gone", None]
    assert [one.get("parent_guess_id") for one in guesses] == ["601", None, None]
    assert got["parent_id"].isna().all()


def test_a_guessed_name_is_hidden_like_the_names_in_the_file(tmp_path):
    got = read(written(tmp_path / "a.json", {"reposts": [repost(2, "x//@n1:y"), repost(1)]})).main
    first, second = (json.loads(extra) for extra in got["extra"].iloc[:2])
    assert first["parent_guess"] == second["actor_name"]
    assert first["parent_guess"] != "n1"


def test_a_name_that_two_reposts_bear_points_at_neither(tmp_path):
    twin = repost(3)
    twin["user"] = {**twin["user"], "screen_name": "n1"}
    got = read(written(tmp_path / "a.json", {"reposts": [repost(4, "a//@n1:b"), twin, repost(1)]})).main
    assert "parent_guess_id" not in json.loads(got["extra"].iloc[0])


def test_a_deleted_author_and_a_deleted_original_are_missing_and_not_invented(tmp_path):
    gone = repost(2, user=None)
    del gone["retweeted_status"]
    got = read(written(tmp_path / "a.json", {"reposts": [repost(1), gone]})).main
    assert got["cascade_id"].tolist() == ["500"] * 3
    assert pd.isna(got["actor_id"].iloc[1])
    del (other := repost(1))["retweeted_status"]
    assert "1 repost does not name the original" in refusal(written(tmp_path / "b.json", {"reposts": [other]})).problem


def test_pages_in_lines_in_a_list_and_in_a_folder_are_read_as_one(tmp_path):
    pages = [{"reposts": [repost(1), repost(2)]}, {"reposts": [repost(2), repost(3)]}]
    inside = tmp_path / "pages"
    inside.mkdir()
    for number, page in enumerate(pages):
        written(inside / f"{number}.json", page)
    lines = written(tmp_path / "a.jsonl", "\n".join(json.dumps(page) for page in pages))
    for path in (written(tmp_path / "a.json", pages), lines, inside):
        got = read(path)
        assert sorted(got["events"]["event_id"]) == ["601", "602", "603"]
        assert (got["cascade_nodes"]["kind"] == "root").sum() == 1
        assert (got.rows_read, got.rows_rejected) == (4, 1)
        assert "come again" in said(got)


def test_an_error_among_good_pages_refuses_the_folder(tmp_path):
    written(tmp_path / "1.json", {"reposts": [repost(1)]})
    written(tmp_path / "2.json", {"ok": -100, "url": "https://passport.weibo.com/sso/signin"})
    assert "sign in" in refusal(tmp_path).fix


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"ok": 0, "msg": "这里还没有内容"}, "这里还没有内容"),
        ({"ok": -100, "url": "https://passport.weibo.com/sso/signin", "msg": ""}, "login"),
        ({"error": "expired_token", "error_code": 21327, "request": "/2/x.json"}, "21327"),
    ],
)
def test_an_error_answer_is_refused_by_what_it_says(tmp_path, answer, words):
    error = refusal(written(tmp_path / "a.json", answer))
    assert "holds no data" in error.problem
    assert words in str(error)


def test_reposts_and_comments_are_not_mixed(tmp_path):
    comment = {"id": 1, "created_at": ROOT["created_at"], "text": "x", "rootid": 1, "floor_number": 1}
    path = written(tmp_path / "a.json", [{"reposts": [repost(1)]}, {"comments": [comment]}])
    assert "comments and reposts" in refusal(path).problem


def test_text_that_is_no_json_half_a_pair_and_not_a_number(tmp_path):
    text = json.dumps({"reposts": [repost(1)]})
    assert "not valid JSON" in refusal(written(tmp_path / "a.json", text.replace('"text": "', '"text": "a"b'))).problem
    assert (
        "not valid JSON"
        in refusal(written(tmp_path / "b.json", text.replace('"reposts_count": 0', '"a": NaN'))).problem
    )
    half = written(tmp_path / "c.json", text.replace("\\u8f6c", "\\ud83d"))
    assert read(half)["events"]["text"].iloc[0] == "?发微博"


def test_all_broken_values_are_listed_and_can_be_left_out(tmp_path):
    broken = [repost(1, created_at="never"), repost(2), repost(3, id=None, idstr=None)]
    path = written(tmp_path / "a.json", {"reposts": broken})
    error = refusal(path)
    assert [(place.row, place.column) for place in error.places] == [(2, "created_at"), (4, "idstr")]
    got = read(path, problems="collect")
    assert got["events"]["event_id"].tolist() == ["602"]
    assert sorted(got.problems["row"]) == [2, 4]
    assert got.main["actor_id"].iloc[-1] == "1", "the original is told by the rows that stay"


def test_an_id_that_lost_digits_is_refused(tmp_path):
    path = written(tmp_path / "a.json", {"reposts": [repost(1, idstr="5.30000000001E+15")]})
    assert "lost digits" in refusal(path).problem


@pytest.mark.parametrize("strange", [None, True, [1], {"a": 1}, "x", 10**30, 1.5, []])
@pytest.mark.parametrize("key", ["user", "retweeted_status", "text", "reposts_count", "created_at", "id"])
def test_a_value_of_another_kind_is_read_or_refused_and_never_a_crash(tmp_path, key, strange):
    path = written(tmp_path / "a.json", {"reposts": [repost(1), repost(2, **{key: strange}), repost(3)]})
    for problems in ("refuse", "collect"):
        try:
            assert len(read(path, problems=problems)["events"]) >= 2
        except FileError as error:
            assert error.fix


# Answers: m.weibo.cn


def mobile(*records, total=7):
    return {"ok": 1, "data": {"data": list(records), "total_number": total, "max": 1}}


def test_relative_times_need_the_moment_of_capture(tmp_path):
    path = written(tmp_path / "a.json", mobile(repost(1, created_at="5分钟前"), repost(2, created_at="昨天 21:07")))
    error = refusal(path)
    assert "captured_at" in error.fix
    assert [place.row for place in error.places] == [2, 3]
    got = read(path, ask=Ask(captured_at=NOON))["events"]
    assert got["time"].tolist() == [utc("2026-09-04 03:55"), utc("2026-09-03 13:07")]
    assert got["tz_source"].tolist() == ["given", "assumed"]


def test_times_that_are_known_to_the_hour_or_day_give_no_seconds(tmp_path):
    root = {**ROOT, "created_at": "09-03"}
    path = written(tmp_path / "a.json", mobile(repost(1, retweeted_status=root), repost(2, created_at="3小时前")))
    got = read(path, ask=Ask(captured_at=NOON))
    assert got.main["time_precision"].tolist() == ["s", "h", "day"]
    assert got.main["seconds"].isna().tolist() == [True, True, False]
    assert "without seconds since the original" in said(got)


def test_followers_as_text_are_floors_or_rounded_and_say_so(tmp_path):
    users = [{"id": n, "followers_count": count} for n, count in enumerate(["298", "3056.1万", "100万+"])]
    got = read(written(tmp_path / "a.json", mobile(*(repost(n, user=user) for n, user in enumerate(users)))))
    assert got.main["followers"].tolist()[:3] == [298, 30_561_000, 1_000_000]
    assert got.main["lower_bound"].fillna("").tolist()[:3] == ["", "", "followers"]
    assert "rounded" in said(got)


def test_markup_is_taken_out_of_a_text_before_a_name_is_looked_for(tmp_path):
    text = "好&amp;//<a href='/n/n1'>@n1</a>:<span class=\"url-icon\"><img alt=[心]></span>转"
    got = read(written(tmp_path / "a.json", mobile(repost(2, text), repost(1))), ask=Ask(personal=True)).main
    assert got["text"].iloc[0] == "好&//@n1:转"
    assert json.loads(got["extra"].iloc[0])["parent_guess_id"] == "601"


def test_cards_become_posts_and_cards_without_a_post_are_passed_over(tmp_path):
    post = {**ROOT, "reposts_count": "100万+", "attitudes_count": 1_049_077, "comments_count": "1.2万"}
    group = {"card_type": 11, "card_group": [{"card_type": 9, "mblog": {**ROOT, "idstr": "501"}}, {"desc": "x"}]}
    cards = [{"card_type": 58}, {"card_type": 9, "mblog": post}, group]
    got = read(written(tmp_path / "a.json", {"ok": 1, "data": {"cardlistInfo": {"total": 9}, "cards": cards}}))
    items = got["items"]
    check(items, ITEMS)
    assert items["item_id"].tolist() == ["500", "501"]
    assert (items["shares"].iloc[0], items["likes"].iloc[0], items["comments"].iloc[0]) == (
        1_000_000,
        1_049_077,
        12_000,
    )
    assert items["lower_bound"].iloc[0] == "shares"
    assert "comments rounded" in said(got)
    assert items["published_date"].iloc[0] == pd.Timestamp("2026-09-03")


def test_a_timeline_with_reposts_has_posts_and_nodes(tmp_path):
    path = written(tmp_path / "a.json", {"ok": 1, "data": {"list": [repost(1), {**ROOT, "idstr": "700"}], "total": 2}})
    got = read(path)
    assert got["items"]["kind"].tolist() == ["repost", "post"]
    assert got["cascade_nodes"]["node_id"].tolist() == ["601", "500"]


def test_comments_become_events_of_their_post(tmp_path):
    comment = {"id": 7, "created_at": ROOT["created_at"], "text": "x", "user": ROOT["user"], "status": {"idstr": "500"}}
    got = read(written(tmp_path / "a.json", {"comments": [{**comment, "rootid": 7}], "total_number": 57}))
    event = got["events"].iloc[0]
    assert (event["action"], event["event_id"], event["item_id"], event["actor_id"]) == ("comment", "7", "500", "1")


def test_an_answer_of_another_house_is_not_taken_for_weibos(tmp_path):
    for number, answer in enumerate([{"ok": True, "result": []}, {"comments": [{"a": 1}]}, {"reposts": 4}]):
        assert "No known format" in refusal(written(tmp_path / f"{number}.json", answer)).problem


# Crawlers

SEARCH_17 = (
    *(
        "id",
        "bid",
        "user_id",
        "用户昵称",
        "微博正文",
        "头条文章url",
        "发布位置",
        "艾特用户",
        "话题",
        "转发数",
        "评论数",
    ),
    *("点赞数", "发布时间", "发布工具", "微博图片url", "微博视频url", "retweet_id"),
)
LATER = ("ip", "user_authentication", "会员类型", "会员等级")


def search_row(number, *later, shares="3", origin="", time="2026-09-03 08:00"):
    return (
        f"530000000000{number}",
        "Q",
        "190",
        "n",
        "text",
        "",
        "",
        "",
        "",
        shares,
        "1",
        "2",
        time,
        "",
        "",
        "",
        origin,
        *later,
    )


def old_row(number, *later):
    row = search_row(number, *later)
    return (*row[:5], *row[6:])


def test_every_version_of_weibo_search_is_read_by_its_own_columns(tmp_path):
    for width in (16, 17, 18, 19, 21):
        header = (*SEARCH_17[:5], *SEARCH_17[6:]) if width == 16 else (*SEARCH_17, *LATER[: width - 17])
        row = old_row(1) if width == 16 else search_row(1, *("北京", "金V", "月", "4")[: width - 17])
        got = read(table(tmp_path / f"{width}.csv", header, row)).main.iloc[0]
        assert (got["item_id"], got["shares"], got["comments"], got["likes"]) == ("5300000000001", 3, 1, 2)
        assert json.loads(got["extra"] or "{}").get("ip") == ("北京" if width > 17 else None)


@pytest.mark.parametrize("width", [16, 17, 18, 19])
def test_rows_of_a_newer_version_keep_their_cells_under_the_right_names(tmp_path, width):
    header = (*SEARCH_17[:5], *SEARCH_17[6:]) if width == 16 else (*SEARCH_17, *LATER[: width - 17])
    first = old_row(1) if width == 16 else search_row(1, *("上海", "无")[: width - 17])
    got = read(table(tmp_path / "a.csv", header, first, search_row(2, "北京", "金V", "月", "4", shares="8")))
    assert got.main["shares"].tolist() == [3, 8]
    assert got.main["published_at"].tolist() == [utc("2026-09-03 00:00")] * 2
    extra = json.loads(got.main["extra"].iloc[1])
    assert (extra["ip"], extra["user_authentication"], extra["会员等级"]) == ("北京", "金V", "4")
    assert "newer version" in said(got)


def test_a_row_of_no_known_version_is_refused_with_its_number_and_can_be_left_out(tmp_path):
    path = table(tmp_path / "a.csv", SEARCH_17, search_row(1), search_row(2, "北京", "金V", "月"))
    error = refusal(path)
    assert [place.row for place in error.places] == [3]
    assert "no known version" in error.problem
    assert read(path, problems="collect").main["item_id"].tolist() == ["5300000000001"]


def test_a_long_row_whose_time_stands_elsewhere_is_refused(tmp_path):
    moved = list(search_row(2, "a", "b", "c", "d"))
    moved[11], moved[12] = moved[12], moved[11]
    assert "no known version" in refusal(table(tmp_path / "a.csv", SEARCH_17, moved)).problem


def test_empty_cells_at_the_end_of_a_row_do_not_make_it_another_version(tmp_path):
    got = read(table(tmp_path / "a.csv", SEARCH_17, search_row(1, "", "", "")))
    assert len(got.main) == 1


def test_a_post_that_comes_again_counts_once_with_its_last_counts(tmp_path):
    table(tmp_path / "a.csv", SEARCH_17, search_row(1), search_row(1, shares="5"))
    table(tmp_path / "b.csv", SEARCH_17, search_row(2), search_row(1, shares="9"))
    got = read(tmp_path)
    assert dict(zip(got.main["item_id"], got.main["shares"], strict=True)) == {"5300000000002": 3, "5300000000001": 9}
    assert (got.rows_read, got.rows_rejected) == (4, 2)


def test_the_original_of_a_repost_is_found_among_the_posts(tmp_path):
    rows = [search_row(1), search_row(2, origin="5300000000001", time="2026-09-03 09:00")]
    nodes = read(table(tmp_path / "a.csv", SEARCH_17, *rows))["cascade_nodes"]
    assert nodes["kind"].tolist() == ["repost", "root"]
    assert nodes["seconds"].tolist() == [3600, 0]
    assert nodes["actor_id"].iloc[1] == "190"
    assert json.loads(nodes["extra"].iloc[1]) == {"declared_size": 3}


def test_a_million_is_taken_for_a_floor_and_one_more_is_not(tmp_path):
    got = read(table(tmp_path / "a.csv", SEARCH_17, search_row(1, shares="1000000"), search_row(2, shares="1000001")))
    assert got.main["lower_bound"].fillna("").tolist() == ["shares", ""]
    assert "stands for 100万+" in said(got)


def test_an_old_export_in_gb18030_is_read_and_a_broken_count_is_placed(tmp_path):
    path = table(tmp_path / "a.csv", SEARCH_17, search_row(1, shares="many"), search_row(2), encoding="gb18030")
    error = refusal(path)
    assert [(place.row, place.column, place.value) for place in error.places] == [(2, "转发数", "many")]
    assert len(read(path, problems="collect").main) == 1


SPIDER = (
    "微博id",
    "微博正文",
    "头条文章url",
    "原始图片url",
    "微博视频url",
    "发布位置",
    "发布时间",
    "发布工具",
    "点赞数",
    "转发数",
    "评论数",
)


def spider_row(bid, *counts):
    return (bid, "text", "", "无", "无", "无", "2026-08-10 19:30", "网页", *counts)


def test_runs_of_weibospider_with_other_settings_are_read_by_their_own_header(tmp_path):
    wide = (*SPIDER[:4], "被转发微博原始图片url", "是否为原创微博", *SPIDER[4:])
    other = (*spider_row("B", "7", "8", "9")[:4], "无", "False", *spider_row("B", "7", "8", "9")[4:])
    path = table(
        tmp_path / "a.csv",
        SPIDER,
        spider_row("A", "1", "2", "3"),
        SPIDER,
        wide,
        other,
        spider_row("A", "4", "5", "6")[:0],
    )
    got = read(path, ask=Ask(account_id="me"))
    assert got.main["item_id"].tolist() == ["A", "B"]
    assert got.main["likes"].tolist() == [1, 7]
    assert got.main["shares"].tolist() == [2, 8]
    assert got.main["kind"].tolist() == ["post", "repost"]
    assert set(got.main["account_id"]) == {"me"}
    assert "different headers" in said(got)
    assert got.main["url"].isna().all()


def test_a_row_longer_than_the_header_of_its_run_is_refused(tmp_path):
    assert refusal(table(tmp_path / "a.csv", SPIDER, (*spider_row("A", "1", "2", "3"), "4"))).places[0].row == 2


CRAWLER = (
    *(
        "id",
        "bid",
        "正文",
        "头条文章url",
        "原始图片url",
        "视频url",
        "位置",
        "日期",
        "工具",
        "点赞数",
        "评论数",
        "转发数",
        "完整日期",
    ),
    *("是否原创", "源用户id", "源用户昵称", "源微博id", "源微博正文", "源微博转发数", "源微博完整日期"),
)


def crawler_row(number, *origin, own="True"):
    text = "x//@n1:y" if origin else "x"
    return (
        f"{number}\t",
        "Q",
        text,
        "",
        "",
        "",
        "",
        "2026-08-20",
        "",
        "1",
        "2",
        "3",
        "2026-08-20 20:00:11",
        own,
        *origin,
    )


ORIGIN = ("1", "author", "900\t", "root", "55", "2026-08-20 19:00:11")


def test_posts_and_reposts_of_weibo_crawler_share_a_file(tmp_path):
    got = read(table(tmp_path / "a.csv", CRAWLER, crawler_row(700), crawler_row(701, *ORIGIN, own="False")))
    assert got["items"]["item_id"].tolist() == ["700", "701"]
    assert got["items"]["kind"].tolist() == ["post", "repost"]
    nodes = got["cascade_nodes"]
    assert nodes["node_id"].tolist() == ["701", "900"]
    assert nodes["seconds"].tolist() == [3600, 0]
    assert nodes["actor_id"].iloc[1] == "1"
    assert "parent_guess" in json.loads(nodes["extra"].iloc[0])
    assert json.loads(nodes["extra"].iloc[1]) == {"declared_size": 55}
    assert "account_id=" in said(got)


def test_a_field_of_a_language_model_that_moves_the_others_is_refused(tmp_path):
    path = table(tmp_path / "a.csv", CRAWLER, crawler_row(700), crawler_row(701, "positive"))
    error = refusal(path)
    assert [place.row for place in error.places] == [3]
    assert "do not fit" in error.problem
    moved = crawler_row(702, "positive", *ORIGIN[:-1], own="False")
    assert refusal(table(tmp_path / "b.csv", CRAWLER, moved)).places[0].row == 2
    assert len(read(path, problems="collect").main) == 1


def test_an_early_weibo_crawler_without_bids_is_read_too(tmp_path):
    header = (
        "uid",
        "id",
        "正文",
        "原始图片url",
        "日期",
        "点赞数",
        "评论数",
        "转发数",
        "是否原创",
        "源用户id",
        "源微博id",
    )
    rows = [
        ("9", "700", "x", "", "2019-08-29", "54", "12", "1", "True"),
        ("9", "701", "y", "", "2019-08-27", "3", "0", "2", "False", "5", "900"),
    ]
    got = read(table(tmp_path / "a.csv", header, *rows))
    assert got.format == "weibo_crawler"
    assert got["items"]["likes"].sum() == 57
    assert set(got["items"]["account_id"]) == {"9"}
    assert got["cascade_nodes"]["cascade_id"].unique().tolist() == ["900"]
    named = (*header[:-1], "源微博用户昵称", header[-1], "源微博正文")
    told = [(*row, "z") if row[8] == "False" else row for row in rows]
    assert "do not fit" in refusal(table(tmp_path / "b.csv", named, *told)).problem


def test_the_list_of_users_beside_the_posts_is_left_aside(tmp_path):
    header = ("用户id", "昵称", "微博数", "粉丝数", "关注数", "主页", "头像")
    table(tmp_path / "users.csv", header, ("9", "a", "10", "20", "30", "https://m", "https://x"))
    table(tmp_path / "9.csv", CRAWLER, crawler_row(700))
    got = read(tmp_path)
    assert got["items"]["item_id"].tolist() == ["700"]
    assert "left aside: 1" in said(got)


def test_the_list_of_users_of_weibo_crawler_is_refused_for_what_it_is(tmp_path):
    header = ("用户id", "昵称", "微博数", "粉丝数", "关注数", "主页", "头像")
    error = refusal(table(tmp_path / "users.csv", header, ("9", "a", "10", "20", "30", "https://m", "https://x")))
    assert "users.csv" in error.problem
    assert "CSV of the posts" in error.fix


def test_comments_of_weibo_crawler_are_events_of_hidden_names(tmp_path):
    header = ("id", "weibo_id", "created_at", "user_screen_name", "text", "pic_url", "like_count")
    path = table(tmp_path / "a.csv", header, ("1", "700", "Thu Sep 03 20:00:00 +0800 2026", "小明", "x", "", "4"))
    event = read(path).main.iloc[0]
    assert (event["event_id"], event["item_id"], event["action"]) == ("1", "700", "comment")
    assert event["actor_id"].startswith("nickname:")
    assert read(path, ask=Ask(personal=True)).main["actor_id"].iloc[0] == "小明"


def test_a_database_is_refused_with_the_command_that_saves_it_and_what_that_saves_is_read(tmp_path):
    with sqlite3.connect(tmp_path / "w.db") as database:
        database.execute("create table weibo (id text)")
    assert "sqlite3 -header -csv" in refusal(tmp_path / "w.db").fix
    header = (
        "id",
        "bid",
        "user_id",
        "text",
        "created_at",
        "attitudes_count",
        "comments_count",
        "reposts_count",
        "retweet_id",
    )
    row = ("700", "Q", "9", "x", "Thu Sep 03 20:00:00 +0800 2026", "1", "2", "3", "")
    item = read(table(tmp_path / "w.csv", header, row)).main.iloc[0]
    assert (item["item_id"], item["account_id"], item["shares"]) == ("700", "9", 3)


def media(number, **more):
    made = {
        **{"note_id": f"53000{number}", "content": "书单", "create_time": 1785902400, "liked_count": "30"},
        **{"comments_count": "3", "shared_count": "1.2万", "last_modify_ts": 1785902460123, "nickname": "用***1"},
        **{"note_url": "", "creator_hash": f"00{number}"},
    }
    return {**made, **more}


def test_mediacrawler_in_lines_a_list_and_a_csv_give_the_same(tmp_path):
    rows = [media(1), media(2, liked_count="10万+")]
    header = tuple(rows[0])
    paths = [
        written(tmp_path / "a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)),
        written(tmp_path / "a.json", rows),
        table(tmp_path / "a.csv", header, *(tuple(str(row[name]) for name in header) for row in rows)),
    ]
    for path in paths:
        got = read(path)
        assert got.format == "mediacrawler_weibo"
        assert got.main["published_at"].tolist() == [utc("2026-08-05 04:00")] * 2
        assert (got.main["observed_at"] - got.main["published_at"]).dt.total_seconds().tolist() == [60.123] * 2
        assert got.main["likes"].tolist() == [30, 100_000]
        assert got.main["lower_bound"].fillna("").tolist() == ["", "likes"]
        assert got.main["shares"].tolist() == [12_000] * 2
        assert got.main["account_id"].tolist() == ["001", "002"]
        assert "masked" in said(got)


def test_a_user_id_goes_before_a_hash_and_an_entry_that_is_no_record_is_refused(tmp_path):
    assert read(written(tmp_path / "a.json", [media(1, user_id="77")])).main["account_id"].tolist() == ["77"]
    assert "no record" in refusal(written(tmp_path / "b.json", [media(1), 4])).problem


# The samples


@needs_samples
def test_the_sample_of_a_repost_timeline_has_12_rows_of_128():
    got = read(SAMPLES / "repost_timeline.json")
    assert len(got["events"]) == 12
    assert len(got["cascade_nodes"]) == 13
    assert "a total of 128" in said(got)
    assert (got.rows_read, len(got["events"])) != (128, 128)
    guesses = got["cascade_nodes"]["extra"].str.contains("parent_guess", regex=False).sum()
    assert guesses > 0
    assert got["cascade_nodes"]["parent_id"].isna().all()


@needs_samples
def test_the_samples_of_m_weibo_need_the_moment_of_capture_or_are_errors():
    assert "captured_at" in refusal(SAMPLES / "m_repostTimeline.json").fix
    assert len(read(SAMPLES / "m_repostTimeline.json", ask=Ask(captured_at=NOON))["events"]) == 7
    assert "login" in refusal(SAMPLES / "m_error.json").problem
    item = read(SAMPLES / "m_getIndex_cards.json").main.iloc[0]
    assert (item["shares"], item["likes"], item["lower_bound"]) == (1_000_000, 1_049_077, "shares")


@needs_samples
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("weibo_search_九月书单.csv", 12),
        ("weibo_search_mixed_versions.csv", 7),
        ("weiboSpider_user.csv", 8),
        ("weibo_crawler_user.csv", 8),
        ("mediacrawler_weibo_contents.jsonl", 6),
    ],
)
def test_the_sample_of_a_crawler_has_its_rows(name, rows):
    got = read(SAMPLES / name)
    assert len(got["items"]) == rows
    assert got["items"]["item_id"].is_unique
    assert not got["items"]["item_id"].str.contains(r"\s").any()


@needs_samples
def test_the_samples_of_crawlers_hold_their_facts():
    found = read(SAMPLES / "weibo_search_九月书单.csv")
    assert found.main.attrs["encoding"] == "utf-8-sig"
    assert set(found.main["time_precision"]) == {"min"}
    assert "no zone" in said(found)
    mixed = read(SAMPLES / "weibo_search_mixed_versions.csv")
    assert "newer version than the header, read by that version's columns: 3" in said(mixed)
    assert [json.loads(one).get("会员等级") for one in mixed.main["extra"]] == [None] * 4 + ["4", "5", "6"]
    assert "1 repeated header" in said(read(SAMPLES / "weiboSpider_user.csv"))
    crawled = read(SAMPLES / "weibo_crawler_user.csv")
    assert crawled["items"]["lower_bound"].dropna().tolist() == ["shares"]
    assert len(crawled["cascade_nodes"]) == 5
    comments = read(SAMPLES / "comments_show.json")
    assert set(comments["events"]["action"]) == {"comment"}


# Crawler files in JSON, single posts, and rows that the header does not name


def post(number, **more):
    made = {"id": 700 + number, "bid": f"b{number}", "text": "t", "created_at": "2026-09-03", "user_id": 5}
    return {**made, "attitudes_count": 10, "comments_count": 2, "reposts_count": number, **more}


def test_the_json_of_weibo_crawler_gives_posts_and_their_originals(tmp_path):
    origin = {"id": 650, "user_id": 6, "text": "o", "created_at": "2026-09-01", "reposts_count": 99}
    own = {"id": "5", "screen_name": "n", "followers_count": 65_585_238, "statuses_count": 2}
    got = read(written(tmp_path / "a.json", {"user": own, "weibo": [post(1), post(2, retweet=origin)]}))
    assert got.format == "weibo_crawler_json"
    assert got["items"]["shares"].tolist() == [1, 2]
    assert got["items"]["kind"].tolist() == ["post", "repost"]
    assert got["items"]["published_at"].min() == utc("2026-09-02 16:00")
    assert sorted(got["cascade_nodes"]["kind"]) == ["repost", "root"]


def test_the_json_of_weibospider_has_names_of_its_own(tmp_path):
    made = {"id": "Kabc", "user_id": 5, "content": "t", "publish_time": "2026-09-03 08:00", "original": True}
    counts = {"up_num": 7, "retweet_num": 8, "comment_num": 9}
    row = read(written(tmp_path / "a.json", {"user": {"id": 5}, "weibo": [{**made, **counts}]}))["items"].iloc[0]
    assert row[["item_id", "likes", "shares", "comments", "kind"]].tolist() == ["Kabc", 7, 8, 9, "post"]
    assert row["published_at"] == utc("2026-09-03 00:00")


def test_posts_in_lines_are_read_with_the_time_of_the_crawl(tmp_path):
    made = {"_id": "4762", "mblogid": "Lq", "created_at": "2026-09-03 10:20:54", "reposts_count": 1890}
    made |= {"comments_count": 1924, "attitudes_count": 12167, "content": "t", "user": {"_id": "17", "nick_name": "n"}}
    lines = [json.dumps({**made, "_id": str(4762 + n), "crawl_time": 1788500000}) for n in range(2)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    got = read(path)
    assert got.format == "weibo_spider_lines"
    assert got["items"][["shares", "comments", "likes"]].sum().tolist() == [3780, 3848, 24334]
    assert got["items"]["account_id"].tolist() == ["17", "17"]
    assert got["items"]["published_at"].min() == utc("2026-09-03 02:20:54")
    assert got["items"]["observed_at"].notna().all()


def test_a_single_post_is_an_answer_of_one(tmp_path):
    one = {**ROOT, "attitudes_count": 3, "comments_count": 4}
    for answer in (one, {"mblog": one}, {"ok": 1, "data": one}, [one]):
        assert read(written(tmp_path / "a.json", answer))["items"][["shares", "likes"]].iloc[0].tolist() == [9, 3]


def test_a_post_in_a_group_of_cards_counts_even_without_a_kind_of_card(tmp_path):
    one = {**ROOT, "attitudes_count": 3, "comments_count": 4}
    groups = [{"mblog": {**one, "idstr": "501"}}, {"card_type": 9, "mblog": {**one, "idstr": "502"}}]
    cards = [{"card_type": 9, "mblog": one}, {"card_type": 11, "card_group": groups}]
    assert len(read(written(tmp_path / "a.json", {"data": {"cards": cards}}))["items"]) == 3


_BASE = [
    "id",
    "bid",
    "正文",
    "头条文章url",
    "原始图片url",
    "视频url",
    "位置",
    "日期",
    "工具",
    "点赞数",
    "评论数",
    "转发数",
]
_BASE += ["话题", "@用户", "完整日期"]
_REPOSTS = [*_BASE, "是否原创", "源用户id", "源用户昵称", *(f"源微博{name}" for name in _BASE)]


def unnamed(number, likes, *, live=True, edited=True):
    head = [f"{number}\t", f"b{number}", "text", "", "", "", *(["http://live"] if live else [])]
    counts = ["", "2025-05-02", "phone", str(likes), "2", "3", "", "", "2025-05-02T10:11:12"]
    return [*head, *counts, *(["False", "0"] if edited else [])]


def test_values_that_the_header_does_not_name_move_nothing(tmp_path):
    rows = [
        [*unnamed(1, 10, live=False, edited=False), "True"],
        [*unnamed(2, 20), "True"],
        [*unnamed(3, 30), "False", "77", "n", *unnamed(900, 500)],
        [*unnamed(4, 40, edited=False), "True"],
    ]
    got = read(table(tmp_path / "a.csv", _REPOSTS, *rows))
    assert got["items"]["likes"].tolist() == [10, 20, 30, 40]
    assert got["items"]["published_at"].unique().tolist() == [utc("2025-05-02 02:11:12")]
    assert got["items"]["kind"].tolist() == ["post", "post", "repost", "post"]
    assert got["cascade_nodes"]["cascade_id"].unique().tolist() == ["900"]
    assert "header does not name (live photos, edits), read as they stand: 3" in said(got)


def test_originals_alone_may_be_longer_than_their_header(tmp_path):
    got = read(table(tmp_path / "a.csv", _BASE, unnamed(1, 10), unnamed(2, 20, edited=False)))
    assert got["items"]["likes"].tolist() == [10, 20]


def test_a_row_of_no_known_layout_is_still_refused(tmp_path):
    broken = unnamed(2, 20)
    broken.insert(3, "positive")
    assert "do not fit their columns" in refusal(table(tmp_path / "a.csv", _BASE, unnamed(1, 10), broken)).problem
