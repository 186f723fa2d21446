"""Seventeen ways in which text from data gets into a page, and the places in a record where it gets there too."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import nbformat
import pages
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from fanecon.report.record import Book, Commit, Input, Metric, Record, Setting, Step, Threshold, Trouble

SETUP = """
import json, sys
import pandas as pd
from IPython.display import HTML, Latex, Markdown, display
P = json.loads(TEXTS)
for name in ("max_rows", "max_columns", "max_colwidth"):
    pd.set_option("display." + name, None)
"""
MODEL = """
import numpy as np
import statsmodels.api as sm
draw = np.random.default_rng(1)
table = pd.DataFrame(draw.normal(size=(3 * len(P), len(P))), columns=P)
fitted = sm.OLS(draw.normal(size=len(table)), table).fit()
display(fitted.summary())
display(fitted.summary2())
"""
SVG = '\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">\' + p + \'</text></svg>\''
SINKS = {
    "to_html without escaping": "HTML(pd.DataFrame({'a': P}).to_html(escape=False))",
    "Styler cells": "pd.DataFrame({'a': P}).style",
    "Styler index": "pd.DataFrame({'a': range(len(P))}, index=P).style",
    "Styler columns": "pd.DataFrame([range(len(P))], columns=P).style",
    "Styler caption": "for p in P: display(pd.DataFrame({'a': [1]}).style.set_caption(p))",
    "Markdown": "for p in P: display(Markdown(f'{p}'))",
    "HTML": "for p in P: display(HTML(f'<p>{p}</p>'))",
    "statsmodels summary": MODEL,
    "DataFrame cells": "pd.DataFrame({'a': P})",
    "DataFrame column names": "pd.DataFrame([range(len(P))], columns=P)",
    "Styler escaped": "pd.DataFrame({'a': P}).style.format(escape='html')",
    "print": "for p in P: print(p)",
    "stderr": "for p in P: print(p, file=sys.stderr)",
    "Latex": "for p in P: display(Latex('$' + p + '$'))",
    "exception": "raise ValueError('\\n'.join(P))",
    "SVG": f"for p in P: display({{'image/svg+xml': {SVG}}}, raw=True)",
    "title": "1",
}


def shown(texts: list[str], names: list[str], folder: Path) -> dict[str, NotebookNode]:
    """For each way in, a notebook in which a real kernel has shown the texts."""
    cells = [SETUP.replace("TEXTS", repr(json.dumps(texts))), *(SINKS[name] for name in names)]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    manager = AsyncKernelManager(transport="ipc", connection_file=str(folder / "k.json"))
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
    client = NotebookClient(book, km=manager, allow_errors=True, timeout=300)
    client.owns_km = True  # so that the kernel ends with it
    client.execute()
    assert not [one for cell in book.cells[:1] for one in cell.outputs if one.output_type == "error"]
    return {
        name: _alone(cell, texts if name == "title" else ["Safe?"])
        for name, cell in zip(names, book.cells[1:], strict=True)
    }


def _alone(cell: NotebookNode, headings: list[str]) -> NotebookNode:
    lines = [" ".join(text.split()) for text in headings]
    prose = "\n\n".join([f"# {' '.join(lines)}", *(f"## {line}" for line in lines)])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose), cell])


def page(name: str, shown: NotebookNode) -> str:
    """The page of fanecon for one way in; for an exception that of a failed run."""
    if name != "exception":
        return pages.page(shown, pages.record())
    error = shown.cells[1].outputs[0]
    trouble = Trouble(message=f"raised {error.ename}: {error.evalue}", step=1, steps=1, cell=2, heading=error.evalue)
    return pages.page(shown, pages.record(status="failed", exit_code=5, error=trouble))


def corners(texts: list[str]) -> dict[str, str]:
    """Pages with the texts in every place of a record, and in every other corner that a page shows."""
    return {
        "record": _page_of(texts, _record(texts)),
        "failed record": _page_of(texts, _record(texts, trouble=True)),
        "corners": pages.page(_corners(texts), pages.record()),
    }


def _page_of(texts: list[str], known: Record) -> str:
    declared = "\n".join(f"p{number} = 1  # {' '.join(text.split())}" for number, text in enumerate(texts))
    return pages.page(pages.cells(*texts[:3], parameters=declared.replace("\x00", "")), known)


def _record(texts: list[str], *, trouble: bool = False) -> Record:
    joined = "\n".join(texts)
    settings = [
        *(Setting(name=f"p{number}", type="str", value=text, default=text) for number, text in enumerate(texts)),
        *(Setting(name=text, type=text, value=[text], default={text: text}, source="file") for text in texts),
    ]
    first = texts[0]
    return pages.record(
        id=joined,
        notebook=Book(name=joined, file=joined, sha256=first, title=joined),
        parameters=tuple(settings),
        inputs=tuple(Input(file=one, bytes=1, sha256=one, format=one, first=one, last=one) for one in texts),
        versions={one: one for one in texts},
        commit=Commit(id=joined, dirty=True),
        zone=joined,
        locale=joined,
        warnings=tuple(texts),
        metrics=tuple(Metric(name="x", key=one, estimate=1.0, unit=one) for one in texts),
        thresholds=tuple(
            [Threshold(condition=one, breached=True, value=1.0, reason=one) for one in texts]
            + [Threshold(condition=f'x["{one}"].low < 2', breached=True, value=1.0) for one in texts]
        ),
        steps=tuple(Step(cell=2, heading=one, seconds=1) for one in texts),
        ended=pages.BEGAN + timedelta(seconds=1),
        **(
            {"status": "failed", "error": Trouble(message=joined, step=2, steps=3, cell=4, heading=joined)}
            if trouble
            else {}
        ),
    )


def _corners(texts: list[str]) -> NotebookNode:
    """Names of kinds, alternative texts, widths, names of errors, attachments, tags, language, links and lists."""
    made = pages.cells(*("1" for _ in texts))
    for number, text in enumerate(texts):
        line = " ".join(text.split())
        prose, code = made.cells[2 + 2 * number], made.cells[3 + 2 * number]
        kinds = {"image/png": pages.PNG, "text/html": text}
        own = {"image/png": {"alt": text, "width": text, "height": text}, "alt": text}
        code.outputs = [
            nbformat.v4.new_output("display_data", data={text: "x", "application/" + text: text}),
            nbformat.v4.new_output("display_data", data=kinds, metadata=own),
            nbformat.v4.new_output("display_data", data={"image/png": text}),
            nbformat.v4.new_output("display_data", data={"image/svg+xml": text}),
            pages.raised(text, text, text),
        ]
        prose.source = "\n\n".join(
            [
                f"## {line}",
                f"![{line}](attachment:{line}) [{line}](http://x.invalid/{line} '{line}')",
                f"**What these data cannot say:** {line}",
                f"![{line}](data:image/png;base64,{line})",
                f"| {line} |\n|---|\n| {line} |",
                f"```{line}\n{text}\n```",
                f"<div role='{line}' lang='{line}' class='{line}' id='{line}' data-formula='{line}'>",
            ]
        )
        prose.attachments = {line: {"image/png": text, text: text}}
        code.metadata["tags"] = [line]
    made.metadata["lang"] = texts[0]
    return made
