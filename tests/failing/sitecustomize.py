"""Let the n-th write below a folder fail, in whatever process of a run it happens.

Python imports a module of this name at its start.  Counted are openings for writing, writes, forcing to the disk,
renaming, linking and making folders, through the functions of `os` and `io` that the library calls; the count is in a
file, because a run is several processes.
"""

import builtins
import fcntl
import io
import os

ROOT, COUNTER = os.environ.get("FAIL_BELOW", ""), os.environ.get("FAIL_COUNTER", "")
AT, ERROR = int(os.environ.get("FAIL_AT", "0")), int(os.environ.get("FAIL_WITH", "0"))
_open, _io_open, _write, _read, _close = os.open, io.open, os.write, os.read, os.close
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
ours: set[int] = set()


def below(path):
    try:
        return os.path.abspath(os.fsdecode(path)).startswith(ROOT)  # noqa: PTH100 - the file may not exist
    except TypeError:
        return False


def count(path):
    handle = _open(COUNTER, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    number = int(_read(handle, 20) or b"0") + 1
    os.lseek(handle, 0, 0)
    _write(handle, str(number).encode())
    _close(handle)
    if number == AT:
        raise OSError(ERROR, os.strerror(ERROR), str(path))


def guarded(call):
    def wrapper(*arguments, **named):
        if any(below(one) for one in arguments[:2] if isinstance(one, (str, bytes, os.PathLike))):
            count(arguments[0])
        return call(*arguments, **named)

    return wrapper


def opened(path, flags, *rest, **named):
    mine = bool(flags & _WRITING) and below(path)
    if mine:
        count(path)
    handle = _open(path, flags, *rest, **named)
    if mine or (below(path) and os.path.isdir(path)):  # noqa: PTH112
        ours.add(handle)
    return handle


def io_opened(path, mode="r", *rest, **named):
    if isinstance(path, (str, bytes, os.PathLike)) and set(mode) & set("wax+") and below(path):
        count(path)
    return _io_open(path, mode, *rest, **named)


def on_handle(call):
    def wrapper(handle, *rest):
        if handle in ours:
            count(handle)
        return call(handle, *rest)

    return wrapper


def closed(handle):
    ours.discard(handle)
    return _close(handle)


if ROOT:
    os.open, os.close = opened, closed
    io.open = builtins.open = io_opened
    for name in ("replace", "rename", "link", "mkdir"):
        setattr(os, name, guarded(getattr(os, name)))
    for name in ("write", "fsync", "ftruncate"):
        setattr(os, name, on_handle(getattr(os, name)))
