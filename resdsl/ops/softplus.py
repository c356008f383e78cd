"""Smooth approximation of relu."""

from __future__ import annotations

from resdsl.ops.base import Activation, Layer, Shapes, Torch


class Softplus(Activation):
    """log(1 + exp(x))."""

    kind = "softplus"
    summary = "log(1 + exp(x))"

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Softplus"))
