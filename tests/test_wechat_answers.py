import json
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.loaders.wechat import read_wechat
from fanecon.schema import ACCOUNTS_DAILY, EVENTS, ITEM_DAILY, ITEMS, MESSAGES_DAILY, FileError, check

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "wechat_api"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")


def saved(path, *answers, lines=False):
    whole = [json.dumps(one, ensure_ascii=False) for one in answers]
    text = "\n".join(whole) if lines or len(whole) == 1 else f"[{','.join(whole)}]"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(*rows, **more):
    return {"list": list(rows), **more}


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read(path, **options)
    assert caught.value.fix
    return caught.value


def told(reading):
    return " ".join((*reading.notes, *reading.lossy))


def expected(name):
    return json.loads((SAMPLES.parent / "expected.json").read_text(encoding="utf-8"))[f"wechat_api/{name}"]


# Followers


def came(on="2026-09-01", source=0, new=5, lost=1):
    return {"ref_date": on, "user_source": source, "new_user": new, "cancel_user": lost}


def total(on="2026-09-01", people=100):
    return {"ref_date": on, "cumulate_user": people}


def test_new_followers_are_labelled_by_source_and_summed_in_a_row_of_their_own(tmp_path):
    path = saved(tmp_path / "a.json", listed(came(), came(source=30, new=7, lost=0), came(source=999, new=1, lost=0)))
    reading = read(path)
    frame = check(reading["accounts_daily"], ACCOUNTS_DAILY)
    assert frame["source"].tolist() == ["all", "other", "qr_code", "unknown_999"]
    assert frame["source_code"].tolist() == [pd.NA, 0, 30, 999]
    whole = frame[frame["source"] == "all"].iloc[0]
    assert whole[["followers_new", "followers_lost", "followers_net"]].tolist() == [13, 1, 12]
    assert frame.loc[frame["source"] != "all", "followers_net"].isna().all()
    assert "kept as unknown: 999" in told(reading)
    assert reading.rows_read == 3


def test_a_source_without_a_number_leaves_the_sum_unknown_and_not_smaller(tmp_path):
    frame = read(saved(tmp_path / "a.json", listed(came(), came(source=1, new=None))))["accounts_daily"]
    whole = frame[frame["source"] == "all"].iloc[0]
    assert pd.isna(whole["followers_new"])
    assert whole["followers_lost"] == 2


@pytest.mark.parametrize("lines", [False, True])
def test_at_a_seam_the_later_answer_is_kept_and_differing_numbers_are_counted(tmp_path, lines):
    path = saved(tmp_path / "a.json", listed(came()), listed(came(new=8), came("2026-09-02")), lines=lines)
    reading = read(path)
    first = reading.main.query("source == 'other'").iloc[0]
    assert first["followers_new"] == 8
    assert (reading.rows_read, reading.rows_rejected) == (3, 1)
    assert "1 record stands in several answers (1 of them with other numbers)" in told(reading)


def test_a_folder_of_answers_is_one_table_and_empty_days_are_counted(tmp_path):
    for day in (1, 2, 3):
        saved(tmp_path / "answers" / f"0{day}.json", listed(came(f"2026-09-0{day}")))
    saved(tmp_path / "answers" / "04.json", listed())
    (tmp_path / "answers" / ".DS_Store").write_bytes(b"\x00\x01")
    reading = read(tmp_path / "answers")
    assert reading.main["date"].dt.day.unique().tolist() == [1, 2, 3]
    assert "1 of 4 files hold no record, such as 04.json" in told(reading)
    assert len(read_wechat(tmp_path / "answers")) == 6


def test_new_followers_and_totals_in_one_folder_are_one_table_that_is_checked(tmp_path):
    saved(tmp_path / "x" / "new.json", listed(came(), came("2026-09-02", new=9, lost=2)))
    saved(tmp_path / "x" / "sum.json", listed(total(), total("2026-09-02", 107)))
    reading = read(tmp_path / "x")
    whole = reading.main.query("source == 'all'")
    assert whole["followers_total"].tolist() == [100, 107]
    assert whole["followers_net"].tolist() == [4, 7]
    assert "changes by new minus lost on all 1 days" in told(reading)
    saved(tmp_path / "x" / "sum.json", listed(total(), total("2026-09-02", 108)))
    assert "does not change by new minus lost on 2026-09-02" in told(read(tmp_path / "x"))


