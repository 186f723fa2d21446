"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

from fanecon.metrics.attention.burst_classes import BurstClasses, classify_bursts, response, simulate_bursts
from fanecon.metrics.attention.bursts import Bursts, find_bursts
from fanecon.metrics.attention.life_curves import LifeCurve, bass_peak, memory_crossings
from fanecon.metrics.attention.life_cycle import LifeCycle, measure_life_cycle, simulate_life_cycle
from fanecon.metrics.attention.life_fit import LifeFit, fit_life_cycle, simulate_life_counts

__all__ = [
    "BurstClasses",
    "Bursts",
    "LifeCurve",
    "LifeCycle",
    "LifeFit",
    "bass_peak",
    "classify_bursts",
    "find_bursts",
    "fit_life_cycle",
    "measure_life_cycle",
    "memory_crossings",
    "response",
    "simulate_bursts",
    "simulate_life_counts",
    "simulate_life_cycle",
]
