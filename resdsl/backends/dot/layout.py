"""Pictures of DOT text by Graphviz: the `dot` on the PATH, otherwise the one that pygraphviz brings along."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from resdsl.diagnostics import InternalError
from resdsl.files import write_whole

FORMATS = ("svg", "png", "pdf", "dot")
_TEXT = {"dot", "gv"}
_PNG_DPI = 192  # twice a screen's, for print


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


def picture(dot_text: str, form: str) -> bytes:
    """The picture in one of `FORMATS` (`dot` is the text itself, UTF-8).

    Raises `ValueError` for another format, `GraphvizMissing` where nothing can draw.
    """
    if form in _TEXT:
        return dot_text.encode("utf-8")
    if form not in FORMATS:
        raise ValueError(f"no picture format {form!r}; one of {', '.join(FORMATS)}")
    if form == "png":
        dot_text = dot_text.replace("digraph net {", f"digraph net {{\n  graph [dpi={_PNG_DPI}];", 1)
    if shutil.which("dot") is not None:
        return _by_program(dot_text, form)
    if importlib.util.find_spec("pygraphviz") is not None:
        return _by_pygraphviz(dot_text, form)
    raise GraphvizMissing


def svg(dot_text: str) -> str:
    """The picture as SVG text. Raises `GraphvizMissing`."""
    return picture(dot_text, "svg").decode("utf-8")


def write(dot_text: str, path: Path, form: str) -> None:
    """Draws into a file, whole or not at all. Raises `GraphvizMissing`, `OSError`, `ValueError`."""
    write_whole(path, picture(dot_text, form))


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
