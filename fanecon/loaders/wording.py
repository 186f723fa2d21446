"""Counts in sentences: one row *has*, two rows *have*."""

from __future__ import annotations


def many(times: int, one: str, several: str) -> str:
    """A count and what is said of it: ``many(1, "row has", "rows have")`` is ``1 row has``."""
    return f"1 {one}" if times == 1 else f"{times:,} {several}"
