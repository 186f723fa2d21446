"""The command line: a thin skin over the report and the loaders.

Exit codes, the same for every command: 0 done, 1 a fault of fanecon, 2 a wrong word or parameter, 3 a threshold was
breached (the page is there), 4 the data are invalid, 5 a step of the notebook raised an error, 6 the kernel died or
needed too much memory, 7 it took too long, 8 the page cannot be written, 9 another run is writing it, 130 stopped
with Ctrl-C, 143 stopped by the system.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fanecon import __version__
from fanecon.cli_batch import run_all
from fanecon.errors import FaneconError, FileError, ParameterError, RunError, SchemaError
from fanecon.report import limits, shelf
from fanecon.report.asked import parameters as knobs
from fanecon.report.asked.orders import Asked, judge
from fanecon.report.codes import Code
from fanecon.report.history.summary import summarise
from fanecon.report.limits import Limits
from fanecon.report.printable import printable
from fanecon.report.runner import disk, events
from fanecon.report.runner.running import carry_out, result
from fanecon.report.runner.watch import Stop, listening


def _code(error: FaneconError) -> int:
    if isinstance(error, RunError):
        return error.code
    if isinstance(error, ParameterError):
        return 2
    return 4 if isinstance(error, FileError | SchemaError) else 1


class _Door(click.Group):
    """Every refusal of fanecon leaves here: as one message and its exit code, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FaneconError as error:
            click.echo(f"Error: {_lines(str(error))}", err=True)
            ctx.exit(_code(error))
        except KeyboardInterrupt as stop:
            click.echo("Stopped. No page was written.", err=True)
            ctx.exit(stop.code if isinstance(stop, Stop) else Code.INTERRUPTED)


