"""Sigmoid-weighted linear unit, also called swish."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class Silu(Activation):
    """x * sigmoid(x)."""

    kind = "silu"
    summary = "x * sigmoid(x), also called swish"
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.SiLU", (Arg("inplace", False, "flag", default=False),)))
