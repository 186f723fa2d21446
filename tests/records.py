"""Makers of records of runs, and of folders full of them, for the tests of what looks back at runs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fanecon.report.record import Book, Host, Input, Metric, Page, Record, Setting, Step, Threshold, Trouble
from fanecon.report.seal import BLANK, seal
from fanecon.stats import wilson

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOST = Host(name="night", pid=4_000_000, started=0.0)  # a process that cannot exist


def page_text(status: str = "complete", body: str = "<p>Sharing was 2.1 %.</p>", run_id: str = "") -> str:
    """A sealed page in the shape that the template gives."""
    return seal(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="generator" content="fanecon 0.1.0">\n'
        f'<meta name="fanecon-status" content="{status}">\n<meta name="fanecon-run" content="{run_id}">\n'
        f"<title>Who shares?</title>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer><p>Made by fanecon 0.1.0. <code>status={status} sha256={BLANK}</code></p></footer>\n"
        "</body>\n</html>\n"
    )


def share(sharers: int = 210, readers: int = 10_000, key: str = "") -> Metric:
    """A share of readers that share, with its Wilson interval."""
    got = wilson(sharers, readers)
    return Metric(
        name="share_to_read", key=key, estimate=got.estimate, low=got.low, high=got.high, unit="proportion", level=0.95,
        headline=True, step=3, heading="The bottom line",
        sentence=f"{sharers:,} of {readers:,} readers shared ({got}).",
    )  # fmt: skip


def half_life(days: float = 5.2) -> Metric:
    """A time with an asymmetric interval."""
    return Metric(
        name="half_life", estimate=days, low=days * 0.8, high=days * 1.35, unit="days", level=0.95, headline=True,
        step=5, heading="Look closer",
    )  # fmt: skip


def run_id(began: datetime, number: int = 0) -> str:
    """The name of a run that began then."""
    return f"{began:%Y%m%dT%H%M%SZ}-{number:08x}"


def record(
    began: datetime = START,
    number: int = 0,
    *,
    metrics: Sequence[Metric] = (),
    failed: int = 0,
    seconds: float = 31.4,
    data: str = "",
    every: str | None = "0 6 * * *",
    zone: str = "UTC",
) -> Record:
    """The record of a run that ended, complete or with the exit code `failed`."""
    name, digest = run_id(began, number), hashlib.sha256(f"{data or began}".encode()).hexdigest()
    trouble = Trouble(message="ValueError: no rows left", step=2, steps=9, cell=7, heading="The data")
    return Record(
        id=name, notebook=Book(name="sharing", file="sharing.ipynb", sha256="ab" * 32, title="Who shares?"),
        status="failed" if failed else "complete", exit_code=failed, error=trouble if failed else None,
        began=began, ended=began + timedelta(seconds=seconds), seconds=seconds, zone=zone, every=every, seed=7,
        parameters=(
            Setting(name="source", type="str", value="export.xlsx", default="example", source="command line"),
            Setting(name="token", type="str", value="***", default="", source="environment", secret=True),
        ),
        inputs=(Input(file="export.xlsx", bytes=48_123, sha256=digest, rows=1_204, rejected=2),),
        versions={"fanecon": "0.1.0", "pandas": "3.1.1"}, host=HOST,
        steps=tuple(Step(cell=n, heading=f"Step {n}", seconds=seconds / 9) for n in range(1, 10)),
        metrics=() if failed else tuple(metrics)
        or (share(200 + number * 26 % 37), half_life(5 + number * 31 % 17 / 10)),
        thresholds=(Threshold(condition="share_to_read.estimate < 2%", breached=False, value=0.021),),
    )  # fmt: skip


def shelve(folder: Path, one: Record, report: str = "sharing.html") -> Path:
    """Put a record into the history of a folder of reports."""
    place = folder / ".runs" / report
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{one.id}.json"
    path.write_text(one.json_text(), encoding="utf-8")
    return path


def publish(folder: Path, one: Record, report: str = "sharing.html") -> Record:
    """Write the page of a run beside its record, in the history too."""
    failed = one.status == "failed"
    place = folder / "failed" / f"{Path(report).stem}-{one.id}.html" if failed else folder / report
    place.parent.mkdir(parents=True, exist_ok=True)
    content = page_text(one.status, run_id=one.id).encode()
    place.write_bytes(content)
    shown = place.name.encode("utf-8", "replace").decode()
    made = Page(file=shown, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    done = one.model_copy(update={"page": made})
    shelve(folder, done, report)
    if not failed:
        (folder / f"{Path(report).stem}.run.json").write_text(done.json_text(), encoding="utf-8")
    return done


def history(
    folder: Path, count: int, *, seed: int = 1, report: str = "sharing.html", zone: str = "UTC"
) -> list[Record]:
    """A folder with the daily runs of a report: most complete, some failed, late, doubled or missed; the last good."""
    draw, made = random.Random(seed), list[Record]()
    for day in range(count):
        began = START + timedelta(days=day, seconds=draw.randrange(40))
        what = draw.choices(("good", "failed", "late", "missed", "doubled"), weights=(86, 4, 4, 3, 3))[0]
        if day == count - 1:
            what = "good"
        if what == "missed":
            continue
        began += timedelta(hours=5) if what == "late" else timedelta(0)
        failed = draw.choice((4, 5, 6, 7)) if what == "failed" else 0
        made.append(record(began, day, failed=failed, seconds=20 + draw.random() * 20, zone=zone))
        if what == "doubled":
            made.append(record(began + timedelta(hours=3), day + 1_000_000, zone=zone))
    for one in made[:-1]:
        shelve(folder, one, report)
    return [*made[:-1], publish(folder, made[-1], report)]
