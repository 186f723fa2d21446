"""How good the flags are, on accounts whose label is known.

Labels have a source, and it matters which: labels that were made from the ties reward whoever looks at ties.  So every
measure is given for each source of its own, its hunters against all others who were not caught (which is not the same
as honest).  A sign that defines the label may not be used to find it: whoever left within two days is easily "found"
by leaving within two days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots, stats
from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.evidence import known_labels
from fanecon.metrics.hunters.find import Hunters
from fanecon.metrics.hunters.prevalence import predictive_value
from fanecon.metrics.hunters.ranking import auc, average_precision, clustered, weighted_auc
from fanecon.results import Interval, Result
from fanecon.schema import ParameterError

EVERY = "all"
AT = (50, 100, 500)
CLASSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)
DEFINES: dict[str, tuple[str, ...]] = {
    "links": ("links", "src", "dst", "component"),
    "crowding": ("crowding", "first_at", "joined_at", "first_seconds"),
    "shared outsiders": ("shared", "shared outsiders"),
    "amount": ("amount", "amount_minor", "crowding"),
    "habits": ("habits", "events", "campaign_events", "one_day", "one_item", "entered_by_campaign"),
    "latency": ("latency", "latency_seconds"),
    "leaving": ("leaving", "left_after_seconds", "leave"),
    "repeated texts": ("repeated texts", "repeated_texts", "text"),
}
NOT_CAUGHT = "Who is not labelled a hunter was not caught, which is not the same as honest."
ONE_BY_ONE = (
    "Accounts count as independent; farms are caught or missed as wholes. Name them (clusters=) for an interval."
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evaluation(Result):
    """How well hunters stand above others, by source of the label, and how often probabilities come true."""

    calibration: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The calibration: how often accounts of a probability are hunters; the line is where they should be."""
        ax = plots.axes(ax)
        rows = self.calibration
        ax.plot([0, 1], [0, 1], color=plots.BLACK, ls=":", lw=1)
        ax.vlines(rows["probability"], rows["low"], rows["high"], color=plots.BLUE, alpha=0.5, lw=2.2)
        ax.plot(rows["probability"], rows["estimate"], marker="o", color=plots.BLUE, ls="-")
        plots.scale(ax, "proportion", axis="y")
        plots.scale(ax, "proportion")
        ax.set_xlabel("probability given")
        ax.set_ylabel("hunters among them")
        return plots.finish(ax, self.sentence, self.shows)


def evaluate_hunters(
    hunters: Hunters,
    labels: pd.Series | Mapping[object, object],
    *,
    sources: pd.Series | Mapping[object, object] | None = None,
    clusters: pd.Series | Mapping[object, object] | None = None,
    prevalence: float | None = None,
    defined_by: Sequence[str] = (),
) -> Evaluation:
    """How well the case puts labelled hunters above others: AUC, average precision, precision at k, predictive value.

    Parameters
    ----------
    hunters
        A result of `find_hunters`.
    labels
        Account → 1 or 0; accounts without one are left out, and so should be those that `find_hunters` was given.
    sources
        Account → where its label is from; each source's hunters are judged against all others.
    clusters
        Account → whose farm or component; intervals then draw clusters, not accounts.
    prevalence
        The share of hunters where the flags will be used; as in these labels unless given.
    defined_by
        What the labels were made from: columns or signs.  Refused where the result used them.

    Returns
    -------
    Evaluation
        table: labels, measure, hunters, others (people), estimate, low, high; calibration.

    Raises
    ------
    ParameterError
        If labels hold one kind only, or a sign that defines them was used to find them.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595
    """
    _not_circular(hunters, defined_by)
    rows = _rows(hunters, labels, sources, clusters)
    caught = sorted(rows.loc[rows["hunter"], "source"].dropna().unique())
    parts = [(EVERY, rows), *((str(one), rows[~rows["hunter"] | (rows["source"] == one)]) for one in caught)]
    grouped = clusters is not None
    table = pd.DataFrame([row for name, part in parts for row in _measures(name, part, prevalence, grouped=grouped)])
    first = table.iloc[0]
    area = Interval(first["estimate"], first["low"], first["high"], "proportion")
    return Evaluation(
        table=table,
        sentence=f"A hunter stands above another account in {area} of {first['hunters'] * first['others']:,} pairs.",
        notes=(NOT_CAUGHT, *([] if grouped else [ONE_BY_ONE]), *([] if hunters.calibrated else hunters.notes[1:2])),
        level=0.95,
        unit="proportion",
        shows=hunters.shows,
        calibration=_calibration(rows),
    )


