"""GoogLeNet in plain PyTorch, from arXiv:1409.4842: table 1, figure 3 and section 5.

The constants of its LocalRespNorm, which the paper leaves open, and its pools, whose sizes are rounded up, are those of
the authors' framework at the time, Caffe.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.parity.renderings.alexnet import response_norm

# Table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj.
TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    """Figure 2(b). All convolutions use rectified linear activation."""

    def __init__(self, inputs: int, ones: int, reduce3: int, threes: int, reduce5: int, fives: int, proj: int) -> None:
        super().__init__()
        self.ones = nn.Conv2d(inputs, ones, 1)
        self.reduce3 = nn.Conv2d(inputs, reduce3, 1)
        self.threes = nn.Conv2d(reduce3, threes, 3, padding=1)
        self.reduce5 = nn.Conv2d(inputs, reduce5, 1)
        self.fives = nn.Conv2d(reduce5, fives, 5, padding=2)
        self.proj = nn.Conv2d(inputs, proj, 1)

    def forward(self, x: Tensor) -> Tensor:
        threes = self.threes(self.reduce3(x).clamp(min=0))
        fives = self.fives(self.reduce5(x).clamp(min=0))
        pooled = self.proj(functional.max_pool2d(x, 3, 1, 1))
        return torch.cat([self.ones(x), threes, fives, pooled], 1).clamp(min=0)


class Side(nn.Module):
    """Section 5: the extra network on the side of (4a) and (4d), in training."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 128, 1)
        self.fc = nn.Linear(128 * 4 * 4, 1024)
        self.classifier = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(functional.avg_pool2d(x, 5, 3)).clamp(min=0)
        x = self.fc(x.reshape(len(x), -1)).clamp(min=0)
        y: Tensor = self.classifier(functional.dropout(x, 0.7, self.training))
        return y


class GoogLeNet(nn.Module):
    """For images of 224x224. In training: the output and those of the two sides, by name."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 64, 7, 2, 3)
        self.reduce = nn.Conv2d(64, 64, 1)
        self.second = nn.Conv2d(64, 192, 3, padding=1)
        inputs = {"3a": 192}
        for (name, row), after in zip(TABLE.items(), [*TABLE, "linear"][1:], strict=True):
            self.add_module(name, Inception(inputs[name], *row))
            inputs[after] = row[0] + row[2] + row[4] + row[5]
            if name in ("4a", "4d"):
                self.add_module("side1" if name == "4a" else "side2", Side(inputs[after], classes))
        self.linear = nn.Linear(inputs["linear"], classes)

    def forward(self, image: Tensor) -> Tensor | dict[str, Tensor]:
        x = _norm(_pool(self.first(image).clamp(min=0)))
        x = self.second(self.reduce(x).clamp(min=0)).clamp(min=0)
        x = _pool(_norm(x))
        x = _pool(self._inceptions(x, "3a", "3b"))
        x = self._inceptions(x, "4a")
        sides = {"aux1": self.side1(x)} if self.training else {}
        x = self._inceptions(x, "4b", "4c", "4d")
        if self.training:
            sides["aux2"] = self.side2(x)
        x = _pool(self._inceptions(x, "4e"))
        x = self._inceptions(x, "5a", "5b").mean((2, 3))
        output: Tensor = self.linear(functional.dropout(x, 0.4, self.training))
        return {"output": output, **sides} if self.training else output

    def _inceptions(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self.get_submodule(name)(x)
        return x


def _pool(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 2, ceil_mode=True)


def _norm(x: Tensor) -> Tensor:
    """Caffe's default constants: alpha, 1e-4, is divided by the number of maps."""
    return response_norm(x, n=5, k=1, alpha=1e-4 / 5, beta=0.75)
