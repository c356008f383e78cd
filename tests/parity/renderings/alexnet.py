"""AlexNet in plain PyTorch, from Krizhevsky, Sutskever, Hinton 2012, sections 3.3, 3.4, 3.5 and 4.2.

Each GPU has half of the kernels of a layer. It sees the maps of both in layer 3 and in the fully connected layers, and
its own elsewhere; here the halves are computed apart. A layer's weights are those of the first GPU, then the second's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def response_norm(a: Tensor, n: int, k: float, alpha: float, beta: float) -> Tensor:
    """Section 3.3: b_i = a_i / (k + alpha * sum of a_j^2 over j from i - n/2 to i + n/2, where there is one)^beta."""
    maps = range(a.shape[1])
    sums = [a[:, max(0, i - n // 2) : i + n // 2 + 1].square().sum(1) for i in maps]
    return a / (k + alpha * torch.stack(sums, 1)) ** beta


class AlexNet(nn.Module):
    """For images of 224x224."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11)
        self.conv2 = nn.Conv2d(96 // 2, 256, 5)
        self.conv3 = nn.Conv2d(256, 384, 3)
        self.conv4 = nn.Conv2d(384 // 2, 384, 3)
        self.conv5 = nn.Conv2d(384 // 2, 256, 3)
        self.fc6 = nn.Linear(256 * 6 * 6, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)

    def forward(self, image: Tensor) -> Tensor:
        towers = [image, image]
        towers = _pooled(_normalised(_layer(self.conv1, towers, stride=4, pad=2)))
        towers = _pooled(_normalised(_layer(self.conv2, towers, pad=2)))
        both = torch.cat(towers, 1)
        towers = _layer(self.conv3, [both, both], pad=1)
        towers = _layer(self.conv4, towers, pad=1)
        towers = _pooled(_layer(self.conv5, towers, pad=1))
        x = torch.cat(towers, 1).reshape(len(image), -1)
        x = functional.dropout(self.fc6(x).clamp(min=0), 0.5, self.training)
        x = functional.dropout(self.fc7(x).clamp(min=0), 0.5, self.training)
        y: Tensor = self.fc8(x)
        return y


def _layer(conv: nn.Conv2d, towers: list[Tensor], pad: int, stride: int = 1) -> list[Tensor]:
    """One half of the kernels on each tower, then ReLU."""
    assert conv.bias is not None
    halves = zip(towers, conv.weight.chunk(2), conv.bias.chunk(2), strict=True)
    return [functional.conv2d(x, w, b, stride, pad).clamp(min=0) for x, w, b in halves]


def _normalised(towers: list[Tensor]) -> list[Tensor]:
    """Section 3.3's constants; the sum runs over all kernels of a layer, so also from one tower into the other."""
    return list(response_norm(torch.cat(towers, 1), n=5, k=2, alpha=1e-4, beta=0.75).chunk(2, 1))


def _pooled(towers: list[Tensor]) -> list[Tensor]:
    """Section 3.4: s = 2, z = 3."""
    return [functional.max_pool2d(x, 3, 2) for x in towers]
