"""The title line of a picture and the legend of what occurs in it."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.analysis.summary import summarize
from resdsl.backends.dot import tables, text
from resdsl.backends.dot.canvas import Html
from resdsl.backends.dot.theme import LINES
from resdsl.graph.model import Graph


def heading(graph: Graph, kinds: Sequence[str]) -> Html:
    """Name, parameters, multiply-adds at the input's size; then each kind of line that was drawn."""
    summary = summarize(graph)
    size = ", ".join(text.size(graph.node(i).shape.full) for i in graph.inputs)
    figures = f"{text.params(summary.params)} · {text.macs(summary.macs)} @ {size}"
    legend = [(kind, LINES[kind].meaning) for kind in LINES if kind in kinds and LINES[kind].meaning]
    return tables.heading(text.clip(graph.name), figures, legend)
