"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

from fanecon.metrics.attention.bounds import DilutionBounds, dilution_bounds
from fanecon.metrics.attention.burst_classes import BurstClasses, classify_bursts, response, simulate_bursts
from fanecon.metrics.attention.bursts import Bursts, find_bursts
from fanecon.metrics.attention.capacity import Capacity, fit_capacity
from fanecon.metrics.attention.decay import OpenRateDecay, fit_open_rate_decay
from fanecon.metrics.attention.decomposition import Decomposition, decompose_open_rate
from fanecon.metrics.attention.entry_nulls import first_mover_share, simulate_entry_order
from fanecon.metrics.attention.first_movers import EntryOrder, entry_order
from fanecon.metrics.attention.forecast import (
    forecast_cascade,
)
from fanecon.metrics.attention.life_curves import LifeCurve, bass_peak, memory_crossings
from fanecon.metrics.attention.life_cycle import LifeCycle, measure_life_cycle, simulate_life_cycle
from fanecon.metrics.attention.life_fit import LifeFit, fit_life_cycle, simulate_life_counts
from fanecon.metrics.attention.mechanisms import simulate_open_rate, stable_open_rate
from fanecon.metrics.attention.mix import ContentMix, content_mix, simulate_content_mix
from fanecon.metrics.attention.overload import (
    AttentionElasticity,
    attention_elasticity,
    feed_views,
    simulate_feeds,
)
from fanecon.metrics.attention.periods import CommonBreaks, find_common_breaks
from fanecon.metrics.attention.self_exciting import (
    fit_self_exciting,
    simulate_self_exciting,
)
from fanecon.metrics.attention.stories import Stories, compare_mechanisms
from fanecon.metrics.attention.surprise import PostSurprise, post_surprise
from fanecon.metrics.attention.tenure import TenureKernel, fit_tenure_kernel, simulate_tenure_kernel
from fanecon.metrics.attention.tiredness import Fatigue, fatigue, simulate_fatigue

__all__ = [
    "AttentionElasticity",
    "BurstClasses",
    "Bursts",
    "Capacity",
    "CommonBreaks",
    "ContentMix",
    "Decomposition",
    "DilutionBounds",
    "EntryOrder",
    "Fatigue",
    "LifeCurve",
    "LifeCycle",
    "LifeFit",
    "OpenRateDecay",
    "PostSurprise",
    "Stories",
    "TenureKernel",
    "attention_elasticity",
    "bass_peak",
    "classify_bursts",
    "compare_mechanisms",
    "content_mix",
    "decompose_open_rate",
    "dilution_bounds",
    "entry_order",
    "fatigue",
    "feed_views",
    "find_bursts",
    "find_common_breaks",
    "first_mover_share",
    "fit_capacity",
    "fit_life_cycle",
    "fit_open_rate_decay",
    "fit_self_exciting",
    "fit_tenure_kernel",
    "forecast_cascade",
    "measure_life_cycle",
    "memory_crossings",
    "post_surprise",
    "response",
    "simulate_bursts",
    "simulate_content_mix",
    "simulate_entry_order",
    "simulate_fatigue",
    "simulate_feeds",
    "simulate_life_counts",
    "simulate_life_cycle",
    "simulate_open_rate",
    "simulate_self_exciting",
    "simulate_tenure_kernel",
    "stable_open_rate",
]
