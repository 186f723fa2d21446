"""The change of a number between two runs, with the interval that the two runs allow.

Two estimates of a scheduled report are seldom independent: the export of today holds most of the rows of the export
of yesterday.  What is known of that decides what can be said:

- *same data* (every input has the same checksum): the change is exact.  It comes from parameters, code or versions,
  not from chance, and an interval around it would be an invention.
- otherwise the interval is that of two independent samples, made from the two intervals by squaring and adding their
  arms (Newcombe's way for proportions, shown by Zou and Donner to hold for any two estimates whose intervals hold).  It
  keeps the asymmetry of both.  Where the runs share rows their errors go the same way and partly cancel in the
  difference, so the interval is then wider than it need be: it errs on the careful side, and says so.

No interval is made where one of the two has none, where the levels differ, where the numbers are of another kind, or
where both are simulated.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fanecon.numbers import Interval
from fanecon.report.record import Metric, Record

Shared = Literal["all", "some", "none", "unknown"]
BASIS: dict[Shared, str] = {
    "all": "Both runs read the same data: the change does not come from chance.",
    "some": "The runs share part of their data; the interval takes them as independent and is wider than it need be.",
    "none": "The runs share no data as far as their files and periods tell; the interval takes them as independent.",
    "unknown": "The interval takes the runs as independent; if they share data, it is wider than it need be.",
}
SAME = "both runs read the same data, so the change does not come from chance"
SIMULATED = "both numbers are simulated, so their change says something of the simulation and nothing of data"


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a number changed since an earlier run.

    Parameters
    ----------
    interval
        Now minus before, in the unit of the number (percentage points for proportions).
    shared
        Whether the two runs read the same data; `basis` says what the interval rests on.
    """

    name: str
    key: str
    interval: Interval
    level: float | None
    shared: Shared

    @property
    def basis(self) -> str:
        """What the interval rests on, in one sentence."""
        return BASIS[self.shared]


def square_and_add(before: Interval, now: Interval) -> Interval:
    """now − before for two independent estimates, with an interval from the arms of both.

    low = d − √((now − now.low)² + (before.high − before)²), high = d + √((now.high − now)² + (before − before.low)²)

    Raises
    ------
    ValueError
        If one of the two has no interval, or one that does not hold its estimate.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:873, method 10; Zou and Donner 2008, Statistics in Medicine 27:1693,
    doi:10.1002/sim.3095

    Examples
    --------
    >>> print(square_and_add(Interval(0.6, 0.49, 0.70), Interval(0.8, 0.69, 0.88)))
    0.200 (0.0513 to 0.336)
    """
    if not (_holds(before) and _holds(now)):
        raise ValueError("Both estimates need an interval that holds them.")
    difference = _difference(before.estimate, now.estimate)
    down = math.hypot(max(0.0, now.estimate - now.low), max(0.0, before.high - before.estimate))
    up = math.hypot(max(0.0, now.high - now.estimate), max(0.0, before.estimate - before.low))
    return Interval(difference, difference - down, difference + up, _unit(now.unit))


def _difference(before: float, now: float) -> float:
    """now − before without the digits that the two numbers do not carry: 0.022 − 0.021 is 0.001, not 0.00099…98."""
    largest = max(abs(before), abs(now))
    return round(now - before, 14 - math.floor(math.log10(largest))) if largest > 1e-290 else now - before


def _holds(one: Interval) -> bool:
    """Whether an estimate lies in its interval, but for the last digits of its computation (0 in 1e-19 to 0.02)."""
    slack = 1e-9 * max(abs(one.estimate), abs(one.low), abs(one.high)) if math.isfinite(one.width) else 0.0
    return one.low - slack <= one.estimate <= one.high + slack


def change(before: Metric, now: Metric, *, shared: Shared = "unknown") -> Change:
    """The change of one number between two runs, with its interval or the reason why it has none.

    Parameters
    ----------
    shared
        Whether the runs read the same data, as :func:`shared_data` tells.
    """
    return Change(name=now.name, key=now.key, interval=_interval(before, now, shared), level=now.level, shared=shared)


