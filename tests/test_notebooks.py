"""The notebooks: the norms of the house, and every one runs on what it ships with and on a reader's own export."""

from __future__ import annotations

import ast
import html
import os
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from wechat_files import HEADER_9, HEADER_16, answers, article, link, text, xls

import fanecon as fe
from fanecon.schema import RunError

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
SECTIONS = ["The bottom line", "The data", "The idea", "Look closer", "Does it work?", "What could fool us"]
SECTIONS += ["Your turn", "Sources"]


# --- norms ---


def broken_norms(book: nbformat.NotebookNode) -> list[str]:
    """What a notebook does against the template; empty where it keeps it."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    prose = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    lines = [line for cell in code for line in cell.source.splitlines() if line.strip()]
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    found = {
        "not one H1": len(re.findall(r"^# ", prose, flags=re.MULTILINE)) != 1,
        "the title is no question": not prose.splitlines()[0].endswith("?"),
        "sections are missing or out of order": re.findall(r"^## (.+)$", prose, flags=re.MULTILINE) != SECTIONS,
        "not one parameters cell": len(tagged) != 1 or code.index(tagged[0]) != 0,
        "outputs": any(cell.outputs or cell.execution_count for cell in code),
        "a cell above 12 lines": any(len(cell.source.splitlines()) > 12 for cell in code),
        "more than two lines beside the import": len(code[1].source.splitlines()) > 3,
        "less than 10 words of prose per line of code": len(prose.split()) < 10 * len(lines),
        "a class, or a def above 10 lines": any(_too_much(cell.source) for cell in code),
        "not three exercises": len(re.findall(r"fe\.check\(", "\n".join(lines))) != 3,
        "not three solutions": sum("solution" in cell.metadata.get("tags", []) for cell in book.cells) != 3,
    }
    return [what for what, true in found.items() if true]


def _too_much(source: str) -> bool:
    return any(
        isinstance(node, ast.ClassDef)
        or (isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 10)
        for node in ast.walk(ast.parse(source))
    )


@EACH
def test_a_notebook_keeps_the_norms(path: Path) -> None:
    assert broken_norms(nbformat.read(path, 4)) == []


def test_a_notebook_against_the_norms_is_caught() -> None:
    cells = [nbformat.v4.new_markdown_cell("# A title\n\n# Another"), nbformat.v4.new_code_cell("class A: ...\n" * 13)]
    bad = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell("x = 1\n" * 4, execution_count=3)])
    assert len(broken_norms(bad)) == 11


@EACH
def test_a_notebook_uses_no_call_that_lets_data_become_script(path: Path) -> None:
    code = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    assert not re.search(r"\.style\b|escape=False|HTML\(|Markdown\(|Javascript\(|\beval\(|\.query\(f", code)


# --- runs ---


def words(page: Path) -> str:
    """The page as a reader sees it: no tags, no folded markup, one space between words."""
    whole = re.sub(r"<style.*?</style>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", whole)).split())


def figures(page: Path) -> int:
    return page.read_text(encoding="utf-8").count('src="data:image/png')


def account(articles: int = 8) -> list[list[object]]:
    """Rows of a 16-column list in which all printed rates agree with the counts they come from."""
    drawn = fe.simulate_articles(articles, rate=0.06, reproduction=0.5, delivered=9000, seed=3)
    rows = []
    for at, row in enumerate(drawn.itertuples()):
        rates = row.session_reads / row.delivered, row.first_shares / row.session_reads, row.share_reads / row.shares
        counts = [row.readers, row.reads, row.sharers, row.shares, 3, row.delivered, row.session_reads]
        more = [round(rates[0], 4), row.first_shares, row.share_reads, round(rates[1], 4), round(rates[2], 1), 0.61]
        rows.append([f"第{at + 1}篇 <b>$_$</b> _x", 20260801 + at, *counts, *more, link(mid=500 + at)])
    return rows


def test_start_here_runs_as_it_ships(tmp_path: Path) -> None:
    page = fe.run("start_here", out=tmp_path / "start.html")
    assert "5.02 % (4.22 to 5.96)" in words(page)
    assert "Simulation: drawn from a stated model" in words(page)
    assert figures(page) == 1


def test_rainbow_bus_runs_as_it_ships_and_says_what_the_dossier_says(tmp_path: Path) -> None:
    page = fe.run("rainbow_bus", out=tmp_path / "rainbow.html")
    said = words(page)
    for number in ("37,443 reads", "40.13", "3.60", "11.12", "0.975", "8.99 % (8.70 to 9.28)", "8.99 % (6.49 to 12.3)"):
        assert number in said
    for number in ("0.993 (0.969 to 1.08)", "0.918", "0.844", "0.695", "0.547", "2.68", "1.56", "1.31", "1.30 yuan"):
        assert number in said
    assert "Outsiders: at least 67; 720 if" in said
    assert "Not identified" in said
    assert figures(page) == 4


def test_rainbow_bus_follows_its_switches(tmp_path: Path) -> None:
    given = {"imported_shares": 1000, "subscribers_are": "after", "counted": "people", "wage": 0.0}
    said = words(fe.run("rainbow_bus", given, out=tmp_path / "switched.html"))
    assert "One share begets 0.695 (0.668 to 0.724) further shares" in said
    assert "strangers who became subscribers, at most" in said
    assert "0.0255" in said
    assert "at most 1.00 yuan" in said


def test_rainbow_bus_runs_on_a_16_column_export_and_picks_the_most_shared_article(tmp_path: Path) -> None:
    rows = account()
    source = xls(tmp_path / "any name", [HEADER_16, *rows])
    page = fe.run("rainbow_bus", {"source": str(source)}, out=tmp_path / "own.html")
    most = max(rows, key=lambda row: row[5])
    said = words(page)
    assert f"{most[0]}: {most[3]:,} reads, {most[5]:,} shares" in said
    assert "counted by the file (first shares)" in said
    assert f"{1 - most[10] / most[5]:.3f} (" in said
    assert "the other 7 articles" in said
    assert "R is known for 8 of 8 articles" in said
    assert figures(page) == 4


def test_rainbow_bus_runs_on_a_9_column_export_with_an_article_by_title(tmp_path: Path) -> None:
    rows = [
        [row[0], str(row[1]), row[2], row[4], row[6], row[7], round(row[2] * 0.6 / row[7], 4), 0.5, row[15]]
        for row in account()
    ]
    source = xls(tmp_path / "nine.xls", [[], [], ["", *HEADER_9], *[["", *row] for row in rows]])
    said = words(fe.run("rainbow_bus", {"source": str(source), "article": "第3篇"}, out=tmp_path / "nine.html"))
    assert f"{rows[2][0]}: {rows[2][2]:,} reads, {rows[2][3]:,} shares" in said
    assert "R is known for 0 of 8 articles" in said


def test_rainbow_bus_runs_on_the_totals_of_the_data_interface(tmp_path: Path) -> None:
    found = [article(f"265{n}_1", days=(400 + 40 * n, 600 + 40 * n)) for n in range(4)]
    for one in found:
        for day in one["details"]:
            day["int_page_from_friends_read_user"] = day["int_page_from_friends_read_count"] = 30
    source = answers(tmp_path / "totals", {"list": found})
    said = words(fe.run("rainbow_bus", {"source": str(source)}, out=tmp_path / "api.html"))
    assert "R is known for 4 of 4 articles" in said


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_start_here_runs_on_a_re_saved_export(encoding: str, tmp_path: Path) -> None:
    source = text(tmp_path / "again.csv", [HEADER_16, *account(5)], encoding=encoding)
    page = fe.run("start_here", {"source": str(source)}, out=tmp_path / "start.html")
    assert "readers of 5 articles" in words(page)
    assert "<b>$_$</b>" in words(page)  # a title is text, not markup


def test_open_rate_decay_runs_as_it_ships_and_gives_no_half_life_to_three_rates(tmp_path: Path) -> None:
    page = fe.run("open_rate_decay", out=tmp_path / "open_rates.html")
    said = words(page)
    assert "The half-life of the open rate is not estimable: 3 points without the dates" in said
    assert "−8.60 percentage points = composition −5.55, rate −3.05" in said
    assert "doubles in 3.5 months 10.0%" in said
    assert "have 2 steps in common: at 6, odds times" in said
    assert "came so evenly that tenures cannot be told apart" in said
    assert "Newcomers explain between nothing and 32% of the fall" in said
    assert figures(page) == 2


def test_open_rate_decay_runs_on_an_export(tmp_path: Path) -> None:
    source = xls(tmp_path / "any name", [HEADER_16, *account(12)])
    given = {"source": str(source), "opened": "session_reads", "fall": "steady", "months": 14}
    said = words(fe.run("open_rate_decay", given, out=tmp_path / "own.html"))
    assert "over 12 articles and 11 days" in said
    assert "who opened twice counts twice" in said


def test_reward_hunters_runs_as_it_ships(tmp_path: Path) -> None:
    said = words(fe.run("reward_hunters", out=tmp_path / "hunters.html"))
    assert "1,400 yuan for 1,199 joiners of 'campaign' is 1.17 each" in said
    assert "behave like reward hunters; " in said
    assert "Prior: " in said and " bits (links): it is tied into a component of" in said
    assert "no difference shown. Hunters' own leaving makes" in said
    assert "A hunter stands above another account in 9" in said
    assert "flagged where nobody hunts: 0 of 2,000" in said
    assert "Simulation: drawn from a stated model" in said
    assert figures(tmp_path / "hunters.html") == 2


def test_reward_hunters_runs_on_a_log_of_ones_own_and_names_nobody(tmp_path: Path) -> None:
    drawn = fe.simulate_campaign(400, hunters=0.3, seed=7).log
    acts = drawn["action"].astype(str).replace({"leave": "unsubscribe", "share": "other", "read": "other"})
    when = drawn["time"].dt.tz_convert("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S")
    words_of = {"claim": "领取", "unsubscribe": "取消关注", "other": "点赞"}
    own = pd.DataFrame({"参与人openid": "o" + drawn["actor_id"].str.zfill(27), "邀请人openid": ""})
    own = own.assign(
        行为=acts.map(words_of), 参与时间=when, ip="192.0.2.1", 设备号=drawn["actor_id"], 收款账号="", 状态="已到账"
    )
    own["奖励金额(元)"] = (drawn["amount_minor"].astype(float) / 100).round(2)
    own.to_csv(tmp_path / "log.csv", index=False)
    page = fe.run("reward_hunters", {"source": str(tmp_path / "log.csv"), "cash": 50.0}, out=tmp_path / "own.html")
    said = words(page)
    assert "400 accounts" in said and "behave like reward hunters" in said
    assert "h000001" not in page.read_text(encoding="utf-8").split("drawn = fe.simulate_campaign")[0]


def test_lottery_and_calm_runs_as_it_ships(tmp_path: Path) -> None:
    page = fe.run("lottery_and_calm", out=tmp_path / "lottery.html")
    said = words(page)
    assert "On 2025-03-31 there were 7.38 (3.18 to 17.1) times as many acts as expected" in said
    assert (
        "Among 42 days before that are only called a campaign: highest day p = 0.0233 (least possible 0.0233)" in said
    )
    assert "Of 1,199 accounts that came by the campaign 39.6 % (19.2 to 61.3) behave like reward hunters" in said
    assert "1,400 yuan for 1,199 joiners of 'all' is 1.17 each" in said and "of 'without the flagged'" in said
    assert "50.0% of those who came by the campaign are hunters" in said
    assert "Over 20 campaigns the first day had 7.82 (6.84 to 8.95) times the expected acts" in said
    assert "Simulation: drawn from a stated model" in said
    assert figures(page) == 4


def lottery_log(drawn: pd.DataFrame) -> pd.DataFrame:
    """The rows of a simulated campaign as a reader's log: Chinese headers, Chinese time, yuan."""
    acts = drawn["action"].astype(str).replace({"leave": "unsubscribe", "share": "other", "read": "other"})
    when = drawn["time"].dt.tz_convert("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S")
    words_of = {"claim": "领取", "unsubscribe": "取消关注", "other": "点赞"}
    own = pd.DataFrame({"参与人openid": "o" + drawn["actor_id"].str.zfill(27), "邀请人openid": ""})
    own = own.assign(
        行为=acts.map(words_of), 参与时间=when, ip="192.0.2.1", 设备号=drawn["actor_id"], 收款账号="", 状态="已到账"
    )
    return own.assign(**{"奖励金额(元)": (drawn["amount_minor"].astype(float) / 100).round(2)})


