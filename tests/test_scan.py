"""The last look at a page: every canary is found wherever it sits, and an honest page is let through."""

from __future__ import annotations

import hashlib
import random
import time
import uuid
from pathlib import Path

import pytest
from canaries import COUNT, HOME, KINDS, PLACES, SECRETS, address, page
from hypothesis import given, settings
from hypothesis import strategies as st

import fanecon as fe
from fanecon.disclosure import shapes
from fanecon.report.asked.masking import Mask
from fanecon.report.pages.embedded import PNG
from fanecon.report.pages.scan import Finding, refuse_or_warn, scan
from fanecon.report.shelf import shelf
from fanecon.schema import RunError

MASK = Mask(SECRETS)


def kinds_found(body: str) -> set[str]:
    return {one.kind for one in scan(page(body), secrets=MASK, raw_ids=KINDS["raw id"])}


def missed(kind: str, places: list[str], every: int = 1) -> list[tuple[str, str]]:
    wanted = "phone" if kind.startswith("phone") else kind
    planted = [(place, canary) for place in places for canary in KINDS[kind][::every]]
    return [(place, canary) for place, canary in planted if wanted not in kinds_found(PLACES[place](canary))]


def test_there_are_twenty_canaries_of_each_kind() -> None:
    assert {kind: len(set(canaries)) for kind, canaries in KINDS.items()} == dict.fromkeys(KINDS, COUNT)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_every_canary_is_found_in_every_place(kind: str) -> None:
    assert missed(kind, list(PLACES)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_canary_is_found_in_the_text_and_a_few_in_every_place(kind: str) -> None:
    assert missed(kind, ["text", "split over tags", "code"]) == []
    assert missed(kind, list(PLACES), every=7) == []


def test_a_page_without_canaries_has_none() -> None:
    assert [
        (place, kinds_found(make("nothing"))) for place, make in PLACES.items() if kinds_found(make("nothing"))
    ] == []


# --- what looks like one and is none ---

HEX = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(5_000)]
GOOD = [
    " ".join(HEX),
    " ".join(one[:40] for one in HEX),
    " ".join(one[:12] for one in HEX),
    " ".join(str(uuid.UUID(one[:32])) for one in HEX),
    " ".join(f"phone:{one[:16]}" for one in HEX),
    "20261122T150405Z-1a2b3c4d 20261122T150405Z-12345678",
    "pandas 3.1.1, numpy 2.2.6, matplotlib 3.11.2, version 1.4.0.1, duckdb==1.4.0.1, v10.2.3.4",
    "10.1080/01621459.1980.10477481 10.1177/0002764211409562 https://doi.org/10.1002/9781118348239",
    "ISBN 978-1-119-97815-2, ISBN 0-306-40615-2, ISSN 1935-8237, ORCID 0000-0002-1825-0097, arXiv:2401.01234",
    "Science 359(6380):1146-1151, pp. 1146–1151",
    "2026-11-22 15:04:05+00:00, 2026-11-22T15:04:05.123456Z, 22.11.2026, 12:34:56, 1:02:03:04",
    "1763824000 1763824000123 1763824000123456 1763824000123456789",
    "12,345,678,901 reads; 13 812 345 678; 1,381,234,567,890",
    "0.13812345678, 4489.14013671875, 13812345678.25, 1.3812e+10, -13.812345678",
    "4936012345678901 4936012345678902 4936012345678903 4936012345678904 4936012345678910 4936012345678999",
    "#138123 #0072B2 rgb(138, 123, 45) a[::2] x[1::2] std::vector a::b::c",
    "@pytest.mark.parametrize A@B.T x@y.sum() git+ssh pkg@1.2.3 logo@2x.png @somebody",
    "observed_and_expected_counts one_two_three_four_five_six_ observedAndExpectedCountsOf",
    "255.255.255.0 127.0.0.1 0.0.0.0 300.1.2.3 1.2.3 section 1.2.3.4.5",
    "http://www.w3.org/1999/xhtml http://www.w3.org/1998/Math/MathML",
    "110101199013321234 110101199001011234 0000000000000000 1111111111111111 6666666666666666",
    "+12.5 % (+8.25 to +17.125), +0.1234567, +1.23456789, +123456",
    "the ids 13812345 and 138123456789 and x13812345678 and 13812345678_0",
    f"{HOME}<user>/data ~/data ./home/x /homepage/x https://x.test/home/li/ s3://bucket/Users/li/x",
    "the 2019 2020 2021 2022 2023 editions; 1000 2000 3000 4000",
    "array([ 150,  234,  567]) [ 12  34  56 789]",
]


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text[:24])
def test_what_only_looks_like_a_person_is_let_through(text: str) -> None:
    assert [str(one) for one in scan(page(f"<p>{text}</p>"))] == []


