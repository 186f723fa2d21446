"""Who makes a run: words by which a later process can tell one that still works from one that was ended."""

from __future__ import annotations

import os
import socket

import psutil

from fanecon.report.record import Host


def this_host() -> Host:
    """The process that asks, in words by which another one can tell whether it still lives."""
    return Host(name=socket.gethostname(), pid=os.getpid(), started=psutil.Process().create_time())


def alive(host: Host | None) -> bool:
    """Whether the process of a record still runs; on another machine nobody can know, so it counts as alive."""
    if host is None:
        return False
    if host.name != socket.gethostname():
        return True
    try:
        return abs(psutil.Process(host.pid).create_time() - host.started) < 1
    except psutil.Error:
        return False
