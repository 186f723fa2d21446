"""What a series with one campaign cannot say, and which signs of that it shows."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from fanecon.metrics.campaigns.baseline import FEWEST_DAYS, Baseline, expected, fit_baseline
from fanecon.metrics.campaigns.daily import Campaign, Daily
from fanecon.results import shown

JUST_BEFORE, WEEKS_FOR_TREND, UNEVEN_FROM, FILLED_FROM, WEEK = 3, 8, 0.1, 0.1, 7
ONE = (
    "One campaign is one observation: whatever else happened on these days is part of the figures. Other campaigns, or "
    "accounts that had none, would tell."
)
CHOSEN = (
    "Was the day chosen because counts were low, or high, just before? Then the days after return to the mean by "
    "themselves. A comparison with the day before takes that for an effect, one with all days before does so less."
)
PEAK_DAY = "The highest of {days} days was picked after the fact: its height is flattered, the afterglow too small."
NO_WEEKDAYS = (
    "Weekdays are not told apart: that takes three weeks before with acts on every weekday, and what the weekday does "
    "is part of the figures."
)
PICKED = (
    "The day was picked because it was the busiest. Some day always is: its height and its rank are flattered, the "
    "days after it are not."
)
ENTRY = (
    "The counted act is what one had to do to take part: its peak is the rule of the lottery. Only the days after "
    "speak of interest."
)
HOLIDAY = (
    "A day of the campaign was special anyway, or is cut by an end of the log: what the day did and what the campaign "
    "did cannot be told apart."
)
AUDIENCE = (
    "Acts are expected in proportion to the people who did not come by the campaign; if it also brought or drove away "
    "some of those, that is not seen."
)
NO_TREND = "The level of the days before is carried forward without a slope (trend=True carries the slope, too)."
TREND = "The slope of the days before is carried forward; nothing says that it would have gone on."
SHORT_TREND = "The slope was learned from fewer than eight weeks, in which a passing rise looks like one."
CUT = "The series ends {days} days after the campaign, so the window is shorter than asked."
UNEVEN = (
    "A mean day after is expected to have {times} times the acts of the day of the peak (weekdays, audience): so much "
    "would be the afterglow of a rise that stays in proportion."
)
FILLED = (
    "The people there grew by {more} over the campaign, more than they had been growing. If those who came by it are "
    "among them, too much is expected of the days after: leave them out."
)
JUMP = (
    "In the {days} days just before, acts were {times} times the expectation, outside its range ({low} to {high}): "
    "was the campaign known beforehand (then say announced=), or its day chosen for that?"
)


def reserve(daily: Daily) -> str:
    """Why nothing can be put down to the campaign though its days can be compared; empty where there is no reason."""
    return HOLIDAY if not daily.ordinary[daily.during].all() else ""


def doubts(daily: Daily, asked: Campaign, fit: Baseline | None, *, level: float) -> tuple[str, ...]:
    """The notes of an impact, the heaviest first."""
    return tuple(_doubts(daily, asked, fit, level))


def uneven(daily: Daily, fit: Baseline, window: int) -> str:
    """A note if the days after are expected to be livelier or calmer than the day of the peak."""
    after, top = daily.after(window), daily.during[int(np.argmax(daily.count[daily.during]))]
    if not len(after):
        return ""
    mean = expected(daily, fit, np.concatenate([[top], after]), level=0.95).mean
    times = float(mean[1:].mean() / mean[0]) if mean[0] > 0 else 1.0
    return UNEVEN.format(times=shown(times)) if abs(times - 1) > UNEVEN_FROM else ""


def filled(daily: Daily) -> str:
    """A note if the audience jumped with the campaign by more than its growth in the week before."""
    after, before = daily.last + 1, daily.first - 1
    if not daily.with_people or after >= len(daily.dates) or before < WEEK or not daily.people[before - WEEK] > 0:
        return ""
    daily_growth = (daily.people[before] / daily.people[before - WEEK]) ** (1 / WEEK)
    more = float(daily.people[after] / daily.people[before])
    return (
        FILLED.format(more=shown(more - 1, "proportion"))
        if more > daily_growth ** (after - before) + FILLED_FROM
        else ""
    )


def _doubts(daily: Daily, asked: Campaign, fit: Baseline | None, level: float) -> Iterator[str]:
    yield from (note for note, true in ((ENTRY, asked.entry), (PICKED, asked.picked)) if true)
    if fit is None:
        return
    seen, short = len(daily.dates) - 1 - daily.last, np.ptp(fit.days) < 7 * WEEKS_FOR_TREND
    told = (
        (ONE, True),
        (CHOSEN, not asked.picked),
        (NO_WEEKDAYS, not fit.weekdays),
        (PEAK_DAY.format(days=len(daily.during)), len(daily.during) > 1),
        (AUDIENCE, daily.with_people),
        (NO_TREND, not fit.trend),
        (TREND, fit.trend),
        (SHORT_TREND, fit.trend and short),
        (CUT.format(days=seen), 0 < seen < asked.window),
    )
    seen_there = (filled(daily), just_before(daily, fit, level), uneven(daily, fit, asked.window))
    yield from (note for note in seen_there if note)
    yield from (note for note, true in told if true)


def just_before(daily: Daily, fit: Baseline, level: float) -> str:
    """A note if the last three ordinary days before lie outside what the days before them let expect."""
    late, early = fit.days[-JUST_BEFORE:], fit.days[:-JUST_BEFORE]
    if len(early) < FEWEST_DAYS or not daily.count[early].sum() > 0:
        return ""
    ahead = expected(daily, fit_baseline(daily, early, trend=fit.trend), late, level=level)
    mean, low, high = ahead.ends(np.ones(len(late)))
    seen = float(daily.count[late].sum())
    if low <= seen <= high or not math.isfinite(high):
        return ""
    return JUMP.format(days=len(late), times=shown(seen / mean), low=shown(low / mean), high=shown(high / mean))
