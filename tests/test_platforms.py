"""Other platforms: totals left out, caps and zones said aloud, reposts no items, ids never guessed."""

import json
from pathlib import Path

import pandas as pd
import pytest
from wechat_files import xlsx

from fanecon.loaders.door import read
from fanecon.loaders.platforms_chats import words
from fanecon.loaders.platforms_threads import top
from fanecon.loaders.reading import Ask
from fanecon.schema import FileError

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8")) if SAMPLES.is_dir() else {}
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there")

YOUTUBE = "Content,Video title,Video publish time,Views,Subscribers,Impressions,Average view duration\n"
META = "Post ID,Page ID,Title,Publish time,Permalink,Views,Reach,Reactions,Comments,Shares\n"
X_NEW = "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,Bookmarks,New follows,Replies,Reposts\n"
GA4 = """# ----------------------------------------
# Pages and screens: Page path
# ----------------------------------------
#
# All Users
# Start date: 20260801
# End date: 20260807
Page path and screen class,Views,Active users
/a,100,80
/b,50,40
,150,100
"""


def saved(folder: Path, text: str | bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def stored(folder: Path, value: object, name: str = "answer.json") -> Path:
    return saved(folder, json.dumps(value, ensure_ascii=False), name)


def sample(name: str) -> Path:
    return SAMPLES / "other" / name


# --- creator centres ---


@needs_samples
def test_xiaohongshu_is_read_below_its_first_row():
    reading = read(sample("xiaohongshu_笔记列表明细表.xlsx"))
    found = reading["items"]
    assert len(found) == 8
    assert found["reads"].sum() == sum(range(3000, 3008))
    assert found["followers_gained"].tolist() == [15] * 8
    assert found["published_at"][0] == pd.Timestamp("2026-08-10 12:15:00", tz="UTC")
    assert found["published_date"][0] == pd.Timestamp("2026-08-10")
    assert found["item_id"].is_unique
    assert any("1,000 notes" in note for note in reading.notes)


def test_a_list_as_long_as_it_can_be_is_named(tmp_path):
    head = ["笔记标题", "首次发布时间", "观看量"]
    rows = [[f"n{n}", "2026年08月10日20时15分00秒", n] for n in range(1000)]
    full = read(xlsx(tmp_path / "full.xlsx", [["最多导出排序后前1000条笔记"], head, *rows]))
    assert any("as many as it can hold (1,000)" in note for note in full.notes)
    less = read(xlsx(tmp_path / "less.xlsx", [["最多导出排序后前1000条笔记"], head, *rows[1:]]))
    assert not any("as many as it can hold" in note for note in less.notes)


@needs_samples
def test_douyin_keeps_a_net_loss_apart_from_followers_won():
    found = read(sample("douyin_作品列表.xlsx"))["items"]
    assert found["followers_net"].tolist() == [12, 12, 12, 12, -1, 12]
    assert found["followers_gained"].isna().all()
    assert found["reads"].tolist() == [12000 + n for n in range(6)]
    assert found["finish_rate"].tolist() == [0.2312] * 6
    assert "封面点击率" not in json.loads(found["extra"][2])


def test_two_works_of_one_minute_and_title_are_one_too_many(tmp_path):
    text = "作品名称,发布时间,播放量\n书,2026-08-10 20:15:00,1\n书,2026-08-10 20:15:00,2\n"
    with pytest.raises(FileError, match="earlier row") as refused:
        read(saved(tmp_path, text))
    assert [place.row for place in refused.value.places] == [3]


def test_bilibili_and_channels_are_read_by_their_names(tmp_path):
    bilibili = "\ufeff视频标题,发布时间,播放量,点赞量,投币量\n甲,2026年05月29日 12:40:34,1.2万,5,6\n"
    reading = read(saved(tmp_path, bilibili))
    found = reading["items"].iloc[0]
    assert (found["reads"], found["likes"]) == (12_000, 5)
    assert any("rounded" in note for note in reading.notes)
    channels = (
        "视频描述,视频ID,发布时间,完播率,平均播放时长,播放量,推荐,喜欢\n一,export/a,2026/07/24,20%,21.46秒,99,3,8\n"
    )
    found = read(saved(tmp_path, channels, "c.csv"))["items"].iloc[0]
    assert found["item_id"] == "export/a"
    assert (found["avg_seconds"], found["finish_rate"]) == (21.46, 0.2)
    assert (found["looks"], found["likes"], found["time_precision"]) == (3, 8, "day")
    assert found["published_date"] == pd.Timestamp("2026-07-24")


def test_an_answer_of_bilibili_is_read_whole_or_one_by_one(tmp_path):
    video = {"bvid": "BV1", "title": "t", "pubdate": 1788350400, "owner": {"mid": 7, "name": "n"}}
    video |= {"stat": {"view": "--", "danmaku": 3, "reply": 4, "favorite": 5, "coin": 6, "share": 7, "like": 8}}
    one = read(stored(tmp_path, {"code": 0, "data": video}))["items"].iloc[0]
    assert (one["account_id"], one["saves"], one["likes"]) == ("7", 5, 8)
    assert pd.isna(one["reads"])
    many = {"code": 0, "data": {"archives": [video, video | {"bvid": "BV2"}]}}
    assert read(stored(tmp_path, many))["items"]["item_id"].tolist() == ["BV1", "BV2"]


def test_a_daily_table_drops_its_row_of_sums(tmp_path):
    text = "日期,推荐量,阅读量,评论量\n累计,3000,300,3\n2026-09-01,1000,100,1\n2026-09-02,2000,200,2\n"
    reading = read(saved(tmp_path, text, "日报表.xls"))
    assert reading["item_daily"]["reads"].sum() == 300
    assert not reading["item_daily"]["cumulative"].any()
    assert reading.rows_rejected == 1
    again = read(saved(tmp_path, text.encode("gb18030"), "gbk.csv"))
    pd.testing.assert_frame_equal(reading["item_daily"], again["item_daily"])


# --- dashboards ---


@needs_samples
def test_the_total_of_youtube_is_no_video():
    expected, reading = EXPECTED["other/youtube_table_data.csv"], read(sample("youtube_table_data.csv"))
    assert len(reading["items"]) == expected["rows"]
    assert reading["items"]["reads"].sum() == expected["views"]
    assert reading["items"]["followers_net"].sum() == 88


def test_youtube_may_lose_subscribers_and_prints_lengths_as_clocks(tmp_path):
    row = 'v1,"A, b","Aug 3, 2026",3020,-4,48000,0:02:03\n'
    reading = read(saved(tmp_path, YOUTUBE + "Total,,,3020,-4,48000,\n" + row))
    found = reading["items"].iloc[0]
    assert (found["followers_net"], found["avg_seconds"]) == (-4, 123.0)
    assert any("without naming it" in note for note in reading.notes)
    assert not any("without naming it" in n for n in read(tmp_path / "export.csv", ask=Ask(tz="Asia/Tokyo")).notes)
    rows = "".join(f'v{n},t,"Aug 3, 2026",1,1,1,0:00:01\n' for n in range(500))
    assert any("(500)" in note for note in read(saved(tmp_path, YOUTUBE + rows, "full.csv")).notes)


@needs_samples
def test_videos_without_a_time_keep_their_counts(tmp_path):
    rows = 'a,A,"Aug 1, 2026",10,1,100,0:01:00\nb,B,,4,,50,\n -c,C,"Aug 2, 2026",5,-2,30,\n'
    reading = read(saved(tmp_path, YOUTUBE + rows))
    found = reading["items"].set_index("item_id")
    assert found["reads"].sum() == 19
    assert found.index.tolist() == ["a", "b", "-c"]
    assert pd.isna(found.loc["b", "published_at"])
    assert len(reading.problems) == 0
    assert any("1 post has no time" in note for note in reading.notes)


def test_the_newer_name_of_impressions_is_read(tmp_path):
    head = "Content,Video title,Video publish time,Views,Thumbnail impressions,Thumbnail click-through rate (%)\n"
    found = read(saved(tmp_path, head + 'Total,,,3,40,1.5\na,A,"Aug 1, 2026",3,40,1.5\n'))["items"]
    assert found["impressions"].tolist() == [40]


def test_a_table_of_days_of_youtube_has_no_total(tmp_path):
    head = "Date,Views,Watch time (hours),Average view duration,Estimated revenue (USD)\n"
    rows = "Total,30,4.5,0:09:00,1.234\n2026-08-02,20,3.5,0:10:30,1.034\n2026-08-01,10,1,0:06:00,0.2\n"
    reading = read(saved(tmp_path, head + rows))
    found = reading["item_daily"]
    assert reading.format == "youtube_days"
    assert found["reads"].tolist() == [20, 10]
    assert found["stat_date"].min() == pd.Timestamp("2026-08-01")
    assert not found["cumulative"].any()
    assert any("Rows left out: 1 total" in note for note in reading.notes)


def test_a_post_id_that_a_spreadsheet_destroyed_is_refused():
    with pytest.raises(FileError, match="lost digits") as refused:
        read(sample("meta_content_export.csv"))
    assert [(p.row, p.column, p.value) for p in refused.value.places] == [(2, "Post ID", "1.22158E+17")]
    rest = read(sample("meta_content_export.csv"), problems="collect")
    assert rest["items"]["item_id"].tolist() == [f"122158000000000{n}" for n in range(1, 5)]
    assert rest["items"]["published_at"][0] == pd.Timestamp("2026-08-16 05:01", tz="UTC")
    assert rest["items"]["account_id"][0] == "100000000000001"


def test_meta_dates_begin_with_the_month_and_reach_is_people(tmp_path):
    text = META + "1,2,t,03/04/2026 05:00,https://x,500,400,12,3,2\n"
    found = read(saved(tmp_path, text), ask=Ask(tz="America/New_York"))["items"].iloc[0]
    assert found["published_date"] == pd.Timestamp("2026-03-04")
    assert found["published_at"] == pd.Timestamp("2026-03-04 10:00", tz="UTC")
    assert (found["readers"], found["reads"], found["likes"]) == (400, 500, 12)


@needs_samples
def test_x_prints_whole_numbers_as_fractions_and_its_zone():
    reading = read(sample("x_tweet_activity.csv"))
    found = reading["items"]
    assert found["item_id"][0] == "1800000000000000000"
    assert found["impressions"].tolist() == [900, 901, 902, 903, 904]
    assert found["tz_source"].unique().tolist() == ["given"]
    assert "\n" in found["title"][1]
    assert not any("printed" in note for note in reading.notes)


def test_the_newer_download_of_x_has_days_only(tmp_path):
    text = X_NEW + '18,"Tue, Jul 14, 2026",hi,https://x.com/a/status/18,122,12,300,1,2,3,4\n'
    found = read(saved(tmp_path, text))["items"].iloc[0]
    assert (found["shares"], found["comments"], found["saves"], found["followers_gained"]) == (4, 3, 1, 2)
    assert found["time_precision"] == "day"


@needs_samples
def test_google_analytics_counts_over_a_period():
    reading = read(sample("ga4_export.csv"))
    found = reading["item_daily"]
    assert len(found) == 6
    assert found["reads"].sum() == sum(range(95, 101))
    assert found["window_days"].tolist() == [7] * 6
    assert found["stat_date"].unique().tolist() == [pd.Timestamp("2026-08-07")]
    assert any("a sum over 7 days" in note for note in reading.notes)


def test_google_analytics_with_several_tables_gives_the_first(tmp_path):
    more = "\n# ------\n# Start date: 20260801\n# End date: 20260807\nNth day,Views\n0000,5\n"
    with pytest.raises(FileError) as refused:
        read(saved(tmp_path, GA4))
    assert [place.row for place in refused.value.places] == [11]
    reading = read(saved(tmp_path, GA4.replace(",150,100\n", "") + more))
    assert reading["item_daily"]["item_id"].tolist() == ["/a", "/b"]
    assert any("2 rows of further tables" in note for note in reading.notes)
    with pytest.raises(FileError, match=r"period .* is missing"):
        read(saved(tmp_path, GA4.replace("# End date: 20260807\n", "")))


# --- posts ---


def tweet(name: str, likes: int, *refers: tuple[str, str]) -> dict[str, object]:
    made = {"id": name, "author_id": "9", "text": "a &amp; b", "created_at": f"2026-01-01T00:0{name[-1]}:00.000Z"}
    counts = {"retweet_count": likes, "reply_count": 0, "like_count": likes, "quote_count": 0}
    listed = [{"type": kind, "id": to} for kind, to in refers]
    return made | {"public_metrics": counts} | ({"referenced_tweets": listed} if listed else {})


def test_a_retweet_is_no_item_and_makes_a_cascade(tmp_path):
    one = {"data": [tweet("1", 5), tweet("2", 5, ("retweeted", "1")), tweet("3", 900, ("retweeted", "77"))]}
    two = {"data": tweet("4", 1, ("replied_to", "1"))}
    lines = "\n".join(json.dumps(page) for page in (one, two))
    reading = read(saved(tmp_path, lines, "posts.jsonl"))
    assert reading["items"]["item_id"].tolist() == ["1", "4"]
    assert reading["items"]["likes"].sum() == 6
    assert reading["items"]["impressions"].isna().all()
    assert reading["items"]["title"][0] == "a & b"
    nodes = reading["cascade_nodes"].set_index("node_id")
    assert nodes["parent_id"].dropna().to_dict() == {"2": "1", "3": "77", "4": "1"}
    assert nodes["kind"].to_dict() == {"77": "root", "1": "root", "2": "repost", "3": "repost", "4": "comment"}
    assert nodes["seconds"]["2"] == 60.0
    assert pd.isna(nodes["seconds"]["3"])


def test_a_file_of_retweets_only_is_a_cascade(tmp_path):
    reading = read(stored(tmp_path, {"data": [tweet(str(n), 9, ("retweeted", "77")) for n in range(1, 4)]}))
    assert list(reading.tables) == ["cascade_nodes"]
    assert reading["cascade_nodes"]["depth"].tolist() == [0, 1, 1, 1]


def test_broken_posts_are_named_once_with_their_keys(tmp_path):
    posts = [tweet("1", 1), tweet("2", 1), tweet("3", 1)]
    posts[0]["public_metrics"]["like_count"] = "many"
    posts[2]["created_at"] = "soon"
    path = stored(tmp_path, {"data": posts})
    with pytest.raises(FileError) as refused:
        read(path)
    assert [(p.row, p.column) for p in refused.value.places] == [
        (2, "public_metrics.like_count"),
        (4, "created_at"),
    ]
    assert read(path, problems="collect")["items"]["item_id"].tolist() == ["2"]


def test_an_archive_of_x_is_read_past_its_script(tmp_path):
    posts = [
        {"tweet": {"id_str": "1", "full_text": "x", "favorite_count": "3", "retweet_count": "1"}},
        {"tweet": {"id_str": "2", "full_text": "RT @o: y", "favorite_count": "0", "retweet_count": "900"}},
        {"tweet": {"id_str": "3", "full_text": "z", "favorite_count": "5", "retweet_count": "0"}},
    ]
    for post in posts:
        post["tweet"]["created_at"] = "Wed Oct 10 20:19:24 +0000 2018"
    posts[2]["tweet"]["in_reply_to_status_id_str"] = "1"
    reading = read(saved(tmp_path, "window.YTD.tweets.part0 = " + json.dumps(posts, indent=1), "tweets.js"))
    assert reading["items"]["item_id"].tolist() == ["1", "3"]
    assert reading["items"]["shares"].sum() == 1
    assert reading["cascade_nodes"]["node_id"].tolist() == ["1", "3"]


@pytest.mark.parametrize("prefix", ["", "stat."])
def test_a_table_with_the_names_of_bilibilis_interface_is_read(tmp_path, prefix):
    names = [f"{prefix}{one}" for one in ("view", "danmaku", "reply", "favorite", "coin", "share", "like")]
    text = ",".join([*("", "aid", "title", "mid"), *names, "pubdate"]) + "\n1,46,x,9,500,1,20,30,4,5,60,1553152210\n"
    item = read(saved(tmp_path, text + "2,47,y,9,50,1,2,3,4,5,6,1553427011\n"))["items"].iloc[0]
    assert (item["item_id"], item["account_id"], item["reads"], item["likes"]) == ("46", "9", 500, 60)
    assert (item["comments"], item["saves"], item["shares"]) == (20, 30, 5)
    assert str(item["published_at"]) == "2019-03-21 07:10:10+00:00"


def old_tweet(name: str, **more: object) -> dict[str, object]:
    made = {"id_str": name, "text": "hi", "retweet_count": 2, "favorite_count": 7}
    made |= {
        "created_at": "Tue Jun 12 05:29:19 +0000 2012",
        "user": {"id_str": "9", "name": "Ann", "followers_count": 4},
    }
    return made | more


def test_posts_of_the_first_interface_of_x_name_their_author_and_what_they_repost(tmp_path):
    again = old_tweet("1", text="RT @o: y", retweet_count=900, retweeted_status=old_tweet("50", retweet_count=900))
    answer = {"statuses": [again, old_tweet("2")], "search_metadata": {"count": 2}}
    reading = read(stored(tmp_path, answer))
    assert reading["items"][["item_id", "account_id"]].to_numpy().tolist() == [["2", "9"]]
    assert reading["items"]["shares"].sum() == 2
    assert "Ann" not in reading["items"]["extra"].iloc[0]
    nodes = reading["cascade_nodes"]
    assert nodes.loc[nodes["node_id"] == "1", ["parent_id", "kind", "actor_id"]].to_numpy().tolist() == [
        ["50", "repost", "9"]
    ]
    only = read(stored(tmp_path, [again], "b.json"))
    assert list(only.tables) == ["cascade_nodes"]


def test_an_archive_of_reposts_alone_is_refused_for_what_it_is(tmp_path):
    post = old_tweet("1", text="RT @o: y")
    with pytest.raises(FileError, match="does not name what they repost"):
        read(stored(tmp_path, [post]))


def toot(name: str, **more: object) -> dict[str, object]:
    made = {"id": name, "created_at": "2026-01-01T00:00:00.000Z", "in_reply_to_id": None, "reblog": None}
    made |= {"content": "<p>Hi &amp; <br/>you</p>", "url": f"https://m/{name}", "replies_count": 1}
    made |= {"reblogs_count": 2, "favourites_count": 3, "account": {"id": "5", "acct": "a", "followers_count": 10}}
    return made | more


def test_mastodon_boosts_are_no_items_and_texts_lose_their_markup(tmp_path):
    statuses = [toot("1"), toot("2", in_reply_to_id="1"), toot("3", reblog={"id": "99"}, reblogs_count=0)]
    for value in (statuses, {"statuses": statuses}):
        reading = read(stored(tmp_path, value))
        assert reading["items"]["item_id"].tolist() == ["1", "2"]
        assert reading["items"]["title"][0] == "Hi & \nyou"
        assert reading["items"]["shares"].tolist() == [2, 2]
        assert reading["cascade_nodes"]["kind"].value_counts().to_dict() == {"root": 2, "comment": 1, "repost": 1}
    wrapped = "\n".join(json.dumps({"source_platform": "mastodon.example", "data": one}) for one in statuses)
    assert len(read(saved(tmp_path, wrapped, "n.ndjson"))["items"]) == 2


def test_a_repost_in_a_feed_of_bluesky_is_not_the_post(tmp_path):
    post = {
        "uri": "at://b/post/7",
        "author": {"did": "did:plc:b"},
        "likeCount": 3000,
        "repostCount": 9,
        "replyCount": 1,
    }
    post |= {"record": {"text": "hi", "createdAt": "2026-01-01T00:00:00.000Z"}}
    own = post | {"uri": "at://a/post/1", "author": {"did": "did:plc:a"}, "likeCount": 3}
    reason = {"by": {"did": "did:plc:a"}, "indexedAt": "2026-01-02T00:00:00.000Z"}
    reading = read(stored(tmp_path, {"feed": [{"post": own}, {"post": post, "reason": reason}]}))
    assert reading["items"]["likes"].tolist() == [3]
    nodes = reading["cascade_nodes"]
    assert nodes["cascade_id"].tolist() == ["at://b/post/7"] * 2
    assert nodes["actor_id"].tolist()[1] == "did:plc:a"
    assert len(read(stored(tmp_path, {"posts": [own, post]}))["items"]) == 2


def test_posts_of_bluesky_may_lack_what_was_not_asked_for(tmp_path):
    posts = [
        {"uri": "at://a", "author": {"handle": "x.example"}, "record": {"text": "t"}, "likeCount": 3},
        {
            "uri": "at://b",
            "record": {"text": "u", "createdAt": "2026-08-01T10:00:00Z"},
            "likeCount": 4,
            "repostCount": 1,
        },
    ]
    found = read(stored(tmp_path, {"posts": posts}))["items"]
    assert found["likes"].tolist() == [3, 4]
    assert found["published_at"].isna().tolist() == [True, False]
    bare = {"feed": [{"post": {"uri": "at://a", "likeCount": 7, "replyCount": 2, "repostCount": 3}}]}
    assert read(stored(tmp_path, bare))["items"][["likes", "comments", "shares"]].iloc[0].tolist() == [7, 2, 3]


def test_counts_of_bilibili_without_the_video_are_its_counts(tmp_path):
    answer = {"code": 0, "data": {"bvid": "BV1", "view": 1000, "danmaku": 3, "reply": 9, "favorite": 30, "like": 100}}
    found = read(stored(tmp_path, answer))["items"].iloc[0]
    assert found[["item_id", "reads", "comments", "saves", "likes"]].tolist() == ["BV1", 1000, 9, 30, 100]
    assert pd.isna(found["published_at"])


def activity(number, **more):
    made = {
        "id": f"https://a/{number}",
        "type": "Note",
        "published": "2026-08-01T10:00:00Z",
        "content": f"<p>{number}</p>",
    }
    act = {"id": f"https://a/{number}/activity", "type": "Create", "actor": "https://a/me"}
    return {**act, "published": f"2026-08-0{number}T10:00:00Z", "to": ["Public"], "object": {**made, **more}}


def test_an_outbox_is_posts_answers_and_boosts_whose_counts_are_unknown(tmp_path):
    boost = {**activity(3), "type": "Announce", "object": "https://b/9"}
    acts = [activity(1), activity(2, inReplyTo="https://b/8", likes={"type": "Collection", "totalItems": 5}), boost]
    text = json.dumps({"@context": "x", "type": "OrderedCollection", "orderedItems": acts})
    twice = text.replace('"orderedItems": [', '"orderedItems": [], "orderedItems": [', 1)
    reading = read(saved(tmp_path, twice, "outbox.json"))
    assert reading.format == "mastodon_outbox"
    found = reading["items"]
    assert found["title"].tolist() == ["1", "2"]
    assert found["likes"].isna().tolist() == [True, False]
    assert found["shares"].isna().all()
    assert found["published_at"].max() == pd.Timestamp("2026-08-02 10:00", tz="UTC")
    assert sorted(reading["cascade_nodes"]["kind"]) == ["comment", "repost", "root"]
    assert reading.rows_rejected == 1


def test_a_name_that_stands_twice_with_two_contents_is_refused(tmp_path):
    twice = '{"@context": "x", "type": "OrderedCollection", "orderedItems": [1], "orderedItems": [2]}'
    with pytest.raises(FileError, match="stands twice"):
        read(saved(tmp_path, twice, "outbox.json"))


def test_an_empty_outbox_says_that_it_is_empty(tmp_path):
    with pytest.raises(FileError, match="holds no record"):
        read(stored(tmp_path, {"@context": "x", "type": "OrderedCollection", "orderedItems": []}))


def test_a_chain_of_parents_ends_even_in_a_loop():
    assert top("4", {"4": "3", "3": "1"}) == "1"
    assert top("4", {"4": "3", "3": "9", "9": "3"}) == "3"
    assert top("1", {}) == "1"


# --- chats ---


@needs_samples
def test_a_chat_of_telegram_gives_messages_and_who_answered_whom():
    reading = read(sample("telegram_result.json"))
    events, edges = reading["events"], reading["edges"]
    assert len(events) == 5
    assert reading.rows_rejected == 1
    assert events["text"][0] == "see https://example.org"
    assert events["time"][0] == pd.Timestamp(1785636000, unit="s", tz="UTC")
    assert events["tz_source"].unique().tolist() == ["given"]
    assert events["action"].tolist() == ["message"] + ["reply"] * 4
    assert len(edges) == 4
    assert edges["dst"].unique().tolist() == [events["actor_id"][0]]
    assert "user700" not in events.to_csv() + edges.to_csv()


def test_messages_of_telegram_without_an_author_are_counted(tmp_path):
    messages = [{"id": n, "type": "message", "date_unixtime": str(1700000000 + n), "text": "x"} for n in range(3)]
    reading = read(stored(tmp_path, {"id": 5, "name": "g", "type": "private_channel", "messages": messages}))
    found = reading["events"]
    assert len(found) == 3
    assert found["actor_id"].isna().all()
    assert found["time"].min() == pd.Timestamp("2023-11-14 22:13:20", tz="UTC")
    assert any("3 messages have no from_id" in note for note in reading.notes)


def test_a_text_is_a_string_or_pieces():
    assert words("plain") == "plain"
    assert words(["see ", {"type": "link", "text": "https://x"}, "!"]) == "see https://x!"
    assert words("") is None
    assert words([]) is None


def message(name: int, author: str, **more: object) -> dict[str, object]:
    return {"id": name, "type": "message", "date": "2026-08-02T10:00:00", "from_id": author, "text": "x", **more}


def test_answers_to_oneself_and_to_what_is_not_there_make_no_tie(tmp_path):
    chat = {"id": 1, "name": "c", "messages": [message(1, "user1"), message(2, "user1", reply_to_message_id=1)]}
    chat["messages"] += [message(3, "user2", reply_to_message_id=99), message(4, "user2", reply_to_message_id=1)]
    chat["messages"] += [message(5, "user2", reply_to_message_id=2)]
    reading = read(stored(tmp_path, chat))
    assert reading["edges"][["weight"]].to_numpy().tolist() == [[2.0]]
    assert any("1 answer is to messages that are not in the export" in note for note in reading.notes)
    assert reading["events"]["tz_source"].unique().tolist() == ["assumed"]
    other = {**chat, "id": 2}
    both = read(stored(tmp_path, {"chats": {"list": [chat, other]}}))
    assert len(both["events"]) == 10
    assert both["events"]["event_id"].is_unique


@needs_samples
def test_a_table_of_discord_has_no_ids_and_keeps_line_breaks():
    found = read(sample("discord_chat.csv"))["events"]
    assert len(found) == 5
    assert found["text"][1] == "hi\nthere"
    assert found["actor_id"].nunique() == 5
    assert "user0" not in found.to_csv()


def test_a_chat_of_discord_in_json_has_ids_and_answers(tmp_path):
    def said(name: str, author: str, **more: object) -> dict[str, object]:
        base = {"id": name, "type": "Default", "timestamp": "2026-08-01T10:00:00.123+00:00", "content": "hi"}
        return base | {"author": {"id": author, "name": "secret"}} | more

    join = said("3", "9", type="GuildMemberJoin")
    answer = said("2", "8", type="Reply", reference={"messageId": "1", "channelId": "55"})
    chat = {"guild": {"id": "1"}, "channel": {"id": "55"}, "messages": [said("1", "7"), answer, join]}
    reading = read(stored(tmp_path, chat))
    assert reading["events"]["event_id"].tolist() == ["55:1", "55:2"]
    assert len(reading["edges"]) == 1
    assert reading.rows_rejected == 1
    assert "secret" not in reading["events"].to_csv()
