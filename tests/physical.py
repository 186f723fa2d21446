"""One table of cells in every physical format that users have: text, workbooks old and new, a page, Parquet, JSON."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from wechat_files import letters, xlsx_bytes

Rows = Sequence[Sequence[object]]
SHEET = "Sheet1"
BOOKS = ("xlsx", "xls")

_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>'
)
_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True)
class Fault:
    """A formula that failed, as a workbook keeps it."""

    text: str

    def __str__(self) -> str:
        return self.text


def written(cell: object) -> str:
    """A cell as text."""
    return "" if cell is None else str(cell)


def delimited(rows: Rows, mark: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator=end).writerows([[written(cell) for cell in row] for row in rows])
    return out.getvalue().encode(encoding)


def xlsx(rows: Rows) -> bytes:
    lines = [
        f'<row r="{at}">{"".join(_cell(cell, f"{letters(column)}{at}") for column, cell in enumerate(row))}</row>'
        for at, row in enumerate(rows, 1)
    ]
    sheet = f'<?xml version="1.0"?><worksheet xmlns="{_SPACE}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    return xlsx_bytes([sheet], [("xl/styles.xml", _STYLES.encode())])


def _cell(cell: object, where: str) -> str:
    if cell in (None, ""):
        return ""
    if isinstance(cell, bool):
        return f'<c r="{where}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, Fault):
        return f'<c r="{where}" t="e"><v>{cell}</v></c>'
    if isinstance(cell, (dt.date, dt.datetime)):
        return f'<c r="{where}" s="{2 if isinstance(cell, dt.datetime) else 1}"><v>{serial(cell)}</v></c>'
    if isinstance(cell, (int, float)):
        return f'<c r="{where}"><v>{cell!r}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def serial(on: dt.date) -> float:
    """The day number by which Excel keeps a day or a clock time."""
    moment = on if isinstance(on, dt.datetime) else dt.datetime(on.year, on.month, on.day)
    return (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)


def xls(rows: Rows) -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet(SHEET)
    day, clock = (xlwt.easyxf(num_format_str=style) for style in ("YYYY-MM-DD", "YYYY-MM-DD HH:MM:SS"))
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, Fault):
                page.row(at).set_cell_error(column, cell.text)
            elif isinstance(cell, dt.date):
                page.write(at, column, cell, clock if isinstance(cell, dt.datetime) else day)
            elif cell not in (None, ""):
                page.write(at, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html(rows: Rows) -> bytes:
    body = "".join("<tr>" + "".join(f"<td>{escape(written(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f'<html><head><meta charset="utf-8"></head><body><table>{body}</table></body></html>'.encode()


def parquet(rows: Rows) -> bytes:
    """A column of one type as that type, any other as text; names must differ."""
    header, below = [str(name) for name in rows[0]], rows[1:]
    columns = {}
    for at, name in enumerate(header):
        cells = [row[at] if at < len(row) else None for row in below]
        alike = len({type(cell) for cell in cells if cell is not None}) <= 1
        columns[name] = pa.array(cells if alike else [None if cell is None else str(cell) for cell in cells])
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def records(rows: Rows) -> list[dict[str, object]]:
    return [dict(zip([str(name) for name in rows[0]], row, strict=False)) for row in rows[1:]]


def json_list(rows: Rows) -> bytes:
    return json.dumps(records(rows), ensure_ascii=False, default=str).encode()


def json_lines(rows: Rows) -> bytes:
    return "\n".join(json.dumps(one, ensure_ascii=False, default=str) for one in records(rows)).encode()


WRITE: dict[str, Callable[[Rows], bytes]] = {
    "csv": delimited,
    "tsv": lambda rows: delimited(rows, "\t"),
    "xlsx": xlsx,
    "xls": xls,
    "html": html,
    "parquet": parquet,
    "json": json_list,
    "jsonl": json_lines,
}
