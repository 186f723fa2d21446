"""Who is flagged and why, from the log of a simulated campaign to the sentence about one account."""

import math
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.hunters.families import incentive_dependence
from fanecon.metrics.hunters.ranking import auc
from fanecon.metrics.hunters.reading import accounts_of
from fanecon.metrics.hunters.texts import repeated_texts

mpl.use("Agg")


@pytest.fixture(scope="module")
def campaign():
    return fe.simulate_campaign(1500, hunters=0.2, seed=3)


@pytest.fixture(scope="module")
def found(campaign):
    return fe.find_hunters(campaign.log, links=campaign.links)


def truth_of(campaign, found):
    return campaign.truth.set_index("actor_id")["hunter"].reindex(found.table["account"]).to_numpy()


def test_hunters_stand_above_fans_and_flags_are_right(campaign, found):
    hunter = truth_of(campaign, found)
    assert auc(found.table["bits"].to_numpy(), hunter).low > 0.93
    flagged = found.table["flagged"].to_numpy()
    assert hunter[flagged].mean() > 0.9
    assert flagged[hunter].mean() > 0.4
    assert 0.2 in found.prevalence


def test_the_prior_and_the_signs_add_up_to_the_case(found):
    total = found.prior + found.evidence.sum(axis=1)
    rows = found.table.set_index("account")
    assert total.reindex(rows.index).to_numpy() == pytest.approx(rows["bits"].to_numpy())
    assert (1 / (1 + 2 ** -rows["bits"])).to_numpy() == pytest.approx(rows["probability"].to_numpy())


def test_every_flag_has_an_explanation_that_names_the_prior_first(found):
    for account in found.flagged["account"].head(40):
        lines = found.explain(account).split("\n")
        assert lines[0].startswith("Prior: ")
        assert all(re.match(r"[+−]?[\d.,]+(e[+-]\d+)? bits \(|Unknown, counts nothing", line) for line in lines[1:-2])
        assert "flagged" in lines[-2]


def test_the_numbers_of_an_explanation_are_those_of_the_table(found):
    account = found.flagged["account"].iloc[0]
    spoken = [float(one.replace("−", "-")) for one in re.findall(r"^([+−][\d.]+) bits", found.explain(account), re.M)]
    assert sum(spoken) + found.prior == pytest.approx(found.table["bits"].iloc[0], abs=0.05)


def test_the_waterfall_has_one_bar_per_sign_and_ends_at_the_sum(found):
    account = found.flagged["account"].iloc[0]
    ax = found.plot(account)
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels[-1] == "prior"
    assert labels[0] == "sum"
    assert len(labels) == found.evidence.shape[1] + 2
    assert any("Simulation" in text.get_text() for text in ax.texts)
    assert found.plot().get_title(loc="left")


def test_signs_are_one_small_table(found):
    assert list(found.signs.columns) == ["account", "sign", "bits"]
    assert len(found.signs) == found.evidence.size


@pytest.mark.parametrize("seed", range(2))
def test_a_campaign_without_hunters_is_not_accused(seed):
    campaign = fe.simulate_campaign(1500, hunters=0.0, seed=100 + seed)
    found = fe.find_hunters(campaign.log, links=campaign.links)
    assert found.table["flagged"].mean() <= 0.01
    assert 0.0 in found.prevalence
    assert any("assumed, not learned" in note for note in found.notes)


def covering(share, draws, farms=0.6):
    hits = 0
    for seed in range(draws):
        campaign = fe.simulate_campaign(1500, hunters=share, farms=farms, seed=500 + seed)
        hits += share in fe.find_hunters(campaign.log, links=campaign.links).prevalence
    return hits / draws


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
def test_the_share_of_hunters_lies_in_its_interval(share):
    assert covering(share, 1) == 1


