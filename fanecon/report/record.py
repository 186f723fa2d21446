"""The record of a run: what `run.json` says, and what every later look at the run rests on.

A run has one record from before its first step.  It says `failed` with the reason "did not finish" until the page is
proven complete, so a run that nobody could finish is a failed one without anybody having to write that down.  The
record never holds the value of a secret, and no absolute path.

Times are UTC with their offset; durations come from a clock that never goes back.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticSerializationError

from fanecon.errors import FileError

SCHEMA = "fanecon.run/1"
UNFINISHED = "did not finish"

Status = Literal["complete", "failed"]
Source = Literal["default", "command line", "file", "environment", "call"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")


class Setting(_Part):
    """One parameter: its value as the notebook got it (`***` for a secret), its default, and where it came from."""

    name: str
    type: str
    value: Any
    default: Any
    source: Source = "default"
    secret: bool = False


class Input(_Part):
    """One file that went in: its name as given, its bytes, and what the loaders made of it (None: not told)."""

    file: str
    bytes: int
    sha256: str
    format: str | None = None
    rows: int | None = None
    rejected: int | None = None
    first: str | None = None
    last: str | None = None


class Step(_Part):
    """One cell that ran: its position among all cells (from 1), the heading above it and its duration."""

    cell: int
    heading: str
    seconds: float


class Metric(_Part):
    """One number with its interval, under the name of the function that gave it.

    `key` tells apart the rows of a result (`"welfare"` of a table by topic); it is empty where there is one row.
    """

    name: str
    key: str = ""
    estimate: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    level: float | None = None
    shows: str = "fact"
    headline: bool = False
    step: int = 0
    heading: str = ""
    sentence: str = ""


class Threshold(_Part):
    """One condition of `--fail-if` and whether it came true; one that could not be judged counts as breached."""

    condition: str
    breached: bool
    value: float | None = None
    reason: str = ""


class Trouble(_Part):
    """Why a run failed, and at which step (0: before the first)."""

    message: str
    step: int = 0
    steps: int = 0
    cell: int = 0
    heading: str = ""


class Book(_Part):
    """The notebook that ran."""

    name: str
    file: str
    sha256: str
    title: str = ""


class Page(_Part):
    """The page that was written, by its file name beside the record."""

    file: str
    bytes: int
    sha256: str


class Commit(_Part):
    """The commit of the checkout that holds the notebook."""

    id: str
    dirty: bool


class Host(_Part):
    """The process that makes the run, to tell one that still runs from one that was ended."""

    name: str
    pid: int
    started: float


class Record(_Part):
    """Everything that is kept of one run.

    Parameters
    ----------
    status, exit_code
        `complete` with 0 or 3 (a threshold came true), otherwise `failed` with its code.
    seconds
        Of the whole run, by the monotonic clock.
    every
        The period of the schedule or its cron line, if the caller named one.
    """

    schema_version: str = SCHEMA
    id: str
    notebook: Book
    status: Status = "failed"
    exit_code: int = 1
    error: Trouble | None = Trouble(message=UNFINISHED)
    began: datetime
    ended: datetime | None = None
    seconds: float | None = None
    zone: str = "UTC"
    locale: str = ""
    seed: int | None = None
    every: str | None = None
    parameters: tuple[Setting, ...] = ()
    inputs: tuple[Input, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    commit: Commit | None = None
    host: Host | None = None
    steps: tuple[Step, ...] = ()
    metrics: tuple[Metric, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    warnings: tuple[str, ...] = ()
    page: Page | None = None

    def json_text(self) -> str:
        """The record as the text of a `run.json`; half letters, as names of files may hold them, become `?`."""
        try:
            return self.model_dump_json(indent=1) + "\n"
        except PydanticSerializationError:
            return type(self).model_validate(_lettered(self.model_dump())).model_dump_json(indent=1) + "\n"


def _lettered(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode()
    if isinstance(value, dict):
        return {_lettered(key): _lettered(one) for key, one in value.items()}
    return [_lettered(one) for one in value] if isinstance(value, list | tuple) else value


def new_id(now: datetime | None = None) -> str:
    """A name for a run: the UTC time and eight random digits, so that two at one moment differ."""
    return f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def read_record(path: Path) -> Record:
    """The record in a `run.json`.

    Raises
    ------
    FileError
        If it cannot be opened or is not the record of a run.
    """
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(str(path), f"cannot be opened: {error.strerror}", "Check the path.") from error
    except ValidationError as error:
        fix = "Make the report again with fanecon run."
        raise FileError(str(path), f"is not the record of a run ({error.error_count()} problems)", fix) from error
