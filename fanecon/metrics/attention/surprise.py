"""Off-profile posts: how far a post lies from what its account usually posts, by the account's own measure.

A partner of an investment firm posted about a wallet, and friends asked whether the account had been stolen.  Nothing
was wrong with the post; it was surprising *for that sender*.  A shop that posts something else every day could have
posted it unnoticed.  So surprise is measured against the other posts of the same account, and so is its threshold.

The surprise of a post of kind k is the Jensen-Shannon divergence (bits, 0 to 1) between "kind k" and the kinds of the
account's other posts; it depends on their share q of kind k alone: (1 − q)/2 + (q log₂ q − (1 + q) log₂((1 + q)/2))/2.
A kind never posted before or since is 1, an account that posts one kind only is 0.

The chance beside it is the share of the account's posts at least as surprising, the post itself included.  If posts
are exchangeable, it is at most α for at most a share α of them, whatever the kinds are (Vovk, Gammerman and Shafer
2005): there is always a most surprising post, and being it is no offence.  An account with fewer than 1 ÷ α posts has
no threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import special

from fanecon import plots
from fanecon.results import Interval, Result, shown
from fanecon.schema import need
from fanecon.stats.proportions import checked_level

ALWAYS = "There is always a most surprising post; up to {share} of the posts of any account stand out by construction."
LABELS = "Only as good as the labels: a kind that is split in two surprises twice as often."
NO_MALICE = "A post that stands out is unusual for its account; why it was posted is not in the data."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PostSurprise(Result):
    """How unusual each post is for its account; `items` holds surprise, chance and off_profile beside every post."""

    items: pd.DataFrame

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Share of off-profile posts by account."""
        ax = plots.axes(ax, height=max(2.4, 1.4 + 0.4 * len(self.table)))
        values = [Interval(value, unit="proportion") for value in self.table["estimate"]]
        plots.intervals(ax, [str(name) for name in self.table["account_id"]], values, unit="proportion")
        return plots.finish(ax, self.sentence, self.shows)


def post_surprise(table: pd.DataFrame, *, by: str = "kind", level: float = 0.95) -> PostSurprise:
    """How far each post lies from the other posts of its account, in bits, and how often the account goes that far.

    Parameters
    ----------
    table
        One row per post: the column `by` (a label), account_id if there are several accounts.
    by
        Column of the kind or topic.
    level
        A post is off-profile if at most 1 − level of its account's posts are as surprising.

    Returns
    -------
    PostSurprise
        One row per account: posts, kinds, estimate (share of off-profile posts; missing where there are fewer than
        1 ÷ (1 − level) posts); `items`: the table with surprise (bits), chance and off_profile added.

    Raises
    ------
    SchemaError
        If the column is missing.

    References
    ----------
    Lin 1991, doi:10.1109/18.61115; Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a Random World
    """
    alpha = checked_level(level)
    need(table, by, meaning="one row per post")
    items = table[table[by].notna()].copy()
    account = items["account_id"].astype(str) if "account_id" in items else pd.Series("", index=items.index)
    posts = items.groupby(account)[by].transform("size").to_numpy()
    same = items.groupby([account, items[by]])[by].transform("size").to_numpy()
    items["surprise"] = divergence((same - 1) / np.maximum(posts - 1, 1))
    items["chance"] = _chance(account, same) / posts
    items["off_profile"] = (items["chance"] <= alpha + 1e-12) & (posts >= 1 / alpha - 1e-9)
    return PostSurprise(
        table=_table(items, account, by, alpha),
        sentence=_sentence(items, account, posts, alpha),
        notes=(ALWAYS.format(share=shown(alpha, "proportion")), LABELS, NO_MALICE),
        level=level,
        unit="proportion",
        shows="simulation" if table.attrs.get("synthetic") else "fact",
        items=items,
    )


def divergence(share: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence, in bits, between one kind alone and a history that holds it with this share."""
    whole = special.xlogy(share, share) - special.xlogy(1 + share, (1 + share) / 2)
    return np.asarray(np.clip((1 - share) / 2 + whole / 2 / np.log(2), 0.0, 1.0))


def _chance(account: pd.Series, same: np.ndarray) -> np.ndarray:
    """How many posts of the account are of a kind as rare, or rarer."""
    frame = pd.DataFrame({"account": account.to_numpy(), "same": same})
    return np.asarray(frame.groupby("account")["same"].rank(method="max"))


def _table(items: pd.DataFrame, account: pd.Series, by: str, alpha: float) -> pd.DataFrame:
    each = items.groupby(account, sort=True)
    found = pd.DataFrame({"posts": each.size(), "kinds": each[by].nunique(), "estimate": each["off_profile"].mean()})
    found["estimate"] = found["estimate"].where(found["posts"] >= 1 / alpha - 1e-9)
    return found.rename_axis("account_id").reset_index()


def _sentence(items: pd.DataFrame, account: pd.Series, posts: np.ndarray, alpha: float) -> str:
    enough = posts >= 1 / alpha - 1e-9
    if not enough.any():
        least = shown(float(np.ceil(1 / alpha - 1e-9)))
        return f"Off-profile posts are not estimable: no account has the {least} posts that it takes."
    out, many = int(items["off_profile"].sum()), int(enough.sum())
    return (
        f"{out:,} of {many:,} posts of {account[enough].nunique():,} accounts are of a kind that their account posts "
        f"in at most {shown(alpha, 'proportion')} of its posts, rarer kinds counted with it."
    )
