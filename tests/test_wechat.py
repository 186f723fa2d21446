import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wechat_files as make

from fanecon.loaders.wechat import read_wechat
from fanecon.schema import ACCOUNTS_DAILY, ITEM_DAILY, ITEMS, FileError, check

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")


def refusal(path, **options):
    with pytest.raises(FileError) as caught:
        read_wechat(path, **options)
    assert caught.value.fix
    assert len(str(caught.value).splitlines()) <= 52
    return caught.value


def listing(path, *rows, header=make.HEADER_16, write=make.xls):
    return write(path, [header, *rows])


def notes(frame):
    return " ".join(frame.attrs["notes"])


# The content list


def test_a_list_of_16_columns_is_read_by_hand(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16()))
    row = frame.iloc[0]
    assert row["item_id"] == "100_1"
    assert row["account_id"] == make.BIZ
    assert (row["platform"], row["kind"], row["notified"]) == ("wechat_oa", "article", True)
    assert row["published_date"] == pd.Timestamp("2022-03-29")
    counted = ["readers", "reads", "sharers", "shares", "followers_gained", "delivered", "session_reads"]
    assert row[[*counted, "first_shares", "share_reads"]].tolist() == [94, 163, 8, 10, 1, 2112, 79, 5, 69]
    assert (row["delivered_rate"], row["delivered_rate_numerator"]) == (0.0374, "times")
    assert row["finish_rate"] == 0.6889
    assert json.loads(row["extra"]) == {"首次分享率": 0.0633, "每次分享带来阅读次数": 6.9}
    assert pd.isna(row["lower_bound"])
    assert pd.isna(row["session_readers"])


def test_the_frame_is_a_table_of_items_that_says_where_it_comes_from(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16()))
    check(frame, ITEMS)
    assert list(frame.columns) == list(ITEMS.columns)
    assert frame["source_format"].tolist() == ["wechat_backend_16"]
    assert {name: value for name, value in frame.attrs.items() if name not in ("notes", "lossy")} == {
        "table": "items",
        "format": "wechat_backend_16",
        "file": "a.xls",
        "encoding": "xls",
        "encoding_how": "a workbook carries its own",
        "rows_read": 1,
        "rows_dropped": 0,
    }


def test_what_the_frame_says_of_itself_survives_pandas(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16()))
    assert frame.copy().query("readers > 1").attrs == frame.attrs
    assert pd.concat([frame, frame]).attrs == frame.attrs
    assert all(isinstance(value, (str, int, tuple)) for value in frame.attrs.values())


def test_a_consistent_row_breaks_no_identity(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16()))
    assert len(frame.attrs["notes"]) == 3
    assert "times, not people" in notes(frame)
    assert "do not add up" in notes(frame)


@pytest.mark.parametrize(("rate", "silent"), [(0.0374, True), (0.0375, True), (0.0376, False), (0.0372, False)])
def test_an_identity_is_kept_within_the_last_printed_digit(tmp_path, rate, silent):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(送达阅读率=rate)))
    assert ("送达阅读率 is not 公众号消息阅读次数 ÷ 送达人数 in row 2" in notes(frame)) is not silent


def test_the_other_identities_are_checked_too(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(首次分享率=0.1234, 每次分享带来阅读次数=9.9)))
    assert "首次分享率 is not 首次分享次数 ÷ 公众号消息阅读次数 in row 2" in notes(frame)
    assert "每次分享带来阅读次数 is not 分享产生阅读次数 ÷ 总分享次数 in row 2" in notes(frame)


def test_more_people_than_times_and_more_sharers_than_readers_are_notes(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(总分享人数=200, 总阅读次数=90)))
    assert "more sharers than readers in row 2" in notes(frame)
    assert "more readers than reads in row 2" in notes(frame)


def test_a_list_of_9_columns_counts_people(tmp_path):
    rows = [["", "已通知内容"], [], ["", *make.HEADER_9], ["", *make.row_9()]]
    frame = read_wechat(make.xls(tmp_path / "a.xls", rows))
    assert frame.attrs["format"] == "wechat_backend_9"
    assert frame["delivered_rate_numerator"].tolist() == ["people"]
    assert frame["reads"].isna().all()
    assert frame["readers"].tolist() == [94]
    assert "an assumption" in notes(frame)


