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
            "compare_mechanisms",
            "decompose_open_rate",
            "dilution_bounds",
            "find_common_breaks",
            "fit_open_rate_decay",
            "fit_tenure_kernel",
            "simulate_open_rate",
            "simulate_tenure_kernel",
            "stable_open_rate",
            "LifeCurve",
            "classify_bursts",
            "find_bursts",
            "fit_life_cycle",
            "measure_life_cycle",
            "simulate_bursts",
            "simulate_life_counts",
            "simulate_life_cycle",
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
