"""The metrics, one room per family."""
