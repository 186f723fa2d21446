"""Hunters: who came for the reward, with the case for and against each."""

from fanecon.metrics.hunters.campaign import SimulatedCampaign, simulate_campaign
from fanecon.metrics.hunters.co_shares import CoSharing, co_sharing
from fanecon.metrics.hunters.costs import FanCost, Spending, measure_fan_cost
from fanecon.metrics.hunters.densest import DensestBlock, densest_block
from fanecon.metrics.hunters.evaluation import Evaluation, evaluate_hunters
from fanecon.metrics.hunters.exposure import ExposureEffect, exposure_effect
from fanecon.metrics.hunters.find import Hunters, find_hunters
from fanecon.metrics.hunters.joiners import joiners_of
from fanecon.metrics.hunters.lockstep import Lockstep, find_lockstep
from fanecon.metrics.hunters.panel_simulation import simulate_groups
from fanecon.metrics.hunters.planted import shuffle_edges, simulate_lockstep
from fanecon.metrics.hunters.prevalence import predictive_value, true_prevalence

__all__ = [
    "CoSharing",
    "DensestBlock",
    "Evaluation",
    "ExposureEffect",
    "FanCost",
    "Hunters",
    "Lockstep",
    "SimulatedCampaign",
    "Spending",
    "co_sharing",
    "densest_block",
    "evaluate_hunters",
    "exposure_effect",
    "find_hunters",
    "find_lockstep",
    "joiners_of",
    "measure_fan_cost",
    "predictive_value",
    "shuffle_edges",
    "simulate_campaign",
    "simulate_groups",
    "simulate_lockstep",
    "true_prevalence",
]
