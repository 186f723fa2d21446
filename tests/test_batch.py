"""A batch: its file is read as a person reads it, everything wrong is told at once, and nothing starts before that."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from books import book
from hypothesis import given
from hypothesis import strategies as st

from fanecon.errors import ParameterError, RunError
from fanecon.report.batch.files import read_batch_file
from fanecon.report.batch.tasks import Judged, judge_batch


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a notebook, called from elsewhere."""
    book(tmp_path / "x.ipynb", "1")
    return tmp_path


def write(place: Path, text: str, name: str = "batch.yaml") -> Path:
    path = place / name
    path.write_text(text, encoding="utf-8")
    return path


def judged(place: Path, text: str) -> Judged:
    return judge_batch(write(place, text))


def refusal(place: Path, text: str, name: str = "batch.yaml") -> str:
    with pytest.raises(ParameterError) as refused:
        judge_batch(write(place, text, name))
    return str(refused.value)


# --- what it means ---


def test_a_matrix_is_one_run_for_every_combination(place: Path) -> None:
    found = judged(
        place,
        """
        jobs: 3
        memory: 2GB
        defaults: {timeout: 10min, zone: Asia/Shanghai, params: {level: 0.9}}
        reports:
          - notebook: x.ipynb
            matrix: {unit: [people, times], count: [1, 2, 3]}
            out: "{unit}/{count}.html"
            timeout: 2h
          - {notebook: x.ipynb, out: one.html, params: {level: 0.8}, memory: 500MB, wait: 0, every: 17 6 * * *}
        """,
    )
    names = ["people/1", "people/2", "people/3", "times/1", "times/2", "times/3", "one"]
    assert [task.name for task in found.tasks] == names
    assert (found.jobs, found.memory, found.folder) == (3, 2_000_000_000, place)
    orders = [task.order() for task in found.tasks]
    assert [order.page for order in orders] == [place / "reports" / f"{name}.html" for name in names]
    assert {order.zone for order in orders} == {"Asia/Shanghai"}
    assert [order.limits.timeout for order in orders] == [7200.0] * 6 + [600.0]
    assert (orders[-1].limits.memory, orders[-1].every) == (500_000_000, "17 6 * * *")
    settings = [{one.name: (one.value, one.source) for one in order.settings} for order in orders]
    assert settings[4]["unit"] == ("times", "file")
    assert settings[4]["count"] == (2, "file")
    assert settings[4]["level"] == (0.9, "file")
    assert settings[6]["level"] == (0.8, "file")
    assert settings[6]["count"] == (3, "default")


def test_a_run_means_the_same_after_its_way_to_another_process(place: Path) -> None:
    limits = "timeout: 0.00001s, step_timeout: 90, memory: 1GB, large: true"
    text = f"reports: [{{notebook: x.ipynb, fail_if: [], {limits}, params: {{names: [a, b]}}}}]"
    (task,) = judged(place, text).tasks
    again = type(task).model_validate_json(task.model_dump_json())
    assert again == task
    assert again.order() == task.order()


