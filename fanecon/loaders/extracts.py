"""Extracts of public data sets: text-free, pseudonymised tables that tests and benchmarks read beside the repository.

They are not exports of a platform and do not pretend to be: an extract is known by its columns, cascades become
`cascade_nodes` and originals `items`, and what has no table here stays a frame of its own columns under its own name.
Ids are numbers of the extract and tell nothing outside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import pandas as pd

from fanecon.loaders.cascade_rows import tree_notes
from fanecon.loaders.cascade_tree import depths
from fanecon.loaders.cells import heading, plain
from fanecon.loaders.files import Opened
from fanecon.loaders.reading import Ask, Format, Reading
from fanecon.loaders.rows import Complaints
from fanecon.schema import CASCADE_NODES, ITEMS, FileError, Table, check, shape
from fanecon.tables import TIME

_NO_TIME = "Seconds since the original only; rooted(nodes, items) of ced_originals adds times, authors and followers."
_BOARD = "One snapshot per hour: a single sighting means up to about an hour on the board."


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One extract: its columns (``name:text`` where they are no numbers), what a row is, and the table made of it.

    `no_table` says why there is none; such an extract is known and refused with the call that opens it.
    """

    name: str
    row: str
    columns: str
    make: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    table: Table | None = None
    notes: tuple[str, ...] = ()
    no_table: str = ""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Column → ``number`` or ``text``, in the order of the file."""
        return {one.partition(":")[0]: one.partition(":")[2] or "number" for one in self.columns.split()}


def _ced(frame: pd.DataFrame) -> pd.DataFrame:
    """Reposts with a row for each original, the event 0 that the parents name."""
    extra = '{"text_len": ' + id_of(frame["text_len"]) + ', "n_mentions": ' + id_of(frame["n_mentions"]) + "}"
    nodes = pd.DataFrame({
        "cascade_id": id_of(frame["cascade_id"]),
        "node_id": id_of(frame["event_id"]),
        "parent_id": id_of(frame["parent_id"]),
        "actor_id": id_of(frame["user"]),
        "seconds": frame["dt"],
        "kind": "unknown",
        "extra": extra,
    })  # fmt: skip
    roots = pd.DataFrame({"cascade_id": nodes["cascade_id"].unique(), "node_id": "0", "seconds": 0, "kind": "root"})
    return pd.concat([roots, nodes], ignore_index=True)


def _originals(frame: pd.DataFrame) -> pd.DataFrame:
    time = pd.to_datetime(frame["t0"].astype("int64"), unit="s", utc=True)
    kept = ["rumor", "incentive", "followers", "friends", "posts", "verified", "verified_type", "pics", "has_url"]
    rest = frame[kept].astype(object).where(frame[kept].notna(), None).to_dict("records")
    return pd.DataFrame({
        "item_id": id_of(frame["cascade_id"]),
        "account_id": id_of(frame["author"]),
        "platform": "weibo",
        "kind": "post",
        "published_at": time.astype(TIME),
        "published_date": time.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None).dt.normalize(),
        "time_precision": "s",
        "tz_source": "given",
        "shares": frame["reposts"],
        "comments": frame["comments"],
        "likes": frame["likes"],
        "extra": [json.dumps(one) for one in rest],
    })  # fmt: skip


def _deephawkes(frame: pd.DataFrame) -> pd.DataFrame:
    """A person who reposts twice is ``name#2``; of several posts of a parent the one a step above is meant."""
    user = id_of(frame["user"])
    again = frame.groupby(["cascade", "user"]).cumcount()
    node = user.where(again == 0, user + "#" + (again + 1).astype("string"))
    places = pd.DataFrame({"cascade": frame["cascade"], "person": frame["user"], "depth": frame["depth"], "node": node})
    asked = pd.DataFrame({"cascade": frame["cascade"], "person": frame["parent"], "depth": frame["depth"] - 1})
    above = asked.merge(places.drop_duplicates(["cascade", "person", "depth"]), how="left")["node"].set_axis(
        frame.index
    )
    began = pd.to_datetime(frame["pub"].astype("int64"), unit="s", utc=True)
    return pd.DataFrame({
        "cascade_id": id_of(frame["cascade"]),
        "node_id": node,
        "parent_id": above.where(frame["parent"].notna()).fillna(id_of(frame["parent"])),
        "actor_id": user,
        "time": (began + pd.to_timedelta(frame["dt"].astype("int64"), unit="s")).astype(TIME),
        "time_precision": "s",
        "tz_source": "given",
        "seconds": frame["dt"],
        "kind": frame["parent"].isna().map({True: "root", False: "repost"}),
    })  # fmt: skip


def _seismic(frame: pd.DataFrame) -> pd.DataFrame:
    root = pd.Series(frame.index == frame.index[0], index=frame.index) & (frame["dt"] == 0)
    return pd.DataFrame({
        "cascade_id": "tweet",
        "node_id": pd.Series(range(len(frame)), index=frame.index).astype("string"),
        "seconds": frame["dt"],
        "followers": frame["followers"],
        "kind": root.map({True: "root", False: "repost"}),
    })  # fmt: skip


def id_of(values: pd.Series) -> pd.Series:
    """Numbers of an extract as ids."""
    return values.astype("Int64").astype("string")


