"""Persons as pseudonyms: one person one pseudonym, no person in anything that leaves the loaders."""

from __future__ import annotations

import base64
import html
import json
import os
import pickle
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from books import book

import fanecon as fe
from fanecon.disclosure import keys
from fanecon.loaders import personal, privacy
from fanecon.loaders.cells import Unreadable
from fanecon.loaders.door import read
from fanecon.loaders.reading import Ask
from fanecon.report.pages.scan import scan
from fanecon.schema import FileError, ParameterError

ROOT = Path(__file__).resolve().parents[1]
KEY = "a key for tests, thirty-two letters"
PHONE, MAIL, IP, OPENID, NAME, NICK, CARD = (
    "13812345678",
    "Wang.Xiao@Example.com",
    "203.0.113.77",
    "oAbCdEfGhIjKlMnOpQrStUvWxYz1",
    "王小明",
    "书虫子",
    "6222020200001234567",
)
RAW = (PHONE, "138 1234 5678", MAIL, MAIL.lower(), IP, OPENID, NAME, NICK, CARD)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.VARIABLE, KEY)


def log(folder: Path, *rows: str, name: str = "log.csv") -> Path:
    head = "活动ID,参与人openid,昵称,手机号,邀请人openid,参与时间,IP,提现账户,奖励金额(元),真实姓名,email,备注,记录"
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def row(phone: str = "138 1234 5678", amount: str = "1.00", ip: str = IP) -> str:
    nested = json.dumps([{"openid": OPENID, "nick_name": NICK, "phone": PHONE}], ensure_ascii=False).replace('"', '""')
    note = f"请打 {PHONE} 或写 {MAIL}"
    return (
        f'A1,{OPENID},{NICK},{phone},{OPENID},2026-09-03 20:10:49,{ip},{CARD},{amount},{NAME},{MAIL},{note},"{nested}"'
    )


def everything(reading) -> str:
    """All that a reading says, in one text."""
    tables = [frame.to_csv() + repr(frame.attrs) for frame in reading.tables.values()]
    return "\n".join([*tables, reading.explain(), reading.problems.to_csv(), reading._repr_html_()])


@pytest.mark.parametrize(
    "spelling",
    [
        PHONE,
        int(PHONE),
        float(PHONE),
        f"{PHONE}.0",
        f"+86 {PHONE}",
        f"86{PHONE}",
        f"0086-{PHONE}",
        "138-1234-5678",
        "138 1234 5678",
        f"'{PHONE}\t",
        "１３８１２３４５６７８",
        f"0{PHONE}",
    ],
)
def test_a_phone_is_one_phone_in_every_spelling(spelling: object) -> None:
    assert privacy.phone(spelling) == PHONE
    assert privacy.reader("phone")(spelling) == privacy.reader("phone")(PHONE)


@pytest.mark.parametrize("cell", ["abc", "1.38E+10", "12", "138****", "010-1234转5", 1.5])
def test_what_is_no_phone_is_refused(cell: object) -> None:
    if cell == "138****":
        assert privacy.phone(cell) == cell
        return
    with pytest.raises(Unreadable):
        privacy.phone(cell)


def test_a_masked_phone_is_marked_as_one_that_several_people_may_share() -> None:
    assert str(privacy.reader("phone")("139****0000")).startswith("phone_masked:")


@pytest.mark.parametrize(
    ("cell", "spelled"), [(MAIL, MAIL.lower()), (f"<{MAIL}>", MAIL.lower()), (" a@b.cn ", "a@b.cn")]
)
def test_a_mail_is_one_mail_in_every_spelling(cell: str, spelled: str) -> None:
    assert privacy.mail(cell) == spelled


@pytest.mark.parametrize(
    ("cell", "spelled"),
    [
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:8080", "198.51.100.7"),
        ("198.51.100.7, 10.0.0.1", "198.51.100.7"),
        ("unknown", None),
    ],
)
def test_an_address_is_written_in_its_canonical_form(cell: str, spelled: str | None) -> None:
    assert privacy.ip(cell) == spelled


def test_an_open_id_is_compared_letter_by_letter() -> None:
    read_ = privacy.reader("openid")
    assert read_(f"  {OPENID} ") == read_(OPENID)
    assert read_(OPENID.swapcase()) != read_(OPENID)


@pytest.mark.parametrize("kind", privacy.KINDS)
def test_a_pseudonym_is_short_and_says_its_kind(kind: str) -> None:
    value = {"mail": MAIL, "ip": IP, "phone": PHONE}.get(kind, "someone")
    found = str(privacy.reader(kind)(value))
    assert found.partition(":")[0] == kind
    assert len(found.partition(":")[2]) == 16
    assert privacy.is_pseudonym(found)


def test_a_pseudonym_of_a_pseudonym_is_itself() -> None:
    once = privacy.reader("openid")(OPENID)
    assert privacy.reader("openid")(once) == once
    assert personal.loose("nickname", personal=False)(once) == once