def _not_circular(hunters: Hunters, defined_by: Sequence[str]) -> None:
    used = [family.name for family in hunters.families]
    for sign in used:
        circular = set(DEFINES.get(sign, (sign,))) & set(defined_by)
        if circular:
            raise ParameterError(
                f"The labels are made from {sorted(circular)[0]!r}, and so is the sign '{sign}': it would find what "
                "it defines. Leave the column out of what find_hunters is given."
            )


def _rows(hunters: Hunters, labels: object, sources: object, clusters: object) -> pd.DataFrame:
    rows = hunters.table.set_index("account")
    names = pd.Index(hunters.names.reindex(rows.index).to_numpy())
    known = known_labels(labels, names)
    frame = pd.DataFrame({"bits": rows["bits"].to_numpy(), "probability": rows["probability"].to_numpy()})
    frame["flagged"], frame["known"] = rows["flagged"].to_numpy(), known
    frame["source"] = pd.Series(sources, dtype=object).reindex(names).to_numpy() if sources is not None else None
    alone = pd.Series([f"#{at}" for at in range(len(names))], index=names, dtype=object)
    named = pd.Series(clusters, dtype=object).reindex(names) if clusters is not None else alone
    frame["cluster"] = named.where(named.notna(), alone).astype(str).to_numpy()
    frame = frame[np.isfinite(known)]
    return frame.assign(hunter=frame["known"] == 1)


def _measures(name: str, rows: pd.DataFrame, prevalence: float | None, *, grouped: bool) -> Iterator[dict[str, object]]:
    hunter, bits = rows["hunter"].to_numpy(), rows["bits"].to_numpy()
    base = {"labels": name, "hunters": int(hunter.sum()), "others": int((~hunter).sum())}
    named = {"AUC": weighted_auc, "average precision": average_precision}
    clusters = rows["cluster"].to_numpy()
    for measure, of in named.items():
        simple = measure == "AUC" and not grouped
        value = auc(bits, hunter) if simple else clustered(of, bits, hunter, clusters)
        yield {**base, "measure": measure, **_ends(value)}
    order = np.argsort(-bits, kind="stable")
    for k in (one for one in AT if one <= len(rows)):
        yield {**base, "measure": f"precision at {k}", **_ends(stats.wilson(float(hunter[order[:k]].sum()), k))}
    flagged = rows["flagged"].to_numpy()
    right, clear = (_share(flagged[hunter]), _share(~flagged[~hunter]))
    yield {**base, "measure": "sensitivity", **_ends(right)}
    yield {**base, "measure": "specificity", **_ends(clear)}
    share = float(hunter.mean()) if prevalence is None else prevalence
    if flagged.any():
        yield {**base, "measure": f"predictive value at {100 * share:.3g} %", **_ends(_predictive(share, right, clear))}


def _share(held: Array) -> Interval:
    return stats.wilson(float(held.sum()), len(held))


def _predictive(share: float, right: Interval, clear: Interval) -> Interval:
    """The predictive value; its ends are those of both rates at once, which covers at least as often as said."""
    ends = [
        predictive_value(share, sensitivity=se, specificity=sp)
        for se, sp in ((right.estimate, clear.estimate), (right.low, clear.low), (right.high, clear.high))
    ]
    return Interval(ends[0], min(ends), max(ends), "proportion")


def _ends(value: Interval) -> dict[str, float]:
    return {"estimate": value.estimate, "low": value.low, "high": value.high}


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Per class of probability: the mean probability, and how many of its accounts are hunters."""
    place = np.searchsorted(CLASSES, rows["probability"].to_numpy(), side="right").clip(1, len(CLASSES) - 1)
    found = []
    for _, part in rows.groupby(place, sort=True):
        value = stats.wilson(float(part["hunter"].sum()), len(part))
        found.append({"probability": float(part["probability"].mean()), "accounts": len(part), **_ends(value)})
    return pd.DataFrame(found)