def test_a_rate_of_people_that_needs_more_people_than_read_is_noted(tmp_path):
    row = make.row_9()
    row[make.HEADER_9.index("送达阅读率")] = 0.0774
    frame = read_wechat(listing(tmp_path / "a.xls", row, header=make.HEADER_9))
    assert "it may count times after all" in notes(frame)


def test_an_article_that_was_not_sent_has_no_delivered_number(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_14(), header=make.HEADER_14))
    assert frame.attrs["format"] == "wechat_backend_14"
    assert frame["delivered"].isna().all()
    assert frame["notified"].tolist() == [False]
    assert frame["delivered_rate_numerator"].isna().all()
    assert "unknown, not zero" in notes(frame)


@pytest.mark.parametrize("write", [make.xls, make.xlsx, make.text])
def test_every_container_gives_the_same_articles(tmp_path, write):
    rows = [make.row_16(), make.row_16("夏天 😀", 20220401, make.link(101))]
    expected = read_wechat(listing(tmp_path / "a", *rows))
    found = read_wechat(listing(tmp_path / "b", *rows, write=write))
    pd.testing.assert_frame_equal(found.drop(columns="extra"), expected.drop(columns="extra"), check_flags=False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_copy_saved_again_in_any_encoding_gives_the_same_articles(tmp_path, encoding):
    table = [make.HEADER_16, make.row_16("夏天 😀"), make.row_16("秋", 20220401, make.link(101))]
    frame = read_wechat(make.text(tmp_path / "a.csv", table, encoding, mark="\t"))
    assert frame["title"].tolist() == ["夏天 😀", "秋"]
    assert frame["reads"].sum() == 326
    assert frame.attrs["encoding"] == encoding


@pytest.mark.parametrize("on", [20220329, 20220329.0, "20220329", "2022-03-29", "2022/3/29", dt.date(2022, 3, 29)])
def test_a_day_of_publication_may_be_written_in_any_way(tmp_path, on):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(on=on)))
    assert frame["published_date"].tolist() == [pd.Timestamp("2022-03-29")]


def test_percents_and_fractions_are_the_same_rates(tmp_path):
    row = make.row_16(送达阅读率="3.74%", 首次分享率="6.33%", 阅读完成率="68.89%")
    frame = read_wechat(listing(tmp_path / "a.csv", row, write=make.text))
    assert frame["delivered_rate"].tolist() == [0.0374]
    assert frame["finish_rate"].tolist() == [0.6889]
    assert len(frame.attrs["notes"]) == 3


def test_a_floor_and_a_rounded_count_keep_their_doubts(tmp_path):
    row = make.row_16(总阅读次数="10万+", 总阅读人数="3.2万", 送达人数="-", 送达阅读率="-")
    frame = read_wechat(listing(tmp_path / "a.xls", row))
    assert frame["reads"].tolist() == [100_000]
    assert frame["lower_bound"].tolist() == ["reads"]
    assert frame["readers"].tolist() == [32_000]
    assert frame["delivered"].isna().all()
    assert frame["notified"].isna().all()
    assert frame["delivered_rate_numerator"].isna().all()
    assert "1 row has a count that is only a floor" in notes(frame)
    assert "1 row has readers rounded" in notes(frame)


def test_repeated_headers_totals_and_blank_rows_are_left_out_and_counted(tmp_path):
    total = ["合计", "", 188, 326, *[""] * 12]
    rows = [make.row_16(), make.HEADER_16, [], make.row_16("夏", url=make.link(101)), total, [], []]
    frame = read_wechat(listing(tmp_path / "a.xls", *rows))
    assert frame["readers"].sum() == 188
    assert (frame.attrs["rows_read"], frame.attrs["rows_dropped"]) == (4, 2)
    assert "Rows left out: 1 repeated header." in notes(frame)
    assert "Rows left out: 1 total." in notes(frame)


def test_an_article_may_be_called_total(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16("全部")))
    assert frame["title"].tolist() == ["全部"]


