"""Drawing in a report by other means: the same letters where a notebook calls matplotlib or seaborn itself.

The drawings of this package take care of their own text.  A notebook that draws by itself has titles, ticks and
legends made of names too, and matplotlib reads those as a language: `$…$` is mathematics, a leading underscore means
"leave me out", and a letter without a glyph is one warning for each letter and each figure.  :func:`prepare` is called
once in the kernel of a report.  It changes the defaults of that process; nothing of it is called on import.

Who wants a formula says so: ``ax.set_title(r"$\\alpha$", parse_math=True)``.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from typing import Any, TextIO

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib import legend as mpl_legend
from matplotlib import scale as mpl_scale
from matplotlib.ticker import LogFormatterSciNotation

from fanecon.plots.lettering import NO_FONT, drawable, fonts

SAMPLE = "转あア한"
_LISTED, _FOUND = "_get_legend_handles_labels", "_find_fonts_by_props"
_OWN_NAMES = re.compile(r"_(child|container|nolegend_|line|collection|image|patch|text|table|quiverkey)[0-9]*_?")
_MATH = re.compile(r"\$\\mathdefault\{(.*)\}\$")
_POWER = re.compile(r"\^\{([^}]*)\}")
_RAISED = str.maketrans("0123456789-+.−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺·⁻")
_MISSING = re.compile(r"Glyph [0-9]+ \(.*\) missing from font")


def prepare() -> None:
    """Make matplotlib draw the text of data letter by letter, with fonts that have the letters; told once if not.

    For the process of a report, where every figure is the report's.  Calling it twice is calling it once.
    """
    drawable(SAMPLE)
    mpl.rcParams["font.family"] = fonts()
    mpl.rcParams["text.parse_math"] = False
    for module, name, ours in ((mpl_scale, "LogFormatterSciNotation", PlainPowers), (mpl_legend, _LISTED, listed)):
        if hasattr(module, name):
            setattr(module, name, ours)
    find = getattr(font_manager.FontManager, _FOUND, None)
    if find is not None and not isinstance(find, _Behind):
        setattr(font_manager.FontManager, _FOUND, _Behind(find))
    if not isinstance(warnings.showwarning, _Once):
        warnings.showwarning = _Once(warnings.showwarning)


class _Behind:
    """How matplotlib finds the fonts of a text, with ours behind them: a theme of seaborn names its own."""

    def __init__(self, find: Any) -> None:
        self.find = find

    def __get__(self, manager: Any, kind: Any = None) -> Any:
        def found(prop: Any, *given: Any, **named: Any) -> list[Any]:
            ours = font_manager.FontProperties(family=fonts())
            return list(dict.fromkeys([*self.find(manager, prop, *given, **named), *self.find(manager, ours)]))

        return found if manager is not None else self


class PlainPowers(LogFormatterSciNotation):
    """Ticks of a logarithmic axis as plain text: 10³ instead of mathematics."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick."""
        found = _MATH.fullmatch(super().__call__(x, pos))
        if not found:
            return str(super().__call__(x, pos))
        plain = found[1].replace(r"\times", "×").replace(r"\cdot", "·")
        return _POWER.sub(lambda power: power[1].translate(_RAISED), plain)


def listed(axs: Iterable[Any], legend_handler_map: Any = None) -> tuple[list[Any], list[str]]:
    """The series that a legend lists and their names: also those that begin with an underscore."""
    known = {**mpl_legend.Legend.get_default_handler_map(), **(legend_handler_map or {})}
    series = [one for ax in axs for one in (*ax.get_children(), *ax.containers)]
    drawn = [one for one in series if mpl_legend.Legend.get_legend_handler(known, one) is not None]
    named = [(one, str(one.get_label())) for one in drawn]
    named = [(one, name) for one, name in named if name and not _OWN_NAMES.fullmatch(name)]
    return [one for one, _ in named], [name for _, name in named]


class _Once:
    """How warnings are shown, with those of missing glyphs as one notice."""

    def __init__(self, shown: Any) -> None:
        self.shown, self.told = shown, False

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if not _MISSING.match(str(message)):
            self.shown(message, category, filename, lineno, file, line)
        elif not self.told:
            self.told = True
            print(NO_FONT, file=sys.stderr)
