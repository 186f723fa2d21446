"""Hunters: who came for the reward, with the case for and against each."""
