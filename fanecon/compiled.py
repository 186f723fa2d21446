"""Compiled functions, kept on disk so that only the first process on a machine waits for the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kept(function: F) -> F:
    """The function, compiled once and kept on disk.

    numba looks whether the file of a kept function has changed, so everything that one calls has to stand in its file.
    """
    return cast(F, numba.njit(nogil=True, cache=True)(function))
