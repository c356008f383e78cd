"""Highway networks and their plain twins in plain PyTorch, from arXiv:1507.06228 and the authors' prototxt files.

https://github.com/flukeskywalker/highway-networks (examples/highways). Caffe rounds the sizes of pools up.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class CaffePool(nn.Module):
    """Maximum of windows of k: ceil((n - k) / stride) + 1 positions, the last windows cut off at the border."""

    def __init__(self, k: int, stride: int) -> None:
        super().__init__()
        self.k, self.stride = k, stride

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        rows = torch.stack([self._window(x, 2, i) for i in range(self._positions(height))], 2)
        return torch.stack([self._window(rows, 3, j) for j in range(self._positions(width))], 3)

    def _positions(self, n: int) -> int:
        return math.ceil((n - self.k) / self.stride) + 1

    def _window(self, x: Tensor, axis: int, position: int) -> Tensor:
        start = position * self.stride
        return x.narrow(axis, start, min(self.k, x.shape[axis] - start)).amax(axis)


class Highway(nn.Module):
    """y = H(x) T(x) + x (1 - T(x)): equation 3. H and T have weights of their own, equal in shape."""

    def __init__(self, h: nn.Module, t: nn.Module) -> None:
        super().__init__()
        self.h, self.t = h, t

    def forward(self, x: Tensor) -> Tensor:
        t = 1 / (1 + torch.exp(-self.t(x)))
        return self.h(x).clamp(min=0) * t + x * (1 - t)


class Classifier(nn.Module):
    """`ip2`: all that is left of the map, as a vector."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.ip2 = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = functional.linear(x.reshape(len(x), -1), self.ip2.weight, self.ip2.bias)
        return y


def highway_conv(width: int) -> Highway:
    """`CuDNNHighway` with kernel_size 3, pad 1 and stride 1."""
    return Highway(nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1))


def cifar19(classes: int) -> nn.Sequential:
    """cifar10_network.prototxt and cifar100_network.prototxt."""
    layers: list[nn.Module] = []
    inputs = 3
    for width, count in ((32, 4), (80, 5), (128, 5)):
        if layers:
            layers.append(CaffePool(2, 2))
        layers += [nn.Dropout(0.2), nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
        layers += [highway_conv(width) for _ in range(count)]
        inputs = width
    layers += [nn.Conv2d(128, 100, 1), nn.ReLU(), nn.AvgPool2d(8, 8), nn.Dropout(0.2), Classifier(100, classes)]
    return nn.Sequential(*layers)


def mnist10(width: int, classes: int = 10) -> nn.Sequential:
    """mnist_network.prototxt, 32 wide as published; `drop1` to `drop4` are 0.2 to 0.5."""
    layers: list[nn.Module] = [nn.Dropout(0.2), nn.Conv2d(1, width, 5), nn.ReLU()]
    for count, window, dropped in ((2, 3, 0.3), (3, 3, 0.4), (3, 2, 0.5)):
        layers += [highway_conv(width) for _ in range(count)]
        layers += [CaffePool(window, 2), nn.Dropout(dropped)]
    return nn.Sequential(*layers, Classifier(width * 3 * 3, classes))


def fully_connected(depth: int, units: int = 50) -> nn.Sequential:
    """Section 3.1: a plain layer, depth - 1 highway layers, and the softmax layer without its softmax."""
    layers: list[nn.Module] = [nn.Linear(784, units), nn.ReLU()]
    layers += [Highway(nn.Linear(units, units), nn.Linear(units, units)) for _ in range(depth - 1)]
    return nn.Sequential(*layers, nn.Linear(units, 10))


def plain_fully_connected(depth: int, units: int = 71) -> nn.Sequential:
    """Section 3.1: the plain nets that the highway nets of 50 units are compared with."""
    layers: list[nn.Module] = [nn.Linear(784, units), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(units, units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(units, 10))
