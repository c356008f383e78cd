"""Stochastic depth beside a rendering of its authors' code: the same units dropped, the same step; its schedules."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import Tensor, nn

import resdsl
from tests.parity._agree import paired, share
from tests.parity._compare import differing
from tests.parity.renderings.stochastic_depth import StochasticDepth

TOLERANCE = 1e-5
FLOOR = 1e-7  # of the net's largest gradient: biases before batch normalisation have none in theory

# The rendering's n, classes, death rate (1 - p) and mode.
NETS = {
    "stochastic_depth110_cifar10": (18, 10, 0.5, "lin_decay"),
    "stochastic_depth110_uniform_cifar10": (18, 10, 0.5, "uniform"),
    "stochastic_depth110_cifar100": (18, 100, 0.5, "lin_decay"),
    "stochastic_depth152_svhn": (25, 10, 0.5, "lin_decay"),
    "stochastic_depth1202_cifar10": (200, 10, 0.5, "lin_decay"),
}
TRAINED = [name for name in NETS if "1202" not in name]


def _prepared(name: str) -> tuple[nn.Module, StochasticDepth, dict[str, str]]:
    torch.manual_seed(0)
    ours, rendering = resdsl.load(name).module(), StochasticDepth(*NETS[name])
    names = paired(ours, rendering)
    share(ours, rendering, names)
    return ours, rendering, names


def _gradients(module: nn.Module, y: Tensor) -> dict[str, Tensor]:
    (y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum().backward()
    return {key: p.grad for key, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_step(name: str, seed: int) -> None:
    """With the units that ours dropped: outputs, gradients (none for what was dropped) and statistics."""
    ours, rendering, names = _prepared(name)
    ours.survival_seed = seed
    x = torch.randn(2, 3, 8, 8)
    y = ours.train()(x)
    rendering.open_only(ours.active_units)
    expected = rendering.train()(x)
    assert 0 < len(ours.active_units) < len(rendering.blocks)
    assert differing({"y": y}, {"y": expected}, TOLERANCE) == []

    gradients = {names[key]: g for key, g in _gradients(ours, y).items()}
    reference = _gradients(rendering, expected)
    floor = FLOOR * max(g.abs().max().item() for g in reference.values())
    assert differing(gradients, reference, TOLERANCE, floor) == []
    statistics = {names[key]: b for key, b in ours.named_buffers()}
    assert differing(statistics, dict(rendering.named_buffers()), TOLERANCE) == []


@pytest.mark.parametrize("name", NETS)
def test_eval(name: str) -> None:
    """Every branch, times its chance. Small branches: without batch statistics a thousand of them would overflow."""
    ours, rendering, _ = _prepared(name)
    with torch.no_grad():
        for key, weight in ours.named_parameters():
            if ".bn2." in key:
                weight.mul_(0.1)  # the rendering has the same memory
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        assert differing({"y": ours.eval()(x)}, {"y": rendering.eval()(x)}, TOLERANCE) == []


@pytest.mark.parametrize("name", NETS)
def test_schedule(name: str) -> None:
    """p_l = 1 - l / L * (1 - p_L), or p_L throughout: exactly in the graph, as floats in the module."""
    architecture = resdsl.load(name)
    chances = [unit.survival.chance for unit in architecture.ir.units if unit.survival]
    total = 3 * NETS[name][0]
    half = Fraction(1, 2)
    expected = [half if "uniform" in name else 1 - Fraction(unit, total) * half for unit in range(1, total + 1)]
    assert chances == expected
    assert sum(chances) == (Fraction(total, 2) if "uniform" in name else Fraction(3 * total - 1, 4))
    assert architecture.module().survival == pytest.approx([float(p) for p in expected], rel=1e-15)


def test_expected_depth() -> None:
    """The paper's E[depth] = 40.25 units with variance 9.12: the mean of 500 steps is within five standard errors."""
    module = resdsl.load("stochastic_depth110_cifar10").module()
    depths = []
    for _ in range(500):
        module.draw_units(1)
        depths.append(len(module.active_units))
    mean = sum(depths) / len(depths)
    variance = sum((depth - mean) ** 2 for depth in depths) / len(depths)
    assert abs(mean - 40.25) < 5 * (9.12 / len(depths)) ** 0.5
    assert abs(variance - 9.12) < 2.5
