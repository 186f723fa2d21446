"""Hunters: who came for the reward, with the case for and against each."""

from fanecon.metrics.hunters.costs import FanCost, Spending, measure_fan_cost
from fanecon.metrics.hunters.exposure import ExposureEffect, exposure_effect
from fanecon.metrics.hunters.joiners import joiners_of
from fanecon.metrics.hunters.panel_simulation import simulate_groups

__all__ = [
    "ExposureEffect",
    "FanCost",
    "Spending",
    "exposure_effect",
    "joiners_of",
    "measure_fan_cost",
    "simulate_groups",
]
