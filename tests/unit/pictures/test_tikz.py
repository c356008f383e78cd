"""TikZ: one command a stroke of Graphviz's, and what LaTeX makes of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import resdsl
from resdsl.backends.tikz import tikz

DOCUMENT = r"""\documentclass{article}
\usepackage[paperwidth=40cm,paperheight=60cm,margin=5mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage{tikz}
\begin{document}
%s
\end{document}
"""
LINE = re.compile(
    r"^(%.*|\\begin\{tikzpicture\}\[.*\]|\\end\{tikzpicture\}|  \\definecolor\{res\d+\}\{HTML\}\{[0-9A-F]{6}\}"
    r"|  \\path\[[^;]*\] [^;]*;|  \\node\[.*\] at \(.*\) \{.*\};)$"
)


@pytest.mark.parametrize(("name", "level"), [("resnet18", "stage"), ("resnet18", "block"), ("densenet121", "overview")])
def test_every_text_and_colour_of_the_picture(name: str, level: str) -> None:
    net = resdsl.load(name)
    drawn = net.render(level=level, format="tikz")
    assert isinstance(drawn, str)
    assert all(LINE.match(line) for line in drawn.splitlines())
    svg = str(net.render(level=level))
    texts = [text for text in re.findall(r">([^<>]+)</text>", svg) if text.strip(" \xa0")]
    assert drawn.count(r"\node[") == len(texts)
    assert drawn.count(" ellipse ") == svg.count("<ellipse")


def test_what_a_layout_cannot_do() -> None:
    layout = (
        b'{"objects": [{"_draw_": [{"op": "T", "pt": [0, 0], "align": "l", "text": "\\\\input{/etc/passwd} $x$ %"}]}]}'
    )
    drawn = tikz(layout, "a\n\\input{b}")
    assert r"{\textbackslash{}input\{/etc/passwd\} \$x\$ \%};" in drawn
    assert drawn.splitlines()[0] == r"% a \input{b}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
@pytest.mark.parametrize("level", ["stage", "block"])
def test_latex_sets_it(tmp_path: Path, level: str) -> None:
    net = resdsl.load("resnet18").render(level=level, format="tikz")
    (tmp_path / "a.tex").write_text(DOCUMENT % net, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "a.pdf").stat().st_size > 5_000
