"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

from fanecon.metrics.attention.bounds import DilutionBounds, dilution_bounds
from fanecon.metrics.attention.burst_classes import BurstClasses, classify_bursts, response, simulate_bursts
from fanecon.metrics.attention.bursts import Bursts, find_bursts
from fanecon.metrics.attention.decay import OpenRateDecay, fit_open_rate_decay
from fanecon.metrics.attention.decomposition import Decomposition, decompose_open_rate
from fanecon.metrics.attention.forecast import (
    forecast_cascade,
)
from fanecon.metrics.attention.life_curves import LifeCurve, bass_peak, memory_crossings
from fanecon.metrics.attention.life_cycle import LifeCycle, measure_life_cycle, simulate_life_cycle
from fanecon.metrics.attention.life_fit import LifeFit, fit_life_cycle, simulate_life_counts
from fanecon.metrics.attention.mechanisms import simulate_open_rate, stable_open_rate
from fanecon.metrics.attention.periods import CommonBreaks, find_common_breaks
from fanecon.metrics.attention.self_exciting import (
    fit_self_exciting,
    simulate_self_exciting,
)
from fanecon.metrics.attention.stories import Stories, compare_mechanisms
from fanecon.metrics.attention.tenure import TenureKernel, fit_tenure_kernel, simulate_tenure_kernel

__all__ = [
    "BurstClasses",
    "Bursts",
    "CommonBreaks",
    "Decomposition",
    "DilutionBounds",
    "LifeCurve",
    "LifeCycle",
    "LifeFit",
    "OpenRateDecay",
    "Stories",
    "TenureKernel",
    "bass_peak",
    "classify_bursts",
    "compare_mechanisms",
    "decompose_open_rate",
    "dilution_bounds",
    "find_bursts",
    "find_common_breaks",
    "fit_life_cycle",
    "fit_open_rate_decay",
    "fit_self_exciting",
    "fit_tenure_kernel",
    "forecast_cascade",
    "measure_life_cycle",
    "memory_crossings",
    "response",
    "simulate_bursts",
    "simulate_life_counts",
    "simulate_life_cycle",
    "simulate_open_rate",
    "simulate_self_exciting",
    "simulate_tenure_kernel",
    "stable_open_rate",
]
