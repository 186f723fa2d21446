"""Opens an old workbook in a process of its own and prints how far each of its sheets reaches.

Why a process of its own.  In a BIFF file three wrong bytes are enough for a cell to claim row 65 535 and column 65 535;
the reader then asks for a hundred gigabytes and, being Rust, does not raise but ends the whole process: the notebook's
kernel and everything in it.  Here only the probe ends.  It is run as a script, by :mod:`fanecon.loaders.files`.
"""

from __future__ import annotations

import contextlib
import io
import sys

import python_calamine

MOST_MEMORY = 2 * 10**9


def main() -> None:
    """Read a workbook from standard input; print the last row and column of each sheet, 0-based."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())) as book:
        for name in book.sheet_names:
            print(*(book.get_sheet_by_name(name).end or (0, 0)))


if __name__ == "__main__":
    main()
