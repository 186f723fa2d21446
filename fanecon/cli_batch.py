"""The command for many reports at once."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fanecon.errors import RunError
from fanecon.report import limits
from fanecon.report.codes import gravest
from fanecon.report.printable import printable
from fanecon.report.runner.events import JsonLines, Note, nobody

if TYPE_CHECKING:
    from fanecon.report.batch.run import Done


def _size(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    return None if text is None else limits.size(text)


@click.command("run-all")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(1, 1000), help="Most runs at once [one a core, as memory allows].")
@click.option("--memory", metavar="SIZE", callback=_size, help="For all runs together, such as 4GB.")
@click.option("--stop-on-failure", is_flag=True, help="Begin nothing new once a run has failed.")
@click.option("--summary", type=click.Path(path_type=Path), metavar="FILE", help="Write how each run ended, as JSON.")
@click.option("--log-json", is_flag=True, help="One JSON object a line on the standard output, nothing else.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something failed.")
@click.option("--dry-run", is_flag=True, help="Judge everything, print what would run, and start nothing.")
def run_all(  # noqa: PLR0913 - one argument for each option
    config: Path,
    jobs: int | None,
    memory: int | None,
    stop_on_failure: bool,
    summary: Path | None,
    log_json: bool,
    quiet: bool,
    dry_run: bool,
) -> None:
    """Run every report that the file CONFIG lists (YAML or JSON), as many at once as there is room for.

    Everything is judged before anything starts.  The run of one report does not depend on the others.  Exits with 0 if
    all are complete, otherwise with the gravest code among them: 1, 8, 6, 7, 2, 5, 4, 9, 3.
    """
    from fanecon.report.batch.board import table
    from fanecon.report.batch.run import judge_summary, run_batch
    from fanecon.report.batch.tasks import judge_batch
    from fanecon.report.batch.turns import turns

    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the console cannot write must not end the runs
        sys.stdout.reconfigure(errors="backslashreplace")
    judged = judge_batch(config, memory=memory)
    if summary:
        judge_summary(summary)
    bounds = turns(jobs or judged.jobs, judged.memory)
    if dry_run:
        click.echo(_columns([("report", "notebook"), *((one.name, Path(one.notebook).stem) for one in judged.tasks)]))
        click.echo(f"{len(judged.tasks)} to make, at most {bounds.jobs} at once. Nothing was started.")
        return
    show = _display(log_json, quiet, len(judged.tasks))
    done = run_batch(judged, bounds=bounds, display=show, stop_on_failure=stop_on_failure)
    code = _summarised(summary, done)
    if not log_json and (done.code or not quiet):
        with suppress(OSError):  # nobody reads it any more
            click.echo(_columns(table(done.outcomes)))
    click.get_current_context().exit(code)


def _summarised(file: Path | None, done: Done) -> int:
    """Write the summary if one was asked for; the exit code, which is 8 if that failed and nothing graver did."""
    from fanecon.report.batch.run import write_summary

    try:
        if file:
            write_summary(file, done)
    except RunError as error:
        click.echo(f"Error: {printable(str(error))}", err=True)
        return int(gravest([done.code, error.code]))
    return done.code


def _display(log_json: bool, quiet: bool, reports: int) -> Callable[[], AbstractContextManager[Note]]:
    if log_json:
        return lambda: nullcontext(JsonLines(click.echo))
    if quiet:
        return lambda: nullcontext(nobody)
    from fanecon.report.batch.board import Lines, Live

    if not sys.stderr.isatty():
        return lambda: Lines(lambda line: click.echo(line, err=True))
    from rich.console import Console

    return lambda: Live(Console(stderr=True), reports)


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(printable(line).rstrip() for line in lines)
