"""Draw the figure of the README: R over what the Rainbow Bus paragraph leaves open."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import fanecon as fe

totals = fe.article_totals(fe.find_article(fe.example("rainbow_bus")), open_rate=0.3)
grid = totals.grid([0, 250, 500, 1000, 1500])
ax = grid.plot()
grid.mark(ax, "everybody shares alike", open_rate=0.3, imported=totals.beyond())
grid.mark(ax, "1,000 joiners paid with this share", open_rate=0.3, imported=totals.beyond(1000), marker="s")
grid.mark(ax, "a reprint brought half of the reads", open_rate=0.1, imported=totals.beyond(0, 0.5), marker="D")
ax.figure.savefig(Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None})