def test_hunters_who_act_alone_and_hardly_stand_apart_leave_the_share_open():
    """What is learned takes passers-by for hunters here, 15.5 % (6 to 34); the truth lies below all of it."""
    campaign = fe.simulate_campaign(1500, hunters=0.05, farms=0.2, seed=2004)
    found = fe.find_hunters(campaign.log, links=campaign.links).prevalence
    assert found.estimate > 0.1
    assert 0.05 in found


@pytest.mark.nightly
@pytest.mark.parametrize("farms", [0.2, 0.6])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.1, 0.2, 0.5])
def test_the_interval_of_the_share_covers_in_a_hundred_campaigns(share, farms):
    held = covering(share, 100, farms)
    print(f"{share:.0%} hunters, {farms:.0%} in farms: {held:.0%}")
    assert held >= 0.9


def test_order_and_names_of_accounts_change_nothing(campaign, found):
    turned = campaign.log.sample(frac=1, random_state=1).assign(actor_id=lambda rows: "x" + rows["actor_id"])
    links = campaign.links.assign(src="x" + campaign.links["src"], dst="x" + campaign.links["dst"])
    again = fe.find_hunters(turned, links=links)
    mine = found.table.set_index("account")["bits"]
    theirs = again.table.set_index("account")["bits"].rename(lambda name: name[1:])
    assert theirs.reindex(mine.index).to_numpy() == pytest.approx(mine.to_numpy(), abs=1e-3)


def test_amounts_in_another_currency_change_nothing(campaign, found):
    dear = campaign.log.assign(amount_minor=campaign.log["amount_minor"] * 7)
    again = fe.find_hunters(dear, links=campaign.links)
    assert again.prevalence.estimate == pytest.approx(found.prevalence.estimate, abs=1e-4)


def test_groups_are_farms(campaign, found):
    farm = campaign.truth.set_index("actor_id")["farm"]
    members = found.table.dropna(subset=["group"])
    kept = members.assign(farm=farm.reindex(members["account"]).to_numpy())
    largest = (
        kept[kept["group"] <= 5].groupby("group")["farm"].agg(lambda held: held.value_counts(normalize=True).max())
    )
    assert (largest > 0.8).all()
    assert found.groups["accounts"].is_monotonic_decreasing
    assert (found.groups[["ties", "shared_outsiders", "crowded_starts"]].sum(axis=1) > 0).all()


def test_missing_signs_are_said_and_not_imputed(campaign):
    found = fe.find_hunters(campaign.log[["actor_id", "time"]])
    assert any(note.startswith("Missing, and not imputed: links") for note in found.notes)
    assert "links" not in found.evidence


def test_two_signs_do_not_tell_the_share(campaign):
    labels = campaign.truth.set_index("actor_id")["hunter"].astype(int).head(200)
    found = fe.find_hunters(campaign.log[["actor_id", "time"]], labels=labels)
    assert found.evidence.columns.isin(["crowding", "habits"]).sum() == 2
    assert found.prevalence.missing.startswith("two signs do not tell the share")


def test_a_table_of_a_tally_gives_what_the_log_gives(campaign):
    log = campaign.log[campaign.log["action"] != "leave"].drop(columns="amount_minor")
    table = fe.tally.account_habits(log, zone="UTC")
    mine, theirs = accounts_of(log), accounts_of(table)
    shared = ["events", "campaign_events", "one_day", "one_item", "entered_by_campaign"]
    assert (mine[shared].astype(int) == theirs[shared].reindex(mine.index).astype(int)).all().all()


def test_labels_put_probabilities_to_scale(campaign):
    truth = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    known = truth.sample(frac=0.3, random_state=0)
    found = fe.find_hunters(campaign.log, links=campaign.links, labels=known)
    assert found.calibrated
    rest = found.table[~found.table["account"].isin(known.index)]
    hunter = truth.reindex(rest["account"]).to_numpy()
    assert rest["probability"].mean() == pytest.approx(hunter.mean(), abs=0.05)
    assert auc(rest["bits"].to_numpy(), hunter == 1).estimate > 0.95
    total = found.prior + found.evidence.sum(axis=1)
    assert total.reindex(found.table["account"]).to_numpy() == pytest.approx(found.table["bits"].to_numpy())


