"""Two hundred texts that would run, ask or draw over a page if one of them became HTML, and how to tell which did.

They stand in `payloads.txt`, one a line with the escapes of Python.  `HIT` becomes a call that the browser of the
tests notices (`hit("17")`), `ASK` the address of a host that does not exist, `SAY` a dialog; each payload carries its
own number.  They are ordered by what they attack: the parser (unclosed and foreign elements, comments, raw text), an
attribute, an address, a style sheet, a sanitiser that parses otherwise than the browser, the names that scripts look
up, Markdown, a formula, an encoding.
"""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

HOST = "asked.invalid"


def payloads() -> list[str]:
    """The texts, the first with the number 1."""
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return [_filled(_decoded(line), number) for number, line in enumerate(lines, 1)]


def _decoded(line: str) -> str:
    return line.encode("latin-1", "backslashreplace").decode("unicode_escape")


def _filled(text: str, number: int) -> str:
    hit = f"hit({number})"
    words = {
        "B64": base64.b64encode(hit.encode()).decode(),
        "HITP": quote(hit),
        "HITQ": hit,
        "HIT": hit,
        "SAY": f"alert({number})",
        "ASKHOST": f"n{number}.{HOST}",
        "ASK": f"http://n{number}.{HOST}/{number}",
        "NUMBER": str(number),
    }
    for word, meant in words.items():
        text = text.replace(word, meant)
    return text