def test_other_columns_are_kept_as_extra(tmp_path):
    table = [[*make.HEADER_16, "编辑"], [*make.row_16(), "小王"]]
    frame = read_wechat(make.xls(tmp_path / "a.xls", table))
    assert json.loads(frame["extra"][0])["编辑"] == "小王"


def test_only_an_article_a_week_older_than_the_newest_has_a_full_window(tmp_path):
    rows = [make.row_16("新", 20220410), make.row_16("中", 20220404), make.row_16("旧", 20220403)]
    for at, row in enumerate(rows):
        row[-1] = make.link(100 + at)
    frame = read_wechat(listing(tmp_path / "a.xls", *rows))
    assert frame["window_days"].fillna(0).tolist() == [0, 0, 7]
    assert "the 2 articles" in notes(frame)


def test_an_article_without_a_link_has_the_same_name_in_every_export(tmp_path):
    rows = [make.row_16("甲", url=""), make.row_16("乙", url="")]
    first = read_wechat(listing(tmp_path / "a.xls", *rows))
    second = read_wechat(listing(tmp_path / "b.xls", *rows[::-1]))
    assert first["item_id"].tolist() == second["item_id"].tolist()[::-1]
    assert first["item_id"].str.startswith("20220329_").all()
    assert first["account_id"].tolist() == ["unknown", "unknown"]
    assert "Pass account_id=" in notes(first)
    assert "2 rows have no unique link" in notes(first)


def test_two_articles_of_one_title_and_day_without_links_are_kept_apart(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(url=""), make.row_16(url="", 总阅读人数=95)))
    assert frame["item_id"].is_unique
    assert frame["item_id"].str.endswith(("_r2", "_r3")).all()


def test_one_link_under_two_titles_names_neither(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16("甲"), make.row_16("乙")))
    assert frame["item_id"].is_unique
    assert not frame["item_id"].str.startswith("100_").any()


def test_the_same_article_twice_is_refused_with_both_rows(tmp_path):
    error = refusal(listing(tmp_path / "a.xls", make.row_16(), make.row_16("夏", url=""), make.row_16(总阅读人数=99)))
    assert [place.row for place in error.places] == [2, 4]
    error = refusal(listing(tmp_path / "b.xls", make.row_16(url=""), make.row_16(url="")))
    assert [place.row for place in error.places] == [2, 3]


def test_the_account_may_be_given(tmp_path):
    path = listing(tmp_path / "a.xls", make.row_16())
    assert read_wechat(path, account_id="bookshop")["account_id"].tolist() == ["bookshop"]


def test_a_link_with_escaped_ands_is_read(tmp_path):
    frame = read_wechat(listing(tmp_path / "a.xls", make.row_16(url=make.link(7, 3).replace("&", "&amp;"))))
    assert frame["item_id"].tolist() == ["7_3"]


def test_all_broken_cells_are_named_at_once(tmp_path):
    rows = [
        make.row_16(总阅读人数="abc"),
        make.row_16(总分享次数=-3),
        make.row_16(on=20229999),
        make.row_16(阅读完成率=68.89),
        make.row_16(on=""),
        make.row_16(送达人数=1.5),
    ]
    error = refusal(listing(tmp_path / "a.xls", *rows))
    found = [(place.sheet, place.row, place.column, place.value) for place in error.places]
    assert found == [
        ("New Sheet1", 2, "总阅读人数", "abc"),
        ("New Sheet1", 3, "总分享次数", "-3"),
        ("New Sheet1", 4, "发表时间", "20229999"),
        ("New Sheet1", 5, "阅读完成率", "68.89"),
        ("New Sheet1", 6, "发表时间", ""),
        ("New Sheet1", 7, "送达人数", "1.5"),
    ]
    assert "a count below zero (1)" in str(error)
    assert set(error.problems["row"]) == {2, 3, 4, 5, 6, 7}


def test_the_row_number_is_that_of_the_sheet(tmp_path):
    rows = [["", "已通知内容"], [], ["", *make.HEADER_9], ["", *make.row_9(on="昨天")]]
    assert [place.row for place in refusal(make.xls(tmp_path / "a.xls", rows)).places] == [4]


