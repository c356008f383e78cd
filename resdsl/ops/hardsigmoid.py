"""Piecewise approximation of sigmoid."""

from __future__ import annotations

from resdsl.ops.base import Activation, Arg, Layer, Shapes, Torch


class Hardsigmoid(Activation):
    """min(max(x + 3, 0), 6) / 6."""

    kind = "hardsigmoid"
    summary = "min(max(x + 3, 0), 6) / 6"
    may_be_inplace = True

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Hardsigmoid", (Arg("inplace", False, "flag", default=False),)))
