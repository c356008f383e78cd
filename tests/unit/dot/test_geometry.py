"""Where `dot` puts things: trunks are straight, nothing overlaps, arcs stay within their frames."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.unit.dot._nets import MODELS, Box, curve, frame, label_box, laid_out, needs_dot, node_box, nodes

pytestmark = needs_dot
PICTURES = [(model, level) for level in ("stage", "block") for model in MODELS]


@pytest.mark.parametrize(("model", "level"), [case for case in PICTURES if case[0] not in {"pyramid", "two_inputs"}])
def test_trunks_are_straight(model: str, level: str) -> None:
    lines: dict[str, list[float]] = defaultdict(list)
    for node in nodes(laid_out(model, level)):
        group = node.get("group", "")
        if group.startswith("row" if level == "stage" else "column") and "_" not in group:
            x, y = map(float, node["pos"].split(","))
            lines[group].append(y if level == "stage" else x)
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
def test_titles_are_free(model: str, level: str) -> None:
    picture = laid_out(model, level)
    frames = [item for item in picture["objects"] if "bb" in item]
    titles = [label_box(item) for item in frames if "lp" in item] + [label_box(picture)]
    for title in titles:
        assert not any(title.overlaps(node_box(node)) for node in nodes(picture))
        for edge in picture["edges"]:
            if edge.get("style") != "invis" and edge.get("color") != "#6B7280":
                assert not any(title.overlaps(Box(x, y, x, y)) for x, y in curve(edge))


@pytest.mark.parametrize("model", [model for model in MODELS if model != "plain_net"])
def test_arcs_stay_within_their_stage_and_clear_of_its_title(model: str) -> None:
    """Everything with a shortcut's colour; the frame that holds an arc's ends holds the arc."""
    picture = laid_out(model, "stage")
    frames = [item for item in picture["objects"] if "bb" in item and "lp" in item]
    arcs = [edge for edge in picture["edges"] if edge.get("constraint") == "false" and edge.get("color") != "#6B7280"]
    for arc in arcs:
        points = curve(arc)
        ends = [Box(x, y, x, y) for x, y in (points[0], points[-1])]
        holders = [item for item in frames if all(frame(item).holds(end) for end in ends)]
        for item in holders:
            title = label_box(item)
            for x, y in points:
                assert frame(item).holds(Box(x, y, x, y))
                assert not title.overlaps(Box(x - 1, y - 1, x + 1, y + 1))


def test_rows_stand_in_the_order_of_the_text() -> None:
    picture = laid_out("residual_net", "stage")
    rows: dict[int, float] = {}
    for node in nodes(picture):
        group = node.get("group", "")
        if group.startswith("row"):
            rows[int(group[3:])] = float(node["pos"].split(",")[1])
    assert len(rows) > 1
    heights = [rows[row] for row in sorted(rows)]
    assert heights == sorted(heights, reverse=True)


def test_columns_stand_in_the_order_of_the_text() -> None:
    tops = [n for n in nodes(laid_out("residual_net", "block")) if ">x<" in n["label"]]
    places = [float(node["pos"].split(",")[0]) for node in sorted(tops, key=lambda n: int(n["name"][3:]))]
    assert len(places) == 5
    assert places == sorted(places)
