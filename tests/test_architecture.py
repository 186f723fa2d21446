"""The house rules, read off the syntax trees: who imports whom, how long things are, how functions are called.

Each rule is a function from source texts to findings.  It is applied to the package, where it must find nothing, and
to a made-up module that breaks it, where it must find just that: a rule that cannot fail guards nothing.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import fanecon

ROOT = Path(__file__).resolve().parents[1]
Sources = dict[str, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef

GROUND = {"errors", "numbers", "schema", "tables", "results"}
FIRST = {"stats", "plots", "places", "readings", "disclosure", "compiled", "zones"}
SKIN = {"cli_batch"}
DOORS = {"loaders", "tally", "metrics", "report", "exercises", "datasets"}
GUESTS = {
    "ibis": ("tally",),
    "duckdb": ("tally",),
    "pyspark": (),
    "papermill": ("report",),
    "nbclient": ("report",),
    "nbconvert": ("report",),
    "networkx": ("metrics.cascades", "plots"),
}
MOST_LINES, MOST_BODY, MEDIAN_BODY, MOST_POSITIONAL, MOST_KEYWORDS = 400, 40, 10, 2, 5
MANY_KEYWORDS = {"run"}


def package() -> Sources:
    """Every module of the package as it is now: dotted name → text."""
    found = {}
    for path in sorted((ROOT / "fanecon").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


# --- who may import whom ---


def room(module: str) -> str:
    """`fanecon.metrics.sharing.interval` → `metrics.sharing`; `fanecon.loaders.files` → `loaders`."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["metrics"] else parts[:1])


def imported(module: str, text: str, known: Sources) -> Iterator[str]:
    """Dotted names that a module imports anywhere in it, relative ones made absolute."""
    is_package = any(name.startswith(module + ".") for name in known)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield inner if inner in known or origin == "fanecon" else origin


def allowed(here: str) -> set[str]:
    """The rooms and floors that a room may import."""
    floor = here.split(".")[0]
    below = {
        **dict.fromkeys(GROUND, GROUND),
        **{name: GROUND | {name} for name in FIRST},
        **dict.fromkeys(DOORS, GROUND | FIRST | {here}),
        "cli": GROUND | FIRST | {"report", "loaders", "metrics", *SKIN},
        **dict.fromkeys(SKIN, GROUND | FIRST | {"report", "loaders", "metrics"}),
        "__main__": {"cli"},
    }
    return below.get(floor, set())


def wrong_imports(sources: Sources) -> list[str]:
    found = []
    for module, text in sources.items():
        here = room(module)
        for name in imported(module, text, sources) if here else ():
            guest = name.split(".")[0]
            if guest in GUESTS and not any(f"{here}.".startswith(f"{host}.") for host in GUESTS[guest]):
                found.append(f"{module} imports {guest}")
            if guest == "fanecon" and name != "fanecon.__version__" and not _may(here, room(name)):
                found.append(f"{module} imports {name}")
    return found


def _may(here: str, there: str) -> bool:
    if here in ("metrics", "cli") and there.startswith("metrics"):  # the door and the skin see every room
        return True
    return there in allowed(here)


# --- how long, how called ---


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Functions and methods by qualified name, those inside functions too."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.ClassDef | Function)
        name = f"{prefix}{node.name}" if named else prefix.rstrip(".")
        if isinstance(node, Function):
            yield name, node
        yield from functions(node, f"{name}." if name else "")


