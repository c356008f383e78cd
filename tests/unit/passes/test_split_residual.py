"""Plain convolutions into residuals around one, and back."""

from __future__ import annotations

import pytest

from resdsl.backends.dot import options, pictures
from resdsl.graph.equivalence import equivalent
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed


@pytest.mark.parametrize(
    ("name", "size", "count"), [("plain20_cifar10", "3x8x8", 16), ("vgg11", "3x32x32", 4), ("highway10_mnist", None, 0)]
)
def test_nets_that_ship(name, size, count):
    graph = shipped(name, size)
    done = rewrite(graph, ["split_residual"])
    assert len(done.changes) == count
    assert len(done.graph.units) == len(graph.units) + count
    assert [key for key, _, _ in done.graph.weights()] == [key for key, _, _ in graph.weights()]


def test_equal_on_a_plain_net():
    assert_equal(shipped("plain20_cifar10", "3x8x8"), "split_residual")


@pytest.mark.parametrize(
    "text",
    [
        "conv(3, 4) -> bn -> relu -> conv(1, 4, bias=true)",
        "conv(5, 4, dilation=2, groups=2) -> tanh",
        "conv([3, 1], 4, groups=4, padding_mode=circular)",
        "keep x\n conv(3, 4) -> keep y\n add { | from x | from y | conv(1, 4) }",
        "residual { conv(3, 4) -> relu } shortcut none\n conv(3, 4)",
    ],
)
def test_equal_and_back(text):
    graph = steps(text)
    done = assert_equal(graph, "split_residual")
    assert_equal(graph, ["split_residual", "merge_residual"])
    back = rewrite(done.graph, ["merge_residual"])
    assert equivalent(back.graph, graph)
    assert [key for key, _, _ in back.graph.weights()] == [key for key, _, _ in graph.weights()]


def test_a_head_keeps_its_name():
    done = rewrite(steps("relu -> aux h: conv(3, 4)\n aux g: { conv(3, 4) -> relu }\n tanh"), ["split_residual"])
    assert [change.place for change in done.changes] == ["g.conv1"]
    assert [str(one) for one in done.refused] == ["h: it is all that there is of an auxiliary head, whose name it has"]


def test_convolutions_in_residuals_stay_as_they_are():
    graph = steps("residual { conv(3, 4) -> relu -> conv(3, 4) } -> conv(3, 4)")
    done = rewrite(graph, ["split_residual"])
    assert [change.place for change in done.changes] == ["conv3"]
    assert not done.refused


def test_without_its_condition_it_would_be_wrong(monkeypatch):
    graph = steps("conv(3, 4, pad=[[0, 2], [1, 1]])")
    assert_needed(monkeypatch, graph, "split_residual", "its window is not centred")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("conv(3, 8)", "it has 4 channels before and 8 behind"),
        ("conv(3, 4, stride=2)", "it has a stride"),
        ("conv(4, 4, pad=[[2, 1], [2, 1]])", "its window is not centred"),
        ("shared c: conv(3, 4)\n c -> relu -> c", "its weights are shared"),
    ],
)
def test_refused(text, why):
    assert why in reasons(steps(text), "split_residual")[0]


@pytest.mark.parametrize("name", ["split_residual", "split_groups", "split_groups_late"])
@pytest.mark.parametrize("level", ["overview", "stage", "block", "ops"])
def test_rewritten_nets_are_drawn(name, level):
    graph = steps("stage a: { conv(1, 4) -> relu -> conv(3, 4, groups=2) -> bn -> relu -> conv(1, 4) -> bn -> relu }")
    done = rewrite(graph, [name])
    assert done.changes
    picture = pictures.picture(done.graph, level, "dot", options.PictureOptions())
    assert b"digraph" in picture.data
