"""The cells of a notebook as a page shows them: which of them ran, and what each of them showed.

What ran is taken from the record of the run, never from the notebook: a file may carry the outputs of last week in a
cell that was not reached today.  Such outputs are left out, and the cell says that it was not run.  A notebook that
was run elsewhere has no record; there an output is all the proof there is, and the page says so.

Choosing among the kinds of output that a page without script can show is the short list in `_of_kinds`.
"""

from __future__ import annotations

import base64
import itertools
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode, from_dict
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from fanecon.report.pages.markup import Outline, clean, displayed, formula, prose
from fanecon.report.record import Record
from fanecon.report.shelf import source

State = Literal["ran", "stopped", "not run"]

NOTHING = Markup()
OWN = frozenset({"injected-parameters", "fanecon-own"})
MOST_MESSAGE, MOST_TRACEBACK, MOST_CODE = 4_000, 20_000, 20_000
# IPython's name for a cell.  Starting with fixed text keeps the search linear in outputs of any size.
_CELL_FILE = re.compile(re.escape(tempfile.gettempdir()) + r"[/\\]ipykernel_\d+[/\\]\d+\.py")
_PAINT = {"image/svg+xml": "svg+xml", "image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif"}
_BASE64 = re.compile(r"[A-Za-z0-9+/=]*")


@dataclass(frozen=True, kw_only=True)
class Output:
    """One thing that a cell showed: `kind` is html, image, text, messages, formula or error."""

    kind: str
    html: Markup = NOTHING
    text: str = ""
    source: str = ""
    alt: str = ""
    width: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One cell as the page shows it.

    Parameters
    ----------
    kind
        prose, code or parameters.
    step
        Which of the steps a code cell is, from 1.
    sections
        How many sections of the second level begin in a cell of prose.
    """

    kind: str
    html: Markup = NOTHING
    outputs: tuple[Output, ...] = ()
    state: State = "ran"
    step: int = 0
    sections: int = 0
    solution: bool = False
    exercise: bool = False


def blocks(
    executed: NotebookNode, outline: Outline, *, record: Record | None = None, planned: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Block]:
    """What the page shows of each cell, in order; hidden cells and those put in for the run are left out.

    Parameters
    ----------
    executed
        The notebook with its outputs; of a run that failed it may hold a part of the cells, or none.
    outline
        Is filled with the headings.
    record
        Says which cells ran.  Without it a code cell ran if the notebook has a number or an output for it.
    planned
        The cells of the notebook file, for those that `executed` does not hold.
    """
    figures, steps = itertools.count(1), itertools.count(1)
    ran = _States(record)
    for number, cell in enumerate(_all(executed, planned), 1):
        tags = frozenset(cell.metadata.get("tags", []))
        step = next(steps) if is_step(cell) else 0
        if "hide" in tags or not cell.source.strip():
            continue
        state = ran.of(number, cell)
        if "parameters" in tags and record is not None:
            yield Block(kind="parameters", step=step, state=state)
        elif cell.cell_type == "markdown":
            before = len(outline.sections)
            written = prose(cell.source, outline, attachments=cell.get("attachments"))
            count = len(outline.sections) - before
            yield Block(kind="prose", html=written, sections=count, state=state, solution="solution" in tags)
        elif cell.cell_type == "code":
            shown = cell.get("outputs", []) if state != "not run" else []
            yield Block(
                kind="code",
                html=code(cell.source),
                outputs=tuple(_output(output, outline, figures) for output in shown),
                state=state,
                step=step,
                solution="solution" in tags,
                exercise="exercise" in tags,
            )


def is_step(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is a step of the run: code that is not empty."""
    return cell.get("cell_type") == "code" and bool(source(cell).strip())


def numbered(cells: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    """The cell at a position of the notebook file, from 1; an empty one if there is none."""
    return cells[number - 1] if 0 < number <= len(cells) else {}


def code(text: str) -> Markup:
    """Python code with its words coloured; very long code is cut, and says so."""
    return Markup(highlight(cut(text, MOST_CODE), PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))


def cut(text: str, most: int) -> str:
    """A text with its middle left out if it is longer than `most` letters; the end says why something broke."""
    if len(text) <= most:
        return text
    head, tail = most // 4, most - most // 4
    return f"{text[:head]}\n… {len(text) - most:,} characters left out here …\n{text[-tail:]}"


def plain(text: str) -> str:
    """A text as a terminal would leave it: no colour codes, no control characters, no overwritten progress bars."""
    bare = _LINKS.sub("", str(strip_ansi(text))).replace("\r\n", "\n")  # type: ignore[no-untyped-call]
    lines = (line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line for line in bare.split("\n"))
    return "\n".join(lines).translate(_CONTROLS)


_LINKS = re.compile("\x1b][^\x07\x1b\n]*(?:\x07|\x1b\\\\)")
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "�")


