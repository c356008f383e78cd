"""Pictures of DOT text by Graphviz: the `dot` on the PATH, otherwise the one that pygraphviz brings along."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from resdsl.backends.dot.options import READABLE, PictureOptions
from resdsl.diagnostics import InternalError
from resdsl.files import write_whole
from resdsl.records import Record

FORMATS = ("svg", "png", "pdf", "dot", "gv", "json")
TEXTS = ("svg", "dot", "gv")
"""Formats that are text."""
_TEXT = {"dot", "gv"}
_PAD = 0.15
"""Inches around a picture."""
_TRIES = 4
"""Layouts until the text is readable."""


class GraphvizMissing(OSError):  # noqa: N818 - it says what is the case
    """There is no Graphviz on this machine. The message says in one line what to install."""

    def __init__(self) -> None:
        super().__init__(
            "Graphviz is not installed: install it (apt install graphviz, brew install graphviz, "
            "winget install graphviz) or `pip install 'pygraphviz>=2'`; the format dot needs neither"
        )


def available() -> bool:
    """Whether this machine can lay out a picture."""
    return shutil.which("dot") is not None or importlib.util.find_spec("pygraphviz") is not None


def picture(dot_text: str, form: str, *, dpi: int = 192) -> bytes:
    """The picture in one of `FORMATS` (`dot` and `gv` are the text itself, UTF-8); `dpi` is of png alone.

    Raises `ValueError` for another format, `GraphvizMissing` where nothing can draw.
    """
    if form in _TEXT:
        return dot_text.encode("utf-8")
    if form not in FORMATS:
        raise ValueError(f"no picture format {form!r}; one of {', '.join(FORMATS)}")
    if form == "png":
        dot_text = dot_text.replace("digraph net {", f"digraph net {{\n  graph [dpi={dpi}];", 1)
    return _laid_out(dot_text, form)


def svg(dot_text: str) -> str:
    """The picture as SVG text. Raises `GraphvizMissing`."""
    return picture(dot_text, "svg").decode("utf-8")


def write(dot_text: str, path: Path, form: str) -> None:
    """Draws into a file, whole or not at all. Raises `GraphvizMissing`, `OSError`, `ValueError`."""
    write_whole(path, picture(dot_text, form))


# --- the size of a page ---------------------------------------------------------------------------------------------


class Fitted(Record):
    """DOT text, and how large its smallest text is on the page."""

    text: str
    points: float


def smallest(dot_text: str, width: float) -> float:
    """Points of the smallest text of a picture on a page of a width in inches, as Graphviz lays it out.

    Raises `GraphvizMissing`.
    """
    sizes = re.findall(r'(?:POINT-SIZE="|\bfontsize=)([\d.]+)', dot_text)
    least = min(map(float, sizes), default=READABLE)
    line = _laid_out(re.sub(r'size="[\d.]+,1000"', "", dot_text, count=1), "plain").split(b"\n", 1)[0]
    wide = float(line.split()[2]) + 2 * _PAD
    return least * min(1.0, width / wide)


def fitted(draw: Callable[[PictureOptions], str], options: PictureOptions) -> Fitted:
    """The picture for a page of `options.width`: with the wrap `auto` rows are broken until all text is readable, or
    until that no longer helps.

    Raises `GraphvizMissing`, and what `draw` does.
    """
    width = options.width
    assert width is not None
    text = draw(options)
    best = found = Fitted(text, smallest(text, width))
    for _ in range(_TRIES if options.wrap == "auto" else 0):
        if found.points >= READABLE:
            break
        options = options.with_room(options.row * 0.97 * found.points / READABLE)
        text = draw(options)
        found = Fitted(text, smallest(text, width))
        best = max(best, found, key=lambda one: one.points)
    return best


# --- engines --------------------------------------------------------------------------------------------------------


def _laid_out(dot_text: str, form: str) -> bytes:
    if shutil.which("dot") is not None:
        return _by_program(dot_text, form)
    if importlib.util.find_spec("pygraphviz") is not None:
        return _by_pygraphviz(dot_text, form)
    raise GraphvizMissing


def _by_program(dot_text: str, form: str) -> bytes:
    import graphviz

    try:
        drawn: bytes = graphviz.Source(dot_text).pipe(format=form, quiet=True)
    except graphviz.CalledProcessError as error:
        raise InternalError(f"dot refused our text: {error.stderr!r}") from error
    return drawn


def _by_pygraphviz(dot_text: str, form: str) -> bytes:
    import pygraphviz

    drawn: bytes = pygraphviz.AGraph(string=dot_text).draw(format=form, prog="dot")
    return drawn
