"""Newsletters: rates over what arrived, opens after 2021 marked, machine clicks named, and people as pseudonyms."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.schema import FileError

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8")) if SAMPLES.is_dir() else {}
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there")

CAMPAIGN = {
    "Title": "[06-10-18] Styles",
    "Subject": "Most popular styles",
    "List": "Readers",
    "Send Date": "Jun 09, 2018 09:30 pm",
    "Total Recipients": "110",
    "Successful Deliveries": "108",
    "Total Bounces": "2",
    "Unique Opens": "30",
    "Open Rate": "27.78%",
    "Total Opens": "57",
    "Unique Clicks": "7",
    "Click Rate": "6.48%",
    "Unique Id": "17671f6000",
    "Total Revenue": "0",
}
REPORT = """Email Campaign Report
"Title:","Letter 6"
"Subject Line:","A subject, with a comma"
"Delivery Date/Time:","Mon, Apr 26, 2021 12:25"

"Overall Stats"
"Total Recipients:","1,751"
"Successful Deliveries:","1,741"
"Bounces:","10 (0.6%)"
"Recipients Who Opened:","141 (8.1%)"
"Total Opens:","200"
"Last Open Date:","4/30/21 6:04"
"Recipients Who Clicked:","20 (1.1%)"
"Total Clicks:","400"
"Total Sales:","CA$12.50"

"Clicks by URL"
"URL","Total Clicks","Unique Clicks"
"https://example.org/cat","361","2"
"https://example.org/book","20","18"
"""
MAILERLITE = """Campaign report
"Subject:","Save big"
"Sent","2021-09-28 13:00:00"

"Campaign results"
"Total emails sent:","4116"
"Opened:","1085 (26.66%)"
"Clicked:","32 (0.79%)"

"Bad statistics"
"Unsubscribed:","47 (1.14%)"
"Spam complaints:","0 (0%)"
"Hard bounce:","5 (0.12%)"
"Soft bounce:","41 (1%)"

