"""Exponential linear unit."""

from __future__ import annotations

from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class Elu(Activation):
    """x where positive, exp(x) - 1 elsewhere."""

    kind = "elu"
    summary = "x where positive, exp(x) - 1 elsewhere"
    keeps_output_for_backward = True  # where it acts in place itself
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.ELU", (Arg("inplace", False, "flag", default=False),)))
