"""Pages in a bucket: made here first, then copied there, whole or not at all.

A run writes its page on this machine as always, with lock, journal and history, below `reports/` in folders named
after the address.  Only a page that is complete is then copied, its record before it, and read back byte by byte.  An
object store shows an object when all of it has arrived, so nobody meets half a page.  If the copy fails the page is
still here, and the exit code says that it did not arrive.

Which stores: all that fsspec knows (s3, gs, az, sftp …); credentials come from the environment and the files of the
store's own tools, never from the address, which is shown in logs.  The lock is one of this machine: two machines that
write one address replace each other's pages, each of them whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fanecon.errors import ParameterError, RunError
from fanecon.report.codes import Code

HERE = "reports"
TRIES = 3
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_LOCAL = frozenset({"file", "local", "memory"})


@dataclass(frozen=True)
class Remote:
    """A store by its scheme (`s3`), under which the folders of `reports/<scheme>/` are addresses."""

    scheme: str

    def address(self, page: Path) -> str:
        """The address of a page that lies here."""
        return f"{self.scheme}://{PurePosixPath(*page.relative_to(Path(HERE) / self.scheme).parts)}"


def split(out: str) -> tuple[Remote, str] | None:
    """The store of an address and the path here that stands for it; None for a path of this machine.

    Raises
    ------
    ParameterError
        If the address cannot stand: no bucket, credentials or a query in it, a store that is none.
    """
    found = _ADDRESS.fullmatch(out)
    if not found:
        return None
    scheme, rest = found["scheme"], found["rest"]
    if scheme in _LOCAL:
        raise ParameterError(f"{scheme}:// is a path of this machine. Type -o {rest or 'report.html'} instead.")
    if "@" in rest.split("/")[0] or "?" in rest or "#" in rest:
        raise ParameterError(
            "The address of a page has no user, password or query; credentials come from the environment. "
            f"Type -o {scheme}://bucket/folder/report.html."
        )
    if "/" not in rest.strip("/") or rest.startswith("/"):
        raise ParameterError(f"The address needs a bucket and a name. Type -o {scheme}://bucket/report.html.")
    _known(scheme)
    return Remote(scheme), f"{HERE}/{scheme}/{rest}"


def _known(scheme: str) -> None:
    try:
        import fsspec

        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        fix = "Install what it needs: pip install 'fanecon[cloud]'"
        raise ParameterError(f"Addresses of {scheme}:// cannot be opened here: {error}. {fix}.") from error
    except ValueError as error:
        raise ParameterError(f"There is no store {scheme}://. Use s3://, gs://, az:// or sftp://.") from error


def upload(remote: Remote, page: Path, *beside: Path) -> str:
    """The address to which a page was copied, after the files that belong to it.

    Raises
    ------
    RunError
        With code 8 if it did not arrive, letter by letter, after three tries.
    """
    for local in (*beside, page):
        with _told(remote.address(local), page):
            _arrive(remote.address(local), local.read_bytes())
    return remote.address(page)


@contextmanager
def _told(address: str, page: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the libraries of the stores raise whatever they like
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        text = f"The page is complete here, as {page}, but did not arrive at {address}: {why}"
        raise RunError(f"{text}. Copy it by hand, or run it again.", Code.WRITE) from error


def _arrive(address: str, content: bytes) -> None:
    """Write an object and read it back; a hitch of the network gets three tries."""
    for left in reversed(range(TRIES)):
        try:
            files, path = _opened(address)
            files.pipe_file(path, content)
            if files.cat_file(path) != content:
                raise OSError("what arrived differs from what was sent")
            return
        except Exception:
            if not left:
                raise
            time.sleep(2.0 ** (TRIES - left) / 4)


def _opened(address: str) -> tuple[Any, str]:
    import fsspec

    files, path = fsspec.core.url_to_fs(address, skip_instance_cache=True, use_listings_cache=False)
    return files, path
