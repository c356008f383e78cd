"""Layers and functions of inference that are the same on every device."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ActivatedConv2d(nn.Conv2d):
    """A convolution that knows the activation after it, and in which way it is computed."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        activation: str = "none",
        kernel: str = "direct",
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
        )
        self.activation = activation
        self.kernel = kernel
        self.requires_grad_(False)


class ChannelAffine(nn.Module):
    """scale * x + shift, channel by channel: what is left of a normalisation that no layer could take."""

    def __init__(self, channels: int, dims: int = 2, relu: bool = False) -> None:
        super().__init__()
        shape = (channels, *[1] * dims)
        self.scale = nn.Parameter(torch.ones(shape), requires_grad=False)
        self.shift = nn.Parameter(torch.zeros(shape), requires_grad=False)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = torch.addcmul(self.shift, x, self.scale)
        return y.relu_() if self.relu else y


def finish(x: Tensor, residual: Tensor | None, activation: str) -> Tensor:
    """What follows a layer, where the layer's own call does not do it."""
    y = x if residual is None else x + residual
    return y if activation == "none" else getattr(F, activation)(y)
