"""The table of a result whose rows are numbers with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from fanecon.results import Interval


def interval_table(found: Mapping[str, Interval], *, said_once: bool) -> pd.DataFrame:
    """what, estimate, low, high, and why a number or its ends are missing; without that column where none is.

    With `said_once` a reason that all rows share is left to the sentence.
    """
    rows = [(what, one.estimate, one.low, one.high, one.missing) for what, one in found.items()]
    frame = pd.DataFrame(rows, columns=["what", "estimate", "low", "high", "missing"])
    told = len(set(frame["missing"])) > 1 if said_once else frame["missing"].any()
    return frame if told else frame.drop(columns="missing")
