"""Texts that several accounts write with hardly a change: bought praise is copied, and its numbers and signs differ.

A text is cut into runs of five letters; what is neither a letter nor a Chinese character goes first.  The smallest
hashes of those runs (Broder 1997, doi:10.1109/SEQUEN.1997.666900) make two bands of two: two texts of likeness s
(shared runs of all runs) meet in one with the chance 1 − (1 − s²)².  Only the share comes out, never a text.
"""

from __future__ import annotations

import re
import zlib

import pandas as pd

RUN, SHORTEST, BANDS, WIDTH = 5, 8, 2, 2
LEAST_ACCOUNTS = 3
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_SALTS = tuple((0x9E3779B1 * (at + 1)) & 0xFFFFFFFF for at in range(BANDS * WIDTH))


def repeated_texts(accounts: pd.Series, texts: pd.Series) -> pd.Series:
    """The share of each account's texts that nearly equal a text of at least two other accounts.

    Returns
    -------
    Series
        Indexed by account; those without a text of eight letters are missing.
    """
    plain = texts.astype("string").str.casefold().str.replace(_NOT_LETTERS, "", regex=True)
    held = plain.notna() & (plain.str.len() >= SHORTEST)
    frame = pd.DataFrame({"account": accounts[held].to_numpy(), "text": plain[held].to_numpy()})
    frame["signature"] = [_signature(text) for text in frame["text"]]
    again = pd.Series(False, index=frame.index)
    for band in range(BANDS):
        part = frame["signature"].map(lambda s, at=band: s[at * WIDTH : (at + 1) * WIDTH])
        again |= frame.groupby(part)["account"].transform("nunique") >= LEAST_ACCOUNTS
    return again.astype(float).groupby(frame["account"]).mean()


def _signature(text: str) -> tuple[int, ...]:
    runs = {zlib.crc32(text[at : at + RUN].encode()) for at in range(max(1, len(text) - RUN + 1))}
    return tuple(min((run ^ salt) * 0x85EBCA6B & 0xFFFFFFFF for run in runs) for salt in _SALTS)
