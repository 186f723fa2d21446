"""Attention: why the open rate falls, how long an event lives, and what a crowded feed does to both."""

__all__: list[str] = []
