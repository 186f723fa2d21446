"""Who opened of those it was sent to, over time: the rows that can be used, and the reasons for leaving others out.

An open rate divides people by people: those who opened from the message itself by those it was delivered to.  Readers
of every channel are no numerator for it (most of them may be strangers), and a rate without its denominator says
nothing about its own noise.  What is missing is therefore told, not imputed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fanecon.schema import SchemaError, counting, floored, need

OPENED = ("session_readers", "opens_people_excl_proxy", "opens_people")
PROXIES = "Opens of mails include those that privacy proxies made; the rate is too high and may fall too slowly."
ACTS = (
    "'{part}' counts times: who opened twice counts twice. The level is too high; the half-life holds as far as people "
    "open again as often as before."
)
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, kw_only=True)
class Opens:
    """Usable rows in order of time: `age` since the first (in `unit`), `delivered`, `opened`; or why there are none."""

    rows: pd.DataFrame
    unit: str
    notes: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def span(self) -> float:
        """Age of the last row."""
        return float(self.rows["age"].iloc[-1])

    @property
    def rates(self) -> np.ndarray:
        """Opened ÷ delivered, row by row."""
        return np.asarray(self.rows["opened"] / self.rows["delivered"])


def opened_column(table: pd.DataFrame, given: str | None = None) -> str:
    """The column of people who opened: the one given, or the first of those a table can have that holds a number."""
    if given is not None:
        need(table, given, meaning="people who opened, one row per article or period")
        return given
    names = (*OPENED, "readers") if "period" in table else OPENED
    held = [name for name in names if name in table and table[name].notna().any()]
    return next(iter(held), "readers" if "period" in table else OPENED[0])


def read_opens(table: pd.DataFrame, *, opened: str | None = None) -> Opens:
    """The rows of one account whose age, delivered and opened are all known.

    Raises
    ------
    SchemaError
        If the table is not one of open rates at all, or holds several accounts.
    """
    if not isinstance(table, pd.DataFrame):
        need(table, "delivered")
    part = opened_column(table, opened)
    moment = "period" if "period" in table else "published_date"
    synthetic = bool(table.attrs.get("synthetic"))
    lacking = tuple(_lacking(table, moment, part))
    if lacking:
        if not {"delivered", part, "open_rate"} & set(table):
            need(table, "delivered", part, moment, meaning="one row per article or period")
        empty = pd.DataFrame({"age": [], "delivered": [], "opened": []}, dtype=float)
        return Opens(rows=empty, unit="", lacking=lacking, synthetic=synthetic)
    _one_account(table)
    rows, notes = _usable(table, moment, part)
    ages, unit = _ages(rows[moment])
    made = pd.DataFrame({"age": ages, "delivered": rows["delivered"], "opened": rows[part]}).astype(float)
    if "item_id" in rows:
        made["item_id"] = rows["item_id"]
    made = made.sort_values(["age", "delivered", "opened"], kind="stable").reset_index(drop=True)
    proxied = part == "opens_people" and "open_inflation" in rows and rows["open_inflation"].fillna(False).any()
    doubts = [*([PROXIES] if proxied else []), *([ACTS.format(part=part)] if counting(part) == "times" else [])]
    return Opens(rows=made, unit=unit, notes=(*notes, *doubts), synthetic=synthetic)


def _lacking(table: pd.DataFrame, moment: str, part: str) -> list[str]:
    """What no row has, in the words of a reader."""
    told = {
        moment: "the dates",
        "delivered": "how many people each was delivered to (the denominators)",
        part: "how many people opened (the numerators)" + _instead(table),
    }
    return [what for name, what in told.items() if name not in table or table[name].isna().all()]


def _instead(table: pd.DataFrame) -> str:
    if "session_reads" in table and table["session_reads"].notna().any():
        return "; 'session_reads' counts times, and opened='session_reads' takes each for a person"
    return ""


def _one_account(table: pd.DataFrame) -> None:
    names = table["account_id"].dropna().unique() if "account_id" in table else []
    if len(names) > 1:
        raise SchemaError(
            f"The decay is that of one account; the table has {len(names)}. "
            f"Choose one: table[table['account_id'] == {str(names[0])!r}], "
            "or look for what they have in common: fe.find_common_breaks(table)."
        )


def _usable(table: pd.DataFrame, moment: str, part: str) -> tuple[pd.DataFrame, list[str]]:
    rows = table.reset_index(drop=True)
    absent = rows[[moment, "delivered", part]].isna().any(axis=1)
    capped = (floored(rows, "delivered") | floored(rows, part)) & ~absent
    nobody = ~absent & (rows["delivered"] <= 0).fillna(False)
    over = ~absent & (rows[part] > rows["delivered"]).fillna(False)
    reasons = {
        f"{moment}, delivered or {part} missing": absent,
        f"delivered or {part} known only as a floor (such as 10万+)": capped,
        "delivered to nobody": nobody,
        f"more {part} than delivered (different counting)": over,
    }
    notes = [f"{int(rule.sum())} of {len(rows)} rows left out: {why}." for why, rule in reasons.items() if rule.any()]
    return rows[~(absent | capped | nobody | over).astype(bool)], notes


def _ages(moments: pd.Series) -> tuple[np.ndarray, str]:
    """Ages since the first row: in days for dates, in periods for numbers."""
    if pd.api.types.is_numeric_dtype(moments):
        values = moments.to_numpy(dtype=float)
        return values - (values.min() if len(values) else 0), "periods"
    days = pd.to_datetime(moments).to_numpy().astype("datetime64[s]")
    return (days - (days.min() if len(days) else np.datetime64("NaT"))) / DAY, "days"
