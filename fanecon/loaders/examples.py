"""The bundled data: small files that come with their catalogue.

A number without a source is a rumour.  So a bundled file is opened through its entry in `data/catalog.toml` and in no
other way: the entry says what one row is, which unit a column has, where the numbers come from and who may use them,
and it holds the checksum.  A file whose bytes differ from the checksum is refused, because nobody could then say what
the numbers in it are.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from fanecon import readings
from fanecon.places import data
from fanecon.schema import TABLES, FileError, ParameterError, closest, shape

_CATALOG = "catalog.toml"
_SHOWN = ("file", "row", "shows", "synthetic", "source", "licence", "date", "script", "sha256")


def example(name: str) -> pd.DataFrame:
    """A bundled file as a frame, with its source, licence and doubts in `attrs`.

    Parameters
    ----------
    name
        As listed by :func:`catalog`, for example ``"facts"``; or ``"rainbow_bus"``, the facts of one article as a row.

    Returns
    -------
    pandas.DataFrame
        What one row is, and each column's unit, stands in the catalogue.  `attrs` holds table, file, row, shows,
        source, licence, synthetic and notes.

    Raises
    ------
    ParameterError
        If no bundled file has this name.
    FileError
        If the file is missing or its bytes are not the catalogue's.

    Examples
    --------
    >>> example("facts").attrs["synthetic"]
    False
    """
    if name == "rainbow_bus":
        return _rainbow_bus()
    entries = _entries()
    entry = entries[_known(name, [*entries, "rainbow_bus"], "bundled file")]
    frame = _cells(_bytes(entry), entry["columns"], entry["file"])
    if entry["table"]:
        frame = shape(frame, TABLES[entry["table"]])
    frame.attrs = {
        "table": entry["table"] or name,
        "notes": tuple(entry["notes"]),
        **{key: entry[key] for key in ("file", "row", "shows", "source", "licence", "synthetic")},
    }
    readings.note(f"data/{entry['file']}", "bundled", len(frame), tables=[frame])
    return frame


def _rainbow_bus() -> pd.DataFrame:
    """The one article whose totals were published, as a row; the text leaves open whether it counts people or times."""
    reads, shares = int(fact("rainbow_bus_reads")), int(fact("rainbow_bus_shares"))
    row = {"item_id": "chair", "title": "Don't let the chair kill you", "counted": "unstated"}
    counts = {"subscribers": int(fact("rainbow_bus_subscribers")), "readers": reads, "reads": reads}
    frame = pd.DataFrame([{**row, **counts, "sharers": shares, "shares": shares}])
    frame.attrs = {
        **example("facts").attrs,
        "row": "the welfare article of Rainbow Bus",
        "notes": (
            "Readers and reads hold the same number: the article does not say whether it counts people or times.",
        ),
    }
    return frame


def catalog() -> pd.DataFrame:
    """The bundled files, one row each: what a row is, source, licence, date, checksum and script."""
    rows = [{"name": name, **{key: entry[key] for key in _SHOWN}} for name, entry in _entries().items()]
    text = [name for name in ("name", *_SHOWN) if name not in ("synthetic", "date")]
    return pd.DataFrame(rows, columns=["name", *_SHOWN]).astype(
        {**dict.fromkeys(text, "string"), "synthetic": "boolean", "date": "datetime64[s]"}
    )


def fact(name: str) -> float:
    """The value of one published fact, in the unit that its row of ``example("facts")`` gives.

    Parameters
    ----------
    name
        A value of the column `fact`, for example ``"rainbow_bus_subscribers"``.

    Raises
    ------
    ParameterError
        If no fact has this name.

    Examples
    --------
    >>> fact("rainbow_bus_subscribers")
    933.0
    """
    values = example("facts").set_index("fact")["value"]
    return float(values[_known(name, values.index, "fact")])


def _known(name: str, names: Iterable[str], what: str) -> str:
    known = [str(one) for one in names]
    if name in known:
        return name
    raise ParameterError(f"There is no {what} '{name}'. {closest(str(name), known)}There are: {', '.join(known)}.")


def _entries() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((data() / _CATALOG).read_text(encoding="utf-8"))


def _bytes(entry: Mapping[str, Any]) -> bytes:
    path: Path = data() / entry["file"]
    again = f"Write it again with python data/{entry['script']}, or take it from the repository."
    if not path.is_file():
        raise FileError(str(path), "the catalogue lists this file, but it is not there", again)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        changed = f"the file changed: its sha256 is {found[:12]}…, the catalogue has {entry['sha256'][:12]}…"
        raise FileError(str(path), changed, again)
    return content


def _cells(content: bytes, columns: list[Mapping[str, str]], file: str) -> pd.DataFrame:
    # Everything is read as text first: pandas would guess 'NA', '1e5' or '007' into something else.
    frame = pd.read_csv(io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""])
    described = [column["name"] for column in columns]
    if list(frame.columns) != described:
        raise FileError(
            file,
            f"its columns are {', '.join(frame.columns)}; the catalogue describes {', '.join(described)}",
            "Describe every column in data/catalog.toml, in the order of the file.",
        )
    return pd.DataFrame({column["name"]: _typed(frame[column["name"]], column["dtype"]) for column in columns})


def _typed(values: pd.Series, dtype: str) -> pd.Series:
    if dtype == "boolean":
        return values.map({"True": True, "False": False}).astype("boolean")
    return values.astype(dtype)
