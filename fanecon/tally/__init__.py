"""Tallies: a log of any size → the small tables that every metric takes.

Written once, in Ibis: a pandas frame and files (Parquet, CSV, globs of them) are tallied by a DuckDB in this process,
any other Ibis table by the engine it lives in, so that the log of a Spark or PostgreSQL cluster never moves.  What
comes home is an ordinary frame with a limit on its rows.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "accounts": ["account_campaigns", "account_gaps", "account_habits"],
        "cascades": ["cascades"],
        "cohorts": ["cohorts"],
        "components": ["components"],
        "costs": ["costs"],
        "crowding": ["crowding"],
        "durations": ["at_risk", "response_times"],
        "items": ["contributions", "items"],
        "links": ["account_links"],
        "lockstep": ["lockstep_blocks", "lockstep_edges"],
        "logs": ["open_log"],
        "simulation": ["simulate_log"],
    },
)