def _seconds(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else 0.0 if text in ("0", "0s") else limits.seconds(text)


def _size(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    return None if text is None else limits.size(text)


def _lines(text: str) -> str:
    """A text without the control characters that a terminal would obey, its lines kept."""
    return printable(text, keep="\n")


@click.group(cls=_Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fanecon")
def main() -> None:
    """The economics of fans: raw platform exports in, an honest verdict out."""


@main.command("list")
def list_notebooks() -> None:
    """Print the notebooks, the question each answers and the minutes it takes to read."""
    books = shelf.shelf()
    rows = [(book.name, book.question, f"{book.minutes} min" if book.minutes else "") for book in books]
    click.echo(_columns(rows) if rows else "The shelf is empty.")


@main.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, to make a form from.")
def params(name: str, as_json: bool) -> None:
    """Print what can be set in the notebook NAME."""
    notebook = shelf.find(name)
    if as_json:
        from fanecon.report.asked.form import form

        click.echo(json.dumps(form(notebook), ensure_ascii=False, indent=2))
        return
    found = knobs.read_parameters(notebook)
    if not found:
        click.echo(f"'{notebook.name}' has no parameters.")
        return
    rows = [(p.name, p.kind, p.shown_default, p.meaning, p.allowed) for p in found]
    click.echo(_columns([("name", "type", "default", "meaning", "allowed"), *rows]))


@main.command()
@click.argument("name")
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter; may be given several times.")
@click.option("--params", "file", type=click.Path(path_type=Path), metavar="FILE", help="Parameters as YAML or JSON.")
@click.option(
    "-o", "out", default="", metavar="PAGE", help="The page to write; {name} is a parameter [reports/NAME.html]."
)
@click.option("--root", type=click.Path(path_type=Path), help="The folder that the page must not leave.")
@click.option("--every", metavar="PERIOD", help="The schedule, such as 1d or a cron line, for the history.")
@click.option("--zone", default="UTC", help="Time zone of the times on the page [UTC].")
@click.option("--fail-if", "conditions", multiple=True, metavar="CONDITION", help="Exit with 3 if this comes true.")
@click.option("--wait", default="0s", metavar="TIME", callback=_seconds, help="How long to wait for another run.")
@click.option("--timeout", default="1h", metavar="TIME", callback=_seconds, help="For the whole run [1h].")
@click.option("--step-timeout", metavar="TIME", callback=_seconds, help="For each step.")
@click.option("--memory", metavar="SIZE", callback=_size, help="Such as 2GB [four fifths of the machine].")
@click.option("--allow-personal", "personal", is_flag=True, help="Let the page show phone numbers and the like.")
@click.option("--summary", type=click.Path(path_type=Path), metavar="FILE", help="Write the outcome as JSON.")
@click.option("--large", is_flag=True, help="Write a page of more than 50 MB too.")
@click.option("--log-json", is_flag=True, help="Progress as one JSON object a line on the standard output.")
def run(name: str, conditions: tuple[str, ...], summary: Path | None, log_json: bool, **given: Any) -> None:
    """Run the notebook NAME and write one HTML page."""
    asked = Asked(**{key: given.pop(key) for key in ("pairs", "file", "out", "root", "every", "zone", "personal")})
    order = judge(name, asked=asked, conditions=conditions, limits=Limits(**given))
    note = events.JsonLines(click.echo, order.page.stem) if log_json else events.nobody
    with listening() as check, events.told(note):
        ended = carry_out(order, _silent if log_json else _tell, check, note)
    if summary:
        content = json.dumps(summarise(ended.record, ended.page, ended.before), ensure_ascii=False, indent=1)
        disk.write(summary, content.encode())
    for warning in ended.record.warnings:
        click.echo(f"Note: {_lines(warning)}", err=True)
    click.echo(f"Wrote {result(ended)}{f', and {ended.address}' if ended.address else ''}", err=True)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document: format, tables, totals, problems, lossy.")
@click.option("--encoding", help="Of a text that does not tell, such as gb18030.")
@click.option("--tz", help="Zone of times without one, such as Asia/Shanghai.")
@click.option("--captured-at", type=click.DateTime(), help="When the page was taken (UTC), for times such as 3小时前.")
@click.option("--limit-mb", type=click.IntRange(min=1), default=200, show_default=True, help="Largest size in MB.")
def check(
    path: Path, as_json: bool, encoding: str | None, tz: str | None, captured_at: datetime | None, limit_mb: int
) -> None:
    """Say what the file PATH is, which tables it becomes, and everything that is wrong or lost in it.

    Exits with 4 if the file is refused or has problems.
    """
    from fanecon.loaders.inspection import inspect, told
    from fanecon.loaders.reading import Ask

    moment = captured_at.replace(tzinfo=UTC) if captured_at else None
    document = inspect(path, encoding=encoding, ask=Ask(tz=tz, captured_at=moment), limit_mb=limit_mb)
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else _lines(told(document)))
    if document["refused"] or document["problems"]:
        click.get_current_context().exit(4)


@main.command("formats")
def list_formats() -> None:
    """Print the formats that fanecon reads, and what each is."""
    from fanecon.loaders.formats import FORMATS

    click.echo(_columns([(one.name, one.what) for one in FORMATS]))


def _tell(text: str) -> None:
    click.echo(_lines(text), nl=False, err=True)


def _silent(text: str) -> None:
    """Leave out the text for a terminal; the events say it."""


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(_lines(line).rstrip() for line in lines)


@main.command()
@click.argument("paths", metavar="PAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--fresh", metavar="PERIOD", help="How old a page may be, such as 26h: an older one exits with 3.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with every page and the exit code.")
def verify(paths: tuple[Path, ...], fresh: str | None, as_json: bool) -> None:
    """Say whether each PAGE is complete and unchanged, and whether the record beside it agrees.

    Exits with 0 if all are complete, 3 too old, 4 altered or not a page, 5 the page of a failed run; of several pages
    with the highest of their codes.
    """
    from fanecon.report.history import verify as seals
    from fanecon.report.history.schedule import read_period

    limit = read_period(fresh) if fresh is not None else None
    verdicts = [seals.verify(path, fresh=limit) for path in paths]
    code = max(verdict.code for verdict in verdicts)
    pages = {"exit_code": int(code), "pages": [one.document() for one in verdicts], "note": seals.HONEST}
    text = "\n".join([*(seals.told(one) for one in verdicts), seals.HONEST])
    click.echo(json.dumps(pages, ensure_ascii=True, indent=2) if as_json else _lines(text))
    if code:
        click.get_current_context().exit(int(code))


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The first page to write [DIR/index.html].")
@click.option("--every", metavar="SCHEDULE", help="A period (1d, 6h) or cron line, over what the runs say.")
@click.option("--zone", help="Zone of the schedule and of the times shown, such as Europe/Berlin.")
@click.option(
    "--since", metavar="PERIOD", default="7d", show_default=True, help="How far back --alarm counts missed runs."
)
@click.option(
    "--alarm", is_flag=True, help="Exit with 3 if a run is overdue or missed, or the last one did not end well."
)
@click.option("--json", "as_json", is_flag=True, help="Print the same as one JSON document, and write no page.")
def index(  # noqa: PLR0913 - one argument for each option
    folder: Path, out: Path | None, every: str | None, zone: str | None, since: str, alarm: bool, as_json: bool
) -> None:
    """Write a page with the history of all reports in DIR: what ran, was late, doubled, missed or failed."""
    from fanecon.report.history.history import Plan, read_history
    from fanecon.report.history.index import write_index
    from fanecon.report.history.listing import document, told
    from fanecon.report.history.schedule import read_period

    plan = Plan(every=every, zone=zone, since=read_period(since))
    reports = read_history(folder, plan)
    if as_json:
        click.echo(json.dumps(document(reports, plan), ensure_ascii=True, indent=1))
    else:
        pages = write_index(reports, out or folder / "index.html", folder=folder, plan=plan)
        click.echo(_lines(told(reports, pages)))
    if alarm and any(report.alarms for report in reports):
        click.get_current_context().exit(3)


main.add_command(run_all)
