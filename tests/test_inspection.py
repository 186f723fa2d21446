"""The look at a file: one document with format, tables, honest totals, problems and what is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from wechat_files import HEADER_16, answers, article, link, row_16, text

from fanecon.cli import main
from fanecon.loaders.inspection import inspect


def test_a_file_is_one_document_of_plain_values(tmp_path: Path) -> None:
    path = text(tmp_path / "any.csv", [HEADER_16, row_16(), row_16("夏", 20220330, link(101))])
    document = inspect(path)
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document
    assert document["format"] == "wechat_backend_16"
    assert document["tables"]["items"]["rows"] == 2
    totals = document["tables"]["items"]["totals"]
    assert totals["reads"] == {"total": 326, "how": "sum over rows", "counts": "times"}
    assert totals["readers"]["total"] == 188
    assert "counts twice" in totals["readers"]["doubt"]
    assert totals["delivered"]["total"] == 2 * 2112
    assert "counts twice" in totals["delivered"]["doubt"]


def test_running_counts_are_totalled_at_their_last_day(tmp_path: Path) -> None:
    found = [article("265_1", days=(100, 150)), article("266_1", days=(10, 40))]
    totals = inspect(answers(tmp_path / "x.json", {"list": found}))["tables"]["item_daily"]["totals"]
    assert totals["readers"]["total"] == 190
    assert "last day" in totals["readers"]["how"]


def test_a_floor_makes_a_total_that_is_at_least_so_much(tmp_path: Path) -> None:
    path = text(tmp_path / "x.csv", [HEADER_16, row_16(总阅读次数="10万+")])
    assert inspect(path)["tables"]["items"]["totals"]["reads"]["at_least"] is True


def test_what_was_paid_is_not_added_to_what_was_claimed_of_it(tmp_path: Path) -> None:
    claim = "<hbinfo><openid>o1</openid><amount>40</amount><rcv_time>2026-09-03 20:05:00</rcv_time></hbinfo>"
    path = tmp_path / "a.xml"
    path.write_text(
        "<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code><mch_billno>1</mch_billno>"
        "<status>RECEIVED</status><total_num>2</total_num><total_amount>100</total_amount>"
        f"<send_time>2026-09-03 20:00:00</send_time><hblist>{claim}</hblist></xml>",
        encoding="utf-8",
    )
    amounts = inspect(path)["tables"]["events"]["totals"]["amount_minor"]
    assert (amounts["total"], amounts["by_action"]) == (100, {"payout": 100, "claim": 40})
    assert "action payout" in amounts["how"]


def test_a_file_of_broken_records_only_is_refused_with_their_complaints(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"uri": "at://a", "likeCount": "many", "repostCount": 1}]', encoding="utf-8")
    document = inspect(path)
    assert document["format"] is None
    assert "not a number" in document["refused"]
    assert [(one["row"], one["column"]) for one in document["problems"]] == [(2, "likeCount")]


def test_a_refused_file_gives_the_same_document_with_the_refusal(tmp_path: Path) -> None:
    path = text(tmp_path / "x.csv", [["a", "b"], [1, 2]])
    document = inspect(path)
    assert document["format"] is None
    assert document["tables"] == {}
    assert document["refused"]
    assert document["problems"][0]["file"] == "x.csv"


def test_broken_rows_are_listed_and_left_out(tmp_path: Path) -> None:
    rows = [row_16(), row_16("夏", 20220330, link(101), 总阅读人数="abc"), row_16("秋", 20220331, link(102))]
    document = inspect(text(tmp_path / "x.csv", [HEADER_16, *rows]))
    assert document["tables"]["items"]["rows"] == 2
    assert (document["rows_read"], document["rows_rejected"]) == (3, 1)
    (problem,) = document["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (3, "总阅读人数", "abc")


@pytest.mark.parametrize(("cell", "code"), [(94, 0), ("abc", 4)])
def test_check_exits_with_4_where_something_is_wrong(cell: object, code: int, tmp_path: Path) -> None:
    path = text(tmp_path / "x.csv", [HEADER_16, row_16(), row_16("夏", 20220330, link(101), 总阅读人数=cell)])
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == code
    assert "wechat_backend_16" in done.output
    asked = CliRunner().invoke(main, ["check", "--json", str(path)])
    assert asked.exit_code == code
    assert json.loads(asked.output)["format"] == "wechat_backend_16"


def test_check_of_a_file_that_is_not_there_says_so_without_a_traceback(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["check", str(tmp_path / "nowhere.xls")])
    assert done.exit_code == 4
    assert "There is no such file" in done.output
    assert "Traceback" not in done.output


def test_formats_lists_every_format_with_what_it_is() -> None:
    from fanecon.loaders.formats import FORMATS

    done = CliRunner().invoke(main, ["formats"])
    assert done.exit_code == 0
    assert len(done.output.strip().splitlines()) == len(FORMATS)
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_the_page_of_formats_lists_exactly_what_is_read() -> None:
    import re

    from fanecon.loaders.formats import FORMATS

    page = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, flags=re.MULTILINE)) == {f.name: f.what for f in FORMATS}


def test_files_of_several_kinds_are_told_apart_and_the_unknown_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("address,amount\n0x" + "1" * 40 + ",2\n0x" + "2" * 40 + ",3\n")
    (tmp_path / "b.csv").write_text("aid,view,danmaku,like\n1,2,3,4\n")
    error = inspect(tmp_path)["refused"]
    assert "a.csv is airdrop_claims, b.csv is bilibili_table" in error
    (tmp_path / "c.csv").write_text("x,y\n1,2\n")
    assert inspect(tmp_path)["refused"].startswith("c.csv: No known format")
