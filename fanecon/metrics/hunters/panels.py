"""Groups by day: who is there, who leaves, and how many of the others are hunters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from fanecon.schema import SchemaError, need

Real = npt.NDArray[np.float64]
AHEAD = 3
COUNTS = ("fans", "hunters", "fans_left")


@dataclass(frozen=True)
class Panel:
    """Days of groups that have a day before and three days after.

    Parameters
    ----------
    group, week
        Of every row, numbered from 0.
    fans, left
        Fans at the start of the day, and how many of them left.
    yesterday, tomorrow
        Share of hunters the day before; and in the mean of the three days after, as if no fan had left in between.
    hunters, hunters_left
        At the start of the day, and who left; None where nobody counted.
    """

    group: npt.NDArray[np.int64]
    week: npt.NDArray[np.int64]
    fans: Real
    left: Real
    yesterday: Real
    tomorrow: Real
    hunters: Real
    hunters_left: Real | None
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max()) + 1 if len(self.group) else 0

    def summed(self, values: Real) -> Real:
        """Per group."""
        return np.bincount(self.group, weights=values, minlength=self.groups).astype(float)

    def with_variation(self) -> Panel:
        """The groups that say something: their share of hunters varies, and a fan left."""
        mean = self.summed(self.yesterday) / np.maximum(self.summed(np.ones_like(self.yesterday)), 1)
        varies = self.summed((self.yesterday - mean[self.group]) ** 2) > 1e-12
        useful = (varies & (self.summed(self.left) > 0))[self.group]
        return replace(
            self,
            group=np.unique(self.group[useful], return_inverse=True)[1].astype(np.int64),
            week=self.week[useful],
            fans=self.fans[useful],
            left=self.left[useful],
            yesterday=self.yesterday[useful],
            tomorrow=self.tomorrow[useful],
            hunters=self.hunters[useful],
            hunters_left=None if self.hunters_left is None else self.hunters_left[useful],
        )

    def weeks(self, *first: Real) -> Real:
        """Some columns, and one for every week but the first in which any group was watched."""
        known = np.unique(self.week)[1:]
        return np.column_stack([*first, *(np.equal(self.week, week).astype(float) for week in known)])

    def high_and_low(self) -> Real:
        """Per group, over its days with more hunters than its mean and over the others: the four counts."""
        assert self.hunters_left is not None
        mean = self.summed(self.yesterday) / self.summed(np.ones_like(self.yesterday))
        high = self.yesterday > mean[self.group]
        counts = (self.fans, self.left, self.hunters, self.hunters_left)
        return np.stack([np.column_stack([self.summed(one * days) for one in counts]) for days in (high, ~high)], 1)


def panel_of(table: pd.DataFrame) -> Panel:
    """The days of a table, each with the day before it and three days after it.

    Raises
    ------
    SchemaError
        If a column is missing, a count is missing or negative, more left than were there, or a day stands there twice.
    """
    need(table, "group", "day", *COUNTS, meaning="one row per group and day")
    rows = table.assign(day=pd.to_datetime(table["day"], utc=True).dt.floor("D")).sort_values(["group", "day"])
    _checked(rows)
    own, days = rows["group"], rows["day"]
    before = (own == own.shift()) & (days - days.shift() == pd.Timedelta(days=1))
    after = (own == own.shift(-AHEAD)) & (days.shift(-AHEAD) - days == pd.Timedelta(days=AHEAD))
    fans, hunters = rows["fans"].astype(float), rows["hunters"].astype(float)
    # Fans who leave today would raise tomorrow's share by themselves, so they are taken to be still there.
    coming = sum(hunters.shift(-days) / (fans + hunters.shift(-days)) for days in range(1, AHEAD + 1)) / AHEAD
    kept = (before & after & (fans > 0)).to_numpy()
    counted = rows["hunters_left"].to_numpy(float)[kept] if "hunters_left" in rows else None
    share = hunters / (fans + hunters)
    lost = len(rows) - int(kept.sum()) - (1 + AHEAD) * own.nunique()
    return Panel(
        group=pd.factorize(own[kept])[0].astype(np.int64),
        week=((days[kept] - pd.Timestamp("1970-01-05", tz="UTC")) // pd.Timedelta(days=7)).to_numpy(np.int64),
        fans=fans.to_numpy()[kept],
        left=rows["fans_left"].to_numpy(float)[kept],
        yesterday=share.shift().to_numpy(float)[kept],
        tomorrow=coming.to_numpy(float)[kept],
        hunters=hunters.to_numpy()[kept],
        hunters_left=counted,
        notes=(f"{lost} days without the day before them or three days after are left out.",) if lost > 0 else (),
    )


def _checked(rows: pd.DataFrame) -> None:
    for name in COUNTS + (("hunters_left",) if "hunters_left" in rows else ()):
        bad = int((~(rows[name] >= 0)).sum())
        if bad:
            raise SchemaError(f"Column '{name}' is missing or below 0 in {bad} rows; it counts people.")
    more = int((rows["fans_left"] > rows["fans"]).sum())
    if more:
        raise SchemaError(f"In {more} rows more fans left than were there: 'fans' counts those at the day's start.")
    again = int(rows.duplicated(["group", "day"]).sum())
    if again:
        raise SchemaError(f"{again} days of groups stand there twice; add them up or delete one.")
