"""Smooth approximation of relu."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Layer, Saved, Shapes, Torch


class Softplus(Activation):
    """log(1 + exp(x))."""

    kind = "softplus"
    summary = "log(1 + exp(x))"

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Softplus"))
