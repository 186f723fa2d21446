"""Sharing: who shares, how far an article carries, and how many shares a share begets."""

from fanecon.metrics.sharing.comparison import Comparison, compare_article
from fanecon.metrics.sharing.grid import Grid, sensitivity_grid
from fanecon.metrics.sharing.paths import (
    Best,
    Paths,
    TwoPhases,
    best_of_k,
    conditioned_paths,
    simulate_pushes,
    two_phases,
)
from fanecon.metrics.sharing.rates import Rates, amplification, share_to_read, simulate_articles
from fanecon.metrics.sharing.reproduction import (
    ArticleReproduction,
    Reproduction,
    chain_reproduction,
    measure_reproduction,
    reproduction_number,
    stranger_share_rate,
)
from fanecon.metrics.sharing.totals import Totals, article_totals, find_article

__all__ = [
    "ArticleReproduction",
    "Best",
    "Comparison",
    "Grid",
    "Paths",
    "Rates",
    "Reproduction",
    "Totals",
    "TwoPhases",
    "amplification",
    "article_totals",
    "best_of_k",
    "chain_reproduction",
    "compare_article",
    "conditioned_paths",
    "find_article",
    "measure_reproduction",
    "reproduction_number",
    "sensitivity_grid",
    "share_to_read",
    "simulate_articles",
    "simulate_pushes",
    "stranger_share_rate",
    "two_phases",
]
