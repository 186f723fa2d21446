"""What a notebook may not do: hand data to something that takes it for HTML or for code.

A page cleans whatever a cell displays, but a notebook is also opened in JupyterLab, which does not.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HTML = {"HTML", "Javascript", "IFrame", "Html", "to_html"}
WRITTEN = {"Markdown", "Latex", "Math", "SVG"}
CODE = {"eval", "exec", "compile", "__import__", "read_pickle", "read_hdf", "to_pickle", "unsafe_load", "full_load"}
PICKLES = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def unsafe(text: str) -> list[str]:
    """The unsafe calls of a piece of code."""
    if text.lstrip().startswith("%%"):
        return [] if text.lstrip().startswith(("%%time", "%%capture")) else [text.splitlines()[0]]
    magics = [line.strip() for line in text.splitlines() if line.lstrip().startswith(("%", "!"))]
    found = [line for line in magics if line.startswith(("!", "%system", "%sx"))]
    bare = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines())
    tree = ast.parse(bare)
    return found + [f"{ast.unparse(node)}"[:80] for node in ast.walk(tree) if any(_rules(node, tree))]


def _rules(node: ast.AST, tree: ast.AST) -> Iterator[bool]:
    if isinstance(node, ast.Attribute):
        yield node.attr == "style" and name_of(node.value) not in ("plt", "plots", "fe")
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        yield any(name.split(".")[0] in PICKLES for name in names)
    if isinstance(node, ast.FunctionDef):
        yield node.name.startswith("_repr_")
    if isinstance(node, ast.Call):
        yield from _calls(node, tree)


def _calls(node: ast.Call, tree: ast.AST) -> Iterator[bool]:
    name = name_of(node.func)
    keywords = {word.arg: word.value for word in node.keywords}
    given = [*node.args, *keywords.values()]
    yield name in HTML | CODE
    yield name in WRITTEN and not all(isinstance(one, ast.Constant) for one in given)
    yield name == "summary2" or (name in ("summary", "as_html") and _fits_models(tree))
    yield name == "query" and not all(isinstance(one, ast.Constant) for one in node.args)
    yield name == "load" and isinstance(node.func, ast.Attribute) and name_of(node.func.value) == "yaml"
    yield any(
        isinstance(keywords.get(word), ast.Constant) and keywords[word].value is wrong for word, wrong in SWITCHED
    )


SWITCHED = (("escape", False), ("allow_pickle", True), ("raw", True), ("shell", True))


def _fits_models(tree: ast.AST) -> bool:
    """Whether statsmodels is at work, whose summaries write names into HTML as they are."""
    return "statsmodels" in ast.unparse(tree)


UNSAFE = [
    "df.to_html(escape=False)",
    "df.style",
    "df.style.format('{}')",
    "from IPython.display import HTML\nHTML(x)",
    "display(HTML(f'<b>{name}</b>'))",
    "Markdown(f'# {name}')",
    "Markdown('# ' + name)",
    "Latex(name)",
    "import statsmodels.api as sm\nsm.OLS(y, x).fit().summary()",
    "fit.summary2()",
    "eval(text)",
    "exec(text)",
    "import pickle",
    "from joblib import load",
    "pd.read_pickle(path)",
    "np.load(path, allow_pickle=True)",
    "yaml.load(text)",
    "df.query(f'topic == {name}')",
    "display({'text/html': x}, raw=True)",
    "%%html\n<b>x</b>",
    "!rm x",
    "Javascript('x')",
    "class A:\n    def _repr_html_(self): return self.x",
]
SAFE = [
    "shares.summary()",
    "df.query('reads > 10')",
    "Markdown('# fixed')",
    "plt.style.use('x')",
    "%matplotlib inline\nx = 1",
    "yaml.safe_load(text)",
    "df",
]


@pytest.mark.parametrize("code", UNSAFE)
def test_the_rule_sees_what_is_unsafe(code: str) -> None:
    assert unsafe(code)


@pytest.mark.parametrize("code", SAFE)
def test_the_rule_lets_the_rest_pass(code: str) -> None:
    assert unsafe(code) == []


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_hands_no_data_to_html_or_to_code(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [one for cell in cells for one in unsafe("".join(cell["source"]))] == []
