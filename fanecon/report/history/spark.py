"""A small picture of one number over the runs of a report: a line of estimates in the band of their intervals.

It is inline SVG without script or style of its own, so it follows the colours of the page it stands in, and its text
alternative says what the line shows.  Where an interval is missing the band has a gap; it is not drawn as certain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from fanecon.numbers import Interval, shown
from fanecon.report.history.summary import clean

WIDTH, HEIGHT, EDGE = 220.0, 44.0, 4.0
MOST_POINTS = 120


@dataclass(frozen=True, kw_only=True)
class Point:
    """What one run measured, and when it began."""

    began: datetime
    value: Interval


def sparkline(name: str, points: Sequence[Point]) -> Markup:
    """The picture of a number over its last runs, oldest first; nothing where it was measured less than twice."""
    known = [one for one in points if math.isfinite(one.value.estimate)][-MOST_POINTS:]
    if len(known) < 2:
        return Markup()
    place = _Scale(known)
    bands = Markup().join(_band(group, place) for group in _with_band(known))
    line = " ".join(place(one.began, one.value.estimate) for one in known)
    x, y = place(known[-1].began, known[-1].value.estimate).split(",")
    return Markup(
        '<svg class="spark" role="img" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}" aria-label="{words}">'
        '{bands}<polyline class="line" points="{line}"/><circle class="dot" cx="{x}" cy="{y}" r="2.6"/></svg>'
    ).format(w=WIDTH, h=HEIGHT, words=clean(described(name, known), 400), bands=bands, line=line, x=x, y=y)


def described(name: str, points: Sequence[Point]) -> str:
    """What the picture shows, in a sentence."""
    values = [one.value.estimate for one in points]
    unit = points[-1].value.unit
    lowest, highest = shown(min(values), unit), shown(max(values), unit)
    span = f"{points[0].began:%Y-%m-%d} to {points[-1].began:%Y-%m-%d}"
    return f"{name} in {len(points)} runs from {span}: between {lowest} and {highest}, last {points[-1].value}"


def _with_band(points: Sequence[Point]) -> list[list[Point]]:
    """Stretches of points that have a finite interval, of two points at least."""
    groups = itertools.groupby(points, key=lambda one: math.isfinite(one.value.width))
    stretches = [list(group) for has, group in groups if has]
    return [group for group in stretches if len(group) > 1]


def _band(points: Sequence[Point], place: _Scale) -> Markup:
    above = [place(one.began, one.value.high) for one in points]
    below = [place(one.began, one.value.low) for one in reversed(points)]
    return Markup('<polygon class="band" points="{}"/>').format(" ".join([*above, *below]))


class _Scale:
    """Where a moment and a value stand in the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        ends = [end for one in points for end in (one.value.estimate, one.value.low, one.value.high)]
        finite = [end for end in ends if math.isfinite(end)]
        self.first = min(one.began for one in points)
        self.span = (max(one.began for one in points) - self.first).total_seconds() or 1.0
        self.low, self.high = min(finite), max(finite)

    def __call__(self, began: datetime, value: float) -> str:
        across = (began - self.first).total_seconds() / self.span
        range_ = self.high - self.low
        up = (value - self.low) / range_ if range_ and math.isfinite(range_) else 0.5
        return f"{EDGE + across * (WIDTH - 2 * EDGE):.1f},{HEIGHT - EDGE - up * (HEIGHT - 2 * EDGE):.1f}"
