"""From a notebook and checked parameters to one honest HTML page."""

from fanecon.report.run import run

__all__ = ["run"]