def test_a_thousand_phones_have_a_thousand_pseudonyms() -> None:
    read_ = privacy.reader("phone")
    assert len({read_(str(13_800_000_000 + number)) for number in range(1_000)}) == 1_000


def test_addresses_of_one_network_are_told_without_the_address() -> None:
    read_ = privacy.reader("ip")
    near, far = (str(read_(one)) for one in ("203.0.113.78", "203.0.114.77"))
    here = str(read_(IP))
    assert here != near
    assert privacy.network(here) == privacy.network(near) != privacy.network(far)
    assert privacy.network(IP) == privacy.network("203.0.113.1") == "203.0.113.0/24"


def test_another_key_gives_other_pseudonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [privacy.reader(kind)(PHONE) for kind in ("phone", "openid", "name")]
    monkeypatch.setenv(privacy.VARIABLE, KEY + "!")
    assert all(privacy.reader(kind)(PHONE) not in before for kind in ("phone", "openid", "name"))


def test_a_short_key_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.VARIABLE, "abc")
    assert any("fewer than 16" in note for note in read(log(tmp_path, row())).notes)


# --- the key that is drawn once ---


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(privacy.VARIABLE)
    monkeypatch.setattr(keys.platformdirs, "user_config_path", lambda name: tmp_path / "config" / name)
    return tmp_path / "config" / "fanecon" / "key"


def test_without_a_key_one_is_drawn_once_and_kept_for_its_owner_alone(config: Path) -> None:
    first = privacy.key()
    assert privacy.key() == first
    assert len(first) == 64
    assert [one.name for one in config.parent.iterdir()] == ["key"]
    if os.name == "posix":
        assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_two_that_draw_at_the_same_time_have_one_key(config: Path) -> None:
    privacy.key()
    before = config.read_bytes()
    privacy._draw(config)
    assert config.read_bytes() == before


def test_a_damaged_key_is_named_and_not_replaced(config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text("")
    with pytest.raises(ParameterError, match="damaged"):
        privacy.key()
    assert config.read_text() == ""


def test_where_no_key_can_be_kept_the_reader_is_asked_for_one(config: Path) -> None:
    config.parent.parent.mkdir(parents=True)
    config.parent.write_text("a file where the folder should be")
    with pytest.raises(ParameterError, match="FANECON_KEY"):
        privacy.key()


def test_the_key_stands_nowhere(config: Path, tmp_path: Path) -> None:
    told = everything(read(log(tmp_path, row())))
    assert privacy.key().decode() not in told


# --- columns ---


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("手机号", "phone"),
        ("手机号（必填）", "phone"),
        ("邀请人手机号", "phone"),
        ("Email Address", "mail"),
        ("user.email", "mail"),
        ("OPTIN_IP", "ip"),
        ("被邀请人openid", "openid"),
        ("unionid", "openid"),
        ("真实姓名", "name"),
        ("FNAME", "name"),
        ("粉丝昵称", "nickname"),
        ("user.screen_name", "nickname"),
        ("提现账户", "payout"),
        ("标题", None),
        ("name", None),
        ("公众号", None),
        ("用户id", None),
        ("ip_location", None),
    ],
)
def test_a_column_is_personal_by_its_name(column: str, kind: str | None) -> None:
    assert personal.kind_of(column) == kind


def test_a_name_is_personal_beside_a_mail_and_not_beside_a_campaign() -> None:
    assert personal.kinds_of(["name", "email"]) == {"name": "name", "email": "mail"}
    assert personal.kinds_of(["name", "opens"]) == {}


def test_a_place_in_a_column_called_ip_is_left_alone() -> None:
    assert personal.loose("ip", personal=False)("发布于 北京") == "发布于 北京"


# --- files ---


def test_no_personal_value_is_in_anything_that_a_reading_says(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row()))
    told = everything(reading)
    assert [value for value in RAW if value in told] == []
    extra = json.loads(reading["events"]["extra"][0])
    assert extra["备注"].startswith("请打 phone:")
    assert json.loads(extra["记录"])[0]["nick_name"].startswith("nickname:")


def test_no_personal_value_is_in_an_error(tmp_path: Path) -> None:
    path = log(tmp_path, row(phone=f"{PHONE}99999"), row(amount=PHONE + "x"), row(ip=f"{IP}.9"))
    with pytest.raises(FileError) as caught:
        read(path)
    told = str(caught.value) + caught.value.problems.to_csv() + repr(caught.value.places)
    assert len(caught.value.places) == 3
    assert [value for value in RAW if value in told] == []
    assert "138****9999" in told


def test_no_personal_value_is_in_the_list_of_collected_problems(tmp_path: Path) -> None:
    path = log(tmp_path, row(), row(phone=f"{PHONE}99999"), row(ip=f"{IP}.9"))
    reading = read(path, problems="collect")
    assert len(reading.problems) == 2
    assert [value for value in RAW if value in everything(reading)] == []


