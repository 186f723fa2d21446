"""Participation logs of campaigns: every fact of the samples, and made-up files that are nasty on purpose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from fanecon.loaders import campaign_events, privacy
from fanecon.loaders.campaign_airdrop import address
from fanecon.loaders.cells import Unreadable
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask, Reading
from fanecon.schema import FileError

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "campaign"
RAW = Ask(personal=True)
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the samples are not here: {SAMPLES}")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.VARIABLE, "a key for tests, thirty-two letters")


def made(folder: Path, text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def facts(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((SAMPLES.parent / "expected.json").read_text("utf-8"))[f"campaign/{name}"]
    return found


def sample(name: str, **options: object) -> Reading:
    return read(SAMPLES / name, **options)  # type: ignore[arg-type]


def packets(folder: Path) -> Reading:
    for one in SAMPLES.glob("gethbinfo_*.xml"):
        shutil.copy(one, folder)
    return read(folder)


def latencies(events: pd.DataFrame) -> list[int]:
    sent = events[events["action"] == "payout"].set_index("item_id")["time"]
    claims = events[events["action"] == "claim"]
    return [int(one.total_seconds()) for one in claims["time"] - claims["item_id"].map(sent)]


def refused(path: Path, **options: object) -> FileError:
    with pytest.raises(FileError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    return caught.value


# --- the samples ---


@needs_samples
def test_a_folder_of_packets_gives_payouts_claims_and_refunds(tmp_path: Path) -> None:
    events, expected = packets(tmp_path)["events"], facts("gethbinfo_*.xml")
    assert latencies(events) == expected["claim_latency_s"]
    payouts = events[events["action"] == "payout"]
    assert len(payouts) == expected["files"]
    assert (events["action"] == "claim").sum() == expected["received_rows"]
    assert (events["action"] == "refund").sum() == expected["refunded"]
    assert (payouts["status"] == "SENT").sum() == expected["pending"]
    assert payouts["amount_minor"].tolist() == [100, 100, 100, 100, 100, 300]
    assert set(events["tz_source"]) == {"assumed"}
    assert str(payouts["time"].iloc[0]) == "2026-09-03 12:05:00+00:00"


@needs_samples
def test_a_lottery_list_in_gbk_has_winners_and_losers() -> None:
    reading, expected = sample("lottery_winners_gbk.csv"), facts("lottery_winners_gbk.csv")
    events = reading["events"]
    assert reading.rows_read == len(events) == expected["rows"]
    assert (events["action"] == "win").sum() == expected["winners"]
    assert (events["action"] == "lose").sum() == 9
    assert events.attrs["encoding"] == "gb18030"


@needs_samples
def test_subscribers_of_a_referral_tool_have_inviters_and_share_an_address() -> None:
    reading, expected = sample("referralhero_subscribers.json"), facts("referralhero_subscribers.json")
    events = reading["events"]
    assert reading.rows_read == expected["rows"]
    assert events["inviter_id"].nunique() == expected["inviters"]
    assert events["ip"].value_counts().max() == expected["same_ip_cluster"]
    gaps = events["time"].diff().dt.total_seconds()
    assert (gaps == 11).sum() == 7
    assert len(reading["edges"]) == 9


@needs_samples
def test_the_ring_in_an_invite_log_has_one_inviter_and_one_payout_account() -> None:
    reading, expected = sample("invite_log_gb18030.csv", ask=RAW), facts("invite_log_gb18030.csv")
    events = reading["events"]
    ring = events[events["payout_account"] == expected["ring_payout"]]
    assert len(events) == expected["rows"]
    assert len(ring) == expected["ring_rows"]
    assert set(ring["inviter_id"]) == {expected["ring_inviter"]}
    assert set(events["amount_minor"]) == {100}
    assert set(events["currency"]) == {"CNY"}
    hidden = sample("invite_log_gb18030.csv")["events"]
    assert hidden.groupby("payout_account").size().max() == expected["ring_rows"]
    assert set(hidden["inviter_id"].dropna()) <= set(hidden["actor_id"])


@needs_samples
def test_invite_details_have_several_rows_per_invited_person() -> None:
    name = "【邀请明细】会员海报2026-09-05.csv"
    reading, expected = sample(name), facts(name)
    events = reading["events"]
    assert len(events) == expected["rows"]
    assert events["actor_id"].nunique() == len(reading["edges"]) == expected["invitees"]
    assert (events["action"] == "join").sum() == expected["signed_up"]
    assert set(events["campaign_id"]) == {"会员海报"}
    assert any("from the name of the file" in note for note in reading.notes)
    own = events[events["extra"].str.contains("own_poster")]
    assert own["actor_id"].tolist() == [privacy.reader("openid")("oSELF")]
    assert set(reading["edges"]["weight"]) == {1.0}


@needs_samples
def test_promoters_have_phones_as_text_and_inviters() -> None:
    name = "推广员列表_gb18030.csv"
    reading, expected = sample(name, ask=RAW), facts(name)
    events = reading["events"]
    assert len(events) == expected["rows"]
    assert events["inviter_id"].notna().sum() == expected["with_inviter"]
    assert set(events["inviter_id"].dropna()) == {"13900000000"}
    assert not events["extra"].str.contains(r"0\.0\b").any()


@needs_samples
def test_helpers_of_a_red_packet_have_yuan_and_a_date_of_zeros() -> None:
    reading, expected = sample("redpack_fission_help.csv"), facts("redpack_fission_help.csv")
    events = reading["events"]
    assert len(events) == expected["rows"]
    assert events["time"].isna().sum() == expected["zero_dates"]
    assert any(note.startswith("1 row has no time in help_time") for note in reading.notes)
    assert set(events["amount_minor"]) == {30}
    assert events["inviter_id"].value_counts().to_dict() == {"jid:1": 6, "jid:2": 6}


@needs_samples
def test_transfers_repeat_and_are_one_tie_with_a_weight() -> None:
    reading, expected = sample("airdrop_transfers.csv"), facts("airdrop_transfers.csv")
    edges = reading["edges"]
    assert reading.rows_read == expected["rows"]
    assert len(edges) == expected["distinct_edges"]
    fan = edges[edges["src"] == expected["fanout_source"]]
    assert fan["dst"].nunique() == expected["recipients"]
    assert edges["weight"].sum() == expected["rows"]
    removed = sample("airdrop_eliminated.csv")["events"]
    assert set(removed["actor_id"]) == set(fan["dst"])
    assert set(removed["status"]) == {"eliminated"}
    first = sample("airdrop_user_timestamps.json")["events"]
    assert set(removed["actor_id"]) <= set(first["actor_id"])
    assert set(first["time"].diff().dt.total_seconds().dropna()) == {40.0}


@needs_samples
def test_requests_count_in_fen_and_do_not_take_the_server_for_the_receiver() -> None:
    events = sample("sendredpack_log.csv", ask=RAW)["events"]
    assert events["action"].value_counts().to_dict() == {"payout": 7, "payout_failed": 1}
    assert events.loc[events["action"] == "payout_failed", "status"].tolist() == ["SENDNUM_LIMIT"]
    assert set(events["amount_minor"]) == {100}
    assert events["ip"].isna().all()
    assert events["device_id"].value_counts().iloc[0] == 4
    assert json.loads(events["extra"][0])["mobile"] == "13800000000"
    assert str(events["time"][0]) == "2026-09-03 12:05:00+00:00"


@needs_samples
def test_reposters_of_a_lottery_keep_rounded_followers_as_a_doubt() -> None:
    reading = sample("weibo_lottery_reposters_utf8bom.csv")
    events = reading["events"]
    assert set(events["action"]) == {"repost"}
    assert events["actor_followers"].tolist()[:4] == [3, 5, 12_000, 0]
    assert any("3 rows have actor_followers rounded" in note for note in reading.notes)


# --- lotteries ---


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("中奖", "win"),
        ("未中奖", "lose"),
        ("1(中奖)", "win"),
        ("0-未中奖", "lose"),
        ("谢谢参与", "lose"),
        ("Lost", "lose"),
        ("是", "win"),
    ],
)
def test_an_outcome_is_read_from_words(word: str, meant: str) -> None:
    assert campaign_events.outcome(word) == meant


@pytest.mark.parametrize("code", ["0", "1", 0, 1, "4", "true", "", "待开奖"])
def test_a_code_is_no_outcome(code: object) -> None:
    with pytest.raises(Unreadable):
        campaign_events.outcome(code)


def test_codes_of_a_vendor_are_refused_with_every_row(tmp_path: Path) -> None:
    path = made(
        tmp_path, "手机号,iswin,中奖时间\n13800000000,0,2026-09-05 20:00:00\n13800000001,1,2026-09-05 20:00:00\n"
    )
    error = refused(path)
    assert [place.row for place in error.places] == [2, 3]
    assert "without words" in str(error)


def test_a_list_without_losers_is_read_as_winners_and_says_so(tmp_path: Path) -> None:
    text = "粉丝昵称,手机号码,中奖时间,身高\n 小明,13800000000,2026-09-05 20:00:00,未录入\n"
    reading = read(made(tmp_path, text, encoding="gb18030"))
    assert reading["events"]["action"].tolist() == ["win"]
    assert any("No column says who lost" in note for note in reading.notes)


def test_an_empty_prize_is_not_taken_for_a_loss(tmp_path: Path) -> None:
    text = "手机号,中奖时间,奖品\n13800000000,2026-09-05 20:00:00,一等奖\n13800000001,2026-09-05 20:00:00,\n"
    assert refused(made(tmp_path, text)).places[0].row == 3


def test_broken_cells_are_listed_all_and_left_out_where_problems_are_collected(tmp_path: Path) -> None:
    rows = ["13800000000,中奖,2026-09-05 20:00:00", "1.38E+10,中奖,2026-09-05 20:00:00", "13800000001,9,昨天"]
    path = made(tmp_path, "\n".join(["手机号,中奖状态,中奖时间", *rows]) + "\n")
    assert len(refused(path).places) == 3
    reading = read(path, problems="collect")
    assert (len(reading["events"]), reading.rows_rejected) == (1, 2)


# --- invitations ---


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("扫码关注", "subscribe"),
        ("取消关注", "unsubscribe"),
        ("会议报名", "join"),
        ("未报名", "other"),
        ("助力成功", "help"),
        ("打卡", "other"),
    ],
)
def test_an_act_is_read_from_words(word: str, meant: str) -> None:
    assert campaign_events.act(word) == meant


def test_an_invited_person_without_an_open_id_is_known_by_the_nickname(tmp_path: Path) -> None:
    text = "邀请人姓名,邀请人手机号,被邀请人昵称,被邀请人openid,行为内容\n陈,13900000000,小明,--,打卡\n"
    reading = read(made(tmp_path, text))
    assert reading["events"]["actor_id"][0] == privacy.reader("nickname")("小明")
    assert reading["events"]["action"][0] == "other"
    assert any("none of the known ones" in note for note in reading.notes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_promoter_is_found_by_a_phone_and_never_by_a_nickname(tmp_path: Path, encoding: str) -> None:
    rows = ["推广员id\t推广员昵称\t账户绑定手机号\t邀请人昵称\t邀请人手机号", "u1\t阿明\t13700000001.0\t\t"]
    rows += ["u2\t阿明\t\t阿明\t+86 137 0000 0001", "u3\t小红\t\t阿明\t"]
    events = read(made(tmp_path, "\n".join(rows) + "\n", encoding=encoding))["events"]
    assert events["inviter_id"].tolist()[1:] == ["u1", privacy.reader("nickname")("阿明")]


def test_a_helper_counts_every_help_and_the_unit_of_money_is_noted(tmp_path: Path) -> None:
    head = "用户手机号,助力时间,活动 ID,活动名称,助力状态,奖励金额,奖励类型,被助力用户"
    row = "13800000000,2026-09-03 20:0{}:00,A1,九月,成功,0.3,现金,13800000009"
    reading = read(made(tmp_path, "\n".join([head, row.format(0), row.format(5)]) + "\n"))
    assert reading["edges"]["weight"].tolist() == [2.0]
    assert reading["edges"]["src"][0] == privacy.reader("phone")("13800000009")
    assert reading["events"]["amount_minor"].tolist() == [30, 30]
    assert any("names no unit" in note for note in reading.notes)


# --- the general log ---


def test_the_kind_of_an_inviter_is_found_where_its_values_stand(tmp_path: Path) -> None:
    head = "用户ID,昵称,手机号,邀请人,参与时间,奖励金额(分)"
    for inviter in ("u1", "13800000001"):
        rows = ["u1,甲,13800000001,,2026-09-03 20:00:00,100", f"u2,乙,13800000002,{inviter},2026-09-03 20:00:01,50"]
        reading = read(made(tmp_path, "\n".join([head, *rows]) + "\n"))
        assert reading["events"]["inviter_id"][1] == "u1"
        assert reading["events"]["amount_minor"].tolist() == [100, 50]


def test_an_inviter_known_by_a_nickname_stays_one(tmp_path: Path) -> None:
    text = "用户ID,昵称,邀请人,参与时间\nu1,甲,,2026-09-03 20:00:00\nu2,乙,甲,2026-09-03 20:00:01\n"
    reading = read(made(tmp_path, text))
    assert reading["events"]["inviter_id"][1] == privacy.reader("nickname")("甲")
    assert any("two people may share it" in note for note in reading.notes)


def test_who_invites_oneself_is_no_tie_between_two(tmp_path: Path) -> None:
    text = "用户ID,邀请人id,参与时间\nu1,u1,2026-09-03 20:00:00\nu2,u1,2026-09-03 20:00:01\n"
    assert read(made(tmp_path, text))["edges"]["kind"].tolist() == ["self_invite", "invite"]


def test_a_time_under_an_english_header_needs_a_zone(tmp_path: Path) -> None:
    path = made(tmp_path, "user_id,email,referrer,created_at\n1,a@x.com,,2026-09-03 20:00:00\n")
    assert "zone" in str(refused(path))
    events = read(path, ask=Ask(tz="America/New_York"))["events"]
    assert str(events["time"][0]) == "2026-09-04 00:00:00+00:00"


def test_a_table_of_accounts_is_no_campaign_log(tmp_path: Path) -> None:
    assert "No known format" in str(refused(made(tmp_path, "user_id,phone,city\n1,13800000000,x\n")))


# --- WeChat Pay ---

HEAD = "<return_code>SUCCESS</return_code><result_code>SUCCESS</result_code>"
PACKET = "<mch_billno>{}</mch_billno><status>SENT</status><total_amount>{}</total_amount><send_time>{}</send_time>"


def answer(order: str = "1", amount: str = "100", time: str = "2026-09-03 20:05:00", more: str = "") -> str:
    return f"<xml>{HEAD}{PACKET.format(order, amount, time)}{more}</xml>"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "aa">]>' + answer(more="<wishing>&a;</wishing>"),
        '<?xml version="1.0"?><!doctype x SYSTEM "file:///etc/passwd">' + answer(),
        answer(more="<wishing>&undeclared;</wishing>"),
        answer()[:-6],
    ],
)
def test_xml_that_could_harm_or_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    text = text if text.startswith("<?xml") or not text.startswith("<!") else '<?xml version="1.0"?>' + text
    assert "XML" in str(refused(made(tmp_path, text, "a.xml")))


def test_markup_within_character_data_is_text(tmp_path: Path) -> None:
    reading = read(made(tmp_path, answer(more="<wishing><![CDATA[<!DOCTYPE & co]]></wishing>"), "a.xml"))
    assert json.loads(reading["events"]["extra"][0])["wishing"] == "<!DOCTYPE & co"


def test_an_error_answer_is_named_and_left_out_where_problems_are_collected(tmp_path: Path) -> None:
    made(tmp_path, answer(), "a.xml")
    failed = "<return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>NOT_FOUND</err_code>"
    failed += "<err_code_des>查询不存在</err_code_des>"
    made(tmp_path, f"<xml>{failed}</xml>", "b.xml")
    assert "查询不存在" in str(refused(tmp_path))
    reading = read(tmp_path, problems="collect")
    assert (len(reading["events"]), len(reading.problems)) == (1, 1)


def test_a_broken_answer_names_its_tag(tmp_path: Path) -> None:
    error = refused(made(tmp_path, answer(amount="1.5", time="gestern"), "a.xml"))
    assert [place.column for place in error.places] == ["total_amount", "send_time"]


def test_a_packet_saved_twice_is_refused(tmp_path: Path) -> None:
    made(tmp_path, answer(), "a.xml")
    made(tmp_path, answer(), "b.xml")
    assert "same" in str(refused(tmp_path))


def test_answers_kept_as_a_table_give_the_same_events(tmp_path: Path) -> None:
    claims = "<hblist>" + "".join(
        f"<hbinfo><openid>o{n}</openid><amount>50</amount><rcv_time>2026-09-03 20:05:0{n}</rcv_time></hbinfo>"
        for n in (1, 2)
    )
    whole = read(made(tmp_path, answer(more=claims + "</hblist>"), "a.xml"))["events"]
    rows = [f"1,SENT,100,2026-09-03 20:05:00,o{n},50,2026-09-03 20:05:0{n}" for n in (1, 2)]
    head = "mch_billno,status,total_amount,send_time,openid,amount,rcv_time"
    table = read(made(tmp_path, "\n".join([head, *rows]) + "\n"))["events"]
    columns = ["event_id", "actor_id", "action", "time", "amount_minor", "item_id"]
    pd.testing.assert_frame_equal(whole[columns], table[columns])
    assert latencies(whole) == [1, 2]


def test_a_request_sent_again_is_paid_once(tmp_path: Path) -> None:
    head = "mch_billno,re_openid,total_amount,result_code,err_code"
    rows = ["1,oA,100,FAIL,SYSTEMERROR", "1,oA,100,SUCCESS,", "1,oA,100,SUCCESS,"]
    events = read(made(tmp_path, "\n".join([head, *rows]) + "\n"))["events"]
    assert events["action"].tolist() == ["payout_unknown", "payout", "payout_repeated"]


# --- tables of customer tools ---


def test_people_to_invite_are_not_money_and_helpers_find_the_account_they_helped(tmp_path: Path) -> None:
    made(
        tmp_path,
        "id,rid,openid,help_num,invite_amount,redpack_price,join_time\n1,7,oJ,3,5,1.50,2026-09-03 20:00:00\n",
        "a.csv",
    )
    rows = "1,7,1,oH,0.30,1,2026-09-03 20:01:00\n2,7,9,oI,0.30,1,0000-00-00 00:00:00\n"
    made(tmp_path, f"id,rid,jid,openid,amount,status,help_time\n{rows}", "b.csv")
    made(tmp_path, "order_id,openid,amount,send_time\nR1,oH,0.30,2026-09-03 20:02:00\n", "c.csv")
    reading = read(tmp_path, ask=RAW)
    events = reading["events"].set_index("event_id")
    assert events["amount_minor"].to_dict() == {
        "red_pack_join:1": 150,
        "red_pack_help:1": 30,
        "red_pack_help:2": 30,
        "red_pack_order:R1": 30,
    }
    assert events["inviter_id"].dropna().to_dict() == {"red_pack_help:1": "oJ", "red_pack_help:2": "jid:9"}
    assert json.loads(events["extra"]["red_pack_join:1"])["invite_amount"] == "5"


# --- referral tools ---


def subscriber(number: int, **more: object) -> dict[str, object]:
    first = {"id": f"s{number}", "email": f"x{number}@example.com", "code": f"C{number}", "referred": False}
    return {
        **first,
        "people_referred": 0,
        "risk_level": 0,
        "ip_address": "203.0.113.7",
        "created_at": 1788437100,
        **more,
    }


def test_a_page_of_several_and_an_unnamed_inviter_are_noted(tmp_path: Path) -> None:
    people = [subscriber(1), subscriber(2, referred=True, referred_by=None)]
    answer_ = {"data": {"subscribers": people}, "pagination": {"total_pages": 3, "current_page": 1}}
    notes = " ".join(read(made(tmp_path, json.dumps(answer_), "a.json")).notes)
    assert "page 1 of 3" in notes
    assert "1 subscribers were referred by someone whom the file does not name" in notes


def test_an_answer_without_subscribers_is_refused(tmp_path: Path) -> None:
    text = '{"data": {"subscribers": []}, "hint": {"people_referred": 0, "risk_level": 0}}'
    assert "no subscribers" in str(refused(made(tmp_path, text, "a.json")))


# --- airdrops ---

ONE, TWO = "0x" + "1" * 40, "0x" + "ab" * 20


@pytest.mark.parametrize("cell", [TWO, TWO.upper().replace("0X", "0x"), "\\x" + "AB" * 20, f" {TWO} ", "ab" * 20])
def test_an_address_is_one_address_in_every_spelling(cell: str) -> None:
    assert address(cell) == TWO


@pytest.mark.parametrize("cell", ["", "null", "0x123", "0x" + "g" * 40, 12])
def test_what_is_no_address_is_refused(cell: object) -> None:
    with pytest.raises(Unreadable):
        address(cell)


def test_a_transfer_to_oneself_is_no_tie_between_two(tmp_path: Path) -> None:
    reading = read(made(tmp_path, f"from,to\n\\x{TWO[2:].upper()},{TWO}\n{ONE},{TWO}\n"))
    assert reading["edges"]["kind"].tolist() == ["self_transfer", "transfer"]
    assert any("1 transfer goes from an address to itself" in note for note in reading.notes)


def test_columns_from_and_to_without_addresses_are_no_transfers(tmp_path: Path) -> None:
    assert "No known format" in str(refused(made(tmp_path, "from,to\nShanghai,Beijing\n")))


def test_a_bare_list_of_addresses_says_what_for_by_its_name_only(tmp_path: Path) -> None:
    text = f"{ONE}\n{TWO}\n{TWO.upper().replace('0X', '0x')}\n"
    known = read(made(tmp_path, text, "eligibleAddresses.txt"))
    assert known["events"]["status"].tolist() == ["eligible", "eligible"]
    assert (known.rows_read, known.rows_rejected) == (3, 1)
    assert any("from the name of the file" in note for note in known.notes)
    assert read(made(tmp_path, text, "addresses.txt"))["events"]["status"].isna().all()


def test_a_broken_address_in_a_list_is_named_with_its_row(tmp_path: Path) -> None:
    assert refused(made(tmp_path, f"address\n{ONE}\n0x12\n")).places[0].row == 3


def test_groups_list_their_members_and_a_wrong_total_is_noted(tmp_path: Path) -> None:
    groups = [{"groupName": "g", "totalEliminatedAddresses": 3, "eliminatedAddresses": [ONE, TWO, TWO]}]
    groups += [{"groupName": "h", "totalEliminatedAddresses": 9, "eliminatedAddresses": [ONE]}]
    reading = read(made(tmp_path, json.dumps(groups), "groups.json"))
    assert reading["events"][["text", "actor_id"]].to_numpy().tolist() == [["g", ONE], ["g", TWO], ["h", ONE]]
    assert any(note.startswith("1 group lists another number") for note in reading.notes)


def test_a_broken_first_use_is_named_with_its_record(tmp_path: Path) -> None:
    path = made(tmp_path, json.dumps({ONE: 1640804000, TWO: "never"}), "a.json")
    assert refused(path).places[0].row == 3
    assert read(path, problems="collect")["events"]["actor_id"].tolist() == [ONE]


# --- many rows ---


def test_a_long_log_is_read_like_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "活动ID,参与人openid,昵称,手机号,邀请人,参与时间,IP,设备,奖励金额(元),提现账户,状态,备注"
    rows = [
        f"A,o{n},n{n},{13_800_000_000 + n},{f'o{n // 7}' if n else ''},2026-09-03 20:10:{n % 60:02d},"
        f"198.51.100.{n % 250},d{n},0.30,acct_{n % 9},已发放,请打{13_700_000_000 + n}"
        for n in range(300)
    ]
    path = made(tmp_path, "\n".join([head, *rows]) + "\n")
    short = read(path)
    monkeypatch.setattr("fanecon.loaders.files.LARGE_ROWS", 10)
    long = read(path)
    for name in ("events", "edges"):
        pd.testing.assert_frame_equal(short[name], long[name])
    assert short.notes == long.notes
    assert not long["events"]["extra"].str.contains("1[37]000000").any()


# --- airdrops with amounts ---

FIRST, SECOND = "0x" + "aB" * 20, "0x" + "12" * 20


@pytest.mark.parametrize(
    "text",
    [
        f"address,amount\n{FIRST},710.5\n{SECOND},0.25\n",
        f"{FIRST},710.5\n{SECOND},000.25\n",
        f"wallet_address,op_amount,round\n{FIRST},710.5,1\n{SECOND},0.25,2\n",
    ],
)
def test_addresses_with_amounts_are_listed_and_the_amounts_stay_as_written(tmp_path: Path, text: str) -> None:
    reading = read(made(tmp_path, text))
    found = reading["events"]
    assert reading.format == "airdrop_claims"
    assert found["actor_id"].tolist() == [FIRST.lower(), SECOND]
    assert found["amount_minor"].isna().all()
    assert any("adds up to 710.75" in note for note in reading.notes)
    assert "710.5" in found["extra"][0]


def test_amounts_of_eighteen_more_digits_lose_none(tmp_path: Path) -> None:
    reading = read(made(tmp_path, f"address,amount\n{FIRST},47818896833878500001\n{FIRST},1\n"))
    assert json.loads(reading["events"]["extra"][0]) == {"amount": "47818896833878500001"}
    assert any("47818896833878500002" in note for note in reading.notes)
    assert any("1 rows name an address again" in note for note in reading.notes)


def test_a_sum_of_more_digits_than_decimals_usually_keep_is_exact(tmp_path: Path) -> None:
    most = "46784493100516827703513017573000"
    reading = read(made(tmp_path, f'"address", "amount"\n"{FIRST}", "{most}"\n"{SECOND}", "1"\n'))
    assert any(f"adds up to {most[:-1]}1," in note for note in reading.notes)


def test_an_amount_below_a_millionth_may_be_written_with_its_exponent(tmp_path: Path) -> None:
    reading = read(made(tmp_path, f"wallet,total\n{FIRST},1e-9\n{SECOND},2\n"))
    assert any("adds up to 2.000000001" in note for note in reading.notes)
    assert refused(made(tmp_path, f"wallet,total\n{FIRST},1e+21\n{SECOND},2\n", "b.csv")).places[0].row == 2


def test_transfers_of_a_token_are_no_list_of_claimers(tmp_path: Path) -> None:
    text = f"Txhash,TokenAddress,ChangeAmount\n0x1,{FIRST},5\n0x2,{FIRST},7\n"
    assert "No known format" in str(refused(made(tmp_path, text)))


def test_a_broken_address_or_amount_is_named_by_its_row(tmp_path: Path) -> None:
    error = refused(made(tmp_path, f"address,amount\n{FIRST},1\n{SECOND},x\n0x12,3\n"))
    assert [(one.row, one.column) for one in error.places] == [(3, "amount"), (4, "address")]


def test_wallets_of_other_chains_are_kept_as_written(tmp_path: Path) -> None:
    wallet = "umee1004mqvtqkckwzq0dkappks9ngf6ecc7z5mlhh4"
    assert read(made(tmp_path, f"umee_address, amount\n{wallet}, 5\n"))["events"]["actor_id"].tolist() == [wallet]


def test_amounts_by_address_are_not_taken_for_times(tmp_path: Path) -> None:
    error = refused(made(tmp_path, json.dumps({FIRST: "1400000000000"}), "map.json"))
    assert "No known format" in str(error)
