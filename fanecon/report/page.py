"""The page: one self-contained HTML file from an executed notebook and the record of its run.

Why a template of our own and not nbconvert's: its page loads two scripts from a public network and weighs 300 KB
before the first word, it says nothing when a run broke off, and its sanitiser takes table headers and headings away.
What nbconvert does well is kept: its reading of notebooks (`exporter`) and its Markdown (`markup`).

The page works without script and without network, and says so to the browser: its Content-Security-Policy allows
pictures that are part of the page and its own style sheet, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from nbformat import NotebookNode

from fanecon.report.exporter import PageExporter
from fanecon.report.parameters import Value, read_parameters
from fanecon.report.provenance import Origin
from fanecon.report.record import Book, Input, Record, Setting, new_id
from fanecon.report.shelf import Notebook


def render(  # noqa: PLR0913  (the last four belong to `_as_record` and go with it)
    executed: NotebookNode,
    *,
    notebook: Notebook,
    record: Record | None = None,
    values: Mapping[str, Value] | None = None,
    origin: Origin = (),
    made: datetime | None = None,
    seconds: float = 0.0,
) -> str:
    """The sealed page of an executed notebook.

    Parameters
    ----------
    executed
        The notebook with its outputs.  Of a run that failed it may hold a part of the cells, or none.
    notebook
        The file that was run.
    record
        Of the run; its status is the status of the page.
    """
    if record is None and made is not None:
        record = _as_record(notebook, values or {}, origin, made, seconds)
    held = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **executed}
    whole = NotebookNode(held)  # type: ignore[no-untyped-call]
    return PageExporter(record=record, notebook=notebook).from_notebook_node(whole)[0]


def _as_record(
    notebook: Notebook, values: Mapping[str, Value], origin: Origin, made: datetime, seconds: float
) -> Record:
    """The record of a run that only tells the pairs of `provenance.origin`; goes as soon as every run has a record."""
    told = dict(origin)
    found = [re.fullmatch(r"(.*), ([\d,]+) bytes, sha256 (.*)", text, re.S) for key, text in origin if "Input" in key]
    inputs = [Input(file=one[1], bytes=int(one[2].replace(",", "")), sha256=one[3]) for one in found if one]
    settings = [
        Setting(
            name=one.name,
            type=one.type,
            value=values.get(one.name, one.default),
            default=one.default,
            source="call" if one.name in values else "default",
        )
        for one in read_parameters(notebook)
    ]
    return Record(
        id=new_id(made),
        notebook=Book(name=notebook.name, file=notebook.path.name, sha256=notebook.sha256, title=notebook.question),
        status="complete",
        exit_code=0,
        error=None,
        began=made,
        seconds=seconds,
        parameters=tuple(settings),
        inputs=tuple(inputs),
        versions=dict(pair.split(" ", 1) for pair in told.get("Versions", "").split(", ") if " " in pair),
    )