def test_percents_and_fractions_in_one_column_are_refused(tmp_path):
    rows = [make.row_16(阅读完成率=rate, url=make.link(at)) for at, rate in enumerate(["68%", "50%", "0.68", "0"])]
    error = refusal(listing(tmp_path / "a.csv", *rows, write=make.text))
    assert [(place.row, place.value) for place in error.places] == [(4, "0.68")]


def test_a_rate_of_times_above_one_needs_its_parts_to_agree(tmp_path):
    right = make.row_16(送达人数=50, 送达阅读率=1.58)
    assert read_wechat(listing(tmp_path / "a.xls", right))["delivered_rate"].tolist() == [1.58]
    error = refusal(listing(tmp_path / "b.xls", make.row_16(送达阅读率=3.74)))
    assert error.places[0].column == "送达阅读率"


def test_a_separator_inside_a_title_is_found_where_the_row_is_too_long(tmp_path):
    error = refusal(listing(tmp_path / "a.csv", [*make.row_16(), "x"], write=make.text))
    assert error.places[0].row == 2
    assert "beyond the last column" in str(error)


def test_no_more_than_fifty_lines_are_shown(tmp_path):
    error = refusal(listing(tmp_path / "a.xls", *[make.row_16(总阅读人数="abc")] * 80))
    assert "… and 30 more" in str(error)
    assert len(error.problems) == 80


def test_a_header_alone_or_two_columns_of_one_meaning_are_refused(tmp_path):
    assert "no article under it" in str(refusal(listing(tmp_path / "a.xls")))
    twice = listing(tmp_path / "b.xls", [*make.row_16(), 1], header=[*make.HEADER_16, "阅读人数"])
    assert [place.column for place in refusal(twice).places] == ["总阅读人数", "阅读人数"]


def test_a_list_without_a_needed_column_says_which(tmp_path):
    header = [name for name in make.HEADER_16 if name != "发表时间"]
    assert "no column 发表时间" in str(refusal(listing(tmp_path / "a.xls", header=header)))


def test_the_second_sheet_is_found(tmp_path):
    path = make.xlsx(tmp_path / "a.xlsx", [["说明"]], [make.HEADER_16, make.row_16()])
    assert len(read_wechat(path)) == 1


# Followers


FOLLOWERS = [
    make.HEADER_FOLLOWERS,
    ["2026-09-04", "-", "-", "-", "-"],
    ["2026-09-03", "5", "9", "-4", "1,006"],
    ["2026-09-02", "-", "-", "-", "-"],
    ["2026-09-01", "12", "2", "10", "1000"],
]


@pytest.mark.parametrize("write", [make.page, make.text, make.xls, make.xlsx])
def test_the_follower_table_is_sorted_and_its_unknown_newest_day_left_out(tmp_path, write):
    frame = read_wechat(write(tmp_path / "a.xls", FOLLOWERS), account_id="bookshop")
    check(frame, ACCOUNTS_DAILY)
    assert frame["date"].dt.day.tolist() == [1, 2, 3]
    assert frame["followers_net"].fillna(0).tolist() == [10, 0, -4]
    assert frame["followers_new"].isna().tolist() == [False, True, False]
    assert frame["followers_total"].tolist()[-1] == 1006
    assert set(frame["source"]) == {"all"}
    assert frame.attrs["format"] == "wechat_user_analysis"
    assert (frame.attrs["rows_read"], frame.attrs["rows_dropped"]) == (4, 1)
    assert "newest day without numbers" in notes(frame)


def test_a_follower_table_that_disagrees_with_itself_is_noted(tmp_path):
    rows = [make.HEADER_FOLLOWERS, ["2026/9/1", 5, 1, 4, 100], ["2026/9/2", 5, 1, 5, 104], ["2026/9/4", 0, 0, 0, 9]]
    frame = read_wechat(make.text(tmp_path / "a.csv", rows))
    assert "净增关注人数 is not new minus lost on 2026-09-02." in notes(frame)
    assert "累积关注人数 does not change by 净增关注人数 on 2026-09-02." in notes(frame)
    assert "Days are missing in 1 places" in notes(frame)


