"""The page: one self-contained HTML file from an executed notebook and the record of its run.

Why a template of our own and not nbconvert's: its page loads two scripts from a public network and weighs 300 KB
before the first word, it says nothing when a run broke off, and its sanitiser takes table headers and headings away.
What nbconvert does well is kept: its reading of notebooks (`exporter`) and its Markdown (`markup`).

The page works without script and without network, and says so to the browser: its Content-Security-Policy allows
pictures that are part of the page and its own style sheet, nothing else.
"""

from __future__ import annotations

from nbformat import NotebookNode

from fanecon.report.pages.exporter import PageExporter
from fanecon.report.record import Record
from fanecon.report.shelf import Notebook


def render(executed: NotebookNode, *, record: Record, notebook: Notebook) -> str:
    """The sealed page of an executed notebook.

    Parameters
    ----------
    executed
        The notebook with its outputs.  Of a run that failed it may hold a part of the cells, or none.
    record
        Of the run; its status is the status of the page.
    notebook
        The file that was run.
    """
    held = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **executed}
    whole = NotebookNode(held)  # type: ignore[no-untyped-call]
    return PageExporter(record=record, notebook=notebook).from_notebook_node(whole)[0]