EXTRACTS = (
    Extract(
        name="ced_reposts",
        row="one repost or comment of a CED cascade",
        columns="cascade_id event_id parent_id user dt text_len n_mentions",
        make=_ced,
        table=CASCADE_NODES,
        notes=(_NO_TIME, "Reposts and comments are not told apart."),
    ),
    Extract(
        name="ced_originals",
        row="one original of CED; extra: rumor, incentive (our label), followers",
        columns="cascade_id author t0 rumor incentive:text followers friends posts verified:text verified_type "
        "account_created reposts comments likes pics has_url:text",
        make=_originals,
        table=ITEMS,
    ),
    Extract(
        name="weibo_deephawkes_sample",
        row="one participant of a cascade",
        columns="cascade pub user parent depth dt",
        make=_deephawkes,
        table=CASCADE_NODES,
        notes=("Parents are persons: of one who posted twice, the first post a step above is taken for the parent.",),
    ),
    Extract(
        name="twitter_seismic_cascade",
        row="one retweet of one tweet",
        columns="dt followers",
        make=_seismic,
        table=CASCADE_NODES,
        notes=("Who retweeted whom is not told.",),
    ),
    Extract(
        name="weibo_event_hourly",
        row="posts on an event in one hour",
        columns="event:text hour:text posts",
        notes=("The hours have no zone.",),
    ),
    Extract(
        name="weibo_hot_episodes",
        row="one stay of a topic on the hot-search board",
        columns="topic_id first_seen minutes_on_board n_snapshots best_rank first_rank pinned_snapshots",
        notes=(_BOARD, "first_seen is in unix seconds; rank 0 is the pinned slot."),
    ),
    Extract(
        name="weibo_bursts",
        row="one word whose board time peaked at 24 or more topic-hours in a day",
        columns="burst_id keyword_id peak_day:text peak_board_hours median_board_hours_61d days_above_10pct "
        "days_after_peak days_before_peak total_board_hours",
        notes=(_BOARD,),
    ),
    Extract(
        name="weibo_burst_daily",
        row="one word on one day around its peak",
        columns="burst_id rel_day board_hours",
        notes=(_BOARD,),
    ),
)


def read_extract(extract: Extract, opened: tuple[Opened, ...], ask: Ask) -> Reading:
    """The table of an extract.

    Raises
    ------
    FileError
        With every cell that is no number where one belongs, if the rows break a rule of the table, or if none fits.
    """
    one = opened[0]
    if extract.no_table:
        _refuse(extract, one)
    frame = _frame(extract, one)
    if frame.empty:
        raise FileError(one.file, "There is a header but no row under it", "Take the extract again.")
    made, notes = _made(extract, frame), extract.notes
    if extract.table is CASCADE_NODES:
        made["depth"] = depths(made)
        notes += tuple(tree_notes(made))
    name = extract.table.name if extract.table else extract.name
    made.attrs = {"table": name, "format": extract.name, "file": one.file, "row": extract.row, "notes": notes}
    what = f"an extract of public data: {extract.row}"
    tables = {name: made}
    return Reading(
        file=one.file, format=extract.name, what=what, why=recognise(extract, opened), tables=tables,
        rows_read=len(frame), notes=notes,
    )  # fmt: skip


def _refuse(extract: Extract, opened: Opened) -> NoReturn:
    call = f"pandas.read_parquet('{opened.file}')" if opened.kind == "parquet" else f"pandas.read_csv('{opened.file}')"
    problem = f"This is an extract of public data ({extract.row}) that no table of fanecon fits. {extract.no_table}"
    raise FileError(opened.file, problem, f"Open it as it is: {call}.")


def _made(extract: Extract, frame: pd.DataFrame) -> pd.DataFrame:
    if extract.make is None or extract.table is None:
        return frame
    made = extract.make(frame)
    made["source_format"] = extract.name
    return check(shape(made, extract.table), extract.table)


def recognise(extract: Extract, opened: tuple[Opened, ...]) -> str:
    """The columns of an extract, all of them and in their order."""
    rows = opened[0].sheets[0].rows if len(opened) == 1 and opened[0].sheets else []
    head = [heading(cell) for cell in rows[0]] if len(rows) else []
    return f"the columns {', '.join(extract.kinds)}" if head == list(extract.kinds) else ""


def _frame(extract: Extract, opened: Opened) -> pd.DataFrame:
    """The rows with numbers as numbers; rows that are left out are not there."""
    numbered = [(number, row) for number, row in enumerate(opened.sheets[0].rows, 1) if number > 1 and len(row)]
    width = len(extract.kinds)
    cells = [[*row, *[None] * (width - len(row))][:width] for _, row in numbered]
    frame = pd.DataFrame(cells, columns=list(extract.kinds), index=[number for number, _ in numbered])
    complaints = Complaints(opened.file, opened.sheets[0].name)
    for number, row in numbered if opened.kind != "parquet" else ():
        for cell in (cell for cell in row[width:] if plain(cell)):
            complaints.add("a cell beyond the last column name", row=number, column=f"number {width + 1}", value=cell)
    for name, kind in extract.kinds.items():
        if kind == "text":
            frame[name] = frame[name].astype("string")
            continue
        written = frame[name].replace("", None)
        found = pd.to_numeric(written, errors="coerce")
        for row in frame.index[written.notna() & found.isna()]:
            complaints.add("not a number", row=int(row), column=name, value=frame.at[row, name])
        frame[name] = found.convert_dtypes()
    complaints.stop()
    return frame.reset_index(drop=True)


def format_of(extract: Extract) -> Format:
    """The format of an extract."""
    refused = ", which is explained and refused" if extract.no_table else ""
    return Format(
        name=extract.name,
        what=f"an extract of public data: {extract.row}{refused}",
        recognise=lambda opened: recognise(extract, opened),
        read=lambda opened, ask: read_extract(extract, opened, ask),
    )


FORMATS: tuple[Format, ...] = tuple(map(format_of, EXTRACTS))