def _interval(before: Metric, now: Metric, shared: Shared) -> Interval:
    reason = _unlike(before, now)
    if reason or before.estimate is None or now.estimate is None:
        return Interval(math.nan, unit=_unit(now.unit), missing=reason)
    difference = _difference(before.estimate, now.estimate)
    reason = SIMULATED if now.shows == "simulation" else SAME if shared == "all" else _without(before, now)
    if reason:
        return Interval(difference, unit=_unit(now.unit), missing=reason)
    return square_and_add(_held(before), _held(now))


def _unlike(before: Metric, now: Metric) -> str:
    """Why two numbers cannot be subtracted, or nothing."""
    if before.unit != now.unit:
        return f"the unit was {before.unit or 'none'} and is {now.unit or 'none'}"
    if before.shows != now.shows:
        return f"the number showed a {before.shows} and shows a {now.shows}"
    if not (_finite(before.estimate) and _finite(now.estimate)):
        return "the earlier run has no value" if not _finite(before.estimate) else "this run has no value"
    return ""


def _without(before: Metric, now: Metric) -> str:
    """Why the difference of two numbers has no interval, or nothing."""
    for metric, which in ((before, "the earlier run"), (now, "this run")):
        if metric.low is None or metric.high is None or math.isnan(metric.low) or math.isnan(metric.high):
            return f"{which} has none"
        if metric.low > metric.high or not _holds(_held(metric)):
            return f"the interval of {which} does not hold its estimate"
    if before.level is None or now.level is None:
        return "the level of one interval is not known"
    return "" if math.isclose(before.level, now.level) else f"the levels differ: {before.level:g} and {now.level:g}"


def _held(metric: Metric) -> Interval:
    estimate, low, high = (math.nan if one is None else one for one in (metric.estimate, metric.low, metric.high))
    return Interval(estimate, low, high, metric.unit)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _unit(unit: str) -> str:
    return "points" if unit == "proportion" else unit


def shared_data(before: Record, now: Record) -> Shared:
    """Whether two runs read the same files, some of them, files of overlapping periods, or none."""
    first, second = ({one.sha256 for one in record.inputs} for record in (before, now))
    if not first or not second:
        return "unknown"
    if first == second:
        return "all"
    if first & second:
        return "some"
    periods = [(_period(record)) for record in (before, now)]
    if None in periods:
        return "unknown"
    (start, end), (start_now, end_now) = (period for period in periods if period)
    return "some" if start <= end_now and start_now <= end else "none"


def _period(record: Record) -> tuple[str, str] | None:
    """The first and last day of a run's inputs, as written; None if one input does not tell."""
    if any(not one.first or not one.last for one in record.inputs):
        return None
    return min(str(one.first) for one in record.inputs), max(str(one.last) for one in record.inputs)


def changes(before: Record, now: Record) -> tuple[Change | None, ...]:
    """The change of every number of a run since an earlier one, in the order of the run; None where it is new."""
    shared = shared_data(before, now)
    paired = pair(before.metrics, now.metrics)
    return tuple(None if old is None else change(old, new, shared=shared) for old, new in paired)


def pair(before: Sequence[Metric], now: Sequence[Metric]) -> Iterator[tuple[Metric | None, Metric]]:
    """Every number of a run with the same one of an earlier run.

    The same is what has name, row and heading in common; where a heading was reworded, what has name and row in common
    and is the only one of that name and row in both runs.
    """
    exact = dict(zip(_labels(before), before, strict=True))
    times_before, times = _times(before), _times(now)
    alone = {(one.name, one.key): one for one in before if times_before[one.name, one.key] == 1}
    for label, metric in zip(_labels(now), now, strict=True):
        only = alone.get((metric.name, metric.key)) if times[metric.name, metric.key] == 1 else None
        yield exact.get(label, only), metric


def _labels(metrics: Sequence[Metric]) -> list[tuple[str, str, str, int]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    labels = []
    for one in metrics:
        label = (one.name, one.key, one.heading)
        labels.append((*label, seen[label]))
        seen[label] += 1
    return labels


def _times(metrics: Sequence[Metric]) -> Counter[tuple[str, str]]:
    return Counter((one.name, one.key) for one in metrics)
