"""Hyperbolic tangent."""

from __future__ import annotations

from resdsl.ops.base import OUTPUT, Activation, Call, Layer, Saved, Shapes, Torch


class Tanh(Activation):
    """tanh(x)."""

    kind = "tanh"
    summary = "tanh(x)"
    keeps_output_for_backward = True

    def saved(self, inputs: Shapes) -> Saved:
        return OUTPUT

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Tanh"), Call("torch.tanh({0})"), inline=True)
