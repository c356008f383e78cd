"""Pictures of nets that have faults, and of ones with names that mean something to Graphviz or to a browser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest

from resdsl.api import compile_spec, load
from resdsl.backends.dot import PictureOptions, draw, layout
from resdsl.backends.dot import text as wording
from resdsl.diagnostics import CompileError
from resdsl.graph.model import Graph
from resdsl.shapes import Shape
from resdsl.specs import SpecError, find
from tests.unit.dot._nets import LEVELS, NETS, needs_dot, words

# --- nets that have faults --------------------------------------------------------------------------------------------

BROKEN = """
use std: basic
model shapes { input 3x32x32; a: conv(3, 16); residual { conv(3, 32) -> bn }; relu; fc: linear(10) }
model step { input 3x32x32; conv(3, 16); stage s: { 2 x basic(16); conv(3, 32, groups=7) -> relu }; avgpool -> flatten }
model merge { input 3x32x32; concat { | conv(1, 4) | conv(3, 8, stride=2) }; relu }
model unit { input 3x32x32; conv(3, 16); stage s: { basic(16); basic(32, skip=identity) }; avgpool -> flatten }
model name { input 3x32x32; conv(3, 16); nothing(3); relu }
model expected { input 3x32x32; conv(3, 16); expect params == 1 }
"""


@needs_dot
@pytest.mark.parametrize("level", ["overview", "stage", "block", "ops", "paths"])
@pytest.mark.parametrize("model", ["shapes", "step", "merge", "unit", "name", "expected"])
def test_a_net_with_faults_is_drawn_as_far_as_it_goes(tmp_path: Path, model: str, level: str) -> None:
    path = tmp_path / "broken.res"
    path.write_text(BROKEN, encoding="utf-8")
    broken = compile_spec(find(f"{path}:{model}"), broken=True)
    assert broken.is_broken
    drawn = draw(broken.ir, level)
    fault = broken.ir.faults[0]
    assert fault.code in drawn
    assert " ".join(fault.message.split()[:3]) in " ".join(words(drawn)).replace("&#x27;", "'")
    layout.svg(drawn)
    if level in {"stage", "block", "ops"} and model != "expected":
        reds = [line for line in drawn.splitlines() if 'class="fault"' in line and "->" in line]
        values = 2 if model in {"shapes", "merge", "unit"} else 1
        assert len(reds) == values  # an edge from each that does not fit


# --- hostile names --------------------------------------------------------------------------------------------------

HOSTILE = [
    '"><script>alert(1)</script>',
    '</FONT></TD></TR></TABLE>>]; evil [label="',
    '\\N \\G \\" ]; }',
    "&lt; &amp; &#60; & < >",
    "<!-- <![CDATA[ <?xml",
    "a\x00b\x07c\u202ed\u2066e\ud800f\ufffeg",
    "",
    " ",
    "x" * 10_000,
    "ü漢字🙂",
]


def renamed(name: str) -> Graph:
    graph = load(NETS, "residual_net").ir
    graph.name = name
    for scope in graph.root.walk():
        scope.title = name if scope.title is not None else None
        scope.name = name if scope.name else scope.name
    for node in graph.nodes():
        node.name = name if node.name is not None else None
    return graph


@cache
def plain_texts(level: str, options: PictureOptions) -> int:
    """How many texts a picture has with an ordinary name."""
    return len(ET.fromstring(layout.svg(draw(renamed("name"), level, options=options))).findall(".//{*}text"))


@needs_dot
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    ("level", "theme"),
    [
        ("overview", "light"),
        ("stage", "light"),
        ("stage", "dark"),
        ("block", "print"),
        ("ops", "light"),
        ("paths", "dark"),
    ],
)
def test_no_name_gets_out_of_its_label(name: str, level: str, theme: str) -> None:
    options = PictureOptions(theme=theme, wrap=2)  # not by widths: there are as many texts as with an ordinary name
    svg = layout.svg(draw(renamed(name), level, options=options))
    root = ET.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "path", "polygon", "polyline", "ellipse", "text"}
    assert not any("evil" in (element.text or "") for element in root.iter("{http://www.w3.org/2000/svg}title"))
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", element.get("id", "x")) for element in root.iter())
    assert len(root.findall(".//{*}text")) <= plain_texts(level, options)
    if 1 < len(name) <= wording.LONGEST and name.isprintable():
        shown = "".join(root.itertext()).replace("\u00a0", " ")
        assert name in shown


def test_text_for_labels() -> None:
    assert wording.escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    assert wording.escape("\x1b[31m\u202e") == "\ufffd[31m\ufffd"
    assert wording.escape("") == "\u00a0"
    assert len(wording.clip("y" * 500)) == wording.LONGEST
    assert wording.shape(Shape(256, (56, 56))) == "256 × 56²"
    assert wording.shape(Shape(64, (32, 48))) == "64 × 32×48"
    assert wording.shape(Shape(64, (8, 8, 8))) == "64 × 8³"
    assert wording.shape(Shape(64, (100,))) == "64 × 100"
    assert wording.shape(Shape(1000)) == "1000"
    assert [wording.params(n) for n in (25_557_032, 216_000, 9_536, 12)] == [
        "25.6 M params",
        "0.22 M params",
        "9.54 k params",
        "12 params",
    ]
    assert [wording.macs(n) for n in (4_089_184_256, 40_551_040, 2_050, 330)] == [
        "4.09 GMACs",
        "40.6 MMACs",
        "2.05 kMACs",
        "330 MACs",
    ]


CASES = Path(__file__).parents[2] / "cases" / "errors"


def test_whatever_is_wrong_what_is_there_is_drawn() -> None:
    """The wrong specs that the messages are tested with: each is refused, or drawn with its faults at every level."""
    drawn = 0
    for path in sorted(CASES.glob("*.res"))[::3]:
        try:
            broken = compile_spec(find(str(path)), broken=True)
        except (CompileError, SpecError):
            continue
        if not broken.is_broken:
            continue  # it takes an option to go wrong
        for level in LEVELS:
            assert all(fault.code in draw(broken.ir, level) for fault in broken.ir.faults[:4]), path
        drawn += 1
    assert drawn > 10
