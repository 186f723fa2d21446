"""The tables of an HTML page, for pages that bear the name of a workbook.

WeChat's follower table is such a page, and so is the login form that a browser saves in its place when the session has
ended.  The standard library's parser is enough for the first; the second is recognised and named.
"""

from __future__ import annotations

import html.parser
import re

from fanecon.schema import FileError


def html_rows(file: str, text: str) -> list[list[str]]:
    """All rows of all tables of a page, top to bottom, as Excel numbers them.

    Raises
    ------
    FileError
        If the text is another kind of markup, holds no table, or was cut off.
    """
    lower = text[:2_000].casefold()
    if "urn:schemas-microsoft-com:office:spreadsheet" in lower and "<workbook" in lower:
        raise FileError(file, "This is an Excel 2003 XML workbook", "Open it in Excel and save it as .xlsx.")
    if "<table" not in text.casefold():
        raise FileError(file, *_no_table(text))
    if "</table" not in text.casefold():
        raise FileError(file, "The HTML table has no end: the file was cut off", "Download it again.")
    page = _TableRows()
    page.feed(text)
    page.close()
    return page.rows


def _no_table(text: str) -> tuple[str, str]:
    title = re.search(r"<title[^>]*>([^<]{0,80})", text, re.IGNORECASE)
    if title is None and "<html" not in text[:2_000].casefold():
        return "This is an XML text without a table", "Export the table as .xls, .xlsx or CSV."
    named = f" titled '{title[1].strip()}'" if title else ""
    fix = "A login page is often saved in place of the file: sign in and download it again."
    return f"This is an HTML page{named} without a table", fix


class _TableRows(html.parser.HTMLParser):
    """Every table row of a page as a list of texts; a cell over n columns is followed by n - 1 empty ones."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.open = len(self.rows[-1])
            self.rows[-1] += [""] * _span(dict(attrs).get("colspan"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self.open = None

    def handle_data(self, data: str) -> None:
        if self.open is not None and self.open < len(self.rows[-1]):
            self.rows[-1][self.open] += data


def _span(written: str | None) -> int:
    return min(int(written), 100) if written and re.fullmatch("[1-9][0-9]{0,3}", written) else 1
