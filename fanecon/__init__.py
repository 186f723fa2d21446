"""fanecon: the economics of fans, from raw exports to an honest verdict."""

import lazy_loader as _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["datasets", "plots", "report", "schema", "stats", "tally"],
    submod_attrs={
        "exercises": ["check"],
        "loaders.examples": ["catalog", "example", "fact"],
        "loaders.door": ["read"],
        "loaders.reading": ["Ask", "Reading"],
        "loaders.wechat": ["read_wechat"],
        "metrics.attention": [
            "fit_self_exciting",
            "forecast_cascade",
            "simulate_self_exciting",
        ],
        "metrics.sharing": [
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
        ],
        "report.run": ["run"],
        "results": ["Interval", "Result"],
        "schema": ["EngineError", "FaneconError", "FileError", "ParameterError", "RunError", "SchemaError"],
    },
)
