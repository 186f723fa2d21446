"""The page: everything a reader needs, nothing that runs, nothing that is fetched."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from books import book
from chromium import PROGRAM, SWITCHES

from fanecon.report import run
from fanecon.report.pages.markup import clean, formula
from fanecon.report.seal import seal, sealed

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src='http://example.org/'></iframe>",
    "<style>@import 'http://example.org/x.css'</style>",
    "<img src='http://example.org/x.png'>",
    "<form action='http://example.org/'><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=http://example.org/'>",
    "<link rel=stylesheet href='http://example.org/x.css'>",
    "<object data='http://example.org/'></object>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
]
SINKS = {
    "a cell": "import pandas as pd\npd.DataFrame({'a': [PAYLOAD]})",
    "a column name": "import pandas as pd\npd.DataFrame({PAYLOAD: [1]})",
    "an index": "import pandas as pd\npd.DataFrame({'a': [1]}, index=[PAYLOAD])",
    "a print": "print(PAYLOAD)",
    "a message": "import sys\nprint(PAYLOAD, file=sys.stderr)",
    "Markdown": "from IPython.display import Markdown\nMarkdown(PAYLOAD)",
    "HTML": "from IPython.display import HTML\nHTML(PAYLOAD)",
    "SVG": "display({'image/svg+xml': '<svg xmlns=\"http://www.w3.org/2000/svg\">' + PAYLOAD + '</svg>'}, raw=True)",
    "LaTeX": "from IPython.display import Latex\nLatex('$' + PAYLOAD + '$')",
    "a result": "import fanecon as fe\nf = fe.simulate_articles(3); f['title'] = PAYLOAD\nfe.share_to_read(f)",
    "a text": "PAYLOAD",
    "Javascript": "from IPython.display import Javascript\nJavascript('alert(1)')",
}


class Found(HTMLParser):
    """Every element, event handler and address of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            if tag == "link" and name == "href" and not address.startswith("data:"):
                self.fetched.append(f"link {name}={value}")
            if name.startswith("on") or address.startswith("javascript:"):
                self.active.append(f"{tag} {name}={value}")
            if name in ("src", "srcset", "data", "action", "background", "poster") and not address.startswith(
                "data:image/"
            ):
                self.fetched.append(f"{tag} {name}={value}")


FORBIDDEN = {"script", "iframe", "object", "embed", "form", "base", "frame", "audio", "video"}


def wrongs(page: str) -> list[str]:
    """Everything in a page that runs or is fetched."""
    found = Found(page)
    refresh = re.findall(r"<meta[^>]+http-equiv=[\"']?refresh", page, flags=re.IGNORECASE)
    imports = re.findall(r"@import|url\((?!['\"]?data:)", page.partition("</style>")[0])
    return [*(FORBIDDEN & set(found.tags)), *found.active, *found.fetched, *refresh, *imports]