def test_a_column_of_ids_is_no_column_of_cards_and_a_card_among_them_by_china_unionpay_is_found() -> None:
    draw = random.Random(7)
    ids = [str(5_000_000_000_000_000 + draw.randrange(10**14)) for _ in range(200)]
    assert sum(shapes.luhn(one) for one in ids) > 5
    assert scan(page("".join(f"<td>{one}</td>" for one in ids))) == []
    assert len(scan(page("".join(f"<td>{one}</td>" for one in [*ids, "6222020200001234565"])))) == shapes.luhn(
        "6222020200001234565"
    )


def test_numbers_of_two_cells_are_not_one_number() -> None:
    assert scan(page("<tr><td>138</td><td>1234</td><td>5678</td></tr>")) == []


PICTURE = PLACES["png text"]("13812345678").partition('src="')[2].partition('"')[0]
HIDDEN = [
    "138&nbsp;1234&nbsp;5678",
    "138<wbr>1234<wbr>5678",
    "138&shy;1234&#8203;5678",
    "<span>138</span><span>1234</span><em>5678</em>",
    "١٣٨١٢٣٤٥٦٧٨",
    "𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
    f'<img src="{PICTURE.replace("data:", "DATA:")}">',
    f'<img src="{PICTURE.replace("data:", "data&#58;")}">',
    f"<img src='{PICTURE[:60]}\n{PICTURE[60:]}'>",
    f"<img src={PICTURE}>",
    f"<style>i {{ background: url({PICTURE}) }}</style>",
    f'<style>i {{ background: url("{PICTURE}") }}</style>',
    '<iframe srcdoc="&lt;p&gt;13812345678&lt;/p&gt;">',
    "<p title=13812345678>",
    "<p title='13812345678",
    "<!-- 13812345678",
    "<script>x = '\\u0031\\x338\\u00312345678'</script>",
    "<a href='/x?tel=%31%33812345678'>x</a>",
    "<13812345678>",
    "<x:13812345678 />",
    "<![CDATA[13812345678]]>",
    "<?xml 13812345678 ?>",
    "<!doctype 13812345678>",
    "</p 13812345678>",
]


@pytest.mark.parametrize("body", HIDDEN, ids=lambda body: body[:40])
def test_a_phone_is_found_however_it_is_hidden(body: str) -> None:
    assert "phone" in kinds_found(body)


def test_an_id_of_digits_is_a_number_of_its_own() -> None:
    assert scan(page("<p>0.12345678, 912345678 and x12345678</p>"), raw_ids=["12345678"]) == []
    assert [one.kind for one in scan(page("<p>读者12345678。</p>"), raw_ids=["12345678"])] == ["raw id"]
    assert [one.kind for one in scan(page("<p>读者h7。</p>"), raw_ids=["h7"])] == ["raw id"]
    assert scan(page("<p>h71 oh7 h7x</p>"), raw_ids=["h7"]) == []


def test_a_hundred_thousand_ids_are_looked_for_at_once() -> None:
    ids = [f"reader-{number * 7919:08}" for number in range(100_000)]
    body = page("".join(f"<td>{number:,}</td>" for number in range(20_000)) + f"<p>{ids[777]}</p>")
    began = time.process_time()
    assert [one.kind for one in scan(body, raw_ids=ids)] == ["raw id"]
    assert time.process_time() - began < 3


# --- what is told ---


def test_a_finding_says_what_and_where_and_not_all_of_it() -> None:
    found = scan(page("<p>call 13812345678</p><h2>Deep <em>down</em></h2><p title='wang@firm.cn'>13812345678</p>"))
    assert found == [
        Finding(kind="mail", place="attribute title", near="Deep down", shown="w***@firm.cn"),
        Finding(kind="phone", place="text", near="Part", shown="138****5678"),
        Finding(kind="phone", place="text", near="Deep down", shown="138****5678"),
    ]
    assert str(found[0]) == "mail w***@firm.cn in attribute title, under 'Deep down'"


def test_a_secret_is_not_told() -> None:
    for body in (make(SECRETS[0]) for make in PLACES.values()):
        assert SECRETS[0] not in "".join(map(str, scan(page(body), secrets=SECRETS)))


def test_whatever_finds_secrets_can_be_asked() -> None:
    class Asked:
        def found(self, text: str) -> bool:
            return "xyzzy" in text

    assert [one.kind for one in scan(page("<p>xyzzy</p>"), secrets=Asked())] == ["secret"]
    assert scan(page("<p>nothing</p>"), secrets=Asked()) == []


