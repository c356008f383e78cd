"""Piecewise approximation of silu."""

from __future__ import annotations

from resdsl.ops.base import Activation, Arg, Layer, Shapes, Torch


class Hardswish(Activation):
    """x * min(max(x + 3, 0), 6) / 6."""

    kind = "hardswish"
    summary = "x * min(max(x + 3, 0), 6) / 6"
    may_be_inplace = True

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Hardswish", (Arg("inplace", False, "flag", default=False),)))
