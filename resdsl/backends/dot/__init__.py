"""The DOT backend: a graph becomes a picture of itself."""

from __future__ import annotations

from resdsl.backends.dot.canvas import Canvas
from resdsl.backends.dot.elements import Element, described
from resdsl.backends.dot.options import LEVELS, THEMES, PictureOptions
from resdsl.backends.dot.theme import THEMES as _THEMES
from resdsl.backends.dot.theme import Theme
from resdsl.backends.dot.view import View, view
from resdsl.graph.model import Graph

__all__ = ["LEVELS", "THEMES", "Element", "PictureOptions", "draw", "draw_view", "elements"]

_DEFAULT = PictureOptions()


def draw(graph: Graph, level: str = "stage", *, options: PictureOptions = _DEFAULT) -> str:
    """DOT text of a graph; the same graph and options give the same text.

    Every drawn thing has an `id` and a `class` that Graphviz takes into an SVG; `elements` describes them. Raises
    `ValueError` for a level, theme, wrap, path or block that there is not.
    """
    options.check()
    return _drawn(view(graph, options.focus, options.collapse), level, options)[0]


def elements(graph: Graph, level: str = "stage", *, options: PictureOptions = _DEFAULT) -> list[Element]:
    """What `draw` draws with the same arguments, in order. Raises as `draw` does."""
    options.check()
    return described(graph, _drawn(view(graph, options.focus, options.collapse), level, options)[1].marks)


def draw_view(
    shown: View, level: str, options: PictureOptions = _DEFAULT, theme: Theme | None = None
) -> tuple[str, list[Element]]:
    """DOT text of a part of a graph and what it draws, in the options' theme or in one of the caller's.

    Raises as `draw` does.
    """
    options.check()
    text, canvas = _drawn(shown, level, options, theme)
    return text, described(shown.graph, canvas.marks)


def _drawn(shown: View, level: str, options: PictureOptions, theme: Theme | None = None) -> tuple[str, Canvas]:
    """The text and the canvas that it was written on."""
    theme, width = theme or _THEMES[options.theme], options.width
    if level == "stage":
        from resdsl.backends.dot.stage import draw_stages

        canvas = Canvas("LR", theme, rank_sep=0.2, node_sep=0.18, width=width, outlined=options.outlined)
        return draw_stages(shown, canvas, options), canvas
    if level in {"block", "ops"}:
        from resdsl.backends.dot.block import draw_blocks, draw_operators

        canvas = Canvas("TB", theme, rank_sep=0.12, node_sep=0.3, width=width, outlined=options.outlined)
        return (draw_blocks if level == "block" else draw_operators)(shown, canvas, options), canvas
    if level == "overview":
        from resdsl.backends.dot.overview import draw_overview

        canvas = Canvas("LR", theme, rank_sep=0.3, node_sep=0.06, width=width, outlined=options.outlined)
        return draw_overview(shown, canvas, options), canvas
    if level == "paths":
        from resdsl.backends.dot.unraveled import draw_paths

        canvas = Canvas(
            "LR", theme, rank_sep=0.45, node_sep=0.07, width=width, splines="line", outlined=options.outlined
        )
        return draw_paths(shown, canvas, options), canvas
    raise ValueError(f"no level {level!r}; one of {', '.join(LEVELS)}")
