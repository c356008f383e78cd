"""A training step of ResNet-110 with stochastic depth (p_L = 0.5) against constant depth.

Beside it, the same net with torchvision's StochasticDepth and timm's DropPath, which compute every branch and
multiply it by zero. All variants see the same sequence of masks.

    python benchmarks/survival.py
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))

from _measure import report
from _peers import torchvision_models

import resdsl

STEPS = 40
BATCH = 32


class Multiplied(nn.Module):
    """A unit whose branch is always computed and then handed to a library's drop-path module."""

    def __init__(self, unit: nn.Module, drop: nn.Module) -> None:
        super().__init__()
        self.unit, self.drop = unit, drop

    def forward(self, x: Tensor) -> Tensor:
        unit = self.unit
        y = unit.bn2(unit.conv2(unit.relu(unit.bn1(unit.conv1(x)))))
        shortcut = x if unit.downsample is None else unit.downsample(x)
        return torch.relu(self.drop(y) + shortcut)


def with_library(make: Callable[[float], nn.Module]) -> nn.Module:
    """Constant-depth ResNet-110 whose units' branches go through a library's module with the paper's schedule."""
    net = resdsl.load("resnet110_cifar10").module()
    number = 0
    for stage in (net.layer1, net.layer2, net.layer3):
        for index, unit in enumerate(stage):
            number += 1
            stage[index] = Multiplied(unit, make(0.5 * number / 54))
    return net


def main() -> None:
    torch.manual_seed(0)
    torchvision_models()  # makes torchvision importable, which timm wants too
    stochastic = importlib.import_module("torchvision.ops").StochasticDepth
    drop_path = importlib.import_module("timm.layers").DropPath
    variants: dict[str, nn.Module] = {
        "constant": resdsl.load("resnet110_cifar10").module(),
        "resdsl": resdsl.load("resnet110_cifar10", p=0.5).module(),
        "torchvision StochasticDepth": with_library(lambda rate: stochastic(rate, "batch")),
        "timm DropPath": with_library(drop_path),
    }
    x, target = torch.randn(BATCH, 3, 32, 32), torch.randint(0, 10, (BATCH,))
    optimizers = {n: torch.optim.SGD(m.parameters(), 0.1, momentum=0.9) for n, m in variants.items()}
    loss = nn.CrossEntropyLoss()

    def step(name: str, seed: int) -> float:
        torch.manual_seed(seed)
        start = time.perf_counter()
        optimizers[name].zero_grad(set_to_none=True)
        loss(variants[name].train()(x), target).backward()
        optimizers[name].step()
        return time.perf_counter() - start

    names = list(variants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        step(name, 0)
    for number in range(STEPS):
        for offset in range(len(names)):
            name = names[(number + offset) % len(names)]
            times[name].append(step(name, number))
    # Steps differ by design (another mask each): the mean over one mask sequence, the slowest tenth left out.
    means = {name: statistics.mean(sorted(t)[: STEPS * 9 // 10]) for name, t in times.items()}
    report(
        "survival",
        {
            "step_over_constant_depth": {name: mean / means["constant"] for name, mean in means.items()},
            "seconds": means,
            "batch": BATCH,
            "steps": STEPS,
        },
    )


if __name__ == "__main__":
    main()
