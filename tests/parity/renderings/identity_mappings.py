"""ResNet-110 with the units of arXiv:1603.05027 (tables 1 and 2, figures 2 and 4) in plain PyTorch; the authors' code.

Figure 2 does not draw batch normalisation, "adopted right after the weight layers for all units". Gates are g(x) =
sigmoid(W x + b) with a 1x1 convolution. Where the shape changes, option A comes first, as in the ResNet-110 that the
tables start from.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def option_a(x: Tensor, width: int, stride: int) -> Tensor:
    """Every stride-th position, and zeros for the channels that are new."""
    x = x[:, :, ::stride, ::stride]
    return torch.cat([x, x.new_zeros(len(x), width - x.shape[1], *x.shape[2:])], 1)


def conv3(inputs: int, width: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, width, 3, stride, 1, bias=False)


class Original(nn.Module):
    """Figure 4(a): relu(h(x) + F(x)), where F is weight, BN, ReLU, weight, BN and h the identity."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.width, self.stride = width, stride
        self.conv1, self.bn1 = conv3(inputs, width, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv3(width, width), nn.BatchNorm2d(width)

    def h(self, x: Tensor) -> Tensor:
        return option_a(x, self.width, self.stride)

    def f(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return y

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.h(x) + self.f(x))


class ScaledShortcut(Original):
    """Figure 2(b), 0.5 on the shortcut, 1 on the residual."""

    def h(self, x: Tensor) -> Tensor:
        return 0.5 * super().h(x)


class Scaled(ScaledShortcut):
    """Figure 2(b), 0.5 on both."""

    def f(self, x: Tensor) -> Tensor:
        return 0.5 * super().f(x)


class ShortcutGate(Original):
    """Figure 2(d): 1 - g(x) on the shortcut, 1 on the residual."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.g = nn.Conv2d(inputs, width, 1, stride)

    def h(self, x: Tensor) -> Tensor:
        return (1 - torch.sigmoid(self.g(x))) * super().h(x)


class ExclusiveGate(ShortcutGate):
    """Figure 2(c): 1 - g(x) on the shortcut, g(x) on the residual."""

    def f(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.g(x)) * super().f(x)


class ConvShortcut(Original):
    """Figure 2(e): a 1x1 convolution, and its batch normalisation, on every shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def h(self, x: Tensor) -> Tensor:
        y: Tensor = self.shortcut(x)
        return y


class DropoutShortcut(Original):
    """Figure 2(f): dropout, ratio 0.5, on the shortcut."""

    def h(self, x: Tensor) -> Tensor:
        return functional.dropout(super().h(x), 0.5, self.training)


class BnAfterAddition(Original):
    """Figure 4(b): the second BN, and the ReLU, follow the addition."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(functional.relu(self.bn1(self.conv1(x))))
        return functional.relu(self.bn2(y + self.h(x)))


class ReluBeforeAddition(Original):
    """Figure 4(c): nothing follows the addition."""

    def forward(self, x: Tensor) -> Tensor:
        return self.h(x) + functional.relu(self.f(x))


class ReluPreActivation(Original):
    """Figure 4(d)."""

    def forward(self, x: Tensor) -> Tensor:
        return self.h(x) + self.f(functional.relu(x))


class FullPreActivation(nn.Module):
    """Figure 4(e). The first unit of a net starts from what is activated already (section 4.1)."""

    def __init__(self, inputs: int, width: int, stride: int, *, first: bool = False) -> None:
        super().__init__()
        self.width, self.stride = width, stride
        self.bn1 = None if first else nn.BatchNorm2d(inputs)
        self.conv1, self.bn2 = conv3(inputs, width, stride), nn.BatchNorm2d(width)
        self.conv2 = conv3(width, width)

    def forward(self, x: Tensor) -> Tensor:
        a = x if self.bn1 is None else functional.relu(self.bn1(x))
        f = self.conv2(functional.relu(self.bn2(self.conv1(a))))
        return option_a(x, self.width, self.stride) + f


class ResNet110(nn.Module):
    """18 units of 16, 32 and 64 channels each, on CIFAR-10."""

    def __init__(self, unit: type[nn.Module]) -> None:
        super().__init__()
        self.conv, self.bn = conv3(3, 16), nn.BatchNorm2d(16)
        full = unit is FullPreActivation
        self.activate_last = full or unit is ReluPreActivation
        units = [FullPreActivation(16, 16, 1, first=True) if full else unit(16, 16, 1)]
        units += [unit(16, 16, 1) for _ in range(17)]
        for width in (32, 64):
            units += [unit(width // 2, width, 2)] + [unit(width, width, 1) for _ in range(17)]
        self.units = nn.ModuleList(units)
        self.last_bn = nn.BatchNorm2d(64) if full else None
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn(self.conv(x)))
        for unit in self.units:
            x = unit(x)
        if self.last_bn is not None:
            x = self.last_bn(x)
        if self.activate_last:
            x = functional.relu(x)
        y: Tensor = self.fc(x.mean((2, 3)))
        return y


class LuaBottleneck(nn.Module):
    """`bottleneck` of resnet-pre-act.lua: the first convolution strides; with new channels, BN and ReLU are common."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        inner = width // 4
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, inner, 1, stride, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(inner), conv3(inner, inner)
        self.bn3, self.conv3 = nn.BatchNorm2d(inner), nn.Conv2d(inner, width, 1, bias=False)
        self.shortcut = None if inputs == width else nn.Conv2d(inputs, width, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        common = functional.relu(self.bn1(x))
        y = self.conv2(functional.relu(self.bn2(self.conv1(common))))
        y = self.conv3(functional.relu(self.bn3(y)))
        return y + (x if self.shortcut is None else self.shortcut(common))


def lua_resnet(depth: int) -> nn.Sequential:
    """`createModel` of resnet-pre-act.lua: 9n + 2 layers."""
    layers: list[nn.Module] = [conv3(3, 16)]
    inputs = 16
    for width, stride in ((64, 1), (128, 2), (256, 2)):
        layers += [LuaBottleneck(inputs, width, stride)]
        layers += [LuaBottleneck(width, width, 1) for _ in range(depth // 9 - 1)]
        inputs = width
    layers += [nn.BatchNorm2d(256), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10)]
    return nn.Sequential(*layers)
