"""An account is judged in the company it keeps: its own case drawn to the cases of those it is tied to.

Accounts of one hand are of one kind, so the signs of each speak for all of them, but not once per account: they were
made by the same hand and repeat each other.  Hence not a sum over the company but a mean.  With c the own case and
w_ij the ties, x minimises Σ (x_i − c_i)² + Σ w_ij (x_i − x_j)², that is (I + D − W) x = c: each account's own case and
each of its ties weigh alike, and ties of ties count less and less (a Gaussian Markov field; with fixed labels Zhu,
Ghahramani and Lafferty 2003).  A tie weighs as much as the share of its kind that is one hand.
"""

from __future__ import annotations

import numpy as np

from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.mixture import MOST_BITS
from fanecon.metrics.hunters.ties import Ties

ACCURACY = 1e-8


def in_company(case: Array, ties: Ties) -> Array:
    """The case of each account (bits) after its company has been heard; no single own case counts above 11.5 bits."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import cg

    held, size = ties.direct, len(case)
    own = np.clip(case, -MOST_BITS, MOST_BITS)
    if not held.any():
        return own
    ends = np.concatenate([ties.one[held], ties.other[held]]), np.concatenate([ties.other[held], ties.one[held]])
    weights = coo_array((np.tile(ties.usual[held], 2), ends), (size, size)).tocsr()
    degree = np.asarray(weights.sum(axis=1)).ravel()
    found, _ = cg(diags_array(1 + degree) - weights, own, x0=own, rtol=ACCURACY, M=diags_array(1 / (1 + degree)))
    return np.asarray(found)
