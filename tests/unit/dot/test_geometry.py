"""Where `dot` puts things: trunks are straight, nothing overlaps, no line runs through a box, text is readable."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from resdsl.backends.dot import layout
from tests.unit.dot._nets import (
    MODELS,
    Box,
    at_width,
    curve,
    frame,
    label_box,
    laid_out,
    needs_dot,
    node_box,
    nodes,
    placed,
)

pytestmark = needs_dot
SHIPPED = ("resnet50", "resnext50_32x4d", "densenet121", "googlenet", "highway19_cifar10", "resnet50_fpn")
NETS = (*MODELS, *SHIPPED)
PICTURES = [(model, level) for level in ("overview", "stage", "block") for model in NETS]
TRUNKS = {"overview": "row", "stage": "row", "block": "column"}
INVISIBLE = "invis"


@pytest.mark.parametrize(("model", "level"), PICTURES)
def test_trunks_are_straight(model: str, level: str) -> None:
    lines: dict[str, list[float]] = defaultdict(list)
    for node in nodes(laid_out(model, level)):
        group = node.get("group", "")
        if group.startswith(TRUNKS[level]) and "_" not in group:
            x, y = map(float, node["pos"].split(","))
            lines[group].append(x if level == "block" else y)
    assert lines
    for group, places in lines.items():
        assert max(places) - min(places) <= 1.5, group


@pytest.mark.parametrize(("model", "level"), PICTURES)
def test_nodes_do_not_overlap_and_lie_within_the_page(model: str, level: str) -> None:
    picture = laid_out(model, level)
    page = frame(picture)
    boxes = [node_box(node) for node in nodes(picture)]
    for place, box in enumerate(boxes):
        assert page.holds(box)
        assert not any(box.overlaps(other) for other in boxes[:place])


@pytest.mark.parametrize(("model", "level"), PICTURES)
def test_no_line_runs_through_a_node(model: str, level: str) -> None:
    """Points on every edge against every node that is not one of its ends. What only takes room is no node: a label
    beside the trunk, the piece of an arc that holds it up."""
    picture = laid_out(model, level)
    shapes = [(node["_gvid"], node_box(node)) for node in nodes(picture) if not node["name"].startswith("line")]
    for edge in picture["edges"]:
        if edge.get("style") == INVISIBLE:
            continue
        ends = {edge["tail"], edge["head"]}
        for x, y in curve(edge):
            point = Box(x, y, x, y)
            for name, box in shapes:
                assert name in ends or not box.overlaps(point, slack=-1.0 if _small(box) else 1.0), (edge, name)


def _small(box: Box) -> bool:
    return box.right - box.left < 8


@pytest.mark.parametrize(("model", "level"), PICTURES)
def test_titles_are_free(model: str, level: str) -> None:
    picture = laid_out(model, level)
    titles = [label_box(item) for item in [*_frames(picture), picture] if "lp" in item]
    for title in titles:
        assert not any(title.overlaps(node_box(node)) for node in nodes(picture))
        for edge in picture["edges"]:
            if edge.get("style") != INVISIBLE:
                assert not any(title.overlaps(Box(x, y, x, y)) for x, y in curve(edge))


def _frames(picture: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in picture["objects"] if "bb" in item]


@pytest.mark.parametrize("model", [model for model in NETS if model != "plain_net"])
def test_arcs_stay_within_their_stage(model: str) -> None:
    """Everything with a shortcut's colour; the frame that holds an arc's ends holds the arc."""
    picture = laid_out(model, "stage")
    frames = [item for item in _frames(picture) if "lp" in item]
    arcs = [edge for edge in picture["edges"] if edge.get("constraint") == "false" and edge.get("style") != INVISIBLE]
    for arc in arcs:
        points = curve(arc)
        ends = [Box(x, y, x, y) for x, y in (points[0], points[-1])]
        for item in frames:
            if all(frame(item).holds(end) for end in ends):
                assert all(frame(item).holds(Box(x, y, x, y)) for x, y in points)


def test_rows_stand_in_the_order_of_the_text() -> None:
    rows: dict[int, float] = {}
    for node in nodes(laid_out("residual_net", "stage")):
        group = node.get("group", "")
        if group.startswith("row"):
            rows[int(group[3:])] = float(node["pos"].split(",")[1])
    assert len(rows) > 1
    heights = [rows[row] for row in sorted(rows)]
    assert heights == sorted(heights, reverse=True)


def test_columns_stand_in_the_order_of_the_text() -> None:
    columns = [item for item in _frames(laid_out("residual_net", "block")) if item.get("class") == "block"]
    boxes = [frame(item) for item in sorted(columns, key=lambda item: int(item["name"].removeprefix("cluster_")))]
    assert len(boxes) == 5
    for before, after in pairwise(boxes):
        assert before.right < after.left or before.bottom > after.top  # beside it, or in the next row


def test_the_overview_is_to_scale() -> None:
    """Maps of half the size are lower by always the same, those of twice the channels are wider by always the same."""
    boxes = {n["id"]: n for n in nodes(laid_out("resnet50", "overview")) if n.get("class") == "stage"}
    stages = [boxes[f"n-layer{i}"] for i in (1, 2, 3, 4)]
    heights = [float(node["height"]) for node in stages]
    widths = [float(node["width"]) for node in stages]
    assert all(a - b == pytest.approx(0.16, abs=1.5 / 72) for a, b in pairwise(heights))  # Graphviz rounds to points
    assert all(b - a == pytest.approx(0.075, abs=1.5 / 72) for a, b in pairwise(widths))


@pytest.mark.parametrize("model", [*SHIPPED[:5], "resnet50_fpn", "resnet110_cifar10"])
def test_on_a_page_seven_inches_wide_no_text_is_under_six_points(model: str) -> None:
    """By the size of the picture that Graphviz makes for that page, and the smallest size of text in it."""
    text = at_width(model, "stage", 7)
    assert layout.smallest(text, 7) >= 6
    svg = layout.svg(text)
    wide = float(svg.partition('width="')[2].partition("pt")[0])
    assert wide <= 7 * 72 + 1
    assert float(svg.partition("scale(")[2].partition(" ")[0]) * 8 >= 6
    assert 'POINT-SIZE="7"' not in text


def test_a_narrow_page_has_more_rows() -> None:
    def height(width: float) -> float:
        return frame(placed(at_width("resnet50", "stage", width))).top

    assert height(5) > height(14)
