"""How good the flags are: by source of the label, at another prevalence, and never by what defines the label."""

import matplotlib as mpl
import pandas as pd
import pytest

import fanecon as fe
from fanecon.metrics.hunters.ranking import auc

mpl.use("Agg")


@pytest.fixture(scope="module")
def campaign():
    return fe.simulate_campaign(1500, hunters=0.2, seed=8)


@pytest.fixture(scope="module")
def found(campaign):
    return fe.find_hunters(campaign.log, links=campaign.links)


@pytest.fixture(scope="module")
def judged(campaign, found):
    truth = campaign.truth.set_index("actor_id")
    return fe.evaluate_hunters(found, truth["hunter"].astype(int), sources=truth["kind"].where(truth["hunter"]))


def row(judged, measure, labels="all"):
    return judged.table.set_index(["labels", "measure"]).loc[(labels, measure)]


def test_the_area_is_that_of_the_ranking(campaign, found, judged):
    hunter = campaign.truth.set_index("actor_id")["hunter"].reindex(found.table["account"]).to_numpy()
    value = auc(found.table["bits"].to_numpy(), hunter)
    assert tuple(row(judged, "AUC")[["estimate", "low", "high"]]) == pytest.approx(
        (value.estimate, value.low, value.high)
    )


def test_each_source_is_judged_by_its_own_hunters_against_all_others(campaign, judged):
    counts = campaign.truth["kind"].value_counts()
    for source in ("farm", "solo hunter"):
        held = row(judged, "AUC", source)
        assert (held["hunters"], held["others"]) == (counts[source], (~campaign.truth["hunter"]).sum())
    assert row(judged, "AUC", "farm")["estimate"] > row(judged, "AUC", "solo hunter")["estimate"]


def test_the_predictive_value_is_that_of_the_stated_prevalence(campaign, found):
    truth = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    judged = fe.evaluate_hunters(found, truth, prevalence=0.01)
    rare = row(judged, "predictive value at 1 %")["estimate"]
    rates = [float(row(judged, name)["estimate"]) for name in ("sensitivity", "specificity")]
    assert rare == pytest.approx(fe.predictive_value(0.01, sensitivity=rates[0], specificity=rates[1]))
    common = row(fe.evaluate_hunters(found, truth), "predictive value at 20 %")
    assert row(judged, "predictive value at 1 %")["low"] < common["low"]


def test_the_first_fifty_are_counted_with_wilsons_interval(campaign, found, judged):
    first = campaign.truth.set_index("actor_id")["hunter"].reindex(found.table["account"].head(50)).sum()
    expected = fe.stats.wilson(first, 50)
    assert row(judged, "precision at 50")["low"] == pytest.approx(expected.low)


@pytest.mark.parametrize("defines", ["left_after_seconds", "leaving", "one_day", "src"])
def test_a_sign_that_defines_the_label_is_refused(campaign, found, defines):
    labels = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    with pytest.raises(fe.ParameterError, match="it would find what it defines"):
        fe.evaluate_hunters(found, labels, defined_by=(defines,))


def test_a_definition_that_was_not_used_is_let_through(campaign):
    found = fe.find_hunters(campaign.log[campaign.log["action"] != "leave"])
    labels = campaign.truth.set_index("actor_id")["hunter"].astype(int)
    assert len(fe.evaluate_hunters(found, labels, defined_by=("left_after_seconds",)).table)


def test_clusters_widen_the_interval(campaign, found):
    truth = campaign.truth.set_index("actor_id")
    farms = truth["farm"].where(truth["farm"] >= 0)
    alone = fe.evaluate_hunters(found, truth["hunter"].astype(int))
    together = fe.evaluate_hunters(found, truth["hunter"].astype(int), clusters=farms)
    widths = [row(one, "AUC")["high"] - row(one, "AUC")["low"] for one in (alone, together)]
    assert row(alone, "AUC")["estimate"] == pytest.approx(row(together, "AUC")["estimate"])
    assert widths[1] > 0.5 * widths[0]
    assert any("clusters=" in note for note in alone.notes)


def test_the_calibration_counts_every_labelled_account_once(judged):
    assert judged.calibration["accounts"].sum() == 1500
    assert judged.calibration["probability"].is_monotonic_increasing
    assert judged.plot().get_xlabel() == "probability given"


def test_labels_of_one_kind_are_refused(found):
    with pytest.raises(fe.ParameterError, match="only one of the two"):
        fe.evaluate_hunters(found, pd.Series(1, index=found.table["account"]))
