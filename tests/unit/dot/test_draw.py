"""What the pictures say: folding, kinds of shortcut, legend, elements, determinism."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.backends.dot import PictureOptions, draw, elements, layout
from resdsl.backends.dot.theme import LINES
from resdsl.shapes import Shape
from tests.unit.dot._nets import LEVELS, MODELS, NETS, needs_dot, net, words


def test_a_run_of_identical_blocks_is_one_box() -> None:
    few, many = (draw(net("stochastic_net", n=n)) for n in (3, 200))
    assert "×200" in words(many)
    assert abs(len(many) - len(few)) < 100


def test_folded_units_show_the_range_of_their_survival() -> None:
    """Units 1 to 3 of 6 with p_L = 0.5: p = 1 - l / 6 * 0.5."""
    assert "p = 0.917 … 0.75" in words(draw(net("stochastic_net")))
    drawn = words(draw(net("stochastic_net"), "block"))
    assert drawn[drawn.index("p = 0.917") + 1] == "… 0.5"  # of all its identity units
    assert "p = 0.938 … 0.562" in words(draw(net("repeated")))  # units 1, 3, 5, 7 of 8: the body's first


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
        ("gated_net", {"gate and its product", "carried value, times 1 \u2212 gate or a gate of its own"}),
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


def test_branches_that_do_the_same_to_different_values_are_both_drawn(tmp_path: Path) -> None:
    spec = tmp_path / "two.res"
    branches = "| from a -> conv(1, 8)\n | from b -> conv(1, 8)"
    spec.write_text(f"model two {{ input a: 3x8x8; input b: 3x8x8; add {{ {branches} }} }}", encoding="utf-8")
    drawn = words(draw(load(spec).ir, "block"))
    assert drawn.count("Conv 1×1") == 2
    assert {"a", "b"} <= set(drawn)


def test_inputs_stand_side_by_side_in_the_overview(tmp_path: Path) -> None:
    spec = tmp_path / "two.res"
    joined = "add { | from a\n | from b }; stage s: conv(1, 4)"
    spec.write_text(f"model two {{ input a: 3x8x8; input b: 3x8x8; {joined} }}", encoding="utf-8")
    drawn = draw(load(spec).ir, "overview")
    assert "from a, b" in words(drawn)
    chain = [line for line in drawn.splitlines() if "->" in line and "weight" in line]
    assert ["invis" in line for line in chain] == [True, True, False]


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


def rows(drawn: str) -> int:
    """Rows of a picture: each but the last ends in a connector, each but the first begins with one."""
    return 1 + len(re.findall(r"^ *link\d+ \[", drawn, flags=re.MULTILINE)) // 2


@pytest.mark.parametrize("level", ["overview", "stage"])
def test_wrap_is_the_most_parts_of_a_row(level: str) -> None:
    graph = net("residual_net")  # stem, two stages, head
    parts = 5 if level == "overview" else 4  # there the input is one too
    for most in (1, 2, 3, 9):
        assert rows(draw(graph, level, options=PictureOptions(wrap=most))) == -(-parts // most)


def test_rows_are_broken_where_they_get_too_wide() -> None:
    graph = net("residual_net")
    assert rows(draw(graph, options=PictureOptions(room=3000))) == 1
    assert rows(draw(graph, options=PictureOptions(room=300))) > rows(draw(graph))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (PictureOptions(theme="blue"), "no theme 'blue'; one of light, dark, print"),
        (PictureOptions(wrap=0), "a row has at least one part, not 0"),
        (PictureOptions(wrap="wide"), "wrap is a number of parts or auto, not 'wide'"),
        (PictureOptions(width=0.1), "a page is 1 to 200 inches wide, not 0.1"),
        (PictureOptions(dpi=5), "dpi is 10 to 1200, not 5"),
        (PictureOptions(focus="layyer2"), "residual_net has no module 'layyer2'; did you mean layer2?"),
        (PictureOptions(collapse=frozenset(["basics"])), "residual_net has no block 'basics'"),
    ],
)
def test_what_there_is_not_is_refused(options: PictureOptions, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(net("residual_net"), options=options)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="no level 'dots'; one of overview, stage, block, ops, paths"):
        draw(net("plain_net"), "dots")


@pytest.mark.parametrize("level", ["overview", "stage", "block", "ops"])
def test_of_a_focus_nothing_else_is_drawn(level: str) -> None:
    graph = net("residual_net")
    own = {node.id for node in graph.nodes() if node.path == "layer2.0" or node.path.startswith("layer2.0.")}
    found = elements(graph, level, options=PictureOptions(focus="layer2.0"))
    inside = [element for element in found if element.kind not in {"input", "link"}]
    assert inside
    assert all(set(element.nodes) <= own for element in inside)
    if level == "ops":
        assert {node for element in inside for node in element.nodes} == own


def test_a_focus_may_be_a_single_operator() -> None:
    assert "Linear 128 → 10" in words(draw(net("residual_net"), options=PictureOptions(focus="fc")))


@pytest.mark.parametrize("level", ["stage", "block", "ops"])
def test_a_collapsed_block_is_one_box(level: str) -> None:
    graph = net("residual_net")
    options = PictureOptions(collapse=frozenset(["bottleneck"]))
    drawn = words(draw(graph, level, options=options))
    assert "bottleneck" in drawn
    assert not any("3×3, 16" in text or text == "Conv 1×1" for text in drawn)
    assert "identity shortcut" not in drawn


def test_a_body_of_several_parts_is_a_frame_with_its_count() -> None:
    """4 x { unit; operators; unit }."""
    drawn = words(draw(net("repeated")))
    assert "×4" in drawn
    assert drawn.count("basic") == 2


def test_a_shortcut_that_is_gated_is_no_projection() -> None:
    for level in ("stage", "block"):
        drawn = words(draw(net("gated_shortcuts"), level))
        assert "shortcut times a gate" in drawn
        assert "projection shortcut" not in drawn


def test_dropout_says_its_rate() -> None:
    for level in ("stage", "block", "ops"):
        assert any("dropout 0.25" in text for text in words(draw(net("repeated"), level)))


def test_each_output_is_drawn_once_where_it_is_made() -> None:
    ends = [element.title for element in elements(net("several")) if element.kind == "output"]
    assert sorted(ends) == ["a", "c", "d"]


def test_a_block_with_several_outputs_shows_each(tmp_path: Path) -> None:
    spec = tmp_path / "two.res"
    spec.write_text(
        "block two(w) { concat { | conv(3, w) | conv(1, w) } ; keep p; conv(3, w) -> relu -> keep q; output p, q }\n"
        "model m { input 8x8x8; two(8) -> keep a, b; add { | from a -> conv(1, 8) | from b } }",
        encoding="utf-8",
    )
    ends = [element.title for element in elements(load(spec).ir, "block") if element.kind == "output"]
    assert ends[:2] == ["p", "q"]


def test_a_few_dense_layers_have_arcs_and_many_a_bus() -> None:
    """An edge from each value to each concatenation after it; the bus has three for each layer that is drawn."""

    def dense(model: str) -> int:
        column = draw(net(model), "block").partition("dense layers")[2]
        return column.count('class="dense"')

    assert dense("few_dense") == 1 + 2 + 3 + 1  # and the one of the layer's own picture
    assert "growth" in draw(net("dense_net"), "block")
    deep = load("densenet121").ir
    assert draw(deep, "block").count('class="dense"') < 4 * 6 + 1


def test_paths_are_rows_up_to_five_units_and_bars_for_more() -> None:
    few = elements(net("residual_net"), "paths")  # 5 units: 32 paths, each through half of them
    assert sum(element.kind == "path" for element in few) == 5 * 2**4
    many = words(draw(load("resnet110_cifar10").ir, "paths"))
    assert "54 units, 2^54 = 1.80e16 paths, mean length 27; 95 % of 19 to 35" in many


def test_a_deep_net_is_small_text() -> None:
    assert len(draw(load("resnet1202_cifar10").ir).encode()) < 40_000


def test_the_text_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from resdsl.api import load; from resdsl.backends.dot import draw\n"
        f"for m in {MODELS!r}:\n    g = load({str(NETS)!r}, m).ir; print(*(draw(g, l) for l in {LEVELS!r}))"
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


# --- elements -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("model", MODELS)
def test_elements_are_what_is_drawn(model: str, level: str) -> None:
    graph = net(model)
    ids = [element.id for element in elements(graph, level)]
    assert len(ids) == len(set(ids))
    assert ids == sorted(ids, key=ids.index)
    assert set(re.findall(r'\bid="([^"]+)"', draw(graph, level))) == set(ids)


@needs_dot
def test_elements_have_their_ids_and_classes_in_the_svg() -> None:
    graph = net("merging_net")
    root = ET.fromstring(layout.svg(draw(graph)))
    classes = {group.get("id"): (group.get("class") or "").split() for group in root.findall(".//{*}g")}
    for element in elements(graph):
        assert element.kind in classes[element.id]


def test_elements_say_where_they_are_and_what_they_cost() -> None:
    graph = load("resnet50").ir
    found = {element.id: element for element in elements(graph)}
    stage = found["n-layer3"]
    assert (stage.kind, stage.title, stage.path) == ("stage", "layer3", "layer3")
    assert (stage.params, stage.shape) == (7_098_368, Shape(1024, (14, 14)))  # torchvision's resnet50().layer3
    assert stage.span is not None
    assert stage.span.source.text[stage.span.start :].startswith("stage")
    assert found["n-layer3.1"].places == tuple(f"layer3.{i}" for i in range(1, 6))
    assert found["n-layer3.1"].count == 5
    columns = {place for element in elements(graph, "block") if element.kind == "block" for place in element.places}
    assert {f"layer{s}.{i}" for s, n in ((1, 3), (2, 4), (3, 6), (4, 3)) for i in range(n)} <= columns
