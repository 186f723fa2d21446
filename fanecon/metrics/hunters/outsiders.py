"""What is said of those who touch the same outside parties: an exchange, a shop, a purse that thousands use.

An outside party that thousands touch ties nobody to anybody (:mod:`fanecon.metrics.hunters.ties`), and still it says
something: some parties are used by people who live on a chain, others by those who only collect.  Which are which
need not be known in advance: the cases of the others who touch it tell.  Of party v and account i with component c_i

    r_iv = Σ_j (x_j − x̄) ÷ (n + 20)   over the n accounts j that touch v and are not of component c_i,

with x_j the cases in bits: the mean of the others, drawn to the common one as if twenty more had been seen there (the
shrinkage of James and Stein 1961).  An account hears itself and its own component nowhere, or a farm that has a purse
to itself would be heard twice.  Which of mean, sum, least and largest of an account's r_iv counts, and how much, is
for labels to say: without labels this is not looked at.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fanecon.metrics.hunters.closeness import Array

FEW = 20.0


def heard_outside(case: Array, shared: pd.DataFrame, component: Array, names: pd.Index) -> pd.DataFrame:
    """Mean, sum, least and largest of what is heard of the outside parties of each account, in bits; 0 with none."""
    pairs = shared[["value", "account"]].drop_duplicates()
    place = names.get_indexer(pairs["account"])
    held = place >= 0
    party, who = pd.factorize(pairs["value"])[0][held], place[held]
    above = (case - case.mean())[who]
    _, own = np.unique(party.astype(np.int64) * len(names) + component[who], return_inverse=True)
    others = _sum(party, above) - _sum(own, above)
    number = _sum(party, np.ones(len(who))) - _sum(own, np.ones(len(who)))
    heard = pd.Series(others / (number + FEW)).groupby(who)
    return heard.agg(["mean", "sum", "min", "max"]).reindex(range(len(names)), fill_value=0.0).set_axis(names)


def _sum(cell: Array, values: Array) -> Array:
    return np.asarray(np.bincount(cell, values)[cell])
