"""The ratio of two sums beyond expectation that share their errors (Fieller 1954).

Sums of acts have intervals on the log scale, which reach farther down than up: a day cannot have fewer than no acts.
Fieller's theorem knows nothing of that.  So the ends of a ratio are at least as far out as those of the sum above,
divided by the one below; otherwise a result could say that something stayed, and beside it that perhaps nothing did.
"""

from __future__ import annotations

import math

from fanecon.metrics.campaigns.baseline import Expected
from fanecon.metrics.campaigns.daily import Real
from fanecon.results import Interval

NO_PEAK = "the highest day lies within the scatter of ordinary days, so there is no peak of which a part could stay"
Sum = tuple[Real, Real, float]


def ratio(ahead: Expected, above: Sum, below: Sum) -> Interval:
    """Σ a·(count − part·expected) ÷ Σ b·(count − part·expected); a sum is (weights, count, part).

    With top N, bottom D, their variances and covariance, and the reach t, the interval is all R with
    (N − R·D)² ≤ t²·Var(N − R·D).  There is none where D may be zero: the interval would have no end.
    """
    (one, seen, share), (other, held, part) = above, below
    top, bottom = float(one @ (seen - share * ahead.mean)), float(other @ (held - part * ahead.mean))
    pairs = ((share * one, share * one), (part * other, part * other), (share * one, part * other))
    var_top, var_bottom, both = (float(left @ ahead.cov @ right) for left, right in pairs)
    scale = ahead.reach**2
    square = bottom**2 - scale * var_bottom
    if bottom <= 0 or square <= 0:
        return Interval(math.nan, missing=NO_PEAK)
    middle = (top * bottom - scale * both) / square
    half = math.sqrt(max(middle**2 - (top**2 - scale * var_top) / square, 0.0))
    mean, low, high = ahead.ends(one)
    beside = [(float(one @ seen) - share * end) / bottom for end in (high, mean, low)]
    return Interval(top / bottom, min(middle - half, *beside), max(middle + half, *beside))