def test_the_checker_of_these_tests_sees_every_payload() -> None:
    assert [
        payload for payload in PAYLOADS if not wrongs(f"<p>{payload}</p></style>") and "@import" not in payload
    ] == []


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with every payload through every sink."""
    place = tmp_path_factory.mktemp("page")
    code = [
        text.replace("PAYLOAD", repr(payload)) for payload in PAYLOADS for text in SINKS.values() if "PAYLOAD" in text
    ]
    code.append(SINKS["Javascript"])
    path = book(place / "x.ipynb", *code, prose="# Safe?\n\n" + "\n\n".join(PAYLOADS))
    return run(str(path), {"source": PAYLOADS[1]}, out=place / "x.html").read_text(encoding="utf-8")


def test_nothing_from_data_runs_or_is_fetched(loaded: str) -> None:
    assert wrongs(loaded) == []


def test_the_policy_forbids_scripts_and_the_network(loaded: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', loaded)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "script-src" not in policy[1] or "script-src 'none'" in policy[1]


def test_the_payloads_are_still_there_as_text(loaded: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in loaded


# --- what a reader finds ---


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("page")
    (place / "data.csv").write_text("a,b\n")
    code = [
        "print('<b> & 1')",
        "import pandas as pd\npd.DataFrame({'a': [1]})",
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
    ]
    prose = (
        "# Is it *whole*?\n\nIt takes 2 minutes.\n\n## The data\n\n$R = 1 - \\frac{H_0}{H}$ and $$x^2$$\n\n### Deep\n\n"
    )
    prose += "| a | b |\n|---|---|\n| 1 | 2 |"
    path = book(place / "x.ipynb", *code, prose=prose)
    given = {"source": str(place / "data.csv"), "count": 5}
    return run(str(path), given, out=place / "x.html").read_text(encoding="utf-8")


def test_a_page_has_title_language_status_and_contents(page: str) -> None:
    assert "<title>Is it whole?" in page
    assert '<html lang="en"' in page
    assert '<meta name="fanecon-status" content="complete"' in page
    assert re.search(r'<nav.*href="#the-data".*href="#step-1".*</nav>', page, flags=re.DOTALL)
    assert 'id="the-data"' in page


def test_the_headings_are_in_order_with_one_at_the_top(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_code_is_folded_and_every_figure_has_a_text(page: str) -> None:
    assert page.count("<details") >= 3
    assert not re.search(r"<details[^>]* open", page)
    assert re.findall(r'<img[^>]+alt="([^"]+)"', page)


def test_a_warning_names_its_cell_and_not_a_file_of_the_machine(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "import warnings\nwarnings.warn('few rows')")
    whole = run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")
    assert "cell:2: UserWarning: few rows" in whole
    assert "ipykernel" not in whole


def test_a_hidden_cell_is_left_out_and_a_solution_is_folded(tmp_path: Path) -> None:
    path = book(tmp_path / "x.ipynb", "print('un' + 'seen')", "print('the an' + 'swer')")
    made = nbformat.read(path, 4)
    made.cells[3].metadata["tags"], made.cells[5].metadata["tags"] = ["hide"], ["solution"]
    nbformat.write(made, path)
    whole = run(str(path), out=tmp_path / "x.html").read_text(encoding="utf-8")
    assert "unseen" not in whole
    folded = whole.partition('<details class="solution">')[2].partition("How this page was made")[0]
    assert "the answer" in folded


def test_formulas_are_drawn_by_the_browser_itself(page: str) -> None:
    assert page.count("<math") == 2
    assert "\\frac" not in page


def test_parameters_are_a_panel_with_value_default_and_source(page: str) -> None:
    panel = page[page.index("Parameters") :][:4000]
    assert "given" in panel
    assert "default" in panel
    assert "how many" in panel
    assert "injected" not in page


def test_provenance_names_the_inputs_with_their_checksum(page: str) -> None:
    import hashlib

    assert hashlib.sha256(b"a,b\n").hexdigest() in page
    for name in ("pandas", "numpy", "scipy", "statsmodels", "matplotlib", "papermill", "fanecon", "Python"):
        assert name in page


def test_a_seal_breaks_with_any_changed_byte_and_with_a_missing_end(page: str) -> None:
    assert sealed(page)
    assert not sealed(page.replace("whole", "hole", 1))
    assert not sealed(page[: len(page) // 2])
    assert not sealed("")
    assert sealed(seal(page.replace(re.findall(r"sha256=([0-9a-f]{64})", page)[-1], "0" * 64)))


@pytest.mark.parametrize("latex", ["\\frac{a", "\\notacommand{x}", "x" * 6000, "\\text{<script>alert(1)</script>}"])
def test_a_formula_that_cannot_be_drawn_stands_there_as_text(latex: str) -> None:
    made = str(formula(latex))
    assert "<script" not in made
    assert made.startswith(("<code>", "<math"))


def test_a_table_keeps_its_header_when_it_is_cleaned() -> None:
    head = "<table><caption>c</caption><thead><tr><th scope='col'>a</th></tr></thead>"
    kept = str(clean(f"{head}<tbody><tr><td>1</td></tr></tbody></table>"))
    assert all(tag in kept for tag in ("<caption>", "<thead>", '<th scope="col">', "<td>"))


# --- in a browser ---

QUIET = [one for one in SWITCHES if "debugging" not in one]


@pytest.mark.browser
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: type `make system`")
def test_a_browser_asks_for_nothing_but_the_page_itself(loaded: str, tmp_path: Path) -> None:
    """Chromium's own network log of the page with every payload, with the policy on and off."""
    for name, text in {
        "on": loaded,
        "off": re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", loaded),
    }.items():
        place, log = tmp_path / f"{name}.html", tmp_path / f"{name}.json"
        place.write_text(text, encoding="utf-8")
        command = [str(PROGRAM), *QUIET, f"--user-data-dir={tmp_path / name}", f"--log-net-log={log}"]
        command += ["--virtual-time-budget=3000", "--dump-dom", place.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        assert "fanecon-status" in done.stdout
        asked = _addresses(log)
        assert [one for one in asked if "example.org" in one] == []
        assert {one for one in asked if one.startswith("file:")} <= {place.as_uri()}


def _addresses(log: Path) -> list[str]:
    text = log.read_text(encoding="utf-8", errors="replace").rstrip().rstrip(",")
    held = json.loads(text if text.endswith("}") else text + "]}")
    return [event["params"]["url"] for event in held["events"] if "url" in event.get("params", {})]


@pytest.mark.browser
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed: type `make system`")
def test_a_browser_draws_the_page(page: str, tmp_path: Path) -> None:
    place, shot = tmp_path / "x.html", tmp_path / "x.png"
    place.write_text(page, encoding="utf-8")
    command = [str(PROGRAM), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}"]
    subprocess.run([*command, "--window-size=900,1600", place.as_uri()], capture_output=True, check=True, timeout=120)
    from matplotlib.image import imread

    drawn = imread(shot)
    assert drawn.shape[:2] == (1600, 900)
    assert drawn[..., :3].std() > 0.05