def test_the_other_name_of_the_total_and_a_total_row_are_known(tmp_path):
    rows = [[*make.HEADER_FOLLOWERS[:4], "累计关注人数"], ["2026-09-01", 5, 1, 4, 100], ["合计", 5, 1, 4, ""]]
    frame = read_wechat(make.page(tmp_path / "a.xls", rows))
    assert frame["followers_total"].tolist() == [100]
    assert frame.attrs["rows_dropped"] == 1


def test_a_day_that_stands_twice_is_refused_with_both_rows(tmp_path):
    rows = [make.HEADER_FOLLOWERS, *[["2026-09-01", 5, 1, 4, 100]] * 2]
    assert [place.row for place in refusal(make.page(tmp_path / "a.xls", rows)).places] == [3, 4]


def test_a_follower_table_without_any_number_is_read_as_missing(tmp_path):
    rows = [make.HEADER_FOLLOWERS, ["2026-09-01", "-", "-", "-", "-"]]
    assert read_wechat(make.page(tmp_path / "a.xls", rows))["followers_new"].isna().all()


def test_a_follower_table_of_wrong_cells_is_refused(tmp_path):
    rows = [make.HEADER_FOLLOWERS, ["2026-09-01", -5, 1, 4, 100], ["2026-13-01", 5, 1, 4, 100]]
    assert [place.row for place in refusal(make.text(tmp_path / "a.csv", rows)).places] == [2, 3]


# Answers of the data interface


def test_the_last_cumulative_record_is_the_article(tmp_path):
    frame = read_wechat(make.answers(tmp_path / "a.json", {"list": [make.article(days=(100, 150, 160))]}))
    check(frame, ITEMS)
    row = frame.iloc[0]
    assert row[["readers", "reads", "sharers", "shares", "savers", "saves"]].tolist() == [160, 240, 5, 7, 2, 3]
    assert row[["session_readers", "session_reads", "delivered"]].tolist() == [96, 144, 1000]
    assert (row["item_id"], row["position"], row["window_days"]) == ("2650_1", 1, 3)
    assert row["published_date"] == pd.Timestamp("2026-09-01")
    assert json.loads(row["extra"]) == {"ori_page_read_user": 1}
    assert frame.attrs["format"] == "datacube_getarticletotal"
    assert "1 of 1 articles have fewer than 7 days" in notes(frame)


def test_days_of_an_article_are_cumulative_and_split_by_channel(tmp_path):
    path = make.answers(tmp_path / "a.json", {"list": [make.article(days=(100, 150))]})
    frame = read_wechat(path, table="item_daily")
    check(frame, ITEM_DAILY)
    assert frame["cumulative"].all()
    readers = frame.pivot_table(index="stat_date", columns="channel", values="readers", aggfunc="sum")
    assert readers["all"].tolist() == [100, 150]
    assert readers["session"].tolist() == [60, 90]
    assert readers["moments"].tolist() == [10, 15]
    assert "search" not in set(frame["channel"])
    shares = frame.dropna(subset="shares").groupby("channel")["shares"].max()
    assert shares.to_dict() == {"all": 7, "session": 5}
    assert frame.loc[frame["channel"] != "all", "delivered"].isna().all()
    assert "Moments only" in notes(frame)


@pytest.mark.parametrize("lines", [False, True])
def test_several_answers_may_be_a_list_or_lines(tmp_path, lines):
    found = [{"list": [make.article("1_1")]}, {"list": [make.article("2_1", "2026-09-02")]}]
    assert read_wechat(make.answers(tmp_path / "a", *found, lines=lines))["item_id"].tolist() == ["1_1", "2_1"]


def test_articles_without_an_envelope_are_read(tmp_path):
    assert len(read_wechat(make.answers(tmp_path / "a.json", make.article("1_1"), make.article("2_1")))) == 2