def test_lottery_and_calm_runs_on_a_log_of_ones_own(tmp_path: Path) -> None:
    lottery_log(fe.simulate_campaign(400, hunters=0.3, seed=7).log).to_csv(tmp_path / "log.csv", index=False)
    given = {"source": str(tmp_path / "log.csv"), "first": "2025-03-31", "last": "2025-04-01", "counted": "all"}
    page = fe.run("lottery_and_calm", given, out=tmp_path / "own.html")
    said = words(page)
    assert "On 2025-03-31 there were" in said and "behave like reward hunters" in said
    assert "h000001" not in page.read_text(encoding="utf-8").split("drawn = fe.simulate_campaign")[0]


def test_lottery_and_calm_says_plainly_that_a_log_of_two_days_without_hunters_says_nothing(tmp_path: Path) -> None:
    drawn = fe.simulate_campaign(200, hunters=0.0, seed=7).log
    days = drawn[drawn["time"].between("2025-03-31", "2025-04-01 12:00+00:00")]
    lottery_log(days[days["action"] != "leave"]).to_csv(tmp_path / "log.csv", index=False)
    said = words(fe.run("lottery_and_calm", {"source": str(tmp_path / "log.csv")}, out=tmp_path / "own.html"))
    assert "What the campaign brought cannot be said: 0 ordinary days before the campaign, and 14 are needed" in said
    assert "Whose the peak and the calm are cannot be said" in said


