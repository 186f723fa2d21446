"""The seal: what the footer of a page says, and how anybody can check it.

The footer says the status of the run and the SHA-256 of the whole page, taken with zeros in the place of the checksum
itself.  A page that was cut off has no footer, one that was changed has another checksum, and a page without a footer
is no page of fanecon.  The status stands in the footer because it is written last.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

BLANK = "0" * 64
_SEAL = re.compile(r"status=(complete|failed) sha256=([0-9a-f]{64})")

Sealed = Literal["complete", "failed", "altered", "no seal"]


def seal(page: str) -> str:
    """The page with the checksum of all its bytes, zeros in its own place, in the footer."""
    head, blank, tail = page.rpartition(BLANK)
    return head + _checksum(page) + tail if blank else page


def read_seal(page: str) -> Sealed:
    """What a page says of itself if it is unchanged since it was sealed; otherwise `altered` or `no seal`."""
    found = list(_SEAL.finditer(page))
    if not found:
        return "no seal"
    start, end = found[-1].span(2)
    if _checksum(page[:start] + BLANK + page[end:]) != found[-1][2]:
        return "altered"
    return "complete" if found[-1][1] == "complete" else "failed"


def sealed(page: str) -> bool:
    """Whether a page is complete and unchanged since it was sealed."""
    return read_seal(page) == "complete"


def _checksum(page: str) -> str:
    return hashlib.sha256(page.encode("utf-8", errors="replace")).hexdigest()
