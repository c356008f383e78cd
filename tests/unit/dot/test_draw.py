"""What the pictures say: folding, kinds of shortcut, legend, escaping, determinism."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.backends.dot import draw, layout
from resdsl.backends.dot import text as wording
from resdsl.backends.dot.theme import LINES
from resdsl.graph.model import Graph
from resdsl.shapes import Shape
from tests.unit.dot._nets import MODELS, NETS, needs_dot, net


def words(dot: str) -> list[str]:
    """The texts of all labels."""
    return [text for text in re.findall(r">([^<>]+)<", dot) if text.strip()]


def test_a_run_of_identical_blocks_is_one_box() -> None:
    few, many = (draw(net("stochastic_net", n=n)) for n in (3, 200))
    assert "×200" in words(many)
    assert abs(len(many) - len(few)) < 100


def test_folded_units_show_the_range_of_their_survival() -> None:
    """Units 1 to 3 of 6 with p_L = 0.5: p = 1 - l / 6 * 0.5."""
    assert "p = 0.917 … 0.75" in words(draw(net("stochastic_net")))
    drawn = words(draw(net("stochastic_net"), "block"))
    assert drawn[drawn.index("p = 0.917") + 1] == "… 0.5"  # of all its identity units


@pytest.mark.parametrize("level", ["stage", "block"])
def test_scales_show_their_factor(level: str) -> None:
    drawn = words(draw(load("resnet110_scaled_cifar10").ir, level))
    assert any("× 0.5" in text for text in drawn)
    assert not any("scale" in text for text in drawn if text != "resnet110_scaled_cifar10")


def test_blocks_of_unequal_shapes_do_not_fold() -> None:
    drawn = words(draw(net("residual_net")))
    assert drawn.count("bottleneck") == 4  # in each of two stages: the one that projects, and the others
    assert "×2" in drawn


def test_dense_layers_fold_over_their_growth() -> None:
    drawn = words(draw(net("dense_net")))
    assert {"×6", "64 → 256 channels", "×12", "128 → 512 channels"} <= set(drawn)


@pytest.mark.parametrize(
    ("model", "meanings"),
    [
        ("residual_net", {"identity shortcut", "projection shortcut"}),
        ("dense_net", {"dense connection (concatenated)"}),
        ("gated_net", {"gate and its product", "carried value, times 1 - gate or a gate of its own"}),
        ("plain_net", set()),
    ],
)
@pytest.mark.parametrize("level", ["stage", "block"])
def test_the_legend_lists_what_occurs_and_nothing_else(model: str, meanings: set[str], level: str) -> None:
    everything = {line.meaning for line in LINES.values()}
    assert everything & set(words(draw(net(model), level))) == meanings


def test_each_distinct_block_is_one_column() -> None:
    """Stem, three forms of the bottleneck (projection, identity, projection that strides), head."""
    drawn = draw(net("residual_net"), "block")
    assert len(re.findall(r">x</B>", drawn)) == 5


def test_equal_operators_one_after_the_other_are_one_cell(tmp_path: Path) -> None:
    spec = tmp_path / "deep.res"
    spec.write_text("model deep { input 8x16x16; 300 x { conv(3, 8) -> bn -> relu } }", encoding="utf-8")
    drawn = draw(load(spec).ir, "block")
    assert "×300" in words(drawn)
    assert words(drawn).count("Conv 3×3") == 1


def test_a_net_without_stages_is_cut_where_its_stride_changes() -> None:
    assert {"stride 1", "stride 2", "head"} <= set(words(draw(net("plain_net"))))


@pytest.mark.parametrize(("level", "says"), [("stage", "×8"), ("block", "8 equal branches")])
def test_equal_branches_are_one(level: str, says: str) -> None:
    drawn = words(draw(net("merging_net"), level))
    assert says in drawn
    assert len([text for text in drawn if text.startswith(("1×1, 4", "3 → 4", "256 → 4"))]) == 1


def test_branches_that_are_only_edges_are_all_drawn() -> None:
    assert "8 + 8 + 4 = 20" in words(draw(net("merges"), "block"))


def test_values_that_do_not_follow_each_other_stand_in_boxes_of_their_own() -> None:
    assert words(draw(net("two_inputs"))).count("Conv 3×3, 4") == 2


def test_a_model_of_nothing_is_drawn(tmp_path: Path) -> None:
    spec = tmp_path / "empty.res"
    spec.write_text("model empty { input 3x8x8 }", encoding="utf-8")
    assert "empty" in words(draw(load(spec).ir, "block"))


def test_the_title_has_the_summary_s_figures() -> None:
    graph = load("resnet50").ir
    assert "25.6 M params · 4.09 GMACs @ 3×224×224" in words(draw(graph))


def test_all_on_one_row_without_wrap() -> None:
    assert "link" not in draw(net("residual_net"), wrap=None)
    assert "link" in draw(net("residual_net"), wrap=300)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="no level 'ops'; one of stage, block"):
        draw(net("plain_net"), "ops")


def test_the_text_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from resdsl.api import load; from resdsl.backends.dot import draw\n"
        f"for m in {MODELS!r}:\n    g = load({str(NETS)!r}, m).ir; print(draw(g), draw(g, 'block'))"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd()), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0]
    assert texts[0] == texts[1]


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
    graph = net("residual_net")
    graph.name = name
    for scope in graph.root.walk():
        scope.title = name if scope.title is not None else None
        scope.name = name if scope.name else scope.name
    for node in graph.nodes():
        node.name = name if node.name is not None else None
    return graph


@needs_dot
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("level", ["stage", "block"])
def test_no_name_gets_out_of_its_label(name: str, level: str) -> None:
    svg = layout.svg(draw(renamed(name), level))
    root = ET.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "path", "polygon", "polyline", "ellipse", "text"}
    assert not any("evil" in (element.text or "") for element in root.iter("{http://www.w3.org/2000/svg}title"))
    plain = len(ET.fromstring(layout.svg(draw(renamed("name"), level))).findall(".//{*}text"))
    assert len(root.findall(".//{*}text")) <= plain  # no more texts than with an ordinary name
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