def on_the_rest(campaign, found, labels):
    """The AUC on the accounts without a label."""
    rest = found.table[~found.table["account"].isin(labels.index)]
    hunter = campaign.truth.set_index("actor_id")["hunter"].reindex(rest["account"]).to_numpy()
    return auc(rest["bits"].to_numpy(), hunter).estimate


def labels_of(campaign, known, *, wrong=0.0, seed=0):
    """The labels of a share of the accounts, farms as wholes, some of them wrong."""
    rng = np.random.default_rng(seed)
    truth = campaign.truth.set_index("actor_id")
    unit = np.where(truth["farm"] >= 0, truth["farm"], 10_000 + np.arange(len(truth)))
    names, place = np.unique(unit, return_inverse=True)
    held = (rng.random(len(names)) < known)[place]
    said = truth["hunter"].to_numpy()[held] ^ (rng.random(int(held.sum())) < wrong)
    return pd.Series(said.astype(int), index=truth.index[held])


@pytest.mark.parametrize("wrong", [0.0, 0.1])
def test_labels_help_on_average_also_where_some_are_wrong(campaign, found, wrong):
    gains = []
    for seed in range(3):
        labels = labels_of(campaign, 0.2, wrong=wrong, seed=seed)
        taught = fe.find_hunters(campaign.log, links=campaign.links, labels=labels)
        gains.append(on_the_rest(campaign, taught, labels) - on_the_rest(campaign, found, labels))
    assert np.mean(gains) > 0


