"""Who came for the reward, with the case for and against each.

A flag is an accusation.  So every account has a case that can be read: the prior first (how many of the accounts behave
like hunters at all), then each sign, for or against, in bits (one bit doubles the odds), and the sum.  What was missing
is said and counts nothing.  Where the weights were learned without labels the sum puts accounts in an order; how often
a flag is right is only known once some labels are, and the notes say which of the two it is.

How this was chosen, and how good it is.  No label entered what is learned.  But ways to measure crowding and to
combine signs were tried on one half of a public airdrop with its labels at hand, and looked at about a hundred times.
The first trials reached an AUC of 0.49 to 0.87; once the signs stood in families and the mixture weighed them, every
variant without doubled signs lay between 0.87 and 0.913.  Among those the choice fell by principle (the background of
the very hour, signs in families, company), at times for a smaller figure; a label-free criterion (how well the signs
predict each other) was tried and did not choose better.  The 0.91 of that half may be flattered by about a hundredth.
The correction by labels was tuned there: with a tenth of the labels it reaches 0.932 (0.915 to 0.947) on the rest.
What labels teach was developed on a random half of the farms and components of that half and confirmed on the other:
with a fifth of each known, AUC without labels 0.907 and 0.914, with labels 0.924 and 0.937 on the rest.  Of accounts
without ties and outside parties, a third of all, labels teach nothing (0.82 either way; 0.83 with four fifths known).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import special

from fanecon import plots
from fanecon.metrics.hunters.closeness import Array
from fanecon.metrics.hunters.company import in_company
from fanecon.metrics.hunters.correction import enough
from fanecon.metrics.hunters.evidence import Evidence, gather, known_labels
from fanecon.metrics.hunters.families import Family
from fanecon.metrics.hunters.groups import groups_of
from fanecon.metrics.hunters.mixture import MOST_BITS
from fanecon.metrics.hunters.reading import accounts_of
from fanecon.metrics.hunters.share import Learned, learn
from fanecon.metrics.hunters.teaching import OUTSIDE, taught
from fanecon.metrics.hunters.waterfall import waterfall
from fanecon.results import Interval, Result, shown
from fanecon.schema import ParameterError, closest
from fanecon.stats.proportions import checked_level

FLAG, LABEL_BITS, LEAST_SHOWN = 0.9, 6.0, 5e-4
RANKS = (
    "The probabilities are ranks: they were learned without labels, and overlapping signs make them too sure of "
    "themselves. Some labels (labels=) would calibrate them."
)
CALIBRATED = "The probabilities are calibrated on {known:,} labelled accounts; they speak of accounts like those."
ASSUMED = (
    "No kind of accounts stands apart in the expected direction: the weights of the signs are assumed, not learned, "
    "and the interval of the share runs from weak to strong assumptions."
)
BEHAVES = "An account that behaves like a reward hunter may be a fan who likes prizes: a flag is a reason to look."
MASKED = "The names of the accounts look like personal data; they are shown as numbers. `.names` leads back."
_PERSONAL = re.compile(r"@|^\+?\d{11,13}$|^\d{17}[\dXx]$")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Hunters(Result):
    """Every account with its case, the share of hunters, and who acted together.

    Parameters
    ----------
    evidence
        One row per account, one column per sign: bits for (above zero) or against it; ``company`` is what those it is
        tied to add.  With the prior they add up to `bits` in the table.
    groups
        One row per group of flagged accounts and the evidence that joins it.
    prevalence
        The share of accounts that behave like reward hunters.
    prior
        Bits before any sign.
    calibrated
        Whether the probabilities were fitted to labels; otherwise they are ranks.
    names
        From the name shown to the name in the data.
    """

    evidence: pd.DataFrame
    groups: pd.DataFrame
    prevalence: Interval
    prior: float
    calibrated: bool
    names: pd.Series
    families: tuple[Family, ...]

    @property
    def flagged(self) -> pd.DataFrame:
        """The accounts whose probability is at least 0.9, strongest case first."""
        return self.table[self.table["flagged"]].reset_index(drop=True)

    @property
    def signs(self) -> pd.DataFrame:
        """Every sign of every account as one small table: account, sign, bits."""
        return self.evidence.rename_axis("account").reset_index().melt("account", var_name="sign", value_name="bits")

    def explain(self, account: object = None) -> str:
        """The sentence and its doubts; of one account the prior, each sign for and against, and the sum."""
        return super().explain() if account is None else "\n".join(self._case(self._shown(account)))

    def plot(self, account: object = None, *, ax: Axes | None = None) -> Axes:
        """How the cases are spread; of one account the waterfall from the prior to the sum."""
        if account is not None:
            name = self._shown(account)
            steps = [("prior", self.prior), *((str(k), float(v)) for k, v in self._ordered(name).items())]
            return waterfall(plots.axes(ax, height=1.8 + 0.36 * len(steps)), steps, self._verdict(name), self.shows)
        ax = plots.axes(ax)
        ax.hist(self.table["bits"], bins=60, color=plots.BLUE)
        ax.axvline(special.logit(FLAG) / math.log(2), color=plots.RED, ls="--")
        ax.set_xlabel("case in bits (right of the line: flagged)")
        ax.set_ylabel("accounts")
        return plots.finish(ax, self.sentence, self.shows)

    def _shown(self, account: object) -> object:
        if account in self.evidence.index:
            return account
        found = self.names.index[self.names == account]
        if len(found):
            return found[0]
        near = closest(str(account), [str(name) for name in self.evidence.index[:10_000]])
        raise ParameterError(
            f"There is no account {account!r}. {near}The first of the table is {self.table['account'].iloc[0]!r}."
        )

    def _ordered(self, name: object) -> pd.Series:
        row = self.evidence.loc[name]
        return row.reindex(row.abs().sort_values(ascending=False, kind="stable").index)

    def _case(self, name: object) -> Iterator[str]:
        yield f"Prior: {self.prevalence} of the accounts behave like reward hunters: {_signed(self.prior)}."
        at = self.evidence.index.get_loc(name)
        about = {family.name: family for family in self.families}
        for sign, bits in self._ordered(name).items():
            family = about.get(str(sign))
            if family is not None and not family.known[at]:
                yield f"Unknown, counts nothing ({sign})."
                continue
            told = family.about(at) if family is not None else _EXTRA.get(str(sign), "what the labels add")
            yield f"{_signed(float(bits))} ({sign}): {told}."
        yield self._verdict(name)
        yield BEHAVES

    def _verdict(self, name: object) -> str:
        row = self.table[self.table["account"] == name].iloc[0]
        kind = "probability" if self.calibrated else "as a rank"
        flag = "flagged" if row["flagged"] else "not flagged"
        return f"Account {name}: sum {_signed(row['bits'])}, {shown(row['probability'], 'proportion')} {kind}, {flag}."


_EXTRA = {
    "company": "what the cases of those it is tied to add to its own",
    "too sure": "no single case counts more than 11.5 bits before its company is heard",
    "label": "what is known of it",
    OUTSIDE: "what the cases of others that touch the same outside parties add, as far as labels bear it out",
}


def _signed(bits: float) -> str:
    if abs(bits) < LEAST_SHOWN:
        return "0 bits"
    return f"{'+' if bits >= 0 else ''}{shown(bits)} bits"


def find_hunters(
    log: pd.DataFrame,
    *,
    links: pd.DataFrame | None = None,
    shared: pd.DataFrame | None = None,
    blocks: pd.DataFrame | None = None,
    labels: pd.Series | Mapping[object, object] | None = None,
    level: float = 0.95,
) -> Hunters:
    """Accounts that behave as if they took part for the reward, each with the case for and against it.

    Parameters
    ----------
    log
        A log of events (actor_id, time; campaign_id, item_id, action, amount_minor, text where there), or one row per
        account with what `fe.tally` makes of one: first_at, amount, events, campaign_events, one_day, one_item, ….
    links
        Ties: src, dst, perhaps kind and weight (`fe.tally.account_links`, pairs of `co_sharing`).
    shared
        What accounts share with each other, such as a purse or an outside counterparty: value, account, direction.
    blocks
        Members of blocks: account, bits, perhaps kind (`find_lockstep(…).accounts`).
    labels
        Account → 1 (hunter) or 0, for some.

    Returns
    -------
    Hunters
        table: account, bits, probability, flagged, group, strongest case first.

    Raises
    ------
    SchemaError, ParameterError
        If a table lacks a column, or there is nothing to tell accounts apart by.

    References
    ----------
    Fellegi and Sunter 1969, doi:10.1080/01621459.1969.10501049
    """
    checked_level(level)
    accounts = accounts_of(log)
    found = gather(accounts, links=links, shared=shared, blocks=blocks)
    known = known_labels(labels, accounts.index)
    learned = learn(found.families, known, level=level)
    prior, parts, calibrated = _case(found, learned, known)
    synthetic = bool(log.attrs.get("synthetic"))
    notes = _notes(found, learned, known, calibrated=calibrated)
    return _result(found, prior, parts, learned, (calibrated, level, synthetic, notes))


def _case(found: Evidence, learned: Learned, known: Array) -> tuple[float, pd.DataFrame, bool]:
    """The prior, the bits of every sign and of the company, and whether labels have put them to scale."""
    names = [family.name for family in found.families]
    prior = learned.fit.prior
    parts = pd.DataFrame(learned.fit.bits(found.families), index=found.accounts.index, columns=names)
    parts = _with_company(found, prior, parts)
    if not enough(known):
        return prior, parts, False
    case = prior + parts.sum(axis=1).to_numpy()
    fixed = taught(found, case, known)
    prior, parts = prior * fixed.scale + fixed.constant, parts * fixed.scale
    extra = [name for name in fixed.added.columns if name not in parts.columns]
    parts = parts.add(fixed.added, fill_value=0.0)[[*parts.columns, *extra]]
    said = np.where(known == 1, LABEL_BITS, -LABEL_BITS) - prior - parts.sum(axis=1).to_numpy()
    parts["label"] = np.where(np.isfinite(known), said, 0.0)
    return prior, _with_company(found, prior, parts), True


def _with_company(found: Evidence, prior: float, parts: pd.DataFrame) -> pd.DataFrame:
    """The case capped and drawn to those of the accounts it is tied to, as two more columns where they matter."""
    told = prior + parts.sum(axis=1).to_numpy()
    own = np.clip(told, -MOST_BITS, MOST_BITS)
    heard = {"too sure": own - told, "company": in_company(own, found.ties) - own}
    more = {name: values for name, values in heard.items() if np.abs(values).max(initial=0) > 1e-9}
    return parts.assign(**{name: parts.get(name, 0.0) + values for name, values in more.items()})


def _notes(found: Evidence, learned: Learned, known: Array, *, calibrated: bool) -> tuple[str, ...]:
    scale = CALIBRATED.format(known=int(np.isfinite(known).sum())) if calibrated else RANKS
    few = []
    if np.isfinite(known).any() and not calibrated:
        few = ["Fewer than 30 labels of each kind: they guide the learning but do not calibrate it."]
    return (BEHAVES, scale, *few, *([] if learned.learned else [ASSUMED]), *found.notes)


def _result(
    found: Evidence,
    prior: float,
    parts: pd.DataFrame,
    learned: Learned,
    rest: tuple[bool, float, bool, tuple[str, ...]],
) -> Hunters:
    calibrated, level, synthetic, notes = rest
    names, masked = _names(found.accounts.index)
    bits = prior + parts.sum(axis=1).to_numpy()
    chance = special.expit(bits * math.log(2))
    group, groups = groups_of(found, bits, chance >= FLAG)
    table = pd.DataFrame(
        {
            "account": names.index,
            "bits": bits,
            "probability": chance,
            "flagged": chance >= FLAG,
            "group": pd.array(np.where(group > 0, group, -1), dtype="Int64"),
        }
    )
    table.loc[group == 0, "group"] = pd.NA
    flagged = int((chance >= FLAG).sum())
    return Hunters(
        table=table.sort_values("bits", ascending=False, kind="stable", ignore_index=True),
        sentence=_sentence(learned.share, flagged, len(table), groups),
        notes=(*notes, *([MASKED] if masked else [])),
        level=level,
        unit="proportion",
        shows="simulation" if synthetic else "fact",
        evidence=parts.set_index(names.index),
        groups=groups,
        prevalence=learned.share,
        prior=prior,
        calibrated=calibrated,
        names=names,
        families=found.families,
    )


def _names(index: pd.Index) -> tuple[pd.Series, bool]:
    """The names to show: numbers where those of the data look like an address, a phone or an identity card."""
    masked = any(_PERSONAL.search(str(name)) for name in index)
    shown_as = pd.Index([f"account {at}" for at in range(1, len(index) + 1)]) if masked else index
    return pd.Series(index.to_numpy(), index=shown_as, name="account"), masked


def _sentence(share: Interval, flagged: int, accounts: int, groups: pd.DataFrame) -> str:
    acted = f", {int(groups['accounts'].sum()):,} of them in {len(groups):,} groups" if len(groups) else ""
    return f"Of {accounts:,} accounts {share} behave like reward hunters; {flagged:,} are flagged{acted}."
