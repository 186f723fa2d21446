"""The page: one self-contained HTML file from an executed notebook.

Why a template of our own and not nbconvert's: its page loads two scripts from a public network and weighs 300 KB
before the first word, it says nothing when a run broke off, and its sanitiser takes table headers and headings away.
What nbconvert does well is kept (its Markdown, see `markup`); choosing among the seven kinds of output that a static
page can show is a short list, written here.

The page works without script and without network, and says so to the browser: its Content-Security-Policy allows
pictures that are part of the page and its own style sheet, nothing else.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from fanecon import __version__
from fanecon.report.kernel import plain
from fanecon.report.markup import Outline, clean, displayed, formula, prose
from fanecon.report.parameters import Value, read_parameters

Origin = tuple  # TEMPORARY
from fanecon.report.seal import BLANK, seal
from fanecon.report.shelf import Notebook, source

NOTHING = Markup()
# IPython's name for a cell.  Starting with fixed text keeps the search linear in outputs of any size.
_CELL_FILE = re.compile(re.escape(tempfile.gettempdir()) + r"[/\\]ipykernel_\d+[/\\]\d+\.py")


@dataclass(frozen=True, kw_only=True)
class Output:
    """One thing that a cell showed: `kind` is html, image, text, messages or formula."""

    kind: str
    html: Markup = NOTHING
    text: str = ""
    source: str = ""
    alt: str = ""
    width: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One cell as the page shows it: `kind` is prose, code or parameters."""

    kind: str
    html: Markup = NOTHING
    outputs: tuple[Output, ...] = ()
    solution: bool = False
    exercise: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One line of the parameters panel."""

    name: str
    value: str
    default: str
    given: bool
    meaning: str


def render(
    executed: NotebookNode,
    *,
    notebook: Notebook,
    values: Mapping[str, Value],
    origin: Origin,
    made: datetime,
    seconds: float,
) -> str:
    """The sealed page of an executed notebook.

    Parameters
    ----------
    executed
        The notebook with its outputs, proven to have run to its end.
    values
        The parameters that were given.
    made, seconds
        When the run began, and how long it took.
    """
    outline = Outline()
    blocks = tuple(_blocks(executed, outline))
    return seal(
        _template().render(
            language=str(executed.metadata.get("lang", "en")),
            title=outline.title or notebook.name,
            sections=outline.sections,
            blocks=blocks,
            settings=_settings(notebook, values),
            origin=origin,
            made=made,
            seconds=seconds,
            steps=sum(cell.get("cell_type") == "code" and bool(source(cell).strip()) for cell in notebook.cells),
            version=__version__,
            blank=BLANK,
        )
    )


def _template() -> Any:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("page.html.j2")


def _settings(notebook: Notebook, values: Mapping[str, Value]) -> list[Setting]:
    return [
        Setting(
            name=parameter.name,
            value=_shown(values.get(parameter.name, parameter.default)),
            default=_shown(parameter.default),
            given=parameter.name in values,
            meaning=parameter.meaning,
        )
        for parameter in read_parameters(notebook)
    ]


def _shown(value: Value) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _blocks(executed: NotebookNode, outline: Outline) -> Iterator[Block]:
    for cell in executed.cells:
        tags = frozenset(cell.metadata.get("tags", []))
        if "hide" in tags or "injected-parameters" in tags or not cell.source.strip():
            continue
        if "parameters" in tags:
            yield Block(kind="parameters")
        elif cell.cell_type == "markdown":
            written = prose(cell.source, outline, attachments=cell.get("attachments"))
            yield Block(kind="prose", html=written, solution="solution" in tags)
        elif cell.cell_type == "code":
            yield _code(cell, tags, outline.heading)


def _code(cell: NotebookNode, tags: frozenset[str], heading: str) -> Block:
    return Block(
        kind="code",
        html=Markup(highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True))),
        outputs=tuple(_output(output, heading) for output in cell.outputs),
        solution="solution" in tags,
        exercise="exercise" in tags,
    )


def _output(output: NotebookNode, heading: str) -> Output:
    if output.output_type == "stream":
        text = _CELL_FILE.sub("cell", plain(output.text))
        return Output(kind="text" if output.name == "stdout" else "messages", text=text)
    return _of_kinds(output.data, output.get("metadata", {}), heading)


def _of_kinds(data: Mapping[str, Any], metadata: Mapping[str, Any], heading: str) -> Output:
    """The richest kind of an output that a static page can show."""
    for kind in ("image/svg+xml", "image/png", "image/jpeg"):
        if kind in data:
            return _image(kind, _joined(data[kind]), metadata, heading)
    if "text/html" in data:
        return Output(kind="html", html=clean(_joined(data["text/html"])))
    if "text/markdown" in data:
        return Output(kind="html", html=displayed(_joined(data["text/markdown"])))
    if "text/latex" in data:
        return Output(kind="formula", html=formula(_joined(data["text/latex"]).strip().strip("$"), block=True))
    if "text/plain" in data:
        return Output(kind="text", text=plain(_joined(data["text/plain"])))
    return Output(kind="text", text=f"(an output that a page without script cannot show: {', '.join(data)})")


def _joined(held: str | list[str]) -> str:
    return held if isinstance(held, str) else "".join(held)


def _image(kind: str, content: str, metadata: Mapping[str, Any], heading: str) -> Output:
    coded = base64.b64encode(content.encode()).decode() if kind == "image/svg+xml" else "".join(content.split())
    own = metadata.get(kind, {})
    width = own.get("width", "")
    return Output(
        kind="image",
        source=f"data:{kind};base64,{coded}",
        alt=str(own.get("alt") or metadata.get("alt") or f"Figure: {heading}"),
        width=str(width) if str(width).isdigit() else "",
    )