def test_a_csv_made_of_the_list_gives_the_same_table(tmp_path):
    rows = [came(), came(source=30), came("2026-09-02")]
    original = read(saved(tmp_path / "a.json", listed(*rows))).main
    for at, (mark, encoding) in enumerate([(",", "utf-8"), (",", "utf-8-sig"), ("\t", "utf-16")]):
        pd.DataFrame(rows).to_csv(tmp_path / f"{at}.csv", sep=mark, encoding=encoding)
        pd.testing.assert_frame_equal(read(tmp_path / f"{at}.csv").main, original, check_flags=False)


def test_all_broken_values_are_named_with_the_place_of_their_record(tmp_path):
    rows = [came(new="x"), came("2026-09-02", lost=-3), came("2026-13-01"), came("2026-09-04")]
    path = saved(tmp_path / "a.json", listed(*rows[:2]), listed(*rows[2:]))
    error = refusal(path)
    assert [(place.row, place.column, place.value) for place in error.places] == [
        (2, "new_user", "x"),
        (3, "cancel_user", "-3"),
        (4, "ref_date", "2026-13-01"),
    ]
    kept = read(path, problems="collect")
    assert kept.main["date"].dt.day.unique().tolist() == [4]
    assert (kept.rows_read, kept.rows_rejected) == (4, 3)
    assert kept.problems["row"].tolist() == [2, 3, 4]


def test_a_table_is_complained_of_by_the_rows_of_its_program(tmp_path):
    pd.DataFrame([came(), came(new="many")]).to_csv(tmp_path / "a.csv", index=False)
    assert [place.row for place in refusal(tmp_path / "a.csv").places] == [3]


# Errors and strangers


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (40001, "token"),
        (61500, "date format"),
        (61501, "date range"),
        (61503, "not ready"),
        (45009, "used up"),
        (7, "7"),
    ],
)
def test_an_error_answer_is_explained_and_may_be_left_out_among_others(tmp_path, code, meaning):
    assert meaning in str(refusal(saved(tmp_path / "a.json", {"errcode": code, "errmsg": "x"})))
    path = saved(tmp_path / "b.json", listed(came()), {"errcode": code, "errmsg": "x"}, listed(came("2026-09-02")))
    error = refusal(path)
    assert "Answer 2" in str(error)
    assert [place.row for place in error.places] == [3]
    assert read(path, problems="collect").main["date"].dt.day.unique().tolist() == [1, 2]


def test_an_error_code_of_zero_is_no_error(tmp_path):
    assert len(read(saved(tmp_path / "a.json", {"errcode": 0, **listed(came())})).main) == 2


def test_an_empty_answer_says_so(tmp_path):
    assert "holds no record" in str(refusal(saved(tmp_path / "a.json", listed())))


def test_calls_of_the_own_server_are_refused_by_name(tmp_path):
    row = {"ref_date": "2026-09-01", "callback_count": 3, "fail_count": 0, "total_time_cost": 9, "max_time_count": 3}
    assert "getinterfacesummary" in str(refusal(saved(tmp_path / "a.json", listed(row))))


# Reading and sharing


def opened_by(source=99999999, readers=100, on="2026-09-01", **changed):
    return {
        **{"ref_date": on, "user_source": source, "int_page_read_user": readers, "int_page_read_count": readers * 2},
        **{"ori_page_read_user": 0, "ori_page_read_count": 0, "share_user": 3, "share_count": 4},
        **{"add_to_fav_user": 0, "add_to_fav_count": 0},
        **changed,
    }


def test_reading_has_a_code_list_of_its_own_and_99999999_is_all(tmp_path):
    rows = [opened_by(), opened_by(0, 60), opened_by(1, 10), opened_by(6, 20), opened_by(7, 9), opened_by(42, 1)]
    reading = read(saved(tmp_path / "a.json", listed(*rows)))
    frame = check(reading["item_daily"], ITEM_DAILY)
    assert frame["channel"].tolist() == ["all", "session", "friends", "recommend", "search", "unknown_42"]
    assert set(frame["item_id"]) == {"account"}
    assert not frame["cumulative"].any()
    assert "kept as unknown: 42" in told(reading)


def test_favourites_of_a_channel_are_missing_and_not_zero(tmp_path):
    frame = read(saved(tmp_path / "a.json", listed(opened_by(), opened_by(0, 60)))).main
    assert frame["saves"].tolist() == [0, pd.NA]
    assert [None if pd.isna(one) else json.loads(one) for one in frame["extra"]] == [
        {"ori_page_read_user": 0, "ori_page_read_count": 0},
        None,
    ]


