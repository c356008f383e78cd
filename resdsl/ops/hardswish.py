"""Piecewise approximation of silu."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class Hardswish(Activation):
    """x * min(max(x + 3, 0), 6) / 6."""

    kind = "hardswish"
    summary = "x * min(max(x + 3, 0), 6) / 6"
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Hardswish", (Arg("inplace", False, "flag", default=False),)))