DATA = Path(os.environ.get("FANECON_DATA", ROOT.parent / "shared" / "data"))


@pytest.mark.skipif(not (DATA / "hop_accounts.parquet").exists(), reason="The airdrop's lists are not on this machine")
def test_reward_hunters_finds_those_of_the_airdrop(tmp_path: Path) -> None:
    said = words(fe.run("reward_hunters", {"airdrop": str(DATA)}, out=tmp_path / "airdrop.html"))
    assert "Of 20,151 accounts" in said
    assert "A hunter stands above another account in 91" in said


def test_a_follower_file_is_refused_with_what_it_is(tmp_path: Path) -> None:
    source = text(
        tmp_path / "x.csv",
        [["时间", "新关注人数", "取消关注人数", "净增关注人数", "累积关注人数"], ["2026-08-30", 5, 1, 4, 100]],
    )
    with pytest.raises(RunError) as refused:
        fe.run("rainbow_bus", {"source": str(source)}, out=tmp_path / "x.html")
    assert refused.value.code == 4
    assert "item_id" in str(refused.value)
    assert not (tmp_path / "x.html").exists()


def test_one_machine_runs_as_it_ships_and_finds_the_same_rows_everywhere(tmp_path: Path) -> None:
    page = fe.run("when_one_machine_is_not_enough", {"events": 20_000}, out=tmp_path / "engines.html")
    said = words(page)
    assert "20,000 events; by account 20,000; by article 20,000" in said
    assert "From the frame and from the file: the same [20, 400, " in said
    assert figures(page) == 1
    if shutil.which("java"):
        assert "From DuckDB and from Spark: the same [20, 400, " in said


