"""Names drawn as text from the first figure of a report on, at no cost for a notebook that draws none.

:func:`fanecon.plots.prepare` needs matplotlib, which takes a second to load.  So it waits: when a notebook, or a
library it uses, first imports `matplotlib.pyplot`, the import is let through and the preparation follows at once.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

DRAWS = "matplotlib.pyplot"


def prepare_when_drawing() -> None:
    """Call `plots.prepare` as soon as this process can draw; at once if it can already."""
    if DRAWS in sys.modules:
        _prepare()
    elif not any(isinstance(one, _Watch) for one in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def _prepare() -> None:
    # Not from fanecon.plots itself: it may be that very module that imports pyplot.
    from fanecon.plots.kernel import prepare

    prepare()


class _Watch(MetaPathFinder):
    """Finds nothing itself; lets the other finders find the module and stands behind its loader."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != DRAWS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Then(spec.loader)
        return spec


class _Then(Loader):
    """A loader with the preparation behind it."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        _prepare()
