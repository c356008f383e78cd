"""Formats, and what happens where there is no Graphviz."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from resdsl.api import PictureWarning, load
from resdsl.backends.dot import draw, layout
from resdsl.backends.dot.options import inches
from tests.unit.dot._nets import needs_dot, net


@needs_dot
@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_formats(tmp_path: Path, form: str, start: bytes) -> None:
    path = tmp_path / f"net.{form}"
    layout.write(draw(net("plain_net")), path, form)
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_dot_is_the_text_itself() -> None:
    text = draw(net("plain_net"))
    assert layout.picture(text, "dot").decode("utf-8") == text


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture format 'gif'; one of svg, png, pdf, dot, gv"):
        layout.picture("digraph net {}", "gif")


def test_without_graphviz_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout.shutil, "which", lambda _: None)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda _: None)
    assert not layout.available()
    with pytest.raises(layout.GraphvizMissing, match=r"^Graphviz is not installed: .*pygraphviz") as caught:
        layout.write("digraph net {}", tmp_path / "net.svg", "svg")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert layout.picture("digraph net {}", "dot")


@needs_dot
def test_text_that_gets_too_small_is_warned_of() -> None:
    net50 = load("resnet50")
    with pytest.warns(
        PictureWarning, match=r"text is [0-5]\.\d pt on a page 7 in wide, below 6; wrap=auto breaks its rows"
    ):
        net50.render(size="7in", wrap=9)
    with pytest.warns(PictureWarning, match="a wider page, a focus or collapse helps"):
        load("googlenet").render(size="1.2in", level="block")


@needs_dot
def test_a_picture_for_a_page_is_as_wide_and_has_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    for size in ("7in", "17.78cm", "504pt", 7.0):
        svg = load("resnet50").render(size=size)
        assert isinstance(svg, str)
        assert float(svg.partition('width="')[2].partition("pt")[0]) <= 505
    assert not recwarn.list


@needs_dot
def test_dpi_is_of_png() -> None:
    small, large = (load("resnet18").render(format="png", dpi=dpi) for dpi in (48, 96))
    assert isinstance(small, bytes)
    assert isinstance(large, bytes)
    widths = [int.from_bytes(data[16:20], "big") for data in (small, large)]
    assert widths[1] / widths[0] == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("text", ["7", "7in", "17.78cm", "177.8mm", "504pt"])
def test_widths(text: str) -> None:
    assert inches(text) == pytest.approx(7)


@pytest.mark.parametrize("text", ["", "wide", "-7in", "7ft", "nan", "1e3in"])
def test_no_widths(text: str) -> None:
    with pytest.raises(ValueError, match="is no width; one is written as 7in"):
        inches(text)


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_without_dot_pygraphviz_draws(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Through a stand-in that answers as pygraphviz's `AGraph` does: the package itself needs no `dot`."""
    asked = []

    class AGraph:
        def __init__(self, string: str) -> None:
            asked.append(string)

        def draw(self, format: str, prog: str) -> bytes:  # noqa: A002 - its own word
            return f"{prog} {format}".encode()

    monkeypatch.setitem(sys.modules, "pygraphviz", SimpleNamespace(AGraph=AGraph, __spec__=object()))
    monkeypatch.setattr(layout.shutil, "which", lambda _: None)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: name == "pygraphviz" or None)
    assert layout.picture("digraph net {}", form) == f"dot {form}".encode()
    assert len(asked) == 1
