"""From a graph to the bytes of a picture, in one call."""

from __future__ import annotations

from resdsl.backends.dot import draw, layout
from resdsl.backends.dot.options import READABLE, PictureOptions
from resdsl.graph.model import Graph
from resdsl.records import Record

FORMATS = ("svg", "png", "pdf", "dot", "gv", "tikz", "tex", "mermaid", "mmd", "html")
"""What `picture` writes; tex and mmd are the names of files for tikz and mermaid."""
TEXTS = ("svg", "dot", "gv", "tikz", "tex", "mermaid", "mmd", "html")
"""Those that are text."""


class Picture(Record):
    """A picture, and what is the matter with it."""

    data: bytes
    warning: str | None = None


def picture(graph: Graph, level: str, form: str, options: PictureOptions) -> Picture:
    """A picture of a graph in one of `FORMATS`.

    Where there is a page's width, rows are broken so that text stays readable, and a text too small is warned of.
    Raises `ValueError` for what there is not, `GraphvizMissing`.
    """
    if form not in FORMATS:
        raise ValueError(f"no pictures are written as {form!r}; the formats are {', '.join(FORMATS)}")
    if form in ("mermaid", "mmd"):
        from resdsl.backends.mermaid import mermaid

        return Picture(mermaid(graph, level, options=options).encode("utf-8"))
    if form == "html":
        from resdsl.backends.html import page

        return Picture(page(graph, level, options=options).encode("utf-8"))
    if options.width is None or not layout.available():
        return Picture(_product(draw(graph, level, options=options), form, graph, options))
    found = layout.fitted(lambda asked: draw(graph, level, options=asked), options)
    warning = None
    if found.points < READABLE - 0.005:
        remedy = "wrap=auto breaks its rows" if options.wrap != "auto" else "a wider page, a focus or collapse helps"
        warning = f"text is {found.points:.1f} pt on a page {options.width:g} in wide, below {READABLE:g}; {remedy}"
    return Picture(_product(found.text, form, graph, options), warning)


def _product(dot_text: str, form: str, graph: Graph, options: PictureOptions) -> bytes:
    if form not in ("tikz", "tex"):
        return layout.picture(dot_text, form, dpi=options.dpi)
    from resdsl.backends.tikz import tikz

    return tikz(layout.picture(dot_text, "json"), graph.name).encode("utf-8")
