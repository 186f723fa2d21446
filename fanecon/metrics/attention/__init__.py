"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

from fanecon.metrics.attention.bounds import DilutionBounds, dilution_bounds
from fanecon.metrics.attention.decay import OpenRateDecay, fit_open_rate_decay
from fanecon.metrics.attention.decomposition import Decomposition, decompose_open_rate
from fanecon.metrics.attention.mechanisms import simulate_open_rate, stable_open_rate
from fanecon.metrics.attention.periods import CommonBreaks, find_common_breaks
from fanecon.metrics.attention.stories import Stories, compare_mechanisms
from fanecon.metrics.attention.tenure import TenureKernel, fit_tenure_kernel, simulate_tenure_kernel

__all__ = [
    "CommonBreaks",
    "Decomposition",
    "DilutionBounds",
    "OpenRateDecay",
    "Stories",
    "TenureKernel",
    "compare_mechanisms",
    "decompose_open_rate",
    "dilution_bounds",
    "find_common_breaks",
    "fit_open_rate_decay",
    "fit_tenure_kernel",
    "simulate_open_rate",
    "simulate_tenure_kernel",
    "stable_open_rate",
]
