"""Stochastic depth in generated code: Huang et al., Deep Networks with Stochastic Depth, arXiv:1603.09382."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import resdsl
from resdsl.graph import Graph

UNIT = """
block unit(width) {
  residual { conv(3, width) -> bn -> relu -> conv(3, width) -> bn }
  relu
}
"""

NET = (
    UNIT
    + """
model net {
  input 8x6x6
  survival %s
  stage body: 1 x unit(8)
  avgpool -> flatten -> fc: linear(3)
}
"""
)


class Operators(TorchDispatchMode):
    """Counts the convolutions that are executed."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.convolutions += "convolution" in str(func)
        return func(*args, **(kwargs or {}))


def test_the_paper_schedule_of_the_110_layer_net() -> None:
    """p_l = 1 - l/54 * (1 - 0.5) and E[depth] = 40.25 units: section 3 of the paper."""
    graph = resdsl.load("resnet110_cifar10", p=0.5).ir
    chances = [unit.survival.chance if unit.survival else Fraction(1) for unit in graph.units]
    assert chances == [1 - Fraction(i, 54) / 2 for i in range(1, 55)]
    assert sum(chances) == Fraction("40.25")


def test_a_branch_that_does_not_survive_is_not_computed(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5").train()
    x = torch.randn(4, 8, 6, 6).relu()
    counts = set()
    for seed in range(12):
        torch.manual_seed(seed)
        before = {k: v.clone() for k, v in net.named_buffers()}
        with Operators() as seen:
            net(x)
        unchanged = all(torch.equal(v, before[k]) for k, v in net.named_buffers())
        counts.add((seen.convolutions, unchanged))
    assert counts == {(0, True), (2, False)}


def test_frequencies_are_those_of_the_schedule(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.3").train()
    x = torch.randn(2, 8, 6, 6)
    torch.manual_seed(0)
    draws = 1500
    survived = 0
    with torch.no_grad():
        for _ in range(draws):
            with Operators() as seen:
                net(x)
            survived += seen.convolutions == 2
    deviation = math.sqrt(draws * 0.3 * 0.7)
    assert abs(survived - 0.3 * draws) < 4 * deviation


def _branch(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    unit = net.get_submodule("body.0")
    y = unit.get_submodule("bn1")(unit.get_submodule("conv1")(x)).relu()
    return unit.get_submodule("bn2")(unit.get_submodule("conv2")(y))


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("0.5", 0.5),
        ("0.5 rescale train", 1.0),
        ("0.25 per sample", 0.25),
        ("0.25 per sample rescale train", 1.0),
    ],
)
def test_eval_scales_the_branch(module_of: Callable[..., nn.Module], text: str, scale: float) -> None:
    net = module_of(NET % text).eval()
    x = torch.randn(4, 8, 6, 6)
    with torch.no_grad():
        expected = (x + scale * _branch(net, x)).relu()
        assert torch.allclose(net.get_submodule("body")(x), expected, atol=1e-6)


def test_training_divides_by_the_chance_where_the_text_says_so(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5 rescale train")
    body = net.get_submodule("body").train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(4, 8, 6, 6)
    found = set()
    with torch.no_grad():
        dropped, kept = x.relu(), (x + 2 * _branch(net, x)).relu()
        for seed in range(10):
            torch.manual_seed(seed)
            y = body(x)
            found.add((torch.allclose(y, dropped, atol=1e-5), torch.allclose(y, kept, atol=1e-5)))
    assert found == {(True, False), (False, True)}


def test_per_sample_drops_inputs_one_by_one(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5 per sample")
    body = net.get_submodule("body").train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(64, 8, 6, 6)
    torch.manual_seed(3)
    with torch.no_grad():
        y = body(x)
        dropped, kept = x.relu(), (x + _branch(net, x)).relu()
    is_dropped = torch.isclose(y, dropped, atol=1e-5).flatten(1).all(1)
    is_kept = torch.isclose(y, kept, atol=1e-5).flatten(1).all(1)
    assert bool((is_dropped ^ is_kept).all())
    assert 10 < int(is_kept.sum()) < 54


def test_a_gated_unit_that_does_not_survive_is_its_shortcut(module_of: Callable[..., nn.Module]) -> None:
    """At test p scales the gate: p*T*H + (1 - p*T)*S."""
    net = module_of(
        """
block highway(width) { residual { conv(3, width) -> relu } gate { conv(3, width, bias=-2) -> sigmoid } }
model net { input 4x5x5
  survival 0.5
  unit: highway(4) }
"""
    )
    x = torch.randn(2, 4, 5, 5)
    unit = net.get_submodule("unit")
    with torch.no_grad():
        h = unit.get_submodule("conv1")(x).relu()
        t = unit.get_submodule("conv2")(x).sigmoid()
        assert torch.allclose(net.eval()(x), 0.5 * t * h + (1 - 0.5 * t) * x, atol=1e-6)
        net.train()
        seen = set()
        for seed in range(10):
            torch.manual_seed(seed)
            y = net(x)
            seen.add((torch.equal(y, x), torch.allclose(y, t * h + (1 - t) * x, atol=1e-6)))
    assert seen == {(True, False), (False, True)}


def test_a_preactivation_unit_computes_what_its_shortcut_needs(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(
        """
block from_kept(a)[] { from a -> conv(1, out.channels, stride=out.stride) }
block pre(width, stride) {
  residual { bn -> relu -> keep a
    conv(3, width, stride=stride) -> bn -> relu -> conv(3, width) } shortcut from_kept(a)
}
model net { input 4x8x8
  survival 0.5
  unit: pre(6, 2) }
"""
    ).train()
    x = torch.randn(2, 4, 8, 8)
    seen = set()
    for seed in range(10):
        torch.manual_seed(seed)
        before = {k: v.clone() for k, v in net.named_buffers()}
        with Operators() as operators:
            net(x)
        changed = tuple(sorted(k for k, v in net.named_buffers() if not torch.equal(v, before[k]) and "mean" in k))
        seen.add((operators.convolutions, changed))
    assert seen == {(1, ("unit.bn1.running_mean",)), (3, ("unit.bn1.running_mean", "unit.bn2.running_mean"))}


def test_units_that_always_survive_draw_nothing(graph_of: Callable[..., Graph]) -> None:
    from resdsl.backends.torch import emit

    assert "survives" not in emit(graph_of(NET % "1"))


BRANCHES = """
model net { input 4x6x6
  keep start
  concat {
    | conv(3, 4)
    | residual { conv(3, 4) -> bn } survival 0.5
    | from start -> residual { conv(3, 4) -> relu } gate { conv(1, 4, bias=0) -> sigmoid } survival 0.5
  }
  conv(1, 4)
  add { | identity | from start } }
"""


def test_a_value_that_others_need_survives_the_unit(module_of: Callable[..., nn.Module]) -> None:
    """The unit's sum may not overwrite a value that a branch before it, or a step after it, reads."""
    net = module_of(BRANCHES).eval()
    x = torch.randn(2, 4, 6, 6)
    part = {name: module for name, module in net.named_modules() if "conv" in name or "bn" in name}
    with torch.no_grad():
        first, second = part["conv1"](x), x + 0.5 * part["bn1"](part["conv2"](x))
        gate, branch = 0.5 * part["conv4"](x).sigmoid(), part["conv3"](x).relu()
        third = gate * branch + (1 - gate) * x
        expected = part["conv5"](torch.cat([first, second, third], 1)) + x
        assert torch.allclose(net(x), expected, atol=1e-5)
        net.train()
        for seed in range(8):
            torch.manual_seed(seed)
            given = x.clone()
            net(given)
            assert torch.equal(given, x)
