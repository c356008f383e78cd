"""The title line of a picture and the legend of what occurs in it."""

from __future__ import annotations

from resdsl.analysis.metrics import metrics
from resdsl.backends.dot import text
from resdsl.backends.dot.canvas import Canvas
from resdsl.backends.dot.elements import Figures
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.tables import Html
from resdsl.backends.dot.theme import LINES
from resdsl.backends.dot.view import View


def heading(view: View, canvas: Canvas, options: PictureOptions, *, said: str | None = None, note: str = "") -> Html:
    """Name and figures, or what is `said` instead of these; a note; then each kind of line that was drawn."""
    legend = [kind for kind in LINES if kind in canvas.used and LINES[kind].meaning]
    faults = [f"{fault.code}: {fault.message}" for fault in view.graph.faults]
    told = faults[:_MOST_FAULTS] + ([f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else [])
    width = 0.8 * options.row
    return canvas.labels.heading(text.clip(view.title), said or figures(view), legend, width, told, note)


_MOST_FAULTS = 4
"""Faults that are listed below the title."""


def figures(view: View) -> str:
    """Parameters, and multiply-adds at the input's size."""
    graph = view.graph
    size = ", ".join(text.size(graph.node(i).shape.full) for i in view.inputs)
    if view.items == tuple(graph.root.items):
        total = metrics(graph)
        params, macs = total.params, total.macs
    else:
        known = Figures(graph)
        params, macs = known.params(view.nodes), known.macs(view.nodes)
    return f"{text.params(params)} · {text.macs(macs)}" + (f" @ {size}" if size else "")
