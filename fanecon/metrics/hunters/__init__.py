"""Hunters: who came for the reward, with the case for and against each."""

from fanecon.metrics.hunters.co_shares import CoSharing, co_sharing
from fanecon.metrics.hunters.densest import DensestBlock, densest_block
from fanecon.metrics.hunters.lockstep import Lockstep, find_lockstep
from fanecon.metrics.hunters.planted import shuffle_edges, simulate_lockstep

__all__ = [
    "CoSharing",
    "DensestBlock",
    "Lockstep",
    "co_sharing",
    "densest_block",
    "find_lockstep",
    "shuffle_edges",
    "simulate_lockstep",
]