def body_lines(function: Function) -> int:
    """Lines of a function below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def too_long(sources: Sources) -> list[str]:
    bodies = [
        (f"{module}.{name}", body_lines(function))
        for module, text in sources.items()
        for name, function in functions(ast.parse(text))
    ]
    lengths = [(module, len(text.splitlines())) for module, text in sources.items()]
    found = [f"{module} has {lines} lines" for module, lines in lengths if lines >= MOST_LINES]
    found += [f"{name} has a body of {lines} lines" for name, lines in bodies if lines > MOST_BODY]
    median = statistics.median([lines for _, lines in bodies]) if bodies else 0
    return found + ([f"the median body has {median} lines"] if median >= MEDIAN_BODY else [])


def drawers(sources: Sources) -> list[str]:
    names = ("utils", "util", "helpers", "misc")
    return [f"{module} is a helper drawer" for module in sources if module.split(".")[-1] in names]


def is_public(module: str, name: str) -> bool:
    return not any(part.startswith("_") for part in f"{module}.{name}".split("."))


def is_command(function: Function) -> bool:
    """Whether click calls the function: by keyword, one argument per option of the command line."""
    return any("command" in ast.unparse(decorator) for decorator in function.decorator_list)


def crowded_calls(sources: Sources, listed: Iterable[str] = tuple(getattr(fanecon, "__all__", ()))) -> list[str]:
    """Functions without an underscore that take **anything, and listed ones that take more than a reader can hold."""
    found = []
    for module, text in sources.items():
        for name, function in functions(ast.parse(text)):
            if is_public(module, name) and not is_command(function):
                outer = name.split(".")[0]
                found += [f"{module}.{name} takes {what}" for what in _crowd(function.args, outer, outer in listed)]
    return found


def _crowd(arguments: ast.arguments, name: str, listed: bool) -> Iterator[str]:
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args) if a.arg not in ("self", "cls")]
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}"
    if listed and len(positional) > MOST_POSITIONAL:
        yield f"{len(positional)} positional arguments"
    if listed and len(arguments.kwonlyargs) > MOST_KEYWORDS and name not in MANY_KEYWORDS:
        yield f"{len(arguments.kwonlyargs)} keyword-only arguments"


def results_without_picture(sources: Sources) -> list[str]:
    """Public heirs of Result, near and far, that neither have nor inherit plot(self, *, ax=None)."""
    classes = {
        node.name: (module, node)
        for module, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }

    def line(name: str) -> list[str]:
        bases = [ast.unparse(base).split(".")[-1] for base in classes[name][1].bases] if name in classes else []
        return [name, *(one for base in bases for one in line(base))]

    return [
        f"{module}.{name} has no plot(self, *, ax=None)"
        for name, (module, _) in classes.items()
        if name != "Result" and "Result" in line(name) and is_public(module, name)
        if not any(_draws(classes[one][1]) for one in line(name) if one in classes)
    ]


def _draws(node: ast.ClassDef) -> bool:
    shape = re.compile(r"self(, \w+(: [^,]+)?\s?=[^,]+)?, \*, ax(: [^=]+)?\s?=\s?None$")
    plots = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "plot"]
    return any(shape.match(ast.unparse(plot.args)) for plot in plots)


RULES = (wrong_imports, too_long, drawers, crowded_calls, results_without_picture)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Callable[[Sources], list[str]]) -> None:
    assert rule(package()) == []


WRONG_IMPORTS = [
    ("schema", "from fanecon.stats import wilson", "fanecon.stats"),
    ("results", "import fanecon.plots", "fanecon.plots"),
    ("stats", "from fanecon import plots", "fanecon.plots"),
    ("places", "from .loaders.files import read", "fanecon.loaders.files"),
    ("metrics.hunters", "import fanecon as fe", "fanecon"),
    ("metrics.hunters", "from .sharing import share_to_read", "fanecon.metrics.sharing"),
    ("metrics.sharing.rate", "from ..cascades import sizes", "fanecon.metrics.cascades"),
    ("metrics.survival", "def f():\n    from fanecon.loaders import files", "fanecon.loaders"),
    ("metrics.survival", "import fanecon.tally", "fanecon.tally"),
    ("loaders.weibo", "from fanecon.metrics import sharing", "fanecon.metrics"),
    ("report.run", "from fanecon.loaders import files", "fanecon.loaders"),
    ("disclosure.shapes", "from fanecon.loaders import personal", "fanecon.loaders"),
    ("disclosure.rule", "from fanecon.stats import wilson", "fanecon.stats"),
    ("report.page", "import fanecon.cli", "fanecon.cli"),
    ("cli", "from fanecon import tally", "fanecon.tally"),
    ("new", "from fanecon import schema", "fanecon.schema"),
    ("loaders.files", "import ibis", "ibis"),
    ("metrics.hunters", "from duckdb import connect", "duckdb"),
    ("tally.home", "from pyspark.sql import SparkSession", "pyspark"),
    ("cli", "from papermill import execute_notebook", "papermill"),
    ("plots", "from nbconvert.exporters import HTMLExporter", "nbconvert"),
    ("cli", "if True:\n    import nbclient", "nbclient"),
    ("metrics.sharing", "import networkx as nx", "networkx"),
]
RIGHT_IMPORTS = [
    ("metrics.sharing.rate", "from .interval import f\nfrom fanecon.metrics.sharing import g"),
    ("metrics.cascades", "import networkx\nfrom fanecon.stats import wilson"),
    ("metrics", "from fanecon.metrics.sharing import share_to_read"),
    ("loaders.wechat", "from . import files\nfrom ..schema import ITEMS\nimport numpy"),
    ("report.run", "import papermill\nfrom fanecon import __version__, places"),
    ("cli", "from fanecon.metrics.sharing import f\nfrom fanecon.report import run"),
    ("report.scan", "from fanecon.disclosure import shapes"),
    ("loaders.personal", "from fanecon.disclosure.shapes import SHAPES"),
]
NEIGHBOURS = {"fanecon.metrics.sharing.interval": "", "fanecon.loaders.files": ""}

CROWDED = [
    ("def f(a, **options): ...", "f takes **options"),
    ("def f(a, b, c): ...", "f takes 3 positional arguments"),
    ("class A:\n def f(self, a, b, c): ...", "A.f takes 3 positional arguments"),
    ("def f(*, a, b, c, d, e, g): ...", "f takes 6 keyword-only arguments"),
    ("def unlisted(a, **options): ...", "unlisted takes **options"),
]
UNCROWDED = [
    "def f(a, b, *, c, d, e, g, h): ...",
    "def _f(a, b, c, **k): ...",
    "class _A:\n def f(self, a, b, c): ...",
    "class A:\n def __init__(self, a, b, c): ...",
    "@main.command('run')\ndef run(a, b, c, d): ...",
    "def run(a, *, b, c, d, e, g, h): ...",
    "def unlisted(a, b, c, d): ...",
]

BLIND = [
    "class R(Result): ...",
    "class R(results.Result):\n def plot(self, ax=None): ...",
    "class R(Result):\n def plot(self, *, ax): ...",
    "class R(Result):\n def plot(self, *, ax=None, colour=None): ...",
    "class _B(Result): ...\nclass R(_B): ...",
]
SEEING = [
    "class R(Result):\n def plot(self, *, ax: Axes | None = None) -> Axes: ...\nclass Far(R): ...",
    "class R(Result):\n def plot(self, one: str | None = None, *, ax=None): ...",
    "class _Draft(Result): ...",
    "class R: ...",
]


@pytest.mark.parametrize(("module", "text", "name"), WRONG_IMPORTS)
def test_an_import_against_the_floors_is_found(module: str, text: str, name: str) -> None:
    assert wrong_imports({f"fanecon.{module}": text}) == [f"fanecon.{module} imports {name}"]


@pytest.mark.parametrize(("module", "text"), RIGHT_IMPORTS)
def test_an_import_along_the_floors_is_let_through(module: str, text: str) -> None:
    assert wrong_imports({**NEIGHBOURS, f"fanecon.{module}": text}) == []


def test_the_front_door_may_list_every_room() -> None:
    assert wrong_imports({"fanecon": "from fanecon.loaders.examples import example"}) == []


@pytest.mark.parametrize(("text", "finding"), CROWDED)
def test_a_crowded_call_is_found(text: str, finding: str) -> None:
    assert crowded_calls({"fanecon.stats": text}, ["f", "A"]) == [f"fanecon.stats.{finding}"]


@pytest.mark.parametrize("text", UNCROWDED)
def test_a_call_within_the_house_numbers_or_inside_the_house_is_let_through(text: str) -> None:
    assert crowded_calls({"fanecon.stats": text}, ["f", "_f", "A", "_A", "run"]) == []


@pytest.mark.parametrize("text", BLIND)
def test_a_public_result_without_a_picture_is_found(text: str) -> None:
    assert results_without_picture({"fanecon.stats": text}) == ["fanecon.stats.R has no plot(self, *, ax=None)"]


@pytest.mark.parametrize("text", SEEING)
def test_a_result_with_a_picture_is_let_through(text: str) -> None:
    assert results_without_picture({"fanecon.stats": text}) == []


def test_a_module_of_400_lines_is_found_and_one_of_399_is_not() -> None:
    assert too_long({"fanecon.stats": "x = 1\n" * 400}) == ["fanecon.stats has 400 lines"]
    assert too_long({"fanecon.stats": "x = 1\n" * 399}) == []


def test_a_body_of_41_lines_is_found_and_its_docstring_does_not_count() -> None:
    short = "def g():\n    pass\n" * 2
    head = 'def f():\n    """What f gives.\n\n    At length.\n    """\n'
    assert too_long({"fanecon.stats": short + head + "    x = 1\n" * 41}) == ["fanecon.stats.f has a body of 41 lines"]
    assert too_long({"fanecon.stats": short + head + "    x = 1\n" * 40}) == []


def test_a_median_body_of_10_lines_is_found() -> None:
    assert too_long({"fanecon.stats": "def f():\n" + "    x = 1\n" * 10}) == ["the median body has 10 lines"]


def test_a_helper_drawer_is_found() -> None:
    assert drawers({"fanecon.metrics.utils": ""}) == ["fanecon.metrics.utils is a helper drawer"]


# --- the front door ---


def test_every_public_name_can_be_imported() -> None:
    missing = [name for name in getattr(fanecon, "__all__", ()) if not hasattr(fanecon, name)]
    assert missing == []


PROBE = """
import sys, time
start = time.process_time()
import fanecon
print(time.process_time() - start, *{name.split(".")[0] for name in sys.modules})
"""


def test_import_is_quick_and_loads_no_heavy_library() -> None:
    call = [sys.executable, "-c", PROBE]
    runs = [subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
    assert min(float(run[0]) for run in runs) < 0.3
    assert {"pandas", "scipy", "statsmodels", "matplotlib"} & set(runs[0]) == set()


# --- what lies in the repository ---


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def outputs(notebook: str) -> list[int]:
    """Numbers of the cells that hold an output or have been counted."""
    cells = json.loads(notebook)["cells"]
    return [n for n, cell in enumerate(cells) if cell.get("outputs") or cell.get("execution_count") is not None]


HOSTS = tuple(".".join(pieces) for pieces in (
    ("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"), ("npmjs", "org"), ("npmjs", "com"),
    ("yarnpkg", "com"), ("crates", "io"), ("proxy", "golang", "org"),
))  # fmt: skip
MACHINE = tuple(f"/{folder}/" for folder in ("work", "root", "home"))


def leaks(text: str) -> list[str]:
    """Registry hosts, and folders of one machine; a path inside an address or after a name is not one."""
    hosts = [host for host in HOSTS if host in text]
    return hosts + [path for path in MACHINE if re.search(rf"(?<![\w.\-\]}}*<]){path}", text)]


def test_no_notebook_holds_outputs() -> None:
    assert {path.name: found for path in tracked("*.ipynb") if (found := outputs(path.read_text("utf-8")))} == {}


def test_a_notebook_with_outputs_is_found() -> None:
    cells = [
        {"cell_type": "markdown"},
        {"cell_type": "code", "outputs": [], "execution_count": None},
        {"cell_type": "code", "outputs": [{}], "execution_count": None},
        {"cell_type": "code", "outputs": [], "execution_count": 7},
    ]
    assert outputs(json.dumps({"cells": cells})) == [2, 3]


def test_no_file_is_larger_than_one_megabyte() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > 1_000_000] == []


def test_no_text_names_a_registry_host_or_a_path_of_one_machine() -> None:
    texts = {path: path.read_bytes().decode("utf-8", errors="ignore") for path in tracked()}
    assert {str(path.relative_to(ROOT)): found for path, text in texts.items() if (found := leaks(text))} == {}


@pytest.mark.parametrize("leak", [*HOSTS, *MACHINE])
def test_a_leak_is_found_in_the_middle_of_a_line(leak: str) -> None:
    assert leak in leaks(f'open("{leak}x")')
