"""The drawings of this room: who acted on what as a matrix, and who acted together as a net."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fanecon import plots
from fanecon.results import Shows

MOST_PAIRS = 60


def matrix(drawn: pd.DataFrame, sentence: str, shows: Shows, *, ax: Axes | None = None) -> Axes:
    """A dot for each pair of `actor_id` and `item_id`, the busiest accounts on top, the busiest items on the left."""
    ax = plots.axes(ax)
    places = []
    for name in ("item_id", "actor_id"):
        codes, names = pd.factorize(drawn[name])
        order = np.argsort(-np.bincount(codes, minlength=len(names)), kind="stable")
        rank = np.empty(len(names), np.int64)
        rank[order] = np.arange(len(names))
        places.append(rank[codes])
    size = 60 / max(20.0, *(float(len(np.unique(one))) for one in places)) * 4
    ax.plot(places[0] + 1, places[1] + 1, ls="", marker="s", ms=size, color=plots.BLUE, mec="none")
    ax.invert_yaxis()
    ax.set(xlabel="items of the block, busiest first", ylabel="accounts, busiest first")
    ax.grid(visible=False)
    return plots.finish(ax, sentence, shows)


def net(pairs: pd.DataFrame, sentence: str, shows: Shows, *, ax: Axes | None = None) -> Axes:
    """Accounts on a circle, those of one group side by side, with a line for each of the strongest pairs."""
    ax = plots.axes(ax, height=6)
    some = pairs.head(MOST_PAIRS)
    names = _in_groups(some)
    turn = np.linspace(0, 2 * np.pi, len(names), endpoint=False)
    at = {name: (float(np.cos(angle)), float(np.sin(angle))) for name, angle in zip(names, turn, strict=True)}
    for one, other, objects in zip(some["src"], some["dst"], some["objects"], strict=True):
        (x, y), (u, v) = at[one], at[other]
        ax.plot([x, u], [y, v], color=plots.BLUE, ls="-", lw=0.4 + 0.4 * np.log2(objects), alpha=0.6)
    for name, (x, y) in at.items():
        ax.plot([x], [y], ls="", marker="o", color=plots.RED, ms=4)
        if len(at) <= MOST_PAIRS // 2:
            plots.label(ax, plots.shorten(str(name), 12), (x, y), offset=(6 if x >= 0 else -40, 8 if y >= 0 else -8))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return plots.finish(ax, sentence, shows)


def _in_groups(pairs: pd.DataFrame) -> list[object]:
    """The accounts, each right after one that it is paired with where it can be."""
    near: dict[object, list[object]] = {}
    for one, other in zip(pairs["src"], pairs["dst"], strict=True):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    order: dict[object, None] = {}
    for start in near:
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in order:
                order[name] = None
                waiting += near[name]
    return list(order)
