"""Logistic function."""

from __future__ import annotations

from resdsl.ops.base import OUTPUT, Activation, Call, Layer, Saved, Shapes, Torch


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    kind = "sigmoid"
    summary = "1 / (1 + exp(-x))"
    keeps_output_for_backward = True

    def saved(self, inputs: Shapes) -> Saved:
        return OUTPUT

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Sigmoid"), Call("torch.sigmoid({0})"), inline=True)
