"""Logistic function."""

from __future__ import annotations

from resdsl.ops.base import Activation, Call, Layer, Shapes, Torch


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    kind = "sigmoid"
    summary = "1 / (1 + exp(-x))"
    keeps_output_for_backward = True

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Sigmoid"), Call("torch.sigmoid({0})"), inline=True)
