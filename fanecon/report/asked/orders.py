"""Orders: a run in the words of its caller, judged before anything starts.

Every word that cannot stand is refused here, all of them at once: the name of the notebook, the parameters, the
conditions, the place of the page.  What comes out may be carried out without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fanecon.report import shelf
from fanecon.report.asked import outputs, remote
from fanecon.report.asked.parameters import settle
from fanecon.report.asked.thresholds import judge_names, parse
from fanecon.report.history.schedule import read_schedule, read_zone
from fanecon.report.limits import USUAL, Limits
from fanecon.report.record import Setting


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a caller says besides the name of the notebook.

    Parameters
    ----------
    pairs, file
        Parameters as `name=value`, and a parameters file.
    out, root
        Where the page goes (`{name}` stands for a parameter), and the folder that it must not leave.
    every, zone
        The period or cron line of the schedule; the time zone in which the page shows times.
    personal
        Whether the page may show personal numbers, such as a phone's.
    """

    pairs: tuple[str, ...] = ()
    file: Path | None = None
    out: str = ""
    root: Path | None = None
    every: str | None = None
    zone: str = "UTC"
    personal: bool = False


PLAIN = Asked()


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run that has been judged and may begin.

    Parameters
    ----------
    page, store
        Where the page goes on this machine, and the store that it is copied to.
    every
        The period or cron line of the schedule, for the history.
    """

    notebook: shelf.Notebook
    settings: tuple[Setting, ...]
    code: str
    secrets: Mapping[str, str]
    files: tuple[str, ...]
    page: Path
    root: Path | None = None
    store: remote.Remote | None = None
    conditions: tuple[str, ...] = ()
    limits: Limits = USUAL
    every: str | None = None
    zone: str = "UTC"
    personal: bool = False


def judge(
    name: str,
    values: Mapping[str, object] | None = None,
    *,
    asked: Asked = PLAIN,
    conditions: Iterable[str] = (),
    limits: Limits = USUAL,
) -> Order:
    """A run in the words of its caller, judged; nothing has started.

    Parameters
    ----------
    name, values
        The notebook, and parameters by name as a call from Python gives them.
    asked
        What the caller said about parameters and the place of the page.
    conditions
        What is to be told by an exit code of 3.

    Raises
    ------
    ParameterError
        If a word of it cannot stand.
    RunError
        With code 8 if no page can be written there.
    """
    notebook = shelf.find(name)
    settled = settle(notebook, pairs=asked.pairs, file=asked.file, values=values)
    zone = read_zone(asked.zone).key
    if asked.every is not None:
        read_schedule(asked.every, zone)
    judged = [parse(one) for one in conditions]
    judge_names(judged, [shelf.source(cell) for cell in notebook.cells if cell.get("cell_type") == "code"])
    store, out = remote.split(asked.out) or (None, asked.out or f"{remote.HERE}/{notebook.name}.html")
    root = asked.root or (Path(remote.HERE) / store.scheme if store else None)
    page = outputs.judge(out, values=settled.values, root=root, secrets=settled.secrets)
    shown = {name: value for name, value in settled.values.items() if name not in settled.secrets}
    return Order(
        notebook=notebook,
        settings=settled.settings,
        code=settled.code,
        secrets=settled.secrets,
        files=tuple(_texts(shown.values())),
        page=page,
        root=outputs.fence(out, root),
        store=store,
        conditions=tuple(map(str, judged)),
        limits=limits,
        every=asked.every,
        zone=zone,
        personal=asked.personal,
    )


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
