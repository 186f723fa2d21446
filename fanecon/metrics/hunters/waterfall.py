"""The waterfall: from the prior through every sign to the sum, each bar as long as its bits."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from fanecon import plots
from fanecon.results import Shows, shown


def waterfall(ax: Axes, steps: Sequence[tuple[str, float]], sentence: str, shows: Shows) -> Axes:
    """Draw the steps from top to bottom, the first from zero, the others from where the last ended, then the sum."""
    rows, total = [*steps, ("sum", sum(bits for _, bits in steps))], 0.0
    for place, (name, bits) in enumerate(rows):
        begin = 0.0 if name in ("prior", "sum") else total
        colour = plots.BLACK if name in ("prior", "sum") else plots.RED if bits > 0 else plots.BLUE
        at = len(rows) - 1 - place
        ax.barh(at, bits, left=begin, height=0.62, color=colour, hatch="" if bits > 0 else "//", edgecolor="white")
        plots.label(ax, f"{'+' if bits > 0 else ''}{shown(bits)}", (max(begin, begin + bits), at))
        total = begin + bits
    ax.axvline(0, color=plots.BLACK, lw=0.8)
    ax.set_yticks(range(len(rows)), [plots.shorten(name) for name, _ in reversed(rows)], parse_math=False)
    ax.set_xlabel("bits for (right) and against (left) a reward hunter")
    ax.margins(x=0.15)
    ax.grid(visible=False, axis="y")
    return plots.finish(ax, sentence, shows)