def test_one_machine_runs_on_a_log_of_the_readers(tmp_path: Path) -> None:
    log = fe.tally.simulate_log(3000, seed=1)
    for at in range(2):
        log.iloc[at::2].to_csv(tmp_path / f"log{at}.csv", index=False)
    given = {"source": str(tmp_path / "log*.csv"), "spark": False}
    said = words(fe.run("when_one_machine_is_not_enough", given, out=tmp_path / "own.html"))
    assert "3,000 events; by account 3,000; by article 3,000" in said
    assert "No Spark was asked" in said


def test_two_days_of_fame_runs_as_it_ships(tmp_path: Path) -> None:
    said = words(fe.run("two_days_of_fame", out=tmp_path / "life.html"))
    assert "Of 400 cascades the median one had half of its attention after 7.29 hours (6.65 to 8.37)" in said
    assert "behaves like a stretched exponential" in said
    assert "the whole life: 6.64 days" in said
    assert figures(tmp_path / "life.html") == 2


def test_two_days_of_fame_runs_on_cascades_of_ones_own(tmp_path: Path) -> None:
    drawn = fe.simulate_life_cycle(15, curve=fe.LifeCurve(shape="exponential", numbers=(5,)), acts=150, seed=4)
    reposts = drawn[drawn["kind"] == "repost"]
    zero = {"parent_id": 0, "user": 1, "text_len": 0, "n_mentions": 0}
    table = reposts.assign(dt=reposts["seconds"].astype(int), event_id=reposts["node_id"].astype(int), **zero)
    named = table["cascade_id"].astype(int), *(table[name] for name in ("event_id", *zero, "dt"))
    own = pd.concat(named, axis=1)[["cascade_id", "event_id", "parent_id", "user", "dt", "text_len", "n_mentions"]]
    own.to_parquet(tmp_path / "mine.parquet", index=False)
    said = words(fe.run("two_days_of_fame", {"source": str(tmp_path / "mine.parquet")}, out=tmp_path / "own.html"))
    assert "Of 15 cascades the median one had half of its attention after" in said
    assert "behaves like an exponential" in said


