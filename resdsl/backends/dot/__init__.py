"""The DOT backend: a graph becomes a picture of itself."""

from __future__ import annotations

from resdsl.backends.dot.plan import WRAP
from resdsl.backends.dot.stage import draw_stages
from resdsl.graph.model import Graph

LEVELS = ("stage", "block")


def draw(graph: Graph, level: str = "stage", *, wrap: float | None = WRAP) -> str:
    """DOT text of a graph; the same graph gives the same text.

    `level` is `stage` (a run of identical blocks is one box) or `block` (every operator of each distinct block).
    `wrap` is the width of a row in points (about; `None` for a single row). Raises `ValueError` for another level.
    """
    if level == "stage":
        return draw_stages(graph, wrap)
    if level == "block":
        from resdsl.backends.dot.block import draw_blocks

        return draw_blocks(graph, wrap)
    raise ValueError(f"no level {level!r}; one of {', '.join(LEVELS)}")
