"""Stochastic depth in plain PyTorch, from the authors' code: ResidualDrop.lua and main.lua of arXiv:1603.09382.

https://github.com/yueatsprograms/Stochastic_Depth
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResidualDrop(nn.Module):
    """A unit and the ReLU that follows it. Its branch is computed where its gate is open, and always at test time."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(inputs, width, 3, stride, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1),
            nn.BatchNorm2d(width),
        )
        self.inputs, self.width, self.stride = inputs, width, stride
        self.death_rate = 0.0
        self.gate = True

    def skip(self, x: Tensor) -> Tensor:
        """Averages of windows where the unit strides, and zeros for the channels that are new."""
        if self.stride > 1:
            x = functional.avg_pool2d(x, self.stride, self.stride)
        if self.width > self.inputs:
            zeros = x.new_zeros(len(x), self.width - self.inputs, *x.shape[2:])
            x = torch.cat([x, zeros], 1)
        return x

    def forward(self, x: Tensor) -> Tensor:
        output = self.skip(x)
        if not self.training:
            output = output + (1 - self.death_rate) * self.net(x)
        elif self.gate:
            output = output + self.net(x)
        return functional.relu(output)


class StochasticDepth(nn.Module):
    """`main.lua` with -N n: 6n + 2 layers."""

    def __init__(self, n: int, classes: int, death_rate: float, death_mode: str) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16)
        blocks = [ResidualDrop(16, 16, 1) for _ in range(n)]
        blocks += [ResidualDrop(16, 32, 2)] + [ResidualDrop(32, 32, 1) for _ in range(n - 1)]
        blocks += [ResidualDrop(32, 64, 2)] + [ResidualDrop(64, 64, 1) for _ in range(n - 1)]
        for i, block in enumerate(blocks, start=1):
            block.death_rate = i / len(blocks) * death_rate if death_mode == "lin_decay" else death_rate
        self.blocks = nn.ModuleList(blocks)
        self.linear = nn.Linear(64, classes)

    def open_only(self, gates: list[int]) -> None:
        """Close all gates but these, counted from 0."""
        for i, block in enumerate(self.blocks):
            block.gate = i in gates

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.linear(x.mean((2, 3)))
        return y