def test_an_hour_is_the_hour_of_the_day_and_nothing_else(tmp_path):
    hours = [{**opened_by(), "ref_hour": hour} for hour in (0, 700, 2300)]
    for row in hours:
        row.pop("user_source")
    frame = read(saved(tmp_path / "a.json", listed(*hours))).main
    assert frame["hour"].tolist() == [0, 7, 23]
    assert set(frame["channel"]) == {"all"}
    broken = [{**hours[0], "ref_hour": hour} for hour in (730, 2400)]
    assert [place.value for place in refusal(saved(tmp_path / "b.json", listed(*broken))).places] == ["730", "2400"]


def test_a_whole_below_its_part_and_a_day_without_a_whole_are_noted(tmp_path):
    rows = [opened_by(readers=5), opened_by(0, 60), opened_by(0, 60, "2026-09-02")]
    reading = read(saved(tmp_path / "a.json", listed(*rows)))
    assert "One channel has more readers than all together on 2026-09-01" in told(reading)
    assert "1 day has channels but no row 99999999" in told(reading)


def test_a_summary_of_articles_is_daily_and_keeps_titles(tmp_path):
    row = {**opened_by(), "msgid": "10000050_1", "title": "日报"}
    row.pop("user_source")
    reading = read(saved(tmp_path / "a.json", listed(row)))
    frame = check(reading["item_daily"], ITEM_DAILY)
    assert frame[["item_id", "channel", "readers", "reads"]].iloc[0].tolist() == ["10000050_1", "all", 100, 200]
    assert not frame["cumulative"].any()
    assert json.loads(frame["extra"][0])["title"] == "日报"
    assert "fewer than three readers" in told(reading)


def test_where_an_article_was_shared_to_is_not_where_it_was_read(tmp_path):
    rows = [
        {"ref_date": "2026-09-01", "share_scene": scene, "share_count": 5, "share_user": 4} for scene in (1, 2, 255, 5)
    ]
    reading = read(saved(tmp_path / "a.json", listed(*rows)))
    assert reading.main["channel"].tolist() == ["to_friends", "to_moments", "to_other", "to_unknown_5"]
    assert "kept as unknown: 5" in told(reading)
    hourly = [{**row, "ref_hour": 900} for row in rows]
    assert set(read(saved(tmp_path / "b.json", listed(*hourly))).main["hour"]) == {9}


# Messages


def sent(on="2026-09-01", kind=1, **more):
    return {"ref_date": on, "msg_type": kind, "msg_user": 3, "msg_count": 5, **more}


def test_messages_are_labelled_by_type(tmp_path):
    frame = read(saved(tmp_path / "a.json", listed(*(sent(kind=kind) for kind in (1, 2, 3, 4, 6, 9))))).main
    check(frame, MESSAGES_DAILY)
    assert frame["msg_type"].tolist() == ["text", "image", "voice", "video", "link", "unknown_9"]
    assert set(frame["period"]) == {"day"}


def test_the_period_of_messages_is_told_by_the_hour_the_days_or_the_name(tmp_path):
    hourly = read(saved(tmp_path / "a.json", listed(sent(ref_hour=1300)))).main
    assert hourly[["period", "hour"]].iloc[0].tolist() == ["hour", 13]
    weekly = read(saved(tmp_path / "b.json", listed(sent("2026-08-31"), sent("2026-09-07"))))
    assert set(weekly.main["period"]) == {"week"}
    assert "every ref_date begins one" in told(weekly)
    monthly = read(saved(tmp_path / "getupstreammsgmonth.json", listed(sent())))
    assert set(monthly.main["period"]) == {"month"}
    assert "the file's name says so" in told(monthly)


def test_senders_are_counted_by_how_many_messages_they_sent(tmp_path):
    rows = [{"ref_date": "2026-09-01", "count_interval": code, "msg_user": 5} for code in (0, 1, 2, 3)]
    frame = read(saved(tmp_path / "a.json", listed(*rows))).main
    assert frame["interval"].tolist() == ["0", "1-5", "6-10", ">10"]
    assert frame["msg_count"].isna().all()


# The generation of November 2025


def by_channel(**people):
    names = {"whole": "全部", "session": "公众号消息", "search": "搜一搜", "new": "看图说话"}
    return [{"user_count": count, "scene_desc": names[name]} for name, count in people.items()]


def day_read(msgid="1_1", readers=100, source=None, on="2026-09-03"):
    source = by_channel(whole=100, session=60, search=5) if source is None else source
    return {"ref_date": on, "msgid": msgid, "detail": {"read_user": readers, "read_user_source": source}}


