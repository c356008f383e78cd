"""Rectified linear unit cut at 6."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class Relu6(Activation):
    """min(max(x, 0), 6)."""

    kind = "relu6"
    summary = "min(max(x, 0), 6)"
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.ReLU6", (Arg("inplace", False, "flag", default=False),)))
