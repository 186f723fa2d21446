"""What is heard of outside parties: by hand, by definition, and never of oneself or one's own component."""

import numpy as np
import pandas as pd
import pytest

from fanecon.metrics.hunters.correction import correct
from fanecon.metrics.hunters.outsiders import FEW, heard_outside

#  a, b (one component), c and d touch p; c and e touch q; f touches nothing
CASE = np.array([4.0, 2.0, 0.0, -6.0, 3.0, -3.0])
COMPONENT = np.array([0, 0, 1, 2, 3, 4])
NAMES = pd.Index(list("abcdef"))
SHARED = pd.DataFrame({"value": list("ppppqq"), "account": list("abcdce")})


def slowly(case, shared, component, names):
    """One account and one party at a time."""
    rows = []
    for me, name in enumerate(names):
        heard = []
        for party in sorted(set(shared.loc[shared["account"] == name, "value"])):
            users = [names.get_loc(one) for one in sorted(set(shared.loc[shared["value"] == party, "account"]))]
            others = [one for one in users if component[one] != component[me]]
            heard.append(sum(case[one] - case.mean() for one in others) / (len(others) + FEW))
        rows.append([np.mean(heard), sum(heard), min(heard), max(heard)] if heard else [0.0] * 4)
    return np.array(rows)


def test_what_is_heard_by_hand():
    heard = heard_outside(CASE, SHARED, COMPONENT, NAMES)
    assert heard.loc["a", "mean"] == pytest.approx((0.0 - 6.0) / 22)
    assert heard.loc["c", "sum"] == pytest.approx((4.0 + 2.0 - 6.0) / 23 + 3.0 / 21)
    assert heard.loc["e"].tolist() == pytest.approx([0.0] * 4)
    assert heard.loc["f"].tolist() == [0.0] * 4


def test_what_is_heard_by_definition():
    rng = np.random.default_rng(0)
    names = pd.Index([f"n{at}" for at in range(60)])
    shared = pd.DataFrame({"value": rng.integers(0, 12, 90), "account": rng.choice(names, 90)})
    case, component = rng.normal(0, 4, 60), rng.integers(0, 40, 60)
    assert heard_outside(case, shared, component, names).to_numpy() == pytest.approx(
        slowly(case, shared, component, names)
    )


def test_a_case_does_not_hear_itself_or_its_component():
    louder = np.where(COMPONENT == 0, CASE + 8.0, CASE)
    before, after = (heard_outside(one - one.mean(), SHARED, COMPONENT, NAMES) for one in (CASE, louder))
    shift = louder.mean() - CASE.mean()
    assert (after.loc["a", "mean"] - before.loc["a", "mean"]) == pytest.approx(-2 * shift / 22)


def test_repeated_rows_directions_and_strangers_change_nothing():
    more = pd.concat([SHARED.assign(direction=0), SHARED.assign(direction=1)], ignore_index=True)
    more.loc[len(more)] = ["p", "nobody", 0]
    mine, theirs = (heard_outside(CASE, one, COMPONENT, NAMES) for one in (SHARED, more))
    assert theirs.to_numpy() == pytest.approx(mine.to_numpy())


def test_what_is_unknown_gets_no_step_from_labels():
    rng = np.random.default_rng(0)
    hunter = rng.random(800) < 0.4
    sign = np.where(rng.random(800) < 0.5, np.nan, hunter + rng.normal(0, 0.5, 800))
    fixed = correct(rng.normal(0, 1, 800), pd.DataFrame({"sign": sign}), hunter.astype(float))
    assert (fixed.added["sign"][np.isnan(sign)] == 0).all()
    assert fixed.added["sign"][~np.isnan(sign) & hunter].mean() > 0.5
