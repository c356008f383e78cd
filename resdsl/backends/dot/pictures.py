"""From a graph to the bytes of a picture, in one call."""

from __future__ import annotations

from resdsl.backends.dot import draw, layout
from resdsl.backends.dot.options import READABLE, PictureOptions
from resdsl.graph.model import Graph
from resdsl.records import Record


class Picture(Record):
    """A picture, and what is the matter with it."""

    data: bytes
    warning: str | None = None


def picture(graph: Graph, level: str, form: str, options: PictureOptions) -> Picture:
    """A picture of a graph in one of `layout.FORMATS`.

    Where there is a page's width, rows are broken so that text stays readable, and a text too small is warned of.
    Raises `ValueError` for what there is not, `GraphvizMissing`.
    """
    if form not in layout.FORMATS:
        raise ValueError(f"no pictures are written as {form!r}; the formats are {', '.join(layout.FORMATS)}")
    if options.width is None or not layout.available():
        return Picture(layout.picture(draw(graph, level, options=options), form, dpi=options.dpi))
    found = layout.fitted(lambda asked: draw(graph, level, options=asked), options)
    warning = None
    if found.points < READABLE - 0.005:
        remedy = "wrap=auto breaks its rows" if options.wrap != "auto" else "a wider page, a focus or collapse helps"
        warning = f"text is {found.points:.1f} pt on a page {options.width:g} in wide, below {READABLE:g}; {remedy}"
    return Picture(layout.picture(found.text, form, dpi=options.dpi), warning)