def test_overload_and_first_movers_runs_as_it_ships(tmp_path: Path) -> None:
    page = fe.run("overload_and_first_movers", out=tmp_path / "first.html")
    said = words(page)
    assert "Of 2,000 accounts that entered, the earliest 10 % hold" in said
    assert "10 % if order had no effect, 19 % by longer lives alone, 31.6 % by attachment" in said
    assert "Views behave like a ceiling response that bends at 25.2 items (24.7 to 25.7)" in said
    assert "which compares different people" in said
    assert "Simulation: drawn from a stated model" in said
    assert figures(page) == 4


def test_overload_and_first_movers_runs_on_accounts_and_feeds_of_ones_own(tmp_path: Path) -> None:
    """Other names of the columns, an account in two rows, a date of entry, no column for the dead."""
    own = pd.DataFrame({"born": pd.date_range("2020-01-01", periods=40), "fans": range(40, 0, -1), "name": range(40)})
    pd.concat([own.assign(fans=0), own]).to_csv(tmp_path / "own.csv", index=False)
    fe.simulate_feeds(15, capacity=1e6, seed=1).to_parquet(tmp_path / "feeds.parquet", index=False)
    given = {"source": str(tmp_path / "own.csv"), "entered": "born", "audience": "fans", "account": "name"}
    page = fe.run(
        "overload_and_first_movers", {**given, "feeds": str(tmp_path / "feeds.parquet")}, out=tmp_path / "o.html"
    )
    said = words(page)
    assert "Of 40 accounts that are left, the earliest 10 % hold 18.8 %" in said
    assert "failures of the first wave" in said
    assert "Views behave like a constant share of the feed; if there is a limit, it begins above" in said
