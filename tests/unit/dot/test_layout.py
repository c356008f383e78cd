"""Formats, and what happens where there is no Graphviz."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.backends.dot import draw, layout
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
    with pytest.raises(ValueError, match="no picture format 'gif'; one of svg, png, pdf, dot"):
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