"Links activity"
"Links","Unique clicks","Total clicks"
"Unsubscribe link","36","41"
"""
POSTS = "post_id,post_date,is_published,email_sent_at,type,title\n"
LOG = "post_id,timestamp,email,post_type\n"


def table(rows: list[dict[str, str]], mark: str = ",") -> str:
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def saved(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def sample(name: str) -> Path:
    return SAMPLES / "newsletter" / name


# --- Mailchimp's list of campaigns ---


def test_a_rate_is_over_what_arrived_and_not_over_what_was_sent(tmp_path):
    found = read(saved(tmp_path, table([CAMPAIGN])))["items"].iloc[0]
    assert found["delivered_rate"] == 30 / 108
    assert found["delivered_rate_numerator"] == "people"
    assert found["recipients"] == 110


def test_a_printed_rate_that_agrees_is_silent_and_one_over_recipients_is_named(tmp_path):
    assert not [n for n in read(saved(tmp_path, table([CAMPAIGN]))).notes if "printed" in n]
    over_sent = CAMPAIGN | {"Open Rate": "27.27%"}
    notes = read(saved(tmp_path, table([CAMPAIGN, over_sent | {"Unique Id": "b"}]))).notes
    assert "The printed open_rate is not opens_people ÷ delivered in 1 row (row 3)." in notes


@pytest.mark.parametrize(("column", "printed"), [("Open Rate", "127%"), ("Open Rate", 1.27), ("Click Rate", "100.01%")])
def test_a_rate_of_people_above_all_of_them_is_refused_in_every_list(tmp_path, column, printed):
    with pytest.raises(FileError, match="a share above 1") as caught:
        read(saved(tmp_path, table([CAMPAIGN, CAMPAIGN | {"Unique Id": "b", column: str(printed)}])))
    assert {(one.row, one.column) for one in caught.value.places if "above 1" in (one.reason or "")} == {(3, column)}


def test_more_people_than_mails_without_a_printed_rate_are_told_with_their_rows(tmp_path):
    more = {"Unique Id": "b", "Unique Opens": "127", "Unique Clicks": "119", "Open Rate": "", "Click Rate": ""}
    notes = read(saved(tmp_path, table([CAMPAIGN, CAMPAIGN | more]))).notes
    assert "More people opened than mails arrived in 1 row (row 3): forwarded, or a count is cut." in notes
    assert "More people clicked than mails arrived in 1 row (row 3): forwarded, or a count is cut." in notes


def test_a_rate_above_all_is_refused_in_a_report_and_in_an_answer(tmp_path):
    with pytest.raises(FileError, match="a share above 1") as caught:
        read(saved(tmp_path, REPORT.replace("141 (8.1%)", "141 (108.1%)")))
    assert caught.value.places[0].column == "Recipients Who Opened"
    email = {"recipients": 10, "delivered": 10, "opens": 9, "unique_opens": 9, "open_rate": 127.0, "clicks": 1}
    post = {"id": "a", "title": "t", "status": "confirmed", "publish_date": 1630000000, "stats": {"email": email}}
    answer = json.dumps({"data": [post]})
    with pytest.raises(FileError, match="a share above 1"):
        read(saved(tmp_path, answer, "posts.json"))
    post["stats"]["email"]["open_rate"] = 90.0
    assert read(saved(tmp_path, json.dumps({"data": [post]}), "posts.json")).main["delivered_rate"].tolist() == [0.9]


def test_the_zone_of_the_account_is_assumed_aloud_or_given(tmp_path):
    path = saved(tmp_path, table([CAMPAIGN]))
    assumed = read(path)
    assert assumed["items"]["published_at"][0] == pd.Timestamp("2018-06-09 21:30", tz="UTC")
    assert assumed["items"]["tz_source"][0] == "assumed"
    assert any("without naming it" in note for note in assumed.notes)
    given = read(path, ask=Ask(tz="America/Toronto"))
    assert given["items"]["published_at"][0] == pd.Timestamp("2018-06-10 01:30", tz="UTC")
    assert given["items"]["published_date"][0] == pd.Timestamp("2018-06-09")
    assert not any("without naming it" in note for note in given.notes)


def test_a_newer_header_and_thousands_separators_are_read(tmp_path):
    row = {("Audience" if k == "List" else k): v for k, v in CAMPAIGN.items()} | {"Total Recipients": "1,110"}
    found = read(saved(tmp_path, table([row])))["items"].iloc[0]
    assert found["recipients"] == 1110
    assert json.loads(found["extra"])["Audience"] == "Readers"


def test_a_list_of_campaigns_may_have_been_cut_to_a_few_columns(tmp_path):
    kept = ("Title", "Subject", "Send Date", "Total Recipients", "Unique Id")
    reading = read(saved(tmp_path, table([{name: CAMPAIGN[name] for name in kept}])))
    assert reading.format == "mailchimp_campaigns_bare"
    assert reading["items"]["recipients"].tolist() == [110]
    assert reading["items"][["delivered", "opens_people", "delivered_rate"]].isna().all(axis=None)


def test_opens_after_the_break_are_marked(tmp_path):
    rows = [CAMPAIGN | {"Send Date": f"Sep {day}, 2021 09:30 pm", "Unique Id": day} for day in ("19", "20", "21")]
    reading = read(saved(tmp_path, table(rows)))
    assert reading["items"]["open_inflation"].tolist() == [False, True, True]
    assert any("2 mails count opens after 2021-09-20" in note for note in reading.notes)


def test_all_broken_cells_of_a_list_come_in_one_refusal_and_can_be_left_out(tmp_path):
    rows = [CAMPAIGN | {"Unique Id": str(n)} for n in range(4)]
    rows[0]["Unique Opens"] = "1,23"
    rows[2]["Send Date"] = ""
    rows[3]["Unique Id"] = "1.22158E+17"
    path = saved(tmp_path, table(rows))
    with pytest.raises(FileError) as refused:
        read(path)
    assert [(p.row, p.column) for p in refused.value.places] == [
        (2, "Unique Opens"),
        (4, "Send Date"),
        (5, "Unique Id"),
    ]
    reading = read(path, problems="collect")
    assert reading["items"]["item_id"].tolist() == ["1"]
    assert (reading.rows_read, reading.rows_rejected) == (4, 3)


def test_a_campaign_that_stands_twice_is_named_by_its_row(tmp_path):
    with pytest.raises(FileError, match="earlier row") as refused:
        read(saved(tmp_path, table([CAMPAIGN, CAMPAIGN])))
    assert [place.row for place in refused.value.places] == [3]


@needs_samples
def test_the_sample_of_campaigns_gives_its_totals():
    expected, found = EXPECTED["newsletter/mailchimp_campaigns.csv"], read(sample("mailchimp_campaigns.csv"))["items"]
    assert len(found) == expected["rows"]
    assert found["recipients"].sum() == expected["recipients"]
    assert found["opens_people"].sum() == expected["unique_opens"]
    before, after = found[~found["open_inflation"]], found[found["open_inflation"]]
    assert after["delivered_rate"].min() > before["delivered_rate"].max() + 0.1
    clicks = found["clicks_people"] / found["delivered"]
    assert abs(clicks[after.index].mean() - clicks[before.index].mean()) < 0.002


# --- reports of single mails ---


def test_a_report_gives_one_mail_with_its_money(tmp_path):
    reading = read(saved(tmp_path, REPORT))
    found = reading["items"].iloc[0]
    assert (found["recipients"], found["delivered"], found["opens_people"]) == (1751, 1741, 141)
    assert (found["revenue_minor"], found["currency"]) == (1250, "CAD")
    assert not found["open_inflation"]
    assert found["published_at"] == pd.Timestamp("2021-04-26 12:25", tz="UTC")
    assert not any("printed" in note for note in reading.notes)
    assert any("361 clicks by 2 people" in note for note in reading.notes)


def test_a_last_open_years_later_marks_an_old_mail(tmp_path):
    reading = read(saved(tmp_path, REPORT.replace("4/30/21 6:04", "1/7/26 17:40")))
    assert reading["items"]["open_inflation"].tolist() == [True]
    assert any("the counts have no window" in note for note in reading.notes)


def test_a_rate_in_a_report_that_is_not_its_parts_is_named(tmp_path):
    notes = read(saved(tmp_path, REPORT.replace("141 (8.1%)", "141 (9.1%)"))).notes
    assert any(note.startswith("The printed opens_people_rate is not") for note in notes)


def test_a_dollar_alone_names_no_currency(tmp_path):
    reading = read(saved(tmp_path, REPORT.replace("CA$12.50", "$12.50")))
    assert pd.isna(reading["items"]["currency"][0])
    assert any("currency of revenue is not certain" in note for note in reading.notes)


def test_broken_values_of_a_report_are_named_by_their_rows(tmp_path):
    text = REPORT.replace("141 (8.1%)", "many").replace('"10 (0.6%)"', '"-1"')
    with pytest.raises(FileError) as refused:
        read(saved(tmp_path, text))
    assert [(p.row, p.column) for p in refused.value.places] == [(9, "Bounces"), (10, "Recipients Who Opened")]
    left = read(saved(tmp_path, text), problems="collect")["items"]
    assert left[["bounces", "opens_people"]].isna().all().all()


def test_a_report_without_a_day_is_refused(tmp_path):
    for text in (REPORT.replace("Mon, Apr 26, 2021 12:25", ""), REPORT.replace("Mon, Apr 26, 2021 12:25", "soon")):
        with pytest.raises(FileError):
            read(saved(tmp_path, text), problems="collect")


def test_mailerlite_divides_by_what_arrived(tmp_path):
    reading = read(saved(tmp_path, MAILERLITE))
    found = reading["items"].iloc[0]
    assert (found["delivered"], found["bounces"]) == (4116 - 46, 46)
    assert round(found["delivered_rate"], 4) == 0.2666
    assert not any("printed opens" in note or "printed clicks" in note for note in reading.notes)


@needs_samples
def test_the_sample_reports_give_their_facts():
    expected = EXPECTED["newsletter/mailchimp_single_report.csv"]
    reading = read(sample("mailchimp_single_report.csv"))
    found = reading["items"].iloc[0]
    assert found["recipients"] == expected["recipients"]
    assert found["delivered"] == expected["delivered"]
    assert found["opens_people"] == expected["unique_openers"]
    assert found["clicks_people"] == expected["unique_clickers"]
    assert any("361 clicks by 2 people" in note for note in reading.notes)
    assert any("no window" in note for note in reading.notes)
    tested = read(sample("mailchimp_ab_report.csv"))["items"]
    assert len(tested) == EXPECTED["newsletter/mailchimp_ab_report.csv"]["combinations"]
    assert tested["title"].tolist() == ["Version 1", "Version 2"]
    assert tested["opens_people"].tolist() == [132, 123]
    assert tested["currency"].tolist() == ["CAD", "CAD"]


# --- answers ---


@needs_samples
def test_the_answer_of_mailchimp_is_a_fraction_of_what_arrived():
    expected, reading = EXPECTED["newsletter/mailchimp_api_reports.json"], read(sample("mailchimp_api_reports.json"))
    found = reading["items"]
    assert len(found) == expected["rows"]
    assert round(found["delivered_rate"][0], 6) == expected["open_rate_0"]
    assert (found["delivered"][0], found["opens_people_excl_proxy"][0]) == (473, 18)
    assert found["clicks_people"][0] == 8
    assert json.loads(found["extra"][0])["list_stats.open_rate"] == 4.8
    assert not any("printed" in note for note in reading.notes)


def test_a_report_may_lack_bounces_and_the_time_of_sending(tmp_path):
    report = {
        "id": "a",
        "emails_sent": 20,
        "opens": {"unique_opens": 6, "opens_total": 9},
        "clicks": {"clicks_total": 2},
    }
    reading = read(saved(tmp_path, json.dumps({"reports": [report]}), "r.json"))
    found = reading["items"].iloc[0]
    assert found[["recipients", "opens_people", "opens_times", "clicks_times"]].tolist() == [20, 6, 9, 2]
    assert found[["delivered", "delivered_rate", "published_at", "clicks_people"]].isna().all()
    assert any("delivered is unknown" in note for note in reading.notes)
    assert any("no send_time" in note for note in reading.notes)


def test_a_list_of_campaigns_of_the_interface_leaves_drafts_out(tmp_path):
    counts = {
        "opens": 100,
        "unique_opens": 80,
        "open_rate": 0.08,
        "clicks": 12,
        "subscriber_clicks": 10,
        "click_rate": 0.01,
    }
    sent = {"id": "a", "status": "sent", "send_time": "2026-01-02T00:00:00+00:00", "emails_sent": 1000}
    mails = [
        {**sent, "settings": {"subject_line": "Hi"}, "report_summary": counts},
        {"id": "b", "status": "save", "send_time": "", "emails_sent": 0, "settings": {"subject_line": "Draft"}},
    ]
    reading = read(saved(tmp_path, json.dumps({"campaigns": mails, "total_items": 2}), "c.json"))
    found = reading["items"]
    assert found[["item_id", "title", "recipients", "opens_people", "clicks_people"]].to_numpy().tolist() == [
        ["a", "Hi", 1000, 80, 10]
    ]
    assert found["delivered"].isna().all()
    assert reading.rows_rejected == 1


def test_an_average_of_the_list_taken_for_the_mail_would_be_noticed(tmp_path):
    report = {
        "id": "a",
        "subject_line": "s",
        "emails_sent": 500,
        "send_time": "2025-05-01T19:00:00+00:00",
        "bounces": {"hard_bounces": 8, "soft_bounces": 19, "syntax_errors": 0},
        "opens": {"opens_total": 41, "unique_opens": 23, "open_rate": 0.048626},
        "clicks": {"clicks_total": 12, "unique_clicks": 9, "unique_subscriber_clicks": 8, "click_rate": 0.016913},
    }
    alone = read(saved(tmp_path, json.dumps(report), "one.json"))["items"]
    assert alone["bounces"].tolist() == [27]
    report["opens"]["open_rate"] = 4.8
    with pytest.raises(FileError, match="a share above 1"):
        read(saved(tmp_path, json.dumps({"reports": [report]}), "two.json"))
    report["opens"]["open_rate"] = 0.48
    notes = read(saved(tmp_path, json.dumps({"reports": [report]}), "two.json")).notes
    assert any(note.startswith("The printed open_rate is not") for note in notes)
    del report["bounces"]["soft_bounces"]
    unknown = read(saved(tmp_path, json.dumps([report]), "three.json"))["items"]
    assert unknown["delivered"].isna().all()
    assert unknown["delivered_rate"].isna().all()


@needs_samples
def test_beehiiv_prints_hundredths_and_clicks_per_opener():
    reading = read(sample("beehiiv_api_posts.json"))
    found = reading["items"]
    assert found["delivered_rate"].tolist() == [0.5, 0.5, 0.5]
    assert (found["clicks_people"][0], found["opens_times"][0], found["reads"][0]) == (60, 700, 300)
    assert not any("printed" in note for note in reading.notes)


def test_listmonk_counts_acts_over_what_was_handed_over(tmp_path):
    sent = {"id": 7, "uuid": "u", "subject": "s", "status": "finished", "started_at": "2026-08-01T10:00:00Z"}
    sent |= {"views": 90, "clicks": 5, "bounces": 2, "to_send": 100, "sent": 99}
    draft = sent | {"id": 8, "status": "draft", "started_at": None, "sent": 0}
    reading = read(saved(tmp_path, json.dumps({"data": {"results": [sent, draft]}}), "c.json"))
    found = reading["items"].iloc[0]
    assert (found["recipients"], found["opens_times"], found["clicks_times"]) == (99, 90, 5)
    assert pd.isna(found["delivered"])
    assert pd.isna(found["opens_people"])
    assert reading.rows_rejected == 1


@needs_samples
def test_listmonk_rows_without_a_reader_are_acts_without_a_person():
    expected, reading = EXPECTED["newsletter/listmonk_campaign_views.csv"], read(sample("listmonk_campaign_views.csv"))
    found = reading["events"]
    assert len(found) == expected["rows"]
    assert found["actor_id"].nunique() == expected["unique_openers"]
    assert found["actor_id"].isna().sum() == expected["anonymous"]
    assert set(found["action"]) == {"open"}
    clicks = read(sample("listmonk_link_clicks.csv"))["events"]
    assert set(clicks["action"]) == {"click"}
    assert set(clicks["actor_id"]) <= set(found["actor_id"].dropna())


def test_two_opens_in_one_second_are_two_events(tmp_path):
    row = {"campaign_id": "7", "campaign_uuid": "u", "subscriber_uuid": "s", "email": "l@example.com"}
    row |= {"created_at": "2026-08-01T10:00:00Z"}
    assert len(read(saved(tmp_path, table([row, row])))["events"]) == 2


@needs_samples
def test_buttondown_has_no_counts_and_they_are_not_zero():
    found = read(sample("buttondown_emails.csv"))["items"]
    assert len(found) == 5
    assert found[["delivered", "opens_people", "clicks_people"]].isna().all().all()
    assert found["tz_source"].unique().tolist() == ["given"]


def test_statistics_of_substack_leave_their_opens_unread(tmp_path):
    row = {"title": "A", "post_date": "2026-03-11T12:11:23.230Z", "views": "1,200", "likes": "_-", "opens": "300"}
    found = read(saved(tmp_path, table([row | {"restacks": "1"}])))["items"].iloc[0]
    assert found["reads"] == 1200
    assert pd.isna(found["likes"])
    assert pd.isna(found["opens_people"])
    assert json.loads(found["extra"])["opens"] == "300"


def test_xcampaign_gives_sends_and_opens_with_seconds(tmp_path):
    text = "mailshot_id,user_id,opened,time_to_open\n5,77,1,0 days 09:39:32\n5,78,0,\n6,77,0,NaT\n"
    reading = read(saved(tmp_path, text))
    events = reading["events"]
    assert events["action"].tolist() == ["deliver", "deliver", "deliver", "open"]
    assert events["seconds"].tolist()[-1] == 9 * 3600 + 39 * 60 + 32
    assert events["actor_id"].tolist() == ["77", "78", "77", "77"]
    assert events["time"].isna().all()
    assert reading.rows_read == 3


# --- readers ---


def test_an_audience_of_three_files_becomes_joins_and_leavings(tmp_path):
    base = {"Email Address": "a@example.com", "MEMBER_RATING": "2", "OPTIN_TIME": "2023-04-21 11:16:10"}
    base |= {"OPTIN_IP": "203.0.113.7", "LEID": "1"}
    left = base | {"Email Address": "B@Example.com", "UNSUB_TIME": "2023-05-01 00:00:00", "UNSUB_CAMPAIGN_ID": "17"}
    gone = base | {"Email Address": "c@example.com", "OPTIN_TIME": "", "CLEAN_TIME": "2023-06-01 00:00:00"}
    folder = tmp_path / "audience"
    folder.mkdir()
    for name, row in (("subscribed", base), ("unsubscribed", left), ("cleaned", gone)):
        saved(folder, table([row]), f"{name}.csv")
    reading = read(folder)
    events = reading["events"]
    assert sorted(events["action"]) == ["clean", "subscribe", "subscribe", "subscribe", "unsubscribe"]
    assert events.loc[events["action"] == "unsubscribe", "item_id"].tolist() == ["17"]
    assert len(set(events.loc[events["action"] == "subscribe", "ip"])) == 1
    assert events.loc[events["action"] != "subscribe", "ip"].isna().all()
    assert any("no time of subscribing" in note for note in reading.notes)
    saved(folder, table([base]).splitlines()[0] + "\n", "cleaned.csv")
    saved(folder, "", "unsubscribed.csv")
    assert len(read(folder)["events"]) == 1


@needs_samples
def test_no_address_leaves_a_list_of_readers():
    for name in ("mailchimp_audience_subscribed.csv", "ghost_members.csv", "beehiiv_members.csv"):
        reading = read(sample(name))
        assert "example.com" not in reading["events"].to_csv() + reading.explain()
        kept = read(sample(name), ask=Ask(personal=True))
        assert "example.com" in kept["events"].to_csv()


@needs_samples
def test_five_joins_from_one_address_can_be_seen():
    found = read(sample("mailchimp_audience_subscribed.csv"))["events"]
    assert found["ip"].value_counts().max() == 5
    assert found["time_precision"].unique().tolist() == ["s"]


@needs_samples
def test_members_of_ghost_and_beehiiv_are_events():
    ghost = read(sample("ghost_members.csv"))["events"]
    assert ghost["action"].tolist() == ["subscribe"] * 8
    assert ghost["time"][0] == pd.Timestamp("2026-01-10 08:57", tz="UTC")
    beehiiv = read(sample("beehiiv_members.csv"))
    assert beehiiv["events"]["action"].value_counts().to_dict() == {"subscribe": 8, "unsubscribe": 2}
    assert beehiiv.rows_read == 8


# --- Substack's export ---


def export(folder: Path, members: dict[str, str]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


MEMBERS = {
    "posts.csv": POSTS
    + "11.first,2026-03-11T12:00:00Z,TRUE,2026-03-11T12:00:00Z,newsletter,One &#x201C;x&#x201D;\n"
    + "12.second,2026-04-11T12:00:00Z,true,2026-04-11T12:00:00Z,newsletter,Two\n"
    + "13.web,2026-05-11T12:00:00Z,true,,newsletter,Three\n"
    + "14.draft,,false,,newsletter,\n"
    + "15.back,2026-06-11T12:00:00Z,false,,newsletter,Five\n",
    "posts/11.first.html": "<p>Hello</p>",
    "posts/11.delivers.csv": LOG
    + "".join(f"11,2026-03-11T12:00:0{n}Z,r{n}@example.com,newsletter\n" for n in range(4)),
    "posts/11.opens.csv": "post_id,timestamp,email,user_agent\n"
    + "11,2026-03-11T13:00:00Z,r0@example.com,Mozilla\n"
    + "11,2026-03-11T13:00:00Z,r0@example.com,Mozilla\n"
    + "11,2026-03-11T14:00:00Z,R1@example.com,Some proxy\n",
    "posts/12.delivers.csv": LOG + "12,2026-04-11T12:00:00Z,r0@example.com,newsletter\n",
    "posts/12.opens.csv": "",
}


def test_substack_counts_people_once_and_acts_as_often_as_they_come(tmp_path):
    reading = read(export(tmp_path, MEMBERS))
    items = reading["items"].set_index("item_id")
    assert items.index.tolist() == ["11", "12", "13"]
    assert items["title"]["11"] == "One “x”"
    assert items["delivered"].tolist() == [4, 1, pd.NA]
    assert items["opens_people"].tolist() == [2, 0, pd.NA]
    assert items["opens_times"].tolist() == [3, 0, pd.NA]
    assert items["opens_people_excl_proxy"].tolist() == [1, pd.NA, pd.NA]
    assert items["delivered_rate"]["11"] == 0.5
    assert items["kind"].tolist() == ["mail", "mail", "article"]
    assert items["notified"].tolist() == [True, True, False]
    assert reading["events"]["action"].value_counts().to_dict() == {"deliver": 5, "open": 3}
    assert "example.com" not in reading["events"].to_csv()
    assert (reading.rows_read, reading.rows_rejected) == (13, 2)


def test_substack_unpacked_is_the_same_export(tmp_path):
    for name, text in MEMBERS.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text, encoding="utf-8")
    whole, unpacked = read(export(tmp_path, MEMBERS)), read(tmp_path / "folder")
    pd.testing.assert_frame_equal(whole["items"], unpacked["items"])
    pd.testing.assert_frame_equal(whole["events"], unpacked["events"])


def test_a_log_may_have_fewer_or_more_columns(tmp_path):
    fewer = {**MEMBERS, "posts/11.opens.csv": "timestamp,email\n2026-03-11T13:00:00Z,r0@example.com\n"}
    assert read(export(tmp_path, fewer))["items"]["opens_people"][0] == 1
    more = {**MEMBERS, "posts/11.opens.csv": "timestamp,email,new\n2026-03-11T13:00:00Z,r0@example.com,x\n"}
    events = read(export(tmp_path, more))["events"]
    assert json.loads(events.loc[events["action"] == "open", "extra"].iloc[0]) == {"new": "x"}


def test_a_broken_log_names_its_file_and_can_be_read_without_the_row(tmp_path):
    broken = {**MEMBERS, "posts/12.delivers.csv": MEMBERS["posts/12.delivers.csv"] + "12,soon,nobody,newsletter\n"}
    path = export(tmp_path, broken)
    with pytest.raises(FileError) as refused:
        read(path)
    assert refused.value.file == "export.zip: posts/12.delivers.csv"
    assert [(p.row, p.column) for p in refused.value.places] == [(3, "timestamp"), (3, "email")]
    reading = read(path, problems="collect")
    assert reading["items"]["delivered"].tolist()[:2] == [4, 1]
    assert len(reading.problems) == 2


def test_a_log_of_another_post_is_refused(tmp_path):
    swapped = {**MEMBERS, "posts/12.delivers.csv": LOG + "11,2026-04-11T12:00:00Z,r0@example.com,x\n"}
    with pytest.raises(FileError, match="bears the number 12 and holds post 11"):
        read(export(tmp_path, swapped))


@needs_samples
def test_the_sample_of_substack_gives_its_facts():
    expected, reading = EXPECTED["newsletter/substack_export.zip"], read(sample("substack_export.zip"))
    items, events = reading["items"], reading["events"]
    assert len(items) == expected["published"]
    assert len(items) + reading.rows_rejected == expected["posts"]
    assert items["delivered"].tolist() == expected["delivers"]
    assert items["opens_times"].tolist() == expected["open_rows"]
    assert items["opens_people"].tolist() == expected["unique_openers"]
    assert (events["action"] == "open").sum() == sum(expected["open_rows"])
    assert any("empty" in note for note in reading.notes)
