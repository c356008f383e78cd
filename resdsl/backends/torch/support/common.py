"""Layers and functions of inference that are the same on every device."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
    if residual is not None:
        x = x.add_(residual)
    if activation == "relu":
        return x.relu_()
    return x if activation == "none" else getattr(F, activation)(x)
