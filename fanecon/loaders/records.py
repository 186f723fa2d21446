"""Records of JSON as the rows of a sheet, so that they are read by the same tables as a workbook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from fanecon.loaders.columns import in_columns
from fanecon.loaders.sheets import Opened, Sheet, blanked


def records_sheet(opened: Opened, records: Sequence[Mapping[str, object]], *, name: str | None = None) -> Sheet:
    """JSON records as a sheet: the header is every key (``user.id`` for nested ones), row 2 the first record."""
    flat = [dict(_flat(record)) for record in records]
    keys = list(dict.fromkeys(key for record in flat for key in record))
    rows = in_columns([keys, *([record.get(key) for key in keys] for record in flat)], gap=None)
    return blanked(Sheet(name=name, rows=rows), opened.left_out)


def _flat(record: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", json.dumps(value, ensure_ascii=False)
        else:
            yield f"{prefix}{key}", value