def test_readers_of_a_day_are_split_by_the_words_for_channels(tmp_path):
    answer = listed(day_read(source=by_channel(whole=100, session=60, new=7)), is_delay=False)
    frame = read(saved(tmp_path / "a.json", answer))["item_daily"]
    check(frame, ITEM_DAILY)
    assert frame["channel"].tolist() == ["all", "session", "看图说话"]
    assert frame["readers"].tolist() == [100, 60, 7]
    assert frame["reads"].isna().all()
    assert frame["is_final"].all()
    assert not frame["cumulative"].any()


def test_a_delayed_answer_is_not_final_and_a_silent_one_unknown(tmp_path):
    late = read(saved(tmp_path / "a.json", listed(day_read(), is_delay=True)))
    assert not late.main["is_final"].any()
    assert "not final (is_delay)" in told(late)
    assert read(saved(tmp_path / "b.json", listed(day_read()))).main["is_final"].isna().all()


def test_a_total_that_is_not_the_channel_of_all_is_noted(tmp_path):
    assert "全部 is not read_user in 1 record" in told(read(saved(tmp_path / "a.json", listed(day_read(readers=99)))))


def test_readers_and_sharers_of_one_day_fill_each_other(tmp_path):
    saved(tmp_path / "x" / "read.json", listed(day_read()))
    saved(
        tmp_path / "x" / "share.json", listed({"ref_date": "2026-09-03", "msgid": "1_1", "detail": {"share_user": 9}})
    )
    frame = read(tmp_path / "x")["item_daily"]
    assert len(frame) == 3
    assert frame.loc[frame["channel"] == "all", ["readers", "sharers"]].iloc[0].tolist() == [100, 9]


def test_two_numbers_for_the_same_thing_are_refused(tmp_path):
    saved(tmp_path / "x" / "old.json", listed(opened_by(on="2026-09-03")))
    saved(tmp_path / "x" / "new.json", listed({"ref_date": "2026-09-03", "detail": {"read_user": 88}}))
    assert "different things of the same" in str(refusal(tmp_path / "x"))


