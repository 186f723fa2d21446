"""How many there are, from a detector that errs: what its flags say once its own mistakes are taken out.

A detector that is right on 90 % of the hunters and 95 % of the others flags 4.75 of 100 honest accounts as well.  Of
all it flags in a campaign with few hunters most are then fans, and the share of flags overstates the share of hunters.
Rogan and Gladen's estimate turns one into the other; Lang and Reiczigel's interval keeps its word also when
sensitivity and specificity were themselves estimated.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats as distributions

from fanecon import stats
from fanecon.results import Interval
from fanecon.schema import ParameterError
from fanecon.stats.proportions import checked_level, proportion_of


class Rate(NamedTuple):
    """A sensitivity or specificity: its value, and of how many known accounts it was found (None = known exactly)."""

    value: float
    trials: float | None = None


def true_prevalence(
    flagged: float,
    accounts: float,
    *,
    sensitivity: float | tuple[float, float],
    specificity: float | tuple[float, float],
    level: float = 0.95,
) -> Interval:
    """The share of hunters, from the share of flags and how often flags err: (p + Sp − 1) ÷ (Se + Sp − 1).

    Parameters
    ----------
    flagged, accounts
        How many were flagged of how many (people).
    sensitivity, specificity
        Chance that a hunter is flagged, that another is not; as (value, known accounts it was found from) its own
        doubt enters the interval.

    Raises
    ------
    ParameterError
        If sensitivity + specificity is not above 1: such flags say nothing.

    References
    ----------
    Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510; Lang and Reiczigel 2014,
    doi:10.1016/j.prevetmed.2013.09.015

    Examples
    --------
    >>> print(true_prevalence(120, 1000, sensitivity=0.90, specificity=0.95))
    8.24 % (6.04 to 10.8)
    """
    apparent, z = proportion_of(flagged, accounts), float(distributions.norm.ppf(1 - checked_level(level) / 2))
    right, clear = _rate(sensitivity), _rate(specificity)
    informed = right.value + clear.value - 1
    if not informed > 0:
        raise ParameterError(
            f"Sensitivity {right.value:g} and specificity {clear.value:g} add up to no more than 1: "
            "the flags say nothing."
        )
    estimate = min(max((apparent + clear.value - 1) / informed, 0.0), 1.0)
    low, high = _known(flagged, accounts, right, clear, level) or _estimated(apparent, accounts, right, clear, z)
    return Interval(estimate, min(max(low, 0.0), estimate), max(min(high, 1.0), estimate), "proportion")


def _rate(given: float | tuple[float, float]) -> Rate:
    rate = Rate(*given) if isinstance(given, tuple) else Rate(given)
    if not 0 <= rate.value <= 1 or (rate.trials is not None and rate.trials <= 0):
        raise ParameterError(
            f"A rate is a proportion, perhaps with how many accounts it was found from; found {given!r}."
        )
    return rate


def _known(flagged: float, accounts: float, right: Rate, clear: Rate, level: float) -> tuple[float, float] | None:
    """Where both rates are known exactly: the ends of Wilson's interval, transformed."""
    if right.trials is not None or clear.trials is not None:
        return None
    seen, informed = stats.wilson(flagged, accounts, level=level), right.value + clear.value - 1
    return (seen.low + clear.value - 1) / informed, (seen.high + clear.value - 1) / informed


def _estimated(apparent: float, accounts: float, right: Rate, clear: Rate, z: float) -> tuple[float, float]:
    n, p = accounts + z**2, (accounts * apparent + z**2 / 2) / (accounts + z**2)
    se, se_n = _added(right)
    sp, sp_n = _added(clear)
    informed = se + sp - 1
    share = (p + sp - 1) / informed
    errs = se * (1 - se) / se_n, sp * (1 - sp) / sp_n
    moved = 2 * z**2 * (share * errs[0] - (1 - share) * errs[1])
    half = z * math.sqrt(p * (1 - p) / n + share**2 * errs[0] + (1 - share) ** 2 * errs[1]) / informed
    return share + moved - half, share + moved + half


def _added(rate: Rate) -> tuple[float, float]:
    """One success and one failure more; a rate that is known exactly has no error."""
    if rate.trials is None:
        return rate.value, math.inf
    return (rate.trials * rate.value + 1) / (rate.trials + 2), rate.trials + 2


def predictive_value(prevalence: float, *, sensitivity: float, specificity: float) -> float:
    """The chance that a flagged account is a hunter: Se·π ÷ (Se·π + (1 − Sp)·(1 − π)).

    Raises
    ------
    ParameterError
        If a value is not a proportion, or nobody would be flagged.

    Examples
    --------
    >>> round(predictive_value(0.05, sensitivity=0.9, specificity=0.95), 6)
    0.486486
    """
    if not all(0 <= one <= 1 for one in (prevalence, sensitivity, specificity)):
        raise ParameterError(f"Proportions are needed; found {prevalence!r}, {sensitivity!r}, {specificity!r}.")
    right, wrong = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    if right + wrong == 0:
        raise ParameterError("With these rates nobody would be flagged: there is no predictive value.")
    return right / (right + wrong)
