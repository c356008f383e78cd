"""Leaky rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Positive
from resdsl.ops.base import OPERAND, Activation, Arg, Layer, Saved, Shapes, Torch


class LeakyRelu(Activation):
    """x where positive, `slope` * x elsewhere."""

    kind = "leaky_relu"
    homogeneous = True
    summary = "x where positive, slope * x elsewhere"
    keeps_output_for_backward = True  # where it acts in place itself
    may_be_inplace = True

    slope: Positive = Fraction("0.01")

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        slope = Arg("negative_slope", self.slope, "real", default=Fraction("0.01"), positional=True)
        return Torch(Layer("nn.LeakyReLU", (slope, Arg("inplace", False, "flag", default=False))))