@pytest.mark.nightly
@pytest.mark.parametrize("known", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_labels_help_in_few_and_many_campaigns(share, known):
    gains = []
    for seed in range(8):
        campaign = fe.simulate_campaign(1500, hunters=share, seed=seed)
        labels = labels_of(campaign, known, seed=seed)
        taught, alone = (
            on_the_rest(campaign, fe.find_hunters(campaign.log, links=campaign.links, labels=one), labels)
            for one in (labels, None)
        )
        gains.append(taught - alone)
    assert np.mean(gains) >= 0


@pytest.mark.parametrize(("hunters", "others"), [(5, 0), (0, 5), (3, 2), (20, 0), (0, 200), (10, 10)])
def test_few_labels_of_any_kind_leave_nearly_what_is_found_without(campaign, found, hunters, others):
    truth = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    labels = pd.concat([truth[truth == 1].head(hunters), truth[truth == 0].head(others)])
    taught = fe.find_hunters(campaign.log, links=campaign.links, labels=labels)
    assert not taught.calibrated
    assert on_the_rest(campaign, taught, labels) >= on_the_rest(campaign, found, labels) - 0.01


@pytest.mark.parametrize("kind", [1, 0])
def test_the_share_is_that_of_all_accounts_whoever_was_labelled(campaign, kind):
    truth = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    labels = truth[truth == kind].sample(frac=0.4, random_state=0)
    found = fe.find_hunters(campaign.log, links=campaign.links, labels=labels)
    assert 0.2 in found.prevalence
    assert found.prevalence.estimate == pytest.approx(0.2, abs=0.04)


def test_what_is_said_of_shared_outside_parties_is_one_sign(campaign):
    rng = np.random.default_rng(0)
    truth = campaign.truth.set_index("actor_id")["hunter"]
    party = np.where(rng.random(len(truth)) < 0.8, truth, ~truth).astype(int) * 4 + rng.integers(0, 4, len(truth))
    shared = pd.DataFrame({"value": party, "account": truth.index})
    labels = labels_of(campaign, 0.3)
    log = campaign.log[["actor_id", "time"]]
    deaf, heard = (fe.find_hunters(log, shared=one, labels=labels) for one in (None, shared))
    assert on_the_rest(campaign, heard, labels) > on_the_rest(campaign, deaf, labels)
    assert [name for name in heard.evidence if name.startswith("company outside")] == ["company outside"]
    assert "others that touch the same outside parties" in heard.explain(heard.table["account"].iloc[0])
    total = heard.prior + heard.evidence.sum(axis=1)
    assert total.reindex(heard.table["account"]).to_numpy() == pytest.approx(heard.table["bits"].to_numpy())


def test_what_acts_in_blocks_is_a_sign(campaign):
    farm = campaign.truth[campaign.truth["farm"] >= 0]
    blocks = pd.DataFrame({"account": farm["actor_id"], "block": farm["farm"], "bits": 40.0})
    found = fe.find_hunters(campaign.log, blocks=blocks)
    rows = found.evidence["lockstep"].reindex(farm["actor_id"])
    assert rows.mean() > 1.0
    assert "in a lockstep group worth 40" in found.explain(farm["actor_id"].iloc[0])


def test_names_that_are_personal_data_are_not_shown(campaign):
    phones = {name: f"138{at:08d}" for at, name in enumerate(campaign.truth["actor_id"])}
    log = campaign.log.assign(actor_id=campaign.log["actor_id"].map(phones), text="Call 13800000001, wonderful prize")
    found = fe.find_hunters(log)
    spoken = "\n".join([found.explain(), *(found.explain(one) for one in found.table["account"].head(20)), repr(found)])
    assert not re.search(r"138\d{8}|wonderful", spoken)
    assert found.names[found.table["account"].iloc[0]].startswith("138")
    assert found.explain(phones["h000000"]) == found.explain(found.names.index[found.names == phones["h000000"]][0])


def test_an_account_that_is_not_there_is_refused(found):
    with pytest.raises(fe.ParameterError, match="There is no account 'nobody'"):
        found.explain("nobody")


def test_a_table_that_says_nothing_is_refused():
    with pytest.raises(fe.SchemaError, match="nothing to tell accounts apart"):
        fe.find_hunters(pd.DataFrame({"account": [1, 2, 3]}))


def test_several_rows_without_a_time_are_refused():
    with pytest.raises(fe.SchemaError, match="several rows"):
        fe.find_hunters(pd.DataFrame({"account": [1, 1], "amount": [1, 2]}))


def test_labels_that_are_neither_yes_nor_no_are_refused(campaign):
    with pytest.raises(fe.ParameterError, match="labels="):
        fe.find_hunters(campaign.log, labels={"h000000": 3})


def test_the_share_of_paid_acts_is_drawn_to_the_common_share():
    paid, acts = np.array([1.0, 100.0, 0.0, 30.0, 5.0]), np.array([1.0, 100.0, 50.0, 60.0, 40.0])
    found = incentive_dependence(paid, acts)
    assert found[0] < found[1] <= 1
    assert abs(found[0] - paid.sum() / acts.sum()) < 1 - paid.sum() / acts.sum()
    assert math.isnan(incentive_dependence(np.array([1.0]), np.array([1.0]))[0])


def test_copied_praise_is_found_and_honest_praise_is_not():
    accounts = pd.Series(["a", "b", "c", "d", "e"])
    texts = pd.Series(
        [
            "Great shop, great prizes, come and join us now!!! 1",
            "great shop great prizes come and join us now 22",
            "GREAT SHOP; great prizes: come and join us now",
            "I bought a chair and my back thanks me",
            None,
        ]
    )
    found = repeated_texts(accounts, texts)
    assert found.to_dict() == {"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0}


def test_the_simulated_campaign_has_the_hunters_it_was_asked_for():
    campaign = fe.simulate_campaign(400, hunters=0.25, farms=0.5, seed=1)
    assert campaign.truth["hunter"].sum() == 100
    assert (campaign.truth["kind"] == "farm").sum() == 50
    assert set(campaign.log["actor_id"]) == set(campaign.truth["actor_id"])
    assert all(frame.attrs["synthetic"] for frame in campaign)
    assert campaign.log.equals(fe.simulate_campaign(400, hunters=0.25, farms=0.5, seed=1).log)
    with pytest.raises(fe.ParameterError, match="Needed"):
        fe.simulate_campaign(5)
