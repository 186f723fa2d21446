"""The accounts of a public airdrop: hunters found without labels, judged on labels from two sources."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

import fanecon as fe
from fanecon.metrics.hunters.ranking import auc, average_precision

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FANECON_DATA", ROOT.parent / "shared" / "data"))
FILES = ("hop_accounts", "hop_edges", "hop_shared_counterparties")

pytestmark = pytest.mark.skipif(
    not all((DATA / f"{name}.parquet").exists() for name in FILES), reason=f"{', '.join(FILES)} are not in {DATA}"
)


def benchmark():
    spec = importlib.util.spec_from_file_location("hunters_hop", ROOT / "benchmarks" / "hunters_hop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def judged():
    accounts, ties, truth = benchmark().tables(DATA)
    found = fe.find_hunters(accounts, **ties)
    rows = truth.reindex(found.table["account"])
    return found, rows, found.table["bits"].to_numpy()


def test_no_label_reaches_the_search():
    accounts, ties, _ = benchmark().tables(DATA)
    names = {name for table in (accounts, *ties.values()) for name in table.columns}
    assert not names & {"hunter", "label_source", "group"}


def test_hunters_are_found_without_labels(judged):
    _, rows, bits = judged
    hunter = (rows["hunter"] == 1).to_numpy()
    reported = (rows["label_source"] == "report").to_numpy() | ~hunter
    assert auc(bits, hunter).estimate >= 0.90
    assert auc(bits[reported], hunter[reported]).estimate >= 0.88
    assert average_precision(bits, hunter) >= 0.83


def test_the_true_share_lies_in_the_interval_and_most_flags_are_right(judged):
    found, rows, _ = judged
    hunter = (rows["hunter"] == 1).to_numpy()
    assert hunter.mean() in found.prevalence
    assert hunter[found.table["flagged"].to_numpy()].mean() > 0.85


def test_what_was_learned_is_said(judged):
    found, _, _ = judged
    assert any("ranks" in note for note in found.notes)
    assert any(note.startswith("Missing, and not imputed") for note in found.notes)


def test_without_amounts_no_interval_pretends_to_hold_the_share():
    accounts, ties, _ = benchmark().tables(DATA)
    found = fe.find_hunters(accounts.drop(columns="amount"), **ties)
    assert np.isnan(found.prevalence.low) and "do not bound the share" in found.prevalence.missing
    assert "no interval" in found.sentence


@pytest.mark.nightly
def test_a_tenth_of_the_labels_finds_more_on_the_rest():
    bench = benchmark()
    accounts, ties, truth = bench.tables(DATA)
    found = bench.with_labels(
        accounts, ties, (truth["hunter"] == 1).to_numpy(), bench.clusters_of(truth, ties["links"])
    )
    assert found["estimate"] >= 0.93
    assert found["least"] >= 0.92
