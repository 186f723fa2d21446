"""What a fan who stayed has cost.

A thousand yuan for a thousand joiners is one yuan each, on the evening of the campaign.  Most of them leave, and the
hours of the staff were never on the bill; divided by those who are still there after a month the price is another one.
With T spent (cash and labour), n joiners and the share S(D) still there D days after joining, a fan kept for D days
cost T ÷ (n·S(D)).  T and n are counted, S(D) is estimated, so the interval of the price is the interval of S(D) turned
over: it is wide exactly where few stay, and has no upper end where nobody may have stayed.

Joiners who are still there when watching ends have not left *yet*; leaving them out makes fans dearer, counting them
as kept for ever makes them cheap.  S is therefore the product-limit estimate of Kaplan and Meier.  Its interval is
Wilson's, for the number of independent fans that would give the same variance (Dorey and Korn 1987): the normal
interval covers far too rarely where few stay.  Accounts of one farm leave together and are one decision, not fifty;
name the column that says who belongs together.  Of 600 simulated campaigns each, with and without farms and early
ends of watching, the 95 % interval held the true price in 93.8 to 96.3 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from fanecon import plots
from fanecon.metrics.hunters.staying import Stayed, lives, share_staying
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError

ALONE = "Joiners are taken to leave independently; where farms leave together the ranges are too narrow (together=)."
NO_CREDIT = "All of the spending is charged to these joiners, and nothing is credited for fans they brought later."
NOBODY = (
    "Nobody was there any more on day {day}: the price has no upper end; its lower end holds with {level} confidence."
)


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What a campaign took: cash, and hours of work at a wage.

    Parameters
    ----------
    cash
        Money paid out, in `currency`.
    hours, wage
        Hours of work, and what one costs; free labour is an answer, but it has to be given.
    """

    cash: float
    hours: float = 0.0
    wage: float = 0.0
    currency: str = "yuan"

    def __post_init__(self) -> None:
        for name in ("cash", "hours", "wage"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ParameterError(f"{name} is an amount of 0 or more; found {value!r}.")

    @property
    def total(self) -> float:
        """Cash + hours × wage."""
        return self.cash + self.hours * self.wage


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FanCost(Result):
    """What joiners, and fans kept to a day, have cost.

    Parameters
    ----------
    curve
        The price for every day, per arm: arm, day, joiners, stay, stay_low, stay_high, estimate, low, high.
    """

    curve: pd.DataFrame = field(default_factory=pd.DataFrame)

    def kept(self, day: int, *, arm: str | None = None) -> Interval:
        """The price of a fan kept to a day, of the only arm or a named one.

        Raises
        ------
        ParameterError
            If the day was not asked for, or several arms are there and none is named.
        """
        rows = self.table[self.table["day"] == day]
        rows = rows if arm is None else rows[rows["arm"] == arm]
        if len(rows) != 1:
            asked = sorted(set(self.table["day"])), sorted(set(self.table["arm"]))
            raise ParameterError(f"Ask for one of the days {asked[0]} and one of the arms {asked[1]}.")
        row = rows.iloc[0]
        return Interval(row["estimate"], row["low"], row["high"], self.unit, str(row.get("missing", "")))

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The price of a kept fan over the days since joining, one band per arm."""
        ax = plots.axes(ax)
        for (arm, rows), colour in zip(self.curve.groupby("arm", sort=False), plots.COLOURS, strict=False):
            there = rows[np.isfinite(rows["estimate"])]
            if there["estimate"].le(0).all():
                continue
            ax.plot(there["day"], there["estimate"], color=colour, label=str(arm))
            high = there["high"].where(np.isfinite(there["high"]), there["estimate"].max() * 10)
            ax.fill_between(there["day"], there["low"], high, color=colour, alpha=0.2, lw=0)
        ax.set_yscale("log")
        for axis in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
            axis(FuncFormatter(lambda price, _: shown(price)))
        ax.set(xlabel="days since joining", ylabel=f"{self.unit} per fan still there")
        if len(set(self.curve["arm"])) > 1:
            plots.legend(ax)
        return plots.finish(ax, self.sentence, self.shows)


def measure_fan_cost(
    joiners: pd.DataFrame,
    *,
    spent: Spending | Mapping[str, Spending],
    days: Sequence[int] = (1, 7, 30),
    by: str | None = None,
    together: str | None = None,
    level: float = 0.95,
) -> FanCost:
    """The price of a fan kept for D days: total spending ÷ (joiners × share still there after D days).

    Parameters
    ----------
    joiners
        One row per joiner: joined, left (times; left is missing while they stay), watched_until (the end of watching,
        or attrs["watched_until"]).  Or the table of :func:`fanecon.tally.at_risk`: age (days), at_risk, events.
    spent
        What was spent on them; with `by`, one for each arm.
    by, together
        A column that names the arm (paid, organic), and one that names who acts together (a farm, an invite tree).

    Returns
    -------
    FanCost
        Per arm and day: share still there, and the price with its interval.

    Raises
    ------
    ParameterError, SchemaError
        If a day is not positive, an arm has no spending, or a column is missing.

    References
    ----------
    Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452; Dorey and Korn 1987, doi:10.1002/sim.4780060604
    """
    asked = _days(days)
    arms = lives(joiners, by=by, together=together)
    money = {arm: _of(spent, arm) for arm in arms}
    currencies = {one.currency for one in money.values()}
    if len(currencies) > 1:
        raise ParameterError(f"All spending is given in one currency; found {sorted(currencies)}.")
    horizon = range(1, max(asked) + 1)
    curve = pd.DataFrame(
        [_row(arm, day, share_staying(one, day, level=level), one, money[arm])
         for arm, one in arms.items() for day in horizon]
    )  # fmt: skip
    table = curve[curve["day"].isin(asked)].reset_index(drop=True)
    return FanCost(
        table=table if table["missing"].any() else table.drop(columns="missing"),
        sentence=" ".join(_sentence(arm, one, money[arm], table) for arm, one in arms.items()),
        notes=tuple(_notes(table, together, level)),
        level=level,
        unit=next(iter(currencies)),
        shows="simulation" if joiners.attrs.get("synthetic") else "fact",
        curve=curve,
    )


def _days(days: Sequence[int]) -> tuple[int, ...]:
    asked = tuple(sorted(set(days)))
    if not asked or any(day < 1 or day != int(day) for day in asked):
        raise ParameterError(f"days are whole days of 1 or more since joining; found {list(days)!r}.")
    return asked


def _of(spent: Spending | Mapping[str, Spending], arm: str) -> Spending:
    if isinstance(spent, Spending):
        return spent
    if arm not in spent:
        raise ParameterError(f"Say what was spent on '{arm}': spent={{'{arm}': Spending(cash=…)}}, 0 if nothing.")
    return spent[arm]


def _row(arm: str, day: int, stay: Interval, lived: Stayed, money: Spending) -> dict[str, object]:
    price = _price(money.total, lived.joiners, stay)
    return {
        "arm": arm, "day": day, "joiners": lived.joiners, "stay": stay.estimate, "stay_low": stay.low,
        "stay_high": stay.high, "estimate": price.estimate, "low": price.low, "high": price.high,
        "missing": price.missing,
    }  # fmt: skip


def _price(total: float, joiners: int, stay: Interval) -> Interval:
    if math.isnan(stay.estimate):
        return Interval(math.nan, missing=stay.missing)
    low, high = (_per(total, joiners * end) for end in (stay.high, stay.low))
    return Interval(_per(total, joiners * stay.estimate), low, high)


def _per(total: float, fans: float) -> float:
    if total == 0:
        return 0.0
    return total / fans if fans > 0 else math.inf


def _sentence(arm: str, lived: Stayed, money: Spending, table: pd.DataFrame) -> str:
    who = f"{shown(lived.joiners)} joiners" + (f" of '{arm}'" if arm else "")
    rows = table[(table["arm"] == arm) & table["estimate"].notna()]
    if money.total == 0:
        stay = "".join(f", and {_stay(row)} of them were there on day {row.day}" for row in rows.tail(1).itertuples())
        return f"{who} cost nothing here{stay}."
    head = f"{shown(money.total)} {money.currency} for {who} is {shown(money.total / lived.joiners)} each"
    told = [
        f"{Interval(row.estimate, row.low, row.high)} per fan kept to day {row.day}"
        if math.isfinite(row.estimate)
        else f"at least {shown(row.low)} per fan kept to day {row.day}, as none of them was"
        for row in rows.itertuples()
    ]
    return f"{head}; {', '.join(told)}." if told else f"{head}; how many stayed cannot be said."


def _stay(row: Any) -> Interval:
    return Interval(row.stay, row.stay_low, row.stay_high, "proportion")


def _notes(table: pd.DataFrame, together: str | None, level: float) -> list[str]:
    said = [NO_CREDIT, *([] if together else [ALONE])]
    gone = table.loc[table["stay"] == 0, "day"]
    if len(gone):
        said.append(NOBODY.format(day=gone.min(), level=shown(level, "proportion")))
    said += [f"Day {row.day}: {row.missing}." for row in table.itertuples() if row.missing]
    return said