def test_at_a_seam_the_later_answer_is_kept(tmp_path):
    path = make.answers(
        tmp_path / "a", {"list": [make.article(days=(100,))]}, {"list": [make.article(days=(110, 150))]}
    )
    frame = read_wechat(path, table="item_daily")
    assert frame.loc[frame["channel"] == "all", "readers"].tolist() == [110, 150]
    assert read_wechat(path).attrs["rows_dropped"] == 1


def test_an_id_without_a_position_is_kept_whole(tmp_path):
    frame = read_wechat(make.answers(tmp_path / "a.json", {"list": [make.article(23423525)]}))
    assert frame["item_id"].tolist() == ["23423525"]
    assert frame["position"].isna().all()


def test_a_series_that_falls_is_refused_with_article_day_and_value(tmp_path):
    error = refusal(make.answers(tmp_path / "a.json", {"list": [make.article(days=(100, 90))]}))
    first = str(error.places[0])
    assert all(part in first for part in ("msgid 2650_1", "stat_date 2026-09-02", "int_page_read_user", "'90'"))


def test_more_readers_in_the_session_than_readers_are_refused(tmp_path):
    broken = make.article(details=[make.record("2026-09-01", 100, int_page_from_session_read_count=151)])
    assert "below that from the session, 151" in str(refusal(make.answers(tmp_path / "a.json", {"list": [broken]})))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"share_user": "abc"}, "not a number"),
        ({"share_user": -1}, "below zero"),
        ({"share_user": True}, "share_user"),
        ({"share_user": [1]}, "share_user"),
        ({"stat_date": "2026-09-31"}, "stat_date"),
        ({"stat_date": None}, "stat_date"),
        ({"stat_date": "2026-08-31"}, "before ref_date"),
        ({"stat_date": "2027-08-31"}, "days after it"),
    ],
)
def test_a_value_that_cannot_be_is_named(tmp_path, changed, found):
    broken = make.article(details=[make.record("2026-09-01") | changed])
    assert found in str(refusal(make.answers(tmp_path / "a.json", {"list": [broken]})))


def test_a_value_that_is_absent_is_missing(tmp_path):
    one = make.article(details=[{"stat_date": "2026-09-01", "int_page_read_user": 3, "share_user": None}])
    row = read_wechat(make.answers(tmp_path / "a.json", {"list": [one]})).iloc[0]
    assert row["readers"] == 3
    assert row[["reads", "sharers", "delivered"]].isna().all()


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(40001, "token"), (61500, "date format"), (61501, "date range"), (61503, "not ready"), (-1, "-1")],
)
def test_an_error_answer_is_explained(tmp_path, code, meaning):
    path = make.answers(tmp_path / "a.json", {"list": [make.article()]}, {"errcode": code, "errmsg": "x"})
    message = str(refusal(path))
    assert meaning in message
    assert "Answer 2" in message


@pytest.mark.parametrize(
    "text",
    [
        *('{"list": [{"msgid": ', "[1, 2]", '{"list": [1]}', '{"list": []}', "[]", '{"a": NaN}', "[" * 100_000),
        '{"list": [{"ref_date": "x", "msgid": "1_1", "details": []}]}',
        '{"list": [{"ref_date": "2026-09-01", "msgid": "1_1", "details": [3]}]}',
        '{"list": [{"ref_date": "2026-09-01", "msgid": null, "details": []}]}',
        '{"list": [{"ref_date": "2026-09-01", "msgid": ["a"], "details": []}]}',
        '{"list": []}\n{"list": [',
        '{"a": ' + "9" * 5_000 + "}",
    ],
)
def test_other_json_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    refusal(path)


def test_half_a_character_in_a_title_is_written_as_a_question_mark(tmp_path):
    frame = read_wechat(make.answers(tmp_path / "a.json", {"list": [make.article()]}))
    path = tmp_path / "b.json"
    path.write_text((tmp_path / "a.json").read_text(encoding="utf-8").replace("九月", "\\ud83d"), encoding="utf-8")
    assert frame["title"].tolist() == ["九月"]
    assert read_wechat(path)["title"].tolist() == ["?"]


