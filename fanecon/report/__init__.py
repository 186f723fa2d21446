"""From a notebook and checked parameters to one honest HTML page."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(__name__, submod_attrs={"runner.running": ["run"]})
