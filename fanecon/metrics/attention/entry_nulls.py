"""What the first get without being better: the shares of an audience that order alone hands out.

"The first wave of sellers gained" may mean three things before it means anything about the first wave.
*Order without effect*: the earliest fraction f holds f.
*Time only*: everybody gains the same number a day, and the first had more days: ∫₀^f (1 − u) du ÷ ½ = 2f − f².
*Attachment*: who has followers is found by followers (Simon 1955; Barabási and Albert 1999): an account that entered
at time i has grown as √(t ÷ i), and the earliest fraction holds √f.  A tenth of the accounts holds a third of all
followers, a hundredth holds a tenth, and nobody is better than anybody.

Attachment among a finite number of accounts is exact in the mean: the first j of n hold
(j ÷ n) · Γ(n + ½) Γ(j) ÷ (Γ(n) Γ(j + ½)), since each newcomer adds to them in proportion to what they have.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from fanecon.schema import ParameterError, closest

Null = Literal["attachment", "time", "none"]
NULLS: tuple[Null, ...] = ("attachment", "time", "none")


def first_mover_share(fraction: float, *, null: Null = "attachment", accounts: int | None = None) -> float:
    """The share of the audience that the earliest fraction of accounts holds although no account is better: √f.

    Parameters
    ----------
    fraction
        Earliest accounts ÷ all accounts, from 0 to 1.
    null
        ``"attachment"`` √f, ``"time"`` 2f − f² (equal gains a day, longer lives), ``"none"`` f.
    accounts
        Number of accounts, for the exact mean under attachment; unlimited unless given.

    Raises
    ------
    ParameterError
        For a fraction outside 0 to 1 or an unknown null.

    References
    ----------
    Barabási and Albert 1999, doi:10.1126/science.286.5439.509; Newman 2009, doi:10.1209/0295-5075/86/68001

    Examples
    --------
    >>> [round(first_mover_share(f), 3) for f in (0.01, 0.1, 0.25)]
    [0.1, 0.316, 0.5]
    """
    if null not in NULLS:
        raise ParameterError(f"There is no null {null!r}. {closest(str(null), NULLS)}There are: {', '.join(NULLS)}.")
    if not 0 <= fraction <= 1:
        raise ParameterError(f"fraction is a proportion from 0 to 1; found {fraction!r}.")
    if null != "attachment" or accounts is None:
        return {"attachment": math.sqrt(fraction), "time": 2 * fraction - fraction**2, "none": fraction}[null]
    first = fraction * accounts
    if not first:
        return 0.0
    logs = special.gammaln([accounts + 0.5, first, accounts, first + 0.5])
    return float(fraction * np.exp(logs[0] + logs[1] - logs[2] - logs[3]))


def simulate_entry_order(
    accounts: int = 1000, *, growth: Null = "attachment", links: int = 10, death: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Accounts that enter one after the other and gain an audience by order alone; some die, none is better.

    Parameters
    ----------
    accounts
        Accounts, entering at 1, 2, 3, ….
    growth
        ``"attachment"``: each newcomer follows `links` accounts in proportion to their audience and begins with `links`
        itself; ``"time"``: all present accounts gain alike; ``"none"``: audiences know nothing of order.
    death
        Chance that the very first account is dead at the end; hazards are equal, so later ones die less.

    Returns
    -------
    DataFrame
        account_id, entered_at, audience (0 for the dead), alive; ``attrs["synthetic"]`` is True.
    """
    if not (accounts >= 2 and links >= 1 and 0 <= death < 1 and growth in NULLS):
        raise ParameterError(
            f"Needed: accounts ≥ 2, links ≥ 1, 0 ≤ death < 1, growth one of {', '.join(NULLS)}; found {accounts!r}, "
            f"{links!r}, {death!r}, {growth!r}."
        )
    rng = np.random.default_rng(seed)
    age = (accounts - np.arange(1, accounts + 1)) / accounts
    if growth == "attachment":
        audience = _attached(accounts, links, rng)
    else:
        audience = rng.poisson(2 * links * (2 * age if growth == "time" else 1.0) * rng.gamma(2, 0.5, accounts))
    alive = rng.random(accounts) < (1 - death) ** age
    frame = pd.DataFrame(
        {
            "account_id": [f"account {n}" for n in range(1, accounts + 1)],
            "entered_at": np.arange(1, accounts + 1),
            "audience": np.where(alive, audience, 0),
            "alive": alive,
        }
    )
    frame.attrs["synthetic"] = True
    return frame


def _attached(accounts: int, links: int, rng: np.random.Generator) -> np.ndarray:
    """Degrees of a graph in which every newcomer's links choose ends of the links that are there, each end alike."""
    ends = np.zeros(2 * accounts * links, dtype=np.int64)
    ends[: 2 * links] = 0
    for now in range(1, accounts):
        have = 2 * links * now
        ends[have : have + links] = ends[(rng.random(links) * have).astype(np.int64)]
        ends[have + links : have + 2 * links] = now
    return np.bincount(ends, minlength=accounts)
