"""Hunters: who came for the reward, with the case for and against each."""

from fanecon.metrics.hunters.campaign import SimulatedCampaign, simulate_campaign
from fanecon.metrics.hunters.evaluation import Evaluation, evaluate_hunters
from fanecon.metrics.hunters.find import Hunters, find_hunters
from fanecon.metrics.hunters.prevalence import predictive_value, true_prevalence

__all__ = [
    "Evaluation",
    "Hunters",
    "SimulatedCampaign",
    "evaluate_hunters",
    "find_hunters",
    "predictive_value",
    "simulate_campaign",
    "true_prevalence",
]
