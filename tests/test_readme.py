"""The README: its code runs, its notebooks exist, its commands are the Makefile's, its figure is the library's."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_ten_lines_run_and_print_what_they_promise(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, "README.md", "exec"), {})
    promised = re.search(r"print\(chain.explain\(\)\)\s+# '(.*?)…'", code)
    assert promised and promised[1].strip() in capsys.readouterr().out


def test_every_notebook_is_in_the_index_with_its_own_question_and_minutes() -> None:
    rows = dict(re.findall(r"\]\((notebooks/[^)]+)\) \| (.+?) \|", README))
    found = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert rows.keys() == found.keys()
    for name, question in rows.items():
        first = nbformat.read(found[name], 4).cells[0].source
        minutes = re.search(rf"{re.escape(name)}\) \| .+? \| (\d+) \|", README)
        assert first.splitlines()[0] == f"# {question}"
        assert minutes and f"takes {minutes[1]} minutes" in first


def test_the_make_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", " ".join([*blocks("bash"), *re.findall(r"`(make [a-z-]+)`", README)])))
    assert {"report", "test"} <= named <= targets


def test_every_link_to_a_file_leads_to_one() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links and [link for link in links if not (ROOT / link).exists()] == []