def grown(on, readers, **changed):
    return {
        **{"stat_date": on, "read_user": readers, "read_user_source": by_channel(whole=readers, session=readers // 2)},
        **{"share_user": 9, "zaikan_user": 4, "like_user": 8, "comment_count": 2, "collection_user": 3},
        **{"praise_money": 1250, "read_subscribe_user": 6, "read_delivery_rate": 0.03, "read_finish_rate": 0.5},
        **{"read_avg_activetime": 1.5, "read_jump_position": [{"position": 1, "rate": 0.3}]},
        **changed,
    }


def article(*days, msgid="2247_1", **changed):
    same = {"ref_date": "2026-09-01", "msgid": msgid, "publish_type": 0, "title": "春", "content_url": "http://x"}
    return {**same, "detail_list": list(days), **changed}


def test_the_last_day_is_the_article_and_its_units_are_kept(tmp_path):
    answer = listed(article(grown("2026-09-01", 100), grown("2026-09-02", 150)))
    reading = read(saved(tmp_path / "a.json", answer))
    row = check(reading["items"], ITEMS).iloc[0]
    assert row[["readers", "sharers", "likes", "looks", "comments", "savers", "followers_gained"]].tolist() == [
        *(150, 9, 8, 4, 2, 3, 6)
    ]
    assert row[["revenue_minor", "currency", "avg_seconds", "finish_rate"]].tolist() == [1250, "CNY", 90.0, 0.5]
    assert row[["delivered_rate", "delivered_rate_numerator", "session_readers"]].tolist() == [0.03, "people", 75]
    assert row[["reads", "shares", "delivered"]].isna().all()
    assert row[["window_days", "position", "notified"]].tolist() == [2, 1, True]
    days = check(reading["item_daily"], ITEM_DAILY)
    assert days["cumulative"].all()
    assert days.loc[days["channel"] == "all", "readers"].tolist() == [100, 150]
    assert "cumulative" in told(reading)


def test_an_article_that_nobody_was_told_of_is_not_notified(tmp_path):
    frame = read_wechat(saved(tmp_path / "a.json", listed(article(grown("2026-09-01", 100), publish_type=1))))
    assert frame["notified"].tolist() == [False]
    assert "lossy" in frame.attrs


def test_what_cannot_be_in_a_detail_is_named_with_article_and_day(tmp_path):
    days = [grown("2026-09-01", 100, read_finish_rate=52), grown("2026-09-02", 120, read_user_source="x")]
    error = refusal(saved(tmp_path / "a.json", listed(article(*days))))
    assert [place.row for place in error.places] == [2, 3]
    assert error.places[0].column == "msgid 2247_1, stat_date 2026-09-01, read_finish_rate"
    falls = listed(article(grown("2026-09-01", 100), grown("2026-09-02", 99), grown("2026-09-03", 130)))
    path = saved(tmp_path / "b.json", falls)
    assert "read_user falls from 100" in str(refusal(path))
    assert read(path, problems="collect")["items"]["readers"].tolist() == [130]


def test_nested_answers_survive_a_csv(tmp_path):
    rows = [article(grown("2026-09-01", 100), grown("2026-09-02", 150))]
    original = read(saved(tmp_path / "a.json", listed(*rows)))["items"]
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv")
    head = ["ref_date", "msgid", "publish_type", "title", "content_url"]
    pd.json_normalize(rows, "detail_list", head).to_csv(tmp_path / "b.csv")
    for name in ("a.csv", "b.csv"):
        made = read(tmp_path / name)["items"].drop(columns="extra")
        pd.testing.assert_frame_equal(made, original.drop(columns="extra"), check_flags=False)
    daily = [day_read(), day_read("1_2")]
    pd.DataFrame(daily).to_csv(tmp_path / "c.csv")
    pd.json_normalize(daily).to_csv(tmp_path / "d.csv", index=False)
    assert len(read(tmp_path / "c.csv").main) == len(read(tmp_path / "d.csv").main) == 6


# Followers one by one


def follower(name="o" + "A" * 27, at=1788350400, **changed):
    return {
        **{"subscribe": 1, "openid": name, "nickname": "小王", "subscribe_time": at, "unionid": " u" + "B" * 27},
        **{"subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": 0, "qr_scene_str": "inv_A17"},
        **changed,
    }


def test_followers_are_events_under_pseudonyms_and_who_left_is_not_counted_as_a_follow(tmp_path):
    gone = {"subscribe": 0, "openid": "o" + "C" * 27}
    path = saved(tmp_path / "a.json", {"user_info_list": [follower(), gone]})
    reading = read(path)
    frame = check(reading["events"], EVENTS)
    assert frame["action"].tolist() == ["subscribe", "unsubscribe"]
    assert frame["status"].tolist() == ["subscribed", "not subscribed"]
    assert frame["time"].tolist() == [pd.Timestamp("2026-09-02 12:00", tz="UTC"), pd.NaT]
    assert frame["tz_source"].tolist() == ["given", pd.NA]
    assert frame["campaign_id"].tolist() == ["inv_A17", pd.NA]
    assert "latest follow, not the first" in told(reading)
    assert "A" * 27 not in frame.to_csv()
    assert "B" * 27 not in frame.to_csv()
    assert "小王" not in frame.to_csv()
    assert read(path, ask=Ask(personal=True)).main["actor_id"][0] == "o" + "A" * 27


def test_a_code_of_a_qr_scene_may_be_a_number(tmp_path):
    frame = read(saved(tmp_path / "a.json", follower(qr_scene=17, qr_scene_str=""))).main
    assert frame["campaign_id"].tolist() == ["17"]


def test_pages_of_followers_that_are_missing_are_counted(tmp_path):
    page = {"total": 5, "count": 2, "data": {"openid": ["o" + "A" * 27, "o" + "C" * 27]}, "next_openid": "x"}
    reading = read(saved(tmp_path / "a.json", page))
    assert reading.main["action"].tolist() == ["subscribe", "subscribe"]
    assert reading.main["time"].isna().all()
    assert "2 of 5 followers" in told(reading)


def push(event="subscribe", at=1788350400, key="qrscene_inv_A17", who="o" + "A" * 27):
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey></xml>"
    )


def test_pushes_tell_of_follow_and_leave_and_a_repeated_push_is_one(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(
        "\n".join([push(), push(), push("unsubscribe", 1788350999, ""), push("SCAN", 1788351000, "7"), push("CLICK")])
    )
    reading = read(path)
    frame = check(reading["events"], EVENTS)
    assert frame["action"].tolist() == ["subscribe", "unsubscribe", "scan"]
    assert frame["campaign_id"].tolist() == ["inv_A17", pd.NA, "7"]
    assert (reading.rows_read, reading.rows_rejected) == (5, 2)
    for at in (1, 2):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / f"{at}.xml").write_text(push(at=1788350400 + at))
    assert len(read(tmp_path / "x").main) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (push(at="soon"), "not a unix time"),
        (push()[:-9], "no whole"),
        (push("CLICK"), "no push of a follow"),
        (push().replace("</Event>", "</Evnt>"), "not well-formed"),
        ("<xml><ToUserName>x</ToUserName><Encrypt>abc</Encrypt></xml>", "encrypted"),
    ],
)
def test_a_push_that_cannot_be_read_says_why(tmp_path, text, words):
    (tmp_path / "a.xml").write_text(text)
    assert words in str(refusal(tmp_path / "a.xml"))


