"""Piecewise approximation of sigmoid."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class Hardsigmoid(Activation):
    """min(max(x + 3, 0), 6) / 6."""

    kind = "hardsigmoid"
    summary = "min(max(x + 3, 0), 6) / 6"
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Hardsigmoid", (Arg("inplace", False, "flag", default=False),)))
