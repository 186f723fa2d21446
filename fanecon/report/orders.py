"""Orders: a run in the words of its caller, judged before anything starts.

Every word that cannot stand is refused here, all of them at once: the name of the notebook, the parameters, the
conditions, the place of the page.  What comes out may be carried out without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fanecon.report import parameters as knobs
from fanecon.report import shelf
from fanecon.report.limits import USUAL, Limits
from fanecon.report.record import Setting
from fanecon.schema import ParameterError, RunError


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run that has been judged and may begin.

    Parameters
    ----------
    page
        Where the page goes.
    every
        The period or cron line of the schedule, for the history.
    """

    notebook: shelf.Notebook
    settings: tuple[Setting, ...]
    code: str
    secrets: Mapping[str, str]
    files: tuple[str, ...]
    page: Path
    conditions: tuple[str, ...] = ()
    limits: Limits = USUAL
    every: str | None = None
    zone: str = "UTC"
    personal: bool = False


def judge(
    name: str,
    values: Mapping[str, object],
    *,
    out: str | Path | None = None,
    fail_if: Iterable[str] = (),
    limits: Limits = USUAL,
) -> Order:
    """A run in the words of its caller, judged; nothing has started."""
    notebook = shelf.find(name)
    given = knobs.check_values(notebook, values)
    page = _target(Path(out) if out is not None else Path("reports") / f"{notebook.name}.html")
    settings = tuple(
        Setting(
            name=p.name,
            type=p.type,
            value=given.get(p.name, p.default),
            default=p.default,
            source="call" if p.name in given else "default",
        )
        for p in knobs.read_parameters(notebook)
    )
    code = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    files = tuple(str(item) for one in settings for item in (one.value if isinstance(one.value, list) else [one.value]))
    return Order(
        notebook=notebook,
        settings=settings,
        code=code,
        secrets={},
        files=files,
        page=page,
        conditions=tuple(fail_if),
        limits=limits,
    )


def _target(target: Path) -> Path:
    if target.suffix.lower() != ".html" or "\0" in str(target):
        raise ParameterError(f"A page is an .html file; found {str(target)!r}. Type -o {target.stem or 'report'}.html.")
    if target.exists() and not target.is_file():
        raise RunError(f"Cannot write {target}: it is a folder or a device. Choose another name with -o.", 8)
    return target