# The samples beside the repository


@needs_samples
def test_the_sample_followers_agree_with_their_totals():
    stated, totals = expected("getusersummary.json"), expected("getusercumulate.json")
    reading = read(SAMPLES / "getusersummary.json")
    assert reading.rows_read == stated["rows"]
    parts = reading.main.query("source != 'all'")
    assert (parts["followers_new"].sum(), parts["followers_lost"].sum()) == (stated["new_user"], stated["cancel_user"])
    whole = reading.main.query("source == 'all'").set_index("date")["followers_net"]
    assert {f"{on:%Y-%m-%d}": net for on, net in whole.items()} == stated["net_by_day"]
    sums = read(SAMPLES / "getusercumulate.json").main
    assert (len(sums), sums["followers_total"].iloc[0], sums["followers_total"].iloc[-1]) == (
        *(totals["rows"], totals["first"], totals["last"]),
    )
    assert sums["followers_total"].diff().dropna().tolist() == whole.tolist()[1:]
    assert sums["source"].tolist() == ["all"] * 7


@needs_samples
def test_the_sample_articles_of_one_day_and_since_publication():
    stated = expected("getarticlesummary.json")
    frame = read(SAMPLES / "getarticlesummary.json").main
    assert (len(frame), frame["readers"].sum()) == (stated["rows"], stated["int_page_read_user"])
    old, new = expected("getarticletotal.json"), expected("getarticletotaldetail.json")
    for name, told_, key in (
        ("getarticletotal", old, "final_int_page_read_user"),
        ("getarticletotaldetail", new, "final_read_user"),
    ):
        reading = read(SAMPLES / f"{name}.json")
        assert reading["items"]["readers"].tolist() == told_[key]
        assert (len(reading["items"]), reading.rows_read) == (told_["articles"], told_["detail_rows"])
        assert reading["item_daily"]["cumulative"].all()
    wrong = set(old["wrong_if_summed"])
    assert not wrong & set(read(SAMPLES / "getarticletotal.json")["items"]["readers"])


@needs_samples
def test_the_sample_readers_are_not_doubled():
    stated = expected("getuserread.json")
    reading = read(SAMPLES / "getuserread.json")
    whole = reading.main.query("channel == 'all'").set_index("stat_date")["readers"]
    assert {f"{on:%Y-%m-%d}": people for on, people in whole.items()} == stated["readers_by_day"]
    assert whole.sum() != stated["wrong_if_all_rows_summed"] == reading.main["readers"].sum()
    assert reading.rows_read == stated["rows"]
    hours = read(SAMPLES / "getuserreadhour.json").main
    assert len(hours) == expected("getuserreadhour.json")["rows"]
    assert {0, 5, 7, 23} <= set(hours["hour"])
    assert hours["hour"].max() == 23


@needs_samples
def test_the_sample_followers_joined_within_35_seconds_through_one_code():
    stated = expected("user_info_batchget.json")
    frame = read(SAMPLES / "user_info_batchget.json").main
    assert len(frame) == stated["rows"]
    assert (frame["action"] == "subscribe").sum() == stated["subscribed"]
    burst = frame[frame["campaign_id"] == "inv_A17"]["time"]
    assert (len(burst), (burst.max() - burst.min()).total_seconds()) == (6, 35)
    assert read(SAMPLES / "event_subscribe.xml").main["campaign_id"].tolist() == ["inv_A17"]
    assert read(SAMPLES / "event_subscribe.xml").main["actor_id"][0] == frame["actor_id"][0]


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*")), ids=lambda path: path.name)
def test_every_sample_is_read_as_what_it_is_or_refused_with_its_meaning(path):
    if path.name.startswith("error"):
        assert "WeChat says" in str(refusal(path))
        return
    reading = read(path)
    assert path.stem.split("_")[0] in reading.format or reading.format in ("wechat_user_info", "wechat_event_push")
    for table in reading.tables.values():
        assert len(table)
