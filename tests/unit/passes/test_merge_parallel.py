"""Convolutions side by side as one: the same weights, one after the other."""

from __future__ import annotations

import pytest
import torch

from resdsl.graph import ScopeKind
from resdsl.ops.base import Activation
from resdsl.passes import rewrite
from resdsl.runtime.equality import equality
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import difference, forced

GROUPED = "concat { | conv(3, 4, groups=2)\n | conv(3, 4, groups=2)\n }"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("googlenet", "3x64x64"),
        ("highway10_w16_mnist", None),
        ("highway_fc10_mnist", None),
        ("resnext20_32x2d_cifar10", "3x8x8"),
    ],
)
def test_nets_that_ship(name: str, size: str | None) -> None:
    assert_equal(shipped(name, size), "merge_parallel")


def test_an_inception_module_reads_its_input_twice() -> None:
    done = rewrite(shipped("googlenet", "3x64x64"), ["merge_parallel"])
    assert len(done.changes) == 9
    kinds = [(node.path, node.op.kind) for node in done.graph.nodes() if node.path.startswith("inception3a")]
    assert kinds[:3] == [("inception3a.conv1", "conv"), ("inception3a.bn1", "bn"), ("inception3a.relu1", "relu")]
    assert [kind for _, kind in kinds].count("conv") == 4
    assert [kind for _, kind in kinds].count("slice") == 3


@pytest.mark.parametrize("width", [4, 5])
def test_bits_are_the_same(width: int) -> None:
    net = steps(f"concat {{ | conv(3, 4) -> relu\n | conv(3, {width}) -> relu -> conv(1, 3)\n }}")
    done = rewrite(net, ["merge_parallel"])
    assert equality(net, done, training=True).double == 0
    assert ("part" if width == 4 else "slice") in {node.op.kind for node in done.graph.nodes()}


@pytest.mark.parametrize(
    "text",
    [
        "residual { conv(3, 4, bias=0) -> relu } gate { conv(3, 4, bias=-2) -> sigmoid }",
        "residual { conv(1, 4) -> bn -> relu -> conv(3, 8) -> bn } shortcut { conv(1, 8) -> bn }",
        "concat { | a: { conv(1, 4) -> bn -> relu -> conv(3, 4) }\n | b: { conv(1, 4) -> bn -> relu }\n }",
        "concat { 2 x { | conv(1, 4) -> bn(affine=false) -> sigmoid }\n | conv(1, 4) -> bn(affine=false)\n }",
        "concat { | conv(1, 4) -> relu\n | conv(1, 4) -> relu\n | conv(3, 4) -> relu\n | conv(3, 3) -> relu\n }",
        "concat { | conv(1, 2) -> softmax\n | conv(1, 2) -> softmax\n }",
        "concat { | conv(1, 2) -> prelu\n | conv(1, 2) -> prelu\n }",
        "concat { | conv(1, 2) -> bn\n | conv(1, 2) -> bn(eps=1e-3)\n }",
        "concat { | conv(1, 2)\n | conv(1, 2, bias=0)\n }",
        "concat { | conv(1, 2, bias=1)\n | conv(1, 2, bias=true)\n }",
        "concat { | linear(3, pointwise=true)\n | linear(4, pointwise=true, bias=false)\n }",
        "a[]: { concat { 3 x { | conv(1, 5) -> bn -> relu } } }",
        "residual { concat { | conv(1, 2) -> bn\n | conv(1, 2) -> bn\n } } survival 0.5",
        "3 x { concat { | conv(1, 2)\n | conv(1, 2)\n } }",
        "keep a -> conv(3, 4) -> keep b\n from a -> conv(3, 2, bias=true) -> keep c\n output b, c",
        "concat { | conv(3, 4, padding_mode=reflect, dilation=2)\n | conv(3, 2, padding_mode=reflect, dilation=2)\n }",
    ],
)
def test_every_kind_of_branches(text: str) -> None:
    assert_equal(steps(text), "merge_parallel")


def test_both_steps_of_a_highway_unit() -> None:
    """In front of the residual, whose branch and gate begin with what they take of it."""
    net = steps("residual { conv(3, 4, bias=0) -> relu } gate { conv(3, 4, bias=-2) -> sigmoid }")
    graph = rewrite(net, ["merge_parallel"]).graph
    conv = next(node for node in graph.nodes() if node.op.kind == "conv")
    assert (conv.path, conv.scope.kind) == ("conv1", ScopeKind.MODEL)
    state = {key: torch.randn(weight.shape) for key, weight, _ in net.weights()}
    assert list(state) == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GROUPED, "it or what stands beside it is a grouped convolution"),
        ("shared s: conv(1, 4)\n add { | s\n | conv(1, 4)\n }", "it or what stands beside it has shared weights"),
        (
            "concat { | relu -> keep y -> conv(1, 2)\n | from y -> conv(1, 2)\n }",
            "the value that they read is made in one of their branches",
        ),
        (
            "residual { conv(1, 4) } shortcut { conv(1, 4) } survival 0.5",
            "it or what stands beside it may be dropped in training without the other",
        ),
    ],
)
def test_what_must_stay_apart(text: str, why: str) -> None:
    assert [said.partition(" (")[0] for said in reasons(steps(text), "merge_parallel")] == [why]


@pytest.mark.parametrize(
    "text",
    [
        "concat { | conv(1, 4)\n | conv(3, 4)\n }",
        "concat { | conv(3, 4)\n | conv(3, 4, dilation=2)\n }",
        "concat { | conv(3, 4)\n | conv(3, 4, padding_mode=reflect)\n }",
        "concat { | conv(1, 4)\n | relu -> conv(1, 4)\n }",
        "conv(1, 4) -> aux h: conv(1, 3)\n conv(1, 4)\n aux i: conv(3, 3)\n relu",
    ],
)
def test_other_geometry_is_nothing_to_merge(text: str) -> None:
    assert reasons(steps(text), "merge_parallel") == []


def test_a_part_of_grouped_channels_would_read_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forced(monkeypatch, steps(GROUPED), "merge_parallel") > 1e-3


@pytest.mark.parametrize(
    "text",
    [
        "concat { | conv(3, 4)\n | conv(3, 4, dilation=2)\n }",
        "concat { | conv(3, 4)\n | conv(3, 4, padding_mode=reflect)\n }",
        "keep x -> conv(3, 4, pad=0) -> keep a\n from x -> conv(3, 4) -> keep b\n output a, b",
        "keep x -> conv(3, 4, stride=2) -> keep a\n from x -> conv(3, 4) -> keep b\n output a, b",
        "concat { | conv(1, 4)\n | relu -> conv(1, 4)\n }",
    ],
)
def test_another_geometry_or_value_would_be_wrong(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert reasons(steps(text), "merge_parallel") == []
    monkeypatch.setattr("resdsl.passes.merge_parallel._key", lambda *_: "")
    assert difference(steps(text), "merge_parallel") > 1e-3


def test_a_step_across_channels_would_see_those_of_all_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    net = steps("concat { | conv(1, 2) -> softmax -> relu\n | conv(1, 2) -> softmax -> tanh\n }")
    assert_equal(net, "merge_parallel")
    monkeypatch.setattr("resdsl.passes.merge_parallel.is_channelwise", lambda op: isinstance(op, Activation))
    assert difference(net, "merge_parallel") > 1e-3