class _States:
    """How far a run came with each cell."""

    def __init__(self, record: Record | None) -> None:
        self.record = record
        self.done = frozenset(step.cell for step in record.steps) if record else frozenset[int]()
        stopped = record.error.cell if record and record.error and record.status == "failed" else 0
        self.stopped = 0 if stopped in self.done else stopped
        self.last = max((*self.done, self.stopped), default=0)

    def of(self, number: int, cell: NotebookNode) -> State:
        if self.record is None:
            known = cell.cell_type != "code" or cell.get("execution_count") or cell.get("outputs")
            return "ran" if known else "not run"
        if self.record.status == "complete":
            return "ran"
        if cell.cell_type == "code":
            return "stopped" if number == self.stopped else "ran" if number in self.done else "not run"
        return "ran" if number <= self.last else "not run"


def _all(executed: NotebookNode, planned: Sequence[Mapping[str, Any]]) -> Iterator[NotebookNode]:
    """The executed cells in the order of the file, then those of the file that are missing."""
    held = [cell for cell in executed.get("cells", []) if not OWN.intersection(cell.metadata.get("tags", []))]
    yield from held
    for cell in planned[len(held) :]:
        bare = {"metadata": {}, **cell, "source": source(cell), "outputs": []}
        yield from_dict(bare)  # type: ignore[no-untyped-call]


def _output(output: NotebookNode, outline: Outline, figures: Iterator[int]) -> Output:
    if output.output_type == "stream":
        text = _CELL_FILE.sub("cell", plain(_joined(output.text)))
        return Output(kind="text" if output.name == "stdout" else "messages", text=text)
    if output.output_type == "error":
        return _error(output)
    return _of_kinds(output.data, output.get("metadata", {}), outline, figures)


def _error(output: NotebookNode) -> Output:
    traceback = cut("\n".join(output.get("traceback", [])), MOST_TRACEBACK)
    said = cut(str(output.get("evalue", "")), MOST_MESSAGE)
    label = plain(f"{output.get('ename', 'Error')}: {said}")
    return Output(kind="error", label=label, text=_CELL_FILE.sub("cell", plain(traceback)))


def _of_kinds(data: Mapping[str, Any], metadata: Mapping[str, Any], outline: Outline, figures: Iterator[int]) -> Output:
    """The richest kind of an output that a static page can show."""
    for kind in _PAINT:
        if kind in data:
            return _image(kind, _joined(data[kind]), metadata, f"Figure {next(figures)}: {outline.heading}")
    below = 2 if outline.sections else 1
    if "text/html" in data:
        return Output(kind="html", html=clean(_joined(data["text/html"]), below=below))
    if "text/markdown" in data:
        return Output(kind="html", html=displayed(_joined(data["text/markdown"]), below=below))
    if "text/latex" in data:
        return Output(kind="formula", html=formula(_joined(data["text/latex"]).strip().strip("$"), block=True))
    if "text/plain" in data:
        return Output(kind="text", text=plain(_joined(data["text/plain"])))
    return Output(kind="text", text=f"(an output that a page without script cannot show: {', '.join(data)})")


def _joined(held: str | list[str]) -> str:
    return held if isinstance(held, str) else "".join(held)


def _image(kind: str, content: str, metadata: Mapping[str, Any], otherwise: str) -> Output:
    coded = base64.b64encode(content.encode()).decode() if kind == "image/svg+xml" else "".join(content.split())
    own = metadata.get(kind, {})
    width = own.get("width", "")
    return Output(
        kind="image",
        source=f"data:{kind};base64,{coded}" if _BASE64.fullmatch(coded) else "data:,",
        alt=" ".join(str(own.get("alt") or metadata.get("alt") or otherwise).split()),
        width=str(width) if str(width).isdecimal() else "",
    )