def test_an_unknown_file_is_refused_without_its_personal_values(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"甲,乙,丙\n{PHONE},{MAIL},{IP}\n", encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read(path)
    assert not any(value in str(caught.value) for value in RAW)


def test_one_person_has_one_pseudonym_across_files_and_spellings(tmp_path: Path) -> None:
    first = read(log(tmp_path, row(), name="a.csv"))["events"]
    path = tmp_path / "b.csv"
    path.write_text(f"手机号,中奖状态,中奖时间\n+86{PHONE}.0,中奖,2026-09-05 20:00:00\n", encoding="utf-8")
    assert read(path)["events"]["actor_id"][0] == json.loads(first["extra"][0])["phone"]


def test_personal_data_are_kept_where_the_caller_asks_for_them(tmp_path: Path) -> None:
    reading = read(log(tmp_path, row()), ask=Ask(personal=True))
    events = reading["events"]
    assert (events["actor_id"][0], events["ip"][0], events["payout_account"][0]) == (OPENID, IP, CARD)
    assert json.loads(events["extra"][0])["phone"] == PHONE
    assert any("do not share" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "13812341234", "138****1234"),
        ("mail", "wang@example.org", "w***@example.org"),
        ("ip", "203.0.113.77", "203.0.*.*"),
        ("name", NAME, "王***"),
        ("phone", "1.3812E+10", "1.3***E+10"),
    ],
)
def test_a_masked_value_can_still_be_found_in_ones_own_file(kind: str, value: str, masked: str) -> None:
    assert personal.mask(kind, value) == masked


def test_digits_behind_a_point_are_no_phone() -> None:
    text = '{"volume": 4489.14013671875, "of": 0.13800000000, "phone": "13800000000"}'
    clean = personal.scrub(text, b"a key that is long enough")
    assert json.loads(clean)["volume"] == 4489.14013671875
    assert json.loads(clean)["of"] == 0.138
    assert "13800000000" not in json.loads(clean)["phone"]
    assert personal.masked_text("4489.14013671875 and 13800000000") == "4489.14013671875 and 138****0000"


# --- the key, end to end ---

CANARIES = [f"{number:02}-key of nobody, drawn for a test {number * 7919 % 10007:05}+/=" for number in range(20)]


def spellings(secret: str) -> list[str]:
    """A secret as it stands, and as programs write it."""
    raw = secret.encode()
    coded = [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), raw.hex()]
    return [secret, *coded, quote(secret), quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1]]


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary[:2])
def test_no_key_stands_in_anything_that_a_reading_says_and_every_key_makes_its_own_pseudonyms(
    canary: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = read(log(tmp_path, row()))["events"]["actor_id"][0]
    monkeypatch.setenv(privacy.VARIABLE, canary)
    reading = read(log(tmp_path, row()))
    with pytest.raises(FileError) as refused:
        read(log(tmp_path, row(amount="much")))
    told = everything(reading) + str(refused.value) + repr(reading) + pickle.dumps(reading["events"]).decode("latin-1")
    assert [one for one in spellings(canary) if one in told] == []
    assert reading["events"]["actor_id"][0] != here


BOOK = """import os, fanecon as fe
reading = fe.read({path!r})
reading
---
print(reading.explain(), reading["events"].attrs, *reading["events"].iloc[0])
---
print(sorted(name for name in os.environ if "KEY" in name))"""


def test_no_key_and_no_person_stands_on_a_page_or_beside_it(tmp_path: Path) -> None:
    steps = BOOK.format(path=str(log(tmp_path, row()))).split("---")
    fe.run(str(book(tmp_path / "x.ipynb", *steps)), out=tmp_path / "out" / "x.html")
    written = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    told = "".join(one.read_text(encoding="utf-8", errors="replace") for one in written)
    assert "openid:" in told
    assert [value for value in (*RAW, *spellings(KEY)) if value in told] == []
    assert [
        str(one) for page in written if page.suffix == ".html" for one in scan(page.read_bytes(), raw_ids=RAW)
    ] == []


def test_a_key_that_a_notebook_prints_is_found_on_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for canary in CANARIES:
        monkeypatch.setenv(privacy.VARIABLE, canary)
        for one in spellings(canary):
            assert "secret" in {found.kind for found in scan(f"<pre>{one}</pre>")}, one


def test_a_kept_key_is_known_to_the_last_look_too(config: Path) -> None:
    kept = privacy.key().decode()
    assert keys.keys() == (kept,)
    assert [one.kind for one in scan(f"<p>{kept}</p>")] == ["secret"]


def test_a_key_of_a_few_letters_is_a_word_and_not_looked_for(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.VARIABLE, "test")
    assert keys.keys() == ()


def test_no_key_is_in_the_repository() -> None:
    tracked = subprocess.run(
        ["git", "grep", "-lE", "FANECON_KEY[\"']?[=:] ?[\"']?[0-9a-f]{32}"], cwd=ROOT, capture_output=True, text=True
    )
    assert tracked.stdout == ""
