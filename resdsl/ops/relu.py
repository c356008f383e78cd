"""Rectified linear unit."""

from __future__ import annotations

from resdsl.ops.base import OUTPUT, Activation, Arg, Layer, Saved, Shapes, Torch


class Relu(Activation):
    """max(x, 0)."""

    kind = "relu"
    homogeneous = True
    summary = "max(x, 0)"
    keeps_output_for_backward = True
    may_be_inplace = True

    def saved(self, inputs: Shapes) -> Saved:
        return OUTPUT

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.ReLU", (Arg("inplace", False, "flag", default=False),)))
