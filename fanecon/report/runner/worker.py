"""The worker: the process in which a notebook runs and its page is made.

It is a process of its own because everything that can go wrong in it may go wrong: the watcher kills it when time or
memory are used up, and whatever then happens here the page that was there stays.  It writes nothing outside the
folder of its run.  It says how far it is in lines of JSON; the last one says `done` or `failed`.

While the kernel works the libraries that make the page are loaded and the inputs are summed up: a run takes no longer
for being careful.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pydantic import BaseModel

from fanecon.errors import FaneconError, RunError
from fanecon.report.asked.injection import secret_environment
from fanecon.report.asked.masking import Mask
from fanecon.report.asked.thresholds import parse
from fanecon.report.codes import Code
from fanecon.report.limits import MB, WARN_PAGE
from fanecon.report.printable import printable
from fanecon.report.record import Input, Metric, Record, Trouble
from fanecon.report.runner import disk, lifeline, provenance
from fanecon.report.runner import ledger as ledgers
from fanecon.report.runner.cage import Cage
from fanecon.report.runner.events import Event, Note

if TYPE_CHECKING:
    from nbformat import NotebookNode

LEDGER, FACTS, RECORD = "ledger.jsonl", "facts.json", "record.json"
PAGE, FAILED = "page.html", "failed.html"
LAST = "from fanecon.report.runner.kernel_start import tell_readings\ntell_readings()"


class Job(BaseModel):
    """What the worker is told: which notebook, in which folder, under which limits.

    `clock` is the moment at which the run began, by the monotonic clock.  `failed` asks for the page of a run that has
    failed already, made from the ledger it left.
    """

    path: Path
    target: Path
    text: str
    code: str
    secrets: dict[str, str]
    files: list[str]
    bench: Path
    room: Path
    record: Record
    conditions: list[str]
    before: list[Metric]
    memory: int
    output: int
    clock: float
    personal: bool = False
    failed: bool = False


def main() -> None:
    """Read a job from the standard input, do it, and end."""
    lifeline.die_with_parent()
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = Job.model_validate_json(sys.stdin.buffer.read())
    announce = _announcer(events)
    if job.failed:
        make_failed_page(job, job.record)
        announce({"event": "done"})
        return
    try:
        record = _work(job, announce)
        disk.write(job.bench / RECORD, record.json_text().encode(), told_as=job.target)
        announce({"event": "done"})
    except Exception as error:
        traceback.print_exc()
        announce(Mask(job.secrets.values()).tree(_failed(error)))


def _announcer(events: TextIO) -> Note:
    def announce(event: Event) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    return announce


def _failed(error: Exception) -> Event:
    if isinstance(error, FaneconError):
        code = error.code if isinstance(error, RunError) else Code.DATA
        return {"event": "failed", "code": int(code), "message": str(error)}
    last = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"
    return {"event": "failed", "code": int(Code.FAULT), "message": f"met a fault of fanecon: {told}"}


def _work(job: Job, announce: Note) -> Record:
    secrets = secret_environment(job.secrets)
    cage = Cage(run=job.record.id, room=job.room, memory=job.memory, output=job.output, environment=secrets)
    process = cage.start()
    import nbformat

    from fanecon.report.runner import kernel

    notebook: NotebookNode = nbformat.reads(job.text, as_version=4)  # type: ignore[no-untyped-call]
    steps, mask = _prepared(notebook, job.code), Mask(job.secrets.values())
    ledger = ledgers.Ledger(job.bench / LEDGER, total=steps, announce=announce, mask=mask)
    with ThreadPoolExecutor(1) as beside:
        facts = beside.submit(_facts, job)
        threading.Thread(target=_load_the_page_s_libraries, daemon=True).start()
        executed = kernel.execute(notebook, ledger, cage, process)
        announce({"event": "page"})
        return _page(job, executed, ledger, facts)


def _load_the_page_s_libraries() -> None:
    import fanecon.report.pages.page  # noqa: F401


def _facts(job: Job) -> Record:
    """The record with what is known before the notebook has run, left in the folder of the run for whoever needs it."""
    found = {
        "inputs": provenance.inputs(job.files),
        "versions": provenance.versions(),
        "commit": provenance.commit(job.path),
    }
    record = job.record.model_copy(update=found)
    disk.write(job.bench / FACTS, record.json_text().encode(), told_as=job.target)
    return record


def _prepared(notebook: NotebookNode, code: str) -> int:
    """Empty the cells of what they showed when they were saved, and put in our own; the number of steps.

    The cell of the parameters gets the values that were settled in place of its defaults.
    """
    from nbformat.v4 import new_code_cell

    steps = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            steps += bool(cell.source.strip())
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = code
    last = new_code_cell(LAST, metadata={"tags": ["fanecon-own"]})  # type: ignore[no-untyped-call]
    notebook.cells.append(last)
    return steps


def _page(job: Job, executed: NotebookNode, ledger: ledgers.Ledger, facts: Future[Record]) -> Record:
    from fanecon.report import shelf
    from fanecon.report.pages import page
    from fanecon.report.runner import metrics

    _prove(executed, ledger)
    record = facts.result()
    _unchanged(record.inputs)
    mask, numbers = ledger.mask, metrics.collect(executed)
    over = {
        "seconds": time.monotonic() - job.clock,
        "inputs": [one.model_dump() for one in provenance.with_readings(record.inputs, metrics.readings(executed))],
        "steps": [one.model_dump() for one in ledger.steps],
        "metrics": [one.model_dump() for one in numbers],
        "thresholds": [parse(one).judge(numbers, job.before).model_dump() for one in job.conditions],
        "status": "complete",
        "exit_code": 0,
        "error": None,
    }
    record = Record.model_validate(mask.tree({**record.model_dump(), **over}))
    shown, book = mask.notebook(executed), shelf.of(job.path, job.text)
    html = page.render(shown, record=record, notebook=book)
    warnings = _looked_over(job, html, mask)
    if warnings:
        record = record.model_copy(update={"warnings": warnings})
        html = page.render(shown, record=record, notebook=book)
    disk.write(job.bench / PAGE, html.encode("utf-8", errors="replace"), told_as=job.target)
    return record


def _looked_over(job: Job, html: str, mask: Mask) -> tuple[str, ...]:
    """The last look at a page before it may leave: what must not be on it refuses it, what is doubtful is told."""
    from fanecon.report.pages.scan import refuse_or_warn, scan

    told = refuse_or_warn(scan(html, secrets=mask), allow_personal=job.personal)
    size = len(html.encode("utf-8", errors="replace"))
    large = f"The page has {size / MB:.1f} MB; over {WARN_PAGE // MB} MB it opens slowly. Show fewer rows or figures."
    return (*told, large) if size > WARN_PAGE else told


def _unchanged(found: tuple[Input, ...]) -> None:
    other = provenance.changed(found)
    if other:
        raise RunError(f"changed while it was read: {', '.join(other)}. Run it again on a copy that is at rest.", 4)


def _prove(executed: NotebookNode, ledger: ledgers.Ledger) -> None:
    """Refuse a notebook whose cells do not prove that every step ran, in order and without an error."""
    from fanecon.report.runner.kernel import raised

    last = 0
    for cell in executed.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                raise RunError(raised(output.ename, output.evalue, output.traceback), 5)
        if (cell.execution_count or 0) <= last:
            first = printable(cell.source.splitlines()[0])
            raise RunError(f"was reached, but a cell before the end was not executed: {first}", 5)
        last = cell.execution_count
    if len(ledger.steps) != ledger.total:
        raise RunError(f"ended after {len(ledger.steps)} of {ledger.total} steps", 5)


def make_failed_page(job: Job, record: Record) -> None:
    """Write the page of a run that failed, from the notebook and the ledger."""
    import nbformat

    from fanecon.report import shelf
    from fanecon.report.pages import page

    notebook: NotebookNode = nbformat.reads(job.text, as_version=4)  # type: ignore[no-untyped-call]
    shown = ledgers.replay(notebook, ledgers.read(job.bench / LEDGER))
    mask, book = Mask(job.secrets.values()), shelf.of(job.path, job.text)
    html = page.render(mask.notebook(shown), record=record, notebook=book)
    try:
        _looked_over(job, html, mask)
    except RunError as refusal:
        bare = record.model_copy(update={"error": _withheld(record, str(refusal))})
        empty: NotebookNode = nbformat.from_dict({"cells": []})  # type: ignore[no-untyped-call]
        html = page.render(empty, record=bare, notebook=replace(book, cells=()))
    disk.write(job.bench / FAILED, html.encode("utf-8", errors="replace"))


def _withheld(record: Record, refusal: str) -> Trouble:
    error = record.error or Trouble(message="")
    return error.model_copy(
        update={"message": f"What the cells showed is left out here, and the message too. {refusal}"}
    )


if __name__ == "__main__":
    main()
