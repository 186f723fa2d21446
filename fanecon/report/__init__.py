"""From a notebook and checked parameters to one honest HTML page."""

from fanecon.report.running import run

__all__ = ["run"]
