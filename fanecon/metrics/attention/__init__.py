"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

from fanecon.metrics.attention.forecast import (
    forecast_cascade,
)
from fanecon.metrics.attention.self_exciting import (
    fit_self_exciting,
    simulate_self_exciting,
)

__all__ = [
    "fit_self_exciting",
    "forecast_cascade",
    "simulate_self_exciting",
]
