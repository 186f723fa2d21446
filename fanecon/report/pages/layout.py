"""What stands where on a page: the banner, the panels, the cells, and when and from what they were made.

The status comes first, in words and a symbol and a colour, and is `failed` unless the record says otherwise.  A page
of a run that failed is made from whatever is there: a part of the cells, or none.  A page of a notebook that was run
elsewhere has no record, and says that nobody knows whether it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from nbformat import NotebookNode

from fanecon import __version__
from fanecon.errors import FaneconError
from fanecon.report.asked.parameters import read_parameters
from fanecon.report.pages import cells
from fanecon.report.pages.cells import Block
from fanecon.report.pages.doubts import cannot_say
from fanecon.report.pages.markup import Outline, displayed
from fanecon.report.record import Metric, Record, Setting, Threshold
from fanecon.report.seal import BLANK
from fanecon.report.shelf import Notebook, source

Status = Literal["complete", "failed", "unknown"]
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
SOURCES = {"call": "call in Python"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the parameters panel."""

    name: str
    value: str
    default: str
    source: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A threshold that came true: its condition, the number as a reader sees it, and why it could not be judged."""

    condition: str
    number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What the banner of a failed page says."""

    where: str
    message: str
    code: Markup
    done: int
    steps: int


def compose(executed: NotebookNode, *, record: Record | None, notebook: Notebook) -> str:
    """The page of a notebook, with zeros in the place of its checksum.

    Parameters
    ----------
    executed
        The notebook with its outputs; of a run that failed it may hold a part of the cells, or none.
    record
        Of the run; None for a notebook that was run elsewhere.
    notebook
        The file that was run.
    """
    outline = Outline()
    found = tuple(cells.blocks(executed, outline, record=record, planned=notebook.cells))
    doubts = cannot_say(notebook.cells)
    language = str(executed.get("metadata", {}).get("lang", "en"))
    return _template().render(
        status=record.status if record else "unknown",
        language=language if _LANGUAGE.fullmatch(language) else "en",
        title=outline.title or notebook.name,
        sections=outline.sections,
        blocks=found,
        second=_second_section(found),
        last=max((number for number, block in enumerate(found) if block.state != "not run"), default=-1),
        doubts=displayed(doubts) if doubts else "",
        failure=_failure(record, notebook) if record and record.status == "failed" else None,
        doubtful=None if record else _doubtful(executed),
        settings=_settings(record, notebook) if record else [],
        breaches=_breaches(record) if record else [],
        steps=sum(map(cells.is_step, notebook.cells)),
        record=record,
        notebook=notebook,
        version=__version__,
        blank=BLANK,
        local=lambda moment, form: _local(moment, record.zone if record else "UTC", form),
        utc=_utc,
        lasted=lasted,
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    settings: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=loader, autoescape=True, **settings).get_template("page.html.j2")


def _second_section(found: Sequence[Block]) -> int:
    """Where the second section begins: what the data cannot say stands before it, after the first answer."""
    count = 0
    for number, block in enumerate(found):
        if count and block.sections:
            return number
        count += block.sections
    return len(found) if count else 0


def _failure(record: Record, notebook: Notebook) -> Failure:
    error = record.error
    if error is None:
        return Failure(
            where="", message="The record names no error.", code=cells.NOTHING, done=len(record.steps), steps=0
        )
    cell = cells.numbered(notebook.cells, error.cell) if error.step else {}
    hidden = "hide" in cell.get("metadata", {}).get("tags", [])
    heading = f" ({cells.plain(error.heading)})" if error.heading else ""
    where = f" at step {error.step} of {error.steps}{heading}" if error.step else " before its first step"
    if not error.step and record.steps:
        where = " after its last step" if len(record.steps) >= error.steps else ""
    return Failure(
        where=where,
        message=cells.plain(cells.cut(error.message, cells.MOST_MESSAGE)),
        code=cells.code(source(cell)) if cells.is_step(cell) and not hidden else cells.NOTHING,
        done=len(record.steps),
        steps=error.steps or sum(map(cells.is_step, notebook.cells)),
    )


def _doubtful(executed: NotebookNode) -> list[str]:
    """What the cells of a notebook that was run elsewhere show against their being whole."""
    steps = [cell for cell in executed.cells if cells.is_step(cell)]
    numbers = [cell.get("execution_count") or 0 for cell in steps]
    errors = sum(any(output.output_type == "error" for output in cell.get("outputs", [])) for cell in steps)
    found = []
    if missing := numbers.count(0):
        found.append(f"{missing} of {len(steps)} code cells have no execution number: they were not run, or not saved.")
    known = [number for number in numbers if number]
    if known != list(range(1, len(known) + 1)):
        found.append("The cells were not run once from top to bottom.")
    if errors:
        found.append(f"{errors} of {len(steps)} code cells ended in an error.")
    return found


def _settings(record: Record, notebook: Notebook) -> list[Row]:
    try:
        meanings = {parameter.name: parameter.meaning for parameter in read_parameters(notebook)}
    except FaneconError:  # the run was refused because of this very cell
        meanings = {}
    return [_row(setting, meanings.get(setting.name, "")) for setting in record.parameters]


def _row(setting: Setting, meaning: str) -> Row:
    return Row(
        name=setting.name,
        value="***" if setting.secret else _value(setting.value),
        default="***" if setting.secret and setting.default else _value(setting.default),
        source=SOURCES.get(setting.source, setting.source),
        meaning=meaning,
    )


def _value(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value) if value else "(an empty list)"
    return str(value) if str(value).strip() else "(an empty text)"


def _breaches(record: Record) -> list[Breach]:
    return [
        Breach(condition=one.condition, number=_number(one, record.metrics), reason=one.reason)
        for one in record.thresholds
        if one.breached
    ]


def _number(threshold: Threshold, metrics: Sequence[Metric]) -> str:
    """The value of a threshold with the interval of the metric that it is about, if that is certain."""
    from fanecon.numbers import Interval, shown

    if threshold.value is None:
        return ""
    name = re.match(r"\s*([^\W\d]\w*)\s*(?:\[\s*[\"'](.*)[\"']\s*\])?\s*\.", threshold.condition)
    about = [one for one in metrics if name and one.name == name[1] and name[2] in (None, one.key)]
    if len(about) != 1 or about[0].estimate is None:
        return shown(threshold.value)
    metric, number = about[0], about[0].estimate
    ends = {} if metric.low is None or metric.high is None else {"low": metric.low, "high": metric.high}
    whole = str(Interval(number, **ends, unit=metric.unit, missing="" if ends else "none was given"))
    return whole if threshold.value == number else f"{shown(threshold.value, metric.unit)}; estimate {whole}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _local(moment: datetime, zone: str, form: str) -> str:
    """A moment on the clocks of a zone, with the name of the zone; of UTC if the zone is not known here."""
    try:
        place, name = ZoneInfo(zone), zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place, name = ZoneInfo("UTC"), "UTC"
    return f"{moment.astimezone(place):{form}} {name}"


def lasted(seconds: float) -> str:
    """A duration for a reader: 4.2 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