def test_an_article_without_records_has_no_counts_and_no_days(tmp_path):
    path = make.answers(tmp_path / "a.json", {"list": [make.article(details=[])]})
    assert read_wechat(path)[["readers", "window_days"]].isna().all(axis=None)
    assert "It offers table='items'" in str(refusal(path, table="item_daily"))


# What is something else


def test_a_table_that_the_file_does_not_hold_is_refused_with_those_it_holds(tmp_path):
    path = listing(tmp_path / "a.xls", make.row_16())
    assert "It offers table='items'" in str(refusal(path, table="item_daily"))
    api = make.answers(tmp_path / "a.json", {"list": [make.article()]})
    assert "Did you mean 'item_daily'?" in str(refusal(api, table="items_daily"))
    page = make.page(tmp_path / "b.xls", FOLLOWERS)
    assert "It offers table='accounts_daily'" in str(refusal(page, table="items"))


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["id", "bid", "微博正文", "转发数"]], "a Weibo crawl"),
        ([["", "日期", "渠道", "", "日期", "发表日期", "内容标题", "阅读人数"]], "daily traffic"),
        ([["公众号", "ID", "链接", "标题", "创建时间"]], "article-exporter"),
        ([["name", "age"], ["a", "1"]], "first rows were name | age; a | 1"),
        ([["内容标题"]], "without a known WeChat header"),
    ],
)
def test_another_table_is_named(tmp_path, rows, found):
    for write in (make.xls, make.text):
        message = str(refusal(write(tmp_path / "a", rows)))
        assert found in message
        assert "fe.read_wechat(" in message


def test_empty_sheets_are_refused(tmp_path):
    assert "no filled cell" in str(refusal(make.xls(tmp_path / "a.xls", [])))


# The samples beside the repository


@needs_samples
@pytest.mark.parametrize("name", ["total_1785513600_1788105600_16col.xls", "total_2026_9col.xls"])
def test_the_content_lists_among_the_samples_give_the_stated_totals(name):
    stated = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))[f"wechat_backend/{name}"]
    frame = read_wechat(SAMPLES / "wechat_backend" / name)
    assert len(frame) == stated["rows"] == 10
    assert frame["readers"].sum() == stated["readers"] == 22724
    if "reads" in stated:
        assert frame["reads"].sum() == stated["reads"] == 36961
    assert "is not" not in notes(frame)


@needs_samples
@pytest.mark.parametrize("name", ["total_16col_resaved_gb18030.csv", "total_16col_resaved_utf8bom.csv"])
def test_the_copies_among_the_samples_equal_the_original(name):
    original = read_wechat(SAMPLES / "wechat_backend" / "total_1785513600_1788105600_16col.xls")
    copy = read_wechat(SAMPLES / "wechat_backend" / name)
    counted = ["item_id", "published_date", "readers", "reads", "delivered", "finish_rate", "delivered_rate"]
    pd.testing.assert_frame_equal(copy[counted], original[counted], check_flags=False)


@needs_samples
def test_the_follower_table_among_the_samples_gives_the_stated_totals():
    frame = read_wechat(SAMPLES / "wechat_backend" / "user_analysis.xls")
    assert len(frame) == 12
    assert (frame["followers_new"].sum(), frame["followers_lost"].sum()) == (806, 299)
    assert frame["followers_total"].iloc[-1] == 48717


@needs_samples
def test_the_answers_among_the_samples_are_not_added_up():
    path = SAMPLES / "wechat_api" / "getarticletotal.json"
    frame = read_wechat(path)
    assert frame["readers"].tolist() == [2662, 752]
    assert 17331 not in frame["readers"].tolist()
    assert frame["window_days"].tolist() == [7, 7]
    days = read_wechat(path, table="item_daily")
    assert (days["channel"] == "all").sum() == 14
    assert np.all(days.groupby(["item_id", "channel"])["readers"].diff().dropna() >= 0)


@needs_samples
def test_every_other_sample_is_refused_in_words():
    known = {"wechat_backend", "wechat_api", "wechat_thirdparty"}
    others = [path for path in SAMPLES.rglob("*.*") if path.is_file() and path.parent.name not in known]
    assert len(others) > 20
    for path in others:
        assert len(str(refusal(path))) > 40