@pytest.mark.parametrize("form", [str.encode, lambda text: text.encode("utf-8")])
def test_bytes_are_read_as_utf_8(form) -> None:
    assert [one.kind for one in scan(form(page("<p>手机13812345678</p>")))] == ["phone"]


@pytest.mark.parametrize("coded", ["hex", "base64 0", "base64 1", "base64 2", "json", "quoted"])
def test_a_secret_is_found_in_every_code(coded: str) -> None:
    import base64
    import json
    import urllib.parse

    secret = "Pass word/7&é+"
    text = {
        "hex": secret.encode().hex(),
        "json": json.dumps({"key": secret}),
        "quoted": urllib.parse.quote_plus(secret),
        **{f"base64 {n}": base64.b64encode(b"xyz"[:n] + secret.encode() + b"tail").decode() for n in range(3)},
    }[coded]
    assert [one.kind for one in scan(page(f"<pre>{text}</pre>"), secrets=[secret])] == ["secret"]


def test_a_secret_or_a_raw_id_stops_the_page_whatever_is_allowed() -> None:
    for kind in ("secret", "raw id"):
        with pytest.raises(RunError, match="must not leave") as refused:
            refuse_or_warn([Finding(kind=kind, place="text")], allow_personal=True)
        assert refused.value.code == 4


def test_a_person_stops_the_page_unless_allowed_and_a_folder_is_a_warning() -> None:
    found = scan(page(f"<p>wang@firm.cn in {HOME}wang/x</p>"))
    with pytest.raises(RunError, match="--allow-personal") as refused:
        refuse_or_warn(found)
    assert refused.value.code == 4
    assert refuse_or_warn(found, allow_personal=True) == tuple(f"The page shows {one}." for one in found)
    folder = [one for one in found if one.kind == "path"]
    assert refuse_or_warn(folder) == (f"The page shows path {HOME}*** in text, under 'Part'.",)
    assert refuse_or_warn([]) == ()


def test_a_thousand_findings_are_told_in_fifty_lines() -> None:
    found = scan(page("".join(f"<p>a{n}@firm.cn 138{n:08}</p>" for n in range(500))))
    assert len(found) >= 500
    with pytest.raises(RunError) as refused:
        refuse_or_warn(found)
    assert len(str(refused.value).splitlines()) == 53


# --- speed ---

SIZE = 100_000
NASTY = [
    "a", "1", "@", "a@", "@a.", "a.", "1.", "1-", "+1 ", "+", "0", "(", ":", "1:", "f:", "::", "o", "_", "&", "&#",
    "%", "%4", "\\", "\\u", "<", "<a", "<a ", '<a "', "<a '", "<a b=", '<a b="', "<!--", "<!-", "-->", "</", "<script",
    "<h1>", "data:", "data:,", "data:a/b;base64,", "data:image/png;base64,iVBORw0KGgo", "138 ", "138-", "6222 ",
    "1380013", "-", ".", HOME, "10.1000/", "wxid_", "a@b", "a@b.c", "１", "\u200b", "=", "='",
    "<style>", "<p title='", "phone:",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_page_of_nothing_but_trouble_takes_no_longer(text: str) -> None:
    assert seconds(text * (SIZE // len(text))) < 1.5


def seconds(body: str) -> float:
    began = time.process_time()
    scan(body, secrets=["a secret"], raw_ids=["id-12345"])
    return time.process_time() - began


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(NASTY), min_size=1, max_size=6), st.text(max_size=5))
def test_a_mixture_of_trouble_takes_no_longer_either(parts: list[str], end: str) -> None:
    text = "".join(parts)
    assert seconds(text * (20_000 // len(text)) + end) < 1


def test_half_a_megabyte_is_read_in_a_third_of_a_second() -> None:
    draw = random.Random(3)
    rows = "".join(f"<tr><td>{draw.random()}</td><td>{draw.randrange(10**9):,}</td></tr>" for _ in range(4_000))
    figure = (
        f'<img src="{address("image/png", PNG + (200_000).to_bytes(4, "big") + b"IDAT" + draw.randbytes(200_004))}">'
    )
    body = page(rows + figure + PLACES["png text"]("x"))
    assert len(body) > 450_000
    assert min(seconds(body) for _ in range(3)) < 0.3


# --- whole reports ---


@pytest.mark.nightly
@pytest.mark.parametrize("name", [book.name for book in shelf()])
def test_the_report_of_a_bundled_notebook_has_nothing_that_must_not_leave(name: str, tmp_path: Path) -> None:
    whole = fe.run(name, out=tmp_path / "x.html").read_bytes()
    assert [str(one) for one in scan(whole)] == []
    assert b"missing from font" not in whole
    assert b"no installed font has" not in whole
