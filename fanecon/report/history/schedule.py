"""Due times: when a report should run, and which runs came on time, late, twice or not at all.

A schedule is a period ("1d", "6h", "15min", "1w") or a cron line, in a named zone.

*A cron line* says the time of day itself.  Clocks that change are handled as Debian's cron does: a fixed time that the
clock skips is due when the clock goes on, one that comes twice is due once, and lines with a star go by elapsed time.

*A period* does not say when it begins.  It is counted from the usual time of its runs, the narrow stretch of the day
(or week, or hour) into which most of them fall, so that a first run by hand does not make all later ones late.  Days
and weeks are those of the wall clock, 23 or 25 hours long when it changes; hours and minutes are elapsed ones.

Every run belongs to the last due time at or before it.  The first of a due time is on time or late, a further one is a
doubled run, or a retry if those before it failed; a due time without a run is missed.  A run a little before its due
time belongs to it too, since clocks of two machines differ.

All of this goes by what the records say of the wall clock.  A run dated in the future proves that a clock was wrong;
it is not taken as evidence that anything ran in time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from fanecon.errors import ParameterError
from fanecon.zones import zone_of

Kind = Literal["on time", "late", "doubled", "retry", "unscheduled", "in the future"]
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
EXAMPLES = "a period such as 15min, 6h, 1d or 1w, or a cron line such as '17 6 * * 1-5'"
MOST_PERIOD = timedelta(days=3660)
MOST_MISSED = 100_000
SKEW = timedelta(minutes=1)
MOST_GRACE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a report is due.

    Parameters
    ----------
    text
        As written.
    cron
        The five fields, or empty for a period.
    period
        Of a period; of a cron line the shortest time between two due times.
    wall
        Whether the period is of days of the wall clock, not of elapsed hours: 1d and not 24h.
    """

    text: str
    zone: ZoneInfo
    cron: str = ""
    period: timedelta
    wall: bool = False

    @property
    def grace(self) -> timedelta:
        """How long after its due time a run is on time: a tenth of the period, at least a minute, at most an hour."""
        return min(MOST_GRACE, max(self.period / 10, min(SKEW, self.period / 2)))

    @property
    def early(self) -> timedelta:
        """How long before a due time a run still belongs to it."""
        return min(SKEW, self.period / 20) if self.cron else self.period / 4

    def due(self, start: datetime, *, anchor: datetime) -> Iterator[datetime]:
        """The due times from `start` on, in UTC, without end.

        Parameters
        ----------
        anchor
            A due time from which periods are counted; a cron line needs none.
        """
        if self.cron:
            return self._due_cron(start)
        if self.wall:
            return self._due_days(start, anchor)
        first = anchor + -((anchor - start) // self.period) * self.period
        return (first + n * self.period for n in itertools.count())

    def _due_cron(self, start: datetime) -> Iterator[datetime]:
        last = start - timedelta(microseconds=1)
        for moment in CronSim(self.cron, (start - timedelta(seconds=1)).astimezone(self.zone)):
            one = moment.astimezone(UTC)
            if one > last:  # times that the clock skips fall together at its next one
                last = one
                yield one

    def _due_days(self, start: datetime, anchor: datetime) -> Iterator[datetime]:
        wall = anchor.astimezone(self.zone).replace(tzinfo=None)
        steps = (start - anchor) // self.period - 1
        days = (wall + n * self.period for n in itertools.count(steps))
        moments = (day.replace(tzinfo=self.zone).astimezone(UTC) for day in days)
        return itertools.dropwhile(lambda one: one < start, moments)

    def anchor(self, began: Sequence[datetime]) -> datetime:
        """The beginning of the usual time of the runs: the due time from which a period counts."""
        if self.cron or len(began) < 2:
            return began[0]
        phases = sorted((self._phase(one), one) for one in began)
        around = [*phases, *((phase + self.period, one) for phase, one in phases)]
        best, most, end = phases[0][1], 0, 0
        for at, (phase, one) in enumerate(phases):
            while end < at + len(phases) and around[end][0] <= phase + self.grace:
                end += 1
            if end - at > most:
                best, most = one, end - at
        return best

    def _phase(self, moment: datetime) -> timedelta:
        if self.wall:
            return (moment.astimezone(self.zone).replace(tzinfo=None) - datetime(1970, 1, 5)) % self.period
        return (moment - datetime(1970, 1, 5, tzinfo=UTC)) % self.period


def read_zone(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises
    ------
    ParameterError
        If there is no such zone.
    """
    return zone_of(name, "Type a name such as Europe/Berlin or UTC.")


def read_schedule(text: str, zone: str = "UTC") -> Schedule:
    """The schedule that a text says, in a zone.

    Raises
    ------
    ParameterError
        If it is neither a period nor a cron line that is ever due.
    """
    place, words = read_zone(zone), text.split()
    if len(text) <= 200 and words[:1] and words[0].lower() in NICKNAMES and len(words) == 1:
        return _cron(text, NICKNAMES[words[0].lower()], place)
    if len(text) <= 200 and len(words) == 5:
        return _cron(text, text, place)
    wall = text.strip().lower().endswith(("d", "w"))
    return Schedule(text=text.strip(), zone=place, period=read_period(text), wall=wall)


def read_period(text: str) -> timedelta:
    """The length of a period such as 15min, 6h, 1d or 1w.

    Raises
    ------
    ParameterError
        If it is none, not above zero, or longer than ten years.
    """
    word = text.strip().lower()
    number = word[: len(word) - len(word.lstrip("0123456789"))]
    unit = UNITS.get(word[len(number) :].strip())
    if unit is None or not 0 < len(number) < 8 or not timedelta(0) < int(number) * unit <= MOST_PERIOD:
        raise ParameterError(f"A schedule is {EXAMPLES}; found {text[:80]!r}.")
    return int(number) * unit


def _cron(text: str, line: str, zone: ZoneInfo) -> Schedule:
    try:
        times = list(itertools.islice(CronSim(line, datetime(2024, 1, 1, tzinfo=UTC)), 200))
    except CronSimError as error:
        raise ParameterError(f"This cron line cannot be read: {text!r} ({error}). A schedule is {EXAMPLES}.") from None
    if not times:
        raise ParameterError(f"This cron line is never due: {text!r}. A schedule is {EXAMPLES}.")
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return Schedule(text=text.strip(), zone=zone, cron=line, period=min(gaps, default=UNITS["d"]))


# --- judging runs ---


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """When a run began, and whether it failed (so that a further run of the same due time is a retry)."""

    began: datetime
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class Punctuality:
    """How a run stands to its due time; `due` is None where it belongs to none."""

    kind: Kind
    due: datetime | None = None
    late: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Due times in a row without a run: the first, the last, and how many.  `more`: counting was given up there."""

    first: datetime
    last: datetime
    count: int
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The punctuality of every run, in the order given, what was missed (oldest first), and when the next is due.

    Parameters
    ----------
    overdue
        Due times at the end of `missed` after which nothing has run until now.
    """

    runs: tuple[Punctuality, ...]
    missed: tuple[Missed, ...] = ()
    overdue: Missed | None = None
    next_due: datetime | None = None


def judge(schedule: Schedule, runs: Sequence[Beginning], *, until: datetime, anchor: datetime | None = None) -> Judged:
    """Which runs were on time, late, doubled or retried, and which due times had none.

    Parameters
    ----------
    runs
        In any order.
    until
        Now, or the moment at which another schedule took over.
    anchor
        A due time of a period; the usual time of the runs unless given.
    """
    known = sorted((one.began, at) for at, one in enumerate(runs) if one.began <= until + SKEW)
    if not known:
        return Judged(runs=tuple(Punctuality(kind="in the future") for _ in runs))
    start = anchor or schedule.anchor([began for began, _ in known])
    slots = _Slots(schedule, start, known[0][0])
    marks, missed = dict[int, Punctuality](), list[Missed]()
    for began, at in known:
        missed += slots.advance(began)
        marks[at] = slots.take(began, runs[at].failed)
    overdue = slots.finish(until)
    verdicts = tuple(marks.get(at, Punctuality(kind="in the future")) for at in range(len(runs)))
    rest = (overdue,) if overdue else ()
    return Judged(runs=verdicts, missed=(*missed, *rest), overdue=overdue, next_due=slots.coming(until))


class _Slots:
    """Due times in order: the present one, whether something ran for it, and a count of those passed over."""

    def __init__(self, schedule: Schedule, anchor: datetime, first: datetime) -> None:
        self.schedule, self.anchor = schedule, anchor
        self._due = schedule.due(first - schedule.grace, anchor=anchor)
        self.now: datetime | None = None  # before the first due time nothing can be missed
        self.next = next(self._due, None)
        self.taken = self.failed = False

    def advance(self, moment: datetime) -> list[Missed]:
        """Go on to the due time of a moment; what was passed over without a run."""
        passed, counted = list[datetime](), 0
        while self.next is not None and self.next - self.schedule.early <= moment:
            if self.now is not None and not self.taken:
                passed = [passed[0] if passed else self.now, self.now]
                counted += 1
            if counted == MOST_MISSED:
                self._leap(moment)
            self.now, self.taken, self.failed = self.next, False, False
            self.next = next(self._due, None)
        count = min(counted, MOST_MISSED)
        return [Missed(first=passed[0], last=passed[1], count=count, more=counted > MOST_MISSED)] if passed else []

    def _leap(self, moment: datetime) -> None:
        """Leave out due times of a gap in which so many were missed that nobody counts on."""
        ahead = max(moment - timedelta(days=40), self.next or moment)
        self._due = self.schedule.due(ahead, anchor=self.anchor)
        self.next = next(self._due, None)

    def take(self, began: datetime, failed: bool) -> Punctuality:
        """How a run stands that began in the present due time."""
        if self.now is None:
            return Punctuality(kind="unscheduled")
        late = max(began - self.now, timedelta(0))
        if not self.taken:
            self.taken, self.failed = True, failed
            return Punctuality(kind="late" if late > self.schedule.grace else "on time", due=self.now, late=late)
        kind: Kind = "retry" if self.failed else "doubled"
        self.failed = self.failed and failed
        return Punctuality(kind=kind, due=self.now, late=late)

    def finish(self, until: datetime) -> Missed | None:
        """What nothing ran for at the end, the present due time among it once its grace is over."""
        rest = self.advance(until)
        if self.now is None or self.taken or until <= self.now + self.schedule.grace:
            return rest[0] if rest else None
        before = rest[0] if rest else Missed(first=self.now, last=self.now, count=0)
        return Missed(first=before.first, last=self.now, count=before.count + 1, more=before.more)

    def coming(self, until: datetime) -> datetime | None:
        """The due time that is waited for."""
        waiting = self.now is not None and not self.taken and until <= self.now + self.schedule.grace
        return self.now if waiting else self.next
