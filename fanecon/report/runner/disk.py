"""Writing so that a file is whole or not there: every write of a run goes through these few functions.

A file is written under another name, forced to the disk, and moved to its place in one step.  A failure says what was
to be written, how large it is and what the system said, and leaves what was there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fanecon.errors import RunError
from fanecon.report.codes import Code

NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP)  # a file system without links


@contextmanager
def told(path: Path, what: str = "") -> Iterator[None]:
    """Turn an error of the system inside the block into a refusal that names the file.

    Raises
    ------
    RunError
        With code 8.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fix = "Choose another place with -o, or make room there."
        raise RunError(f"Cannot write {path}{what}: {why}. {fix}", Code.WRITE) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are not there."""
    if not folder.is_dir():
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)


def write(path: Path, content: bytes, *, told_as: Path | None = None) -> None:
    """Write a new file and force it to the disk; a file of that name is replaced only by the whole of it.

    Raises
    ------
    RunError
        With code 8, naming the file (or the one it is for) and the bytes it needs.
    """
    fresh = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    with told(told_as or path, f" ({len(content):,} bytes)"):
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
            try:
                left = memoryview(content)
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(fresh, path)  # noqa: PTH105 - the calls of the system are what the tests let fail
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)  # noqa: PTH108
            raise


def move(source: Path, to: Path) -> None:
    """Put a file in its place in one step."""
    with told(to):
        os.replace(source, to)  # noqa: PTH105


def keep(path: Path, copy: Path) -> bool:
    """Keep the present state of a file under another name; whether there was one."""
    with told(copy):
        try:
            os.link(path, copy, follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            shutil.copy2(path, copy, follow_symlinks=False)
        return True


def remove(path: Path) -> None:
    """Remove a file or a folder, if it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """The SHA-256 of a file; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