def test_paths_start_from_the_folder_of_the_file_and_not_from_where_it_is_called(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    book(elsewhere / "only_here.ipynb", "1")
    monkeypatch.chdir(elsewhere)
    (place / "p.json").write_text('{"count": 7}')
    (task,) = judged(place, "out_root: o\nreports: [{notebook: x.ipynb, params_file: p.json}]").tasks
    order = task.order()
    assert (order.page, order.notebook.path) == (place / "o" / "x.html", place / "x.ipynb")
    assert next(one.value for one in order.settings if one.name == "count") == 7
    assert "There is no notebook" in refusal(place, "reports: [{notebook: only_here.ipynb}]")


def test_a_folder_whose_name_holds_braces_is_no_field(tmp_path: Path) -> None:
    odd = tmp_path / "{count} }{"
    odd.mkdir()
    book(odd / "a{level}.ipynb", "1")
    (task,) = judged(odd, 'reports: [{notebook: "a{level}.ipynb"}]').tasks
    assert task.order().page == odd / "reports" / "a{level}.html"


def test_json_means_the_same_as_yaml(place: Path) -> None:
    said = {"jobs": 2, "reports": [{"notebook": "x.ipynb", "matrix": {"count": [1, 2]}, "out": "{count}.html"}]}
    from_json = judge_batch(write(place, json.dumps(said), "b.json"))
    from_yaml = judge_batch(write(place, yaml.safe_dump(said), "b.yml"))
    assert from_json == from_yaml


def test_a_secret_goes_by_its_name_only(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_A_TEST", "s3cret-word-of-a-test")
    (task,) = judged(place, "reports: [{notebook: x.ipynb, params: {source: 'env:TOKEN_OF_A_TEST'}}]").tasks
    assert "s3cret" not in task.model_dump_json()
    assert task.order().secrets == {"source": "s3cret-word-of-a-test"}
    monkeypatch.delenv("TOKEN_OF_A_TEST")
    assert "TOKEN_OF_A_TEST is not set" in refusal(
        place, "reports: [{notebook: x.ipynb, params: {source: 'env:TOKEN_OF_A_TEST'}}]"
    )


def test_a_page_may_go_to_a_store(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    text = 'reports: [{notebook: x.ipynb, matrix: {count: [1, 2]}, out: "s3://bucket/{count}.html"}]'
    tasks = judged(place, text).tasks
    assert [task.name for task in tasks] == ["s3/bucket/1", "s3/bucket/2"]
    assert Path.cwd() == Path("/")
    assert "There is no store" in refusal(place, text.replace("s3:", "nowhere:"))
    assert "its page is 1.html" in refusal(place, text.replace("{count}.html", "1.html"))


WORDS = {
    "no": "no",
    "yes": "yes",
    "on": "on",
    "true": True,
    "False": False,
    "~": None,
    "null": None,
    "007": "007",
    "0o7": "0o7",
    "0x10": "0x10",
    "12:30": "12:30",
    "1_000": "1_000",
    "2026-01-31": "2026-01-31",
    "7": 7,
    "-3": -3,
    "1.50": 1.5,
    "1e3": 1000.0,
    ".5": 0.5,
    ".nan": ".nan",
    ".inf": ".inf",
    "'7'": "7",
    "<<": "<<",
    "=": "=",
    "书单": "书单",
}


@pytest.mark.parametrize(("word", "meant"), WORDS.items(), ids=list(WORDS))
def test_a_word_of_yaml_means_what_a_person_sees(word: str, meant: object, tmp_path: Path) -> None:
    found = read_batch_file(write(tmp_path, f"a: {word}\n")).values["a"]
    assert (found, type(found)) == (meant, type(meant))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, min_size=1, max_size=4))
def test_whatever_json_writes_is_read_back(values: dict[str, Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(values, ensure_ascii=True)
        assert read_batch_file(write(Path(folder), text, "b.json")).values == values


# --- what is refused ---

ONE = "reports: [{notebook: x.ipynb, "
WRONG = {
    "nothing": ("", "is empty"),
    "a list at the top": ("- notebook: x.ipynb", "must hold names such as 'reports:'"),
    "a word at the top": ("x.ipynb", "must hold names"),
    "no reports": ("jobs: 2", "reports: is missing"),
    "an empty list": ("reports: []", "is empty; at least one is needed"),
    "reports is a map": ("reports: {notebook: x.ipynb}", "a list is needed"),
    "a report is a word": ("reports: [x.ipynb]", "report 1 (line 1): a map of names to values is needed; found"),
    "no notebook": ("reports: [{out: a.html}]", "report 1, notebook (line 1): is missing"),
    "an unknown notebook": ("reports: [{notebook: y.ipynb}]", "There is no notebook 'y'"),
    "a notebook outside the shelf": ("reports: [{notebook: rainbow_buss}]", "Did you mean 'rainbow_bus'"),
    "an unknown word at the top": (
        "job: 2\nreports: [{notebook: x.ipynb}]",
        "job (line 1): is not known here. Did you",
    ),
    "an unknown word of a report": (ONE + "timeot: 3}]", "Did you mean 'timeout'"),
    "an unknown word of defaults": ("defaults: {notebook: x}\n" + ONE + "}]", "defaults, notebook (line 1)"),
    "no duration": (ONE + "timeout: soon}]", "report 1, timeout (line 1): 'soon' is not a duration"),
    "no time at all": (ONE + "timeout: 0}]", "is not a duration"),
    "a list of durations": (ONE + "timeout: [1, 2]}]", "a duration such as 90s, 15min or 2h is needed"),
    "true for a duration": (ONE + "wait: true}]", "a duration such as"),
    "no amount": (ONE + "memory: much}]", "not an amount of memory"),
    "an amount without unit": (ONE + "memory: 500}]", "not an amount of memory"),
    "too little": (ONE + "memory: 10MB}]", "at least 300MB"),
    "more than the machine": (ONE + "memory: 900000GB}]", "will never be free"),
    "more than all together": ("memory: 1GB\n" + ONE + "memory: 2GB}]", "more than all may take together, 1,000 MB"),
    "no jobs": ("jobs: 0\n" + ONE + "}]", "jobs (line 1): Input should be greater than or equal to 1; found 0"),
    "half a job": ("jobs: 1.5\n" + ONE + "}]", "a whole number is needed; found 1.5"),
    "jobs as text": ("jobs: '2'\n" + ONE + "}]", "a whole number is needed; found '2'"),
    "no zone": (ONE + "zone: Mars/Base}]", "There is no time zone 'Mars/Base'"),
    "no schedule": (ONE + "every: 61 * * * *}]", "This cron line cannot be read"),
    "no condition": (ONE + "fail_if: 'a <'}]", "report 1"),
    "a number as condition": (ONE + "fail_if: 3}]", "a condition or a list of them is needed; found 3"),
    "a condition on nothing": (ONE + "fail_if: nothing_here.estimate < 2}]", "nothing_here"),
    "large as a word": (ONE + "large: maybe}]", "true or false is needed; found maybe"),
    "an unknown parameter": (ONE + "params: {cuont: 3}}]", "Did you mean 'count'"),
    "a parameter of the wrong type": (ONE + "params: {count: many}}]", "count"),
    "a parameter out of range": (ONE + "params: {count: 11}}]", "from 1 to 10"),
    "a parameter that YAML turns": (ONE + "params: {count: 010}}]", "count"),
    "no as a flag": (ONE + "params: {flag: no}}]", "flag"),
    "params as a list": (ONE + "params: [count]}]", "a map of names to values is needed"),
    "a matrix of words": (ONE + "matrix: {count: 3}}]", "matrix, count (line 1): a list is needed; found 3"),
    "an empty matrix": (ONE + "matrix: {count: []}}]", "is empty; at least one is needed"),
    "a matrix of an unknown parameter": (ONE + "matrix: {cuont: [1]}, out: '{cuont}.html'}]", "Did you mean 'count'"),
    "params and matrix": (ONE + "params: {count: 1}, matrix: {count: [2]}}]", "is also among the params"),
    "a missing parameters file": (ONE + "params_file: p.yaml}]", "p.yaml"),
    "one page for a matrix": (ONE + "matrix: {count: [1, 2]}}]", 'Write out: "x-{count}.html".'),
    "the same value twice": (ONE + "matrix: {count: [1, 1]}, out: '{count}.html'}]", "its page is 1.html, which is"),
    "one page twice": ("reports:\n- notebook: x.ipynb\n- notebook: x.ipynb\n", "report 2 (line 3): its page is x.html"),
    "one page in two spellings": (
        "reports: [{notebook: x.ipynb, out: a/../x.html}, {notebook: x.ipynb}]",
        "Give each its own out:.",
    ),
    "no page": (ONE + "out: x.pdf}]", "a page is an .html file"),
    "an unknown field": (ONE + "out: '{cuont}.html'}]", "{cuont} is not a parameter"),
    "a page outside": (ONE + "out: ../x.html}]", "is not under"),
    "a page elsewhere": (ONE + "out: /tmp/x.html}]", "is not under"),
    "a value that leads out": (ONE + "params: {source: ../../x}, out: '{source}.html'}]", "separator of folders"),
    "a name given twice": (
        "jobs: 1\njobs: 2\n" + ONE + "}]",
        "line 2: is not YAML as it is used here (jobs is given tw",
    ),
    "an anchor": ("a: &a 1\nreports: *a", "line 1: is not YAML as it is used here (anchors"),
    "a tag of Python": ("reports: !!python/object/apply:os.system [echo]", "tags (!) are not used here"),
    "a tag that changes a number": (ONE + "params: {count: !!int '010'}}]", "tags (!)"),
    "a merge": ("defaults: {<<: {zone: UTC}}\n" + ONE + "}]", "defaults, '<<' (line 1): is not known here"),
    "two documents": (ONE + "}]\n---\n" + ONE + "}]", "is not YAML as it is used here"),
    "no end": ("reports: [{notebook: x.ipynb", "line 1: is not YAML as it is used here"),
    "a tab": ("reports:\n\t- notebook: x.ipynb", "line 2: is not YAML as it is used here"),
    "too deep": ("a: " + "[" * 60 + "]" * 60, "nested too deeply"),
    "far too deep": ("a: " + "[" * 5000, "nested too deeply"),
    "a number without end": ("jobs: " + "9" * 5000 + "\n" + ONE + "}]", "YAML"),
    "a map as a name": ("? {a: 1}\n: 2", "a name has to be a word"),
    "a control character": ("reports: \x1b[31m", "control character"),
    "too many runs": (ONE + "matrix: {count: [" + "1," * 2001 + "]}}]", "2,001 runs; at most 2,000"),
    "too large": ("#" * 200_001, "larger than 200,000 bytes"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=list(WRONG))
def test_a_batch_that_cannot_stand_is_refused_with_its_place_and_what_would_do(
    text: str, said: str, place: Path
) -> None:
    told = refusal(place, text)
    assert said in told
    assert len(told.splitlines()) <= 52
    assert not (place / "reports").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"reports": [], "reports": []}', "reports is given twice"),
        ('{"jobs": NaN}', "NaN is no number of JSON"),
        ('{"jobs": 1,}', "line 1: is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_json_that_cannot_stand_is_refused_too(text: str, said: str, place: Path) -> None:
    assert said in refusal(place, text, "b.json")


def test_everything_wrong_is_told_at_once_with_its_line(place: Path) -> None:
    told = refusal(
        place,
        "reports:\n- notebook: x.ipynb\n  params: {cuont: 1, level: 7}\n- notebook: nowhere\n"
        "- notebook: x.ipynb\n- notebook: x.ipynb\n",
    )
    for said in ("report 1 (line 2)", "'count'", "level", "report 2 (line 4)", "report 4 (line 6)", "3 problems"):
        assert said in told, told


def test_what_all_runs_of_a_matrix_share_is_told_once(place: Path) -> None:
    told = refusal(place, ONE + "matrix: {count: [1, 2, 3]}, params: {levle: 1}, out: '{count}.html'}]")
    assert told.count("levle") == 1
    assert "with count=1 and 2 more" in told


def test_at_most_fifty_lines_are_told(place: Path) -> None:
    told = refusal(place, "reports: [" + "{notebook: nowhere}, " * 200 + "]")
    assert len(told.splitlines()) == 52
    assert told.splitlines()[-1].strip().startswith("… and ")


def test_a_file_that_is_none_is_refused(place: Path) -> None:
    for name, said in (
        ("batch.toml", ".yaml, .yml or .json"),
        ("folder.yaml", "is a folder"),
        ("no.yaml", "cannot be"),
    ):
        (place / "folder.yaml").mkdir(exist_ok=True)
        with pytest.raises(ParameterError, match=said):
            judge_batch(place / name)
    os.mkfifo(place / "pipe.yaml")
    with pytest.raises(ParameterError, match="a pipe or a device"):
        judge_batch(place / "pipe.yaml")
    (place / "latin.yaml").write_bytes("a: é".encode("latin-1"))
    with pytest.raises(ParameterError, match="line 1: is not UTF-8"):
        judge_batch(place / "latin.yaml")


def test_pages_that_cannot_be_written_exit_with_8_if_that_is_all_that_is_wrong(place: Path) -> None:
    (place / "reports").write_text("a file")
    with pytest.raises(RunError) as refused:
        judged(place, "reports: [{notebook: x.ipynb}]")
    assert refused.value.code == 8
    assert "nothing was started" in str(refused.value)
    refusal(place, "reports: [{notebook: x.ipynb}, {notebook: nowhere}]")


def test_a_limit_of_all_the_machine_has_is_no_mistake(place: Path) -> None:
    most = psutil.virtual_memory().total // 10**6
    assert judged(place, f"reports: [{{notebook: x.ipynb, memory: {most}MB}}]").tasks
